"""Areas of the level above, such as communities: land in one of them goes to the cells of the same one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.errors import CrsError, SchemaError
from onemap.geo.arrangement import Shapes

NOWHERE = -1


@dataclass(frozen=True)
class HomeAreas:
    """Areas, and the one in which each cell lies.

    Attributes
    ----------
    shapes
        The areas, in the coordinates of the cells.
    of_cell
        The position of the area that has most of each cell, `NOWHERE` where none has any.

    Examples
    --------
    >>> from shapely import box
    >>> areas = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)], crs="EPSG:4548")
    >>> homes = home_areas(areas, np.array([box(0, 0, 9, 10), box(11, 0, 20, 10)], dtype=object), CRS("EPSG:4548"))
    >>> homes.of_cell.tolist(), homes.of_land(box(8, 0, 10.5, 10)), homes.of_land(box(30, 0, 31, 1))
    ([0, 1], 0, -1)
    """

    shapes: Shapes
    of_cell: NDArray[np.intp]

    def of_land(self, land: Any) -> int:
        """Return the area that has most of a piece of land; `NOWHERE` where none has any."""
        return int(_most(self.shapes, np.array([land], dtype=object))[0])

    def own(self, land: Any, cells: Iterable[int]) -> list[int]:
        """Return the cells that lie in the same area as the land; none where it lies in no area."""
        home = self.of_land(land)
        return [cell for cell in cells if home != NOWHERE and self.of_cell[cell] == home]


def home_areas(areas: gpd.GeoDataFrame | None, cells: Shapes, crs: CRS) -> HomeAreas | None:
    """Return the areas with the cells that lie in them, or None where no areas are given."""
    if areas is None:
        return None
    if areas.active_geometry_name is None:
        raise SchemaError("the {name} have no geometry column", name="areas")
    if areas.crs is None:
        raise CrsError("the areas above the cells have no coordinate system; declare it")
    shapes = shapely.force_2d(areas.geometry.to_crs(crs).to_numpy())
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    return HomeAreas(shapes, _most(shapes, cells))


def _most(areas: Shapes, lands: Shapes) -> NDArray[np.intp]:
    """Return for each piece of land the area with most of it; the first of several with the same."""
    found = np.full(len(lands), NOWHERE, dtype=np.intp)
    if not len(areas):
        return found
    land, area = shapely.STRtree(areas).query(lands, predicate="intersects")
    common = shapely.area(shapely.intersection(lands[land], areas[area]))
    land, area, common = land[common > 0], area[common > 0], common[common > 0]
    order = np.lexsort((-area, common))  # the largest, and of equal ones the first, is written last
    found[land[order]] = area[order]
    return found
