"""Who is on duty at night: a second style of the duty grids, so that a theme shows it without further layers."""

import datetime as dt
import sqlite3
from collections.abc import Callable

from qgis.core import (
    Qgis,
    QgsFeatureRenderer,
    QgsFillSymbol,
    QgsMapLayerStyle,
    QgsPalLayerSettings,
    QgsProperty,
    QgsRuleBasedRenderer,
    QgsSimpleLineSymbolLayer,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ..onemap.domain.shifts import Shift, ShiftTable
from ..onemap.domain.work_calendar import WorkCalendar
from ..onemap.errors import OnemapError
from .letters import labels, text
from .one_map_file import OneMapFile, reading
from .palette import light, palette

NIGHT = dt.time(23)  # asked of the date of the data: no shift of the day lasts so long
STEP_MM = 0.55  # borders of agencies lie side by side, each by so much further inside
SHIFTS, DAYS = "SELECT * FROM shift", "SELECT * FROM calendar_day"
HOLDERS, GRIDS = "SELECT * FROM holder ORDER BY fid", "SELECT * FROM duty_grid"
READABLE = 4.5  # contrast of letters to paper
_DASHES = ([], [4.0, 1.2], [1.6, 1.0], [6.0, 1.2, 1.2, 1.2])


def night_shifts(one_map: OneMapFile) -> list[str]:
    """Return codes and names of the shifts that are on late in the evening of the date of the data."""
    if one_map.layer("shift") is None:
        return []
    try:
        day = dt.date.fromisoformat((one_map.facts.get("as_of") or one_map.facts.get("built_at", ""))[:10])
        has_days = one_map.layer("calendar_day") is not None
        calendar = WorkCalendar.from_rows(_rows(one_map, DAYS) if has_days else [])
        table = ShiftTable(map(Shift.from_row, _rows(one_map, SHIFTS)), calendar)
    except (OnemapError, ValueError, sqlite3.Error):
        return []  # an older map, or shifts that make no sense: whoever is appointed without a shift stands there
    on = table.on(dt.datetime.combine(day, NIGHT))
    return sorted(word for word, code in table.codes.items() if code in on)


def _rows(one_map: OneMapFile, statement: str) -> list[dict]:
    with reading(one_map.path) as connection:
        return [dict(row) for row in connection.execute(statement)]


def on_duty(one_map: OneMapFile) -> dict[str, str]:
    """Return who is on duty at night in each duty grid, by its code; grids without anybody are left out.

    Whom the roster appoints without a shift is always there. The holder that the grid itself names counts where the
    roster says nothing of it. Told once, when the project is made: maps are drawn in threads of their own, from which
    QGIS looks into other layers only while its window stands still.
    """
    day = (one_map.facts.get("as_of") or one_map.facts.get("built_at", ""))[:10]
    shifts = {"", *night_shifts(one_map)}
    found: dict[str, list[str]] = {}
    for row in _rows(one_map, HOLDERS) if one_map.layer("holder") is not None else []:
        people = found.setdefault(str(row.get("grid_code") or ""), [])
        in_force = (row.get("valid_from") or "")[:10] <= day <= (row.get("valid_to") or "9")[:10]
        name = row.get("name") or ""
        if in_force and not row.get("deputy") and (row.get("shift") or "") in shifts and name not in people:
            people.append(name)
    named = {code: "、".join(people) for code, people in found.items()}
    grids = _rows(one_map, GRIDS) if one_map.layer("duty_grid") is not None else []
    told = {row["duty_code"]: named.get(row["duty_code"], row.get("holder") or "") for row in grids}
    return {code: people for code, people in told.items() if people}


def add_night_styles(
    whole: QgsVectorLayer | None, agencies: list[QgsVectorLayer], tr: Callable[..., str], *, people: dict[str, str]
) -> str:
    """Give duty grids the style of the night; return its name, empty where there are none.

    The layer of all agencies shows their borders side by side, each in a colour and form of its own; an agency's own
    layer keeps its tints. Both name who is on duty.
    """
    if whole is None:
        return ""
    name = tr("Night duty")
    listed = ", ".join(f"{_text(code)}, {_text(names)}" for code, names in people.items())
    who = f'coalesce(map_get(map({listed}), "duty_code"), {_text(tr("nobody at night"))})'
    said = 'coalesce("name", "duty_code")'
    if people:  # a map without a roster does not say that nobody is there
        said += f" || '\\n' || {who}"
    inks = {layer.name(): hue for layer, hue in zip(agencies, _hues(len(agencies)), strict=True)}
    for layer in (whole, *agencies):
        _in_style(layer, name, _borders(inks) if inks and layer is whole else None, _named(said, inks, layer is whole))
    return name


def _in_style(
    layer: QgsVectorLayer, name: str, renderer: QgsFeatureRenderer | None, letters: QgsVectorLayerSimpleLabeling
) -> None:
    """Add a style to a layer, made on a copy of it.

    Switching a layer that is shown to and fro made QGIS 3.40 end with signal 11 when the project was closed.
    """
    copy = layer.clone()
    if renderer is not None:
        copy.setRenderer(renderer)
    copy.setLabeling(letters)
    copy.setLabelsEnabled(True)
    copy.setScaleBasedVisibility(False)
    style = QgsMapLayerStyle()
    style.readFromLayer(copy)
    layer.styleManager().addStyle(name, style)


def _hues(count: int) -> list[str]:
    known = palette()["areas"]["hues"]
    return [known[number % len(known)] for number in range(count)]


def _borders(inks: dict[str, str]) -> QgsRuleBasedRenderer:
    """Return the borders of all agencies, each a step further inside than the one before."""
    root = QgsRuleBasedRenderer.Rule(None)
    for number, (agency, hue) in enumerate(inks.items()):
        line = QgsSimpleLineSymbolLayer(QColor(hue), STEP_MM)
        line.setOffset((number + 0.5) * STEP_MM)
        line.setOffsetUnit(Qgis.RenderUnit.Millimeters)
        line.setPenJoinStyle(Qt.PenJoinStyle.MiterJoin)
        dash = _DASHES[number % len(_DASHES)]
        if dash:
            line.setUseCustomDashPattern(True)
            line.setCustomDashVector(dash)
            line.setPenCapStyle(Qt.PenCapStyle.FlatCap)
        symbol = QgsFillSymbol()
        symbol.appendSymbolLayer(line.clone())  # a copy belongs to the symbol alone
        symbol.deleteSymbolLayer(0)
        root.appendChild(QgsRuleBasedRenderer.Rule(symbol, 0, 0, _of(agency), agency))
    return QgsRuleBasedRenderer(root)


def _of(agency: str) -> str:
    return f'"agency" = {_text(agency)}'


def _text(words: str) -> str:
    return "'" + words.replace("\\", "\\\\").replace("'", "''") + "'"


def _named(said: str, inks: dict[str, str], by_agency: bool) -> QgsVectorLayerSimpleLabeling:
    """Return the labels: name and who; where agencies are seen together, in the ink of each."""
    made = labels(said, text(7.5, halo_mm=0.6))
    if not (inks and by_agency):
        return made
    settings = made.settings()
    cases = " ".join(f"WHEN {_of(agency)} THEN '{readable(hue)}'" for agency, hue in inks.items())
    values = settings.dataDefinedProperties()
    ink = QgsProperty.fromExpression(f"CASE {cases} ELSE '{light('ink')}' END")
    values.setProperty(QgsPalLayerSettings.Property.Color, ink)
    settings.setDataDefinedProperties(values)
    return QgsVectorLayerSimpleLabeling(settings)


def readable(hue: str) -> str:
    """Return a hue, darkened until it can be read on paper."""
    made = QColor(hue)
    while contrast(made, QColor(light("paper"))) < READABLE:
        made = made.darker(110)
    return made.name()


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast of two colours (WCAG 2.1, 1 to 21)."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    red, green, blue = (_linear(share) for share in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - of sRGB
