"""Nesting is proved, not assumed."""

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from onemap import check_nesting
from onemap.errors import CrsError, SchemaError
from onemap.geo.defects import COLUMNS
from onemap.translation import translate

CRS = "EPSG:4548"


def level(name, shapes, codes, parents=None):
    frame = gpd.GeoDataFrame({f"{name}_code": codes}, geometry=shapes, crs=CRS)
    return frame if parents is None else frame.assign(parent_code=parents)


def town(**changes):
    """Return two streets of two communities each of two cells each, all right, with some levels changed."""
    levels = {
        "grid_street": level("street", [box(0, 0, 4, 2), box(4, 0, 8, 2)], ["s1", "s2"]),
        "grid_community": level(
            "community",
            [box(i, 0, i + 2, 2) for i in (0, 2, 4, 6)],
            ["m1", "m2", "m3", "m4"],
            ["s1", "s1", "s2", "s2"],
        ),
        "grid_cell": level(
            "cell",
            [box(i, 0, i + 1, 2) for i in range(8)],
            [f"c{i}" for i in range(8)],
            ["m1", "m1", "m2", "m2", "m3", "m3", "m4", "m4"],
        ),
    }
    return {**levels, **changes}


def found(table):
    return [
        (row.layer_id, row.kind, round(row.area_m2, 9), row.cells, row.reason) for row in table.itertuples(index=False)
    ]


def test_levels_that_nest():
    table = check_nesting(town())
    assert list(table.columns) == ["layer_id", *COLUMNS, "geometry"]
    assert len(table) == 0
    assert table.crs == CRS


def test_a_child_outside_its_parent_is_told_with_where_it_strays():
    cells = town()["grid_cell"]
    cells.loc[1, "geometry"] = box(1, 0, 2.5, 2)
    cells.loc[2, "geometry"] = box(2.5, 0, 3, 2)
    assert found(check_nesting(town(grid_cell=cells))) == [
        ("grid_cell", "nesting", 1.0, ("c1",), "1 m2 of c1 lie outside its parent m1, in m2")
    ]
    cells.loc[1, "geometry"] = box(1, 0, 2, 3)
    cells.loc[2, "geometry"] = box(2, 0, 3, 2)
    assert found(check_nesting(town(grid_cell=cells))) == [
        ("grid_cell", "nesting", 1.0, ("c1",), "1 m2 of c1 lie outside its parent m1")
    ]


def test_a_child_that_names_the_wrong_parent():
    cells = town()["grid_cell"]
    cells.loc[1, "parent_code"] = "m2"
    assert found(check_nesting(town(grid_cell=cells))) == [
        ("grid_cell", "nesting", 2.0, ("c1",), "2 m2 of c1 lie outside its parent m2, in m1")
    ]


def test_a_parent_that_its_children_do_not_fill():
    cells = town()["grid_cell"].drop(index=5)
    assert found(check_nesting(town(grid_cell=cells))) == [
        ("grid_cell", "gap", 2.0, ("c4", "c6"), "no child of m3 covers 2 m2 of it, up to 1 m wide")
    ]
    without = town()["grid_cell"].query("parent_code != 'm3'")
    assert found(check_nesting(town(grid_cell=without))) == [
        ("grid_cell", "gap", 4.0, ("c3", "c6"), "no child of m3 covers 4 m2 of it, up to 2 m wide")
    ]


def test_codes_that_lead_nowhere():
    cells = town()["grid_cell"]
    cells.loc[0, "parent_code"] = "m9"
    cells.loc[3, "parent_code"] = None
    assert found(check_nesting(town(grid_cell=cells))) == [
        ("grid_cell", "orphan", 2.0, ("c0",), "c0 names the parent m9, which does not exist"),
        ("grid_cell", "orphan", 2.0, ("c3",), "c3 names no parent"),
    ]


def test_parent_codes_that_run_in_a_circle():
    communities, cells = town()["grid_community"], town()["grid_cell"]
    cells.loc[0, "parent_code"] = "c0"
    cells.loc[6, "parent_code"] = "c7"
    cells.loc[7, "parent_code"] = "c6"
    communities.loc[1, "parent_code"] = "c3"
    reasons = check_nesting(town(grid_community=communities, grid_cell=cells))["reason"].tolist()
    assert reasons == [
        "the parent codes of m2 run in a circle: m2 > c3 > m2",
        "the parent codes of c0 run in a circle: c0 > c0",
        "the parent codes of c6 run in a circle: c6 > c7 > c6",
        "the parent codes of c7 run in a circle: c7 > c6 > c7",
    ]


def test_a_code_of_several_rows():
    communities = town()["grid_community"]
    communities.loc[1, "community_code"] = "m1"
    table = check_nesting(town(grid_community=communities))
    assert found(table)[0] == ("grid_community", "duplicate", 8.0, ("m1",), "2 rows have the code m1")
    assert found(table)[1:] == [
        ("grid_cell", "orphan", 2.0, ("c2",), "c2 names the parent m2, which does not exist"),
        ("grid_cell", "orphan", 2.0, ("c3",), "c3 names the parent m2, which does not exist"),
    ]


def test_without_parent_codes_the_largest_share_decides():
    levels = town()
    levels["grid_cell"] = levels["grid_cell"].drop(columns="parent_code")
    assert check_nesting(levels).empty
    levels["grid_cell"].loc[1, "geometry"] = box(1, 0, 2.25, 2)
    levels["grid_cell"].loc[2, "geometry"] = box(2.25, 0, 3, 2)
    assert [row[3] for row in found(check_nesting(levels))] == [("c1",)]


def test_any_column_may_hold_the_codes():
    wards = gpd.GeoDataFrame({"NAME": ["w"]}, geometry=[box(0, 0, 2, 2)], crs=CRS)
    zones = gpd.GeoDataFrame({"ID": ["z"]}, geometry=[box(0, 0, 3, 2)], crs=CRS)
    table = check_nesting({"ward": wards, "zone": zones}, codes={"ward": "NAME", "zone": "ID"})
    assert found(table) == [("zone", "nesting", 2.0, ("z",), "2 m2 of z lie outside its parent w")]


def test_slivers_under_the_tolerance_are_mismatches():
    street = level("street", [Polygon([(0, 0), (8, 0), (8, 2), (4, 2.001), (0, 2)])], ["s1"])
    cells = level("cell", [box(0, 0, 8, 2)], ["c"], ["s1"])
    levels = {"grid_street": street, "grid_cell": cells}
    assert check_nesting(levels)["kind"].tolist() == ["gap"]
    table = check_nesting(levels, tolerance_m=0.01)
    assert table["kind"].tolist() == ["mismatch"]
    assert table["reason"].iloc[0] == "the border of c does not match its parent s1 over 8 m"
    assert translate(table["reason"].iloc[0]) == "c 与其上级 s1 的边界有 8 米不吻合"


def test_what_cannot_be_worked_on_is_refused():
    with pytest.raises(SchemaError, match="no level"):
        check_nesting({})
    with pytest.raises(SchemaError, match="tolerance_m"):
        check_nesting(town(), tolerance_m=-1)
    with pytest.raises(CrsError, match="grid_cell is in EPSG:4490"):
        check_nesting(town(grid_cell=town()["grid_cell"].to_crs("EPSG:4490")))
    with pytest.raises(CrsError, match="grid_cell has no coordinate system"):
        check_nesting(town(grid_cell=town()["grid_cell"].set_crs(None, allow_override=True)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 7), st.integers(1, 6), st.randoms(use_true_random=False))
def test_any_shift_of_a_border_is_found_whatever_the_order(which, eighths, random):
    """Move the border between two neighbours: inside a parent that is nothing, across parents it is one nesting."""
    right = which + 1
    cells = town()["grid_cell"]
    if right == len(cells):
        cells.loc[which, "geometry"] = box(which, 0, which + 1 + eighths / 8, 2)
        area, other = eighths / 4, False
    else:
        cells.loc[which, "geometry"] = box(which, 0, which + 1 + eighths / 8, 2)
        cells.loc[right, "geometry"] = box(right + eighths / 8, 0, right + 1, 2)
        area, other = eighths / 4, which % 2 == 0
    order = list(range(len(cells)))
    random.shuffle(order)
    table = check_nesting(town(grid_cell=cells.iloc[order]))
    expected = [] if other else [("grid_cell", "nesting", area, (f"c{which}",))]
    assert [row[:4] for row in found(table)] == expected
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(check_nesting(town(grid_cell=cells))))


def test_washington_wards_commissions_and_districts(real_data):
    """Two advisory commissions really cross a ward line; elsewhere lines were drawn anew, up to nine metres off."""
    path = real_data / "washington_dc" / "dc_boundaries.gpkg"
    names = {"ward": ("ward_2012", "NAME"), "anc": ("anc_2013", "ANC_ID"), "smd": ("smd_2013", "SMD_ID")}
    levels = {name: gpd.read_file(path, layer=layer).to_crs("EPSG:26985") for name, (layer, _) in names.items()}
    codes = {name: column for name, (_, column) in names.items()}
    table = check_nesting(levels, codes=codes, tolerance_m=1.0)
    assert table.groupby(["layer_id", "kind"]).size().to_dict() == {
        ("anc", "mismatch"): 53,
        ("anc", "nesting"): 26,
        ("smd", "mismatch"): 328,
    }
    strays = table[table["kind"] == "nesting"]
    assert strays["reason"].tolist()[:3] == [
        "4,161,947 m2 of 6D lie outside its parent Ward 6, in Ward 2",
        "1,413,026 m2 of 3G lie outside its parent Ward 4, in Ward 3",
        "1,257 m2 of 3C lie outside its parent Ward 3, in Ward 1",
    ]
    assert strays["width_m"].iloc[2:].max() < 10
    assert sorted({cell for cells in strays["cells"] for cell in cells}) == [
        "1C", "1D", "2D", "3C", "3G", "4A", "5D", "6D", "8C", "8D",
    ]  # fmt: skip
    # no commission sticks out of its districts by more than a millimetre: the slivers are all that differs
    assert table.loc[table["layer_id"] == "smd", "width_m"].max() < 0.001
