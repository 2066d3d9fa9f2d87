"""Gaps and conflicts one by one: what is said, when, where, and who could close them."""

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import Point, box

from onemap.errors import SchemaError
from onemap.gaps import find_gaps
from onemap.responsibility import ResponsibilityMatrix
from onemap.responsibility.gaps import COLUMNS, gap_intervals
from onemap.responsibility.ground import Ground
from onemap.translation import translate

CRS = "EPSG:4548"
WEEK = {"start": "2026-09-28", "end": "2026-10-05"}
SHIFTS = pd.DataFrame(
    {
        "shift_code": ["day", "night"],
        "days": ["workday,weekend", "*"],
        "start": ["08:00", "20:00"],
        "end": ["20:00", "08:00"],
    }
)
CALENDAR = pd.DataFrame({"date": ["2026-10-01", "2026-10-02", "2026-10-03"], "kind": "holiday"})


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


CELLS = frame([box(0, 0, 10, 10), box(10, 0, 20, 10)], cell_code=["a", "b"], name=["甲", "乙"], parent_code=["s", "s"])
STREETS = frame([box(0, 0, 20, 12)], street_code=["s"], name=["白塔街道"])


def matrix(duties, holders=None, **tables):
    found = pd.DataFrame(duties)
    found["duty_code"] = [f"D{n}" for n in range(len(found))]
    people = (
        None if holders is None else pd.DataFrame([{"holder_code": f"Z{n}", **row} for n, row in enumerate(holders)])
    )
    levels = {"grid_street": STREETS, "grid_cell": CELLS}
    return ResponsibilityMatrix(levels, found, people, shifts=SHIFTS, calendar=CALENDAR, **tables)


def test_who_covers_this_spot_at_two_in_the_night_on_a_holiday():
    """The day shift is off on holidays: from 8 to 20 on three days nobody is there, at 2 a.m. the night shift is."""
    people = [
        {"name": "张三", "grid_code": "a", "shift": "day"},
        {"name": "李四", "grid_code": "a", "shift": "night"},
        {"name": "王五", "grid_code": "b"},
        {"name": "赵六", "grid_code": "s", "role": "street_head"},
    ]
    table = matrix([{"matters": "05"}], people).gaps(**WEEK)
    assert list(table.columns) == [*COLUMNS, "geometry"]
    nobody, gap = table.to_dict("records")
    assert (nobody["cause"], nobody["area_m2"]) == ("nobody", 40.0)  # the strip of the street without a cell
    assert (gap["kind"], gap["cause"], gap["cells"], gap["hours"], gap["area_m2"]) == (
        "time",
        "off_shift",
        "a",
        36.0,
        100.0,
    )
    spans = gap_intervals(table[table["kind"] == "time"])
    assert spans["from"].tolist() == [pd.Timestamp(2026, 10, day, 8) for day in (1, 2, 3)]
    assert spans["to"].tolist() == [pd.Timestamp(2026, 10, day, 20) for day in (1, 2, 3)]
    assert gap["reason"] == (
        "whoever holds 甲 a is not on shift for 36 hours, first from 2026-10-01 08:00 to 2026-10-01 20:00"
    )
    assert gap["who_could_close"] == "赵六 (白塔街道), by a shift for these hours"


def test_a_vacancy_an_appointment_that_ends_and_one_that_begins():
    people = [
        {"name": "张三", "grid_code": "a", "valid_to": dt.date(2026, 9, 30)},
        {"name": "李四", "grid_code": "g", "valid_from": dt.date(2026, 10, 3)},
    ]
    grids = frame([box(0, 0, 10, 10), box(10, 0, 20, 10)], duty_code=["g", "h"], agency="公安", name=["一", "二"])
    found = matrix(
        [{"matters": "05"}, {"matters": "06", "scope": "duty_grid", "agency": "公安"}], people, duty_grids=grids
    )
    table = found.gaps(**WEEK).set_index(["matters", "cells"])
    told = table[["cause", "holder", "from", "to", "agency"]].to_dict("index")
    assert told.pop(("05", ""))["cause"] == "nobody"
    assert told == {
        ("05", "a"): {"cause": "expired", "holder": "张三", "from": "2026-10-01T00:00:00", "to": "2026-10-05T00:00:00", "agency": ""},
        ("05", "b"): {"cause": "vacant", "holder": "", "from": "2026-09-28T00:00:00", "to": "2026-10-05T00:00:00", "agency": ""},
        ("06", "g"): {"cause": "not_yet", "holder": "李四", "from": "2026-09-28T00:00:00", "to": "2026-10-03T00:00:00", "agency": "公安"},
        ("06", "h"): {"cause": "vacant", "holder": "", "from": "2026-09-28T00:00:00", "to": "2026-10-05T00:00:00", "agency": "公安"},
        ("06", ""): {"cause": "nobody", "holder": "", "from": "2026-09-28T00:00:00", "to": "2026-10-05T00:00:00", "agency": "公安"},
    }  # fmt: skip
    assert table.loc[("06", ""), "area_m2"] == 40.0
    assert table.loc[("06", "h"), "who_could_close"] == "公安, by an appointment to 二 h"


def test_conflicts_of_precedence_of_people_and_of_borders():
    grids = frame([box(0, 0, 13, 10), box(12, 0, 25, 10)], duty_code=["g", "h"], agency="公安", name="")
    people = [
        {"name": "张三", "grid_code": "a"},
        {"name": "李四", "grid_code": "a"},
        {"name": "王五", "grid_code": "b"},
    ]
    found = matrix([{"matters": "05"}, {"matters": "05", "agency": "城管"}], people, duty_grids=grids).conflicts(**WEEK)
    causes = found.groupby("cause")["area_m2"].sum().to_dict()
    assert causes == {"tie": 100.0, "claimed_twice": 10.0, "outside": 50.0, "cut": 30.0}
    assert found.set_index("cause").loc["cut", "reason"] == (
        "公安 cuts the cell b into its duty grids g, h, the smallest share is 30 percent"
    )
    two = matrix([{"matters": "05"}], people).conflicts(**WEEK)
    assert two[["cause", "reason"]].to_numpy().tolist() == [["two_holders", "张三, 李四 hold 甲 a with equal right"]]


def test_houses_and_people_are_counted_once():
    houses = frame(
        [box(1, 1, 2, 2), box(9, 4, 11, 6), box(15, 1, 16, 2), box(15, 11, 16, 11.5)], residents=[3, 5, 7, 9]
    )
    people = [{"name": "张三", "grid_code": "b"}]
    table = matrix([{"matters": "05"}], people).gaps(**WEEK, buildings=houses)
    told = table.set_index("cause")[["buildings", "residents"]].to_dict("index")
    assert told == {"vacant": {"buildings": 2, "residents": 8}, "nobody": {"buildings": 1, "residents": 9}}


def test_many_posts_with_the_same_gap_are_one_row():
    table = matrix([{"matters": "05"}]).gaps(**WEEK, together=1)
    vacant = table[table["cause"] == "vacant"]
    assert vacant[["cells", "area_m2"]].to_numpy().tolist() == [["a and 1 more", 200.0]]


def test_slivers_are_left_out_by_the_tolerance():
    grids = frame([box(0, 0, 20, 9.999)], duty_code=["g"], agency="公安", name="")
    found = matrix(
        [{"matters": "05", "scope": "duty_grid", "agency": "公安"}],
        [{"grid_code": "g", "name": "张三"}],
        duty_grids=grids,
    )
    assert found.gaps(**WEEK)["area_m2"].tolist() == pytest.approx([40.02])
    assert found.gaps(**WEEK, tolerance_m=3.0).empty


def test_the_order_of_rows_does_not_matter():
    people = [{"name": "张三", "grid_code": "a", "shift": "day"}, {"name": "李四", "grid_code": "b", "shift": "night"}]
    duties = pd.DataFrame({"duty_code": ["D0", "D1"], "matters": ["05", "02"], "agency": ["", "城管"]})
    held = pd.DataFrame([{"holder_code": f"Z{n}", **row} for n, row in enumerate(people)])
    made = [
        ResponsibilityMatrix({"grid_cell": CELLS.iloc[order]}, duties.iloc[order], held.iloc[order], shifts=SHIFTS)
        for order in ([0, 1], [1, 0])
    ]
    one, other = (found.gaps(**WEEK) for found in made)
    assert one.drop(columns="geometry").equals(other.drop(columns="geometry"))
    assert shapely.equals(one.geometry.to_numpy(), other.geometry.to_numpy()).all()


def test_layers_whose_borders_share_no_vertex_are_divided_by_one_another():
    cells = [box(x, y, x + 10, y + 10) for x in (0, 10, 20) for y in (0, 10, 20)]
    levels = {"grid_cell": frame(cells, cell_code=list("abcdefghi"))}
    grids = frame([box(0, 0, 10, 30), box(10, 0, 30, 30)], duty_code=["g", "h"], agency="公安", name="")
    found = ResponsibilityMatrix(levels, pd.DataFrame({"duty_code": ["D"], "matters": ["*"]}), duty_grids=grids)
    ground = Ground(
        found.land, dt.date(2026, 9, 28).toordinal(), channels=frozenset({"duty_grid: 公安"}), facts=frozenset()
    )
    assert len(ground.shapes) == 9
    assert ground.area.tolist() == [100.0] * 9
    assert all(len(ground.claims[name].rows(n)) == 1 for name in ground.claims for n in range(9))


def test_the_window_and_the_layers_must_make_sense():
    found = matrix([{"matters": "05"}])
    with pytest.raises(SchemaError, match="before it begins"):
        found.gaps(start="2026-10-05", end="2026-09-28")
    with pytest.raises(SchemaError, match="is no time"):
        found.gaps(start="someday")


def one_map(**layers):
    known = {"grid_street": STREETS, "grid_cell": CELLS, **layers}
    return SimpleNamespace(levels=["grid_street", "grid_cell"], has=known.__contains__, read=known.__getitem__)


def test_find_gaps_knows_all_four_kinds():
    duties = pd.DataFrame({"duty_code": ["D"], "matters": ["05"]})
    holders = pd.DataFrame({"holder_code": ["Z"], "name": ["张三"], "grid_code": ["a"], "shift": ["day"]})
    cases = frame([Point(1, 1), Point(30, 30)], case_code=["c1", "c2"], matter_code=["0501", "0203"])
    layers = {"duty": duties, "holder": holders, "shift": SHIFTS, "calendar_day": CALENDAR, "case": cases}
    report = find_gaps(one_map(**layers), window=("2026-09-28", "2026-10-05"))
    assert report.counts == {"land": 1, "duty": 3, "objects": 1, "time": 1}
    assert report.table["gap_id"].tolist() == [
        "land-00001", "objects-00002", "duty-00003", "duty-00004", "duty-00005", "time-00006"
    ]  # fmt: skip
    table = report.table.set_index("gap_id")
    named = table[table["cause"] != ""][["cause", "matters", "cells", "cases"]].to_numpy().tolist()
    assert named == [
        ["nobody", "0203", "", 1],  # a matter that was reported and that no duty names
        ["vacant", "05, 0501", "b", 0],
        ["nobody", "05, 0501", "", 0],
        ["off_shift", "05, 0501", "a", 1],
    ]
    assert set(report.intervals["gap_id"]) == set(table.index[table["cause"] != ""])
    assert all(translate(text) != text for name in ("reason", "who_could_close") for text in table[name] if text)
    plain = find_gaps(one_map(case=cases))
    assert plain.counts == {"land": 1, "objects": 1}
    with pytest.raises(SchemaError, match="no layer duty"):
        find_gaps(one_map(), kinds=["duty"])


def test_an_appointment_that_ended_before_the_day_is_told_as_ended():
    holders = pd.DataFrame({"holder_code": ["Z"], "name": ["张三"], "grid_code": ["a"], "valid_to": ["2026-08-31"]})
    layers = {"duty": pd.DataFrame({"duty_code": ["D"], "matters": ["05"]}), "holder": holders}
    table = find_gaps(one_map(**layers), kinds=["duty"], as_of="2026-09-28").table.set_index("cells")
    assert table.loc["a", ["cause", "from", "to"]].tolist() == ["expired", "2026-09-28T00:00:00", "2026-10-05T00:00:00"]


def test_what_nobody_counted_is_missing_and_no_zero():
    found = matrix([{"matters": "05"}], [{"grid_code": "a"}, {"grid_code": "a"}])
    for table in (found.gaps(**WEEK), found.conflicts(**WEEK)):
        assert len(table)
        assert table[["buildings", "residents"]].isna().all(axis=None)
    houses = frame([Point(15, 5), Point(5, 11)], building_code=["h1", "h2"])
    table = found.gaps(**WEEK, buildings=houses)
    assert table["buildings"].sum() == 2
    assert table["residents"].isna().all()


def test_land_that_the_grids_of_an_agency_leave_out_is_closed_by_that_agency():
    grids = frame([box(0, 0, 16, 12)], duty_code=["P1"], agency=["公安"], name=[""], holder=["甲"])
    duties = [
        {"matters": "0115", "agency": "公安", "scope": "duty_grid"},
        {"matters": "02", "agency": "市监", "scope": "road"},
    ]
    found = matrix(duties, duty_grids=grids).gaps(**WEEK, matters=["0115", "0203"])
    told = {(row.matters, row.area_m2): row.who_could_close for row in found.itertuples()}
    assert told == {
        ("0115", 48.0): "公安, by a duty grid that reaches this land: its duty for 0115 has no grid here",
        ("0203", 240.0): "the district, by a duty for 0203",
    }
    assert translate(told["0115", 48.0]) == "由 公安 把责任网格延伸到此处：其对事项 0115 的责任在此没有网格"


def test_a_duty_of_other_hours_wants_no_other_grid():
    grids = frame([box(0, 0, 20, 12)], duty_code=["P1"], agency=["公安"], name=[""], holder=["甲"])
    duties = [{"matters": "0115", "agency": "公安", "scope": "duty_grid", "shift": "day"}]
    found = matrix(duties, duty_grids=grids).gaps(**WEEK, matters=["0115"])
    assert found["who_could_close"].tolist() == ["the district, by a duty for 0115"]
