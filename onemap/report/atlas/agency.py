"""The sheet of an enforcement unit: its duty grids, who answers for each in which shift, and what nobody covers."""

from collections.abc import Sequence
from typing import Any

import shapely

from .base import draw_base
from .furniture import Table, layout_for
from .ground import Ground, Name, inner_point, roomiest
from .page import Page, Pen
from .people import text
from .sheets import NEIGHBOURS, Studio
from .signs import Sign, ring

_SEEN_MM = 12.0  # a smaller finding is ringed
_MOST_RINGS = 12  # of a kind, the largest: more would hide the map
_DUTY_GRID = "duty_grid"


class Posts:
    """Who answers for each duty grid of a unit, in each shift that the unit has."""

    def __init__(self, studio: Studio, frame: Any, agency: str) -> None:
        people, codes = studio.people, [text(code) for code in frame["duty_code"]]
        self.shifts = people.shifts_of(codes, _DUTY_GRID, agency)
        self.heads = [people.shift_name(shift) for shift in self.shifts] or [studio.words.say("In charge")]
        self._of = {code: people.named(code, _DUTY_GRID, agency, self.shifts) for code in codes}
        self.known = any(name for names in self._of.values() for name in names)  # else nobody was asked for
        self._vacant = studio.words.say("vacant")

    def of(self, code: str, *, unknown: str = "") -> list[str]:
        """Return who answers for a grid in each shift; nobody is told only where anybody is known."""
        return [name or (self._vacant if self.known else unknown) for name in self._of[code]]

    def lines(self, code: str, bad: str) -> list[tuple[str, str | None]]:
        """Return what stands under a grid's name: who answers, by shift where they differ, and the colour of each."""
        named = self._of[code]
        if not self.known:
            return []
        shown = list(zip(self.heads, self.of(code), named, strict=True))
        if len(set(named)) == 1:
            return [(shown[0][1], None if named[0] else bad)]
        return [(f"{head} {said}", None if name else bad) for head, said, name in shown]


def agency_sheet(studio: Studio, size: str, agency: str) -> tuple[Page, str]:
    """Draw the duty grids of one enforcement unit, neighbours never alike, each with its holder; gaps are hatched."""
    facts, words = studio.facts, studio.words
    page = Page(size)
    frame = facts.areas_of("duty_grid", agency).sort_values("duty_code", kind="stable")
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    bounds = facts.bounds or tuple(frame.total_bounds)
    posts = Posts(studio, frame, agency)
    table = _duties_table(studio, frame, posts, size)
    layout = layout_for(page, table)
    ground = Ground.around(page, layout.ground, bounds)
    draw_base(ground, studio.store, words)
    if studio.outline is not None:
        ground.veil(studio.outline, opacity=1 - NEIGHBOURS)
    colours = studio.tint(ground, frame.geometry.to_numpy(), opacity=studio.palette.area_opacity)
    if facts.streets is not None:
        sign = Sign(
            words.layer(facts.streets.layer_id, facts.layers), pen=Pen(page.colours["ink_quiet"], 0.4, (2.0, 1.2))
        )
        ground.border(shapely.boundary(facts.streets.frame.geometry.to_numpy()), sign.pen or Pen("", 0), sign)
    edge = Pen(page.colours["grid_line"], 0.55)
    middle = colours[0] if colours else page.colours["building"]
    sign = Sign(words.layer("duty_grid"), fill=middle, opacity=studio.palette.area_opacity, pen=edge, rank=-1)
    ground.paint(shapely.boundary(frame.geometry.to_numpy()), sign, pen=edge)
    studio.draw_levels(ground, finest=0)
    _draw_findings(studio, ground, agency)
    _name_duties(ground, frame, posts)
    title = f"{studio.district_name} · {words.say('Duty grids of {name}', name=agency)}"
    subtitle = f"{words.layer('duty_grid')} {words.number(len(frame))}"
    studio.finish(page, ground, layout, title=title, subtitle=subtitle, table=table)
    return page, title


def _duties_table(studio: Studio, frame: Any, posts: Posts, size: str) -> Table:
    """Return the duty grids with who answers for them; beside a map the names of several shifts need all the room."""
    words, measured = studio.words, size == "A4" or len(posts.shifts) <= 1
    rows = [
        (
            text(row["name"]) or text(row["duty_code"]),
            *posts.of(text(row["duty_code"]), unknown="–"),
            *([words.area(row["geometry"].area)] if measured else []),
        )
        for row in frame.to_dict("records")
    ]
    heads = [words.layer(_DUTY_GRID), *posts.heads, *([words.say("Area")] if measured else [])]
    return Table(tuple(heads), tuple(rows))


def _draw_findings(studio: Studio, ground: Ground, agency: str) -> None:
    """Hatch the land that the unit leaves to nobody, and the land that two of its grids claim; ring what is tiny."""
    words, colours, hatches = studio.words, ground.page.colours, studio.palette.hatches
    defects = studio.facts.defects
    twice = defects[
        (defects["layer_id"] == "duty_grid") & (defects["agency"] == agency) & (defects["kind"] == "overlap")
    ]
    twice = twice[~twice["allowed"]]
    empty = studio.facts.uncovered_of("duty_grid", agency)
    found = (("gap", empty, "Land in no duty grid", "////"), ("overlap", twice, "Land in two duty grids", "xxxx"))
    for number, (tone, frame, meaning, hatch) in enumerate(found):
        pen = Pen(colours[tone], 0.5)
        share = hatches[tone]["fill_opacity"]
        sign = Sign(words.say(meaning), fill=colours[tone], opacity=share, pen=pen, hatch=hatch, rank=10 + number)
        rings = 0
        for shape in sorted(frame.geometry.dropna(), key=lambda shape: (-shape.area, shape.bounds)):
            ground.paint([shape], sign, fill=colours[tone], opacity=share, hatch=hatch, pen=pen)
            west, south, east, north = shape.bounds
            reach = max(east - west, north - south) / ground.metres
            if reach < _SEEN_MM and rings < _MOST_RINGS:
                rings += 1
                around = ring(*ground.at((west + east) / 2, (south + north) / 2), reach / 2 + 2)
                ground.page.paint(around, pen=Pen(colours["paper"], 1.6), clip=ground.box)
                ground.page.paint(around, pen=Pen(colours[tone], 0.8), clip=ground.box)


def _name_duties(ground: Ground, frame: Any, posts: Posts) -> None:
    """Write name and holders into each part of each duty grid, in letters that fit between its borders."""
    size = 4.2 if ground.page.size == "A3" else 3.0
    parts = []
    for row in frame.to_dict("records"):
        parts += [
            (area.area, text(row["duty_code"]), area, row) for area in _bodies(row["geometry"], 2 * ground.metres)
        ]
    for _, code, area, row in sorted(parts, key=lambda part: (-part[0], part[1])):
        name = text(row["name"]) or text(row["duty_code"])
        _name_part(ground, area, (code, name), posts.lines(code, ground.page.colours["bad"]), size=size)


def _bodies(shape: Any, neck_m: float) -> list[Any]:
    """Return the parts of an area that the eye takes for one each: what only a narrow neck joins is apart."""
    cores = shapely.get_parts(shapely.buffer(shape, -neck_m, quad_segs=2))
    bodies = [shapely.intersection(shapely.buffer(core, neck_m, quad_segs=2), shape) for core in cores]
    return [body for body in bodies if body.area > 0] or [part for part in shapely.get_parts(shape) if part.area > 0]


def _halves(name: str) -> list[str]:
    """Return a name in two lines, broken at a blank, or between Chinese characters; one word stays whole."""
    blanks = [place for place, letter in enumerate(name) if letter == " "]
    if blanks:
        middle = min(blanks, key=lambda place: abs(place - len(name) / 2))
        return [name[:middle], name[middle + 1 :]]
    half = -(-len(name) // 2)
    return [name] if name.isascii() else [name[:half], name[half:]]


def _name_part(
    ground: Ground, area: Any, names_of: tuple[str, str], below: Sequence[tuple[str, str | None]], *, size: float
) -> None:
    """Write a name and its holders into an area, broken or smaller if need be; else one of them or the code."""
    code, name = names_of
    whole, broken = [name], _halves(name)
    tried = [(1.0, whole), (0.85, whole), (1.0, broken), (0.7, whole), (0.8, broken), (0.6, broken), (0.7, [])]
    ways = [(share, lines, below) for share, lines in tried]
    if len(below) > 1:  # of several shifts: rather the grid's name alone than tiny letters, for the table has them all
        ways = [*ways[:-2], *((share, lines, below[:0]) for share, lines in tried)]
    for share, lines, under in ways:
        names = [Name(line, size * share, bold=True) for line in lines]
        names += [Name(words, size * share, colour=colour) for words, colour in under]
        if names and _fits(ground, area, names):
            return
    x, y, radius = inner_point(area)
    if ground.page.bold.width(code) * size * 0.7 < 2 * radius / ground.metres:
        ground.name(x, y, code, size=size * 0.7, bold=True, nudges=(0.0,))


def _fits(ground: Ground, area: Any, names: list[Name]) -> bool:
    """Write lines where an area is roomiest; False where they do not fit between its borders."""
    wide = max(ground.page.face(bold=one.bold).width(one.text) * one.size for one in names)
    high = sum(one.size for one in names) * 1.3
    west, south, east, north = area.bounds
    if east - west < wide * ground.metres or north - south < high * ground.metres:
        return False
    x, y, room = roomiest(area, high * ground.metres)
    return room > (wide + 1.5) * ground.metres and ground.block(*ground.at(x, y), names)
