"""shapely's tree and predicates, without frames around them: what a careful programmer writes."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.contest import Attempt, Task, one_by_one, single_figures
from benchmarks.datasets import smallest

VERSIONS = {"shapely": shapely.__version__, "GEOS": shapely.geos_version_string}
Shapes = NDArray[Any]
Ints = NDArray[np.int64]


def _cells(task: Task) -> Shapes:
    cells: Shapes = gpd.read_parquet(task.data.cells, columns=["geometry"]).geometry.to_numpy()
    return cells


def locate(task: Task) -> Attempt:
    """Query the tree for all points at once."""
    cells = _cells(task)
    x, y = task.data.xy(task.rows)
    return Attempt(
        versions=VERSIONS,
        prepare=lambda: shapely.STRtree(cells),
        run=lambda tree: tree.query(shapely.points(x, y), predicate="intersects"),
        answer=lambda pairs: smallest(pairs[0], pairs[1], task.rows),
    )


def locate_one(task: Task) -> Attempt:
    """Query the tree for one point after the other."""
    cells = _cells(task)
    points = list(zip(*(axis.tolist() for axis in task.data.xy(task.rows)), strict=True))

    def prepare() -> shapely.STRtree:
        shapely.prepare(cells)
        return shapely.STRtree(cells)

    def run(tree: shapely.STRtree) -> tuple[Ints, Ints]:
        def ask(x: float, y: float) -> int:
            found = tree.query(shapely.Point(x, y), predicate="intersects")
            return int(found.min()) if len(found) else -1

        return one_by_one(ask, points)

    return Attempt(VERSIONS, prepare, run, lambda result: result[0], lambda _, result: single_figures(result))


def own(task: Task) -> Attempt:
    """Query the tree, and cut only the buildings that meet several cells."""
    cells = _cells(task)
    buildings: Shapes = gpd.read_parquet(task.data.buildings(task.rows)).geometry.to_numpy()

    def run(_: None) -> Ints:
        building, cell = shapely.STRtree(cells).query(buildings, predicate="intersects")
        owner = np.full(len(buildings), -1, dtype=np.int64)
        shared = np.bincount(building, minlength=len(buildings))[building] > 1
        owner[building[~shared]] = cell[~shared]
        building, cell = building[shared], cell[shared]
        area = shapely.area(shapely.intersection(buildings[building], cells[cell]))
        order = np.lexsort((cell, -area, building))
        first = order[np.diff(building[order], prepend=-1) > 0]
        owner[building[first]] = cell[first]
        return owner

    return Attempt(VERSIONS, lambda: None, run, lambda owner: owner)
