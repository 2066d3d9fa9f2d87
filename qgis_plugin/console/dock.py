"""The dock: its tabs, and a line that says which map is shown and whether the library is there."""

from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QIcon, QKeySequence
from qgis.PyQt.QtWidgets import (
    QAction,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ..icons import icon_path
from ..translation import tr
from .card.ask_bar import AskBar
from .editing.tab import EditTab
from .log_tab import LogTab
from .queue.list_tab import ListTab
from .tones import QuietLabel
from .who.tab import WhoTab

NARROWEST = 360
WIDEST = 1 << 24  # of what Qt lets a widget be


class OnemapDock(QgsDockWidget):
    """Findings and cases of the open one map."""

    open_wanted = pyqtSignal()
    undo_wanted = pyqtSignal()
    redo_wanted = pyqtSignal()
    wall_wanted = pyqtSignal()
    setup_wanted = pyqtSignal()

    def __init__(self, findings: ListTab, cases: ListTab, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("onemapDock")
        self.setWindowTitle(tr("onemap"))
        self.findings = findings
        self.cases = cases
        self.tabs = QTabWidget(self)
        self.tabs.setObjectName("onemapTabs")
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self._widest = 0
        self.tabs.addTab(findings, tr("Findings"))
        self.tabs.addTab(cases, tr("Cases"))
        self.who = WhoTab(self)
        self.tabs.addTab(self.who, tr("Who?"))
        self.edit = EditTab(self)
        self.tabs.addTab(self.edit, tr("Edit"))
        self.log = LogTab(self)
        self.tabs.addTab(self.log, tr("Log"))
        self._name_tabs()
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self._welcome())
        self.pages.addWidget(self.tabs)
        whole = QWidget(self)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pages, 1)
        column.addWidget(self._footer())
        whole.setMinimumWidth(NARROWEST)
        self.setWidget(whole)
        for keys, signal in (("Ctrl+Z", self.undo_wanted), ("Ctrl+Y", self.redo_wanted)):
            action = QAction(self)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _=False, signal=signal: signal.emit())
            self.addAction(action)

    def show_map(self, title: str) -> None:
        """Show the lists of a map."""
        self.map_name.setText(title)
        self.wall.show()
        self.pages.setCurrentIndex(1)

    def keep_time(self, zone) -> None:
        """Tell all moments in a time zone, the district's; None: this computer's."""
        self.cases.span.zone = self.who.zone = self.log.model.zone = zone
        self.cases.decision.zone = self.findings.decision.zone = zone
        for bar in self.findChildren(AskBar):
            bar.zone = zone

    def show_nothing(self) -> None:
        """Say that no map is open, and what to do."""
        self.map_name.setText("")
        self.wall.hide()
        self.pages.setCurrentIndex(0)

    def count(self, tab: ListTab, number: int) -> None:
        """Show a number beside the title of a tab."""
        title = tr("Findings") if tab is self.findings else tr("Cases")
        self.tabs.setTabText(self.tabs.indexOf(tab), f"{title} {number:,}" if number else title)
        self._make_room()

    def _make_room(self) -> None:
        """Be wide enough for the titles of the tabs, once: QGIS gives a dock that is new to it the least width.

        Whoever makes it narrower again is left alone.
        """
        wanted, window = self.tabs.tabBar().sizeHint().width(), self.parent()
        if wanted <= self._widest or not isinstance(window, QMainWindow) or not self.isVisible():
            return
        self._widest = wanted
        if self.width() < wanted and not self.isFloating():
            window.resizeDocks([self], [wanted], Qt.Orientation.Horizontal)

    def keep_width(self) -> None:
        """Stay as wide as the user left it, whatever the titles."""
        self._widest = WIDEST

    def add_live(self, panel: QWidget) -> None:
        """Add the tab of the live sources; its title counts what nobody has looked at yet, where that is wanted."""
        place = self.tabs.insertTab(self.tabs.indexOf(self.cases) + 1, panel, tr("Live"))
        self.tabs.setTabToolTip(place, tr("New cases from a folder, a GeoPackage or a PostGIS table, as they come"))
        panel.titled.connect(lambda title: self.tabs.setTabText(self.tabs.indexOf(panel), title))
        self.tabs.currentChanged.connect(lambda _: panel.looked_at(self.tabs.currentWidget() is self.cases))

    def _name_tabs(self) -> None:
        hints = (
            tr("What is wrong with the grids, the duties and the objects of this map"),
            tr("The cases of this map"),
            tr("Who answers for a spot, along a line or in an area"),
            tr("Move cells between grids, split and merge them; saved as a new version"),
            tr("What was decided on this map, by whom, when and why"),
        )
        for number, hint in enumerate(hints):
            self.tabs.setTabToolTip(number, hint)

    def tell_engine(self, text: str, why: str) -> None:
        """Show whether the library was found; the tooltip says where, or what to do."""
        self.engine.setText(text)
        self.engine.setToolTip(why)

    def offer_setup(self, lacking: bool) -> None:
        """Offer to set the library up where it is not there; the lists and the map do without it."""
        self.setup.setVisible(lacking)
        self.setup_words.setVisible(lacking)
        self.setup_below.setVisible(lacking)

    def _setup_offer(self, page: QWidget, column: QVBoxLayout) -> None:
        self.setup_words = QuietLabel(
            tr("The engine that checks, assigns and answers is not set up on this computer yet."), page
        )
        self.setup_words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setup_words.setWordWrap(True)
        self.setup = QPushButton(tr("Set up the engine"), page)
        self.setup.setObjectName("onemapSetUp")
        self.setup.setToolTip(tr("Opens the page of onemap in QGIS's options"))
        self.setup.clicked.connect(self.setup_wanted)
        column.addSpacing(16)
        column.addWidget(self.setup_words)
        column.addWidget(self.setup, 0, Qt.AlignmentFlag.AlignHCenter)
        self.setup.hide()
        self.setup_words.hide()

    def _welcome(self) -> QWidget:
        page = QWidget(self)
        picture, words, button = QLabel(page), QuietLabel("", page), QPushButton(tr("Open one map ..."), page)
        picture.setPixmap(QIcon(icon_path("onemap")).pixmap(QSize(64, 64)))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setText(
            tr("No one map is open.\nOpen one (onemap.gpkg) to see its cases and what is wrong with its grids.")
        )
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setWordWrap(True)
        button.setObjectName("onemapOpen")
        button.setToolTip(tr("A GeoPackage that onemap published, usually onemap.gpkg"))
        button.setIcon(QIcon(icon_path("open")))
        button.clicked.connect(self.open_wanted)
        column = QVBoxLayout(page)
        column.addStretch(2)
        column.addWidget(picture)
        column.addSpacing(8)
        column.addWidget(words)
        column.addSpacing(12)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._setup_offer(page, column)
        column.addStretch(3)
        return page

    def _footer(self) -> QWidget:
        line = QWidget(self)
        line.setObjectName("onemapFooter")
        line.setStyleSheet("QWidget#onemapFooter { border-top: 1px solid palette(mid) }")
        self.map_name, self.engine = QuietLabel("", line), QuietLabel("", line)
        self.map_name.setToolTip(tr("The one map that is shown"))
        self.wall = QPushButton(tr("Wall view"), line)
        self.wall.setFlat(True)
        self.wall.setToolTip(tr("Figures and maps in turn on the whole screen, to be looked at only; Esc ends it"))
        self.wall.clicked.connect(self.wall_wanted)
        self.wall.hide()
        self.engine.setObjectName("onemapEngine")
        self.engine.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setup_below = QPushButton(tr("Set up the engine"), line)
        self.setup_below.setFlat(True)
        self.setup_below.setToolTip(tr("Opens the page of onemap in QGIS's options"))
        self.setup_below.clicked.connect(self.setup_wanted)
        self.setup_below.hide()
        row = QHBoxLayout(line)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.map_name)
        row.addWidget(self.wall)
        row.addStretch(1)
        row.addWidget(self.engine)
        row.addWidget(self.setup_below)
        return line
