"""Borders of streets and communities, dashed, each drawn once: told when the project is made, not found while drawn.

Two dashed lines drawn over each other from opposite ends would fill each other's gaps, so each area leaves out what a
neighbour of a smaller code draws already. Maps are drawn in threads of their own, in which QGIS must not look into
another row or layer (`overlay_intersects` there has ended QGIS); so the expression holds which parts of its own border
each area draws, as distances along it.
"""

import time
from collections.abc import Generator, Iterable, Iterator

from qgis.core import (
    Qgis,
    QgsExpression,
    QgsGeometry,
    QgsGeometryGeneratorSymbolLayer,
    QgsLineSymbol,
    QgsPointXY,
    QgsProperty,
    QgsSimpleLineSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsSymbolLayer,
    QgsVectorLayer,
)

from ..onemap.domain.catalogue import load_catalogue
from .palette import palette
from .tints import MOST, neighbours

DASHED_LEVELS = ("grid_street", "grid_community")
STEP_S = 0.03  # of work between two breaths of a window
BESIDE_M = 0.01  # nearer than this a neighbour's border is the same border
MARK = 1 / 3  # of a ring's length: the point there tells whether the ring still begins and runs as it did
_THIN = f"> {palette()['scales']['full_borders']}"  # in the width of our style's line
_OURS = "with_variable('border', collect_geometries(boundary(@geometry))"
Piece = tuple[int, float, float]  # ring, from, to: metres along it
Marks = list[tuple[float, float, float, float]]  # of each ring: its length, where the mark is along it, and x and y
Known = dict[str, tuple[Marks, list[Piece]]]


def dash_borders(layer: QgsVectorLayer, layer_id: str) -> Generator[None, None, None]:
    """Dash the borders of a layer that has our style, each once, or once more; a style of somebody else's stays.

    The generator yields whenever a window may answer its user.
    """
    key = load_catalogue()[layer_id].key
    if layer.fields().lookupField(key) < 0 or layer.featureCount() > MOST or _line_of(layer) is None:
        return
    known = yield from own_pieces(layer, key)
    line = _line_of(layer)  # anew: somebody may have given the layer another style meanwhile
    expression = drawn_by(known, key)
    if line is None or _expression_of(layer) == expression:
        return
    renderer = layer.renderer().clone()  # opacity and the like stay as they are
    drawn = renderer.symbol().symbolLayer(0)
    if isinstance(drawn, QgsGeometryGeneratorSymbolLayer):
        drawn.setGeometryExpression(expression)
    else:
        renderer.symbol().changeSymbolLayer(0, _dashed(line, palette()["lines"][layer_id], expression))
    layer.setRenderer(renderer)
    layer.triggerRepaint()


def own_pieces(layer: QgsVectorLayer, key: str) -> Generator[None, None, Known]:
    """Find which parts of its border each area draws, by its code, with marks by which the border is known again."""
    shapes: dict[int, QgsGeometry] = {}
    codes: dict[int, str] = {}
    for feature in layer.getFeatures():
        if feature.hasGeometry() and feature[key]:
            shapes[feature.id()], codes[feature.id()] = feature.geometry(), str(feature[key])
    beside = yield from neighbours(shapes, dict.fromkeys(shapes))
    wide: dict[int, QgsGeometry] = {}
    found = {}
    rested = time.monotonic()
    for number, shape in shapes.items():
        if time.monotonic() - rested > STEP_S:
            yield
            rested = time.monotonic()
        border = _rings(shape)
        smaller = [other for other in beside[number] if codes[other] < codes[number]]
        for other in smaller:
            if other not in wide:
                wide[other] = QgsGeometry(shapes[other].constGet().boundary()).buffer(BESIDE_M, 2)
        marks = [_mark(ring) for ring in border]
        found[codes[number]] = (marks, list(_pieces(border, [wide[other] for other in smaller])))
    return found


def _rings(shape: QgsGeometry) -> list[QgsGeometry]:
    """Return the rings of an area as lines, in the order of its boundary."""
    boundary = QgsGeometry(shape.constGet().boundary())
    return [QgsGeometry(part.clone()) for part in boundary.constParts()]


def _mark(ring: QgsGeometry) -> tuple[float, float, float, float]:
    length = ring.length()
    spot = ring.interpolate(MARK * length).asPoint()
    return round(length, 3), round(MARK * length, 3), round(spot.x(), 3), round(spot.y(), 3)


def _pieces(rings: Iterable[QgsGeometry], others: list[QgsGeometry]) -> Iterator[Piece]:
    """Yield what is left of rings when the borders of others, with what lies beside them, are taken away."""
    for number, ring in enumerate(rings):
        left, length = ring, ring.length()
        for other in others:
            left = left.difference(other)
        if left.length() >= length - BESIDE_M:
            yield number, 0.0, round(length, 3)
            continue
        for part in left.mergeLines().asGeometryCollection():
            yield from ((number, round(start, 3), round(end, 3)) for start, end in _along(ring, part))


def _along(ring: QgsGeometry, part: QgsGeometry) -> Iterator[tuple[float, float]]:
    """Yield where along a ring a part of it lies: once, or twice where it leads over the ring's first point."""
    length, line = ring.length(), part.asPolyline()
    if part.length() < BESIDE_M or not line:
        return
    ends = (ring.lineLocatePoint(QgsGeometry.fromPointXY(QgsPointXY(line[at]))) for at in (0, -1))
    low, high = sorted(ends)
    inside, around = high - low, length - (high - low)
    if abs(part.length() - inside) <= abs(part.length() - around):
        yield low, high
    else:
        yield from ((start, end) for start, end in ((high, length), (0.0, low)) if end - start > BESIDE_M)


def drawn_by(known: Known, key: str) -> str:
    """Return an expression for the lines that an area draws; all of its border where that is not the one known."""
    told = ", ".join(
        f"{QgsExpression.quotedString(code)}, array({_array(marks)}, {_array(parts)})"
        for code, (marks, parts) in known.items()
    )
    if not told:
        return "boundary(@geometry)"
    ring, marks = "geometry_n(@border, @element[0] + 1)", "@known[0]"
    own = f"line_merge(collect_geometries(array_foreach(@known[1], line_substring({ring}, @element[1], @element[2]))))"
    at = "@rings[@element]"
    there = f"line_interpolate_point(geometry_n(@border, @element + 1), {at}[1])"
    moved = (
        f"abs(length(geometry_n(@border, @element + 1)) - {at}[0]) > {BESIDE_M} "
        f"or distance({there}, make_point({at}[2], {at}[3])) > {BESIDE_M}"
    )
    other = (
        f"@known is null or num_geometries(@border) <> array_length({marks}) or with_variable('rings', {marks}, "
        f"array_length(array_filter(generate_series(0, array_length(@rings) - 1), {moved})) > 0)"
    )
    chosen = f"if(coalesce(@map_scale, 1) {_THIN} or {other}, @border, {own})"
    return f"{_OURS}, with_variable('known', map_get(map({told}), \"{key}\"), {chosen}))"


def _array(rows: Iterable[tuple[float, ...]]) -> str:
    told = (", ".join(map(str, row)) for row in rows)
    return f"array({', '.join(f'array({row})' for row in told)})"


def _line_of(layer: QgsVectorLayer) -> QgsSimpleLineSymbolLayer | None:
    """Return the line of our style, before or after its borders are dashed."""
    renderer = layer.renderer()
    symbol = renderer.symbol() if isinstance(renderer, QgsSingleSymbolRenderer) else None
    if symbol is None or symbol.symbolLayerCount() != 1:
        return None
    only = symbol.symbolLayer(0)
    if isinstance(only, QgsGeometryGeneratorSymbolLayer) and only.geometryExpression().startswith(_OURS):
        only = only.subSymbol().symbolLayer(0)
    if not isinstance(only, QgsSimpleLineSymbolLayer):
        return None
    width = only.dataDefinedProperties().property(QgsSymbolLayer.Property.PropertyStrokeWidth)
    return only if _THIN in width.expressionString() else None


def _expression_of(layer: QgsVectorLayer) -> str:
    only = layer.renderer().symbol().symbolLayer(0)
    return only.geometryExpression() if isinstance(only, QgsGeometryGeneratorSymbolLayer) else ""


def _dashed(plain: QgsSimpleLineSymbolLayer, form: dict, expression: str) -> QgsGeometryGeneratorSymbolLayer:
    """Return what draws the lines of an expression in the dashes of the palette."""
    line = plain.clone()
    line.setUseCustomDashPattern(True)
    line.setCustomDashVector(form["dash"])
    line.setCustomDashPatternUnit(Qgis.RenderUnit.Millimeters)
    dashes = f"if(coalesce(@map_scale, 1) {_THIN}, '1000;0.01', '{';'.join(map(str, form['dash']))}')"
    line.setDataDefinedProperty(QgsSymbolLayer.Property.PropertyCustomDash, QgsProperty.fromExpression(dashes))
    whole = QgsLineSymbol()
    whole.changeSymbolLayer(0, line)
    made = QgsGeometryGeneratorSymbolLayer.create({"SymbolType": "Line", "geometryModifier": expression})
    made.setSubSymbol(whole)
    return made
