"""The style of borders that older maps and kept projects bring, and that can end QGIS: it is replaced by today's.

It looked for neighbouring rows in the threads in which maps are drawn, where QGIS is not safe.
"""

from qgis.core import QgsMapLayer, QgsMapLayerStyle, QgsVectorLayer

from ..onemap.domain.catalogue import load_catalogue, styles_folder
from .further_style import copy_for_style

LOOKS_ELSEWHERE = "array_filter(overlay_intersects(@layer, @feature)"  # of that style; somebody's own stays


def forget_neighbours(layer: QgsVectorLayer, layer_id: str) -> bool:
    """Give a layer today's style where its own is the older one; return whether it was."""
    worn = QgsMapLayerStyle()
    worn.readFromLayer(layer)
    if LOOKS_ELSEWHERE not in worn.xmlData():
        return False
    style = styles_folder() / f"{load_catalogue()[layer_id].style}.qml"
    layer.loadNamedStyle(str(style), True, QgsMapLayer.StyleCategory.Symbology)
    return True


def mend_styles(layer: QgsVectorLayer, layer_id: str) -> None:
    """Replace the older style in all styles of a layer."""
    if forget_neighbours(layer, layer_id):
        layer.triggerRepaint()
    manager = layer.styleManager()
    for name in manager.styles():
        kept = manager.style(name)
        if name == manager.currentStyle() or LOOKS_ELSEWHERE not in kept.xmlData():
            continue
        with copy_for_style(layer, name) as copy:
            kept.writeToLayer(copy)
            forget_neighbours(copy, layer_id)
