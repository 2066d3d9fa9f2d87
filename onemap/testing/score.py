"""How well onemap finds what was planted: recall and precision, kind by kind."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from onemap.responsibility import ResponsibilityMatrix
from onemap.store.one_map import OneMap, open_map

from .planted import Planted, read_planted

_ALIKE = 0.99  # share that a found and a planted area must have in common
_NEAR_M = 0.01
_PLACED = ("gap", "allowed_gap", "overlap", "outside", "mismatch", "cut")
_TIMED = ("nobody", "vacant", "expired", "not_yet", "off_shift", "tie", "two_holders")
_DRAWN = {"claimed_twice": "overlap", "outside": "outside", "cut": "cut"}
_ROWS = {"duplicate": "duplicate_row", "outside": "outside_row"}


@dataclass(frozen=True)
class Found:
    """One finding of a one map: its kind, layer, agency, whom it concerns, where, and the table it stands in."""

    kind: str
    layer_id: str
    agency: str
    ids: frozenset[str]
    geometry: Any
    table: str
    when: str = ""


@dataclass(frozen=True)
class Score:
    """How the findings answer to what was planted.

    Attributes
    ----------
    table
        One row a kind: ``kind planted matched recall found justified precision``.
    missed
        What was planted and not found.
    invented
        What was found and not planted.
    """

    table: pd.DataFrame
    missed: tuple[Planted, ...]
    invented: tuple[Found, ...]

    @property
    def perfect(self) -> bool:
        """All found, none invented."""
        return not self.missed and not self.invented

    @property
    def recall(self) -> float:
        """Share of what was planted that was found."""
        planted = self.table["planted"].sum()
        return float(self.table["matched"].sum() / planted) if planted else 1.0

    @property
    def precision(self) -> float:
        """Share of the findings that were planted."""
        found = self.table["found"].sum()
        return float(self.table["justified"].sum() / found) if found else 1.0


def score(one_map: Any, planted: str | Path | Iterable[Planted]) -> Score:
    """Compare the findings of a one map with what was planted in its sources.

    A planted area is found where a finding of its kind, layer and agency has the same place; a planted fault of a row
    where a finding names the same row or object. One fault may show in several tables (a gap of the coverage, and of
    the land that nobody answers for): each of these findings is justified by it.

    Parameters
    ----------
    one_map
        A `OneMap`, the result of `onemap.run`, or the path of the GeoPackage.
    planted
        The list, or the path of ``planted.json``.

    Returns
    -------
    Score
        ``.perfect``, ``.recall``, ``.precision``, ``.table`` by kind, ``.missed`` and ``.invented``.

    Raises
    ------
    OnemapError
        The one map cannot be opened.
    """
    faults = read_planted(planted) if isinstance(planted, str | Path) else list(planted)
    findings = list(found_in(_opened(one_map)))
    matched, justified = np.zeros(len(faults), dtype=bool), np.zeros(len(findings), dtype=bool)
    by_kind: dict[tuple[str, str, str], list[int]] = {}
    for number, fault in enumerate(faults):
        by_kind.setdefault((fault.kind, fault.layer_id, fault.agency), []).append(number)
    by_id: dict[tuple[str, ...], list[int]] = {}  # rows of two files may have the same number
    for number, fault in enumerate(faults):
        for one in fault.ids:
            by_id.setdefault((fault.kind, fault.layer_id, fault.agency, one), []).append(number)
    places = [fault.geometry for fault in faults]
    for number, found in enumerate(findings):
        key = (found.kind, found.layer_id, found.agency)
        if found.kind in (*_PLACED, *_TIMED):
            alike = [n for n in by_kind.get(key, []) if found.kind in _PLACED or faults[n].when == found.when]
            answers = [n for n in alike if _same_place(found.geometry, places[n])]
        else:
            answers = [n for one in found.ids for n in by_id.get((*key, one), [])]
        matched[answers] = True
        justified[number] = bool(answers)
    return Score(
        table=_by_kind(faults, matched, findings, justified),
        missed=tuple(fault for fault, ok in zip(faults, matched, strict=True) if not ok),
        invented=tuple(found for found, ok in zip(findings, justified, strict=True) if not ok),
    )


def _opened(one_map: Any) -> OneMap:
    if isinstance(one_map, str | Path):
        return open_map(one_map)
    return one_map if isinstance(one_map, OneMap) else open_map(one_map.path)


def found_in(one_map: OneMap) -> Iterator[Found]:
    """Yield every finding of a one map, whatever table it stands in."""
    for table in ("defect", "defect_line"):
        for row in _rows(one_map, table):
            kind = "allowed_gap" if row["kind"] == "gap" and row["allowed"] else row["kind"]
            ids = frozenset(_text(row["cells"]).split(";"))
            yield Found(kind, row["layer_id"], _text(row["agency"]), ids, row["geometry"], table)
    for row in _rows(one_map, "coverage_gap"):
        ids = frozenset([_text(row["gap_id"])])
        yield Found("gap", row["layer_id"], _text(row["agency"]), ids, row["geometry"], "coverage_gap")
    for row in _rows(one_map, "reject"):
        one = _text(row["found"]) if pd.isna(row["row"]) else str(int(row["row"]))
        yield _of_row(_ROWS.get(row["kind"], row["kind"]), row["layer_id"], one, "reject")
    for table, kind in (("repair", "repair"), ("object_gap", "object_gap")):
        yield from (_of_row(kind, row["layer_id"], row["object_id"], table) for row in _rows(one_map, table))
    yield from _of_layers(one_map)
    yield from _of_duties(one_map)


def _of_layers(one_map: OneMap) -> Iterator[Found]:
    """Yield what is not complete, and the cases on a border or without position."""
    for row in _rows(one_map, "completeness"):
        if row["state"] != "present":
            yield _of_row(row["state"], _text(row["layer_id"]), row["street_code"], "completeness")
    for row in _rows(one_map, "case"):
        if row["how"] in ("border", "no_position"):
            yield _of_row(row["how"], "case", row["case_code"], "case")


def _of_duties(one_map: OneMap) -> Iterator[Found]:
    """Yield land and hours for which nobody answers, and what several claim: the week after the map's date."""
    if not one_map.has("duty"):
        return
    for row in _rows(one_map, "duty_gap"):
        yield _of_post(row["cause"], "duty", row, "duty_gap")
    matrix = ResponsibilityMatrix.from_map(one_map)
    for row in matrix.conflicts(start=one_map.district.get("as_of")).to_dict("records"):
        cause = row["cause"]
        layer = "duty_grid" if cause in _DRAWN else "duty"
        yield _of_post(_DRAWN.get(cause, cause), layer, row, "conflicts")


def _of_post(kind: str, layer: str, row: dict[Any, Any], table: str) -> Found:
    ids = frozenset(_text(row["cells"]).split(", "))
    return Found(kind, layer, _text(row["agency"]), ids, row["geometry"], table, _text(row["intervals"]))


def _of_row(kind: str, layer_id: str, one: Any, table: str) -> Found:
    return Found(kind, layer_id, "", frozenset([_text(one)]), None, table)


def _rows(one_map: OneMap, layer: str) -> list[dict[str, Any]]:
    if not one_map.has(layer):
        return []
    return [dict(row) for row in one_map.read(layer).to_dict("records")]


def _text(value: Any) -> str:
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else str(value)


def _same_place(found: Any, planted: Any) -> bool:
    """Say whether two areas are the same but for rounding, or a line lies on the planted one."""
    if found is None or planted is None:
        return False
    if shapely.area(found) == 0 or shapely.area(planted) == 0:
        return bool(shapely.hausdorff_distance(found, planted) < _NEAR_M or shapely.dwithin(found, planted, _NEAR_M))
    if not shapely.intersects(found, planted):
        return False
    common = shapely.area(shapely.intersection(found, planted))
    return bool(common >= _ALIKE * max(shapely.area(found), shapely.area(planted)))


def _by_kind(faults: list[Planted], matched: np.ndarray, findings: list[Found], justified: np.ndarray) -> pd.DataFrame:
    """Return planted, found and their shares for each kind."""
    planted = pd.DataFrame({"kind": [fault.kind for fault in faults], "planted": 1, "matched": matched.astype(int)})
    found = pd.DataFrame({"kind": [one.kind for one in findings], "found": 1, "justified": justified.astype(int)})
    table = planted.groupby("kind").sum().join(found.groupby("kind").sum(), how="outer").fillna(0).astype(int)
    table["recall"] = np.where(table["planted"] > 0, table["matched"] / table["planted"].clip(lower=1), 1.0)
    table["precision"] = np.where(table["found"] > 0, table["justified"] / table["found"].clip(lower=1), 1.0)
    order = ["planted", "matched", "recall", "found", "justified", "precision"]
    return table[order].reset_index()
