"""Names of groups: what is locked or was there before keeps its name, all others are numbered by place."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .balance_findings import Finding
from .balance_intake import Intake
from .balance_start import NONE
from .balance_units import Units

Held = Counter[tuple[tuple[int, int], str]]
"""People by group and by the name of the group that they were in before."""


class Names:
    """Which group of which part has which name.

    A name stands for one group only. Where cells of several parts have it, the part with the most locked load (or the
    most people, for the groups of before) keeps it.
    """

    def __init__(
        self,
        units: Units,
        parts: Sequence[Sequence[int]],
        taken: Intake,
        *,
        start: Sequence[Any],
        load: NDArray[np.int64],
        people: NDArray[np.int64],
    ) -> None:
        self.units = units
        self.parts = parts
        self.taken = taken
        self.people = people
        self.part_of = {unit: at for at, part in enumerate(parts) for unit in part}
        self.start = list(start)
        self.findings: list[Finding] = []
        self.locked = self._settle_locks(load)
        self.home = self._homes([name if name is not None else None for name in self.locked_cells()], load)
        known = self._homes(self.start, people)
        self.known = {name: at for name, at in known.items() if self.home.get(name, at) == at}
        self._say_apart()

    def _settle_locks(self, load: NDArray[np.int64]) -> list[Any]:
        """Return the lock of each unit: of tied cells that are locked to several groups the heaviest lock."""
        found = []
        for cells in self.units.cells:
            weight: Counter[Any] = Counter()
            for cell in cells:
                if self.taken.locked[cell] is not None:
                    weight[self.taken.locked[cell]] += int(load[cell]) + 1
            ranked = sorted(weight, key=lambda name: (-weight[name], name))
            if len(ranked) > 1:
                template = "{cells} stay together for a building, and are locked to {groups}; {group} holds"
                named = tuple(self.taken.codes[cell] for cell in cells)
                self.findings.append(
                    Finding(
                        "locked_twice", template, {"groups": ", ".join(sorted(ranked))}, group=ranked[0], cells=named
                    )
                )
            found.append(ranked[0] if ranked else None)
        return found

    def locked_cells(self) -> list[Any]:
        """Return the lock of each cell, as its unit has it."""
        return [self.locked[unit] for unit in self.units.of]

    def _homes(self, names: Sequence[Any], weight: NDArray[np.int64]) -> dict[Any, int]:
        """Return the part of each name."""
        held: dict[Any, Counter[int]] = {}
        for cell, name in enumerate(names):
            if name is not None:
                held.setdefault(name, Counter())[self.part_of[self.units.of[cell]]] += int(weight[cell]) + 1
        return {name: min(parts, key=lambda at: (-parts[at], at)) for name, parts in sorted(held.items())}

    def _say_apart(self) -> None:
        away: dict[Any, list[Any]] = {}
        for cell, name in enumerate(self.locked_cells()):
            if name is not None and self.home[name] != self.part_of[self.units.of[cell]]:
                away.setdefault(name, []).append(self.taken.codes[cell])
        for name, cells in sorted(away.items()):
            template = "{cells} cannot be in {group}: other cells locked to it lie in another area or part"
            self.findings.append(Finding("locked_apart", template, group=name, cells=tuple(cells)))

    def locked_in(self, at: int) -> list[Any]:
        """Return the names that are locked in a part, in the order of their groups."""
        return sorted(name for name, home in self.home.items() if home == at)

    def known_in(self, at: int) -> list[Any]:
        """Return the names that are locked or were there before in a part, in the order of their groups."""
        fixed = self.locked_in(at)
        weight: Counter[Any] = Counter()
        for unit in self.parts[at]:
            for cell in self.units.cells[unit]:
                if self.known.get(self.start[cell]) == at:
                    weight[self.start[cell]] += int(self.people[cell]) + 1
        return fixed + sorted((name for name in weight if name not in fixed), key=lambda name: (-weight[name], name))

    def labels(self, at: int, count: int) -> tuple[list[int], list[int]]:
        """Return the group that each unit of a part is locked to, and the one that it comes from."""
        number = {name: group for group, name in enumerate(self.known_in(at)[:count])}
        fixed = set(self.locked_in(at))
        pinned, before = [], []
        for unit in self.parts[at]:
            lock = self.locked[unit]
            pinned.append(number[lock] if lock in fixed else NONE)
            weight: Counter[Any] = Counter()
            for cell in self.units.cells[unit]:
                if self.start[cell] in number:
                    weight[self.start[cell]] += int(self.people[cell]) + 1
            names = sorted(weight, key=lambda name: (-weight[name], name))
            before.append(number[names[0]] if names else NONE)
        return pinned, before

    def name(self, label: Sequence[tuple[int, int]], place: NDArray[np.float64], *, priced: bool = False) -> list[str]:
        """Return the name of the group of each cell from (part, group).

        Where moving is priced, groups keep the names by which the plan was judged if that moves fewer people.
        """
        cells: dict[tuple[int, int], list[int]] = {}
        for cell, group in enumerate(label):
            cells.setdefault(group, []).append(cell)
        named: dict[tuple[int, int], str] = {}
        for group in cells:
            known = self.locked_in(group[0])
            if group[1] < len(known):
                named[group] = known[group[1]]
        held = self._held(cells)
        judged = {**named, **self._judged(cells, named)}
        self._keep_old(held, named)
        if priced and _kept(held, judged) > _kept(held, named):
            named = judged
        self._number(cells, named, place)
        return [named[group] for group in label]

    def _held(self, cells: Mapping[tuple[int, int], list[int]]) -> Held:
        """Return how many people of each group of before every group holds."""
        old = self.start if any(name is not None for name in self.start) else self.taken.before
        held: Held = Counter()
        for group, members in cells.items():
            for cell in members:
                if old[cell] is not None:
                    held[group, old[cell]] += int(self.people[cell]) + 1
        return held

    def _keep_old(self, held: Held, named: dict[tuple[int, int], str]) -> None:
        """Give names of before to the groups that hold most of their people, the largest share first."""
        taken = set(named.values()) | set(self.home)
        for group, name in sorted(held, key=lambda key: (-held[key], key)):
            if group not in named and name not in taken:
                named[group] = name
                taken.add(name)

    def _judged(
        self, cells: Iterable[tuple[int, int]], named: Mapping[tuple[int, int], str]
    ) -> dict[tuple[int, int], str]:
        """Return the names of before by the numbers that the plan gave to groups."""
        known = {at: self.known_in(at) for at, _ in cells}
        return {
            group: known[group[0]][group[1]]
            for group in cells
            if group not in named and group[1] < len(known[group[0]])
        }

    def _number(
        self, cells: dict[tuple[int, int], list[int]], named: dict[tuple[int, int], str], place: NDArray[np.float64]
    ) -> None:
        taken = set(named.values()) | {str(name) for name in (*self.taken.before, *self.start) if name is not None}
        by_area: dict[Any, list[tuple[float, float, tuple[int, int]]]] = {}
        for group, members in cells.items():
            if group not in named:
                x, y = place[members].mean(axis=0)
                by_area.setdefault(self.taken.area[members[0]], []).append((round(x, 3), -round(y, 3), group))
        for area, found in by_area.items():
            digits, number = len(str(len(found))), 0
            for _, _, group in sorted(found):
                name = ""
                while not name or name in taken:
                    number += 1
                    name = f"{number:0{digits}d}" if area is None else f"{area}-{number:0{digits}d}"
                named[group] = name
                taken.add(name)


def _kept(held: Held, named: Mapping[tuple[int, int], str]) -> int:
    """Return how many people stay in the group of their name."""
    return sum(held[group, name] for group, name in named.items())
