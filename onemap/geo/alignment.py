"""Edges without partner, split at the vertices of neighbours that lie on them.

A vertex that one neighbour has and the other lacks leaves edges without partner that cover the same line. Split at
that vertex they pair up, and what is left is an edge of a gap, an overlap or the outer border.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from onemap.geo.arrangement import Shapes
from onemap.geo.edges import Bools, Edges, Floats, Ints, bundle_edges

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))


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
    tied = bundle_edges(edges)  # edges with equal ends lie on one line, which is cut once
    cut = cut_lines(Lines(tied.ends), reach=reach, also=also)
    source, piece = cut.of_each(tied.bundle)
    pieces = Edges(cut.ends[piece], edges.left[source] ^ cut.turned[piece], edges.owner[source])
    order = np.argsort(cut.stopped, kind="stable")
    row, stop = _of_each(tied.bundle, cut.stopped[order], len(tied.ends))
    return Alignment(pieces, source, cut.stops[order[stop]], row)


class Lines:
    """Straight lines, none there twice, given by their ends as in `Edges`; shapes and index are made when needed."""

    def __init__(self, ends: Floats) -> None:
        self.ends = ends

    @cached_property
    def shapes(self) -> Shapes:
        """The lines as shapes."""
        return np.asarray(shapely.linestrings(self.ends.reshape(-1, 2, 2)), dtype=object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the shapes."""
        return shapely.STRtree(self.shapes)


@dataclass(frozen=True)
class Cut:
    """Lines cut into pieces.

    Attributes
    ----------
    ends
        The pieces, those of one line after those of the line before, and in their order on it; the smaller end first.
    turned
        Which pieces run against their line.
    line
        The line of each piece.
    stops, stopped
        As in `Alignment`.
    count
        How many lines there were.
    """

    ends: Floats
    turned: Bools
    line: Ints
    stops: Floats
    stopped: Ints
    count: int

    def of_each(self, lines: Ints) -> tuple[Ints, Ints]:
        """Return the pieces of some lines, line for line: its place among them, and the piece."""
        return _of_each(lines, self.line, self.count)


def cut_lines(lines: Lines, *, reach: float, also: Floats | None = None) -> Cut:
    """Cut lines where the end of another, or one of further points, lies on them; see `align_edges`."""
    ends = lines.ends
    corners, number = _distinct(ends.reshape(-1, 2) if also is None else np.vstack([ends.reshape(-1, 2), also]))
    same = _clusters(corners, reach)
    own = number[: 2 * len(ends)].reshape(-1, 2)
    moved_row, moved_end = np.nonzero(same[own] != own)
    first, last = same[own].T
    tree = Lines(corners[same[own]].reshape(-1, 4)).tree if len(moved_row) else lines.tree
    on, line = tree.query(shapely.points(corners), predicate="dwithin", distance=reach)
    on = same[on]
    apart = (on != first[line]) & (on != last[line])
    line, on = np.divmod(np.unique(line[apart] * len(corners) + on[apart]), max(len(corners), 1))
    # every line: its first corner, those on it in their order, its last corner
    rows = np.arange(len(first))
    row = np.concatenate([rows, line, rows])
    stop = np.concatenate([first, on, last])
    ray = corners[last] - corners[first]
    along = ((corners[on] - corners[first[line]]) * ray[line]).sum(axis=1)
    way = np.concatenate([np.full(len(rows), -np.inf), along, np.full(len(rows), np.inf)])
    order = np.lexsort((way, row))
    row, stop = row[order], stop[order]
    piece = np.flatnonzero((row[:-1] == row[1:]) & (stop[:-1] != stop[1:]))
    stops = np.concatenate([corners[on], corners[own[moved_row, moved_end]]])
    made = np.hstack([corners[stop[piece]], corners[stop[piece + 1]]])
    turned = (made[:, 0] > made[:, 2]) | ((made[:, 0] == made[:, 2]) & (made[:, 1] > made[:, 3]))
    made[turned] = made[turned][:, [2, 3, 0, 1]]
    return Cut(made, turned, row[piece], stops, np.concatenate([line, moved_row]), len(ends))


def _of_each(bundle: Ints, line: Ints, count: int) -> tuple[Ints, Ints]:
    """Return for each edge in turn, given its line, all that is of this line: the edge's row, and what it is."""
    start = np.searchsorted(line, np.arange(count + 1))
    many = np.diff(start)[bundle]
    row = np.repeat(np.arange(len(bundle)), many)
    return row, np.arange(len(row)) + np.repeat(start[bundle] - (np.cumsum(many) - many), many)


def _distinct(points: Floats) -> tuple[Floats, Ints]:
    """Return the distinct points from west to east, then from south to north, and which of them each is."""
    found, number = np.unique(np.ascontiguousarray(points).view(np.complex128)[:, 0], return_inverse=True)
    return found.view(np.float64).reshape(-1, 2), number.reshape(-1)


def _clusters(corners: Floats, reach: float) -> Ints:
    """Return for each point the smallest number among the points that are one with it, over any number of steps."""
    label = np.arange(len(corners))
    near = _crowded(corners, reach)
    points = shapely.points(corners[near])
    one, other = near[shapely.STRtree(points).query(points, predicate="dwithin", distance=reach)]
    apart = one != other
    one, other = one[apart], other[apart]
    while (label[one] != label[other]).any():
        np.minimum.at(label, one, label[other])
    return label


def _crowded(points: Floats, reach: float) -> Ints:
    """Return the points that may have another within a distance: all that have, and next to no others.

    Two such points share a square twice as wide in one of four patterns of squares, each half a square from the next.
    """
    there = np.zeros(len(points), dtype=bool)
    for shift in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)):
        column, row = np.floor(points / (4 * reach) + shift).astype(np.int64).view(np.uint64).T
        key = column * _MIX[0] + row * _MIX[1]
        order = np.argsort(key)
        equal = key[order][1:] == key[order][:-1]
        there[order[1:][equal]] = True
        there[order[:-1][equal]] = True
    return np.flatnonzero(there)
