"""Comparing the borders of polygons with one another and with an outline: gaps, overlaps, parts outside, mismatches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from onemap.geo.alignment import Alignment, align_edges
from onemap.geo.arrangement import Cover, Faces, Shapes, arrange, is_narrow
from onemap.geo.crs import metric_crs
from onemap.geo.defects import Defect, sort_codes
from onemap.geo.edges import (
    Bools,
    Bundles,
    Edges,
    Floats,
    MatchedEdges,
    bundle_edges,
    join_edges,
    lone_edges,
    polygon_edges,
    resolution,
)

_REASONS = {
    ("gap", False): "no cell covers {area} m2 here, up to {width} m wide, between {cells}",
    ("gap", True): "no cell covers {area} m2 here at the border of the parent, up to {width} m wide",
    ("overlap", False): "{count} cells cover the same {area} m2: {cells}",
    ("overlap", True): "{count} cells cover the same {area} m2: {cells}",
    ("outside", False): "{area} m2 of {cells} lie outside the parent",
    ("outside", True): "{area} m2 of {cells} lie outside the parent",
}
_BESIDE_ONE = "no cell covers {area} m2 here, up to {width} m wide, beside {cells}"
_VERTICES = "the border of {cells} is drawn with different vertices over {length} m"
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


def compare_borders(
    shapes: Shapes, outline: Any, *, crs: CRS, tolerance_m: float = 0.0, edges: MatchedEdges | None = None
) -> Borders:
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
    edges
        The matched edges of the shapes, where they are known already.
    """
    if not len(shapes) and outline is None:
        return Borders((), 0)
    everything = shapes if outline is None else np.append(shapes, outline)
    reach = resolution(shapely.total_bounds(everything))
    around = None if outline is None else _outside_edges(outline, owner=len(shapes))
    lone, shared = _unproved(polygon_edges(shapes), around) if edges is None else _unproved_of(edges, around)
    if not len(lone.ends):
        return Borders((), shared)
    aligned = align_edges(lone, reach=reach)
    tied = bundle_edges(aligned.edges)
    agreed = tied.ends[tied.balanced]
    cover = Cover(shapes, outline)
    faces = arrange(tied.ends[~tied.balanced], lambda faces: _calm_edges(faces, cover, lone, agreed), cover)
    sight = _Sight(aligned, tied, outside=len(shapes), crs=crs, reach=reach)
    regions = sight.regions(faces, tolerance_m)
    return Borders((*regions, *sight.mismatches(regions)), shared)


def _outside_edges(outline: Any, *, owner: int) -> Edges:
    """Return the edges of everything outside an outline."""
    around = polygon_edges(np.array([outline], dtype=object), inside_out=True)
    return replace(around, owner=np.full(len(around.ends), owner))


def _unproved(edges: Edges, around: Edges | None) -> tuple[Edges, int]:
    """Return the edges that do not prove themselves, and the number of those that do."""
    return lone_edges(edges if around is None else join_edges(edges, around))


def _unproved_of(edges: MatchedEdges, around: Edges | None) -> tuple[Edges, int]:
    """Return the same of edges that are matched already."""
    settled = edges.balanced
    if around is not None:
        settled &= ~edges.among(around.ends)
    rest = edges.uses(np.flatnonzero(~settled))
    lone, shared = _unproved(rest, around)
    return lone, shared + int(settled.sum())


def _calm_edges(faces: Shapes, cover: Cover, lone: Edges, agreed: Floats) -> Floats:
    """Return the edges near faces across which the number of cells does not change, though the cells do."""
    near = polygon_edges(cover.near(faces))
    both = bundle_edges(join_edges(near, lone))
    proved = np.bincount(both.bundle[len(near.ends) :], minlength=len(both.ends)) == 0
    return np.concatenate([both.ends[proved], agreed])


def name_cells(defects: Iterable[Defect], names: tuple[tuple[Any, ...], ...]) -> Iterator[Defect]:
    """Put codes in the place of positions; the outline has none."""
    for defect in defects:
        codes = [name for position in defect.cells if position < len(names) for name in names[position]]
        yield replace(defect, cells=sort_codes(codes))


class _Sight:
    """Regions and lines as defects, with the cells whose edges run along them."""

    def __init__(self, aligned: Alignment, tied: Bundles, *, outside: int, crs: CRS, reach: float) -> None:
        self._aligned = aligned
        self._tied = tied
        self._outside = outside
        self._crs = crs
        # a noded corner is rounded once more, so a wall may be off by as much again
        self._near = 2 * reach
        self._reach = reach
        self._walls = shapely.STRtree(shapely.linestrings(aligned.edges.ends.reshape(-1, 2, 2)))

    def regions(self, faces: Faces, tolerance_m: float) -> list[Defect]:
        """Return gaps, overlaps and parts outside, and as mismatches those too narrow."""
        unseen = is_narrow(faces.shapes, self._reach)
        regions = list(_regions(faces, ~unseen, outside=self._outside))
        shapes = _array(r.shape for r in regions)
        narrow = is_narrow(_metric(shapes, self._crs), tolerance_m)
        defects, slivers = [], []
        for region, sliver, owners in zip(regions, narrow, self._owners(shapes), strict=True):
            at_border = self._outside in owners
            if sliver:
                slivers.append((region.shape, tuple(sorted({*region.covers, *owners}))))
                continue
            cells = tuple(o for o in owners if o != self._outside) if region.kind == "gap" else region.covers
            template = _REASONS[region.kind, at_border]
            if region.kind == "gap" and not at_border and len(cells) == 1:
                template = _BESIDE_ONE
            defects.append(Defect(region.kind, region.shape, cells, template, touches_parent=at_border))
        crumbs = faces.shapes[unseen]
        crumbs = crumbs[~self._hang_on(crumbs, shapes)]
        slivers += [s for s in zip(crumbs, self._owners(crumbs), strict=True) if self._outside not in s[1]]
        return [*defects, *self._slivers(slivers)]

    def mismatches(self, regions: list[Defect]) -> Iterator[Defect]:
        """Yield the lines where neighbours agree but name different vertices, one for the same cells.

        A vertex at a region that is listed already says nothing new: there the border is wrong anyhow. The outline is
        to be filled, it is no neighbour: on a straight piece of it cells may have what vertices they like.
        """
        aligned, tied = self._aligned, self._tied
        known = _array(r.geometry for r in regions)
        new = np.flatnonzero(~self._hang_on(shapely.points(aligned.stops), known))
        told = np.isin(aligned.source, aligned.stopped[new])
        counts = np.bincount(tied.bundle[told], minlength=len(tied.ends))
        agreed = np.flatnonzero((tied.balanced & (counts > 0))[tied.bundle])
        pairs = np.unique(np.stack([tied.bundle[agreed], aligned.edges.owner[agreed]], axis=1), axis=0)
        owners: dict[int, tuple[int, ...]] = {}
        for bundle, owner in pairs.tolist():
            owners[bundle] = (*owners.get(bundle, ()), owner)
        pieces: dict[tuple[int, ...], list[int]] = {}
        for bundle, cells in owners.items():
            if self._outside not in cells:
                pieces.setdefault(cells, []).append(bundle)
        for cells, bundles in pieces.items():
            lines = shapely.linestrings(tied.ends[bundles].reshape(-1, 2, 2))
            line = shapely.normalize(shapely.line_merge(shapely.multilinestrings(lines)))
            yield Defect("mismatch", line, cells, _VERTICES)

    def _slivers(self, found: list[tuple[Any, tuple[int, ...]]]) -> Iterator[Defect]:
        """Yield one mismatch for all slivers of the same cells."""
        groups: dict[tuple[int, ...], list[Any]] = {}
        for shape, cells in found:
            groups.setdefault(cells, []).append(shape)
        for cells, shapes in groups.items():
            area = shapely.normalize(shapely.multipolygons(shapes))
            line = shapely.normalize(shapely.multilinestrings(shapely.get_rings(shapely.get_parts(area))))
            at_border = self._outside in cells
            yield Defect("mismatch", line, cells, _SLIVER, touches_parent=at_border, area=area)

    def _owners(self, shapes: Shapes) -> list[tuple[int, ...]]:
        """Return for each region the sorted owners of the edges along its border."""
        points, index = shapely.get_coordinates(shapely.boundary(shapes), return_index=True)
        same = index[:-1] == index[1:]
        middle = shapely.points(((points[:-1] + points[1:]) / 2)[same])
        at, edge = self._walls.query(middle, predicate="dwithin", distance=self._near)
        pairs = np.unique(np.stack([index[:-1][same][at], self._aligned.edges.owner[edge]], axis=1), axis=0)
        found: list[list[int]] = [[] for _ in range(len(shapes))]
        for region, owner in pairs.tolist():
            found[region].append(owner)
        return [tuple(f) for f in found]

    def _hang_on(self, shapes: Shapes, regions: Shapes) -> Bools:
        """Return which shapes lie at a region that is listed already."""
        near = np.zeros(len(shapes), dtype=bool)
        near[shapely.STRtree(regions).query(shapes, predicate="dwithin", distance=self._near)[0]] = True
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
