"""SedonaDB: points from Parquet, cells from a frame, its own spatial join."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import sedonadb

from benchmarks.contest import Attempt, Task
from benchmarks.datasets import read_written, smallest

VERSIONS = {"sedonadb": sedonadb.__version__}
_JOIN = (
    "SELECT points.id, cells.cell FROM points JOIN cells ON ST_Intersects(cells.geometry, ST_Point(points.x, points.y))"
)


def _session(task: Task, points: list[str]) -> Any:
    session = sedonadb.connect()
    cells = gpd.read_parquet(task.data.cells)
    cells = cells.assign(cell=np.arange(len(cells)))[["cell", "geometry"]].set_crs(None, allow_override=True)
    session.create_data_frame(cells).to_view("cells")
    session.read_parquet(points).to_view("points")
    return session


def locate(task: Task) -> Attempt:
    """Join the points of the file to the cells, into memory."""
    return Attempt(
        versions=VERSIONS,
        prepare=lambda: _session(task, [str(task.data.points(task.rows))]),
        run=lambda session: session.sql(_JOIN).to_arrow_table(),
        answer=lambda pairs: smallest(pairs["id"].to_numpy(), pairs["cell"].to_numpy(), task.rows),
    )


def out_of_core(task: Task) -> Attempt:
    """Join the points of many files to the cells, into files."""
    out = task.room / "joined"
    parts = sorted(str(path) for path in task.data.parts(task.rows).glob("*.parquet"))

    def run(session: Any) -> Path:
        out.mkdir(exist_ok=True)
        session.sql(_JOIN).to_parquet(str(out / "pairs"))
        return out

    return Attempt(
        versions=VERSIONS,
        prepare=lambda: _session(task, parts),
        run=run,
        answer=lambda folder: read_written(folder, task.rows, "cell"),
    )
