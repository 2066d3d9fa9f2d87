"""dBASE tables: read byte for byte, so that encodings can be judged and codes of any length stay exact.

GDAL turns a number of 20 digits into a double, takes Latin-1 where no encoding is declared, and drops what it
cannot decode. A .dbf is a table of fixed-width records, so it is read here directly.
Source: the dBASE III+/IV table format and the notes of Shapelib on field widths and language bytes.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from onemap.errors import SourceError
from onemap.translation import say

from .encodings import Judged, judge_encoding
from .raw import row_index

_LANGUAGES = {
    0x01: "cp437", 0x02: "cp850", 0x13: "cp932", 0x7B: "cp932", 0x4D: "GB18030", 0x7A: "GB18030",
    0x4E: "cp949", 0x79: "cp949", 0x4F: "Big5", 0x78: "Big5", 0x26: "cp866", 0x65: "cp866", 0xC9: "cp1251",
    0xC8: "cp1250",
}  # fmt: skip
_ANSI = (0x03, 0x57)  # "the code page of that machine": written by default, also on Chinese ones
_HEADER_END = 0x0D
_DELETED = b"*"
_NAME_BYTES = 10
_TEXT_BYTES = 254
_PLAIN = {"C": "string", "N": "number", "F": "real", "D": "date", "L": "boolean"}


@dataclass(frozen=True)
class _Field:
    name: bytes
    type: str
    width: int
    decimals: int
    start: int


@dataclass(frozen=True)
class DbfTable:
    """A .dbf as text: ``table`` has one row for each record that is not deleted, by record number (0-based)."""

    table: pd.DataFrame
    records: "np.ndarray[Any, Any]"
    count: int
    judged: Judged
    declared_types: dict[str, str]
    cut_headings: frozenset[str]
    notes: list[str] = field(default_factory=list)


def read_dbf(path: Path, *, encoding: str | None = None, cpg: str | None = None) -> DbfTable:
    """Read a .dbf; all values are text as they stand there, empty ones None.

    Parameters
    ----------
    encoding
        Declared by the caller; goes before everything else.
    cpg
        What the .cpg file beside it declares.

    Raises
    ------
    SourceError
        The table is damaged, or its encoding is wrong or cannot be told.
    """
    data = path.read_bytes()
    fields, records, language = _structure(data, path)
    alive = records["_deleted"] != _DELETED
    kept = records[alive]
    text = {f.start: _unique(kept[str(f.start)]) for f in fields if f.type == "C"}
    declared, by, weak = _declaration(encoding, cpg, language)
    judged = _judge(fields, text, path=path, declared=declared, by=by, weak=weak)
    notes = [judged.ground]
    names, cut = _headings(fields, judged, notes)
    table, types = _columns(fields, kept, names=names, judged=judged, notes=notes)
    gone = len(records) - len(kept)
    if gone:
        notes.append(say("{count} records are marked as deleted in the .dbf and are not read", count=gone))
    return DbfTable(table, np.flatnonzero(alive), len(records), judged, types, cut, notes)


def _structure(data: bytes, path: Path) -> tuple[list[_Field], "np.ndarray[Any, Any]", int]:
    """Return fields, records and language byte of a .dbf."""
    try:
        count, header, width = struct.unpack_from("<IHH", data, 4)
        language = data[29]
    except (struct.error, IndexError) as error:
        raise SourceError("{path}: not a .dbf, it has {size} bytes", path=path, size=len(data)) from error
    fields = []
    start = 1
    at = 32
    while at + 32 <= header and at + 32 <= len(data) and data[at] != _HEADER_END:
        name, kind, length, decimals = data[at : at + 11], chr(data[at + 11]), data[at + 16], data[at + 17]
        if kind == "C":
            length, decimals = length + 256 * decimals, 0
        fields.append(_Field(name.split(b"\0")[0].strip(), kind, length, decimals, start))
        start += length
        at += 32
    if not fields or start > width or width == 0 or any(f.width == 0 for f in fields):
        raise SourceError("{path}: the header of the .dbf is damaged", path=path)
    there = max(len(data) - header, 0) // width
    if there < count:
        raise SourceError(
            "{path}: damaged; the header promises {count} records, {there} are there",
            path=path,
            count=count,
            there=there,
        )
    shape = np.dtype(
        {
            "names": ["_deleted", *(str(f.start) for f in fields)],
            "formats": ["S1", *(f"S{f.width}" for f in fields)],
            "offsets": [0, *(f.start for f in fields)],
            "itemsize": width,
        }
    )
    return fields, np.frombuffer(data, dtype=shape, count=count, offset=header), language


def _unique(values: "np.ndarray[Any, Any]") -> list[bytes]:
    return list(dict.fromkeys(values.tolist()))


def _declaration(encoding: str | None, cpg: str | None, language: int) -> tuple[str | None, str, str]:
    """Return what is declared, by what, and the encoding to take when the text is no Chinese."""
    if encoding is not None:
        return encoding, "encoding=", ""
    if cpg:
        return cpg, ".cpg", ""
    if language in _LANGUAGES:
        return _LANGUAGES[language], ".dbf (LDID)", ""
    return None, "", "cp1252" if language in _ANSI else ""


def _whole(value: bytes, width: int, codec: str) -> bytes:
    """Return a value without the piece of a character that was cut off at the end of its field."""
    if len(value) < width:
        return value
    try:
        value.decode(codec)
    except UnicodeDecodeError as error:
        if error.start >= len(value) - 3:
            return value[: error.start]
    return value


def _judge(
    fields: list[_Field],
    text: dict[int, list[bytes]],
    *,
    path: Path,
    declared: str | None,
    by: str,
    weak: str,
) -> Judged:
    """Return the encoding of names and values; cut characters at the ends of full fields count against nothing."""
    full = [(f.name, _NAME_BYTES) for f in fields]
    full += [(value, f.width) for f in fields if f.type == "C" for value in text[f.start]]
    pieces = [(value, width) for value, width in full if not value.isascii()]
    chunks = []
    for value, width in pieces:
        piece = value
        if len(value) == width:
            # a cut is as long as the last character: the shortest of the three candidates' readings is safe
            piece = min(
                (_whole(value, width, codec) for codec in ("utf-8", "gb18030", "cp950")),
                key=_cut_length(value),
            )
        chunks.append(piece)
    return judge_encoding(chunks, path=path, declared=declared, by=by, weak=weak)


def _cut_length(value: bytes) -> Any:
    """Return a key that prefers the reading with the smallest cut, but any cut to none."""
    return lambda piece: (len(piece) == len(value), len(value) - len(piece))


def _decode(value: bytes, judged: Judged) -> str:
    return value.decode(judged.codec, errors="strict")


def _headings(fields: list[_Field], judged: Judged, notes: list[str]) -> tuple[list[str], frozenset[str]]:
    """Return the names of the fields, made different, and those that fill their ten bytes."""
    names: list[str] = []
    cut = []
    for number, f in enumerate(fields, start=1):
        whole = _whole(f.name, _NAME_BYTES, judged.codec)
        name = _decode(whole, judged) or f"field_{number}"
        if len(whole) < len(f.name):
            notes.append(say("the name of field {number} is cut inside a character: {name}", number=number, name=name))
        unique = name
        again = 2
        while unique in names:
            unique = f"{name}_{again}"
            again += 1
        if unique != name:
            notes.append(
                say(
                    "the heading {name} stands twice; the second is read as {unique}",
                    name=name,
                    unique=unique,
                )
            )
        names.append(unique)
        if (len(f.name) >= _NAME_BYTES - 2 * (judged.encoding != "UTF-8") and not f.name.isascii()) or len(
            f.name
        ) >= _NAME_BYTES:
            cut.append(unique)
    return names, frozenset(cut)


def _columns(
    fields: list[_Field],
    records: "np.ndarray[Any, Any]",
    *,
    names: list[str],
    judged: Judged,
    notes: list[str],
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the records as text, and the declared type of each column that is not text."""
    columns: dict[str, Any] = {}
    types: dict[str, str] = {}
    for name, f in zip(names, fields, strict=True):
        values = records[str(f.start)]
        if f.type not in _PLAIN:
            notes.append(say("the field {name} has type {type}, which is not read", name=name, type=f.type))
            continue
        if f.type == "C":
            columns[name] = _texts(values, f, name=name, judged=judged, notes=notes)
            continue
        columns[name] = _numbers(values)
        kind = _PLAIN[f.type]
        types[name] = ("real" if f.decimals else "integer") if kind == "number" else kind
    return pd.DataFrame(columns, index=row_index(np.arange(1, len(records) + 1)), dtype="str"), types


def _texts(
    values: "np.ndarray[Any, Any]", f: _Field, *, name: str, judged: Judged, notes: list[str]
) -> list[str | None]:
    """Return the values of a text field; cuts inside and at the end of full fields are noted."""
    known: dict[bytes, str | None] = {}
    inside = full = 0
    for value in _unique(values):
        whole = _whole(value, f.width, judged.codec)
        inside += len(whole) < len(value)
        full += len(value) == f.width >= _TEXT_BYTES and len(value.rstrip()) == f.width
        known[value] = _decode(whole, judged).rstrip(" ").rstrip("\0") or None
    if inside:
        notes.append(say("{count} values of {name} are cut inside a character", count=inside, name=name))
    elif full:
        notes.append(
            say(
                "{count} values of {name} fill all {width} bytes and are probably cut",
                count=full,
                name=name,
                width=f.width,
            )
        )
    return [known[value] for value in values.tolist()]


def _numbers(values: "np.ndarray[Any, Any]") -> list[str | None]:
    """Return numbers, dates and yes/no as text; what dBASE writes for "no value" is None."""
    known: dict[bytes, str | None] = {}
    for value in _unique(values):
        text = value.decode("ascii", errors="replace").strip().strip("\0")
        known[value] = None if not text.strip("*?") or text in ("-", "00000000") else text
    return [known[value] for value in values.tolist()]
