"""Code profiles read from their TOML files."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import SchemaError
from .code_definition import checked_profile
from .code_parts import DATA, Meaning, PartSpec, ProfileSpec, Title


@lru_cache(maxsize=1)
def _shared_parts() -> dict[str, dict[str, Any]]:
    """Return the digit groups that profiles share."""
    return tomllib.loads((DATA / "parts.toml").read_text(encoding="utf-8"))


def read_profile(path: Path) -> ProfileSpec:
    """Return the profile that ``path`` defines; its name is the stem of the file."""
    table = checked_profile(path, _shared_parts())
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


def _part(table: Mapping[str, Any]) -> PartSpec:
    """Return a digit group."""
    return PartSpec(
        name=table["name"],
        length=table["length"],
        title=Title(**table["title"]),
        strict=table["strict"],
        meanings=tuple(Meaning(m["from"], m["to"], Title(m["zh"], m["en"]), m["trust"]) for m in table["meanings"]),
        whole=table["whole"],
        classes=table["classes"],
    )


@lru_cache(maxsize=8)
def read_profiles(folder: Path) -> Mapping[str, ProfileSpec]:
    """Return all profiles that ``folder`` defines, by name."""
    specs = [read_profile(path) for path in sorted(folder.glob("*.toml"))]
    if not specs:
        raise SchemaError("{path}: no code profiles (*.toml) here", path=folder)
    return {spec.name: spec for spec in sorted(specs, key=lambda spec: (spec.kind, spec.length, spec.name))}
