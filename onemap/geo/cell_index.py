"""The raster of certain cells: what `CellLocator` keeps of its cells.

Crossing an edge from its right to its left, a point enters the cells that have the edge on their left and leaves
those that have it on their right. Cells are added up as numbers: cell ``c`` counts ``ONE + c + 1``. The sum over the
cells that hold a point, its *state*, is 0 in no cell, tells the cell where there is one, and tells that there are
several where there are more. Since sums do not depend on the order of the summands, the state of a point is the state
of any other plus the changes of the edges that any way between them crosses.

So the state of each node of a raster is a running sum along its column. Raster cells that no edge touches have one
state all over and are *certain*. The others have a record: the list of their edges and the state of their node.
"""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.edges import Bools, Floats, Ints, MatchedEdges, in_threads, match_edges, polygon_edges
from onemap.geo.orientation import left_of
from onemap.geo.raster import EdgeLists, Raster, gather_lists, lay_raster, spread, touch_pairs, touches

ONE: Final = 1 << 40
"""What one cell adds to a state, apart from its number."""

Int32s = NDArray[np.int32]

# What is worked on together shall fit near the processor: edges, nodes, records.
_EDGES_AT_ONCE: Final = 1 << 16
_NODES_AT_ONCE: Final = 1 << 17
_RECORDS_AT_ONCE: Final = 1 << 16
_MOST_STRIPS: Final = 1 << 8


@dataclass(frozen=True)
class CellIndex:
    """Arrays that answer which cells hold a point.

    Attributes
    ----------
    raster
        The grid.
    certain
        For each raster cell, column by column: the one cell that holds all of it, -1 for none, or -2 minus the number
        of its record.
    ends, change
        The matched edges, and what crossing each from right to left adds to the state.
    use, owner, left
        The sides of the polygons, as in `MatchedEdges`.
    base
        For each record the state of its node, less what edges that cross the raster cell's lower border and have the
        node on their left add: see `onemap.geo.point_rules`.
    list_start, list_edge
        For each record the edges that touch the raster cell.
    crowd, crowd_start, crowd_cell, crowd_level
        Records whose node lies in several cells, ascending, and those cells with how often each holds the node.
    """

    raster: Raster
    certain: Int32s
    ends: Floats
    change: Ints
    use: Int32s
    owner: Int32s
    left: Bools
    base: Ints
    list_start: Int32s
    list_edge: Int32s
    crowd: Int32s
    crowd_start: Int32s
    crowd_cell: Int32s
    crowd_level: Int32s

    @property
    def edges(self) -> MatchedEdges:
        """The matched edges; owners are positions among all cells."""
        return MatchedEdges(self.ends, self.use, self.owner, self.left)

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "raster"}

    @cached_property
    def beside_edges(self) -> Bools:
        """For each raster cell whether it or one of the eight around it has a record."""
        recorded = (self.certain < -1).reshape(self.raster.columns, self.raster.rows)
        across = recorded.copy()
        across[1:] |= recorded[:-1]
        across[:-1] |= recorded[1:]
        around = across.copy()
        around[:, 1:] |= across[:, :-1]
        around[:, :-1] |= across[:, 1:]
        return around.reshape(-1)

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for array in self.arrays.values())


@dataclass(frozen=True)
class _Crossings:
    """Where edges cross the western borders of raster columns: the lowest node above each, and the edge."""

    column: Ints
    row: Ints
    edge: Ints


def build_index(polygons: NDArray[Any], positions: Ints) -> CellIndex:
    """Build the index of valid polygons, none empty, that stand at ``positions`` among all cells."""
    sides = polygon_edges(polygons)
    edges = match_edges(sides)
    raster = lay_raster(edges.ends, area=float(np.abs(shapely.area(polygons)).sum()), polygons=len(polygons))
    edges = edges.reordered(_by_place(raster, edges.ends))
    edges = replace(edges, owner=positions.take(edges.owner))
    change = edge_changes(edges)
    crossings, lists = _trace(raster, edges.ends)
    states = _node_states(raster, crossings, change, lists.place)
    lists, state = _with_empty_lists(lists, states)
    place = lists.place
    crowd = _crowds(raster, crossings, edges, states.several)
    base = state - _left_of_node(raster, edges.ends, change, lists)
    certain = states.certain
    certain[place] = -2 - np.arange(len(place), dtype=np.int32)
    return CellIndex(
        raster=raster,
        certain=certain,
        ends=edges.ends,
        change=change,
        use=edges.start.astype(np.int32),
        owner=edges.owner.astype(np.int32),
        left=edges.left,
        base=base,
        list_start=lists.start,
        list_edge=lists.edge,
        crowd=np.searchsorted(place, crowd[0]).astype(np.int32),
        crowd_start=crowd[1],
        crowd_cell=crowd[2],
        crowd_level=crowd[3],
    )


def certain_and_lists(raster: Raster, ends: Floats) -> tuple[Int32s, tuple[Int32s, Int32s]]:
    """Return a raster as in `CellIndex` that knows edges but no cells: -1 where no edge is, and the lists."""
    _, lists = _trace(raster, ends)
    certain = np.full(raster.columns * raster.rows, -1, dtype=np.int32)
    certain[lists.place] = -2 - np.arange(len(lists.place), dtype=np.int32)
    return certain, (lists.start, lists.edge)


def edge_changes(edges: MatchedEdges) -> Ints:
    """Return what crossing each edge from right to left adds to the state."""
    if not len(edges):
        return np.empty(0, dtype=np.int64)
    worth = edges.owner.astype(np.int64) + (ONE + 1)
    return np.add.reduceat(np.where(edges.left, worth, -worth), edges.start[:-1])


def _by_place(raster: Raster, ends: Floats) -> Ints:
    """Return the order of edges by raster cell: what is asked for together lies together in memory."""
    column = ((ends[:, 0] - raster.west) / raster.size).astype(np.int64)
    row = ((ends[:, 1] - raster.south) / raster.size).astype(np.int64)
    return np.argsort(column * raster.rows + row, kind="stable")


def _trace(raster: Raster, ends: Floats) -> tuple[_Crossings, EdgeLists]:
    """Walk along all edges: the column borders they cross, and the edges that touch each raster cell."""

    def walk(start: int) -> tuple[Ints, Ints, Ints, NDArray[np.uint64]]:
        met = touches(raster, ends[start : start + _EDGES_AT_ONCE], start)
        crossed = np.flatnonzero(met.crossing >= 0)
        return met.column[crossed], met.crossing[crossed], met.edge[crossed], touch_pairs(raster, met)

    walks = in_threads(walk, range(0, max(len(ends), 1), _EDGES_AT_ONCE))
    column, row, edge, pairs = (np.concatenate(parts) for parts in zip(*walks, strict=True))
    return _Crossings(column, row, edge), gather_lists(pairs)


@dataclass(frozen=True)
class _States:
    """What is known of the states of nodes.

    Attributes
    ----------
    certain
        The one cell that holds each node, -1 for none, anything where several do.
    listed
        States of the nodes of raster cells with edges.
    several, several_state
        Nodes in several cells, ascending, and their states.
    """

    certain: Int32s
    listed: Ints
    several: Ints
    several_state: Ints


def _node_states(raster: Raster, crossings: _Crossings, change: Ints, listed: Ints) -> _States:
    """Return the state of each node: going north along its column from outside, the changes of the edges crossed."""
    certain = np.empty(raster.columns * raster.rows, dtype=np.int32)
    # columns are taken in strips: all their states together would be the largest array there is
    strips = int(np.clip(len(certain) // _NODES_AT_ONCE, 1, min(_MOST_STRIPS, raster.columns)))
    first = np.arange(strips + 1) * raster.columns // strips
    of = np.repeat(np.arange(strips), np.diff(first)).astype(np.uint8).take(crossings.column)
    order = np.argsort(of, kind="stable")
    begin = np.searchsorted(of[order], np.arange(strips + 1))
    place = (crossings.column * raster.rows + crossings.row).take(order)
    step = change.take(crossings.edge.take(order))
    at_list = np.searchsorted(listed, first * raster.rows)

    def strip(number: int) -> tuple[Ints, Ints, Ints]:
        start, stop = first[number] * raster.rows, first[number + 1] * raster.rows
        state = np.zeros(stop - start, dtype=np.int64)
        met = slice(begin[number], begin[number + 1])
        np.add.at(state, place[met] - start, step[met])
        by_column = state.reshape(-1, raster.rows)
        np.cumsum(by_column, axis=1, out=by_column)
        certain[start:stop] = np.where(state == 0, -1, state - (ONE + 1))
        several = np.flatnonzero((state != 0) & ((state < ONE) | (state >= 2 * ONE)))
        return state[listed[at_list[number] : at_list[number + 1]] - start], several + start, state[several]

    return _States(certain, *(np.concatenate(v) for v in zip(*in_threads(strip, range(strips)), strict=True)))


def _with_empty_lists(lists: EdgeLists, states: _States) -> tuple[EdgeLists, Ints]:
    """Return the lists, and empty ones for nodes in several cells that have none; and the states of all."""
    alone = np.flatnonzero(np.isin(states.several, lists.place, assume_unique=True, invert=True))
    if not len(alone):
        return lists, states.listed
    place = np.concatenate([lists.place, states.several[alone]])
    count = np.concatenate([np.diff(lists.start), np.zeros(len(alone), dtype=np.int32)])
    order = np.argsort(place, kind="stable")
    start = np.concatenate([[0], np.cumsum(count[order])]).astype(np.int32)
    state = np.concatenate([states.listed, states.several_state[alone]])
    return EdgeLists(place[order], start, lists.edge), state[order]


def _left_of_node(raster: Raster, ends: Floats, change: Ints, lists: EdgeLists) -> Ints:
    """Return for each record the sum of changes of the edges that have its node on their left, see `CellIndex.base`."""

    def some(start: int) -> Ints:
        place = lists.place[start : start + _RECORDS_AT_ONCE]
        total = np.zeros(len(place), dtype=np.int64)
        begin = lists.start[start : start + len(place) + 1]
        record = np.repeat(np.arange(len(place)), np.diff(begin))
        edge = lists.edge[begin[0] : begin[-1]]
        x, y = raster.nodes(*np.divmod(place, raster.rows))
        level = y.take(record)
        pairs = np.flatnonzero((ends[:, 1].take(edge) <= level) != (ends[:, 3].take(edge) <= level))
        record, edge = record[pairs], edge[pairs]
        left = left_of(ends.take(edge, axis=0), x.take(record), y.take(record))
        np.add.at(total, record[left], change[edge[left]])
        return total

    starts = range(0, max(len(lists.place), 1), _RECORDS_AT_ONCE)
    return np.concatenate(in_threads(some, starts))


def _crowds(
    raster: Raster, crossings: _Crossings, edges: MatchedEdges, several: Ints
) -> tuple[Ints, Int32s, Int32s, Int32s]:
    """Return the nodes in several cells, and for each those cells and how often each holds it.

    Along a column each cell holds the nodes between the edge by which it is entered and the next one of its own.
    """
    met = np.flatnonzero(np.isin(crossings.column, np.unique(several // raster.rows)))
    edge = crossings.edge[met]
    pair, use = spread(np.diff(edges.start)[edge])
    use += edges.start[edge][pair]
    column, row = crossings.column[met][pair], crossings.row[met][pair]
    owner, step = edges.owner[use].astype(np.int64), np.where(edges.left[use], 1, -1)
    order = np.lexsort((row, owner, column))
    column, row, owner = column[order], row[order], owner[order]
    # every ring is closed: the steps of one cell in one column add up to nothing
    level = np.cumsum(step[order])
    inside = np.flatnonzero(level[:-1] != 0)
    interval, node = spread(row[inside + 1] - row[inside])
    held = inside[interval]
    place = column[held] * raster.rows + row[held] + node
    kept = np.flatnonzero(np.isin(place, several))
    kept = kept[np.argsort(place[kept], kind="stable")]
    place, held = place[kept], held[kept]
    first = np.flatnonzero(np.diff(place, prepend=-1))
    start = np.append(first, len(place)).astype(np.int32)
    return place[first], start, owner[held].astype(np.int32), level[held].astype(np.int32)
