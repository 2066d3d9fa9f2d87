"""Each case in exactly one cell, or listed: rules, edge cases, the promises R4 and R5."""

import hashlib
import os
from fractions import Fraction
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPoint, Point, Polygon, box

from onemap import AssignmentResult, CellLocator, assign_cases, own_polygons
from onemap.cases import HOW
from onemap.errors import CrsError, GeometryError, SchemaError
from onemap.geo.cell_codes import unique_codes
from onemap.translation import translate

CRS = "EPSG:4548"
FULL = os.environ.get("ONEMAP_DOSE", "small") == "full"


def grid(columns: int, rows: int, size: float = 10.0, crs: str = CRS) -> gpd.GeoDataFrame:
    """Squares of ``size`` from (100, 100) on, coded row by row from the south-west, written shuffled."""
    start = 100.0
    codes, shapes = [], []
    for r in range(rows):
        for c in range(columns):
            codes.append(f"{r:03}{c:03}")
            shapes.append(box(start + c * size, start + r * size, start + (c + 1) * size, start + (r + 1) * size))
    return gpd.GeoDataFrame({"cell_code": codes}, geometry=shapes, crs=crs).sample(frac=1, random_state=1)


def points(*positions, crs: str = CRS, index=None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[Point(p) if isinstance(p, tuple) else p for p in positions], crs=crs, index=index)


def cells_of(result: AssignmentResult) -> list:
    return [None if pd.isna(cell) else cell for cell in result.table["cell"]]


# ---- the rules


def test_inside_border_corner_and_outer_border():
    result = assign_cases(points((105, 105), (110, 105), (110, 110), (100, 105), (125, 105), (105, 500)), grid(2, 2))
    assert cells_of(result) == ["000000", "000000", "000000", "000000", None, None]
    assert result.table["how"].tolist() == ["inside", "border", "border", "border", "outside", "outside"]
    assert result.table["distance_m"].tolist() == [0, 0, 0, 0, 5, 380]
    assert result.table["candidates"].tolist() == [
        ("000000",),
        ("000000", "000001"),
        ("000000", "000001", "001000", "001001"),
        ("000000",),
        (),
        (),
    ]
    assert result.table["reason"].tolist()[1] == "on the shared border of 000000, 000001; the smallest code answers"
    assert result.table["reason"].tolist()[4] == "in no cell; the nearest, 000001, is 5.000 m away"
    assert result.counts == {
        "rows": 6, "inside": 1, "border": 3, "near": 0, "outside": 2, "no_position": 0,
        "near_border": 2, "failed_geocodes": 0,
    }  # fmt: skip


def test_near_takes_the_nearest_and_the_smallest_code_of_equally_near_ones():
    cells = gpd.GeoDataFrame(
        {"cell_code": ["b", "a", "c"]},
        geometry=[box(100, 0, 110, 10), box(120, 0, 130, 10), box(100, 20, 110, 30)],
        crs=CRS,
    )
    result = assign_cases(points((115, 5), (112, 5), (116, 5), (105, 15), (105, 40)), cells, near_m=5)
    assert cells_of(result) == ["a", "b", "a", "b", None]
    assert result.table["how"].tolist() == ["near", "near", "near", "near", "outside"]
    assert result.table["distance_m"].tolist() == [5, 2, 4, 5, 10]
    assert result.table["candidates"].tolist()[:4] == [("a",), ("b",), ("a",), ("b",)]


def test_near_border_queue_names_both_and_the_distance():
    result = assign_cases(points((109.5, 105), (105, 105), (110, 105), (120.5, 105)), grid(2, 2), border_m=0.75)
    queue = result.near_border
    assert queue["row"].tolist() == [0, 2, 3]
    assert queue["cell"].tolist()[:2] == ["000000", "000000"]
    assert pd.isna(queue["cell"].iloc[2])
    assert queue["candidates"].tolist() == [("000000", "000001"), ("000000", "000001"), ("000001",)]
    assert queue["distance_m"].tolist() == [0.5, 0.0, 0.5]
    assert queue.crs == CRS
    assert result.table["candidates"].iloc[0] == ("000000", "000001")
    assert result.table["reason"].iloc[0] == "within 0.75 m of 000001"


def test_overlaps_go_to_the_smallest_code_and_are_flagged():
    cells = gpd.GeoDataFrame({"cell_code": ["b", "a"]}, geometry=[box(1, 1, 10, 10), box(5, 1, 15, 10)], crs=CRS)
    result = assign_cases(points((7, 5), (2, 5), (10, 5)), cells)
    assert cells_of(result) == ["a", "b", "a"]
    assert result.table["how"].tolist() == ["inside", "inside", "border"]
    assert result.table["reason"].iloc[0] == "where a, b overlap; the smallest code answers"
    assert result.near_border["row"].tolist() == [0, 2]


def test_holes_enclaves_parts_and_empty_cells():
    ring = Polygon([(1, 1), (10, 1), (10, 10), (1, 10)], [[(4, 4), (6, 4), (6, 6), (4, 6)]])
    island = shapely.MultiPolygon([box(20, 20, 22, 22), box(30, 30, 32, 32)])
    cells = gpd.GeoDataFrame(
        {"cell_code": ["ring", "enclave", "island", "nothing", "empty"]},
        geometry=[ring, box(4, 4, 6, 6), island, None, Polygon()],
        crs=CRS,
    )
    result = assign_cases(points((2, 2), (5, 5), (4, 5), (21, 21), (31, 31), (25, 25)), cells)
    assert cells_of(result) == ["ring", "enclave", "enclave", "island", "island", None]


NO_POSITION = {
    "the case has no geometry": None,
    "the geometry of the case is empty": Point(),
    "the coordinates are not numbers": Point(np.nan, 5),
    "the coordinates are 0, 0": Point(0, 0),
    "the coordinates are beyond any coordinate system": Point(1e10, 5),
    "the geometry of the case is a Polygon, not a point": box(101, 101, 102, 102),
    "the geometry of the case is a MultiPoint, not a point": MultiPoint([(101, 101), (102, 102)]),
}


@pytest.mark.parametrize(("reason", "shape"), NO_POSITION.items(), ids=list(NO_POSITION))
def test_no_position_has_its_reason(reason, shape):
    """Never cell 1: also where the cells cover 0, 0."""
    cells = gpd.GeoDataFrame({"cell_code": ["1"]}, geometry=[box(-200, -200, 200, 200)], crs=CRS)
    result = assign_cases(points((105, 105), shape), cells)
    assert cells_of(result) == ["1", None]
    assert result.table["how"].iloc[1] == "no_position"
    assert result.table["reason"].iloc[1] == reason
    assert np.isnan(result.table["distance_m"].iloc[1])
    assert translate(reason, "zh") != reason
    assert result.near_border.empty


def test_infinite_one_part_and_impossible_positions():
    result = assign_cases(points(Point(np.inf, 5), Point(5, -np.inf), MultiPoint([(105, 105)])), grid(1, 1))
    assert result.table["how"].tolist() == ["no_position", "no_position", "inside"]
    degrees = grid(2, 2).to_crs("EPSG:4326")
    result = assign_cases(points((39.9, 116.3), (116.3, 99.0), crs="EPSG:4490"), degrees)
    assert result.table["how"].tolist() == ["no_position", "no_position"]
    assert result.table["reason"].tolist() == ["there is no such longitude and latitude on earth"] * 2


def test_failed_geocodes_are_listed_with_their_number():
    pile = [(600_000.0, 600_000.0)] * 4
    result = assign_cases(points((105, 105), *pile, (300_000, 100), (111, 500)), grid(1, 1))
    assert result.counts["failed_geocodes"] == 4
    assert result.failed_geocodes["row"].tolist() == [1, 2, 3, 4]
    assert result.failed_geocodes["together"].tolist() == [4] * 4
    assert result.table["reason"].tolist()[1] == "probably a failed geocode: 4 cases at this one place, 848 km outside"
    assert result.table["reason"].tolist()[5] == "far outside, 300 km away"
    assert result.table["how"].tolist()[1:] == ["outside"] * 6


@pytest.mark.parametrize("crs", ["EPSG:4490", CRS])
def test_the_other_side_of_the_earth_is_outside(crs):
    cells = grid(2, 2).set_geometry(grid(2, 2).translate(500_000, 4_400_000)).to_crs(crs)
    result = assign_cases(points(*[(-77.0, 38.9)] * 3, (2.3, 48.9), crs="EPSG:4326"), cells)
    assert result.table["how"].tolist() == ["outside"] * 4
    assert result.table["distance_m"].tolist() == pytest.approx([11_180_000] * 3 + [8_270_000], rel=0.01)
    assert result.table["reason"].iloc[0].startswith("probably a failed geocode: 3 cases at this one place, 11")
    assert result.failed_geocodes["row"].tolist() == [0, 1, 2]


def test_systems_are_brought_together_and_said():
    cells = grid(2, 2).to_crs("EPSG:4490")
    cases = points((105, 105), (115.5, 115)).to_crs("EPSG:4326")
    result = assign_cases(cases, cells)
    assert cells_of(result) == ["000000", "001001"]
    assert result.notes == ("the cases were reprojected from WGS 84 to China Geodetic Coordinate System 2000",)
    assert result.near_border.crs == cases.crs


def test_distances_are_metres_also_in_degrees():
    plane, cells = points((130.0, 105.0), (109.5, 105.0), (105, 105)), grid(2, 2)
    plane, cells = (f.set_geometry(f.translate(500_000, 4_400_000)) for f in (plane, cells))
    metric = assign_cases(plane, cells).table["distance_m"]
    degrees = assign_cases(plane.to_crs("EPSG:4490"), cells.to_crs("EPSG:4490"))
    assert metric.tolist() == [10, 0, 0]
    assert degrees.table["distance_m"].to_numpy() == pytest.approx(metric.to_numpy(), abs=1e-6)
    assert degrees.near_border["distance_m"].tolist() == pytest.approx([0.5], abs=1e-6)


def test_input_index_order_and_geometry_name_are_kept():
    cases = points((105, 105), (115, 105), None, (999, 999), index=["x", "x", "y", 3]).rename_geometry("where")
    cases["cell"] = "mine"
    cells = grid(2, 1).rename_geometry("shape").rename(columns={"cell_code": "SMD_ID"})
    before = (cases.copy(), cells.copy())
    result = assign_cases(cases, cells, code="SMD_ID")
    assert result.table.index.tolist() == ["x", "x", "y", 3]
    assert result.table.columns.tolist() == ["cell", "how", "distance_m", "candidates", "reason"]
    pd.testing.assert_frame_equal(cases, before[0])
    pd.testing.assert_frame_equal(cells, before[1])
    assert result.joined().columns.tolist()[:2] == ["where", "cell_source"]


@pytest.mark.parametrize("empty", ["cases", "cells", "both"])
def test_empty_frames(empty):
    cases = points(crs=CRS) if empty != "cells" else points((105, 105), None)
    cells = grid(2, 2) if empty == "cases" else grid(0, 0)
    for crs in (CRS, "EPSG:4490"):
        result = assign_cases(cases.to_crs(crs), cells.to_crs(crs), near_m=5)
        assert len(result.table) == len(cases)
        assert result.table["how"].tolist() == (["outside", "no_position"] if empty == "cells" else [])


def test_whole_number_codes_are_taken_as_numbers():
    cells = grid(3, 1).sort_values("cell_code").assign(cell_code=[10, 9, 2])
    result = assign_cases(points((110, 105), (120, 105)), cells)
    assert result.table["cell"].tolist() == [9, 2]


@pytest.mark.parametrize(
    ("error", "match", "change"),
    [
        (CrsError, "cases have no coordinate system", {"cases": lambda f: f.set_crs(None, allow_override=True)}),
        (CrsError, "cells have no coordinate system", {"cells": lambda f: f.set_crs(None, allow_override=True)}),
        (SchemaError, "no geometry column", {"cases": lambda f: pd.DataFrame(f.drop(columns="geometry"))}),
        (SchemaError, "no column cell_code", {"cells": lambda f: f.rename(columns={"cell_code": "x"})}),
        (SchemaError, "1 cells have no cell_code", {"cells": lambda f: f.assign(cell_code=["a", None, "c", "d"])}),
        (SchemaError, "2 cells have no cell_code", {"cells": lambda f: f.assign(cell_code=["a", " ", "", "d"])}),
        (SchemaError, "not codes", {"cells": lambda f: f.assign(cell_code=[1.1, 2.0, 3.0, 4.0])}),
        (GeometryError, "must be polygons", {"cells": lambda f: f.set_geometry(f.centroid)}),
        (SchemaError, "near_m is -1", {"near_m": -1}),
        (SchemaError, "near_m is nan", {"near_m": float("nan")}),
        (SchemaError, "border_m is inf", {"border_m": float("inf")}),
    ],
)
def test_input_that_cannot_be_worked_on(error, match, change):
    given_to = {"cases": points((105, 105)), "cells": grid(2, 2)}
    for name, value in change.items():
        given_to[name] = value(given_to[name]) if callable(value) else value
    with pytest.raises(error, match=match) as caught:
        assign_cases(given_to.pop("cases"), given_to.pop("cells"), **given_to)
    assert caught.value.text("zh") != caught.value.text("en")


def test_progress_is_told_and_may_cancel():
    told = []
    assign_cases(
        points((105, 105)), grid(1, 1), progress=lambda share, text: told.append((share, translate(text, "zh")))
    )
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert told[-1] == (1.0, "案件：完成")


# ---- the promises


def messy_cases(count: int, seed: int) -> gpd.GeoDataFrame:
    """Points of which about one in seven has no position, of every kind."""
    rng = np.random.default_rng(seed)
    shapes = shapely.points(rng.uniform(80, 220, count), rng.uniform(80, 220, count))
    bad = np.array([*NO_POSITION.values(), Point(np.inf, np.inf)], dtype=object)
    at = rng.choice(count, count // 7, replace=False)
    shapes[at] = bad[rng.integers(0, len(bad), len(at))]
    index = rng.integers(0, count // 2, count)
    return gpd.GeoDataFrame(geometry=shapes, crs=CRS, index=index)


def test_r4_nothing_is_lost_silently():
    """Rows in = rows answered + rows listed with a reason, in every kind of mess."""
    rows = listed = 0
    for seed in range(20):
        cases = messy_cases(700, seed)
        cells = grid(10, 10).sample(frac=0.7, random_state=seed)
        crs = ("EPSG:4490", CRS, "EPSG:32650")[seed % 3]
        result = assign_cases(cases, cells.to_crs(crs), near_m=(0, 3)[seed % 2])
        table = result.table
        assert table.index.tolist() == cases.index.tolist()
        assert sum(result.counts[how] for how in HOW) == result.counts["rows"] == len(cases)
        unanswered = table[table["cell"].isna()]
        assert (unanswered["reason"] != "").all()
        assert unanswered["how"].isin(["outside", "no_position"]).all()
        assert result.counts["no_position"] == 100
        answered = table[table["cell"].notna()]
        assert answered["cell"].isin(cells["cell_code"]).all()
        assert answered["how"].isin(["inside", "border", "near"]).all()
        assert len(answered) + len(unanswered) == len(cases)
        assert all(translate(sentence) != sentence for sentence in set(table["reason"]) - {""})
        rows += len(cases)
        listed += len(unanswered)
    print(f"R4: {rows} rows in = {rows - listed} answered + {listed} listed with a reason")


def border_cases(count: int, columns: int, rows: int, size: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random points, one in ten exactly on an edge or a corner; True where planted there."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(100, 100 + columns * size, count), rng.uniform(100, 100 + rows * size, count)
    planted = np.zeros(count, dtype=bool)
    planted[rng.choice(count, count // 10, replace=False)] = True
    kind = rng.integers(0, 3, count)
    x = np.where(planted & (kind != 1), 100 + size * rng.integers(0, columns + 1, count), x)
    y = np.where(planted & (kind != 0), 100 + size * rng.integers(0, rows + 1, count), y)
    return x, y, planted


def irregular_cells(columns: int, rows: int, size: float) -> gpd.GeoDataFrame:
    """A partition into slanted quadrilaterals: the corners of a grid, inner ones moved off it."""
    rng = np.random.default_rng(55)
    x, y = np.meshgrid(100 + size * np.arange(columns + 1), 100 + size * np.arange(rows + 1))
    x[1:-1, 1:-1] += rng.uniform(-0.3, 0.3, (rows - 1, columns - 1)) * size
    y[1:-1, 1:-1] += rng.uniform(-0.3, 0.3, (rows - 1, columns - 1)) * size
    corners = [[(0, 0), (0, 1), (1, 1), (1, 0)], np.arange(columns), np.arange(rows)]
    shapes = [
        Polygon([(x[r + dr, c + dc], y[r + dr, c + dc]) for dr, dc in corners[0]])
        for r in corners[2]
        for c in corners[1]
    ]
    return gpd.GeoDataFrame({"cell_code": [f"{i:06}" for i in range(len(shapes))]}, geometry=shapes, crs=CRS)


def exact_holders(x: float, y: float, rings: list[list[tuple[float, float]]]) -> bool:
    """Tell with rational numbers whether a closed polygon (rings without holes' nesting) holds a point."""
    px, py = Fraction(x), Fraction(y)
    inside = False
    for ring in rings:
        corners = [(Fraction(cx), Fraction(cy)) for cx, cy in ring]
        for (ax, ay), (bx, by) in pairwise(corners):
            cross = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
            if cross == 0 and min(ax, bx) <= px <= max(ax, bx) and min(ay, by) <= py <= max(ay, by):
                return True
            if (ay > py) != (by > py) and (cross > 0) == (by > ay):
                inside = not inside
    return inside


def rings_of(polygon: Polygon) -> list[list[tuple[float, float]]]:
    return [list(ring.coords) for ring in (polygon.exterior, *polygon.interiors)]


def oracle(x: float, y: float, cells: gpd.GeoDataFrame, code: str = "cell_code") -> str | None:
    """The smallest code of all cells whose bounding box comes into question and that hold the point."""
    held = []
    for name, shape in zip(cells[code], cells.geometry, strict=True):
        west, south, east, north = shape.bounds
        if west <= x <= east and south <= y <= north and exact_holders(x, y, rings_of(shape)):
            held.append(name)
    return min(held) if held else None


def digest(table: pd.DataFrame) -> str:
    """Hash the whole answer, in the order of the cases' index."""
    table = table.sort_index()
    columns = [table[name].fillna("").astype(str) for name in ("cell", "how", "reason")]
    columns.append(table["candidates"].map("|".join))
    parts = ["\n".join(column).encode() for column in columns]
    return hashlib.sha256(b"\0".join([*parts, table["distance_m"].to_numpy().tobytes()])).hexdigest()


@pytest.mark.parametrize("shape", ["squares", "slanted"])
def test_r5_one_cell_whatever_the_order(shape):
    count, shuffles = (1_000_000, 20) if FULL else (100_000, 5)
    columns, rows, size = 40, 38, 16.0
    cells = grid(columns, rows, size) if shape == "squares" else irregular_cells(columns, rows, size)
    x, y, planted = border_cases(count, columns, rows, size)
    if shape == "slanted":  # only corners: other places on a slanted edge have no exact coordinates
        corners = shapely.get_coordinates(cells.geometry.to_numpy())
        pick = np.random.default_rng(1).integers(0, len(corners), int(planted.sum()))
        x[planted], y[planted] = corners[pick].T
    cases = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS)
    answers = set()
    for seed in range(shuffles):
        result = assign_cases(cases.sample(frac=1, random_state=seed), cells.sample(frac=1, random_state=seed))
        answers.add(digest(result.table))
    assert len(answers) == 1
    table = result.table.sort_index()
    assert table["cell"].notna().all()
    on_border = np.flatnonzero(planted)
    assert (table["how"].to_numpy()[on_border] == "border").all()
    assert result.counts["border"] == len(on_border)
    tree = shapely.STRtree(cells.geometry.to_numpy())
    look = np.concatenate([on_border[:: max(1, len(on_border) // 10_000)], np.arange(0, count, count // 1000)])
    wrong = 0
    for i in look:
        near = cells.iloc[tree.query(shapely.Point(x[i], y[i]))]
        wrong += table["cell"].iloc[i] != oracle(x[i], y[i], near)
    assert wrong == 0
    print(
        f"R5: {count} points ({shape}), {len(on_border)} on edges and corners, {shuffles} shuffles: one hash "
        f"{answers.pop()[:16]}; {len(look)} against exact fractions: {wrong} differences"
    )


# ---- against an oracle

COORDINATE = st.integers(1, 12).map(float)


@st.composite
def triangles(draw):
    """Some overlapping triangles on small integer coordinates: every degenerate meeting occurs."""
    shapes = []
    for _ in range(draw(st.integers(1, 5))):
        corners = draw(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=3, max_size=3, unique=True))
        shape = Polygon(corners)
        if shape.area:
            shapes.append(shape)
    codes = draw(st.permutations([f"{i}" for i in range(len(shapes))]))
    return gpd.GeoDataFrame({"cell_code": codes}, geometry=shapes, crs=CRS)


@given(triangles(), st.lists(st.tuples(COORDINATE | st.floats(0.5, 13), COORDINATE | st.floats(0.5, 13)), max_size=30))
@settings(max_examples=150, deadline=None)
def test_assignment_and_locator_agree_with_exact_fractions(cells, positions):
    cases = points(*positions)
    result = assign_cases(cases, cells, near_m=0.0, border_m=0.5)
    expected = [oracle(x, y, cells) for x, y in positions]
    assert cells_of(result) == expected
    located = CellLocator(cells).locate([x for x, _ in positions], [y for _, y in positions])
    codes = cells["cell_code"].tolist()
    assert [codes[i] if i >= 0 else None for i in located] == expected
    for (x, y), cell, row in zip(positions, expected, range(len(positions)), strict=True):
        others = [d for c, d in zip(codes, cells.distance(Point(x, y)), strict=True) if c != cell]
        queued = row in result.near_border["row"].tolist()
        assert queued == (min(others, default=9e9) <= 0.5)


@given(triangles(), st.lists(st.tuples(st.floats(0.5, 13), st.floats(0.5, 13)), min_size=1, max_size=20))
@settings(max_examples=80, deadline=None)
def test_near_and_distances_agree_with_all_pairs(cells, positions):
    """Each case outside is measured to every cell: the least distance, and the smallest code of the nearest."""
    result = assign_cases(points(*positions), cells, near_m=2.0, border_m=0.0)
    for (x, y), row in zip(positions, result.table.itertuples(), strict=True):
        distances = cells.distance(Point(x, y)).to_numpy()
        if not len(distances) or row.how in ("inside", "border"):
            continue
        least = distances.min()
        assert row.distance_m == pytest.approx(least, abs=1e-9)
        assert (row.how == "near") == (least <= 2.0)
        if row.how == "near":
            assert row.cell == min(cells["cell_code"][distances <= least + 1e-6])


def test_rows_with_the_same_code_count_as_one_cell():
    cells = grid(2, 2)
    cells["cell_code"] = ["a", "b", "c", "a"]
    cases = gpd.GeoDataFrame(geometry=cells.representative_point(), crs=cells.crs)
    answer = assign_cases(cases, cells)
    assert answer.table["cell"].tolist() == ["a", "b", "c", "a"]
    several = "several rows of the cells have the code of its cell"
    assert answer.table["reason"].tolist() == [several, "", "", several]
    (note,) = answer.notes
    assert note.startswith("several rows of the cells have the same code, a, and count as one cell")
    assert "编码 a 在网格表中有多行" in translate(note)
    again = assign_cases(cases, cells, locator=CellLocator(unique_codes(cells, "cell_code"), "cell_code"))
    assert again.table.equals(answer.table)
    assert own_polygons(cases, cells)["cell"].tolist() == ["a", "b", "c", "a"]


def test_the_shapes_of_one_code_are_joined_and_the_rest_is_left_alone():
    cells = grid(2, 2).reset_index(drop=True)
    cells["cell_code"] = ["a", "b", None, None]
    assert unique_codes(cells, "cell_code") is cells
    cells["cell_code"] = ["b", None, "a", "b"]
    bow = shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
    cells.loc[3, "geometry"] = bow
    joined = unique_codes(cells, "cell_code")
    assert joined["cell_code"].tolist()[0::2] == ["b", "a"]
    assert len(joined) == 3
    assert joined.geometry.iloc[0].is_valid
    assert cells.geometry.iloc[3].equals_exact(bow)
