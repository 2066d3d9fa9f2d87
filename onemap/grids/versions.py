"""Two versions of the cells compared: added, removed, redrawn, renamed, and who and what moved with the land."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from onemap.domain.succession import CodeChange, CodeComparison, compare_code_lists
from onemap.domain.validity import as_day
from onemap.errors import SchemaError
from onemap.geo.coverage import check_tolerance
from onemap.geo.dated import in_force
from onemap.geo.defects import write_number
from onemap.geo.ownership import own_polygons
from onemap.grids.land import NOBODY, Version, moved_land, read_version
from onemap.grids.lineage import CANDIDATE, MERGE, RECODED, Link, Overlap, lineage_table, read_lineage
from onemap.grids.version_row import LEAST_SHARE, VersionRow
from onemap.store.tables import write_tables
from onemap.translation import say

__all__ = ["STATUS", "VersionDifference", "compare_versions", "in_force"]

STATUS: Final = ("added", "removed", "redrawn", "renamed", "unchanged")
COLUMNS: Final = (
    "code", "status", "old_name", "new_name", "old_area_m2", "new_area_m2", "gained_m2", "lost_m2", "kept_share",
    "houses_in", "houses_out", "cases_in", "cases_out", "came_from", "went_to", "reason",
)  # fmt: skip
PIECES: Final = ("from", "to", "area_m2", "width_m", "houses", "cases")
_COUNTS: Final = "{added} added, {removed} removed, {redrawn} redrawn, {renamed} renamed, {unchanged} unchanged"
_SENTENCES: Final = {
    (): _COUNTS,
    ("area",): _COUNTS + ": {area} m2 moved",
    ("area", "houses"): _COUNTS + ": {area} m2 and {houses} houses moved",
    ("area", "cases"): _COUNTS + ": {area} m2 and {cases} cases moved",
    ("area", "houses", "cases"): _COUNTS + ": {area} m2, {houses} houses and {cases} cases moved",
}
Heirs = dict[str, tuple[str, ...]]
_ELSEWHERE: Final = "the code may have been used again: {name} may be {cells} now"
_NO_LAND: Final = (
    "lists of codes have no land, so no houses or cases can be counted: leave these out, or give the cells"
)
_FROM_ELSEWHERE: Final = "the code may have been used again: {name} may have been {cells} before"


@dataclass(frozen=True)
class VersionDifference:
    """What `compare_versions` found.

    Attributes
    ----------
    table
        One row a code of either version, in order of the codes, see `compare_versions`.
    lineage
        What became of what: ``what from to area_m2 share_from share_to when who why``.
    pieces
        The land that changed hands, one row a pair of codes, the largest first: ``from to area_m2 width_m houses cases
        geometry``; empty text where the land had or has no cell. A map of it is a map of the change.
    houses, cases
        How many houses and cases have another cell now; None where they were not asked.
    """

    table: pd.DataFrame
    lineage: pd.DataFrame
    pieces: gpd.GeoDataFrame
    houses: int | None = None
    cases: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Number of codes of each status."""
        found = self.table["status"].value_counts()
        return {status: int(found.get(status, 0)) for status in STATUS}

    @property
    def area_m2(self) -> float | None:
        """Land that changed hands; None where the versions have no geometry."""
        return None if self.pieces.crs is None else float(self.pieces["area_m2"].sum())

    @property
    def sentence(self) -> str:
        """The difference in one English sentence; what was not asked is left out."""
        area = None if self.area_m2 is None else write_number(self.area_m2)
        moved = {"area": area, "houses": self.houses, "cases": self.cases}
        known = {what: count for what, count in moved.items() if count is not None}
        return say(_SENTENCES[tuple(known)], "en", **self.counts, **known)

    def write(self, path: str | Path) -> Path:
        """Write the table, the lineage and the pieces: ``.gpkg`` or ``.xlsx`` in one file, ``.csv`` side by side.

        Raises
        ------
        StoreError
            The suffix is none of these, an extra is not installed, or the file cannot be written.
        """
        return write_tables({"version": self.table, "lineage": self.lineage, "piece": self.pieces}, Path(path))


def compare_versions(
    old: pd.DataFrame,
    new: pd.DataFrame,
    *,
    code: str = "cell_code",
    name: str = "name",
    houses: gpd.GeoDataFrame | None = None,
    cases: gpd.GeoDataFrame | None = None,
    tolerance_m: float = 0.0,
    old_as_of: Any = None,
    new_as_of: Any = None,
    when: Any = None,
) -> VersionDifference:
    """Compare two versions of the cells, or one dated frame on two days.

    Parameters
    ----------
    old, new
        Cells with a unique code, in any CRS; or two tables of division codes without geometry, which are compared by
        `compare_code_lists` (then areas are unknown, and the lineage holds candidates with their evidence).
    code, name
        Columns of the codes and of the names; without names nothing is renamed.
    houses, cases
        Houses (polygons or points) and cases (points): those with another cell than before are counted.
    tolerance_m
        Connected land into which no circle of this diameter fits was drawn anew, not moved: 0 counts every difference,
        1 leaves out what a new survey of the same line leaves.
    old_as_of, new_as_of
        Only rows in force on this day; see `in_force`.
    when
        Day from which the new version holds, for the lineage; by default ``new_as_of``.

    Returns
    -------
    VersionDifference
        ``table`` with a row for each code:

        - ``status``: ``added``, ``removed``, ``redrawn`` (the same code, other land), ``renamed`` (the same code and
          land, another name), ``unchanged``;
        - ``old_name new_name old_area_m2 new_area_m2``; ``gained_m2`` and ``lost_m2``: land from and to other codes or
          none; ``kept_share`` of its old land;
        - ``houses_in houses_out cases_in cases_out``;
        - ``came_from``, ``went_to``: codes it took land from and lost land to; ``reason``: a sentence.

    Raises
    ------
    CrsError
        A frame has no coordinate system.
    SchemaError
        Codes are missing or repeated, the tolerance is no width, only one of the two has geometry, or houses or cases
        shall be counted where neither has.
    GeometryError
        A cell is no polygon.

    Examples
    --------
    >>> from shapely import box
    >>> old = gpd.GeoDataFrame({"cell_code": ["a", "b"]}, geometry=[box(0, 0, 4, 2), box(4, 0, 8, 2)], crs="EPSG:4548")
    >>> new = gpd.GeoDataFrame({"cell_code": ["a", "c"]}, geometry=[box(0, 0, 3, 2), box(3, 0, 8, 2)], crs="EPSG:4548")
    >>> difference = compare_versions(old, new)
    >>> difference.table[["code", "status", "gained_m2", "lost_m2"]].to_numpy().tolist()
    [['a', 'redrawn', 0.0, 2.0], ['b', 'removed', 0.0, 8.0], ['c', 'added', 10.0, 0.0]]
    >>> difference.lineage[["what", "from", "to"]].to_numpy().tolist()
    [['moved', 'a', 'c'], ['merge', 'b', 'c']]
    """
    tolerance = check_tolerance(tolerance_m)
    before, after = in_force(old, old_as_of), in_force(new, new_as_of)
    day = as_day(new_as_of if when is None else when)
    spatial = [isinstance(frame, gpd.GeoDataFrame) for frame in (before, after)]
    if not any(spatial):
        if houses is not None or cases is not None:
            raise SchemaError(_NO_LAND)
        return _compare_lists(before, after, code=code, name=name, when=day)
    if not all(spatial):
        raise SchemaError("one of the two versions has no geometry; give both with it, or both without")
    frames = _Frames(gpd.GeoDataFrame(before), gpd.GeoDataFrame(after), code)
    return _Difference(frames, name, tolerance, houses=houses, cases=cases).result(day)


@dataclass(frozen=True)
class _Frames:
    """The two versions as they came."""

    old: gpd.GeoDataFrame
    new: gpd.GeoDataFrame
    code: str

    def owners(self, features: gpd.GeoDataFrame | None) -> pd.DataFrame:
        """Return the cell of each feature in each version, empty text for none, of those that have another now."""
        if features is None or not len(features):
            return pd.DataFrame({"from": [], "to": []}, dtype=object)
        found = {
            side: own_polygons(features, cells, code=self.code)["cell"].astype(object).fillna("").astype(str).to_numpy()
            for side, cells in (("from", self.old), ("to", self.new))
        }
        table = pd.DataFrame(found, dtype=object)
        return table[table["from"] != table["to"]]


class _Difference:
    """One comparison with what it is made of."""

    def __init__(self, frames: _Frames, name: str, tolerance_m: float, *, houses: Any, cases: Any) -> None:
        self.new = read_version(frames.new, frames.code)
        self.old = read_version(frames.old, frames.code, CRS(frames.new.crs))
        self.names = [_names(cells, frames.code, name) for cells in (frames.old, frames.new)]
        self.land = moved_land(self.old, self.new, tolerance_m=tolerance_m)
        self.land["from"] = _coded(self.old, self.land["before"])
        self.land["to"] = _coded(self.new, self.land["after"])
        self.houses, self.cases = frames.owners(houses), frames.owners(cases)
        self.asked = houses is not None, cases is not None
        self.old_area = dict(zip(self.old.codes.tolist(), self.old.area_m2.tolist(), strict=True))
        self.new_area = dict(zip(self.new.codes.tolist(), self.new.area_m2.tolist(), strict=True))

    def result(self, when: dt.date | None) -> VersionDifference:
        table = self.table()
        kept = table[table["kept_share"] >= LEAST_SHARE]["code"]
        links = read_lineage(self.overlaps(), goes_on=set(kept), least_share=LEAST_SHARE)
        counts = [len(x) if asked else None for x, asked in zip((self.houses, self.cases), self.asked, strict=True)]
        return VersionDifference(table, lineage_table(links, when=when), self.pieces(), *counts)

    def overlaps(self) -> list[Overlap]:
        """Return the land that passed between two cells."""
        found = self.land[(self.land["before"] != NOBODY) & (self.land["after"] != NOBODY)]
        return [
            Overlap(before, after, area, area / self.old_area[before], area / self.new_area[after])
            for before, after, area in zip(found["from"], found["to"], found["area_m2"], strict=True)
        ]

    def pieces(self) -> gpd.GeoDataFrame:
        """Return the land that changed hands, the largest first."""
        counts = {}
        for what, moved in (("houses", self.houses), ("cases", self.cases)):
            by_pair = moved.groupby(["from", "to"]).size().to_dict() if len(moved) else {}
            pairs = zip(self.land["from"], self.land["to"], strict=True)
            counts[what] = [int(by_pair.get(pair, 0)) for pair in pairs]
        found = self.land.assign(**counts).sort_values(["area_m2", "from", "to"], ascending=[False, True, True])
        return found[[*PIECES, "geometry"]].reset_index(drop=True)

    def table(self) -> pd.DataFrame:
        """Return one row a code."""
        gained = self.land.groupby("to")["area_m2"].sum().to_dict()
        lost = self.land.groupby("from")["area_m2"].sum().to_dict()
        came, went = _partners(self.land, "to", "from"), _partners(self.land, "from", "to")
        rows = []
        for code in sorted(self.old_area.keys() | self.new_area.keys()):
            was, is_ = self.old_area.get(code, np.nan), self.new_area.get(code, np.nan)
            into, out = float(gained.get(code, 0.0)), float(lost.get(code, 0.0))
            old_name, new_name = (names.get(code, "") for names in self.names)
            kept = max(0.0, 1.0 - out / was) if was and not np.isnan(is_) else np.nan
            status = _status(was, is_, moved=bool(into or out), renamed=old_name != new_name)
            row = VersionRow(code, status, old_name, new_name, into, out, kept, came.get(code, ()), went.get(code, ()))
            rows.append(
                {
                    "code": code, "status": status, "old_name": old_name, "new_name": new_name, "old_area_m2": was,
                    "new_area_m2": is_, "gained_m2": into, "lost_m2": out, "kept_share": kept,
                    "came_from": row.came_from, "went_to": row.went_to, "reason": row.sentence(),
                }
            )  # fmt: skip
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        for what, features in (("houses", self.houses), ("cases", self.cases)):
            for way, side in (("in", "to"), ("out", "from")):
                counts = features[side].value_counts().to_dict()
                table[f"{what}_{way}"] = table["code"].map(lambda c, n=counts: int(n.get(c, 0))).astype("int64")
        return table


def _status(was: float, is_: float, *, moved: bool, renamed: bool) -> str:
    if np.isnan(was):
        return "added"
    if np.isnan(is_):
        return "removed"
    return "redrawn" if moved else "renamed" if renamed else "unchanged"


def _names(cells: gpd.GeoDataFrame, code: str, name: str) -> dict[str, str]:
    if name not in cells.columns:
        return {}
    names = cells[name].astype(object).where(cells[name].notna(), "").astype(str)
    return dict(zip(cells[code].astype(str), names, strict=True))


def _coded(version: Version, rows: "pd.Series[Any]") -> list[str]:
    """Return the codes at positions, empty text for none."""
    return ["" if row == NOBODY else str(version.codes[row]) for row in rows]


def _partners(land: pd.DataFrame, of: str, other: str) -> dict[Any, tuple[str, ...]]:
    """Return the codes on the other side of the land of each code, the largest piece first."""
    order = land.sort_values(["area_m2", other], ascending=[False, True])
    return {key: tuple(rows[other]) for key, rows in order.groupby(of)}


def _compare_lists(
    old: pd.DataFrame, new: pd.DataFrame, *, code: str, name: str, when: dt.date | None
) -> VersionDifference:
    """Compare two tables of division codes that have no geometry, by codes and names."""
    pairs = []
    for table in (old, new):
        missing = [column for column in (code, name) if column not in table.columns]
        if missing:
            raise SchemaError("the {name} have no column {column}", name="codes", column=missing[0])
        text = table[[code, name]].astype(object)
        pairs.append(list(text.where(text.notna(), "").astype(str).itertuples(index=False, name=None)))
    compared = compare_code_lists(*pairs)
    status = {"kept": "unchanged", "renamed": "renamed", "gone": "removed", "new": "added"}
    nothing = {column: np.nan for column in COLUMNS if column.endswith(("_m2", "_share"))}
    nothing |= {column: 0 for column in COLUMNS if column.endswith(("_in", "_out"))}
    heirs = _heirs(compared)
    came: Heirs = {}
    for before, afters in heirs.items():
        for after in afters:
            came[after] = (*came.get(after, ()), before)
    rows = [
        {
            "code": row.code, "status": status[row.status], "old_name": row.old_name, "new_name": row.new_name,
            **nothing, "came_from": came.get(row.code, ()), "went_to": heirs.get(row.code, ()),
            "reason": _named_anew(row, came.get(row.code, ()), heirs.get(row.code, ())),
        }
        for row in compared.rows
    ]  # fmt: skip
    empty = gpd.GeoDataFrame({column: [] for column in PIECES}, geometry=[])
    return VersionDifference(
        pd.DataFrame(rows, columns=list(COLUMNS)), lineage_table(_descent(compared, heirs, came), when=when), empty
    )


def _named_anew(row: CodeChange, came: tuple[str, ...], went: tuple[str, ...]) -> str:
    """Return what is said of a code with another name: who has its old name, or had its new one, may be the same."""
    if row.status != "renamed":
        return ""
    said = [say("named {new}, before {old}", new=row.new_name or "-", old=row.old_name or "-")]
    if went:
        said.append(say(_ELSEWHERE, name=row.old_name, cells=", ".join(went)))
    if came:
        said.append(say(_FROM_ELSEWHERE, name=row.new_name, cells=", ".join(came)))
    return "; ".join(said)


def _descent(compared: CodeComparison, heirs: Heirs, came: Heirs) -> list[Link]:
    """Return the successors of each code as links: sure of their kind only where its parent agrees with one alone."""
    reasons = {(row.code, s.code): s.reason for row in compared.rows for s in row.successors}
    sure = {row.code for row in compared.rows if sum(s.parent_agrees for s in row.successors) == 1}
    links = []
    for before, afters in heirs.items():
        for after in afters:
            merged = sum(other in sure for other in came[after]) > 1
            what = CANDIDATE if before not in sure else MERGE if merged else RECODED
            links.append(Link(what, before, after, why=reasons[before, after]))
    return links


def _heirs(compared: CodeComparison) -> Heirs:
    """Return the successors of each code: the one whose parent agrees where there is one such, else all candidates."""
    heirs: Heirs = {}
    for row in compared.rows:
        agreeing = tuple(s.code for s in row.successors if s.parent_agrees)
        if row.successors:
            heirs[row.code] = agreeing if len(agreeing) == 1 else tuple(s.code for s in row.successors)
    return heirs
