"""Check characters of organisation codes, after GB 32100-2015 and GB 11714-1997."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def credit_check_character(first_17: str) -> str:
    """Return the 18th character of a unified social credit code.

    GB 32100-2015: weights are powers of 3 modulo 31, the check value is 31 less the weighted sum modulo 31.

    Examples
    --------
    >>> credit_check_character("91350100M000100Y4")
    '3'
    """
    total = sum(CREDIT_ALPHABET.index(c) * pow(3, place, 31) for place, c in enumerate(first_17))
    return CREDIT_ALPHABET[-total % 31]


def organisation_check_character(first_8: str) -> str:
    """Return the 9th character of an organisation code.

    GB 11714-1997: 11 less the weighted sum modulo 11; 10 is written X and 11 is written 0.

    Examples
    --------
    >>> organisation_check_character("M000100Y")
    '4'
    """
    total = sum(
        _ORGANISATION_ALPHABET.index(c) * weight for c, weight in zip(first_8, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X"[-total % 11]


@dataclass(frozen=True)
class Check:
    """A check character: the group that holds it, the slice it is computed from, and its place in the code."""

    part: str
    first: int
    place: int
    compute: Callable[[str], str]

    def needed(self, code: str) -> str:
        """Return the check character that ``code`` needs."""
        return self.compute(code[self.first : self.place])


CHECKS: Mapping[str, Check] = {
    "GB32100": Check("check", 0, 17, credit_check_character),
    "GB11714": Check("organisation", 8, 16, organisation_check_character),
}
