"""Room for the dock and for QGIS's layer tree beside it: given once, then what their user left is kept."""

from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import QObject, Qt, QTimer
from qgis.PyQt.QtWidgets import QDockWidget, QMainWindow

from . import settings

if TYPE_CHECKING:
    from .console.dock import OnemapDock

WIDTH, TREE_WIDTH, WINDOW_WIDTH = 540, 260, 1600  # of the dock and of the layer tree, in a window of this width
SETTLE_MS = 1000  # a window that is maximized gets its size from the desktop, a moment after it is shown


class Room(QObject):
    """Widths of the dock and of the layer tree.

    QGIS restores its docks before its window has its size. Two docks as wide as these do not fit into the small window
    of that moment: both are squeezed, and when the window grows all that it gains goes to the map. So the widths are
    remembered here as well, and put back once the window has its size.
    """

    def __init__(self, window: QMainWindow, dock: "OnemapDock", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window, self._dock = window, dock
        if settings.text(settings.DOCK_WIDTHS):
            dock.keep_width()
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self.put_back)

    def settle(self) -> None:
        """Put the widths back now, and once more when the window surely has its size."""
        self.put_back()
        self._settling.start()

    def give(self) -> None:
        """Give room the first time that a map is shown; later the widths are the user's."""
        if self._window.isVisible() and not settings.text(settings.DOCK_SEEN):
            self._widen(TREE_WIDTH, WIDTH)
            self._dock.keep_width()
            settings.remember(settings.DOCK_SEEN, "yes")

    def put_back(self) -> None:
        """Widen what is narrower than its user left it; in a narrower window as much narrower."""
        if not self._window.isVisible() or not settings.text(settings.DOCK_SEEN):
            return
        tree, dock, window = self._left()
        share = min(1.0, self._window.width() / window)
        self._widen(round(tree * share), round(dock * share))

    def remember(self) -> None:
        """Remember the widths that are seen; of what is hidden or floats, those of before."""
        if not self._window.isVisible() or not settings.text(settings.DOCK_SEEN):
            return
        tree, dock, _ = self._left()
        seen = self._seen()
        widths = (seen.get(self._tree, tree), seen.get(self._dock, dock), self._window.width())
        settings.remember(settings.DOCK_WIDTHS, ",".join(map(str, widths)))

    @property
    def _tree(self) -> QDockWidget | None:
        return self._window.findChild(QDockWidget, "Layers")

    def _left(self) -> tuple[int, int, int]:
        """Return the widths of layer tree, dock and window as they were left, else those of the first time."""
        try:
            tree, dock, window = map(int, settings.text(settings.DOCK_WIDTHS).split(","))
        except ValueError:
            tree = dock = window = 0
        return (tree, dock, window) if min(tree, dock, window) > 0 else (TREE_WIDTH, WIDTH, WINDOW_WIDTH)

    def _seen(self) -> dict[QDockWidget | None, int]:
        docks = [dock for dock in (self._tree, self._dock) if dock is not None]
        return {dock: dock.width() for dock in docks if dock.isVisible() and not dock.isFloating()}

    def _widen(self, tree: int, dock: int) -> None:
        seen, wanted = self._seen(), {self._tree: tree, self._dock: dock}
        if any(width < wanted[one] for one, width in seen.items()):
            widths = [max(width, wanted[one]) for one, width in seen.items()]
            self._window.resizeDocks(list(seen), widths, Qt.Orientation.Horizontal)
