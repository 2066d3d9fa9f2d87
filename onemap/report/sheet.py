"""A sheet: the piece of the district that a map shows, and the way from metres to the units of the drawing."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

TENTH = 10
"""Paths are written in whole tenths of a pixel (inside ``scale(0.1)``): compact and sharp enough for print."""

_ROUND = (1.0, 2.0, 5.0)
_LINE, _AREA = 1, 2  # dimensions


@dataclass(frozen=True)
class Sheet:
    """A rectangle of the district in metres of its projected CRS, drawn ``width`` x ``height`` pixels.

    Examples
    --------
    >>> sheet = Sheet.around((0.0, 0.0, 1000.0, 500.0), width=800, margin=0.0)
    >>> sheet.height, sheet.metres_per_pixel
    (400.0, 1.25)
    """

    west: float
    south: float
    east: float
    north: float
    width: float
    height: float

    @classmethod
    def around(
        cls,
        bounds: tuple[float, float, float, float],
        *,
        width: float,
        margin: float = 0.03,
        aspect: tuple[float, float] = (0.5, 1.0),
    ) -> "Sheet":
        """Return the sheet that holds ``bounds`` with a margin (share of the longer side).

        ``aspect`` limits height / width: a long thin district is given air on its long sides.
        """
        west, south, east, north = bounds
        middle_x, middle_y = (west + east) / 2, (south + north) / 2
        pad = 1 + 2 * margin
        wide, high = max((east - west) * pad, 1.0), max((north - south) * pad, 1.0)
        low, most = aspect
        if high / wide > most:
            wide = high / most
        elif high / wide < low:
            high = wide * low
        height = float(round(width * high / wide))
        high = wide * height / width
        return cls(middle_x - wide / 2, middle_y - high / 2, middle_x + wide / 2, middle_y + high / 2, width, height)

    @property
    def metres_per_pixel(self) -> float:
        """Ground size of a pixel in metres."""
        return (self.east - self.west) / self.width

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres."""
        return self.west, self.south, self.east, self.north

    def pixels(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return positions (n, 2) in pixels of the drawing, y down."""
        xy = np.asarray(points, dtype=float).reshape(-1, 2)
        scaled = (xy - (self.west, self.north)) / self.metres_per_pixel
        scaled[:, 1] *= -1
        return scaled

    def path(self, geometries: Iterable[object], *, tolerance_px: float = 0.3, keep: bool = False) -> str:
        """Return one SVG path (tenths of a pixel) of lines and polygons, simplified to ``tolerance_px``.

        Geometries smaller than the tolerance vanish, unless ``keep``: then they stay as a line or a dot that a stroke
        makes visible. Findings are drawn that way.
        """
        return "".join(self.paths(geometries, tolerance_px=tolerance_px, keep=keep))

    def paths(self, geometries: Iterable[object], *, tolerance_px: float = 0.3, keep: bool = False) -> list[str]:
        """Return an SVG path for each geometry, as `path`; empty where it is missing, off the sheet or too small."""
        array = np.asarray(list(geometries), dtype=object)
        found = [""] * len(array)
        array = shapely.force_2d(array)
        window = shapely.box(*self._padded())
        shown = np.flatnonzero(shapely.intersects(array, window))
        tolerance = tolerance_px * self.metres_per_pixel
        simple = shapely.simplify(array[shown], tolerance, preserve_topology=keep)
        parts, part_of = shapely.get_parts(simple, return_index=True)
        part_of, parts = part_of[~shapely.is_empty(parts)], parts[~shapely.is_empty(parts)]
        dimensions = shapely.get_dimensions(parts)
        rings, ring_of = shapely.get_rings(parts[dimensions == _AREA], return_index=True)
        owners = shown[part_of[dimensions == _AREA]][ring_of]
        for owner, text in zip(owners.tolist(), self._trace(rings, "z", keep=keep), strict=True):
            found[owner] += text
        lines = dimensions == _LINE
        for owner, text in zip(shown[part_of[lines]].tolist(), self._trace(parts[lines], "", keep=keep), strict=True):
            found[owner] += text
        return found

    def _padded(self) -> tuple[float, float, float, float]:
        pad = 8 * self.metres_per_pixel
        return self.west - pad, self.south - pad, self.east + pad, self.north + pad

    def _trace(self, lines: npt.NDArray[np.object_], close: str, *, keep: bool) -> list[str]:
        """Return the path of each ring or line; empty where nothing of it is left and it need not be kept."""
        if not len(lines):
            return []
        points, owner = shapely.get_coordinates(lines, return_index=True)
        tenths = np.rint(self.pixels(points) * TENTH).astype(np.int64)
        first = np.diff(owner, prepend=-1) != 0
        steps = np.diff(tenths, axis=0, prepend=tenths[:1])
        drawn = first | steps.any(axis=1)
        flat = np.where(first[:, None], tenths, steps)[drawn].tolist()
        starts = [*np.flatnonzero(first[drawn]).tolist(), len(flat)]
        pieces = []
        for start, end in pairwise(starts):
            # z draws the last step of a ring.
            steps_of = flat[start + 1 : end - 1] if close else flat[start + 1 : end]
            if not steps_of and not keep:
                pieces.append("")
                continue
            way = " ".join(f"{x} {y}" for x, y in steps_of or ((1, 0),))
            pieces.append(f"M{flat[start][0]} {flat[start][1]}l{way}{close}")
        return pieces

    def scale_bar(self, share: float = 0.22) -> tuple[float, float]:
        """Return a round length in metres and its pixels, at most ``share`` of the width.

        Examples
        --------
        >>> Sheet(0, 0, 1000, 1000, 500, 500).scale_bar()
        (200.0, 100.0)
        """
        most = (self.east - self.west) * share
        ten = 10.0 ** np.floor(np.log10(most))
        metres = float(max(step * ten for step in _ROUND if step * ten <= most))
        return metres, metres / self.metres_per_pixel
