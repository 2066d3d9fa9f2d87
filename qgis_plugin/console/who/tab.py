"""Who answers here? The card of the spot that was clicked: who, by which rule, the chain up to the district."""

from datetime import datetime, tzinfo
from html import escape

from qgis.PyQt.QtCore import QDateTime, Qt, QTimer, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ... import settings
from ...translation import tr
from ..card.ask_bar import AskBar
from ..card.card_view import CardView
from ..tones import quiet
from .card import DETAILS, holder_card, holders_card, place_card

TICK_MS = 5_000
_SHOWN = "yyyy-MM-dd HH:mm"


class WhoTab(QWidget):
    """A button that arms the map tool, the matter and the moment, and the answer for the spot."""

    pick_wanted = pyqtSignal(bool)
    draw_wanted = pyqtSignal(str)  # "line" or "area"; empty: no longer
    phone_wanted = pyqtSignal()
    left = pyqtSignal()  # Esc: nothing is to be asked by mouse any more
    asked_anew = pyqtSignal()  # matter or moment changed: the same spot has another answer

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("onemapTab_who")
        self._zone: tzinfo | None = None
        self._told: tuple[dict, bool] = ({}, False)
        self.pick = QPushButton(tr("Click on the map"), self)
        self.pick.setObjectName("onemapPick")
        self.pick.setCheckable(True)
        self.pick.clicked.connect(self.pick_wanted)
        self.pick.setToolTip(tr("Then each click on the map is answered here; Esc ends it."))
        self.line, self.area = self._drawer("line", tr("Draw a line")), self._drawer("area", tr("Draw an area"))
        self.card = CardView("onemapWhoCard", tr("Who answers"), self)
        self.card.anchorClicked.connect(self._followed)
        self.bar = AskBar(self)
        self.card.setStyleSheet("QTextBrowser { border: none; padding: 8px }")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        row = QHBoxLayout()
        for button in (self.pick, self.line, self.area):
            row.addWidget(button, 1)
        column.addLayout(row)
        column.addWidget(self._question())
        column.addWidget(self.card, 1)
        column.addWidget(self.bar)
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
        for button in (self.line, self.area):
            button.setEnabled(bool(matters))
            button.setToolTip(
                _how_to_draw() if matters else tr("The map has no duties, so there are no holders to name.")
            )

    def asked(self) -> dict:
        """Return what is asked beside the spot: the matter and, unless it is now, the moment."""
        code = self.matter.currentData() if self.question.isVisibleTo(self) else None
        chosen = {"matter": code} if code else {}
        if not self.now.isChecked():
            said = datetime.fromisoformat(self.moment.dateTime().toString("yyyy-MM-ddTHH:mm"))
            aware = said.replace(tzinfo=self._zone) if self._zone else said.astimezone()
            chosen["at"] = aware.isoformat(timespec="minutes")
        return chosen

    @property
    def zone(self) -> tzinfo | None:
        """The district's time zone, in which moments are shown and asked; None: this computer's."""
        return self._zone

    @zone.setter
    def zone(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self.tick()

    def tick(self) -> None:
        """Show the present moment while it is the one that is asked for."""
        if self.now.isChecked():
            here = datetime.now().astimezone(self._zone)
            self.moment.setDateTime(QDateTime.fromString(here.strftime("%Y-%m-%d %H:%M"), _SHOWN))

    def say(self, sentence: str) -> None:
        """Show one sentence in place of a card."""
        self.card.setHtml(f'<p style="color:{quiet()}">{escape(sentence)}</p>')

    def show_place(self, answer: dict) -> None:
        """Show where a spot lies."""
        self.card.setHtml(place_card(answer))

    def show_holder(self, answer: dict, *, whole: bool = False) -> None:
        """Show who answers at a spot; telephone numbers are whole where that was asked for."""
        self._told = answer, whole
        self.card.setHtml(holder_card(answer, whole=whole))

    def show_holders(self, answer: dict) -> None:
        """Show all who answer on a line or in an area."""
        self.card.setHtml(holders_card(answer))

    def _followed(self, link: QUrl) -> None:
        if link.toString() == DETAILS:
            answer, whole = self._told
            self.card.setHtml(holder_card(answer, whole=whole, details=True))
        else:
            self.phone_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc ends here what it ends on the map: the keys are the dock's once one of its buttons was pressed."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            event.accept()
        else:
            super().keyPressEvent(event)

    def rest(self) -> None:
        """Release the buttons: no tool of this tab is in use."""
        for button in (self.pick, self.line, self.area):
            button.setChecked(False)

    def _drawer(self, name: str, title: str) -> QPushButton:
        button = QPushButton(title, self)
        button.setObjectName(f"onemapDraw_{name}")
        button.setCheckable(True)
        button.setToolTip(_how_to_draw())
        button.clicked.connect(lambda on, name=name: self.draw_wanted.emit(name if on else ""))
        return button

    def _question(self) -> QWidget:
        self.question = QWidget(self)
        self.matter = QComboBox(self.question)
        self.matter.setObjectName("onemapMatter")
        self.matter.setAccessibleName(tr("Matter"))
        self.matter.setToolTip(tr("The matter for which somebody is wanted"))
        self.matter.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.matter.setMinimumContentsLength(12)
        self.now = QCheckBox(tr("now"), self.question)
        self.now.setChecked(True)
        self.now.setToolTip(tr("Who answers at this moment; without it, at the moment beside it"))
        self.moment = QDateTimeEdit(self.question)
        self.moment.setAccessibleName(tr("Moment"))
        self.moment.setToolTip(tr("Who answered, or will answer, at this moment"))
        self.moment.setDisplayFormat(_SHOWN)
        self.moment.setCalendarPopup(True)
        self.moment.setEnabled(False)
        self.matter.currentIndexChanged.connect(self._matter_chosen)
        self.now.toggled.connect(lambda now: self.moment.setEnabled(not now))
        self.now.toggled.connect(lambda _: self.tick())
        self.now.toggled.connect(lambda _: self.asked_anew.emit())
        self._clock = QTimer(self)
        self._clock.setInterval(TICK_MS)
        self._clock.timeout.connect(self.tick)
        self._clock.start()
        self.tick()
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


def _how_to_draw() -> str:
    return tr("Click the corners on the map; right click or Enter ends, Backspace takes one back.")
