"""Cases to cells: each case in exactly one cell, whatever the order of rows or cells, or listed with the reason."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from onemap.errors import CrsError, SchemaError
from onemap.geo.locator import CellLocator, Holders, Ints
from onemap.geo.nearness import CellDistances
from onemap.progress import Progress, silent
from onemap.translation import say

Floats = NDArray[np.float64]

HOW = ("inside", "border", "near", "outside", "no_position")
"""The answers of the column ``how``."""

_POINT, _MULTIPOINT = 0, 4
_BEYOND = 1e9
# A place where this many cases are piled up, farther away than the district is wide, is a failed geocode.
_PILE = 3
_FAR_M = 10_000.0


@dataclass(frozen=True)
class AssignmentResult:
    """What `assign_cases` answers.

    Attributes
    ----------
    table
        Index and order of the cases: ``cell how distance_m candidates reason``.
    near_border
        Cases within ``border_m`` of another cell: ``row cell candidates distance_m geometry``, index of the cases.
    failed_geocodes
        Cases far outside that share their place with others: ``row together distance_m geometry``.
    counts
        Rows, rows by ``how``, near-border cases and failed geocodes.
    notes
        English sentences about the whole: for example that the cases were reprojected.
    cases
        The cases as they came.
    """

    table: pd.DataFrame
    near_border: gpd.GeoDataFrame
    failed_geocodes: gpd.GeoDataFrame
    counts: dict[str, int]
    notes: tuple[str, ...]
    cases: gpd.GeoDataFrame


def assign_cases(
    cases: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    *,
    code: str = "cell_code",
    near_m: float = 0.0,
    border_m: float = 1.0,
    progress: Progress = silent,
) -> AssignmentResult:
    """Assign each case to exactly one cell.

    A cell holds its interior and its border. A case on a shared border, or where cells overlap, goes to the cell with
    the smallest code and is flagged. Inside and border are decided exactly, in the cells' own CRS; distances are in metres.

    Parameters
    ----------
    cases
        Points with a CRS; any index, also one that is not unique.
    cells
        Polygons with a CRS and a unique code; they may have holes, gaps and overlaps.
    code
        Column of the cells' codes.
    near_m
        A case in no cell goes to the nearest cell up to this distance (metres); 0: never.
    border_m
        Cases within this distance (metres) of another cell are queued for a look.
    progress
        Called with the share done and a text.

    Returns
    -------
    AssignmentResult
        ``table`` has one row a case in the cases' order: ``cell`` (missing where none), ``how`` (inside, border,
        near, outside, no_position), ``distance_m`` (0 inside), ``candidates`` (codes of all cells in question,
        sorted), ``reason`` (empty where all is plain).

    Raises
    ------
    CrsError
        Cases or cells have no coordinate system.
    SchemaError
        Codes are missing or repeated, or a distance is negative or not a number.
    GeometryError
        A cell is not a polygon.

    Examples
    --------
    >>> from shapely import Point, box
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_code": ["02", "01"]}, geometry=[box(1, 1, 2, 2), box(2, 1, 3, 2)], crs="EPSG:4548"
    ... )
    >>> cases = gpd.GeoDataFrame(geometry=[Point(1.5, 1.5), Point(2, 1.5), Point(9, 9), None], crs="EPSG:4548")
    >>> assign_cases(cases, cells).table[["cell", "how"]].to_numpy(dtype=object, na_value=None).tolist()
    [['02', 'inside'], ['01', 'border'], [None, 'outside'], [None, 'no_position']]
    """
    _check_arguments(cases, cells, near_m, border_m)
    progress(0.0, "cells")
    locator = CellLocator(cells, code)
    places = _read_places(cases, cells.crs)
    progress(0.2, "inside and border")
    holders = locator.holders(places.x, places.y)
    answer = _Answer(len(cases), locator, border_m)
    answer.take_holders(holders)
    progress(0.5, "distances")
    distances = CellDistances(locator)
    east, north = distances.positions(places.x, places.y)
    answer.take_near_cells(distances, east, north)
    answer.take_outside(distances, east, north, near_m, places)
    answer.take_unplaced(places)
    progress(0.9, "table")
    return answer.result(cases, places)


def _check_arguments(cases: Any, cells: Any, near_m: float, border_m: float) -> None:
    for name, frame in (("cases", cases), ("cells", cells)):
        if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
            raise SchemaError("the {name} have no geometry column", name=name)
        if frame.crs is None:
            raise CrsError("the {name} have no coordinate system; declare it", name=name)
    for name, value in (("near_m", near_m), ("border_m", border_m)):
        if not 0 <= value < _BEYOND:
            raise SchemaError("{name} is {value}; it must be a distance in metres, 0 or more", name=name, value=value)


@dataclass(frozen=True)
class _Places:
    """Positions of the cases in the cells' CRS (NaN where there is none, with the reason) and as they came."""

    x: Floats
    y: Floats
    raw_x: Floats
    raw_y: Floats
    reason: NDArray[np.object_]
    notes: tuple[str, ...]


def _read_places(cases: gpd.GeoDataFrame, crs: pyproj.CRS) -> _Places:
    """Take a position from each case, or the reason why it has none."""
    shapes: NDArray[Any] = cases.geometry.to_numpy()
    reason = np.full(len(shapes), "", dtype=object)
    kind = shapely.get_type_id(shapes)
    single = (kind == _MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    points = shapes.copy()
    points[single] = shapely.get_geometry(shapes[single], 0)
    is_point = (kind == _POINT) | single
    points[~is_point] = None
    raw_x, raw_y = shapely.get_x(points), shapely.get_y(points)

    def say_where(mask: NDArray[np.bool_], sentence: str) -> None:
        reason[mask & (reason == "")] = sentence

    say_where(shapely.is_missing(shapes), say("the case has no geometry"))
    say_where(shapely.get_num_coordinates(shapes) == 0, say("the geometry of the case is empty"))
    for other in np.unique(kind[~is_point & (kind >= 0)]):
        name = shapes[np.flatnonzero(kind == other)[0]].geom_type
        say_where((kind == other) & ~is_point, say("the geometry of the case is a {kind}, not a point", kind=name))
    say_where(~(np.isfinite(raw_x) & np.isfinite(raw_y)), say("the coordinates are not numbers"))
    say_where((raw_x == 0) & (raw_y == 0), say("the coordinates are 0, 0"))
    too_big = (np.abs(raw_x) > _BEYOND) | (np.abs(raw_y) > _BEYOND)
    say_where(too_big, say("the coordinates are beyond any coordinate system"))
    if cases.crs.is_geographic:
        say_where((np.abs(raw_y) > 90) | (np.abs(raw_x) > 360), say("no such longitude and latitude on earth"))  # noqa: PLR2004
    x, y, notes = _in_crs(np.where(reason == "", raw_x, np.nan), np.where(reason == "", raw_y, np.nan), cases.crs, crs)
    lost = ~(np.isfinite(x) & np.isfinite(y))
    say_where(lost, say("the position cannot be expressed in the coordinate system of the cells"))
    return _Places(x, y, raw_x, raw_y, reason, notes)


def _in_crs(x: Floats, y: Floats, source: pyproj.CRS, target: pyproj.CRS) -> tuple[Floats, Floats, tuple[str, ...]]:
    if source.equals(target, ignore_axis_order=True):
        return x, y, ()
    moved = pyproj.Transformer.from_crs(source, target, always_xy=True).transform(x, y)
    east, north = (np.where(np.isfinite(v), v, np.nan) for v in moved)
    return east, north, (say("the cases were reprojected from {source} to {target}", source=source.name, target=target.name),)


class _Answer:
    """The answer as it grows: one entry a case."""

    def __init__(self, count: int, locator: CellLocator, border_m: float) -> None:
        self.locator = locator
        self.border_m = border_m
        self.cell: Ints = np.full(count, -1, dtype=np.int64)
        self.how = np.full(count, "", dtype=object)
        self.metres = np.full(count, np.nan)
        self.candidates = np.full(count, None, dtype=object)
        self.reason = np.full(count, "", dtype=object)
        self.queue: Ints = np.empty(0, dtype=np.int64)
        self.queue_metres: Floats = np.empty(0)
        self.piled: Ints = np.empty(0, dtype=np.int64)
        self.together: Ints = np.empty(0, dtype=np.int64)

    def take_holders(self, holders: Holders) -> None:
        """Enter the cases that some cell holds: the smallest code answers."""
        first = np.flatnonzero(np.diff(holders.point, prepend=-1))
        held = holders.point[first]
        self.cell[held] = holders.cell[first]
        self.metres[held] = 0.0
        touches = np.zeros(len(self.cell), dtype=bool)
        touches[holders.point[holders.on_border]] = True
        self.how[held] = np.where(touches[held], "border", "inside")
        singles = np.empty(len(self.locator.codes), dtype=object)
        singles[:] = [(c,) for c in self.locator.codes]
        self.candidates[held] = singles[self.cell[held]]
        several = np.diff(np.append(first, len(holders.point))) > 1
        self._name_candidates(holders.point, holders.cell, held[several])
        alone = held[touches[held] & ~np.isin(held, held[several])]
        self.reason[alone] = say("on the border of the cell, where no other cell begins")
        for row in held[several]:
            template = (
                "on the shared border of {cells}; the smallest code answers"
                if touches[row]
                else "{cells} overlap here; the smallest code answers"
            )
            self.reason[row] = say(template, cells=", ".join(map(str, self.candidates[row])))

    def take_near_cells(self, distances: CellDistances, east: Floats, north: Floats) -> None:
        """Queue the cases within ``border_m`` of a cell other than their own."""
        pairs = distances.within(east, north, self.border_m)
        other = pairs.cell != self.cell[pairs.point]
        point, metres = pairs.point[other], pairs.metres[other]
        self.queue, start = np.unique(point, return_index=True)
        self.queue_metres = np.minimum.reduceat(metres, start) if len(start) else metres
        all_point = np.concatenate([point, self.queue[self.cell[self.queue] >= 0]])
        own = self.cell[self.queue]
        all_cell = np.concatenate([pairs.cell[other], own[own >= 0]])
        order = np.lexsort((self.locator.rank[all_cell], all_point))
        self._name_candidates(all_point[order], all_cell[order], self.queue)
        for row in self.queue[(self.how[self.queue] == "inside") & (self.reason[self.queue] == "")]:
            others = ", ".join(str(c) for c in self.candidates[row] if c != self.locator.codes[self.cell[row]])
            self.reason[row] = say("within {metres} m of {cells}", metres=f"{self.border_m:g}", cells=others)

    def take_outside(self, distances: CellDistances, east: Floats, north: Floats, near_m: float, places: _Places) -> None:
        """Enter the cases in no cell: the nearest cell within ``near_m``, else outside with the distance."""
        rows = np.flatnonzero((self.cell < 0) & (places.reason == ""))
        self.how[rows] = "outside"
        self.reason[rows] = say("in no cell")
        nearest = distances.nearest(east[rows], north[rows])
        row, cell, metres = rows[nearest.point], nearest.cell, nearest.metres
        self.metres[row] = metres
        close = metres <= near_m if near_m else np.zeros(len(row), dtype=bool)
        self.cell[row[close]] = cell[close]
        self.how[row[close]] = "near"
        for at, here, far in zip(row, cell, metres, strict=True):
            template = (
                "in no cell; the nearest, {cell}, is {metres} m away and answers"
                if self.how[at] == "near"
                else "in no cell; the nearest, {cell}, is {metres} m away"
            )
            self.reason[at] = say(template, cell=self.locator.codes[here], metres=f"{far:.1f}")
            if self.how[at] == "near" and self.candidates[at] is None:
                self.candidates[at] = (self.locator.codes[here],)
        far_rows = row[(metres > max(_FAR_M, distances.diagonal)) & ~close]
        self._take_far(far_rows, places)

    def _take_far(self, rows: Ints, places: _Places) -> None:
        """Tell failed geocodes (many cases on one far place) from single far cases."""
        if not len(rows):
            return
        spot = np.column_stack([places.raw_x[rows], places.raw_y[rows]]).round(6)
        _, inverse, counts = np.unique(spot, axis=0, return_inverse=True, return_counts=True)
        together = counts[inverse.reshape(-1)]
        for at, many in zip(rows, together, strict=True):
            km = f"{self.metres[at] / 1000:.0f}"
            self.reason[at] = (
                say("probably a failed geocode: {count} cases at this one place, {km} km outside", count=many, km=km)
                if many >= _PILE
                else say("far outside, {km} km away", km=km)
            )
        self.piled, self.together = rows[together >= _PILE], together[together >= _PILE]

    def take_unplaced(self, places: _Places) -> None:
        """Enter the cases without position."""
        rows = np.flatnonzero(places.reason != "")
        self.how[rows] = "no_position"
        self.reason[rows] = places.reason[rows]

    def _name_candidates(self, point: Ints, cell: Ints, rows: Ints) -> None:
        """Write the codes of all cells of each of ``rows``; the pairs are sorted by point and rank."""
        codes = self.locator.codes[cell].tolist()
        start, end = np.searchsorted(point, rows, "left"), np.searchsorted(point, rows, "right")
        for row, a, b in zip(rows.tolist(), start.tolist(), end.tolist(), strict=True):
            self.candidates[row] = tuple(codes[a:b])

    def result(self, cases: gpd.GeoDataFrame, places: _Places) -> AssignmentResult:
        """Put the answer into frames."""
        nobody = np.empty(1, dtype=object)
        nobody[0] = ()
        self.candidates = np.where(np.equal(self.candidates, None), nobody, self.candidates)
        table = pd.DataFrame(
            {
                "cell": pd.Series(np.append(self.locator.codes, None)[self.cell], dtype=object).to_numpy(),
                "how": self.how,
                "distance_m": self.metres,
                "candidates": self.candidates,
                "reason": self.reason,
            },
            index=cases.index,
        )
        near_border = self._listed(cases, table, self.queue, distance_m=self.queue_metres)[
            ["row", "cell", "candidates", "distance_m", "how", "geometry"]
        ]
        failed = self._listed(cases, table, self.piled, together=self.together)[["row", "together", "distance_m", "geometry"]]
        counts = {"rows": len(table), **{how: int((self.how == how).sum()) for how in HOW}}
        counts |= {"near_border": len(near_border), "failed_geocodes": len(failed)}
        return AssignmentResult(table, near_border, failed, counts, places.notes, cases)

    @staticmethod
    def _listed(cases: gpd.GeoDataFrame, table: pd.DataFrame, rows: Ints, **columns: Any) -> gpd.GeoDataFrame:
        listed = table.iloc[rows].assign(row=rows, **columns)
        return gpd.GeoDataFrame(listed, geometry=cases.geometry.to_numpy()[rows], crs=cases.crs)
