"""Where the points of a batch lie: which grids of each channel claim them, in numbers."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.domain.conditions import IN_COMPOUND, ON_ROAD
from onemap.domain.duties import ROAD
from onemap.geo.edges import Floats, Ints
from onemap.responsibility.areas import Areas, Claimants, Grid
from onemap.responsibility.land import COMPOUND, Land, asks
from onemap.responsibility.rules import Buckets, Matched

if TYPE_CHECKING:
    from onemap.responsibility.matrix import ResponsibilityMatrix


class _Classed:
    """Points by what is told of the id of each: a number for each distinct thing told."""

    def __init__(self, ids: Ints, tell: Callable[[int], Any]) -> None:
        self._numbers, self._told = _classes(ids, tell)

    def of(self, part: Ints, reduce: Callable[[Any], Any]) -> tuple[Ints, list[Any]]:
        """Return the same of some points, after what is told was reduced to what matters."""
        return _classes(self._numbers[part], lambda number: reduce(self._told[number]))


def _classes(ids: Ints, tell: Callable[[int], Any]) -> tuple[Ints, list[Any]]:
    """Return a number for each distinct thing that is told of some ids."""
    number, distinct = pd.factorize(ids)
    known: dict[Any, int] = {}
    of = np.array([known.setdefault(tell(claim), len(known)) for claim in distinct.tolist()], dtype=np.int64)
    return of[number] if len(of) else number.astype(np.int64), list(known)


@dataclass(frozen=True)
class Claims:
    """The grids of one channel that claim each point.

    Attributes
    ----------
    ids
        For each point -1, the row of the grid, or the id of several.
    """

    ids: Ints
    layer: Claimants
    channel: str
    matrix: "ResponsibilityMatrix"

    def grids(self, claim: int) -> tuple[Grid, ...]:
        """Return the grids that an id stands for."""
        return tuple(self.layer.grids[row] for row in self.layer.rows(claim))

    def classes(self, part: Ints, matched: Matched) -> tuple[Ints, list[tuple[Buckets, ...]]]:
        """Return for some points which duties for a matter their grids meet: a number, and the buckets of each."""
        telling = self.matrix.rules.telling
        return self._hits.of(part, lambda told: tuple(telling(buckets, matched) for buckets in told))

    @cached_property
    def _hits(self) -> _Classed:
        hits = self.matrix.rules.hits
        return _Classed(self.ids, lambda claim: tuple(hits(self.channel, grid.code) for grid in self.grids(claim)))


@dataclass(frozen=True)
class Facts:
    """The facts that grids, roads or compounds tell of each point."""

    ids: Ints
    layer: Claimants
    plain: str

    def classes(self, part: Ints, wanted: AbstractSet[str]) -> tuple[Ints, list[frozenset[str]]]:
        """Return for some points which of the facts hold: a number, and the facts of each number."""
        return self._told.of(part, lambda facts: facts & wanted)

    @cached_property
    def _told(self) -> _Classed:
        def tell(claim: int) -> frozenset[str]:
            rows = self.layer.rows(claim)
            plain = {self.plain} if rows and self.plain else set()
            return frozenset(plain.union(*(self.layer.grids[row].facts for row in rows)))

        return _Classed(self.ids, tell)


@dataclass(frozen=True)
class Located:
    """Where some points lie on one day.

    Attributes
    ----------
    claims
        By channel.
    facts
        What levels, roads and compounds tell.
    cell, cells
        The finest grid that holds each point, as a number of its code; 0 for none.
    reached
        Whether any level holds the point.
    """

    claims: dict[str, Claims]
    facts: list[Facts]
    cell: Ints
    cells: list[str]
    reached: NDArray[np.bool_]


def locate_many(matrix: "ResponsibilityMatrix", x: Floats, y: Floats, day: int, asked: Sequence[Matched]) -> Located:
    """Return where points lie on a day, in the channels by which duties for some matters come."""
    land = matrix.land
    channels = frozenset().union(*(matrix.rules.channels(matched) for matched in asked))
    wanted = frozenset().union(*(matrix.rules.facts(matched) for matched in asked))
    claims: dict[str, Claims] = {}
    facts: list[Facts] = []
    cell, cells = np.zeros(len(x), dtype=np.int64), [""]
    reached = np.zeros(len(x), dtype=bool)
    below: Areas | None = None
    ids = np.full(len(x), -1, dtype=np.int64)
    for level in reversed(land.levels):
        areas = land.areas(level, day)
        ids = _climb(land, below, ids, areas, (x, y))
        fresh = np.flatnonzero((ids >= 0) & ~reached)
        if len(fresh):
            cell[fresh] = areas.rows_at(0)[ids[fresh]] + len(cells)
            cells += [grid.code for grid in areas.grids]
        reached |= ids >= 0
        claims[level] = Claims(ids, areas, level, matrix)
        facts.append(Facts(ids, areas, ""))
        below = areas
    for channel in land.channels:
        if channel in channels and channel not in land.levels and channel != ROAD:
            areas = land.areas(channel, day)
            claims[channel] = Claims(areas.many(x, y), areas, channel, matrix)
    roads = land.layer(ROAD, day)
    if roads is not None and (ROAD in channels or asks(wanted, ROAD)):
        near = roads.many(*_finite(land.metric(x, y)))
        claims[ROAD] = Claims(near, roads, ROAD, matrix)
        facts.append(Facts(near, roads, ON_ROAD))
    compounds = land.layer(COMPOUND, day)
    if compounds is not None and asks(wanted, COMPOUND):
        facts.append(Facts(compounds.many(x, y), compounds, IN_COMPOUND))
    return Located(claims, facts, cell, cells, reached)


def _climb(land: Land, below: Areas | None, ids: Ints, areas: Areas, xy: tuple[Floats, Floats]) -> Ints:
    """Return the claims of a level: by the codes of the parents of the level below, else by position."""
    x, y = xy
    if below is None:
        return areas.many(x, y)
    number, distinct = pd.factorize(ids)
    up = [areas.claim(land.above(below, below.rows(claim), areas)) for claim in distinct.tolist()]
    found = np.array(up, dtype=np.int64)[number] if up else ids.copy()
    rest = np.flatnonzero(found < 0)
    found[rest] = areas.many(x[rest], y[rest])
    return found


def _finite(pair: tuple[Any, Any]) -> tuple[Floats, Floats]:
    x, y = (np.asarray(values, dtype=np.float64) for values in pair)
    lost = ~(np.isfinite(x) & np.isfinite(y))
    return np.where(lost, np.nan, x), np.where(lost, np.nan, y)
