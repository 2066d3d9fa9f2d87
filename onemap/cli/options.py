"""Options that several verbs share, their help in the caller's language, and groups of them as one parameter.

A verb takes a group, such as `Speech` or `onemap.cli.frames.Source`, as one parameter; `verb` spreads it into its
options for the command line and gathers it again. So an option is declared once, whatever many verbs take it.
"""

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError, SourceError
from onemap.translation import LANGUAGES, say

from .terminal import ProgressKind, Terminal, preferred_language

LANGUAGE = preferred_language(sys.argv)
helped = partial(say, language=LANGUAGE)

WRITTEN = "written"
"""Marks a path that a verb writes to; all others must exist before it begins."""

Out = Annotated[
    Path | None, typer.Option("--out", "-o", help=helped("File to write: .gpkg, .csv, .xlsx or .parquet.")), WRITTEN
]
Code = Annotated[
    str | None, typer.Option("--code", help=helped("Column of the codes (found by its title if not given)."))
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
    Path | None, typer.Option("--out", "-o", help=helped("Folder to write to (else out beside the manifest).")), WRITTEN
]
Cells = Annotated[Path, typer.Argument(help=helped("File of the cells: polygons."))]
OneMapPath = Annotated[Path, typer.Argument(help=helped("The published map: onemap.gpkg."))]
Allowed = Annotated[Path | None, typer.Option(help=helped("Allowed gaps: polygons with reason and until."))]
Lang = Annotated[str, typer.Option("--lang", help=helped("Language of the answer: en or zh."), metavar="en|zh")]


@dataclass(frozen=True)
class Speech(Terminal):
    """The terminal as its options ask for it."""

    as_json: Annotated[bool, typer.Option("--json", help=helped("Answer with one JSON object on stdout."))] = False
    progress_kind: Annotated[
        ProgressKind, typer.Option("--progress", help=helped("How progress is told on stderr."))
    ] = ProgressKind.auto
    language: Lang = LANGUAGE


def verb(function: Callable[..., None]) -> Callable[..., None]:
    """Return a verb as the command line calls it: groups spread into their options, its files seen to be there.

    Examples
    --------
    >>> @verb
    ... def greet(*, name: str, terminal: Speech) -> None:
    ...     terminal.answer({"name": name}, [name])
    >>> list(inspect.signature(greet).parameters)
    ['name', 'as_json', 'progress_kind', 'language']
    >>> greet(name="onemap", language="zh")
    onemap
    """
    own = inspect.signature(function, eval_str=True).parameters
    groups = {
        name: inspect.signature(parameter.annotation, eval_str=True).parameters
        for name, parameter in own.items()
        if isinstance(parameter.annotation, type) and is_dataclass(parameter.annotation)
    }
    options = [one for name, parameter in own.items() for one in groups.get(name, {name: parameter}).values()]
    read = {one.name for one in options if WRITTEN not in getattr(one.annotation, "__metadata__", ())}

    @wraps(function)
    def called(**given: Any) -> None:
        gathered = {
            name: own[name].annotation(**{key: given.pop(key) for key in spread if key in given})
            for name, spread in groups.items()
        }
        for path in _paths({name: value for name, value in given.items() if name in read}):
            refuse_absent(path)
        function(**given, **gathered)

    keyword = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in options]
    called.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]  # what typer reads
    called.__annotations__ = {one.name: one.annotation for one in options}
    return called


def _paths(given: Mapping[str, Any]) -> Iterator[Path]:
    for value in given.values():
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Path))


def refuse_absent(path: Path) -> None:
    """Say that a file is not there before anything is read; it may be named as ``FILE|LAYER``.

    Raises
    ------
    SourceError
        There is no such file or folder.
    """
    try:
        there = file_and_layer(path)[0].exists()
    except (OSError, ValueError):  # a name no file can have
        there = False
    if not there:
        raise SourceError("{path}: no such file", path=str(path).replace("\0", "?"))


def file_and_layer(name: str | Path) -> tuple[Path, str | None]:
    """Return file and layer of ``FILE|LAYER``; QGIS's way to write it (``FILE|layername=LAYER``) is understood.

    Examples
    --------
    >>> file_and_layer("map.gpkg|road")[1], file_and_layer("map.gpkg|road|class=lane")[1], file_and_layer("map.gpkg")[1]
    ('road', 'road', None)
    """
    if os.path.exists(name):  # noqa: PTH110 - Path.exists fails where a name is too long for a file
        return Path(name), None
    path, layer, *_ = (*str(name).split("|", 2), "")
    return Path(path), layer.removeprefix("layername=") or None


def rows_wanted(name: str | Path) -> tuple[str, tuple[str, ...]] | None:
    """Return the column and the values of ``FILE|LAYER|COLUMN=VALUE,VALUE``; no value: wherever the column is filled.

    Examples
    --------
    >>> rows_wanted("osm.pbf|lines|highway"), rows_wanted("osm.pbf|areas|natural=water,wetland"), rows_wanted("a.gpkg")
    (('highway', ()), ('natural', ('water', 'wetland')), None)
    """
    parts = str(name).split("|", 2)
    if len(parts) < 3 or not parts[2] or os.path.exists(name):  # noqa: PLR2004, PTH110 - as above
        return None
    column, _, values = parts[2].partition("=")
    return column.strip(), tuple(value.strip() for value in values.split(",") if value.strip())


def report_language(asked: str | None, otherwise: str) -> str:
    """Return the language in which a report is to be written."""
    if asked is not None and asked not in LANGUAGES:
        raise OnemapError("--report-lang is {found}; it must be en or zh", found=asked)
    return asked or otherwise
