"""One position at a time, and batch after batch, answer what `assign_cases` answers."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from onemap.cases import HOW, assign_cases
from onemap.cases.places import read_places
from onemap.cases.points import PointAssigner
from onemap.geo.locator import CellLocator

CRS = "EPSG:4548"


def cells_with_everything() -> gpd.GeoDataFrame:
    """Return a 6 x 6 grid with a missing cell, an overlap and a cell of two parts, its codes out of order."""
    boxes = [shapely.box(10 * i, 10 * j, 10 * i + 10, 10 * j + 10) for j in range(6) for i in range(6)]
    boxes[8] = shapely.box(18, 10, 30, 20)
    boxes[20] = shapely.union(boxes[20], shapely.box(100, 100, 110, 110))
    frame = gpd.GeoDataFrame({"cell_code": [f"{(7 * k) % 36:03d}" for k in range(36)]}, geometry=boxes, crs=CRS)
    return frame.drop(index=14)


def points_everywhere() -> gpd.GeoSeries:
    rng = np.random.default_rng(5)
    corners = [(10.0 * i, 10.0 * j) for i in range(7) for j in range(7)]
    edges = [(10.0 * i + 2.5, 10.0 * j) for i in range(6) for j in range(7)]
    anywhere = rng.uniform(-20, 130, (300, 2)).tolist()
    far = [(30_000.0, 5.0), (3e6, 5.0), (0.0, 0.0), (np.inf, 1.0), (2e9, 5.0)]
    shapes = [*map(shapely.Point, [*corners, *edges, *anywhere, *far]), None, shapely.Point(), shapely.box(0, 0, 1, 1)]
    return gpd.GeoSeries(shapes, crs=CRS)


@pytest.mark.parametrize(("near_m", "border_m"), [(0.0, 1.0), (5.0, 0.0), (20.0, 3.0)])
def test_every_single_answer_is_that_of_assign_cases(near_m, border_m):
    cells, points = cells_with_everything(), points_everywhere()
    assigner = PointAssigner(CellLocator(cells), near_m=near_m, border_m=border_m)
    for k in range(len(points)):
        alone = gpd.GeoDataFrame(geometry=points.iloc[[k]])
        want = assign_cases(alone, cells, near_m=near_m, border_m=border_m).table.iloc[0]
        places = read_places(alone, cells.crs)
        got = assigner.answer(places)
        codes = assigner.locator.codes
        assert (codes[got.cell[0]] if got.cell[0] >= 0 else None) == (
            None if want["cell"] is None or want["cell"] != want["cell"] else want["cell"]
        )
        assert HOW[got.how[0]] == want["how"]
        assert np.array_equal(got.metres, [want["distance_m"]], equal_nan=True)
        assert tuple(codes[got.candidate]) == want["candidates"]
        assert assigner.reason(places, got, 0) == want["reason"]


def test_batches_answer_as_the_whole_and_distances_can_be_asked_per_call():
    cells = cells_with_everything()
    cases = gpd.GeoDataFrame(geometry=points_everywhere())
    table = assign_cases(cases, cells, near_m=20, border_m=3).table
    assigner = PointAssigner(CellLocator(cells))
    places = read_places(cases, cells.crs)
    got = assigner.answer(places, near_m=20, border_m=3)
    assert [HOW[how] for how in got.how] == table["how"].tolist()
    assert np.array_equal(got.metres, table["distance_m"], equal_nan=True)
    sizes = np.bincount(got.point, minlength=len(cases))
    assert sizes.tolist() == table["candidates"].map(len).tolist()
    cell, how = assigner.hold(places)
    plain = assign_cases(cases, cells).table
    assert [HOW[h] for h in how] == plain["how"].tolist()
    assert (cell >= 0).tolist() == plain["cell"].notna().tolist()
