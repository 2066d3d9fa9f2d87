"""The verb ``edit``: cells moved between grids, split and merged, with totals, findings and lineage."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError
from onemap.translation import translate

from .frames import cells_and_code, read_frame, write_frames
from .options import (
    LANGUAGE,
    AsOf,
    Code,
    Crs,
    Encoding,
    Fail,
    Json,
    Kind,
    Lang,
    Layer,
    Out,
    helped,
    say_written,
    terminal_for,
)
from .terminal import Exit, ProgressKind

_HOW = "move CELL GRID, split CELL 'LINESTRING (...)' or merge CELL CELL"
_SOME = 2


def edit(
    cells: Annotated[Path, typer.Argument(help=helped("File of the cells: polygons."))],
    do: Annotated[
        list[str],
        typer.Option(
            "--do",
            help=helped(
                "An edit, once each, in order: move CELL GRID, split CELL 'LINESTRING (...)' or merge CELL CELL."
            ),
        ),
    ],
    groups: Annotated[str | None, typer.Option("--groups", help=helped("Column of the grid of each cell."))] = None,
    load: Annotated[list[str] | None, typer.Option("--load", help=helped("Column of a load, once each."))] = None,
    places: Annotated[Path | None, typer.Option(help=helped("Houses that carry the loads."))] = None,
    community: Annotated[str, typer.Option(help=helped("Column of the community that a cell names."))] = "parent_code",
    profile: Annotated[str | None, typer.Option(help=helped("Code profile by which new cells are numbered."))] = None,
    when: Annotated[str | None, typer.Option(help=helped("First day of the change (else today)."))] = None,
    who: Annotated[str, typer.Option(help=helped("Who makes the change, for the lineage."))] = "",
    why: Annotated[str, typer.Option(help=helped("Why, for the lineage."))] = "",
    history: Annotated[
        bool, typer.Option("--history", help=helped("Write the withdrawn cells too, with their last day."))
    ] = False,
    layer: Layer = None,
    code: Code = None,
    as_of: AsOf = None,
    crs: Crs = None,
    encoding: Encoding = None,
    out: Out = None,
    fail: Fail = False,
    json_: Json = False,
    progress: Kind = ProgressKind.auto,
    lang: Lang = LANGUAGE,
) -> None:
    """Edit a division."""
    from onemap.grids.editing import Division

    terminal = terminal_for(json_, progress, lang)
    frame, column = cells_and_code(cells, layer=layer, code=code, as_of=as_of, crs=crs, encoding=encoding)
    things = None if places is None else read_frame(places, as_of=as_of)
    division = Division(
        frame, groups, loads=load or None, code=column, community=community, places=things, profile=profile, who=who
    )
    with terminal.progress() as told:
        for number, step in enumerate(do):
            told(number / len(do), step)
            _make(division, step, when=when, why=why)
    made = division.history if history else division.cells
    tables = {"cells": made, "lineage": division.lineage, "finding": division.findings}
    written = write_frames(tables, out, lang)
    edits = [{"what": one.what, "before": one.before, "after": one.after} for one in division.operations]
    totals = division.totals.reset_index().to_dict("records")
    sentences = [f"{terminal.say(one.what)}: {_names(one.before)} > {_names(one.after)}" for one in division.operations]
    sentences += ["  " + ", ".join(f"{name} {_shown(value)}" for name, value in row.items()) for row in totals]
    sentences += [translate(reason, lang) for reason in division.findings["reason"]]
    facts = {"edits": edits, "totals": totals, "findings": division.findings["reason"].tolist(), "out": written}
    terminal.answer(facts, [*sentences, *say_written(terminal, written)])
    if fail and len(division.findings):
        raise typer.Exit(Exit.FINDINGS)


def _make(division: Any, step: str, **options: Any) -> None:
    """Make one edit as it was written.

    Raises
    ------
    OnemapError
        It is not written as an edit must be.
    """
    import shapely

    words = shlex.split(step)
    what, given = (words[0], words[1:]) if words else ("", [])
    if what == "move" and len(given) == _SOME:
        division.move(*given, **options)
    elif what == "merge" and len(given) >= _SOME:
        division.merge(given, **options)
    elif what == "split" and len(given) >= _SOME:
        line = shapely.from_wkt(" ".join(given[1:]), on_invalid="ignore")
        division.split(given[0], shapely.Point() if line is None else line, **options)
    else:
        raise OnemapError("--do {step}: write {how}", step=step, how=_HOW)


def _names(codes: Sequence[str]) -> str:
    return ", ".join(codes)


def _shown(value: Any) -> str:
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
