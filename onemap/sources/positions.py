"""Where the rows of a table lie: two columns, or one with WKT or WKB, found by their headings or named."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.errors import ShapelyError

from onemap.domain.catalogue import fold_heading
from onemap.errors import SchemaError
from onemap.translation import say

from .geometries import FARTHEST
from .headings import missing_column
from .rejects import POSITION, Reject, shown

Array = np.ndarray[Any, Any]

# pairs in the order in which they are looked for; x is the easting or longitude whatever stands first in the file
_DEGREES = (
    ("经度", "纬度"), ("longitude", "latitude"), ("lon", "lat"), ("lng", "lat"), ("long", "lat"),
    ("geom_lon", "geom_lat"), ("lon_wgs84", "lat_wgs84"), ("wgs84_lon", "wgs84_lat"), ("wgs_lon", "wgs_lat"),
    ("东经", "北纬"), ("jd", "wd"), ("经度坐标", "纬度坐标"), ("坐标经度", "坐标纬度"), ("gps经度", "gps纬度"),
    ("案件经度", "案件纬度"), ("上报经度", "上报纬度"), ("地址经度", "地址纬度"),
)  # fmt: skip
_METRES = (
    ("东坐标", "北坐标"), ("横坐标", "纵坐标"), ("x坐标", "y坐标"), ("坐标x", "坐标y"), ("easting", "northing"),
    ("xcoord", "ycoord"), ("x_coord", "y_coord"), ("coord_x", "coord_y"), ("coordx", "coordy"),
    ("coordinatex", "coordinatey"), ("blockxcoord", "blockycoord"), ("point_x", "point_y"), ("pointx", "pointy"),
    ("abs_x", "abs_y"), ("center_x", "center_y"), ("zbx", "zby"), ("x", "y"),
)  # fmt: skip
_TEXTS = (
    "wkt",
    "geom_wkt",
    "wkt_geom",
    "wkt_geometry",
    "the_geom",
    "geometry",
    "geom",
    "shape",
    "wkb",
    "空间信息",
    "图形",
)
_WKT = re.compile(r"\s*(?:SRID=(\d+);)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\b", re.IGNORECASE)
_FEW = 20
_WKB = re.compile(r"0[01][0-9A-Fa-f]{16,}")
_SEXAGESIMAL = re.compile(
    r"[EWNS东西北南]?\s*(-?\d{1,3})\s*[°度]\s*(\d{1,2}(?:\.\d+)?)\s*[′'分]\s*(?:(\d{1,2}(?:\.\d+)?)\s*[″\"秒]?)?\s*([EWNS东西北南]?)"
)


def has_shapes(table: pd.DataFrame) -> bool:
    """Return whether a column of a table holds shapes as text, by its heading and its first values.

    Examples
    --------
    >>> has_shapes(pd.DataFrame({"code": ["a"], "wkt": ["POLYGON ((0 0, 1 0, 1 1, 0 0))"]}))
    True
    >>> has_shapes(pd.DataFrame({"code": ["140424"], "lon": [113.1], "lat": [36.2]}))
    False
    """
    columns = [column for column in table.columns if fold_heading(str(column)) in _TEXTS]
    texts = [str(text) for column in columns for text in table[column].dropna().head(_FEW)]
    return any(_WKT.match(text) or _WKB.match(text) for text in texts)


@dataclass(frozen=True)
class Placed:
    """Geometry of each row (None where it has none), the CRS that the texts name, and what was listed."""

    geometry: Array
    crs: str | None
    rejects: list[Reject]
    notes: list[str]


def place_rows(
    table: pd.DataFrame,
    *,
    path: Any,
    x: str | None = None,
    y: str | None = None,
    wkt: str | None = None,
    projected: bool | None = None,
) -> Placed:
    """Return the positions of the rows of a table.

    Parameters
    ----------
    path
        The file, for messages.
    x, y, wkt
        Headings of the columns, where the caller names them.
    projected
        Whether the CRS that is declared is in metres: of two kinds of pairs the fitting one is taken.

    Raises
    ------
    SchemaError
        A named column is not there.

    Examples
    --------
    >>> table = pd.DataFrame({"纬度": ["39.9"], "经度": ["116.4"]}, index=[1])
    >>> place_rows(table, path="cases.csv").geometry[0].wkt
    'POINT (116.4 39.9)'
    """
    folded: dict[str, Any] = {}
    for column in table.columns:
        folded.setdefault(fold_heading(str(column)), column)
    named = {"x": x, "y": y, "wkt": wkt}
    found = {role: _named(folded, heading, table, path) for role, heading in named.items() if heading is not None}
    if "wkt" in found:
        return _from_texts(table, found["wkt"])
    if found:
        if len(found) == 1:
            raise SchemaError(
                "{path}: x= and y= belong together; only {given} is given", path=path, given=next(iter(found))
            )
        return _from_pair(table, found["x"], found["y"])
    text = next((folded[name] for name in _TEXTS if name in folded and _is_geometry(table[folded[name]])), None)
    if text is not None:
        return _from_texts(table, text)
    for left, right in (*_METRES, *_DEGREES) if projected else (*_DEGREES, *_METRES):
        if left in folded and right in folded:
            return _from_pair(table, folded[left], folded[right])
    nothing = np.full(len(table), None, dtype=object)
    notes = [say("no columns with positions were found among the headings")] if len(table.columns) else []
    return Placed(nothing, None, [], notes)


def _named(folded: dict[str, Any], heading: str, table: pd.DataFrame, path: Any) -> Any:
    if heading in table.columns:
        return heading
    if fold_heading(heading) in folded:
        return folded[fold_heading(heading)]
    raise missing_column([heading], table.columns, path)


def _is_geometry(column: "pd.Series[Any]") -> bool:
    values = column.dropna()
    if not len(values):
        return False
    first = values.iloc[0]
    return isinstance(first, bytes) or bool(_WKT.match(str(first)) or _WKB.fullmatch(str(first).strip()))


def _from_pair(table: pd.DataFrame, x: Any, y: Any) -> Placed:
    """Return points of two columns; what says something but is no number is listed."""
    east, east_wrong = _numbers(table[x])
    north, north_wrong = _numbers(table[y])
    beyond = (np.abs(east) > FARTHEST) | (np.abs(north) > FARTHEST)
    nowhere = (east == 0) & (north == 0)  # what software writes for "unknown", in degrees as in metres
    there = np.isfinite(east) & np.isfinite(north) & ~beyond & ~nowhere
    geometry = np.full(len(table), None, dtype=object)
    geometry[there] = shapely.points(east[there], north[there])
    half = np.isfinite(east) ^ np.isfinite(north)
    rejects = []
    for at in np.flatnonzero(east_wrong | north_wrong | beyond | half):
        found = f"{_blank(table[x].iloc[at])}, {_blank(table[y].iloc[at])}"
        rejects.append(Reject(int(table.index[at]), POSITION, shown(found), say("the position is not two numbers")))
    reason = say("the coordinates are 0, 0")
    rejects += [Reject(int(table.index[at]), POSITION, "0, 0", reason) for at in np.flatnonzero(nowhere)]
    return Placed(geometry, None, rejects, [say("positions are taken from {x} and {y}", x=x, y=y)])


def _blank(value: Any) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124 - NaN differs from itself


def _numbers(column: "pd.Series[Any]") -> tuple[Array, Array]:
    """Return a column as numbers, and which of its values say something but are none."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64", na_value=np.nan).copy()
    odd = np.isnan(numbers) & column.notna().to_numpy()
    for at in np.flatnonzero(odd):
        numbers[at] = _number(str(column.iloc[at]))
    said = np.array([bool(str(column.iloc[at]).strip()) for at in np.flatnonzero(odd)], dtype=bool)
    wrong = np.zeros(len(column), dtype=bool)
    wrong[np.flatnonzero(odd)] = said & np.isnan(numbers[odd])
    wrong |= np.isinf(numbers)
    numbers[np.isinf(numbers)] = np.nan
    return numbers, wrong


def _number(text: str) -> float:
    """Return a number written with full-width digits, commas, or degrees and minutes; NaN where it is none.

    Examples
    --------
    >>> _number("116°24′00″E"), _number("456,789.5")
    (116.4, 456789.5)
    """
    plain = fold_heading(text).upper()
    angle = _SEXAGESIMAL.fullmatch(plain) or _SEXAGESIMAL.fullmatch(text.strip())
    if angle:
        degrees, minutes, seconds = float(angle[1]), float(angle[2]), float(angle[3] or 0)
        value = abs(degrees) + minutes / 60 + seconds / 3600
        return -value if degrees < 0 or angle[4] in ("W", "S", "西", "南") else value
    try:
        return float(plain.replace(",", "").replace(" ", ""))
    except ValueError:
        return float("nan")


def _from_texts(table: pd.DataFrame, name: Any) -> Placed:
    """Return the geometries of a column of WKT, EWKT or WKB (bytes or hexadecimal)."""
    geometry = np.full(len(table), None, dtype=object)
    rejects: list[Reject] = []
    srids: set[str] = set()
    for at, value in enumerate(table[name]):
        if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN differs from itself
            continue
        try:
            one, srid = _one_geometry(value)
        except (ShapelyError, ValueError, TypeError):
            rejects.append(Reject(int(table.index[at]), POSITION, shown(value), say("the text is no geometry")))
            continue
        bounds = np.asarray(one.bounds) if not one.is_empty else np.array([])
        if len(bounds) and not (np.abs(np.nan_to_num(bounds, nan=np.inf)) <= FARTHEST).all():
            reason = say("coordinates beyond any coordinate system")
            rejects.append(Reject(int(table.index[at]), POSITION, shown(value), reason))
            continue
        geometry[at] = None if one.is_empty else one
        srids |= {srid} if srid else set()
    notes = [say("positions are taken from {name}", name=name)]
    return Placed(geometry, f"EPSG:{srids.pop()}" if len(srids) == 1 else None, rejects, notes)


def _one_geometry(value: Any) -> tuple[Any, str]:
    """Return a geometry and the SRID that its text names."""
    if isinstance(value, str) and not _WKB.fullmatch(value.strip()):
        srid, mark, rest = value.strip().rpartition(";")
        code = srid.partition("=")[2].strip() if mark else ""
        return shapely.from_wkt(rest), code if code not in ("", "0") else ""
    geometry = shapely.from_wkb(value.strip() if isinstance(value, str) else value)
    number = int(shapely.get_srid(geometry))
    return geometry, str(number) if number else ""
