"""What people decided about cases and findings, and which of it could not be followed."""

from onemap.report.tables import ColumnMaker, make_table

from .parts import Block, Desk


def decision_blocks(desk: Desk) -> list[Block]:
    """Return the tables of decisions, those that could not be followed first; none where nobody decided anything."""
    words, frame = desk.words, desk.facts.frame("decision")
    if not len(frame):
        return []
    followed = frame["followed"].astype(bool)
    make = ColumnMaker(words, "decision")
    known = [
        make.text("case_code", css="code"),
        make.label("verb"),
        make.text("cell_code", css="code"),
        make.text("decided_by"),
        make.date("decided_at"),
        make.text("decided_why", css="wide"),
    ]
    blocks = []
    for id_, part, title, columns in (
        ("t-decision-open", frame[~followed], "Decisions that could not be followed", [*known, make.reason()]),
        ("t-decision", frame[followed], "Cases that people decided", known),
    ):
        if len(part):
            ordered = part.sort_values("number", ascending=False, kind="stable")
            table = make_table(id_, ordered, columns, rest=desk.rest("decision"))
            blocks.append(Block("table", table, words.say(title)))
    return blocks


def finding_decision_blocks(desk: Desk) -> list[Block]:
    """Return the tables of decisions about findings, those that were not followed first; none where there are none."""
    words, facts = desk.words, desk.facts
    frame = facts.frame("finding_decision")
    if not len(frame):
        return []
    followed = frame["followed"].astype(bool)
    make = ColumnMaker(words, "finding_decision")
    columns = {
        "number": make.number("number"),
        "verb": make.label("verb"),
        "kind": make.label("kind"),
        "layer_id": make.layer(facts.layers),
        "agency": make.text("agency", css="word"),
        "area_m2": make.measure("area_m2"),
        "from": make.text("from", css="code"),
        "to": make.text("to", css="code"),
        "allowed_until": make.date("allowed_until"),
        "decided_by": make.text("decided_by"),
        "decided_at": make.date("decided_at"),
        "decided_why": make.text("decided_why", css="wide"),
        "reason": make.reason(),
    }
    blocks = []
    for id_, part, title in (
        ("t-judged-open", frame[~followed], "Decisions about findings that were not followed"),
        ("t-judged", frame[followed], "Findings that people decided"),
    ):
        if len(part):
            ordered = part.sort_values("number", ascending=False, kind="stable")
            said = [column for name, column in columns.items() if (part[name].notna() & (part[name] != "")).any()]
            table = make_table(id_, ordered, said, rest=desk.rest("finding_decision"))
            blocks.append(Block("table", table, words.say(title)))
    return blocks
