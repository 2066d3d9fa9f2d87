"""Who is in: of all who were appointed to a post, who answers on a day and in a shift. Standard library only."""

import datetime as dt
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from .duties import Holder
from .precedence import Precedence
from .validity import holds

HELD, VACANT, CONFLICT = "held", "vacant", "conflict"

NEVER_APPOINTED: Final = "nobody was ever appointed"
EXPIRED: Final = "the appointment of {name} ended on {day}"
NOT_YET: Final = "the appointment of {name} begins on {day}"
OFF_SHIFT: Final = "{name} is not on shift at this hour"


@dataclass(frozen=True, slots=True)
class Post:
    """Where appointments are looked for: who holds a grid, road or object, for an agency, in a role.

    Attributes
    ----------
    grid_code, level
        Code of the grid, road or object, and the layer that it stands in.
    agency
        Only holders of this agency, and those of none; empty for all.
    role
        Only holders of this role; empty for all.
    holder_code
        The holder named by the duty; then nothing else counts.
    """

    grid_code: str
    level: str
    agency: str = ""
    role: str = ""
    holder_code: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who answers for a post at a moment.

    Attributes
    ----------
    state
        ``held``, ``vacant``, or ``conflict``: several of equal standing.
    holders
        The one who answers, or all who claim to; none where the post is vacant.
    deputies
        Deputies who are in, the first deputy first.
    acting
        Whether the holder is a deputy who acts because nobody else is in.
    reason, reason_name, reason_day
        Why the post is vacant: template and values.
    """

    state: str
    holders: tuple[Holder, ...]
    deputies: tuple[Holder, ...] = ()
    acting: bool = False
    reason: str = ""
    reason_name: str = ""
    reason_day: dt.date | None = None


class Roster:
    """All appointments, found by what is held.

    Parameters
    ----------
    holders
        The appointments, past and future ones too.
    precedence
        The order of roles.

    Attributes
    ----------
    turns
        Days on which an appointment begins, or has ended the day before, by ordinal.

    Examples
    --------
    >>> from .precedence import load_precedence
    >>> once = Holder(holder_code="Z1", name="张三", grid_code="a", valid_to=dt.date(2026, 6, 30))
    >>> roster = Roster([once], load_precedence())
    >>> roster.standing(Post("a", "grid_cell"), dt.date(2026, 6, 30), frozenset()).holders[0].name
    '张三'
    >>> roster.standing(Post("a", "grid_cell"), dt.date(2026, 7, 1), frozenset()).reason
    'the appointment of {name} ended on {day}'
    """

    def __init__(self, holders: Iterable[Holder], precedence: Precedence) -> None:
        self._by_grid: dict[str, list[Holder]] = {}
        self._by_code: dict[str, list[Holder]] = {}
        self._order: Final = precedence.role_order
        turns: set[int] = set()
        for holder in holders:
            turns |= {holder.valid_from.toordinal()} if holder.valid_from else set()
            turns |= {holder.valid_to.toordinal() + 1} if holder.valid_to else set()
            self._by_grid.setdefault(holder.grid_code, []).append(holder)
            self._by_code.setdefault(holder.holder_code, []).append(holder)
        self.turns: Final = sorted(turns)
        self._posts: dict[Post, tuple[Holder, ...]] = {}

    def name_of(self, holder_code: str) -> str:
        """Return the name of a holder; the code itself where nobody wrote one."""
        return next((holder.name for holder in self._by_code.get(holder_code, ()) if holder.name), holder_code)

    def appointed(self, post: Post) -> tuple[Holder, ...]:
        """Return all who were, are or will be appointed to a post, in the order in which they count."""
        found = self._posts.get(post)
        if found is None:
            found = self._posts[post] = tuple(sorted(self._candidates(post), key=self._place))
        return found

    def names_agencies(self, grid_code: str) -> bool:
        """Tell whether anybody is appointed to a grid for one agency alone."""
        return any(holder.agency for holder in self._by_grid.get(grid_code, ()))

    def _candidates(self, post: Post) -> list[Holder]:
        if post.holder_code:
            return self._by_code.get(post.holder_code, [])
        return [
            holder
            for holder in self._by_grid.get(post.grid_code, ())
            if (not holder.level or holder.level == post.level)
            and (not post.agency or not holder.agency or holder.agency == post.agency)
            and (not post.role or holder.role == post.role)
        ]

    def _place(self, holder: Holder) -> tuple[Any, ...]:
        """Return the place among others; one person's several rows are told apart by all that they say."""
        rest = (holder.name, holder.phone, holder.agency, holder.duty_text, holder.grid_code, holder.role, holder.shift)
        days = str(holder.valid_from), str(holder.valid_to)
        return holder.deputy, self._order(holder.role), holder.holder_code, *rest, *days

    def standing(self, post: Post, day: dt.date, on: AbstractSet[str]) -> Standing:
        """Return who answers for a post on a day while the shifts ``on`` are on."""
        return self.among(self.appointed(post), day, on)

    def by_shift(self, post: Post, day: dt.date, shifts: Iterable[str] = ()) -> dict[str, Standing]:
        """Return who answers for a post on a day in each shift: those of its own appointments, and ``shifts``.

        Where there is no shift at all, who answers stands under the empty code.
        """
        appointed = self.appointed(post)
        named = {h.shift for h in appointed if h.shift and holds(h.valid_from, h.valid_to, day)} | set(shifts)
        if not named:
            return {"": self.among(appointed, day, frozenset())}
        return {shift: self.among(appointed, day, frozenset((shift,))) for shift in sorted(named)}

    def among(self, appointed: tuple[Holder, ...], day: dt.date, on: AbstractSet[str]) -> Standing:
        """Return who of those that `appointed` tells answers on a day while the shifts ``on`` are on."""
        in_office = [h for h in appointed if holds(h.valid_from, h.valid_to, day)]
        present = [h for h in in_office if not h.shift or h.shift in on]
        if not present:
            return _vacancy(appointed, in_office, day)
        first = present[0]
        equal: dict[str, Holder] = {}
        deputies: dict[str, Holder] = {}
        for holder in present:
            if (holder.deputy, self._order(holder.role)) == (first.deputy, self._order(first.role)):
                equal.setdefault(holder.holder_code, holder)
            elif holder.deputy > first.deputy and holder.holder_code not in equal:
                deputies.setdefault(holder.holder_code, holder)
        return Standing(
            HELD if len(equal) == 1 else CONFLICT,
            tuple(equal.values()),
            tuple(deputies.values()),
            acting=first.deputy > 0,
        )


def _vacancy(appointed: tuple[Holder, ...], in_office: list[Holder], day: dt.date) -> Standing:
    """Return why nobody is in: off shift, ended, not yet begun, or never appointed."""
    if in_office:
        return Standing(VACANT, (), reason=OFF_SHIFT, reason_name=in_office[0].name)
    ended = [h for h in appointed if h.valid_to is not None and h.valid_to < day]
    if ended:
        last = max(ended, key=lambda h: (h.valid_to or dt.date.min, h.holder_code))
        return Standing(VACANT, (), reason=EXPIRED, reason_name=last.name, reason_day=last.valid_to)
    if appointed:
        next_ = min(appointed, key=lambda h: (h.valid_from or dt.date.min, h.holder_code))
        return Standing(VACANT, (), reason=NOT_YET, reason_name=next_.name, reason_day=next_.valid_from)
    return Standing(VACANT, (), reason=NEVER_APPOINTED)
