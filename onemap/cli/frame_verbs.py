"""Verbs on single files: check, assign, own."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onemap.translation import translate

from .coverage import Level, check_levels, refuse_other_shapes
from .frames import cells_and_code, frame_or_none, kept_locator, misreading, named_column, read_frame, write_frames
from .options import Allowed, AsOf, Cells, Code, Crs, Encoding, Fail, Out, Speech, helped, verb
from .terminal import Exit, Terminal

if TYPE_CHECKING:
    from onemap.cases import AssignmentResult

_MOST_SAID = 5


@verb
def check(
    *,
    cells: Cells,
    parent: Annotated[Path | None, typer.Option(help=helped("Polygons that the cells shall cover."))] = None,
    allowed: Allowed = None,
    tolerance_m: Annotated[float, typer.Option(help=helped("Narrower defects count as mismatch, metres."))] = 0.0,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            "--layer", help=helped("Layer of the file, where it has several; once a level, from coarse to fine.")
        ),
    ] = None,
    code: Code = None,
    as_of: AsOf = None,
    crs: Crs = None,
    encoding: Encoding = None,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Check a coverage, or several levels and their nesting."""
    from onemap.geo.defect_words import say_worst

    read = partial(
        cells_and_code, cells, code=code, needed=False, as_of=as_of, crs=crs, encoding=encoding,
        beside=[parent, allowed],
    )  # fmt: skip
    levels = [Level(name, *read(layer=name)) for name in layer or ()] or [Level(cells.stem, *read())]
    refuse_other_shapes(cells, levels)
    around, exempt = frame_or_none(parent, as_of=as_of, crs=crs), frame_or_none(allowed, crs=crs)
    with terminal.progress() as told:
        told(0.1, "checking the coverage")
        checked = check_levels(
            levels, parent=around, allowed=exempt, tolerance_m=tolerance_m, as_of=as_of, language=terminal.language
        )
    written = write_frames({"defect": checked.defects}, out, terminal.language)
    sentences = [*checked.sentences, *(say_worst(checked.defects, terminal.language) if written is None else ())]
    facts = {**checked.facts, "parent": parent, "allowed": allowed}
    terminal.answer(facts, [*sentences, *_beside(terminal, parent, allowed)], out=written)
    if fail and not checked.ok:
        raise typer.Exit(Exit.FINDINGS)


def _beside(terminal: Terminal, parent: Path | None, allowed: Path | None) -> list[str]:
    """Say what the cells were held against, since another outline or list gives another answer."""
    return [
        terminal.say("no outline was given: land missing along the outer border is not seen (--parent FILE)")
        if parent is None
        else terminal.say("outline that the cells shall fill: {path}", path=parent),
        terminal.say("no allowed gaps were given: every gap counts (--allowed FILE)")
        if allowed is None
        else terminal.say("allowed gaps: {path}", path=allowed),
    ]


@verb
def assign(
    *,
    cases: Annotated[Path, typer.Argument(help=helped("File of the cases: points, or a table with positions."))],
    cells: Cells,
    near_m: Annotated[float, typer.Option(help=helped("Nearest cell within this distance, metres."))] = 0.0,
    border_m: Annotated[float, typer.Option(help=helped("Nearer to another cell than this is queued, metres."))] = 1.0,
    layer: Annotated[str | None, typer.Option("--layer", help=helped("Layer of the cases' file."))] = None,
    cells_layer: Annotated[str | None, typer.Option(help=helped("Layer of the cells' file."))] = None,
    code: Code = None,
    as_of: AsOf = None,
    crs: Annotated[str | None, typer.Option(help=helped("Coordinate system of the cases."))] = None,
    coordinates: Annotated[str | None, typer.Option(help=helped("GCJ02 or BD09: the cases are shifted so."))] = None,
    x: Annotated[str | None, typer.Option(help=helped("Column of longitude or easting."))] = None,
    y: Annotated[str | None, typer.Option(help=helped("Column of latitude or northing."))] = None,
    encoding: Encoding = None,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Assign cases to cells."""
    from onemap.cases import assign_cases
    from onemap.cases.decisions import read_decisions

    frame, column = cells_and_code(cells, layer=cells_layer, code=code, as_of=as_of, option="--cells-layer")
    points = read_frame(cases, layer=layer, crs=crs, encoding=encoding, coordinates=coordinates, x=x, y=y)
    with terminal.progress() as told:
        told(0.1, "assigning the cases")
        kept = kept_locator(cells, frame, column)
        result = assign_cases(
            points,
            frame,
            code=column,
            near_m=near_m,
            border_m=border_m,
            locator=kept,
            decisions=read_decisions(cells),
            case_code=named_column(points, "case_code") or "case_code",
        )
        tables = {"case": result.joined(), "near_border": result.near_border}
        tables |= {"decision": result.decisions} if len(result.decisions) else {}
        written = write_frames(tables, out, terminal.language)
    counts = result.counts
    probably = misreading(points, frame) if 2 * _placed(counts) < counts["rows"] else ""
    said = [translate(one, terminal.language) for one in (*result.notes, probably) if one]
    terminal.answer(
        {"counts": counts, "probably": probably},
        [_assigned(terminal, counts), *_decided(terminal, result), *said],
        out=written,
    )
    if fail and (counts["outside"] or counts["no_position"]):
        raise typer.Exit(Exit.FINDINGS)


def _placed(counts: dict[str, int]) -> int:
    return counts["inside"] + counts["border"] + counts["near"] + counts.get("decided", 0)


def _decided(terminal: Terminal, result: "AssignmentResult") -> list[str]:
    """Say what became of the decisions in the journal beside the map, the first few that could not be followed too."""
    open_ = result.decisions[~result.decisions["followed"].astype(bool)]
    if not len(result.decisions):
        return []
    template = "{decided} cases as people decided; {decisions_open} decisions could not be followed"
    first = terminal.say(template, decided=result.counts["decided"], decisions_open=len(open_))
    return [first, *(translate(reason, terminal.language) for reason in open_["reason"].head(_MOST_SAID))]


def _assigned(terminal: Terminal, counts: dict[str, int]) -> str:
    return terminal.say(
        "{rows} cases: {placed} in exactly one cell ({border} on a border, {queue} near one), {outside} outside, "
        "{nowhere} without position",
        rows=counts["rows"],
        placed=_placed(counts),
        border=counts["border"],
        queue=counts["near_border"],
        outside=counts["outside"],
        nowhere=counts["no_position"],
    )


@verb
def own(
    *,
    features: Annotated[Path, typer.Argument(help=helped("File of the buildings, lots or roads."))],
    cells: Cells,
    layer: Annotated[str | None, typer.Option("--layer", help=helped("Layer of the features' file."))] = None,
    cells_layer: Annotated[str | None, typer.Option(help=helped("Layer of the cells' file."))] = None,
    code: Code = None,
    as_of: AsOf = None,
    crs: Crs = None,
    encoding: Encoding = None,
    out: Out = None,
    terminal: Speech,
) -> None:
    """Find owners."""
    from onemap.geo.ownership import own_polygons
    from onemap.store.tables import with_answer

    frame, column = cells_and_code(cells, layer=cells_layer, code=code, as_of=as_of, option="--cells-layer")
    things = read_frame(features, layer=layer, as_of=as_of, crs=crs, encoding=encoding)
    with terminal.progress() as told:
        told(0.1, "finding the owners")
        owners = own_polygons(things, frame, code=column)
    owned = int(owners["cell"].notna().sum())
    written = write_frames({"owner": with_answer(things, owners)}, out, terminal.language)
    counts = {"rows": len(owners), "owned": owned, "unowned": len(owners) - owned}
    sentence = terminal.say("{rows} features: {owned} have an owner, {unowned} lie in no cell", **counts)
    terminal.answer({"counts": counts}, [sentence], out=written)
