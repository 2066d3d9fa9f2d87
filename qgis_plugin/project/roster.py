"""Whom the roster names for each duty grid, told once when the project is made, and the labels that say it.

Maps are drawn in threads of their own, from which QGIS looks into other layers only while its window stands still; so
labels hold the names themselves. Tables on sheets look into the roster (`sheets.people`), by the same rules.
"""

import datetime as dt
import sqlite3

from qgis.core import QgsExpression, QgsVectorLayer, QgsVectorLayerSimpleLabeling

from ..onemap.domain.shifts import Shift, ShiftTable
from ..onemap.domain.work_calendar import WorkCalendar
from ..onemap.errors import OnemapError
from .one_map_file import OneMapFile, columns_of, reading

SHIFTS, DAYS = "SELECT * FROM shift", "SELECT * FROM calendar_day"
HOLDERS = "SELECT * FROM holder ORDER BY fid"
NAME = 'coalesce("name", "duty_code")'


def named(one_map: OneMapFile, *, at: dt.time | None = None) -> dict[str, str]:
    """Return who holds each duty grid on the date of the data, by its code; nobody is an empty text.

    Whom the roster appoints without a shift is always there. The holder that the grid itself names counts where the
    roster says nothing of it; of several in the roster the one whom the grid names too.

    Parameters
    ----------
    at
        Only those who are on duty at this time of the day. Without it all shifts are named, and nobody is preferred
        in a list of them: whom the grid names need not be there at that time.
    """
    roster = _in_roster(one_map, None if at is None else {"", *_shifts_at(one_map, at)})
    found = {}
    for row in _grids(one_map):
        code, own = row["duty_code"] or "", row.get("holder") or ""
        people = roster.get(code, [own])
        found[code] = own if at is None and own in people else "、".join(people)
    return found


def _grids(one_map: OneMapFile) -> list[dict]:
    """Return code and own holder of each duty grid; their shapes, the most of it, are not wanted."""
    if one_map.layer("duty_grid") is None:
        return []
    with reading(one_map.path) as connection:
        there = columns_of(connection, "duty_grid")
    wanted = ", ".join(name for name in ("duty_code", "holder") if name in there)
    return _rows(one_map, f"SELECT {wanted} FROM duty_grid")  # noqa: S608 # nosec B608


def _in_roster(one_map: OneMapFile, shifts: set[str] | None) -> dict[str, list[str]]:
    """Return the names of those in force, without deputies, of every grid that the roster knows."""
    day = _day(one_map)
    found: dict[str, list[str]] = {}
    for row in _rows(one_map, HOLDERS) if one_map.layer("holder") is not None else []:
        people = found.setdefault(str(row.get("grid_code") or ""), [])
        in_force = (row.get("valid_from") or "")[:10] <= day <= (row.get("valid_to") or "9")[:10]
        is_on = shifts is None or (row.get("shift") or "") in shifts
        name = row.get("name") or ""
        if name and in_force and is_on and not row.get("deputy") and name not in people:
            people.append(name)
    return found


def _day(one_map: OneMapFile) -> str:
    return (one_map.facts.get("as_of") or one_map.facts.get("built_at", ""))[:10]


def _shifts_at(one_map: OneMapFile, at: dt.time) -> list[str]:
    """Return codes and names of the shifts that are on at a time of the date of the data."""
    if one_map.layer("shift") is None:
        return []
    try:
        day = dt.date.fromisoformat(_day(one_map))
        has_days = one_map.layer("calendar_day") is not None
        calendar = WorkCalendar.from_rows(_rows(one_map, DAYS) if has_days else [])
        table = ShiftTable(map(Shift.from_row, _rows(one_map, SHIFTS)), calendar)
    except (OnemapError, ValueError, sqlite3.Error):
        return []  # an older map, or shifts that make no sense: whoever is appointed without a shift stands there
    on = table.on(dt.datetime.combine(day, at))
    return sorted(word for word, code in table.codes.items() if code in on)


def _rows(one_map: OneMapFile, statement: str) -> list[dict]:
    with reading(one_map.path) as connection:
        return [dict(row) for row in connection.execute(statement)]


def told(people: dict[str, str]) -> str:
    """Return an expression for the people of the duty grid at hand; NULL where they do not tell of it."""
    listed = ", ".join(
        f"{QgsExpression.quotedString(code)}, {QgsExpression.quotedString(names)}" for code, names in people.items()
    )
    return f'map_get(map({listed}), "duty_code")'


def name_and_holder(people: dict[str, str]) -> str:
    """Return an expression for a duty grid's name and, below it, who holds it.

    A grid that is not among them, such as one of a version saved since, says its own holder.
    """
    who = f'coalesce({told(people)}, "holder")' if people else '"holder"'
    return f"{NAME} || coalesce('\\n' || nullif({who}, ''), '')"


def name_holders(whole: QgsVectorLayer | None, people: dict[str, str]) -> None:
    """Let the labels of the duty grids name who holds them; the style names the grid alone."""
    labeling = whole.labeling() if whole is not None else None
    if not isinstance(labeling, QgsVectorLayerSimpleLabeling) or whole.fields().lookupField("holder") < 0:
        return
    settings = labeling.settings()
    settings.fieldName, settings.isExpression = name_and_holder(people), True
    whole.setLabeling(QgsVectorLayerSimpleLabeling(settings))
