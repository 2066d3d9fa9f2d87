"""The asserts themselves: they let good functions pass and name what a bad one breaks."""

import geopandas as gpd
import pytest

from onemap.cases import assign_cases
from onemap.geo.ownership import own_polygons
from onemap.testing import assert_contract, assert_input_unchanged, make_city


@pytest.fixture
def cells():
    return make_city().cells


def test_functions_of_the_contract(cells):
    city = make_city()
    assert_contract(assign_cases, city.cases, cells, answer=lambda result: result.table)
    owners = assert_contract(own_polygons, city.buildings, cells)
    assert (owners["cell"] == city.buildings["building_code"].str[:15]).all()


def test_a_changed_input_is_named(cells):
    def spoil(frame):
        frame["name"] = ""
        return frame

    with pytest.raises(AssertionError, match="argument 0 was changed"):
        assert_input_unchanged(spoil, cells)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda frame: frame.set_crs("EPSG:3857", allow_override=True), "the CRS was not kept"),
        (lambda frame: frame.reset_index(drop=True).set_index("cell_code"), "the index was not kept"),
        (lambda frame: frame.reindex([0]) if frame.empty else frame, "an empty frame has 1 rows"),
        (lambda frame: frame.drop(columns="kind") if frame.empty else frame, r"lacks \['kind'\]"),
        (lambda frame: frame.assign(where=frame.geometry.name), "another name of the geometry column"),
        (lambda frame: frame.assign(first="" if frame.empty else frame["cell_code"].iloc[0]), "the order of the rows"),
    ],
)
def test_each_broken_promise_is_named(cells, function, message):
    with pytest.raises(AssertionError, match=message):
        assert_contract(function, cells)


def test_a_series_is_an_answer_too(cells):
    def inside(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
        return frame.geometry.representative_point()

    assert len(assert_contract(inside, cells)) == 60
