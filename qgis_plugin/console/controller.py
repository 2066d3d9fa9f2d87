"""Who is connected to whom: the map file, the lists, the canvas, the library."""

from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path

from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY, QgsProject
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..engine.worker import Worker
from ..live.live import Live
from ..live.panel import LivePanel
from ..onemap.domain.journal import OF_CASES, OF_FINDINGS, Entry, FindingSpot
from ..onemap.domain.judged import as_one
from ..project.fill import map_in
from ..project.one_map_file import NotAOneMap, OneMapFile, open_one_map
from ..translation import language, tr
from .card.case_desk import CaseDesk
from .card.decision_desk import DecisionDesk
from .desk import Desk, person
from .dock import OnemapDock
from .editing.edit_desk import EditDesk
from .findings.finding_desk import FindingDesk
from .following import Following
from .guide import Guide
from .highlight import point_to_layer, to_layer
from .holders import holders_of
from .log_tab import subject_title, verb_title
from .picking import SpotPicker
from .queue.deadlines import Deadlines
from .queue.kinds import case_list, finding_list
from .queue.list_tab import VIEW_DELAY_MS, ListTab
from .rebuilt import Rebuilt, words_of_outdated
from .rows import CASE_TABLES, FINDING_TABLES, Known, Row, holds, live_row, read_again, read_rows, settled_near_border
from .streets import STREET_LEVEL, Streets
from .who.asking import WhoAnswers
from .who.matters import matters_of
from .windows import Windows
from .words import Words


class Controller(QObject):
    """Shows the one map of the project in the dock, and the chosen row on the canvas."""

    refused = pyqtSignal(str)  # a decision could not be kept: why
    told = pyqtSignal(str)  # a short word for the message bar
    done = pyqtSignal(str)  # something was decided: what; it can be undone
    read_again = pyqtSignal()  # layers have other rows: a build has replaced the map, or one of them is filtered
    replaced = pyqtSignal(str)  # a build has put a new map in the place of the one that is shown

    def __init__(self, iface: QgisInterface, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = iface.mapCanvas()
        self.one_map: OneMapFile | None = None
        self._lacking: Path | None = None  # a map that was told to be missing
        self._known = Known()
        self.dock = OnemapDock(
            ListTab(finding_list(self._street)), ListTab(case_list(self._street)), iface.mainWindow()
        )
        self.worker = Worker(self)
        self.worker.changed.connect(self.dock.tell_engine)
        self.worker.refused.connect(self.dock.who.say)
        self.desk = Desk(self)
        self.who = WhoAnswers(self._canvas, self.worker, self.dock.who, self.desk, self)
        self.cases = CaseDesk(self.dock.cases, self.worker, self.desk, self)
        self.findings = FindingDesk(self.dock.findings, self.worker, self.desk, self._canvas, self)
        self.edit = EditDesk(self.dock.edit, self.worker, self.desk, self._canvas, self)
        self.deadlines = Deadlines(self.dock.cases, self)
        self.guide = Guide(self._canvas, self.worker, self.who, self)
        self.following = Following(self._tabs, self.dock.tabs.setCurrentWidget, self.guide.show_row, self)
        self.decisions = DecisionDesk(self.desk, self._canvas, self.guide.show_row, self)
        self.picker = SpotPicker(self._canvas, self)
        self.live = Live(self.dock.cases, self.worker, self._live_row, self._canvas, self)
        self.dock.add_live(LivePanel(self.live, self.dock))
        self.windows = Windows(self.desk, self.dock, self._canvas)
        self._rebuilt = Rebuilt(self)
        self._changing = self._timer(VIEW_DELAY_MS, self.look_at_project)
        self._panning = self._timer(VIEW_DELAY_MS, self._follow_view)
        self._acts = {
            "zoom": self._go_there,
            "who": self._who_at,
            "reassign": lambda row: self.cases.reassign(row) if self.decisions.in_sight(row) else None,
            "photo": self.cases.open_photo,
            "decide": lambda _: self.dock.cases.decision.choose(0),
            "repair": self.findings.repair,
            "accept": self.findings.accept,
            "refuse": self.findings.refuse,
            "allow": self.findings.allow,
            "take_back": self.findings.take_back,
        }
        self._wire()

    def _wire(self) -> None:
        """Connect everything once."""
        self._rebuilt.noticed.connect(lambda: self.replaced.emit(tr("The one map was built anew.")))
        self.desk.changed.connect(self._decided)
        self.desk.refused.connect(self.refused)
        for part in (self.cases, self.findings, self.edit, self.decisions):
            part.told.connect(self.told)
        for part in (self.cases, self.findings):
            part.pick_wanted.connect(lambda part=part: self.picker.arm(lambda spot: self._name_cell(part, spot)))
        for tab in self._tabs:
            tab.chosen.connect(self.guide.show_row)
            tab.current.connect(lambda row, tab=tab: self._looked_at(tab, row))
            tab.acted.connect(lambda name, row, tab=tab: self.act(tab, name, row))
            tab.decision.decided.connect(lambda *said, tab=tab: self._decide(tab.row, *said))
            tab.went_on.connect(lambda row, tab=tab: self.guide.show_row(row) if tab.isVisible() else None)
            tab.decision.undone.connect(self.desk.undo)
            tab.view_wanted.connect(lambda _: self._follow_view())
            tab.counted.connect(lambda count, tab=tab: self.dock.count(tab, count))
        dock, log = self.dock, self.dock.log
        dock.tabs.currentChanged.connect(lambda _: self._turned())
        for signal in (dock.undo_wanted, log.undo_wanted):
            signal.connect(self.undo)
        for signal in (dock.redo_wanted, log.redo_wanted):
            signal.connect(self.redo)
        log.taken_back.connect(self.desk.take_back)
        log.chosen.connect(self.show_entry)
        log.note_wanted.connect(self.windows.show_note)
        dock.wall_wanted.connect(self.windows.show_wall)
        self._canvas.extentsChanged.connect(self._panning.start)
        for part in (self.live, self.guide):
            part.refused.connect(self.refused)
        self.guide.asking.connect(self._show_answer)
        self.guide.listed.connect(self._show_case)

    def _timer(self, milliseconds: int, slot) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    @property
    def _tabs(self) -> tuple[ListTab, ListTab]:
        return self.dock.findings, self.dock.cases

    def project_changed(self) -> None:
        """Look at the project once its layers have come or gone."""
        self._changing.start()

    def look_at_project(self) -> None:
        """Show the one map that the project holds, or none."""
        path = map_in(QgsProject.instance())
        if path is None:
            self.show_nothing()
        elif self.one_map is None or path != self.one_map.path:
            self.show(path)

    def show(self, path: Path) -> None:
        """List the findings and cases of a map."""
        try:
            self.one_map = open_one_map(path)
        except NotAOneMap:
            self.show_nothing()
            if path != self._lacking and not path.exists():
                where = {"name": path.name, "folder": str(path.parent)}
                self.refused.emit(tr("{name} is not there any more; the project looks for it in {folder}", **where))
            self._lacking = path
            return
        self._lacking = None
        self._rebuilt.watch(path)
        self.windows.of_map(self.one_map)
        self.desk.open(path)
        self.deadlines.of_map(self.one_map)
        self._known = self._what_is_known()
        self.dock.show_map(self.one_map.title(language()))
        self.dock.keep_time(Words(self.one_map.facts).zone)
        self.guide.of_map(self._crs())
        self.decisions.of_map(self.one_map, self._crs())
        for tab, tables in ((self.dock.findings, FINDING_TABLES), (self.dock.cases, CASE_TABLES)):
            tab.filters.be(person())
            tab.name_streets(Words(self.one_map.facts).one_of(STREET_LEVEL))
            tab.load(read_rows(self.one_map, tables, self._known))
        matters = matters_of(self.one_map)
        self.who.of_map(self._crs(), matters)
        self.cases.of_map(self.one_map, matters)
        self.findings.of_map(self.one_map, self._crs())
        self.edit.of_map(self.one_map, self._crs())
        self.following.attach()
        self._show_log()
        self.worker.open(str(path))
        self.live.of_map(self.one_map)

    def show_nothing(self) -> None:
        """Empty the lists."""
        self.windows.of_map(None)
        self.one_map = None
        self.desk.close()
        self.who.clear()
        self.guide.of_map(self._crs())
        self.decisions.of_map(None, self._crs())
        self.cases.of_map(None, [])
        self.findings.of_map(None, self._crs())
        self.edit.of_map(None, self._crs())
        self.deadlines.of_map(None)
        self.live.of_map(None)
        self.worker.open("")
        self._rebuilt.watch(None)
        for tab in self._tabs:
            tab.clear()
        self.dock.show_nothing()

    def reload(self) -> None:
        """Read the replaced map: lists and layers."""
        if self.one_map is not None:
            self.show(self.one_map.path)
        for layer in QgsProject.instance().mapLayers().values():
            layer.reload()
        self.read_again.emit()
        self._canvas.refreshAllLayers()

    def act(self, tab: ListTab, name: str, row: Row) -> None:
        """Do with a row what its list was asked for."""
        if name == "copy":
            (self.cases if tab is self.dock.cases else self.findings).copy(row)
        elif name in ("zoom", "who") or not self._is_outdated(row):  # those two ask the file for no row
            self._acts[name](row)

    def _decide(self, row: Row | None, case: str, cell: str, why: str) -> None:
        if not self._is_outdated(row):
            self.decisions.decide(row, case, cell, why)

    def _is_outdated(self, row: Row | None) -> bool:
        """Return, and tell, whether a row is of a file that a build has replaced."""
        outdated = row is not None and self._rebuilt.replaces(row)
        if outdated:
            self.told.emit(words_of_outdated())
        return outdated

    def undo(self) -> None:
        """Take back the latest step: of the grids where they are edited, else of one's own decisions."""
        if self._edits_grids():
            self.edit.undo()
        else:
            self.desk.undo_last()

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._edits_grids():
            self.edit.redo()
        else:
            self.desk.redo()

    def _edits_grids(self) -> bool:
        """Return whether steps are those of a draft: also while an answer is looked at, where nothing is decided."""
        tab = self.dock.tabs.currentWidget()
        return tab is self.dock.edit or (tab is self.dock.who and self.edit.draft is not None)

    def show_entry(self, entry: Entry) -> None:
        """Show what an entry of the log is about: its case, or the place of its finding."""
        spot = FindingSpot.read(entry.subject)
        if spot is not None:
            self.guide.show_spot(spot.x, spot.y, asking=False)
        row = next((row for row in self.dock.cases.model.rows if row.case == entry.subject), None)
        if row is not None:
            self.guide.show_row(row)
            self._show_case(row.table, row.fid)

    def _show_case(self, table: str, fid: int) -> None:
        """Show the card of a case in the list of all of them."""
        cases = self.dock.cases
        if not cases.find(table, fid):
            cases.filters.clear()
            cases.find(table, fid)
        self.dock.tabs.setCurrentWidget(cases)

    def _show_answer(self) -> None:
        """Turn to the answer: to a question that was asked in words, not by a click beside another tab's work."""
        self.dock.tabs.setCurrentWidget(self.dock.who)

    def close(self) -> None:
        """Let go of the file, of the canvas and of the library."""
        self.windows.close()
        self.live.leave()
        self.following.close()
        self.picker.close()
        self.findings.clear_preview()
        self.decisions.marks.clear()
        self.edit.close()
        self.who.close()
        self.worker.stop()
        self._canvas.extentsChanged.disconnect(self._panning.start)
        self._rebuilt.watch(None)
        self.deadlines.of_map(None)
        for timer in (self._changing, self._panning):
            timer.stop()
        for tab in self._tabs:
            tab.stop()

    def _live_row(self, values: dict) -> Row:
        return live_row(self.one_map, values, self._known)

    def _street(self, code: str) -> str:
        return self._known.streets.name(code)

    def _crs(self) -> QgsCoordinateReferenceSystem:
        return QgsCoordinateReferenceSystem(self.one_map.facts.get("crs", "") if self.one_map else "")

    def _what_is_known(self) -> Known:
        """Return what rows need beside their own columns."""
        if self.one_map is None:
            return Known()
        streets, holders = Streets.of(self.one_map), holders_of(self.one_map)
        known = Known(streets, holders, self.desk.decided, self.desk.judged, clock=self.deadlines.clock)
        today = Words(self.one_map.facts).today().isoformat()
        return replace(known, settled=settled_near_border(self.one_map), today=today)

    def _looked_at(self, tab: ListTab, row: Row | None) -> None:
        old = self._is_outdated(row)
        (self.cases if tab is self.dock.cases else self.findings).show(None if old else row)
        if old:
            tab.show_html(f"<p><b>{escape(words_of_outdated())}</b></p>")
        self.decisions.show(tab, None if old else row)
        self.following.show(tab, row)

    def _turned(self) -> None:
        """Let what is drawn for one tab leave the map with it."""
        self.findings.clear_preview()
        self.decisions.marks.clear()
        shown = self.dock.tabs.currentWidget()
        self.who.show_drawn(shown is self.dock.who)
        if shown in self._tabs:
            self.decisions.show(shown, shown.row)

    def _decided(self, entry: Entry) -> None:
        """Show a decision, or that it no longer counts, where its case or its finding is listed."""
        self._show_log()
        undone = entry.number in self.desk.undone
        if entry.verb in (*OF_CASES, *OF_FINDINGS):
            (self.told if undone else self.done).emit(self._sentence(entry, undone=undone))
        if self.one_map is None:
            return
        one_map = self.one_map
        self._known = replace(self._known, decided=self.desk.decided, judged=self.desk.judged)
        if entry.verb in OF_CASES:
            concerned = lambda row: row.case == entry.subject  # noqa: E731
        elif entry.verb in OF_FINDINGS and (spot := FindingSpot.read(entry.subject)):
            about = as_one(f"{spot.kind}|{spot.about}")
            concerned = lambda row: as_one(row.about) == about and holds(row, spot)  # noqa: E731
        else:
            return
        self.findings.settled()
        if self._rebuilt.is_new:
            return  # the lists are read from the new file, once it is shown
        for tab in self._tabs:
            tab.put(concerned, lambda row: read_again(one_map, row, self._known))
        if undone:
            self._return_to(concerned)

    def _return_to(self, concerned: Callable[[Row], bool]) -> None:
        """Look again at what was taken back, in the list that is open: the next key is meant for it."""
        tab = self.dock.tabs.currentWidget()
        row = next(filter(concerned, tab.model.rows), None) if tab in self._tabs else None
        if row is not None and tab.find(row.table, row.fid):
            self.guide.show_row(row)

    def _sentence(self, entry: Entry, *, undone: bool) -> str:
        what = f"{verb_title(entry.verb)}: {subject_title(entry.subject)}"
        return tr("taken back: {what}", what=what) if undone else f"{what} → {entry.value}" if entry.value else what

    def _show_log(self) -> None:
        desk = self.desk
        self.dock.log.show_entries(
            desk.entries, desk.undone, self.one_map, can_undo=desk.last is not None, can_redo=desk.next is not None
        )

    def _go_there(self, row: Row) -> None:
        """Show a row on the map, or say why the map stays where it is."""
        self.guide.show_row(row)
        if row.box is None:
            self.told.emit(tr("The map cannot show it: it has no position."))

    def _who_at(self, row: Row) -> None:
        """Ask in the tab of that name who answers for the middle of a row."""
        if row.box is None:
            self.told.emit(tr("Nobody can be named: it has no position."))
        else:
            self.dock.tabs.setCurrentWidget(self.dock.who)
            self.guide.ask_at(row)

    def _name_cell(self, part: CaseDesk | FindingDesk, spot: QgsPointXY) -> None:
        """Write the cell of a spot that was clicked into the question that asks for one."""
        there = point_to_layer(spot, self._crs(), self._canvas)
        if there is not None:
            self.worker.ask(
                "locate",
                {"x": there.x(), "y": there.y()},
                lambda answer: part.bar.take_cell(str(answer.get("cell") or "")),
                self.refused.emit,
            )

    def _follow_view(self) -> None:
        for tab in self._tabs:
            wanted = tab.in_view.isChecked() and self.one_map is not None
            tab.set_view(to_layer(self._canvas.extent(), self._crs(), self._canvas) if wanted else None)
