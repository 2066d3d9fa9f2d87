"""The verb conflicts on a small published map."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from typer.testing import CliRunner

from onemap.cli import app
from onemap.errors import OnemapError
from onemap.store.content import LayerContent
from onemap.store.geopackage import publish

CODES = ["110102007012001", "110102007012002", "110102007012003"]
CELLS = gpd.GeoDataFrame(
    {"cell_code": CODES}, geometry=[box(10 * n, 0, 10 * n + 10, 10) for n in range(3)], crs="EPSG:4548"
)
FACTS = {"name": "测试区", "crs": "EPSG:4548", "levels": '["grid_cell"]', "as_of": "2026-06-30"}


@pytest.fixture
def one_map(tmp_path):
    """Three cells, a street's duty that one of them lacks, and two people in one post."""
    duty = pd.DataFrame(
        {"duty_code": ["D1", "D2", "D3"], "agency": ["城管", "城管", ""], "matters": ["05", "05", "02"]}
    )
    duty["scope"], duty["scope_code"], duty["part"] = "grid_cell", [CODES[0], CODES[1], "*"], "in_charge"
    holder = pd.DataFrame({"holder_code": ["Z1", "Z2"], "name": ["张三", "李四"], "grid_code": [CODES[2]] * 2})
    layers = {"grid_cell": CELLS, "duty": duty, "holder": holder}
    return publish(tmp_path / "map.gpkg", [LayerContent(*item) for item in layers.items()], facts=FACTS)


def run(*arguments):
    return CliRunner().invoke(app, ["conflicts", *map(str, arguments)])


def test_conflicts_are_counted_said_and_written(one_map, tmp_path):
    plain = run(one_map, "--lang", "zh", "--json")
    assert plain.exit_code == 0
    told = json.loads(plain.stdout)
    assert told["counts"] == {"conflicts": 2, "two_holders": 1, "unlike": 1}
    assert f"网格 {CODES[2]} 没有 城管 对事项 05 的责任，而同类网格 3 个中有 2 个有" in told["sentences"]
    assert run(one_map, "--fail-on-findings").exit_code == 1
    written = run(one_map, "--out", tmp_path / "conflicts.csv")
    assert written.exit_code == 0
    assert len(pd.read_csv(tmp_path / "conflicts.csv")) == 2


def test_bad_times_and_maps_without_duties_are_said(one_map, tmp_path):
    cells = publish(tmp_path / "cells.gpkg", [LayerContent("grid_cell", CELLS)], facts=FACTS)
    for wrong in (
        (one_map, "--start", "2026-99-01"),
        (one_map, "--start", "2026-07-02", "--end", "2026-07-01"),
        (tmp_path / "none.gpkg",),
        (cells,),
    ):
        assert isinstance(run(*wrong).exception, OnemapError)


def test_without_duties_the_borders_of_the_duty_grids_are_compared(tmp_path):
    grids = gpd.GeoDataFrame(
        {"duty_code": ["P1", "P2"], "agency": ["公安"] * 2, "name": ["一", "二"]},
        geometry=[box(0, 0, 20, 10), box(10, 0, 30, 10)],
        crs="EPSG:4548",
    )
    layers = [LayerContent("grid_cell", CELLS), LayerContent("duty_grid", grids)]
    told = json.loads(run(publish(tmp_path / "map.gpkg", layers, facts=FACTS), "--lang", "zh", "--json").stdout)
    assert told["counts"] == {"conflicts": 1, "claimed_twice": 1}
    assert "一张图没有责任清单（图层 duty）：只比对了各部门责任网格的边界" in told["sentences"]
    cells = publish(tmp_path / "cells.gpkg", [LayerContent("grid_cell", CELLS)], facts=FACTS)
    refused = run(cells).exception
    assert refused.text("en") == "the map has no duties and no duty grids, so nobody can clash with anybody"


def test_gaps_of_a_map_without_duties_are_those_of_land_and_objects(tmp_path):
    square = gpd.GeoDataFrame({"district_code": ["d"]}, geometry=[box(0, 0, 40, 10)], crs="EPSG:4548")
    layers = [LayerContent("grid_district", square), LayerContent("grid_cell", CELLS)]
    facts = FACTS | {"levels": '["grid_district", "grid_cell"]'}
    one_map = publish(tmp_path / "map.gpkg", layers, facts=facts)
    for kinds in ((), ("--kinds", "land,duty,objects,time"), ("--kinds", "land,objects,duty")):
        told = json.loads(CliRunner().invoke(app, ["gaps", str(one_map), *kinds, "--json"]).stdout)
        assert told["counts"] == {"gaps": 1, "land": 1}
        assert "the map has no duties (layer duty): gaps of duty and of time were not looked for" in told["sentences"]
    alone = CliRunner().invoke(app, ["gaps", str(one_map), "--kinds", "duty,time"]).exception
    assert alone.text("en").startswith("the map has no layer duty")
