"""Sentences say what they are about: grids of agencies, slivers, one piece, the place in the manifest."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import onemap
from onemap.errors import CrsError
from onemap.grids.editing import Division
from onemap.responsibility import ResponsibilityMatrix
from onemap.translation import translate
from tests.library.town import town_manifest

CRS = "EPSG:4548"
WEST, SOUTH = 4e5, 4e6
MANIFEST = town_manifest("""
layer = "duty_grid"
path = "grids.geojsonl"
columns = { duty_code = "duty_code" }
constants = { agency = "police" }
""")


def land(x1, y1, x2, y2):
    return box(WEST + x1, SOUTH + y1, WEST + x2, SOUTH + y2)


def write(folder, grids, suffix="gpkg"):
    cells = gpd.GeoDataFrame({"cell_code": ["c1"]}, geometry=[land(0, 0, 100, 100)], crs=CRS)
    cells.to_file(folder / "cells.gpkg")
    codes = [f"P{n}" for n in range(len(grids))]
    gpd.GeoDataFrame({"duty_code": codes}, geometry=grids, crs=CRS if suffix == "gpkg" else None).to_file(
        folder / f"grids.{suffix}"
    )
    (folder / "onemap.toml").write_text(MANIFEST.replace("grids.geojsonl", f"grids.{suffix}"), encoding="utf-8")
    return folder


def test_defects_of_an_agencys_grids_speak_of_grids(tmp_path):
    grids = [land(0, 0, 60, 100), land(50, 0, 80, 100)]
    result = onemap.run(write(tmp_path, grids), language="en")
    told = result.one_map.read("defect").set_index("kind")["reason"].to_dict()
    assert told["gap"].startswith("no grid covers 2,000 m2 here")
    assert told["overlap"] == "2 grids cover the same 1,000 m2: P0, P1"
    assert all("责任网格" in translate(told[kind], "zh") for kind in ("gap", "overlap"))


def test_a_source_without_system_is_told_where_the_manifest_names_it(tmp_path):
    folder = write(tmp_path, [land(0, 0, 100, 100)], suffix="shp")
    for path in folder.glob("grids.prj"):
        path.unlink()
    with pytest.raises(CrsError) as caught:
        onemap.run(folder)
    said = str(caught.value)
    assert said.startswith("source 2 (grids.shp): no coordinate system is known")
    assert 'crs = "EPSG:..." into this [[source]] of the manifest (layer duty_grid)' in said
    assert "--crs" not in said
    assert "清单的该 [[source]]" in caught.value.text("zh")


@pytest.mark.parametrize(("x", "said"), [(99.9999, "less than 0.01 percent"), (90.0, "is 10 percent")])
def test_the_share_of_a_sliver_has_no_digits(x, said):
    cells = gpd.GeoDataFrame({"cell_code": ["c1"]}, geometry=[land(0, 0, 100, 100)], crs=CRS)
    grids = gpd.GeoDataFrame(
        {"duty_code": ["P0", "P1"], "agency": "police"}, geometry=[land(0, 0, x, 100), land(x, 0, 100, 100)], crs=CRS
    )
    duties = pd.DataFrame([{"duty_code": "D", "agency": "police", "matters": "*", "scope": "duty_grid"}])
    found = ResponsibilityMatrix(cells, duties, duty_grids=grids).conflicts(start="2026-06-26")
    (reason,) = found.loc[found["cause"] == "cut", "reason"]
    assert said in reason
    assert ("不到 0.01" in translate(reason, "zh")) is ("less" in said)


def test_one_cell_that_is_cut_off_is_one():
    cells = gpd.GeoDataFrame(
        {"cell_code": ["a", "b", "c", "d"], "grid": ["G", "H", "G", "H"]},
        geometry=[land(0, 0, 10, 10), land(10, 0, 20, 10), land(20, 0, 30, 10), land(30, 0, 40, 10)],
        crs=CRS,
    )
    told = {one.group: one.reason for one in Division(cells, "grid", community="none").broken}
    assert told["G"].endswith("is cut off from the largest")
    assert translate(told["G"], "zh").endswith("与最大的一块不相连")
