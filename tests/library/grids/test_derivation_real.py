"""Real districts: Helsinki by highways and water, Washington's neighbourhoods by streets and lots."""

import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import box

from onemap.geo.coverage import check_coverage
from onemap.grids.derivation import DerivedCells, derive_cells
from onemap.grids.numbering import number_cells
from onemap.sources.reading import ReadRequest, read
from onemap.translation import translate

HELSINKI = {
    "communities": 1,
    "cells": 145,
    "exclusive": 0,
    "buildings": 482,
    "buildings_across_border": 4,
    "buildings_cut": 0,
    "compounds": 0,
    "openings_left": 441,
    "openings_closed": 188,
    "unmet": 70,
}
HELSINKI_UNMET = {"barrier": 26, "size": 9, "open_end": 23, "barrier_class": 7, "building": 4, "geometry": 1}
WHOLE_HOUSES = 477
WARD = {
    "communities": 38,
    "cells": 1558,
    "exclusive": 26,
    "buildings": 0,
    "buildings_across_border": 0,
    "buildings_cut": 0,
    "compounds": 768,
    "openings_left": 32,
    "openings_closed": 48,
    "unmet": 321,
}
WARD_UNMET = {"barrier": 237, "size": 45, "compound": 16, "open_end": 22, "geometry": 1}
CITY = {"communities": 296, "cells": 14933, "exclusive": 256, "compounds": 4326}


def assert_tiled(result: DerivedCells, boundary: gpd.GeoDataFrame) -> None:
    """Assert that the cells fill the boundary without any defect, each of them one part."""
    report = check_coverage(result.cells, parent=boundary)
    assert report.ok, report.sentence
    assert len(report.defects) == 0
    assert (result.cells.geom_type == "Polygon").all()
    assert result.cells.is_valid.all()


@pytest.fixture(scope="module")
def helsinki(real_data: Path) -> dict[str, Any]:
    """Return what divides the centre of Helsinki; the extract holds no administrative areas, its box is the community.

    12 of the 494 buildings are rings of two or three points, cut at the edge of the extract: no reader can make them.
    """
    path = real_data / "helsinki_osm" / "Helsinki.osm.pbf"
    areas = read(ReadRequest(path, layer="multipolygons")).frame
    lines = read(ReadRequest(path, layer="lines")).frame
    buildings = areas[areas["building"].notna()]
    assert len(buildings) == 494 - 12
    return {
        "boundary": gpd.GeoDataFrame({"community_code": ["091"]}, geometry=[box(*lines.total_bounds)], crs=4326).to_crs(
            3067
        ),
        "barriers": {
            "highway": lines[lines["highway"].notna()],
            "water": areas[areas["natural"] == "water"],
        },
        "buildings": buildings,
    }


def test_helsinki(helsinki: dict[str, Any]) -> None:
    result = derive_cells(**helsinki, barrier_class="highway")
    assert_tiled(result, helsinki["boundary"])
    assert result.counts == HELSINKI
    # told without the library's own ownership: every building inside the border lies in one cell alone
    cells = result.cells.geometry.to_numpy()
    houses = shapely.make_valid(helsinki["buildings"].to_crs(3067).geometry.to_numpy())
    inner = shapely.buffer(helsinki["boundary"].geometry.iloc[0], -1e-6)
    whole = houses[shapely.within(houses, inner)]
    assert len(whole) == WHOLE_HOUSES
    house, cell = shapely.STRtree(cells).query(whole, predicate="intersects")
    shared = shapely.area(shapely.intersection(whole[house], cells[cell])) > 1e-6
    assert shared.sum() == len(whole)
    assert result.unmet["rule"].value_counts().to_dict() == HELSINKI_UNMET
    assert all(translate(reason, "zh") != reason for reason in result.unmet["reason"])


def test_helsinki_in_degrees(helsinki: dict[str, Any]) -> None:
    boundary = helsinki["boundary"].to_crs(4326)
    result = derive_cells(**{**helsinki, "boundary": boundary}, barrier_class="highway")
    assert_tiled(result, boundary)
    assert result.counts["buildings_cut"] == 0


@pytest.fixture(scope="module")
def washington(real_data: Path) -> dict[str, Any]:
    folder = real_data / "washington_dc"

    def layer(name: str) -> gpd.GeoDataFrame:
        return pyogrio.read_dataframe(folder / "dc_base_features.gpkg", layer=name)[["geometry"]]

    return {
        "boundary": pyogrio.read_dataframe(folder / "dc_boundaries.gpkg", layer="smd_2013"),
        "barriers": {
            "arterial": layer("major_roads"),
            "secondary": layer("snow_emergency_roads"),
            "branch": layer("lenfant_streets"),
            "stream": layer("hydrography"),
        },
        "compounds": pd.concat([layer("parcel_lots"), layer("condo_lots")], ignore_index=True),
    }


def test_a_ward_of_washington(washington: dict[str, Any]) -> None:
    """The 38 neighbourhoods whose names begin with 2, in degrees as they come."""
    boundary = washington["boundary"]
    ward = boundary[boundary["SMD_ID"].str.startswith("2")]
    result = derive_cells(**{**washington, "boundary": ward}, community="SMD_ID")
    assert_tiled(result, ward)
    assert result.counts == WARD
    for smd, mine in result.cells.groupby("SMD_ID"):
        own = ward.loc[ward["SMD_ID"] == smd]
        assert check_coverage(mine, parent=own).ok
    assert result.unmet["rule"].value_counts().to_dict() == WARD_UNMET
    assert all(translate(reason, "zh") != reason for reason in result.unmet["reason"])


@pytest.mark.slow
def test_the_whole_of_washington(washington: dict[str, Any]) -> None:
    start = time.process_time()
    result = derive_cells(**washington, community="SMD_ID")
    seconds = time.process_time() - start
    print(f"Washington DC: {len(result.cells)} cells in {seconds:.0f} s of processor time")
    assert_tiled(result, washington["boundary"])
    assert {name: result.counts[name] for name in ("communities", "cells", "exclusive", "compounds")} == CITY
    assert seconds < 120


def test_a_district_of_2500_cells_takes_seconds(washington: dict[str, Any]) -> None:
    boundary = washington["boundary"].sort_values("SMD_ID").iloc[:86]
    start = time.process_time()
    result = derive_cells(**{**washington, "boundary": boundary}, community="SMD_ID")
    seconds = time.process_time() - start
    print(f"{len(result.cells)} cells in {seconds:.1f} s of processor time")
    assert len(result.cells) > 2400
    assert seconds < 40


def test_communities_that_do_not_fit_one_another(real_data: Path, washington: dict[str, Any]) -> None:
    """Clusters overlap and leave gaps: every cell is sound all the same, no land is lost, and the overlaps are listed."""
    clusters = pyogrio.read_dataframe(real_data / "washington_dc" / "dc_boundaries.gpkg", layer="neighborhood_cluster")
    clusters = clusters.assign(community_code=[f"{n:02d}" for n in range(len(clusters))]).iloc[:14]
    streets = {"arterial": washington["barriers"]["arterial"]}
    result = derive_cells(clusters, barriers=streets, target_m2=200_000)
    assert (result.cells.geom_type == "Polygon").all()
    assert result.cells.is_valid.all()
    land, cells = clusters.union_all(), result.cells.union_all()
    assert land.symmetric_difference(cells).area < 1e-9 * land.area
    assert (result.unmet["rule"] == "boundary").sum() > 0


def test_numbers_for_real_cells(washington: dict[str, Any]) -> None:
    boundary = washington["boundary"]
    some = boundary[boundary["SMD_ID"].str.startswith("1A")].sort_values("SMD_ID")
    some = some.assign(community_code=[f"110101001{n:03d}" for n in range(1, len(some) + 1)])
    cells = derive_cells(**{**washington, "boundary": some}).cells
    result = number_cells(cells, profile="GBT30428")
    assert result.cells["cell_code"].is_unique
    # the first of each community is the one that reaches farthest to the north or nearly so, and west
    for _, mine in result.cells.groupby("community_code"):
        first = mine.loc[mine["cell_code"].str.endswith("001")].geometry.iloc[0]
        north = mine.bounds["maxy"].max()
        assert first.bounds[3] > north - 0.003
    again = number_cells(cells, profile="GBT30428", existing=result.cells)
    assert again.counts == {"kept": len(cells), "new": 0, "withdrawn": 0}
