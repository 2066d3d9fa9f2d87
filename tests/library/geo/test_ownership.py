"""Who owns a building or a road: largest share, ties, nobody."""

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from onemap import assign_cases, own_polygons
from onemap.errors import CrsError, SchemaError
from onemap.translation import translate

CRS = "EPSG:4548"
CELLS = gpd.GeoDataFrame(
    {"cell_code": ["b", "a", "c"]}, geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10), box(0, 10, 10, 20)], crs=CRS
)


def own(*shapes, cells=CELLS, crs=CRS, index=None) -> pd.DataFrame:
    return own_polygons(gpd.GeoDataFrame(geometry=list(shapes), crs=crs, index=index), cells)


def test_polygons_by_area():
    table = own(box(1, 1, 3, 3), box(8, 1, 12, 2), box(9, 1, 12, 2), box(5, 5, 15, 15), box(50, 50, 51, 51), None)
    assert table.columns.tolist() == ["cell", "share", "runner_up", "runner_up_share", "area_m2", "reason"]
    assert table["cell"].tolist()[:4] == ["b", "a", "a", "a"]
    assert table["share"].tolist() == pytest.approx([1, 0.5, 2 / 3, 0.25, 0, 0])
    assert table["runner_up"].tolist()[1:4] == ["b", "b", "b"]
    assert table["runner_up_share"].tolist() == pytest.approx([0, 0.5, 1 / 3, 0.25, 0, 0])
    assert table["area_m2"].tolist()[:5] == pytest.approx([4, 4, 3, 100, 1])
    assert table["cell"].isna().tolist() == [False, False, False, False, True, True]
    assert table["reason"].tolist() == [
        "",
        "a and b hold equal shares, the smaller code owns it",
        "a holds 66.7% of it, b comes next",
        "a and b hold equal shares, the smaller code owns it; 25.0% of it in no cell",
        "lies in no cell at all",
        "no geometry that can be measured",
    ]
    for sentence in set(table["reason"]) - {""}:
        assert not any(word in translate(sentence) for word in (" of ", "hold", "cell", "no geometry"))


def test_lines_by_length_and_points_by_cell():
    table = own(
        LineString([(5, 5), (18, 5)]), LineString([(10, 0), (10, 10)]), Point(1, 1), Point(10, 5), Point(99, 99)
    )
    assert table["cell"].tolist()[:4] == ["a", "a", "b", "a"]
    assert table["share"].tolist() == pytest.approx([8 / 13, 1, 1, 1, 0])
    assert table["runner_up"].tolist()[1] == "b"
    assert table["area_m2"].isna().all()
    assert pd.isna(table["cell"].iloc[4])


def test_odd_geometries():
    bowtie = Polygon([(1, 1), (3, 3), (3, 1), (1, 3)])
    parts = MultiPolygon([box(1, 1, 2, 2), box(11, 1, 14, 2)])
    table = own(bowtie, parts, Polygon(), Point(np.nan, 1), box(2, 2, 20, 3), index=["x", "x", 1, 2, 3])
    assert table.index.tolist() == ["x", "x", 1, 2, 3]
    assert table["cell"].tolist()[:2] == ["b", "a"]
    assert table["reason"].iloc[0] == "measured after mending its invalid geometry"
    assert table["share"].iloc[1] == 0.75
    assert table["reason"].tolist()[2:4] == ["no geometry that can be measured"] * 2


def test_systems_indexes_and_names():
    houses = gpd.GeoDataFrame(geometry=[box(8, 1, 12, 2), box(1, 1, 2, 2)], crs=CRS)
    move = lambda frame: frame.set_geometry(frame.translate(500_000, 4_400_000)).to_crs("EPSG:4490")  # noqa: E731
    cells = move(CELLS).rename(columns={"cell_code": "no"}).rename_geometry("where")
    table = own_polygons(move(houses).rename_geometry("shape"), cells, code="no")
    assert table["cell"].tolist() == ["a", "b"]
    assert table["share"].tolist() == pytest.approx([0.5, 1.0], abs=1e-6)
    assert table["area_m2"].tolist() == pytest.approx([4, 1], abs=1e-4)
    for crs in (CRS, "EPSG:4490"):
        assert own(crs=crs).empty
        nobody = own(box(1, 1, 2, 2), crs=crs, cells=CELLS.head(0).to_crs(crs))
        assert nobody["reason"].tolist() == ["lies in no cell at all"]
    with pytest.raises(CrsError):
        own_polygons(houses.set_crs(None, allow_override=True), CELLS)
    with pytest.raises(SchemaError):
        own_polygons(houses, CELLS, code="absent")


@st.composite
def rectangles(draw, fewest=1):
    shapes = []
    for _ in range(draw(st.integers(fewest, 6))):
        west, south = draw(st.integers(0, 8)), draw(st.integers(0, 8))
        shapes.append(box(west, south, west + draw(st.integers(1, 5)), south + draw(st.integers(1, 5))))
    return shapes


@given(rectangles(), rectangles())
@settings(max_examples=100, deadline=None)
def test_against_plain_arithmetic(houses, shapes):
    """Rectangles on whole numbers: every share is an exact quotient; cells may overlap."""
    codes = [f"{i}" for i in range(len(shapes))]
    cells = gpd.GeoDataFrame({"cell_code": codes}, geometry=shapes, crs=CRS)
    table = own(*houses, cells=cells)
    again = own(*houses, cells=cells.iloc[::-1])
    pd.testing.assert_frame_equal(table, again)
    for house, row in zip(houses, table.itertuples(), strict=True):
        amounts = []
        a = house.bounds
        for code, shape in zip(codes, shapes, strict=True):
            b = shape.bounds
            wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            if wide > 0 and high > 0:
                amounts.append((-wide * high, code))
        amounts.sort()
        assert (None if pd.isna(row.cell) else row.cell) == (amounts[0][1] if amounts else None)
        assert row.share == pytest.approx(-amounts[0][0] / house.area if amounts else 0)
        if len(amounts) > 1:
            assert row.runner_up_share == pytest.approx(-amounts[1][0] / house.area)


def test_lots_of_washington(real_data):
    """Each lot's owner is the one that a plain overlay finds, and most are held by one SMD alone."""
    folder = real_data / "washington_dc"
    lots = gpd.read_file(folder / "dc_base_features.gpkg", layer="parcel_lots")
    smd = gpd.read_file(folder / "dc_boundaries.gpkg", layer="smd_2013")
    start = time.perf_counter()
    table = own_polygons(lots, smd, code="SMD_ID")
    seconds = time.perf_counter() - start
    assert len(table) == 1_258
    assert table["cell"].notna().sum() == 1_258
    assert (table["share"] + table["runner_up_share"] <= 1 + 1e-6).all()
    plain = lots.to_crs(26985)
    plain.geometry = shapely.make_valid(plain.geometry.to_numpy())
    overlay = gpd.overlay(
        plain.reset_index(names="lot")[["lot", "geometry"]],
        smd.to_crs(26985)[["SMD_ID", "geometry"]],
        keep_geom_type=True,
    )
    overlay["area"] = overlay.area
    largest = overlay.sort_values("area").drop_duplicates("lot", keep="last").set_index("lot")["SMD_ID"]
    assert (table["cell"] == largest.reindex(table.index)).all()
    inner = table["runner_up"].isna()
    where = lots[inner].set_geometry(lots[inner].representative_point())
    cells = assign_cases(where, smd, code="SMD_ID").table["cell"]
    assert (cells == table.loc[inner, "cell"]).all()
    print(f"1,258 lots: {int(inner.sum())} in one SMD alone, {int((~inner).sum())} shared; {seconds:.2f} s")


def test_twenty_thousand_buildings_in_a_second():
    rng = np.random.default_rng(2)
    x, y = (v.ravel() for v in np.meshgrid(np.arange(50) * 100.0, np.arange(30) * 100.0))
    cells = gpd.GeoDataFrame(
        {"cell_code": [f"{i:04}" for i in range(1500)]}, geometry=shapely.box(x, y, x + 100, y + 100), crs=CRS
    )
    x, y = rng.uniform(0, 4980, 20_000), rng.uniform(0, 2980, 20_000)
    houses = gpd.GeoDataFrame(geometry=shapely.box(x, y, x + 12, y + 9), crs=CRS)
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        table = own_polygons(houses, cells)
        best = min(best, time.perf_counter() - start)
    assert table["cell"].notna().all()
    print(f"20,000 buildings x 1,500 cells: {best:.2f} s")
    assert best < 1.5
