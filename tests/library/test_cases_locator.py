"""A ready locator answers as a new one does, is refused for other cells, and both answer what single points get."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiPoint, Point, Polygon, box

from onemap import CellLocator, assign_cases
from onemap.cases import HOW
from onemap.cases.places import read_places
from onemap.cases.points import PointAssigner
from onemap.errors import GeometryError
from onemap.geo.nearest_edges import NearestEdges

CRS = "EPSG:4548"


def messy_cells() -> gpd.GeoDataFrame:
    """Boxes that overlap and touch, one that is not valid, one empty, one missing."""
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 40, (2, 60))
    width, height = rng.integers(1, 9, (2, 60))
    shapes = [*box(x, y, x + width, y + height)]
    shapes[3:6] = [Polygon([(0, 0), (4, 4), (4, 0), (0, 4)]), None, Polygon()]
    return gpd.GeoDataFrame({"cell_code": [f"{n}" for n in range(60)]}, geometry=shapes, crs=CRS)


def messy_cases() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(5)
    whole = rng.integers(-5, 55, (800, 2)).astype(float)
    spots = np.concatenate([whole, np.nextafter(whole, 60), rng.uniform(-5, 55, (800, 2))])
    odd = [None, Point(), MultiPoint([(3, 3)]), MultiPoint([(3, 3), (4, 4)]), LineString([(0, 0), (1, 1)]), Point(0, 0)]
    odd += [Point(np.nan, 3), Point(3, np.nan), Point(np.inf, 2), Point(1e10, 2), Point(1, 2, 3)]
    odd += [*[Point(3e5, 100)] * 4, Point(4e5, 1)]
    return gpd.GeoDataFrame(geometry=[*shapely.points(spots), *odd], crs=CRS).sample(frac=1, random_state=1)


@pytest.mark.parametrize(("near_m", "border_m"), [(0.0, 1.0), (2.5, 0.25), (0.0, 0.0), (0.0, 100.0), (1e6, 1.0)])
def test_every_row_is_what_single_points_get(near_m: float, border_m: float):
    cells, cases = messy_cells(), messy_cases()
    locator = CellLocator(cells)
    result = assign_cases(cases, cells, near_m=near_m, border_m=border_m, locator=locator)
    pd.testing.assert_frame_equal(result.table, assign_cases(cases, cells, near_m=near_m, border_m=border_m).table)
    assigner = PointAssigner(locator, near_m=near_m, border_m=border_m)
    places = read_places(cases, cells.crs)
    answers = assigner.answer(places)
    table = result.table
    assert table["how"].tolist() == [HOW[how] for how in answers.how]
    assert table["cell"].fillna("").tolist() == ["" if at < 0 else locator.codes[at] for at in answers.cell]
    np.testing.assert_allclose(table["distance_m"], answers.metres, rtol=1e-12)
    piled = table["reason"].str.startswith("probably a failed geocode").to_numpy()
    assert piled.sum() == (0 if near_m > 3e5 else 4)  # the pile lies 300 km away
    reasons = [assigner.reason(places, answers, at) for at in range(len(cases))]
    assert table["reason"][~piled].tolist() == [reasons[at] for at in np.flatnonzero(~piled)]
    for kind in ("cell", "how", "reason"):
        assert table[kind].dtype == "str"


def test_a_locator_of_other_cells_is_refused():
    cells, cases = messy_cells(), messy_cases()
    locator = CellLocator(cells)
    same = gpd.GeoDataFrame(cells[["cell_code"]], geometry=shapely.from_wkb(shapely.to_wkb(cells.geometry)), crs=CRS)
    assert assign_cases(cases, same, locator=locator).table.equals(assign_cases(cases, cells).table)
    moved = cells.set_geometry(cells.geometry.translate(1e-9))
    renamed = cells.assign(cell_code=cells["cell_code"] + "x")
    for other in (moved, renamed, cells.iloc[::-1], cells.iloc[1:], cells.to_crs("EPSG:4490")):
        with pytest.raises(GeometryError, match="made of other cells"):
            assign_cases(cases, other, locator=locator)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 17, 500])
def test_the_nearest_edges_are_those_of_a_look_at_all(count: int):
    rng = np.random.default_rng(count)
    ends = np.round(rng.uniform(0, 100, (count, 4)))  # some of no length, many ties
    x, y = rng.uniform(-300, 300, (2, 400))
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    want = set()
    if count:
        far = shapely.distance(shapely.points(x, y)[:, None], lines[None, :])
        want = set(zip(*np.nonzero(far <= far.min(axis=1, keepdims=True) + 1e-6), strict=True))
    for some in (slice(None), slice(5, 6)):
        point, edge, metres = NearestEdges(ends).nearest(x[some], y[some], slack=1e-6)
        assert {(p + (some.start or 0), e) for p, e in zip(point, edge, strict=True)} == {
            pair for pair in want if some.start is None or pair[0] == some.start
        }
        if count and some.start is None:
            np.testing.assert_allclose(metres, far[point, edge], rtol=1e-12)
