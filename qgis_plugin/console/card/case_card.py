"""The card of a case, as HTML: what, where, since when; the photo; who answers and why; then all that is known."""

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlparse

from qgis.PyQt.QtCore import QUrl

from ...onemap.domain.journal import Entry
from ...translation import tr
from ..rows import Row
from ..tones import quiet
from ..who.card import holder_card, place_card
from ..words import state_title

PHOTO = "onemap:photo"
_PHOTO_COLUMNS = ("photo", "picture", "照片", "图片")
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
_WIDTH = 220


@dataclass(frozen=True)
class CaseFacts:
    """What a card tells.

    Attributes
    ----------
    row, facts
        The case, and title and text of its filled attributes.
    decision
        What somebody decided about it, or None.
    answer
        The worker's answer to who answers; empty while it is awaited.
    lacking
        Why there is no answer.
    photo
        The picture's file, or None.
    whole
        Whether telephone numbers are shown whole.
    details
        Whether the proof names files and hashes.
    """

    row: Row
    facts: list[tuple[str, str]]
    decision: Entry | None = None
    answer: dict = field(default_factory=dict)
    lacking: str = ""
    photo: Path | None = None
    whole: bool = False
    details: bool = False


def case_html(case: CaseFacts) -> str:
    """Return the card."""
    row = case.row
    code, moment, matter, address, cell = row.cells
    line = f"<b>{escape(state_title(row.state))}</b> · {escape(code)} · {escape(moment)}<br/>{escape(address)}"
    parts = [
        f'<h2 style="margin-bottom:0">{escape(matter or code)}</h2>',
        f'<p style="margin-top:2px">{line}</p>',
    ]
    if case.photo is not None:
        link = bytes(QUrl.fromLocalFile(str(case.photo)).toEncoded()).decode("ascii")
        parts.append(f'<p><a href="{PHOTO}"><img src="{escape(link)}" width="{_WIDTH}"/></a></p>')
    if case.decision is not None and case.decision.why:
        words = tr("Cell {cell} by decision of {who}: {why}", cell=cell, who=case.decision.who, why=case.decision.why)
        parts.append(f"<p>{escape(words)}</p>")
    parts.append(_who(case))
    lines = "".join(
        f"<tr><td style='color:{quiet()};padding-right:10px;white-space:nowrap'>{escape(title)}</td>"
        f"<td>{escape(text)}</td></tr>"
        for title, text in case.facts
    )
    parts.append(f"<hr/><table cellspacing='0' cellpadding='2'>{lines}</table>")
    return "".join(parts)


def _who(case: CaseFacts) -> str:
    if case.answer:
        made = (
            holder_card(case.answer, whole=case.whole, details=case.details)
            if "accountable" in case.answer
            else place_card(case.answer, decided=case.decision.value if case.decision is not None else "")
        )
        return made.replace("<h2", "<h3").replace("</h2>", "</h3>")
    words = case.lacking or tr("Asking who answers ...")
    return f'<p style="color:{quiet()}">{escape(words)}</p>'


def photo_of(values: dict, folder: Path) -> Path | None:
    """Return the photo that the attributes of a case name: a file beside the map or with its whole path."""
    text = next((str(values[name]).strip() for name in _PHOTO_COLUMNS if values.get(name)), "")
    if text.startswith("file:"):
        text = unquote(urlparse(text).path)
    if not text or "://" in text:
        return None
    path = folder / text
    return path if path.suffix.lower() in _PICTURES and path.is_file() else None
