"""The locator against whole-number arithmetic, where rounding would hurt most."""

import os

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from onemap import CellLocator
from onemap.geo.orientation import exact_orientation, orientation

from .exact_oracle import Oracle, whole

POINTS = 1_000_000 if os.environ.get("ONEMAP_DOSE") == "full" else 20_000


def voronoi(seed: int, count: int, *, size: float = 100.0, offset: float = 0.0) -> list[Polygon]:
    seeds = shapely.MultiPoint(np.random.default_rng(seed).uniform(0, size, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=box(0, 0, size, size)))
    return [shapely.transform(cell, lambda points: points + offset) for cell in cells]


def fan(count: int) -> list[Polygon]:
    """Triangles that meet in one point, their sides almost the same lines."""
    ways = np.linspace(0, 6.2, count)
    corners = [(np.cos([a, a + 0.1]) * 50, np.sin([a, a + 0.1]) * 51) for a in ways]
    return [Polygon([(0, 0), *zip(x, y, strict=True)]) for x, y in corners]


RING = Polygon(box(0, 0, 10, 10).exterior.coords, [box(4, 4, 6, 6).exterior.coords])
TOUCHING = Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(0, 0), (2, 1), (1, 2)]])
BOW = MultiPolygon([Polygon([(5, 5), (6, 5), (6, 6)]), Polygon([(6, 6), (7, 6), (7, 7)])])
WEDGES = [Polygon([(0, 0), (1e5, 1), (1e5, np.nextafter(1, 2))]), Polygon([(0, 0), (1e5, 1), (0, 1e-12)])]

CELLS = {
    "voronoi": voronoi(1, 40),
    "far from the origin": voronoi(2, 40, offset=9.9e8),
    "near the resolution": voronoi(3, 30, size=1e-6, offset=1e6),
    "two layers and repeated boxes": voronoi(4, 25) + voronoi(5, 25) + [box(10, 10, 60, 60)] * 2,
    "squares": [box(i, j, i + 1, j + 1) for i in range(6) for j in range(6)],
    "degrees": [Polygon([(116, 40), (116.3, 40.1), (116, 40.1)]), Polygon([(116, 40), (116.3, 40), (116.3, 40.1)])],
    "donut, enclave, parts": [RING, box(4, 4, 6, 6), MultiPolygon([box(20, 0, 21, 1), box(30, 0, 31, 1)])],
    "hole that touches, parts that touch": [TOUCHING, Polygon([(0, 0), (2, 1), (1, 2)]), BOW],
    "fan": fan(60),
    "slivers": [box(40, 0, 40 + 1e-9, 1), *WEDGES],
    "smallest numbers": [box(-1e-200, -1e-200, 1e-200, 1e-200), box(1e-200, -1e-200, 1, 1)],
    "a stack of thirty": [box(0, 0, 10 + i, 10) for i in range(30)],
    "a thousandth and a million": [*voronoi(6, 20, size=1e-3), box(-1e6, -1e6, 1e6, 1e6)],
}


def frame(polygons, rng) -> gpd.GeoDataFrame:
    codes = [f"{number:04d}" for number in rng.permutation(len(polygons))]
    return gpd.GeoDataFrame({"cell_code": codes}, geometry=polygons)


def adversarial(locator: CellLocator, count: int, rng) -> np.ndarray:
    """Points on vertices and edges, one ulp off, on lines of vertices, on nodes and borders of the raster, far away."""
    sides = locator.index.ends[rng.integers(0, len(locator.index.ends), count)]
    share = rng.choice([0, 1, 0.5, 1 / 3, rng.random()], count)[:, None]
    on = sides[:, :2] + (sides[:, 2:] - sides[:, :2]) * share
    off = np.nextafter(on, np.where(rng.random((count, 2)) < 0.3, on, rng.choice([-np.inf, np.inf], (count, 2))))
    raster, some = locator.index.raster, count // 8
    nodes = np.stack(
        raster.nodes(rng.integers(0, raster.columns + 1, some), rng.integers(0, raster.rows + 1, some)), axis=1
    )
    vertices = sides[rng.permutation(count)[:some]]
    crossed = [
        np.stack([vertices[:, 0], rng.permutation(vertices[:, 3])], axis=1),
        np.stack([nodes[:, 0], vertices[:, 1]], axis=1),
        np.stack([vertices[:, 2], nodes[:, 1]], axis=1),
    ]
    low, high = locator.index.ends.min(axis=0)[:2], locator.index.ends.max(axis=0)[2:]
    around = rng.uniform(low - (high - low) / 10, high + (high - low) / 10, (some, 2))
    far = np.array([[1e300, 1e300], [-1e300, 0.0], [0.0, 1e18], [5e-324, 5e-324], [-5e-324, 0.0]])
    every = np.concatenate([off, nodes, *crossed, around])
    return np.concatenate([far, every[rng.permutation(len(every))[: count - len(far)]]])


@pytest.mark.parametrize("name", CELLS)
def test_r5_same_answer_as_exact_arithmetic(name):
    rng = np.random.default_rng(sorted(CELLS).index(name))
    polygons = CELLS[name]
    cells = frame(polygons, rng)
    rank = cells["cell_code"].astype(int).to_numpy()
    locator, oracle = CellLocator(cells), Oracle(polygons)
    points = adversarial(locator, POINTS // len(CELLS) + 1, rng)
    holders, located = locator.holders(*points.T), locator.locate(*points.T).tolist()
    pairs: list[list[tuple[int, bool]]] = [[] for _ in points]
    for point, cell, border in zip(holders.point, holders.cell, holders.on_border, strict=True):
        pairs[point].append((int(cell), bool(border)))
    different = 0
    for point, (x, y) in enumerate(points.tolist()):
        expected = oracle.holders(x, y)
        first = min((cell for cell, _ in expected), key=rank.__getitem__, default=-1)
        same = sorted(pairs[point]) == expected and located[point] == first and locator.locate_one(x, y) == first
        different += not same
    assert different == 0
    print(f"R5: {name}: {len(points)} adversarial points against whole-number arithmetic: 0 differences")


def test_orientation_is_exact():
    rng = np.random.default_rng(11)
    count = POINTS // 4
    ends = rng.integers(-50, 50, (count, 4)) * rng.choice([1, 0.1, 1 / 3, 1e-7, 1e-200, 1e5], (count, 1))
    ends += rng.choice([0.0, 1e9], (count, 1))
    share = rng.uniform(-0.5, 1.5, count)
    x = np.where(rng.random(count) < 0.9, ends[:, 0] + (ends[:, 2] - ends[:, 0]) * share, 5e-324)
    y = ends[:, 1] + (ends[:, 3] - ends[:, 1]) * share
    y = np.where(rng.random(count) < 0.5, y, np.nextafter(y, np.inf))
    expected = []
    for row, px, py in zip(ends.tolist(), x.tolist(), y.tolist(), strict=True):
        (ax, ay, bx, by), qx, qy = map(whole, row), whole(px), whole(py)
        side = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax)
        expected.append((side > 0) - (side < 0))
    assert orientation(ends, x, y).tolist() == expected
    assert exact_orientation(ends, x, y).tolist() == expected
    assert min(expected.count(sign) for sign in (-1, 0, 1)) > count // 50
