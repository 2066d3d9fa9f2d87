"""The sample city in memory."""

from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np

from .buildings import make_buildings
from .city import Skeleton, make_skeleton
from .levels import make_levels
from .people import make_cases
from .plan import Plan, Size, make_plan


@dataclass(frozen=True)
class City:
    """The frames of the sample city by layer id, without any defect."""

    plan: Plan
    skeleton: Skeleton
    frames: dict[str, gpd.GeoDataFrame]

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
    ValueError
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
    levels, use = make_levels(skeleton)
    buildings = make_buildings(plan, skeleton, levels["grid_cell"], use, rng)
    cases = make_cases(plan, buildings, skeleton.roads, skeleton.outline, rng)
    frames = {**levels, "city3d_building": buildings.drop(columns="cell"), "case": cases}
    return City(plan, skeleton, frames)
