"""One look at a source: what has come since the last one. Runs in a thread of its own, never in QGIS's."""

import os
import sqlite3
import time
import traceback
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import tzinfo
from pathlib import Path
from typing import Protocol

from .. import log
from ..translation import tr
from .files import SUFFIXES, UnfinishedError, case_tables, open_package, package_rows, rows_of, stamp_of
from .records import Batch, Flaw, Reader, UnreachableError, unforeseen
from .source import FOLDER, TABLE, Source

CALM_S = 0.25  # a file that did not change for so long is looked into
PATIENCE_S = 5.0  # a file that is not whole after so long without change is listed; it is read again when it changes
MOST_ROWS = 1_000
READ_BEFORE = 500  # of the files that were read before, so many are looked at again each time, in turn
_PARTIAL = (".", "~")


class Look(Protocol):
    """Looks at a source; `heard` may be called from outside to say that a look is worth while."""

    def look(self) -> Iterator[Batch]:
        """Yield what has come; UnreachableError says why nothing can be seen."""

    def close(self) -> None:
        """Let go of everything."""


class FolderLook:
    """A watched folder."""

    def __init__(self, source: Source, marks: dict[str, str], zone: tzinfo | None) -> None:
        self._folder = Path(source.place)
        self._marks = marks
        self._reader = Reader(source.crs, zone)
        self._waiting: dict[str, tuple[str, float]] = {}  # stamp, and since when it is so
        self._turn = ""  # the file read before that was looked at last

    def look(self) -> Iterator[Batch]:
        try:
            with os.scandir(self._folder) as entries:
                names = sorted(entry.name for entry in entries if _is_wanted(entry))
        except OSError as error:
            raise UnreachableError(tr("the folder cannot be read: {why}", why=error.strerror or str(error))) from error
        for name in self._worth(names):
            mark = stamp_of(self._folder / name)
            if not mark or self._marks.get(_place_of(name)) == mark:
                continue
            now = time.monotonic()
            before, since = self._waiting.get(name, ("", now))
            if before != mark:
                self._waiting[name] = (mark, now)
            elif now - since >= CALM_S:
                yield from self._read(self._folder / name, mark, patient=now - since < PATIENCE_S)

    def _worth(self, names: list[str]) -> list[str]:
        """Return the files to look at now: all that are new or waited for, and some of those that were read before.

        A folder that has been filled for months takes no longer to look at than one of today.
        """
        read = [name for name in names if _place_of(name) in self._marks and name not in self._waiting]
        if len(read) <= READ_BEFORE:
            return names
        first = bisect_right(read, self._turn)
        turn = [*read[first : first + READ_BEFORE], *read[: max(0, first + READ_BEFORE - len(read))]]
        self._turn = turn[-1]
        passed = set(read) - set(turn)
        return [name for name in names if name not in passed]

    def _read(self, path: Path, mark: str, *, patient: bool) -> Iterator[Batch]:
        place = _place_of(path.name)
        try:
            rows = list(rows_of(path, patient=patient))
        except UnfinishedError as why:
            if patient:
                return
            batch = Batch(place, mark, flaws=[Flaw(place, "file", "", *why.args)])
        except OSError:
            return  # it went away, or is locked: the next look tells
        except Exception as error:  # noqa: BLE001 - the edge of a file: an odd one must not keep the others out
            if patient:
                return
            log.warn(f"{place}: {traceback.format_exc()}")
            batch = Batch(place, mark, flaws=[unforeseen(place, "file", error)])
        else:
            batch = None
            for first in range(0, len(rows), MOST_ROWS):  # the mark stands only when the last rows are kept
                part = rows[first : first + MOST_ROWS]
                is_last = first + MOST_ROWS >= len(rows)
                batch = self._reader.read(Batch(place, mark if is_last else ""), part)
                if not is_last:
                    yield batch
            batch = batch or Batch(place, mark)
        yield batch
        self._marks[place] = mark  # not before it is kept: where that failed, the next look reads it again
        self._waiting.pop(path.name, None)

    def close(self) -> None:
        """Nothing is held."""


def _place_of(name: str) -> str:
    """Return the name of a file as text that can be kept; on Linux a name may be no UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_wanted(entry: os.DirEntry) -> bool:
    return entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith(_PARTIAL) and entry.is_file()


class TableLook:
    """A table of a GeoPackage that grows."""

    def __init__(self, source: Source, marks: dict[str, str], zone: tzinfo | None) -> None:
        self._path, self._table = Path(source.place), source.table
        self._last = int(marks.get(self._table) or 0)
        self._stamp = ""
        self._reader = Reader(source.crs, zone)

    def look(self) -> Iterator[Batch]:
        stamp = stamp_of(self._path)
        if not stamp:
            raise UnreachableError(tr("there is no file {name}", name=self._path.name))
        if stamp == self._stamp:
            return
        try:
            with closing(open_package(self._path)) as connection:
                yield from self._behind(connection)
        except sqlite3.Error as error:
            raise UnreachableError(tr("the GeoPackage cannot be read: {why}", why=str(error))) from error
        self._stamp = stamp

    def _behind(self, connection: sqlite3.Connection) -> Iterator[Batch]:
        if self._table not in case_tables(connection):
            raise UnreachableError(tr("there is no table {name} with case numbers", name=self._table))
        (highest,) = connection.execute(
            f'SELECT coalesce(max(rowid), 0) FROM "{self._table.replace(chr(34), chr(34) * 2)}"'  # noqa: S608 # nosec B608
        ).fetchone()
        if highest < self._last:
            self._last = 0  # another file in its place; what is known is known by its number
        while rows := list(package_rows(connection, self._table, after=self._last, most=MOST_ROWS)):
            last = rows[-1][0]
            yield self._reader.read(Batch(self._table, str(last)), [raw for _, raw in rows])
            self._last = last

    def close(self) -> None:
        """Nothing is held."""


def look_of(source: Source, marks: dict[str, str], zone: tzinfo | None, heard: Callable[[], None]) -> Look:
    """Return the look for a source; ``heard`` is called when the source itself says that something came."""
    if source.kind == FOLDER:
        return FolderLook(source, marks, zone)
    if source.kind == TABLE:
        return TableLook(source, marks, zone)
    from .postgis import PostgisLook

    return PostgisLook(source, marks, zone, heard)
