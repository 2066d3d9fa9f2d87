"""The table of a list: keys for the hand on the keyboard, a menu for the other one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qgis.PyQt.QtCore import QAbstractTableModel, QItemSelectionModel, QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QTableView,
    QWidget,
)

from ..columns import EndShown, FittedColumns
from ..rows import Row
from .table_model import ROW

ROW_HEIGHT = 22
_STEPS = {Qt.Key.Key_J: 1, Qt.Key.Key_K: -1}


@dataclass(frozen=True)
class Act:
    """Something that can be done with a row.

    Attributes
    ----------
    name, title, hint
        By which it is asked for; what the menu says; what the tooltip says.
    key
        The key for it, as ``"C"`` or ``"Space"``; empty for none.
    fits
        Whether it makes sense for a row; where it does not, the menu greys it and the key is answered with a word.
    """

    name: str
    title: str
    key: str = ""
    hint: str = ""
    fits: Callable[[Row], bool] = lambda _: True


class RowTable(QTableView):
    """Rows in lines of 22 pixels. `acted` tells what is wanted with the current row, `find_wanted` that F was hit."""

    acted = pyqtSignal(str)
    find_wanted = pyqtSignal()

    def __init__(
        self,
        model: QAbstractTableModel,
        widths: tuple[int, ...],
        acts: tuple[Act, ...],
        parent: QWidget,
        *,
        grows: Mapping[int, int],
        ends: tuple[int, ...] = (),
    ) -> None:
        super().__init__(parent)
        self.acts = acts
        self._keys = {getattr(Qt.Key, f"Key_{act.key}"): act.name for act in acts if act.key}
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.columns = FittedColumns(self, widths, grows)
        for column in ends:  # the end of a code tells neighbours apart
            self.setItemDelegateForColumn(column, EndShown(self))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() in _STEPS:
            self.go(self.currentIndex().row() + _STEPS[event.key()])
        elif plain and event.key() == Qt.Key.Key_F:
            self.find_wanted.emit()
        elif plain and event.key() in self._keys and self.currentIndex().isValid():
            self.acted.emit(self._keys[event.key()])
        else:
            super().keyPressEvent(event)

    def go(self, number: int) -> None:
        """Make a line the current one; beyond the ends, nothing."""
        if 0 <= number < self.model().rowCount():
            index = self.model().index(number, 0)
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(index, flags)
            self.scrollTo(index)

    def menu(self) -> QMenu:
        """Return the menu of what can be done with the current row."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        row = self.currentIndex().data(ROW)
        for act in self.acts:
            item = menu.addAction(f"{act.title}\t{act.key}" if act.key else act.title)
            item.setObjectName(act.name)
            item.setToolTip(act.hint)
            item.setEnabled(row is None or act.fits(row))
            item.triggered.connect(lambda _=False, name=act.name: self.acted.emit(name))
        return menu

    def _show_menu(self, spot: QPoint) -> None:
        index = self.indexAt(spot)
        if not index.isValid():
            return
        self.go(index.row())
        if index.data(ROW) is not None:
            menu = self.menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.viewport().mapToGlobal(spot))
