"""Who answers here? The card of the spot that was clicked: who, by which rule, the chain up to the district."""

from html import escape

from qgis.PyQt.QtCore import QDateTime, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QHBoxLayout,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from .. import settings
from ..translation import tr
from .who_card import QUIET, holder_card, place_card


class WhoTab(QWidget):
    """A button that arms the map tool, the matter and the moment, and the answer for the spot."""

    pick_wanted = pyqtSignal(bool)
    asked_anew = pyqtSignal()  # matter or moment changed: the same spot has another answer

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("onemapTab_who")
        self.pick = QPushButton(tr("Click on the map"), self)
        self.pick.setObjectName("onemapPick")
        self.pick.setCheckable(True)
        self.pick.clicked.connect(self.pick_wanted)
        self.pick.setToolTip(tr("Then each click on the map is answered here; Esc ends it."))
        self.card = QTextBrowser(self)
        self.card.setObjectName("onemapWhoCard")
        self.card.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.card.setStyleSheet("QTextBrowser { border: none; padding: 8px }")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.pick)
        column.addWidget(self._question())
        column.addWidget(self.card, 1)
        self.say(tr("Press the button, then click on the map: the cell that answers for the spot appears here."))

    def offer(self, matters: list[tuple[str, str]]) -> None:
        """Offer the matters of a map, code and name; none: it names no holders, so there is nothing to choose."""
        remembered = settings.text(settings.MATTER)
        self.matter.blockSignals(True)
        self.matter.clear()
        for code, name in matters:
            self.matter.addItem(f"{code} {name}".strip(), code)
        self.matter.setCurrentIndex(max(0, self.matter.findData(remembered)))
        self.matter.blockSignals(False)
        self.question.setVisible(bool(matters))

    def asked(self) -> dict:
        """Return what is asked beside the spot: the matter and, unless it is now, the moment."""
        code = self.matter.currentData() if self.question.isVisibleTo(self) else None
        chosen = {"matter": code} if code else {}
        if not self.now.isChecked():
            chosen["at"] = self.moment.dateTime().toString("yyyy-MM-ddTHH:mm")
        return chosen

    def say(self, sentence: str) -> None:
        """Show one sentence in place of a card."""
        self.card.setHtml(f'<p style="color:{QUIET}">{escape(sentence)}</p>')

    def show_place(self, answer: dict) -> None:
        """Show where a spot lies."""
        self.card.setHtml(place_card(answer))

    def show_holder(self, answer: dict) -> None:
        """Show who answers at a spot."""
        self.card.setHtml(holder_card(answer))

    def _question(self) -> QWidget:
        self.question = QWidget(self)
        self.matter = QComboBox(self.question)
        self.matter.setObjectName("onemapMatter")
        self.matter.setToolTip(tr("The matter for which somebody is wanted"))
        self.matter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.matter.setMinimumContentsLength(12)
        self.now = QCheckBox(tr("now"), self.question)
        self.now.setChecked(True)
        self.moment = QDateTimeEdit(QDateTime.currentDateTime(), self.question)
        self.moment.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.moment.setCalendarPopup(True)
        self.moment.setEnabled(False)
        self.matter.currentIndexChanged.connect(self._matter_chosen)
        self.now.toggled.connect(lambda now: self.moment.setEnabled(not now))
        self.now.toggled.connect(lambda _: self.asked_anew.emit())
        self.moment.editingFinished.connect(self.asked_anew)
        row = QHBoxLayout(self.question)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.matter, 1)
        row.addWidget(self.now)
        row.addWidget(self.moment)
        self.question.hide()
        return self.question

    def _matter_chosen(self) -> None:
        settings.remember(settings.MATTER, str(self.matter.currentData() or ""))
        self.asked_anew.emit()
