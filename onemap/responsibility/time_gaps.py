"""When nobody is in: exact intervals of a window, from shifts and calendar, not from samples.

Between two turns of the day (the hours at which some shift begins or ends) nothing changes, so a window is a list of
stretches, and who is in is asked once for each.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from onemap.domain.appointments import EXPIRED, HELD, NEVER_APPOINTED, NOT_YET, OFF_SHIFT, Post, Roster
from onemap.domain.duties import Duty, Holder
from onemap.domain.shifts import ShiftTable
from onemap.geo.edges import Ints
from onemap.responsibility.answers import Claim, judge
from onemap.responsibility.areas import Grid

CAUSES: Final = {NEVER_APPOINTED: "vacant", EXPIRED: "expired", NOT_YET: "not_yet", OFF_SHIFT: "off_shift"}
"""Why a post is vacant: the template of the reason, and the word for it in tables."""

Interval = tuple[dt.datetime, dt.datetime]
People = tuple[Holder, ...]
_State = tuple[str, str, str, dt.date | None, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``start`` up to but without ``end`` the same shifts are on, all on one day."""

    start: dt.datetime
    end: dt.datetime
    on: frozenset[str]

    @property
    def day(self) -> dt.date:
        """The day that it lies on."""
        return self.start.date()


def stretches(shifts: ShiftTable, start: dt.datetime, end: dt.datetime) -> list[Stretch]:
    """Return a window cut at midnights and at the turns of shifts.

    Examples
    --------
    >>> from onemap.domain.shifts import Shift
    >>> day = Shift.from_row({"shift_code": "day", "days": "workday", "start": "08:00", "end": "18:00"})
    >>> found = stretches(ShiftTable([day]), dt.datetime(2026, 6, 26), dt.datetime(2026, 6, 27))
    >>> [(one.start.hour, sorted(one.on)) for one in found]
    [(0, []), (8, ['day']), (18, [])]
    """
    found: list[Stretch] = []
    day = start.date()
    while dt.datetime.combine(day, dt.time()) < end:
        midnight = dt.datetime.combine(day, dt.time())
        turns = [midnight + dt.timedelta(seconds=turn) for turn in shifts.turns]
        for begin, finish in zip(turns, [*turns[1:], midnight + dt.timedelta(days=1)], strict=True):
            first, last = max(begin, start), min(finish, end)
            if first < last:
                found.append(Stretch(first, last, shifts.on(first)))
        day += dt.timedelta(days=1)
    return found


@dataclass(frozen=True, slots=True)
class Run:
    """One state of a post over some stretches, given by their numbers.

    Attributes
    ----------
    state
        ``vacant`` or ``conflict``.
    cause
        For a vacant post one of `CAUSES`.
    name, day
        Whose appointment ended or begins, and when.
    people
        Codes of the holders that claim a contested post.
    """

    state: str
    cause: str
    name: str
    day: dt.date | None
    people: tuple[str, ...]
    stretches: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """A duty and the grid that it is tied to: what a post is looked up by."""

    duty: Duty
    grid: Grid

    @property
    def post(self) -> Post:
        """Where its appointments are looked for."""
        duty = self.duty
        return Post(self.grid.code, self.grid.scope, duty.agency, duty.role, duty.holder_code)


class Timelines:
    """Asks for posts over all stretches of a window.

    Parameters
    ----------
    roster
        All appointments.
    window
        The stretches.
    shifts
        Codes of shifts by code and name.
    """

    def __init__(self, roster: Roster, window: Sequence[Stretch]) -> None:
        self.roster, self.window = roster, window
        self._known: dict[tuple[Post, ...], tuple[Run, ...]] = {}
        self._times: dict[tuple[frozenset[str], bool], list[tuple[Stretch, list[int]]]] = {}
        self._alike: dict[tuple[int, ...], tuple[Run, ...]] = {}
        self._numbers: dict[tuple[Run, ...], int] = {(): 0}
        self._listed: list[tuple[Run, ...]] = []
        self._open: dict[tuple[str, str, str], tuple[Ints, Ints]] = {}
        self._tables: dict[tuple[str, str, str], Ints] = {}
        self._first, self._last = (window[0].day, window[-1].day) if window else (dt.date.min, dt.date.min)

    def of(self, part: str, seats: tuple[Seat, ...]) -> tuple[Run, ...]:
        """Return when a post (or several that count equally) is not held by one; nothing where it always is."""
        key = tuple(seat.post for seat in seats)
        if key not in self._known:
            self._known[key] = self._runs(part, seats, [self.roster.appointed(post) for post in key])
        return self._known[key]

    def number(self, part: str, seats: tuple[Seat, ...]) -> int:
        """Return the number of what becomes of a post, or of several that count equally."""
        return self._numbers.setdefault(self.of(part, seats), len(self._numbers))

    def table(self, channel: str, grids: Sequence[Grid], duty: Duty, agency: str) -> Ints:
        """Return for each grid of a channel the number (see `runs`) of what becomes of a post there; 0: always held.

        Grids that are held by nobody of an agency of their own have the same holders for all agencies, so they are
        looked at once for all duties of a role.
        """
        key = channel, duty.role, agency
        if key not in self._tables:
            open_, closed = self._for_all(channel, grids, duty)
            table = open_.copy()
            for row in closed.tolist():
                post = Post(grids[row].code, grids[row].scope, agency, duty.role)
                table[row] = self._number(self.roster.appointed(post))
            self._tables[key] = table
        return self._tables[key]

    def _for_all(self, channel: str, grids: Sequence[Grid], duty: Duty) -> tuple[Ints, Ints]:
        """Return what becomes of each grid's post if agencies are not asked for, and the grids where they matter."""
        key = channel, duty.role, ""
        if key not in self._open:
            appointed = [self.roster.appointed(Post(grid.code, grid.scope, "", duty.role)) for grid in grids]
            numbers = [self._number(people) for people in appointed]
            closed = [row for row, holders in enumerate(appointed) if any(holder.agency for holder in holders)]
            self._open[key] = np.array(numbers, dtype=np.int64), np.array(closed, dtype=np.int64)
        return self._open[key]

    def _number(self, appointed: People) -> int:
        """Return the number of what becomes of a post: the same for all posts that the same people are appointed to."""
        people = tuple(map(id, appointed))  # the roster keeps them; a code may stand in several rows
        if people not in self._alike:
            self._alike[people] = self._runs("", (), [appointed])
        runs = self._alike[people]
        return self._numbers.setdefault(runs, len(self._numbers))

    def runs(self, number: int) -> tuple[Run, ...]:
        """Return what a number of `table` stands for."""
        if len(self._listed) < len(self._numbers):
            self._listed = list(self._numbers)
        return self._listed[number]

    def _runs(self, part: str, seats: tuple[Seat, ...], people: Sequence[People]) -> tuple[Run, ...]:
        """Return when a post, or several, are not held by one; ``seats`` are asked for where there are several."""
        appointed = list(chain.from_iterable(people))
        used = frozenset(holder.shift for holder in appointed if holder.shift)
        limits = [holder.valid_from for holder in appointed] + [holder.valid_to for holder in appointed]
        constant = all(limit is None or not self._first <= limit <= self._last for limit in limits)
        found: dict[_State, list[int]] = {}
        for stretch, numbers in self._told_apart(used, constant=constant):
            state = self._state(part, seats, people, stretch)
            if state[0] != HELD:
                found.setdefault(state, []).extend(numbers)
        return tuple(Run(*state, tuple(sorted(numbers))) for state, numbers in found.items())

    def _told_apart(self, used: frozenset[str], *, constant: bool) -> list[tuple[Stretch, list[int]]]:
        """Return the stretches that differ in these shifts or in the day, and the numbers of all that are alike."""
        if (used, constant) not in self._times:
            times: dict[tuple[frozenset[str], dt.date | None], tuple[Stretch, list[int]]] = {}
            for number, stretch in enumerate(self.window):
                when = (stretch.on & used, None if constant else stretch.day)
                times.setdefault(when, (stretch, []))[1].append(number)
            self._times[used, constant] = list(times.values())
        return self._times[used, constant]

    def _state(self, part: str, seats: tuple[Seat, ...], people: Sequence[People], stretch: Stretch) -> _State:
        standings = [self.roster.among(appointed, stretch.day, stretch.on) for appointed in people]
        first = standings[0]
        state = first.state
        if len(standings) > 1:
            claims = [Claim(seat.duty, seat.grid, one) for seat, one in zip(seats, standings, strict=True)]
            state = judge(part, tuple(claims)).state
        if state == HELD:
            return HELD, "", "", None, ()
        claimed_by = tuple(sorted({holder.holder_code for one in standings for holder in one.holders}))
        cause = CAUSES.get(first.reason, "") if len(standings) == 1 else ""
        return state, cause, first.reason_name if cause else "", first.reason_day if cause else None, claimed_by


def intervals(window: Sequence[Stretch], numbers: Iterable[int]) -> list[Interval]:
    """Return stretches as intervals, neighbours joined.

    Examples
    --------
    >>> table = ShiftTable()
    >>> window = stretches(table, dt.datetime(2026, 6, 26, 12), dt.datetime(2026, 6, 28))
    >>> intervals(window, [0, 1])
    [(datetime.datetime(2026, 6, 26, 12, 0), datetime.datetime(2026, 6, 28, 0, 0))]
    """
    joined: list[Interval] = []
    for number in sorted(numbers):
        stretch = window[number]
        if joined and joined[-1][1] == stretch.start:
            joined[-1] = joined[-1][0], stretch.end
        else:
            joined.append((stretch.start, stretch.end))
    return joined


def hours(found: Iterable[Interval]) -> float:
    """Return how many hours intervals last together."""
    return sum((end - start).total_seconds() for start, end in found) / 3600
