"""What is drawn from a terrain model: hillshade and contours."""

from typing import Any

import contourpy
import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from rasterio import Affine

_SUNS = ((225.0, 0.15), (270.0, 0.25), (315.0, 0.4), (0.0, 0.2))
"""Azimuths in degrees and weights: light from several sides shows valleys of every direction (after Mark, 1992)."""
_ALTITUDE = 45.0
_STEPS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_MOST_LINES = 25


def shade(heights: NDArray[np.float64], *, cell_m: float) -> NDArray[np.uint8]:
    """Return the hillshade of a grid of heights that has one cell more on each side than the answer.

    Parameters
    ----------
    heights
        Metres, north up, NaN where unknown.
    cell_m
        Width of a cell in metres.

    Returns
    -------
    numpy.ndarray
        1 (dark) to 255 (light); 0 where a height is unknown. Slope by Horn's method (1981).

    Examples
    --------
    >>> int(shade(np.zeros((3, 3)), cell_m=1.0)[0, 0])
    181
    """
    z = _rim_filled(heights)
    east = (z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:]) - (z[:-2, :-2] + 2 * z[1:-1, :-2] + z[2:, :-2])
    south = (z[2:, :-2] + 2 * z[2:, 1:-1] + z[2:, 2:]) - (z[:-2, :-2] + 2 * z[:-2, 1:-1] + z[:-2, 2:])
    dx, dy = east / (8 * cell_m), -south / (8 * cell_m)  # rise to the east and to the north
    steepness = np.sqrt(1 + dx * dx + dy * dy)
    altitude = np.radians(_ALTITUDE)
    light = np.zeros_like(dx)
    for azimuth, weight in _SUNS:
        angle = np.radians(azimuth)
        toward = dx * np.sin(angle) + dy * np.cos(angle)
        light += weight * np.clip((np.sin(altitude) - toward * np.cos(altitude)) / steepness, 0, 1)
    known = np.isfinite(light) & np.isfinite(heights[1:-1, 1:-1])
    with np.errstate(invalid="ignore"):
        return np.where(known, np.clip(np.rint(light * 254) + 1, 1, 255), 0).astype(np.uint8)


def _rim_filled(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill unknown cells beside known ones with the height of a neighbour, so that the edge is shaded too."""
    filled = heights.copy()
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        moved = np.roll(filled, step, axis=axis)
        edge = [slice(None), slice(None)]
        edge[axis] = slice(0, 1) if step == 1 else slice(-1, None)
        moved[tuple(edge)] = np.nan
        filled = np.where(np.isnan(filled), moved, filled)
    return filled


def contour_interval(relief_m: float) -> float:
    """Return the interval that draws at most about 25 contours over a relief: 0.25, 0.5, 1, 2, 5 ... 100 m.

    Examples
    --------
    >>> contour_interval(12.0), contour_interval(640.0)
    (0.5, 50.0)
    """
    return next((step for step in _STEPS if relief_m / step <= _MOST_LINES), _STEPS[-1])


def draw_contours(
    heights: "np.ma.MaskedArray[Any, np.dtype[np.float64]]", transform: Affine, crs: pyproj.CRS
) -> gpd.GeoDataFrame:
    """Return the contours of a terrain model, one row a height.

    Parameters
    ----------
    heights
        Metres, masked where unknown; values stand for the centres of the cells.
    transform
        From columns and rows to coordinates, north up.
    crs
        CRS of the coordinates.

    Returns
    -------
    geopandas.GeoDataFrame
        ``elevation_m`` and multi-part lines; empty over flat ground.
    """
    empty = gpd.GeoDataFrame({"elevation_m": np.array([], dtype="float64")}, geometry=[], crs=crs)
    if min(heights.shape) < 2 or heights.count() == 0:  # noqa: PLR2004 - a line needs two cells each way
        return empty
    low, high = float(heights.min()), float(heights.max())
    interval = contour_interval(high - low)
    levels = np.arange(np.ceil(low / interval), np.floor(high / interval) + 1) * interval
    generator = contourpy.contour_generator(
        z=heights, corner_mask=True, line_type=contourpy.LineType.ChunkCombinedOffset
    )
    rows, shapes = [], []
    for level in levels:
        points, offsets = (chunk[0] for chunk in generator.lines(level))
        if points is None or offsets is None:
            continue
        x = transform.c + transform.a * (points[:, 0] + 0.5)
        y = transform.f + transform.e * (points[:, 1] + 0.5)
        part = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets.astype(np.int64)))
        lines = shapely.linestrings(np.column_stack([x, y]), indices=part)
        lines = shapely.simplify(lines, abs(transform.a) / 10)
        rows.append(float(level))
        shapes.append(shapely.multilinestrings(lines[shapely.length(lines) > abs(transform.a)]))
    drawn = gpd.GeoDataFrame({"elevation_m": rows}, geometry=shapes, crs=crs)
    return drawn[~drawn.geometry.is_empty].reset_index(drop=True)
