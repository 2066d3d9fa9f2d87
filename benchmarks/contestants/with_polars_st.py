"""polars-st: frames of polars with GEOS inside."""

from importlib.metadata import version
from typing import Any

import numpy as np
import polars as pl
import polars_st as st

from benchmarks.contest import Attempt, Task
from benchmarks.datasets import smallest


def locate(task: Task) -> Attempt:
    """Join points in memory to the cells."""
    wkb = task.data.wkb()
    points = pl.read_parquet(task.data.points(task.rows))

    def run(cells: Any) -> Any:
        made = points.select("id", geometry=st.point(pl.concat_arr("x", "y")))
        return made.st.sjoin(cells, on="geometry", how="inner", predicate="intersects")

    return Attempt(
        versions={"polars": pl.__version__, "polars-st": version("polars-st")},
        prepare=lambda: st.GeoDataFrame({"cell": np.arange(len(wkb)), "geometry": wkb}),
        run=run,
        answer=lambda pairs: smallest(pairs["id"].to_numpy(), pairs["cell"].to_numpy(), task.rows),
    )
