"""Who answers for a case near a border: the candidates on the map and on the buttons, and nothing decided unseen."""

from collections.abc import Callable

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...project.one_map_file import OneMapFile
from ...translation import tr
from ..desk import Desk
from ..highlight import to_map
from ..queue.list_tab import ListTab
from ..rows import Row, candidates
from .candidate_marks import CandidateMarks, lands_of
from .case_desk import spot_of
from .decision_bar import MOST_BUTTONS


class DecisionDesk(QObject):
    """Asks about the case that is looked at.

    Parameters
    ----------
    go
        Called with a row that shall be seen on the map.
    """

    told = pyqtSignal(str)

    def __init__(
        self, desk: Desk, canvas: QgsMapCanvas, go: Callable[[Row], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._canvas, self._go = desk, canvas, go
        self._one_map: OneMapFile | None = None
        self._crs = QgsCoordinateReferenceSystem()
        self.marks = CandidateMarks(canvas)

    def of_map(self, one_map: OneMapFile | None, crs: QgsCoordinateReferenceSystem) -> None:
        """Take the map whose cases are listed."""
        self._one_map, self._crs = one_map, crs
        self.marks.clear()

    def show(self, tab: ListTab, row: Row | None) -> None:
        """Ask about a case near a border that is not settled, or tell what was decided; a hidden tab draws nothing."""
        if tab.isVisible():
            self.marks.clear()
        if row is None or self._one_map is None or not row.case:
            tab.decision.show_nothing()
        elif row.case in self._desk.decided:
            tab.decision.tell(row.case, self._desk.decided[row.case])
        elif row.kind == "near_border" and row.state != "settled" and (cells := candidates(self._one_map, row)):
            self._ask(tab, row, cells[:MOST_BUTTONS])
        else:
            tab.decision.show_nothing()
        if row is not None and row.case and tab.isVisible():
            self._ring(row)

    def _ring(self, row: Row) -> None:
        """Draw the case itself, which may hide in a cluster or be one of those that are not drawn."""
        there = to_map(row.box, self._crs, self._canvas) if row.box is not None else None
        if there is not None:
            self.marks.ring(row.sign, there.center())

    def decide(self, row: Row | None, case: str, cell: str, why: str) -> None:
        """Keep which cell answers, and why, where the case is the one that is looked at and can be seen on the map."""
        if row is not None and row.case == case and self.in_sight(row):
            self._desk.decide(case, cell, why)

    def in_sight(self, row: Row) -> bool:
        """Return whether a row lies in the part of the map that is shown; one that does not is shown, and told."""
        there = to_map(row.box, self._crs, self._canvas) if row.box is not None else None
        if there is None or self._canvas.extent().contains(there.center()):
            return True
        self._go(row)
        self.told.emit(tr("{case} was not in view; the map shows it now. Do it again.", case=row.case))
        return False

    def _ask(self, tab: ListTab, row: Row, cells: list[str]) -> None:
        spot = spot_of(row)
        if self._one_map is None or spot is None:
            tab.decision.ask(row.case, cells)
            return
        lands, point = lands_of(self._one_map, cells), QgsGeometry.fromPointXY(spot)
        tab.decision.ask(row.case, cells, [-1.0 if land.isEmpty() else land.distance(point) for land in lands])
        if tab.isVisible():
            self.marks.show(lands, point, self._crs)
