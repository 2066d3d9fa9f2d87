"""The tables of a published map that the matrix is made of, and where each came from."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from onemap.domain.catalogue import layer_title
from onemap.domain.duties import DUTY_GRID
from onemap.errors import SchemaError
from onemap.responsibility.options import MatrixOptions
from onemap.responsibility.sentence import titles_of
from onemap.store.one_map import OneMap
from onemap.translation import LANGUAGES

TABLES = {
    "holders": "holder",
    "duty_grids": DUTY_GRID,
    "shifts": "shift",
    "calendar": "calendar_day",
    "roads": "emap_road",
    "objects": "frame_component",
    "compounds": "frame_compound",
}
_HASH_DIGITS = 8


def tables_of(
    one_map: OneMap, options: MatrixOptions | None
) -> tuple[dict[str, gpd.GeoDataFrame], pd.DataFrame, dict[str, Any], MatrixOptions]:
    """Return levels, duties, the other tables, and the options with what the map knows of itself.

    Raises
    ------
    SchemaError
        The map has no grid level or no duties.
    """
    if not one_map.levels:
        raise SchemaError("{path}: has no grid level, so there is no cell to find", path=one_map.path)
    if not one_map.has("duty"):
        raise SchemaError("{path}: has no layer duty, so nobody can be named", path=one_map.path)
    levels = {level: one_map.read(level) for level in one_map.levels}
    tables = {name: one_map.read(layer) for name, layer in TABLES.items() if one_map.has(layer)}
    roads = tables.get("roads")
    if roads is not None and "road_code" not in roads.columns:
        del tables["roads"]
    facts = one_map.district
    given = options or MatrixOptions(language=facts.get("language") or "zh")
    return (
        levels,
        one_map.read("duty"),
        tables,
        replace(
            given,
            timezone=given.timezone or facts.get("timezone") or "",
            code_profile=given.code_profile or facts.get("code_profile") or "",
            sources={**_sources(one_map), **_agency_sources(facts), **(given.sources or {})},
            version=given.version or facts.get("as_of") or facts.get("built_at") or "",
            level_titles=given.level_titles or _titles(one_map),
        ),
    )


def _sources(one_map: OneMap) -> dict[str, str]:
    """Return the file of each layer, the day of its data, and the start of its hash."""
    told = {}
    for row in one_map.layers.to_dict("records"):
        day = row.get("as_of")
        parts = [row.get("source"), None if pd.isna(day) else str(day)[:10], row.get("source_sha256")]
        texts = ["" if part is None or pd.isna(part) else str(part) for part in parts]
        texts[2] = texts[2][:_HASH_DIGITS]
        told[str(row["layer_id"])] = " ".join(text for text in texts if text)
    return {layer: text for layer, text in told.items() if text}


def _agency_sources(facts: Mapping[str, str]) -> dict[str, str]:
    """Return where the duty grids of each agency came from: their layer is made of several files."""
    told: dict[str, str] = json.loads(facts.get("agency_sources") or "{}")
    return {f"{DUTY_GRID}/{agency}": text for agency, text in told.items()}


def _titles(one_map: OneMap) -> dict[str, dict[str, str]]:
    """Return the titles of the levels: the manifest's own, else what a level is called in a sentence."""
    told: dict[str, dict[str, str]] = json.loads(one_map.district.get("level_titles", "{}"))
    usual = {level: {language: layer_title(level, language) for language in LANGUAGES} for level in one_map.levels}
    own = {level: told[level] for level in one_map.levels if told.get(level) not in (None, usual[level])}
    own = {level: {**titles, "en": one_of(titles["en"])} if "en" in titles else titles for level, titles in own.items()}
    return {**titles_of(one_map.levels), **own}


def one_of(title: str) -> str:
    """Return an English title of many as the word for one within a sentence; titles of other kinds as they are.

    Examples
    --------
    >>> one_of("Districts"), one_of("Communities"), one_of("Unit grid cells"), one_of("SMDs"), one_of("Ward")
    ('district', 'community', 'unit grid cell', 'SMD', 'ward')
    """
    word = f"{title[:-3]}y" if title.endswith("ies") else title[:-1] if title[-1:] == "s" != title[-2:-1] else title
    return word if word[1:2].isupper() else word[:1].lower() + word[1:]
