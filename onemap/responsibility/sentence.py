"""The sentences that prove an answer: rule, grid, digits of its code, source layer and version, in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from onemap.domain.appointments import CONFLICT, HELD, VACANT, Standing
from onemap.domain.catalogue import value_label
from onemap.domain.classes import ClassTable, class_tables
from onemap.domain.code_parts import Title
from onemap.domain.codes import profile
from onemap.domain.duties import Duty, Holder, Matter
from onemap.translation import LANGUAGES, say

if TYPE_CHECKING:
    from onemap.responsibility.answers import Answer, Claim
    from onemap.responsibility.areas import Grid

WHO: Final = "at {time} ({hours}), {who} is accountable here for {matter}: {part}."
ACTING: Final = "at {time} ({hours}), {who} is accountable here for {matter}, acting as deputy: {part}."
EMPTY: Final = "at {time} ({hours}), nobody answers here for {matter}: the post ({part}) is vacant, {why}."
CONTESTED: Final = "at {time} ({hours}), {count} claims to {matter} ({part}) stand here with equal right: {claims}."
NO_DUTY: Final = "at {time} ({hours}), no duty covers {matter} here."
NO_GRID: Final = "at {time} ({hours}), nobody answers here for {matter}: no grid of {agencies} covers this spot."
NO_GRID_TOO: Final = "Nobody of {agencies} answers here: none of their grids covers this spot."
NO_GRID_OF_ONE: Final = "Nobody of {agencies} answers here: none of its grids covers this spot."
GAP_ALLOWED: Final = "The gap in the grids of {agencies} is allowed."
UNLISTED: Final = "at {time} ({hours}), no duty covers {matter} here (the class: {note})."
NOWHERE: Final = "at {time} ({hours}), the spot lies in no grid and on no road with a duty for {matter}."
RULE: Final = "Rule: duty {duty} of {agency}, for matters {matters}, tied to {grid}{condition}, rank {rank}{source}."
OTHERS: Final = "Other parts: {parts}."
DEPUTIES: Final = "Deputies: {people}."
CHAIN: Final = "The spot lies in {chain}."
DIGITS: Final = "Code {code}: {digits}."
SOURCES: Final = "Layers: {layers}."

_PARTS: Final = {
    "in_charge": "in charge",
    "owner": "owner",
    "maintainer": "maintainer",
    "territorial": "the territory, as no subject is clear",
}
_DAYS: Final = {"workday": "workday", "weekend": "weekend", "holiday": "public holiday"}
_ALL: Final = "all matters"


@dataclass(frozen=True)
class Wording:
    """What the sentences need to know of the map besides the answer.

    Attributes
    ----------
    level_titles
        Title of each level by language.
    sources
        Where each layer came from, by layer.
    version
        Version of the whole, as ``2026-06-30``.
    profile
        Code profile of the cells; empty where their digits cannot be explained.
    scheme
        Class table of the matters.
    shifts
        Name of each shift.
    shift_titles
        English name of each shift that has one; another is told by its code where its name is Chinese.
    """

    level_titles: Mapping[str, Mapping[str, str]]
    sources: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    profile: str = ""
    scheme: str = ""
    shifts: Mapping[str, str] = field(default_factory=dict)
    shift_titles: Mapping[str, str] = field(default_factory=dict)

    def proof(self, answer: "Answer", language: str) -> str:
        """Return all sentences."""
        parts = [self.verdict(answer, language)]
        parts += [self._rule(claim, language) for claim in answer.claims]
        parts += [self._others(answer, language), self._deputies(answer, language), self._chain(answer, language)]
        if answer.cell and self.profile:
            parts.append(_digits(self.profile, answer.cell, language))
        parts += [self._uncovered(answer, language)]
        parts += [say(template, language, **values) for template, values in answer.notes]
        parts.append(self._sources(answer, language))
        said = [part for part in parts if part]
        if language == "en":
            said = [part[:1].upper() + part[1:] for part in said]
        return ("" if language == "zh" else " ").join(said)

    def verdict(self, answer: "Answer", language: str) -> str:
        """Return the first sentence: who it is, or why it is nobody."""
        moment = answer.moment
        hours = [say(_DAYS[moment.kind], language), *(self._shift(code, language) for code in sorted(moment.on))]
        values: dict[str, Any] = {
            "time": moment.local.strftime("%Y-%m-%d %H:%M"),
            "hours": _join(hours, language),
            "matter": self.matter(answer.matter, language),
        }
        first = answer.first
        if first is None:
            if not answer.chain:
                return say(NOWHERE, language, **values)
            if answer.uncovered:
                agencies = _join([one.agency for one in answer.uncovered], language)
                return say(NO_GRID, language, agencies=agencies, **values)
            note = self._unlisted(answer.matter)
            return (
                say(UNLISTED, language, note=note.text(language), **values)
                if note
                else say(NO_DUTY, language, **values)
            )
        values["part"] = say(_PARTS[first.part], language)
        if first.state == HELD:
            standing = first.claims[0].standing
            return say(ACTING if standing.acting else WHO, language, who=_who(standing.holders[0], language), **values)
        if first.state == VACANT:
            return say(EMPTY, language, why=self.vacancy(first.claims[0].standing, language), **values)
        claims = [self._claimant(claim, language) for claim in first.claims]
        people = sum(max(len(claim.standing.holders), 1) for claim in first.claims)
        return say(CONTESTED, language, count=people, claims=_join(claims, language), **values)

    def _shift(self, code: str, language: str) -> str:
        """Return the name of a shift in the language of the sentence, as far as the table has one."""
        name = self.shifts.get(code) or code
        if language == "en":
            return self.shift_titles.get(code) or (name if name.isascii() else code)
        return name

    def matter(self, matter: Matter, language: str) -> str:
        """Return code and title of a matter."""
        if not matter.code:
            return say(_ALL, language)
        table = self._table(matter)
        entry = None if table is None else table.get(matter.code)
        title = entry.title if entry is not None else None if table is None else table.majors.get(matter.code)
        return matter.code if title is None else f"{matter.code} {title.text(language)}"

    def _table(self, matter: Matter) -> ClassTable | None:
        return class_tables().get(f"{matter.scheme or self.scheme}/{matter.kind or 'matter'}")

    def _unlisted(self, matter: Matter) -> Title | None:
        """Return why the class table of a matter does not list it; None where it does, or there is none."""
        table = self._table(matter) if matter.code else None
        return None if table is None or matter.code in table.majors else table.note(matter.code)

    def vacancy(self, standing: Standing, language: str) -> str:
        """Return why a post is vacant; empty where it is not."""
        if standing.state != VACANT:
            return ""
        return say(standing.reason, language, name=standing.reason_name, day=standing.reason_day)

    def _claimant(self, claim: "Claim", language: str) -> str:
        place = self._place(claim.grid, language)
        if not claim.standing.holders:
            return f"{claim.duty.agency or claim.duty.duty_code} {place} ({self.vacancy(claim.standing, language)})"
        people = _join([_who(holder, language) for holder in claim.standing.holders], language)
        return f"{people} {place}"

    def _rule(self, claim: "Claim", language: str) -> str:
        duty = claim.duty
        return say(
            RULE,
            language,
            duty=duty.duty_code,
            agency=duty.agency or say("any agency", language),
            matters=duty.matters,
            grid=self._place(claim.grid, language),
            condition=say(", where {condition}", language, condition=duty.condition) if duty.condition else "",
            rank=duty.rank,
            source=_edition(duty, language),
        )

    def _place(self, grid: "Grid", language: str) -> str:
        title = self.level_titles.get(grid.scope, {}).get(language) or _scope(grid.scope, language)
        return " ".join(part for part in (title, grid.code, grid.name) if part)

    def _others(self, answer: "Answer", language: str) -> str:
        said = []
        for part, found in list(answer.parts.items())[1:]:
            people = [_who(h, language) for claim in found.claims for h in claim.standing.holders]
            why = say("contested", language) if found.state == CONFLICT else say("vacant", language)
            who = _join(list(dict.fromkeys(people)), language)
            label = value_label("duty", "part", part, language)
            said.append(f"{label} {who if found.state == HELD else f'{why} {who}'.rstrip()}")
        return say(OTHERS, language, parts=_join(said, language)) if said else ""

    def _uncovered(self, answer: "Answer", language: str) -> str:
        """Return whose grids lack here beside those who answer, and which of these gaps are allowed."""
        every = [one.agency for one in answer.uncovered]
        allowed = [one.agency for one in answer.uncovered if one.allowed]
        template = NO_GRID_OF_ONE if len(every) == 1 else NO_GRID_TOO
        told = [(template, every)] if answer.first is not None and every else []
        told += [(GAP_ALLOWED, allowed)] if allowed else []
        said = [say(template, language, agencies=_join(names, language)) for template, names in told]
        return ("" if language == "zh" else " ").join(said)

    def _deputies(self, answer: "Answer", language: str) -> str:
        people = [_who(holder, language) for holder in answer.deputies]
        return say(DEPUTIES, language, people=_join(people, language)) if people else ""

    def _chain(self, answer: "Answer", language: str) -> str:
        if not answer.chain:
            return ""
        links = [
            " ".join(
                part for part in (self.level_titles.get(k.level, {}).get(language, k.level), k.code, k.name) if part
            )
            for k in answer.chain
        ]
        return say(CHAIN, language, chain=" > ".join(links))

    def _sources(self, answer: "Answer", language: str) -> str:
        layers = [answer.chain[-1].level] if answer.chain else []
        layers += [claim.grid.layer for claim in answer.claims]
        # of the duty grids only the file of an agency that answers: the others decided nothing
        own = {claim.grid.layer: f"{claim.grid.layer}/{claim.grid.agency}" for claim in answer.claims}
        sources = {
            name: self.sources.get(own.get(name, ""), self.sources.get(name)) for name in (*layers, "duty", "holder")
        }
        told = [*dict.fromkeys(layers), *(name for name in ("duty", "holder") if answer.claims)]
        marks = "（）" if language == "zh" else ("\N{SPACE}(", ")")
        said = [f"{name}{marks[0]}{sources[name]}{marks[1]}" if sources.get(name) else name for name in told if name]
        version = [say("version {version}", language, version=self.version)] if self.version else []
        return say(SOURCES, language, layers=_join([*said, *version], language)) if said else ""


def _edition(duty: Duty, language: str) -> str:
    source = say(", from {source}", language, source=duty.source) if duty.source else ""
    return source + (say(", version {version}", language, version=duty.version) if duty.version else "")


def _who(holder: Holder, language: str) -> str:
    role = value_label("holder", "role", holder.role, language) if holder.role else ""
    phone = say("phone {phone}", language, phone=holder.phone) if holder.phone else ""
    agency = holder.agency if holder.agency != holder.name else ""
    facts = _join([part for part in (agency, role, phone) if part], language)
    name = holder.name or holder.holder_code
    if not facts:
        return name
    return f"{name}（{facts}）" if language == "zh" else f"{name} ({facts})"


@lru_cache(maxsize=20_000)
def _digits(name: str, code: str, language: str) -> str:
    rows = profile(name).explain(code, language=language).rows
    if not rows:
        return ""
    return say(DIGITS, language, code=code, digits=_join([f"{row.digits} {row.title}" for row in rows], language))


def _join(parts: Sequence[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(parts)


def titles_of(levels: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return what levels are called in a sentence."""
    return {level: {language: _scope(level, language) for language in LANGUAGES} for level in levels}


def _scope(scope: str, language: str) -> str:
    """Return what a scope is called: as the table of duties labels it."""
    return value_label("duty", "scope", scope if language == "zh" else scope.removeprefix("grid_"), language)
