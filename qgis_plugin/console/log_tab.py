"""The log: what was decided on this map, by whom, when and why; taken back and done again."""

from datetime import datetime, tzinfo

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QFont
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ..onemap.domain.journal import (
    ACCEPT_REPAIR,
    ALLOW_GAP,
    DECIDE_CASE,
    REASSIGN_CASE,
    REFUSE_REPAIR,
    SAVE_VERSION,
    SHOW_PHONE,
    UNDO,
    Entry,
    FindingSpot,
)
from ..project.one_map_file import OneMapFile
from ..translation import tr
from .columns import EndShown, FittedColumns
from .rows import carried_out
from .tones import QuietLabel
from .words import kind_title

ROW_HEIGHT = 22
YEAR = len("2026-")  # the list is read today; the tooltip tells the year
_WIDTHS = (84, 52, 84, 84, 78, 100)
_GROWS = {3: 1, 4: 1, 5: 4}
_CODES = (3, 4)
_WHO, _WHAT = 1, 2  # columns that are as wide as what stands in them
_WIDEST, _SPARE = 200, 14  # pixels


def verb_title(verb: str) -> str:
    """Return what was done, in words."""
    titles = {
        DECIDE_CASE: tr("case decided"),
        REASSIGN_CASE: tr("case reassigned"),
        ALLOW_GAP: tr("exception allowed"),
        ACCEPT_REPAIR: tr("repair accepted"),
        REFUSE_REPAIR: tr("repair refused"),
        SAVE_VERSION: tr("version saved"),
        SHOW_PHONE: tr("telephone shown"),
        UNDO: tr("taken back"),
    }
    return titles.get(verb, verb)


def subject_title(subject: str) -> str:
    """Return what it was done to: a case, or kind and place of a finding."""
    spot = FindingSpot.read(subject)
    if spot is None:
        return subject
    return f"{kind_title(spot.kind)} {spot.x:.0f}, {spot.y:.0f}"


def local(at: str, zone: tzinfo | None) -> str:
    """Return the moment of an entry as the district's clock showed it; no zone: this computer's."""
    return datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d %H:%M")


class LogModel(QAbstractTableModel):
    """Entries, the latest first; those that no longer count are struck through and say so."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.zone: tzinfo | None = None  # the district's; None: this computer's
        self._undone: set[int] = set()
        self._carried: frozenset[int] = frozenset()

    def show(self, entries: list[Entry], undone: set[int], carried: frozenset[int]) -> None:
        """Show other entries."""
        self.beginResetModel()
        self.entries, self._undone, self._carried = entries[::-1], undone, carried
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_WIDTHS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole):
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return [tr("When"), tr("By"), tr("What"), tr("About"), tr("Result"), tr("Reason")][section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        entry = self.entries[index.row()]
        gone = entry.number in self._undone
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(entry, index.column())[YEAR if index.column() == 0 else 0 :]
        if role == Qt.ItemDataRole.ToolTipRole:
            words = tr("No longer counts: it was taken back") if gone else tr("Entry {number}", number=entry.number)
            return f"{self.text(entry, index.column())}\n{words}"
        if role == Qt.ItemDataRole.AccessibleTextRole and gone and index.column() == 0:  # a voice strikes nothing out
            return f"{self.text(entry, 0)} · {tr('No longer counts: it was taken back')}"
        if role == Qt.ItemDataRole.FontRole and gone:
            font = QFont()
            font.setStrikeOut(True)
            return font
        return None

    def counts(self, entry: Entry) -> bool:
        """Return whether an entry is a decision that still counts."""
        return entry.verb != UNDO and entry.number not in self._undone

    def whole(self, entry: Entry) -> str:
        """Return an entry in full, as far as it says something."""
        at, who, what, about, result, why = (self.text(entry, column) for column in range(len(_WIDTHS)))
        lines = [f"{at} · {who} · {what}", " → ".join(part for part in (about, result) if part), why]
        return "\n".join(line for line in lines if line)

    def text(self, entry: Entry, column: int) -> str:
        """Return what stands in a column of an entry."""
        what = verb_title(entry.verb)
        if entry.verb == ACCEPT_REPAIR and entry.number in self._carried:
            what = tr("repair carried out")
        value = tr("Entry {number}", number=entry.value) if entry.verb == UNDO else entry.value
        at = local(entry.at, self.zone)
        return (at, entry.who, what, subject_title(entry.subject), value, entry.why)[column]


class LogTab(QWidget):
    """The entries and the two ways through them."""

    chosen = pyqtSignal(object)  # Entry: show what it is about
    taken_back = pyqtSignal(int)  # number of the entry
    undo_wanted = pyqtSignal()
    redo_wanted = pyqtSignal()
    note_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("onemapTab_log")
        self.model = LogModel(self)
        self.table = QTableView(self)
        self.table.setObjectName("onemapTable_log")
        self.table.setAccessibleName(tr("Log"))
        self.table.setTabKeyNavigation(False)
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.columns = FittedColumns(self.table, _WIDTHS, _GROWS)
        for column in _CODES:
            self.table.setItemDelegateForColumn(column, EndShown(self.table))
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._tell_current())
        self.model.modelReset.connect(self._tell_current)
        self.table.activated.connect(lambda index: self.chosen.emit(self.model.entries[index.row()]))
        self.table.setToolTip(tr("Enter or a double click shows what an entry is about"))
        self.undo = self._button(tr("Undo"), tr("Takes back your own latest decision (Ctrl+Z)"), self.undo_wanted.emit)
        self.redo = self._button(tr("Redo"), tr("Does again what was taken back last (Ctrl+Y)"), self.redo_wanted.emit)
        self.back = self._button(
            tr("Take this back"), tr("The chosen entry no longer counts; it stays in the log"), self._take_back
        )
        self.note = self._button(
            tr("Shift handover note ..."), tr("What was done since a moment, to print"), self.note_wanted.emit
        )
        self.told = QLabel(self)
        self.told.setObjectName("onemapLogEntry")
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.told.setWordWrap(True)
        self.status = QuietLabel("", self)
        row = QHBoxLayout()
        for button in (self.undo, self.redo, self.back):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 4)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addWidget(self.told)
        column.addWidget(self.status)

    def show_entries(
        self,
        entries: list[Entry],
        undone: set[int],
        one_map: OneMapFile | None = None,
        *,
        can_undo: bool,
        can_redo: bool,
    ) -> None:
        """Show the entries of a journal; of accepted repairs whether the build of the map carried them out."""
        self.model.show(entries, undone, carried_out(one_map))
        self.columns.want(self._widths())
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)
        several = tr("{count} entries, each sealed with the one before", count=len(entries))
        words = tr("1 entry, sealed") if len(entries) == 1 else several
        self._tell_current()
        self.status.setText(words if entries else tr("Nothing was decided on this map yet."))

    def _widths(self) -> tuple[int, ...]:
        """Return widths in which nothing is cut of who did what, unless a name is very long."""
        widths, letters = [*_WIDTHS], self.table.fontMetrics()
        for column in (_WHO, _WHAT):
            said = {self.model.text(entry, column) for entry in self.model.entries}
            longest = max(map(letters.horizontalAdvance, said), default=0) + _SPARE
            widths[column] = min(_WIDEST, max(widths[column], longest))
        return tuple(widths)

    def _button(self, title: str, hint: str, slot) -> QPushButton:
        button = QPushButton(title, self)
        button.setToolTip(hint)
        button.clicked.connect(lambda _=False: slot())
        return button

    def _tell_current(self) -> None:
        """Say the whole of the chosen entry, and whether it can be taken back."""
        index = self.table.currentIndex()
        entry = self.model.entries[index.row()] if index.isValid() else None
        self.told.setVisible(entry is not None)
        self.told.setText("" if entry is None else self.model.whole(entry))
        self.back.setEnabled(entry is not None and self.model.counts(entry))

    def _take_back(self) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            self.taken_back.emit(self.model.entries[index.row()].number)
