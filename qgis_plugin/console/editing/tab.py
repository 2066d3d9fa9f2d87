"""The tab in which grids are edited: what is joined to what, totals and broken rules after each step, save."""

from pathlib import Path

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QProgressBar,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ...engine.worker import said
from ...translation import tr
from ..card.ask_bar import AskBar
from ..columns import FittedColumns
from ..signs import sign_icon
from ..tones import QuietLabel
from ..words import number

MOST_RULES = 200  # more broken rules are counted, not listed: nobody reads them
ROW_HEIGHT = 22
SWATCH = 12
_WHOLE = 1_000
_WIDTHS = (124, 54, 86, 60, 46, 104)
_PEOPLE = 3  # column
_GROWS = {0: 2, 5: 1}


class GridModel(QAbstractTableModel):
    """The grids with their totals; those that break a rule bear a sign."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[dict] = []
        self.names: dict[str, str] = {}
        self._colours: dict[str, str] = {}
        self._broken: dict[str, int] = {}

    def show(self, rows: list[dict], findings: list[dict], colours: dict[str, str]) -> None:
        """Show other totals."""
        self.beginResetModel()
        self.rows, self._colours = rows, colours
        self._broken = {}
        for finding in findings:
            self._broken[finding["grid"]] = self._broken.get(finding["grid"], 0) + 1
        self.endResetModel()

    def title(self, grid: str) -> str:
        """Return name and code of a grid."""
        return f"{self.names[grid]} {grid}" if self.names.get(grid) else grid

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_WIDTHS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole):
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return [tr("Grid"), tr("Cells"), tr("Area, m²"), tr("People"), tr("Parts"), tr("Rules")][section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        row = self.rows[index.row()]
        broken = self._broken.get(row["grid"], 0)
        texts = (
            self.names.get(row["grid"]) or row["grid"],
            f"{row['cells']:,}",
            number(row["area_m2"]),
            f"{row['residents']:,.0f}" if "residents" in row else "",
            f"{row['parts']:,}",
            tr("{count} broken", count=broken) if broken else tr("kept"),
        )
        if role == Qt.ItemDataRole.DisplayRole:
            return texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            lacking = index.column() == _PEOPLE and "residents" not in row
            told = tr("The map does not tell how many people live there.") if lacking else texts[index.column()]
            return f"{self.title(row['grid'])} · {told}"
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(QColor(self._colours.get(row["grid"], "#808080")))
            return QIcon(swatch)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == len(_WIDTHS) - 1:
            return sign_icon("invalid" if broken else "allowed")
        if role == Qt.ItemDataRole.TextAlignmentRole and 0 < index.column() < len(_WIDTHS) - 1:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


class EditTab(QWidget):
    """Buttons and tables; what they mean is done elsewhere."""

    begin_wanted = pyqtSignal(str)  # grouping
    wanted = pyqtSignal(str)  # "end" "pick" "move" "split" "merge" "undo" "redo" "save" "show"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("onemapTab_edit")
        self.grouping = QComboBox(self)
        self.grouping.setObjectName("onemapGrouping")
        self.grouping.setAccessibleName(tr("Grids to edit"))
        self.grouping.setToolTip(tr("Whose grids the cells are joined to"))
        self.begin = self._button("begin", tr("Begin"), tr("Shows the cells in the colours of their grids"))
        self.end = self._button(
            "end", tr("End"), tr("Takes the draft off the map; asks first where something is not saved")
        )
        self.model = GridModel(self)
        self.table = QTableView(self)
        self.table.setObjectName("onemapTable_grids")
        self.table.setAccessibleName(tr("Grids"))
        self.table.setToolTip(tr("The grids with their totals; chosen cells are moved to the grid that is chosen here"))
        self.table.setTabKeyNavigation(False)
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.columns = FittedColumns(self.table, _WIDTHS, _GROWS)
        self.rules = QListWidget(self)
        self.rules.setObjectName("onemapRules")
        self.rules.setAccessibleName(tr("Broken rules"))
        self.rules.setWordWrap(True)
        self.rules.setToolTip(tr("Rules that are broken now; nothing is refused because of them"))
        self.versions = QComboBox(self)
        self.versions.setObjectName("onemapVersions")
        self.versions.setAccessibleName(tr("Saved versions"))
        self.versions.setToolTip(tr("Versions of the grids that were saved beside the map"))
        self.progress = QProgressBar(self)
        self.progress.setRange(0, _WHOLE)
        self.progress.hide()
        self.bar = AskBar(self)
        self.status = QuietLabel("", self)
        self.status.setWordWrap(True)
        self._lay_out()
        self.begin.clicked.connect(lambda: self.begin_wanted.emit(str(self.grouping.currentData() or "")))
        self.work(False)
        self.offer_versions([])
        self.say(tr("Choose whose grids shall be edited, then Begin. The map itself is never changed."))

    def offer(self, groupings: list[dict]) -> None:
        """Offer what the cells of the map can be joined to."""
        self.grouping.clear()
        for row in groupings:
            title, count = said(row["title"]), row["grids"]
            several = tr("{title}: {count} grids", title=title, count=count)
            words = tr("{title}: 1 grid", title=title) if count == 1 else several
            self.grouping.addItem(words, row["grouping"])
        self.begin.setEnabled(bool(groupings))
        if groupings:
            self.say(tr("Choose whose grids shall be edited, then Begin. The map itself is never changed."))

    def offer_versions(self, versions: list[Path], chosen: Path | None = None) -> None:
        """Offer the saved versions, the newest first; one may be chosen."""
        self.versions.clear()
        for path in versions:
            self.versions.addItem(path.name, str(path))
        self.versions.setCurrentIndex(max(0, self.versions.findData(str(chosen))) if versions else -1)
        for widget in (self.versions, self.buttons["show"]):
            widget.setVisible(bool(versions))

    def choose_grouping(self, grouping: str) -> None:
        """Choose whose grids are edited."""
        self.grouping.setCurrentIndex(self.grouping.findData(grouping))

    @property
    def version(self) -> Path | None:
        """The saved version that is chosen."""
        found = self.versions.currentData()
        return Path(found) if found else None

    def wait(self, share: float, words: str) -> None:
        """Tell how far the opening has come; it can be stopped."""
        self.begin.setEnabled(False)
        self.grouping.setEnabled(False)
        self.end.setEnabled(True)
        self.end.setText(tr("Stop"))
        self.progress.setValue(round(_WHOLE * share))
        self.progress.show()
        self.say(words)

    def work(self, on: bool) -> None:
        """Let the buttons of the work be pressed, or not."""
        for name, button in self.buttons.items():
            if name not in ("begin", "show"):
                button.setEnabled(on)
        self.end.setText(tr("End"))
        self.progress.hide()
        self.begin.setEnabled(not on and self.grouping.count() > 0)
        self.grouping.setEnabled(not on)
        if not on:
            self.model.show([], [], {})
            self.rules.clear()
            self.bar.hide()

    def show_state(self, state: dict, colours: dict[str, str]) -> None:
        """Show totals and broken rules; the chosen grid stays chosen."""
        chosen = self.chosen
        self.model.show(state["grids"], state["findings"], colours)
        if chosen:
            self.choose(chosen)
        self.rules.clear()
        for finding in state["findings"][:MOST_RULES]:
            name = self.model.names.get(finding["grid"], "")  # the rule names the code, the table the name
            reason = said(finding["reason"])
            self.rules.addItem(reason if not name or name in reason else f"{name}: {reason}")
            self.rules.item(self.rules.count() - 1).setIcon(sign_icon("invalid"))
        more = len(state["findings"]) - MOST_RULES
        if more > 0:
            self.rules.addItem(tr("... and {count} more", count=f"{more:,}"))
        if not state["findings"]:
            self.rules.addItem(tr("All rules are kept."))
            self.rules.item(0).setIcon(sign_icon("allowed"))
        self.buttons["undo"].setEnabled(state["made"] > 0)
        self.buttons["redo"].setEnabled(state["can_redo"])
        self.buttons["save"].setEnabled(state["made"] > 0)

    @property
    def chosen(self) -> str:
        """Code of the grid that is chosen in the table."""
        index = self.table.currentIndex()
        return self.model.rows[index.row()]["grid"] if index.isValid() else ""

    def choose(self, grid: str) -> None:
        """Choose a grid in the table."""
        for number_, row in enumerate(self.model.rows):
            if row["grid"] == grid:
                self.table.setCurrentIndex(self.model.index(number_, 0))

    def say(self, words: str) -> None:
        """Show one sentence at the foot."""
        self.status.setText(words)

    def _button(self, name: str, title: str, hint: str, *, checkable: bool = False) -> QPushButton:
        if not hasattr(self, "buttons"):
            self.buttons: dict[str, QPushButton] = {}
        button = QPushButton(title, self)
        button.setObjectName(f"onemapEdit_{name}")
        button.setToolTip(hint)
        button.setCheckable(checkable)
        if name != "begin":
            button.clicked.connect(lambda _=False, name=name: self.wanted.emit(name))
        self.buttons[name] = button
        return button

    def _lay_out(self) -> None:
        work = (
            ("pick", tr("Choose cells"), tr("Click cells on the map; a second click lets go of them"), True),
            (
                "move",
                tr("Move to the chosen grid"),
                tr("The chosen cells go to the grid that is chosen in the table"),
                False,
            ),
            ("split", tr("Split by a line"), tr("Draw a line through the chosen cell; right click ends"), True),
            ("merge", tr("Merge"), tr("The chosen cells become one, with a new code"), False),
            ("undo", tr("Undo"), tr("Takes the last step back exactly (Ctrl+Z)"), False),
            ("redo", tr("Redo"), tr("Makes the step again (Ctrl+Y)"), False),
            (
                "save",
                tr("Save as a new version ..."),
                tr("A file of its own beside the map, with its first day"),
                False,
            ),
        )
        self._button(
            "show", tr("Open in the project"), tr("Puts the saved version beside the grids of the map, to compare")
        )
        first, grid, saved = QHBoxLayout(), QGridLayout(), QHBoxLayout()
        saved.addWidget(self.versions, 1)
        saved.addWidget(self.buttons["show"])
        first.addWidget(self.grouping, 1)
        first.addWidget(self.begin)
        first.addWidget(self.end)
        for place, (name, title, hint, checkable) in enumerate(work):
            grid.addWidget(self._button(name, title, hint, checkable=checkable), place // 4, place % 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 4)
        column.addLayout(first)
        column.addLayout(grid)  # above all that grows and shrinks: no button goes away from under the mouse
        column.addWidget(self.progress)
        column.addWidget(self.table, 3)
        column.addWidget(self.rules, 1)
        column.addLayout(saved)
        column.addWidget(self.bar)
        column.addWidget(self.status)
