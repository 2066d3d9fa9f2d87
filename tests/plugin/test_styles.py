"""Every layer has a style that QGIS loads on its kind of geometry, made from the palette and nothing else."""

import re
import tomllib
from pathlib import Path

import pytest
from qgis.core import (
    Qgis,
    QgsCategorizedSymbolRenderer,
    QgsEditorWidgetSetup,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextScope,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsFeatureRequest,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsPointClusterRenderer,
    QgsRasterLayer,
    QgsRenderContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDateTime, Qt

ROOT = Path(__file__).resolve().parents[2]
STYLES = ROOT / "styles"
LAYERS = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "layers").glob("*.toml"))
}
VECTORS = [name for name, spec in LAYERS.items() if spec["geometry"] in ("Point", "LineString", "Polygon")]
RASTERS = [name for name, spec in LAYERS.items() if spec["geometry"] == "Raster"]
PALETTE = tomllib.loads((STYLES / "palette.toml").read_text(encoding="utf-8"))


def styled(layer_id):
    spec = LAYERS[layer_id]
    kinds = {"integer": "integer", "real": "double", "boolean": "bool"}
    fields = "&".join(f"field={name}:{kinds.get(item['type'], 'string')}" for name, item in spec["fields"].items())
    geometry = spec["geometry"] if spec["geometry"] == "Point" else f"Multi{spec['geometry']}"
    layer = QgsVectorLayer(f"{geometry}?crs=EPSG:4548&{fields}", layer_id, "memory")
    assert layer.isValid()
    message, well = layer.loadNamedStyle(str(STYLES / f"{layer_id}.qml"))
    assert well, message
    return layer


def renderer_of(layer_id):
    """Return a renderer that outlives the layer it was loaded on."""
    layer = styled(layer_id)
    return layer.renderer().clone()


def symbols(renderer):
    if isinstance(renderer, QgsPointClusterRenderer):
        return [renderer.clusterSymbol(), *symbols(renderer.embeddedRenderer())]
    if isinstance(renderer, QgsCategorizedSymbolRenderer):
        return [category.symbol().clone() for category in renderer.categories()]
    return [renderer.symbol()]


def test_every_layer_with_a_style_has_its_file_and_no_file_is_left_over():
    assert {path.stem for path in STYLES.glob("*.qml")} == set(VECTORS) | set(RASTERS)
    assert {name for name, spec in LAYERS.items() if spec["style"]} == set(VECTORS) | set(RASTERS)


@pytest.mark.parametrize("layer_id", VECTORS)
def test_vector_style_loads_on_its_geometry(layer_id, qgis_app):
    layer = styled(layer_id)
    for symbol in symbols(layer.renderer()):
        assert symbol is not None
        assert symbol.symbolLayerCount() > 0
    if layer.labelsEnabled():
        text = layer.labeling().settings()
        assert isinstance(text, QgsPalLayerSettings)
        assert text.format().buffer().enabled()
        assert text.format().font().family() in PALETTE["fonts"] or text.format().families() == PALETTE["fonts"][:-1]


@pytest.mark.parametrize("layer_id", RASTERS)
def test_raster_style_loads(layer_id, qgis_app, tmp_path):
    from osgeo import gdal

    path = tmp_path / "r.tif"
    made = gdal.GetDriverByName("GTiff").Create(str(path), 8, 8, 3, gdal.GDT_Byte)
    made.SetGeoTransform((0, 1, 0, 8, 0, -1))
    made.FlushCache()
    layer = QgsRasterLayer(str(path), layer_id)
    message, well = layer.loadNamedStyle(str(STYLES / f"{layer_id}.qml"))
    assert well, message
    assert layer.renderer() is not None


@pytest.mark.skipif(
    Qgis.QGIS_VERSION_INT // 100 != 340, reason="kept as QGIS 3.40 writes them; each release adds its own"
)
def test_styles_are_what_the_palette_makes(tmp_path, run):
    run("/usr/bin/python3", ROOT / "scripts" / "make_styles.py", tmp_path, QT_QPA_PLATFORM="offscreen")
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.qml")}
    kept = {path.name: path.read_text(encoding="utf-8") for path in STYLES.glob("*.qml")}
    version = re.compile(r'version="[^"]*"')  # the QGIS that wrote it
    assert {name: version.sub("", text) for name, text in made.items()} == {
        name: version.sub("", text) for name, text in kept.items()
    }


def test_states_of_cases_differ_in_form(qgis_app):
    renderer = renderer_of("case")
    renderer = renderer.embeddedRenderer().clone()
    signs = {category.value(): category.symbol().clone() for category in renderer.categories()}
    assert set(signs) == {"new", "in_hand", "overdue", "settled", ""}

    def form(symbol: QgsMarkerSymbol):
        return tuple((layer.shape(), layer.color().alpha() > 0) for layer in symbol.symbolLayers())

    forms = {form(signs[state]) for state in ("new", "in_hand", "overdue", "settled")}
    assert len(forms) == 4


def test_findings_differ_in_form(qgis_app):
    renderer = renderer_of("defect")
    made = {
        category.value(): tuple(type(layer).__name__ for layer in category.symbol().symbolLayers())
        for category in renderer.categories()
    }
    assert "QgsLinePatternFillSymbolLayer" in made["gap"]
    assert made["overlap"].count("QgsLinePatternFillSymbolLayer") == 2
    assert "QgsPointPatternFillSymbolLayer" in made["outside"]
    assert {"gap", "overlap", "outside", "allowed", "duplicate", "nesting", "orphan", "invalid", ""} == set(made)


def test_scale_ranges_follow_the_plan(qgis_app):
    """Streets from afar, communities to 1:100,000, cells and clusters to 1:25,000, houses and addresses near."""
    seen = {name: styled(name).minimumScale() for name in ("grid_community", "grid_cell", "case", "city3d_building")}
    assert seen == {"grid_community": 100_000, "grid_cell": 25_000, "case": 25_000, "city3d_building": 8_000}
    assert not styled("grid_district").hasScaleBasedVisibility()
    cells = styled("grid_cell")
    labels = cells.labeling().settings()
    assert labels.scaleVisibility
    assert labels.minimumScale == 8_000


def test_grid_lines_have_the_widths_of_the_palette_and_are_solid_where_two_are_drawn_over_each_other(qgis_app):
    """Their dashes, each drawn once, are the hall's project's (test_borders)."""
    for layer_id in ("grid_street", "grid_community"):
        renderer = renderer_of(layer_id)
        stroke = renderer.symbol().symbolLayer(0).clone()
        assert stroke.width() == PALETTE["lines"][layer_id]["width_mm"]
        assert not stroke.useCustomDashPattern()


def test_a_finding_says_its_kind_and_area_near_by_and_its_reason_in_the_list_only(qgis_app):
    layer = styled("defect")
    layer.setEditorWidgetSetup(
        layer.fields().lookupField("kind"), QgsEditorWidgetSetup("ValueMap", {"map": [{"空隙": "gap"}]})
    )
    told = layer.labeling().settings()
    assert (told.scaleVisibility, told.minimumScale) == (True, 3_000)
    feature = QgsFeature(layer.fields())
    feature["kind"], feature["area_m2"], feature["reason_zh"], feature["allowed"] = "gap", 12345.6, "湖面", True
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(feature)
    assert QgsExpression(told.fieldName).evaluate(context) == "空隙 12,346 m²"
    for layer_id in VECTORS:
        other = styled(layer_id)
        assert not other.labelsEnabled() or "reason" not in other.labeling().settings().fieldName


def drawn_as(values, variables):
    """Return the value of the class in which a case is drawn."""
    cluster = renderer_of("case")  # held: what it embeds is a part of it
    renderer = cluster.embeddedRenderer().clone()
    layer = QgsVectorLayer("Point?field=state:string&field=due_at:datetime", "cases", "memory")
    feature = QgsFeature(layer.fields())
    for name, value in values.items():
        feature[name] = value
    context, scope = QgsRenderContext(), QgsExpressionContextScope()
    for name, value in variables.items():
        scope.setVariable(name, value)
    scope.setFields(layer.fields())
    scope.setFeature(feature)
    context.expressionContext().appendScope(scope)
    used = set(renderer.usedAttributes(context))
    assert {"state", "due_at"} <= used
    assert QgsFeatureRequest.ALL_ATTRIBUTES not in used  # slow
    renderer.startRender(context, layer.fields())
    try:
        found = renderer.legendKeysForFeature(feature, context)
    finally:
        renderer.stopRender(context)
    items = zip(renderer.legendSymbolItems(), renderer.categories(), strict=True)
    known = {item.ruleKey(): category.value() for item, category in items}
    return next((known[key] for key in found), None)


@pytest.mark.parametrize(
    ("state", "due", "ends", "shown"),
    [
        ("new", "2020-01-01T00:00:00.000Z", "", "overdue"),
        ("in_hand", "2020-01-01T00:00:00.000Z", None, "overdue"),  # a project that says nothing of a day
        ("new", "2020-01-01T00:00:00.000Z", "2020-01-02T00:00:00.000Z", "overdue"),
        ("new", "2020-01-03T00:00:00.000Z", "2020-01-02T00:00:00.000Z", "new"),
        ("new", "2999-01-01T00:00:00.000Z", "", "new"),
        ("new", "2999-01-01T00:00:00.000Z", "2999-02-01T00:00:00.000Z", "new"),  # a day to come: of now
        ("in_hand", None, "", "in_hand"),
        ("settled", "2020-01-01T00:00:00.000Z", "", None),  # switched off
        (None, "2020-01-01T00:00:00.000Z", "", ""),
    ],
)
def test_an_open_case_is_drawn_as_overdue_once_its_deadline_has_passed(qgis_app, state, due, ends, shown):
    moment = QDateTime.fromString(due, Qt.DateFormat.ISODateWithMs) if due else None
    variables = {} if ends is None else {"onemap_day_ends": ends}
    assert drawn_as({"state": state, "due_at": moment}, variables) == shown


def test_labels_write_sizes_as_the_lists_do(plugin, qgis_app, english):
    layer = styled("defect")
    expression = QgsExpression(layer.labeling().settings().fieldName.replace('represent_value("kind")', "'gap'"))
    size = plugin("console.rows")._size
    for area in (36_652_729.048, 177_456_222.7, 312_062.2, 20.43):
        feature = QgsFeature(layer.fields())
        feature["area_m2"] = area
        context = QgsExpressionContext()
        context.setFeature(feature)
        assert expression.evaluate(context) == f"gap {size(area, 'm²')}", expression.evalErrorString()
