"""A click on the map, the question to the library, the answer in the dock: wired together."""

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
)
from qgis.gui import QgsMapCanvas, QgsMapToolEmitPoint, QgsVertexMarker
from qgis.PyQt.QtCore import QObject

from ...engine.worker import Worker
from ...translation import tr
from ..card.ask_bar import AskBar, Question
from ..desk import Desk
from ..picking import ShapeTool
from ..tones import on_map
from .card import system_name
from .tab import WhoTab

MARK_SIZE, MARK_WIDTH = 14, 3


class WhoAnswers(QObject):
    """Arms the map tool, asks the worker for each click, shows the latest answer."""

    def __init__(
        self, canvas: QgsMapCanvas, worker: Worker, tab: WhoTab, desk: Desk, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._canvas, self._worker, self._tab, self._desk = canvas, worker, tab, desk
        self._answer: dict = {}
        self._crs = QgsCoordinateReferenceSystem()
        self._mark: QgsVertexMarker | None = None
        self._latest = 0
        self._spot: QgsPointXY | None = None
        self._names_holders = False
        tab.asked_anew.connect(self._ask_again)
        self.tool = QgsMapToolEmitPoint(canvas)
        self.tool.canvasClicked.connect(self._clicked)
        self.tool.deactivated.connect(tab.rest)
        self.drawers = {
            "line": ShapeTool(canvas, Qgis.GeometryType.Line),
            "area": ShapeTool(canvas, Qgis.GeometryType.Polygon),
        }
        for drawer in self.drawers.values():
            drawer.drawn.connect(self.ask_shape)
            drawer.deactivated.connect(tab.rest)
        tab.pick_wanted.connect(self.arm)
        tab.draw_wanted.connect(self.draw)
        tab.left.connect(self.leave)
        tab.phone_wanted.connect(lambda: show_phone(self._answer, tab.bar, desk, tab.show_holder))

    def of_map(self, crs: QgsCoordinateReferenceSystem, matters: list[tuple[str, str]]) -> None:
        """Take the coordinate system of the map that is shown, and the matters for which it names holders."""
        self._crs = crs
        self._names_holders = bool(matters)
        self._tab.offer(matters)
        self.clear()

    def arm(self, wanted: bool) -> None:
        """Let clicks on the map be questions, or no longer."""
        if wanted:
            self._wipe()
            self._canvas.setMapTool(self.tool)
            self._tab.pick.setChecked(True)  # the tool that made room released all buttons
        else:
            self._canvas.unsetMapTool(self.tool)

    def draw(self, name: str) -> None:
        """Let the next clicks draw a line or an area; empty: no longer."""
        self._wipe()
        for known, drawer in self.drawers.items():
            if known == name:
                self._canvas.setMapTool(drawer)
                (self._tab.line if name == "line" else self._tab.area).setChecked(True)
            else:
                self._canvas.unsetMapTool(drawer)

    def leave(self) -> None:
        """Let clicks on the map be what they were before, and take what was drawn off it."""
        self.arm(False)
        self.draw("")

    def show_drawn(self, shown: bool) -> None:
        """Show what was drawn beside its answer, and only there."""
        for drawer in self.drawers.values():
            drawer.show_drawn(shown)

    def _wipe(self) -> None:
        """Take what was drawn off the map: the next question is another one."""
        for drawer in self.drawers.values():
            drawer.clear()

    def ask_shape(self, shape: QgsGeometry) -> None:
        """Ask for all who answer on a line or in an area given in the coordinates of the canvas."""
        there = QgsGeometry(shape)
        try:
            there.transform(self._change())
        except QgsCsException:
            self._tab.say(tr("The spot cannot be transformed into the map's coordinate system."))
            return
        self._forget_spot()
        self._ask("who.all", {"wkt": there.asWkt(3)}, self._tab.show_holders)

    def _change(self) -> QgsCoordinateTransform:
        return QgsCoordinateTransform(self._canvas.mapSettings().destinationCrs(), self._crs, QgsProject.instance())

    def _ask(self, verb: str, where: dict, show) -> None:
        """Ask; of several questions only the answer to the latest is shown."""
        self._latest += 1
        number = self._latest
        chosen = self._tab.asked() if self._names_holders else {}
        self._worker.ask(
            verb,
            {**where, **chosen},
            lambda answer: show({**answer, "system": system_name(self._crs)}) if number == self._latest else None,
            lambda why: self._tab.say(why) if number == self._latest else None,
        )

    def _show_holder(self, answer: dict) -> None:
        self._answer = answer
        self._tab.bar.close_question()
        self._tab.show_holder(answer)

    def ask(self, spot: QgsPointXY) -> None:
        """Ask who answers at a spot given in the coordinates of the canvas."""
        self._wipe()
        self._show_mark(spot)
        change = self._change()
        try:
            there = change.transform(spot)
        except QgsCsException:
            self._tab.say(tr("The spot cannot be transformed into the map's coordinate system."))
            return
        self._spot = spot
        verb, show = ("who", self._show_holder) if self._names_holders else ("locate", self._tab.show_place)
        self._ask(verb, {"x": there.x(), "y": there.y()}, show)

    def clear(self) -> None:
        """Forget the last spot, line or area."""
        self._latest += 1
        self._wipe()
        self._forget_spot()

    def _forget_spot(self) -> None:
        self._spot = None
        if self._mark is not None:
            self._canvas.scene().removeItem(self._mark)
            self._mark = None

    def close(self) -> None:
        """Let go of the canvas."""
        self.clear()
        for tool in (self.tool, *self.drawers.values()):
            self._canvas.unsetMapTool(tool)
        for drawer in self.drawers.values():
            drawer.deleteLater()
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
            self._mark.setColor(on_map("accent"))
        self._mark.setCenter(spot)


def show_phone(answer: dict, bar: AskBar, desk: Desk, show) -> None:
    """Ask for the reason, keep it, and show the answer with whole telephone numbers."""
    person = answer.get("accountable")
    if not person:
        return

    def shown(_: str, why: str) -> None:
        desk.phone_shown(person["holder_code"], why)
        show(answer, whole=True)

    bar.ask(Question(tr("Why is the telephone number of {name} needed?", name=person["name"]), shown))
