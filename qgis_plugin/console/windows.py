"""The windows beside the dock: the wall view and the handover note. Each comes and goes on its own."""

from typing import TYPE_CHECKING

from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import Qt

from ..project.one_map_file import OneMapFile
from .desk import Desk
from .dock import OnemapDock
from .handover.window import HandoverWindow
from .wall.window import WallWindow

if TYPE_CHECKING:
    from pathlib import Path


class Windows:
    """Opens and closes them; both go with their map, what was written in the note stays for its next opening."""

    def __init__(self, desk: Desk, dock: OnemapDock, canvas: QgsMapCanvas) -> None:
        self._desk, self._dock, self._canvas = desk, dock, canvas
        self._one_map: OneMapFile | None = None
        self._written: dict[Path, str] = {}  # in the note of each map of this session
        self.wall: WallWindow | None = None
        self.note: HandoverWindow | None = None

    def of_map(self, one_map: OneMapFile | None) -> None:
        """Take the map that is shown; a window's title would be another map's, its figures would be this one's."""
        if self._one_map is not None and (one_map is None or one_map.path != self._one_map.path):
            self.close()
        self._one_map = one_map

    def show_wall(self) -> None:
        """Open the wall view on a whole screen."""
        if self._one_map is None:
            return
        self._close_wall()
        self.wall = WallWindow(self._one_map, self._dock.cases.model, self._dock.findings.model, self._canvas)
        self.wall.fill_screen()

    def show_note(self) -> None:
        """Open the note with which this shift hands over; one that is open comes to the front as it is."""
        if self._one_map is None:
            return
        if self.note is None or not self.note.isVisible():
            self._close_note()
            cases, findings = self._dock.cases.model, self._dock.findings.model
            self.note = HandoverWindow(self._one_map, self._desk, cases, findings, self._dock)
            self.note.go_on(self._written.get(self._one_map.path, ""))
        else:
            self.note.refresh()
        self.note.setWindowState(self.note.windowState() & ~Qt.WindowState.WindowMinimized)
        self.note.show()
        self.note.raise_()
        self.note.activateWindow()

    def close(self) -> None:
        """Close both."""
        self._close_wall()
        self._close_note()

    def _close_wall(self) -> None:
        if self.wall is not None:
            self.wall.close()
            self.wall.deleteLater()
            self.wall = None

    def _close_note(self) -> None:
        if self.note is not None and self._one_map is not None:
            self._written[self._one_map.path] = self.note.words.toPlainText()
            self.note.close()
            self.note.deleteLater()
            self.note = None
