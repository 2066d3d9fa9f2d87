"""Ask in the background whether the library is there; the user's map never waits for the answer."""

from qgis.core import QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from ..translation import tr
from .client import Engine, EngineError, find_engine


class EngineQuestion(QgsTask):
    """A task that looks for the library; `found` hands it over, `answered` tells a short text and a long one."""

    answered = pyqtSignal(str, str)
    found = pyqtSignal(object)  # Engine
    lacking = pyqtSignal(bool)  # whether it has to be set up

    def __init__(self, setting: str | None = None) -> None:
        super().__init__(tr("Looking for the onemap library"), QgsTask.Flag.CanCancel | QgsTask.Flag.Silent)
        self._setting = setting
        self._engine: Engine | None = None
        self._why = ""

    def run(self) -> bool:
        """Look for it, in a worker thread."""
        try:
            self._engine = find_engine(self._setting)
        except EngineError as error:
            self._why = str(error)
        return True

    def finished(self, well: bool) -> None:
        """Tell the answer, in the main thread."""
        self.lacking.emit(self._engine is None)
        if self._engine is not None:
            short = tr("engine: ready ({version})", version=self._engine.version)
            self.answered.emit(short, self._engine.interpreter.path)
            self.found.emit(self._engine)
        else:
            self.answered.emit(tr("engine: not found"), self._why)
