"""The library kept warm at QGIS's side: asked without waiting, started again when it dies.

One process answers all: a click on the map in milliseconds, the long verbs with progress. QGIS's own loop carries the
bytes, so that nothing here ever waits; each request ends with exactly one answer or one sentence that says why not.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from qgis.PyQt.QtCore import QObject, QProcess, QTimer, pyqtSignal

from ..log import note
from ..translation import language, squared, tr
from .client import ISOLATED, Engine, process_environment
from .lines import PROTOCOL, Lines, Message, request_line

MOST_RESTARTS, WITHIN_SECONDS = 3, 60.0  # dying more often than this is no accident
RESTART_MS = 500
GOODBYE_MS = 1_000

Answered = Callable[[dict], None]
Refused = Callable[[str], None]
Told = Callable[[float, str], None]


def _nothing(*_: object) -> None:
    """Take what nobody wants to hear."""


@dataclass(frozen=True)
class Request:
    """What was asked and who waits for it."""

    verb: str
    arguments: dict
    answered: Answered
    refused: Refused
    told: Told


class Worker(QObject):
    """The library's own process, spoken to in JSON lines.

    `changed` tells its state for the foot of the dock: a short text and a longer one.
    """

    changed = pyqtSignal(str, str)
    opened = pyqtSignal(dict)  # the map is warm: clicks are answered from now on
    refused = pyqtSignal(str)  # the map could not be opened: why

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine: Engine | None = None
        self._process: QProcess | None = None
        self._lines = Lines()
        self._waiting: dict[int, Request] = {}
        self._number = 0
        self._path = ""
        self._deaths: list[float] = []
        self.verbs: dict[str, dict] = {}
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(RESTART_MS)
        self._again.timeout.connect(self._start)

    @property
    def running(self) -> bool:
        """Whether the process is there and takes requests."""
        return self._process is not None and self._process.state() == QProcess.ProcessState.Running

    def use(self, engine: Engine) -> None:
        """Start the library with an interpreter; another one than before takes its place."""
        waiting = self._waiting
        self._dismiss()
        self._engine = engine
        self._deaths = []
        self._start()
        words = tr("The engine stopped and is being started again; please ask once more.")
        for request in waiting.values():
            request.refused(words)

    def open(self, path: str) -> None:
        """Keep a map warm, now and after every restart; an empty path lets go of it."""
        self._path = path
        if path and self.running:
            self._open()

    def ask(
        self, verb: str, arguments: dict, answered: Answered, refused: Refused = _nothing, told: Told = _nothing
    ) -> int:
        """Ask for something and go on; returns the number with which it can be cancelled.

        Parameters
        ----------
        answered
            Called with the answer.
        refused
            Called with one sentence in QGIS's language, where there will be no answer.
        told
            Called with the share done and what is being done.
        """
        self._number += 1
        request = Request(verb, arguments, answered, refused, told)
        if not self.running or self._process is None:
            words = tr("The engine is not running. Rest the mouse on its name at the foot of the panel to read why.")
            QTimer.singleShot(0, lambda: refused(words))
            return self._number
        self._waiting[self._number] = request
        self._process.write(request_line(self._number, verb, arguments))
        return self._number

    def cancel(self, number: int) -> None:
        """Stop a long request; it ends with a sentence that says so."""
        if number in self._waiting:
            self.ask("cancel", {"request": number}, _nothing)

    def stop(self) -> None:
        """End the process and wait for its end, a little: QGIS or the plugin leaves. Nobody who waits is called."""
        process = self._dismiss()
        if process is not None and not process.waitForFinished(GOODBYE_MS):
            process.kill()
            process.waitForFinished(GOODBYE_MS)

    def _dismiss(self) -> QProcess | None:
        """Let the process end by itself, or be ended when it does not; return it where there is one."""
        self._again.stop()
        process, self._process = self._process, None
        self._waiting = {}
        if process is None:
            return None
        process.disconnect()
        if process.state() == QProcess.ProcessState.NotRunning:
            process.deleteLater()
            return None
        process.finished.connect(process.deleteLater)
        late = QTimer(process)
        late.setSingleShot(True)
        late.timeout.connect(process.kill)
        late.start(GOODBYE_MS)
        process.write(request_line(0, "close", {}))
        process.closeWriteChannel()
        return process

    # --- the process

    def _start(self) -> None:
        if self._engine is None:
            return
        self._lines = Lines()
        process = QProcess(self)
        process.setProcessEnvironment(process_environment())
        process.started.connect(self._greet)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._log)
        process.errorOccurred.connect(self._failed)
        process.finished.connect(self._ended)
        self._process = process
        self.changed.emit(tr("engine: starting ..."), self._engine.interpreter.path)
        process.start(self._engine.interpreter.path, [*ISOLATED, "worker"])

    def _greet(self) -> None:
        self.ask("hello", {"protocol": PROTOCOL}, self._greeted, self._strange)
        if self._path:
            self._open()

    def _greeted(self, answer: dict) -> None:
        self.verbs = answer.get("verbs", {})
        where = self._engine.interpreter.path if self._engine else ""
        self.changed.emit(tr("engine: ready ({version})", version=answer.get("onemap", "")), where)

    def _strange(self, why: str) -> None:
        """End a library that speaks another protocol: to guess would be worse than to say so."""
        if not self.running:
            return  # it died before it could answer
        self._dismiss()
        self.changed.emit(tr("engine: another version"), why)

    def _open(self) -> None:
        self.ask("open", {"path": self._path}, self.opened.emit, self.refused.emit)

    def _read(self) -> None:
        if self._process is None:
            return
        for message in self._lines.feed(bytes(self._process.readAllStandardOutput())):
            self._deliver(message)
        for line in self._lines.strange:
            note(line)
        self._lines.strange = []

    def _deliver(self, message: Message) -> None:
        request = self._waiting.get(message.id) if message.id is not None else None
        if request is None:
            return
        if message.kind == "progress":
            request.told(float(message.content.get("share", 0.0)), said(message.content.get("text")))
            return
        del self._waiting[message.id]
        if message.kind == "answer":
            request.answered(message.content)
        else:
            request.refused(said(message.content.get("text")))

    def _log(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError()).decode("utf-8", "replace").strip()
            if text:
                note(text)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self.changed.emit(tr("engine: cannot be started"), self._process.errorString())
            self._process = None

    def _ended(self, *_: object) -> None:
        """Tell everybody who waits, and start again unless it dies all the time."""
        self._read()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        waiting, self._waiting = self._waiting, {}
        now = time.monotonic()
        self._deaths = [*(moment for moment in self._deaths if now - moment < WITHIN_SECONDS), now]
        hopeless = len(self._deaths) > MOST_RESTARTS
        if hopeless:
            words = tr("The engine stopped {count} times within a minute; the log says why.", count=len(self._deaths))
            self.changed.emit(tr("engine: stopped"), words)
        else:
            words = tr("The engine stopped and is being started again; please ask once more.")
            self.changed.emit(tr("engine: starting again ..."), words)
            self._again.start()
        for request in waiting.values():
            request.refused(words)


def said(words: object) -> str:
    """Return the worker's words in QGIS's language."""
    if isinstance(words, dict):
        return squared(str(words.get(language()) or words.get("en") or ""))
    return squared(str(words or ""))
