"""The one map that the desktop shows: what dialogs of tools suggest. Models, scripts and `qgis_process` see none."""

import qgis.utils
from qgis.core import QgsApplication, QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QThread

from ..console.who.matters import matters_of
from ..project.fill import layer_in, map_in
from ..project.layers import spec_of
from ..project.one_map_file import NotAOneMap, OneMapFile, open_one_map
from ..project.version_layers import version_cells

FINEST = "finest"  # in place of a layer's id: the finest level of the grids
NEWER = "newer"  # in place of a layer's id: the cells of a saved version that is shown, else the finest level
PARENT = "parent_code"  # the column in which a level names the one above it


def shown_map() -> OneMapFile | None:
    """Return the one map of the project that the desktop shows; None without a desktop, and in a model's thread."""
    if qgis.utils.iface is None or QThread.currentThread() is not QgsApplication.instance().thread():
        return None
    path = map_in(QgsProject.instance())
    try:
        return open_one_map(path) if path is not None else None
    except NotAOneMap:
        return None


def shown_layer(layer_id: str) -> QgsMapLayer | None:
    """Return a layer of the map that is shown, by its id in the catalogue."""
    one_map = shown_map()
    if one_map is None:
        return None
    version = version_cells(QgsProject.instance(), _level(one_map, FINEST)) if layer_id == NEWER else None
    return version or layer_in(QgsProject.instance(), _level(one_map, layer_id))


def shown_code(layer_id: str) -> str:
    """Return the column of the codes of a layer of the map that is shown; empty: none."""
    one_map = shown_map()
    spec = spec_of(_level(one_map, layer_id)) if one_map is not None else None
    return spec.key if spec is not None else ""


def shown_parent(layer_id: str) -> str:
    """Return the column in which a layer of the map that is shown names the level above; empty: none."""
    layer = shown_layer(layer_id)
    return PARENT if isinstance(layer, QgsVectorLayer) and layer.fields().lookupField(PARENT) >= 0 else ""


def shown_profile() -> str:
    """Return the rule by which the codes of the map that is shown are made up; empty: none."""
    one_map = shown_map()
    return one_map.facts.get("code_profile", "") if one_map is not None else ""


def shown_matters() -> list[str]:
    """Return the matters for which the map that is shown can name holders, each its code and its name."""
    one_map = shown_map()
    return [f"{code} {name}".strip() for code, name in matters_of(one_map)] if one_map is not None else []


def _level(one_map: OneMapFile, layer_id: str) -> str:
    if layer_id not in (FINEST, NEWER):
        return layer_id
    return one_map.levels[-1] if one_map.levels else ""
