"""Verbs one after the other on the sample city's own files: Chinese headings, files of several layers, doubled codes."""

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import typer.main
from typer.testing import CliRunner

from onemap.cli import app
from onemap.cli.frames import cells_and_code, named_column
from onemap.cli.options import WRITTEN
from onemap.errors import OnemapError, SchemaError, some
from onemap.testing import write_city

CELLS = "raw/指挥中心/网格.gpkg"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_city(tmp_path_factory.mktemp("chain") / "city", size="small").parent


def told(*arguments: object, language: str = "en"):
    return CliRunner().invoke(app, [*map(str, arguments), "--lang", language])


def refusal(*arguments: object, language: str = "en") -> str:
    done = told(*arguments, language=language)
    assert isinstance(done.exception, OnemapError), done.output
    return done.exception.text(language)


def doubled(path: Path) -> list[str]:
    codes = gpd.read_file(path, layer="单元网格")["单元网格编码"]
    return sorted(set(codes[codes.duplicated()]))


def test_cells_are_derived_numbered_checked_and_balanced_one_after_the_other(city, tmp_path):
    derived, numbered = tmp_path / "cells.gpkg", tmp_path / "cells_numbered.gpkg"
    done = told("derive", city / CELLS, "--barriers", city / "raw/规划/道路中心线.geojson", "--out", derived)
    assert done.exit_code == 0, done.output
    assert f"next: onemap number {derived} --profile GBT30428 --out {numbered}" in done.stdout
    assert "网格.gpkg: the cells are taken from its layer 社区" in done.stderr
    cells = gpd.read_file(derived, layer="grid_cell")
    done = told("check", derived)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, f"{len(cells)} cells cover their area once and wholly")
    assert "no column of cell codes; rows are called by their numbers" in done.stderr
    assert "from: onemap number" in refusal("assign", city / "raw/指挥中心/案件.csv", derived)
    done = told("number", derived, "--profile", "GBT30428", "--out", numbered)
    assert done.stdout.splitlines()[0] == f"{len(cells)} codes are new, 0 are kept, 0 are withdrawn"
    assert told("check", numbered, "--fail-on-findings").exit_code == 0
    done = told("balance", numbered, "--load", "buildings", "--load", "面积=0.001", "--groups", 4, "--json")
    assert done.exit_code == 0, done.output
    assert len({group for _, group in json.loads(done.stdout)["groups"]}) == 4
    assert told("audit", numbered, "--communities", city / CELLS, "--profile", "GBT30428").exit_code == 0


def test_headings_of_offices_are_known_by_every_verb(city, tmp_path):
    cells, key = cells_and_code(city / CELLS)
    assert key == "单元网格编码"
    assert named_column(cells, "parent_code") == "所属社区编码"
    assert named_column(cells, "网格编码") == "单元网格编码"
    assert named_column(cells, "area_m2") == "面积"
    assert named_column(cells, "colour") is None
    cells.drop_duplicates(key).to_file(tmp_path / "cells.gpkg", VERSION="1.3")
    asked = ("balance", tmp_path / "cells.gpkg", "--load", "area_m2", "--within", "parent_code", "--target", 300_000)
    done = told(*asked, "--json")
    assert done.exit_code == 0, done.output


def test_a_division_in_force_with_a_doubled_code_is_named(city, tmp_path):
    cells = gpd.read_file(city / CELLS, layer="单元网格")[["所属社区编码", "geometry"]]
    cells.to_file(tmp_path / "bare.gpkg", VERSION="1.3")
    asked = ("number", tmp_path / "bare.gpkg", "--profile", "GBT30428", "--existing", city / CELLS)
    (code, *_) = doubled(city / CELLS)
    assert refusal(*asked) == f"{city / CELLS}: the codes {code} stand more than once; onemap check lists their places"
    assert refusal(*asked, language="zh") == f"{city / CELLS}：编码 {code} 重复；用 onemap check 可列出所在位置"


def test_cases_are_assigned_to_cells_of_which_two_have_one_code(city, tmp_path):
    out = tmp_path / "assigned.csv"
    done = told("assign", city / "raw/指挥中心/案件.csv", city / CELLS, "--coordinates", "GCJ02", "--out", out)
    assert done.exit_code == 0, done.output
    (code, *_) = doubled(city / CELLS)
    assert f"several rows of the cells have the same code, {code}, and count as one cell" in done.stdout
    assert "网格.gpkg: the cells are taken from its layer 单元网格" in done.stderr
    assert "several rows of the cells have the code of its cell" in out.read_text("utf-8-sig")
    assert told("own", city / "raw/房管/房屋面.shp", city / CELLS).exit_code == 0


def test_the_option_for_the_cells_layer_is_the_one_that_is_named(city, tmp_path):
    path = tmp_path / "two.gpkg"
    for layer in ("a", "b"):
        gpd.read_file(city / CELLS, layer="单元网格").to_file(path, layer=layer, VERSION="1.3")
    cases = city / "raw/指挥中心/案件.csv"
    assert refusal("assign", cases, path).endswith(
        "it has the layers a, b; name the one of the cells with --cells-layer"
    )
    assert refusal("check", path).endswith("name the one of the cells with --layer")
    assert told("check", f"{path}|a").exit_code == 0
    asked = ("assign", cases, path, "--cells-layer", "a", "--coordinates", "GCJ02")
    assert told(*asked).exit_code == 0


def test_files_are_looked_for_before_anything_else_is_said(city):
    assert refusal("assign", "absent.csv", city / CELLS) == "absent.csv: no such file"
    assert refusal("check", city / CELLS, "--parent", "absent.gpkg|x") == "absent.gpkg|x: no such file"
    assert refusal("derive", city / CELLS, "--barriers", "wall=absent.gpkg") == "absent.gpkg: no such file"


def test_only_what_is_written_need_not_be_there():
    """Every path of every verb is either read, and must be there, or marked as written."""
    written = {"out", "record", "folder"}
    for verb in app.registered_commands:
        if not hasattr(verb.callback, "__signature__"):
            continue
        for name, option in verb.callback.__signature__.parameters.items():
            assert (WRITTEN in getattr(option.annotation, "__metadata__", ())) == (name in written), (verb.name, name)


def test_a_list_that_was_cut_short_is_chinese_too():
    error = SchemaError("{path}: which column is it? Name it with {option}; the columns are {columns}",
                        path="a.csv", option="--code", columns=some("abcdef"))  # fmt: skip
    assert error.text("en").endswith("a, b, c, d, e and 1 more")
    assert error.text("zh").endswith("a, b, c, d, e 等，另有 1 个")


def test_the_check_says_what_the_cells_were_held_against(city, tmp_path):
    box = gpd.GeoDataFrame({"reason": ["湖"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4548")
    box.to_file(tmp_path / "lake.gpkg", VERSION="1.3")
    parent, lake = f"{city / CELLS}|区", tmp_path / "lake.gpkg"
    bare, held = told("check", city / CELLS), told("check", city / CELLS, "--parent", parent, "--allowed", lake)
    assert bare.stdout.splitlines()[-2:] == [
        "no outline was given: land missing along the outer border is not seen (--parent FILE)",
        "no allowed gaps were given: every gap counts (--allowed FILE)",
    ]
    assert held.stdout.splitlines()[-2:] == [f"outline that the cells shall fill: {parent}", f"allowed gaps: {lake}"]
    facts = json.loads(told("check", city / CELLS, "--parent", parent, "--json").stdout)
    assert (facts["parent"], facts["allowed"]) == (parent, None)


def test_what_repair_wrote_can_be_checked_and_undone(city, tmp_path):
    out = tmp_path / "repaired.gpkg"
    done = told("repair", city / CELLS, "--max-width-m", 5, "--out", out)
    assert done.exit_code == 0, done.output
    assert "--max-change how much a cell may change" in done.stdout
    assert told("check", out).exit_code == 0
    assert told("repair", out, "--undo", out, "--out", tmp_path / "again.gpkg").exit_code == 0
    again = gpd.read_file(tmp_path / "again.gpkg", layer="单元网格")
    assert again.geometry.geom_equals_exact(gpd.read_file(city / CELLS, layer="单元网格").geometry, 0).all()


def test_a_sample_is_written_over_a_sample_only(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    assert told("sample", mine, "--size", "small").exit_code == 0
    assert told("sample", mine, "--size", "small").exit_code == 0
    (mine / "planted.json").unlink()
    assert refusal("sample", mine, "--size", "small").endswith("no sample city; name another one, or --force")
    done = told("sample", mine, "--size", "small", "--force")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, f"next: onemap run {mine / 'onemap.toml'}")


def test_every_option_is_declared_once_for_each_verb():
    for command in typer.main.get_command(app).commands.values():
        flags = [flag for option in command.params for flag in option.opts]
        assert len(flags) == len(set(flags)), command.name
