"""Terrain models and imagery: what a raster file holds and where its data lie."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyproj
import rasterio
import rasterio.features
import shapely
import shapely.geometry
from shapely.geometry.base import BaseGeometry

from onemap.errors import CrsError, SourceError

from .safety import checked_path, content_hash


@dataclass(frozen=True)
class RasterInfo:
    """A raster file: grid, CRS, and the footprint of its valid data (in ``crs``)."""

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


def read_raster_info(path: str | Path, *, crs: Any = None) -> RasterInfo:
    """Read what a raster holds, not its cells."""
    file = checked_path(path)
    try:
        with rasterio.open(file) as raster:
            found = raster.crs.to_wkt() if raster.crs else crs
            if found is None:
                raise CrsError("{path}: no coordinate system; declare it with crs=", path=file)
            shapes = rasterio.features.shapes(raster.dataset_mask(), transform=raster.transform)
            footprint = shapely.union_all([shapely.geometry.shape(g) for g, value in shapes if value])
            return RasterInfo(
                file, pyproj.CRS.from_user_input(found), tuple(raster.bounds), footprint, raster.width,
                raster.height, raster.count, raster.dtypes[0], raster.nodata, raster.res, content_hash([file]),
            )  # fmt: skip
    except rasterio.errors.RasterioIOError as error:
        raise SourceError("{path}: cannot be read ({error})", path=file, error=error) from error
