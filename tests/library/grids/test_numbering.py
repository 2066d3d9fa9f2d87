"""Numbering cells: reading order inside each community, codes kept, withdrawn ones never given again."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from onemap.errors import CrsError, SchemaError
from onemap.grids.derivation import derive_cells
from onemap.grids.numbering import number_cells
from onemap.testing import assert_contract, make_city

CRS = "EPSG:4548"
HOME, OTHER = "110102007012", "110102007013"


def squares(*places: tuple[int, int], home: str = HOME) -> gpd.GeoDataFrame:
    """Return squares of 100 m by column and row, rows counted to the north."""
    shapes = [box(100 * x, 100 * y, 100 * x + 100, 100 * y + 100) for x, y in places]
    return gpd.GeoDataFrame({"community_code": [home] * len(shapes)}, geometry=shapes, crs=CRS)


def serials(result: Any) -> list[int]:
    return [int(code[12:]) for code in result.cells["cell_code"]]


def test_rows_from_north_to_south_each_from_west_to_east() -> None:
    result = number_cells(squares((0, 0), (1, 0), (0, 1), (1, 1)), profile="GBT30428")
    assert serials(result) == [3, 4, 1, 2]
    assert result.counts == {"kept": 0, "new": 4, "withdrawn": 0}
    assert result.changes["reason"].unique().tolist() == [f"the next free serial of {HOME}"]


def test_each_community_is_numbered_for_itself() -> None:
    cells = pd.concat([squares((0, 0), (1, 0)), squares((2, 0), (3, 0), home=OTHER)], ignore_index=True)
    assert serials(number_cells(cells, profile="GBT30428")) == [1, 2, 1, 2]
    assert number_cells(cells, profile="CJT213-2005").cells["cell_code"].tolist() == [
        "11010200701201",
        "11010200701202",
        "11010200701301",
        "11010200701302",
    ]


def test_codes_of_a_column_are_kept_and_new_ones_follow_the_highest_ever_given() -> None:
    cells = squares((0, 0), (1, 0), (2, 0)).assign(cell_code=[None, f"{HOME}005", ""])
    result = number_cells(cells, profile="GBT30428", existing="cell_code", withdrawn=[f"{HOME}007"])
    assert serials(result) == [8, 5, 9]
    assert result.changes[["change", "cell_code", "row"]].to_numpy().tolist() == [
        ["kept", f"{HOME}005", "1"],
        ["withdrawn", f"{HOME}007", ""],
        ["new", f"{HOME}008", "0"],
        ["new", f"{HOME}009", "2"],
    ]
    assert cells["cell_code"].tolist()[1:] == [f"{HOME}005", ""]  # nothing is changed before it is looked at


def test_a_cell_keeps_the_code_of_the_old_one_whose_land_it_has() -> None:
    old = number_cells(squares((0, 0), (1, 0), (2, 0)), profile="GBT30428").cells
    new = gpd.GeoDataFrame(
        {"community_code": [HOME] * 3},
        geometry=[box(0, 0, 120, 100), box(120, 0, 160, 100), box(160, 0, 300, 100)],
        crs=CRS,
    )
    result = number_cells(new, profile="GBT30428", existing=old)
    assert serials(result) == [1, 4, 3]  # of 002 nobody has more than half
    assert result.changes[["change", "reason"]].to_numpy().tolist() == [
        ["kept", "keeps the code of the cell that it shares 83.3 percent of its land with"],
        ["withdrawn", f"no cell has the land of {HOME}002 any more"],
        ["kept", "keeps the code of the cell that it shares 71.4 percent of its land with"],
        ["new", f"the next free serial of {HOME}"],
    ]
    assert result.changes["area_m2"].tolist() == [12000.0, 10000.0, 14000.0, 4000.0]
    strict = number_cells(new, profile="GBT30428", existing=old, same_share=0.8)
    assert strict.counts == {"kept": 1, "new": 2, "withdrawn": 2}


def test_old_cells_without_a_code_and_no_old_cells_at_all() -> None:
    old = squares((0, 0), (1, 0)).assign(cell_code=[None, f"{HOME}004"])
    result = number_cells(squares((0, 0), (1, 0)), profile="GBT30428", existing=old)
    assert serials(result) == [5, 4]
    assert serials(number_cells(squares((0, 0)), profile="GBT30428", existing=old.iloc[:0])) == [1]


def test_a_code_is_not_carried_into_another_community() -> None:
    old = number_cells(squares((0, 0)), profile="GBT30428").cells
    result = number_cells(squares((0, 0), home=OTHER), profile="GBT30428", existing=old)
    assert result.cells["cell_code"].tolist() == [f"{OTHER}001"]
    assert result.counts == {"kept": 0, "new": 1, "withdrawn": 1}


def test_a_withdrawn_code_never_comes_back() -> None:
    cells = squares((0, 0)).assign(cell_code=[f"{HOME}001"])
    with pytest.raises(SchemaError, match="withdrawn codes stand in the items again"):
        number_cells(cells, profile="GBT30428", existing="cell_code", withdrawn=[f"{HOME}001"])


def test_serials_that_run_out_are_an_error() -> None:
    cells = squares(*((n, 0) for n in range(100)))
    with pytest.raises(SchemaError, match="100 new serials are needed, 99 are left"):
        number_cells(cells, profile="CJT213-2005")
    last = squares((0, 0), (1, 0)).assign(cell_code=[f"{HOME}999", None])
    with pytest.raises(SchemaError, match="1 new serials are needed, 0 are left"):
        number_cells(last, profile="GBT30428", existing="cell_code")


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"community_code": None}, SchemaError, "cells without a community cannot be numbered: rows 0"),
        ({"community_code": "11010200701"}, SchemaError, "has 14 characters, 15 are needed"),
        ({"cell_code": f"{OTHER}001"}, SchemaError, "is not a code under"),
        ({"cell_code": "12"}, SchemaError, "has 2 characters"),
    ],
)
def test_codes_that_do_not_fit(change: dict[str, Any], error: type, text: str) -> None:
    cells = squares((0, 0)).assign(**{"cell_code": None, **change})
    with pytest.raises(error, match=text):
        number_cells(cells, profile="GBT30428", existing="cell_code")


def test_arguments_that_do_not_fit() -> None:
    cells = squares((0, 0), (1, 0))
    with pytest.raises(SchemaError, match="no column home"):
        number_cells(cells, profile="GBT30428", community="home")
    with pytest.raises(SchemaError, match="no column old"):
        number_cells(cells, profile="GBT30428", existing="old")
    with pytest.raises(SchemaError, match="must have the index of the cells"):
        number_cells(cells, profile="GBT30428", existing=pd.Series(["a"], index=[9]))
    with pytest.raises(SchemaError, match=r"same_share is 0\.2"):
        number_cells(cells, profile="GBT30428", same_share=0.2)
    with pytest.raises(CrsError, match="the coordinate system of the new ones"):
        number_cells(cells, profile="GBT30428", existing=cells.assign(cell_code=["a", "b"]).to_crs(4490))
    with pytest.raises(CrsError, match="no coordinate system"):
        number_cells(cells.set_crs(None, allow_override=True), profile="GBT30428")
    twice = cells.assign(cell_code=[f"{HOME}001"] * 2)
    with pytest.raises(SchemaError, match="code stands more than once"):
        number_cells(twice, profile="GBT30428", existing="cell_code")


@pytest.fixture(scope="module")
def city() -> Any:
    return make_city()


def test_the_contract(city: Any) -> None:
    cells = city.cells.assign(community_code=city.cells["cell_code"].str[:12])
    assert_contract(number_cells, cells, answer=lambda r: r.cells, profile="GBT30428", code="new_code")


def test_derived_cells_of_the_sample_city(city: Any) -> None:
    cells = derive_cells(city.communities, buildings=city.buildings).cells
    result = number_cells(cells, profile="GBT30428")
    codes = result.cells["cell_code"]
    assert codes.is_unique
    assert (codes.str[:12] == cells["community_code"]).all()
    again = number_cells(cells, profile="GBT30428", existing=result.cells)
    assert again.cells["cell_code"].equals(codes)
    assert again.counts == {"kept": len(cells), "new": 0, "withdrawn": 0}


@settings(max_examples=60, deadline=None)
@given(
    places=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40, unique=True),
    gone=st.sets(st.integers(1, 60), max_size=9),
    later=st.lists(st.tuples(st.integers(10, 15), st.integers(0, 9)), max_size=9, unique=True),
    lost=st.integers(0, 5),
)
def test_codes_are_unique_stable_and_never_given_twice(
    places: list[Any], gone: set[int], later: list[Any], lost: int
) -> None:
    withdrawn = [f"{HOME}{serial:03d}" for serial in gone]
    cells = squares(*places)
    first = number_cells(cells, profile="GBT30428", withdrawn=withdrawn)
    codes = first.cells["cell_code"]
    assert codes.is_unique
    assert not set(codes) & set(withdrawn)
    backwards = number_cells(cells.iloc[::-1], profile="GBT30428", withdrawn=withdrawn)
    assert backwards.cells["cell_code"].sort_index().equals(codes)
    again = number_cells(first.cells, profile="GBT30428", existing="cell_code", withdrawn=withdrawn)
    assert again.cells["cell_code"].equals(codes)
    # some cells go, others come: what stays keeps its code, what is new gets one that nobody ever had
    stay = cells.iloc[min(lost, len(cells) - 1) :]
    next_ = pd.concat([stay, squares(*later)], ignore_index=True)
    after = number_cells(next_, profile="GBT30428", existing=first.cells, withdrawn=withdrawn)
    now = after.cells["cell_code"]
    assert now.is_unique
    assert now.iloc[: len(stay)].tolist() == codes.iloc[len(cells) - len(stay) :].tolist()
    assert not set(now.iloc[len(stay) :]) & ({*codes, *withdrawn})
    assert after.counts["withdrawn"] == len(cells) - len(stay) + len(gone)


def test_the_order_is_that_of_a_page_whatever_the_shapes() -> None:
    """Slanted rows, as cells are: the order of a page is found by their middles, half a row apart at most."""
    rng = np.random.default_rng(4)
    places = [(x, y) for y in range(5, -1, -1) for x in range(6)]
    shapes = [
        shapely.affinity.translate(box(0, 0, 90, 90), 100 * x + rng.uniform(-5, 5), 100 * y + rng.uniform(-20, 20))
        for x, y in places
    ]
    cells = gpd.GeoDataFrame({"community_code": [HOME] * 36}, geometry=shapes, crs=CRS)
    assert serials(number_cells(cells, profile="GBT30428")) == list(range(1, 37))


def test_only_what_is_in_force_is_numbered_and_codes_of_other_days_are_never_given() -> None:
    cells = squares((0, 0), (1, 0), (1, 0), (2, 0)).set_index(pd.Index(list("abcd")))
    cells = cells.assign(
        cell_code=[f"{HOME}001", f"{HOME}002", f"{HOME}001", None],
        valid_from=[None, None, "2026-07-01", "2026-07-01"],
        valid_to=["2026-06-30", "2026-06-30", None, None],
    )
    result = number_cells(cells, profile="GBT30428", existing="cell_code", as_of="2026-07-01")
    assert result.cells["cell_code"].to_dict() == {"c": f"{HOME}001", "d": f"{HOME}003"}  # 002 has ended
    series = number_cells(cells, profile="GBT30428", existing=cells["cell_code"], as_of="2026-07-01")
    assert series.cells["cell_code"].to_dict() == result.cells["cell_code"].to_dict()
    new = squares((1, 0), (2, 0))
    by_land = number_cells(new, profile="GBT30428", existing=cells, as_of="2026-07-01")
    assert by_land.cells["cell_code"].tolist() == [f"{HOME}001", f"{HOME}003"]
    assert number_cells(new, profile="GBT30428").cells["cell_code"].tolist() == [f"{HOME}001", f"{HOME}002"]


def test_old_cells_that_cross_themselves_keep_codes_by_their_land() -> None:
    old = squares((0, 0), (1, 0)).assign(cell_code=[f"{HOME}004", f"{HOME}005"])
    bow = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    old.geometry = [bow, old.geometry.iloc[1]]
    result = number_cells(squares((0, 0), (1, 0)), profile="GBT30428", existing=old)
    assert serials(result) == [6, 5]  # half of the land is not more than half of it


def test_cells_without_geometry_are_named() -> None:
    cells = squares((0, 0), (1, 0)).set_index(pd.Index(["a", "b"]))
    cells.geometry = [cells.geometry.iloc[0], None]
    with pytest.raises(SchemaError, match="without geometry cannot be numbered: rows b"):
        number_cells(cells, profile="GBT30428")
