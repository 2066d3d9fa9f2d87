"""Work in pieces: between two of them the window answers its user."""

from collections.abc import Iterator

from qgis.PyQt.QtCore import QTimer

BREATH_MS = 10


class Pieces:
    """Does one work after another, each piece by piece; what is begun while one is under way takes its place."""

    def __init__(self) -> None:
        self._work: Iterator[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether there is work under way."""
        return self._work is not None

    def begin(self, work: Iterator[None], *, after_ms: int = 0) -> None:
        """Begin a work; what is under way is left undone."""
        self._work = work
        QTimer.singleShot(after_ms, lambda: self._go_on(work))

    def leave(self) -> None:
        """Leave undone what is under way."""
        self._work = None

    def _go_on(self, work: Iterator[None]) -> None:
        if work is not self._work:
            return
        try:
            next(work)
        except StopIteration:
            self._end(work)
        except Exception:
            self._end(work)
            raise
        else:
            QTimer.singleShot(BREATH_MS, lambda: self._go_on(work))

    def _end(self, work: Iterator[None]) -> None:
        if self._work is work:  # else its last piece has begun another
            self._work = None
