"""Options that several verbs share, their help in the caller's language."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from onemap.errors import OnemapError
from onemap.translation import LANGUAGES, say

from .terminal import ProgressKind, Terminal, preferred_language

LANGUAGE = preferred_language(sys.argv)
helped = partial(say, language=LANGUAGE)

Json = Annotated[bool, typer.Option("--json", help=helped("Answer with one JSON object on stdout."))]
Kind = Annotated[ProgressKind, typer.Option("--progress", help=helped("How progress is told on stderr."))]
Lang = Annotated[str, typer.Option("--lang", help=helped("Language of the answer: en or zh."), metavar="en|zh")]
ReportLang = Annotated[
    str | None, typer.Option("--report-lang", help=helped("Language of the report (else --lang)."), metavar="en|zh")
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help=helped("File to write: .gpkg, .csv, .xlsx or .parquet."))]
Code = Annotated[
    str | None, typer.Option("--code", help=helped("Column of the cell codes (found by its title if not given)."))
]
Layer = Annotated[str | None, typer.Option("--layer", help=helped("Layer of the file, where it has several."))]
Crs = Annotated[str | None, typer.Option("--crs", help=helped("Coordinate system, where the file does not say it."))]
Encoding = Annotated[str | None, typer.Option("--encoding", help=helped("Encoding, where the file does not say it."))]
Fail = Annotated[bool, typer.Option("--fail-on-findings", help=helped("Exit with 1 when something was found."))]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help=helped("Only rows in force on this day, such as 2026-06-30."))
]
Root = Annotated[Path | None, typer.Option("--root", help=helped("Folder of the sources (else the manifest's)."))]
Folder = Annotated[
    Path | None, typer.Option("--out", "-o", help=helped("Folder to write to (else out beside the manifest)."))
]


def terminal_for(as_json: bool, progress: ProgressKind, language: str) -> Terminal:
    """Return the terminal that these options ask for."""
    if language not in LANGUAGES:
        raise OnemapError("--lang is {found}; it must be en or zh", found=language)
    return Terminal(language, as_json, progress)


def report_language(asked: str | None, otherwise: str) -> str:
    """Return the language in which a report is to be written."""
    if asked is not None and asked not in LANGUAGES:
        raise OnemapError("--report-lang is {found}; it must be en or zh", found=asked)
    return asked or otherwise


def say_written(terminal: Terminal, path: Path | None) -> list[str]:
    """Return the sentence that names the file written, if any."""
    return [] if path is None else [terminal.say("written: {path}", path=path)]
