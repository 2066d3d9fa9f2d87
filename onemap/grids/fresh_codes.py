"""Codes for cells that an edit makes: the next serials under the same parent, never one that was given before."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from onemap.domain.codes import Item, profile
from onemap.domain.numbering import number
from onemap.errors import SchemaError

_TAIL: Final = re.compile(r"[0-9]+$")


@dataclass(frozen=True)
class Numbering:
    """By which rule new codes are made.

    Attributes
    ----------
    profile
        Code profile whose last digit group is the serial; without it the serial is what follows the parent's code, or
        else the digits at the end.
    """

    profile: str | None = None

    def serial_of(self, code: str, parent: str) -> tuple[str, int]:
        """Return what stands before the serial of a code, and the number of its digits.

        Raises
        ------
        SchemaError
            The code has no serial.

        Examples
        --------
        >>> Numbering("CJT213-2005").serial_of("11010801100408", "")
        ('110108011004', 2)
        >>> Numbering().serial_of("2B07", ""), Numbering().serial_of("11010801100408", "110108011004")
        (('2B', 2), ('110108011004', 2))
        """
        if self.profile is not None:
            digits = profile(self.profile).spec.parts[-1].length
            return code[:-digits], digits
        rest = code.removeprefix(parent) if parent else ""
        if rest and rest != code and rest.isascii() and rest.isdecimal():
            return parent, len(rest)
        tail = _TAIL.search(code)
        if tail is None:
            raise SchemaError("{code} ends in no serial number; give the codes of the new cells", code=code)
        return code[: tail.start()], len(tail.group())

    def codes(self, near: str, parent: str, spots: Sequence[tuple[float, float]], given: Iterable[str]) -> list[str]:
        """Return a new code for each spot, numbered west to east in rows from north to south.

        Parameters
        ----------
        near
            Code of the cell that the new ones take the place of.
        parent
            Code of its parent; may be empty.
        spots
            A point inside each new cell, in metres.
        given
            All codes ever given.
        """
        prefix, digits = self.serial_of(near, parent)
        items = [Item(f"{at:06d}", x, y) for at, (x, y) in enumerate(spots)]
        made = number(items, prefix=prefix, digits=digits, withdrawn=_siblings(given, prefix, digits))
        return [made[item.id] for item in items]


def _siblings(codes: Iterable[str], prefix: str, digits: int) -> set[str]:
    """Return the codes that have this prefix and a serial of this length."""
    return {
        code
        for code in codes
        if code.startswith(prefix)
        and len(code) == len(prefix) + digits
        and code[len(prefix) :].isascii()
        and code[len(prefix) :].isdecimal()
    }
