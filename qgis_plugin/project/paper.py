"""Layers that are drawn on paper only: tints, numbers, and the veil over what is not the sheet's own.

They are further views of tables that the project shows already, kept in a group that is switched off on the screen;
the sheets' map themes switch them on. They carry `PAPER_ID` and no `LAYER_ID`, so that nothing takes them for the
layers of the one map.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsExpression,
    QgsFeatureRenderer,
    QgsFillSymbol,
    QgsInvertedPolygonRenderer,
    QgsLineSymbol,
    QgsMapLayer,
    QgsPalLayerSettings,
    QgsProject,
    QgsProperty,
    QgsRuleBasedRenderer,
    QgsSimpleFillSymbolLayer,
    QgsSimpleLineSymbolLayer,
    QgsSingleSymbolRenderer,
    QgsSymbolLayer,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from .layers import GROUP_ID, LAYER_ID, label_fields, open_table, spec_of
from .letters import labels, text
from .one_map_file import OneMapFile
from .palette import light, palette
from .roster import name_and_holder
from .tints import tint, tint_areas

PAPER_ID = "onemap/paper_id"
GROUP = "paper"
VEIL = 0.7  # neighbours of a sheet's own area keep 30 % of their tone
CELLS, NUMBERED, HOUSES = 25_000, 20_000, 12_500  # smallest scales at which paper bears cells, their numbers, houses
PART_SIZE = "if(@map_scale > 15000, 9, 12)"  # of the names of a sheet's parts, in points
FIRST, SECOND = 10, 8  # placed before all other names; before those of lanes
OF_ATLAS = "$id = @atlas_featureid"
OF_AGENCY = "\"agency\" = attribute(@atlas_feature, 'agency')"


@dataclass(frozen=True)
class Look:
    """How a paper layer is drawn; where it is tinted, areas that share the field `alike` are seen together."""

    renderer: QgsFeatureRenderer
    labels: QgsVectorLayerSimpleLabeling | None = None
    smallest: float = 0.0
    alike: str = ""


def fold_paper(project: QgsProject) -> None:
    """Fold the group of paper layers: QGIS chooses the first layer of a project that it reads and unfolds its group."""
    for group in project.layerTreeRoot().findGroups():
        if group.customProperty(GROUP_ID) == GROUP:
            group.setExpanded(False)


def add_paper_layers(
    project: QgsProject, one_map: OneMapFile, tr: Callable[..., str], *, people: dict[str, str], language: str
) -> Generator[None, None, dict[str, QgsVectorLayer]]:
    """Add the group of paper layers at the top of the tree, one after the other; people hold duty grids, by code.

    The generator returns key -> layer of those that the map has tables for.
    """
    looks = _looks(one_map, people)
    if not looks:
        return {}
    group = project.layerTreeRoot().insertGroup(0, tr("For print"))
    group.setCustomProperty(GROUP_ID, GROUP)
    group.setExpanded(False)
    group.setItemVisibilityChecked(False)
    made = {}
    for key, (layer_id, look) in looks.items():
        row = one_map.layer(layer_id)
        if row is None or row.kind != "vector":
            continue
        layer = open_table(f"{one_map.path}|layername={layer_id}", one_map.title_of(row, language))
        layer.setCustomProperty(PAPER_ID, key)
        layer.setRenderer(look.renderer)
        yield from tint_areas(layer, by=look.alike)
        if look.labels is not None:
            layer.setLabeling(look.labels)
            layer.setLabelsEnabled(True)
        if look.smallest:
            layer.setScaleBasedVisibility(True)
            layer.setMinimumScale(look.smallest)
        label_fields(layer, spec_of(layer_id), language=language)
        layer.setFlags(layer.flags() & ~QgsMapLayer.LayerFlag.Searchable & ~QgsMapLayer.LayerFlag.Identifiable)
        project.addMapLayer(layer, False)
        group.addLayer(layer).setExpanded(False)
        made[key] = layer
        if key == "parts":
            _name_once(project, layer, layer_id)
        yield
    return made


def _name_once(project: QgsProject, layer: QgsVectorLayer, layer_id: str) -> None:
    """Let the screen's layer of the same areas bear no names where the paper's has larger ones."""
    screen = next((item for item in project.mapLayers().values() if item.customProperty(LAYER_ID) == layer_id), None)
    if not isinstance(screen, QgsVectorLayer) or not isinstance(screen.labeling(), QgsVectorLayerSimpleLabeling):
        return
    settings = screen.labeling().settings()
    values = settings.dataDefinedProperties()
    shown = f"NOT is_layer_visible({QgsExpression.quotedValue(layer.id())})"
    values.setProperty(QgsPalLayerSettings.Property.Show, QgsProperty.fromExpression(shown))
    settings.setDataDefinedProperties(values)
    screen.setLabeling(QgsVectorLayerSimpleLabeling(settings))


def add_agencies(
    project: QgsProject, tr: Callable[..., str], agencies: list[str]
) -> Generator[None, None, list[QgsVectorLayer]]:
    """Add each agency's duty grids as a layer of its own, one at a time to be seen; the generator returns them.

    Agencies divide the same land each in their own way; over one another they cannot be read.
    """
    whole = next((item for item in project.mapLayers().values() if item.customProperty(LAYER_ID) == "duty_grid"), None)
    if whole is None:
        return []
    yield from tint_areas(whole, by="agency")
    yield
    if len(agencies) <= 1:
        return []
    parent = project.layerTreeRoot().findLayer(whole).parent()
    group = parent.insertGroup(0, tr("Duty grids by agency"))
    group.setCustomProperty(GROUP_ID, "duty/agency")
    group.setItemVisibilityChecked(False)
    group.setExpanded(False)
    made = []
    for agency in agencies:
        layer = open_table(whole.source(), agency)
        layer.setSubsetString('"agency" = ' + "'" + agency.replace("'", "''") + "'")
        layer.setCustomProperty(PAPER_ID, "agency")
        layer.setRenderer(whole.renderer().clone())
        if whole.labeling() is not None:
            layer.setLabeling(whole.labeling().clone())
            layer.setLabelsEnabled(True)
        project.addMapLayer(layer, False)
        node = group.addLayer(layer)
        node.setExpanded(False)
        made.append(layer)
        yield
    group.setIsMutuallyExclusive(True, 0)
    return made


def street_level(levels: list[str]) -> str:
    """Return the level of which each area gets a sheet: the second of three and more, else the coarsest."""
    outermost, *inner = levels
    return inner[0] if inner[1:] else outermost


def _looks(one_map: OneMapFile, people: dict[str, str]) -> dict[str, tuple[str, Look]]:
    """Return key -> table and look, the topmost first."""
    levels = one_map.levels
    found: dict[str, tuple[str, Look]] = {}
    if not levels:
        return found
    finest = levels[-1]
    streets = street_level(levels)
    parts = levels[levels.index(streets) + 1] if streets != finest else finest
    found["here"] = (streets, Look(_here()))
    found["veil"] = (streets, Look(veil()))
    found["veil_cell"] = (finest, Look(veil()))
    if one_map.layer("duty_grid") is not None:
        found["veil_duty"] = ("duty_grid", Look(veil()))
        found["duty"] = ("duty_grid", Look(_agency_tints(), _agency_names(people), alike="agency"))
    found["numbers"] = (finest, Look(_line(0.18, "grid_line", 0.55), _numbers(finest), CELLS))
    if parts != finest:
        found["parts"] = (parts, Look(_tints(), _names(parts)))
    if len(levels) > 1:
        found["streets"] = (levels[1], Look(_tints()))
    if one_map.layer("city3d_building") is not None:
        found["houses"] = ("city3d_building", Look(_houses(), None, HOUSES))
    return found


def veil() -> QgsInvertedPolygonRenderer:
    """Return a renderer that lays paper over everything but the atlas's own feature."""
    fill = QgsSimpleFillSymbolLayer()
    colour = QColor(light("paper"))
    colour.setAlphaF(VEIL)
    fill.setColor(colour)
    fill.setStrokeColor(QColor(light("grid_line")))  # the edge of the hole is the border of the sheet's own area
    fill.setStrokeWidth(0.9)
    fill.setPenJoinStyle(Qt.PenJoinStyle.RoundJoin)
    root = QgsRuleBasedRenderer.Rule(None)
    root.appendChild(QgsRuleBasedRenderer.Rule(_fills(fill), 0, 0, OF_ATLAS))
    return QgsInvertedPolygonRenderer(QgsRuleBasedRenderer(root))


def _fills(*layers: QgsSymbolLayer) -> QgsFillSymbol:
    """Return a symbol of these layers, the first at the bottom; taken over one by one, for only so it owns them."""
    symbol = QgsFillSymbol()
    for layer in layers:
        symbol.appendSymbolLayer(layer.clone())
    symbol.deleteSymbolLayer(0)
    return symbol


def border(level: str) -> QgsLineSymbol:
    """Return the line that bounds a level's areas, as the palette has it: for a legend, where a box says nothing."""
    form = palette()["lines"].get(level, palette()["lines"]["grid_cell"])
    line = _stroke("grid_line", form["width_mm"])
    if form["dash"]:
        line.setUseCustomDashPattern(True)
        line.setCustomDashVector([0.5 * length for length in form["dash"]])
        line.setCustomDashPatternUnit(Qgis.RenderUnit.Millimeters)
    return _lines(line)


def road() -> QgsLineSymbol:
    """Return a road for a legend: its width on the map depends on class and scale."""
    return _lines(_stroke("road_casing", 1.8), _stroke("road_fill", 1.2))


def _stroke(ink: str, width: float) -> QgsSimpleLineSymbolLayer:
    made = QgsSimpleLineSymbolLayer(QColor(light(ink)), width)
    made.setPenCapStyle(Qt.PenCapStyle.FlatCap)
    return made


def _lines(*layers: QgsSymbolLayer) -> QgsLineSymbol:
    symbol = QgsLineSymbol()
    for layer in layers:
        symbol.appendSymbolLayer(layer.clone())
    symbol.deleteSymbolLayer(0)
    return symbol


def _here() -> QgsRuleBasedRenderer:
    """Return a renderer that fills the atlas's own feature, for the inset."""
    fill = QgsSimpleFillSymbolLayer(QColor(light("accent")))
    fill.setStrokeStyle(Qt.PenStyle.NoPen)
    root = QgsRuleBasedRenderer.Rule(None)
    root.appendChild(QgsRuleBasedRenderer.Rule(_fills(fill), 0, 0, OF_ATLAS))
    return QgsRuleBasedRenderer(root)


def _tint() -> QgsSimpleFillSymbolLayer:
    made = QgsSimpleFillSymbolLayer()
    made.setStrokeStyle(Qt.PenStyle.NoPen)
    made.setDataDefinedProperty(QgsSymbolLayer.Property.PropertyFillColor, tint())
    return made


def _tints() -> QgsSingleSymbolRenderer:
    return QgsSingleSymbolRenderer(_fills(_tint()))


def _line(width: float, ink: str, opacity: float) -> QgsSingleSymbolRenderer:
    return QgsSingleSymbolRenderer(_fills(_edge(width, ink, opacity)))


def _edge(width: float, ink: str, opacity: float) -> QgsSimpleFillSymbolLayer:
    made = QgsSimpleFillSymbolLayer()
    made.setBrushStyle(Qt.BrushStyle.NoBrush)
    colour = QColor(light(ink))
    colour.setAlphaF(opacity)
    made.setStrokeColor(colour)
    made.setStrokeWidth(width)
    made.setPenJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return made


def _houses() -> QgsSingleSymbolRenderer:
    made = QgsSimpleFillSymbolLayer()
    made.setColor(QColor(light("building")))
    made.setStrokeColor(QColor(light("building_outline")))
    made.setStrokeWidth(0.08)
    return QgsSingleSymbolRenderer(_fills(made))


def _agency_tints() -> QgsRuleBasedRenderer:
    root = QgsRuleBasedRenderer.Rule(None)
    symbol = _fills(_tint(), _edge(0.35, "ink_quiet", 1.0))
    root.appendChild(QgsRuleBasedRenderer.Rule(symbol, 0, 0, OF_AGENCY))
    return QgsRuleBasedRenderer(root)


def _agency_names(people: dict[str, str]) -> QgsVectorLayerSimpleLabeling:
    return labels(f"if({OF_AGENCY}, {name_and_holder(people)}, '')", text(7.5, halo_mm=0.6))


def _names(layer_id: str) -> QgsVectorLayerSimpleLabeling:
    """Return names large enough for a sheet on a wall, placed before the numbers of the cells."""
    spec = spec_of(layer_id)
    key = spec.key if spec else "code"
    made = labels(f'coalesce(nullif("name", \'\'), "{key}")', text(12, bold=True, halo_mm=0.8))
    settings = made.settings()
    settings.priority = FIRST
    values = settings.dataDefinedProperties()
    values.setProperty(QgsPalLayerSettings.Property.Size, QgsProperty.fromExpression(PART_SIZE))
    settings.setDataDefinedProperties(values)
    return QgsVectorLayerSimpleLabeling(settings)


def _numbers(layer_id: str) -> QgsVectorLayerSimpleLabeling:
    spec = spec_of(layer_id)
    key = spec.key if spec else "cell_code"
    made = labels(f'right("{key}", 3)', text(6, ink="ink_quiet", halo_mm=0.5))
    settings = made.settings()
    settings.priority = SECOND
    settings.scaleVisibility = True
    settings.minimumScale = NUMBERED
    values = settings.dataDefinedProperties()
    values.setProperty(
        QgsPalLayerSettings.Property.Size,
        QgsProperty.fromExpression("if(@map_scale > 11000, 5, if(@map_scale > 6000, 6, if(@map_scale > 2500, 9, 12)))"),
    )
    settings.setDataDefinedProperties(values)
    return QgsVectorLayerSimpleLabeling(settings)


def paper_in(project: QgsProject, key: str) -> QgsVectorLayer | None:
    """Return the paper layer of that key, or None."""
    return next((layer for layer in project.mapLayers().values() if layer.customProperty(PAPER_ID) == key), None)
