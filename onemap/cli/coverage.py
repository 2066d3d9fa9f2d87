"""The verb ``check``: each level for itself, and what lies between the levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onemap.errors import GeometryError, SchemaError
from onemap.translation import say

_SHAPES = {"Point": "points", "MultiPoint": "points", "LineString": "lines", "MultiLineString": "lines"}


@dataclass(frozen=True)
class Level:
    """The cells of one level and the column of their codes."""

    name: str
    cells: Any
    code: str


@dataclass(frozen=True)
class Checked:
    """What the check says: defects of all levels (with ``layer_id`` where there are several), facts and sentences."""

    ok: bool
    defects: Any
    facts: dict[str, Any]
    sentences: list[str]


def refuse_other_shapes(path: Path, levels: Sequence[Level]) -> None:
    """Say it once where no feature of a level is a polygon; single ones that are not are listed by the check.

    Raises
    ------
    GeometryError
        The features are points or lines.
    """
    for level in levels:
        shapes = level.cells.geometry
        found = set(shapes[~(shapes.isna() | shapes.is_empty)].geom_type)
        if not found or found & {"Polygon", "MultiPolygon", "GeometryCollection"}:
            continue
        kinds = {_SHAPES.get(kind, "") for kind in found}
        if kinds == {"points"}:
            raise GeometryError("{path}: the features are points, not polygons; cells must be polygons", path=path)
        if kinds == {"lines"}:
            raise GeometryError("{path}: the features are lines, not polygons; cells must be polygons", path=path)
        raise GeometryError("{path}: none of the features is a polygon; cells must be polygons", path=path)


def check_levels(
    levels: Sequence[Level],
    *,
    parent: Any,
    allowed: Any,
    tolerance_m: float,
    as_of: str | None = None,
    language: str = "en",
) -> Checked:
    """Check each level; where there are several, also their nesting, from coarse to fine.

    Raises
    ------
    SchemaError
        A level is named twice.
    """
    from onemap.domain.validity import as_day
    from onemap.geo.coverage import check_coverage
    from onemap.geo.defect_words import say_result

    if len({level.name for level in levels}) < len(levels):
        raise SchemaError("a layer is named twice: {layers}", layers=", ".join(level.name for level in levels))
    reports = {
        level.name: check_coverage(
            level.cells,
            code=level.code,
            parent=_in_crs_of(level.cells, parent),
            allowed=_in_crs_of(level.cells, allowed),
            tolerance_m=tolerance_m,
            today=as_day(as_of),
        )
        for level in levels
    }
    facts = {
        level.name: {"ok": report.ok, "cells": len(level.cells), "counts": report.counts}
        for level, report in zip(levels, reports.values(), strict=True)
    }
    said = {name: say_result(report.defects, cells=report.cells, language=language) for name, report in reports.items()}
    if len(levels) == 1:
        (report,) = reports.values()
        return Checked(report.ok, report.defects, facts[levels[0].name], [said[levels[0].name]])
    return _with_nesting(levels, reports, facts, said, tolerance_m=tolerance_m, language=language)


def _in_crs_of(cells: Any, other: Any) -> Any:
    """Return a frame in the CRS of the cells; where one of them has none, the check says so."""
    return other if other is None or other.crs is None or cells.crs is None else other.to_crs(cells.crs)


def _with_nesting(
    levels: Sequence[Level],
    reports: dict[str, Any],
    facts: dict[str, Any],
    said: dict[str, str],
    *,
    tolerance_m: float,
    language: str,
) -> Checked:
    import pandas as pd

    from onemap.geo.defect_words import say_kinds
    from onemap.grids.levels import check_nesting

    crs = levels[0].cells.crs
    nesting = check_nesting(
        {level.name: level.cells.to_crs(crs) for level in levels},
        tolerance_m=tolerance_m,
        codes={level.name: level.code for level in levels if level.code in level.cells.columns},
    )
    own = [report.defects.to_crs(crs).assign(layer_id=name) for name, report in reports.items()]
    between = nesting[nesting["kind"] != "duplicate"]  # a code that stands twice is listed by its own level
    found = {str(kind): int(count) for kind, count in between["kind"].value_counts().sort_index().items()}
    ok = not len(between) and all(report.ok for report in reports.values())
    sentences = [say("{layer}: {result}", language, layer=name, result=result) for name, result in said.items()]
    sentences.append(
        say("between the levels: {found}", language, found=say_kinds(between, language))
        if len(between)
        else say("each level fills the one above it", language)
    )
    defects = pd.concat([*own, between], ignore_index=True)
    return Checked(ok, defects, {"ok": ok, "layers": facts, "nesting": found}, sentences)
