"""What kind of day a day is: workday, weekend or public holiday, make-up workdays counted. Standard library only.

The State Council names each year's holidays and the Saturdays and Sundays that are worked instead (调休); they stand in
the layer ``calendar_day``. A day that is not listed is a workday from Monday to Friday, else a weekend.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from ..errors import SchemaError
from .duties import as_text
from .validity import as_day

WORKDAY, WEEKEND, HOLIDAY = "workday", "weekend", "holiday"
DAY_KINDS: Final = (WORKDAY, WEEKEND, HOLIDAY)
_SATURDAY: Final = 5


class WorkCalendar:
    """Holidays and make-up workdays.

    Parameters
    ----------
    days
        Kind of each day that is not what its day of the week says.

    Examples
    --------
    >>> calendar = WorkCalendar({dt.date(2026, 10, 1): "holiday", dt.date(2026, 10, 10): "workday"})
    >>> [calendar.kind(dt.date(2026, 10, day)) for day in (1, 9, 10, 11)]
    ['holiday', 'workday', 'workday', 'weekend']
    """

    def __init__(self, days: Mapping[dt.date, str] | None = None) -> None:
        self.days: Final = dict(days or {})
        wrong = {kind for kind in self.days.values() if kind not in DAY_KINDS}
        if wrong:
            raise SchemaError(
                "the kind of a day is {found}; it must be one of {known}",
                found=repr(min(wrong)),
                known=", ".join(DAY_KINDS),
            )

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Return the calendar of a table with ``date`` and ``kind``.

        Raises
        ------
        SchemaError
            A row names no day or an unknown kind, or a day stands twice with two kinds.
        """
        days: dict[dt.date, str] = {}
        for row in rows:
            day, kind = as_day(row.get("date")), as_text(row.get("kind"))
            if day is None:
                raise SchemaError("a day of the calendar has no date")
            if days.setdefault(day, kind) != kind:
                raise SchemaError(
                    "the calendar has {day} twice, as {one} and as {other}", day=day, one=days[day], other=kind
                )
        return cls(days)

    def kind(self, day: dt.date) -> str:
        """Return ``workday``, ``weekend`` or ``holiday``."""
        return self.days.get(day) or (WEEKEND if day.weekday() >= _SATURDAY else WORKDAY)
