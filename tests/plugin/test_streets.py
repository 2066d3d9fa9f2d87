"""The street of a row: of a case that bears no code the one that geometry tells, of a finding the one with most of it."""

import math
import random
import struct
from itertools import pairwise, product

import pytest
from qgis.core import QgsGeometry, QgsPointXY, QgsRectangle, QgsVectorLayer


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


@pytest.fixture
def halves(plugin):
    """Return two streets side by side, each with a cell; a third lies apart."""
    lands = [
        ("left", QgsGeometry.fromWkt("POLYGON((0 0, 1000 0, 1000 1000, 0 1000, 0 0))")),
        ("right", QgsGeometry.fromWkt("POLYGON((1000 0, 2000 0, 2000 1000, 1000 1000, 1000 0))")),
        ("far", QgsGeometry.fromWkt("MULTIPOLYGON(((5000 0, 6000 0, 6000 900, 5000 0)))")),
    ]
    names = {"left": "Left", "right": "Right", "far": ""}
    return plugin("console.streets").Streets(names, {"L1": "left", "R1": "right"}, lands)


def of_shape(streets, wkt, cell=""):
    shape = QgsGeometry.fromWkt(wkt)
    box = shape.boundingBox()
    head = b"GP\x00\x01" + bytes(4)
    return streets.of_finding(
        [cell], (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()), head + shape.asWkb().data()
    )


def test_a_finding_belongs_to_the_street_that_has_most_of_it(halves):
    """Neither the first cell beside it nor the middle of its bounds decides."""
    hook = "POLYGON((900 100, 1300 100, 1300 900, 1290 900, 1290 110, 900 110, 900 100))"
    assert of_shape(halves, hook, "L1") == ("right", "left")
    assert of_shape(halves, "POLYGON((1010 10, 1020 10, 1020 20, 1010 20, 1010 10))", "L1") == ("right",)
    bow = "POLYGON((500 100, 600 100, 600 1900, 500 1900, 500 1890, 590 1890, 590 110, 500 110, 500 100))"
    assert of_shape(halves, bow) == ("left",)  # the middle of its bounds lies in no street
    assert halves.told(("right", "left", "far")) == "Right +2"
    assert (halves.told(("far",)), halves.told(())) == ("far", "")


def test_a_sliver_beyond_the_border_does_not_count(halves):
    assert of_shape(halves, "POLYGON((900 0, 1000.5 0, 1000.5 1, 900 1, 900 0))") == ("left",)
    assert of_shape(halves, "POLYGON((0 0, 1000.05 0, 1000.05 1000, 0 1000, 0 0))") == ("left",)
    assert of_shape(halves, "POLYGON((999.7 0, 1000.2 0, 1000.2 1, 999.7 1, 999.7 0))") == ("left",)


def test_what_lies_in_no_street_is_of_its_cell_and_a_point_too(halves):
    assert of_shape(halves, "POLYGON((0 3000, 9 3000, 9 3009, 0 3009, 0 3000))", "R1") == ("right",)
    assert of_shape(halves, "POLYGON((0 3000, 9 3000, 9 3009, 0 3009, 0 3000))") == ()
    assert of_shape(halves, "POINT(20 20)", "R1") == ("right",)
    assert of_shape(halves, "POINT(20 20)") == ("left",)
    assert halves.of_finding([""], None, None) == ()


def test_lines_are_told_by_their_length_also_long_ones(halves):
    assert of_shape(halves, "LINESTRING(800 5, 1100 5)") == ("left", "right")
    places = [(700 + n / 2, 500 + 40 * math.sin(n / 9)) for n in range(1_000)]
    long = f"MULTILINESTRING(({', '.join(f'{x} {y}' for x, y in places)}), (10 10, 20 10, 10 10))"
    assert of_shape(halves, long) == ("left", "right")
    shut = [(1004 + 9 * math.sin(n / 50 * math.pi), 500 + 9 * math.cos(n / 50 * math.pi)) for n in range(300)]
    rings = ", ".join(f"({', '.join(f'{x} {y}' for x, y in shut[at : at + 101])})" for at in (0, 99, 199))
    assert of_shape(halves, f"MULTILINESTRING({rings})") == ("right", "left")  # a closed ring is no line of no length


def test_tiles_leave_out_no_street(plugin, lands):
    """Whatever the bounds: each street that has a part of them is among those that the tiles name."""
    areas = [plugin("console.streets").Area(code, land) for code, land in lands]
    tiles = plugin("console.tiles").Tiles([area.raster_parts() for area in areas])
    rng = random.Random(7)
    whole = QgsGeometry.unaryUnion([land for _, land in lands]).boundingBox()
    alone = 0
    for _ in range(600):
        x, y = rng.uniform(whole.xMinimum(), whole.xMaximum()), rng.uniform(whole.yMinimum(), whole.yMaximum())
        size = rng.choice((0.01, 3.0, 40.0, 900.0))
        box = QgsRectangle(x, y, x + size, y + size)
        held = {number for number, (_, land) in enumerate(lands) if land.intersects(box)}
        found = tiles.of((x, y, x + size, y + size))
        assert held <= set(found)
        alone += len(found) == 1
    assert alone > 300


def test_paths_of_every_sort_of_geometry(plugin):
    paths = plugin("console.tiles").paths_of
    for wkt in (
        "POLYGON((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1))",
        "MULTILINESTRINGZ((0 0 7, 1 1 7), (2 2 7, 3 3 7))",
    ):
        shape = QgsGeometry.fromWkt(wkt)
        told = [place for path in paths(shape.asWkb().data()) for place in path]
        assert told == [(corner.x(), corner.y()) for corner in shape.vertices()]
    big_endian = struct.pack(">BII4d", 0, 2, 2, 1, 2, 3, 4)
    assert list(paths(big_endian)) == [[(1, 2), (3, 4)]]


def test_the_filter_finds_a_finding_under_each_of_its_streets(plugin, english):
    rows, filters = plugin("console.rows"), plugin("console.queue.filters")
    bar = plugin("console.queue.filter_bar")
    row = rows.Row("defect", 1, "gap", ("gap",), ("gap",), "gap", "", "open", "right", "", None, further=("left",))
    assert [filters.Filter(street=street).of([row]) for street in ("left", "right", "far")] == [[row], [row], []]
    choice = next(item for item in plugin("console.queue.kinds").finding_list(str).choices if item.part == "street")
    assert bar._values(choice, [row]) == {"left", "right"}
