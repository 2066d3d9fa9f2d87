"""Under the card of a case near a border: one button for each cell that may answer, and what was decided."""

from collections.abc import Sequence

from qgis.PyQt.QtCore import QEvent, QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ...onemap.domain.journal import REASSIGN_CASE, Entry
from ...translation import tr
from ..columns import end_of
from ..log_tab import local
from ..queue.flow_layout import FlowLayout
from ..words import number as said
from .candidate_marks import number_icon

MOST_BUTTONS = 4
SHORT_CODE = 7  # the end of a code tells neighbours apart
_LEAVE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
_KEYS = {Qt.Key.Key_D: 0, Qt.Key.Key_1: 0, Qt.Key.Key_2: 1, Qt.Key.Key_3: 2, Qt.Key.Key_4: 3}


class DecisionBar(QWidget):
    """Asks once: which of these cells answers? One key decides; what was decided stays with who, when and why."""

    decided = pyqtSignal(str, str, str)  # case, cell, why
    undone = pyqtSignal(str)  # case

    def __init__(self, table: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("onemapDecision")
        self._case = ""
        self._cells: list[str] = []
        self._far_m: list[float] = []
        self._table = table
        self.zone = None  # the district's time zone; None: this computer's
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.why = QLineEdit(self)
        self.why.setObjectName("onemapDecisionWhy")
        self.why.setPlaceholderText(tr("reason, where there is one to tell (E)"))
        self.why.setAccessibleName(tr("Reason"))
        self.why.setToolTip(tr("Kept with the decision; Enter leads back to the list, where one key decides"))
        self.why.installEventFilter(self)
        self._row = FlowLayout()
        self.undo = QPushButton(tr("Undo"), self)
        self.undo.setToolTip(tr("What was decided about it no longer counts"))
        self.undo.clicked.connect(lambda: self.undone.emit(self._case))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.addWidget(self.words)
        column.addWidget(self.why)
        column.addLayout(self._row)
        self.buttons: list[QPushButton] = []
        for number in range(MOST_BUTTONS):
            button = QPushButton(self)
            button.setIcon(number_icon(number))
            button.setToolTip(tr("This cell answers"))
            button.clicked.connect(lambda _, number=number: self.choose(number))
            self.buttons.append(button)
            self._row.addWidget(button)
        self._row.addWidget(self.undo)
        table.installEventFilter(self)
        self.show_nothing()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let D and 1 to 4 decide, and E lead to the reason; a list would search for the letter instead."""
        if event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        if watched is self.why:
            if event.key() in _LEAVE:
                self._table.setFocus()
                return True
        elif event.modifiers() == Qt.KeyboardModifier.NoModifier:
            number = _KEYS.get(event.key())
            if event.key() == Qt.Key.Key_E and self.why.isVisible():
                self.why.setFocus()
                return True
            if number is not None and self.isVisible():
                self.choose(number)
                return True
        return super().eventFilter(watched, event)

    def choose(self, number: int) -> None:
        """Decide for the button with this number, where there is one to press."""
        if self.isVisible() and number < len(self._cells) and self.buttons[number].isVisible():
            self.decided.emit(self._case, self._cells[number], self.why.text().strip() or self._seen(number))

    def _seen(self, number: int) -> str:
        """Return, where nobody wrote a reason, what the one who decided had before them."""
        far = self._far_m[number] if number < len(self._far_m) else -1.0
        words = tr("candidate {place} of {count}", place=number + 1, count=len(self._cells))
        return tr("{candidate}, {far} m from it", candidate=words, far=said(round(far, 2))) if far >= 0 else words

    def show_nothing(self) -> None:
        """Ask nothing: the row is no case near a border."""
        self._case, self._cells = "", []
        self.why.clear()
        self.hide()

    def ask(self, case: str, cells: list[str], far_m: Sequence[float] = ()) -> None:
        """Ask which cell answers; the first is the one that answers until somebody decides.

        ``far_m`` is how far each cell lies from the case; below zero where that is not known.
        """
        if case != self._case:
            self.why.clear()
        self._case, self._cells, self._far_m = case, cells[:MOST_BUTTONS], list(far_m)
        self.words.setText(tr("Near a border: which cell answers?"))
        for number, button in enumerate(self.buttons):
            button.setVisible(number < len(self._cells))
            if number < len(self._cells):
                known = number < len(far_m) and far_m[number] >= 0
                far = f" · {said(round(far_m[number], 2))} m" if known else ""
                key = "  (D)" if number == 0 else ""
                button.setText(f"{end_of(self._cells[number], SHORT_CODE)}{far}{key}")
                button.setToolTip(self._cells[number])
        self.why.show()
        self.undo.hide()
        self.show()

    def tell(self, case: str, entry: Entry) -> None:
        """Tell what was decided, by whom and when, with a way back."""
        self._case, self._cells = case, []
        template = (
            tr("Given to cell {cell} by {who}, {at}")
            if entry.verb == REASSIGN_CASE
            else tr("Decided for cell {cell} by {who}, {at}")
        )
        said = template.format(cell=entry.value, who=entry.who, at=local(entry.at, self.zone))
        self.words.setText(f"{said}: {entry.why}" if entry.why else said)
        for button in self.buttons:
            button.hide()
        self.why.clear()
        self.why.hide()
        self.undo.show()
        self.show()
