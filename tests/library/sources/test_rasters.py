"""Rasters: real terrain, nodata, every way to have no or the wrong CRS, tile packages."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from onemap.errors import CrsError, SourceError
from onemap.sources.rasters import read_raster_info


def write(
    path: Path, cells: np.ndarray, *, crs: object = "EPSG:4548", transform: object = None, **options: object
) -> Path:
    about = {"driver": "GTiff", "count": 1, "height": cells.shape[0], "width": cells.shape[1], "dtype": cells.dtype}
    transform = transform or Affine(2, 0, 446_000, 0, -2, 4_420_000)
    with rasterio.open(path, "w", crs=crs, transform=transform, **(about | options)) as raster:
        raster.write(cells, 1)
    return path


@pytest.mark.parametrize("name", ["dtm", "dsm", "hag"])
def test_terrain_of_alexandria(real_data: Path, name: str) -> None:
    info = read_raster_info(real_data / "raster_alexandria_va" / f"{name}.tif")
    assert (info.width, info.height, info.bands, info.dtype, info.nodata) == (283, 259, 1, "float32", -9999.0)
    assert info.crs.to_epsg() == 26918
    assert info.bounds == (321_498, 4_297_500, 322_064, 4_298_018)
    assert info.resolution == (2.0, 2.0)
    with rasterio.open(info.path) as raster:
        assert info.footprint.area == np.count_nonzero(raster.dataset_mask()) * 4.0


def test_the_footprint_leaves_out_what_is_nothing(tmp_path: Path) -> None:
    cells = np.ones((10, 10), dtype="float32")
    cells[:, 7:] = -9999
    info = read_raster_info(write(tmp_path / "a.tif", cells, nodata=-9999))
    assert info.footprint.equals(shapely.box(446_000, 4_419_980, 446_014, 4_420_000))
    cells[:, :2] = np.nan
    info = read_raster_info(write(tmp_path / "b.tif", cells, nodata=-9999))
    assert info.footprint.equals(shapely.box(446_004, 4_419_980, 446_014, 4_420_000))
    cells[:] = -9999
    assert read_raster_info(write(tmp_path / "c.tif", cells, nodata=-9999)).footprint.is_empty


def test_large_rasters_are_outlined_on_a_coarser_grid(tmp_path: Path) -> None:
    cells = np.ones((3000, 5000), dtype="uint8")
    cells[:, 2500:] = 0
    info = read_raster_info(write(tmp_path / "a.tif", cells, nodata=0, compress="deflate"))
    assert info.footprint.area == pytest.approx(3000 * 2500 * 4, rel=0.002)
    assert len(shapely.get_coordinates(info.footprint)) < 20


def test_a_missing_or_clashing_crs_stops(tmp_path: Path) -> None:
    cells = np.ones((4, 4), dtype="float32")
    bare = write(tmp_path / "bare.tif", cells, crs=None)
    with pytest.raises(CrsError, match="no coordinate system is known"):
        read_raster_info(bare)
    assert read_raster_info(bare, crs="EPSG:4548").crs.to_epsg() == 4548
    with pytest.raises(CrsError, match="declared as EPSG:4527, but the file says EPSG:4548"):
        read_raster_info(write(tmp_path / "a.tif", cells), crs="EPSG:4527")
    assert read_raster_info(tmp_path / "a.tif", crs="EPSG:4548").crs.to_epsg() == 4548


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_damage_and_strangers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0nothing")
    with pytest.raises(SourceError, match="cannot be read"):
        read_raster_info(tmp_path / "a.tif")
    (tmp_path / "a.vrt").write_text("<VRTDataset/>")
    with pytest.raises(SourceError, match="files of this kind are not read"):
        read_raster_info(tmp_path / "a.vrt")
    (tmp_path / "b.tif").write_text("<VRTDataset rasterXSize='1' rasterYSize='1'/>")
    with pytest.raises(SourceError, match="cannot be read"):
        read_raster_info(tmp_path / "b.tif")
    with pytest.raises(SourceError, match="no such file"):
        read_raster_info(tmp_path / "none.tif")
    with pytest.raises(SourceError, match="the raster has no position"):
        read_raster_info(write(tmp_path / "c.tif", np.ones((2, 2), dtype="uint8"), transform=Affine.identity()))


def test_a_tile_package_is_described(tmp_path: Path) -> None:
    path = tmp_path / "city.mbtiles"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE metadata (name text, value text)")
        database.execute(
            "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)"
        )
        with pytest.raises(SourceError, match="the tile package is empty"):
            read_raster_info(path)
        about = {"format": "png", "bounds": "116.3,39.8,116.5,40.0", "minzoom": "10", "maxzoom": "16"}
        database.executemany("INSERT INTO metadata VALUES (?, ?)", about.items())
        database.execute("INSERT INTO tiles VALUES (10, 1, 1, x'00')")
        database.commit()
    info = read_raster_info(path)
    assert (info.zooms, info.driver, info.bands, info.crs.to_epsg()) == ((10, 16), "MBTiles/png", 4, 3857)
    assert info.bounds == pytest.approx((12_946_456.8, 4_836_967.6, 12_968_720.8, 4_865_942.3), abs=1000)
    assert info.resolution[0] == pytest.approx(2.388657, abs=1e-6)
    with pytest.raises(CrsError, match="MBTiles are in EPSG:3857"):
        read_raster_info(path, crs=4326)
    path.write_bytes(b"x" * 100)
    with pytest.raises(SourceError, match="damaged or no MBTiles"):
        read_raster_info(path)
