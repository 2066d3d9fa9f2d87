"""Land that nobody covers and the gap of the grids that it is: listed once, counted once, both found."""

import sqlite3
import struct
from contextlib import closing

import pytest
from qgis.core import QgsProject

from .test_console import count, twins


def point(x, y):
    return b"GP\x00\x01\xc4\x11\x00\x00" + struct.pack("<BIdd", 1, 1, x, y)


@pytest.fixture
def shown(plugin, desktop, one_map, qtbot, english):
    """Return the controller with the small city open, all rows read."""
    held = plugin("project.one_map_file").open_one_map(one_map)
    plugin("project.fill").fill_project(QgsProject.instance(), held, language="en")
    controller = plugin("console.controller").Controller(desktop)
    desktop.canvas.setDestinationCrs(QgsProject.instance().crs())
    controller.look_at_project()
    qtbot.waitUntil(lambda: not controller.dock.findings.is_loading, timeout=20_000)
    yield controller
    controller.close()


def test_land_that_nobody_covers_and_is_listed_as_a_gap_counts_once(shown, one_map, plugin):
    """What the map knows of the land alone stands on the card of the gap."""
    rows = shown.dock.findings.model.rows
    lands = count(one_map, "coverage_gap")
    assert lands == twins(one_map) > 0
    assert not [row for row in rows if row.table == "coverage_gap"]
    assert not any("land nobody covers" in text for text in shown.dock.findings.chips.texts())
    with closing(sqlite3.connect(f"file:{one_map}?mode=ro", uri=True)) as connection:
        area, houses = connection.execute("SELECT max(area_m2), buildings FROM coverage_gap").fetchone()
    gap = next(row for row in rows if row.keys[3] == area)
    card = dict(plugin("console.rows").details(shown.one_map, gap))
    assert card["Buildings"] == str(houses)


def test_land_without_a_gap_of_the_grids_stays_listed(plugin, one_map):
    twins_of = plugin("console.findings.twins").Twins
    row = {"layer_id": "duty_grid", "agency": "police", "area_m2": 20.0, "geometry": point(5.0, 6.0)}
    held = twins_of()
    held.of_batch("defect", [row | {"kind": "gap"}, row | {"kind": "overlap", "agency": "market"}])
    lands = [row, row | {"agency": "market"}, row | {"area_m2": 21.0}, row | {"geometry": point(5.0, 7.0)}]
    assert held.of_batch("coverage_gap", lands) == lands[1:]
    assert twins_of().of_batch("coverage_gap", lands) == lands


def test_land_chosen_on_the_map_leads_to_its_gap_in_the_list(shown, one_map, plugin):
    layer = plugin("project.fill").layer_in(QgsProject.instance(), "coverage_gap")
    feature = next(layer.getFeatures())
    layer.selectByIds([feature.id()])
    row = shown.dock.findings.row
    assert (row.table, row.kind) == ("defect", "gap")
    assert row.keys[3] == feature["area_m2"]
