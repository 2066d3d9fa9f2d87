"""Buildings of the sample city: rows of slabs, courtyards, villages, sheds and towers that no cell line cuts."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .city import ROAD_WIDTH_M, Skeleton
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
        Pattern((38, 62), (12, 14), (11, 24), (5, 7), 0.95, "residential", 1.05, True),
        Pattern((24, 30), (18, 22), (22, 34), (15, 28), 0.9, "residential", 0.95, True, ("cross", "box")),
        Pattern((44, 70), (13, 15), (14, 34), (9, 14), 0.95, "residential", 1.0, True),
    ),
    "old_town": (
        Pattern((10, 17), (6, 9), (1.6, 4.5), (1, 1), 0.9, "residential", 1.6, True, ("box", "box", "ell")),
        Pattern((12, 20), (8, 12), (3, 6), (1, 3), 0.85, "residential", 1.3, True),
    ),
    "commercial": (
        Pattern((34, 62), (26, 40), (9, 10), (3, 8), 0.9, "commerce", 0.0, False, ("box", "ell", "yoke")),
        Pattern((20, 40), (12, 18), (3, 9), (2, 5), 0.9, "commerce", 0.15, False),
    ),
    "office": (Pattern((36, 60), (18, 28), (18, 24), (6, 22), 0.85, "office", 0.0, True, ("box", "ell", "yoke")),),
    "school": (Pattern((42, 64), (16, 30), (14, 32), (3, 5), 0.75, "education", 0.0, True, ("ell", "yoke", "box")),),
    "hospital": (Pattern((40, 60), (18, 30), (14, 20), (5, 14), 0.85, "health", 0.0, True, ("yoke", "ell", "box")),),
    "industry": (Pattern((52, 96), (24, 40), (12, 13), (1, 3), 0.8, "industry", 0.0, False),),
    "village": (
        Pattern((11, 15), (8, 10.5), (2.2, 6.5), (1, 2), 0.8, "residential", 1.0, True, ("box", "box", "ell")),
    ),
    "farmland": (Pattern((8, 60), (7, 9), (60, 34), (1, 1), 0.25, "other", 0.0, True),),
    "park": (Pattern((9, 16), (8, 12), (70, 70), (1, 1), 0.4, "public", 0.0, True, ("box", "ell")),),
    "woods": (Pattern((8, 12), (7, 9), (150, 140), (1, 1), 0.25, "public", 0.0, True),),
}
_SHAPES = {
    "box": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "ell": ((0, 0), (1, 0), (1, 0.45), (0.4, 0.45), (0.4, 1), (0, 1)),
    "yoke": ((0, 0), (1, 0), (1, 1), (0.72, 1), (0.72, 0.4), (0.28, 0.4), (0.28, 1), (0, 1)),
    "cross": (
        (0.2, 0), (0.8, 0), (0.8, 0.25), (1, 0.25), (1, 0.8), (0.65, 0.8), (0.65, 1), (0.35, 1), (0.35, 0.8), (0, 0.8), (0, 0.25), (0.2, 0.25),
    ),
}  # fmt: skip
_SETBACK_M = 3.5


def make_buildings(
    plan: Plan, skeleton: Skeleton, cells: gpd.GeoDataFrame, uses: np.ndarray, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return the buildings of all cells, at most as many as planned, each wholly inside one cell and off the roads."""
    lands = cells.geometry.to_numpy()
    lots = []
    for number, (land, use) in enumerate(zip(lands, uses, strict=True)):
        lots.append(_lots(number, land, str(use), rng))
    table = pd.concat(lots, ignore_index=True)
    shapes = _draw(table)
    free = shapely.contains_properly(shapely.buffer(lands, -_SETBACK_M)[table["cell"]], shapes)
    free[free] = _off_roads(shapes[free], plan, skeleton)
    table, shapes = table[free].reset_index(drop=True), shapes[free]
    if len(table) > plan.buildings:
        kept = np.sort(rng.permutation(len(table))[: plan.buildings])
        table, shapes = table.iloc[kept].reset_index(drop=True), shapes[kept]
    return _described(table, shapes, cells, rng)


def _lots(cell: int, land: shapely.Polygon, use: str, rng: np.random.Generator) -> pd.DataFrame:
    """Lay out the places of one cell: rows along its axis, or facing south."""
    patterns = PATTERNS[use]
    pattern = patterns[int(rng.integers(len(patterns)))]
    corners = shapely.get_coordinates(shapely.oriented_envelope(land))
    along = corners[1] - corners[0]
    turn = (np.arctan2(along[1], along[0]) + np.pi / 4) % (np.pi / 2) - np.pi / 4
    if pattern.faces_south:
        turn *= 0.55
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    local = (shapely.get_coordinates(land) - corners[0]) @ axes.T
    low, high = local.min(axis=0) + 5, local.max(axis=0) - 5
    wide, deep = rng.uniform(*pattern.wide_m), rng.uniform(*pattern.deep_m)
    step = np.array([wide + pattern.gap_m[0], deep + pattern.gap_m[1] * rng.uniform(0.9, 1.15)])
    count = np.maximum(((high - low + np.array(pattern.gap_m)) // step).astype(int), 1)
    slack = (high - low - count * step + np.array(pattern.gap_m)) / 2
    column, row = np.meshgrid(np.arange(count[0]), np.arange(count[1]))
    places = low + slack + np.column_stack([column.ravel(), row.ravel()]) * step
    places = places[rng.random(len(places)) < pattern.fill]
    size = len(places)
    corner = corners[0] + (places + rng.normal(0, 0.25, (size, 2))) @ axes
    tall = rng.integers(pattern.floors[0], pattern.floors[1] + 1)
    return pd.DataFrame(
        {
            "cell": cell,
            "x": corner[:, 0],
            "y": corner[:, 1],
            "turn": turn,
            "wide": wide * rng.uniform(0.82, 1.0, size),
            "deep": deep * rng.uniform(0.9, 1.0, size),
            "floors": np.clip(tall + rng.integers(-1, 2, size), pattern.floors[0], pattern.floors[1]),
            "shape": rng.choice(pattern.shapes, size),
            "use": pattern.use,
            "homes": pattern.homes,
        }
    )


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


def _off_roads(shapes: np.ndarray, plan: Plan, skeleton: Skeleton) -> np.ndarray:
    """Say which buildings keep clear of roads and river."""
    barriers = np.append(skeleton.roads, skeleton.river)
    half = np.append([ROAD_WIDTH_M[c] / 2 for c in skeleton.road_class], plan.river_m / 2 + 14) + _SETBACK_M
    wide = half > ROAD_WIDTH_M["lane"] / 2 + _SETBACK_M
    barriers, half = barriers[wide], half[wide]
    tree = shapely.STRtree(barriers)
    building, barrier = tree.query(shapes, predicate="dwithin", distance=float(half.max()))
    hit = shapely.dwithin(shapes[building], barriers[barrier], half[barrier])
    clear = np.ones(len(shapes), dtype=bool)
    clear[building[hit]] = False
    return clear


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
