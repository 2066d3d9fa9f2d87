"""Ownership by the edges near each feature gives what intersections with whole cells give."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity

from onemap import own_polygons
from onemap.geo import ownership
from onemap.geo.locator import CellLocator
from onemap.geo.shares import line_shares, polygon_shares
from onemap.testing import make_city

CRS = "EPSG:4548"


def by_intersection(features: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, **options) -> pd.DataFrame:
    """Own with every feature left to GEOS: each cell that it meets is cut with it whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ownership, "_by_edges", lambda taken, *_: ownership._Pairs.none(len(taken.shapes)))
        return own_polygons(features, cells, **options)


def compare(features: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, **options) -> pd.DataFrame:
    """Assert that both ways agree: names and sentences wholly, shares within 1e-9."""
    fast, slow = own_polygons(features, cells, **options), by_intersection(features, cells, **options)
    names = ["cell", "runner_up", "reason"]
    pd.testing.assert_frame_equal(fast[names], slow[names])
    amounts = ["share", "runner_up_share"]
    assert np.abs(fast[amounts].to_numpy() - slow[amounts].to_numpy()).max(initial=0.0) <= 1e-9
    pd.testing.assert_series_equal(fast["area_m2"], slow["area_m2"])
    return fast


def voronoi(count: int, seed: int, *, shift: float = 0.0) -> gpd.GeoDataFrame:
    """Cells of a Voronoi diagram, 100 m wide on average, with slanting borders that meet in odd places."""
    rng = np.random.default_rng(seed)
    side = 100 * count**0.5
    sites = shapely.points(rng.uniform(0, side, (count, 2)) + shift)
    shapes = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(sites)))
    shapes = shapely.intersection(shapes, shapely.box(shift, shift, shift + side, shift + side))
    return gpd.GeoDataFrame({"cell_code": [f"{i:04}" for i in range(count)]}, geometry=shapes, crs=CRS)


def houses(count: int, side: float, seed: int, *, shift: float = 0.0) -> list:
    rng = np.random.default_rng(seed)
    u_shape = shapely.Polygon([(0, 0), (30, 0), (30, 25), (20, 25), (20, 8), (9, 8), (9, 25), (0, 25)])
    court = shapely.Polygon([(0, 0), (40, 0), (40, 40), (0, 40)], [[(8, 8), (8, 30), (33, 30), (33, 8)]])
    pair = shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(60, 5, 75, 30)])
    plain = shapely.box(0, 0, 14, 9)
    shapes = [plain, u_shape, court, pair]
    found = []
    for i in range(count):
        turned = affinity.rotate(shapes[i % 4], rng.uniform(0, 360))
        found.append(affinity.translate(turned, *(rng.uniform(-30, side, 2) + shift)))
    return found


@pytest.mark.parametrize("shift", [0.0, 500_000.0])
def test_slanting_cells(shift):
    cells = voronoi(300, seed=1, shift=shift)
    shapes = houses(2_000, 1_800, seed=2, shift=shift)
    shapes += [shapely.reverse(s) for s in shapes[:100]]
    table = compare(gpd.GeoDataFrame(geometry=shapes, crs=CRS), cells)
    assert table["runner_up"].notna().sum() > 700
    found = polygon_shares(np.array(shapes), shapely.bounds(shapes), shapely.area(shapes), CellLocator(cells))
    assert found.doubtful.sum() <= 5  # almost nothing is left to GEOS


def test_lines():
    rng = np.random.default_rng(3)
    cells = voronoi(300, seed=4)
    roads = [
        shapely.LineString(rng.uniform(0, 1_900, 2) + np.cumsum(rng.normal(0, 60, (8, 2)), axis=0)) for _ in range(500)
    ]
    roads += [shapely.MultiLineString([a, b]) for a, b in zip(roads[:50], roads[50:100], strict=True)]
    table = compare(gpd.GeoDataFrame(geometry=roads, crs=CRS), cells)
    assert table["runner_up"].notna().sum() > 400
    assert line_shares(np.array(roads), shapely.length(roads), CellLocator(cells)).doubtful.sum() <= 2


def test_features_larger_than_cells():
    """Cells that lie wholly inside a feature, and cells with holes and enclaves."""
    cells = voronoi(100, seed=5)
    x, y = np.random.default_rng(6).uniform(0, 800, (2, 40))
    discs = shapely.buffer(shapely.points(x, y), 150)
    compare(gpd.GeoDataFrame(geometry=discs, crs=CRS), cells)
    inner = shapely.buffer(shapely.centroid(cells.geometry.to_numpy()[:50]), 3)
    hosts = cells.copy()
    hosts.loc[hosts.index[:50], "geometry"] = shapely.difference(hosts.geometry.to_numpy()[:50], inner)
    hosts = pd.concat([hosts, gpd.GeoDataFrame({"cell_code": [f"x{i}" for i in range(50)]}, geometry=inner, crs=CRS)])
    compare(gpd.GeoDataFrame(geometry=list(discs) + houses(400, 900, 7), crs=CRS), hosts)


def test_cells_that_overlap_leave_gaps_or_are_invalid():
    cells = voronoi(200, seed=8)
    rng = np.random.default_rng(9)
    moved = [affinity.translate(s, *rng.normal(0, 4, 2)) if i % 5 == 0 else s for i, s in enumerate(cells.geometry)]
    moved[7] = None
    moved[11] = shapely.Polygon([(900, 900), (960, 960), (960, 900), (900, 960)])
    compare(gpd.GeoDataFrame(geometry=houses(1_500, 1_400, 10), crs=CRS), cells.set_geometry(moved, crs=CRS))


def test_shapes_that_share_borders_with_cells():
    """Lots drawn along the borders of cells, to the vertex: nothing but ties and touches."""
    cells = voronoi(100, seed=11)
    halves = []
    for shape in cells.geometry:
        west, south, east, north = shape.bounds
        for part in (
            shapely.box(west, south, (west + east) / 2, north),
            shapely.box((west + east) / 2, south, east, north),
        ):
            halves.append(shapely.intersection(shape, part))
    table = compare(gpd.GeoDataFrame(geometry=[*halves, *cells.geometry, *cells.boundary], crs=CRS), cells)
    assert (table["cell"].iloc[:200].to_numpy() == np.repeat(cells["cell_code"].to_numpy(), 2)).all()
    squares = [shapely.box(x, y, x + 10, y + 10) for x in range(0, 50, 5) for y in range(0, 50, 5)]
    grid = [shapely.box(x, y, x + 10, y + 10) for x in range(0, 50, 10) for y in range(0, 50, 10)]
    frame = gpd.GeoDataFrame({"cell_code": [f"{i:02}" for i in range(25)]}, geometry=grid, crs=CRS)
    compare(gpd.GeoDataFrame(geometry=squares, crs=CRS), frame)


def test_lots_and_city(real_data):
    folder = real_data / "washington_dc"
    lots = gpd.read_file(folder / "dc_base_features.gpkg", layer="parcel_lots")
    smd = gpd.read_file(folder / "dc_boundaries.gpkg", layer="smd_2013")
    compare(lots, smd, code="SMD_ID")
    compare(lots.to_crs(26985), smd.to_crs(26985), code="SMD_ID")


def test_sample_city():
    city = make_city()
    for layer in ("city3d_building", "emap_road", "emap_green"):
        compare(city.frames[layer], city.cells)
    compare(city.buildings.iloc[:100].to_crs(4490), city.cells.to_crs(4490))
