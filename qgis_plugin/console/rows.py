"""Rows of the two lists, read in batches straight from the one map. No QGIS object is made here."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..onemap.domain.catalogue import LayerSpec, load_catalogue
from ..project.one_map_file import columns_of, quoted, reading, tables_of
from ..translation import language, title_of, tr
from .envelope import Box, box_of
from .streets import Streets

BATCH = 4_000
FINDING_TABLES = ("defect", "defect_line", "coverage_gap", "object_gap", "near_border")
CASE_TABLES = ("case",)
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


class Titles:
    """Words for values: titles of layers, labels of coded values, names of streets, in QGIS's language."""

    def __init__(self) -> None:
        self._catalogue = load_catalogue()
        self._chinese = language() == "zh"

    def layer(self, layer_id: str) -> str:
        """Return the title of a layer."""
        spec = self._catalogue.get(layer_id)
        return title_of(spec) if spec else layer_id

    def value(self, table: str, field: str, value: str) -> str:
        """Return the label of a coded value."""
        if not value:
            return ""
        if self._chinese:
            return self._labels(table, field).get(value, value)
        return value.replace("_", " ")

    def _labels(self, table: str, field: str) -> Mapping[str, str]:
        spec = self._catalogue.get(table)
        found = next((item for item in spec.fields if item.name == field), None) if spec else None
        return found.values if found else {}


def read_rows(path: Path, tables: tuple[str, ...], streets: Streets) -> Iterator[list[Row]]:
    """Yield the rows of these tables in batches; tables that the map lacks are passed over.

    The file stays open, for reading only, until the last batch is taken or the iterator is closed.
    """
    titles = Titles()
    with reading(path) as connection:
        present = tables_of(connection)
        for table in tables:
            if table not in present:
                continue
            make = _maker(table, titles, streets)
            for batch in _batches(connection, table, present[table]):
                yield [make(row) for row in batch]


def _batches(connection: sqlite3.Connection, table: str, geometry: str) -> Iterator[list[dict[str, Any]]]:
    columns = [name for name in columns_of(connection, table) if name != geometry]
    wanted = ", ".join(map(quoted, columns))
    shape = quoted(geometry) if geometry else "NULL"
    cursor = connection.execute(f"SELECT {wanted}, {shape} AS geometry FROM {quoted(table)}")  # noqa: S608 # nosec B608
    while rows := cursor.fetchmany(BATCH):
        yield [dict(zip((*columns, "geometry"), row, strict=True)) for row in rows]


def _maker(table: str, titles: Titles, streets: Streets):
    if table == "case":
        return lambda row: _case(row, titles, streets)
    return lambda row: _finding(table, row, titles, streets)


def case_columns() -> list[str]:
    """Return the headings of the list of cases."""
    return [tr("No."), tr("Reported"), tr("Matter"), tr("Address"), tr("Cell")]


def finding_columns() -> list[str]:
    """Return the headings of the list of findings."""
    return [tr("Kind"), tr("Layer"), tr("Concerns"), tr("Size"), tr("Street")]


def _case(row: dict[str, Any], titles: Titles, streets: Streets) -> Row:
    box = box_of(row["geometry"])
    street = streets.find(_text(row, "street_code"), _text(row, "cell_code"), box)
    reported = _text(row, "reported_at")
    code, cell = _text(row, "case_code"), _text(row, "cell_code")
    matter, address = _text(row, "matter_name"), _text(row, "address")
    near = bool(row.get("near_border"))
    state = _text(row, "state")
    return Row(
        table="case",
        fid=row["fid"],
        sign=state or "settled",
        cells=(code, _moment(reported), matter, address, cell or titles.value("case", "how", _text(row, "how"))),
        keys=(code, reported, matter, address, cell),
        kind="near_border" if near else _text(row, "how"),
        group=matter,
        state=state,
        street=street,
        words=" ".join((code, matter, address, cell, streets.name(street))).casefold(),
        box=box,
    )


def _finding(table: str, row: dict[str, Any], titles: Titles, streets: Streets) -> Row:
    box = box_of(row["geometry"])
    kind = _text(row, "kind") or {"object_gap": "object", "near_border": "near_border"}.get(table, table)
    concerns = _first(row, "cells", "object_id", "case_code") or _text(row, "agency")
    cell = _first(row, "cell_code", "cells").split(",")[0]
    street = streets.find("", cell, box)
    layer = _text(row, "layer_id") or ("case" if table == "near_border" else table)
    group = _text(row, "agency") or layer
    allowed = bool(row.get("allowed"))
    measure, unit = _measure(row)
    shown = (
        kind_title(kind),
        _text(row, "agency") or titles.layer(layer),
        concerns.replace(",", ", "),
        f"{measure:,.{_digits(measure)}f} {unit}" if unit else "",
        streets.name(street),
    )
    return Row(
        table=table,
        fid=row["fid"],
        sign="allowed" if allowed else kind,
        cells=shown,
        keys=(kind, shown[1], concerns, measure, shown[4]),
        kind=kind,
        group=group,
        state="allowed" if allowed else "open",
        street=street,
        words=" ".join((*shown, _text(row, "reason"), _text(row, "reason_zh"))).casefold(),
        box=box,
    )


def kind_title(kind: str) -> str:
    """Return the title of a kind of finding, or of the way in which a case got its cell."""
    titles = {
        "gap": tr("gap"),
        "overlap": tr("overlap"),
        "outside": tr("outside"),
        "mismatch": tr("mismatched edge"),
        "invalid": tr("invalid"),
        "duplicate": tr("duplicate"),
        "nesting": tr("wrong level"),
        "orphan": tr("orphan"),
        "land": tr("land nobody covers"),
        "object": tr("object without cell"),
        "near_border": tr("near border"),
        "inside": tr("inside one cell"),
        "border": tr("on a border"),
        "near": tr("nearest cell"),
        "no_position": tr("no position"),
    }
    return titles.get(kind, kind)


def state_title(state: str) -> str:
    """Return the title of a state of a case or of a finding."""
    titles = {
        "new": tr("new"),
        "in_hand": tr("in hand"),
        "overdue": tr("overdue"),
        "settled": tr("settled"),
        "open": tr("open"),
        "allowed": tr("allowed"),
    }
    return titles.get(state, state)


def details(path: Path, row: Row) -> list[tuple[str, str]]:
    """Return title and text of every filled attribute of a row, the reason first."""
    spec = load_catalogue().get(row.table)
    with reading(path) as connection:
        columns = columns_of(connection, row.table)
        found = connection.execute(
            f"SELECT * FROM {quoted(row.table)} WHERE {quoted(columns[0])} = ?",  # noqa: S608 # nosec B608
            (row.fid,),
        ).fetchone()
    if found is None:
        return []
    values = dict(zip(columns, found, strict=True))
    reason = values.get("reason_zh") if language() == "zh" else None
    told = [(tr("Reason"), str(reason or values.get("reason") or ""))]
    for name, value in values.items():
        if name not in _NEVER_SHOWN and value not in (None, "") and not isinstance(value, bytes):
            told.append((_heading(spec, name), _shown(spec, name, value)))
    return [(title, text) for title, text in told if text]


def _heading(spec: LayerSpec | None, name: str) -> str:
    field = next((item for item in spec.fields if item.name == name), None) if spec else None
    return title_of(field) if field else name


def _shown(spec: LayerSpec | None, name: str, value: Any) -> str:
    field = next((item for item in spec.fields if item.name == name), None) if spec else None
    if field is None:
        return str(value)
    if field.type == "boolean":
        return tr("yes") if value else tr("no")
    if field.type == "datetime":
        return _moment(str(value))
    if field.type == "real":
        return f"{value:,.{_digits(value)}f}"
    if field.values and language() == "zh":
        return field.values.get(value, value)
    if name == "layer_id":
        return Titles().layer(value)
    return str(value).replace(",", ", ") if name in ("cells", "candidates") else str(value)


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


def _digits(measure: float) -> int:
    """Show small sizes exactly enough to tell them from nothing."""
    return 0 if abs(measure) >= 100 or measure == int(measure) else 2


def _moment(text: str) -> str:
    """Return a moment stored in UTC as this computer's clock shows it."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return text
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone().strftime("%Y-%m-%d %H:%M")
