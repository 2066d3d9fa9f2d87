"""The proof of coverage: every level and agency, a map of what was found, a picture of each defect, nesting."""

from typing import Any

import pandas as pd
import shapely

from onemap.report.facts import Facts, Level
from onemap.report.maps import finding_entries
from onemap.report.signs import tone_of
from onemap.report.tables import Cell, Column, ColumnMaker, Table, make_table, narrowed
from onemap.report.wording import Wording

from .decisions import finding_decision_blocks
from .parts import Block, Desk, Section, empty

KINDS = ("gap", "overlap", "outside", "mismatch", "duplicate", "invalid", "nesting", "orphan")
_AREAS = ("gap", "overlap", "outside")
_MOST_AGENCIES = 6  # with a map of their own; the table has all
_MEANING = {
    "gap": "Gap: in nobody's grid",
    "overlap": "Overlap: in two grids",
    "outside": "Outside the parent",
    "mismatch": "Edges or codes that do not match",
    "allowed_gap": "Allowed gap",
}


def coverage_section(desk: Desk) -> Section:
    """Return the section on coverage."""
    facts, words = desk.facts, desk.words
    title = words.say("Proof of coverage")
    if not facts.audited:
        text = words.say(
            "This map holds no grids, so there is no coverage to prove. "
            "Add grid layers to the manifest and build again."
        )
        return Section("coverage", title, "", [empty(text)], badge="–")
    blocks = [Block("table", _audit_table(desk), words.say("Coverage by level and by agency"))]
    pictures = desk.tiles.tiles(words)
    number = int((~facts.defects["allowed"]).sum())
    if desk.maps is not None and len(facts.defects):
        of_levels, of_agencies = _defect_maps(desk)
        blocks = [*of_levels, *blocks, *of_agencies]
    if pictures:
        lead = words.say(
            "Each picture shows one defect, the largest first; the scale bar has the same length in all of them. "
            "Every level, agency and kind has its turn."
        )
        left = len(facts.defects) - len(pictures)
        if left > 0:
            more = words.count(left, "more defect stands in the table below.", "more defects stand in the table below.")
            lead = words.sentences([lead, more])
        blocks.append(Block("tiles", pictures, words.say("The defects in pictures"), lead, "pictures"))
    if len(facts.defects):
        blocks.append(Block("table", _defect_table(desk), words.say("All defects"), id="defects"))
    else:
        blocks.append(
            empty(words.say("No gap, no overlap, no mismatched edge: every level and agency was checked edge by edge."))
        )
    blocks += finding_decision_blocks(desk)
    lead = words.say(
        "Every grid was checked by its shared edges: an edge that only one cell has must lie on the parent's border, "
        "else there is a gap, an overlap or a mismatch, down to the last millimetre."
    )
    return Section("coverage", title, lead, blocks, words.number(number), "bad" if number else "good")


def _audit_table(desk: Desk) -> Table:
    facts, words = desk.facts, desk.words
    groups = {
        pair: facts.defects[(facts.defects["layer_id"] == pair[0]) & (facts.defects["agency"] == pair[1])]
        for pair in facts.audited
    }
    shown = [
        kind
        for kind in KINDS
        if any((group["kind"] == kind).any() for group in groups.values()) or kind in ("gap", "overlap")
    ]
    rows = [_audit_row(pair, group, shown, desk) for pair, group in groups.items()]
    columns = [(words.say("Level or agency"), ""), (words.say("Result"), "word")]
    columns += [(words.say("Areas"), "num"), (words.say("Total area"), "num")]
    columns += [(words.label("defect", "kind", kind), "num") for kind in shown]
    if facts.defects["allowed"].any():
        columns.append((words.say("Allowed"), "num"))
    return Table("t-audit", columns, rows, len(rows))


def _audit_row(pair: tuple[str, str], group: pd.DataFrame, shown: list[str], desk: Desk) -> list[Cell]:
    facts, words = desk.facts, desk.words
    layer_id, agency = pair
    areas = facts.areas_of(layer_id, agency)
    size = float(shapely.area(areas.geometry.dropna().to_numpy()).sum()) if len(areas) else 0.0
    name = words.layer(layer_id, facts.layers) + (f" · {agency}" if agency else "")
    found = group[~group["allowed"]]
    good = not len(found)
    result = words.say("✓ complete") if good else words.say("✕ to be settled")
    cells = [Cell(name, match=layer_id), Cell(result, good, css="good" if good else "bad")]
    cells += [Cell(words.number(len(areas)), len(areas)), Cell(words.area(size), size)]
    for kind in shown:
        mine = found[found["kind"] == kind]
        text = words.number(len(mine)) if len(mine) else "0"
        if kind in _AREAS and len(mine):
            text += f" · {words.area(mine['area_m2'].sum())}"
        narrow = narrowed(layer=layer_id, agency=agency, kind=kind)
        link = "t-defect" if len(mine) else ""
        cells.append(
            Cell(text, len(mine), link=link, narrow=narrow if link else "", css="loud" if len(mine) else "zero")
        )
    if facts.defects["allowed"].any():
        allowed = int(group["allowed"].sum())
        cells.append(Cell(str(allowed), allowed, css="" if allowed else "zero"))
    return cells


def _defect_maps(desk: Desk) -> tuple[list[Block], list[Block]]:
    """Return a map of the levels' defects, and one for each agency whose grids have any, the largest area first."""
    defects = desk.facts.defects
    sizes = defects[defects["agency"] != ""].groupby("agency")["area_m2"].sum()
    agencies = sizes.sort_values(ascending=False, kind="stable").index.tolist()[:_MOST_AGENCIES]
    of_levels = [_defect_map(desk, "")] if (defects["agency"] == "").any() else []
    return of_levels, [_defect_map(desk, agency) for agency in agencies]


def _defect_map(desk: Desk, agency: str) -> Block:
    words, maps = desk.words, desk.maps
    assert maps is not None
    defects = maps.shown_defects(agency)
    tones = {tone_of(kind, allowed=allowed) for kind, allowed in zip(defects["kind"], defects["allowed"], strict=True)}
    entries = finding_entries(words, [(tone, text) for tone, text in _MEANING.items() if tone in tones])
    pictured = {
        number: defects.geometry.loc[place]
        for number, place in enumerate(desk.tiles.ranked, start=1)
        if place in defects.index
    }
    figure = maps.compose(
        words,
        title=words.say("Where the grids of {agency} do not fit", agency=agency)
        if agency
        else words.say("Where the grids do not fit"),
        subtitle=words.say("Numbers lead to the pictures below"),
        over=[maps.findings(agency), maps.numbers(pictured)],
        legend=entries,
        agency=agency,
        names=1,
    )
    return Block("map", figure, id=f"map-defects-{agency}" if agency else "map-defects", half=bool(agency))


def _defect_table(desk: Desk) -> Table:
    facts, words = desk.facts, desk.words
    make = ColumnMaker(words, "defect")
    order = {position: number for number, position in enumerate(desk.tiles.ranked, start=1)}
    frame = facts.defects.drop(columns="geometry").assign(
        _picture=[order.get(place, 0) for place in range(len(facts.defects))]
    )
    frame["_rank"] = [number or len(order) + 1 for number in frame["_picture"]]
    frame = frame.sort_values(["_rank", "allowed", "area_m2"], ascending=[True, True, False], kind="stable")
    columns = [
        Column("№", _picture_cell, "num"),
        make.text("defect_id"),
        make.layer(facts.layers),
        make.text("agency", key="agency", css="word"),
        make.label("kind", key="kind"),
        make.measure("area_m2"),
        make.measure("width_m"),
        make.codes("cells", on_paper=False),
        Column(make.title("allowed"), lambda row: Cell(_allowed(row, words)), ""),
        make.reason(),
    ]
    return make_table("t-defect", frame, columns, rest=desk.rest("defect"))


def _picture_cell(row: Any) -> Cell:
    number = int(row["_picture"])
    return Cell(str(number), number, link=f"p-{number}") if number else Cell("", 10**6)


def _allowed(row: Any, words: Wording) -> str:
    if not row["allowed"]:
        return ""
    until = words.date(row["allowed_until"])
    return words.say("until {date}", date=until) if until != "–" else words.say("yes")


def nesting_section(desk: Desk) -> Section:
    """Return the section on the levels: how many, in which, and what does not nest."""
    facts, words = desk.facts, desk.words
    title = words.say("Levels and nesting")
    if not facts.levels:
        return Section("nesting", title, "", [empty(words.say("No grid levels in this map."))], badge="–")
    wrong = facts.defects[facts.defects["kind"].isin(("nesting", "orphan", "duplicate"))]
    rows = [_level_row(level, facts, words, wrong) for level in facts.levels]
    columns = [
        (words.say("Level"), ""),
        (words.say("Areas"), "num"),
        (words.say("Areas with a parent"), "num"),
        (words.say("Mean area"), "num"),
        (words.say("Smallest"), "num"),
        (words.say("Largest"), "num"),
        (words.say("Result"), "word"),
    ]
    lead = words.say(
        "Nesting is proved by geometry and by codes, not assumed: each area must lie in the parent that its code names."
    )
    table = Table("t-levels", columns, rows, len(rows))
    tone = "bad" if len(wrong) else "good"
    return Section("nesting", title, lead, [Block("table", table)], words.number(len(wrong)), tone)


def _level_row(level: Level, facts: Facts, words: Wording, wrong: pd.DataFrame) -> list[Cell]:
    frame = level.frame
    sizes = shapely.area(frame.geometry.to_numpy())
    if level.rank:
        above = facts.levels[level.rank - 1]
        with_parent = int(frame["parent_code"].astype(str).isin(set(above.frame[above.code].astype(str))).sum())
        parent = Cell(words.number(with_parent), with_parent, css="" if with_parent == len(frame) else "loud")
    else:
        parent = Cell("–", -1)
    mine = int((wrong["layer_id"] == level.layer_id).sum())
    return [
        Cell(words.layer(level.layer_id, facts.layers)),
        Cell(words.number(len(frame)), len(frame)),
        parent,
        Cell(words.area(sizes.mean()), float(sizes.mean())),
        Cell(words.area(sizes.min()), float(sizes.min())),
        Cell(words.area(sizes.max()), float(sizes.max())),
        Cell(words.say("✓ nests"), True, css="good")
        if not mine
        else Cell(
            "✕ " + words.count(mine, "wrong", "wrong"),
            False,
            css="bad",
            link="t-defect",
            narrow=narrowed(layer=level.layer_id),
        ),
    ]


def overview_map(desk: Desk) -> Block | None:
    """Return the first map: the district, its streets apart, its grids, and on top what the answer is about."""
    words, maps = desk.words, desk.maps
    if maps is None:
        return None
    defects = maps.shown_defects()
    tones = {tone_of(kind, allowed=allowed) for kind, allowed in zip(defects["kind"], defects["allowed"], strict=True)}
    figure = maps.compose(
        words,
        title=words.say("The one map"),
        subtitle=words.say("Grids of all levels; hatched: land that is in no cell, in two, or outside the parent")
        if len(defects)
        else words.say("Grids of all levels"),
        over=[maps.findings()],
        legend=finding_entries(words, [(tone, text) for tone, text in _MEANING.items() if tone in tones]),
        tinted=True,
    )
    return Block("map", figure, id="map-overview")
