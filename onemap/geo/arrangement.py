"""The faces that unmatched edges divide the plane into, and which cells cover each face.

Edges with as many cells to their left as to their right change no count when crossed. So between the other edges
the number of cells above a place is constant: one look at any inner point of a face tells whether the whole face is
a gap (none), sound (one) or an overlap (more). Only an overlap is then divided further, where other edges run
through it, until the same cells cover all of a face.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.edges import Bools, Floats, Ints

Shapes = NDArray[Any]

_WIDTH_PRECISION = 0.005
"""Relative precision of a measured width."""
_COMPACT = 0.05
"""Compactness (1 for a circle) below which a polygon is a sliver."""
_MANY = 200
_TURNS = 100
"""How many points of a face are tried at most; the second lies on a border by chance alone."""
_RASTER = 1000


@dataclass(frozen=True)
class Faces:
    """Faces and the areas that cover them.

    Attributes
    ----------
    shapes
        Polygons, in an order that depends on coordinates alone.
    covers
        For each face the sorted positions of the polygons that cover it.
    """

    shapes: Shapes
    covers: tuple[tuple[int, ...], ...]


class Cover:
    """Which of these polygons contain a point, exactly.

    Parameters
    ----------
    polygons
        Valid polygons.
    outline
        One more polygon, of which everything outside counts; its position comes after the others.
    """

    def __init__(self, polygons: Shapes, outline: Any = None) -> None:
        self._polygons = polygons
        self._outline = outline
        shapely.prepare(outline)
        self._tree = shapely.STRtree(polygons)
        self._prepared = np.zeros(len(polygons), dtype=bool)

    def of(self, points: Shapes) -> tuple[list[tuple[int, ...]], Bools]:
        """Return for each point the sorted positions of the polygons around it, and whether it lies on a border."""
        point, polygon = self._tree.query(points)
        fresh = np.unique(polygon[~self._prepared[polygon]])
        shapely.prepare(self._polygons[fresh])
        self._prepared[fresh] = True
        on_border = np.zeros(len(points), dtype=bool)
        inside = shapely.contains(self._polygons[polygon], points[point])
        touched = point[~inside][shapely.intersects(self._polygons[polygon[~inside]], points[point[~inside]])]
        on_border[touched] = True
        found: list[list[int]] = [[] for _ in range(len(points))]
        for p, q in zip(point[inside].tolist(), polygon[inside].tolist(), strict=True):
            found[p].append(q)
        if self._outline is not None:
            within = shapely.contains(self._outline, points)
            on_border |= ~within & shapely.intersects(self._outline, points)
            for p in np.flatnonzero(~within):
                found[p].append(len(self._polygons))
        return [tuple(sorted(f)) for f in found], on_border

    def near(self, shapes: Shapes) -> Shapes:
        """Return the polygons whose boxes meet those of shapes."""
        return np.asarray(self._polygons[np.unique(self._tree.query(shapes)[1])], dtype=object)

    def over(self, faces: Shapes) -> list[tuple[int, ...]]:
        """Return for each face the sorted positions of the polygons around one of its inner points.

        The point must not lie on a border that runs through the face: then another one near by is taken, in a direction
        that is no simple fraction of a turn.
        """
        points = inner_points(faces)
        covers, on_border = self.of(points)
        rows = np.flatnonzero(on_border)
        room = shapely.distance(points[rows], shapely.boundary(faces[rows])) / 2
        x, y = shapely.get_coordinates(points[rows]).T
        for turn in range(1, _TURNS):
            if not len(rows):
                break
            others = shapely.points(x + room * np.cos(turn), y + room * np.sin(turn))
            again, on_border = self.of(others)
            for row, cover in zip(rows, again, strict=True):
                covers[row] = cover
            rows, room, x, y = rows[on_border], room[on_border], x[on_border], y[on_border]
        return covers


def arrange(ends: Floats, calm: Callable[[Shapes], Floats], cover: Cover) -> Faces:
    """Return the bounded faces between edges, each covered by one and the same set of polygons.

    Parameters
    ----------
    ends
        Edges across which the number of covering polygons changes.
    calm
        Returns the edges near faces across which it does not, though the polygons do.
    cover
        The polygons.
    """
    faces = _faces(shapely.linestrings(ends.reshape(-1, 2, 2)))
    covers = cover.over(faces)
    several = np.array([len(c) > 1 for c in covers], dtype=bool)
    crossed, lines = _crossings(faces[several], calm)
    if not len(lines):
        return Faces(faces, tuple(covers))
    whole = np.ones(len(faces), dtype=bool)
    whole[np.flatnonzero(several)[crossed]] = False
    smaller = _faces(np.concatenate([shapely.boundary(faces[~whole]), lines]))
    within = np.unique(shapely.STRtree(faces[~whole]).query(inner_points(smaller), predicate="within")[0])
    smaller = smaller[within]
    shapes = np.concatenate([faces[whole], smaller])
    kept = [c for c, w in zip(covers, whole, strict=True) if w]
    return Faces(shapes, (*kept, *cover.over(smaller)))


def _faces(lines: Shapes) -> Shapes:
    """Node lines and return the polygons between them."""
    if not len(lines):
        return np.zeros(0, dtype=object)
    merged = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines)))
    noded = shapely.unary_union(merged)
    faces = shapely.normalize(shapely.get_parts(shapely.polygonize([noded])))
    boxes = shapely.bounds(faces)
    order = np.lexsort((shapely.area(faces), *boxes.T))
    return np.asarray(faces[order], dtype=object)


def inner_points(faces: Shapes) -> Shapes:
    """Return a point inside each polygon."""
    return np.asarray(shapely.point_on_surface(faces), dtype=object)


def inside_points(shapes: Shapes) -> Shapes:
    """Return one point for each shape: a point itself, of any other shape a point on it; only others are looked at."""
    points = np.array(shapes, dtype=object)
    wide = np.flatnonzero(shapely.get_dimensions(points) > 0)
    points[wide] = shapely.point_on_surface(points[wide])
    return points


def _crossings(faces: Shapes, calm: Callable[[Shapes], Floats]) -> tuple[Ints, Shapes]:
    """Return which faces calm edges run through, and those edges as lines."""
    if not len(faces):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=object)
    lines = shapely.linestrings(calm(faces).reshape(-1, 2, 2))
    line, face = shapely.STRtree(faces).query(lines, predicate="intersects")
    through = shapely.relate_pattern(lines[line], faces[face], "T********")
    return np.unique(face[through]), lines[np.unique(line[through])]


def near_faces(edges: Floats, faces: Shapes) -> Bools:
    """Return which edges may come near a face, by a raster: lines of all edges would take longer than the rest."""
    west, south, east, north = shapely.total_bounds(faces)
    step = max(east - west, north - south, 1e-9) / _RASTER
    boxes = ((shapely.bounds(faces) - [west, south, west, south]) / step).astype(np.int64)
    marked = np.zeros((_RASTER + 4, _RASTER + 4), dtype=bool)
    for left, low, right, high in boxes.tolist():
        marked[left : right + 3, low : high + 3] = True  # shifted by one, and one more on each side
    x = np.clip((edges[:, [0, 2]] - west) / step + 1, 0, _RASTER + 3).astype(np.int64)
    y = np.clip((edges[:, [1, 3]] - south) / step + 1, 0, _RASTER + 3).astype(np.int64)
    long = (np.abs(x[:, 0] - x[:, 1]) > 1) | (np.abs(y[:, 0] - y[:, 1]) > 1)
    return np.asarray(long | marked[x[:, 0], y[:, 0]] | marked[x[:, 1], y[:, 1]])


def local(shapes: Shapes) -> Shapes:
    """Move each shape to the origin, where coordinates carry the most digits."""
    corner = shapely.bounds(shapes)[:, :2]
    points, index = shapely.get_coordinates(shapes, return_index=True)
    return np.asarray(shapely.set_coordinates(shapes.copy(), points - corner[index]), dtype=object)


def is_narrow(shapes: Shapes, width: float) -> Bools:
    """Return where no circle of this diameter fits into a polygon.

    Mean width (twice the area by the perimeter) is never more than that of the largest circle inside, which settles
    most polygons; compact ones are measured, slivers shrunk by the radius. See `inscribed_width`.
    """
    narrow = np.zeros(len(shapes), dtype=bool)
    if width <= 0 or not len(shapes):
        return narrow
    moved = local(shapes)
    unsure = np.flatnonzero(2 * shapely.area(moved) / shapely.length(moved) < width)
    compact = _compact(moved[unsure])
    narrow[unsure[compact]] = inscribed_width(moved[unsure[compact]]) < width
    narrow[unsure[~compact]] = shapely.is_empty(shapely.buffer(moved[unsure[~compact]], -width / 2))
    return narrow


def _compact(shapes: Shapes) -> Bools:
    """Return which polygons are no slivers."""
    return np.asarray(4 * np.pi * shapely.area(shapes) >= _COMPACT * shapely.length(shapes) ** 2)


def inscribed_width(shapes: Shapes) -> Floats:
    """Return the diameter of the largest circle inside each polygon or multipolygon, to one percent.

    GEOS finds that circle in compact polygons. Along a sliver it stops too early, and there the polygon is shrunk until
    nothing is left: the radius is at least area by perimeter and at most that of the circle of the same area, and
    between them it is found by halving.
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    moved = local(parts)
    area = shapely.area(moved)
    low = area / np.maximum(shapely.length(moved), np.finfo(float).tiny)
    high = np.sqrt(area / np.pi)
    told = high >= _best(low, owner, len(shapes))[owner]  # the widest part of each shape is among these
    moved, owner, low, high = moved[told], owner[told], low[told], high[told]
    compact = _compact(moved)
    radius = np.empty(len(moved))
    radius[compact] = _circle_radius(moved[compact], _WIDTH_PRECISION * low[compact])
    thin, low = moved[~compact], low[~compact]
    many = shapely.get_num_coordinates(thin) > _MANY  # a first guess saves shrinking a large shape many times
    low[many] = np.maximum(low[many], _circle_radius(thin[many], shapely.length(thin[many]) / _MANY))
    radius[~compact] = _shrunk_radius(thin, low, high[~compact], owner[~compact])
    return 2 * _best(radius, owner, len(shapes))


def _best(values: Floats, owner: Ints, count: int) -> Floats:
    """Return the largest value of each owner, 0 where it has none."""
    best = np.zeros(count)
    np.maximum.at(best, owner, values)
    return best


def _circle_radius(shapes: Shapes, tolerance: Floats) -> Floats:
    """Return the radius of the largest circle inside each polygon, or of one up to ``tolerance`` smaller."""
    return np.asarray(shapely.length(shapely.maximum_inscribed_circle(shapes, tolerance)), dtype=np.float64)


def _shrunk_radius(shapes: Shapes, low: Floats, high: Floats, owner: Ints) -> Floats:
    """Return the distance by which each polygon can be shrunk before it vanishes, known to lie between two.

    A polygon that another one of its owner outlasts is left as soon as that is known.
    """
    low, high = low.copy(), np.maximum(low, high)
    todo, probe = np.arange(len(shapes)), low * (1 + _WIDTH_PRECISION)
    owners = int(owner.max(initial=-1)) + 1
    while len(todo):
        gone = shapely.is_empty(shapely.buffer(shapes[todo], -probe[todo]))
        high[todo[gone]] = probe[todo[gone]]
        low[todo[~gone]] = probe[todo[~gone]]
        lasting = high[todo] >= _best(low, owner, owners)[owner[todo]]
        todo = todo[lasting & (high[todo] > low[todo] * (1 + 2 * _WIDTH_PRECISION))]
        probe[todo] = np.sqrt(low[todo] * high[todo])
    return np.asarray(np.sqrt(low * high), dtype=np.float64)
