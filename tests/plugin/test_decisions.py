"""A case near a border is decided with one key, kept with who and when, undone, and never asked again."""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from qgis.core import QgsProject, QgsSettings
from qgis.gui import QgsMapToolPan
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from .test_console import chips, count, wait


@pytest.fixture
def own_map(one_map, tmp_path):
    """Return a map of this test's own: decisions stand beside it."""
    return shutil.copytree(one_map.parent, tmp_path / "out") / "onemap.gpkg"


@pytest.fixture
def busy_map(own_map):
    """Let nothing near a border be settled yet: the small city has one open case there."""
    with closing(sqlite3.connect(own_map)) as connection:
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'case'")
        for (trigger,) in named.fetchall():  # they call functions that only GDAL has; no geometry changes
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("UPDATE \"case\" SET state = 'in_hand' WHERE near_border = 1")
        connection.commit()
    return own_map


@pytest.fixture
def shown(plugin, desktop, busy_map, own_map, qtbot, english):
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
    desktop.canvas.setExtent(QgsProject.instance().viewSettings().defaultViewExtent())
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


def test_the_reason_is_kept_and_without_one_what_was_seen(shown, asked, own_map, plugin):
    """Who, when and why: E leads to the reason, Enter back to the list; a key alone keeps which candidate it was."""
    many = sum(button.isVisible() for button in asked.decision.buttons)
    asked.table.setFocus()
    QTest.keyClick(asked.table, Qt.Key.Key_E)
    assert asked.decision.why.hasFocus()
    QTest.keyClicks(asked.decision.why, "D2: asked there")  # letters and digits are the reason's, and decide nothing
    assert shown.desk.entries == []
    QTest.keyClick(asked.decision.why, Qt.Key.Key_Return)
    assert asked.table.hasFocus()
    first = decide(shown, asked, Qt.Key.Key_2)
    assert asked.decision.why.text() == ""  # the next case has a reason of its own
    second = decide(shown, asked, Qt.Key.Key_D)
    journal = plugin("onemap.domain.journal")
    told = {entry.subject: entry.why for entry in journal.Journal(journal.journal_of(own_map)).entries()}
    assert told[first] == "D2: asked there"
    assert told[second].startswith("candidate 1 of ")
    assert many > 1
    asked.chips.choose("decided")
    assert asked.find("case", next(row.fid for row in asked.model.shown if row.case == first))
    assert "D2: asked there" in asked.decision.words.text()
    assert not asked.decision.why.isVisible()


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


def test_after_undo_the_next_key_is_for_the_same_case_and_redo_is_told_as_done(shown, asked):
    told, done = [], []
    shown.told.connect(told.append)
    shown.done.connect(done.append)
    case = decide(shown, asked, Qt.Key.Key_2)
    assert asked.row.case != case  # the list has gone on
    shown.undo()
    assert asked.row.case == case
    assert [sentence for sentence in told if case in sentence] == [f"taken back: case decided: {case}"]
    shown.redo()
    assert case in shown.desk.decided
    assert len(done) == 2
    assert done[1] == done[0]
    assert len(told) == 1
    shown.undo()
    assert asked.row.case == case
    assert decide(shown, asked, Qt.Key.Key_2) == case
    assert list(shown.desk.decided) == [case]


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


def test_settled_cases_ask_nobody_and_their_state_finds_them(plugin, desktop, own_map, qtbot, english):
    controller = open_controller(plugin, desktop, own_map, qtbot)
    try:
        open_ones = count(own_map, "case", "near_border = 1 AND state <> 'settled'")
        all_of_them = count(own_map, "case", "near_border = 1")
        assert (open_ones, all_of_them) == (1, 64)
        cases, findings = controller.dock.cases, controller.dock.findings
        assert chips(cases)["near border"] == chips(findings)["near border"] == open_ones
        cases.chips.choose("near_border")
        assert cases.model.rowCount() == open_ones
        cases.chips.choose("settled")
        assert sum(row.kind == "near_border" for row in cases.model.shown) == all_of_them - open_ones
        cases.select(next(n for n, row in enumerate(cases.model.shown) if row.kind == "near_border"))
        assert cases.row.state == "settled"
        assert not cases.decision.isVisibleTo(cases)
        assert not any(row.state == "settled" for row in findings.model.rows)
        assert sum(chips(findings).values()) == 2 * chips(findings)["all"]  # the kinds add up to all
        rings = plugin("project.fill").layer_in(QgsProject.instance(), "near_border")
        assert rings.featureCount() == open_ones
        controller.windows.show_wall()
        assert controller.windows.wall.figures["near_border"].count.text() == str(open_ones)
        controller.windows.show_note()
        assert f"not decided</td><td align='right'>{open_ones}</td>" in controller.windows.note.html()
    finally:
        controller.close()


def test_a_wrong_cell_loses_nothing_that_was_typed(shown, asked):
    QTest.keyClick(asked.table, Qt.Key.Key_A)
    bar, codes = shown.cases.bar, shown.cases.cells()
    bar.cell.setText("0000")
    bar.why.setText("seen on the spot")
    QTest.keyClick(bar.why, Qt.Key.Key_Return)
    assert bar.isVisible()
    assert bar.error.text() == "There is no cell 0000."
    assert (bar.cell.text(), bar.why.text()) == ("0000", "seen on the spot")
    many = [code for code in codes if code.endswith("001")]
    bar.cell.setText("001")
    QTest.keyClick(bar.why, Qt.Key.Key_Return)
    assert bar.isVisible()
    assert bar.error.text().startswith(f"{len(many)} cells end in 001: {many[0]}, {many[1]}")
    assert sum(code in bar.error.text() for code in many) == min(5, len(many))
    assert shown.desk.entries == []
    bar.cell.setText(codes[0][-7:])
    QTest.keyClick(bar.why, Qt.Key.Key_Return)
    assert not bar.isVisible()
    (entry,) = shown.desk.entries
    assert (entry.value, entry.why) == (codes[0], "seen on the spot")


@pytest.mark.parametrize("key", [Qt.Key.Key_D, Qt.Key.Key_2, Qt.Key.Key_A])
def test_nothing_is_done_with_a_case_that_is_not_in_view(shown, asked, desktop, key):
    from qgis.core import QgsRectangle

    told = []
    shown.told.connect(told.append)
    x, y = asked.row.box[:2]
    desktop.canvas.setExtent(QgsRectangle(x + 5_000, y + 5_000, x + 5_100, y + 5_100))
    QTest.keyClick(asked.table, key)
    assert shown.desk.entries == []
    assert not shown.cases.bar.isVisible()
    assert asked.row.case in told[0]
    assert desktop.canvas.extent().contains(x, y)  # it is shown now
    QTest.keyClick(asked.table, key)
    assert shown.cases.bar.isVisible() if key == Qt.Key.Key_A else len(shown.desk.entries) == 1


def test_after_a_decision_the_map_goes_on_with_the_list(shown, asked, desktop):
    first = asked.row
    shown.guide.show_row(first)
    QTest.keyClick(asked.table, Qt.Key.Key_D)
    assert asked.row.case != first.case
    middle = desktop.canvas.extent().center()
    assert abs(middle.x() - asked.row.box[0]) < 1
    assert abs(middle.y() - asked.row.box[1]) < 1


def test_candidates_are_outlined_and_numbered_and_leave_with_the_tab(shown, asked, own_map):
    buttons = [button for button in asked.decision.buttons if button.isVisible()]
    marks = shown.decisions.marks
    assert len(marks.bands) == len(marks.numbers) == len(buttons)
    codes, shapes = [button.toolTip() for button in buttons], [band.asGeometry() for band in marks.bands]
    held = dict(zip(codes, shapes, strict=True))
    layer = next(
        x for x in QgsProject.instance().mapLayers().values() if x.customProperty("onemap/layer_id") == "grid_cell"
    )
    for feature in layer.getFeatures():
        if feature["cell_code"] in held:
            assert abs(held[feature["cell_code"]].area() - feature.geometry().area()) < 0.01
    assert all(" m" in button.text() for button in buttons)
    assert not buttons[0].icon().isNull()
    y = asked.row.box[1]
    assert all(abs(number.spot.y() - y) > 9 for number in marks.numbers)  # the label of the case is free
    shown.dock.tabs.setCurrentWidget(shown.dock.log)
    assert marks.bands == []
    shown.dock.tabs.setCurrentWidget(asked)
    assert len(marks.bands) == len(buttons)


def test_the_way_back_stands_under_the_words(shown, asked):
    QTest.keyClick(asked.table, Qt.Key.Key_D)
    asked.chips.choose("decided")
    asked.select(0)
    bar = asked.decision
    assert bar.undo.isVisible()
    assert bar.undo.x() == bar.words.x()


def test_moments_are_told_by_the_clock_of_the_district(shown, asked, monkeypatch):
    """Not by that of the computer, which may be anywhere: 16:30 UTC is half past midnight in Qinghe."""
    monkeypatch.setenv("TZ", "America/New_York")
    QTest.keyClick(asked.table, Qt.Key.Key_D)
    (entry,) = shown.desk.entries
    here = datetime.fromisoformat(entry.at).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M")
    log = shown.dock.log.model
    assert log.data(log.index(0, 0)) == here[5:]
    asked.chips.choose("decided")
    asked.select(0)
    assert here in asked.decision.words.text()
    shown.windows.show_note()
    assert here in shown.windows.note.html()
    shown.windows.show_wall()
    assert shown.windows.wall.clock.text()[:13] == datetime.now(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H")
    shown.windows.close()


def test_a_cell_taken_from_the_map_leaves_the_map_where_it_is(shown, asked, desktop):
    """The tool that comes back must not take the release of the button for a click of its own."""
    canvas = desktop.canvas
    pan = QgsMapToolPan(canvas)
    canvas.setMapTool(pan)
    there, spots = canvas.extent(), []
    shown.picker.arm(spots.append)
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 30))
    assert len(spots) == 1
    assert canvas.extent() == there
    assert canvas.mapTool() is pan


def test_the_dock_is_wide_enough_for_its_titles_where_qgis_sees_it_for_the_first_time(shown, desktop, qtbot):
    dock, bar, rows = shown.dock, shown.dock.tabs.tabBar(), len(shown.dock.cases.model.rows)
    assert bar.elideMode() == Qt.TextElideMode.ElideNone
    desktop.window.setCentralWidget(desktop.canvas)
    desktop.window.resizeDocks([dock], [100], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: dock.width() < bar.sizeHint().width())  # as QGIS gives it to a profile that is new
    dock._widest = 0
    dock.count(dock.cases, rows)
    qtbot.waitUntil(lambda: dock.width() >= bar.sizeHint().width())
    desktop.window.resizeDocks([dock], [100], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: dock.width() < bar.sizeHint().width())
    narrow = dock.width()
    dock.count(dock.cases, rows)
    qtbot.wait(50)
    assert dock.width() == narrow  # made so by hand, and left so


def test_with_another_map_nothing_is_asked_about_a_case_of_the_one_before(
    shown, asked, plugin, one_map, own_map, tmp_path, qtbot
):
    case, cell = asked.row.case, asked.decision.buttons[0].toolTip()
    other = shutil.copytree(one_map.parent, tmp_path / "other") / "onemap.gpkg"
    shown.show(other)
    wait(qtbot, shown)
    assert asked.row is None
    assert asked.decision.isHidden()
    assert asked.card.isHidden()
    asked.decision.decided.emit(case, cell, "")  # were a button still there, it would decide nothing
    QTest.keyClick(asked.table, Qt.Key.Key_D)
    journal = plugin("onemap.domain.journal")
    assert [journal.Journal(journal.journal_of(path)).entries() for path in (own_map, other)] == [[], []]


def test_the_case_that_is_looked_at_is_seen_in_a_cluster_and_when_settled(shown, asked):
    tab, marks = shown.dock.cases, shown.decisions.marks
    for state in ("new", "settled"):
        tab.chips.choose(state)
        number = next(n for n, row in enumerate(tab.model.shown) if row.box)
        tab.select(number)
        x, y = tab.row.box[:2]
        assert (marks.chosen.spot.x(), marks.chosen.spot.y()) == pytest.approx((x, y))
        assert marks.chosen.sign == state
        assert marks.chosen.scene() is shown.decisions._canvas.scene()
    ring = marks.chosen
    shown.dock.tabs.setCurrentWidget(shown.dock.log)
    assert marks.chosen is None
    assert ring.scene() is None
    shown.dock.tabs.setCurrentWidget(tab)
    assert marks.chosen is not None
    shown.show_nothing()
    assert marks.chosen is None


def test_a_code_has_an_ellipsis_only_where_something_is_left_off(plugin, asked):
    columns = plugin("console.columns")
    assert columns.end_of("1C03", 7) == "1C03"
    assert columns.end_of("110120005004007", 7) == "…5004007"
    assert columns.ends_of("110120005004007, 110120005004008") == "…4007, …4008"
    assert columns.ends_of("110120005004007, 110120001001001") == "…5004007, …1001001"
    assert columns.ends_of("Cluster 8, Cluster 9") == "Cluster 8, Cluster 9"
    assert columns.ends_of("7, 71") == "7, 71"
    asked.decision.ask("1", ["1C03", "110120005004007"])
    assert asked.decision.buttons[0].text().startswith("1C03")
    assert asked.decision.buttons[1].text().startswith("…5004007")
    asked.decision.show_nothing()


def test_all_columns_are_in_sight_and_the_log_tells_the_reason(shown, asked):
    dock = shown.dock
    dock.widget().setMinimumWidth(540)  # as wide as it is given at first
    for tab in (dock.findings, dock.log, dock.cases):
        dock.tabs.setCurrentWidget(tab)
        QApplication.processEvents()
        assert tab.table.viewport().width() > 450
        assert tab.table.horizontalHeader().length() <= tab.table.viewport().width()
    case = asked.row.case
    shown.desk.reassign(case, asked.row.keys[4], "seen on the spot: it lies across the road")
    shown.desk.undo_last()
    log = dock.log
    dock.tabs.setCurrentWidget(log)
    assert not log.back.isEnabled()  # nothing is chosen
    assert not log.told.isVisible()
    log.table.selectRow(0)
    assert log.model.index(0, 4).data() == "Entry 1"
    assert not log.back.isEnabled()  # an undoing is not undone
    log.table.selectRow(1)
    assert "seen on the spot: it lies across the road" in log.told.text()
    assert case in log.told.text()
    assert not log.back.isEnabled()  # it no longer counts
    shown.desk.decide(case, asked.row.keys[4])
    log.table.selectRow(0)
    assert log.back.isEnabled()


def test_widths_fill_the_room_until_somebody_draws_them(plugin, shown):
    columns = plugin("console.columns")
    assert columns.fitted((100, 50, 50), {1: 1, 2: 1}, 240) == [100, 70, 70]
    assert columns.fitted((100, 50, 50), {1: 1, 2: 1}, 180) == [100, 40, 40]
    assert columns.fitted((100, 50, 50), {1: 1, 2: 1}, 100) == [100, 30, 30]
    table = shown.dock.cases.table
    table.setColumnWidth(0, 222)
    table.columns.fit()
    assert table.columnWidth(0) == 222


def test_a_project_whose_map_was_renamed_says_what_it_looks_for_once(plugin, desktop, own_map, qtbot, english):
    controller = open_controller(plugin, desktop, own_map, qtbot)
    try:
        told = []
        controller.refused.connect(told.append)
        own_map.rename(own_map.with_name("renamed.gpkg"))
        controller.show(own_map)
        controller.show(own_map)
        words = f"onemap.gpkg is not there any more; the project looks for it in {own_map.parent}"
        assert told == [words]
        assert controller.one_map is None
        own_map.with_name("renamed.gpkg").rename(own_map)
        controller.show(own_map)
        assert controller.one_map is not None
    finally:
        controller.close()
