"""The verbs that make cells: derived from what divides the land, and numbered."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError, SchemaError, some
from onemap.translation import translate

from .frames import (
    Source,
    cells_and_code,
    cells_layer,
    code_list,
    community_column,
    frames_or_none,
    named_column,
    named_or_same,
    read_beside,
    read_frame,
    write_frames,
)
from .options import Fail, Out, Speech, file_and_layer, helped, refuse_absent, verb
from .terminal import Exit, Terminal

_MOST_SAID = 10
_AS_THEY_ARE = (
    "rule", "target_m2", "country_m2", "smallest", "largest", "min_width_m", "exclusive_m2", "hard", "snap_m",
)  # fmt: skip


@dataclass(frozen=True)
class Wishes:
    """What the cells are to be like: a group of options."""

    rule: Annotated[str, typer.Option(help=helped("town, or country: a compound is a villagers' group."))] = "town"
    rule_column: Annotated[
        str | None, typer.Option(help=helped("Column that says town or country for each community."))
    ] = None
    target_m2: Annotated[float, typer.Option(help=helped("Size to aim at in built-up land."))] = 10_000.0
    open_m2: Annotated[float, typer.Option(help=helped("Size to aim at where nothing is built."))] = 100_000.0
    land_use_m2: Annotated[
        list[str] | None,
        typer.Option(help=helped("USE=M2: size to aim at on water, or in a class of compound; may be repeated.")),
    ] = None
    country_m2: Annotated[
        float | None, typer.Option(help=helped("Size to aim at in a villagers' group (else one cell each)."))
    ] = None
    smallest: Annotated[float, typer.Option(help=helped("Share of that size below which land is joined."))] = 0.5
    largest: Annotated[float, typer.Option(help=helped("Share of that size above which land is divided."))] = 1.75
    min_width_m: Annotated[float, typer.Option(help=helped("Land narrower than this is no cell."))] = 20.0
    exclusive_m2: Annotated[float, typer.Option(help=helped("A compound from this size on is a cell of its own."))] = (
        20_000.0
    )
    exclusive_class: Annotated[
        list[str] | None,
        typer.Option(help=helped("Class of compounds that become cells of their own (else all); may be repeated.")),
    ] = None
    compound_class: Annotated[str, typer.Option(help=helped("Column of the compounds' classes."))] = "class"
    weight: Annotated[
        list[str] | None,
        typer.Option(
            help=helped("CLASS=WEIGHT, from 0 to 1: how strongly barriers of a class divide; may be repeated.")
        ),
    ] = None
    hard: Annotated[float, typer.Option(help=helped("Weight from which no cell crosses a barrier."))] = 0.7
    snap_m: Annotated[float, typer.Option(help=helped("Openings in barriers up to this width are closed."))] = 2.0

    def options(self, communities: Any, *, code: str, barrier_class: str) -> Any:
        """Return them as the library takes them."""
        from onemap.grids.derive_options import BARRIER_WEIGHTS, LAND_USE_M2, DeriveOptions

        return DeriveOptions(
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
            community=code,
            barrier_class=barrier_class,
            compound_class=self.compound_class,
            rule_column=named_or_same(communities, self.rule_column),
            land_use_m2={**LAND_USE_M2, "open": self.open_m2, **_sizes("--land-use-m2", self.land_use_m2)},
            exclusive_classes=None if self.exclusive_class is None else tuple(self.exclusive_class),
            weights={**BARRIER_WEIGHTS, **_sizes("--weight", self.weight)},
        )


def _sizes(option: str, given: list[str] | None) -> dict[str, float]:
    """Return numbers by name from ``name=number``."""
    found = {}
    for text in given or ():
        name, _, number = text.partition("=")
        try:
            found[name] = float(number)
        except ValueError as error:
            raise OnemapError("{option} is {found}; it must be NAME=NUMBER", option=option, found=text) from error
    return found


@verb
def derive(
    *,
    boundary: Annotated[Path, typer.Argument(help=helped("File of the communities: polygons with a code."))],
    barriers: Annotated[
        list[str] | None,
        typer.Option(
            help=helped(
                "FILE, FILE|LAYER or CLASS=FILE: roads, rivers, railways, walls; may be repeated. FILE|LAYER|COLUMN or "
                "FILE|LAYER|COLUMN=VALUE takes the rows that have it."
            )
        ),
    ] = None,
    buildings: Annotated[
        list[Path] | None, typer.Option(help=helped("FILE or FILE|LAYER of the buildings; may be repeated."))
    ] = None,
    compounds: Annotated[
        list[Path] | None,
        typer.Option(help=helped("FILE or FILE|LAYER of compounds, lots or villagers' groups; may be repeated.")),
    ] = None,
    class_: Annotated[str, typer.Option("--class", help=helped("Column of the barriers' classes."))] = "class",
    wishes: Wishes,
    source: Source,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Derive cells."""
    from onemap.grids.derivation import derive_cells

    by_class = _by_class(barriers, class_, source.crs)
    communities, column = source.cells(
        boundary, level="grid_community", beside=[*(barriers or ()), *(buildings or ()), *(compounds or ())]
    )
    options = wishes.options(communities, code=column, barrier_class=class_)
    with terminal.progress() as told:
        result = derive_cells(
            communities,
            barriers=by_class,
            buildings=frames_or_none(buildings, crs=source.crs),
            compounds=frames_or_none(compounds, crs=source.crs, column=wishes.compound_class),
            options=options,
            as_of=source.as_of,
            progress=told,
        )
    written = write_frames({"grid_cell": result.cells, "unmet": result.unmet}, out, terminal.language)
    rules = {str(rule): int(count) for rule, count in result.unmet["rule"].value_counts().sort_index().items()}
    sentence = terminal.say(
        "{communities} communities: {cells} cells, {exclusive} of them exclusive; {buildings_cut} buildings cut, "
        "{buildings_across_border} across a community's border; {unmet} things could not be honoured",
        **result.counts,
    )
    said = [
        translate(reason, terminal.language) for reason in result.unmet["reason"].head(0 if written else _MOST_SAID)
    ]
    terminal.answer({"counts": result.counts, "unmet": rules}, [sentence, *said, *_next(terminal, out)], out=written)
    if fail and len(result.unmet):
        raise typer.Exit(Exit.FINDINGS)


@verb
def number(
    *,
    cells: Annotated[Path, typer.Argument(help=helped("File of the cells: polygons with their community's code."))],
    profile: Annotated[
        str, typer.Option(help=helped("Code profile, such as CJT213-2005; see: onemap codes profiles."))
    ],
    community: Annotated[
        str | None, typer.Option(help=helped("Column of the communities' codes (found by its title if not given)."))
    ] = None,
    existing: Annotated[
        Path | None, typer.Option(help=helped("FILE or FILE|LAYER of the division in force: its codes are kept."))
    ] = None,
    keep: Annotated[str | None, typer.Option(help=helped("Column of codes that the cells have already."))] = None,
    withdrawn: Annotated[
        Path | None, typer.Option(help=helped("List of codes that were once given: never given again."))
    ] = None,
    same_share: Annotated[
        float, typer.Option(help=helped("Share of the land that a cell and an old one must have in common."))
    ] = 0.5,
    source: Source,
    out: Out = None,
    terminal: Speech,
) -> None:
    """Give cells their codes."""
    from onemap.grids.numbering import number_cells

    if existing is not None and keep is not None:
        raise OnemapError("give --existing or --keep, not both")
    layer = source.layer or cells_layer(cells)
    reader = read_frame if existing is None else read_beside
    frame = reader(cells, layer=layer, as_of=source.as_of, crs=source.crs, encoding=source.encoding)
    code = (named_column(frame, "cell_code") or "cell_code") if source.code is None else source.code
    with terminal.progress() as told:
        told(0.1, "numbering the cells")
        result = number_cells(
            frame,
            profile=profile,
            community=community_column(frame, community),
            code=code,
            existing=named_or_same(frame, keep) if existing is None else _old(existing, code, frame, source.crs),
            withdrawn=[] if withdrawn is None else [c for c, _ in code_list(withdrawn, code=None, name=None)],
            same_share=same_share,
            as_of=source.as_of,
        )
    written = write_frames({"grid_cell": result.cells, "change": result.changes}, out, terminal.language)
    counts = result.counts
    sentences = [terminal.say("{new} codes are new, {kept} are kept, {withdrawn} are withdrawn", **counts)]
    if written is None:
        sentences += [
            *_shown(terminal, result.changes, code),
            terminal.say("nothing was written: no --out"),
        ]
    terminal.answer({"counts": counts}, sentences, out=written)


def _shown(terminal: Terminal, changes: Any, code: str) -> list[str]:
    """Return the first changes in words, what is new or withdrawn before what is kept."""
    rank = changes["change"].map({"withdrawn": 0, "new": 1, "kept": 2})
    rows = changes.assign(rank=rank).sort_values(["rank", code], kind="stable").head(_MOST_SAID)
    said = [terminal.label(one[code], translate(one["reason"], terminal.language)) for _, one in rows.iterrows()]
    more = len(changes) - len(rows)
    return [*said, terminal.say("and {count} more", count=more)] if more > 0 else said


def _old(path: Path, code: str, cells: Any, crs: str | None) -> Any:
    """Read the division in force into the system and under the column name of the cells.

    Raises
    ------
    SchemaError
        A code stands twice in it.
    """
    old, column = cells_and_code(path, crs=crs, beside=[path])
    again = old[column].duplicated(keep=False) & old[column].notna()
    if again.any():
        raise SchemaError(
            "{path}: the codes {codes} stand more than once; onemap check lists their places",
            path=path,
            codes=some(sorted(set(old.loc[again, column].astype(str)))),
        )
    return old.rename(columns={column: code}).to_crs(cells.crs)


def _next(terminal: Terminal, out: Path | None) -> list[str]:
    """Say that cells as they are derived have no codes yet, and how they get them."""
    if out is None or out.suffix.lower() != ".gpkg":
        return []
    return [
        terminal.say(
            "the cells have no codes yet; next: onemap number {path} --profile GBT30428 --out {then} (or another "
            "profile: onemap codes profiles)",
            path=out,
            then=out.with_stem(f"{out.stem}_numbered"),
        )
    ]


def _by_class(names: list[str] | None, column: str, crs: str | None) -> dict[str, Any] | None:
    """Read barriers; those of one class are put under one another, their classes in one column."""
    import pandas as pd

    from onemap.grids.derive_options import BARRIER_WEIGHTS

    if not names:
        return None
    found: dict[str, list[Any]] = {}
    for name in names:
        head, sign, rest = name.partition("=")
        as_class = bool(sign) and not file_and_layer(name)[0].exists()
        path = Path(rest if as_class else name)
        refuse_absent(path)
        frame = read_beside(path, crs=crs)
        titled = named_or_same(frame, column) or column
        if not as_class or frame.get(titled, pd.Series()).astype(str).isin(list(BARRIER_WEIGHTS)).any():
            frame = frame.rename(columns={titled: column})  # a column that only sounds like it does not undo CLASS=
        found.setdefault(head if as_class else "", []).append(frame)
    first = next(iter(found.values()))[0].crs
    return {
        class_: pd.concat([frame.to_crs(first) for frame in frames], ignore_index=True)
        for class_, frames in found.items()
    }
