"""Gaps by agency and hour: on workdays by day and by night, at weekends and on holidays, exact hours and land."""

from typing import Any

import shapely
from markupsafe import Markup

from onemap.geo.arrangement import inside_points
from onemap.report.facts import Facts
from onemap.report.hours import DAY, NIGHT, Clock, Hours, Measured, gaps_of
from onemap.report.maps import finding_entries
from onemap.report.tables import Cell, Column, ColumnMaker, Table, codes_of, make_table, narrowed, plain
from onemap.report.wording import Wording

from .parts import Block, Desk, Section, empty

_MOST_MAPS = 4
_MOST_MATTERS = 6
_LEAST_M2 = 1.0  # smaller parts are left by the rounding of two outlines
_TITLES = {
    DAY: "Workdays, {start}:00 to {end}:00",
    NIGHT: "Workdays, {end}:00 to {start}:00",
    "weekend": "Weekends",
    "holiday": "Public holidays",
}
_STEPS = (0.0, 0.02, 0.1, 0.25, 0.5, 0.999)  # shares of the district from which on an hour is a shade darker
_ROW, _LEFT, _WIDE, _TOP = 22.0, 236.0, 28.0, 24.0


def duty_hours_section(desk: Desk) -> Section | None:
    """Return the section on duty gaps by agency and hour; None where the map knows no duties."""
    facts, words = desk.facts, desk.words
    frame = facts.open("duty_gap")
    if not len(frame) and not facts.has_rows("duty"):
        return None
    title = words.say("Gaps by agency and hour")
    gaps = gaps_of(frame)
    if not gaps:
        text = words.say("At every hour somebody answers for every matter on all land of the district.")
        return Section("hours", title, "", [empty(text)], "0", "good")
    hours = Hours(gaps, Clock.of(facts.frame("shift"), facts.frame("calendar_day")))
    start, end = hours.window
    lead = words.say(
        "From {start} up to {end}. An hour counts once however many gaps it has, and land counts once; hours of a "
        "holiday and of a weekend are those from midnight to midnight.",
        start=f"{start:%Y-%m-%d %H:%M}",
        end=f"{end:%Y-%m-%d %H:%M}",
    )
    if "" in hours.agencies:
        lead = words.sentences([lead, _unclaimed(desk, frame)])
    blocks = [
        Block("table", _matrix(desk, hours), words.say("Hours and land that nobody answers for")),
        Block(
            "chart",
            _clock_face(desk, hours),
            words.say("Hour by hour"),
            words.say("The darker, the more of the district's land has nobody at that hour on some day of the kind."),
        ),
    ]
    if desk.maps is not None:
        sizes = {agency: sum(one.area_m2 * one.hours for one in hours.of(agency).values()) for agency in hours.agencies}
        sizes.pop("", None)  # a matter of no agency is open everywhere: a map of it is one colour
        worst = sorted(sizes, key=lambda name: (-sizes[name], name))[:_MOST_MAPS]
        blocks += [_map(desk, hours, agency, number) for number, agency in enumerate(worst, start=1)]
    blocks.append(Block("table", _rows(desk, frame), words.say("All duty gaps")))
    return Section("hours", title, lead, blocks, words.number(len(frame)), "bad")


def _unclaimed(desk: Desk, frame: Any) -> str:
    """Return the sentence on the matters for which no agency has a duty."""
    words = desk.words
    mine = frame.loc[frame["agency"].fillna("").astype(str) == "", "matters"]
    codes = sorted({code for matters in mine for code in codes_of(matters)})
    shown = words.listed([words.matter(code) for code in codes[:_MOST_MATTERS]])
    return words.say(
        "No agency has a duty for {count}: {matters}. The row of them says nothing of any other matter.",
        count=words.count(len(codes), "matter", "matters"),
        matters=shown if len(codes) <= _MOST_MATTERS else f"{shown} …",
    )


def agency_name(agency: str, words: Wording) -> str:
    """Return an agency's name, and words for duties that belong to none."""
    return agency or words.say("no agency")


def _heading(kind: str, hours: Hours, words: Wording) -> str:
    return words.say(_TITLES[kind], start=f"{hours.clock.start:02d}", end=f"{hours.clock.end:02d}")


def _matrix(desk: Desk, hours: Hours) -> Table:
    words = desk.words
    whole = float(shapely.area(desk.facts.outline)) if desk.facts.outline is not None else 0.0
    people = _people(desk.facts)
    columns = [(words.heading("duty_gap", "agency"), "")]
    columns += [(_heading(kind, hours, words), "hour") for kind in hours.kinds]
    if people is not None:
        columns.append((words.heading("duty_gap", "residents"), "num"))
    rows = []
    for agency in hours.agencies:
        found = hours.of(agency)
        link = Cell(agency_name(agency, words), match=agency, link="t-duty-gap", narrow=narrowed(agency=agency))
        row = [link, *(_cell(found[kind], whole, words) for kind in hours.kinds)]
        if people is not None:
            land = hours.land(set().union(*(one.gaps for one in found.values())))
            there = _living_on(land, people)
            row.append(Cell(words.number(there), there, css="" if there else "zero"))
        rows.append(row)
    return Table("t-hours", columns, rows, len(rows))


def _people(facts: Facts) -> tuple[Any, Any] | None:
    """Return where residents live and how many; None where the map knows of none."""
    for layer_id in ("econ_population", "city3d_building"):
        frame = facts.frame(layer_id)
        if len(frame) and "residents" in frame and frame["residents"].notna().any():
            known = frame[frame["residents"].notna() & frame.geometry.notna()]
            return inside_points(known.geometry.to_numpy()), known["residents"].to_numpy(dtype=float)
    return None


def _living_on(land: Any, people: tuple[Any, Any]) -> int:
    """Return how many residents live on land."""
    points, residents = people
    shapely.prepare(land)
    inside = shapely.contains_xy(land, shapely.get_x(points), shapely.get_y(points))
    return int(residents[inside].sum())


def _cell(found: Measured, whole: float, words: Wording) -> Cell:
    """Return hours and land; the bar is as long as both together are large."""
    if not found.hours:
        return Cell(words.say("none"), 0.0, css="zero")
    text = Markup("<b>{}</b> / {} h<small class='under'>{}</small>").format(
        words.number(found.hours, 0 if found.hours == int(found.hours) else 1),
        words.number(found.of_hours),
        words.area(found.area_m2),
    )
    share = found.area_m2 / whole if whole else 1.0
    return Cell(text, found.hours * found.area_m2, bar=min(share, 1.0) * found.hours / found.of_hours)


def _clock_face(desk: Desk, hours: Hours) -> Markup:
    """Return a square for each hour of a day, agency by agency and kind of day by kind of day."""
    words, ramp = desk.words, desk.palette.ramps["loss"]
    whole = float(shapely.area(desk.facts.outline)) if desk.facts.outline is not None else 0.0
    drawn, y = [], _TOP
    for hour in range(0, 25, 3):
        x = _LEFT + hour * _WIDE
        drawn.append(Markup('<text x="{:g}" y="14" class="t axis">{:02d}:00</text>').format(x, hour))
    for agency in hours.agencies:
        y += 5
        kinds = hours.by_hour(agency)
        drawn.append(
            Markup('<text x="12" y="{:g}" class="t start strong">{}</text>').format(
                y + 15, _short(agency_name(agency, words))
            )
        )
        for kind, areas in kinds.items():
            label = words.say({"workday": "workday", "weekend": "weekend", "holiday": "holiday"}[kind])
            drawn.append(
                Markup('<text x="{:g}" y="{:g}" class="t axis end">{}</text>').format(_LEFT - 8, y + 15, label)
            )
            for hour, area in enumerate(areas):
                share = area / whole if whole else float(area > 0)
                step = sum(share > least for least in _STEPS)
                fill = ramp[step - 1] if step else "var(--surface)"
                hint = f"{hour:02d}:00  {words.area(area)}"
                drawn.append(
                    Markup(
                        '<rect x="{:g}" y="{:g}" width="{:g}" height="{:g}" fill="{}" class="hour">'
                        "<title>{}</title></rect>"
                    ).format(_LEFT + hour * _WIDE, y, _WIDE - 1.5, _ROW - 2, fill, hint)
                )
            y += _ROW
    return Markup('<svg class="chart clock" viewBox="0 0 940 {:g}" role="img" aria-label="{}">{}{}</svg>').format(
        y + 34, words.say("Hour by hour"), Markup("").join(drawn), _scale(ramp, y + 12, words)
    )


def _scale(ramp: Any, y: float, words: Wording) -> Markup:
    """Return the key of the shades."""
    drawn, x = [], _LEFT
    names = [words.say("nobody missing"), "≤ 2%", "≤ 10%", "≤ 25%", "≤ 50%", "> 50%", words.say("all of it")]
    for fill, name in zip(["var(--surface)", *ramp], names, strict=True):
        drawn.append(
            Markup(
                '<rect x="{:g}" y="{:g}" width="16" height="13" fill="{}" class="hour"/>'
                '<text x="{:g}" y="{:g}" class="t axis start">{}</text>'
            ).format(x, y, fill, x + 21, y + 11, name)
        )
        x += 116 if fill.startswith("var") else 84
    return Markup("").join(drawn)


def _short(name: str, most: int = 14) -> str:
    return name if sum(2 if ord(c) > 255 else 1 for c in name) <= 2 * most else f"{name[:most]}…"  # noqa: PLR2004


def _map(desk: Desk, hours: Hours, agency: str, number: int) -> Block:
    words, maps = desk.words, desk.maps
    assert maps is not None
    found = hours.of(agency)
    by_day = found[DAY].shape if DAY in found else None
    always = found[DAY].gaps if DAY in found else frozenset()
    beyond = hours.land(set().union(*(one.gaps for one in found.values())) - always)
    if beyond is not None and by_day is not None:
        beyond = shapely.difference(beyond, by_day)
    over, entries = [], []
    for tone, land, text in (
        ("duty_gap", beyond, "nobody by night, at weekends or on holidays"),
        ("gap", by_day, "nobody on workdays by day"),
    ):
        parts = shapely.get_parts(shapely.Polygon() if land is None else land)
        parts = parts[shapely.area(parts) > _LEAST_M2]
        if len(parts):
            over.append(maps.hatched(parts, tone))
            entries += finding_entries(words, [(tone, text)])
    name = agency_name(agency, words)
    figure = maps.compose(
        words,
        title=words.say("{agency}: when and where nobody answers", agency=name),
        subtitle="",
        over=over,
        legend=entries,
        agency=agency if agency in set(desk.facts.frame("duty_grid")["agency"].dropna()) else "",
        names=1,
    )
    return Block("map", figure, id=f"map-hours-{number}", half=True)


def _rows(desk: Desk, frame: Any) -> Table:
    words = desk.words
    make = ColumnMaker(words, "duty_gap")
    ordered = frame.drop(columns="geometry").sort_values(["hours", "area_m2"], ascending=False, kind="stable")
    columns = [
        make.text("gap_id", css="id"),
        Column(
            make.title("agency"),
            lambda row: Cell(agency_name(plain(row["agency"]), words), match=plain(row["agency"])),
            "word",
            "agency",
        ),
        make.label("cause", key="cause"),
        make.codes("matters"),
        make.codes("cells", on_paper=False),
        make.number("hours", 0),
        make.measure("area_m2"),
        make.number("buildings"),
        make.number("residents"),
        make.reason(),
        make.closer(),
    ]
    return make_table("t-duty-gap", ordered, columns, rest=desk.rest("duty_gap"))
