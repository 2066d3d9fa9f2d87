"""The agencies' grids at a spot, for a map without duties: who answers it cannot say, whose land it is it can."""

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from onemap.geo.dated import in_force
from onemap.store.one_map import OneMap

LAYER = "duty_grid"


class DutyGrids:
    """The responsibility grids of all agencies, each agency's over the same land.

    Parameters
    ----------
    frame
        The layer ``duty_grid`` in the map's system.

    Examples
    --------
    >>> squares = {"agency": ["police", "water"], "duty_code": ["P1", "W9"], "geometry": [shapely.box(0, 0, 9, 9)] * 2}
    >>> [grid["code"] for grid in DutyGrids(gpd.GeoDataFrame(squares)).at(4.0, 4.0)]
    ['P1', 'W9']
    """

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        named = {"agency": "agency", "code": "duty_code", "name": "name", "holder": "holder"}
        texts = pd.DataFrame(
            {title: frame[column].fillna("").astype(str) if column in frame else "" for title, column in named.items()},
            index=frame.index,
        )
        self._rows: list[dict[str, Any]] = texts.to_dict("records")
        shapes = frame.geometry.to_numpy()
        shapely.prepare(shapes)
        self._tree = shapely.STRtree(shapes)

    @classmethod
    def of(cls, one_map: OneMap) -> "DutyGrids | None":
        """Return the grids of a map that are in force on its day, or None where it has none."""
        if not one_map.has(LAYER):
            return None
        return cls(in_force(one_map.read(LAYER), one_map.district.get("as_of")))

    def at(self, x: float, y: float) -> list[dict[str, Any]]:
        """Return the grids that hold a spot or have it on their border, by agency and code."""
        found = [self._rows[row] for row in self._tree.query(shapely.Point(x, y), predicate="intersects")]
        return sorted(found, key=lambda grid: (grid["agency"], grid["code"]))

    def absent(self, x: float, y: float) -> list[str]:
        """Return the agencies of whose grids none holds the spot, by name."""
        here = {grid["agency"] for grid in self.at(x, y)}
        return sorted({row["agency"] for row in self._rows if row["agency"]} - here)
