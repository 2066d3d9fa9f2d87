"""GEOS' own coverage check: it marks edges, knows no areas and takes a missing cell for a hole."""

import geopandas as gpd
import shapely

from benchmarks.contest import Attempt, Task
from benchmarks.contestants.with_shapely import VERSIONS


def coverage(task: Task) -> Attempt:
    """Return the edges that do not match."""
    cells = gpd.read_parquet(task.data.damaged).geometry.to_numpy()
    return Attempt(VERSIONS, lambda: None, lambda _: shapely.coverage_invalid_edges(cells))
