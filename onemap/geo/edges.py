"""Edges of polygons, paired by their exact end points.

Two cells that meet properly share every edge: one has it on its left, the other on its right, and both name the
same two points to the last bit. Such an edge proves itself and needs no geometry. Only the edges that have no
partner (the outer border, and whatever is wrong) are left for the arrangement.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.ring_direction import are_counterclockwise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Whole = NDArray[np.integer[Any]]
T = TypeVar("T")

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
    parts, owner = polygons, np.arange(len(polygons))
    if (shapely.get_type_id(polygons) != _POLYGON).any():  # parts are copies: none where there is no need of them
        parts, owner = shapely.get_parts(polygons, return_index=True)
    portions = [slice(a, a + _PORTION) for a in range(0, len(parts), _PORTION)]
    sides = shapely.get_num_coordinates(parts) - (1 + shapely.get_num_interior_rings(parts))
    room = np.concatenate([[0], np.cumsum([sides[portion].sum() for portion in portions])]).astype(np.int64)
    made = Edges(np.empty((room[-1], 4)), np.empty(room[-1], dtype=bool), np.empty(room[-1], dtype=np.int64))

    def fill(number: int) -> int:
        target = made.take(slice(room[number], room[number + 1]))
        return _fill(target, parts[portions[number]], owner[portions[number]], inside_out=inside_out)

    filled = in_threads(fill, range(len(portions)))
    if sum(filled) == room[-1]:
        return made
    return join_edges(*(made.take(slice(a, a + n)) for a, n in zip(room[:-1], filled, strict=True)))


def in_threads(task: Callable[[int], T], numbers: Iterable[int]) -> list[T]:
    """Do a task for each number, on two processors where there are two."""
    numbers = list(numbers)
    if len(numbers) < _THREADS:
        return list(map(task, numbers))
    with ThreadPoolExecutor(_THREADS) as threads:
        return list(threads.map(task, numbers))


def _fill(target: Edges, polygons: NDArray[Any], owner: Ints, *, inside_out: bool) -> int:
    """Write the edges of some polygons to where there is room for them, and return how many there are."""
    points = shapely.get_coordinates(polygons)
    points += 0.0  # minus zero is zero: equal numbers must have equal bits
    first, shell, polygon = _ring_starts(polygons)
    inner_left = (are_counterclockwise(points, first) == shell) ^ inside_out
    x, y = points.T
    turn, level = x[:-1] > x[1:], np.flatnonzero(x[:-1] == x[1:])
    turn[level] = y[level] > y[level + 1]
    side = np.ones(len(points) - 1, dtype=bool)
    side[first[1:] - 1] = False
    side[level] &= y[level] != y[level + 1]
    rows = np.flatnonzero(side)
    corners = points.view(np.complex128)[:, 0]  # both coordinates move as one
    ends = target.ends.view(np.complex128)[: len(rows)]
    ends[:, 0] = np.where(turn, corners[1:], corners[:-1]).take(rows)
    ends[:, 1] = np.where(turn, corners[:-1], corners[1:]).take(rows)
    length = np.diff(first, append=len(points))
    target.left[: len(rows)] = (np.repeat(inner_left, length)[:-1] ^ turn).take(rows)
    target.owner[: len(rows)] = np.repeat(owner.take(polygon), length).take(rows)
    return len(rows)


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


def _ring_starts(polygons: NDArray[Any]) -> tuple[Ints, Bools, Ints]:
    """Return for each ring the number of its first point, whether it is a shell, and its polygon."""
    holes = shapely.get_num_interior_rings(polygons)
    polygon = np.repeat(np.arange(len(polygons)), holes + 1)
    shell = np.ones(len(polygon), dtype=bool)
    shell[1:] = polygon[1:] != polygon[:-1]
    length = shapely.get_num_coordinates(polygons).take(polygon)
    with_holes = np.flatnonzero(holes)
    if len(with_holes):  # rings are copies: only where they cannot be told otherwise
        rings = shapely.get_rings(polygons[with_holes])
        length[holes.take(polygon) > 0] = shapely.get_num_coordinates(rings)
    return np.cumsum(length) - length, shell, polygon


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
        return _balanced(self.left, self.start)

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
    order, new = _tie(edges.ends)
    first = np.flatnonzero(new)
    return MatchedEdges(
        edges.ends.take(order.take(first), axis=0),
        np.append(first, len(order)),
        edges.owner.take(order),
        edges.left.take(order),
    )


def _balanced(left: Bools, start: Whole) -> Bools:
    """Return where half of the uses from each start to the next one are left."""
    lefts = np.zeros(len(left) + 1, dtype=np.int32)
    np.cumsum(left, dtype=np.int32, out=lefts[1:])
    held = lefts.take(start)
    return np.asarray(2 * np.diff(held) == np.diff(start))


def lone_edges(edges: Edges) -> tuple[Edges, int]:
    """Return the edges that do not prove themselves, and how many places there are of those that do.

    Edges with exactly equal ends prove themselves where as many polygons lie left of them as right.

    Examples
    --------
    >>> from shapely import box
    >>> lone, shared = lone_edges(polygon_edges(np.array([box(0, 0, 1, 1), box(1, 0, 2, 1)])))
    >>> len(lone.ends), shared
    (6, 1)
    """
    if not len(edges.ends):
        return edges, 0
    order, new = _tie(edges.ends)
    first = np.flatnonzero(new)
    count = np.diff(first, append=len(order))
    balanced = _balanced(edges.left.take(order), np.append(first, len(order)))
    return edges.take(order[np.repeat(~balanced, count)]), int(balanced.sum())


def bundle_edges(edges: Edges) -> Bundles:
    """Tie edges with exactly equal ends together, and count on which sides the polygons lie."""
    order, new = _tie(edges.ends)
    bundle = np.empty(len(order), dtype=np.int64)
    bundle[order] = np.cumsum(new) - 1
    count = int(new.sum())
    lefts = np.bincount(bundle[edges.left], minlength=count)
    rights = np.bincount(bundle, minlength=count) - lefts
    return Bundles(edges.ends[order[new]], bundle, lefts, rights)


def _tie(ends: Floats) -> tuple[Ints, Bools]:
    """Return an order in which equal rows follow one another, and where a row of it differs from the one before.

    Sorting by a 64-bit hash of the four numbers is several times faster than sorting by the numbers, and faster still
    when the last bits of the hash give way to the number of the row. The first bits give way to strips from west to
    east, so that rows that are compared lie near one another in memory. Should different edges share what is left of
    the hash, the numbers decide.
    """
    count = len(ends)
    bits = np.uint64(max(count - 1, 1).bit_length())
    keys = _keys(ends, bits)
    keys.sort()
    order = (keys & ((np.uint64(1) << bits) - np.uint64(1))).view(np.int64)
    keys >>= bits
    new = _changes(ends, order)
    clash = np.flatnonzero(new[1:] & (keys[1:] == keys[:-1]))
    if len(clash):
        places = np.flatnonzero(np.isin(keys, keys[clash]))
        rows = order[places]
        order[places] = rows[np.lexsort((*ends[rows].T, keys[places]))]
        new = _changes(ends, order)
    return order, new


def _keys(ends: Floats, free: np.uint64) -> NDArray[np.uint64]:
    """Return for each row the strip of its smaller end, a hash, and in the ``free`` last bits the row's number."""
    west, east = (ends[:, 0].min(), ends[:, 0].max()) if len(ends) else (0.0, 0.0)
    share = (_STRIPS - 1) / (east - west) if east > west else 0.0
    bits = np.uint64(_STRIPS.bit_length() - 1)
    keys = np.empty(len(ends), dtype=np.uint64)

    def write(start: int) -> None:
        rows = ends[start : start + _ROWS]
        mixed = _hash(rows)
        mixed >>= bits
        mixed |= ((rows[:, 0] - west) * share).astype(np.uint64) << (np.uint64(64) - bits)
        mixed >>= free
        mixed <<= free
        mixed |= np.arange(start, start + len(rows), dtype=np.uint64)
        keys[start : start + _ROWS] = mixed

    in_threads(write, range(0, len(ends), _ROWS))
    return keys


def _changes(ends: Floats, order: Ints) -> Bools:
    """Return where a row differs from the one before, in this order."""
    new = np.ones(len(order), dtype=bool)

    def write(start: int) -> None:
        rows = ends.take(order[start - 1 : start + _ROWS], axis=0)
        differs = rows[1:] != rows[:-1]
        new[start : start + _ROWS] = differs.view(np.uint32)[:, 0] != 0  # four at once

    in_threads(write, range(1, len(order), _ROWS))
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
