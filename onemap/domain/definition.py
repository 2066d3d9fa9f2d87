"""Checks of one layer definition (TOML table): every problem is noted, none stops the others."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import SchemaError
from ..translation import say

GEOMETRIES = ("Point", "LineString", "Polygon", "Raster", "None")
TYPES = ("string", "integer", "real", "date", "datetime", "boolean")
SECRECY = ("public", "internal", "secret")
SCHEMA = 1
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LAYER_KEYS = {
    "schema",
    "class",
    "title",
    "geometry",
    "key",
    "provider",
    "owner",
    "checker",
    "updater",
    "update_cycle_days",
    "secrecy",
    "style",
    "fields",
}
_FIELD_KEYS = {"type", "required", "title", "aliases", "values", "rare"}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a definition: a sentence and its values."""

    template: str
    values: Mapping[str, Any]

    def text(self, language: str = "en") -> str:
        """Return the sentence in ``language`` (``"en"`` or ``"zh"``)."""
        return say(self.template, language, **self.values)


class DefinitionError(SchemaError):
    """Definitions with problems; the message lists them all, and so does ``problems``."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        listed = "".join(f"\n  - {problem.text()}" for problem in problems)
        super().__init__("problems in the definitions ({count}):{problems}", count=len(problems), problems=listed)

    def text(self, language: str = "en") -> str:
        """Return the whole message in ``language`` (``"en"`` or ``"zh"``)."""
        listed = "".join(f"\n  - {problem.text(language)}" for problem in self.problems)
        return say(self.template, language, count=len(self.problems), problems=listed)


@dataclass
class Checked:
    """A file under check and the problems noted so far."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def note(self, template: str, /, **values: Any) -> None:
        """Note a problem of this file."""
        self.problems.append(Problem(template, {"file": self.file, **values}))

    def take(self, table: Mapping[str, Any], key: str, kind: type, default: Any = None, *, under: str = "") -> Any:
        """Return ``table[key]`` if it is of ``kind``; else note the problem and return ``default``.

        A key without default must be there; ``under`` names the table that it stands in.
        """
        name = f"{under}.{key}" if under else key
        if key not in table:
            if default is None:
                self.note("{file}: {key} is missing", key=name)
                return kind()
            return default
        value = table[key]
        if type(value) is not kind:
            self.note(
                "{file}: {key} is {found}, it must be {needed}", key=name, found=repr(value), needed=kind.__name__
            )
            return kind() if default is None else default
        return value

    def one_of(self, value: str, key: str, allowed: Sequence[str]) -> str:
        """Return ``value``; note a problem where it is not one of ``allowed``."""
        if value not in allowed:
            self.note(
                "{file}: {key} is {found}, it must be one of {allowed}",
                key=key,
                found=repr(value),
                allowed=", ".join(allowed),
            )
        return value


def take_layer(stem: str, table: Mapping[str, Any], checked: Checked, *, classes: Sequence[str]) -> dict[str, Any]:
    """Return the values of a layer other than its fields, checked."""
    for key in sorted(set(table) - _LAYER_KEYS):
        checked.note("{file}: {key} is not known here", key=key)
    if not _NAME.fullmatch(stem):
        checked.note("{file}: the name must be of small letters, digits and single underscores")
    if table.get("schema") != SCHEMA:
        checked.note("{file}: schema must be {needed}", needed=SCHEMA)
    title_zh, title_en = _titles(table, checked, "title")
    cycle = checked.take(table, "update_cycle_days", int)
    if cycle < 0:
        checked.note("{file}: update_cycle_days must not be negative")
    return {
        "id": stem,
        "class_id": checked.one_of(checked.take(table, "class", str), "class", classes),
        "title_zh": title_zh,
        "title_en": title_en,
        "geometry": checked.one_of(checked.take(table, "geometry", str), "geometry", GEOMETRIES),
        "key": checked.take(table, "key", str, ""),
        **{role: checked.take(table, role, str) for role in ("provider", "owner", "checker", "updater")},
        "update_cycle_days": cycle,
        "secrecy": checked.one_of(checked.take(table, "secrecy", str), "secrecy", SECRECY),
        "style": checked.take(table, "style", str, ""),
    }


def take_fields(table: Mapping[str, Any], checked: Checked) -> Iterator[dict[str, Any]]:
    """Yield the values of each field, checked."""
    for name, entry in checked.take(table, "fields", dict, {}).items():
        key = f"fields.{name}"
        if not isinstance(entry, dict):
            checked.note("{file}: {key} must be a table", key=key)
            continue
        if not _NAME.fullmatch(name):
            checked.note("{file}: {key} must be of small letters, digits and single underscores", key=key)
        for other in sorted(set(entry) - _FIELD_KEYS):
            checked.note("{file}: {key} is not known here", key=f"{key}.{other}")
        title_zh, title_en = _titles(entry, checked, f"{key}.title")
        values, words = _values(entry.get("values", {}), checked, f"{key}.values")
        yield {
            "name": name,
            "type": checked.one_of(str(entry.get("type", "")), f"{key}.type", TYPES),
            "required": checked.take(entry, "required", bool, default=False, under=key),
            "rare": checked.take(entry, "rare", bool, default=False, under=key),
            "title_zh": title_zh,
            "title_en": title_en,
            "aliases": _aliases(entry.get("aliases", []), checked, f"{key}.aliases"),
            "values": values,
            "words": words,
        }


def _titles(table: Mapping[str, Any], checked: Checked, key: str) -> tuple[str, str]:
    """Return the Chinese and the English title."""
    title = table.get("title")
    if not isinstance(title, dict) or set(title) != {"zh", "en"} or not all(title.values()):
        checked.note("{file}: {key} must give both zh and en", key=key)
        return "", ""
    return str(title["zh"]), str(title["en"])


def _aliases(found: Any, checked: Checked, key: str) -> tuple[str, ...]:
    """Return the aliases: a list of different strings."""
    if not isinstance(found, list) or not all(isinstance(alias, str) and alias.strip() for alias in found):
        checked.note("{file}: {key} must be a list of headings", key=key)
        return ()
    for alias in sorted({alias for alias in found if found.count(alias) > 1}):
        checked.note("{file}: {key} names {alias} twice", key=key, alias=alias)
    return tuple(found)


def _values(found: Any, checked: Checked, key: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return allowed values with their Chinese labels, and other words with the value each means."""
    labels: dict[str, str] = {}
    words: dict[str, str] = {}
    if not isinstance(found, dict):
        checked.note("{file}: {key} must be a table: value = Chinese label", key=key)
        return labels, words
    for value, said in found.items():
        named = [said] if isinstance(said, str) else said
        if not isinstance(named, list) or not named or not all(isinstance(n, str) and n for n in named):
            checked.note("{file}: {key} must be a label or a list of labels", key=f"{key}.{value}")
            continue
        labels[value] = named[0]
        for word in named:
            if words.setdefault(word, value) != value:
                checked.note("{file}: {key} gives {word} to two values", key=key, word=word)
    return labels, words
