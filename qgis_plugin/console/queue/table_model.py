"""The list behind the view: rows come in batches, are filtered and sorted in one stroke; no widget stands for a row."""

from bisect import bisect_right
from dataclasses import replace

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from ...translation import tr
from ..rows import Row
from ..signs import sign_icon
from ..words import kind_title, state_title
from .filters import Filter

ROW = Qt.ItemDataRole.UserRole
FEW = 50  # rows that are put one by one; more are sorted in


class RowModel(QAbstractTableModel):
    """Rows of one list: all of them in `rows`, those that pass the filter in `shown` and in the view."""

    def __init__(self, columns: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._rows: list[Row] = []
        self._shown: list[Row] = []
        self._filter = Filter()
        self._ranks: dict[int, list[Row]] = {}  # rows in ascending order of a column, made once

    @property
    def rows(self) -> list[Row]:
        """All rows, in the order in which they are shown."""
        return self._rows

    @property
    def shown(self) -> list[Row]:
        """The rows that pass the filter."""
        return self._shown

    @property
    def filter(self) -> Filter:
        """What passes now."""
        return self._filter

    def rename(self, column: int, title: str) -> None:
        """Head a column otherwise."""
        self._columns[column] = title
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, column, column)

    def clear(self) -> None:
        """Forget all rows."""
        if not self._rows:
            return
        self.beginResetModel()
        self._rows, self._shown, self._ranks = [], [], {}
        self.endResetModel()

    def append(self, batch: list[Row]) -> None:
        """Add rows at the end."""
        self._rows.extend(batch)
        self._ranks = {}
        passing = self._filter.of(batch)
        if passing:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(passing) - 1)
            self._shown.extend(passing)
            self.endInsertRows()

    def add(self, batch: list[Row], column: int, order: Qt.SortOrder) -> None:
        """Put rows where they belong in the order that is shown; of a few, no other row moves and no order is lost."""
        if len(batch) > FEW:
            self._rows.extend(batch)
            self._ranks = {}
            self.sort(column, order)
            return
        ascending = order == Qt.SortOrder.AscendingOrder
        for row in batch:
            for rank in self._ranks.items():
                rank[1].insert(_place(rank[1], row, rank[0], ascending=True), row)
            self._rows.insert(_place(self._rows, row, column, ascending=ascending), row)
        for row in self._filter.of(batch):
            place = _place(self._shown, row, column, ascending=ascending)
            self.beginInsertRows(QModelIndex(), place, place)
            self._shown.insert(place, row)
            self.endInsertRows()

    def exchange(self, old: Row, new: Row, column: int, order: Qt.SortOrder) -> Row | None:
        """Put a row where it now belongs, and take away the one that stands for the same case; return that one.

        No other row is looked at; ``old`` says by its keys where to look.
        """
        for rank_column, rank in self._ranks.items():
            _move(rank, old, new, rank_column, ascending=True)
        ascending = order == Qt.SortOrder.AscendingOrder
        replaced = _move(self._rows, old, new, column, ascending=ascending)
        if replaced is None:
            return None
        passes = bool(self._filter.of([new]))
        place = _seek(self._shown, old, column, ascending=ascending)
        if place is not None and passes and new.keys[column] == self._shown[place].keys[column]:
            self._shown[place] = new
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(self._columns) - 1))
            return replaced
        if place is not None:
            self.beginRemoveRows(QModelIndex(), place, place)
            del self._shown[place]
            self.endRemoveRows()
        if passes:
            place = _place(self._shown, new, column, ascending=ascending)
            self.beginInsertRows(QModelIndex(), place, place)
            self._shown.insert(place, new)
            self.endInsertRows()
        return replaced

    def change(self, **changed: object) -> None:
        """Change parts of the filter and look at the rows again."""
        wanted = replace(self._filter, **changed)
        if wanted != self._filter:
            self._filter = wanted
            self.look_again()

    def put(self, changed: dict[int, Row]) -> None:
        """Put other rows in the place of some, by their number."""
        for number, row in changed.items():
            self._rows[number] = row
        self._ranks = {}
        self.look_again()

    def look_again(self) -> None:
        """Ask the filter anew."""
        self.beginResetModel()
        self._shown = self._filter.of(self._rows)
        self.endResetModel()

    def place_of(self, row: Row) -> int | None:
        """Return the line in which a row is shown, also when it was read anew; None where it is not."""
        table, fid = row.table, row.fid
        return next((n for n, other in enumerate(self._shown) if other.fid == fid and other.table == table), None)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole):
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr("Click to sort by {column}; again for the other way round", column=self._columns[section])
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        row = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells[index.column()]
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return sign_icon(row.sign)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return _told(row, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(row.keys[index.column()], float):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == ROW:
            return row
        return None

    def prepare(self, column: int) -> None:
        """Make the order of a column now, so that the first click on its heading is no pause either."""
        if column not in self._ranks:
            self._ranks[column] = sorted(self._rows, key=lambda row: row.keys[column])

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the rows by a column; the order of each column is made once and kept until rows change."""
        if not 0 <= column < len(self._columns):
            return
        self.prepare(column)
        self.beginResetModel()
        ascending = order == Qt.SortOrder.AscendingOrder
        self._rows = self._ranks[column][:: 1 if ascending else -1]
        self._shown = self._filter.of(self._rows)
        self.endResetModel()


def _place(rows: list[Row], row: Row, column: int, *, ascending: bool) -> int:
    """Return where a row belongs among sorted rows; one that is equal comes behind, in a falling order before them."""
    if ascending:
        return bisect_right(rows, row.keys[column], key=lambda other: other.keys[column])
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        if rows[middle].keys[column] > row.keys[column]:
            low = middle + 1
        else:
            high = middle
    return low


def _seek(rows: list[Row], row: Row, column: int, *, ascending: bool) -> int | None:
    """Return where a row stands among sorted rows; None where it is not among them."""
    key, end = row.keys[column], _place(rows, row, column, ascending=ascending)
    for place in range(end - 1, -1, -1) if ascending else range(end, len(rows)):
        if rows[place].keys[column] != key:
            break
        if rows[place].fid == row.fid and rows[place].table == row.table:
            return place
    fid, table = row.fid, row.table  # rows that were read stand in the order of the file, or its key is another now
    return next((place for place, other in enumerate(rows) if other.fid == fid and other.table == table), None)


def _move(rows: list[Row], old: Row, new: Row, column: int, *, ascending: bool) -> Row | None:
    """Put a row where it belongs among sorted rows in the place of another; return that one, None where it is not."""
    place = _seek(rows, old, column, ascending=ascending)
    if place is None:
        return None
    replaced = rows[place]
    if new.keys[column] == replaced.keys[column]:
        rows[place] = new
    else:
        del rows[place]
        rows.insert(_place(rows, new, column, ascending=ascending), new)
    return replaced


def _told(row: Row, column: int) -> str | None:
    """Return what a resting mouse and a voice tell: of the first column also the state, as its sign is a form."""
    if row.streets_told and column == len(row.cells) - 1:
        return row.streets_told
    if column:
        return row.cells[column] or None
    state = state_title(row.state) if row.state else kind_title(row.kind)
    return f"{row.cells[0]} · {state}"
