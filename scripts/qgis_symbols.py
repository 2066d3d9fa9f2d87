"""Symbols, labels and their texts for `make_styles.py`: small builders over QGIS's own classes."""

import tomllib
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsFillSymbol,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsMarkerLineSymbolLayer,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsPointPatternFillSymbolLayer,
    QgsProperty,
    QgsSimpleFillSymbolLayer,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSymbol,
    QgsSymbolLayer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QFont

ROOT = Path(__file__).resolve().parent.parent
PALETTE = tomllib.loads((ROOT / "styles" / "palette.toml").read_text(encoding="utf-8"))
LIGHT = PALETTE["light"]
FAMILIES = PALETTE["fonts"]
HALO_MM = 0.8
EDGE_MM = 0.5

Shape = Qgis.MarkerShape


def colour(name: str, opacity: float = 1.0) -> QColor:
    """Return a colour by its name in the palette, or by ``#RRGGBB``."""
    made = QColor(LIGHT.get(name, name))
    made.setAlphaF(opacity)
    return made


def area(
    fill: str = "", *, opacity: float = 1.0, outline: str = "", width: float = 0.1, dash: list[float] | None = None
) -> QgsSimpleFillSymbolLayer:
    """Return a plain fill with an outline; an empty name leaves the part out. Widths in millimetres."""
    made = QgsSimpleFillSymbolLayer()
    if fill:
        made.setColor(colour(fill, opacity))
    else:
        made.setBrushStyle(Qt.BrushStyle.NoBrush)
    if outline:
        made.setStrokeColor(colour(outline))
        made.setStrokeWidth(width)
        made.setPenJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if dash:
            made.setStrokeStyle(Qt.PenStyle.DashLine)
    else:
        made.setStrokeStyle(Qt.PenStyle.NoPen)
    return made


def line(
    name: str, width: float, *, dash: list[float] | None = None, opacity: float = 1.0, offset: float = 0.0
) -> QgsSimpleLineSymbolLayer:
    """Return a line; the dash pattern in millimetres."""
    made = QgsSimpleLineSymbolLayer(colour(name, opacity), width)
    made.setPenJoinStyle(Qt.PenJoinStyle.RoundJoin)
    made.setPenCapStyle(Qt.PenCapStyle.FlatCap if dash else Qt.PenCapStyle.RoundCap)
    made.setOffset(offset)
    if dash:
        made.setUseCustomDashPattern(True)
        made.setCustomDashVector(dash)
        made.setCustomDashPatternUnit(Qgis.RenderUnit.Millimeters)
    return made


def hatch(kind: str, name: str, *, width: float = 0.3) -> list[QgsSymbolLayer]:
    """Return the layers of a finding's fill: a tint, its hatch or dots, an outline.

    From afar the outline thins out, so that thousands of slivers along a border do not look like a flood.
    """
    form = PALETTE["hatches"][kind]
    parts: list[QgsSymbolLayer] = [area(name, opacity=form["fill_opacity"])]
    for angle in form["angles"]:
        pattern = QgsLinePatternFillSymbolLayer()
        pattern.setLineAngle(angle)
        pattern.setDistance(form["spacing_mm"])
        pattern.setSubSymbol(lines(line(name, width)))
        parts.append(pattern)
    if not form["angles"]:
        dots = QgsPointPatternFillSymbolLayer()
        dots.setDistanceX(form["spacing_mm"])
        dots.setDistanceY(form["spacing_mm"])
        dots.setDisplacementX(form["spacing_mm"] / 2)
        dots.setSubSymbol(markers(marker(Shape.Circle, 0.6, fill=name)))
        parts.append(dots)
    edge = area(outline=name, width=EDGE_MM)
    thinner = f"{EDGE_MM} * max(0.25, min(1, 30000 / coalesce(@map_scale, 30000)))"
    edge.setDataDefinedProperty(QgsSymbolLayer.Property.StrokeWidth, QgsProperty.fromExpression(thinner))
    parts.append(edge)
    return parts


def marker(
    shape: Shape, size: float, *, fill: str = "", outline: str = "", width: float = 0.3, opacity: float = 1.0
) -> QgsSimpleMarkerSymbolLayer:
    """Return a marker; an empty name leaves fill or outline out. Sizes in millimetres."""
    made = QgsSimpleMarkerSymbolLayer(shape, size)
    made.setColor(colour(fill, opacity) if fill else QColor(0, 0, 0, 0))
    if outline:
        made.setStrokeColor(colour(outline))
        made.setStrokeWidth(width)
    else:
        made.setStrokeStyle(Qt.PenStyle.NoPen)
    return made


def zigzag(name: str, width: float, *, smallest: float) -> list[QgsSymbolLayer]:
    """Return a line with teeth along it: readable without its colour.

    Teeth are drawn down to the scale `smallest`: along the borders of a whole city they would take half a minute.
    """
    teeth = QgsMarkerLineSymbolLayer(True, 1.8)
    teeth.setSubSymbol(markers(marker(Shape.Triangle, 1.6, fill=name)))
    return [line(name, width), only_when(teeth, f"coalesce(@map_scale, 1) <= {smallest}")]


def _of(symbol: QgsSymbol, layers: tuple[QgsSymbolLayer, ...]) -> QgsSymbol:
    """Return the symbol with these layers and no other; layer by layer, for only so does it own them."""
    for layer in layers:
        symbol.appendSymbolLayer(layer.clone())
    symbol.deleteSymbolLayer(0)
    return symbol


def fills(*layers: QgsSymbolLayer) -> QgsFillSymbol:
    """Return a fill symbol of these layers, the first at the bottom."""
    return _of(QgsFillSymbol(), layers)


def lines(*layers: QgsSymbolLayer) -> QgsLineSymbol:
    """Return a line symbol of these layers, the first at the bottom."""
    return _of(QgsLineSymbol(), layers)


def markers(*layers: QgsSymbolLayer) -> QgsMarkerSymbol:
    """Return a marker symbol of these layers, the first at the bottom."""
    return _of(QgsMarkerSymbol(), layers)


def only_when(layer: QgsSymbolLayer, expression: str) -> QgsSymbolLayer:
    """Draw a symbol layer only where the expression holds."""
    layer.setDataDefinedProperty(QgsSymbolLayer.Property.LayerEnabled, QgsProperty.fromExpression(expression))
    return layer


def by_scale(layer: QgsSymbolLayer, width: float) -> QgsSymbolLayer:
    """Let a line grow a little as one zooms in, and thin out as one zooms out."""
    expression = f"{width} * max(0.5, min(2.4, 12000 / coalesce(@map_scale, 12000)))"
    layer.setDataDefinedProperty(QgsSymbolLayer.Property.StrokeWidth, QgsProperty.fromExpression(expression))
    return layer


def text_format(size: float, *, ink: str = "ink", bold: bool = False, halo: float = HALO_MM) -> QgsTextFormat:
    """Return the text of labels: Chinese fonts by fallback, a halo of paper."""
    font = QFont(FAMILIES[0])
    made = QgsTextFormat()
    made.setFont(font)
    made.setFamilies(FAMILIES[:-1])
    made.setForcedBold(bold)
    made.setSize(size)
    made.setSizeUnit(Qgis.RenderUnit.Points)
    made.setColor(colour(ink))
    made.setOrientation(Qgis.TextOrientation.Horizontal)
    buffer = QgsTextBufferSettings()
    buffer.setEnabled(halo > 0)
    buffer.setSize(halo)
    buffer.setSizeUnit(Qgis.RenderUnit.Millimeters)
    buffer.setColor(colour("halo"))
    made.setBuffer(buffer)
    return made


def labels(
    expression: str,
    text: QgsTextFormat,
    placement: Qgis.LabelPlacement,
    *,
    smallest: float = 0.0,
    largest: float = 0.0,
    priority: int = 5,
    only_inside: bool = False,
    distance_mm: float = 0.6,
) -> QgsVectorLayerSimpleLabeling:
    """Return labels shown between two scale denominators (`smallest` scale, `largest` scale; 0: no limit).

    ``distance_mm`` is kept between a sign and its name.
    """
    settings = QgsPalLayerSettings()
    settings.fieldName = expression
    settings.isExpression = True
    settings.placement = placement
    settings.priority = priority
    settings.fitInPolygonOnly = only_inside
    settings.scaleVisibility = bool(smallest or largest)
    settings.minimumScale = smallest
    settings.maximumScale = largest
    if placement == Qgis.LabelPlacement.OrderedPositionsAroundPoint:
        settings.offsetType = Qgis.LabelOffsetType.FromSymbolBounds  # a name stands beside its sign, not on it
        settings.dist = distance_mm
        settings.distUnits = Qgis.RenderUnit.Millimeters
    line_settings = settings.lineSettings()
    line_settings.setMergeLines(True)
    settings.setLineSettings(line_settings)
    settings.setFormat(text)
    return QgsVectorLayerSimpleLabeling(settings)
