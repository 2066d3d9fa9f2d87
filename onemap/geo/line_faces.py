"""The polygons between edges that meet in their ends alone, and which of them lie beside each edge."""

import numpy as np
import shapely

from onemap.geo.arrangement import Shapes
from onemap.geo.edges import Edges, Floats, Ints, bundle_edges, join_edges, polygon_edges

AROUND = -1
"""The face around everything."""


def polygons_between(ends: Floats) -> Shapes:
    """Return the polygons between edges that meet in their ends alone."""
    if not len(ends):
        return np.zeros(0, dtype=object)
    lines = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(ends.reshape(-1, 2, 2))))
    faces = shapely.normalize(shapely.get_parts(shapely.polygonize([lines])))
    return np.asarray(faces[np.lexsort((shapely.area(faces), *shapely.bounds(faces).T))], dtype=object)


def faces_beside(ends: Floats, faces: Shapes) -> tuple[Ints, Ints]:
    """Return the faces to the left and to the right of each edge."""
    sides = [np.full(len(ends), AROUND), np.full(len(ends), AROUND)]
    if not len(faces):
        return sides[0], sides[1]
    borders = polygon_edges(faces)
    own = Edges(ends, np.ones(len(ends), dtype=bool), np.arange(len(ends)))
    bundle = bundle_edges(join_edges(own, borders)).bundle
    edge = np.full(int(bundle.max()) + 1, -1)
    edge[bundle[: len(ends)]] = own.owner
    at = edge[bundle[len(ends) :]]
    for side, here in zip(sides, (borders.left, ~borders.left), strict=True):
        side[at[here]] = borders.owner[here]
    return sides[0], sides[1]


def count_covers(left: Ints, right: Ints, change: Ints, count: int, *, around: int) -> Ints:
    """Return how many polygons lie above each face, by crossing edges from the outside inwards.

    Parameters
    ----------
    left, right
        The faces beside each edge.
    change
        How many more polygons begin to the left of each edge than to its right.
    count
        How many faces there are.
    around
        How many polygons lie around everything. A face that cannot be reached is given more than that.

    Examples
    --------
    >>> count_covers(np.array([0, 1]), np.array([-1, 0]), np.array([1, 1]), 2, around=0).tolist()
    [1, 2]
    """
    pairs, rows = np.unique(np.stack([left, right], axis=1), axis=0, return_index=True)
    one, other = np.vstack([pairs, pairs[:, ::-1]]).T
    step = np.concatenate([-change[rows], change[rows]])
    order = np.argsort(one, kind="stable")
    one, other, step = one[order], other[order], step[order]
    start = np.searchsorted(one, np.arange(AROUND, count + 1))
    found = np.full(count + 1, around + 2, dtype=np.int64)
    found[AROUND] = around
    seen = np.zeros(count + 1, dtype=bool)
    seen[AROUND] = True
    stack = [AROUND]
    while stack:
        here = stack.pop()
        for row in range(start[here + 1], start[here + 2]):
            there = other[row]
            if not seen[there]:
                seen[there] = True
                found[there] = found[here] + step[row]
                stack.append(int(there))
    return found[:count]
