"""Notices that a build has put a new map in the place of the one that is shown.

Rows of a new file bear other numbers than those of the old one, so until it is read no row may be asked for by number.
"""

from pathlib import Path

from qgis.PyQt.QtCore import QFileSystemWatcher, QObject, QTimer, pyqtSignal

from ..translation import tr
from .rows import Row, file_of

SETTLE_MS = 1_000  # a build replaces the map in one stroke, but its rasters come beside it


class Rebuilt(QObject):
    """Watches the file of one map."""

    noticed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._read: tuple[int, int] | None = None  # which file was in its place when it was read
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(lambda _: self._settle.start())
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._look)

    @property
    def is_new(self) -> bool:
        """Whether another file stands there than the one that was read; one that was only written into is the same."""
        return self._path is not None and _identity(self._path) != self._read

    def replaces(self, row: Row) -> bool:
        """Return whether the number of a row means another one in the file that is there now; live cases lie beside."""
        return self.is_new and self._path is not None and file_of(self._path, row.table) == self._path

    def watch(self, path: Path | None) -> None:
        """Watch this file, just read, instead of the last one; None: no file."""
        if path != self._path:
            self._settle.stop()
        self._path, self._read = path, _identity(path) if path is not None else None
        self._watch_on()

    def _watch_on(self) -> None:
        if watched := self._watcher.files():
            self._watcher.removePaths(watched)
        if self._path is not None:
            self._watcher.addPath(str(self._path))

    def _look(self) -> None:
        """Tell that the file was replaced; a replaced file must be watched anew."""
        if self._path is not None and self._path.is_file():
            self._watch_on()
            self.noticed.emit()


def words_of_outdated() -> str:
    """Return what is said of rows and answers from before the build."""
    return tr("The map was built anew since; show the new one first.")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
