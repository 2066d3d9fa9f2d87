"""The whole line on the small sample city: found is what was planted, counts balance, a run can be stopped."""

import csv
from pathlib import Path

import pytest

from onemap.errors import Cancelled, SchemaError
from onemap.pipeline import RunResult, run
from onemap.testing import score, write_city


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    write_city(folder, size="small")
    return folder


@pytest.fixture(scope="module")
def result(city: Path) -> RunResult:
    return run(city)


def test_what_was_planted_is_found_and_nothing_else(result: RunResult, city: Path):
    found = score(result, city / "planted.json")
    assert not found.missed
    assert not found.invented
    print(f"sample city: recall {found.recall}, precision {found.precision}, {found.table['planted'].sum()} planted")


def test_r4_counts_balance_from_the_files_to_the_tables(result: RunResult):
    counts = result.counts
    assert counts["rows_in"] == counts["rows_out"] + counts["rows_rejected"] + counts["rows_outside"]
    by_how = sum(counts[how] for how in ("inside", "border", "near", "outside", "no_position"))
    assert by_how == counts["cases"] == len(result.one_map.read("case"))
    layers = result.one_map.layers
    fed = layers[layers["rows_in"].notna()]
    assert (fed["rows_in"] == fed["rows_out"] + fed["rows_rejected"] + fed["rows_outside"]).all()
    print(f"R4: sample city, {counts['rows_in']:,} rows in, all accounted for; {counts['cases']:,} cases, each once")


def test_everything_lies_where_it_should(result: RunResult, city: Path):
    out = city / "out"
    assert result.path == out / "onemap.gpkg"
    assert result.report == {"zh": out / "report.zh.html", "en": out / "report.en.html"}
    assert all(path.is_file() for path in result.report.values())
    assert {path.name for path in out.iterdir()} == {
        "onemap.gpkg", "rasters", "report.zh.html", "report.en.html", "tables",
    }  # fmt: skip
    assert {path.stem.rsplit("-", 1)[0] for path in (out / "rasters").iterdir()} == {
        "terrain_dem", "terrain_hillshade", "imagery_ortho",
    }  # fmt: skip


def test_tables_open_in_a_spreadsheet(result: RunResult):
    assert set(result.tables) == {
        "cases", "near_border", "defects", "defect_lines", "gaps", "object_gaps", "rejects", "repairs", "completeness",
    }  # fmt: skip
    with result.tables["cases"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == result.counts["cases"]
    assert {"case_code", "cell_code", "community_code", "street_code", "how", "reason"} <= set(rows[0])


def test_codes_go_up_the_levels(result: RunResult):
    one_map = result.one_map
    cases = one_map.read("case")
    cells = one_map.read("grid_cell").drop_duplicates("cell_code").set_index("cell_code")
    placed = cases[cases["cell_code"].notna()]
    assert (placed["community_code"] == placed["cell_code"].map(cells["parent_code"])).all()
    homes = one_map.read("city3d_building")
    assert homes["cell_code"].notna().sum() > 0.9 * len(homes)
    assert (homes["height_m"] > 0).all()


def test_the_summary_speaks_both_languages(result: RunResult):
    english, chinese = result.summary("en"), result.summary("zh")
    assert english[0].startswith("Is Qinghe covered? No: ")
    assert chinese[0].startswith("青禾区是否全覆盖？否：")
    assert len(english) == len(chinese) == 4


def test_r9_the_same_run_gives_the_same_layers(result: RunResult, city: Path, tmp_path: Path):
    again = run(city, out=tmp_path, language="zh")
    hashes = result.one_map.layers["content_sha256"]
    assert hashes.equals(again.one_map.layers["content_sha256"])
    print(f"R9: sample city, {len(hashes)} layers the same in 2 runs")


def test_a_stopped_run_leaves_the_old_results(result: RunResult, city: Path):
    before = {path: path.read_bytes() for path in (city / "out").rglob("*") if path.is_file()}
    seen = []

    def stop(share: float, text: str) -> None:
        seen.append(share)
        if share > 0.7:
            raise Cancelled("stopped by the user")

    with pytest.raises(Cancelled):
        run(city, progress=stop)
    assert {path: path.read_bytes() for path in (city / "out").rglob("*") if path.is_file()} == before
    assert seen == sorted(seen)


def test_a_wrong_manifest_is_an_error_before_anything_is_written(tmp_path: Path):
    (tmp_path / "onemap.toml").write_text("[district]\nname = 'x'\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="key 'crs' is missing"):
        run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["onemap.toml"]
