"""The plane divided by the borders of all cells: faces, the cells that cover each, and the faces beside each edge.

Which cells cover a face is not looked up in the cells' geometry but counted: crossing an edge takes away the cells to
the one side of it and adds those to the other. So cells put together from faces fit one another whatever was rounded.
"""

from collections import deque
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from onemap.geo.arrangement import Shapes
from onemap.geo.edges import Edges, Floats, Ints, bundle_edges, join_edges, polygon_edges, resolution, ringed
from onemap.geo.line_faces import AROUND, faces_beside, polygons_between
from onemap.geo.noding import node_edges


@dataclass(frozen=True)
class Partition:
    """Faces between the noded edges of polygons.

    Attributes
    ----------
    faces
        Polygons, in an order that depends on coordinates alone.
    covers
        For each face the sorted positions of the polygons that cover it; the outside of the outline counts as one more.
    ends
        One row an edge: x and y of its smaller end, x and y of its larger.
    left, right
        The faces beside each edge, or `AROUND`.
    touched
        Positions of the polygons of which an edge was divided or moved.
    """

    faces: Shapes
    covers: tuple[tuple[int, ...], ...]
    ends: Floats
    left: Ints
    right: Ints
    touched: Ints

    def edges_of(self, faces: Ints) -> Ints:
        """Return the sorted edges that have one of these faces beside them."""
        start, edge = self._beside
        found = [edge[start[face] : start[face + 1]] for face in faces.tolist()]
        return np.unique(np.concatenate(found))

    @cached_property
    def _beside(self) -> tuple[Ints, Ints]:
        """Where the edges of each face begin, and the edges."""
        faces = np.concatenate([self.left, self.right])
        order = np.argsort(faces, kind="stable")
        start = np.searchsorted(faces[order], np.arange(len(self.faces) + 1))
        return start, order % max(len(self.ends), 1)


def divide_plane(shapes: Shapes, outline: Any = None) -> Partition:
    """Divide the plane by the borders of polygons.

    Parameters
    ----------
    shapes
        Valid polygons.
    outline
        Valid polygon of which everything outside takes part as the polygon after the last.

    Examples
    --------
    >>> from shapely import box
    >>> plane = divide_plane(np.array([box(0, 0, 2, 2), box(1, 0, 3, 2)]))
    >>> sorted(plane.covers)
    [(0,), (0, 1), (1,)]
    """
    edges = polygon_edges(shapes)
    around: dict[int, int] = {}
    reach = 0.0
    everything = shapes if outline is None else np.append(shapes, outline)
    if len(everything):
        reach = resolution(shapely.total_bounds(everything))
    if outline is not None:
        outer = polygon_edges(np.array([outline], dtype=object), inside_out=True)
        edges = join_edges(edges, replace(outer, owner=outer.owner + len(shapes)))
        around = {len(shapes): 1}
    noded = node_edges(edges, reach=reach, inside_out=outline is not None, ringed=ringed(everything))
    ends, walls = _walls(noded.edges)
    faces = polygons_between(ends)
    left, right = faces_beside(ends, faces)
    covers = _covers(len(faces), left, right, walls, around)
    return Partition(faces, covers, ends, left, right, noded.touched)


@dataclass(frozen=True)
class _Walls:
    """For each edge which polygons begin to its left (+1) or to its right (-1): rows from ``start`` on."""

    start: Ints
    owner: Ints
    change: Ints

    def of(self, edge: int) -> list[tuple[int, int]]:
        rows = slice(self.start[edge], self.start[edge + 1])
        return list(zip(self.owner[rows].tolist(), self.change[rows].tolist(), strict=True))


def _walls(edges: Edges) -> tuple[Floats, _Walls]:
    """Return the edges that are a border of something; what has the same polygon on both sides is none."""
    bundles = bundle_edges(edges)
    order = np.lexsort((edges.owner, bundles.bundle))
    bundle, owner = bundles.bundle[order], edges.owner[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (bundle[1:] != bundle[:-1]) | (owner[1:] != owner[:-1])
    first = np.flatnonzero(new)
    sides = np.where(edges.left[order], 1, -1)
    change = np.add.reduceat(sides, first) if len(first) else sides
    bundle, owner = bundle[first][change != 0], owner[first][change != 0]
    used, counts = np.unique(bundle, return_counts=True)
    return bundles.ends[used], _Walls(np.concatenate([[0], np.cumsum(counts)]), owner, change[change != 0])


def _covers(count: int, left: Ints, right: Ints, walls: _Walls, around: dict[int, int]) -> tuple[tuple[int, ...], ...]:
    """Return the polygons above each face, by crossing edges from the outside inwards."""
    pairs, rows = np.unique(np.stack([left, right], axis=1), axis=0, return_index=True)
    beside: list[list[tuple[int, int, int]]] = [[] for _ in range(count + 1)]  # the last is the face around
    for (one, other), edge in zip(pairs.tolist(), rows.tolist(), strict=True):
        beside[one].append((other, edge, -1))
        beside[other].append((one, edge, 1))
    found: list[dict[int, int] | None] = [None] * (count + 1)
    found[AROUND] = around
    queue = deque([AROUND])
    while queue:
        here = queue.popleft()
        above = found[here] or {}
        for there, edge, way in beside[here]:
            if found[there] is not None:
                continue
            beyond = dict(above)
            for owner, change in walls.of(edge):
                beyond[owner] = beyond.get(owner, 0) + way * change
            found[there] = {owner: times for owner, times in beyond.items() if times}
            queue.append(there)
    return tuple(tuple(sorted(o for o, times in (f or {}).items() if times > 0)) for f in found[:count])
