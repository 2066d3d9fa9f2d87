"""The atlas read back: pages, sizes, letters, signs, codes; the same input gives the same bytes."""

import hashlib
import json
import os
import re
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdf
import pytest
import shapely
import zxingcpp
from PIL import Image
from typer.testing import CliRunner

import onemap
from onemap.errors import Cancelled, SchemaError
from onemap.report.atlas import make_atlas
from onemap.report.atlas.agency import Posts, agency_sheet
from onemap.report.atlas.book import open_studio
from onemap.report.atlas.fonts import load_typefaces
from onemap.report.atlas.furniture import Table, layout_for
from onemap.report.atlas.ground import Ground, roomiest, round_scale
from onemap.report.atlas.options import AtlasOptions
from onemap.report.atlas.page import Box, Page, Pen, drawing
from onemap.report.atlas.people import spaced
from onemap.report.atlas.sheets import _heads_table, _levels_table, district_sheet, street_sheet
from onemap.report.atlas.signs import Sign
from onemap.report.atlas.tints import unlike_colours
from onemap.report.palette import load_palette

from .conftest import at, layer, make_map

NOW = "2026-07-01T09:00"
CODES = [f"11012000100{number}" for number in range(1, 9)]
CHINESE = len(load_typefaces(load_palette().fonts)[0].families) > 1
# a stranger's machine may lack the font; where CI decides the tests run, and fail without it
needs_chinese = pytest.mark.skipif(
    not CHINESE and not os.environ.get("CI"), reason="no Chinese font of the palette is installed"
)


def holders() -> pd.DataFrame:
    rows = [
        ("H1", "王丽", "grid_worker", CODES[0], "13800000001", "2025-01-01", None, None, "日常巡查；上报问题"),
        ("H0", "赵前", "grid_worker", CODES[0], "13800000009", "2020-01-01", "2024-12-31", None, None),
        ("H2", "李强", "grid_worker", CODES[1], "13800000002", "2025-01-01", None, None, None),
        ("H3", "周敏", "street_head", "S1", "13800000003", "2025-01-01", None, None, None),
    ]
    columns = ["holder_code", "name", "role", "grid_code", "phone", "valid_from", "valid_to", "deputy", "duty_text"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(valid_from=pd.to_datetime(frame["valid_from"]), valid_to=pd.to_datetime(frame["valid_to"]))


def duty_grids() -> gpd.GeoDataFrame:
    return layer(
        [at(0, 0, 1000, 1000), at(1000, 0, 1500, 1000), at(1500, 0, 2000, 990), at(0, 0, 2000, 1000)],
        duty_code=["G1", "G2", "G3", "F1"], agency=["公安分局"] * 3 + ["城管执法局"],
        name=["第1责任区", "第2责任区", "第3责任区", "全区"], holder=["吕国", "宋超", None, "许磊"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def city() -> Any:
    return make_map(holder=holders(), duty_grid=duty_grids())


@pytest.fixture(scope="module")
def printed(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("atlas")
    result = make_atlas(
        city, folder, now=NOW, dpi=60, watermark="张三", classification="内部资料", approval_number="京S(2026)012号"
    )
    return folder, result


def text_of(path: Path, page: int = 0) -> str:
    return pypdf.PdfReader(path).pages[page].extract_text()


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


@needs_chinese
def test_one_page_and_one_picture_for_each_sheet(printed: Any) -> None:
    folder, result = printed
    assert result.counts == {"district": 1, "streets": 2, "agencies": 2, "posters": 8}
    assert list(result.files.columns) == ["sheet", "code", "title", "format", "page", "path"]
    pages = {name: len(pypdf.PdfReader(folder / f"{name}.pdf").pages) for name in result.counts}
    assert pages == result.counts
    pictures = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    assert pictures == sorted(
        ["district/D.png", "streets/S1.png", "streets/S2.png", "agencies/公安分局.png", "agencies/城管执法局.png"]
        + [f"posters/{code}.png" for code in CODES]
    )
    assert set(result.files["path"]) == {str(path) for path in folder.rglob("*.*")}
    assert not list(folder.glob(".atlas-*"))


@needs_chinese
@pytest.mark.parametrize(("size", "wide", "high"), [("A3", 420, 297), ("A4", 210, 297)])
def test_a_sheet_has_its_size_in_millimetres(city: Any, tmp_path: Path, size: str, wide: int, high: int) -> None:
    make_atlas(city, tmp_path, sheets=("district",), size=size, dpi=72, now=NOW)
    box = pypdf.PdfReader(tmp_path / "district.pdf").pages[0].mediabox
    assert (float(box.width) / 72 * 25.4, float(box.height) / 72 * 25.4) == pytest.approx((wide, high), abs=0.01)
    with Image.open(tmp_path / "district" / "D.png") as picture:
        assert picture.size == (int(wide / 25.4 * 72), int(high / 25.4 * 72))
        assert picture.info["dpi"] == pytest.approx((72, 72), abs=0.1)


@needs_chinese
def test_what_a_sheet_says_of_itself_is_text(printed: Any) -> None:
    folder, _ = printed
    words = flat(text_of(folder / "district.pdf"))
    for part in (
        "青禾区·网格总图",
        "鼓楼街道",
        "河湾街道",
        "图例",
        "内部资料",
        "京S(2026)012号",
        "张三",
        "EPSG:4548",
        "2026-06-30",
        "2026-07-0109:00",
        "指挥中心",
        "（印章）",
        "北",
        "1:7,000",
    ):
        assert part in words, part
    street = flat(text_of(folder / "streets.pdf"))
    assert "鼓楼街道网格图" in street
    facts = pypdf.PdfReader(folder / "posters.pdf").metadata
    assert (facts.title, facts.author, facts.creator) == ("青禾区 · 网格公示牌", "指挥中心", "onemap")
    for made in (facts.creation_date, facts.modification_date):
        assert made.isoformat() == "2026-07-01T01:00:00+00:00"  # nine in Shanghai, the zone where a map states none


@needs_chinese
def test_a_poster_names_who_is_to_be_called(printed: Any) -> None:
    folder, _ = printed
    poster = flat(text_of(folder / "posters.pdf"))
    for part in (
        "110120001001"[:9] + CODES[0][-3:],
        "王丽",
        "13800000001",
        "周敏",
        "13800000003",
        "日常巡查",
        "上报问题",
    ):
        assert part in poster, part
    assert "赵前" not in poster, "an appointment that has ended"
    assert "空缺" in flat(text_of(folder / "posters.pdf", page=2))


def rows_of_roster(*rows: tuple[Any, ...]) -> pd.DataFrame:
    columns = ["holder_code", "name", "grid_code", "agency", "phone", "shift", "valid_to"]
    return pd.DataFrame(rows, columns=columns).assign(role=None, deputy=0, valid_from=pd.NaT, duty_text=None)


def on_shifts() -> Any:
    """Return a map whose roster says other people than the duty grids' own column."""
    people = rows_of_roster(
        ("P1", "谢明平", "G1", "公安分局", None, "day", None),
        ("P2", "杨春建", "G1", "公安分局", None, "night", None),
        ("P3", "唐敏", "G2", "公安分局", None, "day", None),
        ("P4", "何源", "G3", "公安分局", None, "day", None),
        ("P5", "韩刚", "G3", "公安分局", None, "day", None),
        ("P6", "林梅", "F1", "城管执法局", None, None, None),
        ("P7", "许磊", "F1", "城管执法局", None, None, "2026-01-01"),
    )
    shifts = pd.DataFrame(
        {"shift_code": ["day", "night"], "name": ["白班", "夜班"], "name_en": ["day shift", "night shift"],
         "days": ["*", "*"], "start": ["08:00", "20:00"], "end": ["20:00", "08:00"]}
    )  # fmt: skip
    duties = pd.DataFrame({"duty_code": ["D1", "D2"], "agency": ["公安分局", "城管执法局"], "matters": ["01", "05"],
                           "scope": "duty_grid", "part": "in_charge"})  # fmt: skip
    return make_map(holder=people, duty_grid=duty_grids(), shift=shifts, duty=duties)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_agency_sheet_names_whom_the_matrix_names(language: str) -> None:
    city = on_shifts()
    studio = open_studio(city, AtlasOptions(language=language, now=NOW))[0]
    tables = {name: city.frames[layer_id] for name, layer_id in
              (("holders", "holder"), ("duty_grids", "duty_grid"), ("shifts", "shift"))}  # fmt: skip
    levels = {level: city.frames[level] for level in city.levels}
    matrix = onemap.ResponsibilityMatrix(levels, city.frames["duty"], **tables)
    spots = {"G1": (600, 400), "G2": (1200, 400), "G3": (1800, 400), "F1": (600, 400)}
    for agency, matter in (("公安分局", "0101"), ("城管执法局", "0501")):
        frame = city.frames["duty_grid"][city.frames["duty_grid"]["agency"] == agency]
        posts = Posts(studio, frame, agency)
        for code in frame["duty_code"]:
            x, y = spots[code]
            for shift, said in zip(posts.shifts or ["day"], posts.of(code), strict=True):
                hour = "10:00" if shift == "day" else "23:00"
                answer = matrix.who(x=500_000 + x, y=4_400_000 + y, matter=matter, at=f"2026-06-30 {hour}")
                names = [holder.name for claim in answer.parts["in_charge"].claims for holder in claim.standing.holders]
                plain = re.sub(r"（冲突）| \(conflict\)", "", said)
                assert ([] if plain in {"空缺", "vacant"} else plain.split(" / ")) == names, (code, shift)
    assert posts.of("F1") == ["林梅"]
    first = Posts(studio, duty_grids().iloc[:3], "公安分局")
    assert first.heads == (["白班", "夜班"] if language == "zh" else ["day shift", "night shift"])
    assert first.of("G3")[0] == ("何源 / 韩刚（冲突）" if language == "zh" else "何源 / 韩刚 (conflict)")


@needs_chinese
@pytest.mark.parametrize("size", ["A3", "A4"])
def test_every_holder_stands_on_an_agency_sheet(tmp_path: Path, size: str) -> None:
    make_atlas(on_shifts(), tmp_path, sheets="agencies", only=["公安分局"], size=size, formats="pdf", now=NOW)
    words = flat(text_of(tmp_path / "agencies.pdf"))
    for part in ("谢明平", "杨春建", "唐敏", "何源/韩刚（冲突）", "空缺"):
        assert part in words, part
    assert "吕国" not in words, "the grid's own column counts only where the roster says nothing"


@needs_chinese
@pytest.mark.parametrize("size", ["A3", "A4"])
def test_two_who_hold_a_grid_with_equal_right_are_shown_alike(tmp_path: Path, size: str, monkeypatch: Any) -> None:
    two = rows_of_roster(
        ("Z1", "方同权", CODES[0], None, "13800000001", None, None),
        ("Z2", "郑同责", CODES[0], None, "13800000002", None, None),
        ("Z3", "周一", "S1", None, "13800000003", None, None),
        ("Z4", "周二", "S1", None, "13800000004", None, None),
    )
    sizes: dict[str, float] = {}
    write = Page.text

    def watch(self: Page, x: float, y: float, words: str, **options: Any) -> float:
        sizes[words] = options["size"]
        return write(self, x, y, words, **options)

    monkeypatch.setattr(Page, "text", watch)
    make_atlas(
        make_map(holder=two), tmp_path, sheets="posters", only=[CODES[0]], size=size, qr="text", now=NOW, dpi=100
    )
    assert sizes["方同权"] == sizes["郑同责"] == sizes["138 0000 0001"] == sizes["138 0000 0002"]
    words = flat(text_of(tmp_path / "posters.pdf"))
    assert "冲突：2人同等担任本网格，须明确一人" in words
    assert "周一/周二（冲突）" in words
    with Image.open(tmp_path / "posters" / f"{CODES[0]}.png") as picture:
        said = zxingcpp.read_barcodes(np.asarray(picture))[0].text
    assert said.endswith("方同权 / 郑同责 13800000001 / 13800000002")


@needs_chinese
@pytest.mark.parametrize("size", ["A3", "A4"])
@pytest.mark.parametrize("count", [4, 20, 40])
def test_no_sheet_leaves_out_its_table(tmp_path: Path, size: str, count: int) -> None:
    step = 2000 / count
    grids = layer(
        [at(n * step, 0, (n + 1) * step, 1000) for n in range(count)],
        duty_code=[f"Q{n:02d}" for n in range(count)], agency=["公安分局"] * count,
        name=[f"第{n}责任区" for n in range(count)], holder=[f"王{n:02d}号" for n in range(count)],
    )  # fmt: skip
    make_atlas(make_map(duty_grid=grids), tmp_path, sheets="agencies", size=size, formats="pdf", now=NOW)
    words = flat(text_of(tmp_path / "agencies.pdf"))
    assert [n for n in range(count) if f"王{n:02d}号" not in words] == []


@needs_chinese
@pytest.mark.parametrize("size", ["A3", "A4"])
def test_a_street_sheet_has_whom_to_call(tmp_path: Path, size: str) -> None:
    communities = layer(
        [at(0, 0, 1000, 500), at(1000, 0, 2000, 500)], community_code=["S1A", "S1B"], name=["东里", "西里"],
        parent_code=["S1", "S1"],
    )  # fmt: skip
    heads = rows_of_roster(("Y1", "钱进", "S1A", None, "13900000001", None, None))
    city = make_map(grid_community=communities, holder=heads)
    city.levels.insert(2, "grid_community")
    make_atlas(city, tmp_path, sheets="streets", only=["S1"], size=size, formats="pdf", now=NOW)
    words = flat(text_of(tmp_path / "streets.pdf"))
    for part in ("东里", "西里", "钱进", "13900000001", "负责人"):
        assert part in words, part


@needs_chinese
def test_cells_of_no_community_of_a_street_are_a_row_of_their_own(tmp_path: Path) -> None:
    """The header's count is the sum of the table's."""
    communities = layer([at(0, 0, 2000, 1000)], community_code=["S1A"], name=["东里"], parent_code=["S1"])
    cells = make_map().read("grid_cell")
    parents = ["S1A"] * (len(cells) - 3) + ["S9Z", "S9Z", None]
    city = make_map(grid_community=communities, grid_cell=cells.assign(parent_code=parents))
    city.levels.insert(2, "grid_community")
    studio = studio_of(city)
    level = studio.facts.streets
    for row in level.frame.to_dict("records"):
        inside = studio.inside(studio.facts.levels[2], row["geometry"])
        held = studio.inside(studio.facts.cells, row["geometry"])
        table = _heads_table(studio, studio.facts.levels[2], inside, held)
        assert sum(int(line[1]) for line in table.rows) == len(held)
    stray = layer([at(9000, 9000, 9100, 9100)], cell_code=["Z"], name=["Z"], parent_code=["S1"])
    away = studio_of(make_map(grid_cell=pd.concat([cells, stray], ignore_index=True)))
    table = _levels_table(away, away.facts.streets)
    assert sum(int(line[1]) for line in table.rows) == len(cells) + 1
    assert table.rows[-1] == ("不属于以上各处", "1")


def test_roads_in_the_legend_have_their_outline(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[float] = []
    monkeypatch.setattr(Page, "paint", lambda self, outline, *, pen=None, **_: drawn.append(pen.width_mm))
    with drawing():
        page = Page("A4")
        for high in (0.9, 1.6, 3.0, 5.0):
            Sign("road", pen=Pen("#FFFFFF", 1.1), casing=Pen("#D9D4CC", 2.0)).draw(page, Box(0, 0, 11, high))
    for casing, fill in zip(drawn[::2], drawn[1::2], strict=True):
        assert fill == pytest.approx(casing * 0.55)


@needs_chinese
def test_two_sizes_in_one_run_have_names_of_their_own(city: Any, tmp_path: Path) -> None:
    sheets = {"sheets": ("district", "posters"), "only": ["D", CODES[0]], "dpi": 40, "now": NOW}
    result = make_atlas(city, tmp_path / "both", size=("A3", "A4"), **sheets)
    assert result.counts == {"district": 2, "posters": 2}
    for size, wide in (("A3", 420), ("A4", 210)):
        alone = make_atlas(city, tmp_path / size, size=size, **sheets)
        for path in alone.files["path"]:
            name = Path(path).relative_to(tmp_path / size)
            marked = tmp_path / "both" / name.with_name(f"{name.stem}-{size}{name.suffix}")
            assert marked.read_bytes() == Path(path).read_bytes()
        page = pypdf.PdfReader(tmp_path / "both" / f"district-{size}.pdf").pages[0]
        assert round(float(page.mediabox.width) / 72 * 25.4) == wide
    assert sorted(result.files["path"]) == sorted(str(path) for path in (tmp_path / "both").rglob("*.p*"))


def test_a_table_that_is_too_long_for_the_strip_counts_what_is_left_off() -> None:
    with drawing():
        page = Page("A4")
        table = Table(("网格", "负责人"), tuple((f"第{n}格", "王") for n in range(300)))
        layout = layout_for(page, table)
        assert layout.table is not None
        assert layout.ground.bottom > layout.table.top
        assert layout.ground.height > 100


@needs_chinese
def test_fonts_are_embedded(printed: Any) -> None:
    folder, result = printed
    for family in result.counts:
        for page in pypdf.PdfReader(folder / f"{family}.pdf").pages:
            fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
            assert fonts
            # outlines of Type 3 stand in the file; every other kind must carry its font
            for font in fonts:
                assert font["/Subtype"] == "/Type3" or "/FontFile" in str(font)
                assert "/ToUnicode" in font


@needs_chinese
def test_the_same_input_and_time_give_the_same_bytes(city: Any, printed: Any, tmp_path: Path) -> None:
    folder, _ = printed
    shuffled = make_map(holder=holders().iloc[::-1], duty_grid=duty_grids().iloc[[2, 0, 3, 1]])
    make_atlas(
        shuffled,
        tmp_path,
        now=NOW,
        dpi=60,
        watermark="张三",
        classification="内部资料",
        approval_number="京S(2026)012号",
    )
    digests = [
        {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*.*")}
        for root in (folder, tmp_path)
    ]
    assert digests[0] == digests[1]


@needs_chinese
@pytest.mark.parametrize("size", ["A3", "A4"])
def test_the_code_of_a_poster_is_read_by_an_independent_reader(city: Any, tmp_path: Path, size: str) -> None:
    wanted = {
        "geo": None,
        "text": f"{CODES[0]}\n第0网格\n王丽 13800000001",
        "https://a.cn/{code}?t={phone}": f"https://a.cn/{CODES[0]}?t=13800000001",
    }
    for number, (qr, expected) in enumerate(wanted.items()):
        make_atlas(
            city,
            tmp_path / str(number),
            sheets=["posters"],
            only=[CODES[0]],
            size=size,
            qr=qr,
            now=NOW,
            dpi=100,
            formats="png",
        )
        with Image.open(tmp_path / str(number) / "posters" / f"{CODES[0]}.png") as picture:
            found = zxingcpp.read_barcodes(np.asarray(picture))
        assert len(found) == 1
        if expected is not None:
            assert found[0].text == expected
            continue
        lat, lon = map(float, re.fullmatch(r"geo:([\d.]+),([\d.]+)", found[0].text).groups())
        back = gpd.GeoSeries(gpd.points_from_xy([lon], [lat]), crs="EPSG:4326").to_crs("EPSG:4548")
        assert shapely.distance(back.iloc[0], at(0, 0, 480, 500).centroid) < 30
        assert at(0, 0, 480, 500).contains(back.iloc[0])


def studio_of(one_map: Any) -> Any:
    return open_studio(one_map, AtlasOptions(language="zh", now=NOW))[0]


def shown(draw: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Ground]:
    """Return the page and the map of a sheet."""
    seen: list[Ground] = []
    made = Ground.__init__

    def watch(self: Ground, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        seen.append(self)

    monkeypatch.setattr(Ground, "__init__", watch)
    with drawing():
        page, _ = draw()
    return page, seen[0]


@needs_chinese
def test_the_legend_has_what_is_on_the_sheet_and_nothing_else(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = studio_of(city)
    _, ground = shown(lambda: district_sheet(studio, "A3"), monkeypatch)
    assert set(ground.shown) == {"区界", "街道", "单元网格", "道路", "房屋建筑"}
    bare = studio_of(make_map(emap_road=None, city3d_building=None))
    _, ground = shown(lambda: district_sheet(bare, "A3"), monkeypatch)
    assert set(ground.shown) == {"区界", "街道", "单元网格"}


@needs_chinese
def test_the_map_is_exactly_at_its_scale(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = studio_of(city)
    _, ground = shown(lambda: district_sheet(studio, "A3"), monkeypatch)
    west, south, east, north = ground.bounds
    assert ((east - west) / ground.box.width * 1000, (north - south) / ground.box.height * 1000) == pytest.approx(
        (ground.scale,) * 2
    )
    assert ((west + east) / 2, (south + north) / 2) == pytest.approx((501_000.0, 4_400_500.0))
    left, bottom = ground.at(west, south)
    assert (left, bottom) == pytest.approx((ground.box.left, ground.box.bottom))
    metres, wide = ground.bar
    assert wide == pytest.approx(metres / ground.scale * 1000)


@needs_chinese
def test_names_never_lie_over_each_other(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = studio_of(city)
    level = studio.facts.streets
    row = level.frame.iloc[0].to_dict()
    for draw in (
        lambda: district_sheet(studio, "A3"),
        lambda: street_sheet(studio, "A4", level, row),
        lambda: agency_sheet(studio, "A3", "公安分局"),
    ):
        _, ground = shown(draw, monkeypatch)
        boxes = [shapely.box(box.left, box.bottom, box.right, box.top) for box in ground.taken]
        assert boxes
        near = shapely.STRtree(boxes).query(boxes, predicate="overlaps")
        assert not near.size
        frame = shapely.box(ground.box.left, ground.box.bottom, ground.box.right, ground.box.top)
        assert all(frame.covers(box) for box in boxes)


@needs_chinese
def test_land_that_an_agency_leaves_to_nobody_is_in_its_legend(monkeypatch: pytest.MonkeyPatch) -> None:
    gap = layer(
        [at(1500, 990, 2000, 1000)], gap_id=["land-1"], kind=["land"], layer_id=["duty_grid"], agency=["公安分局"],
        area_m2=[5_000.0], width_m=[10.0], buildings=[0], residents=[0], cases=[0], reason=["no grid"],
    )  # fmt: skip
    studio = studio_of(make_map(duty_grid=duty_grids(), coverage_gap=gap))
    _, ground = shown(lambda: agency_sheet(studio, "A3", "公安分局"), monkeypatch)
    assert "无责任网格覆盖" in ground.shown
    _, ground = shown(lambda: agency_sheet(studio, "A3", "城管执法局"), monkeypatch)
    assert "无责任网格覆盖" not in ground.shown


@needs_chinese
def test_a_letter_that_no_font_has_stops_the_export_and_leaves_nothing(tmp_path: Path) -> None:
    broken = make_map(holder=holders().assign(name="王\U000f0000"))
    with pytest.raises(SchemaError, match=r"no font on this machine has .*U\+F0000") as caught:
        make_atlas(broken, tmp_path / "atlas", sheets=["district", "posters"], now=NOW, dpi=40)
    assert "请安装其中之一" in caught.value.text("zh")
    assert not list((tmp_path / "atlas").rglob("*"))


@needs_chinese
def test_a_stopped_run_leaves_what_was_there(city: Any, tmp_path: Path) -> None:
    make_atlas(city, tmp_path, sheets="district", now=NOW, dpi=40)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    def stop(share: float, text: str) -> None:
        if share > 0:
            raise Cancelled("stopped; what was there before is untouched")

    with pytest.raises(Cancelled):
        make_atlas(city, tmp_path, now="2026-08-01T09:00", dpi=40, progress=stop)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


@needs_chinese
def test_only_some_sheets(city: Any, tmp_path: Path) -> None:
    result = make_atlas(city, tmp_path, only=["河湾街道", CODES[2], "公安分局"], now=NOW, dpi=40, formats=["png"])
    assert sorted(result.files["code"]) == sorted(["S2", CODES[2], "公安分局"])
    assert not list(tmp_path.glob("*.pdf"))
    with pytest.raises(SchemaError, match="the map has no sheet for S9"):
        make_atlas(city, tmp_path, only=["S9"], now=NOW)


@needs_chinese
def test_two_cells_of_one_code_are_two_pictures(tmp_path: Path) -> None:
    cells = make_map().frames["grid_cell"]
    cells.loc[1, "cell_code"] = cells["cell_code"][0]
    result = make_atlas(make_map(grid_cell=cells), tmp_path, sheets="posters", formats="png", now=NOW, dpi=40)
    assert result.files["path"].nunique() == len(cells)


@needs_chinese
def test_a_poster_shows_the_photo_of_its_holder(city: Any, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.new("RGB", (70, 98), (255, 0, 0)).save(photos / "H1.png")
    make_atlas(
        city, tmp_path / "with", sheets="posters", only=[CODES[0]], formats="png", photos=photos, now=NOW, dpi=60
    )
    with Image.open(tmp_path / "with" / "posters" / f"{CODES[0]}.png") as picture:
        red = (np.asarray(picture) == (255, 0, 0)).all(axis=2).sum() / 60**2 * 25.4**2
    assert red == pytest.approx(69 * 69 * 70 / 98, rel=0.03)
    (photos / "H1.png").write_bytes(b"no picture")
    with pytest.raises(SchemaError, match="is no picture"):
        make_atlas(city, tmp_path / "without", sheets="posters", only=[CODES[0]], photos=photos, now=NOW, dpi=40)


@needs_chinese
def test_the_sheets_speak_english(city: Any, tmp_path: Path) -> None:
    make_atlas(city, tmp_path, sheets=["district", "agencies"], formats=["pdf"], language="en", now=NOW)
    words = text_of(tmp_path / "district.pdf")
    for part in ("Qinghe · Map of the grids", "Legend", "Printed", "Coordinate system"):
        assert part in words, part
    assert "vacant" in text_of(tmp_path / "agencies.pdf")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": "A5"}, "size is A5; it must be of A3, A4"),
        ({"sheets": ["streets", "walls"]}, "sheets is streets, walls; it must be of district"),
        ({"formats": []}, "formats is empty; it must be of pdf, png"),
        ({"language": "fr"}, "language is fr; it must be of en, zh"),
        ({"dpi": 5}, "dpi is 5; it must be of 36-600"),
        ({"now": "today"}, "now is today; write it as 2026-06-30T09:00"),
    ],
)
def test_a_wrong_option_is_one_sentence(city: Any, tmp_path: Path, options: Any, said: str) -> None:
    with pytest.raises(SchemaError, match=re.escape(said)):
        make_atlas(city, tmp_path, **options)


@needs_chinese
def test_a_wrong_field_of_the_code_is_one_sentence(city: Any, tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="its fields are code, name, holder, phone, lat, lon"):
        make_atlas(city, tmp_path, sheets="posters", only=[CODES[0]], qr="{who}", now=NOW)


def test_neighbours_never_have_one_hue() -> None:
    hues = load_palette().hues
    random = np.random.default_rng(5)
    for _ in range(20):
        points = shapely.MultiPoint(random.uniform(0, 100, (40, 2)))
        cells = shapely.get_parts(shapely.voronoi_polygons(points))
        colours = unlike_colours(cells, hues)
        for one, other in zip(*shapely.STRtree(cells).query(cells, "touches"), strict=True):
            assert colours[one] != colours[other]


@pytest.mark.parametrize("box", [Box(0, 0, 300, 200), Box(0, 0, 63.5, 412)])
def test_a_round_scale_is_the_largest_that_fits(box: Box) -> None:
    for size in np.geomspace(3, 3e5, 60):
        scale = round_scale((0, 0, size, size), box, air=0.0)
        need = size / min(box.width, box.height) * 1000
        assert need <= scale * (1 + 1e-9)
        assert scale <= need * 1.26 + 1  # no two steps are further apart


def test_a_name_finds_the_widest_place() -> None:
    shape = shapely.union_all([shapely.box(0, 0, 2, 30), shapely.box(0, 24, 20, 30)])
    x, y, wide = roomiest(shape, 3.0)
    assert (x, wide) == pytest.approx((10, 20))
    assert 25.5 <= y <= 28.5


def test_widths_of_letters_are_those_of_the_drawn_text() -> None:
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

    regular, _ = load_typefaces(load_palette().fonts)
    text = "Grid 0123 · 110120" + ("青禾区网格" if CHINESE else "")
    with drawing():
        wide, _, _ = RendererAgg(100, 100, 72).get_text_width_height_descent(
            text, FontProperties(family=list(regular.families), size=100), ismath=False
        )
    assert regular.width(text) * 100 == pytest.approx(wide, rel=0.02)


def test_lines_break_between_chinese_letters_and_between_words() -> None:
    page = Page("A4")
    if CHINESE:
        assert page.wrapped("网格网格网格。", 15, size=5) == ["网格网", "格网格。"]
    lines = page.wrapped("report what is broken today", 40, size=5)
    assert " ".join(lines) == "report what is broken today"
    assert all(page.regular.width(line) * 5 <= 40 for line in lines)


def test_numbers_are_read_aloud_in_groups() -> None:
    assert [spaced(phone) for phone in ("13800000001", "01066550000", "", "12345")] == [
        "138 0000 0001",
        "01066550000",
        "",
        "12345",
    ]


@needs_chinese
def test_the_verb(tmp_path: Path, city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from onemap.cli import app

    monkeypatch.setattr("onemap.store.one_map.open_map", lambda path: replace(city))
    out = tmp_path / "sheets"
    (tmp_path / "x.gpkg").touch()
    asked = [
        "atlas",
        str(tmp_path / "x.gpkg"),
        "--out",
        str(out),
        "--sheets",
        "district,posters",
        "--size",
        "A4, A3",
        "--only",
        CODES[0],
        "--only",
        "D",
    ]
    done = CliRunner().invoke(app, [*asked, "--now", NOW, "--dpi", "40", "--json", "--lang", "zh"])
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["counts"] == {"district": 2, "posters": 2}
    assert len(facts["files"]) == 8
    assert (out / "posters" / f"{CODES[0]}-A3.png").is_file()


@needs_chinese
@pytest.mark.parametrize(
    "less",
    [
        {"grid_district": None, "grid_street": None},
        {"grid_street": None, "city3d_building": None, "emap_road": None},
        {"grid_cell": None},
        {"holder": None, "duty_grid": None, "grid_district": None},
    ],
)
def test_a_map_that_lacks_layers_is_printed_all_the_same(tmp_path: Path, less: Any) -> None:
    bare = make_map(**({"holder": holders(), "duty_grid": duty_grids()} | less))
    result = make_atlas(bare, tmp_path, now=NOW, dpi=40, formats=["png"], size="A4")
    assert result.counts["district"] == 1


@needs_chinese
def test_a_map_in_degrees_is_printed_in_metres(tmp_path: Path) -> None:
    frames = make_map().frames
    degrees = {name: frame.to_crs("EPSG:4490") for name, frame in frames.items() if isinstance(frame, gpd.GeoDataFrame)}
    one_map = make_map(**degrees)
    corners = degrees["grid_district"].total_bounds
    one_map.district |= {"crs": "EPSG:4490", "bounds": json.dumps(list(corners))}
    make_atlas(one_map, tmp_path, sheets="district", formats=["pdf"], now=NOW)
    assert "1:7,000" in text_of(tmp_path / "district.pdf")


@needs_chinese
def test_an_earlier_day_has_its_own_holders(city: Any, tmp_path: Path) -> None:
    make_atlas(city, tmp_path, sheets="posters", only=[CODES[0]], formats=["pdf"], as_of="2024-06-01", now=NOW)
    words = flat(text_of(tmp_path / "posters.pdf"))
    assert "赵前" in words
    assert "王丽" not in words


def test_without_a_chinese_font_the_export_says_which_one_to_install() -> None:
    regular, bold = load_typefaces(("No Such Font", "sans-serif"))
    for face in (regular, bold):
        assert face.families == ("DejaVu Sans",)
        with pytest.raises(SchemaError, match=r"has 青 \(U\+9752\) \(in '青 1'\); install one of No Such Font$"):
            face.check("青 1")


def test_without_the_extra_it_says_what_to_install(city: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("book", "poster"):
        monkeypatch.delitem(sys.modules, f"onemap.report.atlas.{module}")
    monkeypatch.setitem(sys.modules, "segno", None)
    with pytest.raises(SchemaError, match=r"segno is not installed: .* pip install \"\.\[atlas\]\""):
        make_atlas(city, tmp_path, now=NOW)


@needs_chinese
def test_nothing_warns(city: Any, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_atlas(city, tmp_path, only=["D", "S1", "公安分局", CODES[0]], now=NOW, dpi=40)


def test_it_is_public() -> None:
    assert onemap.make_atlas is make_atlas
    assert onemap.AtlasResult.__name__ == "AtlasResult"


def test_duties_of_the_table_stand_on_the_posters_of_their_grids(tmp_path: Path) -> None:
    duties = pd.DataFrame(
        {
            "duty_code": ["d1", "d2"],
            "matters": ["05", "05"],
            "scope": ["grid_cell", "grid_cell"],
            "scope_code": ["*", "no such cell"],
            "part": ["territorial", "territorial"],
            "role": [None, None],
            "holder_code": [None, None],
            "rank": [1, 1],
            "text": ["巡查上报", "清理河道"],
        }
    )
    city = make_map(holder=holders(), duty_grid=duty_grids(), duty=duties)
    make_atlas(city, tmp_path, sheets=("posters",), formats=("pdf",), now=NOW, dpi=60)
    text = text_of(tmp_path / "posters.pdf")
    assert "巡查上报" in text
    assert "清理河道" not in text
