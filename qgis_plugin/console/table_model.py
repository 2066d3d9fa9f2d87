"""The list behind the view: rows come in batches, sorting is done on the rows themselves."""

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from .rows import Row
from .signs import sign_icon

ROW = Qt.ItemDataRole.UserRole


class RowModel(QAbstractTableModel):
    """Rows of one list. It grows by batches and is sorted in one stroke, so 50,000 rows do not hold up the map."""

    def __init__(self, columns: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._rows: list[Row] = []

    @property
    def rows(self) -> list[Row]:
        """All rows, in the order shown."""
        return self._rows

    def clear(self) -> None:
        """Forget all rows."""
        if not self._rows:
            return
        self.beginResetModel()
        self._rows = []
        self.endResetModel()

    def append(self, batch: list[Row]) -> None:
        """Add rows at the end."""
        if batch:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(batch) - 1)
            self._rows.extend(batch)
            self.endInsertRows()

    def put(self, number: int, row: Row) -> None:
        """Put another row in the place of one."""
        self._rows[number] = row
        self.dataChanged.emit(self.index(number, 0), self.index(number, len(self._columns) - 1))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole):
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._columns[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.cells[index.column()]
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return sign_icon(row.sign)
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.cells[index.column()] or None
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(row.keys[index.column()], float):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == ROW:
            return row
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the rows by a column; equal ones keep their order."""
        if not 0 <= column < len(self._columns):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        held = [(index, self._rows[index.row()]) for index in before]
        self._rows.sort(key=lambda row: row.keys[column], reverse=order == Qt.SortOrder.DescendingOrder)
        if held:
            place = {id(row): number for number, row in enumerate(self._rows)}
            after = [self.index(place[id(row)], index.column()) for index, row in held]
            self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
