"""Who could close a gap of land, or give an object a cell: the one who draws the layer, and the people beside it."""

import datetime as dt
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from onemap.domain.appointments import Post, Roster
from onemap.domain.duties import DUTY_GRID, as_text
from onemap.domain.moments import day_now
from onemap.domain.precedence import load_precedence
from onemap.domain.shifts import Shift, ShiftTable
from onemap.errors import some
from onemap.responsibility.intake import appointments_of, rows_of
from onemap.responsibility.land import level_key
from onemap.responsibility.matrix import ResponsibilityMatrix
from onemap.translation import say

_COMMAND = "the command centre of the district"
_PROVIDER = "the department that provides {layer}"
_BESIDE = {
    False: "{who}, by drawing this land into a cell beside it: {cells}",
    True: "{who}, by drawing this land into a duty grid beside it: {cells}",
}
_NEW = {False: "{who}, by a cell for this land", True: "{who}, by a duty grid for this land"}
_DRAWN = "{who}, by drawing its place into the nearest cell {cells}, or {provider}, by its right position"
_UNPLACED = "{provider}, by a position for it"
_STRAY = "{provider}, by its right position, if it belongs to the district: the nearest cell is {cells}"
_MOST = 3


class Closers:
    """Names who could close gaps of land and of objects.

    Parameters
    ----------
    one_map
        The map, of which layers, holders and shifts are read.
    finest
        The cells.
    day
        Day of the appointments; today on the clocks of the district where it is None.
    matrix
        The matrix of this map, where there is one already: its roster is taken.
    """

    def __init__(
        self, one_map: Any, finest: gpd.GeoDataFrame, *, day: dt.date | None, matrix: ResponsibilityMatrix | None
    ) -> None:
        self._map, self._finest, self._level = one_map, finest, one_map.levels[-1]
        self._day = day or day_now(getattr(one_map, "district", {}).get("timezone"))
        self._matrix = matrix

    def of_land(self, grid_id: str, agency: str, grids: gpd.GeoDataFrame, shape: Any) -> str:
        """Return who could close a gap between the cells, or between the duty grids of an agency."""
        duty = grid_id == DUTY_GRID
        who = (agency if duty else "") or self.maker(grid_id) or say(_COMMAND)
        beside = self._beside(grid_id, agency, grids, shape)
        return say(_BESIDE[duty], who=who, cells=beside) if beside else say(_NEW[duty], who=who)

    def of_object(self, layer_id: str, place: Any, *, inside: bool) -> str:
        """Return who could give an object a cell: whoever provides its layer, or draws the cells."""
        provider = self.maker(layer_id) or say(_PROVIDER, layer=layer_id)
        if shapely.is_missing(place) or shapely.is_empty(place) or not len(self._finest):
            return say(_UNPLACED, provider=provider)
        row = int(self._tree.nearest(place))
        cell = self._told(self._level, "", self._finest.iloc[row])
        who = self.maker(self._level) or say(_COMMAND)
        return say(_DRAWN if inside else _STRAY, who=who, provider=provider, cells=cell)

    def maker(self, layer_id: str) -> str:
        """Return the department that provides a layer, else its owner; empty where the map does not tell."""
        layers = getattr(self._map, "layers", None)
        if not isinstance(layers, pd.DataFrame) or layer_id not in layers.index:
            return ""
        row = layers.loc[layer_id]
        # several providers stand with semicolons, which part sentences
        return (as_text(row.get("provider")) or as_text(row.get("owner"))).replace("; ", ", ")

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._finest.geometry.to_numpy())

    @cached_property
    def _duty_grids(self) -> gpd.GeoDataFrame | None:
        return self._map.read(DUTY_GRID) if self._map.has(DUTY_GRID) else None

    @cached_property
    def _roster(self) -> Roster:
        if self._matrix is not None:
            return self._matrix.roster
        shifts = ShiftTable(map(Shift.from_row, rows_of(self._map.read("shift") if self._map.has("shift") else None)))
        people = self._map.read("holder") if self._map.has("holder") else None
        levels = {self._level: self._finest}
        found, *_ = appointments_of(people, levels, self._duty_grids, shifts.codes)
        return Roster(found, load_precedence())

    def _beside(self, grid_id: str, agency: str, grids: gpd.GeoDataFrame, shape: Any) -> str:
        """Return the grids that share most of a gap's border, each with its holders."""
        if not len(grids):
            return ""
        shapes = grids.geometry.to_numpy()
        tree = shapely.STRtree(shapes)
        rows = tree.query(shape, predicate="intersects")
        if not len(rows):
            rows = tree.query_nearest(shape)
        shared = shapely.length(shapely.intersection(shapes[rows], shape))
        told = [self._told(grid_id, agency, grids.iloc[row]) for row in rows.tolist()]
        order = sorted(zip((-shared).round(3).tolist(), told, strict=True))
        return some(list(dict.fromkeys(one for _, one in order)), most=_MOST)

    def _told(self, grid_id: str, agency: str, row: Any) -> str:
        """Return a grid's code with who answers for it on the day, in whatever shift."""
        code = as_text(row.get(level_key(grid_id, row.to_frame().T)))
        standings = self._roster.by_shift(Post(code, grid_id, agency), self._day).values()
        names = dict.fromkeys(one.name or one.holder_code for standing in standings for one in standing.holders)
        return f"{code} ({' / '.join(names)})" if names else code
