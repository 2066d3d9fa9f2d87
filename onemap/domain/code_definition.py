"""Checks of a code profile's definition (TOML table): every problem is noted in one error."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .check_characters import CHECKS
from .classes import class_tables
from .definition import SCHEMA, Checked, DefinitionError

_TRUST = ("V", "S", "M")
_PROFILE_KEYS = {
    "schema",
    "kind",
    "title",
    "source",
    "trust",
    "aliases",
    "alphabet",
    "numbered",
    "checks",
    "notes",
    "part",
}
_PART_KEYS = {"use", "name", "length", "title", "strict", "source", "meanings", "whole", "classes"}
_MEANING_KEYS = {"from", "to", "zh", "en", "trust"}


def checked_profile(path: Path, shared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the table of the profile in ``path``, its digit groups written out from the ``shared`` ones.

    Raises
    ------
    DefinitionError
        The definition is wrong; the error lists every problem.
    """
    checked = Checked(path.name)
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        checked.note("{file}: cannot be read as TOML: {detail}", detail=str(error))
        raise DefinitionError(checked.problems) from error
    _check_head(table, checked)
    parts = [_part(entry, place, shared, checked) for place, entry in enumerate(_tables(table, "part", checked), 1)]
    if not parts:
        checked.note("{file}: {key} is missing", key="part")
    names = [part["name"] for part in parts]
    for name in sorted({name for name in names if names.count(name) > 1}):
        checked.note("{file}: {key} names {alias} twice", key="part", alias=name)
    if table.get("numbered") and table["numbered"] != (names or [""])[-1]:
        checked.note("{file}: numbered must be the last part, not {found}", found=repr(table["numbered"]))
    if checked.problems:
        raise DefinitionError(checked.problems)
    return {**table, "part": parts}


def _check_head(table: Mapping[str, Any], checked: Checked) -> None:
    """Note what is wrong with the keys of the profile itself."""
    for key in sorted(set(table) - _PROFILE_KEYS):
        checked.note("{file}: {key} is not known here", key=key)
    if table.get("schema") != SCHEMA:
        checked.note("{file}: schema must be {needed}", needed=SCHEMA)
    for key in ("kind", "source"):
        checked.take(table, key, str)
    checked.one_of(checked.take(table, "trust", str), "trust", _TRUST)
    alphabet = checked.take(table, "alphabet", str)
    if len(set(alphabet)) != len(alphabet):
        checked.note("{file}: alphabet holds a character twice")
    _check_title(table, "title", checked)
    for note in _tables(table, "notes", checked):
        _check_title({"notes": note}, "notes", checked)
    for name in _strings(table, "checks", checked):
        checked.one_of(name, "checks", tuple(CHECKS))
    _strings(table, "aliases", checked)
    checked.take(table, "numbered", str, "")


def _check_title(table: Mapping[str, Any], key: str, checked: Checked) -> None:
    """Note a title that does not give both languages."""
    title = table.get(key)
    if not isinstance(title, dict) or set(title) != {"zh", "en"} or not all(isinstance(t, str) for t in title.values()):
        checked.note("{file}: {key} must give both zh and en", key=key)


def _tables(table: Mapping[str, Any], key: str, checked: Checked) -> Iterable[dict[str, Any]]:
    """Return the tables listed under ``key``."""
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        checked.note("{file}: {key} must be a list of tables", key=key)
        return []
    return found


def _strings(table: Mapping[str, Any], key: str, checked: Checked) -> list[str]:
    """Return the strings listed under ``key``."""
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(entry, str) for entry in found):
        checked.note("{file}: {key} must be a list of text", key=key)
        return []
    return found


def _part(
    entry: Mapping[str, Any], place: int, shared: Mapping[str, Mapping[str, Any]], checked: Checked
) -> dict[str, Any]:
    """Return a digit group written out; ``use`` takes a shared one, whose keys the entry overrides."""
    key = f"part {place}"
    for other in sorted(set(entry) - _PART_KEYS):
        checked.note("{file}: {key} is not known here", key=f"{key}.{other}")
    use = entry.get("use", "")
    if use and use not in shared:
        checked.one_of(use, f"{key}.use", tuple(shared))
    whole: dict[str, Any] = {"name": use, "whole": "", "classes": "", "meanings": [], **shared.get(use, {}), **entry}
    key = f"{key}.{whole['name']}"
    length = checked.take(whole, "length", int, under=key)
    if length < 1:
        checked.note("{file}: {key} is {found}, it must be {needed}", key=f"{key}.length", found=length, needed=">= 1")
    checked.take(whole, "strict", bool, under=key)
    _check_title(whole, "title", checked)
    if whole["whole"] and len(str(whole["whole"])) != length:
        checked.note("{file}: {key} must be {length} characters", key=f"{key}.whole", length=length)
    if whole["classes"]:
        checked.one_of(whole["classes"], f"{key}.classes", tuple(class_tables()))
    for meaning in _tables(whole, "meanings", checked):
        _check_meaning(meaning, f"{key}.meanings", length, checked)
    return whole


def _check_meaning(meaning: Mapping[str, Any], key: str, length: int, checked: Checked) -> None:
    """Note what is wrong with the meaning of a span of digits."""
    if set(meaning) != _MEANING_KEYS or not all(isinstance(value, str) for value in meaning.values()):
        checked.note("{file}: {key} must give from, to, zh, en and trust, all of them text", key=key)
        return
    checked.one_of(meaning["trust"], f"{key}.trust", _TRUST)
    if not len(meaning["from"]) == len(meaning["to"]) == length or meaning["from"] > meaning["to"]:
        span = f"{meaning['from']}-{meaning['to']}"
        checked.note(
            "{file}: {key} {span} must be two ends of {length} characters, the lower first",
            key=key,
            span=span,
            length=length,
        )
