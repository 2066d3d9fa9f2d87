"""Borders of streets and communities: dashed, each drawn once, and nothing that looks elsewhere while it is drawn."""

import re
import shutil
import sqlite3
from contextlib import closing

import pytest
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextScope,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsGeometryGeneratorSymbolLayer,
    QgsMapLayerStyle,
    QgsProject,
    QgsReadWriteContext,
    QgsSimpleLineSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument

from .test_project_hall import ROOT, make
from .test_worker import until

# Functions that look into other rows or layers. In the threads in which maps are drawn they are not safe: QGIS ended
# with signal 11 in `overlay_intersects` about once in forty openings.
ELSEWHERE = re.compile(
    r"\b(overlay_\w+|aggregate|relation_aggregate|get_feature\w*|sum|count|concatenate|array_agg|maptip|eval_template)\s*\("
)
NEAR, AFAR = 5_000, 100_000
SQUARES = {
    "1": "POLYGON((0 0,10 0,10 10,0 10,0 0))",
    "2": "POLYGON((10 0,20 0,20 10,10 10,10 0))",  # its border begins and ends on that of 1
    "3": "POLYGON((30 0,50 0,50 20,30 20,30 0),(35 5,35 10,40 10,40 5,35 5))",  # around 4 and beside nobody
    "4": "POLYGON((35 5,40 5,40 10,35 10,35 5))",
    "5": "MULTIPOLYGON(((0 10,10 10,10 12,0 12,0 10)),((60 0,61 0,61 1,60 1,60 0)))",
    "6": "POLYGON((36 6,38 6,38 8,36 8,36 6))",  # in 4, over its land: a fault that has to be seen
}
OWN = {"1": 40.0, "2": 30.0, "3": 100.0, "4": 0.0, "5": 14.0 + 4.0, "6": 8.0}


def drawn(layer, scale=NEAR):
    """Return what each area of a layer draws, by its code."""
    generator = layer.renderer().symbol().symbolLayer(0)
    expression = QgsExpression(generator.geometryExpression())
    context, scope = QgsExpressionContext(), QgsExpressionContextScope()
    scope.setVariable("map_scale", scale)
    context.appendScope(scope)
    context.setFields(layer.fields())
    expression.prepare(context)
    found = {}
    for feature in layer.getFeatures():
        context.setFeature(feature)
        found[str(feature["street_code"])] = QgsGeometry(expression.evaluate(context) or QgsGeometry())
        assert not expression.hasEvalError(), expression.evalErrorString()
    return found


@pytest.fixture
def squares(plugin):
    layer = QgsVectorLayer("MultiPolygon?crs=EPSG:4548&field=street_code:string", "squares", "memory")
    made = []
    for code, wkt in SQUARES.items():
        feature = QgsFeature(layer.fields())
        feature["street_code"] = code
        shape = QgsGeometry.fromWkt(wkt)
        shape.convertToMultiType()
        feature.setGeometry(shape)
        made.append(feature)
    layer.dataProvider().addFeatures(made)
    layer.loadNamedStyle(str(ROOT / "styles" / "grid_street.qml"))
    return layer


def layer_of(project, layer_id):
    return next(layer for layer in project.mapLayers().values() if layer.customProperty("onemap/layer_id") == layer_id)


def dash(plugin, layer):
    for _ in plugin("project.borders").dash_borders(layer, "grid_street"):
        pass
    return layer


def test_each_border_is_drawn_once(plugin, squares):
    lines = drawn(dash(plugin, squares))
    assert {code: 0.0 if line.isEmpty() else round(line.length(), 1) for code, line in lines.items()} == OWN
    together = QgsGeometry.unaryUnion([line for line in lines.values() if not line.isEmpty()])
    assert together.length() == pytest.approx(sum(OWN.values()), abs=0.1)


@pytest.mark.parametrize(
    "other",
    [
        "MULTIPOLYGON(((10 0,25 0,25 10,10 10,10 0)))",  # longer
        "MULTIPOLYGON(((20 0,20 10,10 10,10 0,20 0)))",  # begins elsewhere
        "MULTIPOLYGON(((10 0,10 10,20 10,20 0,10 0)))",  # runs the other way
        "MULTIPOLYGON(((110 0,120 0,120 10,110 10,110 0)))",  # of the same length elsewhere
        "MULTIPOLYGON(((10 0,20 0,20 10,10 10,10 0),(14 4,14 5,15 5,15 4,14 4)))",
    ],
)
def test_where_a_border_has_become_another_one_all_of_it_is_drawn_until_it_is_dashed_again(plugin, squares, other):
    dash(plugin, squares)
    number = next(feature.id() for feature in squares.getFeatures() if feature["street_code"] == "2")
    squares.dataProvider().changeGeometryValues({number: QgsGeometry.fromWkt(other)})
    whole = QgsGeometry(QgsGeometry.fromWkt(other).constGet().boundary())
    lines = drawn(squares)
    assert lines["2"].length() == pytest.approx(whole.length())
    assert lines["1"].length() == pytest.approx(40.0)
    repaints = []
    squares.repaintRequested.connect(lambda *_: repaints.append(1))
    beside_1 = 0.0 if other.startswith("MULTIPOLYGON(((110") else 10.0
    assert drawn(dash(plugin, squares))["2"].length() == pytest.approx(whole.length() - beside_1, abs=0.05)
    assert len(repaints) == 1


def test_from_afar_all_borders_are_drawn(plugin, squares):
    dash(plugin, squares)
    assert drawn(squares, AFAR)["2"].length() == pytest.approx(40.0)


def test_borders_that_are_dashed_already_stay_as_they_are(plugin, squares):
    squares.renderer().symbol().setOpacity(0.5)
    worn = dash(plugin, squares).renderer()
    assert worn.symbol().opacity() == 0.5
    assert dash(plugin, squares).renderer() is worn


def test_what_somebody_changed_in_the_dashed_line_stays_when_it_is_dashed_again(plugin, squares):
    line = dash(plugin, squares).renderer().symbol().symbolLayer(0).subSymbol()
    line.setOpacity(0.3)
    line.symbolLayer(0).setCustomDashVector([9.0, 9.0])
    squares.dataProvider().deleteFeatures([next(squares.getFeatures()).id()])
    before = squares.renderer().symbol().symbolLayer(0).geometryExpression()
    after = dash(plugin, squares).renderer().symbol().symbolLayer(0)
    assert after.geometryExpression() != before
    assert after.subSymbol().opacity() == pytest.approx(0.3)
    assert after.subSymbol().symbolLayer(0).customDashVector() == [9.0, 9.0]


@pytest.mark.parametrize("kind", ["area", "line"])
def test_a_style_of_somebody_elses_stays(plugin, squares, kind):
    symbol = QgsFillSymbol.createSimple({"color": "red"})
    if kind == "line":
        symbol.changeSymbolLayer(0, QgsSimpleLineSymbolLayer(QColor("red"), 2.0))
    squares.setRenderer(QgsSingleSymbolRenderer(symbol))
    worn = squares.renderer()
    dash(plugin, squares)
    assert squares.renderer() is worn


def test_streets_and_communities_of_the_sample_city_are_dashed_each_once(plugin, qgis_app, one_map):
    project = QgsProject.instance()
    project.clear()
    make(plugin, project, one_map)
    streets = layer_of(project, "grid_street")
    shapes = [feature.geometry() for feature in streets.getFeatures()]
    borders = QgsGeometry.unaryUnion([QgsGeometry(shape.constGet().boundary()) for shape in shapes])
    lines = drawn(streets)
    assert len(lines) == 6
    assert sum(line.length() for line in lines.values()) == pytest.approx(borders.length(), abs=0.5)
    for level, form in (("grid_street", [4.0, 1.2, 0.8, 1.2]), ("grid_community", [2.4, 1.2])):
        line = layer_of(project, level).renderer().symbol().symbolLayer(0).subSymbol().symbolLayer(0)
        assert line.useCustomDashPattern()
        assert line.customDashVector() == form
    project.clear()


def told(layer):
    """Return all that is evaluated while a layer is drawn: its renderer and its labels."""
    document, context = QDomDocument(), QgsReadWriteContext()
    parts = [layer.renderer().save(document, context)]
    if layer.labelsEnabled() and layer.labeling() is not None:
        parts.append(layer.labeling().save(document, context))
    for part in parts:
        document.appendChild(document.createElement("parts")).appendChild(part)
        yield document.toString()
        document.clear()


def test_nothing_looks_into_other_rows_while_a_map_is_drawn(plugin, qgis_app, one_map):
    for style in (ROOT / "styles").glob("*.qml"):
        assert not ELSEWHERE.findall(style.read_text(encoding="utf-8")), style.name
    project = QgsProject.instance()
    project.clear()
    make(plugin, project, one_map)
    looked = 0
    for layer in project.mapLayers().values():
        if isinstance(layer, QgsVectorLayer) and layer.renderer() is not None:
            manager = layer.styleManager()
            for style in manager.styles():
                manager.setCurrentStyle(style)
                for text in told(layer):
                    assert not ELSEWHERE.findall(text), (layer.name(), style)
                    looked += 1
    assert looked > 60
    project.clear()


def wear_old_style(layer):
    """Give a layer the style that older maps and projects bring."""
    older = (
        "buffer(collect_geometries(array_foreach(array_filter(overlay_intersects(@layer, @feature), "
        "attribute(@element, 'street_code') < \"street_code\"), geometry(@element))), 0.01)"
    )
    generator = QgsGeometryGeneratorSymbolLayer.create({"SymbolType": "Line", "geometryModifier": older})
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, generator)
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))


def styles_of(layer):
    """Return every style of a layer, the one it wears as it is now."""
    manager, worn = layer.styleManager(), QgsMapLayerStyle()
    worn.readFromLayer(layer)
    others = [manager.style(name).xmlData() for name in manager.styles() if name != manager.currentStyle()]
    return [worn.xmlData(), *others]


def test_a_project_of_an_older_plugin_is_mended_when_it_is_read(plugin, desktop, one_map, tmp_path):
    shutil.copytree(one_map.parent, tmp_path / "map")
    held = tmp_path / "map" / one_map.name
    project = QgsProject.instance()
    project.clear()
    make(plugin, project, held)
    streets = layer_of(project, "grid_street")
    streets.styleManager().addStyleFromLayer("mine")
    wear_old_style(streets)
    streets.styleManager().addStyleFromLayer("older")
    project.addMapLayer(streets.clone())
    assert project.write(str(held.with_name("kept.qgz")))
    project.clear()
    center = plugin("plugin").OnemapPlugin(desktop)
    center.initGui()
    try:
        assert project.read(str(held.with_name("kept.qgz")))
        until(lambda: not center.is_furnishing, 30)
        found = [
            item for item in project.mapLayers().values() if item.customProperty("onemap/layer_id") == "grid_street"
        ]
        assert len(found) == 2
        for layer in found:
            assert not [style for style in styles_of(layer) if "overlay_" in style]
            assert len(drawn(layer)) == 6
            assert layer.renderer().symbol().symbolLayer(0).subSymbol().symbolLayer(0).useCustomDashPattern()
        assert [len(layer.styleManager().styles()) for layer in found] == [3, 3]
    finally:
        center.unload()
        project.clear()


def test_a_map_with_the_older_style_does_not_bring_it(plugin, qgis_app, one_map, tmp_path):
    shutil.copytree(one_map.parent, tmp_path / "map")
    held = tmp_path / "map" / one_map.name
    writable = QgsVectorLayer(f"{held}|layername=grid_street", "streets", "ogr")
    wear_old_style(writable)
    with closing(sqlite3.connect(held)) as connection, connection:
        older, context = QDomDocument(), QgsReadWriteContext()
        writable.exportNamedStyle(older, context)
        connection.execute(
            "UPDATE layer_styles SET styleQML = ? WHERE f_table_name = 'grid_street'", (older.toString(),)
        )
        (count,) = connection.execute("SELECT count(*) FROM layer_styles WHERE styleQML LIKE '%overlay_%'").fetchone()
    assert count == 1
    project = QgsProject.instance()
    project.clear()
    _, done = make(plugin, project, held)
    assert not done.missing, done.missing
    assert not [style for style in styles_of(layer_of(project, "grid_street")) if "overlay_" in style]
    assert len(drawn(layer_of(project, "grid_street"))) == 6
    project.clear()


def test_a_style_of_somebody_elses_that_overlays_stays(plugin, squares):
    wear_old_style(squares)
    generator = squares.renderer().symbol().symbolLayer(0)
    generator.setGeometryExpression("overlay_intersects('rivers', $geometry)[0]")
    assert not plugin("project.older_styles").forget_neighbours(squares, "grid_street")
    assert "rivers" in squares.renderer().symbol().symbolLayer(0).geometryExpression()


def test_where_areas_are_filtered_each_that_is_left_draws_all_that_no_other_one_does(plugin, desktop, one_map):
    project = QgsProject.instance()
    project.clear()
    center = plugin("plugin").OnemapPlugin(desktop)
    center.initGui()
    try:
        center.open_one_map(one_map)
        until(lambda: not center.is_furnishing, 30)
        streets = layer_of(project, "grid_street")
        whole = {feature["street_code"]: feature.geometry().length() for feature in streets.getFeatures()}
        before = {code: line.length() for code, line in drawn(streets).items()}
        last = max(whole)
        assert before[last] < whole[last] - 100  # its neighbours draw the rest
        assert streets.setSubsetString(f"street_code = '{last}'")
        until(lambda: not center.is_furnishing, 30)
        assert {code: line.length() for code, line in drawn(streets).items()} == pytest.approx({last: whole[last]})
        assert streets.setSubsetString("")
        until(lambda: not center.is_furnishing, 30)
        assert {code: line.length() for code, line in drawn(streets).items()} == pytest.approx(before)
    finally:
        center.unload()
        project.clear()
