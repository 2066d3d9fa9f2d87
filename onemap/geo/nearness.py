"""How far points are from cells, in metres, whatever the coordinate system of the cells."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from onemap.geo.crs import WGS84, metric_crs, transformer
from onemap.geo.locator import CellLocator, Ints, batches

Floats = NDArray[np.float64]
# Two cells are equally near when their distances differ by less than this: coordinates carry no micrometres.
_SAME_M = 1e-6
# Segments in one piece of a border: fewer make a larger tree, more a slower measurement.
_PIECE = 16


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
        bounds = _extent(locator.geometry)
        self.crs = metric_crs(locator.crs, bounds)
        self._transformer: pyproj.Transformer | None = None
        self.geometry = locator.geometry
        if self.crs != locator.crs:
            self._transformer = transformer(locator.crs, self.crs)
            self.geometry = shapely.transform(locator.geometry, self._transformer.transform, interleaved=False)
        self._pieces, self._owner = _border_pieces(self.geometry)
        self._tree = shapely.STRtree(self._pieces)
        self.extent = _extent(self.geometry)

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

    def within(self, x: Floats, y: Floats, metres: float, *, skip: Ints) -> Distances:
        """Return all pairs of a point and a border at most ``metres`` apart.

        Parameters
        ----------
        x, y
            Metric positions (see `positions`); NaN ones have no pairs.
        metres
            Largest distance, 0 or more.
        skip
            Position of the cell that need not be measured, one a point; -1: none.
        """
        found = []
        for rows in batches(np.flatnonzero(np.isfinite(x) & np.isfinite(y))):
            points = shapely.points(x[rows], y[rows])
            near, piece = self._tree.query(points, predicate="dwithin", distance=metres)
            wanted = self._owner[piece] != skip[rows[near]]
            near, piece = near[wanted], piece[wanted]
            found.append((rows[near], self._owner[piece], shapely.distance(self._pieces[piece], points[near])))
        return self._sorted(found)

    def nearest(self, x: Floats, y: Floats) -> Distances:
        """Return for each point outside all cells the nearest one, the smallest code where several are equally near."""
        rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if not len(rows) or not len(self._pieces):
            return self._sorted([])
        points = shapely.points(x[rows], y[rows])
        near, least = self._tree.query_nearest(points, return_distance=True, all_matches=False)
        reach = np.empty(len(rows))
        reach[near[0]] = least
        point, piece = self._tree.query(points, predicate="dwithin", distance=reach + _SAME_M)
        pairs = self._sorted([(rows[point], self._owner[piece], reach[point])])
        first = np.flatnonzero(np.diff(pairs.point, prepend=-1))
        return Distances(pairs.point[first], pairs.cell[first], pairs.metres[first])

    def _sorted(self, found: list[tuple[Ints, Ints, Floats]]) -> Distances:
        """Join batches of pairs, the least distance of each, sorted by point, then by rank of the code."""
        none = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
        point, cell, metres = (np.concatenate(parts) for parts in zip(none, *found, strict=True))
        order = np.lexsort((metres, self.rank[cell], point))
        point, cell, metres = point[order], cell[order], metres[order]
        first = np.ones(len(point), dtype=bool)
        first[1:] = (point[1:] != point[:-1]) | (cell[1:] != cell[:-1])
        return Distances(point[first], cell[first], metres[first])


def _extent(shapes: NDArray[Any]) -> tuple[float, float, float, float]:
    """Return the bounds of all shapes, NaN where there is none."""
    west, south, east, north = shapely.total_bounds(shapes) if len(shapes) else (np.nan,) * 4
    return float(west), float(south), float(east), float(north)


def _border_pieces(shapes: NDArray[Any]) -> tuple[NDArray[Any], Ints]:
    """Cut the borders into short lines: a border of a million corners is then measured as fast as one of four.

    Returns the lines and, for each, the position of its cell.
    """
    parts, cell = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    numbers, ring = shapely.get_coordinates(rings, return_index=True)
    starts = np.flatnonzero(np.diff(ring, prepend=-1))
    along = np.arange(len(ring)) - starts[ring] if len(ring) else ring
    last = np.diff(ring, append=-1) != 0
    # A segment goes from its vertex to the next; the ring's last vertex begins none.
    segment = np.flatnonzero(~last)
    opens = along[segment] % _PIECE == 0
    piece = np.cumsum(opens) - 1
    closes = np.append(opens[1:], True) if len(opens) else opens
    vertex = np.concatenate([segment, segment[closes] + 1])
    owner = np.concatenate([piece, piece[closes]])
    order = np.argsort(owner, kind="stable")
    lines = shapely.linestrings(numbers[vertex[order]], indices=owner[order])
    return lines, cell[part[ring[segment[opens]]]].astype(np.int64)
