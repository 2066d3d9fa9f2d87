"""One source into one frame with canonical columns, and what happened on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj

from onemap.errors import CrsError

from .safety import checked_path, content_hash, kind_of, reading_errors


@dataclass(frozen=True)
class ReadRequest:
    """What to read and how: every option that a manifest can set for one source.

    Examples
    --------
    >>> ReadRequest("cases.csv", "case", crs="EPSG:4326", columns={"case_code": "案卷编号"}).layer_id
    'case'
    """

    path: str | Path
    layer_id: str | None = None
    layer: str | None = None
    encoding: str | None = None
    crs: Any = None
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    x: str | None = None
    y: str | None = None
    wkt: str | None = None
    coordinates: str | None = None


@dataclass(frozen=True)
class Reading:
    """A source as it was read."""

    frame: gpd.GeoDataFrame
    rejects: pd.DataFrame
    notes: list[str]
    encoding: str | None
    source_crs: str | None
    rows_in: int
    sha256: str


def read(request: ReadRequest) -> Reading:
    """Read one source."""
    path = checked_path(request.path)
    kind = kind_of(path)
    with reading_errors(path):
        if kind == "table":
            if path.suffix.lower() in (".xls", ".xlsx"):
                table = pd.read_excel(path, dtype=str, engine="calamine")
            else:
                table = pd.read_csv(path, dtype=str, encoding=request.encoding or "utf-8-sig")
            frame = _placed(table, request)
        elif kind == "parquet":
            frame = gpd.read_parquet(path)
        else:
            frame = pyogrio.read_dataframe(path, layer=request.layer, encoding=request.encoding)
    if frame.crs is None and request.crs is not None:
        frame = frame.set_crs(request.crs)
    if frame.crs is None and frame.geometry.notna().any():
        raise CrsError("{path}: no coordinate system; declare it with crs=", path=path)
    if request.coordinates:
        from onemap.geo.gcj import convert_coordinates

        x, y = convert_coordinates(
            frame.geometry.x, frame.geometry.y, source=request.coordinates, target="WGS84"
        )
        frame = frame.set_geometry(gpd.points_from_xy(x, y, crs="EPSG:4326"))
    frame = _renamed(frame, request)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    rejects = pd.DataFrame(columns=["source", "row", "kind", "found", "reason"])
    crs = frame.crs.to_string() if frame.crs else None
    return Reading(frame, rejects, [], request.encoding, crs, len(frame), content_hash([path]) if path.is_file() else "")


def _placed(table: pd.DataFrame, request: ReadRequest) -> gpd.GeoDataFrame:
    names = {str(c).strip().lower(): c for c in table.columns}

    def find(given: str | None, *known: str) -> str | None:
        return given or next((names[k] for k in known if k in names), None)

    x = find(request.x, "geom_lon", "lon", "lng", "longitude", "经度", "x")
    y = find(request.y, "geom_lat", "lat", "latitude", "纬度", "y")
    if request.wkt:
        geometry = gpd.GeoSeries.from_wkt(table[request.wkt])
    elif x and y:
        geometry = gpd.GeoSeries.from_xy(pd.to_numeric(table[x], errors="coerce"), pd.to_numeric(table[y], errors="coerce"))
        geometry = geometry.where(~geometry.is_empty, None)
    else:
        geometry = gpd.GeoSeries([None] * len(table))
    frame = gpd.GeoDataFrame(table, geometry=geometry.array)
    crs = request.crs or ("EPSG:4326" if request.coordinates else None)
    return frame.set_crs(pyproj.CRS.from_user_input(crs)) if crs else frame


def _renamed(frame: gpd.GeoDataFrame, request: ReadRequest) -> gpd.GeoDataFrame:
    names = {heading: canonical for canonical, heading in request.columns.items()}
    if request.layer_id:
        from onemap.domain.catalogue import load_catalogue

        aliases = load_catalogue()[request.layer_id].aliases()
        for column in frame.columns:
            if column != frame.geometry.name and column not in names and str(column).strip() in aliases:
                names[column] = aliases[str(column).strip()]
    frame = frame.rename(columns=names)
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    return frame.assign(**request.constants)
