"""PostGIS: points and cells in tables, a spatial index on the cells, joined on the server by all cores."""

import csv
from contextlib import ExitStack
from io import StringIO
from pathlib import Path

import numpy as np

from benchmarks.contest import Attempt, Task
from benchmarks.datasets import Ints, smallest
from benchmarks.postgis_server import Server, postgis


def _load(server: Server, task: Task, exchange: Path) -> None:
    """Fill and index the tables."""
    with (exchange / "cells.tsv").open("w", encoding="ascii") as file:
        file.writelines(f"{cell}\t{wkb.hex()}\n" for cell, wkb in enumerate(task.data.wkb()))
    server.ask(
        "CREATE UNLOGGED TABLE cells (cell int, shape geometry)",
        f"\\copy cells from '{exchange / 'cells.tsv'}'",
        "CREATE INDEX ON cells USING gist (shape)",
        "CREATE UNLOGGED TABLE given (id int, x float8, y float8)",
    )
    x, y = task.xy()
    with (exchange / "points.csv").open("w", encoding="ascii", newline="") as file:
        csv.writer(file).writerows(zip(range(task.rows), x.tolist(), y.tolist(), strict=True))
    server.ask(
        f"\\copy given from '{exchange / 'points.csv'}' csv",
        "CREATE UNLOGGED TABLE points AS SELECT id, ST_Point(x, y) AS place FROM given",
        "VACUUM ANALYZE cells",
        "VACUUM ANALYZE points",
    )


def locate(task: Task) -> Attempt:
    """Join a table of points to the table of cells, into a table."""
    stack = ExitStack()
    versions: dict[str, str] = {}

    def prepare() -> Server:
        server = stack.enter_context(postgis(task.room))
        release = server.ask("SELECT split_part(version(), ' ', 2), PostGIS_Lib_Version()").split()
        versions.update(PostgreSQL=release[0], PostGIS=release[1])
        _load(server, task, task.room)
        return server

    def run(server: Server) -> Server:
        server.ask(
            "DROP TABLE IF EXISTS joined",
            "CREATE UNLOGGED TABLE joined AS SELECT id, cell FROM points JOIN cells ON ST_Intersects(shape, place)",
        )
        return server

    def answer(server: Server) -> Ints:
        pairs = np.loadtxt(StringIO(server.ask("COPY joined TO STDOUT")), dtype=np.int64, ndmin=2)
        return smallest(pairs[:, 0], pairs[:, 1], task.rows)

    return Attempt(versions, prepare, run, answer, serves=True, stack=stack)
