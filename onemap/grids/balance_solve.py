"""The best plan of one part that can be found: several starts, each bettered in the same steps, the best kept."""

from dataclasses import replace

import numpy as np

from onemap.progress import Progress, silent

from .balance_divide import divide_anew
from .balance_exact import MOST_UNITS, prove
from .balance_hanging import HEAVY, bundle
from .balance_plan import Ground, Plan
from .balance_priced import renamed, settled_by_chains, starts_to_settle
from .balance_search import anneal, even_out, price_of_squares, shorten
from .balance_start import NONE, first_plan, sliced_labels

_HEATS = ((25.0, 0.25, 0.9, 0.15), (10.0, 1.0, 0.15, 0.08), (10.0, 4.0, 0.15, 0.08))
"""Rounds, price of squared deviations, and the temperatures between which each annealing falls."""
_COOL = ((20.0, 1.0, 0.3, 0.08), (10.0, 4.0, 0.15, 0.08))
_STARTS = ((40, 8), (120, 10), (400, 6), (2_000, 3), (8_000, 2))
_SMALL = 400
_MOST_TREED = 1_000
_CHOSEN = 4
_TREES = 4_000
_TURNS = 3
_PEELED = 12
_PAIR = 2
_GOLDEN = 2.399963
"""An angle of which no multiple comes near another one soon."""


def least_deviation(ground: Ground) -> int:
    """Return a deviation, times the number of groups, below which no plan of whole loads counts as better."""
    rest = min(ground.goals) % ground.balanced
    return max(rest, ground.balanced - rest, ground.even) if rest else ground.even


def solve(ground: Ground, *, seed: int = 0, progress: Progress = silent) -> Plan:
    """Return the best plan found for units that hang together.

    Parameters
    ----------
    ground
        What is divided; no more groups than units.
    seed
        Of everything that is drawn by lot.
    """
    bundled = bundle(ground)
    if bundled is None:
        return _rest_evened(_solved(ground, seed=seed, progress=progress), seed)
    small = _rest_evened(_solved(bundled.ground, seed=seed, progress=progress), seed)
    plan = bundled.spread(small, ground)
    sound = bundled.sound(small)
    plan.proved = sound and small.proved
    most = _SMALL if sound else _MOST_TREED  # parting what hangs may be better; where it cannot, another lot may be
    if not plan.proved and not bundled.ground.settled and len(ground) <= most:
        plan = min(plan, _solved(ground, seed=seed, progress=progress), key=Plan.score)
    elif bundled.ground.settled and len(ground) <= MOST_UNITS:
        plan = _evener(plan, _solved(ground, seed=seed, progress=progress))
    return plan


def _evener(plan: Plan, other: Plan) -> Plan:
    """Return the other plan where its largest deviation is smaller: then what is heavy was better not left alone."""
    if other.score()[:2] >= plan.score()[:2]:
        return plan
    for units in plan.stuck.values():
        groups = {other.label[unit] for unit in units}
        if len(groups) == 1:
            other.stuck[groups.pop()] = units
    return other


def _solved(ground: Ground, *, seed: int, progress: Progress) -> Plan:
    """Return the best plan found without joining anything."""
    starts = next((count for size, count in _STARTS if len(ground) <= size), 1)
    known = any(group != NONE for group in ground.before)
    found: list[Plan] = []
    for turn in range(starts + known if ground.groups > 1 else 1):
        progress(0.8 * turn / (starts + known), "balancing the groups")
        rng = np.random.default_rng([seed, turn])
        from_before = known and turn == 0
        label = ground.before if from_before else sliced_labels(ground, angle=turn * _GOLDEN)
        plan = first_plan(ground, label, rng)
        if ground.priced and not from_before:
            plan = renamed(plan)
        if from_before:
            found.append(plan.copy())
        found.append(_bettered(plan, rng, cool=from_before))
    found.sort(key=Plan.score)
    best = prove(found[0])
    if ground.priced and ground.groups > 1:
        chosen = found[: starts_to_settle(ground)]
        both = [one for plan in chosen for one in (plan, renamed(plan))]
        best = min([best, *map(settled_by_chains, both)], key=Plan.score)
    elif not best.proved and ground.groups > 1 and len(ground) <= _MOST_TREED:
        chosen = found[: _CHOSEN if len(ground) <= _SMALL else 1]
        best = min((_evened(plan, seed=[seed, 1, at]) for at, plan in enumerate(chosen)), key=Plan.score)
    return best


def _bettered(plan: Plan, rng: np.random.Generator, *, cool: bool) -> Plan:
    """Take a plan through all steps."""
    ground = plan.ground
    if ground.groups == 1:
        return plan
    price, floor = price_of_squares(ground), least_deviation(ground)
    for rounds, times, hot, cold in _COOL if cool else _HEATS:
        anneal(plan, rng, rounds=rounds, price=price * times, hot=hot, cold=cold)
    even_out(plan, floor=floor)
    shorten(plan)
    return plan


def _evened(plan: Plan, *, seed: list[int]) -> Plan:
    """Even a plan out to single people, where groups are small enough for that; keep whichever is better."""
    ground, best = plan.ground, plan
    floor = least_deviation(ground)
    few = len(ground) <= MOST_UNITS  # few enough for many trees to come upon the shortest border as well
    for turn in range(_TURNS):
        if ground.priced or (best.deviation() <= floor and not few):
            break
        other = best.copy()
        divide_anew(
            other,
            np.random.default_rng([*seed, turn]),
            trees=min(_TREES, 4 * len(ground) ** 2),
            floor=-1 if few else floor,
        )
        if len(ground) <= _SMALL:
            even_out(other, floor=floor)
        shorten(other)
        if other.score() < best.score():
            best = other
    return best


def _rest_evened(plan: Plan, seed: int) -> Plan:
    """Leave the groups that could not be balanced as they are, and balance the others around a mean of their own."""
    whole = plan.ground
    if plan.proved or whole.priced or plan.breach():
        return plan
    for turn in range(_PEELED):
        ground = plan.ground
        mean, off = min(ground.goals), plan.deviations()
        if ground.balanced <= _PAIR or max(off) <= max(HEAVY * mean, ground.even):
            break
        worst = off.index(max(off))
        settled = {**ground.settled, worst: plan.load[worst]}
        pinned = [worst if own == worst else pin for own, pin in zip(plan.label, ground.pinned, strict=True)]
        rest = whole.total - sum(settled.values())
        even = int(whole.even * rest / whole.total)
        other = Plan(replace(ground, settled=settled, pinned=pinned, even=even), plan.label)
        floor = least_deviation(other.ground)
        anneal(other, np.random.default_rng([seed, 2, turn]), rounds=10, price=16 * price_of_squares(ground), hot=0.15)
        even_out(other, floor=floor)
        shorten(other)
        plan = other
    found = Plan(whole, plan.label)
    found.stuck = {group: [] for group in plan.ground.settled if group not in whole.settled}
    return found
