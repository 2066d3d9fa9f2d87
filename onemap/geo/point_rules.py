"""Which cells hold points, by a `CellIndex`: look-up in certain raster cells, a short walk in the others.

The walk leads from the node of the raster cell, east along its lower border to below the point, and up to the point::

        +-----------------+
        |       ::        |          up:    edges that span the point's x, with the point on one side
        |        ::  p    |                 and the turn q on the other
        |         :: |    |          east:  edges that span the node's y, with the node on one side
        |          ::|    |                 and the turn on the other
        |           ::    |
        N------------q::--+

Whether an edge is crossed depends on which side of it N, q and p lie, and that is decided exactly. Where a turn lies
on an edge, or a way runs along one, the rule is that of a way moved a little: all of it by a small step north, the way
up also by a much smaller one east. An edge that spans x from ``x1`` to ``x2`` then counts from ``x1`` on and up to but
not at ``x2``; a point on the line of an edge lies left of it where the edge leads east. Points on an edge themselves
are on a border: their cells are listed one by one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onemap.geo.cell_index import ONE, CellIndex
from onemap.geo.edges import Bools, Floats, Ints
from onemap.geo.orientation import exact_orientation, left_of, likely_left
from onemap.geo.raster import spread

Steps = NDArray[np.int8]


@dataclass(frozen=True)
class Places:
    """Points in raster cells with a record.

    Attributes
    ----------
    point
        Their numbers.
    record
        Their raster cells' records.
    node_x, node_y
        Nodes of the raster cells.
    """

    point: Ints
    record: Ints
    node_x: Floats
    node_y: Floats

    def take(self, rows: Ints) -> "Places":
        """Return some of the points."""
        return Places(self.point[rows], self.record[rows], self.node_x[rows], self.node_y[rows])


@dataclass(frozen=True)
class Walk:
    """Pairs of a point and an edge of its raster cell.

    Attributes
    ----------
    place
        Row of the point among the `Places`.
    start
        Where the pairs of each point begin; one number more than there are points.
    edge
        The edge.
    step
        How often the way crosses the edge from right to left.
    touch
        Rows of the pairs whose point lies on the edge.
    spans_node
        Whether the edge spans the height of the node.
    """

    place: Ints
    start: Ints
    edge: NDArray[np.int32]
    step: Steps
    touch: Ints
    spans_node: Bools


@dataclass(frozen=True)
class Listing:
    """Pairs of a point and a cell that holds it."""

    point: Ints
    cell: Ints
    on_border: Bools


@dataclass(frozen=True)
class Held:
    """What is known of points besides the cell that holds each of them.

    Attributes
    ----------
    listing
        All cells of the points that lie on a border or in several cells.
    near
        Points that may be within reach of an edge, ascending; None where not asked for.
    """

    listing: Listing
    near: Ints | None = None


def hold_points(index: CellIndex, x: Floats, y: Floats, cell: Ints, *, reach: float | None = None) -> Held:
    """Find the cells that hold points.

    Parameters
    ----------
    index
        The cells.
    x, y
        Points.
    cell
        Where the one cell that holds each point is written, -1 for none.
    reach
        Say also which points may be this near to an edge; less than the width of a raster cell.
    """
    raster = index.raster
    across, along = raster.across(x), raster.along(y)
    column, row = np.floor(across), np.floor(along)
    place = (column * raster.rows + row).astype(np.int64)
    found = index.certain.take(place)
    uncertain = found < -1
    point = np.flatnonzero(uncertain)
    record = -2 - found[point].astype(np.int64)
    found[point] = -1
    cell[:] = found
    places = Places(point, record, *raster.nodes(column[point], row[point]))
    listing = _walk_to(index, places, x, y, cell)
    if reach is None:
        return Held(listing)
    # within a raster cell without edges, near is what lies at its rim where one beside it has edges
    across -= column
    along -= row
    rim = _near_rim(across, along, (reach + 4 * raster.margin) / raster.size)
    uncertain[rim[index.beside_edges.take(place.take(rim))]] = True
    return Held(listing, np.flatnonzero(uncertain))


def _near_rim(across: Floats, along: Floats, share: float) -> Ints:
    """Return the places that are up to this share of a raster cell's width from its rim; the arrays are used up."""
    across -= 0.5
    along -= 0.5
    off_middle = np.maximum(np.abs(across, out=across), np.abs(along, out=along), out=across)
    return np.flatnonzero(off_middle >= 0.5 - share)


def _walk_to(index: CellIndex, places: Places, x: Floats, y: Floats, cell: Ints) -> Listing:
    """Write the cells of points that need a walk into ``cell``; list those of points that are in several."""
    if not len(places.point):
        return list_cells(index, places, x, y)
    walk = walk_points(index, places, x, y)
    state = index.base.take(places.record) + _sums(index.change.take(walk.edge) * walk.step, walk.start)
    alone = (state >= ONE) & (state < 2 * ONE)
    plain = alone | (state == 0)
    plain[walk.place[walk.touch]] = False
    cell[places.point[plain]] = np.where(alone, state - (ONE + 1), -1)[plain]
    return list_cells(index, places.take(np.flatnonzero(~plain)), x, y)


def _sums(values: Ints, start: Ints) -> Ints:
    """Return the sum of the values of each list."""
    total = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=total[1:])
    return np.diff(total.take(start))


def walk_points(index: CellIndex, places: Places, x: Floats, y: Floats) -> Walk:
    """Walk from the nodes to the points, past the edges of their raster cells."""
    first = index.list_start.take(places.record)
    count = index.list_start.take(places.record + 1) - first
    start = np.zeros(len(count) + 1, dtype=np.int64)
    np.cumsum(count, out=start[1:])
    place = np.repeat(np.arange(len(count)), count)
    member = np.repeat(first - start[:-1], count)
    member += np.arange(len(place))
    edge = index.list_edge.take(member)
    x1, y1, x2, y2 = index.ends.take(edge, axis=0).T
    px, py = x.take(places.point).take(place), y.take(places.point).take(place)
    node_y = places.node_y.take(place)
    spans_point = (x1 <= px) != (x2 <= px)
    spans_node = (y1 <= node_y) != (y2 <= node_y)
    dx, dy = x2 - x1, y2 - y1
    across = dy * (px - x1)
    left, close = likely_left(dx * (py - y1), across)
    turn_left, close_turn = likely_left(dx * (node_y - y1), across)
    touch = close
    if len(close):
        ends, at_x, at_y = index.ends[edge[close]], px[close], py[close]
        inside = _in_box(ends, at_x, at_y)
        asked = np.flatnonzero(inside | spans_point[close])
        side = exact_orientation(ends[asked], at_x[asked], at_y[asked])
        left[close[asked]] = side > 0
        touch = close[asked[inside[asked] & (side == 0)]]
    close_turn = close_turn[spans_point[close_turn] | spans_node[close_turn]]
    if len(close_turn):
        turn_left[close_turn] = left_of(index.ends[edge[close_turn]], px[close_turn], node_y[close_turn])
    step = (spans_node & turn_left).view(np.int8)
    step += spans_point.view(np.int8) * (left.view(np.int8) - turn_left.view(np.int8))
    return Walk(place, start, edge, step, touch, spans_node)


def _in_box(ends: Floats, x: Floats, y: Floats) -> Bools:
    """Return which points lie in the bounding boxes of edges, rim included."""
    x1, y1, x2, y2 = ends.T
    return np.asarray((x1 <= x) & (x <= x2) & (np.minimum(y1, y2) <= y) & (y <= np.maximum(y1, y2)))


def list_cells(index: CellIndex, places: Places, x: Floats, y: Floats) -> Listing:
    """Return every pair of a point and a cell that holds it, for points of which one sum does not tell enough."""
    if not len(places.point):
        none = np.empty(0, dtype=np.int64)
        return Listing(none, none, np.empty(0, dtype=bool))
    walk = walk_points(index, places, x, y)
    before = _passed_before(index, places, walk)
    pair, use = spread(np.diff(index.use)[walk.edge].astype(np.int64))
    use += index.use[walk.edge][pair]
    step = (walk.step - before)[pair] * np.where(index.left[use], 1, -1)
    change = index.change.take(walk.edge) * before
    state = index.base.take(places.record) + _sums(change, walk.start)
    touching = np.zeros(len(walk.edge), dtype=bool)
    touching[walk.touch] = True
    parts = [
        (walk.place[pair], index.owner[use].astype(np.int64), step, touching[pair]),
        *_cells_of_nodes(index, places.record, state),
    ]
    place, cell, step, touch = (np.concatenate(values) for values in zip(*parts, strict=True))
    cells = int(cell.max(initial=0)) + 1
    key, group = np.unique(place * cells + cell, return_inverse=True)
    level = np.zeros(len(key), dtype=np.int64)
    np.add.at(level, group, step)
    on_border = np.zeros(len(key), dtype=bool)
    on_border[group[touch]] = True
    held = np.flatnonzero((level > 0) | on_border)
    place, cell = np.divmod(key[held], cells)
    return Listing(places.point[place], cell, on_border[held])


def _passed_before(index: CellIndex, places: Places, walk: Walk) -> Steps:
    """Return 1 for the edges that span the node's height and have the node on their left: the base leaves them out."""
    before = np.zeros(len(walk.edge), dtype=np.int8)
    rows = np.flatnonzero(walk.spans_node)
    place = walk.place[rows]
    before[rows] = left_of(index.ends[walk.edge[rows]], places.node_x[place], places.node_y[place])
    return before


def _cells_of_nodes(index: CellIndex, record: Ints, state: Ints) -> list[tuple[Ints, Ints, Ints, Bools]]:
    """Return rows, cells and levels of the cells that hold nodes with these states."""
    alone = np.flatnonzero((state >= ONE) & (state < 2 * ONE))
    several = np.flatnonzero((state != 0) & ((state < ONE) | (state >= 2 * ONE)))
    crowd = np.searchsorted(index.crowd, record[several])
    first = index.crowd_start[crowd]
    row, number = spread((index.crowd_start[crowd + 1] - first).astype(np.int64))
    member = first[row] + number
    parts = [
        (alone, state[alone] - (ONE + 1), np.ones(len(alone), dtype=np.int64)),
        (several[row], index.crowd_cell[member].astype(np.int64), index.crowd_level[member].astype(np.int64)),
    ]
    return [(row, cell, level, np.zeros(len(row), dtype=bool)) for row, cell, level in parts]
