"""Codes of divisions, unit grids, components, matters and organisations, by profiles that are data.

A profile is a TOML file in ``domain/data/profiles``: its digit groups, what their digits mean, and how far that is
to be trusted. Nothing here claims conformity with a standard; a city may put its own profile beside the shipped ones.

Examples
--------
>>> grid = profile("CJT213-2005")
>>> grid.parse("11010801100408")["street"].meaning.text("en")
'subdistrict'
>>> print(*grid.validate("11010801100"))
has 11 characters, 14 are needed: it ends inside community
>>> grid.convert("11010801100408", "GBT30428")
'110108011004008'
"""

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from ..errors import SchemaError
from .code_conversion import ConversionError, convert, unsound
from .code_explanation import Explanation, explain
from .code_parts import DATA, ProfileSpec
from .code_problems import CodeError, CodeProblem
from .code_validation import validate
from .numbering import Item, number
from .parsed_code import ParsedCode, take_apart
from .profile_data import read_profiles
from .succession import CodeComparison, compare_code_lists

__all__ = [
    "CodeComparison",
    "CodeError",
    "CodeProblem",
    "CodeProfile",
    "ConversionError",
    "Explanation",
    "Item",
    "ParsedCode",
    "compare_code_lists",
    "profile",
    "profiles",
]


class CodeProfile:
    """One code scheme: what its codes are made of, and the work on them.

    Examples
    --------
    >>> grid = profile("GBT30428")
    >>> grid.format(**{part.name: part.digits for part in grid.parse("110102007012035")})
    '110102007012035'
    """

    def __init__(self, spec: ProfileSpec) -> None:
        self.spec = spec

    def __repr__(self) -> str:
        """Return the profile as text."""
        return f"<CodeProfile {self.name}, {self.length} characters>"

    @property
    def name(self) -> str:
        """Name of the profile."""
        return self.spec.name

    @property
    def length(self) -> int:
        """Number of characters of a code."""
        return self.spec.length

    def title(self, language: str = "en") -> str:
        """Return the title in ``language`` (``"en"`` or ``"zh"``)."""
        return self.spec.title.text(language)

    def parse(self, code: str) -> ParsedCode:
        """Return the digit groups of ``code``, each with its digits and what they mean.

        Raises
        ------
        CodeError
            The code is not sound; the error lists every problem.
        """
        problems = self.validate(code)
        if problems:
            raise CodeError(code, self.name, problems)
        return take_apart(self.spec, code)

    def format(self, **digits: str) -> str:
        """Return the code made of the given digit groups: the reverse of `parse`.

        Raises
        ------
        SchemaError
            A group is missing or unknown.
        CodeError
            The code so made is not sound.
        """
        names = [part.name for part in self.spec.parts]
        if set(digits) != set(names):
            raise SchemaError(
                "{profile} is made of {needed}, given were {found}",
                profile=self.name,
                needed=", ".join(names),
                found=", ".join(digits),
            )
        return self.parse("".join(digits[name] for name in names)).code

    def validate(self, code: object) -> list[CodeProblem]:
        """Return what is wrong with ``code``, each problem naming the digit group; empty where it is sound.

        Damage by spreadsheets and input methods (a number instead of text, scientific notation, lost zeros, full-width
        digits, blanks, quote marks) is named. Where nothing of the code is lost the problem *proposes* the code that
        was meant; nothing is ever guessed or applied.

        Examples
        --------
        >>> [problem.part for problem in profile("CJT213-2005").validate("11010860000408")]
        ['street']
        >>> profile("CJT213-2005").validate("1101 0801 1004 08")[0].proposal
        '11010801100408'
        """
        return validate(self.spec, code)

    def explain(self, code: object, *, language: str = "en", names: Mapping[str, str] | None = None) -> Explanation:
        """Return ``code`` explained, a row for each digit group, in ``language`` (``"en"`` or ``"zh"``).

        A code that is not sound is explained as far as it goes, its problems told beside the groups. ``names`` gives
        the official name of each division code, from the city's own list.

        Examples
        --------
        >>> print(profile("ADMIN6").explain("110108", language="zh", names={"110108": "海淀区"}))
        110108 - 县级区划代码 (ADMIN6)
        11 省级：北京市
        01 地级：地级市（直辖市为市辖区汇总码）
        08 县级：海淀区（市辖区）
        某级为全零时，是上一级的代码，其后各级也须为零。
        """
        problems = self.validate(code)
        return explain(self.spec, str(code), problems, language, names or {})

    def convert(self, code: str, target: "str | CodeProfile") -> str:
        """Return ``code`` in the profile ``target``, where nothing is lost and nothing has to be invented.

        Raises
        ------
        CodeError
            The code is not sound.
        ConversionError
            A digit group would be lost, would not fit, or is unknown.

        Examples
        --------
        >>> profile("CJT214-component").convert("1101080118077209", "GBT47678.5-component")
        '11010801037077209'
        """
        other = target if isinstance(target, CodeProfile) else profile(target)
        made = convert(self.parse(code), self.spec, other.spec)
        problems = other.validate(made)
        if problems:
            raise unsound(code, self.name, other.name, problems)
        return made

    def number(
        self,
        items: Iterable[Item | tuple[object, ...]],
        *,
        parent: str,
        withdrawn: Iterable[str] = (),
        row_height: float | None = None,
    ) -> dict[str, str]:
        """Return a code for each item under ``parent``: serials in rows from north to south, each from west to east.

        Parameters
        ----------
        items
            `Item`, or tuples ``(id, x, y)`` or ``(id, x, y, code)``; existing codes are kept. The order of the items
            does not matter.
        parent
            All characters before the serial: for unit grids the community, 12 digits.
        withdrawn
            Codes that were once given under this parent; they are never given again.
        row_height
            How far south of its first point a row reaches, in the unit of y; by default half the usual spacing.

        Raises
        ------
        SchemaError
            The profile has no serial, an existing code is unsound, withdrawn, doubled or of another parent, a position
            is missing, or the serials run out.

        Examples
        --------
        >>> points = [("b", 10, 50), ("a", 0, 50), ("c", 0, 0, "110102007012003")]
        >>> profile("GBT30428").number(points, parent="110102007012")
        {'c': '110102007012003', 'a': '110102007012004', 'b': '110102007012005'}
        """
        last = self.spec.parts[-1]
        if not self.spec.numbered or last.name != self.spec.numbered:
            raise SchemaError("{profile} has no serial to number by", profile=self.name)
        self.parse(parent + "1".zfill(last.length))
        made = [item if isinstance(item, Item) else _item(item) for item in items]
        for item in made:
            if item.code:
                self.parse(item.code)
        return number(made, prefix=parent, digits=last.length, withdrawn=withdrawn, row_height=row_height)


def _item(row: tuple[object, ...]) -> Item:
    """Return a row ``(id, x, y)`` or ``(id, x, y, code)`` as an item."""
    try:
        id_, x, y, *code = row
        return Item(str(id_), float(str(x)), float(str(y)), str(code[0]) if code and code[0] else None)
    except ValueError as error:
        raise SchemaError("an item to number must be (id, x, y) or (id, x, y, code), not {found}", found=row) from error


@lru_cache(maxsize=8)
def _profiles(folder: Path) -> Mapping[str, CodeProfile]:
    """Return the profiles of ``folder``, by name."""
    return {name: CodeProfile(spec) for name, spec in read_profiles(folder).items()}


def profiles(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of all profiles, shipped or defined in ``folder``.

    Examples
    --------
    >>> "CJT213-2005" in profiles()
    True
    """
    return tuple(_profiles(folder or DATA / "profiles"))


def profile(name: str, *, folder: Path | None = None) -> CodeProfile:
    """Return the code profile ``name``, shipped or defined in ``folder``; other names of a standard are known too.

    Raises
    ------
    SchemaError
        There is no such profile.

    Examples
    --------
    >>> profile("CJ/T 213-2005")
    <CodeProfile CJT213-2005, 14 characters>
    """
    known = _profiles(folder or DATA / "profiles")
    if name in known:
        return known[name]
    for candidate in known.values():
        if name in candidate.spec.aliases:
            return candidate
    said = {other.casefold(): one for one, candidate in known.items() for other in (one, *candidate.spec.aliases)}
    close = difflib.get_close_matches(name.casefold(), said, n=1)
    if close:
        raise SchemaError(
            "no code profile {name}, did you mean {meant}? Known are {known}",
            name=name,
            meant=said[close[0]],
            known=", ".join(known),
        )
    raise SchemaError("no code profile {name}, known are {known}", name=name, known=", ".join(known))
