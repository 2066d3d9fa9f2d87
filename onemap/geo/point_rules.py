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
from onemap.geo.orientation import exact_orientation, left_of, signs
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
        Whether the point lies on the edge.
    spans_node
        Whether the edge spans the height of the node.
    """

    place: Ints
    start: Ints
    edge: NDArray[np.int32]
    step: Steps
    touch: Bools
    spans_node: Bools


@dataclass(frozen=True)
class Listing:
    """Pairs of a point and a cell that holds it."""

    point: Ints
    cell: Ints
    on_border: Bools


@dataclass(frozen=True)
class Held:
    """Which cells hold points.

    Attributes
    ----------
    cell
        For each point the one cell that holds it, or -1.
    listing
        All cells of the points that lie on a border or in several cells.
    beside
        Points in or beside raster cells with edges, ascending; None where not asked for.
    """

    cell: Ints
    listing: Listing
    beside: Ints | None = None


def hold_points(index: CellIndex, x: Floats, y: Floats, *, beside: bool = False) -> Held:
    """Find the cells that hold points; say also which points may be near edges if asked for ``beside``."""
    raster = index.raster
    column, row = raster.columns_of(x), raster.rows_of(y)
    place = column * raster.rows + row
    cell = index.certain.take(place).astype(np.int64)
    near = np.flatnonzero(index.beside_edges.take(place)) if beside else None
    point = np.flatnonzero(cell < -1)
    record = -2 - cell[point]
    cell[point] = -1
    places = Places(point, record, *raster.nodes(column[point], row[point]))
    return Held(cell, _walk_to(index, places, x, y, cell), near)


def _walk_to(index: CellIndex, places: Places, x: Floats, y: Floats, cell: Ints) -> Listing:
    """Write the cells of points that need a walk into ``cell``; list those of points that are in several."""
    if not len(places.point):
        return list_cells(index, places, x, y)
    walk = walk_points(index, places, x, y)
    crossed = np.concatenate([[0], np.cumsum(index.change.take(walk.edge) * walk.step)])
    state = index.base.take(places.record) + np.diff(crossed[walk.start])
    touching = np.concatenate([[0], np.cumsum(walk.touch)])
    plain = ((state == 0) | ((state >= ONE) & (state < 2 * ONE))) & (np.diff(touching[walk.start]) == 0)
    cell[places.point[plain]] = np.where(state[plain] == 0, -1, state[plain] - (ONE + 1))
    return list_cells(index, places.take(np.flatnonzero(~plain)), x, y)


def walk_points(index: CellIndex, places: Places, x: Floats, y: Floats) -> Walk:
    """Walk from the nodes to the points, past the edges of their raster cells."""
    first = index.list_start.take(places.record)
    count = index.list_start.take(places.record + 1) - first
    place, number = spread(count)
    edge = index.list_edge.take(first.take(place) + number)
    ends = index.ends.take(edge, axis=0)
    x1, y1, x2, y2 = ends.T
    px, py = x.take(places.point).take(place), y.take(places.point).take(place)
    node_y = places.node_y.take(place)
    spans_point = (x1 <= px) != (x2 <= px)
    spans_node = (y1 <= node_y) != (y2 <= node_y)
    inside = (x1 <= px) & (px <= x2) & (np.minimum(y1, y2) <= py) & (py <= np.maximum(y1, y2))
    dx, dy = x2 - x1, y2 - y1
    across = dy * (px - x1)
    side, unsure = signs(dx * (py - y1), across)
    turn, unsure_turn = signs(dx * (node_y - y1), across)
    for sign, doubtful, height in (
        (side, unsure & (spans_point | inside), py),
        (turn, unsure_turn & (spans_point | spans_node), node_y),
    ):
        rows = np.flatnonzero(doubtful)
        if len(rows):
            sign[rows] = exact_orientation(ends[rows], px[rows], height[rows])
    turn_left = (turn > 0) | ((turn == 0) & (dx > 0))
    step = spans_node & turn_left
    step = step.astype(np.int8) + spans_point * ((side > 0).astype(np.int8) - turn_left)
    start = np.concatenate([[0], np.cumsum(count)])
    return Walk(place, start, edge, step, inside & (side == 0), spans_node)


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
    state = index.base.take(places.record) + np.diff(np.concatenate([[0], np.cumsum(change)])[walk.start])
    parts = [
        (walk.place[pair], index.owner[use].astype(np.int64), step, walk.touch[pair]),
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
