"""The journal of a one map: who decided what, when and why. Append-only, one JSON object a line, each sealed.

The map itself is built anew again and again and only ever replaced as a whole; what people decide must outlive it. So
decisions stand in a file of their own beside the map, ``NAME.journal.jsonl``. Each entry carries a seal, the SHA-256
of the entry before it and its own content: a line that was changed, removed or put in between is noticed (as in a
chain of receipts). Nothing is ever erased: an undoing is an entry as well.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from ..errors import StoreError

DECIDE_CASE: Final = "decide_case"
"""A case near a border: the cell that answers, chosen among the candidates."""
REASSIGN_CASE: Final = "reassign_case"
"""A case given to another cell than its position says, with the reason."""
ALLOW_GAP: Final = "allow_gap"
"""A gap that shall be one, with the reason; the value is the last day on which it is allowed, or empty: without end."""
ACCEPT_REPAIR: Final = "accept_repair"
"""The land of a gap, an overlap or a part outside goes to the cell or agency's grid in the value; empty: to none."""
REFUSE_REPAIR: Final = "refuse_repair"
"""The proposed repair is refused, with the reason; the value is empty and the finding stays open."""
SAVE_VERSION: Final = "save_version"
"""An edited division was saved: the subject is the name of its file beside the map, the value its first day."""
SHOW_PHONE: Final = "show_phone"
"""The whole telephone number of a holder was looked at, with the reason; the subject is the code of the holder."""
UNDO: Final = "undo"
"""The entry whose number is the value no longer counts."""
VERBS: Final = (
    DECIDE_CASE,
    REASSIGN_CASE,
    ALLOW_GAP,
    ACCEPT_REPAIR,
    REFUSE_REPAIR,
    SAVE_VERSION,
    SHOW_PHONE,
    UNDO,
)
OF_CASES: Final = (DECIDE_CASE, REASSIGN_CASE)
"""About a case; the subject is its code, and the latest of them counts."""
OF_FINDINGS: Final = (ALLOW_GAP, ACCEPT_REPAIR, REFUSE_REPAIR)
"""About a finding; the subject is a `FindingSpot` as text, and the latest of them counts."""

_FIRST_SEAL: Final = "0" * 64
_PATIENCE_S: Final = 5.0
_PAUSE_S: Final = 0.02

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(1 << 30)  # far past the text, so that nobody is kept from reading it
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal.

    Attributes
    ----------
    number
        From 1 without holes.
    at
        Moment in UTC, ISO 8601 to the second.
    who
        Person as the program knows them.
    verb
        One of `VERBS`.
    subject
        Code of the case, spot of the finding, file or holder: as the verb says.
    value
        Code of the cell, day, or number of the entry undone: as the verb says.
    why
        Reason in the person's own words; of a case decided with one key, which candidate it was.
    seal
        SHA-256 over the seal before and this entry's content.
    """

    number: int
    at: str
    who: str
    verb: str
    subject: str
    value: str
    why: str
    seal: str


@dataclass(frozen=True, slots=True)
class FindingSpot:
    """What a decision about a finding is about, so that it holds for the next build as well.

    Ids and outlines of findings change when the map is built anew. A decision counts for each finding of the same
    kind and about the same thing in whose geometry (or within 1 cm of it) the spot lies.

    Attributes
    ----------
    kind
        As in the finding's own table: ``gap``, ``overlap``, ``land``, ``duty`` ...
    about
        The layer (``grid_cell``), of an agency's own grids with its name (``duty_grid/AGENCY``); for gaps and
        conflicts of duty ``agency/part/matters/cells`` as they stand there.
    x, y
        A point of the finding in the system of the map, metres to the centimetre.

    Examples
    --------
    >>> spot = FindingSpot("gap", "grid_cell", 491200.0, 4401801.26)
    >>> spot.text()
    'gap|grid_cell|491200.00|4401801.26'
    >>> FindingSpot.read(spot.text()) == spot, FindingSpot.read("C0412")
    (True, None)
    """

    kind: str
    about: str
    x: float
    y: float

    def text(self) -> str:
        """Return it as the subject of an entry."""
        return f"{self.kind}|{self.about.replace('|', '/')}|{self.x:.2f}|{self.y:.2f}"

    @classmethod
    def read(cls, subject: str) -> "FindingSpot | None":
        """Return the spot that a subject names, or None where it names none."""
        try:
            kind, about, x, y = subject.split("|")
            return cls(kind, about, float(x), float(y))
        except ValueError:
            return None


def journal_of(one_map: Path) -> Path:
    """Return where the journal of a map stands.

    Examples
    --------
    >>> journal_of(Path("out/onemap.gpkg")).as_posix()
    'out/onemap.journal.jsonl'
    """
    return one_map.with_suffix(".journal.jsonl")


class Journal:
    """The journal in one file; read anew each time, so that what a colleague wrote is seen.

    Parameters
    ----------
    path
        The file; it appears with the first entry.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import datetime, timezone
    >>> journal = Journal(Path(tempfile.mkdtemp()) / "onemap.journal.jsonl")
    >>> noon = datetime(2026, 6, 30, 12, tzinfo=timezone.utc)
    >>> entry = journal.append(DECIDE_CASE, "C0412", "110120001001007", who="Wang", at=noon)
    >>> journal.in_force()[DECIDE_CASE, "C0412"].value
    '110120001001007'
    >>> undone = journal.undo(entry.number, who="Wang", at=noon)
    >>> journal.in_force(), len(journal.entries())
    ({}, 2)
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[Entry]:
        """Return all entries in their order; a last line that was never finished is no entry.

        Raises
        ------
        StoreError
            A line is not what was written: which, and what to do.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError("{path}: cannot be read ({why})", path=self.path, why=error.strerror) from error
        return self._read(data)

    def in_force(self) -> dict[tuple[str, str], Entry]:
        """Return what counts now: the latest entry of each verb and subject that was not undone.

        Raises
        ------
        StoreError
            As `entries`.
        """
        found = self.entries()
        undone = {int(entry.value) for entry in found if entry.verb == UNDO}
        return {(e.verb, e.subject): e for e in found if e.verb != UNDO and e.number not in undone}

    def standing(self, *verbs: str) -> dict[str, Entry]:
        """Return by subject the latest entry of any of these verbs that counts, such as `OF_CASES`.

        Raises
        ------
        StoreError
            As `entries`.
        """
        found = [entry for entry in self.in_force().values() if entry.verb in verbs]
        return {entry.subject: entry for entry in sorted(found, key=lambda entry: entry.number)}

    def append(
        self, verb: str, subject: str, value: str, *, who: str, why: str = "", at: datetime | None = None
    ) -> Entry:
        """Write one entry; it is on the disk when this returns.

        Parameters
        ----------
        verb, subject, value, who, why
            As in `Entry`.
        at
            Moment with its time zone; by default now.

        Raises
        ------
        StoreError
            The file cannot be written, is damaged, or somebody else holds it for seconds.
        ValueError
            A verb that is none, or no subject or person.
        """
        if verb not in VERBS or not subject or not who.strip():
            message = f"{verb!r} {subject!r} by {who!r}: a verb, a subject and a person are needed"
            raise ValueError(message)
        moment = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
        with self._writer() as file:
            known = self._read(_all_of(file))
            if verb == UNDO:
                self._check_undo(known, value)
            last = known[-1] if known else None
            body = {
                "number": len(known) + 1,
                "at": moment,
                "who": who.strip(),
                "verb": verb,
                "subject": subject,
                "value": value,
                "why": why.strip(),
            }
            entry = Entry(**body, seal=_seal(last.seal if last else _FIRST_SEAL, body))  # type: ignore[arg-type]
            _write_line(file, json.dumps(asdict(entry), ensure_ascii=False))
        return entry

    def undo(self, number: int, *, who: str, why: str = "", at: datetime | None = None) -> Entry:
        """Let an entry count no longer.

        Raises
        ------
        StoreError
            There is no such entry, it is an undoing itself, or it was undone already; else as `append`.
        """
        subject = next((entry.subject for entry in self.entries() if entry.number == number), "?")
        return self.append(UNDO, subject, str(number), who=who, why=why, at=at)

    def _check_undo(self, known: list[Entry], value: str) -> None:
        wanted = [entry for entry in known if str(entry.number) == value and entry.verb != UNDO]
        undone = any(entry.verb == UNDO and entry.value == value for entry in known)
        if not wanted or undone:
            raise StoreError("{path}: entry {number} cannot be undone", path=self.path, number=value)

    def _read(self, data: bytes) -> list[Entry]:
        whole, _, _ = data.rpartition(b"\n")  # what stands behind the last line break was never finished
        found: list[Entry] = []
        seal = _FIRST_SEAL
        for number, line in enumerate(whole.split(b"\n") if whole else (), start=1):
            entry = _entry(line)
            body = {} if entry is None else {name: value for name, value in asdict(entry).items() if name != "seal"}
            if entry is None or entry.number != number or entry.seal != _seal(seal, body):
                raise StoreError(
                    "{path}: line {line} is not as it was written; restore the file from a backup",
                    path=self.path,
                    line=number,
                )
            found.append(entry)
            seal = entry.seal
        return found

    @contextmanager
    def _writer(self) -> Iterator[IO[bytes]]:
        try:
            with self.path.open("a+b") as file:
                self._wait_for(file)
                yield file
        except OSError as error:
            raise StoreError("{path}: cannot be written ({why})", path=self.path, why=error.strerror) from error

    def _wait_for(self, file: IO[bytes]) -> None:
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                _lock(file)
            except OSError:
                if time.monotonic() > until:
                    raise StoreError("{path}: somebody else is writing; try again", path=self.path) from None
                time.sleep(_PAUSE_S)
            else:
                return


def _all_of(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _write_line(file: IO[bytes], text: str) -> None:
    """Put a line at the end, over what a broken-off writing may have left there."""
    data = _all_of(file)
    file.truncate(data.rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)
    file.write(text.encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _seal(before: str, body: dict[str, object]) -> str:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()


def _entry(line: bytes) -> Entry | None:
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        return None
