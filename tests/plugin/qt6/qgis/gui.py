"""The widgets of qgis.gui that the plugin's own are made of: a dock, a page, a field for a file, a blank canvas."""

from enum import Enum
from types import SimpleNamespace

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLineEdit, QWidget

from .absent import absent
from .core import Qgis

QgsDockWidget, QgsOptionsPageWidget = QDockWidget, QWidget


class QgsOptionsWidgetFactory:
    """Keeps its title."""

    def __init__(self, title="", icon=None):
        self.title = title


class QgsFileWidget(QWidget):
    """A line for a path."""

    class StorageMode(Enum):
        GetFile = 0

    def __init__(self, parent=None):
        super().__init__(parent)
        self._line = QLineEdit(self)
        QHBoxLayout(self).addWidget(self._line)

    def setStorageMode(self, mode):
        assert mode is self.StorageMode.GetFile

    def setDialogTitle(self, title):
        assert title
        self._title = title

    def dialogTitle(self):
        return self._title

    def lineEdit(self):
        return self._line

    def setFilePath(self, path):
        self._line.setText(path)

    def filePath(self):
        return self._line.text()


class QgsMapCanvas(QFrame):
    """Draws nothing and keeps the theme that it was told to draw."""

    theme = ""
    flags = Qgis.MapSettingsFlag.Antialiasing | Qgis.MapSettingsFlag.DrawSelection
    renderStarting = pyqtSignal()
    mapCanvasRefreshed = pyqtSignal()
    layersChanged = pyqtSignal()
    destinationCrsChanged = pyqtSignal()

    def isDrawing(self):
        return False

    def setRenderFlag(self, flag):
        assert flag in (True, False)

    def mapSettings(self):
        return SimpleNamespace(destinationCrs=lambda: None, flags=lambda: self.flags)

    def setMapSettingsFlags(self, flags):
        assert isinstance(flags, Qgis.MapSettingsFlag)
        self.flags = flags

    def setTheme(self, name):
        self.theme = name

    def extent(self):
        return None

    def setDestinationCrs(self, crs):
        pass

    def setCanvasColor(self, colour):
        assert colour.isValid()

    def setExtent(self, extent):
        pass

    def refresh(self):
        pass


def __getattr__(name):
    return absent(__name__, name)
