"""Requests answered beside the loop, each in a thread: they need what the process keeps in memory, and take seconds.

Clicks are answered meanwhile. One that is cancelled is answered at once; what its thread still finds is let go of.
"""

import threading
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from onemap.errors import Cancelled, OnemapError
from onemap.progress import Progress
from onemap.worker.protocol import (
    RequestError,
    RequestId,
    answer_line,
    error_line,
    internal_line,
    progress_line,
    words_of,
)

Found = TypeVar("Found")
Send = Callable[[bytes], None]
_CANCELLED = "the request was cancelled; what was there before is untouched"


class Beside:
    """The requests that are answered beside the loop.

    Parameters
    ----------
    send
        Takes each finished line; called from several threads.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._running: dict[RequestId, threading.Event | None] = {}
        self._threads: list[threading.Thread] = []

    @property
    def busy(self) -> bool:
        """Whether a request is still to be answered."""
        return bool(self._running)

    def start(
        self,
        request_id: RequestId,
        find: Callable[[Progress], Found],
        answer: Callable[[Found], dict[str, Any]],
        *,
        can_be_cancelled: bool = True,
    ) -> None:
        """Answer a request when ``find`` is through; ``answer`` keeps what it found, unless it was cancelled before.

        Raises
        ------
        RequestError
            The id is in use.
        """
        with self._lock:
            if request_id in self._running:
                raise RequestError("malformed", "the id {id} is in use", id=request_id)
            gone = threading.Event()
            self._running[request_id] = gone if can_be_cancelled else None
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._see_through, args=(request_id, find, answer, gone), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _see_through(
        self,
        request_id: RequestId,
        find: Callable[[Progress], Found],
        answer: Callable[[Found], dict[str, Any]],
        gone: threading.Event,
    ) -> None:
        def progress(share: float, text: str) -> None:
            if gone.is_set():
                raise Cancelled(_CANCELLED)
            self._send(progress_line(request_id, share, text))

        line = b""
        try:
            found = find(progress)
            with self._lock:
                if gone.is_set():
                    return
                line = answer_line(request_id, answer(found))
                del self._running[request_id]
        except Cancelled:
            return  # whoever cancelled it has answered
        except OnemapError as error:
            line = error_line(request_id, "bad_input", words_of(error))
        except Exception as error:  # noqa: BLE001 - the edge of a thread: whatever happens, the request is answered
            traceback.print_exc()
            line = internal_line(request_id, error)
        with self._lock:
            if gone.is_set():
                return
            self._running.pop(request_id, None)
        self._send(line)

    def cancel(self, request_id: Any) -> bool:
        """Answer a request as cancelled and let go of it; tell whether there was one that can be."""
        with self._lock:
            gone = self._running.get(request_id) if isinstance(request_id, str | int) else None
            if gone is None:
                return False
            gone.set()
            del self._running[request_id]
        self._send(error_line(request_id, "cancelled", words_of(RequestError("cancelled", _CANCELLED))))
        return True

    def cancel_all(self) -> None:
        """Cancel all that can be."""
        for request_id in list(self._running):
            self.cancel(request_id)

    def wait(self) -> None:
        """Return when all of them are answered."""
        for thread in self._threads:
            thread.join()
