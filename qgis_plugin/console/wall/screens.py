"""Which of the computer's screens the wall fills."""

from collections.abc import Sequence

from qgis.PyQt.QtGui import QScreen


def screen_beside(screens: Sequence[QScreen], current: QScreen) -> QScreen:
    """Return the largest screen other than the one that is worked on; with one screen there is no choice."""
    others = [screen for screen in screens if screen is not current]
    return max(others, key=_size, default=current)


def _size(screen: QScreen) -> int:
    return screen.size().width() * screen.size().height()
