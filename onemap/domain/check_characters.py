"""Check characters of organisation codes, after GB 32100-2015."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_check_character(first_17: str) -> str:
    """Return the 18th character of a unified social credit code.

    GB 32100-2015: the weights are powers of 3 modulo 31; weighted sum and check value add up to a multiple of 31.

    Examples
    --------
    >>> credit_check_character("91350100M000100Y4")
    '3'
    """
    total = sum(CREDIT_ALPHABET.index(c) * pow(3, place, 31) for place, c in enumerate(first_17))
    return CREDIT_ALPHABET[-total % 31]


@dataclass(frozen=True)
class Check:
    """A check character: the group that holds it, its place in the code (from 0), and how it is computed."""

    part: str
    place: int
    compute: Callable[[str], str]

    def needed(self, code: str) -> str:
        """Return the check character that ``code`` needs, computed from all characters before it."""
        return self.compute(code[: self.place])


CHECKS: Mapping[str, Check] = {"GB32100": Check("check", 17, credit_check_character)}
