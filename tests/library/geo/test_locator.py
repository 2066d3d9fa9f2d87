"""Which cell holds each point: exactly, in every shape of cells."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from onemap import CellLocator
from onemap.errors import GeometryError, SchemaError


def frame(*shapes, codes=None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"cell_code": codes or [f"{i}" for i in range(len(shapes))]}, geometry=list(shapes))


def test_positions_shapes_and_types():
    locator = CellLocator(frame(box(0, 0, 1, 1), box(1, 0, 2, 1), codes=["b", "a"]))
    found = locator.locate([[0.5, 1.0, 1.5], [3.0, np.nan, np.inf]], [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]])
    assert found.dtype == np.int64
    assert found.tolist() == [[0, 1, 1], [-1, -1, -1]]
    assert locator.locate(0.5, 0.5).shape == ()
    assert locator.locate([], []).tolist() == []
    assert locator.codes_of([0, 1, -1]).tolist() == ["b", "a", None]


def test_holders_name_every_cell_in_order_of_code():
    locator = CellLocator(frame(box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 0, 2, 1), codes=["c", "b", "a"]))
    holders = locator.holders([1.0, 0.5], [0.5, 0.5])
    assert holders.point.tolist() == [0, 0, 0, 1, 1]
    assert holders.cell.tolist() == [2, 1, 0, 2, 0]
    assert holders.on_border.tolist() == [False, True, True, False, False]


def test_holes_parts_slivers_gaps_and_nothing():
    ring = Polygon(box(0, 0, 10, 10).exterior.coords, [box(4, 4, 6, 6).exterior.coords])
    locator = CellLocator(
        frame(ring, MultiPolygon([box(20, 0, 21, 1), box(30, 0, 31, 1)]), box(40, 0, 40 + 1e-9, 1), None, Polygon())
    )
    found = locator.locate([5, 4, 20.5, 30.5, 25, 40, 40 + 5e-10, 41], [5, 5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert found.tolist() == [-1, 0, 1, 1, -1, 2, 2, -1]
    assert CellLocator(frame()).locate([1.0], [1.0]).tolist() == [-1]


def test_neighbours_of_a_slanted_edge_to_the_last_bit():
    """Points a last bit off a slanted edge: in one triangle or the other, never in none."""
    cells = frame(Polygon([(0, 0), (3, 1), (0, 1)]), Polygon([(0, 0), (3, 0), (3, 1)]))
    t = np.random.default_rng(3).uniform(0, 1, 20_000)
    x, y = 3 * t, t
    locator = CellLocator(cells)
    for step in (0, -1, 1):
        towards = np.full_like(y, step * np.inf)
        near = y if not step else np.nextafter(y, towards)
        inside = (near >= 0) & (near <= 1)
        assert (locator.locate(x, near)[inside] >= 0).all()


def test_a_large_coverage_of_voronoi_cells():
    """Every point in exactly one open cell or on a border, as plain `shapely.covers` of all pairs says."""
    rng = np.random.default_rng(7)
    seeds = shapely.MultiPoint(rng.uniform(0, 100, (300, 2)))
    cells = frame(*shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=box(0, 0, 100, 100))))
    x, y = rng.uniform(0, 100, (2, 3000))
    found = CellLocator(cells).locate(x, y)
    codes = np.array([f"{i}" for i in range(len(cells))])
    covers = shapely.covers(cells.geometry.to_numpy()[:, None], shapely.points(x, y)[None, :])
    expected = [int(np.flatnonzero(codes == min(codes[column]))[0]) for column in covers.T]
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("error", "cells"),
    [
        (SchemaError, frame(box(0, 0, 1, 1), box(1, 0, 2, 1), codes=["a", "a"])),
        (SchemaError, frame(box(0, 0, 1, 1), codes=[None])),
        (SchemaError, frame(box(0, 0, 1, 1), codes=[1.5])),
        (SchemaError, frame(box(0, 0, 1, 1), box(1, 0, 2, 1), codes=["a", 1])),
        (SchemaError, frame(box(0, 0, 1, 1)).rename(columns={"cell_code": "other"})),
        (GeometryError, frame(shapely.Point(0, 0))),
        (GeometryError, frame(Polygon([(0, 0), (1, 0), (np.nan, 1)]))),
        (GeometryError, frame(Polygon([(0, 0), (1, 0), (np.inf, 1)]))),
        (GeometryError, frame(box(0, 0, 1e10, 1))),
        (GeometryError, frame(box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)]))),
    ],
)
def test_cells_that_cannot_be_used(error, cells):
    with pytest.raises(error):
        CellLocator(cells)


def test_the_cells_are_left_as_they_are():
    cells = frame(box(0, 0, 1, 1)).rename_geometry("shape")
    before = cells.copy()
    CellLocator(cells).locate([0.5], [0.5])
    assert cells.equals(before)


def test_cells_that_are_not_valid_hold_what_geos_says():
    bowtie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    twice = MultiPolygon([box(20, 0, 30, 10), box(25, 5, 35, 15)])
    outside = Polygon(box(40, 0, 50, 10).exterior.coords, [box(48, 2, 55, 8).exterior.coords])
    cells = frame(bowtie, box(5, 5, 25, 8), twice, outside, codes=["d", "c", "b", "a"])
    x, y = np.random.default_rng(1).uniform(-1, 56, (2, 20_000))
    x[:3], y[:3] = [5, 10, 25], [5, 5, 6]
    holders = CellLocator(cells).holders(x, y)
    shapes = cells.geometry.to_numpy()
    held = shapely.intersects_xy(shapes[:, None], x[None, :], y[None, :])
    expected = {(int(p), int(c)) for c, p in zip(*np.nonzero(held), strict=True)}
    assert set(zip(holders.point.tolist(), holders.cell.tolist(), strict=True)) == expected
    assert len(holders.point) == len(expected)
    located = CellLocator(cells).locate(x, y)
    assert located.tolist() == [max(np.flatnonzero(column), default=-1) for column in held.T]
    assert [CellLocator(cells).locate_one(a, b) for a, b in zip(x[:50], y[:50], strict=True)] == located[:50].tolist()


def test_large_batches_are_cut_and_joined():
    """More points than fit one chunk, on two threads: as if asked one part after another."""
    rng = np.random.default_rng(9)
    cells = frame(*[box(i, j, i + 1, j + 1) for i in range(20) for j in range(20)], box(3, 3, 9, 9))
    x, y = rng.integers(-2, 45, (2, 600_000)) / 2
    locator = CellLocator(cells)
    whole = locator.holders(x, y)
    first, second = locator.holders(x[:100_000], y[:100_000]), locator.holders(x[100_000:], y[100_000:])
    assert whole.point.tolist() == first.point.tolist() + (second.point + 100_000).tolist()
    assert whole.cell.tolist() == first.cell.tolist() + second.cell.tolist()
    assert np.array_equal(locator.locate(x, y)[100_000:], locator.locate(x[100_000:], y[100_000:]))


def test_the_index_is_small():
    """At most 5 kB a cell of 65 vertices that share their borders, 10 kB for islands in a wide sea."""
    rng = np.random.default_rng(2)
    squares = [box(100 * i, 100 * j, 100 * i + 100, 100 * j + 100) for i in range(32) for j in range(32)]
    shapes = shapely.segmentize(shapely.transform(squares, lambda p: p @ [[0.9, 0.4], [-0.4, 0.9]]), 6.25)
    islands = shapely.buffer(shapely.points(rng.uniform(0, 1e6, (1000, 2))), 100, quad_segs=16)
    assert set(shapely.get_num_coordinates([*shapes, *islands])) == {65}
    for cells, most in ((shapes, 5000), (islands, 10_000)):
        per_cell = CellLocator(frame(*cells)).index.size / len(cells)
        print(f"index: {per_cell:.0f} bytes a cell of 65 vertices")
        assert per_cell < most


def test_different_edges_with_one_hash_are_told_apart(monkeypatch):
    seeds = shapely.MultiPoint(np.random.default_rng(7).uniform(0, 100, (50, 2)))
    cells = frame(*shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=box(0, 0, 100, 100))))
    x, y = np.random.default_rng(8).uniform(0, 100, (2, 2000))
    expected = CellLocator(cells).locate(x, y)
    monkeypatch.setattr("onemap.geo.edges._hash", lambda ends: np.full(len(ends), 1 << 60, dtype=np.uint64))
    assert CellLocator(cells).locate(x, y).tolist() == expected.tolist()


@pytest.mark.parametrize("crs", ["EPSG:4548", "EPSG:4490"])
def test_nearest_cell_and_distance_to_the_border(crs):
    """Against shapely's distances to all cells."""
    rng = np.random.default_rng(4)
    seeds = shapely.MultiPoint(rng.uniform(0, 1000, (60, 2)))
    shapes = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=box(0, 0, 1000, 1000)))[::2]
    shapes = shapely.transform(shapes, lambda points: points + np.array([440_000, 4_400_000]))
    codes = [f"{n:02d}" for n in rng.permutation(len(shapes))]
    metric = gpd.GeoDataFrame({"cell_code": codes}, geometry=shapes, crs="EPSG:4548")
    x, y = rng.uniform(-200, 1200, (2, 2000)) + np.array([[440_000], [4_400_000]])
    points = gpd.GeoSeries(gpd.points_from_xy(x, y, crs=metric.crs)).to_crs(crs)
    locator = CellLocator(metric.to_crs(crs))
    nearest = locator.nearest(points.x, points.y, within_m=150)
    border = locator.border_distance(points.x, points.y, within_m=7)
    shapes, places = metric.geometry.to_numpy(), shapely.points(x, y)
    far = shapely.distance(shapes[:, None], places[None, :])
    to_border = shapely.distance(shapely.boundary(shapes)[:, None], places[None, :]).min(axis=0)
    close = far.min(axis=0) <= 150
    assert np.array_equal(nearest.cell >= 0, close)
    assert np.allclose(nearest.metres[close], far.min(axis=0)[close], atol=2e-6)
    assert np.isnan(nearest.metres[~close]).all()
    assert np.allclose(far[nearest.cell[close], np.flatnonzero(close)], far.min(axis=0)[close], atol=2e-6)
    assert np.array_equal(np.isfinite(border), to_border <= 7)
    assert np.allclose(border[to_border <= 7], to_border[to_border <= 7], atol=2e-6)
    assert np.isfinite(border).sum() > 100


def test_equally_near_cells_the_smallest_code():
    """Two cells that touch the nearest corner, one of them only with that corner."""
    outer = Polygon([(0, 0), (10, 0), (10, 10)])
    corner = Polygon([(10, 10), (0, 0), (0, 10)])
    far_side = Polygon([(10, 10), (10, 0), (14, 0)])
    cells = frame(outer, corner, far_side, codes=["b", "c", "a"]).set_crs("EPSG:4548")
    found = CellLocator(cells).nearest([10.0, 12.0], [13.0, 30.0], within_m=50)
    assert found.cell.tolist() == [2, 2]
    assert found.metres.tolist() == [3.0, np.hypot(2, 20)]


@pytest.mark.parametrize("reach", [0.0, 0.01, 1.0, 4.0, 1000.0])
def test_no_point_within_reach_of_an_edge_is_left_out(reach):
    chance = np.random.default_rng(11)
    sites = shapely.MultiPoint(chance.uniform(0, 1000, (60, 2)))
    cells = frame(*shapely.get_parts(shapely.voronoi_polygons(sites)))
    x, y = chance.uniform(-50, 1050, (2, 20_000))
    borders = shapely.union_all(shapely.boundary(cells.geometry.to_numpy()))
    metres = shapely.distance(shapely.points(x, y), borders)
    location = CellLocator(cells).look_up(x, y, reach=reach)
    near = np.arange(len(x)) if location.near is None else location.near
    assert (np.diff(near) > 0).all()
    assert np.isin(np.flatnonzero(metres <= reach), near).all()
    assert len(near) < len(x) / 2 or reach > 1
    assert location.cell.tolist() == CellLocator(cells).locate(x, y).tolist()
