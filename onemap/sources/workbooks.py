"""Excel workbooks: one sheet as rows of text, read by a process of its own (`sheet_reader`)."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from onemap.errors import SourceError, some
from onemap.translation import say

from . import sheet_reader
from .archives import check_office_file

_HEADING_ROWS = 30
_SECONDS = 120


def read_sheet(path: Path, sheet: str | None) -> tuple[list[list[str]], list[str]]:
    """Return the rows of a sheet from its headings on, and notes.

    Raises
    ------
    SourceError
        The workbook is damaged, or the sheet must be named, or the extra ``excel`` is not installed.
    """
    found = _found(path, sheet)
    filled = found["filled"]
    if len(filled) > 1:
        raise SourceError(
            "{path}: it has the sheets {sheets}; name one (--layer; in a manifest sublayer)",
            path=path,
            sheets=some(filled),
        )
    rows = found["rows"]
    notes = [say("sheet {sheet}", sheet=filled[0])] if filled else []
    skipped = _heading_row(rows)
    if skipped:
        notes.append(say("{count} rows above the headings are left out", count=skipped))
    return rows[skipped:], notes


def read_raw_sheets(path: Path, sheet: str | None) -> list[dict[str, Any]]:
    """Return the sheets with content (or the one named) as they stand: ``name``, ``rows``, ``merged`` ranges.

    Raises
    ------
    SourceError
        As `read_sheet`.
    """
    raw: list[dict[str, Any]] = _found(path, sheet, "--raw")["raw"]
    return raw


def _found(path: Path, sheet: str | None, *options: str) -> dict[str, Any]:
    """Return what the reader found, or raise what is wrong with the file."""
    if find_spec("python_calamine") is None:
        raise SourceError(
            "{path}: cannot be read, since {found}", path=path, found=SourceError.missing("python-calamine", "excel")
        )
    if path.suffix.lower() == ".xlsx":
        check_office_file(path)
    found = _asked(path, sheet, *options)
    if "error" in found:
        raise SourceError("{path}: cannot be read ({error})", path=path, error=found["error"])
    if sheet is not None and sheet not in found["sheets"]:
        raise SourceError(
            "{path}: there is no sheet {sheet}; it has {sheets}", path=path, sheet=sheet, sheets=some(found["sheets"])
        )
    return found


def _asked(path: Path, sheet: str | None, *options: str) -> dict[str, Any]:
    """Return what the reader's process answers; its death is the file's fault."""
    command = [sys.executable, "-P", sheet_reader.__file__, str(path.resolve()), sheet or "", *options]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise SourceError("{path}: not read within {seconds} seconds", path=path, seconds=_SECONDS) from error
    except subprocess.CalledProcessError as error:
        raise SourceError("{path}: damaged; the reader of workbooks broke off", path=path) from error
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _heading_row(rows: list[list[str]]) -> int:
    """Return the number of rows above the headings: titles, which fill far fewer cells than the table is wide."""
    filled = [sum(map(bool, row)) for row in rows[:_HEADING_ROWS]]
    widest = max(filled, default=0)
    return next((at for at, count in enumerate(filled) if count * 5 >= widest * 3), 0)
