"""One layer of the one map as a QGIS layer: opened for reading, styled, with its titles as aliases."""

from qgis.core import (
    Qgis,
    QgsAttributeTableConfig,
    QgsEditorWidgetSetup,
    QgsFillSymbol,
    QgsMapLayer,
    QgsRasterLayer,
    QgsSimpleLineSymbolLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ..console.words import FINDING, kind_title
from ..onemap.domain.catalogue import FieldSpec, LayerSpec, load_catalogue, styles_folder
from .borders import DASHED_LEVELS
from .legend import is_settled_only, say_in_english, switch_on
from .older_styles import forget_neighbours
from .one_map_file import MapLayer, OneMapFile
from .palette import light

LAYER_ID = "onemap/layer_id"
DRAFT = "onemap/draft"  # of the layer of grids that are being edited, which no project keeps
GROUP_ID = "onemap/group_id"
_OLD_LABELS = ("reason", '"holder"')  # of the styles that older maps bring: too long, or not who the roster names
_SELECTED_MM, _CASING_MM = 0.9, 0.5  # widths of the line around what is selected
# Rings are for cases about which somebody has to decide.
_NOT_SETTLED = "case_code NOT IN (SELECT case_code FROM \"case\" WHERE state = 'settled' AND case_code IS NOT NULL)"


def spec_of(layer_id: str) -> LayerSpec | None:
    """Return the definition of a layer, or None where this plugin does not know it."""
    return load_catalogue().get(layer_id)


def open_layer(one_map: OneMapFile, layer: MapLayer, *, language: str) -> QgsMapLayer:
    """Return a layer of the map, ready to be added to a project; the caller looks whether it is valid."""
    title = one_map.title_of(layer, language)
    made: QgsMapLayer
    if layer.kind == "raster":
        made = QgsRasterLayer(str(one_map.path.parent / layer.path), title, "gdal")
    else:
        made = open_table(f"{one_map.path}|layername={layer.layer_id}", title)
    dress(made, layer.layer_id, language=language)
    if layer.layer_id == "near_border" and one_map.layer("case") is not None and isinstance(made, QgsVectorLayer):
        made.setSubsetString(_NOT_SETTLED)
    return made


def open_table(uri: str, title: str) -> QgsVectorLayer:
    """Open a vector layer or table for reading only, so that no -wal appears beside the file."""
    options = QgsVectorLayer.LayerOptions()
    options.forceReadOnly = True
    options.loadDefaultStyle = False  # `dress` does, and falls back on our own
    made = QgsVectorLayer(uri, title, "ogr", options)
    made.setReadOnly(True)
    return made


def dress(layer: QgsMapLayer, layer_id: str, *, language: str) -> None:
    """Mark a layer with its id, style it where the file brought no style, and label its fields."""
    layer.setCustomProperty(LAYER_ID, layer_id)
    spec = spec_of(layer_id)
    if spec is None or not layer.isValid():
        return
    style = styles_folder() / f"{spec.style}.qml"
    if spec.style and style.is_file() and not _has_embedded_style(layer):
        layer.loadNamedStyle(str(style))
    layer.setCustomProperty(LAYER_ID, layer_id)  # again: a style that somebody saved in the file takes it away
    if isinstance(layer, QgsVectorLayer):
        if layer_id in DASHED_LEVELS:
            forget_neighbours(layer, layer_id)
        outline_selection(layer)
        if layer.labelsEnabled() and any(word in layer.labeling().settings().fieldName for word in _OLD_LABELS):
            layer.loadNamedStyle(str(style), True, QgsMapLayer.StyleCategory.Labeling)
        label_fields(layer, spec, language=language)
        if language == "en" and layer.renderer() is not None:
            say_in_english(layer, spec)
        if is_settled_only(layer, spec):
            switch_on(layer, "settled")


def outline_selection(layer: QgsVectorLayer) -> None:
    """Show what is selected of a layer of areas by its outline: what lies in it has to be seen, to be judged."""
    if layer.geometryType() != Qgis.GeometryType.Polygon:
        return
    symbol = QgsFillSymbol()
    symbol.deleteSymbolLayer(0)
    for colour, width in (("ink", _SELECTED_MM + _CASING_MM), ("selection", _SELECTED_MM)):
        line = QgsSimpleLineSymbolLayer(QColor(light(colour)), width)
        line.setPenJoinStyle(Qt.PenJoinStyle.RoundJoin)
        symbol.appendSymbolLayer(line)
    chosen = layer.selectionProperties()
    chosen.setSelectionSymbol(symbol)
    chosen.setSelectionRenderingMode(Qgis.SelectionRenderingMode.CustomSymbol)


def _has_embedded_style(layer: QgsMapLayer) -> bool:
    if not isinstance(layer, QgsVectorLayer):
        return False
    _, found = layer.loadDefaultStyle()
    return bool(found)


def _english_kinds(spec: LayerSpec, field: FieldSpec) -> dict[str, str]:
    """Return what the counters call the kinds of a finding, which labels on the map show; other values are English."""
    if spec.class_id != FINDING or field.name != "kind":
        return {}
    return {value: kind_title(value, "en").replace("_", " ") for value in field.values}


def label_fields(layer: QgsVectorLayer, spec: LayerSpec, *, language: str) -> None:
    """Give the fields their titles, and the coded values their labels."""
    fields = layer.fields()
    for field in spec.fields:
        index = fields.lookupField(field.name)
        if index < 0:
            continue
        layer.setFieldAlias(index, field.title(language))
        names = field.values if language == "zh" else _english_kinds(spec, field)
        if names:
            pairs = [{label: value} for value, label in names.items()]
            layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("ValueMap", {"map": pairs}))
    _hide_other_language(layer, language)
    if spec.key and fields.lookupField(spec.key) >= 0:
        layer.setDisplayExpression(_display(spec, layer))


def _hide_other_language(layer: QgsVectorLayer, language: str) -> None:
    """Show sentences, such as a reason, in one language only."""
    config = QgsAttributeTableConfig()
    config.update(layer.fields())
    columns = config.columns()
    told = [column.name.removesuffix("_zh") for column in columns if column.name.endswith("_zh")]
    hidden = {"fid", *(name if language == "zh" else f"{name}_zh" for name in told)}
    for column in columns:
        column.hidden = column.name in hidden
    config.setColumns(columns)
    layer.setAttributeTableConfig(config)


def _display(spec: LayerSpec, layer: QgsVectorLayer) -> str:
    names = {field.name for field in spec.fields}
    has_name = "name" in names and layer.fields().lookupField("name") >= 0
    return f"\"{spec.key}\" || coalesce(' ' || \"name\", '')" if has_name else f'"{spec.key}"'
