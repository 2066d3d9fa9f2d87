"""GCJ-02 and BD-09 both ways, and the promise about coordinates (R14)."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onemap import assign_cases, convert_coordinates
from onemap.errors import CrsError, SchemaError

# Published pairs: the first to 1e-14 (stated with the formula), the others from the test suites of open converters.
VECTORS = [
    ("WGS84", "GCJ02", (120.0, 40.0), (120.00567568355486, 40.0013047896019)),
    ("WGS84", "GCJ02", (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    ("GCJ02", "BD09", (116.404, 39.915), (116.41036949371029, 39.92133699351022)),
]
LON = st.floats(73.5, 134.5)
LAT = st.floats(3.5, 53.5)


def test_r14_forward_and_inverse():
    worst = 0.0
    for source, target, given_at, expected in VECTORS:
        x, y = convert_coordinates(*given_at, source=source, target=target)
        worst = max(worst, abs(x - expected[0]), abs(y - expected[1]))
    assert worst < 1e-6
    rng = np.random.default_rng(14)
    lon, lat = rng.uniform(73.5, 134.5, 100_000), rng.uniform(3.5, 53.5, 100_000)
    back = 0.0
    for shifted in ("GCJ02", "BD09"):
        there = convert_coordinates(lon, lat, source="WGS84", target=shifted)
        again = convert_coordinates(*there, source=shifted, target="WGS84")
        back = max(back, np.abs(again[0] - lon).max(), np.abs(again[1] - lat).max())
    assert back < 1e-9
    print(
        f"R14: forward within {worst:.1e} degrees of {len(VECTORS)} published vectors, inverse within {back:.1e} of 100,000"
    )


CELL_CRS = ("EPSG:4490", "EPSG:4548", "EPSG:4527", "EPSG:32650")
CASE_CRS = ("EPSG:4326", "EPSG:4490", "EPSG:4548")


def test_r14_matrix_of_twelve_pairs():
    """Cases in any system, cells in any other: the same answers; no system at all: an error."""
    from shapely import box

    lon, lat = np.meshgrid(np.linspace(116.3, 116.4, 11), np.linspace(39.9, 40.0, 11))
    boxes = [box(lon[i, j], lat[i, j], lon[i, j + 1], lat[i + 1, j + 1]) for i in range(10) for j in range(10)]
    cells = gpd.GeoDataFrame({"cell_code": [f"{i:03}" for i in range(100)]}, geometry=boxes, crs="EPSG:4490")
    rng = np.random.default_rng(12)
    points = gpd.points_from_xy(rng.uniform(116.29, 116.41, 2000), rng.uniform(39.89, 40.01, 2000))
    # Straight edges bend by some millimetres between systems: keep the points off them.
    off = np.abs((np.asarray(points.x) * 100) % 1 - 0.5) < 0.49
    off &= np.abs((np.asarray(points.y) * 100) % 1 - 0.5) < 0.49
    cases = gpd.GeoDataFrame(geometry=points[off], crs="EPSG:4490")
    answers = []
    for case_crs, cell_crs in itertools.product(CASE_CRS, CELL_CRS):
        result = assign_cases(cases.to_crs(case_crs), cells.to_crs(cell_crs))
        answers.append(result.table["cell"])
        assert len(result.notes) == (case_crs != cell_crs)
    assert all(answer.equals(answers[0]) for answer in answers)
    assert answers[0].notna().sum() > 1000
    refused = 0
    for bare_cases, bare_cells in ((True, False), (False, True), (True, True)):
        with pytest.raises(CrsError):
            assign_cases(
                cases.set_crs(None, allow_override=True) if bare_cases else cases,
                cells.set_crs(None, allow_override=True) if bare_cells else cells,
            )
        refused += 1
    print(
        f"R14: {len(answers)} pairs of systems, {off.sum()} cases each, 0 differences; {refused} of 3 without system refused"
    )


@given(LON, LAT)
def test_round_trip(lon, lat):
    for source, target in itertools.permutations(("WGS84", "GCJ02", "BD09"), 2):
        there = convert_coordinates(lon, lat, source=source, target=target)
        x, y = convert_coordinates(*there, source=target, target=source)
        assert abs(x - lon) < 1e-9
        assert abs(y - lat) < 1e-9


@given(LON, LAT)
def test_shift_is_some_hundred_metres(lon, lat):
    x, y = convert_coordinates(lon, lat, source="WGS84", target="GCJ02")
    metres = np.hypot((x - lon) * 111_320 * np.cos(np.radians(lat)), (y - lat) * 111_320)
    assert metres < 1500


def test_no_shift_outside_china():
    for lon, lat in [
        (-77.03, 38.9),
        (139.7, 35.7),
        (72.0, 30.0),
        (110.0, 0.5),
        (110.0, 56.0),
        (180.0, 0.0),
        (0.0, 90.0),
    ]:
        for source, target in itertools.permutations(("WGS84", "GCJ02", "BD09"), 2):
            x, y = convert_coordinates(lon, lat, source=source, target=target)
            assert (float(x), float(y)) == (lon, lat)


def test_bad_positions_come_back_as_nan():
    x, y = convert_coordinates(
        [np.nan, np.inf, 116.0, -np.inf, 116.4], [39.9, 39.9, np.nan, np.inf, 39.9], source="GCJ02", target="EPSG:4548"
    )
    assert np.isnan(x[:4]).all()
    assert np.isnan(y[:4]).all()
    assert np.isfinite(x[4])
    for pair in (("EPSG:4490", "EPSG:4548"), ("EPSG:4490", "EPSG:4490"), ("GCJ02", "GCJ02"), ("BD09", "WGS84")):
        x, y = convert_coordinates([1e300, 1.0], [1.0, np.nan], source=pair[0], target=pair[1])
        assert np.isnan(x[1])
        assert np.isnan(y[1])


def test_shapes_kinds_and_arguments():
    x, y = convert_coordinates([], [], source="GCJ02", target="WGS84")
    assert x.shape == y.shape == (0,)
    grid = np.full((2, 3), 116.0)
    x, _ = convert_coordinates(grid, grid - 76, source="WGS84", target="BD09")
    assert x.shape == (2, 3)
    assert (grid == 116.0).all()
    x, _ = convert_coordinates(pd.Series([116, 117]), pd.Series([39, 40]), source="WGS84", target="GCJ02")
    assert x.dtype == np.float64
    with pytest.raises(SchemaError):
        convert_coordinates([1, 2], [1], source="WGS84", target="GCJ02")
    with pytest.raises(SchemaError):
        convert_coordinates([1, 2], [1, 2, 3], source="WGS84", target="GCJ02")
    with pytest.raises(CrsError):
        convert_coordinates(1, 1, source=None, target="GCJ02")
    with pytest.raises(CrsError):
        convert_coordinates(1, 1, source="EPSG:0", target="WGS84")


def test_through_any_system():
    direct = convert_coordinates(116.4, 39.9, source="GCJ02", target="WGS84")
    projected = convert_coordinates(116.4, 39.9, source="GCJ02", target="EPSG:4527")
    back = convert_coordinates(*projected, source="CGCS2000 / 3度带 / 39带", target="EPSG:4326")
    assert np.allclose(direct, back, atol=1e-11, rtol=0)
    assert 39_440_000 < projected[0] < 39_460_000


def test_the_installation_may_forbid_it(monkeypatch):
    monkeypatch.setenv("ONEMAP_GCJ", "off")
    with pytest.raises(CrsError, match="this installation forbids") as caught:
        convert_coordinates(116.4, 39.9, source="GCJ02", target="WGS84")
    assert "禁止" in caught.value.text("zh")
    convert_coordinates(116.4, 39.9, source="EPSG:4490", target="EPSG:4548")


@pytest.mark.parametrize(("convert", "right"), [(False, 176), (True, 279)])
def test_beijing_community_points(real_data, convert, right):
    """279 community points of Dongcheng and Xicheng: all in the right subdistrict once converted, 176 before."""
    rows = pd.read_csv(real_data / "beijing" / "adcode2016_beijing_gcj02.csv.gz", dtype={"code": str})
    towns = gpd.read_file(real_data / "beijing" / "beijing_towns.shp").drop(columns="geom")
    inner = towns[towns["县"].isin(["东城区", "西城区"])]
    code = rows["code"].astype(str)
    street_name = rows.set_index(code)["name"]
    lon, lat = (pd.to_numeric(rows[axis]) for axis in ("longitude", "latitude"))
    community = (code.str[:6].isin(["110101", "110102"])) & (code.str[9:] != "000") & lon.notna()
    x, y = lon[community].to_numpy(), lat[community].to_numpy()
    if convert:
        x, y = convert_coordinates(x, y, source="GCJ02", target="WGS84")
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=4326)
    cells = inner.assign(cell_code=inner["县"] + inner["乡"])
    found = assign_cases(points, cells).table["cell"].fillna("")
    streets = code[community].str[:9] + "000"
    county = code[community].str[:6].map({"110101": "东城区", "110102": "西城区"})
    agree = [
        cell[:3] == district and cell[3:].removesuffix("街道") == name.removesuffix("办事处").removesuffix("街道")
        for cell, district, name in zip(found, county, streets.map(street_name), strict=True)
    ]
    assert len(agree) == 279
    assert sum(agree) == right
