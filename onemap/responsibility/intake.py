"""Tables of duties and holders to what the matrix reckons with; rows that make no sense are told, not lost."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from onemap.domain.duties import DUTY_GRID, Duty, Holder, as_text
from onemap.domain.validity import as_day
from onemap.errors import OnemapError, SchemaError
from onemap.responsibility.land import level_key
from onemap.translation import say

Problems = list[tuple[str, str]]


def rows_of(table: pd.DataFrame | None) -> Iterator[dict[str, Any]]:
    """Return the rows of a table as mappings; none where there is no table."""
    if table is None:
        return
    columns = {str(name): table[name].tolist() for name in table.columns if name != "geometry"}
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def duties_of(table: pd.DataFrame) -> tuple[list[Duty], Problems]:
    """Return the duties of a table, and the rows that are none.

    Raises
    ------
    SchemaError
        The table has no column of codes.
    """
    _need(table, "duty_code", "duty")
    duties, problems = [], []
    for row in rows_of(table):
        try:
            duties.append(Duty.from_row(row))
        except OnemapError as error:
            problems.append((as_text(row["duty_code"]), str(error)))
    return duties, problems


def appointments_of(
    table: pd.DataFrame | None,
    levels: Mapping[str, gpd.GeoDataFrame],
    duty_grids: gpd.GeoDataFrame | None,
    shifts: Mapping[str, str],
) -> tuple[list[Holder], Problems]:
    """Return all appointments: those of the roster, and those that cells and duty grids name in their own rows.

    A grid's own row counts only where the roster says nothing of the grid. An appointment in an unknown shift is told,
    and never on.
    """
    if table is not None:
        _need(table, "holder_code", "holder")
    holders, problems = [], []
    for row in rows_of(table):
        try:
            holder = Holder.from_row(row)
        except OnemapError as error:
            problems.append((as_text(row["holder_code"]), str(error)))
            continue
        if holder.shift and holder.shift not in shifts:
            problems.append((holder.holder_code, say("there is no shift {shift}", "en", shift=holder.shift)))
        holders.append(replace(holder, shift=shifts.get(holder.shift, holder.shift)) if holder.shift else holder)
    return [*holders, *_named_by_grids(holders, levels, duty_grids)], problems


def _named_by_grids(
    holders: list[Holder], levels: Mapping[str, gpd.GeoDataFrame], duty_grids: gpd.GeoDataFrame | None
) -> Iterator[Holder]:
    """Return the appointments that stand in the grids' own rows."""
    listed = {holder.grid_code for holder in holders}
    known: dict[str, list[Holder]] = {}
    for holder in holders:
        known.setdefault(holder.holder_code, []).append(holder)
        known.setdefault(f"{holder.agency}/{holder.name}", []).append(holder)
    tables: list[tuple[str, Any, str, str]] = [
        (level, frame, level_key(level, frame), "holder_code")
        for level, frame in levels.items()
        if "holder_code" in frame.columns
    ]
    if duty_grids is not None and "holder" in duty_grids.columns:
        tables.append((DUTY_GRID, duty_grids, "duty_code", "holder"))
    for level, frame, key, column in tables:
        for row in rows_of(pd.DataFrame(frame)):
            code, named = as_text(row.get(key)), as_text(row.get(column))
            if named and code and code not in listed:
                yield _appointed(row, code, named, level, known)


def _appointed(row: Mapping[str, Any], code: str, named: str, level: str, known: Mapping[str, list[Holder]]) -> Holder:
    """Return the appointment in a grid's row: of someone in the roster, by code or by agency and name, if there."""
    agency = as_text(row.get("agency"))
    found = known.get(named) or known.get(f"{agency}/{named}") or []
    people = {holder.holder_code: holder for holder in found}
    first, last = as_day(row.get("valid_from")), as_day(row.get("valid_to"))
    if len(people) == 1:
        return replace(found[0], grid_code=code, level=level, deputy=0, valid_from=first, valid_to=last)
    return Holder(
        holder_code=named, name=named, grid_code=code, level=level, agency=agency, valid_from=first, valid_to=last
    )


def _need(table: pd.DataFrame, column: str, layer: str) -> None:
    if column not in table.columns:
        raise SchemaError(
            "layer {layer} has no column {column}; it has {columns}",
            layer=layer,
            column=column,
            columns=", ".join(map(str, table.columns)),
        )
