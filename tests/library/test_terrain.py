"""Hillshade and contours, on slopes whose answer is known."""

import numpy as np
import pytest
from rasterio import Affine

from onemap.basemap.terrain import contour_interval, draw_contours, shade

TRANSFORM = Affine(10.0, 0.0, 1000.0, 0.0, -10.0, 2000.0)


def slope(east: float, north: float, *, size: int = 9) -> np.ndarray:
    """Return heights of 10 m cells that rise by ``east`` and ``north`` metres a metre."""
    rows, columns = np.indices((size, size), dtype="float64")
    return 100.0 + east * 10 * columns - north * 10 * rows


def test_flat_ground_is_evenly_lit():
    assert np.unique(shade(slope(0, 0), cell_m=10.0)).tolist() == [181]


def test_light_comes_from_the_north_west():
    faces_north_west = shade(slope(0.5, -0.5), cell_m=10.0)  # it falls to the north-west
    faces_south_east = shade(slope(-0.5, 0.5), cell_m=10.0)
    assert faces_north_west.mean() > 181 > faces_south_east.mean()


def test_unknown_heights_stay_unknown():
    heights = slope(0.1, 0.1)
    heights[4, 4] = np.nan
    shaded = shade(heights, cell_m=10.0)
    assert shaded.shape == (7, 7)
    assert (shaded == 0).sum() == 1
    assert shaded[3, 3] == 0


@pytest.mark.parametrize(("relief", "interval"), [(0.0, 0.25), (6.0, 0.25), (6.5, 0.5), (25.0, 1.0), (3000.0, 100.0)])
def test_the_interval_follows_the_relief(relief: float, interval: float):
    assert contour_interval(relief) == interval


def test_contours_of_a_slope_are_straight_lines_at_their_place():
    heights = np.ma.masked_invalid(slope(0.2, 0.0))  # 100 m in the first column's centre, 2 m a cell
    contours = draw_contours(heights, TRANSFORM, "EPSG:4548")
    assert contours["elevation_m"].tolist() == [float(z) for z in range(100, 116)]
    line = contours.geometry[contours["elevation_m"] == 103.0].iloc[0]
    assert line.bounds == pytest.approx((1020.0, 1915.0, 1020.0, 1995.0))
    assert contours.geom_type.unique().tolist() == ["MultiLineString"]


def test_no_contours_over_nothing():
    flat = np.ma.masked_invalid(slope(0.0, 0.0))
    assert draw_contours(flat, TRANSFORM, "EPSG:4548").empty
    assert draw_contours(np.ma.masked_all((5, 5)), TRANSFORM, "EPSG:4548").empty
    assert draw_contours(np.ma.masked_invalid(np.ones((1, 5))), TRANSFORM, "EPSG:4548").empty
