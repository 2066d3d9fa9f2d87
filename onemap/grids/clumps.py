"""Buildings that overlap taken together: what no line may run through."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from onemap.geo.edges import Bools, Ints

from .faces import Shapes, group, segments

# Walls drawn twice overlap by less than this; buildings that share more than a wall are one.
_SHARED_M2: Final = 1e-6


@dataclass(frozen=True)
class Clumps:
    """Overlapping buildings as one polygon each, courtyards filled.

    Attributes
    ----------
    shapes
        Polygons without holes, in an order that depends on their shapes alone.
    tree
        Index of the shapes.
    """

    shapes: Shapes
    tree: shapely.STRtree

    @classmethod
    def of(cls, buildings: Shapes) -> "Clumps":
        """Return the clumps of buildings; what stands in the courtyard of another belongs to it."""
        parts = shapely.get_parts(buildings)
        parts = _filled(parts[shapely.area(parts) > 0])
        while True:
            one, other = shapely.STRtree(parts).query(parts, predicate="intersects")
            pair = one < other
            one, other = one[pair], other[pair]
            deep = shapely.area(shapely.intersection(parts[one], parts[other])) > _SHARED_M2
            if not deep.any():
                break
            label = group(len(parts), one[deep], other[deep])
            order = np.argsort(label, kind="stable")
            starts = np.flatnonzero(np.diff(label[order], prepend=-1))
            sets = np.split(parts[order], starts[1:])
            parts = _filled(np.array([s[0] if len(s) == 1 else shapely.union_all(s) for s in sets], dtype=object))
        parts = parts[np.lexsort((shapely.area(parts), *shapely.bounds(parts).T))]
        return cls(parts, shapely.STRtree(parts))

    def crossed(self, lines: Shapes) -> Bools:
        """Return which clumps a line runs through, not only along."""
        hit = np.zeros(len(self.shapes), dtype=bool)
        if len(lines) and len(self.shapes):
            pieces = shapely.linestrings(segments(lines)[0].reshape(-1, 2, 2))
            at, on = self.tree.query(pieces, predicate="intersects")
            through = shapely.relate_pattern(pieces[at], self.shapes[on], "T********")
            hit[on[through]] = True
        return hit

    def rings(self, rows: Bools | Ints) -> Shapes:
        """Return the outlines of some clumps."""
        return shapely.get_exterior_ring(self.shapes[rows])


def _filled(polygons: Shapes) -> Shapes:
    """Return polygons without their holes."""
    parts = shapely.get_parts(polygons)
    return shapely.polygons(shapely.get_exterior_ring(parts)) if len(parts) else parts
