"""Every algorithm of the installed zip, run by `qgis_process` in a fresh profile: exit codes and outputs."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "onemap_center"
ALGORITHMS = {
    "sample", "layers", "build", "run",
    "derive", "number", "check", "repair", "undo_repair", "balance", "edit", "audit", "versions",
    "roster", "own", "who", "who_points", "gaps", "conflicts",
    "assign", "reassign",
    "report", "atlas", "project",
    "codes_explain", "codes_check", "codes_convert", "codes_compare", "convert",
}  # fmt: skip
# the sample city plants one code twice; most verbs refuse such cells, as they must
ONCE = '|subset="fid" NOT IN (SELECT max("fid") FROM "grid_cell" GROUP BY "cell_code" HAVING count(*) > 1)'


@pytest.fixture(scope="module")
def profile(plugin_folder, tmp_path_factory):
    """Return the environment of a fresh profile into which the plugin was installed."""
    home = tmp_path_factory.mktemp("profile")
    plugins = home / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    shutil.copytree(plugin_folder, plugins / NAME, ignore=shutil.ignore_patterns("__pycache__"))
    (home / "run").mkdir(mode=0o700)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "ONEMAP_PYTHON": sys.executable,
        "LANG": "C.UTF-8",
    }
    environment.pop("QGIS_PLUGINPATH", None)
    done = subprocess.run(
        ["qgis_process", "plugins", "enable", NAME], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return environment


def process(profile, name, inputs, **changed):
    """Run an algorithm or a model; return its exit code, its results and all that it said."""
    done = subprocess.run(
        ["qgis_process", "run", name if name.endswith(".model3") else f"onemap:{name}", "-"],
        input=json.dumps({"inputs": inputs}, default=str),
        capture_output=True,
        text=True,
        env=profile | changed,
        check=False,
    )
    said = done.stdout + done.stderr
    start = done.stdout.find("{")
    results = json.loads(done.stdout[start:]).get("results", {}) if start >= 0 else {}
    return done.returncode, results, said


@pytest.fixture(scope="module")
def ran(profile):
    """Return a function that runs an algorithm, insists that it is done, and returns its results."""

    def run_it(name, **inputs):
        code, results, said = process(profile, name, inputs)
        assert code == 0, said
        assert "Traceback" not in said
        return results

    return run_it


def rows(path, table=None):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        name = table or connection.execute("SELECT table_name FROM gpkg_contents").fetchone()[0]
        return connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]


def values(path, column, table=None):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        name = table or connection.execute("SELECT table_name FROM gpkg_contents").fetchone()[0]
        return [value for (value,) in connection.execute(f'SELECT "{column}" FROM "{name}"')]


@pytest.fixture(scope="module")
def layer(one_map):
    """Return a function that names a layer of the map as QGIS does; cells come without the code that stands twice."""
    return lambda name: f"{one_map}|layername={name}{ONCE if name == 'grid_cell' else ''}"


@pytest.fixture(scope="module")
def repaired(ran, layer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("repaired")
    outputs = {name: folder / f"{name}.gpkg" for name in ("OUTPUT", "MOVES", "LEFT", "CHANGES")}
    return ran(
        "repair",
        CELLS=layer("grid_cell"),
        PARENT=layer("grid_district"),
        MAX_CHANGE=0.01,
        RECORD=folder / "record.json",
        **outputs,
    )


@pytest.fixture(scope="module")
def derived(ran, layer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("derived")
    return ran(
        "derive",
        COMMUNITIES=layer("grid_community"),
        BARRIERS=[layer("emap_road"), layer("emap_waterline")],
        BUILDINGS=layer("city3d_building"),
        COMPOUNDS=layer("frame_compound"),
        LAND_USE="water=900000",
        WEIGHT="lane=0.3",
        EXCLUSIVE_CLASS="R, A, M",
        **{name: folder / f"{name}.gpkg" for name in ("OUTPUT", "NOT_HONOURED", "NOT_HONOURED_LINES")},
    )


# --- what is there


def test_every_algorithm_is_there_with_its_help(profile, run):
    told = json.loads(run("qgis_process", "--json", "list", **profile))
    assert set(told["providers"]["onemap"]["algorithms"]) == {f"onemap:{name}" for name in ALGORITHMS}

    def described(name):
        return name, json.loads(run("qgis_process", "--json", "help", f"onemap:{name}", **profile))

    with ThreadPoolExecutor(2) as two:
        for name, told in two.map(described, sorted(ALGORITHMS)):
            words = told["algorithm_details"]["short_description"] or ""
            assert words.endswith("."), f"{name} does not say in a sentence what it does: {words}"
            assert "\n" not in words
            for parameter, about in told["parameters"].items():
                assert about.get("help"), f"{name}: {parameter} has no help"


# --- 1 base map


def test_sample_writes_a_city_that_can_be_built(ran, tmp_path):
    results = ran("sample", OUTPUT=tmp_path / "city")
    assert Path(results["MANIFEST"]) == tmp_path / "city" / "onemap.toml"
    assert (tmp_path / "city" / "planted.json").is_file()


def test_layers(ran, tmp_path):
    results = ran("layers", OUTPUT=tmp_path / "layers.gpkg")
    assert set(values(results["OUTPUT"], "layer")) == {path.stem for path in (ROOT / "layers").glob("*.toml")}


def test_build(ran, built, tmp_path):
    results = ran("build", MANIFEST=built / "city" / "onemap.toml", OUTPUT=tmp_path)
    assert rows(results["ONEMAP"], "onemap_layer") == results["LAYERS"]
    assert rows(results["ONEMAP"], "reject") == results["REJECTS"]


def test_run(ran, built, one_map, tmp_path):
    results = ran("run", MANIFEST=built / "city" / "onemap.toml", OUTPUT=tmp_path)
    assert results["CASES"] == rows(one_map, "case")
    allowed = sum(values(one_map, "allowed", "defect")) + sum(values(one_map, "allowed", "defect_line"))
    defects = rows(one_map, "defect") + rows(one_map, "defect_line") - allowed
    assert results["FINDINGS"] == defects + rows(one_map, "object_gap")
    assert "<html" in Path(results["REPORT"]).read_text(encoding="utf-8")[:2000]


def test_the_map_of_a_day_and_its_report(ran, profile, built, tmp_path):
    day = "2024-06-30"
    results = ran("run", MANIFEST=built / "city" / "onemap.toml", OUTPUT=tmp_path / "day", AS_OF=day)
    with closing(sqlite3.connect(results["ONEMAP"])) as connection:
        facts = dict(connection.execute("SELECT name, value FROM onemap_district"))
    assert (facts["in_force"], facts["as_of"]) == (day, day)
    gone = [kind for kind in values(results["ONEMAP"], "kind", "reject") if kind == "not_in_force"]
    report = {"ONEMAP": results["ONEMAP"], "OUTPUT": str(tmp_path / "report.html")}
    assert Path(ran("report", AS_OF=day, **report)["REPORT"]).is_file()
    assert day in Path(report["OUTPUT"]).read_text(encoding="utf-8")
    code, _, said = process(profile, "report", {**report, "AS_OF": "2024-07-01"})
    assert code == 1
    assert "2024-07-01" in said
    assert "Traceback" not in said
    built_map = ran("build", MANIFEST=built / "city" / "onemap.toml", OUTPUT=tmp_path / "built", AS_OF=day)["ONEMAP"]
    assert values(built_map, "kind", "reject").count("not_in_force") == len(gone)


# --- 2 grids


def test_derive_fills_the_communities(derived):
    assert rows(derived["OUTPUT"]) == derived["CELLS"]
    assert rows(derived["NOT_HONOURED"]) + rows(derived["NOT_HONOURED_LINES"]) == derived["UNMET"]


def test_number_gives_each_cell_its_code(ran, derived, tmp_path):
    results = ran("number", CELLS=derived["OUTPUT"], COMMUNITY="community_code", OUTPUT=tmp_path / "numbered.gpkg")
    codes = values(results["OUTPUT"], "cell_code")
    assert results["NEW"] == len(set(codes)) == derived["CELLS"]


def test_check(ran, one_map, tmp_path):
    results = ran(
        "check",
        CELLS=f"{one_map}|layername=grid_cell",
        PARENT=f"{one_map}|layername=grid_district",
        OUTPUT=tmp_path / "defects.gpkg",
        EDGES=tmp_path / "edges.gpkg",
    )
    assert results["OK"] is False
    assert sorted(set(values(results["OUTPUT"], "kind"))) == ["duplicate", "gap", "outside", "overlap"]
    assert values(results["EDGES"], "kind") == ["mismatch"]


def test_repair_keeps_every_row_and_tells_what_is_left(repaired, layer, one_map):
    assert rows(repaired["OUTPUT"]) == rows(one_map, "grid_cell") - 1
    assert rows(repaired["MOVES"]) == repaired["PLACES"] == 1
    assert rows(repaired["LEFT"]) == repaired["REFUSED"]
    assert rows(repaired["CHANGES"]) == repaired["CELLS_CHANGED"] == 2


def test_undo_repair_gives_the_old_shapes_back(ran, repaired, layer, tmp_path):
    undone = ran("undo_repair", CELLS=repaired["OUTPUT"], RECORD=repaired["RECORD"], OUTPUT=tmp_path / "undone.gpkg")
    assert undone["RESTORED"] == repaired["CELLS_CHANGED"]
    compared = ran("versions", OLD=layer("grid_cell"), NEW=undone["OUTPUT"], OUTPUT=tmp_path / "v.gpkg")
    assert set(values(compared["OUTPUT"], "status")) == {"unchanged"}


def test_balance_makes_as_many_grids_as_wanted(ran, layer, one_map, tmp_path):
    results = ran(
        "balance",
        CELLS=layer("grid_cell"),
        LOAD=["area_m2"],
        GROUPS="6",
        OUTPUT=tmp_path / "grids.gpkg",
        CELLS_OUT=tmp_path / "cells.gpkg",
        COMPARED=tmp_path / "compared.gpkg",
        IMPOSSIBLE=tmp_path / "impossible.gpkg",
    )
    assert rows(results["OUTPUT"]) == 6
    assert rows(results["CELLS_OUT"]) == rows(one_map, "grid_cell") - 1
    assert results["OK"] is (rows(results["IMPOSSIBLE"]) == 0)


def test_edit_makes_a_new_version(ran, layer, one_map, tmp_path):
    first, second = sorted(values(one_map, "cell_code", "grid_cell"))[:2]
    outputs = {name: tmp_path / f"{name}.gpkg" for name in ("OUTPUT", "LINEAGE", "FINDINGS")}
    results = ran("edit", CELLS=layer("grid_cell"), EDITS=f"merge {first} {second}", WHO="张三", **outputs)
    assert rows(results["OUTPUT"]) == rows(one_map, "grid_cell") - 2
    assert rows(results["LINEAGE"]) == 2


def test_audit_judges_nine_principles(ran, layer, tmp_path):
    results = ran(
        "audit",
        CELLS=layer("grid_cell"),
        COMMUNITIES=layer("grid_community"),
        BUILDINGS=layer("city3d_building"),
        LOAD=["area_m2"],
        **{name: tmp_path / f"{name}.gpkg" for name in ("OUTPUT", "FINDINGS", "EDGES")},
    )
    assert results["KEPT"] + results["BROKEN"] + results["NOT_MEASURABLE"] == rows(results["OUTPUT"]) == 9
    found = rows(results["FINDINGS"]) + rows(results["EDGES"])
    assert found == sum(values(results["OUTPUT"], "findings"))


def test_versions(ran, layer, repaired, tmp_path):
    outputs = {name: tmp_path / f"{name}.gpkg" for name in ("OUTPUT", "PIECES", "LINEAGE")}
    results = ran(
        "versions",
        OLD=layer("grid_cell"),
        NEW=repaired["OUTPUT"],
        HOUSES=layer("city3d_building"),
        CASES=layer("case"),
        **outputs,
    )
    changed = [status for status in values(results["OUTPUT"], "status") if status != "unchanged"]
    moved = [area for area in values(repaired["CHANGES"], "moved_m2") if area > 0]
    assert len(changed) == len(moved) == rows(results["PIECES"]) == 1


# --- 3 responsibility


def test_roster(ran, built, one_map, tmp_path):
    found = next((built / "city" / "raw").rglob("责任人名册.xlsx"))
    results = ran("roster", ROSTER=found, OUTPUT=tmp_path / "holders.gpkg", REJECTS=tmp_path / "rejects.gpkg")
    assert rows(results["OUTPUT"]) == results["HOLDERS"] > 0
    assert rows(results["REJECTS"]) >= results["FAULTS"]
    past = ran("roster", ROSTER=found, AS_OF="1999-01-01", OUTPUT=tmp_path / "h.gpkg", REJECTS=tmp_path / "r.gpkg")
    assert past["HOLDERS"] == rows(past["OUTPUT"]) == 0
    assert values(past["REJECTS"], "kind").count("not_in_force") == results["HOLDERS"]


def test_own_gives_every_building_one_cell_at_most(ran, layer, one_map, tmp_path):
    results = ran("own", FEATURES=layer("city3d_building"), CELLS=layer("grid_cell"), OUTPUT=tmp_path / "owned.gpkg")
    assert results["OWNED"] + results["UNOWNED"] == rows(results["OUTPUT"]) == rows(one_map, "city3d_building")
    assert sum(cell is not None for cell in values(results["OUTPUT"], "cell")) == results["OWNED"]


def test_who_answers_with_the_proof(ran, one_map):
    results = ran("who", ONEMAP=one_map, GRID="110120001001001", MATTER="0501", MOMENT="2026-06-30T10:00:00")
    assert results["STATE"] == "held"
    assert results["HOLDER"] in results["SENTENCE"]
    assert "2026-06-30 10:00" in results["SENTENCE"]


def test_who_takes_a_point_in_any_system(ran, one_map):
    where = "491479.87,4401487.57"
    asked = {"ONEMAP": one_map, "MATTER": "0501", "MOMENT": "2026-06-30T10:00:00"}
    named = ran("who", POINT=f"{where} [EPSG:4548]", **asked)
    assert named["CELL"] == ran("who", POINT=where, **asked)["CELL"] == "110120004001001"


def test_who_points(ran, layer, one_map, tmp_path):
    results = ran("who_points", ONEMAP=one_map, POINTS=layer("case"), OUTPUT=tmp_path / "answered.gpkg")
    told = sum(results[name] for name in ("HELD", "NOBODY", "VACANT", "OUTSIDE"))
    assert told == results["ROWS"] == rows(results["OUTPUT"]) == rows(one_map, "case")


def test_gaps(ran, one_map, tmp_path):
    outputs = {name: tmp_path / f"{name}.gpkg" for name in ("OUTPUT", "DUTIES", "OBJECTS")}
    results = ran("gaps", ONEMAP=one_map, **outputs)
    assert rows(results["OUTPUT"]) == rows(one_map, "coverage_gap")
    assert rows(results["OBJECTS"]) == rows(one_map, "object_gap")
    assert rows(results["DUTIES"]) == rows(one_map, "duty_gap")
    assert results["GAPS"] == sum(rows(results[name]) for name in outputs)


def test_gaps_of_one_kind(ran, one_map, tmp_path):
    results = ran("gaps", ONEMAP=one_map, KINDS=[2], OUTPUT=tmp_path / "land.gpkg", OBJECTS=tmp_path / "objects.gpkg")
    assert results["GAPS"] == rows(results["OBJECTS"])
    assert rows(results["OUTPUT"]) == 0


def test_conflicts(ran, one_map, tmp_path):
    results = ran("conflicts", ONEMAP=one_map, OUTPUT=tmp_path / "conflicts.gpkg")
    assert results["CONFLICTS"] == rows(results["OUTPUT"]) == 7


# --- 4 cases


def test_assign(ran, one_map, layer, tmp_path):
    results = ran(
        "assign",
        CASES=layer("case"),
        CELLS=layer("grid_community"),
        CODE="community_code",
        OUTPUT=tmp_path / "assigned.gpkg",
        NEAR_BORDER_CASES=tmp_path / "near.gpkg",
    )
    placed = sum(results[name] for name in ("INSIDE", "BORDER", "NEAR", "OUTSIDE", "NO_POSITION"))
    assert results["ROWS"] == placed == rows(one_map, "case") == rows(results["OUTPUT"])
    assert rows(results["NEAR_BORDER_CASES"]) == results["NEAR_BORDER"]


def test_assign_reads_a_table_with_shifted_positions(ran, layer, tmp_path):
    table = tmp_path / "cases.csv"
    table.write_text("案件编号,经度,纬度\n007,116.906498267,39.748439076\n008,,\n", encoding="gb18030")
    results = ran("assign", CASES=table, CELLS=layer("grid_cell"), SHIFT=1, CRS="EPSG:4326", OUTPUT=tmp_path / "a.gpkg")
    assert (results["ROWS"], results["INSIDE"], results["NO_POSITION"]) == (2, 1, 1)
    assert values(results["OUTPUT"], "案件编号") == ["007", "008"]


def test_reassign(ran, layer, repaired, one_map, tmp_path):
    outputs = {name: tmp_path / f"{name}.gpkg" for name in ("OUTPUT", "MOVES")}
    results = ran("reassign", CASES=layer("case"), OLD=layer("grid_cell"), NEW=repaired["OUTPUT"], **outputs)
    assert results["ROWS"] == rows(results["OUTPUT"]) == rows(one_map, "case")
    assert results["MOVED"] + results["LEFT"] + results["ARRIVED"] == sum(values(results["MOVES"], "cases"))


# --- 5 report


def test_report(ran, one_map, tmp_path):
    results = ran("report", ONEMAP=one_map, LANGUAGE=1, OUTPUT=tmp_path / "报告.html")
    text = Path(results["OUTPUT"]).read_text(encoding="utf-8")
    assert 'lang="zh' in text[:500]
    assert results["REPORT"] == results["OUTPUT"]


def test_atlas_prints_the_poster_that_is_wanted(ran, one_map, tmp_path):
    wanted = {"SHEETS": [3], "FORMATS": [1], "ONLY": "110120001001001", "DPI": 60}
    results = ran("atlas", ONEMAP=one_map, OUTPUT=tmp_path / "atlas", **wanted)
    assert [path.name for path in Path(results["OUTPUT"]).rglob("*.*")] == ["110120001001001.png"]


def test_project(ran, one_map, tmp_path):
    copied = shutil.copy(one_map, tmp_path / "onemap.gpkg")
    results = ran("project", ONEMAP=copied, OUTPUT=tmp_path / "hall.qgz")
    assert Path(results["OUTPUT"]).stat().st_size > 10_000


# --- 6 codes and coordinates


def test_codes_are_explained(ran):
    assert "Beijing" in ran("codes_explain", CODE="11012000100101")["EXPLANATION"]


def test_codes_are_checked(ran, layer, derived, tmp_path):
    results = ran("codes_check", LAYER=layer("grid_cell"), COLUMN="cell_code", OUTPUT=tmp_path / "wrong.gpkg")
    assert results["GOOD"] + results["WRONG"] == results["CODES"]
    assert rows(results["OUTPUT"]) == results["WRONG"] == 57  # the sample city's codes have a digit more


def test_codes_are_converted(ran, profile):
    described = subprocess.run(
        [sys.executable, "-m", "onemap", "codes", "profiles", "--json"], capture_output=True, check=True
    )
    profiles = list(json.loads(described.stdout)["profiles"])
    wanted = {"PROFILE": profiles.index("CJT213-2005"), "TARGET": profiles.index("GBT30428")}
    assert "110108" in ran("codes_convert", CODE="11010801100408", **wanted)["CONVERTED"]
    code, _, said = process(profile, "codes_convert", {"CODE": "11010801100408", **wanted, "TARGET": 0})
    assert code == 1
    assert "would be lost" in said


def test_lists_of_codes_are_compared(ran, tmp_path):
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("编码,名称\n110101,东城区\n110103,崇文区\n", encoding="utf-8")
    new.write_text("编码,名称\n110101,东城区\n110114,昌平区\n", encoding="utf-8")
    results = ran("codes_compare", OLD=old, NEW=new, OUTPUT=tmp_path / "compared.gpkg")
    assert sorted(values(results["OUTPUT"], "status")) == ["gone", "kept", "new"]


def test_coordinates_go_to_a_web_map_and_back(ran, layer, one_map, tmp_path):
    shifted = ran("convert", FEATURES=layer("emap_road"), SHIFT=1, OUTPUT=tmp_path / "gcj.gpkg")
    back = ran("convert", FEATURES=shifted["OUTPUT"], SOURCE=1, TARGET="EPSG:4548", OUTPUT=tmp_path / "back.gpkg")
    assert shifted["ROWS"] == back["ROWS"] == rows(one_map, "emap_road")
    extents = [extent(path, table) for path, table in ((one_map, "emap_road"), (back["OUTPUT"], None))]
    assert extents[0] == pytest.approx(extents[1], abs=1e-3)


def extent(path, table):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        asked = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = coalesce(?, table_name)"
        return connection.execute(asked, (table,)).fetchone()


# --- what goes wrong, and models


def test_bad_input_is_one_sentence_and_an_exit_code(profile, tmp_path):
    code, _, said = process(
        profile, "gaps", {"ONEMAP": str(tmp_path / "none.gpkg"), "OUTPUT": str(tmp_path / "g.gpkg")}
    )
    assert code == 1
    assert "none.gpkg" in said
    assert "Traceback" not in said
    assert not (tmp_path / "g.gpkg").exists()


def test_without_the_library_it_says_so(profile, one_map, tmp_path):
    inputs = {"ONEMAP": str(one_map), "OUTPUT": str(tmp_path / "g.gpkg")}
    code, _, said = process(profile, "gaps", inputs, ONEMAP_PYTHON="/nowhere/python")
    assert code == 1
    assert "/nowhere/python" in said
    assert "Traceback" not in said


def test_a_model_checks_repairs_and_assigns(ran, layer, one_map, tmp_path):
    results = ran(
        str(ROOT / "examples" / "models" / "check_repair_assign.model3"),
        cells=layer("grid_cell"),
        district=layer("grid_district"),
        cases=layer("case"),
        width=1.0,
        defects_before_the_repair=tmp_path / "defects.gpkg",
        repaired_cells=tmp_path / "repaired.gpkg",
        assigned_cases=tmp_path / "assigned.gpkg",
    )
    assert rows(results["repaired_cells"]) == rows(one_map, "grid_cell") - 1
    assert rows(results["assigned_cases"]) == rows(one_map, "case")
    assert rows(results["defects_before_the_repair"]) == 13


def test_a_choice_is_named_by_the_word_of_the_command_line(ran):
    assert "110120001002" in ran("codes_explain", PROFILE="GBT30428", CODE="110120001002001")["EXPLANATION"].replace(
        " ", ""
    )
