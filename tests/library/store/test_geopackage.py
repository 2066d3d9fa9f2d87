"""What is published can be read back as it was, and is what the standard says."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from onemap.errors import Cancelled, SchemaError, StoreError
from onemap.store.content import LayerContent
from onemap.store.geopackage import publish
from onemap.store.one_map import open_map
from tests.presence import need

from .conftest import NOON, make_contents


def test_round_trip_keeps_rows_types_and_coordinates(tmp_path, contents, facts):
    one_map = open_map(publish(tmp_path / "map.gpkg", contents, facts=facts, now=NOON))
    cells = one_map.read("grid_cell")
    given = contents[0].frame
    assert cells["cell_code"].tolist() == given["cell_code"].tolist()
    assert cells.crs == given.crs
    assert shapely.equals_exact(
        cells.geometry.to_numpy(), shapely.multipolygons(given.geometry.to_numpy()[:, None])
    ).all()
    cases = one_map.read("case")
    assert cases["reported_at"].tolist() == contents[1].frame["reported_at"].tolist()
    assert cases["near_border"].tolist() == contents[1].frame["near_border"].tolist()
    assert cases["distance_m"].tolist() == contents[1].frame["distance_m"].tolist()
    assert one_map.read("reject")["row"].tolist() == [3]
    assert one_map.levels == ["grid_cell"]
    assert one_map.read("onemap_layer")["layer_id"].tolist() == ["grid_cell", "case", "reject"]
    assert "built_at" in one_map.read("onemap_district")["name"].tolist()
    assert one_map.district["built_at"] == "2026-06-30T04:00:00Z"
    assert one_map.layers.loc["grid_cell", "rows_out"] == 900
    assert one_map.layers.loc["case", "source"] == "热线.csv"


def test_codes_stay_strings_and_missing_values_stay_missing(tmp_path, facts):
    cells = gpd.GeoDataFrame(
        {"cell_code": ["001", "002"], "name": [None, "乙"], "area_m2": [None, 2.0]},
        geometry=[shapely.box(0, 0, 1, 1), None],
        crs="EPSG:4548",
    )
    read = open_map(publish(tmp_path / "map.gpkg", [LayerContent("grid_cell", cells)], facts=facts)).read("grid_cell")
    assert read["cell_code"].tolist() == ["001", "002"]
    assert read["name"].tolist() == [None, "乙"]
    assert read["area_m2"].isna().tolist() == [True, False]
    assert read.geometry.isna().tolist() == [False, True]


def test_empty_layers_are_published(tmp_path, facts):
    empty = gpd.GeoDataFrame({"cell_code": []}, geometry=[], crs="EPSG:4548")
    rejects = pd.DataFrame({"layer_id": [], "row": []})
    one_map = open_map(
        publish(tmp_path / "m.gpkg", [LayerContent("grid_cell", empty), LayerContent("reject", rejects)], facts=facts)
    )
    assert len(one_map.read("grid_cell")) == 0
    assert len(one_map.read("reject")) == 0


def test_unknown_layer_wrong_values_and_missing_crs_are_refused(tmp_path, contents, facts):
    with pytest.raises(SchemaError, match="no_such_layer: is not in the catalogue"):
        publish(tmp_path / "m.gpkg", [LayerContent("no_such_layer", contents[0].frame)], facts=facts)
    wrong = contents[0].frame.assign(area_m2="large")
    with pytest.raises(SchemaError, match="grid_cell, column area_m2"):
        publish(tmp_path / "m.gpkg", [LayerContent("grid_cell", wrong)], facts=facts)
    bare = gpd.GeoDataFrame(contents[0].frame.drop(columns="geometry"), geometry=contents[0].frame.geometry.to_numpy())
    with pytest.raises(SchemaError, match="grid_cell: has no CRS"):
        publish(tmp_path / "m.gpkg", [LayerContent("grid_cell", bare)], facts=facts)
    assert list(tmp_path.iterdir()) == []


def test_cancelling_leaves_the_old_map_and_nothing_else(tmp_path, contents, facts):
    path = publish(tmp_path / "map.gpkg", contents, facts=facts, now=NOON)
    before = path.read_bytes()

    def stop(share: float, text: str) -> None:
        if share > 0.2:
            raise Cancelled("stopped by the user")

    with pytest.raises(Cancelled):
        publish(path, make_contents(2), facts=facts, progress=stop)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["map.gpkg"]


def test_chinese_titles_are_aliases_and_styles_are_embedded(tmp_path, contents, facts):
    path = publish(tmp_path / "map.gpkg", contents, facts=facts)
    with closing(sqlite3.connect(path)) as connection:
        titles = dict(
            connection.execute("SELECT column_name, name FROM gpkg_data_columns WHERE table_name = 'grid_cell'")
        )
        styled = {row[0] for row in connection.execute("SELECT f_table_name FROM layer_styles WHERE useAsDefault = 1")}
    assert titles["cell_code"].startswith("单元网格")
    assert {"grid_cell", "case"} <= styled


@pytest.mark.parametrize("name", ["a#b", "a?b", "a%41b", "a[1]b", "a'b", 'a"b', "青禾 区", "😀", "x" * 120])
def test_a_map_may_lie_under_any_name(tmp_path, contents, facts, name):
    folder = tmp_path / name
    folder.mkdir()
    path = publish(folder / f"{name}.gpkg", contents, facts=facts)
    assert len(open_map(path).read("grid_cell")) == 900

    def stop(share, _):
        if share > 0.3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        publish(path, contents, facts=facts, progress=stop)
    assert [file.name for file in folder.iterdir()] == [path.name]
    with pytest.raises(StoreError, match="rename it"):
        publish(folder / "a;b.gpkg", contents, facts=facts)


def test_hostile_names_reach_no_sql(tmp_path, contents, facts):
    frame = contents[0].frame.rename(columns={"name": 'x"; DROP TABLE grid_cell; --'})
    one_map = open_map(publish(tmp_path / "map.gpkg", [LayerContent("grid_cell", frame)], facts=facts))
    assert len(one_map.read("grid_cell")) == 900


def test_r10_the_file_conforms(tmp_path, contents, facts):
    """R10: GDAL's GeoPackage validator finds nothing; identity, extent and spatial index are right."""
    path = publish(tmp_path / "map.gpkg", contents, facts=facts, now=NOON)
    code = "import sys; from osgeo_utils.samples import validate_gpkg as v; v.check(sys.argv[1], extra_checks=True)"
    python = next((p for p in ("/usr/bin/python3", shutil.which("python3")) if p and _has_validator(p)), None)
    need(python, "GDAL's validator (python3-gdal) is not installed")
    done = subprocess.run([python, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone()[0] == 0x47504B47
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 10300
        extent = connection.execute("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name='grid_cell'")
        assert extent.fetchone() == (0.0, 0.0, 3000.0, 3000.0)
        assert connection.execute("SELECT count(*) FROM rtree_grid_cell_geometry").fetchone()[0] == 900
    print("R10: validator 0 errors, 1 file, 3 layers with data")


def _has_validator(python: str) -> bool:
    probe = subprocess.run([python, "-c", "import osgeo_utils.samples.validate_gpkg"], capture_output=True, check=False)
    return probe.returncode == 0


def test_opening_what_is_no_map_is_refused(tmp_path):
    (tmp_path / "x.gpkg").write_bytes(b"not a database at all, but long enough to be read" * 40)
    with pytest.raises(StoreError, match="is not a map that onemap published"):
        open_map(tmp_path / "x.gpkg")
    with pytest.raises(StoreError, match="no such file"):
        open_map(Path(tmp_path / "absent.gpkg"))


def test_who_could_close_a_gap_stands_in_chinese_too(tmp_path, facts):
    gaps = gpd.GeoDataFrame(
        {
            "gap_id": ["duty-1"],
            "kind": ["duty"],
            "reason": ["nobody was ever appointed to 甲 a"],
            "who_could_close": ["公安, by an appointment to 甲 a"],
        },
        geometry=[shapely.box(0, 0, 1, 1)],
        crs="EPSG:4548",
    )
    read = open_map(publish(tmp_path / "map.gpkg", [LayerContent("duty_gap", gaps)], facts=facts)).read("duty_gap")
    assert read[["reason_zh", "who_could_close_zh"]].iloc[0].tolist() == [
        "甲 a 从未任命责任人",
        "由 公安 为 甲 a 任命责任人",
    ]
