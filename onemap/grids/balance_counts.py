"""How many groups each part gets: by number, by target load, or as the existing division has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .balance_findings import Finding


@dataclass(frozen=True)
class Part:
    """What must be known of units that hang together to say how many groups they get.

    Attributes
    ----------
    area
        Name of the area, None where there is one only.
    load
        Of all its units.
    units
        How many; there can be no more groups.
    named
        How many groups are locked there; there can be no fewer.
    """

    area: Any
    load: float
    units: int
    named: int

    @property
    def fewest(self) -> int:
        """The smallest possible number of groups."""
        return max(1, self.named)

    @property
    def most(self) -> int:
        """The largest possible number of groups."""
        return max(self.units, self.fewest)


def share_out(parts: Sequence[Part], groups: int, area: Any) -> tuple[list[int], list[Finding]]:
    """Share a number of groups out so that the largest mean load is as small as it can be.

    Each part gets one; each further group goes to the part with the most load a group.
    """
    counts = [part.fewest for part in parts]
    findings = []
    if groups < sum(counts):
        template = "{groups} groups are too few: {needed} parts or locked groups need one each"
        findings.append(Finding("no_count", template, {"groups": groups, "needed": sum(counts)}, area=area))
    if groups > sum(part.most for part in parts):
        template = "{groups} groups are too many: there are {units} cells that can be parted"
        values = {"groups": groups, "units": sum(part.most for part in parts)}
        findings.append(Finding("too_few_cells", template, values, area=area))
    while sum(counts) < groups:
        free = [at for at, part in enumerate(parts) if counts[at] < part.most]
        if not free:
            break
        counts[max(free, key=lambda at: (parts[at].load / counts[at], -at))] += 1
    return counts, findings


def by_target(part: Part, target: float, least: float, most: float) -> tuple[int, list[Finding]]:
    """Return the number of groups whose mean load is within the band, and of those nearest to the target."""
    if part.load <= 0:
        return part.fewest, []
    wanted = [int(part.load / bound) + extra for bound in (target, least, most) if 0 < bound < float("inf")
              for extra in (0, 1)]  # fmt: skip
    possible = sorted({min(max(count, part.fewest), part.most) for count in wanted})

    def rank(count: int) -> tuple[float, float, int]:
        mean = part.load / count
        return max(0.0, least - mean) + max(0.0, mean - most), abs(mean - target), count

    best = min(possible, key=rank)
    findings = []
    if rank(best)[0] > 0:
        template = "a load of {load} in {units} cells: no number of groups gives each {least} to {most}"
        if part.area is not None:
            template = "{area} has a load of {load} in {units} cells: no number of groups gives each {least} to {most}"
        values = {"load": round(part.load, 2), "units": part.units, "least": round(least, 2), "most": round(most, 2)}
        findings.append(Finding("no_count", template, values, area=part.area))
    return best, findings
