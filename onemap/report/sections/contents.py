"""What the map holds: completeness, layers and their origin, repairs, rows that could not be used, notes of reading."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from onemap.domain.catalogue import BASE_MAP_CLASSES, CLASSES
from onemap.report.signs import presence_sign
from onemap.report.tables import Cell, Column, ColumnMaker, Table, make_table, narrowed, plain, sort_of
from onemap.report.wording import Wording
from onemap.translation import translate

from .opening import classes_present
from .parts import Block, Desk, Section, empty

STATES = ("present", "partial", "stale", "empty", "missing", "outside")
_GOOD = {"present", "partial", "stale"}
_OWN = ("finding", "system")  # layers that onemap makes: not sources


def combined(states: set[str]) -> str:
    """Return the state of several layers taken together: as one where they agree, else in part.

    Examples
    --------
    >>> combined({"present", "stale"}), combined({"present", "missing"}), combined({"empty", "missing"})
    ('stale', 'partial', 'missing')
    """
    if len(states) == 1:
        return next(iter(states))
    if states <= {"present", "stale"}:
        return "stale"
    if states & _GOOD:
        return "partial"
    return "outside" if "outside" in states else "missing"


@dataclass(frozen=True)
class MatrixCell:
    """One cell of the completeness matrix: state and its sign are the form, ``note`` the figure under it."""

    state: str
    sign: Any
    note: str
    hint: str


@dataclass(frozen=True)
class Matrix:
    """Completeness, classes down and streets across; layers of each class below it."""

    columns: list[str]
    rows: list[tuple[str, list[MatrixCell], bool]]  # title, cells, whether it is a class (else a layer of it)
    legend: list[tuple[Any, str]]


def completeness_section(desk: Desk) -> Section:
    """Return the section on completeness."""
    words, frame = desk.words, desk.facts.frame("completeness")
    title = words.say("Completeness")
    if not len(frame):
        return Section(
            "completeness",
            title,
            "",
            [empty(words.say("This map was published without a check of its completeness."))],
            "–",
        )
    present, classes = classes_present(desk.facts)
    lead = words.say(
        "The classes of the base map, for the whole district and for each street: "
        "what is there, what is old, what is missing."
    )
    blocks = [Block("matrix", _matrix(desk, frame))]
    wanting = frame[(frame["state"] != "present") & (frame["reason"].fillna("") != "")]
    if len(wanting):
        make = ColumnMaker(words, "completeness")
        columns = [
            Column(make.title("class_id"), lambda row: Cell(words.layer_class(plain(row["class_id"])))),
            make.layer(desk.facts.layers),
            Column(
                make.title("street_name"), lambda row: Cell(plain(row["street_name"]) or words.say("whole district"))
            ),
            make.label("state"),
            Column(make.title("share"), lambda row: Cell(words.share(row["share"]), sort_of(row["share"])), "num"),
            make.date("as_of"),
            make.reason(),
        ]
        order = wanting.assign(_whole=wanting["street_code"].fillna("") != "").sort_values("_whole", kind="stable")
        blocks.append(
            Block(
                "table",
                make_table("t-completeness", order, columns, rest=desk.rest("completeness")),
                words.say("What is wanting, and why"),
            )
        )
    tone = "good" if present == classes else "warn"
    return Section("completeness", title, lead, blocks, f"{present}/{classes}", tone)


def _matrix(desk: Desk, frame: pd.DataFrame) -> Matrix:
    words = desk.words
    frame = frame.assign(
        street=frame["street_code"].fillna("").astype(str), layer=frame["layer_id"].fillna("").astype(str)
    )
    streets = frame.drop_duplicates("street").sort_values("street")
    names = [plain(row.street_name) or row.street or words.say("whole district") for row in streets.itertuples()]
    records: dict[tuple[str, str, str], list[Any]] = {}
    for row in frame.to_dict("records"):
        for layer in {row["layer"], ""}:
            records.setdefault((row["class_id"], layer, row["street"]), []).append(row)
    rows = []
    for class_id in (class_id for class_id in CLASSES if class_id in set(frame["class_id"])):
        layers = [layer for layer in frame.loc[frame["class_id"] == class_id, "layer"].unique() if layer]
        for layer in ["", *(layers if len(layers) > 1 else [])]:
            cells = [_cell(records.get((class_id, layer, street), []), words) for street in streets["street"]]
            title = words.layer(layer, desk.facts.layers) if layer else words.layer_class(class_id)
            rows.append((title, cells, not layer))
    used = [state for state in STATES if (frame["state"] == state).any() or state in {"present", "missing"}]
    if any(cell.state == "partial" for _, cells, _ in rows for cell in cells) and "partial" not in used:
        used.insert(1, "partial")
    return Matrix(names, rows, [(presence_sign(state), words.label("completeness", "state", state)) for state in used])


def _cell(mine: list[Any], words: Wording) -> MatrixCell:
    """Return the cell of one class, or one layer of it, in one street; ``mine`` are its rows of `completeness`."""
    if not mine:
        return MatrixCell("", "", "", "")
    state = combined({str(row["state"]) for row in mine})
    count = sum(float(row["rows"]) for row in mine if not pd.isna(row["rows"]))
    note = words.number(count) if count else ""
    if state == "partial" and len(mine) == 1 and not pd.isna(mine[0]["share"]):
        note = words.share(mine[0]["share"])
    reasons = dict.fromkeys(reason for reason in map(words.told, mine) if reason)
    hint = f"{words.label('completeness', 'state', state)} {words.clauses(reasons)}".strip()
    return MatrixCell(state, presence_sign(state), note, hint)


def layers_section(desk: Desk) -> Section:
    """Return the section on what the map holds and where each layer came from."""
    facts, words = desk.facts, desk.words
    title, frame = words.say("What the map holds"), facts.layers
    held = frame[~frame["class_id"].isin(_OWN)]
    if not len(held):
        return Section(
            "layers",
            title,
            "",
            [empty(words.say("This map holds no layer yet. Name sources in the manifest and build again."))],
            "0",
            "warn",
        )
    place = {class_id: number for number, class_id in enumerate(CLASSES)}
    held = held.assign(_order=held["class_id"].map(place)).sort_values(["_order", "layer_id"], kind="stable")
    make = ColumnMaker(words, "onemap_layer")
    layer = make.layer(facts.layers, key="")
    origin = [
        Column(
            make.title("class_id"),
            lambda row: Cell(words.layer_class(plain(row["class_id"])), place.get(row["class_id"], len(place))),
            "word",
        ),
        layer,
        make.text("source", css="wide"),
        *(_office(make, name) for name in ("provider", "owner", "checker", "updater")),
        make.date("as_of"),
        make.label("secrecy"),
    ]
    rows = [layer, *_row_columns(make)]
    blocks = [
        Block(
            "table",
            make_table("t-origin", held, origin),
            words.say("Where each layer came from, and who answers for it"),
        ),
        Block("table", make_table("t-rows", held, rows), words.say("Rows in, rows out")),
    ]
    classes = len(set(held["class_id"]) & set(BASE_MAP_CLASSES))
    lead = words.say(
        "{layers} layers with {rows} rows, in {classes} of the eight classes of the base map.",
        layers=words.number(len(held)),
        rows=words.number(pd.to_numeric(held["rows_out"], errors="coerce").sum()),
        classes=classes,
    )
    return Section("layers", title, lead, blocks, words.number(len(held)))


def _office(make: ColumnMaker, name: str) -> Column:
    """Return who answers for a layer, as the manifest states it; what it does not state is not guessed."""
    return Column(make.title(name), lambda row: Cell(plain(row[name]) or make.words.say("not stated")), "office")


def _row_columns(make: ColumnMaker) -> list[Column]:
    """Return how many rows of a layer were read, used and listed, and the hashes that name its content."""

    def hash_of(name: str) -> Column:
        return Column(make.title(name), lambda row: Cell(plain(row[name])[:12]), "code id")

    return [
        make.text("source_crs"),
        make.text("encoding"),
        make.number("rows_in"),
        make.number("rows_out"),
        _leading(make, "rows_rejected", "t-reject"),
        _leading(make, "rows_repaired", "t-repair"),
        make.number("rows_outside"),
        hash_of("source_sha256"),
        hash_of("content_sha256"),
    ]


def _leading(make: ColumnMaker, name: str, table: str) -> Column:
    """Return a column of counts that lead to the rows of a table."""

    def cell(row: Any) -> Cell:
        some = not pd.isna(row[name]) and row[name] > 0
        narrow = narrowed(layer=plain(row["layer_id"]))
        return Cell(
            make.words.number(row[name]), sort_of(row[name]), link=table if some else "", narrow=narrow if some else ""
        )

    return Column(make.title(name), cell, "num")


def repairs_section(desk: Desk) -> Section:
    """Return the section on repaired geometries."""
    facts, words = desk.facts, desk.words
    title, frame = words.say("Repairs"), facts.frame("repair")
    if not len(frame):
        return Section("repairs", title, "", [empty(words.say("No geometry had to be repaired."))], "0", "good")
    make = ColumnMaker(words, "repair")
    columns = [
        make.layer(facts.layers),
        make.number("row"),
        make.text("object_id", css="code"),
        Column(make.title("why"), lambda row: Cell(translate(plain(row["why"]), words.language)), "wide"),
        Column(make.title("how"), lambda row: Cell(translate(plain(row["how"]), words.language)), "wide"),
        make.measure("area_before_m2"),
        make.measure("area_after_m2"),
        make.measure("area_changed_m2"),
    ]
    ordered = frame.sort_values("area_changed_m2", ascending=False, kind="stable")
    lead = words.say(
        "Every geometry that was changed on the way in, with the area that changed; the largest change first."
    )
    table = make_table("t-repair", ordered, columns, rest=desk.rest("repair"))
    return Section("repairs", title, lead, [Block("table", table)], words.number(len(frame)))


def rejects_section(desk: Desk) -> Section:
    """Return the section on rows that could not be used."""
    facts, words = desk.facts, desk.words
    title, frame = words.say("Rows that could not be used"), facts.frame("reject")
    if not len(frame):
        return Section("rejects", title, "", [empty(words.say("Every row of every source was used."))], "0", "good")
    blocks = [
        Block("table", _reject_kinds(desk, frame), words.say("By kind")),
        Block("table", _reject_rows(desk, frame), words.say("The rows")),
    ]
    lead = words.say("Rows in = rows used + rows listed here. Each has its source, its row and the reason.")
    return Section("rejects", title, lead, blocks, words.number(len(frame)), "warn")


def _reject_kinds(desk: Desk, frame: pd.DataFrame) -> Table:
    words = desk.words
    make = ColumnMaker(words, "reject")
    counted = frame.groupby(["layer_id", "kind"], dropna=False).size().reset_index(name="count")
    counted = counted.sort_values(["count", "layer_id", "kind"], ascending=[False, True, True], kind="stable")

    def count(row: Any) -> Cell:
        narrow = narrowed(layer=plain(row["layer_id"]), kind=plain(row["kind"]))
        return Cell(words.number(row["count"]), int(row["count"]), link="t-reject", narrow=narrow)

    columns = [make.layer(desk.facts.layers), make.label("kind"), Column(words.say("Rows"), count, "num")]
    return make_table("t-reject-kinds", counted, columns)


def _reject_rows(desk: Desk, frame: pd.DataFrame) -> Table:
    make = ColumnMaker(desk.words, "reject")
    columns = [
        make.layer(desk.facts.layers),
        make.text("source"),
        make.number("row"),
        make.label("kind", key="kind"),
        Column(make.title("found"), lambda row: Cell(_found(row, desk.words)), "wide"),
        make.reason(),
    ]
    # Some rows of each kind first, so that a frequent kind does not fill the whole page.
    turn = frame.groupby(["layer_id", "kind"], dropna=False).cumcount()
    ordered = frame.assign(_turn=turn).sort_values("_turn", kind="stable")
    return make_table("t-reject", ordered, columns, rest=desk.rest("reject"))


def _found(row: Any, words: Wording) -> str:
    """Return what was found in a row: a value of the source as it stands, or what is wrong with the geometry."""
    found = plain(row["found"])
    return translate(found, words.language) if row["kind"] == "bad_geometry" else found


def notes_section(desk: Desk) -> Section:
    """Return the section with the notes of reading: guessed encodings, conversions, suspicions."""
    facts, words = desk.facts, desk.words
    title = words.say("Notes of reading")
    notes: list[tuple[str, str]] = []
    frame = facts.layers["notes"].to_dict() if len(facts.layers) else {}
    for layer_id, text in frame.items():
        title_of = words.layer(str(layer_id), facts.layers)
        lines = [line.strip() for line in plain(text).splitlines() if line.strip()]
        notes += [(title_of, translate(line, words.language)) for line in lines]
    if not notes:
        return Section("notes", title, "", [empty(words.say("Nothing had to be guessed."))], "0")
    rows = [[Cell(layer), Cell(text)] for layer, text in notes]
    table = Table("t-notes", [(words.say("Layer"), ""), (words.say("Note"), "wide")], rows, len(rows))
    return Section(
        "notes",
        title,
        words.say("What the files did not say themselves, and on what ground it was decided."),
        [Block("table", table)],
        words.number(len(rows)),
    )
