"""What check_coverage says of small coverages that can be reckoned by hand."""

import datetime as dt
import itertools
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from onemap import check_coverage, geo
from onemap.errors import CrsError, GeometryError, SchemaError
from onemap.geo.arrangement import inscribed_width
from onemap.geo.edges import resolution
from onemap.translation import sentences, translate

CRS = "EPSG:4548"


def cells(*shapes, codes="abcdefgh", crs=CRS):
    return gpd.GeoDataFrame({"cell_code": list(codes)[: len(shapes)]}, geometry=list(shapes), crs=crs)


def found(report):
    """Return kind, area and cells of each defect."""
    table = report.defects
    return [
        (k, None if np.isnan(a) else round(a, 9), c)
        for k, a, c in zip(table["kind"], table["area_m2"], table["cells"], strict=True)
    ]


# kinds


def test_cells_that_share_their_edges_are_proved():
    report = check_coverage(cells(box(0, 0, 1, 1), box(1, 0, 2, 1)))
    assert report.ok
    assert report.shared_edges == 1


def test_the_parent_need_not_have_the_vertices_of_the_cells():
    assert check_coverage(cells(box(0, 0, 1, 1), box(1, 0, 2, 1)), parent=box(0, 0, 2, 1)).ok


def test_an_enclosed_gap_names_its_neighbours():
    ring = box(0, 0, 3, 3).difference(box(1, 1, 2, 2))
    report = check_coverage(cells(*shapely.get_parts(shapely.union_all([ring]))))
    assert found(report) == [("gap", 1.0, ("a",))]
    row = report.defects.iloc[0]
    assert (row["width_m"], row["touches_parent"], row["allowed"]) == (pytest.approx(1.0, rel=0.01), False, False)
    assert row["reason"] == "no cell covers 1 m2 here, up to 1 m wide, beside a"


def test_courtyards_filled_by_other_cells_are_no_gaps():
    outer = box(0, 0, 9, 9).difference(box(1, 1, 8, 8))
    middle = box(1, 1, 8, 8).difference(box(2, 2, 7, 7))
    assert check_coverage(cells(outer, middle, box(2, 2, 7, 7)), parent=box(0, 0, 9, 9)).ok


def test_the_outer_border_is_never_a_gap():
    assert check_coverage(cells(box(0, 0, 1, 1), box(5, 5, 6, 6))).ok
    u_shape = Polygon([(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)])
    assert check_coverage(cells(u_shape)).ok


def test_an_inlet_is_a_gap_once_the_parent_is_known():
    u_shape = Polygon([(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)])
    report = check_coverage(cells(u_shape), parent=box(0, 0, 3, 3))
    assert found(report) == [("gap", 2.0, ("a",))]
    assert report.defects["touches_parent"].tolist() == [True]


def test_a_gap_whose_walls_meet_in_points_alone():
    around = [box(1, 0, 2, 1), box(0, 1, 1, 2), box(2, 1, 3, 2), box(1, 2, 2, 3)]
    report = check_coverage(cells(*around))
    assert found(report) == [("gap", 1.0, ("a", "b", "c", "d"))]


def test_two_gaps_that_meet_in_a_point_are_two():
    block = [box(i, j, i + 1, j + 1) for i in range(4) for j in range(4) if (i, j) not in {(1, 1), (2, 2)}]
    report = check_coverage(cells(*block, codes="abcdefghijklmn"))
    assert [(k, a) for k, a, _ in found(report)] == [("gap", 1.0), ("gap", 1.0)]


def test_a_missing_cell_is_found_where_shapely_says_valid():
    block = [box(i, j, i + 1, j + 1) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    assert shapely.coverage_is_valid(block)
    assert check_coverage(cells(*block)).counts["gap"] == 1


def test_overlaps_are_one_row_a_region_with_the_same_cells():
    report = check_coverage(cells(box(0, 0, 4, 4), box(2, 0, 6, 4), box(3, 0, 7, 4)))
    assert found(report) == [
        ("overlap", 8.0, ("b", "c")),
        ("overlap", 4.0, ("a", "b")),
        ("overlap", 4.0, ("a", "b", "c")),
    ]


def test_an_overlap_is_divided_where_shared_edges_run_through_it():
    report = check_coverage(cells(box(0, 0, 2, 2), box(2, 0, 4, 2), box(1, 0.5, 3, 1.5)))
    assert found(report) == [("overlap", 1.0, ("a", "c")), ("overlap", 1.0, ("b", "c"))]


def test_two_separate_overlaps_of_the_same_cells_are_two_rows():
    comb = Polygon([(0, 0), (9, 0), (9, 3), (6, 3), (6, 1), (3, 1), (3, 3), (0, 3)])
    report = check_coverage(cells(comb, box(0, 2, 9, 5)))
    assert [row for row in found(report) if row[0] == "overlap"] == [("overlap", 3.0, ("a", "b"))] * 2


def test_outside_and_overlap_are_both_told():
    report = check_coverage(cells(box(0, 0, 2, 2), box(1, 0, 3, 2)), parent=box(0, 0, 2, 2))
    assert found(report) == [
        ("overlap", 2.0, ("a", "b")),
        ("outside", 2.0, ("b",)),
    ]


def test_a_cell_in_a_hole_of_the_parent_is_outside():
    parent = box(0, 0, 3, 3).difference(box(1, 1, 2, 2))
    report = check_coverage(cells(parent, box(1, 1, 2, 2)), parent=parent)
    assert found(report) == [("outside", 1.0, ("b",))]


def test_a_vertex_that_one_neighbour_lacks_is_a_mismatch_without_area():
    with_vertex = Polygon([(1, 0), (2, 0), (2, 1), (1, 1), (1, 0.5)])
    report = check_coverage(cells(box(0, 0, 1, 1), with_vertex))
    row = report.defects.iloc[0]
    assert found(report) == [("mismatch", 0.0, ("a", "b"))]
    assert (row["length_m"], row["width_m"], row.geometry.length) == (1.0, 0.0, 1.0)
    assert row["reason"] == "the border of a, b is drawn with different vertices over 1 m"


def test_three_cells_at_a_t_junction():
    report = check_coverage(cells(box(0, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2)))
    assert found(report) == [("mismatch", 0.0, ("a", "b")), ("mismatch", 0.0, ("a", "c"))]


def test_vertices_at_a_region_that_is_listed_are_not_told_again():
    report = check_coverage(cells(box(0, 0, 10, 10), box(9, 0, 20, 10)))
    assert found(report) == [("overlap", 10.0, ("a", "b"))]


def test_what_is_narrower_than_the_coordinates_can_tell_is_a_mismatch():
    x, y = 440_000.0, 4_420_000.0
    ulp = np.spacing(y)
    for steps, kind in ((1, "mismatch"), (16, "gap")):
        west = Polygon([(x, y), (x + 9, y), (x + 9 - steps * ulp, y + 5), (x + 9, y + 9), (x, y + 9)])
        east = Polygon([(x + 9, y), (x + 18, y), (x + 18, y + 9), (x + 9, y + 9)])
        north = box(x, y + 9, x + 18, y + 10)
        report = check_coverage(cells(west, east, north))
        kinds = [row for row in found(report) if row[2] == ("a", "b")]
        assert [k for k, _, _ in kinds] == [kind], steps
    assert resolution((x, y)) == 2 * ulp


def test_slivers_narrower_than_the_tolerance_are_mismatches():
    west = Polygon([(0, 0), (1, 0), (0.99, 0.1), (0.99, 0.9), (1, 1), (0, 1)])
    wide = check_coverage(cells(west, box(1, 0, 2, 1)), parent=box(0, 0, 2, 1), tolerance_m=0.009)
    thin = check_coverage(cells(west, box(1, 0, 2, 1)), parent=box(0, 0, 2, 1), tolerance_m=0.011)
    assert wide.counts["gap"] == 1
    assert (thin.counts["gap"], thin.counts["mismatch"]) == (0, 1)
    sliver = thin.defects.iloc[0]
    assert sliver["length_m"] == pytest.approx(1, abs=0.01)
    assert sliver.geometry.geom_type == "MultiLineString"


# cells that are not fit


def test_cells_that_are_no_polygons_are_listed():
    bowtie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    odd = [None, Polygon(), Point(1, 1), Polygon([(0, 0), (np.nan, 1), (1, 1)]), box(0, 0, 1e12, 1), bowtie]
    report = check_coverage(cells(*odd))
    reasons = report.defects.set_index(report.defects["cells"].str[0])["reason"]
    assert report.counts["invalid"] == 6
    assert reasons["a"] == reasons["b"] == "the geometry is missing"
    assert reasons["c"] == "the geometry is a Point, not a polygon"
    assert reasons["d"] == reasons["e"] == "the geometry has impossible coordinates"
    assert reasons["f"] == "the geometry is not valid (the border crosses itself at 1 1); its repaired shape is used"
    assert not report.ok


def test_the_repaired_shape_takes_part():
    bowtie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    report = check_coverage(cells(bowtie, box(1.5, 0, 3, 2)))
    assert [row for row in found(report) if row[0] == "overlap"] == [("overlap", 0.75, ("a", "b"))]


def test_duplicates_of_geometry_and_code():
    same = check_coverage(cells(box(0, 0, 1, 1), box(0, 0, 1, 1), box(1, 0, 2, 1)))
    assert found(same) == [("duplicate", 1.0, ("a", "b"))]
    code = check_coverage(cells(box(0, 0, 1, 1), box(1, 0, 2, 1), codes="aa"))
    assert found(code) == [("duplicate", 2.0, ("a",))]
    both = check_coverage(cells(box(0, 0, 1, 1), box(0, 0, 1, 1), codes="aa"))
    assert both.defects["reason"].tolist() == ["2 rows have the code a and the same geometry"]


def test_a_duplicate_that_overlaps_a_third_is_named_there():
    report = check_coverage(cells(box(0, 0, 2, 2), box(0, 0, 2, 2), box(1, 0, 3, 2)))
    assert ("overlap", 2.0, ("a", "b", "c")) in found(report)


def test_a_cell_without_code_is_listed():
    report = check_coverage(cells(box(0, 0, 1, 1), box(1, 0, 2, 1), codes=["a", None]))
    assert found(report) == [("invalid", 1.0, ("row 1",))]


# frames


def test_nothing_is_changed_and_any_frame_will_do():
    frame = cells(box(0, 0, 2, 1), box(1, 0, 3, 1)).rename_geometry("shape")
    frame.index = [7, 7]
    before = frame.copy()
    assert found(check_coverage(frame)) == [("overlap", 1.0, ("a", "b"))]
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))
    unnamed = frame.drop(columns="cell_code").set_axis([3, 11])
    assert found(check_coverage(unnamed)) == [("overlap", 1.0, (3, 11))]


def test_heights_do_not_matter():
    flat = [box(0, 0, 1, 1), box(1, 0, 2, 1)]
    assert check_coverage(cells(*shapely.force_3d(flat, [1.0, 2.0]))).ok


def test_no_cells_at_all():
    assert check_coverage(cells()).ok
    report = check_coverage(cells(), parent=box(0, 0, 2, 2))
    assert found(report) == [("gap", 4.0, ())]


def test_multipolygons_and_frames_as_parent():
    two = MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)])
    frame = cells(two, box(1, 0, 2, 1))
    assert check_coverage(frame, parent=frame).ok
    assert check_coverage(frame, parent=frame.geometry).ok


def test_degrees_are_measured_in_metres():
    square = box(116.0, 40.0, 116.001, 40.001)
    ring = box(115.999, 39.999, 116.002, 40.002).difference(square)
    row = check_coverage(cells(ring, crs="EPSG:4490")).defects.iloc[0]
    assert row["area_m2"] == pytest.approx(9483, abs=1)
    assert row["width_m"] == pytest.approx(85.4, rel=0.01)
    assert row.geometry.equals(square)


def test_what_cannot_be_worked_on_is_refused():
    frame = cells(box(0, 0, 1, 1))
    with pytest.raises(CrsError, match="no coordinate system"):
        check_coverage(frame.set_crs(None, allow_override=True))
    with pytest.raises(CrsError, match="EPSG:4490"):
        check_coverage(frame, parent=cells(box(0, 0, 1, 1), crs="EPSG:4490"))
    with pytest.raises(CrsError, match="allowed"):
        check_coverage(cells(box(0, 0, 2, 1), box(1, 0, 3, 1)), allowed=lakes(box(0, 0, 1, 1), crs="EPSG:4490"))
    with pytest.raises(GeometryError, match="polygons"):
        check_coverage(frame, parent=Point(0, 0))
    with pytest.raises(GeometryError, match="not valid"):
        check_coverage(frame, parent=Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]))
    with pytest.raises(SchemaError, match="geometry column"):
        check_coverage(pd.DataFrame(frame))
    with pytest.raises(SchemaError, match="geometry column"):
        check_coverage(gpd.GeoDataFrame({"cell_code": ["a"]}))
    for tolerance in (-1, float("nan"), float("inf"), 1e6, "1", None):
        with pytest.raises(SchemaError, match="tolerance_m"):
            check_coverage(frame, tolerance_m=tolerance)


# what is allowed


def lakes(*shapes, crs=CRS, **columns):
    columns = {"reason": ["lake"] * len(shapes), **columns}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


HOLED = box(0, 0, 9, 9).difference(box(1, 1, 2, 2)).difference(box(5, 5, 8, 8))
TODAY = dt.date(2026, 6, 30)


def test_a_lake_is_allowed_and_the_rest_is_not():
    report = check_coverage(cells(HOLED), allowed=lakes(box(5, 5, 8, 8)), today=TODAY)
    assert report.defects["allowed"].tolist() == [True, False]
    assert report.defects["reason"].iloc[0].endswith("; allowed: lake")
    assert not report.ok
    both = check_coverage(cells(HOLED), allowed=lakes(box(0, 0, 9, 9)), today=TODAY)
    assert both.ok
    assert both.sentence == "1 cell: 2 allowed"


@pytest.mark.parametrize(
    ("until", "allowed"), [("2026-06-30", True), ("2026-06-29", False), (None, True), (dt.date(2030, 1, 1), True)]
)
def test_what_was_allowed_expires(until, allowed):
    report = check_coverage(cells(HOLED), allowed=lakes(box(5, 5, 8, 8), until=[until]), today=TODAY)
    assert bool(report.defects["allowed"].iloc[0]) is allowed
    assert ("was allowed until 2026-06-29: lake" in report.defects["reason"].iloc[0]) is not allowed


def test_a_lake_allows_a_gap_and_no_overlap_unless_it_says_so():
    frame = cells(box(0, 0, 4, 4), box(2, 0, 6, 4))
    assert not check_coverage(frame, allowed=lakes(box(0, 0, 9, 9))).ok
    assert check_coverage(frame, allowed=lakes(box(0, 0, 9, 9), kind=["overlap"])).ok


def test_an_allowed_table_that_cannot_be_used_is_refused():
    with pytest.raises(SchemaError, match="is not a date"):
        check_coverage(cells(HOLED), allowed=lakes(box(5, 5, 8, 8), until=["soon"]))
    with pytest.raises(SchemaError, match="column reason"):
        check_coverage(cells(HOLED), allowed=lakes(box(5, 5, 8, 8)).drop(columns="reason"))


# always


boxes = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 5), st.integers(1, 5)).map(
    lambda t: (t[0], t[1], min(t[0] + t[2], 10), min(t[1] + t[3], 10))
)


def squares(shapes):
    """Return for each unit square of a 10 x 10 board, with a rim, which boxes cover it."""
    board = {}
    for i, j in itertools.product(range(-1, 11), repeat=2):
        board[i, j] = tuple(k for k, (w, s, e, n) in enumerate(shapes) if w <= i < e and s <= j < n)
    return board


def patches(board, *, wanted):
    """Return code sets and areas of the regions of squares with the same cover, squares joined by their sides."""
    left, found_ = {at for at, cover in board.items() if wanted(cover)}, []
    while left:
        todo = [left.pop()]
        patch = set(todo)
        while todo:
            i, j = todo.pop()
            near = {(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)} & left
            near = {at for at in near if board[at] == board[i, j]}
            left -= near
            patch |= near
            todo += near
        found_.append((board[next(iter(patch))], patch))
    return found_


@settings(max_examples=80, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=8, unique=True), st.randoms(use_true_random=False), st.booleans())
def test_boxes_on_a_board_are_judged_as_their_squares_are(shapes, random, within):
    frame = cells(*(box(*s) for s in shapes))
    report = check_coverage(frame, parent=box(0, 0, 10, 10) if within else None)
    board = squares(shapes)
    rim = {at for at in board if -1 in at or 10 in at}
    if within:
        board = {at: cover for at, cover in board.items() if at not in rim}
    overlaps = patches(board, wanted=lambda cover: len(cover) > 1)
    gaps = [patch for _, patch in patches(board, wanted=lambda cover: not cover) if not patch & rim]
    rows = [(k, a, c) for k, a, c in found(report) if k != "mismatch"]
    expected = [("overlap", float(len(p)), tuple("abcdefgh"[k] for k in cover)) for cover, p in overlaps]
    assert sorted(r for r in rows if r[0] == "overlap") == sorted(expected)
    assert sorted(r[1] for r in rows if r[0] == "gap") == sorted(float(len(p)) for p in gaps)
    # the order of the rows does not matter
    order = list(range(len(frame)))
    random.shuffle(order)
    again = check_coverage(frame.iloc[order], parent=box(0, 0, 10, 10) if within else None)
    pd.testing.assert_frame_equal(pd.DataFrame(again.defects), pd.DataFrame(report.defects))
    for reason in report.defects["reason"]:
        assert translate(reason) != reason


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 50), st.floats(1e-6, 0.5), st.floats(0, 3.1), st.sampled_from([(0, 0), (440_000, 4_420_000)]))
def test_the_width_of_a_turned_bar_is_its_width(length, share, angle, at):
    width = length * share
    bar = shapely.affinity.translate(shapely.affinity.rotate(box(0, 0, length, width), angle, use_radians=True), *at)
    near = 4 * np.spacing(4_420_000.0) if at[0] else 0
    assert inscribed_width(np.array([bar]))[0] == pytest.approx(width, rel=0.01, abs=near)


def test_every_sentence_of_the_room_has_its_chinese():
    texts = [path.read_text(encoding="utf-8") for path in (Path(geo.__file__).parent).glob("*.py")]
    room = [text for text in texts if "Defect(" in text or "CoverageReport" in text]
    said = {m for text in room for m in re.findall(r'"([^"\n]*\{\w+\}[^"\n]*)"', text)} - {
        "{frame.loc[r, 'reason']}; {note}"
    }
    assert not [m for m in said if m not in sentences() and not any(m in known for known in sentences())]
