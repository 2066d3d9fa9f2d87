"""Real files, exact counts: Washington DC, Beijing, Shanghai, Changzhi, Helsinki, and the defective ones."""

from pathlib import Path

import geopandas as gpd
import pytest

import onemap
from onemap.errors import CrsError, SchemaError, SourceError
from onemap.sources.reading import Reading, ReadRequest, read


def balanced(reading: Reading) -> Reading:
    """R4 for reading: rows in = rows out + rows listed as removed."""
    assert reading.rows_in == len(reading.frame) + int(reading.rejects["removed"].sum())
    return reading


BOUNDARIES = {
    "ward_2012": 8, "anc_2013": 40, "smd_2013": 296, "smd_2002": 286, "police_district": 7, "police_service_area": 56,
    "census_tract_2010": 179, "census_block_group_2010": 450, "neighborhood_cluster": 39, "voting_precinct_2012": 143,
    "zip_code": 171,
}  # fmt: skip
FEATURES = {
    "parcel_lots": 1258, "condo_lots": 3068, "school_grounds": 173, "historic_landmarks": 757, "bridges_tunnels": 520,
    "major_roads": 1823, "snow_emergency_roads": 2204, "lenfant_streets": 2657, "hydrography": 795, "litter_cans": 5265,
    "places_of_worship": 900, "public_schools": 122, "liquor_licences": 2012,
}  # fmt: skip


@pytest.mark.parametrize(("file", "layers"), [("dc_boundaries", BOUNDARIES), ("dc_base_features", FEATURES)])
def test_every_layer_of_washington_is_read_whole(real_data: Path, file: str, layers: dict[str, int]) -> None:
    path = real_data / "washington_dc" / f"{file}.gpkg"
    counts = {}
    for layer in layers:
        reading = balanced(read(ReadRequest(path, layer=layer)))
        assert reading.source_crs == "EPSG:4326"
        assert len(reading.rejects) == 0
        counts[layer] = len(reading.frame)
    assert counts == layers


def test_several_layers_must_be_named(real_data: Path) -> None:
    with pytest.raises(SourceError, match=r"it has the layers ward_2012, anc_2013, .*; name one"):
        onemap.read_layer(real_data / "washington_dc" / "dc_boundaries.gpkg")


@pytest.mark.parametrize(
    ("file", "rows", "without"),
    [
        ("dc_service_requests_2016", 22_947, 1),
        ("dc_crime_incidents_2016", 2898, 0),
        ("dc_public_space_permits_2016_even", 1655, 5),
    ],
)
def test_cases_of_washington(real_data: Path, file: str, rows: int, without: int) -> None:
    reading = balanced(read(ReadRequest(real_data / "washington_dc" / f"{file}.csv.gz", crs="EPSG:4326")))
    assert len(reading.frame) == reading.rows_in == rows
    assert reading.frame.geometry.isna().sum() == without
    assert len(reading.rejects) == 0


def test_a_declared_metric_crs_takes_the_metric_columns(real_data: Path) -> None:
    """The three kinds of columns agree to 0.8 m everywhere, so that a wrong pair would show."""
    path = real_data / "washington_dc" / "dc_service_requests_2016.csv.gz"
    degrees = read(ReadRequest(path, crs="EPSG:4326")).frame.geometry.to_crs(26985)
    named = read(ReadRequest(path, crs="EPSG:4326", x="GEOM_LON", y="GEOM_LAT")).frame.geometry.to_crs(26985)
    metric = read(ReadRequest(path, crs="EPSG:26985"))
    assert "positions are taken from XCOORD and YCOORD" in metric.notes
    assert metric.frame.geometry.distance(degrees).max() < 0.9
    assert metric.frame.geometry.distance(named).max() < 0.9


def test_cases_without_a_crs_are_refused(real_data: Path) -> None:
    with pytest.raises(CrsError, match="no coordinate system is known"):
        read(ReadRequest(real_data / "washington_dc" / "dc_crime_incidents_2016.csv.gz"))


def test_cases_become_the_layer_of_the_catalogue(real_data: Path) -> None:
    frame = onemap.read_layer(real_data / "washington_dc" / "dc_service_requests_2016.csv.gz", "case", crs=4326)
    assert frame.columns[:4].tolist() == ["case_code", "matter_code", "matter_name", "reported_at"]
    assert str(frame["reported_at"].dt.tz) == "UTC"
    assert frame["reported_at"].max().year == 2018  # one time lies in the future; it is not our place to mend it
    assert frame["case_code"].duplicated().sum() == 370
    assert frame["case_code"].iloc[0] == "16-00622683"
    assert frame.index.tolist() == list(range(1, 22_948))


def test_beijing_towns_in_utf8_with_a_cut_field(real_data: Path) -> None:
    reading = balanced(read(ReadRequest(real_data / "beijing" / "beijing_towns.shp")))
    assert len(reading.frame) == 331
    assert reading.encoding == "UTF-8"
    assert "331 values of geom fill all 254 bytes and are probably cut" in reading.notes
    assert (reading.frame["县"] == "西城区").sum() == 15
    assert (reading.frame["县"] == "东城区").sum() == 17


def test_beijing_codes_stay_text(real_data: Path) -> None:
    frame = read(ReadRequest(real_data / "beijing" / "adcode2016_beijing_gcj02.csv.gz", coordinates="GCJ02")).frame
    assert len(frame) == 7361
    assert frame.geometry.notna().sum() == 2603
    assert frame["code"].str.fullmatch(r"\d{12}").all()
    assert frame["area_code"].dropna().str.startswith("0").all()
    codes = read(ReadRequest(real_data / "beijing" / "division2023_beijing_villages.csv.gz"))
    assert len(codes.frame) == 7535
    assert codes.frame.geometry.isna().all()
    assert "no columns with positions were found among the headings" in codes.notes


def test_beijing_communities_after_conversion(real_data: Path) -> None:
    """All 279 communities of Dongcheng and Xicheng lie in the right subdistrict after conversion, 176 without."""
    towns = read(ReadRequest(real_data / "beijing" / "beijing_towns.shp")).frame[["县", "乡", "geometry"]]
    path = real_data / "beijing" / "adcode2016_beijing_gcj02.csv.gz"
    right = {}
    for coordinates in ("GCJ02", None):
        request = ReadRequest(path, crs="EPSG:4326", coordinates=coordinates)
        reading = read(request)
        points = reading.frame[reading.frame.county.isin(["东城区", "西城区"]) & reading.frame.village.notna()]
        points = points[points.geometry.notna()]
        joined = gpd.sjoin(points, towns.to_crs(points.crs), predicate="within")
        right[coordinates] = int(
            ((joined["town"].str.removesuffix("办事处") == joined["乡"]) & (joined["county"] == joined["县"])).sum()
        )
        assert len(points) == 279
        assert any("converted to WGS 84" in note for note in reading.notes) is (coordinates is not None)
    assert right == {"GCJ02": 279, None: 176}


def test_beijing_fences_are_wgs84_by_default_only(real_data: Path) -> None:
    path = real_data / "beijing" / "adcode2016_beijing_fences_gcj02.geojson"
    assert len(balanced(read(ReadRequest(path))).frame) == 18
    converted = balanced(read(ReadRequest(path, coordinates="GCJ02")))
    assert converted.source_crs == "GCJ02"
    assert converted.frame.crs.to_epsg() == 4326


def test_shanghai_districts_in_gbk(real_data: Path) -> None:
    reading = balanced(read(ReadRequest(real_data / "shanghai_messy" / "区县界_area.shp")))
    assert reading.encoding == "GB18030"
    assert sorted(reading.frame["NAME"]) == sorted(
        [
            "黄浦区",
            "徐汇区",
            "长宁区",
            "静安区",
            "普陀区",
            "闸北区",
            "虹口区",
            "杨浦区",
            "闵行区",
            "宝山区",
            "嘉定区",
            "浦东新区",
            "金山区",
            "松江区",
            "青浦区",
            "奉贤区",
            "崇明县",
        ]
    )


@pytest.mark.parametrize(
    ("kind", "rows", "right"), [("hospital", 7513, 7502), ("school", 6151, 6140), ("food", 14_398, 14_344)]
)
def test_shanghai_positions_with_latitude_first(real_data: Path, kind: str, rows: int, right: int) -> None:
    """Placed by the names of the columns; the district by polygon is the one that the address names."""
    districts = read(ReadRequest(real_data / "shanghai_messy" / "区县界_area.shp")).frame[["NAME", "geometry"]]
    points = read(ReadRequest(real_data / "shanghai_messy" / f"shanghai_poi_{kind}.csv.gz", crs=4326)).frame
    assert len(points) == rows
    renamed = {"闸北区": "静安区", "崇明县": "崇明区"}
    joined = gpd.sjoin(points, districts, how="left", predicate="within")
    joined = joined[~joined.index.duplicated()]
    assert int((joined["NAME"].replace(renamed) == joined["adname"].replace(renamed)).sum()) == right


def test_changzhi(real_data: Path) -> None:
    folder = real_data / "changzhi"
    codes = read(ReadRequest(folder / "adcode2016_changzhi_gcj02.csv.gz", coordinates="GCJ02"))
    assert (len(codes.frame), int(codes.frame.geometry.notna().sum())) == (3751, 298)
    assert len(read(ReadRequest(folder / "adcode2016_changzhi_fences_gcj02.geojson")).frame) == 14


def test_three_rings_that_are_none(real_data: Path) -> None:
    reading = balanced(read(ReadRequest(real_data / "defects" / "osm_unclosed_rings.geojson")))
    assert (reading.rows_in, len(reading.frame)) == (43, 40)
    assert reading.rejects[["row", "reason"]].to_numpy().tolist() == [
        [1, "a ring of the polygon is not closed"],
        [2, "a ring of the polygon is not closed"],
        [3, "a ring of the polygon has 3 points; it needs 4"],
    ]


def test_helsinki_through_the_osm_driver(real_data: Path) -> None:
    path = real_data / "helsinki_osm" / "Helsinki.osm.pbf"
    assert len(balanced(read(ReadRequest(path, layer="points"))).frame) == 8045
    assert len(balanced(read(ReadRequest(path, layer="lines"))).frame) == 3818
    areas = balanced(read(ReadRequest(path, layer="multipolygons")))
    # 11 have a ring of two points, which GEOS cannot make; 17 one of three, there and back, cut at the extract's edge
    assert (areas.rows_in, len(areas.frame)) == (1095, 1067)
    assert areas.rejects["reason"].value_counts().to_dict() == {
        "a ring of the polygon has 3 points; it needs 4": 17,
        "a ring of the polygon has 2 points; it needs 4": 11,
    }


def test_gugong_is_readable_though_half_of_it_is_invalid(real_data: Path) -> None:
    reading = balanced(read(ReadRequest(real_data / "beijing" / "gugong_buildings_defective.geojson")))
    assert (reading.rows_in, len(reading.frame), len(reading.rejects)) == (1101, 1101, 0)
    assert int((~reading.frame.is_valid).sum()) == 509


def test_missing_columns_are_all_named(real_data: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        onemap.read_layer(real_data / "washington_dc" / "dc_boundaries.gpkg", "grid_cell", layer="smd_2013")
    assert "needs columns that are not there: cell_code (" in str(caught.value)
    assert "网格编码" in str(caught.value)
    assert "The headings are: objectid_src, SMD_ID, ANC_ID, NAME" in str(caught.value)
