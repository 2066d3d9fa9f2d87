"""How far points are from cells, in metres, whatever the coordinate system of the cells."""

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from onemap.geo.crs import metric_crs
from onemap.geo.locator import CellLocator, Ints

Floats = NDArray[np.float64]
# Two cells are equally near when their distances differ by less than this: coordinates carry no micrometres.
_SAME_M = 1e-6


@dataclass(frozen=True)
class Distances:
    """Pairs of a point and a cell with the distance between them, sorted by point, then by rank of the code."""

    point: Ints
    cell: Ints
    metres: Floats


class CellDistances:
    """Measure distances from points to the cells of a locator.

    Parameters
    ----------
    locator
        The cells. Where their CRS is not metric the measuring is done in `metric_crs`.
    """

    def __init__(self, locator: CellLocator) -> None:
        self.rank = locator.rank
        bounds = shapely.total_bounds(locator.geometry)
        self.crs = metric_crs(locator.crs, bounds)
        self._transformer = None
        self.geometry = locator.geometry
        if self.crs != locator.crs:
            self._transformer = pyproj.Transformer.from_crs(locator.crs, self.crs, always_xy=True)
            self.geometry = shapely.transform(locator.geometry, self._transformer.transform, interleaved=False)
            shapely.prepare(self.geometry)
        self.extent = shapely.total_bounds(self.geometry)

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

    def within(self, x: Floats, y: Floats, metres: float) -> Distances:
        """Return all pairs at most ``metres`` apart; ``x`` and ``y`` are metric (see `positions`)."""
        boxes = shapely.bounds(self.geometry)
        grown = shapely.box(boxes[:, 0] - metres, boxes[:, 1] - metres, boxes[:, 2] + metres, boxes[:, 3] + metres)
        places = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = shapely.points(x[places], y[places])
        near, cell = shapely.STRtree(grown).query(points)
        close = shapely.dwithin(self.geometry[cell], points[near], metres)
        near, cell = near[close], cell[close]
        return self._sorted(places[near], cell, shapely.distance(self.geometry[cell], points[near]))

    def nearest(self, x: Floats, y: Floats) -> Distances:
        """Return for each point its nearest cell, the smallest code where several are equally near."""
        places = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if not len(places) or shapely.is_empty(self.geometry).all():
            return Distances(*(np.empty(0, dtype=np.int64),) * 2, np.empty(0))
        points = shapely.points(x[places], y[places])
        tree = shapely.STRtree(self.geometry)
        near, least = tree.query_nearest(points, return_distance=True, all_matches=False)
        reach = np.empty(len(places))
        reach[near[0]] = least
        near, cell = tree.query(points, predicate="dwithin", distance=reach + _SAME_M)
        pairs = self._sorted(places[near], cell, reach[near])
        first = np.flatnonzero(np.diff(pairs.point, prepend=-1))
        return Distances(pairs.point[first], pairs.cell[first], pairs.metres[first])

    def _sorted(self, point: Ints, cell: Ints, metres: Floats) -> Distances:
        order = np.lexsort((self.rank[cell], point))
        return Distances(point[order].astype(np.int64), cell[order].astype(np.int64), metres[order])
