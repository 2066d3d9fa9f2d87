"""The sample city as raw files, a manifest and the list of what is wrong in them."""

import json
from pathlib import Path

import pyogrio
import shapely

from onemap.geo.gcj import convert_coordinates

from .plan import CRS, Size
from .sample import City, make_city

MANIFEST = """\
schema = 1

[district]
name = "青禾区"
name_en = "Qinghe"
crs = "EPSG:4548"
code_profile = "GBT30428"
as_of = 2026-06-30
root = "raw"

[levels]
grid_district = { zh = "区", en = "District" }
grid_street = { zh = "街道", en = "Street" }
grid_community = { zh = "社区", en = "Community" }
grid_cell = { zh = "单元网格", en = "Cell" }

[[source]]
layer = "grid_district"
path = "网格.gpkg"
sublayer = "区"

[[source]]
layer = "grid_street"
path = "网格.gpkg"
sublayer = "街道"

[[source]]
layer = "grid_community"
path = "网格.gpkg"
sublayer = "社区"

[[source]]
layer = "grid_cell"
path = "网格.gpkg"
sublayer = "单元网格"

[[source]]
layer = "city3d_building"
path = "房屋面.shp"
crs = "EPSG:4548"
encoding = "GB18030"

[[source]]
layer = "case"
path = "案件.csv"
crs = "EPSG:4490"
coordinates = "GCJ02"
x = "经度"
y = "纬度"
"""


def write_city(folder: str | Path, *, seed: int = 7, size: Size = "full") -> Path:
    """Write the sample city: ``onemap.toml``, raw files in ``raw/`` and ``planted.json``.

    Parameters
    ----------
    folder
        Where to write; made if it does not exist.
    seed
        Any integer; the same seed and size give the same bytes.
    size
        ``"full"`` or ``"small"``, see `make_city`.

    Returns
    -------
    Path
        The manifest.
    """
    city = make_city(seed=seed, size=size)
    folder = Path(folder)
    raw = folder / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    _write_grids(city, raw / "网格.gpkg")
    _write_buildings(city, raw / "房屋面.shp")
    _write_cases(city, raw / "案件.csv")
    (folder / "planted.json").write_text(json.dumps({"planted": []}), encoding="utf-8")
    manifest = folder / "onemap.toml"
    manifest.write_text(MANIFEST, encoding="utf-8")
    return manifest


def _write_grids(city: City, path: Path) -> None:
    path.unlink(missing_ok=True)
    for layer, sublayer in (
        ("grid_district", "区"),
        ("grid_street", "街道"),
        ("grid_community", "社区"),
        ("grid_cell", "单元网格"),
    ):
        pyogrio.write_dataframe(
            city.frames[layer], path, layer=sublayer, driver="GPKG", append=path.exists(), VERSION="1.3"
        )


def _write_buildings(city: City, path: Path) -> None:
    frame = city.frames["city3d_building"].rename(
        columns={
            "building_code": "房屋编号",
            "floors": "地上层数",
            "height_m": "建筑高度",
            "use": "房屋用途",
            "households": "户数",
        }
    )
    frame = frame.rename(columns={"residents": "居住人数", "address": "房屋坐落", "name": "房屋名称"})
    pyogrio.write_dataframe(frame, path, driver="ESRI Shapefile", encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)


def _write_cases(city: City, path: Path) -> None:
    cases = city.cases
    lon, lat = convert_coordinates(*shapely.get_coordinates(cases.geometry.to_numpy()).T, source=CRS, target="GCJ02")
    table = cases.drop(columns="geometry").rename(
        columns={
            "case_code": "案件编号",
            "matter_code": "事项代码",
            "matter_name": "事项名称",
            "reported_at": "上报时间",
        }
    )
    table = table.rename(columns={"state": "案件状态", "address": "事发位置"}).assign(
        经度=lon.round(6), 纬度=lat.round(6)
    )
    table.to_csv(path, index=False, encoding="gbk", lineterminator="\r\n")
