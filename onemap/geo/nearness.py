"""How far points are from cells, in metres, whatever the coordinate system of the cells.

A point is far from all borders where its surroundings lie in certain raster cells; the others are measured to the
edges of the raster cells around them. A point in no cell has its nearest cell behind an outer edge, one that does not
have as many cells on its left as on its right; of these there are few.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from onemap.geo.cell_index import certain_and_lists
from onemap.geo.crs import WGS84, metric_crs, transformer
from onemap.geo.edges import Floats, Ints, MatchedEdges, in_threads, match_edges, polygon_edges
from onemap.geo.nearest_edges import NearestEdges
from onemap.geo.raster import Raster, lay_raster, spread

if TYPE_CHECKING:
    from onemap.geo.locator import CellLocator

# Two cells are equally near when their distances differ by less than this: coordinates carry no micrometres.
_SAME_M: Final = 1e-6
_BATCH: Final = 1 << 15
# Raster cells looked through in one go.
_MOST: Final = 1 << 21


@dataclass(frozen=True)
class Distances:
    """Pairs of a point and a cell with the distance between them, sorted by point, then by rank of the code."""

    point: Ints
    cell: Ints
    metres: Floats


@dataclass(frozen=True)
class _Borders:
    """Edges in metres with their raster, see `onemap.geo.cell_index.CellIndex`."""

    raster: Raster
    certain: NDArray[np.int32]
    edges: MatchedEdges
    list_start: NDArray[np.int32]
    list_edge: NDArray[np.int32]


class CellDistances:
    """Measure distances from points to the cells of a locator.

    Parameters
    ----------
    locator
        The cells. Where their CRS is not metric the measuring is done in `metric_crs`.

    Attributes
    ----------
    as_located
        Whether borders are measured in the very raster in which points are located.
    """

    def __init__(self, locator: "CellLocator") -> None:
        self.rank = locator.rank
        index = locator.index
        edges = index.edges
        if len(locator.invalid):
            every = np.concatenate([np.unique(edges.owner).astype(np.int64), locator.invalid])
            edges = match_edges(polygon_edges(shapely.force_2d(locator.geometry[every])))
            edges = replace(edges, owner=every.take(edges.owner))
        self.crs = metric_crs(locator.crs, _extent(edges.ends))
        self._transformer: pyproj.Transformer | None = None
        if self.crs != locator.crs:
            self._transformer = transformer(locator.crs, self.crs)
            edges = _moved(edges, self._transformer)
        self.extent = _extent(edges.ends)
        self.as_located = edges.ends is index.ends
        if self.as_located:
            raster, certain, lists = index.raster, index.certain, (index.list_start, index.list_edge)
        else:
            raster = lay_raster(edges.ends, area=0.0, polygons=0)
            certain, lists = certain_and_lists(raster, edges.ends)
        self._borders = _Borders(raster, certain, edges, *lists)

    def reach(self, metres: float) -> float | None:
        """Return a distance in the cells' CRS that all within ``metres`` of a border keep; None if there is no such."""
        return metres * (1 + 1e-9) if self.as_located else None

    @property
    def diagonal(self) -> float:
        """Length of the diagonal of the cells' bounding box, in metres."""
        west, south, east, north = self.extent
        return float(np.hypot(east - west, north - south))

    def positions(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return positions given in the cells' CRS in the metric one; NaN where they cannot be expressed there."""
        if self._transformer is None:
            return x, y
        east, north = (np.asarray(v, dtype=np.float64) for v in self._transformer.transform(x, y))
        lost = ~(np.isfinite(east) & np.isfinite(north))
        east[lost] = north[lost] = np.nan
        return east, north

    def around_the_earth(self, lon: Floats, lat: Floats) -> Floats:
        """Return how far positions are along the earth, to the nearest corner of the cells' bounding box."""
        west, south, east, north = self.extent
        corner_lon, corner_lat = transformer(self.crs, WGS84).transform([west, west, east, east], [south, north] * 2)
        inverse = pyproj.Geod(ellps="WGS84").inv
        far = [
            inverse(np.full_like(lon, a), np.full_like(lat, b), lon, lat)[2]
            for a, b in zip(corner_lon, corner_lat, strict=True)
        ]
        return np.asarray(np.min(far, axis=0), dtype=np.float64)

    def within(self, x: Floats, y: Floats, metres: float, *, skip: Ints, rows: Ints | None = None) -> Distances:
        """Return all pairs of a point and a border at most ``metres`` apart.

        Parameters
        ----------
        x, y
            Metric positions (see `positions`); NaN ones have no pairs.
        metres
            Largest distance, 0 or more.
        skip
            Position of the cell that need not be measured, one a point; -1: none.
        rows
            Points that may be so near to a border; the others are not looked at. By default all points.
        """
        if rows is None:
            rows = np.arange(len(x))
        return self._sorted(*self._pairs(x, y, metres, skip, rows))

    def _pairs(self, x: Floats, y: Floats, metres: float, skip: Ints, rows: Ints) -> tuple[Ints, Ints, Floats]:
        """Return the pairs of `within` as they come, a cell as often as edges of it are near."""
        starts = range(0, len(rows), _BATCH)
        found = in_threads(lambda a: self._near(x, y, rows[a : a + _BATCH], metres, skip), starts)
        none = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
        point, cell, far = (np.concatenate(parts) for parts in zip(none, *chain.from_iterable(found), strict=True))
        return point, cell, far

    def _near(self, x: Floats, y: Floats, rows: Ints, metres: float, skip: Ints) -> list[tuple[Ints, Ints, Floats]]:
        """Return point, cell and distance of some of the points and all borders up to ``metres`` away."""
        around = self._records_around(x, y, rows, metres)
        return [self._measured((x, y), some, record, metres, skip) for some, record in around]

    def _records_around(self, x: Floats, y: Floats, rows: Ints, metres: float) -> Iterator[tuple[Ints, Ints]]:
        """Yield pairs of a point and a raster cell with edges that lies up to ``metres`` away, some at a time."""
        raster, certain = self._borders.raster, self._borders.certain
        reach = metres * (1 + 1e-9) + raster.margin
        px, py = x.take(rows), y.take(rows)
        west, east = (raster.columns_of(px + way) for way in (-reach, reach))
        south, north = (raster.rows_of(py + way) for way in (-reach, reach))
        wide, high = east - west + 1, north - south + 1
        lone = np.flatnonzero((wide == 1) & (high == 1))
        many = np.flatnonzero((wide > 1) | (high > 1))
        code = certain.take(west[lone] * raster.rows + south[lone])
        edged = np.flatnonzero(code < -1)
        yield rows[lone[edged]], -2 - code[edged].astype(np.int64)
        count = wide[many] * high[many]
        cuts = np.searchsorted(np.cumsum(count), np.arange(0, int(count.sum()), _MOST)[1:])
        for part in np.split(np.arange(len(many)), cuts):
            at = many[part]
            pair, number = spread(count[part])
            column, row = np.divmod(number, high[at][pair])
            code = certain.take((west[at][pair] + column) * raster.rows + south[at][pair] + row)
            edged = np.flatnonzero(code < -1)
            yield rows[at[pair[edged]]], -2 - code[edged].astype(np.int64)

    def _measured(
        self, places: tuple[Floats, Floats], point: Ints, record: Ints, metres: float, skip: Ints
    ) -> tuple[Ints, Ints, Floats]:
        """Return point, cell and distance of the edges of these raster cells up to ``metres`` away."""
        borders, edges = self._borders, self._borders.edges
        first = borders.list_start.take(record)
        pair, number = spread((borders.list_start.take(record + 1) - first).astype(np.int64))
        edge = borders.list_edge.take(first.take(pair) + number)
        x, y = (axis.take(point).take(pair) for axis in places)
        # most edges are left out because their lines are far already
        maybe = _near_lines(edges.ends.take(edge, axis=0), x, y, metres * (1 + 1e-9) + borders.raster.margin)
        edge = edge[maybe]
        far = np.hypot(*_offset(edges.ends.take(edge, axis=0), x[maybe], y[maybe]))
        close = np.flatnonzero(far <= metres)
        point, edge, far = point[pair[maybe[close]]], edge[close], far[close]
        pair, use = spread((edges.start[edge + 1] - edges.start[edge]).astype(np.int64))
        use += edges.start[edge][pair]
        point, cell, far = point[pair], edges.owner[use].astype(np.int64), far[pair]
        wanted = cell != skip[point]
        return point[wanted], cell[wanted], far[wanted]

    def nearest(self, x: Floats, y: Floats) -> Distances:
        """Return for each point outside all cells the nearest one, the smallest code where several are equally near."""
        rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if not len(rows):
            return Distances(rows, rows, np.empty(0))
        outer, tree = self._outer
        point, edge, far = tree.nearest(x[rows], y[rows], slack=_SAME_M)
        at = rows[point]
        foot_x, foot_y = _foot(self._borders.edges.ends[outer[edge]], x[at], y[at])
        # of all cells that touch the outer edges in the points where they are nearest, the smallest code
        foot, met, _ = self._pairs(foot_x, foot_y, 2 * _SAME_M, np.full(len(at), -1), np.arange(len(at)))
        least, best = np.full(len(x), np.inf), np.full(len(x), len(self.rank))
        np.minimum.at(least, at, far)
        np.minimum.at(best, at[foot], self.rank[met])
        found = np.flatnonzero(best < len(self.rank))
        return Distances(found, np.argsort(self.rank)[best[found]], least[found])

    @cached_property
    def _outer(self) -> tuple[Ints, NearestEdges]:
        """Edges with more cells on one side than on the other."""
        edges = self._borders.edges
        outer = np.flatnonzero(~edges.balanced)
        return outer, NearestEdges(edges.ends[outer])

    def _sorted(self, point: Ints, cell: Ints, metres: Floats) -> Distances:
        """Return each pair once with its least distance, sorted by point, then by rank of the code."""
        key = point * len(self.rank) + self.rank[cell]
        order = np.lexsort((metres, key))
        order = order[np.flatnonzero(np.diff(key[order], prepend=-1))]
        return Distances(point[order], cell[order], metres[order])


def _extent(ends: Floats) -> tuple[float, float, float, float]:
    """Return the bounds of edges, NaN where there is none."""
    if not len(ends):
        return np.nan, np.nan, np.nan, np.nan
    x, y = ends[:, 0::2], ends[:, 1::2]
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _moved(edges: MatchedEdges, transformer: pyproj.Transformer) -> MatchedEdges:
    """Return edges in another CRS, without those it cannot express; of an edge that turns, left and right change."""
    corners = transformer.transform(edges.ends[:, 0::2].reshape(-1), edges.ends[:, 1::2].reshape(-1))
    ends = np.stack(corners, axis=1).reshape(-1, 4)
    edges = replace(edges, ends=ends).reordered(np.flatnonzero(np.isfinite(ends).all(axis=1)))
    turn = edges.ends[:, 0] > edges.ends[:, 2]
    ends = np.where(turn[:, None], edges.ends[:, [2, 3, 0, 1]], edges.ends)
    return replace(edges, ends=ends, left=edges.left ^ np.repeat(turn, np.diff(edges.start)))


def _foot(ends: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the point of each edge that is nearest to the point beside it."""
    dx, dy, along = _along(ends, x, y)
    return ends[:, 0] + along * dx, ends[:, 1] + along * dy


def _near_lines(ends: Floats, x: Floats, y: Floats, metres: float) -> Ints:
    """Return the rows of edges whose lines pass the point beside them within a distance."""
    x1, y1, x2, y2 = ends.T
    dx, dy = x2 - x1, y2 - y1
    doubled = dx * (y - y1) - dy * (x - x1)  # the area between edge and point
    return np.flatnonzero(doubled * doubled <= (dx * dx + dy * dy) * (metres * metres))


def _offset(ends: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the way from each edge to the point beside it; reckoned from the edge's end, where numbers are small."""
    dx, dy, along = _along(ends, x, y)
    return (x - ends[:, 0]) - along * dx, (y - ends[:, 1]) - along * dy


def _along(ends: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the way along each edge, and at which share of it the point beside it is passed."""
    dx, dy = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    square = dx * dx + dy * dy
    square[square == 0] = 1.0
    return dx, dy, np.clip(((x - ends[:, 0]) * dx + (y - ends[:, 1]) * dy) / square, 0.0, 1.0)
