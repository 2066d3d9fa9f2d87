"""Every zone by every name, metric systems, areas."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from onemap.errors import CrsError
from onemap.geo.crs import area_m2, metric_crs, resolve_crs

ESRI_WKT = (
    'PROJCS["{name}",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["{method}"],PARAMETER["False_Easting",{easting}],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",{meridian}],PARAMETER["Scale_Factor",{scale}],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]'
)
THREE = [(zone, 4488 + zone, 4534 + (3 * zone - 75) // 3, 3 * zone) for zone in range(25, 46)]
SIX = [(zone, 4478 + zone, 4502 + (6 * zone - 3 - 75) // 6, 6 * zone - 3) for zone in range(13, 24)]


def epsg(text) -> int:
    return resolve_crs(text).crs.to_epsg()


@pytest.mark.parametrize(("zone", "with_zone", "by_meridian", "meridian"), THREE)
def test_three_degree_zones_by_every_name(zone, with_zone, by_meridian, meridian):
    for text in (
        f"EPSG:{with_zone}",
        with_zone,
        f"CGCS2000 / 3-degree Gauss-Kruger zone {zone}",
        f"CGCS2000_3_Degree_GK_Zone_{zone}",
        f"CGCS2000 / 3度带 / {zone}带",
        f"２０００国家大地坐标系 ３度带 第{zone}带",
        f"国家2000 三度分带 {zone}号带",
        pyproj.CRS.from_epsg(with_zone),
    ):
        assert epsg(text) == with_zone, text
    for text in (
        f"EPSG:{by_meridian}",
        f"CGCS2000 / 3-degree Gauss-Kruger CM {meridian}E",
        f"CGCS2000_3_Degree_GK_CM_{meridian}E",
        f"2000国家大地坐标系 3度带 中央子午线{meridian}",
        f"CGCS2000 高斯克吕格 中央经线 {meridian}°",
        f"CGCS2000 3度带 {meridian}E",
    ):
        assert epsg(text) == by_meridian, text


@pytest.mark.parametrize(("zone", "with_zone", "by_meridian", "meridian"), SIX)
def test_six_degree_zones_by_every_name(zone, with_zone, by_meridian, meridian):
    for text in (
        f"EPSG:{with_zone}",
        f"CGCS2000 / Gauss-Kruger zone {zone}",
        f"CGCS2000_GK_Zone_{zone}",
        f"CGCS2000 / 6度带 / {zone}带",
        f"大地2000 六度带 {zone}带",
    ):
        assert epsg(text) == with_zone, text
    for text in (
        f"EPSG:{by_meridian}",
        f"CGCS2000 / Gauss-Kruger CM {meridian}E",
        f"CGCS2000_GK_CM_{meridian}E",
        f"CGCS2000 6度带 中央子午线{meridian}",
    ):
        assert epsg(text) == by_meridian, text


@pytest.mark.parametrize(("zone", "with_zone", "by_meridian", "meridian"), THREE + SIX)
@pytest.mark.parametrize("method", ["Gauss_Kruger", "Transverse_Mercator"])
def test_wkt_without_authority_is_known_by_its_parameters(zone, with_zone, by_meridian, meridian, method):
    prefixed = ESRI_WKT.format(name="unnamed", method=method, easting=zone * 1e6 + 5e5, meridian=meridian, scale=1.0)
    plain = ESRI_WKT.format(name="我们的坐标系", method=method, easting=500000.0, meridian=meridian, scale=1.0)
    assert epsg(prefixed) == with_zone
    # Without prefix, three and six degrees are one and the same system.
    same = [[p.value for p in pyproj.CRS.from_epsg(c).coordinate_operation.params] for c in (epsg(plain), by_meridian)]
    assert same[0] == same[1]
    assert resolve_crs(prefixed).notes == (f"unnamed: read as EPSG:{with_zone}",)


def test_geographic_wkt_as_chinese_software_writes_it():
    text = (
        'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
        'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
    )
    assert epsg(text) == 4490


def test_a_city_frame_is_left_as_it_is():
    """A central meridian of its own, or another scale, is nobody's zone."""
    odd = ESRI_WKT.format(name="city", method="Gauss_Kruger", easting=500000.0, meridian=117.3, scale=1.0)
    scaled = ESRI_WKT.format(
        name="utm-like", method="Transverse_Mercator", easting=500000.0, meridian=117.0, scale=0.9996
    )
    assert resolve_crs(odd).crs.to_epsg() is None
    assert resolve_crs(odd).crs.name == "city"
    assert resolve_crs(scaled).crs.coordinate_operation.params[2].value == 0.9996


@pytest.mark.parametrize(
    ("text", "code", "datum"),
    [
        ("Beijing 1954 / 3-degree Gauss-Kruger zone 39", 2415, "Beijing 1954"),
        ("Beijing_1954_3_Degree_GK_CM_117E", 2436, "Beijing 1954"),
        ("北京54坐标系 3度带 39带", 2415, "Beijing 1954"),
        ("Beijing_1954_GK_Zone_20", 21420, "Beijing 1954"),
        ("Beijing_1954_GK_Zone_20N", 21460, "Beijing 1954"),
        ("GCS_Beijing_1954", 4214, "Beijing 1954"),
        ("Xian 1980 / 3-degree Gauss-Kruger CM 117E", 2384, "Xian 1980"),
        ("Xian_1980_3_Degree_GK_Zone_39", 2363, "Xian 1980"),
        ("西安80 / 6度带 / 20带", 2334, "Xian 1980"),
        ("EPSG:4610", 4610, "Xian 1980"),
        ("New Beijing / 3-degree Gauss-Kruger zone 39", 4775, "New Beijing"),
    ],
)
def test_older_datums_are_named_inexact(text, code, datum):
    resolved = resolve_crs(text)
    assert resolved.crs.to_epsg() == code
    assert any(note.startswith(f"{datum}: its exact parameters") for note in resolved.notes)


@pytest.mark.parametrize(
    "text",
    [None, "", "  ", "EPSG:999999", "no such system", "CGCS2000 / 3度带", "CGCS2000 / 3度带 / 99带", "GCJ02", "BD-09", "火星坐标",
     "CGCS2000 6度带 中央子午线116", "EPSG:5773", "EPSG:4978", "+proj=longlat +a=1 +b=1", "+proj=longlat +R=1737400"],
)  # fmt: skip
def test_what_is_no_system_is_refused(text):
    with pytest.raises(CrsError) as caught:
        resolve_crs(text)
    assert caught.value.text("zh") != caught.value.text("en")


def test_plain_wgs84_has_no_notes():
    assert resolve_crs("EPSG:4326").notes == ()
    assert resolve_crs("WGS84").crs.to_epsg() == 4326


def test_metric_systems():
    assert metric_crs("EPSG:4548", (0, 0, 1, 1)).to_epsg() == 4548
    assert metric_crs("EPSG:4490", (116.3, 39.8, 116.5, 40)).to_epsg() == 4548
    assert metric_crs("EPSG:4490", (106.9, 27.6, 107.1, 27.8)).to_epsg() == 4545
    assert metric_crs("EPSG:3857", (1.29e7, 4.8e6, 1.3e7, 4.9e6)).to_epsg() == 4548
    local = metric_crs("EPSG:4326", (-77.12, 38.79, -76.91, 39.0))
    assert local.name == "local transverse Mercator"
    feet = metric_crs("EPSG:2248", (1.3e6, 4e5, 1.4e6, 5e5))
    assert feet.is_projected
    assert feet.axis_info[0].unit_conversion_factor == 1.0
    older = metric_crs("EPSG:4214", (116.3, 39.8, 116.5, 40))
    assert older.geodetic_crs.to_epsg() == 4214


def test_a_district_across_180_degrees_is_refused():
    with pytest.raises(CrsError, match="180 degrees"):
        metric_crs("EPSG:4326", (-179.9, -17, 179.9, -16))


@pytest.mark.parametrize(
    "crs", ["EPSG:4326", "EPSG:4490", "EPSG:3857", "EPSG:4548", "EPSG:4527", "EPSG:32650", "EPSG:2436"]
)
def test_area_is_the_same_in_every_system(crs):
    """Never in 3857 or degrees: within 0.1 percent of the geodesic area."""
    square = gpd.GeoSeries([shapely.box(116.3, 39.9, 116.31, 39.91), None, shapely.Point(116.3, 39.9)], crs="EPSG:4490")
    geodesic = pyproj.Geod(ellps="GRS80").geometry_area_perimeter(square.iloc[0])[0]
    areas = area_m2(square.to_crs(crs))
    assert areas.iloc[0] == pytest.approx(geodesic, rel=1e-3)
    assert np.isnan(areas.iloc[1])
    assert areas.iloc[2] == 0


def test_wide_areas_are_exact():
    wide = gpd.GeoSeries([shapely.box(100, 20, 110, 30).segmentize(0.1)], crs="EPSG:4326")
    geodesic = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(wide.iloc[0])[0]
    assert area_m2(wide).iloc[0] == pytest.approx(geodesic, rel=1e-5)


def test_area_needs_a_system_and_keeps_the_index():
    frame = gpd.GeoDataFrame({"shape": [shapely.box(0, 0, 2, 3)]}, geometry="shape", index=["x"])
    with pytest.raises(CrsError):
        area_m2(frame)
    areas = area_m2(frame.set_crs("EPSG:4548"))
    assert areas.to_dict() == {"x": 6.0}
    assert area_m2(gpd.GeoSeries([], crs="EPSG:4326")).empty


@pytest.mark.parametrize("lon", range(-178, 180, 37))
@pytest.mark.parametrize("lat", [-89.0, -60.0, 0.0, 60.0, 89.0])
def test_areas_hold_up_to_the_poles_and_the_date_line(lon, lat):
    square = gpd.GeoSeries([shapely.box(lon, lat, lon + 0.05, lat + 0.05)], crs="EPSG:4326")
    geodesic = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(square.iloc[0])[0]
    assert area_m2(square).iloc[0] == pytest.approx(geodesic, rel=1e-3)
