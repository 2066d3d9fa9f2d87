"""Who is accountable: by level and by agency, vacancies, expired appointments, double claims, same cell same duty."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from onemap.domain.validity import as_day, holds
from onemap.report.facts import Facts
from onemap.report.maps import finding_entries
from onemap.report.tables import Cell, Column, ColumnMaker, Table, codes_of, make_table, narrowed, plain

from .duty_hours import agency_name
from .parts import Block, Desk, Section, empty

_VACANT = ("vacant", "expired", "not_yet")
_DOUBLE = ("tie", "two_holders", "claimed_twice")
_BORDERS = ("cut", "outside")
_UNLIKE = "unlike"


@dataclass(frozen=True)
class Posts:
    """The grids of one level or one agency: how many, and what became of the appointments to them."""

    grids: int
    held: int
    expired: int
    vacant: int
    people: int


def responsibility_section(desk: Desk) -> Section | None:
    """Return the section on responsibility; None where the map knows neither people nor duties."""
    facts, words = desk.facts, desk.words
    if not facts.has_rows("holder") and not facts.has_rows("duty"):
        return None
    gaps, conflicts = facts.open("duty_gap"), facts.open("duty_conflict")
    vacancies = gaps[gaps["cause"].isin(_VACANT)]
    by_level, by_agency = _levels(facts), _agencies(facts)
    open_ = sum(one.vacant + one.expired for one in (*by_level.values(), *by_agency.values()))
    lead = words.say(
        "On {day}: {posts} with somebody accountable, {vacant} without; {expired} of these had somebody whose "
        "appointment has ended.",
        day=words.date(_day(facts)),
        posts=words.count(sum(one.held for one in (*by_level.values(), *by_agency.values())), "grid", "grids"),
        vacant=words.number(open_),
        expired=words.number(sum(one.expired for one in (*by_level.values(), *by_agency.values()))),
    )
    blocks = [Block("table", _accountable(desk, by_level, by_agency), words.say("Who is accountable"))]
    if desk.maps is not None and len(vacancies) + len(conflicts):
        blocks.append(_map(desk, vacancies, conflicts))
    if len(vacancies):
        blocks.append(Block("table", _vacancies(desk, vacancies), words.say("Vacancies and ended appointments")))
    if len(conflicts):
        blocks += _conflicts(desk, conflicts)
    elif facts.one_map.has("duty_conflict"):
        blocks.append(empty(words.say("No two posts claim the same matter on the same land with equal right.")))
    wrong = open_ + len(conflicts)
    tone = "bad" if wrong else "good"
    return Section("responsibility", words.say("Responsibility"), lead, blocks, words.number(wrong), tone)


def _day(facts: Facts) -> Any:
    return as_day(facts.district.get("as_of") or facts.district.get("built_at"))


def _posts(facts: Facts, codes: Iterable[str], *, also: Mapping[str, str] = MappingProxyType({})) -> Posts:
    """Return what became of the appointments to grids; ``also`` names who holds a grid by the grid's own layer."""
    day, holders = _day(facts), facts.frame("holder")
    wanted, named = set(codes), set(also)
    mine = holders[holders["grid_code"].astype(str).isin(wanted)]
    first = pd.to_numeric(mine["deputy"], errors="coerce").fillna(0) == 0
    known = mine[first].to_dict("records")
    now = [row for row in known if holds(as_day(row["valid_from"]), as_day(row["valid_to"]), day)]
    held = {str(row["grid_code"]) for row in now} | named
    before = {str(row["grid_code"]) for row in known if as_day(row["valid_to"]) and as_day(row["valid_to"]) < day}
    expired = len(before - held)
    people = {plain(row["name"]) or plain(row["holder_code"]) for row in now} | set(also.values())
    return Posts(len(wanted), len(held), expired, len(wanted) - len(held) - expired, len(people))


def _levels(facts: Facts) -> dict[str, Posts]:
    """Return the posts of each level to which anybody was ever appointed."""
    found = {}
    for level in facts.levels:
        posts = _posts(facts, level.frame[level.code].dropna().astype(str))
        if posts.held or posts.expired:
            found[level.layer_id] = posts
    return found


def _agencies(facts: Facts) -> dict[str, Posts]:
    """Return the posts of each agency that has duty grids."""
    duty = facts.frame("duty_grid")
    found = {}
    for agency, grids in duty.groupby(duty["agency"].fillna("").astype(str), sort=True):
        codes = grids["duty_code"].dropna().astype(str)
        names = grids["holder"].reindex(codes.index).fillna("").astype(str)
        named = {code: name for code, name in zip(codes, names, strict=True) if name}
        found[str(agency)] = _posts(facts, codes, also=named)
    return found


def _accountable(desk: Desk, by_level: dict[str, Posts], by_agency: dict[str, Posts]) -> Table:
    facts, words = desk.facts, desk.words
    duties = facts.frame("duty")["agency"].fillna("").astype(str).value_counts()
    conflicts = facts.open("duty_conflict")
    counted = conflicts["agency"].fillna("").astype(str).value_counts()
    rows = []
    for layer_id, posts in by_level.items():
        rows.append(_row(desk, words.layer(layer_id, facts.layers), posts, duties=None, conflicts=None))
    # every conflict stands in the row of one agency, so that the rows add up to the number told above
    for agency in sorted(set(by_agency) | (set(duties.index) - {""}) | set(counted.index)):
        posts = by_agency.get(agency, Posts(0, 0, 0, 0, 0))
        rows.append(
            _row(
                desk,
                agency_name(agency, words),
                posts,
                duties=int(duties.get(agency, 0)),
                conflicts=int(counted.get(agency, 0)),
                agency=agency,
            )
        )
    columns = [
        (words.say("Level or agency"), ""),
        (words.say("Grids"), "num"),
        (words.say("With somebody accountable"), "num bar"),
        (words.say("Vacant"), "num"),
        (words.say("Appointment ended"), "num"),
        (words.say("People"), "num"),
        (words.say("Duties"), "num"),
        (words.say("Conflicts"), "num"),
    ]
    return Table("t-accountable", columns, rows, len(rows))


def _row(
    desk: Desk, name: str, posts: Posts, *, duties: int | None, conflicts: int | None, agency: str = ""
) -> list[Cell]:
    """Return the row of a level, or of an agency whose rows the figures lead to."""
    words, facts = desk.words, desk.facts

    def count(number: int) -> Cell:
        link = "t-vacancy" if number and facts.open("duty_gap")["cause"].isin(_VACANT).any() else ""
        narrow = narrowed(agency=agency) if link and agency else ""
        return Cell(words.number(number), number, css="loud" if number else "zero", link=link, narrow=narrow)

    share = posts.held / posts.grids if posts.grids else None
    held = Cell(words.number(posts.held) if posts.grids else "–", share or 0.0, bar=share)
    loud = bool(conflicts and agency)
    return [
        Cell(name),
        Cell(words.number(posts.grids) if posts.grids else "–", posts.grids),
        held,
        count(posts.vacant),
        count(posts.expired),
        Cell(words.number(posts.people), posts.people, css="" if posts.people else "zero"),
        Cell(words.number(duties), -1 if duties is None else duties, css="" if duties else "zero"),
        Cell(
            words.number(conflicts),
            -1 if conflicts is None else conflicts,
            css="loud" if conflicts else "zero",
            link="t-conflict" if loud else "",
            narrow=narrowed(agency=agency) if loud else "",
        ),
    ]


def _map(desk: Desk, vacancies: Any, conflicts: Any) -> Block:
    words, maps = desk.words, desk.maps
    assert maps is not None
    double = conflicts[conflicts["kind"].isin(_DOUBLE)]
    out = conflicts[conflicts["kind"].isin(_BORDERS)]
    unlike = conflicts[conflicts["kind"] == _UNLIKE]
    over, entries = [], []
    for frame, tone, text in (
        (vacancies, "gap", "nobody is appointed"),
        (double, "overlap", "claimed by several with equal right"),
        (out, "outside", "duty grids that cut cells or leave the district"),
        (unlike, "mismatch", "other duties than cells of the same kind"),
    ):
        shapes = frame.geometry.dropna().to_numpy()
        if len(shapes):
            over.append(maps.hatched(shapes, tone))
            entries += finding_entries(words, [(tone, text)])
    figure = maps.compose(
        words,
        title=words.say("Where responsibility is open or contested"),
        subtitle=words.clauses(
            [
                words.count(len(vacancies), "vacancy or ended appointment", "vacancies and ended appointments"),
                words.count(len(conflicts), "conflict", "conflicts"),
            ]
        ),
        over=over,
        legend=entries,
        names=1,
    )
    return Block("map", figure, id="map-responsibility")


def _agency_column(desk: Desk, make: ColumnMaker) -> Column:
    words = desk.words
    return Column(
        make.title("agency"),
        lambda row: Cell(agency_name(plain(row["agency"]), words), match=plain(row["agency"])),
        "office",
        "agency",
    )


def _scope(desk: Desk, make: ColumnMaker) -> Column:
    """Return the column of scopes: layers by their titles, others by their words."""
    words, facts = desk.words, desk.facts

    def cell(row: Any) -> Cell:
        return Cell(words.listed(words.layer(scope, facts.layers) for scope in codes_of(row["scope"])))

    return Column(make.title("scope"), cell, "word")


def _vacancies(desk: Desk, vacancies: Any) -> Table:
    make = ColumnMaker(desk.words, "duty_gap")
    ordered = vacancies.drop(columns="geometry").sort_values(
        ["cause", "area_m2"], ascending=[False, False], kind="stable"
    )
    columns = [
        make.text("gap_id", css="id"),
        make.label("cause", key="cause"),
        _scope(desk, make),
        make.codes("cells", on_paper=False),
        _agency_column(desk, make),
        make.measure("area_m2"),
        make.number("residents"),
        make.reason(),
        make.closer(),
    ]
    return make_table("t-vacancy", ordered, columns, rest=desk.rest("duty_gap"))


def _conflicts(desk: Desk, conflicts: Any) -> list[Block]:
    words = desk.words
    make = ColumnMaker(words, "duty_conflict")
    ordered = conflicts.drop(columns="geometry").sort_values(
        ["kind", "area_m2"], ascending=[False, False], kind="stable"
    )
    columns = [
        make.text("conflict_id", css="id"),
        make.label("kind", key="kind"),
        _agency_column(desk, make),
        make.codes("cells", on_paper=False),
        make.codes("matters"),
        make.measure("area_m2"),
        make.reason(),
        make.closer(),
    ]
    table = make_table("t-conflict", ordered, columns, rest=desk.rest("duty_conflict"))
    blocks = [Block("table", table, words.say("Double claims and conflicts of precedence"))]
    same = _same_duty(desk, conflicts)
    if same is not None:
        lead = words.say(
            "A cell that an agency's grids cut has not the same duties everywhere; "
            "cells of one kind shall have the same."
        )
        blocks.append(Block("table", same, words.say("Same cell, same duty"), lead))
    return blocks


def _same_duty(desk: Desk, conflicts: Any) -> Table | None:
    """Return for each agency how many cells lie whole in one of its grids, and where cells are unlike their peers."""
    facts, words = desk.facts, desk.words
    if facts.cells is None:
        return None
    total, rows = len(facts.cells.frame), []
    grids = facts.frame("duty_grid")["agency"].fillna("").astype(str).value_counts()
    unlike = conflicts.loc[conflicts["kind"] == _UNLIKE, "agency"].fillna("").astype(str).value_counts()
    for agency in sorted(set(grids.index) | set(unlike.index)):
        cut = conflicts[(conflicts["kind"] == "cut") & (conflicts["agency"] == agency)]
        count, area = cut["cells"].nunique(), float(pd.to_numeric(cut["area_m2"]).sum())
        share = 1 - count / total
        link, narrow = ("t-conflict", narrowed(agency=agency, kind="cut")) if count else ("", "")
        drawn, odd = int(grids.get(agency, 0)), int(unlike.get(agency, 0))
        whole = Cell(words.number(total - count), share, bar=share) if drawn else Cell("–", -1.0)
        odd_link, odd_narrow = ("t-conflict", narrowed(agency=agency, kind=_UNLIKE)) if odd else ("", "")
        rows.append(
            [
                Cell(agency_name(agency, words)),
                Cell(words.number(drawn), drawn),
                whole,
                Cell(words.number(count), count, link=link, narrow=narrow, css="loud" if count else "zero"),
                Cell(words.area(area) if area else "0", area, css="" if area else "zero"),
                Cell(words.number(odd), odd, link=odd_link, narrow=odd_narrow, css="loud" if odd else "zero"),
            ]
        )
    columns = [
        (words.heading("duty_grid", "agency"), ""),
        (words.layer("duty_grid", facts.layers), "num"),
        (words.say("Cells whole in one duty grid"), "num bar"),
        (words.say("Cells cut"), "num"),
        (words.say("Land cut off from its cell"), "num"),
        (words.say("Unlike cells of their kind"), "num"),
    ]
    return Table("t-same-duty", columns, rows, len(rows))
