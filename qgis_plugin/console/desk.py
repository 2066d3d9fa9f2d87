"""The desk: what people decide about cases, kept in the journal beside the map; undone, never erased."""

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, pyqtSignal

from .. import settings
from ..onemap.domain.journal import DECIDE_CASE, REASSIGN_CASE, UNDO, Entry, Journal, journal_of
from ..onemap.errors import OnemapError
from ..translation import spoken


def person() -> str:
    """Return who decides: the name in the settings, else the one of this computer's account."""
    return (
        settings.text(settings.PERSON) or QgsApplication.userFullName() or QgsApplication.userLoginName() or "unknown"
    )


class Desk(QObject):
    """Decisions about the cases of the map that is shown.

    `changed` names a case whose decision is another now, `refused` is the sentence that says why one was not kept.
    """

    changed = pyqtSignal(str)
    refused = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._journal: Journal | None = None
        self.decided: dict[str, Entry] = {}

    def open(self, one_map: Path) -> None:
        """Take the journal of a map."""
        self._journal = Journal(journal_of(one_map))
        self._look()

    def close(self) -> None:
        """Take none."""
        self._journal = None
        self.decided = {}

    def decide(self, case: str, cell: str, why: str = "") -> None:
        """Keep the cell that answers for a case near a border: one of its candidates."""
        self._append(DECIDE_CASE, case, cell, why)

    def reassign(self, case: str, cell: str, why: str) -> None:
        """Give a case to another cell than its position says; the reason is part of it."""
        self._append(REASSIGN_CASE, case, cell, why)

    def undo(self, case: str) -> None:
        """Let the latest decision about a case count no longer."""
        entry = self.decided.get(case)
        if entry is not None:
            self._append(UNDO, case, str(entry.number), "")

    def _append(self, verb: str, case: str, value: str, why: str) -> None:
        if self._journal is None:
            return
        try:
            self._journal.append(verb, case, value, who=person(), why=why)
        except OnemapError as error:
            self.refused.emit(spoken(str(error)))
            return
        self._look()
        self.changed.emit(case)

    def _look(self) -> None:
        """Read what counts now: the latest of both kinds for each case."""
        self.decided = {}
        try:
            found = self._journal.in_force() if self._journal is not None else {}
        except OnemapError as error:
            self.refused.emit(spoken(str(error)))
            return
        for (verb, subject), entry in sorted(found.items(), key=lambda item: item[1].number):
            if verb in (DECIDE_CASE, REASSIGN_CASE):
                self.decided[subject] = entry
