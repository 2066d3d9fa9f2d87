"""Rows of the two lists, read in batches straight from the one map. No QGIS object is made here."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..onemap.domain.journal import Entry
from ..project.one_map_file import OneMapFile, columns_of, quoted, reading, tables_of
from ..translation import language, tr
from .envelope import Box, box_of
from .streets import Streets
from .words import Words, kind_title, listed, number

BATCH = 1_000
FINDING_TABLES = ("defect", "defect_line", "coverage_gap", "object_gap", "near_border")
CASE_TABLES = ("case",)
_FIRST = {"reported_at": "reported_at DESC", "allowed": "coalesce(allowed, 0)", "area_m2": "area_m2 DESC"}
_NEVER_SHOWN = frozenset({"fid", "geometry", "geom", "reason", "reason_zh"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list.

    ``cells`` are the texts of the columns and ``keys`` what the columns are sorted by; ``kind``, ``group``,
    ``state`` and ``street`` are what the filters ask; ``words`` is what the search looks through.
    """

    table: str
    fid: int
    sign: str
    cells: tuple[str, ...]
    keys: tuple[Any, ...]
    kind: str
    group: str
    state: str
    street: str
    words: str
    box: Box | None
    case: str = ""  # its code, where the row is a case


def read_rows(
    one_map: OneMapFile, tables: tuple[str, ...], streets: Streets, decided: Mapping[str, Entry]
) -> Iterator[list[Row]]:
    """Yield the rows of these tables in batches, the latest cases and the largest open findings first.

    Tables that the map lacks are passed over. Cases that somebody decided are shown as decided.

    The file stays open, for reading only, until the last batch is taken or the iterator is closed.
    """
    words = Words(one_map.facts)
    with reading(one_map.path) as connection:
        present = tables_of(connection)
        for table in tables:
            if table not in present:
                continue
            make = _maker(table, words, streets, decided)
            for batch in _batches(connection, table, present[table]):
                yield [make(row) for row in batch]


def _batches(connection: sqlite3.Connection, table: str, geometry: str) -> Iterator[list[dict[str, Any]]]:
    columns = [name for name in columns_of(connection, table) if name != geometry]
    wanted = ", ".join(map(quoted, columns))
    shape = quoted(geometry) if geometry else "NULL"
    first = ", ".join([*(part for name, part in _FIRST.items() if name in columns), "fid"])
    sql = f"SELECT {wanted}, {shape} FROM {quoted(table)} ORDER BY {first}"  # noqa: S608 # nosec B608
    cursor = connection.execute(sql)
    while rows := cursor.fetchmany(BATCH):
        yield [dict(zip((*columns, "geometry"), row, strict=True)) for row in rows]


def read_again(one_map: OneMapFile, row: Row, streets: Streets, decided: Mapping[str, Entry]) -> Row:
    """Return a row as it is now that something was decided."""
    with reading(one_map.path) as connection:
        geometry = tables_of(connection)[row.table]
    values = _attributes(one_map.path, row)
    values["geometry"] = values.pop(geometry, None) if geometry else None
    return _maker(row.table, Words(one_map.facts), streets, decided)(values)


def _maker(table: str, words: Words, streets: Streets, decided: Mapping[str, Entry]) -> Callable[[dict[str, Any]], Row]:
    if table == "case":
        return lambda row: _case(row, words, streets, decided.get(_text(row, "case_code")))
    if table == "near_border":
        return lambda row: _finding(table, row, words, streets, decided.get(_text(row, "case_code")))
    return lambda row: _finding(table, row, words, streets)


def case_columns() -> list[str]:
    """Return the headings of the list of cases."""
    return [tr("No."), tr("Reported"), tr("Matter"), tr("Address"), tr("Cell")]


def finding_columns() -> list[str]:
    """Return the headings of the list of findings."""
    return [tr("Kind"), tr("Layer"), tr("Concerns"), tr("Size"), tr("Street")]


def _case(row: dict[str, Any], words: Words, streets: Streets, decision: Entry | None) -> Row:
    box = box_of(row["geometry"])
    street = streets.find(_text(row, "street_code"), _text(row, "cell_code"), box)
    reported = _text(row, "reported_at")
    code, cell = _text(row, "case_code"), decision.value if decision else _text(row, "cell_code")
    matter, address = _text(row, "matter_name"), _text(row, "address")
    near = bool(row.get("near_border"))
    state = _text(row, "state")
    return Row(
        table="case",
        fid=row["fid"],
        sign=state or "settled",
        cells=(code, words.moment(reported), matter, address, cell or words.value("case", "how", row.get("how"))),
        keys=(code, reported, matter, address, cell),
        kind="decided" if decision else "near_border" if near else _text(row, "how"),
        group=matter,
        state=state,
        street=street,
        words=" ".join((code, matter, address, cell, streets.name(street))).casefold(),
        box=box,
        case=code,
    )


def _finding(table: str, row: dict[str, Any], words: Words, streets: Streets, decision: Entry | None = None) -> Row:
    box = box_of(row["geometry"])
    kind = _text(row, "kind") or {"object_gap": "object", "near_border": "near_border"}.get(table, table)
    kind = "decided" if decision else kind
    concerns = _first(row, "cells", "object_id", "case_code") or _text(row, "agency")
    cell = listed(_first(row, "cell_code", "cells")).split(", ")[0]
    street = streets.find("", cell, box)
    layer = _text(row, "layer_id") or ("case" if table == "near_border" else table)
    group = _text(row, "agency") or layer
    allowed = bool(row.get("allowed"))
    measure, unit = _measure(row)
    shown = (
        kind_title(kind),
        _text(row, "agency") or words.layer(layer),
        listed(concerns),
        f"{number(measure)} {unit}" if unit else "",
        streets.name(street),
    )
    return Row(
        table=table,
        fid=row["fid"],
        sign="allowed" if allowed or decision else kind,
        cells=shown,
        keys=(kind, shown[1], concerns, measure, shown[4]),
        kind=kind,
        group=group,
        state="decided" if decision else "allowed" if allowed else "open",
        street=street,
        words=" ".join((*shown, _text(row, "reason"), _text(row, "reason_zh"))).casefold(),
        box=box,
        case=_text(row, "case_code"),
    )


def details(one_map: OneMapFile, row: Row) -> list[tuple[str, str]]:
    """Return title and text of every filled attribute of a row, the reason first."""
    words = Words(one_map.facts)
    values = _attributes(one_map.path, row)
    reason = values.get("reason_zh") if language() == "zh" else None
    told = [(tr("Reason"), str(reason or values.get("reason") or ""))]
    for name, value in values.items():
        if name not in _NEVER_SHOWN and not isinstance(value, bytes):
            told.append((words.heading(row.table, name), words.value(row.table, name, value)))
    return [(title, text) for title, text in told if text]


def candidates(one_map: OneMapFile, row: Row) -> list[str]:
    """Return the cells that may answer for a case near a border, the one that answers now first."""
    values = _attributes(one_map.path, row)
    own = _text(values, "cell_code")
    others = [code for code in listed(_text(values, "candidates")).split(", ") if code and code != own]
    return [own, *others] if own and others else []


def _attributes(path: Path, row: Row) -> dict[str, Any]:
    with reading(path) as connection:
        sql = f"SELECT * FROM {quoted(row.table)} WHERE fid = ?"  # noqa: S608 # nosec B608
        found = connection.execute(sql, (row.fid,)).fetchone()
    return dict(found) if found is not None else {}


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _first(row: dict[str, Any], *names: str) -> str:
    return next((text for name in names if (text := _text(row, name))), "")


def _measure(row: dict[str, Any]) -> tuple[float, str]:
    for name, unit in (("area_m2", "m²"), ("length_m", "m"), ("distance_m", "m")):
        if row.get(name) is not None:
            return float(row[name]), unit
    return 0.0, ""
