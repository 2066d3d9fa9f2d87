"""`read_roster`: who holds which grid, from the tables that offices keep; every row is a holder's or is listed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from onemap.domain.catalogue import LayerSpec, fold_heading, load_catalogue
from onemap.domain.validity import as_day
from onemap.errors import SchemaError, some
from onemap.geo.dated import in_force
from onemap.translation import say

from .roster_cells import fold
from .roster_headings import Heading, find_heading
from .roster_listing import Listed
from .roster_rows import Record, RowReader
from .roster_sheets import Sheet, read_sheets, sheet_note
from .safety import checked_path, kind_of, reading_errors

REJECT_COLUMNS = ("source", "sheet", "row", "cell", "kind", "found", "reason", "removed")
_MOST_HEADINGS = 30
_DTYPES = {"row": "int64", "removed": "bool"}


@dataclass(frozen=True)
class Roster:
    """A roster as it was read.

    Attributes
    ----------
    holders
        One row an appointment, with the columns of the layer ``holder``, then ``sheet`` and ``row``, where it stands.
    rejects
        What is no appointment, and what could not be read of those that are: ``source sheet row cell kind found reason
        removed``. ``removed`` marks the rows of which there is no holder: titles, headings, sections, notes, totals,
        vacancies, and rows that cannot be read.
    notes
        English sentences: sheets, encoding, where the headings stand, what was filled from above, what was left out.
    rows_in
        Rows of the file that hold anything: those with holders and those with ``removed``, never both.
    """

    holders: pd.DataFrame
    rejects: pd.DataFrame
    notes: list[str]
    rows_in: int

    @property
    def vacancies(self) -> pd.DataFrame:
        """The rejects that say that nobody holds a grid."""
        return self.rejects[self.rejects["kind"] == "vacancy"].reset_index(drop=True)


def read_roster(
    path: str | Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    grids: Mapping[str, str] | None = None,
    fill_down: bool = False,
    as_of: Any = None,
) -> Roster:
    r"""Read a roster of holders as an office keeps it: Excel (.xlsx, .xls) or CSV.

    Titles above the headings, headings of one or two rows, merged cells, several names and telephones in a cell,
    shifts and posts side by side, notes and totals are understood. All sheets are read.

    Parameters
    ----------
    path
        The file.
    sheet
        The only sheet to be read.
    encoding
        Of a CSV, where it cannot be told.
    columns
        Column of the layer ``holder`` to the heading of the file, where the aliases of the catalogue do not know it.
        Also ``street``, ``community``, ``grid_name`` and ``period``.
    constants
        Column to the value of every holder, such as ``{"agency": "公安分局"}``; goes before what the file says.
    grids
        Names of grids to their codes, for rosters that name the grid (``白塔社区第一网格``) rather than its code. Codes
        that are none of these are listed.
    fill_down
        A blank grid means the one above it. Of workbooks the merged cells are known, so it is needed for CSV only.
    as_of
        Only appointments in force on this day; rows that leave none are listed as ``not_in_force``.

    Returns
    -------
    Roster
        Names, telephones and codes are text; days are dates.

    Raises
    ------
    SourceError
        The file is missing, damaged, of another kind, or its encoding cannot be told.
    SchemaError
        No sheet has headings that say who holds what, a column is unknown, or a heading in ``columns`` is not there.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "roster.csv")
    >>> text = "责任人名册\n网格编码,姓名,电话\n110102007012001,张 三、李四,13800000000 13900000000\n合计,2,\n"
    >>> _ = file.write_text(text, encoding="utf-8")
    >>> roster = read_roster(file)
    >>> roster.holders[["name", "phone"]].values.tolist()
    [['张三', '13800000000'], ['李四', '13900000000']]
    >>> roster.rejects["kind"].tolist(), roster.rows_in
    (['title', 'heading', 'total'], 4)
    """
    file = checked_path(path)
    spec = load_catalogue()["holder"]
    if kind_of(file) != "table" or file.suffix.lower() == ".dbf":
        raise SchemaError("{path}: a roster is read from .xlsx, .xls or .csv", path=file)
    _known(spec, {**(columns or {}), **(constants or {})}, file)
    with reading_errors(file):
        sheets, notes = read_sheets(file, sheet=sheet, encoding=encoding)
    named = {fold_heading(heading): name for name, heading in (columns or {}).items()}
    reader = RowReader(spec, constants=constants or {}, grids=grids, fill_down=fill_down)
    headings = [find_heading(one, spec, named) for one in sheets]
    if not any(headings):
        raise _no_headings(file, sheets)
    _all_found(columns or {}, sheets, headings, file)
    for one, heading in zip(sheets, headings, strict=True):
        notes += [sheet_note(one)] if one.name else []
        notes += _read_sheet(one, heading, reader)
    records = reader.finished()
    holders = in_force(_holders(spec, records), as_of).reset_index(drop=True)
    listed = [*reader.listing.listed, *_ended(records, holders, as_of)]
    rejects = _rejects(file.name, [one.name for one in sheets], listed)
    rows_in = sum(len(one.rows) for one in sheets)
    held = set(zip(holders["sheet"], holders["row"], strict=True))
    gone = set(zip(rejects["sheet"][rejects["removed"]], rejects["row"][rejects["removed"]], strict=True))
    assert not held & gone, file
    assert rows_in == len(held) + len(gone), file
    return Roster(holders, rejects, notes, rows_in)


def _known(spec: LayerSpec, names: Mapping[str, str], path: Path) -> None:
    known = [one.name for one in spec.fields] + ["street", "community", "grid_name", "period"]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SchemaError(
            "{path}: a roster has no column {missing}; known are {known}",
            path=path, missing=some(unknown), known=", ".join(known),
        )  # fmt: skip


def _no_headings(path: Path, sheets: list[Sheet]) -> SchemaError:
    first = [some((fold(cell) for cell in row if fold(cell)), most=12) for one in sheets for _, row in one.rows[:3]]
    return SchemaError(
        "{path}: no row has headings for both the name and the grid; give columns. It begins: {rows}",
        path=path,
        rows=" / ".join(first) or "-",
    )


def _all_found(columns: Mapping[str, str], sheets: list[Sheet], headings: list[Heading | None], path: Path) -> None:
    """Refuse headings that the caller named and no sheet has."""
    titles = {title for one in headings if one for title in one.titles.values()}
    known = {fold_heading(text) for t in titles for text in (t, t.replace("/", ""), t.rpartition("/")[2])}
    missing = [heading for heading in columns.values() if fold_heading(heading) not in known]
    if missing:
        rows = [cells for one, heading in zip(sheets, headings, strict=True) if heading
                for number, cells in one.rows if number in heading.rows]  # fmt: skip
        found = dict.fromkeys(text for cells in rows for text in map(fold, cells) if text)
        raise SchemaError(
            "{path}: there is no heading {missing}; the headings are {found}",
            path=path, missing=some(missing), found=some(found, most=_MOST_HEADINGS),
        )  # fmt: skip


def _read_sheet(sheet: Sheet, heading: Heading | None, reader: RowReader) -> list[str]:
    """Read the rows of one sheet; return notes."""
    if heading is None:
        for number, cells in sheet.rows:
            reader.list_row(sheet, number, cells, "no_heading", say("the sheet has no headings of a roster"))
        return []
    said = ", ".join(f"{title}: {heading.columns[at].field}" for at, title in sorted(heading.titles.items()))
    rows = "-".join(dict.fromkeys((str(heading.rows[0]), str(heading.rows[-1]))))
    filled = reader.read(sheet, heading)
    notes = [say("headings in row {rows}: {said}", rows=rows, said=said)]
    if filled:
        notes.append(say("{count} blank cells of streets, communities or grids are as above", count=filled))
    return notes


def _holders(spec: LayerSpec, records: list[Record]) -> pd.DataFrame:
    """Return the appointments as a table with the columns of the layer."""
    columns: dict[str, pd.Series] = {}
    for one in spec.fields:
        kind = {"date": "object", "integer": "Int64"}.get(one.type, "str")
        columns[one.name] = pd.Series([record.facts.get(one.name) for record in records], dtype=kind)
    columns["sheet"] = pd.Series([record.sheet for record in records], dtype="str")
    columns["row"] = pd.Series([record.row for record in records], dtype="int64")
    return pd.DataFrame(columns)


def _ended(records: list[Record], holders: pd.DataFrame, as_of: Any) -> list[Listed]:
    """Return the rows of which no appointment is in force on the day."""
    kept = set(zip(holders["sheet"], holders["row"], strict=True))
    names: dict[tuple[str, int], list[str]] = {}
    for record in records:
        if (record.sheet, record.row) not in kept:
            names.setdefault((record.sheet, record.row), []).append(str(record.facts.get("name") or ""))
    reason = say("not in force on {day}", day=as_day(as_of))
    return [
        Listed(
            sheet=sheet,
            row=row,
            column=-1,
            cell="",
            kind="not_in_force",
            found=", ".join(found),
            reason=reason,
            removed=True,
        )
        for (sheet, row), found in names.items()
    ]


def _rejects(source: str, sheets: list[str], listed: list[Listed]) -> pd.DataFrame:
    """Return what is listed as a table, in the order of the file."""
    listed = sorted(listed, key=lambda one: (sheets.index(one.sheet), one.row, one.column))
    found = [(source, one.sheet, one.row, one.cell, one.kind, one.found, one.reason, one.removed) for one in listed]
    rejects = pd.DataFrame(found, columns=list(REJECT_COLUMNS))
    return rejects.astype({name: _DTYPES.get(name, "str") for name in REJECT_COLUMNS})
