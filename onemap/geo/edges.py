"""Edges of polygons, paired by their exact end points.

Two cells that meet properly share every edge: one has it on its left, the other on its right, and both name the
same two points to the last bit. Such an edge proves itself and needs no geometry. Only the edges that have no
partner (the outer border, and whatever is wrong) are left for the arrangement.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Whole = NDArray[np.integer[Any]]

ULPS = 2
"""Units in the last place of the largest coordinate below which no width can be told from none."""

_POLYGON = 3
_PORTION = 2048
"""Polygons taken apart together: what is worked on shall fit near the processor."""
_ROWS = 1 << 16
_THREADS = 2
_STRIPS = 4096

_MIX = tuple(
    np.uint64(m)
    for m in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xFF51AFD7ED558CCD)
)


@dataclass(frozen=True)
class Edges:
    """Sides of polygons, each written from its smaller (west, then south) end to its larger.

    Attributes
    ----------
    ends
        One row an edge: x and y of the smaller end, x and y of the larger.
    left
        True where the polygon lies to the left of the edge.
    owner
        Position of the polygon.
    """

    ends: Floats
    left: Bools
    owner: Ints

    def take(self, rows: Any) -> "Edges":
        """Return the edges of these rows."""
        return Edges(self.ends[rows], self.left[rows], self.owner[rows])


@dataclass(frozen=True)
class Bundles:
    """Edges with equal ends, tied together.

    Attributes
    ----------
    ends
        One row a bundle, in an order that depends on coordinates alone.
    bundle
        The bundle of each edge.
    lefts, rights
        How many polygons lie to the left and to the right.
    """

    ends: Floats
    bundle: Ints
    lefts: Ints
    rights: Ints

    @property
    def balanced(self) -> Bools:
        """True where as many polygons lie left as right, so that crossing the edge changes no count."""
        return np.asarray(self.lefts == self.rights)


def resolution(bounds: Sequence[float]) -> float:
    """Return the width below which coordinates of this size cannot tell two lines apart, in their own unit.

    Examples
    --------
    >>> resolution((440000.0, 4400000.0, 460000.0, 4420000.0)) == 2 * 2.0**-30
    True
    """
    return float(ULPS * np.spacing(max(map(abs, bounds))))


def polygon_edges(polygons: NDArray[Any], *, inside_out: bool = False) -> Edges:
    """Return the edges of polygons and multipolygons; repeated vertices make none.

    Parameters
    ----------
    polygons
        Valid polygons or multipolygons, none empty.
    inside_out
        Take each polygon for everything around it.
    """
    portions = range(0, max(len(polygons), 1), _PORTION)
    with ThreadPoolExecutor(_THREADS) as threads:
        parts = list(threads.map(lambda a: _edges_of(polygons[a : a + _PORTION], a, inside_out=inside_out), portions))
    return parts[0] if len(parts) == 1 else join_edges(*parts)


def _edges_of(polygons: NDArray[Any], number: int, *, inside_out: bool) -> Edges:
    """Return the edges of some polygons, the first of which has this number."""
    if (shapely.get_type_id(polygons) == _POLYGON).all():
        parts, owner = polygons, np.arange(len(polygons))  # parts are copies, and here there is no need of them
    else:
        parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    shell = np.ones(len(rings), dtype=bool)
    shell[1:] = part[1:] != part[:-1]
    inner_left = (shapely.is_ccw(rings) == shell) ^ inside_out
    points, ring = shapely.get_coordinates(rings, return_index=True)
    points += 0.0  # minus zero is zero: equal numbers must have equal bits
    x, y = points.T
    turn, level = x[:-1] > x[1:], np.flatnonzero(x[:-1] == x[1:])
    turn[level] = y[level] > y[level + 1]
    side = ring[:-1] == ring[1:]
    side[level] &= y[level] != y[level + 1]
    rows = np.flatnonzero(side)
    corners = points.view(np.complex128)[:, 0]  # both coordinates move as one
    ends = np.empty((len(rows), 2), dtype=np.complex128)
    ends[:, 0] = np.where(turn, corners[1:], corners[:-1]).take(rows)
    ends[:, 1] = np.where(turn, corners[:-1], corners[1:]).take(rows)
    turn, ring = turn.take(rows), ring.take(rows)
    return Edges(ends.view(np.float64), inner_left.take(ring) ^ turn, (owner + number).take(part.take(ring)))


def ringed(polygons: NDArray[Any]) -> Ints:
    """Return the sorted positions of polygons with more than one ring.

    Examples
    --------
    >>> from shapely import box
    >>> ringed(np.array([box(0, 0, 1, 1), box(0, 0, 9, 9).difference(box(1, 1, 2, 2))])).tolist()
    [1]
    """
    rings = shapely.get_num_interior_rings(polygons) + 1
    many = np.flatnonzero(shapely.get_type_id(polygons) != _POLYGON)
    parts, owner = shapely.get_parts(polygons[many], return_index=True)
    rings[many] = np.bincount(owner, shapely.get_num_interior_rings(parts) + 1, minlength=len(many))
    return np.flatnonzero(rings > 1)


def _ordered(ends: Floats, left: Bools, owner: Ints) -> Edges:
    """Turn every edge so that its smaller end comes first."""
    turn = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[turn] = ends[turn][:, [2, 3, 0, 1]]
    return Edges(ends, left ^ turn, owner)


def join_edges(*several: Edges) -> Edges:
    """Return the edges of all, one after another; owners are kept as they are."""
    return Edges(
        np.concatenate([e.ends for e in several]),
        np.concatenate([e.left for e in several]),
        np.concatenate([e.owner for e in several]),
    )


@dataclass(frozen=True)
class MatchedEdges:
    """Each edge once, with the polygons on its two sides: the one structure of location, coverage and ownership.

    Attributes
    ----------
    ends
        One row an edge, as in `Edges`; none twice.
    start
        Where the uses of each edge begin; one number more than there are edges.
    owner, left
        For each use of an edge the polygon that has it as a side, and whether that polygon lies to the left.
    """

    ends: Floats
    start: Whole
    owner: Whole
    left: Bools

    def __len__(self) -> int:
        """Return how many edges there are."""
        return len(self.ends)

    @property
    def balanced(self) -> Bools:
        """True where as many polygons lie left as right, so that crossing the edge changes no count."""
        change = np.concatenate([[0], np.cumsum(self.left.astype(np.int32) * 2 - 1)])
        return np.asarray(change.take(self.start[1:]) == change.take(self.start[:-1]))

    def uses(self, rows: Ints) -> Edges:
        """Return the uses of these edges, each as an edge of its polygon."""
        count = self.start.take(rows + 1) - self.start.take(rows)
        use = np.arange(count.sum()) + np.repeat(self.start.take(rows) - (np.cumsum(count) - count), count)
        return Edges(self.ends.take(np.repeat(rows, count), axis=0), self.left.take(use), self.owner.take(use))

    def among(self, ends: Floats) -> Bools:
        """Return which edges may have ends that occur among these: all that do, and next to no others."""
        return np.isin(_hash(self.ends), _hash(ends))

    def reordered(self, rows: Ints) -> "MatchedEdges":
        """Return the edges in another order."""
        uses = np.diff(self.start).take(rows)
        start = np.concatenate([[0], np.cumsum(uses)])
        use = np.repeat(self.start.take(rows) - start[:-1], uses) + np.arange(start[-1])
        return MatchedEdges(self.ends.take(rows, axis=0), start, self.owner.take(use), self.left.take(use))


def match_edges(edges: Edges) -> MatchedEdges:
    """Bring edges with exactly equal ends together.

    Examples
    --------
    >>> from shapely import box
    >>> matched = match_edges(polygon_edges(np.array([box(0, 0, 1, 1), box(1, 0, 2, 1)])))
    >>> len(matched), int((np.diff(matched.start) == 2).sum())
    (7, 1)
    """
    order, new, ends = _tie(edges.ends)
    first = np.flatnonzero(new)
    return MatchedEdges(
        ends.take(first, axis=0), np.append(first, len(order)), edges.owner.take(order), edges.left.take(order)
    )


def bundle_edges(edges: Edges) -> Bundles:
    """Tie edges with exactly equal ends together, and count on which sides the polygons lie."""
    order, new, ends = _tie(edges.ends)
    bundle = np.empty(len(order), dtype=np.int64)
    bundle[order] = np.cumsum(new) - 1
    count = int(new.sum())
    lefts = np.bincount(bundle[edges.left], minlength=count)
    rights = np.bincount(bundle, minlength=count) - lefts
    return Bundles(ends[new], bundle, lefts, rights)


def _tie(ends: Floats) -> tuple[Ints, Bools, Floats]:
    """Return an order in which equal rows follow one another, where a row differs from the one before, and the rows.

    Sorting by a 64-bit hash of the four numbers is several times faster than sorting by the numbers, and faster still
    when the last bits of the hash give way to the number of the row. The first bits give way to strips from west to
    east, so that rows that are compared lie near one another in memory. Should different edges share what is left of
    the hash, the numbers decide.
    """
    count = len(ends)
    bits = np.uint64(max(count - 1, 1).bit_length())
    keys = (_keys(ends) >> bits) << bits
    keys |= np.arange(count, dtype=np.uint64)
    keys.sort()
    order = (keys & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    keys >>= bits
    ordered = ends.take(order, axis=0)
    new = _changes(ordered)
    clash = np.flatnonzero(new[1:] & (keys[1:] == keys[:-1]))
    if len(clash):
        places = np.flatnonzero(np.isin(keys, keys[clash]))
        rows = order[places]
        order[places] = rows[np.lexsort((*ends[rows].T, keys[places]))]
        ordered[places] = ends[order[places]]
        new = _changes(ordered)
    return order, new, ordered


def _keys(ends: Floats) -> NDArray[np.uint64]:
    """Return for each row the strip of its smaller end, followed by a hash."""
    west, east = (ends[:, 0].min(), ends[:, 0].max()) if len(ends) else (0.0, 0.0)
    share = (_STRIPS - 1) / (east - west) if east > west else 0.0
    bits = np.uint64(_STRIPS.bit_length() - 1)
    keys = np.empty(len(ends), dtype=np.uint64)
    for start in range(0, len(ends), _ROWS):
        rows = ends[start : start + _ROWS]
        strip = ((rows[:, 0] - west) * share).astype(np.uint64)
        keys[start : start + _ROWS] = (strip << (np.uint64(64) - bits)) | (_hash(rows) >> bits)
    return keys


def _changes(ordered: Floats) -> Bools:
    """Return where a row differs from the one before."""
    new = np.ones(len(ordered), dtype=bool)
    for start in range(1, len(ordered), _ROWS):
        rows = ordered[start - 1 : start + _ROWS]
        differs = rows[1:] != rows[:-1]
        new[start : start + _ROWS] = differs.view(np.uint32)[:, 0] != 0  # four at once
    return new


def _hash(ends: Floats) -> NDArray[np.uint64]:
    """Mix the bits of each row into one number."""
    words = ends.view(np.uint64)
    mixed = words[:, 0] * _MIX[0]
    for column in (1, 2, 3):
        mixed ^= mixed >> np.uint64(29)
        mixed *= _MIX[4]
        mixed += words[:, column] * _MIX[column]
    mixed ^= mixed >> np.uint64(32)
    return mixed


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
