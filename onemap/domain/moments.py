"""Moments as people write them: 2026-06-30, 2026/6/30, 20260630, 2026年6月3日 下午2时05分."""

import datetime as dt
import re
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from .catalogue import fold_heading

USUAL_ZONE: Final = "Asia/Shanghai"
"""The zone of clocks where nobody states one."""
_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ t]*(上午|下午|am|pm)?[ ]*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})(?:\.(\d{1,9}))?秒?|分)?[ ]*(am|pm)?)?"
    r"[ ]*(z|utc|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?")
_AFTER_NOON = ("下午", "pm")
_HALF_DAY = 12


def day_now(timezone: str | None = None, now: dt.datetime | None = None) -> dt.date:
    """Return the day that it is on a district's clocks, whatever those of this computer say.

    Parameters
    ----------
    timezone
        The district's zone; `USUAL_ZONE` where it is empty.
    now
        The moment, with its zone; that of the clock where it is left out.

    Examples
    --------
    >>> evening = dt.datetime(2026, 11, 23, 18, 0, tzinfo=dt.UTC)
    >>> day_now("America/New_York", evening), day_now("", evening)
    (datetime.date(2026, 11, 23), datetime.date(2026, 11, 24))
    """
    return (now or dt.datetime.now(dt.UTC)).astimezone(ZoneInfo(timezone or USUAL_ZONE)).date()


@lru_cache(maxsize=200_000)
def moment(text: str) -> dt.datetime | None:
    """Return the time that a text names, with its zone where it names one, or None.

    Year, month, day in this order, with ``-``, ``/``, ``.`` or 年月日 between, or eight digits; hours and minutes
    with ``:`` or 时分秒, 上午, 下午; a day alone is its midnight.

    Examples
    --------
    >>> moment("2026年6月3日 下午2时05分"), moment("20260630")
    (datetime.datetime(2026, 6, 3, 14, 5), datetime.datetime(2026, 6, 30, 0, 0))
    """
    try:
        return dt.datetime.fromisoformat(text) if not text.isdigit() else _compact(text)
    except ValueError:
        pass
    match = _MOMENT.fullmatch(fold_heading(text))
    if match is None:
        return None
    year, month, day, before, hour, minute, second, part, after, zone = match.groups()
    hours = int(hour or 0)
    half = before or after
    if half in _AFTER_NOON and hours < _HALF_DAY:
        hours += _HALF_DAY
    elif half is not None and half not in _AFTER_NOON and hours == _HALF_DAY:
        hours = 0
    micro = int((part or "0").ljust(6, "0")[:6])
    try:
        naive = dt.datetime(int(year), int(month), int(day), hours, int(minute or 0), int(second or 0), micro)  # noqa: DTZ001
        return naive if zone is None else naive.replace(tzinfo=_zone(zone))
    except ValueError:
        return None


def _compact(text: str) -> dt.datetime | None:
    match = _COMPACT.fullmatch(text)
    return dt.datetime(*(int(part) for part in match.groups() if part is not None)) if match else None  # type: ignore[arg-type] # noqa: DTZ001


def _zone(text: str) -> dt.timezone:
    if text in ("z", "utc"):
        return dt.UTC
    sign = -1 if text[0] == "-" else 1
    return dt.timezone(sign * dt.timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
