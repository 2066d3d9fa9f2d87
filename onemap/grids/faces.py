"""Land divided by lines into faces, and what lies between each two: the graph from which cells are made."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.edges import Bools, Floats, Ints, match_edges, polygon_edges

Shapes = NDArray[Any]

OUTSIDE: Final = -1


@dataclass(frozen=True)
class Faces:
    """Faces and the straight pieces of border between them.

    Attributes
    ----------
    shapes
        Polygons that meet edge to edge, in an order that depends on their shapes alone.
    ends
        One row a piece: x, y of one end, x, y of the other.
    left, right
        The two faces of each piece; `OUTSIDE` where there is none.
    """

    shapes: Shapes
    ends: Floats
    left: Ints
    right: Ints

    @property
    def length(self) -> Floats:
        """Length of each piece, in metres."""
        return np.hypot(self.ends[:, 2] - self.ends[:, 0], self.ends[:, 3] - self.ends[:, 1])

    @property
    def inner(self) -> Bools:
        """True for pieces with a face on both sides."""
        return np.asarray((self.left >= 0) & (self.right >= 0))

    def take(self, faces: Ints) -> "Faces":
        """Return some of the faces."""
        number = np.full(len(self.shapes) + 1, OUTSIDE, dtype=np.int64)
        number[faces] = np.arange(len(faces))
        left, right = number[self.left], number[self.right]
        kept = (left >= 0) | (right >= 0)
        return Faces(self.shapes[faces], self.ends[kept], left[kept], right[kept])


def node(lines: Shapes, *, grid_m: float | None = None) -> Shapes:
    """Return the lines cut where they meet, each piece once; their vertices moved to a grid, where one is given."""
    parts = shapely.get_parts(shapely.union_all(lines, grid_size=grid_m))
    return parts[shapely.get_dimensions(parts) == 1]


def make_faces(noded: Shapes) -> Faces:
    """Return the faces that noded lines enclose; lines that enclose nothing take no part."""
    shapes = shapely.get_parts(shapely.polygonize(noded))
    shapes = shapes[shapely.area(shapes) > 0]
    order = np.lexsort((shapely.area(shapes), *shapely.bounds(shapes).T))
    shapes = shapes[order]
    if not len(shapes):
        nothing = np.empty(0, dtype=np.int64)
        return Faces(shapes, np.empty((0, 4)), nothing, nothing)
    edges = match_edges(polygon_edges(shapes))
    start = edges.start[:-1].astype(np.int64)
    both = np.diff(edges.start) > 1
    right = np.where(both, edges.owner[np.minimum(start + 1, len(edges.owner) - 1)], OUTSIDE)
    return Faces(shapes, edges.ends, edges.owner[start].astype(np.int64), right.astype(np.int64))


def segments(lines: Shapes) -> tuple[Floats, Ints]:
    """Return the straight pieces of lines, as ends, and the line of each."""
    points, line = shapely.get_coordinates(lines, return_index=True)
    same = np.flatnonzero(line[:-1] == line[1:])
    return np.hstack([points[same], points[same + 1]]), line[same].astype(np.int64)


def find_lines(ends: Floats, lines: Shapes, weights: Floats, *, within_m: float) -> Ints:
    """Return for each piece the heaviest of the lines that its middle lies on, `OUTSIDE` where it lies on none."""
    found = np.full(len(ends), OUTSIDE, dtype=np.int64)
    if not len(lines) or not len(ends):
        return found
    parts, line = segments(lines)
    middle = shapely.points((ends[:, :2] + ends[:, 2:]) / 2)
    tree = shapely.STRtree(shapely.linestrings(parts.reshape(-1, 2, 2)))
    at, on = tree.query(middle, predicate="dwithin", distance=within_m)
    line = line[on]
    order = np.lexsort((line, -weights[line], at))
    first = order[np.flatnonzero(np.diff(at[order], prepend=-1))]
    found[at[first]] = line[first]
    return found


def group(count: int, one: Ints, other: Ints) -> Ints:
    """Return a label for each of ``count`` things, the same for things that pairs connect: the smallest of them.

    Examples
    --------
    >>> group(4, np.array([3]), np.array([1])).tolist()
    [0, 1, 2, 1]
    """
    label = np.arange(count, dtype=np.int64)
    while True:
        before = label.copy()
        smaller = np.minimum(label[one], label[other])
        np.minimum.at(label, label[one], smaller)
        np.minimum.at(label, label[other], smaller)
        label = label[label]
        if (label == before).all():
            return label


def find_homes(faces: Faces, areas: Shapes, fence: Bools) -> Ints:
    """Return for each face the area that holds it, `OUTSIDE` for none.

    Faces that are joined over anything but a fence (a border of the areas) have the same home, told by the largest of
    them: a sliver too thin to have a point inside goes with its neighbour.
    """
    open_ = faces.inner & ~fence
    room = group(len(faces.shapes), faces.left[open_], faces.right[open_])
    order = np.lexsort((-shapely.area(faces.shapes), room))
    first = order[np.flatnonzero(np.diff(room[order], prepend=-1))]
    home = find_holders(faces.shapes[first], areas)
    found = np.full(len(faces.shapes), OUTSIDE, dtype=np.int64)
    found[room[first]] = home
    return found[room]


def find_holders(shapes: Shapes, areas: Shapes) -> Ints:
    """Return for each shape the first of the areas that holds a point inside it, `OUTSIDE` for none."""
    found = np.full(len(shapes), len(areas), dtype=np.int64)
    if len(shapes) and len(areas):
        points = shapely.point_on_surface(shapes)
        at, area = shapely.STRtree(areas).query(points, predicate="intersects")
        np.minimum.at(found, at, area)
    found[found == len(areas)] = OUTSIDE
    return found
