"""Cells to responsibility grids: contiguous, of equal load, inside one area, with short borders."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.errors import SchemaError
from onemap.geo.crs import area_m2
from onemap.geo.dated import in_force
from onemap.progress import Progress, part, silent

from .balance_borders import metric_shapes, shared_borders
from .balance_counts import Part, by_target, share_out
from .balance_findings import Finding, finding_table
from .balance_intake import AREA, Division, Intake, Load, in_whole_numbers, take_in
from .balance_names import Names
from .balance_plan import Ground, Plan
from .balance_result import BalanceResult, Measured
from .balance_solve import solve
from .balance_start import NONE, join_pins
from .balance_uneven import uneven
from .balance_units import Units, make_units, tied_cells

Target = float | tuple[float, float]

_HOUSEHOLDS = (300.0, 400.0, 500.0)
"""Least, wished and most households of a responsibility grid, where nothing else is said."""


@dataclass(frozen=True)
class _Wish:
    """How many groups of which size are wanted."""

    groups: int | Mapping[Any, int] | None
    target: float | None
    least: float
    most: float
    price: float
    tolerance: float


def balance_cells(
    cells: gpd.GeoDataFrame,
    *,
    load: Load,
    groups: int | Mapping[Any, int] | None = None,
    target: Target | None = None,
    within: str | None = None,
    barriers: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    barrier_m: float = 1.0,
    buildings: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    locked: Division | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    seeds: Division | None = None,
    before: Division | None = None,
    people: str | None = None,
    move_price: float = 0.0,
    tolerance: float = 0.0,
    code: str = "cell_code",
    as_of: Any = None,
    progress: Progress = silent,
) -> BalanceResult:
    """Join cells into responsibility grids of equal load.

    Every group hangs together by shared borders, lies inside one area and is made of whole cells. Among such plans
    the best is looked for by these measures, each deciding only between plans that are equal by those before:

    1. how far loads lie below ``minimum`` or above ``maximum``, all together;
    2. the largest deviation of a group's load from the mean of its part (what is within ``tolerance`` counts as
       none), plus ``move_price`` for each person moved; a group that cannot come near the mean (a cell is too heavy, or
       what can be reached through it alone) does not count, and the mean is that of the others;
    3. the length of open border between groups;
    4. people moved.

    Parameters
    ----------
    cells
        Polygons in any CRS and order; lengths and areas are measured in metres.
    load
        What is to be equal: a numeric column, several (added up), columns with weights, or ``"area"`` (square metres,
        unless there is a column of that name). Numbers from 0.
    groups
        How many groups: in all, or for each area (a mapping from its name).
    target
        Instead: the load that a group shall have, or a pair of least and most. Where neither is given (and no
        ``seeds``), groups of 300 to 500, best 400, are made: the usual number of households.
    within
        Column of the area (community, street) that no group may leave.
    barriers
        Lines or polygons that no group may reach across, except around them.
    barrier_m
        A border nearer to a barrier than this is blocked, metres.
    buildings
        Polygons that must not be divided: the cells that one stands in stay together.
    locked
        Cells whose group is settled: a column of group names (missing where free), or a mapping from cell to group.
    minimum, maximum
        Load that each group must have, and may have.
    seeds
        Existing division to start from, given as ``locked`` is: its groups keep their names, and where neither
        ``groups`` nor ``target`` is given there will be as many.
    before
        Existing division to compare with only; by default the seeds.
    people
        Column of the people or households counted as moved; by default the load.
    move_price
        Load by which the largest deviation must fall for each person who moves to another group than in ``seeds``.
    tolerance
        Share of the mean load up to which loads count as equal: 0.02 leaves two percent to shorter borders.
    code
        Column of the cells' codes; where it is absent the index names them.
    as_of
        Only cells in force on this day, see `onemap.in_force`; by default all rows.
    progress
        Told how far the work is.

    Returns
    -------
    BalanceResult
        ``groups`` (a series on the index of the cells), ``table`` (before and after), ``loads``, ``impossible``,
        ``cells``, ``grids``. Groups take the names that are locked or that they had before, else a number (inside an
        area ``area-number``) from west to east, then north to south.

    Raises
    ------
    SchemaError
        A column is missing, a load is no number from 0, or options contradict one another.
    CrsError
        A layer has no coordinate system.

    Notes
    -----
    Up to 36 cells a part, an exhaustive search follows the other searches (see ``proved``); larger ones are searched
    by simulated annealing and exchange of cells, whose answer is good and not proved. The answer does not depend on
    the order of rows, and is the same every time.

    Examples
    --------
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_code": list("abcd"), "households": [100, 300, 300, 100]},
    ...     geometry=[box(x, 0, x + 1, 1) for x in range(4)],
    ...     crs="EPSG:4548",
    ... )
    >>> result = balance_cells(cells, load="households", groups=2)
    >>> result.groups.tolist()
    ['1', '1', '2', '2']
    >>> result.sentence
    '4 cells in 2 groups; the largest deviation is 0.000% of the mean load'
    """
    cells = in_force(cells, as_of)
    wish = _wish(groups, target, minimum, maximum, (move_price, tolerance), load=load, seeds=seeds)
    old = seeds if before is None else before
    taken = take_in(cells, code=code, load=load, people=people, within=within, locked=locked, before=old)
    start = taken.before if seeds is not None and before is None else None
    if seeds is not None and start is None:
        start = take_in(cells, code=code, load=load, people=people, within=within, locked=None, before=seeds).before
    progress(0.05, "finding the borders of the cells")
    bounds = shapely.total_bounds(taken.shapes) if len(taken.shapes) else (np.nan,) * 4
    lines = None if barriers is None else metric_shapes(barriers, taken.crs, bounds, "barriers")
    borders = shared_borders(taken.shapes, taken.crs, barriers=lines, barrier_m=barrier_m)
    areas = {name: at for at, name in enumerate(sorted(set(taken.area), key=str))}
    numbers = [areas[name] for name in taken.area]
    ties = [] if buildings is None else _ties(taken, buildings, bounds)
    units, findings = make_units(borders, numbers, ties, taken.codes)
    work = _Work(taken, units, wish, start or [None] * len(taken.rows))
    names = work.run(part(progress, 0.15, 0.95))
    sizes = area_m2(gpd.GeoSeries(taken.shapes, crs=taken.crs)).to_numpy(dtype=np.float64)
    measured = Measured(taken.area, taken.before, taken.load, taken.people, sizes, borders)
    table, loads = measured.tables(names)
    answer = pd.Series([None] * len(cells), index=cells.index, dtype="str")
    answer.iloc[taken.rows] = names
    found = finding_table([*taken.findings, *findings, *work.findings])
    return BalanceResult(cells.assign(group=answer), table, loads, found, work.proved)


def _wish(
    groups: Any, target: Target | None, minimum: float | None, maximum: float | None,
    prices: tuple[float, float], *, load: Load, seeds: Division | None,
) -> _Wish:  # fmt: skip
    if groups is not None and target is not None:
        raise SchemaError("give either groups or target, not both")
    counts = list(groups.values()) if isinstance(groups, Mapping) else [] if groups is None else [groups]
    if any(isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1 for count in counts):
        raise SchemaError("groups is {found}; it must be a whole number from 1", found=str(groups))
    least, most = minimum or 0.0, math.inf if maximum is None else maximum
    wished: float | None = None
    if isinstance(target, tuple):
        low, high = target
        least, most = (low if minimum is None else least), (high if maximum is None else most)
        wished = (low + high) / 2
    elif target is not None:
        wished = float(target)
    elif groups is None and seeds is None:
        if load == AREA:
            raise SchemaError("with the area as load, say groups or target")
        low, wished, high = _HOUSEHOLDS
        least, most = (low if minimum is None else least), (high if maximum is None else most)
    price, tolerance = map(float, prices)
    sound = 0 <= least <= most and 0 <= price < math.inf and 0 <= tolerance < 1
    if not sound or (wished is not None and not 0 < wished < math.inf):
        raise SchemaError(
            "it must be 0 < target, 0 <= minimum <= maximum, 0 <= move_price and 0 <= tolerance < 1; found {found}",
            found=f"{target}, {minimum}, {maximum}, {price:g}, {tolerance:g}",
        )
    return _Wish(groups, wished, float(least), float(most), price, tolerance)


def _ties(taken: Intake, buildings: Any, bounds: Any) -> list[tuple[Any, list[int]]]:
    own = gpd.GeoSeries(taken.shapes, crs=taken.crs)
    shapes = metric_shapes(buildings, taken.crs, bounds, "buildings")
    cells = metric_shapes(own, taken.crs, bounds, "cells")
    return tied_cells(cells, shapes, [f"{x:.0f} {y:.0f}" for x, y in shapely.get_coordinates(shapely.centroid(shapes))])


class _Work:
    """Dividing all parts of all areas."""

    def __init__(self, taken: Intake, units: Units, wish: _Wish, start: list[Any]) -> None:
        self.taken = taken
        self.units = units
        self.wish = wish
        self.findings: list[Finding] = []
        self.proved = True
        self.load, self.scale = in_whole_numbers(taken.load)
        self.people, self.people_scale = in_whole_numbers(taken.people)
        self.parts = units.parts()
        centre = gpd.GeoSeries(taken.shapes, crs=taken.crs)
        place = metric_shapes(centre, taken.crs, centre.total_bounds, "cells") if len(centre) else taken.shapes
        self.place = shapely.get_coordinates(shapely.centroid(place)).reshape(-1, 2)
        self.names = Names(units, self.parts, taken, start=start, load=self.load, people=self.people)
        self.findings += self.names.findings

    def run(self, progress: Progress) -> list[Any]:
        """Return the name of the group of each cell."""
        label: list[Any] = [None] * len(self.taken.rows)
        counts = self._counts()
        done, everything = 0, max(len(self.taken.rows), 1)
        for at, count in enumerate(counts):
            size = sum(len(self.units.cells[unit]) for unit in self.parts[at])
            told = part(progress, done / everything, (done + size) / everything)
            plan = self._divide(at, count, told)
            for unit, group in zip(self.parts[at], plan.label, strict=True):
                for cell in self.units.cells[unit]:
                    label[cell] = (at, group)
            done += size
        return self.names.name(label, self.place, priced=self.wish.price > 0)

    def _part(self, at: int) -> Part:
        units = self.parts[at]
        load = float(sum(self.taken.load[cell] for unit in units for cell in self.units.cells[unit]))
        area = self.taken.area[self.units.cells[units[0]][0]]
        return Part(area, load, len(units), len(self.names.locked_in(at)))

    def _counts(self) -> list[int]:
        """Return how many groups each part gets."""
        parts = [self._part(at) for at in range(len(self.parts))]
        by_area: dict[Any, list[int]] = {}
        for at, one in enumerate(parts):
            by_area.setdefault(one.area, []).append(at)
        self._say_disconnected(parts, by_area)
        wish, counts = self.wish, [0] * len(parts)
        if isinstance(wish.groups, Mapping):
            named = {str(area): count for area, count in wish.groups.items()}
            lacking = [str(area) for area in by_area if str(area) not in named]
            if lacking:
                raise SchemaError("groups says nothing of {areas}", areas=", ".join(sorted(lacking)))
            wanted = [(rows, named[str(area)], area) for area, rows in by_area.items()]
        elif wish.groups is not None:
            wanted = [(list(range(len(parts))), int(wish.groups), None)] if parts else []
        elif wish.target is not None:
            for at, one in enumerate(parts):
                counts[at], found = by_target(one, wish.target, wish.least, wish.most)
                self.findings += found
            return counts
        else:
            wanted = [([at], max(len(self.names.known_in(at)), 1), one.area) for at, one in enumerate(parts)]
        for rows, count, area in wanted:
            shared, found = share_out([parts[at] for at in rows], count, area)
            self.findings += found
            for at, number in zip(rows, shared, strict=True):
                counts[at] = number
        return counts

    def _say_disconnected(self, parts: list[Part], by_area: dict[Any, list[int]]) -> None:
        for area, rows in by_area.items():
            if len(rows) > 1:
                small = sorted(rows, key=lambda at: (-parts[at].load, at))[1:]
                cells = tuple(self.taken.codes[c] for at in small for u in self.parts[at] for c in self.units.cells[u])
                template = (
                    "the cells fall into {count} parts that share no open border; each part has groups of its own, "
                    "apart from the largest are {cells}"
                )
                self.findings.append(Finding("disconnected", template, {"count": len(rows)}, area=area, cells=cells))

    def _divide(self, at: int, count: int, progress: Progress) -> Plan:
        ground = self._ground(at, count)
        core, apart = join_pins(ground)
        fixed = [group for group in core if group != NONE]
        most = len(ground) - len(fixed) + len(set(fixed))
        if count > most:
            template = "{groups} groups are too many: there are {units} cells that can be parted"
            values = {"groups": count, "units": most}
            self.findings.append(Finding("too_few_cells", template, values, area=self._part(at).area))
            ground = self._ground(at, most)
        for group, left in apart:
            cells = tuple(self.taken.codes[c] for i in left for c in self.units.cells[self.parts[at][i]])
            template = "{cells} cannot be joined with the other cells locked to {group}: locked cells lie between them"
            name = self.names.locked_in(at)[group]
            self.findings.append(Finding("lock_broken", template, area=self._part(at).area, group=name, cells=cells))
            pinned = [NONE if i in set(left) else pin for i, pin in enumerate(ground.pinned)]
            ground = replace(ground, pinned=pinned)
        plan = solve(ground, progress=progress)
        self.proved = self.proved and plan.proved
        self._say_sizes(at, plan)
        codes = [[self.taken.codes[c] for c in self.units.cells[unit]] for unit in self.parts[at]]
        self.findings += uneven(plan, codes, scale=self.scale, area=self._part(at).area)
        return plan

    def _ground(self, at: int, count: int) -> Ground:
        units = self.parts[at]
        number = {unit: i for i, unit in enumerate(units)}
        near = [self.units.neighbours[unit] for unit in units]
        cells = [self.units.cells[unit] for unit in units]
        pinned, before = self.names.labels(at, count)
        priced = self.wish.price * self.scale / self.people_scale * count
        return Ground(
            groups=count,
            load=[int(self.load[row].sum()) for row in cells],
            people=[int(self.people[row].sum()) for row in cells],
            neighbours=[[number[other] for other in row] for row in near],
            border=[[max(round(length * 1000), 1) for length in row.values()] for row in near],
            place=np.array([self.place[row].mean(axis=0) for row in cells]).reshape(-1, 2),
            pinned=pinned,
            before=before,
            least=self.wish.least * self.scale,
            most=self.wish.most * self.scale,
            price=priced,
            even=int(self.wish.tolerance * sum(int(self.load[row].sum()) for row in cells)),
        )

    def _say_sizes(self, at: int, plan: Plan) -> None:
        """List groups beyond minimum or maximum, and cells that alone are heavier than the maximum."""
        least, most, area = plan.ground.least, plan.ground.most, self._part(at).area
        for group, load in enumerate(plan.load):
            kind, bound = ("minimum", self.wish.least) if load < least else ("maximum", self.wish.most)
            if least <= load <= most:
                continue
            units = [self.parts[at][i] for i in sorted(plan.members[group])]
            cells = tuple(self.taken.codes[c] for unit in units for c in self.units.cells[unit])
            values: dict[str, Any] = {"load": round(load / self.scale, 2), "bound": bound}
            if len(units) == 1 and kind == "maximum":
                template = "{cells} alone has a load of {load}, above the maximum of {bound}"
                self.findings.append(Finding("heavy_cell", template, values, area=area, cells=cells))
                continue
            template = (
                "the group of {cells} has a load of {load}, below the minimum of {bound}"
                if kind == "minimum"
                else "the group of {cells} has a load of {load}, above the maximum of {bound}"
            )
            self.findings.append(Finding(kind, template, values, area=area, cells=cells))
