"""The duties as a table that is asked in microseconds: which of them count for a matter, on these grids, at this hour.

A *channel* is one set of grids that duties may be tied to: a level, one agency's duty grids, the roads, the objects by
code, the objects by class. A *bucket* holds the duties of a channel that name the same code or the same start of codes.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from onemap.domain.conditions import Condition, parse_condition
from onemap.domain.duties import ANY, DUTY_GRID, LONGEST_CLASS_CODE, OBJECT, Duty, Matter, parse_matters
from onemap.domain.precedence import Key, Precedence
from onemap.errors import OnemapError

OBJECT_CLASS: Final = "object class"
_LATEST: Final = 1 << 60
MARK: Final = ": "

Buckets = tuple[int, ...]
Matched = tuple[int, ...]
"""Numbers of the patterns of matters that cover the matter asked."""


def channel_of(scope: str, agency: str = "") -> str:
    """Return the channel of a scope."""
    return f"{DUTY_GRID}{MARK}{agency}" if scope == DUTY_GRID else scope


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A duty made ready: its condition, the code of its shift, and the ordinals of its first and last day."""

    duty: Duty
    condition: Condition
    shift: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Found:
    """A duty that counts: the channel it came by, and which of the channel's grids it is tied to."""

    rule: Rule
    channel: str
    position: int
    key: Key


Asked = Sequence[tuple[str, Sequence[Buckets]]]
"""Each channel and the buckets of each of its grids at the spot."""


class RuleTable:
    """All duties of a matrix.

    Parameters
    ----------
    duties
        The duties.
    precedence
        Which counts.
    levels
        Grid levels from coarse to fine.
    known
        All codes of each channel, on whatever day: a duty that names one of them means it and no longer code.
    shifts
        Code of each shift, by code and by name.

    Attributes
    ----------
    problems
        Number of each duty that cannot be used, and why; it never counts.
    """

    def __init__(
        self,
        duties: Iterable[Duty],
        precedence: Precedence,
        *,
        levels: Sequence[str],
        known: Mapping[str, AbstractSet[str]],
        shifts: Mapping[str, str],
    ) -> None:
        self.precedence: Final = precedence
        self.scope_order: Final = precedence.scope_order(levels)
        self._known, self._shifts = known, shifts
        self._sorted = {channel: sorted(codes) for channel, codes in known.items()}
        self._patterns: dict[Matter, int] = {}
        self._buckets: list[dict[int, list[tuple[Rule, Key]]]] = []
        self._numbers: dict[tuple[str, str, bool], int] = {}
        self._of_channel: dict[str, list[int]] = {}
        self._lengths: dict[str, list[int]] = {}
        self._of_pattern: dict[int, tuple[set[str], set[str]]] = {}
        self._hits: dict[tuple[str, str], Buckets] = {}
        self._matched: dict[Matter, Matched] = {}
        self._concern: dict[Matched, tuple[frozenset[str], frozenset[str]]] = {}
        self.problems: Final[list[tuple[int, str]]] = []
        for number, duty in enumerate(duties):
            try:
                self._add(duty)
            except OnemapError as error:
                self.problems.append((number, str(error)))

    def _add(self, duty: Duty) -> None:
        """Put a duty into the buckets that it is looked for in."""
        if duty.scope not in self.scope_order:
            scopes = ", ".join(self.scope_order)
            raise OnemapError("{scope} is no scope of this map; it has {known}", scope=duty.scope, known=scopes)
        if duty.shift and duty.shift not in self._shifts:
            raise OnemapError("there is no shift {shift}", shift=duty.shift)
        first = duty.valid_from.toordinal() if duty.valid_from else 0
        last = duty.valid_to.toordinal() if duty.valid_to else _LATEST
        rule = Rule(duty, parse_condition(duty.condition), self._shifts.get(duty.shift, ""), first, last)
        matters = parse_matters(duty.matters)
        code = duty.scope_code or ANY
        start = code.rstrip(ANY)
        channels = self._channels_of(duty, start)
        if not channels:
            raise OnemapError("{agency} has no duty grids in this map", agency=duty.agency or ANY)
        exact = [channel for channel in channels if code in self._known[channel]]
        started = [channel for channel in channels if channel not in exact and self._starts(channel, start)]
        if not exact and not started:
            raise OnemapError("no {scope} of this map has the code {code}", scope=duty.scope, code=code)
        for channel in exact:
            self._put(rule, matters, channel, code, exact=True)
        for channel in started:
            self._put(rule, matters, channel, start, exact=False)

    def _channels_of(self, duty: Duty, start: str) -> list[str]:
        if duty.scope == DUTY_GRID and not duty.agency:
            return [channel for channel in self._known if channel.startswith(f"{DUTY_GRID}{MARK}")]
        if duty.scope == OBJECT and start and len(start) <= LONGEST_CLASS_CODE:
            return [OBJECT_CLASS]
        channel = channel_of(duty.scope, duty.agency)
        return [channel] if channel in self._known else []

    def _starts(self, channel: str, start: str) -> bool:
        """Tell whether a start of codes is that of any code; every layer, an empty one too, has its ``*``."""
        codes = self._sorted[channel]
        place = bisect_left(codes, start)
        return not start or channel == OBJECT_CLASS or (place < len(codes) and codes[place].startswith(start))

    def parts_by(
        self, channel: str, matched: Matched, facts: AbstractSet[str], day: int, on: AbstractSet[str]
    ) -> set[str]:
        """Return the parts for which duties of a channel would count, on whichever of its grids; see `foremost`."""
        return {
            rule.duty.part
            for number in self._of_channel.get(channel, ())
            for pattern in matched
            for rule, _ in self._buckets[number].get(pattern, ())
            if _counts(rule, facts, day, on)
        }

    def _put(self, rule: Rule, matters: Iterable[Matter], channel: str, code: str, *, exact: bool) -> None:
        number = self._numbers.setdefault((channel, code, exact), len(self._buckets))
        if number == len(self._buckets):
            self._buckets.append({})
            self._of_channel.setdefault(channel, []).append(number)
            if not exact:
                self._lengths[channel] = sorted({*self._lengths.get(channel, ()), len(code)})
        for matter in matters:
            pattern = self._patterns.setdefault(matter, len(self._patterns))
            channels, facts = self._of_pattern.setdefault(pattern, (set(), set()))
            channels.add(channel)
            facts |= rule.condition.facts
            key = self.precedence.key(
                scope=self.scope_order[rule.duty.scope],
                scope_code=-len(code),
                matter=-len(matter.code),
                condition=-len(rule.condition),
                rank=rule.duty.rank,
            )
            self._buckets[number].setdefault(pattern, []).append((rule, key))

    @property
    def patterns(self) -> list[Matter]:
        """Every matter that some duty names, as it names it."""
        return list(self._patterns)

    @property
    def turns(self) -> list[int]:
        """Days on which some duty comes into force or goes out of it, by ordinal."""
        rules = [rule for bucket in self._buckets for found in bucket.values() for rule, _ in found]
        return sorted({day for rule in rules for day in (rule.first, rule.last + 1) if 0 < day < _LATEST})

    def by_duty_grids(self, codes: Iterable[str], first: int, last: int) -> set[str]:
        """Return the agencies that have a duty for any of some matters, tied to their own grids, within some days."""
        asked = [Matter("", "", code.removesuffix(ANY)) for code in codes]
        wanted = {number for matter in asked for number in self.matched(matter)}
        return {
            agency
            for (channel, _, _), bucket in self._numbers.items()
            if (agency := channel.removeprefix(channel_of(DUTY_GRID))) != channel
            for number in wanted & self._buckets[bucket].keys()
            if any(
                rule.first <= last and first <= rule.last and not rule.duty.condition
                for rule, _ in self._buckets[bucket][number]
            )
        }

    def matched(self, asked: Matter) -> Matched:
        """Return the patterns of matters that cover the one asked."""
        found = self._matched.get(asked)
        if found is None:
            numbers = tuple(number for pattern, number in self._patterns.items() if pattern.covers(asked))
            found = self._matched[asked] = numbers
        return found

    def channels(self, matched: Matched) -> frozenset[str]:
        """Return the channels by which duties for a matter come."""
        return self._concerned(matched)[0]

    def facts(self, matched: Matched) -> frozenset[str]:
        """Return the facts that conditions of duties for a matter ask about."""
        return self._concerned(matched)[1]

    def _concerned(self, matched: Matched) -> tuple[frozenset[str], frozenset[str]]:
        found = self._concern.get(matched)
        if found is None:
            sets = [self._of_pattern[number] for number in matched]
            found = (
                frozenset().union(*(channels for channels, _ in sets)),
                frozenset().union(*(facts for _, facts in sets)),
            )
            self._concern[matched] = found
        return found

    def hits(self, channel: str, code: str) -> Buckets:
        """Return the buckets whose duties are tied to a grid."""
        found = self._hits.get((channel, code))
        if found is None:
            starts = [(channel, code[:n], False) for n in self._lengths.get(channel, ()) if n <= len(code)]
            numbers = (self._numbers.get(key) for key in [(channel, code, True), *starts])
            found = self._hits[channel, code] = tuple(number for number in numbers if number is not None)
        return found

    def telling(self, buckets: Buckets, matched: Matched) -> Buckets:
        """Return those of some buckets that hold a duty for a matter."""
        return tuple(b for b in buckets if any(number in self._buckets[b] for number in matched))

    def inside(self, bucket: int, facts: AbstractSet[str], day: int, *, about: str) -> Iterator[tuple[str, Duty]]:
        """Yield the matters and duties of a bucket that count on a day, at whatever hours.

        Those whose conditions ask about anything but facts that begin with ``about`` are left out.
        """
        matters = self.patterns
        for pattern, rules in self._buckets[bucket].items():
            for rule, _ in rules:
                asks_else = any(not fact.startswith(about) for fact in rule.condition.facts)
                if rule.first <= day <= rule.last and not asks_else and rule.condition.holds(facts):
                    yield str(matters[pattern]), rule.duty

    def foremost(
        self, asked: Asked, matched: Matched, facts: AbstractSet[str], day: int, on: AbstractSet[str]
    ) -> dict[str, list[Found]]:
        """Return for each part the duties that count: those of the smallest key, several where they are equal.

        Parameters
        ----------
        asked
            The grids at the spot.
        matched
            The matter, as `matched` tells it.
        facts
            What holds at the spot.
        day, on
            Ordinal of the day, and the shifts that are on.
        """
        best: dict[str, list[Found]] = {}
        for channel, grids in asked:
            for position, numbers in enumerate(grids):
                for number in numbers:
                    bucket = self._buckets[number]
                    for pattern in matched:
                        for rule, key in bucket.get(pattern, ()):
                            if _counts(rule, facts, day, on):
                                _keep(best, Found(rule, channel, position, key))
        return best


def _counts(rule: Rule, facts: AbstractSet[str], day: int, on: AbstractSet[str]) -> bool:
    """Tell whether a duty is in force on a day, at the shifts that are on, with what holds at the spot."""
    return rule.first <= day <= rule.last and (not rule.shift or rule.shift in on) and rule.condition.holds(facts)


def _keep(best: dict[str, list[Found]], found: Found) -> None:
    """Keep a duty if none before it comes first; a duty that names a matter twice counts once."""
    kept = best.get(found.rule.duty.part)
    if kept is None or found.key < kept[0].key:
        best[found.rule.duty.part] = [found]
    elif found.key == kept[0].key and found not in kept:
        kept.append(found)
