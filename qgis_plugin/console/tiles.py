"""A raster over the streets: for most of ten thousand findings it tells the street without looking at a geometry."""

import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise

from .envelope import Box, meets

MANY = 128  # tiles along the longer side of the district
FEW = 64  # tiles that are looked at one by one; bounds over more of them are compared with those of the streets
_DIMENSIONS = (2, 3, 3, 4)  # plain, with height, with measure, with both
_LINE, _POLYGON = 2, 3


class Tiles:
    """Which streets a tile may hold a part of.

    Where a border runs through a tile, so much of the outside as lies in it counts as beside the street.

    Parameters
    ----------
    lands
        Of each street its bounds, its geometry as WKB and a function that tells whether a spot lies inside.
    """

    def __init__(self, lands: Sequence[tuple]) -> None:
        west, south = min(box[0] for box, *_ in lands), min(box[1] for box, *_ in lands)
        east, north = max(box[2] for box, *_ in lands), max(box[3] for box, *_ in lands)
        self._west, self._south = west, south
        self._edge = max(east - west, north - south, 1.0) / MANY
        self._held: dict[tuple[int, int], list[int]] = {}
        self._bounds = [box for box, *_ in lands]
        for number, (box, wkb, holds) in enumerate(lands):
            self._fill(number, box, self._on_border(wkb), holds)

    def of(self, box: Box) -> list[int]:
        """Return the numbers of the streets that may hold a part of what has these bounds."""
        first, last = self._tile(box[0], box[1]), self._tile(box[2], box[3])
        if first == last:
            return self._held.get(first, [])
        if (last[0] - first[0]) * (last[1] - first[1]) > FEW:
            return [number for number, other in enumerate(self._bounds) if meets(box, other)]
        found: set[int] = set()
        for column in range(max(0, first[0]), min(MANY, last[0]) + 1):
            for line in range(max(0, first[1]), min(MANY, last[1]) + 1):
                found.update(self._held.get((column, line), ()))
        return sorted(found)

    def _tile(self, x: float, y: float) -> tuple[int, int]:
        return int((x - self._west) // self._edge), int((y - self._south) // self._edge)

    def _on_border(self, wkb: bytes) -> set[tuple[int, int]]:
        """Return the tiles that a border passes, and at most some beside it."""
        west, south, edge = self._west, self._south, self._edge
        found: set[tuple[int, int]] = set()
        for ring in paths_of(wkb):
            tiles = [(int((x - west) // edge), int((y - south) // edge)) for x, y in ring]
            found.update(tiles)
            for number, (a, b) in enumerate(pairwise(tiles)):
                if a != b:
                    found.update(self._between(ring[number], ring[number + 1]))
        return found

    def _between(self, start: tuple[float, float], end: tuple[float, float]) -> Iterator[tuple[int, int]]:
        """Yield the tiles of a piece of border: of each part of it no longer than a tile, those of its bounds."""
        dx, dy = end[0] - start[0], end[1] - start[1]
        parts = int(max(abs(dx), abs(dy)) // self._edge) + 1
        for part in range(parts):
            a = self._tile(start[0] + dx * part / parts, start[1] + dy * part / parts)
            b = self._tile(start[0] + dx * (part + 1) / parts, start[1] + dy * (part + 1) / parts)
            for column in range(min(a[0], b[0]), max(a[0], b[0]) + 1):
                for line in range(min(a[1], b[1]), max(a[1], b[1]) + 1):
                    yield column, line

    def _fill(self, number: int, box: Box, border: set[tuple[int, int]], holds) -> None:
        """Note a street in the tiles of its border and in those inside: of a run without border one spot is asked."""
        west, south, edge = self._west, self._south, self._edge
        first, last = self._tile(box[0], box[1]), self._tile(box[2], box[3])
        for line in range(first[1], last[1] + 1):
            inside: bool | None = None  # of the run, once it is asked
            for column in range(first[0], last[0] + 1):
                tile = (column, line)
                if tile in border:
                    inside = None
                    self._held.setdefault(tile, []).append(number)
                    continue
                if inside is None:
                    inside = holds(west + (column + 0.5) * edge, south + (line + 0.5) * edge)
                if inside:
                    self._held.setdefault(tile, []).append(number)


def paths_of(wkb: bytes) -> Iterator[list[tuple[float, float]]]:
    """Yield lines, or the rings of polygons, as places in the plane; of a geometry of several parts those of each."""
    left, at = 1, 0  # geometries still to be read, and where the next one begins
    while left:
        left -= 1
        order = "<" if wkb[at] else ">"
        kind, parts = struct.unpack_from(f"{order}2I", wkb, at + 1)
        is_line, wide = kind % 1000 == _LINE, _DIMENSIONS[kind // 1000 % 4]
        at += 5 if is_line else 9
        if not is_line and kind % 1000 != _POLYGON:
            left += parts
            continue
        for _ in range(1 if is_line else parts):
            (count,) = struct.unpack_from(f"{order}I", wkb, at)
            values = struct.unpack_from(f"{order}{count * wide}d", wkb, at + 4)
            at += 4 + 8 * count * wide
            yield list(zip(values[::wide], values[1::wide], strict=True))
