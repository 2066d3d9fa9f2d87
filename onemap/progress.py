"""Progress is a plain callable: share done (0 to 1) and what is being done. It may raise `Cancelled`."""

from collections.abc import Callable

Progress = Callable[[float, str], None]


def silent(share: float, text: str) -> None:
    """Take progress and say nothing."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """Return the progress of one step that takes ``progress`` from ``start`` to ``end``.

    Examples
    --------
    >>> seen = []
    >>> part(lambda share, text: seen.append(share), 0.5, 1.0)(0.5, "half of the second half")
    >>> seen
    [0.75]
    """

    def step(share: float, text: str) -> None:
        progress(start + (end - start) * min(max(share, 0.0), 1.0), text)

    return step
