"""Better plans by moving single units and exchanging two; contiguous at every step.

First units wander while a falling temperature forgives longer borders (simulated annealing). Then pairs of
neighbouring groups give and exchange units until no deviation is above a ceiling, which comes down step by step; and
each time borders are shortened as far as no deviation grows beyond the largest.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .balance_plan import Ground, Plan
from .balance_start import adjacent_groups

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOT, COLD = 0.9, 0.08
"""Temperatures, in mean borders between two units."""
_CHUNK = 1 << 15
_DEAR = 4096.0
_FORBIDDING = 1e12
_TIMES = 12
_TIMES_OF_MANY = 7
_MANY = 8_000
_STEP = 0.8
_BREACH = 50.0


def mean_border(ground: Ground) -> float:
    """Return the mean length of border between two units."""
    lengths = [length for row in ground.border for length in row]
    return sum(lengths) / len(lengths) if lengths else 1.0


def price_of_squares(ground: Ground) -> float:
    """Return what a squared deviation costs in border: one mean border for that of one mean unit."""
    used = [load for load in ground.load if load > 0]
    if not used:
        return 0.0
    return mean_border(ground) / (sum(used) / len(used)) ** 2


def anneal(
    plan: Plan, rng: np.random.Generator, *, rounds: float, price: float, hot: float = HOT, cold: float = COLD
) -> None:
    """Let units wander between neighbouring groups while the temperature falls.

    Parameters
    ----------
    rounds
        How often each border between two units is looked at, on average, from both sides.
    price
        Of squared deviations, see `price_of_squares`.
    """
    ground, label = plan.ground, plan.label
    starts = [unit for unit, others in enumerate(ground.neighbours) for _ in others]
    ends = [other for others in ground.neighbours for other in others]
    if not ends:
        return
    gain = _gains(plan, price)
    looks, unit_border = max(int(rounds * len(ends)), 1), mean_border(ground)
    for done in range(0, looks, _CHUNK):
        count = min(_CHUNK, looks - done)
        heat = hot * (cold / hot) ** (done / looks) * unit_border
        picks = rng.integers(0, len(ends), count).tolist()
        luck = (rng.exponential(heat, count)).tolist()
        for pick, forgiven in zip(picks, luck, strict=True):
            unit = starts[pick]
            group = label[ends[pick]]
            if label[unit] == group or gain(unit, group) > forgiven:
                continue
            if ground.pinned[unit] < 0 and plan.can_leave(unit):
                plan.move(unit, group)


def _gains(plan: Plan, price: float) -> Callable[[int, int], float]:
    """Return the function that tells what giving a unit to a group costs."""
    ground, label, load = plan.ground, plan.label, plan.load
    loads, neighbours, border = ground.load, ground.neighbours, ground.border
    bounded = ground.least > 0 or math.isfinite(ground.most)
    person = _price_of_person(ground, price)
    goal = [aim / ground.balanced for aim in ground.goals]

    def gain(unit: int, group: int) -> float:
        old, weight = label[unit], loads[unit]
        cost = price * weight * (load[group] - load[old] + goal[old] - goal[group] + weight)
        for other, length in zip(neighbours[unit], border[unit], strict=True):
            held = label[other]
            if held == old:
                cost += length
            elif held == group:
                cost -= length
        if person and ground.before[unit] >= 0:
            cost += person * ground.people[unit] * ((ground.before[unit] != group) - (ground.before[unit] != old))
        if bounded:
            cost += _BREACH * price * breach_change(ground, load[old], load[group], weight) * weight
        return cost

    return gain


def _price_of_person(ground: Ground, price: float) -> float:
    """Return what moving a person costs in border, where a deviation of one mean unit is the measure."""
    if not ground.priced:
        return 0.0
    return ground.price / ground.balanced * price * sum(ground.load) / max(len(ground.load), 1)


def breach_change(ground: Ground, old: float, new: float, weight: float) -> float:
    """Return by how much loads beyond minimum and maximum change when this load goes from one group to another."""
    least, most = ground.least, ground.most

    def beyond(load: float) -> float:
        return max(0.0, least - load) + max(0.0, load - most)

    return beyond(old - weight) + beyond(new + weight) - beyond(old) - beyond(new)


class Exchange:
    """Giving and exchanging units between two neighbouring groups.

    Parameters
    ----------
    plan
        What is changed.
    price
        Of squared deviations.
    ceiling
        Deviations up to this one, times the number of groups, cost nothing.
    """

    def __init__(self, plan: Plan, *, price: float, ceiling: int = 0) -> None:
        self.plan = plan
        self.price = price
        self.ceiling = ceiling
        self.person = _price_of_person(plan.ground, price)

    def run(self, most: int = 40) -> bool:
        """Better all pairs of groups until none can be bettered; tell whether any was."""
        waiting = adjacent_groups(self.plan)
        changed = False
        for _ in range(most):
            touched = {group for pair in waiting if self._better(*pair) for group in pair}
            if not touched:
                break
            changed = True
            waiting = [pair for pair in adjacent_groups(self.plan) if touched & set(pair)]
        return changed

    def _better(self, one: int, other: int) -> bool:
        """Better one pair of groups as far as it goes."""
        changed = False
        for _ in range(200):
            if not self._step(one, other):
                break
            changed = True
        return changed

    def _rim(self, group: int, to: int) -> list[tuple[int, int, float]]:
        """Return the units of a group that border on another, with what giving them away does to load and costs."""
        plan, ground = self.plan, self.plan.ground
        found = []
        for unit in sorted(plan.members[group]):
            if ground.pinned[unit] >= 0:
                continue
            change, touches = 0.0, False
            for other, length in zip(ground.neighbours[unit], ground.border[unit], strict=True):
                held = plan.label[other]
                if held == group:
                    change += length
                elif held == to:
                    change -= length
                    touches = True
            if touches:
                before = ground.before[unit]
                if self.person and before >= 0:
                    change += self.person * ground.people[unit] * ((before != to) - (before != group))
                found.append((unit, ground.load[unit], change))
        return found

    def _step(self, one: int, other: int) -> bool:
        """Do the best change between two groups that is possible and betters the plan."""
        plan, ground = self.plan, self.plan.ground
        if not plan.members[one] or not plan.members[other]:
            return False
        left, right = self._rim(one, other), self._rim(other, one)
        if not left and not right:
            return False
        nobody = [(-1, 0, 0.0)]
        give = np.array([row[1] for row in left + nobody], dtype=np.int64)
        take = np.array([row[1] for row in right + nobody], dtype=np.int64)
        border = np.add.outer([row[2] for row in left + nobody], [row[2] for row in right + nobody])
        place = {row[0]: at for at, row in enumerate(right)}
        for at, (unit, _, _) in enumerate(left):
            for beside, length in zip(ground.neighbours[unit], ground.border[unit], strict=True):
                if beside in place:
                    border[at, place[beside]] += 2 * length
        net = np.subtract.outer(give, take)
        cost = self._cost(border, net, one, other)
        cost[-1, -1] = 0.0
        good = np.flatnonzero(cost.ravel() < -1e-9)  # noqa: PLR2004 - less is rounding
        for at in good[np.argsort(cost.ravel()[good], kind="stable")][:60].tolist():
            from_left, from_right = divmod(at, len(take))
            if self._try((left + nobody)[from_left][0], one, (right + nobody)[from_right][0], other):
                return True
        return False

    def _cost(self, border: Floats, net: Ints, one: int, other: int) -> Floats:
        """Return what it costs that one group gives this load net to the other."""
        ground = self.plan.ground
        many = ground.balanced
        squares = np.zeros(net.shape)
        beyond = np.zeros(net.shape)
        for group, sign in ((one, -1), (other, 1)):
            load, goal = self.plan.load[group], ground.goals[group]
            after = load + sign * net
            squares += (np.maximum(abs(many * after - goal) - self.ceiling, 0) / many) ** 2
            squares -= (max(abs(many * load - goal) - self.ceiling, 0) / many) ** 2
            beyond += np.maximum(0, ground.least - after) + np.maximum(0, after - ground.most)
            beyond -= max(0.0, ground.least - load) + max(0.0, load - ground.most)
        mean = ground.total / max(len(ground), 1)
        return np.asarray(border + self.price * (squares / 2 + _BREACH * mean * beyond))

    def _try(self, unit: int, one: int, back: int, other: int) -> bool:
        """Give a unit of one group to another, and one back; undo it where a group would fall apart."""
        plan = self.plan
        if unit >= 0:
            if not plan.can_leave(unit):
                return back >= 0 and self._swapped(unit, one, back, other)
            plan.move(unit, other)
        if back < 0:
            return True
        beside = any(plan.label[at] == one for at in plan.ground.neighbours[back])
        if beside and plan.can_leave(back):
            plan.move(back, one)
            return True
        if unit >= 0:
            plan.move(unit, one)
        return False

    def _swapped(self, unit: int, one: int, back: int, other: int) -> bool:
        """Exchange two units the other way around: first take, then give."""
        plan = self.plan
        if not plan.can_leave(back):
            return False
        plan.move(back, one)
        if any(plan.label[at] == other for at in plan.ground.neighbours[unit]) and plan.can_leave(unit):
            plan.move(unit, other)
            return True
        plan.move(back, other)
        return False


def even_out(plan: Plan, *, floor: int) -> None:
    """Lower the largest deviation step by step, each time as cheaply in border as can be found.

    Parameters
    ----------
    floor
        A deviation, times the number of groups, below which there is nothing to gain.
    """
    price = price_of_squares(plan.ground) * _DEAR
    best = Plan(plan.ground, plan.label)
    ceiling = plan.deviation()
    for _ in range(_TIMES if len(plan.label) <= _MANY else _TIMES_OF_MANY):
        if ceiling <= floor:
            break
        ceiling = max(int(ceiling * _STEP), floor)
        Exchange(plan, price=price, ceiling=ceiling).run()
        shorten(plan)
        if plan.score()[:2] < best.score()[:2]:
            best = plan.copy()
    plan.take(best)


def shorten(plan: Plan) -> bool:
    """Shorten borders without letting any deviation grow beyond the largest; tell whether any was."""
    return Exchange(
        plan, price=_FORBIDDING * price_of_squares(plan.ground), ceiling=max(plan.deviation(), plan.ground.even)
    ).run()
