"""Who is on duty at night: a second style of the duty grids, so that a theme shows it without further layers."""

import datetime as dt
from collections.abc import Callable

from qgis.core import (
    Qgis,
    QgsExpression,
    QgsFillSymbol,
    QgsPalLayerSettings,
    QgsProperty,
    QgsRuleBasedRenderer,
    QgsSimpleLineSymbolLayer,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from .further_style import copy_for_style
from .letters import labels, text
from .palette import light, palette
from .roster import NAME, told

NIGHT = dt.time(23)  # asked of the date of the data: no shift of the day lasts so long
STEP_MM = 0.55  # borders of agencies lie side by side, each by so much further inside
READABLE = 4.5  # contrast of letters to paper
_DASHES = ([], [4.0, 1.2], [1.6, 1.0], [6.0, 1.2, 1.2, 1.2])


def add_night_styles(
    whole: QgsVectorLayer | None, agencies: list[QgsVectorLayer], tr: Callable[..., str], *, people: dict[str, str]
) -> str:
    """Give duty grids the style of the night; return its name, empty where there are none.

    The layer of all agencies shows their borders side by side, each in a colour and form of its own; an agency's own
    layer keeps its tints. Both name who is on duty (``people`` by the code of the grid, empty where nobody is).
    """
    if whole is None:
        return ""
    name = tr("Night duty")
    said = NAME
    if any(people.values()):  # a map without a roster does not say that nobody is there
        said += (
            f" || '\\n' || coalesce(nullif({told(people)}, ''), {QgsExpression.quotedString(tr('nobody at night'))})"
        )
    inks = {layer.name(): hue for layer, hue in zip(agencies, _hues(len(agencies)), strict=True)}
    for layer in (whole, *agencies):
        with copy_for_style(layer, name) as copy:
            if inks and layer is whole:
                copy.setRenderer(_borders(inks))
            copy.setLabeling(_named(said, inks, layer is whole))
            copy.setLabelsEnabled(True)
            copy.setScaleBasedVisibility(False)
    return name


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
    return f'"agency" = {QgsExpression.quotedString(agency)}'


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
