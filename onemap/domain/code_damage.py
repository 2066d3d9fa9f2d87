"""Damage that spreadsheets and input methods do to codes: recognised and named, never repaired on a guess.

A proposal is made only where every character of the code is still there (full-width digits, blanks, quote marks).
Lost zeros and digits rounded away cannot be known again, so nothing is proposed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real

from .code_problems import CodeProblem

EXCEL_DIGITS = 15  # a spreadsheet keeps 15 significant digits of a number (IEEE 754 double)
_SHOWN_WHOLE = 11  # from 12 digits on a spreadsheet shows a number as 1.10108E+11, and a CSV keeps what is shown
_SHOWN_DIGITS = 6
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_BLANKS = re.compile("[\\s\u00a0\u200b-\u200f\u2060\u3000\ufeff]+")
_QUOTES = re.compile("[='\"`\u2018\u2019\u201c\u201d\uff07\uff02]+")
_SEPARATORS = re.compile("[-\u2010-\u2015\uff0d_./\u00b7]+")
_DECIMAL = re.compile(r"(\d+)\.(\d*)")
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?[eE]\+?(\d+)")

_SAID = {
    "scientific": "scientific notation {found}, all digits are there, the code meant is {proposal}",
    "full_width": "full-width characters, the code meant is {proposal}",
    "spaces": "blanks or invisible characters, the code meant is {proposal}",
    "quotes": "quote marks, the code meant is {proposal}",
    "separators": "separators between the groups, the code meant is {proposal}",
    "lower_case": "small letters, the code meant is {proposal}",
    "decimal": "a number with a decimal point, as a spreadsheet writes it, the code meant is {proposal}",
    "number": "a number, not text, the code meant is {proposal}",
}
_UNKNOWN = {
    "scientific": "scientific notation {found}",
    "full_width": "full-width characters",
    "spaces": "blanks or invisible characters",
    "quotes": "quote marks",
    "separators": "separators between the groups",
    "lower_case": "small letters",
    "decimal": "a number with a decimal point, as a spreadsheet writes it",
    "number": "a number, not text: zeros in front may be lost",
}
_SCIENTIFIC_LOST = "scientific notation {found}: the last {count} digits are lost"
_ROUNDED = "a number of {count} digits: a spreadsheet keeps {kept}, the last digits may be lost"


@dataclass(frozen=True)
class Cleaned:
    """A value with its damage taken off: the text that is left, and what was done to it."""

    text: str
    damages: tuple[str, ...]
    certain: bool  # nothing of the code is lost
    problem: CodeProblem | None = None  # digits lost for good


def clean(value: object, *, length: int, alphabet: str) -> Cleaned:
    """Return what is left of ``value`` without its damage.

    Parameters
    ----------
    value
        What stands in the cell: text, or a number that should have been text.
    length
        Number of characters of a sound code.
    alphabet
        Characters that may stand in one.
    """
    damages: list[str] = []
    text = str(value)
    if isinstance(value, Real):
        damages.append("number")
        text = str(int(value)) if isinstance(value, Integral) else repr(float(value))
    for name, change in _steps(upper=not alphabet.isdecimal()):
        changed = change(text)
        if changed != text:
            damages.append(name)
            text = changed
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific and not (len(text) == length and set(text) <= set(alphabet)):  # 1102E5 may be a code as it is
        return _from_scientific(text, scientific)
    decimal = _DECIMAL.fullmatch(text)
    if decimal and not decimal[2].strip("0"):
        damages = [name for name in damages if name != "number"] + ["decimal"]
        text = decimal[1]
    elif _SEPARATORS.search(text) and len(_SEPARATORS.sub("", text)) == length:
        damages.append("separators")
        text = _SEPARATORS.sub("", text)
    was_number = "number" in damages or "decimal" in damages
    if was_number and len(text) > EXCEL_DIGITS:
        problem = CodeProblem(
            kind="damaged",
            damage="rounded",
            template=_ROUNDED,
            found=str(value),
            values={"count": len(text), "kept": EXCEL_DIGITS},
        )
        return Cleaned(text, (*damages, "rounded"), certain=False, problem=problem)
    certain = not was_number or (len(text) == length and not _may_be_rounded(text))
    return Cleaned(text, tuple(damages), certain=certain)


def _may_be_rounded(text: str) -> bool:
    """Tell whether a number ends in so many zeros that they may stand for digits that were not shown."""
    return len(text) > _SHOWN_WHOLE and len(text.rstrip("0")) <= _SHOWN_DIGITS


def _steps(*, upper: bool) -> tuple[tuple[str, Callable[[str], str]], ...]:
    """Return the damages that lose nothing, each with the function that takes it off."""
    steps: list[tuple[str, Callable[[str], str]]] = [
        ("full_width", lambda text: text.translate(_FULL_WIDTH)),
        ("spaces", lambda text: _BLANKS.sub("", text)),
        ("quotes", lambda text: _QUOTES.sub("", text)),
    ]
    if upper:
        steps.append(("lower_case", lambda text: text if _SCIENTIFIC.fullmatch(text) else text.upper()))
    return tuple(steps)


def _from_scientific(text: str, match: re.Match[str]) -> Cleaned:
    """Return what scientific notation leaves of a code."""
    digits = match[1] + (match[2] or "")
    lost = int(match[3]) + 1 - len(digits)
    if lost == 0:
        return Cleaned(digits, ("scientific",), certain=True)
    problem = CodeProblem(
        kind="damaged",
        damage="scientific",
        template=_SCIENTIFIC_LOST if lost > 0 else _UNKNOWN["decimal"],
        found=text,
        values={"count": lost},
    )
    return Cleaned(digits, ("scientific",), certain=False, problem=problem)


def damage_problem(damage: str, value: object, proposal: str | None) -> CodeProblem:
    """Return the problem that names one damage, with the code meant where it is certain."""
    template = (_SAID if proposal is not None else _UNKNOWN)[damage]
    return CodeProblem(kind="damaged", damage=damage, template=template, found=str(value), proposal=proposal)
