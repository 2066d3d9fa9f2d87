"""The verbs on versions: what changed between two versions of the cells, and which cases moved with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError
from onemap.translation import translate

from .frames import (
    cells_and_code,
    code_list,
    frame_or_none,
    is_list,
    named_column,
    named_or_same,
    read_beside,
    write_frames,
)
from .options import Code, Crs, Encoding, Fail, Out, Speech, helped, verb
from .terminal import Exit

_SHOWN = 5

Old = Annotated[Path, typer.Argument(help=helped("The older version: cells, or a table of codes and names."))]
New = Annotated[
    list[Path] | None,
    typer.Argument(
        help=helped(
            "The newer version (else the same file, on --new-as-of); lists of codes may be several, one a level."
        )
    ),
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
    crs: Crs = None,
    encoding: Encoding = None,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Compare two versions."""
    from onemap.grids.versions import compare_versions

    sides = _Sides(old, new or [old], code=code, name=name, crs=crs, encoding=encoding)
    with terminal.progress() as told:
        told(0.1, "comparing the versions")
        before, after, column = sides.read((old_layer, new_layer), (old_as_of, new_as_of))
        heading = "name" if sides.are_lists else name or named_column(after, "name") or "name"
        asked = {"houses": houses, "cases": cases}
        # beside lists of codes they are refused, so they need not be read
        things = asked if sides.are_lists else {key: frame_or_none(path, crs=crs) for key, path in asked.items()}
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
            terminal.label(f"  {row.code}", f"{terminal.say(row.status)} {translate(row.reason, terminal.language)}")
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
    name: Annotated[str | None, typer.Option("--name", help=helped("Column of the names."))] = None,
    near_m: Annotated[float, typer.Option(help=helped("Nearest cell within this distance, metres."))] = 0.0,
    tolerance_m: Tolerance = 0.0,
    crs: Crs = None,
    encoding: Encoding = None,
    out: Out = None,
    terminal: Speech,
) -> None:
    """Give cases the cells of a new version."""
    from onemap.cases import reassign_cases
    from onemap.sources.reading import read_attributes
    from onemap.store.tables import with_answer

    sides = _Sides(old, new or [old], code=code, name=name, crs=crs, encoding=None)
    if sides.are_lists and is_list(cases):
        points = read_attributes(cases)  # the codes alone decide: where the cases lie is not asked
    else:
        points = read_beside(cases, crs=crs, encoding=encoding)
    before, after, key = sides.read((old_layer, new_layer), (old_as_of, new_as_of))
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
    lines = [sentence]
    shown = [
        terminal.label(
            f"  {row.old_cell or '-'} > {row.new_cell or '-'}",
            f"{row.cases} ({translate(row.reason, terminal.language)})",
        )
        for row in moved.head(_SHOWN).itertuples()
    ]
    if found.renamed:
        lines.append(
            terminal.say(
                "{renamed} of them keep a code that bears another name now; {reused} of these codes may have been used "
                "again",
                renamed=found.renamed,
                reused=found.reused,
            )
        )
    facts = {"counts": found.counts, "renamed": found.renamed, "reused": found.reused}
    terminal.answer(facts, [*lines, *(shown if written is None else ())], out=written)


class _Sides:
    """The two versions as they are read: cells, or lists of codes without geometry, which need no CRS."""

    def __init__(self, old: Path, new: Sequence[Path], *, code: str | None, name: str | None, **options: Any) -> None:
        self._old, self._new, self._code, self._name = old, new, code, name
        self._options: dict[str, Any] = {"code": code, "beside": [old], **options}
        self.are_lists = all(is_list(path) for path in (old, *new))

    def read(self, layers: tuple[str | None, str | None], days: tuple[str | None, str | None]) -> tuple[Any, Any, str]:
        """Return both versions with the codes in one column, and its name.

        Raises
        ------
        OnemapError
            The newer version of cells is several files.
        """
        if self.are_lists:
            return self._list([self._old]), self._list(self._new), "code"
        if len(self._new) > 1:
            raise OnemapError("several files are one version only where all are lists of codes without geometry")
        before, column = cells_and_code(
            self._old, layer=layers[0], option="--old-layer", as_of=days[0], **self._options
        )
        after, key = cells_and_code(self._new[0], layer=layers[1], option="--new-layer", as_of=days[1], **self._options)
        return before.rename(columns={column: key}), after, key

    def _list(self, paths: Sequence[Path]) -> Any:
        import pandas as pd

        pairs = [pair for path in paths for pair in code_list(path, code=self._code, name=self._name)]
        return pd.DataFrame(pairs, columns=["code", "name"])
