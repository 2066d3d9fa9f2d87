"""The desk: what people decide about cases and findings, kept in the journal beside the map; undone, never erased."""

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, pyqtSignal

from .. import settings
from ..onemap.domain.journal import (
    ACCEPT_REPAIR,
    ALLOW_GAP,
    DECIDE_CASE,
    OF_CASES,
    OF_FINDINGS,
    REASSIGN_CASE,
    REFUSE_REPAIR,
    SAVE_VERSION,
    SHOW_PHONE,
    UNDO,
    Entry,
    Journal,
    journal_of,
)
from ..onemap.errors import OnemapError
from ..translation import spoken
from .findings.judged import Judged

_LASTING = (SHOW_PHONE, SAVE_VERSION)  # looked at is looked at, and a file stays: no step back for the undo key


def person() -> str:
    """Return who decides: the name in the settings, else the one of this computer's account."""
    return (
        settings.text(settings.PERSON) or QgsApplication.userFullName() or QgsApplication.userLoginName() or "unknown"
    )


class Desk(QObject):
    """Decisions about the map that is shown.

    `changed` names the entry that was written or no longer counts, `refused` is the sentence that says why one was
    not kept.
    """

    changed = pyqtSignal(object)  # Entry
    refused = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._journal: Journal | None = None
        self._again: list[Entry] = []  # taken back with undo, latest last
        self.entries: list[Entry] = []
        self.decided: dict[str, Entry] = {}  # by case
        self.judged = Judged()

    def open(self, one_map: Path) -> None:
        """Take the journal of a map."""
        self._journal = Journal(journal_of(one_map))
        self._again = []
        self.look()

    def close(self) -> None:
        """Take none."""
        self._journal = None
        self._again = []
        self.look()

    # --- deeds

    def decide(self, case: str, cell: str, why: str = "") -> None:
        """Keep the cell that answers for a case near a border: one of its candidates."""
        self._do(DECIDE_CASE, case, cell, why)

    def reassign(self, case: str, cell: str, why: str) -> None:
        """Give a case to another cell than its position says; the reason is part of it."""
        self._do(REASSIGN_CASE, case, cell, why)

    def allow(self, finding: str, until: str, why: str) -> None:
        """Let a gap be one until a day; empty: without end."""
        self._do(ALLOW_GAP, finding, until, why)

    def accept(self, finding: str, cell: str, why: str) -> None:
        """Accept that the land of a finding goes to a cell; empty: to none."""
        self._do(ACCEPT_REPAIR, finding, cell, why)

    def refuse(self, finding: str, why: str) -> None:
        """Refuse the repair that is proposed for a finding."""
        self._do(REFUSE_REPAIR, finding, "", why)

    def saved(self, file: str, first_day: str, why: str) -> None:
        """Keep that an edited division was saved."""
        self._do(SAVE_VERSION, file, first_day, why)

    def phone_shown(self, holder: str, why: str) -> None:
        """Keep that somebody looked at a whole telephone number."""
        self._do(SHOW_PHONE, holder, "", why)

    # --- there and back

    def undo(self, case: str) -> None:
        """Let the latest decision about a case count no longer."""
        if case in self.decided:
            self.take_back(self.decided[case].number)

    def take_back(self, number: int) -> None:
        """Let an entry count no longer."""
        entry = next((entry for entry in self.entries if entry.number == number), None)
        if entry is not None and self._append(UNDO, entry.subject, str(number), "") is not None:
            self._again.append(entry)
            self.changed.emit(entry)

    @property
    def last(self) -> Entry | None:
        """What `undo_last` would take back: the latest of one's own that counts."""
        gone, me = self.undone, person()
        own = (e for e in reversed(self.entries) if e.verb not in (UNDO, *_LASTING) and e.who == me)
        return next((entry for entry in own if entry.number not in gone), None)

    @property
    def next(self) -> Entry | None:
        """What `redo` would do again."""
        return self._again[-1] if self._again else None

    @property
    def undone(self) -> set[int]:
        """Numbers of the entries that no longer count."""
        return {int(entry.value) for entry in self.entries if entry.verb == UNDO}

    def undo_last(self) -> None:
        """Take one's own latest decision back."""
        if self.last is not None:
            self.take_back(self.last.number)

    def redo(self) -> None:
        """Do again what was taken back last: a new entry with the old content."""
        if not self._again:
            return
        entry = self._again[-1]
        made = self._append(entry.verb, entry.subject, entry.value, entry.why)
        if made is not None:  # a new one: the old one counts no longer
            self._again.pop()
            self.changed.emit(made)

    def look(self) -> None:
        """Read what stands in the journal; a colleague may have written."""
        self.entries, self.decided, self.judged = [], {}, Judged()
        if self._journal is None:
            return
        try:
            self.entries = self._journal.entries()
        except OnemapError as error:
            self.refused.emit(spoken(str(error)))
        self.decided = self._standing(OF_CASES)
        self.judged = Judged.of(self._standing(OF_FINDINGS).values())

    def _standing(self, verbs: tuple[str, ...]) -> dict[str, Entry]:
        """Return what `Journal.standing` does, of the entries that were read: each seal is proved once a look."""
        gone = self.undone
        return {e.subject: e for e in self.entries if e.verb in verbs and e.number not in gone}

    def _do(self, verb: str, subject: str, value: str, why: str) -> None:
        made = self._append(verb, subject, value, why)
        if made is not None:
            self._again = []
            self.changed.emit(made)

    def _append(self, verb: str, subject: str, value: str, why: str) -> Entry | None:
        if self._journal is None:
            return None
        try:
            made = self._journal.append(verb, subject, value, who=person(), why=why)
        except OnemapError as error:
            self.refused.emit(spoken(str(error)))
            return None
        self.look()
        return made
