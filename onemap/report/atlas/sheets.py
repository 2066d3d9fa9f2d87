"""The map sheets: what they share, the whole district, and each street."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from onemap.report.facts import Facts, Level
from onemap.report.sections.opening import district_name
from onemap.report.wording import Wording

from .base import draw_base, name_roads
from .furniture import Imprint, Layout, Table, draw_surround, draw_title, layout_for
from .ground import Ground, Store, inner_point
from .page import Box, Page, Pen, outline_of
from .people import People, lead, text
from .signs import Sign
from .tints import unlike_colours

CELLS = 25_000
"""At scales up to 1:25,000 the cells are drawn."""
NEIGHBOURS = 0.30
"""In what tone the neighbours of a sheet's area stand."""

_FINE = {"grid_cell": 0.16, "grid_community": 0.45}  # a printed sheet wants finer lines inside than a wall map
_STREETS_OPACITY = 0.16
_NOWHERE = "in none of these"


@dataclass
class Studio:
    """What every sheet is drawn from."""

    facts: Facts
    store: Store
    words: Wording
    people: People
    imprint: Imprint
    _points: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def district_name(self) -> str:
        """The district's name in the language of the sheets."""
        return district_name(self.facts, self.words)

    @cached_property
    def outline(self) -> Any:
        """The district."""
        return self.facts.outline

    def pen(self, level: Level, *, opacity: float = 1.0) -> Pen:
        """Return how the borders of a level are drawn on paper."""
        lines, ids = self.palette.print_lines, ("grid_district", "grid_street", "grid_community", "grid_cell")
        last = level.rank == len(self.facts.levels) - 1
        like = level.layer_id if level.layer_id in lines else ids[-1] if last else ids[min(level.rank, 2)]
        line = lines[like]
        return Pen(self.palette.light["grid_line"], _FINE.get(like, line.width), line.dash, opacity)

    @property
    def palette(self) -> Any:
        """The palette."""
        from onemap.report.palette import load_palette

        return load_palette()

    def name_of(self, row: Any, level: Level) -> str:
        """Return the name of an area, else its code."""
        return text(row["name"]) or text(row[level.code])

    def inside(self, level: Level | None, shape: Any) -> Any:
        """Return the areas of a level whose inner point lies in an area; none of no level."""
        if level is None:
            return self.facts.frame("grid_cell").iloc[:0]
        if level.layer_id not in self._points:
            self._points[level.layer_id] = shapely.point_on_surface(level.frame.geometry.to_numpy())
        shapely.prepare(shape)
        return level.frame[shapely.intersects(shape, self._points[level.layer_id])]

    def draw_levels(self, ground: Ground, *, finest: int, cells_to: float = CELLS) -> None:
        """Draw the borders of the levels down to rank ``finest``, fine ones first."""
        for level in reversed(self.facts.levels[: finest + 1]):
            met = level.frame[level.frame.geometry.intersects(ground.window)].geometry
            if level.rank == len(self.facts.levels) - 1 and ground.scale > cells_to:
                continue
            lines = shapely.boundary(met.to_numpy())
            pen = self.pen(level, opacity=0.5 if level.rank == len(self.facts.levels) - 1 else 1.0)
            sign = Sign(self.words.layer(level.layer_id, self.facts.layers), pen=pen, rank=level.rank)
            if pen.dash:
                ground.border(lines, pen, sign)
            else:
                ground.paint(lines, sign, pen=pen)

    def tint(self, ground: Ground, shapes: Any, *, opacity: float) -> list[str]:
        """Fill areas so that neighbours differ; return the hue of each."""
        colours = unlike_colours(np.asarray(shapes, dtype=object), self.palette.hues, apart_m=ground.metres)
        for shape, colour in zip(shapes, colours, strict=True):
            ground.paint([shape], fill=colour, opacity=opacity)
        return colours

    def finish(
        self,
        page: Page,
        ground: Ground,
        layout: Layout,
        *,
        title: str,
        subtitle: str,
        table: Table | None = None,
        inset: bool = False,
    ) -> None:
        """Draw what stands around the map."""
        draw_title(page, layout, title=title, subtitle=subtitle, imprint=self.imprint)
        draw_surround(page, layout, ground, words=self.words, imprint=self.imprint, table=table, inset=inset)

    def totals(self, frames: Sequence[tuple[Level, int]]) -> str:
        """Return how many areas of each level there are: ``6 streets · 40 communities``."""
        words = self.words
        return " · ".join(
            f"{words.layer(level.layer_id, self.facts.layers)} {words.number(count)}"
            for level, count in frames
            if count
        )


def district_sheet(studio: Studio, size: str) -> tuple[Page, str]:
    """Draw the whole district: its streets in quiet tints, communities, cells as hairlines where the scale allows."""
    facts, words = studio.facts, studio.words
    page, table = Page(size), _levels_table(studio, facts.streets)
    layout = layout_for(page, table)
    ground = Ground.around(page, layout.ground, facts.bounds or (0.0, 0.0, 1000.0, 1000.0))
    draw_base(ground, studio.store, words)
    ground.veil(studio.outline, opacity=1 - NEIGHBOURS)
    streets = facts.streets
    if streets is not None:
        studio.tint(ground, streets.frame.geometry.to_numpy(), opacity=_STREETS_OPACITY)
    studio.draw_levels(ground, finest=len(facts.levels) - 1)
    _name_level(studio, ground, streets, size=6.4 if size == "A3" else 4.6, bold=True)
    if streets is not None and streets.rank + 1 < len(facts.levels) - 1:
        _name_level(studio, ground, facts.levels[streets.rank + 1], size=3.4 if size == "A3" else 2.6)
    name_roads(ground, studio.store, size=2.6, most=24, inside=studio.outline)
    counts = [(level, len(level.frame)) for level in facts.levels[1:]]
    title = f"{studio.district_name} · {words.say('Map of the grids')}"
    area = words.area(studio.outline.area) if studio.outline is not None else ""
    subtitle = " · ".join(part for part in (studio.totals(counts), area) if part)
    studio.finish(page, ground, layout, title=title, subtitle=subtitle, table=table)
    return page, title


def _name_level(
    studio: Studio, ground: Ground, level: Level | None, *, size: float, bold: bool = False, within: Any = None
) -> None:
    """Name the areas of a level, large ones first."""
    if level is None:
        return
    within = ground.window if within is None else shapely.intersection(ground.window, within)
    frame = level.frame[level.frame.geometry.intersects(within)]
    frame = frame.assign(_size=frame.geometry.area).sort_values("_size", ascending=False, kind="stable")
    for row in frame.to_dict("records"):
        x, y, _ = inner_point(shapely.intersection(row["geometry"], within))
        ground.name(x, y, studio.name_of(row, level), size=size, bold=bold, nudges=(0, -1, 1, -2, 2))


def street_sheet(studio: Studio, size: str, level: Level, row: Any) -> tuple[Page, str]:
    """Draw one street in full tone, its neighbours dimmed, its communities named and its cells numbered."""
    facts, words = studio.facts, studio.words
    page, shape = Page(size), row["geometry"]
    below = facts.levels[level.rank + 1] if level.rank + 1 < len(facts.levels) - 1 else None
    inside = studio.inside(below, shape)
    finest = facts.levels[-1]
    cells = studio.inside(finest if finest is not level else None, shape)
    table = _heads_table(studio, below, inside, cells) if below is not None else None
    layout = layout_for(page, table, inset=True)
    ground = Ground.around(page, layout.ground, shape.bounds)
    draw_base(ground, studio.store, words)
    if len(inside):
        studio.tint(ground, inside.geometry.to_numpy(), opacity=_STREETS_OPACITY)
    studio.draw_levels(ground, finest=len(facts.levels) - 1, cells_to=np.inf)  # they are what the sheet is for
    ground.veil(shape, opacity=1 - NEIGHBOURS)
    edge = studio.pen(level)
    ground.border(shapely.boundary(shape), Pen(edge.colour, edge.width_mm * 1.4, edge.dash))
    if below is not None:
        _name_level(studio, ground, replace(below, frame=inside), size=4.6, bold=True, within=shape)
    _name_neighbours(studio, ground, level, row)
    if len(cells):
        number_cells(ground, finest, cells, size=2.3)
    name_roads(ground, studio.store, size=2.7, most=40, inside=shape)
    _draw_inset(studio, page, layout.inset, level, shape)
    name = studio.name_of(row, level)
    title = f"{studio.district_name} · {words.say('Grids of {name}', name=name)}"
    counts = [(found, len(frame)) for found, frame in ((below, inside), (finest, cells)) if found is not None]
    subtitle = " · ".join(part for part in (studio.totals(counts), words.area(shape.area)) if part)
    studio.finish(page, ground, layout, title=title, subtitle=subtitle, table=table, inset=True)
    return page, title


def _levels_table(studio: Studio, level: Level | None) -> Table | None:
    """Return how many finer areas each street has."""
    if level is None:
        return None
    words, finer = studio.words, studio.facts.levels[level.rank + 1 :]
    rows = []
    for row in level.frame.sort_values(level.code, kind="stable").to_dict("records"):
        counts = tuple(words.number(len(studio.inside(other, row["geometry"]))) for other in finer)
        rows.append((studio.name_of(row, level), *counts))
    inside = [sum(len(studio.inside(other, shape)) for shape in level.frame.geometry) for other in finer]
    rest = [len(other.frame) - count for other, count in zip(finer, inside, strict=True)]
    if any(count > 0 for count in rest):
        rows.append((words.say(_NOWHERE), *(words.number(max(count, 0)) for count in rest)))
    titles = [words.layer(one.layer_id, studio.facts.layers) for one in (level, *finer)]
    return Table(tuple(titles), tuple(rows))


def _heads_table(studio: Studio, level: Level, inside: Any, cells: Any) -> Table:
    """Return the communities of a street: their cells, and whom to call; cells of none of them last."""
    rows, listed = [], set(inside[level.code].map(text))
    parents = cells["parent_code"].map(text) if len(cells) else cells
    for row in inside.sort_values(level.code, kind="stable").to_dict("records"):
        code = text(row[level.code])
        count = studio.words.number(int((parents == code).sum()) if len(cells) else 0)
        first = lead(studio.people.of(code, level.layer_id), studio.words)
        rows.append((studio.name_of(row, level), count, first.name if first else "–", first.phone if first else ""))
    words, rest = studio.words, int((~parents.isin(listed)).sum()) if len(cells) else 0
    if rest:
        rows.append((words.say(_NOWHERE), words.number(rest), "–", ""))
    return Table(
        (words.layer(level.layer_id, studio.facts.layers), words.say("Cells"), words.say("In charge"), ""), tuple(rows)
    )


def number_cells(ground: Ground, level: Level, cells: Any, *, size: float, most: int = 3) -> None:
    """Write the last digits of each cell's code where they fit into the cell."""
    page, quiet = ground.page, ground.page.colours["ink_quiet"]
    for row in cells.sort_values(level.code, kind="stable").to_dict("records"):
        number = text(row[level.code])[-most:]
        x, y, radius = inner_point(row["geometry"])
        if radius / ground.metres > page.regular.width(number) * size * 0.55:
            ground.name(x, y, number, size=size, nudges=(0.0, -0.7, 0.7), colour=quiet)


def _name_neighbours(studio: Studio, ground: Ground, level: Level, row: Any) -> None:
    frame = level.frame[level.frame.geometry.intersects(ground.window) & (level.frame[level.code] != row[level.code])]
    for other in frame.to_dict("records"):
        x, y, radius = inner_point(shapely.intersection(other["geometry"], ground.window))
        if radius / ground.metres > 5:  # noqa: PLR2004 - a sliver at the edge needs no name
            quiet = ground.page.colours["ink_quiet"]
            ground.name(x, y, studio.name_of(other, level), size=4.2, colour=quiet, opacity=0.6)


def _draw_inset(studio: Studio, page: Page, box: Box, level: Level, shape: Any) -> None:
    """Show where in the district an area lies."""
    colours = page.colours
    page.box(box, fill=colours["surface"], pen=Pen(colours["ink"], 0.25))
    inner = Ground.around(page, box.inset(1.5), studio.facts.bounds or shape.bounds, air=0.02)
    inner.paint(level.frame.geometry, fill=colours["building"])
    inner.paint([shape], fill=colours["accent"])
    lines = shapely.boundary(level.frame.geometry.to_numpy())
    page.paint(outline_of(lines, inner.place), pen=Pen(colours["surface"], 0.35), clip=box)
    if studio.outline is not None:
        inner.paint([shapely.boundary(studio.outline)], pen=Pen(colours["ink_quiet"], 0.4))
