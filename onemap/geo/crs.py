"""Coordinate systems by any name that Chinese data uses, and the metric one to measure in.

EPSG rules: CGCS2000 3-degree zones with prefix are 4488 + zone, by central meridian 4534 + (meridian - 75) / 3;
6-degree zones 4478 + zone and 4502 + (meridian - 75) / 6. All are looked up by name in PROJ's database.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion, TransverseMercatorConversion

from onemap.errors import CrsError
from onemap.translation import say

CrsLike = str | int | pyproj.CRS | None
WGS84: Final = pyproj.CRS.from_epsg(4326)

_DATUMS: Final = (
    ("New Beijing", r"new[ _]?beijing|新北京|新1954"),
    ("Beijing 1954", r"beijing[ _]?(?:19)?54|北京(?:19)?54|(?:19)?54年?北京|bj[ _]?54"),
    ("Xian 1980", r"xi'?an[ _]?(?:19)?80|西安(?:19)?80|(?:19)?80年?西安|国家(?:19)?80|xa[ _]?80"),
    (
        "CGCS2000",
        r"cgcs[ _]?(?:20)?00|china[ _]geodetic[ _]coordinate[ _]system[ _]2000|china[ _]2000|"
        r"(?:中国|国家)?(?:20)?00(?:国家)?大地|国家2000|大地(?:坐标系?)?2000",
    ),
)
_INEXACT: Final = ("Beijing 1954", "Xian 1980", "New Beijing")
_ZONES: Final = {3: range(25, 46), 6: range(13, 24)}
_DISTORTING: Final = ("Mercator", "Cylindrical", "Pseudo")
_WIDEST_DEGREES: Final = 6.0
# Mainland, Taiwan and the islands north of 3 N: a zone is only a way to measure, so a box is enough.
_CHINA: Final = (73.0, 3.0, 136.0, 54.0)
_ZONED_SHIFT: Final = 1_000_000.0
_FALSE_EASTING: Final = 500_000.0


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
        Nothing is given, the name is unknown, or it is GCJ-02 or BD-09, which are no coordinate systems.

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
        named = _by_chinese_name(plain)
        if named is not None:
            return named
    try:
        crs = pyproj.CRS.from_user_input(plain)
    except pyproj.exceptions.CRSError as error:
        raise CrsError("{text}: not a known coordinate system", text=text[:80]) from error
    return _finish(crs)


def _datum(name: str) -> str:
    lower = name.lower()
    return next((datum for datum, pattern in _DATUMS if re.search(pattern, lower)), "")


def _by_chinese_name(text: str) -> ResolvedCrs | None:
    """Read a name as datum, zone width and zone or central meridian; None where no Chinese datum is named."""
    datum = _datum(text)
    if not datum:
        return None
    lower = text.lower()
    rest = re.sub("|".join(pattern for _, pattern in _DATUMS), " ", lower)
    width_match = re.search(r"([36三六])[ _-]?(?:degree|度|°)", rest)
    width = {"3": 3, "三": 3, "6": 6, "六": 6}[width_match[1]] if width_match else 0
    rest = re.sub(r"[36三六][ _-]?(?:degrees?|度|°)[ _-]?(?:分?带)?", " ", rest)
    zone_match = re.search(r"zone[ _-]*(\d{2})(?!\d)|第?(\d{2})(?:号|度)?(?:分?带)", rest)
    meridian_match = re.search(
        r"cm[ _-]*(\d{2,3})|中央(?:子午线|经线)\D{0,4}(\d{2,3})|(?<!\d)(\d{2,3})[ _]?(?:°|度)?e", rest
    )
    projected = bool(width or zone_match or meridian_match or re.search(r"gauss|kr[uü]ger|[_ ]gk|高斯", rest))
    if not projected:
        return _finish(
            pyproj.CRS.from_user_input({"CGCS2000": 4490, "Beijing 1954": 4214, "Xian 1980": 4610}.get(datum, 4555))
        )
    if zone_match:
        zone = int(zone_match[1] or zone_match[2])
        return _finish(_zone_crs(datum, width or (3 if zone in _ZONES[3] else 6), zone=zone, text=text))
    if meridian_match:
        meridian = int(next(group for group in meridian_match.groups() if group))
        return _finish(_zone_crs(datum, width or 3, meridian=meridian, text=text))
    raise CrsError("{text}: names neither a zone nor a central meridian", text=text)


def _zone_crs(datum: str, width: int, *, zone: int = 0, meridian: int = 0, text: str) -> pyproj.CRS:
    """Return the EPSG system of a zone number, or of a central meridian (then without zone prefix)."""
    if zone:
        known = zone in _ZONES[width]
        part = f"zone {zone}"
    else:
        number, off = divmod(meridian if width == 3 else meridian + 3, width)  # noqa: PLR2004 - the two zone widths
        known = not off and number in _ZONES[width]
        part = f"CM {meridian}E"
    if not known:
        raise CrsError("{text}: there is no such {width}-degree zone", text=text, width=width)
    kind = "3-degree Gauss-Kruger" if width == 3 else "Gauss-Kruger"  # noqa: PLR2004
    return pyproj.CRS.from_user_input(f"{datum} / {kind} {part}")


def _finish(crs: pyproj.CRS) -> ResolvedCrs:
    """Give a system its EPSG identity where it is one of the Chinese zones without saying so, and its notes."""
    notes = []
    if crs.to_authority() is None:
        known = _by_parameters(crs)
        if known is not None:
            notes.append(say("{name}: read as {crs}", name=crs.name, crs=known.to_string()))
            crs = known
    datum = _datum(crs.name) or (_datum(crs.geodetic_crs.name) if crs.geodetic_crs else "")
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


def _by_parameters(crs: pyproj.CRS) -> pyproj.CRS | None:
    """Recognise a Gauss-Kruger zone by datum name, central meridian and false easting."""
    geodetic = crs.geodetic_crs
    datum = (_datum(geodetic.name) or _datum(geodetic.datum.name if geodetic.datum else "")) if geodetic else ""
    if not datum:
        return None
    if crs.is_geographic:
        return _by_chinese_name(datum).crs  # type: ignore[union-attr]
    operation = crs.coordinate_operation
    if operation is None or "Transverse Mercator" not in operation.method_name and "Gauss" not in operation.method_name:
        return None
    values = {p.name.lower(): p.value for p in operation.params}
    meridian = next((v for n, v in values.items() if "longitude" in n or "meridian" in n), None)
    easting = next((v for n, v in values.items() if "easting" in n), None)
    scale = next((v for n, v in values.items() if "scale" in n), 1.0)
    origin = next((v for n, v in values.items() if "latitude" in n), 0.0)
    northing = next((v for n, v in values.items() if "northing" in n), 0.0)
    if meridian is None or easting is None or scale != 1.0 or origin or northing or meridian != int(meridian):
        return None
    zone, rest = divmod(easting, _ZONED_SHIFT)
    if rest != _FALSE_EASTING:
        return None
    width = 3 if not zone or int(zone) in _ZONES[3] else 6
    try:
        if zone:
            found = _zone_crs(datum, width, zone=int(zone), text=crs.name)
            same = meridian == (3 * zone if width == 3 else 6 * zone - 3)  # noqa: PLR2004
            return found if same else None
        return _zone_crs(datum, 3, meridian=int(meridian), text=crs.name)
    except CrsError:
        return None


def _distorts(crs: pyproj.CRS) -> bool:
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    return any(word in method for word in _DISTORTING) and "Transverse" not in method and "Oblique" not in method


def _is_metric(crs: pyproj.CRS) -> bool:
    return crs.is_projected and not _distorts(crs) and all(a.unit_conversion_factor == 1.0 for a in crs.axis_info[:2])


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
    to_degrees = pyproj.Transformer.from_crs(crs, geodetic, always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*bounds)
    if not np.all(np.isfinite([west, south, east, north])):
        raise CrsError("the positions {bounds} do not lie in {crs}", bounds=bounds, crs=crs.name)
    lon, lat = (west + east) / 2, (south + north) / 2
    if east - west > _WIDEST_DEGREES:
        wide = LambertAzimuthalEqualAreaConversion(latitude_natural_origin=lat, longitude_natural_origin=lon)
        return ProjectedCRS(conversion=wide, name="local equal area", geodetic_crs=geodetic)
    in_china = _CHINA[0] <= lon <= _CHINA[2] and _CHINA[1] <= lat <= _CHINA[3]
    if in_china and geodetic.name in {"WGS 84", "China Geodetic Coordinate System 2000"}:
        return _zone_crs("CGCS2000", 3, meridian=3 * min(max(round(lon / 3), 25), 45), text="CGCS2000")
    local = TransverseMercatorConversion(
        latitude_natural_origin=lat, longitude_natural_origin=lon, false_easting=500_000
    )
    return ProjectedCRS(conversion=local, name="local transverse Mercator", geodetic_crs=geodetic)


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
