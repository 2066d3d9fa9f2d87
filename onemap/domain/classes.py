"""Classes of components and matters: the two generations of tables, the five-in-one scheme, and crosswalks.

A class is named by scheme, kind and code together, because component and matter codes overlap (01001 is both).
The tables are transcriptions: a code that is not listed is unknown, not wrong.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import SchemaError
from .code_parts import DATA, Title

KINDS = ("component", "matter")


class Category(NamedTuple):
    """A category: the scheme and the path in it, such as ``("CJT214", ("component", "01", "18"))``."""

    scheme: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class ClassEntry:
    """A class of components or matters; ``name`` is the official Chinese name, ``title`` has an English one too."""

    scheme: str
    kind: str
    code: str
    major: str
    minor: str
    name: str
    title: Title
    major_title: Title

    @property
    def category(self) -> Category:
        """The class as a category."""
        return Category(self.scheme, (self.kind, self.major, self.minor))


@dataclass(frozen=True)
class ClassTable:
    """The classes of one scheme and kind."""

    scheme: str
    kind: str
    title: Title
    source: str
    trust: str
    majors: Mapping[str, Title]
    entries: Mapping[str, ClassEntry]
    gaps: Mapping[str, Title]
    local_from: Mapping[str, str]

    def get(self, code: str) -> ClassEntry | None:
        """Return the class of ``code`` (major and minor digits), or None where it is not listed."""
        return self.entries.get(code)

    def note(self, code: str, major_digits: int = 2) -> Title | None:
        """Return why ``code`` is not listed, where that is known: a gap of the transcription, or the city's own."""
        if code in self.entries:
            return None
        if code in self.gaps:
            return self.gaps[code]
        start = self.local_from.get(code[:major_digits])
        if start is not None and code[major_digits:] >= start:
            return _LOCAL
        return _UNLISTED

    def __iter__(self) -> Iterator[ClassEntry]:
        """Iterate over the classes in the order of their codes."""
        return iter(self.entries.values())

    def __len__(self) -> int:
        """Return the number of classes."""
        return len(self.entries)


_LOCAL = Title("各市自定的类别", "set by each city")
_UNLISTED = Title("分类表未列", "not in the class table")


@dataclass(frozen=True)
class Crosswalk:
    """A class and what stands for it in another table.

    ``new`` is the one class of exactly the same name; ``likely`` one that probably means the same under another name,
    for a person to confirm. ``relation`` is ``same_name``, ``likely`` or ``none``.
    """

    old: ClassEntry
    new: ClassEntry | None
    likely: ClassEntry | None

    @property
    def relation(self) -> str:
        """How the classes are related."""
        if self.new is not None:
            return "same_name"
        return "none" if self.likely is None else "likely"


@lru_cache(maxsize=1)
def _english_names() -> Mapping[str, str]:
    """Return the English of the class names."""
    return tomllib.loads((DATA / "class_names_en.toml").read_text(encoding="utf-8"))


def _files() -> Iterator[Path]:
    """Iterate over the files of class tables."""
    return iter(sorted((DATA / "classes").glob("*.toml")))


@lru_cache(maxsize=1)
def class_tables() -> Mapping[str, ClassTable]:
    """Return all class tables, by ``scheme/kind``.

    Examples
    --------
    >>> {name: len(table) for name, table in class_tables().items() if name.startswith("GBT")}
    {'GBT47678.5/component': 153, 'GBT47678.5/matter': 250}
    """
    tables = {}
    for path in _files():
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for kind in KINDS:
            if kind in data:
                tables[f"{data['scheme']}/{kind}"] = _table(data, kind)
    return tables


def _table(data: Mapping[str, Any], kind: str) -> ClassTable:
    """Return one kind of a file's classes; matters that mirror components are written out."""
    none = {"zh": "", "en": ""}
    majors = [(entry, none) for entry in data[kind]]
    mirrored = data.get("matter_mirrors_component") if kind == "matter" else None
    if mirrored:
        majors = [(entry, mirrored) for entry in data["component"]] + majors
    entries = {}
    for entry, ending in majors:
        for minor, name in entry["minors"].items():
            code = entry["code"] + minor
            english = _english_names().get(name, name) + ending["en"]
            entries[code] = ClassEntry(
                scheme=data["scheme"],
                kind=kind,
                code=code,
                major=entry["code"],
                minor=minor,
                name=name + ending["zh"],
                title=Title(name + ending["zh"], english),
                major_title=Title(**entry["title"]),
            )
    kinds = {kind, "component"} if mirrored else {kind}
    gaps = {code: Title(**gap["note"]) for gap in data.get("gap", []) if gap["kind"] in kinds for code in gap["codes"]}
    return ClassTable(
        scheme=data["scheme"],
        kind=kind,
        title=Title(**data["title"]),
        source=data["source"],
        trust=data["trust"],
        majors={entry["code"]: Title(**entry["title"]) for entry, _ in majors},
        entries=dict(sorted(entries.items())),
        gaps=gaps,
        local_from={entry["code"]: entry["local_from"] for entry, _ in majors if "local_from" in entry},
    )


def class_table(scheme: str, kind: str) -> ClassTable:
    """Return the classes of ``scheme`` (``CJT214``, ``GBT47678.5``) and ``kind`` (``component``, ``matter``).

    Raises
    ------
    SchemaError
        There is no such table.
    """
    found = class_tables().get(f"{scheme}/{kind}")
    if found is None:
        known = ", ".join(class_tables())
        raise SchemaError("no class table {wanted}, known are {known}", wanted=f"{scheme}/{kind}", known=known)
    return found


@lru_cache(maxsize=8)
def crosswalk(old: str, new: str, kind: str) -> Mapping[str, Crosswalk]:
    """Return, for each class of scheme ``old``, the one class of ``new`` that bears exactly its name.

    A name that several classes of either table bear matches none. Nothing is matched by likeness; classes that
    probably mean the same are told as ``likely`` from a list.

    Examples
    --------
    >>> crosswalk("CJT214", "GBT47678.5", "component")["0118"].new.code
    '01037'
    """
    rows, other = class_table(old, kind), class_table(new, kind)
    by_name = _one_by_name(other)
    own = _one_by_name(rows)
    walk = {}
    for entry in rows:
        match = by_name.get(entry.name) if own.get(entry.name) else None
        likely = other.get(_likely(old, new, kind).get(entry.code, ""))
        walk[entry.code] = Crosswalk(entry, match, None if match else likely)
    return walk


@lru_cache(maxsize=8)
def _likely(old: str, new: str, kind: str) -> Mapping[str, str]:
    """Return the codes of ``new`` that probably stand for those of ``old``, from the list of likely pairs."""
    listed = tomllib.loads((DATA / "likely_crosswalk.toml").read_text(encoding="utf-8"))
    pairs: dict[str, str] = listed.get(kind, {})
    if (old, new) == (listed["old"], listed["new"]):
        return pairs
    return {later: earlier for earlier, later in pairs.items()} if (new, old) == (listed["old"], listed["new"]) else {}


def _one_by_name(table: ClassTable) -> dict[str, ClassEntry | None]:
    """Return the one class of each name; None where several classes bear it."""
    found: dict[str, ClassEntry | None] = {}
    for entry in table:
        found[entry.name] = None if entry.name in found else entry
    return found


@lru_cache(maxsize=1)
def _five_in_one() -> dict[str, Any]:
    """Return the five-in-one scheme as data."""
    return tomllib.loads((DATA / "classes" / "five-in-one.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def five_in_one() -> Mapping[Category, Title]:
    """Return the groups and subgroups of the five-in-one scheme.

    Examples
    --------
    >>> five_in_one()[Category("five-in-one", ("emergency", "public_health"))].zh
    '公共卫生'
    """
    found = {}
    for group in _five_in_one()["group"]:
        found[Category("five-in-one", (group["id"],))] = Title(**group["title"])
        for sub in group["subgroups"]:
            found[Category("five-in-one", (group["id"], sub["id"]))] = Title(sub["zh"], sub["en"])
    return found


def five_in_one_category(entry: ClassEntry) -> Category:
    """Return the place of a component or matter class in the five-in-one scheme.

    Examples
    --------
    >>> five_in_one_category(class_table("CJT214", "matter").get("0102")).path
    ('city_management', 'event')
    """
    for row in _five_in_one()["crosswalk"]:
        if f"{entry.scheme}/{entry.kind}" in row["tables"]:
            return Category("five-in-one", tuple(row["path"]))
    raise SchemaError(
        "class {code} of {scheme} has no place in the five-in-one scheme", code=entry.code, scheme=entry.scheme
    )
