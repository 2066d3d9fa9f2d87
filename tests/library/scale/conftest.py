"""Cells of every kind, and cases in several Parquet files."""

import hashlib
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

CRS = "EPSG:4548"
WEST, SOUTH = 500_000.0, 4_400_000.0


@pytest.fixture(scope="session")
def cells() -> gpd.GeoDataFrame:
    """Return a 20 x 20 grid with a hole, an overlap and codes out of order."""
    boxes = [
        shapely.box(WEST + 100 * i, SOUTH + 100 * j, WEST + 100 * i + 100, SOUTH + 100 * j + 100)
        for j in range(20)
        for i in range(20)
    ]
    boxes[45] = shapely.buffer(boxes[45], 7, join_style="mitre")
    codes = [f"1101{(37 * k) % 400:05d}" for k in range(400)]
    return gpd.GeoDataFrame({"cell_code": codes}, geometry=boxes, crs=CRS).drop(index=[210, 399])


@pytest.fixture(scope="session")
def cases() -> pd.DataFrame:
    """Return 20,000 cases: inside, on edges and corners, outside, far away, and without position."""
    rng = np.random.default_rng(3)
    x, y = WEST + rng.uniform(-50, 2050, 20_000), SOUTH + rng.uniform(-50, 2050, 20_000)
    x[:2000] = WEST + 100 * rng.integers(0, 21, 2000)
    y[1000:3000] = SOUTH + 100 * rng.integers(0, 21, 2000)
    x[3000:3020], y[3000:3020] = np.nan, 1.0
    x[3020:3030], y[3020:3030] = 0.0, 0.0
    x[3030:3040] = 9e5
    return pd.DataFrame({"id": np.arange(20_000), "title": [f"案件{k % 77}" for k in range(20_000)], "x": x, "y": y})


@pytest.fixture(scope="session")
def folder(cases, tmp_path_factory) -> Path:
    """Return the cases in seven files of unequal size, one of them empty and one in a folder below."""
    folder = tmp_path_factory.mktemp("cases")
    (folder / "below").mkdir()
    ends = [0, 3, 5000, 5000, 9000, 13_000, 17_000, 20_000]
    for k, (start, end) in enumerate(pairwise(ends)):
        place = folder / "below" if k == 6 else folder
        cases.iloc[start:end].to_parquet(place / f"part-{k}.parquet", index=False, row_group_size=1500)
    return folder


def content(frame: pd.DataFrame) -> str:
    """Return a hash of a table's values, whatever the types in which they are kept; rows by id."""
    plain = frame.sort_values("id").reset_index(drop=True)
    digest = hashlib.sha256(",".join(plain.columns).encode())
    for name in plain:
        values = plain[name].astype(object).where(plain[name].notna(), None)
        digest.update(repr(values.tolist()).encode())
    return digest.hexdigest()


def read_all(folder: Path) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(path) for path in sorted(folder.rglob("*.parquet"))], ignore_index=True)


def in_memory(cases: pd.DataFrame, cells: gpd.GeoDataFrame, answers: tuple[str, ...], **options) -> pd.DataFrame:
    """Return what `assign_cases` answers, in the columns of a file."""
    import onemap

    points = gpd.GeoDataFrame(cases, geometry=gpd.points_from_xy(cases["x"], cases["y"]), crs=CRS)
    table = onemap.assign_cases(points, cells, **options).table
    table["candidates"] = table["candidates"].map(lambda codes: ";".join(map(str, codes)))
    return cases.assign(**{name: table[name] for name in answers})
