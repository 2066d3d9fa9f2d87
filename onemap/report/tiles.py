"""One picture a defect, the worst first: the place at a round scale, its cells named, the defect hatched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from .facts import Facts
from .labels import Label, Placer, draw_labels
from .maps import greedy_colours, scale_bar
from .palette import Palette
from .sheet import TENTH, Sheet
from .signs import fill_of, tone_of
from .tables import codes_of
from .wording import Wording

MOST_TILES = 24
WIDTH, HEIGHT = 264.0, 196.0
_FRAMES_M = (20, 40, 80, 200, 400, 800, 2_000, 4_000, 8_000, 20_000, 40_000, 80_000, 200_000)
_BAR_SHARE = 0.25  # every frame is a multiple of four: the bar is the same length in every tile, and round
_CONTEXT = 1.5  # how much wider than the defect the picture is
_SHORT_CODE, _LEAST_SHOWN = 8, 3
_MOST_NAMED = 9
_MOST_CELLS = 16  # with more cells than this in view only those that the defect names are labelled


@dataclass(frozen=True)
class Tile:
    """A finished picture of one defect and the words under it."""

    number: int
    svg: Markup
    tone: str
    title: str
    size: str
    where: str
    reason: str


def rank_defects(defects: gpd.GeoDataFrame, most: int = MOST_TILES) -> list[int]:
    """Return the positions of the defects to be pictured, the most significant first.

    Every coverage and kind that has defects gets its turn, the largest of each first, so that a hundred gaps of one
    agency do not hide the only overlap of another; what is chosen is then put in order of size. Allowed gaps come last.
    """
    if not len(defects):
        return []
    size = defects["area_m2"].fillna(0).to_numpy(dtype=float)
    order = pd.DataFrame(
        {
            "group": defects.groupby(["layer_id", "agency", "kind"], dropna=False).ngroup().to_numpy(),
            "size": size,
            "allowed": defects["allowed"].to_numpy(),
            "length": defects["length_m"].fillna(0).to_numpy(dtype=float),
            "id": defects["defect_id"].astype(str).to_numpy(),
        }
    )
    by_size = order.sort_values(["allowed", "size", "length", "id"], ascending=[True, False, False, True])
    turn = by_size.groupby(["allowed", "group"], sort=False).cumcount()
    chosen = by_size.assign(turn=turn).sort_values(["allowed", "turn"], kind="stable").head(most)
    chosen = chosen.sort_values(["allowed", "size", "length", "id"], ascending=[True, False, False, True])
    return [int(position) for position in chosen.index]


def frame_of(shape: Any) -> Sheet:
    """Return the sheet of a defect's tile: the smallest round frame that shows it with some ground around."""
    west, south, east, north = shape.bounds
    need = max(east - west, (north - south) * WIDTH / HEIGHT) * _CONTEXT
    wide = next((frame for frame in _FRAMES_M if frame >= need), max(_FRAMES_M[-1], need))
    high = wide * HEIGHT / WIDTH
    x, y = (west + east) / 2, (south + north) / 2
    return Sheet(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2, WIDTH, HEIGHT)


class DefectTiles:
    """Draws the tiles of one report; the drawings are shared by both languages, the words are not."""

    def __init__(self, facts: Facts, palette: Palette) -> None:
        self.facts, self.palette = facts, palette
        self.ranked = rank_defects(facts.defects)
        self._drawn: dict[int, tuple[Sheet, Markup]] = {}

    def tiles(self, words: Wording) -> list[Tile]:
        """Return the tiles in one language."""
        return [self._tile(number, position, words) for number, position in enumerate(self.ranked, start=1)]

    def _tile(self, number: int, position: int, words: Wording) -> Tile:
        row = self.facts.defects.iloc[position]
        if position not in self._drawn:
            self._drawn[position] = self._draw(row)
        sheet, drawing = self._drawn[position]
        metres, pixels = sheet.scale_bar(_BAR_SHARE)
        bar = scale_bar(12, HEIGHT - 12, metres, pixels)
        svg = Markup(
            '<svg class="map tile" viewBox="0 0 {w:g} {h:g}" role="img" aria-label="{label}">{drawing}{bar}'
            '<rect x=".5" y=".5" width="{iw:g}" height="{ih:g}" class="neatline"/></svg>'
        ).format(w=WIDTH, h=HEIGHT, iw=WIDTH - 1, ih=HEIGHT - 1, label=f"{number}", drawing=drawing, bar=bar)
        kind = words.label("defect", "kind", row["kind"])
        size = [words.area(row["area_m2"])] if row["area_m2"] and not pd.isna(row["area_m2"]) else []
        if row["width_m"] and not pd.isna(row["width_m"]):
            size.append(words.say("width up to {width}", width=words.length(row["width_m"])))
        if row["length_m"] and not pd.isna(row["length_m"]):
            size.append(words.say("length {length}", length=words.length(row["length_m"])))
        where = words.layer(row["layer_id"], self.facts.layers) + (f" · {row['agency']}" if row["agency"] else "")
        return Tile(
            number, svg, tone_of(row["kind"], allowed=row["allowed"]), kind, " · ".join(size), where, words.told(row)
        )

    def _draw(self, row: Any) -> tuple[Sheet, Markup]:
        sheet = frame_of(row.geometry)
        window = shapely.box(*sheet.bounds)
        ground = Markup("").join(
            self._layer(layer_id, css, sheet, window)
            for layer_id, css in (
                ("emap_green", "f-green"),
                ("emap_water", "f-water"),
                ("emap_road", "road"),
                ("city3d_building", "house"),
            )
        )
        areas = self._near(self.facts.areas_of(row["layer_id"], row["agency"]), window)
        cells, names = self._cells(areas, row, sheet, window)
        tone = tone_of(row["kind"], allowed=row["allowed"])
        shape = _clipped([row.geometry], sheet)
        finding = _path(sheet, shape, "glow", keep=True)
        finding += _path(sheet, shape, f"finding s-{tone}", f"fill:{fill_of(tone, scaled=True)}", keep=True)
        small = max(row.geometry.bounds[2] - row.geometry.bounds[0], row.geometry.bounds[3] - row.geometry.bounds[1])
        ring = Markup("")
        if small < 14 * sheet.metres_per_pixel:
            ring = Markup('<circle cx="{:g}" cy="{:g}" r="13" class="ring s-{}"/>').format(WIDTH / 2, HEIGHT / 2, tone)
        paper = Markup('<rect width="{:g}" height="{:g}" class="f-paper"/>').format(WIDTH, HEIGHT)
        return sheet, Markup("").join((paper, ground, cells, finding, ring, names))

    def _near(self, frame: gpd.GeoDataFrame, window: Any) -> gpd.GeoDataFrame:
        if not len(frame):
            return frame
        return frame.iloc[np.sort(frame.sindex.query(window, predicate="intersects"))]

    def _layer(self, layer_id: str, css: str, sheet: Sheet, window: Any) -> Markup:
        shown = self._near(self.facts.frame(layer_id), window)
        if not len(shown):
            return Markup("")
        shapes = _clipped(shown.geometry.to_numpy(), sheet)
        if css != "road":
            return _path(sheet, shapes, css)
        width = max(8.0 / sheet.metres_per_pixel, 1.5)
        casing = _path(sheet, shapes, "s-road_casing", f"fill:none;stroke-width:{width + 1.4:.1f}px")
        return casing + _path(sheet, shapes, "s-road_fill", f"fill:none;stroke-width:{width:.1f}px")

    def _cells(self, areas: gpd.GeoDataFrame, row: Any, sheet: Sheet, window: Any) -> tuple[Markup, Markup]:
        """Return the neighbouring cells, tinted apart, and their names; those that the defect names come first."""
        if not len(areas):
            return Markup(""), Markup("")
        shapes = areas.geometry.to_numpy()
        hues = greedy_colours(shapes, len(self.palette.hues))
        tints = Markup("").join(
            _path(sheet, _clipped([shape], sheet), "tint", f"fill:{self.palette.hues[hue]}")
            for shape, hue in zip(shapes, hues, strict=True)
        )
        lines = _path(sheet, _clipped(shapes, sheet), "tile-line")
        code = next(
            (
                name
                for name in ("cell_code", "duty_code", "community_code", "street_code", "district_code")
                if name in areas
            ),
            "",
        )
        named = codes_of(row["cells"])
        texts = areas[code].astype(str).tolist() if code else [""] * len(areas)
        cut = common_start(texts)
        labels = []
        for shape, text in zip(shapes, texts, strict=True):
            if len(areas) > _MOST_CELLS and text not in named:
                continue
            seen = shapely.intersection(shapely.make_valid(shape), window)
            seen = shapely.difference(seen, row.geometry.buffer(0)) if row.geometry.area else seen
            if seen.is_empty or not text:
                continue
            x, y = sheet.pixels(shapely.get_coordinates(shapely.point_on_surface(seen)))[0]
            labels.append((text not in named, -seen.area, Label(x, y, f"…{text[cut:]}" if cut else text, 10.5, "code")))
        placer = Placer(WIDTH, HEIGHT)
        placer.reserve((0, HEIGHT - 40, 90, HEIGHT))
        ordered = [label for _, _, label in sorted(labels, key=lambda item: item[:2])][:_MOST_NAMED]
        return tints + lines, draw_labels(placer.place(ordered, nudges=(0, -1, 1, -2, 2)))


def common_start(codes: Sequence[str]) -> int:
    """Return how many leading characters of long codes need not stand on the picture, as all codes share them.

    Examples
    --------
    >>> common_start(["110120002009021", "110120002009023"]), common_start(["GA01", "GA02"])
    (12, 0)
    >>> common_start(["Cluster 1", "Cluster 22"])
    8
    """
    if len(codes) < 2 or min(map(len, codes)) <= _SHORT_CODE:  # noqa: PLR2004 - one code shares with nobody
        return 0
    shared = next(
        (place for place, letters in enumerate(zip(*codes, strict=False)) if len(set(letters)) > 1), _SHORT_CODE
    )
    word = codes[0].rfind(" ", 0, shared) + 1
    return word or max(0, min(shared, min(map(len, codes)) - _LEAST_SHOWN))


def _clipped(shapes: Sequence[Any], sheet: Sheet) -> Any:
    """Return the parts of geometries near the sheet, so that a far coast is not written into every tile."""
    pad = 10 * sheet.metres_per_pixel
    return shapely.clip_by_rect(
        shapely.make_valid(np.asarray(shapes, dtype=object)),
        sheet.west - pad,
        sheet.south - pad,
        sheet.east + pad,
        sheet.north + pad,
    )


def _path(sheet: Sheet, shapes: Any, css: str, style: str = "", *, keep: bool = False) -> Markup:
    data = sheet.path(shapes, tolerance_px=0.2, keep=keep)
    if not data:
        return Markup("")
    return Markup('<path transform="scale({})" class="{}" style="{}" d="{}"/>').format(1 / TENTH, css, style, data)
