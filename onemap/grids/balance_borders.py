"""Which cells share a border, how long it is, and how much of it a barrier leaves open; from matched edges."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.errors import CrsError
from onemap.geo.alignment import align_edges
from onemap.geo.crs import metric_crs, transformer
from onemap.geo.edges import (
    Bools,
    Floats,
    Ints,
    bundle_edges,
    join_edges,
    match_edges,
    polygon_edges,
    resolution,
)

Shapes = NDArray[Any]

_SHORTEST_M = 1e-6
"""A border shorter than this is a point that rounding drew out."""
_CORNERS = 2
"""A barrier that ends or crosses at a border takes its own reach off it, to both sides."""


@dataclass(frozen=True)
class Borders:
    """Pairs of cells that share a border, each pair once, by positions.

    Attributes
    ----------
    pairs
        One row a pair, the smaller position first; sorted.
    length_m
        Length of the shared border.
    open_m
        Length of what no barrier blocks; 0 where the pair is parted.
    perimeter_m
        For each cell the length of its whole border.
    """

    pairs: Ints
    length_m: Floats
    open_m: Floats
    perimeter_m: Floats


def shared_borders(shapes: Shapes, crs: CRS, *, barriers: Shapes | None = None, barrier_m: float = 1.0) -> Borders:
    """Return the borders that polygons share, measured in metres.

    Edges are matched in the coordinates as they are, so that a common point alone is no border; edges that differ by
    a vertex only (T-junctions) are split there first.

    Parameters
    ----------
    shapes
        Valid polygons, none missing.
    crs
        Their coordinate system.
    barriers
        Lines or polygons in the metric system of the shapes: a border within ``barrier_m`` of one is blocked.
    barrier_m
        Reach of a barrier, metres.
    """
    ends, sides = _sides(shapes)
    bounds = shapely.total_bounds(shapes) if len(shapes) else (np.nan,) * 4
    metric = metric_crs(crs, bounds)
    x, y = ends.reshape(-1, 2).T
    if metric != crs and len(x):
        x, y = transformer(crs, metric).transform(x, y)
    lines = np.stack([x, y], axis=1).reshape(-1, 2, 2)
    length = np.hypot(*(lines[:, 1] - lines[:, 0]).T)
    perimeter = sum(np.bincount(side[side >= 0], length[side >= 0], len(shapes)) for side in sides.T)
    shared = np.flatnonzero((sides >= 0).all(axis=1) & (sides[:, 0] != sides[:, 1]))
    open_m, touched = _open(lines[shared], length[shared], barriers, barrier_m)
    pairs, of = np.unique(np.sort(sides[shared], axis=1), axis=0, return_inverse=True)
    of = of.ravel()
    whole = np.bincount(of, length[shared], len(pairs)).astype(np.float64)
    free = np.bincount(of, open_m, len(pairs)).astype(np.float64)
    at_barrier = np.bincount(of, touched, len(pairs)) > 0
    free[free <= np.where(at_barrier, _CORNERS * barrier_m, _SHORTEST_M)] = 0.0
    kept = whole > _SHORTEST_M
    return Borders(pairs[kept].astype(np.int64), whole[kept], free[kept], np.asarray(perimeter, dtype=np.float64))


def _sides(shapes: Shapes) -> tuple[Floats, Ints]:
    """Return every edge once with the polygons to its left and right, -1 where there is none."""
    if not len(shapes):
        return np.zeros((0, 4)), np.zeros((0, 2), dtype=np.int64)
    matched = match_edges(polygon_edges(shapes))
    settled = matched.balanced
    edges = matched.uses(np.flatnonzero(settled))
    lone = matched.uses(np.flatnonzero(~settled))
    if len(lone.owner):
        edges = join_edges(edges, align_edges(lone, reach=resolution(shapely.total_bounds(shapes))).edges)
    tied = bundle_edges(edges)
    sides = np.full((len(tied.ends), 2), -1, dtype=np.int64)
    order = np.argsort(-edges.owner, kind="stable")  # where cells overlap, the smallest position is named
    for column, left in ((0, True), (1, False)):
        rows = order[edges.left[order] == left]
        sides[tied.bundle[rows], column] = edges.owner[rows]
    return tied.ends, sides


def _open(lines: Floats, length: Floats, barriers: Shapes | None, barrier_m: float) -> tuple[Floats, Bools]:
    """Return how much of each segment no barrier comes near to, and which segments one does come near to."""
    touched = np.zeros(len(lines), dtype=bool)
    if barriers is None or not len(barriers) or not len(lines):
        return length, touched
    pieces = shapely.get_parts(barriers)
    segments = shapely.linestrings(lines)
    segment, barrier = shapely.STRtree(pieces).query(segments, predicate="dwithin", distance=barrier_m)
    free = length.copy()
    touched[segment] = True
    strips = shapely.buffer(pieces, max(barrier_m, _SHORTEST_M), cap_style="flat", join_style="mitre")
    order = np.lexsort((barrier, segment))
    segment, barrier = segment[order], barrier[order]
    for rows in np.split(np.arange(len(segment)), np.flatnonzero(np.diff(segment)) + 1):
        at = segment[rows[0]]
        free[at] = shapely.length(shapely.difference(segments[at], shapely.union_all(strips[barrier[rows]])))
    return free, touched


def metric_shapes(frame: Any, crs: CRS, bounds: Any, name: str) -> Shapes:
    """Return the shapes of another layer in the metric system of the cells.

    Raises
    ------
    CrsError
        The layer has no coordinate system.
    """
    if frame.crs is None:
        raise CrsError("{layer} has no coordinate system; declare it", layer=name)
    geometry = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else frame
    shapes = geometry.to_crs(metric_crs(crs, bounds)).to_numpy()
    return np.asarray(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))], dtype=object)
