"""Repair on random tilings with planted slivers and overlaps, judged by what knows nothing of its inside.

The judges: the tiling before it was damaged, shapely's symmetric difference, union and `coverage_is_valid`, and
`check_coverage`.
"""

import os

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from onemap import repair_coverage, undo_repair
from onemap.geo.crs import to_metric

SIDE = 1000.0
WIDTH = 3.0
FULL = os.environ.get("ONEMAP_DOSE") == "full"
EXAMPLES = 400 if FULL else 25
TO_DEGREES = pyproj.Transformer.from_crs(4548, 4490, always_xy=True)
TO_METRES = pyproj.Transformer.from_crs(4490, 4548, always_xy=True)


def voronoi(rng):
    """Return irregular cells of a square."""
    square = shapely.box(0, 0, SIDE, SIDE)
    points = shapely.multipoints(rng.uniform(0, SIDE, (int(rng.integers(4, 25)), 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=shapely.buffer(square, SIDE)))
    cells = shapely.intersection(cells, square)
    return cells[shapely.area(cells) > 0]


def lattice(rng):
    """Return cells on whole numbers, so that damaged borders touch in corners and run along one another."""
    count = int(rng.integers(2, 6))
    lines = np.concatenate([[0], np.sort(rng.choice(np.arange(50, 951, 10), count, replace=False)), [SIDE]])
    boxes = [
        shapely.box(lines[i], lines[j], lines[i + 1], lines[j + 1]) for i in range(count) for j in range(count + 1)
    ]
    last = [shapely.box(lines[count], lines[j], SIDE, lines[j + 1]) for j in range(count + 1)]
    return np.array(boxes + last, dtype=object)


def enclaves(rng):
    """Return irregular cells, some with a cell of its own inside."""
    cells = list(voronoi(rng))
    for number in range(0, len(cells), 3):
        inner = shapely.buffer(shapely.point_on_surface(cells[number]), 15.0)
        if shapely.contains_properly(cells[number], inner):
            cells[number] = shapely.difference(cells[number], inner)
            cells.append(inner)
    return np.array(cells, dtype=object)


def damage(cells, rng):
    """Shrink, swell, round off, bend or divide the borders of some cells."""
    damaged = cells.copy()
    for number, cell in enumerate(cells):
        way = int(rng.integers(0, 12))
        if way < 3:
            made = shapely.buffer(cell, float(rng.uniform(-0.5, 0.5)), join_style="mitre")
        elif way < 5:
            rounded = shapely.set_precision(cell, float(rng.choice([0.1, 0.5, 1.0])))
            made = shapely.set_precision(rounded, 0.0)  # or shapely would round whatever it reckons with it
        elif way < 7:
            made = shapely.segmentize(cell, float(rng.uniform(20, 100)))
        elif way == 7:
            points = shapely.get_coordinates(shapely.segmentize(shapely.Polygon(cell.exterior), 50.0))
            points[:-1] += rng.normal(0, 0.1, (len(points) - 1, 2))
            points[-1] = points[0]
            made = shapely.difference(shapely.polygons(points), shapely.Polygon(cell.exterior).difference(cell))
        elif way == 8:
            made = affinity.translate(cell, 1.0, 0.0)
        else:
            made = cell
        if made.is_valid and made.geom_type == "Polygon" and not made.is_empty:
            damaged[number] = made
    return damaged


def placed(shapes, where):
    """Move shapes to where cities are, turned so that no border runs along an axis, or into degrees."""
    if where == "origin":
        return shapes, "EPSG:4548"
    moved = np.array(
        [affinity.translate(affinity.rotate(s, 13.0, origin=(0, 0)), 440_000, 4_420_000) for s in shapes], dtype=object
    )
    if where == "city":
        return moved, "EPSG:4548"
    turned = shapely.transform(moved, lambda xy: np.column_stack(TO_DEGREES.transform(*xy.T)))
    return np.asarray(turned, dtype=object), "EPSG:4490"


def changed(before, after):
    """Return what only one of two shapes covers, near the origin and enlarged: far from it GEOS snaps more coarsely.

    Both ways are exact: coordinates that share their first bits are subtracted, and multiplied by a power of two.
    """
    base, scale = np.floor(shapely.total_bounds(before)[:2]), 2.0**17
    near = [shapely.transform(shapes, lambda xy: (xy - base) * scale) for shapes in (before, after)]
    return shapely.transform(shapely.symmetric_difference(*near), lambda xy: xy / scale + base)


def drawn_m2(shapes, crs):
    """Return the square metres between lines that are straight in their own system: in steps of some metres."""
    if crs == "EPSG:4548":
        return shapely.area(shapes)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    fine = shapely.segmentize(rings, 5e-5)  # of polygons it would leave out what is narrow
    points, ring = shapely.get_coordinates(fine, return_index=True)
    x, y = np.subtract(TO_METRES.transform(*points.T), np.array([[440_000.0], [4_420_000.0]]))
    same = ring[1:] == ring[:-1]
    twice = np.bincount(ring[1:][same], (x[:-1] * y[1:] - x[1:] * y[:-1])[same], minlength=len(rings))
    shell = np.append(True, part[1:] != part[:-1])[: len(part)]
    return np.bincount(owner[part], np.abs(twice) / 2 * np.where(shell, 1.0, -1.0), minlength=len(shapes))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    tiling=st.sampled_from([voronoi, lattice, enclaves]),
    where=st.sampled_from(["origin", "city", "degrees"]),
    with_parent=st.booleans(),
    max_change=st.sampled_from([0.0, 0.001, 0.01, 0.3]),
    rule=st.sampled_from(["longest_border", "smallest_code", "largest_cell", "smallest_cell"]),
)
def test_random_tilings_are_repaired(seed, tiling, where, with_parent, max_change, rule):
    rng = np.random.default_rng(seed)
    sound = tiling(rng)
    count = len(sound)
    shapes, crs = placed(np.append(damage(sound, rng), shapely.box(0, 0, SIDE, SIDE)), where)
    codes = rng.permutation([f"c{n:03d}" for n in range(count)])
    cells = gpd.GeoDataFrame({"cell_code": codes, "name": codes}, geometry=shapes[:count], crs=crs)
    options = {"max_width_m": WIDTH, "max_change": max_change, "rule": rule}
    if with_parent:
        options["parent"] = shapes[count]
    repair = repair_coverage(cells, **options)
    # one row in, one row out
    assert repair.cells.drop(columns="geometry").equals(cells.drop(columns="geometry"))
    assert repair.cells.is_valid.all()
    # never more than the share, by shapely's reckoning
    moved = drawn_m2(changed(cells.geometry.to_numpy(), repair.cells.geometry.to_numpy()), crs)
    area = to_metric(cells).area.to_numpy()
    near = 1e-4  # of coordinates rounded
    assert (moved <= max_change * area + near).all()
    assert moved.sum() <= max_change * area.sum() + near
    told = np.zeros(count)
    told[cells.index.get_indexer(repair.changes.index)] = repair.changes["moved_m2"]
    np.testing.assert_allclose(told, moved, atol=near)
    # what stays is listed, and nothing else; neighbours have their vertices in common
    left = repair.after.defects
    assert sorted(left["kind"]) == sorted(repair.refused["kind"])
    assert repair.after.counts["mismatch"] == 0
    assert repair.ok == (len(repair.refused) == 0)
    if repair.ok:
        assert shapely.coverage_is_valid(repair.cells.geometry.to_numpy())
        covered = shapely.union_all(repair.cells.geometry.to_numpy())
        assert shapely.area(repair.cells.geometry.to_numpy()).sum() == pytest.approx(covered.area, rel=1e-9)
    # what does not change stays bit for bit, what changes comes back bit for bit
    same = ~cells.index.isin(repair.changes.index)
    assert repair.cells.geometry[same].to_wkb().equals(cells.geometry[same].to_wkb())
    assert repair.undo().geometry.to_wkb().equals(cells.geometry.to_wkb())
    assert undo_repair(repair.cells, repair.record).geometry.to_wkb().equals(cells.geometry.to_wkb())
    # no cell falls into more parts
    parts = [shapely.get_num_geometries(frame.geometry.to_numpy()) for frame in (cells, repair.cells)]
    assert (parts[1] <= parts[0]).all()
    # the order of rows does not matter, and a second repair finds nothing to do
    order = rng.permutation(count)
    again = repair_coverage(cells.iloc[order], **options).cells.loc[cells.index]
    assert again.geometry.to_wkb().equals(repair.cells.geometry.to_wkb())
    if repair.ok:
        assert len(repair_coverage(repair.cells, **options).changes) == 0


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), tiling=st.sampled_from([voronoi, lattice, enclaves]))
def test_with_room_enough_everything_narrow_is_closed(seed, tiling):
    """Only what would cut a cell apart or leave nothing of it may stay."""
    rng = np.random.default_rng(seed)
    sound = tiling(rng)
    sound = sound[shapely.area(sound) > 400]  # what is left out is a hole, and wide
    cells = gpd.GeoDataFrame(
        {"cell_code": np.arange(len(sound)).astype(str)}, geometry=damage(sound, rng), crs="EPSG:4548"
    )
    repair = repair_coverage(cells, max_width_m=WIDTH, max_change=0.9)
    wide = repair.refused["reason"].str.contains("wide: only what is narrower")
    cut = repair.refused["reason"].str.contains("into parts|leave nothing")
    assert (wide | cut).all()
    assert (repair.refused.loc[wide, "width_m"] >= WIDTH * 0.99).all()
