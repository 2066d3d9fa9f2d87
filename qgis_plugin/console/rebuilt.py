"""Notices that a build has put a new map in the place of the one that is shown."""

from pathlib import Path

from qgis.PyQt.QtCore import QFileSystemWatcher, QObject, QTimer, pyqtSignal

SETTLE_MS = 1_000  # a build replaces the map in one stroke, but its rasters come beside it


class Rebuilt(QObject):
    """Watches the file of one map."""

    noticed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(lambda _: self._settle.start())
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._look)

    def watch(self, path: Path | None) -> None:
        """Watch this file instead of the last one; None: no file."""
        if path != self._path:
            self._settle.stop()
        self._path = path
        if watched := self._watcher.files():
            self._watcher.removePaths(watched)
        if path is not None:
            self._watcher.addPath(str(path))

    def _look(self) -> None:
        """Tell that the file was replaced; a replaced file must be watched anew."""
        if self._path is not None and self._path.is_file():
            self.watch(self._path)
            self.noticed.emit()
