"""Edges taken apart until they meet in their ends alone, so that polygons can be built from them again.

Vertices that the coordinates cannot tell apart become one, an edge is divided where a vertex lies on it and where
another edge crosses it, and that again until nothing is left to divide. Every piece keeps the polygon that it is a side
of. Edges that are shared point for point and that nothing comes near stay as they are, to the last bit.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from onemap.geo.alignment import align_edges
from onemap.geo.arrangement import Shapes
from onemap.geo.edges import Edges, Floats, Ints, bundle_edges, join_edges, match_edges

_ROUNDS = 30
"""Rounds after which noding is given up; each moves a vertex by less than can be told, and three are many."""


@dataclass(frozen=True)
class NodedEdges:
    """Edges that meet in their ends alone.

    Attributes
    ----------
    edges
        The pieces.
    touched
        Sorted owners of which an edge was divided or moved.
    """

    edges: Edges
    touched: Ints


def node_edges(edges: Edges, *, reach: float) -> NodedEdges:
    """Divide edges where others touch or cross them.

    Parameters
    ----------
    edges
        Edges of polygons.
    reach
        Distance that the coordinates cannot tell from none, see `onemap.geo.edges.resolution`.

    Examples
    --------
    >>> from shapely import box
    >>> from onemap.geo.edges import polygon_edges
    >>> noded = node_edges(polygon_edges(np.array([box(0, 0, 2, 2), box(1, 1, 3, 3)])), reach=1e-12)
    >>> len(noded.edges.ends), noded.touched.tolist()
    (12, [0, 1])
    """
    matched = match_edges(edges)
    busy = ~matched.balanced
    lone = _lines(matched.ends[busy])
    calm = np.flatnonzero(~busy)
    if len(lone) and len(calm):
        near = shapely.STRtree(lone).query(_lines(matched.ends[calm]), predicate="dwithin", distance=reach)[0]
        busy[calm[np.unique(near)]] = True
    while True:
        work = matched.uses(np.flatnonzero(busy))
        pieces, source = _divided(work, reach)
        rest = matched.ends[~busy]
        gone = _gone(work.ends, pieces.ends)
        hit = np.isin(_corners(rest), gone).any(axis=1) if len(gone) else np.zeros(len(rest), dtype=bool)
        if not hit.any():
            break
        busy[np.flatnonzero(~busy)[hit]] = True  # a vertex of theirs moved: they move with it
    divided = np.bincount(source, minlength=len(work.ends)) != 1
    single = ~divided[source]
    divided[source[single]] = (pieces.ends[single] != work.ends[source[single]]).any(axis=1)
    return NodedEdges(join_edges(matched.uses(np.flatnonzero(~busy)), pieces), np.unique(work.owner[divided]))


def _divided(edges: Edges, reach: float) -> tuple[Edges, Ints]:
    """Return the pieces of edges, and the edge that each comes from."""
    source = np.arange(len(edges.ends))
    crossings = np.zeros((0, 2))
    for _ in range(_ROUNDS):
        if not len(edges.ends):
            break
        aligned = align_edges(edges, reach=reach, also=crossings)
        still = len(aligned.edges.ends) == len(edges.ends) and not len(aligned.stops)
        edges, source = aligned.edges, source[aligned.source]
        crossings = _crossings(edges)
        if still and not len(crossings):
            break
    return edges, source


def _crossings(edges: Edges) -> Floats:
    """Return the points in which edges cross."""
    ends = bundle_edges(edges).ends
    lines = _lines(ends)
    one, other = shapely.STRtree(lines).query(lines, predicate="crosses")
    once = one < other
    points = shapely.intersection(lines[one[once]], lines[other[once]])
    return np.unique(shapely.get_coordinates(points), axis=0)


def _lines(ends: Floats) -> Shapes:
    return np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2)), dtype=object)


def _corners(ends: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
    return np.ascontiguousarray(ends).view(np.complex128)


def _gone(before: Floats, after: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
    """Return the vertices that are no longer there."""
    return np.setdiff1d(_corners(before), _corners(after))
