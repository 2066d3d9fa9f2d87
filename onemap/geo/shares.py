"""How much of a polygon or line lies in each cell, from the edges near it alone.

The area of a region is an integral along its border (G. Green, 1828; as a sum over corners: the surveyor's formula).
The border of what a polygon and a cell have in common consists of the pieces of the polygon's sides that lie in the
cell, and of the pieces of the cell's edges that lie in the polygon. So no intersection has to be built: both kinds of
pieces are cut at the crossings, each is given to its cell, and the integrals add up. A line has pieces of the first
kind only, and lengths in the place of integrals.

Nothing is guessed. Where a corner lies so close to an edge that rounding might decide, where a piece lies in several
cells, or where the pieces given to one cell do not close (the sum of their vectors must vanish), the shape is
*doubtful* and left to GEOS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.cell_index import CellIndex
from onemap.geo.edges import Bools, Floats, Ints, in_threads, polygon_edges
from onemap.geo.locator import CellLocator
from onemap.geo.near_edges import UNKNOWN, NearEdges, edges_near
from onemap.geo.raster import spread

_ULPS: Final = 64
"""Units in the last place of the largest coordinate within which a corner may lie on an edge."""
_OPEN: Final = 1e-9
"""Share of a polygon's area up to which pieces may fail to close, times its width."""
_CLOSED: Final = 1e-12
"""Difference from 1 that is rounding where no edge runs through a shape."""
_MOST_ROWS: Final = 1 << 16
"""A polygon with more pairs of a side and an edge near it is left to GEOS."""
_AT_ONCE: Final = 1 << 16

Shapes = NDArray[Any]


@dataclass(frozen=True)
class Shares:
    """Parts of shapes in cells.

    Attributes
    ----------
    shape, cell
        The pairs.
    share
        The part of the shape in the cell, exactly 1 where the cell holds all of it.
    doubtful
        Shapes without pairs, of which nothing is said.
    """

    shape: Ints
    cell: Ints
    share: Floats
    doubtful: Bools


@dataclass(frozen=True)
class _Sides:
    """Sides of shapes; ``sign`` is 1 where the inside lies left of the side, else -1."""

    ends: Floats
    sign: Floats
    owner: Ints


@dataclass(frozen=True)
class _Meeting:
    """Shapes among edges.

    Attributes
    ----------
    sides, first
        The sides at hand, and where those of each shape begin.
    shape, edge
        Pairs of a shape and an edge near it.
    boxes
        West, south, east and north of each shape.
    """

    sides: _Sides
    first: Ints
    shape: Ints
    edge: Ints
    boxes: Floats


@dataclass(frozen=True)
class _Pieces:
    """Pieces of the border of what a shape and a cell have in common; the inside is left where the sign is 1."""

    shape: Ints
    cell: Ints
    ends: Floats
    sign: Floats

    def join(self, other: "_Pieces") -> "_Pieces":
        """Return the pieces of both."""
        return _Pieces(
            np.concatenate([self.shape, other.shape]),
            np.concatenate([self.cell, other.cell]),
            np.concatenate([self.ends, other.ends]),
            np.concatenate([self.sign, other.sign]),
        )


@dataclass(frozen=True)
class _Crossings:
    """Where sides and edges cross: pair and side, and how far along the edge and the side, from 0 to 1."""

    pair: Ints
    side: Ints
    on_edge: Floats
    on_side: Floats


def polygon_shares(shapes: Shapes, boxes: Floats, size: Floats, locator: CellLocator) -> Shares:
    """Return the shares of valid polygons of these bounds and areas, given in the plane in which areas are meant."""
    return _in_portions(len(shapes), lambda part: _polygon_shares(shapes[part], boxes[part], size[part], locator))


def line_shares(shapes: Shapes, size: Floats, locator: CellLocator) -> Shares:
    """Return the shares of lines of these lengths, given in the plane in which lengths are meant."""
    return _in_portions(len(shapes), lambda part: _line_shares(shapes[part], size[part], locator))


def _in_portions(count: int, rule: Callable[[slice], Shares]) -> Shares:
    """Take some shapes at a time: what is worked on together shall fit near the processor."""

    def portion(start: int) -> tuple[Ints, Ints, Floats, Bools]:
        part = rule(slice(start, start + _AT_ONCE))
        return part.shape + start, part.cell, part.share, part.doubtful

    parts = in_threads(portion, range(0, count, _AT_ONCE))
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return Shares(none, none, np.empty(0), np.empty(0, dtype=bool))
    return Shares(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _polygon_shares(shapes: Shapes, boxes: Floats, size: Floats, locator: CellLocator) -> Shares:
    near, doubtful = _surroundings(locator, boxes)
    sides = _sides_of(shapes, near.box[np.flatnonzero(np.diff(near.box, prepend=-1))])
    first = np.searchsorted(sides.owner, np.arange(len(shapes) + 1))
    doubtful |= np.bincount(near.box, minlength=len(shapes)) * np.diff(first) > _MOST_ROWS
    kept = np.flatnonzero(~doubtful[near.box])
    meeting = _Meeting(sides, first, near.box[kept], near.edge[kept], boxes)
    crossings, inside, unsure = _cross(locator.index, meeting)
    doubtful[unsure] = True
    cut = np.zeros(len(shapes), dtype=bool)
    cut[meeting.shape[inside]] = True
    cut[meeting.shape[crossings.pair]] = True
    # the parts of one shape may lie in several cells without any edge through them
    apart = ~cut & (first[1:] > first[:-1])
    apart[apart] = shapely.get_num_geometries(shapes[apart]) > 1
    cell = near.cell
    alone = np.flatnonzero((cell == UNKNOWN) & ~cut & ~apart & ~doubtful)
    cell[alone], special = _located(locator, *_corners(meeting, alone))
    doubtful[alone[special]] = True
    whole = np.flatnonzero(~cut & ~apart & ~doubtful & (cell >= 0))
    pieces, unclear = _all_pieces(locator, meeting, crossings, inside, (cut | apart) & ~doubtful)
    doubtful[unclear] = True
    shape, part, amount, unclosed = _areas(pieces, boxes, size)
    doubtful[unclosed] = True
    kept = np.flatnonzero(~doubtful[shape])
    shape, part, amount = shape[kept], part[kept], amount[kept]
    share = amount / size[shape]
    share[apart[shape] & (np.abs(share - 1) < _CLOSED)] = 1.0
    return Shares(
        np.concatenate([whole, shape]),
        np.concatenate([cell[whole], part]),
        np.concatenate([np.ones(len(whole)), share]),
        doubtful,
    )


def _surroundings(locator: CellLocator, boxes: Floats) -> tuple[NearEdges, Bools]:
    """Return the edges near boxes, and the boxes that are too large or near cells that are not valid."""
    margin = _margin(locator.index, boxes)
    near = edges_near(locator.index, boxes + np.array([-margin, -margin, margin, margin]))
    doubtful = near.large.copy()
    for west, south, east, north in shapely.bounds(locator.geometry[locator.invalid]).tolist():
        doubtful |= (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    return near, doubtful


def _margin(index: CellIndex, boxes: Floats) -> float:
    """Return the distance within which rounding might decide."""
    raster = index.raster
    reach = max(abs(raster.west), abs(raster.south), float(np.abs(boxes).max(initial=0.0)))
    return float(_ULPS * np.spacing(reach))


def _sides_of(shapes: Shapes, rows: Ints) -> _Sides:
    edges = polygon_edges(shapes[rows])
    return _Sides(edges.ends, np.where(edges.left, 1.0, -1.0), rows[edges.owner])


def _corners(meeting: _Meeting, rows: Ints) -> tuple[Floats, Floats]:
    """Return a point of each shape: a corner of one with sides at hand, of the others the corner of the box."""
    x, y = meeting.boxes[rows, 0].copy(), meeting.boxes[rows, 1].copy()
    first = meeting.first
    sided = np.flatnonzero(first[rows + 1] > first[rows])
    corners = meeting.sides.ends[first[rows[sided]]]
    x[sided], y[sided] = corners[:, 0], corners[:, 1]
    return x, y


def _located(locator: CellLocator, x: Floats, y: Floats) -> tuple[Ints, Ints]:
    """Return the cells of points, and which points lie on a border or in several cells."""
    location = locator.look_up(x, y)
    return location.cell, np.unique(location.special.point)


def _cross(index: CellIndex, meeting: _Meeting) -> tuple[_Crossings, Bools, Ints]:
    """Return crossings of edges with sides, pairs whose edge begins inside the shape, and shapes too close to call."""
    first, box, edge, boxes = meeting.first, meeting.shape, meeting.edge, meeting.boxes
    margin = _margin(index, boxes)
    pair, number = spread(np.diff(first).take(box))
    side = first.take(box).take(pair) + number
    ax, ay, bx, by = meeting.sides.ends.take(side, axis=0).T
    px, py, qx, qy = index.ends.take(edge, axis=0).T
    px, py, qx, qy = (v.take(pair) for v in (px, py, qx, qy))
    above, below = np.maximum(ay, by), np.minimum(ay, by)
    close = (ax <= qx + margin) & (bx >= px - margin)
    close &= (below <= np.maximum(py, qy) + margin) & (above >= np.minimum(py, qy) - margin)
    beside = ((ay > py) != (by > py)) & (bx >= px)
    rows = np.flatnonzero(close | beside)
    pair, side, close, beside = pair[rows], side[rows], close[rows], beside[rows]
    corner_x, corner_y = boxes[:, 0].take(box.take(pair)), boxes[:, 1].take(box.take(pair))
    ax, ay, bx, by, px, py, qx, qy = (
        v.take(rows) - c for v, c in zip((ax, ay, bx, by, px, py, qx, qy), (corner_x, corner_y) * 4, strict=True)
    )
    dx, dy, ux, uy = bx - ax, by - ay, qx - px, qy - py
    begin, end = dx * (py - ay) - dy * (px - ax), dx * (qy - ay) - dy * (qx - ax)
    there, here = ux * (ay - py) - uy * (ax - px), ux * (by - py) - uy * (bx - px)
    # begin and end by the length of the side, there and here by that of the edge, are distances
    side_margin, edge_margin = margin * (np.abs(dx) + np.abs(dy)), margin * (np.abs(ux) + np.abs(uy))
    least = np.minimum(np.abs(begin), np.abs(end)) <= side_margin
    least |= np.minimum(np.abs(there), np.abs(here)) <= edge_margin
    unsure = np.unique(box[pair[close & least]])
    odd = pair[beside & ((begin > 0) == (dy > 0))]
    inside = (np.bincount(odd, minlength=len(box)) & 1).astype(bool)
    met = np.flatnonzero(close & ((begin > 0) != (end > 0)) & ((there > 0) != (here > 0)))
    begin, end, there, here = begin[met], end[met], there[met], here[met]
    crossings = _Crossings(pair[met], side[met], begin / (begin - end), there / (there - here))
    return crossings, inside, unsure


def _all_pieces(
    locator: CellLocator, meeting: _Meeting, crossings: _Crossings, inside: Bools, cut: Bools
) -> tuple[_Pieces, Ints]:
    """Return the border of what cut shapes and cells have in common, and the shapes with pieces in several cells."""
    edges = _edge_pieces(locator.index, meeting, crossings, inside, cut)
    sides, unclear = _pieces_in_cells(locator, _side_pieces(meeting.sides, crossings, cut))
    return edges.join(sides), unclear


def _pieces_in_cells(locator: CellLocator, sides: _Sides) -> tuple[_Pieces, Ints]:
    """Give each piece of a side to its cell, and return the shapes of which a piece lies on a border or in several."""
    middle = (sides.ends[:, :2] + sides.ends[:, 2:]) / 2
    cell, special = _located(locator, middle[:, 0].copy(), middle[:, 1].copy())
    return _Pieces(sides.owner, cell, sides.ends, sides.sign), np.unique(sides.owner[special])


def _areas(pieces: _Pieces, boxes: Floats, size: Floats) -> tuple[Ints, Ints, Floats, Ints]:
    """Return pairs of a shape and a cell, the area they have in common, and the shapes whose pieces do not close."""
    rows = np.flatnonzero(pieces.cell >= 0)
    shape, cell, sign = pieces.shape[rows], pieces.cell[rows], pieces.sign[rows]
    corner = boxes[:, :2].take(shape, axis=0)
    x1, y1 = (pieces.ends[rows, :2] - corner).T
    x2, y2 = (pieces.ends[rows, 2:] - corner).T
    sums = (sign * (x1 * y2 - x2 * y1) / 2, sign * (x2 - x1), sign * (y2 - y1))
    key, group = np.unique((shape << 32) | cell, return_inverse=True)
    area, east, north = (np.bincount(group, weights=v, minlength=len(key)).astype(np.float64) for v in sums)
    shape, cell = _parted(key)
    width = (boxes[:, 2:] - boxes[:, :2]).sum(axis=1)
    open_ = (np.abs(east) + np.abs(north)) * width[shape] > _OPEN * size[shape]
    return shape, cell, area, np.unique(shape[open_ | (area < 0)])


def _parted(key: Ints) -> tuple[Ints, Ints]:
    """Return the two numbers that were put into one."""
    return key >> np.int64(32), key & np.int64(0xFFFFFFFF)


def _edge_pieces(index: CellIndex, meeting: _Meeting, crossings: _Crossings, inside: Bools, cut: Bools) -> _Pieces:
    """Return the pieces of edges inside cut shapes, once for each cell beside the edge."""
    box, edge = meeting.shape, meeting.edge
    crossed, pair, start, stop, number = _parts_of(crossings.pair, crossings.on_edge, cut[box])
    # from its first end on an edge is inside and outside by turns
    kept = np.flatnonzero(((number & 1) == 1) != inside[pair])
    whole = np.flatnonzero(cut[box] & inside & ~crossed)
    of = np.concatenate([pair[kept], whole])
    ends = np.concatenate([_between(index.ends[edge[pair[kept]]], start[kept], stop[kept]), index.ends[edge[whole]]])
    order = np.argsort(of, kind="stable")
    of, ends = of[order], ends.take(order, axis=0)
    copy, use = spread((index.use[edge[of] + 1] - index.use[edge[of]]).astype(np.int64))
    use += index.use[edge[of]][copy]
    sign = np.where(index.left[use], 1.0, -1.0)
    return _Pieces(box[of][copy], index.owner[use].astype(np.int64), ends.take(copy, axis=0), sign)


def _side_pieces(sides: _Sides, crossings: _Crossings, cut: Bools) -> _Sides:
    """Return the sides of cut shapes, cut where edges cross them."""
    wanted = cut.take(sides.owner)
    crossed, side, start, stop, _ = _parts_of(crossings.side, crossings.on_side, wanted)
    long = np.flatnonzero(start < stop)
    side = side[long]
    parted = _between(sides.ends.take(side, axis=0), start[long], stop[long])
    pieces = (wanted & ~crossed).astype(np.int64)
    pieces += np.bincount(side, minlength=len(pieces))
    of, _ = spread(pieces)
    ends = sides.ends.take(of, axis=0)
    ends[crossed[of]] = parted
    return _Sides(ends, sides.sign.take(of), sides.owner.take(of))


def _parts_of(line: Ints, along: Floats, wanted: Bools) -> tuple[Bools, Ints, Floats, Floats, Ints]:
    """Cut wanted lines where they are crossed.

    Return which are crossed; and of their parts, in order, the line, where along it from 0 to 1 the part begins and
    ends, and its number from 0.
    """
    kept = np.flatnonzero(wanted[line])
    line, along = line[kept], along[kept]
    crossed = np.zeros(len(wanted), dtype=bool)
    crossed[line] = True
    some = np.flatnonzero(crossed)
    order = np.argsort(line, kind="stable")  # swift: they nearly are in order
    count = np.bincount(line, minlength=len(wanted)).take(some)
    many = np.flatnonzero(np.repeat(count > 1, count))
    order[many] = order[many][np.lexsort((along[order[many]], line[order[many]]))]
    along = along.take(order)
    of, number = spread(count + 1)
    start, stop = np.zeros(len(of)), np.ones(len(of))
    start[number > 0] = along
    stop[number < count.take(of)] = along
    return crossed, some.take(of), start, stop, number


def _between(ends: Floats, start: Floats, stop: Floats) -> Floats:
    """Return the part of each line between two shares of it; 0 and 1 are its ends to the last bit."""
    first, last = ends[:, :2], ends[:, 2:]
    way = last - first
    begin = first + start[:, None] * way
    end = np.where((stop == 1)[:, None], last, first + stop[:, None] * way)
    return np.hstack([begin, end])


def _line_shares(shapes: Shapes, size: Floats, locator: CellLocator) -> Shares:
    segments, owner = _segments(shapes)
    boxes = np.stack(
        [*segments[:, :1].T, segments[:, 1::2].min(axis=1), *segments[:, 2:3].T, segments[:, 1::2].max(axis=1)], axis=1
    )
    near, unclear = _surroundings(locator, boxes)
    numbers = np.arange(len(segments))  # each segment is a shape of its own
    sides = _Sides(segments, np.ones(len(segments)), numbers)
    crossings, _, unsure = _cross(
        locator.index, _Meeting(sides, np.arange(len(segments) + 1), near.box, near.edge, boxes)
    )
    pieces, special = _pieces_in_cells(locator, _side_pieces(sides, crossings, np.ones(len(segments), dtype=bool)))
    unclear[unsure] = True
    unclear[special] = True
    doubtful = np.zeros(len(shapes), dtype=bool)
    doubtful[owner[unclear]] = True
    shape = owner[pieces.shape]
    left_out = np.zeros(len(shapes), dtype=bool)
    left_out[shape[pieces.cell < 0]] = True
    rows = np.flatnonzero((pieces.cell >= 0) & ~doubtful[shape])
    length = np.hypot(*(pieces.ends[rows, 2:] - pieces.ends[rows, :2]).T)
    key, group = np.unique((shape[rows] << 32) | pieces.cell[rows], return_inverse=True)
    amount = np.bincount(group, weights=length, minlength=len(key))
    shape, cell = _parted(key)
    whole = ~left_out[shape] & (np.bincount(shape, minlength=len(shapes))[shape] == 1)
    share = np.where(whole, 1.0, amount / size[shape])
    return Shares(shape, cell, share, doubtful)


def _segments(shapes: Shapes) -> tuple[Floats, Ints]:
    """Return the segments of lines, each from its smaller end to its larger, and the lines they belong to."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    rows = np.flatnonzero((part[:-1] == part[1:]) & (points[:-1] != points[1:]).any(axis=1))
    ends = np.hstack([points[rows], points[rows + 1]])
    turn = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[turn] = ends[turn][:, [2, 3, 0, 1]]
    return ends, of[part[rows]]
