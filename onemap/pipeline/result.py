"""What a run answers: where the map and the reports lie, the counts, and the sentences that sum them up."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from onemap.domain.journal import ACCEPT_REPAIR
from onemap.geo.defects import write_number
from onemap.store.one_map import OneMap, open_map
from onemap.translation import say


@dataclass(frozen=True)
class RunResult:
    """A finished run.

    Attributes
    ----------
    path
        The published map (GeoPackage).
    report
        The reports by language.
    tables
        The tables (CSV) by name.
    counts
        ``rows_in rows_out rows_rejected rows_outside rows_repaired`` of all sources; ``values_unused``, the values that
        are empty in the map since they mean nothing that it knows; ``cases``, the cases by ``how``
        (``inside border near outside no_position decided``), ``near_border``, ``failed_geocodes``,
        ``decisions_open`` (that could not be followed); of decisions about findings ``repairs_carried_out`` with
        ``repaired_m2``, ``findings_allowed`` and ``finding_decisions_open``; ``cells``; ``defects`` and
        ``defects_allowed`` of all coverages; of the finest level ``gaps``, ``gap_area_m2``, ``overlaps``,
        ``overlap_area_m2``; ``outside_in_gaps``, cases in gaps of the finest level; ``object_gaps``; ``findings``, the
        defects that nobody allowed and the object gaps.
    balance
        Rows in, out, rejected and outside of each source.
    """

    path: Path
    report: Mapping[str, Path]
    tables: Mapping[str, Path]
    counts: Mapping[str, Any]
    balance: pd.DataFrame

    @cached_property
    def one_map(self) -> OneMap:
        """The published map."""
        return open_map(self.path, verify=False)

    def summary(self, language: str = "en") -> list[str]:
        """Return the sentences that answer what a leader asks first: whether the district is covered, where cases are.

        Parameters
        ----------
        language
            ``"en"`` or ``"zh"``.
        """
        count = self.counts
        sentences = [self._covered(language), *self._slits(language)]
        if count["cases"]:
            sentences.append(
                say(
                    "{cases} cases: {placed} in exactly one cell, {outside} outside, {no_position} without position; "
                    "{near_border} near a border",
                    language,
                    placed=count["inside"] + count["border"] + count["near"] + count["decided"],
                    **{name: count[name] for name in ("cases", "outside", "no_position", "near_border")},
                )
            )
        if count["decided"] or count["decisions_open"]:
            sentences.append(
                say(
                    "{decided} cases as people decided; {decisions_open} decisions could not be followed",
                    language,
                    **{name: count[name] for name in ("decided", "decisions_open")},
                )
            )
        if any(count[name] for name in _JUDGED):
            sentences.append(
                say(
                    "{repairs_carried_out} accepted repairs are carried out ({area} m2), {findings_allowed} findings "
                    "are allowed; {finding_decisions_open} decisions about findings could not be followed",
                    language,
                    area=write_number(count["repaired_m2"]),
                    **{name: count[name] for name in _JUDGED},
                )
            )
        if count["outside_in_gaps"]:
            sentences.append(say(_IN_GAPS[count["outside_in_gaps"] == 1], language, count=count["outside_in_gaps"]))
        sentences.append(
            say(
                "{rows_in} rows read: {rows_out} in the map, {rows_rejected} rejected, {rows_outside} outside; "
                "{rows_repaired} repaired",
                language,
                **{name: count[name] for name in _ROWS},
            )
        )
        if count["values_unused"]:
            layers = ", ".join(f"{name} {n:,}" for name, n in _unused(self.one_map.read("reject")).items())
            told = _UNUSED[count["values_unused"] == 1]
            sentences.append(say(told, language, count=count["values_unused"], layers=layers))
        if count["object_gaps"]:
            sentences.append(say(_IN_NO_CELL[count["object_gaps"] == 1], language, count=count["object_gaps"]))
        return sentences

    def _slits(self, language: str) -> list[str]:
        """Return what to do about gaps, or differences between levels, that are all mere slits of the drawing."""
        said = []
        for name, template in _SLITS.items():
            widest = self.counts.get(name, 0.0)
            step = next((step for step in _TOLERANCES_M if 0 < widest < step), None)
            if step is not None:
                said.append(say(template, language, width=f"{write_number(widest)} m", tolerance=step))
        return said

    def _covered(self, language: str) -> str:
        count = self.counts
        district = self.one_map.district
        name = district.get("name_en") if language == "en" else district.get("name")
        if not count["gaps"] and not count["overlaps"]:
            return say(
                "Is {district} covered? Yes: {cells} cells cover it once and wholly",
                language,
                district=name or district["name"],
                cells=count["cells"],
            )
        return say(
            "Is {district} covered? No: {gaps} gaps ({gap_area} m2) and {overlaps} overlaps ({overlap_area} m2) "
            "among {cells} cells",
            language,
            district=name or district["name"],
            gap_area=f"{count['gap_area_m2']:,.0f}",
            overlap_area=f"{count['overlap_area_m2']:,.0f}",
            **{key: count[key] for key in ("gaps", "overlaps", "cells")},
        )


_TOLERANCES_M = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5)
_SLITS = {
    "widest_gap_m": "No gap is wider than {width}: such slits come from lines that were drawn or converted apart. "
    "With tolerance_m = {tolerance} under [coverage] in the manifest they count as edges that do not match.",
    "widest_nesting_m": "No difference between the levels is wider than {width}: such slits come from lines that were "
    "drawn or converted apart. "
    "With tolerance_m = {tolerance} under [coverage] in the manifest they count as edges that do not match.",
}
_IN_GAPS = {
    False: "{count} of the cases outside lie in gaps between the cells: they are placed once those are closed",
    True: "1 of the cases outside lies in a gap between the cells: it is placed once that is closed",
}
_IN_NO_CELL = {False: "{count} objects lie in no cell", True: "1 object lies in no cell"}
_UNUSED = {
    False: "{count} values could not be used and are empty in the map ({layers}); the tables and the report list them",
    True: "1 value could not be used and is empty in the map ({layers}); the tables and the report list it",
}
_JUDGED = ("repairs_carried_out", "findings_allowed", "finding_decisions_open")
_ROWS = ("rows_in", "rows_out", "rows_rejected", "rows_outside", "rows_repaired")


def counts_of(
    frames: Mapping[str, pd.DataFrame], balance: pd.DataFrame, *, finest: str, assigned: Mapping[str, int]
) -> dict[str, Any]:
    """Return the counts of a run from its tables."""
    counts: dict[str, Any] = {name: int(balance[name].sum()) if len(balance) else 0 for name in _ROWS}
    counts["cases"] = int(assigned.get("rows", 0))
    for name in ("inside", "border", "near", "outside", "no_position", "decided", "near_border", "failed_geocodes"):
        counts[name] = int(assigned.get(name, 0))
    counts["values_unused"] = sum(_unused(frames.get("reject")).values())
    followed = frames["decision"]["followed"].astype(bool) if "decision" in frames else pd.Series(dtype=bool)
    counts["decisions_open"] = int((~followed).sum())
    counts |= _judged(frames.get("finding_decision"))
    areas, lines = frames["defect"], frames["defect_line"]
    counts["defects"] = len(areas) + len(lines)
    counts["defects_allowed"] = int(areas["allowed"].astype(bool).sum()) + int(lines["allowed"].astype(bool).sum())
    own = areas[(areas["layer_id"] == finest) & ~areas["allowed"].astype(bool)]
    counts["cells"] = len(frames[finest])
    for kind, many in (("gap", "gaps"), ("overlap", "overlaps")):
        found = own[own["kind"] == kind]
        counts[many] = len(found)
        counts[f"{kind}_area_m2"] = float(found["area_m2"].sum())
    land = frames["coverage_gap"] if "coverage_gap" in frames else pd.DataFrame(columns=["layer_id", "cases"])
    counts["outside_in_gaps"] = int(land.loc[land["layer_id"] == finest, "cases"].sum())
    counts["widest_gap_m"] = _widest(own[own["kind"] == "gap"])
    counts["widest_nesting_m"] = _widest(areas[(areas["kind"] == "nesting") & ~areas["allowed"].astype(bool)])
    counts["object_gaps"] = _open(frames["object_gap"]) if "object_gap" in frames else 0
    counts["findings"] = counts["defects"] - counts["defects_allowed"] + counts["object_gaps"]
    return counts


def _judged(decisions: pd.DataFrame | None) -> dict[str, Any]:
    """Return what became of decisions about findings."""
    if decisions is None:
        return {**dict.fromkeys(_JUDGED, 0), "repaired_m2": 0.0}
    followed = decisions["followed"].astype(bool)
    repairs = decisions[followed & (decisions["verb"] == ACCEPT_REPAIR)]
    return {
        "repairs_carried_out": len(repairs),
        "findings_allowed": int(followed.sum()) - len(repairs),
        "finding_decisions_open": int((~followed).sum()),
        "repaired_m2": float(repairs["area_m2"].astype("float64").sum()),
    }


def _unused(rejects: pd.DataFrame | None) -> dict[str, int]:
    """Return by layer how many values meant nothing that the map knows, in rows that stay; most first."""
    if rejects is None or not len(rejects):
        return {}
    layers = rejects["layer_id"][(rejects["kind"] == "bad_value") & ~rejects["removed"].astype(bool)].value_counts()
    return {str(name): int(n) for name, n in sorted(layers.items(), key=lambda item: (-item[1], str(item[0])))}


def _open(found: pd.DataFrame) -> int:
    """Return how many findings nobody allowed."""
    return len(found) - (int(found["allowed"].sum()) if "allowed" in found else 0)


def _widest(found: pd.DataFrame) -> float:
    width = pd.to_numeric(found["width_m"], errors="coerce").max()
    return 0.0 if pd.isna(width) else float(width)
