"""A plan: which unit belongs to which group, kept contiguous move by move, with its loads and its borders.

All figures are whole numbers, so that sums do not depend on the order in which they were made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onemap.geo.connected import connected, part_from

Score = tuple[int, float, int, int]
"""What a plan is judged by, first to last: load beyond minimum and maximum; largest deviation and the price of moving;
border between groups; people moved. Smaller is better."""


@dataclass(frozen=True)
class Ground:
    """Units that hang together, to be divided into groups.

    Attributes
    ----------
    groups
        How many groups.
    load, people
        Of each unit.
    neighbours, border
        For each unit the units that it shares an open border with, and the length of each.
    place
        A point in the middle of each unit, metres.
    pinned
        The group that each unit is locked to, -1 where it is free.
    before
        The group that each unit comes from, -1 where none.
    least, most
        Load that a group must have and may have.
    price
        What moving one person adds to the largest deviation.
    even
        Deviation, times the number of groups to balance, up to which loads count as equal.
    settled
        Groups whose one pinned unit cannot be balanced, and the load of it: they shall have that and no more, and the
        others are balanced around a mean of their own.
    """

    groups: int
    load: list[int]
    people: list[int]
    neighbours: list[list[int]]
    border: list[list[int]]
    place: NDArray[np.float64]
    pinned: list[int]
    before: list[int]
    least: float = 0.0
    most: float = float("inf")
    price: float = 0.0
    even: int = 0
    settled: Mapping[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many units there are."""
        return len(self.load)

    @cached_property
    def total(self) -> int:
        """The load of all units."""
        return sum(self.load)

    @cached_property
    def balanced(self) -> int:
        """How many groups share a mean."""
        return self.groups - len(self.settled)

    @cached_property
    def goals(self) -> list[int]:
        """The load that each group should have, times the number of groups that share a mean."""
        rest = self.total - sum(self.settled.values())
        return [self.settled[group] * self.balanced if group in self.settled else rest for group in range(self.groups)]

    @property
    def priced(self) -> bool:
        """Whether moving people costs something."""
        return self.price > 0 and any(group >= 0 for group in self.before)


class Plan:
    """A division of a ground into groups, each contiguous and none empty.

    Parameters
    ----------
    ground
        What is divided.
    label
        The group of each unit.

    Attributes
    ----------
    stuck
        Groups that cannot be balanced, each with the units that can only be in one group and make it so heavy; with
        none where no change with its neighbours was found to better it.
    """

    __slots__ = ("ground", "label", "load", "members", "proved", "stuck")

    def __init__(self, ground: Ground, label: Iterable[int]) -> None:
        self.ground = ground
        self.proved = False
        self.stuck: dict[int, list[int]] = {}
        self.label = list(label)
        self.load = [0] * ground.groups
        self.members: list[set[int]] = [set() for _ in range(ground.groups)]
        for unit, group in enumerate(self.label):
            self.load[group] += ground.load[unit]
            self.members[group].add(unit)

    def copy(self) -> "Plan":
        """Return an equal plan that can be changed by itself."""
        return Plan(self.ground, self.label)

    def take(self, other: "Plan") -> None:
        """Become equal to another plan of the same ground."""
        for unit, group in enumerate(other.label):
            if self.label[unit] != group:
                self.move(unit, group)

    def move(self, unit: int, group: int) -> None:
        """Give a unit to a group."""
        old, load = self.label[unit], self.ground.load[unit]
        self.load[old] -= load
        self.members[old].discard(unit)
        self.load[group] += load
        self.members[group].add(unit)
        self.label[unit] = group

    def can_leave(self, unit: int) -> bool:
        """Tell whether the rest of its group hangs together without the unit, and is not empty."""
        label, neighbours = self.label, self.ground.neighbours
        group = label[unit]
        same = [other for other in neighbours[unit] if label[other] == group]
        if len(same) < 2:  # noqa: PLR2004 - one neighbour: the unit is a leaf
            return len(same) == 1
        if len(same) == len(self.members[group]) - 1:
            return _joined(set(same), neighbours)
        wanted = set(same)
        seen = {unit, same[0]}
        wanted.discard(same[0])
        queue = [same[0]]
        for at in queue:
            for other in neighbours[at]:
                if label[other] == group and other not in seen:
                    if other in wanted:
                        wanted.discard(other)
                        if not wanted:
                            return True
                    seen.add(other)
                    queue.append(other)
        return False

    def cut(self) -> int:
        """Return the length of open border between different groups."""
        label, total = self.label, 0
        for unit, (others, lengths) in enumerate(zip(self.ground.neighbours, self.ground.border, strict=True)):
            group = label[unit]
            for other, length in zip(others, lengths, strict=True):
                if label[other] != group:
                    total += length
        return total // 2

    def moved(self) -> int:
        """Return how many people are in another group than before."""
        ground = self.ground
        rows = zip(self.label, ground.before, ground.people, strict=True)
        return sum(people for group, before, people in rows if before not in (-1, group))

    def deviation(self) -> int:
        """Return the largest deviation of a group from its goal, times the number of groups that share a mean."""
        return max(self.deviations())

    def deviations(self) -> list[int]:
        """Return the deviation of each group from its goal, times the number of groups that share a mean."""
        many, goals = self.ground.balanced, self.ground.goals
        return [abs(many * load - goal) for load, goal in zip(self.load, goals, strict=True)]

    def breach(self) -> int:
        """Return by how much loads lie beyond what a group must and may have, all together."""
        least, most = self.ground.least, self.ground.most
        return int(sum(max(0.0, least - load) + max(0.0, load - most) for load in self.load))

    def score(self) -> Score:
        """Return what the plan is judged by."""
        moved = self.moved()
        worst = max(self.deviation(), self.ground.even) + (self.ground.price * moved if self.ground.priced else 0)
        return self.breach(), worst, self.cut(), moved


def _joined(units: set[int], neighbours: list[list[int]]) -> bool:
    """Tell whether units hang together."""
    left = set(units)
    part_from(min(units), neighbours.__getitem__, left)
    return not left


def pieces(units: Iterable[int], neighbours: list[list[int]], label: list[int] | None = None) -> list[list[int]]:
    """Return the connected pieces of some units (of those of the same label, where one is given), in their order."""
    if label is None:
        return [sorted(piece) for piece in connected(units, neighbours.__getitem__)]
    alike = [[other for other in beside if label[other] == label[at]] for at, beside in enumerate(neighbours)]
    return [sorted(piece) for piece in connected(units, alike.__getitem__)]
