"""Who holds each face of a partition, as it changes while a coverage is repaired, and in metres."""

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from onemap.geo.arrangement import Shapes
from onemap.geo.crs import metric_crs, transformer
from onemap.geo.edges import Floats
from onemap.geo.partition import AROUND, Partition

Holders = frozenset[int]


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
    shapes
        The faces, in a metric system.
    area
        Square metres of each.
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
        self.shapes, lengths = _measured(plane, crs)
        self.area: Floats = np.asarray(shapely.area(self.shapes), dtype=np.float64)
        self.outside = [bool(cover) and cover[-1] >= count for cover in plane.covers]
        self.holders: list[Holders] = [frozenset(c for c in cover if c < count) for cover in plane.covers]
        self.beside: list[dict[int, float]] = [{} for _ in plane.faces]
        self.held: list[set[int]] = [set() for _ in range(count)]
        for face, cells in enumerate(self.holders):
            for cell in cells:
                self.held[cell].add(face)
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
        left, found = set(faces), list[set[int]]()
        while left:
            part, edge = set[int](), [min(left)]
            while edge:
                face = edge.pop()
                if face in left:
                    left.discard(face)
                    part.add(face)
                    edge.extend(other for other in self.beside[face] if other in left)
            found.append(part)
        return sorted(found, key=lambda p: (-self.size(p), min(p)))

    def union(self, faces: Iterable[int]) -> Any:
        """Return the land of some faces, in the metric system."""
        return shapely.coverage_union_all(self.shapes[sorted(faces)])

    def drawn(self, faces: Iterable[int]) -> Any:
        """Return the land of some faces, in the coordinates of the cells."""
        return shapely.normalize(shapely.coverage_union_all(self.plane.faces[sorted(faces)]))


def _measured(plane: Partition, crs: CRS) -> tuple[Shapes, Floats]:
    """Return the faces in a metric system, and the metres of each edge."""
    if not len(plane.faces):
        return plane.faces, np.zeros(len(plane.ends))
    bounds = shapely.total_bounds(plane.faces)
    metric = metric_crs(crs, bounds)
    ends = plane.ends.reshape(-1, 2)
    faces = plane.faces
    if metric != crs:
        ends = np.column_stack(transformer(crs, metric).transform(*ends.T))
        faces = gpd.GeoSeries(faces, crs=crs).to_crs(metric).to_numpy()
    sides = ends.reshape(-1, 4)
    return np.asarray(faces, dtype=object), np.hypot(sides[:, 2] - sides[:, 0], sides[:, 3] - sides[:, 1])
