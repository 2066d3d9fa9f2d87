"""A change of version gives cases another cell: which, from where to where, and why."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from onemap.cases.assignment import assign_cases
from onemap.domain.succession import short_code
from onemap.errors import SchemaError
from onemap.geo.dated import in_force
from onemap.grids.lineage import CANDIDATE
from onemap.grids.versions import VersionDifference, compare_versions
from onemap.store.tables import with_answer, write_tables
from onemap.translation import say

CHANGES: Final = ("kept", "moved", "left", "arrived", "nowhere")
_WORDS: Final = {
    "split": "{old} was split, the place is in {new} now",
    "merge": "{old} went into {new}",
    "recoded": "{old} is now {new}",
    "moved": "land passed from {old} to {new}",
}
_LINE: Final = "the line between {old} and {new} was drawn anew"
_ELSEWHERE: Final = "recorded as {old}, but the place was in {other} already"
_NEVER: Final = "recorded as {old}, but the place was in no cell"
_UNKNOWN: Final = "recorded as {old}, a code that the old version does not have"
_BY_LINEAGE: Final = "by the code alone: {why}"
_OPEN: Final = "by the code alone it cannot be told: {old} may be in {cells}"
_OPEN_OR_NONE: Final = "by the code alone it cannot be told: {old} may be in {cells} or in no cell"
_LANDLESS: Final = "by the code alone it cannot be told: the land of {old} is in no cell now"
_KEPT: Final = "by the code alone: {old} kept {percent} percent of its land"
_GONE: Final = "by the code alone it cannot be told: {old} is gone, and no successor is known"
_LEFT: Final = "{old} had the place, no cell has it now"
_ARRIVED: Final = "the place was in no cell, {new} has it now"
_SURE_SHARE: Final = 0.95
_SLIVER: Final = 0.05


@dataclass(frozen=True)
class Reassignment:
    """What `reassign_cases` answers.

    Attributes
    ----------
    table
        Index and order of the cases: ``old_cell``, ``new_cell`` (missing where none), ``change``, ``how`` (of the new
        cell: as in `assign_cases`, or ``lineage`` where the code alone decided), ``reason``.
    counts
        ``rows``, then rows by ``change``; they add up to ``rows``.
    difference
        The comparison of the two versions.
    cases
        The cases as they came.
    renamed
        Cases that by the code alone keep a code that bears another name now.
    reused
        Those of them whose code may have been used again, as the old name stands or the new one stood under another.
    """

    table: pd.DataFrame
    counts: dict[str, int]
    difference: VersionDifference
    cases: pd.DataFrame = field(repr=False)
    renamed: int = 0
    reused: int = 0

    def moved(self) -> pd.DataFrame:
        """Return how many cases went from which cell to which, and why; the most first."""
        rows = self.table[self.table["change"].isin(["moved", "left", "arrived"])]
        pairs = rows[["old_cell", "new_cell", "reason"]].fillna("")
        counts = pairs.value_counts().rename("cases").reset_index()
        return counts.sort_values(["cases", "old_cell", "new_cell", "reason"], ascending=[False, True, True, True])

    def write(self, path: str | Path) -> Path:
        """Write the cases with their old and new cell, and the counts by pair; the suffix decides, as elsewhere.

        Raises
        ------
        StoreError
            The suffix is unknown, an extra is not installed, or the file cannot be written.
        """
        pairs = self.moved().reset_index(drop=True)
        return write_tables({"case": with_answer(self.cases, self.table), "moved": pairs}, Path(path))


def reassign_cases(
    cases: pd.DataFrame,
    old: pd.DataFrame,
    new: pd.DataFrame,
    *,
    code: str = "cell_code",
    column: str | None = None,
    near_m: float = 0.0,
    tolerance_m: float = 0.0,
    old_as_of: Any = None,
    new_as_of: Any = None,
    difference: VersionDifference | None = None,
) -> Reassignment:
    """Give cases the cells of a new version, and say which of them moved and why.

    Parameters
    ----------
    cases
        Points; any CRS, any index (a table without geometry where the versions have none).
    old, new
        The two versions of the cells; or two tables of division codes without geometry, then ``column`` must be given
        and the codes alone decide, where they can.
    code
        Column of the codes of both.
    column
        Column of the codes recorded in the cases, of the old version; by default the old cell is where the place was.
    near_m
        A case in no cell goes to the nearest cell up to this distance.
    tolerance_m
        As in `compare_versions`: narrower land was drawn anew, not moved.
    old_as_of, new_as_of
        Only cells in force on this day.
    difference
        What `compare_versions` found, if it was asked already.

    Returns
    -------
    Reassignment
        ``change`` in its table is ``kept`` (the same code), ``moved`` (another cell), ``left`` (had a cell, has none),
        ``arrived`` (had none, has one) or ``nowhere`` (none before, none now).

    Raises
    ------
    CrsError
        A frame has no coordinate system.
    SchemaError
        Codes are missing or repeated, there is no such column, or none is given and the versions have no geometry.
    GeometryError
        A cell is no polygon.

    Examples
    --------
    >>> from shapely import Point, box
    >>> old = gpd.GeoDataFrame({"cell_code": ["a", "b"]}, geometry=[box(1, 1, 4, 2), box(4, 1, 8, 2)], crs="EPSG:4548")
    >>> new = gpd.GeoDataFrame({"cell_code": ["a", "c"]}, geometry=[box(1, 1, 3, 2), box(3, 1, 8, 2)], crs="EPSG:4548")
    >>> cases = gpd.GeoDataFrame(geometry=[Point(2, 1.5), Point(3.5, 1.5), Point(6, 1.5)], crs="EPSG:4548")
    >>> reassign_cases(cases, old, new).table["reason"].tolist()
    ['', 'land passed from a to c', 'b went into c']
    """
    if column is not None and column not in cases.columns:
        raise SchemaError("the {name} have no column {column}", name="cases", column=column)
    before, after = in_force(old, old_as_of), in_force(new, new_as_of)
    found = difference or compare_versions(before, after, code=code, tolerance_m=tolerance_m)
    recorded = None if column is None else _codes(cases[column])
    spatial = isinstance(before, gpd.GeoDataFrame) and isinstance(after, gpd.GeoDataFrame)
    if not spatial:
        if recorded is None:
            raise SchemaError("without geometry the codes decide; name the column of the codes recorded in the cases")
        recorded = [None if value is None else short_code(value) for value in recorded]
    was, nothing = _located(cases, before, code, near_m) if spatial else _nowhere(cases)
    now, how = _located(cases, after, code, near_m) if spatial else (was, nothing)
    known = set(found.table.loc[found.table["status"] != "added", "code"])
    work = _Work(found, recorded, was, now, how, known)
    table = pd.DataFrame(work.rows(), columns=["old_cell", "new_cell", "change", "how", "reason"], index=cases.index)
    table[["old_cell", "new_cell"]] = table[["old_cell", "new_cell"]].astype("str")
    changes = table["change"].value_counts()
    counts = {"rows": len(table), **{change: int(changes.get(change, 0)) for change in CHANGES}}
    return Reassignment(table, counts, found, cases, *_doubtful(table, found))


def _doubtful(table: pd.DataFrame, difference: VersionDifference) -> tuple[int, int]:
    """Return how many cases keep a renamed code by the code alone, and of how many it may have been used again."""
    named = difference.table.set_index("code").query("status == 'renamed'")
    codes = table.loc[(table["how"] == "lineage") & (table["change"] == "kept"), "new_cell"]
    codes = codes[codes.isin(named.index)]
    suspected = named["went_to"].map(bool) | named["came_from"].map(bool)
    return len(codes), int(suspected.reindex(codes).sum())


def _located(cases: Any, cells: Any, code: str, near_m: float) -> tuple[list[str | None], list[str]]:
    """Return the cell of each case, and how it was found."""
    table = assign_cases(cases, cells, code=code, near_m=near_m, border_m=0.0).table
    return _codes(table["cell"]), table["how"].astype(object).tolist()


def _nowhere(cases: pd.DataFrame) -> tuple[list[str | None], list[str]]:
    """Return no cell for each case."""
    return [None] * len(cases), ["no_position"] * len(cases)


def _codes(column: "pd.Series[Any]") -> list[str | None]:
    """Return codes as text, None where there is none."""
    values = column.astype(object).where(column.notna(), None)
    return [None if value is None or not str(value).strip() else str(value).strip() for value in values]


Row = tuple[str | None, str | None, str, str, str]


@dataclass(frozen=True)
class _Work:
    """What is known of the cases in both versions, row by row."""

    difference: VersionDifference
    recorded: list[str | None] | None
    was: list[str | None]
    now: list[str | None]
    how: list[str]
    known: set[str]

    def rows(self) -> list[Row]:
        """Return the answer of each case; equal cases are thought about once."""
        recorded = self.was if self.recorded is None else self.recorded
        asked = zip(recorded, self.was, self.now, self.how, strict=True)
        memory: dict[Any, Row] = {}
        return [memory.setdefault(key, self._row(*key)) if key not in memory else memory[key] for key in asked]

    def _row(self, recorded: str | None, was: str | None, now: str | None, how: str) -> Row:
        if how == "no_position":
            return self._by_lineage(recorded)
        old = recorded if recorded in self.known or was is None else was
        if old is None or (old not in self.known and now is None):
            return self._never_held(old, now, how)
        notes = []
        if recorded is not None and recorded not in self.known:
            notes.append(say(_UNKNOWN, "en", old=recorded))
        change = "kept" if old == now else "left" if now is None else "moved"
        if now is None:
            notes.append(say(_LEFT, "en", old=old))
        elif change == "moved" and was is None:
            notes.append(say(_NEVER, "en", old=old))
        elif change == "moved":
            if was != old:
                notes.append(say(_ELSEWHERE, "en", old=old, other=was))
            if was != now:
                notes.append(self._why(str(was), now))
        return (old, now, change, how, "; ".join(notes))

    def _never_held(self, old: str | None, now: str | None, how: str) -> Row:
        """Return the answer of a case that no cell of the old version held."""
        if now is None:
            return (old, None, "nowhere", how, "" if old is None else say(_UNKNOWN, "en", old=old))
        return (None, now, "arrived", how, say(_ARRIVED, "en", new=now))

    def _why(self, was: str, now: str) -> str:
        """Return why the land of one cell is now another's."""
        return say(_WORDS.get(self._kinds.get((was, now), ""), _LINE), "en", old=was, new=now)

    @cached_property
    def _kinds(self) -> dict[tuple[str, str], str]:
        """What became of the land of each pair of codes."""
        lineage, pieces = self.difference.lineage, self.difference.pieces
        kinds = dict.fromkeys(zip(pieces["from"], pieces["to"], strict=True), "moved")
        return kinds | dict(zip(zip(lineage["from"], lineage["to"], strict=True), lineage["what"], strict=True))

    @cached_property
    def _status(self) -> dict[str, str]:
        table = self.difference.table
        return dict(zip(table["code"], table["status"], strict=True))

    @cached_property
    def _reasons(self) -> dict[str, str]:
        table = self.difference.table
        return dict(zip(table["code"], table["reason"], strict=True))

    @cached_property
    def _heirs(self) -> dict[str, list[str]]:
        lineage = self.difference.lineage
        return {str(code): sorted(set(rows["to"])) for code, rows in lineage.groupby("from")}

    @cached_property
    def _sure(self) -> set[str]:
        """Codes whose descent is known, not only guessed from names."""
        lineage = self.difference.lineage
        return set(lineage.loc[lineage["what"] != CANDIDATE, "from"])

    def _by_lineage(self, recorded: str | None) -> Row:
        """Return what is known of a case by its code alone."""
        if recorded is None or recorded not in self.known:
            reason = "" if recorded is None else say(_UNKNOWN, "en", old=recorded)
            return (recorded, None, "nowhere", "no_position", reason)
        status, heirs = self._status[recorded], self._heirs.get(recorded, [])
        if status in ("unchanged", "renamed"):
            why = self._reasons[recorded]
            return (recorded, recorded, "kept", "lineage", say(_BY_LINEAGE, "en", why=why) if why else "")
        if status == "removed" and not heirs:
            return (recorded, None, "left", "no_position", say(_GONE, "en", old=recorded))
        heir = self._sure_heir(recorded, heirs)
        if heir == recorded:
            percent = f"{math.floor(1e4 * self._shares[recorded][recorded]) / 100:g}"  # never 100 where land was lost
            return (recorded, heir, "kept", "lineage", say(_KEPT, "en", old=recorded, percent=percent))
        if heir is not None:
            return (recorded, heir, "moved", "lineage", say(_BY_LINEAGE, "en", why=self._why(recorded, heir)))
        return (recorded, None, "left", "no_position", self._open(recorded, heirs))

    def _sure_heir(self, old: str, heirs: list[str]) -> str | None:
        """Return the only cell in which a case of ``old`` can be; None where there are several, or none is sure."""
        shares = self._shares.get(old)
        if shares is None:
            return heirs[0] if len(heirs) == 1 and old in self._sure else None
        own = [old] if shares.get(old, 0.0) >= _SLIVER else []
        possible = {*heirs, *own}
        sure = len(possible) == 1 and shares.get(min(possible), 0.0) >= _SURE_SHARE
        return min(possible) if sure else None

    def _open(self, old: str, heirs: list[str]) -> str:
        """Return the sentence on a code of which several cells, or none, may have the place."""
        shares = self._shares.get(old, {})
        most = [code for code, share in shares.items() if code and share >= _SLIVER]
        cells = sorted({*heirs, *most}) or sorted(code for code, share in shares.items() if code and share)
        if not cells:
            return say(_LANDLESS, "en", old=old)
        template = _OPEN_OR_NONE if shares.get("", 0.0) >= _SLIVER else _OPEN
        return say(template, "en", old=old, cells=", ".join(cells))

    @cached_property
    def _shares(self) -> dict[str, dict[str, float]]:
        """Where the land of each code is now, as shares of it; empty text is no cell, and lists have no land."""
        if self.difference.area_m2 is None:
            return {}
        table, pieces = self.difference.table, self.difference.pieces
        areas = dict(zip(table["code"], table["old_area_m2"], strict=True))
        rows = zip(table["code"], table["kept_share"], strict=True)
        shares = {str(code): {} if math.isnan(kept) else {str(code): float(kept)} for code, kept in rows}
        for before, after, area in zip(pieces["from"], pieces["to"], pieces["area_m2"], strict=True):
            if before:
                shares[before][after] = float(area / areas[before])
        return shares
