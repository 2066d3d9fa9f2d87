"""From what is known of a spot to the answer: which duties count, and who stands for their posts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from onemap.domain.appointments import HELD, Post, Roster, Standing
from onemap.domain.duties import OBJECT, Duty, Matter
from onemap.responsibility.answers import NOBODY, OUTSIDE, Answer, Claim, Link, Moment, judge
from onemap.responsibility.areas import Grid
from onemap.responsibility.land import Spot
from onemap.responsibility.objects import Thing
from onemap.responsibility.rules import OBJECT_CLASS, Asked, Found, RuleTable
from onemap.responsibility.sentence import Wording

if TYPE_CHECKING:
    import datetime as dt

_MOST_KEPT: Final = 400_000
_NOWHERE: Final = (float("nan"), float("nan"))


class Decider:
    """Rules and roster together.

    Parameters
    ----------
    rules, roster
        The duties and the appointments.
    wording, language
        How answers are told.
    """

    def __init__(self, rules: RuleTable, roster: Roster, wording: Wording, language: str) -> None:
        self.rules: Final = rules
        self.roster: Final = roster
        self.precedence: Final = rules.precedence
        self.wording: Final = wording
        self.language: Final = language
        self._standings: dict[tuple[Post, dt.date, frozenset[str]], Standing] = {}

    def decide(
        self,
        asked: Matter,
        moment: Moment,
        spot: Spot,
        facts: frozenset[str],
        *,
        thing: Thing | None = None,
        xy: tuple[float, float] = _NOWHERE,
        language: str | None = None,
    ) -> Answer:
        """Return the answer for what is known of a spot."""
        matched = self.rules.matched(asked)
        hits = self.rules.hits
        claims = spot.claims
        asked_of: Asked = [(channel, [hits(channel, grid.code) for grid in grids]) for channel, grids in claims]
        grids_of = dict(claims)
        if thing is not None:
            asked_of = [
                *asked_of,
                (OBJECT, [hits(OBJECT, thing.grid.code)]),
                (OBJECT_CLASS, [hits(OBJECT_CLASS, thing.class_code)]),
            ]
            grids_of |= {OBJECT: (thing.grid,), OBJECT_CLASS: (thing.grid,)}
        best = self.rules.foremost(asked_of, matched, facts, moment.local.toordinal(), moment.on)
        told: dict[str, tuple[Claim, ...]] = {part: self.claims_of(f, grids_of, moment) for part, f in best.items()}
        if thing is not None:
            self._state_object(thing, best, told, moment)
        parts = {part: judge(part, told[part]) for part in self.precedence.parts if part in told}
        chain = tuple(self._link(level, grids, moment) for level, grids in spot.chain)
        first = next(iter(parts.values()), None)
        state = first.state if first is not None else NOBODY if chain else OUTSIDE
        language = language or self.language
        return Answer(state, asked, moment, *xy, parts, chain, facts, language, self.wording)

    def claims_of(self, found: list[Found], grids: Mapping[str, tuple[Grid, ...]], moment: Moment) -> tuple[Claim, ...]:
        """Return the duties that count with those who stand for them, in the order of their codes."""
        made = [self.claim(f.rule.duty, grids[f.channel][f.position], moment) for f in found]
        return (
            tuple(sorted(made, key=lambda c: (c.duty.duty_code, c.duty.agency, c.grid.agency, c.grid.code)))
            if len(made) > 1
            else tuple(made)
        )

    def claim(self, duty: Duty, grid: Grid, moment: Moment) -> Claim:
        """Return a duty tied to a grid with who stands for it."""
        return Claim(duty, grid, self.standing(post_of(duty, grid), moment))

    def standing(self, post: Post, moment: Moment) -> Standing:
        """Return who stands for a post at a moment."""
        key = post, moment.local.date(), moment.on
        found = self._standings.get(key)
        if found is None:
            if len(self._standings) >= _MOST_KEPT:
                self._standings.clear()
            found = self._standings[key] = self.roster.standing(post, key[1], moment.on)
        return found

    def _state_object(
        self, thing: Thing, best: Mapping[str, list[Found]], told: dict[str, tuple[Claim, ...]], moment: Moment
    ) -> None:
        """Let the duties that an object's own row states count as duties tied to its code for all matters."""
        for duty, office in thing.stated:
            key = self.precedence.key(
                scope=self.rules.scope_order[OBJECT], scope_code=-len(thing.grid.code), matter=0, condition=0, rank=0
            )
            post = Post(thing.grid.code, OBJECT, "", "", office.holder_code)
            listed = self.standing(post, moment) if self.roster.appointed(post) else Standing(HELD, (office,))
            claim = Claim(duty, thing.grid, listed)
            rivals = best.get(duty.part, [])
            if not rivals or key < rivals[0].key:
                told[duty.part] = (claim,)
            elif key == rivals[0].key:
                told[duty.part] = (*told[duty.part], claim)

    def _link(self, level: str, grids: tuple[Grid, ...], moment: Moment) -> Link:
        first, others = grids[0], tuple(grid.code for grid in grids[1:])
        return Link(level, first.code, first.name, others, self.standing(Post(first.code, level), moment))


def post_of(duty: Duty, grid: Grid) -> Post:
    """Return the post of a duty that is tied to a grid."""
    return Post(grid.code, grid.scope, duty.agency or grid.agency, duty.role, duty.holder_code)
