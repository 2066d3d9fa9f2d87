"""Letters on maps and paper: fonts that hold Chinese, sizes, halos."""

from qgis.core import (
    Qgis,
    QgsFontUtils,
    QgsPalLayerSettings,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor, QFont

from .palette import light, palette

LINE = 22  # "Spring Valley, Palisades, Wesley Heights" would lie across the neighbours


def families() -> list[str]:
    """Return the fonts that hold Chinese, in the order in which they are tried."""
    return [name for name in palette()["fonts"] if name != "sans-serif"]


def family() -> str:
    """Return the first of them that this computer has; QGIS itself looks for it only in projects that it reads."""
    known = families()
    return next((name for name in known if QgsFontUtils.fontFamilyMatchOnSystem(name)[0]), known[0])


def text(points: float, *, ink: str = "ink", bold: bool = False, halo_mm: float = 0.0) -> QgsTextFormat:
    """Return letters in the fonts that hold Chinese."""
    made = QgsTextFormat()
    made.setFont(QFont(family()))
    made.setFamilies(families())
    made.setForcedBold(bold)
    made.setSize(points)
    made.setSizeUnit(Qgis.RenderUnit.Points)
    made.setColor(QColor(light(ink)))
    if halo_mm:
        buffer = QgsTextBufferSettings()
        buffer.setEnabled(True)
        buffer.setSize(halo_mm)
        buffer.setSizeUnit(Qgis.RenderUnit.Millimeters)
        buffer.setColor(QColor(light("halo")))
        made.setBuffer(buffer)
    return made


def labels(expression: str, letters: QgsTextFormat) -> QgsVectorLayerSimpleLabeling:
    """Return labels of areas: an expression, written level; names of several words are broken into short lines."""
    settings = QgsPalLayerSettings()
    settings.fieldName = expression
    settings.isExpression = True
    settings.placement = Qgis.LabelPlacement.Horizontal
    settings.autoWrapLength = LINE
    settings.multilineAlign = Qgis.LabelMultiLineAlignment.Center
    settings.setFormat(letters)
    return QgsVectorLayerSimpleLabeling(settings)
