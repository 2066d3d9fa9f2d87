"""QGIS's search field finds what the one map holds, and positions however they are written."""

import math
import sqlite3
import sys
from contextlib import closing

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeedback,
    QgsLocator,
    QgsLocatorContext,
    QgsPointXY,
    QgsProject,
)

from .test_decisions import own_map
from .test_findings import shown as mapped
from .test_worker import until

__all__ = ["mapped", "own_map"]


@pytest.fixture
def held(plugin, one_map):
    return plugin("project.one_map_file").open_one_map(one_map)


@pytest.fixture
def find(plugin, held, english):
    return lambda text: list(plugin("console.search.finding").find(held, text))


def one(path, sql):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchone()


def test_a_cell_by_its_code_with_the_digits_explained(find, one_map):
    code, _ = one(one_map, "SELECT cell_code, name FROM grid_cell LIMIT 1 OFFSET 3")
    hits = find(code)
    (hit,) = [hit for hit in hits if hit.group == "Unit grid cells"]
    assert hit.title.startswith(code)
    assert "street: subdistrict" in hit.detail
    assert hit.box is not None
    parts = [hit for hit in hits if hit.group == "The code, digit by digit"]
    told = [part.title.split("  ")[0] for part in parts]
    assert told == sorted(told)
    assert all(code.startswith(one) for one in told)
    assert told[-1] == code
    assert parts[-1].title.split("  ")[1].startswith("serial: ")
    assert {(part.table, part.fid, part.box) for part in parts} == {(hit.table, hit.fid, hit.box)}
    assert not [hit for hit in find(code[:-1]) if hit.group == "The code, digit by digit"]


def test_a_code_by_its_last_digits(find, one_map):
    (code,) = one(one_map, "SELECT cell_code FROM grid_cell LIMIT 1 OFFSET 3")
    assert any(hit.title.startswith(code) for hit in find(code[-6:]))


@pytest.mark.parametrize("table", ["grid_street", "place_address", "case", "holder"])
def test_what_people_name(find, one_map, table, plugin):
    column = {"grid_street": "name", "place_address": "address", "case": "case_code", "holder": "name"}[table]
    (text,) = one(one_map, f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL')
    spec = plugin("onemap.domain.catalogue").load_catalogue()[table]
    assert any(text in f"{hit.title} {hit.detail}" for hit in find(text)), spec


def test_telephones_are_masked_and_found_only_whole(find, one_map):
    name, phone = one(one_map, "SELECT name, phone FROM holder WHERE length(phone) = 11")
    by_number = [hit for hit in find(phone) if name in hit.title]
    assert by_number
    assert any(f"{phone[:3]}****{phone[-3:]}" in hit.detail for hit in by_number)
    for text in (name, phone):
        assert not any(phone in f"{hit.title} {hit.detail}" for hit in find(text))
    assert not any(name in hit.title for part in (phone[:8], phone[2:9], phone[3:]) for hit in find(part))


def test_a_name_gives_the_person(find, one_map):
    (name,) = one(one_map, "SELECT name FROM holder LIMIT 1")
    assert any(hit.group == "Roster of holders" and name in hit.title for hit in find(name)), {
        hit.group for hit in find(name)
    }


def test_what_is_meant_comes_first(find, one_map):
    (cell,) = one(one_map, "SELECT cell_code FROM grid_cell LIMIT 1 OFFSET 3")
    (case,) = one(one_map, 'SELECT case_code FROM "case" LIMIT 1')
    for text in (cell, cell[-6:], cell[-4:], f"…{cell[-4:]}", f"...{cell[-4:]}"):
        assert find(text)[0].group == "Unit grid cells", text
    assert find(cell)[0].title.startswith(cell)
    assert find(case)[0].title.startswith(case)
    (street,) = one(one_map, "SELECT name FROM emap_road WHERE name <> ''")
    groups = list(dict.fromkeys(hit.group for hit in find(street)))
    assert "Roads" in groups, groups
    assert groups.index("Cases") == len(groups) - 1 if "Cases" in groups else True


def test_every_word_must_occur_and_signs_of_sql_are_only_signs(find):
    assert find("% _") == []
    assert find("' OR 1=1 --") == []
    assert find("x") == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("116.391, 39.907", (116.391, 39.907, "EPSG:4326")),
        ("39.907 116.391", (116.391, 39.907, "EPSG:4326")),
        ("-77.03，38.9", (-77.03, 38.9, "EPSG:4326")),
        ("38.9 -77.03", (38.9, -77.03, "EPSG:4326")),
        ("GCJ-02: 116.397,39.908", (116.397, 39.908, "GCJ02")),
        ("bd09 116.404 39.915", (116.404, 39.915, "BD09")),
        ("CGCS2000 116.391 39.907", (116.391, 39.907, "EPSG:4490")),
        ("39491411 4401898", (39491411.0, 4401898.0, "EPSG:4527")),
        ("4401898 39491411", (39491411.0, 4401898.0, "EPSG:4527")),
        ("CGCS2000 39491411 4401898", (39491411.0, 4401898.0, "EPSG:4527")),
        ("cgcs2000 491411.1, 4401898.2", (491411.1, 4401898.2, "")),
        ("20491411 4401898", (20491411.0, 4401898.0, "EPSG:4498")),
        ("cgcs2000 4401898 20491411", (20491411.0, 4401898.0, "EPSG:4498")),
        ("gcj02 491411 4401898", None),
        ("epsg:4548 491411.1 4401898.2", (491411.1, 4401898.2, "EPSG:4548")),
        ("4401898.2, 491411.1", (491411.1, 4401898.2, "")),
        ("文昌街道 12", None),
        ("12", None),
        ("16-00643475", None),
        ("2016-07-08", None),
        ("116.391°, 39.907°", (116.391, 39.907, "EPSG:4326")),
        ("1 2 3", None),
        ("400, 20", (20.0, 400.0, "")),
    ],
)
def test_positions_as_people_write_them(plugin, text, wanted):
    found = plugin("console.search.coordinates").parse(text)
    assert (None if found is None else (found.x, found.y, found.crs)) == wanted


@pytest.mark.parametrize(
    ("text", "middle", "wanted"),
    [
        ("38.9 -77.03", (-77.01, 38.91), (-77.03, 38.9)),
        ("-77.03, 38.9", (-77.01, 38.91), (-77.03, 38.9)),
        ("39.9, 116.4", (116.4, 39.9), (116.4, 39.9)),
        ("116.4, 39.9", (116.4, 39.9), (116.4, 39.9)),
        ("60.17, 24.94", (24.9, 60.2), (24.94, 60.17)),
    ],
)
def test_either_order_is_understood_by_the_map_that_is_shown(plugin, text, middle, wanted):
    found = plugin("console.search.coordinates").parse(text, middle=middle)
    assert (found.x, found.y) == wanted


def test_the_middle_of_a_map_is_known_in_degrees(plugin, held, one_map):
    found = plugin("console.search.locator_filter")
    x, y = one(
        one_map, "SELECT (min_x + max_x) / 2, (min_y + max_y) / 2 FROM gpkg_contents WHERE table_name = 'grid_cell'"
    )
    ways = QgsProject.instance().transformContext()
    own = found.own_middle(held)
    assert found.middle_of(own, ways) == pytest.approx(plain_degrees(x, y), abs=0.01)
    assert (own.x, own.y, own.crs) == (pytest.approx(x, abs=2_000), pytest.approx(y, abs=2_000), "EPSG:4548")
    held.facts.clear()
    assert found.middle_of(found.own_middle(held), ways) is found.own_middle(held) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("epsg:26985 397130 136930", (397130.0, 136930.0, "EPSG:26985")),  # Washington: the easting is the larger one
        ("136930, 397130", (397130.0, 136930.0, "")),
        ("397130, 136930", (397130.0, 136930.0, "")),
        ("epsg:32618 4307000 323000", (4307000.0, 323000.0, "EPSG:32618")),  # as it is written: nobody tells the order
        ("epsg:4548 4401898 491411", (491411.0, 4401898.0, "EPSG:4548")),
        ("39491411 4401898", (39491411.0, 4401898.0, "EPSG:4527")),
    ],
)
def test_metres_are_those_near_the_map_that_is_shown(plugin, text, wanted):
    read = plugin("console.search.coordinates")
    found = read.parse(text, own=read.Position(397_000.0, 137_000.0, "EPSG:26985"))
    assert (found.x, found.y, found.crs) == wanted


def plain_degrees(x, y):
    """Return degrees of a position of the sample city by hand, to a hundredth: its zone is that of 117 E."""
    return 117 + (x - 500_000) / (111_320 * math.cos(math.radians(39.75))), y / 110_745  # metres a degree, from 0


@pytest.mark.parametrize("zone", [20, 39])
def test_zones_are_those_of_their_system(zone):
    """A zone's number before the easting: a position of the middle meridian lies on it."""
    code = {20: 4498, 39: 4527}[zone]
    away = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem(f"EPSG:{code}"), QgsCoordinateReferenceSystem("EPSG:4490"), QgsProject.instance()
    )
    assert away.transform(QgsPointXY(zone * 1_000_000 + 500_000, 4_400_000)).x() == pytest.approx(117.0, abs=1e-9)


@pytest.fixture
def shown(plugin, desktop, library, one_map, english):
    controller = plugin("console.controller").Controller(desktop)
    answers = []
    controller.worker.opened.connect(answers.append)
    controller.worker.use(plugin("engine.client").find_engine())
    desktop.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4548"))
    controller.show(one_map)
    until(lambda: answers)
    yield controller
    controller.close()


def test_what_is_found_is_answered_too(mapped, find, own_map):
    """Else the card goes on speaking of the place before."""
    (code,) = one(own_map, "SELECT cell_code FROM grid_cell LIMIT 1 OFFSET 3")
    hit = next(hit for hit in find(code) if hit.table == "grid_cell")
    mapped.guide.show_found(hit)
    until(lambda: code in mapped.dock.who.card.toPlainText(), seen=mapped.dock.who.card.toPlainText)
    assert mapped._canvas.extent().contains(mapped.who._mark.center())


def test_a_holder_is_found_where_their_grid_is_and_the_answer_is_seen(mapped, find, own_map):
    name, grid = one(
        own_map, "SELECT h.name, h.grid_code FROM holder h JOIN grid_cell c ON c.cell_code = h.grid_code LIMIT 1"
    )
    hit = next(hit for hit in find(name) if grid in hit.detail)
    assert hit.table == "grid_cell"
    assert hit.box is not None
    mapped.dock.tabs.setCurrentWidget(mapped.dock.findings)
    mapped.guide.show_found(hit)
    assert mapped.dock.tabs.currentWidget() is mapped.dock.who
    until(lambda: grid in mapped.dock.who.card.toPlainText(), seen=mapped.dock.who.card.toPlainText)
    mapped.dock.tabs.setCurrentWidget(mapped.dock.edit)
    mapped.guide.show_found(hit)  # grids that are edited wait: what was searched is seen
    assert mapped.dock.tabs.currentWidget() is mapped.dock.who
    mapped.dock.tabs.setCurrentWidget(mapped.dock.edit)
    mapped.edit.choose_at(mapped.who._mark.center())  # a click there is about cells
    assert mapped.dock.tabs.currentWidget() is mapped.dock.edit


def test_a_case_that_is_found_is_shown_by_its_card_whatever_the_filters(mapped, find, own_map):
    (code,) = one(own_map, "SELECT case_code FROM \"case\" WHERE state = 'settled' AND geometry IS NOT NULL")
    cases = mapped.dock.cases
    cases.search.setText("nothing is called so")
    cases.chips.choose("overdue")
    mapped.dock.tabs.setCurrentWidget(mapped.dock.findings)
    mapped.guide.show_found(next(hit for hit in find(code) if hit.table == "case"))
    assert mapped.dock.tabs.currentWidget() is cases
    assert cases.row.case == code
    assert code in cases.card.toPlainText()
    assert mapped.decisions.marks.chosen is not None  # settled ones are not drawn by their layer


def test_the_card_of_a_decided_case_tells_where_the_case_is(mapped, own_map):
    tab = mapped.dock.cases
    row = next(row for row in tab.model.rows if row.box is not None and row.case and row.cells[4])
    elsewhere = next(cell for cell in mapped.cases.cells() if cell != row.cells[4])
    mapped.desk.reassign(row.case, elsewhere, "known there")
    tab.filters.clear()
    assert tab.find(row.table, row.fid)
    told = f"{row.box[0]:.2f}, {row.box[1]:.2f}"
    until(lambda: elsewhere in tab.card.toPlainText() and told in tab.card.toPlainText(), seen=tab.card.toPlainText)


def test_a_case_that_names_its_matter_in_words_only_is_answered_for_it(mapped, own_map, monkeypatch):
    tab, asked = mapped.dock.cases, []
    row = next(row for row in tab.model.rows if row.box is not None and row.group)
    code, _ = one(own_map, f'SELECT matter_code, fid FROM "case" WHERE fid = {row.fid}')
    monkeypatch.setattr(mapped.worker, "ask", lambda verb, values, *_: asked.append((verb, values)))
    read = sys.modules[type(mapped.cases).__module__]
    whole = read.attributes
    monkeypatch.setattr(read, "attributes", lambda path, row: {**whole(path, row), "matter_code": ""})
    mapped.cases.show(row)
    assert [(verb, values["matter"]) for verb, values in asked] == [("who", code)]


def test_where_no_matter_is_named_nobody_is_not_what_the_card_says(plugin, english):
    words = {"en": "name one of them", "zh": ""}
    answer = {"state": "nobody", "accountable": None, "deputies": [], "parts": {}, "chain": [], "sentence": words}
    card = plugin("console.who.card").holder_card
    assert "No matter is named" in card({**answer, "matter": "*"})
    assert "Nobody answers for this matter here" in card({**answer, "matter": "CJT214/matter/0102"})


@pytest.mark.parametrize("system", ["", "epsg:4548 ", "EPSG:4490 ", "gcj02 "])
def test_a_position_is_gone_to_and_answered(plugin, shown, desktop, one_map, system):
    x, y, code = one(
        one_map,
        "SELECT (r.minx + r.maxx) / 2, (r.miny + r.maxy) / 2, c.cell_code FROM grid_cell c "
        "JOIN rtree_grid_cell_geometry r ON r.id = c.fid LIMIT 1 OFFSET 5",
    )
    spot = QgsPointXY(x, y)
    if "4490" in system or "gcj" in system:
        change = QgsCoordinateTransform(
            QgsCoordinateReferenceSystem("EPSG:4548"), QgsCoordinateReferenceSystem("EPSG:4490"), QgsProject.instance()
        )
        spot = change.transform(spot)
    shown.guide.show_found(plugin("console.search.coordinates").parse(f"{system}{spot.x():.8f}, {spot.y():.8f}"))
    until(lambda: "Position" in shown.dock.who.card.toPlainText())
    centre = shown.who._mark.center()
    moved = ((centre.x() - x) ** 2 + (centre.y() - y) ** 2) ** 0.5
    if "gcj" in system:
        assert 400 < moved < 700  # what was given was no GCJ-02: read as such it lies where GCJ-02 would put it
    else:
        assert moved < 0.01
        assert code in shown.dock.who.card.toPlainText()


def test_qgis_own_search_asks_it(plugin, shown, one_map):
    (code,) = one(one_map, "SELECT cell_code FROM grid_cell LIMIT 1 OFFSET 3")
    locator = QgsLocator()
    found = []
    made = plugin("console.search.locator_filter").OneMapFilter(lambda: shown.one_map, shown.guide.show_found)
    locator.registerFilter(made)
    locator.foundResult.connect(lambda result: found.append((result.displayString, result.group)))
    locator.fetchResults(code, QgsLocatorContext(), feedback := QgsFeedback())
    assert made.activePrefix() == "omap"
    until(lambda: found and not locator.isRunning())
    assert any(title.startswith(code) for title, _ in found)
    assert not feedback.isCanceled()
    locator.clearPreviousResults()
    locator.deregisterFilter(made)
