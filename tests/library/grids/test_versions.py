"""Dated truth: rows in force, versions compared, what moved with the land."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely import Point, box

from onemap import compare_versions, in_force
from onemap.errors import CrsError, GeometryError, SchemaError
from onemap.grids.lineage import LINEAGE
from onemap.translation import translate

CRS = "EPSG:4548"


def cells(shapes, codes, **columns):
    return gpd.GeoDataFrame({"cell_code": codes, **columns}, geometry=shapes, crs=CRS)


# rows in force


DATED = pd.DataFrame(
    {
        "cell_code": ["ever", "old", "new", "gone", "far"],
        "valid_from": [None, "2020-01-01", dt.date(2026, 7, 1), "20100101", "2026年1月1日"],
        "valid_to": ["", "2026-06-30", None, "2012/12/31", "9999-12-31"],
    },
    index=[7, 7, 3, 1, 9],
)


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        ("2026-06-30", ["ever", "old", "far"]),
        (dt.date(2026, 7, 1), ["ever", "new", "far"]),
        (dt.datetime(2012, 12, 31, 23, 59, tzinfo=dt.UTC), ["ever", "gone"]),
        (pd.Timestamp("2013-01-01"), ["ever"]),
        (np.datetime64("2020-01-01"), ["ever", "old"]),
        (None, ["ever", "old", "new", "gone", "far"]),
    ],
)
def test_both_ends_of_a_time_count(day, codes):
    found = in_force(DATED, day)
    assert found["cell_code"].tolist() == codes
    assert found.index.tolist() == [i for i, c in zip(DATED.index, DATED["cell_code"], strict=True) if c in codes]


def test_dates_of_any_type_and_frames_without_dates():
    assert in_force(DATED[["cell_code"]], "1900-01-01") is not None
    assert len(in_force(DATED[["cell_code"]], "1900-01-01")) == 5
    stamps = DATED.assign(valid_from=pd.to_datetime(["2020-01-01"] * 5), valid_to=pd.NaT)
    assert len(in_force(stamps, "2019-12-31")) == 0
    assert len(in_force(stamps, "2020-01-01")) == 5
    numbers = DATED.assign(valid_from=[20200101.0, np.nan, 20260101.0, np.nan, np.nan], valid_to=None)
    assert in_force(numbers, "2020-01-01")["cell_code"].tolist() == ["ever", "old", "gone", "far"]
    empty = cells([], [], valid_from=[])
    assert_geodataframe_equal(in_force(empty, "2026-01-01"), empty)


def test_what_is_no_date_is_refused():
    with pytest.raises(SchemaError, match="'soon' is not a date"):
        in_force(DATED, "soon")
    with pytest.raises(SchemaError, match=r"valid_to: 2 values are no dates, for example 'later'; rows 1, 2"):
        in_force(DATED.assign(valid_to=["", "later", "later", None, ""]), "2026-01-01")


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12), st.integers(-1, 41))
def test_in_force_is_the_plain_comparison(spans, day):
    start = dt.date(2026, 1, 1)
    frame = pd.DataFrame(
        {
            "valid_from": [start + dt.timedelta(a) for a, _ in spans],
            "valid_to": [start + dt.timedelta(b) for _, b in spans],
        }
    )
    found = in_force(frame, start + dt.timedelta(day))
    assert found.index.tolist() == [row for row, (a, b) in enumerate(spans) if a <= day <= b]


# two versions


def test_every_status_and_what_it_says():
    old = cells([box(i, 0, i + 1, 2) for i in range(6)], list("abcdef"), name=["A", "B", "C", "D", "E", "F"])
    new = cells(
        [box(0, 0, 1, 2), box(1, 0, 2, 2), box(2, 0, 3.5, 2), box(3.5, 0, 4, 2), box(4, 0, 6, 2), box(6, 0, 7, 2)],
        ["a", "b", "c", "d", "g", "h"],
        name=["A", "B2", "C", "D", "G", "H"],
    )
    houses = gpd.GeoDataFrame(geometry=[box(3.1, 0.1, 3.3, 0.3), Point(0.5, 1), Point(4.5, 1), Point(9, 9)], crs=CRS)
    cases = gpd.GeoDataFrame(geometry=[Point(3.2, 1), Point(3.4, 1), Point(3.7, 1), Point(6.5, 1)], crs=CRS)
    found = compare_versions(old, new, houses=houses, cases=cases, when="2026-07-01")
    assert found.counts == {"added": 2, "removed": 2, "redrawn": 2, "renamed": 1, "unchanged": 1}
    rows = found.table.set_index("code")
    assert rows["status"].to_dict() == {
        "a": "unchanged", "b": "renamed", "c": "redrawn", "d": "redrawn", "e": "removed", "f": "removed",
        "g": "added", "h": "added",
    }  # fmt: skip
    assert rows.loc["c", ["gained_m2", "lost_m2", "houses_in", "houses_out", "cases_in"]].tolist() == [1, 0, 1, 0, 2]
    assert rows.loc["d", ["gained_m2", "lost_m2", "kept_share", "houses_out", "cases_out"]].tolist() == [
        0,
        1,
        0.5,
        1,
        2,
    ]
    assert rows["reason"].to_dict() == {
        "a": "", "b": "named B2, before B", "c": "1 m2 came from d", "d": "1 m2 went to c",
        "e": "gone, its land is now in g", "f": "gone, its land is now in g", "g": "new, on land of e, f",
        "h": "new, on land that no cell had",
    }  # fmt: skip
    assert [translate(r) for r in rows["reason"]][1:4] == [
        "现名 B2，原名 B",
        "从 d 划入 1 平方米",
        "向 c 划出 1 平方米",
    ]
    assert found.lineage.columns.tolist() == list(LINEAGE)
    assert found.lineage[["what", "from", "to", "area_m2", "share_from", "share_to", "when"]].to_numpy().tolist() == [
        ["moved", "d", "c", 1, 0.5, 1 / 3, dt.date(2026, 7, 1)],
        ["merge", "e", "g", 2, 1, 0.5, dt.date(2026, 7, 1)],
        ["merge", "f", "g", 2, 1, 0.5, dt.date(2026, 7, 1)],
    ]
    pieces = found.pieces[["from", "to", "area_m2", "houses", "cases"]].to_numpy().tolist()
    assert pieces == [["", "h", 2, 0, 1], ["e", "g", 2, 1, 0], ["f", "g", 2, 0, 0], ["d", "c", 1, 1, 2]]
    assert found.pieces.crs == CRS
    assert found.sentence == ("2 added, 2 removed, 2 redrawn, 1 renamed, 1 unchanged: 7 m2, 2 houses and 3 cases moved")
    assert translate(found.sentence).startswith(
        "新增 2 个，撤销 2 个，重划 2 个，更名 1 个，未变 1 个：7 平方米、2 栋房屋和 3 件案件"
    )


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ({"a": (0, 4)}, {"b": (0, 2), "c": (2, 4)}, {("a", "b"): "split", ("a", "c"): "split"}),
        ({"a": (0, 4)}, {"a": (0, 2), "c": (2, 4)}, {("a", "c"): "split"}),
        ({"a": (0, 2), "b": (2, 4)}, {"c": (0, 4)}, {("a", "c"): "merge", ("b", "c"): "merge"}),
        ({"a": (0, 2), "b": (2, 4)}, {"b": (0, 4)}, {("a", "b"): "merge"}),
        ({"a": (0, 4)}, {"b": (0, 4)}, {("a", "b"): "recoded"}),
        ({"a": (0, 2), "b": (2, 4)}, {"b": (0, 2), "a": (2, 4)}, {("a", "b"): "recoded", ("b", "a"): "recoded"}),
        ({"a": (0, 2), "b": (2, 4)}, {"a": (0, 1), "b": (1, 4)}, {("a", "b"): "moved"}),
        (
            {"a": (0, 2), "b": (2, 4)},
            {"a": (0, 1), "b": (3, 4), "c": (1, 3)},
            {("a", "c"): "moved", ("b", "c"): "moved"},
        ),
        ({"a": (0, 4)}, {"a": (0, 3.9), "b": (3.9, 4)}, {("a", "b"): "split"}),
        ({"a": (0, 100), "b": (100, 200)}, {"a": (0, 99), "b": (99, 200)}, {}),
    ],
)
def test_lineage_by_overlap(before, after, kinds):
    old, new = (cells([box(x, 0, y, 1) for x, y in v.values()], list(v)) for v in (before, after))
    lineage = compare_versions(old, new).lineage
    assert dict(zip(zip(lineage["from"], lineage["to"], strict=True), lineage["what"], strict=True)) == kinds


def test_a_code_given_to_other_land_is_said():
    old = cells([box(0, 0, 2, 1), box(2, 0, 4, 1)], ["a", "b"])
    table = compare_versions(old, old.assign(cell_code=["b", "a"])).table
    assert table["status"].tolist() == ["redrawn", "redrawn"]
    assert table["reason"].iloc[0] == "the code names other land now; 2 m2 came from b; 2 m2 went to b"


def test_a_line_that_was_surveyed_again_moves_no_land():
    old = cells([box(0, 0, 10, 10), box(10, 0, 20, 10)], ["a", "b"])
    new = cells([box(0, 0, 10.4, 10), box(10.4, 0, 20, 10)], ["a", "b"])
    assert compare_versions(old, new).counts["redrawn"] == 2
    assert compare_versions(old, new, tolerance_m=0.5).counts["unchanged"] == 2
    assert compare_versions(old, new, tolerance_m=0.3).area_m2 == pytest.approx(4)


def test_versions_in_degrees_and_in_another_system_are_measured_in_metres():
    old = cells([box(440000, 4420000, 441000, 4421000)], ["a"])
    new = cells([box(440000, 4420000, 441100, 4421000)], ["a"]).to_crs("EPSG:4490")
    found = compare_versions(old, new, tolerance_m=1)
    assert found.table["gained_m2"].iloc[0] == pytest.approx(100_000, rel=1e-5)
    assert found.pieces.crs == "EPSG:4490"


def test_one_dated_frame_on_two_days():
    frame = cells(
        [box(0, 0, 4, 1), box(0, 0, 2, 1), box(2, 0, 4, 1)],
        ["a", "b", "c"],
        valid_from=["2020-01-01", "2026-07-01", "2026-07-01"],
        valid_to=["2026-06-30", "", ""],
    )
    found = compare_versions(frame, frame, old_as_of="2026-06-30", new_as_of="2026-07-01")
    assert found.lineage[["what", "from", "to"]].to_numpy().tolist() == [["split", "a", "b"], ["split", "a", "c"]]
    assert set(found.lineage["when"]) == {dt.date(2026, 7, 1)}
    same = compare_versions(frame, frame, old_as_of="2025-01-01", new_as_of="2026-06-30")
    assert same.counts["unchanged"] == len(same.table) == 1


def test_empty_versions_other_geometry_columns_and_order():
    old = cells([box(i, 0, i + 1, 2) for i in range(4)], list("abcd"))
    new = cells([box(0, 0, 1.5, 2), box(1.5, 0, 4, 2)], ["a", "e"])
    found = compare_versions(old, new)
    other = compare_versions(old.iloc[[2, 0, 3, 1]].rename_geometry("shape"), new.iloc[::-1])
    assert_frame_equal(found.table, other.table)
    assert_frame_equal(found.lineage, other.lineage)
    assert_geodataframe_equal(found.pieces, other.pieces)
    none = old.iloc[:0]
    assert compare_versions(none, none).table.empty
    assert compare_versions(none, new).counts["added"] == 2
    assert compare_versions(old, none).counts["removed"] == 4


def test_what_cannot_be_compared_is_refused():
    old = cells([box(0, 0, 1, 1), box(1, 0, 2, 1)], ["a", "b"])
    with pytest.raises(SchemaError, match="not unique"):
        compare_versions(old, old.assign(cell_code="a"))
    with pytest.raises(SchemaError, match="no column"):
        compare_versions(old, old, code="other")
    with pytest.raises(CrsError):
        compare_versions(old, old.set_crs(None, allow_override=True))
    with pytest.raises(GeometryError):
        compare_versions(old, cells([Point(0, 0)], ["a"]))
    with pytest.raises(SchemaError, match="one of the two"):
        compare_versions(old, pd.DataFrame(old.drop(columns="geometry")))
    with pytest.raises(SchemaError, match="tolerance_m"):
        compare_versions(old, old, tolerance_m=-1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=36, max_size=36),
    st.lists(st.integers(0, 5), min_size=36, max_size=36),
    st.randoms(use_true_random=False),
)
def test_land_is_conserved_whatever_the_change(before, after, random):
    """Any two divisions of 6 x 6 squares: the books of land balance, cell by cell and in all."""
    squares = np.array([box(i % 6, i // 6, i % 6 + 1, i // 6 + 1) for i in range(36)], dtype=object)

    def version(groups):
        codes = sorted(set(groups))
        order = random.sample(codes, len(codes))
        shapes = [shapely.union_all(squares[[i for i, g in enumerate(groups) if g == code]]) for code in order]
        return cells(shapes, [f"c{code}" for code in order])

    found = compare_versions(version(before), version(after))
    table = found.table.fillna({"old_area_m2": 0.0, "new_area_m2": 0.0})
    assert np.allclose(table["old_area_m2"] + table["gained_m2"] - table["lost_m2"], table["new_area_m2"])
    moved = {}
    for was, is_ in zip(before, after, strict=True):
        if was != is_:
            moved[f"c{was}", f"c{is_}"] = moved.get((f"c{was}", f"c{is_}"), 0) + 1
    pieces = {(r[0], r[1]): round(r[2], 9) for r in found.pieces[["from", "to", "area_m2"]].to_numpy()}
    assert pieces == moved


# real data


@pytest.fixture(scope="module")
def smd(real_data):
    path = real_data / "washington_dc" / "dc_boundaries.gpkg"
    return {year: gpd.read_file(path, layer=f"smd_{year}") for year in (2002, 2013)}


def test_washington_2002_to_2013(real_data, smd):
    rows = pd.read_csv(real_data / "washington_dc" / "dc_service_requests_2016.csv.gz", dtype=str)
    where = gpd.points_from_xy(pd.to_numeric(rows["GEOM_LON"]), pd.to_numeric(rows["GEOM_LAT"]))
    requests = gpd.GeoDataFrame(rows, geometry=where, crs="EPSG:4326")
    lots = gpd.read_file(real_data / "washington_dc" / "dc_base_features.gpkg", layer="parcel_lots")
    found = compare_versions(
        smd[2002],
        smd[2013],
        code="SMD_ID",
        name="NAME",
        houses=lots,
        cases=requests,
        tolerance_m=1.0,
        when="2013-01-01",
    )
    assert found.counts == {"added": 39, "removed": 29, "redrawn": 245, "renamed": 0, "unchanged": 12}
    assert (found.houses, found.cases, len(found.pieces)) == (693, 9284, 623)
    assert found.area_m2 == pytest.approx(71_651_436, abs=1)
    assert found.lineage["what"].value_counts().to_dict() == {"moved": 216, "split": 163, "merge": 4, "recoded": 1}
    assert int((found.table["kept_share"] < 0.05).sum()) == 76  # codes of 2002 that name other land in 2013
    exact = compare_versions(smd[2002], smd[2013], code="SMD_ID", name="NAME")
    assert (exact.counts["redrawn"], len(exact.pieces)) == (257, 1_597)
    print(f"versions: {found.sentence}")


def test_changzhi_2016_to_2023_by_codes_and_names(real_data):
    folder = real_data / "changzhi"
    old = pd.read_csv(folder / "adcode2016_changzhi_gcj02.csv.gz", dtype=str)
    new = pd.concat(
        pd.read_csv(folder / f"division2023_changzhi_{level}.csv.gz", dtype=str)
        for level in ("areas", "streets", "villages")
    )
    found = compare_versions(old, new, code="code", when="2023-01-01")
    assert found.counts == {"added": 1_352, "removed": 2_313, "redrawn": 0, "renamed": 108, "unchanged": 1_329}
    assert found.lineage["what"].value_counts().to_dict() == {"recoded": 1_149, "candidate": 368, "merge": 18}
    heirs = found.lineage.set_index("from")
    assert heirs.loc["140424", ["what", "to"]].tolist() == ["recoded", "140405"]
    assert heirs.loc[["140402", "140411"], ["what", "to"]].to_numpy().tolist() == [["merge", "140403"]] * 2
    assert "10 of its 10 vanished children have a namesake under it" in heirs.loc["140402", "why"]


def test_the_difference_is_written(tmp_path, smd):
    found = compare_versions(smd[2002].iloc[:20], smd[2013].iloc[:20], code="SMD_ID", name="NAME")
    path = found.write(tmp_path / "changed.gpkg")
    layers = set(gpd.list_layers(path)["name"])
    assert layers == {"version", "lineage", "piece"}
    assert len(gpd.read_file(path, layer="piece")) == len(found.pieces)


# on a day, everywhere


def test_every_function_takes_the_day():
    from onemap import assign_cases, check_coverage, check_nesting, own_polygons

    dated = cells(
        [box(1, 1, 4, 2), box(1, 1, 2, 2), box(2, 1, 4, 2)],
        ["a", "b", "c"],
        valid_from=["2020-01-01", "2026-07-01", "2026-07-01"],
        valid_to=["2026-06-30", None, None],
    )
    before, after = "2026-06-30", "2026-07-01"
    spot = gpd.GeoDataFrame(geometry=[Point(3, 1.5)], crs=CRS)
    parents = cells([box(1, 1, 4, 2)], ["p"]).rename(columns={"cell_code": "street_code"})
    levels = {"grid_street": parents, "grid_cell": dated}
    assert not check_coverage(dated).ok
    for day, cell in ((before, "a"), (after, "c")):
        assert check_coverage(dated, parent=parents, as_of=day).ok
        assert assign_cases(spot, dated, as_of=day).table["cell"].tolist() == [cell]
        assert own_polygons(spot, dated, as_of=day)["cell"].tolist() == [cell]
        assert check_nesting(levels, as_of=day).empty
    hole = cells([box(1, 1, 4, 1.5)], ["x"])
    zone = gpd.GeoDataFrame({"reason": ["lake"], "until": ["2026-06-30"]}, geometry=[box(1, 1.5, 4, 2)], crs=CRS)
    assert check_coverage(hole, parent=box(1, 1, 4, 2), allowed=zone, as_of=before).ok
    assert not check_coverage(hole, parent=box(1, 1, 4, 2), allowed=zone, as_of=after).ok


def test_repair_balance_gaps_and_the_open_map_take_the_day(tmp_path):
    from types import SimpleNamespace

    from onemap import balance_cells, find_gaps, open_map, repair_coverage, run
    from onemap.testing import write_city

    old, new = {"valid_from": "2020-01-01", "valid_to": "2026-06-30"}, {"valid_from": "2026-07-01", "valid_to": None}
    first = cells([box(1, 1, 4, 2), box(4, 1, 8, 2)], ["a", "b"], **old, n=[1, 1])
    second = cells([box(1, 1, 3, 2), box(3, 1, 4, 2), box(4, 1, 8, 2)], ["c", "d", "e"], **new, n=[1, 1, 2])
    dated = pd.concat([first, second], ignore_index=True)
    assert balance_cells(dated, load="n", groups=1, as_of="2026-06-30").groups.index.tolist() == [0, 1]
    assert balance_cells(dated, load="n", groups=1, as_of="2026-07-01").groups.index.tolist() == [2, 3, 4]
    assert repair_coverage(dated, max_width_m=0.1, as_of="2026-07-01").cells["cell_code"].tolist() == ["c", "d", "e"]
    district = cells([box(1, 1, 8, 3)], ["z"]).rename(columns={"cell_code": "district_code"})
    short = dated.drop(index=4)  # without e: bare since July
    layers = {"grid_district": district, "grid_cell": short}
    city = SimpleNamespace(levels=list(layers), has=layers.__contains__, read=layers.get)
    areas = [find_gaps(city, kinds=("land",), as_of=day).table["area_m2"].sum() for day in ("2026-06-30", "2026-07-01")]
    assert areas == [7.0, 11.0]
    manifest = write_city(tmp_path / "city", size="small")
    path = run(manifest, out=tmp_path / "out").path
    assert len(open_map(path).read("grid_cell")) > 0
    assert len(open_map(path).read("grid_cell", as_of="1900-01-01")) == 0


def test_overlapping_cells_that_stay_are_not_moved_however_they_are_written():
    old = cells([box(0, 0, 6, 4), box(5, 0, 9, 4)], ["a", "b"])
    new = old.set_geometry([shapely.MultiPolygon([shape]) for shape in old.geometry], crs=old.crs)
    assert set(compare_versions(old, new).table["status"]) == {"unchanged"}
