"""Edges without partner, split at the vertices of neighbours that lie on them.

A vertex that one neighbour has and the other lacks leaves edges without partner that cover the same line. Split at
that vertex they pair up, and what is left is an edge of a gap, an overlap or the outer border.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.edges import Bools, Edges, Floats, Ints


@dataclass(frozen=True)
class Alignment:
    """Edges without partner, split where a vertex lies on them.

    Attributes
    ----------
    edges
        The pieces.
    source
        Row of the edge that each piece comes from.
    stops
        Coordinates of the vertices that lie on an edge without being one of its ends, or almost on one of its ends.
    stopped
        Row of the edge that each of them lies on.
    """

    edges: Edges
    source: Ints
    stops: Floats
    stopped: Ints


def align_edges(edges: Edges, *, reach: float, also: Floats | None = None) -> Alignment:
    """Split edges at the vertices that lie on them, and let vertices less than ``reach`` apart be one.

    A vertex that one neighbour has and the other lacks (a T-junction) leaves three edges without partner that
    cover the same line. Split at that vertex they pair up.

    Parameters
    ----------
    edges
        Edges without partner.
    reach
        Distance that the coordinates cannot tell from none, see `resolution`.
    also
        Further points to split edges at.
    """
    vertices = edges.ends.reshape(-1, 2)
    corners, number = np.unique(vertices if also is None else np.vstack([vertices, also]), axis=0, return_inverse=True)
    number = number[: len(vertices)]
    points = shapely.points(corners)
    same = _clusters(points, reach)
    ends = number.reshape(-1, 2)
    moved_row, moved_end = np.nonzero(same[ends] != ends)
    first, last = same[ends].T
    lines = shapely.linestrings(corners[same[ends]])
    on, edge = shapely.STRtree(lines).query(points, predicate="dwithin", distance=reach)
    on = same[on]
    apart = (on != first[edge]) & (on != last[edge])
    edge, on = np.unique(np.stack([edge[apart], on[apart]], axis=1), axis=0).T
    # every edge: its first corner, those on it in their order, its last corner
    rows = np.arange(len(first))
    row = np.concatenate([rows, edge, rows])
    stop = np.concatenate([first, on, last])
    ray = corners[last] - corners[first]
    along = ((corners[on] - corners[first[edge]]) * ray[edge]).sum(axis=1)
    way = np.concatenate([np.full(len(rows), -np.inf), along, np.full(len(rows), np.inf)])
    order = np.lexsort((way, row))
    row, stop = row[order], stop[order]
    piece = np.flatnonzero((row[:-1] == row[1:]) & (stop[:-1] != stop[1:]))
    source = row[piece]
    pieces = _ordered(
        np.hstack([corners[stop[piece]], corners[stop[piece + 1]]]), edges.left[source], edges.owner[source]
    )
    stops = np.concatenate([corners[on], corners[ends[moved_row, moved_end]]])
    return Alignment(pieces, source, stops, np.concatenate([edge, moved_row]))


def _clusters(points: NDArray[Any], reach: float) -> Ints:
    """Return for each point the smallest number among the points that are one with it, over any number of steps."""
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=reach)
    label = np.arange(len(points))
    apart = one != other
    one, other = one[apart], other[apart]
    while (label[one] != label[other]).any():
        np.minimum.at(label, one, label[other])
    return label


def _ordered(ends: Floats, left: Bools, owner: Ints) -> Edges:
    """Turn every edge so that its smaller end comes first."""
    turn = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[turn] = ends[turn][:, [2, 3, 0, 1]]
    return Edges(ends, left ^ turn, owner)
