"""Cells as an edit finds and makes them: their land, their codes, and what they take over of the loads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.errors import CrsError, GeometryError, SchemaError, some
from onemap.geo.cell_codes import cell_codes, polygons_of
from onemap.geo.crs import metric_crs
from onemap.geo.locator import CellLocator
from onemap.translation import say

from .division_frames import Frames
from .division_state import Cell, share_out
from .fresh_codes import Numbering

_BY_AREA: Final = "loads shared out by area"
_COUNTED: Final = "places"


def read_frames(cells: gpd.GeoDataFrame, groups: str | pd.Series | None, code: str, community: str) -> Frames:
    """Return the input of a division, checked.

    Raises
    ------
    SchemaError
        Codes are missing or repeated, or a column is absent.
    CrsError
        The cells have no coordinate system.
    GeometryError
        A cell is no polygon, or not valid.
    """
    if not isinstance(cells, gpd.GeoDataFrame) or cells.active_geometry_name is None:
        raise SchemaError("the {name} have no geometry column", name="cells")
    if cells.crs is None:
        raise CrsError("the cells have no coordinate system; declare it")
    codes = [str(c) for c in cell_codes(cells, code)]
    shapes = polygons_of(cells)
    wrong = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~shapely.is_valid(shapes)
    if wrong.any():
        raise GeometryError("cells to edit must be valid polygons; {cells} are not", cells=some(np.array(codes)[wrong]))
    return Frames.of(cells, codes, groups=groups, code=code, community=community)


@dataclass(frozen=True)
class CellMaker:
    """What is needed to make cells: the input, the loads or the places that carry them, the rule of codes."""

    frames: Frames
    names: tuple[str, ...]
    loads: pd.DataFrame
    places: gpd.GeoDataFrame | None
    metric: CRS
    numbering: Numbering

    @classmethod
    def of(cls, frames: Frames, loads: Any, places: gpd.GeoDataFrame | None, numbering: Numbering) -> "CellMaker":
        """Return the maker for an input.

        Raises
        ------
        SchemaError
            A load is no column or no number.
        CrsError
            The places have no coordinate system.
        """
        cells = frames.cells
        metric = metric_crs(cells.crs, cells.total_bounds if len(cells) else (np.nan,) * 4)
        if places is None:
            table = _loads(cells, loads)
            return cls(frames, tuple(map(str, table.columns)), table, None, metric, numbering)
        points, names = _points(places, loads, cells.crs)
        return cls(frames, names, pd.DataFrame(), points, metric, numbering)

    @property
    def how_shared(self) -> str:
        """How the loads of a cell that is split are shared out, as a sentence; empty where nothing is guessed."""
        return say(_BY_AREA) if self.names and self.places is None else ""

    def first_cells(self) -> list[Cell]:
        """Return the cells of the input."""
        frames = self.frames
        shapes = frames.cells.geometry.to_numpy()
        areas = shapely.area(self._metres(shapes)).tolist()
        places: list[list[int]] = [[] for _ in shapes]
        if self.places is not None:
            points = self.places.geometry
            at = CellLocator(frames.cells, frames.code).locate(points.x.to_numpy(), points.y.to_numpy())
            for place, cell in enumerate(at.tolist()):
                if cell >= 0:
                    places[cell].append(place)
        rows = self.loads.to_dict("records") if len(self.loads.columns) else [{} for _ in shapes]
        made = []
        for row, (code, shape) in enumerate(zip(frames.codes, shapes, strict=True)):
            loads = {str(n): value for n, value in rows[row].items()} if self.places is None else self._sum(places[row])
            group, parent = frames.groups[row], frames.parents[row]
            made.append(Cell(code, row, shape, areas[row], group, parent, loads, tuple(places[row])))
        return made

    def made(self, olds: Sequence[Cell], shapes: Mapping[str, Any], group: str | None, number: int) -> list[Cell]:
        """Return new cells by code, with what they take over of the old ones, of which the first is the largest."""
        lands = list(shapes.values())
        areas = shapely.area(self._metres(np.array(lands, dtype=object))).tolist()
        places = self._shared_places(olds, lands)
        if self.places is None:
            whole = {name: sum(c.loads[name] for c in olds) for name in self.names}
            parts = {name: share_out(value, areas) for name, value in whole.items()}
            loads = [{name: parts[name][at] for name in self.names} for at in range(len(lands))]
        else:
            loads = [self._sum(rows) for rows in places]
        first = olds[0]
        return [
            Cell(code, first.row, shape, areas[at], group, first.parent, loads[at], tuple(places[at]), number)
            for at, (code, shape) in enumerate(shapes.items())
        ]

    def named(
        self, near: Cell, shapes: list[Any], codes: Sequence[str] | None, taken: Iterable[str]
    ) -> tuple[list[Any], list[str]]:
        """Return new shapes with their codes, in order of the codes.

        Raises
        ------
        SchemaError
            Codes given are too few or too many, or were given before; or no serial is left.
        """
        given = set(taken)
        if codes is None:
            spots = [(point.x, point.y) for point in self._metres(shapely.point_on_surface(np.array(shapes)))]
            made = self.numbering.codes(near.code, near.parent, spots, given)
            order = sorted(range(len(made)), key=made.__getitem__)
            return [shapes[at] for at in order], [made[at] for at in order]
        named = [str(c) for c in codes]
        if len(named) != len(shapes) or len(set(named)) < len(named):
            raise SchemaError(
                "{needed} different codes are needed, {found} are given", needed=len(shapes), found=len(named)
            )
        again = sorted(set(named) & given)
        if again:
            raise SchemaError("codes that were given before are never given again: {codes}", codes=some(again))
        return shapes, named

    def _sum(self, places: Sequence[int]) -> dict[str, float]:
        rows = list(places)
        return {name: float(weights[rows].sum()) for name, weights in self._weights.items()}

    @cached_property
    def _weights(self) -> dict[str, NDArray[Any]]:
        """Loads of the places, by name."""
        return {} if self.places is None else {name: self.places[name].to_numpy() for name in self.names}

    def _shared_places(self, olds: Sequence[Cell], shapes: Sequence[Any]) -> list[list[int]]:
        """Return the places in each shape; one on a common border goes to the first."""
        found: list[list[int]] = [[] for _ in shapes]
        if self.places is not None:
            for place in sorted(place for c in olds for place in c.places):
                point = self.places.geometry.iloc[place]
                found[int(np.argmin([shapely.distance(shape, point) for shape in shapes]))].append(place)
        return found

    def _metres(self, shapes: Any) -> Any:
        crs = self.frames.cells.crs
        return shapes if self.metric == crs else gpd.GeoSeries(shapes, crs=crs).to_crs(self.metric).to_numpy()


def _loads(cells: gpd.GeoDataFrame, loads: Any) -> pd.DataFrame:
    """Return the loads of cells as a table on their rows: columns by name, a series, or a frame on their index."""
    if loads is None:
        return pd.DataFrame(index=range(len(cells)))
    if isinstance(loads, pd.Series):
        loads = loads.to_frame("load" if loads.name is None else loads.name)
    if isinstance(loads, pd.DataFrame):
        if not loads.index.equals(cells.index):
            raise SchemaError("the loads must be columns of the cells, or a table on their index")
        table = loads
    else:
        names = [loads] if isinstance(loads, str) else list(loads)
        missing = [name for name in names if name not in cells.columns]
        if missing:
            raise SchemaError("the {name} have no column {column}", name="cells", column=missing[0])
        table = pd.DataFrame(cells[names])
    numbers = table.reset_index(drop=True).apply(pd.to_numeric, errors="coerce")
    for name in numbers.columns:
        rows = np.flatnonzero(numbers[name].isna())
        if len(rows):
            raise SchemaError(
                "the load {name} is no number in rows {rows}; write 0 for none", name=name, rows=some(rows)
            )
    return numbers


def _points(places: gpd.GeoDataFrame, loads: Any, crs: Any) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return a point and the loads of each place, in the CRS of the cells."""
    if places.crs is None:
        raise CrsError("the {name} have no coordinate system; declare it", name="places")
    names = () if loads is None else (loads,) if isinstance(loads, str) else tuple(loads)
    missing = [name for name in names if name not in places.columns]
    if missing:
        raise SchemaError("the {name} have no column {column}", name="places", column=missing[0])
    there = places.to_crs(crs)
    points = shapely.point_on_surface(there.geometry.to_numpy())
    weights = {name: pd.to_numeric(there[name], errors="coerce").fillna(0).to_numpy() for name in names}
    weights = weights or {_COUNTED: np.ones(len(there))}
    return gpd.GeoDataFrame(weights, geometry=points, crs=crs), tuple(weights)
