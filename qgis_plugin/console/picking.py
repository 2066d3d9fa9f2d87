"""Spots, lines and areas taken from the map with the mouse."""

from collections.abc import Callable

from qgis.core import Qgis, QgsGeometry, QgsPointXY
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent

from .tones import on_map

BAND_WIDTH = 3
_FEWEST = {Qgis.GeometryType.Line: 2, Qgis.GeometryType.Polygon: 3}


class _SpotTool(QgsMapTool):
    """Tells where the button was let go: a tool that comes back at the press would take the release for its own."""

    picked = pyqtSignal(object)  # QgsPointXY

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        self.picked.emit(self.toMapCoordinates(event.pos()))


class SpotPicker(QObject):
    """Takes the next click on the map, once; the tool that was in use before comes back."""

    def __init__(self, canvas: QgsMapCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._taken: Callable[[QgsPointXY], None] | None = None
        self._before: QgsMapTool | None = None
        self.tool = _SpotTool(canvas)
        self.tool.setCursor(Qt.CursorShape.CrossCursor)
        self.tool.picked.connect(self._clicked)

    def arm(self, taken: Callable[[QgsPointXY], None]) -> None:
        """Call `taken` with the next spot, in the coordinates of the canvas."""
        if self._canvas.mapTool() is not self.tool:
            self._before = self._canvas.mapTool()
        self._taken = taken
        self._canvas.setMapTool(self.tool)

    def disarm(self) -> None:
        """Wait for no click any more."""
        self._taken = None
        if self._canvas.mapTool() is self.tool:
            self._canvas.unsetMapTool(self.tool)
            if self._before is not None:
                self._canvas.setMapTool(self._before)

    def close(self) -> None:
        """Let go of the canvas."""
        self.disarm()
        self._canvas.unsetMapTool(self.tool)
        self.tool.deleteLater()

    def _clicked(self, spot: QgsPointXY) -> None:
        taken = self._taken
        self.disarm()
        if taken is not None:
            taken(spot)


class ShapeTool(QgsMapTool):
    """Draws a line or an area: each click a corner, right click or Enter ends, Backspace takes one back, Esc all."""

    drawn = pyqtSignal(object)  # QgsGeometry, in the coordinates of the canvas

    def __init__(self, canvas: QgsMapCanvas, kind: Qgis.GeometryType) -> None:
        super().__init__(canvas)
        self._kind = kind
        self._corners: list[QgsPointXY] = []
        self._band: QgsRubberBand | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def deactivate(self) -> None:
        """Leave no drawing half done on the map; a whole one stays with its answer."""
        if self._corners:
            self.clear()
        super().deactivate()

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            self.finish()
        else:
            self.add(self.toMapCoordinates(event.pos()))

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        if self._corners:
            self._show(self.toMapCoordinates(event.pos()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
        elif event.key() == Qt.Key.Key_Backspace and self._corners:
            self._corners.pop()
            self._show()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finish()
        else:
            return
        event.accept()

    def add(self, corner: QgsPointXY) -> None:
        """Add a corner."""
        self._corners.append(corner)
        self._show()

    def finish(self) -> None:
        """Tell the shape, where there are corners enough for one; it stays on the map until something else is asked."""
        corners, self._corners = self._corners, []
        if len(corners) < _FEWEST[self._kind]:
            self.clear()
            return
        area = self._kind == Qgis.GeometryType.Polygon
        shape = QgsGeometry.fromPolygonXY([corners]) if area else QgsGeometry.fromPolylineXY(corners)
        self._band_of().setToGeometry(shape)
        self.drawn.emit(shape)

    def clear(self) -> None:
        """Take the drawing off the map."""
        self._corners = []
        if self._band is not None:
            self.canvas().scene().removeItem(self._band)
            self._band = None

    def show_drawn(self, shown: bool) -> None:
        """Show the drawing on the map, or hide it while something else is looked at."""
        if self._band is not None:
            self._band.setVisible(shown)

    def _show(self, *further: QgsPointXY) -> None:
        band = self._band_of()
        band.reset(self._kind)
        for corner in (*self._corners, *further):
            band.addPoint(corner)

    def _band_of(self) -> QgsRubberBand:
        if self._band is None:
            self._band = QgsRubberBand(self.canvas(), self._kind)
            line, area = on_map("accent"), on_map("accent")
            area.setAlpha(40)
            self._band.setStrokeColor(line)
            self._band.setFillColor(area)
            self._band.setWidth(BAND_WIDTH)
        return self._band
