"""Which polygons are sure to be valid, told from a few determinants: what most buildings are.

A ring is simple when no two of its sides meet but those that follow one another, and those only in the corner they
share. Two segments do not meet when both ends of one lie on the same side of the line of the other, and of segments
apart one always tells it. So for a ring of a few corners all sides are held against all corners, a thousand rings at a
time. A determinant counts only where it is larger than its rounding, see `onemap.geo.orientation`; a ring with one
that is not, one with many corners, and a polygon with holes or several parts are not known to be valid here: they are
for GEOS to judge.
"""

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.edges import Bools, Floats
from onemap.geo.orientation import BOUND, LEAST

_POLYGON: Final = 3
_LEAST_CORNERS: Final = 3
_MOST_CORNERS: Final = 9
"""From some more corners on GEOS is as fast."""
_SURE: Final = 4 * BOUND


def surely_valid(shapes: NDArray[Any]) -> Bools:
    """Return which shapes are polygons of one ring with few corners that is beyond doubt simple.

    Examples
    --------
    >>> from shapely import Polygon, box
    >>> bow_tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> surely_valid(np.array([box(0, 0, 1, 1), bow_tie, None])).tolist()
    [True, False, False]
    """
    sure = np.zeros(len(shapes), dtype=bool)
    points = shapely.get_num_coordinates(shapes)
    points[(shapely.get_type_id(shapes) != _POLYGON) | (shapely.get_num_interior_rings(shapes) > 0)] = 0
    for corners in range(_LEAST_CORNERS, _MOST_CORNERS + 1):
        rows = np.flatnonzero(points == corners + 1)
        if len(rows):
            rings = shapely.get_coordinates(shapes[rows]).reshape(-1, corners + 1, 2)
            sure[rows] = _are_simple(*rings.transpose(2, 1, 0).copy())
    return sure


def _are_simple(x: Floats, y: Floats) -> Bools:
    """Return which closed rings are simple, one a column, one row a corner, the first one repeated at the end."""
    corners = len(x) - 1
    with np.errstate(over="ignore", invalid="ignore"):  # NaN and infinite numbers are sure of nothing
        unsure = _SURE * (np.ptp(x, axis=0) + np.ptp(y, axis=0)) ** 2 + LEAST
        dx, dy = np.diff(x, axis=0), np.diff(y, axis=0)
        twice_x, twice_y = np.concatenate([x, x[1:-1]]), np.concatenate([y, y[1:-1]])
        # on which side of each side the corner lies that comes so many corners after its first one
        place = {}
        for step in range(2, corners):
            beside = slice(step, step + corners)
            determinant = dx * (twice_y[beside] - y[:-1]) - dy * (twice_x[beside] - x[:-1])
            place[step] = (determinant > unsure).view(np.int8) - (determinant < -unsure).view(np.int8)
    simple = np.all(place[2], axis=0)
    same = {step: place[step] * place[step + 1] > 0 for step in range(2, corners - 1)}
    for step in range(2, corners // 2 + 1):
        simple &= (same[step] | np.roll(same[corners - step], -step, axis=0)).all(axis=0)
    return np.asarray(simple)
