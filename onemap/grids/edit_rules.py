"""The rules that a division in editing is held to: what is broken is said, the edit is not refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from onemap.errors import SchemaError
from onemap.geo.defects import write_number
from onemap.translation import say

from .division_state import State

COLUMNS: Final = ("rule", "group", "cells", "measure", "threshold", "reason")
_SPLIT_CELL: Final = "{cell} lies in {parts} parts"
_SPLIT_GROUP: Final = "{group} lies in {parts} parts; {cells} are cut off from the largest"
_SPLIT_OFF_ONE: Final = "{group} lies in {parts} parts; {cells} is cut off from the largest"
_ACROSS: Final = "{group} reaches into {count} communities: {communities}"
_FEW: Final = "{group}: {name} is {measure}, below the least of {threshold}"
_MANY: Final = "{group}: {name} is {measure}, above the most of {threshold}"
_EMPTY: Final = "{group} has no cell any more"
_ALONE: Final = "{cell} belongs to no group"
_NAMED: Final = 5


@dataclass(frozen=True)
class EditRules:
    """What a division in editing shall keep.

    Attributes
    ----------
    contiguous
        Each cell and each group lies in one part.
    within
        Each group lies in one community (the cells' column of communities decides).
    minimum, maximum
        Least and most of a load of each group, by name; ``area_m2`` and ``cells`` are names too.
    """

    contiguous: bool = True
    within: bool = True
    minimum: Mapping[str, float] = field(default_factory=dict)
    maximum: Mapping[str, float] = field(default_factory=dict)

    def check(self, names: Iterable[str]) -> None:
        """Refuse limits of loads that are not there.

        Raises
        ------
        SchemaError
            A name is unknown.
        """
        known = {*names, "area_m2", "cells"}
        unknown = sorted({*self.minimum, *self.maximum} - known)
        if unknown:
            raise SchemaError("no load {name}; known are {known}", name=unknown[0], known=", ".join(sorted(known)))


@dataclass(frozen=True)
class Broken:
    """One rule broken in one place."""

    rule: str
    group: str
    cells: tuple[str, ...]
    measure: float
    threshold: float
    reason: str


def broken_rules(state: State, group: str | None, total: Mapping[str, float], rules: EditRules) -> list[Broken]:
    """Return the rules that a group breaks; of no group, the cells that belong to none and those that are in parts."""
    codes = sorted(state.members.get(group, ()))
    found = _cells_in_parts(state, codes) if rules.contiguous else []
    if group is None:
        return [*found, *(Broken("unassigned", "", (c,), 1.0, 0.0, say(_ALONE, "en", cell=c)) for c in codes)]
    if not codes:
        return [Broken("empty", group, (), 0.0, 1.0, say(_EMPTY, "en", group=group))]
    if rules.contiguous and total["parts"] > 1:
        rest = tuple(code for part in state.parts(codes)[1:] for code in part)
        template = _SPLIT_OFF_ONE if len(rest) == 1 else _SPLIT_GROUP
        reason = say(template, "en", group=group, parts=int(total["parts"]), cells=_some(rest))
        found.append(Broken("contiguity", group, rest, total["parts"], 1.0, reason))
    homes = sorted({state.cells[code].parent for code in codes} - {""})
    if rules.within and len(homes) > 1:
        reason = say(_ACROSS, "en", group=group, count=len(homes), communities=_some(homes))
        found.append(Broken("community", group, tuple(codes), float(len(homes)), 1.0, reason))
    for limits, rule, template in ((rules.minimum, "minimum", _FEW), (rules.maximum, "maximum", _MANY)):
        for name, threshold in limits.items():
            measure = total[name]
            if measure < threshold if rule == "minimum" else measure > threshold:
                said = {"measure": write_number(measure), "threshold": write_number(threshold)}
                reason = say(template, "en", group=group, name=name, **said)
                found.append(Broken(rule, group, tuple(codes), float(measure), float(threshold), reason))
    return found


def _cells_in_parts(state: State, codes: Iterable[str]) -> list[Broken]:
    found = []
    for code in codes:
        cell = state.cells[code]
        parts = shapely.get_num_geometries(cell.geometry)
        if parts > 1:
            reason = say(_SPLIT_CELL, "en", cell=code, parts=int(parts))
            found.append(Broken("contiguity", cell.group or "", (code,), float(parts), 1.0, reason))
    return found


def _some(codes: Iterable[str]) -> str:
    names = list(codes)
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} ..."


def in_order(broken: Iterable[Broken]) -> list[Broken]:
    """Return what is broken in order of rule and group."""
    return sorted(broken, key=lambda b: (b.rule, b.group, b.cells))


def findings_table(broken: Iterable[Broken], state: State, crs: Any) -> gpd.GeoDataFrame:
    """Return what is broken as a table, in order of rule and group, each with the land of its cells."""
    rows = in_order(broken)
    shapes = [shapely.union_all([state.cells[c].geometry for c in b.cells if c in state.cells]) for b in rows]
    table = pd.DataFrame([tuple(getattr(b, name) for name in COLUMNS) for b in rows], columns=list(COLUMNS))
    table = table.astype({"measure": float, "threshold": float, "cells": object})
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
