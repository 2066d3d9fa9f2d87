"""Where each case lies, in the cells' coordinate system, or the reason why it has no position."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from onemap.geo.crs import WGS84, transformer
from onemap.translation import say

Floats = NDArray[np.float64]
Fault = tuple[NDArray[np.bool_], str | NDArray[np.object_]]

BEYOND: Final = 1e9
"""No coordinate system has coordinates or distances beyond this."""

FAR_M: Final = 10_000.0
"""Farther away than this, and than the district is wide, a case is far outside: perhaps a failed geocode."""

PLANE_M: Final = 1_000_000.0
"""Up to here a plane around the district measures within about one percent."""

_POINT, _MULTIPOINT = 0, 4
_MOST_LATITUDE, _MOST_LONGITUDE = 90.0, 360.0


@dataclass(frozen=True)
class Places:
    """Positions of the cases.

    Attributes
    ----------
    x, y
        In the cells' CRS; NaN where there is no position.
    raw_x, raw_y
        As they came, in the cases' CRS.
    crs
        Of the cases.
    reason
        Why a case has no position; empty where it has one.
    notes
        Sentences about all of them.
    """

    x: Floats
    y: Floats
    raw_x: Floats
    raw_y: Floats
    crs: pyproj.CRS
    reason: NDArray[np.object_]
    notes: tuple[str, ...]

    def degrees(self, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return longitude and latitude of some cases, also of those that the cells' CRS cannot express."""
        return _degrees(self.raw_x[rows], self.raw_y[rows], self.crs)


def read_places(cases: gpd.GeoDataFrame, crs: pyproj.CRS) -> Places:
    """Take a position in ``crs`` from each case, or the first reason that applies why it has none."""
    shapes: NDArray[Any] = cases.geometry.to_numpy()
    points, kind_reason = _points(shapes)
    faults: list[Fault] = [
        (shapely.is_missing(shapes), say("the case has no geometry")),
        (shapely.get_num_coordinates(shapes) == 0, say("the geometry of the case is empty")),
        (kind_reason != "", kind_reason),
    ]
    return place_numbers(shapely.get_x(points), shapely.get_y(points), cases.crs, crs, faults=faults)


def place_numbers(
    x: Floats, y: Floats, source: pyproj.CRS, target: pyproj.CRS, *, faults: Sequence[Fault] = ()
) -> Places:
    """Take a position in ``target`` from each pair of coordinates in ``source``, or the first reason why not.

    Parameters
    ----------
    x, y
        Longitude or easting, latitude or northing.
    source, target
        Systems of the coordinates and of the cells.
    faults
        What was found wrong before the numbers were looked at: rows, and the sentence or the sentences of all rows.
    """
    checks: list[Fault] = [
        *faults,
        (~(np.isfinite(x) & np.isfinite(y)), say("the coordinates are not numbers")),
        ((x == 0) & (y == 0), say("the coordinates are 0, 0")),
        ((np.abs(x) > BEYOND) | (np.abs(y) > BEYOND), say("the coordinates are beyond any coordinate system")),
    ]
    if source.is_geographic:
        nowhere = (np.abs(y) > _MOST_LATITUDE) | (np.abs(x) > _MOST_LONGITUDE)
        checks.append((nowhere, say("there is no such longitude and latitude on earth")))
    reason = np.full(len(x), "", dtype=object)
    placed = np.ones(len(x), dtype=bool)
    for wrong, sentence in checks:
        first = np.flatnonzero(wrong & placed)
        reason[first] = sentence if isinstance(sentence, str) else sentence[first]
        placed[first] = False
    east, north, notes = _in_crs(np.where(placed, x, np.nan), np.where(placed, y, np.nan), source, target)
    lost = np.flatnonzero(placed & ~(np.isfinite(east) & np.isfinite(north)))
    unplaced = lost[~np.isfinite(_degrees(x[lost], y[lost], source)).all(axis=0)]
    reason[unplaced] = say("the position cannot be expressed in the coordinate system of the cells")
    return Places(east, north, x, y, source, reason, notes)


def _degrees(x: Floats, y: Floats, crs: pyproj.CRS) -> tuple[Floats, Floats]:
    lon, lat = transformer(crs, WGS84).transform(x, y)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _points(shapes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.object_]]:
    """Return the point of each geometry (None where it is not one point) and, for other kinds, the reason."""
    kind = shapely.get_type_id(shapes)
    single = kind == _MULTIPOINT
    single[single] = shapely.get_num_geometries(shapes[single]) == 1
    is_point = (kind == _POINT) | single
    points = shapes.copy()
    points[single] = shapely.get_geometry(shapes[single], 0)
    points[~is_point | shapely.is_empty(points)] = None  # GEOS has no x of an empty point
    reason = np.full(len(shapes), "", dtype=object)
    for other in np.unique(kind[~is_point & (kind >= 0)]):
        rows = np.flatnonzero((kind == other) & ~is_point)
        reason[rows] = say("the geometry of the case is a {kind}, not a point", kind=shapes[rows[0]].geom_type)
    return points, reason


def _in_crs(x: Floats, y: Floats, source: pyproj.CRS, target: pyproj.CRS) -> tuple[Floats, Floats, tuple[str, ...]]:
    if source.equals(target, ignore_axis_order=True):
        return x, y, ()
    moved = transformer(source, target).transform(x, y)
    east, north = (np.where(np.isfinite(v), v, np.nan) for v in moved)
    note = say("the cases were reprojected from {source} to {target}", source=source.name, target=target.name)
    return east, north, (note,)


def write_metres(metres: float) -> str:
    """Return a distance as people write it: millimetres only where it is small.

    Examples
    --------
    >>> write_metres(1.23456), write_metres(1234.5)
    ('1.235', '1234')
    """
    return f"{metres:.3f}" if metres < 10 else f"{metres:.0f}"  # noqa: PLR2004
