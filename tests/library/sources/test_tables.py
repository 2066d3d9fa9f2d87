"""Tables: delimiters, workbooks, broken lines, positions under every name, values in every form."""

import datetime as dt
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from onemap.domain.moments import moment
from onemap.errors import CrsError, SchemaError, SourceError
from onemap.sources import tables
from onemap.sources.positions import place_rows
from onemap.sources.reading import Reading, ReadRequest, read
from onemap.sources.values import typed


def read_text(folder: Path, text: str, **options: object) -> Reading:
    path = folder / "cases.csv"
    path.write_text(text, encoding="utf-8")
    options.setdefault("crs", "EPSG:4490")
    reading = read(ReadRequest(path, **options))
    assert reading.rows_in == len(reading.frame) + int(reading.rejects["removed"].sum())
    return reading


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", "，"])
def test_the_delimiter_is_seen(tmp_path: Path, mark: str) -> None:
    frame = read_text(
        tmp_path, mark.join(["编号", "经度", "纬度"]) + "\n" + mark.join(["007", "116.4", "39.9"]) + "\n"
    ).frame
    assert frame["编号"].tolist() == ["007"]
    assert frame.geometry[1].wkt == "POINT (116.4 39.9)"


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n", "案件编号,经度,纬度\n", "案件编号,经度,纬度"])
def test_nothing_in_it_is_an_empty_result(tmp_path: Path, text: str) -> None:
    reading = read_text(tmp_path, text, layer_id="case")
    assert (len(reading.frame), reading.rows_in, len(reading.rejects)) == (0, 0, 0)


def test_an_empty_file_is_an_empty_result_whatever_columns_were_named(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "", layer_id="case", x="经度", y="纬度", columns={"case_code": "编号"})
    assert (len(reading.frame), reading.rows_in) == (0, 0)


def test_a_position_column_that_is_not_there_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"\.csv: there is no column 东; the headings are 编号, 经度, 纬度"):
        read_text(tmp_path, "编号,经度,纬度\n1,116.4,39.9\n", x="东", y="北")


def test_rows_that_are_too_long_are_listed_and_short_ones_filled(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "编号,经度,纬度\n1,116.4,39.9\n2,116.4,39.9,x,y\n3,116.4\n\n4,116.4,39.9,,\n")
    assert reading.frame["编号"].tolist() == ["1", "3", "4"]
    assert reading.frame.index.tolist() == [1, 3, 4]
    unreadable = reading.rejects[reading.rejects["removed"]]
    assert unreadable[["row", "kind", "reason"]].to_numpy().tolist() == [
        [2, "unreadable", "the row has 5 cells, the headings are 3"]
    ]
    assert "1 rows have fewer cells than there are headings; the missing ones are empty" in reading.notes
    assert reading.rejects["kind"].tolist() == ["unreadable", "bad_position"]  # a longitude alone is no place


def test_one_broken_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    reading = read_text(tmp_path, '编号,名称,经度,纬度\n1,"好",116.4,39.9\n2,"坏,116.4,39.9\n3,好,116.4,39.9\n')
    assert reading.frame["编号"].tolist() == ["1", "3"]
    assert reading.rejects["row"].tolist() == [2]
    assert reading.rejects["found"].tolist() == ['2,"坏,116.4,39.9']


def test_a_quoted_line_break_is_no_new_row(tmp_path: Path) -> None:
    reading = read_text(tmp_path, '编号,名称,经度,纬度\n1,"两\n行",116.4,39.9\n2,一行,116.4,39.9\n')
    assert reading.frame["名称"].tolist() == ["两\n行", "一行"]


def test_repeated_and_empty_headings(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "编号,备注,备注,,经度,纬度\n1,a,b,c,116.4,39.9\n")
    assert reading.frame.columns.tolist() == ["编号", "备注", "备注_2", "column_4", "经度", "纬度", "geometry"]
    assert "the heading 备注 stands twice; the second is read as 备注_2" in reading.notes


def test_packed_text_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_BYTES", 1024 * 1024)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"0" * 5_000_000))
    with pytest.raises(SourceError, match="more than 1 MB of text"):
        read(ReadRequest(path))
    path.write_bytes(gzip.compress(b"a,b\n1,2\n")[:-6])
    with pytest.raises(SourceError, match="damaged, it cannot be unpacked"):
        read(ReadRequest(path))


@pytest.mark.parametrize(
    ("headings", "crs"),
    [
        ("纬度,经度", 4490), ("lat,lon", 4326), ("LATITUDE,LONGITUDE", 4326), ("Y,X", 4548), ("YCOORD,XCOORD", 4548),
        ("北坐标,东坐标", 4548), ("纵坐标,横坐标", 4548), ("Y坐标,X坐标", 4548), (" ＬＡＴ ,ＬＯＮ", 4326),
        ("northing,easting", 4548), ("geom_lat,geom_lon", 4326), ("坐标Y,坐标X", 4548),
    ],
)  # fmt: skip
def test_positions_are_found_by_name_whatever_comes_first(tmp_path: Path, headings: str, crs: int) -> None:
    reading = read_text(tmp_path, f"编号,{headings}\n1,39.9,116.4\n", crs=crs)
    assert reading.frame.geometry[1].wkt == "POINT (116.4 39.9)"


def test_the_pair_that_fits_the_crs_is_taken(tmp_path: Path) -> None:
    text = "编号,经度,纬度,X,Y\n1,116.4,39.9,446131,4418000\n"
    assert read_text(tmp_path, text, crs=4490).frame.geometry[1].x == 116.4
    assert read_text(tmp_path, text, crs=4548).frame.geometry[1].x == 446131


def test_named_columns_go_before_known_names(tmp_path: Path) -> None:
    text = "编号,经度,纬度,a,b,形状\n1,116.4,39.9,1,2,POINT (3 4)\n"
    assert read_text(tmp_path, text, x="a", y="b").frame.geometry[1].wkt == "POINT (1 2)"
    assert read_text(tmp_path, text, wkt="形状").frame.geometry[1].wkt == "POINT (3 4)"
    with pytest.raises(SchemaError, match=r"there is no column c; the headings are 编号"):
        read_text(tmp_path, text, x="c", y="b")
    with pytest.raises(SchemaError, match="x= and y= belong together; only x is given"):
        read_text(tmp_path, text, x="a")


@pytest.mark.parametrize(
    ("x", "y", "wkt"),
    [
        ("116°24′00″", "39°54′00″N", "POINT (116.4 39.9)"),
        ("１１６．４", "39.9", "POINT (116.4 39.9)"),
        ("446,131.5", "4,418,000", "POINT (446131.5 4418000)"),
        ("1.164e2", " 39.9 ", "POINT (116.4 39.9)"),
    ],
)
def test_positions_in_other_writing(x: str, y: str, wkt: str) -> None:
    placed = place_rows(pd.DataFrame({"x": [x], "y": [y]}, index=[1], dtype="str"), path="cases.csv")
    assert placed.geometry[0].wkt == wkt
    assert placed.rejects == []


@pytest.mark.parametrize(("x", "y"), [("无", "39.9"), ("116.4", ""), ("inf", "39.9"), ("1e300", "39.9"), ("nan?", "1")])
def test_positions_that_are_none_are_listed_and_their_rows_kept(tmp_path: Path, x: str, y: str) -> None:
    reading = read_text(tmp_path, f"编号,经度,纬度\n1,{x},{y}\n2,,\n3,116.4,39.9\n")
    assert len(reading.frame) == 3
    assert reading.frame.geometry.isna().tolist() == [True, True, False]
    assert reading.rejects[["row", "kind", "removed"]].to_numpy().tolist() == [[1, "bad_position", False]]


@pytest.mark.parametrize("form", ["wkt", "ewkt", "hex"])
def test_geometry_as_text(tmp_path: Path, form: str) -> None:
    box = shapely.box(0, 0, 1, 1)
    text = {
        "wkt": box.wkt,
        "ewkt": f"SRID=4548;{box.wkt}",
        "hex": shapely.to_wkb(shapely.set_srid(box, 4548), hex=True, include_srid=True),
    }[form]
    reading = read_text(
        tmp_path, f'编号,geometry\n1,"{text}"\n2,"POLYGON ((0 0, 1 1))"\n', crs=4548 if form == "wkt" else None
    )
    assert reading.frame.crs.to_epsg() == 4548
    assert reading.frame.geometry[1].equals(box)
    assert reading.rejects[["row", "reason"]].to_numpy().tolist() == [[2, "the text is no geometry"]]


def test_shifted_coordinates_are_converted_and_said(tmp_path: Path) -> None:
    reading = read_text(
        tmp_path, "编号,经度,纬度\n1,120.00567568355486,40.0013047896019\n", crs=None, coordinates="GCJ02"
    )
    assert reading.frame.geometry[1].distance(shapely.Point(120, 40)) < 1e-9
    assert reading.source_crs == "GCJ02"
    assert any("converted to WGS 84 by the published approximation" in note for note in reading.notes)
    with pytest.raises(CrsError, match="GCJ02 coordinates are degrees, but EPSG:4548 is in metres"):
        read_text(tmp_path, "编号,经度,纬度\n1,120,40\n", crs=4548, coordinates="GCJ02")
    with pytest.raises(CrsError, match="coordinates Mars are unknown"):
        read_text(tmp_path, "编号,经度,纬度\n1,120,40\n", crs=None, coordinates="Mars")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "roster.xlsx"
    rows = [
        ["2026年网格员名册", None, None, None, None],
        ["编号", "网格编码", "人数", "登记日期", "合格"],
        ["007", 110101001001, 12, dt.date(2026, 6, 30), True],
        ["008", 110101001002, 3.5, pd.Timestamp("2026-06-30 08:05"), False],
        [None, None, None, None, None],
    ]
    with pd.ExcelWriter(path) as writer:
        pd.DataFrame(rows).to_excel(writer, sheet_name="名册", header=False, index=False)
        pd.DataFrame().to_excel(writer, sheet_name="空", header=False, index=False)
    return path


def test_a_workbook_with_a_title_above_its_headings(book: Path) -> None:
    reading = read(ReadRequest(book))
    assert reading.frame.drop(columns="geometry").to_numpy().tolist() == [
        ["007", "110101001001", "12", "2026-06-30", "true"],
        ["008", "110101001002", "3.5", "2026-06-30 08:05:00", "false"],
    ]
    assert {"sheet 名册", "1 rows above the headings are left out"} <= set(reading.notes)
    with pytest.raises(SourceError, match="there is no sheet x; it has 名册, 空"):
        read(ReadRequest(book, layer="x"))


def test_an_old_workbook(tmp_path: Path) -> None:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("案件")
    for row, cells in enumerate([["案件编号", "经度", "纬度"], ["007", 116.4, 39.9]]):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    book.save(str(tmp_path / "cases.xls"))
    frame = read(ReadRequest(tmp_path / "cases.xls", "case", crs=4490)).frame
    assert frame["case_code"].tolist() == ["007"]
    assert frame.geometry[1].wkt == "POINT (116.4 39.9)"


def test_several_sheets_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    with pd.ExcelWriter(path) as writer:
        for name in ("一", "二"):
            pd.DataFrame({"编号": [name]}).to_excel(writer, sheet_name=name, index=False)
    with pytest.raises(SourceError, match="it has the sheets 一, 二; name one"):
        read(ReadRequest(path))
    assert read(ReadRequest(path, layer="二")).frame["编号"].tolist() == ["二"]


def test_parquet_tables_and_codes_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "cases.parquet"
    pd.DataFrame({"案件编号": [110101001001001, None], "经度": [116.4, np.nan], "纬度": [39.9, np.nan]}).astype(
        {"案件编号": "Int64"}
    ).to_parquet(path)
    frame = read(ReadRequest(path, "case", crs=4490)).frame
    assert frame["case_code"].tolist()[0] == "110101001001001"
    assert frame.geometry.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-03 14:05:00", "2026/6/3 14:05", "2026.6.3 14:05:00", "2026年6月3日14时05分", "2026年6月3日 14:05:00", "20260603140500",
        "2026-06-03T14:05:00", "2026年06月03日 下午2:05", "2026/6/3 2:05 PM", "２０２６-０６-０３ １４:０５",
    ],
)  # fmt: skip
def test_times_in_common_writing(text: str) -> None:
    assert moment(text) == pd.Timestamp("2026-06-03 14:05")


@pytest.mark.parametrize(
    "text", ["2026-13-01", "2026-02-30", "6/3/2026", "yesterday", "2026", "45000", "2026-06-03 25:00", ""]
)
def test_texts_that_are_no_times(text: str) -> None:
    assert moment(text) is None


def test_times_are_utc_where_they_say_their_zone_and_bare_where_none_does() -> None:
    zoned, _ = typed(
        pd.Series(["2026-06-03T14:05:00+08:00", "2026-06-03 14:05", None]),
        "datetime",
        name="t",
        timezone="Asia/Shanghai",
    )
    assert zoned.tolist()[:2] == [pd.Timestamp("2026-06-03 06:05", tz="UTC")] * 2
    bare, rejects = typed(pd.Series(["2026-06-03 14:05", None]), "datetime", name="t")
    assert bare.dt.tz is None
    assert rejects == []


@pytest.mark.parametrize(
    ("kind", "good", "values", "bad"),
    [
        (
            "integer",
            ["12", " 1,234 ", "１２", "12.0", None],
            [12, 1234, 12, 12, pd.NA],
            ["12.5", "many", "1e300", "inf"],
        ),
        ("real", ["1.5", "1,234.5", "１．５"], [1.5, 1234.5, 1.5], ["wide", "nan!", "inf"]),
        ("boolean", ["是", "否", "TRUE", "0", "Y", "无"], [True, False, True, False, True, False], ["maybe", "2"]),
        ("date", ["2026-6-3", "20260603", "2026年6月3日"], [dt.date(2026, 6, 3)] * 3, ["2026-6-31", "soon"]),
        ("string", ["007", " 甲 "], ["007", "甲"], []),
    ],
)
def test_values_to_their_types(kind: str, good: list[str], values: list[object], bad: list[str]) -> None:
    column, rejects = typed(pd.Series(good + bad, index=range(1, len(good + bad) + 1)), kind, name="f")
    assert column.tolist()[: len(good)] == values
    assert column.iloc[len(good) :].isna().all()
    assert [reject.found for reject in rejects] == bad
    assert [reject.row for reject in rejects] == list(range(len(good) + 1, len(good + bad) + 1))


def test_a_value_that_does_not_fit_costs_itself_only(tmp_path: Path) -> None:
    text = "楼栋编码,层数,建成,经度,纬度\nA1,many,x,116.4,39.9\nA2,6,y,116.4,39.9\n"
    reading = read_text(tmp_path, text, layer_id="city3d_building")
    assert reading.frame["floors"].tolist() == [pd.NA, 6]
    assert reading.rejects[["row", "kind", "found", "reason", "removed"]].to_numpy().tolist() == [
        [1, "bad_value", "many", "floors must be a whole number", False]
    ]


def test_two_headings_for_one_column_are_named(tmp_path: Path) -> None:
    text = "案件编号,任务号,经度,纬度\n1,2,116.4,39.9\n"
    with pytest.raises(
        SchemaError, match=r"several headings are the same column of case \(case_code: 案件编号 = 任务号\)"
    ):
        read_text(tmp_path, text, layer_id="case")
    frame = read_text(tmp_path, text, layer_id="case", columns={"case_code": "任务号"}).frame
    assert frame["case_code"].tolist() == ["2"]
    assert frame["案件编号"].tolist() == ["1"]


def test_columns_constants_and_values_of_the_caller(tmp_path: Path) -> None:
    text = "号,CASE_CODE,办理,经度,纬度\n1,old,甲,116.4,39.9\n"
    options = {
        "columns": {"case_code": "号", "state": "办理"},
        "constants": {"matter_code": "0601"},
        "values": {"state": {"甲": "settled"}},
    }
    frame = read_text(tmp_path, text, layer_id="case", **options).frame
    assert frame[["case_code", "matter_code", "state"]].to_numpy().tolist() == [["1", "0601", "settled"]]
    assert frame["CASE_CODE"].tolist() == ["old"]
    with pytest.raises(SchemaError, match="there is no column 没有; the headings are 号, CASE_CODE, 办理"):
        read_text(tmp_path, text, layer_id="case", columns={"case_code": "没有"})
    with pytest.raises(SchemaError, match="there is no layer cases in the catalogue"):
        read_text(tmp_path, text, layer_id="cases")


def test_a_roster_needs_no_place(tmp_path: Path) -> None:
    """Columns x and y of a table without geometry are columns like any other, and need no CRS."""
    frame = read_text(
        tmp_path,
        "编号,姓名,X,Y\n007,张三,1,2\n",
        layer_id="holder",
        crs=None,
        columns={"holder_code": "编号", "name": "姓名"},
        constants={"role": "manager", "grid_code": "110101001001"},
    ).frame
    assert frame["holder_code"].tolist() == ["007"]
    assert frame.geometry.isna().all()
    assert frame.crs is None


def test_columns_must_be_there_without_a_layer_too(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="there is no column 码"):
        read_text(tmp_path, "编号,经度,纬度\n1,2,3\n", columns={"cell_code": "码"})


def test_the_guard_against_formulas_is_taken_off(tmp_path: Path) -> None:
    texts = ["'=1+1", "'＝1", "'-5", "'@x", "'t Hooft", "=1", "''=1"]
    frame = read_text(tmp_path, "说明,经度,纬度\n" + "".join(f"{text},116.4,39.9\n" for text in texts)).frame
    assert frame["说明"].tolist() == ["=1+1", "＝1", "-5", "@x", "'t Hooft", "=1", "''=1"]


def test_no_empty_or_zero_position_is_a_place(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "编号,经度,纬度\n1,0,0\n2,0.0,0\n3,,\n4,116.4,0\n")
    assert reading.frame.geometry.isna().tolist() == [True, True, True, False]
    assert reading.rejects["reason"].tolist() == ["the coordinates are 0, 0"] * 2
