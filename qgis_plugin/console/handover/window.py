"""The window of the handover note: the span, one's own words, the note as it will be, and the two ways to keep it."""

import errno
from datetime import datetime, timedelta
from pathlib import Path

from qgis.PyQt.QtCore import QBuffer, QDateTime, QIODevice, QMarginsF, Qt, QTimer
from qgis.PyQt.QtGui import QCloseEvent, QKeyEvent, QPageLayout, QPageSize, QPdfWriter, QTextCursor, QTextDocument
from qgis.PyQt.QtWidgets import (
    QDateTimeEdit,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ...project.one_map_file import OneMapFile
from ...translation import language, tr
from ..desk import Desk, person
from ..queue.table_model import RowModel
from ..tones import QuietLabel
from ..words import Words
from .note import Shift, note_html

HOURS = 8  # a shift, unless another moment is chosen
SIZE = (920, 760)
REST_MS = 300  # after the last letter the note is shown anew: it counts every case of the district
_SHOWN = "yyyy-MM-dd HH:mm"


class HandoverWindow(QWidget):
    """Shows the note and saves it as HTML or PDF."""

    def __init__(
        self, one_map: OneMapFile, desk: Desk, cases: RowModel, findings: RowModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("onemapHandover")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)  # a dark theme of QGIS leaves bare windows black
        self.setStyleSheet("QWidget#onemapHandover { background: palette(window) }")
        self.setWindowTitle(tr("Shift handover"))
        self.resize(*SIZE)
        self._one_map, self._desk, self._cases, self._findings = one_map, desk, cases, findings
        self._zone = Words(one_map.facts).zone
        begun = datetime.now().astimezone(self._zone) - timedelta(hours=HOURS)
        self.since = QDateTimeEdit(QDateTime.fromString(begun.strftime("%Y-%m-%d %H:%M"), _SHOWN), self)
        self.since.setDisplayFormat(_SHOWN)
        self.since.setCalendarPopup(True)
        self.since.setToolTip(tr("What was decided from this moment on stands in the note"))
        self.words = QPlainTextEdit(self)
        self.words.setMaximumHeight(70)
        self.words.setTabChangesFocus(True)  # a note has no use for tabs, and the keyboard goes on
        self.words.setAccessibleName(tr("What the next shift should know"))
        self.words.setPlaceholderText(tr("What the next shift should know"))
        self.words.setToolTip(tr("Your own words stand at the head of the note"))
        self.view = QTextBrowser(self)
        self.view.setAccessibleName(tr("The note"))
        self.view.setToolTip(tr("The note as it will be saved; text that is selected can be copied"))
        self.view.setStyleSheet("QTextBrowser { background: #FFFFFF; color: #22262B; padding: 12px }")  # it is paper
        self.status = QuietLabel("", self)
        self.status.setWordWrap(True)
        row = QHBoxLayout()
        since = QLabel(tr("since"), self)
        since.setBuddy(self.since)
        row.addWidget(since)
        row.addWidget(self.since)
        row.addStretch(1)
        for title, hint, slot in (
            (tr("Save as HTML ..."), tr("A page that any browser shows"), self._ask_html),
            (tr("Save as PDF ..."), tr("Pages of A4 to print and to sign"), self._ask_pdf),
        ):
            button = QPushButton(title, self)
            button.setToolTip(hint)
            button.clicked.connect(slot)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self.words)
        column.addWidget(self.view, 1)
        column.addWidget(self.status)
        self.since.dateTimeChanged.connect(lambda _: self.refresh())
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._show)
        self.words.textChanged.connect(self._rest.start)
        self.words.setFocus()
        self.refresh()

    def go_on(self, written: str) -> None:
        """Go on behind words that were written before."""
        if written:
            self.words.setPlainText(written)
            self.words.moveCursor(QTextCursor.MoveOperation.End)
            self._show()

    def refresh(self) -> None:
        """Show the note as it would be now, with what a colleague wrote into the journal."""
        self._desk.look()
        self._show()

    def _show(self) -> None:
        self._rest.stop()
        self.view.setHtml(self._note())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Nothing is shown any more."""
        self._rest.stop()
        super().closeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes; what was written is there when the note is opened again."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def html(self) -> str:
        """Return the note as it is saved: the words of this moment, and the journal as it stands now."""
        self._desk.look()
        return self._note()

    def _note(self) -> str:
        """Return the note of what the desk has read: not each letter is worth a reading of the whole journal."""
        said = datetime.fromisoformat(self.since.dateTime().toString("yyyy-MM-ddTHH:mm"))
        since = said.replace(tzinfo=self._zone) if self._zone else said.astimezone()
        now = datetime.now().astimezone(self._zone) + timedelta(seconds=1)
        shift = Shift(self._one_map.title(language()), since, now, person(), self.words.toPlainText().strip())
        return note_html(shift, self._desk.entries, self._cases.rows, self._findings.rows)

    def save_html(self, path: str | Path) -> None:
        """Write the note as a page."""
        self._keep(Path(path), self.html().encode("utf-8"))

    def save_pdf(self, path: str | Path) -> None:
        """Write the note as pages of A4."""
        held = QBuffer()  # what writes pages tells nobody that a file could not be made
        held.open(QIODevice.OpenModeFlag.WriteOnly)
        pages = QPdfWriter(held)
        pages.setTitle(tr("Shift handover"))
        pages.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        pages.setPageMargins(QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Millimeter)  # the document has 2 cm of its own
        document = QTextDocument()
        document.setHtml(self.html())
        document.print(pages)
        del pages  # the end of the file is written when the writer goes
        self._keep(Path(path), bytes(held.data()))

    def _keep(self, path: Path, note: bytes) -> None:
        """Write a file, and say that it is there or why it is not."""
        try:
            path.write_bytes(note)
        except OSError as error:
            self.status.setStyleSheet("font-weight: bold")
            self.status.setText(tr("The note could not be saved as {path}: {why}.", path=path, why=_why(path, error)))
        else:
            self.status.setStyleSheet("")
            self.status.setText(tr("Saved: {path}", path=path))

    def _ask_html(self) -> None:
        path = self._target("html")
        if path:
            self.save_html(path)

    def _ask_pdf(self) -> None:
        path = self._target("pdf")
        if path:
            self.save_pdf(path)

    def _target(self, suffix: str) -> str:
        name = f"{self._one_map.path.stem}-{datetime.now().astimezone(self._zone):%Y%m%d-%H%M}.{suffix}"
        path, _ = QFileDialog.getSaveFileName(self, tr("Save the note"), str(self._one_map.path.with_name(name)))
        return path


def _why(path: Path, error: OSError) -> str:
    """Return in words why a file could not be written; what has none of ours is told as the system does."""
    if path.is_dir():
        return tr("a folder has this name")
    if not path.parent.is_dir():
        return tr("there is no such folder")
    if isinstance(error, PermissionError):
        return tr("writing there is not permitted")
    if error.errno == errno.ENOSPC:
        return tr("the disk is full")
    return error.strerror or str(error)
