"""Positions to cells with everything kept warm: one point as it is clicked, or batch after batch of a long file.

The answers are those of `assign_cases`; only what needs all cases at once (piles of failed geocodes) is left to it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onemap.cases.places import FAR_M, PLANE_M, Floats, Places, write_metres
from onemap.cases.result import HOW
from onemap.geo.edges import Ints
from onemap.geo.located import Holders
from onemap.geo.locator import CellLocator
from onemap.geo.nearness import CellDistances
from onemap.translation import say

Kinds = NDArray[np.int8]
_INSIDE, _BORDER, _NEAR, _OUTSIDE, _NO_POSITION = range(len(HOW))


@dataclass(frozen=True)
class PointAnswers:
    """What `PointAssigner.answer` says, one entry a position.

    Attributes
    ----------
    cell
        Position of the cell that answers, -1 for none.
    how
        Position in `HOW`.
    metres
        Distance to the nearest cell: 0 in a cell, NaN without position.
    nearest
        Position of the nearest cell where none holds the position, else -1.
    border_m
        Cells up to this distance are candidates.
    holders
        Every pair of a position and a cell that holds it.
    point, candidate
        Pairs of a position and a cell in question, sorted by position, then by rank of the cell's code.
    """

    cell: Ints
    how: Kinds
    metres: Floats
    nearest: Ints
    border_m: float
    holders: Holders
    point: Ints
    candidate: Ints


class PointAssigner:
    """Assign positions to cells as `assign_cases` does, again and again, with the same cells.

    Parameters
    ----------
    locator
        The cells.
    near_m
        A position in no cell goes to the nearest cell up to this distance (metres); 0: never.
    border_m
        Cells within this distance (metres) of a position are candidates too.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from onemap.cases.places import place_numbers
    >>> cells = gpd.GeoDataFrame({"cell_code": ["a", "b"]}, geometry=[box(0, 0, 9, 9), box(9, 0, 18, 9)], crs=4548)
    >>> places = place_numbers(np.array([5.0, 9.0, 20.0]), np.array([5.0, 5.0, 5.0]), cells.crs, cells.crs)
    >>> answers = PointAssigner(CellLocator(cells), near_m=3).answer(places)
    >>> answers.cell, [HOW[how] for how in answers.how]
    (array([0, 0, 1]), ['inside', 'border', 'near'])
    """

    def __init__(self, locator: CellLocator, *, near_m: float = 0.0, border_m: float = 1.0) -> None:
        self.locator = locator
        self.near_m = near_m
        self.border_m = border_m

    @cached_property
    def distances(self) -> CellDistances:
        """The borders of the cells, ready to be measured from; made when first needed."""
        return CellDistances(self.locator)

    def hold(self, places: Places) -> tuple[Ints, Kinds]:
        """Return the cell that holds each position and how, without measuring: nothing is near."""
        found = self.locator.look_up(places.x, places.y)
        how: Kinds = np.where(found.cell >= 0, np.int8(_INSIDE), np.int8(_OUTSIDE))
        how[found.special.point[found.special.on_border]] = _BORDER
        how[places.unplaced] = _NO_POSITION
        return found.cell, how

    def answer(self, places: Places, *, near_m: float | None = None, border_m: float | None = None) -> PointAnswers:
        """Return the answer for each position.

        Parameters
        ----------
        places
            Positions in the CRS of the cells, from `read_places` or `place_numbers`.
        near_m, border_m
            Other distances than those given at first.
        """
        near_m = self.near_m if near_m is None else near_m
        border_m = self.border_m if border_m is None else border_m
        holders = self.locator.holders(places.x, places.y)
        cell, how = self._held(places, holders)
        metres = np.where(cell >= 0, 0.0, np.nan)
        nearest: Ints = np.full(len(cell), -1, dtype=np.int64)
        east, north = self.distances.positions(places.x, places.y)
        rows = np.flatnonzero(cell < 0)
        found = self.distances.nearest(east[rows], north[rows])
        rows = rows[found.point]
        metres[rows], nearest[rows] = found.metres, found.cell
        close = rows[(found.metres <= near_m) & (near_m > 0)]
        cell[close], how[close] = nearest[close], _NEAR
        self._measure_far(places, cell, metres)
        point, candidate = self._candidates(holders, cell, east, north, border_m)
        return PointAnswers(cell, how, metres, nearest, border_m, holders, point, candidate)

    def _held(self, places: Places, holders: Holders) -> tuple[Ints, Kinds]:
        """Return the holder with the smallest code, -1 for none, and how."""
        count = len(places.x)
        cell: Ints = np.full(count, -1, dtype=np.int64)
        first = np.flatnonzero(np.diff(holders.point, prepend=-1))
        cell[holders.point[first]] = holders.cell[first]
        how: Kinds = np.full(count, _OUTSIDE, dtype=np.int8)
        how[holders.point[first]] = _INSIDE
        how[holders.point[holders.on_border]] = _BORDER
        how[places.unplaced] = _NO_POSITION
        return cell, how

    def _measure_far(self, places: Places, cell: Ints, metres: Floats) -> None:
        """Measure along the earth where the plane of the cells is bent too much."""
        rows = places.placed(np.flatnonzero((cell < 0) & ~(metres <= PLANE_M)))
        if len(rows) and np.isfinite(self.distances.diagonal):
            metres[rows] = self.distances.around_the_earth(*places.degrees(rows))

    def _candidates(
        self, holders: Holders, cell: Ints, east: Floats, north: Floats, border_m: float
    ) -> tuple[Ints, Ints]:
        """Return every cell in question: the one that answers, those that hold the position, those near it."""
        pairs = self.distances.within(east, north, border_m, skip=cell)
        owned = np.flatnonzero(cell >= 0)
        point = np.concatenate([owned, holders.point, pairs.point])
        candidate = np.concatenate([cell[owned], holders.cell, pairs.cell])
        order = np.lexsort((self.locator.rank[candidate], point))
        point, candidate = point[order], candidate[order]
        once = np.diff(point, prepend=-1).astype(bool) | np.diff(candidate, prepend=-1).astype(bool)
        return point[once], candidate[once]

    def reason(self, places: Places, answers: PointAnswers, at: int, language: str = "en") -> str:
        """Return what `assign_cases` would give as the reason, were the position ``at`` its only case."""
        how, metres = HOW[answers.how[at]], answers.metres[at]
        if how == "no_position":
            return say(places.reason(at), language)
        if how in ("inside", "border"):
            return self._why_held(answers, at, language)
        if how == "outside" and metres > max(FAR_M, self.distances.diagonal):
            return say("far outside, {km} km away", language, km=f"{metres / 1000:.0f}")
        if answers.nearest[at] < 0 or np.isnan(metres):  # coordinates that are nowhere on earth have no distance
            return say("in no cell", language)
        template = (
            "in no cell; {cell}, {metres} m away, is the nearest and answers"
            if how == "near"
            else "in no cell; the nearest, {cell}, is {metres} m away"
        )
        return say(template, language, cell=self.locator.codes[answers.nearest[at]], metres=write_metres(metres))

    def _why_held(self, answers: PointAnswers, at: int, language: str) -> str:
        """Return why a cell that holds the position answers; empty where all is plain."""
        codes = self.locator.codes
        held = answers.holders.cell[answers.holders.point == at]
        border = answers.how[at] == _BORDER
        if len(held) > 1:
            template = (
                "on the shared border of {cells}; the smallest code answers"
                if border
                else "where {cells} overlap; the smallest code answers"
            )
            return say(template, language, cells=", ".join(map(str, codes[held])))
        if border:
            return say("on the border of its cell, beside no other cell", language)
        others = answers.candidate[answers.point == at]
        others = others[others != answers.cell[at]]
        if not len(others):
            return ""
        return say(
            "within {metres} m of {cells}",
            language,
            metres=f"{answers.border_m:g}",
            cells=", ".join(map(str, codes[others])),
        )
