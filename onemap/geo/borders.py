"""Comparing the borders of polygons with one another and with an outline: gaps, overlaps, parts outside, mismatches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from onemap.geo.arrangement import Cover, Faces, Shapes, arrange, is_narrow
from onemap.geo.crs import metric_crs
from onemap.geo.defects import Defect, sort_codes
from onemap.geo.edges import Bools, Bundles, Edges, align_edges, bundle_edges, join_edges, polygon_edges, resolution

_REASONS = {
    ("gap", False): "no cell covers {area} m2 here, up to {width} m wide, between {cells}",
    ("gap", True): "no cell covers {area} m2 here at the border of the parent, up to {width} m wide",
    ("overlap", False): "{count} cells cover the same {area} m2: {cells}",
    ("overlap", True): "{count} cells cover the same {area} m2: {cells}",
    ("outside", False): "{area} m2 of {cells} lie outside the parent",
    ("outside", True): "{area} m2 of {cells} lie outside the parent",
}
_VERTICES = "the border of {cells} is drawn with different vertices over {length} m"
_VERTICES_PARENT = "the border of {cells} with the parent is drawn with different vertices over {length} m"
_SLIVER = "the border of {cells} is drawn twice over {length} m, at most {width} m apart"


@dataclass(frozen=True)
class Borders:
    """Defects of borders, their cells as positions, and how many edges are shared point for point."""

    defects: tuple[Defect, ...]
    shared: int


@dataclass(frozen=True)
class _Region:
    """A connected region of one kind, with what covers it and whose edges bound it."""

    kind: str
    shape: Any
    covers: tuple[int, ...]


def compare_borders(shapes: Shapes, outline: Any, *, crs: CRS, tolerance_m: float = 0.0) -> Borders:
    """Return what is wrong between polygons, and between them and an outline.

    Parameters
    ----------
    shapes
        Valid polygons, each once.
    outline
        Valid polygon that they shall fill, or None.
    crs
        Their coordinate system.
    tolerance_m
        Regions into which no circle of this diameter fits are mismatches.
    """
    if not len(shapes) and outline is None:
        return Borders((), 0)
    everything = shapes if outline is None else np.append(shapes, outline)
    reach = resolution(shapely.total_bounds(everything))
    edges = polygon_edges(shapes)
    if outline is not None:
        around = polygon_edges(np.array([outline], dtype=object), inside_out=True)
        edges = join_edges(edges, replace(around, owner=around.owner + len(shapes)))
    bundles = bundle_edges(edges)
    shared = int(bundles.balanced.sum())
    if bundles.balanced.all():
        return Borders((), shared)
    lone = edges.take(np.flatnonzero(~bundles.balanced[bundles.bundle]))
    aligned = align_edges(lone, reach=reach)
    tied = bundle_edges(aligned)
    calm = np.concatenate([bundles.ends[bundles.balanced], tied.ends[tied.balanced]])
    faces = arrange(tied.ends[~tied.balanced], calm, Cover(shapes, outline))
    walls = _Walls(aligned, reach)
    defects = [
        *_vertex_mismatches(aligned, tied, outside=len(shapes)),
        *_area_defects(faces, walls, outside=len(shapes), crs=crs, reach=reach, tolerance_m=tolerance_m),
    ]
    return Borders(tuple(defects), shared)


def name_cells(defects: Iterable[Defect], names: tuple[tuple[Any, ...], ...]) -> Iterator[Defect]:
    """Put codes in the place of positions; the outline has none."""
    for defect in defects:
        codes = [name for position in defect.cells if position < len(names) for name in names[position]]
        yield replace(defect, cells=sort_codes(codes))


class _Walls:
    """Whose edges run along the border of a region."""

    def __init__(self, edges: Edges, reach: float) -> None:
        self._owner = edges.owner
        self._reach = 2 * reach  # a noded corner is rounded once, so a wall is off by as much again
        self._tree = shapely.STRtree(shapely.linestrings(edges.ends.reshape(-1, 2, 2)))

    def owners(self, shapes: Shapes) -> list[tuple[int, ...]]:
        """Return for each region the sorted owners of the edges along its border."""
        points, index = shapely.get_coordinates(shapely.boundary(shapes), return_index=True)
        same = index[:-1] == index[1:]
        middle = shapely.points(((points[:-1] + points[1:]) / 2)[same])
        at, edge = self._tree.query(middle, predicate="dwithin", distance=self._reach)
        pairs = np.unique(np.stack([index[:-1][same][at], self._owner[edge]], axis=1), axis=0)
        found: list[list[int]] = [[] for _ in range(len(shapes))]
        for region, owner in pairs.tolist():
            found[region].append(owner)
        return [tuple(f) for f in found]


def _vertex_mismatches(aligned: Edges, tied: Bundles, *, outside: int) -> Iterator[Defect]:
    """Yield the lines where neighbours agree but name different vertices, one a connected line of the same cells."""
    agreed = np.flatnonzero(tied.balanced[tied.bundle])
    pairs = np.unique(np.stack([tied.bundle[agreed], aligned.owner[agreed]], axis=1), axis=0)
    owners_of: dict[int, list[int]] = {}
    for bundle, owner in pairs.tolist():
        owners_of.setdefault(bundle, []).append(owner)
    pieces: dict[tuple[int, ...], list[int]] = {}
    for bundle, owners in owners_of.items():
        pieces.setdefault(tuple(owners), []).append(bundle)
    for cells, bundles in pieces.items():
        lines = shapely.linestrings(tied.ends[bundles].reshape(-1, 2, 2))
        at_border = outside in cells
        for line in shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines))):
            template = _VERTICES_PARENT if at_border else _VERTICES
            yield Defect("mismatch", shapely.normalize(line), cells, template, touches_parent=at_border)


def _area_defects(
    faces: Faces, walls: _Walls, *, outside: int, crs: CRS, reach: float, tolerance_m: float
) -> Iterator[Defect]:
    """Yield gaps, overlaps, parts outside, and as mismatches those too narrow."""
    unseen = is_narrow(faces.shapes, reach)
    regions = list(_regions(faces, ~unseen, outside=outside))
    shapes = _array(r.shape for r in regions)
    narrow = is_narrow(_metric(shapes, crs), tolerance_m)
    bounding = walls.owners(shapes)
    for region, sliver, owners in zip(regions, narrow, bounding, strict=True):
        at_border = outside in owners
        if sliver:
            cells = tuple(sorted({*region.covers, *owners}))
            yield _sliver(region.shape, cells, at_border=at_border)
            continue
        cells = tuple(o for o in owners if o != outside) if region.kind == "gap" else region.covers
        template = _REASONS[region.kind, at_border]
        yield Defect(region.kind, region.shape, cells, template, touches_parent=at_border)
    crumbs = faces.shapes[unseen]
    crumbs = crumbs[~_near_any(crumbs, shapes, 2 * reach)]
    for shape, owners in zip(crumbs, walls.owners(crumbs), strict=True):
        yield _sliver(shape, owners, at_border=outside in owners)


def _sliver(shape: Any, cells: tuple[int, ...], *, at_border: bool) -> Defect:
    line = shapely.boundary(shape)
    return Defect("mismatch", line, cells, _SLIVER, touches_parent=at_border, area=shape)


def _near_any(crumbs: Shapes, shapes: Shapes, distance: float) -> Bools:
    """Return which crumbs hang on a region that is listed already: rounding of its border."""
    near = np.zeros(len(crumbs), dtype=bool)
    near[shapely.STRtree(shapes).query(crumbs, predicate="dwithin", distance=distance)[0]] = True
    return near


def _regions(faces: Faces, seen: Bools, *, outside: int) -> Iterator[_Region]:
    """Join faces with the same cover that share an edge, and tell what kind each region is."""
    groups: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for face in np.flatnonzero(seen).tolist():
        covers = faces.covers[face]
        cells = tuple(c for c in covers if c != outside)
        if not covers:
            groups.setdefault(("gap", ()), []).append(face)
        if len(cells) > 1:
            groups.setdefault(("overlap", cells), []).append(face)
        if cells and len(covers) > len(cells):
            groups.setdefault(("outside", cells), []).append(face)
    for (kind, cells), members in groups.items():
        shapes = faces.shapes[members]
        if len(shapes) > 1 and kind != "gap":  # faces without cover never share an edge: it would have no cell
            shapes = shapely.normalize(shapely.get_parts(shapely.union_all(shapes)))
        for shape in shapes:
            yield _Region(kind, shape, cells)


def _metric(shapes: Shapes, crs: CRS) -> Shapes:
    if not len(shapes):
        return shapes
    series = gpd.GeoSeries(shapes, crs=crs)
    return np.asarray(series.to_crs(metric_crs(crs, series.total_bounds)).to_numpy(), dtype=object)


def _array(shapes: Iterable[Any]) -> Shapes:
    found = list(shapes)
    array = np.empty(len(found), dtype=object)
    array[:] = found
    return array
