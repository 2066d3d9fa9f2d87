"""The cases: by cell, street, class and time; those near a border; those in no cell."""

from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from onemap.report.charts import bar_chart
from onemap.report.facts import CHAIN
from onemap.report.maps import Entry, state_entry
from onemap.report.signs import state_sign, swatch
from onemap.report.tables import Cell, Column, ColumnMaker, make_table, plain

from .decisions import decision_blocks
from .parts import Block, Desk, Section, empty

STATES = ("new", "in_hand", "overdue", "settled")
_UNPLACED = ("outside", "no_position")
_DAYS_UP_TO_MONTHS = 3
_FAR_OFF = pd.Timedelta(days=62)
_MOST_SIGNS = 1200  # more signs than this would cover the map: then each is a dot
_CUT = 0.0005  # share of cases at either end whose dates are taken for mistakes and named instead of drawn


def cases_section(desk: Desk) -> Section:
    """Return the section on the cases."""
    facts, words = desk.facts, desk.words
    title, cases = words.say("Cases"), desk.facts.cases
    if not len(cases):
        text = words.say("This map holds no cases. Name a case file in the manifest and build again to see them here.")
        return Section("cases", title, "", [empty(text)], badge="–")
    blocks: list[Block] = []
    if desk.maps is not None and facts.cells is not None:
        blocks.append(_choropleth(desk))
    blocks += _times(desk)
    if cases["state"].notna().any():
        blocks.append(_states(desk))
    blocks += [block for block in (_by_street(desk), _by_class(desk), _by_cell(desk)) if block is not None]
    blocks.append(_unplaced(desk))
    placed = int(cases["cell_code"].notna().sum())
    lead = words.say(
        "Rows in: {rows}. In exactly one cell: {placed}. In none, with the reason: {rest}. Nothing is lost on the way.",
        rows=words.number(len(cases)),
        placed=words.number(placed),
        rest=words.number(len(cases) - placed),
    )
    return Section("cases", title, lead, blocks, words.number(len(cases)))


def _choropleth(desk: Desk) -> Block:
    facts, words, maps = desk.facts, desk.words, desk.maps
    assert maps is not None
    assert facts.cells is not None
    counts = facts.cases_of_cell.to_numpy()
    breaks = count_breaks(counts)
    ramp = desk.palette.ramps["cases"][1:]
    shapes = facts.cells.frame.geometry.to_numpy()
    fills, entries = [], []
    if (counts == 0).any():
        entries.append(
            Entry(swatch('<rect x="3" y="2.5" width="24" height="13" class="f-paper s-rule"/>'), words.say("no case"))
        )
    for place, (low, high) in enumerate(pairwise(breaks)):
        tone = ramp[round(place * (len(ramp) - 1) / max(len(breaks) - 2, 1))]
        inside = (counts >= low) & (counts < high)
        fills.append(maps.areas(shapes[inside], tone))
        text = words.number(low) if high - low <= 1 else f"{words.number(low)} – {words.number(high - 1)}"
        entries.append(Entry(swatch(f'<rect x="3" y="2.5" width="24" height="13" fill="{tone}"/>'), text))
    figure = maps.compose(
        words,
        title=words.say("Cases by cell"),
        subtitle=words.say(
            "Number of cases in each cell, {total} in all", total=words.number(facts.cases["cell_code"].notna().sum())
        ),
        under=Markup("").join(fills),
        over=[],
        legend=entries,
    )
    return Block("map", figure, id="map-cases")


def count_breaks(counts: np.ndarray, classes: int = 5) -> list[int]:
    """Return class limits of counts above zero, about equally filled, each class from a limit up to the next.

    Examples
    --------
    >>> count_breaks(np.array([0, 1, 1, 2, 5, 9]))
    [1, 2, 5, 9, 10]
    """
    some = counts[counts > 0]
    if not len(some):
        return []
    limits = np.quantile(some, np.linspace(0, 1, classes + 1)[:-1], method="higher").astype(int)
    return [*(int(limit) for limit in np.unique(limits)), int(some.max()) + 1]


def _times(desk: Desk) -> list[Block]:
    facts, words = desk.facts, desk.words
    reported = facts.cases["reported_at"]
    known = reported.dropna().sort_values()
    if not len(known):
        return [empty(words.say("The cases carry no date, so there is no course over time."))]
    cut = int(len(known) * _CUT)
    first, last = known.iloc[cut], known.iloc[-1 - cut]
    start = cut if first - known.iloc[0] > _FAR_OFF else 0
    end = cut if known.iloc[-1] - last > _FAR_OFF else 0
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    unit = "D" if months <= _DAYS_UP_TO_MONTHS else "M"
    periods = known.dt.tz_localize(None).dt.to_period(unit)
    shown = periods[(periods >= periods.iloc[start]) & (periods <= periods.iloc[-1 - end])]
    counts = shown.value_counts()
    every = pd.period_range(periods.iloc[start], periods.iloc[-1 - end], freq=unit)
    values = [(str(period), int(counts.get(period, 0))) for period in every]
    left, undated = len(known) - len(shown), len(reported) - len(known)
    notes = []
    if left:
        notes.append(
            words.say(
                "Not drawn: {count} with a date far off (earliest {first}, latest {last}).",
                count=words.number(left),
                first=words.date(known.iloc[0]),
                last=words.date(known.iloc[-1]),
            )
        )
    if undated:
        notes.append(words.say("Without a date: {count}.", count=words.number(undated)))
    title = words.say("Cases by day") if unit == "D" else words.say("Cases by month")
    return [Block("chart", bar_chart(values, words, title=title), title, " ".join(notes))]


def _states(desk: Desk) -> Block:
    words, cases = desk.words, desk.facts.cases
    counts = cases["state"].value_counts()
    total = max(int(counts.sum()), 1)
    items = [
        (
            state_sign(state, size=14),
            words.label("case", "state", state),
            words.number(counts[state]),
            words.share(counts[state] / total),
            state,
            counts[state] / total,
        )
        for state in (*STATES, *sorted(set(counts.index) - set(STATES)))
        if state in counts.index
    ]
    return Block("states", items, words.say("Where they stand"))


def _by_street(desk: Desk) -> Block | None:
    facts, words = desk.facts, desk.words
    streets = facts.streets
    if streets is None:
        return None
    column = streets.code if streets.code in facts.cases else ""
    if not column or facts.cases[column].isna().all():
        return None
    frame = _counted(desk, column)
    names = dict(zip(streets.frame[streets.code].astype(str), streets.frame["name"], strict=True))
    frame["name"] = [plain(names.get(str(code))) or plain(code) for code in frame[column]]
    title = words.layer(streets.layer_id, facts.layers)
    head = [Column(title, lambda row: Cell(row["name"], plain(row[column])))]
    table = make_table("t-street", frame, [*head, *_count_columns(desk, frame)])
    return Block("table", table, f"{words.say('Cases')} · {title}")


def _by_class(desk: Desk) -> Block | None:
    words, cases = desk.words, desk.facts.cases
    name = "matter_name" if cases["matter_name"].notna().any() else "matter_code"
    if not cases[name].notna().any():
        return None
    frame = _counted(desk, name)
    head = [Column(words.heading("case", name), lambda row: Cell(plain(row[name])), "wide")]
    return Block(
        "table", make_table("t-class", frame, [*head, *_count_columns(desk, frame)]), words.say("By kind of matter")
    )


def _by_cell(desk: Desk) -> Block | None:
    facts, words = desk.facts, desk.words
    if facts.cells is None or not facts.cases["cell_code"].notna().any():
        return None
    frame = _counted(desk, "cell_code")
    cells = facts.cells
    names = dict(zip(cells.frame[cells.code].astype(str), cells.frame["name"], strict=True))
    above = dict(zip(cells.frame[cells.code].astype(str), facts.chain_of_cell, strict=True))
    head = [
        Column(words.heading("case", "cell_code"), lambda row: Cell(plain(row["cell_code"])), "code"),
        Column(words.heading("grid_cell", "name"), lambda row: Cell(plain(names.get(str(row["cell_code"])))), ""),
        Column(words.say("Belongs to"), lambda row: Cell(CHAIN.join(above.get(str(row["cell_code"]), ())[1:])), "wide"),
    ]
    table = make_table("t-cell", frame, [*head, *_count_columns(desk, frame)], rest=desk.rest("case"))
    return Block("table", table, words.say("By cell"), words.say("The cells with the most cases first."))


def _counted(desk: Desk, column: str) -> pd.DataFrame:
    """Return counts of cases by a column: all, overdue, near a border; the most first."""
    cases = desk.facts.cases
    frame = pd.DataFrame(
        {column: cases[column], "cases": 1, "overdue": cases["state"] == "overdue", "near": cases["near_border"]}
    )
    counted = frame.dropna(subset=[column]).groupby(column, sort=True)[["cases", "overdue", "near"]].sum().reset_index()
    return counted.sort_values("cases", ascending=False, kind="stable").reset_index(drop=True)


def _count_columns(desk: Desk, frame: pd.DataFrame) -> list[Column]:
    words = desk.words
    most, total = max(int(frame["cases"].max()), 1) if len(frame) else 1, max(len(desk.facts.cases), 1)

    def count(name: str) -> Column:
        title = {"overdue": words.say("Overdue"), "near": words.say("Near a border")}[name]
        return Column(
            title, lambda row: Cell(words.number(row[name]), int(row[name]), css="" if row[name] else "zero"), "num"
        )

    columns = [
        Column(
            words.say("Cases"),
            lambda row: Cell(words.number(row["cases"]), int(row["cases"]), bar=row["cases"] / most),
            "num bar",
        ),
        Column(words.say("Share"), lambda row: Cell(words.share(row["cases"] / total), row["cases"] / total), "num"),
    ]
    if frame["overdue"].any():
        columns.append(count("overdue"))
    return [*columns, count("near")]


def _unplaced(desk: Desk) -> Block:
    facts, words = desk.facts, desk.words
    frame = facts.cases[facts.cases["cell_code"].isna()].drop(columns="geometry")
    if not len(frame):
        return empty(words.say("Every case is in a cell."))
    make = ColumnMaker(words, "case")
    columns = [
        make.text("case_code", css="code id"),
        make.label("how"),
        make.measure("distance_m"),
        make.text("address", css="wide"),
        make.text("matter_name"),
        make.date("reported_at"),
        make.reason(),
    ]
    table = make_table("t-unplaced", frame, columns, rest=desk.rest("case"))
    return Block("table", table, words.say("Cases in no cell"))


def near_section(desk: Desk) -> Section:
    """Return the section on the near-border queue."""
    facts, words = desk.facts, desk.words
    title, frame = words.say("Cases near a border"), facts.frame("near_border")
    settled = decision_blocks(desk)
    if not len(frame):
        text = (
            words.say("No case lies so near a border that a person should decide.")
            if len(facts.cases)
            else words.say("This map holds no cases.")
        )
        badge, tone = ("0", "good") if len(facts.cases) else ("–", "quiet")
        return Section("near", title, "", [empty(text), *settled], badge, tone)
    blocks = []
    if desk.maps is not None:
        blocks.append(_near_map(desk))
    make = ColumnMaker(words, "near_border")
    ordered = frame.drop(columns="geometry").sort_values(["distance_m", "case_code"], kind="stable")
    columns = [
        make.text("case_code", css="code id"),
        make.text("cell_code", css="code id"),
        make.codes("candidates", on_paper=False),
        make.measure("distance_m"),
        make.reason(),
    ]
    blocks.append(Block("table", make_table("t-near", ordered, columns, rest=desk.rest("near_border"))))
    blocks += settled
    lead = words.say(
        "Each of these cases has its cell; but it stands so near a border that a wrong coordinate of a few steps "
        "would give it to the neighbour. A person looks at them; the nearest come first."
    )
    return Section("near", title, lead, blocks, words.number(len(frame)), "warn")


def _near_map(desk: Desk) -> Block:
    facts, words, maps = desk.facts, desk.words, desk.maps
    assert maps is not None
    near = facts.frame("near_border")
    state = facts.cases.drop_duplicates("case_code").set_index("case_code")["state"]
    states = near["case_code"].map(state)
    if len(near) > _MOST_SIGNS:
        over = [maps.points(near, "s-near_border", radius=1.8)]
        entries = [
            Entry(swatch('<circle cx="15" cy="9" r="2.4" class="f-near_border"/>'), words.say("Case near a border"))
        ]
    else:
        over = [maps.points(near, "s-near_border", radius=4.6), maps.points(near, "s-paper", radius=3.1)]
        entries = [Entry(swatch('<circle cx="15" cy="9" r="5" class="near-ring"/>'), words.say("Case near a border"))]
        for name in [name for name in STATES if (states == name).any()]:
            over.append(maps.points(near[states == name], f"s-case_{name}", radius=2.0))
            entries.append(state_entry(words, name))
    count = words.count(len(near), "case to look at", "cases to look at")
    figure = maps.compose(words, title=words.say("Cases near a border"), subtitle=count, over=over, legend=entries)
    return Block("map", figure, id="map-near")


def objects_section(desk: Desk) -> Section:
    """Return the section on objects without a cell, and on gaps with what lies in them."""
    facts, words = desk.facts, desk.words
    title = words.say("Objects without a cell")
    frame = facts.open("object_gap")
    blocks: list[Block] = []
    gaps = facts.open("coverage_gap")
    if len(gaps):
        make = ColumnMaker(words, "coverage_gap")
        ordered = gaps.drop(columns="geometry").sort_values("area_m2", ascending=False, kind="stable")
        columns = [
            make.text("gap_id", css="id"),
            make.layer(facts.layers),
            make.text("agency", key="agency", css="word"),
            make.measure("area_m2"),
            make.measure("width_m"),
            make.number("buildings"),
            make.number("residents"),
            make.number("cases"),
            make.reason(),
            make.closer(),
        ]
        blocks.append(
            Block(
                "table",
                make_table("t-gap", ordered, columns, rest=desk.rest("coverage_gap")),
                words.say("Land that nobody covers, and who is there"),
            )
        )
    if len(frame):
        if desk.maps is not None and not shapely.is_missing(frame.geometry.to_numpy()).all():
            blocks.append(_object_map(desk))
        make = ColumnMaker(words, "object_gap")
        columns = [
            make.text("gap_id", css="id"),
            make.layer(facts.layers),
            make.text("object_id", css="code"),
            make.reason(),
            make.closer(),
        ]
        table = make_table("t-object", frame.drop(columns="geometry"), columns, rest=desk.rest("object_gap"))
        blocks.append(Block("table", table, words.say("Objects")))
    else:
        blocks.append(empty(words.say("Every building, place and component of this map lies in a cell.")))
    number = len(frame)
    return Section("objects", title, "", blocks, words.number(number), "warn" if number else "good")


def _object_map(desk: Desk) -> Block:
    words, maps, frame = desk.words, desk.maps, desk.facts.open("object_gap")
    assert maps is not None
    entry = Entry(swatch('<circle cx="15" cy="9" r="3.4" class="f-gap"/>'), words.say("Object without a cell"))
    figure = maps.compose(
        words,
        title=words.say("Objects without a cell"),
        subtitle=words.count(len(frame), "object", "objects"),
        over=[maps.points(frame, "s-gap", radius=2.6)],
        legend=[entry],
    )
    return Block("map", figure, id="map-objects")
