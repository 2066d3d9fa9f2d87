"""A box to choose one of the values of a list: where they are many it takes letters, and shows what contains them."""

from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QFocusEvent
from qgis.PyQt.QtWidgets import QComboBox, QCompleter, QWidget

from ...translation import tr

_TITLE, _CONTAINS = Qt.ItemDataRole.DisplayRole, Qt.MatchFlag.MatchContains
MANY = 20  # names from which on nobody looks through them all; so many are shown at once


class ChoiceBox(QComboBox):
    """The first item stands for all; what is typed and is no item gives way to the one that was chosen before."""

    def __init__(self, all_of_them: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.addItem(all_of_them, "")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setMaxVisibleItems(MANY)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)

    def offer(self, items: list[tuple[str, str]]) -> None:
        """Offer these titles and values behind the first item; the value that was chosen stays so where it is there."""
        kept, first = self.currentData(), self.itemText(0)
        self.blockSignals(True)
        self.clear()
        self.addItem(first, "")
        for title, value in items:
            self.addItem(title, value)
        self._take_letters(len(items) > MANY)
        self.setCurrentIndex(max(0, self.findData(kept)))
        self.blockSignals(False)
        self._show_chosen()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select what stands there: somebody comes to write over it, with a click that would put a mark into it."""
        super().focusInEvent(event)
        if self.isEditable():
            QTimer.singleShot(0, self.lineEdit().selectAll)

    def _take_letters(self, many: bool) -> None:
        if many == self.isEditable():
            return
        self.setEditable(many)
        if many:
            completer = QCompleter(self.model(), self)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(_CONTAINS)
            completer.setMaxVisibleItems(MANY)
            completer.activated.connect(self._choose)
            self.setCompleter(completer)
            self.lineEdit().editingFinished.connect(lambda: self._choose(self.lineEdit().text()))
            self.lineEdit().setPlaceholderText(tr("type a part of it"))

    def _choose(self, text: str) -> None:
        """Take the item that bears this text, or the only one that contains it; without letters all of them."""
        found = self.findText(text.strip(), Qt.MatchFlag.MatchFixedString) if text.strip() else 0
        if found < 0:
            containing = self.model().match(self.model().index(0, 0), _TITLE, text.strip(), 2, _CONTAINS)
            found = containing[0].row() if len(containing) == 1 else found
        if found >= 0:
            self.setCurrentIndex(found)
        self._show_chosen()

    def _show_chosen(self) -> None:
        if self.isEditable():
            self.setEditText(self.itemText(self.currentIndex()))
