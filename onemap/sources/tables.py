"""Tables without geometry of their own: CSV, Excel, dBASE and Parquet; every cell as text, exactly."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from onemap.errors import SourceError
from onemap.translation import say

from .dbf import read_dbf
from .encodings import judge_encoding
from .raw import RawLayer, row_index
from .rejects import UNREADABLE, Reject, shown
from .workbooks import read_sheet

MOST_BYTES = 512 * 1024 * 1024
"""The largest text that is read; what unpacks to more is refused."""
_DELIMITERS = (",", ";", "\t", "|", "，", "；")
_LONGEST_FIELD = 64 * 1024 * 1024
_SEARCHED = 40  # lines in which the separator is looked for
_BATCH = 50_000  # rows that are lists of Python objects at one time
_GUARDED = r"^'([=+\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20])"


def read_table(path: Path, *, sheet: str | None = None, encoding: str | None = None) -> RawLayer:
    """Read a table; all cells are text, empty ones None.

    Parameters
    ----------
    sheet
        Sheet of a workbook; not needed where only one has content.
    encoding
        Declared encoding of a CSV or dBASE file.

    Raises
    ------
    SourceError
        The file is damaged, too large, or its encoding is wrong or cannot be told.
    """
    suffix = path.suffix.lower()
    if suffix in (".xls", ".xlsx"):
        return _from_rows(*read_sheet(path, sheet))
    if suffix == ".dbf":
        dbf = read_dbf(path, encoding=encoding)
        return RawLayer(
            dbf.table, None, len(dbf.table), encoding=dbf.judged.encoding, notes=dbf.notes,
            declared_types=dbf.declared_types, cut_headings=dbf.cut_headings,
        )  # fmt: skip
    return _csv(path, encoding)


def read_rows(path: Path, *, encoding: str | None = None) -> tuple[list[list[str]], list[str]]:
    """Return all rows of a text table as they stand, titles and blank rows too, and notes.

    Raises
    ------
    SourceError
        As `read_table`.
    csv.Error
        The quotes of the file are broken.
    """
    data = _unpacked(path)
    judged = judge_encoding([data], path=path, declared=encoding)
    delimiter = _delimiter(["".join(islice(_lines(data, judged.codec), _SEARCHED))])
    return list(csv.reader(_lines(data, judged.codec), delimiter=delimiter, strict=True)), [judged.ground]


def _csv(path: Path, encoding: str | None) -> RawLayer:
    data = _unpacked(path)
    judged = judge_encoding([data], path=path, declared=encoding)
    delimiter = _delimiter(_lines(data, judged.codec))
    notes = [judged.ground]
    if delimiter != ",":
        notes.append(say("columns are separated by {delimiter}", delimiter="tabs" if delimiter == "\t" else delimiter))
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        rows = csv.reader(_lines(data, judged.codec), delimiter=delimiter, strict=True)
        raw = _from_rows(filter(None, rows), list(notes))
    except csv.Error:
        single, broken = _line_by_line(_lines(data, judged.codec), delimiter)
        raw = _from_rows(single, notes, broken)
    finally:
        csv.field_size_limit(before)
    raw.encoding = judged.encoding
    _unguard(raw)
    return raw


def _unguard(raw: RawLayer) -> None:
    """Take off the quote that guards a text against being run as a formula, as our own tables are written.

    Source: OWASP ASVS 5.0, 1.2.10: a cell that begins with one of these characters gets a single quote before it.
    """
    for name in raw.table.columns:
        guarded = raw.table[name].str.startswith("'").fillna(value=False).astype(bool)
        if guarded.any():
            texts = raw.table.loc[guarded, name]
            raw.table.loc[guarded, name] = texts.str.replace(_GUARDED, r"\1", regex=True)


def _lines(data: bytes, codec: str) -> io.TextIOWrapper:
    """Return the lines of a text with their ends, decoded as they are asked for."""
    return io.TextIOWrapper(io.BytesIO(data), encoding=codec, newline="")


def _unpacked(path: Path) -> bytes:
    """Return the bytes of a file, unpacked where it is .gz, and never more than `MOST_BYTES`."""
    packed = path.suffix.lower() == ".gz"
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            data: bytes = file.read(MOST_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SourceError("{path}: damaged, it cannot be unpacked ({error})", path=path, error=error) from error
    if len(data) > MOST_BYTES:
        raise SourceError("{path}: more than {most} MB of text; split it", path=path, most=MOST_BYTES // 1024**2)
    return data


def _delimiter(lines: Iterable[str]) -> str:
    """Return the mark that stands in the headings most often."""
    headings = next((line for line in lines if line.strip()), "")
    return max(_DELIMITERS, key=headings.count)


def _line_by_line(lines: Iterable[str], delimiter: str) -> tuple[list[list[str]], list[Reject]]:
    """Return the rows of a CSV whose quotes are broken somewhere: each line alone, the broken ones listed."""
    rows: list[list[str]] = []
    broken: list[Reject] = []
    number = -1
    for raw_line in lines:
        line = raw_line.rstrip("\r\n")
        if not line.strip():
            continue
        number += 1
        try:
            rows.append(next(csv.reader([line], delimiter=delimiter, strict=True)))
        except csv.Error as error:
            if not rows:
                rows.append(line.replace('"', "").split(delimiter))  # the headings
                continue
            reason = say("the quotes of the line are broken ({error})", error=error)
            broken.append(Reject(number, UNREADABLE, shown(line), reason))
            rows.append([])  # keeps the numbers; dropped with the others that are broken
    return rows, broken


def _from_rows(rows: Iterable[list[Any]], notes: list[str], broken: Iterable[Reject] = ()) -> RawLayer:
    """Return rows, the first of them headings, as a layer; rows longer than the headings are listed."""
    source = iter(rows)
    first = next(source, None)
    if first is None:
        notes.append(say("the file is empty"))
        return RawLayer(pd.DataFrame(index=row_index([])), None, 0, notes=notes)
    headings = _headings(first, notes)
    width = len(headings)
    rejects = list(broken)
    gone = {reject.row for reject in rejects}
    number = short = 0
    chunks = []
    while batch := list(islice(source, _BATCH)):
        kept: dict[int, list[Any]] = {}
        for row in batch:
            number += 1
            if number in gone:
                continue
            if any(row[width:]):
                reason = say("the row has {found} cells, the headings are {width}", found=len(row), width=width)
                rejects.append(Reject(number, UNREADABLE, shown(",".join(map(str, row))), reason))
                continue
            short += len(row) < width
            kept[number] = row if len(row) == width else (row + [""] * width)[:width]
        chunks.append(_chunk(kept, headings))
    if short:
        notes.append(
            say("{count} rows have fewer cells than there are headings; the missing ones are empty", count=short)
        )
    table = pd.concat(chunks) if len(chunks) > 1 else chunks[0] if chunks else _chunk({}, headings)
    return RawLayer(table.set_axis(row_index(table.index)), None, number, notes=notes, rejects=rejects)


def _chunk(rows: dict[int, list[Any]], headings: list[str]) -> pd.DataFrame:
    """Return some rows by their numbers as a table of text, empty cells missing."""
    columns = zip(*rows.values(), strict=True) if rows else ([] for _ in headings)
    cells = {name: [cell or None for cell in column] for name, column in zip(headings, columns, strict=True)}
    return pd.DataFrame(cells, index=list(rows), dtype="str")


def _headings(cells: Sequence[Any], notes: list[str]) -> list[str]:
    """Return headings that are all there and all different."""
    while cells and not str(cells[-1] or "").strip():
        cells = cells[:-1]
    names: list[str] = []
    for at, cell in enumerate(cells, start=1):
        name = str(cell or "").strip("\ufeff").strip() or f"column_{at}"
        again = 1
        unique = name
        while unique in names:
            again += 1
            unique = f"{name}_{again}"
        if unique != name:
            notes.append(
                say(
                    "the heading {name} stands twice; the second is read as {unique}",
                    name=name,
                    unique=unique,
                )
            )
        names.append(unique)
    return names or ["column_1"]
