"""Sheets, paths, labels, base picture, tiles, charts: what is drawn stands where it should."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds

from onemap.report.base_picture import draw_base_picture
from onemap.report.charts import bar_chart, round_step
from onemap.report.facts import Facts
from onemap.report.html import write_report
from onemap.report.interactive import Interactive, hexagon_middles
from onemap.report.labels import Label, Placer, text_width
from onemap.report.maps import greedy_colours
from onemap.report.palette import load_palette, rgb
from onemap.report.sections.cases import count_breaks
from onemap.report.sections.contents import combined
from onemap.report.sheet import Sheet
from onemap.report.tiles import frame_of, rank_defects
from onemap.report.wording import Wording

from .conftest import CRS, make_map

PALETTE = load_palette()


def corners(path: str) -> list[list[tuple[int, int]]]:
    """Return the absolute corners of an SVG path as `Sheet.path` writes it."""
    rings = []
    for start, steps in re.findall(r"M(-?\d+ -?\d+)l([-\d ]+)", path):
        x, y = map(int, start.split())
        ring, numbers = [(x, y)], list(map(int, steps.split()))
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            ring.append((x, y))
        rings.append(ring)
    return rings


def test_a_path_is_the_shape_in_tenths_of_a_pixel_y_down():
    sheet = Sheet(0, 0, 100, 100, 100, 100)
    assert corners(sheet.path([shapely.box(10, 20, 30, 40)])) == [[(300, 800), (300, 600), (100, 600), (100, 800)]]
    hole = shapely.Polygon([(0, 0), (90, 0), (90, 90), (0, 90)], [[(10, 10), (20, 10), (20, 20), (10, 20)]])
    assert len(corners(sheet.path([hole, shapely.LineString([(0, 0), (50, 50)])]))) == 3
    assert sheet.path([]) == sheet.path([None, shapely.Polygon(), shapely.box(900, 900, 950, 950)]) == ""


def test_what_is_too_small_to_see_stays_where_asked():
    sheet = Sheet(0, 0, 10_000, 10_000, 100, 100)
    sliver = shapely.box(5000, 5000, 5000.01, 5020)
    assert sheet.path([sliver]) == ""
    assert corners(sheet.path([sliver], keep=True))


@given(
    west=st.floats(-1e6, 1e6), south=st.floats(-1e6, 1e6), wide=st.floats(0.5, 1e5), high=st.floats(0.5, 1e5),
)  # fmt: skip
def test_a_sheet_holds_its_bounds_at_one_scale(west, south, wide, high):
    sheet = Sheet.around((west, south, west + wide, south + high), width=900)
    assert sheet.west <= west
    assert sheet.north >= south + high - 1e-6
    assert (sheet.north - sheet.south) / sheet.height == pytest.approx(sheet.metres_per_pixel)
    metres, pixels = sheet.scale_bar()
    assert pixels <= 900 * 0.22 + 1e-6
    assert f"{metres:.0e}"[0] in "125"


@given(
    st.lists(
        st.tuples(st.floats(-50, 450), st.floats(-50, 350), st.text("青禾ab1", min_size=1, max_size=9)), max_size=40
    )
)
def test_labels_never_cover_each_other(places):
    placer = Placer(400, 300)
    placer.reserve((0, 250, 120, 300))
    placed = placer.place([Label(x, y, text, 12, "s") for x, y, text in places], nudges=(0, -1, 1))
    boxes = [shapely.box(0, 250, 120, 300)]
    for label in placed:
        half = text_width(label.text, 12) / 2
        boxes.append(shapely.box(label.x - half, label.y - 6, label.x + half, label.y + 6))
    tree = shapely.STRtree(boxes)
    assert not tree.query(boxes, predicate="overlaps").size
    assert all(shapely.box(0, 0, 400, 300).covers(box) for box in boxes)


def test_the_base_picture_shows_each_layer_in_its_colour():
    sheet = Sheet(0, 0, 200, 100, 200, 100)
    shapes = {"emap_water": shapely.box(0, 0, 100, 100), "city3d_building": shapely.box(140, 40, 160, 60)}
    layers = {name: gpd.GeoDataFrame(geometry=[shape, None], crs=CRS) for name, shape in shapes.items()}
    picture = draw_base_picture(layers, sheet, palette=PALETTE, pixels=200)
    assert (picture.width, picture.height) == (200, 100)
    assert picture.layers == ("emap_water", "city3d_building")
    with MemoryFile(picture.png) as memory, memory.open() as source:
        pixels = source.read()
    for (x, y), name in {(50, 50): "water", (150, 50): "building", (120, 90): "paper"}.items():
        assert np.abs(pixels[:, y, x].astype(int) - rgb(PALETTE.light[name])).max() <= 2
    assert draw_base_picture(layers, sheet, palette=PALETTE, pixels=200).png == picture.png


def test_the_hillshade_darkens_slopes_only(tmp_path):
    sheet = Sheet(500_000, 4_400_000, 500_100, 4_400_100, 100, 100)
    shade = np.full((100, 100), 180, dtype="uint8")
    shade[:, :30] = 60
    path = tmp_path / "hillshade.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=100, height=100, count=1, dtype="uint8", crs=CRS,
        transform=from_bounds(*sheet.bounds, 100, 100),
    ) as target:  # fmt: skip
        target.write(shade, 1)
    picture = draw_base_picture({}, sheet, palette=PALETTE, hillshade=path, pixels=100)
    with MemoryFile(picture.png) as memory, memory.open() as source:
        pixels = source.read(1)
    assert pixels[50, 10] < pixels[50, 80] == rgb(PALETTE.light["paper"])[0]


def test_neighbours_never_have_the_same_colour():
    cells = np.array([shapely.box(x, y, x + 1, y + 1) for x in range(8) for y in range(8)])
    colours = greedy_colours(cells, 12)
    one, other = shapely.STRtree(cells).query(cells, predicate="intersects")
    assert not [
        pair for pair in zip(one, other, strict=True) if pair[0] != pair[1] and colours[pair[0]] == colours[pair[1]]
    ]


def test_every_kind_of_defect_gets_its_picture():
    kinds = ["gap"] * 60 + ["overlap"] + ["outside"]
    defects = gpd.GeoDataFrame(
        {"defect_id": [f"{n:03d}" for n in range(62)], "layer_id": "grid_cell", "agency": "", "kind": kinds,
         "area_m2": [*range(1000, 940, -1), 0.5, 0.1], "length_m": np.nan, "allowed": False},
        geometry=[shapely.box(n, 0, n + 0.5, 1) for n in range(62)], crs=CRS,
    )  # fmt: skip
    ranked = rank_defects(defects)
    assert len(ranked) == 24
    assert {60, 61} < set(ranked)
    assert ranked[:22] == list(range(22))
    shuffled = defects.sample(frac=1, random_state=4).reset_index(drop=True)
    assert [shuffled["defect_id"][n] for n in rank_defects(shuffled)] == [defects["defect_id"][n] for n in ranked]
    assert rank_defects(defects.iloc[:0]) == []


@given(st.floats(0.001, 60_000), st.floats(0.001, 60_000))
def test_a_tile_shows_the_whole_defect_under_one_scale_bar(wide, high):
    sheet = frame_of(shapely.box(0, 0, wide, high))
    assert sheet.west < 0
    assert sheet.east > wide
    assert sheet.north > high
    metres, pixels = sheet.scale_bar(0.25)
    assert pixels == pytest.approx(sheet.width * 0.25)
    assert metres == pytest.approx((sheet.east - sheet.west) / 4)


@given(st.integers(0, 2**32 - 1))
def test_each_case_is_counted_in_the_nearest_hexagon(seed):
    points = np.random.default_rng(seed).uniform(0, 50, (200, 2))
    middles = hexagon_middles(points, 2.0)
    reach = np.hypot(*(points - middles).T)
    assert reach.max() <= 2.0 + 1e-9
    lattice = np.unique(middles.round(6), axis=0)
    nearest = np.hypot(*(points[:, None] - lattice[None]).transpose(2, 0, 1)).min(axis=1)
    assert np.allclose(reach, nearest, atol=1e-5)


def test_cells_of_the_map_to_explore_come_back_from_their_steps():
    one_map = make_map()
    facts = Facts(one_map)
    sheet = Sheet.around(facts.bounds, width=940)
    data = Interactive(facts, sheet, PALETTE).data(Wording("en"))
    first = data["cells"][0]
    assert first[:3] == ["110120001001", "第0网格", "青禾区 > 鼓楼街道"]
    assert first[4:8] == [1, 0, 0, 1]
    steps = np.array(first[8][0]).reshape(-1, 2)
    ring = steps.cumsum(axis=0) / 10 + (sheet.west, sheet.south)
    assert shapely.Polygon(ring).symmetric_difference(one_map.frames["grid_cell"].geometry[0]).area < 60
    assert sum(count for _, _, count in data["hexagons"]["at"]) == 3
    assert [near[2] for near in data["near"]] == ["C3"]
    assert [finding[1] for finding in data["findings"]] == ["Gap", "Overlap"]


def test_charts_and_breaks():
    svg = bar_chart([("2026-01", 5), ("2026-02", 0), ("2026-03", 12)], Wording("en"), title="Cases")
    heights = [float(text) for text in re.findall(r'height="([\d.]+)" class="column"', svg)]
    assert heights[1] == 0
    assert heights[2] / heights[0] == pytest.approx(12 / 5, abs=0.01)
    assert "<title>2026-03: 12</title>" in svg
    assert bar_chart([], Wording("zh"), title="案件").count("column") == 0
    assert [round_step(n) for n in (0, 1, 2.5, 30, 700)] == [1, 1, 5, 50, 1000]
    assert count_breaks(np.zeros(4, dtype=int)) == []
    assert count_breaks(np.array([7, 7, 7])) == [7, 8]


def test_states_together():
    assert combined({"missing", "empty"}) == "missing"
    assert combined({"outside", "missing"}) == "outside"
    assert combined({"stale", "partial"}) == "partial"


def test_wording_of_figures():
    words = Wording("en")
    assert [words.measure(value) for value in (312_109.4, 45.26, 0.8249, 0.00042, 0, None)] == [
        "312,109", "45.3", "0.82", "0.00042", "0", "–"
    ]  # fmt: skip
    assert [words.share(value) for value in (1, 0, 0.99999, 0.0002, 0.5, float("nan"))] == [
        "100%",
        "0%",
        "> 99.9%",
        "< 0.1%",
        "50.0%",
        "–",
    ]
    assert words.date(pd.NaT) == words.date("") == words.date(None) == "–"
    assert words.date(pd.Timestamp("2026-03-04", tz="UTC")) == words.date("2026-03-04T08:00:00Z") == "2026-03-04"
    assert words.label("case", "state", "in_hand") == "In hand"
    assert Wording("zh").label("case", "state", "in_hand") == "办理中"
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert Wording("zh").listed(["甲", "乙"]) == "甲、乙"


def test_input_frames_stay_as_they_were(tmp_path):
    one_map = make_map()
    before = {name: frame.copy() for name, frame in one_map.frames.items()}
    write_report(one_map, tmp_path / "report.html")
    for name, frame in one_map.frames.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before[name]))
