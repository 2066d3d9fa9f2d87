"""The nine principles, each measured: what is kept, what is broken where, what is accepted and until when."""

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
from shapely import LineString, MultiPolygon, Point, Polygon, box

from onemap import AuditLimits, audit_division
from onemap.errors import CrsError, SchemaError
from onemap.grids.audit import read_exceptions
from onemap.testing import assert_input_unchanged, make_city
from onemap.translation import translate

CRS = "EPSG:4548"


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def cells(**changes):
    """Return four cells of 100 m in two communities, all right."""
    columns = {
        "cell_code": ["c1", "c2", "c3", "c4"],
        "parent_code": ["m1", "m1", "m2", "m2"],
        "valid_from": "2026-01-01",
        "households": [100, 110, 90, 100],
    }
    return frame([box(x, 0, x + 100, 100) for x in (0, 100, 200, 300)], **{**columns, **changes})


LAND = frame([box(0, 0, 200, 100), box(200, 0, 400, 100)], community_code=["m1", "m2"])


def audit(what=None, **options):
    return audit_division(cells() if what is None else what, **{"communities": LAND, "as_of": "2026-06-30", **options})


def states(report):
    return report.table.set_index("id")["state"].to_dict()


def reasons(report, name):
    found = report.findings[report.findings["id"] == name]
    return found["reason"].tolist()


def redrawn(row, shape):
    changed = cells()
    changed.loc[row, "geometry"] = shape
    return changed


def test_a_division_that_keeps_all_nine():
    report = audit(
        buildings=frame([box(10, 10, 20, 20)], building_code=["b1"]),
        compounds=frame([box(110, 10, 190, 90)], compound_code=["y1"]),
        barriers=frame([LineString([(100, -10), (100, 110)]), LineString([(0, 2), (400, 2)])]),
        roads=frame([LineString([(0, 0), (400, 0)])]),
        loads=["households"],
        previous=cells(),
        survey_scale=500,
    )
    assert list(report.table["title_zh"]) == [
        "法定基础", "属地管理", "地理布局", "面积适当", "现状管理", "方便管理", "负载均衡", "无缝拼接", "相对稳定",
    ]  # fmt: skip
    assert set(report.table["state"]) == {"kept"}
    assert report.ok
    assert report.findings.empty
    assert report.findings.crs == CRS
    assert report.sentence == "4 cells: 9 principles kept, 0 broken, 0 not measurable, 0 findings open and 0 accepted"
    assert translate(report.sentence).startswith("4 个网格：9 项原则符合")
    evidence = report.table.set_index("id")["evidence"]
    assert (
        evidence["geography"]
        == "0 of 1 buildings are cut, barriers run through 0 cells, 40.8 percent of the borders follow them"
    )
    assert evidence["balanced_load"] == "households: mean 100, from 90 to 110, spread 7.1 percent"
    assert all(translate(text) != text for text in evidence)


def test_what_cannot_be_measured_says_what_it_needs():
    report = audit_division(cells(), as_of="2026-06-30")
    assert report.table.loc[report.table["state"] == "not_measurable", ["id", "needs"]].to_numpy().tolist() == [
        ["statutory_base", "needs communities"],
        ["territorial", "needs communities"],
        ["geography", "needs buildings, barriers"],
        ["as_managed", "needs compounds"],
        ["balanced_load", "needs loads"],
    ]
    assert report.counts == {"kept": 4, "broken": 0, "not_measurable": 5}
    assert report.ok


def test_half_of_the_geographic_layout_is_never_kept():
    def geography(**layers):
        row = audit(**layers).table.set_index("id").loc["geography"]
        return row["state"], row["needs"] or row["evidence"]

    house, cut = frame([box(10, 10, 20, 20)]), frame([box(90, 10, 110, 20)])
    border, through = frame([LineString([(100, -10), (100, 110)])]), frame([LineString([(50, -10), (50, 110)])])
    assert geography(buildings=house) == ("not_measurable", "needs barriers")
    assert geography(barriers=border) == ("not_measurable", "needs footprints of buildings")
    state, said = geography(buildings=cut)
    assert (state, said) == ("broken", "1 of 1 buildings are cut; no barriers were given")
    assert translate(said) == "1 栋房屋中 1 栋被切割；未提供阻隔物"
    state, said = geography(barriers=through)
    assert (state, said.split(",")[0]) == ("broken", "barriers run through 1 cells")
    assert translate(said).endswith("未提供房屋")
    assert geography(buildings=house, barriers=border)[0] == "kept"
    assert translate("needs footprints of buildings") == "需要 房屋轮廓"
    assert translate("needs compounds") == "需要 院落小区"


def test_1_statutory_base():
    report = audit(redrawn(3, box(300, 0, 410, 100)), survey_scale=5000)
    assert reasons(report, "statutory_base") == [
        "the survey scale 1:5000 is coarser than 1:2000",
        "1,000 m2 of c4 lie in no community of the legal boundary",
    ]
    assert reasons(audit(cells(parent_code=["m1", "m1", "m2", "m9"])), "statutory_base") == [
        "c4 names the community m9, which the legal boundary does not have"
    ]
    assert (
        audit(redrawn(3, box(300, 0, 400.5, 100)), limits=AuditLimits(tolerance_m=1.0)).table["state"].iloc[0] == "kept"
    )


def test_2_territorial():
    report = audit(cells(parent_code=["m1", "m1", "m1", "m2"]))
    assert reasons(report, "territorial") == ["10,000 m2 of c3 lie in community m2, its own is m1"]
    changed = redrawn(1, box(100, 0, 220, 100))
    changed.loc[2, "geometry"] = box(220, 0, 300, 100)
    report = audit(changed.drop(columns="parent_code"))
    assert reasons(report, "territorial") == ["2,000 m2 of c2 lie in community m2, its own is m1"]
    row = report.table.set_index("id").loc["territorial"]
    assert row[["state", "measure", "unit", "cells", "worst"]].tolist() == ["broken", 2000, "m2", 1, ("c2",)]
    assert row["evidence"] == "1 of 4 cells reach into another community, with 2,000 m2"
    found = report.findings[report.findings["id"] == "territorial"].iloc[0]
    assert found.geometry.equals(box(200, 0, 220, 100))


def test_3_geography():
    houses = frame(
        [box(95, 10, 105, 20), box(199.95, 10, 210, 20), box(10, 10, 20, 20)], building_code=["b1", "b2", "b3"]
    )
    report = audit(buildings=houses)
    assert reasons(report, "geography") == ["the border of c1 and c2 cuts building b1: 50.0 percent lie in c2"]
    assert report.findings["object"].tolist() == ["b1"]
    nameless = audit(buildings=houses.assign(building_code=[None, "b2", "b3"]))
    assert reasons(nameless, "geography") == ["the border of c1 and c2 cuts building row 0: 50.0 percent lie in c2"]
    assert audit(buildings=houses, limits=AuditLimits(cut_share=0.001)).table["findings"].iloc[2] == 2
    lines = {
        "through": LineString([(-10, 30), (110, 30)]),
        "dead_end": LineString([(-10, 50), (60, 50)]),
        "along": LineString([(-10, 97), (410, 97)]),
        "aside": LineString([(385, -10), (385, 110)]),
    }
    report = audit(barriers=frame(list(lines.values())))
    assert reasons(report, "geography") == [
        "a barrier cuts c1: 27.8 percent of its land lie beyond it",
        "a barrier cuts c4: 11.1 percent of its land lie beyond it",
    ]


def test_4_fit_size():
    changed = redrawn(0, box(0, 0, 10, 100))
    changed.loc[3, "geometry"] = box(300, 0, 400, 300)
    changed["kind"] = ["basic"] * 4
    assert reasons(audit_division(changed), "fit_size") == [
        "c1 has 1,000 m2, less than 2,000",
        "c4 has 30,000 m2, more than 20,000",
    ]
    assert reasons(audit_division(changed.assign(kind=["basic", "basic", "basic", "exclusive"])), "fit_size") == [
        "c1 has 1,000 m2, less than 2,000"
    ]
    degrees = (
        cells()
        .set_crs(CRS)
        .set_geometry(shapely.transform(cells().geometry, lambda p: p + np.array([4e5, 4.4e6])))
        .set_crs(CRS)
    )
    assert audit_division(degrees.to_crs("EPSG:4490")).table.loc[3, "measure"] == pytest.approx(10_000, rel=1e-3)


def test_5_as_managed():
    yards = frame([box(50, 10, 150, 90), box(210, 10, 290, 90)], compound_code=["y1", "y2"])
    report = audit(compounds=yards)
    assert reasons(report, "as_managed") == ["compound y1 is divided: 50.0 percent lie in c1, 50.0 percent in c2"]
    assert report.table.loc[4, ["cells", "findings"]].tolist() == [2, 1]


def test_6_convenient():
    changed = redrawn(0, MultiPolygon([box(0, 0, 40, 100), box(60, 0, 100, 100)]))
    changed.loc[1, "geometry"] = box(100, 0, 600, 10)
    report = audit_division(changed, roads=frame([LineString([(0, -20), (100, -20)])]))
    assert reasons(report, "convenient") == [
        "no road comes nearer to c4 than 201 m, 50 m are allowed",
        "c2 is not compact: 0.060, least 0.2",
        "no road comes nearer to c3 than 102 m, 50 m are allowed",
        "c1 lies in 2 parts",
    ]


def test_7_balanced_load():
    report = audit(cells(households=[100, 100, 100, 300]), loads="households")
    assert reasons(report, "balanced_load") == ["c4: households is 300, 100 percent off the mean of 150"]
    points = frame([Point(50, 50)] * 3 + [Point(150, 50), Point(999, 999), None])
    report = audit(loads=points)
    assert report.table.loc[6, "evidence"] == "count: mean 1, from 0 to 3, spread 122.5 percent"
    assert min(reasons(report, "balanced_load")) == "c1: count is 3, 200 percent off the mean of 1"
    series = pd.Series([1.0, 1.0, 1.0, 1.0], name="work")
    assert states(audit(loads=series))["balanced_load"] == "kept"
    with pytest.raises(SchemaError, match="no column people"):
        audit(loads="people")


def test_8_seamless():
    report = audit(redrawn(1, box(105, 0, 205, 100)))
    assert (
        reasons(report, "seamless")
        == [
            "2 cells cover the same 500 m2: c2, c3",
            "no cell covers 500 m2, up to 5 m wide, between c1, c2",
        ]
        or len(reasons(report, "seamless")) == 2
    )
    assert report.table.loc[7, ["state", "measure"]].tolist() == ["broken", 1000]
    assert report.table.loc[7, "evidence"] == (
        "4 cells: 1 (500 m2) gaps, 1 (500 m2) overlaps, 0 parts outside, 0 mismatches, 0 other"
    )
    lake = frame([box(100, 0, 105, 100)], reason=["lake"])
    assert audit(redrawn(1, box(105, 0, 200, 100)), allowed=lake).table.loc[7, "state"] == "kept"
    bowtie = audit(redrawn(0, Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])))
    assert "invalid" in set(bowtie.findings["object"])


def test_9_stable():
    changed = cells(cell_code=["c1", "c1", None, "c4"], valid_from=["2026-01-01", "2026-01-01", None, "2026-05-01"])
    changed["valid_to"] = [None, None, None, "2026-04-01"]
    report = audit_division(changed, withdrawn=["c4"])
    assert sorted(reasons(report, "stable")) == [
        "2 cells have the code c1",
        "c4 ends before it begins",
        "row 2 has no code",
        "row 2 has no first day of validity",
        "the code c4 was withdrawn and is used again",
    ]
    moved = redrawn(0, box(0, 0, 110, 100))
    moved.loc[1, "geometry"] = box(110, 0, 200, 100)
    moved.loc[1, "valid_from"] = "2026-03-01"
    report = audit(moved, previous=cells())
    assert reasons(report, "stable") == ["c1 was redrawn, but its first day of validity is the same as before"]
    swapped = cells(cell_code=["c2", "c1", "c3", "c4"])
    assert reasons(audit(swapped, previous=cells()), "stable") == [
        "the code c1 names other land than before: 0 percent were kept, least 50",
        "the code c2 names other land than before: 0 percent were kept, least 50",
    ]
    report = audit(cells(), profile="GBT30428")
    assert reasons(report, "stable")[0].startswith("the code c1 is not sound: ")


# exceptions


SIGNED = {
    "rule": 4,
    "cell": "c1",
    "reason": "park",
    "signed_by": "Li",
    "signed_on": "2026-01-05",
    "until": "2026-12-31",
}


def test_exceptions_count_where_signed_and_until_they_expire(tmp_path):
    small = redrawn(0, box(0, 0, 10, 100))
    rows = [
        SIGNED,
        {**SIGNED, "cell": "c2"},
        {**SIGNED, "signed_by": ""},
        {**SIGNED, "until": "2026-06-29"},
        {**SIGNED, "signed_on": "2026-07-01"},
    ]
    path = tmp_path / "exceptions.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    report = audit_division(small, exceptions=path, as_of="2026-06-30")
    assert report.exceptions["status"].tolist() == [
        "accepts 1 findings",
        "nothing to accept",
        "not signed: signed_by is missing",
        "expired on 2026-06-29",
        "signed on 2026-07-01, after the day of the audit",
    ]
    assert all(translate(text) != text for text in report.exceptions["status"])
    assert states(report)["fit_size"] == "kept"
    row = report.table.loc[3]
    assert row[["cells", "findings", "accepted", "worst"]].tolist() == [0, 1, 1, ()]
    found = report.findings[report.findings["id"] == "fit_size"].iloc[0]
    assert found[["accepted", "signed_by", "until"]].tolist() == [True, "Li", dt.date(2026, 12, 31)]
    assert found["reason"] == "c1 has 1,000 m2, less than 2,000; accepted by Li on 2026-01-05: park"
    assert translate(found["reason"]) == "c1 面积 1,000 平方米，小于 2,000；由 Li 于 2026-01-05 接受：park"
    later = audit_division(small, exceptions=path, as_of="2027-01-01")
    assert states(later)["fit_size"] == "broken"
    assert later.exceptions["status"].iloc[0] == "expired on 2026-12-31"


def test_exceptions_as_offices_write_them():
    table = pd.DataFrame(
        {
            "原则": ["面积适当", "*"],
            "网格编码": ["c1", "*"],
            "理由": ["公园", "试点"],
            "批准人": ["李", "王"],
            "批准日期": ["2026年1月5日", "20260105"],
        }
    )
    rows = read_exceptions(table)
    assert [(row.rule, row.cell, row.until) for row in rows] == [(4, "c1", None), (0, "*", None)]
    small = redrawn(0, box(0, 0, 10, 100))
    assert audit(small, exceptions=table).ok
    with pytest.raises(SchemaError, match="no column signed_on"):
        read_exceptions(table.drop(columns="批准日期"))
    with pytest.raises(SchemaError, match="no principle ten"):
        read_exceptions(table.assign(原则="ten"))


# the contract


def test_dated_rows_and_the_contract(tmp_path):
    old = cells(valid_from="2020-01-01", valid_to="2025-12-31", cell_code=["d1", "d2", "d3", "d4"])
    both = pd.concat([old, cells()], ignore_index=True)
    assert audit_division(both, as_of="2026-06-30").cells == audit_division(both, as_of="2024-06-30").cells == 4
    assert audit_division(both).table.loc[7, "state"] == "broken"
    given_cells, options = redrawn(0, box(0, 0, 10, 100)).set_index(pd.Index(list("wxyz"))), {"loads": "households"}
    report = assert_input_unchanged(audit_division, given_cells, communities=LAND, **options)
    other = audit_division(
        given_cells.iloc[[2, 0, 3, 1]].rename_geometry("land"),
        communities=LAND.iloc[::-1].rename_geometry("g"),
        **options,
    )
    assert_frame_equal(report.table, other.table)
    assert_geodataframe_equal(report.findings, other.findings)
    path = report.write(tmp_path / "audit.gpkg")
    assert set(gpd.list_layers(path)["name"]) == {"audit", "audit_finding", "audit_exception"}
    empty = audit_division(cells().iloc[:0], communities=LAND.iloc[:0], loads="households")
    assert empty.findings.empty
    assert empty.cells == 0
    for wrong, error in (
        (cells().set_crs(None, allow_override=True), CrsError),
        (cells().drop(columns="cell_code"), SchemaError),
        (pd.DataFrame({"cell_code": ["a"]}), SchemaError),
    ):
        with pytest.raises(error):
            audit_division(wrong)
    with pytest.raises(SchemaError, match="the limit tolerance_m is -1"):
        AuditLimits(tolerance_m=-1)
    with pytest.raises(SchemaError, match="smallest size"):
        AuditLimits(smallest_m2=5, largest_m2=4)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=16, max_size=16), st.randoms(use_true_random=False))
def test_planted_faults_are_found_and_only_they(kinds, random):
    """Each of 16 squares is right, too small, astray, or without a date: the audit says so, whatever the order."""
    squares = [box(i % 4 * 100, i // 4 * 100, i % 4 * 100 + 100, i // 4 * 100 + 100) for i in range(16)]
    shapes = [
        s if k != 1 else shapely.box(*s.bounds[:2], s.bounds[0] + 100, s.bounds[1] + 10)
        for s, k in zip(squares, kinds, strict=True)
    ]
    homes = ["m" if k != 2 else "n" for k in kinds]
    days = ["2026-01-01" if k != 3 else None for k in kinds]
    codes = [f"c{i:02d}" for i in range(16)]
    land = frame([box(0, 0, 400, 400), box(500, 0, 600, 100)], community_code=["m", "n"])
    table = frame(shapes, cell_code=codes, parent_code=homes, valid_from=days)
    order = random.sample(range(16), 16)
    report = audit_division(table.iloc[order], communities=land)
    found = {name: set() for name in ("fit_size", "territorial", "stable")}
    for row in report.findings.itertuples():
        if row.id in found:
            found[row.id].update(row.cells)
    for number, name in ((1, "fit_size"), (2, "territorial"), (3, "stable")):
        assert found[name] == {c for c, k in zip(codes, kinds, strict=True) if k == number}
    seam = report.table.set_index("id").loc["seamless", "measure"]
    assert seam == pytest.approx(9000 * kinds.count(1) + 10_000)  # the land of n, and what small cells leave


# the sample city and real data


def test_the_sample_city():
    city = make_city()
    layers = city.frames
    report = audit_division(
        city.cells, communities=city.communities, buildings=city.buildings, compounds=layers["frame_compound"],
        barriers=pd.concat([layers["emap_road"], layers["emap_waterline"]]), roads=layers["emap_road"],
        loads=layers["frame_component"], profile="GBT30428", as_of="2026-06-30", survey_scale=500,
    )  # fmt: skip
    assert report.table[["state", "findings"]].to_numpy().tolist() == [
        ["kept", 0], ["kept", 0], ["broken", 5], ["broken", 7], ["kept", 0], ["kept", 0], ["broken", 13], ["kept", 0],
        ["kept", 0],
    ]  # fmt: skip
    evidence = report.table["evidence"]
    assert (
        evidence[2]
        == "0 of 800 buildings are cut, barriers run through 5 cells, 87.5 percent of the borders follow them"
    )
    assert evidence[3] == "53 of 60 cells are of 2,000 to 20,000 m2, the median is 13,390 m2"
    assert evidence[6] == "count: mean 13.6, from 3 to 33, spread 46.8 percent"


def test_washington(real_data):
    folder = real_data / "washington_dc"
    bounds = {n: gpd.read_file(folder / "dc_boundaries.gpkg", layer=n) for n in ("smd_2002", "smd_2013", "anc_2013")}
    base = {
        n: gpd.read_file(folder / "dc_base_features.gpkg", layer=n)
        for n in ("parcel_lots", "school_grounds", "major_roads")
    }
    rows = pd.read_csv(folder / "dc_service_requests_2016.csv.gz")
    requests = gpd.GeoDataFrame(geometry=gpd.points_from_xy(rows["GEOM_LON"], rows["GEOM_LAT"]), crs="EPSG:4326")
    report = audit_division(
        bounds["smd_2013"], code="SMD_ID", community="ANC_ID", community_code="ANC_ID", communities=bounds["anc_2013"],
        buildings=base["parcel_lots"], compounds=base["school_grounds"], barriers=base["major_roads"],
        roads=base["major_roads"], loads=requests, previous=bounds["smd_2002"],
        limits=AuditLimits(smallest_m2=100_000, largest_m2=2_000_000, tolerance_m=1.0),
    )  # fmt: skip
    assert report.table[["id", "state", "cells", "findings"]].to_numpy().tolist() == [
        ["statutory_base", "kept", 0, 0],
        ["territorial", "kept", 0, 0],
        ["geography", "broken", 98, 129],
        ["fit_size", "broken", 21, 21],
        ["as_managed", "broken", 4, 2],
        ["convenient", "broken", 64, 64],
        ["balanced_load", "broken", 97, 97],
        ["seamless", "broken", 39, 29],
        ["stable", "broken", 296, 367],
    ]
    evidence = report.table.set_index("id")["evidence"]
    assert evidence["geography"].startswith("99 of 1258 buildings are cut, barriers run through 30 cells")
    assert evidence["seamless"] == "296 cells: 0 gaps, 0 overlaps, 0 parts outside, 29 mismatches, 0 other"
    assert "71 codes used again" in evidence["stable"]
    assert np.isclose(report.table["measure"][3], 371_232.9, atol=1)
    print(f"audit: {report.sentence}")
