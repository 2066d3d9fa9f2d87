"""Reads one sheet of a workbook and writes it to standard output as JSON: a process of its own.

The parser of workbooks is fast native code that breaks off, or asks for all the memory there is, on some damaged
files. That must cost the file and not the run, so `workbooks` starts this module as a script. It imports nothing of
onemap.
"""

import datetime as dt
import json
import sys
from typing import Any

MOST_CELLS = 50_000_000
_MOST_BYTES = 3 * 1024**3


def cell_text(cell: Any) -> str:
    """Return a cell as text: whole numbers without ``.0``, times as ISO.

    Examples
    --------
    >>> cell_text(110101001001.0), cell_text(0.5), cell_text(dt.date(2026, 6, 30))
    ('110101001001', '0.5', '2026-06-30')
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)  # noqa: PLR2004
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def limit_memory() -> None:
    """Keep this process from taking more memory than a workbook can need (where the system has such limits)."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _MOST_BYTES if hard == resource.RLIM_INFINITY else min(_MOST_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def sheet(path: str, wanted: str) -> dict[str, Any]:
    """Return names of all sheets, names of those with content, and the rows of the one to be read as text."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        names = list(book.sheet_names)
        read = {name: book.get_sheet_by_name(name) for name in ([wanted] if wanted in names else names)}
        filled = [wanted] if wanted else [name for name, one in read.items() if one.total_height > 0]
        if len(filled) != 1 or filled[0] not in names:
            return {"sheets": names, "filled": filled, "rows": []}
        found = read[filled[0]]
        if found.total_height * found.total_width > MOST_CELLS:
            return {"error": f"more than {MOST_CELLS} cells"}
        cells = found.to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, python_calamine.XmlError, python_calamine.ZipError) as error:
        return {"error": str(error)}
    rows = ([cell_text(cell) for cell in row] for row in cells)
    return {"sheets": names, "filled": filled, "rows": [row for row in rows if any(row)]}


def raw_cell(cell: Any) -> Any:
    """Return a cell as JSON keeps it: text and numbers as they are, days and times as ISO.

    Examples
    --------
    >>> raw_cell(1.38e10), raw_cell(" 张三"), raw_cell(dt.datetime(2026, 3, 1))
    (13800000000.0, ' 张三', '2026-03-01')
    """
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return cell if isinstance(cell, str | bool | float | int) else cell_text(cell)


def raw_sheets(path: str, wanted: str) -> dict[str, Any]:
    """Return every sheet with content, or the one that is wanted: all rows from the first on, and merged cells."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        names = list(book.sheet_names)
        read = [book.get_sheet_by_name(name) for name in names if wanted in ("", name)]
        if sum((one.total_height + 1) * (one.total_width + 1) for one in read) > MOST_CELLS:
            return {"error": f"more than {MOST_CELLS} cells"}
        found = [
            {
                "name": one.name,
                "rows": [[raw_cell(cell) for cell in row] for row in one.to_python(skip_empty_area=False)],
                "merged": getattr(one, "merged_cell_ranges", None),
            }
            for one in read
            if one.height
        ]
    except (python_calamine.CalamineError, python_calamine.XmlError, python_calamine.ZipError) as error:
        return {"error": str(error)}
    return {"sheets": names, "raw": found}


if __name__ == "__main__":
    limit_memory()
    json.dump((raw_sheets if "--raw" in sys.argv[3:] else sheet)(sys.argv[1], sys.argv[2]), sys.stdout)
