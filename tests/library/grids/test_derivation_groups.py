"""What stays whole: villagers' groups in the country, exclusive compounds in town; what cannot be is listed."""

from itertools import pairwise
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, box
from shapely.affinity import rotate

from onemap.geo.coverage import check_coverage
from onemap.grids.derivation import DerivedCells, derive_cells
from onemap.translation import translate

CRS = "EPSG:4548"


def land(*shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"community_code": list("abcd"[: len(shapes)])}, geometry=list(shapes), crs=CRS)


def layer(*shapes: Any, classes: Any = None) -> gpd.GeoDataFrame:
    columns = {} if classes is None else {"class": list(classes)}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


def said(result: DerivedCells) -> list[str]:
    """Return what could not be honoured; all of it speaks Chinese too."""
    assert all(translate(reason, "zh") != reason for reason in result.unmet["reason"])
    return result.unmet["reason"].tolist()


def country(*groups: Any, on: gpd.GeoDataFrame | None = None, **options: Any) -> DerivedCells:
    where = land(box(0, 0, 600, 300)) if on is None else on
    return derive_cells(where, compounds=layer(*groups), rule="country", **options)


# what decides how many cells a group has: its parts, and the size where one is given


def test_a_group_is_one_cell_whatever_runs_through_it() -> None:
    railway = layer(LineString([(150, -1), (150, 301)]), classes=["railway"])
    result = country(box(0, 0, 300, 300), box(300, 0, 600, 300), barriers=railway)
    assert result.cells["area_m2"].tolist() == [90_000.0, 90_000.0]
    assert said(result) == ["300 m of railway run through a compound that stays whole"]


def test_a_size_makes_several_cells_of_a_group_and_a_small_group_stays_one() -> None:
    result = country(box(0, 0, 500, 300), box(500, 0, 600, 300), country_m2=50_000)
    assert sorted(result.cells["area_m2"]) == pytest.approx([30_000, 50_000, 50_000, 50_000], rel=0.02)
    assert said(result) == []
    small = country(box(0, 0, 570, 300), box(570, 0, 600, 300), country_m2=90_000)
    assert sorted(small.cells["area_m2"]) == pytest.approx([9_000, 85_500, 85_500], rel=0.02)
    assert said(small) == []


def test_a_group_in_two_places_is_two_cells_and_is_listed() -> None:
    parts = MultiPolygon([box(0, 0, 200, 300), box(400, 0, 600, 300)])
    result = country(parts, box(200, 0, 400, 300))
    assert result.cells["area_m2"].tolist() == [60_000.0] * 3
    assert said(result) == ["compound 0 is in 2 parts apart; 50.0 percent of it are in one cell"]
    assert said(country(parts, box(200, 0, 400, 300), country_m2=60_000)) == []  # several cells were asked for


def test_land_that_two_groups_claim_is_listed_also_where_groups_may_be_divided() -> None:
    for size in (None, 45_000.0):
        result = country(box(0, 0, 320, 300), box(280, 0, 600, 300), country_m2=size)
        assert set(result.unmet["rule"]) == {"compound"}
        assert "compound 0 overlaps a building or another compound" in said(result)[0]


def test_a_group_across_communities_is_divided_by_their_border_and_listed() -> None:
    result = country(box(0, 0, 350, 300), box(350, 0, 600, 300), on=land(box(0, 0, 300, 300), box(300, 0, 600, 300)))
    assert sorted(result.cells["area_m2"]) == [15_000.0, 75_000.0, 90_000.0]
    assert said(result) == ["compound 0 lies across the border of a, b; 85.7 percent of it are in one cell"]


def test_parts_of_a_group_that_miss_the_size_are_listed_with_what_stands_in_the_way() -> None:
    great = country(box(0, 0, 600, 300), buildings=layer(box(10, 10, 590, 290)), country_m2=20_000)
    assert said(great) == ["180000 m2 are more than 35000 m2, since what is in them stays whole"]
    railway = layer(LineString([(360, -1), (360, 301)]), classes=["railway"])
    small = country(box(0, 0, 400, 300), on=land(box(0, 0, 400, 300)), barriers=railway, country_m2=100_000)
    assert said(small) == [
        "12000 m2 are too small for a cell, but all that borders on them lies behind a strong barrier"
    ]


def test_a_house_across_two_groups_stays_whole_and_the_groups_are_listed() -> None:
    for size in (None, 90_000.0):
        result = country(
            box(0, 0, 300, 300), box(300, 0, 600, 300), buildings=layer(box(290, 100, 330, 140)), country_m2=size
        )
        assert result.counts["buildings_cut"] == 0
        assert any(reason.startswith("compound 0 overlaps a building") for reason in said(result))


WAY = st.lists(st.tuples(st.integers(-50, 950), st.integers(-50, 650)), min_size=2, max_size=4, unique=True)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cuts=st.lists(st.integers(1, 8), max_size=4, unique=True).map(sorted),
    lanes=st.integers(0, 14),
    ways=st.lists(st.tuples(WAY, st.sampled_from(["branch", "lane", "railway"])), max_size=4),
    size=st.sampled_from([None, 40_000.0, 120_000.0]),
    angle=st.sampled_from([0, 17]),
    degrees=st.booleans(),
)
def test_no_cell_has_land_of_two_groups(
    cuts: list[int], lanes: int, ways: list[Any], size: float | None, angle: int, degrees: bool
) -> None:
    """Groups side by side with lanes between: as many cells as groups, or each cell in one of them."""
    sides = [0, *(100 * cut for cut in cuts), 900]
    drawn = [box(west + lanes * (west > 0), 0, east, 600) for west, east in pairwise(sides)]
    groups = [rotate(shape, angle, origin=(0, 0)) for shape in drawn]
    where = land(rotate(box(0, 0, 900, 600), angle, origin=(0, 0)))
    lines = layer(*(LineString(way) for way, _ in ways), classes=[name for _, name in ways])
    boundary = where.set_geometry(where.translate(500_000, 4_400_000))
    compounds = layer(*(shapely.affinity.translate(shape, 500_000, 4_400_000) for shape in groups))
    if degrees:
        boundary = boundary.to_crs("EPSG:4490")
    options = {
        "barriers": lines.set_geometry(lines.translate(500_000, 4_400_000)), "rule": "country", "country_m2": size,
    }  # fmt: skip
    result = derive_cells(boundary, compounds=compounds, **options)
    assert check_coverage(result.cells, parent=boundary).ok
    assert (result.cells.geom_type == "Polygon").all()
    cells, there = result.cells.geometry.to_numpy(), compounds.to_crs(boundary.crs).geometry.to_numpy()
    for shape in cells:
        held = shapely.area(shapely.intersection(shape, there))
        assert (held > 1e-4 * shape.area).sum() == 1
    if size is None:
        assert len(cells) == len(groups)
    again = derive_cells(boundary, compounds=compounds.iloc[::-1], **options)
    assert again.cells.geometry.to_wkb().equals(result.cells.geometry.to_wkb())


# exclusive cells are carved out


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    yards=st.lists(
        st.tuples(st.integers(70, 220), st.integers(70, 220), st.integers(0, 44), st.sampled_from("AR")),
        min_size=1, max_size=4,
    ),
    ways=st.lists(st.tuples(WAY, st.sampled_from(["branch", "lane", "path", "railway"])), max_size=4),
    least=st.sampled_from([10_000.0, 20_000.0]),
    only=st.sampled_from([None, ("A",)]),
)  # fmt: skip
def test_a_cell_is_exclusive_if_and_only_if_it_is_such_a_compound(
    yards: list[Any], ways: list[Any], least: float, only: Any
) -> None:
    """Compounds apart from one another; those of the size and the class are cells to a hair, all others lie in one."""
    centres = [(200, 200), (600, 200), (200, 600), (600, 600)]
    shapes = [
        rotate(box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2), angle)
        for (x, y), (wide, high, angle, _) in zip(centres, yards, strict=False)
    ]
    compounds = layer(*shapes, classes=[name for *_, name in yards])
    lines = layer(*(LineString(way) for way, _ in ways), classes=[name for _, name in ways])
    where = land(box(0, 0, 800, 800))
    result = derive_cells(where, barriers=lines, compounds=compounds, exclusive_m2=least, exclusive_classes=only)
    assert check_coverage(result.cells, parent=where).ok
    cells = result.cells.geometry.to_numpy()
    wanted = [
        shape.area >= least and (only is None or name in only)
        for shape, name in zip(shapes, compounds["class"], strict=True)
    ]
    assert (result.cells["kind"] == "exclusive").sum() == result.counts["exclusive"] == sum(wanted)
    for shape, alone in zip(shapes, wanted, strict=True):
        held = shapely.area(shapely.intersection(cells, shape)) / shape.area
        home = int(held.argmax())
        assert held[home] > 0.999
        assert (result.cells["kind"].iloc[home] == "exclusive") == alone
        if alone:
            scraps = cells[home].area - shape.area  # land between it and a way, too small for a cell
            assert scraps < 0.1 * 10_000 * len(lines) + 1


@pytest.mark.parametrize(
    ("uses", "areas"),
    [
        ({}, [60_000.0, 60_000.0]),  # water and open land as they come
        ({"water": 30_000.0}, [30_000.0, 30_000.0, 60_000.0]),
        ({"open": 30_000.0}, [30_000.0, 30_000.0, 60_000.0]),
        ({"A": 30_000.0}, [60_000.0, 60_000.0]),  # a compound stays whole, whatever its size
    ],
)
def test_each_use_of_land_aims_at_its_own_size(uses: dict[str, float], areas: list[float]) -> None:
    where = land(box(0, 0, 400, 300))
    lake = layer(box(0, 0, 200, 300), classes=["lake"])
    sizes = {"open": 100_000.0, "water": 1_000_000.0, **uses}
    result = derive_cells(where, barriers=lake, buildings=layer(), land_use_m2=sizes)
    assert sorted(result.cells["area_m2"]) == pytest.approx(areas, rel=0.02)
    assert set(result.cells["land_use"]) == {"water", "open"}
    pd.testing.assert_series_equal(result.cells.area.round(2), result.cells["area_m2"], check_names=False)
