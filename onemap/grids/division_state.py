"""The cells of a division while it is edited: what each is, which are neighbours, what each group adds up to."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.connected import connected

from .cutting import touching

Loads = dict[str, float]
_AT_A_TIME: Final = 500


@dataclass(frozen=True)
class Cell:
    """One cell as it stands.

    Attributes
    ----------
    code
        Its code.
    row
        Position of the input row that its other columns come from.
    geometry
        Its land.
    area_m2
        Measured in metres.
    group
        Code of its group, or None.
    parent
        Code of its community, or empty.
    loads
        Its loads by name.
    places
        Rows of the places in it.
    made
        Number of the operation that made it, -1 for a cell of the input.
    """

    code: str
    row: int
    geometry: Any
    area_m2: float
    group: str | None
    parent: str
    loads: Mapping[str, float]
    places: tuple[int, ...] = ()
    made: int = -1


@dataclass(frozen=True)
class Change:
    """What one operation takes away and puts in its place; taken back by doing the reverse."""

    out: tuple[Cell, ...]
    into: tuple[Cell, ...]

    @property
    def reverse(self) -> "Change":
        """The change that takes this one back."""
        return Change(self.into, self.out)


@dataclass
class State:
    """All cells by code, and who borders on whom."""

    cells: dict[str, Cell]
    near: dict[str, set[str]] = field(default_factory=dict)
    members: dict[str | None, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> "State":
        """Return the state of these cells."""
        state = cls({cell.code: cell for cell in cells})
        codes = list(state.cells)
        shapes = _shapes(state.cells.values())
        state.near = {code: set() for code in codes}
        tree = shapely.STRtree(shapes)
        for start in range(0, len(shapes), _AT_A_TIME):  # GEOS lets no other thread in while it looks at some
            first, second = tree.query(shapes[start : start + _AT_A_TIME], predicate="intersects")
            first += start
            once = first < second
            first, second = first[once], second[once]
            along = touching(shapes[first], shapes[second])
            for a, b in zip(first[along].tolist(), second[along].tolist(), strict=True):
                state.near[codes[a]].add(codes[b])
                state.near[codes[b]].add(codes[a])
        for cell in state.cells.values():
            state.members.setdefault(cell.group, set()).add(cell.code)
        return state

    def apply(self, change: Change) -> set[str | None]:
        """Make a change; return the groups that it touches."""
        around = set().union(*(self.near[cell.code] for cell in change.out)) | {cell.code for cell in change.out}
        for cell in change.out:
            del self.cells[cell.code]
            self.members[cell.group].discard(cell.code)
            for other in self.near.pop(cell.code):
                self.near.get(other, set()).discard(cell.code)
        for cell in change.into:
            self.cells[cell.code] = cell
            self.members.setdefault(cell.group, set()).add(cell.code)
            self.near[cell.code] = set()
        around |= {cell.code for cell in change.into}
        known = sorted(code for code in around if code in self.cells)
        shapes = _shapes(self.cells[code] for code in known)
        for cell in change.into:
            for at in np.flatnonzero(touching(cell.geometry, shapes)).tolist():
                if known[at] != cell.code:
                    self.near[cell.code].add(known[at])
                    self.near[known[at]].add(cell.code)
        return {cell.group for cell in (*change.out, *change.into)}

    def parts(self, codes: Iterable[str]) -> list[list[str]]:
        """Return the connected parts of some cells, the one with the most land first."""
        found = [sorted(part) for part in connected(codes, self.near.__getitem__)]
        return sorted(found, key=lambda p: (-math.fsum(self.cells[c].area_m2 for c in p), p[0]))

    def total(self, group: str | None, loads: Sequence[str]) -> Loads:
        """Return what a group adds up to."""
        cells = [self.cells[code] for code in sorted(self.members.get(group, ()))]
        sums = {name: math.fsum(cell.loads[name] for cell in cells) for name in loads}
        area = math.fsum(cell.area_m2 for cell in cells)
        return {"cells": len(cells), "area_m2": area, "parts": len(self.parts(c.code for c in cells)), **sums}


def _shapes(cells: Iterable[Cell]) -> NDArray[Any]:
    made = [cell.geometry for cell in cells]
    shapes = np.empty(len(made), dtype=object)
    shapes[:] = made
    return shapes


def share_out(value: float, areas: Sequence[float]) -> list[float]:
    """Share a load out by area; whole numbers stay whole, and the sum stays what it was.

    Examples
    --------
    >>> share_out(10, [1.0, 1.0, 1.0]), share_out(2.5, [1.0, 3.0])
    ([4, 3, 3], [0.625, 1.875])
    """
    whole = math.fsum(areas)
    exact = [value * area / whole if whole else value / len(areas) for area in areas]
    if math.isnan(value) or not float(value).is_integer():
        return [*exact[:-1], value - math.fsum(exact[:-1])]
    floors = [math.floor(part) for part in exact]
    rest = int(value) - sum(floors)
    order = sorted(range(len(areas)), key=lambda at: (floors[at] - exact[at], at))
    for at in order[:rest]:
        floors[at] += 1
    return [float(part) if isinstance(value, float) else part for part in floors]
