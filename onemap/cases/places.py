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
from onemap.geo.edges import in_threads
from onemap.translation import say

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Fault = tuple[NDArray[np.bool_], str | NDArray[np.object_]]

BEYOND: Final = 1e9
"""No coordinate system has coordinates or distances beyond this."""

FAR_M: Final = 10_000.0
"""Farther away than this, and than the district is wide, a case is far outside: perhaps a failed geocode."""

PLANE_M: Final = 1_000_000.0
"""Up to here a plane around the district measures within about one percent."""

_POINT, _MULTIPOINT = 0, 4
# Points whose x and y are read together, while they are near the processor.
_AT_ONCE: Final = 1 << 14
_NONE: Final[Ints] = np.empty(0, dtype=np.int64)
_NO_REASON: Final[NDArray[np.object_]] = np.empty(0, dtype=object)
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
    unplaced, why
        Cases that have no position, ascending, and the sentence that says why.
    notes
        Sentences about all of them.
    """

    x: Floats
    y: Floats
    raw_x: Floats
    raw_y: Floats
    crs: pyproj.CRS
    unplaced: Ints
    why: NDArray[np.object_]
    notes: tuple[str, ...]

    def placed(self, rows: Ints) -> Ints:
        """Return those of some cases that have a position."""
        return rows[~np.isin(rows, self.unplaced)] if len(self.unplaced) else rows

    def reason(self, at: int) -> str:
        """Return why a case has no position; empty where it has one."""
        found = np.flatnonzero(self.unplaced == at)
        return str(self.why[found[0]]) if len(found) else ""

    def degrees(self, rows: Ints) -> tuple[Floats, Floats]:
        """Return longitude and latitude of some cases, also of those that the cells' CRS cannot express."""
        return _degrees(self.raw_x[rows], self.raw_y[rows], self.crs)


def read_places(cases: gpd.GeoDataFrame, crs: pyproj.CRS) -> Places:
    """Take a position in ``crs`` from each case, or the first reason that applies why it has none."""
    shapes: NDArray[Any] = cases.geometry.to_numpy()
    x, y, odd = _coordinates(shapes)
    rare = shapes[odd]
    points, kind_reason = _points(rare)
    x[odd], y[odd] = shapely.get_x(points), shapely.get_y(points)
    faults: list[Fault] = [
        (shapely.is_missing(rare), say("the case has no geometry")),
        (shapely.get_num_coordinates(rare) == 0, say("the geometry of the case is empty")),
        (kind_reason != "", kind_reason),
    ]
    wrong, why = _first_reasons(len(odd), faults)
    return place_numbers(x, y, cases.crs, crs, unplaced=odd[wrong], why=why)


def _coordinates(shapes: NDArray[Any]) -> tuple[Floats, Floats, Ints]:
    """Return the coordinates of points, and the rows of all that is not a point with two of them."""
    x, y = np.empty(len(shapes)), np.empty(len(shapes))

    def read(start: int) -> None:
        rows = slice(start, start + _AT_ONCE)
        shapely.get_x(shapes[rows], out=x[rows])
        shapely.get_y(shapes[rows], out=y[rows])

    try:
        in_threads(read, range(0, len(shapes), _AT_ONCE))
    except shapely.errors.GEOSException:  # GEOS has no x of an empty point
        x.fill(np.nan)
        y.fill(np.nan)
    return x, y, np.flatnonzero(np.isnan(x) | np.isnan(y))


def place_numbers(
    x: Floats,
    y: Floats,
    source: pyproj.CRS,
    target: pyproj.CRS,
    *,
    unplaced: Ints = _NONE,
    why: NDArray[np.object_] = _NO_REASON,
) -> Places:
    """Take a position in ``target`` from each pair of coordinates in ``source``, or the first reason why not.

    Parameters
    ----------
    x, y
        Longitude or easting, latitude or northing.
    source, target
        Systems of the coordinates and of the cells.
    unplaced, why
        Rows known to have no position before the numbers were looked at, ascending, and the sentence of each.
    """
    doubtful = np.setdiff1d(_doubtful(x, y, source), unplaced)
    wrong, reasons = _first_reasons(len(doubtful), _faults(x[doubtful], y[doubtful], source))
    unplaced, why = _joined((unplaced, why), (doubtful[wrong], reasons))
    placed_x, placed_y = x, y
    if len(unplaced):
        placed_x, placed_y = x.copy(), y.copy()
        placed_x[unplaced] = placed_y[unplaced] = np.nan
    east, north, notes = _in_crs(placed_x, placed_y, source, target)
    if notes:
        lost = np.setdiff1d(np.flatnonzero(~(np.isfinite(east) & np.isfinite(north))), unplaced)
        lost = lost[~np.isfinite(_degrees(x[lost], y[lost], source)).all(axis=0)]
        sentence = say("the position cannot be expressed in the coordinate system of the cells")
        unplaced, why = _joined((unplaced, why), (lost, np.full(len(lost), sentence, dtype=object)))
    return Places(east, north, x, y, source, unplaced, why, notes)


def _doubtful(x: Floats, y: Floats, source: pyproj.CRS) -> Ints:
    """Return which coordinates have a fault."""
    most_x, most_y = (_MOST_LONGITUDE, _MOST_LATITUDE) if source.is_geographic else (BEYOND, BEYOND)
    if len(x):
        west, east, south, north = x.min(), x.max(), y.min(), y.max()
        plain = -most_x <= west and east <= most_x and -most_y <= south and north <= most_y  # false where one is NaN
        if plain and (west > 0 or east < 0 or south > 0 or north < 0):
            return _NONE
    far_x, far_y = np.abs(x), np.abs(y)
    return np.flatnonzero(~((far_x <= most_x) & (far_y <= most_y) & (np.maximum(far_x, far_y) > 0)))


def _faults(x: Floats, y: Floats, source: pyproj.CRS) -> list[Fault]:
    """Return what can be wrong with coordinates, and which have it."""
    faults: list[Fault] = [
        (~(np.isfinite(x) & np.isfinite(y)), say("the coordinates are not numbers")),
        ((x == 0) & (y == 0), say("the coordinates are 0, 0")),
        ((np.abs(x) > BEYOND) | (np.abs(y) > BEYOND), say("the coordinates are beyond any coordinate system")),
    ]
    if source.is_geographic:
        nowhere = (np.abs(y) > _MOST_LATITUDE) | (np.abs(x) > _MOST_LONGITUDE)
        faults.append((nowhere, say("there is no such longitude and latitude on earth")))
    return faults


def _first_reasons(count: int, faults: Sequence[Fault]) -> tuple[Ints, NDArray[np.object_]]:
    """Return which of ``count`` rows have a fault, and for each of them the sentence of the first one."""
    why = np.full(count, None, dtype=object)
    faulty = np.zeros(count, dtype=bool)
    for wrong, sentence in faults:
        first = np.flatnonzero(wrong & ~faulty)
        why[first] = sentence if isinstance(sentence, str) else sentence[first]
        faulty[first] = True
    return np.flatnonzero(faulty), why[faulty]


def _joined(*parts: tuple[Ints, NDArray[np.object_]]) -> tuple[Ints, NDArray[np.object_]]:
    """Return rows and their sentences together, ascending."""
    rows, why = (np.concatenate(values) for values in zip(*parts, strict=True))
    order = np.argsort(rows)
    return rows[order], why[order]


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
