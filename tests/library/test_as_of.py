"""The map of a day: what is in force on it and nothing else, and who can be asked for a day at all."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

import onemap
from onemap.basemap import build_base_map
from onemap.cli import app
from onemap.errors import SchemaError
from onemap.pipeline import run
from onemap.report.html import write_report
from onemap.store.one_map import open_map
from onemap.translation import translate

FUNCTIONS_WITHOUT = {
    "CellLocator": "the cells as they are: places are answered by their row",
    "ResponsibilityMatrix": "asked by the moment",
    "assign_dask": "cells as they are, or a kept index of them",
    "assign_parquet": "cells as they are, or a kept index of them",
    "assign_spark": "cells as they are, or a kept index of them",
    "match_boundary_version": "compares the versions it is given",
    "undo_repair": "takes back a record",
    "convert_coordinates": "no rows",
    "open_map": "its read() has it",
    "read_layer": "all rows of a file; in_force takes those of a day",
}
VERBS_WITHOUT = {"sample", "worker", "convert", "layers"}
MANIFEST = """
schema = 1
[district]
name = "青禾区"
crs = "EPSG:4548"
as_of = 2026-06-30
[levels]
grid_district = {}
grid_cell = {}
[[source]]
layer = "grid_district"
path = "district.gpkg"
[[source]]
layer = "grid_cell"
path = "cells.gpkg"
[[source]]
layer = "case"
path = "cases.gpkg"
[[source]]
layer = "duty"
path = "duty.csv"
[[source]]
layer = "holder"
path = "holder.csv"
"""


def _days(function) -> bool:
    names = set(inspect.signature(function).parameters)
    return "as_of" in names or {"old_as_of", "new_as_of"} <= names


def test_every_public_function_that_takes_dated_rows_takes_a_day() -> None:
    functions = {
        name: one
        for name in onemap.__all__
        if callable(one := getattr(onemap, name)) and not name.startswith("__") and not isinstance(one, type)
    }
    functions |= {name: getattr(onemap, name) for name in ("CellLocator", "Division", "ResponsibilityMatrix")}
    functions |= {"write_report": write_report, "OneMap.read": onemap.OneMap.read}
    assert {name for name, one in functions.items() if not _days(one)} == set(FUNCTIONS_WITHOUT)


def test_every_verb_that_reads_dated_rows_takes_a_day() -> None:
    verbs = {command.callback.__name__: command.callback for command in app.registered_commands}
    assert "at" in inspect.signature(verbs.pop("who")).parameters
    assert {name for name, one in verbs.items() if not _days(one)} == VERBS_WITHOUT


@pytest.fixture(scope="module")
def manifest(tmp_path_factory) -> Path:
    """Return a district whose cell A was divided into B and C on the first of July."""
    folder = tmp_path_factory.mktemp("days")
    x, y = 500000.0, 4400000.0

    def write(file: str, shapes, **columns) -> None:
        gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4548").to_file(folder / file, engine="pyogrio")

    write("district.gpkg", [box(x, y, x + 200, y + 100)], district_code=["D"], name=["青禾区"])
    cells = [box(x, y, x + 200, y + 100), box(x, y, x + 120, y + 100), box(x + 120, y, x + 200, y + 100)]
    begin, end = [None, "2026-07-01", "2026-07-01"], ["2026-06-30", None, None]
    write("cells.gpkg", cells, cell_code=["A", "B", "C"], parent_code=["D"] * 3, valid_from=begin, valid_to=end)
    write("cases.gpkg", [Point(x + 20, y + 50), Point(x + 150, y + 50)], case_code=["c1", "c2"])
    duty = {"duty_code": ["d1"], "matters": ["*"], "scope": ["grid_cell"], "scope_code": ["*"], "part": ["in_charge"]}
    pd.DataFrame(duty).to_csv(folder / "duty.csv", index=False)
    holder = {"holder_code": ["h1"], "name": ["李"], "grid_code": ["A"], "valid_to": ["2026-06-28"]}
    pd.DataFrame(holder).to_csv(folder / "holder.csv", index=False)
    path = folder / "onemap.toml"
    path.write_text(MANIFEST, encoding="utf-8")
    return path


def _cells_of_cases(one_map) -> list[str]:
    return one_map.read("case").sort_values("case_code")["cell_code"].tolist()


def test_a_run_of_a_day_is_of_what_is_in_force_on_it(manifest: Path, tmp_path: Path) -> None:
    before, after, whole = (
        run(manifest, out=tmp_path / str(day), as_of=day) for day in ("2026-06-27", "2026-07-01", None)
    )
    assert [one.counts["cells"] for one in (before, after, whole)] == [1, 2, 3]
    assert [one.counts["overlaps"] for one in (before, after, whole)] == [0, 0, 2]
    assert [one.counts["gaps"] for one in (before, after, whole)] == [0, 0, 0]
    assert [_cells_of_cases(one.one_map) for one in (before, after)] == [["A", "A"], ["B", "C"]]
    left_out = before.one_map.read("reject")
    assert left_out[["row", "kind", "found", "reason", "reason_zh", "removed"]].to_numpy().tolist() == [
        [row, "not_in_force", "2026-07-01 – ", "it is not in force on 2026-06-27", "2026-06-27 不在有效期内", True]
        for row in (2, 3)
    ]
    for one in (before, after, whole):
        counts = one.counts
        assert counts["rows_in"] == counts["rows_out"] + counts["rows_rejected"] + counts["rows_outside"] == 8
    assert [one.one_map.district.get("in_force") for one in (before, after, whole)] == [
        "2026-06-27",
        "2026-07-01",
        None,
    ]
    assert [one.one_map.district["as_of"] for one in (before, after, whole)] == [
        "2026-06-27",
        "2026-07-01",
        "2026-06-30",
    ]
    assert len(before.one_map.read("holder")) == len(after.one_map.read("holder")) == 1


def test_hours_without_anybody_are_told_as_long_as_the_grids_of_the_day_stay(manifest: Path, tmp_path: Path) -> None:
    gaps = run(manifest, out=tmp_path, as_of="2026-06-27").one_map.read("duty_gap")
    assert gaps[["cause", "cells", "from", "to"]].to_numpy().tolist() == [
        ["expired", "A", "2026-06-29T00:00:00", "2026-07-01T00:00:00"]
    ]
    gaps = run(manifest, out=tmp_path, as_of="2026-07-01").one_map.read("duty_gap")
    assert set(gaps["to"]) == {"2026-07-08T00:00:00"}


def test_a_report_of_a_day_needs_the_map_of_that_day(manifest: Path, tmp_path: Path) -> None:
    made = run(manifest, out=tmp_path / "day", as_of="2026-07-01", language="en")
    again = write_report(made.one_map, tmp_path / "day" / "again.html", language="en", as_of="2026年7月1日")
    assert again.read_bytes() == made.report["en"].read_bytes()
    assert "2026-07-01, only what is in force on it" in again.read_text(encoding="utf-8")
    built = build_base_map(manifest, tmp_path / "built", as_of="2026-07-01").path
    assert open_map(built).district["in_force"] == "2026-07-01"
    whole = run(manifest, out=tmp_path / "whole").one_map
    for one_map, day in ((made.one_map, "2026-06-30"), (whole, "2026-06-30")):
        with pytest.raises(SchemaError, match=f"onemap run MANIFEST --as-of {day}") as refused:
            write_report(one_map, tmp_path / "other.html", as_of=day)
        assert "清单 --as-of 2026-06-30" in translate(str(refused.value), "zh")
    assert not (tmp_path / "other.html").exists()


def test_the_command_that_the_refusal_names_works(manifest: Path, tmp_path: Path) -> None:
    def onemap_(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "onemap", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=None)

    done = onemap_("run", manifest, "--as-of", "2026-06-30", "--out", tmp_path, "--json", "--progress", "none")
    assert json.loads(done.stdout)["counts"]["cells"] == 1
    written = onemap_("report", tmp_path / "onemap.gpkg", "--as-of", "2026-06-30", "--lang", "en")
    assert (written.returncode, written.stderr) == (0, "")
    refused = onemap_("report", tmp_path / "onemap.gpkg", "--as-of", "2026-07-01", "--lang", "en")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "onemap run MANIFEST --as-of 2026-07-01 --out FOLDER" in refused.stderr
