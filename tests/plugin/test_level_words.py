"""A district's own words for its levels, and how sentences begin."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt


@pytest.fixture
def wards(one_map, tmp_path):
    """Return a copy of the map that calls its streets wards."""
    copy = shutil.copy(one_map, tmp_path / "onemap.gpkg")
    with closing(sqlite3.connect(copy)) as connection, connection:
        (titles,) = connection.execute("SELECT value FROM onemap_district WHERE name = 'level_titles'").fetchone()
        titles = json.loads(titles) | {"grid_street": {"zh": "选区", "en": "Wards"}}
        connection.execute("UPDATE onemap_district SET value = ? WHERE name = 'level_titles'", (json.dumps(titles),))
    return copy


def test_lists_call_the_levels_as_the_district_does(plugin, desktop, wards, one_map, qtbot, english):
    controller = plugin("console.controller").Controller(desktop)
    opened = plugin("project.one_map_file").open_one_map(wards)
    plugin("project.fill").fill_project(QgsProject.instance(), opened, language="en")
    tabs = controller.dock.findings, controller.dock.cases
    for path, name in ((wards, "ward"), (one_map, "street")):
        controller.show(path)
        qtbot.waitUntil(lambda: not any(tab.is_loading for tab in tabs), timeout=20_000)
        heads = [tabs[0].model.headerData(n, Qt.Orientation.Horizontal) for n in range(tabs[0].model.columnCount())]
        assert heads[5] == name.title()
        for tab in tabs:
            parts = zip(tab.kind.choices, tab.filters.boxes, strict=True)
            box = next(box for choice, box in parts if choice.part == "street")
            assert box.itemText(0) == f"any {name}"
            assert box.count() > 2
            assert name in tab.search.placeholderText()
    controller.close()


def test_one_of_many(plugin):
    one = plugin("console.words").one_named
    known = ("Wards", "Advisory neighborhood commissions", "Communities", "ANC", "Campus", "Class", "选区", "City")
    assert [one(title) for title in known] == [
        "Ward", "Advisory neighborhood commission", "Community", "ANC", "Campus", "Class", "选区", "City",
    ]  # fmt: skip


def test_a_card_begins_its_sentences_with_a_capital_and_tells_each_level_as_one(plugin, english):
    card, begun = plugin("console.who.card"), plugin("console.words").begun
    link = {"title": {"en": "Wards", "zh": "选区"}, "name": "Ward 6", "code": "6", "level": "grid_street"}
    answer = {"cell": "6B09", "sentence": {"en": "it lies in cell 6B09", "zh": ""}, "chain": [link]}
    told = card.place_card(answer)
    assert "<p>It lies in cell 6B09</p>" in told
    assert ">Ward<" in told
    assert ">Wards<" not in told
    assert [begun(text) for text in ("m2 of land", "grid_cell has", "no cell", "", "某处")] == [
        "m2 of land", "grid_cell has", "No cell", "", "某处",
    ]  # fmt: skip


def test_the_reason_of_a_finding_begins_with_a_capital(plugin, one_map, english):
    rows, opened = plugin("console.rows"), plugin("project.one_map_file").open_one_map(one_map)
    gap = next(row for batch in rows.read_rows(opened, ("defect",), rows.Known()) for row in batch if row.kind == "gap")
    assert dict(rows.details(opened, gap))["Reason"].startswith("No cell covers")
