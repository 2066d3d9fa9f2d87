"""Runs on PyQt6: the plugin's widgets with the rows of a real map and, where they ask, with the real library.

usage: drive.py ONEMAP.gpkg FOLDER_FOR_PICTURES     prints what was seen, as JSON; any Python error in a slot is code 1
environment: ONEMAP_LOCALE  ONEMAP_PROFILE  ONEMAP_PYTHON  PYTHONPATH = this folder and that of the unpacked plugin
"""

import json
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from onemap_center.console.card.ask_bar import Question
from onemap_center.console.card.case_card import CaseFacts, case_html
from onemap_center.console.desk import Desk
from onemap_center.console.dock import OnemapDock
from onemap_center.console.handover.window import HandoverWindow
from onemap_center.console.holders import holders_of
from onemap_center.console.queue.kinds import case_list, finding_list
from onemap_center.console.queue.list_tab import ListTab
from onemap_center.console.rows import CASE_TABLES, FINDING_TABLES, Known, candidates, details, read_rows
from onemap_center.console.streets import Streets
from onemap_center.console.wall.window import WallWindow
from onemap_center.console.who.matters import matters_of
from onemap_center.engine.client import Engine
from onemap_center.engine.environment import Interpreter
from onemap_center.engine.worker import Worker
from onemap_center.live.live import Live, State
from onemap_center.live.panel import LivePanel
from onemap_center.live.source import FOLDER, POSTGIS, Source
from onemap_center.options import OptionsFactory
from onemap_center.project.one_map_file import open_one_map
from PyQt6.QtCore import QT_VERSION_STR, QEventLoop, Qt, QTimer
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from qgis.gui import QgsMapCanvas

GROUPING = "duty_grid:城管执法局"
WAIT_MS = 30_000
errors: list[str] = []
seen: dict[str, object] = {"qt": QT_VERSION_STR}


def failed(kind: type, error: BaseException, trace: object) -> None:
    """Keep an error of a slot: Qt would otherwise go on, or abort without a word."""
    errors.append("".join(traceback.format_exception(kind, error, trace)))
    print(errors[-1], file=sys.stderr)


def until(ready) -> None:
    """Let Qt work until something is so."""
    loop, tick, end = QEventLoop(), QTimer(), QTimer()
    tick.timeout.connect(lambda: loop.quit() if ready() or errors else None)
    end.setSingleShot(True)
    end.timeout.connect(loop.quit)
    tick.start(10)
    end.start(WAIT_MS)
    loop.exec()
    assert ready() or errors, "waited in vain"


class NoStreets(Streets):
    """Streets are found by their outlines, and those are read with PyQGIS."""

    def find(self, street: str, cell: str, box: object) -> str:
        return street


class Hall:
    """The dock with its tabs, without a map canvas."""

    def __init__(self, path: Path) -> None:
        self.one_map = open_one_map(path)
        self.streets = NoStreets({}, {}, [])
        self.desk = Desk()
        self.desk.open(path)
        self.dock = OnemapDock(ListTab(finding_list(self.streets.name)), ListTab(case_list(self.streets.name)))
        self.worker = Worker(self.dock)
        self.worker.changed.connect(self.dock.tell_engine)
        self.live = Live(self.dock.cases, self.worker, lambda values: None, QgsMapCanvas(), self.dock)
        self.panel = LivePanel(self.live, self.dock)
        self.dock.add_live(self.panel)
        self.dock.resize(560, 860)
        self.dock.show()

    def ask(self, verb: str, arguments: dict) -> dict:
        """Return the library's answer."""
        heard: list[object] = []
        self.worker.ask(verb, arguments, heard.append, heard.append)
        until(lambda: heard)
        assert isinstance(heard[0], dict), heard
        return heard[0]


def lists(hall: Hall) -> None:
    """Read, sort, filter, search, move by keys, act, decide."""
    dock = hall.dock
    known = Known(hall.streets, holders_of(hall.one_map), hall.desk.decided, hall.desk.judged)
    dock.show_map(hall.one_map.title("zh"))
    for tab, tables in ((dock.findings, FINDING_TABLES), (dock.cases, CASE_TABLES)):
        dock.tabs.setCurrentWidget(tab)
        tab.load(read_rows(hall.one_map, tables, known))
        until(lambda tab=tab: not tab.is_loading)
        for column in range(tab.model.columnCount()):
            for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
                tab.table.sortByColumn(column, order)
        tab.select(0)
        QTest.keyClick(tab.table, Qt.Key.Key_J)
        assert tab.table.currentIndex().row() == 1
        acted: list[str] = []
        tab.acted.connect(lambda name, _, acted=acted: acted.append(name))
        QTest.keyClick(tab.table, Qt.Key.Key_C)
        QTest.keyClick(tab.table, Qt.Key.Key_W)
        assert acted == ["copy", "who"], acted
        assert [item.objectName() for item in tab.table.menu().actions()] == [act.name for act in tab.kind.acts]
        tab.show_card(details(hall.one_map, tab.row))
        tab.grab()
        seen[tab.kind.name] = len(tab.model.rows)
    decide(hall)


def decide(hall: Hall) -> None:
    """Settle the first case near a border with one key."""
    tab = hall.dock.cases
    tab.chips.choose("near_border")
    seen["near_border"] = len(tab.model.shown)
    tab.select(0)
    row = tab.row
    cells = candidates(hall.one_map, row)
    hall.desk.refused.connect(errors.append)
    tab.decision.decided.connect(hall.desk.decide)
    tab.decision.ask(row.case, cells)
    QTest.keyClick(tab.table, Qt.Key.Key_2)
    entry = hall.desk.decided[row.case]
    assert (entry.value, entry.who) == (cells[1], "Wang Min")
    tab.decision.tell(row.case, entry)
    facts = CaseFacts(row, details(hall.one_map, row), decision=entry)
    tab.show_html(case_html(facts))
    assert row.case in tab.card.toPlainText()
    hall.dock.log.show_entries(hall.desk.entries, hall.desk.undone, can_undo=True, can_redo=False)
    hall.dock.tabs.setCurrentWidget(hall.dock.log)
    hall.dock.log.grab()
    hall.dock.tabs.setCurrentWidget(tab)
    tab.search.setText("no such thing")
    until(lambda: not tab.model.shown)
    tab.search.setText("")
    until(lambda: tab.model.shown)
    tab.select(0)


def questions(hall: Hall, python: str) -> None:
    """Who answers, and grids edited, with the real library."""
    dock = hall.dock
    hall.worker.use(Engine(Interpreter(python, "test"), "test"))
    hall.worker.open(str(hall.one_map.path))
    warm: list[dict] = []
    hall.worker.opened.connect(warm.append)
    until(lambda: warm)
    dock.tabs.setCurrentWidget(dock.who)
    matters = matters_of(hall.one_map)
    dock.who.offer(matters)
    x, y = dock.cases.row.box[:2]
    answer = hall.ask("who", {"x": x, "y": y, **dock.who.asked()})
    dock.who.show_holder(answer)
    seen["matters"], seen["who"] = len(matters), bool(dock.who.card.toPlainText())
    answered: list[tuple[str, str]] = []
    dock.who.bar.ask(
        Question("?", lambda value, why: answered.append((value, why)), cells=["a", "b"], cell="a", day=True)
    )
    dock.who.bar.why.setText("because")
    dock.who.grab()
    QTest.keyClick(dock.who.bar.why, Qt.Key.Key_Return)
    assert [why for _, why in answered] == ["because"]
    edit(hall)


def edit(hall: Hall) -> None:
    """Move a cell to another grid and take it back."""
    tab = hall.dock.edit
    hall.dock.tabs.setCurrentWidget(tab)
    tab.offer(hall.ask("edit.groupings", {})["groupings"])
    tab.grouping.setCurrentIndex(tab.grouping.findData(GROUPING))
    opened = hall.ask("edit.open", {"grouping": GROUPING, "who": "test"})
    tab.model.names = opened["names"]
    tab.work(True)
    colours = {row["grid"]: "#3B6EA5" for row in opened["grids"]}
    tab.show_state(opened, colours)
    cell, home = next((cell, grid) for cell, grid in opened["cells"].items() if grid)
    target = next(grid for grid in colours if grid != home)
    tab.choose(target)
    moved = hall.ask("edit.move", {"cells": [cell], "to": tab.chosen})
    tab.show_state(moved, colours)
    assert tab.chosen == target
    assert tab.buttons["undo"].isEnabled()
    seen["grids"] = tab.model.rowCount()
    seen["rules"] = tab.rules.count()


def windows(hall: Hall, room: Path) -> None:
    """The live panel, the wall, the handover note, the page of options."""
    dock = hall.dock
    hall.live.states = {
        "a": State(Source(FOLDER, "/in/a"), taken=12, unread=1, looked=True),
        "b": State(Source(POSTGIS, "hall", "public.cases"), why="no connection"),
    }
    dock.tabs.setCurrentWidget(hall.panel)
    hall.live.changed.emit()
    hall.live.unread.emit([(datetime.now(UTC).isoformat(), "a.csv", "7", "no position", "无位置", 1)])
    until(lambda: hall.panel.sources.topLevelItemCount() == 2)
    seen["live"] = [hall.panel.sources.topLevelItem(n).text(1) for n in range(2)]
    hall.panel.grab()
    wall = WallWindow(hall.one_map, dock.cases.model, dock.findings.model, QgsMapCanvas())
    wall.resize(1280, 720)
    wall.show()
    QTest.keyClick(wall, Qt.Key.Key_Space)
    QTest.qWait(300)  # its sizes follow the window
    wall.grab().save(str(room / "wall.png"))
    seen["wall"] = {"theme": wall.map.theme, "near": wall.figures["near_border"].count.text()}
    QTest.keyClick(wall, Qt.Key.Key_Escape)
    assert not wall.isVisible()
    note = HandoverWindow(hall.one_map, hall.desk, dock.cases.model, dock.findings.model)
    note.save_pdf(room / "note.pdf")
    note.save_html(room / "note.html")
    seen["note"] = (room / "note.pdf").read_bytes()[:5].decode()
    page = OptionsFactory(lambda: None, dock).createWidget(None)
    page.show()
    page.person.setText("Li Na")
    page.apply()
    until(lambda: "\n" in page.answer.text())
    seen["options"] = page.answer.text()
    page.grab().save(str(room / "options.png"))


def main() -> int:
    """Do it all, and tell."""
    sys.excepthook = failed
    application = QApplication(sys.argv[:1])
    path, room = Path(sys.argv[1]), Path(sys.argv[2])
    room.mkdir(parents=True, exist_ok=True)
    hall = Hall(path)
    try:
        lists(hall)
        questions(hall, sys.argv[3])
        for tab, name in ((hall.dock.cases, "cases"), (hall.dock.findings, "findings"), (hall.dock.edit, "edit")):
            hall.dock.tabs.setCurrentWidget(tab)
            application.processEvents()
            hall.dock.grab().save(str(room / f"{name}.png"))
        windows(hall, room)
    except Exception:  # noqa: BLE001 - told with the errors of the slots, whatever it was
        failed(*sys.exc_info())
    hall.worker.stop()
    print(json.dumps(seen, ensure_ascii=False))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
