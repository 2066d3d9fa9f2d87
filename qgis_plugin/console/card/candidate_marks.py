"""On the map: the case that is looked at, and the cells that may answer for it, outlined and numbered."""

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY, QgsRectangle, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapCanvasItem, QgsRubberBand
from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont, QIcon, QPainter, QPen, QPixmap

from ...project.one_map_file import OneMapFile, columns_of, quoted, reading, tables_of
from ..envelope import shape_of
from ..highlight import geometry_to_map
from ..signs import sign_icon
from ..tones import on_map

COLOURS = ("#0072B2", "#B34700", "#00694C", "#6A3D9A")  # told apart by all eyes, strong on light paper
LINE_WIDTH = 3
AROUND_M = 50.0  # the number stands in the part of the cell that is looked at
BESIDE_M = 10.0  # up and down from the case
_RADIUS, _ICON = 11.0, 16
_RING, _RING_WIDTH = 10.5, 3.0


class Number(QgsMapCanvasItem):
    """A number in a disc, at a spot of the map."""

    def __init__(self, canvas: QgsMapCanvas, number: int, spot: QgsPointXY) -> None:
        super().__init__(canvas)
        self._number, self.spot = number, spot
        self.updatePosition()

    def updatePosition(self) -> None:
        self.setPos(self.toCanvasCoordinates(self.spot))

    def boundingRect(self) -> QRectF:
        return QRectF(-_RADIUS - 2, -_RADIUS - 2, 2 * _RADIUS + 4, 2 * _RADIUS + 4)

    def paint(self, painter: QPainter, *_: object) -> None:
        draw_number(painter, self._number, QPointF(0.0, 0.0), _RADIUS)


class Chosen(QgsMapCanvasItem):
    """The sign of the case that is looked at, in a ring: on the map it may hide in a cluster, or not be drawn."""

    def __init__(self, canvas: QgsMapCanvas, sign: str, spot: QgsPointXY) -> None:
        super().__init__(canvas)
        self.sign, self.spot = sign, spot
        self._picture = sign_icon(sign).pixmap(_ICON, _ICON)
        self.updatePosition()

    def updatePosition(self) -> None:
        self.setPos(self.toCanvasCoordinates(self.spot))

    def boundingRect(self) -> QRectF:
        half = _RING + _RING_WIDTH
        return QRectF(-half, -half, 2 * half, 2 * half)

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(on_map("paper"))
        for colour, width in (("ink", _RING_WIDTH + 1.5), ("selection", _RING_WIDTH)):
            painter.setPen(QPen(on_map(colour), width))
            painter.drawEllipse(QPointF(0.0, 0.0), _RING, _RING)
        painter.drawPixmap(QPointF(-_ICON / 2, -_ICON / 2), self._picture)


def draw_number(painter: QPainter, number: int, middle: QPointF, radius: float) -> None:
    """Draw the disc of a candidate."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor("white"))
    painter.setBrush(QColor(COLOURS[number]))
    painter.drawEllipse(middle, radius, radius)
    font = QFont()
    font.setBold(True)
    font.setPixelSize(round(radius * 1.3))
    painter.setFont(font)
    area = QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, str(number + 1))


def number_icon(number: int) -> QIcon:
    """Return the same disc for a button."""
    picture = QPixmap(_ICON, _ICON)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    draw_number(painter, number, QPointF(_ICON / 2, _ICON / 2), _ICON / 2 - 0.5)
    painter.end()
    return QIcon(picture)


class CandidateMarks:
    """Draws one case and its candidates; what was drawn for another one leaves the map."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self._canvas = canvas
        self.bands: list[QgsRubberBand] = []
        self.numbers: list[Number] = []
        self.chosen: Chosen | None = None

    def ring(self, sign: str, spot: QgsPointXY) -> None:
        """Draw the sign of the case at a spot of the map."""
        self.chosen = Chosen(self._canvas, sign, spot)

    def show(self, lands: list[QgsGeometry], spot: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> None:
        """Outline these lands, given like the spot of the case in a coordinate system; the first is number 1."""
        self.clear()
        for number, land in enumerate(lands):
            there = geometry_to_map(land, crs, self._canvas)
            inside = geometry_to_map(_place(land, spot), crs, self._canvas)
            if land.isEmpty() or there is None or inside is None:
                continue
            band = QgsRubberBand(self._canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
            fill = QColor(COLOURS[number])
            fill.setAlpha(28)
            band.setStrokeColor(QColor(COLOURS[number]))
            band.setFillColor(fill)
            band.setWidth(LINE_WIDTH)
            band.setToGeometry(there)
            self.bands.append(band)
            self.numbers.append(Number(self._canvas, number, inside.asPoint()))

    def clear(self) -> None:
        """Take them off the map."""
        for item in (*self.bands, *self.numbers, self.chosen):
            if item is not None:
                self._canvas.scene().removeItem(item)
        self.bands, self.numbers, self.chosen = [], [], None


def _place(land: QgsGeometry, spot: QgsGeometry) -> QgsGeometry:
    """Return where the number of a land stands: near the case, but not beside it, where the map says its matter."""
    near = land.intersection(spot.buffer(AROUND_M, 8))
    if near.isEmpty():
        return land.pointOnSurface()
    point = spot.asPoint()
    beside = QgsRectangle(point.x() - AROUND_M, point.y() - BESIDE_M, point.x() + AROUND_M, point.y() + BESIDE_M)
    above_or_below = near.difference(QgsGeometry.fromRect(beside))
    return (near if above_or_below.isEmpty() else above_or_below).pointOnSurface()


def lands_of(one_map: OneMapFile, codes: list[str]) -> list[QgsGeometry]:
    """Return the land of each cell, in the system of the map; empty where there is none of this code."""
    table = one_map.levels[-1] if one_map.levels else ""
    column = table.removeprefix("grid_") + "_code"
    found: dict[str, QgsGeometry] = {}
    with reading(one_map.path) as connection:
        geometry = tables_of(connection).get(table, "")
        if geometry and column in columns_of(connection, table):
            asked = ", ".join("?" * len(codes))
            sql = (
                f"SELECT {quoted(column)}, {quoted(geometry)} FROM {quoted(table)} WHERE {quoted(column)} IN ({asked})"  # noqa: S608 # nosec B608
            )
            for code, blob in connection.execute(sql, codes):
                found[str(code)] = QgsGeometry()
                found[str(code)].fromWkb(shape_of(blob))
    return [found.get(code, QgsGeometry()) for code in codes]
