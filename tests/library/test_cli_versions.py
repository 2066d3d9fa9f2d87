"""The verbs edit, audit, versions and reassign, and --as-of on the others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box
from typer.testing import CliRunner

from onemap.cli import app
from onemap.errors import SchemaError
from onemap.translation import translate

ROOT = Path(__file__).resolve().parents[2]


def onemap(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "onemap", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ONEMAP_LANG": "en"},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with cells dated under Chinese titles, houses, cases and exceptions."""
    made = tmp_path_factory.mktemp("versions")
    x, y = 500_000, 4_400_000
    cells = gpd.GeoDataFrame(
        {
            "网格编码": ["A01", "A02", "A03"],
            "grid": ["g1", "g1", "g2"],
            "households": [10, 20, 30],
            "启用日期": ["2020-01-01", "2026-07-01", "2026-07-01"],
            "停用日期": ["2026-06-30", None, None],
        },
        geometry=[box(x, y, x + 200, y + 100), box(x, y, x + 120, y + 100), box(x + 120, y, x + 200, y + 100)],
        crs="EPSG:4548",
    )
    cells.to_file(made / "cells.gpkg", VERSION="1.3")
    points = [Point(x + 20, y + 50), Point(x + 150, y + 50)]
    gpd.GeoDataFrame({"case_code": ["a", "b"]}, geometry=points, crs="EPSG:4548").to_file(
        made / "cases.gpkg", VERSION="1.3"
    )
    signed = {"rule": "4", "cell": "A02", "reason": "park", "signed_by": "Li", "signed_on": "2026-01-05"}
    pd.DataFrame([signed]).to_csv(made / "signed.csv", index=False)
    return made


def test_the_day_is_taken_by_every_verb(folder, tmp_path):
    cells, cases = folder / "cells.gpkg", folder / "cases.gpkg"
    assert json.loads(onemap("check", cells, "--json").stdout)["ok"] is False
    done = onemap("check", cells, "--as-of", "2026-06-30", "--json")
    assert (json.loads(done.stdout)["ok"], json.loads(done.stdout)["cells"]) == (True, 1)
    assert "cells.gpkg: 2 rows are not in force on 2026-06-30" in done.stderr
    out = tmp_path / "assigned.csv"
    for day, codes in (("2026-06-30", ["A01", "A01"]), ("2026-07-01", ["A02", "A03"])):
        assert onemap("assign", cases, cells, "--as-of", day, "--out", out).returncode == 0
        assert pd.read_csv(out, encoding="utf-8-sig")["cell"].tolist() == codes
        assert json.loads(onemap("own", cases, cells, "--as-of", day, "--json").stdout)["counts"]["owned"] == 2
    done = onemap("check", cells, "--as-of", "soon")
    assert (done.returncode, done.stderr) == (2, "onemap: 'soon' is not a date; write it as 2026-06-30\n")
    for verb in ("repair", "derive", "number", "balance", "gaps", "audit", "edit"):
        assert "--as-of" in onemap(verb, "--help").stdout


def test_versions_and_reassign(folder, tmp_path):
    cells, days = folder / "cells.gpkg", ("--old-as-of", "2026-06-30", "--new-as-of", "2026-07-01")
    done = onemap("versions", cells, *days, "--cases", folder / "cases.gpkg", "--json", "--fail-on-findings")
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert answer["counts"] == {"added": 2, "removed": 1, "redrawn": 0, "renamed": 0, "unchanged": 0}
    assert (answer["cases"], answer["lineage"]) == (2, {"split": 2})
    lines = onemap("versions", cells, *days, "--lang", "zh").stdout.splitlines()
    assert lines[0] == "新增 2 个，撤销 1 个，重划 0 个，更名 0 个，未变 0 个：20,000 平方米改变归属"
    assert lines[1] == "  A01：撤销 已撤销，土地现属 A02, A03"
    for asked, said in (
        (("--houses",), "20,000 m2 and 2 houses moved"),
        (("--cases",), "20,000 m2 and 2 cases moved"),
        (("--houses", "--cases"), "20,000 m2, 2 houses and 2 cases moved"),
    ):
        files = [word for option in asked for word in (option, folder / "cases.gpkg")]
        assert onemap("versions", cells, *days, *files).stdout.splitlines()[0].endswith(f"0 unchanged: {said}")
    out = tmp_path / "changed.gpkg"
    assert onemap("versions", cells, *days, "--out", out).returncode == 0
    assert set(gpd.list_layers(out)["name"]) == {"version", "lineage", "piece"}
    done = onemap("reassign", folder / "cases.gpkg", cells, *days, "--json")
    assert json.loads(done.stdout)["counts"] == {
        "rows": 2, "kept": 0, "moved": 2, "left": 0, "arrived": 0, "nowhere": 0,
    }  # fmt: skip
    lines = onemap("reassign", folder / "cases.gpkg", cells, *days).stdout.splitlines()
    assert lines[1] == "  A01 > A02: 1 (A01 was split, the place is in A02 now)"


def test_lists_of_codes_are_versions_too(tmp_path):
    pd.DataFrame({"code": ["140424"], "name": ["屯留县"]}).to_csv(tmp_path / "old.csv", index=False)
    pd.DataFrame({"code": ["140405"], "name": ["屯留区"]}).to_csv(tmp_path / "new.csv", index=False)
    answer = json.loads(onemap("versions", tmp_path / "old.csv", tmp_path / "new.csv", "--json").stdout)
    assert answer["lineage"] == {"recoded": 1}
    assert answer["sentences"][0] == "1 added, 1 removed, 0 redrawn, 0 renamed, 0 unchanged"


@pytest.mark.parametrize("option", ["--houses", "--cases"])
def test_lists_of_codes_count_no_houses_and_no_cases(folder, tmp_path, option):
    pd.DataFrame({"code": ["140424"], "name": ["屯留县"]}).to_csv(tmp_path / "old.csv", index=False)
    no_system = tmp_path / "some.csv"
    pd.DataFrame({"lon": [116.9], "lat": [39.7]}).to_csv(no_system, index=False)
    for counted in (folder / "cases.gpkg", no_system):
        asked = ["versions", tmp_path / "old.csv", tmp_path / "old.csv", option, counted, "--lang", "zh"]
        done = CliRunner().invoke(app, list(map(str, asked)))
        assert isinstance(done.exception, SchemaError)
        assert done.exception.text("zh") == "编码表没有土地，无法统计房屋或案件；请不要给出这两项，或改用网格比较"


def test_edit(folder, tmp_path):
    cells, out = folder / "cells.gpkg", tmp_path / "edited.gpkg"
    split = "split A03 'LINESTRING (500160 4399990, 500160 4400110)'"
    done = onemap(
        "edit", cells, "--as-of", "2026-07-01", "--groups", "grid", "--load", "households", "--do", split,
        "--do", "move A02 g2", "--do", "merge A04 A05", "--when", "2026-09-01", "--who", "Li", "--out", out, "--json",
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert [(one["what"], one["after"]) for one in answer["edits"]] == [
        ("split", ["A04", "A05"]),
        ("moved", ["A02"]),
        ("merge", ["A06"]),
    ]
    assert {row["group"]: row["households"] for row in answer["totals"]} == {"g1": 0.0, "g2": 50.0}
    assert answer["findings"] == ["g1 has no cell any more"]
    assert gpd.read_file(out, layer="cells")["网格编码"].tolist() == ["A02", "A06"]
    assert gpd.read_file(out, layer="lineage")["who"].unique().tolist() == ["Li"]
    done = onemap("edit", cells, "--as-of", "2026-07-01", "--do", "divide A02")
    assert (done.returncode, done.stderr.splitlines()[-1][:35]) == (2, "onemap: --do divide A02: write move")
    assert onemap("edit", cells, "--as-of", "2026-07-01", "--do", "split A02 nowhere").returncode == 2


def test_edits_taken_back_and_made_again(folder, tmp_path):
    cells, out = folder / "cells.gpkg", tmp_path / "edited.gpkg"
    asked = ("edit", cells, "--as-of", "2026-07-01", "--groups", "grid")
    done = onemap(*asked, "--do", "move A02 g2", "--do", "merge A02 A03", "--do", "undo")
    assert done.stdout.splitlines()[0] == "moved: A02: g1 > g2"
    assert json.loads(onemap(*asked, "--do", "move A02 g2", "--json").stdout)["edits"] == [
        {"what": "moved", "before": ["A02"], "after": ["A02"], "from": "g1", "to": "g2"}
    ]
    merge = ("--do", "merge A02 A03", "--do", "undo")
    assert json.loads(onemap(*asked, *merge, "--do", "redo", "--json").stdout)["edits"][0]["after"] == ["A04"]
    assert onemap(*asked, *merge, "--out", out).returncode == 0
    was = gpd.read_file(cells).query("网格编码 != 'A01'").reset_index(drop=True)
    assert gpd.read_file(out, layer="cells").geometry.geom_equals_exact(was.geometry, 0).all()
    done = onemap(*asked, "--do", "undo")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "onemap: --do undo: there is no edit to undo here")


def test_the_audit_reads_the_kind_by_its_title(folder, tmp_path):
    for heading, kind in (("网格类别", "专属网格"), ("kind", "exclusive"), ("类别", "专属")):
        cells = gpd.read_file(folder / "cells.gpkg").assign(**{heading: ["基础网格", kind, "基础网格"]})
        cells.to_file(tmp_path / f"{heading}.gpkg")
        asked = ("audit", tmp_path / f"{heading}.gpkg", "--as-of", "2026-07-01", "--largest-m2", "9000", "--json")
        rows = {row["id"]: row for row in json.loads(onemap(*asked).stdout)["rules"]}
        assert (rows["fit_size"]["state"], rows["fit_size"]["findings"]) == ("kept", 0)


def test_side_files_take_the_coordinate_system(folder, tmp_path):
    x, y = 500_020, 4_400_050
    side = tmp_path / "side.csv"
    pd.DataFrame({"x": [x, x + 130], "y": [y, y], "n": [3, 4]}).to_csv(side, index=False)
    cells, days = folder / "cells.gpkg", ("--old-as-of", "2026-06-30", "--new-as-of", "2026-07-01")
    refused = onemap("versions", cells, *days, "--cases", side)
    assert (refused.returncode, "--crs" in refused.stderr) == (2, True)
    crs, day = ("--crs", "EPSG:4548"), ("--as-of", "2026-07-01", "--json")
    assert json.loads(onemap("versions", cells, *days, "--cases", side, *crs, "--json").stdout)["cases"] == 2
    done = onemap("repair", cells, *day, "--max-width-m", "1", "--people", side, "--weight", "n", *crs)
    assert json.loads(done.stdout)["people_affected"] == 0
    done = onemap("edit", cells, *day, "--groups", "grid", "--load", "n", "--places", side, *crs, "--do", "move A02 g2")
    assert json.loads(done.stdout)["totals"][1]["n"] == 7
    done = onemap("audit", cells, *day, "--load", side, *crs)
    assert {row["id"]: row["state"] for row in json.loads(done.stdout)["rules"]}["balanced_load"] == "kept"
    degrees = tmp_path / "degrees.csv"
    pd.DataFrame({"lon": [117.0], "lat": [39.7]}).to_csv(degrees, index=False)
    done = onemap("versions", cells, *days, "--cases", degrees, "--crs", "EPSG:4326")
    said = "cells.gpkg: keeps the coordinate system that it says; --crs is for files that say none"
    assert (done.returncode, done.stderr.splitlines().count(said)) == (0, 2)
    done = onemap("edit", cells, "--do", "merge A02 A03", "--crs", "EPSG:4326")
    assert done.returncode == 2  # no other file that the option could be meant for


def test_changzhi_by_codes(real_data, tmp_path):
    data = real_data / "changzhi"
    old = data / "adcode2016_changzhi_gcj02.csv.gz"
    new = [data / f"division2023_changzhi_{level}.csv.gz" for level in ("areas", "streets", "villages")]
    answer = json.loads(onemap("versions", old, *new, "--json").stdout)
    assert answer["counts"] == {"added": 1_352, "removed": 2_313, "redrawn": 0, "renamed": 108, "unchanged": 1_329}
    assert answer["lineage"] == {"candidate": 368, "merge": 18, "recoded": 1_149}
    assert (answer["area_m2"], answer["houses"], answer["cases"]) == (None, None, None)
    assert answer["sentences"][0] == "1352 added, 2313 removed, 0 redrawn, 108 renamed, 1329 unchanged"
    codes = pd.read_csv(old, dtype=str)
    codes[codes["level"] == "village"].to_csv(tmp_path / "cases.csv", index=False)
    out = tmp_path / "moved.csv"
    done = onemap("reassign", tmp_path / "cases.csv", old, *new, "--column", "code", "--out", out, "--json")
    answer = json.loads(done.stdout)
    assert answer["counts"] == {
        "rows": 3_582, "kept": 1_360, "moved": 1_093, "left": 1_129, "arrived": 0, "nowhere": 0,
    }  # fmt: skip
    assert (answer["renamed"], answer["reused"]) == (107, 26)
    assert answer["sentences"][1] == (
        "107 of them keep a code that bears another name now; 26 of these codes may have been used again"
    )
    reasons = pd.read_csv(out, dtype=str, encoding="utf-8-sig").set_index("old_cell")["reason"]
    again = "the code may have been used again"
    for code, name, before, other in (
        ("140427103206", "东七里村委会", "秦村村委会", "140427103205"),
        ("140427102222", "新华村委会", "琚家庄村委会", "140402009200"),
    ):
        said = f"by the code alone: named {name}, before {before}; {again}: {name} may have been {other} before"
        assert reasons[code] == said
        assert translate(said).startswith(f"仅凭编码判定：现名 {name}，原名 {before}；该编码可能已另作他用：")
    made = sorted(path.name for path in tmp_path.glob("moved*.csv"))
    assert len(made) == 2
    shapes = tmp_path / "shapes.csv"
    shapes.write_text('code,name,wkt\na,A,"SRID=4548;POLYGON ((1 1, 4 1, 4 2, 1 2, 1 1))"\n')
    assert json.loads(onemap("versions", shapes, shapes, "--code", "code", "--json").stdout)["counts"]["unchanged"] == 1
    assert onemap("versions", shapes, shapes, shapes, "--code", "code").returncode == 2


def test_audit(folder, tmp_path):
    cells, day = folder / "cells.gpkg", ("--as-of", "2026-07-01")
    done = onemap("audit", cells, *day, "--largest-m2", "10000", "--load", "households", "--json", "--fail-on-findings")
    answer = json.loads(done.stdout)
    states = {row["id"]: row["state"] for row in answer["rules"]}
    assert (done.returncode, answer["cells"]) == (1, 2)
    assert (states["fit_size"], states["balanced_load"], states["seamless"], states["stable"]) == (
        "broken", "kept", "kept", "kept",
    )  # fmt: skip
    signed = ("--exceptions", folder / "signed.csv")
    out = tmp_path / "audit.xlsx"
    done = onemap("audit", cells, *day, "--largest-m2", "10000", *signed, "--out", out, "--fail-on-findings")
    assert done.returncode == 0
    assert list(pd.ExcelFile(out).sheet_names) == ["audit", "audit_finding", "audit_exception"]
    lines = onemap("audit", cells, *day, "--load", folder / "cases.gpkg", "--lang", "zh").stdout.splitlines()
    assert lines[0] == "2 个网格：5 项原则符合，0 项不符合，4 项无法衡量，0 处问题未决，0 处已作例外"
    assert lines[7].startswith("7 负载均衡：符合：count：均值 1")
