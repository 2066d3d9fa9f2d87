"""The sample city in memory: exact tiling, whole buildings, and the same city for the same seed."""

import numpy as np
import pytest
import shapely

from onemap.domain.codes import profile
from onemap.errors import SchemaError
from onemap.geo.coverage import check_coverage
from onemap.geo.ownership import own_polygons
from onemap.grids.levels import check_nesting
from onemap.testing import make_city
from onemap.testing.plan import STEP

LEVELS = ("grid_district", "grid_street", "grid_community", "grid_cell")


@pytest.fixture(scope="module")
def city():
    return make_city()


def test_counts(city):
    counts = {layer: len(city.frames[layer]) for layer in (*LEVELS, "city3d_building", "case")}
    assert counts == {
        "grid_district": 1,
        "grid_street": 6,
        "grid_community": 12,
        "grid_cell": 60,
        "city3d_building": 800,
        "case": 1000,
    }


@pytest.mark.parametrize("seed", range(8))
def test_cells_tile_the_district_exactly(seed):
    city = make_city(seed=seed)
    for layer in LEVELS[1:]:
        report = check_coverage(city.frames[layer], code=f"{layer[5:]}_code", parent=city.district)
        assert report.defects.empty, report.defects[["kind", "reason"]]
    assert check_nesting({layer: city.frames[layer] for layer in LEVELS}).empty
    points = shapely.get_coordinates(city.cells.geometry.to_numpy())
    assert (points == np.round(points / STEP) * STEP).all()
    assert len(city.cells) == 60


def test_full_city_tiles_and_has_its_size():
    city = make_city(size="full")
    assert {layer: len(city.frames[layer]) for layer in (*LEVELS, "city3d_building", "case")} == {
        "grid_district": 1,
        "grid_street": 6,
        "grid_community": 40,
        "grid_cell": 1500,
        "city3d_building": 20_000,
        "case": 50_000,
    }
    assert check_coverage(city.cells, parent=city.district).defects.empty
    assert check_nesting({layer: city.frames[layer] for layer in LEVELS}).empty
    cell, building = shapely.STRtree(city.buildings.geometry.to_numpy()).query(
        city.cells.geometry.to_numpy(), predicate="contains_properly"
    )
    assert len(building) == len(np.unique(building)) == 20_000
    assert len(np.unique(cell)) > 1300


def test_no_cell_cuts_a_building(city):
    _, cell = shapely.STRtree(city.cells.geometry.to_numpy()).query(
        city.buildings.geometry.to_numpy(), predicate="intersects"
    )
    assert len(cell) == 800
    homes = city.cells["cell_code"].to_numpy()[cell]
    assert (homes == city.buildings["building_code"].str[:15]).all()


def test_cells_have_the_households_and_residents_of_their_houses(city):
    owners = own_polygons(city.buildings, city.cells)["cell"]
    counted = city.cells.set_index("cell_code")
    for name, total in (("households", 2_226), ("residents", 5_612)):
        inside = city.buildings[name].groupby(owners).sum().reindex(counted.index, fill_value=0)
        assert counted[name].tolist() == inside.tolist()
        assert counted[name].sum() == total


def test_codes_are_codes_of_the_profile(city):
    rules = profile("GBT30428")
    assert [problem for code in city.cells["cell_code"] for problem in rules.validate(code)] == []
    assert (city.cells["cell_code"].str[:12] == city.cells["parent_code"]).all()
    assert city.streets["street_code"].tolist()[-1] == "110120100"  # the town
    assert city.communities.loc[city.communities["name"].str.endswith("村"), "community_code"].str[9].eq("2").all()


def test_same_seed_same_city(city):
    make_city.cache_clear()
    again = make_city()
    assert again is not city
    for layer, frame in city.frames.items():
        assert frame.equals(again.frames[layer]), layer
    assert not make_city(seed=8).cells.geometry.equals(city.cells.geometry)


def test_all_eight_classes_stand_in_the_city(city):
    classes = {layer.split("_")[0] for layer in city.frames}
    assert {"city3d", "underground", "emap", "place", "frame", "econ", "duty", "holder", "case", "grid"} <= classes


def test_callers_cannot_spoil_the_city(city):
    city.cells["cell_code"] = "spoilt"
    assert city.cells["cell_code"].nunique() == 60


def test_unknown_size_is_an_error():
    with pytest.raises(SchemaError, match="size is 'huge'") as raised:
        make_city(size="huge")
    assert raised.value.text("zh") == "size 为 'huge'；只能是 full 或 small"
