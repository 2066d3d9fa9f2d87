"""Start the library in its own process, hear its progress, take its answer, stop it."""

import os
import signal
import time
from dataclasses import dataclass

from qgis.core import QgsApplication, QgsFeedback
from qgis.PyQt.QtCore import QProcess, QProcessEnvironment

from .. import settings
from ..log import note
from ..onemap import __version__
from ..translation import language, spoken, tr
from .environment import VARIABLE, Interpreter, child_environment, interpreters
from .protocol import BAD_INPUT, Listener, answer

ISOLATED = ("-I", "-X", "utf8", "-m", "onemap")
POLL_MS = 100
VERSION_SECONDS = 20.0
GRACE_SECONDS = 2.0


class EngineError(Exception):
    """The library could not be started, refused its input, or failed; the text is for the user."""


class EngineCancelled(EngineError):  # noqa: N818 - nothing went wrong: the user stopped it
    """The user stopped it; nothing was changed."""


@dataclass(frozen=True)
class Engine:
    """A Python that was seen to hold the library."""

    interpreter: Interpreter
    version: str


@dataclass(frozen=True)
class Finished:
    """How a process ended and what it said."""

    code: int
    stdout: bytes
    words: list[str]


def candidates(setting: str | None = None) -> list[Interpreter]:
    """Return the interpreters that may hold the library, most trusted first."""
    return list(
        interpreters(
            setting=settings.text(settings.PYTHON) if setting is None else setting,
            profile=QgsApplication.qgisSettingsDirPath(),
            environment=os.environ,
        )
    )


def find_engine(setting: str | None = None) -> Engine:
    """Return the first interpreter whose library fits the plugin; raises EngineError naming all that were asked.

    Another path than the remembered one can be tried as ``setting``.
    """
    asked = []
    for interpreter in candidates(setting):
        try:
            done = _run(interpreter.path, ["--version"], QgsFeedback(), limit=VERSION_SECONDS)
        except EngineError as error:
            note(str(error))
            asked.append(f"{interpreter.path}: {tr('it cannot be started')}")
            continue
        version = done.stdout.decode("utf-8", "replace").split()
        if done.code == 0 and version and fits(version[-1]):
            return Engine(interpreter, version[-1])
        if done.code == 0 and version:
            words = tr("it holds onemap {version}, this plugin needs {wanted}", version=version[-1], wanted=__version__)
            asked.append(f"{interpreter.path}: {words}")
            continue
        words = done.words[-1] if done.words else str(done.code)
        note(f"{interpreter.path}: {words}")
        asked.append(f"{interpreter.path}: {_plainly(words)}")
    raise EngineError(missing_sentence(asked))


def fits(version: str) -> bool:
    """Tell whether a library of this version understands the plugin: first and second number alike."""
    return version.split(".")[:2] == __version__.split(".")[:2]


def missing_sentence(asked: list[str]) -> str:
    """Return the sentence that tells what is missing and what to do about it."""
    return tr(
        "The onemap library was not found. Install it into a Python of its own and name that Python in "
        "Settings > Options > onemap, or in the variable {variable}. Asked: {asked}",
        variable=VARIABLE,
        asked="; ".join(asked) or tr("no Python found"),
    )


def _plainly(words: str) -> str:
    """Return why a Python is of no use, in words for people; its own stand in QGIS's log."""
    if "No module named" in words:
        return tr("the library is not installed there")
    return tr("it runs, but the library in it does not answer")


def run_verb(verb: str, arguments: list[str], feedback: QgsFeedback) -> dict:
    """Run one verb of the library and return its answer.

    Parameters
    ----------
    verb
        Verb of the command line, as ``"check"`` or ``"codes explain"``.
    arguments
        Its options and arguments; the language, the progress and the form of the answer are put before them.
    feedback
        Gets the progress; when it is cancelled the process is stopped within seconds.

    Raises
    ------
    EngineError
        With the library's own sentence when the input was refused.
    EngineCancelled
        When the feedback was cancelled.
    """
    engine = find_engine()
    note(tr("Library {version} in {path}", version=engine.version, path=engine.interpreter.path))
    options = ["--json", "--progress", "json", "--lang", language()]
    done = _run(engine.interpreter.path, [*verb.split(), *options, *arguments], feedback)
    if feedback.isCanceled():
        raise EngineCancelled(tr("Stopped. What was there before is untouched."))
    if done.code == BAD_INPUT:
        raise EngineError(spoken(done.words[-1]) if done.words else tr("The library refused the input."))
    if done.code not in (0, 1):
        raise EngineError(
            tr(
                "The library failed (code {code}): {words}",
                code=done.code,
                words="\n".join(done.words[-20:]) or tr("it said nothing"),
            )
        )
    if hasattr(feedback, "pushInfo"):
        for words in done.words:  # what was guessed, and rows that could not be read
            feedback.pushInfo(words)
    try:
        return answer(done.stdout)
    except ValueError as error:
        raise EngineError(tr("The library's answer cannot be read: {why}", why=str(error))) from error


def _run(program: str, arguments: list[str], feedback: QgsFeedback, *, limit: float = 0.0) -> Finished:
    """Run the library to its end in this thread, which may be a worker's: no event loop is needed."""
    process = QProcess()
    process.setProcessEnvironment(process_environment())
    process.start(program, [*ISOLATED, *arguments])
    if not process.waitForStarted():
        raise EngineError(process.errorString())
    process.closeWriteChannel()
    listener = Listener()
    started = time.monotonic()
    while process.state() != QProcess.ProcessState.NotRunning:
        process.waitForReadyRead(POLL_MS)
        _tell(listener, process, feedback)
        if feedback.isCanceled() or (limit and time.monotonic() - started > limit):
            _stop(process)
    process.waitForFinished(POLL_MS)
    _tell(listener, process, feedback)
    for step in listener.finish():
        feedback.setProgress(100.0 * step.share)
    crashed = process.exitStatus() == QProcess.ExitStatus.CrashExit
    code = -1 if crashed else process.exitCode()
    return Finished(code, bytes(process.readAllStandardOutput()), listener.words)


def process_environment() -> QProcessEnvironment:
    """Return the environment of the library's process, as Qt wants it."""
    made = QProcessEnvironment()
    for name, value in child_environment().items():
        made.insert(name, value)
    return made


def _tell(listener: Listener, process: QProcess, feedback: QgsFeedback) -> None:
    for step in listener.feed(bytes(process.readAllStandardError())):
        feedback.setProgress(100.0 * step.share)
        if step.text and hasattr(feedback, "setProgressText"):
            feedback.setProgressText(step.text)


def _stop(process: QProcess) -> None:
    """Ask the library to stop, as Ctrl-C does, so that it removes its unfinished file; then make it."""
    if os.name == "posix" and process.processId():
        os.kill(process.processId(), signal.SIGINT)
        if process.waitForFinished(int(1000 * GRACE_SECONDS)):
            return
    process.kill()
    process.waitForFinished()
