"""The print layouts of the hall's project, printed as PDF and read again."""

import dataclasses
import json
import sqlite3
import textwrap
from contextlib import closing
from pathlib import Path

import pypdf
import pytest
from qgis.core import (
    Qgis,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemMap,
    QgsLayoutUtils,
    QgsMapRendererSequentialJob,
    QgsProject,
    QgsRectangle,
    QgsRenderContext,
    QgsTextRenderer,
)
from qgis.PyQt.QtCore import QSizeF

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "out" / "pictures"
MM = 72 / 25.4
SHEETS = {
    "district": "全区图（A3）",
    "streets": "街道图（A3）",
    "agencies": "执法单位图（A3）",
    "duty": "责任网格公示牌（A3）",
    "cells": "单元网格公示牌（A3）",
}


def rows(path, statement):
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return connection.execute(statement).fetchall()


@pytest.fixture(scope="module")
def hall(qgis_app, plugin, one_map):
    """Return the project, made once: sheets do not change it."""
    project = QgsProject.instance()
    project.clear()
    held = plugin("project.one_map_file").open_one_map(one_map)
    plugin("project.hall").make_hall(project, held, language="zh")
    yield project
    project.clear()


def sheet(hall, name):
    return hall.layoutManager().layoutByName(SHEETS[name])


def pages(hall, name):
    atlas = sheet(hall, name).atlas()
    atlas.beginRender()
    return atlas


def at(hall, name, number=0):
    """Turn a sheet to a page."""
    layout, atlas = sheet(hall, name), pages(hall, name)
    layout.renderContext().setPredefinedScales(list(hall.viewSettings().mapScales()))
    assert atlas.seekTo(number)
    layout.refresh()
    return layout


def text_of(layout, item):
    return layout.itemById(item).currentText()


def print_page(layout, target):
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = 100
    settings.predefinedMapScales = layout.renderContext().predefinedScales()
    settings.forceVectorOutput = True
    settings.textRenderFormat = Qgis.TextRenderFormat.AlwaysText
    target.parent.mkdir(parents=True, exist_ok=True)
    assert QgsLayoutExporter(layout).exportToPdf(str(target), settings) == QgsLayoutExporter.ExportResult.Success
    return pypdf.PdfReader(target).pages[0]


def words_of(layout, folder):
    """Return the words of a page as its PDF bears them; Chinese in them may be written by its radicals."""
    return print_page(layout, folder / "page.pdf").extract_text().split()


def fonts_in(page):
    found = set()
    for font in page["/Resources"]["/Font"].values():
        found.add(str(font.get_object()["/BaseFont"]))
    return found


def test_a_page_for_every_street_unit_duty_grid_and_cell(hall, one_map):
    wanted = {
        "streets": "SELECT count(*) FROM grid_street",
        "agencies": "SELECT count(DISTINCT agency) FROM duty_grid",
        "duty": "SELECT count(*) FROM duty_grid",
        "cells": "SELECT count(*) FROM grid_cell",
    }
    assert {name: pages(hall, name).count() for name in wanted} == {
        name: rows(one_map, statement)[0][0] for name, statement in wanted.items()
    }
    assert not sheet(hall, "district").atlas().enabled()


@pytest.mark.parametrize("name", SHEETS)
def test_every_sheet_bears_what_a_sheet_needs(hall, name):
    layout = sheet(hall, name)
    assert isinstance(layout.itemById("map"), QgsLayoutItemMap)
    assert layout.itemById("scale bar") is not None
    assert layout.itemById("classification") is not None
    assert layout.pageCount() if hasattr(layout, "pageCount") else layout.pageCollection().pageCount() == 1
    words = " ".join(item.text() for item in layout.items() if hasattr(item, "currentText"))
    for needed in ("坐标系", "数据截止日期", "资料来源", "版本", "制图单位", "打印时间", "北", "（印章）"):
        assert needed in words
    if name not in ("duty", "cells"):
        assert layout.itemById("legend") is not None
        assert layout.itemById("title") is not None


@pytest.mark.parametrize("name", SHEETS)
def test_printed_as_pdf_with_letters_that_hold_chinese(hall, name):
    layout = sheet(hall, name) if name == "district" else at(hall, name)
    page = print_page(layout, PICTURES / f"sheet_{name}.pdf")
    upright = name in ("duty", "cells")
    size = (297, 420) if upright else (420, 297)
    assert [round(float(side) / MM) for side in page.mediabox[2:]] == list(size)
    assert any("CJK" in font or "WenQuanYi" in font or "MicroHei" in font for font in fonts_in(page))


def test_street_page_says_its_street_and_who_is_to_be_called(hall, one_map, tmp_path):
    names = [row[0] for row in rows(one_map, "SELECT name FROM grid_street ORDER BY street_code")]
    for number, name in enumerate(names):
        layout = at(hall, "streets", number)
        assert text_of(layout, "title") == f"{hall.title()} · {name} · 网格图"
    layout = at(hall, "streets", 0)
    said = " ".join(words_of(layout, tmp_path))
    (code,) = rows(one_map, "SELECT min(street_code) FROM grid_street")[0]
    parts = rows(one_map, f"SELECT community_code, name FROM grid_community WHERE parent_code = '{code}'")
    assert text_of(layout, "subtitle").startswith(f"社区 {len(parts)} · ")
    for community, _ in parts:
        heads = rows(
            one_map,
            f"SELECT name, phone FROM holder WHERE grid_code = '{community}' AND coalesce(deputy, 0) = 0 "
            "AND (valid_from IS NULL OR valid_from <= '2026-06-30') AND (valid_to IS NULL OR valid_to >= '2026-06-30')",
        )
        for _, phone in heads:
            assert phone in said


def test_a_street_page_names_each_community_once_in_large_letters(hall, one_map):
    drawn = at(hall, "streets", 0).itemById("map")
    settings = drawn.mapSettings(drawn.extent(), QSizeF(1_000, 750), 100, True)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    placed = job.takeLabelingResults().allLabels()
    (code,) = rows(one_map, "SELECT min(street_code) FROM grid_street")[0]
    names = {name for (name,) in rows(one_map, f"SELECT name FROM grid_community WHERE parent_code = '{code}'")}
    paper = next(one for one in hall.mapLayers().values() if one.customProperty("onemap/paper_id") == "parts")
    told = [(label.labelText, label.layerID) for label in placed if label.labelText in names]
    assert sorted(told) == sorted((name, paper.id()) for name in names)


def test_a_street_stands_whole_on_its_page_at_a_round_scale(hall, one_map):
    scales = set(hall.viewSettings().mapScales())
    for number in range(pages(hall, "streets").count()):
        layout = at(hall, "streets", number)
        drawn = layout.itemById("map")
        feature = layout.reportContext().feature()
        assert drawn.extent().contains(feature.geometry().boundingBox())
        assert min(abs(drawn.scale() - scale) / scale for scale in scales) < 0.005


@pytest.mark.parametrize("name", ["district", "streets", "duty"])
def test_the_scale_bar_counts_in_lengths_of_one_digit_at_any_scale(hall, name):
    """Sheets at 1:15,000 counted 0, 180, 360, 540, 720 m."""
    bar = sheet(hall, name).itemById("scale bar")
    for scale in range(500, 100_000, 250):
        lengths = (
            width / 1000 * scale / bar.numberOfSegments() for width in (bar.minimumBarWidth(), bar.maximumBarWidth())
        )
        step = QgsLayoutUtils.calculatePrettySize(*lengths)
        assert f"{step:g}".rstrip("0") in set("123456789"), (scale, step)


def test_unit_page_lists_its_own_duty_grids(hall, one_map):
    known = [row[0] for row in rows(one_map, "SELECT DISTINCT agency FROM duty_grid ORDER BY agency")]
    codes = {agency: set() for agency in known}
    for agency, code in rows(one_map, "SELECT agency, duty_code FROM duty_grid"):
        codes[agency].add(code)
    seen = []
    for number in range(len(known)):
        layout = at(hall, "agencies", number)
        agency = layout.reportContext().feature().attribute("agency")
        assert text_of(layout, "title") == f"{hall.title()} · {agency} · 责任网格图"
        table = layout.itemById("table").multiFrame()
        request = QgsFeatureRequest(QgsExpression(table.featureFilter()))
        request.setExpressionContext(layout.createExpressionContext())
        listed = {feature.attribute("duty_code") for feature in table.sourceLayer().getFeatures(request)}
        assert listed == codes[agency]
        assert table.maximumNumberOfFeatures() >= len(listed)
        seen.append(agency)
    assert sorted(seen) == sorted(known)


def test_a_unit_page_cuts_no_text_of_its_table(hall):
    measured = 0
    table = sheet(hall, "agencies").itemById("table").multiFrame()
    dots = QgsRenderContext()
    dots.setScaleFactor(100)  # a millimetre
    duty = table.sourceLayer()
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(duty))
    for column in table.columns():
        said = QgsExpression(column.attribute())
        for feature in duty.getFeatures():
            context.setFeature(feature)
            words = said.evaluate(context)
            assert not said.hasEvalError(), said.evalErrorString()
            measured += 1
            assert QgsTextRenderer.textWidth(dots, table.contentTextFormat(), [words]) / 100 <= column.width(), words
    assert measured == 3 * duty.featureCount() > 0


def test_cells_are_numbered_on_sheets_of_large_streets(plugin, hall):
    numbers = plugin("project.paper").paper_in(hall, "numbers").labeling().settings()
    roads = next(one for one in hall.mapLayers().values() if one.customProperty("onemap/layer_id") == "emap_road")
    assert numbers.minimumScale == 20_000
    assert numbers.priority > roads.labeling().settings().priority


def test_poster_names_holder_telephone_and_chain(hall, one_map):
    code, name, phone = rows(
        one_map,
        "SELECT c.cell_code, h.name, h.phone FROM grid_cell c JOIN holder h ON h.grid_code = c.cell_code "
        "WHERE coalesce(h.deputy, 0) = 0 AND coalesce(h.valid_from, '') <= '2026-06-30' "
        "AND coalesce(h.valid_to, '9') >= '2026-06-30' GROUP BY c.cell_code HAVING count(*) = 1 ORDER BY 1 LIMIT 1",
    )[0]
    number = rows(one_map, f"SELECT count(*) FROM grid_cell WHERE cell_code < '{code}'")[0][0]
    layout = at(hall, "cells", number)
    assert [text_of(layout, item) for item in ("code", "holder", "phone")] == [code, name, phone]
    assert text_of(layout, "holder 2") == text_of(layout, "holder 3") == ""
    words = " ".join(item.currentText() for item in layout.items() if hasattr(item, "currentText"))
    (community, street) = rows(
        one_map,
        "SELECT m.name, s.name FROM grid_cell c JOIN grid_community m ON m.community_code = c.parent_code "
        f"JOIN grid_street s ON s.street_code = m.parent_code WHERE c.cell_code = '{code}'",
    )[0]
    assert f"{street} · {community}" in words


def test_duty_grid_without_a_named_holder_shows_those_of_the_roster(hall, one_map):
    found = rows(
        one_map,
        "SELECT d.duty_code, count(DISTINCT h.name) FROM duty_grid d JOIN holder h ON h.grid_code = d.duty_code "
        "WHERE coalesce(d.holder, '') = '' AND coalesce(h.deputy, 0) = 0 AND coalesce(h.valid_from, '') <= '2026-06-30' "
        "AND coalesce(h.valid_to, '9') >= '2026-06-30' GROUP BY 1 ORDER BY 1 LIMIT 1",
    )
    assert found, "the sample city has units whose holders stand in the roster only"
    code, count = found[0]
    number = rows(one_map, f"SELECT count(*) FROM duty_grid WHERE duty_code < '{code}'")[0][0]
    layout = at(hall, "duty", number)
    said = [text for item in ("holder", "holder 2", "holder 3") if (text := text_of(layout, item))]
    assert [len(text.split("、")) for text in said] == [count]
    assert "空缺" not in said[0]


def test_a_name_that_the_roster_does_not_know_gives_way_to_those_who_can_be_called(hall, one_map):
    in_force = (
        "coalesce(h.deputy, 0) = 0 AND coalesce(h.valid_from, '') <= '2026-06-30' "
        "AND coalesce(h.valid_to, '9') >= '2026-06-30'"
    )
    code, named, called = rows(
        one_map,
        "SELECT d.duty_code, d.holder, group_concat(h.phone, '、') FROM duty_grid d "
        f"JOIN holder h ON h.grid_code = d.duty_code WHERE coalesce(d.holder, '') <> '' AND {in_force} "
        "AND d.holder NOT IN (SELECT name FROM holder x WHERE x.grid_code = d.duty_code) GROUP BY 1 ORDER BY 1 LIMIT 1",
    )[0]
    number = rows(one_map, f"SELECT count(*) FROM duty_grid WHERE duty_code < '{code}'")[0][0]
    layout = at(hall, "duty", number)
    holders = "".join(text_of(layout, item) for item in ("holder", "holder 2", "holder 3"))
    phones = "".join(text_of(layout, item) for item in ("phone", "phone 2", "phone 3"))
    assert named not in holders
    assert sorted(phones.split("、")) == sorted(called.split("、"))


def test_marks_are_printed_when_the_office_sets_them(hall):
    layout = sheet(hall, "district")
    assert text_of(layout, "classification") == ""
    QgsExpressionContextUtils.setProjectVariable(hall, "onemap_classification", "内部资料")
    try:
        layout.refresh()
        assert text_of(layout, "classification") == "内部资料"
    finally:
        QgsExpressionContextUtils.setProjectVariable(hall, "onemap_classification", "")


def test_a_table_too_long_for_its_place_says_what_it_left_off(plugin, hall, one_map, tmp_path):
    furniture = plugin("project.sheets.furniture")
    layer = next(layer for layer in hall.mapLayers().values() if layer.customProperty("onemap/layer_id") == "grid_cell")
    made = furniture.Sheet(hall, "long", plugin("translation").speaker("en"))
    made.table(furniture.Box(10, 10, 60, 30), layer, [("Code", '"cell_code"', 50.0)], "true", most=layer.featureCount())
    said = words_of(made.layout, tmp_path)
    codes = [row[0] for row in rows(one_map, "SELECT cell_code FROM grid_cell")]
    printed = len(set(codes) & set(said))
    assert 5 < printed < len(codes)
    assert said[-2:] == ["+", str(len(codes) - printed)]


def value_of(expression):
    made = QgsExpression(expression)
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.globalScope())
    value = made.evaluate(context)
    assert not made.hasParserError(), made.parserErrorString()
    assert not made.hasEvalError(), made.evalErrorString()
    return value


def listed(texts):
    return "array(" + ", ".join(f"'{text}'" for text in texts) + ")"


TEXTS = {
    "few": ["巡查上报、现场劝导", "清扫保洁"],
    "long": ["Report what is found on patrol and ask those who cause it to stop, by day and by night"] * 6,
    "mixed": ["街面秩序：无照经营、店外经营、乱停放、乱堆物，并负责 24 hours 内处置完毕且及时回复"] * 7,
    "many": [f"第{number}项职责：道路、雨污水井和管线的日常养护与巡查" for number in range(1, 60)],
}


@pytest.mark.parametrize("name", TEXTS)
def test_duties_stand_inside_their_place_and_what_is_left_off_is_counted(plugin, name):
    fitting = plugin("project.sheets.fitting")
    fits = [fitting.Fit.of(points, 111, 74) for points in (16, 12, 9)]
    texts = TEXTS[name]
    shown = [value_of(one) for one in fitting.list_shown(listed(texts), fits, more="… {count} more")]
    assert sum(map(bool, shown)) == 1  # one size of letters
    place = next(number for number, one in enumerate(shown) if one)
    lines = shown[place].split("\n")
    assert len(lines) <= fits[place].lines
    for line in lines:
        assert sum(2 if ord(letter) > 0x2E80 else 1 for letter in line) <= fits[place].halves, line
    kept = sum(line.startswith("· ") for line in lines)
    assert lines[-1] == f"… {len(texts) - kept} more" if kept < len(texts) else "more" not in lines[-1]
    letters = "".join(line.removeprefix("· ").strip() for line in lines[: -1 if kept < len(texts) else None])
    assert letters.replace(" ", "") == "".join(texts[:kept]).replace(" ", "")
    assert (name == "many") == (kept < len(texts))


def test_one_line_shrinks_with_its_length(plugin):
    fitting = plugin("project.sheets.fitting")
    fits = [fitting.Fit.of(points, 154, 24) for points in (54, 30, 20)]
    for text, place in (
        ("冯敏娟", 0),
        ("冯敏娟、王丽勇、沈强娜", 1),
        ("冯敏娟、王丽勇、沈强娜、彭宇、唐娜", 2),
        ("", None),
    ):
        shown = [value_of(one) for one in fitting.line_shown(f"'{text}'", fits)]
        assert [number for number, one in enumerate(shown) if one] == ([] if place is None else [place])
        assert "".join(shown).replace(" ", "") == text


@pytest.mark.parametrize("fonts", [None, ["DejaVu Sans"]], ids=["own", "wide"])
def test_what_a_district_calls_its_levels_has_room(plugin, hall, one_map, fonts, monkeypatch):
    if fonts:
        monkeypatch.setattr(plugin("project.letters"), "families", lambda: fonts)
    sheets, fitting = plugin("project.sheets.book"), plugin("project.sheets.fitting")
    held = plugin("project.one_map_file").open_one_map(one_map)
    long = "Advisory neighborhood commissions"
    titles = {"grid_community": {"en": long}, "grid_street": {"en": "Wards"}}
    named = dataclasses.replace(held, facts={**held.facts, "level_titles": json.dumps(titles)})
    say = plugin("translation").speaker("en")
    stock = sheets.Stock(hall, named, say, {}, QgsRectangle(0, 0, 1, 1), "en")
    poster = sheets._cell_posters(stock)
    labels = {item.text(): item for item in poster.items() if isinstance(item, QgsLayoutItemLabel)}
    for title in (long, "Wards"):
        box, size = labels[title].sizeWithUnits(), labels[title].textFormat().size()
        lines = textwrap.wrap(title, fitting.Fit.of(size, box.width(), box.height()).halves)
        assert len(lines) <= fitting.Fit.of(size, box.width(), box.height()).lines
    below, above = labels["Wards"].positionWithUnits().y(), labels[long].positionWithUnits().y()
    assert below >= above + labels[long].sizeWithUnits().height()
    streets = plugin("project.sheets.furniture").Sheet(hall, "heads", say)
    layer = next(layer for layer in hall.mapLayers().values() if layer.customProperty("onemap/layer_id") == "grid_cell")
    box = plugin("project.sheets.furniture").Box(10, 10, 70, 44)
    streets.table(box, layer, [(long, '"cell_code"', 32.0), ("Holder", "'-'", 38.0)], "true", most=9)
    table = streets.layout.itemById("table").multiFrame()
    drawn = QgsRenderContext()
    drawn.setScaleFactor(20)  # to the millimetre
    wide = QgsTextRenderer.textWidth(drawn, table.headerTextFormat(), [long]) / 20
    assert wide <= table.columns()[0].width()
    assert table.headerTextFormat().size() >= 4.5


def test_letters_are_of_the_first_font_that_this_computer_has(plugin, monkeypatch):
    letters = plugin("project.letters")
    monkeypatch.setattr(letters, "families", lambda: ["No Such Sans", "DejaVu Sans", "Open Sans"])
    assert letters.family() == letters.text(9).font().family() == "DejaVu Sans"
    assert letters.text(9).families() == ["No Such Sans", "DejaVu Sans", "Open Sans"]  # other computers choose anew
    monkeypatch.setattr(letters, "families", lambda: ["No Such Sans"])
    assert letters.family() == "No Such Sans"


def test_a_map_without_a_roster_has_no_vacancies(plugin, hall, one_map):
    held = plugin("project.one_map_file").open_one_map(one_map)
    stock = plugin("project.sheets.book").Stock(
        hall, held, plugin("translation").speaker("en"), {}, QgsRectangle(0, 0, 1, 1), "en"
    )
    assert stock.nobody == "vacant"
    bare = dataclasses.replace(stock, project=QgsProject())
    assert bare.nobody == "–"
