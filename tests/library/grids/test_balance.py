"""Responsibility grids of equal load: what is promised of every plan, and what is said of the impossible."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from onemap import balance_cells
from onemap.errors import CrsError, SchemaError
from onemap.testing import assert_contract, make_city
from onemap.translation import translate

CRS = "EPSG:4548"


def board(loads: list[list[int]], *, side: float = 100.0, drop: str = "", **columns) -> gpd.GeoDataFrame:
    """Return square cells: row by row from north to south, named a1, a2 ... b1 ...; those in ``drop`` are left out."""
    rows = [
        (f"{'abcdefgh'[i]}{j + 1}", load, box(j * side, -i * side - side, j * side + side, -i * side))
        for i, row in enumerate(loads)
        for j, load in enumerate(row)
    ]
    rows = [row for row in rows if row[0] not in drop.split()]
    frame = gpd.GeoDataFrame(
        {"cell_code": [r[0] for r in rows], "households": [r[1] for r in rows]}, geometry=[r[2] for r in rows], crs=CRS
    )
    for name, values in columns.items():
        frame[name] = [values.get(code) for code in frame["cell_code"]]
    return frame


def by_code(result, cells) -> dict[str, str]:
    return dict(zip(cells["cell_code"], result.groups, strict=True))


def together(result, cells) -> set[frozenset[str]]:
    """Return the groups as sets of cells, whatever their names."""
    return {frozenset(rows["cell_code"]) for _, rows in cells.assign(g=result.groups).groupby("g")}


def assert_legal(result, cells, *, within=None):
    """Each group one polygon (joined in a point alone it would be two), inside one area; no cell without a group."""
    assert result.groups.notna().all()
    for _, rows in cells.assign(g=result.groups).groupby("g"):
        assert shapely.union_all(rows.geometry.to_numpy()).geom_type == "Polygon"
        if within:
            assert len(set(rows[within])) == 1


# --- what it does


def test_a_row_of_cells_is_cut_in_the_middle():
    cells = board([[100, 300, 300, 100]])
    result = balance_cells(cells, load="households", groups=2)
    assert together(result, cells) == {frozenset({"a1", "a2"}), frozenset({"a3", "a4"})}
    assert result.ok
    assert result.proved
    after = result.table.iloc[0]
    assert after[["area", "state", "groups", "load_min", "load_max", "spread"]].tolist() == [
        "*",
        "after",
        2,
        400,
        400,
        0,
    ]
    assert after["border_m"] == 100
    assert after["compactness"] == pytest.approx(np.pi * 4 * 20_000 / 600**2)


def test_of_equally_even_plans_the_one_with_the_shorter_border():
    cells = board([[1] * 4] * 2)
    result = balance_cells(cells, load="households", groups=2)
    assert result.table.iloc[0]["border_m"] == 200  # cut across, not along


def test_the_balance_comes_before_the_border():
    cells = board([[9, 1, 1, 1], [1, 1, 1, 9]])
    result = balance_cells(cells, load="households", groups=2)
    assert result.table.iloc[0][["load_min", "load_max"]].tolist() == [12, 12]


def test_a_tolerance_leaves_the_rest_to_the_border():
    cells = board([[10, 10, 10, 11], [10, 10, 10, 17]])
    strict = balance_cells(cells, load="households", groups=2).table.iloc[0]
    loose = balance_cells(cells, load="households", groups=2, tolerance=0.1).table.iloc[0]
    assert (strict["deviation"], strict["border_m"]) == (pytest.approx(4 / 44), 200) or strict["deviation"] < 4 / 44
    assert loose["border_m"] == 200
    assert loose["deviation"] <= 0.1


def test_load_from_several_columns_with_weights_and_by_area():
    cells = board([[4, 0, 0, 0]]).assign(cases=[0, 2, 2, 4])
    summed = balance_cells(cells, load=["households", "cases"], groups=2)
    assert together(summed, cells) == {frozenset({"a1", "a2"}), frozenset({"a3", "a4"})}
    weighted = balance_cells(cells, load={"households": 2.0, "cases": 1.0}, groups=2)
    assert together(weighted, cells) == {frozenset({"a1"}), frozenset({"a2", "a3", "a4"})}
    area = balance_cells(cells, load="area", groups=2)
    assert area.table.iloc[0][["load_min", "load_max"]].tolist() == [20_000, 20_000]


def test_groups_stay_inside_their_area():
    cells = board([[5, 1, 1, 5]], street={"a1": "s", "a2": "s", "a3": "s", "a4": "t"})
    result = balance_cells(cells, load="households", within="street", groups={"s": 2, "t": 1})
    assert together(result, cells) == {frozenset({"a1"}), frozenset({"a2", "a3"}), frozenset({"a4"})}
    assert by_code(result, cells)["a4"] == "t-1"
    whole = balance_cells(cells, load="households", within="street", groups=3)  # shared out by load: 7 and 5
    assert together(whole, cells) == together(result, cells)


def test_three_to_five_hundred_households_unless_something_else_is_said():
    cells = board([[100] * 5] * 4)
    result = balance_cells(cells, load="households")
    assert result.table.iloc[0][["groups", "load_min", "load_max"]].tolist() == [5, 400, 400]
    assert balance_cells(cells, load="households", target=500).table.iloc[0]["groups"] == 4
    assert balance_cells(cells, load="households", target=(900, 1100)).table.iloc[0]["groups"] == 2


def test_a_barrier_is_gone_around_or_not_at_all():
    cells = board([[1, 1], [1, 1], [1, 1]])
    wall = gpd.GeoDataFrame(geometry=[LineString([(100, 0), (100, -200)])], crs=CRS)
    result = balance_cells(cells, load="households", groups=2, barriers=wall)
    assert together(result, cells) == {frozenset({"a1", "b1", "c1"}), frozenset({"a2", "b2", "c2"})}
    assert result.table.iloc[0]["border_m"] == pytest.approx(100)  # the wall costs nothing
    long = gpd.GeoSeries([LineString([(100, 0), (100, -300)])], crs=CRS)
    parted = balance_cells(cells, load="households", groups=3, barriers=long)
    assert parted.impossible["kind"].tolist() == ["disconnected"]
    assert all(len({code[1] for code in group}) == 1 for group in together(parted, cells))


def test_a_building_keeps_its_cells_together():
    cells = board([[1, 1, 1, 1]])
    house = gpd.GeoSeries([box(190, -60, 210, -40)], crs=CRS)
    result = balance_cells(cells, load="households", groups=2, buildings=house)
    assert by_code(result, cells)["a2"] == by_code(result, cells)["a3"]
    nudge = gpd.GeoSeries([box(199.95, -60, 250, -40)], crs=CRS)  # 0.1 percent of it: no reason to stay together
    assert together(balance_cells(cells, load="households", groups=2, buildings=nudge), cells) == {
        frozenset({"a1", "a2"}), frozenset({"a3", "a4"}),
    }  # fmt: skip


def test_locked_cells_keep_their_group_and_its_name():
    cells = board([[1, 1, 1, 1]] * 2)
    locked = {"a1": "west", "b2": "west"}
    result = balance_cells(cells, load="households", groups=2, locked=locked)
    groups = by_code(result, cells)
    assert groups["a1"] == groups["b2"] == "west"
    assert result.table.iloc[0]["deviation"] == 0
    assert_legal(result, cells)
    column = balance_cells(
        cells.assign(fixed=cells["cell_code"].map(locked)), load="households", groups=2, locked="fixed"
    )
    assert by_code(column, cells) == groups


def test_minimum_and_maximum_come_before_an_even_load():
    cells = board([[6, 5, 5, 4, 4, 4]])  # most even: 11, 9, 8; at least 9: 11 | 5 4 | 4 4 cannot be
    even = balance_cells(cells, load="households", groups=3).table.iloc[0]
    assert (even["load_min"], even["load_max"]) == (8, 11)
    bounded = balance_cells(cells, load="households", groups=3, maximum=10, minimum=6)
    assert bounded.loads["load"].between(6, 10).all() or not bounded.ok


def test_seeds_keep_their_names_and_moving_has_its_price():
    old = {"a1": "w", "a2": "w", "a3": "w", "a4": "e"}
    cells = board([[10, 10, 10, 20]], old=old)
    free = balance_cells(cells, load="households", seeds="old")
    assert by_code(free, cells) == {"a1": "w", "a2": "w", "a3": "w", "a4": "e"}  # 30 to 20 is as even as 20 to 30
    uneven = board([[10, 10, 10, 10]], old=old)
    moved = balance_cells(uneven, load="households", seeds="old")
    assert by_code(moved, uneven) == {"a1": "w", "a2": "w", "a3": "e", "a4": "e"}
    assert moved.table.set_index("state").loc["after", ["cells_moved", "people_moved"]].tolist() == [1, 10]
    assert moved.table.set_index("state")["deviation"].to_dict() == {"before": 0.5, "after": 0.0}
    dear = balance_cells(uneven, load="households", seeds="old", move_price=2.0)  # 20 for a deviation of 10
    assert by_code(dear, uneven) == old
    cheap = balance_cells(uneven, load="households", seeds="old", move_price=0.5)
    assert by_code(cheap, uneven) == by_code(moved, uneven)


def test_a_division_to_compare_with_is_no_start():
    cells = board([[10, 10, 10, 10]], old={"a1": "w", "a2": "e", "a3": "e", "a4": "w"})
    result = balance_cells(cells, load="households", groups=2, before="old")
    before = result.table.set_index("state").loc["before"]
    assert (before["groups"], before["scattered"]) == (2, 1)
    assert set(result.groups) == {"w", "e"}


def test_grids_are_the_cells_joined():
    cells = board([[1, 2], [3, 4]])
    result = balance_cells(cells, load="households", groups=2)
    assert result.grids.area.sum() == 40_000
    assert sorted(result.grids["load"]) == [4, 6]
    assert result.grids.crs == cells.crs
    assert result.cells.drop(columns="group").equals(cells)


# --- what is impossible


IMPOSSIBLE = {
    "parts apart": ("disconnected", {"drop": "a2 b2"}, {"groups": 2}),
    "parts that touch in a point": ("disconnected", {"drop": "a2 b1 b3"}, {"groups": 2}),
    "more parts than groups": ("no_count", {"drop": "a2 b2"}, {"groups": 1}),
    "too few cells": ("too_few_cells", {}, {"groups": 9}),
    "a cell above the maximum": ("heavy_cell", {}, {"groups": 6, "maximum": 15}),
    "no number fits the band": ("no_count", {}, {"target": 55, "minimum": 50, "maximum": 60}),
    "a minimum that cannot be reached": ("minimum", {}, {"groups": 3, "minimum": 50}),
    "a maximum that cannot be kept": ("maximum", {}, {"groups": 1, "maximum": 50}),
    "locked in two parts": ("locked_apart", {"drop": "a2 b2"}, {"groups": 2, "locked": {"a1": "x", "a3": "x"}}),
    "locked in two areas": ("locked_apart", {}, {"groups": 3, "within": "street", "locked": {"a1": "x", "a3": "x"}}),
    "locked cells in between": (
        "lock_broken", {}, {"groups": 2, "locked": {"a1": "x", "b1": "x", "a2": "y", "b2": "y", "a3": "x"}},
    ),
    "more locked groups than groups": ("no_count", {}, {"groups": 1, "locked": {"a1": "x", "a3": "y"}}),
    "one building, two locks": (
        "locked_twice", {}, {"groups": 2, "locked": {"a1": "x", "a2": "y"}, "buildings": box(90, -60, 110, -40)},
    ),
    "a building in two areas": ("building", {}, {"groups": 3, "within": "street", "buildings": box(190, -60, 210, -40)}),
    "a cell without geometry": ("no_geometry", {}, {"groups": 2, "blank": True}),
    "a cell without area": ("no_area", {}, {"groups": 3, "within": "hole"}),
    "a barrier through everything": ("disconnected", {}, {"groups": 2, "barriers": LineString([(100, 9), (100, -300)])}),
}  # fmt: skip


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_the_impossible_is_said_and_the_best_legal_plan_given(what):
    kind, shape, options = IMPOSSIBLE[what]
    streets = {f"{i}{j}": "s" if j < 3 else "t" for i in "ab" for j in (1, 2, 3)}
    cells = board([[10, 20, 10], [10, 20, 10]], street=streets, hole={**streets, "b2": None}, **shape)
    options = dict(options)
    if options.pop("blank", False):
        cells.loc[0, "geometry"] = None
    for layer in ("buildings", "barriers"):
        if layer in options:
            options[layer] = gpd.GeoSeries([options[layer]], crs=CRS)
    result = balance_cells(cells, load="households", **options)
    assert kind in set(result.impossible["kind"])
    assert not result.ok
    used = cells[result.groups.notna()]
    assert len(cells) - len(used) == (kind in ("no_geometry", "no_area"))
    for _, rows in used.assign(g=result.groups).groupby("g"):
        assert shapely.union_all(rows.geometry.to_numpy()).geom_type == "Polygon"
    for reason in result.impossible["reason"]:
        assert translate(reason, "zh") != reason


def test_nothing_at_all():
    cells = board([[1, 2]]).iloc[:0]
    result = balance_cells(cells, load="households", groups=2)
    assert len(result.groups) == len(result.table) == 0
    assert result.sentence == "there is no cell to divide"
    assert len(result.grids) == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"groups": 2, "target": 3}, "give either groups or target, not both"),
        ({"groups": 0}, "groups is 0; it must be a whole number from 1"),
        ({"load": "area"}, "with the area as load, say groups or target"),
        ({"groups": 2, "load": "no"}, "the cells have no column no; they have cell_code, households"),
        ({"groups": 2, "load": {"households": -1}}, "load names no column, or a weight below 0: {'households': -1}"),
        ({"groups": {"s": 1}, "within": "cell_code"}, "groups says nothing of a1, a2"),
        ({"groups": 2, "locked": {"z9": "x"}}, "locked names cells that do not exist: z9"),
        ({"groups": 2, "minimum": 5, "maximum": 4}, None),
        ({"groups": 2, "move_price": -1.0}, None),
        ({"groups": 2, "tolerance": float("nan")}, None),
    ],
)
def test_what_cannot_be_worked_on_is_refused(options, sentence):
    with pytest.raises(SchemaError) as error:
        balance_cells(board([[1, 2]]), **{"load": "households", **options})
    assert sentence is None or str(error.value) == sentence
    assert error.value.text("zh") != str(error.value)


def test_loads_that_are_no_numbers_and_codes_that_stand_twice_are_refused():
    cells = board([[1, 2, 3]])
    for wrong in (None, -1.0, float("inf")):
        with pytest.raises(SchemaError, match="households must be a number from 0 in every cell; it is not in a2"):
            balance_cells(cells.assign(households=[1.0, wrong, 2.0]), load="households", groups=2)
    with pytest.raises(SchemaError, match="cell_code is not unique in the cells: a1"):
        balance_cells(cells.assign(cell_code=["a1", "a1", "a3"]), load="households", groups=2)
    with pytest.raises(CrsError):
        balance_cells(cells.set_crs(None, allow_override=True), load="households", groups=2)


# --- what holds of every plan


@st.composite
def divisions(draw):
    height, width = draw(st.integers(1, 5)), draw(st.integers(2, 6))
    loads = draw(
        st.lists(st.lists(st.integers(0, 40), min_size=width, max_size=width), min_size=height, max_size=height)
    )
    codes = [f"{'abcdefgh'[i]}{j + 1}" for i in range(height) for j in range(width)]
    split = draw(st.integers(1, width))
    street = {code: "s" if int(code[1:]) <= split else "t" for code in codes}
    locked = draw(st.dictionaries(st.sampled_from(codes), st.sampled_from(["x", "y"]), max_size=3))
    return board(loads, street=street), locked, draw(st.integers(1, 6)), draw(st.booleans())


@settings(max_examples=40, deadline=None)
@given(divisions(), st.randoms(use_true_random=False))
def test_every_plan_is_legal_and_does_not_depend_on_the_order_of_rows(division, luck):
    cells, locked, groups, apart = division
    within = "street" if apart else None
    options = {"load": "households", "groups": groups, "within": within, "locked": locked}
    result = balance_cells(cells, **options)
    assert_legal(result, cells, within=within)
    broken = set(itertools.chain(*result.impossible.loc[result.impossible["kind"].str.startswith("lock"), "cells"]))
    assert all(by_code(result, cells)[code] == group for code, group in locked.items() if code not in broken)
    if result.ok:
        assert result.groups.nunique() == groups
    held = cells.groupby(result.groups.to_numpy())["households"].sum()
    assert held.to_dict() == dict(zip(result.loads["group"], result.loads["load"], strict=True))
    order = list(range(len(cells)))
    luck.shuffle(order)
    shuffled = balance_cells(cells.iloc[order], **options)
    pd.testing.assert_series_equal(shuffled.groups.loc[cells.index], result.groups)
    pd.testing.assert_frame_equal(shuffled.table, result.table)
    pd.testing.assert_frame_equal(shuffled.impossible, result.impossible)


@settings(max_examples=25, deadline=None)
@given(divisions(), st.integers(5, 60), st.integers(0, 60))
def test_minimum_and_maximum_hold_or_are_said_not_to(division, least, more):
    cells, locked, groups, _ = division
    result = balance_cells(cells, load="households", groups=groups, locked=locked, minimum=least, maximum=least + more)
    assert_legal(result, cells)
    beyond = result.loads[~result.loads["load"].between(least, least + more)]
    said = result.impossible[result.impossible["kind"].isin(["minimum", "maximum", "heavy_cell"])]
    assert len(beyond) == len(said)


def test_degrees_and_metres_give_the_same_groups():
    cells = make_city().cells.assign(households=lambda c: np.arange(len(c)) % 7 + 20)
    there = balance_cells(cells, load="households", within="parent_code", groups=24)
    degrees = balance_cells(cells.to_crs("EPSG:4490"), load="households", within="parent_code", groups=24)
    assert degrees.table["border_m"].to_numpy() == pytest.approx(there.table["border_m"].to_numpy(), rel=1e-3)
    assert degrees.table["spread"].tolist() == there.table["spread"].tolist()


def test_the_contract_of_public_functions():
    cells = make_city().cells.iloc[:20].assign(households=lambda c: np.arange(len(c)) % 7 + 20)
    assert_contract(balance_cells, cells, load="households", groups=3, answer=lambda result: result.cells)
