"""The list of what could not be honoured when cells were derived: the rule, the reason, and the place."""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from onemap.translation import say

RULES: Final = (
    "boundary",
    "building",
    "compound",
    "barrier",
    "barrier_class",
    "open_end",
    "size",
    "geometry",
)
"""Kinds of row, in the order of the table."""


class Unmet:
    """Rows collected while cells are derived; geometries are in the district's system."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, str, Any]] = []

    def add(self, rule: str, template: str, geometry: Any = None, *, community: str = "", **values: Any) -> None:
        """List one thing."""
        self._rows.append((rule, community, say(template, "en", **values), geometry))

    def table(self, crs: CRS) -> gpd.GeoDataFrame:
        """Return all rows, ordered by rule, community and place."""
        shapes = np.empty(len(self._rows), dtype=object)
        shapes[:] = [row[3] for row in self._rows]
        shapes = shapely.normalize(shapes)
        keys = [
            (RULES.index(rule), str(community), reason, "" if shape is None else shapely.to_wkb(shape, hex=True))
            for (rule, community, reason, _), shape in zip(self._rows, shapes, strict=True)
        ]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        columns = {
            "rule": [self._rows[i][0] for i in order],
            "community": [self._rows[i][1] for i in order],
            "reason": [self._rows[i][2] for i in order],
        }
        table = pd.DataFrame(columns, dtype="str")
        return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes[order], crs=crs), crs=crs)
