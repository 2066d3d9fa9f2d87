"""The whole line on the small sample city: found is what was planted, counts balance, a run can be stopped."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
from markupsafe import escape

import onemap
from onemap.basemap import build_base_map
from onemap.errors import Cancelled, SchemaError, StoreError
from onemap.gaps import find_gaps
from onemap.geo.cell_codes import unique_codes
from onemap.manifest import load_manifest
from onemap.pipeline import RunResult, run
from onemap.pipeline.tables import write_all
from onemap.store.one_map import open_map
from onemap.testing import score, write_city
from onemap.translation import translate


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
        "onemap.gpkg", "onemap.index", "rasters", "report.zh.html", "report.en.html", "tables",
    }  # fmt: skip
    assert {path.stem.rsplit("-", 1)[0] for path in (out / "rasters").iterdir()} == {
        "terrain_dem", "terrain_hillshade", "imagery_ortho",
    }  # fmt: skip


def test_tables_open_in_a_spreadsheet(result: RunResult):
    assert set(result.tables) == {
        "cases", "near_border", "defects", "defect_lines", "gaps", "object_gaps", "rejects", "repairs", "completeness",
        "audit", "audit_findings", "duty_gaps", "duty_conflicts",
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
    assert len(english) == len(chinese) == 5
    assert (result.counts["outside"], result.counts["outside_in_gaps"]) == (221, 209)
    assert english[2].startswith("209 of the cases outside lie in gaps between the cells")
    assert chinese[2] == "区外案件中有 209 件落在网格空隙内：空隙弥合后即可落格"


NOON = "2026-06-30T12:00:00+00:00"
RUN = "import sys, datetime; from onemap.pipeline import run; "


def start(code: str, *arguments: object, seed: str = "0") -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(onemap.__file__).parents[1])}
    return subprocess.Popen([sys.executable, "-c", RUN + code, *map(str, arguments)], env=environment)


def test_r9_the_same_run_gives_the_same_bytes(result: RunResult, city: Path, tmp_path: Path):
    """Two processes, two hash seeds, one moment: every file is the same, byte for byte."""
    code = "run(sys.argv[1], out=sys.argv[2], language='zh', now=datetime.datetime.fromisoformat(sys.argv[3]))"
    folders = [tmp_path / "first", tmp_path / "second"]
    for seed, folder in zip(("1", "4711"), folders, strict=True):
        assert start(code, city, folder, NOON, seed=seed).wait(timeout=120) == 0
    first, second = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders)
    assert first.keys() == second.keys()
    differ = [str(path) for path in first if first[path] != second[path]]
    assert not differ  # their names alone: a difference of megabytes, spelled out, takes half an hour
    assert {path.suffix for path in first} == {".gpkg", ".cells", ".tif", ".html", ".csv"}
    hashes = open_map(folders[0] / "onemap.gpkg").layers["content_sha256"]
    assert hashes.equals(result.one_map.layers["content_sha256"])
    print(
        f"R9: sample city, {len(first)} of {len(first)} files byte-equal from 2 processes, map and rasters among them"
    )


def test_r1_a_killed_run_leaves_the_old_map_and_the_next_one_no_litter(result: RunResult, city: Path, tmp_path: Path):
    shutil.copytree(city / "out", tmp_path / "out")
    before = contents(tmp_path / "out")
    stages = {
        "looking for what is missing": True,
        "writing case": True,
        "report: pages": False,
    }  # at the last one the map is new
    for stage, is_old in stages.items():
        code = (
            "import os, signal; run(sys.argv[1], out=sys.argv[2], progress=lambda share, text: "
            f"text == {stage!r} and os.kill(os.getpid(), signal.SIGKILL))"
        )
        assert start(code, city, tmp_path / "out").wait(timeout=120) == -9
        after = contents(tmp_path / "out")
        assert not is_old or all(after[path] == old for path, old in before.items())
        assert open_map(tmp_path / "out" / "onemap.gpkg").levels == result.one_map.levels
    (tmp_path / "out" / "rasters" / ".terrain_dem.00000000.part.cog").write_bytes(b"half")
    (tmp_path / "out" / "tables" / ".cases-abcdefgh.csv").write_bytes(b"half")
    (tmp_path / "out" / "onemap.index" / "grid_cell-0123456789abcdef.cells").write_bytes(b"of another content")
    run(city, out=tmp_path / "out")
    assert contents(tmp_path / "out").keys() == before.keys()
    print(f"R1: {len(stages)} of {len(stages)} runs killed: a whole map each time, nothing left over by the next run")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_r13_a_second_run_is_refused_at_once(result: RunResult, city: Path, tmp_path: Path):
    refused = []

    def compete(share: float, text: str) -> None:
        if not refused:
            with pytest.raises(StoreError, match="is being written by process") as error:
                run(city, out=tmp_path / "out")
            refused.append(str(error.value))

    run(city, out=tmp_path / "out", language="en", progress=compete)
    assert str(os.getpid()) in refused[0]
    print("R13: 1 of 1 second runs refused before it read anything, its rasters and the first one's apart")


def test_gaps_of_a_map_that_was_only_built_are_those_of_the_run(result: RunResult, city: Path, tmp_path: Path):
    plan = load_manifest(city)
    built = open_map(build_base_map(plan, tmp_path).path)
    allowed = pyogrio.read_dataframe(plan.coverage.allowed).to_crs(built.district["crs"])
    found, ran = find_gaps(built, allowed=allowed).table, find_gaps(result.one_map).table
    wanted = ["kind", "layer_id", "agency", "object_id", "area_m2", "reason"]
    assert found[wanted].to_csv() == ran[wanted].to_csv()
    assert find_gaps(result.one_map).counts == {"land": 11, "duty": 9, "objects": 308, "time": 2}


def test_who_could_close_a_gap_is_published_with_each_of_land_and_objects(result: RunResult):
    asked = find_gaps(result.one_map, kinds=["land", "objects"]).table.set_index("gap_id")["who_could_close"]
    pages = {language: path.read_text(encoding="utf-8") for language, path in result.report.items()}
    for layer_id, name, rows in (("coverage_gap", "gaps", 11), ("object_gap", "object_gaps", 308)):
        published = result.one_map.read(layer_id).set_index("gap_id")
        told = published["who_could_close"]
        assert len(told) == rows
        assert told.tolist() == asked[told.index].tolist()
        assert published["who_could_close_zh"].tolist() == [translate(one, "zh") for one in told]
        assert not set(told) & {"", *published["who_could_close_zh"]}
        table = pd.read_csv(result.tables[name])
        for column in ("who_could_close", "who_could_close_zh"):
            assert table[column].tolist() == published[column].tolist()
        first = published.sort_values("area_m2", ascending=False) if "area_m2" in published else published
        for text, page in zip(
            first[["who_could_close", "who_could_close_zh"]].iloc[0], (pages["en"], pages["zh"]), strict=True
        ):
            assert str(escape(text)) in page
    duty = pd.read_csv(result.tables["duty_gaps"])
    assert duty["who_could_close_zh"].tolist() == [translate(one, "zh") for one in duty["who_could_close"]]


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(city: Path, tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be made"):
        run(city, out=tmp_path / "file" / "out")
    with pytest.raises(StoreError, match="cannot be written"):
        run(city, out="/proc/self")


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


def test_tables_hold_reasons_in_both_languages(tmp_path):
    frames = {
        "reject": pd.DataFrame({"reason": ["in no cell", None]}),
        "repair": pd.DataFrame({"why": ["the border crosses itself at 1 2"], "how": ["rebuilt from its lines"]}),
    }
    files = write_all(frames, tmp_path / "tables")
    assert files["rejects"].read_text("utf-8-sig").splitlines()[1] == "in no cell,不在任何网格内"
    assert "边界在 1 2 处自相交" in files["repairs"].read_text("utf-8-sig")
    assert list(frames["reject"].columns) == ["reason"]


def test_mere_slits_lead_to_the_tolerance():
    from types import SimpleNamespace

    from onemap.pipeline.result import RunResult

    slits = lambda **counts: RunResult._slits(SimpleNamespace(counts=counts), "en")  # noqa: E731
    assert slits(widest_gap_m=0.0, widest_nesting_m=12.0) == []
    (gap,) = slits(widest_gap_m=0.079)
    assert gap.startswith("No gap is wider than 0.079 m")
    assert "tolerance_m = 0.1 " in gap
    (nesting,) = slits(widest_nesting_m=0.0001)
    assert nesting.startswith("No difference between the levels is wider than 0.0001 m")
    assert "tolerance_m = 0.001 " in nesting


def test_the_audit_is_published_and_speaks_of_the_defects_found(result: RunResult):
    one_map = result.one_map
    audit = one_map.read("audit").set_index("kind")
    assert audit["rule"].tolist() == list(range(1, 10))
    cells = one_map.read("grid_cell")
    defects = pd.concat([one_map.read("defect"), one_map.read("defect_line")])
    mine = defects[(defects["layer_id"] == "grid_cell") & defects["agency"].isna() & ~defects["allowed"].astype(bool)]
    assert audit.loc["seamless", "findings"] == (mine["kind"] != "nesting").sum()
    found = one_map.read("audit_finding")
    assert "seamless" not in set(found["kind"])
    counted = found["kind"].value_counts().to_dict()
    assert counted == {k: n for k, n in audit["findings"].items() if n and k != "seamless"}
    sizes, exclusive = cells.geometry.area, cells["kind"] == "exclusive"
    assert counted["fit_size"] == ((sizes < 2_000) | ((sizes > 20_000) & ~exclusive)).sum()
    assert found["reason_zh"].notna().all()
    assert not one_map.has("audit_exception")
    assert not one_map.has("version_change")


def test_the_last_version_and_signed_exceptions(result: RunResult, city: Path, tmp_path: Path):
    """The last version is the map of the first run: two cells were one in it, and one had another name."""
    cells = unique_codes(result.one_map.read("grid_cell"), "cell_code")
    one, other = next(
        (a, b)
        for a in cells.index
        for b in cells.sindex.query(cells.geometry[a], predicate="touches")
        if cells.geometry[a].intersection(cells.geometry[b]).length > 50
    )
    renamed = next(i for i in cells.index if i not in (one, other))
    old = cells[["cell_code", "name", "parent_code", "geometry"]].copy()
    old.loc[one, "geometry"] = old.geometry[one].union(old.geometry[other])
    old.loc[renamed, "name"] = "旧名网格"
    old.drop(index=other).to_file(tmp_path / "last.gpkg", layer="cells")
    too_large = result.one_map.read("audit_finding").query("kind == 'fit_size'")["cells"].iloc[0]
    signed = pd.DataFrame([["面积适当", too_large, "公园", "李处长", "2026-03-01"]], columns=["原则", "网格", "理由", "签署人", "签署日期"])  # fmt: skip
    signed.to_csv(tmp_path / "signed.csv", index=False, encoding="utf-8-sig")
    written = (city / "onemap.toml").read_text(encoding="utf-8")
    added = f"[previous]\npath = '{tmp_path / 'last.gpkg'}'\ntolerance_m = 0.5\n[audit]\nexceptions = '{tmp_path / 'signed.csv'}'\n"
    (tmp_path / "onemap.toml").write_text(written.replace("[[source]]", added + "\n[[source]]", 1), encoding="utf-8")
    doubled = pyogrio.read_dataframe(tmp_path / "last.gpkg", layer="cells")
    doubled.loc[1, "cell_code"] = doubled.loc[0, "cell_code"]
    pyogrio.write_dataframe(doubled, tmp_path / "doubled.gpkg", layer="cells")
    wrong = (tmp_path / "onemap.toml").read_text(encoding="utf-8").replace("last.gpkg", "doubled.gpkg")
    (tmp_path / "wrong.toml").write_text(wrong, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"^doubled.gpkg \(\[previous\], the last version\): cell_code is not unique"):
        run(tmp_path / "wrong.toml", root=city / "raw", out=tmp_path / "out", language="en")
    again = run(tmp_path / "onemap.toml", root=city / "raw", out=tmp_path / "out", language="en")
    changed = again.one_map.read("version_change").set_index("code")
    code = cells["cell_code"]
    assert changed["status"].to_dict() == {code[one]: "redrawn", code[other]: "added", code[renamed]: "renamed"}
    pieces = again.one_map.read("version_piece")
    assert pieces[["from", "to"]].to_numpy().tolist() == [[code[one], code[other]]]
    assert pieces["area_m2"].iloc[0] == pytest.approx(cells.geometry[other].area)
    exception = again.one_map.read("audit_exception")
    assert exception["accepted"].tolist() == [1]
    accepted = again.one_map.read("audit_finding").query("accepted")
    assert accepted["cells"].tolist() == [too_large]
    assert {"version_changes", "version_pieces", "audit_exceptions"} <= set(again.tables)
    text = again.report["en"].read_text(encoding="utf-8")
    assert '<section id="changes">' in text
    assert '<section id="division">' in text
