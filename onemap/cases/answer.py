"""The answer of an assignment as it grows: numbers a case, and sentences only where there is something to say.

Most cases lie well inside one cell. Columns of text are therefore written once for each cell, each kind and each of the
few special cases, and handed out to the rows by number.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.cases.places import FAR_M, PLANE_M, Floats, Places, write_metres
from onemap.cases.result import HOW, AssignmentResult
from onemap.geo.edges import Ints, in_threads
from onemap.geo.located import Holders, Location
from onemap.geo.locator import CellLocator
from onemap.geo.nearness import CellDistances
from onemap.translation import say, say_each

# A place where this many cases are piled up, farther away than the district is wide, is a failed geocode.
_PILE: Final = 3
# Cases count as being at one place when they agree to this many decimals (0.1 m in degrees).
_PLACE_DECIMALS: Final = 6

_INSIDE, _BORDER, _NEAR, _OUTSIDE, _NO_POSITION = range(len(HOW))


class _Sentences:
    """A sentence a case, most of them empty: all texts, and the number of the text of each case."""

    def __init__(self, count: int) -> None:
        self.texts: list[str] = [""]
        self.number = np.zeros(count, dtype=np.int32)

    def say(self, rows: Ints, text: str) -> None:
        """Give all of some cases one sentence."""
        self.number[rows] = len(self.texts)
        self.texts.append(text)

    def say_each(self, rows: Ints, texts: Sequence[str]) -> None:
        """Give each of some cases its own sentence."""
        self.number[rows] = np.arange(len(self.texts), len(self.texts) + len(texts))
        self.texts.extend(texts)


class Answer:
    """What is known of each case so far.

    Parameters
    ----------
    location
        The cells that hold the cases.
    locator
        The cells.
    """

    def __init__(self, location: Location, locator: CellLocator) -> None:
        """Enter the cases that some cell holds."""
        self.locator = locator
        self.cell: Ints = location.cell  # written into from here on: the location is used up
        self.lost: Ints = np.flatnonzero(self.cell < 0)
        self.how = np.zeros(len(self.cell), dtype=np.int8)
        self.how[self.lost] = _OUTSIDE
        self.metres = np.zeros(len(self.cell))
        self.metres[self.lost] = np.nan
        # candidates of a case that lies in one cell alone, and at the end, for -1, of one in no cell
        self._alone = _objects([*((code,) for code in locator.codes), ()])
        self.candidates = self._alone.take(self.cell)
        self.reason = _Sentences(len(self.cell))
        self.queue: Ints = np.empty(0, dtype=np.int64)
        self.queue_metres: Floats = np.empty(0)
        self.piled: Ints = np.empty(0, dtype=np.int64)
        self.together: Ints = np.empty(0, dtype=np.int64)

    def take_special(self, holders: Holders) -> None:
        """Enter the cases on a border or in several cells: the smallest code answers."""
        held, count = np.unique(holders.point, return_counts=True)
        touching = np.unique(holders.point[holders.on_border])
        self.how[touching] = _BORDER
        self.reason.say(touching, say("on the border of its cell, beside no other cell"))
        several = held[count > 1]
        self._name_candidates(holders.point, holders.cell, several)
        touches = np.isin(several, touching)
        for rows, template in (
            (several[touches], "on the shared border of {cells}; the smallest code answers"),
            (several[~touches], "where {cells} overlap; the smallest code answers"),
        ):
            self.reason.say_each(rows, say_each(template, cells=[_named(codes) for codes in self.candidates[rows]]))

    def take_outside(self, distances: CellDistances, east: Floats, north: Floats, near_m: float) -> None:
        """Enter the cases in no cell: the nearest cell within ``near_m``, else outside with the distance."""
        rows = self.lost
        self.reason.say(rows, say("in no cell"))
        nearest = distances.nearest(east[rows], north[rows])
        rows = rows[nearest.point]
        self.metres[rows] = nearest.metres
        close = (nearest.metres <= near_m) & (near_m > 0)
        for some, template in (
            (~close, "in no cell; the nearest, {cell}, is {metres} m away"),
            (close, "in no cell; {cell}, {metres} m away, is the nearest and answers"),
        ):
            codes = self.locator.codes[nearest.cell[some]].tolist()
            metres = list(map(write_metres, nearest.metres[some].tolist()))
            self.reason.say_each(rows[some], say_each(template, cell=codes, metres=metres))
        self.cell[rows[close]] = nearest.cell[close]
        self.how[rows[close]] = _NEAR
        self.candidates[rows[close]] = self._alone[nearest.cell[close]]

    def take_beyond(self, places: Places, distances: CellDistances) -> None:
        """Measure along the earth where the plane of the cells is bent too much."""
        lost = self.lost[self.cell[self.lost] < 0]
        rows = places.placed(lost[~(self.metres[lost] <= PLANE_M)])
        if len(rows) and np.isfinite(distances.diagonal):
            self.metres[rows] = distances.around_the_earth(*places.degrees(rows))

    def take_far(self, places: Places, diagonal: float) -> None:
        """Tell failed geocodes, where many cases share one far place, from single far cases."""
        lost = self.lost[self.cell[self.lost] < 0]
        rows = lost[self.metres[lost] > max(FAR_M, diagonal)]
        spots = np.column_stack([places.raw_x[rows], places.raw_y[rows]]).round(_PLACE_DECIMALS)
        _, inverse, counts = np.unique(spots, axis=0, return_inverse=True, return_counts=True)
        together = counts[inverse.reshape(-1)]
        piled = together >= _PILE
        km = [f"{metres / 1000:.0f}" for metres in self.metres[rows].tolist()]
        self.reason.say_each(rows, say_each("far outside, {km} km away", km=km))
        self.piled, self.together = rows[piled], together[piled]
        template = "probably a failed geocode: {count} cases at this one place, {km} km outside"
        km = [text for text, many in zip(km, piled.tolist(), strict=True) if many]
        self.reason.say_each(self.piled, say_each(template, count=self.together.tolist(), km=km))

    def take_doubled(self, codes: Sequence[Any]) -> None:
        """Tell the cases in cells whose code several rows have; what is told already stays."""
        cells = np.flatnonzero(pd.Series(self.locator.codes, dtype=object).isin(codes))
        rows = np.flatnonzero(np.isin(self.cell, cells) & (self.reason.number == 0))
        self.reason.say(rows, say("several rows of the cells have the code of its cell"))

    def take_unplaced(self, places: Places) -> None:
        """Enter the cases without position."""
        self.how[places.unplaced] = _NO_POSITION
        self.reason.say_each(places.unplaced, places.why.tolist())

    def queue_near_border(
        self, location: Location, distances: CellDistances, east: Floats, north: Floats, border_m: float
    ) -> None:
        """Queue the cases within ``border_m`` of a cell other than their own, the exact ties first."""
        pairs = distances.within(east, north, border_m, skip=self.cell, rows=location.near)
        holders = location.special
        shared = holders.cell != self.cell[holders.point]
        point = np.concatenate([pairs.point, holders.point[shared]])
        cell = np.concatenate([pairs.cell, holders.cell[shared]])
        metres = np.concatenate([pairs.metres, np.zeros(int(shared.sum()))])
        order = np.lexsort((metres, point))
        self.queue, start = np.unique(point[order], return_index=True)
        self.queue_metres = metres[order][start]
        self._say_neighbours(point, cell, border_m)
        owned = self.queue[self.cell[self.queue] >= 0]
        point, cell = np.concatenate([point, owned]), np.concatenate([cell, self.cell[owned]])
        self._name_candidates(*self._once(point, cell), self.queue)

    def _say_neighbours(self, point: Ints, cell: Ints, border_m: float) -> None:
        """Name the other cells of the cases of which nothing else is to be said."""
        plain = self.reason.number[point] == 0
        point, cell = self._once(point[plain], cell[plain])
        rows, start = np.unique(point, return_index=True)
        codes = list(map(str, self.locator.codes[cell]))
        ends = [*start.tolist(), len(codes)]
        named = [codes[a] if b == a + 1 else ", ".join(codes[a:b]) for a, b in pairwise(ends)]
        metres = [f"{border_m:g}"] * len(named)
        self.reason.say_each(rows, say_each("within {metres} m of {cells}", metres=metres, cells=named))

    def _once(self, point: Ints, cell: Ints) -> tuple[Ints, Ints]:
        """Return pairs of a case and a cell each once, sorted by case, then by rank of the code."""
        _, once = np.unique(point * len(self.locator.rank) + self.locator.rank[cell], return_index=True)
        return point[once], cell[once]

    def _name_candidates(self, point: Ints, cell: Ints, rows: Ints) -> None:
        """Write the codes of all cells of each of ``rows``; the pairs are sorted by point and by rank."""
        codes = self.locator.codes[cell].tolist()
        start, end = np.searchsorted(point, rows, "left"), np.searchsorted(point, rows, "right")
        named = [tuple(codes[a:b]) for a, b in zip(start.tolist(), end.tolist(), strict=True)]
        self.candidates[rows] = _objects(named)

    def table(self, index: pd.Index) -> pd.DataFrame:
        """Return the table of all cases."""
        codes = np.append(self.locator.codes, [None])  # -1, in no cell, is the None at the end
        texts = [(codes, self.cell), (HOW, self.how), (self.reason.texts, self.reason.number)]
        cell, how, reason = in_threads(
            lambda column: pd.Series(texts[column][0]).array.take(texts[column][1]), range(3)
        )
        columns = {
            "cell": cell,
            "how": how,
            "distance_m": self.metres,
            "candidates": self.candidates,
            "reason": reason,
        }
        return pd.DataFrame(columns, index=index, copy=False)

    def result(self, cases: gpd.GeoDataFrame, notes: tuple[str, ...]) -> AssignmentResult:
        """Put the answer into frames."""
        table = self.table(cases.index)
        shown = ("cell", "candidates", "distance_m", "how", "reason")
        near_border = _listed(cases, table, self.queue, shown, distance_m=self.queue_metres)
        failed = _listed(cases, table, self.piled, ("together", "distance_m", "reason"), together=self.together)
        kinds = np.bincount(self.how, minlength=len(HOW)).tolist()
        counts = {"rows": len(table), **dict(zip(HOW, kinds, strict=True))}
        counts |= {"near_border": len(near_border), "failed_geocodes": len(failed)}
        return AssignmentResult(
            table=table,
            near_border=near_border,
            failed_geocodes=failed,
            counts=counts,
            notes=notes,
            cases=cases,
        )


def _listed(
    cases: gpd.GeoDataFrame, table: pd.DataFrame, rows: Ints, names: Sequence[str], **others: NDArray[Any]
) -> gpd.GeoDataFrame:
    """Return some of the cases with these columns, of the table or of ``others``."""
    columns: dict[str, Any] = {"row": rows}
    for name in names:
        columns[name] = others[name] if name in others else table[name].array[rows]
    columns["geometry"] = cases.geometry.array[rows]
    return gpd.GeoDataFrame(columns, index=table.index.take(rows), copy=False)


def _objects(tuples: list[tuple[Any, ...]]) -> NDArray[np.object_]:
    """Return an array of tuples, which numpy would make a table of."""
    return np.fromiter(tuples, dtype=object, count=len(tuples))


def _named(codes: tuple[Any, ...]) -> str:
    return ", ".join(map(str, codes))
