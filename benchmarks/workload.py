"""The benchmark's city: an exact coverage of irregular cells, points, buildings and damage, from seeds alone.

Cells are Voronoi cells of clustered sites inside an irregular region. Each shared edge is subdivided and jittered once,
inside the two triangles that the edge spans with its two sites; triangles of different edges have no common inside, so
lines never cross and neighbours share every vertex. Projected metres; sites stand 400 m apart on average at any size.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[Any]

SEED: Final = 20
ORIGIN: Final = np.array([500_000.0, 3_400_000.0])
_SPACING: Final = 400.0
_VERTICES: Final = 46 / 6  # of an average edge; gives 65 a cell, since edges are divided unevenly
_ENCLAVES: Final = 200  # one cell in so many holds an enclave
_LLOYD_STEPS: Final = 2


@dataclass(frozen=True)
class City:
    """Cells, and what is needed to place points and buildings among them.

    Attributes
    ----------
    cells
        Polygons that cover the region without gap and overlap.
    site, side
        A point inside each cell, and the root of its area.
    radius
        Nominal radius of the region.
    """

    cells: Shapes
    site: Floats
    side: Floats
    radius: float


def make_city(count: int) -> City:
    """Return a city of ``count`` cells."""
    rng = np.random.default_rng([SEED, count])
    radius = 0.66 * _SPACING * np.sqrt(count)
    enclaves = max(1, count // _ENCLAVES)
    inner, ghosts = _sites(count - enclaves, radius, rng)
    for _ in range(_LLOYD_STEPS):  # less extreme shapes; the clusters stay
        middle = shapely.get_coordinates(shapely.centroid(_voronoi(inner, ghosts)))
        inner = np.where(_inside(middle, 0.999 * radius)[:, None], (inner + middle) / 2, inner)
    rings = _jittered_rings(_voronoi(inner, ghosts), inner, rng)
    cells, sites = _with_enclaves(rings, inner + ORIGIN, enclaves, rng)
    order = rng.permutation(len(cells))
    cells = cells[order]
    return City(cells, sites[order], np.sqrt(shapely.area(cells)), float(radius))


def _outline(angle: Floats, radius: float) -> Floats:
    """Return how far the region reaches in each direction."""
    waves = 0.08 * np.sin(3 * angle + 0.7) + 0.04 * np.sin(7 * angle + 2.1) + 0.02 * np.sin(17 * angle)
    return radius * (0.86 + waves)


def _inside(points: Floats, radius: float) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.hypot(*points.T) < _outline(np.arctan2(points[:, 1], points[:, 0]), radius)
    return inside


def _polar(angle: Floats, distance: Floats) -> Floats:
    points: Floats = distance[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return points


def _sites(count: int, radius: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return sites inside the region, two thirds of them in clusters, and a belt of ghosts outside of it."""
    clusters = max(6, round(count**0.5 / 6))
    angle = rng.uniform(-np.pi, np.pi, clusters)
    centre = _polar(angle, 0.9 * np.sqrt(rng.uniform(0, 0.85, clusters)) * _outline(angle, radius))
    weight = rng.pareto(1.3, clusters) + 0.3
    weight /= weight.sum()
    spread = 0.25 * radius * np.sqrt(weight) + 250
    of = rng.choice(clusters, int(2.6 * count), p=weight)
    dense = centre[of] + rng.normal(size=(len(of), 2)) * spread[of, None]
    even = rng.uniform(-1.3 * radius, 1.3 * radius, (int(3.2 * count), 2))
    candidates = np.concatenate([dense, even])
    candidates = candidates[_inside(candidates, radius)]
    inner = candidates[rng.permutation(len(candidates))[:count]]
    around = rng.uniform(-1.35 * radius, 1.35 * radius, (2 * count + 100, 2))
    return inner, around[~_inside(around, radius)][: int(0.8 * count) + 40]


def _voronoi(inner: Floats, ghosts: Floats) -> Shapes:
    """Return the Voronoi cells of the inner sites, in their order."""
    sites = shapely.multipoints(np.concatenate([inner, ghosts]))
    cells: Shapes = shapely.get_parts(shapely.voronoi_polygons(sites, ordered=True))
    return cells[: len(inner)]


def _jittered_rings(polygons: Shapes, sites: Floats, rng: np.random.Generator) -> Shapes:
    """Replace every edge by a jittered chain, the same for both of its cells; return closed rings."""
    corner, cell = shapely.get_coordinates(shapely.get_exterior_ring(polygons), return_index=True)
    where, name = np.unique(corner[:, 0] + 1j * corner[:, 1], return_inverse=True)
    vertices = np.column_stack([where.real, where.imag])
    side = np.flatnonzero(cell[1:] == cell[:-1])  # from each corner to the next one of its ring
    begin, end, cell = name[side], name[side + 1], cell[side]
    forward = begin < end
    key = np.where(forward, begin * len(where) + end, end * len(where) + begin)
    _, first, edge = np.unique(key, return_index=True, return_inverse=True)
    low, high = np.minimum(begin, end)[first], np.maximum(begin, end)[first]
    chain, chain_start = _chains(vertices[low], vertices[high], sites[cell[first]], rng)
    length = np.diff(chain_start)[edge]
    start = np.concatenate([[0], np.cumsum(1 + length)])
    ring = np.empty((start[-1], 2))
    ring[start[:-1]] = vertices[begin]
    of = np.repeat(np.arange(len(edge)), length)
    step = np.arange(len(of)) - np.repeat(np.cumsum(length) - length, length)
    taken = np.where(forward[of], step, length[of] - 1 - step)
    ring[start[of] + 1 + step] = chain[chain_start[edge[of]] + taken]
    rings: Shapes = shapely.linearrings(ring + ORIGIN, indices=np.repeat(cell, 1 + length))
    return rings


def _chains(begin: Floats, end: Floats, site: Floats, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Return the points between the ends of each edge, and where those of each edge start."""
    along = end - begin
    length = np.hypot(*along.T)
    unit = along / np.maximum(length, 1e-12)[:, None]
    arm = site - begin
    foot = (arm * unit).sum(axis=1)
    height = np.abs(arm[:, 0] * unit[:, 1] - arm[:, 1] * unit[:, 0])  # half the distance of the two sites
    pieces = _VERTICES * length / (1.1 * np.maximum(height, 1e-9)) * rng.lognormal(-0.12, 0.7, len(length))
    pieces = np.clip(np.rint(pieces), 1, 12 * _VERTICES).astype(np.int64)
    pieces[length < 1e-3] = 1
    start = np.concatenate([[0], np.cumsum(pieces - 1)])
    of = np.repeat(np.arange(len(pieces)), pieces - 1)
    step = np.arange(len(of)) - start[of] + 1
    place = (step + rng.uniform(-0.3, 0.3, len(of))) / pieces[of] * length[of]
    foot, height, whole = foot[of], height[of], length[of]
    # the triangle's height above each place; one whose foot lies beyond an end has one slope only
    rising = np.where(foot > 0, place * height / np.where(foot > 0, foot, 1), np.inf)
    falling = np.where(foot < whole, (whole - place) * height / np.where(foot < whole, whole - foot, 1), np.inf)
    room = np.minimum(np.minimum(rising, falling), height)
    wave = rng.uniform(0.5, 2.0, len(length))[of], rng.uniform(0, 1, len(length))[of]
    bend = 0.75 * np.sin(2 * np.pi * (place / whole * wave[0] + wave[1])) + 0.25 * rng.uniform(-1, 1, len(of))
    normal = np.column_stack([-unit[of, 1], unit[of, 0]])
    return begin[of] + unit[of] * place[:, None] + normal * (0.38 * room * bend)[:, None], start


def _with_enclaves(rings: Shapes, sites: Floats, count: int, rng: np.random.Generator) -> tuple[Shapes, Floats]:
    """Return the cells, some of them with an enclave around their site, and a site of each."""
    hosts = rng.choice(len(rings), count, replace=False)
    cells = shapely.polygons(rings)
    holes = []
    for host in hosts:
        shrunken = sites[host] + 0.3 * (shapely.get_coordinates(rings[host]) - sites[host])
        holes.append(shapely.linearrings(shrunken))
        cells[host] = shapely.polygons(rings[host], [holes[-1]])
    return np.concatenate([cells, shapely.polygons(holes)]), np.concatenate([sites, sites[hosts]])


def make_points(city: City, count: int, *, block: int = 0) -> Floats:
    """Return points: 60 % around cells' centres, 1 % outside, 0.1 % on vertices, the rest evenly; in random order."""
    rng = np.random.default_rng([SEED, 1, block])
    central, outside, on_vertex = int(0.6 * count), count // 100, count // 1000
    of = rng.integers(0, len(city.site), central)
    near = city.site[of] + rng.normal(size=(central, 2)) * (0.22 * city.side[of])[:, None]
    even = count - central - outside - on_vertex
    angle = rng.uniform(-np.pi, np.pi, even)
    anywhere = _polar(angle, 0.97 * np.sqrt(rng.uniform(0, 1, even)) * _outline(angle, city.radius)) + ORIGIN
    angle = rng.uniform(-np.pi, np.pi, outside)
    beyond = _polar(angle, rng.uniform(1.02, 1.3, outside) * _outline(angle, city.radius) + 1500) + ORIGIN
    vertices = shapely.get_coordinates(city.cells)
    exact = vertices[rng.integers(0, len(vertices), on_vertex)]
    return np.concatenate([near, anywhere, beyond, exact])[rng.permutation(count)]


def make_buildings(city: City, count: int) -> Shapes:
    """Return rotated rectangles (70 %) and L shapes (30 %) of 6 to 40 m, placed as points are."""
    rng = np.random.default_rng([SEED, 2])
    of = rng.integers(0, len(city.site), int(0.8 * count))
    clustered = city.site[of] + rng.normal(size=(len(of), 2)) * (0.3 * city.side[of])[:, None]
    angle = rng.uniform(-np.pi, np.pi, count - len(of))
    distance = 0.95 * np.sqrt(rng.uniform(0, 1, len(angle))) * _outline(angle, city.radius)
    centre = np.concatenate([clustered, _polar(angle, distance) + ORIGIN])[rng.permutation(count)]
    size = np.column_stack([rng.uniform(6, 25, count), rng.uniform(8, 40, count)])
    turn = rng.uniform(0, np.pi, count)
    angled = rng.uniform(size=count) < 0.3
    buildings = np.empty(count, dtype=object)
    box = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    letter = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0), (0, 0), (0, 0.5), (-0.5, 0.5)])
    for rows, shape in ((np.flatnonzero(~angled), box), (np.flatnonzero(angled), letter)):
        x, y = (shape[None] * size[rows, None]).transpose(2, 0, 1)
        cosine, sine = np.cos(turn[rows])[:, None], np.sin(turn[rows])[:, None]
        corners = np.stack([x * cosine - y * sine, x * sine + y * cosine], axis=-1) + centre[rows, None]
        buildings[rows] = shapely.polygons(np.round(corners, 3))
    return buildings


def damage(city: City) -> tuple[Shapes, Ints]:
    """Damage 1 % of the cells; return the cells that remain and their positions.

    In turn: a vertex pulled in (gap), pushed out (overlap), five vertices moved by 2 to 20 cm (sliver), a vertex left
    out; every twentieth is missing altogether.
    """
    rng = np.random.default_rng([SEED, 3])
    cells = city.cells.copy()
    for turn, row in enumerate(rng.choice(len(cells), max(5, len(cells) // 100), replace=False)):
        if turn % 20 == 4:
            cells[row] = None
            continue
        polygon = cells[row]
        shell = shapely.get_coordinates(shapely.get_exterior_ring(polygon))[:-1]
        holes = [polygon.interiors[i] for i in range(len(polygon.interiors))]
        broken = shapely.Polygon(_broken(shell, ("gap", "overlap", "sliver", "vertex")[turn % 4], rng), holes)
        if broken.is_valid:
            cells[row] = broken
    kept = np.flatnonzero(cells != np.array(None))
    return cells[kept], kept


def _broken(shell: Floats, kind: str, rng: np.random.Generator) -> Floats:
    at = int(rng.integers(0, len(shell)))
    inward = 0.05 * (shell.mean(axis=0) - shell[at])
    shell = shell.copy()
    if kind == "vertex":
        return np.delete(shell, at, axis=0)
    if kind == "sliver":
        shift = rng.normal(size=2)
        run = (at + np.arange(min(5, len(shell) - 1))) % len(shell)
        shell[run] += shift * rng.uniform(0.02, 0.2) / np.hypot(*shift)
    else:
        shell[at] += inward if kind == "gap" else -inward
    return shell
