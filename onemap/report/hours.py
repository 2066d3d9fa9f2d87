"""The hours of duty gaps: cut by kinds of days, by day and night, and put together again without counting any twice."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.domain.shifts import Shift
from onemap.domain.work_calendar import HOLIDAY, WEEKEND, WORKDAY, WorkCalendar
from onemap.errors import SchemaError

DAY, NIGHT = "workday_day", "workday_night"
KINDS = (DAY, NIGHT, WEEKEND, HOLIDAY)
DAY_HOURS = (8, 18)
"""When a working day begins and ends where the map has no shift that says so."""
Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True)
class Gap:
    """A duty gap: its agency, its land, and when nobody answers there."""

    agency: str
    shape: Any
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Measured:
    """How long and on how much land nobody answers in hours of one kind."""

    hours: float
    of_hours: float
    area_m2: float
    shape: Any
    gaps: frozenset[int]


@dataclass(frozen=True)
class Clock:
    """What kind an hour is of: by the calendar of the district and by when its working day begins and ends."""

    calendar: WorkCalendar
    start: int = DAY_HOURS[0]
    end: int = DAY_HOURS[1]

    @classmethod
    def of(cls, shifts: pd.DataFrame, calendar: pd.DataFrame) -> "Clock":
        """Return the clock of a map: its calendar, and the whole hours of the shifts of workdays by day."""
        days = WorkCalendar.from_rows(calendar.to_dict("records")) if len(calendar) else WorkCalendar()
        found = []
        for row in shifts.to_dict("records"):
            try:
                shift = Shift.from_row(row)
            except SchemaError:
                continue
            if WORKDAY in shift.days and 0 < shift.start < shift.end:
                found.append((shift.start // 3600, -(-shift.end // 3600)))
        if not found:
            return cls(days)
        return cls(days, min(start for start, _ in found), max(end for _, end in found))

    def pieces(self, span: Span) -> Iterable[tuple[str, Span]]:
        """Yield the parts of a span, each of one kind.

        Examples
        --------
        >>> friday = dt.datetime(2026, 6, 26, 16)
        >>> [kind for kind, _ in Clock(WorkCalendar()).pieces((friday, friday + dt.timedelta(hours=12)))]
        ['workday_day', 'workday_night', 'weekend']
        """
        start, end = span
        while start < end:
            midnight = dt.datetime.combine(start.date(), dt.time())
            kind = self.calendar.kind(start.date())
            turns = [24]
            if kind == WORKDAY:
                turns = [self.start, self.end, 24]
                kind = DAY if self.start <= (start - midnight).total_seconds() / 3600 < self.end else NIGHT
            turn = min(t for t in (midnight + dt.timedelta(hours=hour) for hour in turns) if t > start)
            yield kind, (start, min(turn, end))
            start = min(turn, end)


def gaps_of(frame: gpd.GeoDataFrame) -> list[Gap]:
    """Return the rows of the layer ``duty_gap`` that have land and hours."""
    found = []
    for row in frame.itertuples():
        spans = spans_of(row.intervals)
        if spans and row.geometry is not None and not row.geometry.is_empty:
            found.append(Gap("" if pd.isna(row.agency) else str(row.agency), row.geometry, spans))
    return found


def spans_of(text: Any) -> tuple[Span, ...]:
    """Return the intervals of a published gap.

    Examples
    --------
    >>> [(end - start).total_seconds() / 3600 for start, end in spans_of("2026-06-26T18:00:00/2026-06-27T08:00:00")]
    [14.0]
    """
    pairs = [part.split("/") for part in str(text or "").split() if "/" in part]
    return tuple((dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end)) for start, end in pairs)


class Hours:
    """All duty gaps of a map by agency and kind of hour.

    The window is from the first to the last hour of any gap, whole days.
    """

    def __init__(self, gaps: Sequence[Gap], clock: Clock) -> None:
        self.gaps, self.clock = gaps, clock
        self._land: dict[frozenset[int], Any] = {}
        ends = [moment for gap in gaps for span in gap.spans for moment in span]
        first = dt.datetime.combine(min(ends).date(), dt.time())
        last = max(ends)
        if last.time() != dt.time():
            last = dt.datetime.combine(last.date() + dt.timedelta(days=1), dt.time())
        self.window = (first, last)
        self.total: dict[str, float] = {}
        for kind, (start, end) in clock.pieces(self.window):
            self.total[kind] = self.total.get(kind, 0.0) + (end - start).total_seconds() / 3600

    @property
    def kinds(self) -> list[str]:
        """Kinds of hours that the window has."""
        return [kind for kind in KINDS if kind in self.total]

    @property
    def agencies(self) -> list[str]:
        """Agencies with gaps, by name; empty text for duties of no agency comes last."""
        return sorted({gap.agency for gap in self.gaps}, key=lambda name: (not name, name))

    def of(self, agency: str | None) -> Mapping[str, Measured]:
        """Return the gaps of an agency (None: of all) by kind of hour."""
        spans: dict[str, list[Span]] = {kind: [] for kind in self.kinds}
        who: dict[str, set[int]] = {kind: set() for kind in self.kinds}
        for number, gap in enumerate(self.gaps):
            if agency is not None and gap.agency != agency:
                continue
            for span in gap.spans:
                for kind, piece in self.clock.pieces(span):
                    spans[kind].append(piece)
                    who[kind].add(number)
        made = {}
        for kind in self.kinds:
            land = self.land(who[kind])
            made[kind] = Measured(_length(spans[kind]), self.total[kind], _area(land), land, frozenset(who[kind]))
        return made

    def by_hour(self, agency: str) -> dict[str, list[float]]:
        """Return the area (m2) that nobody answers for at each hour of a day, by kind of day."""
        who: dict[tuple[str, int], set[int]] = {}
        for number, gap in enumerate(self.gaps):
            if gap.agency != agency:
                continue
            for start, end in gap.spans:
                hour = start.replace(minute=0, second=0, microsecond=0)
                while hour < end:
                    who.setdefault((self.clock.calendar.kind(hour.date()), hour.hour), set()).add(number)
                    hour += dt.timedelta(hours=1)
        days = [self.clock.calendar.kind(day) for day in self._days()]
        return {
            kind: [_area(self.land(who.get((kind, hour), set()))) for hour in range(24)]
            for kind in (WORKDAY, WEEKEND, HOLIDAY)
            if kind in days
        }

    def _days(self) -> Iterable[dt.date]:
        day = self.window[0].date()
        while day < self.window[1].date():
            yield day
            day += dt.timedelta(days=1)

    def land(self, numbers: Iterable[int]) -> Any:
        """Return the land of several gaps together, None of none; nothing is counted twice."""
        key = frozenset(numbers)
        if key not in self._land:
            shapes = {shapely.to_wkb(self.gaps[number].shape): self.gaps[number].shape for number in sorted(key)}
            valid = shapely.make_valid(np.array(list(shapes.values()), dtype=object))
            self._land[key] = shapely.union_all(valid) if len(valid) else None
        return self._land[key]


def _area(land: Any) -> float:
    return 0.0 if land is None else float(shapely.area(land))


def _length(spans: list[Span]) -> float:
    """Return the hours of spans together; where they overlap, an hour counts once."""
    hours, reached = 0.0, None
    for start, end in sorted(spans):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            hours += (end - begin).total_seconds() / 3600
            reached = end
    return hours
