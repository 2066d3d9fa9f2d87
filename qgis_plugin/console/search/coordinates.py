"""A position as people write it: degrees or metres, in any order, with or without its system before it."""

import re
from dataclasses import dataclass
from math import dist

_NAMED = re.compile(r"^\s*(gcj-?02|bd-?09|wgs-?84|cgcs2000|epsg:\d+)[\s:：,，]+", re.IGNORECASE)
_TWO = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*°?(?:\s+|\s*[,，;；]\s*)([-+]?\d+(?:\.\d+)?)\s*°?\s*")
_FIRST_ZONE, _LAST_ZONE = 25, 45  # of the three-degree Gauss-Kruger zones with the zone's number before the easting
_ZONE = 1_000_000
_MOST_EASTING = 9_000_000
_FULL_CIRCLE, _HALF_CIRCLE, _QUARTER_CIRCLE = 360.0, 180.0, 90.0
_CHINA_EAST, _CHINA_NORTH = (72.0, 138.0), (0.8, 55.9)


@dataclass(frozen=True)
class Position:
    """A place and the system of its numbers; an empty system is the map's own.

    ``x`` is the longitude or easting, ``y`` the latitude or northing.
    """

    x: float
    y: float
    crs: str


def parse(text: str, *, home: tuple[float, float] | None = None) -> Position | None:
    """Return the position that a text names, or None where it names none.

    A dash between two numbers makes a number of a case, not a position. Of degrees that make sense in either order,
    those are meant that lie nearer to ``home``, the longitude and latitude of the district.

    Examples
    --------
    >>> parse("116.391, 39.907")
    Position(x=116.391, y=39.907, crs='EPSG:4326')
    >>> parse("39.907 116.391").x
    116.391
    >>> parse("38.9 -77.03", home=(-77.0, 38.9)).x
    -77.03
    >>> parse("16-00643475") is None
    True
    >>> parse("gcj02 116.397,39.908").crs
    'GCJ02'
    >>> parse("39491411 4401898").crs
    'EPSG:4527'
    >>> parse("4401898.2, 491411.1")
    Position(x=491411.1, y=4401898.2, crs='')
    """
    named = _NAMED.match(text)
    rest = text[named.end() :] if named else text
    found = _TWO.fullmatch(rest)
    if found is None:
        return None
    numbers = [float(number) for number in found.groups()]
    crs = _system(named[1]) if named else ""
    if max(map(abs, numbers)) <= _FULL_CIRCLE:
        return _in_degrees(numbers, crs or "EPSG:4326", home)
    return _in_metres(numbers, crs)


def _system(name: str) -> str:
    plain = name.upper().replace("-", "")
    return {"WGS84": "EPSG:4326", "CGCS2000": "EPSG:4490"}.get(plain, plain)


def _in_degrees(numbers: list[float], crs: str, home: tuple[float, float] | None) -> Position | None:
    x, y = numbers
    if home is None or abs(x) > _QUARTER_CIRCLE:
        latitude_first = _within(y, _CHINA_EAST) and _within(x, _CHINA_NORTH)
    else:
        latitude_first = dist((y, x), home) < dist((x, y), home)
    if latitude_first or abs(y) > _QUARTER_CIRCLE:
        x, y = y, x
    return Position(x, y, crs) if abs(x) <= _HALF_CIRCLE and abs(y) <= _QUARTER_CIRCLE else None


def _in_metres(numbers: list[float], crs: str) -> Position:
    """Put the easting first: with a zone's number it is the larger, without, in China, the smaller of the two."""
    small, large = sorted(numbers)
    zone = int(large // _ZONE)
    if large > _MOST_EASTING and _FIRST_ZONE <= zone <= _LAST_ZONE:
        return Position(large, small, crs or f"EPSG:{4488 + zone}")
    return Position(small, large, crs)


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
