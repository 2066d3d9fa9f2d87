"""The audit of the division: nine principles, each with its measure and its limit, exceptions signed and dated."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pandas as pd
from markupsafe import Markup

from onemap.report.maps import Entry, finding_entries
from onemap.report.signs import swatch
from onemap.report.tables import Cell, Column, ColumnMaker, Table, codes_of, make_table, narrowed, plain, sort_of
from onemap.report.wording import Wording
from onemap.translation import translate

from .parts import Block, Desk, Section

DEMANDS = {
    "statutory_base": "cells keep to the legal boundary and name communities that exist",
    "territorial": "each cell lies inside one community",
    "geography": "borders follow roads and water, cut no building, and nothing runs through a cell",
    "fit_size": "cells are of a size that fits",
    "as_managed": "a compound lies whole in one cell",
    "convenient": "a cell is one part, compact, and a road leads to it",
    "balanced_load": "cells carry about the same load",
    "seamless": "cells cover the district once and wholly",
    "stable": "codes are unique and never used again, every change is dated",
}
_STATES = {"kept": ("✓", "good"), "broken": ("✕", "bad"), "not_measurable": ("–", "zero")}
_SEAMLESS = 8
_MOST_OF_A_RULE = 25
_STEPS = 3  # from so many principles on, a cell is as dark as it gets


def division_section(desk: Desk) -> Section | None:
    """Return the section on the audit; None where the map holds none."""
    facts, words = desk.facts, desk.words
    audit = facts.frame("audit")
    if not len(audit):
        return None
    states = Counter(audit["state"])
    open_ = int((audit["findings"] - audit["accepted"]).sum())
    lead = words.say(
        "Of the principles by which a division is judged, {kept} are kept, {broken} are broken and {unknown} could "
        "not be measured. Findings open: {open}; accepted by a signed exception: {accepted}.",
        kept=states["kept"],
        broken=states["broken"],
        unknown=states["not_measurable"],
        open=words.number(open_),
        accepted=words.number(audit["accepted"].sum()),
    )
    blocks = [Block("table", _principles(desk, audit), words.say("The nine principles"))]
    if desk.maps is not None and facts.cells is not None and open_ + int(audit["accepted"].sum()):
        blocks.append(_map(desk))
    if facts.has_rows("audit_finding"):
        title = words.say("Where principles are broken")
        more = words.say("The worst of each principle.")
        seams = int(audit.loc[audit["rule"] == _SEAMLESS, "findings"].sum())
        if seams:
            apart = words.say("The {count} of principle 8 are defects of the coverage: {place} lists them.",
                              count=words.number(seams), place=words.say("All defects"))  # fmt: skip
            more = words.sentences([more, apart])
        blocks.append(Block("table", _findings(desk), title, more))
    if facts.has_rows("audit_exception"):
        blocks.append(Block("table", _exceptions(desk), words.say("Exceptions, signed and dated")))
    tone = "bad" if states["broken"] else "good"
    badge = words.say("{count} broken", count=states["broken"]) if states["broken"] else words.say("all kept")
    return Section("division", words.say("Audit of the division"), lead, blocks, badge, tone)


def _principles(desk: Desk, audit: pd.DataFrame) -> Table:
    words = desk.words
    make = ColumnMaker(words, "audit")
    columns = [
        Column("№", lambda row: Cell(plain(row["rule"]), int(row["rule"])), "num"),
        Column(make.title("kind"), lambda row: _principle(row, words), "wide"),
        Column(make.title("state"), lambda row: _state(row, words), "word"),
        Column(make.title("measure"), lambda row: _measured(row, "measure", words), "num"),
        Column(make.title("threshold"), lambda row: _measured(row, "threshold", words), "num"),
        Column(make.title("cells"), lambda row: _count(row, "cells", words), "num"),
        Column(make.title("findings"), lambda row: _found(row, desk), "num"),
        Column(make.title("accepted"), lambda row: _count(row, "accepted", words), "num"),
        make.reason(),
        make.codes("worst"),
    ]
    return make_table("t-principle", audit.sort_values("rule", kind="stable"), columns)


def _principle(row: Any, words: Wording) -> Cell:
    name = words.label("audit", "kind", row["kind"])
    demand = words.say(DEMANDS.get(str(row["kind"]), ""))
    return Cell(Markup("<b>{}</b><small class='under'>{}</small>").format(name, demand), int(row["rule"]))


def _state(row: Any, words: Wording) -> Cell:
    sign, css = _STATES.get(row["state"], ("–", "zero"))
    return Cell(f"{sign} {words.label('audit', 'state', row['state']).lower()}", css, css=css)


def _measured(row: Any, name: str, words: Wording) -> Cell:
    value, unit = row[name], plain(row["unit"])
    if value is None or pd.isna(value) or row["state"] == "not_measurable":
        return Cell("–", sort_of(None), css="zero")
    text = {
        "m2": lambda: words.area(value),
        "share": lambda: words.share(value),
        "ratio": lambda: words.measure(value),
    }.get(unit, lambda: words.number(value))()
    return Cell(text, float(value))


def _count(row: Any, name: str, words: Wording) -> Cell:
    return Cell(words.number(row[name]), sort_of(row[name]), css="" if row[name] else "zero")


def _found(row: Any, desk: Desk) -> Cell:
    words, facts = desk.words, desk.facts
    if not row["findings"]:
        return Cell("0", 0, css="zero")
    if int(row["rule"]) == _SEAMLESS:
        layer = facts.cells.layer_id if facts.cells else ""
        link, narrow = "t-defect", narrowed(layer=layer, agency="")
    else:
        link, narrow = "t-finding", narrowed(kind=row["kind"])
    css = "loud" if row["findings"] > row["accepted"] else ""
    return Cell(words.number(row["findings"]), int(row["findings"]), link=link, narrow=narrow, css=css)


def _map(desk: Desk) -> Block:
    facts, words, maps = desk.facts, desk.words, desk.maps
    assert maps is not None
    assert facts.cells is not None
    found = facts.frame("audit_finding")
    accepted = found["accepted"].map(bool).astype(bool)
    broken = {(row.rule, code) for row in found[~accepted].itertuples() for code in codes_of(row.cells)}
    defects = facts.defects
    seams = defects[(defects["layer_id"] == facts.cells.layer_id) & ~defects["allowed"]]
    broken |= {(_SEAMLESS, code) for cells in seams["cells"] for code in codes_of(cells)}
    count = Counter(code for _, code in broken)
    levels = facts.cells.frame[facts.cells.code].astype(str).map(count).fillna(0).clip(upper=_STEPS)
    tones = (desk.palette.ramps["loss"][1], desk.palette.ramps["loss"][2], desk.palette.ramps["loss"][4])
    shapes = facts.cells.frame.geometry.to_numpy()
    fills, entries = [], []
    names = ("one principle broken", "two principles broken", "three or more broken")
    for step, (tone, name) in enumerate(zip(tones, names, strict=True), start=1):
        inside = (levels == step).to_numpy()
        if inside.any():
            fills.append(maps.areas(shapes[inside], tone))
            box = f'<rect x="3" y="2.5" width="24" height="13" fill="{tone}"/>'
            entries.append(Entry(swatch(box), words.say(name)))
    over = []
    if accepted.any():
        over.append(maps.hatched(found[accepted].geometry.dropna().to_numpy(), "allowed_gap"))
        entries += finding_entries(words, [("allowed_gap", "accepted by a signed exception")])
    figure = maps.compose(
        words,
        title=words.say("Cells that break principles"),
        subtitle=words.say(
            "{broken} of {cells} cells break at least one",
            broken=words.number((levels > 0).sum()),
            cells=words.number(len(levels)),
        ),
        under=Markup("").join(fills),
        over=over,
        legend=entries,
        names=1,
    )
    return Block("map", figure, id="map-division")


def _findings(desk: Desk) -> Table:
    words, found = desk.words, desk.facts.frame("audit_finding").drop(columns="geometry")
    found = found.assign(accepted=found["accepted"].map(bool).astype(bool))
    shown = found.sort_values(["rule", "accepted"], kind="stable").groupby("rule").head(_MOST_OF_A_RULE)
    make = ColumnMaker(words, "audit_finding")
    columns = [
        make.text("finding_id"),
        make.label("kind", key="kind"),
        make.codes("cells", on_paper=False),
        make.reason(),
        Column(make.title("accepted"), lambda row: Cell(_signed(row, words))),
    ]
    table = make_table("t-finding", shown, columns)
    left_off = len(found) > len(shown)
    return replace(table, total=len(found), rest=desk.rest("audit_finding") if left_off else table.rest)


def _signed(row: Any, words: Wording) -> str:
    if not row["accepted"]:
        return ""
    until = words.date(row["until"])
    name = plain(row["signed_by"])
    return name if until == "–" else f"{name} · {words.say('until {date}', date=until)}"


def _exceptions(desk: Desk) -> Table:
    words = desk.words
    make = ColumnMaker(words, "audit_exception")
    columns = [
        make.label("rule"),
        make.text("cell", css="code"),
        make.text("reason", css="wide"),
        make.text("signed_by"),
        make.date("signed_on"),
        make.date("until"),
        make.number("accepted"),
        Column(
            make.title("status"),
            lambda row: Cell(translate(plain(row["status"]), words.language), css="" if row["accepted"] else "bad"),
        ),
    ]
    return make_table("t-exception", desk.facts.frame("audit_exception"), columns, rest=desk.rest("audit_exception"))
