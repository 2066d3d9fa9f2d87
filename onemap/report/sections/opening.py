"""The first page: is the district covered? One sentence, then what proves it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely
from markupsafe import Markup

from onemap.domain.map_version import map_version
from onemap.report.facts import Facts
from onemap.report.signs import verdict_sign
from onemap.report.wording import Wording

from .parts import Desk

_TOLERANCES_M = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class KeyFigure:
    """One of the figures under the answer."""

    value: str
    text: str
    link: str
    tone: str = "quiet"


@dataclass(frozen=True)
class Opening:
    """The answer, the sentences that follow it, and the key figures."""

    verdict: str  # good, bad, open
    sign: Markup
    answer: str
    sentences: Sequence[str]
    figures: Sequence[KeyFigure]
    stamp: Sequence[tuple[str, str]]


def opening(desk: Desk) -> Opening:
    """Return the first page."""
    facts, words = desk.facts, desk.words
    verdict = "open" if facts.cells is None else "bad" if len(facts.uncovered) else "good"
    return Opening(
        verdict=verdict,
        sign=verdict_sign(good=verdict == "good"),
        answer=_answer(facts, words),
        sentences=[text for text in (say(facts, words) for say in (_slits, _overlaps, _agencies, _cases)) if text],
        figures=_figures(desk),
        stamp=_stamp(facts, words),
    )


def _answer(facts: Facts, words: Wording) -> str:
    name = district_name(facts, words)
    if facts.cells is None:
        return words.say("It cannot be said whether {district} is covered: this map holds no grids.", district=name)
    gaps = facts.uncovered
    if not len(gaps):
        return words.say(
            "Yes: {district} is covered. Its {cells} cells leave no gap in {area}.",
            district=name,
            cells=words.number(len(facts.cells.frame)),
            area=words.area(_size(facts.outline)),
        )
    there = who_is_there(gaps, words)
    parts = {
        "district": name,
        "gaps": words.count(len(gaps), "gap", "gaps"),
        "area": words.area(gaps["area_m2"].sum()),
    }
    if there:
        return words.say("No: {district} is not covered. {gaps} of {area} in all, with {who}.", who=there, **parts)
    return words.say(
        "No: {district} is not covered. {gaps} of {area} in all; no building and no resident is known there.", **parts
    )


def who_is_there(gaps: Any, words: Wording) -> str:
    """Return the buildings, people and cases in gaps, in words; empty where none is known."""
    found = []
    for column, one, many in (
        ("buildings", "building", "buildings"),
        ("residents", "resident", "residents"),
        ("cases", "case", "cases"),
    ):
        total = float(pd.to_numeric(gaps[column], errors="coerce").sum()) if column in gaps else 0.0
        if total:
            found.append(words.count(total, one, many))
    return words.listed(found)


def _slits(facts: Facts, words: Wording) -> str:
    """Return what to do about gaps that are all so narrow that they come from the drawing, not from the land."""
    widest = float(facts.uncovered["width_m"].max()) if len(facts.uncovered) else math.inf
    tolerance = next((step for step in _TOLERANCES_M if widest < step), None)
    if tolerance is None:
        return ""
    return words.say(
        "No gap is wider than {width}: such slits come from lines that were drawn or converted apart. "
        "With tolerance_m = {tolerance} under [coverage] in the manifest they count as edges that do not match.",
        width=words.length(widest),
        tolerance=tolerance,
    )


def _overlaps(facts: Facts, words: Wording) -> str:
    if facts.cells is None:
        return ""
    defects = facts.defects
    mine = defects[(defects["kind"] == "overlap") & (defects["layer_id"] == facts.cells.layer_id) & ~defects["allowed"]]
    if not len(mine):
        return ""
    return words.say(
        "{places} between cells, {area} in all: two answer there, or nobody.",
        places=words.count(len(mine), "overlap", "overlaps"),
        area=words.area(mine["area_m2"].sum()),
    )


def _agencies(facts: Facts, words: Wording) -> str:
    found = []
    for layer_id, agency in facts.audited:
        if facts.cells is not None and layer_id == facts.cells.layer_id:
            continue
        gaps = facts.uncovered_of(layer_id, agency)
        if len(gaps):
            name = agency or words.layer(layer_id, facts.layers)
            number = words.count(len(gaps), "gap", "gaps")
            found.append(f"{name} {number} ({words.area(gaps['area_m2'].sum())})")
    if not found:
        return ""
    return words.say("Other grids that leave land to nobody: {list}.", list=words.clauses(found))


def _cases(facts: Facts, words: Wording) -> str:
    cases = facts.cases
    if not len(cases):
        return ""
    placed = int(cases["cell_code"].notna().sum())
    rest = len(cases) - placed
    parts = {
        "total": words.number(len(cases)),
        "placed": words.number(placed),
        "near": words.number(cases["near_border"].sum()),
    }
    if not rest:
        return words.say("All {total} cases are in exactly one cell each; {near} of them lie near a border.", **parts)
    return words.say(
        "Of {total} cases {placed} are in exactly one cell each ({near} of them near a border); "
        "the rest ({rest}) are listed with the reason.",
        rest=words.number(rest),
        **parts,
    )


def _figures(desk: Desk) -> list[KeyFigure]:
    facts, words = desk.facts, desk.words
    figures = []
    if facts.cells is not None:
        share = 1 - float(facts.uncovered["area_m2"].sum()) / max(_size(facts.outline), 1e-9)
        tone = "bad" if len(facts.uncovered) else "good"
        figures.append(KeyFigure(words.share(share), words.say("of the district lies in a cell"), "coverage", tone))
        figures.append(
            KeyFigure(words.number(len(facts.cells.frame)), words.layer(facts.cells.layer_id, facts.layers), "nesting")
        )
    open_defects = int((~facts.defects["allowed"]).sum())
    tone = "bad" if open_defects else "good"
    figures.append(KeyFigure(words.number(open_defects), words.say("defects in all grids"), "t-defect", tone))
    if len(facts.cases):
        share = float(facts.cases["cell_code"].notna().mean())
        tone = "good" if share == 1 else "warn"
        figures.append(KeyFigure(words.share(share), words.say("of the cases are in exactly one cell"), "cases", tone))
        near = int(facts.cases["near_border"].sum())
        figures.append(
            KeyFigure(words.number(near), words.say("cases near a border"), "near", "warn" if near else "good")
        )
    present, classes = classes_present(facts)
    if classes:
        tone = "good" if present == classes else "warn"
        figures.append(
            KeyFigure(f"{present} / {classes}", words.say("classes of the base map complete"), "completeness", tone)
        )
    return figures


def classes_present(facts: Facts) -> tuple[int, int]:
    """Return how many of the eight classes are complete for the whole district, and how many there are."""
    frame = facts.frame("completeness")
    if not len(frame):
        return 0, 0
    whole = frame[frame["street_code"].fillna("").astype(str) == ""]
    states = (whole if len(whole) else frame).groupby("class_id")["state"].agg(set)
    return sum(state == {"present"} for state in states), len(states)


def _stamp(facts: Facts, words: Wording) -> list[tuple[str, str]]:
    district = facts.district
    crs = facts.crs.to_authority()
    day = words.date(district.get("as_of"))
    entries = [
        (
            words.say("Data as of"),
            words.say("{date}, only what is in force on it", date=day) if district.get("in_force") else day,
        ),
        (words.say("Map built"), _local_time(facts, district.get("built_at"))),
        (words.say("Version of the map"), version_of(facts)),
        (words.say("Coordinate system"), ":".join(crs) if crs else facts.crs.name),
        (words.say("Made with"), f"onemap {district.get('onemap_version') or ''}".strip()),
    ]
    return [(title, text) for title, text in entries if text and text != "–"]


def version_of(facts: Facts) -> str:
    """Return the version of the map: two reports with the same one speak of the same data."""
    hashes = facts.layers["content_sha256"]
    return map_version({str(layer): str(one) for layer, one in hashes.where(hashes.notna(), "").items()})


def district_name(facts: Facts, words: Wording) -> str:
    """Return the district's name in the report's language where it has one."""
    district = facts.district
    first, second = ("name", "name_en") if words.language == "zh" else ("name_en", "name")
    return str(district.get(first) or district.get(second) or words.say("the district"))


def _size(outline: Any) -> float:
    return float(shapely.area(outline)) if outline is not None else 0.0


def _local_time(facts: Facts, time: str | None) -> str:
    """Return a time as clocks in the district show it, to the minute."""
    return f"{pd.to_datetime(time, utc=True).tz_convert(facts.timezone):%Y-%m-%d %H:%M}" if time else "–"
