"""A published map kept in memory: where a position lies, in which cell, and in whose chain from district to cell."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyproj
import shapely

from onemap.cases import HOW
from onemap.cases.places import Places, place_numbers, write_metres
from onemap.cases.points import PointAnswers, PointAssigner
from onemap.domain.catalogue import load_catalogue
from onemap.domain.moments import day_now
from onemap.domain.validity import as_day
from onemap.errors import SchemaError
from onemap.geo.crs import WGS84, resolve_crs
from onemap.geo.gcj import convert_coordinates, shifted_name
from onemap.geo.locator import CellLocator
from onemap.responsibility import ResponsibilityMatrix
from onemap.responsibility.uncovered import AllowedGaps, Uncovered
from onemap.store.kept_index import open_index
from onemap.store.one_map import OneMap, open_map
from onemap.translation import LANGUAGES, say
from onemap.worker.duty_grids import DutyGrids
from onemap.worker.protocol import Words


@dataclass(frozen=True)
class Level:
    """One grid level: name and parent of each code, and where its areas lie.

    Attributes
    ----------
    layer_id
        Id of the layer, as ``"grid_street"``.
    title
        What the level is called, by language.
    names, parents
        By code; an empty text where the map says nothing.
    """

    layer_id: str
    title: Words
    names: Mapping[str, str]
    parents: Mapping[str, str]
    one_map: OneMap

    @cached_property
    def locator(self) -> CellLocator:
        """Where the areas lie; made when a position outside all cells is asked for."""
        return open_index(self.one_map, self.layer_id, keep=False).locator

    def link(self, code: str) -> dict[str, Any]:
        """Return the link of the chain that stands for an area."""
        return {"level": self.layer_id, "title": self.title, "code": code, "name": self.names.get(code, "")}


class WarmMap:
    """One published map, ready to answer in a few milliseconds.

    Parameters
    ----------
    path
        The published GeoPackage.
    verify
        Check first that the file is as it was published.

    Raises
    ------
    StoreError
        No such file, not a published map, or damaged.
    SchemaError
        The map has no grid level.
    """

    def __init__(self, path: Path, *, verify: bool = True) -> None:
        self.one_map = open_map(path, verify=verify)
        self._seen = _state(path)
        if not self.one_map.levels:
            raise SchemaError("{path}: has no grid level, so there is no cell to find", path=path)
        facts = self.one_map.district
        near_m, border_m = float(facts.get("near_m", 0.0)), float(facts.get("border_m", 1.0))
        self.index = open_index(self.one_map, self.one_map.levels[-1])
        self.assigner = PointAssigner(self.index.locator, near_m=near_m, border_m=border_m)
        self.levels = [_read_level(self.one_map, layer_id) for layer_id in self.one_map.levels]
        self.matrix = ResponsibilityMatrix.from_map(self.one_map).warm() if self.one_map.has("duty") else None
        self.duty_grids = DutyGrids.of(self.one_map) if self.matrix is None else None  # the matrix names them itself
        self._allowed_gaps = AllowedGaps(self.one_map, self.crs)
        west, _, _, north = self.assigner.distances.extent
        self.locate(west - 1.0, north + 1.0)  # what is made when first needed is made now, not at the first click

    @property
    def crs(self) -> pyproj.CRS:
        """System of the cells."""
        return self.assigner.locator.crs

    @property
    def stale(self) -> bool:
        """Whether the file is another one than when it was opened: published again, or gone."""
        return _state(self.one_map.path) != self._seen

    def facts(self) -> dict[str, Any]:
        """Return what the map is: district, levels, cells, coordinate system."""
        district = self.one_map.district
        return {
            "path": str(self.one_map.path),
            "district": self.district_name,
            "as_of": district.get("as_of"),
            "built_at": district.get("built_at"),
            "crs": district.get("crs"),
            "levels": [{"level": level.layer_id, "title": level.title} for level in self.levels],
            "cells": len(self.assigner.locator.codes),
            "duties": self.matrix is not None,
            "near_m": self.assigner.near_m,
            "border_m": self.assigner.border_m,
            "index": self._index_facts(),
        }

    def _index_facts(self) -> dict[str, Any]:
        """Return whether the index of the cells was there, and if not, why it had to be made."""
        why = self.index.made_because
        return {"kept": why is None, "text": {language: why.text(language) if why else "" for language in LANGUAGES}}

    def layers(self) -> list[dict[str, Any]]:
        """Return the layers of the map with their counts of rows."""
        table = self.one_map.layers
        return [
            {
                "layer": row.layer_id,
                "class": row.class_id,
                "kind": row.kind,
                "title": {"en": row.title_en, "zh": row.title_zh},
                "rows": None if row.kind == "raster" else int(row.rows_out),
            }
            for row in table.itertuples()
        ]

    def locate(
        self,
        x: float,
        y: float,
        *,
        crs: str | None = None,
        near_m: float | None = None,
        border_m: float | None = None,
    ) -> dict[str, Any]:
        """Return where a position lies, as `assign_cases` would assign a case there.

        Parameters
        ----------
        x, y
            Easting or longitude, northing or latitude.
        crs
            Their system: a name or EPSG code, ``"GCJ02"`` or ``"BD09"``; by default the map's.
        near_m, border_m
            As in `assign_cases`; by default the map's own.

        Raises
        ------
        CrsError
            The system is unknown, or the installation forbids the conversion.
        """
        places = self._place(x, y, crs)
        answers = self.assigner.answer(places, near_m=near_m, border_m=border_m)
        codes = self.assigner.locator.codes
        cell = int(answers.cell[0])
        chain = self._chain(None if cell < 0 else str(codes[cell]), places)
        return {
            "cell": None if cell < 0 else str(codes[cell]),
            "how": HOW[answers.how[0]],
            "distance_m": _number(answers.metres[0]),
            "candidates": [str(code) for code in codes[answers.candidate]],
            "chain": chain,
            "duty_grids": self.duty_grids.at(float(places.x[0]), float(places.y[0])) if self.duty_grids else [],
            "uncovered": self._uncovered(places) if cell >= 0 else [],
            "x": _number(places.x[0]),
            "y": _number(places.y[0]),
            "reason": {language: self.assigner.reason(places, answers, 0, language) for language in LANGUAGES},
            "sentence": self._sentence(answers, chain),
            "stale": self.stale,
        }

    def _uncovered(self, places: Places) -> list[dict[str, Any]]:
        """Return the agencies of whose grids none covers a position in the district, where nobody else tells them."""
        if self.duty_grids is None:
            return []
        x, y = float(places.x[0]), float(places.y[0])
        day = as_day(self.one_map.district.get("as_of")) or day_now(self.one_map.district.get("timezone"))
        names = self.duty_grids.absent(x, y)
        spot = shapely.Point(x, y)
        found = (Uncovered(name, allowed=self._allowed_gaps.allow(name, spot, day.toordinal())) for name in names)
        return [one.to_dict() for one in found]

    def who(self, **asked: Any) -> dict[str, Any]:
        """Return who answers at a spot, as `onemap.responsibility.ResponsibilityMatrix.who` does.

        Raises
        ------
        SchemaError
            The map has no duties, or what is asked makes no sense.
        """
        if self.matrix is None:
            raise SchemaError("{path}: has no layer duty, so nobody can be named", path=self.one_map.path)
        return {**self.matrix.who(**asked).to_dict(), "stale": self.stale}

    def who_all(self, wkt: str, **asked: Any) -> dict[str, Any]:
        """Return all who answer on a line or in an area, as `ResponsibilityMatrix.who_all` does, a row for each holder.

        Raises
        ------
        SchemaError
            The map has no duties, or the text is no line or area.
        """
        if self.matrix is None:
            raise SchemaError("{path}: has no layer duty, so nobody can be named", path=self.one_map.path)
        shape = shapely.from_wkt(wkt, on_invalid="ignore")
        if shape is None or shape.is_empty:
            raise SchemaError("{text} is no line or area written as WKT", text=wkt[:60])
        table = self.matrix.who_all(shape, **asked)
        measure = "area_m2" if "area_m2" in table else "length_m"
        who = ["state", "holder_code", "holder", "role", "agency", "phone"]
        rows: list[dict[str, Any]] = [
            {
                **{name: None if pd.isna(value) else str(value) for name, value in zip(who, key, strict=True)},
                "size": float(part[measure].sum()),
                "cells": sorted({str(cell) for cell in part["cell"].dropna() if cell}),
            }
            for key, part in table.groupby(who, sort=False, dropna=False)
        ]
        rows.sort(key=lambda row: (-cast("float", row["size"]), cast("str", row["holder_code"] or "")))
        holders = len({row["holder_code"] for row in rows if row["holder_code"]})
        lacking = table.attrs.get("uncovered", [])
        return {"measure": measure, "rows": rows, "holders": holders, "uncovered": lacking, "stale": self.stale}

    def _place(self, x: float, y: float, crs: str | None) -> Places:
        xs, ys = np.array([x], dtype=np.float64), np.array([y], dtype=np.float64)
        if crs is None:
            return place_numbers(xs, ys, self.crs, self.crs)
        if shifted_name(crs):
            xs, ys = convert_coordinates(xs, ys, source=crs, target=WGS84)
            return place_numbers(xs, ys, WGS84, self.crs)
        return place_numbers(xs, ys, _resolved(crs), self.crs)

    def _chain(self, code: str | None, places: Places) -> list[dict[str, Any]]:
        """Return the areas from the district down to the cell: by the codes of the parents, else by position."""
        links: list[dict[str, Any]] = []
        for level in reversed(self.levels):
            known = level is self.levels[-1] or code in level.names
            found = code if known else self._holder(level, places)
            if found is not None:
                links.append(level.link(found))
            code = level.parents.get(found or "") or None
        return links[::-1]

    def _holder(self, level: Level, places: Places) -> str | None:
        at = int(level.locator.locate(places.x, places.y)[0])
        return None if at < 0 else str(level.locator.codes[at])

    def _sentence(self, answers: PointAnswers, chain: list[dict[str, Any]]) -> Words:
        """Return the sentence for the person who clicked."""
        how = HOW[answers.how[0]]
        finest = self.levels[-1].layer_id
        names = [str(link["name"] or link["code"]) for link in chain if link["level"] != finest]
        values: dict[str, str] = {}
        if answers.cell[0] >= 0:
            code, name = str(self.assigner.locator.codes[answers.cell[0]]), chain[-1]["name"]
            values["cell"] = name if code in name else f"{code} {name}".rstrip()
        if how == "near":
            values["metres"] = write_metres(answers.metres[0])
        templates = {
            "inside": "it lies in cell {cell} of {place}",
            "border": "it lies on a border; cell {cell} of {place} answers",
            "near": "it lies in no cell; the nearest, {cell} of {place}, {metres} m away, answers",
            "outside": "it lies in {place}, but in no cell" if names else "it lies outside {place}",
            "no_position": "it has no position",
        }
        district = self.district_name
        return {
            language: say(templates[how], language, place=_place(names, language) or district[language], **values)
            for language in LANGUAGES
        }

    @property
    def district_name(self) -> Words:
        """What the district is called, by language."""
        district = self.one_map.district
        return {"zh": district["name"], "en": district.get("name_en") or district["name"]}


def _place(names: list[str], language: str) -> str:
    """Return the areas from the district down as people say them: Chinese from the largest on, English up to it."""
    return "".join(names) if language == "zh" else ", ".join(reversed(names))


@lru_cache(maxsize=64)
def _resolved(text: str) -> pyproj.CRS:
    return resolve_crs(text).crs


def _read_level(one_map: OneMap, layer_id: str) -> Level:
    spec = load_catalogue()[layer_id]
    frame = one_map.read(layer_id)
    codes = frame[spec.key].astype(str).tolist()
    texts = {
        column: frame[column].fillna("").astype(str).tolist() if column in frame else [""] * len(codes)
        for column in ("name", "parent_code")
    }
    layer = one_map.layers.loc[layer_id]
    titles = json.loads(one_map.district.get("level_titles", "{}"))
    return Level(
        layer_id=layer_id,
        title=titles.get(layer_id) or {"en": layer["title_en"], "zh": layer["title_zh"]},
        names=dict(zip(codes, texts["name"], strict=True)),
        parents=dict(zip(codes, texts["parent_code"], strict=True)),
        one_map=one_map,
    )


def _number(value: float) -> float | None:
    """Return what JSON can hold: None for what is not a number."""
    return float(value) if math.isfinite(value) else None


def _state(path: Path) -> tuple[int, int] | None:
    """Return what tells one version of a file from another."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
