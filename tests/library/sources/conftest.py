"""Small sources in every format, made on the spot."""

import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

NAMES = ["东华门街道", "景山街道", "交道口街道", "安定门街道", "北新桥街道", "东四街道", "朝阳门街道", "建国门街道"]


def make_cells(count: int = 30) -> gpd.GeoDataFrame:
    """Return square cells near Beijing, with Chinese attributes."""
    west = 446_000 + 100.0 * (np.arange(count) % 6)
    south = 4_420_000 + 100.0 * (np.arange(count) // 6)
    return gpd.GeoDataFrame(
        {
            "网格编码": [f"{110101001000 + i:012d}" for i in range(count)],
            "名称": [NAMES[i % len(NAMES)] for i in range(count)],
            "面积": 10_000.0 + np.arange(count),
            "楼层": np.arange(count) % 30,
        },
        geometry=shapely.box(west, south, west + 100, south + 100),
        crs="EPSG:4548",
    )


@pytest.fixture(scope="session")
def cells() -> gpd.GeoDataFrame:
    return make_cells()


def write_dbf(path: Path, fields: list[tuple[bytes, str, int]], rows: list[list[bytes]], *, language: int = 0) -> None:
    """Write a .dbf byte for byte, as a careless tool would."""
    width = 1 + sum(size for _, _, size in fields)
    header = struct.pack("<BBBBIHH16xBB2x", 3, 126, 6, 30, len(rows), 32 + 32 * len(fields) + 1, width, 0, language)
    for name, kind, size in fields:
        header += struct.pack("<11sc4xBB14x", name[:10], kind.encode(), size, 0)
    body = b"".join(
        b" " + b"".join(value[:size].ljust(size) for value, (_, _, size) in zip(row, fields, strict=True))
        for row in rows
    )
    path.write_bytes(header + b"\r" + body + b"\x1a")


def write_seeds(folder: Path) -> list[Path]:
    """Write one small source of each format into ``folder``; return what `read` is to be given."""
    folder.mkdir(parents=True, exist_ok=True)
    cells = make_cells()
    english = cells.rename(columns={"网格编码": "cell_code", "名称": "name", "面积": "area", "楼层": "floors"})
    made = {name: folder / name for name in ("cells.gpkg", "cells.geojson", "cells.fgb", "cells.parquet")}
    cells.to_file(made["cells.gpkg"], layer="cells", engine="pyogrio")
    cells.to_crs(4326).to_file(made["cells.geojson"], engine="pyogrio")
    cells.to_file(made["cells.fgb"], engine="pyogrio")
    cells.to_parquet(made["cells.parquet"])
    english.to_file(folder / "cells.shp", engine="pyogrio", encoding="GBK")
    table = pd.DataFrame(cells.drop(columns="geometry"))
    points = cells.centroid.to_crs(4326)
    table["经度"], table["纬度"] = points.x, points.y
    table["时间"] = "2026-06-03 14:05:00"
    table.to_csv(folder / "cases.csv", index=False, encoding="gb18030")
    table.to_excel(folder / "cases.xlsx", index=False)
    wkb = pd.DataFrame(cells.drop(columns="geometry")).assign(geometry=shapely.to_wkb(cells.geometry.array, hex=True))
    wkb.to_csv(folder / "wkb.csv", index=False)
    with zipfile.ZipFile(folder / "cells.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            archive.write(folder / f"cells{ending}", f"cells{ending}")
    others = ["cells.shp", "cases.csv", "cases.xlsx", "wkb.csv", "cells.zip"]
    return [*made.values(), *(folder / name for name in others)]
