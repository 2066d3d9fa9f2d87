"""Leads the map to what somebody wants to see: a row, what a search found, a position."""

from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY, QgsProject
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..engine.worker import Worker
from ..project.fill import layer_in
from .card.case_desk import spot_of
from .highlight import flash, go_to, to_map
from .rows import CASE_TABLES, Row
from .search.coordinates import Position
from .search.finding import Hit
from .who.asking import WhoAnswers

SHIFTED = ("GCJ02", "BD09")  # the library converts these, QGIS cannot


class Guide(QObject):
    """Goes to places of the one map, whatever coordinate system the canvas has; of a position it asks who answers."""

    refused = pyqtSignal(str)  # a position could not be found: why
    asking = pyqtSignal()  # who answers at a position is being asked
    listed = pyqtSignal(str, int)  # table and row of what was found, where a list of the dock has it

    def __init__(self, canvas: QgsMapCanvas, worker: Worker, who: WhoAnswers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas, self._worker, self._who = canvas, worker, who
        self._crs = QgsCoordinateReferenceSystem()

    def of_map(self, crs: QgsCoordinateReferenceSystem) -> None:
        """Take the coordinate system of the map that is shown."""
        self._crs = crs

    def show_row(self, row: Row) -> None:
        """Go to a row and flash its feature."""
        if row.box is None:
            return
        go_to(self._canvas, row.box, self._crs)
        flash(self._canvas, layer_in(QgsProject.instance(), row.table), row.fid)

    def show_found(self, found: Hit | Position) -> None:
        """Go to what was chosen in the search field, and ask who answers there; a case has a card of its own."""
        if isinstance(found, Hit):
            spot = None
            if found.box is not None:
                go_to(self._canvas, found.box, self._crs)
                spot = flash(self._canvas, layer_in(QgsProject.instance(), found.table), found.fid)
            if found.table in CASE_TABLES:
                self.listed.emit(found.table, found.fid)
            elif spot is not None:
                self._ask(spot)
        elif found.crs in SHIFTED:
            asked = {"x": found.x, "y": found.y, "crs": found.crs}
            self._worker.ask(
                "locate", asked, lambda answer: self.show_spot(answer["x"], answer["y"]), self.refused.emit
            )
        else:
            self.show_spot(found.x, found.y, QgsCoordinateReferenceSystem(found.crs) if found.crs else None)

    def show_spot(
        self, x: float, y: float, crs: QgsCoordinateReferenceSystem | None = None, *, asking: bool = True
    ) -> None:
        """Go to a position, mark it and ask who answers there; or go there only."""
        box, crs = (x, y, x, y), crs or self._crs
        spot = to_map(box, crs, self._canvas)
        go_to(self._canvas, box, crs)
        if spot is not None and asking:
            self._ask(spot.center())

    def _ask(self, spot: QgsPointXY) -> None:
        self.asking.emit()
        self._who.ask(spot)

    def ask_at(self, row: Row) -> None:
        """Ask who answers for the middle of a row."""
        spot = spot_of(row)
        if spot is not None:
            self.show_spot(spot.x(), spot.y())
