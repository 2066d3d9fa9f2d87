"""Twelve ways to be in the wrong place, each a hundred times; and true positions, which raise no alarm."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from onemap import convert_coordinates
from onemap.errors import CrsError, GeometryError, SchemaError
from onemap.geo.faults import propose_positions, suspect_gcj02
from onemap.translation import translate

TIMES = 100


def place(seed: int, count: int = 1000):
    """A district somewhere in China, 3 to 8 km wide, and points in it."""
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(76, 133), rng.uniform(20, 50)
    wide = rng.uniform(0.03, 0.08, 2)
    district = gpd.GeoSeries([box(lon, lat, lon + wide[0], lat + wide[1])], crs="EPSG:4490")
    return district, rng.uniform(lon, lon + wide[0], count), rng.uniform(lat, lat + wide[1], count), lon + wide[0] / 2


def three(lon: float, *, prefix: bool) -> int:
    zone = round(lon / 3)
    return 4488 + zone if prefix else 4534 + zone - 25


def six(lon: float) -> int:
    return 4478 + round((lon + 3) / 6)


def other_zone(lon: float) -> int:
    zone = round(lon / 3)
    return 4534 + (zone - 1 if zone > 26 else zone + 1) - 25


def projected(x, y, code):
    return convert_coordinates(x, y, source="EPSG:4490", target=code)


def swap(pair):
    return pair[1], pair[0]


PATTERNS = {
    "longitude and latitude swapped": (4490, lambda x, y, lon: (y, x), "swapped_axes"),
    "X is north, no zone number": (
        lambda lon: three(lon, prefix=False),
        lambda x, y, lon: swap(projected(x, y, three(lon, prefix=False))),
        "swapped_axes",
    ),
    "X is north, zone number": (
        lambda lon: three(lon, prefix=True),
        lambda x, y, lon: swap(projected(x, y, three(lon, prefix=True))),
        "swapped_axes",
    ),
    "zone number lost": (
        lambda lon: three(lon, prefix=True),
        lambda x, y, lon: projected(x, y, three(lon, prefix=False)),
        "lost_zone_prefix",
    ),
    "zone number too many": (
        lambda lon: three(lon, prefix=False),
        lambda x, y, lon: projected(x, y, three(lon, prefix=True)),
        "extra_zone_prefix",
    ),
    "the neighbour zone": (
        lambda lon: three(lon, prefix=False),
        lambda x, y, lon: projected(x, y, other_zone(lon)),
        "wrong_zone",
    ),
    "six degrees for three": (
        lambda lon: three(lon, prefix=True),
        lambda x, y, lon: projected(x, y, six(lon)),
        ("wrong_zone", "lost_zone_prefix"),
    ),
    "degrees in a metre system": (
        lambda lon: three(lon, prefix=False),
        lambda x, y, lon: (x, y),
        "degrees_in_metre_crs",
    ),
    "metres in a degree system": (
        4490,
        lambda x, y, lon: projected(x, y, three(lon, prefix=True)),
        "metres_in_degree_crs",
    ),
    "feet": (
        lambda lon: three(lon, prefix=False),
        lambda x, y, lon: tuple(v / 0.3048 for v in projected(x, y, three(lon, prefix=False))),
        "feet",
    ),
    "GCJ-02": (4490, lambda x, y, lon: convert_coordinates(x, y, source="WGS84", target="GCJ02"), "gcj02"),
    "BD-09": (4326, lambda x, y, lon: convert_coordinates(x, y, source="WGS84", target="BD09"), "bd09"),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_pattern_is_named_a_hundred_times(pattern):
    declared, damage, fault = PATTERNS[pattern]
    named = 0
    for seed in range(TIMES):
        district, x, y, lon = place(seed)
        code = declared(lon) if callable(declared) else declared
        wrong_x, wrong_y = damage(x, y, lon)
        found = propose_positions(wrong_x, wrong_y, crs=code, district=district)
        assert found, f"{pattern}, seed {seed}: nothing proposed"
        best = found[0]
        assert best.fault in fault, f"{pattern}, seed {seed}: {[p.sentence for p in found]}"
        assert best.share_after > 0.99
        assert best.share_after > best.share_before
        assert best.points == 1000
        assert translate(best.sentence).endswith("照此读取则有 1000 个")
        assert not any(word in translate(best.sentence) for word in ("probably", "although", "points"))
        named += 1
    print(f"{pattern}: {named} of {TIMES}")


def test_true_positions_raise_no_alarm():
    """Right declarations, with points outside the district among them: never a proposal."""
    alarms = 0
    for seed in range(TIMES):
        district, x, y, lon = place(seed)
        rng = np.random.default_rng(seed)
        x, y = x + rng.normal(0, 0.004, len(x)), y + rng.normal(0, 0.004, len(y))
        for code in (4490, three(lon, prefix=False), three(lon, prefix=True)):
            alarms += bool(propose_positions(*projected(x, y, code), crs=code, district=district))
    assert alarms == 0


def test_a_swapped_projected_table_without_declared_metres():
    """GK numbers, X north, declared as degrees: metres and swapped, both said."""
    district, x, y, lon = place(3)
    north, east = swap(projected(x, y, three(lon, prefix=False)))
    best = propose_positions(north, east, crs=4490, district=district)[0]
    assert (best.fault, best.swapped, best.crs.to_epsg()) == ("metres_in_degree_crs", True, three(lon, prefix=False))
    assert "; the two coordinates are swapped too; " in best.sentence


def test_feet_abroad():
    """State plane feet read as metres."""
    district = gpd.GeoSeries([box(-77.1, 38.8, -76.9, 39.0)], crs=4326)
    x, y = convert_coordinates([-77.0, -77.05], [38.9, 38.95], source=4326, target=26985)
    best = propose_positions(x / 0.3048, y / 0.3048, crs=26985, district=district)[0]
    assert (best.fault, best.unit_m) == ("feet", 0.3048)


def test_nothing_is_proposed_where_nothing_fits():
    district = gpd.GeoSeries([box(116, 39, 116.1, 39.1)], crs=4490)
    assert propose_positions([], [], crs=4490, district=district) == []
    assert propose_positions([np.nan, np.inf], [1, 2], crs=4490, district=district) == []
    assert propose_positions([100.0] * 9, [30.0] * 9, crs=4490, district=district) == []
    assert propose_positions([4e7] * 9, [9e6] * 9, crs=4490, district=district) == []


def test_what_is_refused():
    district = gpd.GeoSeries([box(116, 39, 116.1, 39.1)], crs=4490)
    with pytest.raises(CrsError):
        propose_positions([1], [1], crs=None, district=district)
    with pytest.raises(CrsError):
        propose_positions([1], [1], crs=4490, district=district.set_crs(None, allow_override=True))
    with pytest.raises(GeometryError):
        propose_positions([1], [1], crs=4490, district=gpd.GeoSeries([Point(1, 1)], crs=4490))


# ---- the shift of web maps, against a reference


def shifted(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    import shapely

    moved = shapely.transform(
        frame.to_crs(4326).geometry.to_numpy(),
        lambda x, y: convert_coordinates(x, y, source="WGS84", target=name),
        interleaved=False,
    )
    return frame.to_crs(4326).set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=4326))


@pytest.fixture(scope="module")
def towns(real_data):
    return gpd.read_file(real_data / "beijing" / "beijing_towns.shp").drop(columns="geom")


@pytest.fixture(scope="module")
def districts(towns):
    return towns.dissolve("县").reset_index()[["县", "geometry"]].rename(columns={"县": "name"})


def test_the_beijing_fences_are_reported_as_gcj02(real_data, districts):
    fences = gpd.read_file(real_data / "beijing" / "adcode2016_beijing_fences_gcj02.geojson")
    assert fences.crs.to_epsg() == 4326
    by_overlap = suspect_gcj02(fences, districts)
    assert (by_overlap.coordinates, by_overlap.measure, by_overlap.features) == ("GCJ02", "overlap", 16)
    assert by_overlap.before < 0.97
    assert by_overlap.after > 0.995
    assert 500 < by_overlap.offset_m < 650
    by_name = suspect_gcj02(fences, districts, key="name")
    assert by_name.coordinates == "GCJ02"
    xicheng = suspect_gcj02(fences[fences["name"] == "西城区"], districts, key="name")
    assert (round(xicheng.before, 2), round(xicheng.after, 4), xicheng.features) == (0.77, 0.9999, 1)
    assert translate(xicheng.sentence).startswith("可能是 GCJ-02")
    print(by_overlap.sentence)


def test_true_layers_raise_no_suspicion(real_data, towns, districts):
    """Towns against districts and themselves, Shanghai's converted POI against its districts: silence."""
    assert suspect_gcj02(towns, districts) is None
    assert suspect_gcj02(towns, towns, key="乡") is None
    assert suspect_gcj02(districts, districts, key="name") is None
    assert suspect_gcj02(towns.set_geometry(towns.representative_point()), districts) is None
    shanghai = gpd.read_file(real_data / "shanghai_messy" / "区县界_area.shp", encoding="GBK")
    for kind in ("hospital", "school", "food"):
        rows = pd.read_csv(real_data / "shanghai_messy" / f"shanghai_poi_{kind}.csv.gz")
        points = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs=4326)
        assert suspect_gcj02(points, shanghai) is None
        for start in range(0, 3000, 100):
            assert suspect_gcj02(points.iloc[start : start + 100], shanghai) is None


@pytest.mark.parametrize("name", ["GCJ02", "BD09"])
def test_shifted_layers_of_every_kind_are_suspected(name, towns, districts):
    inner = towns[towns["县"].isin(["东城区", "西城区"])]
    points = inner.set_geometry(inner.representative_point())
    for features, reference, key, measure in (
        (points, points, "乡", "distance_m"),
        (points.head(3), points, "乡", "distance_m"),
        (points, inner, "乡", "inside"),
        (inner, inner, None, "overlap"),
        (inner.head(1), inner, None, "overlap"),
    ):
        found = suspect_gcj02(shifted(features, name), reference, key=key)
        assert (found.coordinates, found.measure) == (name, measure)
        assert found.offset_m > 400
        assert suspect_gcj02(features, reference, key=key) is None


def test_community_points_by_their_subdistrict(real_data, towns):
    rows = pd.read_csv(real_data / "beijing" / "adcode2016_beijing_gcj02.csv.gz", dtype={"code": str}).dropna(
        subset=["longitude"]
    )
    rows = rows[rows["code"].str[:6].isin(["110101", "110102"]) & rows["village"].notna()]
    rows["乡"] = rows["town"].str.removesuffix("办事处")
    points = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["longitude"], rows["latitude"]), crs=4326)
    inner = towns[towns["县"].isin(["东城区", "西城区"])]
    found = suspect_gcj02(points, inner, key="乡")
    assert (found.coordinates, found.features) == ("GCJ02", 279)
    assert round(found.before * 279) == 176
    assert found.after == 1.0
    few = suspect_gcj02(points.head(12), inner, key="乡")
    assert few.coordinates == "GCJ02"


def test_what_cannot_be_compared(districts):
    points = districts.set_geometry(districts.representative_point())
    with pytest.raises(SchemaError, match="by a key only"):
        suspect_gcj02(points, points)
    with pytest.raises(SchemaError, match="no column"):
        suspect_gcj02(points, points, key="absent")
    with pytest.raises(CrsError):
        suspect_gcj02(points.set_crs(None, allow_override=True), districts)
    assert suspect_gcj02(points.head(0), districts) is None


@pytest.mark.parametrize("kind", ["hospital", "school", "food"])
def test_shanghai_points_with_latitude_first(real_data, kind):
    """Read as they stand, latitude first, they are proposed to be swapped; read right, nothing is proposed."""
    shanghai = gpd.read_file(real_data / "shanghai_messy" / "区县界_area.shp", encoding="GBK")
    rows = pd.read_csv(real_data / "shanghai_messy" / f"shanghai_poi_{kind}.csv.gz")
    found = propose_positions(rows["lat"], rows["lon"], crs=4326, district=shanghai)
    assert found[0].fault == "swapped_axes"
    assert found[0].share_before == 0
    assert found[0].share_after > 0.99
    assert propose_positions(rows["lon"], rows["lat"], crs=4326, district=shanghai) == []
