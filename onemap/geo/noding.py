"""Edges taken apart until they meet in their ends alone, so that polygons can be built from them again.

Vertices that the coordinates cannot tell apart become one, an edge is divided where a vertex lies on it and where
another edge crosses it, and that again until nothing is left to divide. Every piece keeps the polygon that it is a side
of. Edges that nothing comes near stay as they are, to the last bit.

An edge with as many polygons to its left as to its right need not be noded with another such edge: layers lie over one
another. But where no more than one polygon covers the land two of them neither cross nor touch one another but in
their ends, for the polygon beside the one would lie over those beside the other; the rings of one and the same polygon
are all that may touch. How many polygons cover the land changes at other edges alone. So those are noded first, and
only between them, where polygons lie over one another, matched edges are looked at in pairs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
import shapely

from onemap.geo.alignment import Lines, cut_lines
from onemap.geo.arrangement import Shapes, near_faces
from onemap.geo.edges import Bools, Edges, Floats, Ints, MatchedEdges, bundle_edges, join_edges, match_edges
from onemap.geo.line_faces import count_covers, faces_beside, polygons_between

_ROUNDS = 30
"""Rounds after which noding is given up; each moves a vertex by less than can be told, and three are many."""

_Corners = np.ndarray[tuple[int, ...], np.dtype[np.complex128]]


@dataclass(frozen=True)
class NodedEdges:
    """Edges that meet in their ends alone.

    Attributes
    ----------
    edges
        The pieces.
    touched
        Sorted owners of which an edge was divided or moved. That two rings of one polygon touch is no fault of its
        neighbours: an edge that was divided for that alone does not count.
    """

    edges: Edges
    touched: Ints


def node_edges(edges: Edges, *, reach: float, inside_out: bool = False, ringed: Ints | None = None) -> NodedEdges:
    """Divide edges where others touch or cross them.

    Parameters
    ----------
    edges
        All edges of valid polygons.
    reach
        Distance that the coordinates cannot tell from none, see `onemap.geo.edges.resolution`.
    inside_out
        Whether one of the polygons is taken for everything around it.
    ringed
        Owners that may have more than one ring; by default all.

    Examples
    --------
    >>> from shapely import box
    >>> from onemap.geo.edges import polygon_edges
    >>> noded = node_edges(polygon_edges(np.array([box(0, 0, 2, 2), box(1, 1, 3, 3)])), reach=1e-12)
    >>> len(noded.edges.ends), noded.touched.tolist()
    (12, [0, 1])
    """
    matched = match_edges(edges)
    bench = _Bench(matched, reach)
    stacked = _stacked(bench.pieces, inside_out=inside_out)
    if len(stacked):
        bench.take(lambda ends: _meeting(ends, stacked))
    touched = bench.touched()
    rings = _of_owners(matched, ringed)
    if rings.any():
        bench.take(lambda ends: np.ones(len(ends), dtype=bool), among=rings)
    return NodedEdges(join_edges(matched.uses(np.flatnonzero(~bench.busy)), bench.pieces), touched)


class _Bench:
    """Edges of which some are taken apart, at first those without partner and what is near them.

    Attributes
    ----------
    busy
        Which edges are taken apart.
    pieces
        What they are now.
    """

    def __init__(self, matched: MatchedEdges, reach: float) -> None:
        self._matched = matched
        self._reach = reach
        self.busy = ~matched.balanced
        lone = Lines(matched.ends[self.busy]).shapes
        calm = np.flatnonzero(~self.busy)
        if len(lone) and len(calm):
            near = shapely.STRtree(lone).query(Lines(matched.ends[calm]).shapes, predicate="dwithin", distance=reach)[0]
            self.busy[calm[np.unique(near)]] = True
        self._settle()

    def _settle(self) -> None:
        """Take the busy edges apart, and those with them of which a vertex moved."""
        while True:
            self._work = self._matched.uses(np.flatnonzero(self.busy))
            self.pieces, self._source = _divided(self._work, self._reach)
            rest = np.flatnonzero(~self.busy)
            gone = np.setdiff1d(_corners(self._work.ends), _corners(self.pieces.ends))
            hit = _with_corner(self._matched.ends[rest], gone)
            if not hit.any():
                return
            self.busy[rest[hit]] = True

    def take(self, doubtful: Callable[[Floats], Bools], *, among: Bools | None = None) -> None:
        """Take apart the doubtful edges that touch or cross another edge.

        Once is enough. Edges that do not cross are nearest to one another at an end, so one that comes near a crossing
        of two others crosses one of them or is touched itself.
        """
        calm = np.flatnonzero(~self.busy if among is None else ~self.busy & among)
        calm = calm[doubtful(self._matched.ends[calm])]
        if not len(calm):
            return
        pieces = bundle_edges(self.pieces).ends
        pieces = pieces[doubtful(pieces)]
        hit = _in_conflict(np.concatenate([self._matched.ends[calm], pieces]), self._reach)[: len(calm)]
        if hit.any():
            self.busy[calm[hit]] = True
            self._settle()

    def touched(self) -> Ints:
        """Return the sorted owners of which an edge was divided or moved."""
        work, source = self._work, self._source
        divided = np.bincount(source, minlength=len(work.ends)) != 1
        single = ~divided[source]
        divided[source[single]] = (self.pieces.ends[single] != work.ends[source[single]]).any(axis=1)
        return np.unique(work.owner[divided])


def _stacked(pieces: Edges, *, inside_out: bool) -> Shapes:
    """Return the faces between the edges without partner over which more than one polygon lies."""
    bundles = bundle_edges(pieces)
    change = bundles.lefts - bundles.rights
    ends = bundles.ends[change != 0]
    faces = polygons_between(ends)
    counts = count_covers(*faces_beside(ends, faces), change[change != 0], len(faces), around=int(inside_out))
    return np.asarray(faces[counts > 1], dtype=object)


def _meeting(ends: Floats, faces: Shapes) -> Bools:
    """Return which edges meet one of these faces."""
    found = near_faces(ends, faces)
    rows = np.flatnonzero(found)
    found[rows] = False
    found[rows[np.unique(Lines(ends[rows]).tree.query(faces, predicate="intersects")[1])]] = True
    return found


def _of_owners(matched: MatchedEdges, owners: Ints | None) -> Bools:
    """Return which edges have one of these polygons beside them."""
    if owners is None or not len(owners) or not len(matched):
        return np.full(len(matched), owners is None)
    wanted = np.zeros(int(max(matched.owner.max(), owners.max())) + 1, dtype=bool)
    wanted[owners] = True
    return np.asarray(np.logical_or.reduceat(wanted[matched.owner], matched.start[:-1]))


def _in_conflict(ends: Floats, reach: float) -> Bools:
    """Return which edges, none of them there twice, touch or cross another, and which have the vertex that touches."""
    lines = Lines(ends)
    corners = np.unique(_corners(ends))
    points = shapely.points(corners.view(np.float64).reshape(-1, 2))
    point, line = lines.tree.query(points, predicate="dwithin", distance=reach)
    inner = (corners[point, None] != _corners(ends)[line]).all(axis=1)
    found = _with_corner(ends, corners[point[inner]])
    found[line[inner]] = True
    one, other = _crossing(lines)
    found[one] = True
    found[other] = True
    return found


def _divided(edges: Edges, reach: float) -> tuple[Edges, Ints]:
    """Return the pieces of edges, and the edge that each comes from."""
    tied = bundle_edges(edges)  # edges on one line are divided alike, and the line once
    lines, line = Lines(tied.ends), tied.bundle
    source, left = np.arange(len(line)), edges.left
    crossings: Floats | None = None
    for _ in range(_ROUNDS):
        if not len(lines.ends):
            break
        cut = cut_lines(lines, reach=reach, also=crossings)
        still = len(cut.ends) == len(lines.ends) and not len(cut.stops)
        if not still:
            use, piece = cut.of_each(line)
            pieces = bundle_edges(Edges(cut.ends, cut.turned, cut.line))
            lines, line = Lines(pieces.ends), pieces.bundle[piece]
            source, left = source[use], left[use] ^ cut.turned[piece]
        if crossings is None or not still:  # those of lines that stayed as they are were found the round before
            crossings = _crossings(lines)
        if still and not len(crossings):
            break
    return Edges(lines.ends[line], left, edges.owner[source]), source


def _crossings(lines: Lines) -> Floats:
    """Return the points in which lines cross."""
    one, other = _crossing(lines)
    points = shapely.intersection(lines.shapes[one], lines.shapes[other])
    return np.unique(shapely.get_coordinates(points), axis=0)


def _crossing(lines: Lines) -> tuple[Ints, Ints]:
    """Return the pairs of lines that cross; those with an end in common do not."""
    one, other = lines.tree.query(lines.shapes)
    once = one < other
    one, other = one[once], other[once]
    ends = _corners(lines.ends)
    apart = np.ones(len(one), dtype=bool)
    for mine, theirs in product((0, 1), repeat=2):
        apart &= ends[one, mine] != ends[other, theirs]
    one, other = one[apart], other[apart]
    crossing = shapely.crosses(lines.shapes[one], lines.shapes[other])
    return one[crossing], other[crossing]


def _corners(ends: Floats) -> _Corners:
    return np.ascontiguousarray(ends).view(np.complex128)


def _with_corner(ends: Floats, corners: _Corners) -> Bools:
    """Return which edges have one of these vertices."""
    if not len(corners):
        return np.zeros(len(ends), dtype=bool)
    return np.asarray(np.isin(_corners(ends), corners).any(axis=1))
