"""Edges noded whatever is matched: layers over one another, doubled T-junctions, rings that touch.

The judges know nothing of matched edges: shapely's union of all borders and the polygons between them, a point of each
looked up in every cell, and every edge laid against every other.
"""

import os
from collections import defaultdict

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import Polygon, affinity, box

from onemap import check_coverage, repair_coverage
from onemap.geo.edges import bundle_edges, polygon_edges, resolution, ringed
from onemap.geo.noding import node_edges
from onemap.geo.partition import divide_plane

EXAMPLES = 1500 if os.environ.get("ONEMAP_DOSE") == "full" else 60
SIDE = 12


def array(shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def frame(shapes):
    return gpd.GeoDataFrame({"cell_code": [f"c{n:02d}" for n in range(len(shapes))]}, geometry=shapes, crs="EPSG:4548")


def true_faces(shapes):
    """Return the faces between the borders of all, by shapely, and the shapes that cover each."""
    lines = shapely.union_all(shapely.boundary(shapes))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    points = shapely.point_on_surface(faces)
    return faces, [tuple(np.flatnonzero(shapely.contains(shapes, point)).tolist()) for point in points]


def sizes(faces, covers):
    """Return for each set of covering cells the sorted areas of its faces, slivers of rounding left out."""
    found = defaultdict(list)
    for face, cover in zip(faces, covers, strict=True):
        if face.area > 1e-6:
            found[tuple(cover)].append(round(face.area, 5))
    return {cover: sorted(areas) for cover, areas in found.items()}


def assert_noded(ends):
    """Assert that no vertex lies inside an edge and that no two edges cross, by trying all pairs."""
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    corners = np.unique(ends.reshape(-1, 2), axis=0)
    inside = shapely.relate_pattern(shapely.points(corners)[:, None], lines[None, :], "0FF******")
    assert not inside.any()
    assert not shapely.crosses(lines[:, None], lines[None, :]).any()


def assert_divided(shapes):
    """Assert that the plane is divided as shapely divides it."""
    noded = node_edges(polygon_edges(shapes), reach=resolution(shapely.total_bounds(shapes)))
    assert_noded(bundle_edges(noded.edges).ends)
    plane = divide_plane(shapes)
    assert_noded(plane.ends)
    assert shapely.is_valid(plane.faces).all()
    found, true = sizes(plane.faces, plane.covers), sizes(*true_faces(shapes))
    assert found.keys() == true.keys()
    for cover, areas in true.items():
        np.testing.assert_allclose(found[cover], areas, atol=3e-5)


def assert_told(shapes):
    """Assert that the check tells each overlap and each gap, cell by cell, with its area."""
    report = check_coverage(frame(shapes))
    true = defaultdict(float)
    for face, cover in zip(*true_faces(shapes), strict=True):
        true[cover] += face.area
    told = defaultdict(float)
    for row in report.defects[report.defects["kind"].isin(["overlap", "gap"])].itertuples():
        cover = tuple(int(code[1:]) for code in row.cells) if row.kind == "overlap" else ()
        told[cover] += row.area_m2
    wrong = {cover: area for cover, area in true.items() if len(cover) != 1 and area > 1e-6}
    assert {cover for cover, area in told.items() if area > 1e-6} == wrong.keys()
    for cover, area in wrong.items():
        assert told[cover] == pytest.approx(area, rel=1e-6)


def halved(west, south, east, north, rng, depth):
    """Cut a box in two, and its halves again."""
    wide, high = east - west, north - south
    if depth == 0 or max(wide, high) < 2 or rng.random() < 0.15:
        return [(west, south, east, north)]
    if high < 2 or (wide >= 2 and rng.random() < 0.5):
        at = int(rng.integers(west + 1, east))
        return halved(west, south, at, north, rng, depth - 1) + halved(at, south, east, north, rng, depth - 1)
    at = int(rng.integers(south + 1, north))
    return halved(west, south, east, at, rng, depth - 1) + halved(west, at, east, north, rng, depth - 1)


def tiling(rng, *, matched):
    """Return boxes that fill a square; matched ones have each vertex on a border on both sides of it, and some more."""
    boxes = halved(0, 0, SIDE, SIDE, rng, int(rng.integers(1, 6)))
    shapes = shapely.box(*np.array(boxes, dtype=float).T)
    if not matched:
        return shapes
    vertices = np.unique(shapely.get_coordinates(shapes), axis=0)
    more = rng.integers(0, SIDE + 1, (int(rng.integers(0, 30)), 2)).astype(float)
    points = shapely.multipoints(np.vstack([vertices, more]))
    return array([with_vertices(shape, points) for shape in shapes])


def with_vertices(shape, points):
    """Return a polygon with those of the points as vertices that lie on its border."""
    ring = shape.exterior
    on = shapely.get_coordinates(shapely.intersection(ring, points))
    corners = np.unique(np.vstack([shapely.get_coordinates(ring), on]), axis=0)
    way = shapely.line_locate_point(ring, shapely.points(corners))
    return Polygon(corners[np.argsort(way)])


def voronoi(rng):
    square = box(0, 0, SIDE, SIDE)
    points = shapely.multipoints(rng.uniform(0, SIDE, (int(rng.integers(3, 15)), 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=shapely.buffer(square, SIDE)))
    cells = shapely.intersection(cells, square)
    return cells[shapely.area(cells) > 1e-3]


def stacked(rng, layers):
    """Return tilings over one another; some moved, and of some not all cells."""
    found = []
    for _ in range(layers):
        kind = rng.integers(0, 3)
        cells = voronoi(rng) if kind == 2 else tiling(rng, matched=bool(kind))
        if rng.random() < 0.3:
            cells = cells[rng.random(len(cells)) < 0.8]
        by = rng.integers(-3, 4, 2) if rng.random() < 0.3 else (0, 0)
        found.extend(affinity.translate(cell, *by) for cell in cells)
    keep = {shapely.to_wkb(shapely.normalize(shape)): shape for shape in found}  # a geometry again is no overlap
    apart = []
    for shape in keep.values():
        if not any(shape.equals(other) for other in apart):
            apart.append(shape)
    return array(apart)


CITY = np.array([440_000, 4_420_000])


def turned(shapes):
    moved = [affinity.translate(affinity.rotate(s, 13.0, origin=(0, 0)), *CITY) for s in shapes]
    return array(moved)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), layers=st.integers(1, 3))
def test_stacked_tilings_are_divided_as_shapely_divides_them(seed, layers):
    shapes = stacked(np.random.default_rng(seed), layers)
    if len(shapes):
        assert_divided(shapes)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), layers=st.integers(1, 3))
def test_stacked_tilings_are_told_cell_by_cell(seed, layers):
    shapes = stacked(np.random.default_rng(seed), layers)
    if len(shapes):
        assert_told(shapes)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), order=st.randoms(use_true_random=False))
def test_layers_that_are_each_matched_whatever_their_order(seed, order):
    """Nothing but matched edges inside, so that no edge without partner leads to where they meet."""
    rng = np.random.default_rng(seed)
    shapes = list(tiling(rng, matched=True)) + list(tiling(rng, matched=True))
    shapes = [shape for n, shape in enumerate(shapes) if not any(shape.equals(other) for other in shapes[:n])]
    assert_divided(array(shapes))
    order.shuffle(shapes)
    assert_divided(array(shapes))
    assert_told(array(shapes))


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_turned_layers_far_from_the_origin(seed):
    """Crossings are rounded there, so the pieces are laid against shapely's to a hundredth of a square millimetre."""
    rng = np.random.default_rng(seed)
    shapes = turned([*voronoi(rng), *voronoi(rng)])
    plane = divide_plane(shapes)
    points = shapely.point_on_surface(plane.faces)
    wide = shapely.area(plane.faces) > 1e-6
    for point, cover in zip(points[wide], np.array(plane.covers, dtype=object)[wide], strict=True):
        assert tuple(np.flatnonzero(shapely.contains(shapes, point)).tolist()) == tuple(cover)
    assert shapely.area(plane.faces).sum() == pytest.approx(shapely.union_all(shapes).area, rel=1e-9)


def ring_around(inner):
    """Return a cell around some, matched with them point for point."""
    hull = shapely.union_all(inner)
    return Polygon([(-30, -30), (50, -30), (50, 50), (-30, 50)], [shapely.get_coordinates(hull.exterior)])


def test_a_long_edge_over_two_short_ones():
    """One border from (4, 10) to (16, 10), over the same border with a vertex at (10, 10), both matched."""
    first = [
        Polygon([(4, 10), (16, 10), (16, 18), (4, 18)]),
        Polygon([(4, 10), (16, 10), (16, 2), (4, 2)]),
    ]
    second = [
        Polygon([(6, 10), (10, 10), (14, 10), (12, 14), (8, 14)]),
        Polygon([(6, 10), (10, 10), (14, 10), (12, 6), (8, 6)]),
    ]
    shapes = array([*first, ring_around(first), *second, ring_around(second)])
    assert shapely.is_valid(shapes).all()
    assert_divided(shapes)
    assert_told(shapes)


def test_two_matched_borders_that_cross():
    """Neither has an end near the other, nor anything without a partner."""
    upright = [box(9, 5, 10, 15), box(10, 5, 11, 15)]
    level = [box(5, 9, 15, 10), box(5, 10, 15, 11)]
    shapes = array([*upright, ring_around(upright), *level, ring_around(level)])
    assert_divided(shapes)
    assert_told(shapes)


@pytest.mark.parametrize("hole", [[(10, 5), (6, 8), (4, 8)], [(6, 8), (4, 8), (10, 5)]])
def test_a_hole_that_touches_the_border_is_no_fault(hole):
    """The border from (0, 0) to (20, 10) is matched, and so is the hole that has a corner on it."""
    around = Polygon([(0, 0), (20, 10), (0, 40), (-10, 40), (-10, 0)], [hole])
    beyond = Polygon([(0, 0), (20, 10), (30, 20), (30, -40), (-5, -40)])
    shapes = array([around, beyond, Polygon(hole)])
    assert shapely.coverage_is_valid(shapes)
    assert ringed(shapes).tolist() == [0]
    assert_divided(shapes)
    assert divide_plane(shapes).touched.tolist() == []
    cells = frame(shapes)
    assert check_coverage(cells).ok
    repair = repair_coverage(cells, max_width_m=1.0)
    assert repair.ok
    assert len(repair.changes) == 0


def test_what_is_sound_stays_as_it_is():
    shapes = voronoi(np.random.default_rng(7))
    edges = polygon_edges(shapes)
    noded = node_edges(edges, reach=resolution(shapely.total_bounds(shapes)))
    assert len(noded.touched) == 0
    assert np.array_equal(bundle_edges(noded.edges).ends, bundle_edges(edges).ends)


def test_an_outline_is_no_second_layer(monkeypatch):
    """Inside its outline a sound tiling covers the land once, outside it is covered by what lies around."""
    shapes = tiling(np.random.default_rng(3), matched=True)
    looked = []
    monkeypatch.setattr("onemap.geo.noding._in_conflict", lambda *a: looked.append(a) or np.zeros(len(a[0]), bool))
    plane = divide_plane(shapes, box(0, 0, SIDE, SIDE))
    assert all(len(cover) == 1 for cover in plane.covers)
    assert not looked


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), layers=st.integers(1, 3))
@example(seed=0, layers=2)
def test_with_an_outline_what_is_outside_counts_as_one_more(seed, layers):
    shapes = stacked(np.random.default_rng(seed), layers)
    if not len(shapes):
        return
    outline = box(1, 2, 10, 9)
    plane = divide_plane(shapes, outline)
    assert_noded(plane.ends)
    for face, cover in zip(plane.faces, plane.covers, strict=True):
        point = face.point_on_surface()
        true = tuple(np.flatnonzero(shapely.contains(shapes, point)).tolist())
        if face.area > 1e-6:
            assert tuple(cover) == true + (() if outline.contains(point) else (len(shapes),))
