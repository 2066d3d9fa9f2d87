"""Which duties count on which land: for each matter the pieces of ground, for each post the matters and the hours.

The duties that count are asked of the rules themselves (`onemap.responsibility.rules`), once for each combination of
grids and facts that differs to them, not once for each piece.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from onemap.domain.duties import Duty, Matter
from onemap.geo.edges import Ints
from onemap.responsibility.ground import Ground
from onemap.responsibility.grouping import group
from onemap.responsibility.rules import Buckets, Found, Matched, RuleTable
from onemap.responsibility.time_gaps import Stretch

Hits = tuple[Buckets, ...]
_MOST_IDS: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Bearer:
    """A post without its grid: of which agency and role, and by which channel and claimant of it the duty comes."""

    agency: str
    role: str
    holder_code: str
    channel: str
    position: int


@dataclass(slots=True)
class Holding:
    """Land on which the same post, or the same equal ones, bear a part of responsibility.

    Attributes
    ----------
    part
        One of `onemap.domain.duties.PARTS`; empty where no duty counts.
    bearers
        The posts; several where they count equally.
    duties
        A duty of each.
    pieces
        Pieces of the ground.
    matters
        For each set of stretches (by number) the matters for which it is so.
    codes
        Codes of all duties that say so.
    agencies
        Where no duty counts: the agencies that have one for the same matters elsewhere.
    """

    part: str
    bearers: tuple[Bearer, ...]
    duties: tuple[Duty, ...]
    pieces: Ints
    matters: dict[tuple[int, ...], list[Matter]] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    agencies: set[str] = field(default_factory=set)


Outcome = tuple[tuple[str, tuple[Bearer, ...]], ...]


class Holdings:
    """Finds the holdings of a ground.

    Parameters
    ----------
    ground
        The land.
    rules
        The duties.
    window
        The stretches of time, all of which have the ground's grids and duties in force.
    """

    def __init__(self, ground: Ground, rules: RuleTable, window: Sequence[Stretch]) -> None:
        self.ground, self.rules = ground, rules
        self._day = window[0].day.toordinal() if window else ground.day
        self._hits = {name: self._hits_of(name) for name in ground.claims}
        self._facts = {name: self._facts_of(name) for name in ground.claims}
        self._hours: dict[frozenset[str], list[int]] = {}
        for number, stretch in enumerate(window):
            self._hours.setdefault(stretch.on, []).append(number)
        self._found: dict[tuple[str, tuple[Bearer, ...], bytes, frozenset[str]], Holding] = {}
        self._duties: dict[Bearer, Duty] = {}

    def _hits_of(self, channel: str) -> tuple[Ints, list[Hits]]:
        """Return for each piece which buckets of duties its claimants of a channel hit."""
        claims = self.ground.claims[channel]
        return _interned(
            [tuple(self.rules.hits(channel, claims.grids[row].code) for row in rows) for rows in claims.several],
            claims.of,
        )

    def _facts_of(self, channel: str) -> tuple[Ints, list[frozenset[str]]]:
        claims = self.ground.claims[channel]
        return _interned([self.ground.facts(channel, rows) for rows in claims.several], claims.of)

    def find(self, matters: Iterable[Matter]) -> list[Holding]:
        """Return all holdings for some matters."""
        groups: dict[Matched, list[Matter]] = {}
        for matter in dict.fromkeys(matters):
            groups.setdefault(self.rules.matched(matter), []).append(matter)
        for matched, asked in groups.items():
            self._find(matched, asked)
        return list(self._found.values())

    def _find(self, matched: Matched, matters: list[Matter]) -> None:
        first, alike = self._alike(matched)
        by_result: dict[tuple[Outcome, ...], list[int]] = {}
        codes: dict[tuple[str, tuple[Bearer, ...]], set[str]] = {}
        for on, numbers in self._hours.items():
            result = tuple(self._outcome(matched, piece, on, codes) for piece in first.tolist())
            by_result.setdefault(result, []).extend(numbers)
        agencies = {bearer.agency for _, bearers in codes for bearer in bearers if bearer.agency}
        for result, numbers in by_result.items():
            kinds: dict[tuple[str, tuple[Bearer, ...]], list[int]] = {}
            for which, outcome in enumerate(result):
                for key in outcome or (("", ()),):
                    kinds.setdefault(key, []).append(which)
            for (part, bearers), which_ones in kinds.items():
                mask = np.isin(alike, which_ones) & self.ground.inside
                if mask.any():
                    holding = self._holding(part, bearers, mask, frozenset() if part else frozenset(agencies))
                    holding.matters.setdefault(tuple(sorted(numbers)), []).extend(matters)
                    holding.codes |= codes.get((part, bearers), set())
                    holding.agencies |= set() if part else agencies

    def _holding(self, part: str, bearers: tuple[Bearer, ...], mask: Any, agencies: frozenset[str]) -> Holding:
        key = part, bearers, np.packbits(mask).tobytes(), agencies
        if key not in self._found:
            duties = tuple(self._duties[bearer] for bearer in bearers)
            self._found[key] = Holding(part, bearers, duties, np.flatnonzero(mask))
        return self._found[key]

    def _alike(self, matched: Matched) -> tuple[Ints, Ints]:
        """Return pieces that are alike to the duties for a matter: one of each kind, and the kind of each piece."""
        wanted = self.rules.facts(matched)
        kind = np.zeros(len(self.ground.shapes), dtype=np.int64)
        kinds = 1
        for channel in sorted(self.rules.channels(matched) & self._hits.keys()):
            of, several = self._hits[channel]
            told = [tuple(self.rules.telling(buckets, matched) for buckets in hits) for hits in several]
            kind, kinds = _combined(kind, kinds, of, told)
        if wanted:
            for of, known in self._facts.values():
                kind, kinds = _combined(kind, kinds, of, [facts & wanted for facts in known])
        alike, first = group([kind])
        return first, alike

    def _outcome(
        self,
        matched: Matched,
        piece: int,
        on: frozenset[str],
        codes: dict[tuple[str, tuple[Bearer, ...]], set[str]],
    ) -> Outcome:
        """Return for each part which posts bear it on a piece of land while some shifts are on."""
        wanted = self.rules.facts(matched)
        asked = []
        for channel in self.rules.channels(matched) & self._hits.keys():
            of, several = self._hits[channel]
            asked.append((channel, several[of[piece]]))
        facts = frozenset().union(*(known[of[piece]] for of, known in self._facts.values())) & wanted
        best = self.rules.foremost(asked, matched, facts, self._day, on)
        outcome: list[tuple[str, tuple[Bearer, ...]]] = []
        for part in self.rules.precedence.parts:
            if part in best:
                bearers = tuple(sorted({self._bearer(found, piece) for found in best[part]}, key=_place))
                outcome.append((part, bearers))
                codes.setdefault((part, bearers), set()).update(found.rule.duty.duty_code for found in best[part])
        return tuple(outcome)

    def _bearer(self, found: Found, piece: int) -> Bearer:
        duty = found.rule.duty
        claims = self.ground.claims[found.channel]
        agency = duty.agency or claims.grids[claims.rows(piece)[found.position]].agency
        bearer = Bearer(agency, duty.role, duty.holder_code, found.channel, found.position)
        known = self._duties.setdefault(bearer, duty)
        if duty.duty_code < known.duty_code:
            self._duties[bearer] = duty
        return bearer


def _place(bearer: Bearer) -> tuple[str, int, str, str, str]:
    return bearer.channel, bearer.position, bearer.agency, bearer.role, bearer.holder_code


def _interned(values: list[Any], of: Ints) -> tuple[Ints, list[Any]]:
    """Return the distinct values, and which of them each piece has."""
    known: dict[Any, int] = {}
    number = np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)
    return number[of], list(known)


def _combined(kind: Ints, kinds: int, of: Ints, values: list[Any]) -> tuple[Ints, int]:
    """Return the kinds of pieces parted by one more value."""
    known: dict[Any, int] = {}
    number = np.array([known.setdefault(value, len(known)) for value in values], dtype=np.int64)
    if len(known) == 1:
        return kind, kinds
    if kinds * len(known) >= _MOST_IDS:
        _, kind = np.unique(kind, return_inverse=True)
        kinds = int(kind.max(initial=0)) + 1
    return kind * len(known) + number[of], kinds * len(known)


def claimants(ground: Ground, bearer: Bearer, pieces: Ints) -> Ints:
    """Return for each piece the row of the grid by which a post bears it."""
    claims = ground.claims[bearer.channel]
    return claims.at(bearer.position)[claims.of[pieces]]


def rows_of_several(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Return the distinct combinations of some columns, a row each, and which of them each row has."""
    which, example = group(columns)
    return np.column_stack(columns)[example], which
