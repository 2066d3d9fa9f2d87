"""One cell cut by a line, several joined: exactly, and without a vertex that a neighbour lacks."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.errors import GeometryError

Shapes = NDArray[Any]
Floats = NDArray[np.float64]

# A point computed on an edge lies beside it by rounding only: by so many units in the last place.
_ULPS: Final = 8.0
_TWO: Final = 2


def as_line(line: Any) -> Any:
    """Return a line given as a geometry or as coordinates.

    Raises
    ------
    GeometryError
        It is no line, or has coordinates that are no numbers.
    """
    shape = line if isinstance(line, shapely.Geometry) else _made(line)
    if shapely.get_dimensions(shape) != 1 or not np.isfinite(shapely.bounds(shape)).all():
        raise GeometryError("the cut must be a line with two points or more")
    return shapely.force_2d(shape)


def _made(points: Any) -> Any:
    try:
        return shapely.LineString(np.asarray(points, dtype=float))
    except (ValueError, TypeError, shapely.errors.GEOSException):
        return shapely.Point()


def cut(shape: Any, line: Any) -> list[Any]:
    """Return the parts into which a line cuts a polygon; one where it does not cut it through.

    Every corner of the polygon stays as it is; where the line meets the border a corner is added.
    """
    lines = shapely.union_all([shapely.boundary(shape), line])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = shapely.intersects(shapely.point_on_surface(faces), shape)
    return [shapely.normalize(face) for face in faces[inside]]


def added_corners(shape: Any, parts: Sequence[Any]) -> Floats:
    """Return the corners on the border of a polygon that its parts have and it has not."""
    before = {tuple(point) for point in shapely.get_coordinates(shape).tolist()}
    after = {tuple(point) for part in parts for point in shapely.get_coordinates(part).tolist()}
    new = np.array(sorted(after - before), dtype=np.float64).reshape(-1, _TWO)
    if not len(new):
        return new
    near = shapely.distance(shapely.points(new), shapely.boundary(shape)) <= _blur(shape)
    return new[near]


def with_corners(shape: Any, points: Floats) -> Any:
    """Return a polygon with those of the points as corners that lie on its border; itself where none does."""
    if not len(points):
        return shape
    own = {tuple(point) for point in shapely.get_coordinates(shape).tolist()}
    new = np.array([p for p in points.tolist() if tuple(p) not in own]).reshape(-1, _TWO)
    blur = _blur(shape)
    new = new[shapely.distance(shapely.points(new), shapely.boundary(shape)) <= blur]
    if not len(new):
        return shape
    polygons = [
        shapely.Polygon(_ring(part.exterior, new, blur), [_ring(hole, new, blur) for hole in part.interiors])
        for part in shapely.get_parts(shape).tolist()
    ]
    return polygons[0] if shape.geom_type == "Polygon" else shapely.MultiPolygon(polygons)


def _ring(ring: Any, points: Floats, blur: float) -> Floats:
    """Return the corners of a ring with the points put in where they lie on its edges."""
    corners = shapely.get_coordinates(ring)
    edges = shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1))
    extra: dict[int, list[tuple[float, list[float]]]] = {}
    for point in points.tolist():
        away = shapely.distance(edges, shapely.Point(point))
        edge = int(np.argmin(away))
        if away[edge] <= blur:
            along = float(np.hypot(*(np.array(point) - corners[edge])))
            extra.setdefault(edge, []).append((along, point))
    made: list[list[float]] = []
    for edge, corner in enumerate(corners.tolist()):
        made.append(corner)
        made += [point for _, point in sorted(extra.get(edge, []))]
    return np.array(made)


def _blur(shape: Any) -> float:
    largest = float(np.abs(shapely.bounds(shape)).max())
    return _ULPS * float(np.spacing(largest))


def joined(shapes: Sequence[Any]) -> Any:
    """Return several polygons as one, every corner of their common border kept."""
    return shapely.normalize(shapely.union_all(list(shapes)))


def touching(shapes: Any, others: Shapes) -> NDArray[np.bool_]:
    """Tell which polygons share a stretch of border (or land) with a shape, or each with its own of as many shapes.

    A common corner is not enough.
    """
    along: NDArray[np.bool_] = shapely.relate_pattern(others, shapes, "****1****")
    rest = np.flatnonzero(~along)  # few: most that meet share a border
    if len(rest):
        left = shapes[rest] if isinstance(shapes, np.ndarray) else shapes
        along[rest] = shapely.relate_pattern(others[rest], left, "T********")
    return along
