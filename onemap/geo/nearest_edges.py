"""Which of some edges is nearest to each point: a tree of boxes, gone through for many points at once.

Edges that lie together stand together, four in a box, four boxes in a larger one, and so on. Of each box one vertex
is known, so the nearest edge of all is not farther than the nearest of these vertices. Boxes that are farther than
that are left out; of the others the boxes within are looked at, until edges are reached.
"""

from typing import Final

import numpy as np

from onemap.geo.edges import Floats, Ints, in_threads
from onemap.geo.raster import spread

_FAN: Final = 4
_BATCH: Final = 1 << 12
_FEW: Final = 1 << 12
_BITS: Final = 16
# Squares of distances, each rounded, may be this far from exact.
_ROUNDING: Final = 1e-12

Pairs = tuple[Ints, Ints, Floats]


class NearestEdges:
    """Find the nearest of some edges.

    Parameters
    ----------
    ends
        One row an edge: x and y of one end, x and y of the other.

    Examples
    --------
    >>> tree = NearestEdges(np.array([[0.0, 0.0, 0.0, 9.0], [5.0, 0.0, 5.0, 9.0]]))
    >>> tree.nearest(np.array([1.0, 2.5]), np.array([4.0, 4.0]), slack=0.1)
    (array([0, 1, 1]), array([0, 0, 1]), array([1. , 2.5, 2.5]))
    """

    def __init__(self, ends: Floats) -> None:
        order = _by_place(ends)
        self._number = order
        self._ends = ends[order]
        x, y = self._ends[:, 0::2], self._ends[:, 1::2]
        boxes = np.stack([x.min(axis=1), y.min(axis=1), x.max(axis=1), y.max(axis=1)], axis=1)
        vertices = self._ends[:, :2]
        self._levels: list[tuple[Floats, Floats]] = []
        while len(boxes) > _FAN:
            first = np.arange(0, len(boxes), _FAN)
            low = np.minimum.reduceat(boxes[:, :2], first)
            boxes = np.hstack([low, np.maximum.reduceat(boxes[:, 2:], first)])
            vertices = vertices[np.minimum(first + _FAN // 2, len(vertices) - 1)]
            self._levels.insert(0, (boxes, vertices))

    def nearest(self, x: Floats, y: Floats, *, slack: float) -> Pairs:
        """Return pairs of a point and an edge with their distance: the nearest, and those farther by up to ``slack``.

        Parameters
        ----------
        x, y
            Points, all of them numbers.
        slack
            Not less than 0.

        Returns
        -------
        tuple
            Points, ascending, edges and distances.
        """
        if not len(self._ends) or not len(x):
            none = np.empty(0, dtype=np.int64)
            return none, none, np.empty(0)
        batches = 2 * -(-len(x) // (2 * _BATCH))  # as much for one processor as for the other
        size = -(-len(x) // batches)
        starts = range(0, len(x), size)
        found = in_threads(lambda a: self._of_batch(x[a : a + size], y[a : a + size], a, slack), starts)
        point, edge, far = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return point, edge, far

    def _of_batch(self, x: Floats, y: Floats, number: int, slack: float) -> Pairs:
        sizes = [*(len(boxes) for boxes, _ in self._levels), len(self._ends)]
        # few points begin where more boxes are looked at together: each step has its price, however short
        top = max([0, *(depth for depth, size in enumerate(sizes) if size * len(x) <= _FEW)])
        point, child = np.repeat(np.arange(len(x)), sizes[top]), np.tile(np.arange(sizes[top]), len(x))
        for depth, (boxes, vertices) in enumerate(self._levels[top:], top + 1):
            px, py = x.take(point), y.take(point)
            vx, vy = vertices.take(child, axis=0).T
            known = _least(point, (px - vx) ** 2 + (py - vy) ** 2)
            limit = (np.sqrt(known) + slack) ** 2 * (1 + _ROUNDING)
            west, south, east, north = boxes.take(child, axis=0).T
            across = np.maximum(np.maximum(west - px, px - east), 0.0)
            along = np.maximum(np.maximum(south - py, py - north), 0.0)
            kept = np.flatnonzero(across * across + along * along <= limit.take(point))
            first = child.take(kept) * _FAN
            row, step = spread(np.minimum(first + _FAN, sizes[depth]) - first)
            point, child = point.take(kept).take(row), first.take(row) + step
        far = segment_distance(self._ends.take(child, axis=0), x.take(point), y.take(point))
        close = np.flatnonzero(far <= (_least(point, far) + slack).take(point))
        return point[close] + number, self._number[child[close]], far[close]


def _least(point: Ints, values: Floats) -> Floats:
    """Return the least value of each point; points ascend, and none is left out."""
    least: Floats = np.minimum.reduceat(values, np.flatnonzero(np.diff(point, prepend=-1)))
    return least


def _by_place(ends: Floats) -> Ints:
    """Return an order in which edges that lie together stand together: bits of x and y in turns (Morton 1966)."""
    middle = (ends[:, :2] + ends[:, 2:]) / 2
    low = middle.min(axis=0, initial=np.inf)
    size = max(float((middle.max(axis=0, initial=-np.inf) - low).max(initial=0.0)), 1e-300)
    place = ((middle - low) * ((2**_BITS - 1) / size)).astype(np.uint64)
    key = np.zeros(len(ends), dtype=np.uint64)
    for bit in np.arange(_BITS, dtype=np.uint64):
        one = np.uint64(1)
        key |= ((place[:, 0] >> bit) & one) << (bit + bit)
        key |= ((place[:, 1] >> bit) & one) << (bit + bit + one)
    return np.argsort(key, kind="stable")


def segment_distance(ends: Floats, x: Floats, y: Floats) -> Floats:
    """Return how far each point is from the edge beside it, reckoned as GEOS does (``Distance::pointToSegment``)."""
    x1, y1, x2, y2 = ends.T
    dx, dy = x2 - x1, y2 - y1
    square = dx * dx + dy * dy
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ((x - x1) * dx + (y - y1) * dy) / square
        beside = np.abs(((y1 - y) * dx - (x1 - x) * dy) / square) * np.sqrt(square)
    beyond = share >= 1
    to_end = np.sqrt((x - np.where(beyond, x2, x1)) ** 2 + (y - np.where(beyond, y2, y1)) ** 2)
    return np.where((share > 0) & ~beyond, beside, to_end)
