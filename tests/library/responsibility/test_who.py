"""One answer at a time: precedence, shifts, dates, vacancies, conflicts, and the sentences that prove them."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

import onemap
from onemap.domain.precedence import Precedence
from onemap.errors import CrsError, SchemaError
from onemap.responsibility import MatrixOptions, ResponsibilityMatrix

CRS = "EPSG:4548"
WEST, SOUTH = 491_000.0, 4_401_000.0
MORNING = "2026-06-30 10:00"


def land(x1, y1, x2, y2):
    return shapely.box(WEST + x1, SOUTH + y1, WEST + x2, SOUTH + y2)


def levels():
    cells = {
        "cell_code": ["110120001001001", "110120001001002"],
        "name": ["一格", "二格"],
        "parent_code": "110120001001",
    }
    return {
        "grid_street": gpd.GeoDataFrame(
            {"street_code": ["110120001"], "name": ["鼓楼街道"]}, geometry=[land(0, 0, 200, 100)], crs=CRS
        ),
        "grid_community": gpd.GeoDataFrame(
            {"community_code": ["110120001001"], "name": ["钟鼓社区"], "parent_code": ["110120001"]},
            geometry=[land(0, 0, 200, 100)],
            crs=CRS,
        ),
        "grid_cell": gpd.GeoDataFrame(cells, geometry=[land(0, 0, 100, 100), land(100, 0, 200, 100)], crs=CRS),
    }


SHIFTS = pd.DataFrame(
    {
        "shift_code": ["day", "night"],
        "name": ["白班", "夜班"],
        "days": ["工作日", "*"],
        "start": ["08:00", "20:00"],
        "end": ["20:00", "08:00"],
    }
)
CALENDAR = pd.DataFrame({"date": ["2026-10-01", "2026-10-10"], "kind": ["holiday", "workday"]})


def make(duties, holders=(), *, options=None, **tables):
    duties = [{"duty_code": f"D{n}", "matters": "*", "scope": "grid_cell", **duty} for n, duty in enumerate(duties)]
    holders = pd.DataFrame(list(holders)) if holders else None
    tables = {"shifts": SHIFTS, "calendar": CALENDAR, **tables}
    return ResponsibilityMatrix(levels(), pd.DataFrame(duties), holders, options=options, **tables)


def ask(matrix, x=50, y=50, **asked):
    return matrix.who(x=WEST + x, y=SOUTH + y, **{"at": MORNING, **asked})


ONE = {"holder_code": "Z1", "name": "张三", "role": "grid_worker", "grid_code": "110120001001001", "phone": "1390000"}


def test_the_public_name():
    assert onemap.ResponsibilityMatrix is ResponsibilityMatrix


def test_the_sentence_proves_the_answer_in_both_languages():
    options = MatrixOptions(code_profile="GBT30428", version="2026-06-30", sources={"grid_cell": "网格.gpkg"})
    matrix = make([{"agency": "城管", "matters": "05", "source": "城管发3号", "version": "2"}], [ONE], options=options)
    answer = ask(matrix, matter="0501", language="zh")
    assert answer.sentence == (
        "2026-06-30 10:00（工作日、白班），此处“0501 无照经营游商”由张三（网格员、电话 1390000）负责（主管）。依据：城管责任 D0，事项 05，"
        "对应单元网格 110120001001001 一格，优先级 0，出自城管发3号，版本 2。位置：街道 110120001 鼓楼街道 > 社区 110120001001 钟鼓社区 > "
        "单元网格 110120001001001 一格。编码 110120001001001：11 省级、01 地级、20 县级、001 乡级、001 村级、001 顺序码。"
        "数据来源：grid_cell（网格.gpkg）、duty、holder、版本 2026-06-30。"
    )
    assert answer.say("en").startswith(
        "At 2026-06-30 10:00 (workday, day), 张三 (grid worker, phone 1390000) is accountable here for 0501 unlicensed street vendor: in charge. "
        "Rule: duty D0 of 城管, for matters 05, tied to cell 110120001001001 一格, rank 0, from 城管发3号, version 2."
    )
    assert [link.code for link in answer.chain] == ["110120001", "110120001001", "110120001001001"]


def test_the_more_specific_duty_counts_and_then_the_lower_rank():
    matrix = make(
        [
            {"matters": "*", "scope": "grid_cell", "holder_code": "A"},
            {"matters": "05", "scope": "grid_cell", "holder_code": "B", "rank": 9},
            {"matters": "0501", "scope": "grid_street", "holder_code": "C"},
            {"matters": "05", "scope": "grid_cell", "scope_code": "110120001001002", "holder_code": "D", "rank": 9},
        ],
        [{"holder_code": code, "name": code, "grid_code": ""} for code in "ABCD"],
    )
    assert ask(matrix, matter="0501").accountable.name == "B"
    assert ask(matrix, matter="0101").accountable.name == "A"
    assert ask(matrix, x=150, matter="0501").accountable.name == "D"


def test_precedence_is_data_that_may_be_replaced(tmp_path):
    duties = [
        {"matters": "*", "scope": "grid_cell", "holder_code": "A"},
        {"matters": "05", "scope": "grid_street", "holder_code": "B"},
    ]
    people = [{"holder_code": code, "name": code, "grid_code": ""} for code in "AB"]
    table = tmp_path / "precedence.toml"
    table.write_text('criteria = ["matter", "scope", "scope_code", "condition", "rank"]')
    assert ask(make(duties, people), matter="0501").accountable.name == "A"
    assert ask(make(duties, people, options=MatrixOptions(precedence=table)), matter="0501").accountable.name == "B"
    with pytest.raises(SchemaError, match="must have each of"):
        Precedence.from_data({"parts": ["owner"]})


def test_a_tie_is_a_conflict_and_names_all_claims():
    matrix = make(
        [{"agency": "城管", "holder_code": "A"}, {"agency": "公安", "holder_code": "B"}],
        [{"holder_code": c, "name": c, "grid_code": ""} for c in "AB"],
    )
    answer = ask(matrix)
    assert (answer.state, answer.accountable) == ("conflict", None)
    assert {claim.duty.agency for claim in answer.claims} == {"城管", "公安"}
    assert "2 claims to all matters (in charge) stand here with equal right: A" in answer.sentence
    assert (
        ask(
            make(
                [{"holder_code": "A"}, {"holder_code": "A", "agency": "x"}],
                [{"holder_code": "A", "name": "A", "grid_code": ""}],
            )
        ).state
        == "held"
    )


def test_two_of_one_role_are_a_conflict_and_a_deputy_acts_only_when_nobody_else_is_in():
    two = [ONE, {**ONE, "holder_code": "Z2", "name": "李四"}]
    assert ask(make([{}], two)).state == "conflict"
    deputy = [
        {**ONE, "deputy": 0, "shift": "day"},
        {**ONE, "holder_code": "Z2", "name": "李四", "deputy": 1, "shift": ""},
    ]
    matrix = make([{}], deputy)
    morning, night = ask(matrix), ask(matrix, at="2026-06-30 23:00")
    assert (morning.accountable.name, [h.name for h in morning.deputies]) == ("张三", ["李四"])
    assert (night.accountable.name, night.row()["acting"], night.deputies) == ("李四", True, ())
    assert "acting as deputy" in night.sentence


@pytest.mark.parametrize(
    ("holder", "at", "why"),
    [
        (None, MORNING, "nobody was ever appointed"),
        ({"valid_to": "2026-06-29"}, MORNING, "the appointment of 张三 ended on 2026-06-29"),
        ({"valid_from": "2026-07-01"}, MORNING, "the appointment of 张三 begins on 2026-07-01"),
        ({"shift": "day"}, "2026-06-30 02:00", "张三 is not on shift at this hour"),
        ({"shift": "白班"}, "2026-10-01 10:00", "张三 is not on shift at this hour"),
    ],
)
def test_a_vacancy_says_why(holder, at, why):
    answer = ask(make([{}], [{**ONE, **holder}] if holder is not None else []), at=at)
    assert (answer.state, answer.accountable) == ("vacant", None)
    assert why in answer.sentence


def test_make_up_workdays_and_holidays_count():
    matrix = make([{}], [{**ONE, "shift": "day"}])
    states = {day: ask(matrix, at=f"2026-10-{day} 10:00").state for day in ("01", "02", "10", "11")}
    assert states == {"01": "vacant", "02": "held", "10": "held", "11": "vacant"}


def test_the_territory_answers_where_no_subject_is_clear_and_nobody_where_there_is_no_duty():
    matrix = make(
        [{"part": "territorial"}, {"part": "owner", "matters": "01", "holder_code": "A"}],
        [ONE, {"holder_code": "A", "name": "权", "grid_code": ""}],
    )
    assert ask(matrix, matter="0501").part == "territorial"
    answer = ask(matrix, matter="0101")
    assert (answer.part, list(answer.parts)) == ("owner", ["owner", "territorial"])
    assert ask(make([{"matters": "01"}]), matter="05").state == "nobody"
    nobody = [ask(make([{"matters": "01"}]), matter=matter).say("en") for matter in ("0505", "9999")]
    assert ["not in the class table" in said for said in nobody] == [False, True]
    assert "（类别：分类表未列）" in ask(make([{"matters": "01"}]), matter="9999").say("zh")
    assert ask(make([{}]), x=900).state == "outside"


def test_an_object_answers_by_its_own_three_parts():
    things = gpd.GeoDataFrame(
        {
            "component_code": ["1101200118000001", "1101200118000002"],
            "class_code": "0118",
            "name": "路灯",
            "in_charge_name": ["区城管局", ""],
            "owner_name": "路灯中心",
            "maintainer_code": "M1",
            "cell_code": "110120001001001",
        },
        geometry=[shapely.Point(WEST + 50, SOUTH + 50), None],
        crs=CRS,
    )
    matrix = make(
        [{"scope": "object", "scope_code": "0118", "holder_code": "A"}, {"part": "territorial"}],
        [
            ONE,
            {"holder_code": "A", "name": "灯管", "grid_code": ""},
            {"holder_code": "M1", "name": "养护公司", "grid_code": "", "phone": "99"},
        ],
        objects=things,
    )
    first = matrix.who(object="1101200118000001", at=MORNING)
    assert str(first.matter) == "CJT214/component/0118"
    assert {part: answer.holder.name for part, answer in first.parts.items()} == {
        "in_charge": "区城管局",
        "owner": "路灯中心",
        "maintainer": "养护公司",
        "territorial": "张三",
    }
    assert first.parts["maintainer"].holder.phone == "99"
    second = matrix.who(object="1101200118000002", at=MORNING)
    assert (second.accountable.name, second.cell) == ("灯管", "110120001001001")
    with pytest.raises(SchemaError, match="no object has the code"):
        matrix.who(object="x")


def test_a_cell_is_answered_inside_it_and_told_when_several_duty_grids_reach_into_it():
    grids = gpd.GeoDataFrame(
        {"duty_code": ["P1", "P2"], "agency": "公安", "name": "", "holder": ["王", "赵"]},
        geometry=[land(0, 0, 60, 100), land(60, 0, 200, 100)],
        crs=CRS,
    )
    matrix = make([{"scope": "duty_grid", "agency": "公安"}], duty_grids=grids)
    answer = matrix.who(cell="110120001001001", at=MORNING)
    assert answer.accountable.name == "王"
    assert "2 grids of 公安 reach into 110120001001001" in answer.sentence
    assert "reach into" not in matrix.who(cell="110120001001002", at=MORNING).sentence
    assert matrix.who(cell="110120001", at=MORNING).cell == "110120001"
    whole = matrix.who_all(land(0, 0, 200, 100), at=MORNING)
    assert whole[["cell", "holder", "area_m2"]].to_numpy().tolist() == [
        ["110120001001002", "赵", 10000.0],
        ["110120001001001", "王", 6000.0],
        ["110120001001001", "赵", 4000.0],
    ]


def test_points_in_other_systems_and_shapes():
    matrix = make([{}], [ONE])
    lon, lat = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True).transform(WEST + 50, SOUTH + 50)
    assert matrix.who((lon, lat), crs="EPSG:4490", at=MORNING).cell == "110120001001001"
    far = onemap.convert_coordinates(lon, lat, source="WGS84", target="GCJ02")
    assert matrix.who(far, crs="GCJ02", at=MORNING).cell == "110120001001001"
    spots = gpd.GeoSeries([shapely.Point(lon, lat), None, shapely.Point()], index=["a", "b", "b"], crs="EPSG:4490")
    answers = matrix.who_batch(spots, at=MORNING)
    assert (list(answers["state"]), list(answers.index)) == (["held", "outside", "outside"], ["a", "b", "b"])
    with pytest.raises(CrsError):
        matrix.who_batch(spots.set_crs(None, allow_override=True), at=MORNING)
    with pytest.raises(SchemaError, match="who_all answers"):
        matrix.who(shapely.LineString([(0, 0), (1, 1)]))
    with pytest.raises(SchemaError, match="name one spot"):
        matrix.who(x=1)
    assert matrix.who_batch(([], []), at=MORNING).empty


def test_times_are_the_districts_own_unless_they_name_a_zone():
    matrix = make([{}], [{**ONE, "shift": "day"}])
    utc = dt.datetime(2026, 6, 30, 2, 0, tzinfo=dt.UTC)
    assert matrix.moment(utc).local == dt.datetime.fromisoformat("2026-06-30T10:00")
    assert ask(matrix, at=utc).state == "held"
    assert ask(matrix, at=dt.datetime.fromisoformat("2026-06-30T02:00")).state == "vacant"
    assert ask(make([{}], [ONE], options=MatrixOptions(timezone="UTC")), at=utc).moment.local.hour == 2
    spots = (np.full(2, WEST + 50), np.full(2, SOUTH + 50))
    times = pd.Series(["2026-06-30 02:00", "2026-06-30 15:00"], dtype="datetime64[ns]").dt.tz_localize("UTC")
    assert list(matrix.who_batch(spots, at=times)["state"]) == ["held", "vacant"]
    with pytest.raises(SchemaError, match="is no time"):
        matrix.moment("soon")
    with pytest.raises(SchemaError, match="no time zone"):
        make([{}], options=MatrixOptions(timezone="Mars/Olympus"))


def test_facts_that_only_the_asker_knows():
    matrix = make(
        [{"condition": "private_land", "holder_code": "A"}, {"part": "territorial"}],
        [ONE, {"holder_code": "A", "name": "A", "grid_code": ""}],
    )
    assert ask(matrix).part == "territorial"
    assert ask(matrix, facts=["private_land"]).accountable.name == "A"


def test_duties_and_holders_that_make_no_sense_are_told():
    matrix = make(
        [
            {},
            {"scope": "moon"},
            {"scope_code": "999"},
            {"shift": "夜"},
            {"part": "boss"},
            {"matters": "a/b/c/d"},
            {"condition": "on road!"},
            {"scope": "duty_grid", "agency": "x"},
        ],
        [ONE, {**ONE, "holder_code": "Z2", "shift": "dawn"}, {**ONE, "holder_code": "Z3", "valid_to": "soon"}],
    )
    assert matrix.problems["code"].tolist() == ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "Z2", "Z3"]
    assert matrix.problems["reason"].str.len().min() > 10
    assert ask(matrix).accountable.name == "张三"


def test_dated_grids_answer_as_they_were():
    grids = gpd.GeoDataFrame(
        {
            "duty_code": ["P1", "P2"],
            "agency": "公安",
            "name": "",
            "holder": ["旧", "新"],
            "valid_from": [None, "2026-07-01"],
            "valid_to": ["2026-06-30", None],
        },
        geometry=[land(0, 0, 200, 100), land(0, 0, 200, 100)],
        crs=CRS,
    )
    matrix = make([{"scope": "duty_grid", "agency": "公安"}], duty_grids=grids)
    assert [ask(matrix, at=day).accountable.name for day in ("2026-06-30 23:59", "2026-07-01 00:00")] == ["旧", "新"]
    spots = (np.full(2, WEST + 5), np.full(2, SOUTH + 5))
    assert list(matrix.who_batch(spots, at=["2026-06-30", "2026-07-01"])["holder"]) == ["旧", "新"]


def test_times_and_matters_that_are_none_are_named():
    matrix = make([{}], [ONE])
    for number in (5, 20260630, 1.5):
        with pytest.raises(SchemaError, match="is no time"):
            matrix.moment(number)
    with pytest.raises(SchemaError, match="matter 501 is not text; its leading zeros count"):
        matrix.matter(501)
    spots = (np.full(2, WEST + 50), np.full(2, SOUTH + 50))
    for missing in ([pd.NaT, MORNING], [None, MORNING], [np.nan, pd.Timestamp(MORNING)]):
        with pytest.raises(SchemaError, match="1 points have no time"):
            matrix.who_batch(spots, at=missing)
    with pytest.raises(SchemaError, match="'soon' is no time"):
        matrix.who_batch(spots, at=["soon", MORNING])
    with pytest.raises(SchemaError, match="is no time"):
        matrix.who_batch(spots, at=[5, 6])
    assert list(matrix.who_batch(spots, at=[MORNING, dt.date(2026, 6, 30)])["state"]) == ["held", "held"]


def test_ranks_that_a_spreadsheet_wrote_as_text_are_whole_numbers():
    duties = [{"agency": "A", "holder_code": "Z1", "rank": "2.0"}, {"agency": "B", "rank": "10"}]
    matrix = make(duties, [ONE])
    assert matrix.problems.empty
    assert ask(matrix).to_dict()["agency"] == "A"


def test_a_cell_whose_code_stands_twice_is_told():
    layers = levels()
    cells = layers["grid_cell"]
    again = cells.assign(geometry=[land(200, 0, 300, 100), None], cell_code=["110120001001002", "x"]).iloc[:1]
    doubled = {**layers, "grid_cell": pd.concat([cells, again], ignore_index=True)}
    matrix = ResponsibilityMatrix(doubled, pd.DataFrame({"duty_code": ["D1"], "matters": ["*"]}))
    for spot in ({"x": WEST + 250, "y": SOUTH + 50}, {"x": WEST + 150, "y": SOUTH + 50}, {"cell": "110120001001002"}):
        answer = matrix.who(**spot, at=MORNING)
        assert "Several cells have the code 110120001001002" in answer.sentence
        assert "有多个网格的编码同为 110120001001002" in answer.say("zh")
    assert "Several cells" not in matrix.who(x=WEST + 50, y=SOUTH + 50, at=MORNING).sentence
