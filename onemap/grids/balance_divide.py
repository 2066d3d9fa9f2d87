"""Dividing two or three neighbouring groups anew, along edges of random spanning trees: balance down to single people.

Cutting one edge of a spanning tree makes two groups that hang together, cutting two makes three. Each tree offers all
its cuts at once, so that some thousand trees look at millions of divisions.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from .balance_plan import Ground, Plan
from .balance_start import NONE, adjacent_groups

_MOST_UNITS = {2: 256, 3: 64}
"""Units of groups that are divided together; three are compared as bits of one machine word."""
_EQUAL = 1e-6


def divide_anew(plan: Plan, rng: np.random.Generator, *, trees: int, floor: int) -> None:
    """Divide pairs and threes of neighbouring groups anew as long as their squared deviations fall.

    Parameters
    ----------
    trees
        How many spanning trees are drawn in all.
    floor
        The deviation, times the number of groups, at which there is nothing more to gain.
    """
    drawn = 0
    while drawn < trees and plan.deviation() > floor:
        together = _together(plan)
        if not together:
            return
        each = max(min(trees // (4 * len(together)), 200), 4)
        for groups in together:
            if drawn >= trees or plan.deviation() <= floor:
                break
            _divide(plan, groups, rng, each)
            drawn += each


def _together(plan: Plan) -> list[tuple[int, ...]]:
    """Return pairs and threes of neighbouring groups that are small enough, those that deviate most first."""
    ground = plan.ground
    pairs = [pair for pair in adjacent_groups(plan) if not ground.settled.keys() & set(pair)]
    near: dict[int, set[int]] = {}
    for one, other in pairs:
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    found: set[tuple[int, ...]] = set(pairs)
    for group, others in near.items():
        found |= {tuple(sorted((group, *two))) for two in combinations(sorted(others), 2)}
    off = plan.deviations()
    worst = max((off[group] for group in near), default=0) / 2
    small = [
        groups
        for groups in found
        if max(off[g] for g in groups) >= worst
        and sum(len(plan.members[g]) for g in groups) <= _MOST_UNITS[len(groups)]
    ]
    return sorted(small, key=lambda groups: (-max(off[g] for g in groups), groups))


def _divide(plan: Plan, groups: tuple[int, ...], rng: np.random.Generator, trees: int) -> None:
    """Take the best division of some groups that is found, where it betters the one there is."""
    ground = plan.ground
    units = sorted(unit for group in groups for unit in plan.members[group])
    if len(units) > _MOST_UNITS[len(groups)]:  # a change of before has made them larger
        return
    weight = np.array([ground.load[unit] for unit in units], dtype=np.float64)
    mean = min(ground.goals) / ground.balanced
    best = sum((plan.load[group] - mean) ** 2 for group in groups)
    border = _border(ground, units, {unit: plan.label[unit] for unit in units})
    chosen: list[int] | None = None
    for _ in range(trees):
        below, load = _tree(ground, units, weight, rng)
        if len(below) < len(units) - 1:  # a change of before has parted these groups
            return
        cut, squares = _best_cut(below, load, float(weight.sum()), mean, len(groups))
        if squares > best + _EQUAL * mean:
            continue
        parts = _parts(below, cut, len(units))
        length = _border(ground, units, _part_of(units, parts))
        if (squares < best - _EQUAL * mean or length < border) and _fits(ground, units, parts):
            best, border, chosen = squares, length, parts
    if chosen is not None:
        _take(plan, units, chosen, groups)


def _tree(
    ground: Ground, units: list[int], weight: NDArray[np.float64], rng: np.random.Generator
) -> tuple[list[int], NDArray[np.float64]]:
    """Return for each edge of a random spanning tree the units below it as bits, and their load."""
    place = {unit: at for at, unit in enumerate(units)}
    luck = rng.random(len(units) * 12 + 1).tolist()
    first = int(luck.pop() * len(units))
    parent = [-2] * len(units)
    parent[first] = NONE
    order = [first]
    rim = [(place[other], first) for other in ground.neighbours[units[first]] if other in place]
    while rim:
        at = int((luck.pop() if luck else 0.5) * len(rim))
        rim[at], rim[-1] = rim[-1], rim[at]
        unit, source = rim.pop()
        if parent[unit] != -2:  # noqa: PLR2004 - -2 is not yet seen
            continue
        parent[unit] = source
        order.append(unit)
        for other in ground.neighbours[units[unit]]:
            there = place.get(other)
            if there is not None and parent[there] == -2:  # noqa: PLR2004
                rim.append((there, unit))
    bits, load = [1 << at for at in range(len(units))], weight.tolist()
    for unit in reversed(order[1:]):
        bits[parent[unit]] |= bits[unit]
        load[parent[unit]] += load[unit]
    edges = order[1:]
    return [bits[unit] for unit in edges], np.array([load[unit] for unit in edges])


def _best_cut(
    below: list[int], load: NDArray[np.float64], total: float, mean: float, count: int
) -> tuple[tuple[int, ...], float]:
    """Return the edges to cut for the smallest sum of squared deviations, and that sum."""
    if count == 2:  # noqa: PLR2004
        squares = (load - mean) ** 2 + (total - load - mean) ** 2
        at = int(np.argmin(squares))
        return (at,), float(squares[at])
    bits = np.array(below, dtype=np.uint64)
    both = bits[:, None] & bits[None, :]
    inside = both == bits[None, :]
    one, other = load[:, None], load[None, :]
    outer = np.where(inside, one - other, one)
    rest = np.where(inside, total - one, total - one - other)
    squares = (outer - mean) ** 2 + (other - mean) ** 2 + (rest - mean) ** 2
    squares[~inside & (both != 0)] = np.inf
    np.fill_diagonal(squares, np.inf)
    at = int(np.argmin(squares))
    return divmod(at, len(below)), float(squares.ravel()[at])


def _parts(below: list[int], cut: tuple[int, ...], count: int) -> list[int]:
    """Return the sets of units, as bits, that are left when edges are cut."""
    whole = (1 << count) - 1
    sides = sorted((below[at] for at in cut), key=int.bit_count)
    parts, taken = [], 0
    for side in sides:
        parts.append(side & ~taken)
        taken |= side
    return [*parts, whole & ~taken]


def _part_of(units: list[int], parts: list[int]) -> dict[int, int]:
    return {unit: at for at, part in enumerate(parts) for bit, unit in enumerate(units) if part >> bit & 1}


def _border(ground: Ground, units: list[int], part: dict[int, int]) -> int:
    """Return the border between parts of some units, from both sides."""
    return sum(
        length
        for unit in units
        for other, length in zip(ground.neighbours[unit], ground.border[unit], strict=True)
        if part.get(other, part[unit]) != part[unit]
    )


def _fits(ground: Ground, units: list[int], parts: list[int]) -> bool:
    """Tell whether no part has units pinned to several groups, no group has some in several parts, none is empty."""
    homes: dict[int, int] = {}
    for at, part in enumerate(parts):
        pins = {ground.pinned[unit] for bit, unit in enumerate(units) if part >> bit & 1} - {NONE}
        if not part or len(pins) > 1 or any(homes.setdefault(pin, at) != at for pin in pins):
            return False
    return True


def _take(plan: Plan, units: list[int], parts: list[int], groups: tuple[int, ...]) -> None:
    """Give each part to the group that is pinned there, or else that has most of its people."""
    ground = plan.ground
    shared = []
    for at, part in enumerate(parts):
        held = [unit for bit, unit in enumerate(units) if part >> bit & 1]
        for group in groups:
            pinned = any(ground.pinned[unit] == group for unit in held)
            people = sum(ground.people[unit] + 1 for unit in held if plan.label[unit] == group)
            shared.append((not pinned, -people, at, group))
    given: dict[int, int] = {}
    for _, _, at, group in sorted(shared):
        if at not in given and group not in given.values():
            given[at] = group
    for at, part in enumerate(parts):
        for bit, unit in enumerate(units):
            if part >> bit & 1 and plan.label[unit] != given[at]:
                plan.move(unit, given[at])
