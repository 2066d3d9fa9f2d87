"""GCJ-02 and BD-09, the shifted coordinates of Chinese web maps, to and from true coordinates.

GCJ-02 is not a datum: PROJ does not know it and no authority publishes it. The formula here is the one that
every open implementation shares; it agrees with the map services to a few metres. It serves to *read* positions
that came from such services. An installation may forbid it: set the environment variable ``ONEMAP_GCJ=off``
or ``gcj02 = false`` in the manifest.
"""

import os
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray

from onemap.errors import CrsError, SchemaError
from onemap.geo.crs import WGS84, CrsLike, resolve_crs, transformer

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

SHIFTED: Final = {
    "GCJ02": "GCJ02",
    "GCJ-02": "GCJ02",
    "GCJ_02": "GCJ02",
    "火星坐标": "GCJ02",
    "火星坐标系": "GCJ02",
    "国测局坐标": "GCJ02",
    "BD09": "BD09",
    "BD-09": "BD09",
    "BD_09": "BD09",
    "BD09LL": "BD09",
    "百度坐标": "BD09",
    "百度坐标系": "BD09",
}

# Constants of the published formula: Krasovsky 1940 ellipsoid, centre 105 E 35 N, box of validity.
_SEMI_MAJOR: Final = 6378245.0
_ECCENTRICITY_SQUARED: Final = 0.00669342162296594323
_CENTRE: Final = (105.0, 35.0)
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_BD_ANGLE: Final = np.pi * 3000.0 / 180.0
_BD_SHIFT: Final = (0.0065, 0.006)
# The inverse contracts by about 1/300 a round: eight rounds reach the last bit; the target is 1e-9 degrees.
_ROUNDS: Final = 12
_ENOUGH: Final = 1e-13
# No shift reaches farther than this, in degrees: only positions that near the box can come from inside it.
_MARGIN: Final = 0.1


def conversion_allowed() -> bool:
    """Tell whether this installation allows GCJ-02 and BD-09 (environment variable ``ONEMAP_GCJ`` is not ``off``).

    Examples
    --------
    >>> conversion_allowed()
    True
    """
    return os.environ.get("ONEMAP_GCJ", "on").strip().lower() not in {"off", "0", "false", "no"}


def convert_coordinates(x: ArrayLike, y: ArrayLike, *, source: CrsLike, target: CrsLike) -> Pair:
    """Convert coordinates between GCJ-02, BD-09, WGS 84 and any coordinate system that has a name.

    Parameters
    ----------
    x, y
        Longitude or easting, latitude or northing (always in this order, whatever the authority's axis
        order); scalars, sequences or arrays of one shape. Degrees, or the unit of the system.
    source, target
        ``"GCJ02"``, ``"BD09"``, ``"WGS84"``, an EPSG code, any name that `resolve_crs` takes, or a CRS object.

    Returns
    -------
    tuple of numpy.ndarray
        x and y in ``target``. NaN, infinite and untransformable positions come back as NaN. Outside the box
        72.004-137.8347 E, 0.8293-55.8271 N GCJ-02 and BD-09 are the same as WGS 84: no shift. The inverse is
        iterated until forward and inverse agree to better than 1e-9 degrees.

    Raises
    ------
    CrsError
        A system is missing or unknown, or the installation forbids GCJ-02 and BD-09.
    SchemaError
        ``x`` and ``y`` differ in shape.

    Notes
    -----
    WGS 84 and CGCS2000 are taken as equal (PROJ's zero shift): right to about a metre.

    Examples
    --------
    >>> lon, lat = convert_coordinates(120.0, 40.0, source="WGS84", target="GCJ02")
    >>> print(f"{lon:.9f} {lat:.9f}")
    120.005675684 40.001304790
    >>> x, y = convert_coordinates([117.0], [40.0], source="EPSG:4490", target="EPSG:4548")
    >>> print(f"{x[0]:.3f} {y[0]:.3f}")
    500000.000 4429529.030
    """
    shape = np.shape(x)
    if shape != np.shape(y):
        raise SchemaError("x has shape {x} and y has shape {y}; they must be the same", x=shape, y=np.shape(y))
    a = np.array(x, dtype=np.float64).reshape(-1)
    b = np.array(y, dtype=np.float64).reshape(-1)
    lost = ~(np.isfinite(a) & np.isfinite(b))
    a[lost] = b[lost] = np.nan
    a, b = _convert(a, b, source, target)
    lost |= ~(np.isfinite(a) & np.isfinite(b))
    a[lost] = b[lost] = np.nan
    return a.reshape(shape), b.reshape(shape)


def _convert(x: Floats, y: Floats, source: CrsLike, target: CrsLike) -> Pair:
    """Go from source to target, through true longitude and latitude where either of them is shifted."""
    came, goes = shifted_name(source), shifted_name(target)
    if came or goes:
        require_conversion()
    if came == goes and came:
        return x, y
    start = WGS84 if came else resolve_crs(source).crs
    end = WGS84 if goes else resolve_crs(target).crs
    if came == "BD09":
        x, y = _bd_to_gcj(x, y)
    if came and goes:
        return _gcj_to_bd(x, y) if goes == "BD09" else (x, y)
    if came:
        x, y = _gcj_to_wgs(x, y)
    if start != end:
        x, y = _project(x, y, start, end)
    if goes:
        x, y = _wgs_to_gcj(x, y)
    return _gcj_to_bd(x, y) if goes == "BD09" else (x, y)


def shifted_name(system: Any) -> str:
    """Return ``"GCJ02"`` or ``"BD09"`` where ``system`` names one of them, else an empty string.

    Examples
    --------
    >>> shifted_name("gcj-02"), shifted_name("EPSG:4490")
    ('GCJ02', '')
    """
    return SHIFTED.get(system.strip().upper(), "") if isinstance(system, str) else ""


def require_conversion(*, manifest: bool = True) -> None:
    """Raise `CrsError` where the installation or the manifest forbids GCJ-02 and BD-09."""
    if not conversion_allowed():
        raise CrsError(
            "this installation forbids conversion from and to GCJ-02 and BD-09 (environment variable ONEMAP_GCJ)"
        )
    if not manifest:
        raise CrsError("the manifest forbids conversion from and to GCJ-02 and BD-09 (district.gcj02 = false)")


def _project(x: Floats, y: Floats, source: pyproj.CRS, target: pyproj.CRS) -> Pair:
    moved_x, moved_y = transformer(source, target).transform(x, y)
    return np.asarray(moved_x, dtype=np.float64), np.asarray(moved_y, dtype=np.float64)


def _in_china(lon: Floats, lat: Floats, *, margin: float = 0.0) -> NDArray[np.bool_]:
    east_west = (lon >= _WEST - margin) & (lon <= _EAST + margin)
    return east_west & (lat >= _SOUTH - margin) & (lat <= _NORTH + margin)


def _shift(lon: Floats, lat: Floats) -> Pair:
    """Return the shift in degrees at a true position, by the published series of sines."""
    x, y = lon - _CENTRE[0], lat - _CENTRE[1]
    root = np.sqrt(np.abs(x))
    common = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY_SQUARED * np.sin(radians) ** 2
    root_magic = np.sqrt(magic)
    meridian = _SEMI_MAJOR * (1.0 - _ECCENTRICITY_SQUARED) / (magic * root_magic) * np.pi / 180.0
    parallel = _SEMI_MAJOR / root_magic * np.cos(radians) * np.pi / 180.0
    return east / parallel, north / meridian


def _wgs_to_gcj(lon: Floats, lat: Floats) -> Pair:
    inside = _in_china(lon, lat)
    x, y = lon.copy(), lat.copy()
    east, north = _shift(lon[inside], lat[inside])
    x[inside] += east
    y[inside] += north
    return x, y


def _tweak(lon: Floats, lat: Floats) -> Pair:
    """Return what BD-09 adds to a GCJ-02 position, in degrees."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_ANGLE)
    return radius * np.cos(angle) + _BD_SHIFT[0] - lon, radius * np.sin(angle) + _BD_SHIFT[1] - lat


def _gcj_to_bd(lon: Floats, lat: Floats) -> Pair:
    inside = _in_china(lon, lat)
    x, y = lon.copy(), lat.copy()
    east, north = _tweak(lon[inside], lat[inside])
    x[inside] += east
    y[inside] += north
    return x, y


def _gcj_to_wgs(lon: Floats, lat: Floats) -> Pair:
    return _undo(_shift, lon, lat)


def _bd_to_gcj(lon: Floats, lat: Floats) -> Pair:
    # The closed form that circulates is 1e-6 degrees off, so this is iterated too.
    return _undo(_tweak, lon, lat)


def _undo(offset: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """Find the positions that ``offset`` moved to the given ones, by fixed-point iteration."""
    out_x, out_y = lon.copy(), lat.copy()
    rows = np.flatnonzero(_in_china(lon, lat, margin=_MARGIN))
    goal_x, goal_y = lon[rows], lat[rows]
    x, y = goal_x, goal_y
    for _ in range(_ROUNDS):
        east, north = offset(x, y)
        new_x, new_y = goal_x - east, goal_y - north
        moved = np.fmax(np.abs(new_x - x), np.abs(new_y - y))
        x, y = new_x, new_y
        if not np.any(moved > _ENOUGH):
            break
    inside = _in_china(x, y)
    out_x[rows[inside]], out_y[rows[inside]] = x[inside], y[inside]
    return out_x, out_y
