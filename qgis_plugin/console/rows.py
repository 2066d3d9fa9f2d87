"""Rows of the two lists, read in batches straight from the one map. No QGIS object is made here."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..onemap.domain.journal import ACCEPT_REPAIR, ALLOW_GAP, REFUSE_REPAIR, Entry, FindingSpot
from ..onemap.domain.judged import about_of, expired
from ..project.one_map_file import OneMapFile, columns_of, quoted, reading, tables_of
from ..translation import language, squared, tr
from .envelope import Box, box_of
from .findings.judged import Judged
from .findings.twins import GAPS, LANDS, Twins, land_of, people_in_gaps, with_people
from .streets import Streets
from .words import Words, begun, kind_title, listed, number, state_of, together

_KM2 = 1_000_000
BATCH = 250  # rows in one stroke of the window
FINDING_TABLES = ("defect", "defect_line", "coverage_gap", "object_gap", "near_border", "duty_gap", "duty_conflict")
LIVE = "live_case"  # cases that came while the map is shown, in a file of their own beside it
CASE_TABLES = ("case", LIVE)
NEAR_SETTLED = "near_settled"  # near a border and settled: nobody need decide it
OPEN, OVERDUE = ("new", "in_hand"), "overdue"
NOWHERE = ("outside", "no_position")  # how cases come to have no cell
_FIRST = {"reported_at": "reported_at DESC", "allowed": "coalesce(allowed, 0)", "area_m2": "area_m2 DESC"}
_ANSWERED = ("accepted", "allowed")  # nobody need decide these any more
_STATE_OF = {ALLOW_GAP: "allowed", ACCEPT_REPAIR: "accepted", REFUSE_REPAIR: "refused"}
_NEVER_SHOWN = frozenset({"fid", "geometry", "geom", "reason", "reason_zh", "given_x", "given_y", "in_map", "live_row"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list.

    ``cells`` are the texts of the columns and ``keys`` what the columns are sorted by; ``kind``, ``group``,
    ``state``, ``street``, ``moment`` and ``holder`` are what the filters ask; ``words`` is what the search looks
    through.
    ``chip`` names the counter of its kind: what is settled near a border, accepted or allowed has one of its own.
    ``about`` is, of a finding, the beginning of the subject of what is decided about it.
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
    moment: str = ""  # when it was reported, as stored: UTC
    holder: str = ""  # who is appointed to its cell
    about: str = ""
    chip: str = ""  # under which counter it is found: the kind, unless that is settled or accepted
    due: str = ""  # of an open case: when it becomes overdue, as stored: UTC
    further: tuple[str, ...] = ()  # streets into which a finding reaches beside the one that has most of it
    streets_told: str = ""  # the names of all of them, where they are several


@dataclass(frozen=True)
class Known:
    """What is known beside the rows themselves: streets, holders, and what people decided."""

    streets: Streets = field(default_factory=lambda: Streets({}, {}, []))
    holders: Mapping[str, str] = field(default_factory=dict)  # name by code of the grid
    decided: Mapping[str, Entry] = field(default_factory=dict)  # by code of the case
    judged: Judged = field(default_factory=Judged)
    settled: frozenset[str] = frozenset()  # cases near a border that are settled
    clock: Callable[[str], str] = lambda _: ""  # moment at which the cases of a table are looked at, in UTC
    today: str = field(default_factory=lambda: date.today().isoformat())  # noqa: DTZ011 - the desk's own day


def read_rows(one_map: OneMapFile, tables: tuple[str, ...], known: Known) -> Iterator[list[Row]]:
    """Yield the rows of these tables in batches, the latest cases and the largest open findings first.

    Tables that the map lacks are passed over. What somebody decided is shown as decided. Land that nobody covers and
    that is listed as a gap of the grids is not listed again.

    Live cases come first: they are the latest. The file stays open, for reading only, until the last batch is taken
    or the iterator is closed.
    """
    words, twins = Words(one_map.facts), Twins()
    beside = file_of(one_map.path, LIVE)
    files = [(beside, (LIVE,))] if LIVE in tables and beside.exists() else []
    for path, wanted in [*files, (one_map.path, tables)]:
        with reading(path) as connection:
            present = tables_of(connection)
            only = _not_in_map(connection, one_map) if path == beside else ""
            for table in wanted:
                if table not in present:
                    continue
                make = _maker(table, words, known)
                for batch in _batches(connection, table, present[table], only):
                    rows = [make(row) for row in twins.of_batch(table, batch)]
                    of_past = table in FINDING_TABLES  # settled near a border: found among the cases, and no finding
                    yield [row for row in rows if row.chip != NEAR_SETTLED] if of_past else rows


def file_of(one_map: Path, table: str) -> Path:
    """Return the file in which a table lies: the map itself, or the one beside it that keeps live cases."""
    return one_map.with_name(f"{one_map.stem}.live.gpkg") if table == LIVE else one_map


def _not_in_map(connection: sqlite3.Connection, one_map: OneMapFile) -> str:
    """Return the condition that leaves out live cases which a build has taken into the map."""
    if one_map.layer("case") is None:
        return ""
    connection.execute("ATTACH ? AS map", (f"file:{quote(str(one_map.path))}?mode=ro&immutable=1",))
    return 'WHERE case_code NOT IN (SELECT case_code FROM map."case" WHERE case_code IS NOT NULL)'


def _batches(connection: sqlite3.Connection, table: str, geometry: str, only: str) -> Iterator[list[dict[str, Any]]]:
    columns = [name for name in columns_of(connection, table) if name != geometry]
    wanted = ", ".join(map(quoted, columns))
    shape = quoted(geometry) if geometry else "NULL"
    first = ", ".join([*(part for name, part in _FIRST.items() if name in columns), "fid"])
    sql = f"SELECT {wanted}, {shape} FROM {quoted(table)} {only} ORDER BY {first}"  # noqa: S608 # nosec B608
    people = people_in_gaps(connection) if table == GAPS else {}
    cursor = connection.execute(sql)
    while rows := cursor.fetchmany(BATCH):
        yield [with_people(dict(zip((*columns, "geometry"), row, strict=True)), people) for row in rows]


def read_again(one_map: OneMapFile, row: Row, known: Known) -> Row:
    """Return a row as it is now that something was decided."""
    with reading(file_of(one_map.path, row.table)) as connection:
        geometry = tables_of(connection)[row.table]
        people = people_in_gaps(connection) if row.table == GAPS else {}
    values = with_people(attributes(one_map.path, row), people)
    values["geometry"] = values.pop(geometry, None) if geometry else None
    return _maker(row.table, Words(one_map.facts), known)(values)


def _maker(table: str, words: Words, known: Known) -> Callable[[dict[str, Any]], Row]:
    if table in CASE_TABLES:
        return lambda row: _case(row, words, known, table=table)
    return lambda row: _finding(table, row, words, known)


def case_columns() -> list[str]:
    """Return the headings of the list of cases."""
    return [tr("No."), tr("Reported"), tr("Matter"), tr("Address"), tr("Cell")]


def finding_columns() -> list[str]:
    """Return the headings of the list of findings."""
    return [tr("Kind"), tr("Layer"), tr("Concerns"), tr("Size"), tr("People"), tr("Street")]


def live_row(one_map: OneMapFile, values: dict[str, Any], known: Known) -> Row:
    """Return the row of a case that has just come; ``box`` among its values says where it lies."""
    return _case(values, Words(one_map.facts), known, table=LIVE)


def _case(row: dict[str, Any], words: Words, known: Known, *, table: str = "case") -> Row:
    box = row["box"] if "box" in row else box_of(row["geometry"])
    street = known.streets.find(_text(row, "street_code"), _text(row, "cell_code"), box)
    reported = _text(row, "reported_at")
    code = _text(row, "case_code")
    decision = known.decided.get(code)
    cell = decision.value if decision else _text(row, "cell_code")
    matter, address = _text(row, "matter_name"), _text(row, "address")
    near = bool(row.get("near_border"))
    state = state_of(_text(row, "state"))
    due = _text(row, "due_at") if state in OPEN else ""
    if due and due < known.clock(table):
        state, due = OVERDUE, ""
    holder = known.holders.get(cell, "")
    how = _text(row, "how")
    kind = "decided" if decision else "near_border" if near else how
    past = kind == "near_border" and state == "settled"
    return Row(
        table=table,
        fid=row["fid"],
        sign=state,
        cells=(
            code or tr("no number"),
            words.moment(reported),
            matter,
            address,
            cell or words.value("case", "how", row.get("how")),
        ),
        keys=(code, reported, matter, address, cell),
        kind=kind,
        group=matter,
        state=state,
        street=street,
        words=" ".join((code, matter, address, cell, holder, known.streets.name(street))).casefold(),
        box=box,
        case=code,
        moment=reported,
        holder=holder,
        due=due,
        chip=how if past and how in NOWHERE else NEAR_SETTLED if past else kind,
    )


def _finding(table: str, row: dict[str, Any], words: Words, known: Known) -> Row:
    box = box_of(row["geometry"])
    about = about_of(table, row)
    own = about.partition("|")[0]
    case = _text(row, "case_code")
    settled = table == "near_border" and case in known.decided
    kind = "decided" if settled else "conflict" if table == "duty_conflict" else own
    concerns = _first(row, "cells", "object_id", "case_code") or _text(row, "matters")
    streets = known.streets.of_finding(listed(_first(row, "cell_code", "cells")).split(", "), box, row["geometry"])
    names = [known.streets.name(code) for code in streets]
    layer = _text(row, "layer_id") or {"near_border": "case"}.get(table, table)
    entry = known.judged.find(about, box, row["geometry"])
    allowed = bool(row.get("allowed")) and (row.get("entry") is None or known.judged.stands(row["entry"]))
    state = "decided" if settled else _state_of(entry, allowed=allowed, today=known.today)
    is_past = table == "near_border" and not settled and case in known.settled
    if is_past:
        state = "settled"
    told_kind = kind_title(kind) if kind == own or settled else f"{kind_title(kind)}: {kind_title(own)}"
    measure, unit = _measure(row)
    people = float(row.get("residents") or 0)
    shown = (
        f"{told_kind} · {kind_title(state)}" if state in _ANSWERED else told_kind,
        _text(row, "agency") or words.layer(layer),
        listed(concerns) or (tr("no number") if table in ("object_gap", "near_border") else ""),
        _size(measure, unit),
        f"{people:,.0f}" if row.get("residents") is not None else "",
        known.streets.told(streets),
    )
    return Row(
        table=table,
        fid=row["fid"],
        sign=kind if state in ("open", "refused") else state if state in _ANSWERED else "allowed",
        cells=shown,
        keys=(kind, shown[1], concerns, measure, people, shown[5]),
        kind=kind,
        group=_text(row, "agency") or layer,
        state=state,
        street=streets[0] if streets else "",
        further=streets[1:],
        streets_told=together(names) if streets[1:] else "",
        words=" ".join((*shown, *names, _text(row, "reason"), _text(row, "reason_zh"))).casefold(),
        box=box,
        case=case,
        about=about,
        chip=NEAR_SETTLED if is_past else state if state in _ANSWERED else kind,
    )


def _state_of(entry: Entry | None, *, allowed: bool, today: str) -> str:
    """Return the state of a finding: what a person said last, else what the map says."""
    if entry is None or (entry.verb == ALLOW_GAP and expired(entry, today)):
        return "allowed" if allowed and entry is None else "open"
    return _STATE_OF[entry.verb]


def holds(row: Row, spot: FindingSpot) -> bool:
    """Return whether a spot that was decided about lies where a row does."""
    return (
        row.box is not None
        and row.box[0] - 1 <= spot.x <= row.box[2] + 1
        and row.box[1] - 1 <= spot.y <= row.box[3] + 1
    )


def details(one_map: OneMapFile, row: Row) -> list[tuple[str, str]]:
    """Return title and text of every filled attribute of a row, the reason first, sentences in one language."""
    words = Words(one_map.facts)
    values, spec = attributes(one_map.path, row), "case" if row.table == LIVE else row.table
    specs = dict.fromkeys(values, spec)
    if row.table == GAPS:
        with reading(one_map.path) as connection:
            values |= land_of(connection, values)
    for name in [name.removesuffix("_zh") for name in values if name.endswith("_zh")]:
        chinese = values.pop(f"{name}_zh")
        values[name] = chinese if language() == "zh" and chinese else values.get(name)
    told = [(tr("Reason"), begun(squared(str(values.get("reason") or ""))))]
    for name, value in values.items():
        if name not in _NEVER_SHOWN and not isinstance(value, bytes):
            told.append((words.heading(specs.get(name, LANDS), name), words.value(specs.get(name, LANDS), name, value)))
    return [(title, text) for title, text in told if text]


def candidates(one_map: OneMapFile, row: Row) -> list[str]:
    """Return the cells that may answer for a case near a border, the one that answers now first."""
    values = attributes(one_map.path, row)
    own = _text(values, "cell_code")
    others = [code for code in listed(_text(values, "candidates")).split(", ") if code and code != own]
    return [own, *others] if own and others else []


def attributes(path: Path, row: Row) -> dict[str, Any]:
    """Return all columns of a row as they are stored."""
    with reading(file_of(path, row.table)) as connection:
        sql = f"SELECT * FROM {quoted(row.table)} WHERE fid = ?"  # noqa: S608 # nosec B608
        found = connection.execute(sql, (row.fid,)).fetchone()
    return dict(found) if found is not None else {}


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _first(row: dict[str, Any], *names: str) -> str:
    return next((text for name in names if (text := _text(row, name))), "")


def _size(measure: float, unit: str) -> str:
    """Return a size as it is said: land of square kilometres in those."""
    if unit == "m²" and measure >= _KM2:
        measure, unit = round(measure / _KM2, 2), "km²"
    return f"{number(measure)} {unit}" if unit else ""


def _measure(row: dict[str, Any]) -> tuple[float, str]:
    for name, unit in (("area_m2", "m²"), ("length_m", "m"), ("distance_m", "m")):
        if row.get(name) is not None:
            return float(row[name]), unit
    return 0.0, ""


def settled_near_border(one_map: OneMapFile) -> frozenset[str]:
    """Return the codes of the cases near a border that are settled."""
    with reading(one_map.path) as connection:
        if "case" not in tables_of(connection) or not {"near_border", "state"} <= set(columns_of(connection, "case")):
            return frozenset()
        sql = "SELECT case_code FROM \"case\" WHERE near_border AND state = 'settled'"
        return frozenset(str(row[0]) for row in connection.execute(sql))


def carried_out(one_map: OneMapFile | None) -> frozenset[int]:
    """Return the numbers of the entries about findings that the build of a map followed."""
    if one_map is None:
        return frozenset()
    with reading(one_map.path) as connection:
        if "finding_decision" not in tables_of(connection):
            return frozenset()
        return frozenset(row[0] for row in connection.execute("SELECT number FROM finding_decision WHERE followed"))


def codes_of(one_map: OneMapFile) -> list[str]:
    """Return the codes of the finest level's cells."""
    level = one_map.levels[-1] if one_map.levels else ""
    return codes_in(one_map, level, level.removeprefix("grid_") + "_code") if level else []


def codes_in(one_map: OneMapFile, table: str, code: str, agency: str = "") -> list[str]:
    """Return the codes in a table; of one agency's rows alone, where it is named."""
    with reading(one_map.path) as connection:
        if table not in tables_of(connection) or code not in columns_of(connection, table):
            return []
        only = " WHERE agency = ?" if agency else ""
        sql = f"SELECT DISTINCT {quoted(code)} FROM {quoted(table)}{only} ORDER BY 1"  # noqa: S608 # nosec B608
        return [str(row[0]) for row in connection.execute(sql, (agency,) if agency else ())]


def shape_at(one_map: OneMapFile, row: Row) -> bytes | None:
    """Return the geometry of a row as it is stored."""
    with reading(file_of(one_map.path, row.table)) as connection:
        geometry = tables_of(connection).get(row.table, "")
    value = attributes(one_map.path, row).get(geometry)
    return value if isinstance(value, bytes) else None
