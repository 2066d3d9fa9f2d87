"""Cells whose duties differ from those of their peers (同网同责: cells of one kind have the same duties)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from onemap.domain.duties import DUTY_GRID
from onemap.geo.edges import Floats, Ints
from onemap.responsibility.ground import Ground
from onemap.responsibility.rules import MARK

if TYPE_CHECKING:
    from onemap.responsibility.matrix import ResponsibilityMatrix

_MOST: Final = 0.5
Task = tuple[str, str, str]
"""Part, agency and matter of a duty."""
Tasks = frozenset[Task]


@dataclass(frozen=True)
class Unlike:
    """Cells that lack duties which most of their peers have, or have duties which those have not.

    Attributes
    ----------
    part, agency, matters
        Of the duties, as they write them.
    lacking
        Whether the cells lack them.
    codes
        Of the cells.
    pieces
        Pieces of the ground.
    alike, peers
        How many of how many peers have these duties, or where the cells do not lack them have none of them.
    """

    part: str
    agency: str
    matters: tuple[str, ...]
    lacking: bool
    codes: tuple[str, ...]
    pieces: Ints
    alike: int
    peers: int


def find_unlike(matrix: "ResponsibilityMatrix", ground: Ground) -> Iterator[Unlike]:
    """Yield the cells of the finest level whose duties are not the usual ones.

    A cell has a duty that is tied to more than half of its land, by its own level, one above or the agency's grids, at
    whatever hours. Duties of roads and objects, and those under a condition on anything but grids, say nothing about
    cells and are left out. Peers are the cells for which the same facts hold, of those that conditions ask about;
    usual is the most frequent set of duties, of equally frequent ones the larger.
    """
    finest = ground.claims[matrix.levels[-1]]
    tasks = _tasks_of_cells(matrix, ground)
    wanted = matrix.rules.facts(tuple(range(len(matrix.rules.patterns))))
    peers: dict[frozenset[str], list[int]] = {}
    for row in tasks:
        peers.setdefault(finest.grids[row].facts & wanted, []).append(row)
    for rows in peers.values():
        sets = Counter(tasks[row] for row in rows)
        usual = min(sets, key=lambda one: (-sets[one], -len(one), sorted(one)))
        groups: dict[tuple[bool, str, str, tuple[str, ...]], list[int]] = {}
        for row in rows:
            for lacking, other in ((True, usual - tasks[row]), (False, tasks[row] - usual)):
                for part, agency in sorted({task[:2] for task in other}):
                    matters = tuple(sorted(task[2] for task in other if task[:2] == (part, agency)))
                    groups.setdefault((lacking, part, agency, matters), []).append(row)
        for (lacking, part, agency, matters), cells in groups.items():
            codes = tuple(sorted(finest.grids[row].code for row in cells))
            pieces = np.flatnonzero(np.isin(finest.first, cells))
            these = {(part, agency, matter) for matter in matters}
            alike = sum(count for one, count in sets.items() if (these <= one if lacking else these.isdisjoint(one)))
            yield Unlike(part, agency, matters, lacking, codes, pieces, alike, len(rows))


def _tasks_of_cells(matrix: "ResponsibilityMatrix", ground: Ground) -> dict[int, Tasks]:
    """Return the duties of each cell of the finest level that has land."""
    finest = matrix.levels[-1]
    cell, grids = ground.claims[finest].first, ground.claims[finest].grids
    land: Floats = np.bincount(cell[cell >= 0], weights=ground.area[cell >= 0], minlength=len(grids)).astype(np.float64)
    found: dict[int, set[Task]] = {row: set() for row in np.flatnonzero(land > 0).tolist()}
    known: dict[tuple[int, frozenset[str]], Tasks] = {}
    for channel in ground.claims:
        if channel not in matrix.levels and not channel.startswith(DUTY_GRID):
            continue
        _, _, agency = channel.partition(MARK)
        for row, bucket in _hit(matrix, ground, channel, land):
            key = bucket, grids[row].facts
            if key not in known:
                rules = matrix.rules.inside(bucket, grids[row].facts, ground.day, about=f"{finest}.")
                known[key] = frozenset((duty.part, duty.agency or agency, matter) for matter, duty in rules)
            found[row] |= known[key]
    return {row: frozenset(tasks) for row, tasks in found.items()}


def _hit(matrix: "ResponsibilityMatrix", ground: Ground, channel: str, land: Floats) -> Iterator[tuple[int, int]]:
    """Yield each cell and each bucket of duties of a channel that is tied to more than half of the cell's land."""
    claims, cell = ground.claims[channel], ground.claims[matrix.levels[-1]].first
    there = np.flatnonzero((cell >= 0) & (claims.first >= 0))
    sets = len(claims.several)
    pair, which = np.unique(cell[there] * sets + claims.of[there], return_inverse=True)
    area = np.bincount(which.reshape(-1), weights=ground.area[there], minlength=len(pair))
    buckets = [
        tuple({number for row in rows for number in matrix.rules.hits(channel, claims.grids[row].code)})
        for rows in claims.several
    ]
    shares: dict[tuple[int, int], float] = {}
    for row, at, part in zip((pair // sets).tolist(), (pair % sets).tolist(), area.tolist(), strict=True):
        for bucket in buckets[at]:
            shares[row, bucket] = shares.get((row, bucket), 0.0) + part
    for (row, bucket), part in shares.items():
        if part > _MOST * land[row]:
            yield row, bucket
