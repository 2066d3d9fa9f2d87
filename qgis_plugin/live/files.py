"""Files that are dropped into a folder: CSV, GeoJSON, GeoPackage. A half-written one is no fault, it is waited for."""

import csv
import io
import json
import math
import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ..console.envelope import box_of
from ..project.one_map_file import columns_of as columns_in
from ..project.one_map_file import quoted, tables_of
from ..translation import speaker
from .records import Raw, columns_of

SUFFIXES = (".csv", ".geojson", ".json", ".gpkg")
_SEPARATORS = ",;\t|"
_PAGE_AT, _PAGES_AT, _HEAD = 16, 28, 100
_LARGEST_PAGE = 65_536
MOST_BYTES = 200_000_000


class UnfinishedError(Exception):
    """The file is not whole, or cannot be read; the arguments are the sentence in English and in Chinese."""


def _unfinished(say) -> UnfinishedError:
    return UnfinishedError(say(speaker("en")), say(speaker("zh")))


def stamp_of(path: str | Path) -> str:
    """Return what changes whenever a file changes; empty where it is gone. A GeoPackage's log is a part of it."""
    name, parts = str(path), []
    for file in (name, f"{name}-wal") if name.lower().endswith(".gpkg") else (name,):
        try:
            stat = os.stat(file)  # noqa: PTH116 - thousands of files, several times a second
        except OSError:
            continue
        parts.append(f"{stat.st_size}:{stat.st_mtime_ns}")
    return " ".join(parts)


def rows_of(path: Path, *, patient: bool) -> Iterator[Raw]:
    """Yield the rows of a file.

    Parameters
    ----------
    patient
        Whether the end of the file may still be missing: then a table whose last line has no end is not read yet.

    Raises
    ------
    UnfinishedError
        The file is not whole, or is none that can be read.
    """
    if path.stat().st_size > MOST_BYTES:
        raise _unfinished(lambda tr: tr("the file is larger than {count} bytes", count=f"{MOST_BYTES:,}"))
    if path.suffix.lower() == ".csv":
        yield from _table_rows(path, patient=patient)
    elif path.suffix.lower() == ".gpkg":
        yield from _package_rows(path)
    else:
        yield from _geojson_rows(path)


def _table_rows(path: Path, *, patient: bool) -> Iterator[Raw]:
    data = path.read_bytes()
    if not data.strip():
        raise _unfinished(lambda tr: tr("the file is empty"))
    if patient and not data.endswith((b"\n", b"\r")):
        raise _unfinished(lambda tr: tr("the last line has no end"))
    text = _decoded(data)
    if not text.strip():  # a byte-order mark alone
        raise _unfinished(lambda tr: tr("the file is empty"))
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        why = str(error)
        raise _unfinished(lambda tr: tr("the file is no table: {why}", why=why)) from error
    headings = [heading.strip() for heading in lines[0]]
    if "case_code" not in columns_of(tuple(headings))[0]:
        raise _unfinished(lambda tr: tr("no column is a case number; there are {names}", names=", ".join(headings)))
    for number, line in enumerate(lines[1:], start=1):
        if any(cell.strip() for cell in line):
            padded = [*line, *[""] * (len(headings) - len(line))]
            yield Raw(str(number), dict(zip(headings, padded, strict=False)))


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unfinished(lambda tr: tr("the text is neither UTF-8 nor GB18030"))


def _geojson_rows(path: Path) -> Iterator[Raw]:
    try:
        whole = json.loads(path.read_bytes())
        features = whole["features"] if whole["type"] == "FeatureCollection" else [whole]
        named = (whole.get("crs") or {}).get("properties", {}).get("name", "")
        crs = _crs_of_urn(str(named))
        rows = [
            Raw(str(number), dict(feature.get("properties") or {}), _point(feature.get("geometry")), crs)
            for number, feature in enumerate(features, start=1)
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unfinished(lambda tr: tr("the file is no whole GeoJSON")) from error
    yield from rows


def _crs_of_urn(name: str) -> str:
    """Return the system that a GeoJSON of the old kind names; new ones are in WGS 84."""
    parts = name.replace("::", ":").split(":")
    return f"EPSG:{parts[-1]}" if "EPSG" in parts and parts[-1].isdigit() else "EPSG:4326"


def _point(geometry: dict | None) -> tuple[float, float] | None:
    if not geometry or geometry.get("type") != "Point":
        return None
    x, y, *_ = geometry["coordinates"]
    return float(x), float(y)


def _package_rows(path: Path) -> Iterator[Raw]:
    if not is_whole_package(path):
        raise _unfinished(lambda tr: tr("the GeoPackage is not whole"))
    try:
        with closing(open_package(path)) as connection:
            tables = case_tables(connection)
            if not tables:
                raise _unfinished(lambda tr: tr("no table of the GeoPackage has case numbers"))
            for table in tables:
                for number, raw in package_rows(connection, table, after=0, most=-1):
                    yield Raw(f"{table} {number}", raw.values, raw.spot, raw.crs)
    except sqlite3.Error as error:
        why = str(error)
        raise _unfinished(lambda tr: tr("the GeoPackage cannot be read: {why}", why=why)) from error


def is_whole_package(path: Path) -> bool:
    """Return whether an SQLite file is as long as its head says; with a log beside it, its writer knows."""
    if path.with_name(path.name + "-wal").exists():
        return True
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if len(head) < _HEAD or not head.startswith(b"SQLite format 3\0"):
        return False
    page = int.from_bytes(head[_PAGE_AT : _PAGE_AT + 2], "big")
    pages = int.from_bytes(head[_PAGES_AT : _PAGES_AT + 4], "big")
    return path.stat().st_size >= (_LARGEST_PAGE if page == 1 else page) * pages


def open_package(path: Path) -> sqlite3.Connection:
    """Open a GeoPackage that others may be writing, for reading only."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1.0)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA query_only=ON")
    return connection


def case_tables(connection: sqlite3.Connection) -> list[str]:
    """Return the tables of a GeoPackage with a column of case numbers."""
    return [
        table for table in tables_of(connection) if "case_code" in columns_of(tuple(columns_in(connection, table)))[0]
    ]


def package_rows(connection: sqlite3.Connection, table: str, *, after: int, most: int) -> Iterator[tuple[int, Raw]]:
    """Yield the rows of a table behind a number, with their numbers; ``most`` of them, all when it is -1."""
    geometry = tables_of(connection).get(table, "")
    columns = [name for name in columns_in(connection, table) if name != geometry]
    crs = _crs_of(connection, table) if geometry else ""
    shape = quoted(geometry) if geometry else "NULL"
    wanted = ", ".join(map(quoted, columns))
    sql = (  # names are quoted, values are bound
        f"SELECT rowid, {shape}, {wanted} FROM {quoted(table)} WHERE rowid > ? ORDER BY rowid LIMIT ?"  # noqa: S608 # nosec B608
    )
    for number, blob, *values in connection.execute(sql, (after, most)):
        yield number, Raw(str(number), dict(zip(columns, values, strict=True)), _middle(blob), crs)


def _middle(blob: object) -> tuple[float, float] | None:
    """Return the middle of a geometry; of one that is cut off a place that is no number, which is then told."""
    try:
        box = box_of(blob) if isinstance(blob, bytes) else None
    except (struct.error, IndexError):
        return math.nan, math.nan
    return ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) if box else None


def _crs_of(connection: sqlite3.Connection, table: str) -> str:
    row = connection.execute(
        "SELECT s.organization, s.organization_coordsys_id FROM gpkg_geometry_columns g "
        "JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE g.table_name = ?",
        (table,),
    ).fetchone()
    return f"{row[0].upper()}:{row[1]}" if row else ""
