"""How the offices of the sample city keep their files: formats, encodings, headings and coordinates of their own."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely

from onemap.domain.catalogue import load_catalogue
from onemap.geo.gcj import convert_coordinates

from .plan import CRS, ZONE_CRS
from .terrain import NODATA, Raster

_WRITTEN_ON = "2026-06-30"
_ZONE_PREFIX_M = 39_000_000.0


@dataclass(frozen=True)
class RawFile:
    """One file (or sublayer) of an office and how it is kept.

    ``position`` names the columns of easting or longitude and of northing or latitude of a table; ``stated`` holds
    what the manifest says of the file beyond layer, path and sublayer.
    """

    layer: str
    path: str
    sublayer: str = ""
    encoding: str = "UTF-8"
    crs: str = CRS
    position: tuple[str, str] | None = None
    headings: dict[str, str] = field(default_factory=dict)
    stated: dict[str, Any] = field(default_factory=dict)
    part: str = ""


def write_raw(raw: RawFile, frame: pd.DataFrame, folder: Path) -> None:
    """Write one frame with canonical columns as its office keeps it: Chinese headings and values."""
    path = folder / raw.path
    path.parent.mkdir(parents=True, exist_ok=True)
    table = in_chinese(frame, raw.layer, raw.headings)
    if path.suffix == ".csv":
        _with_positions(table, raw).to_csv(path, index=False, encoding=raw.encoding, lineterminator="\r\n")
    elif path.suffix == ".xlsx":
        write_sheet(path, pd.DataFrame(table.drop(columns="geometry", errors="ignore")))
    else:
        _write_vector(path, table, raw)


def in_chinese(frame: pd.DataFrame, layer: str, headings: dict[str, str]) -> pd.DataFrame:
    """Return the frame with the Chinese titles of its columns and the Chinese labels of their allowed values."""
    spec = load_catalogue()[layer]
    titles = {one.name: headings.get(one.name, one.title_zh) for one in spec.fields}
    table = frame.copy()
    for one in spec.fields:
        labels = dict(one.values)
        if labels and one.name in table:
            table[one.name] = table[one.name].replace(labels)
    return table.rename(columns=titles)


def _with_positions(table: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    """Return the table with its positions as two columns, in the coordinates that the office uses."""
    if raw.position is None or not isinstance(table, gpd.GeoDataFrame):
        return pd.DataFrame(table)
    points = table.geometry.to_numpy()
    x, y = np.full(len(points), np.nan), np.full(len(points), np.nan)
    some = ~(shapely.is_missing(points) | shapely.is_empty(points))
    x[some], y[some] = shapely.get_x(points[some]), shapely.get_y(points[some])
    some &= (x != 0) | (y != 0)  # 0 0 is written as it is in any coordinates
    if raw.crs == ZONE_CRS:
        x[some] += _ZONE_PREFIX_M
    elif raw.crs != CRS:
        x[some], y[some] = convert_coordinates(x[some], y[some], source=CRS, target=raw.crs)
        x, y = x.round(7), y.round(7)
    east, north = raw.position
    return pd.DataFrame(table.drop(columns="geometry")).assign(**{east: x, north: y})


def _write_vector(path: Path, table: pd.DataFrame, raw: RawFile) -> None:
    """Write a vector file; the same rows give the same bytes."""
    assert isinstance(table, gpd.GeoDataFrame)
    if raw.crs != CRS:
        table = table.to_crs(raw.crs)
    formats: dict[str, dict[str, Any]] = {
        ".gpkg": {"driver": "GPKG", "VERSION": "1.3"},
        ".shp": {"driver": "ESRI Shapefile", "encoding": raw.encoding, "DBF_DATE_LAST_UPDATE": _WRITTEN_ON},
        ".geojson": {"driver": "GeoJSON", "RFC7946": "NO", "COORDINATE_PRECISION": 9},
        ".fgb": {"driver": "FlatGeobuf"},
    }
    options = formats[path.suffix]
    if path.suffix == ".gpkg":
        options["append"] = path.exists()
    with _same_clock():
        pyogrio.write_dataframe(table, path, layer=raw.sublayer or path.stem, **options)
    if path.suffix == ".shp" and raw.encoding == "GBK":
        _hide_encoding(path)


def write_gpkg(path: Path, frame: gpd.GeoDataFrame, layer: str) -> None:
    """Write a GeoPackage of one layer anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with _same_clock():
        pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", VERSION="1.3")


@contextmanager
def _same_clock() -> Iterator[None]:
    """Have GDAL write one fixed day into its files."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{_WRITTEN_ON}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _hide_encoding(path: Path) -> None:
    """Take away what a shapefile says of its encoding, as old software leaves it: no .cpg, no language in the .dbf."""
    path.with_suffix(".cpg").unlink(missing_ok=True)
    with path.with_suffix(".dbf").open("r+b") as table:
        table.seek(29)
        table.write(b"\0")


def write_raster(path: Path, raster: Raster) -> None:
    """Write heights as a float GeoTIFF with nodata, a picture as a JPEG-compressed one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = raster.bands.shape
    profile: dict[str, Any] = {
        "driver": "GTiff", "width": width, "height": height, "count": count, "dtype": raster.bands.dtype, "crs": CRS,
        "transform": raster.transform, "tiled": True, "blockxsize": 256, "blockysize": 256,
    }  # fmt: skip
    if count == 1:
        profile |= {"nodata": NODATA, "compress": "deflate", "predictor": 3, "zlevel": 3}
    else:
        profile |= {"compress": "jpeg", "photometric": "ycbcr", "jpeg_quality": 82}
    with rasterio.open(path, "w", **profile) as target:
        target.write(raster.bands)


SHEET_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        '<sheet name="名册" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def write_sheet(path: Path, table: pd.DataFrame) -> None:
    """Write a workbook of one sheet, all cells as text; without a clock in it, so that its bytes repeat."""
    rows = [list(table.columns), *table.astype(str).to_numpy().tolist()]
    body = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(str(cell))}</t></is></c>' for cell in row) + "</row>"
        for row in rows
    )
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{body}</sheetData></worksheet>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        write_parts(book, SHEET_PARTS | {"xl/worksheets/sheet1.xml": sheet})


def write_parts(book: zipfile.ZipFile, parts: Mapping[str, str]) -> None:
    """Write the parts of a workbook, all of one day."""
    for name, text in parts.items():
        entry = zipfile.ZipInfo(name, date_time=(2026, 6, 30, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        book.writestr(entry, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text)
