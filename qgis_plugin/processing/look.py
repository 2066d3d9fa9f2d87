"""How results look that are no layer of the one map: a form and a colour for each class, or as what came in."""

from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsCategorizedSymbolRenderer,
    QgsRendererCategory,
    QgsSimpleFillSymbolLayer,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSymbol,
    QgsSymbolLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ..project.palette import light
from ..translation import tr

BORDER_MM, LINE_MM, POINT_MM = 0.5, 0.9, 2.4
_HATCHES = (
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.FDiagPattern,
    Qt.BrushStyle.DiagCrossPattern,
    Qt.BrushStyle.Dense6Pattern,
    Qt.BrushStyle.HorPattern,
    Qt.BrushStyle.VerPattern,
    Qt.BrushStyle.CrossPattern,
    Qt.BrushStyle.Dense4Pattern,
)
_PENS = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_SHAPES = (
    Qgis.MarkerShape.Circle,
    Qgis.MarkerShape.Triangle,
    Qgis.MarkerShape.CrossFill,
    Qgis.MarkerShape.Diamond,
    Qgis.MarkerShape.Square,
    Qgis.MarkerShape.Pentagon,
)


@dataclass(frozen=True)
class Mark:
    """One class: the value of its column, what the legend calls it, and its colour in the palette.

    Its place among the marks is its form, so that colour is never the only difference.
    """

    value: str
    title: str
    colour: str


def show_by(layer: QgsVectorLayer, column: str, marks: tuple[Mark, ...]) -> None:
    """Show each class of a layer in its own form and colour."""
    if not layer.isSpatial():
        return
    classes = [
        QgsRendererCategory(mark.value, _symbol(layer.geometryType(), place, mark.colour), mark.title)
        for place, mark in enumerate(marks)
    ]
    other = _symbol(layer.geometryType(), len(marks), "ink_quiet")
    layer.setRenderer(QgsCategorizedSymbolRenderer(column, [*classes, QgsRendererCategory(None, other, tr("other"))]))


def show_like(layer: QgsVectorLayer, given: QgsVectorLayer) -> None:
    """Show a result as the layer that it was made of: symbols and labels."""
    if given.renderer() is None or given.geometryType() != layer.geometryType():
        return
    layer.setRenderer(given.renderer().clone())
    if given.labeling() is not None:
        layer.setLabeling(given.labeling().clone())
    layer.setLabelsEnabled(given.labelsEnabled())


def _symbol(kind: Qgis.GeometryType, place: int, colour: str) -> QgsSymbol:
    ink = QColor(light(colour))
    form: QgsSymbolLayer
    if kind == Qgis.GeometryType.Polygon:
        form = QgsSimpleFillSymbolLayer(ink, _HATCHES[place % len(_HATCHES)], ink)
        form.setStrokeWidth(BORDER_MM)
    elif kind == Qgis.GeometryType.Line:
        form = QgsSimpleLineSymbolLayer(ink, LINE_MM, _PENS[place % len(_PENS)])
    else:
        form = QgsSimpleMarkerSymbolLayer(_SHAPES[place % len(_SHAPES)], POINT_MM)
        form.setFillColor(ink)
        form.setStrokeColor(QColor(light("halo")))
    symbol = QgsSymbol.defaultSymbol(kind)
    symbol.appendSymbolLayer(form.clone())  # a copy belongs to the symbol alone
    symbol.deleteSymbolLayer(0)
    return symbol


def unmet() -> tuple[Mark, ...]:
    """Return the rules that a derivation may not be able to honour."""
    return (
        Mark("boundary", tr("boundary"), "gap"),
        Mark("building", tr("building"), "case_new"),
        Mark("compound", tr("compound"), "overlap"),
        Mark("barrier", tr("barrier"), "outside"),
        Mark("barrier_class", tr("class of a barrier"), "duty_gap"),
        Mark("open_end", tr("open end"), "good"),
        Mark("size", tr("size"), "warn"),
        Mark("geometry", tr("geometry"), "bad"),
    )


def code_changes() -> tuple[Mark, ...]:
    """Return what may become of a code."""
    return (
        Mark("new", tr("new code"), "case_new"),
        Mark("withdrawn", tr("withdrawn code"), "gap"),
        Mark("kept", tr("kept code"), "case_settled"),
    )


def answers() -> tuple[Mark, ...]:
    """Return how it may stand with who answers for a spot."""
    return (
        Mark("held", tr("somebody answers"), "good"),
        Mark("vacant", tr("The post is vacant"), "outside"),
        Mark("nobody", tr("Nobody answers for this matter here"), "gap"),
        Mark("conflict", tr("Several claim to answer"), "overlap"),
        Mark("outside", tr("In no grid"), "case_settled"),
    )
