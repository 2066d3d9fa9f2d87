"""The hall's project: themes, time, 3D views, and a file that opens anywhere without the plugin."""

import errno
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsDateTimeRange,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextScope,
    QgsExpressionContextUtils,
    QgsGeometry,
    QgsLayoutExporter,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsRenderContext,
    QgsSymbolLayer,
    QgsTemporalNavigationObject,
    QgsVectorLayerTemporalContext,
)
from qgis.PyQt.QtCore import QDateTime, Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument

ROOT = Path(__file__).resolve().parents[2]
LAYER_ID, PAPER_ID = "onemap/layer_id", "onemap/paper_id"


@pytest.fixture
def project(qgis_app):
    made = QgsProject.instance()
    made.clear()
    yield made
    made.clear()


@pytest.fixture
def copy(one_map, tmp_path):
    folder = tmp_path / "map"
    shutil.copytree(one_map.parent, folder)
    (folder / "onemap.qgz").unlink(missing_ok=True)
    return folder / one_map.name


def make(plugin, project, path, language="zh"):
    held = plugin("project.one_map_file").open_one_map(path)
    return held, plugin("project.hall").make_hall(project, held, language=language)


def rows(path, statement):
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        return connection.execute(statement).fetchall()


def layer_in(project, layer_id):
    return next(layer for layer in project.mapLayers().values() if layer.customProperty(LAYER_ID) == layer_id)


def shown_by(project, theme):
    return {
        layer.customProperty(LAYER_ID) or layer.customProperty(PAPER_ID)
        for layer in project.mapThemeCollection().mapThemeVisibleLayers(theme)
    }


# --- themes


def test_themes_show_what_they_are_called(plugin, project, one_map):
    make(plugin, project, one_map)
    levels = {"grid_district", "grid_street", "grid_community", "grid_cell"}
    collection = project.mapThemeCollection()
    assert set(collection.mapThemes()) >= EVERYTHING
    assert levels <= shown_by(project, "网格")
    assert {"case", "near_border", *levels} <= shown_by(project, "案件")
    assert {"defect", "defect_line", "object_gap"} <= shown_by(project, "盲区")
    assert "case" not in shown_by(project, "盲区")
    assert {"agency", "duty_conflict"} <= shown_by(project, "责任 · 城管执法局") & shown_by(project, "责任")
    assert {"duty_gap", "duty_grid"} <= shown_by(project, "夜间值守")
    assert "agency" not in shown_by(project, "夜间值守")
    assert {"duty_gap", "agency"} <= shown_by(project, "夜间值守 · 城管执法局")
    assert {"underground_pipe", "underground_space"} <= shown_by(project, "地下空间")
    assert not (levels - {"grid_district"}) & shown_by(project, "底图")


def strip(one_map, condition):
    """Make a map as if it had been published without these layers."""
    with closing(sqlite3.connect(one_map)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(f"DELETE FROM onemap_layer WHERE {condition}")


EVERYTHING = {"底图", "网格", "责任", "案件", "盲区", "夜间值守", "地下空间"}


@pytest.mark.parametrize(
    ("gone", "lacking"),
    [
        ("class_id = 'underground'", {"地下空间"}),
        ("layer_id IN ('case', 'near_border', 'underground_pipe')", {"案件"}),
        ("layer_id LIKE 'duty%'", {"责任", "夜间值守"}),
        ("layer_id LIKE 'defect%' OR layer_id IN ('object_gap', 'coverage_gap')", {"盲区"}),
    ],
)
def test_no_theme_without_a_layer_that_it_is_about(plugin, project, copy, gone, lacking):
    strip(copy, gone)
    make(plugin, project, copy)
    made = project.mapThemeCollection().mapThemes()
    screens = {name for name in made if not name.startswith(("出图", "责任 ·", "夜间值守 ·"))}
    assert screens == EVERYTHING - lacking
    levels = plugin("project.one_map_file").open_one_map(copy).levels
    turns = plugin("console.wall.turns").turns(project, levels, 40_000.0)
    assert not lacking & {name.partition(" ·")[0] for name in turns}


def test_no_night_themes_where_nobody_is_named_and_no_moments_were_looked_at(plugin, project, copy):
    """Borders of all agencies over one another, and nobody on duty: on a wall that says nothing."""
    strip(copy, "layer_id IN ('holder', 'duty_gap')")
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE duty_grid SET holder = NULL")
    make(plugin, project, copy)
    made = project.mapThemeCollection().mapThemes()
    assert "责任 · 城管执法局" in made
    assert not [name for name in made if name.startswith("夜间值守")]
    assert len(layer_in(project, "duty_grid").styleManager().styles()) == 1


def test_theme_of_cases_leaves_settled_ones_hidden(plugin, project, one_map):
    make(plugin, project, one_map)
    case = layer_in(project, "case")
    record = next(
        item for item in project.mapThemeCollection().mapThemeState("案件").layerRecords() if item.layer() == case
    )
    on = {
        item.label() for item in case.renderer().legendSymbolItems() if item.ruleKey() in set(record.checkedLegendItems)
    }
    assert record.usingLegendItems
    assert len(on) == len(case.renderer().legendSymbolItems()) - 1
    assert not {label for label in on if "结" in label}


def test_night_shows_gaps_of_time_only(plugin, project, one_map):
    make(plugin, project, one_map)
    gap = layer_in(project, "duty_gap")
    state = project.mapThemeCollection().mapThemeState("夜间值守")
    record = next(item for item in state.layerRecords() if item.layer() == gap)
    kinds = {
        item.label() for item in gap.renderer().legendSymbolItems() if item.ruleKey() in set(record.checkedLegendItems)
    }
    assert kinds == {"时段空缺"}


NIGHT_HOLDERS = """SELECT DISTINCT d.duty_code, h.name FROM duty_grid d JOIN holder h ON h.grid_code = d.duty_code
    WHERE coalesce(h.shift, '') IN ('', 'night') AND coalesce(h.deputy, 0) = 0
    AND coalesce(h.valid_from, '') <= '2026-06-30' AND coalesce(h.valid_to, '9') >= '2026-06-30'"""


def test_night_theme_names_who_is_on_duty_in_every_agency(plugin, project, one_map):
    """Told from the tables by itself: the roster's people of the night, else the holder of a grid without a roster."""
    make(plugin, project, one_map)
    agencies = [row[0] for row in rows(one_map, "SELECT DISTINCT agency FROM duty_grid ORDER BY agency")]
    assert len(agencies) > 1
    wanted = {}
    for code, name in rows(one_map, NIGHT_HOLDERS):
        wanted.setdefault(code, set()).add(name)
    known = {code for (code,) in rows(one_map, "SELECT DISTINCT grid_code FROM holder")}
    for code, name in rows(one_map, "SELECT duty_code, holder FROM duty_grid WHERE coalesce(holder, '') <> ''"):
        if code not in known:
            wanted[code] = {name}
    whole = layer_in(project, "duty_grid")
    before = whole.styleManager().currentStyle()
    assert whole.styleManager().setCurrentStyle("夜间值守")
    assert [item.label() for item in whole.renderer().legendSymbolItems()] == agencies
    said = QgsExpression(whole.labeling().settings().fieldName)
    context = QgsExpressionContext()
    context.appendScopes(QgsExpressionContextUtils.globalProjectLayerScopes(whole))
    nobody = 0
    for feature in whole.getFeatures():
        context.setFeature(feature)
        text = said.evaluate(context)
        assert not said.hasEvalError(), said.evalErrorString()
        people = wanted.get(feature["duty_code"])
        nobody += people is None
        assert set(text.split("\n")[1].split("、")) == (people or {"夜间无人"})
    assert 0 < nobody < whole.featureCount()
    assert whole.styleManager().setCurrentStyle(before)


def labelled(layer):
    """Return what the label of each duty grid says, by its code."""
    said = QgsExpression(layer.labeling().settings().fieldName)
    context = QgsExpressionContext()
    context.appendScopes(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    page = QgsExpressionContextScope()
    context.appendScope(page)
    found = {}
    for feature in layer.getFeatures():
        context.setFeature(feature)
        page.setVariable("atlas_feature", feature)
        found[feature["duty_code"]] = said.evaluate(context)
        assert not said.hasEvalError(), said.evalErrorString()
    return found


def test_maps_of_responsibility_name_whom_the_roster_names(plugin, project, one_map):
    """Told from the tables: all in force without deputies; of them the one whom the grid names too."""
    make(plugin, project, one_map)
    force = "coalesce(valid_from, '') <= '2026-06-30' AND coalesce(valid_to, '9') >= '2026-06-30'"
    known = {code for (code,) in rows(one_map, "SELECT grid_code FROM holder")}
    wanted, others = {}, 0
    for code, name, own in rows(one_map, "SELECT duty_code, name, coalesce(holder, '') FROM duty_grid"):
        people = [
            one
            for (one,) in rows(
                one_map,
                f"SELECT name FROM holder WHERE grid_code = '{code}' AND coalesce(deputy, 0) = 0 AND {force} ORDER BY fid",
            )
        ]
        said = own if code not in known or own in people else "、".join(dict.fromkeys(people))
        others += bool(own) and said != own
        wanted[code] = f"{name}\n{said}" if said else name
    assert others, "the sample city has grids that name somebody whom the roster does not"
    paper = [layer for layer in project.mapLayers().values() if layer.customProperty(PAPER_ID) in ("duty", "agency")]
    assert len(paper) > 2
    for layer in (layer_in(project, "duty_grid"), *paper):
        told = labelled(layer)
        assert told == {code: wanted[code] for code in told}
        assert told


def test_a_theme_unfolds_what_it_is_about(plugin, project, one_map):
    make(plugin, project, one_map)
    collection = project.mapThemeCollection()
    findings = "核查结果"  # where conflicts and gaps of duty stand
    assert collection.mapThemeState("责任 · 城管执法局").expandedGroupNodes() == {
        findings,
        "责任",
        "责任/各部门责任网格",
    }
    night = collection.mapThemeState("夜间值守")
    assert night.expandedGroupNodes() == {findings, "责任"}
    whole = layer_in(project, "duty_grid").id()
    assert [one.expandedLayerNode for one in night.layerRecords() if one.layer().id() == whole] == [True]
    assert collection.mapThemeState("底图").expandedGroupNodes() == set()


def colours_of(layer):
    """Return the tint of each feature as it is drawn."""
    fill = layer.renderer().symbols(QgsRenderContext())[0].symbolLayer(0)
    told = fill.dataDefinedProperties().property(QgsSymbolLayer.Property.PropertyFillColor)
    context = QgsExpressionContext()
    found = {}
    for feature in layer.getFeatures():
        context.setFeature(feature)
        found[feature.id()] = told.valueAsColor(context, QColor("black"))[0].name()
    return found


@pytest.mark.parametrize("key", ["agency", "streets", "parts"])
def test_neighbours_never_have_the_same_tint(plugin, project, one_map, key):
    make(plugin, project, one_map)
    layers = [layer for layer in project.mapLayers().values() if layer.customProperty(PAPER_ID) == key]
    assert layers
    for layer in layers:
        colours = colours_of(layer)
        shapes = {feature.id(): feature.geometry() for feature in layer.getFeatures()}
        for one, shape in shapes.items():
            for other, beside in shapes.items():
                if one < other and shape.intersects(beside):
                    assert colours[one] != colours[other], (layer.name(), one, other)


def test_areas_with_many_corners_are_tinted_in_pieces_between_which_the_window_lives(plugin):
    tints = plugin("project.tints")
    rounds = [
        QgsGeometry.fromPointXY(QgsPointXY(900 * n, 0)).buffer(500, 2_000) for n in range(6)
    ]  # 8,000 corners each
    steps, pieces = tints.neighbours(dict(enumerate(rounds)), dict.fromkeys(range(6), "")), 0
    try:
        while True:
            next(steps)
            pieces += 1
    except StopIteration as end:
        found = end.value
    assert pieces == 3
    assert found == {n: {n - 1, n + 1} & set(range(6)) for n in range(6)}


def test_a_colouring_keeps_neighbours_apart_however_they_lie(plugin):
    """A hub that touches all, and a ring around it; more areas than hues."""
    colouring = plugin("project.tints").colouring
    beside = {0: set(range(1, 41))} | {n: {0, 40 if n == 1 else n - 1, 1 if n == 40 else n + 1} for n in range(1, 41)}
    chosen = colouring(beside, ["#000000", "#ff0000", "#00ff00", "#0000ff"])
    assert all(chosen[one] != chosen[other] for one, others in beside.items() for other in others)
    assert colouring({}, ["#000000"]) == {}


def test_agencies_are_seen_one_at_a_time(plugin, project, one_map):
    make(plugin, project, one_map)
    known = [row[0] for row in rows(one_map, "SELECT DISTINCT agency FROM duty_grid ORDER BY agency")]
    layers = [layer for layer in project.mapLayers().values() if layer.customProperty(PAPER_ID) == "agency"]
    assert [layer.name() for layer in sorted(layers, key=lambda item: item.name())] == sorted(known)
    for layer in layers:
        (count,) = rows(one_map, f"SELECT count(*) FROM duty_grid WHERE agency = '{layer.name()}'")[0]
        assert layer.featureCount() == count
        assert not layer.hasScaleBasedVisibility()  # a large district is seen from further away
    group = project.layerTreeRoot().findLayer(layers[0]).parent()
    assert group.isMutuallyExclusive()


def test_long_names_are_broken_into_short_lines(plugin, project, one_map):
    """Neighbourhoods that are called after five places would be written across one another."""
    make(plugin, project, one_map)
    whole = layer_in(project, "duty_grid")
    styles = whole.styleManager()
    (night,) = set(styles.styles()) - {styles.currentStyle()}
    styles.setCurrentStyle(night)
    assert 10 < whole.labeling().settings().autoWrapLength < 30


# --- time


def test_cases_appear_on_their_day(plugin, project, one_map):
    make(plugin, project, one_map)
    first, last = rows(one_map, 'SELECT min(reported_at), max(reported_at) FROM "case"')[0]
    span = project.timeSettings().temporalRange()
    assert span.begin().toString(Qt.DateFormat.ISODate)[:19] == first[:19]
    assert span.end().toString(Qt.DateFormat.ISODate)[:19] == last[:19]
    case = layer_in(project, "case")
    assert case.temporalProperties().isActive()
    begin = QDateTime.fromString("2026-06-01T00:00:00Z", Qt.DateFormat.ISODate)
    context = QgsVectorLayerTemporalContext()
    context.setLayer(case)
    day = QgsDateTimeRange(begin, begin.addDays(10), True, False)
    case_filter = case.temporalProperties().createFilterString(context, day)
    (wanted,) = rows(
        one_map,
        "SELECT count(*) FROM \"case\" WHERE reported_at > '2026-05-31T00:00:00' AND reported_at < '2026-06-11T00:00:00'",
    )[0]
    found = sum(1 for _ in case.getFeatures(case_filter))
    assert wanted
    assert found == wanted


def test_the_window_steps_through_a_map_just_opened_day_by_day(plugin, project, one_map):
    make(plugin, project, one_map)
    steering = QgsTemporalNavigationObject()
    assert steering.frameDuration().days() < 1  # QGIS's own
    plugin("project.moments").show_time(project, steering)
    assert steering.frameDuration().days() == 1
    assert steering.temporalExtents() == project.timeSettings().temporalRange()
    assert steering.totalFrameCount() < 400
    plugin("project.moments").show_time(project, None)  # a canvas without time
    project.timeSettings().reset()
    plugin("project.moments").show_time(project, steering)
    assert steering.frameDuration().days() == 1


# --- 3D


def views_in(project, folder):
    plugin_free = folder / "views.qgz"
    assert project.write(str(plugin_free))
    name = next(item for item in zipfile.ZipFile(plugin_free).namelist() if item.endswith(".qgs"))
    return ET.fromstring(zipfile.ZipFile(plugin_free).read(name)).find("mapViewDocks3D").findall("view")


def test_3d_views_are_stored_closed_with_layers_that_exist(plugin, project, copy):
    make(plugin, project, copy)
    views = {view.get("name"): view for view in views_in(project, copy.parent)}
    assert list(views) == ["三维：地上", "三维：地下"]
    for name, wanted in (("三维：地上", "city3d_building"), ("三维：地下", "underground_pipe")):
        ids = [item.get("id") for item in views[name].find("qgis3d/terrain/layers")]
        shown = {project.mapLayer(layer).customProperty(LAYER_ID) for layer in ids}
        assert wanted in shown
        assert views[name].get("isOpen") == "0"
        assert views[name].get("isDocked") == "0"  # docked, it would be squeezed below the lists
        x, y, width, height = (int(views[name].get(key)) for key in ("d_x", "d_y", "d_width", "d_height"))
        assert width >= 1000
        assert height >= 600
        assert x + width <= 1280
        assert y + height <= 800  # fits a small screen
    ground = views["三维：地上"].find("qgis3d/terrain/generator")
    assert project.mapLayer(ground.get("layer")).customProperty(LAYER_ID) == "terrain_dem"
    assert views["三维：地下"].find("qgis3d/terrain").get("terrain-rendering-enabled") == "0"


def test_solids_stand_where_they_are(plugin, project, one_map):
    make(plugin, project, one_map)
    for layer_id, kind in (
        ("city3d_building", "vector"),
        ("underground_space", "vector"),
        ("underground_pipe", "rulebased"),
    ):
        assert layer_in(project, layer_id).renderer3D().type() == kind
    document = QDomDocument()
    layer_in(project, "underground_space").exportNamedStyle(document)
    assert '-coalesce("depth_m", 5)' in document.toString().replace("&quot;", '"')


# --- the file


def kept_elsewhere(plugin, project, copy, moved):
    """Keep the hall's project beside its map and move the folder; return where it is and what was in the project."""
    make(plugin, project, copy)
    assert plugin("project.writing").write_project(project, copy.with_suffix(".qgz"))
    assert Path(project.fileName()) == copy.with_suffix(".qgz")
    themes = project.mapThemeCollection()
    was = {
        "layers": len(project.mapLayers()),
        "themes": {name: len(themes.mapThemeVisibleLayerIds(name)) for name in themes.mapThemes()},
        "layouts": sorted(layout.name() for layout in project.layoutManager().printLayouts()),
    }
    project.clear()
    shutil.move(copy.parent, moved)
    return moved / "onemap.qgz", was


def test_project_moves_with_its_map_and_needs_no_plugin(plugin, project, copy, tmp_path, run):
    """Everything is there in a QGIS that has no plugins, and nothing of it lies outside the folder."""
    (streets,) = rows(copy, "SELECT count(*) FROM grid_street")[0]
    kept, was = kept_elsewhere(plugin, project, copy, tmp_path / "moved here")
    told = run("/usr/bin/python3", "-I", "-c", LOOK, kept, kept.with_name("page.png"), QT_QPA_PLATFORM="offscreen")
    seen = json.loads(told.splitlines()[-1])
    assert seen.pop("files") == sorted(
        str(path.relative_to(kept.parent)) for path in [kept.with_suffix(".gpkg"), *kept.parent.glob("rasters/*.tif")]
    )
    maps = seen.pop("maps")
    assert {theme for theme, _ in maps.values()} <= set(was["themes"])
    assert all(drawn == was["themes"][theme] for theme, drawn in maps.values())
    assert {name.partition("/")[0] for name in maps} == set(was["layouts"])
    assert seen == was | {
        "bad": [],
        "styles_missing": [],
        "coverages_bad": [],
        "pages": streets,
        "colours": seen["colours"],
    }
    assert seen["colours"] > 60
    left = [path.name for path in kept.parent.iterdir()]
    assert not [name for name in left if name.startswith(".") or name.endswith((".qgz~", "-wal", "-shm"))]


def test_every_path_in_the_kept_project_is_relative(plugin, project, copy, tmp_path):
    kept, _ = kept_elsewhere(plugin, project, copy, tmp_path / "moved here")
    archive = zipfile.ZipFile(kept)
    assert "onemap.qgs" in archive.namelist()
    text = archive.read("onemap.qgs").decode()
    assert str(tmp_path) not in text
    written = ET.fromstring(text)
    said = [part for item in written.iter() for part in (item.text, *item.attrib.values()) if part]
    assert [part for part in said if re.match(r"\s*(/\w|file:|[A-Za-z]:[\\/]|\.\./)", part)] == []
    sources = [item.text for item in written.find("projectlayers").iter("datasource")]
    assert len(sources) == len(written.find("projectlayers").findall("maplayer"))
    assert {source.partition("|")[0].rpartition("/")[0] for source in sources} <= {".", "./rasters"}
    ids = {item.findtext("id") for item in written.find("projectlayers")}
    shown = {item.get("id") for view in written.find("mapViewDocks3D") for item in view.find("qgis3d/terrain/layers")}
    assert shown <= ids


LOOK = """
import json, os, sys
from pathlib import Path
os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")
from qgis.core import QgsApplication, QgsLayoutExporter, QgsLayoutItemMap, QgsProject, QgsProviderRegistry
from qgis.PyQt.QtGui import QImage
application = QgsApplication([], False)
application.initQgis()
project = QgsProject.instance()
assert project.read(sys.argv[1])
home = Path(sys.argv[1]).parent
layers = list(project.mapLayers().values())
decoded = QgsProviderRegistry.instance().decodeUri
files = {Path(decoded(layer.providerType(), layer.source())["path"]) for layer in layers}
themes = project.mapThemeCollection()
styles_missing = [
    (name, record.layer() and record.layer().name(), record.currentStyle)
    for name in themes.mapThemes()
    for record in themes.mapThemeState(name).layerRecords()
    if record.layer() is None or record.currentStyle not in record.layer().styleManager().styles()
]
layouts = {layout.name(): layout for layout in project.layoutManager().printLayouts()}
maps, coverages_bad = {}, []
for name, layout in layouts.items():
    for item in layout.items():
        if isinstance(item, QgsLayoutItemMap):
            theme = item.followVisibilityPresetName()
            maps[f"{name}/{item.id()}"] = theme, len(themes.mapThemeVisibleLayers(theme))
    atlas = layout.atlas()
    if atlas.enabled() and not (atlas.coverageLayer() and atlas.coverageLayer().isValid()):
        coverages_bad.append(name)
streets = layouts["街道图（A3）"]
streets.atlas().beginRender()
streets.atlas().first()
settings = QgsLayoutExporter.ImageExportSettings()
settings.dpi = 40
settings.generateWorldFile = False
QgsLayoutExporter(streets).exportToImage(sys.argv[2], settings)
page = QImage(sys.argv[2])
told = {
    "layers": len(layers),
    "bad": [layer.name() for layer in layers if not layer.isValid()],
    "files": sorted(str(file.relative_to(home)) for file in files),
    "themes": {name: len(themes.mapThemeVisibleLayers(name)) for name in themes.mapThemes()},
    "styles_missing": styles_missing,
    "layouts": sorted(layouts),
    "maps": maps,
    "coverages_bad": coverages_bad,
    "pages": streets.atlas().count(),
    "colours": len({page.pixel(x, y) for x in range(0, page.width(), 4) for y in range(0, page.height(), 4)}),
}
print(json.dumps(told))
project.clear()
application.exitQgis()
"""


def test_a_project_that_cannot_be_written_leaves_nothing(plugin, project, one_map, tmp_path):
    make(plugin, project, one_map)
    assert not plugin("project.writing").write_project(project, tmp_path / "missing" / "hall.qgz")
    assert list(tmp_path.iterdir()) == []


def test_beside_a_map_in_a_folder_for_reading_only_no_project_is_kept_and_it_is_said(
    plugin, desktop, english, copy, monkeypatch
):
    def refused(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(plugin("project.writing").Path, "unlink", refused)
    monkeypatch.setattr(QgsProject, "write", lambda *_: False)
    center = plugin("plugin").OnemapPlugin(desktop)
    center.initGui()
    try:
        center.open_one_map(copy)
        told = [item.text() for item in desktop.messageBar().items()]
        assert f"{copy.stem}.qgz cannot be written beside the map; save the project elsewhere to keep it" in told
    finally:
        center.unload()
        QgsProject.instance().clear()


def test_facts_are_variables_that_an_office_may_change(plugin, project, one_map):
    held, _ = make(plugin, project, one_map)
    scope = QgsExpressionContextUtils.projectScope(project)
    assert scope.variable("onemap_as_of") == held.facts["as_of"]
    report = one_map.with_name("report.en.html").read_text(
        encoding="utf-8"
    )  # a map has one version, wherever it stands
    assert len(held.version) == 12
    assert f">{held.version}<" in report
    assert scope.variable("onemap_version") == held.version
    assert scope.variable("onemap_classification") == ""


@pytest.mark.parametrize(
    ("language", "named"),
    [
        ("zh", "CGCS2000 三度带高斯-克吕格投影（中央经线117°E），EPSG:4548"),
        ("en", "CGCS2000 / 3-degree Gauss-Kruger CM 117E (EPSG:4548)"),
    ],
)
def test_sheets_name_the_system_as_the_printed_atlas_does(plugin, project, one_map, language, named):
    make(plugin, project, one_map, language=language)
    context = project.createExpressionContext()
    system = plugin("project.sheets.furniture").SYSTEM
    assert QgsExpression.replaceExpressionText(system, context) == named
    narrow = plugin("project.sheets.furniture").SYSTEM_BELOW
    assert QgsExpression.replaceExpressionText(narrow, context) == named.replace("（", "\n（")
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    context = project.createExpressionContext()
    assert QgsExpression.replaceExpressionText(system, context) == "WGS 84 (EPSG:4326)"


def test_a_base_map_alone_makes_a_project_too(plugin, project, copy):
    """No duties, no cases, no findings, no terrain: what there is nothing for is left out."""
    strip(copy, "class_id IN ('duty', 'case', 'finding', 'underground', 'terrain')")
    _, done = make(plugin, project, copy)
    assert done.missing == {}
    assert len(project.layoutManager().printLayouts()) == 3
    assert [view.get("name") for view in views_in(project, copy.parent)] == ["三维：地上"]
    layout = project.layoutManager().printLayouts()[-1]
    layout.atlas().beginRender()
    layout.atlas().first()
    assert layout.itemById("holder").currentText() == "–"
    assert QgsLayoutExporter(layout).renderPageToImage(0, dpi=20).width() > 0


# --- the desktop and the toolbox


def test_opening_keeps_the_project_once(plugin, desktop, copy, chinese):
    made = plugin("plugin").OnemapPlugin(desktop)
    made.initGui()
    try:
        made.open_one_map(copy)
        kept = copy.with_suffix(".qgz")
        first = kept.read_bytes()
        assert "工程已存于图旁" in desktop.bar.currentItem().text()
        made.open_one_map(copy)
        assert kept.read_bytes() == first
        assert QgsProject.instance().fileName() == ""
    finally:
        made.unload()


def test_the_map_is_seen_before_themes_and_layouts_are_made(plugin, desktop, copy, chinese, qtbot):
    made = plugin("plugin").OnemapPlugin(desktop)
    made.initGui()
    desktop.window.setCentralWidget(desktop.canvas)
    desktop.window.show()
    qtbot.waitUntil(desktop.canvas.isVisible)
    try:
        made.open_one_map(copy)
        project = QgsProject.instance()
        assert project.layoutManager().printLayouts() == []
        assert not copy.with_suffix(".qgz").exists()
        qtbot.waitUntil(lambda: len(project.layoutManager().printLayouts()) == 5, timeout=20_000)
        qtbot.waitUntil(copy.with_suffix(".qgz").exists, timeout=20_000)
        assert "夜间值守" in project.mapThemeCollection().mapThemes()
        made.open_one_map(copy)
        project.clear()  # nobody waits for what belongs to a project that is gone
        qtbot.wait(300)
        assert project.layoutManager().printLayouts() == []
    finally:
        desktop.window.hide()
        made.unload()


def run_algorithm(plugin, **parameters):
    algorithm = plugin("processing.report.project").ProjectAlgorithm().create()
    return algorithm.run(parameters, QgsProcessingContext(), QgsProcessingFeedback())


def test_algorithm_writes_beside_the_map_and_replaces_only_when_asked(plugin, project, copy, english):
    project.setTitle("mine")
    told, well = run_algorithm(plugin, ONEMAP=str(copy))
    target = copy.with_suffix(".qgz")
    assert (well, told["OUTPUT"], told["LAYERS"]) == (True, str(target), len(rows(copy, "SELECT 1 FROM onemap_layer")))
    before = target.read_bytes()
    assert run_algorithm(plugin, ONEMAP=str(copy))[1] is False
    assert target.read_bytes() == before
    assert run_algorithm(plugin, ONEMAP=str(copy), REPLACE=True, LANGUAGE=1)[1]
    assert "街道图（A3）" in zipfile.ZipFile(target).read("onemap.qgs").decode()
    assert project.title() == "mine"


def test_algorithm_refuses_what_is_no_map(plugin, tmp_path, project):
    (tmp_path / "other.gpkg").write_text("no database")
    assert run_algorithm(plugin, ONEMAP=str(tmp_path / "other.gpkg"))[1] is False


def test_no_layer_of_paper_is_taken_for_one_of_the_map(plugin, project, one_map):
    held, done = make(plugin, project, one_map)
    marked = [
        layer.customProperty(LAYER_ID) for layer in project.mapLayers().values() if layer.customProperty(LAYER_ID)
    ]
    assert sorted(marked) == sorted(done.layers) == sorted(layer.layer_id for layer in held.layers)
    paper = project.layerTreeRoot().children()[0]
    assert paper.customProperty("onemap/group_id") == "paper"
    assert not paper.itemVisibilityChecked()


def test_library_never_imports_qgis():
    code = "import onemap, sys; assert not [name for name in sys.modules if name.startswith('qgis')]"
    assert subprocess.run([sys.executable, "-I", "-c", code], check=False).returncode == 0


def test_what_follows_the_picture_comes_in_pieces_and_is_the_same(plugin, one_map, qgis_app):
    opened, hall = plugin("project.one_map_file").open_one_map(one_map), plugin("project.hall")
    whole, pieces = QgsProject(), QgsProject()
    hall.make_hall(whole, opened, language="en")
    hall.open_hall(pieces, opened, language="en")
    layouts = []
    for _ in hall.furnishing(pieces, opened, language="en"):
        layouts.append(len(pieces.layoutManager().layouts()))
    names = [layout.name() for layout in whole.layoutManager().layouts()]
    assert [layout.name() for layout in pieces.layoutManager().layouts()] == names
    assert len(layouts) >= 15
    assert layouts[-len(names) :] == list(range(1, len(names) + 1))  # one at a time
    assert pieces.mapThemeCollection().mapThemes() == whole.mapThemeCollection().mapThemes()
    for project in (whole, pieces):
        project.clear()
