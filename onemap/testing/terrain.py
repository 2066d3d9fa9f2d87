"""Terrain and orthophoto of the sample city, as arrays on the working CRS."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine, from_origin

from .city import Skeleton
from .land import Waters
from .plan import CENTRE, Plan

NODATA = -9999.0
_SHADOW = 0.64  # length of a shadow for its height
Draw = Callable[[np.ndarray, np.ndarray], np.ndarray]
_LAND = {
    "compound": (176, 172, 158), "old_town": (158, 150, 138), "commercial": (186, 180, 172), "office": (180, 178, 168),
    "school": (170, 166, 142), "hospital": (182, 180, 172), "industry": (178, 174, 166), "village": (160, 156, 128),
    "farmland": (150, 158, 104), "park": (104, 130, 82), "woods": (74, 102, 62),
}  # fmt: skip
_ROOFS = {
    "residential": ((176, 96, 74), (150, 142, 138), (196, 190, 182), (168, 118, 92)),
    "commerce": ((206, 202, 198), (150, 160, 170), (186, 176, 166), (220, 216, 210)),
    "office": ((198, 202, 206), (160, 168, 176), (214, 212, 206), (176, 180, 182)),
    "industry": ((92, 132, 178), (104, 146, 186), (196, 198, 200), (168, 84, 70)),
    "education": ((190, 108, 86), (206, 200, 190), (180, 100, 80), (200, 190, 176)),
    "health": ((214, 214, 214), (200, 204, 208), (190, 200, 204), (224, 222, 218)),
    "public": ((150, 120, 96), (166, 140, 110), (140, 130, 120), (170, 150, 130)),
    "other": ((214, 214, 206), (196, 198, 190), (222, 222, 216), (206, 206, 196)),
}


@dataclass(frozen=True)
class Raster:
    """Bands first, with the transform of its grid."""

    bands: np.ndarray
    transform: Affine


def noise(shape: tuple[int, int], step: float, rng: np.random.Generator) -> np.ndarray:
    """Return smooth noise between -1 and 1 whose hills are about ``step`` pixels wide."""
    coarse = rng.uniform(-1, 1, (int(shape[0] / step) + 3, int(shape[1] / step) + 3)).astype(np.float32)
    out = []
    for size in shape:
        at = np.arange(size, dtype=np.float32) / np.float32(step)
        cell = at.astype(int)
        share = at - cell
        out.append((cell, share * share * (3 - 2 * share)))
    (row, row_share), (column, column_share) = out
    left, right = coarse[:, column], coarse[:, column + 1]
    across = left + (right - left) * column_share
    return np.asarray(across[row] + (across[row + 1] - across[row]) * row_share[:, None])


def make_terrain(plan: Plan, skeleton: Skeleton, rng: np.random.Generator) -> Raster:
    """Return heights in metres: hills in the north, a plain falling to the south-east, the valley of the river."""
    transform, shape = _grid(skeleton, plan.post_m, margin_m=260.0)
    x = transform.c + (np.arange(shape[1]) + 0.5) * plan.post_m
    y = transform.f - (np.arange(shape[0]) + 0.5) * plan.post_m
    east, north = (x - CENTRE[0])[None, :] / plan.radius_m, (y - CENTRE[1])[:, None] / plan.radius_m
    ground = 42.0 - 6.0 * east + 5.0 * north
    rise = np.clip((north - 0.36 + 0.12 * np.sin(4 * east)) / 0.6, 0, None)
    crests = 0.55 + 0.40 * noise(shape, 42, rng) + 0.22 * noise(shape, 21, rng) + 0.05 * noise(shape, 9, rng)
    hills = 190.0 * np.sqrt(plan.radius_m / 3000.0) * rise**1.4 * np.clip(crests, 0.06, None)
    relief = 4.0 * noise(shape, 50, rng) + 2.2 * noise(shape, 20, rng) + 0.5 * noise(shape, 6, rng)
    points = shapely.get_coordinates(skeleton.river)
    points = points[np.argsort(points[:, 0])]
    away = y[:, None] - np.interp(x, points[:, 0], points[:, 1])[None, :]
    valley = -6.5 * np.exp(-((away / (1.3 * plan.river_m)) ** 2)) - 5.0 * np.exp(-((away / (9 * plan.river_m)) ** 2))
    heights = (ground + hills + relief + valley).astype(np.float32)
    survey = shapely.buffer(skeleton.outline, 190.0, quad_segs=4)
    known = rasterize([survey], out_shape=shape, transform=transform, dtype="uint8").astype(bool)
    heights[~known] = NODATA
    return Raster(heights[None], transform)


def make_imagery(
    plan: Plan,
    skeleton: Skeleton,
    waters: Waters,
    *,
    uses: np.ndarray,
    layers: dict[str, gpd.GeoDataFrame],
    rng: np.random.Generator,
) -> Raster:
    """Return the orthophoto in red, green and blue, as a mosaic of ground, roads, water, trees, roofs and shadows."""
    transform, shape = _grid(skeleton, plan.pixel_m, margin_m=60.0)

    def draw(shapes: np.ndarray, values: np.ndarray) -> np.ndarray:
        some = ~shapely.is_empty(shapes)
        pairs = list(zip(_as_rings(shapes[some]), values[some].tolist(), strict=True))
        kind = "uint8" if values.max(initial=0) < 256 else "int32"  # noqa: PLR2004
        return np.asarray(rasterize(pairs, out_shape=shape, transform=transform, fill=0, dtype=kind))

    fine, coarse = rng.integers(-9, 10, shape, dtype=np.int16), noise(shape, 24, rng)
    kinds = list(_LAND)
    cells = layers["grid_cell"].geometry.to_numpy()
    ground = draw(cells, np.array([kinds.index(u) + 1 for u in uses]))
    palette = np.array([(150, 154, 122), *_LAND.values()], dtype=np.int16)
    image = palette[ground]
    outside = ground == 0
    image[outside] = _fields(shape, plan.pixel_m, rng)[outside]
    image += (fine + (coarse * 9).astype(np.int16))[..., None]
    tilled = draw(cells, np.where(uses == "farmland", rng.integers(1, 5, len(cells)), 0))
    image += np.array([(0, 0, 0), (6, 6, -10), (-18, 0, -14), (14, 6, 6), (-26, -8, -14)], dtype=np.int16)[tilled]
    _trees(image, ground, kinds, noise(shape, 3.2, rng) + 0.5 * coarse, fine)
    roads = layers["emap_road"]
    wide = np.maximum(roads["width_m"].to_numpy() * 0.40, 2.0)
    carriage = draw(shapely.buffer(roads.geometry.to_numpy(), wide, quad_segs=2), np.full(len(roads), 1))
    image[carriage == 1] = np.array((128, 128, 130)) + fine[carriage == 1, None] // 2
    major = roads["width_m"].to_numpy() > 20  # noqa: PLR2004 - roads with a painted middle
    middle = draw(shapely.buffer(roads.geometry.to_numpy()[major], 0.7 * plan.pixel_m), np.full(int(major.sum()), 1))
    image[middle == 1] = (178, 176, 162)
    _water(image, draw, waters, fine)
    crossing = np.isin(roads["class"], ["expressway", "arterial", "secondary"])
    decks = shapely.intersection(
        shapely.buffer(roads.geometry.to_numpy()[crossing], wide[crossing]), shapely.union(waters.river, waters.moat)
    )
    image[draw(decks, np.full(len(decks), 1)) == 1] = (170, 168, 164)
    _roofs(image, draw, layers["city3d_building"], pixel_m=plan.pixel_m, fine=fine, rng=rng)
    return Raster(np.moveaxis(np.clip(image, 0, 255).astype(np.uint8), 2, 0), transform)


def _as_rings(shapes: np.ndarray) -> list[Any]:
    """Return geometries for the rasterizer; simple polygons as plain rings, which is much faster."""
    plain = (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON) & (
        shapely.get_num_interior_rings(shapes) == 0
    )
    if not plain.all():
        return list(shapes)
    points = shapely.get_coordinates(shapes).tolist()
    ends = np.cumsum(shapely.get_num_coordinates(shapes)).tolist()
    return [
        {"type": "Polygon", "coordinates": [points[start:end]]}
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]


def _fields(shape: tuple[int, int], pixel_m: float, rng: np.random.Generator) -> np.ndarray:
    """Return the land of the neighbours: fields of many greens."""
    coarse = (shape[0] // 4 + 1, shape[1] // 4 + 1)
    row, column = np.mgrid[: coarse[0], : coarse[1]] * (4 * pixel_m)
    row += 60 * noise(coarse, 40, rng)
    column += 60 * noise(coarse, 40, rng)
    strip = np.floor(row / 150).astype(int)
    plot = np.floor(column / 95 + 0.37 * strip).astype(int)
    tones = np.array(
        [(150, 156, 112), (138, 150, 96), (160, 156, 116), (122, 140, 88), (168, 162, 126), (108, 128, 82)]
    )
    luck = rng.integers(len(tones), size=1009)
    chosen = tones[luck[(plot * 31 + strip * 517) % len(luck)]].astype(np.int16)
    return np.repeat(np.repeat(chosen, 4, axis=0), 4, axis=1)[: shape[0], : shape[1]]


def _grid(skeleton: Skeleton, pixel_m: float, *, margin_m: float) -> tuple[Affine, tuple[int, int]]:
    """Return transform and shape of a raster over the district and a margin."""
    west, south, east, north = shapely.bounds(skeleton.outline) + np.array([-1, -1, 1, 1]) * margin_m
    west, north = np.floor(west / 10) * 10, np.ceil(north / 10) * 10
    shape = (int(np.ceil((north - south) / pixel_m)), int(np.ceil((east - west) / pixel_m)))
    return from_origin(west, north, pixel_m, pixel_m), shape


def _trees(image: np.ndarray, ground: np.ndarray, kinds: list[str], bumps: np.ndarray, fine: np.ndarray) -> None:
    """Plant trees: many in woods and parks, some between houses."""
    need = np.full(len(kinds) + 1, 0.72, dtype=np.float32)
    for use, least in (("woods", -0.25), ("park", 0.16), ("village", 0.5), ("compound", 0.62), ("farmland", 0.95)):
        need[kinds.index(use) + 1] = least
    crowns = bumps > need[ground]
    image[crowns] = np.array((70, 98, 58)) + fine[crowns, None]


def _water(image: np.ndarray, draw: Draw, waters: Waters, fine: np.ndarray) -> None:
    """Pour water and green its banks."""
    banks = draw(np.array([waters.bank], dtype=object), np.array([1])) == 1
    image[banks] = np.array((112, 136, 88)) + fine[banks, None]
    lawns = draw(waters.squares, np.full(len(waters.squares), 1)) == 1
    image[lawns] = np.array((96, 132, 76)) + fine[lawns, None]
    shapes = np.array([waters.river, waters.moat, *waters.lakes], dtype=object)
    wet = draw(shapes, np.full(len(shapes), 1)) == 1
    image[wet] = np.array((84, 112, 118)) + fine[wet, None] // 3


def _roofs(
    image: np.ndarray,
    draw: Draw,
    buildings: gpd.GeoDataFrame,
    *,
    pixel_m: float,
    fine: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Cast the shadows of a low sun in the south-east and lay the roofs."""
    outlines = buildings.geometry.to_numpy()
    number: np.ndarray[Any, Any] = draw(outlines, np.arange(1, len(outlines) + 1))
    height: np.ndarray[Any, Any] = np.append(0.0, np.minimum(buildings["height_m"].to_numpy(), 60.0)).astype(
        np.float32
    )[number]
    rows, columns = number.shape
    shade = np.zeros((rows, columns), dtype=bool)
    for step in range(1, int(60.0 * _SHADOW / pixel_m) + 1):
        up, left = round(step * 0.8), round(step * 0.6)
        shade[: rows - up, : columns - left] |= height[up:, left:] * _SHADOW >= step * pixel_m
    image[shade] = image[shade] * 11 // 20
    uses = list(_ROOFS)
    tone = buildings["use"].map({use: n for n, use in enumerate(uses)}).to_numpy()
    value = tone * 4 + rng.integers(4, size=len(tone)) + 1
    roof = np.append(0, value)[number]
    colours = np.array([(0, 0, 0)] + [c for use in uses for c in _ROOFS[use]], dtype=np.int16)
    covered = roof > 0
    image[covered] = colours[roof[covered]] + fine[covered, None] // 2
