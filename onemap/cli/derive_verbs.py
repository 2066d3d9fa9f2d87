"""The verbs that make cells: derived from what divides the land, and numbered."""

from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError
from onemap.translation import translate

from .frames import cells_and_code, code_list, file_and_layer, read_frame, write_frames
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
from .terminal import Exit, ProgressKind, Terminal

_MOST_SAID = 10


def derive(
    boundary: Annotated[Path, typer.Argument(help=helped("File of the communities: polygons with a code."))],
    barriers: Annotated[
        list[str] | None,
        typer.Option(help=helped("FILE, FILE|LAYER or CLASS=FILE: roads, rivers, railways, walls; may be repeated.")),
    ] = None,
    buildings: Annotated[str | None, typer.Option(help=helped("FILE or FILE|LAYER of the buildings."))] = None,
    compounds: Annotated[
        str | None, typer.Option(help=helped("FILE or FILE|LAYER of compounds, lots or villagers' groups."))
    ] = None,
    layer: Layer = None,
    code: Annotated[str | None, typer.Option("--code", help=helped("Column of the communities' codes."))] = None,
    class_: Annotated[str, typer.Option("--class", help=helped("Column of the barriers' classes."))] = "class",
    rule: Annotated[str, typer.Option(help=helped("town, or country: a compound is a villagers' group."))] = "town",
    rule_column: Annotated[
        str | None, typer.Option(help=helped("Column that says town or country for each community."))
    ] = None,
    target_m2: Annotated[float, typer.Option(help=helped("Size to aim at in built-up land."))] = 10_000.0,
    open_m2: Annotated[float, typer.Option(help=helped("Size to aim at where nothing is built."))] = 100_000.0,
    country_m2: Annotated[
        float | None, typer.Option(help=helped("Size to aim at in a villagers' group (else one cell each)."))
    ] = None,
    exclusive_m2: Annotated[
        float, typer.Option(help=helped("A compound from this size on is a cell of its own."))
    ] = 20_000.0,
    snap_m: Annotated[float, typer.Option(help=helped("Openings in barriers up to this width are closed."))] = 2.0,
    as_of: AsOf = None,
    crs: Crs = None,
    encoding: Encoding = None,
    out: Out = None,
    fail: Fail = False,
    json_: Json = False,
    progress: Kind = ProgressKind.auto,
    lang: Lang = LANGUAGE,
) -> None:
    """Derive cells."""
    from onemap.grids.derivation import derive_cells
    from onemap.grids.derive_options import LAND_USE_M2, DeriveOptions

    terminal = terminal_for(json_, progress, lang)
    communities, column = cells_and_code(boundary, code=code, as_of=as_of, layer=layer, crs=crs, encoding=encoding)
    options = DeriveOptions(
        community=column,
        barrier_class=class_,
        rule=rule,
        rule_column=rule_column,
        target_m2=target_m2,
        land_use_m2={**LAND_USE_M2, "open": open_m2},
        country_m2=country_m2,
        exclusive_m2=exclusive_m2,
        snap_m=snap_m,
    )
    with terminal.progress() as told:
        result = derive_cells(
            communities,
            barriers=_by_class(barriers),
            buildings=None if buildings is None else read_frame(buildings),
            compounds=None if compounds is None else read_frame(compounds),
            options=options,
            as_of=as_of,
            progress=told,
        )
    written = write_frames({"grid_cell": result.cells, "unmet": result.unmet}, out, lang)
    rules = {str(rule): int(count) for rule, count in result.unmet["rule"].value_counts().sort_index().items()}
    sentence = terminal.say(
        "{communities} communities: {cells} cells, {exclusive} of them exclusive; {buildings_cut} buildings cut, "
        "{buildings_across_border} across a community's border; {unmet} things could not be honoured",
        **result.counts,
    )
    said = [translate(reason, lang) for reason in result.unmet["reason"].head(0 if written else _MOST_SAID)]
    terminal.answer(
        {"counts": result.counts, "unmet": rules, "out": written}, [sentence, *said, *say_written(terminal, written)]
    )
    if fail and len(result.unmet):
        raise typer.Exit(Exit.FINDINGS)


def number(
    cells: Annotated[Path, typer.Argument(help=helped("File of the cells: polygons with their community's code."))],
    profile: Annotated[
        str, typer.Option(help=helped("Code profile, such as CJT213-2005; see: onemap codes profiles."))
    ],
    layer: Layer = None,
    community: Annotated[str, typer.Option(help=helped("Column of the communities' codes."))] = "community_code",
    code: Code = None,
    existing: Annotated[
        str | None, typer.Option(help=helped("FILE or FILE|LAYER of the division in force: its codes are kept."))
    ] = None,
    keep: Annotated[str | None, typer.Option(help=helped("Column of codes that the cells have already."))] = None,
    withdrawn: Annotated[
        Path | None, typer.Option(help=helped("List of codes that were once given: never given again."))
    ] = None,
    same_share: Annotated[
        float, typer.Option(help=helped("Share of the land that a cell and an old one must have in common."))
    ] = 0.5,
    as_of: AsOf = None,
    crs: Crs = None,
    encoding: Encoding = None,
    out: Out = None,
    json_: Json = False,
    progress: Kind = ProgressKind.auto,
    lang: Lang = LANGUAGE,
) -> None:
    """Give cells their codes."""
    from onemap.grids.numbering import number_cells

    terminal = terminal_for(json_, progress, lang)
    if existing is not None and keep is not None:
        raise OnemapError("give --existing or --keep, not both")
    frame = read_frame(cells, as_of=as_of, layer=layer, crs=crs, encoding=encoding)
    with terminal.progress() as told:
        told(0.1, "numbering the cells")
        result = number_cells(
            frame,
            profile=profile,
            community=community,
            code=code or "cell_code",
            existing=keep if existing is None else _old(existing, code, frame),
            withdrawn=[] if withdrawn is None else [c for c, _ in code_list(withdrawn, code=None, name=None)],
            same_share=same_share,
            as_of=as_of,
        )
    written = write_frames({"grid_cell": result.cells, "change": result.changes}, out, lang)
    counts = result.counts
    sentences = [terminal.say("{new} codes are new, {kept} are kept, {withdrawn} are withdrawn", **counts)]
    if written is None:
        sentences += [
            *_shown(terminal, result.changes, code or "cell_code"),
            terminal.say("nothing was written: no --out"),
        ]
    terminal.answer({"counts": counts, "out": written}, [*sentences, *say_written(terminal, written)])


def _shown(terminal: Terminal, changes: Any, code: str) -> list[str]:
    """Return the first changes in words, what is new or withdrawn before what is kept."""
    rank = changes["change"].map({"withdrawn": 0, "new": 1, "kept": 2})
    rows = changes.assign(rank=rank).sort_values(["rank", code], kind="stable").head(_MOST_SAID)
    said = [f"{one[code]}: {translate(one['reason'], terminal.language)}" for _, one in rows.iterrows()]
    more = len(changes) - len(rows)
    return [*said, terminal.say("and {count} more", count=more)] if more > 0 else said


def _old(name: str, code: str | None, cells: Any) -> Any:
    """Read the division in force into the system and under the column name of the cells."""
    old, column = cells_and_code(Path(name), code=code)
    return old.rename(columns={column: code or "cell_code"}).to_crs(cells.crs)


def _by_class(names: list[str] | None) -> dict[str, Any] | None:
    """Read barriers; those of one class are put under one another."""
    import pandas as pd

    if not names:
        return None
    found: dict[str, list[Any]] = {}
    for name in names:
        head, sign, rest = name.partition("=")
        as_class = bool(sign) and not Path(file_and_layer(name)[0]).exists()
        frame = read_frame(rest if as_class else name)
        found.setdefault(head if as_class else "", []).append(frame)
    first = next(iter(found.values()))[0].crs
    return {
        class_: pd.concat([frame.to_crs(first) for frame in frames], ignore_index=True)
        for class_, frames in found.items()
    }
