"""Map themes: which layers answer which question, so that one click shows it; layouts draw them too."""

from collections.abc import Callable, Collection, Mapping, Sequence

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


def add_themes(
    project: QgsProject,
    one_map: OneMapFile,
    tr: Callable[..., str],
    *,
    agencies: Sequence[QgsMapLayer] = (),
    night: str = "",
) -> dict[str, str]:
    """Add the themes of the hall: base, grids, responsibility, cases, gaps, night duty, underground.

    Responsibility (filled, so of one agency, the first) and night duty (of all) have one of each agency too. A theme is
    made where the project has a layer that it is about; that layer may be empty, since a kept project meets the map of
    tomorrow.

    Parameters
    ----------
    agencies
        Layers with one agency's duty grids each: filled, all agencies' grids would hide one another. None where there
        is one agency or no duty grid.
    night
        The style in which duty grids name who is on duty at night; empty where the map names nobody. Without it there
        are themes of night duty only where the map looked for moments without anybody.

    Returns
    -------
    dict
        Key of each theme (``base``, ``grids`` ...) to its name in the project.
    """
    levels = tuple(one_map.levels)
    defects = one_map.layer("defect")
    land = () if defects is not None and defects.rows else ("coverage_gap",)
    duty = () if agencies else ("duty_grid",)
    extra = tuple(layer.id() for layer in agencies[:1])
    outer, name_of_duty, name_of_night = levels[:2], tr("Responsibility"), tr("Night duty")
    of_agencies = (("responsibility", name_of_duty, "duty_conflict"), ("night", name_of_night, "duty_gap"))
    # key, name, what it is about, on which levels, layers of the project
    themes = (
        ("base", tr("Base map"), (*GROUND, *levels[:1]), (), ()),
        ("grids", tr("Grids"), levels, (), ()),
        ("responsibility", name_of_duty, (*duty, "duty_conflict"), outer, extra),
        ("cases", tr("Cases"), ("case", "near_border"), levels, ()),
        ("gaps", tr("Gaps"), ("defect", "defect_line", "object_gap", *land), levels, ()),
        ("night", name_of_night, ("duty_gap", "duty_grid"), outer, ()),
        *(
            (f"{key} {layer.name()}", f"{name} · {layer.name()}", (about,), outer, (layer.id(),))
            for key, name, about in of_agencies
            for layer in agencies
        ),
        ("underground", tr("Underground"), ("underground_pipe", "underground_space"), outer, ()),
    )
    there = {layer.customProperty(LAYER_ID) for layer in project.mapLayers().values()}
    made = {}
    knows_nights = bool(night) or "duty_gap" in there
    for key, name, about, on, others in themes:
        is_night = key.startswith("night")
        if (others or there & {*about}) and (knows_nights or not is_night):
            only, style = (NIGHT_ONLY, night) if is_night else ({}, "")
            add_theme(
                project,
                name,
                (*GROUND, *on, *about),
                others=others,
                only=only,
                style=style,
                told=() if key == "base" else about,
            )
            made[key] = name
    return made


def add_theme(
    project: QgsProject,
    name: str,
    wanted: Collection[str],
    *,
    others: Collection[str] = (),
    only: Mapping[str, tuple[str, ...]] | None = None,
    style: str = "",
    told: Collection[str] | None = None,
) -> None:
    """Add a theme of the layers with these ids of the one map, and of others by their id in the project.

    Layers that have the style of that name are shown in it. Where ``told`` says what the theme is about, the
    groups and legends of these layers and of the others are unfolded in the tree; all else is folded.
    """
    record = QgsMapThemeCollection.MapThemeRecord()
    record.setHasCheckedStateInfo(True)
    record.setHasExpandedStateInfo(True)
    root = project.layerTreeRoot()
    opened, unfolded = set(), set()
    for node in root.findLayers():
        layer = node.layer()
        layer_id = layer.customProperty(LAYER_ID) if layer is not None else None
        if layer is not None and (layer_id in wanted or layer.id() in others):
            is_told = told is not None and (layer_id in told or layer.id() in others)
            made = _record(layer, (only or {}).get(layer_id), style)
            made.expandedLayerNode = is_told
            record.addLayerRecord(made)
            group = node.parent()
            while group is not None and group is not root and group.parent() is not None:
                opened.add(_path(group))
                if is_told:
                    unfolded.add(_path(group))
                group = group.parent()
    record.setCheckedGroupNodes(opened)
    record.setExpandedGroupNodes(unfolded)
    project.mapThemeCollection().insert(name, record)


def _path(group: object) -> str:
    """Return a group's name as themes write it: the names from the root, with slashes."""
    parts = []
    while group is not None and group.parent() is not None:
        parts.append(group.name())
        group = group.parent()
    return "/".join(reversed(parts))


def _record(layer: QgsMapLayer, only: tuple[str, ...] | None, style: str) -> QgsMapThemeCollection.MapThemeLayerRecord:
    made = QgsMapThemeCollection.MapThemeLayerRecord(layer)
    made.isVisible = True
    made.usingCurrentStyle = True
    styles = layer.styleManager()
    if style and style in styles.styles():
        made.currentStyle = style  # its classes are others than those of the current style: all are shown
        return made
    made.currentStyle = styles.currentStyle()
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
