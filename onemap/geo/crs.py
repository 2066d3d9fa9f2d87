"""Coordinate systems by any name that Chinese data uses, and the metric one to measure in.

EPSG rules: CGCS2000 3-degree zones with prefix are 4488 + zone, by central meridian 4534 + (meridian - 75) / 3;
6-degree zones 4478 + zone and 4502 + (meridian - 75) / 6. All are looked up by name in PROJ's database.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pyproj
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion, TransverseMercatorConversion

from onemap.errors import CrsError
from onemap.translation import say

if TYPE_CHECKING:
    import pandas as pd

CrsLike = str | int | pyproj.CRS | None
WGS84: Final = pyproj.CRS.from_epsg(4326)

_DATUMS: Final = (
    ("New Beijing", r"new[ _]?beijing|新北京|新1954"),
    ("Beijing 1954", r"beijing[ _]?(?:19)?54|北京(?:19)?54|(?:19)?54年?北京|bj[ _]?54"),
    ("Xian 1980", r"xi'?an[ _]?(?:19)?80|西安(?:19)?80|(?:19)?80年?西安|国家(?:19)?80|xa[ _]?80"),
    (
        "CGCS2000",
        (
            r"cgcs[ _]?(?:20)?00|china[ _]geodetic[ _]coordinate[ _]system[ _]2000|china[ _]2000|"
            r"(?:中国|国家)?(?:20)?00(?:国家)?大地|国家2000|大地(?:坐标系?)?2000"
        ),
    ),
)
_INEXACT: Final = ("Beijing 1954", "Xian 1980", "New Beijing")
_ZONES: Final = {3: range(25, 46), 6: range(13, 24)}
_DISTORTING: Final = ("Mercator", "Cylindrical", "Pseudo")
_SIX: Final = 6
_KIND: Final = {3: "3-degree Gauss-Kruger", 6: "Gauss-Kruger"}
_WIDTH: Final = r"(?<!\d)([36三六])[ _-]?(?:degrees?|度|°)"
_GEOGRAPHIC: Final = {"CGCS2000": 4490, "Beijing 1954": 4214, "Xian 1980": 4610, "New Beijing": 4555}
_WIDEST_DEGREES: Final = 6.0
# Mainland, Taiwan and the islands north of 3 N: a zone is only a way to measure, so a box is enough.
_CHINA: Final = (73.0, 3.0, 136.0, 54.0)
_ZONE_EASTING: Final = 1_000_000.0
_EARTH_M: Final = (6.3e6, 6.4e6)  # between these lies the radius at the equator of every ellipsoid of the earth
_FALSE_EASTING: Final = 500_000.0
_HALF_WORLD: Final = 180.0
_QUARTER_WORLD: Final = 90.0


@dataclass(frozen=True)
class ResolvedCrs:
    """A coordinate system and what a user should know about it.

    Attributes
    ----------
    crs
        The system.
    notes
        English sentences (in the translations): how the name was read, that its datum is inexact, and so on.
    """

    crs: pyproj.CRS
    notes: tuple[str, ...] = ()


def resolve_crs(text_or_crs: CrsLike) -> ResolvedCrs:
    """Return the coordinate system of a name, an EPSG code, a WKT or a CRS object.

    Understands every CGCS2000, Beijing 1954, Xian 1980 and New Beijing zone by EPSG code, by EPSG and Esri name and by
    Chinese name, and WKT without authority codes as Chinese software writes it in ``.prj`` files.

    Raises
    ------
    CrsError
        Nothing is given, the name is unknown, it is no system for maps of the earth, or it is GCJ-02 or BD-09, which
        are no coordinate systems.

    Examples
    --------
    >>> resolve_crs("CGCS2000 / 3度带 / 39带").crs.to_epsg()
    4527
    >>> resolve_crs("Xian_1980_3_Degree_GK_CM_117E").notes[0]
    'Xian 1980: its exact parameters to CGCS2000 are not public; positions may be tens of metres off'
    """
    if text_or_crs is None or (isinstance(text_or_crs, str) and not text_or_crs.strip()):
        raise CrsError("no coordinate system is given; name it, for example EPSG:4490")
    if isinstance(text_or_crs, str):
        return _resolve_text(text_or_crs.strip())
    try:
        crs = pyproj.CRS.from_user_input(text_or_crs)
    except pyproj.exceptions.CRSError as error:
        raise CrsError("{text}: not a known coordinate system", text=text_or_crs) from error
    return _finish(crs)


@lru_cache(maxsize=256)
def _resolve_text(text: str) -> ResolvedCrs:
    plain = unicodedata.normalize("NFKC", text)
    if re.match(r"(?i)gcj|bd[-_ ]?09|火星|百度", plain):
        raise CrsError(
            "{text}: not a coordinate system but a shift of web maps; declare it as coordinates, not as CRS", text=text
        )
    if not re.match(r"\s*[A-Z_]+\s*\[", plain) and "+proj" not in plain:
        named = _by_name(plain)
        if named is not None:
            return _finish(named)
    try:
        crs = pyproj.CRS.from_user_input(plain)
    except pyproj.exceptions.CRSError as error:
        raise CrsError("{text}: not a known coordinate system", text=text[:80]) from error
    return _finish(crs)


def _datum(name: str) -> str:
    lower = name.lower()
    return next((datum for datum, pattern in _DATUMS if re.search(pattern, lower)), "")


def _by_name(text: str) -> pyproj.CRS | None:
    """Read a name as datum, zone width and zone or central meridian; None where it names no Chinese datum.

    Esri's "Zone 20N" is a zone without prefix. A name without width means six degrees in the English names of
    EPSG and Esri, which say so only for three, and three degrees in Chinese.
    """
    datum = _datum(text)
    if not datum:
        return None
    rest = re.sub("|".join(pattern for _, pattern in _DATUMS), " ", text.lower())
    width = _width(rest)
    rest = re.sub(_WIDTH + r"[ _-]?(?:分?带)?", " ", rest)
    english = re.search(r"gauss|kr[uü]ger|(?<![a-z])gk(?![a-z])", rest) is not None
    zone = re.search(r"zone[ _-]*(\d{2})(?!\d)(n?)|第?(\d{2})[号度]?分?带", rest)
    if zone:
        number = int(zone[1] or zone[3])
        width = width or (3 if number in _ZONES[3] else 6)
        return (
            _meridian_crs(datum, width, _meridian(width, number), text)
            if zone[2]
            else _zone_crs(datum, width, number, text)
        )
    meridian = re.search(r"cm[ _-]*(\d{2,3})|中央(?:子午线|经线)\D{0,4}(\d{2,3})|(?<!\d)(\d{2,3})[ _]?[°度]?e", rest)
    if meridian:
        degrees = int(meridian[1] or meridian[2] or meridian[3])
        six = english and _meridian(6, round((degrees + 3) / 6)) == degrees
        return _meridian_crs(datum, width or (6 if six else 3), degrees, text)
    if width or english or "高斯" in rest:
        raise CrsError("{text}: names neither a zone nor a central meridian", text=text)
    return pyproj.CRS.from_epsg(_GEOGRAPHIC[datum])


def _width(text: str) -> int:
    found = re.search(_WIDTH, text)
    return {"3": 3, "三": 3, "6": 6, "六": 6}[found[1]] if found else 0


def _meridian(width: int, zone: int) -> int:
    """Return the central meridian of a zone: 3 x zone, or 6 x zone - 3."""
    return width * zone - (3 if width == _SIX else 0)


def _zone_crs(datum: str, width: int, zone: int, text: str) -> pyproj.CRS:
    """Return the EPSG system of a zone, eastings with the zone number before them."""
    if zone not in _ZONES[width]:
        raise CrsError("{text}: there is no such {width}-degree zone", text=text, width=width)
    return pyproj.CRS.from_user_input(f"{datum} / {_KIND[width]} zone {zone}")


def _meridian_crs(datum: str, width: int, meridian: int, text: str) -> pyproj.CRS:
    """Return the EPSG system of a central meridian, eastings without zone number."""
    if meridian not in {_meridian(width, zone) for zone in _ZONES[width]}:
        raise CrsError("{text}: there is no such {width}-degree zone", text=text, width=width)
    return pyproj.CRS.from_user_input(f"{datum} / {_KIND[width]} CM {meridian}E")


def _finish(crs: pyproj.CRS) -> ResolvedCrs:
    """Give a system its EPSG identity where it has one without saying so, and what is to be known about it."""
    _check_earthly(crs)
    notes = []
    if "id" not in crs.to_json_dict():
        known = _by_parameters(crs) or _by_database(crs)
        if known is not None:
            notes.append(say("{name}: read as {crs}", name=crs.name, crs=known.to_string()))
            crs = known
    datum = _datum_of(crs)
    if datum in _INEXACT:
        notes.append(
            say(
                "{datum}: its exact parameters to CGCS2000 are not public; positions may be tens of metres off",
                datum=datum,
            )
        )
    if crs.is_projected and _distorts(crs):
        notes.append(say("{crs}: lengths and areas in it are wrong; they are measured in another system", crs=crs.name))
    return ResolvedCrs(crs, tuple(notes))


def _check_earthly(crs: pyproj.CRS) -> None:
    """Refuse heights alone, coordinates from the centre of the earth, and other celestial bodies: no map has them."""
    heights = crs.is_vertical and not crs.is_compound
    elsewhere = crs.ellipsoid is not None and not _EARTH_M[0] < crs.ellipsoid.semi_major_metre < _EARTH_M[1]
    if heights or crs.is_geocentric or elsewhere:
        raise CrsError("{text}: no coordinate system for maps of the earth", text=crs.name)


def _datum_of(crs: pyproj.CRS) -> str:
    geodetic = crs.geodetic_crs
    if geodetic is None:
        return ""
    return _datum(geodetic.name) or (_datum(geodetic.datum.name) if geodetic.datum else "")


def _by_database(crs: pyproj.CRS) -> pyproj.CRS | None:
    found = crs.to_authority(min_confidence=70)
    return pyproj.CRS.from_authority(*found) if found else None


def _by_parameters(crs: pyproj.CRS) -> pyproj.CRS | None:
    """Recognise a Gauss-Kruger zone by datum, central meridian and false easting, whatever it calls itself."""
    datum = _datum_of(crs)
    if not datum:
        return None
    if crs.is_geographic:
        return pyproj.CRS.from_epsg(_GEOGRAPHIC[datum])
    shape = _gauss_kruger(crs)
    if shape is None:
        return None
    meridian, zone = shape
    for width in (3, 6):
        known = zone if zone in _ZONES[width] else 0
        if zone and _meridian(width, known) == meridian:
            return _zone_crs(datum, width, zone, crs.name)
        if not zone and meridian in {_meridian(width, number) for number in _ZONES[width]}:
            return _meridian_crs(datum, width, int(meridian), crs.name)
    return None


def _gauss_kruger(crs: pyproj.CRS) -> tuple[float, int] | None:
    """Return central meridian and zone prefix (0: none) of a true-scale transverse Mercator with usual offsets."""
    operation = crs.coordinate_operation
    if operation is None or not re.search("Transverse Mercator|Gauss", operation.method_name) or not _in_metres(crs):
        return None
    values = {parameter.name.lower(): float(parameter.value) for parameter in operation.params}

    def value(word: str, usual: float) -> float:
        return next((number for name, number in values.items() if word in name), usual)

    usual = (value("scale", 1.0), value("latitude", 0.0), value("northing", 0.0)) == (1.0, 0.0, 0.0)
    zone, offset = divmod(value("easting", 0.0), _ZONE_EASTING)
    return (value("longitude", np.nan), int(zone)) if usual and offset == _FALSE_EASTING else None


def _distorts(crs: pyproj.CRS) -> bool:
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    return any(word in method for word in _DISTORTING) and "Transverse" not in method and "Oblique" not in method


def _is_metric(crs: pyproj.CRS) -> bool:
    return crs.is_projected and not _distorts(crs) and _in_metres(crs)


def _in_metres(crs: pyproj.CRS) -> bool:
    return all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info[:2])


def metric_crs(crs: CrsLike, bounds: Sequence[float]) -> pyproj.CRS:
    """Return the system in which lengths and areas of data in ``crs`` are measured, in metres.

    Parameters
    ----------
    crs
        System of the data.
    bounds
        minx, miny, maxx, maxy of the data, in ``crs``.

    Returns
    -------
    pyproj.CRS
        ``crs`` itself where it is projected, in metres and no world map projection (such as EPSG:3857); in China the
        CGCS2000 3-degree zone without prefix around the middle of ``bounds``; elsewhere a transverse Mercator on that
        middle; over more than 6 degrees an equal-area projection.

    Raises
    ------
    CrsError
        ``crs`` is missing or unknown, or ``bounds`` are not in it.

    Examples
    --------
    >>> metric_crs("EPSG:4326", (116.3, 39.8, 116.5, 40.0)).to_epsg()
    4548
    """
    known = resolve_crs(crs).crs
    if _is_metric(known):
        return known
    if not np.all(np.isfinite(bounds)):
        return pyproj.CRS.from_epsg(6933)  # nothing to measure: any metric system does
    return _metric_around(known, tuple(float(v) for v in bounds))


@lru_cache(maxsize=64)
def _metric_around(crs: pyproj.CRS, bounds: tuple[float, ...]) -> pyproj.CRS:
    geodetic = crs.geodetic_crs
    if geodetic is None:
        raise CrsError("{crs}: not a coordinate system on the earth", crs=crs.name)
    left, bottom, right, top = bounds
    west, south, east, north = transformer(crs, geodetic).transform_bounds(left, bottom, right, top)
    if not np.all(np.isfinite([west, south, east, north])) or south < -_QUARTER_WORLD or north > _QUARTER_WORLD:
        raise CrsError("the positions {bounds} do not lie in {crs}", bounds=bounds, crs=crs.name)
    if east < west or east - west > _HALF_WORLD:
        raise CrsError("the positions reach across 180 degrees of longitude; split them there")
    lon, lat = (west + east) / 2, (south + north) / 2
    if east - west > _WIDEST_DEGREES:
        wide = LambertAzimuthalEqualAreaConversion(latitude_natural_origin=lat, longitude_natural_origin=lon)
        return ProjectedCRS(conversion=wide, name="local equal area", geodetic_crs=geodetic)
    in_china = _CHINA[0] <= lon <= _CHINA[2] and _CHINA[1] <= lat <= _CHINA[3]
    if in_china and geodetic.name in {"WGS 84", "China Geodetic Coordinate System 2000"}:
        meridian = _meridian(3, min(max(round(lon / 3), min(_ZONES[3])), max(_ZONES[3])))
        return _meridian_crs("CGCS2000", 3, meridian, crs.name)
    local = TransverseMercatorConversion(
        latitude_natural_origin=lat, longitude_natural_origin=lon, false_easting=_FALSE_EASTING
    )
    return ProjectedCRS(conversion=local, name="local transverse Mercator", geodetic_crs=geodetic)


@lru_cache(maxsize=128)
def transformer(source: pyproj.CRS, target: pyproj.CRS) -> pyproj.Transformer:
    """Return the transformation between two systems, easting or longitude first (making one takes PROJ 20 ms)."""
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def to_metric(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the geometries of ``frame`` in the metric system of its own middle.

    Raises
    ------
    CrsError
        The frame has no coordinate system.
    """
    if frame.crs is None:
        raise CrsError("the layer has no coordinate system; declare it")
    geometry = frame.geometry if isinstance(frame, gpd.GeoDataFrame) else frame
    target = metric_crs(frame.crs, geometry.total_bounds)
    return geometry if target == frame.crs else geometry.to_crs(target)


def area_m2(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> "pd.Series[float]":
    """Return areas in square metres, never measured in degrees or in EPSG:3857.

    Parameters
    ----------
    frame
        Geometries with a coordinate system; any geometry column name.

    Returns
    -------
    pandas.Series
        ``area_m2`` with the frame's index; lines and points have 0, missing geometries NaN.

    Raises
    ------
    CrsError
        The frame has no coordinate system.

    Examples
    --------
    >>> from shapely import box
    >>> square = gpd.GeoSeries([box(116.0, 40.0, 116.01, 40.01)], crs="EPSG:4490")
    >>> round(area_m2(square).iloc[0])
    948268
    """
    return to_metric(frame).area.rename("area_m2")
