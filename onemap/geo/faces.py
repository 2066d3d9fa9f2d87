"""Who holds each face of a partition, as it changes while a coverage is repaired, and in metres."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from onemap.geo.arrangement import Shapes
from onemap.geo.connected import connected
from onemap.geo.crs import metric_crs, transformer
from onemap.geo.line_faces import AROUND, faces_beside, polygons_between
from onemap.geo.partition import Partition

if TYPE_CHECKING:
    from onemap.geo.edges import Floats

Holders = frozenset[int]
_STEP, _STEP_DEGREES = 10.0, 1e-4


class Faces:
    """Faces, their neighbours and their present holders.

    Parameters
    ----------
    plane
        The partition.
    count
        How many cells there are; a holder from that number on is the outside of the outline.
    crs
        Their coordinate system.

    Attributes
    ----------
    area
        Square metres of each, see `drawn_areas`.
    holders
        For each face the cells that hold it now.
    outside
        Which faces lie outside the outline.
    beside
        For each face its neighbours and the metres of the common border.
    held
        For each cell the faces that it holds now.
    """

    def __init__(self, plane: Partition, count: int, crs: CRS) -> None:
        self.plane = plane
        self._crs = crs
        self._metric = metric_crs(crs, shapely.total_bounds(plane.faces)) if len(plane.faces) else crs
        self.area: Floats = drawn_areas(plane.faces, crs, self._metric)
        sides = self._projected(shapely.linestrings(plane.ends.reshape(-1, 2, 2)))
        lengths = np.asarray(shapely.length(sides), dtype=np.float64)
        self.outside = [bool(cover) and cover[-1] >= count for cover in plane.covers]
        self.holders: list[Holders] = [frozenset(c for c in cover if c < count) for cover in plane.covers]
        self.beside: list[dict[int, float]] = [{} for _ in plane.faces]
        self.held: list[set[int]] = [set() for _ in range(count)]
        for face, cells in enumerate(self.holders):
            for cell in cells:
                self.held[cell].add(face)
        self._first = [frozenset(faces) for faces in self.held]
        for one, other, length in zip(plane.left.tolist(), plane.right.tolist(), lengths.tolist(), strict=True):
            if AROUND not in (one, other):
                self.beside[one][other] = self.beside[one].get(other, 0.0) + length
                self.beside[other][one] = self.beside[other].get(one, 0.0) + length

    def give(self, face: int, cells: Holders) -> None:
        """Let these cells hold a face, and no others."""
        for cell in self.holders[face] - cells:
            self.held[cell].discard(face)
        for cell in cells - self.holders[face]:
            self.held[cell].add(face)
        self.holders[face] = cells

    def size(self, faces: Iterable[int]) -> float:
        """Return the square metres of some faces."""
        return float(sum(self.area[face] for face in sorted(faces)))

    def gained(self, cell: int) -> float:
        """Return the square metres that a cell holds and did not hold at first."""
        return self.size(self.held[cell] - self._first[cell])

    def lost(self, cell: int) -> float:
        """Return the square metres that a cell held at first and holds no longer."""
        return self.size(self._first[cell] - self.held[cell])

    def borders(self, region: Iterable[int]) -> dict[int, float]:
        """Return for each cell that lies beside a region the metres of the common border."""
        inner, found = set(region), dict[int, float]()
        for face in sorted(inner):
            for other, length in sorted(self.beside[face].items()):
                if other not in inner:
                    for cell in self.holders[other]:
                        found[cell] = found.get(cell, 0.0) + length
        return found

    def parts(self, faces: Iterable[int]) -> list[set[int]]:
        """Return the connected parts of some faces, the largest first."""
        found = [set(part) for part in connected(faces, self.beside.__getitem__)]
        return sorted(found, key=lambda p: (-self.size(p), min(p)))

    def drawn(self, faces: Iterable[int]) -> Any:
        """Return the land of some faces, in the coordinates of the cells: what edges with them on one side enclose.

        Sides are counted, not looked up: GEOS's union of a coverage takes crumbs narrower than a micrometre for
        overlaps and gives up.
        """
        among = np.array(sorted(faces), dtype=np.int64)
        if len(among) == 1:
            return self.plane.faces[among[0]]
        edges = self.plane.edges_of(among)
        inner = np.isin(self.plane.left[edges], among)
        rim = inner != np.isin(self.plane.right[edges], among)
        ends, inner = self.plane.ends[edges[rim]], inner[rim]
        parts = polygons_between(ends)
        left, right = faces_beside(ends, parts)
        parts = parts[np.unique(np.where(inner, left, right))]
        return parts[0] if len(parts) == 1 else shapely.normalize(shapely.multipolygons(parts))

    def lacking(self, cells: Iterable[int], shapes: Shapes) -> set[int]:
        """Return the cells that lack a vertex of a border with a neighbour; at places that stay none is needed."""
        sole = np.array([min(cells) if len(cells) == 1 else AROUND for cells in self.holders] + [AROUND])
        left, right = sole[self.plane.left], sole[self.plane.right]
        found = set()
        for cell in cells:
            edges = self.plane.edges_of(np.array(sorted(self.held[cell]), dtype=np.int64))
            one, other = left[edges], right[edges]
            common = ((one == cell) | (other == cell)) & (one != other) & (one != AROUND) & (other != AROUND)
            corners = self.plane.ends[edges[common]].reshape(-1, 2)
            if not set(map(tuple, corners.tolist())) <= set(map(tuple, shapely.get_coordinates(shapes[cell]).tolist())):
                found.add(cell)
        return found

    def measured(self, faces: Iterable[int]) -> Any:
        """Return the land of some faces, in the metric system."""
        return self._projected(np.array([self.drawn(faces)], dtype=object))[0]

    def _projected(self, shapes: Shapes) -> Shapes:
        if self._metric == self._crs or not len(shapes):
            return shapes
        return np.asarray(gpd.GeoSeries(shapes, crs=self._crs).to_crs(self._metric).to_numpy(), dtype=object)


def drawn_areas(shapes: Shapes, crs: CRS, metric: CRS) -> "Floats":
    """Return the square metres of land between lines that are straight in their own system.

    Converted to metres a long side stays straight between its ends, so that beside a border with one more vertex there
    would be land that nobody drew: 11 m2 along a kilometre of a parallel at 40 degrees. Here the area in the units of
    the system is multiplied by how many square metres such a unit has at the centroid, right to a ten-millionth for
    shapes of some kilometres.

    Examples
    --------
    >>> from shapely import Polygon
    >>> far = np.array([Polygon([(116.0, 40.0), (116.1, 40.0), (116.05, 40.0), (116.05, 40.0)])])
    >>> drawn_areas(far, CRS("EPSG:4490"), CRS("EPSG:4548")).tolist()
    [0.0]
    """
    area = np.asarray(shapely.area(shapes), dtype=np.float64)
    if metric == crs or not len(shapes):
        return area
    bounds, middle = shapely.bounds(shapes), shapely.centroid(shapes)
    place = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    low, high = bounds[:, :2], bounds[:, 2:]
    x, y = np.clip(np.where(np.isfinite(place), place, (low + high) / 2), low, high).T  # of next to no area it strays
    step = _STEP_DEGREES if crs.is_geographic else _STEP
    onward = transformer(crs, metric).transform
    east, west, north, south = (
        np.stack(onward(x + a, y + b)) for a, b in ((step, 0), (-step, 0), (0, step), (0, -step))
    )
    along, up = (east - west) / (2 * step), (north - south) / (2 * step)
    return np.asarray(area * np.abs(along[0] * up[1] - along[1] * up[0]), dtype=np.float64)
