"""Features made fit for measuring: invalid ones mended, impossible ones emptied, and how large they are.

Shapes lie scattered in memory. So all that is asked of a shape is asked while it is near the processor, some thousand
shapes at a time, on two processors.
"""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from onemap.geo.crs import metric_crs
from onemap.geo.edges import Bools, Floats, in_threads
from onemap.geo.plain_rings import surely_valid

Shapes = NDArray[Any]

LINE: Final = 1
POLYGON: Final = 2
_COLLECTION: Final = 7
_PORTION: Final = 1 << 13


@dataclass(frozen=True)
class Features:
    """Features as they are measured.

    Attributes
    ----------
    shapes
        Valid shapes; None where nothing can be measured.
    mended
        Which were not valid as they came.
    measured
        The shapes in metres; ``shapes`` itself where these are.
    kind
        0 point, 1 line, 2 polygon, -1 nothing.
    size
        Area of polygons, length of lines, 1 of points, NaN of nothing.
    boxes
        West, south, east and north of the shapes.
    mixed
        Which are collections of shapes of any kinds.
    """

    shapes: Shapes
    mended: Bools
    measured: Shapes
    kind: NDArray[np.int32]
    size: Floats
    boxes: Floats
    mixed: Bools


def take_features(shapes: Shapes, cells: gpd.GeoDataFrame) -> Features:
    """Make shapes in the coordinate system of cells fit for measuring in metres, as they are right around the cells."""
    metric = _metric(cells)
    measured = sound = np.empty_like(shapes)
    mended, mixed = np.zeros((2, len(shapes)), dtype=bool)
    kind, size, boxes = np.empty(len(shapes), dtype=np.int32), np.empty(len(shapes)), np.empty((len(shapes), 4))

    def mend(start: int) -> None:
        rows = slice(start, start + _PORTION)
        sound[rows], mended[rows], boxes[rows] = sound_shapes(shapes[rows])
        mixed[rows] = shapely.get_type_id(sound[rows]) == _COLLECTION
        if metric == cells.crs:
            measure(start)

    def measure(start: int) -> None:
        rows = slice(start, start + _PORTION)
        kind[rows], size[rows] = _measures(measured[rows])

    starts = range(0, len(shapes), _PORTION)
    in_threads(mend, starts)
    if metric != cells.crs:
        measured = _moved(sound, cells.crs, metric)
        in_threads(measure, starts)
    return Features(sound, mended, measured, kind, size, boxes, mixed)


def in_metres(shapes: Shapes, cells: gpd.GeoDataFrame) -> Shapes:
    """Return shapes in the coordinate system of cells in the metric one; themselves where they are."""
    metric = _metric(cells)
    return shapes if metric == cells.crs else _moved(shapes, cells.crs, metric)


def _metric(cells: gpd.GeoDataFrame) -> pyproj.CRS:
    return metric_crs(cells.crs, cells.total_bounds if len(cells) else (np.nan,) * 4)


def _moved(shapes: Shapes, crs: pyproj.CRS, to: pyproj.CRS) -> Shapes:
    return np.asarray(gpd.GeoSeries(shapes, crs=crs).to_crs(to).to_numpy())


def sound_shapes(shapes: Shapes) -> tuple[Shapes, Bools, Floats]:
    """Return measurable shapes: invalid ones mended, impossible ones and empty ones None; which were mended; bounds."""
    sound = shapes.copy()
    boxes = shapely.bounds(shapes)
    finite = np.isfinite(boxes).all(axis=1)
    sound[~finite] = None
    doubtful = np.flatnonzero(finite & ~surely_valid(shapes))
    mended = np.zeros(len(shapes), dtype=bool)
    mended[doubtful] = ~shapely.is_valid(shapes[doubtful])
    sound[mended] = shapely.make_valid(shapes[mended], method="structure", keep_collapsed=False)
    boxes[mended] = shapely.bounds(sound[mended])
    sound[shapely.is_empty(sound)] = None
    return sound, mended, boxes


def _measures(shapes: Shapes) -> tuple[NDArray[np.int32], Floats]:
    """Return kind and size."""
    kind = shapely.get_dimensions(shapes)
    size = np.where(kind == POLYGON, shapely.area(shapes), np.where(kind < 0, np.nan, 1.0))
    lines = np.flatnonzero(kind == LINE)
    size[lines] = shapely.length(shapes[lines])
    return kind, size
