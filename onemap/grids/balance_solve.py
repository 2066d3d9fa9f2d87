"""The best plan of one part that can be found: several starts, each bettered in the same steps, the best kept."""

import numpy as np

from onemap.progress import Progress, silent

from .balance_exact import prove
from .balance_plan import Ground, Plan, Score
from .balance_search import anneal, divide_anew, even_out, price_of_squares, shorten
from .balance_start import NONE, adjacent_groups, first_plan, sliced_labels

_HEATS = ((25.0, 0.25, 0.9, 0.15), (10.0, 1.0, 0.15, 0.08), (10.0, 4.0, 0.15, 0.08))
"""Rounds, price of squared deviations, and the temperatures between which each annealing falls."""
_COOL = ((20.0, 1.0, 0.3, 0.08), (10.0, 4.0, 0.15, 0.08))
_STARTS = ((40, 16), (120, 10), (400, 6), (2_000, 3), (8_000, 2))
_FEW = 400
_TREES = 12
_TURNS = 6


def least_deviation(ground: Ground) -> int:
    """Return a deviation, times the number of groups, that no plan of whole loads can be better than."""
    rest = ground.total % ground.groups
    return max(rest, ground.groups - rest) if rest else 0


def solve(ground: Ground, *, seed: int = 0, progress: Progress = silent) -> Plan:
    """Return the best plan found for units that hang together.

    Parameters
    ----------
    ground
        What is divided; no more groups than units.
    seed
        Of everything that is drawn by lot.
    """
    best: Plan | None = None
    score: Score | None = None
    starts = next((count for size, count in _STARTS if len(ground) <= size), 1)
    known = any(group != NONE for group in ground.before)
    for turn in range(starts + known):
        progress(turn / (starts + known), "balancing the groups")
        rng = np.random.default_rng([seed, turn])
        from_before = known and turn == 0
        label = ground.before if from_before else sliced_labels(ground, angle=turn * 2.399963)
        plan = first_plan(ground, label, rng)
        for kept in (plan.copy() if from_before else None, _bettered(plan, rng, cool=from_before)):
            if kept is not None and (score is None or kept.score() < score):
                best, score = kept, kept.score()
        if ground.groups == 1:
            break
    assert best is not None
    return prove(best)


def _bettered(plan: Plan, rng: np.random.Generator, *, cool: bool) -> Plan:
    """Take a plan through all steps."""
    ground = plan.ground
    if ground.groups == 1:
        return plan
    price, floor = price_of_squares(ground), least_deviation(ground)
    for rounds, times, hot, cold in _COOL if cool else _HEATS:
        anneal(plan, rng, rounds=rounds, price=price * times, hot=hot, cold=cold)
    even_out(plan, floor=floor)
    if len(ground) <= _FEW:
        _divide_all(plan, rng, floor)
    shorten(plan)
    return plan


def _divide_all(plan: Plan, rng: np.random.Generator, floor: int) -> None:
    """Divide pairs of neighbouring groups anew until the largest deviation falls no more."""
    best = plan.copy()
    for _ in range(_TURNS):
        if plan.deviation() <= floor:
            break
        for one, other in adjacent_groups(plan):
            divide_anew(plan, one, other, rng, trees=_TREES)
        shorten(plan)
        if plan.score() < best.score():
            best = plan.copy()
        else:
            break
    plan.take(best)
