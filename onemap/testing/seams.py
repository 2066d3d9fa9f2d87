"""Shared edges of a coverage, and the small cuts by which faults are planted along them, exactly on the grid."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from .plan import STEP, snap


@dataclass(frozen=True)
class Seam:
    """One straight edge as it runs in the ring of ``left``; ``right`` is -1 at the outer border."""

    left: int
    right: int
    start: tuple[float, float]
    end: tuple[float, float]

    @property
    def length(self) -> float:
        """Its length in metres."""
        return float(np.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1]))

    def beside(self, depth_m: float, *, along: float = 0.5) -> tuple[float, float]:
        """Return a point on the exact grid, ``depth_m`` into ``left`` (negative: into ``right``)."""
        a, b = np.array(self.start), np.array(self.end)
        inward = np.array([b[1] - a[1], a[0] - b[0]]) / self.length
        x, y = snap(a + along * (b - a) + depth_m * inward)
        return float(x), float(y)

    def middle(self) -> tuple[float, float] | None:
        """Return the exact middle, or None where it is not on the grid."""
        x, y = (self.start[0] + self.end[0]) / 2, (self.start[1] + self.end[1]) / 2
        return (x, y) if x % STEP == 0 and y % STEP == 0 else None


def find_seams(lands: np.ndarray) -> list[Seam]:
    """Return all edges of a coverage of simple polygons, each once; rings run clockwise, so the inside is right."""
    lands = shapely.orient_polygons(lands, exterior_cw=True)
    rows: list[np.ndarray] = []
    starts: list[np.ndarray] = []
    ends: list[np.ndarray] = []
    for number, land in enumerate(lands):
        points = shapely.get_coordinates(land)
        rows.append(np.full(len(points) - 1, number))
        starts.append(points[:-1])
        ends.append(points[1:])
    row, start, end = np.concatenate(rows), np.concatenate(starts), np.concatenate(ends)
    edges = {(*a, *b): r for r, a, b in zip(row.tolist(), start.tolist(), end.tolist(), strict=True)}
    seams = []
    for (x0, y0, x1, y1), left in edges.items():
        right = edges.get((x1, y1, x0, y0), -1)
        if right < left:
            seams.append(Seam(left, right, (x0, y0), (x1, y1)))
    return seams


def with_vertex(land: shapely.Polygon, seam: Seam, point: tuple[float, float]) -> shapely.Polygon:
    """Return the polygon whose edge along ``seam`` goes by way of ``point``."""
    points = shapely.get_coordinates(shapely.get_exterior_ring(land)).tolist()
    ends = {tuple(seam.start), tuple(seam.end)}
    for place, (a, b) in enumerate(itertools.pairwise(points)):
        if {tuple(a), tuple(b)} == ends:
            return shapely.polygons([*points[: place + 1], list(point), *points[place + 1 :]])
    message = f"the polygon has no edge {seam.start} {seam.end}"
    raise ValueError(message)


def triangle(seam: Seam, point: tuple[float, float]) -> shapely.Polygon:
    """Return the ground between an edge and a point beside it."""
    return shapely.polygons([seam.start, seam.end, point])


def chains(seams: list[Seam]) -> Iterator[tuple[Seam, Seam]]:
    """Yield pairs of edges between the same two polygons that follow one another."""
    by_start = {(seam.left, seam.right, seam.start): seam for seam in seams}
    for seam in seams:
        after = by_start.get((seam.left, seam.right, seam.end))
        if after is not None:
            yield seam, after
