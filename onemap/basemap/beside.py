"""Long work in a thread of its own, which is stopped with the work that waits for it, and says how far it is."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Generic, TypeVar

from onemap.errors import Cancelled
from onemap.progress import Progress

_LOOK_S = 0.2
Made = TypeVar("Made")


class Beside(Generic[Made]):
    """Work under way in a thread.

    Parameters
    ----------
    work
        Takes a progress, by which it is also stopped.
    threads
        Where it is done.
    """

    def __init__(self, work: Callable[[Progress], Made], threads: ThreadPoolExecutor) -> None:
        self._told = (0.0, "")
        self.stopped = threading.Event()
        self._made: Future[Made] = threads.submit(work, self._note)

    def _note(self, share: float, text: str) -> None:
        if self.stopped.is_set():
            raise Cancelled("stopped")
        self._told = (share, text)

    def result(self, progress: Progress) -> Made:
        """Wait for the work and return what it made, or raise what it raised; ``progress`` may raise `Cancelled`."""
        while not wait([self._made], timeout=_LOOK_S).done:
            progress(*self._told)
        return self._made.result()


@contextmanager
def beside(work: Callable[[Progress], Made]) -> Iterator[Beside[Made]]:
    """Do work in a thread during a block; where the block fails the work is stopped, not waited for to its end.

    Examples
    --------
    >>> with beside(lambda told: 6 * 7) as answer:
    ...     answer.result(print)
    42
    """
    with ThreadPoolExecutor(1, thread_name_prefix="beside") as threads:
        under_way = Beside(work, threads)
        try:
            yield under_way
        finally:
            under_way.stopped.set()
