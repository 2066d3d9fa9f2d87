"""Gaps as holes of the union, overlaps by intersecting neighbours: the two steps that every forum recommends."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.contest import Attempt, Task
from benchmarks.contestants.with_shapely import VERSIONS


def coverage(task: Task) -> Attempt:
    """Return the areas of gaps and of overlaps."""
    cells = gpd.read_parquet(task.data.damaged).geometry.to_numpy()

    def run(_: None) -> NDArray[np.float64]:
        union = shapely.union_all(cells)
        filled = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(union)))
        gaps = shapely.difference(shapely.union_all(filled), union)
        shapely.prepare(cells)
        left, right = shapely.STRtree(cells).query(cells, predicate="intersects")
        once = left < right
        overlaps = shapely.intersection(cells[left[once]], cells[right[once]])
        return np.array([shapely.area(gaps), shapely.area(overlaps).sum()])

    return Attempt(VERSIONS, lambda: None, run, lambda areas: areas)
