"""The project of a one map, and how QGIS holds the file while a build replaces it."""

import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsDatumTransform,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

ROOT = Path(__file__).resolve().parents[2]
LEFTOVERS = ("-wal", "-shm", "-journal")


@pytest.fixture
def project(qgis_app):
    made = QgsProject.instance()
    made.clear()
    yield made
    made.clear()


def change(path, statement):
    """Change a map's file as another program would; its triggers need functions that SQLite alone has not."""
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(statement)
        connection.commit()


@pytest.fixture
def copy(one_map, tmp_path):
    folder = tmp_path / "map"
    shutil.copytree(one_map.parent, folder)
    return folder / one_map.name


def fill(plugin, project, path, language="zh"):
    one_map = plugin("project.one_map_file").open_one_map(path)
    return one_map, plugin("project.fill").fill_project(project, one_map, language=language)


def leftovers(path):
    return [path.name + end for end in LEFTOVERS if path.with_name(path.name + end).exists()]


def test_a_chosen_area_is_outlined_so_that_what_lies_in_it_is_seen(plugin, project, one_map):
    fill(plugin, project, one_map)
    layer = next(one for one in project.mapLayers().values() if one.customProperty("onemap/layer_id") == "defect")
    chosen = max(layer.getFeatures(), key=lambda one: one.geometry().area())
    inside = chosen.geometry().poleOfInaccessibility(0.1)[0].asPoint()
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setOutputSize(QSize(400, 400))
    settings.setBackgroundColor(QColor("white"))
    settings.setExtent(chosen.geometry().boundingBox().buffered(5))
    layer.selectByIds([chosen.id()])
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    picture, spot = job.renderedImage(), settings.mapToPixel().transform(inside)
    assert picture.pixelColor(round(spot.x()), round(spot.y())).name() == "#ffffff"
    colours = {picture.pixelColor(x, y).name() for x in range(400) for y in range(0, 400, 7)}
    assert plugin("project.palette").light("selection").lower() in colours


def test_all_layers_open_in_their_groups(plugin, project, one_map):
    held, done = fill(plugin, project, one_map)
    assert done.missing == {}
    assert set(done.layers) == {layer.layer_id for layer in held.layers}
    classes = plugin("onemap.domain.catalogue").CLASSES
    groups = {group.customProperty("onemap/group_id"): group for group in project.layerTreeRoot().findGroups()}
    for class_id in {layer.class_id for layer in held.layers}:
        assert groups[class_id].name() == classes[class_id].title_zh
    for layer in project.mapLayers().values():
        spec = plugin("project.layers").spec_of(layer.customProperty("onemap/layer_id"))
        node = project.layerTreeRoot().findLayer(layer)
        assert node.parent().customProperty("onemap/group_id") == spec.class_id


def test_titles_follow_the_language(plugin, project, one_map):
    fill(plugin, project, one_map, "en")
    assert "Cases" in {group.name() for group in project.layerTreeRoot().findGroups()}
    layer = plugin("project.fill").layer_in(project, "grid_cell")
    assert layer.attributeDisplayName(layer.fields().lookupField("cell_code")) == "Cell code"
    defect = plugin("project.fill").layer_in(project, "defect")
    labels = {category.label() for category in defect.renderer().categories()}
    assert {"gap", "overlap", "other"} <= labels


def test_fields_have_chinese_titles_and_codes_chinese_labels(plugin, project, one_map):
    fill(plugin, project, one_map)
    layer = plugin("project.fill").layer_in(project, "case")
    place = layer.fields().lookupField("state")
    assert layer.attributeDisplayName(place) == "案件状态"
    assert {"超期": "overdue"} in layer.editorWidgetSetup(place).config()["map"]
    assert layer.displayExpression().startswith('"case_code"')


def test_project_opens_on_the_district(plugin, project, one_map):
    held, _ = fill(plugin, project, one_map)
    view = project.viewSettings().defaultViewExtent()
    area = plugin("project.fill").layer_in(project, held.levels[0]).extent()
    assert view.contains(area)
    assert view.width() < 1.2 * max(area.width(), area.height())
    assert project.crs().authid() == held.facts["crs"]
    assert project.title() == held.facts["name"]
    assert project.filePathStorage() == Qgis.FilePathType.Relative


def test_layers_are_styled_and_cannot_be_edited(plugin, project, one_map):
    fill(plugin, project, one_map)
    layer = plugin("project.fill").layer_in(project, "case")
    assert layer.renderer().type() == "pointCluster"
    assert layer.readOnly()
    assert not layer.startEditing()


def test_style_of_the_folder_where_the_map_has_none(plugin, project, copy):
    change(copy, "DELETE FROM layer_styles")
    fill(plugin, project, copy)
    assert plugin("project.fill").layer_in(project, "case").renderer().type() == "pointCluster"


def test_settled_cases_are_shown_where_there_are_no_others(plugin, project, copy):
    change(copy, "UPDATE \"case\" SET state = 'settled'")
    fill(plugin, project, copy)
    classes = plugin("project.fill").layer_in(project, "case").renderer().embeddedRenderer().categories()
    assert {category.value(): category.renderState() for category in classes}["settled"]


def test_written_headless_with_relative_paths_and_opens_elsewhere(plugin, project, copy, tmp_path, run):
    target = copy.with_name("hall.qgz")
    said = run("/usr/bin/python3", ROOT / "scripts" / "write_project.py", copy, target, QT_QPA_PLATFORM="offscreen")
    assert "not opened" not in said
    text = zipfile.ZipFile(target).read("hall.qgs").decode()
    assert str(tmp_path) not in text
    moved = tmp_path / "elsewhere"
    shutil.move(copy.parent, moved)
    assert project.read(str(moved / "hall.qgz"))
    assert [layer.name() for layer in project.mapLayers().values() if not layer.isValid()] == []
    assert plugin("project.fill").map_in(project) == moved / copy.name
    assert leftovers(moved / copy.name) == []


def test_what_is_no_one_map_is_refused(plugin, tmp_path):
    module = plugin("project.one_map_file")
    (tmp_path / "text.gpkg").write_text("no database")
    with closing(sqlite3.connect(tmp_path / "other.gpkg")) as connection:
        connection.execute("CREATE TABLE t (a)")
    for name in ("none.gpkg", "text.gpkg", "other.gpkg"):
        with pytest.raises(module.NotAOneMap, match=name):
            module.open_one_map(tmp_path / name)


def test_reading_leaves_nothing_beside_the_file(plugin, project, copy):
    before = copy.read_bytes()
    held, _ = fill(plugin, project, copy)
    for layer in project.mapLayers().values():
        if isinstance(layer, QgsVectorLayer):
            assert sum(1 for _ in layer.getFeatures()) == layer.featureCount()
            assert leftovers(copy) == []
    known = plugin("console.rows").Known(plugin("console.streets").Streets.of(held))
    for tables in (plugin("console.rows").FINDING_TABLES, plugin("console.rows").CASE_TABLES):
        list(plugin("console.rows").read_rows(held, tables, known))
    assert leftovers(copy) == []
    project.clear()
    assert leftovers(copy) == []
    assert copy.read_bytes() == before


def test_r13_a_build_replaces_the_map_that_qgis_shows(plugin, project, built, copy, english):
    """The library publishes over the open file; each reading sees the old map or the new one, never a part."""
    fill(plugin, project, copy)
    layer = plugin("project.fill").layer_in(project, "case")
    running = layer.getFeatures()
    next(running)
    rows = layer.featureCount()
    command = (sys.executable, "-I", "-m", "onemap", "build", built / "city" / "onemap.toml", "--out", copy.parent)
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 0, done.stderr
    assert 1 + sum(1 for _ in running) == rows
    layer.reload()
    assert sum(1 for _ in layer.getFeatures()) == layer.featureCount()
    assert leftovers(copy) == []
    print(f"R13: map of {rows} cases replaced while QGIS read it; the reading ended whole, 0 files left beside it")


def test_what_is_not_opened_is_told_with_the_reason(plugin, project, copy):
    (copy.parent / "rasters").rename(copy.parent / "elsewhere")
    change(copy, "UPDATE onemap_layer SET path = NULL WHERE layer_id = 'terrain_dem'")
    _, done = fill(plugin, project, copy, language="en")
    assert "terrain_dem" in done.missing
    assert "the map was built without it" in done.missing["terrain_dem"]
    beside = done.missing["imagery_ortho"]
    assert "rasters/imagery_ortho" in beside
    assert "is not beside the map" in beside
    assert done.told() == ", ".join(done.missing.values())


def test_a_grid_file_that_is_missing_is_no_warning_each_time(plugin, project):
    state_plane = QgsCoordinateReferenceSystem("EPSG:26985")
    ways = QgsDatumTransform.operations(state_plane, QgsCoordinateReferenceSystem("EPSG:4326"))
    plugin("project.transforms").settle_transforms(project, state_plane)
    context = project.transformContext()
    chosen = context.calculateCoordinateOperation(state_plane, QgsCoordinateReferenceSystem("EPSG:4326"))
    best = next((way.proj for way in ways if way.isAvailable), "")
    assert chosen == ("" if ways[0].isAvailable else best)
    metres = QgsCoordinateReferenceSystem("EPSG:4548")  # nothing is missing on the way to degrees
    plugin("project.transforms").settle_transforms(project, metres)
    assert not project.transformContext().hasTransform(metres, QgsCoordinateReferenceSystem("EPSG:4326"))
