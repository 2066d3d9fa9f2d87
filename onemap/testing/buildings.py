"""Buildings of the sample city: rows of slabs, courtyards, villages, sheds and towers that no cell line cuts."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .city import ROAD_WIDTH_M, Skeleton
from .land import Waters
from .plan import CRS, Plan, snap


@dataclass(frozen=True)
class Pattern:
    """How one use of land is built up: size and spacing of its buildings, storeys, households a storey."""

    wide_m: tuple[float, float]
    deep_m: tuple[float, float]
    gap_m: tuple[float, float]  # beside, behind
    floors: tuple[int, int]
    fill: float  # share of the places that are built on
    use: str
    homes: float  # households in 100 square metres of floor
    faces_south: bool
    shapes: tuple[str, ...] = ("box",)


PATTERNS: dict[str, tuple[Pattern, ...]] = {
    "compound": (
        Pattern((26, 44), (10.5, 12.5), (8, 17), (5, 7), 0.97, "residential", 0.85, True),
        Pattern((26, 40), (10, 12), (7, 14), (3, 6), 0.97, "residential", 0.8, True),
        Pattern((23, 28), (17, 20), (16, 24), (15, 26), 0.92, "residential", 0.75, True, ("cross", "box")),
        Pattern((38, 58), (12, 14), (10, 26), (8, 12), 0.97, "residential", 0.8, True),
    ),
    "old_town": (
        Pattern((9, 14), (6, 8), (1.4, 3.8), (1, 1), 0.93, "residential", 1.5, True, ("box", "box", "ell")),
        Pattern((10, 15), (7, 9), (2, 4.5), (1, 2), 0.9, "residential", 1.3, True),
    ),
    "commercial": (
        Pattern((30, 52), (20, 32), (8, 9), (3, 8), 0.9, "commerce", 0.0, False, ("box", "ell", "yoke")),
        Pattern((16, 30), (11, 15), (3, 8), (2, 5), 0.9, "commerce", 0.15, False),
    ),
    "office": (Pattern((30, 48), (16, 22), (14, 18), (6, 22), 0.85, "office", 0.0, True, ("box", "ell", "yoke")),),
    "school": (Pattern((42, 64), (16, 30), (14, 32), (3, 5), 0.75, "education", 0.0, True, ("ell", "yoke", "box")),),
    "hospital": (Pattern((40, 60), (18, 30), (14, 20), (5, 14), 0.85, "health", 0.0, True, ("yoke", "ell", "box")),),
    "industry": (Pattern((40, 80), (20, 32), (10, 11), (1, 3), 0.8, "industry", 0.0, False),),
    "village": (Pattern((10, 13), (7.5, 9.5), (2, 6), (1, 2), 0.86, "residential", 1.0, True, ("box", "box", "ell")),),
    "farmland": (Pattern((8, 60), (7, 9), (60, 34), (1, 1), 0.25, "other", 0.0, True),),
    "park": (Pattern((9, 16), (8, 12), (70, 70), (1, 1), 0.4, "public", 0.0, True, ("box", "ell")),),
    "woods": (Pattern((8, 12), (7, 9), (150, 140), (1, 1), 0.25, "public", 0.0, True),),
}
_SHAPES = {
    "box": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "ell": ((0, 0), (1, 0), (1, 0.45), (0.4, 0.45), (0.4, 1), (0, 1)),
    "yoke": ((0, 0), (1, 0), (1, 1), (0.72, 1), (0.72, 0.4), (0.28, 0.4), (0.28, 1), (0, 1)),
    "cross": (
        *((0.2, 0), (0.8, 0), (0.8, 0.25), (1, 0.25), (1, 0.8), (0.65, 0.8)),
        *((0.65, 1), (0.35, 1), (0.35, 0.8), (0, 0.8), (0, 0.25), (0.2, 0.25)),
    ),
}
_SETBACK_M = 3.5
_LEAST_YARD_M2 = 250.0
_LOT = ("cell", "x", "y", "turn", "wide", "deep", "floors", "shape", "use", "homes")


def make_buildings(
    plan: Plan,
    cells: gpd.GeoDataFrame,
    yards: np.ndarray,
    uses: np.ndarray,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Return the buildings, at most as many as planned; each stands wholly in the yard of one cell."""
    lots = [_lots(number, yard, str(use), rng) for number, (yard, use) in enumerate(zip(yards, uses, strict=True))]
    table = pd.DataFrame({name: np.concatenate([lot[name] for lot in lots if lot]) for name in _LOT})
    shapes = _draw(table)
    free = shapely.contains_properly(yards[table["cell"]], shapes)
    table, shapes = table[free].reset_index(drop=True), shapes[free]
    if len(table) > plan.buildings:
        low_first = (table["floors"] > 2) + rng.random(len(table))  # noqa: PLR2004 - cottages give way first
        kept = np.sort(np.argsort(-low_first)[: plan.buildings])
        table, shapes = table.iloc[kept].reset_index(drop=True), shapes[kept]
    return _described(table, shapes, cells, rng)


def make_yards(plan: Plan, skeleton: Skeleton, cells: gpd.GeoDataFrame, waters: Waters) -> np.ndarray:
    """Return the ground of each cell that may be built on: off its edges, its roads, the river and lakes."""
    half = np.array([ROAD_WIDTH_M[c] / 2 + _SETBACK_M for c in skeleton.road_class])
    wide = half > ROAD_WIDTH_M["lane"] / 2 + _SETBACK_M
    barriers = np.concatenate(
        [
            shapely.buffer(skeleton.roads[wide], half[wide], quad_segs=2),
            shapely.buffer([skeleton.river], plan.river_m / 2 + 16, quad_segs=4),
            shapely.buffer(np.concatenate([waters.lakes, shapely.get_parts(waters.moat)]), 8, quad_segs=2),
            waters.squares,
        ]
    )
    shapely.prepare(barriers)
    yards = shapely.buffer(cells.geometry.to_numpy(), -_SETBACK_M, join_style="mitre")
    barrier, cell = shapely.STRtree(yards).query(barriers, predicate="intersects")
    order = np.argsort(cell, kind="stable")
    touched, start = np.unique(cell[order], return_index=True)
    for number, near in zip(touched, np.split(barrier[order], start[1:]), strict=True):
        yards[number] = shapely.difference(yards[number], shapely.union_all(barriers[near]))
    parts, home = shapely.get_parts(yards, return_index=True)
    largest = np.lexsort((shapely.area(parts), home))
    largest = largest[np.append(np.diff(home[largest]) > 0, True)]
    yards[home[largest]] = parts[largest]
    shapely.prepare(yards)
    return yards


def _lots(cell: int, yard: shapely.Polygon, use: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Lay out rows of places in one yard, along its axis or facing south; nothing where it is too small."""
    if yard.area < _LEAST_YARD_M2:
        return {}
    patterns = PATTERNS[use]
    pattern = patterns[int(rng.integers(len(patterns)))]
    corners = shapely.get_coordinates(shapely.oriented_envelope(yard))
    along = corners[1] - corners[0]
    turn = (np.arctan2(along[1], along[0]) + np.pi / 4) % (np.pi / 2) - np.pi / 4
    if pattern.faces_south:
        turn *= 0.55
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    local = (shapely.get_coordinates(shapely.get_exterior_ring(yard)) - corners[0]) @ axes.T
    deep = rng.uniform(*pattern.deep_m)
    step = deep + pattern.gap_m[1] * rng.uniform(0.9, 1.15)
    low, high = local[:, 1].min() + 1.0, local[:, 1].max() - 1.0
    rows = max(int((high - low + step - deep) // step), 1)
    bottom = low + (high - low - rows * step + step - deep) * rng.uniform(0.2, 0.8) + np.arange(rows) * step
    left, right = _row_ends(local, bottom, deep)
    wide = rng.uniform(*pattern.wide_m)
    number = np.maximum(((right - left + pattern.gap_m[0]) // (wide + pattern.gap_m[0])).astype(int), 0)
    room = np.divide(right - left + pattern.gap_m[0], number, out=np.zeros(rows), where=number > 0)
    row = np.repeat(np.arange(rows), number)
    place = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    built = rng.random(len(row)) < pattern.fill
    row, place = row[built], place[built]
    size = len(row)
    wides = np.minimum(room[row] - pattern.gap_m[0], wide * 1.12) * rng.uniform(0.88, 1.0, size)
    spot = np.column_stack([left[row] + place * room[row], bottom[row] + rng.uniform(0, 0.4, size)])
    corner = corners[0] + spot @ axes
    tall = rng.integers(pattern.floors[0], pattern.floors[1] + 1)
    return {
        "cell": np.full(size, cell),
        "x": corner[:, 0],
        "y": corner[:, 1],
        "turn": np.full(size, turn),
        "wide": wides,
        "deep": deep * rng.uniform(0.9, 0.98, size),
        "floors": np.clip(tall + rng.integers(-1, 2, size), pattern.floors[0], pattern.floors[1]),
        "shape": np.array(pattern.shapes)[rng.integers(len(pattern.shapes), size=size)],
        "use": np.full(size, pattern.use),
        "homes": np.full(size, pattern.homes),
    }


def _row_ends(local: np.ndarray, bottom: np.ndarray, deep: float) -> tuple[np.ndarray, np.ndarray]:
    """Return where rows of buildings may begin and end inside a ring, in the ring's own axes."""
    left, right = np.full(len(bottom), -np.inf), np.full(len(bottom), np.inf)
    x0, y0, x1, y1 = *local[:-1].T, *local[1:].T
    for share in (0.0, 0.5, 1.0):
        level = (bottom + share * deep)[:, None]
        crossed = (y0 > level) != (y1 > level)
        slope = np.divide(x1 - x0, y1 - y0, out=np.zeros_like(x0), where=y1 != y0)
        at = x0 + (level - y0) * slope
        left = np.maximum(left, np.where(crossed, at, np.inf).min(axis=1))
        right = np.minimum(right, np.where(crossed, at, -np.inf).max(axis=1))
    missed = ~(np.isfinite(left) & np.isfinite(right))
    left[missed] = right[missed] = 0.0
    return left + 0.6, np.maximum(right - 0.6, left + 0.6)


def _draw(table: pd.DataFrame) -> np.ndarray:
    """Return the outlines of the buildings."""
    drawn = np.empty(len(table), dtype=object)
    for name, unit in _SHAPES.items():
        rows = np.flatnonzero((table["shape"] == name).to_numpy())
        part = table.iloc[rows]
        outline = np.array(unit) * part[["wide", "deep"]].to_numpy()[:, None, :]
        cos, sin = np.cos(part["turn"].to_numpy())[:, None], np.sin(part["turn"].to_numpy())[:, None]
        x = part["x"].to_numpy()[:, None] + outline[..., 0] * cos - outline[..., 1] * sin
        y = part["y"].to_numpy()[:, None] + outline[..., 0] * sin + outline[..., 1] * cos
        if len(rows):
            drawn[rows] = shapely.polygons(snap(np.stack([x, y], axis=-1)))
    return drawn


def _described(
    table: pd.DataFrame, shapes: np.ndarray, cells: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Give every building its code, height, households and residents."""
    floors = table["floors"].to_numpy()
    households = np.round(
        shapely.area(shapes) * floors / 100 * table["homes"].to_numpy() * rng.uniform(0.8, 1.1, len(table))
    )
    codes = cells["cell_code"].to_numpy()[table["cell"]]
    serial = table.groupby("cell").cumcount().to_numpy() + 1
    storey = np.where(table["use"] == "residential", 2.9, np.where(table["use"] == "industry", 6.0, 3.8))
    frame = pd.DataFrame(
        {
            "building_code": [f"{code}{number:04d}" for code, number in zip(codes, serial, strict=True)],
            "name": "",
            "floors": floors,
            "height_m": np.round(floors * storey + rng.uniform(0.3, 1.6, len(table)), 1),
            "use": table["use"],
            "households": households.astype(int),
            "residents": np.round(households * rng.uniform(2.1, 3.0, len(table))).astype(int),
            "address": "",
            "cell": table["cell"],
        }
    )
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)
