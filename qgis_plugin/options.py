"""The page in QGIS's options: which Python runs the library, with a button that tries it."""

from qgis.gui import QgsFileWidget, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QFormLayout, QLabel, QPushButton, QWidget

from . import settings
from .engine.client import EngineError, find_engine
from .icons import icon_path
from .translation import tr


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page each time the options are opened."""

    def __init__(self) -> None:
        super().__init__(tr("onemap"), QIcon(icon_path("onemap")))

    def createWidget(self, parent: QWidget | None) -> "OptionsPage":
        return OptionsPage(parent)


class OptionsPage(QgsOptionsPageWidget):
    """One setting: the interpreter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.python = QgsFileWidget(self)
        self.python.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        self.python.setDialogTitle(tr("The Python that holds the onemap library"))
        self.python.setFilePath(settings.text(settings.PYTHON))
        self.answer = QLabel(self)
        self.answer.setWordWrap(True)
        button = QPushButton(tr("Try it"), self)
        button.clicked.connect(self._try)
        form = QFormLayout(self)
        form.addRow(tr("Python of the library"), self.python)
        hint = QLabel(tr("Empty: {variable}, then the profile's own, then python3.", variable="ONEMAP_PYTHON"), self)
        form.addRow("", hint)
        form.addRow("", button)
        form.addRow("", self.answer)

    def apply(self) -> None:
        """Keep the setting; QGIS calls this on OK."""
        settings.remember(settings.PYTHON, self.python.filePath().strip())

    def _try(self) -> None:
        before = settings.text(settings.PYTHON)
        settings.remember(settings.PYTHON, self.python.filePath().strip())
        try:
            found = find_engine()
            self.answer.setText(tr("Library {version} in {path}", version=found.version, path=found.interpreter.path))
        except EngineError as error:
            self.answer.setText(str(error))
        finally:
            settings.remember(settings.PYTHON, before)
