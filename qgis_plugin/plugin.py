"""The plugin: only wiring. What it adds to QGIS it takes away again."""

from pathlib import Path
from typing import TYPE_CHECKING

from qgis.core import Qgis, QgsApplication, QgsProject
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QFileDialog, QPushButton, QWidget

from . import settings
from .icons import icon_path
from .lifecycle import Lifecycle
from .pieces import Pieces
from .room import Room
from .translation import language, tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from qgis.core import QgsMapLayer

    from .project.one_map_file import OneMapFile

TOLD_SECONDS = 8
PAINT_MS, LONGEST_MS = 50, 5_000  # to put a picture on the screen; to wait for one at all
OPTIONS_PAGE = "onemapOptions"


class OnemapPlugin:
    """Adds a provider, a menu, a toolbar, a dock, a page of options and a search."""

    def __init__(self, iface: QgisInterface) -> None:
        self._iface = iface
        self._life = Lifecycle()
        self._provider = None
        self._room: Room | None = None
        self._offer = None
        self._question = None
        self._owed: Iterator[None] | None = None  # what waits for the first picture of a map
        self._furnishing, self._dashing = Pieces(), Pieces()
        self.controller = None

    def initProcessing(self) -> None:
        """Add the algorithms; all that `qgis_process` asks for."""
        from .processing.provider import OnemapProvider

        self._provider = OnemapProvider()
        registry = QgsApplication.processingRegistry()
        registry.addProvider(self._provider)
        self._life.on_unload(lambda: registry.removeProvider(self._provider))

    def initGui(self) -> None:
        """Add everything to the desktop."""
        self.initProcessing()
        self._keep_threads()
        self._add_dock()
        self._keep_room()
        self._add_actions()
        self._add_options()
        self._add_search()
        self._ask_for_engine()
        self._mend_kept()
        self.controller.look_at_project()

    def unload(self) -> None:
        """Take everything away, last added first."""
        self._withdraw_offer()
        self._life.unload()
        self.controller = None
        self._question = self._room = None
        self._forget()
        self._provider = None

    def open_one_map(self, path: str | Path) -> None:
        """Open a one map as a new project, with its lists in the dock."""
        from .project.hall import open_hall
        from .project.one_map_file import NotAOneMap, open_one_map

        bar = self._iface.messageBar()
        try:
            one_map = open_one_map(path)
        except NotAOneMap as error:
            bar.pushMessage(
                tr("onemap"), tr("{path}: not a map that onemap published", path=str(error)), Qgis.MessageLevel.Warning
            )
            return
        if not (self.controller.edit.lets_go() and self._iface.newProject(True)):
            return
        self._unsay(Qgis.MessageLevel.Warning)  # it was about a file that was not opened, or about the map before
        self.controller.dock.setUserVisible(True)
        spoken = language()
        done = open_hall(QgsProject.instance(), one_map, language=spoken)
        view = QgsProject.instance().viewSettings().defaultViewExtent()
        self._iface.mapCanvas().setReferencedExtent(view)
        self._iface.mapCanvas().refresh()
        self.controller.show(one_map.path)
        self._owed = self._furnish(one_map, spoken)
        if self._iface.mapCanvas().isVisible():
            QTimer.singleShot(LONGEST_MS, self._pay)  # a map that is never whole has its themes all the same
        else:
            list(self._owed)
            self._forget()
        if done.missing:
            text = tr("Not opened: {layers}", layers=done.told())
            levels = Qgis.MessageLevel
            bar.pushMessage(tr("onemap"), text, levels.Warning if done.is_broken else levels.Info)

    @property
    def is_furnishing(self) -> bool:
        """Whether themes, views, layouts or dashes of the map that was opened are still to come."""
        return self._owed is not None or self._furnishing.is_busy or self._dashing.is_busy

    def _picture_is_there(self) -> None:
        """Do what waits for the first picture, once that is on the screen."""
        if self._owed is not None and not self._iface.mapCanvas().isDrawing():
            QTimer.singleShot(PAINT_MS, self._pay)

    def _pay(self) -> None:
        if self._owed is not None:
            self._furnishing.begin(self._owed)
            self._owed = None

    def _forget(self, *_: object) -> None:
        """Leave undone what waits or is begun: the project is another one, or lacks layers it would name."""
        self._owed = None
        self._furnishing.leave()
        self._dashing.leave()

    def _layers_went(self, *_: object) -> None:
        """Leave undone what waits or is begun; borders are dashed whatever other layers went."""
        dashes = self._dashing.is_busy
        self._forget()
        if dashes:
            self._dash_again()

    def _furnish(self, one_map: "OneMapFile", spoken: str) -> "Iterator[None]":
        """Add themes, 3D views and layouts to the project whose map is on the screen, and keep it."""
        from .project.hall import furnishing
        from .project.moments import show_time

        self._room.give()  # not before: a canvas that changes its size draws anew
        yield
        yield from furnishing(QgsProject.instance(), one_map, language=spoken)
        show_time(QgsProject.instance(), self._iface.mapCanvas().temporalController())
        self._keep_project(one_map.path)

    def _keep_project(self, one_map: Path) -> None:
        """Keep the project beside the map; one that lies there already is somebody's work and stays as it is."""
        from .project.writing import project_beside, write_project

        kept, bar = project_beside(one_map), self._iface.messageBar()
        if not kept.exists():
            if write_project(QgsProject.instance(), kept):
                self._tell(tr("Kept beside the map: {name}", name=kept.name))
            else:
                self._tell(
                    tr("{name} cannot be written beside the map; save the project elsewhere to keep it", name=kept.name)
                )
            return
        message = bar.createMessage(tr("onemap"), tr("A project is kept beside this map: {name}", name=kept.name))
        button = QPushButton(tr("Open it"), message)
        button.setToolTip(tr("Opens the kept project in the place of the one that is shown"))
        button.clicked.connect(lambda: self._open_kept(kept))
        message.layout().addWidget(button)
        self._withdraw_offer()
        self._offer = bar.pushWidget(message, Qgis.MessageLevel.Info)

    def _open_kept(self, kept: Path) -> None:
        """Open the project that is kept beside the map, unless edits would be lost; then it stays offered."""
        if self.controller.edit.lets_go():
            self._withdraw_offer()
            self._iface.addProject(str(kept))

    def _withdraw_offer(self) -> None:
        """Take the offer of a kept project away: it was taken, or the project is another one."""
        bar, self._offer, offered = self._iface.messageBar(), None, self._offer
        if offered is not None and offered in bar.items():  # else somebody closed it
            bar.popWidget(offered)

    def _project_changed(self, *_: object) -> None:
        self.controller.project_changed()

    # --- what is added

    def _keep_threads(self) -> None:
        """Let QGIS's threads for tasks wait for the next one without end.

        After half a minute they would end, and begin anew for the next task. QGIS 3.40 then ends with signal 11 when
        it is closed: what such a thread left to do at its end is done a second time, after its owner is gone.
        """
        pool = QgsApplication.taskManager().threadPool()
        before = pool.expiryTimeout()
        pool.setExpiryTimeout(-1)
        self._life.on_unload(lambda: pool.setExpiryTimeout(before))

    def _add_dock(self) -> None:
        from .console.controller import Controller

        self.controller = Controller(self._iface)
        dock = self.controller.dock
        self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        self._life.on_unload(dock.deleteLater)
        self._life.on_unload(lambda: self._iface.removeDockWidget(dock))
        self._life.on_unload(self.controller.close)
        self._life.connect(dock.open_wanted, self._ask_for_map)
        self._life.connect(dock.setup_wanted, self._show_options)
        self._life.connect(self.controller.replaced, self._offer_reload)
        self._life.connect(self.controller.refused, self._warn)
        self._life.connect(self.controller.told, self._tell)
        self._life.connect(self.controller.done, self._tell_done)
        project = QgsProject.instance()
        self._life.connect(project.readProject, lambda *_: self._mend_kept())
        self._life.connect(self.controller.read_again, self._dash_again)
        self._life.connect(project.readProject, lambda *_: self.controller.look_at_project())
        self._life.connect(project.readProject, lambda *_: self._room_for_project())
        self._life.connect(project.cleared, self.controller.show_nothing)
        for slot in (self._forget, self._withdraw_offer):
            self._life.connect(project.cleared, slot)
        self._life.connect(project.layersRemoved, self._layers_went)
        self._life.connect(project.layersAdded, self._watch_filters)
        self._life.connect(self._iface.mapCanvas().mapCanvasRefreshed, self._picture_is_there)
        for signal in (project.layersAdded, project.layersRemoved):
            self._life.connect(signal, self._project_changed)

    def _keep_room(self) -> None:
        """Keep the widths that the user left: QGIS loses them between two sessions."""
        window = self._iface.mainWindow()
        self._room = Room(window, self.controller.dock, window)
        self._life.on_unload(self._room.deleteLater)
        self._life.connect(self._iface.initializationCompleted, self._room.settle)
        self._life.connect(self._iface.initializationCompleted, self._room_for_project)
        self._life.connect(QCoreApplication.instance().aboutToQuit, self._room.remember)
        self._life.on_unload(self._room.remember)
        self._room.settle()  # where the plugin is switched on in a window that is open

    def _room_for_project(self) -> None:
        if self.controller.one_map is not None:
            self._room.give()

    def _mend_kept(self) -> None:
        """Bring a kept project up to date: nothing in it can end QGIS, its borders are those of today's map."""
        if not QgsProject.instance().mapLayers():
            return  # QGIS starts with an empty project: it does not wait for what that would need
        from .project.hall import mend_kept
        from .project.paper import fold_paper

        mend_kept(QgsProject.instance())
        QTimer.singleShot(PAINT_MS, lambda: fold_paper(QgsProject.instance()))
        self._dash_again()

    def _dash_again(self) -> None:
        self._dashing.begin(self._dash_when_furnished(), after_ms=PAINT_MS)

    def _watch_filters(self, layers: "Iterable[QgsMapLayer]") -> None:
        """Dash borders anew when their layer is filtered: a neighbour that is hidden does not draw its part."""
        from .project.hall import bordered

        for layer, _ in bordered(layers):
            layer.subsetStringChanged.connect(self.controller.read_again)  # Qt ends this with either of them

    def _dash_when_furnished(self) -> "Iterator[None]":
        from .project.hall import dash_all

        while self._owed is not None or self._furnishing.is_busy:
            yield
        yield from dash_all(QgsProject.instance())

    def _add_actions(self) -> None:
        window = self._iface.mainWindow()
        opening = QAction(QIcon(icon_path("open")), tr("Open one map ..."), window)
        opening.setObjectName("onemapOpenAction")
        opening.triggered.connect(self._ask_for_map)
        lists = self.controller.dock.toggleViewAction()
        lists.setIcon(QIcon(icon_path("list")))
        lists.setText(tr("Findings and cases"))
        toolbar = self._iface.addToolBar(tr("onemap"))
        toolbar.setObjectName("onemapToolbar")
        self._life.on_unload(toolbar.deleteLater)
        self._life.on_unload(lambda: window.removeToolBar(toolbar))
        for action in (opening, lists):
            toolbar.addAction(action)
            self._iface.addPluginToMenu(tr("onemap"), action)
            self._life.on_unload(lambda action=action: self._iface.removePluginMenu(tr("onemap"), action))
        self._life.on_unload(opening.deleteLater)

    def _add_options(self) -> None:
        from .options import OptionsFactory

        factory = OptionsFactory(self._ask_for_engine, self.controller)
        self._iface.registerOptionsWidgetFactory(factory)
        self._life.on_unload(lambda: self._iface.unregisterOptionsWidgetFactory(factory))

    def _add_search(self) -> None:
        from .console.search.locator_filter import OneMapFilter

        show = self.controller.guide.show_found
        search = OneMapFilter(lambda: self.controller.one_map if self.controller else None, show)
        self._iface.registerLocatorFilter(search)
        self._life.on_unload(lambda: self._iface.deregisterLocatorFilter(search))

    def _ask_for_engine(self) -> None:
        from .engine.status import EngineQuestion

        dock = self.controller.dock
        dock.tell_engine(tr("engine: looking ..."), "")
        self._question = EngineQuestion()
        self._question.answered.connect(dock.tell_engine)  # Qt ends this with the dock or the task
        self._question.lacking.connect(dock.offer_setup)
        self._question.found.connect(self.controller.worker.use)
        QgsApplication.taskManager().addTask(self._question)

    # --- what the user does

    def _show_options(self) -> None:
        self._iface.showOptionsDialog(self._iface.mainWindow(), OPTIONS_PAGE)

    def _ask_for_map(self) -> None:
        folder = settings.text(settings.LAST_FOLDER)
        path, _ = QFileDialog.getOpenFileName(
            self._iface.mainWindow(), tr("Open one map"), folder, tr("One map (*.gpkg)")
        )
        if path:
            settings.remember(settings.LAST_FOLDER, str(Path(path).parent))
            self.open_one_map(path)

    def _warn(self, sentence: str) -> None:
        self._iface.messageBar().pushMessage(tr("onemap"), sentence, Qgis.MessageLevel.Warning)

    def _tell(self, sentence: str) -> None:
        self._iface.messageBar().pushMessage(tr("onemap"), sentence, Qgis.MessageLevel.Info, TOLD_SECONDS)

    def _unsay(self, level: Qgis.MessageLevel) -> None:
        """Take the plugin's own messages of a level off the bar."""
        bar = self._iface.messageBar()
        for old in bar.items():
            if old.title() == tr("onemap") and old.level() == level:
                bar.popWidget(old)

    def _tell_done(self, sentence: str) -> None:
        """Say what was decided, with the way back beside it."""
        bar = self._iface.messageBar()
        self._unsay(Qgis.MessageLevel.Success)  # one after the other, not one on top of the other
        message = bar.createMessage(tr("onemap"), sentence)
        button = QPushButton(tr("Undo"), message)
        button.setToolTip(tr("Takes back your own latest decision (Ctrl+Z)"))
        button.clicked.connect(self.controller.desk.undo_last)
        message.layout().addWidget(button)
        bar.pushWidget(message, Qgis.MessageLevel.Success, TOLD_SECONDS)

    def _offer_reload(self, sentence: str) -> None:
        bar = self._iface.messageBar()
        message = bar.createMessage(tr("onemap"), sentence)
        button = QPushButton(tr("Show the new one"), message)
        button.setToolTip(tr("Reads the lists and the layers again from the map that was built"))
        button.clicked.connect(lambda: self._show_new(message))
        message.layout().addWidget(button)
        bar.pushWidget(message, Qgis.MessageLevel.Info)

    def _show_new(self, message: QWidget) -> None:
        """Show the map that a build has made, unless edits would be lost; then it stays offered."""
        if self.controller.edit.lets_go():
            self._iface.messageBar().popWidget(message)
            self.controller.reload()
