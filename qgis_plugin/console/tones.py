"""Colours that follow QGIS's own theme, light or dark: taken from its palette, or of the one palette's two themes."""

from qgis.PyQt.QtCore import QEvent
from qgis.PyQt.QtGui import QColor, QPalette
from qgis.PyQt.QtWidgets import QApplication, QLabel, QWidget

from ..project.palette import light, palette

_QUIET_SHARE = 0.68  # of the ink, the rest of the paper: still more than 4.5 to 1
_HALF = 128


def is_dark() -> bool:
    """Return whether QGIS shows light text on dark ground."""
    return QApplication.palette().color(QPalette.ColorRole.Base).lightness() < _HALF


def tone(name: str) -> QColor:
    """Return a colour of the one palette, of the theme that QGIS shows."""
    return QColor(palette()["dark" if is_dark() else "light"][name])


def on_map(name: str) -> QColor:
    """Return a colour for what is drawn on the map, which is light paper in every theme."""
    return QColor(light(name))


def quiet() -> str:
    """Return the colour of what is said in passing, as ``#rrggbb``."""
    colours = QApplication.palette()
    ink, paper = colours.color(QPalette.ColorRole.WindowText), colours.color(QPalette.ColorRole.Window)
    rest = 1.0 - _QUIET_SHARE
    mixed = (round(_QUIET_SHARE * i + rest * p) for i, p in zip(ink.getRgb()[:3], paper.getRgb()[:3], strict=True))
    return QColor(*mixed).name()


class QuietLabel(QLabel):
    """A label that says something in passing; it follows the theme."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._tint()

    def _tint(self) -> None:
        colours = self.palette()
        colours.setColor(QPalette.ColorRole.WindowText, QColor(quiet()))
        self.setPalette(colours)
