"""The page: one file that answers first, escapes everything, links every figure, and never fails on what is absent."""

import ast
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from onemap.errors import SchemaError
from onemap.report.html import script_json, write_report, write_reports
from onemap.report.sections.coverage import _MEANING
from onemap.translation import sentences

from .conftest import CRS, make_map

REPORT = Path(__file__).resolve().parents[3] / "onemap" / "report"
HOSTILE = "</script><script>alert(1)</script>\"'&<b onload=x>"


class Page(HTMLParser):
    """Elements of a page: ids, links, attributes that load something, text of each element by id."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids, self.links, self.loads, self.tags, self.text = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        if values.get("id"):
            self.ids.append(values["id"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        self.loads += [values[name] for name in ("src", "href", "data", "poster") if name in values and tag != "a"]

    def handle_data(self, data):
        self.text.append(data)


def page(one_map, tmp_path, language="zh") -> str:
    return write_report(one_map, tmp_path / "report.html", language=language).read_text(encoding="utf-8")


def test_it_answers_first(one_map, tmp_path):
    text = page(one_map, tmp_path)
    heading = re.search(r"<h1>(.*?)</h1>", text).group(1)
    assert heading == "否：青禾区没有全部覆盖。共有 1 处空隙，合计 10,000\u00a0m²，涉及 3 栋房屋、12 名居民。"
    text = page(one_map, tmp_path, "en")
    heading = re.search(r"<h1>(.*?)</h1>", text).group(1)
    assert heading == "No: Qinghe is not covered. 1 gap of 10,000\u00a0m² in all, with 3 buildings and 12 residents."


def test_a_covered_district_is_said_to_be_covered(tmp_path):
    empty = make_map().frames["defect"].iloc[:0]
    text = page(make_map(defect=empty, coverage_gap=make_map().frames["coverage_gap"].iloc[:0]), tmp_path, "en")
    assert "<h1>Yes: Qinghe is covered. Its 8 cells leave no gap in 2.00\u00a0km².</h1>" in text


def test_the_sections_come_in_order(one_map, tmp_path):
    ids = [name for name in Page(page(one_map, tmp_path)).ids if not name.startswith(("t-", "p-", "h-", "m-"))]
    order = ["top", "overview", "atlas", "coverage", "nesting", "completeness", "layers", "cases", "near", "objects",
             "repairs", "rejects", "notes"]  # fmt: skip
    assert [name for name in ids if name in order] == order


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_one_file_that_loads_nothing(one_map, tmp_path, language):
    text = page(one_map, tmp_path, language)
    loads = [value for value in Page(text).loads if not value.startswith(("#", "data:"))]
    assert loads == []
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL).group(1)
    assert not [url for url in re.findall(r"url\(([^)]*)\)", style) if not url.startswith("#")]
    assert "@import" not in style
    assert "sourceMappingURL" not in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_link_leads_somewhere_and_every_id_is_there_once(one_map, tmp_path, language):
    found = Page(page(one_map, tmp_path, language))
    assert len(found.ids) == len(set(found.ids))
    assert not {link[1:] for link in found.links} - set(found.ids)


def test_hostile_text_stays_text(tmp_path):
    plain_map = make_map()
    cells = plain_map.frames["grid_cell"].assign(name=HOSTILE)
    cells["cell_code"] = [f"{HOSTILE}{number}" for number in range(8)]
    cases = plain_map.frames["case"].assign(matter_name=HOSTILE, address=HOSTILE, cell_code=cells["cell_code"][0])
    hostile = make_map(
        grid_cell=cells, case=cases, reject=plain_map.frames["reject"].assign(kind=HOSTILE, found=HOSTILE)
    )
    hostile.district |= {"name": HOSTILE, "name_en": HOSTILE}
    hostile.layers["provider"] = HOSTILE
    hostile.layers["title_zh"] = HOSTILE
    hostile.layers["notes"] = HOSTILE
    calm, loud = Page(page(plain_map, tmp_path)), Page(page(hostile, tmp_path))
    assert loud.tags.count("script") == calm.tags.count("script") == 4
    assert "alert(1)</script>" not in page(hostile, tmp_path)
    assert set(loud.tags) == set(calm.tags)


def test_json_in_the_page_is_whole():
    data = {"name": HOSTILE, "line": "\u2028"}
    text = str(script_json(data))
    assert "<" not in text
    assert json.loads(text) == data


def test_the_same_map_gives_the_same_bytes(tmp_path):
    assert page(make_map(), tmp_path) == page(make_map(), tmp_path)


@pytest.mark.parametrize(
    "absent",
    [
        ("case", "near_border"),
        ("defect", "coverage_gap"),
        ("completeness", "reject"),
        ("grid_district", "grid_street"),
        ("city3d_building", "emap_road"),
        ("grid_district", "grid_street", "grid_cell", "defect", "coverage_gap"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_absent_is_said_kindly(tmp_path, absent, language):
    text = page(make_map(**dict.fromkeys(absent)), tmp_path, language)
    assert '<p class="empty">' in text
    assert not re.search(r">\s*(nan|None|NaT|<NA>)\s*<", text)


def test_a_map_without_any_layer(tmp_path):
    empty = make_map(**dict.fromkeys(make_map().frames))
    assert empty.layers.empty
    text = page(empty, tmp_path, "en")
    assert "It cannot be said whether Qinghe is covered" in text
    assert "nothing that has a place" in text
    assert 'id="atlas-data"' not in text


def test_empty_layers_are_as_good_as_none(tmp_path):
    frames = make_map().frames
    text = page(make_map(**{name: frame.iloc[:0] for name, frame in frames.items()}), tmp_path, "en")
    assert "It cannot be said" in text


def test_a_map_in_degrees_is_drawn_in_metres(tmp_path):
    frames = make_map().frames
    turned = {name: frame.to_crs(4490) for name, frame in frames.items() if isinstance(frame, gpd.GeoDataFrame)}
    one_map = make_map(**turned)
    one_map.district |= {"crs": "EPSG:4490", "bounds": json.dumps(list(turned["grid_district"].total_bounds))}
    text = page(one_map, tmp_path, "en")
    assert "2.00\u00a0km²" in text
    assert "500 m</text>" in text


def test_long_tables_are_cut_and_say_where_the_rest_is(one_map, tmp_path):
    text = page(one_map, tmp_path, "en")
    assert "Shown: 200 of 300 rows · all rows: layer reject of onemap.gpkg" in text
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "rejects.csv").write_text("", encoding="utf-8")
    assert "Shown: 200 of 300 rows · all rows: tables/rejects.csv" in page(one_map, tmp_path, "en")


def test_both_languages_share_the_drawings(one_map, tmp_path):
    seen = []
    written = write_reports(one_map, tmp_path / "out", progress=lambda share, text: seen.append(share))
    assert {language: path.name for language, path in written.items()} == {
        "en": "report.en.html",
        "zh": "report.zh.html",
    }
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    paths = [re.findall(r'<path[^>]* d="([^"]*)"', path.read_text(encoding="utf-8")) for path in written.values()]
    assert paths[0] == paths[1]


def test_an_unknown_language_is_refused_before_anything_is_written(one_map, tmp_path):
    with pytest.raises(SchemaError, match="'fr'"):
        write_reports(one_map, tmp_path, languages=("en", "fr"))
    assert not list(tmp_path.iterdir())


def test_every_sentence_of_the_report_has_its_chinese():
    said = set(_MEANING.values())
    for path in REPORT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("say", "count")
            ):
                texts = node.args[:1] if node.func.attr == "say" else node.args[-1:]
                said |= {text.value for text in texts if isinstance(text, ast.Constant)}
    for path in REPORT.rglob("*.j2"):
        said |= set(re.findall(r'\bsay\("([^"]+)"', path.read_text(encoding="utf-8")))
    assert not sorted(said - set(sentences()))


def test_the_chinese_page_has_no_english_sentence(one_map, tmp_path):
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", "", page(one_map, tmp_path), flags=re.DOTALL)
    words = re.findall(r"\b(?:the|of|and|with|cells|rows|gaps)\b", re.sub(r"<[^>]*>", " ", text))
    assert words == []


def test_figures_lead_to_their_rows(one_map, tmp_path):
    text = page(one_map, tmp_path, "en")
    assert 'href="#t-defect" data-narrow="layer=grid_cell&amp;agency=&amp;kind=gap">1 · 10,000\u00a0m²</a>' in text
    assert 'href="#t-reject" data-narrow="layer=case&amp;kind=bad_code">300</a>' in text


def test_dates_far_off_are_named_not_drawn(tmp_path):
    cases = make_map().frames["case"]
    many = pd.concat([cases] * 800, ignore_index=True)
    many.loc[0, "reported_at"] = pd.Timestamp("2099-01-01", tz="UTC")
    many["case_code"] = [f"C{number}" for number in range(len(many))]
    text = page(make_map(case=gpd.GeoDataFrame(many, geometry="geometry", crs=CRS)), tmp_path, "en")
    assert "Not drawn: 1 with a date far off (earliest 2026-01-03, latest 2099-01-01)." in text


def test_time_is_told_by_the_clocks_of_the_district(one_map, tmp_path):
    one_map.district["timezone"] = "Asia/Shanghai"
    cases = one_map.frames["case"]
    cases["reported_at"] = pd.to_datetime(["2026-02-28T16:29Z"] + ["2026-06-30T15:31Z"] * (len(cases) - 1))
    text = page(one_map, tmp_path, "en")
    assert "2026-07-01 16:00" in text  # built at 08:00 UTC
    assert "2026-02" not in text
    assert "2026-03" in text


def test_levels_bear_the_titles_that_the_district_gives_them(one_map, tmp_path):
    one_map.district["level_titles"] = json.dumps(
        {"grid_street": {"zh": "选区", "en": "Wards"}, "grid_cell": {"zh": ""}}
    )
    assert "Wards" in page(one_map, tmp_path, "en")
    chinese = page(one_map, tmp_path)
    assert "选区" in chinese
    assert "单元网格" in chinese


def test_gaps_that_are_slits_lead_to_the_tolerance(one_map, tmp_path):
    hint = "With tolerance_m = 0.1 under [coverage]"
    assert hint not in page(one_map, tmp_path, "en")
    gaps = one_map.frames["coverage_gap"]
    one_map.frames["coverage_gap"] = gaps.assign(width_m=0.079)
    assert hint in page(one_map, tmp_path, "en")
    assert "tolerance_m = 0.1，即按边线不吻合计" in page(one_map, tmp_path)


def test_offices_that_nobody_stated_are_not_guessed(one_map, tmp_path):
    assert "not stated" not in page(one_map, tmp_path, "en")
    one_map.layers["provider"] = None
    assert "Source: not stated" in page(one_map, tmp_path, "en")
    chinese = page(one_map, tmp_path)
    assert "资料来源：未注明" in chinese
    assert chinese.count("未注明") > len(one_map.layers.query("class_id != 'finding'")) / 2
