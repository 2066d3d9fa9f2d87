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
    assert lines[1] == "  A01: 撤销 已撤销，土地现属 A02, A03"
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
    assert lines[7].startswith("7 负载均衡: 符合: count：均值 1")
