"""Real districts repaired: what was closed, how much moved, who is affected, and what stays and why."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap import check_coverage, repair_coverage, undo_repair

DISTRICT = "EPSG:26985"


@pytest.fixture(scope="module")
def washington(real_data):
    def read(layer):
        return gpd.read_file(real_data / "washington_dc" / "dc_boundaries.gpkg", layer=layer).to_crs(DISTRICT)

    return read


@pytest.fixture(scope="module")
def requests(real_data):
    """Return the places from which people called the city in five weeks of 2016."""
    table = pd.read_csv(real_data / "washington_dc" / "dc_service_requests_2016.csv.gz", low_memory=False)
    table = table[table["LONGITUDE"].notna()]
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["LONGITUDE"], table["LATITUDE"]), crs="EPSG:4326")


def moved(repair):
    """Return number and square metres of each kind of place closed."""
    kinds = repair.moves.groupby("kind")["area_m2"].agg(["size", "sum"])
    return {kind: (int(row["size"]), round(row["sum"], 4)) for kind, row in kinds.iterrows()}


def assert_sound(repair, cells, *, max_change):
    """Assert by shapely's reckoning what must hold of every repair."""
    old, new = cells.geometry.to_numpy(), repair.cells.geometry.to_numpy()
    assert shapely.is_valid(new).all()
    assert repair.cells.drop(columns="geometry").equals(cells.drop(columns="geometry"))
    change = shapely.area(shapely.symmetric_difference(shapely.make_valid(old), new))
    assert (change <= max_change * shapely.area(old) + 1e-6).all()
    told = repair.changes["moved_m2"].reindex(cells.index, fill_value=0.0)
    np.testing.assert_allclose(told, change, atol=1e-4)
    same = ~cells.index.isin(repair.changes.index)
    assert repair.cells.geometry[same].to_wkb().equals(cells.geometry[same].to_wkb())
    assert undo_repair(repair.cells, repair.record, code="NAME").geometry.to_wkb().equals(cells.geometry.to_wkb())


def test_neighbourhoods_but_for_the_parks(washington, requests):
    cells = washington("neighborhood_cluster")
    options = {"code": "NAME", "max_width_m": 10.0}
    repair = repair_coverage(cells, people=requests, **options)
    assert moved(repair) == {"gap": (169, 47.2409), "overlap": (202, 2583.0252)}
    assert (len(repair.changes), round(repair.changes["moved_m2"].sum(), 4)) == (26, 2630.2661)
    assert repair.changes["share"].max() == pytest.approx(0.000476, abs=1e-6)
    assert repair.moves["people"].sum() == 4
    # of the 312,109 m2 without cell all but 47 are one place, the parks along the river: no slip of a pen
    assert repair.refused["reason"].tolist() == [
        "gap of 312,062 m2, 603 m wide: only what is narrower than 10 m is closed"
    ]
    assert repair.refused["cells"].tolist() == [("Cluster 14", "Cluster 15", "Cluster 4")]
    assert_sound(repair, cells, max_change=0.001)
    # with a reason for that one gap the proof is clean
    parks = gpd.GeoDataFrame(
        {"reason": ["parks along the river"]}, geometry=repair.refused.geometry.to_numpy(), crs=DISTRICT
    )
    clean = repair_coverage(cells, allowed=parks, **options)
    assert clean.ok
    assert (len(clean.refused), len(clean.after.defects)) == (0, 1)
    assert clean.cells.geometry.to_wkb().equals(repair.cells.geometry.to_wkb())


def test_neighbourhoods_at_two_metres_leave_five_places(washington):
    repair = repair_coverage(washington("neighborhood_cluster"), code="NAME", max_width_m=2.0)
    assert repair.refused["kind"].value_counts().to_dict() == {"overlap": 3, "gap": 2}
    assert repair.refused["width_m"].round(2).tolist() == [603.31, 2.12, 6.49, 2.9, 3.1]
    assert repair.after.counts["mismatch"] == 0


def test_precincts_are_wholly_repaired(washington):
    cells = washington("voting_precinct_2012")
    # one sliver of 1,391 m2 and 1.1 m width is 0.106 percent of the smaller of its two precincts
    repair = repair_coverage(cells, code="NAME", max_width_m=5.0)
    assert [reason.split(":")[0] for reason in repair.refused["reason"]] == ["overlap of 1,391 m2"]
    assert_sound(repair, cells, max_change=0.001)
    repair = repair_coverage(cells, code="NAME", max_width_m=5.0, max_change=0.002)
    assert repair.ok
    assert shapely.coverage_is_valid(repair.cells.geometry.to_numpy())
    assert moved(repair) == {"gap": (80, 906.1719), "overlap": (87, 2066.1621)}
    assert (len(repair.changes), repair.changes["share"].max()) == (26, pytest.approx(0.00106158, abs=1e-8))
    assert_sound(repair, cells, max_change=0.002)


def test_police_districts_are_wholly_repaired(washington):
    cells = washington("police_district")
    repair = repair_coverage(cells, code="NAME", max_width_m=1.0)
    assert repair.ok
    assert shapely.coverage_is_valid(repair.cells.geometry.to_numpy())
    assert moved(repair) == {"gap": (1, 0.0), "overlap": (1, 0.0001)}
    assert len(repair.changes) == 2
    assert_sound(repair, cells, max_change=0.001)


def test_zip_codes_but_for_a_building_with_two_codes(washington):
    cells = washington("zip_code")
    repair = repair_coverage(cells, code="GIS_ID", max_width_m=20.0, max_change=0.02)
    assert moved(repair) == {"gap": (10, 330.0328), "overlap": (15, 346.4602)}
    assert (len(repair.changes), repair.changes["share"].max()) == (14, pytest.approx(0.0167688, abs=1e-7))
    # a building that stands twice in the table lies on the land of two others: which code it has is not for geometry to say
    assert repair.refused[["kind", "cells"]].to_numpy().tolist() == [
        ["overlap", ("ZIP_026", "ZIP_260")],
        ["overlap", ("ZIP_026", "ZIP_261")],
        ["duplicate", ("ZIP_026",)],
    ]
    assert repair.refused["reason"].tolist() == [
        "overlap of 1,116 m2: closing it would change ZIP_026 by 88.4 percent, and 2 percent is the most",
        "overlap of 147 m2: closing it would leave nothing of ZIP_261",
        "2 rows have the code ZIP_026 and the same geometry",
    ]
    known = repair.refused[["kind", "geometry"]].assign(reason="one building, two codes: asked of the post office")
    report = check_coverage(repair.cells, code="GIS_ID", allowed=known)
    assert (report.ok, report.sentence) == (True, "171 cells: 3 allowed")


def test_a_cell_that_is_not_valid_is_mended_on_the_way(washington):
    cells = washington("smd_2002")
    repair = repair_coverage(cells, code="NAME", max_width_m=1.0)
    assert repair.ok
    assert moved(repair) == {"gap": (5, 0.1298), "overlap": (5, 0.0056)}
    assert len(repair.changes) == 11
    assert_sound(repair, cells, max_change=0.001)


def test_districts_are_fitted_to_the_outline_of_the_city(washington):
    cells, wards = washington("police_district"), washington("ward_2012")
    repair = repair_coverage(cells, code="NAME", parent=wards, max_width_m=10.0, max_change=0.002)
    assert repair.ok
    assert moved(repair)["outside"] == (903, 97954.0706)
    assert repair.moves.loc[repair.moves["kind"] == "outside", "to"].isna().all()
    outline = shapely.union_all(wards.geometry.to_numpy())
    rest = shapely.symmetric_difference(shapely.union_all(repair.cells.geometry.to_numpy()), outline)
    assert rest.area == pytest.approx(0, abs=1e-4)


def test_coverage_clean_of_geos_for_comparison(washington):
    """It closes the same gaps, but redraws cells that nothing is wrong with, has no limit and tells nothing."""
    cells = washington("voting_precinct_2012")
    old = cells.geometry.to_numpy()
    cleaned = shapely.coverage_clean(old, gap_width=5.0)
    ours = repair_coverage(cells, code="NAME", max_width_m=5.0, max_change=0.002)
    redrawn = ~shapely.equals_exact(shapely.normalize(old), shapely.normalize(cleaned))
    print(f"cells changed: {len(ours.changes)}, by coverage_clean {int(redrawn.sum())} of {len(cells)}")
    assert len(ours.changes) <= redrawn.sum()
    assert ours.ok
