"""A click on the map, the question to the library, the answer in the dock: wired together."""

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsCsException, QgsPointXY, QgsProject
from qgis.gui import QgsMapCanvas, QgsMapToolEmitPoint, QgsVertexMarker
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QColor

from ..engine.worker import Worker
from ..project.palette import light
from ..translation import tr
from .who_tab import WhoTab

MARK_SIZE, MARK_WIDTH = 14, 3


class WhoAnswers(QObject):
    """Arms the map tool, asks the worker for each click, shows the latest answer."""

    def __init__(self, canvas: QgsMapCanvas, worker: Worker, tab: WhoTab, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas, self._worker, self._tab = canvas, worker, tab
        self._crs = QgsCoordinateReferenceSystem()
        self._mark: QgsVertexMarker | None = None
        self._latest = 0
        self._spot: QgsPointXY | None = None
        self._names_holders = False
        tab.asked_anew.connect(self._ask_again)
        self.tool = QgsMapToolEmitPoint(canvas)
        self.tool.canvasClicked.connect(self._clicked)
        self.tool.deactivated.connect(lambda: tab.pick.setChecked(False))
        tab.pick_wanted.connect(self.arm)

    def of_map(self, crs: QgsCoordinateReferenceSystem, matters: list[tuple[str, str]]) -> None:
        """Take the coordinate system of the map that is shown, and the matters for which it names holders."""
        self._crs = crs
        self._names_holders = bool(matters)
        self._tab.offer(matters)
        self.clear()

    def arm(self, wanted: bool) -> None:
        """Let clicks on the map be questions, or no longer."""
        if wanted:
            self._canvas.setMapTool(self.tool)
        else:
            self._canvas.unsetMapTool(self.tool)

    def ask(self, spot: QgsPointXY) -> None:
        """Ask who answers at a spot given in the coordinates of the canvas."""
        self._show_mark(spot)
        change = QgsCoordinateTransform(self._canvas.mapSettings().destinationCrs(), self._crs, QgsProject.instance())
        try:
            there = change.transform(spot)
        except QgsCsException:
            self._tab.say(tr("The spot cannot be transformed into the map's coordinate system."))
            return
        self._spot = spot
        self._latest += 1
        number = self._latest
        verb, show = ("who", self._tab.show_holder) if self._names_holders else ("locate", self._tab.show_place)
        chosen = self._tab.asked() if self._names_holders else {}
        self._worker.ask(
            verb,
            {"x": there.x(), "y": there.y(), **chosen},
            lambda answer: show(answer) if number == self._latest else None,
            lambda why: self._tab.say(why) if number == self._latest else None,
        )

    def clear(self) -> None:
        """Forget the last spot."""
        self._latest += 1
        self._spot = None
        if self._mark is not None:
            self._canvas.scene().removeItem(self._mark)
            self._mark = None

    def close(self) -> None:
        """Let go of the canvas."""
        self.clear()
        self._canvas.unsetMapTool(self.tool)
        self.tool.deleteLater()

    def _ask_again(self) -> None:
        if self._spot is not None:
            self.ask(self._spot)

    def _clicked(self, spot: QgsPointXY, _button: object) -> None:
        self.ask(spot)

    def _show_mark(self, spot: QgsPointXY) -> None:
        if self._mark is None:
            self._mark = QgsVertexMarker(self._canvas)
            self._mark.setIconType(QgsVertexMarker.IconType.ICON_CROSS)
            self._mark.setIconSize(MARK_SIZE)
            self._mark.setPenWidth(MARK_WIDTH)
            self._mark.setColor(QColor(light("accent")))
        self._mark.setCenter(spot)
