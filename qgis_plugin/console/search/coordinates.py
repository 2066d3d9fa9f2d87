"""A position as people write it: degrees or metres, in any order, with or without its system before it."""

import re
from dataclasses import dataclass

_NAMED = re.compile(r"^\s*(gcj-?02|bd-?09|wgs-?84|cgcs2000|epsg:\d+)[\s:：,，]+", re.IGNORECASE)
_TWO = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*°?(?:\s+|\s*[,，;；]\s*)([-+]?\d+(?:\.\d+)?)\s*°?\s*")
# EPSG codes of the Gauss-Kruger zones of CGCS2000, whose numbers stand before the easting
_THREE_DEGREES = {zone: f"EPSG:{4488 + zone}" for zone in range(25, 46)}
_SIX_DEGREES = {zone: f"EPSG:{4478 + zone}" for zone in range(13, 24)}
_ZONES = _THREE_DEGREES | _SIX_DEGREES
_ZONE = 1_000_000
_EPSG = "EPSG:"
_MOST_EASTING = 9_000_000
_FULL_CIRCLE, _HALF_CIRCLE, _QUARTER_CIRCLE = 360.0, 180.0, 90.0
_CGCS2000, _OF_DEGREES = "EPSG:4490", frozenset({"EPSG:4326", "GCJ02", "BD09"})
# Systems of metres in China (Beijing 1954, Xian 1980, CGCS2000), in which the easting is the smaller number
_CHINA_METRES = frozenset((*range(2327, 2443), *range(4491, 4555), *range(21413, 21484)))
_CHINA_EAST, _CHINA_NORTH = (72.0, 138.0), (0.8, 55.9)


@dataclass(frozen=True)
class Position:
    """A place and the system of its numbers; an empty system is the map's own.

    ``x`` is the longitude or easting, ``y`` the latitude or northing.
    """

    x: float
    y: float
    crs: str


def parse(text: str, *, middle: tuple[float, float] | None = None, own: Position | None = None) -> Position | None:
    """Return the position that a text names, or None where it names none.

    A dash between two numbers makes a number of a case, not a position.

    Parameters
    ----------
    text
        Two numbers in any order, in degrees or metres, with or without their system before them.
    middle
        Longitude and latitude of the map that is shown: of two orders that could be meant, the nearer one is.
    own
        The same middle in the map's own system, for positions in metres.

    Examples
    --------
    >>> parse("116.391, 39.907")
    Position(x=116.391, y=39.907, crs='EPSG:4326')
    >>> parse("39.907 116.391").x
    116.391
    >>> parse("16-00643475") is None
    True
    >>> parse("gcj02 116.397,39.908").crs
    'GCJ02'
    >>> parse("39491411 4401898").crs
    'EPSG:4527'
    >>> parse("20491411 4401898").crs
    'EPSG:4498'
    >>> parse("38.9 -77.03", middle=(-77.0, 38.9)).x
    -77.03
    >>> parse("epsg:26985 397130 136930", own=Position(397_000, 137_000, "EPSG:26985")).x
    397130.0
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
        return _in_degrees(numbers, crs or "EPSG:4326", middle)
    return _in_metres(numbers, crs, own)


def _system(name: str) -> str:
    plain = name.upper().replace("-", "")
    return {"WGS84": "EPSG:4326", "CGCS2000": _CGCS2000}.get(plain, plain)


def _in_degrees(numbers: list[float], crs: str, middle: tuple[float, float] | None) -> Position | None:
    x, y = numbers
    known = [(lon, lat) for lon, lat in ((x, y), (y, x)) if abs(lon) <= _HALF_CIRCLE and abs(lat) <= _QUARTER_CIRCLE]
    if not known:
        return None
    if middle is not None:
        x, y = min(known, key=lambda spot: abs(spot[0] - middle[0]) + abs(spot[1] - middle[1]))
    elif (y, x) in known and ((x, y) not in known or (_within(y, _CHINA_EAST) and _within(x, _CHINA_NORTH))):
        x, y = y, x
    return Position(x, y, crs)


def _in_metres(numbers: list[float], crs: str, own: Position | None) -> Position | None:
    """Put the easting first: with a zone's number it is the larger; else what is nearer to the map in its own system.

    Where the map does not tell it is the smaller of the two in China, and as it is written elsewhere. A system of
    degrees before metres names none of them; CGCS2000 may be that of the zone, or of the map.
    """
    small, large = sorted(numbers)
    if crs in _OF_DEGREES:
        return None
    crs = "" if crs == _CGCS2000 else crs
    zone = int(large // _ZONE)
    if large > _MOST_EASTING and zone in _ZONES:
        return Position(large, small, crs or _ZONES[zone])
    if own is not None and crs in ("", own.crs):
        x, y = min(((small, large), (large, small)), key=lambda spot: abs(spot[0] - own.x) + abs(spot[1] - own.y))
        return Position(x, y, crs)
    if crs.startswith(_EPSG) and int(crs.removeprefix(_EPSG)) not in _CHINA_METRES:
        return Position(*numbers, crs)
    return Position(small, large, crs)


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
