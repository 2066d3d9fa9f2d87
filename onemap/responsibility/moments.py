"""The moments of a batch: local days and hours as numbers, and which of them no duty or appointment tells apart."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.domain.moments import moment as read_moment
from onemap.domain.shifts import DAY_S
from onemap.domain.work_calendar import DAY_KINDS
from onemap.errors import SchemaError
from onemap.geo.edges import Ints
from onemap.responsibility.answers import Moment

if TYPE_CHECKING:
    from onemap.responsibility.matrix import ResponsibilityMatrix

_EPOCH = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Moments:
    """The moment of each point.

    Attributes
    ----------
    second
        Seconds of local time since 1970.
    day
        Ordinals of the local days.
    state
        Numbers of the sets of shifts that are on.
    on
        These sets.
    rule_time, standing_time
        Numbers of the times between which no duty, no appointment begins, ends, or goes on or off shift.
    """

    second: Ints
    day: Ints
    state: Ints
    on: list[frozenset[str]]
    rule_time: Ints
    standing_time: Ints
    matrix: "ResponsibilityMatrix"
    _known: dict[int, Moment] = field(default_factory=dict)

    def moment(self, row: int) -> Moment:
        """Return the moment of a point."""
        second = int(self.second[row])
        found = self._known.get(second)
        if found is None:
            local = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=second)  # noqa: DTZ001 - local time has no zone
            found = self._known[second] = self.matrix.moment(local)
        return found

    def when(self, row: int) -> tuple[int, frozenset[str]]:
        """Return the ordinal of the day of a point, and the shifts that are on."""
        return int(self.day[row]), self.on[self.state[row]]

    def split(self, rows: Ints, turns: Sequence[int]) -> Iterator[Ints]:
        """Yield those of some rows between which no layer changes."""
        if not turns or not len(rows):
            yield rows
            return
        epoch = np.searchsorted(np.array(turns), self.day[rows], side="right")
        for one in np.unique(epoch):
            yield rows[epoch == one]


def read_moments(matrix: "ResponsibilityMatrix", at: Any, count: int) -> Moments:
    """Return the moments of a batch: one for all points, or one for each.

    Raises
    ------
    SchemaError
        There are not as many as points, or one is no time.
    """
    if at is None or isinstance(at, str | dt.date | np.datetime64):
        local = np.array([matrix.moment(at).local], dtype="datetime64[s]")
    else:
        local = _local(matrix, at)
        if len(local) != count:
            raise SchemaError("there are {found} times and {points} points", found=len(local), points=count)
        if np.isnat(local).any():
            raise SchemaError("{count} points have no time", count=int(np.isnat(local).sum()))
    second = local.astype(np.int64)
    day = second // DAY_S + _EPOCH
    state, on = _states(matrix, second % DAY_S, day)
    rule = _times(matrix.rules.turns, day, state)
    standing = _times(matrix.roster.turns, day, state)
    if len(local) != count:  # one for all
        second, day, state, rule, standing = (np.repeat(v, count) for v in (second, day, state, rule, standing))
    return Moments(second, day, state, on, rule, standing, matrix)


def _local(matrix: "ResponsibilityMatrix", at: Any) -> NDArray[np.datetime64]:
    """Return times as local ones."""
    values = pd.Series(at)
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        number, distinct = pd.factorize(values.astype(object), use_na_sentinel=False)
        read = [read_moment(v.strip()) if isinstance(v, str) else v for v in distinct]
        wrong = [v for v, found in zip(distinct, read, strict=True) if isinstance(v, str) and found is None]
        if wrong:
            raise SchemaError("{value} is no time; write it as 2026-06-30 14:05", value=repr(wrong[0]))
        moments = [np.datetime64("NaT") if pd.isna(v) else matrix.moment(v).local for v in read]
        return np.array(moments, dtype="datetime64[s]")[number]
    if values.dt.tz is not None:
        values = values.dt.tz_convert(matrix.zone).dt.tz_localize(None)
    return values.to_numpy().astype("datetime64[s]")


def _states(matrix: "ResponsibilityMatrix", second: Ints, day: Ints) -> tuple[Ints, list[frozenset[str]]]:
    """Return for each moment the number of the set of shifts that are on, and these sets."""
    turn = np.searchsorted(np.array(matrix.shifts.turns), second, side="right") - 1
    number, days = pd.factorize(day)
    kinds = matrix.shifts.calendar.kind
    pairs = [(kinds(dt.date.fromordinal(d)), kinds(dt.date.fromordinal(max(d - 1, 1)))) for d in days.tolist()]
    pair = np.array([DAY_KINDS.index(a) * len(DAY_KINDS) + DAY_KINDS.index(b) for a, b in pairs], dtype=np.int64)[
        number
    ]
    both, keys = pd.factorize(pair * len(matrix.shifts.turns) + turn)
    sets: dict[frozenset[str], int] = {}
    numbers = []
    for key in keys.tolist():
        pair_, turn_ = divmod(key, len(matrix.shifts.turns))
        today, before = divmod(pair_, len(DAY_KINDS))
        numbers.append(sets.setdefault(matrix.shifts.state(DAY_KINDS[today], DAY_KINDS[before], turn_), len(sets)))
    return np.array(numbers, dtype=np.int64)[both], list(sets)


def _times(turns: Sequence[int], day: Ints, state: Ints) -> Ints:
    """Return a number for each stretch of days and set of shifts."""
    epoch = np.searchsorted(np.array(turns, dtype=np.int64), day, side="right")
    return np.asarray(epoch * (int(state.max()) + 1 if len(state) else 1) + state, dtype=np.int64)
