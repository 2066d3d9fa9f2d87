"""Which cells hold a point, by whole-number arithmetic on the very coordinates: slow, short, independent of the engine."""

import numpy as np
import shapely

# every double is a whole multiple of the smallest one
_SCALE = 2**1074


def whole(value: float) -> int:
    numerator, denominator = value.as_integer_ratio()
    return numerator * (_SCALE // denominator)


class Oracle:
    """The even-odd rule, with the border as part of a cell."""

    def __init__(self, polygons) -> None:
        parts, owner = shapely.get_parts(np.array(polygons, dtype=object), return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        points, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[:-1] == ring[1:]
        self.ends = np.hstack([points[:-1], points[1:]])[same]
        self.owner = owner[part[ring[:-1][same]]].tolist()
        self.exact = [tuple(map(whole, row)) for row in self.ends.tolist()]
        self.low, self.high = self.ends[:, 1::2].min(axis=1), self.ends[:, 1::2].max(axis=1)
        self.east = self.ends[:, 0::2].max(axis=1)

    def holders(self, x: float, y: float) -> list[tuple[int, bool]]:
        """Return the cells, and whether the point lies on their border."""
        inside: set[int] = set()
        border: set[int] = set()
        px, py = whole(x), whole(y)
        for edge in np.flatnonzero((self.low <= y) & (y <= self.high) & (self.east >= x)).tolist():
            (x1, y1, x2, y2), owner = self.exact[edge], self.owner[edge]
            side = (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1)
            if side == 0 and min(x1, x2) <= px <= max(x1, x2):
                border.add(owner)
            elif (y1 <= py) != (y2 <= py) and (side > 0) == (y2 > y1):
                inside ^= {owner}
        return sorted((cell, cell in border) for cell in inside | border)
