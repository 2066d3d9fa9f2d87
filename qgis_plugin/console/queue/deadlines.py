"""Open cases whose deadline passes while they are listed: overdue from then on, whatever their source said last."""

from dataclasses import replace
from datetime import UTC, datetime

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, QTimer

from ...project.layers import LAYER_ID
from ...project.moments import end_of_day
from ...project.one_map_file import OneMapFile
from ..rows import CASE_TABLES, LIVE, OVERDUE, Row
from .list_tab import ListTab

LOOK_MS, SOON_MS = 60_000, 200
AT_A_TIME = 500  # rows are shown in one stroke, more would be a pause


class Deadlines(QObject):
    """Looks each minute which deadlines have passed.

    A map that is of a day (its `as_of`) is looked at as at the end of that day: of a map of years ago all would be
    overdue. Live cases are of now.
    """

    def __init__(self, tab: ListTab, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tab = tab
        self._last = ""  # moment at which the map's day ends; empty: it is of no day
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)

    def of_map(self, one_map: OneMapFile | None) -> None:
        """Take the map whose cases are listed; None: let go."""
        self._last = end_of_day(one_map.facts) if one_map is not None else ""
        self._timer.stop()
        if one_map is not None:
            self._timer.start(LOOK_MS)

    def clock(self, table: str) -> str:
        """Return the moment in UTC at which the rows of a table are looked at."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.999Z")
        return min(now, self._last) if self._last and table != LIVE else now

    def look(self) -> None:
        """Show the cases as overdue whose deadline has passed."""
        clocks = {table: self.clock(table) for table in CASE_TABLES}
        passed = [row for row in self._tab.model.rows if row.due and row.due < clocks[row.table]]
        if passed:
            self._tab.exchange([(row, late(row)) for row in passed[:AT_A_TIME]])
            for layer in QgsProject.instance().mapLayers().values():
                if layer.customProperty(LAYER_ID) in CASE_TABLES:
                    layer.triggerRepaint()
        self._tab.span.go_on()
        self._timer.start(SOON_MS if len(passed) > AT_A_TIME else LOOK_MS)


def late(row: Row) -> Row:
    """Return an open case as it is once its deadline has passed."""
    return replace(row, state=OVERDUE, sign=OVERDUE, due="")
