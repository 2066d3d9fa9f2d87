"""The answer as a file: CSV, GeoPackage, GeoParquet, Excel."""

import sys
from importlib.util import find_spec

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from onemap import assign_cases
from onemap.errors import StoreError
from onemap.store.tables import harmless, write_tables
from tests.presence import need

DANGEROUS = ["=1+1", "+1", "-2", "@SUM(A1)", "\tx", "＝1", "＋1", "－1", "＠x", "\rx", "青禾区", "007", "a=b", "\x00=1"]


@pytest.fixture
def result():
    cells = gpd.GeoDataFrame(
        {"cell_code": ["001", "002"]}, geometry=[box(1, 1, 2, 2), box(2, 1, 3, 2)], crs="EPSG:4548"
    )
    count = len(DANGEROUS)
    shapes = [Point(1.5, 1.5), Point(2, 1.5), None, Point(9, 9), *[Point(2.5, 1.5)] * (count - 4)]
    cases = gpd.GeoDataFrame(
        {
            "case_code": DANGEROUS,
            "number": -np.arange(count, dtype=float),
            "reported_at": pd.Timestamp("2026-01-01 08:00", tz="Asia/Shanghai"),
            "reason": "their own",
        },
        geometry=shapes,
        crs="EPSG:4548",
    )
    return assign_cases(cases, cells, border_m=0.1)


def test_csv_is_text_that_excel_opens(result, tmp_path):
    path = result.write(tmp_path / "案件.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    back = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert len(back) == len(DANGEROUS)
    assert back["cell"].tolist()[:4] == ["001", "001", "", ""]
    assert back["candidates"].tolist()[1] == "001;002"
    assert back["number"].tolist()[1] == "-1.0"
    assert back["x"].tolist()[0] == "1.5"
    assert back["reason_source"].tolist()[0] == "their own"
    assert back["case_code"].tolist()[:5] == ["'=1+1", "'+1", "'-2", "'@SUM(A1)", "'\tx"]
    assert back["case_code"].tolist()[10:13] == ["青禾区", "007", "a=b"]
    queue = pd.read_csv(tmp_path / "案件.near_border.csv", dtype=str)
    assert queue["candidates"].tolist() == ["001;002"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["案件.csv", "案件.near_border.csv"]


def test_r15_no_formula_leaves(result, tmp_path):
    need(find_spec("openpyxl"), "openpyxl is not installed: pip install onemap[excel]")
    import openpyxl

    book = openpyxl.load_workbook(result.write(tmp_path / "cases.xlsx"))
    assert book.sheetnames == ["case", "near_border"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    header = [cell.value for cell in book["case"][1]]
    row = dict(zip(header, [cell.value for cell in book["case"][3]], strict=True))
    assert row["cell"] == "001"
    assert isinstance(row["number"], int | float)
    assert str(row["reported_at"]) == "2026-01-01 00:00:00"
    print(f"R15: {len(DANGEROUS)} texts in two formats, 0 formulas")


def test_geopackage_and_parquet_keep_everything(result, tmp_path):
    path = result.write(tmp_path / "cases.gpkg")
    back = gpd.read_file(path, layer="case")
    assert back.crs == "EPSG:4548"
    assert len(back) == len(DANGEROUS)
    assert back["case_code"].tolist()[:4] == DANGEROUS[:4]
    assert back.geometry.isna().sum() == 1
    assert len(gpd.read_file(path, layer="near_border")) == 1
    need(find_spec("pyarrow"), "pyarrow is not installed: pip install onemap[parquet]")
    parquet = gpd.read_parquet(result.write(tmp_path / "cases.parquet"))
    assert parquet["cell"].tolist()[:2] == ["001", "001"]
    assert parquet["candidates"].tolist()[1] == "001;002"
    assert len(gpd.read_parquet(tmp_path / "cases.near_border.parquet")) == 1


@pytest.mark.parametrize("suffix", [".csv", ".gpkg", ".parquet", ".xlsx"])
def test_empty_answers_are_written_and_old_files_replaced(suffix, tmp_path):
    cells = gpd.GeoDataFrame({"cell_code": ["1"]}, geometry=[box(1, 1, 2, 2)], crs="EPSG:4548")
    path = tmp_path / f"cases{suffix}"
    path.write_text("old")
    assign_cases(gpd.GeoDataFrame(geometry=[], crs="EPSG:4548"), cells).write(path)
    assert path.read_bytes() != b"old"


def test_what_cannot_be_written(result, tmp_path, monkeypatch):
    with pytest.raises(StoreError, match="cannot write this kind of file"):
        result.write(tmp_path / "cases.shp")
    with pytest.raises(StoreError, match="there is no folder"):
        result.write(tmp_path / "absent" / "cases.csv")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(StoreError, match=r"onemap\[excel\]") as caught:
        result.write(tmp_path / "cases.xlsx")
    assert "未安装" in caught.value.text("zh")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".csv", ".gpkg", ".parquet", ".xlsx"])
def test_tables_without_geometry_and_polygons(suffix, tmp_path):
    plain = pd.DataFrame({"a": ["007"], "b": [None]})
    polygons = gpd.GeoDataFrame({"a": ["x"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4548")
    path = write_tables({"plain": plain, "polygon": polygons}, tmp_path / f"both{suffix}")
    if suffix == ".csv":
        assert path.read_text("utf-8-sig").splitlines() == ["a,b", "007,"]
        assert (tmp_path / "both.polygon.csv").read_text("utf-8-sig").splitlines()[1].startswith('x,"POLYGON ((1 0,')
    if suffix == ".gpkg":
        assert gpd.read_file(path, layer="polygon").geom_type.tolist() == ["Polygon"]
        assert gpd.read_file(path, layer="plain")["a"].tolist() == ["007"]


@pytest.mark.parametrize("suffix", [".csv", ".gpkg", ".parquet", ".xlsx"])
def test_columns_that_a_format_cannot_hold_as_they_are(suffix, tmp_path):
    frame = gpd.GeoDataFrame(
        {"Name": ["a", "b"], "name": ["c", "d"], "geom": ["e", "f"], "FID": [1, 2], "mixed": [1, "=x"], 7: [1, 2]},
        geometry=[Point(1, 2), None],
        crs="EPSG:4548",
    )
    before = frame.copy()
    path = write_tables({"t": frame}, tmp_path / f"t{suffix}")
    assert frame.equals(before)
    if suffix == ".gpkg":
        back = gpd.read_file(path)
        assert list(back.columns) == ["Name", "name_src", "geom_src", "FID_src", "mixed", "7", "geometry"]
        assert back["name_src"].tolist() == ["c", "d"]
    if suffix == ".parquet":
        back = gpd.read_parquet(path)
        assert back["mixed"].tolist() == ["1", "=x"]
        assert back.geometry.iloc[0] == Point(1, 2)


def test_harmless_leaves_numbers():
    assert harmless(-1.5) == -1.5
    assert harmless("-1.5") == "'-1.5"
