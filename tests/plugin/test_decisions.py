"""A case near a border is decided with one key, kept with who and when, undone, and never asked again."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from .test_console import chips, count, wait


@pytest.fixture
def own_map(one_map, tmp_path):
    """Return a map of this test's own: decisions stand beside it."""
    return shutil.copytree(one_map.parent, tmp_path / "out") / "onemap.gpkg"


@pytest.fixture
def shown(plugin, desktop, own_map, qtbot, english):
    QgsSettings().setValue("onemap/person", "Wang")
    controller = open_controller(plugin, desktop, own_map, qtbot)
    yield controller
    controller.close()
    QgsSettings().remove("onemap/person")


def open_controller(plugin, desktop, path, qtbot):
    held = plugin("project.one_map_file").open_one_map(path)
    plugin("project.fill").fill_project(QgsProject.instance(), held, language="en")
    controller = plugin("console.controller").Controller(desktop)
    desktop.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, controller.dock)
    desktop.window.show()
    controller.look_at_project()
    wait(qtbot, controller)
    return controller


def near_rows(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT case_code, cell_code, candidates FROM near_border WHERE instr(candidates, ',') OR candidates <> cell_code"
        ).fetchall()


@pytest.fixture
def asked(shown):
    """Select the first case near a border in the list of cases."""
    tab = shown.dock.cases
    shown.dock.tabs.setCurrentWidget(tab)
    tab.chips.choose("near_border")
    tab.select(0)
    return tab


def test_the_bar_offers_the_candidates_the_present_one_first(asked, own_map):
    case = asked.table.currentIndex().data(Qt.ItemDataRole.UserRole).case
    (cell, listed) = {code: (cell, names) for code, cell, names in near_rows(own_map)}[case]
    told = [button.toolTip() for button in asked.decision.buttons if button.isVisible()]
    assert told[0] == cell
    assert len(told) >= 2
    assert all(code in listed or code == cell for code in told)


def decide(shown, tab, key):
    row = tab.table.currentIndex().data(Qt.ItemDataRole.UserRole)
    QTest.keyClick(tab.table, key)
    return row.case


def test_one_key_decides_and_it_stands_in_the_journal(shown, asked, own_map, plugin):
    other = asked.decision.buttons[1].toolTip()
    before = chips(asked)
    case = decide(shown, asked, Qt.Key.Key_2)
    journal = plugin("onemap.domain.journal")
    (entry,) = journal.Journal(journal.journal_of(own_map)).entries()
    assert (entry.verb, entry.subject, entry.value, entry.who) == ("decide_case", case, other, "Wang")
    after = chips(asked)
    assert after["near border"] == before["near border"] - 1
    assert after["decided"] == 1
    (row,) = [row for row in asked.model.rows if row.case == case]
    assert (row.kind, row.cells[4]) == ("decided", other)
    findings = [row for row in shown.dock.findings.model.rows if row.case == case]
    assert {row.kind for row in findings} == {"decided"}


def test_the_list_goes_on_with_the_next_one(shown, asked):
    first = decide(shown, asked, Qt.Key.Key_D)
    assert all(
        asked.model.index(n, 0).data(Qt.ItemDataRole.UserRole).case != first for n in range(asked.model.rowCount())
    )
    second = asked.table.currentIndex().data(Qt.ItemDataRole.UserRole)
    assert second is not None
    assert second.case != first
    assert asked.decision.buttons[0].isVisible()


def test_undone_it_is_asked_again(shown, asked, own_map):
    before = chips(asked)
    case = decide(shown, asked, Qt.Key.Key_D)
    asked.chips.choose("decided")
    asked.select(0)
    assert "Wang" in asked.decision.words.text()
    asked.decision.undo.click()
    assert chips(asked) == before | {"decided": 0}  # the chosen counter stays to be seen
    assert shown.desk.decided == {}
    (row,) = [row for row in asked.model.rows if row.case == case]
    assert row.kind == "near_border"


def test_it_is_never_asked_again(plugin, shown, asked, own_map, desktop, qtbot):
    case = decide(shown, asked, Qt.Key.Key_D)
    again = open_controller(plugin, desktop, own_map, qtbot)
    try:
        (row,) = [row for row in again.dock.cases.model.rows if row.case == case]
        assert row.kind == "decided"
    finally:
        again.close()


def test_a_damaged_journal_is_told_and_nothing_is_written(plugin, desktop, own_map, qtbot, english):
    path = own_map.with_suffix(".journal.jsonl")
    path.write_text('{"not": "an entry"}\n')
    told = []
    controller = plugin("console.controller").Controller(desktop)
    controller.refused.connect(told.append)
    controller.show(own_map)
    wait(qtbot, controller)
    try:
        assert "line 1 is not as it was written" in told[0]
        controller.desk.decide("C1", "x")
        assert len(told) == 2
        assert path.read_text() == '{"not": "an entry"}\n'
    finally:
        controller.close()


def test_counts_of_the_map_are_those_shown(shown, own_map):
    assert chips(shown.dock.cases)["near border"] == count(own_map, "case", "near_border = 1")
