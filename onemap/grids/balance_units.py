"""Cells to units, units to parts: what must stay together, and what hangs together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.connected import connected

from .balance_borders import Borders, Shapes
from .balance_findings import Finding

Ints = NDArray[np.int64]

_SHARE = 0.01
"""A cell that holds less of a building than this share does not count as one that the building stands in."""


@dataclass(frozen=True)
class Units:
    """Cells that are never parted, as one.

    Attributes
    ----------
    of
        The unit of each cell.
    cells
        The cells of each unit, by position.
    area
        The area (community, street) of each unit, by number.
    neighbours
        For each unit the units of the same area that it shares an open border with, and how long that is, metres.
    """

    of: list[int]
    cells: list[list[int]]
    area: list[int]
    neighbours: list[dict[int, float]]

    def parts(self) -> list[list[int]]:
        """Return the units that hang together, the parts of each area one after another."""
        units = sorted(range(len(self.cells)), key=lambda unit: (self.area[unit], unit))
        return [sorted(part) for part in connected(units, self.neighbours.__getitem__)]


def make_units(
    borders: Borders, area: Sequence[int], ties: Sequence[tuple[Any, list[int]]], codes: Sequence[Any]
) -> tuple[Units, list[Finding]]:
    """Join cells that a building ties together, where they share a border and an area.

    Parameters
    ----------
    borders
        Of the cells.
    area
        Number of the area of each cell.
    ties
        Buildings, each with the cells that it stands in.
    codes
        Names of the cells, for findings.
    """
    count = len(area)
    near: list[dict[int, float]] = [{} for _ in range(count)]
    for (one, other), free in zip(borders.pairs.tolist(), borders.open_m.tolist(), strict=True):
        if area[one] == area[other]:
            near[one][other] = near[other][one] = free
    roots, findings = _tie(near, ties, codes)
    number = {cell: unit for unit, cell in enumerate(sorted(set(roots)))}
    of = [number[cell] for cell in roots]
    members: list[list[int]] = [[] for _ in number]
    for cell, unit in enumerate(of):
        members[unit].append(cell)
    neighbours: list[dict[int, float]] = [{} for _ in number]
    for one in range(count):
        for other in sorted(near[one]):
            free = near[one][other]
            if of[one] != of[other] and free > 0:
                at = neighbours[of[one]]
                at[of[other]] = at.get(of[other], 0.0) + free
    return Units(of, members, [area[cells[0]] for cells in members], neighbours), findings


def _tie(
    near: list[dict[int, float]], ties: Sequence[tuple[Any, list[int]]], codes: Sequence[Any]
) -> tuple[list[int], list[Finding]]:
    """Return for each cell the first of those that it must stay with, and the buildings that tie no neighbours."""
    first = list(range(len(near)))

    def root(cell: int) -> int:
        while first[cell] != cell:
            first[cell] = first[first[cell]]
            cell = first[cell]
        return cell

    findings = []
    for name, cells in ties:
        for one in cells:
            for other in cells:
                if other in near[one]:
                    low, high = sorted((root(one), root(other)))
                    first[high] = low
        if len({root(cell) for cell in cells}) > 1:
            template = "building {building} stands in {cells}, which share no border or lie in different areas"
            named = tuple(codes[cell] for cell in cells)
            findings.append(Finding("building", template, {"building": name}, cells=named))
    return [root(cell) for cell in range(len(near))], findings


def tied_cells(shapes: Shapes, buildings: Shapes, names: Sequence[Any]) -> list[tuple[Any, list[int]]]:
    """Return the buildings that stand in several cells, each with those cells; all in one metric system."""
    if not len(buildings) or not len(shapes):
        return []
    building, cell = shapely.STRtree(shapes).query(buildings, predicate="intersects")
    several = np.bincount(building, minlength=len(buildings))[building] > 1
    building, cell = building[several], cell[several]
    share = shapely.area(shapely.intersection(buildings[building], shapes[cell]))
    held = share >= _SHARE * np.maximum(shapely.area(buildings[building]), 1e-9)
    ties: dict[int, list[int]] = {}
    for at, of in zip(building[held].tolist(), cell[held].tolist(), strict=True):
        ties.setdefault(at, []).append(of)
    return [(names[at], sorted(cells)) for at, cells in sorted(ties.items()) if len(cells) > 1]
