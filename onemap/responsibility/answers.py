"""The answer to "who answers here, for what, when?": every value that proves it, and the sentence."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from onemap.domain.appointments import CONFLICT, HELD, VACANT, Standing
from onemap.domain.duties import PARTS, Duty, Holder, Matter
from onemap.responsibility.areas import Grid
from onemap.responsibility.uncovered import Uncovered

if TYPE_CHECKING:
    from onemap.responsibility.sentence import Wording

NOBODY, OUTSIDE = "nobody", "outside"
STATES = (HELD, VACANT, CONFLICT, NOBODY, OUTSIDE)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the district's local time.

    Attributes
    ----------
    local
        Local time, without zone.
    kind
        ``workday``, ``weekend`` or ``holiday``.
    on
        Codes of the shifts that are on.
    """

    local: dt.datetime
    kind: str
    on: frozenset[str]


@dataclass(frozen=True, slots=True)
class Claim:
    """A duty that counts at the spot: the grid, road or object that it is tied to, and who stands for it."""

    duty: Duty
    grid: Grid
    standing: Standing

    @property
    def post(self) -> tuple[str, ...]:
        """What makes this post another than a second one."""
        return self.duty.agency, self.duty.role, self.duty.holder_code, self.grid.scope, self.grid.code


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """One part of responsibility: ``held``, ``vacant`` or ``conflict``, and the duties that count."""

    part: str
    state: str
    claims: tuple[Claim, ...]

    @property
    def holder(self) -> Holder | None:
        """The one holder; None where there is none or several claim to be."""
        return holder_of(self.state, self.claims[0].standing)

    @property
    def deputies(self) -> tuple[Holder, ...]:
        """Deputies of the holder who are in."""
        found = {h.holder_code: h for claim in self.claims for h in claim.standing.deputies}
        return tuple(found.values())


def holder_of(state: str, standing: Standing) -> Holder | None:
    """Return the one holder where a part is held."""
    return standing.holders[0] if state == HELD else None


def judge(part: str, claims: tuple[Claim, ...]) -> PartAnswer:
    """Return the state of a part from the duties that count equally.

    Several duties for one post are one claim. Several posts held by one and the same holder are no conflict.
    """
    distinct = {claim.post: claim for claim in claims}
    if len(distinct) == 1:
        return PartAnswer(part, claims[0].standing.state, claims)
    people = {c.standing.holders[0].holder_code if c.standing.state == HELD else None for c in distinct.values()}
    agreed = len(people) == 1 and None not in people
    return PartAnswer(part, HELD if agreed else CONFLICT, claims)


@dataclass(frozen=True, slots=True)
class Link:
    """One level of the chain: the grid that holds the spot, others that overlap it there, and who holds it."""

    level: str
    code: str
    name: str
    others: tuple[str, ...]
    standing: Standing


@dataclass(frozen=True)
class Answer:
    """Who answers at a spot, for a matter, at a moment.

    Attributes
    ----------
    state
        ``held``: one holder answers. ``vacant``: a duty counts, but nobody is in. ``conflict``: several claim it with
        equal right. ``nobody``: no duty covers the matter here. ``outside``: the spot is in no grid.
    matter, moment
        What was asked.
    x, y
        The spot in the system of the cells; NaN where a grid was asked for that has no shape.
    parts
        The parts of responsibility for which some duty counts; the first one is that of the accountable holder.
    chain
        From the district down to the cell.
    facts
        Facts that hold there, of those that duties for the matter ask about.
    notes
        What else is to be known: template and values.
    uncovered
        Agencies with a duty for the matter, tied to grids of their own, none of which covers the spot: nobody of them
        answers here, whoever else does.
    """

    state: str
    matter: Matter
    moment: Moment
    x: float
    y: float
    parts: Mapping[str, PartAnswer]
    chain: tuple[Link, ...]
    facts: frozenset[str]
    language: str
    wording: "Wording" = field(repr=False, compare=False)
    notes: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    uncovered: tuple[Uncovered, ...] = ()

    @property
    def part(self) -> str:
        """Part by which the accountable one answers; empty where no duty counts."""
        return next(iter(self.parts), "")

    @property
    def first(self) -> PartAnswer | None:
        """The part that decides."""
        return self.parts.get(self.part)

    @property
    def accountable(self) -> Holder | None:
        """The one accountable holder; None where the post is vacant, contested, or there is no duty."""
        return None if self.first is None else self.first.holder

    @property
    def deputies(self) -> tuple[Holder, ...]:
        """Deputies of the accountable one who are in."""
        return () if self.first is None else self.first.deputies

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The duties that decide; several where they count equally."""
        return () if self.first is None else self.first.claims

    @property
    def cell(self) -> str:
        """Code of the finest grid of the chain; empty outside."""
        return self.chain[-1].code if self.chain else ""

    @property
    def sentence(self) -> str:
        """The sentences that prove the answer, in the language asked for."""
        return self.say(self.language)

    def say(self, language: str) -> str:
        """Return the sentences that prove the answer, in ``"en"`` or ``"zh"``."""
        return self.wording.proof(self, language)

    def row(self) -> dict[str, Any]:
        """Return the answer as a row of `ResponsibilityMatrix.who_batch`."""
        decisive = self.first
        return {
            "state": self.state,
            "cell": self.cell,
            **(NOTHING_SHOWN if decisive is None else shown(decisive)),
            **{part: holder_code(self.parts.get(part)) for part in PARTS},
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the whole answer as plain values, both languages' sentences too."""
        return {
            **self.row(),
            "matter": str(self.matter),
            "at": self.moment.local.isoformat(),
            "day": self.moment.kind,
            "shifts": sorted(self.moment.on),
            "x": _number(self.x),
            "y": _number(self.y),
            "facts": sorted(self.facts),
            "accountable": None if self.accountable is None else person(self.accountable),
            "deputies": [person(holder) for holder in self.deputies],
            "parts": {part: _part(answer, self.wording) for part, answer in self.parts.items()},
            "chain": [
                {
                    "level": link.level,
                    "title": self.wording.level_titles.get(link.level, {}),
                    "code": link.code,
                    "name": link.name,
                    "others": list(link.others),
                    "holders": [person(holder) for holder in link.standing.holders],
                }
                for link in self.chain
            ],
            "uncovered": [one.to_dict() for one in self.uncovered],
            "sentence": {language: self.say(language) for language in ("en", "zh")},
        }


def person(holder: Holder) -> dict[str, Any]:
    """Return a holder as plain values."""
    return {
        "holder_code": holder.holder_code,
        "name": holder.name,
        "role": holder.role,
        "agency": holder.agency,
        "phone": holder.phone,
        "duty_text": holder.duty_text,
        "shift": holder.shift,
        "deputy": holder.deputy,
        "valid_from": holder.valid_from.isoformat() if holder.valid_from else None,
        "valid_to": holder.valid_to.isoformat() if holder.valid_to else None,
    }


def _part(answer: PartAnswer, wording: "Wording") -> dict[str, Any]:
    return {
        "state": answer.state,
        "claims": [
            {
                "duty_code": claim.duty.duty_code,
                "agency": claim.duty.agency,
                "matters": claim.duty.matters,
                "condition": claim.duty.condition,
                "scope": claim.grid.scope,
                "grid_code": claim.grid.code,
                "grid_name": claim.grid.name,
                "rank": claim.duty.rank,
                "text": claim.duty.text,
                "source": claim.duty.source,
                "version": claim.duty.version,
                "state": claim.standing.state,
                "acting": claim.standing.acting,
                "holders": [person(holder) for holder in claim.standing.holders],
                "deputies": [person(holder) for holder in claim.standing.deputies],
                "vacant_because": {language: wording.vacancy(claim.standing, language) for language in ("en", "zh")},
            }
            for claim in answer.claims
        ],
    }


def holder_code(answer: PartAnswer | None) -> str:
    """Return the code of the holder of a part; empty where there is none."""
    holder = None if answer is None else answer.holder
    return "" if holder is None else holder.holder_code


def shown(answer: PartAnswer) -> dict[str, Any]:
    """Return what a row of a table shows of the part that decides."""
    claim = answer.claims[0]
    return {
        "part": answer.part,
        "agency": claim.duty.agency,
        "duty_code": claim.duty.duty_code,
        "scope": claim.grid.scope,
        "grid_code": claim.grid.code,
        "claims": len(answer.claims),
        **shown_holder(answer.holder, acting=claim.standing.acting),
    }


def shown_holder(holder: Holder | None, *, acting: bool) -> dict[str, Any]:
    """Return what a row of a table shows of the holder; None where there is none."""
    one = holder or _NO_HOLDER
    return {
        "holder_code": one.holder_code,
        "holder": one.name,
        "role": one.role,
        "phone": one.phone,
        "acting": acting and holder is not None,
    }


_NO_HOLDER: Final = Holder(holder_code="")
NOTHING_SHOWN: Final = {
    **dict.fromkeys(("part", "agency", "duty_code", "scope", "grid_code"), ""),
    "claims": 0,
    **dict.fromkeys(("holder_code", "holder", "role", "phone"), ""),
    "acting": False,
}
SHOWN: Final = tuple(NOTHING_SHOWN)
"""Columns of the part that decides."""


def _number(value: float) -> float | None:
    return value if value == value else None  # noqa: PLR0124 - NaN is no number of JSON
