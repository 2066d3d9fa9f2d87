"""Lines kept clear of borders that may not move: what runs along one gives way to it, what meets it ends on it.

Borders of communities and walls of buildings are exact. A barrier drawn beside one, a hair off, would leave slivers
that no arithmetic can hold; so lines are cut a centimetre before a border and led straight on to it, to a vertex that
the border itself gets.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from onemap.geo.edges import Bools, Floats, Ints

from .faces import Shapes, segments

GRID_M: Final = 0.001
"""Lines that may move have their vertices on a grid of this width, so that none come nearer than half of it."""
CLEAR_M: Final = 0.01
"""How near such lines may come to a border that may not move."""


@dataclass(frozen=True)
class Trimmed:
    """Lines that end on borders, and the borders with the vertices at which they do; straight pieces, as ends."""

    lines: Floats
    borders: Floats


def straight(ends: Floats) -> Shapes:
    """Return straight pieces as lines."""
    return shapely.linestrings(ends.reshape(-1, 2, 2))


def pieces(lines: Shapes) -> Floats:
    """Return the straight pieces of lines, each once, from its smaller end to its larger."""
    ends = segments(lines)[0]
    turned = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[turned] = ends[turned][:, [2, 3, 0, 1]]
    return np.unique(ends[(ends[:, :2] != ends[:, 2:]).any(axis=1)] + 0.0, axis=0)


def trim(lines: Floats, borders: Floats) -> Trimmed:
    """Return lines cut where they come near borders, each cut led on to the nearest border."""
    if not len(lines) or not len(borders):
        return Trimmed(lines, borders)
    ways, walls = straight(lines), straight(borders)
    tree = shapely.STRtree(walls)
    at, on = tree.query(ways, predicate="dwithin", distance=CLEAR_M)
    near = np.unique(at)
    rest = _cleared(ways[near], np.searchsorted(near, at), shapely.buffer(walls[on], CLEAR_M, quad_segs=4))
    parts, row = shapely.get_parts(rest, return_index=True)
    parts, row = parts[shapely.length(parts) > 0], row[shapely.length(parts) > 0]
    left = np.hstack([shapely.get_coordinates(shapely.get_point(parts, end)) for end in (0, -1)])
    untouched = np.delete(lines, near, axis=0)
    had, have = _ends_of(np.arange(len(near)), lines[near]), _ends_of(row, left)
    cut, lost = have[~_is_among(have, had)][:, 1:], had[~_is_among(had, have)][:, 1:]
    # where a line just outside of all zones ended on an end that is lost, it is led on in its place
    lost = np.unique(lost, axis=0)
    loose = np.concatenate([cut, lost[_is_among(lost, np.concatenate([untouched, left]).reshape(-1, 2))]])
    target, wall, share = _nearest(loose, borders, tree)
    links = np.hstack([loose, target])
    return Trimmed(np.concatenate([untouched, left, links]), _with_vertices(borders, wall, share, target))


def _cleared(ways: Shapes, at: Ints, zones: Shapes) -> Shapes:
    """Return each line without the zones that belong to it, one zone of every line after the other."""
    order = np.argsort(at, kind="stable")
    at, zones = at[order], zones[order]
    turn = np.arange(len(at)) - np.searchsorted(at, at)
    rest = ways.copy()
    for step in range(int(turn.max(initial=-1)) + 1):
        now = turn == step
        rest[at[now]] = shapely.difference(rest[at[now]], zones[now])
    return rest


def _ends_of(row: Ints, lines: Floats) -> Floats:
    """Return the ends of straight pieces, all first ones before all last ones, each with the number of its line."""
    return np.column_stack([np.tile(row, 2), np.concatenate([lines[:, :2], lines[:, 2:]])])


def _is_among(rows: Floats, others: Floats) -> Bools:
    """Return which rows are, number by number, one of the others."""
    whole = np.unique(np.vstack([rows, others]), axis=0, return_inverse=True)[1].ravel()
    return np.isin(whole[: len(rows)], whole[len(rows) :])


def _nearest(points: Floats, borders: Floats, tree: shapely.STRtree) -> tuple[Floats, Ints, Floats]:
    """Return for each point the place on the nearest border where it is led, the border, and how far along it that is.

    Places lie a whole number of grid steps from the border's smaller end: what meets a border from both sides at one
    place gets the very same vertex.
    """
    at, wall = tree.query_nearest(shapely.points(points), all_matches=True)
    first = np.flatnonzero(np.diff(at, prepend=-1))
    wall = np.minimum.reduceat(wall, first) if len(first) else wall
    start, end = borders[wall, :2], borders[wall, 2:]
    size = np.hypot(*(end - start).T)
    along = ((points - start) * (end - start)).sum(axis=1) / size
    along = np.round(along / GRID_M) * GRID_M
    share = np.clip(along / size, 0.0, 1.0)
    share[along <= GRID_M / 2] = 0.0
    share[along >= size - GRID_M / 2] = 1.0
    target = start + share[:, None] * (end - start)
    target[share == 1.0] = end[share == 1.0]
    return target, wall, share


def _with_vertices(borders: Floats, wall: Ints, share: Floats, target: Floats) -> Floats:
    """Return borders with these vertices between their ends."""
    between = (share > 0) & (share < 1)
    wall, share, target = wall[between], share[between], target[between]
    rows = np.arange(len(borders))
    row = np.concatenate([rows, wall, rows])
    way = np.concatenate([np.zeros(len(rows)), share, np.ones(len(rows))])
    stop = np.concatenate([borders[:, :2], target, borders[:, 2:]])
    order = np.lexsort((way, row))
    row, stop = row[order], stop[order]
    same = np.flatnonzero((row[:-1] == row[1:]) & (stop[:-1] != stop[1:]).any(axis=1))
    return np.hstack([stop[same], stop[same + 1]])
