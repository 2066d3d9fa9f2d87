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

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.cell_index import CellIndex
from onemap.geo.edges import Bools, Floats, Ints, polygon_edges
from onemap.geo.locator import CellLocator
from onemap.geo.near_edges import edges_near
from onemap.geo.raster import spread

_ULPS: Final = 64
"""Units in the last place of the largest coordinate within which a corner may lie on an edge."""
_OPEN: Final = 1e-9
"""Share of a polygon's area up to which pieces may fail to close, times its width."""
_MOST_ROWS: Final = 1 << 16
"""A polygon with more pairs of a side and an edge near it is left to GEOS."""
_AT_ONCE: Final = 1 << 17

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
class _Crossings:
    """Where sides and edges cross: pair and side, and how far along the edge and the side, from 0 to 1."""

    pair: Ints
    side: Ints
    on_edge: Floats
    on_side: Floats


def polygon_shares(shapes: Shapes, locator: CellLocator) -> Shares:
    """Return the shares of valid polygons, given in the plane in which areas are meant, by the cells of a locator."""
    return _in_portions(shapes, locator, _polygon_shares)


def line_shares(shapes: Shapes, locator: CellLocator) -> Shares:
    """Return the shares of lines, given in the plane in which lengths are meant."""
    return _in_portions(shapes, locator, _line_shares)


def _in_portions(shapes: Shapes, locator: CellLocator, rule: Any) -> Shares:
    """Take some shapes at a time: what is worked on together shall fit near the processor."""
    parts = []
    for start in range(0, len(shapes), _AT_ONCE):
        part = rule(shapes[start : start + _AT_ONCE], locator)
        parts.append((part.shape + start, part.cell, part.share, part.doubtful))
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return Shares(none, none, np.empty(0), np.empty(0, dtype=bool))
    return Shares(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _polygon_shares(shapes: Shapes, locator: CellLocator) -> Shares:
    boxes = shapely.bounds(shapes)
    margin = _margin(locator.index, boxes)
    near = edges_near(locator.index, boxes + [-margin, -margin, margin, margin])
    cell, doubtful = near.cell, near.large.copy()
    doubtful |= _near_invalid(locator, boxes)
    met = np.unique(near.box)
    unknown = np.flatnonzero((cell == -2) & ~doubtful)  # noqa: PLR2004 - edges near by
    sides = _sides_of(shapes, met)
    first = np.searchsorted(sides.owner, np.arange(len(shapes) + 1))
    rows = np.bincount(near.box, minlength=len(shapes)) * np.diff(first)
    doubtful |= rows > _MOST_ROWS
    kept = np.flatnonzero(~doubtful[near.box])
    box, edge = near.box[kept], near.edge[kept]
    crossings, inside, unsure = _cross(locator.index, sides, first, box, edge, boxes, margin)
    doubtful[unsure] = True
    cut = np.zeros(len(shapes), dtype=bool)
    cut[box[inside]] = True
    cut[box[crossings.pair]] = True
    plain = unknown[~cut[unknown]]
    corner = _corners(shapes, boxes, sides, first, plain)
    cell[plain], special = _located(locator, *corner)
    doubtful[plain[special]] = True
    whole = np.flatnonzero(~cut & ~doubtful & (cell >= 0))
    cut &= ~doubtful
    shape, part, amount, again = _integrals(locator, sides, crossings, inside, box, edge, boxes, cut)
    size = shapely.area(shapes)
    doubtful[again] = True
    kept = np.flatnonzero(~doubtful[shape])
    shape, part, amount = shape[kept], part[kept], amount[kept]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = amount / size[shape]
    return Shares(
        np.concatenate([whole, shape]),
        np.concatenate([cell[whole], part]),
        np.concatenate([np.ones(len(whole)), share]),
        doubtful,
    )


def _margin(index: CellIndex, boxes: Floats) -> float:
    """Return the distance within which rounding might decide."""
    raster = index.raster
    reach = max(abs(raster.west), abs(raster.south), float(np.abs(boxes).max(initial=0.0)))
    return float(_ULPS * np.spacing(reach))


def _near_invalid(locator: CellLocator, boxes: Floats) -> Bools:
    """Return which boxes meet the box of a cell that is not valid, and so is not in the index."""
    meets = np.zeros(len(boxes), dtype=bool)
    for west, south, east, north in shapely.bounds(locator.geometry[locator.invalid]).tolist():
        meets |= (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    return meets


def _sides_of(shapes: Shapes, rows: Ints) -> _Sides:
    edges = polygon_edges(shapes[rows])
    return _Sides(edges.ends, np.where(edges.left, 1.0, -1.0), rows[edges.owner])


def _corners(shapes: Shapes, boxes: Floats, sides: _Sides, first: Ints, rows: Ints) -> tuple[Floats, Floats]:
    """Return a point of each shape: a corner of one with sides at hand, of the others the corner of the box."""
    x, y = boxes[rows, 0].copy(), boxes[rows, 1].copy()
    sided = np.flatnonzero(first[rows + 1] > first[rows])
    corners = sides.ends[first[rows[sided]]]
    x[sided], y[sided] = corners[:, 0], corners[:, 1]
    return x, y


def _located(locator: CellLocator, x: Floats, y: Floats) -> tuple[Ints, Ints]:
    """Return the cells of points, and which points lie on a border or in several cells."""
    location = locator.look_up(x, y)
    return location.cell, np.unique(location.special.point)


def _cross(
    index: CellIndex, sides: _Sides, first: Ints, box: Ints, edge: Ints, boxes: Floats, margin: float
) -> tuple[_Crossings, Bools, Ints]:
    """Return crossings of edges with sides, pairs whose edge begins inside the shape, and shapes too close to call."""
    pair, number = spread(np.diff(first).take(box))
    side = first.take(box).take(pair) + number
    ax, ay, bx, by = sides.ends.take(side, axis=0).T
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


def _integrals(
    locator: CellLocator,
    sides: _Sides,
    crossings: _Crossings,
    inside: Bools,
    box: Ints,
    edge: Ints,
    boxes: Floats,
    cut: Bools,
) -> tuple[Ints, Ints, Floats, Ints]:
    """Return pairs of a cut shape and a cell, the area they have in common, and the shapes that do not add up."""
    shape, cell, ends, sign = _edge_pieces(locator.index, crossings, inside, box, edge, cut)
    of_sides, side, side_ends = _side_pieces(sides, crossings, cut)
    middle = (side_ends[:, :2] + side_ends[:, 2:]) / 2
    side_cell, special = _located(locator, middle[:, 0].copy(), middle[:, 1].copy())
    unclear = np.unique(of_sides[special])
    shape = np.concatenate([shape, of_sides])
    cell = np.concatenate([cell, side_cell])
    ends = np.concatenate([ends, side_ends])
    sign = np.concatenate([sign, sides.sign[side]])
    rows = np.flatnonzero(cell >= 0)
    shape, cell, sign = shape[rows], cell[rows], sign[rows]
    corner = boxes[:, :2].take(shape, axis=0)
    x1, y1 = (ends[rows, :2] - corner).T
    x2, y2 = (ends[rows, 2:] - corner).T
    pieces = (sign * (x1 * y2 - x2 * y1) / 2, sign * (x2 - x1), sign * (y2 - y1))
    key, group = np.unique((shape << 32) | cell, return_inverse=True)
    area, east, north = (np.bincount(group, weights=v, minlength=len(key)) for v in pieces)
    shape, cell = key >> 32, key & 0xFFFFFFFF
    wide = boxes[:, 2:].take(shape, axis=0) - boxes[:, :2].take(shape, axis=0)
    room = wide[:, 0] * wide[:, 1]
    loose = (np.abs(east) + np.abs(north)) * (wide[:, 0] + wide[:, 1]) > _OPEN * np.minimum(room, np.abs(area) + room)
    loose |= area < 0
    return shape, cell, area, np.union1d(unclear, shape[loose])


def _edge_pieces(
    index: CellIndex, crossings: _Crossings, inside: Bools, box: Ints, edge: Ints, cut: Bools
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the pieces of edges inside shapes, once for each cell beside the edge: shape, cell, ends and sign."""
    some = np.flatnonzero(cut[box])
    pair = np.concatenate([some, crossings.pair, some])
    along = np.concatenate([np.zeros(len(some)), crossings.on_edge, np.ones(len(some))])
    kept = cut[box[pair]]
    pair, along = pair[kept], along[kept]
    order = np.lexsort((along, pair))
    pair, along = pair[order], along[order]
    start = np.maximum.accumulate(np.where(np.diff(pair, prepend=-1) != 0, np.arange(len(pair)), 0))
    number = np.arange(len(pair)) - start
    # from its first end on an edge is inside and outside by turns
    piece = np.flatnonzero((pair[:-1] == pair[1:]) & (((number[:-1] & 1) == 1) != inside[pair[:-1]]))
    of = pair[piece]
    ends = _between(index.ends[edge[of]], along[piece], along[piece + 1])
    copy, use = spread((index.use[edge[of] + 1] - index.use[edge[of]]).astype(np.int64))
    use += index.use[edge[of]][copy]
    sign = np.where(index.left[use], 1.0, -1.0)
    return box[of][copy], index.owner[use].astype(np.int64), ends[copy], sign


def _side_pieces(sides: _Sides, crossings: _Crossings, cut: Bools) -> tuple[Ints, Ints, Floats]:
    """Return the pieces of the sides of cut shapes: shape, side and ends."""
    some = np.flatnonzero(cut[sides.owner])
    side = np.concatenate([some, crossings.side, some])
    along = np.concatenate([np.zeros(len(some)), crossings.on_side, np.ones(len(some))])
    kept = cut[sides.owner[side]]
    side, along = side[kept], along[kept]
    order = np.lexsort((along, side))
    side, along = side[order], along[order]
    piece = np.flatnonzero((side[:-1] == side[1:]) & (along[:-1] < along[1:]))
    of = side[piece]
    return sides.owner[of], of, _between(sides.ends[of], along[piece], along[piece + 1])


def _between(ends: Floats, start: Floats, stop: Floats) -> Floats:
    """Return the part of each line between two shares of it; 0 and 1 are its ends to the last bit."""
    first, last = ends[:, :2], ends[:, 2:]
    way = last - first
    begin = first + start[:, None] * way
    end = np.where((stop == 1)[:, None], last, first + stop[:, None] * way)
    return np.hstack([begin, end])


def _line_shares(shapes: Shapes, locator: CellLocator) -> Shares:
    points, index = shapely.get_coordinates(shapes, return_index=True)
    parts, of = shapely.get_parts(shapes, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    piece = np.flatnonzero((part[:-1] == part[1:]) & (points[:-1] != points[1:]).any(axis=1))
    ends = np.hstack([points[piece], points[piece + 1]])
    turn = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[turn] = ends[turn][:, [2, 3, 0, 1]]
    owner = of[part[piece]]
    sides = _Sides(ends, np.ones(len(ends)), np.arange(len(ends)))  # each segment is a shape of its own
    boxes = np.stack([ends[:, 0], ends[:, 1::2].min(axis=1), ends[:, 2], ends[:, 1::2].max(axis=1)], axis=1)
    margin = _margin(locator.index, boxes)
    near = edges_near(locator.index, boxes + [-margin, -margin, margin, margin])
    first = np.arange(len(ends) + 1)
    crossings, _, unsure = _cross(locator.index, sides, first, near.box, near.edge, boxes, margin)
    _, side, pieces = _side_pieces(sides, crossings, np.ones(len(ends), dtype=bool))
    middle = (pieces[:, :2] + pieces[:, 2:]) / 2
    cell, special = _located(locator, middle[:, 0].copy(), middle[:, 1].copy())
    doubtful = np.zeros(len(shapes), dtype=bool)
    doubtful[owner[unsure]] = True
    doubtful[owner[near.large | _near_invalid(locator, boxes)]] = True
    doubtful[owner[side[special]]] = True
    shape = owner[side]
    rows = np.flatnonzero((cell >= 0) & ~doubtful[shape])
    length = np.hypot(*(pieces[rows, 2:] - pieces[rows, :2]).T)
    key, group = np.unique((shape[rows] << 32) | cell[rows], return_inverse=True)
    amount = np.bincount(group, weights=length, minlength=len(key))
    shape, cell = key >> 32, key & 0xFFFFFFFF
    size = shapely.length(shapes)
    outside = np.zeros(len(shapes), dtype=bool)
    outside[owner[side[np.flatnonzero(_nowhere(locator, cell, middle, side))]]] = True
    return Shares(shape, cell, amount / size[shape], doubtful)
