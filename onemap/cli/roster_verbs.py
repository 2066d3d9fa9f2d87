"""The verb on rosters: who holds which grid, from the tables of the offices."""

from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError
from onemap.translation import translate

from .frames import cells_and_code, write_frames
from .options import AsOf, Encoding, Fail, Out, Speech, helped, verb
from .terminal import Exit

_MOST_SAID = 5
_NO_FAULT = ("title", "heading", "note", "section", "total", "not_in_force")


@verb
def roster(
    *,
    path: Annotated[Path, typer.Argument(help=helped("The roster: .xlsx, .xls or .csv."))],
    sheet: Annotated[str | None, typer.Option(help=helped("The only sheet to read (else all of them)."))] = None,
    column: Annotated[
        list[str] | None, typer.Option("--column", help=helped("FIELD=HEADING, where a heading is not known."))
    ] = None,
    constant: Annotated[
        list[str] | None, typer.Option("--constant", help=helped("FIELD=VALUE for every holder."))
    ] = None,
    grids: Annotated[
        Path | None, typer.Option(help=helped("File of the grids, for rosters that name them; codes are checked too."))
    ] = None,
    fill_down: Annotated[bool, typer.Option("--fill-down", help=helped("A blank grid is the one above it."))] = False,
    as_of: AsOf = None,
    encoding: Encoding = None,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Read a roster."""
    from onemap.sources.rosters import read_roster

    with terminal.progress() as told:
        told(0.1, "reading the roster")
        read = read_roster(
            path,
            sheet=sheet,
            encoding=encoding,
            columns=_pairs(column, "--column"),
            constants=_pairs(constant, "--constant"),
            grids=None if grids is None else _names(grids),
            fill_down=fill_down,
            as_of=as_of,
        )
    written = write_frames({"holder": read.holders, "reject": read.rejects}, out, terminal.language)
    faults = read.rejects[~read.rejects["kind"].isin(_NO_FAULT)]
    counts = {"rows": read.rows_in, "holders": len(read.holders), "faults": len(faults)}
    sentence = terminal.say("{rows} rows: {holders} appointments, {faults} rows or cells to be looked at", **counts)
    said = [
        _place(fault) + translate(fault.reason, terminal.language) for fault in faults.head(_MOST_SAID).itertuples()
    ]
    kinds = {str(kind): int(count) for kind, count in read.rejects["kind"].value_counts().sort_index().items()}
    facts = {"counts": counts, "kinds": kinds, "notes": [translate(note, terminal.language) for note in read.notes]}
    terminal.answer(facts, [sentence, *said], out=written)
    if fail and len(faults):
        raise typer.Exit(Exit.FINDINGS)


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    pairs = dict(one.partition("=")[::2] for one in given or ())
    if not all(pairs.values()):
        raise OnemapError("{option} is {found}; write it as FIELD=WORD", option=option, found=", ".join(given or ()))
    return pairs


def _place(fault: Any) -> str:
    where = fault.cell or str(fault.row)
    return f"{fault.sheet}!{where}: " if fault.sheet else f"{where}: "


def _names(path: Path) -> dict[str, str]:
    """Return the codes of grids by their names; codes whose name is not the only one stand by themselves."""
    from onemap.domain.catalogue import load_catalogue

    frame, code = cells_and_code(path, code=None)
    spec = load_catalogue()["grid_cell"]
    named = [column for column in frame.columns if spec.canonical(str(column)) == "name"]
    names = (frame[named[0]] if named else frame[code]).astype("str")
    codes = frame[code].astype("str")
    twice = names.duplicated(keep=False)
    return dict(zip(names.mask(twice, codes), codes, strict=True))
