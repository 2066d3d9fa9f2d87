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
