"""The core of Beijing, real data: GCJ-02 as it comes, converted and suspected."""

from pathlib import Path

import pytest

from onemap.cases import assign_cases
from onemap.manifest import load_manifest
from onemap.pipeline import RunResult, run
from onemap.sources.reading import ReadRequest, read

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "beijing"


@pytest.fixture(scope="module")
def result(real_data: Path, tmp_path_factory) -> RunResult:
    return run(EXAMPLE, root=real_data / "beijing", out=tmp_path_factory.mktemp("beijing"), language="zh")


def plain(names):
    """Return names of subdistricts without the words that only one of the two sources uses."""
    return names.str.replace("街道办事处", "街道", regex=False)


def test_all_communities_are_in_the_right_subdistrict(result: RunResult):
    places = result.one_map.read("place_name")
    assert len(places) == 279
    assert int((places["street_code"] == plain(places["town"])).sum()) == 279
    print("Beijing: 279 of 279 communities in the right subdistrict after conversion")


def test_without_conversion_only_176_are(result: RunResult, real_data: Path):
    source = load_manifest(EXAMPLE, root=real_data / "beijing").sources_of("place_name")[0]
    frame = read(ReadRequest(source.path, crs="EPSG:4326", x="longitude", y="latitude")).frame
    frame = frame[(frame["level"] == "village") & frame["county"].isin(["东城区", "西城区"]) & frame.geometry.notna()]
    assert len(frame) == 279
    raw = assign_cases(frame, result.one_map.read("grid_street"), code="street_code").table
    assert int((raw["cell"].astype("str") == plain(frame["town"]).to_numpy()).sum()) == 176
    print("Beijing: 176 of 279 without conversion")


def test_the_fences_that_say_wgs84_are_reported_as_gcj02(result: RunResult):
    rejects = result.one_map.read("reject")
    (sentence,) = rejects[rejects["kind"] == "suspect_position"]["reason"]
    assert sentence.startswith("probably GCJ-02")
    assert rejects[rejects["kind"] == "suspect_position"]["layer_id"].tolist() == ["frame_boundary"]
    assert result.one_map.read("frame_boundary")["name"].tolist() == ["东城区", "西城区"]
    print(f"Beijing: fences: {sentence}")


def test_r4_selected_rows_balance(result: RunResult):
    rows = result.balance.set_index("layer_id")[["rows_in", "rows_out", "rows_rejected", "rows_outside"]]
    assert rows.loc["grid_street"].tolist() == [32, 32, 0, 0]
    assert rows.loc["place_name"].tolist() == [443, 279, 164, 0]
    notes = result.one_map.layers.loc["grid_street", "notes"]
    assert "32 of 331 rows were selected" in notes


def test_both_districts_are_covered(result: RunResult):
    district = result.one_map.read("grid_district")
    assert district["district_code"].tolist() == ["东城区", "西城区"]
    assert result.counts["defects"] == 0
    assert result.summary("zh")[0] == "首都功能核心区是否全覆盖？是：32 个网格无缝、无重叠地覆盖全区"
