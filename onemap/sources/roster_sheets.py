"""The sheets of a roster as they stand: every row with its number, merged cells filled, nothing left out."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from onemap.errors import SourceError
from onemap.translation import say

from .roster_cells import Cell, fold
from .tables import read_rows
from .workbooks import read_raw_sheets

_LAST_ROWS = 200_000


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes
    ----------
    name
        Its name; blank for a CSV.
    rows
        Number (as the office sees it, from 1) and cells of each row that holds anything, merged cells filled.
    alone
        Numbers of the rows in which one thing only was written: titles, notes, headings of sections.
    merged
        Whether the file says which cells are merged: then a blank cell is a blank cell.
    spans
        The merged cells that reach into a row, by its number: first and last column, and their name, as ``A3:A5``.
    """

    name: str
    rows: list[tuple[int, list[Cell]]]
    alone: frozenset[int]
    merged: bool
    spans: Mapping[int, list[tuple[int, int, str]]] = field(default_factory=dict)

    def cell(self, number: int, column: int) -> str:
        """Return a cell as a spreadsheet names it: ``C7``, or ``C7:C9`` where it is merged."""
        merged = (name for left, right, name in self.spans.get(number, ()) if left <= column <= right)
        return next(merged, cell_name(number, column))


def read_sheets(path: Path, *, sheet: str | None, encoding: str | None) -> tuple[list[Sheet], list[str]]:
    """Return the sheets of a workbook or the one of a text file, and notes.

    Raises
    ------
    SourceError
        The file is damaged, or there is no such sheet.
    """
    if path.suffix.lower() in (".xls", ".xlsx"):
        return [_workbook_sheet(found) for found in read_raw_sheets(path, sheet)], []
    try:
        rows, notes = read_rows(path, encoding=encoding)
    except csv.Error as error:
        raise SourceError("{path}: cannot be read ({error})", path=path, error=error) from error
    filled = [
        (number, [cell or None for cell in row]) for number, row in enumerate(rows, start=1) if any(map(fold, row))
    ]
    alone = frozenset(number for number, row in filled if sum(map(bool, map(fold, row))) == 1)
    return [Sheet("", [(number, list(row)) for number, row in filled], alone, merged=False)], notes


def _workbook_sheet(found: dict[str, object]) -> Sheet:
    """Return a sheet with its merged cells filled."""
    cells: list[list[Cell]] = found["rows"]  # type: ignore[assignment]
    ranges: list[list[list[int]]] | None = found["merged"]  # type: ignore[assignment]
    width = max(map(len, cells), default=0)
    grid = [row + [None] * (width - len(row)) for row in cells]
    wrote = [sum(bool(fold(cell)) for cell in row) for row in grid]
    for (top, left), (bottom, right) in ranges or ():
        grid += [[None] * width for _ in range(len(grid), min(bottom + 1, _LAST_ROWS))]
        value = grid[top][left] if top < len(grid) and left < width else None
        for row in range(top, min(bottom + 1, len(grid))):
            for column in range(left, min(right + 1, width)):
                grid[row][column] = value
    alone = _alone(grid, wrote, ranges or [])
    rows = [(number, row) for number, row in enumerate(grid, start=1) if any(fold(cell) for cell in row)]
    return Sheet(str(found["name"]), rows, alone, merged=ranges is not None, spans=_spans(ranges or [], len(grid)))


def _spans(ranges: list[list[list[int]]], rows: int) -> dict[int, list[tuple[int, int, str]]]:
    """Return the merged cells that reach into each row."""
    spans: dict[int, list[tuple[int, int, str]]] = {}
    for (top, left), (bottom, right) in ranges:
        name = f"{cell_name(top + 1, left)}:{cell_name(bottom + 1, right)}"
        for row in range(top, min(bottom + 1, rows)):
            spans.setdefault(row + 1, []).append((left, right, name))
    return spans


def _alone(grid: list[list[Cell]], wrote: list[int], ranges: list[list[list[int]]]) -> frozenset[int]:
    """Return the rows in which one thing was written and into which no merged cell reaches from above."""
    reached = {row for (top, _), (bottom, _) in ranges for row in range(top + 1, bottom + 1)}
    begins_long = {top for (top, _), (bottom, _) in ranges if bottom > top}
    alone = {at + 1 for at, count in enumerate(wrote) if count == 1 and at not in reached | begins_long}
    texts = [[text for text in map(fold, row) if text] for row in grid]
    return frozenset(alone | {at + 1 for at, row in enumerate(texts) if len(row) > 1 == len(set(row))})


def cell_name(row: int, column: int) -> str:
    """Return a cell as a spreadsheet names it.

    Examples
    --------
    >>> cell_name(7, 2), cell_name(1, 27)
    ('C7', 'AB1')
    """
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return f"{letters}{row}"


def sheet_note(sheet: Sheet) -> str:
    """Return the sentence that names a sheet."""
    return say("sheet {sheet}", sheet=sheet.name)
