"""Barriers made to close: ends led on to the line they almost reach, and a list of those that stay open."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from onemap.geo.edges import Floats, Ints

from .faces import Shapes, segments

# A line led on to another crosses it by this much, so that both get the same vertex there; what sticks out is dropped.
OVERSHOOT_M: Final = 0.03
# An end is not led back to the line it belongs to within this many times the width.
_OWN: Final = 4.0


@dataclass(frozen=True)
class _Ends:
    """Ends of lines that touch no other line.

    Attributes
    ----------
    points
        Where they are.
    back
        For each the lines on the way back from it, with the way to their near end and whether that is their first.
    """

    points: Floats
    back: list[dict[int, tuple[float, bool]]]


def close_gaps(noded: Shapes, borders: Shapes, *, snap_m: float) -> Shapes:
    """Return short lines that lead loose ends of noded lines to the nearest other line or border within ``snap_m``."""
    if snap_m <= 0 or not len(noded):
        return np.empty(0, dtype=object)
    loose = _loose_ends(noded, _OWN * snap_m)
    if not len(loose.points):
        return np.empty(0, dtype=object)
    ends, line = segments(np.concatenate([noded, borders]))
    begin = _begin(ends, line)
    whole = shapely.length(np.concatenate([noded, borders]))
    pieces = shapely.linestrings(ends.reshape(-1, 2, 2))
    points = shapely.points(loose.points)
    at, on = shapely.STRtree(pieces).query(points, predicate="dwithin", distance=snap_m)

    def is_other(end: int, piece: int) -> bool:
        row = int(line[piece])
        if row not in loose.back[end]:
            return True
        gone, forward = loose.back[end][row]
        size = float(np.hypot(*(ends[piece, 2:] - ends[piece, :2])))
        return gone + float(begin[piece] if forward else whole[row] - begin[piece] - size) >= _OWN * snap_m

    others = np.array([is_other(a, o) for a, o in zip(at.tolist(), on.tolist(), strict=True)], dtype=bool)
    at, on = at[others], on[others]
    away = shapely.distance(points[at], pieces[on])
    order = np.lexsort((*ends[on].T, away, at))
    at, on, away = at[order], on[order], away[order]
    first = np.flatnonzero(np.diff(at, prepend=-1))
    return _led_on(loose.points[at[first]], ends[on[first]])


def _begin(ends: Floats, line: Ints) -> Floats:
    """Return how far along its line each piece begins."""
    size = np.hypot(*(ends[:, 2:] - ends[:, :2]).T)
    before = np.cumsum(size) - size
    first = np.flatnonzero(np.diff(line, prepend=-1))
    return before - np.repeat(before[first], np.diff(np.append(first, len(line))))


def _led_on(points: Floats, ends: Floats) -> Shapes:
    """Return a line from each point to a straight piece, across it by a hair unless it meets one of its ends."""
    a, ray = ends[:, :2], ends[:, 2:] - ends[:, :2]
    share = np.clip(((points - a) * ray).sum(axis=1) / (ray**2).sum(axis=1), 0.0, 1.0)
    target = a + share[:, None] * ray
    target[share == 1.0] = ends[share == 1.0, 2:]
    way = target - points
    far = np.hypot(*way.T)
    inside = (share > 0) & (share < 1) & (far > 0)
    target[inside] += way[inside] / far[inside, None] * OVERSHOOT_M
    there = far > 0
    return shapely.linestrings(np.stack([points[there], target[there]], axis=1))


def _loose_ends(noded: Shapes, reach: float) -> _Ends:
    """Return the ends that belong to one line alone, with the lines met on the way back up to ``reach`` or a node."""
    first = shapely.get_coordinates(shapely.get_point(noded, 0))
    last = shapely.get_coordinates(shapely.get_point(noded, -1))
    corners, number = np.unique(np.concatenate([first, last]), axis=0, return_inverse=True)
    number = number.reshape(2, -1).T
    at: dict[int, list[int]] = {}
    for row, ends in enumerate(number.tolist()):
        for corner in ends:
            at.setdefault(corner, []).append(row)
    net = _Net(number, at, shapely.length(noded))
    loose = np.flatnonzero(np.bincount(number.ravel(), minlength=len(corners)) == 1)
    return _Ends(corners[loose], [net.way_back(int(corner), reach) for corner in loose])


@dataclass(frozen=True)
class _Net:
    """Lines and the corners where they end: the two corners of each line, the lines at each corner, their lengths."""

    corners: Ints
    at: dict[int, list[int]]
    length: Floats

    def way_back(self, corner: int, reach: float) -> dict[int, tuple[float, bool]]:
        """Return the lines on the way from a loose end until the way branches, see `_Ends`."""
        row = self.at[corner][0]
        back, gone = {row: (0.0, bool(self.corners[row, 0] == corner))}, float(self.length[row])
        while gone < reach:
            one, other = self.corners[row].tolist()
            corner = one if other == corner else other
            onward = [r for r in self.at[corner] if r not in back]
            if len(self.at[corner]) != 2 or not onward:  # noqa: PLR2004 - where more than two lines meet the way ends
                break
            row = onward[0]
            back[row] = (gone, bool(self.corners[row, 0] == corner))
            gone += float(self.length[row])
        return back
