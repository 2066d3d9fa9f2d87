"""Tables of duties and holders to what the matrix reckons with; rows that make no sense are told, not lost."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from onemap.domain.duties import DUTY_GRID, Duty, Holder, as_text
from onemap.domain.validity import as_day
from onemap.errors import OnemapError
from onemap.responsibility.land import level_key
from onemap.responsibility.soundness import (
    NO_MATTERS,
    Problem,
    need,
    odd_holders,
    sound_matters,
    sound_roles,
    unknown_holders,
)
from onemap.translation import say

_NO_DUTY_CODE: Final = "table duty has no column duty_code, by which a duty is named; it has {columns}"
_NO_MATTERS: Final = "table duty has no column matters, which says what each duty is for (* for all); it has {columns}"
_NO_HOLDER_CODE: Final = "table holder has no column holder_code, by which a holder is named; it has {columns}"
_NO_GRID_CODE: Final = "table holder has no column grid_code, which says what each holder holds; it has {columns}"


def rows_of(table: pd.DataFrame | None) -> Iterator[dict[str, Any]]:
    """Return the rows of a table as mappings; none where there is no table."""
    if table is None:
        return
    columns = {str(name): table[name].tolist() for name in table.columns if name != "geometry"}
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def duties_of(table: pd.DataFrame, scheme: str) -> tuple[list[tuple[Any, Duty]], list[Problem]]:
    """Return the duties of a table, each with the label of its row, and what is wrong with rows.

    Of a duty whose matters no class table lists only the others are left.

    Raises
    ------
    SchemaError
        The table has no column of codes or of matters.
    """
    need(table, "duty_code", _NO_DUTY_CODE)
    need(table, "matters", _NO_MATTERS)
    duties, problems = [], []
    for label, row in zip(table.index.tolist(), rows_of(table), strict=True):
        duty: Duty | None = None
        try:
            duty, wrong = sound_matters(Duty.from_row(row), scheme)
        except OnemapError as error:
            wrong = str(error)
        if not as_text(row["matters"]) and duty is not None:
            duty, wrong = None, say(NO_MATTERS, "en")
        if duty is not None:
            duties.append((label, duty))
        if wrong:
            problems.append((label, as_text(row["duty_code"]), wrong))
    return duties, problems


def appointments_of(
    table: pd.DataFrame | None,
    levels: Mapping[str, gpd.GeoDataFrame],
    duty_grids: gpd.GeoDataFrame | None,
    shifts: Mapping[str, str],
) -> tuple[list[Holder], list[Any], list[Problem]]:
    """Return all appointments: those of the roster, and those that cells and duty grids name in their own rows.

    A grid's own row counts only where the roster says nothing of the grid. An appointment in an unknown shift is told,
    and never on.

    Returns
    -------
    list
        The appointments, those of the roster first.
    list
        Labels of the rows of those of the roster.
    list
        What is wrong with rows.

    Raises
    ------
    SchemaError
        The table has no column of codes or of grids.
    """
    if table is not None:
        need(table, "holder_code", _NO_HOLDER_CODE)
        need(table, "grid_code", _NO_GRID_CODE)
    holders, labels, problems = [], [], []
    for label, row in zip([] if table is None else table.index.tolist(), rows_of(table), strict=True):
        try:
            holder = Holder.from_row(row)
        except OnemapError as error:
            problems.append((label, as_text(row["holder_code"]), str(error)))
            continue
        if holder.shift and holder.shift not in shifts:
            problems.append((label, holder.holder_code, say("there is no shift {shift}", "en", shift=holder.shift)))
        holders.append(replace(holder, shift=shifts.get(holder.shift, holder.shift)) if holder.shift else holder)
        labels.append(label)
    return [*holders, *_named_by_grids(holders, levels, duty_grids)], labels, problems


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


@dataclass(frozen=True)
class Intake:
    """What a matrix takes from its tables.

    Attributes
    ----------
    duties
        The duties, each with the label of its row.
    people
        All appointments, those of the roster first.
    labels
        Labels of the rows of those of the roster.
    wrong
        What is wrong with rows of duties and of holders.
    """

    duties: list[tuple[Any, Duty]]
    people: list[Holder]
    labels: list[Any]
    wrong: tuple[list[Problem], list[Problem]]

    def problems(
        self, unusable: list[tuple[int, str]], known: Mapping[str, AbstractSet[str]], scopes: Iterable[str]
    ) -> tuple[list[Problem], list[Problem]]:
        """Return what is wrong with rows of duties and of holders, given what the map knows.

        Parameters
        ----------
        unusable
            Number of each duty that the rules refused, and why.
        known
            Codes of each channel.
        scopes
            Scopes of the map.
        """
        duties, people = self.wrong
        refused = [(self.duties[at][0], self.duties[at][1].duty_code, reason) for at, reason in unusable]
        odd = odd_holders(
            zip(self.labels, self.people, strict=False), known, scopes, {duty.role for _, duty in self.duties}
        )
        return [*duties, *refused], [*people, *odd]


def take(
    tables: tuple[pd.DataFrame, pd.DataFrame | None, gpd.GeoDataFrame | None],
    levels: Mapping[str, gpd.GeoDataFrame],
    *,
    shifts: Mapping[str, str],
    scheme: str,
    roles: Iterable[str],
) -> Intake:
    """Return the rows of duties and holders that can be meant.

    Parameters
    ----------
    tables
        Duties, holders and duty grids.
    levels
        Frames of the levels.
    shifts
        Code of each shift, by code and name.
    scheme
        Class table of matters that name none.
    roles
        Roles that the precedence names.

    Raises
    ------
    SchemaError
        A table lacks a column without which it says nothing.
    """
    duties, holders, duty_grids = tables
    people, labels, wrong_people = appointments_of(holders, levels, duty_grids, shifts)
    rows, wrong_duties = duties_of(duties, scheme)
    rows, unborne = sound_roles(rows, people, roles)
    unheld = list(unknown_holders(rows, people, holders))
    return Intake(rows, people, labels, ([*wrong_duties, *unborne, *unheld], wrong_people))
