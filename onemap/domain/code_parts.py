"""The digit groups of code profiles, and the profiles' definitions, read from TOML data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

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


@lru_cache(maxsize=1)
def _shared_parts() -> dict[str, dict[str, Any]]:
    """Return the digit groups that profiles share."""
    return tomllib.loads((DATA / "parts.toml").read_text(encoding="utf-8"))


def _part(table: Mapping[str, Any]) -> PartSpec:
    """Return a digit group; ``use`` takes a shared one, whose keys the table may override."""
    shared = table.get("use", "")
    entry = {"name": shared, **(_shared_parts()[shared] if shared else {}), **table}
    return PartSpec(
        name=entry["name"],
        length=entry["length"],
        title=Title(**entry["title"]),
        strict=entry["strict"],
        meanings=tuple(
            Meaning(m["from"], m["to"], Title(m["zh"], m["en"]), m["trust"]) for m in entry.get("meanings", [])
        ),
        whole=entry.get("whole", ""),
        classes=entry.get("classes", ""),
    )


def read_profile(path: Path) -> ProfileSpec:
    """Return the profile that ``path`` defines; its name is the stem of the file."""
    table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    return ProfileSpec(
        name=path.name.removesuffix(".toml"),
        kind=table["kind"],
        title=Title(**table["title"]),
        source=table["source"],
        trust=table["trust"],
        aliases=tuple(table.get("aliases", ())),
        alphabet=table["alphabet"],
        numbered=table.get("numbered", ""),
        checks=tuple(table.get("checks", ())),
        notes=tuple(Title(**note) for note in table.get("notes", ())),
        parts=tuple(_part(part) for part in table["part"]),
    )


@lru_cache(maxsize=8)
def read_profiles(folder: Path = DATA / "profiles") -> Mapping[str, ProfileSpec]:
    """Return all profiles that ``folder`` defines, by name."""
    specs = [read_profile(path) for path in sorted(folder.glob("*.toml"))]
    return {spec.name: spec for spec in sorted(specs, key=lambda spec: (spec.kind, spec.length, spec.name))}
