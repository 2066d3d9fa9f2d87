"""What repair_coverage does to small coverages that can be reckoned by hand, and what it refuses."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box

from onemap import check_coverage, repair_coverage, undo_repair
from onemap.errors import CrsError, SchemaError, SourceError
from onemap.geo.repair_record import read_record, write_record
from onemap.testing import assert_contract
from onemap.translation import translate

CRS = "EPSG:4548"


def cells(*shapes, codes="abcdefgh", crs=CRS):
    return gpd.GeoDataFrame({"cell_code": list(codes)[: len(shapes)]}, geometry=list(shapes), crs=crs)


def areas(repair):
    return dict(zip(repair.cells["cell_code"], repair.cells.area.round(9), strict=True))


def stays(repair):
    return list(zip(repair.refused["kind"], repair.refused["reason"], strict=True))


# closing


def test_a_sound_coverage_stays_bit_for_bit():
    sound = cells(box(0, 0, 1, 1), box(1, 0, 2, 1))
    repair = repair_coverage(sound, max_width_m=1.0)
    assert repair.ok
    assert len(repair.changes) == len(repair.moves) == len(repair.refused) == len(repair.record) == 0
    assert repair.cells.geometry.to_wkb().equals(sound.geometry.to_wkb())


def test_a_gap_goes_to_the_longest_border():
    south = Polygon([(0, 0), (20, 0), (20, 10), (10, 10), (0, 10)])
    west, east = box(0, 10.5, 10, 20), Polygon([(10, 10), (20, 10), (20, 20), (10, 20), (10, 10.5)])
    lid = box(0, 20, 20, 21)
    rim = Polygon([(0, 10), (0, 10.5), (-1, 10.5), (-1, 10)])
    frame = cells(south, west, east, lid, rim)
    repair = repair_coverage(frame, max_width_m=1.0, max_change=0.1)
    assert repair.ok
    assert areas(repair) == {"a": 205.0, "b": 95.0, "c": 100.0, "d": 20.0, "e": 0.5}
    assert repair.moves[["kind", "area_m2", "from", "to"]].to_numpy().tolist() == [["gap", 5.0, (), "a"]]
    told = repair.changes.set_index("cell")
    assert told.loc["a", "reason"] == "gained 5 m2 and lost 0 m2 (places: 1), 2.5 percent of its area"
    assert told.index.tolist() == ["a", "d"]
    assert told.loc["d", "reason"] == "given the vertices of its neighbours"
    assert translate(told.loc["a", "reason"], "zh") == "得 5 平方米，失 0 平方米，共 1 处，占其面积的 2.5%"


def test_an_overlap_stays_with_the_longest_border_and_is_cut_once():
    deep = cells(box(0, 0, 10, 10), box(9, 2, 20, 8))
    # a has 1 + 6 + 1 m of its own land around the common strip, b has 6 m
    repair = repair_coverage(deep, max_width_m=2.0, max_change=0.2)
    assert repair.ok
    assert areas(repair) == {"a": 100.0, "b": 60.0}
    assert repair.moves[["kind", "area_m2", "from", "to"]].to_numpy().tolist() == [["overlap", 6.0, ("b",), "a"]]
    assert repair.changes["cell"].tolist() == ["a", "b"]  # a was given the corners of b


@pytest.mark.parametrize(
    ("rule", "winner"), [("smallest_code", "a"), ("largest_cell", "c"), ("smallest_cell", "b"), ("longest_border", "c")]
)
def test_rules_say_who_comes_first(rule, winner):
    left, above = box(0, 0, 10, 5), box(0, 5, 10, 8)
    below, right, over = box(10, -9, 11, 0), box(11, -9, 30, 8), box(0, 8, 30, 9)
    frame = cells(left, below, right, over, above)
    repair = repair_coverage(frame, max_width_m=2.0, max_change=1.0, rule=rule)
    assert repair.ok
    assert repair.moves["to"].tolist() == [winner]
    assert repair.moves["area_m2"].tolist() == [8.0]


def test_land_of_an_area_goes_to_its_own_cells():
    """The gap 0..20 x 10..10.5 lies in the southern area; the northern cell has the longer border with it."""
    south_west, south_east, north = box(0, 0, 9, 10), box(9, 0, 20, 10), box(0, 10.5, 20, 20)
    frame = cells(south_west, south_east, north)
    above = gpd.GeoDataFrame(geometry=[box(0, 0, 20, 10.5), box(0, 10.5, 20, 20)], crs=CRS)

    def given(within, share=0.2):
        repair = repair_coverage(frame, max_width_m=1.0, max_change=share, parent=box(0, 0, 20, 20), within=within)
        assert repair.ok
        return repair.moves["to"].tolist()

    assert given(None) == ["c"]
    assert given(above) == ["b"]
    assert given(above.to_crs("EPSG:4490")) == ["b"]
    assert given(above.set_geometry(above.geometry.translate(500, 0))) == ["c"]
    tight = repair_coverage(frame, max_width_m=1.0, max_change=0.06, parent=box(0, 0, 20, 20), within=above)
    assert len(tight.moves) == 0  # its own cells would change by 11 and 9 percent, and no other may have it
    assert stays(tight) == [
        ("gap", "gap of 10 m2: closing it would change b by 9.09 percent, and 6 percent is the most"),
    ]
    with pytest.raises(CrsError, match="areas above the cells have no coordinate system"):
        repair_coverage(frame, max_width_m=1.0, within=above.set_crs(None, allow_override=True))


def test_equal_borders_go_to_the_smaller_code_whatever_the_order_of_rows():
    a, b = box(0, 0, 10, 10), box(10.5, 0, 20.5, 10)
    ends = [box(0, 10, 20.5, 11), box(0, -1, 20.5, 0)]
    frame = cells(a, b, *ends, codes="zyxw")
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        repair = repair_coverage(frame.iloc[order], max_width_m=1.0, max_change=0.1)
        assert repair.moves["to"].tolist() == ["y"]


def test_what_is_too_wide_stays_and_says_so():
    ring = box(0, 0, 30, 30).difference(box(10, 10, 13, 13))
    repair = repair_coverage(cells(ring), max_width_m=2.9, max_change=1.0)
    assert stays(repair) == [("gap", "gap of 9 m2, 3 m wide: only what is narrower than 2.9 m is closed")]
    assert translate(repair.refused["reason"].iloc[0]) == "空隙 9 平方米，宽 3 米：仅弥合窄于 2.9 米的"
    assert repair.cells.geometry.to_wkb().equals(cells(ring).geometry.to_wkb())
    assert repair_coverage(cells(ring), max_width_m=3.1, max_change=1.0).ok


def test_no_cell_changes_by_more_than_its_share():
    ring = box(0, 0, 30, 30).difference(box(10, 10, 13, 13))  # 891 m2, a gap of 9 m2
    repair = repair_coverage(cells(ring), max_width_m=5.0, max_change=0.01)
    sentence = "gap of 9 m2: closing it would change a by 1.01 percent, and 1 percent is the most"
    assert stays(repair) == [("gap", sentence)]
    assert repair_coverage(cells(ring), max_width_m=5.0, max_change=0.0102).ok
    # three gaps of 9 m2 share what one cell may gain
    holes = [box(10, 10, 13, 13), box(15, 15, 18, 18), box(20, 20, 23, 23)]
    ring = box(0, 0, 30, 30).difference(shapely.union_all(holes))
    repair = repair_coverage(cells(ring), max_width_m=5.0, max_change=0.022)
    assert (len(repair.moves), len(repair.refused)) == (2, 1)
    assert repair.changes["share"].max() <= 0.022


def test_where_the_first_may_not_have_it_the_next_gets_it():
    small, large = box(0, 0, 1, 10), box(1.5, -5, 60, 15)
    around = [box(-5, 10, 1.5, 15), box(-5, -5, 1.5, 0)]
    frame = cells(small, large, *around)
    repair = repair_coverage(frame, max_width_m=1.0, max_change=0.02)
    assert repair.moves[["area_m2", "to"]].to_numpy().tolist() == [[5.0, "b"]]
    assert repair.ok


def test_no_cell_vanishes_and_none_is_cut_apart():
    inside = cells(box(0, 0, 30, 30), box(10, 10, 12, 12))
    repair = repair_coverage(inside, max_width_m=5.0, max_change=1.0)
    assert repair.ok  # the small one keeps its land: nothing would be left of it
    assert areas(repair) == {"a": 896.0, "b": 4.0}
    lying = shapely.union_all([box(0, 0, 30, 2), box(-9, -4, 0, 6), box(30, -4, 39, 6)])
    standing = shapely.union_all([box(14, -10, 16, 12), box(10, -20, 20, -10), box(10, 12, 20, 22)])
    repair = repair_coverage(cells(lying, standing), max_width_m=3.0, max_change=1.0)
    assert stays(repair) == [("overlap", "overlap of 4 m2: closing it would cut b into parts")]


def test_crumbs_that_are_cut_off_go_along():
    tongue = Polygon([(0, 0), (10, 0), (10, 4), (12, 4), (12, 5), (10, 5), (10, 10), (0, 10)])
    strip = box(10.5, -5, 11.5, 15)  # the tip of the tongue would be an island
    frame = cells(tongue, strip, box(11.5, -5, 12, 4), codes="abc")
    repair = repair_coverage(frame, max_width_m=1.5, max_change=0.3, rule="largest_cell")
    lost = repair_coverage(frame, max_width_m=1.5, max_change=0.3, rule="longest_border")
    for found in (repair, lost):
        assert found.cells.geometry.map(lambda shape: len(shapely.get_parts(shape))).max() == 1
        assert found.after.counts["overlap"] == 0


def test_vertices_that_one_neighbour_lacks_are_given_to_it():
    frame = cells(box(0, 0, 2, 1), box(0, 1, 1, 2), box(1, 1, 2, 2))
    assert check_coverage(frame).counts["mismatch"] == 2
    repair = repair_coverage(frame, max_width_m=0.0)
    assert repair.ok
    assert shapely.coverage_is_valid(repair.cells.geometry.to_numpy())
    assert repair.changes[["cell", "moved_m2", "reason"]].to_numpy().tolist() == [
        ["a", 0.0, "given the vertices of its neighbours"]
    ]
    assert repair.changes.index.tolist() == [0]


def test_the_parent_is_filled_and_kept():
    parent = box(0, 0, 20, 10)
    frame = cells(box(-0.3, 0, 10, 10), box(10, 0, 19.5, 10.2))
    assert repair_coverage(frame, max_width_m=1.0, max_change=0.1).ok  # without parent nothing is wrong
    repair = repair_coverage(frame, max_width_m=1.0, max_change=0.1, parent=parent)
    assert repair.ok
    assert areas(repair) == {"a": 100.0, "b": 100.0}
    assert sorted(repair.moves["kind"]) == ["gap", "outside", "outside"]
    assert repair.moves.loc[repair.moves["kind"] == "outside", "to"].tolist() == [None, None]
    assert shapely.union_all(repair.cells.geometry.to_numpy()).equals(parent)


def test_allowed_gaps_stay_open_and_are_no_defects():
    ring = box(0, 0, 30, 30).difference(box(10, 10, 11, 11))
    lake = gpd.GeoDataFrame({"reason": ["a pond"]}, geometry=[box(9, 9, 12, 12)], crs=CRS)
    repair = repair_coverage(cells(ring), max_width_m=5.0, max_change=1.0, allowed=lake)
    assert repair.ok
    assert (len(repair.moves), len(repair.refused), len(repair.after.defects)) == (0, 0, 1)


def test_people_on_land_that_moves_are_counted():
    frame = cells(box(0, 0, 10, 10), box(9, 2, 20, 8))
    homes = gpd.GeoDataFrame(
        {"residents": [3, 4, "x", 7]},
        geometry=[Point(9.5, 5), Point(9.7, 6), Point(9.6, 3), Point(2, 2)],
        crs=CRS,
    )
    repair = repair_coverage(frame, max_width_m=2.0, max_change=0.2, people=homes, weight="residents")
    told = repair.changes.set_index("cell")
    assert told.loc["b", ["people_gained", "people_lost"]].tolist() == [0.0, 7.0]
    assert repair.moves["people"].tolist() == [7.0]
    assert repair_coverage(frame, max_width_m=2.0, max_change=0.2, people=homes).moves["people"].tolist() == [3.0]


# cells that are not fit


def test_what_is_no_polygon_stays_and_is_listed():
    odd = cells(box(0, 0, 1, 1), None, Point(1, 1), Polygon())
    repair = repair_coverage(odd, max_width_m=1.0)
    assert [kind for kind, _ in stays(repair)] == ["invalid"] * 3
    assert repair.cells.geometry.iloc[1] is None
    assert repair.cells.geometry.iloc[2].equals(Point(1, 1))


def test_invalid_cells_are_mended_or_left_alone_with_their_neighbours():
    spike = Polygon([(0, 0), (9, 0), (9, 9), (20, 9), (9, 9), (0, 9)])
    repair = repair_coverage(cells(spike), max_width_m=1.0)
    assert repair.ok
    assert repair.changes["area_after_m2"].tolist() == [81.0]
    assert repair.changes["reason"].tolist() == ["its geometry was made valid"]
    bowtie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    frame = cells(bowtie, box(1.9, -5, 30, 5))
    repair = repair_coverage(frame, max_width_m=1.0)
    assert repair.moves[["from", "to"]].to_numpy().tolist() == [[("b",), "a"]]  # the neighbour gives way
    repair = repair_coverage(frame, max_width_m=1.0, max_change=0.0001)
    assert [kind for kind, _ in stays(repair)] == ["overlap", "invalid"]
    assert repair.refused["reason"].iloc[0].endswith("closing it would change a, whose geometry is not valid")
    assert repair.cells.geometry.iloc[0].wkb == bowtie.wkb


def test_equal_geometries_stay_equal_and_are_listed():
    frame = cells(box(0, 0, 10, 10), box(0, 0, 10, 10), box(9.9, 0, 20, 10))
    repair = repair_coverage(frame, max_width_m=1.0, max_change=0.1)
    assert stays(repair) == [("duplicate", "2 cells have the same geometry: a, b")]
    assert repair.cells.geometry.iloc[0].equals_exact(repair.cells.geometry.iloc[1], 0)
    assert repair.after.counts["overlap"] == 0


def test_parts_and_kinds_of_geometry_are_kept():
    frame = gpd.GeoDataFrame(
        {"cell_code": ["a", "b"]}, geometry=[MultiPolygon([box(0, 0, 10, 10)]), box(9.9, 0, 20, 10)], crs=CRS
    )
    repair = repair_coverage(frame, max_width_m=1.0, max_change=0.1)
    assert set(repair.cells.geom_type) == {"MultiPolygon", "Polygon"}
    assert repair.ok


# the contract


def test_rows_ids_attributes_and_order_are_kept():
    frame = cells(box(9, 2, 20, 8), box(0, 0, 10, 10)).assign(name=["x", None], since=pd.Timestamp("2024-01-01"))
    frame = frame.set_index(pd.Index(["r", "r"], name="own")).rename_geometry("shape")
    copy = frame.copy(deep=True)
    repair = repair_coverage(frame, max_width_m=2.0, max_change=0.2)
    assert frame.geometry.to_wkb().equals(copy.geometry.to_wkb())
    pd.testing.assert_frame_equal(
        pd.DataFrame(repair.cells.drop(columns="shape")), pd.DataFrame(copy.drop(columns="shape"))
    )
    assert repair.cells.crs == frame.crs
    assert repair.cells.geometry.name == "shape"
    assert set(repair.changes.index) == {"r"}


def test_the_contract_of_all_public_functions():
    tiles = [box(10 * i, 10 * j, 10 * i + 10, 10 * j + 10) for i in range(4) for j in range(4)]
    tiles[5] = shapely.buffer(tiles[5], -0.2, join_style="mitre")
    tiles[10] = shapely.buffer(tiles[10], 0.2, join_style="mitre")
    frame = gpd.GeoDataFrame({"cell_code": [f"c{n:02d}" for n in range(16)]}, geometry=tiles, crs=CRS)
    options = {"max_width_m": 1.0, "max_change": 0.2}
    repair = assert_contract(repair_coverage, frame, answer=lambda r: r.cells, **options)
    assert repair.ok
    assert_contract(repair_coverage, frame, answer=lambda r: r.refused, keeps_index=False, **options)
    assert_contract(repair_coverage, frame, answer=lambda r: r.moves, keeps_index=False, **options)


def test_without_codes_the_index_names_the_cells():
    frame = cells(box(0, 0, 10, 10), box(9.9, 0, 20, 10)).drop(columns="cell_code")
    repair = repair_coverage(frame, max_width_m=1.0, max_change=0.1)
    assert repair.changes["cell"].isin([0, 1]).all()


def test_degrees_are_measured_in_metres():
    frame = cells(box(116.3, 39.9, 116.301, 39.901), box(116.301002, 39.9, 116.302, 39.901), crs="EPSG:4490")
    lids = cells(box(116.3, 39.901, 116.302, 39.902), box(116.3, 39.899, 116.302, 39.9), codes="cd", crs="EPSG:4490")
    frame = gpd.GeoDataFrame(pd.concat([frame, lids], ignore_index=True))
    repair = repair_coverage(frame, max_width_m=0.5, max_change=0.01)
    assert repair.ok
    assert repair.moves["area_m2"].tolist() == [pytest.approx(19.0, abs=0.2)]
    assert len(repair_coverage(frame, max_width_m=0.15, max_change=0.01).refused) == 1


# undoing


def test_a_repair_is_undone_to_the_last_bit(tmp_path):
    frame = cells(box(0, 0, 10, 10), box(9, 2, 20, 8))
    repair = repair_coverage(frame, max_width_m=2.0, max_change=0.2)
    assert repair.undo().geometry.to_wkb().equals(frame.geometry.to_wkb())
    record = read_record(write_record(repair.record, tmp_path / "record.json"))
    pd.testing.assert_frame_equal(record, repair.record)
    turned = repair.cells.iloc[::-1]
    restored = undo_repair(turned, record)
    assert restored.geometry.to_wkb().equals(frame.geometry.to_wkb().iloc[::-1])


def test_the_record_survives_a_file(tmp_path):
    frame = cells(box(0, 0, 10, 10), box(9, 2, 20, 8))
    repair = repair_coverage(frame, max_width_m=2.0, max_change=0.2)
    repair.cells.to_file(tmp_path / "cells.gpkg", geometry_type="MultiPolygon", promote_to_multi=True)
    again = gpd.read_file(tmp_path / "cells.gpkg")
    assert undo_repair(again, repair.record).geometry.geom_equals_exact(frame.geometry, 0).all()


def test_a_repair_is_undone_by_the_codes_that_it_went_by():
    frame = cells(box(0, 0, 10, 10), box(9, 2, 20, 8)).rename(columns={"cell_code": "NAME"}).assign(fid=[7, 8])
    repair = repair_coverage(frame, code="NAME", max_width_m=2.0, max_change=0.2)
    for code in ("cell_code", "fid", "NAME"):  # not named, another column, the very one
        restored = undo_repair(repair.cells, repair.record, code=code)
        assert restored.geometry.to_wkb().equals(frame.geometry.to_wkb())
    with pytest.raises(SchemaError, match="a, b: no column holds these codes of the record; nothing is undone"):
        undo_repair(repair.cells.drop(columns="NAME"), repair.record, code="fid")


def test_what_was_changed_since_is_not_undone():
    frame = cells(box(0, 0, 10, 10), box(9, 2, 20, 8))
    repair = repair_coverage(frame, max_width_m=2.0, max_change=0.2)
    moved = repair.cells.set_geometry(repair.cells.translate(1))
    with pytest.raises(SchemaError, match="a, b: not as the repair left them"):
        undo_repair(moved, repair.record)
    with pytest.raises(SchemaError, match="no record of a repair"):
        undo_repair(frame, pd.DataFrame({"x": [1]}))


def test_a_file_that_is_no_record(tmp_path):
    (tmp_path / "r.json").write_text('{"kind": "other"}')
    with pytest.raises(SourceError, match="no record of a repair"):
        read_record(tmp_path / "r.json")
    with pytest.raises(SourceError, match="no record of a repair can be read"):
        read_record(tmp_path / "absent.json")


# bad input


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"max_width_m": -1}, "max_width_m is -1; it must be a width from 0 to 1000 m"),
        ({"max_width_m": float("nan")}, "max_width_m is nan"),
        ({"max_width_m": "2"}, "max_width_m is 2; it must be"),
        ({"max_width_m": 1, "max_change": 1.5}, "max_change is 1.5; it must be a share from 0 to 1"),
        ({"max_width_m": 1, "rule": "random"}, "rule is random; it must be one of longest_border"),
    ],
)
def test_bad_options_are_told(options, sentence):
    with pytest.raises(SchemaError, match=sentence):
        repair_coverage(cells(box(0, 0, 1, 1)), **options)


def test_bad_frames_are_told():
    frame = cells(box(0, 0, 1, 1))
    homes = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(0, 0)], crs=CRS)
    with pytest.raises(CrsError, match="the cells have no coordinate system"):
        repair_coverage(frame.set_crs(None, allow_override=True), max_width_m=1)
    with pytest.raises(SchemaError, match="no geometry column"):
        repair_coverage(pd.DataFrame({"cell_code": ["a"]}), max_width_m=1)
    with pytest.raises(SchemaError, match="the people have no column residents"):
        repair_coverage(frame, max_width_m=1, people=homes, weight="residents")
    with pytest.raises(CrsError, match="the people have no coordinate system"):
        repair_coverage(frame, max_width_m=1, people=homes.set_crs(None, allow_override=True))


def test_no_cells_at_all():
    none = cells(box(0, 0, 1, 1)).iloc[:0]
    repair = repair_coverage(none, max_width_m=1)
    assert repair.ok
    assert len(repair.cells) == len(repair.changes) == 0
    repair = repair_coverage(none, max_width_m=1, parent=box(0, 0, 9, 0.5), max_change=1)
    assert stays(repair) == [("gap", "gap of 4.5 m2: no cell lies beside it")]


def test_progress_is_told_and_a_stop_is_heard():
    shares = []
    repair_coverage(cells(box(0, 0, 1, 1)), max_width_m=1, progress=lambda share, text: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    assert np.diff(shares).min() >= 0
