"""The frames of a division in editing: its input, and the same with what edits changed."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.domain.validity import VALID_FROM, VALID_TO, day_before
from onemap.errors import SchemaError

from .division_state import Cell, Change


@dataclass(frozen=True)
class Frames:
    """The input of a division, and how its columns are called."""

    cells: gpd.GeoDataFrame
    codes: tuple[str, ...]
    groups: tuple[str | None, ...]
    parents: tuple[str, ...]
    code: str
    group: str | None
    series: pd.Series | None

    @classmethod
    def of(cls, cells: gpd.GeoDataFrame, codes: Sequence[str], *, groups: Any, code: str, community: str) -> "Frames":
        """Return the frames of an input.

        Raises
        ------
        SchemaError
            There is no such column of groups, or the series is not on the index of the cells.
        """
        if isinstance(groups, str):
            if groups not in cells.columns:
                raise SchemaError("the {name} have no column {column}", name="cells", column=groups)
            values, column = cells[groups], groups
        elif groups is None:
            values, column = pd.Series([None] * len(cells), dtype=object), None
        else:
            if len(groups) != len(cells) or not groups.index.equals(cells.index):
                raise SchemaError("the groups must be a column of the cells, or a series on their index")
            values, column = groups, None
        parents = cells[community] if community in cells.columns else pd.Series([""] * len(cells))
        return cls(
            cells.copy(),
            tuple(codes),
            tuple(None if pd.isna(v) or v == "" else str(v) for v in values),
            tuple("" if pd.isna(v) else str(v) for v in parents),
            code,
            column,
            groups.copy() if isinstance(groups, pd.Series) else None,
        )

    @cached_property
    def known_groups(self) -> frozenset[str]:
        """Groups that stand in the input."""
        return frozenset(g for g in self.groups if g is not None)

    def cells_of(self, cells: Iterable[Cell], loads: Sequence[str], days: Mapping[int, dt.date]) -> gpd.GeoDataFrame:
        """Return the frame of these cells: rows of the input in their order, then new ones in order of their making."""
        found = _ordered(cells)
        taken = self.cells.iloc[[c.row for c in found]].copy()
        if all(c.made < 0 for c in found) and len(found) == len(self.cells) and not self._changed(found):
            return taken
        taken.index = self._labels(found)
        return self.filled(taken, found, loads, days)

    def _changed(self, cells: Sequence[Cell]) -> bool:
        """Tell whether a cell of the input has other land or another group."""
        shapes = self.cells.geometry.to_numpy()
        return any(c.geometry is not shapes[c.row] or c.group != self.groups[c.row] for c in cells)

    def filled(
        self, frame: gpd.GeoDataFrame, cells: Sequence[Cell], loads: Sequence[str], days: Mapping[int, dt.date]
    ) -> gpd.GeoDataFrame:
        """Write what edits changed into rows taken from the input."""
        name = frame.geometry.name
        shapes = np.empty(len(cells), dtype=object)
        shapes[:] = [c.geometry for c in cells]
        frame[name] = gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)
        made = np.array([c.made >= 0 for c in cells], dtype=bool)
        moved = [at for at, c in enumerate(cells) if c.made < 0 and c.group != self.groups[c.row]]
        if made.any():
            new = [c for c in cells if c.made >= 0]
            _write(frame, self.code, made, [_like(frame[self.code], c.code) for c in new])
            values: dict[str, list[Any]] = {"area_m2": [c.area_m2 for c in new]}
            values |= {load: [c.loads[load] for c in new] for load in loads}
            values |= {VALID_FROM: [_like_day(frame, days.get(c.made)) for c in new], VALID_TO: [None] * len(new)}
            for column, given in values.items():
                if column in frame.columns:
                    _write(frame, column, made, given)
        if self.group is not None:
            rows = made.copy()
            rows[moved] = True
            _write(
                frame,
                self.group,
                rows,
                [_like(frame[self.group], c.group) for c, r in zip(cells, rows, strict=True) if r],
            )
        return frame

    def groups_of(self, cells: Iterable[Cell]) -> pd.Series:
        """Return the group of each cell, on the index of `cells_of`; the series given where nothing changed."""
        found = _ordered(cells)
        same = len(found) == len(self.cells) and all(c.made < 0 and c.group == self.groups[c.row] for c in found)
        if same and self.series is not None:
            return self.series.copy()
        name = self.series.name if self.series is not None else self.group
        return pd.Series([c.group for c in found], index=self._labels(found), name=name, dtype=object)

    def _labels(self, cells: Sequence[Cell]) -> pd.Index:
        """Return the index: labels of the input, then the next numbers, or the codes of new cells."""
        own = self.cells.index[[c.row for c in cells if c.made < 0]]
        new = [c.code for c in cells if c.made >= 0]
        if pd.api.types.is_integer_dtype(self.cells.index.dtype):
            first = int(self.cells.index.max()) + 1 if len(self.cells) else 0
            serials = pd.Index(range(first, first + len(new)), dtype=self.cells.index.dtype)
            return own.append(serials).rename(self.cells.index.name) if new else own
        return own.append(pd.Index(new, dtype=object)).rename(self.cells.index.name) if new else own


def _ordered(cells: Iterable[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda c: (c.made, c.row if c.made < 0 else 0, c.code if c.made >= 0 else ""))


def _write(frame: gpd.GeoDataFrame, column: str, rows: Any, values: list[Any]) -> None:
    """Write values into rows of a column, which keeps its type where it can hold them."""
    kept = frame[column]
    full = kept.astype(object).to_numpy().copy()
    full[np.asarray(rows)] = np.array([*values, None], dtype=object)[:-1]
    made = pd.Series(full, index=frame.index, dtype=object)
    try:
        frame[column] = made.astype(kept.dtype)
    except (TypeError, ValueError):
        frame[column] = made


def _like(column: "pd.Series[Any]", value: Any) -> Any:
    """Return a code as the column holds codes: whole numbers stay numbers where the new one is one."""
    if value is not None and pd.api.types.is_integer_dtype(column.dtype) and str(value).isdecimal():
        return int(value)
    return value


def _like_day(frame: pd.DataFrame, day: dt.date | None) -> Any:
    """Return a day as the column of first days holds days."""
    if day is None or VALID_FROM not in frame.columns:
        return day
    column = frame[VALID_FROM]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return pd.Timestamp(day)
    first = next((v for v in column if isinstance(v, str) and v), None)
    return day.isoformat() if first is not None or column.dtype == "str" else day


@dataclass(frozen=True)
class _Ended:
    """A cell as it was until an edit: in force from ``since`` (None: as the input says) to the day before ``when``."""

    cell: Cell
    since: dt.date | None
    when: dt.date


def dated_cells(frames: Frames, now: Iterable[Cell], changes: Sequence[tuple[dt.date, Change]]) -> gpd.GeoDataFrame:
    """Return the cells of now, and what edits ended: cells withdrawn, and cells in the group or shape that they left.

    A neighbour that a split gave a corner has a row of its old corners, so that each day's borders match. What began
    and ended on one day was never in force and is left out. Groups that were given as a series stand in a column of
    its name, or in ``group``.
    """
    since: dict[str, dt.date] = {}
    ended: list[_Ended] = []
    for when, change in changes:
        before = {cell.code: cell for cell in change.out}
        after = {cell.code: cell for cell in change.into}
        both = before.keys() & after.keys()
        same = {code for code in both if _unchanged(before[code], after[code])}
        ended += [
            _Ended(cell, since.get(code), when)
            for code, cell in before.items()
            if code not in same and since.get(code) != when
        ]
        since |= dict.fromkeys(after.keys() - same, when)
    standing = _ordered(now)
    cells = [*(one.cell for one in ended), *standing]
    starts = [*(one.since for one in ended), *(since.get(cell.code) for cell in standing)]
    ends = [*(day_before(one.when) for one in ended), *([None] * len(standing))]
    dated = frames.cells.iloc[[cell.row for cell in cells]].copy().reset_index(drop=True)
    names = tuple(name for name in (cells[0].loads if cells else ()) if name in dated.columns)
    dated = frames.filled(dated, cells, names, {})
    if frames.series is not None:
        dated[frames.series.name or "group"] = pd.Series([cell.group for cell in cells], dtype=object)
    for column, days in ((VALID_FROM, starts), (VALID_TO, ends)):
        given = dated[column].astype(object).tolist() if column in dated else [None] * len(dated)
        dated[column] = pd.Series([b if a is None else a for a, b in zip(days, given, strict=True)], dtype=object)
    return dated


def _unchanged(before: Cell, after: Cell) -> bool:
    """Return whether an edit left a cell its group and every corner."""
    return before.group == after.group and after.geometry is before.geometry
