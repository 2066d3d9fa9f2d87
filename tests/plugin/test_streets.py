"""The street of a case that bears no code: the same answers as geometry gives without preparation."""

import random
from itertools import pairwise, product

import pytest
from qgis.core import QgsGeometry, QgsPointXY, QgsVectorLayer


@pytest.fixture
def lands(one_map):
    layer = QgsVectorLayer(f"{one_map}|layername=grid_street", "streets", "ogr")
    return [(str(feature["street_code"]), QgsGeometry(feature.geometry())) for feature in layer.getFeatures()]


def test_found_as_without_preparation(plugin, one_map, lands):
    """Spots all over the district and beyond it, every corner and the middle of every edge of every street."""
    streets = plugin("console.streets").Streets.of(plugin("project.one_map_file").open_one_map(one_map))
    west, south, east, north = 1e12, 1e12, -1e12, -1e12
    corners = []
    for _, land in lands:
        box = land.boundingBox()
        west, south = min(west, box.xMinimum()), min(south, box.yMinimum())
        east, north = max(east, box.xMaximum()), max(north, box.yMaximum())
        own = [(vertex.x(), vertex.y()) for vertex in land.vertices()]
        corners += own + [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(own)]
    rng = random.Random(5)
    spots = [(rng.uniform(west - 50, east + 50), rng.uniform(south - 50, north + 50)) for _ in range(2_000)]
    spots += list(product((west, east), (south, north)))
    found = {
        spot: next((code for code, land in lands if land.contains(QgsPointXY(*spot))), "") for spot in spots + corners
    }
    assert len(set(found.values())) == len(lands) + 1
    assert {spot: streets.find("", "", (*spot, *spot)) for spot in found} == found


def test_lands_that_lie_over_one_another_are_asked_in_their_order(plugin):
    lands = [
        ("none", QgsGeometry()),
        ("left", QgsGeometry.fromWkt("POLYGON((0 0, 6 0, 6 5, 0 5, 0 0))")),
        ("right", QgsGeometry.fromWkt("POLYGON((4 0, 9 0, 9 5, 4 5, 4 0))")),
    ]
    streets = plugin("console.streets").Streets({"left": "", "right": ""}, {}, lands)
    assert [streets.find("", "", (x, 1, x, 1)) for x in (1, 5, 7, 6, 0, 12)] == [
        "left",
        "left",
        "right",
        "right",
        "",
        "",
    ]
    assert streets.find("right", "", (1, 1, 1, 1)) == "right"
    assert streets.find("", "", None) == ""
