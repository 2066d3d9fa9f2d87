"""Which edges of a coverage come near boxes: a look into the raster of certain cells, then box against box."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from onemap.geo.cell_index import CellIndex
from onemap.geo.edges import Bools, Floats, Ints
from onemap.geo.raster import spread

UNKNOWN: Final = -2
"""In the place of a cell where edges are near."""
_MOST_PLACES: Final = 1 << 12
"""A box over more raster cells than this is left to other means."""
_AT_ONCE: Final = 1 << 20
"""How many raster cells are looked at together."""


@dataclass(frozen=True)
class NearEdges:
    """What lies near boxes.

    Attributes
    ----------
    box, edge
        Pairs of a box and an edge whose own box meets it, ascending.
    cell
        For each box the one cell that holds all of it as far as the raster knows, -1 for none, `UNKNOWN`.
    large
        Boxes that cover too many raster cells; they have no pairs.
    """

    box: Ints
    edge: Ints
    cell: Ints
    large: Bools


def edges_near(index: CellIndex, boxes: Floats) -> NearEdges:
    """Find the edges near boxes of west, south, east, north."""
    first_column, first_row, last_column, last_row = _places(index, boxes)
    high = last_row - first_row + 1
    places = (last_column - first_column + 1) * high
    large = places > _MOST_PLACES
    places[large] = 0
    cell = np.full(len(boxes), UNKNOWN, dtype=np.int64)
    found = [np.empty(0, dtype=np.uint64)]
    for rows in _portions(places):
        box, number = spread(places[rows])
        tall = high[rows].take(box)
        column = (number / tall).astype(np.int64)  # so small numbers are divided rightly, and sooner than whole ones
        row = number - column * tall
        column += first_column[rows].take(box)
        row += first_row[rows].take(box)
        state = index.certain.take(column * index.raster.rows + row).astype(np.int64)
        box += rows.start
        # boxes of one certain raster cell alone, or of several: without edges between them they are of one state
        clear = np.ones(rows.stop - rows.start, dtype=bool)
        mixed = np.flatnonzero(state < -1)
        clear[box[mixed] - rows.start] = False
        known = np.flatnonzero(clear[box - rows.start])
        cell[box[known]] = state[known]
        found.append(_pairs(index, boxes, box[mixed], -2 - state[mixed]))
    pair = np.concatenate(found)
    met, edge = pair >> np.uint64(32), pair & np.uint64(0xFFFFFFFF)
    return NearEdges(met.astype(np.int64), edge.astype(np.int64), cell, large)


def _places(index: CellIndex, boxes: Floats) -> tuple[Ints, Ints, Ints, Ints]:
    """Return first column and row and last column and row of the raster cells that boxes cover."""
    raster = index.raster
    corner = np.array([raster.west, raster.south, raster.west, raster.south])
    limit = np.array([raster.columns, raster.rows, raster.columns, raster.rows]) - 1.0
    places = (boxes - corner) * (1 / raster.size)
    west, south, east, north = np.clip(places, 0.0, limit).astype(np.int64).T.copy()
    return west, south, east, north


def _portions(counts: Ints) -> Iterator[slice]:
    """Cut rows into runs whose counts add up to a bounded number."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = total[start - 1] if start else 0
        stop = max(int(np.searchsorted(total, before + _AT_ONCE, side="right")), start + 1)
        yield slice(start, stop)
        start = stop


def _pairs(index: CellIndex, boxes: Floats, box: Ints, record: Ints) -> NDArray[np.uint64]:
    """Return pairs of a box and an edge, each once and ascending, as box times 2**32 plus edge."""
    first = index.list_start.take(record)
    pair, number = spread((index.list_start.take(record + 1) - first).astype(np.int64))
    edge = index.list_edge.take(first.take(pair) + number).astype(np.int64)
    box = box.take(pair)
    x1, y1, x2, y2 = index.ends.take(edge, axis=0).T
    west, south, east, north = boxes.take(box, axis=0).T
    meets = (x1 <= east) & (x2 >= west) & (np.minimum(y1, y2) <= north) & (np.maximum(y1, y2) >= south)
    rows = np.flatnonzero(meets)
    keys = (box.take(rows).view(np.uint64) << np.uint64(32)) | edge.take(rows).view(np.uint64)
    keys.sort()
    new = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return keys[new]
