"""A code taken apart into its digit groups."""

from collections.abc import Iterator
from dataclasses import dataclass

from .classes import class_table
from .code_parts import PartSpec, ProfileSpec, Title


@dataclass(frozen=True)
class ParsedPart:
    """One digit group of a code.

    Attributes
    ----------
    name, title
        The group.
    digits
        What stands there.
    start, end
        Its first and last character, counted from 1.
    code
        All characters up to the end of this group: the code of this level.
    meaning
        What the digits mean.
    trust
        ``V`` two sources agree, ``S`` one source, ``M`` unverified, empty where the digits are free.
    """

    name: str
    title: Title
    digits: str
    start: int
    end: int
    code: str
    meaning: Title
    trust: str


@dataclass(frozen=True)
class ParsedCode:
    """A sound code, taken apart."""

    code: str
    profile: str
    level: str
    parts: tuple[ParsedPart, ...]

    def __getitem__(self, name: str) -> ParsedPart:
        """Return the digit group ``name``."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)

    def __iter__(self) -> Iterator[ParsedPart]:
        """Iterate over the digit groups."""
        return iter(self.parts)

    def __len__(self) -> int:
        """Return the number of digit groups."""
        return len(self.parts)


WHOLE = Title("上一级的代码", "the code is of the level above")
FREE = Title("未列含义", "no meaning listed")
SERIAL = Title("顺序号", "serial number")


def split(spec: ProfileSpec, code: str) -> Iterator[tuple[PartSpec, str, int]]:
    """Yield each group's definition, digits and start (from 0); the last ones may be short or empty."""
    for part, start in zip(spec.parts, spec.starts(), strict=True):
        yield part, code[start : start + part.length], start


def part_meaning(part: PartSpec, digits: str, before: str) -> tuple[Title, str]:
    """Return what ``digits`` mean in ``part``, and how far that is to be trusted.

    ``before`` are the digits of the group before: a minor class is told by its major class.
    """
    if part.whole and digits == part.whole:
        return WHOLE, "V"
    if part.classes:
        table = class_table(*part.classes.split("/"))
        if part.name == "major":
            title = table.majors.get(digits)
            return (title or FREE), (table.trust if title else "")
        entry = table.get(before + digits)
        if entry is not None:
            return entry.title, table.trust
        return table.note(before + digits) or FREE, ""
    known = part.meaning(digits)
    return (known.title, known.trust) if known is not None else (FREE, "")


def take_apart(spec: ProfileSpec, code: str) -> ParsedCode:
    """Return the groups of a sound ``code``."""
    parts: list[ParsedPart] = []
    level = spec.parts[0].name
    for part, digits, start in split(spec, code):
        before = parts[-1].digits if parts else ""
        meaning, trust = part_meaning(part, digits, before)
        end = start + part.length
        parts.append(ParsedPart(part.name, part.title, digits, start + 1, end, code[:end], meaning, trust))
        if not part.whole or digits != part.whole:
            level = part.name
    return ParsedCode(code, spec.name, level, tuple(parts))
