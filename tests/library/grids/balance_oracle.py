"""The best division of a small ground, proved by ortools CP-SAT: an oracle that shares nothing with onemap's search."""

from dataclasses import dataclass

from ortools.sat.python import cp_model


@dataclass(frozen=True)
class Best:
    """What CP-SAT found: the largest deviation (times the number of groups), the border, the division.

    ``proved`` says for the deviation and the border whether there is nothing better.
    """

    deviation: int
    cut: int
    label: list[int]
    proved: tuple[bool, bool]


def best_division(load, edges, groups, *, seconds=60.0, border_seconds=None, workers=2):
    """Return the best contiguous division: the smallest largest deviation, and for that the shortest border.

    Each group is named by its first unit, its root. Each other unit points to a neighbour of its group that is one
    step nearer to the root, which is what makes a group hang together.
    """
    model, held, root, same = _model(load, edges, groups)
    total = sum(load)
    worst = model.new_int_var(0, groups * total, "worst")
    for first in range(len(load)):
        weight = sum(groups * load[unit] * held[unit, first] for unit in range(first, len(load)))
        model.add(weight - total <= worst)
        model.add(total - weight <= worst).only_enforce_if(root[first])
    model.minimize(worst)
    status, solver = _solve(model, seconds, workers)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    deviation = int(solver.objective_value)
    first_proof = status == cp_model.OPTIMAL
    label = _label(solver, held, len(load))
    model.clear_hints()
    for variable in {one.index: one for one in (*held.values(), *same.values())}.values():
        model.add_hint(variable, solver.value(variable))
    model.add(worst <= deviation)
    cut = sum(length * same[one, other].negated() for one, other, length in edges)
    model.minimize(cut)
    status, solver = _solve(model, border_seconds or seconds, workers)
    length = sum(length for one, other, length in edges if label[one] != label[other])
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        label, length = _label(solver, held, len(load)), int(solver.objective_value)
    return Best(deviation, length, label, (first_proof, status == cp_model.OPTIMAL))


def nothing_better(load, edges, groups, *, deviation, cut, seconds=60.0, workers=2):
    """Return whether nothing is more even than a deviation, and at that nothing has a shorter border; None: unknown.

    The answer to be judged is a bound and nothing more: that no division lies below it is CP-SAT's own proof.
    """
    found = []
    for most, border in ((deviation - 1, None), (deviation, cut - 1)):
        model, held, root, same = _model(load, edges, groups)
        total = sum(load)
        for first in range(len(load)):
            weight = sum(groups * load[unit] * held[unit, first] for unit in range(first, len(load)))
            model.add(weight - total <= most)
            model.add(total - weight <= most).only_enforce_if(root[first])
        if border is not None:
            model.add(sum(length * same[one, other].negated() for one, other, length in edges) <= border)
        status, _ = _solve(model, seconds, workers)
        found.append({cp_model.INFEASIBLE: True, cp_model.OPTIMAL: False, cp_model.FEASIBLE: False}.get(status))
    return found[0], found[1]


def _model(load, edges, groups):
    model, count = cp_model.CpModel(), len(load)
    root = {unit: model.new_bool_var(f"root {unit}") for unit in range(count)}
    held = {
        (u, r): root[u] if u == r else model.new_bool_var(f"{u} in {r}") for u in range(count) for r in range(u + 1)
    }
    same = {(one, other): model.new_bool_var(f"{one} with {other}") for one, other, _ in edges}
    model.add(sum(root.values()) == groups)
    step = [model.new_int_var(0, count - groups, f"step {unit}") for unit in range(count)]
    above = {unit: [] for unit in range(count)}
    for unit in range(count):
        model.add_exactly_one(held[unit, r] for r in range(unit + 1))
        model.add(step[unit] == 0).only_enforce_if(root[unit])
        for r in range(unit):
            model.add_implication(held[unit, r], root[r])
    for one, other, _ in edges:
        one_same = same[one, other]
        for r in range(max(one, other) + 1):
            a, b = held.get((one, r)), held.get((other, r))
            if a is None or b is None:
                model.add_implication(one_same, (b if a is None else a).negated())
                continue
            model.add_bool_or(one_same.negated(), a.negated(), b)
            model.add_bool_or(one_same.negated(), b.negated(), a)
            model.add_bool_or(one_same, a.negated(), b.negated())
        for low, high in ((one, other), (other, one)):
            arc = model.new_bool_var(f"{low} under {high}")
            model.add_implication(arc, one_same)
            model.add(step[low] == step[high] + 1).only_enforce_if(arc)
            above[low].append(arc)
    for unit in range(count):
        model.add_exactly_one([root[unit], *above[unit]])
    return model, held, root, same


def _solve(model, seconds, workers):
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = 1
    return solver.solve(model), solver


def _label(solver, held, count):
    return [next(r for r in range(unit + 1) if solver.value(held[unit, r])) for unit in range(count)]
