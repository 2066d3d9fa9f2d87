"""A ring that is called valid is valid, and what most buildings are is called so."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, affinity, box

from onemap.geo.features import sound_shapes
from onemap.geo.plain_rings import surely_valid

CORNER = st.tuples(st.integers(0, 5), st.integers(0, 5))


@given(st.lists(CORNER, min_size=3, max_size=9), st.sampled_from([0.0, 0.1, 1e-3, 4.5e6]))
def test_what_is_called_valid_is_valid(corners, shift):
    ring = Polygon(np.array(corners, dtype=float) + shift)
    assert surely_valid(np.array([ring]))[0] <= ring.is_valid


@pytest.mark.parametrize("corners", range(3, 10))
def test_random_rings_are_judged_as_by_geos(corners):
    rng = np.random.default_rng(corners)
    rings = rng.uniform(0, 40, (3_000, corners, 2)) + np.array([440_000.0, 4_420_000.0])
    shapes = shapely.polygons(rings)
    sure, valid = surely_valid(shapes), shapely.is_valid(shapes)
    np.testing.assert_array_equal(sure, valid)  # a random corner is never on a side
    assert valid.any()


def test_buildings_are_known():
    ell = Polygon([(0, 0), (20, 0), (20, 8), (8, 8), (8, 20), (0, 20)])
    stairs = Polygon([(0, 0), (30, 0), (30, 10), (20, 10), (20, 20), (10, 20), (10, 30), (0, 30)])
    shapes = [affinity.rotate(shape, angle) for shape in (box(0, 0, 9, 14), ell, stairs) for angle in range(0, 360, 7)]
    for moved in ((0, 0), (500_000, 3_400_000)):
        assert surely_valid(np.array([affinity.translate(shape, *moved) for shape in shapes])).all()
        assert surely_valid(np.array([affinity.translate(shape, *moved).reverse() for shape in shapes])).all()


def test_the_others_are_left_to_geos():
    court = box(0, 0, 9, 9).difference(box(3, 3, 6, 6))
    collinear = Polygon([(0, 0), (5, 0), (9, 0), (9, 9), (0, 9)])
    touching = Polygon([(0, 0), (9, 0), (9, 9), (4, 0), (0, 9)])
    many = shapely.Point(0, 0).buffer(9)
    two = MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)])
    far = Polygon([(0, 0), (1e308, 0), (1e308, 1e308), (-1e308, 1e308)])
    tiny = box(0, 0, 1e-200, 1e-200)
    others = [court, collinear, touching, many, two, far, tiny, Polygon(), shapely.Point(1, 1), None]
    assert not surely_valid(np.array(others, dtype=object)).any()


def test_sound_shapes_are_what_they_were_and_others_are_mended():
    bow_tie = Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    with np.errstate(invalid="ignore"):
        given_shapes = np.array([box(0, 0, 1, 1), bow_tie, Polygon(), None, Polygon([(0, 0), (np.inf, 0), (0, 1)])])
    sound, mended, boxes = sound_shapes(given_shapes)
    assert mended.tolist() == [False, True, False, False, False]
    assert sound[0] is given_shapes[0]
    assert sound[1].is_valid
    assert sound[1].area == 8.0
    assert sound[2:].tolist() == [None, None, None]
    assert boxes[:2].tolist() == [[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 4.0, 4.0]]
