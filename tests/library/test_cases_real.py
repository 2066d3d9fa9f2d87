"""Washington DC: the counts that the city's own records confirm."""

import hashlib
import time

import geopandas as gpd
import pandas as pd
import pytest

from onemap import CellLocator, assign_cases, match_boundary_version
from onemap.translation import translate


@pytest.fixture(scope="module")
def boundaries(real_data):
    def read(name: str) -> gpd.GeoDataFrame:
        return gpd.read_file(real_data / "washington_dc" / "dc_boundaries.gpkg", layer=name)

    return read


def table(real_data, name: str, x: str = "lon", y: str = "lat") -> gpd.GeoDataFrame:
    rows = pd.read_csv(real_data / "washington_dc" / name, dtype=str)
    where = gpd.points_from_xy(pd.to_numeric(rows[x]), pd.to_numeric(rows[y]))
    return gpd.GeoDataFrame(rows, geometry=where, crs="EPSG:4326")


@pytest.fixture(scope="module")
def requests(real_data):
    return table(real_data, "dc_service_requests_2016.csv.gz", "GEOM_LON", "GEOM_LAT")


@pytest.fixture(scope="module")
def permits(real_data):
    return table(real_data, "dc_public_space_permits_2016_even.csv.gz")


def test_the_table_is_what_it_always_was(requests, boundaries):
    """Every value of every row, as the plain loop over rows wrote it that this table was first made with."""
    smd = boundaries("smd_2013").to_crs("EPSG:26985")
    table = assign_cases(requests, smd, code="SMD_ID", near_m=20, border_m=5).table
    metres = map(str, table["distance_m"].round(6))
    rows = zip(
        table["cell"].fillna(""), table["how"], metres, map(repr, table["candidates"]), table["reason"], strict=True
    )
    digest = hashlib.sha256("\n".join(map("|".join, rows)).encode()).hexdigest()
    assert digest.startswith("3caa77a787949a05")


def test_each_request_in_exactly_one_smd(requests, boundaries):
    smd = boundaries("smd_2013")
    start = time.perf_counter()
    result = assign_cases(requests, smd, code="SMD_ID")
    seconds = time.perf_counter() - start
    assert result.counts == {
        "rows": 22_947, "inside": 22_946, "border": 0, "near": 0, "outside": 0, "no_position": 1,
        "near_border": 1_785, "failed_geocodes": 0,
    }  # fmt: skip
    holders = CellLocator(smd, "SMD_ID").holders(requests.geometry.x, requests.geometry.y)
    assert len(holders.point) == len(set(holders.point.tolist())) == 22_946
    assert seconds < 2
    print(f"R4: 22,947 requests = 22,946 in exactly one SMD + 1 without position; {seconds:.2f} s")


def test_ward_agrees_with_the_citys_own(requests, boundaries):
    result = assign_cases(requests, boundaries("ward_2012"), code="WARD", border_m=1.0)
    ours = pd.to_numeric(result.table["cell"])
    theirs = pd.to_numeric(requests["WARD"])
    assert int((ours == theirs).sum()) == 22_760
    assert int((theirs.isna() & ours.notna()).sum()) == 150
    differ = requests.index[theirs.notna() & ours.notna() & (ours != theirs)]
    assert len(differ) == 36
    queue = result.near_border
    assert set(differ) <= set(queue.index)
    assert queue.loc[differ, "distance_m"].max() < 0.05
    assert all(
        theirs[row] in candidates for row, candidates in zip(differ, queue.loc[differ, "candidates"], strict=True)
    )
    print(f"wards: 22,760 agree, 150 empty, 36 differ, all 36 among the {len(queue)} queued")


@pytest.mark.parametrize(
    ("layer", "code", "outside", "twice"),
    [
        ("anc_2013", "ANC_ID", 0, 0),
        ("police_service_area", "NAME", 0, 0),
        ("census_tract_2010", "GEOID", 21, 0),
        ("neighborhood_cluster", "NAME", 350, 11),
        ("voting_precinct_2012", "NAME", 5, 2),
    ],
)
def test_requests_in_clean_and_dirty_boundaries(requests, boundaries, layer, code, outside, twice):
    cells = boundaries(layer)
    if code not in cells or cells[code].duplicated().any():
        code = "objectid_src"
    result = assign_cases(requests, cells, code=code)
    assert result.counts["outside"] == outside
    overlap = result.table["reason"].str.startswith("where ")
    assert int(overlap.sum()) == twice
    assert set(result.table.index[overlap]) <= set(result.near_border.index)


def test_permits_failed_geocodes_and_missing_positions(permits, boundaries):
    result = assign_cases(permits, boundaries("smd_2013"), code="SMD_ID")
    assert result.counts == {
        "rows": 1_655, "inside": 1_583, "border": 0, "near": 0, "outside": 67, "no_position": 5,
        "near_border": 95, "failed_geocodes": 67,
    }  # fmt: skip
    failed = result.failed_geocodes
    assert failed["together"].tolist() == [67] * 67
    assert (permits.loc[failed.index, "SMD"] == "NONE").all()
    reason = failed["reason"].iloc[0]
    assert reason == "probably a failed geocode: 67 cases at this one place, 415 km outside"
    assert translate(reason) == "可能是地理编码失败：67 件案件落在区外 415 公里的同一点"
    near = assign_cases(permits, boundaries("smd_2013"), code="SMD_ID", near_m=1000)
    assert near.counts["near"] == 0


def test_permits_were_coded_with_the_boundaries_of_2002(permits, boundaries):
    versions = {name: boundaries(name) for name in ("smd_2013", "smd_2002")}
    match = match_boundary_version(permits, versions, column="SMD", code="SMD_ID")
    assert match.best == "smd_2002"
    assert match.table["agree"].to_dict() == {"smd_2013": 1_060, "smd_2002": 1_558}
    assert match.table["cases"].to_dict() == {"smd_2013": 1_583, "smd_2002": 1_583}
    assert match.sentence == (
        "the codes of SMD fit smd_2002: 1558 of 1583 agree; in other versions fewer: smd_2013 1060"
    )
    assert translate(match.sentence) == "SMD 的编码符合 smd_2002：1583 件中 1558 件一致；其他版本较少：smd_2013 1060"


@pytest.mark.parametrize(
    ("layer", "column", "digits", "agree"),
    [("ward_2012", "WARD", 1, 2_892), ("anc_2013", "ANC", 2, 2_898), ("police_service_area", "PSA", 3, 2_770)],
)
def test_crimes_by_polygon_agree_with_their_codes(real_data, boundaries, layer, column, digits, agree):
    crimes = table(real_data, "dc_crime_incidents_2016.csv.gz")
    cells = boundaries(layer)
    code = {"ward_2012": "WARD", "anc_2013": "ANC_ID"}.get(layer, "NAME")
    found = assign_cases(crimes, cells, code=code).table["cell"].astype(str).str.removeprefix("PSA").str.strip()
    theirs = crimes[column].str.removesuffix(".0")
    assert len(crimes) == 2_898
    assert int((found.str[-digits:] == theirs).sum()) == agree
