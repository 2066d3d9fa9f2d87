"""Shifts: on which kinds of days, from when to when; and which of them are on at a moment. Standard library only."""

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

from ..errors import SchemaError
from .duties import as_text
from .work_calendar import DAY_KINDS, HOLIDAY, WEEKEND, WORKDAY, WorkCalendar

DAY_S: Final = 86_400
_TIME: Final = re.compile(r"(\d{1,2})[:：点时](\d{2})?分?(?:[:：](\d{2}))?")
_SHARE: Final = re.compile(r"\d?\.\d+(?:[eE]-\d+)?|[01]")
_DAY_LATER: Final = ("1 day, 0:00:00", "1900-01-01", "1900-01-01 00:00:00")
"""What 24:00 in a spreadsheet's cell of time is read as."""
_SEPARATORS: Final = re.compile(r"[,，、；;|\s]+")
_DAY_WORDS: Final = {
    "工作日": (WORKDAY,),
    "周末": (WEEKEND,),
    "休息日": (WEEKEND,),
    "节假日": (HOLIDAY,),
    "法定节假日": (HOLIDAY,),
    "每天": DAY_KINDS,
    "每日": DAY_KINDS,
    "*": DAY_KINDS,
    **{kind: (kind,) for kind in DAY_KINDS},
}


def seconds_of_day(value: Any, empty: int) -> int:
    """Return a time of day in seconds: ``08:30``, ``8:30:00``, ``24:00``, ``8点30分``; ``empty`` where there is none.

    A number from 0 to 1 is the share of the day by which spreadsheets keep times: 0.75 is 18:00.

    Raises
    ------
    SchemaError
        It is no time of day.

    Examples
    --------
    >>> seconds_of_day("08:30", 0), seconds_of_day("24:00", 0), seconds_of_day("", 7)
    (30600, 86400, 7)
    >>> seconds_of_day(0.75, 0), seconds_of_day("0.354166666666667", 0)
    (64800, 30600)
    """
    if isinstance(value, dt.time):
        return value.hour * 3600 + value.minute * 60 + value.second
    text = as_text(value)
    if not text:
        return empty
    if _SHARE.fullmatch(text) and float(text) <= 1:
        return round(float(text) * DAY_S)
    if text in _DAY_LATER:
        return DAY_S
    match = _TIME.fullmatch(text)
    hour, minute, second = (int(part or 0) for part in match.groups()) if match else (99, 0, 0)
    found = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or found > DAY_S:  # noqa: PLR2004 - of the clock
        raise SchemaError("{value} is no time of day; write it as 08:30", value=repr(text))
    return found


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift: kinds of days on which it begins, and its first and last second of the day.

    It holds from ``start`` up to but without ``end``. One whose end is not after its start passes midnight and belongs
    to the day on which it begins; equal ones make it last 24 hours.
    """

    shift_code: str
    name: str
    days: tuple[str, ...]
    start: int
    end: int
    name_en: str = ""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Return the shift in a row of the table ``shift``.

        Raises
        ------
        SchemaError
            It has no code, or its days or times are none.

        Examples
        --------
        >>> Shift.from_row({"shift_code": "night", "days": "workday、周末", "start": "18:00", "end": "08:00"}).days
        ('workday', 'weekend')
        """
        code = as_text(row.get("shift_code"))
        if not code:
            raise SchemaError("a shift has no shift_code")
        words = [word for word in _SEPARATORS.split(as_text(row.get("days"))) if word] or ["*"]
        unknown = [word for word in words if word not in _DAY_WORDS]
        if unknown:
            raise SchemaError(
                "shift {shift}: {found} is no kind of day; known are {known}",
                shift=code,
                found=unknown[0],
                known=", ".join(DAY_KINDS),
            )
        named = {kind for word in words for kind in _DAY_WORDS[word]}
        days = tuple(kind for kind in DAY_KINDS if kind in named)
        start, end = seconds_of_day(row.get("start"), 0), seconds_of_day(row.get("end"), DAY_S)
        return cls(code, as_text(row.get("name")), days, start % DAY_S, end, as_text(row.get("name_en")))

    def covers(self, second: int, today: str, yesterday: str) -> bool:
        """Tell whether the shift is on at a second of a day, given the kinds of this day and of the day before."""
        if self.start < self.end:
            return today in self.days and self.start <= second < self.end
        return (today in self.days and second >= self.start) or (yesterday in self.days and second < self.end)


class ShiftTable:
    """All shifts of a district and its calendar.

    Parameters
    ----------
    shifts
        The shifts; one that stands twice must say the same.
    calendar
        Kinds of days.

    Raises
    ------
    SchemaError
        A code stands for two shifts.

    Examples
    --------
    >>> night = Shift.from_row({"shift_code": "night", "days": "工作日", "start": "18:00", "end": "08:00"})
    >>> table = ShiftTable([night])
    >>> sorted(table.on(dt.datetime(2026, 6, 27, 2))), sorted(table.on(dt.datetime(2026, 6, 28, 2)))  # Saturday, Sunday
    (['night'], [])
    """

    def __init__(self, shifts: Iterable[Shift] = (), calendar: WorkCalendar | None = None) -> None:
        self.calendar: Final = calendar or WorkCalendar()
        self.shifts: Final[dict[str, Shift]] = {}
        for shift in shifts:
            if self.shifts.setdefault(shift.shift_code, shift) != shift:
                raise SchemaError("the shift {shift} stands twice", shift=shift.shift_code)
        self._states: dict[tuple[str, str, int], frozenset[str]] = {}

    @cached_property
    def codes(self) -> Mapping[str, str]:
        """Code of each shift, by code and by name: rosters write either."""
        by_name = {shift.name: code for code, shift in self.shifts.items() if shift.name}
        return {**by_name, **{code: code for code in self.shifts}}

    @cached_property
    def turns(self) -> list[int]:
        """Seconds of the day at which some shift begins or ends, midnight first: between them nothing changes."""
        times = {0, *(s.start for s in self.shifts.values()), *(s.end for s in self.shifts.values())}
        return sorted(times - {DAY_S})

    def on(self, local: dt.datetime) -> frozenset[str]:
        """Return the codes of the shifts that are on at a moment of the district's local time."""
        second = local.hour * 3600 + local.minute * 60 + local.second
        day = local.date()
        before = day - dt.timedelta(days=1) if day > dt.date.min else day
        return self.state(self.calendar.kind(day), self.calendar.kind(before), bisect_right(self.turns, second) - 1)

    def state(self, today: str, yesterday: str, turn: int) -> frozenset[str]:
        """Return the shifts that are on from the given turn of a day to the next, by the kinds of the two days."""
        key = today, yesterday, turn
        if key not in self._states:
            second = self.turns[turn]
            self._states[key] = frozenset(
                code for code, shift in self.shifts.items() if shift.covers(second, today, yesterday)
            )
        return self._states[key]
