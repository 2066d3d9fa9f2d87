"""Borders of streets and communities: dashed, each drawn once, and nothing that looks elsewhere while it is drawn."""

import re

import pytest
from qgis.core import (
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextScope,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsGeometryGeneratorSymbolLayer,
    QgsProject,
    QgsReadWriteContext,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtXml import QDomDocument

from .test_project_hall import ROOT, make

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


def dash(plugin, layer):
    for _ in plugin("project.borders").dash_borders(layer, "grid_street"):
        pass
    return layer


def test_each_border_is_drawn_once(plugin, squares):
    lines = drawn(dash(plugin, squares))
    assert {code: 0.0 if line.isEmpty() else round(line.length(), 1) for code, line in lines.items()} == OWN
    together = QgsGeometry.unaryUnion([line for line in lines.values() if not line.isEmpty()])
    assert together.length() == pytest.approx(sum(OWN.values()), abs=0.1)


def test_from_afar_and_where_a_border_has_changed_all_of_it_is_drawn(plugin, squares):
    dash(plugin, squares)
    assert {code: round(line.length(), 1) for code, line in drawn(squares, AFAR).items()}["2"] == 40.0
    number = next(feature.id() for feature in squares.getFeatures() if feature["street_code"] == "2")
    moved = QgsGeometry.fromWkt("MULTIPOLYGON(((10 0,25 0,25 10,10 10,10 0)))")
    squares.dataProvider().changeGeometryValues({number: moved})
    lines = drawn(squares)
    assert lines["2"].length() == pytest.approx(50.0)
    assert lines["1"].length() == pytest.approx(40.0)


def test_a_style_of_somebody_elses_stays(plugin, squares):
    squares.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({"color": "red"})))
    dash(plugin, squares)
    assert squares.renderer().symbol().symbolLayer(0).layerType() == "SimpleFill"


def test_streets_and_communities_of_the_sample_city_are_dashed_each_once(plugin, qgis_app, one_map):
    project = QgsProject.instance()
    project.clear()
    make(plugin, project, one_map)
    layers = {layer.customProperty("onemap/layer_id"): layer for layer in project.mapLayers().values()}
    streets = layers["grid_street"]
    shapes = [feature.geometry() for feature in streets.getFeatures()]
    borders = QgsGeometry.unaryUnion([QgsGeometry(shape.constGet().boundary()) for shape in shapes])
    lines = drawn(streets)
    assert len(lines) == 6
    assert sum(line.length() for line in lines.values()) == pytest.approx(borders.length(), abs=0.5)
    for level, form in (("grid_street", [4.0, 1.2, 0.8, 1.2]), ("grid_community", [2.4, 1.2])):
        line = layers[level].renderer().symbol().symbolLayer(0).subSymbol().symbolLayer(0)
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


def old_style(layer):
    """Give a layer the style that older maps and projects bring."""
    generator = QgsGeometryGeneratorSymbolLayer.create(
        {"SymbolType": "Line", "geometryModifier": "buffer(overlay_intersects(@layer, @geometry)[0], 0.01)"}
    )
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, generator)
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))


def test_a_project_of_an_older_plugin_is_mended_when_it_is_read(plugin, qgis_app, one_map):
    project = QgsProject.instance()
    project.clear()
    make(plugin, project, one_map)
    streets = next(
        layer for layer in project.mapLayers().values() if layer.customProperty("onemap/layer_id") == "grid_street"
    )
    old_style(streets)
    plugin("project.hall").mend_kept(project)
    assert "overlay" not in streets.renderer().symbol().symbolLayer(0).geometryExpression()
    assert len(drawn(streets)) == 6
    somebody_elses = streets.renderer()
    plugin("project.hall").mend_kept(project)
    assert streets.renderer() is somebody_elses
    project.clear()


def test_a_map_with_the_older_style_does_not_bring_it(plugin, squares):
    old_style(squares)
    assert plugin("project.borders").forget_neighbours(squares, "grid_street")
    assert squares.renderer().symbol().symbolLayer(0).layerType() == "SimpleLine"
    assert not plugin("project.borders").forget_neighbours(squares, "grid_street")
