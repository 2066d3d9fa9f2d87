"""Terrain models, imagery and tile packages: what a raster file holds and where its data lie."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyproj
import rasterio
import rasterio.errors
import rasterio.features
import rasterio.transform
import shapely
import shapely.geometry
from rasterio.enums import Resampling
from shapely.geometry.base import BaseGeometry

from onemap.errors import CrsError, SourceError
from onemap.geo.crs import resolve_crs
from onemap.sources.georeference import NO_CRS

from .georeference import name_of, same_crs
from .safety import checked_path, content_hash, reading_errors

_DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".img": "HFA", ".asc": "AAIGrid", ".jp2": "JP2OpenJPEG", ".png": "PNG"}
_OVERVIEW = 1024
_TILE = 256
_WORLD = 20037508.342789244  # half the side of the world in EPSG:3857, metres
_SOUTH_MOST = 85.0511287798066
_BANDS = {"png": 4, "jpg": 3, "jpeg": 3, "webp": 4}


@dataclass(frozen=True)
class RasterInfo:
    """What a raster file holds.

    Attributes
    ----------
    bounds, footprint, resolution
        In the units of ``crs``. ``footprint`` is the outline of the cells that hold data, drawn on a grid of at
        most 1,024 cells a side: it is right to one cell of that grid.
    nodata
        The value that means "nothing here", None where there is none.
    zooms
        Lowest and highest zoom of a tile package (MBTiles), None for everything else.
    sha256
        Of the file.
    """

    path: Path
    crs: pyproj.CRS
    bounds: tuple[float, float, float, float]
    footprint: BaseGeometry
    width: int
    height: int
    bands: int
    dtype: str
    nodata: float | None
    resolution: tuple[float, float]
    sha256: str
    driver: str = "GTiff"
    zooms: tuple[int, int] | None = None


def read_raster_info(path: str | Path, *, crs: Any = None) -> RasterInfo:
    """Read what a raster holds; its cells are only looked at for the footprint.

    Parameters
    ----------
    path
        GeoTIFF, ERDAS Imagine, ASCII grid, JPEG 2000, PNG with a world file, or MBTiles.
    crs
        Coordinate system, where the file declares none.

    Raises
    ------
    SourceError
        The file is missing, damaged, or of an unknown kind.
    CrsError
        Neither the file nor the caller names a CRS, or they contradict each other.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "dem.tif")
    >>> grid = rasterio.transform.from_origin(446000, 4420000, 2.0, 2.0)
    >>> about = dict(driver="GTiff", width=4, height=3, count=1, dtype="float32", nodata=-9999, transform=grid)
    >>> with rasterio.open(file, "w", crs="EPSG:4548", **about) as raster:
    ...     raster.write(np.array([[[1, 1, 1, -9999]] * 3], dtype="float32"))
    >>> read_raster_info(file).footprint.area
    36.0
    """
    file = checked_path(path)
    ending = file.suffix.lower()
    if ending == ".mbtiles":
        return _tiles(file, crs)
    if ending not in _DRIVERS:
        known = " ".join([*_DRIVERS, ".mbtiles"])
        raise SourceError("{path}: files of this kind are not read; known are {known}", path=file, known=known)
    try:
        with reading_errors(file), rasterio.open(file, driver=_DRIVERS[ending]) as raster:
            return _grid(raster, file, crs)
    except rasterio.errors.RasterioError as error:
        raise SourceError("{path}: cannot be read ({error})", path=file, error=" ".join(str(error).split())) from error


def _grid(raster: Any, file: Path, declared: Any) -> RasterInfo:
    if raster.transform.is_identity:
        raise SourceError("{path}: the raster has no position (no transform, no world file)", path=file)
    found = resolve_crs(raster.crs.to_wkt()).crs if raster.crs is not None else None
    said = resolve_crs(declared).crs if declared is not None else None
    if found is not None and said is not None and not same_crs(found, said):
        raise CrsError(
            "{path}: declared as {declared}, but the file says {found}; correct the one that is wrong",
            path=file,
            declared=name_of(said),
            found=name_of(found),
        )
    known = said or found
    if known is None:
        raise CrsError(NO_CRS, path=file)
    return RasterInfo(
        path=file,
        crs=known,
        bounds=tuple(raster.bounds),
        footprint=_footprint(raster),
        width=raster.width,
        height=raster.height,
        bands=raster.count,
        dtype=raster.dtypes[0],
        nodata=raster.nodata,
        resolution=raster.res,
        sha256=content_hash([file]),
        driver=raster.driver,
    )


def _footprint(raster: Any) -> BaseGeometry:
    """Return the outline of the valid cells, on a grid of at most `_OVERVIEW` cells a side."""
    scale = max(1.0, raster.width / _OVERVIEW, raster.height / _OVERVIEW)
    width, height = max(1, round(raster.width / scale)), max(1, round(raster.height / scale))
    mask = raster.dataset_mask(out_shape=(height, width), resampling=Resampling.nearest)
    if np.issubdtype(np.dtype(raster.dtypes[0]), np.floating):
        # NaN is no terrain, whether or not the file says that it means nothing
        cells = raster.read(1, out_shape=(height, width), resampling=Resampling.nearest)
        mask = np.where(np.isfinite(cells), mask, 0).astype("uint8")
    if mask.all():
        return shapely.box(*raster.bounds)
    t, across, down = raster.transform, raster.width / width, raster.height / height
    grid = type(t)(t.a * across, t.b * down, t.c, t.d * across, t.e * down, t.f)
    shapes = rasterio.features.shapes((mask > 0).astype("uint8"), mask=mask > 0, transform=grid)
    return shapely.union_all([shapely.geometry.shape(shape) for shape, _ in shapes])


def _tiles(file: Path, declared: Any) -> RasterInfo:
    """Read a tile package by its own description: it is listed as a reference and never resampled.

    Source: MBTiles specification 1.3 (tiles in EPSG:3857, bounds in degrees).
    """
    if declared is not None and not same_crs(resolve_crs(declared).crs, pyproj.CRS(3857)):
        raise CrsError("{path}: MBTiles are in EPSG:3857, declared as {declared}", path=file, declared=declared)
    uri = f"file:{quote(str(file.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            about = {str(k): str(v) for k, v in database.execute("SELECT name, value FROM metadata")}
            low, high = database.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
        if low is None:
            raise SourceError("{path}: the tile package is empty", path=file)
        lowest, highest = int(about.get("minzoom", low)), int(about.get("maxzoom", high))
        west, south, east, north = (float(part) for part in about.get("bounds", "-180,-85.05,180,85.05").split(","))
    except (sqlite3.Error, ValueError) as error:
        raise SourceError("{path}: damaged or no MBTiles ({error})", path=file, error=error) from error
    to_metres = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)
    south, north = max(south, -_SOUTH_MOST), min(north, _SOUTH_MOST)
    x, y = to_metres.transform([west, east], [south, north])
    bounds = (float(x[0]), float(y[0]), float(x[1]), float(y[1]))
    if not np.all(np.isfinite(bounds)) or bounds[0] >= bounds[2] or bounds[1] >= bounds[3]:
        raise SourceError("{path}: the bounds of the tile package are no rectangle", path=file)
    cell = 2 * _WORLD / (_TILE * 2**highest)
    return RasterInfo(
        path=file,
        crs=pyproj.CRS(3857),
        bounds=bounds,
        footprint=shapely.box(*bounds),
        width=round((bounds[2] - bounds[0]) / cell),
        height=round((bounds[3] - bounds[1]) / cell),
        bands=_BANDS.get(about.get("format", ""), 1),
        dtype="uint8",
        nodata=None,
        resolution=(cell, cell),
        sha256=content_hash([file]),
        driver=f"MBTiles/{about.get('format', '?')}",
        zooms=(lowest, highest),
    )
