"""DuckDB with its spatial extension: points from Parquet, cells in a table, its own spatial join."""

from contextlib import ExitStack
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from duckdb_extensions import import_extension

from benchmarks.contest import Attempt, Task
from benchmarks.datasets import smallest


def locate(task: Task) -> Attempt:
    """Join the points of the file to the table of cells."""
    import_extension("spatial")
    stack = ExitStack()
    base = stack.enter_context(duckdb.connect())
    base.execute("LOAD spatial")
    wkb = task.data.wkb()
    cells = pa.table({"cell": np.arange(len(wkb), dtype=np.int64), "wkb": pa.array(wkb, pa.binary())})

    def prepare() -> str:
        base.register("given", cells)
        base.execute("CREATE TABLE cells AS SELECT cell, ST_GeomFromWKB(wkb) AS shape FROM given")
        points = f"read_parquet('{task.data.points(task.rows)}')"
        return f"SELECT id, cell FROM {points} JOIN cells ON ST_Intersects(shape, ST_Point(x, y))"

    def answer(pairs: Any) -> Any:
        return smallest(pairs["id"].to_numpy(), pairs["cell"].to_numpy(), task.rows)

    def run(query: str) -> Any:
        return base.execute(query).fetch_arrow_table()

    return Attempt({"duckdb": duckdb.__version__}, prepare, run, answer, stack=stack)
