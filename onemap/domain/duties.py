"""Who answers for what: duties, the people appointed to them, and how one matter is matched. Standard library only.

A *duty* is one rule of the responsibility matrix: for these matters, in this scope, this part of responsibility is
borne by this post or holder. A *holder* is one appointment: a person (or an office's telephone) that holds a grid, a
road or an object from one day to another, in some shift. The two are tables of the one map (layers ``duty`` and
``holder``); `onemap.domain.precedence` says which of several duties counts, `onemap.domain.appointments` who is in.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from ..errors import SchemaError
from .validity import as_day

PARTS: Final = ("in_charge", "owner", "maintainer", "territorial")
"""主管, 权属, 养护, 属地: the three roles of a matter or object, and the fallback where no subject is clear."""

OBJECT, ROAD, DUTY_GRID = "object", "road", "duty_grid"
"""Scopes that are no grid level; every other scope is the id of a level's layer, as ``grid_cell``."""

ANY: Final = "*"
LONGEST_CLASS_CODE: Final = 5
"""A shorter scope code of an object is a class (0118), a longer one the object's own code or the start of it."""

_TABLE_PARTS: Final = 2
_SEPARATORS: Final = str.maketrans(dict.fromkeys("，、；;\n\t ", ","))
_EMPTY: Final = frozenset(("", "nan", "none", "nat", "<na>"))


def as_text(value: Any) -> str:
    """Return a value of a table as text without outer blanks; empty where the table has nothing.

    Examples
    --------
    >>> as_text(" a "), as_text(None), as_text(float("nan")), as_text(7.0)
    ('a', '', '', '7')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = "" if value is None else str(value).strip()
    return "" if text.lower() in _EMPTY else text


def as_number(value: Any, empty: int = 0) -> int:
    """Return a whole number of a table, ``empty`` where the table has nothing.

    Raises
    ------
    SchemaError
        It is something else.
    """
    text = as_text(value)
    if not text:
        return empty
    try:
        return int(text.removesuffix(".0"))
    except ValueError:
        raise SchemaError("{value} is not a whole number", value=repr(value)) from None


@dataclass(frozen=True, slots=True)
class Matter:
    """A class of matters or objects, asked for or named by a duty: scheme, kind and code (or the start of one).

    An empty scheme or kind stands for every one; so ``0501`` is the code in whatever table the district uses.
    """

    scheme: str
    kind: str
    code: str

    def covers(self, asked: "Matter") -> bool:
        """Tell whether a duty for this matter is one for the matter asked.

        Examples
        --------
        >>> parse_matter("CJT214/matter/05").covers(parse_matter("CJT214/matter/0501"))
        True
        >>> parse_matter("0501").covers(parse_matter("05"))
        False
        """
        return (
            asked.code.startswith(self.code)
            and (not self.scheme or not asked.scheme or self.scheme == asked.scheme)
            and (not self.kind or not asked.kind or self.kind == asked.kind)
        )

    def __str__(self) -> str:
        """Return the matter as duties write it."""
        return "/".join(part for part in (self.scheme, self.kind, self.code or ANY) if part)


def parse_matter(text: str) -> Matter:
    """Return the matter in a text: ``*``, ``05``, ``matter/05`` or ``CJT214/matter/05``.

    Raises
    ------
    SchemaError
        The text is none of these.

    Examples
    --------
    >>> parse_matter("CJT214/matter/0501")
    Matter(scheme='CJT214', kind='matter', code='0501')
    """
    *table, code = text.strip().split("/")
    code = "" if code == ANY else code
    if len(table) > _TABLE_PARTS or (code and not code.isalnum()):
        raise SchemaError("{text} names no matter; write 05, matter/05, CJT214/matter/05 or *", text=repr(text))
    kind = table[-1] if table else ""
    return Matter(table[0] if len(table) > 1 else "", kind, code)


def parse_matters(text: str) -> tuple[Matter, ...]:
    """Return the matters in a text, several with commas, 、 or blanks between; none written is all matters.

    Examples
    --------
    >>> [str(matter) for matter in parse_matters("0501、0504, 02")]
    ['0501', '0504', '02']
    """
    parts = [part for part in text.translate(_SEPARATORS).split(",") if part]
    return tuple(parse_matter(part) for part in parts or [ANY])


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One rule: who bears a part of responsibility for some matters in some scope.

    Attributes
    ----------
    duty_code
        Code of the rule.
    agency
        Line (条) that the duty belongs to; empty: nobody in particular, any agency's holder will do.
    matters
        Matters as `parse_matters` reads them; ``*`` for all.
    condition
        Conditions as `onemap.domain.conditions` reads them (``on_road``, ``!in_compound``); empty for none.
    scope
        ``object``, ``road``, ``duty_grid`` (the agency's own) or the id of a grid level, as ``grid_cell``.
    scope_code
        ``*``, the code of one grid, road or object, or the start of codes (with or without a ``*`` behind); for objects
        also a class (``0118``).
    part
        One of `PARTS`.
    role
        Only holders of this role hold the post; empty for all roles, in the order of the precedence.
    holder_code
        The holder; empty: whoever is appointed to the grid, road or object in scope.
    shift
        The duty counts only in this shift; empty for all hours.
    rank
        Among equally specific duties the lower rank counts; equal ranks are a conflict.
    text
        What is to be done, in words.
    valid_from, valid_to
        First and last day on which the duty is in force; None without end.
    source, version
        The document or roster that the duty stands in, and which edition.
    """

    duty_code: str
    agency: str = ""
    matters: str = ANY
    condition: str = ""
    scope: str = "grid_cell"
    scope_code: str = ANY
    part: str = "in_charge"
    role: str = ""
    holder_code: str = ""
    shift: str = ""
    rank: int = 0
    text: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str = ""
    version: str = ""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Return the duty in a row of the table ``duty``.

        Raises
        ------
        SchemaError
            A value is none that a duty can have.

        Examples
        --------
        >>> Duty.from_row({"duty_code": "D1", "matters": "05", "rank": 2.0}).rank
        2
        """
        duty = cls(**_values(cls, row))
        if not duty.duty_code:
            raise SchemaError("a duty has no duty_code")
        if duty.part not in PARTS:
            raise SchemaError(
                "duty {duty}: part is {found}; it must be one of {known}",
                duty=duty.duty_code,
                found=repr(duty.part),
                known=", ".join(PARTS),
            )
        parse_matters(duty.matters)
        _check_days(duty)
        return duty


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One appointment: who holds a grid, road, object or office, from when to when, in which shift.

    Attributes
    ----------
    holder_code
        Code of the person or office; one who holds several grids has a row for each.
    name, role, agency, phone
        The person or office; ``role`` as in the layer ``holder`` (grid_worker, grid_head, community_head ...).
    grid_code
        Code of the grid (of any level, or of an agency's duty grid), the road or the object held.
    level
        Layer of that code, as ``grid_cell``; empty where the code alone tells.
    duty_text
        What the holder is to do, in words.
    shift
        When the holder is on: code of a shift; empty for all hours.
    deputy
        0 for the holder, 1 for the first deputy, 2 for the second ...
    valid_from, valid_to
        First and last day of the appointment; None without end.
    """

    holder_code: str
    name: str = ""
    role: str = ""
    grid_code: str = ""
    level: str = ""
    agency: str = ""
    phone: str = ""
    duty_text: str = ""
    shift: str = ""
    deputy: int = 0
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Return the appointment in a row of the table ``holder``.

        Raises
        ------
        SchemaError
            A value is none that an appointment can have.

        Examples
        --------
        >>> Holder.from_row({"holder_code": "Z1", "name": "张三", "valid_to": "2026-12-31"}).valid_to
        datetime.date(2026, 12, 31)
        """
        holder = cls(**_values(cls, row))
        if not holder.holder_code:
            raise SchemaError("a holder has no holder_code")
        if holder.deputy < 0:
            raise SchemaError(
                "deputy is {found}; it must be 0 for the holder, 1, 2 ... for deputies", found=holder.deputy
            )
        _check_days(holder)
        return holder


def _check_days(row: Duty | Holder) -> None:
    """Check that a row does not end before it begins."""
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        raise SchemaError(
            "valid_to {last} is before valid_from {first}, so it is never in force",
            last=row.valid_to,
            first=row.valid_from,
        )


def _values(cls: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a dataclass that a row has, each of its type; empty ones keep their default."""
    values: dict[str, Any] = {}
    for field in fields(cls):
        given = row.get(field.name)
        if not as_text(given):
            continue
        if field.name in ("valid_from", "valid_to"):
            values[field.name] = as_day(given)
        elif field.name in ("rank", "deputy"):
            values[field.name] = as_number(given)
        else:
            values[field.name] = as_text(given)
    return {"duty_code": "", **values} if cls is Duty else {"holder_code": "", **values}
