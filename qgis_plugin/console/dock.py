"""The dock: three tabs and a line that says which map is shown and whether the library is there."""

from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from ..icons import icon_path
from ..translation import tr
from .list_tab import ListTab
from .who_tab import WhoTab

NARROWEST = 360


class OnemapDock(QgsDockWidget):
    """Findings and cases of the open one map."""

    open_wanted = pyqtSignal()
    reload_wanted = pyqtSignal()

    def __init__(self, findings: ListTab, cases: ListTab, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("onemapDock")
        self.setWindowTitle(tr("onemap"))
        self.findings = findings
        self.cases = cases
        self.tabs = QTabWidget(self)
        self.tabs.setObjectName("onemapTabs")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(findings, tr("Findings"))
        self.tabs.addTab(cases, tr("Cases"))
        self.who = WhoTab(self)
        self.tabs.addTab(self.who, tr("Who answers here"))
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

    def show_map(self, title: str) -> None:
        """Show the lists of a map."""
        self.map_name.setText(title)
        self.pages.setCurrentIndex(1)

    def show_nothing(self) -> None:
        """Say that no map is open, and what to do."""
        self.map_name.setText("")
        self.pages.setCurrentIndex(0)

    def count(self, tab: ListTab, number: int) -> None:
        """Show a number beside the title of a tab."""
        title = tr("Findings") if tab is self.findings else tr("Cases")
        self.tabs.setTabText(self.tabs.indexOf(tab), f"{title} {number:,}" if number else title)

    def tell_engine(self, text: str, why: str) -> None:
        """Show whether the library was found; the tooltip says where, or what to do."""
        self.engine.setText(text)
        self.engine.setToolTip(why)

    def _welcome(self) -> QWidget:
        page = QWidget(self)
        picture, words, button = QLabel(page), QLabel(page), QPushButton(tr("Open one map ..."), page)
        picture.setPixmap(QIcon(icon_path("onemap")).pixmap(QSize(64, 64)))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setText(
            tr("No one map is open.\nOpen one (onemap.gpkg) to see its cases and what is wrong with its grids.")
        )
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setWordWrap(True)
        words.setStyleSheet("color: #5B626B")
        button.setObjectName("onemapOpen")
        button.setIcon(QIcon(icon_path("open")))
        button.clicked.connect(self.open_wanted)
        column = QVBoxLayout(page)
        column.addStretch(2)
        column.addWidget(picture)
        column.addSpacing(8)
        column.addWidget(words)
        column.addSpacing(12)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        return page

    def _footer(self) -> QWidget:
        line = QWidget(self)
        line.setObjectName("onemapFooter")
        line.setStyleSheet("QWidget#onemapFooter { border-top: 1px solid #DEDAD2 } QLabel { color: #5B626B }")
        self.map_name, self.engine = QLabel(line), QLabel(line)
        self.engine.setObjectName("onemapEngine")
        self.engine.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(line)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.map_name)
        row.addStretch(1)
        row.addWidget(self.engine)
        return line
