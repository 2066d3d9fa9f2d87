"""Map themes: which layers answer which question, so that one click shows it; layouts draw them too."""

from collections.abc import Callable, Collection, Mapping

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeatureRenderer,
    QgsMapLayer,
    QgsMapThemeCollection,
    QgsProject,
    QgsVectorLayer,
)

from .layers import LAYER_ID
from .one_map_file import OneMapFile

GROUND = (
    "place_name",
    "emap_poi",
    "emap_road",
    "emap_water",
    "emap_waterline",
    "emap_green",
    "city3d_building",
    "frame_boundary",
    "terrain_hillshade",
)
# Of a layer of the theme, only these classes are shown; of all others, those that the style switches on.
NIGHT_ONLY = {"duty_gap": ("time",)}


def add_themes(project: QgsProject, one_map: OneMapFile, tr: Callable[..., str], *, agency: str) -> dict[str, str]:
    """Add the themes of the hall: base, grids, responsibility, cases, gaps, night duty, underground.

    Parameters
    ----------
    agency
        Id of the layer with one agency's duty grids, shown where all agencies' grids would lie over one another;
        empty where there is one agency or none.

    Returns
    -------
    dict
        Key of each theme (``base``, ``grids`` ...) to its name in the project.
    """
    levels = tuple(one_map.levels)
    defects = one_map.layer("defect")
    land = () if defects is not None and defects.rows else ("coverage_gap",)
    duty = () if agency else ("duty_grid",)
    extra = (agency,) if agency else ()
    outer = levels[:2]
    themes = (
        ("base", tr("Base map"), (*GROUND, *levels[:1]), ()),
        ("grids", tr("Grids"), (*GROUND, *levels), ()),
        ("responsibility", tr("Responsibility"), (*GROUND, *outer, *duty, "duty_conflict"), extra),
        ("cases", tr("Cases"), (*GROUND, *levels, "case", "near_border"), ()),
        ("gaps", tr("Gaps"), (*GROUND, *levels, "defect", "defect_line", "object_gap", *land), ()),
        ("night", tr("Night duty"), (*GROUND, *outer, *duty, "duty_gap"), extra),
        ("underground", tr("Underground"), (*GROUND, *outer, "underground_pipe", "underground_space"), ()),
    )
    for key, name, wanted, others in themes:
        add_theme(project, name, wanted, others=others, only=NIGHT_ONLY if key == "night" else {})
    return {key: name for key, name, _, _ in themes}


def add_theme(
    project: QgsProject,
    name: str,
    wanted: Collection[str],
    *,
    others: Collection[str] = (),
    only: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Add a theme of the layers with these ids of the one map, and of others by their id in the project."""
    record = QgsMapThemeCollection.MapThemeRecord()
    record.setHasCheckedStateInfo(True)
    record.setHasExpandedStateInfo(True)
    root = project.layerTreeRoot()
    opened = set()
    for node in root.findLayers():
        layer = node.layer()
        layer_id = layer.customProperty(LAYER_ID) if layer is not None else None
        if layer is not None and (layer_id in wanted or layer.id() in others):
            record.addLayerRecord(_record(layer, (only or {}).get(layer_id)))
            group = node.parent()
            while group is not None and group is not root and group.parent() is not None:
                opened.add(_path(group))
                group = group.parent()
    record.setCheckedGroupNodes(opened)
    project.mapThemeCollection().insert(name, record)


def _path(group: object) -> str:
    """Return a group's name as themes write it: the names from the root, with slashes."""
    parts = []
    while group is not None and group.parent() is not None:
        parts.append(group.name())
        group = group.parent()
    return "/".join(reversed(parts))


def _record(layer: QgsMapLayer, only: tuple[str, ...] | None) -> QgsMapThemeCollection.MapThemeLayerRecord:
    made = QgsMapThemeCollection.MapThemeLayerRecord(layer)
    made.isVisible = True
    made.usingCurrentStyle = True
    made.currentStyle = layer.styleManager().currentStyle()
    renderer = layer.renderer() if isinstance(layer, QgsVectorLayer) else None
    if renderer is not None and renderer.legendSymbolItemsCheckable():
        # without this a theme would switch every class on, settled cases too
        made.usingLegendItems = True
        made.checkedLegendItems = _classes(renderer, only)
    return made


def _classes(renderer: QgsFeatureRenderer, only: tuple[str, ...] | None) -> set[str]:
    """Return the keys of the classes that are switched on, or of those with these values."""
    keys = [item.ruleKey() for item in renderer.legendSymbolItems()]
    if only is None or not isinstance(renderer, QgsCategorizedSymbolRenderer):
        return {key for key in keys if renderer.legendSymbolItemChecked(key)}
    return {key for key, item in zip(keys, renderer.categories(), strict=True) if item.value() in only}
