"""Vertices that noding left on straight borders taken out again, from both neighbours alike."""

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.edges import Bools, Floats, Ints, match_edges, polygon_edges

from .faces import Shapes
from .plane import Vertices

# A vertex nearer than this to the line between its neighbours is one that noding put there.
_STRAIGHT_M: Final = 1e-7


def without_needless_vertices(cells: Shapes, known: Vertices) -> Shapes:
    """Return polygons without vertices at which nothing meets, nothing turns and no line had one before."""
    if not len(cells):
        return cells
    edges = match_edges(polygon_edges(cells))
    corners, number = np.unique(edges.ends.reshape(-1, 2), axis=0, return_inverse=True)
    number = number.reshape(-1, 2)
    degree = np.bincount(number.ravel(), minlength=len(corners))
    needless = (degree == 2) & ~known.known(corners)[1]  # noqa: PLR2004 - two pieces of one border
    needless &= _is_straight(corners, number)
    doubtful = corners[needless]
    return _without(cells, doubtful) if len(doubtful) else cells


def _is_straight(corners: Floats, number: Ints) -> Bools:
    """Return which corners with two neighbours lie on the line between them."""
    around = np.zeros((len(corners), 2), dtype=np.int64)
    order = np.argsort(number.ravel(), kind="stable")
    corner = number.ravel()[order]
    other = number[:, ::-1].ravel()[order]
    first = np.searchsorted(corner, np.arange(len(corners)))
    around[:, 0] = other[np.minimum(first, len(other) - 1)]
    around[:, 1] = other[np.minimum(first + 1, len(other) - 1)]
    a, b = corners[around[:, 0]], corners[around[:, 1]]
    ray = b - a
    size = np.hypot(*ray.T)
    off = np.abs((corners - a)[:, 0] * ray[:, 1] - (corners - a)[:, 1] * ray[:, 0])
    return np.asarray(off <= _STRAIGHT_M * np.where(size > 0, size, 1.0)) & (size > 0)


def _without(cells: Shapes, points: Floats) -> Shapes:
    """Return polygons without these vertices."""
    kind, points_of, (rings, polygons) = shapely.to_ragged_array(cells)
    gone = np.isin(_as_numbers(points_of), _as_numbers(points))
    gone[rings[1:] - 1] = True  # the closing vertex, put back below
    kept = np.add.reduceat(~gone, rings[:-1]).astype(np.int64)
    ends = np.cumsum(kept)
    left = points_of[~gone]
    closed = np.insert(left, ends, left[ends - kept], axis=0)
    offsets = np.concatenate([[0], np.cumsum(kept + 1)])
    return shapely.from_ragged_array(kind, closed, (offsets, polygons))


def _as_numbers(points: Floats) -> NDArray[np.complex128]:
    return np.ascontiguousarray(points + 0.0).view(np.complex128)[:, 0]
