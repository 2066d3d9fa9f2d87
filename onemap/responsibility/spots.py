"""What is asked, read: coordinates in any system, matters, time zones."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyproj

from onemap.domain.duties import Matter, parse_matter
from onemap.errors import CrsError, SchemaError
from onemap.geo.crs import WGS84, resolve_crs, transformer
from onemap.geo.gcj import convert_coordinates, shifted_name

_COUNTY_DIGITS: Final = 6
_INSTANCE_DIGITS: Final = 10
_MOST_DEGREES: Final = (180.0, 90.0)
_WGS84: Final = 4326
Bounds = tuple[float, ...]


def converter(source: Any, target: pyproj.CRS | None) -> Callable[[Any, Any], tuple[Any, Any]]:
    """Return the conversion of coordinates in ``source`` to the system of the cells.

    Raises
    ------
    CrsError
        The system is unknown, or the cells have none.
    """
    if target is None:
        raise CrsError("the cells have no coordinate system, so coordinates in {crs} cannot be placed", crs=str(source))
    if isinstance(source, str) and shifted_name(source):
        onward = transformer(WGS84, target).transform
        return lambda x, y: onward(*convert_coordinates(x, y, source=source, target=WGS84))
    known = _resolved(source) if isinstance(source, str | int) else resolve_crs(source).crs
    if known.equals(target, ignore_axis_order=True):
        return lambda x, y: (x, y)
    return transformer(known, target).transform


def placed(pair: tuple[Any, Any], crs: Any, target: pyproj.CRS | None, bounds: Bounds) -> tuple[float, float]:
    """Return coordinates in the system of the cells, whose bounds are given.

    Raises
    ------
    SchemaError
        They are no numbers.
    CrsError
        Their system is unknown, or none is named and they look like degrees.
    """
    x, y = numbers_of(pair)
    if crs is not None:
        return converter(crs, target)(x, y)
    refuse_degrees(x, y, target, bounds)
    return x, y


def numbers_of(pair: tuple[Any, Any]) -> tuple[float, float]:
    """Return a pair of coordinates as numbers.

    Raises
    ------
    SchemaError
        They are none, or not finite.
    """
    try:
        x, y = float(pair[0]), float(pair[1])
    except (TypeError, ValueError) as error:
        raise SchemaError("the coordinates {found} are not numbers", found=repr(pair)) from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise SchemaError("the coordinates {found} are not numbers", found=f"{x}, {y}")
    return x, y


def degrees_wanted(crs: pyproj.CRS | None, bounds: Bounds) -> str:
    """Return the system to be named for degrees where the cells' metres are far from such small numbers; else blank."""
    if crs is None or not crs.is_projected:
        return ""
    west, south, east, north = bounds
    most_x, most_y = _MOST_DEGREES
    if not (west > most_x or south > most_y or east < -most_x or north < -most_y):
        return ""
    geodetic = crs.geodetic_crs
    number = None if geodetic is None else geodetic.to_epsg()
    return f"EPSG:{number or _WGS84}"


def are_degrees(x: Any, y: Any) -> Any:
    """Tell whether coordinates may be degrees; numbers or arrays."""
    return (abs(x) <= _MOST_DEGREES[0]) & (abs(y) <= _MOST_DEGREES[1])


def refuse_degrees(x: float, y: float, crs: pyproj.CRS | None, bounds: Bounds) -> None:
    """Refuse coordinates that look like degrees where those of the cells are metres, far from such small numbers.

    Raises
    ------
    CrsError
        They do.
    """
    system = degrees_wanted(crs, bounds) if are_degrees(x, y) else ""
    if system:
        raise CrsError("{x}, {y} look like degrees: name --crs {system}", x=f"{x:g}", y=f"{y:g}", system=system)


@lru_cache(maxsize=100_000)
def matter_of(text: str, scheme: str) -> Matter:
    """Return the matter in a text: a class, or the whole code of a matter with its county's digits before."""
    if not isinstance(text, str):  # 501 was 0501 once
        raise SchemaError("the matter {value} is not text; its leading zeros count", value=repr(text))
    found = parse_matter(text)
    code = found.code
    if not found.kind and code.isdigit() and len(code) >= _INSTANCE_DIGITS:
        code = code[_COUNTY_DIGITS:]
    return Matter(found.scheme or scheme, found.kind or "matter", code)


@lru_cache(maxsize=64)
def _resolved(crs: str | int) -> pyproj.CRS:
    return resolve_crs(crs).crs


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises
    ------
    SchemaError
        There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SchemaError("there is no time zone {name}; write Asia/Shanghai", name=name) from error


def pair_of(point: Any) -> tuple[Any, Any]:
    """Return the coordinates of a shapely point or of a pair.

    Raises
    ------
    SchemaError
        It is another shape.
    """
    if hasattr(point, "geom_type"):
        if point.geom_type != "Point" or point.is_empty:
            raise SchemaError("who answers for a point; who_all answers for a {kind}", kind=point.geom_type)
        return point.x, point.y
    x, y = point
    return x, y
