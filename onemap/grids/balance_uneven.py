"""Why a group could not be balanced: what can only be together is too heavy, or nothing beside it helps."""

from collections.abc import Sequence
from typing import Any

from .balance_findings import Finding
from .balance_hanging import HEAVY
from .balance_plan import Plan


def uneven(plan: Plan, codes: Sequence[Sequence[Any]], *, scale: float, area: Any) -> list[Finding]:
    """Return a finding for each group that is stuck far from the mean.

    Parameters
    ----------
    plan
        What was found.
    codes
        Names of the cells of each unit.
    scale
        What loads were multiplied by.
    """
    ground, findings = plan.ground, []
    mean = ground.total / ground.groups
    for group, held in sorted(plan.stuck.items()):
        load = plan.load[group]
        if abs(load - mean) <= max(HEAVY * mean, ground.even / ground.groups):
            continue
        cells = tuple(code for unit in sorted(plan.members[group]) for code in codes[unit])
        values: dict[str, Any] = {"load": round(load / scale, 2), "mean": round(mean / scale, 2)}
        if not held:
            template = (
                "the group of {cells} has a load of {load}, the mean is {mean}: "
                "no change with the groups beside it was found that evens it out"
            )
        else:
            hub = max(held, key=lambda unit: (len(ground.neighbours[unit]), ground.load[unit], -unit))
            values |= {"cell": codes[hub][0], "held": round(sum(ground.load[unit] for unit in held) / scale, 2)}
            template = (
                "the group of {cell} has a load of {load}, the mean is {mean}: "
                "a load of {held} is in {cell} and in cells that reach the others through it alone"
                if len(held) > 1
                else "the group of {cell} has a load of {load}, the mean is {mean}: {cell} alone has {held}"
            )
        findings.append(Finding("uneven", template, values, area=area, cells=cells))
    return findings
