"""Defects in words: how many of which kind, and the worst of them, one a line."""

import math
from typing import Any

import pandas as pd

from onemap.domain.catalogue import load_catalogue
from onemap.geo.defects import KINDS, write_number
from onemap.translation import say, translate

_ENGLISH = {
    "gap": ("gap", "gaps"),
    "overlap": ("overlap", "overlaps"),
    "outside": ("part outside", "parts outside"),
    "mismatch": ("mismatch", "mismatches"),
    "nesting": ("nesting defect", "nesting defects"),
    "orphan": ("orphan", "orphans"),
    "invalid": ("invalid cell", "invalid cells"),
    "duplicate": ("duplicate", "duplicates"),
}
_WITH_AREA = ("gap", "overlap", "outside")
_MOST_CELLS = 4


def say_result(defects: Any, *, cells: int, language: str = "en") -> str:
    """Return the result of a check in one sentence.

    Parameters
    ----------
    defects
        Table of `onemap.geo.defects.defect_table`.
    cells
        How many cells were checked.
    language
        ``"en"`` or ``"zh"``.
    """
    one = cells == 1
    if not len(defects):
        whole = (
            "{cells} cell covers its area once and wholly" if one else "{cells} cells cover their area once and wholly"
        )
        return say(whole, language, cells=cells)
    open_ = defects[~defects["allowed"].astype(bool)]
    allowed = len(defects) - len(open_)
    parts = [say_kinds(open_, language)] if len(open_) else []
    parts += [say("{count} allowed", language, count=allowed)] if allowed else []
    template = "{cells} cell: {found}" if one else "{cells} cells: {found}"
    return say(template, language, cells=cells, found=_comma(language).join(parts))


def say_kinds(defects: Any, language: str = "en") -> str:
    """Return how many defects of each kind there are, with their area where it is land.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": ["gap", "duplicate"], "area_m2": [12.0, 900.0]})
    >>> say_kinds(table), say_kinds(table, "zh")
    ('1 gap (12 m2), 1 duplicate', '空隙 1 处（12 平方米），重复 1 处')
    """
    counts = defects["kind"].value_counts()
    areas = defects.groupby("kind")["area_m2"].sum()
    parts = []
    for kind in (kind for kind in KINDS if kind in counts.index):
        text = _counted(kind, int(counts[kind]), language)
        if kind in _WITH_AREA:
            text = say("{text} ({area} m2)", language, text=text, area=write_number(float(areas[kind])))
        parts.append(text)
    return _comma(language).join(parts)


def _counted(kind: str, count: int, language: str) -> str:
    if language == "zh":
        return f"{say_kind(kind, language)} {count} 处"
    return f"{count:,} {_ENGLISH[kind][count > 1]}"


def say_kind(kind: str, language: str = "en") -> str:
    """Return the name of a kind of defect."""
    labels = load_catalogue()["defect"].field("kind")
    return labels.values[kind] if language == "zh" else _ENGLISH[kind][0]  # noqa: PD011 - no frame


def say_worst(defects: Any, language: str = "en", *, most: int = 5) -> list[str]:
    """Return a line for each of the worst defects that nobody allowed: kind, area, width, cells, reason."""
    open_ = defects[~defects["allowed"].astype(bool)]
    size = pd.DataFrame(
        {name: pd.to_numeric(open_[name], errors="coerce").fillna(0.0) for name in ("area_m2", "length_m")}
    )
    order = size.sort_values(["area_m2", "length_m"], ascending=False, kind="stable").index[:most]
    lines = [_line(row, language) for row in open_.loc[order].to_dict("records")]
    rest = len(open_) - len(lines)
    return [*lines, say("  ... and {count} more: --out FILE lists them all", language, count=rest)] if rest else lines


def _line(row: Any, language: str) -> str:
    facts = [say_kind(row["kind"], language)]
    for name, template in (("area_m2", "{value} m2"), ("width_m", "{value} m wide"), ("length_m", "{value} m long")):
        value = float(row[name]) if row[name] is not None else math.nan
        if value > 0:
            facts.append(say(template, language, value=write_number(value)))
    codes = [str(code) for code in row["cells"]]
    facts += [" ".join(codes[:_MOST_CELLS]) + (" ..." if len(codes) > _MOST_CELLS else "")] if codes else []
    mark = "：" if language == "zh" else ": "
    return f"  {_comma(language).join(facts)}{mark}{translate(str(row['reason']), language)}"


def _comma(language: str) -> str:
    return "，" if language == "zh" else ", "
