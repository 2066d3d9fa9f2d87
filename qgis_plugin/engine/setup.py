"""Set up the library in a Python environment of the profile's own: from a folder of wheels or from onemap's own folder.

The library itself is never asked of a package index: there the name `onemap` is somebody else's, whose code would run.

Made beside the old environment and put in its place only when the new one answers, so that a set-up that fails, or
is stopped, leaves what worked before. One whose place is held by a running QGIS waits for the next start.
"""

import tomllib
from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, QProcess, pyqtSignal

from ..log import note
from ..onemap import __version__
from ..translation import tr
from .client import ISOLATED, process_environment
from .environment import VENV_FOLDER, base_python, python_inside
from .place import Place

EXTRAS = "[excel,parquet,atlas]"


def holds_the_library(folder: Path) -> bool:
    """Return whether a folder is that of onemap's source: pip would install whatever else lies there."""
    try:
        told = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    named = told.get("project", {}).get("name") == "onemap"
    return named and (folder / "onemap" / "worker").is_dir()


class EngineSetup(QObject):
    """Makes the environment step by step while QGIS goes on.

    `told` gives each line that venv and pip say, `ended` whether the library is there now and one sentence.
    """

    told = pyqtSignal(str)
    ended = pyqtSignal(bool, str)

    def __init__(self, parent: QObject | None = None, *, profile: Path | None = None) -> None:
        super().__init__(parent)
        folder = profile or Path(QgsApplication.qgisSettingsDirPath())
        self._place = Place(folder / VENV_FOLDER)
        self._steps: list[tuple[str, list[str]]] = []
        self._process: QProcess | None = None
        try:
            self._place.settle()
        except OSError as error:  # another window of QGIS holds it: what works now goes on working
            note(f"the environment that is ready waits: {error}")

    @property
    def running(self) -> bool:
        """Whether a set-up is under way."""
        return self._process is not None

    def start(self, *, wheels: str = "", source: str = "", python: str = "") -> None:
        """Begin.

        Parameters
        ----------
        wheels
            Folder that holds the wheels of the library and of all it needs: no network is asked.
        source
            Instead of it, onemap's own folder (that with its pyproject.toml); what it needs comes from the index for
            which pip is configured.
        python
            Interpreter to build on; by default the first ``python3`` on the path.
        """
        if self.running:
            return
        base = python or base_python()
        if not base:
            self.ended.emit(False, tr("No Python 3 was found to build on; install one, or name it above."))
            return
        folder = wheels or source
        if not Path(folder).is_dir() or not folder:
            self.ended.emit(False, tr("{path}: no such folder", path=folder))
            return
        if not wheels and not holds_the_library(Path(source)):
            words = tr("{path}: this is not onemap's folder; it lacks onemap's pyproject.toml", path=source)
            self.ended.emit(False, words)
            return
        self._place.clear()
        inside = str(python_inside(self._place.new))
        from_wheels = ["--no-index", "--find-links", wheels, f"onemap{EXTRAS}=={__version__}"]
        what = from_wheels if wheels else [f"{Path(source).resolve()}{EXTRAS}"]
        self._steps = [
            (base, ["-I", "-m", "venv", str(self._place.new)]),
            (inside, ["-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *what]),
            (inside, [*ISOLATED, "--version"]),
        ]
        self._next()

    def stop(self) -> None:
        """Give up; what worked before is untouched."""
        self._steps = []
        if self._process is not None:
            self._process.kill()

    def _next(self) -> None:
        if not self._steps:
            self._finish()
            return
        program, arguments = self._steps.pop(0)
        self._tell(f"$ {Path(program).name} {' '.join(arguments)}")
        process = QProcess(self)
        process.setProcessEnvironment(process_environment())
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._step_ended)
        process.errorOccurred.connect(self._failed_to_start)
        self._process = process
        process.start(program, arguments)

    def _read(self) -> None:
        if self._process is not None:
            for line in bytes(self._process.readAllStandardOutput()).decode("utf-8", "replace").splitlines():
                self._tell(line)

    def _tell(self, line: str) -> None:
        if line.strip():
            note(line)
            self.told.emit(line)

    def _step_ended(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._let_go()
        if code == 0 and status == QProcess.ExitStatus.NormalExit:
            self._next()
        else:
            self._give_up(tr("The set-up failed (code {code}); the last lines above say why.", code=code))

    def _failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            why = self._process.errorString()
            self._let_go()
            self._give_up(why)

    def _let_go(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None

    def _give_up(self, why: str) -> None:
        self._steps = []
        self._place.clear()
        self.ended.emit(False, why)

    def _finish(self) -> None:
        """Put the new environment in the place of the old one, or let it wait."""
        try:
            self._place.keep()
        except OSError as error:
            self._give_up(tr("The new environment cannot be kept; what worked before stays: {why}", why=str(error)))
            return
        try:
            self._place.exchange()
        except OSError as error:
            self.ended.emit(False, self._waits(str(error)))
            return
        self.ended.emit(True, tr("The library is set up in {path}.", path=str(self._place.home)))

    def _waits(self, why: str) -> str:
        if self._place.aside.exists() and not self._place.home.exists():
            words = tr(
                "The old environment lies in {path} and could not be put back; close all windows of QGIS and start it "
                "again, that puts it right: {why}",
                path=str(self._place.aside),
                why=why,
            )
        else:
            words = tr(
                "The old environment is in use and stays. The new one is ready: close all windows of QGIS and start it "
                "again, then it takes the place of the old one: {why}",
                why=why,
            )
        return words
