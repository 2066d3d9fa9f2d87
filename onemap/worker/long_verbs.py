"""Verbs that take their time, each in a process of its own: it can be stopped, and if it dies the worker does not.

The child is the command line itself, so a verb does the same in a terminal, here, and behind a button.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from onemap.worker.protocol import (
    Request,
    RequestError,
    RequestId,
    answer_line,
    error_line,
    in_languages,
    internal_line,
    progress_line,
    words_of,
)

Send = Callable[[bytes], None]

# So many children work at once; further requests wait in their order, and beyond the second number are refused.
_AT_ONCE: Final = 2
_MOST_WAITING: Final = 32
# A child that was asked to stop removes its unfinished files; after so many seconds it is killed.
_GRACE_SECONDS: Final = 5.0
_BAD_INPUT: Final = 2
_SPEAKER: Final = "onemap: "
_KEPT_LINES: Final = 20
_LONGEST_LINE: Final = 1 << 16


@dataclass(frozen=True)
class LongVerb:
    """A verb of the command line: its arguments in their order, and its options."""

    arguments: tuple[str, ...]
    options: tuple[str, ...] = ()

    def command(self, request: Request) -> list[str]:
        """Return the command that does what a request asks.

        Raises
        ------
        RequestError
            An argument is missing or unknown, or its value is neither text nor number.
        """
        known = {*self.arguments, *self.options}
        for name, value in request.args.items():
            if name not in known:
                raise RequestError(
                    "bad_arguments",
                    "{verb} has no argument {name}; it has {known}",
                    id=request.id,
                    verb=request.verb,
                    name=name,
                    known=", ".join(sorted(known)),
                )
            if isinstance(value, bool) or not isinstance(value, str | int | float) or "\0" in str(value):
                raise RequestError("bad_arguments", "{name} must be a text or a number", id=request.id, name=name)
        missing = [name for name in self.arguments if name not in request.args]
        if missing:
            raise RequestError(
                "bad_arguments", "{verb} needs the argument {name}", id=request.id, verb=request.verb, name=missing[0]
            )
        options = [f"--{name.replace('_', '-')}={request.args[name]}" for name in self.options if name in request.args]
        isolated = ["-I"] if sys.flags.isolated else []
        python = [sys.executable, *isolated, "-X", "utf8", "-m", "onemap", request.verb]
        spoken = ["--json", "--progress=json", "--lang=en"]
        return [*python, *options, *spoken, "--", *(str(request.args[name]) for name in self.arguments)]


_READING: Final = ("layer", "code", "crs", "encoding", "as_of")
LONG_VERBS: Final[Mapping[str, LongVerb]] = {
    "check": LongVerb(("cells",), ("parent", "allowed", "tolerance_m", *_READING, "out")),
    "assign": LongVerb(
        ("cases", "cells"), ("near_m", "border_m", "cells_layer", "coordinates", "x", "y", *_READING, "out")
    ),
    "own": LongVerb(("features", "cells"), ("cells_layer", *_READING, "out")),
    "repair": LongVerb(
        ("cells",),
        (
            "max_width_m",
            "parent",
            "allowed",
            "max_change",
            "rule",
            "within",
            "people",
            "weight",
            "record",
            "undo",
            *_READING,
            "out",
        ),
    ),
    "gaps": LongVerb(("one_map",), ("kinds", "allowed", "start", "end", "as_of", "out")),
    "report": LongVerb(("one_map",), ("out", "report_lang", "as_of")),
    "build": LongVerb(("manifest",), ("out", "root", "as_of")),
    "run": LongVerb(("manifest",), ("out", "root", "as_of")),
}


class LongRequests:
    """The long requests under way.

    Parameters
    ----------
    send
        Takes each finished line; called from several threads.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="long-verb")
        self._running: dict[RequestId, _Child] = {}
        self._lock = threading.Lock()

    def start(self, request: Request) -> None:
        """Start a request, or let it wait for its turn.

        Raises
        ------
        RequestError
            Its arguments are wrong, its id is in use, or too many are waiting.
        """
        command = LONG_VERBS[request.verb].command(request)
        with self._lock:
            if request.id in self._running:
                raise RequestError("malformed", "the id {id} is in use", id=request.id)
            if len(self._running) >= _AT_ONCE + _MOST_WAITING:
                raise RequestError("busy", "too many requests are waiting", id=request.id)
            child = _Child(request.id, command, self._send)
            self._running[request.id] = child
        self._threads.submit(self._see_through, child)

    def _see_through(self, child: "_Child") -> None:
        try:
            line = child.run()
        except Exception as error:  # noqa: BLE001 - the edge of a thread: whatever happens, the request is answered
            traceback.print_exc()
            line = internal_line(child.id, error)
        with self._lock:
            del self._running[child.id]
        self._send(line)

    def cancel(self, request_id: Any) -> bool:
        """Stop a request that runs or waits; tell whether there was one."""
        with self._lock:
            child = self._running.get(request_id) if isinstance(request_id, str | int) else None
        if child is not None:
            child.cancel()
        return child is not None

    def cancel_all(self) -> None:
        """Stop all of them."""
        with self._lock:
            children = list(self._running.values())
        for child in children:
            child.cancel()

    def wait(self) -> None:
        """Return when all of them are answered."""
        self._threads.shutdown(wait=True)


class _Child:
    """One request in its process."""

    def __init__(self, request_id: RequestId, command: list[str], send: Send) -> None:
        self.id = request_id
        self._command = command
        self._send = send
        self._cancelled = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def run(self) -> bytes:
        """Run to the end and return the line that answers."""
        words: deque[str] = deque(maxlen=_KEPT_LINES)
        with tempfile.TemporaryFile() as answer:
            with self._lock:
                if self._cancelled.is_set():
                    return self._refused("cancelled")
                try:
                    self._process = _start(self._command, answer)
                except OSError as error:
                    return self._refused("internal", str(error))
            self._listen(self._process, words)
            code = self._process.wait()
            answer.seek(0)
            spoken = answer.read()
        if code == 0:
            return self._answered(spoken)
        if self._cancelled.is_set():
            return self._refused("cancelled")
        last = words[-1].removeprefix(_SPEAKER) if words else ""
        return self._refused("bad_input" if code == _BAD_INPUT else "internal", last, exit_code=code)

    def _listen(self, process: subprocess.Popen[bytes], words: deque[str]) -> None:
        """Pass the child's progress on until its stream of errors ends, and keep its last words."""
        assert process.stderr is not None
        while line := process.stderr.readline(_LONGEST_LINE):
            text = line.decode("utf-8", "replace").strip()
            try:
                told = json.loads(text) if text.startswith("{") else None
                step = None if told is None else progress_line(self.id, float(told["share"]), str(told["text"]))
            except (ValueError, KeyError, TypeError):
                step = None  # a sentence that happens to start with a brace
            if step is not None:
                self._send(step)
            elif text:
                words.append(text)
        process.stderr.close()

    def _answered(self, spoken: bytes) -> bytes:
        try:
            facts = json.loads(spoken)
            facts["sentences"] = [in_languages(sentence) for sentence in facts["sentences"]]
            return answer_line(self.id, facts)
        except (ValueError, KeyError, TypeError) as error:
            return self._refused("internal", str(error))

    def _refused(self, code: str, sentence: str = "", *, exit_code: int | None = None) -> bytes:
        """Return the line that says why there is no answer."""
        if code == "cancelled":
            error = RequestError(code, "the request was cancelled; what was there before is untouched")
            return error_line(self.id, code, words_of(error))
        if code == "bad_input" and sentence:
            return error_line(self.id, code, in_languages(sentence))
        error = RequestError(
            "internal", "internal error in the child process ({code}): {why}", why=sentence, code=exit_code
        )
        return error_line(self.id, "internal", words_of(error))

    def cancel(self) -> None:
        """Ask the child to stop as Ctrl-C does, and make it if it does not."""
        self._cancelled.set()
        with self._lock:
            process = self._process
        if process is None or process.poll() is not None:
            return
        if os.name == "posix":
            process.send_signal(signal.SIGINT)
        else:
            process.terminate()
        killer = threading.Timer(_GRACE_SECONDS, process.kill)
        killer.daemon = True
        killer.start()


def _start(command: list[str], answer: Any) -> subprocess.Popen[bytes]:
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # no console flashes up on Windows
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=answer, stderr=subprocess.PIPE, creationflags=hidden
    )
