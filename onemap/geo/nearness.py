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
_BATCH: Final = 1 << 16
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
        starts = range(0, len(rows), _BATCH)
        found = in_threads(lambda a: self._near(x, y, rows[a : a + _BATCH], metres, skip), starts)
        return self._sorted(list(chain.from_iterable(found)))

    def _near(self, x: Floats, y: Floats, rows: Ints, metres: float, skip: Ints) -> list[tuple[Ints, Ints, Floats]]:
        """Return point, cell and distance of some of the points and all borders up to ``metres`` away."""
        around = self._records_around(x, y, rows, metres)
        return [self._measured((x, y), some, record, metres, skip) for some, record in around]

    def _records_around(self, x: Floats, y: Floats, rows: Ints, metres: float) -> Iterator[tuple[Ints, Ints]]:
        """Yield pairs of a point and a raster cell with edges that lies up to ``metres`` away, some at a time."""
        raster, certain = self._borders.raster, self._borders.certain
        reach = metres * (1 + 1e-9) + raster.margin
        west, east = (raster.columns_of(x[rows] + way) for way in (-reach, reach))
        south, north = (raster.rows_of(y[rows] + way) for way in (-reach, reach))
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
        point = point.take(pair)
        across, along = _offset(edges.ends.take(edge, axis=0), places[0].take(point), places[1].take(point))
        # squares are cheaper than roots, and enough to leave out the most
        maybe = np.flatnonzero(across * across + along * along <= metres * metres * (1 + 1e-9))
        far = np.hypot(across[maybe], along[maybe])
        close = np.flatnonzero(far <= metres)
        point, edge, far = point[maybe[close]], edge[maybe[close]], far[close]
        pair, use = spread((edges.start[edge + 1] - edges.start[edge]).astype(np.int64))
        use += edges.start[edge][pair]
        point, cell, far = point[pair], edges.owner[use].astype(np.int64), far[pair]
        wanted = cell != skip[point]
        return point[wanted], cell[wanted], far[wanted]

    def nearest(self, x: Floats, y: Floats) -> Distances:
        """Return for each point outside all cells the nearest one, the smallest code where several are equally near."""
        rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if not len(rows):
            return self._sorted([])
        outer, tree = self._outer
        point, edge, far = tree.nearest(x[rows], y[rows], slack=_SAME_M)
        at = rows[point]
        foot_x, foot_y = _foot(self._borders.edges.ends[outer[edge]], x[at], y[at])
        # all cells that touch the outer edges in the points where they are nearest
        met = self.within(foot_x, foot_y, 2 * _SAME_M, skip=np.full(len(at), -1))
        least = np.full(len(x), np.inf)
        np.minimum.at(least, at, far)
        pairs = self._sorted([(at[met.point], met.cell, least[at[met.point]])])
        first = np.flatnonzero(np.diff(pairs.point, prepend=-1))
        return Distances(pairs.point[first], pairs.cell[first], pairs.metres[first])

    @cached_property
    def _outer(self) -> tuple[Ints, NearestEdges]:
        """Edges with more cells on one side than on the other."""
        edges = self._borders.edges
        outer = np.flatnonzero(~edges.balanced)
        return outer, NearestEdges(edges.ends[outer])

    def _sorted(self, found: list[tuple[Ints, Ints, Floats]]) -> Distances:
        """Join batches of pairs, the least distance of each, sorted by point, then by rank of the code."""
        none = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
        point, cell, metres = (np.concatenate(parts) for parts in zip(none, *found, strict=True))
        order = np.lexsort((metres, self.rank[cell], point))
        point, cell, metres = point[order], cell[order], metres[order]
        first = np.ones(len(point), dtype=bool)
        first[1:] = (point[1:] != point[:-1]) | (cell[1:] != cell[:-1])
        return Distances(point[first], cell[first], metres[first])


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
