"""Completeness: what is missing, stale, empty or outside, for the district and each street."""

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from onemap.basemap.completeness import (
    Presence,
    Streets,
    completeness_table,
    empty_relations,
    measure_footprint,
    measure_frame,
)
from onemap.manifest import Source

CRS = "EPSG:4548"
FRAME = gpd.GeoDataFrame(
    {"street_code": ["b", "a"], "name": ["B", None]},
    geometry=[shapely.box(100, 0, 200, 100), shapely.box(0, 0, 100, 100)],
    crs=CRS,
)
STREETS = Streets.of(FRAME, "street_code", shapely.box(0, 0, 200, 100))


def source(layer: str, **keys) -> Source:
    return Source(layer=layer, path=Path("x"), name="x", **keys)


def states(layer_id: str, presence: Presence, today: dt.date | None = None, **keys) -> list[tuple[str, str]]:
    table = completeness_table({layer_id: presence}, {layer_id: [source(layer_id, **keys)]}, STREETS, as_of=today)
    mine = table[table["layer_id"] == layer_id]
    return list(zip(mine["state"], mine["reason"], strict=True))


def frame_of(*shapes) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)


def test_the_district_comes_first_then_streets_by_code():
    assert STREETS.codes == (None, "a", "b")
    assert STREETS.names == (None, "a", "B")


def test_a_class_without_source_is_missing_everywhere():
    table = completeness_table({}, {}, STREETS, as_of=None)
    assert len(table) == 8 * 3
    assert set(table["state"]) == {"missing"}
    assert table["layer_id"].isna().all()


def test_rows_are_counted_where_they_lie():
    presence = measure_frame(frame_of(shapely.Point(10, 10), shapely.Point(100, 50)), STREETS, beyond_m=None, read=2)
    assert presence.rows.tolist() == [2, 2, 1]
    assert [state for state, _ in states("emap_poi", presence)] == ["present", "present", "present"]


def test_polygons_tell_their_share():
    shapes = frame_of(shapely.box(0, 0, 50, 100), shapely.box(90, 0, 110, 100), shapely.box(-50, 0, -10, 9))
    presence = measure_frame(shapes, STREETS, beyond_m=None, read=3)
    assert presence.share.tolist() == pytest.approx([0.35, 0.6, 0.1])


def test_a_street_without_rows_makes_the_district_partial():
    presence = measure_frame(frame_of(shapely.Point(10, 10)), STREETS, beyond_m=None, read=1)
    assert states("emap_poi", presence) == [
        ("partial", "nothing in B"),
        ("present", ""),
        ("empty", "no row lies here"),
    ]


def test_nature_may_be_absent_from_a_street():
    presence = measure_frame(frame_of(shapely.box(10, 10, 20, 20)), STREETS, beyond_m=None, read=1)
    assert [state for state, _ in states("emap_water", presence)] == ["present"] * 3


def test_a_source_without_rows_is_empty_and_one_beyond_the_border_outside():
    nothing = frame_of()
    assert states("emap_poi", measure_frame(nothing, STREETS, beyond_m=None, read=0))[0] == (
        "empty",
        "the source has no rows",
    )
    assert states("emap_poi", measure_frame(nothing, STREETS, beyond_m=993.2, read=9))[0] == (
        "outside",
        "lies wholly outside the district, 993 m away",
    )


def test_a_raster_that_does_not_reach_the_border_is_partial_and_one_far_away_outside():
    assert states("terrain_dem", measure_footprint(shapely.box(-9, -9, 150, 109), STREETS)) == [
        ("partial", "terrain_dem does not reach the border: it covers 75.0 percent"),
        ("present", ""),
        ("partial", "terrain_dem does not reach the border: it covers 50.0 percent"),
    ]
    assert (
        states("imagery_ortho", measure_footprint(shapely.box(500, 0, 600, 100), STREETS))
        == [("outside", "lies wholly outside the district, 300 m away")] * 3
    )


def test_what_is_older_than_its_update_cycle_is_stale():
    presence = measure_frame(frame_of(shapely.Point(100, 10)), STREETS, beyond_m=None, read=1)
    today = dt.date(2026, 6, 30)
    found = states("place_name", presence, today, as_of=dt.date(2026, 1, 1), update_cycle_days=180)
    assert found[0][0] == "present"
    found = states("place_name", presence, today, as_of=dt.date(2025, 12, 31), update_cycle_days=180)
    assert found == [("stale", "of 2025-12-31, 1 days past its update cycle of 180")] * 3
    assert states("place_name", presence, None, as_of=dt.date(1999, 1, 1))[0][0] == "present"


def test_buildings_without_cell_and_cells_without_building():
    buildings = frame_of(shapely.box(0, 0, 1, 1), shapely.box(99, 0, 101, 1), shapely.box(900, 0, 901, 1))
    cells = frame_of(*(shapely.box(x, 0, x + 50, 50) for x in np.arange(0, 200, 50)))
    assert empty_relations(buildings, cells) == (1, 1)
