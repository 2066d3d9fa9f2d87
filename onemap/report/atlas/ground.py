"""The map on a sheet: a window of the district at a round scale, and its layers drawn into it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from onemap.report.facts import Facts

from .page import Box, Page, Pen, outline_of
from .signs import Sign

Bounds = tuple[float, float, float, float]

_STEPS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 7.5, 8.0, 9.0)
_FINEST = 0.04  # millimetres on paper below which a bend is not seen
_ROUNDING = 1e-6
_BARS = (1.0, 2.0, 5.0)
_LINE = 1.25  # height of a line of text in ems
_APART = 0.5  # millimetres beside a name


def round_scale(bounds: Bounds, box: Box, *, air: float = 0.03) -> int:
    """Return the largest round scale (its denominator) at which ``bounds`` in metres fit into a box of the sheet.

    Examples
    --------
    >>> round_scale((0, 0, 3000, 1000), Box(0, 0, 300, 200), air=0.0)
    10000
    """
    west, south, east, north = bounds
    share = 1 - 2 * air
    need = max((east - west) / (box.width * share), (north - south) / (box.height * share), 1e-3) * 1000
    ten = 10.0 ** np.floor(np.log10(need))
    return math.ceil(next((step * ten for step in _STEPS if step * ten >= need * (1 - 1e-9)), 10 * ten) - _ROUNDING)


class Store:
    """The layers of the map, each with a tree of its places: a poster takes a few hundred of twenty thousand houses."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._trees: dict[str, tuple[Any, shapely.STRtree]] = {}

    def near(self, layer_id: str, bounds: Bounds) -> Any:
        """Return the rows of a layer that touch a window, in the layer's order."""
        if layer_id not in self._trees:
            frame = self.facts.frame(layer_id)
            shapes = frame.geometry.to_numpy()
            sound = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
            frame = frame[sound].reset_index(drop=True)
            self._trees[layer_id] = frame, shapely.STRtree(frame.geometry.to_numpy())
        frame, tree = self._trees[layer_id]
        return frame.iloc[np.sort(tree.query(shapely.box(*bounds), predicate="intersects"))]


@dataclass(frozen=True)
class Name:
    """A line of text on the map."""

    text: str
    size: float
    bold: bool = False
    colour: str | None = None


class Ground:
    """A window of the district in a box of the sheet, exactly at a scale."""

    def __init__(self, page: Page, box: Box, *, middle: tuple[float, float], scale: int) -> None:
        self.page, self.box, self.scale = page, box, scale
        self.metres = scale / 1000  # a millimetre of paper on the ground
        half_x, half_y = box.width / 2 * self.metres, box.height / 2 * self.metres
        self.bounds: Bounds = (middle[0] - half_x, middle[1] - half_y, middle[0] + half_x, middle[1] + half_y)
        self.window = shapely.box(*self.bounds)
        self.taken: list[Box] = []  # where names stand
        self.shown: dict[str, Sign] = {}  # what is on the map, by its meaning: the legend

    @classmethod
    def around(cls, page: Page, box: Box, bounds: Bounds, *, air: float = 0.03, largest: int = 0) -> "Ground":
        """Return the map that holds ``bounds``, at a round scale that is not larger than 1:``largest``."""
        west, south, east, north = bounds
        scale = max(round_scale(bounds, box, air=air), largest)
        return cls(page, box, middle=((west + east) / 2, (south + north) / 2), scale=scale)

    def place(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return millimetres of the sheet for metres of the ground."""
        corner = np.array([self.bounds[0], self.bounds[1]])
        moved: npt.NDArray[np.float64] = (points - corner) / self.metres + (self.box.left, self.box.bottom)
        return moved

    def shapes(self, shapes: Iterable[Any]) -> npt.NDArray[np.object_]:
        """Return what of the geometries meets the window, as fine as paper shows it."""
        given = np.asarray(list(shapes), dtype=object)
        met = given[shapely.intersects(given, self.window)] if len(given) else given
        simple: npt.NDArray[np.object_] = shapely.simplify(met, _FINEST * self.metres, preserve_topology=False)
        return simple[~(shapely.is_missing(simple) | shapely.is_empty(simple))]

    def paint(self, shapes: Iterable[Any], sign: Sign | None = None, **look: Any) -> bool:
        """Paint geometries as one path and note ``sign`` for the legend; say whether there was anything to paint."""
        solid = self.shapes(shapes)
        if not len(solid):
            return False
        self.page.paint(outline_of(solid, self.place), clip=self.box, **look)
        if sign is not None:
            self.shown[sign.label] = sign
        return True

    def border(self, lines: Any, pen: Pen, sign: Sign | None = None) -> bool:
        """Draw boundary lines over a band of paper, so that finer lines below do not show through the dashes."""
        parts = shapely.get_parts(shapely.line_merge(shapely.union_all(np.atleast_1d(np.asarray(lines, dtype=object)))))
        if pen.dash:
            band = Pen(self.page.colours["paper"], pen.width_mm + 0.5, opacity=0.85)
            self.paint(parts, pen=band)
        return self.paint(parts, sign, pen=pen)

    def veil(self, clear: Any, *, opacity: float) -> None:
        """Dim everything outside of an area."""
        self.paint([shapely.difference(self.window, clear)], fill=self.page.colours["paper"], opacity=opacity)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where on the sheet a place of the ground is."""
        point = self.place(np.array([[x, y]]))[0]
        return float(point[0]), float(point[1])

    def reserve(self, box: Box) -> None:
        """Keep names off a box of the sheet."""
        self.taken.append(box)

    def claim(self, box: Box) -> bool:
        """Take a box for a name, if it lies on the map and off all others."""
        edge = self.box
        if box.left < edge.left or box.right > edge.right or box.bottom < edge.bottom or box.top > edge.top:
            return False
        if any(
            box.left < b.right and box.right > b.left and box.bottom < b.top and box.top > b.bottom for b in self.taken
        ):
            return False
        self.taken.append(box)
        return True

    def name(
        self, x: float, y: float, text: str, *, size: float, nudges: Sequence[float] = (0, -1, 1), **look: Any
    ) -> bool:
        """Write a name where it fits, nudged by lines up or down if need be, or not at all."""
        bold = bool(look.get("bold"))
        left, middle = self.at(x, y)
        for nudge in nudges:
            if self.block(left, middle - nudge * size * _LINE, (Name(text, size, bold=bold),), look=look):
                return True
        return False

    def block(self, x: float, y: float, names: Sequence["Name"], *, look: Mapping[str, Any] | None = None) -> bool:
        """Write lines one below the other around a place of the sheet, all or none of them."""
        wide = max(self.page.face(bold=name.bold).width(name.text) * name.size for name in names)
        high = sum(name.size for name in names) * _LINE
        if not self.claim(Box(x - wide / 2 - _APART, y - high / 2, wide + 2 * _APART, high)):
            return False
        top = y + high / 2
        for name in names:
            middle = top - name.size * _LINE / 2
            given = {"bold": name.bold, "colour": name.colour} | dict(look or {})
            self.page.text(x, middle, name.text, size=name.size, align="center", halo=True, clip=self.box, **given)
            top -= name.size * _LINE
        return True

    @cached_property
    def bar(self) -> tuple[float, float]:
        """A round length in metres and its millimetres, about a fifth of the map's width and at most 50 mm."""
        most = min(self.box.width * 0.22, 50.0) * self.metres
        ten = 10.0 ** np.floor(np.log10(most))
        metres = float(max(step * ten for step in _BARS if step * ten <= most))
        return metres, metres / self.metres


def inner_point(shape: Any) -> tuple[float, float, float]:
    """Return the middle of the largest circle in an area, roughly, and its radius.

    Examples
    --------
    >>> [round(part) for part in inner_point(shapely.box(0, 0, 10, 4))][1:]
    [2, 2]
    """
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_dimensions(parts) == 2]  # noqa: PLR2004 - areas
    if not len(parts):
        point = shapely.point_on_surface(shape)
        return float(point.x), float(point.y), 0.0
    largest = parts[int(np.argmax(shapely.area(parts)))]
    size = float(np.sqrt(max(largest.area, 1e-9)))
    line = shapely.maximum_inscribed_circle(shapely.simplify(largest, size / 100), tolerance=size / 20)
    x, y = shapely.get_coordinates(line)[0]
    return float(x), float(y), float(shapely.length(line))


def roomiest(shape: Any, height: float, *, rows: int = 15) -> tuple[float, float, float]:
    """Return the middle of the widest band of a height that lies in an area, and its width: where a name has room.

    Examples
    --------
    >>> x, y, width = roomiest(shapely.box(0, 0, 10, 30), 2.0)
    >>> round(x, 1), round(width, 1)
    (5.0, 10.0)
    """
    west, south, east, north = shape.bounds
    x, middle, _ = inner_point(shape)
    levels = (
        np.append(middle, np.linspace(south + height / 2, north - height / 2, rows))
        if north - south > height
        else [middle]
    )
    best = (x, middle, 0.0)
    for y in levels:
        spans = [_spans(shape, west, east, y + up * height / 2) for up in (-1, 0, 1)]
        for left, right in _common(_common(spans[0], spans[1]), spans[2]):
            if right - left > best[2] * 1.05:  # the middle first: others must be clearly wider
                best = ((left + right) / 2, float(y), right - left)
    return best


def _spans(shape: Any, west: float, east: float, y: float) -> list[tuple[float, float]]:
    """Return where a horizontal line runs inside an area."""
    met = shapely.get_parts(shapely.intersection(shapely.LineString([(west - 1, y), (east + 1, y)]), shape))
    return [(part.bounds[0], part.bounds[2]) for part in met if part.length > 0]


def _common(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> list[tuple[float, float]]:
    both = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return [(left, right) for left, right in both if right > left]
