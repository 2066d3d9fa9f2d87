"""A raster over edges: which raster cells each edge touches, and which borders between raster cells it crosses.

Raster cells are squares, numbered column by column from the south-west. The south-west corner of a raster cell is its
*node*. A node's coordinates are what `Raster.nodes` computes, to the last bit; that they are not evenly spaced to the
last bit does no harm, since every question is asked about those very numbers.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from onemap.geo.edges import Floats, Ints
from onemap.geo.orientation import orientation

# Raster cells a polygon and an edge: the more, the fewer points need arithmetic and the larger the index.
_PER_POLYGON: Final = 250
_PER_EDGE: Final = 8
# No more raster cells than this many times the wanted number, however thinly polygons are spread.
_SPREAD: Final = 2
# Edges are known to touch raster cells that they miss by this share of a raster cell or these units in the last place.
_MARGIN: Final = 1e-6
_ULPS: Final = 4
# A raster cell is at least this many units in the last place wide.
_LEAST_ULPS: Final = 4096


@dataclass(frozen=True)
class Raster:
    """A square grid.

    Attributes
    ----------
    west, south
        Its corner; nothing touches its outermost rows and columns.
    size
        Width of a raster cell.
    columns, rows
        How many there are.
    margin
        Distance up to which an edge counts as touching a raster cell.
    """

    west: float
    south: float
    size: float
    columns: int
    rows: int
    margin: float

    def nodes(self, column: Ints | Floats, row: Ints | Floats) -> tuple[Floats, Floats]:
        """Return the coordinates of nodes."""
        return self.west + column * np.float64(self.size), self.south + row * np.float64(self.size)

    def across(self, x: Floats) -> Floats:
        """Return columns and shares of them; what is outside, or no number, comes to the outermost ones."""
        return _clipped(x - self.west, 1 / self.size, self.columns)

    def along(self, y: Floats) -> Floats:
        """Return rows and shares of them; what is outside, or no number, comes to the outermost ones."""
        return _clipped(y - self.south, 1 / self.size, self.rows)

    def columns_of(self, x: Floats) -> Ints:
        """Return the columns of coordinates; what is outside, or no number, comes into an outermost one."""
        return self.across(x).astype(np.int64)

    def rows_of(self, y: Floats) -> Ints:
        """Return the rows of coordinates; what is outside, or no number, comes into an outermost one."""
        return self.along(y).astype(np.int64)


def _clipped(place: Floats, share: float, count: int) -> Floats:
    place *= share
    np.fmax(place, 0.0, out=place)
    return np.asarray(np.fmin(place, count - 1.0, out=place))


def lay_raster(ends: Floats, *, area: float, polygons: int) -> Raster:
    """Choose a raster for edges that bound ``polygons`` polygons of ``area`` together."""
    if not len(ends):
        return Raster(0.0, 0.0, 1.0, 1, 1, 0.0)
    west, east = float(ends[:, 0].min()), float(ends[:, 2].max())
    south, north = float(ends[:, 1::2].min()), float(ends[:, 1::2].max())
    wanted = max(_PER_POLYGON * polygons, _PER_EDGE * len(ends), 64)
    ulp = float(np.spacing(max(abs(west), abs(east), abs(south), abs(north))))
    width, height = east - west, north - south
    size = max((area / wanted) ** 0.5, (width * height / (_SPREAD * wanted)) ** 0.5)
    size = max(size, (width + height) / (_SPREAD * wanted), _LEAST_ULPS * ulp, 1e-300)
    # odd offsets: the borders of raster cells shall not run along edges drawn at round numbers
    west, south = west - 1.618034 * size, south - 1.414214 * size
    columns, rows = int((east - west) / size) + 3, int((north - south) / size) + 3
    return Raster(west, south, size, columns, rows, _MARGIN * size + _ULPS * ulp)


@dataclass(frozen=True)
class Touches:
    """Pairs of a raster column and an edge that touches it.

    Attributes
    ----------
    edge, column
        The pair.
    first, last
        Rows of the lowest and highest raster cell that the edge touches in this column.
    crossing
        Row of the lowest node of the column that lies on or above the edge; -1 where the edge does not cross the
        column's western border, its eastern end not counted.
    """

    edge: Ints
    column: Ints
    first: Ints
    last: Ints
    crossing: Ints


def touches(raster: Raster, ends: Floats, number: int) -> Touches:
    """Walk along edges through the columns of the raster; ``number`` is that of the first edge."""
    west, margin, share = raster.west, raster.margin, 1 / raster.size
    x1, y1, x2, y2 = ends.T.copy()
    first = ((x1 - margin - west) * share).astype(np.int64)
    last = ((x2 + margin - west) * share).astype(np.int64)
    edge, column = spread(last - first + 1)
    column += first[edge]
    x1, y1, x2, y2 = x1[edge], y1[edge], x2[edge], y2[edge]
    border, _ = raster.nodes(column, column)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (y2 - y1) / (x2 - x1)
    upright = x1 == x2
    slope[upright] = 0.0
    # the heights at which the edge enters and leaves the column
    enter = y1 + (np.maximum(border - margin, x1) - x1) * slope
    leave = np.where(upright, y2, y1 + (np.minimum(border + (raster.size + margin), x2) - x1) * slope)
    low = np.maximum(np.minimum(enter, leave), np.minimum(y1, y2)) - margin
    high = np.minimum(np.maximum(enter, leave), np.maximum(y1, y2)) + margin
    crossing = np.full(len(edge), -1, dtype=np.int64)
    met = np.flatnonzero((x1 <= border) & (border < x2))
    height = y1[met] + (border[met] - x1[met]) * slope[met]
    crossing[met] = _node_above(raster, ends[edge[met]], column[met], height)
    rows = [((v - raster.south) * share).astype(np.int64) for v in (low, high)]
    return Touches(edge + number, column, rows[0], rows[1], crossing)


def _node_above(raster: Raster, ends: Floats, column: Ints, height: Floats) -> Ints:
    """Return the row of the lowest node on or above the edge, where the edge crosses the column at about ``height``."""
    place = (height - raster.south) / raster.size
    above = np.ceil(place).astype(np.int64)
    close = np.flatnonzero(np.abs(place - np.rint(place)) * raster.size <= 2 * raster.margin)
    nearest = np.rint(place[close]).astype(np.int64)
    x, y = raster.nodes(column[close], nearest)
    below = orientation(ends[close], x, y) < 0
    above[close] = nearest + below
    return above


def spread(counts: Ints) -> tuple[Ints, Ints]:
    """Repeat each number as often as ``counts`` says, and count its repetitions from 0.

    Examples
    --------
    >>> [v.tolist() for v in spread(np.array([2, 0, 3]))]
    [[0, 0, 2, 2, 2], [0, 1, 0, 1, 2]]
    """
    number = np.repeat(np.arange(len(counts)), counts)
    return number, np.arange(len(number)) - np.repeat(np.cumsum(counts) - counts, counts)


@dataclass(frozen=True)
class EdgeLists:
    """For each raster cell that an edge touches the edges that touch it.

    Attributes
    ----------
    place
        Numbers of these raster cells, ascending.
    start
        Where the list of each begins; one number more than there are lists.
    edge
        The lists, one after another, each ascending.
    """

    place: Ints
    start: NDArray[np.int32]
    edge: NDArray[np.int32]


def touch_pairs(raster: Raster, met: Touches) -> NDArray[np.uint64]:
    """Return the pairs of a raster cell and an edge that touches it, as place times 2**32 plus edge."""
    pair, step = spread(met.last - met.first + 1)
    place = (met.column * raster.rows + met.first).take(pair) + step
    return (place.view(np.uint64) << np.uint64(32)) | met.edge.view(np.uint64).take(pair)


def gather_lists(pairs: NDArray[np.uint64]) -> EdgeLists:
    """Sort pairs of a raster cell and an edge into lists; the pairs are sorted in their place."""
    pairs.sort()
    edge = (pairs & np.uint64(0xFFFFFFFF)).astype(np.int32)
    place = (pairs >> np.uint64(32)).view(np.int64)
    first = np.flatnonzero(np.diff(place, prepend=-1))
    return EdgeLists(place[first], np.append(first, len(edge)).astype(np.int32), edge)
