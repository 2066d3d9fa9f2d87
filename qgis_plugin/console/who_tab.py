"""Who answers here? The card of the spot that was clicked: the cell, its chain up to the district, and why."""

from html import escape

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QPushButton, QTextBrowser, QVBoxLayout, QWidget

from ..engine.worker import said
from ..translation import tr
from .words import kind_title, number

QUIET = "#5B626B"


class WhoTab(QWidget):
    """A button that arms the map tool, and the answer for the spot."""

    pick_wanted = pyqtSignal(bool)

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
        column.addWidget(self.card, 1)
        self.say(tr("Press the button, then click on the map: the cell that answers for the spot appears here."))

    def say(self, sentence: str) -> None:
        """Show one sentence in place of a card."""
        self.card.setHtml(f'<p style="color:{QUIET}">{escape(sentence)}</p>')

    def show_answer(self, answer: dict) -> None:
        """Show the answer for a spot."""
        self.card.setHtml(card(answer))


def card(answer: dict) -> str:
    """Return the card of an answer: the cell large, the sentence, the chain, what else could answer."""
    code = answer.get("cell")
    heading = escape(str(code)) if code else escape(tr("no cell"))
    parts = [f'<h2 style="margin-bottom:2px">{heading}</h2>', f"<p>{escape(said(answer.get('sentence')))}</p>"]
    reason = said(answer.get("reason"))
    if reason:
        parts.append(f"<p>{escape(reason)}</p>")
    rows = [(said(link["title"]), link["name"], link["code"]) for link in answer.get("chain", ())]
    parts.append(_table(rows))
    facts = [(tr("How"), kind_title(str(answer.get("how", ""))), "")]
    if answer.get("distance_m"):
        facts.append((tr("To the cell"), f"{number(answer['distance_m'])} m", ""))
    others = [other for other in answer.get("candidates", ()) if other != code]
    if others:
        facts.append((tr("Other candidates"), ", ".join(others), ""))
    if answer.get("x") is not None:
        facts.append((tr("Position"), f"{answer['x']:.2f}, {answer['y']:.2f}", ""))
    parts.append(_table(facts))
    if answer.get("stale"):
        parts.append(f"<p><b>{escape(tr('The map was built anew since; show the new one first.'))}</b></p>")
    return "".join(parts)


def _table(rows: list[tuple[str, str, str]]) -> str:
    lines = "".join(
        f'<tr><td style="color:{QUIET};padding:1px 12px 1px 0">{escape(title)}</td>'
        f'<td style="padding-right:12px">{escape(name)}</td><td>{escape(code)}</td></tr>'
        for title, name, code in rows
    )
    return f"<table>{lines}</table>" if lines else ""
