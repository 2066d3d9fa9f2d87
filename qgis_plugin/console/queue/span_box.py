"""The span of time in which cases were reported: one of a few words, or from one moment to another."""

from datetime import UTC, datetime, timedelta, tzinfo

from qgis.PyQt.QtCore import QDateTime, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QDateTimeEdit, QHBoxLayout, QLabel, QWidget

from ...translation import tr

HOURS = {"": 0, "day": 24, "week": 7 * 24, "month": 30 * 24}
_TILL_NOW = tuple(name for name, hours in HOURS.items() if hours)
CHOSEN = "chosen"
_SHOWN = "yyyy-MM-dd HH:mm"


class SpanBox(QWidget):
    """Offers spans in its `box`, and two moments below.

    `changed` tells the first and the last moment in UTC, empty where there is no bound.
    """

    changed = pyqtSignal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.zone: tzinfo | None = None
        self.box = QComboBox(parent)
        self.box.setObjectName("onemapSpan")
        self.box.setAccessibleName(tr("Reported"))
        self.box.setToolTip(tr("Only cases reported in this span of time"))
        titles = {
            "": tr("any time"),
            "day": tr("last 24 hours"),
            "week": tr("last 7 days"),
            "month": tr("last 30 days"),
        }
        for name, title in titles.items():
            self.box.addItem(title, name)
        self.box.addItem(tr("from ... to ..."), CHOSEN)
        self.first, self.last = self._moment(tr("First moment")), self._moment(tr("Last moment"))
        self.dash = QLabel("–", self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.first, self.dash, self.last):
            row.addWidget(widget)
        row.addStretch(1)
        self._show_moments()
        self.box.currentIndexChanged.connect(self._chosen)

    def reach(self, first: str, last: str) -> None:
        """Take the moments of the first and the last case, as stored: between them a span can be chosen."""
        for edit, text in ((self.first, first), (self.last, last)):
            if text:
                local = datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(self.zone)
                edit.blockSignals(True)
                edit.setDateTime(QDateTime.fromString(local.strftime("%Y-%m-%d %H:%M"), _SHOWN))
                edit.blockSignals(False)

    def go_on(self) -> None:
        """Let a span that ends now go on with the clock."""
        if self.box.currentData() in _TILL_NOW:
            self.changed.emit(*self.bounds())

    def bounds(self, now: datetime | None = None) -> tuple[str, str]:
        """Return the first and the last moment of the span in UTC, as cases store theirs."""
        chosen = self.box.currentData()
        if chosen == CHOSEN:
            return self._utc(self.first), self._utc(self.last, seconds=59)
        if not chosen:
            return "", ""
        since = (now or datetime.now(UTC)) - timedelta(hours=HOURS[chosen])
        return since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), ""

    def _utc(self, edit: QDateTimeEdit, seconds: int = 0) -> str:
        local = datetime.fromisoformat(edit.dateTime().toString("yyyy-MM-ddTHH:mm")).replace(second=seconds)
        aware = local.replace(tzinfo=self.zone) if self.zone else local.astimezone()
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + (".999Z" if seconds else "")

    def _moment(self, hint: str) -> QDateTimeEdit:
        edit = QDateTimeEdit(self)
        edit.setDisplayFormat(_SHOWN)
        edit.setCalendarPopup(True)
        edit.setAccessibleName(hint)
        edit.setToolTip(hint)
        edit.dateTimeChanged.connect(lambda _: self.changed.emit(*self.bounds()))
        return edit

    def _chosen(self, _: int) -> None:
        self._show_moments()
        self.changed.emit(*self.bounds())

    def _show_moments(self) -> None:
        self.setVisible(self.box.currentData() == CHOSEN)
