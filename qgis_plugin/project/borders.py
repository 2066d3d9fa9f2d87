"""Borders of streets and communities, dashed, each drawn once: told when the project is made, not found while drawn.

Two dashed lines drawn over each other from opposite ends would fill each other's gaps, so each area leaves out what a
neighbour of a smaller code draws already. Maps are drawn in threads of their own, in which QGIS must not look into
another row or layer (`overlay_intersects` there has ended QGIS); so the expression holds which parts of its own border
each area draws, as distances along it.
"""

from collections.abc import Generator, Iterable, Iterator

from qgis.core import (
    Qgis,
    QgsExpression,
    QgsFillSymbol,
    QgsGeometry,
    QgsGeometryGeneratorSymbolLayer,
    QgsLineSymbol,
    QgsMapLayer,
    QgsPointXY,
    QgsProperty,
    QgsSimpleLineSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsSymbolLayer,
    QgsVectorLayer,
)

from ..onemap.domain.catalogue import load_catalogue, styles_folder
from .palette import palette
from .tints import MOST, neighbours

DASHED_LEVELS = ("grid_street", "grid_community")
DASHED = 40_000  # smallest scale of dashes; from farther off lines are thin and solid
BESIDE_M = 0.01  # nearer than this a neighbour's border is the same border
LOOKS_ELSEWHERE = "overlay_"  # of the styles that older maps and projects bring
Piece = tuple[int, float, float]  # ring, from, to: metres along it


def dash_borders(layer: QgsVectorLayer, layer_id: str) -> Generator[None, None, None]:
    """Dash the borders of a layer that has our style, each once; a style of somebody else's stays.

    The generator yields whenever a window may answer its user.
    """
    key = load_catalogue()[layer_id].key
    if layer.fields().lookupField(key) < 0 or layer.featureCount() > MOST or _plain(layer) is None:
        return
    pieces = yield from own_pieces(layer, key)
    plain = _plain(layer)  # anew: somebody may have given the layer another style meanwhile
    if plain is not None:
        form = palette()["lines"][layer_id]
        layer.setRenderer(QgsSingleSymbolRenderer(_dashed(plain, form, drawn_by(pieces, key))))


def forget_neighbours(layer: QgsVectorLayer, layer_id: str) -> bool:
    """Give a layer our style where its own looks into other rows while it is drawn; return whether it did."""
    renderer = layer.renderer()
    symbol = renderer.symbol() if isinstance(renderer, QgsSingleSymbolRenderer) else None
    drawn = symbol.symbolLayers() if symbol is not None else []
    if not any(
        isinstance(part, QgsGeometryGeneratorSymbolLayer) and LOOKS_ELSEWHERE in part.geometryExpression()
        for part in drawn
    ):
        return False
    style = styles_folder() / f"{load_catalogue()[layer_id].style}.qml"
    layer.loadNamedStyle(str(style), True, QgsMapLayer.StyleCategory.Symbology)
    return True


def own_pieces(layer: QgsVectorLayer, key: str) -> Generator[None, None, dict[str, tuple[float, list[Piece]]]]:
    """Find which parts of its border each area draws, by its code: the border's length, and the parts."""
    shapes: dict[int, QgsGeometry] = {}
    codes: dict[int, str] = {}
    for feature in layer.getFeatures():
        if feature.hasGeometry() and feature[key]:
            shapes[feature.id()], codes[feature.id()] = feature.geometry(), str(feature[key])
    beside = yield from neighbours(shapes, dict.fromkeys(shapes))
    wide: dict[int, QgsGeometry] = {}
    found = {}
    for number, shape in shapes.items():
        yield
        border = _rings(shape)
        smaller = [other for other in beside[number] if codes[other] < codes[number]]
        for other in smaller:
            if other not in wide:
                wide[other] = QgsGeometry(shapes[other].constGet().boundary()).buffer(BESIDE_M, 2)
        length = round(sum(ring.length() for ring in border), 3)
        found[codes[number]] = (length, list(_pieces(border, [wide[other] for other in smaller])))
    return found


def _rings(shape: QgsGeometry) -> list[QgsGeometry]:
    """Return the rings of an area as lines, in the order of its boundary."""
    boundary = QgsGeometry(shape.constGet().boundary())
    return [QgsGeometry(part.clone()) for part in boundary.constParts()]


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


def drawn_by(pieces: dict[str, tuple[float, list[Piece]]], key: str) -> str:
    """Return an expression for the lines that an area draws; all of its border where that is not the one known."""
    told = ", ".join(
        f"{QgsExpression.quotedString(code)}, array({length}, "
        f"array({', '.join(f'array({ring}, {start}, {end})' for ring, start, end in parts)}))"
        for code, (length, parts) in pieces.items()
    )
    if not told:
        return "boundary(@geometry)"
    ring = "geometry_n(@border, @element[0] + 1)"
    own = f"line_merge(collect_geometries(array_foreach(@known[1], line_substring({ring}, @element[1], @element[2]))))"
    mine = f"with_variable('known', map_get(map({told}), \"{key}\"), {_choose('@known', own)})"
    return f"with_variable('border', collect_geometries(boundary(@geometry)), {mine})"


def _choose(known: str, own: str) -> str:
    """Return an expression: all of the border from afar, and where it has become another one."""
    same = f"abs(length(@border) - {known}[0]) < {BESIDE_M}"
    return f"if(coalesce(@map_scale, 1) > {DASHED} or {known} is null or not ({same}), @border, {own})"


def _plain(layer: QgsVectorLayer) -> QgsSimpleLineSymbolLayer | None:
    """Return the line of our style, as it is before its borders are dashed."""
    renderer = layer.renderer()
    symbol = renderer.symbol() if isinstance(renderer, QgsSingleSymbolRenderer) else None
    if symbol is None or symbol.symbolLayerCount() != 1 or symbol.type() != Qgis.SymbolType.Fill:
        return None
    only = symbol.symbolLayer(0)
    return only if isinstance(only, QgsSimpleLineSymbolLayer) else None


def _dashed(plain: QgsSimpleLineSymbolLayer, form: dict, expression: str) -> QgsFillSymbol:
    """Return the symbol that draws the lines of an expression in the dashes of the palette."""
    line = plain.clone()
    line.setUseCustomDashPattern(True)
    line.setCustomDashVector(form["dash"])
    line.setCustomDashPatternUnit(Qgis.RenderUnit.Millimeters)
    dashes = f"if(coalesce(@map_scale, 1) > {DASHED}, '1000;0.01', '{';'.join(map(str, form['dash']))}')"
    line.setDataDefinedProperty(QgsSymbolLayer.Property.CustomDash, QgsProperty.fromExpression(dashes))
    made = QgsGeometryGeneratorSymbolLayer.create({"SymbolType": "Line", "geometryModifier": expression})
    whole = QgsLineSymbol()
    whole.changeSymbolLayer(0, line)
    made.setSubSymbol(whole)
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, made)
    return symbol
