"""Plans with a price on moving people.

Groups keep the numbers of those that they come from, and small plans are bettered by chains of moves that are judged by
the whole score, through worse plans to better ones.
"""

from collections.abc import Iterator

from .balance_plan import Ground, Plan

MOST_UNITS = 100
"""Beyond these a chain takes too long for what it gives."""
_DEPTH = 10
_NONE = -1


def renamed(plan: Plan) -> Plan:
    """Return the same division with each group called as the one of before that most of its people come from."""
    ground = plan.ground
    if any(pin != _NONE for pin in ground.pinned):
        return plan
    held: dict[tuple[int, int], int] = {}
    for unit, group in enumerate(plan.label):
        before = ground.before[unit]
        if before != _NONE:
            held[group, before] = held.get((group, before), 0) + ground.people[unit] + 1
    name: dict[int, int] = {}
    for group, before in sorted(held, key=lambda pair: (-held[pair], pair)):
        if group not in name and before not in name.values():
            name[group] = before
    left = iter(sorted(set(range(ground.groups)) - set(name.values())))
    for group in range(ground.groups):
        if group not in name:
            name[group] = next(left)
    return Plan(ground, [name[group] for group in plan.label])


def settled_by_chains(plan: Plan) -> Plan:
    """Return the plan bettered by chains of moves: each unit once, the best first, kept up to the best plan met."""
    best, score = plan, plan.score()
    bettered = True
    while bettered:
        bettered = False
        now, moved = best.copy(), set[int]()
        for _ in range(_DEPTH):
            steps = [(_scored(now, unit, group), unit, group) for unit, group in list(_moves(now, moved))]
            if not steps:
                break
            found, unit, group = min(steps)
            now.move(unit, group)
            moved.add(unit)
            if found < score:
                best, score, bettered = now.copy(), found, True
    return best


def _moves(plan: Plan, moved: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the units that may go to a group beside them."""
    ground, label = plan.ground, plan.label
    for unit in range(len(ground)):
        if unit in moved or ground.pinned[unit] != _NONE:
            continue
        beside = sorted({label[other] for other in ground.neighbours[unit]} - {label[unit]})
        if beside and plan.can_leave(unit):
            yield from ((unit, group) for group in beside)


def _scored(plan: Plan, unit: int, group: int) -> tuple[int, float, int, int]:
    """Return the score of the plan with one unit in another group."""
    old = plan.label[unit]
    plan.move(unit, group)
    score = plan.score()
    plan.move(unit, old)
    return score


def starts_to_settle(ground: Ground) -> int:
    """Return how many plans are worth the chains: many where they are short."""
    return max(8, 480 // len(ground)) if len(ground) <= MOST_UNITS else 0
