"""What a balance must hold beside its rivals: limits that can fail, judged from the rows that were measured."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

OWN: Final = "onemap"
PYMETIS: Final = "pymetis"
BORDER: Final = 1.05
"""Border allowed, as a share of that of pymetis' answer."""
LARGEST: Final = (25_000, 300)
LARGEST_S: Final = 20.0
MOST_PROVED: Final = 36
_NEAR: Final = 1e-9


@dataclass(frozen=True)
class Row:
    """What a contestant made of a case; ``reason`` says why it made nothing."""

    case: str
    contestant: str
    reason: str = ""
    groups: int = 0
    scattered: int = 0
    deviation: float = 0.0
    border_km: float = 0.0
    seconds: float = 0.0
    version: str = ""
    cells: int = 0
    asked: int = 0

    @property
    def is_equal(self) -> bool:
        """Whether it answered as it was asked: so many groups, each in one piece."""
        return not self.reason and not self.scattered and self.groups == self.asked


@dataclass(frozen=True)
class Proof:
    """What CP-SAT says of onemap's answer; None: not decided in time.

    Attributes
    ----------
    deviation, border
        Nothing is more even; nothing as even has a shorter border.
    """

    cells: int
    groups: int
    deviation: bool | None
    border: bool | None
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """A limit, what was found, and whether it holds; None where it was not measured."""

    limit: str
    found: str
    must: str
    holds: bool | None

    @property
    def word(self) -> str:
        """The verdict in a word."""
        return {True: "held", False: "**NOT held**", None: "not measured"}[self.holds]


def verdicts(rows: Sequence[Row], proofs: Sequence[Proof] = (), *, with_largest: bool = True) -> list[Verdict]:
    """Return every limit with its verdict; a rival that did not answer leaves its limit not measured."""
    cases = dict.fromkeys(row.case for row in rows)
    found = [verdict for case in cases for verdict in _of_case([row for row in rows if row.case == case])]
    found += [_proved(proof) for proof in proofs]
    return [*found, _in_time(rows)] if with_largest else found


def _of_case(rows: Sequence[Row]) -> Iterator[Verdict]:
    case = rows[0].case
    own = [row for row in rows if row.contestant.startswith(OWN) and row.is_equal]
    main = next((row for row in own if row.contestant == OWN), None)
    rivals = [row for row in rows if not row.contestant.startswith(OWN)]
    equal = [row for row in rivals if row.is_equal]
    limit = f"{case}: as even as the most even of {len(equal)} rivals"
    if main is None or not equal:
        yield Verdict(limit, "–", "–", False if equal else None)
    else:
        best = min(equal, key=lambda row: row.deviation)
        holds = main.deviation <= best.deviation + _NEAR
        yield Verdict(limit, f"{main.deviation:.3%}", f"≤ {best.deviation:.3%} ({best.contestant})", holds)
    for rival in (row for row in rivals if row.contestant.startswith(PYMETIS)):
        yield _border(case, rival, own)


def _border(case: str, rival: Row, own: Sequence[Row]) -> Verdict:
    """Judge the shortest border of the answers that are at least as even."""
    limit = f"{case}: border of an answer as even as that of {rival.contestant}"
    if not rival.is_equal:
        return Verdict(limit, "–", "–", None)
    even = [row.border_km for row in own if row.deviation <= rival.deviation + _NEAR]
    must = f"≤ {BORDER:.2f} x {rival.border_km:,.1f} km"
    if not even:
        return Verdict(limit, "nothing as even", must, holds=False)
    share = min(even) / rival.border_km
    return Verdict(limit, f"{share:.2f} x ({min(even):,.1f} km)", must, share <= BORDER + _NEAR)


def _proved(proof: Proof) -> Verdict:
    limit = f"{proof.cells} cells into {proof.groups}: deviation and border, proved by CP-SAT in {proof.seconds:.0f} s"
    states = (proof.deviation, proof.border)
    words = {True: "the best", False: "not the best", None: "not decided in time"}
    holds = False if False in states else None if None in states else True
    return Verdict(limit, " and ".join(words[state] for state in states), "the best", holds)


def _in_time(rows: Iterable[Row]) -> Verdict:
    cells, groups = LARGEST
    limit = f"{cells:,} cells into {groups}: processor time"
    mine = [row for row in rows if row.contestant == OWN and (row.cells, row.asked) == LARGEST]
    must = f"< {LARGEST_S:g} s"
    if not mine:
        return Verdict(limit, "–", must, None)
    row = mine[0]
    if not row.is_equal:
        return Verdict(limit, row.reason or "in pieces", must, holds=False)
    return Verdict(limit, f"{row.seconds:.1f} s", must, row.seconds < LARGEST_S)


def table(judged: Sequence[Verdict]) -> str:
    """Return the verdicts as Markdown."""
    lines = [f"| {v.limit} | {v.found} | {v.must} | {v.word} |" for v in judged]
    return "\n".join(["| limit | found | must | verdict |", "|---|---:|---:|---|", *lines])
