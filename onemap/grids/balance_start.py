"""First plans: slices of equal load, or an existing division, made contiguous and complete."""

import heapq
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .balance_plan import Ground, Plan, pieces

NONE = -1


def first_plan(ground: Ground, label: Iterable[int], rng: np.random.Generator) -> Plan:
    """Return a plan as near as may be to a wished one: contiguous, no group empty, what is pinned in its place.

    Parameters
    ----------
    ground
        What is divided; its pinned units can be joined (see `join_pins`).
    label
        The wished group of each unit, -1 where none is.
    """
    core, _ = join_pins(ground)
    wished = [c if c != NONE else w for c, w in zip(core, label, strict=True)]
    kept = _largest_pieces(ground, wished, core)
    _plant(ground, kept, rng)
    _fill(ground, kept)
    plan = Plan(ground, kept)
    for group in range(ground.groups):
        if not plan.members[group]:
            _split_off(plan, group, rng)
    return plan


def sliced_labels(ground: Ground, *, angle: float = 0.0) -> list[int]:
    """Return the group of each unit by cutting the ground in two again and again, across its longer axis.

    Each cut shares the load out as the numbers of groups on its two sides ask for; it knows no borders or barriers.

    Parameters
    ----------
    angle
        Turns every axis by so many radians, for another plan.
    """
    load = np.asarray(ground.load, dtype=np.float64)
    load = load + (load.mean() or 1.0) * 1e-3
    number = np.array([group for group in range(ground.groups) if group not in ground.settled], dtype=np.int64)
    pinned = np.array(ground.pinned, dtype=np.int64)
    label = np.where(np.isin(pinned, list(ground.settled)), pinned, number[0])
    waiting = [(np.flatnonzero(~np.isin(pinned, list(ground.settled))), len(number), 0)]
    while waiting:
        rows, groups, first = waiting.pop()
        if groups == 1 or len(rows) <= 1:
            label[rows] = number[first]
            continue
        order = rows[np.argsort(_along(ground.place[rows], load[rows], angle), kind="stable")]
        here = groups // 2
        reached = np.cumsum(load[order])
        at = int(np.searchsorted(reached - load[order] / 2, reached[-1] * here / groups))
        at = min(max(at, min(here, len(rows) - 1)), max(len(rows) - (groups - here), 1))
        waiting += [(order[at:], groups - here, first + here), (order[:at], here, first)]
    return [int(group) for group in label]


def _along(place: NDArray[np.float64], load: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Return how far along the longer axis each place lies."""
    off = place - np.average(place, axis=0, weights=load)
    spread = (off * load[:, None]).T @ off
    axis = np.arctan2(2 * spread[0, 1], spread[0, 0] - spread[1, 1]) / 2 + angle
    return np.asarray(np.round(off @ [np.cos(axis), np.sin(axis)], 6), dtype=np.float64)


def join_pins(ground: Ground) -> tuple[list[int], list[tuple[int, list[int]]]]:
    """Join the pinned units of each group by the shortest ways through free units.

    Returns
    -------
    core
        For each unit the group that must have it so that its pinned units hang together, -1 where none must.
    apart
        Groups whose pinned units cannot be joined, each with the units that had to be left out (the smaller pieces).
    """
    best: tuple[list[int], list[tuple[int, list[int]]]] | None = None
    groups = sorted({group for group in ground.pinned if group != NONE})
    for turn in range(max(len(groups), 1)):
        found = _join_in_order(ground, groups[turn:] + groups[:turn])
        if best is None or len(found[1]) < len(best[1]):
            best = found
        if not best[1]:
            break
    assert best is not None
    return best


def _join_in_order(ground: Ground, groups: list[int]) -> tuple[list[int], list[tuple[int, list[int]]]]:
    core = list(ground.pinned)
    apart = []
    for group in groups:
        units = [unit for unit, own in enumerate(core) if own == group]
        parts = sorted(pieces(units, ground.neighbours), key=lambda p: (-sum(ground.load[u] for u in p), p))
        whole = set(parts[0])
        left = []
        waiting = parts[1:]
        while waiting:
            way = _way(ground, core, whole, {unit for part in waiting for unit in part}, group)
            if not way:
                left = sorted(unit for part in waiting for unit in part)
                break
            for unit in way:
                core[unit] = group
            whole.update(way)
            joined = [part for part in waiting if whole & set(part)]
            whole.update(unit for part in joined for unit in part)
            waiting = [part for part in waiting if part not in joined]
        if left:
            apart.append((group, left))
            for unit in left:
                core[unit] = NONE
    return core, apart


def _way(ground: Ground, core: list[int], start: set[int], goal: set[int], group: int) -> list[int]:
    """Return the units of the way with the fewest units from one set to another, through free units."""
    came = dict.fromkeys(sorted(start), NONE)
    queue = list(came)
    for at in queue:
        for other in ground.neighbours[at]:
            if other in came or core[other] not in (NONE, group):
                continue
            came[other] = at
            if other in goal:
                way = [other]
                while came[way[-1]] != NONE:
                    way.append(came[way[-1]])
                return way
            queue.append(other)
    return []


def _largest_pieces(ground: Ground, wished: list[int], core: list[int]) -> list[int]:
    """Return the labels without pieces cut off from the heaviest one of their group, or from its core."""
    kept = [NONE] * len(wished)
    best: dict[int, tuple[bool, int, int]] = {}
    chosen: dict[int, list[int]] = {}
    for piece in pieces([u for u, group in enumerate(wished) if group != NONE], ground.neighbours, wished):
        group = wished[piece[0]]
        rank = (any(core[u] == group for u in piece), sum(ground.load[u] for u in piece), -piece[0])
        if group not in best or rank > best[group]:
            best[group], chosen[group] = rank, piece
    for group, piece in chosen.items():
        for unit in piece:
            kept[unit] = group
    return kept


def _plant(ground: Ground, kept: list[int], rng: np.random.Generator) -> None:
    """Give each group that has nothing a unit that nobody has, one of large load first."""
    missing = sorted(set(range(ground.groups)) - set(kept))
    free = [unit for unit, group in enumerate(kept) if group == NONE]
    weight = {unit: (ground.load[unit] + 1) * float(rng.random()) for unit in free}
    free.sort(key=lambda unit: (-weight[unit], unit))
    for group, unit in zip(missing, free, strict=False):
        kept[unit] = group


def _fill(ground: Ground, kept: list[int]) -> None:
    """Let the lightest group grow first, until every unit has a group."""
    load = [0] * ground.groups
    edge: list[list[int]] = [[] for _ in range(ground.groups)]
    for unit, group in enumerate(kept):
        if group != NONE:
            load[group] += ground.load[unit]
            edge[group].append(unit)
    waiting = [(load[group], group) for group in range(ground.groups) if edge[group]]
    heapq.heapify(waiting)
    reach = [0] * ground.groups
    while waiting:
        _, group = heapq.heappop(waiting)
        found = None
        while reach[group] < len(edge[group]) and found is None:
            at = edge[group][reach[group]]
            found = next((other for other in ground.neighbours[at] if kept[other] == NONE), None)
            if found is None:
                reach[group] += 1
        if found is not None:
            kept[found] = group
            edge[group].append(found)
            load[group] += ground.load[found]
            heapq.heappush(waiting, (load[group], group))


def _split_off(plan: Plan, group: int, rng: np.random.Generator) -> None:
    """Give an empty group about half of the heaviest group that can be divided."""
    ground = plan.ground
    for old in sorted(range(ground.groups), key=lambda g: (-plan.load[g], -len(plan.members[g]), g)):
        if len(plan.members[old]) < 2:  # noqa: PLR2004 - nothing to divide
            continue
        units = sorted(plan.members[old])
        best: tuple[int, list[int]] | None = None
        for branch, load in branches(ground, units, rng):
            free = all(ground.pinned[unit] == NONE for unit in branch)
            rank = abs(2 * load - plan.load[old])
            if free and (best is None or rank < best[0]):
                best = rank, branch
        if best is None:  # whatever tree: of what is pinned and joined, some unit at its rim can go
            single = [unit for unit in units if ground.pinned[unit] == NONE and plan.can_leave(unit)]
            best = (0, single[:1]) if single else None
        if best is not None:
            for unit in best[1]:
                plan.move(unit, group)
            return


def branches(ground: Ground, units: list[int], rng: np.random.Generator) -> list[tuple[list[int], int]]:
    """Return both sides of each edge of a random spanning tree of some units, with their loads.

    Each side hangs together, and so does its other side.
    """
    inside = set(units)
    first = units[int(rng.integers(len(units)))]
    order, parent = [first], {first: NONE}
    rim = [(other, first) for other in ground.neighbours[first] if other in inside]
    luck = iter(rng.random(len(units) * 16).tolist())
    while rim:
        at = int(next(luck, 0.5) * len(rim))
        rim[at], rim[-1] = rim[-1], rim[at]
        unit, source = rim.pop()
        if unit in parent:
            continue
        parent[unit] = source
        order.append(unit)
        rim += [(other, unit) for other in ground.neighbours[unit] if other in inside and other not in parent]
    below = {unit: [unit] for unit in order}
    for unit in reversed(order[1:]):
        below[parent[unit]] += below[unit]
    found = []
    for unit in order[1:]:
        branch = below[unit]
        load = sum(ground.load[u] for u in branch)
        rest = inside.difference(branch)
        found += [(branch, load), (sorted(rest), sum(ground.load[u] for u in rest))]
    return found


def adjacent_groups(plan: Plan) -> list[tuple[int, int]]:
    """Return the pairs of groups that share an open border, the smaller first."""
    label, neighbours = plan.label, plan.ground.neighbours
    found = {
        (min(label[unit], label[other]), max(label[unit], label[other]))
        for unit in range(len(label))
        for other in neighbours[unit]
        if label[unit] != label[other]
    }
    return sorted(found)
