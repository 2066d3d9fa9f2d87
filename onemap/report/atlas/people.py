"""Who stands on a poster: the holders of a grid and of the areas above it, and what they do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from onemap.geo.dated import in_force
from onemap.report.facts import Facts
from onemap.report.wording import Wording

_HEADS = ("grid_worker", "grid_head", "collector", "patrol", "community_head", "street_head", "department", "other")
_TERMS = re.compile(r"[；;\n]+")


@dataclass(frozen=True)
class Person:
    """A holder as a poster names him."""

    code: str
    name: str
    role: str
    role_id: str
    phone: str
    shift: str


class People:
    """The holders in force on a day, by the grid that they hold."""

    def __init__(self, facts: Facts, words: Wording, *, day: Any) -> None:
        self.words, self.facts = words, facts
        holders = in_force(facts.frame("holder"), day)
        self.duties = in_force(facts.frame("duty"), day)
        shifts = facts.frame("shift")
        self.shifts = {text(row.shift_code): text(row.name) for row in shifts.itertuples()} if len(shifts) else {}
        rank = {role: number for number, role in enumerate(_HEADS)}
        deputy = pd.to_numeric(holders["deputy"], errors="coerce").fillna(0)
        shift = holders["shift"].fillna("").astype("str")
        order = holders.assign(shift=shift, _deputy=deputy, _rank=holders["role"].map(rank).fillna(len(rank)))
        order = order.sort_values(["_rank", "_deputy", "shift", "holder_code"], kind="stable")
        self._of = dict(list(order.groupby(order["grid_code"].astype("str"), sort=False)))

    def of(self, code: str) -> list[Person]:
        """Return the holders of an area: the first is the one to call."""
        rows = self._of.get(code)
        if rows is None:
            return []
        found = []
        for row in rows.to_dict("records"):
            shift = text(row["shift"])
            role = self.words.label("holder", "role", row["role"]) if text(row["role"]) else ""
            found.append(
                Person(
                    code=text(row["holder_code"]),
                    name=text(row["name"]),
                    role=role,
                    role_id=text(row["role"]),
                    phone=spaced(text(row["phone"])),
                    shift=self.shifts.get(shift, shift),
                )
            )
        return found

    def duty_lines(self, code: str, layer_id: str, people: Sequence[Person]) -> list[str]:
        """Return what is to be done in a grid: its holders' words, then the duties of its place or post."""
        lines = []
        rows = self._of.get(code)
        if rows is not None:
            lines += [term for words in rows["duty_text"] for term in _TERMS.split(text(words))]
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
