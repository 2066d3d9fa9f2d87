"""Rings run the way GEOS says, wherever they lie and however thin they are."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from onemap.geo.ring_direction import are_counterclockwise


def assert_as_geos(rings: list) -> None:
    shapes = np.array(rings, dtype=object)
    length = shapely.get_num_coordinates(shapes)
    found = are_counterclockwise(shapely.get_coordinates(shapes), np.cumsum(length) - length)
    np.testing.assert_array_equal(found, shapely.is_ccw(shapes))


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=8), min_size=1, max_size=6),
    st.sampled_from([0.0, -3.0, 1e-9, 4.5e6, -1e12]),
)
def test_simple_rings(corners, shift):
    rings = [shapely.LinearRing(np.array(ring, dtype=float) + shift) for ring in corners]
    simple = [ring for ring in rings if ring.is_simple and shapely.Polygon(ring).is_valid]
    if simple:
        assert_as_geos(simple)


@pytest.mark.parametrize("middle", [0.0, 5e5, -2e7])
def test_slivers_of_a_few_units_in_the_last_place(middle):
    rng = np.random.default_rng(3)
    step = np.spacing(abs(middle) + 1.0)
    rings = []
    for _ in range(300):
        x, y = middle + rng.uniform(0, 1, 2)
        ring = shapely.LinearRing([(x, y), (x + 50.0, y), (x + 50.0, y + rng.integers(1, 4) * step)])
        rings += [ring, ring.reverse()]
    assert_as_geos(rings)


def test_the_smallest_and_the_largest_numbers():
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    for size in (1e-300, 1e-160, 1e140):
        assert_as_geos([shapely.LinearRing(square * size), shapely.LinearRing(square[::-1] * size)])
