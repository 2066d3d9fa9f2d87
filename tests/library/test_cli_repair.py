"""The verb repair: what it answers, writes and undoes."""

import json

import geopandas as gpd
import pyogrio
import pytest
import shapely

from onemap.translation import sentences
from tests.library.test_cli import onemap
from tests.library.test_cli_chain import told


@pytest.fixture
def bad(tmp_path):
    """Return a file of two cells that overlap in 1,000 m2, 10 m wide."""
    boxes = [shapely.box(500000, 4400000, 500100, 4400100), shapely.box(500090, 4400000, 500200, 4400100)]
    cells = gpd.GeoDataFrame({"cell_code": ["01", "02"], "name": ["东", "西"]}, geometry=boxes, crs="EPSG:4548")
    cells.to_file(tmp_path / "bad.gpkg", VERSION="1.3")
    return tmp_path / "bad.gpkg"


def test_a_repair_is_written_told_and_undone(bad, tmp_path):
    out, record = tmp_path / "out.gpkg", tmp_path / "record.json"
    arguments = ["--max-width-m", "12", "--max-change", "0.1", "--out", out, "--record", record]
    done = onemap("repair", bad, *arguments, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert {name: answer[name] for name in ("ok", "places", "area_moved_m2", "cells_changed", "refused")} == {
        "ok": True,
        "places": 1,
        "area_moved_m2": 1000.0,
        "cells_changed": 1,
        "refused": 0,
    }
    assert (answer["before"]["overlap"], answer["after"]["overlap"]) == (1, 0)
    cells, old = gpd.read_file(out, layer="bad"), gpd.read_file(bad)
    assert cells["name"].tolist() == ["东", "西"]
    assert cells.area.round(6).tolist() == [10000.0, 10000.0]
    assert onemap("check", out, "--layer", "bad", "--fail-on-findings").returncode == 0
    for source in (record, out):
        back = tmp_path / f"back_{source.suffix[1:]}.gpkg"
        done = onemap("repair", out, "--layer", "bad", "--undo", source, "--out", back)
        assert done.stdout.splitlines()[0] == "undone: 1 cells have the geometry that they had before the repair"
        assert gpd.read_file(back).geometry.to_wkb().equals(old.geometry.to_wkb())
    again = onemap("repair", bad, "--layer", "bad", "--undo", record)
    assert (again.returncode, again.stderr) == (2, "onemap: 02: not as the repair left them; nothing is undone\n")


def test_a_repair_is_undone_where_its_column_of_codes_is_not_named_again(tmp_path):
    boxes = [shapely.box(116.3, 39.9, 116.301, 39.901), shapely.box(116.300999, 39.9, 116.302, 39.901)]
    cells = gpd.GeoDataFrame({"FID_1": [4, 5], "NAME": ["Cluster 1", "Cluster 2"]}, geometry=boxes, crs="EPSG:4326")
    cells.to_file(tmp_path / "c.gpkg")
    out, record = tmp_path / "out.gpkg", tmp_path / "record.json"
    width = ("--max-width-m", 5, "--max-change", 0.1)
    told("repair", tmp_path / "c.gpkg", "--code", "NAME", *width, "--out", out, "--record", record)
    for code in ((), ("--code", "NAME"), ("--code", "FID_1")):
        done = told("repair", out, "--layer", "c", *code, "--undo", record, "--out", tmp_path / "back.gpkg")
        assert done.stdout.startswith("undone: 1 cells")
        assert not done.stderr
        assert gpd.read_file(tmp_path / "back.gpkg").geometry.to_wkb().equals(cells.geometry.to_wkb())


def test_what_stays_is_said_in_the_language_that_was_asked_for(bad):
    done = onemap("repair", bad, "--max-width-m", "12", "--fail-on-findings")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "before: 2 cells: 1 overlap (1,000 m2)",
        "places closed: 0 (0 m2), cells changed: 0, defects left: 1",
        "after: 2 cells: 1 overlap (1,000 m2)",
        "  overlap of 1,000 m2: closing it would change 02 by 9.09 percent, and 0.1 percent is the most",
        "--max-width-m says how wide a place may be, --max-change how much a cell may change",
    ]
    chinese = onemap("repair", bad, "--max-width-m", "12", "--lang", "zh").stdout.splitlines()
    assert chinese[1] == "弥合 0 处（0 平方米），改动 0 个网格，余 1 处缺陷"
    assert chinese[3] == "  重叠 1,000 平方米：弥合将使 02 改变 9.09%，上限为 0.1%"


def test_the_people_of_each_cell_that_changed_are_told_written_and_come_back(bad, tmp_path):
    spots = [(500095, 4400050, 3), (500096, 4400020, 4), (500099, 4400090, None), (500050, 4400050, 100)]
    homes = gpd.GeoDataFrame(
        {"居民数": [count for *_, count in spots]}, geometry=[shapely.Point(x, y) for x, y, _ in spots], crs="EPSG:4548"
    )
    homes.to_file(tmp_path / "homes.gpkg", VERSION="1.3")
    out = tmp_path / "out.gpkg"
    arguments = ("--max-width-m", 12, "--max-change", 0.1, "--people", tmp_path / "homes.gpkg", "--weight", "居民数")
    answer = json.loads(told("repair", bad, *arguments, "--out", out, "--json").stdout)
    first = {
        name: answer["cells"][0][name] for name in ("cell", "gained_m2", "lost_m2", "people_gained", "people_lost")
    }
    assert first == {"cell": "02", "gained_m2": 0.0, "lost_m2": 1000.0, "people_gained": 0.0, "people_lost": 7.0}
    assert (len(answer["cells"]), answer["people_affected"]) == (1, 7.0)
    written = pyogrio.read_dataframe(out, layer="repair_change", read_geometry=False)
    assert written[["cell", "people_gained", "people_lost"]].to_numpy().tolist() == [["02", 0.0, 7.0]]
    lines = told("repair", bad, *arguments).stdout.splitlines()
    assert lines[3] == (
        "  02: gained 0 m2 and lost 1,000 m2 (places: 1), 9.09 percent of its area; people on land gained: 0, on land lost: 7"
    )
    chinese = told("repair", bad, *arguments, language="zh").stdout.splitlines()
    assert chinese[3].endswith("；并入的土地上有 0 人，划出的土地上有 7 人")
    counted = json.loads(told("repair", bad, *arguments[:6], "--json").stdout)
    assert counted["cells"][0]["people_lost"] == 3.0  # without a column each point counts as one


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "--max-width-m is missing: how narrow must a gap or overlap be to be closed?"),
        (["--max-width-m", "-1"], "max_width_m is -1.0; it must be a width from 0 to 1000 m"),
        (["--max-width-m", "1", "--rule", "x"], "rule is x; it must be one of longest_border"),
        (["--undo", "absent.json"], "absent.json: no such file"),
        (["--undo", __file__], f"{__file__}: no record of a repair can be read"),
    ],
)
def test_bad_input_is_one_line(bad, arguments, sentence):
    done = onemap("repair", bad, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"onemap: {sentence}")
    assert done.stderr.count("\n") == 1


def test_every_sentence_of_the_repair_has_chinese():
    from onemap.geo import closing, repair_tables

    templates = [
        *(getattr(closing, name) for name in ("TOO_WIDE", "TOO_MUCH", "TOO_MANY", "NOTHING_LEFT", "NOT_TO_CHANGE")),
        closing.NO_NEIGHBOUR,
        *(getattr(repair_tables, name) for name in ("_MOVED", "_VERTICES", "_MENDED")),
    ]
    assert not [template for template in templates if template not in sentences()]
