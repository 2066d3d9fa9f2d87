"""Repairs of single geometries: reported, limited, valid (R8)."""

import os

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from onemap.errors import CrsError, SchemaError
from onemap.geo.crs import area_m2
from onemap.geo.repair import repair_geometries
from onemap.translation import translate

CRS = "EPSG:4548"
FULL = os.environ.get("ONEMAP_DOSE", "small") == "full"


def layer(*shapes, crs=CRS, index=None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": [f"n{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=crs, index=index
    )


SPIKE = Polygon([(0, 0), (10, 0), (10, 10), (30, 10), (10, 10), (0, 10)])
BOWTIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
TINY_CROSSING = Polygon([(0, 0), (100, 0), (100, 100), (0.01, 100), (0, 99.99), (0.02, 100), (0, 100)])
EIGHT = Polygon([(0, 0), (10, 0), (5, 5), (10, 10), (0, 10), (5, 5)])
HOLE_TWICE = Polygon(
    box(0, 0, 10, 10).exterior.coords, [box(2, 2, 4, 4).exterior.coords, box(2, 2, 4, 4).exterior.coords]
)
COLLAPSED = Polygon([(0, 0), (5, 5), (0, 0), (0, 0)])
PARTLY = MultiPolygon([box(0, 0, 10, 10), Polygon([(20, 20), (25, 25), (20, 20), (20, 20)])])


def test_what_is_repaired_and_what_is_said():
    repair = repair_geometries(layer(SPIKE, box(0, 0, 1, 1), EIGHT, PARTLY, index=["a", "a", "b", "c"]))
    assert repair.frame.index.tolist() == ["a", "a", "b", "c"]
    assert repair.frame["name"].tolist() == ["n0", "n1", "n2", "n3"]
    assert repair.changes.index.tolist() == ["a", "b", "c"]
    assert repair.changes.columns.tolist() == ["why", "how", "area_before_m2", "area_after_m2", "area_changed_m2"]
    assert repair.changes["area_before_m2"].tolist() == [100, 50, 100]
    assert repair.changes["area_changed_m2"].tolist() == [0, 0, 0]
    assert repair.changes["why"].iloc[2] == "a ring or line has too few different points at 20 20"
    assert repair.changes["how"].iloc[2].endswith("; 1 collapsed parts dropped")
    assert repair.frame.geom_type.tolist() == ["Polygon", "Polygon", "MultiPolygon", "MultiPolygon"]
    for sentence in [*repair.changes["why"], *repair.changes["how"]]:
        assert translate(sentence) != sentence
    assert repair.refused.empty


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (None, "there is no geometry"),
        (Polygon(), "the geometry is empty"),
        (Polygon([(0, 0), (1, np.nan), (1, 1)]), "a coordinate is not a number"),
        (Point(np.inf, 1), "a coordinate is not a number"),
        (box(0, 0, 1e10, 1), "a coordinate is beyond any coordinate system"),
        (COLLAPSED, "nothing is left of it: a ring or line has too few different points at 0 0"),
        (LineString([(1, 1), (1, 1)]), "nothing is left of it: a ring or line has too few different points at 1 1"),
        (BOWTIE, "a repair would change 25.00 m2 of 0.00 m2, more than allowed: the border crosses itself at 5 5"),
    ],
)
def test_what_is_refused(shape, reason):
    repair = repair_geometries(layer(box(0, 0, 1, 1), shape))
    assert repair.frame["name"].tolist() == ["n0"]
    assert repair.refused["name"].tolist() == ["n1"]
    assert repair.refused["reason"].tolist() == [reason]
    assert (
        repair.refused.geometry.iloc[0] is shape or shape is None or repair.refused.geometry.iloc[0].equals_exact(shape)
    )
    assert repair.changes.empty
    assert translate(reason) != reason


def test_the_limit_is_honoured():
    small = repair_geometries(layer(TINY_CROSSING))
    assert len(small.changes) == 1
    changed = small.changes["area_changed_m2"].iloc[0]
    assert 0 < changed < 1e-3
    assert repair_geometries(layer(TINY_CROSSING), max_change=0.0).refused["name"].tolist() == ["n0"]
    assert len(repair_geometries(layer(BOWTIE, HOLE_TWICE), max_change=1.0).refused) == 1
    lopsided = Polygon([(0, 0), (10, 10), (10, 0), (0, 12)])
    assert len(repair_geometries(layer(lopsided)).refused) == 1


def test_valid_rows_stay_bit_for_bit():
    shapes = [box(0, 0, 1, 1), Point(5, 5), LineString([(0, 0), (1, 1)]), SPIKE, GeometryCollection([Point(1, 1)])]
    frame = layer(*shapes).rename_geometry("shape")
    before = shapely.to_wkb(frame["shape"].to_numpy())
    repair = repair_geometries(frame)
    assert (shapely.to_wkb(frame["shape"].to_numpy()) == before).all()
    assert repair.frame.geometry.name == "shape"
    assert repair.frame.crs == CRS
    for i in (0, 1, 2, 4):
        assert repair.frame["shape"].iloc[i] is frame["shape"].iloc[i]


def test_degrees_are_measured_in_metres():
    square = box(116.3, 39.9, 116.31, 39.91)
    spike = Polygon([*square.exterior.coords[:-1], (116.312, 39.9), *square.exterior.coords[:1]])
    repair = repair_geometries(layer(spike, crs="EPSG:4490"))
    expected = area_m2(gpd.GeoSeries([square], crs="EPSG:4490")).iloc[0]
    assert repair.changes["area_after_m2"].iloc[0] == pytest.approx(expected, rel=1e-6)
    assert repair.changes["area_changed_m2"].iloc[0] < 1e-3 * expected


def test_arguments_and_empty_frames():
    with pytest.raises(CrsError):
        repair_geometries(layer(SPIKE, crs=None))
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(SchemaError, match="max_change"):
            repair_geometries(layer(SPIKE), max_change=wrong)
    empty = repair_geometries(layer())
    assert len(empty.frame) == len(empty.changes) == len(empty.refused) == 0
    assert "reason" in empty.refused.columns


def broken_polygons(count: int, seed: int) -> list:
    """Random rings of every kind of brokenness: crossings, spikes, repeated points, holes anywhere, nested parts."""
    rng = np.random.default_rng(seed)
    shapes = []
    for _ in range(count):
        kind = rng.integers(0, 5)
        corners = rng.integers(0, 12, (int(rng.integers(3, 12)), 2)).astype(float)
        if kind == 0:
            shapes.append(Polygon(corners))
        elif kind == 1:
            shapes.append(Polygon(box(0, 0, 12, 12).exterior.coords, [corners, rng.integers(-4, 16, (4, 2))]))
        elif kind == 2:
            shapes.append(MultiPolygon([Polygon(corners), box(2, 2, 6, 6), box(3, 3, 5, 5)]))
        elif kind == 3:  # a good polygon with a spike or a crossing of a millimetre
            ring = [(0, 0), (100, 0), (100, 100), (50, 100), (50, 100 + rng.uniform(0, 40)), (50, 100), (0, 100)]
            shapes.append(Polygon(ring))
        else:
            wiggle = rng.uniform(-0.001, 0.001, (4, 2))
            shapes.append(Polygon(np.vstack([[(0, 0), (100, 0)], wiggle + 100, [(0, 100)]])))
    return shapes


def test_r8_repairs_are_reported_and_valid():
    frame = layer(*broken_polygons(10_000 if FULL else 1_500, 8))
    invalid = int((~frame.is_valid).sum())
    for limit in (0.001, 1.0):
        repair = repair_geometries(frame, max_change=limit)
        assert repair.frame.is_valid.all()
        assert not repair.frame.is_empty.any()
        assert len(repair.frame) + len(repair.refused) == len(frame)
        assert sorted([*repair.frame.index, *repair.refused.index]) == frame.index.tolist()
        assert len(repair.changes) + len(repair.refused) == invalid
        assert (repair.changes["area_changed_m2"] <= limit * repair.changes["area_before_m2"] * (1 + 1e-6)).all()
        assert repair.frame.geom_type.isin(["Polygon", "MultiPolygon"]).all()
        assert (repair.refused["reason"] != "").all()
        print(
            f"R8: limit {limit}: {invalid} invalid of {len(frame)} random polygons = "
            f"{len(repair.changes)} repaired + {len(repair.refused)} refused; 0 invalid outputs"
        )


def test_r8_the_forbidden_city(real_data):
    """509 invalid of 1,101 buildings: 430 collapsed to nothing when coordinates were cut, 79 repaired."""
    frame = gpd.read_file(real_data / "beijing" / "gugong_buildings_defective.geojson")
    assert (len(frame), int((~frame.is_valid).sum())) == (1101, 509)
    repair = repair_geometries(frame)
    assert (len(repair.frame), len(repair.changes), len(repair.refused)) == (671, 79, 430)
    assert repair.frame.is_valid.all()
    assert repair.refused["reason"].str.startswith("nothing is left of it").all()
    assert shapely.area(repair.refused.geometry.to_numpy()).sum() == pytest.approx(0, abs=1e-12)
    assert (repair.changes["area_changed_m2"] <= 0.001 * repair.changes["area_before_m2"]).all()
    print(f"R8: Forbidden City: 509 invalid of 1101 = {len(repair.changes)} repaired + {len(repair.refused)} refused")


COORDINATE = st.integers(0, 8).map(float)


@given(st.lists(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=3, max_size=9), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_repair_never_loses_a_row_nor_returns_a_broken_one(rings):
    frame = layer(*[Polygon(ring) for ring in rings])
    for limit in (0.0, 0.001, 1.0):
        repair = repair_geometries(frame, max_change=limit)
        assert len(repair.frame) + len(repair.refused) == len(frame)
        assert repair.frame.is_valid.all()
        for i, after in repair.frame.geometry.items():
            before = frame.geometry[i]
            if before.is_valid:
                assert after is before
            else:
                assert abs(after.area - before.area) <= limit * before.area + 1e-6
