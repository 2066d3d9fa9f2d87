"""The calm base of a printed map: water, green, roads at their width, houses; the smaller the scale, the less of it."""

from typing import Any

import numpy as np
import pandas as pd
import shapely

from onemap.report.wording import Wording

from .ground import Ground, Store
from .page import Pen
from .signs import Sign

MAJOR_ROADS = 25_000
"""At scales smaller than 1:25,000 only the major roads are drawn."""
HOUSES = 12_500
"""At scales up to 1:12,500 houses are drawn."""

_MAJOR = ("expressway", "arterial", "secondary")
_LEAST_MM = {"expressway": 1.1, "arterial": 0.9, "secondary": 0.7, "branch": 0.45}
_LANE_MM = 0.3
_ROAD_M = 8.0
_CASING_MM = 0.16
_BASE_RANK = 50


def draw_base(ground: Ground, store: Store, words: Wording) -> None:
    """Draw the base layers that the map has and the scale allows."""
    page, colours = ground.page, ground.page.colours
    page.box(ground.box, fill=colours["paper"])
    for number, (layer_id, colour) in enumerate((("emap_green", "green"), ("emap_water", "water"))):
        sign = Sign(
            words.layer(layer_id), fill=colours[colour], pen=Pen(colours["rule"], 0.1), rank=_BASE_RANK + number
        )
        shapes = store.near(layer_id, ground.bounds).geometry.to_numpy()
        ground.paint(shapes[shapely.get_dimensions(shapes) == 2], sign, fill=colours[colour])  # noqa: PLR2004 - areas
    lines = store.near("emap_waterline", ground.bounds).geometry
    ground.paint(lines, pen=Pen(colours["water"], max(5.0 / ground.metres, 0.5)))
    _draw_roads(ground, store, words)
    if ground.scale <= HOUSES:
        edge = Pen(colours["building_outline"], 0.1)
        label = words.layer("city3d_building")
        sign = Sign(label, fill=colours["building"], pen=edge, rank=_BASE_RANK + 3)
        ground.paint(store.near("city3d_building", ground.bounds).geometry, sign, fill=colours["building"], pen=edge)


def shown_roads(ground: Ground, store: Store) -> Any:
    """Return the roads that are drawn at the map's scale, with their width on paper as ``_mm``."""
    roads = store.near("emap_road", ground.bounds)
    if ground.scale > MAJOR_ROADS:
        roads = roads[roads["class"].isin(_MAJOR)]
    width = pd.to_numeric(roads["width_m"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    width = np.where(np.isfinite(width) & (width > 0), width, _ROAD_M) / ground.metres
    least = roads["class"].map(_LEAST_MM).fillna(_LANE_MM).to_numpy(dtype=float)
    return roads.assign(_mm=np.round(np.maximum(width, least), 2))


def _draw_roads(ground: Ground, store: Store, words: Wording) -> None:
    roads, colours = shown_roads(ground, store), ground.page.colours
    widths = sorted(roads["_mm"].unique())
    by_width = {width: roads.loc[roads["_mm"] == width, "geometry"] for width in widths}
    for width, lines in by_width.items():
        ground.paint(lines, pen=Pen(colours["road_casing"], width + 2 * _CASING_MM))
    for width, lines in by_width.items():
        fill = Pen(colours["road_fill"], width)
        casing = Pen(colours["road_casing"], 2.0)  # as wide a rim as on the map would not be seen on white
        sign = Sign(words.layer("emap_road"), pen=Pen(colours["road_fill"], 1.1), casing=casing, rank=_BASE_RANK + 2)
        ground.paint(lines, sign, pen=fill)


def name_roads(ground: Ground, store: Store, *, size: float, most: int, inside: Any = None) -> None:
    """Write the names of roads along the map, wide and long ones first; each name once."""
    roads = shown_roads(ground, store)
    roads = roads[roads["name"].notna() & (roads["name"].astype("str").str.len() > 0)]
    if not len(roads):
        return
    window = shapely.box(*ground.bounds) if inside is None else shapely.intersection(ground.window, inside)
    pieces = shapely.intersection(roads.geometry.to_numpy(), window)
    parts = roads.assign(piece=pieces, long_m=shapely.length(pieces))
    parts = parts[parts["long_m"] > 0].sort_values(["_mm", "long_m", "road_code"], ascending=[False, False, True])
    written: set[str] = set()
    for row in parts.itertuples():
        name = str(row.name)
        enough = ground.page.regular.width(name) * size * 1.2 * ground.metres
        if name in written or row.long_m < enough:
            continue
        lines = shapely.get_parts(row.piece)
        line = lines[int(np.argmax(shapely.length(lines)))]
        for share in (0.5, 0.3, 0.7):
            point = shapely.line_interpolate_point(line, share, normalized=True)
            colour = ground.page.colours["ink_quiet"]
            if ground.name(point.x, point.y, name, size=size, nudges=(0.0,), colour=colour):
                written.add(name)
                break
        if len(written) >= most:
            return
