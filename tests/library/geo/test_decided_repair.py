"""Land given as a person decided: exactly that land, to exactly that cell; areas by shapely's own union and difference."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from onemap.geo.coverage import check_coverage
from onemap.geo.decided_repair import Wish, give_places

X, Y = 500_000.0, 4_400_000.0
CRS = "EPSG:4548"


def frame(*shapes):
    moved = [shapely.affinity.translate(shape, X, Y) for shape in shapes]
    return gpd.GeoDataFrame({"cell_code": [chr(97 + n) for n in range(len(shapes))]}, geometry=moved, crs=CRS)


def give(cells, kind, x, y, to, parent=None, number=1):
    made, told = give_places(cells, [Wish(number, kind, X + x, Y + y, to)], code="cell_code", parent=parent)
    return made, told[number]


def same(one, other):
    return bool((one.geometry.to_wkb() == other.geometry.to_wkb()).all())


def test_a_gap_goes_to_the_cell_that_was_chosen_and_no_other_border_moves():
    cells = frame(box(0, 0, 10, 10), box(12, 0, 20, 10), box(0, 10, 20, 20), box(0, -9, 20, 0))
    parent = shapely.affinity.translate(box(0, -9, 20, 20), X, Y)
    made, told = give(cells, "gap", 11, 5, "b", parent)
    assert (told.followed, told.area_m2, told.took_from, told.reason) == (True, pytest.approx(20), (), "")
    assert made.area.round(9).tolist() == [100, 100, 200, 180]
    assert same(made.iloc[[0]], cells.iloc[[0]])
    assert shapely.equals(made.geometry.to_numpy(), cells.geometry.to_numpy()).tolist() == [True, False, True, True]
    # above and below there are the vertices of the land that b has now
    assert shapely.get_num_coordinates(made.geometry.to_numpy()).tolist() == [5, 7, 7, 7]
    assert check_coverage(made, parent=parent).ok


def test_a_gap_around_a_cell_goes_to_one_neighbour_and_not_that_cell_with_it():
    cells = frame(box(0, 0, 10, 30), box(12, 2, 18, 28), box(20, 0, 30, 30), box(10, -5, 20, 0), box(10, 30, 20, 35))
    made, told = give(cells, "gap", 11, 5, "a")
    assert told.area_m2 == pytest.approx(300 - 156)
    assert made.area.round(9).tolist() == [444, 156, 300, 50, 50]
    assert check_coverage(made).counts["gap"] == check_coverage(made).counts["overlap"] == 0


def test_an_overlap_goes_to_one_of_both_to_a_third_or_to_none():
    cells = frame(box(0, 0, 10, 10), box(8, 0, 20, 10), box(0, 10, 20, 20))
    for to, areas in (("a", [100, 100, 200]), ("b", [80, 120, 200]), ("c", [80, 100, 220]), ("", [80, 100, 200])):
        made, told = give(cells, "overlap", 9, 5, to)
        assert made.area.round(9).tolist() == areas, to
        assert told.took_from == tuple(code for code in "ab" if code != to)
        assert check_coverage(made).counts["overlap"] == 0


def test_a_part_outside_is_cut_off_and_can_go_to_nobody():
    cells = frame(box(0, 0, 10, 10), box(10, 0, 23, 10))
    parent = shapely.affinity.translate(box(0, 0, 20, 10), X, Y)
    made, told = give(cells, "outside", 22, 5, "", parent)
    assert (told.followed, told.area_m2, told.took_from) == (True, pytest.approx(30), ("b",))
    assert check_coverage(made, parent=parent).ok
    kept, told = give(cells, "outside", 22, 5, "a", parent)
    assert (told.followed, told.reason) == (False, "what lies outside can go to no cell")
    assert kept is cells


@pytest.mark.parametrize(
    ("kind", "x", "y", "to", "reason"),
    [
        ("gap", 11, 5, "zz", "there is no cell zz any more"),
        ("gap", 11, 5, "", "no cell is named that gets the land"),
        ("gap", 11, 5, "d", "gap of 20 m2: d does not lie beside it, and would have two parts"),
        ("gap", 5, 5, "b", "there is no such place any more"),
        ("overlap", 11, 5, "a", "there is no such place any more"),
        ("overlap", 35, 5, "c", "overlap of 20 m2: closing it would cut d into parts"),
        ("overlap", 51, 1, "e", "overlap of 4 m2: closing it would leave nothing of f"),
    ],
)
def test_what_is_not_done_says_why(kind, x, y, to, reason):
    across = Polygon([(30, 4), (40, 4), (40, 6), (30, 6)])
    cells = frame(
        box(0, 0, 10, 10), box(12, 0, 20, 10), across, box(34, 0, 36, 10), box(50, 0, 60, 10), box(50, 0, 52, 2)
    )
    wall = frame(box(0, 0, 20, 0.5), box(0, 9.5, 20, 10)).geometry.to_numpy()
    cells = gpd.GeoDataFrame({"cell_code": [*"abcdef", "w", "v"]}, geometry=[*cells.geometry, *wall], crs=CRS)
    if (kind, to) == ("gap", "zz"):
        cells = cells.iloc[:8]
    made, told = give(cells, kind, x, y, to)
    if reason.startswith("gap of"):
        reason = reason.replace("20", "18")
    if (kind, x) == ("overlap", 35):
        reason = reason.replace("20", "4")
    assert (told.followed, told.reason) == (False, reason)
    assert made is cells


def test_what_the_source_closed_meanwhile_is_done_already():
    cells = frame(box(0, 0, 10, 10), box(10, 0, 20, 10))
    parent = shapely.affinity.translate(box(0, 0, 20, 10), X, Y)
    made, told = give(cells, "gap", 11, 5, "b", parent)
    assert (made is cells, told.followed, told.reason) == (
        True,
        True,
        "done already: b has this land in the source",
    )
    assert give(cells, "outside", 22, 5, "", parent)[1].reason == "done already in the source"


def test_of_several_decisions_about_a_place_the_last_counts():
    cells = frame(box(0, 0, 10, 10), box(8, 0, 20, 10))
    wishes = [Wish(1, "overlap", X + 9, Y + 5, "a"), Wish(4, "overlap", X + 8.5, Y + 2, "b")]
    made, told = give_places(cells, wishes, code="cell_code")
    assert (told[1].followed, told[1].later, told[4].followed) == (False, 4, True)
    assert made.area.tolist() == [80, 120]
    refused = [*wishes, Wish(9, "overlap", X + 9, Y + 1, "", acts=False)]
    made, told = give_places(cells, refused, code="cell_code")
    assert made is cells
    assert {number: one.later for number, one in told.items()} == {1: 9, 4: 9}


def test_the_order_of_the_rows_does_not_matter():
    cells = frame(box(0, 0, 10, 10), box(12, 0, 20, 10), box(0, 10, 20, 20), box(0, -9, 20, 0))
    wishes = [Wish(1, "gap", X + 11, Y + 5, "a")]
    parent = shapely.affinity.translate(box(0, -9, 20, 20), X, Y)
    straight, _ = give_places(cells, wishes, code="cell_code", parent=parent)
    turned, _ = give_places(cells[::-1], wishes, code="cell_code", parent=parent)
    assert same(turned[::-1], straight)
    print("R9: a decided repair does not depend on the order of rows")


@st.composite
def coverages(draw):
    """A small coverage of quadrilaterals between shaken corners, of which each cell has corners of its own."""
    size = draw(st.integers(2, 4))
    seed = draw(st.integers(0, 10_000))
    random = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.arange(size + 1), np.arange(size + 1), indexing="ij"), axis=-1) * 100.0
    grid[1:-1, 1:-1] += random.uniform(-25, 25, grid[1:-1, 1:-1].shape)
    shapes = []
    for i in range(size):
        for j in range(size):
            ring = grid[[i, i + 1, i + 1, i], [j, j, j + 1, j + 1]].copy()
            own = random.random(4) < 0.3
            ring[own] += random.uniform(-8, 8, (int(own.sum()), 2))
            shapes.append(Polygon(ring))
    return frame(*shapes), shapely.affinity.translate(box(0, 0, 100 * size, 100 * size), X, Y), random


def far_from(place, defects):
    """Return what is wrong away from a place."""
    far = defects[defects.distance(place.geometry) > 1e-6]
    return sorted((row.kind, row.cells, *np.round(row.geometry.bounds, 3).tolist()) for row in far.itertuples())


@settings(max_examples=150, deadline=None)
@given(coverages())
def test_one_place_given_to_one_neighbour_changes_exactly_that_place(made):
    cells, parent, random = made
    before = check_coverage(cells, parent=parent).defects
    places = before[before["kind"].isin(["gap", "overlap", "outside"]) & (before["area_m2"] > 1)].reset_index(drop=True)
    assume(len(places))
    place = places.iloc[int(random.integers(len(places)))]
    beside = list(place["cells"])
    to = "" if place["kind"] == "outside" else str(random.choice(beside))
    spot = place.geometry.representative_point()
    wish = Wish(1, place["kind"], round(spot.x, 2), round(spot.y, 2), to)
    after, told = give_places(cells, [wish], code="cell_code", parent=parent)
    old, new = cells.set_index("cell_code").geometry, after.set_index("cell_code").geometry
    if not told[1].followed:
        assert "into parts" in told[1].reason or "does not lie beside" in told[1].reason, told[1].reason
        assert after is cells
        return
    assert told[1].area_m2 == pytest.approx(place["area_m2"], abs=1e-6)
    losers = set(beside) - {to} if place["kind"] != "gap" else set()
    assert set(told[1].took_from) == losers
    for code in old.index:
        wanted = old[code]
        if code == to:
            wanted = shapely.union(wanted, place.geometry)
        elif code in losers:
            wanted = shapely.difference(wanted, place.geometry)
        assert shapely.area(shapely.symmetric_difference(new[code], wanted)) < 1e-6
        assert new[code].is_valid
        assert new[code].geom_type == old[code].geom_type
        if shapely.distance(old[code], place.geometry) > 1e-6:
            assert new[code].wkb == old[code].wkb
    left = check_coverage(after, parent=parent)
    gone = [row for row in left.defects.itertuples() if row.kind == place["kind"] and row.geometry.covers(spot)]
    assert not gone
    assert far_from(place, left.defects) == far_from(place, before)
    again, twice = give_places(after, [wish], code="cell_code", parent=parent)
    assert again is after
    assert twice[1].followed
    assert twice[1].reason.startswith("done already")
