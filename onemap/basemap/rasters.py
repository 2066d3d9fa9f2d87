"""Terrain and imagery: reprojected, clipped and written as cloud-optimised GeoTIFF, with hillshade and contours.

A raster is worked on window by window, so that a city's imagery needs no more memory than a village's.
"""

import hashlib
import math
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
import rasterio.errors
import rasterio.features
import rasterio.shutil
import rasterio.warp
import rasterio.windows
import shapely
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from shapely.geometry.base import BaseGeometry

from onemap.errors import CrsError, SourceError, StoreError
from onemap.manifest import Source
from onemap.progress import Progress, silent
from onemap.sources.rasters import RasterInfo, read_raster_info
from onemap.store.lock import make_folder
from onemap.store.one_map import open_map
from onemap.translation import say

from .intake import of_manifest
from .terrain import shade

_BLOCK = 1024
_NODATA = -9999.0
_SEGMENT_SHARE = 0.02


@dataclass(frozen=True)
class RasterLayer:
    """One raster layer of the map.

    ``path`` is None where no source reaches the district; ``footprint`` is where the sources hold data, in the working
    CRS, not clipped.
    """

    layer_id: str
    footprint: BaseGeometry
    infos: tuple[RasterInfo, ...] = ()
    sources: tuple[Source, ...] = ()
    path: Path | None = None
    sha256: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Grid:
    """The cells of the result: working CRS, square cells, edges on whole multiples of the cell size."""

    crs: pyproj.CRS
    transform: rasterio.Affine
    width: int
    height: int

    @property
    def windows(self) -> Iterator[rasterio.windows.Window]:
        for top in range(0, self.height, _BLOCK):
            for left in range(0, self.width, _BLOCK):
                yield rasterio.windows.Window(left, top, min(_BLOCK, self.width - left), min(_BLOCK, self.height - top))


def read_raster_layer(layer_id: str, sources: Sequence[Source], crs: pyproj.CRS) -> RasterLayer:
    """Return what the sources of a raster layer hold and where, nothing written yet."""
    infos = tuple(map(_info, sources))
    footprint = shapely.union_all([_in_crs(info.footprint, info.crs, crs) for info in infos])
    return RasterLayer(layer_id, footprint, infos, tuple(sources))


def write_raster_layer(
    layer: RasterLayer, reach: BaseGeometry, crs: pyproj.CRS, folder: Path, *, progress: Progress = silent
) -> RasterLayer:
    """Write a layer's sources as one cloud-optimised GeoTIFF, clipped to ``reach``.

    Where sources overlap the first one of the manifest wins. The file is named by its content; a file of that name is
    the same file. Terrain is resampled bilinearly where its CRS differs, imagery too; in the working CRS cells keep
    their values.

    Raises
    ------
    SourceError
        A raster is damaged, or the sources of one layer do not go together.
    StoreError
        The file cannot be written.
    """
    inside = shapely.intersection(layer.footprint, reach)
    if inside.is_empty:
        return layer
    grid = _grid(layer.infos, inside, crs)
    draft = folder / f".{layer.layer_id}.{secrets.token_hex(4)}.part.tif"
    try:
        bands = _write_windows(layer, grid, reach, draft, progress)
        path, sha256 = _publish(draft, folder, layer.layer_id, predictor=3 if bands.kind == "f" else 2)
    except rasterio.errors.RasterioIOError as error:
        raise StoreError(
            "{layer}: cannot be written as GeoTIFF ({found})", layer=layer.layer_id, found=error
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    notes = [
        say("reprojected from {source} to {target}", "en", source=info.crs.name, target=crs.name)
        for info in layer.infos
        if info.crs != crs
    ]
    return replace(layer, path=path, sha256=sha256, notes=tuple(dict.fromkeys(notes)))


def write_hillshade(dem: RasterLayer, folder: Path) -> RasterLayer:
    """Write the hillshade of a terrain model that `write_raster_layer` wrote."""
    assert dem.path is not None
    draft = folder / f".terrain_hillshade.{secrets.token_hex(4)}.part.tif"
    try:
        with rasterio.open(dem.path) as source:
            profile = _profile(source.crs, source.transform, source.width, source.height, count=1, dtype="uint8")
            with rasterio.open(draft, "w", **profile, nodata=0) as target:
                grid = _Grid(pyproj.CRS.from_user_input(source.crs), source.transform, source.width, source.height)
                for window in grid.windows:
                    heights = _with_rim(source, window)
                    target.write(shade(heights, cell_m=abs(source.transform.a)), 1, window=window)
        path, sha256 = _publish(draft, folder, "terrain_hillshade", predictor=2)
    finally:
        draft.unlink(missing_ok=True)
    note = say("made from {layer}", "en", layer=dem.layer_id)
    return RasterLayer("terrain_hillshade", dem.footprint, path=path, sha256=sha256, notes=(note,))


def read_heights(path: Path, *, most_cells: int = 4_000_000) -> tuple[Any, rasterio.Affine]:
    """Return the heights of a terrain model as a masked array, thinned where it is very large, and their transform."""
    with rasterio.open(path) as source:
        step = max(1, math.ceil(math.sqrt(source.width * source.height / most_cells)))
        height, width = max(1, source.height // step), max(1, source.width // step)
        heights = source.read(1, out_shape=(height, width), masked=True, resampling=Resampling.average)
        old = source.transform
        wide, high = old.a * source.width / width, old.e * source.height / height
        return heights.astype("float64"), rasterio.Affine(wide, 0.0, old.c, 0.0, high, old.f)


def _in_crs(shape: BaseGeometry, source: pyproj.CRS, target: pyproj.CRS) -> BaseGeometry:
    """Reproject an outline; long straight edges get vertices, since they bend."""
    if source == target or shape.is_empty:
        return shape
    west, south, east, north = shape.bounds
    longest = max(east - west, north - south) * _SEGMENT_SHARE
    transformer = pyproj.Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(shapely.segmentize(shape, longest), transformer.transform, interleaved=False)


def _grid(infos: Sequence[RasterInfo], inside: BaseGeometry, crs: pyproj.CRS) -> _Grid:
    """Return the grid of the result: the finest source's cell size, and its own edges where it is in the CRS."""
    sizes, anchor = [], (0.0, 0.0)
    for info in infos:
        if info.crs == crs:
            size = max(info.resolution)
            anchor = (info.bounds[0], info.bounds[3])
        else:
            transform, _, _ = rasterio.warp.calculate_default_transform(
                info.crs, crs, info.width, info.height, *info.bounds
            )
            size = round(transform.a, 3) or transform.a
        sizes.append(size)
    size = min(sizes)
    west, south, east, north = inside.bounds
    left = anchor[0] + math.floor((west - anchor[0]) / size + 1e-6) * size
    top = anchor[1] + math.ceil((north - anchor[1]) / size - 1e-6) * size
    width = max(1, math.ceil((east - left) / size - 1e-6))
    height = max(1, math.ceil((top - south) / size - 1e-6))
    return _Grid(crs, rasterio.Affine(size, 0, left, 0, -size, top), width, height)


def _profile(
    crs: Any, transform: rasterio.Affine, width: int, height: int, *, count: int, dtype: str
) -> dict[str, Any]:
    return {
        "driver": "GTiff", "crs": crs, "transform": transform, "width": width, "height": height, "count": count,
        "dtype": dtype, "tiled": True, "blockxsize": 512, "blockysize": 512, "BIGTIFF": "IF_SAFER",
    }  # fmt: skip


def _write_windows(
    layer: RasterLayer, grid: _Grid, reach: BaseGeometry, draft: Path, progress: Progress
) -> np.dtype[Any]:
    """Write the mosaic of the sources; cells beyond ``reach`` or without data become nodata, in images masked."""
    count = min(3, max(info.bands for info in layer.infos)) if layer.layer_id.startswith("imagery") else 1
    dtype = np.result_type(*(np.dtype(info.dtype) for info in layer.infos))
    is_image = layer.layer_id.startswith("imagery")
    profile = _profile(grid.crs.to_wkt(), grid.transform, grid.width, grid.height, count=count, dtype=dtype.name)
    if not is_image:
        profile |= {"nodata": _NODATA, "dtype": "float32"}
        dtype = np.dtype("float32")
    with ExitStack() as stack:
        stack.enter_context(rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True))
        views = [stack.enter_context(view) for view in _views(layer, grid, stack)]
        target = stack.enter_context(rasterio.open(draft, "w", **profile))
        windows = list(grid.windows)
        for number, window in enumerate(windows):
            progress(number / len(windows), layer.layer_id)
            values, seen = _mosaic(views, window, count, dtype)
            seen &= _inside(grid, window, reach)
            if is_image:
                values[:, ~seen] = 0
                target.write(values, window=window)
                target.write_mask(seen, window=window)
            else:
                values[:, ~seen] = _NODATA
                target.write(values, window=window)
    return dtype


def _views(layer: RasterLayer, grid: _Grid, stack: ExitStack) -> Iterator[Any]:
    """Yield each source as it looks on the grid of the result."""
    for info in layer.infos:
        source = stack.enter_context(rasterio.open(info.path))
        yield WarpedVRT(
            source,
            src_crs=info.crs.to_wkt(),
            crs=grid.crs.to_wkt(),
            transform=grid.transform,
            width=grid.width,
            height=grid.height,
            resampling=Resampling.nearest if info.crs == grid.crs else Resampling.bilinear,
            warp_mem_limit=64,
        )


def _mosaic(
    views: Sequence[Any], window: rasterio.windows.Window, count: int, dtype: np.dtype[Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the values of the first source that has data, and where any has."""
    shape = (int(window.height), int(window.width))
    values = np.zeros((count, *shape), dtype=dtype)
    seen = np.zeros(shape, dtype=bool)
    for view in views:
        bands = [min(band, view.count) for band in range(1, count + 1)]
        data = view.read(bands, window=window)
        has = view.dataset_mask(window=window) > 0
        if data.dtype.kind == "f":
            has &= np.isfinite(data).all(axis=0)
        fresh = has & ~seen
        values[:, fresh] = data[:, fresh]
        seen |= has
    return values, seen


def _inside(grid: _Grid, window: rasterio.windows.Window, reach: BaseGeometry) -> np.ndarray[Any, Any]:
    transform = rasterio.windows.transform(window, grid.transform)
    shape = (int(window.height), int(window.width))
    return rasterio.features.geometry_mask([reach], shape, transform, invert=True)


def _with_rim(source: Any, window: rasterio.windows.Window) -> np.ndarray[Any, Any]:
    """Return the heights of a window with one cell more on each side; NaN where there are none."""
    wide = rasterio.windows.Window(window.col_off - 1, window.row_off - 1, window.width + 2, window.height + 2)
    heights = source.read(1, window=wide, boundless=True, masked=True)
    return np.asarray(heights.astype("float64").filled(np.nan))


def _publish(draft: Path, folder: Path, layer_id: str, *, predictor: int) -> tuple[Path, str]:
    """Copy the draft as cloud-optimised GeoTIFF and name it by its content."""
    optimised = draft.with_suffix(".cog")
    try:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            rasterio.shutil.copy(
                draft,
                optimised,
                driver="COG",
                COMPRESS="DEFLATE",
                LEVEL="6",
                PREDICTOR=str(predictor),
                BLOCKSIZE="512",
                OVERVIEWS="AUTO",
                RESAMPLING="AVERAGE",
                NUM_THREADS="ALL_CPUS",
            )
        sha256 = hashlib.sha256(optimised.read_bytes()).hexdigest()
        path = folder / f"{layer_id}-{sha256[:8]}.tif"
        optimised.replace(path)
    finally:
        optimised.unlink(missing_ok=True)
        for left in folder.glob(f"{optimised.name}*"):
            left.unlink(missing_ok=True)
    return path, sha256


@contextmanager
def raster_folder(map_path: Path) -> Iterator[Path]:
    """Give the folder of the rasters beside a map; tidy it when the map is published, or when it was not.

    The caller is the map's `onemap.store.lock.writer`. Rasters are named by their content, so the old map keeps its own
    until the new one has taken its place: then those that nothing names any more are removed. Where the block fails or
    is cancelled, those it wrote are removed.

    Raises
    ------
    StoreError
        The folder cannot be made.
    """
    folder = make_folder(map_path.parent / "rasters")
    for left in folder.glob(".*.part*"):
        left.unlink(missing_ok=True)  # of a build that was killed: there is one writer at a time, so nobody uses it
    before = set(folder.glob("*.tif"))
    written = False
    try:
        yield folder
        written = True
    finally:
        unwanted = before - _named(map_path) if written else set(folder.glob("*.tif")) - before
        for path in unwanted:
            path.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


def _named(map_path: Path) -> set[Path]:
    """Return the rasters that the published map names."""
    layers = open_map(map_path, verify=False).layers
    return {map_path.parent / path for path in layers["path"].dropna()}


def check_together(layer: RasterLayer) -> None:
    """Raise where the sources of an imagery layer differ in type, which no mosaic can join."""
    kinds = {info.dtype for info in layer.infos}
    if len(kinds) > 1 and layer.layer_id.startswith("imagery"):
        raise SourceError(
            "layer {layer}: its sources have different types of values ({found})",
            layer=layer.layer_id,
            found=", ".join(sorted(kinds)),
        )


def _info(source: Source) -> RasterInfo:
    try:
        return read_raster_info(source.path, crs=source.crs)
    except CrsError as error:
        told = of_manifest(error, source)
        if told is error:
            raise
        raise told from error
