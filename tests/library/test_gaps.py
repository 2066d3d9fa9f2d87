"""Land and objects of a district that no cell holds."""

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, Polygon, box

from onemap import find_gaps
from onemap.cli.frames import _in_language
from onemap.errors import SchemaError
from onemap.gaps import COLUMNS
from onemap.translation import translate

CRS = "EPSG:4548"


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def city(**layers):
    """Return a district of 10 x 10 m whose one cell leaves out its upper row and a lake of 2 x 2."""
    cell = box(0, 0, 10, 9).difference(box(4, 4, 6, 6))
    known = {
        "grid_district": frame([box(0, 0, 10, 10)], district_code=["d"]),
        "grid_cell": frame([cell], cell_code=["c"]),
        **layers,
    }
    return SimpleNamespace(levels=["grid_district", "grid_cell"], has=known.__contains__, read=known.__getitem__)


def rows(report, *columns):
    return report.table[list(columns)].to_numpy().tolist()


def test_land_is_listed_with_what_lies_in_it():
    layers = {
        "city3d_building": frame(
            [box(1, 9.2, 2, 9.8), box(4.5, 4.5, 5, 5), box(1, 1, 2, 2)],
            building_code=["b1", "b2", "b3"],
            residents=[30, None, 5],
        ),
        "case": frame([Point(3, 9.5), Point(3, 9.5), Point(5, 5), Point(1, 1), None], case_code=list("abcde")),
    }
    report = find_gaps(city(**layers), kinds=["land"])
    assert list(report.table.columns) == [*COLUMNS, "geometry"]
    assert rows(report, "gap_id", "kind", "layer_id", "area_m2", "buildings", "cases", "residents") == [
        ["land-00001", "land", "grid_cell", 10.0, 1, 2, 30],
        ["land-00002", "land", "grid_cell", 4.0, 1, 1, 0],
    ]
    assert report.table["width_m"].tolist() == pytest.approx([1, 2], rel=0.01)
    assert report.table["reason"].iloc[0] == (
        "no cell covers 10 m2 of the district, with 1 building, 2 cases and 30 residents in it"
    )


@pytest.mark.parametrize(
    ("layers", "known", "told", "chinese"),
    [
        ({}, [None, None], "with 0 cases in it", "其中案件 0 件"),
        (
            {"city3d_building": frame([box(1, 9.2, 2, 9.8)], building_code=["b"], residents=[None])},
            [1, None],
            "with 1 building and 0 cases in it",
            "其中房屋 1 栋、案件 0 件",
        ),
        (
            {"econ_population": frame([Point(1, 9.5)], residents=[1])},
            [None, 1],
            "in which are 0 cases and 1 resident",
            "其中案件 0 件、居住 1 人",
        ),
    ],
    ids=["nothing", "houses", "people"],
)
def test_what_the_map_does_not_know_is_no_zero(layers, known, told, chinese):
    report = find_gaps(city(**layers), kinds=["land"])
    first = report.table.iloc[0]
    assert [None if pd.isna(first[name]) else first[name] for name in ("buildings", "residents")] == known
    assert first["reason"] == f"no cell covers 10 m2 of the district, {told}"
    assert translate(first["reason"], "zh").endswith(chinese)


def test_houses_tell_the_residents_where_the_population_has_no_numbers():
    layers = {
        "econ_population": frame([Point(1, 9.5)], residents=[None]),
        "city3d_building": frame([box(1, 9.2, 2, 9.8)], building_code=["b"], residents=[100]),
    }
    assert find_gaps(city(**layers), kinds=["land"]).table["residents"].tolist() == [100, 0]


def test_residents_come_from_the_population_where_there_is_one():
    layers = {
        "econ_population": frame([Point(1, 9.5), Point(1, 1)], residents=[7, 9]),
        "city3d_building": frame([box(1, 9.2, 2, 9.8)], building_code=["b"], residents=[100]),
    }
    report = find_gaps(city(**layers), kinds=["land"])
    assert report.table["residents"].tolist() == [7, 0]


def test_each_agency_answers_for_the_whole_district():
    duties = frame(
        [box(0, 0, 10, 5), box(0, 5, 10, 10), box(0, 0, 10, 9.99)],
        duty_code=["p1", "p2", "s1"],
        agency=["police", "police", "streets"],
    )
    report = find_gaps(city(duty_grid=duties), kinds=["land"])
    assert rows(report, "layer_id", "agency")[2:] == [["duty_grid", "streets"]]
    assert report.table["reason"].iloc[2].startswith("no duty grid of streets covers 0.1 m2")
    wide = find_gaps(city(duty_grid=duties), kinds=["land"], agency_tolerance_m=0.05)
    assert len(wide.table) == 2


def test_an_allowed_lake_is_no_gap():
    lake = frame([box(4, 4, 6, 6)], reason=["lake"], until=["2026-06-30"])
    for day, count in ((30, 1), (1, 1)):
        report = find_gaps(city(), kinds=["land"], allowed=lake, today=dt.date(2026, 6, day))
        assert report.counts == {"land": count, "objects": 0}
    assert find_gaps(city(), allowed=lake, today=dt.date(2026, 7, 1)).counts["land"] == 2


def test_objects_in_the_district_that_no_cell_holds():
    layers = {
        # in the lake, across the border of the cell, beyond the district
        "city3d_building": frame(
            [box(4.5, 4.5, 5, 5), box(3, 3, 4.5, 4.5), box(12, 1, 13, 2)], building_code=["b1", "b2", "b3"]
        ),
        "place_address": frame([Point(5, 5), Point(0, 0)], address_code=["a1", "a2"]),
        "frame_component": frame([Point(5, 9.5), None], component_code=["k1", "k2"]),
        "econ_unit": frame([Point(20, 20)], unit_code=["u1"]),
    }
    report = find_gaps(city(**layers), kinds=["objects"])
    assert rows(report, "gap_id", "layer_id", "object_id", "reason") == [
        ["objects-00001", "city3d_building", "b1", "no cell holds it, though it lies in the district"],
        ["objects-00002", "frame_component", "k1", "no cell holds it, though it lies in the district"],
        ["objects-00003", "place_address", "a1", "no cell holds it, though it lies in the district"],
    ]
    assert set(report.table.geom_type) == {"Point"}
    assert report.table["area_m2"].isna().all()


def test_cases_without_a_cell_are_listed_wherever_they_are():
    cases = frame([Point(1, 1), Point(50, 50), None, Point(5, 9.5)], case_code=list("dcba"))
    report = find_gaps(city(case=cases), kinds=["objects"])
    assert rows(report, "object_id", "reason") == [
        ["a", "no cell holds it, though it lies in the district"],
        ["b", "it has no position"],
        ["c", "it lies outside the district"],
    ]
    # a case that the assignment gave to the nearest cell has one
    cases["cell_code"] = ["c", None, None, "c"]
    assert find_gaps(city(case=cases), kinds=["objects"]).table["object_id"].tolist() == ["b", "c"]
    for reason in report.table["reason"]:
        assert translate(reason) != reason


def test_an_object_without_a_code_has_none_and_is_listed():
    layers = {
        "case": frame([Point(50, 50), None, Point(60, 50)], case_code=["a", None, np.nan]),
        "frame_component": frame([Point(5, 9.5)], component_code=[None]),
    }
    report = find_gaps(city(**layers), kinds=["objects"])
    assert rows(report, "layer_id", "object_id") == [["frame_component", ""], ["case", ""], ["case", ""], ["case", "a"]]


def test_a_city_without_gaps_gives_an_empty_table():
    whole = frame([box(0, 0, 10, 10)], cell_code=["c"])
    report = find_gaps(city(grid_cell=whole))
    assert report.counts == {"land": 0, "objects": 0}
    assert list(report.table.columns) == [*COLUMNS, "geometry"]
    assert report.table.crs == CRS


def test_the_order_of_rows_does_not_matter():
    cases = frame([Point(5, 5), Point(5, 9.5), Point(30, 1)], case_code=list("abc"))
    one, other = (find_gaps(city(case=cases.iloc[order])).table for order in ([0, 1, 2], [2, 0, 1]))
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))


def test_what_cannot_be_answered_is_refused():
    with pytest.raises(SchemaError, match="weather"):
        find_gaps(city(), kinds=["weather"])
    empty = SimpleNamespace(levels=[], has=lambda _: False, read=None)
    with pytest.raises(SchemaError, match="no grid level"):
        find_gaps(empty)


def test_a_single_level_is_its_own_district():
    ring = Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(1, 1), (2, 1), (2, 2), (1, 2)]])
    layers = {"grid_cell": frame([ring], cell_code=["c"])}
    lone = SimpleNamespace(levels=["grid_cell"], has=layers.__contains__, read=layers.__getitem__)
    assert find_gaps(lone).counts == {"land": 0, "objects": 0}


def test_every_gap_of_land_and_objects_says_who_could_close_it():
    lower, upper = box(0, 0, 10, 5), box(0, 5, 10, 9)
    layers = {
        "grid_cell": frame([lower, upper], cell_code=["c1", "c2"]),
        "duty_grid": frame([lower, upper], duty_code=["p1", "p2"], agency=["police"] * 2, holder=["Qian", "Sun"]),
        "holder": pd.DataFrame(
            {
                "holder_code": ["Z1", "Z2", "Z3", "Z4"],
                "name": ["Li", "Wang", "Zhao", "Zhou"],
                "grid_code": ["c2", "c2", "p2", "c2"],
                "shift": ["day", "night", None, "day"],
                "valid_to": [None, None, None, "2026-01-01"],
            }
        ),
        "shift": pd.DataFrame({"shift_code": ["day", "night"], "start": ["08:00", "20:00"], "end": ["20:00", "08:00"]}),
        "frame_component": frame([Point(5, 9.5)], component_code=["k1"]),
        "case": frame([Point(5, 9.5), Point(50, 50), None], case_code=list("abc")),
    }
    bare = city(**layers)
    told = find_gaps(bare, kinds=["land", "objects"], today=dt.date(2026, 6, 30)).table
    drawn = "the command centre of the district, by drawing its place into the nearest cell c2 (Li / Wang)"
    stray = "the department that provides case, by its right position"
    assert told["who_could_close"].tolist() == [
        "the command centre of the district, by drawing this land into a cell beside it: c2 (Li / Wang)",
        "police, by drawing this land into a duty grid beside it: p2 (Zhao)",
        f"{drawn}, or the department that provides frame_component, by its right position",
        f"{drawn}, or the department that provides case, by its right position",
        f"{stray}, if it belongs to the district: the nearest cell is c2 (Li / Wang)",
        "the department that provides case, by a position for it",
    ]
    bare.layers = pd.DataFrame(
        {"provider": ["地图院", "指挥中心; 热线", None], "owner": [None, "指挥中心", "住建局"]},
        index=["grid_cell", "case", "frame_component"],
    )
    for options in ({"today": dt.date(2026, 6, 30)}, {"as_of": "2026-06-30"}):
        told = find_gaps(bare, kinds=["land", "objects"], **options).table
        chinese = [translate(one) for one in told["who_could_close"]]
        assert chinese == [
            "由 地图院 将此地划入相邻网格：c2 (Li / Wang)",
            "由 police 将此地划入相邻责任网格：p2 (Zhao)",
            "由 地图院 将其所在地划入最近的网格 c2 (Li / Wang)，或由 住建局 更正其位置",
            "由 地图院 将其所在地划入最近的网格 c2 (Li / Wang)，或由 指挥中心, 热线 更正其位置",
            "如属本区，由 指挥中心, 热线 更正其位置，最近的网格为 c2 (Li / Wang)",
            "由 指挥中心, 热线 补充其位置",
        ]


def test_the_command_writes_who_could_close_it_in_its_language():
    gaps = find_gaps(city(), kinds=["land"]).table
    said = _in_language(gaps, "zh")
    for name in ("reason", "who_could_close"):
        assert said[name].tolist() == [translate(one) for one in gaps[name]]
        assert all(one not in said[name].tolist() for one in gaps[name])
