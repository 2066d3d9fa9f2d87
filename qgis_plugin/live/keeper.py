"""The GeoPackage beside the map in which live cases are kept. Standard library only, and never in QGIS's own thread.

It is in WAL mode, so that whoever writes never keeps the map from being drawn. A case and the mark up to which its
source was read are kept in one transaction: after a crash the source is read again, and what is known is not doubled.
"""

import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..console.rows import LIVE
from .live_file import FOUND, GEOMETRY, MARKS, TEXTS, UNREAD, opened
from .records import Batch, Flaw, NewCase, stamp

MOST_TOLD = 500  # of what could not be read: nobody reads more


@dataclass(frozen=True, slots=True)
class Kept:
    """A case that has just been kept: its number in the file, its columns, and its position as it was given."""

    fid: int
    values: dict[str, object]
    spot: tuple[float, float] | None
    crs: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a kept case belongs: columns, and its position in the map's system."""

    fid: int
    values: dict[str, object]
    spot: tuple[float, float] | None


class Keeper:
    """Writes to the file; each thread has one of its own.

    Parameters
    ----------
    path
        The file; `create` makes it.
    known
        Numbers of the cases that the map itself has: they are not kept a second time.
    """

    def __init__(self, path: Path, known: frozenset[str] = frozenset()) -> None:
        self._known = known
        self._connection = opened(path)
        (self._srs,) = self._connection.execute(
            "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = ?", (LIVE,)
        ).fetchone()

    def close(self) -> None:
        """Close the file; the last one to close it tidies its log away."""
        self._connection.close()

    def marks(self, source: str) -> dict[str, str]:
        """Return up to where a source was read, by file or table."""
        rows = self._connection.execute(f"SELECT place, mark FROM {MARKS} WHERE source = ?", (source,))  # noqa: S608 # nosec B608
        return dict(rows.fetchall())

    def keep(self, source: str, batch: Batch, places: dict[int, tuple[float, float]]) -> tuple[list[Kept], list[Flaw]]:
        """Keep a batch; return the cases and the flaws that are new.

        Parameters
        ----------
        source
            The name of the source.
        places
            Positions in the map's system, by the case's place in the batch, where QGIS could tell them.
        """
        arrived = stamp(datetime.now(UTC))
        with self._transaction() as connection:
            kept = [
                made
                for number, case in enumerate(batch.cases)
                if (made := self._insert(source, case, places.get(number), arrived)) is not None
            ]
            rows = {str(case.values["live_row"]) for case in kept}
            new = [
                flaw
                for flaw in batch.flaws
                # a remark on a row that changes nothing, because its case was there before, would say what is not so
                if (flaw.removed or flaw.row in rows) and self._note(source, batch.place, flaw, arrived)
            ]
            if batch.mark:
                connection.execute(
                    f"INSERT INTO {MARKS} (source, place, mark) VALUES (?, ?, ?) "  # noqa: S608 # nosec B608
                    "ON CONFLICT (source, place) DO UPDATE SET mark = excluded.mark",
                    (source, batch.place, batch.mark),
                )
            self._stretch(places.values())
        return kept, new

    def answer(self, answers: Iterable[Answer]) -> None:
        """Write where cases belong."""
        found = list(answers)
        sets = ", ".join(f"{name} = ?" for name in FOUND)
        with self._transaction() as connection:
            for answer in found:
                blob = self._blob(answer.spot)
                connection.execute(
                    f"UPDATE {LIVE} SET {sets}, {GEOMETRY} = coalesce({GEOMETRY}, ?) WHERE fid = ?",  # noqa: S608 # nosec B608
                    (*(answer.values.get(name) for name in FOUND), blob, answer.fid),
                )
            self._stretch([answer.spot for answer in found if answer.spot])

    def unassigned(self) -> list[Kept]:
        """Return the cases that nobody has found a cell for, because the library was not there."""
        rows = self._connection.execute(
            f"SELECT * FROM {LIVE} WHERE how IS NULL AND NOT in_map"  # noqa: S608 # nosec B608
        )
        names = [column[0] for column in rows.description]
        return [_kept(dict(zip(names, row, strict=True))) for row in rows]

    def unread(self, most: int) -> list[tuple[str | int, ...]]:
        """Return the latest flaws: when, source, row, sentence in English and in Chinese, whether the row was left out.

        Rows that were left out come first: remarks on rows that were taken may be many, and would hide them.
        """
        return self._connection.execute(
            f"SELECT noted_at, source || ' · ' || place, row, reason, reason_zh, removed FROM {UNREAD} "  # noqa: S608 # nosec B608
            "ORDER BY removed DESC, fid DESC LIMIT ?",
            (most,),
        ).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all that is done in the block, or nothing of it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk makes SQLite take it back by itself
                self._connection.execute("ROLLBACK")
            raise

    def _insert(self, source: str, case: NewCase, place: tuple[float, float] | None, arrived: str) -> Kept | None:
        values = {name: case.values.get(name) or None for name in TEXTS}
        code = str(values["case_code"])
        if code in self._known:
            return None
        values["reported_at"] = values["reported_at"] or arrived
        given = case.spot or (None, None)
        row = {**values, GEOMETRY: self._blob(place), "given_x": given[0], "given_y": given[1], "given_crs": case.crs}
        row |= {"live_source": source, "live_row": case.row, "arrived_at": arrived}
        if case.spot is None:
            row["how"] = "no_position"
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        done = self._connection.execute(
            f"INSERT INTO {LIVE} ({names}) VALUES ({marks}) ON CONFLICT (case_code) DO NOTHING",  # noqa: S608 # nosec B608
            tuple(row.values()),
        )
        if not done.rowcount:
            return None
        return _kept({**row, "fid": done.lastrowid})

    def _note(self, source: str, place: str, flaw: Flaw, now: str) -> bool:
        done = self._connection.execute(
            f"INSERT INTO {UNREAD} (source, place, row, kind, found, reason, reason_zh, removed, noted_at) "  # noqa: S608 # nosec B608
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (source, place, flaw.row, flaw.kind, flaw.found, flaw.reason, flaw.reason_zh, flaw.removed, now),
        )
        return bool(done.rowcount)

    def _blob(self, place: tuple[float, float] | None) -> bytes | None:
        """Return a point as GeoPackage stores it: magic, version, flags, system, WKB."""
        if place is None:
            return None
        return struct.pack("<2sBBiBIdd", b"GP", 0, 1, self._srs, 1, 1, *place)

    def _stretch(self, places: Iterable[tuple[float, float]]) -> None:
        """Let the bounds that the file tells of itself hold these positions."""
        spots = list(places)
        if not spots:
            return
        west, east = min(x for x, _ in spots), max(x for x, _ in spots)
        south, north = min(y for _, y in spots), max(y for _, y in spots)
        self._connection.execute(
            "UPDATE gpkg_contents SET min_x = min(coalesce(min_x, :west), :west), "
            "max_x = max(coalesce(max_x, :east), :east), min_y = min(coalesce(min_y, :south), :south), "
            "max_y = max(coalesce(max_y, :north), :north), last_change = :now WHERE table_name = :table",
            {
                "west": west,
                "east": east,
                "south": south,
                "north": north,
                "now": stamp(datetime.now(UTC)),
                "table": LIVE,
            },
        )


def _kept(row: dict[str, object]) -> Kept:
    x, y = row["given_x"], row["given_y"]
    spot = (float(x), float(y)) if x is not None and y is not None else None
    return Kept(int(row["fid"]), row, spot, str(row["given_crs"] or ""))
