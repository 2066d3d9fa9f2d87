"""Each case to exactly one cell, whatever the order of rows, cells or threads."""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.cases.places import BEYOND, FAR_M, PLANE_M, Floats, Places, read_places, write_metres
from onemap.cases.result import HOW, AssignmentResult
from onemap.errors import CrsError, SchemaError
from onemap.geo.dated import in_force
from onemap.geo.locator import CellLocator, Holders, Ints, Location
from onemap.geo.nearness import CellDistances
from onemap.progress import Progress, silent
from onemap.translation import say

# A place where this many cases are piled up, farther away than the district is wide, is a failed geocode.
_PILE: Final = 3
# Cases count as being at one place when they agree to this many decimals (0.1 m in degrees).
_PLACE_DECIMALS: Final = 6

_INSIDE, _BORDER, _NEAR, _OUTSIDE, _NO_POSITION = range(len(HOW))


def assign_cases(
    cases: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    *,
    code: str = "cell_code",
    near_m: float = 0.0,
    border_m: float = 1.0,
    as_of: Any = None,
    progress: Progress = silent,
) -> AssignmentResult:
    """Assign each case to exactly one cell.

    A cell holds its interior and its border. A case on a shared border, or where cells overlap, goes to the cell with
    the smallest code and is flagged. Inside and border are decided exactly, in the cells' own CRS; distances are in
    metres also where the cells are in degrees.

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
    as_of
        Only cells in force on this day, see `in_force`; by default all rows.
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
    progress(0.0, say("cases: reading positions"))
    cells = in_force(cells, as_of)
    locator = CellLocator(cells, code)
    places = read_places(cases, cells.crs)
    progress(0.2, say("cases: which cell holds each"))
    location = locator.look_up(places.x, places.y)
    answer = _Answer(location, locator)
    answer.take_special(location.special)
    progress(0.6, say("cases: distances to cells"))
    distances = CellDistances(locator)
    east, north = distances.positions(places.x, places.y)
    answer.take_outside(distances, east, north, near_m)
    answer.take_beyond(places, distances)
    answer.take_far(places, max(FAR_M, distances.diagonal))
    answer.take_unplaced(places)
    answer.queue_near_border(location.special, distances, east, north, border_m)
    progress(1.0, say("cases: done"))
    return answer.result(cases, places.notes)


def _check_arguments(cases: Any, cells: Any, near_m: float, border_m: float) -> None:
    for name, frame in (("cases", cases), ("cells", cells)):
        if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
            raise SchemaError("the {name} have no geometry column", name=name)
        if frame.crs is None:
            raise CrsError("the {name} have no coordinate system; declare it", name=name)
    for name, value in (("near_m", near_m), ("border_m", border_m)):
        if not 0 <= value < BEYOND:
            raise SchemaError("{name} is {value}; it must be a distance in metres, 0 or more", name=name, value=value)


class _Answer:
    """The answer as it grows: one entry a case."""

    def __init__(self, location: Location, locator: CellLocator) -> None:
        """Enter the cases that some cell holds."""
        count = len(location.cell)
        self.locator = locator
        self.cell: Ints = location.cell.copy()
        self.how = np.where(self.cell >= 0, _INSIDE, _OUTSIDE).astype(np.int8)
        self.metres = np.where(self.cell >= 0, 0.0, np.nan)
        # candidates of a case that lies in one cell alone, and at the end, for -1, of one in no cell
        self._alone = np.empty(len(locator.codes) + 1, dtype=object)
        self._alone[:] = [*((code,) for code in locator.codes), ()]
        self.candidates = self._alone.take(self.cell)
        self.reason = np.full(count, "", dtype=object)
        self.queue: Ints = np.empty(0, dtype=np.int64)
        self.queue_metres: Floats = np.empty(0)
        self.piled: Ints = np.empty(0, dtype=np.int64)
        self.together: Ints = np.empty(0, dtype=np.int64)

    def take_special(self, holders: Holders) -> None:
        """Enter the cases on a border or in several cells: the smallest code answers."""
        held, count = np.unique(holders.point, return_counts=True)
        touches = np.zeros(len(self.cell), dtype=bool)
        touches[holders.point[holders.on_border]] = True
        self.how[touches] = _BORDER
        self.reason[touches] = say("on the border of its cell, beside no other cell")
        several = held[count > 1]
        self._name_candidates(holders.point, holders.cell, several)
        for rows, template in (
            (several[touches[several]], "on the shared border of {cells}; the smallest code answers"),
            (several[~touches[several]], "where {cells} overlap; the smallest code answers"),
        ):
            sentences = {c: say(template, cells=_named(c)) for c in set(self.candidates[rows])}
            self.reason[rows] = [sentences[c] for c in self.candidates[rows]]

    def take_outside(self, distances: CellDistances, east: Floats, north: Floats, near_m: float) -> None:
        """Enter the cases in no cell: the nearest cell within ``near_m``, else outside with the distance."""
        rows = np.flatnonzero(self.cell < 0)
        self.reason[rows] = say("in no cell")
        nearest = distances.nearest(east[rows], north[rows])
        rows, codes = rows[nearest.point], self.locator.codes[nearest.cell]
        self.metres[rows] = nearest.metres
        for at, code, metres in zip(rows, codes, nearest.metres, strict=True):
            self.reason[at] = say(
                "in no cell; the nearest, {cell}, is {metres} m away", cell=code, metres=write_metres(metres)
            )
        close = (nearest.metres <= near_m) & (near_m > 0)
        self.cell[rows[close]] = nearest.cell[close]
        self.how[rows[close]] = _NEAR
        self.candidates[rows[close]] = self._alone[nearest.cell[close]]
        for at, code in zip(rows[close], codes[close], strict=True):
            metres = write_metres(self.metres[at])
            self.reason[at] = say(
                "in no cell; {cell}, {metres} m away, is the nearest and answers", cell=code, metres=metres
            )

    def take_beyond(self, places: Places, distances: CellDistances) -> None:
        """Measure along the earth where the plane of the cells is bent too much."""
        near = self.metres <= PLANE_M
        rows = np.flatnonzero((self.cell < 0) & (places.reason == "") & ~near)
        if len(rows) and np.isfinite(distances.diagonal):
            self.metres[rows] = distances.around_the_earth(*places.degrees(rows))

    def take_far(self, places: Places, far_m: float) -> None:
        """Tell failed geocodes, where many cases share one far place, from single far cases."""
        rows = np.flatnonzero((self.cell < 0) & (self.metres > far_m))
        spots = np.column_stack([places.raw_x[rows], places.raw_y[rows]]).round(_PLACE_DECIMALS)
        _, inverse, counts = np.unique(spots, axis=0, return_inverse=True, return_counts=True)
        together = counts[inverse.reshape(-1)]
        for at, many in zip(rows, together, strict=True):
            km = f"{self.metres[at] / 1000:.0f}"
            self.reason[at] = (
                say("probably a failed geocode: {count} cases at this one place, {km} km outside", count=many, km=km)
                if many >= _PILE
                else say("far outside, {km} km away", km=km)
            )
        piled = together >= _PILE
        self.piled, self.together = rows[piled], together[piled]

    def take_unplaced(self, places: Places) -> None:
        """Enter the cases without position."""
        rows = np.flatnonzero(places.reason != "")
        self.how[rows] = _NO_POSITION
        self.reason[rows] = places.reason[rows]

    def queue_near_border(
        self, holders: Holders, distances: CellDistances, east: Floats, north: Floats, border_m: float
    ) -> None:
        """Queue the cases within ``border_m`` of a cell other than their own, the exact ties first."""
        pairs = distances.within(east, north, border_m, skip=self.cell)
        shared = holders.cell != self.cell[holders.point]
        point = np.concatenate([pairs.point, holders.point[shared]])
        cell = np.concatenate([pairs.cell, holders.cell[shared]])
        metres = np.concatenate([pairs.metres, np.zeros(int(shared.sum()))])
        order = np.lexsort((metres, point))
        self.queue, start = np.unique(point[order], return_index=True)
        self.queue_metres = metres[order][start]
        owned = self.queue[self.cell[self.queue] >= 0]
        point, cell = np.concatenate([point, owned]), np.concatenate([cell, self.cell[owned]])
        order = np.lexsort((self.locator.rank[cell], point))
        point, cell = point[order], cell[order]
        once = np.flatnonzero(np.diff(point, prepend=-1) | np.diff(cell, prepend=-1))
        self._name_candidates(point[once], cell[once], self.queue)
        plain = self.queue[self.reason[self.queue] == ""]
        for at, own in zip(plain, self.locator.codes[self.cell[plain]], strict=True):
            others = tuple(code for code in self.candidates[at] if code != own)
            self.reason[at] = say("within {metres} m of {cells}", metres=f"{border_m:g}", cells=_named(others))

    def _name_candidates(self, point: Ints, cell: Ints, rows: Ints) -> None:
        """Write the codes of all cells of each of ``rows``; the pairs are sorted by point and by rank."""
        codes = self.locator.codes[cell].tolist()
        start, end = np.searchsorted(point, rows, "left"), np.searchsorted(point, rows, "right")
        for row, a, b in zip(rows.tolist(), start.tolist(), end.tolist(), strict=True):
            self.candidates[row] = tuple(codes[a:b])

    def result(self, cases: gpd.GeoDataFrame, notes: tuple[str, ...]) -> AssignmentResult:
        """Put the answer into frames."""
        codes = np.append(self.locator.codes, [None])  # -1, in no cell, is the None at the end
        table = pd.DataFrame(
            {
                "cell": pd.Series(codes).array.take(self.cell),
                "how": pd.Series(HOW).array.take(self.how.astype(np.intp)),
                "distance_m": self.metres,
                "candidates": self.candidates,
                "reason": self.reason,
            },
            index=cases.index,
        )
        near_border = _listed(cases, table, self.queue, self.queue_metres)
        failed = _listed(cases, table, self.piled, self.metres[self.piled]).assign(together=self.together)
        counts = {"rows": len(table), **{how: int((self.how == number).sum()) for number, how in enumerate(HOW)}}
        counts |= {"near_border": len(near_border), "failed_geocodes": len(failed)}
        return AssignmentResult(
            table=table,
            near_border=near_border[["row", "cell", "candidates", "distance_m", "how", "reason", "geometry"]],
            failed_geocodes=failed[["row", "together", "distance_m", "reason", "geometry"]],
            counts=counts,
            notes=notes,
            cases=cases,
        )


def _listed(cases: gpd.GeoDataFrame, table: pd.DataFrame, rows: Ints, metres: Floats) -> gpd.GeoDataFrame:
    listed = table.iloc[rows].assign(row=rows, distance_m=metres)
    return gpd.GeoDataFrame(listed, geometry=cases.geometry.to_numpy()[rows], crs=cases.crs)


def _named(codes: tuple[Any, ...]) -> str:
    return ", ".join(map(str, codes))
