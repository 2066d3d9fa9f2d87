"""Tables that make no sense: a column that lacks is an error, a row that cannot be meant is told and not in force."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from onemap.errors import CrsError, SchemaError
from onemap.responsibility import MatrixOptions, ResponsibilityMatrix
from onemap.translation import translate
from tests.library.responsibility.test_who import CRS, MORNING, SHIFTS, SOUTH, WEST, land, levels

A, B = "110120001001001", "110120001001002"
ONE = {"holder_code": "Z1", "name": "张三", "grid_code": A}
TWO = {"holder_code": "Z2", "name": "李四", "grid_code": B}
GOOD = {"duty_code": "D0", "matters": "05", "agency": "城管"}


def make(duties=(GOOD,), holders=(ONE, TWO), **tables):
    return ResponsibilityMatrix(
        levels(), pd.DataFrame(list(duties)), pd.DataFrame(list(holders)), shifts=SHIFTS, **tables
    )


def state(matrix, matter="0501", x=50, **asked):
    return matrix.who(x=WEST + x, y=SOUTH + 50, matter=matter, at=MORNING, **asked)


@pytest.mark.parametrize(
    ("table", "column"),
    [("duty", "duty_code"), ("duty", "matters"), ("holder", "holder_code"), ("holder", "grid_code")],
)
def test_a_table_without_a_needed_column_is_one_error(table, column):
    tables = {"duty": pd.DataFrame([GOOD]), "holder": pd.DataFrame([ONE])}
    tables[table] = tables[table].drop(columns=column)
    with pytest.raises(SchemaError, match=f"table {table} has no column {column}, .*; it has ") as caught:
        ResponsibilityMatrix(levels(), tables["duty"], tables["holder"])
    assert column in caught.value.text("zh")
    assert caught.value.text("zh") != str(caught.value)


def test_tables_that_say_less_are_read():
    least = make([{"duty_code": "D0", "matters": "*"}], [{"holder_code": "Z1", "grid_code": A}])
    assert least.problems.empty
    assert state(least).accountable.holder_code == "Z1"
    assert ResponsibilityMatrix(levels(), pd.DataFrame([GOOD])).problems.empty
    assert ResponsibilityMatrix(levels(), pd.DataFrame(columns=["duty_code", "matters"])).problems.empty


BAD_DUTIES = {
    "9999": ({"matters": "9999"}, "no class table lists the matters 9999"),
    "typo": ({"matters": "CJT214/mater/05"}, "no class table lists the matters CJT214/mater/05"),
    "empty": ({"matters": ""}, "matters is empty"),
    "king": ({"role": "king"}, "nobody has the role king, known are collector"),
    "inverted": ({"valid_from": "2026-07-01", "valid_to": "2026-06-01"}, "valid_to 2026-06-01 is before valid_from"),
    "rank": ({"rank": "first"}, "'first' is not a whole number"),
}


@pytest.mark.parametrize(("wrong", "said"), BAD_DUTIES.values(), ids=BAD_DUTIES.keys())
def test_a_duty_that_cannot_be_meant_is_told_and_not_in_force(wrong, said):
    bad = {"duty_code": "X", "matters": "05", "agency": "市容", "holder_code": "Z2", **wrong}
    matrix = make([GOOD, bad])
    assert matrix.problems[["layer", "row", "code"]].to_numpy().tolist() == [["duty", 1, "X"]]
    assert matrix.problems["reason"][0].startswith(said)
    assert translate(matrix.problems["reason"][0]) != matrix.problems["reason"][0]
    good = make()
    for matter in ("0501", "9999", "0201", None):
        asked = [state(one, matter) for one in (matrix, good)]
        assert asked[0].row() == asked[1].row()
        assert asked[0].sentence == asked[1].sentence
    gaps = [one.gaps(start="2026-06-30").drop(columns=["geometry", "buildings", "residents"]) for one in (matrix, good)]
    pd.testing.assert_frame_equal(*gaps)


def test_of_several_matters_only_the_unknown_one_is_left_out():
    matrix = make([{**GOOD, "matters": "0501、9999"}])
    assert matrix.problems["code"].tolist() == ["D0"]
    assert [state(matrix, matter).state for matter in ("0501", "9999")] == ["held", "nobody"]


def test_matters_of_a_table_that_nobody_holds_are_those_of_the_district():
    assert make([{**GOOD, "matters": "OWN/matter/S0276"}]).problems.empty
    duties = pd.DataFrame([{**GOOD, "matters": "S0276"}])
    own = ResponsibilityMatrix(levels(), duties, options=MatrixOptions(scheme="OWN"))
    assert own.problems.empty
    for code in ("0", "05", "0501", "0118", "050101", "CJT214/component/0118", "GBT47678.5/component/01037"):
        assert make([{**GOOD, "matters": code}]).problems.empty, code


def test_a_role_that_a_holder_has_is_one():
    matrix = make([{**GOOD, "role": "commissioner"}], [{**ONE, "role": "commissioner"}])
    assert matrix.problems.empty
    assert state(matrix).state == "held"
    odd = make(holders=[{**ONE, "role": "king"}, {**TWO, "role": "网格员"}])
    assert odd.problems[["layer", "row", "code"]].to_numpy().tolist() == [["holder", 0, "Z1"]]


BAD_HOLDERS = {
    "nowhere": ({"grid_code": "NOPE"}, "no grid, road or object of this map has the code NOPE"),
    "level": ({"level": "grid_street"}, f"no grid_street of this map has the code {A}"),
    "moon": ({"level": "moon"}, "moon is no scope of this map; it has "),
    "deputy": ({"deputy": -3}, "deputy is -3; it must be 0"),
    "inverted": ({"valid_from": "2026-07-01", "valid_to": "2026-06-01"}, "valid_to 2026-06-01 is before valid_from"),
    "shift": ({"shift": "dusk"}, "there is no shift dusk"),
}


@pytest.mark.parametrize(("wrong", "said"), BAD_HOLDERS.values(), ids=BAD_HOLDERS.keys())
def test_an_appointment_that_cannot_be_meant_is_told_and_not_in_force(wrong, said):
    matrix = make(holders=[ONE, {**ONE, "holder_code": "X", "name": "无名", **wrong}, TWO])
    assert matrix.problems[["layer", "row", "code"]].to_numpy().tolist() == [["holder", 1, "X"]]
    assert matrix.problems["reason"][0].startswith(said)
    assert translate(matrix.problems["reason"][0]) != matrix.problems["reason"][0]
    good = make()
    assert [state(matrix, x=x).row() for x in (50, 150)] == [state(good, x=x).row() for x in (50, 150)]
    assert matrix.conflicts(start="2026-06-30").empty


def test_grids_that_end_before_they_begin_are_told_and_not_in_force():
    days = {"valid_from": [None, "2026-07-01"], "valid_to": [None, "2026-06-01"]}
    grids = gpd.GeoDataFrame(
        {"duty_code": ["P1", "P2"], "agency": "公安", "name": "", "holder": ["甲", "乙"], **days},
        geometry=[land(0, 0, 200, 100), land(0, 0, 200, 100)],
        crs=CRS,
        index=[7, 8],
    )
    matrix = make([{**GOOD, "agency": "公安", "scope": "duty_grid"}], duty_grids=grids)
    assert matrix.problems.iloc[:, :3].to_numpy().tolist() == [["duty_grid", 8, "P2"]]
    assert state(matrix).accountable.name == "甲"
    layers = levels()
    layers["grid_cell"] = layers["grid_cell"].assign(**days)
    matrix = ResponsibilityMatrix(layers, pd.DataFrame([GOOD]))
    assert matrix.problems.iloc[:, :3].to_numpy().tolist() == [["grid_cell", 1, B]]


def test_problems_stand_in_the_order_of_the_rows():
    bad = [{**GOOD, "duty_code": "X", "matters": "9999"}, {**GOOD, "scope": "moon"}, {**GOOD, "role": "king"}, GOOD]
    duties = pd.DataFrame(bad[::-1], index=list("abcd"))
    assert ResponsibilityMatrix(levels(), duties).problems["row"].tolist() == ["b", "c", "d"]


def test_without_a_matter_the_answer_names_what_can_be_asked():
    matrix = make([GOOD, {"duty_code": "D1", "matters": "02", "agency": "市场监管局", "holder_code": "Z2"}])
    answer = state(matrix, None)
    assert answer.state == "nobody"
    assert "name one of them: 02 (市场监管局 李四), 05 (城管 张三)." in answer.say("en")
    assert "未指明事项" in answer.say("zh")
    everything = make([GOOD, {"duty_code": "D1", "matters": "*", "agency": "市容"}])
    assert "No matter was named" not in state(everything, None).sentence
    assert state(everything, None).state == "held"
    cell = matrix.who(cell=B, at=MORNING)
    assert "05 (城管 李四)" in cell.sentence


def test_coordinates_that_are_none_or_look_like_degrees_are_refused():
    matrix = make()
    for x, y in ((float("nan"), 1.0), (1.0, float("inf"))):
        with pytest.raises(SchemaError, match="are not numbers"):
            matrix.who(x=x, y=y, matter="05")
    with pytest.raises(CrsError, match=r"116.9, 39.7 look like degrees: name --crs EPSG:4490") as caught:
        matrix.who(x=116.9, y=39.7, matter="05")
    assert "像是经纬度" in caught.value.text("zh")
    assert matrix.who(x=WEST - 5000, y=SOUTH, matter="05", at=MORNING).state == "outside"
    assert matrix.who(x=116.9, y=39.7, matter="05", at=MORNING, crs="EPSG:4490").state == "outside"
    degrees = ResponsibilityMatrix(levels()["grid_cell"].to_crs(4490), pd.DataFrame([GOOD]))
    assert degrees.who(x=100.0, y=39.7, matter="05", at=MORNING).state == "outside"


def test_pairs_that_look_like_degrees_are_refused_in_a_batch_too():
    matrix = make()
    with pytest.raises(CrsError, match=r"^116.9, 39.7 look like degrees: name --crs EPSG:4490$"):
        matrix.who_batch(([116.9, float("nan"), 117.0], [39.7, 39.7, 39.8]), "05", MORNING)
    metres = [WEST + 50, SOUTH + 50]
    mixed = matrix.who_batch(([116.9, metres[0], 0.0, None], [39.7, metres[1], 0.0, 39.7]), "05", MORNING)
    assert mixed["state"].tolist() == ["outside", "held", "outside", "outside"]
    assert mixed.attrs["notes"] == ["2 of 4 points look like degrees and are outside: they need crs=EPSG:4490"]
    assert "2 个像是经纬度" in translate(mixed.attrs["notes"][0])
    assert not matrix.who_batch(([metres[0]], [metres[1]]), "05", MORNING).attrs
    assert not matrix.who_batch(([116.9], [39.7]), "05", MORNING, crs="EPSG:4490").attrs
    assert not matrix.who_batch(gpd.GeoSeries.from_xy([116.9], [39.7], crs=4490), "05", MORNING).attrs
    degrees = ResponsibilityMatrix(levels()["grid_cell"].to_crs(4490), pd.DataFrame([GOOD]))
    assert degrees.who_batch(([100.0], [39.7]), "05", MORNING)["state"].tolist() == ["outside"]
    with pytest.raises(CrsError, match="look like degrees"):
        matrix.who_all(shapely.box(116.9, 39.7, 117.0, 39.8), matter="05", at=MORNING)


def test_a_duty_of_a_holder_whom_no_roster_has_is_told_and_vacant():
    lost = {"duty_code": "D1", "matters": "02", "holder_code": "Z9"}
    matrix = make([GOOD, lost, {**lost, "duty_code": "D2", "holder_code": "Z2"}])
    assert matrix.problems.to_numpy().tolist() == [
        ["duty", 1, "D1", "no roster has the holder Z9, so nobody stands for the duty"]
    ]
    assert translate(matrix.problems["reason"][0]) == "名册中没有责任人 Z9，此项职责无人承担"
    assert state(make([lost]), "0201").state == "vacant"
    without = ResponsibilityMatrix(levels(), pd.DataFrame([lost]))
    assert without.problems["code"].tolist() == ["D1"]
    cells = levels()
    cells["grid_cell"] = cells["grid_cell"].assign(holder_code="Z9")  # a grid's own row appoints as well
    assert ResponsibilityMatrix(cells, pd.DataFrame([lost])).problems.empty
    unread = make([lost], [ONE, {**ONE, "holder_code": "Z9", "deputy": -3}])
    assert unread.problems["layer"].tolist() == ["holder"]  # its own row says what is wrong
