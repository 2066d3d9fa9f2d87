"""One line under a list that asks for a reason, and where needed for a cell or a day. No dialog stops the work."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from qgis.PyQt.QtCore import QDate, QEvent, QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCompleter,
    QDateEdit,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...translation import tr

MOST_SHOWN = 12  # cells that the field proposes
MOST_NAMED = 5  # of those that end as somebody wrote
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)  # on a button: outside of a dialog Qt takes the blank only


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes
    ----------
    words
        The question itself.
    answered
        Called with the value (whole code of a cell, or day, else empty) and the reason.
    cells
        Cells of which one is wanted; None: no cell is asked for. The bar stays open until exactly one is named.
    cell
        The cell that stands in the field at first.
    day
        Whether a day is asked for.
    soon
        Whether that day is a first one, tomorrow unless it is changed; else a last one, in a year.
    reason
        Whether it cannot be answered without a reason.
    final
        Whether it cannot be undone and stands in no log: no reason is asked for.
    """

    words: str
    answered: Callable[[str, str], None]
    cells: Iterable[str] | None = None
    cell: str = ""
    day: bool = False
    soon: bool = False
    reason: bool = True
    final: bool = False


class AskBar(QWidget):
    """Asks one `Question` at a time; Enter answers, Esc closes it. `pick_wanted`: the cell shall come from the map."""

    pick_wanted = pyqtSignal()
    closed = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("onemapAsk")
        self._question: Question | None = None
        self._cells: list[str] = []
        self.zone: tzinfo | None = None  # the district's, by whose days it is answered; None: this computer's
        self.error = QLabel(self)
        self.error.setObjectName("onemapAskError")
        self.error.setWordWrap(True)
        self.error.setStyleSheet("font-weight: bold")
        self.error.hide()
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.cell = QLineEdit(self)
        self.cell.setPlaceholderText(tr("cell"))
        self.cell.setAccessibleName(tr("Cell"))
        self.cell.setToolTip(tr("Code of the cell; its last digits are enough to find it"))
        self.pick = QPushButton(tr("on the map"), self)
        self.pick.setToolTip(tr("The next click on the map names the cell"))
        self.day = QDateEdit(self)
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.day.setCalendarPopup(True)
        self.day.setAccessibleName(tr("Day"))
        self.day.setToolTip(tr("Last day of it"))
        self.why = QLineEdit(self)
        self.why.setObjectName("onemapWhy")
        self.why.setPlaceholderText(tr("reason"))
        self.why.setAccessibleName(tr("Reason"))
        self.why.setToolTip(tr("In your own words; it stands in the log for good"))
        self.ok = QPushButton(tr("Do it"), self)
        self.ok.setToolTip(_hint(final=False))
        self.no = QPushButton(tr("Not now"), self)
        self.no.setToolTip(tr("Esc does the same"))
        first, second = QHBoxLayout(), QHBoxLayout()
        for widget in (self.cell, self.pick, self.day):
            first.addWidget(widget)
        first.addWidget(self.why, 1)
        second.addWidget(self.words, 1)
        second.addWidget(self.ok)
        second.addWidget(self.no)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.addLayout(second)
        column.addLayout(first)
        column.addWidget(self.error)
        self._wire()
        self.hide()

    def ask(self, question: Question) -> None:
        """Ask; what was asked before is dropped."""
        self._question = question
        self.error.hide()
        self._cells = sorted(question.cells or ())
        self.words.setText(question.words)
        self.cell.setVisible(question.cells is not None)
        self.pick.setVisible(question.cells is not None)
        if question.cells is not None:
            proposals = QCompleter(self._cells, self.cell)
            proposals.setFilterMode(Qt.MatchFlag.MatchContains)
            proposals.setMaxVisibleItems(MOST_SHOWN)
            self.cell.setCompleter(proposals)
            self.cell.setText(question.cell)
        self.day.setVisible(question.day)
        if question.day:
            today = QDate(*datetime.now(self.zone).timetuple()[:3])
            self.day.setDate(today.addDays(1) if question.soon else today.addYears(1))
            self.day.setMinimumDate(today)
            self.day.setToolTip(tr("First day on which it holds") if question.soon else tr("Last day of it"))
        self.why.clear()
        self.why.setVisible(not question.final)
        self.ok.setToolTip(_hint(final=question.final))
        self._look()
        self.show()
        first = self.no if question.final else self.why if question.cells is None else self.cell
        first.setFocus()
        self.cell.selectAll()  # what stands there is a proposal: whoever types means another cell

    def take_cell(self, cell: str) -> None:
        """Take a cell that was found elsewhere, such as on the map."""
        self.cell.setText(cell)
        self.why.setFocus()

    def close_question(self) -> None:
        """Ask no longer."""
        self._question = None
        self.hide()
        self.closed.emit()

    def answer(self) -> None:
        """Take what stands in the fields, where it is enough."""
        question = self._question
        if question is None or not self.ok.isEnabled():
            if self.cell.hasFocus() and self.cell.text().strip():
                self.why.setFocus()
            return
        day = self.day.date().toString("yyyy-MM-dd") if question.day else ""
        value = day or (self._whole_code() if question.cells is not None else "")
        if question.cells is not None and not value:
            return
        why = self.why.text().strip()
        self.close_question()
        question.answered(value, why)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.close_question()
            return True
        if event.type() == QEvent.Type.KeyPress and event.key() in _ENTER and isinstance(watched, QPushButton):
            watched.click()
            return True
        return super().eventFilter(watched, event)

    def _whole_code(self) -> str:
        """Return the code of the one cell that is meant; empty, with the reason in the bar, where it is not clear."""
        said = self.cell.text().strip()
        ending = [code for code in self._cells if code.endswith(said)]
        meant = [said] if said in ending else ending
        if len(meant) == 1:
            return meant[0]
        if not meant:
            words = tr("There is no cell {cell}.", cell=said)
        else:
            named = ", ".join(meant[:MOST_NAMED]) + (" ..." if len(meant) > MOST_NAMED else "")
            words = tr("{count} cells end in {cell}: {cells}", count=len(meant), cell=said, cells=named)
        self.error.setText(words)
        self.error.show()
        self.cell.setFocus()
        self.cell.selectAll()
        return ""

    def _look(self) -> None:
        """Let it be answered once all that is needed stands there."""
        question = self._question
        lacks_cell = question is not None and question.cells is not None and not self.cell.text().strip()
        wants_reason = question is not None and question.reason and not question.final
        lacks_reason = wants_reason and not self.why.text().strip()
        self.ok.setEnabled(question is not None and not lacks_cell and not lacks_reason)

    def _wire(self) -> None:
        for field in (self.cell, self.why):
            field.textChanged.connect(lambda _: self._look())
            field.textEdited.connect(lambda _: self.error.hide())
            field.returnPressed.connect(self.answer)
        for widget in (self.cell, self.why, self.ok, self.no):
            widget.installEventFilter(self)
        self.ok.clicked.connect(self.answer)
        self.no.clicked.connect(self.close_question)
        self.pick.clicked.connect(self.pick_wanted)


def _hint(*, final: bool) -> str:
    if final:
        return tr("Enter does the same; it cannot be undone")
    return tr("Enter does the same; it can be undone")
