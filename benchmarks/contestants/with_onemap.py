"""onemap, by its public names alone."""

import time
from itertools import count
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

import onemap
from benchmarks.contest import Attempt, Task, one_by_one, single_figures
from benchmarks.contestants.with_geopandas import cases_of
from benchmarks.datasets import read_written

VERSIONS = {"onemap": onemap.__version__, "numpy": np.__version__, "shapely": shapely.__version__}
Ints = NDArray[np.int64]


def _positions(codes: Any) -> Ints:
    positions: Ints = codes.fillna("-1").astype("int64").to_numpy()
    return positions


def locate(task: Task) -> Attempt:
    """Give points in memory their cells; the index is kept."""
    cells = gpd.read_parquet(task.data.cells)
    x, y = task.data.xy(task.rows)

    def figures(locator: onemap.CellLocator, _result: Ints) -> dict[str, float]:
        kept = locator.save(task.room / "index")
        start = time.perf_counter()
        onemap.CellLocator.load(kept)
        opened = time.perf_counter() - start
        return {
            "index_bytes": locator.index.size,
            "file_bytes": kept.stat().st_size,
            "open_s": opened,
            "cells": len(cells),
            "vertices": int(shapely.get_num_coordinates(cells.geometry.to_numpy()).sum()),
        }

    return Attempt(
        versions=VERSIONS,
        prepare=lambda: onemap.CellLocator(cells),
        run=lambda locator: locator.locate(x, y),
        answer=lambda result: result,
        figures=figures,
    )


def locate_cold(task: Task) -> Attempt:
    """Build the index and give the points their cells."""
    cells = gpd.read_parquet(task.data.cells)
    x, y = task.data.xy(task.rows)
    return Attempt(
        versions=VERSIONS,
        prepare=lambda: None,
        run=lambda _: onemap.CellLocator(cells).locate(x, y),
        answer=lambda result: result,
    )


def locate_one(task: Task) -> Attempt:
    """Give one point after the other its cell."""
    cells = gpd.read_parquet(task.data.cells)
    points = list(zip(*(axis.tolist() for axis in task.data.xy(task.rows)), strict=True))

    def prepare() -> onemap.CellLocator:
        locator = onemap.CellLocator(cells)
        locator.locate_one(*points[0])  # the first call sets up
        return locator

    def run(locator: onemap.CellLocator) -> tuple[Ints, Ints]:
        return one_by_one(locator.locate_one, points)

    return Attempt(VERSIONS, prepare, run, lambda result: result[0], lambda _, result: single_figures(result))


def assign(task: Task) -> Attempt:
    """Build the index and give the rows of a frame their cells, with how and why."""
    cells = gpd.read_parquet(task.data.cells)
    cases = cases_of(task)
    return Attempt(
        versions=VERSIONS,
        prepare=lambda: None,
        run=lambda _: onemap.assign_cases(cases, cells),
        answer=lambda result: _positions(result.table["cell"]),
    )


def assign_kept(task: Task) -> Attempt:
    """Give the rows of a frame their cells, with how and why; the index is kept."""
    cells = gpd.read_parquet(task.data.cells)
    cases = cases_of(task)
    kept = onemap.CellLocator(cells).save(task.room / "index")
    return Attempt(
        versions=VERSIONS,
        prepare=lambda: onemap.CellLocator.load(kept, cells),
        run=lambda locator: onemap.assign_cases(cases, cells, locator=locator),
        answer=lambda result: _positions(result.table["cell"]),
    )


def coverage(task: Task) -> Attempt:
    """Find every gap and overlap, with its area and the cells concerned."""
    cells = gpd.read_parquet(task.data.damaged)

    def areas(report: onemap.CoverageReport) -> NDArray[np.float64]:
        by_kind = report.defects.groupby("kind")["area_m2"].sum()
        return np.array([by_kind.get("gap", 0.0), by_kind.get("overlap", 0.0)])

    return Attempt(
        versions=VERSIONS,
        prepare=lambda: None,
        run=lambda _: onemap.check_coverage(cells),
        answer=areas,
        figures=lambda _, report: {"defects": len(report.defects)},
    )


def own(task: Task) -> Attempt:
    """Give each building the cell with the largest share of it."""
    cells = gpd.read_parquet(task.data.cells)
    buildings = gpd.read_parquet(task.data.buildings(task.rows))
    return Attempt(
        versions=VERSIONS,
        prepare=lambda: None,
        run=lambda _: onemap.own_polygons(buildings, cells),
        answer=lambda result: _positions(result["cell"]),
    )


def out_of_core(task: Task) -> Attempt:
    """Give points in files their cells, into files."""
    cells = gpd.read_parquet(task.data.cells)
    runs = count()

    def run(_: None) -> Path:
        out = task.room / f"assigned-{next(runs)}"  # a job that finds its answers there would take them for done
        onemap.assign_parquet(
            task.data.parts(task.rows), cells, out, x="x", y="y", crs=cells.crs, keep=["id"], answers=["cell"]
        )
        return out

    return Attempt(VERSIONS, lambda: None, run, lambda folder: read_written(folder, task.rows, "cell"))
