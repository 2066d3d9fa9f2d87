"""The best plan of a small ground, by looking at all: every group that could be, and every way to put groups together.

A group is a set of units as the bits of one number. All sets that hang together and are not too heavy are grown unit
by unit; those whose load deviates less than the best plan known are candidates, and plans are exact covers of the
ground by them. The unit with the smallest number that is not yet covered says which candidates come next, so that no
plan is looked at twice. First the smallest deviation is found for which there is a cover, then the cover with the
shortest border for it. Where there are too many sets to list, nothing is proved.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .balance_plan import Ground, Plan

Bits = NDArray[np.uint64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_UNITS = 36
_MOST_HALVED = 26
"""Two groups of more units than this could be too many sets to list."""
_MOST_SETS = 4_000_000
_MOST_AT_ONCE = 2_000_000
"""Sets grown in one step, each as often as it is come upon: about 100 MB while they are sorted."""
_MOST_KEPT = 1_000_000
_MOST_STEPS = 60_000
_ONE = np.uint64(1)


class _TooMuchError(Exception):
    """There is more to look at than is worth the time."""


@dataclass(frozen=True)
class _Sets:
    """Candidates for groups, all with the same smallest unit.

    Attributes
    ----------
    bits
        The units of each.
    off
        Deviation of each, times the number of groups.
    around
        Length of its border with other units.
    """

    bits: Bits
    off: Ints
    around: Ints

    def within(self, deviation: int) -> "_Sets":
        """Return those that deviate at most so much, those with short borders first."""
        rows = np.flatnonzero(self.off <= deviation)
        rows = rows[np.lexsort((self.bits[rows], self.around[rows]))]
        return _Sets(self.bits[rows], self.off[rows], self.around[rows])


def prove(plan: Plan) -> Plan:
    """Return the best plan of the same ground with ``proved`` set, or the plan as it is where that takes too long.

    Proved are legality, deviation and border; people moved decide between plans that are equal by these only as far
    as the plan given is kept when none is better.
    """
    ground = plan.ground
    if ground.groups in (1, len(ground)):
        plan.proved = True
        return plan
    if len(ground) > (_MOST_HALVED if ground.groups == 2 else MOST_UNITS) or ground.priced:  # noqa: PLR2004
        return plan
    try:
        best = _best(plan, _order(ground))
    except _TooMuchError:
        return plan
    best.proved = True
    return best


def _order(ground: Ground) -> list[int]:
    """Return the units from one end of the ground to the other, so that what is left hangs together for long."""
    off = ground.place - ground.place.mean(axis=0)
    axis = np.linalg.eigh(off.T @ off)[1][:, 1]
    return [int(unit) for unit in np.lexsort((np.arange(len(off)), np.round(off @ axis, 6)))]


def _best(plan: Plan, order: list[int]) -> Plan:
    ground = plan.ground
    known, cut = max(plan.deviation(), ground.even), plan.cut()
    if plan.breach():  # any plan within the bounds is better
        known, cut = ground.balanced * ground.total, 0
    sets = _candidates(ground, order, known)
    search = _Covers(sets, ground.groups, len(ground))
    low, high, found = ground.even, known, None
    step = max(known >> 8, 1)
    while low < high:  # narrow windows have few candidates: widen until there is a cover, then halve
        middle = min(low + step - 1, high - 1) if found is None else (low + high) // 2
        cover = search.find(middle)
        if cover is None:
            low, step = middle + 1, step * 4
        else:
            found, high = cover, max(*search.off(cover), ground.even)
    if found is not None:
        cut = sum(search.around(found)) // 2
    if plan.breach() and found is None:
        raise _TooMuchError  # no plan keeps to the bounds, and which one is nearest to them is not looked at
    shorter = search.find(high, shorter_than=cut * 2)
    found = found if shorter is None else shorter
    if found is None:
        return plan
    return _plan_of(ground, order, found)


def _plan_of(ground: Ground, order: list[int], cover: list[int]) -> Plan:
    """Return the cover as a plan: pinned groups have their numbers, the others follow by people from before."""
    sets = [[order[bit] for bit in range(len(order)) if one >> bit & 1] for one in cover]
    label = [-1] * len(order)
    free, group_of = set(range(ground.groups)), {}
    for at, units in enumerate(sets):
        pins = {ground.pinned[unit] for unit in units} - {-1}
        if pins:
            group_of[at] = pins.pop()
    shared = []
    for at, units in enumerate(sets):
        for group in {ground.before[unit] for unit in units} - {-1}:
            people = sum(ground.people[unit] for unit in units if ground.before[unit] == group)
            shared.append((-people, min(units), group, at))
    for _, _, group, at in sorted(shared):
        if at not in group_of and group not in group_of.values():
            group_of[at] = group
    left = iter(sorted(free - set(group_of.values())))
    for at, units in enumerate(sets):
        group = group_of[at] if at in group_of else next(left)
        for unit in units:
            label[unit] = group
    return Plan(ground, label)


def _candidates(ground: Ground, order: list[int], deviation: int) -> list[_Sets]:
    """Return the sets that may be groups of a plan no worse than this deviation, by their smallest unit."""
    place = {unit: bit for bit, unit in enumerate(order)}
    near = np.array([sum(1 << place[o] for o in ground.neighbours[unit]) for unit in order], dtype=np.uint64)
    load = np.array([ground.load[unit] for unit in order], dtype=np.int64)
    highest = min((max(ground.goals) + deviation) / ground.balanced, ground.most)
    lowest = max((min(ground.goals) - deviation) / ground.balanced, ground.least)
    kept_bits, kept_load = [], []
    bits, loads, rims = _ONE << np.arange(len(order), dtype=np.uint64), load, near
    fits = loads <= highest
    bits, loads, rims = bits[fits], loads[fits], rims[fits]
    seen = kept = 0
    while len(bits):
        seen += len(bits)
        if seen > _MOST_SETS:
            raise _TooMuchError
        good = loads >= lowest
        kept += int(good.sum())
        if kept > _MOST_KEPT:
            raise _TooMuchError
        kept_bits.append(bits[good])
        kept_load.append(loads[good])
        bits, loads, rims = _grown(bits, loads, rims, near=near, load=load, highest=highest)
    bits, loads = np.concatenate(kept_bits), np.concatenate(kept_load)
    allowed = _keeps_pins(ground, order, bits)
    bits, loads = bits[allowed], loads[allowed]
    off = abs(ground.balanced * loads - _goals(ground, order, bits))
    around = _around(ground, order, bits)
    lowest_bit = np.bitwise_and(bits, ~bits + _ONE)
    if not len(bits):
        raise _TooMuchError
    return [
        _Sets(bits[rows], off[rows], around[rows])
        for rows in (np.flatnonzero(lowest_bit == _ONE << np.uint64(bit)) for bit in range(len(order)))
    ]


def _grown(bits: Bits, loads: Ints, rims: Bits, *, near: Bits, load: Ints, highest: float) -> tuple[Bits, Ints, Bits]:
    """Return all sets with one neighbouring unit more, each once."""
    parts, count = [], 0
    for unit in range(len(near)):
        bit = _ONE << np.uint64(unit)
        rows = np.flatnonzero((rims & bit).astype(bool) & ~(bits & bit).astype(bool) & (loads + load[unit] <= highest))
        count += len(rows)
        if count > _MOST_AT_ONCE:
            raise _TooMuchError
        parts.append((bits[rows] | bit, loads[rows] + load[unit], rims[rows] | near[unit]))
    grown, first = np.unique(np.concatenate([one[0] for one in parts]), return_index=True)
    return grown, np.concatenate([one[1] for one in parts])[first], np.concatenate([one[2] for one in parts])[first]


def _keeps_pins(ground: Ground, order: list[int], bits: Bits) -> NDArray[np.bool_]:
    """Return which sets have all units that are pinned to a group or none, and of one group at most."""
    allowed = np.ones(len(bits), dtype=bool)
    several = np.zeros(len(bits), dtype=np.int64)
    for group in sorted(set(ground.pinned) - {-1}):
        pins = np.uint64(sum(1 << bit for bit, unit in enumerate(order) if ground.pinned[unit] == group))
        held = bits & pins
        allowed &= (held == 0) | (held == pins)
        several += held != 0
    return allowed & (several <= 1)


def _goals(ground: Ground, order: list[int], bits: Bits) -> Ints:
    """Return the goal of each set: that of the heavy group it is pinned to, or that of the others."""
    goals = np.full(len(bits), min(ground.goals), dtype=np.int64)
    for group in ground.settled:
        pins = np.uint64(sum(1 << bit for bit, unit in enumerate(order) if ground.pinned[unit] == group))
        goals[(bits & pins) != 0] = ground.goals[group]
    return goals


def _around(ground: Ground, order: list[int], bits: Bits) -> Ints:
    """Return the length of border that each set has with other units."""
    place = {unit: bit for bit, unit in enumerate(order)}
    around = np.zeros(len(bits), dtype=np.int64)
    for unit in order:
        for other, length in zip(ground.neighbours[unit], ground.border[unit], strict=True):
            if unit < other:
                one, two = ((bits >> np.uint64(place[end])) & _ONE for end in (unit, other))
                around += (one != two) * length
    return around


class _Covers:
    """Looking for candidates that cover the ground, each unit once."""

    def __init__(self, sets: list[_Sets], groups: int, count: int) -> None:
        self._sets = sets
        self._groups = groups
        self._whole = (1 << count) - 1
        self._steps = 0
        everything = np.concatenate([one.bits for one in sets])
        order = np.argsort(everything)
        self._bits = everything[order]
        self._off = np.concatenate([one.off for one in sets])[order]
        self._around = np.concatenate([one.around for one in sets])[order]
        self._now: list[_Sets] = []
        self._shortest = 0

    def off(self, cover: list[int]) -> list[int]:
        """Return the deviation of each group of a cover."""
        return [int(v) for v in self._off[np.searchsorted(self._bits, np.array(cover, dtype=np.uint64))]]

    def around(self, cover: list[int]) -> list[int]:
        """Return the border of each group of a cover."""
        return [int(v) for v in self._around[np.searchsorted(self._bits, np.array(cover, dtype=np.uint64))]]

    def find(self, deviation: int, shorter_than: int | None = None) -> list[int] | None:
        """Return a cover by candidates that deviate at most so much, or None where there is none.

        With ``shorter_than`` (twice the length of border) the one with the shortest border below that is returned.
        """
        self._now = [one.within(deviation) for one in self._sets]
        self._deviation = deviation
        self._shortest = min((int(one.around[0]) for one in self._now if len(one.bits)), default=0)
        self._limit = shorter_than
        self._found: list[int] | None = None
        self._steps = 0
        self._descend([], 0, 0)
        return self._found

    def _descend(self, chosen: list[int], used: int, length: int) -> bool:
        """Add groups; tell whether a cover was found and the first one does."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _TooMuchError
        rest = self._whole & ~used
        bit = (rest & -rest).bit_length() - 1
        sets, left = self._now[bit], self._groups - len(chosen)
        room = None if self._limit is None else self._limit - length - (left - 1) * self._shortest
        end = len(sets.bits) if room is None else int(np.searchsorted(sets.around, room))
        rows = np.flatnonzero((sets.bits[:end] & np.uint64(used)) == 0)
        if left == 2:  # noqa: PLR2004 - then the other group is what is left
            return self._last_two(chosen, sets, rows, rest, length)
        for row in rows.tolist():
            around = int(sets.around[row])
            if self._limit is not None and length + around + (left - 1) * self._shortest >= self._limit:
                break
            bits = int(sets.bits[row])
            if self._descend([*chosen, bits], used | bits, length + around):
                return True
        return False

    def _last_two(self, chosen: list[int], sets: _Sets, rows: Ints, rest: int, length: int) -> bool:
        others = np.uint64(rest) & ~sets.bits[rows]
        at = np.minimum(np.searchsorted(self._bits, others), len(self._bits) - 1)
        good = np.flatnonzero((self._bits[at] == others) & (self._off[at] <= self._deviation))
        if not len(good):
            return False
        both = sets.around[rows[good]] + self._around[at[good]]
        best = int(np.argmin(both))
        total = length + int(both[best])
        if self._limit is None or total < self._limit:
            self._found = [*chosen, int(sets.bits[rows[good[best]]]), int(others[good[best]])]
            if self._limit is None:
                return True
            self._limit = total
        return False
