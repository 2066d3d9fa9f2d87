"""From when to when something holds: grids, duties, appointments. Whole days, the first and the last included.

``valid_from`` is the first day on which a row is in force, ``valid_to`` the last: an appointment "to 31 December" still
answers on 31 December. An empty ``valid_from`` means from ever, an empty ``valid_to`` for ever. Where one row takes the
place of another on a day D, the old row's ``valid_to`` is the day before D: see `day_before`.
"""

import datetime as dt
from typing import Any

from ..errors import SchemaError
from .moments import moment

VALID_FROM = "valid_from"
VALID_TO = "valid_to"
_EMPTY = frozenset(("", "nan", "none", "nat", "<na>"))


def as_day(value: Any) -> dt.date | None:
    """Return the day that a value names, or None where it is empty; the time of day does not matter.

    Parameters
    ----------
    value
        A date, a datetime (also of pandas or numpy), or a text such as ``2026-06-30``, ``20260630``, ``2026年6月30日``.

    Raises
    ------
    SchemaError
        The value names no day.

    Examples
    --------
    >>> as_day("2026年6月3日"), as_day(""), as_day(dt.datetime(2026, 6, 3, 18))
    (datetime.date(2026, 6, 3), None, datetime.date(2026, 6, 3))
    """
    if value is None:
        return None
    if type(value) is dt.date:
        return value
    text = str(value).strip()
    if text.lower() in _EMPTY:
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, float) and value.is_integer():  # 20260630 in a column with empty fields
        text = str(int(value))
    found = moment(text[:26])  # numpy writes nanoseconds, which no calendar needs
    if found is None:
        raise SchemaError("{value} is not a date; write it as 2026-06-30", value=repr(value))
    return found.date()


def holds(valid_from: dt.date | None, valid_to: dt.date | None, day: dt.date) -> bool:
    """Tell whether something is in force on a day; both ends of its time count.

    Examples
    --------
    >>> last = dt.date(2026, 12, 31)
    >>> holds(None, last, last), holds(None, last, dt.date(2027, 1, 1))
    (True, False)
    """
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


def day_before(day: dt.date) -> dt.date:
    """Return the last day of what is replaced on ``day``.

    Examples
    --------
    >>> day_before(dt.date(2026, 3, 1))
    datetime.date(2026, 2, 28)
    """
    return day - dt.timedelta(days=1)
