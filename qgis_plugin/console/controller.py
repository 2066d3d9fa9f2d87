"""Who is connected to whom: the map file, the lists, the canvas, the library."""

from pathlib import Path

from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsVectorLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QFileSystemWatcher, QObject, QTimer, pyqtSignal

from ..engine.worker import Worker
from ..project.fill import layer_in, map_in
from ..project.one_map_file import NotAOneMap, OneMapFile, open_one_map
from ..translation import language, tr
from .coordinates import Position
from .desk import Desk
from .dock import OnemapDock
from .highlight import flash, go_to, to_layer, to_map
from .kinds import case_list, finding_list
from .list_tab import VIEW_DELAY_MS, ListTab
from .matters import matters_of
from .rows import CASE_TABLES, FINDING_TABLES, Row, candidates, details, read_again, read_rows
from .search import Hit
from .streets import Streets
from .table_model import ROW
from .who_answers import WhoAnswers

SHIFTED = ("GCJ02", "BD09")  # the library converts these, QGIS cannot
SETTLE_MS = 1_000  # a build replaces the map in one stroke, but its rasters come beside it


class Controller(QObject):
    """Shows the one map of the project in the dock, and the chosen row on the canvas."""

    refused = pyqtSignal(str)  # a decision could not be kept: why
    replaced = pyqtSignal(str)  # a build has put a new map in the place of the one that is shown

    def __init__(self, iface: QgisInterface, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = iface.mapCanvas()
        self.one_map: OneMapFile | None = None
        self._streets = Streets({}, {}, [])
        self.dock = OnemapDock(
            ListTab(finding_list(self._street)), ListTab(case_list(self._street)), iface.mainWindow()
        )
        self.worker = Worker(self)
        self.worker.changed.connect(self.dock.tell_engine)
        self.worker.refused.connect(self.dock.who.say)
        self.who = WhoAnswers(self._canvas, self.worker, self.dock.who, self)
        self.desk = Desk(self)
        self.desk.changed.connect(self._case_changed)
        self.desk.refused.connect(self.refused)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(lambda _: self._settle.start())
        self._settle = self._timer(SETTLE_MS, self._file_changed)
        self._changing = self._timer(VIEW_DELAY_MS, self.look_at_project)
        self._panning = self._timer(VIEW_DELAY_MS, self._follow_view)
        for tab in self._tabs:
            tab.chosen.connect(self.show_on_map)
            tab.current.connect(lambda row, tab=tab: self._show_card(tab, row))
            tab.decision.decided.connect(self.desk.decide)
            tab.decision.undone.connect(self.desk.undo)
            tab.view_wanted.connect(lambda _: self._follow_view())
            tab.model.rowsInserted.connect(lambda *_, tab=tab: self.dock.count(tab, len(tab.model.rows)))
            tab.model.modelReset.connect(lambda tab=tab: self.dock.count(tab, 0))
        self._canvas.extentsChanged.connect(self._panning.start)

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
            return
        self._streets = Streets.of(self.one_map)
        self.dock.show_map(self.one_map.title(language()))
        self.desk.open(path)
        for tab, tables in ((self.dock.findings, FINDING_TABLES), (self.dock.cases, CASE_TABLES)):
            tab.load(read_rows(self.one_map, tables, self._streets, self.desk.decided))
        self.who.of_map(self._crs(), matters_of(self.one_map))
        self.worker.open(str(path))
        self._watch(path)

    def show_nothing(self) -> None:
        """Empty the lists."""
        self.one_map = None
        self.desk.close()
        self.who.clear()
        self.worker.open("")
        self._watch(None)
        for tab in self._tabs:
            tab.clear()
        self.dock.show_nothing()

    def reload(self) -> None:
        """Read the replaced map: lists and layers."""
        if self.one_map is not None:
            self.show(self.one_map.path)
        for layer in QgsProject.instance().mapLayers().values():
            layer.reload()
        self._canvas.refreshAllLayers()

    def show_on_map(self, row: Row) -> None:
        """Go to a row and flash its feature."""
        if row.box is None or self.one_map is None:
            return
        go_to(self._canvas, row.box, self._crs())
        layer = layer_in(QgsProject.instance(), row.table)
        if isinstance(layer, QgsVectorLayer):
            flash(self._canvas, layer, row.fid)

    def show_found(self, found: Hit | Position) -> None:
        """Go to what was chosen in the search field."""
        if isinstance(found, Hit):
            if found.box is not None:
                go_to(self._canvas, found.box, self._crs())
        elif found.crs in SHIFTED:
            asked = {"x": found.x, "y": found.y, "crs": found.crs}
            self.worker.ask("locate", asked, lambda answer: self._go_to(answer["x"], answer["y"]), self.refused.emit)
        else:
            crs = QgsCoordinateReferenceSystem(found.crs) if found.crs else self._crs()
            self._go_to(found.x, found.y, crs)

    def _go_to(self, x: float, y: float, crs: QgsCoordinateReferenceSystem | None = None) -> None:
        """Go to a position, mark it and ask who answers there."""
        spot = to_map((x, y, x, y), crs or self._crs(), self._canvas)
        go_to(self._canvas, (x, y, x, y), crs or self._crs())
        if spot is not None:
            self.who.ask(spot.center())

    def close(self) -> None:
        """Let go of the file, of the canvas and of the library."""
        self.who.close()
        self.worker.stop()
        self._canvas.extentsChanged.disconnect(self._panning.start)
        self._watch(None)
        for timer in (self._settle, self._changing, self._panning):
            timer.stop()
        for tab in self._tabs:
            tab.stop()

    def _street(self, code: str) -> str:
        return self._streets.name(code)

    def _crs(self) -> QgsCoordinateReferenceSystem:
        return QgsCoordinateReferenceSystem(self.one_map.facts.get("crs", "") if self.one_map else "")

    def _show_card(self, tab: ListTab, row: Row | None) -> None:
        tab.show_card(details(self.one_map, row) if row is not None and self.one_map else [])
        self._show_decision(tab, row)

    def _show_decision(self, tab: ListTab, row: Row | None) -> None:
        """Ask about a case near a border, or tell what was decided."""
        if row is None or self.one_map is None or not row.case:
            tab.decision.show_nothing()
        elif row.case in self.desk.decided:
            tab.decision.tell(row.case, self.desk.decided[row.case])
        elif row.kind == "near_border" and (cells := candidates(self.one_map, row)):
            tab.decision.ask(row.case, cells)
        else:
            tab.decision.show_nothing()

    def _case_changed(self, case: str) -> None:
        """Show a decision where its case is listed."""
        if self.one_map is None:
            return
        one_map = self.one_map
        for tab in self._tabs:
            tab.put(case, lambda row: read_again(one_map, row, self._streets, self.desk.decided))
            index = tab.table.currentIndex()
            self._show_decision(tab, index.data(ROW) if index.isValid() else None)

    def _follow_view(self) -> None:
        for tab in self._tabs:
            wanted = tab.in_view.isChecked() and self.one_map is not None
            tab.set_view(to_layer(self._canvas.extent(), self._crs(), self._canvas) if wanted else None)

    def _watch(self, path: Path | None) -> None:
        watched = self._watcher.files()
        if watched:
            self._watcher.removePaths(watched)
        if path is not None:
            self._watcher.addPath(str(path))

    def _file_changed(self) -> None:
        """Tell that the map was replaced; a replaced file must be watched anew."""
        if self.one_map is not None and self.one_map.path.is_file():
            self._watch(self.one_map.path)
            self.replaced.emit(tr("The one map was built anew."))
