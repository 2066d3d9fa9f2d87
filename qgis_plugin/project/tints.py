"""Tints of areas: neighbours are never alike, and where hues are left, unlike. Computed when the areas are shown."""

from collections.abc import Generator, Iterable, Mapping
from itertools import pairwise
from math import dist
from string import ascii_lowercase

from qgis.core import (
    Qgis,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProperty,
    QgsRectangle,
    QgsRenderContext,
    QgsSimpleFillSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsSymbol,
    QgsSymbolLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from .letters import labels, text
from .palette import light, palette

APART = 10.0  # metres: across a narrower gap two alike would look like one area; the side of a square
UNLIKE = 125.0  # distance of two colours (red, green, blue) that are told apart as faint tints
TURN = "@id %"  # of a style that knows nothing of neighbours
FINE = 1_500  # squares across all areas at most: more of them take longer than anybody waits
MOST = 3_000  # areas: of more, nobody tells one from the next by its tint
AT_ONCE = 10_000  # corners between two breaths of a window: surveyed borders have a corner every metre


def hues_of(layer: QgsVectorLayer, *, by: str = "") -> Generator[None, None, str]:
    """Find a letter for each feature of a layer, at the place of its id: neighbours have other letters.

    The generator yields whenever a window may answer its user, and returns the letters.

    Parameters
    ----------
    layer
        Areas; its rows are numbered from 0 or 1 on.
    by
        A field: only features that share its value are neighbours, for only they are seen together.
    """
    if layer.featureCount() > MOST:
        return ""
    shapes: dict[int, QgsGeometry] = {}
    groups: dict[int, object] = {}
    place = layer.fields().lookupField(by) if by else -1
    request = QgsFeatureRequest().setSubsetOfAttributes([place] if place >= 0 else [])
    for feature in layer.getFeatures(request):
        if feature.hasGeometry():
            shapes[feature.id()] = feature.geometry()
            groups[feature.id()] = feature.attribute(place) if place >= 0 else None
    beside = yield from neighbours(shapes, groups)
    chosen = colouring(beside, palette()["areas"]["hues"])
    letters = [ascii_lowercase[chosen.get(number, 0)] for number in range(max(chosen, default=-1) + 1)]
    return "".join(letters)


def neighbours(
    shapes: Mapping[int, QgsGeometry], groups: Mapping[int, object]
) -> Generator[None, None, dict[int, set[int]]]:
    """Find which areas of the same group touch, overlap at their borders, or lie about `APART` beside one another.

    Borders are followed through a raster: whose borders pass through the same square are neighbours. That tells more
    pairs than touch, never fewer, whatever the corners are.
    """
    found: dict[int, set[int]] = {number: set() for number in shapes}
    box = QgsRectangle()
    for shape in shapes.values():
        box.combineExtentWith(shape.boundingBox())
    size = max(APART, max(box.width(), box.height()) / FINE)
    passed: dict[tuple[object, int, int], set[int]] = {}
    corners = 0
    for number, shape in shapes.items():
        for square in squares_of(shape, size):
            passed.setdefault((groups[number], *square), set()).add(number)
        corners += shape.constGet().nCoordinates()
        if corners >= AT_ONCE:
            corners = 0
            yield
    for together in passed.values():
        for number in together:
            found[number] |= together
    return {number: others - {number} for number, others in found.items()}


def squares_of(shape: QgsGeometry, size: float) -> set[tuple[int, int]]:
    """Return the squares of a raster through which the border of an area passes."""
    found = set()
    for ring in (ring for part in as_parts(shape) for ring in part):
        points = [(point.x() / size, point.y() / size) for point in ring]
        for (x, y), (next_x, next_y) in pairwise(points):
            across, up = next_x - x, next_y - y
            steps = 2 * int(max(abs(across), abs(up))) + 1
            found.update((int(x + across * n / steps), int(y + up * n / steps)) for n in range(steps))
    return found


def as_parts(shape: QgsGeometry) -> list:
    """Return the rings of each part of an area."""
    return shape.asMultiPolygon() if shape.isMultipart() else [shape.asPolygon()]


def colouring(beside: Mapping[int, Iterable[int]], hues: list[str]) -> dict[int, int]:
    """Return the place of a hue for each area: those with most neighbours choose first, each what is least alike."""
    colours = [QColor(hue).getRgb()[:3] for hue in hues]
    chosen: dict[int, int] = {}
    used = [0] * len(hues)
    for area in sorted(beside, key=lambda area: (-len(list(beside[area])), area)):
        taken = {chosen[other] for other in beside[area] if other in chosen}
        free = [hue for hue in range(len(hues)) if hue not in taken] or list(range(len(hues)))
        near = [min([UNLIKE, *(dist(colours[hue], colours[other]) for other in taken)]) for hue in range(len(hues))]
        chosen[area] = max(free, key=lambda hue: (near[hue], -used[hue], -hue))
        used[chosen[area]] += 1
    return chosen


def tint(hues: str = "") -> QgsProperty:
    """Return the colour of a feature by its letter; without letters, the hues in turn."""
    areas = palette()["areas"]
    alpha = round(255 * areas["opacity_light"])
    colours = [QColor(hue) for hue in areas["hues"]]
    listed = ", ".join(f"'{hue.red()},{hue.green()},{hue.blue()},{alpha}'" for hue in colours)
    known = ascii_lowercase[: len(colours)]
    place = f"strpos('{known}', substr('{hues}', @id + 1, 1)) - 1" if hues else f"{TURN} {len(colours)}"
    return QgsProperty.fromExpression(f"array_get(array({listed}), {place})")


def tint_areas(layer: QgsVectorLayer, *, by: str = "") -> Generator[None, None, None]:
    """Give the areas of a layer whose style tints them in turn the tints of a colouring; other styles stay."""
    if not _tinted_in_turn(layer):
        return
    hues = yield from hues_of(layer, by=by)
    for fill in _tinted_in_turn(layer):  # anew: somebody may have given the layer another style meanwhile
        fill.setDataDefinedProperty(QgsSymbolLayer.Property.FillColor, tint(hues))


def _tinted_in_turn(layer: QgsVectorLayer) -> list[QgsSymbolLayer]:
    fills = [symbol.symbolLayer(0) for symbol in layer.renderer().symbols(QgsRenderContext())]
    told = [(fill, fill.dataDefinedProperties().property(QgsSymbolLayer.Property.FillColor)) for fill in fills]
    return [fill for fill, colour in told if colour.isActive() and TURN in colour.expressionString()]


def show_as_groups(layer: QgsVectorLayer, *, label: str) -> None:
    """Show each area as one of several: a tint of its own, a strong border, and what it is called."""
    fill = QgsSimpleFillSymbolLayer()
    fill.setDataDefinedProperty(QgsSymbolLayer.Property.FillColor, tint(_all_of(hues_of(layer))))
    fill.setStrokeColor(QColor(light("grid_line")))
    fill.setStrokeWidth(0.7)
    symbol = QgsSymbol.defaultSymbol(Qgis.GeometryType.Polygon)
    symbol.appendSymbolLayer(fill.clone())  # a copy belongs to the symbol alone
    symbol.deleteSymbolLayer(0)
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    layer.setLabeling(labels(label, text(8, halo_mm=0.6)))
    layer.setLabelsEnabled(True)


def _all_of(steps: Generator[None, None, str]) -> str:
    """Take all steps at once and return what comes of them."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value)
