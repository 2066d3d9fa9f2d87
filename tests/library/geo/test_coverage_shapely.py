"""Where shapely's own coverage functions err, as docs/coverage.md tells, and what check_coverage says there."""

import doctest
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from onemap import check_coverage


def counts(shapes, **options):
    report = check_coverage(gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:4548"), **options)
    return {kind: count for kind, count in report.counts.items() if count}


def holes(shapes):
    return [Polygon(ring) for part in shapely.get_parts(shapely.union_all(shapes)) for ring in part.interiors]


BLOCK = np.array([box(i, j, i + 1, j + 1) for i in range(5) for j in range(5)])


def test_a_whole_cell_missing_is_valid_to_shapely():
    left = np.delete(BLOCK, 12)
    assert shapely.coverage_is_valid(left)
    assert shapely.coverage_is_valid(left, gap_width=0.5)
    assert shapely.is_empty(shapely.coverage_invalid_edges(left, gap_width=0.5)).all()
    assert counts(left) == {"gap": 1}


@pytest.mark.parametrize(("gap_width", "valid"), [(0.0, True), (1.0, False), (1.5, False), (2.0, True), (5.0, True)])
def test_a_narrow_gap_is_lost_when_the_width_asked_for_is_large(gap_width, valid):
    west = Polygon([(0, 0), (10, 0), (10, 4), (9, 4), (9, 6), (10, 6), (10, 10), (0, 10)])
    east = Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 6), (10, 4)])
    assert bool(shapely.coverage_is_valid(np.array([west, east]), gap_width=gap_width)) is valid
    assert counts([west, east]) == {"gap": 1}


def test_a_wedge_is_found_at_no_gap_width():
    west = Polygon([(0, 0), (10, 0), (10, 1), (9, 2), (10, 3), (10, 10), (0, 10)])
    east = Polygon([(10, 0), (20, 0), (20, 10), (10, 10), (10, 3), (10, 1)])
    assert all(shapely.coverage_is_valid(np.array([west, east]), gap_width=w) for w in (0.5, 1, 2, 5, 10))
    assert counts([west, east]) == {"gap": 1}


def test_holes_of_the_union_miss_gaps_whose_walls_meet_in_points():
    around = np.array([box(1, 0, 2, 1), box(0, 1, 1, 2), box(2, 1, 3, 2), box(1, 2, 2, 3)])
    parts = shapely.get_parts(shapely.union_all(around))
    assert sum(shapely.get_num_interior_rings(parts)) == 0
    assert counts(around) == {"gap": 1}


def test_holes_of_the_union_and_shapely_miss_inlets():
    inlet = np.array([Polygon([(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)])])
    assert shapely.coverage_is_valid(inlet)
    assert not holes(inlet)
    assert counts(inlet) == {}
    assert counts(inlet, parent=box(0, 0, 3, 3)) == {"gap": 1}


def test_invalid_edges_have_no_area_and_no_partner():
    shapes = np.array([box(0, 0, 2, 2), box(1, 0, 3, 2)])
    edges = shapely.coverage_invalid_edges(shapes)
    assert set(shapely.get_type_id(edges)) <= {1, 5}  # lines
    report = check_coverage(gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4548"))
    assert report.defects[["area_m2", "cells"]].to_numpy().tolist() == [[2.0, (0, 1)]]


def test_invalid_cells_go_unseen_by_shapely():
    bowtie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    assert shapely.coverage_is_valid(np.array([bowtie]))
    assert counts([bowtie]) == {"invalid": 1}


def test_coverage_clean_takes_parameters_that_make_no_sense():
    shapes = np.array([box(0, 0, 1, 1), box(1, 0, 2, 1)])
    assert len(shapely.coverage_clean(shapes, gap_width=-1.0)) == 2
    with pytest.raises(Exception, match="tolerance_m"):
        counts(shapes, tolerance_m=-1.0)


def test_the_examples_of_the_documentation_run():
    path = Path(__file__).parents[3] / "docs" / "coverage.md"
    failed, tried = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
    assert tried > 10
    assert failed == 0
