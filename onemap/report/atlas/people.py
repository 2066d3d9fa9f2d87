"""Who stands on a sheet: the holders of a grid and of the areas above it, and what they do.

Who they are is asked of the roster that answers `who` as well, so that paper and answer name the same people.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from onemap.domain.appointments import CONFLICT, Post, Roster, Standing
from onemap.domain.duties import Holder
from onemap.domain.precedence import load_precedence
from onemap.domain.shifts import Shift, ShiftTable
from onemap.domain.validity import as_day, holds
from onemap.domain.work_calendar import DAY_KINDS
from onemap.geo.dated import in_force
from onemap.report.facts import Facts
from onemap.report.wording import Wording
from onemap.responsibility.intake import appointments_of, rows_of

_TERMS = re.compile(r"[；;\n]+")
_AND = " / "


@dataclass(frozen=True)
class Person:
    """A holder as a poster names him."""

    code: str
    name: str
    role: str
    role_id: str
    phone: str
    shift: str
    tied: bool = False
    """Whether others hold the same with equal right: then nobody comes first."""


class People:
    """The holders in force on a day, by the grid that they hold."""

    def __init__(self, facts: Facts, words: Wording, *, day: Any) -> None:
        self.words = words
        self.day = as_day(day) or dt.date.min
        self.duties = in_force(facts.frame("duty"), day)
        table = ShiftTable(map(Shift.from_row, rows_of(facts.frame("shift"))))
        self.shifts = table.shifts
        self._turn = {code: (DAY_KINDS.index(s.days[0]), s.start, code) for code, s in table.shifts.items()}
        levels = {level.layer_id: level.frame for level in facts.levels}
        people, *_ = appointments_of(facts.frame("holder"), levels, facts.frame("duty_grid"), table.codes)
        self._place = load_precedence().role_order
        self.roster = Roster(people, load_precedence())

    def of(self, code: str, layer_id: str) -> list[Person]:
        """Return the holders of an area: the first is the one to call, unless he is tied with others."""
        tied = {
            holder.holder_code
            for standing in self.roster.by_shift(Post(code, layer_id), self.day).values()
            if standing.state == CONFLICT
            for holder in standing.holders
        }
        found = [self._person(holder, tied=holder.holder_code in tied) for holder in self._in_office(code, layer_id)]
        return list(dict.fromkeys(found))

    def _in_office(self, code: str, layer_id: str, agency: str = "") -> list[Holder]:
        """Return who is appointed on the day, in the order in which they count, early shifts before late ones."""
        office = [
            one
            for one in self.roster.appointed(Post(code, layer_id, agency))
            if holds(one.valid_from, one.valid_to, self.day)
        ]
        return sorted(office, key=lambda one: (one.deputy, self._place(one.role), *self._when(one.shift)))

    def _when(self, shift: str) -> tuple[int, int, str]:
        """Return the place of a shift among others: those of workdays first, by the hour at which they begin."""
        return self._turn.get(shift, (-1 if not shift else len(DAY_KINDS), 0, shift))

    def _person(self, holder: Holder, *, tied: bool) -> Person:
        return Person(
            code=holder.holder_code,
            name=holder.name or holder.holder_code,
            role=self.words.label("holder", "role", holder.role) if holder.role else "",
            role_id=holder.role,
            phone=spaced(holder.phone),
            shift=self.shift_name(holder.shift),
            tied=tied,
        )

    def shift_name(self, code: str) -> str:
        """Return the name of a shift in the language of the sheets."""
        shift = self.shifts.get(code)
        if shift is None:
            return code
        return (shift.name_en if self.words.language == "en" else shift.name) or shift.name or code

    def shifts_of(self, codes: Iterable[str], layer_id: str, agency: str) -> list[str]:
        """Return the shifts in which somebody holds one of some grids of an agency, early ones first."""
        found = {one.shift for code in codes for one in self._in_office(code, layer_id, agency)} - {""}
        return sorted(found, key=self._when)

    def named(self, code: str, layer_id: str, agency: str, shifts: Sequence[str]) -> list[str]:
        """Return who answers for an agency's grid in each of some shifts (at all hours if there are none).

        Nobody is an empty name; several of equal right are all named, and told to be in conflict.
        """
        standings = self.roster.by_shift(Post(code, layer_id, agency), self.day, shifts)
        return [self._said(standings[shift]) for shift in (shifts or [""])]

    def _said(self, standing: Standing) -> str:
        names = _AND.join(holder.name or holder.holder_code for holder in standing.holders)
        return in_conflict(names, self.words) if standing.state == CONFLICT else names

    def duty_lines(self, code: str, layer_id: str, people: Sequence[Person]) -> list[str]:
        """Return what is to be done in a grid: its holders' words, then the duties of its place or post."""
        lines = [term for holder in self._in_office(code, layer_id) for term in _TERMS.split(holder.duty_text)]
        if len(self.duties):
            frame = self.duties
            own = frame["holder_code"].isin([person.code for person in people])
            posts = {person.role_id for person in people} or {"grid_worker"}
            scope = frame["scope_code"].fillna("*").astype("str").replace("", "*")
            within = pd.Series([part == "*" or code.startswith(part) for part in scope], index=frame.index, dtype=bool)
            here = (frame["scope"] == layer_id) & within
            unnamed = frame["holder_code"].isna() | (frame["holder_code"] == "")
            mine = own | (here & unnamed & (frame["role"].isin(posts) | frame["role"].isna()))
            rank = pd.to_numeric(frame["rank"], errors="coerce").fillna(0)
            chosen = frame[mine].assign(_rank=rank[mine]).sort_values(["_rank", "duty_code"], kind="stable")
            lines += [text(words) for words in chosen["text"]]
        return list(dict.fromkeys(line.strip(" 。.") for line in lines if line.strip()))


def equals_of(people: Sequence[Person]) -> list[Person]:
    """Return who comes first: one, or all who claim it with equal right at the same hours."""
    first = people[0]
    if not first.tied:
        return [first]
    return [one for one in people if one.tied and (one.shift == first.shift or not one.shift or not first.shift)]


def lead(people: Sequence[Person], words: Wording) -> Person | None:
    """Return whom a line of text names: the first, or all of equal right, told to be in conflict; None for nobody."""
    if not people:
        return None
    first = equals_of(people)
    names, phones = (
        _AND.join(part for part in parts if part) for parts in zip(*((p.name, p.phone) for p in first), strict=True)
    )
    return first[0] if len(first) == 1 else replace(first[0], name=in_conflict(names, words), phone=phones)


def in_conflict(names: str, words: Wording) -> str:
    """Return names marked as in conflict."""
    return words.say("{people} (conflict)", people=names)


def spaced(phone: str) -> str:
    """Return a mobile number in three groups, as people read it aloud; other numbers as they are.

    Examples
    --------
    >>> spaced("13800000000"), spaced("010-6655")
    ('138 0000 0000', '010-6655')
    """
    mobile = len(phone) == 11 and phone.isascii() and phone.isdigit() and phone[0] == "1"  # noqa: PLR2004 - digits
    return f"{phone[:3]} {phone[3:7]} {phone[7:]}" if mobile else phone


def text(value: Any) -> str:
    """Return text, empty for a missing value.

    Examples
    --------
    >>> text(None), text(3)
    ('', '3')
    """
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else str(value).strip()
