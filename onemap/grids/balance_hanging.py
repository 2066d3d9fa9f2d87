"""Units that hang on one other unit alone: they go where it goes, and together they may be too heavy to be balanced.

A group that lies wholly beyond one unit (reaches the rest through it alone) has at most the load beyond it. Where that
is less than half a mean, no even plan has such a group: what is there belongs to the group of that unit. Joining all of
it first loses no plan in which every group has half a mean, and makes what is left small and easy to move.

A joined unit far heavier than the mean is a group's whole fate. It is not to spoil the others: its group shall have
nothing more, and the rest is balanced around the mean of the rest.
"""

from dataclasses import dataclass, replace

import numpy as np

from .balance_plan import Ground, Plan, pieces

NONE = -1
HEAVY = 0.1
"""A unit by so much above the mean of the others is said to be heavy, unless more is tolerated."""


@dataclass(frozen=True)
class Bundled:
    """A ground whose hanging units are joined.

    Attributes
    ----------
    ground
        Of the joined units.
    of
        The joined unit of each unit.
    total
        Load of all units.
    exact
        Whether only that was joined which no even plan can part.
    """

    ground: Ground
    of: list[int]
    total: int
    exact: bool = True

    def spread(self, plan: Plan, whole: Ground) -> Plan:
        """Return a plan of the joined units as one of all units."""
        found = Plan(whole, [plan.label[unit] for unit in self.of])
        found.stuck = dict(plan.stuck)
        mean = self.total / whole.groups
        for group, load in self.ground.settled.items():
            own = self.ground.pinned.index(group)
            units = [unit for unit, joined in enumerate(self.of) if joined == own]
            found.stuck[group] = units if load > mean and self.exact else []
        return found

    def sound(self, plan: Plan) -> bool:
        """Tell whether a plan of the joined units is so even that no plan as good can part what is joined."""
        ground = self.ground
        lightest = min(ground.goals) - plan.deviation()
        return self.exact and plan.breach() == 0 and 2 * ground.groups * lightest >= ground.balanced * self.total


def bundle(ground: Ground) -> Bundled | None:
    """Join what hangs on one unit, and name what is too heavy; None where there is neither."""
    if ground.groups == 1:
        return None
    bound = min(ground.total / 2 / ground.groups, ground.least if np.isfinite(ground.most) else np.inf)
    of, joined = list(range(len(ground))), ground
    for _ in range(2):  # the first walk may begin in what hangs; the second begins at the heaviest unit there is
        again = _joined(joined, bound)
        if max(again) + 1 == len(joined):
            break
        of = [again[unit] for unit in of]
        joined = _contracted(joined, again)
    if len(joined) < ground.groups:
        return None
    bundled = _settled(Bundled(joined, of, ground.total))
    return None if bundled.ground is ground else bundled


def _settled(bundled: Bundled) -> Bundled:
    """Pin what cannot be balanced, each to a group of its own whose goal is what it has.

    First units heavier than the mean of the others; then what they cut off from the rest: the light goes to the
    lightest of them beside it, what has the size of one group is settled too.
    """
    ground = bundled.ground
    settled: set[int] = set()
    if any(group != NONE for group in ground.pinned):
        return bundled
    while True:
        ground = bundled.ground
        more = _heavy(ground, settled)
        if not more - settled:
            break
        settled |= more
        of, lone = _cut_off(ground, settled)
        if max(of) + 1 < len(ground):
            if max(of) + 1 < ground.groups:
                break
            settled = {of[unit] for unit in settled}
            bundled = Bundled(_contracted(ground, of), [of[unit] for unit in bundled.of], bundled.total, exact=False)
        settled |= {of[unit] for unit in lone}
    return replace(bundled, ground=_pinned(bundled.ground, settled)) if settled else bundled


def _mean_of_rest(ground: Ground, settled: set[int]) -> float:
    """Return the mean load of the groups that are not settled."""
    return (ground.total - sum(ground.load[unit] for unit in settled)) / max(ground.groups - len(settled), 1)


def _heavy(ground: Ground, settled: set[int]) -> set[int]:
    """Return what is settled, and the units that are too heavy for a mean of the others."""
    above = 1 + max(HEAVY, ground.even / ground.total if ground.total else 0.0)
    found = set(settled)
    for unit in sorted(range(len(ground)), key=lambda u: (-ground.load[u], u)):
        if unit in found:
            continue
        if len(found) >= ground.groups - 1 or ground.load[unit] <= above * _mean_of_rest(ground, found):
            break
        found.add(unit)
    return found


def _cut_off(ground: Ground, settled: set[int]) -> tuple[list[int], set[int]]:
    """Return the joined unit of each unit, and one unit of each piece that settled ones leave the size of a group."""
    to, lone = list(range(len(ground))), set[int]()
    mean = _mean_of_rest(ground, settled)
    rest = pieces([unit for unit in range(len(ground)) if unit not in settled], ground.neighbours, [
        unit if unit in settled else NONE for unit in range(len(ground))
    ])  # fmt: skip
    weight = {piece[0]: sum(ground.load[unit] for unit in piece) for piece in rest}
    for piece in sorted(rest, key=lambda piece: (weight[piece[0]], piece))[:-1]:
        own = weight[piece[0]]
        alike = len({ground.before[unit] for unit in piece}) == 1
        if 2 * own < mean:
            beside = {other for unit in piece for other in ground.neighbours[unit] if other in settled}
            home = min(beside, key=lambda unit: (ground.load[unit], unit))
            alike = alike and ground.before[home] == ground.before[piece[0]]
        elif abs(own - mean) > HEAVY * mean and 2 * own < 3 * mean and len(settled) + len(lone) < ground.groups - 1:
            home = piece[0]
            if alike:
                lone.add(home)
        else:
            continue
        if alike:
            for unit in piece:
                to[unit] = home
    number = {home: at for at, home in enumerate(sorted(set(to)))}
    return [number[home] for home in to], lone


def _pinned(ground: Ground, settled: set[int]) -> Ground:
    """Return the ground with settled units pinned to groups."""
    pinned, held = list(ground.pinned), dict[int, int]()
    for unit in sorted(settled, key=lambda u: (-ground.load[u], u)):
        wished = [group for group in (ground.before[unit], *range(ground.groups)) if group != NONE]
        group = next(group for group in wished if group not in held)
        held[group], pinned[unit] = ground.load[unit], group
    share = (ground.groups - len(held)) / ground.groups
    rest = ground.total - sum(held.values())
    even = int(ground.even * rest / ground.total)
    return replace(ground, pinned=pinned, settled=held, even=even, price=ground.price * share)


def _joined(ground: Ground, bound: float) -> list[int]:
    """Return the number of the joined unit of each unit."""
    parent, order = _walk(ground)
    place = {unit: at for at, unit in enumerate(order)}
    reach = [
        min(place[unit], *(place[other] for other in ground.neighbours[unit]), len(order))
        for unit in range(len(ground))
    ]
    load, alike = list(ground.load), [True] * len(ground)
    key = list(zip(ground.pinned, ground.before, strict=True))
    for unit in reversed(order[1:]):
        above = parent[unit]
        load[above] += load[unit]
        reach[above] = min(reach[above], reach[unit])
        alike[unit] &= key[unit] == key[above]
        alike[above] &= alike[unit]
    number: dict[int, int] = {}
    of, tied = [0] * len(ground), [False] * len(ground)
    for unit in order:
        above = parent[unit]
        if above != NONE:  # no way leads from below around the unit above
            hangs = reach[unit] >= place[above] and load[unit] < bound and alike[unit]
            tied[unit] = tied[above] or hangs
        of[unit] = of[above] if tied[unit] else number.setdefault(unit, len(number))
    return of


def _walk(ground: Ground) -> tuple[list[int], list[int]]:
    """Return where each unit is reached from, and the order, when going as deep as possible first."""
    first = max(range(len(ground)), key=lambda unit: (ground.load[unit], -unit))
    parent, order = [NONE] * len(ground), [first]
    seen = {first}
    ways = [(first, iter(ground.neighbours[first]))]
    while ways:
        unit, others = ways[-1]
        other = next((other for other in others if other not in seen), None)
        if other is None:
            ways.pop()
            continue
        seen.add(other)
        parent[other] = unit
        order.append(other)
        ways.append((other, iter(ground.neighbours[other])))
    return parent, order


def _contracted(ground: Ground, of: list[int]) -> Ground:
    """Return the ground of joined units."""
    count = max(of) + 1
    load, people = [0] * count, [0] * count
    near: list[dict[int, int]] = [{} for _ in range(count)]
    first: dict[int, int] = {}
    for unit, own in enumerate(of):
        first.setdefault(own, unit)
        load[own] += ground.load[unit]
        people[own] += ground.people[unit]
        for other, length in zip(ground.neighbours[unit], ground.border[unit], strict=True):
            if of[other] != own:
                near[own][of[other]] = near[own].get(of[other], 0) + length
    size = np.bincount(of, minlength=count)
    place = [np.bincount(of, axis, count) / size for axis in ground.place.T]
    return replace(
        ground,
        load=load,
        people=people,
        neighbours=[sorted(row) for row in near],
        border=[[row[other] for other in sorted(row)] for row in near],
        place=np.stack(place, axis=1),
        pinned=[ground.pinned[first[own]] for own in range(count)],
        before=[ground.before[first[own]] for own in range(count)],
    )
