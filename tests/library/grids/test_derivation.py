"""Deriving cells: they tile, follow barriers, cut nothing, keep compounds whole; what fails is listed."""

import dataclasses
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box
from shapely.affinity import rotate

from onemap.errors import CrsError, GeometryError, SchemaError
from onemap.geo.coverage import check_coverage
from onemap.grids.derivation import DerivedCells, derive_cells
from onemap.grids.derive_options import DeriveOptions
from onemap.testing import assert_contract, make_city
from onemap.translation import translate

CRS = "EPSG:4548"


def communities(*shapes: Any, codes: str = "abcdefgh") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"community_code": list(codes[: len(shapes)])}, geometry=list(shapes), crs=CRS)


def layer(*shapes: Any, classes: Any = None) -> gpd.GeoDataFrame:
    columns = {} if classes is None else {"class": list(classes)}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def road(*points: tuple[float, float]) -> LineString:
    return LineString(points)


def reasons(result: DerivedCells, rule: str) -> list[str]:
    """Return the reasons of one rule; all of them speak Chinese too."""
    assert all(translate(reason, "zh") != reason for reason in result.unmet["reason"])
    return result.unmet.loc[result.unmet["rule"] == rule, "reason"].tolist()


def assert_sound(result: DerivedCells, boundary: gpd.GeoDataFrame, buildings: Any = None) -> None:
    """Assert what must hold of any derived cells, told from the geometry alone."""
    cells = result.cells
    report = check_coverage(cells, parent=boundary)
    assert report.ok, report.sentence
    assert (cells.geom_type == "Polygon").all()
    assert cells.is_valid.all()
    for code, mine in cells.groupby("community_code"):
        own = boundary.loc[boundary["community_code"] == code].geometry.iloc[0]
        assert check_coverage(mine, parent=own).ok
        assert mine.area.sum() == pytest.approx(own.area, rel=1e-9)
    if buildings is not None and len(buildings):
        shapes = cells.geometry.to_numpy()
        whole = shapely.union_all(boundary.boundary.to_numpy())
        for house in buildings.geometry:
            if house.intersection(whole).length > 0:
                continue  # on a community's border: the border wins
            inside = shapely.area(shapely.intersection(shapes, house))
            assert (inside > 1e-7 * house.area).sum() == house.intersects(shapely.union_all(shapes))


# --- drawn by hand ---------------------------------------------------------------------------------------------------


def test_a_road_divides_and_a_small_rest_stays_on_its_side() -> None:
    town = communities(box(0, 0, 200, 100))
    result = derive_cells(town, barriers=layer(road((90, -5), (90, 105)), classes=["branch"]))
    assert result.cells["area_m2"].tolist() == [9000.0, 11000.0]
    assert result.cells["kind"].tolist() == ["basic", "basic"]
    assert len(result.unmet) == 0
    assert_sound(result, town)


def test_the_border_goes_round_a_building_that_a_road_runs_through() -> None:
    town = communities(box(0, 0, 200, 100))
    house = box(85, 40, 105, 60)
    result = derive_cells(town, barriers=layer(road((90, 0), (90, 100)), classes=["branch"]), buildings=layer(house))
    assert result.counts["buildings_cut"] == 0
    # three quarters of the house stand to the east of the road
    assert result.cells["buildings"].tolist() == [0, 1]
    assert result.cells["area_m2"].tolist() == [9000.0 - 100.0, 11000.0 + 100.0]
    assert_sound(result, town, layer(house))


def test_a_community_border_wins_over_a_building_and_the_owner_is_told() -> None:
    town = communities(box(0, 0, 100, 100), box(100, 0, 200, 100))
    result = derive_cells(town, buildings=layer(box(90, 40, 130, 60)))
    assert reasons(result, "building") == ["building 0 lies across the border of a, b; 75.0 percent of it are in b"]
    assert result.counts["buildings_across_border"] == 1
    assert result.cells["buildings"].tolist() == [0, 1]
    assert_sound(result, town)


def test_a_building_across_the_outer_border_is_listed() -> None:
    result = derive_cells(communities(box(0, 0, 100, 100)), buildings=layer(box(80, 40, 120, 60)))
    assert reasons(result, "building") == ["building 0 lies across the outer border of a; 50.0 percent of it are in a"]


def test_straight_cuts_go_through_the_gap_between_houses() -> None:
    town = communities(box(0, 0, 200, 100))
    houses = layer(*(box(x, 10, x + 40, 90) for x in (5, 52, 108, 155)))
    result = derive_cells(town, buildings=houses)
    assert len(result.cells) == 2
    assert result.cells["buildings"].tolist() == [2, 2]
    east, west = (c.bounds for c in result.cells.geometry)
    assert 92 <= east[2] <= 108
    assert west[0] == east[2]


@pytest.mark.parametrize(("size", "kind"), [(19_000, "basic"), (20_000, "exclusive")])
def test_a_compound_is_a_cell_of_its_own_from_a_size_on(size: float, kind: str) -> None:
    town = communities(box(0, 0, 400, 200))
    yard = box(100, 0, 100 + size / 200, 200)
    crossing = layer(road((0, 100), (400, 100)), classes=["branch"])
    result = derive_cells(town, barriers=crossing, compounds=layer(yard, classes=["A"]))
    held = result.cells[result.cells.contains(yard.buffer(-0.1))]
    assert held["kind"].tolist() == [kind]
    assert held["area_m2"].tolist() == [size]
    assert held["land_use"].tolist() == ["A"]
    assert result.counts["exclusive"] == (kind == "exclusive")
    assert_sound(result, town)


def test_only_the_classes_named_become_exclusive() -> None:
    town = communities(box(0, 0, 600, 200))
    yards = layer(box(0, 0, 200, 200), box(400, 0, 600, 200), classes=["R", "A"])
    cells = derive_cells(town, compounds=yards, exclusive_classes=("A",)).cells
    assert cells.loc[cells["kind"] == "exclusive", "land_use"].tolist() == ["A"]
    assert (cells["land_use"] == "R").sum() == 1  # whole all the same


def test_a_strong_barrier_through_a_compound_is_listed() -> None:
    town = communities(box(0, 0, 300, 200))
    result = derive_cells(
        town,
        barriers=layer(road((0, 100), (300, 100)), classes=["arterial"]),
        compounds=layer(box(100, 0, 200, 200), classes=["A"]),
    )
    assert reasons(result, "barrier") == ["100 m of arterial run through a compound that stays whole"]


def test_an_opening_up_to_snap_m_is_closed_and_a_wider_one_is_listed() -> None:
    town = communities(box(0, 0, 200, 100))
    for gap, cells, listed in ((1.9, [9000.0, 11000.0], []), (2.1, None, ["98 m of branch end openly"])):
        wall = layer(road((90, 0), (90, 100 - gap)), classes=["branch"])
        result = derive_cells(town, barriers=wall, buildings=layer())
        assert [r[:25] for r in reasons(result, "open_end")] == [r[:25] for r in listed]
        if cells is not None:
            assert result.cells["area_m2"].tolist() == cells
            assert result.counts["openings_closed"] == 1


def test_nothing_is_snapped_where_snap_m_is_nought() -> None:
    town = communities(box(0, 0, 200, 100))
    wall = layer(road((90, 0), (90, 99.5)), classes=["branch"])
    assert derive_cells(town, barriers=wall, snap_m=0).counts["openings_closed"] == 0
    assert len(derive_cells(town, barriers=layer(road((90, 0), (90, 100)), classes=["branch"]), snap_m=0).cells) == 2


def test_an_almost_closed_ring_closes_on_itself() -> None:
    town = communities(box(0, 0, 300, 300))
    ring = road((100, 100), (200, 100), (200, 200), (100, 200), (100, 101.5))
    cells = derive_cells(town, barriers=layer(ring, classes=["wall"]), land_use_m2={"built": 80_000}).cells
    assert sorted(cells["area_m2"]) == [10000.0, 80000.0]


def test_the_median_of_a_road_belongs_to_one_side() -> None:
    town = communities(box(0, 0, 200, 110))
    ways = layer(road((0, 50), (200, 50)), road((0, 60), (200, 60)), classes=["arterial", "arterial"])
    result = derive_cells(town, barriers=ways)
    assert sorted(result.cells["area_m2"]) == [10000.0, 12000.0]
    assert reasons(result, "barrier") == [
        "200 m of arterial run inside a cell: the land beside is too small or too narrow for one"
    ]


def test_small_land_behind_a_strong_barrier_stays_and_is_listed() -> None:
    town = communities(box(0, 0, 200, 100))
    result = derive_cells(town, barriers=layer(road((160, 0), (160, 100)), classes=["railway"]))
    assert sorted(result.cells["area_m2"]) == [4000.0, 16000.0]
    assert reasons(result, "size") == [
        "4000 m2 are too small for a cell, but all that borders on them lies behind a strong barrier"
    ]


def test_each_part_of_a_community_is_divided_for_itself() -> None:
    town = communities(shapely.union_all([box(0, 0, 100, 100), box(150, 0, 190, 50)]))
    result = derive_cells(town)
    assert sorted(result.cells["area_m2"]) == [2000.0, 10000.0]
    assert reasons(result, "size") == ["2000 m2 stand alone: no other land of the community borders on them"]
    assert_sound(result, town)


def test_land_that_two_communities_claim_is_listed() -> None:
    town = communities(box(0, 0, 100, 100), box(90, 0, 190, 100))
    result = derive_cells(town)
    assert reasons(result, "boundary") == ["a, b overlap over 1000.0 m2; the land goes to the first"]
    assert result.cells[["community_code", "area_m2"]].to_numpy().tolist() == [["a", 10000.0], ["b", 9000.0]]


def test_in_the_country_a_group_is_one_cell_or_several() -> None:
    land = communities(box(0, 0, 600, 300)).assign(rule="country")
    groups = layer(box(0, 0, 290, 300), box(295, 0, 600, 300))
    lane = layer(road((150, 0), (150, 300)), classes=["lane"])
    one = derive_cells(land, barriers=lane, compounds=groups, rule_column="rule")
    assert sum(one.cells["area_m2"]) == 180_000
    assert len(one.cells) == 2
    assert (one.cells["kind"] == "basic").all()
    several = derive_cells(land, barriers=lane, compounds=groups, rule="country", country_m2=45_000)
    assert len(several.cells) == 4
    for shape in groups.geometry:  # no cell has land of two groups
        cut = several.cells.intersection(shape.buffer(-5)).area
        assert ((cut == 0) | (cut > 0.8 * several.cells.area)).all()
    assert_sound(several, land)


def test_a_group_stays_a_cell_however_small() -> None:
    land = communities(box(0, 0, 300, 300))
    result = derive_cells(land, compounds=layer(box(0, 0, 20, 20), box(20, 0, 300, 300)), rule="country")
    assert round(min(result.cells["area_m2"])) == 400
    assert_sound(result, land)


def test_water_and_open_land_may_be_larger() -> None:
    land = communities(box(0, 0, 600, 300))
    lake = gpd.GeoDataFrame({"kind": ["lake"]}, geometry=[box(0, 0, 300, 300)], crs=CRS)
    result = derive_cells(land, barriers=lake, buildings=layer())
    assert result.cells["land_use"].tolist() == ["water", "open"]
    assert result.cells["area_m2"].tolist() == [90000.0, 90000.0]


def test_a_class_nobody_knows_is_listed_and_a_class_of_weight_nought_left_out() -> None:
    town = communities(box(0, 0, 200, 100))
    ways = layer(road((90, 0), (90, 100)), classes=["goat track"])
    assert reasons(derive_cells(town, barriers=ways), "barrier_class") == [
        "the class goat track of 1 barriers is unknown, taken as other"
    ]
    left_out = derive_cells(town, barriers=ways, weights={"goat track": 0.0}, land_use_m2={"built": 20_000})
    assert len(left_out.cells) == 1


def test_barriers_by_class_in_several_frames() -> None:
    town = communities(box(0, 0, 200, 200))
    one = gpd.GeoDataFrame(geometry=[road((90, 0), (90, 200))], crs=CRS)
    other = gpd.GeoDataFrame(geometry=[road((0, 100), (200, 100))], crs=CRS).to_crs(4490)
    result = derive_cells(town, barriers={"branch": one, "river": other})
    assert len(result.cells) == 4


# --- promises --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def city() -> Any:
    return make_city()


@pytest.fixture(scope="module")
def ground(city: Any) -> dict[str, Any]:
    return {
        "barriers": {"road": city.frames["emap_road"], "river": city.frames["emap_water"]},
        "buildings": city.buildings,
        "compounds": city.frames["frame_compound"],
    }


def test_the_sample_city(city: Any, ground: dict[str, Any]) -> None:
    result = derive_cells(city.communities, **ground)
    assert_sound(result, city.communities)
    assert result.counts["buildings_cut"] == 0
    assert result.cells["buildings"].sum() == result.counts["buildings"] == 800


def test_the_contract(city: Any, ground: dict[str, Any]) -> None:
    assert_contract(derive_cells, city.communities, answer=lambda r: r.cells, keeps_index=False, **ground)
    assert_contract(derive_cells, city.communities, answer=lambda r: r.unmet, keeps_index=False, **ground)


def test_the_order_of_every_layer_does_not_matter(city: Any, ground: dict[str, Any]) -> None:
    def shuffled(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.sample(frac=1, random_state=5).rename_geometry("shape_of_it")

    before = derive_cells(city.communities, **ground)
    now = derive_cells(
        shuffled(city.communities),
        barriers={name: shuffled(frame) for name, frame in reversed(ground["barriers"].items())},
        buildings=shuffled(ground["buildings"]),
        compounds=shuffled(ground["compounds"]),
    )
    assert_geodataframe_equal(now.cells, before.cells)
    assert now.cells.geometry.to_wkb().equals(before.cells.geometry.to_wkb())
    assert_geodataframe_equal(now.unmet, before.unmet)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:3857", "EPSG:4527"])
def test_cells_meet_the_border_exactly_in_any_system(city: Any, ground: dict[str, Any], crs: str) -> None:
    boundary = city.communities.to_crs(crs)
    result = derive_cells(boundary, **ground)
    assert result.cells.crs == boundary.crs
    assert check_coverage(result.cells, parent=boundary).ok
    assert result.counts["buildings_cut"] == 0


COORDINATE = st.floats(min_value=-20, max_value=520, allow_nan=False).map(lambda v: round(v, 3))
POINT = st.tuples(COORDINATE, COORDINATE)
LINE = st.lists(POINT, min_size=2, max_size=4, unique=True).map(LineString)
HOUSE = st.tuples(POINT, st.integers(5, 60), st.integers(5, 30), st.integers(0, 89)).map(
    lambda h: rotate(box(h[0][0], h[0][1], h[0][0] + h[1], h[0][1] + h[2]), h[3])
)
CLASS = st.sampled_from(["arterial", "branch", "lane", "path", "river"])
DISTRICT = communities(
    Polygon([(0, 0), (250, 0), (260, 130), (240, 250), (0, 240)]),
    Polygon([(250, 0), (500, 0), (490, 260), (240, 250), (260, 130)]),
    Polygon([(0, 240), (240, 250), (490, 260), (500, 500), (0, 500)]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    lines=st.lists(st.tuples(LINE, CLASS), max_size=6),
    houses=st.lists(HOUSE, max_size=8),
    yards=st.lists(HOUSE, max_size=2),
    target=st.sampled_from([6_000.0, 20_000.0, 60_000.0]),
    order=st.randoms(use_true_random=False),
)
def test_whatever_divides_the_land_cells_tile_it(
    lines: list[Any], houses: list[Any], yards: list[Any], target: float, order: Any
) -> None:
    ways = layer(*(line for line, _ in lines), classes=[name for _, name in lines])
    built, grounds = layer(*houses), layer(*yards, classes=["A"] * len(yards))
    result = derive_cells(DISTRICT, barriers=ways, buildings=built, compounds=grounds, target_m2=target)
    assert_sound(result, DISTRICT, built)
    assert result.counts["buildings_cut"] == 0
    rows = list(range(len(lines)))
    order.shuffle(rows)
    again = derive_cells(
        DISTRICT.iloc[::-1],
        barriers=ways.iloc[rows],
        buildings=built.iloc[::-1],
        compounds=grounds.iloc[::-1],
        target_m2=target,
    )
    assert again.cells.geometry.to_wkb().equals(result.cells.geometry.to_wkb())
    pd.testing.assert_frame_equal(again.cells.drop(columns="geometry"), result.cells.drop(columns="geometry"))


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("rule", "sea", "the rule is sea; it must be town or country"),
        ("target_m2", 0, "target_m2 is 0; it must be an area above 0 m2"),
        ("snap_m", -1, "snap_m is -1; it must be 0 or more"),
        ("largest", 1.0, "largest is 1.0; it must be above 1"),
        ("hard", 2, "hard is 2; it must lie between 0 and 1"),
        ("size", 3, "no option size"),
    ],
)
def test_options_that_make_no_sense(option: str, value: Any, text: str) -> None:
    with pytest.raises(SchemaError, match=text):
        derive_cells(communities(box(0, 0, 9, 9)), **{option: value})


def test_options_are_taken_whole_or_one_by_one() -> None:
    town = communities(box(0, 0, 200, 200))
    options = DeriveOptions(target_m2=40_000)
    assert len(derive_cells(town, options=options).cells) == 1
    assert len(derive_cells(town, options=options, target_m2=20_000).cells) == 2
    assert dataclasses.replace(options, snap_m=3).snap_m == 3


def test_bad_frames_are_refused_with_what_is_needed() -> None:
    town = communities(box(0, 0, 100, 100))
    with pytest.raises(CrsError, match="barriers has no coordinate system"):
        derive_cells(town, barriers=gpd.GeoDataFrame(geometry=[road((0, 0), (1, 1))]))
    with pytest.raises(SchemaError, match="has no column community_code"):
        derive_cells(town.rename(columns={"community_code": "code"}))
    with pytest.raises(SchemaError, match="missing or repeated: a"):
        derive_cells(pd.concat([town, town]))
    with pytest.raises(GeometryError, match="communities must be valid polygons; a are not"):
        derive_cells(communities(Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])))
    with pytest.raises(GeometryError, match="the buildings must be polygons; rows 0 are not"):
        derive_cells(town, buildings=layer(road((0, 0), (9, 9))))
    with pytest.raises(GeometryError, match="barriers must be lines or polygons; rows 0 are not"):
        derive_cells(town, barriers=layer(shapely.Point(1, 1)))
    with pytest.raises(SchemaError, match="must be town or country"):
        derive_cells(town.assign(r="sea"), rule_column="r")


def test_rows_without_geometry_and_invalid_ones_are_listed() -> None:
    town = communities(box(0, 0, 100, 100))
    bow = Polygon([(10, 10), (20, 20), (20, 10), (10, 20)])
    result = derive_cells(town, buildings=layer(None, bow))
    assert reasons(result, "geometry") == [
        "1 rows of the buildings have no geometry",
        "invalid buildings were mended: 1",
    ]


def test_a_district_without_anything() -> None:
    none = derive_cells(communities(box(0, 0, 9, 9)).iloc[:0], buildings=layer(), barriers=layer())
    assert len(none.cells) == len(none.unmet) == 0
    assert none.counts["cells"] == 0
    assert np.issubdtype(none.cells["area_m2"].dtype, np.floating)


def test_only_what_is_in_force_divides() -> None:
    land = communities(box(0, 0, 200, 100), box(0, 0, 100, 100)).assign(valid_to=[None, "2026-06-30"])
    roads = layer(road((90, 0), (90, 100)), road((120, 0), (120, 100)), classes=["branch", "branch"]).assign(
        valid_from=[None, "2026-07-01"], valid_to=["2026-06-30", None]
    )
    later = derive_cells(land, barriers=roads, as_of="2026-07-01")
    assert later.counts["communities"] == 1
    assert later.cells["area_m2"].tolist() == [12000.0, 8000.0]
    named = derive_cells(land, barriers={"branch": roads}, as_of="2026-07-01")
    assert_geodataframe_equal(named.cells, later.cells)
