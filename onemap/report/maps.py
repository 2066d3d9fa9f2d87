"""Maps of the whole district as SVG: base picture, grid lines and names below, one finding or measure on top."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from markupsafe import Markup

from .facts import Facts, Level
from .labels import Label, Placer, draw_labels
from .palette import Line, Palette
from .sheet import TENTH, Sheet
from .signs import fill_of, hatch_patterns, state_sign, swatch, tone_of
from .wording import Wording

WIDTH = 940.0
_NAME_SIZE = {0: 17.0, 1: 14.0, 2: 11.0}
_SMALL_PX = 5.0  # findings smaller than this are marked by a dot
_DENSE = 700  # from so many cells on, cell lines are drawn fainter on district maps


@dataclass(frozen=True)
class Entry:
    """One line of a legend: a picture and what it means."""

    picture: Markup
    text: str


@dataclass(frozen=True)
class MapFigure:
    """A finished map: its title, its drawing, its legend and the line of sources under it."""

    title: str
    subtitle: str
    svg: Markup
    legend: Sequence[Entry]
    source: str


class DistrictMaps:
    """Draws every map of one report on one sheet, so that base picture and lines are written once and shared."""

    def __init__(self, facts: Facts, sheet: Sheet, palette: Palette, *, base_layers: Sequence[str]) -> None:
        self.facts, self.sheet, self.palette = facts, sheet, palette
        self.base_layers = tuple(base_layers)
        self._findings: dict[str | None, Markup] = {}

    # What all maps of the report share; written once, used by reference.

    def shared(self, base_uri: str) -> Markup:
        """Return the definitions that every map uses: base picture, veil outside the district, lines, hatches."""
        sheet = self.sheet
        image = Markup('<image id="base" width="{:g}" height="{:g}" preserveAspectRatio="none" href="{}"/>').format(
            sheet.width, sheet.height, base_uri
        )
        return Markup(
            '<svg class="defs" width="0" height="0" aria-hidden="true"><defs>{patterns}{image}{veil}'
            '<g id="lines" transform="scale({scale})">{lines}</g>{tints}</defs></svg>'
        ).format(
            patterns=hatch_patterns(self.palette),
            image=image,
            veil=self._veil(),
            lines=Markup("").join(self._level_lines(level) for level in reversed(self.facts.levels)),
            tints=self._tints(),
            scale=1 / TENTH,
        )

    def _veil(self) -> Markup:
        outline = self.facts.outline
        if outline is None:
            return Markup('<g id="veil"/>')
        beyond = shapely.difference(shapely.box(*self.sheet.bounds), outline)
        return Markup('<path id="veil" class="veil" transform="scale({})" d="{}"/>').format(
            1 / TENTH, self.sheet.path([beyond])
        )

    def _level_lines(self, level: Level) -> Markup:
        line = self.line_of(level)
        opacity = 0.45 if level.rank == len(self.facts.levels) - 1 and len(level.frame) > _DENSE else 0.85
        return Markup('<path class="level" d="{}" style="{}"/>').format(
            self.sheet.path(level.frame.geometry), f"{line_style(line)};opacity:{opacity}"
        )

    def line_of(self, level: Level) -> Line:
        """Return how the lines of a level are drawn."""
        return self.palette.line(level.layer_id, level.rank, len(self.facts.levels))

    def _tints(self) -> Markup:
        streets = self.facts.streets
        if streets is None:
            return Markup('<g id="tints"/>')
        hues = greedy_colours(streets.frame.geometry.to_numpy(), len(self.palette.hues))
        paths = Markup("").join(
            Markup('<path d="{}" fill="{}"/>').format(self.sheet.path([shape]), self.palette.hues[hue])
            for shape, hue in zip(streets.frame.geometry, hues, strict=True)
        )
        return Markup('<g id="tints" transform="scale({})" opacity="{:g}">{}</g>').format(
            1 / TENTH, self.palette.area_opacity * 0.6, paths
        )

    # Putting a map together.

    def compose(
        self,
        words: Wording,
        *,
        title: str,
        subtitle: str,
        over: Iterable[Markup],
        legend: Sequence[Entry],
        under: Markup = Markup(""),  # noqa: B008 - immutable
        tinted: bool = False,
        agency: str = "",
        names: int = 2,
        keep_off: Sequence[tuple[float, float, float, float]] = (),
    ) -> MapFigure:
        """Return a map: base, veil, ``under``, grid lines, ``over``, names, scale bar and north arrow.

        The lines are those of the levels, or of an ``agency``'s grids and the district around them.
        ``names`` is the number of levels that are named; ``keep_off`` are boxes in pixels that names must not cover.
        """
        sheet = self.sheet
        placer = Placer(sheet.width, sheet.height)
        scale_bar, bar_box = self._scale_bar()
        placer.reserve(bar_box)
        placer.reserve((sheet.width - 56, 0, sheet.width, 64))
        for box in keep_off:
            placer.reserve(box)
        svg = Markup(
            '<svg class="map" viewBox="0 0 {w:g} {h:g}" role="img" aria-label="{label}">'
            '<rect width="{w:g}" height="{h:g}" class="f-paper"/>'
            '<use href="#base" class="base"/>{tints}<use href="#veil"/>'
            "{under}{lines}{over}{names}{bar}{north}"
            '<rect x=".5" y=".5" width="{iw:g}" height="{ih:g}" class="neatline"/></svg>'
        ).format(
            w=sheet.width,
            h=sheet.height,
            iw=sheet.width - 1,
            ih=sheet.height - 1,
            label=title,
            tints=Markup('<use href="#tints"/>') if tinted else "",
            under=under,
            lines=self._agency_lines(agency) if agency else Markup('<use href="#lines"/>'),
            over=Markup("").join(over),
            names=draw_labels(placer.place(self._names(names), nudges=(0, -1, 1))),
            bar=scale_bar,
            north=north_arrow(sheet.width - 30, 34, words),
        )
        levels = self._agency_entries(agency, words) if agency else self._level_entries(words)
        legend = [*legend, *levels, *self._base_entries(words)]
        return MapFigure(title, subtitle, svg, legend, self._source_line(words))

    def _names(self, depths: int) -> list[Label]:
        """Return the names that may stand on a district map: streets in bold, then communities, larger areas first."""
        named = [level for level in self.facts.levels if len(level.frame) > 1][:depths]
        labels = []
        for depth, level in enumerate(named):
            frame = level.frame.assign(_size=shapely.area(level.frame.geometry.to_numpy()))
            css, size = (("street", 14.0), ("community", 10.5))[depth]
            for row in frame.sort_values("_size", ascending=False, kind="stable").itertuples():
                x, y = self.sheet.pixels(_inside(row.geometry))[0]
                text = str(row.name) if not pd.isna(row.name) and row.name else str(getattr(row, level.code))
                labels.append(Label(x, y, text, size, css))
        return labels

    def _scale_bar(self) -> tuple[Markup, tuple[float, float, float, float]]:
        metres, pixels = self.sheet.scale_bar()
        return scale_bar(18, self.sheet.height - 20, metres, pixels), (
            8,
            self.sheet.height - 50,
            pixels + 70,
            self.sheet.height,
        )

    def _level_entries(self, words: Wording) -> list[Entry]:
        return [
            Entry(
                swatch(f'<path d="M1 9H29" class="level" style="{line_style(self.line_of(level))}"/>'),
                words.layer(level.layer_id, self.facts.layers),
            )
            for level in self.facts.levels
        ]

    def _agency_lines(self, agency: str) -> Markup:
        lines = Markup('<g transform="scale({})">').format(1 / TENTH)
        for shapes, line in self._agency_levels(agency):
            lines += Markup('<path class="level" d="{}" style="{};opacity:.85"/>').format(
                self.sheet.path(shapes), line_style(line)
            )
        return lines + Markup("</g>")

    def _agency_levels(self, agency: str) -> list[tuple[Any, Line]]:
        """Return the areas of an agency's grids and the district's outline, and how their lines are drawn."""
        areas = self.facts.areas_of("duty_grid", agency).geometry
        ranks = max(len(self.facts.levels), 2)
        return [
            (areas, self.palette.line("grid_cell", ranks - 1, ranks)),
            ([self.facts.outline], self.palette.line("grid_district", 0, ranks)),
        ]

    def _agency_entries(self, agency: str, words: Wording) -> list[Entry]:
        names = [f"{words.layer('duty_grid', self.facts.layers)} · {agency}"]
        names += [words.layer(level.layer_id, self.facts.layers) for level in self.facts.levels[:1]]
        return [
            Entry(swatch(f'<path d="M1 9H29" class="level" style="{line_style(line)}"/>'), name)
            for name, (_, line) in zip(names, self._agency_levels(agency), strict=False)
        ]

    def _base_entries(self, words: Wording) -> list[Entry]:
        light = self.palette.light
        fills = {
            "emap_green": light["green"],
            "emap_water": light["water"],
            "emap_waterline": light["water"],
            "city3d_building": light["building"],
            "emap_road": light["road_fill"],
        }
        edges = {"city3d_building": light["building_outline"], "emap_road": light["road_casing"]}
        entries, seen = [], set()
        for layer_id in self.base_layers:
            if layer_id in fills and (fills[layer_id], layer_id == "emap_road") not in seen:
                seen.add((fills[layer_id], layer_id == "emap_road"))
                edge = edges.get(layer_id, fills[layer_id])
                box = f'<rect x="3.5" y="3.5" width="23" height="11" fill="{fills[layer_id]}" stroke="{edge}"/>'
                entries.append(Entry(swatch(box), words.layer(layer_id, self.facts.layers)))
        return entries

    @cached_property
    def _providers(self) -> list[str]:
        shown = [level.layer_id for level in self.facts.levels] + list(self.base_layers)
        held = self.facts.layers
        providers = [held.loc[layer_id].get("provider") for layer_id in shown if layer_id in held.index]
        return sorted({str(name) for name in providers if name and not pd.isna(name)})

    def _source_line(self, words: Wording) -> str:
        parts = []
        providers = ", ".join(self._providers[:4]) or words.say("not stated")
        parts.append(words.say("Source: {providers}", providers=providers))
        if self.facts.district.get("as_of"):
            parts.append(words.say("Data as of {date}", date=words.date(self.facts.district["as_of"])))
        parts.append(words.system(self.facts.crs))
        return " · ".join(parts)

    # Pieces of maps.

    def areas(self, shapes: Iterable[Any], fill: str) -> Markup:
        """Return areas of one colour, each a path of its own: two that overlap never cut a hole into each other."""
        paths = (Markup('<path d="{}"/>').format(path) for path in self.sheet.paths(shapes))
        return Markup('<g transform="scale({})" class="area" fill="{}">{}</g>').format(
            1 / TENTH, fill, Markup("").join(paths)
        )

    def path(self, shapes: Iterable[Any], css: str, style: str = "", *, keep: bool = False) -> Markup:
        """Return geometries as one path of a class; ``keep`` draws even those too small to see."""
        return Markup('<path transform="scale({})" class="{}" style="{}" d="{}"/>').format(
            1 / TENTH, css, style, self.sheet.path(shapes, keep=keep)
        )

    def findings(self, agency: str | None = None) -> Markup:
        """Return defects, hatched by kind; those too small to see get a dot of fixed size at their place.

        Which defects, is the same as of `shown_defects`.
        """
        if agency not in self._findings:
            self._findings[agency] = self._draw_findings(self.shown_defects(agency))
        return self._findings[agency]

    def shown_defects(self, agency: str | None = None) -> gpd.GeoDataFrame:
        """Return the defects of an agency's grids, with ``""`` those of the levels.

        Without an agency only what covers land of the cells: what the answer of the report is about.
        """
        defects, cells = self.facts.defects, self.facts.cells
        if agency is not None:
            return defects[defects["agency"] == agency]
        wanted = defects["kind"].isin(("gap", "overlap", "outside")) & (defects["agency"] == "")
        return defects[wanted & (defects["layer_id"] == (cells.layer_id if cells else ""))]

    def _draw_findings(self, defects: gpd.GeoDataFrame) -> Markup:
        tones = np.array([tone_of(kind, allowed=allowed) for kind, allowed in defects[["kind", "allowed"]].to_numpy()])
        shapes = defects.geometry.to_numpy()
        return Markup("").join(self.hatched(shapes[tones == tone], tone) for tone in sorted(set(tones)))

    def hatched(self, shapes: npt.NDArray[np.object_], tone: str) -> Markup:
        """Return areas in the hatch of a finding; those too small to see get a dot of fixed size at their place."""
        small = _reach(shapes) < _SMALL_PX * self.sheet.metres_per_pixel
        style = f"fill:{fill_of(tone, scaled=True)}"
        drawn = [self.path([shape], f"finding s-{tone}", style, keep=True) for shape in shapes[~small]]
        if small.any():
            spots = gpd.GeoDataFrame(geometry=shapes[small])
            drawn += [self.points(spots, "s-paper", radius=3.6), self.points(spots, f"s-{tone}", radius=2.7)]
        return Markup("").join(drawn)

    def numbers(self, shapes: Mapping[int, Any]) -> Markup:
        """Return numbered marks that lead to the pictures; those that would cover an earlier one are left off."""
        placer, marks = Placer(self.sheet.width, self.sheet.height), []
        middles = shapely.centroid(np.array(list(shapes.values()), dtype=object))
        for number, (x, y) in zip(shapes, self.sheet.pixels(shapely.get_coordinates(middles)), strict=True):
            if placer.place([Label(x + 11, y - 11, f"{number:02d}", 13, "")]):
                marks.append(
                    Markup(
                        '<a href="#p-{0}" class="pin" transform="translate({1:.1f} {2:.1f})">'
                        '<path d="M0 0L6-6"/><circle cx="11" cy="-11" r="9"/>'
                        '<text x="11" y="-7.2" class="t">{0}</text></a>'
                    ).format(number, x, y)
                )
        return Markup("").join(marks)

    def points(self, frame: gpd.GeoDataFrame, css: str, *, radius: float) -> Markup:
        """Return points as one path of dots of a class: thousands stay small."""
        shapes = frame.geometry.dropna().to_numpy()
        shapes = shapes[shapely.intersects(shapes, shapely.box(*self.sheet.bounds))]
        spots = np.unique(np.rint(self.sheet.pixels(shapely.get_coordinates(shapely.centroid(shapes)))), axis=0)
        data = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in spots)
        return Markup('<path class="dots {}" style="stroke-width:{:g}px" d="{}"/>').format(css, radius * 2, data)


def line_style(line: Line) -> str:
    """Return the CSS of a boundary line."""
    dashes = ",".join(f"{part:g}" for part in line.dash) or "none"
    return f"stroke-width:{line.width:g}px;stroke-dasharray:{dashes}"


def finding_entries(words: Wording, tones: Iterable[tuple[str, str]]) -> list[Entry]:
    """Return legend entries for (tone, meaning) of the findings on a map."""
    entries = []
    for tone, text in tones:
        fill = fill_of(tone)
        shape = f'<rect x="3" y="2.5" width="24" height="13" class="finding s-{tone}" style="fill:{fill}"/>'
        if fill == "none":
            shape = f'<path d="M3 12l4-6 4 6 4-6 4 6 4-6 4 6" class="finding s-{tone}" fill="none"/>'
        entries.append(Entry(swatch(shape), words.say(text)))
    return entries


def state_entry(words: Wording, state: str) -> Entry:
    """Return the legend entry of a case's state."""
    return Entry(state_sign(state), words.label("case", "state", state))


def scale_bar(x: float, y: float, metres: float, pixels: float) -> Markup:
    """Return a bar of two halves, ``metres`` long, its left end at ``x`` and its foot at ``y``."""
    text = f"{metres:g} m" if metres < 1000 else f"{metres / 1000:g} km"  # noqa: PLR2004 - metres in a kilometre
    return Markup(
        '<g class="scalebar" transform="translate({:g} {:g})">'
        '<rect class="plate" x="-8" y="-24" width="{:g}" height="34"/>'
        '<rect x="0" y="-3" width="{:.1f}" height="5" class="bar pale"/>'
        '<rect x="0" y="-3" width="{:.1f}" height="5" class="bar dark"/>'
        '<text x="0" y="-8" class="t small start">0</text><text x="{:.1f}" y="-8" class="t small">{}</text></g>'
    ).format(x, y, pixels + 16 + len(text) * 4, pixels, pixels / 2, pixels, text)


def north_arrow(x: float, y: float, words: Wording) -> Markup:
    """Return a north arrow (grid north) around ``x, y``."""
    return Markup(
        '<g class="north" transform="translate({:g} {:g})"><path d="M0-20L7 6 0 1z" class="f-ink"/>'
        '<path d="M0-20L-7 6 0 1z" class="f-paper s-ink" stroke-width=".8"/>'
        '<text y="20" class="t small">{}</text></g>'
    ).format(x, y, words.say("N"))


def greedy_colours(shapes: npt.NDArray[np.object_], hues: int) -> list[int]:
    """Return a colour number for each area so that neighbours differ, in the given order (deterministic).

    Examples
    --------
    >>> greedy_colours(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(2, 0, 3, 1)]), 12)
    [0, 1, 2]
    """
    near: list[set[int]] = [set() for _ in shapes]
    tree = shapely.STRtree(shapes)
    for one, other in zip(*tree.query(shapes, predicate="intersects"), strict=True):
        if one != other:
            near[int(one)].add(int(other))
    colours: list[int] = []
    uses = [0] * hues
    for number in range(len(shapes)):
        barred = {colours[other] for other in near[number] if other < number}
        free = [hue for hue in range(hues) if hue not in barred] or list(range(hues))
        chosen = min(free, key=lambda hue: (uses[hue], hue))
        uses[chosen] += 1
        colours.append(chosen)
    return colours


def _inside(shape: Any) -> npt.NDArray[np.float64]:
    """Return a point well inside an area: the middle of its largest inscribed circle, roughly."""
    parts = shapely.get_parts(shape)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    radius = float(np.sqrt(max(largest.area, 1e-9)))
    line = shapely.maximum_inscribed_circle(shapely.simplify(largest, radius / 100), tolerance=radius / 20)
    return shapely.get_coordinates(line)[:1]


def _reach(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Return the longer side of each geometry's bounds in metres."""
    west, south, east, north = shapely.bounds(shapes).T
    reach: npt.NDArray[np.float64] = np.fmax(east - west, north - south)
    return np.nan_to_num(reach)
