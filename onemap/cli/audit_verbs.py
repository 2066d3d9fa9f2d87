"""The verb ``audit``: a division judged by the nine principles."""

from pathlib import Path
from typing import Annotated, Any

import typer

from onemap.domain.catalogue import load_catalogue
from onemap.translation import translate

from .frames import (
    Source,
    cells_and_code,
    community_column,
    frame_or_none,
    named_column,
    named_or_same,
    read_beside,
    write_frames,
)
from .options import Allowed, Cells, Fail, Out, Speech, file_and_layer, helped, verb
from .terminal import Exit, Terminal

_FACTS = ("rule", "id", "state", "measure", "unit", "threshold", "cells", "findings", "accepted")


@verb
def audit(
    *,
    cells: Cells,
    communities: Annotated[Path | None, typer.Option(help=helped("The legal areas that the cells divide."))] = None,
    communities_layer: Annotated[str | None, typer.Option(help=helped("Layer of the communities' file."))] = None,
    community: Annotated[str | None, typer.Option(help=helped("Column of the community that a cell names."))] = None,
    community_code: Annotated[
        str | None, typer.Option(help=helped("Column of the communities' codes (found by its title if not given)."))
    ] = None,
    buildings: Annotated[Path | None, typer.Option(help=helped("Buildings that no border shall cut."))] = None,
    compounds: Annotated[Path | None, typer.Option(help=helped("Compounds that shall stay whole."))] = None,
    barriers: Annotated[Path | None, typer.Option(help=helped("Barriers that borders shall follow."))] = None,
    roads: Annotated[Path | None, typer.Option(help=helped("Roads by which cells are reached."))] = None,
    load: Annotated[
        list[str] | None, typer.Option("--load", help=helped("Column of a load, or a file of points to be counted."))
    ] = None,
    previous: Annotated[Path | None, typer.Option(help=helped("The last version of the cells."))] = None,
    exceptions: Annotated[Path | None, typer.Option(help=helped("Signed exceptions: a table."))] = None,
    allowed: Allowed = None,
    tolerance_m: Annotated[float, typer.Option(help=helped("Narrower defects count as mismatch, metres."))] = 0.0,
    smallest_m2: Annotated[float, typer.Option(help=helped("Least size of a cell."))] = 2_000.0,
    largest_m2: Annotated[float, typer.Option(help=helped("Largest size of a cell."))] = 20_000.0,
    load_spread: Annotated[float, typer.Option(help=helped("Share by which a load may differ from the mean."))] = 0.5,
    survey_scale: Annotated[int | None, typer.Option(help=helped("Scale of the survey, such as 2000."))] = None,
    profile: Annotated[str | None, typer.Option(help=helped("Code profile that the codes must follow."))] = None,
    source: Source,
    out: Out = None,
    fail: Fail = False,
    terminal: Speech,
) -> None:
    """Audit a division."""
    from onemap.grids.audit import AuditLimits, audit_division

    others = {
        "buildings": buildings, "compounds": compounds, "barriers": barriers, "roads": roads, "previous": previous,
        "allowed": allowed,
    }  # fmt: skip
    frame, column = source.cells(cells, beside=[*others.values(), communities, load])
    options: dict[str, Any] = {
        name: frame_or_none(path, as_of=source.as_of, crs=source.crs) for name, path in others.items()
    }
    if communities is not None:
        land, key = cells_and_code(
            communities,
            layer=communities_layer,
            code=community_code,
            as_of=source.as_of,
            level="grid_community",
            option="--communities-layer",
            crs=source.crs,
            beside=[cells],
        )
        options |= {"communities": land, "community_code": key}
    if options["previous"] is not None:
        options["previous"] = _renamed(options["previous"], column)
    options["limits"] = AuditLimits(
        tolerance_m=tolerance_m, smallest_m2=smallest_m2, largest_m2=largest_m2, load_spread=load_spread
    )
    with terminal.progress() as told:
        report = audit_division(
            _of_known_kind(_renamed(frame, column)), code=column, community=community_column(frame, community),
            loads=_loads(load, frame, source.crs), exceptions=exceptions,
            as_of=source.as_of, survey_scale=survey_scale, profile=profile, progress=told, **options,
        )  # fmt: skip
    tables = {"audit": report.table, "audit_finding": report.findings, "audit_exception": report.exceptions}
    written = write_frames(tables, out, terminal.language)
    rules = [{name: row[name] for name in _FACTS} for row in report.table.to_dict("records")]
    facts = {"cells": report.cells, "counts": report.counts, "rules": rules}
    lines = [translate(report.sentence, terminal.language), *_lines(terminal, report.table)]
    terminal.answer(facts, lines, out=written)
    if fail and not report.ok:
        raise typer.Exit(Exit.FINDINGS)


def _renamed(frame: Any, code: str) -> Any:
    """Return a frame whose columns of dates bear the names that the audit knows."""
    found = {named_column(frame, name): name for name in ("valid_from", "valid_to")}
    return frame.rename(columns={old: new for old, new in found.items() if old not in (None, new, code)})


def _of_known_kind(cells: Any) -> Any:
    """Return cells whose kind bears the name and the values that the audit knows, as the catalogue reads them."""
    spec = load_catalogue()["grid_cell"]
    named = [column for column in cells.columns if spec.canonical(str(column)) == "kind"]
    if "kind" not in cells.columns and len(named) != 1:
        return cells
    kinds = cells["kind" if "kind" in cells.columns else named[0]]
    field = spec.field("kind")
    return cells.assign(kind=[field.value_of(kind) or kind if isinstance(kind, str) else None for kind in kinds])


def _loads(load: list[str] | None, cells: Any, crs: str | None) -> Any:
    """Return the loads: columns, or the points of a file."""
    if not load:
        return None
    file, _ = file_and_layer(load[0])
    if len(load) == 1 and file.suffix and file.exists():
        return read_beside(Path(load[0]), crs=crs)
    return [named_or_same(cells, name) for name in load]


def _lines(terminal: Terminal, table: Any) -> list[str]:
    """Return a line for each principle: its state, and what was measured or is needed."""
    title = "title_zh" if terminal.language == "zh" else "title_en"
    lines = []
    for row in table.to_dict("records"):
        said = translate(row["evidence"] or row["needs"], terminal.language)
        worst = f" [{', '.join(row['worst'])}]" if row["worst"] else ""
        state = terminal.say(row["state"])
        lines.append(terminal.label(f"{row['rule']} {row[title]}", terminal.label(state, f"{said}{worst}")))
    return lines
