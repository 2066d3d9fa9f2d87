"""The verb balance: cells are joined into responsibility grids of equal load."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError
from onemap.progress import part
from onemap.translation import translate

from .frames import Source, frame_or_none, named_or_same, write_frames
from .options import Cells, Fail, Out, Speech, helped, verb
from .terminal import Exit, Terminal

_MOST_SAID = 8


@verb
def balance(
    *,
    cells: Cells,
    load: Annotated[
        list[str], typer.Option(help=helped("Column that is to be equal, or column=weight, or area; several add up."))
    ],
    groups: Annotated[
        list[str] | None, typer.Option(help=helped("Number of groups in all, or area=number for each area."))
    ] = None,
    target: Annotated[
        float | None, typer.Option(help=helped("Load that a group shall have, instead of a number."))
    ] = None,
    minimum: Annotated[float | None, typer.Option(help=helped("Load that each group must have."))] = None,
    maximum: Annotated[float | None, typer.Option(help=helped("Load that each group may have."))] = None,
    within: Annotated[str | None, typer.Option(help=helped("Column of the area that no group may leave."))] = None,
    barriers: Annotated[
        Path | None, typer.Option(help=helped("Lines or polygons that no group may reach across."))
    ] = None,
    barrier_m: Annotated[
        float, typer.Option(help=helped("Borders nearer to a barrier than this are blocked, metres."))
    ] = 1.0,
    buildings: Annotated[
        Path | None, typer.Option(help=helped("Buildings: the cells that one stands in stay together."))
    ] = None,
    locked: Annotated[str | None, typer.Option(help=helped("Column of settled groups, empty where free."))] = None,
    seeds: Annotated[str | None, typer.Option(help=helped("Column of the existing division to start from."))] = None,
    before: Annotated[
        str | None, typer.Option(help=helped("Column of the existing division to compare with only."))
    ] = None,
    people: Annotated[
        str | None, typer.Option(help=helped("Column of those counted as moved (else the load)."))
    ] = None,
    move_price: Annotated[
        float, typer.Option(help=helped("Load by which the largest deviation must fall for each one moved."))
    ] = 0.0,
    tolerance: Annotated[
        float, typer.Option(help=helped("Share of the mean load up to which loads count as equal."))
    ] = 0.0,
    source: Source,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Balance cells into groups."""
    from onemap.grids.balance import balance_cells

    frame, column = source.cells(cells, needed=False, beside=[barriers, buildings])
    with terminal.progress() as told:
        result = balance_cells(
            frame,
            load=_weights([_named(frame, text) for text in load]),
            groups=_numbers(groups),
            target=target,
            minimum=minimum,
            maximum=maximum,
            within=named_or_same(frame, within),
            barriers=frame_or_none(barriers, crs=source.crs),
            barrier_m=barrier_m,
            buildings=frame_or_none(buildings, crs=source.crs),
            locked=named_or_same(frame, locked),
            seeds=named_or_same(frame, seeds),
            before=named_or_same(frame, before),
            people=named_or_same(frame, people),
            move_price=move_price,
            tolerance=tolerance,
            code=column,
            progress=part(told, 0.0, 0.95),
        )
        written = _write(result, out, terminal.language)
    _answer(terminal, result, written)
    if fail and not result.ok:
        raise typer.Exit(Exit.FINDINGS)


def _named(frame: Any, text: str) -> str:
    """Return ``column`` or ``column=weight`` with the column as the file calls it."""
    name, sign, weight = text.partition("=")
    return f"{named_or_same(frame, name)}{sign}{weight}"


def _weights(given: Sequence[str]) -> Mapping[str, float] | str:
    """Return columns with weights from ``column`` or ``column=weight``."""
    found: dict[str, float] = {}
    for text in given:
        name, _, weight = text.partition("=")
        try:
            found[name] = float(weight or 1)
        except ValueError as error:
            raise OnemapError("--load is {found}; it must be a column or column=weight", found=text) from error
    return found if len(found) != 1 or set(found.values()) != {1.0} else next(iter(found))


def _numbers(given: Sequence[str] | None) -> int | dict[str, int] | None:
    """Return the number of groups, or the number for each area."""
    if not given:
        return None
    pairs = [text.rpartition("=") for text in given]
    if not all(number.isdecimal() for _, _, number in pairs) or (
        len(pairs) > 1 and not all(name for name, _, _ in pairs)
    ):
        raise OnemapError("--groups is {found}; it must be a number, or area=number", found=", ".join(given))
    if not pairs[0][0]:
        return int(pairs[0][2])
    return {name: int(number) for name, _, number in pairs}


def _write(result: Any, path: Path | None, language: str) -> Path | None:
    tables = {
        "responsibility_grid": result.grids,
        "cell": result.cells,
        "balance": result.table,
        "balance_group": result.loads,
        "impossible": result.impossible.assign(cells=[", ".join(map(str, c)) for c in result.impossible["cells"]]),
    }
    return write_frames(tables, path, language)


def _answer(terminal: Terminal, result: Any, written: Path | None) -> None:
    """Tell the division before and after, and what was impossible."""
    rows = result.table.to_dict("records")
    facts = {"ok": result.ok, "proved": result.proved, "table": rows}
    facts["impossible"] = result.impossible[["kind", "reason"]].to_dict("records")
    if written is None:
        facts["groups"] = [[str(index), group] for index, group in result.groups.items()]
    sentences = [result.say(terminal.language)]
    sentences += [_row(terminal, row) for row in rows if row["area"] != "*" or len(rows) <= 2][: 2 * _MOST_SAID]  # noqa: PLR2004
    sentences += [
        f"  {translate(reason, terminal.language)}" for reason in result.impossible["reason"].head(_MOST_SAID)
    ]
    terminal.answer(facts, sentences, out=written)


def _row(terminal: Terminal, row: Mapping[str, Any]) -> str:
    template = (
        "{area} before: {groups} groups of {low} to {high}, {share} off at most, {border} m of border between them"
        if row["state"] == "before"
        else "{area} after: {groups} groups of {low} to {high}, {share} off at most, {border} m of border between them"
    )
    return "  " + terminal.say(
        template,
        area=row["area"],
        groups=row["groups"],
        low=f"{row['load_min']:.6g}",
        high=f"{row['load_max']:.6g}",
        share=f"{row['deviation']:.2%}",
        border=round(row["border_m"]),
    )
