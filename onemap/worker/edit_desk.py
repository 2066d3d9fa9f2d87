"""A division in editing at a program's side: cells moved, split, merged, with totals and rules; a new version.

The map that is open is only read. What was edited is written to a file of its own, and never over one that is there.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from onemap.domain.catalogue import load_catalogue
from onemap.domain.validity import VALID_FROM, VALID_TO, as_day, day_before
from onemap.errors import GeometryError, OnemapError, SchemaError
from onemap.geo.crs import area_m2
from onemap.geo.ownership import own_polygons
from onemap.grids.edit_rules import EditRules
from onemap.grids.editing import Division, Operation
from onemap.progress import Progress, part, silent
from onemap.responsibility.gaps import PEOPLE
from onemap.store.one_map import OneMap
from onemap.store.tables import write_tables
from onemap.translation import LANGUAGES, say
from onemap.worker.protocol import Words, in_languages, said

Facts = dict[str, Any]
_LOADS: Final = ("households", "residents")
_DUTY: Final = "duty_grid"
_DECIMALS: Final = 4


class EditDesk:
    """The cells of a map and the grids that they form, open for editing.

    Parameters
    ----------
    one_map
        The map; it stays as it is.
    grouping
        What the cells are joined to: ``duty_grid:AGENCY`` (the agency's own grids) or the level above the cells.
    who
        Who edits, for the lineage.
    progress
        Is told how far the opening has come; raises `Cancelled` to stop it.

    Raises
    ------
    SchemaError
        The map has no such grids, or its cells cannot be edited.
    GeometryError
        A cell is no valid polygon.
    """

    def __init__(self, one_map: OneMap, grouping: str, *, who: str = "", progress: Progress = silent) -> None:
        progress(0.0, "reading the cells")
        known = {row["grouping"] for row in groupings(one_map)}
        if grouping not in known:
            raise SchemaError(
                "no grids {asked} to edit; there are {known}", asked=grouping, known=", ".join(sorted(known)) or "-"
            )
        self.one_map = one_map
        self.grouping = grouping
        self.level = one_map.levels[-1]
        self.code = str(load_catalogue()[self.level].key)
        self.agency = grouping.partition(":")[2]
        cells, self.notes = _single(one_map.read(self.level), self.code)
        progress(0.05, "looking for the grid of each cell")
        groups = self._groups(cells) if self.agency else "parent_code"
        progress(0.1, "reading where people live")
        people, loads = _people(one_map, cells)
        self.division = Division(
            cells,
            groups,
            loads=loads,
            code=self.code,
            places=people,
            rules=EditRules(within=not self.agency),
            profile=one_map.district.get("code_profile") or None,
            who=who,
            progress=part(progress, 0.4, 1.0),
        )
        self._steps: list[int] = []  # edits made together are taken back together
        self._taken_back: list[int] = []

    def _groups(self, cells: gpd.GeoDataFrame) -> pd.Series:
        """Return the agency's grid of each cell: the one with the largest share of it."""
        own = own_polygons(cells, _grids_of(self.one_map, self.agency), code="duty_code")["cell"]
        return own.astype(object).where(own.notna(), None).rename("duty_code")

    # edits

    def move(self, cells: Sequence[str], to: str, *, create: bool = False, why: str = "") -> Facts:
        """Move cells to a grid, all or none of them."""
        made = 0
        try:
            for cell in cells:
                self.division.move(cell, to, create=create, why=why)
                made += 1
        except OnemapError:
            for _ in range(made):
                self.division.undo()
            raise
        return self._done(made)

    def split(self, cell: str, wkt: str, *, why: str = "") -> Facts:
        """Split a cell by a line."""
        line = shapely.from_wkt(wkt, on_invalid="ignore")
        self.division.split(cell, shapely.Point() if line is None else line, why=why)
        return self._done(1)

    def merge(self, cells: Sequence[str], *, why: str = "") -> Facts:
        """Merge cells into one."""
        self.division.merge(cells, why=why)
        return self._done(1)

    def undo(self) -> Facts:
        """Take the last step back, where there is one."""
        count = self._steps.pop() if self._steps else 0
        undone = [step for _ in range(count) if (step := self.division.undo()) is not None]
        if undone:
            self._taken_back.append(count)
        return self.state(undone, back=True)

    def redo(self) -> Facts:
        """Make the step again that was taken back last, where there is one."""
        count = self._taken_back.pop() if self._taken_back else 0
        again = [step for _ in range(count) if (step := self.division.redo()) is not None]
        if again:
            self._steps.append(count)
        return self.state(again)

    def _done(self, count: int) -> Facts:
        if not count:
            return self.state()
        self._steps.append(count)
        self._taken_back.clear()
        return self.state(self.division.operations[-count:])

    # what it is now

    def opened(self) -> Facts:
        """Return the state with the grid of every cell and the names of the grids."""
        names = self._names()
        cells = {code: cell.group or "" for code in self.division.codes if (cell := self.division.cell(code))}
        return {**self.state(), "cells": cells, "names": names, "grouping": self.grouping, "notes": self.notes}

    def state(self, steps: Iterable[Operation] = (), *, back: bool = False) -> Facts:
        """Return totals, broken rules and what these steps changed: cells with their land and grid, cells gone."""
        division, touched = self.division, list(steps)
        codes = {code for step in touched for link in (step.change.out, step.change.into) for code in _codes(link)}
        kept = {code: cell for code in codes if (cell := division.cell(code)) is not None}
        changed = [
            {"cell": code, "grid": cell.group or "", "wkt": shapely.to_wkt(cell.geometry, rounding_precision=_DECIMALS)}
            for code, cell in sorted(kept.items())
        ]
        totals = division.totals.reset_index().rename(columns={"group": "grid"})
        return {
            "grids": [{name: _plain(value) for name, value in row.items()} for row in totals.to_dict("records")],
            "findings": [
                {"rule": row.rule, "grid": row.group, "cells": list(row.cells), "reason": _words(row.reason)}
                for row in division.broken
            ],
            "changed": changed,
            "gone": sorted(codes - kept.keys()),
            "steps": [_step(step, back=back) for step in touched],
            "made": len(self._steps),
            "can_redo": bool(self._taken_back),
        }

    def _names(self) -> dict[str, str]:
        if self.agency:
            grids = _grids_of(self.one_map, self.agency)
            codes = grids["duty_code"]
        else:
            above = self.one_map.levels[-2]
            grids = self.one_map.read(above)
            codes = grids[load_catalogue()[above].key]
        names = grids.get("name", codes)
        return {str(code): "" if pd.isna(name) else str(name) for code, name in zip(codes, names, strict=True)}

    # a new version

    def save(self, path: Path, *, when: str, why: str = "") -> Facts:
        """Write the edited division as a new version: cells with their days, new grids, lineage, broken rules.

        The grids are the agency's, or the areas of the level above the cells.

        Raises
        ------
        OnemapError
            Nothing was edited, or a file of that name is there.
        """
        if not self.division.operations:
            raise OnemapError("nothing was edited, so there is no new version to save")
        if path.exists():
            raise OnemapError("{path}: is there already; a version is never written over another", path=path)
        day = as_day(when)
        cells = self.division.cells
        if self.agency:
            cells = cells.assign(duty_code=self.division.groups)
        tables: dict[str, pd.DataFrame] = {self.level: cells}
        if self.agency:
            tables[_DUTY] = self._new_grids(day)
        else:
            tables[self.one_map.levels[-2]] = self._new_areas()
        lineage = self.division.lineage.assign(valid_from=day.isoformat() if day else None)
        lineage["why"] = [said_then or why for said_then in lineage["why"]]
        tables["lineage"] = lineage
        findings = self.division.findings
        tables["finding"] = findings.assign(cells=[";".join(codes) for codes in findings["cells"]])
        write_tables({name: _storable(table) for name, table in tables.items()}, path)
        return {"path": str(path), "cells": len(cells), "grids": len(self.division.totals), "edits": len(lineage)}

    def _new_grids(self, day: Any) -> gpd.GeoDataFrame:
        """Return the agency's grids: those that stay as they were, changed ones closed and put together anew."""
        old = _grids_of(self.one_map, self.agency)
        touched = self._touched()
        changed = old["duty_code"].astype(str).isin(touched)
        closed = old.copy()
        for column in (VALID_FROM, VALID_TO):
            if column not in closed:
                closed[column] = None
        closed[VALID_TO] = closed[VALID_TO].astype(object).where(~changed, None if day is None else day_before(day))
        joined = self._joined(touched).rename(columns={"grid": "duty_code"})
        facts = pd.DataFrame(old.drop(columns=old.geometry.name)).assign(duty_code=old["duty_code"].astype(str))
        new = joined.merge(facts.drop_duplicates("duty_code"), on="duty_code", how="left")
        new["agency"] = self.agency
        new[VALID_FROM], new[VALID_TO] = day, None
        if "area_m2" in new:
            new["area_m2"] = area_m2(new).to_numpy()
        return gpd.GeoDataFrame(pd.concat([closed, new], ignore_index=True), crs=old.crs)

    def _new_areas(self) -> gpd.GeoDataFrame:
        """Return the areas of the level above the cells; those that changed are put together anew from their cells."""
        above = self.one_map.levels[-2]
        key = str(load_catalogue()[above].key)
        old, touched = self.one_map.read(above), self._touched()
        changed = old[key].astype(str).isin(touched)
        facts = pd.DataFrame(old.drop(columns=old.geometry.name)).assign(**{key: old[key].astype(str)})
        new = self._joined(touched).rename(columns={"grid": key}).merge(facts.drop_duplicates(key), on=key, how="left")
        if "area_m2" in new:
            new["area_m2"] = area_m2(new).to_numpy()
        return gpd.GeoDataFrame(pd.concat([old[~changed], new], ignore_index=True), crs=old.crs)

    def _touched(self) -> set[Any]:
        """Return the grids that lost or won land."""
        changes = [made.change for made in self.division.operations]
        return {cell.group for change in changes for side in (change.out, change.into) for cell in side} - {None}

    def _joined(self, grids: set[Any]) -> gpd.GeoDataFrame:
        """Return the land of these grids, put together from their cells; column ``grid``."""
        cells = self.division.cells
        lands = gpd.GeoDataFrame(
            {"grid": self.division.groups.to_numpy()}, geometry=cells.geometry.to_numpy(), crs=cells.crs
        )
        return lands[lands["grid"].isin(grids)].dissolve("grid", as_index=False)


def groupings(one_map: OneMap) -> list[Facts]:
    """Return what the cells of a map can be joined to: the grids of each agency, and the level above the cells."""
    found: list[Facts] = []
    if one_map.has(_DUTY):
        agencies = one_map.read(_DUTY)["agency"].dropna().astype(str)
        counts = agencies.value_counts().sort_index()
        found = [
            {
                "grouping": f"{_DUTY}:{agency}",
                "title": dict.fromkeys(LANGUAGES, agency),
                "grids": int(count),
            }
            for agency, count in counts.items()
        ]
    if len(one_map.levels) > 1:
        above = one_map.levels[-2]
        spec = load_catalogue()[above]
        own = json.loads(one_map.district.get("level_titles", "{}")).get(above, {})
        found.append(
            {
                "grouping": above,
                "title": {language: own.get(language) or spec.title(language) for language in LANGUAGES},
                "grids": len(one_map.read(above)),
            }
        )
    return found


def _grids_of(one_map: OneMap, agency: str) -> gpd.GeoDataFrame:
    grids = one_map.read(_DUTY)
    return grids[grids["agency"].astype(str) == agency]


def _people(one_map: OneMap, cells: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame | None, Any]:
    """Return the places that carry people with the columns that count them, else the counts that the cells bear.

    Nothing is returned where the map does not tell how many people live anywhere.
    """
    for layer in PEOPLE:
        if one_map.has(layer):
            places = one_map.read(layer)
            loads = _loads_of(places)
            if loads:
                there = places[~(places.geometry.isna() | places.geometry.is_empty)].copy()
                for name in loads:
                    there[name] = pd.to_numeric(there[name], errors="coerce").fillna(0)
                return there, loads
    loads = _loads_of(cells)
    return None, pd.DataFrame(cells[loads]).apply(pd.to_numeric, errors="coerce").fillna(0) if loads else None


def _loads_of(frame: gpd.GeoDataFrame) -> list[str]:
    """Return the columns of a layer that count people, but for those without any number."""
    return [name for name in _LOADS if name in frame and pd.to_numeric(frame[name], errors="coerce").notna().any()]


def _single(cells: gpd.GeoDataFrame, code: str) -> tuple[gpd.GeoDataFrame, list[Words]]:
    """Return cells of which each code stands once, and what had to be put together for that.

    Raises
    ------
    GeometryError
        A cell has no land.
    """
    there = cells[cells[code].notna() & ~(cells.geometry.isna() | cells.geometry.is_empty)]
    if there.empty:
        raise GeometryError("the map has no cells that could be edited")
    double = there[code].duplicated(keep=False)
    if not double.any():
        return there.reset_index(drop=True), []
    once = there[~there[code].duplicated()].copy()
    joined = there[double].groupby(code).geometry.apply(lambda shapes: shapes.union_all())
    for name, shape in joined.items():
        once.loc[once[code] == name, once.geometry.name] = gpd.GeoSeries([shape], crs=once.crs).iloc[0]
    notes = [said("several rows have the code {cell}; here they are one cell", cell=name) for name in joined.index]
    return once.reset_index(drop=True), notes


@lru_cache(maxsize=10_000)
def _words(reason: str) -> Words:
    """Return a reason in every language; the same ones are told after each step."""
    return in_languages(reason)


def _codes(cells: Iterable[Any]) -> list[str]:
    return [cell.code for cell in cells]


def _step(step: Operation, *, back: bool) -> Facts:
    templates = {
        "moved": "{before} moved",
        "split": "{before} split into {after}",
        "merge": "{before} merged into {after}",
    }
    values = {"before": ", ".join(step.before), "after": ", ".join(step.after)}
    words = {language: say(templates[step.what], language, **values) for language in LANGUAGES}
    return {
        "what": step.what,
        "back": back,
        "words": words,
        "broken": [in_languages(reason) for reason in step.new_findings],
        "mended": [in_languages(reason) for reason in step.gone_findings],
    }


def _plain(value: Any) -> Any:
    """Return a value of a table as JSON can hold it."""
    return value.item() if hasattr(value, "item") else value


def _storable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose days are texts, as the map stores them."""
    days = [name for name in ("when", VALID_FROM, VALID_TO) if name in table]
    return table.assign(**{name: [None if pd.isna(day) else str(day)[:10] for day in table[name]] for name in days})
