"""geopandas as its users write it: sjoin, overlay."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from benchmarks.contest import Attempt, Task, one_by_one, single_figures
from benchmarks.datasets import smallest

VERSIONS = {
    "geopandas": gpd.__version__,
    "shapely": shapely.__version__,
    "GEOS": shapely.geos_version_string,
    "pandas": pd.__version__,
}


def cells_of(task: Task) -> gpd.GeoDataFrame:
    """Return the cells with their position as ``cell``."""
    cells = gpd.read_parquet(task.data.cells)
    return cells.assign(cell=np.arange(len(cells)))[["cell", "geometry"]]


def cases_of(task: Task) -> gpd.GeoDataFrame:
    """Return the points as a frame of cases."""
    x, y = task.data.xy(task.rows)
    crs = gpd.read_parquet(task.data.cells).crs
    return gpd.GeoDataFrame({"case_code": np.arange(task.rows)}, geometry=gpd.points_from_xy(x, y, crs=crs))


def _answer(task: Task, joined: Any) -> NDArray[np.int64]:
    found = joined.dropna(subset=["cell"])
    return smallest(found.index.to_numpy(), found["cell"].to_numpy().astype(np.int64), task.rows)


def _locate(task: Task, *, index_kept: bool) -> Attempt:
    cells = cells_of(task)
    x, y = task.data.xy(task.rows)

    def run(kept: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=cells.crs))
        return gpd.sjoin(points, cells.copy() if kept is None else kept, predicate="intersects")

    def prepare() -> gpd.GeoDataFrame | None:
        return cells if index_kept and cells.sindex is not None else None

    return Attempt(VERSIONS, prepare, run, lambda joined: _answer(task, joined))


def locate(task: Task) -> Attempt:
    """Join points in memory to cells whose tree is kept."""
    return _locate(task, index_kept=True)


def locate_cold(task: Task) -> Attempt:
    """Join points in memory to cells that have no tree yet."""
    return _locate(task, index_kept=False)


def locate_one(task: Task) -> Attempt:
    """Join frames of one point."""
    cells = cells_of(task)
    points = list(zip(*(axis.tolist() for axis in task.data.xy(task.rows)), strict=True))[:200]

    def ask(x: float, y: float) -> int:
        point = gpd.GeoDataFrame(geometry=[shapely.Point(x, y)], crs=cells.crs)
        found = gpd.sjoin(point, cells, predicate="intersects")["cell"]
        return int(found.min()) if len(found) else -1

    return Attempt(
        VERSIONS,
        lambda: cells.sindex,
        lambda _: one_by_one(ask, points),
        lambda result: result[0],
        lambda _, result: single_figures(result),
    )


def _assign(task: Task, *, index_kept: bool) -> Attempt:
    cells, cases = cells_of(task), cases_of(task)

    def run(kept: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
        return gpd.sjoin(cases, cells.copy() if kept is None else kept, how="left", predicate="intersects")

    def prepare() -> gpd.GeoDataFrame | None:
        return cells if index_kept and cells.sindex is not None else None

    return Attempt(VERSIONS, prepare, run, lambda joined: _answer(task, joined))


def assign(task: Task) -> Attempt:
    """Join a frame of cases to cells that have no tree yet; no reasons, doubles at borders left in."""
    return _assign(task, index_kept=False)


def assign_kept(task: Task) -> Attempt:
    """Join a frame of cases to cells whose tree is kept; no reasons, doubles at borders left in."""
    return _assign(task, index_kept=True)


def own(task: Task) -> Attempt:
    """Cut the buildings by the cells and keep the largest piece of each."""
    cells = cells_of(task)
    buildings = gpd.read_parquet(task.data.buildings(task.rows)).assign(building=np.arange(task.rows))

    def run(_: None) -> pd.DataFrame:
        pieces = gpd.overlay(buildings, cells, how="intersection", keep_geom_type=True)
        pieces = pieces.assign(area=pieces.area)
        pieces = pieces.sort_values(["building", "area", "cell"], ascending=[True, False, True])
        return pieces.drop_duplicates("building")

    def answer(largest: pd.DataFrame) -> NDArray[np.int64]:
        owner = np.full(task.rows, -1, dtype=np.int64)
        owner[largest["building"].to_numpy()] = largest["cell"].to_numpy()
        return owner

    return Attempt(VERSIONS, lambda: None, run, answer)
