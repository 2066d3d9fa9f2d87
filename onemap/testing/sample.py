"""The sample city in memory."""

from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd

from .agencies import make_agencies
from .barriers import make_barriers
from .below import make_below
from .buildings import make_buildings, make_yards
from .city import Skeleton, make_skeleton
from .duties import make_duties
from .land import Waters, make_land, make_waters
from .levels import make_levels
from .people import make_cases
from .places import make_places, name_buildings
from .plan import Plan, Size, make_plan


@dataclass(frozen=True)
class City:
    """The frames of the sample city by layer id, without any defect.

    ``barriers`` are the lines that cells follow, by kind: ``road`` (by class), ``river``, ``railway``, ``wall``.
    """

    plan: Plan
    skeleton: Skeleton
    frames: dict[str, gpd.GeoDataFrame]
    uses: np.ndarray
    waters: Waters
    barriers: dict[str, gpd.GeoDataFrame]

    @property
    def district(self) -> gpd.GeoDataFrame:
        """The district as one row."""
        return self.frames["grid_district"].copy()

    @property
    def streets(self) -> gpd.GeoDataFrame:
        """The streets (街道) and the town."""
        return self.frames["grid_street"].copy()

    @property
    def communities(self) -> gpd.GeoDataFrame:
        """The communities and villages."""
        return self.frames["grid_community"].copy()

    @property
    def cells(self) -> gpd.GeoDataFrame:
        """The unit grid cells; they tile the district exactly."""
        return self.frames["grid_cell"].copy()

    @property
    def buildings(self) -> gpd.GeoDataFrame:
        """The buildings; each stands in one cell."""
        return self.frames["city3d_building"].copy()

    @property
    def cases(self) -> gpd.GeoDataFrame:
        """The cases of a year, in the working CRS."""
        return self.frames["case"].copy()


@lru_cache(maxsize=4)
def make_city(*, seed: int = 7, size: Size = "small") -> City:
    """Make the sample city 青禾区 (Qinghe) in memory, without any defect.

    Coordinates are metres in EPSG:4548 on an exact grid of 1/1024 m. The same seed and size give the same city.

    Parameters
    ----------
    seed
        Any integer.
    size
        ``"small"``: 60 cells and about 800 buildings; ``"full"``: 1,500 cells and 20,000 buildings.

    Returns
    -------
    City
        ``.district .streets .communities .cells .buildings .cases`` and all layers in ``.frames`` by layer id.

    Raises
    ------
    SchemaError
        For another size.

    Examples
    --------
    >>> from onemap.testing import make_city
    >>> city = make_city()
    >>> len(city.cells), city.cells.crs.to_epsg()
    (60, 4548)
    """
    plan = make_plan(seed, size)
    rng = np.random.default_rng(seed)
    skeleton = make_skeleton(plan, rng)
    levels, uses = make_levels(skeleton)
    cells = levels["grid_cell"]
    waters = make_waters(plan, skeleton, cells, uses)
    yards = make_yards(plan, skeleton, cells, waters)
    land = make_land(skeleton, levels, uses=uses, waters=waters, yards=yards, rng=rng)
    buildings = make_buildings(plan, cells, yards, uses, rng)
    buildings = name_buildings(buildings, land["emap_road"], land["frame_compound"], levels["grid_street"])
    levels["grid_cell"] = _with_people(cells, buildings)
    places = make_places(buildings, land, levels, rng)
    below = make_below(
        plan,
        roads=land["emap_road"],
        buildings=buildings,
        compounds=land["frame_compound"],
        cells=cells,
        rng=rng,
    )
    duties = make_duties(levels, rng)
    agencies = make_agencies(levels, np.random.default_rng([seed, 4]))
    cases = make_cases(plan, buildings, land["emap_road"], skeleton.outline, rng)
    frames = {
        **levels,
        **land,
        **places,
        **below,
        **duties,
        **agencies,
        "duty_grid": pd.concat([duties["duty_grid"], agencies["duty_grid"]], ignore_index=True),
        "frame_compound": land["frame_compound"].drop(columns="cell"),
        "city3d_building": buildings.drop(columns=["cell", "road", "door"]),
        "case": cases,
    }
    barriers = {
        "road": frames["emap_road"],
        "river": frames["emap_waterline"],
        **make_barriers(levels["grid_street"], land["frame_compound"]),
    }
    return City(plan, skeleton, frames, uses, waters, barriers)


def _with_people(cells: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the cells with the households and residents of their buildings, as the command centre counts them."""
    counted = buildings.groupby("cell")[["households", "residents"]].sum().reindex(range(len(cells)), fill_value=0)
    return cells.assign(**{name: counted[name].to_numpy() for name in counted})
