"""The verbs on versions: what changed between two versions of the cells, and which cases moved with it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.translation import translate

from .frames import cells_and_code, code_list, frame_or_none, named_column, named_or_same, read_frame, write_frames
from .options import Code, Encoding, Fail, Out, Speech, helped, verb
from .terminal import Exit

_SHOWN = 5
_TABLES = (".csv", ".tsv", ".txt", ".gz", ".xlsx", ".xls")

Old = Annotated[Path, typer.Argument(help=helped("The older version: cells, or a table of codes and names."))]
New = Annotated[
    Path | None, typer.Argument(help=helped("The newer version (else the same file, on the day of --new-as-of)."))
]
OldDay = Annotated[str | None, typer.Option("--old-as-of", help=helped("The older version is what held on this day."))]
NewDay = Annotated[str | None, typer.Option("--new-as-of", help=helped("The newer version is what holds on this day."))]
OldLayer = Annotated[str | None, typer.Option("--old-layer", help=helped("Layer of the older version's file."))]
NewLayer = Annotated[str | None, typer.Option("--new-layer", help=helped("Layer of the newer version's file."))]
Tolerance = Annotated[float, typer.Option(help=helped("Narrower land was drawn anew, not moved, metres."))]


@verb
def versions(
    *,
    old: Old,
    new: New = None,
    old_as_of: OldDay = None,
    new_as_of: NewDay = None,
    old_layer: OldLayer = None,
    new_layer: NewLayer = None,
    code: Code = None,
    name: Annotated[str | None, typer.Option("--name", help=helped("Column of the names."))] = None,
    houses: Annotated[Path | None, typer.Option(help=helped("Houses: those that moved are counted."))] = None,
    cases: Annotated[Path | None, typer.Option(help=helped("Cases: those that moved are counted."))] = None,
    tolerance_m: Tolerance = 0.0,
    encoding: Encoding = None,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Compare two versions."""
    from onemap.grids.versions import compare_versions

    sides = _Sides(code, encoding)
    with terminal.progress() as told:
        told(0.1, "comparing the versions")
        if old.name.lower().endswith(_TABLES):
            before, after = (_list(path, code=code, name=name) for path in (old, new or old))
            column, heading = "code", "name"
        else:
            before, after, column = sides.read(old, new or old, (old_layer, new_layer), (old_as_of, new_as_of))
            heading = name or named_column(after, "name") or "name"
        things = {key: frame_or_none(path) for key, path in (("houses", houses), ("cases", cases))}
        found = compare_versions(
            before, after, code=column, name=heading, tolerance_m=tolerance_m, when=new_as_of, **things
        )
    written = write_frames(
        {"version": found.table, "lineage": found.lineage, "piece": found.pieces}, out, terminal.language
    )
    lines = [translate(found.sentence, terminal.language)]
    if written is None:
        changed = found.table[found.table["status"] != "unchanged"].head(_SHOWN)
        lines += [
            f"  {row.code}: {terminal.say(row.status)} {translate(row.reason, terminal.language)}"
            for row in changed.itertuples()
        ]
    facts = {
        "counts": found.counts, "area_m2": found.area_m2, "houses": found.houses, "cases": found.cases,
        "lineage": {str(k): int(n) for k, n in found.lineage["what"].value_counts().sort_index().items()},
        "out": written,
    }  # fmt: skip
    terminal.answer(facts, lines, out=written)
    if fail and len(found.table) > found.counts["unchanged"]:
        raise typer.Exit(Exit.FINDINGS)


@verb
def reassign(
    *,
    cases: Annotated[Path, typer.Argument(help=helped("File of the cases: points, or a table with positions."))],
    old: Old,
    new: New = None,
    column: Annotated[
        str | None, typer.Option("--column", help=helped("Column of the codes recorded in the cases."))
    ] = None,
    old_as_of: OldDay = None,
    new_as_of: NewDay = None,
    old_layer: OldLayer = None,
    new_layer: NewLayer = None,
    code: Code = None,
    near_m: Annotated[float, typer.Option(help=helped("Nearest cell within this distance, metres."))] = 0.0,
    tolerance_m: Tolerance = 0.0,
    crs: Annotated[str | None, typer.Option(help=helped("Coordinate system of the cases."))] = None,
    encoding: Encoding = None,
    out: Out = None,
    terminal: Speech,
) -> None:
    """Give cases the cells of a new version."""
    from onemap.cases import reassign_cases
    from onemap.store.tables import with_answer

    points = read_frame(cases, crs=crs, encoding=encoding)
    sides = _Sides(code, None)
    before, after, key = sides.read(old, new or old, (old_layer, new_layer), (old_as_of, new_as_of))
    with terminal.progress() as told:
        told(0.1, "assigning the cases")
        found = reassign_cases(
            points,
            before,
            after,
            code=key,
            column=named_or_same(points, column),
            near_m=near_m,
            tolerance_m=tolerance_m,
        )
    moved = found.moved().reset_index(drop=True)
    written = write_frames({"case": with_answer(found.cases, found.table), "moved": moved}, out, terminal.language)
    sentence = terminal.say(
        "{rows} cases: {kept} keep their cell, {moved} moved, {left} lost theirs, {arrived} had none, "
        "{nowhere} never had one",
        **found.counts,
    )
    shown = [
        f"  {row.old_cell or '-'} > {row.new_cell or '-'}: {row.cases} ({translate(row.reason, terminal.language)})"
        for row in moved.head(_SHOWN).itertuples()
    ]
    facts = {"counts": found.counts}
    terminal.answer(facts, [sentence, *(shown if written is None else ())], out=written)


class _Sides:
    """The two versions as they are read."""

    def __init__(self, code: str | None, encoding: str | None) -> None:
        self._options: dict[str, Any] = {"code": code, "encoding": encoding}

    def read(
        self, old: Path, new: Path, layers: tuple[str | None, str | None], days: tuple[str | None, str | None]
    ) -> tuple[Any, Any, str]:
        """Return both versions with the codes in one column, and its name."""
        before, column = cells_and_code(old, layer=layers[0], option="--old-layer", as_of=days[0], **self._options)
        after, key = cells_and_code(new, layer=layers[1], option="--new-layer", as_of=days[1], **self._options)
        return before.rename(columns={column: key}), after, key


def _list(path: Path, *, code: str | None, name: str | None) -> Any:
    import pandas as pd

    return pd.DataFrame(code_list(path, code=code, name=name), columns=["code", "name"])
