"""Land that is too large cut straight across, through the fewest buildings and over the shortest way."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from onemap.geo.edges import Floats

from .barriers import OVERSHOOT_M
from .faces import Shapes

_TRIES: Final = 25
_SLACK: Final = 0.3
"""How far the two sides of a cut may be from the sizes aimed at, as a share."""


@dataclass(frozen=True)
class Obstacles:
    """Buildings that cuts go around."""

    shapes: Shapes
    tree: Any

    @classmethod
    def of(cls, shapes: Shapes) -> "Obstacles":
        """Return the obstacles with their index."""
        return cls(shapes, shapely.STRtree(shapes))

    def crossing(self, lines: Shapes) -> Floats:
        """Return over what length each line runs through buildings."""
        found = np.zeros(len(lines))
        at, on = self.tree.query(lines, predicate="intersects")
        np.add.at(found, at, shapely.length(shapely.intersection(lines[at], self.shapes[on])))
        return found


def cut(land: Any, size_m2: float, obstacles: Obstacles) -> list[Any]:
    """Return straight lines that divide a polygon into pieces of about ``size_m2``, each a hair too long."""
    lines: list[Any] = []
    todo = [land]
    while todo:
        piece = todo.pop()
        parts = math.floor(piece.area / size_m2 + 0.5)
        if parts < 2:  # noqa: PLR2004
            continue
        best = min((_best_cut(piece, parts, way, obstacles) for way in _ways(piece)), key=lambda found: found[0])
        _, line, halves = best
        lines.extend(
            _lengthened(part) for part in shapely.get_parts(shapely.intersection(line, piece)) if part.length > 0
        )
        todo.extend(half for half in halves if half.area > size_m2)
    return lines


def _ways(piece: Any) -> list[Floats]:
    """Return the directions of the longer and of the shorter side of the box around a polygon."""
    points = shapely.get_coordinates(shapely.minimum_rotated_rectangle(piece))
    sides = np.diff(points[:3], axis=0)
    size = np.hypot(*sides.T)
    unit = sides / size[:, None]
    order = np.argsort(-size, kind="stable")
    return [unit[order[0]], unit[order[1]]] if size.min() > size.max() / 2 else [unit[order[0]]]


def _best_cut(piece: Any, parts: int, way: Floats, obstacles: Obstacles) -> tuple[float, Any, list[Any]]:
    """Return cost, line and halves of the best cut across a direction."""
    across = np.array([-way[1], way[0]])
    middle = shapely.get_coordinates(shapely.centroid(piece))[0]
    points = shapely.get_coordinates(piece) - middle
    along, side = points @ way, points @ across
    wanted = (parts // 2) / parts
    tries, share = _tries(piece, middle, way, across, wanted)
    reach = float(np.abs(side).max()) + 1.0
    centre = middle + tries[:, None] * way
    lines = shapely.linestrings(np.stack([centre - reach * across, centre + reach * across], axis=1))
    inside = shapely.intersection(lines, piece)
    width = math.sqrt(piece.area)
    cost = shapely.length(inside) / width + 3 * obstacles.crossing(inside) / width + 2 * np.abs(share - wanted)
    best = int(np.argmin(np.round(cost, 9)))
    far = 2 * float(np.ptp(along)) + 1.0
    ends = np.stack([centre[best] - 2 * reach * across, centre[best] + 2 * reach * across])
    parts_of = shapely.get_parts([_beside(piece, ends, step) for step in (-far * way, far * way)])
    return float(cost[best]), lines[best], list(parts_of[shapely.get_dimensions(parts_of) == 2])  # noqa: PLR2004


def _tries(piece: Any, middle: Floats, way: Floats, across: Floats, wanted: float) -> tuple[Floats, Floats]:
    """Return places along a direction that leave about the wanted share behind them, and that share."""
    xs, ys, row = _turned_edges(piece, middle, way, across)
    del row
    steps = np.linspace(xs.min(), xs.max(), 4 * _TRIES + 2)[1:-1]
    share = _area_before(steps, xs, ys) / piece.area
    near = np.abs(share - wanted) <= _SLACK * wanted
    if not near.any():
        near = np.abs(share - wanted) == np.abs(share - wanted).min()
    rows = np.flatnonzero(near)
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(_TRIES, len(rows))).astype(int))]
    return steps[rows], share[rows]


def _turned_edges(piece: Any, middle: Floats, way: Floats, across: Floats) -> tuple[Floats, Floats, Any]:
    """Return the ends of the edges of a polygon, x along the direction, shells and holes turned against each other."""
    rings = shapely.get_rings(shapely.orient_polygons(piece))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    points = points - middle
    x, y = points @ way, points @ across
    same = np.flatnonzero(ring[:-1] == ring[1:])
    return np.stack([x[same], x[same + 1]]), np.stack([y[same], y[same + 1]]), ring


def _area_before(steps: Floats, xs: Floats, ys: Floats) -> Floats:
    """Return the area of a polygon with x below each step: the integral of min(x, step) dy around it."""
    (x1, x2), rise = xs, ys[1] - ys[0]
    low, high = np.minimum(x1, x2), np.maximum(x1, x2)
    at = steps[:, None]
    span = np.where(high > low, high - low, 1.0)
    part = np.clip((at - low) / span, 0.0, 1.0)
    part = np.where(high > low, part, (at >= low).astype(float))
    below = part * (low + np.minimum(at, high)) / 2 + (1 - part) * at
    total: Floats = (below * rise).sum(axis=1)
    return np.abs(total - (steps * rise.sum()))


def _beside(piece: Any, ends: Floats, step: Floats) -> Any:
    """Return the part of a polygon between a line and the same line a step further."""
    return shapely.intersection(piece, shapely.polygons(np.concatenate([ends, ends[::-1] + step])))


def _lengthened(line: Any) -> Any:
    """Return a straight line that is a hair longer at both ends, so that it crosses what it ends at."""
    points = shapely.get_coordinates(line)[[0, -1]]
    hair = (points[1] - points[0]) / np.hypot(*(points[1] - points[0])) * OVERSHOOT_M
    return shapely.linestrings(points + np.array([-hair, hair]))
