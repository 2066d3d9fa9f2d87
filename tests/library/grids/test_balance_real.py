"""Washington DC: the block groups of each ward into groups of equal case load, beside the city's own commissions."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from onemap import assign_cases, balance_cells, own_polygons

BEFORE = {
    "1": (4, 372, 972), "2": (6, 88, 1281), "3": (6, 99, 558), "4": (5, 217, 1196), "5": (5, 403, 891), "6": (5, 520, 908),
    "7": (5, 319, 597), "8": (5, 203, 543),
}  # fmt: skip


@pytest.fixture(scope="module")
def blocks(real_data):
    def read(name: str) -> gpd.GeoDataFrame:
        return gpd.read_file(real_data / "washington_dc" / "dc_boundaries.gpkg", layer=name)

    cells = read("census_block_group_2010")
    rows = pd.read_csv(real_data / "washington_dc" / "dc_service_requests_2016.csv.gz", dtype=str)
    where = gpd.points_from_xy(pd.to_numeric(rows["GEOM_LON"]), pd.to_numeric(rows["GEOM_LAT"]))
    found = assign_cases(gpd.GeoDataFrame(rows, geometry=where, crs="EPSG:4326"), cells, code="GEOID")
    assert found.counts["inside"] == 22_925
    assert found.counts["outside"] == 21
    return cells.assign(
        cases=cells["GEOID"].map(found.table["cell"].value_counts()).fillna(0).astype(int),
        ward=own_polygons(cells, read("ward_2012"), code="WARD_ID")["cell"],
        commission=own_polygons(cells, read("anc_2013"), code="ANC_ID")["cell"],
    )


@pytest.fixture(scope="module")
def options(blocks):
    counts = {ward: rows["commission"].nunique() for ward, rows in blocks.groupby("ward")}
    return {
        "load": "cases", "groups": counts, "within": "ward", "before": "commission", "people": "P0010001", "code": "GEOID",
    }  # fmt: skip


def states(result):
    table = result.table.set_index(["area", "state"])
    return table.xs("before", level="state"), table.xs("after", level="state")


def assert_whole(result, blocks):
    """Every group is one polygon in one ward, and no block group is without one."""
    assert result.groups.notna().all()
    for _, rows in blocks.assign(group=result.groups).groupby("group"):
        assert shapely.union_all(rows.geometry.to_numpy()).geom_type == "Polygon"
        assert len(set(rows["ward"])) == 1


@pytest.mark.slow
def test_equal_case_load_in_each_ward(blocks, options):
    result = balance_cells(blocks, **options)
    assert result.ok
    assert_whole(result, blocks)
    before, after = states(result)
    for ward, (groups, least, most) in BEFORE.items():
        assert before.loc[ward, ["groups", "load_min", "load_max"]].tolist() == [groups, least, most]
        assert after.loc[ward, "groups"] == groups
    assert before.loc["*", "deviation"] == pytest.approx(0.8726, abs=1e-4)
    assert before.loc["*", "scattered"] == 3
    assert after["scattered"].sum() == 0
    spreads = after["spread"].drop("*").astype(int).to_dict()
    print(f"DC: spread of cases in each ward's groups after balancing: {spreads}")
    assert spreads == SPREADS
    assert result.loads.loc[result.loads["state"] == "after", "load"].sum() == 22_925


@pytest.mark.slow
def test_within_two_percent_the_borders_are_shorter_than_the_citys(blocks, options):
    result = balance_cells(blocks, **options, tolerance=0.02)
    assert_whole(result, blocks)
    before, after = states(result)
    print(f"DC: border {before.loc['*', 'border_m']:.0f} m before, {after.loc['*', 'border_m']:.0f} m after")
    assert after["deviation"].max() <= 0.02
    assert before.loc["*", "border_m"] == pytest.approx(119_947, abs=1)
    assert after.loc["*", "border_m"] < before.loc["*", "border_m"]


@pytest.mark.slow
def test_starting_from_the_commissions_fewer_people_move(blocks, options):
    """A price of one case for a hundred residents: two thirds of the moves are saved, for a less even load."""
    free = balance_cells(blocks, **options)
    start = {**options, "seeds": options["before"], "before": None}
    priced = balance_cells(blocks, **start, move_price=0.01)
    assert_whole(priced, blocks)
    (_, without), (before, after) = states(free), states(priced)
    assert after.loc["*", "people_moved"] < 0.5 * without.loc["*", "people_moved"]
    assert (after["deviation"] < before["deviation"]).all()
    print(
        f"DC: residents moved {without.loc['*', 'people_moved']:.0f} without a price, {after.loc['*', 'people_moved']:.0f} with"
    )


SPREADS = {"1": 1, "2": 8, "3": 3, "4": 1, "5": 1, "6": 23, "7": 1, "8": 1}
"""Cases between the heaviest and the lightest group."""
