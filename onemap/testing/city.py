"""Geometry of the sample district: river, ring road, streets, communities and cells.

The land is cut by lines that become roads: first river, ring road and radial avenues, then again and again
across the long side of what is left, with bends and uneven shares, as towns grow. All cuts are noded once on
the exact grid and turned into faces, so that neighbours share their vertices bit for bit.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.ops import split

from .plan import CENTRE, STEP, Plan

ROAD_WIDTH_M = {"ring": 44.0, "avenue": 36.0, "main": 26.0, "street": 15.0, "lane": 8.0}
_SECTORS = np.array([-0.1, 4.72, 3.2, 1.56])
"""Direction of the outer streets from the centre, in the order of `STREETS`: east, south, west, north."""
_SCRAP_M2 = 900.0
"""Faces smaller than this (where lines meet at a sharp angle) join a neighbour."""
_MIXED_SHARE = 0.35
"""Share of the cells whose use differs from what is usual in their community."""
_BIG_SHARE = 0.05
_LEAST_PARKS = 2
_BIG_KINDS = ("park", "compound", "school", "industry", "hospital")


@dataclass(frozen=True)
class StreetPlan:
    """A street (街道) or town (镇) of the plan: its code, how coarse its cells are, what stands there."""

    code: str
    name: str
    share: float  # how many cells per area, against the average
    uses: tuple[tuple[str, float], ...]


STREETS = (
    StreetPlan("001", "鼓楼街道", 2.0, (("old_town", 5), ("commercial", 3), ("office", 1), ("compound", 1))),
    StreetPlan("002", "河湾街道", 1.8, (("compound", 4), ("commercial", 3), ("old_town", 1), ("office", 2))),
    StreetPlan("003", "柳岸街道", 0.9, (("compound", 5), ("industry", 3), ("commercial", 1), ("old_town", 2))),
    StreetPlan("004", "新桥街道", 0.9, (("compound", 6), ("commercial", 1), ("office", 1), ("village", 2))),
    StreetPlan("005", "文昌街道", 0.9, (("compound", 5), ("old_town", 3), ("school", 1), ("office", 1))),
    StreetPlan("100", "云岭镇", 0.55, (("village", 7), ("farmland", 2), ("compound", 1), ("woods", 1))),
)


@dataclass
class Leaf:
    """A piece of land on its way to become a community or a cell."""

    land: shapely.Polygon
    street: int
    community: int = -1
    use: str = ""


@dataclass(frozen=True)
class Skeleton:
    """The district without buildings: faces with their street, community and use, and the lines between them."""

    outline: shapely.Polygon
    river: shapely.LineString
    cells: np.ndarray
    street: np.ndarray
    community: np.ndarray
    use: np.ndarray
    roads: np.ndarray
    road_class: np.ndarray


@dataclass
class _Cuts:
    lines: list[shapely.LineString] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)

    def add(self, line: shapely.Geometry, road_class: str) -> None:
        for part in shapely.get_parts(line):
            self.lines.append(part)
            self.classes.append(road_class)


def make_skeleton(plan: Plan, rng: np.random.Generator) -> Skeleton:
    """Cut the district into streets, communities and cells."""
    outline, river, ring, radials = _frame_lines(plan, rng)
    cuts = _Cuts()
    cuts.add(shapely.intersection(ring, outline), "ring")
    for line in radials:
        cuts.add(shapely.intersection(line, outline), "avenue")
    water = shapely.intersection(river, outline)
    lands = _top_level(outline, river, [ring, *radials])
    communities = list(_divide(lands, plan.communities, rng, cuts, "main"))
    for number, leaf in enumerate(communities):
        leaf.community = number
        uses, weights = zip(*STREETS[leaf.street].uses, strict=True)
        leaf.use = str(rng.choice(uses, p=np.array(weights) / sum(weights)))
    leaves = list(_divide(communities, plan.cells, rng, cuts, "lane"))
    for leaf in leaves:
        if leaf.use not in _BIG_KINDS and rng.random() < _MIXED_SHARE:
            uses, weights = zip(*STREETS[leaf.street].uses, strict=True)
            leaf.use = str(rng.choice(uses, p=np.array(weights) / sum(weights)))
    _keep_parks(leaves, water, plan)
    return _node(outline, water, leaves, cuts)


def _keep_parks(leaves: list[Leaf], water: shapely.Geometry, plan: Plan) -> None:
    """Make parks of some middling pieces off the river where chance left fewer than two."""
    dry = [leaf for leaf in leaves if not shapely.dwithin(leaf.land, water, plan.river_m)]
    wanted = _LEAST_PARKS - sum(leaf.use == "park" for leaf in dry)
    usual = sum(leaf.land.area for leaf in leaves) / len(leaves)
    dry.sort(key=lambda leaf: abs(leaf.land.area - 1.5 * usual))
    for leaf in [leaf for leaf in dry if leaf.use != "park"][: max(wanted, 0)]:
        leaf.use = "park"


def _frame_lines(
    plan: Plan, rng: np.random.Generator
) -> tuple[shapely.Polygon, shapely.LineString, shapely.LineString, list[shapely.LineString]]:
    """Draw outline, river, ring road and radial avenues around the centre."""
    size = plan.radius_m
    angle = np.linspace(0, 2 * np.pi, 97)[:-1]
    ripple = np.zeros_like(angle)
    for k in range(2, 9):
        ripple += 0.11 / k * rng.uniform(0.4, 1.0) * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
    radius = size * (1 + ripple + rng.normal(0, 0.006, angle.size))
    outline = shapely.polygons(_around(angle, radius, stretch=(1.08, 0.88)))
    x = np.linspace(-1.6, 1.6, 161) * size
    phase = rng.uniform(-0.5, 0.5, 3)
    y = size * (
        -0.04 - 0.10 * x / size + 0.13 * np.sin(3.1 * x / size + phase[0]) + 0.035 * np.sin(8.3 * x / size + phase[1])
    )
    river = shapely.linestrings(np.column_stack([x, y]) + CENTRE)
    turn = angle - 0.12
    square = (np.abs(np.cos(turn)) ** 3.0 + np.abs(np.sin(turn)) ** 3.0) ** (-1 / 3.0)
    ring_radius = 0.46 * size * square * (1 + 0.03 * np.cos(3 * angle + phase[2]))
    ring_xy = _around(angle, ring_radius, stretch=(1.05, 0.95))
    ring = shapely.linestrings(np.vstack([ring_xy, ring_xy[:1]]))
    out = np.linspace(0.30, 1.6, 40)
    radials = []
    for start in (0.62, 2.50, 3.90, 5.55):
        bend = rng.uniform(-0.25, 0.25)
        theta = start + rng.uniform(-0.12, 0.12) + bend * (out - 0.4) ** 2 + 0.03 * np.sin(6 * out)
        line = shapely.linestrings(_around(theta, size * out))
        radials.append(shapely.difference(line, shapely.buffer(shapely.polygons(ring_xy), -1.0)))
    return outline, river, ring, radials


def _around(angle: np.ndarray, radius: np.ndarray, *, stretch: tuple[float, float] = (1.0, 1.0)) -> np.ndarray:
    """Return points around the centre of the district."""
    return np.column_stack(
        [CENTRE[0] + stretch[0] * radius * np.cos(angle), CENTRE[1] + stretch[1] * radius * np.sin(angle)]
    )


def _top_level(outline: shapely.Polygon, water: shapely.LineString, roads: list[shapely.LineString]) -> list[Leaf]:
    """Return the pieces between river, ring and avenues, each with its street."""
    dry = shapely.unary_union([shapely.boundary(outline), *roads])
    blocks = shapely.get_parts(shapely.polygonize(shapely.get_parts(dry)))
    wet = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.unary_union([dry, water]))))
    centre = shapely.points(CENTRE)
    inner = int(np.argmin(shapely.distance(blocks, centre)))
    spot = shapely.point_on_surface(wet)
    home = np.argmax(shapely.contains(blocks[:, None], spot[None, :]), axis=0)
    pieces = []
    for land, block, point in zip(wet, home, spot, strict=True):
        if block == inner:
            north = shapely.get_y(point) > _river_north(water, float(shapely.get_x(point)))
            street = 0 if north else 1
        else:
            middle = shapely.get_coordinates(shapely.point_on_surface(blocks[block]))[0] - CENTRE
            away = np.angle(np.exp(1j * (np.arctan2(middle[1], middle[0]) - _SECTORS)))
            street = 2 + int(np.argmin(np.abs(away)))
        pieces.append(Leaf(land, street))
    return pieces


def _river_north(water: shapely.Geometry, x: float) -> float:
    """Return how far north the river runs at easting ``x``."""
    points = shapely.get_coordinates(water)
    order = np.argsort(points[:, 0])
    return float(np.interp(x, points[order, 0], points[order, 1]))


def _divide(lands: list[Leaf], count: int, rng: np.random.Generator, cuts: _Cuts, road_class: str) -> Iterator[Leaf]:
    """Cut the largest piece for its place in two, until there are ``count`` pieces."""
    yield from (leaf for leaf in lands if leaf.land.area <= _SCRAP_M2)
    heap = [(-_weight(leaf), number, leaf, 0) for number, leaf in enumerate(lands) if leaf.land.area > _SCRAP_M2]
    heapq.heapify(heap)
    whole: list[Leaf] = []
    serial = len(heap)
    average = sum(leaf.land.area for leaf in lands) / max(count, 1)
    while heap and len(heap) + len(whole) < count:
        _, _, leaf, depth = heapq.heappop(heap)
        if road_class == "lane" and leaf.land.area < 6 * average and rng.random() < _BIG_SHARE:
            leaf.use = str(rng.choice(_BIG_KINDS, p=(0.3, 0.35, 0.15, 0.12, 0.08)))
            whole.append(leaf)
            continue
        pieces = _cut(leaf.land, rng)
        if pieces is None:
            whole.append(leaf)
            continue
        line, halves = pieces
        cuts.add(line, "street" if road_class == "lane" and depth < 2 else road_class)  # noqa: PLR2004
        for half in halves:
            child = Leaf(half, leaf.street, leaf.community, leaf.use)
            heapq.heappush(heap, (-_weight(child), serial, child, depth + 1))
            serial += 1
    yield from whole
    yield from (leaf for _, _, leaf, _ in sorted(heap, key=lambda item: item[1]))


def _weight(leaf: Leaf) -> float:
    """Return how much the piece wants to be cut: its area against what is usual in its street."""
    coarse = {"farmland": 0.5, "woods": 0.4, "industry": 0.6, "old_town": 1.2}.get(leaf.use, 1.0)
    return leaf.land.area * STREETS[leaf.street].share * coarse


def _cut(land: shapely.Polygon, rng: np.random.Generator) -> tuple[shapely.LineString, list[shapely.Polygon]] | None:
    """Cut across the long side with a slight bend; None where no fair cut is found."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(land))[:4]
    sides = np.diff(corners[[0, 1, 2]], axis=0)
    lengths = np.hypot(*sides.T)
    long = int(np.argmax(lengths))
    if lengths.min() > 0.8 * lengths.max() and rng.random() < 0.4:  # noqa: PLR2004 - nearly square: either way
        long = 1 - long
    for attempt in range(24):
        if attempt == 12:  # noqa: PLR2004 - a bent piece: try the other way
            long = 1 - long
        line = _bent(corners.mean(axis=0), sides / lengths[:, None], lengths, long, rng)
        within = shapely.get_parts(shapely.intersection(line, land))
        within = within[shapely.get_type_id(within) == 1]
        if not len(within):
            continue
        inside = within[np.argmax(shapely.length(within))]
        halves = list(split(land, _stretched(inside)).geoms)
        if len(halves) == 2 and min(h.area for h in halves) > (0.30 - 0.01 * attempt) * land.area:  # noqa: PLR2004
            return inside, halves
    return None


def _bent(
    middle: np.ndarray, axes: np.ndarray, lengths: np.ndarray, long: int, rng: np.random.Generator
) -> shapely.LineString:
    """Return a line across axis ``long`` of a rectangle: off the middle, leaning and bent a little."""
    width = lengths[1 - long]
    steps = np.linspace(-0.75, 0.75, 9 if width > 250 else 5)  # noqa: PLR2004
    share, lean, bend = rng.uniform(-0.13, 0.13), rng.normal(0, 0.09), rng.normal(0, 0.05)
    offset = share * lengths[long] + width * (lean * steps + bend * (4 * steps**2 - 1))
    return shapely.linestrings(middle + steps[:, None] * width * axes[1 - long] + offset[:, None] * axes[long])


def _stretched(line: shapely.LineString) -> shapely.LineString:
    """Return the line a millimetre longer at both ends, so that it surely cuts."""
    points = shapely.get_coordinates(line)
    for end, before in ((0, 1), (-1, -2)):
        ahead = points[end] - points[before]
        points[end] += 1e-3 * ahead / np.hypot(*ahead)
    return shapely.linestrings(points)


def _node(outline: shapely.Polygon, water: shapely.Geometry, leaves: list[Leaf], cuts: _Cuts) -> Skeleton:
    """Node all lines once on the exact grid and give every face its leaf."""
    lines = [shapely.boundary(outline), *shapely.get_parts(water), *cuts.lines]
    noded = shapely.union_all(np.array(lines, dtype=object), grid_size=STEP)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    tree = shapely.STRtree([leaf.land for leaf in leaves])
    face, leaf = tree.query(shapely.point_on_surface(faces), predicate="within")
    inside, first = np.unique(face, return_index=True)
    faces, home = _join_scraps(faces[inside], leaf[first])
    return Skeleton(
        outline=shapely.coverage_union_all(faces),
        river=shapely.line_merge(shapely.set_precision(water, STEP)),
        cells=faces,
        street=np.array([leaves[i].street for i in home]),
        community=np.array([leaves[i].community for i in home]),
        use=np.array([leaves[i].use for i in home]),
        roads=shapely.set_precision(np.array(cuts.lines, dtype=object), STEP),
        road_class=np.array(cuts.classes),
    )


def _join_scraps(faces: np.ndarray, home: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join small faces to the neighbour with which they share the longest edge."""
    faces, home = faces.copy(), home.copy()
    while (shapely.area(faces) < _SCRAP_M2).any():
        small = int(np.argmin(shapely.area(faces)))
        near = shapely.STRtree(faces).query(faces[small], predicate="intersects")
        near = near[near != small]
        shared = shapely.length(shapely.intersection(shapely.boundary(faces[near]), shapely.boundary(faces[small])))
        host = near[np.argmax(shared)]
        faces[host] = shapely.get_parts(shapely.coverage_union(faces[host], faces[small]))[0]
        faces, home = np.delete(faces, small), np.delete(home, small)
    return faces, home
