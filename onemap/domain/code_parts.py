"""The digit groups of code profiles, and the profiles themselves, as values."""

from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True)
class Title:
    """A term in both languages."""

    zh: str
    en: str

    def text(self, language: str = "en") -> str:
        """Return the term in ``language`` (``"en"`` or ``"zh"``)."""
        return self.zh if language == "zh" else self.en

    def __str__(self) -> str:
        """Return the English term."""
        return self.en


@dataclass(frozen=True)
class Meaning:
    """What the digits from ``first`` to ``last`` of a group mean, and how far that is to be trusted.

    ``trust``: ``V`` two sources agree, ``S`` one source, ``M`` unverified.
    """

    first: str
    last: str
    title: Title
    trust: str

    @property
    def span(self) -> str:
        """The digits as text, such as ``001-199``."""
        return self.first if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True)
class PartSpec:
    """One digit group of a profile.

    ``whole`` are the digits that make the code one of the level above (empty: there are none); ``strict``
    says that digits outside ``meanings`` are wrong; ``classes`` names the class table that tells the digits.
    """

    name: str
    length: int
    title: Title
    strict: bool
    meanings: tuple[Meaning, ...]
    whole: str = ""
    classes: str = ""

    def meaning(self, digits: str) -> Meaning | None:
        """Return what ``digits`` mean, or None where that is not listed."""
        return next((known for known in self.meanings if known.first <= digits <= known.last), None)

    @property
    def allowed(self) -> str:
        """The listed digits as text, such as ``001-099, 100-199``; runs of neighbours are joined."""
        spans: list[list[str]] = []
        for known in self.meanings:
            if spans and spans[-1][1].isdecimal() and int(known.first) == int(spans[-1][1]) + 1:
                spans[-1][1] = known.last
            else:
                spans.append([known.first, known.last])
        if self.whole:
            spans.append([self.whole, self.whole])
        return ", ".join(first if first == last else f"{first}-{last}" for first, last in spans)


@dataclass(frozen=True)
class ProfileSpec:
    """The definition of a code profile."""

    name: str
    kind: str
    title: Title
    source: str
    trust: str
    aliases: tuple[str, ...]
    alphabet: str
    numbered: str
    checks: tuple[str, ...]
    notes: tuple[Title, ...]
    parts: tuple[PartSpec, ...]

    @property
    def length(self) -> int:
        """Number of characters of a code."""
        return sum(part.length for part in self.parts)

    def starts(self) -> tuple[int, ...]:
        """Return the position (from 0) at which each part starts."""
        starts = [0]
        for part in self.parts:
            starts.append(starts[-1] + part.length)
        return tuple(starts[:-1])
