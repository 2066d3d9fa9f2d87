"""Signs on the map for cases that have just come: there at once, until the drawing that has them takes their place."""

from collections.abc import Iterable

from qgis.core import QgsPointXY
from qgis.gui import QgsMapCanvas, QgsMapCanvasItem
from qgis.PyQt.QtCore import QPointF, QRectF
from qgis.PyQt.QtGui import QPainter

from ..console.signs import sign_icon

MOST = 500  # more would hide the map; the next drawing has them all
_SIZE = 16
Sign = tuple[str, QgsPointXY]


class Arrivals(QgsMapCanvasItem):
    """One item over the whole map that draws a sign for each case which the map's own picture does not have yet.

    A drawing of all layers takes a second where there are many; a sign takes a few milliseconds.
    """

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._signs: list[Sign] = []
        self._asked = self._begun = 0  # so many of the first were there when the drawing was asked for, and began
        self.setVisible(False)

    @property
    def signs(self) -> list[Sign]:
        """The signs that are drawn, with their places on the map."""
        return list(self._signs)

    def add(self, signs: Iterable[Sign]) -> None:
        """Draw more signs, at places in the map's system."""
        self._signs = [*self._signs, *signs][:MOST]
        self._show()

    def asked(self) -> None:
        """Note that the layer is about to be drawn: what is here now will be in that picture."""
        self._asked = len(self._signs)

    def began(self) -> None:
        """Note that the drawing which was asked for, or one that follows it, has begun."""
        self._begun = self._asked

    def drawn(self) -> None:
        """Take away what is in the drawing that has ended: what was there when it was asked for."""
        self._signs = self._signs[self._begun :]
        self._asked -= self._begun
        self._begun = 0
        self._show()

    def clear(self) -> None:
        """Draw nothing."""
        self._signs, self._asked, self._begun = [], 0, 0
        self._show()

    def updatePosition(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0.0, 0.0, self._canvas.width(), self._canvas.height())

    def paint(self, painter: QPainter, *_: object) -> None:
        pictures = {sign: sign_icon(sign).pixmap(_SIZE, _SIZE) for sign, _ in self._signs}
        for sign, place in self._signs:
            there = self.toCanvasCoordinates(place)
            painter.drawPixmap(QPointF(there.x() - _SIZE / 2, there.y() - _SIZE / 2), pictures[sign])

    def _show(self) -> None:
        self.setVisible(bool(self._signs))
        self.update()
