"""The whole matrix looked through: every post that is not held by one, as land and as intervals of time."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import shapely

from onemap.domain.duties import ANY, ROAD, Matter
from onemap.errors import SchemaError
from onemap.geo.crs import area_m2
from onemap.geo.edges import Floats, Ints
from onemap.responsibility.ground import Ground
from onemap.responsibility.holdings import Holding, Holdings, claimants, rows_of_several
from onemap.responsibility.time_gaps import Interval, Run, Seat, Stretch, Timelines, intervals, stretches

if TYPE_CHECKING:
    from onemap.responsibility.matrix import ResponsibilityMatrix

NOBODY: Final = "nobody"
CONTESTED, TWO_HOLDERS = "tie", "two_holders"
Numbers = frozenset[int]


@dataclass(frozen=True)
class Vacancy:
    """Land and time on which a part of responsibility is not borne by one.

    Attributes
    ----------
    cause
        ``nobody``, ``vacant``, ``expired``, ``not_yet``, ``off_shift``; of conflicts ``tie`` or ``two_holders``.
    part, agency, matters, duties
        Part of responsibility, agency, matters as duties write them, and codes of the duties.
    seats
        The posts: duty and grid of each.
    name, day
        Whose appointment ended or begins, and when.
    people
        Codes of the holders who claim a contested post.
    pieces
        Pieces of the ground.
    when
        The intervals.
    ground
        The ground that the pieces are of.
    count
        How many posts; of very many ``seats`` has those of the smallest codes.
    """

    cause: str
    part: str
    agency: str
    matters: tuple[str, ...]
    duties: tuple[str, ...]
    seats: tuple[Seat, ...]
    name: str
    day: dt.date | None
    people: tuple[str, ...]
    pieces: Ints
    when: tuple[Interval, ...]
    ground: "Surveyed"
    count: int = 1


class Surveyed:
    """A ground with what lies on it: area, houses and people of each piece, counted when they are first asked for."""

    def __init__(self, ground: Ground, crs: Any, contents: "Contents | None") -> None:
        self.ground, self._crs, self._contents = ground, crs, contents
        self._counts: dict[str, Ints] = {}
        self._area: Floats | None = None

    def area_m2(self, pieces: Ints) -> float:
        """Return the area of pieces."""
        if self._area is None:
            frame = gpd.GeoSeries(self.ground.shapes, crs=self._crs)
            self._area = self.ground.area if self._crs is None else area_m2(frame).to_numpy(dtype=np.float64)
        return float(self._area[pieces].sum())

    def count(self, name: str, pieces: Ints) -> int | None:
        """Return how many ``buildings`` or ``residents`` pieces have; None where nobody knows."""
        if self._contents is None or name not in self._contents.points:
            return None
        if name not in self._counts:
            points, weights = self._contents.points[name]
            held = self.ground.holding(points, finest=self.ground.levels[-1])
            there = held >= 0
            total = np.bincount(held[there], weights=weights[there], minlength=len(self.ground.shapes))
            self._counts[name] = total.astype(np.int64)
        return int(self._counts[name][pieces].sum())


@dataclass(frozen=True)
class Contents:
    """What is counted in gaps: points with weights, in the system of the cells, by ``buildings`` and ``residents``."""

    points: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Window:
    """A window of local time; the end is not part of it."""

    start: dt.datetime
    end: dt.datetime

    def __post_init__(self) -> None:
        """Check the order."""
        if self.end <= self.start:
            raise SchemaError("the window ends at {end}, before it begins at {start}", start=self.start, end=self.end)


def survey(
    matrix: "ResponsibilityMatrix",
    window: Window,
    *,
    matters: Iterable[Matter | str] | None = None,
    contents: Contents | None = None,
    together: int = 100,
) -> Iterator[Vacancy]:
    """Yield every vacancy and conflict of a matrix within a window.

    Parameters
    ----------
    matters
        Matters asked for; None for all that duties name.
    together
        More posts than this with the very same gap are told as one.
    """
    asked = [matrix.matter(m) for m in matters] if matters is not None else named_matters(matrix)
    for start, end in _epochs(matrix, window):
        spans = stretches(matrix.shifts, start, end)
        ground = ground_of(matrix, start.toordinal())
        surveyed = Surveyed(ground, matrix.crs, contents)
        lines = Timelines(matrix.roster, spans)
        for holding in Holdings(ground, matrix.rules, spans).find(asked):
            found = _nobody(holding) if not holding.part else _posts(holding, ground, lines, together)
            for one in found:
                yield from _told(holding, one, spans, surveyed)


_GROUNDS: Final["WeakKeyDictionary[ResponsibilityMatrix, dict[int, Ground]]"] = WeakKeyDictionary()
_MOST_GROUNDS: Final = 4


def ground_of(matrix: "ResponsibilityMatrix", day: int) -> Ground:
    """Return the land of a matrix on a day; kept, as gaps and conflicts are both asked of it."""
    epoch = bisect_right(matrix.land.turns, day)
    kept = _GROUNDS.setdefault(matrix, {})
    if epoch not in kept:
        while len(kept) >= _MOST_GROUNDS:
            kept.pop(next(iter(kept)))
        channels = frozenset(matrix.land.channels) - {ROAD} | (all_channels(matrix) & {ROAD})
        kept[epoch] = Ground(matrix.land, day, channels=channels, facts=all_facts(matrix))
    return kept[epoch]


def named_matters(matrix: "ResponsibilityMatrix") -> list[Matter]:
    """Return the matters that duties name, as they would be asked for."""
    return [
        Matter(one.scheme or matrix.options.scheme, one.kind or "matter", one.code) if one.code else matrix.matter(None)
        for one in matrix.rules.patterns
    ]


def all_channels(matrix: "ResponsibilityMatrix") -> frozenset[str]:
    """Return all channels that duties come by."""
    return matrix.rules.channels(tuple(range(len(matrix.rules.patterns))))


def all_facts(matrix: "ResponsibilityMatrix") -> frozenset[str]:
    """Return all facts that conditions ask about."""
    return matrix.rules.facts(tuple(range(len(matrix.rules.patterns))))


def _epochs(matrix: "ResponsibilityMatrix", window: Window) -> Iterator[Interval]:
    """Yield the window cut at the days on which a grid or a duty changes."""
    first, last = window.start.toordinal(), window.end.toordinal()
    days = sorted({day for day in [*matrix.land.turns, *matrix.rules.turns] if first < day <= last})
    cuts = [window.start, *(dt.datetime.fromordinal(day) for day in days), window.end]
    for start, end in pairwise(cuts):
        if start < end:
            yield start, end


@dataclass(frozen=True)
class _Found:
    """Posts that are in one state over the same stretches; of very many some seats only, and how many there are."""

    cause: str
    seats: tuple[Seat, ...]
    run: Run | None
    pieces: Ints
    count: int = 1


def _nobody(holding: Holding) -> Iterator[_Found]:
    yield _Found(NOBODY, (), None, holding.pieces, 0)


def _posts(holding: Holding, ground: Ground, lines: Timelines, together: int) -> Iterator[_Found]:
    """Yield the posts of a holding that are not held by one, with their land; many alike are told as one."""
    distinct, which, number = _seated(holding, ground, lines)
    alike: dict[tuple[str, dt.date | None, tuple[int, ...]], list[tuple[int, Run]]] = {}
    for at in np.unique(number[number > 0]).tolist():
        for run in lines.runs(at):
            cause = run.cause or (CONTESTED if len(holding.bearers) > 1 else TWO_HOLDERS)
            alike.setdefault((cause, run.day, run.stretches), []).append((at, run))
    named = all(bearer.holder_code for bearer in holding.bearers)  # then the grid does not matter
    for (cause, _, _), states in alike.items():
        wanted = np.zeros(int(number.max()) + 1, dtype=bool)
        wanted[[at for at, _ in states]] = True
        where = wanted[number]
        rows = _by_code(holding, ground, distinct, np.flatnonzero(where))
        if len(rows) <= together and not named:
            run_of = dict(states)
            for row in rows.tolist():
                seats = _seats(holding, ground, distinct[row])
                yield _Found(cause, seats, run_of[int(number[row])], holding.pieces[which == row])
        else:
            seats = tuple(seat for row in rows[:together].tolist() for seat in _seats(holding, ground, distinct[row]))
            yield _Found(cause, seats, states[0][1], holding.pieces[where[which]], len(rows))


def _seated(holding: Holding, ground: Ground, lines: Timelines) -> tuple[Ints, Ints, Ints]:
    """Return the grids of a holding's posts, which of them each piece has, and what becomes of each (`Timelines`)."""
    columns = [claimants(ground, bearer, holding.pieces) for bearer in holding.bearers]
    distinct, which = rows_of_several(columns)
    first = holding.bearers[0]
    if len(columns) == 1 and not first.holder_code:
        table = lines.table(first.channel, ground.claims[first.channel].grids, holding.duties[0], first.agency)
        return distinct, which, table[distinct[:, 0]]
    number = [lines.number(holding.part, _seats(holding, ground, rows)) for rows in distinct]
    return distinct, which, np.array(number, dtype=np.int64)


def _seats(holding: Holding, ground: Ground, rows: Ints) -> tuple[Seat, ...]:
    return tuple(
        Seat(duty, ground.claims[bearer.channel].grids[row])
        for duty, bearer, row in zip(holding.duties, holding.bearers, rows.tolist(), strict=True)
    )


def _by_code(holding: Holding, ground: Ground, distinct: Ints, rows: Ints) -> Ints:
    """Return rows of grids in the order of their codes."""
    ranks = [ground.claims[b.channel].rank[distinct[rows, at]] for at, b in enumerate(holding.bearers)]
    return rows[np.lexsort(ranks[::-1])]


def _told(holding: Holding, found: _Found, spans: Sequence[Stretch], ground: Surveyed) -> Iterator[Vacancy]:
    """Yield what is found for each set of matters, at the hours at which the duties count."""
    agencies = {seat.duty.agency or seat.grid.agency for seat in found.seats} or set(holding.agencies)
    agency = agencies.pop() if len(agencies) == 1 else ", ".join(sorted(filter(None, agencies)))
    by_hours: dict[tuple[int, ...], list[Matter]] = {}
    for numbers, matters in holding.matters.items():
        there = numbers if found.run is None else tuple(sorted(set(numbers) & set(found.run.stretches)))
        if there:
            by_hours.setdefault(there, []).extend(matters)
    for there, matters in by_hours.items():
        yield Vacancy(
            found.cause,
            holding.part,
            agency,
            tuple(sorted({matter.code or ANY for matter in matters})),
            tuple(sorted(holding.codes)),
            found.seats,
            found.run.name if found.run else "",
            found.run.day if found.run else None,
            found.run.people if found.run else (),
            found.pieces,
            tuple(intervals(spans, there)),
            ground,
            found.count,
        )


def wide_parts(shape: Any, tolerance_m: float) -> Any:
    """Return the parts of an area into which a circle of the given diameter fits; all of them where it is 0."""
    if tolerance_m <= 0:
        return shape
    parts = shapely.get_parts(shape)
    kept = parts[~shapely.is_empty(shapely.buffer(parts, -tolerance_m / 2))]
    return kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
