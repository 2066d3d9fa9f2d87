"""The wall view: the whole screen for leaders, to be looked at only. Figures, and the maps of the project in turn.

Nothing of a person is shown: no names, no telephone numbers. Esc ends it.
"""

from collections import Counter
from datetime import datetime
from heapq import nlargest

from qgis.core import Qgis, QgsMapSettings, QgsProject
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent, Qt, QTimer
from qgis.PyQt.QtGui import QFont, QGuiApplication, QKeyEvent
from qgis.PyQt.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ...project.one_map_file import OneMapFile
from ...translation import language, tr
from ..queue.table_model import RowModel
from ..rows import Row
from ..signs import sign_icon
from ..tones import on_map, tone
from ..words import UNKNOWN, Words
from .screens import screen_beside
from .turns import title_of, turns

TURN_MS, TICK_MS, SETTLE_MS = 15_000, 1_000, 150
LATEST = 5
_CODE_END = 7  # letters that tell neighbouring cells apart
_BIG, _TITLE, _LINE = 0.075, 0.034, 0.024  # of the height of the screen
_MAP_SHARE = 0.75  # of the screen


class Figure(QFrame):
    """One number as big as the room needs, with its sign and what it counts."""

    def __init__(self, sign: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._sign = sign
        self.sign, self.count, self.title = QLabel(self), QLabel("0", self), QLabel(title, self)
        first = QHBoxLayout()
        first.setSpacing(16)
        first.addWidget(self.sign)
        first.addWidget(self.count)
        first.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(0)
        column.addLayout(first)
        column.addWidget(self.title)

    def size_for(self, height: int) -> None:
        """Take sizes that fit a screen of this height."""
        for label, share, bold in ((self.count, _BIG, True), (self.title, _LINE, False)):
            label.setFont(_font(height * share, bold=bold))
        edge = round(height * _BIG * 0.7)
        self.sign.setPixmap(sign_icon(self._sign).pixmap(edge, edge))


class WallWindow(QWidget):
    """Figures on the left, a map on the right; every quarter of a minute the next theme, every second the clock."""

    def __init__(
        self,
        one_map: OneMapFile,
        cases: RowModel,
        findings: RowModel,
        canvas: QgsMapCanvas,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("onemapWall")
        self.setWindowTitle(tr("Wall view"))
        self._cases, self._findings, self._main = cases, findings, canvas
        self._screen = screen_beside(QGuiApplication.screens(), canvas.screen())
        self._dirty = True
        self._name: str | None = None  # of the theme that is shown
        self._levels, self._zone = one_map.levels, Words(one_map.facts).zone
        self.setAutoFillBackground(True)
        self._colour()
        self.title, self.clock, self.theme = QLabel(one_map.title(language()), self), QLabel(self), QLabel(self)
        self.figures = {
            "new": Figure("new", tr("new"), self),
            "in_hand": Figure("in_hand", tr("in hand"), self),
            "overdue": Figure("overdue", tr("overdue"), self),
            UNKNOWN: Figure(UNKNOWN, tr("state unknown"), self),
            "near_border": Figure("near_border", tr("near border"), self),
            "gap": Figure("gap", tr("open findings"), self),
        }
        self.latest = [QLabel(self) for _ in range(LATEST)]
        self.map = QgsMapCanvas(self)
        self.map.setDestinationCrs(canvas.mapSettings().destinationCrs())
        self.map.setCanvasColor(on_map("paper"))
        self.map.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.map.setFrameShape(QFrame.Shape.NoFrame)
        drawn = self.map.mapSettings().flags()  # what somebody looks at in the console is not for the wall
        self.map.setMapSettingsFlags(drawn & ~Qgis.MapSettingsFlag.DrawSelection)
        self.map.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._lay_out()
        for model in (cases, findings):
            model.modelReset.connect(self._changed)
            model.rowsInserted.connect(self._changed)
            model.dataChanged.connect(self._changed)
        self._clock = self._timer(TICK_MS, self._tick)
        self._turning = self._timer(TURN_MS, self.turn)
        self._tick()
        self.map.setRenderFlag(False)  # a small picture of a window that has no size yet would be shown first
        self.turn()
        self._settled = self._timer(SETTLE_MS, self._draw)
        self._settled.setSingleShot(True)
        self._settled.stop()

    def fill_screen(self) -> None:
        """Fill the screen beside the one on which QGIS is, where there is one: there people go on working."""
        self.winId()  # makes the window of the system, which bears the screen
        self.windowHandle().setScreen(self._screen)
        self.setGeometry(self._screen.geometry())
        self.showFullScreen()

    @property
    def themes(self) -> list[str]:
        """Names of the project's map themes for screens; one that is empty stands for the map as it is."""
        return turns(QgsProject.instance(), self._levels, self._scale()) or [""]

    def _scale(self) -> float:
        """Return the scale at which the district is shown, also before the window has its size."""
        settings = QgsMapSettings(self.map.mapSettings())
        settings.setOutputSize(self.map.size() if self.isVisible() else self._screen.size() * _MAP_SHARE)
        area = QgsProject.instance().viewSettings().defaultViewExtent()
        if not area.isEmpty() and area.crs() == settings.destinationCrs():
            settings.setExtent(area)
        return settings.scale()

    def turn(self) -> None:
        """Show the next theme."""
        names = self.themes
        name = names[(names.index(self._name) + 1) % len(names)] if self._name in names else names[0]
        self._name = name
        if name:
            self.map.setTheme(name)
        else:
            self.map.setLayers(self._main.layers())
        self.theme.setText(title_of(QgsProject.instance(), name) if name else tr("The district"))
        self._show_all()

    def _show_all(self) -> None:
        area = QgsProject.instance().viewSettings().defaultViewExtent()
        if area.isEmpty():
            self.map.setExtent(self._main.extent())
        else:
            self.map.setReferencedExtent(area)
        self.map.refresh()

    def _draw(self) -> None:
        """Draw the map, now that the window has its size."""
        self.map.setRenderFlag(True)
        self._show_all()

    def refresh(self) -> None:
        """Count anew."""
        states = Counter(row.state for row in self._cases.rows)
        open_kinds = sum(row.state in ("open", "refused") and row.kind != "near_border" for row in self._findings.rows)
        near = sum(row.chip == "near_border" for row in self._cases.rows)
        counts = {
            **{name: states[name] for name in ("new", "in_hand", "overdue", UNKNOWN)},
            "near_border": near,
            "gap": open_kinds,
        }
        for name, figure in self.figures.items():
            figure.count.setText(f"{counts[name]:,}")
        self.figures[UNKNOWN].setVisible(states[UNKNOWN] > 0)  # most districts tell the state of every case
        for label, row in zip(self.latest, [*self._newest(), *[None] * LATEST], strict=False):
            label.setText(f"{row.cells[1][5:]}  {row.cells[2]}  {_end_of_cell(row)}" if row is not None else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Right):
            self.turn()

    def closeEvent(self, event: QEvent) -> None:
        for timer in (self._clock, self._turning, self._settled):
            timer.stop()
        self.map.setRenderFlag(False)  # else it would be drawn anew, unseen, with every live case
        super().closeEvent(event)

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._settled.start()
        height = max(480, self.height())
        for figure in self.figures.values():
            figure.size_for(height)
        for label in (self.title, self.clock):
            label.setFont(_font(height * _TITLE, bold=True))
        for label in (self.theme, self.heading, *self.latest):
            label.setFont(_font(height * _LINE, bold=False))

    def _newest(self) -> list[Row]:
        """Return the latest cases; what has no number is a broken row of a table, however late it claims to be."""
        return nlargest(LATEST, (row for row in self._cases.rows if row.case), key=lambda row: row.moment)

    def _changed(self, *_: object) -> None:
        self._dirty = True

    def _tick(self) -> None:
        self.clock.setText(datetime.now().astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S"))
        if self._dirty:  # however many rows came, they are counted once a second
            self._dirty = False
            self.refresh()

    def _timer(self, milliseconds: int, slot) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        timer.start()
        return timer

    def _colour(self) -> None:
        paper, ink = tone("paper").name(), tone("ink").name()
        bare = "border: none; margin: 0px; padding: 0px; background: transparent"  # whatever QGIS's theme adds
        self.setStyleSheet(
            f"QWidget#onemapWall {{ background: {paper} }} QLabel {{ color: {ink}; {bare} }} "
            f"QFrame {{ {bare} }} QGraphicsView {{ border: none; margin: 0px; padding: 0px }}"
        )

    def _lay_out(self) -> None:
        head, body, left = QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.clock)
        for figure in self.figures.values():
            left.addWidget(figure)
        left.addStretch(1)
        self.heading = QLabel(tr("Latest cases"), self)
        left.addWidget(self.heading)
        for label in self.latest:
            left.addWidget(label)
        right = QVBoxLayout()
        right.addWidget(self.map, 1)
        right.addWidget(self.theme, 0, Qt.AlignmentFlag.AlignHCenter)
        body.addLayout(left, 1)
        body.addLayout(right, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 24, 32, 16)
        column.addLayout(head)
        column.addLayout(body, 1)


def _end_of_cell(row: Row) -> str:
    """Return the end of the cell's code, or why there is no cell, in full."""
    return row.keys[4][-_CODE_END:] or row.cells[4]


def _font(pixels: float, *, bold: bool) -> QFont:
    font = QFont()
    font.setPixelSize(max(10, round(pixels)))
    font.setBold(bold)
    return font
