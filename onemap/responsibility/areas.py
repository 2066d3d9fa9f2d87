"""Grids, compounds and roads on one day: which of them claim a point.

A point belongs to the grid with the smallest code that holds it, border included, as a case does
(`onemap.geo.locator`); every other grid that has the point in its interior claims it too, and that is a conflict.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.domain.duties import as_text
from onemap.geo.cell_codes import doubled_codes, unique_codes
from onemap.geo.edges import Floats, Ints
from onemap.geo.locator import CellLocator
from onemap.geo.single_point import single_point_rule

Rows = tuple[int, ...]
_UNDECIDED: Final = -2


@dataclass(frozen=True, slots=True)
class Grid:
    """What a duty is tied to: a grid of some level, an agency's duty grid, a road, an object.

    Attributes
    ----------
    scope
        As in `onemap.domain.duties.Duty.scope`.
    code, name
        Its own.
    agency
        Of a duty grid; empty for others.
    layer
        Layer of the map that it stands in.
    facts
        What conditions may ask about it, as ``grid_cell.kind=exclusive``.
    parent
        Code of the grid above, where the layer tells it.
    """

    scope: str
    code: str
    name: str = ""
    agency: str = ""
    layer: str = ""
    facts: frozenset[str] = frozenset()
    parent: str = ""


@dataclass(frozen=True)
class Kind:
    """What the rows of a layer are: scope, key, agency, the word that facts begin with, and their columns."""

    scope: str
    key: str
    layer: str
    agency: str = ""
    word: str = ""
    columns: tuple[str, ...] = ()


class Claimants(Protocol):
    """A layer that tells which of its rows claim a point."""

    @property
    def grids(self) -> list[Grid]:
        """The rows."""

    def one(self, x: float, y: float) -> Rows:
        """Return the rows that claim a point, the first in order of codes first."""

    def many(self, x: Floats, y: Floats) -> Ints:
        """Return for each point -1, the row that claims it, or the id of several rows (`rows`)."""

    def rows(self, claim: int) -> Rows:
        """Return the rows that an answer of `many` stands for."""

    def rows_at(self, position: int) -> Ints:
        """Return for each answer that `many` has given the row at a position of those it stands for, -1 for none."""


class _Interned:
    """Ids of several rows at once, beyond the numbers of the rows."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._several: list[Rows] = []
        self._ids: dict[Rows, int] = {}

    def id(self, rows: Rows) -> int:
        if not rows:
            return -1
        if len(rows) == 1:
            return rows[0]
        if rows not in self._ids:
            self._ids[rows] = self._count + len(self._several)
            self._several.append(rows)
        return self._ids[rows]

    def rows(self, claim: int) -> Rows:
        if claim < 0:
            return ()
        return (claim,) if claim < self._count else self._several[claim - self._count]

    def rows_at(self, position: int) -> Ints:
        alone = np.arange(self._count) if position == 0 else np.full(self._count, -1)
        several = [rows[position] if len(rows) > position else -1 for rows in self._several]
        return np.concatenate([alone, np.array(several, dtype=np.int64)])


def read_grids(frame: pd.DataFrame, kind: Kind) -> list[Grid]:
    """Return the grids in the rows of a layer."""
    count = len(frame)

    def texts(column: str) -> list[str]:
        return [as_text(value) for value in frame[column].tolist()] if column in frame.columns else [""] * count

    words = [(f"{kind.word}.{column}=", texts(column)) for column in kind.columns if column in frame.columns]
    names, parents = texts("name"), texts("parent_code")
    return [
        Grid(
            kind.scope,
            code,
            names[row],
            kind.agency,
            kind.layer,
            frozenset(word + values[row] for word, values in words if values[row]),
            parents[row],
        )
        for row, code in enumerate(texts(kind.key))
    ]


class Areas:
    """Polygons of one layer in force on one day."""

    def __init__(self, frame: gpd.GeoDataFrame, kind: Kind) -> None:
        cells = unique_codes(frame, kind.key)
        self.doubled: Final = frozenset(doubled_codes(frame, kind.key))
        self.locator: Final = CellLocator(cells, kind.key)
        self.grids: list[Grid] = read_grids(cells, kind)
        self.by_code: Final = {grid.code: row for row, grid in enumerate(self.grids)}
        self._several = _Interned(len(self.grids))
        sound = not len(self.locator.invalid)
        self._fast = single_point_rule(self.locator.index, lambda *_: _UNDECIDED) if sound else lambda *_: _UNDECIDED

    def one(self, x: float, y: float) -> Rows:
        """Return the rows that claim a point."""
        found = self._fast(x, y)
        if found != _UNDECIDED:
            return (found,) if found >= 0 else ()
        return self.rows(int(self.many(np.array([x]), np.array([y]))[0]))

    def many(self, x: Floats, y: Floats) -> Ints:
        """Return for each point -1, the row that claims it, or the id of several rows."""
        location = self.locator.look_up(x, y)
        claim, special = location.cell, location.special
        other = ~special.on_border & (special.cell != claim[special.point])
        inside = special.cell[other]
        found, start, times = np.unique(special.point[other], return_index=True, return_counts=True)
        for point, first, count in zip(found.tolist(), start.tolist(), times.tolist(), strict=True):
            claim[point] = self._several.id((int(claim[point]), *inside[first : first + count].tolist()))
        return claim

    def rows(self, claim: int) -> Rows:
        """Return the rows that an answer of `many` stands for."""
        return self._several.rows(claim)

    def rows_at(self, position: int) -> Ints:
        """Return for each answer of `many` the row at a position of those it stands for, -1 where it has none."""
        return self._several.rows_at(position)

    def claim(self, rows: Rows) -> int:
        """Return the id of some rows, -1 for none."""
        return self._several.id(rows)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the shapes, for lines and areas."""
        return shapely.STRtree(self.locator.geometry)

    @cached_property
    def insides(self) -> NDArray[Any]:
        """A point inside each area."""
        return np.asarray(shapely.point_on_surface(self.locator.geometry), dtype=object)


class Roads:
    """Roads in force on one day: one claims a point within half its width, else the nearest within a distance.

    Parameters
    ----------
    frame
        Lines with ``width_m``, in a metric system.
    kind
        What the rows are.
    width_m
        Width of roads that tell none.
    near_m
        Where no road's width reaches a point, the nearest road within this distance claims it.
    """

    def __init__(self, frame: gpd.GeoDataFrame, kind: Kind, *, width_m: float, near_m: float) -> None:
        lines = frame.geometry.to_numpy()
        widths = (
            pd.to_numeric(frame["width_m"], errors="coerce") if "width_m" in frame else pd.Series(np.nan, frame.index)
        )
        half = widths.fillna(width_m).to_numpy(dtype=np.float64) / 2
        parts = read_grids(frame, kind)
        codes = sorted({grid.code for grid in parts})
        first: dict[str, Grid] = {}
        for grid in sorted(parts, key=lambda grid: (grid.code, grid.name, sorted(grid.facts))):
            first.setdefault(grid.code, grid)
        self.grids: list[Grid] = [first[code] for code in codes]
        self.by_code: Final = {code: row for row, code in enumerate(codes)}
        segments, part = _segments(lines)
        self._segment, self._half = segments, half[part]
        self._road: Ints = np.array([self.by_code[grid.code] for grid in parts], dtype=np.int64)[part]
        boxes = shapely.bounds(segments) + self._half[:, None] * np.array([-1.0, -1.0, 1.0, 1.0])
        self._boxes = shapely.STRtree(shapely.box(*boxes.T) if len(boxes) else [])
        self._lines = shapely.STRtree(segments)
        self._near_m = near_m
        self._several = _Interned(len(codes))

    @cached_property
    def zones(self) -> NDArray[Any]:
        """Land that each road claims by its width, in the metric system; round ends are drawn with 64 corners."""
        strips = shapely.buffer(self._segment, self._half, quad_segs=16)
        return np.array([shapely.union_all(strips[self._road == row]) for row in range(len(self.grids))], dtype=object)

    @property
    def reaches(self) -> NDArray[Any]:
        """Land that each road can claim, by its width or by nearness."""
        return (
            self.zones if self._near_m <= 0 else np.asarray(shapely.union(self.zones, self._near_zones), dtype=object)
        )

    @property
    def _near_zones(self) -> NDArray[Any]:
        strips = shapely.buffer(self._segment, self._near_m, quad_segs=16)
        return np.array([shapely.union_all(strips[self._road == row]) for row in range(len(self.grids))], dtype=object)

    def one(self, x: float, y: float) -> Rows:
        """Return the rows of the roads that claim a point given in the metric system."""
        return self.rows(int(self.many(np.array([x]), np.array([y]))[0]))

    def many(self, x: Floats, y: Floats) -> Ints:
        """Return for each point -1, the road that claims it, or the id of several roads."""
        found = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = shapely.points(x, y)
        point, segment = self._boxes.query(points[found])
        point = found[point]
        reached = shapely.distance(points[point], self._segment[segment]) <= self._half[segment]
        point, segment = point[reached], segment[reached]
        if self._near_m > 0:
            rest = np.setdiff1d(found, point)
            which, near = self._lines.query_nearest(points[rest], max_distance=self._near_m, all_matches=True)
            point, segment = np.concatenate([point, rest[which]]), np.concatenate([segment, near])
        return self._claims(len(points), point, self._road[segment])

    def _claims(self, count: int, point: Ints, road: Ints) -> Ints:
        claim = np.full(count, -1, dtype=np.int64)
        pairs = np.unique(np.column_stack([point, road]), axis=0) if len(point) else np.empty((0, 2), dtype=np.int64)
        found, start, times = np.unique(pairs[:, 0], return_index=True, return_counts=True)
        claim[found] = pairs[start, 1]
        for which in np.flatnonzero(times > 1):
            several = pairs[start[which] : start[which] + times[which], 1]
            claim[found[which]] = self._several.id(tuple(several.tolist()))
        return claim

    def rows(self, claim: int) -> Rows:
        """Return the rows that an answer of `many` stands for."""
        return self._several.rows(claim)

    def rows_at(self, position: int) -> Ints:
        """Return for each answer of `many` the row at a position of those it stands for, -1 where it has none."""
        return self._several.rows_at(position)


def _segments(lines: NDArray[Any]) -> tuple[NDArray[Any], Ints]:
    """Return the straight pieces of lines, and the number of the line that each is of."""
    parts, line = shapely.get_parts(lines, return_index=True)
    numbers, owner = shapely.get_coordinates(parts, return_index=True)
    joined = np.flatnonzero(owner[:-1] == owner[1:]) if len(owner) else np.empty(0, dtype=np.int64)
    pairs = np.stack([numbers[joined], numbers[joined + 1]], axis=1) if len(joined) else np.empty((0, 2, 2))
    return np.asarray(shapely.linestrings(pairs), dtype=object), line[owner[joined]]


def codes_of(layers: Iterable[pd.DataFrame], key: str) -> frozenset[str]:
    """Return all codes that stand in some frames, on whatever day."""
    return frozenset(as_text(code) for frame in layers if key in frame for code in frame[key].unique())
