"""The verb ``edit``: cells moved between grids, split and merged, with totals, findings and lineage."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError
from onemap.translation import translate

from .frames import Source, community_column, frame_or_none, named_or_same, write_frames
from .options import Cells, Fail, Out, Speech, helped, verb
from .terminal import Exit, labelled

_HOW = "move CELL GRID, split CELL 'LINESTRING (...)', merge CELL CELL, undo or redo"
_BACK_AND_FORTH = ("undo", "redo")
_SOME = 2


@verb
def edit(
    *,
    cells: Cells,
    do: Annotated[
        list[str],
        typer.Option(
            "--do",
            help=helped(
                "An edit, in order: move CELL GRID, split CELL 'LINESTRING (...)', merge CELL CELL, undo or redo."
            ),
        ),
    ],
    groups: Annotated[str | None, typer.Option("--groups", help=helped("Column of the grid of each cell."))] = None,
    load: Annotated[list[str] | None, typer.Option("--load", help=helped("Column of a load, once each."))] = None,
    places: Annotated[Path | None, typer.Option(help=helped("Houses that carry the loads."))] = None,
    community: Annotated[str | None, typer.Option(help=helped("Column of the community that a cell names."))] = None,
    profile: Annotated[str | None, typer.Option(help=helped("Code profile by which new cells are numbered."))] = None,
    when: Annotated[str | None, typer.Option(help=helped("First day of the change (else today)."))] = None,
    who: Annotated[str, typer.Option(help=helped("Who makes the change, for the lineage."))] = "",
    why: Annotated[str, typer.Option(help=helped("Why, for the lineage."))] = "",
    history: Annotated[
        bool, typer.Option("--history", help=helped("Write the withdrawn cells too, with their last day."))
    ] = False,
    source: Source,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Edit a division."""
    from onemap.grids.editing import Division

    frame, column = source.cells(cells, beside=[places])
    division = Division(
        frame,
        named_or_same(frame, groups),
        loads=[named_or_same(frame, name) for name in load or ()] or None,
        code=column,
        community=community_column(frame, community),
        places=frame_or_none(places, as_of=source.as_of, crs=source.crs),
        profile=profile,
        who=who,
    )
    with terminal.progress() as told:
        for number, step in enumerate(do):
            told(number / len(do), step)
            _make(division, step, when=when, why=why)
    made = division.history if history else division.cells
    tables = {"cells": made, "lineage": division.lineage, "finding": division.findings}
    written = write_frames(tables, out, terminal.language)
    edits = [_facts(one) for one in division.operations]
    totals = division.totals.reset_index().to_dict("records")
    sentences = [terminal.label(terminal.say(one["what"]), _told(one, terminal.language)) for one in edits]
    sentences += ["  " + ", ".join(f"{name} {_shown(value)}" for name, value in row.items()) for row in totals]
    sentences += [translate(reason, terminal.language) for reason in division.findings["reason"]]
    facts = {"edits": edits, "totals": totals, "findings": division.findings["reason"].tolist()}
    terminal.answer(facts, sentences, out=written)
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
    elif what in _BACK_AND_FORTH and not given:
        if getattr(division, what)() is None:
            raise OnemapError("--do {step}: there is no edit to {step} here", step=what)
    else:
        raise OnemapError("--do {step}: write {how}", step=step, how=_HOW)


def _facts(one: Any) -> dict[str, Any]:
    """Return an edit as facts; of a cell that moved, the grids too, for its code stays."""
    facts = {"what": one.what, "before": one.before, "after": one.after}
    grids = [(link.before, link.after) for cell, link in one.links if cell]
    return facts | ({"from": grids[0][0], "to": grids[0][1]} if grids else {})


def _told(edit: Mapping[str, Any], language: str) -> str:
    """Return what an edit took and made: cells, or the grids between which a cell moved."""
    if "from" in edit:
        return labelled(_names(edit["before"]), f"{edit['from'] or '-'} > {edit['to'] or '-'}", language=language)
    return f"{_names(edit['before'])} > {_names(edit['after'])}"


def _names(codes: Sequence[str]) -> str:
    return ", ".join(codes)


def _shown(value: Any) -> str:
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
