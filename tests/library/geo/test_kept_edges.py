"""Edges as they are written and paired, against dictionaries; and jobs that are given a kept locator."""

from collections import Counter, defaultdict
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, affinity, box

from onemap import CellLocator, check_coverage, own_polygons
from onemap.errors import GeometryError
from onemap.geo.edges import lone_edges, match_edges, polygon_edges
from onemap.translation import sentences

CRS = "EPSG:4548"
corner = st.tuples(st.integers(0, 6), st.integers(0, 6))
polygon = (st.lists(corner, min_size=3, max_size=7).map(lambda corners: shapely.make_valid(Polygon(corners)))).filter(
    lambda shape: shape.geom_type in {"Polygon", "MultiPolygon"}
)
holed = st.integers(0, 5).map(
    lambda x: Polygon(box(x, 0, x + 4, 4).exterior, [box(x + 1, 1, x + 2, 2).exterior.coords])
)
repeated = st.integers(0, 5).map(
    lambda x: Polygon([(x, 0), (x, 0), (x, 2), (x, 2), (x + 2, 2), (x + 2, 0), (x, 0), (x, 0)])
)
shapes = st.lists(st.one_of(polygon, holed, repeated), min_size=1, max_size=8)


def sides(polygons):
    """Return each side as a tuple of its ends from west to east, whether its polygon lies left, and the polygon."""
    found = []
    for number, polygon in enumerate(polygons):
        for part in shapely.get_parts(polygon):
            for ring in (part.exterior, *part.interiors):
                corners = [(x + 0.0, y + 0.0) for x, y in ring.coords]
                twice = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise(corners))
                left = (twice > 0) == (ring is part.exterior or ring.equals(part.exterior))
                for a, b in pairwise(corners):
                    if a != b:
                        found.append(((*min(a, b), *max(a, b)), left == (a < b), number))
    return found


@settings(max_examples=300)
@given(shapes, st.booleans())
def test_sides_are_those_of_the_rings(polygons, turned):
    given_shapes = np.array([shapely.reverse(p) if turned else p for p in polygons], dtype=object)
    edges = polygon_edges(given_shapes)
    written = zip(map(tuple, edges.ends.tolist()), edges.left.tolist(), edges.owner.tolist(), strict=True)
    assert list(written) == sides(given_shapes)
    around = polygon_edges(given_shapes, inside_out=True)
    assert (around.left != edges.left).all()


def test_thousands_of_polygons_are_written_in_order():
    row = [affinity.translate(box(0, 0, 1, 1), x) for x in range(5000)]
    row[2500] = MultiPolygon([row[2500], box(2500, 5, 2501, 6)])
    row[70] = Polygon([(70, 0), (71, 0), (71, 0), (71, 1), (70, 1)])
    edges = polygon_edges(np.array(row, dtype=object))
    assert len(edges.ends) == 4 * 5001
    assert (np.diff(edges.owner) >= 0).all()
    lone, shared = lone_edges(edges)
    assert (shared, len(lone.ends)) == (4999, 4 * 5001 - 2 * 4999)


@settings(max_examples=300)
@given(shapes)
def test_lone_edges_are_those_that_do_not_cancel_out(polygons):
    edges = polygon_edges(np.array(polygons, dtype=object))
    level, uses = defaultdict(int), Counter()
    for ends, left, _ in sides(polygons):
        level[ends] += 1 if left else -1
        uses[ends] += 1
    lone, shared = lone_edges(edges)
    assert shared == sum(not step for step in level.values())
    assert Counter(map(tuple, lone.ends.tolist())) == {ends: uses[ends] for ends, step in level.items() if step}
    matched = match_edges(edges)
    assert matched.balanced.sum() == shared
    assert Counter(map(tuple, matched.ends.tolist())) == dict.fromkeys(level, 1)


def frame(polygons, crs=CRS):
    return gpd.GeoDataFrame({"cell_code": [f"c{i}" for i in range(len(polygons))]}, geometry=polygons, crs=crs)


@settings(max_examples=200, deadline=None)
@given(shapes, st.booleans(), st.sampled_from([CRS, "EPSG:4490"]))
def test_a_kept_locator_changes_no_answer(polygons, with_parent, crs):
    cells = frame(polygons, crs)
    locator = CellLocator(cells)
    parent = box(-1, -1, 9, 9) if with_parent else None
    known = check_coverage(cells, parent=parent, locator=locator)
    plain = check_coverage(cells, parent=parent)
    pd.testing.assert_frame_equal(pd.DataFrame(known.defects), pd.DataFrame(plain.defects))
    assert known.shared_edges == plain.shared_edges
    houses = gpd.GeoDataFrame(geometry=[box(x, x / 2, x + 0.7, x / 2 + 0.4) for x in range(6)], crs=crs)
    pd.testing.assert_frame_equal(own_polygons(houses, cells, locator=locator), own_polygons(houses, cells))


def test_a_locator_from_a_file_serves_the_same_cells_only(tmp_path):
    cells = frame([box(0, 0, 1, 1), box(1, 0, 2, 1), box(2, 0.5, 3, 1)])
    locator = CellLocator.load(CellLocator(cells).save(tmp_path / "index"))
    assert check_coverage(cells, locator=locator).sentence == check_coverage(cells).sentence
    assert own_polygons(cells, cells, locator=locator)["cell"].tolist() == ["c0", "c1", "c2"]
    moved = cells.set_geometry(cells.geometry.translate(1e-9))
    for job in (check_coverage, lambda cells, **options: own_polygons(cells, cells, **options)):
        with pytest.raises(GeometryError, match="made of other cells"):
            job(moved, locator=locator)
    assert "the locator was made of other cells" in sentences()


def test_invalid_and_repeated_cells_are_listed_with_a_locator_too():
    bowtie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    cells = frame([box(0, 0, 1, 1), box(0, 0, 1, 1), bowtie, None])
    known = check_coverage(cells, locator=CellLocator(cells)).defects
    pd.testing.assert_frame_equal(pd.DataFrame(known), pd.DataFrame(check_coverage(cells).defects))
    assert set(known["kind"]) == {"invalid", "duplicate", "overlap"}
