"""What changed since the last version: cells added, removed, redrawn, renamed, and who and what moved with the land."""

from collections import Counter
from typing import Any

import pandas as pd
from markupsafe import Markup

from onemap.report.maps import Entry, finding_entries
from onemap.report.signs import swatch
from onemap.report.tables import Cell, Column, ColumnMaker, Table, codes_of, make_table, plain, sort_of

from .parts import Block, Desk, Section, empty

STATUS = ("added", "removed", "redrawn", "renamed")


def changes_section(desk: Desk) -> Section | None:
    """Return the section on the changes; None where the map was compared with no other."""
    facts, words = desk.facts, desk.words
    if not facts.one_map.has("version_change"):
        return None
    title, table, pieces = words.say("Changed since the last version"), facts.frame("version_change"), _pieces(desk)
    if not len(table):
        text = words.say("No cell was added, removed, redrawn or renamed since the last version.")
        return Section("changes", title, "", [empty(text)], "0", "good")
    counts = Counter(table["status"])
    lead = words.say(
        "Added: {added}. Removed: {removed}. Redrawn: {redrawn}. Renamed: {renamed}. "
        "Land that changed hands: {area}, with {houses} and {cases}.",
        **{status: words.number(counts[status]) for status in STATUS},
        area=words.area(pieces["area_m2"].sum()),
        houses=words.count(_sum(table, "houses_in", "houses_out"), "house", "houses"),
        cases=words.count(_sum(table, "cases_in", "cases_out"), "case", "cases"),
    )
    blocks = []
    if desk.maps is not None:
        blocks.append(_map(desk, table, pieces))
    blocks.append(Block("table", _cells(desk, table), words.say("Cell by cell")))
    if len(pieces):
        blocks.append(Block("table", _moved(desk, pieces), words.say("Land that changed hands, the largest first")))
    return Section("changes", title, lead, blocks, words.number(len(table)), "warn")


def _pieces(desk: Desk) -> Any:
    pieces = desk.facts.frame("version_piece")
    texts = {name: pieces[name].fillna("").astype(str) for name in ("from", "to")}
    return pieces.assign(**texts, area_m2=pd.to_numeric(pieces["area_m2"]))


def _sum(table: pd.DataFrame, into: str, out: str) -> int:
    """Return how many moved: each is counted where it came from or where it went to, whichever of them is known."""
    return int(max(pd.to_numeric(table[into]).sum(), pd.to_numeric(table[out]).sum()))


def _map(desk: Desk, table: pd.DataFrame, pieces: Any) -> Block:
    facts, words, maps = desk.facts, desk.words, desk.maps
    assert maps is not None
    accent, good = desk.palette.light["accent"], desk.palette.light["good"]
    under, over, entries = [], [], []
    shapes = pieces.geometry.to_numpy()
    held, holds = (pieces["from"] != "").to_numpy(), (pieces["to"] != "").to_numpy()
    for mine, fill, text in (
        (held & holds, accent, "land that went to another cell"),
        (~held & holds, good, "land that no cell had before"),
    ):
        if mine.any():
            under.append(maps.path(shapes[mine], "moved", f"fill:{fill};stroke:{fill}", keep=True))
            box = f'<rect x="3" y="2.5" width="24" height="13" fill="{fill}" fill-opacity=".4" stroke="{fill}"/>'
            entries.append(Entry(swatch(box), words.say(text)))
    if (~holds).any():
        over.append(maps.hatched(shapes[~holds], "gap"))
        entries += finding_entries(words, [("gap", "land that no cell has any more")])
    if facts.cells is not None:
        codes = facts.cells.frame[facts.cells.code].astype(str)
        for status, style, text in (
            ("added", f"stroke:{good};stroke-width:2.4px", "new cell"),
            ("redrawn", f"stroke:{accent};stroke-width:1.6px", "cell with another border"),
            ("renamed", f"stroke:{accent};stroke-width:1.6px;stroke-dasharray:3 3", "cell with another name"),
        ):
            mine = codes.isin(set(table.loc[table["status"] == status, "code"].astype(str))).to_numpy()
            if mine.any():
                over.append(maps.path(facts.cells.frame.geometry.to_numpy()[mine], "changed", style, keep=True))
                box = f'<rect x="3" y="2.5" width="24" height="13" fill="none" style="{style}"/>'
                entries.append(Entry(swatch(box), words.say(text)))
    figure = maps.compose(
        words,
        title=words.say("What changed"),
        subtitle=words.count(len(pieces), "piece of land changed hands", "pieces of land changed hands"),
        under=Markup("").join(under),
        over=over,
        legend=entries,
        names=1,
    )
    return Block("map", figure, id="map-changes")


def _cells(desk: Desk, table: pd.DataFrame) -> Table:
    words = desk.words
    make = ColumnMaker(words, "version_change")
    order = {status: place for place, status in enumerate(STATUS)}
    frame = table.assign(
        _order=table["status"].map(order),
        _size=-table[["gained_m2", "lost_m2"]].apply(pd.to_numeric).fillna(0).sum(axis=1),
    ).sort_values(["_order", "_size", "code"], kind="stable")
    columns = [
        make.label("status", key="status"),
        make.text("code", css="code"),
        Column(words.heading("grid_cell", "name"), _name),
        make.measure("old_area_m2"),
        make.measure("new_area_m2"),
        make.measure("gained_m2"),
        make.measure("lost_m2"),
        _both(desk, "houses"),
        _both(desk, "cases"),
        make.reason(),
    ]
    return make_table("t-change", frame, columns, rest=desk.rest("version_change"))


def _name(row: Any) -> Cell:
    old, new = plain(row["old_name"]), plain(row["new_name"])
    return Cell(new or old if not (old and new and old != new) else f"{old} → {new}")


def _both(desk: Desk, what: str) -> Column:
    """Return the column of what came in and went out."""
    words = desk.words

    def cell(row: Any) -> Cell:
        into, out = sort_of(row[f"{what}_in"]), sort_of(row[f"{what}_out"])
        moved = max(into, 0) + max(out, 0)
        text = f"+{words.number(into)} / -{words.number(out)}" if moved else "0"
        return Cell(text, moved, css="" if moved else "zero")

    title = words.say("Houses in and out") if what == "houses" else words.say("Cases in and out")
    return Column(title, cell, "num")


def _moved(desk: Desk, pieces: Any) -> Table:
    words = desk.words
    make = ColumnMaker(words, "version_piece")
    nobody = words.say("no cell")

    def side(name: str) -> Column:
        return Column(make.title(name), lambda row: Cell(", ".join(codes_of(row[name])) or nobody), "code")

    columns = [
        side("from"),
        side("to"),
        make.measure("area_m2"),
        make.measure("width_m"),
        make.number("houses"),
        make.number("cases"),
    ]
    frame = pieces.drop(columns="geometry").sort_values("area_m2", ascending=False, kind="stable")
    return make_table("t-piece", frame, columns, rest=desk.rest("version_piece"))
