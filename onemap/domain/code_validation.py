"""What is wrong with a code: the checks of a profile, group by group."""

from collections.abc import Iterator
from numbers import Real
from typing import Any

from .check_characters import CHECKS
from .code_damage import clean, damage_problem
from .code_parts import PartSpec, ProfileSpec
from .code_problems import CodeProblem
from .parsed_code import split

_SHORT = "has {found} characters, {needed} are needed: it ends inside {title}"
_MISSING = "has {found} characters, {needed} are needed: {title} is missing"
_LOST_ZEROS = "has {found} characters, {needed} are needed: {count} zeros in front may be lost, nothing is guessed"
_LONG = "has {found} characters, {needed} are needed: {rest} stands after {title}"
_CHARACTER = "{title} (characters {start} to {end}) is {found}, only {needed} may stand there"
_RANGE = "{title} (characters {start} to {end}) is {found}, it must be one of {needed}"
_LEVEL = "{title} (characters {start} to {end}) is {found}, after zeros at the level above it must be {needed}"
_CHECK = "{title} (characters {start} to {end}) is {found}, the check character must be {needed}"
_EMPTY = "there is no code"
_ALPHABETS = {"0123456789": "0-9", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ": "0-9 A-Z"}


def validate(spec: ProfileSpec, code: object) -> list[CodeProblem]:
    """Return what is wrong with ``code``; empty where it is sound."""
    if isinstance(code, str) and len(code) == spec.length and _is_spelled(spec, code):
        return list(_group_problems(spec, code))
    if _is_missing(code):
        return [CodeProblem(kind="empty", template=_EMPTY, found=str(code))]
    cleaned = clean(code, length=spec.length, alphabet=spec.alphabet)
    if cleaned.problem is not None:
        return [cleaned.problem]
    problems = list(_text_problems(spec, cleaned.text))
    sound = cleaned.text if cleaned.certain and not problems else None
    return [damage_problem(damage, code, sound) for damage in cleaned.damages] + problems


def _is_missing(code: object) -> bool:
    """Tell whether there is nothing: None, a blank, NaN, or what pandas writes for a missing value."""
    if isinstance(code, Real):
        return code != code  # noqa: PLR0124 - NaN is not itself
    return code is None or str(code).strip() in {"", "<NA>", "NaT"}


def _is_spelled(spec: ProfileSpec, text: str) -> bool:
    """Tell whether only characters of the alphabet stand in ``text``."""
    return all(character in spec.alphabet for character in text)


def _text_problems(spec: ProfileSpec, text: str) -> Iterator[CodeProblem]:
    """Yield what is wrong with the length or the characters, else with the groups."""
    if len(text) != spec.length:
        yield _length_problem(spec, text)
        return
    if _is_spelled(spec, text):
        yield from _group_problems(spec, text)
        return
    letters = _ALPHABETS.get(spec.alphabet, spec.alphabet)
    for part, digits, start in split(spec, text):
        if not _is_spelled(spec, digits):
            yield _problem("character", _CHARACTER, part, start, digits, letters)


def _problem(  # noqa: PLR0917 - the six facts of a problem, always in this order
    kind: str, template: str, part: PartSpec, start: int, found: str, needed: str, **values: Any
) -> CodeProblem:
    """Return the problem of one digit group."""
    return CodeProblem(
        kind=kind,
        template=template,
        part=part.name,
        start=start + 1,
        end=start + part.length,
        found=found,
        needed=needed,
        values={"title": part.title, **values},
    )


def _length_problem(spec: ProfileSpec, text: str) -> CodeProblem:
    """Return the problem of a wrong length: where the code breaks off, or what stands too much."""
    found, needed = str(len(text)), str(spec.length)
    missing = spec.length - len(text)
    if missing < 0:
        start = spec.starts()[-1]
        return _problem("length", _LONG, spec.parts[-1], start, found, needed, rest=text[spec.length :])
    if _zeros_are_lost(spec, text):
        return CodeProblem(
            kind="damaged",
            damage="lost_zeros",
            template=_LOST_ZEROS,
            part=spec.parts[0].name,
            start=1,
            end=spec.parts[0].length,
            found=found,
            needed=needed,
            values={"count": missing},
        )
    part, digits, start = next(group for group in split(spec, text) if len(group[1]) < group[0].length)
    return _problem("length", _SHORT if digits else _MISSING, part, start, found, needed)


def _zeros_are_lost(spec: ProfileSpec, text: str) -> bool:
    """Tell whether ``text`` would be sound with the zeros in front that a spreadsheet drops.

    Only where the first group may begin with a zero: a province never does.
    """
    first = spec.parts[0]
    if not _is_spelled(spec, text) or not text.isdecimal() or spec.checks:
        return False
    if any(not known.first.startswith("0") for known in first.meanings):
        return False
    return not any(_group_problems(spec, text.zfill(spec.length)))


def _group_problems(spec: ProfileSpec, code: str) -> Iterator[CodeProblem]:
    """Yield what is wrong with the digit groups of a code of the right length and characters."""
    whole = False
    for part, digits, start in split(spec, code):
        is_whole = bool(part.whole) and digits == part.whole
        if whole and not is_whole:
            yield _problem("level", _LEVEL, part, start, digits, part.whole)
        elif part.strict and not is_whole and part.meaning(digits) is None:
            yield _problem("range", _RANGE, part, start, digits, part.allowed)
        whole = whole or is_whole
    for name in spec.checks:
        check = CHECKS[name]
        found, needed = code[check.place], check.needed(code)
        for part, digits, start in split(spec, code):
            if part.name == check.part and found != needed:
                yield _problem("check", _CHECK, part, start, digits, needed)
