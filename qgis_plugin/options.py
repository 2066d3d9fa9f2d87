"""The page in QGIS's options: which Python runs the library, whether it is there, and how to set it up."""

from collections.abc import Callable

from qgis.core import QgsApplication
from qgis.gui import QgsFileWidget, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from . import settings
from .engine.setup import EngineSetup
from .engine.status import EngineQuestion
from .icons import icon_path
from .log import warn
from .translation import tr

LOG_LINES = 2_000


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page each time the options are opened; `changed` is called when another library may be there."""

    def __init__(self, changed: Callable[[], None], parent: QObject) -> None:
        super().__init__(tr("onemap"), QIcon(icon_path("onemap")))
        self._changed = changed
        self._setup = EngineSetup(parent)  # goes on when the options are closed
        self._setup.ended.connect(self._ended)

    def _ended(self, well: bool, sentence: str) -> None:
        if well:
            self._changed()
        else:
            warn(sentence)  # the options may be closed by now, and with them their log

    def createWidget(self, parent: QWidget | None) -> "OptionsPage":
        return OptionsPage(self._setup, self._changed, parent)


class OptionsPage(QgsOptionsPageWidget):
    """The interpreter, the state of the library in words, and the set-up."""

    def __init__(self, setup: EngineSetup, changed: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("onemapOptions")
        self._setup, self._changed = setup, changed
        self._question: EngineQuestion | None = None
        column = QVBoxLayout(self)
        column.addWidget(self._person())
        column.addWidget(self._interpreter())
        column.addWidget(self._set_up())
        column.addStretch(1)
        setup.told.connect(self.log.appendPlainText)
        setup.ended.connect(self._ended)
        self._show_running()
        self.look()

    def apply(self) -> None:
        """Keep the setting; QGIS calls this on OK."""
        settings.remember(settings.PERSON, self.person.text().strip())
        before = settings.text(settings.PYTHON)
        settings.remember(settings.PYTHON, self.python.filePath().strip())
        if settings.text(settings.PYTHON) != before:
            self._changed()

    def look(self) -> None:
        """Ask in the background whether the library is there, with what stands in the field."""
        self.answer.setText(tr("engine: looking ..."))
        self._question = EngineQuestion(self.python.filePath().strip())
        self._question.answered.connect(self._tell)
        QgsApplication.taskManager().addTask(self._question)

    def _person(self) -> QWidget:
        box = QGroupBox(tr("Your name"), self)
        self.person = QLineEdit(settings.text(settings.PERSON), box)
        self.person.setObjectName("onemapPerson")
        self.person.setPlaceholderText(QgsApplication.userFullName() or QgsApplication.userLoginName())
        hint = tr("It stands beside what you decide in the log, and says which cases are yours")
        self.person.setToolTip(hint)
        self.person.setAccessibleName(box.title())
        form = QFormLayout(box)
        form.addRow(self.person)
        form.addRow(QLabel(hint, box))
        return box

    def _interpreter(self) -> QWidget:
        box = QGroupBox(tr("Python of the library"), self)
        self.python = QgsFileWidget(box)
        self.python.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        self.python.setDialogTitle(tr("The Python that holds the onemap library"))
        self.python.setFilePath(settings.text(settings.PYTHON))
        self.python.setToolTip(self.python.dialogTitle())
        self.python.lineEdit().setToolTip(self.python.dialogTitle())
        self.python.lineEdit().setAccessibleName(box.title())
        for browse in self.python.findChildren(QToolButton):  # a sign without a word
            browse.setAccessibleName(self.python.dialogTitle())
        self.answer = QLabel(box)
        self.answer.setObjectName("onemapEngineState")
        self.answer.setWordWrap(True)
        button = QPushButton(tr("Try it"), box)
        button.setToolTip(tr("Starts the Python named above and says whether the library in it answers"))
        button.clicked.connect(self.look)
        hint = QLabel(tr("Empty: {variable}, then the profile's own, then python3.", variable="ONEMAP_PYTHON"), box)
        form = QFormLayout(box)
        form.addRow(self.python)
        form.addRow(hint)
        form.addRow(self.answer)
        form.addRow(button)
        return box

    def _set_up(self) -> QWidget:
        box = QGroupBox(tr("Set up the library in this profile"), self)
        words = QLabel(tr("The library gets a Python environment of its own; QGIS's own Python is not touched."), box)
        words.setWordWrap(True)
        self.offline = QPushButton(tr("From a folder of wheels ..."), box)
        self.offline.setToolTip(tr("Without network: a folder with the wheels of onemap and of all it needs."))
        self.offline.clicked.connect(self._ask_for_wheels)
        self.online = QPushButton(tr("From onemap's folder ..."), box)
        self.online.setToolTip(
            tr("With network: the folder of onemap's source; what it needs comes from the index pip is configured for.")
        )
        self.online.clicked.connect(self._ask_for_source)
        self.halt = QPushButton(tr("Stop"), box)
        self.halt.setToolTip(tr("Ends the set-up; what worked before stays"))
        self.halt.clicked.connect(self._setup.stop)
        self.log = QPlainTextEdit(box)
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(LOG_LINES)
        self.log.setPlaceholderText(tr("What the set-up does is told here."))
        self.log.setToolTip(tr("What the set-up did, line by line; where it failed, the last lines say why"))
        self.log.setAccessibleName(box.title())
        row = QHBoxLayout()
        for button in (self.offline, self.online, self.halt):
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(box)
        column.addWidget(words)
        column.addLayout(row)
        column.addWidget(self.log)
        return box

    def _ask_for_wheels(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Folder of wheels"), settings.text(settings.WHEELS))
        if folder:
            settings.remember(settings.WHEELS, folder)
            self._start(wheels=folder)

    def _ask_for_source(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Folder of onemap's source"))
        if folder:
            self._start(source=folder)

    def _start(self, *, wheels: str = "", source: str = "") -> None:
        self.log.clear()
        self._setup.start(wheels=wheels, source=source)
        self._show_running()

    def _ended(self, well: bool, sentence: str) -> None:
        self.log.appendPlainText(sentence)
        self._show_running()
        if well:
            self.look()

    def _show_running(self) -> None:
        running = self._setup.running
        for button, usable in ((self.offline, not running), (self.online, not running), (self.halt, running)):
            button.setEnabled(usable)

    def _tell(self, short: str, long: str) -> None:
        self.answer.setText(f"{short}\n{long}")
