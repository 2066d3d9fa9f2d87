"""A plane of metres around a district, in which lines stay straight and from which every vertex finds its way back.

Cells are derived in metres, yet must meet their community's border to the last digit in the border's own system. An
affine plane serves both: straight edges stay straight, and the vertices that came in go out as they came.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.geo.crs import metric_crs, transformer

Shapes = NDArray[Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """Coordinates relative to an origin, turned into metres.

    Attributes
    ----------
    origin
        Middle of the district, in its own system.
    matrix
        Metres by unit of the district's system.
    """

    origin: Floats
    matrix: Floats

    @classmethod
    def around(cls, crs: CRS, bounds: Floats) -> "Plane":
        """Return the plane of a district with these bounds."""
        middle = np.round((bounds[:2] + bounds[2:]) / 2, 2)
        metric = metric_crs(crs, bounds.tolist())
        if metric == crs:
            return cls(middle, np.eye(2))
        step = max(float((bounds[2:] - bounds[:2]).max()) / 4, 1e-6)
        probe = middle + step * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        east, north = transformer(crs, metric).transform(probe[:, 0], probe[:, 1])
        points = np.stack([east, north], axis=1)
        matrix = np.stack([points[0] - points[1], points[2] - points[3]], axis=1) / (2 * step)
        return cls(middle, matrix)

    def enter(self, shapes: Shapes) -> Shapes:
        """Return shapes in the plane."""
        return shapely.transform(shapely.force_2d(shapes), self.inward)

    def inward(self, points: Floats) -> Floats:
        """Return points in the plane."""
        return _turned(points - self.origin, self.matrix)

    def leave(self, shapes: Shapes, known: "Vertices") -> Shapes:
        """Return shapes in the district's system; vertices that came from there come back as they were."""
        back: Floats = np.linalg.inv(self.matrix).astype(np.float64)

        def outward(points: Floats) -> Floats:
            return known.restore(points, _turned(points, back) + self.origin)

        return shapely.transform(shapes, outward)


@dataclass(frozen=True)
class Vertices:
    """Vertices as they came, found by their place in the plane."""

    inside: NDArray[np.complex128]
    outside: Floats

    @classmethod
    def of(cls, plane: Plane, *layers: Shapes) -> "Vertices":
        """Return the vertices of all layers; where two fall together the first layer's one is kept."""
        points = np.concatenate([shapely.get_coordinates(layer) for layer in layers])
        inside, first = np.unique(_as_complex(plane.inward(points)), return_index=True)
        return cls(inside, points[first])

    def known(self, points: Floats) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return where each point stands, and whether it stands there."""
        wanted = _as_complex(points)
        if not len(self.inside):
            return np.zeros(len(points), dtype=np.intp), np.zeros(len(points), dtype=bool)
        at = np.minimum(np.searchsorted(self.inside, wanted), len(self.inside) - 1)
        return at, self.inside[at] == wanted

    def restore(self, points: Floats, otherwise: Floats) -> Floats:
        """Return the original of each point in the plane, else what is given for it."""
        at, found = self.known(points)
        restored = otherwise.copy()
        restored[found] = self.outside[at[found]]
        return restored


def _turned(points: Floats, matrix: Floats) -> Floats:
    """Apply a matrix number by number: the same point gives the same bits in whatever company it comes."""
    x, y = points[:, 0], points[:, 1]
    return np.stack([x * matrix[0, 0] + y * matrix[0, 1], x * matrix[1, 0] + y * matrix[1, 1]], axis=1) + 0.0


def _as_complex(points: Floats) -> NDArray[np.complex128]:
    return np.ascontiguousarray(points + 0.0).view(np.complex128)[:, 0]
