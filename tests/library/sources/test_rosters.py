"""Rosters as offices keep them: every row a holder's or listed, and the people, numbers, codes and days found again."""

import datetime as dt
import string
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from onemap import read_roster
from onemap.cli import app
from onemap.errors import SchemaError, SourceError
from onemap.sources.roster_cells import codes_in, day_of, people_in, period_of, phones_in
from onemap.sources.rosters import REJECT_COLUMNS
from onemap.translation import translate

OFFICE = [
    ["青禾区白塔街道网格员花名册"],
    ["填报单位:白塔街道", "", "", "", "", "", "", "2026年3月"],
    ["序号", "社区", "网格编码", "网格长", "", "白班", "", "夜班", "", "任职开始", "备注"],
    ["", "", "", "姓名", "电话", "姓名", "联系电话", "姓名", "联系电话", "", ""],
    [1, "白塔社区", 110102007012001.0, "张 三", 13800000000.0, "李四、王五", "13900000001、13900000002", "赵六", 1.37e10,
     dt.date(2026, 3, 1), ""],
    [2, "", 110102007012002.0, "", "", "钱七", "１３６００００００００", "空缺", "", 46082, "新调整"],
    [3, "东门社区", "110102007013001", "孙八", "", "周九\n吴十", "13500000001\n13500000002", "郑十一", "010-88888888",
     "2026年3月", ""],
    [],
    ["合计", "", "", 2, "", 5, "", 2],
    ["注：夜班电话为社区值班电话"],
]  # fmt: skip
MERGED = ["A1:K1", "D3:E3", "F3:G3", "H3:I3", *(f"{c}3:{c}4" for c in "ABCJK"), "B5:B6", "D5:D6", "E5:E6", "A10:K10"]


def workbook(path: Path, rows: list[list[object]], merged: tuple[str, ...] | list[str] = ()) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(path)
    return path


def csv_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def accounted(roster) -> None:
    """Every row of the file has holders or is listed as removed, never both."""
    held = set(zip(roster.holders["sheet"], roster.holders["row"], strict=True))
    gone = roster.rejects[roster.rejects["removed"]]
    removed = set(zip(gone["sheet"], gone["row"], strict=True))
    assert not held & removed
    assert roster.rows_in == len(held) + len(removed)
    assert list(roster.rejects.columns) == list(REJECT_COLUMNS)
    assert roster.holders["holder_code"].is_unique
    assert roster.rejects["reason"].str.len().gt(0).all()
    assert all(translate(reason, "zh") != reason for reason in roster.rejects["reason"])


def test_a_workbook_with_title_two_heading_rows_merged_cells_and_shifts(tmp_path):
    roster = read_roster(workbook(tmp_path / "roster.xlsx", OFFICE, MERGED))
    accounted(roster)
    found = roster.holders[["name", "role", "grid_code", "phone", "shift"]].fillna("").to_numpy().tolist()
    first, second, third = "110102007012001", "110102007012002", "110102007013001"
    assert found == [
        ["张三", "grid_head", first, "13800000000", ""],
        ["李四", "", first, "13900000001", "day"],
        ["王五", "", first, "13900000002", "day"],
        ["赵六", "", first, "13700000000", "night"],
        ["张三", "grid_head", second, "13800000000", ""],
        ["钱七", "", second, "13600000000", "day"],
        ["孙八", "grid_head", third, "", ""],
        ["周九", "", third, "13500000001", "day"],
        ["吴十", "", third, "13500000002", "day"],
        ["郑十一", "", third, "010-88888888", "night"],
    ]
    assert set(roster.holders["valid_from"]) == {dt.date(2026, 3, 1)}
    assert roster.rows_in == 9
    assert roster.rejects[["row", "kind", "removed"]].to_numpy().tolist() == [
        [1, "title", True],
        [2, "title", True],
        [3, "heading", True],
        [4, "heading", True],
        [6, "vacancy", False],
        [9, "total", True],
        [10, "note", True],
    ]
    assert roster.vacancies["cell"].tolist() == ["H6"]
    assert roster.vacancies["reason"].tolist() == ["nobody is named for 110102007012002 (night)"]


def test_the_old_excel_format_and_its_merged_cells(tmp_path):
    book = xlwt.Workbook()
    for name in ("白塔街道", "说明"):
        sheet = book.add_sheet(name)
        if name == "说明":
            sheet.write(0, 0, "本表每月更新")
            continue
        sheet.write_merge(0, 0, 0, 3, "责任人名册")
        for at, heading in enumerate(("网格编码", "姓名", "手机", "岗位")):
            sheet.write(2, at, heading)
        sheet.write_merge(3, 4, 0, 0, 110102007012001.0)
        for row, (person, phone, role) in enumerate(
            (("张三", 1.38e10, "网格长"), ("李四", 1.39e10, "楼门长")), start=3
        ):
            sheet.write(row, 1, person)
            sheet.write(row, 2, phone)
            sheet.write(row, 3, role)
    book.save(str(tmp_path / "roster.xls"))
    roster = read_roster(tmp_path / "roster.xls")
    accounted(roster)
    assert roster.holders[["name", "role", "grid_code", "phone"]].to_numpy().tolist() == [
        ["张三", "grid_head", "110102007012001", "13800000000"],
        ["李四", "other", "110102007012001", "13900000000"],
    ]
    assert roster.rejects[["sheet", "row", "cell", "kind", "found"]].to_numpy().tolist()[2:] == [
        ["白塔街道", 5, "D5", "bad_value", "楼门长"],
        ["说明", 1, "", "no_heading", "本表每月更新"],
    ]


def test_rows_that_cannot_be_read_name_the_cell_and_what_is_needed(tmp_path):
    text = (
        "网格编码,网格员,电话,任职开始,任职结束\n"
        "1.10102E+14,张三,13800000000,2026.3.1,长期\n"
        ",李四,13900000000,,\n"
        "110102007012003,王五等3人,13700000000,,\n"
        "110102007012004,赵六、钱七、孙八,13600000001 13600000002,2026.13.1,2026年12月\n"
        "110102007012005,空缺,,,\n"
        "110102007012006,周九,1.36E+10,,\n"
        "网格编码,网格员,电话,任职开始,任职结束\n"
        "110102007012007,吴十,139,,\n"
        "110102007012007,吴十,139,,\n"
        "填表人：郑十一,,审核人：王一,,\n"
    )
    roster = read_roster(csv_file(tmp_path / "roster.csv", text))
    accounted(roster)
    listed = roster.rejects[roster.rejects["row"] > 1]
    kinds = list(dict.fromkeys(zip(listed["row"], listed["cell"], listed["kind"], listed["removed"], strict=True)))
    assert kinds == [
        (2, "A2", "bad_value", True),
        (3, "A3", "unreadable", True),
        (4, "B4", "bad_value", True),
        (5, "C5", "bad_value", False),
        (5, "D5", "bad_value", False),
        (6, "B6", "vacancy", True),
        (7, "C7", "bad_value", False),
        (8, "", "heading", True),
        (10, "", "duplicate", True),
        (11, "", "note", True),
    ]
    assert roster.holders["name"].tolist() == ["赵六", "钱七", "孙八", "周九", "吴十"]
    assert roster.holders["role"].tolist() == ["grid_worker"] * 5
    assert roster.holders["valid_to"].tolist()[:3] == [dt.date(2026, 12, 31)] * 3


def test_grids_by_name_below_headings_of_sections(tmp_path):
    rows = [["责任区", "责任人", "电话"], ["白塔社区"], ["第一网格", "张三", 13800000000.0], ["第二网格", "李四", ""],
            ["东门社区（共1人）"], ["第一网格", "王五", ""], ["第九网格", "赵六", ""]]  # fmt: skip
    grids = {"白塔社区第一网格": "011", "白塔社区第二网格": "012", "东门社区第一网格": "021"}
    roster = read_roster(workbook(tmp_path / "roster.xlsx", rows), grids=grids, constants={"agency": "公安分局"})
    accounted(roster)
    assert roster.holders[["grid_code", "name", "agency"]].to_numpy().tolist() == [
        ["011", "张三", "公安分局"], ["012", "李四", "公安分局"], ["021", "王五", "公安分局"]
    ]  # fmt: skip
    assert roster.rejects[["row", "kind"]].to_numpy().tolist() == [
        [1, "heading"], [2, "section"], [5, "section"], [7, "unreadable"]
    ]  # fmt: skip
    assert roster.rejects["reason"].iloc[-1] == "no grid is called 第九网格: its code is needed"


def test_a_blank_grid_is_the_one_above_only_where_that_is_said(tmp_path):
    text = "街道,网格编码,姓名\n白塔街道,110102007012001,张三\n,,李四\n"
    file = csv_file(tmp_path / "roster.csv", text)
    assert read_roster(file).holders["name"].tolist() == ["张三"]
    filled = read_roster(file, fill_down=True)
    accounted(filled)
    assert filled.holders["grid_code"].tolist() == ["110102007012001"] * 2
    assert "2 blank cells of streets, communities or grids are as above" in filled.notes


def test_one_person_with_several_grids_keeps_the_number_of_the_office(tmp_path):
    text = "工号,姓名,网格编码,岗位\n007,张三,01、02,网格员\n008,李四（副）,03,网格长\n"
    roster = read_roster(csv_file(tmp_path / "roster.csv", text))
    accounted(roster)
    assert roster.holders["holder_code"].tolist() == ["007/01", "007/02", "008"]
    assert roster.holders["deputy"].tolist() == [0, 0, 1]


def test_two_names_without_headings_of_their_own_side_by_side(tmp_path):
    text = "网格编码,A岗,电话,B岗,电话\n01,张三,13800000000,李四,13900000000\n"
    roster = read_roster(csv_file(tmp_path / "roster.csv", text))
    assert roster.holders[["name", "phone", "deputy"]].to_numpy().tolist() == [
        ["张三", "13800000000", 0], ["李四", "13900000000", 1]
    ]  # fmt: skip


def test_files_that_are_no_roster(tmp_path):
    with pytest.raises(SchemaError, match="no row has headings"):
        read_roster(csv_file(tmp_path / "a.csv", "编码,面积\n1,2\n"))
    with pytest.raises(SchemaError, match="has no column"):
        read_roster(csv_file(tmp_path / "b.csv", "网格编码,姓名\n1,张三\n"), columns={"wing": "姓名"})
    with pytest.raises(SchemaError, match=r"\.xlsx, \.xls or \.csv"):
        read_roster(csv_file(tmp_path / "c.geojson", "{}"))
    with pytest.raises(SourceError):
        read_roster(tmp_path / "none.xlsx")
    with pytest.raises(SourceError):
        read_roster(csv_file(tmp_path / "d.csv", '网格编码,姓名\n1,"张三\n'))
    (tmp_path / "e.xlsx").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(SourceError):
        read_roster(tmp_path / "e.xlsx")


NAME = st.text(alphabet="张王李赵陈杨周吴郑孙马朱胡林郭何高罗", min_size=2, max_size=4)
PHONE = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"0(10|2[0-9]|[3-9][0-9]{2})-[2-9][0-9]{6,7}", fullmatch=True),
)  # no area begins with 00: 0086 is the country
CODE = st.integers(0, 999).map("110102007012{:03d}".format)
SEPARATOR = st.sampled_from(["、", "，", ",", ";", "/", "\n", "\u3000", "  "])


@given(st.lists(NAME, min_size=1, max_size=5), SEPARATOR)
def test_names_are_found_again_whatever_separates_them(names, separator):
    found = people_in(separator.join(names))
    assert [person.name for person in found.values] == names
    assert not found.problems


@given(st.lists(st.tuples(NAME, PHONE), min_size=1, max_size=4), st.sampled_from(["", " ", ":", "：", "("]))
def test_telephones_beside_the_names_are_theirs(people, between):
    close = ")" if between == "(" else ""
    found = people_in("、".join(f"{name}{between}{phone}{close}" for name, phone in people))
    assert [(person.name, phones_in(person.phone).values) for person in found.values] == [(n, (p,)) for n, p in people]


@given(st.lists(PHONE, min_size=1, max_size=4), SEPARATOR)
def test_telephones_are_found_again(phones, separator):
    found = phones_in(separator.join(phones))
    assert list(found.values) == phones
    assert not found.problems


@given(st.integers(10**10, 2 * 10**10 - 1))
def test_a_telephone_as_a_number_is_the_same(number):
    full = str(number).translate({ord(d): ord(d) + 0xFEE0 for d in string.digits})
    assert (
        phones_in(float(number)).values == phones_in(f"{number}.0").values == phones_in(full).values == (str(number),)
    )


@given(st.lists(CODE, min_size=1, max_size=4), SEPARATOR)
def test_codes_are_found_again(codes, separator):
    assert list(codes_in(separator.join(codes)).values) == codes
    assert codes_in(float(codes[0])).values == (codes[0],)


@given(st.dates(dt.date(1960, 1, 1), dt.date(2100, 12, 31)))
def test_a_day_is_the_same_in_every_spelling(day):
    serial = (day - dt.date(1899, 12, 30)).days
    y, m, d = day.year, day.month, day.day
    for cell in (serial, float(serial), str(serial), f"{y}.{m}.{d}", f"{y}年{m}月{d}日", f"{y}/{m:02d}/{d:02d}",
                 f"{y}{m:02d}{d:02d}", day.isoformat()):  # fmt: skip
        assert day_of(cell).values == (day,)
    last = (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    assert day_of(f"{y}年{m}月").values == (day.replace(day=1),)
    assert day_of(f"{y}.{m}", last=True).values == (last,)
    assert period_of(f"{y}.{m}.{d}-{y + 1}.12.31").values == ((day, dt.date(y + 1, 12, 31)),)
    assert period_of(f"{y}-{m:02d}-{d:02d}至今").values == ((day, None),)


ROW = st.tuples(CODE, st.lists(st.tuples(NAME, PHONE), min_size=1, max_size=3, unique=True))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROW, min_size=1, max_size=6, unique_by=lambda row: row[0]),
    titles=st.integers(0, 2),
    order=st.permutations(["网格编码", "网格员", "联系电话", "备注"]),
    notes=st.lists(st.sampled_from(["注：以此为准", "合计", "说明：每月更新"]), max_size=2),
    separator=SEPARATOR,
)
def test_any_layout_gives_the_same_people(tmp_path, rows, titles, order, notes, separator):
    table: list[list[object]] = [[f"名册第{n}版"] for n in range(titles)]
    table.append(list(order))
    for code, people in rows:
        cells = {
            "网格编码": code,
            "网格员": separator.join(name for name, _ in people),
            "联系电话": separator.join(phone for _, phone in people),
            "备注": "",
        }
        table.append([cells[heading] for heading in order])
    table += [[note] for note in notes]
    roster = read_roster(workbook(tmp_path / "any.xlsx", table))
    accounted(roster)
    found = set(roster.holders[["grid_code", "name", "phone"]].itertuples(index=False, name=None))
    assert found == {(code, name, phone) for code, people in rows for name, phone in people}
    assert roster.rows_in == len(table)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.lists(st.text(max_size=6), min_size=1, max_size=4), max_size=6))
def test_whatever_stands_in_a_row_it_is_accounted_for(tmp_path, cells):
    import csv

    file = tmp_path / "any.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([["网格编码", "姓名", "电话", "任期"], *cells])
    accounted(read_roster(file, encoding="UTF-8"))


def test_a_roster_on_a_day(tmp_path):
    file = tmp_path / "roster.csv"
    rows = ["网格编码,姓名,任期", "110102007012001,张三,2025.1.1-2026.6.30", "110102007012001,李四,2026.7.1-2027.12.31"]
    file.write_text("\n".join([*rows, "110102007012002,王五,"]), encoding="utf-8")
    for day, names, gone in (("2026-06-30", ["张三", "王五"], "李四"), ("2026-07-01", ["李四", "王五"], "张三")):
        roster = read_roster(file, as_of=day)
        assert roster.holders["name"].tolist() == names
        listed = roster.rejects[roster.rejects["kind"] == "not_in_force"]
        assert listed[["found", "reason", "removed"]].to_numpy().tolist() == [[gone, f"not in force on {day}", True]]
        assert roster.rows_in == 4
    assert len(read_roster(file).holders) == 3


TERMS = {
    "2025.1.1-至今": ("2025-01-01", None),
    "2025年1月-至今": ("2025-01-01", None),
    "2025.1.1至今": ("2025-01-01", None),
    "2025年1月1日到现在": ("2025-01-01", None),
    "2025.01-今": ("2025-01-01", None),
    "2025-01-01 - 至今": ("2025-01-01", None),
    "2025.1.1～长期": ("2025-01-01", None),
    "2025.1.1——长期有效": ("2025-01-01", None),
    "2025年1月1日起": ("2025-01-01", None),
    "自2025年1月1日起至2026年12月31日止": ("2025-01-01", "2026-12-31"),
    "2025/1/1～2026/12/31": ("2025-01-01", "2026-12-31"),
    "2025年1月1日—2026年12月31日": ("2025-01-01", "2026-12-31"),
    "2025-01-01-2026-12-31": ("2025-01-01", "2026-12-31"),
    "2025.3.1-2026-12-31": ("2025-03-01", "2026-12-31"),
    "2025-1-2026-12": ("2025-01-01", "2026-12-31"),
    "20250101-20261231": ("2025-01-01", "2026-12-31"),
    "2025-01-01 00:00:00": ("2025-01-01", None),
    "2025-12": ("2025-12-01", None),
    "截至2026.12.31": (None, "2026-12-31"),
}


@pytest.mark.parametrize(("written", "days"), TERMS.items())
def test_terms_as_offices_write_them(written, days):
    found = period_of(written)
    assert found.problems == ()
    assert [day and day.isoformat() for day in found.values[0]] == list(days)


def test_a_bad_end_leaves_the_other_and_what_is_assumed_is_said(tmp_path):
    terms = [
        "2026.13.1-2026.12.31",
        "2025.1.1-2026.13.1",
        "三年",
        "2026.12.31-2025.1.1",
        "2025-13-01",
        "2025.1.1起三年",
    ]
    rows = [["网格编码", "网格员", "任期"], *([f"11010200701200{n}", "张三", term] for n, term in enumerate(terms))]
    roster = read_roster(workbook(tmp_path / "terms.xlsx", rows))
    accounted(roster)
    days = roster.holders[["valid_from", "valid_to"]].astype(object)
    first, last = dt.date(2025, 1, 1), dt.date(2026, 12, 31)
    assert days.where(days.notna(), None).to_numpy().tolist() == [
        [None, last], [first, None], [None, None], [last, first], [None, None], [first, None],
    ]  # fmt: skip
    no_date, no_first, no_last = (
        "is no date: year, month and day are needed",
        "its first day is not known: it counts as in force from ever",
        "its last day is not known: it counts as in force until further notice",
    )
    assert roster.rejects.loc[roster.rejects["row"] > 1, ["row", "cell", "reason"]].to_numpy().tolist() == [
        [2, "C2", f"2026.13.1 {no_date}; {no_first}"],
        [3, "C3", f"2026.13.1 {no_date}; {no_last}"],
        [4, "C4", f"三年 {no_date}; {no_first}"],
        [5, "C5", "the last day 2025-01-01 is before the first day 2026-12-31: it is in force on no day"],
        [6, "C6", f"2025-13-01 {no_date}; {no_first}"],
        [7, "C7", f"三年 {no_date}; {no_last}"],
    ]
    columns = [
        ["网格编码", "网格员", "任职开始", "任职结束"],
        ["01", "张三", "2026-01-01", "2025-06-30"],
        ["02", "李四", "年初", ""],
    ]
    roster = read_roster(workbook(tmp_path / "columns.xlsx", columns))
    assert roster.rejects.loc[1:, ["cell", "reason"]].to_numpy().tolist() == [
        ["D2", "the last day 2025-06-30 is before the first day 2026-01-01: it is in force on no day"],
        ["C3", f"年初 {no_date}; {no_first}"],
    ]


def test_a_bad_cell_of_several_people_is_listed_once(tmp_path):
    rows = [["网格编码", "白班", "夜班", "任期"], ["01", "钱七、孙八", "周九", "2026.13.1-2026.12.31"]]
    roster = read_roster(workbook(tmp_path / "roster.xlsx", rows))
    accounted(roster)
    assert len(roster.holders) == 3
    assert roster.rejects["cell"].tolist() == ["", "D2"]


def test_a_bad_cell_merged_over_several_rows_is_listed_once_with_its_rows(tmp_path):
    rows = [
        ["网格编码", "网格员", "联系电话"],
        ["01", "张三", "12ab"],
        ["02", "李四", None],
        ["03", "王五", None],
        ["04", "赵六", "12ab"],
        ["05", "钱七", None],
        ["东边那块", "孙八", "13800000000"],
        [None, "周九", "13900000000"],
        [None, "吴十", "一二三"],
    ]
    roster = read_roster(workbook(tmp_path / "roster.xlsx", rows, ["C2:C4", "C5:C6", "A7:A9"]))
    accounted(roster)
    assert roster.holders["name"].tolist() == ["张三", "李四", "王五", "赵六", "钱七"]
    listed = roster.rejects.loc[roster.rejects["row"] > 1, ["row", "cell", "kind", "removed"]]
    assert listed.to_numpy().tolist() == [
        [2, "C2:C4", "bad_value", False],
        [5, "C5:C6", "bad_value", False],
        [7, "A7:A9", "bad_value", True],
        [8, "", "unreadable", True],
        [9, "C9", "bad_value", True],
    ]
    reasons = roster.rejects.set_index("row")["reason"]
    assert reasons[8] == "no appointment in it: A7:A9 is wrong"
    assert translate(reasons[8], "zh") == "没有任职内容：A7:A9 有误"
    assert roster.rejects.loc[roster.rejects["row"] == 8, "found"].tolist() == ["东边那块 | 周九 | 13900000000"]


def test_a_heading_that_is_not_there_is_refused(tmp_path):
    file = workbook(tmp_path / "roster.xlsx", [["名册"], ["网格编码", "网格员", "民警"], ["01", "张三", "李四"]])
    with pytest.raises(SchemaError, match=r"there is no heading 没有; the headings are 网格编码, 网格员, 民警$"):
        read_roster(file, columns={"name": "没有"})
    assert read_roster(file, columns={"name": "民警"}).holders["name"].tolist() == ["张三", "李四"]
    done = CliRunner().invoke(app, ["roster", str(file), "--column", "name=没有", "--lang", "zh"])
    assert isinstance(done.exception, SchemaError)
    assert done.exception.text("zh") == f"{file}：没有表头 没有；现有表头为 网格编码, 网格员, 民警"
    upper = [["责任人", ""], ["姓名", "编码"], ["张三", "01"]]
    file = workbook(tmp_path / "two.xlsx", upper, ["A1:B1"])
    for heading in ("编码", "责任人编码"):
        assert read_roster(file, columns={"grid_code": heading}).holders["grid_code"].tolist() == ["01"]
