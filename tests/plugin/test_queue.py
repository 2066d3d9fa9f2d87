"""The queue: every filter counted against the file itself, keys and menu, map and list together, 100,000 rows."""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import QDateTime, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from .test_console import chips, count, wait
from .test_decisions import open_controller, own_map

__all__ = ["own_map"]
MANY = 100_000
PAUSE, SLOW = 0.1, 3  # what a person does not feel; the machine of a test may be slower


@pytest.fixture
def shown(plugin, desktop, own_map, qtbot, english):
    QgsSettings().setValue("onemap/person", holder_with_most(own_map))
    controller = open_controller(plugin, desktop, own_map, qtbot)
    controller.dock.tabs.setCurrentWidget(controller.dock.cases)
    desktop.canvas.setDestinationCrs(QgsProject.instance().crs())
    desktop.canvas.setExtent(plugin("project.fill").layer_in(QgsProject.instance(), "grid_district").extent())
    yield controller
    controller.close()
    QgsSettings().remove("onemap/person")


def ask(path, sql):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def holder_with_most(path):
    """Return the person who is appointed today to the cells with the most cases."""
    return ask(
        path,
        "SELECT h.name FROM holder h JOIN 'case' c ON c.cell_code = h.grid_code WHERE h.role = 'grid_worker' "
        "AND NOT h.deputy AND date('now') BETWEEN h.valid_from AND coalesce(h.valid_to, '9999') "
        "GROUP BY h.name ORDER BY count(*) DESC, h.name LIMIT 1",
    )[0][0]


def choose(tab, part, value):
    """Choose a value in a combo box of a list."""
    box = next(box for choice, box in zip(tab.kind.choices, tab.filters.boxes, strict=True) if choice.part == part)
    assert box.findData(value) >= 0
    box.setCurrentIndex(box.findData(value))


def test_class_and_state_together(shown, own_map):
    tab = shown.dock.cases
    (matter, number), *_ = ask(
        own_map, "SELECT matter_name, count(*) FROM 'case' WHERE state='settled' GROUP BY 1 ORDER BY 2 DESC"
    )
    choose(tab, "group", matter)
    tab.chips.choose("settled")
    assert tab.model.rowCount() == number


def test_span_of_time(shown, own_map):
    tab = shown.dock.cases
    assert str(tab.span.zone) == "Asia/Shanghai"
    tab.span.box.setCurrentIndex(tab.span.box.findData("chosen"))
    assert tab.model.rowCount() == count(own_map, "case", "reported_at <> ''")
    tab.span.first.setDateTime(QDateTime.fromString("2026-01-01T00:00", Qt.DateFormat.ISODate))
    tab.span.last.setDateTime(QDateTime.fromString("2026-01-31T23:59", Qt.DateFormat.ISODate))
    wanted = count(own_map, "case", "strftime('%Y-%m', reported_at, '+8 hours') = '2026-01'")
    assert wanted > 0
    assert tab.model.rowCount() == wanted
    tab.span.box.setCurrentIndex(tab.span.box.findData("day"))
    since, until = tab.span.bounds()
    assert tab.model.rowCount() == count(own_map, "case", f"reported_at >= '{since}'")
    assert until == ""
    tab.span.box.setCurrentIndex(0)
    assert tab.model.rowCount() == count(own_map, "case")


def test_mine_are_the_cases_in_my_cells(shown, own_map):
    tab, me = shown.dock.cases, holder_with_most(own_map)
    tab.mine.click()
    assert 0 < tab.model.rowCount() < len(tab.model.rows)
    cells = {
        code
        for (code,) in ask(
            own_map,
            f"SELECT grid_code FROM holder WHERE name = '{me}' AND NOT deputy "
            "AND date('now') BETWEEN valid_from AND coalesce(valid_to, '9999')",
        )
    }
    assert {row.keys[4] for row in tab.model.shown} <= cells
    assert me in tab.mine.toolTip()
    tab.mine.click()
    choose(tab, "holder", me)
    assert {row.holder for row in tab.model.shown} == {me}


def test_keys_move_search_zoom_and_copy(shown, qtbot):
    tab = shown.dock.cases
    tab.table.setFocus()
    tab.select(0)
    for key, line in ((Qt.Key.Key_J, 1), (Qt.Key.Key_J, 2), (Qt.Key.Key_K, 1), (Qt.Key.Key_K, 0), (Qt.Key.Key_K, 0)):
        QTest.keyClick(tab.table, key)
        assert tab.table.currentIndex().row() == line
    QTest.keyClick(tab.table, Qt.Key.Key_C)
    assert QApplication.clipboard().text() == tab.model.shown[0].case
    placed = next(number for number, row in enumerate(tab.model.shown) if row.box)
    tab.select(placed)
    QTest.keyClick(tab.table, Qt.Key.Key_Space)
    x, y = tab.model.shown[placed].box[:2]
    assert abs(shown._canvas.center().x() - x) < 1
    assert abs(shown._canvas.center().y() - y) < 1
    QTest.keyClick(tab.table, Qt.Key.Key_F)
    qtbot.waitUntil(tab.search.hasFocus)
    QTest.keyClick(tab.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(tab.table.hasFocus)


def test_the_menu_holds_every_act_with_key_and_hint(shown):
    for tab in (shown.dock.cases, shown.dock.findings):
        items = tab.table.menu().actions()
        assert [item.objectName() for item in items] == [act.name for act in tab.kind.acts]
        assert all(item.toolTip() and item.text() for item in items)
        known = {*shown._acts, "copy"}
        assert {act.name for act in tab.kind.acts} <= known


def test_map_and_list_follow_each_other(shown, plugin, qtbot):
    tab = shown.dock.cases
    layer = plugin("project.fill").layer_in(QgsProject.instance(), "case")
    tab.select(3)
    row = tab.row
    qtbot.waitUntil(lambda: layer.selectedFeatureIds() == [row.fid])
    other = tab.model.shown[40]
    shown.dock.tabs.setCurrentWidget(shown.dock.findings)
    layer.selectByIds([other.fid])
    qtbot.waitUntil(lambda: tab.row is other)
    assert shown.dock.tabs.currentWidget() is tab
    tab.follow.setChecked(True)
    placed = next(row for row in tab.model.shown[50:] if row.box)
    tab.find(placed.table, placed.fid)
    qtbot.waitUntil(lambda: abs(shown._canvas.center().x() - placed.box[0]) < 1)


@pytest.fixture
def many(own_map):
    """Return a map with 100,000 cases."""
    with closing(sqlite3.connect(own_map)) as connection:
        names = [row[1] for row in connection.execute('PRAGMA table_info("case")') if row[1] != "fid"]
        columns = ", ".join(f'"{name}"' for name in names)
        picked = ", ".join(f'"{name}"' if name != "case_code" else "'C' || n || '-' || case_code" for name in names)
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        had = connection.execute('SELECT count(*) FROM "case"').fetchone()[0]
        connection.execute(
            f"WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < 200) "
            f'INSERT INTO "case" ({columns}) SELECT {picked} FROM "case", k LIMIT {MANY - had}'
        )
        connection.commit()
    return own_map


def spent(act):
    """Return the processor time of an act, and of what it makes Qt draw: other programs on the machine do not count."""
    before = time.process_time()
    act()
    QApplication.processEvents()
    return time.process_time() - before


def test_a_hundred_thousand_rows_filter_sort_and_scroll_without_lag(plugin, desktop, many, qtbot, english):
    controller = plugin("console.controller").Controller(desktop)
    desktop.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, controller.dock)
    desktop.window.show()
    try:
        controller.show(many)
        wait(qtbot, controller)
        tab = controller.dock.cases
        controller.dock.tabs.setCurrentWidget(tab)
        QApplication.processEvents()
        assert len(tab.model.rows) == MANY
        qtbot.waitUntil(lambda: not tab.is_preparing, timeout=20_000)
        street = next(row.street for row in tab.model.rows if row.street)
        acts = {
            "state": lambda: tab.chips.choose("overdue"),
            "near border": lambda: tab.chips.choose("near_border"),
            "all": lambda: tab.chips.choose("all"),
            "street": lambda: tab.model.change(street=street),
            "no street": lambda: tab.model.change(street=""),
            "since": lambda: tab.model.change(since="2026-01-01"),
            "ever": lambda: tab.model.change(since=""),
            "search": lambda: tab.model.change(text="c7- 0"),
            "no search": lambda: tab.model.change(text=""),
            **{
                f"sort {name} {order.name if hasattr(order, 'name') else order}": (
                    lambda column=column, order=order: tab.table.sortByColumn(column, order)
                )
                for column, name in enumerate(tab.kind.columns())
                for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder)
            },
            "end": tab.table.scrollToBottom,
            "middle": lambda: tab.table.verticalScrollBar().setValue(MANY // 2),
            "page": lambda: QTest.keyClick(tab.table, Qt.Key.Key_PageDown),
            "go": lambda: tab.select(MANY - 1),
        }
        took = {name: spent(act) for name, act in acts.items()}
        print(f"{MANY:,} cases, ms of the processor:", {name: round(value * 1000) for name, value in took.items()})
        assert {name: value for name, value in took.items() if value > SLOW * PAUSE} == {}
    finally:
        controller.close()


@pytest.mark.parametrize("order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder])
@pytest.mark.parametrize("chip", ["all", "near_border"])
def test_rows_exchanged_one_by_one_are_those_of_a_list_read_anew(shown, plugin, qtbot, order, chip):
    """Cells come after the cases were shown: each row stands where it belongs, in every order and under any filter."""
    tab = shown.dock.cases
    qtbot.waitUntil(lambda: not tab.is_preparing, timeout=20_000)
    tab.table.sortByColumn(4, order)
    tab.chips.choose(chip)
    tab.select(min(2, tab.model.rowCount() - 1))
    looked_at = tab.row
    resets = []
    tab.model.modelReset.connect(lambda: resets.append(1))
    old = [row for row in tab.model.rows if row.box][:60]
    old += [looked_at] * (looked_at not in old)
    kinds = ("inside", "near_border")
    pairs = [
        (row, replace(row, keys=(*row.keys[:4], end), cells=(*row.cells[:4], end), kind=kind, chip=kind))
        for row, end, kind in zip(old, cycle(f"Z{n}" for n in range(7)), cycle(kinds), strict=False)
    ]
    wanted = {(row.table, row.fid): row for row in tab.model.rows} | {(new.table, new.fid): new for _, new in pairs}
    tab.exchange(pairs)
    assert resets == []
    assert {(row.table, row.fid): row for row in tab.model.rows} == wanted
    passing = [row for row in wanted.values() if chip in ("all", row.chip)]
    assert {(row.table, row.fid) for row in tab.model.shown} == {(row.table, row.fid) for row in passing}
    cells = [row.keys[4] for row in tab.model.shown]
    assert cells == sorted(cells, reverse=order == Qt.SortOrder.DescendingOrder)
    counted = Counter(name for row in wanted.values() for name in tab.kind.chips(row))
    assert {name: count for name, count in tab._counted.items() if name != "all"} == counted
    if chip == "all":
        assert (tab.row.table, tab.row.fid) == (looked_at.table, looked_at.fid)
        assert tab.row.keys[4].startswith("Z")
    for column in range(5):
        tab.table.sortByColumn(column, order)
        keys = [row.keys[column] for row in tab.model.shown]
        assert keys == sorted(keys, reverse=order == Qt.SortOrder.DescendingOrder)


def test_reading_the_lists_comes_in_small_strokes_and_asks_for_the_language_once(plugin, own_map, monkeypatch):
    asked = []
    monkeypatch.setattr("qgis.core.QgsApplication.locale", lambda: asked.append(1) or "en")
    rows, opened = plugin("console.rows"), plugin("project.one_map_file").open_one_map(own_map)
    for tables in (rows.FINDING_TABLES, rows.CASE_TABLES):
        batches = list(rows.read_rows(opened, tables, rows.Known()))
        known = [table for table in tables if opened.layer(table) is not None and table != "coverage_gap"]  # gaps, all
        assert sum(map(len, batches)) == sum(ask(own_map, f"SELECT count(*) FROM '{table}'")[0][0] for table in known)
        assert max(map(len, batches)) <= 250
    assert len(asked) == 1  # QGIS looks into its settings each time


def test_a_case_of_no_known_state_is_neither_settled_nor_left_out(shown, plugin):
    """It has a sign that no other state has, a title on its card and a counter of its own."""
    rows = plugin("console.rows")
    states = (None, "", "closed?", "settled", "new")
    made = [
        rows.live_row(shown.one_map, {"fid": n, "box": None, "case_code": f"c{n}", "state": state}, rows.Known())
        for n, state in enumerate(states)
    ]
    assert [row.state for row in made] == ["unknown", "unknown", "unknown", "settled", "new"]
    signs = plugin("console.signs")._ICON
    assert Path(plugin("icons").icon_path(signs[made[0].sign])).exists()
    assert list(signs.values()).count(signs[made[0].sign]) == 1
    card = plugin("console.card.case_card")
    assert "<b>state unknown</b>" in card.case_html(card.CaseFacts(made[0], []))
    tab = shown.dock.cases
    tab.add([replace(row, fid=-row.fid - 1) for row in made])
    assert chips(tab)["state unknown"] == 3
    tab.chips.choose("unknown")
    assert tab.model.rowCount() == 3
