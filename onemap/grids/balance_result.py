"""What a balance found: the group of each cell, and the division before and after in figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.geo.connected import connected
from onemap.translation import say

from .balance_borders import Borders

TABLE = (
    "area", "state", "groups", "load_mean", "load_min", "load_max", "spread", "deviation", "border_m", "compactness",
    "scattered", "cells_moved", "people_moved",
)  # fmt: skip
LOADS = (
    "area", "state", "group", "cells", "load", "deviation", "area_m2", "border_m", "compactness", "parts", "people_in",
)  # fmt: skip


@dataclass(frozen=True)
class BalanceResult:
    """Responsibility grids made of cells.

    Attributes
    ----------
    cells
        The cells as given, with the column ``group``.
    table
        One row an area and state (``before`` where there was a division, ``after``): ``groups``; ``load_mean``,
        ``load_min``, ``load_max`` and ``spread`` (their difference); ``deviation`` (the largest, as share of the mean);
        ``border_m`` between groups; ``compactness`` (mean of 4 pi area / perimeter^2, 1 for a circle); ``scattered``
        (groups that do not hang together); ``cells_moved`` and ``people_moved`` since before. The row with the area
        ``*`` sums up all areas; its deviation is the largest of theirs.
    loads
        The same for each group; ``people_in`` are those who came from another group.
    impossible
        What could not be done: ``kind``, ``area``, ``group``, ``cells``, ``reason``. Empty where all was.
    proved
        True where an exhaustive search proved every part to be the best plan possible.
    """

    cells: gpd.GeoDataFrame
    table: pd.DataFrame
    loads: pd.DataFrame
    impossible: pd.DataFrame
    proved: bool

    @property
    def groups(self) -> pd.Series:
        """The group of each cell, on the index of the cells; missing where a cell could not take part."""
        return self.cells["group"]

    @property
    def ok(self) -> bool:
        """Whether nothing was impossible."""
        return not len(self.impossible)

    @property
    def grids(self) -> gpd.GeoDataFrame:
        """The responsibility grids as polygons, with ``group``, ``area``, ``cells`` and ``load``."""
        after = self.loads[self.loads["state"] == "after"].set_index("group")
        name = self.cells.geometry.name
        shapes = self.cells[["group", name]].dropna(subset="group").dissolve("group", sort=True)
        joined = shapes.join(after[["area", "cells", "load", "deviation"]]).reset_index()
        return gpd.GeoDataFrame(joined, geometry=name, crs=self.cells.crs)

    @property
    def sentence(self) -> str:
        """The result in one English sentence."""
        return self.say("en")

    def say(self, language: str) -> str:
        """Return the result in one sentence."""
        whole = self.table[self.table["area"] == "*"].set_index("state")
        if not len(whole):
            return say("there is no cell to divide", language)
        after = whole.loc["after"]
        values = {"cells": int(self.groups.notna().sum()), "groups": int(after["groups"]), "after": _percent(after)}
        if "before" not in whole.index:
            template = "{cells} cells in {groups} groups; the largest deviation is {after} of the mean load"
            return say(template, language, **values)
        values |= {"before": _percent(whole.loc["before"]), "people": round(float(after["people_moved"]), 2)}
        values["people"] = f"{values['people']:g}"
        template = (
            "{cells} cells in {groups} groups; the largest deviation falls from {before} to {after} of the mean load, "
            "{people} move to another group"
        )
        return say(template, language, **values)


def _percent(row: Any) -> str:
    return f"{row['deviation']:.1%}" if row["deviation"] >= 0.001 else f"{row['deviation']:.3%}"  # noqa: PLR2004


@dataclass(frozen=True)
class Measured:
    """Cells with all that figures are made of.

    Attributes
    ----------
    area, before
        Names of areas, and of the groups that there were.
    load, people, area_m2
        Of each cell.
    borders
        Of the cells.
    """

    area: Sequence[Any]
    before: Sequence[Any]
    load: NDArray[np.float64]
    people: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    borders: Borders

    def tables(self, after: Sequence[Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the division before and after, by area and by group."""
        states = {"after": list(after)}
        if any(name is not None for name in self.before):
            states = {"before": list(self.before), **states}
        loads = pd.concat([self._groups(state, groups) for state, groups in states.items()], ignore_index=True)
        moved = np.array([b is not None and b != a for b, a in zip(self.before, after, strict=True)], dtype=bool)
        table = pd.DataFrame(
            [row for area in _areas(self.area) for row in self._area(area, loads, states, moved)], columns=list(TABLE)
        )
        return table, loads

    def _groups(self, state: str, groups: list[Any]) -> pd.DataFrame:
        """Return one row a group; a group that reaches into several areas has one in each."""
        keys = list(zip(map(_text, self.area), map(_text, groups), strict=True))
        names = sorted(set(keys))
        number = {key: at for at, key in enumerate(names)}
        of = np.array([number[key] for key in keys], dtype=np.int64)
        pairs = self.borders.pairs
        inner = of[pairs[:, 0]] == of[pairs[:, 1]] if len(pairs) else np.zeros(0, dtype=bool)
        count = len(names)

        def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.bincount(of, values, count).astype(np.float64)

        load, area = total(self.load), total(self.area_m2)
        around = total(self.borders.perimeter_m)
        around -= 2 * np.bincount(of[pairs[inner, 0]], self.borders.length_m[inner], count)
        came = [b is not None and state == "after" and b != g for b, g in zip(self.before, groups, strict=True)]
        areas = np.array([name[0] for name in names], dtype=object)
        named = np.array([name[1] != "" for name in names], dtype=bool)
        mean = pd.Series(np.where(named, load, np.nan)).groupby(areas).transform("mean").to_numpy(dtype=np.float64)
        table = pd.DataFrame(
            {
                "area": areas,
                "state": state,
                "group": [name[1] for name in names],
                "cells": np.bincount(of, minlength=count),
                "load": load,
                "deviation": np.divide(load - mean, mean, out=np.zeros(count), where=mean > 0),
                "area_m2": area,
                "border_m": around,
                "compactness": np.divide(4 * np.pi * area, around**2, out=np.zeros(count), where=around > 0),
                "parts": _parts(of, count, pairs[inner]),
                "people_in": total(np.where(came, self.people, 0.0)),
            },
            columns=list(LOADS),
        )
        return table[named]

    def _area(
        self, area: str, loads: pd.DataFrame, states: dict[str, list[Any]], moved: NDArray[np.bool_]
    ) -> list[tuple[Any, ...]]:
        here = np.ones(len(self.area), dtype=bool) if area == "*" else np.array([_text(a) == area for a in self.area])
        rows = []
        for state, groups in states.items():
            found = loads[(loads["state"] == state) & ((loads["area"] == area) | (area == "*"))]
            if not len(found):
                continue
            load = found["load"]
            gone = moved & here if state == "after" else np.zeros(len(here), dtype=bool)
            rows.append(
                (
                    area, state, len(found), load.mean(), load.min(), load.max(), load.max() - load.min(),
                    found["deviation"].abs().max(), self._between(groups, here), found["compactness"].mean(),
                    int((found["parts"] > 1).sum()), int(gone.sum()), float(self.people[gone].sum()),
                )
            )  # fmt: skip
        return rows

    def _between(self, groups: list[Any], here: NDArray[np.bool_]) -> float:
        """Return the length of open border between different groups of one area."""
        if not len(self.borders.pairs):
            return 0.0
        one, other = self.borders.pairs.T
        number = pd.factorize(pd.Series(list(map(_text, groups)), dtype=object))[0]
        areas = pd.factorize(pd.Series(list(map(_text, self.area)), dtype=object))[0]
        apart = (number[one] != number[other]) & (areas[one] == areas[other]) & here[one]
        return float(self.borders.open_m[apart].sum())


def _text(name: Any) -> str:
    return "" if name is None else str(name)


def _areas(names: Sequence[Any]) -> list[str]:
    found = sorted(set(map(_text, names)))
    return [*([] if found in ([], [""]) else found), *(["*"] if found else [])]


def _parts(of: NDArray[np.int64], count: int, inner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many pieces each group is in, by any shared border."""
    beside: list[list[int]] = [[] for _ in of]
    for one, other in inner.tolist():
        beside[one].append(other)
        beside[other].append(one)
    roots = [part[0] for part in connected(range(len(of)), beside.__getitem__)]
    return np.bincount(of[roots], minlength=count)
