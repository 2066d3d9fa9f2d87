"""The verb repair: narrow gaps and overlaps between cells are closed, or a repair is undone."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.errors import OnemapError, SourceError
from onemap.progress import part
from onemap.translation import translate

from .frames import Source, cells_layer, frame_or_none, named_or_same
from .options import WRITTEN, Allowed, Cells, Fail, Out, Speech, helped, verb
from .terminal import Exit, Terminal

_RECORD = "repair_record"
_MOST_SAID = 5


@verb
def repair(
    *,
    cells: Cells,
    max_width_m: Annotated[
        float | None, typer.Option(help=helped("Only gaps and overlaps narrower than this are closed, metres."))
    ] = None,
    parent: Annotated[Path | None, typer.Option(help=helped("Polygons that the cells shall cover."))] = None,
    allowed: Allowed = None,
    max_change: Annotated[
        float, typer.Option(help=helped("The most that a cell may change, as a share of its area."))
    ] = 0.001,
    rule: Annotated[
        str,
        typer.Option(
            help=helped("Who comes first: longest_border, smallest_code, largest_cell or smallest_cell."),
        ),
    ] = "longest_border",
    within: Annotated[
        Path | None,
        typer.Option(help=helped("Polygons such as communities: their land goes to their own cells.")),
    ] = None,
    people: Annotated[Path | None, typer.Option(help=helped("Points of the people, to count who is affected."))] = None,
    weight: Annotated[str | None, typer.Option(help=helped("Column of the people to be summed."))] = None,
    record: Annotated[Path | None, typer.Option(help=helped("File to write the record to: .json.")), WRITTEN] = None,
    undo: Annotated[
        Path | None, typer.Option(help=helped("Record (.json) or output (.gpkg) of the repair to be undone."))
    ] = None,
    source: Source,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Repair a coverage, or undo it."""
    layer = source.layer or cells_layer(cells)
    if undo is not None:
        _undo(terminal, replace(source, layer=layer), cells, record=undo, out=out)
        return
    if max_width_m is None:
        raise OnemapError("--max-width-m is missing: how narrow must a gap or overlap be to be closed?")
    frame, column = source.cells(cells, layer=layer, needed=False, beside=[parent, allowed, within, people])
    from onemap.geo.coverage_repair import repair_coverage
    from onemap.geo.repair_record import write_record

    crowd = frame_or_none(people, crs=source.crs)
    with terminal.progress() as told:
        result = repair_coverage(
            frame,
            code=column,
            max_width_m=max_width_m,
            parent=frame_or_none(parent, as_of=source.as_of, crs=source.crs),
            allowed=frame_or_none(allowed, crs=source.crs),
            max_change=max_change,
            within=frame_or_none(within, as_of=source.as_of, crs=source.crs),
            rule=rule,  # type: ignore[arg-type]  # repair_coverage says which it takes
            people=crowd,
            weight=weight if crowd is None else named_or_same(crowd, weight),
            progress=part(told, 0.0, 0.95),
        )
    written = _write(result, layer or cells.stem, out, terminal.language)
    kept = None if record is None else write_record(result.record, record)
    _answer(terminal, result, written, kept)
    if fail and not result.ok:
        raise typer.Exit(Exit.FINDINGS)


def _answer(terminal: Terminal, result: Any, written: Path | None, kept: Path | None) -> None:
    """Tell what was done and what stays."""
    from onemap.geo.defect_words import say_result

    facts = {
        "ok": result.ok,
        "places": len(result.moves),
        "area_moved_m2": float(result.moves["area_m2"].sum()),
        "cells_changed": len(result.changes),
        "most_changed_share": float(result.changes["share"].max()) if len(result.changes) else 0.0,
        "refused": len(result.refused),
        "before": result.before.counts,
        "after": result.after.counts,
    }
    if "people" in result.moves:
        facts["people_affected"] = float(result.moves["people"].sum())
    facts["cells"] = result.changes.drop(columns="reason").to_dict("records")
    language = terminal.language
    most = [f"  {translate(reason, language)}" for reason in result.refused["reason"].head(5)]
    proofs = [
        terminal.say(
            "before: {found}",
            found=say_result(result.before.defects, cells=result.before.cells, language=terminal.language),
        ),
        terminal.say(
            "after: {found}",
            found=say_result(result.after.defects, cells=result.after.cells, language=terminal.language),
        ),
    ]
    if most:
        most.append(terminal.say("--max-width-m says how wide a place may be, --max-change how much a cell may change"))
    sentences = [proofs[0], translate(result.sentence, language), proofs[1], *_cells(terminal, result.changes), *most]
    terminal.answer(facts, sentences, out=written, record=kept)


def _cells(terminal: Terminal, changes: Any) -> list[str]:
    """Return what each of the cells that changed most gained and lost, those with most people affected first."""
    if not len(changes):
        return []
    people = "people_gained" in changes
    affected = changes["people_gained"] + changes["people_lost"] if people else 0.0
    order = changes.assign(affected=affected).sort_values(["affected", "moved_m2"], ascending=False, kind="stable")
    said = []
    for row in order.head(_MOST_SAID).itertuples():
        line = terminal.label(f"  {row.cell}", translate(row.reason, terminal.language))
        if people:
            line += terminal.say(
                "; people on land gained: {gained}, on land lost: {lost}",
                gained=f"{row.people_gained:g}",
                lost=f"{row.people_lost:g}",
            )
        said.append(line)
    more = len(changes) - len(said)
    return [*said, f"  {terminal.say('and {count} more', count=more)}"] if more > 0 else said


def _write(result: Any, name: str, path: Path | None, language: str) -> Path | None:
    """Write the cells as they are, and the tables of the repair in the caller's language."""
    if path is None:
        return None
    from onemap.store.tables import write_tables

    tables = {"repair_change": result.changes, "repair_move": result.moves, "repair_refused": result.refused}
    for table in ("repair_change", "repair_refused"):
        said = [translate(reason, language) for reason in tables[table]["reason"]]
        tables[table] = tables[table].assign(reason=said)
    return write_tables({name: result.cells, **tables, _RECORD: result.record}, path)


def _undo(terminal: Terminal, source: Source, path: Path, *, record: Path, out: Path | None) -> None:
    """Give the cells their old geometries back; the column of the codes need not be named, the record finds it."""
    from onemap.geo.repair_record import undo_repair
    from onemap.store.tables import write_tables

    cells, rows = source.frame(path), _read(record)
    restored = undo_repair(cells, rows, code=named_or_same(cells, source.code or "cell_code") or "")
    written = None if out is None else write_tables({source.layer or path.stem: restored}, out)
    sentence = terminal.say("undone: {count} cells have the geometry that they had before the repair", count=len(rows))
    terminal.answer({"restored": len(rows)}, [sentence], out=written)


def _read(path: Path) -> Any:
    """Read a record from JSON, or from the GeoPackage that the repair wrote."""
    from onemap.geo.repair_record import read_record

    if path.suffix.lower() != ".gpkg":
        return read_record(path)
    import pyogrio

    try:
        return pyogrio.read_dataframe(path, layer=_RECORD, read_geometry=False)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise SourceError("{path}: no record of a repair can be read ({why})", path=path, why=error) from error
