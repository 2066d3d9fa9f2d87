"""Openings in barriers: closed below the stated width and not above it, however they lie; the others are listed."""

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import LineString, box
from shapely.affinity import rotate, translate

from onemap.geo.coverage import check_coverage
from onemap.grids.derivation import DerivedCells, derive_cells

HOME = "EPSG:4548"
SNAP = 2.0
SLACK = 0.003
"""Lines that may move lie on a grid of a millimetre: that near to the width either answer is right."""


def walls(kind: str, gap: float) -> list[LineString]:
    """Return walls in a square of 300 m that divide it in two, but for an opening."""
    if kind == "ring":  # almost closes on itself
        return [LineString([(100, 100), (200, 100), (200, 200), (100, 200), (100, 100 + gap)])]
    if kind == "border":  # almost reaches the border
        return [LineString([(100, 0), (100, 300 - gap)])]
    if kind == "facing":  # two ends face each other
        return [LineString([(100, 0), (100, 150)]), LineString([(100, 150 + gap), (100, 300)])]
    return [LineString([(100, 0), (100, 200 - gap)]), LineString([(0, 200), (300, 200)])]  # almost meets another wall


def derived(kind: str, gap: float, *, angle: float, crs: str, snap: float = SNAP, **options: Any) -> DerivedCells:
    def placed(shapes: list[Any]) -> gpd.GeoSeries:
        there = [translate(rotate(shape, angle, origin=(0, 0)), 440_000, 4_420_000) for shape in shapes]
        return gpd.GeoSeries(there, crs=HOME).to_crs(crs)

    land = gpd.GeoDataFrame({"community_code": ["a"]}, geometry=placed([box(0, 0, 300, 300)]))
    lines = placed(walls(kind, gap))
    frame = gpd.GeoDataFrame({"class": ["wall"] * len(lines)}, geometry=lines)
    result = derive_cells(land, barriers=frame, snap_m=snap, land_use_m2={"built": 80_000.0}, **options)
    assert check_coverage(result.cells, parent=land).ok
    return result


CELLS = {"ring": (2, 1), "border": (2, 1), "facing": (2, 1), "corner": (3, 2)}
"""Cells with the opening closed, and with it open."""


@pytest.mark.parametrize("crs", [HOME, "EPSG:4490", "EPSG:3857"])
@pytest.mark.parametrize("angle", [0.0, 31.7])
@pytest.mark.parametrize("kind", CELLS)
def test_the_width_decides_whatever_the_angle_and_the_system(kind: str, angle: float, crs: str) -> None:
    below = derived(kind, SNAP - SLACK, angle=angle, crs=crs)
    above = derived(kind, SNAP + SLACK, angle=angle, crs=crs)
    assert (len(below.cells), len(above.cells)) == CELLS[kind]
    assert "open_end" not in set(below.unmet["rule"])
    assert below.counts["openings_left"] == 0
    listed = above.unmet.loc[above.unmet["rule"] == "open_end"]
    assert len(listed) == above.counts["openings_left"] >= 1
    assert (
        listed["reason"]
        .str.endswith("m of wall end openly inside a cell: nothing to close them lies within 2.0 m")
        .all()
    )
    assert listed.geometry.to_crs(HOME).length.sum() > 90


@pytest.mark.parametrize("gap", [0.0099, 0.01, 0.010000000000000002, 0.0101])
@pytest.mark.parametrize("kind", CELLS)
def test_an_opening_as_wide_as_lines_are_kept_clear_of_borders_is_closed(kind: str, gap: float) -> None:
    assert len(derived(kind, gap, angle=0.0, crs=HOME, snap=1.0).cells) == CELLS[kind][0]


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(sorted(CELLS)),
    angle=st.floats(0, 180),
    gap=st.floats(0.01, 12),
    snap=st.floats(0, 8).map(lambda v: round(v, 2)),
    crs=st.sampled_from([HOME, "EPSG:4490"]),
)
def test_an_opening_is_closed_where_it_is_narrower_and_only_there(
    kind: str, angle: float, gap: float, snap: float, crs: str
) -> None:
    assume(abs(gap - snap) > SLACK)
    assume(snap > 0.01)
    result = derived(kind, gap, angle=angle, crs=crs, snap=snap)
    assert len(result.cells) == CELLS[kind][gap > snap]
    assert ("open_end" in set(result.unmet["rule"])) == (gap > snap)


def test_what_sticks_out_by_less_than_the_width_is_no_opening_and_a_longer_end_is_listed() -> None:
    """A wall across the land, and a short one from it that leads nowhere."""
    for length, listed in ((1.9, 0), (2.1, 1), (15.0, 1)):
        land = gpd.GeoDataFrame({"community_code": ["a"]}, geometry=[box(0, 0, 300, 300)], crs=HOME)
        lines = [LineString([(0, 150), (300, 150)]), LineString([(100, 150), (100, 150 + length)])]
        ways = gpd.GeoDataFrame({"class": ["wall", "wall"]}, geometry=lines, crs=HOME)
        result = derive_cells(land, barriers=ways, land_use_m2={"built": 80_000.0})
        assert (result.unmet["rule"] == "open_end").sum() == result.counts["openings_left"] == listed
        assert len(result.cells) == 2


def test_open_ends_of_weak_barriers_are_counted_and_not_listed() -> None:
    land = gpd.GeoDataFrame({"community_code": ["a"]}, geometry=[box(0, 0, 300, 300)], crs=HOME)
    lines = [LineString([(100, 0), (100, 90)]), LineString([(200, 300), (200, 200)])]
    ways = gpd.GeoDataFrame({"class": ["lane", "branch"]}, geometry=lines, crs=HOME)
    result = derive_cells(land, barriers=ways, land_use_m2={"built": 80_000.0})
    assert result.counts["openings_left"] == 2
    assert [reason[:15] for reason in result.unmet["reason"]] == ["100 m of branch"]


def test_nothing_moves_by_more_than_the_width() -> None:
    """Whatever is led on, every border of a cell lies on what was drawn, but for links no longer than the width."""
    rng = np.random.default_rng(3)
    land = gpd.GeoDataFrame({"community_code": ["a"]}, geometry=[box(0, 0, 400, 400)], crs=HOME)
    lines = [LineString(rng.uniform(0, 400, (3, 2))) for _ in range(12)]
    ways = gpd.GeoDataFrame({"class": ["wall"] * 12}, geometry=lines, crs=HOME)
    result = derive_cells(land, barriers=ways, target_m2=300_000.0, smallest=0.0, min_width_m=0.0)
    drawn = shapely.union_all([*lines, land.geometry.iloc[0].boundary])
    borders = shapely.union_all(result.cells.boundary.to_numpy())
    away = shapely.get_parts(shapely.difference(borders, shapely.buffer(drawn, 0.02)))
    assert (shapely.length(away) <= SNAP).all()
