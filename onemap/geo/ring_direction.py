"""Which way rings run: by the sign of their area, or by how they turn where that is nothing but rounding."""

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.orientation import BOUND, LEAST, orientation

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def are_counterclockwise(points: Floats, first: Ints) -> Bools:
    """Return which rings run counterclockwise: those around an area that is beyond rounding more than nothing.

    Parameters
    ----------
    points, first
        The points of closed rings that do not cross or touch themselves, and where each ring begins.

    Examples
    --------
    >>> ring = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    >>> are_counterclockwise(np.concatenate([ring, ring[::-1]]), np.array([0, 4])).tolist()
    [True, False]
    """
    x, y = points.T.copy()
    cross = x[:-1] * y[1:]
    cross -= x[1:] * y[:-1]
    cross[first[1:] - 1] = 0.0  # from one ring to the next
    area = np.add.reduceat(cross, first)
    length = np.diff(first, append=len(points))
    most = max(x.max(), -x.min()) * max(y.max(), -y.min())
    ccw = np.asarray(area > 0)
    unsure = ~(np.abs(area) > (length + 2.0) * length * (4 * BOUND * most) + LEAST)
    if unsure.any():
        count = length[unsure]
        ccw[unsure] = _turn_left(points[np.repeat(unsure, length)], np.cumsum(count) - count)
    return ccw


def _turn_left(points: Floats, first: Ints) -> Bools:
    """Return which rings turn left at their lowest point of the westernmost, as those that run counterclockwise do."""
    last = np.append(first[1:], len(points)) - 1
    x, y = points.T
    far = np.flatnonzero(x == np.repeat(np.minimum.reduceat(x, first), last + 1 - first))
    ring = np.searchsorted(first, far, side="right") - 1
    kept = far != last.take(ring)
    far, ring = far[kept], ring[kept]
    order = np.lexsort((y.take(far), ring))
    far = far[order[np.flatnonzero(np.diff(ring.take(order), prepend=-1))]]
    before = np.where(far == first, last - 1, far - 1)
    turns = orientation(np.hstack([points[before], points[far]]), *points[far + 1].T)
    ccw = np.asarray(turns > 0)
    for number in np.flatnonzero(turns == 0):  # a point is repeated there
        ccw[number] = shapely.is_ccw(shapely.linearrings(points[first[number] : last[number] + 1]))
    return ccw
