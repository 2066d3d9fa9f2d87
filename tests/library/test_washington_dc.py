"""Washington DC, real data: the whole line, with figures that were measured independently of onemap."""

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from onemap.basemap import build_base_map
from onemap.geo.coverage import check_coverage
from onemap.pipeline import RunResult, run

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "washington_dc"
PERMITS = """
[[source]]
layer = "case"
path = "dc_public_space_permits_2016_even.csv.gz"
crs = "EPSG:4326"
x = "lon"
y = "lat"
columns = { case_code = "TRACKING_NO", state = "STATUS", address = "SITEADDRESS", matter_name = "EVENTDESCRIPTION", reported_at = "APPLICATIONDATETIME" }
"""


@pytest.fixture(scope="module")
def result(real_data: Path, tmp_path_factory) -> RunResult:
    out = tmp_path_factory.mktemp("washington")
    return run(EXAMPLE, root=real_data / "washington_dc", out=out, language="en")


@pytest.fixture(scope="module")
def cases(result: RunResult) -> gpd.GeoDataFrame:
    return result.one_map.read("case")


@pytest.fixture(scope="module")
def defects(result: RunResult) -> gpd.GeoDataFrame:
    return result.one_map.read("defect")


def test_every_request_is_in_exactly_one_cell_or_listed(result: RunResult, cases: gpd.GeoDataFrame):
    assert len(cases) == 22_947
    assert cases["cell_code"].notna().sum() == 22_946
    assert cases["how"].value_counts().to_dict() == {"inside": 22_946, "no_position": 1}
    assert result.counts["cases"] == 22_947
    assert result.counts["no_position"] == 1
    missing = cases[cases["cell_code"].isna()]
    assert missing["reason"].tolist() == ["the case has no geometry"]
    print("DC: 22,947 requests, 22,946 in exactly one district, 1 listed")


def test_codes_of_all_levels_follow_from_the_polygons(result: RunResult, cases: gpd.GeoDataFrame):
    placed = cases[cases["cell_code"].notna()]
    assert (placed["community_code"] == placed["cell_code"].str[:2]).all()
    assert placed["street_code"].isin(list("12345678")).all()


def test_ward_by_polygon_against_the_citys_own_ward(result: RunResult, cases: gpd.GeoDataFrame):
    """Commissions cross ward lines, so the ward is looked up by place, not by the chain of codes."""
    from onemap.cases import assign_cases

    wards = result.one_map.read("grid_street")
    found = assign_cases(cases, wards, code="street_code", border_m=1.0)
    own = pd.to_numeric(cases["WARD"], errors="coerce").astype("Int64").astype("string")
    cell = found.table["cell"].astype("string")
    known = own.notna() & cell.notna()
    differs = known & (own != cell)
    assert int((known & ~differs).sum()) == 22_760
    assert int((own.isna() & cell.notna()).sum()) == 150
    assert int(differs.sum()) == 36
    queue = set(found.near_border["row"])
    assert {int(i) for i in differs.to_numpy().nonzero()[0]} <= queue
    print("DC: ward equal in 22,760, empty in 150, different in 36, all 36 in the near-border queue")


def test_repeated_requests_are_listed_and_kept(result: RunResult):
    rejects = result.one_map.read("reject")
    again = rejects[(rejects["layer_id"] == "case") & (rejects["kind"] == "duplicate")]
    assert len(again) == 370
    assert not again["removed"].any()


def test_the_neighbourhood_clusters_show_their_gaps_and_overlaps(defects: gpd.GeoDataFrame):
    mine = defects[defects["agency"] == "neighborhood_cluster"]
    enclosed = mine[(mine["kind"] == "gap") & ~mine["touches_parent"].astype(bool)]
    assert len(enclosed) == 170
    assert enclosed["area_m2"].sum() == pytest.approx(312_109, abs=1)
    assert mine[mine["kind"] == "overlap"]["area_m2"].sum() == pytest.approx(2_583, abs=1)
    print("DC: neighborhood_cluster: 170 enclosed gaps (312,109 m2), 2,583 m2 of overlap")


@pytest.mark.parametrize(
    ("agency", "gaps", "gap_m2", "overlap_m2"),
    [("voting_precinct_2012", 80, 906, 2_066), ("zip_code", 10, 330, 1_610)],
)
def test_other_agencies_show_their_own(
    result: RunResult, real_data: Path, agency: str, gaps: int, gap_m2: int, overlap_m2: int
):
    duty = result.one_map.read("duty_grid")
    report = check_coverage(duty[duty["agency"] == agency], code="duty_code")
    found = report.defects
    assert int((found["kind"] == "gap").sum()) == gaps
    assert found[found["kind"] == "gap"]["area_m2"].sum() == pytest.approx(gap_m2, abs=1)
    assert found[found["kind"] == "overlap"]["area_m2"].sum() == pytest.approx(overlap_m2, abs=1)


def test_police_districts_do_not_match_edge_by_edge(defects: gpd.GeoDataFrame):
    mine = defects[defects["agency"] == "police_district"]
    assert mine[mine["kind"] == "outside"]["area_m2"].sum() == pytest.approx(97_954, abs=1)


def test_the_city_is_covered_and_commissions_cross_ward_lines(result: RunResult, defects: gpd.GeoDataFrame):
    cells = defects[defects["layer_id"] == "grid_cell"]
    assert not cells["kind"].isin(["gap", "overlap"]).any()
    assert result.summary("en")[0] == "Is Washington, DC covered? Yes: 296 cells cover it once and wholly"
    crossing = defects[(defects["layer_id"] == "grid_community") & (defects["kind"] == "nesting")]
    assert crossing["area_m2"].sum() == pytest.approx(5_580_214, abs=1)
    assert len(result.one_map.read("grid_community")) == 40


def test_terrain_outside_the_city_is_reported_with_its_distance(result: RunResult):
    completeness = result.one_map.read("completeness")
    terrain = completeness[completeness["layer_id"] == "terrain_dem"]
    assert terrain["state"].tolist() == ["outside"] * 9
    assert terrain["reason"].tolist() == ["lies wholly outside the district, 993 m away"] * 9
    assert terrain["reason_zh"].iloc[0] == "全部位于本区之外，相距 993 米"
    assert result.one_map.raster("terrain_dem") is None
    missing = completeness[completeness["state"] == "missing"]
    assert set(missing["class_id"]) == {"imagery", "city3d", "underground"}


def test_r4_the_counts_of_the_whole_city_balance(result: RunResult):
    balance = result.balance
    assert (balance["rows_in"] == balance[["rows_out", "rows_rejected", "rows_outside"]].sum(axis=1)).all()
    by_how = sum(result.counts[how] for how in ("inside", "border", "near", "outside", "no_position"))
    assert by_how == result.counts["cases"] == 22_947
    assert balance.set_index("source").loc["dc_base_features.gpkg:litter_cans", "rows_out"] == 5_265
    print(f"R4: Washington, {balance['rows_in'].sum():,} rows in, all accounted for")


def test_lots_know_their_cell(result: RunResult):
    lots = result.one_map.read("frame_parcel")
    assert len(lots) == 1_258 + 3_068
    if "cell_code" in lots:
        assert lots["cell_code"].notna().all()
    assert shapely.is_valid(lots.geometry.to_numpy()).all()


def test_failed_geocodes_are_listed(real_data: Path, tmp_path: Path):
    text = (EXAMPLE / "onemap.toml").read_text(encoding="utf-8")
    head = text[: text.index('[[source]]\nlayer = "duty_grid"')]
    (tmp_path / "onemap.toml").write_text(head + PERMITS, encoding="utf-8")
    found = run(tmp_path, root=real_data / "washington_dc", out=tmp_path / "out", language="en")
    assert found.counts["cases"] == 1_655
    assert found.counts["no_position"] == 5
    assert found.counts["failed_geocodes"] == 67
    rejects = found.one_map.read("reject")
    listed = rejects[rejects["kind"] == "failed_geocode"]
    assert len(listed) == 67
    cases = found.one_map.read("case")
    far = cases[(cases["how"] == "outside") & cases["WARD"].isna()]
    assert len(far) == 67
    assert set(listed["found"]) == set(far["case_code"])
    print("DC: permits, 67 failed geocodes listed, 5 without position")


@pytest.mark.skipif(os.environ.get("ONEMAP_DOSE", "small") != "full", reason="the full dose builds the city twice")
@pytest.mark.soak
def test_r9_two_builds_of_the_city_are_the_same(real_data: Path, tmp_path: Path):
    one = build_base_map_of(real_data, tmp_path / "one")
    two = build_base_map_of(real_data, tmp_path / "two")
    assert one.equals(two)
    print(f"R9: Washington, {len(one)} layers the same in 2 builds")


def build_base_map_of(real_data: Path, out: Path) -> pd.Series:
    from onemap.manifest import load_manifest

    return build_base_map(load_manifest(EXAMPLE, root=real_data / "washington_dc"), out).layers["content_sha256"]
