"""dask_geopandas: a join in as many processes as there are cores."""

import os
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from benchmarks.contest import Attempt, Task
from benchmarks.datasets import read_written


def out_of_core(task: Task) -> Attempt:
    """Join the points of many files to the cells, into files."""
    import dask
    import dask.dataframe as dd
    import dask_geopandas as dg
    from dask.distributed import Client, LocalCluster

    cells = gpd.read_parquet(task.data.cells)
    cells = cells.assign(cell=np.arange(len(cells)))[["cell", "geometry"]]
    out = task.room / "joined"
    parts = sorted(str(path) for path in task.data.parts(task.rows).glob("*.parquet"))

    stack = ExitStack()

    def prepare() -> Any:
        dask.config.set({"temporary-directory": str(task.room)})
        cluster = LocalCluster(n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address=None, host="127.0.0.1")
        stack.enter_context(cluster)
        return stack.enter_context(Client(cluster))

    def run(_client: Any) -> Path:
        points = dd.read_parquet(parts, split_row_groups=True)
        frame = dg.from_dask_dataframe(points, geometry=dg.points_from_xy(points, "x", "y", crs=cells.crs))
        joined = dg.sjoin(frame, dg.from_geopandas(cells, npartitions=1), how="inner", predicate="intersects")
        joined[["id", "cell"]].to_parquet(out, write_index=False)
        return out

    return Attempt(
        versions={"dask-geopandas": version("dask-geopandas"), "dask": version("dask")},
        prepare=prepare,
        run=run,
        answer=lambda folder: read_written(folder, task.rows, "cell"),
        stack=stack,
    )
