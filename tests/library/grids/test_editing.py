"""A division edited step by step: exact, reversible, with live totals, findings and lineage."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal
from shapely import LineString, MultiPolygon, Point, Polygon, box

from onemap import Division, EditRules, assign_cases, check_coverage, in_force
from onemap.errors import CrsError, GeometryError, SchemaError
from onemap.testing import make_city
from onemap.translation import translate

CRS = "EPSG:4548"
DAY = dt.date(2026, 7, 1)


def town(**columns):
    """Return 2 x 3 cells in two communities and two grids."""
    shapes = [box(x, y, x + 10, y + 10) for y in (10, 0) for x in (0, 10, 20)]
    frame = {
        "cell_code": [f"1101020070120{n:02d}" for n in range(1, 7)],
        "parent_code": ["110102007012"] * 6,
        "grid": ["g1", "g1", "g2", "g1", "g2", "g2"],
        "households": [100, 200, 300, 40, 50, 60],
        **columns,
    }
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)


def code(n):
    return f"1101020070120{n:02d}"


def opened(cells=None, groups="grid", **options):
    options = {"loads": "households", "clock": lambda: DAY, "who": "command centre", **options}
    return Division(town() if cells is None else cells, groups, **options)


# moving


def test_a_move_changes_the_totals_and_nothing_else():
    cells = town()
    edit = opened(cells)
    assert edit.totals.to_dict("index") == {
        "g1": {"cells": 3, "area_m2": 300.0, "parts": 1, "households": 340.0},
        "g2": {"cells": 3, "area_m2": 300.0, "parts": 1, "households": 410.0},
    }
    made = edit.move(code(5), "g1", why="equal load")
    assert (made.what, made.before, made.after, made.when, made.who) == (
        "moved", (code(5),), (code(5),), DAY, "command centre"
    )  # fmt: skip
    assert edit.totals["households"].to_dict() == {"g1": 390.0, "g2": 360.0}
    assert edit.cells["grid"].tolist() == ["g1", "g1", "g2", "g1", "g1", "g2"]
    assert_geodataframe_equal(edit.cells.drop(columns="grid"), cells.drop(columns="grid"))
    assert edit.groups.tolist() == edit.cells["grid"].tolist()
    row = edit.lineage.iloc[0]
    assert row[["what", "cell", "from", "to", "area_m2", "when", "who", "why"]].tolist() == [
        "moved", code(5), "g2", "g1", 100.0, DAY, "command centre", "equal load",
    ]  # fmt: skip
    assert (row["share_from"], row["share_to"]) == (1 / 3, 1 / 4)
    assert edit.undo() is made
    assert_geodataframe_equal(edit.cells, cells)
    assert edit.redo() is made
    assert edit.totals["cells"].to_dict() == {"g1": 4, "g2": 2}
    assert (edit.redo(), edit.undo(), edit.undo()) == (None, made, None)


def test_rules_that_an_edit_breaks_are_said_and_not_refused():
    edit = opened(rules=EditRules(minimum={"households": 100}, maximum={"households": 700, "cells": 4}))
    assert edit.findings.empty
    edit.move(code(2), "g2")
    assert edit.findings.empty
    made = edit.move(code(1), "g2")
    assert made.new_findings == (
        "g1: households is 40, below the least of 100",
        "g2: cells is 5, above the most of 4",
        "g2: households is 710, above the most of 700",
    )
    assert edit.findings["rule"].tolist() == ["maximum", "maximum", "minimum"]
    edit.undo()
    edit.undo()
    edit.move(code(3), "g1")
    made = edit.move(code(2), "g2")
    assert made.new_findings == (f"g1 lies in 2 parts; {code(3)} is cut off from the largest",)
    found = edit.findings.iloc[0]
    assert (found["rule"], found["group"], found["cells"], found["measure"]) == ("contiguity", "g1", (code(3),), 2.0)
    assert found.geometry.equals(box(20, 10, 30, 20))
    assert translate(found["reason"]) == f"g1 分成 2 块；{code(3)} 与最大的一块不相连"
    assert edit.move(code(2), "g1").gone_findings == made.new_findings


def test_a_grid_across_communities_an_empty_grid_and_cells_of_no_grid():
    cells = town(parent_code=["110102007012"] * 4 + ["110102007013"] * 2)
    edit = opened(cells)
    assert edit.findings["rule"].tolist() == ["community"]
    assert edit.findings["reason"].tolist() == ["g2 reaches into 2 communities: 110102007012, 110102007013"]
    assert opened(cells, rules=EditRules(within=False)).findings.empty
    edit.move(code(3), None)
    assert edit.findings["reason"].tolist() == [f"{code(3)} belongs to no group"]
    for number in (5, 6):
        edit.move(code(number), "g9", create=True)
    assert edit.totals.index.tolist() == ["g1", "g2", "g9"]
    assert edit.findings["rule"].tolist() == ["empty", "unassigned"]
    for _ in range(3):
        edit.undo()
    assert edit.totals.index.tolist() == ["g1", "g2"]


def test_a_common_corner_does_not_join():
    cells = gpd.GeoDataFrame(
        {"cell_code": ["a1", "a2"], "grid": "g"}, geometry=[box(0, 0, 1, 1), box(1, 1, 2, 2)], crs=CRS
    )
    assert opened(cells, loads=None).findings["reason"].tolist() == [
        "g lies in 2 parts; a2 is cut off from the largest"
    ]


# splitting


def test_a_split_is_exact_numbered_and_free_of_mismatches():
    cells = town()
    edit = opened(cells)
    made = edit.split(code(2), LineString([(13, -5), (17, 25)]), why="too large")
    assert made.before == (code(2),)
    assert made.after == (code(7), code(8))
    now = edit.cells
    assert now["cell_code"].tolist() == [code(n) for n in (1, 3, 4, 5, 6, 7, 8)]
    assert now.index.tolist() == [0, 2, 3, 4, 5, 6, 7]
    assert now.loc[[6, 7], "grid"].tolist() == ["g1", "g1"]
    assert now.loc[[6, 7], "households"].sum() == 200
    assert now.dtypes.to_dict() == cells.dtypes.to_dict()
    west, east = now.geometry.loc[[6, 7]]
    assert west.centroid.x < east.centroid.x
    assert west.area + east.area == pytest.approx(100, rel=1e-12)
    report = check_coverage(now, parent=box(0, 0, 30, 20))
    assert report.defects.empty
    below = now.geometry.loc[4]  # the neighbour below has the corner where the cut ends
    assert len(below.exterior.coords) == 6
    assert edit.lineage[["what", "from", "to", "share_to", "why"]].to_numpy().tolist() == [
        ["split", code(2), code(7), 1.0, "loads shared out by area; too large"],
        ["split", code(2), code(8), 1.0, "loads shared out by area; too large"],
    ]
    assert translate(edit.lineage["why"].iloc[0]).startswith("按面积分摊负载")
    edit.undo()
    assert_geodataframe_equal(edit.cells, cells)
    assert edit.split(code(2), [(15, -5), (15, 25)]).after == (code(7), code(8))  # never in force, so free again


def test_loads_of_places_are_counted_not_shared():
    houses = gpd.GeoDataFrame(
        {"households": [7, 5, 3]}, geometry=[Point(12, 15), box(16, 14, 18, 16), Point(5, 5)], crs=CRS
    )
    edit = opened(places=houses)
    assert edit.totals["households"].to_dict() == {"g1": 15.0, "g2": 0.0}
    edit.split(code(2), [(15, -5), (15, 25)])
    edit.move(code(7), "g2")
    assert edit.totals["households"].to_dict() == {"g1": 8.0, "g2": 7.0}
    assert edit.lineage["why"].tolist() == ["", "", ""]
    assert opened(places=houses, loads=None).totals["places"].to_dict() == {"g1": 3.0, "g2": 0.0}


def test_a_cell_with_a_hole_and_a_line_that_cuts_several_times():
    ring = Polygon(box(0, 0, 30, 30).exterior.coords, [box(10, 10, 20, 20).exterior.coords])
    cells = gpd.GeoDataFrame({"cell_code": ["A01", "A02"]}, geometry=[ring, box(10, 10, 20, 20)], crs=CRS)
    edit = Division(cells, clock=lambda: DAY)
    assert edit.split("A01", [(15, -1), (15, 31)]).after == ("A03", "A04")
    assert shapely.area(edit.cells.geometry.to_numpy()).sum() == 900
    assert edit.cells.iloc[1:].geometry.area.tolist() == [400, 400]
    assert check_coverage(edit.cells).ok
    assert edit.findings.empty
    edit.undo()
    with pytest.raises(GeometryError, match="does not cut A01 through"):
        edit.split("A01", [(-1, 15), (9, 15)])
    zigzag = [(-1, 5), (31, 5), (31, 25), (-1, 25)]
    assert len(edit.split("A01", zigzag).after) == 3
    assert check_coverage(edit.cells).ok


def test_new_codes_are_never_old_ones():
    edit = opened(withdrawn=[code(9)])
    assert edit.split(code(1), [(5, -5), (5, 25)]).after == (code(10), code(11))
    assert edit.merge([code(10), code(11)]).after == (code(12),)
    assert edit.split(code(12), [(-5, 15), (15, 15)], codes=["x", "y"]).after == ("x", "y")
    with pytest.raises(SchemaError, match="never given again: x"):
        edit.merge(["x", "y"], code="x")
    with pytest.raises(SchemaError, match="never given again"):
        edit.merge(["x", "y"], code=code(1))
    with pytest.raises(SchemaError, match="2 different codes are needed, 1 are given"):
        edit.split(code(2), [(15, -5), (15, 25)], codes=["z"])
    named = gpd.GeoDataFrame({"cell_code": ["north"]}, geometry=[box(0, 0, 2, 2)], crs=CRS)
    with pytest.raises(SchemaError, match="north ends in no serial number"):
        Division(named).split("north", [(1, -1), (1, 3)])
    full = gpd.GeoDataFrame({"cell_code": ["A98"]}, geometry=[box(0, 0, 2, 2)], crs=CRS)
    with pytest.raises(SchemaError, match="2 new serials are needed, 1 are left"):
        Division(full).split("A98", [(1, -1), (1, 3)])


def test_codes_by_profile():
    cells = town(cell_code=[f"110102007012{n:02d}" for n in range(1, 7)])
    edit = opened(cells, profile="CJT213-2005")
    assert edit.split("11010200701206", [(25, -5), (25, 15)]).after == ("11010200701207", "11010200701208")


# merging


def test_a_merge_is_exact_and_takes_the_largest_as_its_model():
    cells = town(name=list("ABCDEF"), area_m2=100.0)
    edit = opened(cells)
    made = edit.merge([code(4), code(5)])
    assert made.after == (code(7),)
    row = edit.cells.set_index("cell_code").loc[code(7)]
    assert row[["name", "grid", "households", "area_m2"]].tolist() == ["D", "g1", 90, 200.0]
    assert row.geometry.area == 200
    assert check_coverage(edit.cells, parent=box(0, 0, 30, 20)).counts["gap"] == 0
    assert not (check_coverage(edit.cells)).counts["mismatch"]
    assert edit.lineage[["what", "from", "to", "share_from", "share_to"]].to_numpy().tolist() == [
        ["merge", code(4), code(7), 1.0, 0.5],
        ["merge", code(5), code(7), 1.0, 0.5],
    ]
    apart = edit.merge([code(1), code(6)], to="g2")
    assert apart.new_findings == (f"{code(8)} lies in 2 parts",)
    with pytest.raises(SchemaError, match="two cells"):
        edit.merge([code(2)])


# dated


def test_the_history_holds_on_every_day():
    edit = opened(town(valid_from="2020-01-01", valid_to=None))
    edit.split(code(1), [(5, -5), (5, 25)], when="2026-07-01")
    edit.merge([code(7), code(2)], when="2026-09-01")
    history = edit.history
    assert sorted(in_force(history, "2026-06-30")["cell_code"]) == [code(n) for n in range(1, 7)]
    assert sorted(in_force(history, "2026-07-01")["cell_code"]) == [code(n) for n in (2, 3, 4, 5, 6, 7, 8)]
    assert sorted(in_force(history, "2026-09-01")["cell_code"]) == [code(n) for n in (3, 4, 5, 6, 8, 9)]
    for day in ("2020-01-01", "2026-06-30", "2026-07-01", "2026-08-31", "2026-09-01", "2030-01-01"):
        there = in_force(history, day)
        assert there.geometry.area.sum() == pytest.approx(600, rel=1e-12)
        assert check_coverage(there).ok
    before = in_force(history, "2026-06-30").set_index("cell_code").geometry
    assert all(before[c].equals_exact(shape, 0) for c, shape in zip(town()["cell_code"], town().geometry, strict=True))
    corners = history.loc[history["cell_code"] == code(4)].geometry.count_coordinates()
    assert sorted(corners) == [5, 6]  # the neighbour has its new corner only from the day of the split
    assert opened(history, as_of="2026-06-30").totals["cells"].sum() == 6
    moved = opened(town(valid_from="2020-01-01"))
    moved.move(code(2), "g2", when="2026-07-01")
    for day, grid in (("2026-06-30", "g1"), ("2026-07-01", "g2")):
        there = in_force(moved.history, day).set_index("cell_code")
        assert there.loc[code(2), "grid"] == grid
        assert len(there) == 6
    team = opened(groups=pd.Series(list("aabbcc"), name="team"))
    team.move(code(2), "b", when="2026-07-01")
    assert sorted(in_force(team.history, "2026-06-30")["team"]) == list("aabbcc")
    again = opened()
    again.split(code(1), [(5, -5), (5, 25)])
    again.merge([code(7), code(8)])
    assert code(7) not in set(again.history["cell_code"])  # made and withdrawn on one day: never in force


# the contract


def test_undo_gives_back_the_input_with_any_index_column_and_type():
    cells = town(valid_from=pd.Timestamp("2020-01-01"), note=[None, "x", 3.5, None, None, True])
    cells = cells.rename_geometry("land").set_index(pd.Index(list("uvwxyz"), name="own"))
    groups = pd.Series([1, 1, 2, 1, 2, None], index=cells.index, name="team", dtype="Int64")
    before, was = cells.copy(deep=True), groups.copy()
    edit = opened(cells, groups)
    edit.move(code(2), "2")
    edit.split(code(3), [(25, -5), (25, 25)])
    edit.merge([code(7), code(6)])
    assert edit.cells.index.tolist() == ["u", "v", "x", "y", code(8), code(9)]
    assert edit.cells.geometry.name == "land"
    assert edit.cells["valid_from"].iloc[-1] == pd.Timestamp(DAY)
    while edit.undo():
        pass
    assert_geodataframe_equal(edit.cells, before)
    assert_geodataframe_equal(cells, before)
    assert_series_equal(edit.groups, was)
    assert edit.lineage.empty


def test_empty_divisions_and_parts():
    none = opened(town().iloc[:0])
    assert none.totals.empty
    assert none.findings.empty
    assert none.cells.empty
    assert none.lineage.columns.tolist()[:4] == ["what", "cell", "from", "to"]
    parts = MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)])
    cells = gpd.GeoDataFrame({"cell_code": ["A1"]}, geometry=[parts], crs=CRS)
    assert Division(cells).findings["reason"].tolist() == ["A1 lies in 2 parts"]


def test_what_cannot_be_edited_is_refused():
    cells = town()
    for wrong, error, text in (
        ({"groups": "team"}, SchemaError, "no column team"),
        ({"groups": pd.Series(["a"])}, SchemaError, "on their index"),
        ({"loads": "people"}, SchemaError, "no column people"),
        ({"loads": pd.Series([1.0], name="n")}, SchemaError, "on their index"),
        ({"rules": EditRules(minimum={"people": 1})}, SchemaError, "no load people"),
    ):
        with pytest.raises(error, match=text):
            opened(cells, **wrong)
    with pytest.raises(SchemaError, match="is no number in rows 0"):
        opened(town(households=[None, 1, 2, 3, 4, 5]))
    with pytest.raises(CrsError):
        opened(cells.set_crs(None, allow_override=True))
    bowtie = cells.copy()
    bowtie.loc[0, "geometry"] = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(GeometryError, match=code(1)):
        opened(bowtie)
    edit = opened(cells)
    for call, text in (
        (lambda: edit.move("nobody", "g1"), "no cell nobody"),
        (lambda: edit.move(code(1), "g1"), "is in g1 already"),
        (lambda: edit.move(code(1), "g7"), "no grid g7; known are g1, g2"),
        (lambda: edit.merge([code(1), code(2)], to="g7"), "no grid g7"),
        (lambda: edit.move(code(1), "g2", when="soon"), "not a date"),
    ):
        with pytest.raises(SchemaError, match=text):
            call()
    with pytest.raises(GeometryError, match="two points or more"):
        edit.split(code(1), [(0, 0)])
    assert edit.operations == ()
    assert_geodataframe_equal(edit.cells, cells)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["move", "split", "merge", "undo", "redo"]), st.integers(0, 10**6), st.integers(0, 10**6)
    ),
    max_size=25,
)


def _play(edit, steps):
    """Make any sequence of edits, also such as cannot be made."""
    for what, first, second in steps:
        codes = sorted(edit.cells["cell_code"])
        cell, other = codes[first % len(codes)], codes[second % len(codes)]
        try:
            if what == "move":
                edit.move(cell, ["g1", "g2", None][second % 3])
            elif what == "split":
                land = edit.cells.set_index("cell_code").geometry[cell]
                middle, far = land.representative_point(), 1000.0
                turn = second / 10**6 * np.pi
                step = np.array([np.cos(turn), np.sin(turn)]) * far
                edit.split(cell, [(middle.x - step[0], middle.y - step[1]), (middle.x + step[0], middle.y + step[1])])
            elif what == "merge":
                edit.merge([cell, other])
            else:
                getattr(edit, what)()
        except (SchemaError, GeometryError):
            continue


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_any_edits_conserve_land_and_loads_and_are_taken_back_exactly(steps):
    cells = town()
    edit = opened(cells)
    _play(edit, steps)
    now = edit.cells
    assert now["cell_code"].is_unique
    assert now["households"].sum() == 750
    assert now.geometry.area.sum() == pytest.approx(600, rel=1e-9)
    assert now.geometry.is_valid.all()
    assert check_coverage(now, parent=box(0, 0, 30, 20)).defects.empty
    fresh = Division(now, edit.groups, loads="households", clock=lambda: DAY)
    assert_frame_equal(edit.totals.query("cells > 0"), fresh.totals.query("cells > 0"), rtol=1e-12)
    assert edit.findings.query("rule != 'empty'")["reason"].tolist() == fresh.findings["reason"].tolist()
    given_out = [c for made in edit.operations for c in made.after if made.what != "moved"]
    assert len(given_out) == len(set(given_out)) == len(set(given_out) - set(cells["cell_code"]))
    before = (edit.cells, edit.groups, edit.totals, edit.lineage)
    count = 0
    while edit.undo():
        count += 1
    assert_geodataframe_equal(edit.cells, cells)
    assert edit.totals.equals(opened(cells).totals)
    for _ in range(count):
        edit.redo()
    for old, new in zip(before, (edit.cells, edit.groups, edit.totals, edit.lineage), strict=True):
        assert old.equals(new)


# the sample city


def test_the_sample_city_is_split_everywhere_and_stays_whole():
    city = make_city()
    cells = city.cells
    edit = Division(
        cells, cells["parent_code"], loads="households", places=city.buildings, profile="CJT213-2005", clock=lambda: DAY
    )
    whole = edit.totals["households"].sum()
    for row in cells.itertuples():
        middle = row.geometry.representative_point()
        edit.split(row.cell_code, [(middle.x - 9999, middle.y - 4000), (middle.x + 9999, middle.y + 4000)])
    now = edit.cells
    assert len(now) >= 2 * len(cells)
    assert now.geometry.area.sum() == pytest.approx(cells.geometry.area.sum(), rel=1e-12)
    report = check_coverage(now, parent=city.district)
    assert report.defects.empty
    assert edit.totals["households"].sum() == whole
    print(f"editing: {len(cells)} cells split into {len(now)}, no defect")


def test_washington_in_degrees(real_data):
    """Single-member districts moved between commissions, split and merged, with the requests of a summer as load."""
    folder = real_data / "washington_dc"
    cells = gpd.read_file(folder / "dc_boundaries.gpkg", layer="smd_2013")
    rows = pd.read_csv(folder / "dc_service_requests_2016.csv.gz")
    requests = gpd.GeoDataFrame(geometry=gpd.points_from_xy(rows["GEOM_LON"], rows["GEOM_LAT"]), crs="EPSG:4326")
    edit = Division(cells, "ANC_ID", code="SMD_ID", places=requests[rows["GEOM_LON"].notna()], clock=lambda: DAY)
    own = assign_cases(requests, cells, code="SMD_ID").table["cell"].map(cells.set_index("SMD_ID")["ANC_ID"])
    assert edit.totals["places"].astype(int).to_dict() == own.value_counts().sort_index().to_dict()
    assert edit.totals.loc["2B", ["cells", "parts", "places"]].tolist() == [9, 1, 1_210]
    assert edit.findings.empty
    edit.move("2B09", "1B")
    assert edit.totals.loc[["1B", "2B"], "cells"].tolist() == [13, 8]
    middle = cells.set_index("SMD_ID").geometry["2B05"].representative_point()
    line = [(middle.x - 0.1, middle.y - 0.02), (middle.x + 0.1, middle.y + 0.02)]
    parts = edit.split("2B05", line).after
    assert parts[0] == "2B10"
    now = edit.cells
    assert check_coverage(now, code="SMD_ID", parent=cells).defects.empty
    assert edit.totals["places"].sum() == 22_946
    assert edit.totals["area_m2"].sum() == pytest.approx(177_460_000, rel=1e-3)
    whole = edit.merge(parts).after
    assert check_coverage(edit.cells, code="SMD_ID").defects.empty
    old, new = cells.set_index("SMD_ID").geometry["2B05"], edit.cells.set_index("SMD_ID").geometry[whole[0]]
    assert old.symmetric_difference(new).area < 1e-15
    while edit.undo():
        pass
    assert_geodataframe_equal(edit.cells, cells)
    print(f"editing: SMD 2B05 of Washington DC split into {len(parts)} and merged, no defect in degrees")
