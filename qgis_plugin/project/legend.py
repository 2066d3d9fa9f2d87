"""The legend of a layer in QGIS's language, and what of it is switched on at first."""

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeatureRenderer,
    QgsPointClusterRenderer,
    QgsVectorLayer,
)

from ..console.words import FINDING, kind_title
from ..onemap.domain.catalogue import LayerSpec

OTHER = "other"


def say_in_english(layer: QgsVectorLayer, spec: LayerSpec) -> None:
    """Label the classes by their values, findings as the counters call them: the styles speak Chinese."""
    renderer = layer.renderer().clone()
    classes = _classes(renderer)
    if classes is None:
        return
    for number, category in enumerate(classes.categories()):
        value = str(category.value() or OTHER)
        words = kind_title(value, "en") if spec.class_id == FINDING else value
        classes.updateCategoryLabel(number, words.replace("_", " "))
    _put_back(layer, renderer, classes)


def switch_on(layer: QgsVectorLayer, value: str) -> None:
    """Show a class that the style hides."""
    renderer = layer.renderer().clone()
    classes = _classes(renderer)
    if classes is None:
        return
    place = classes.categoryIndexForValue(value)
    if place >= 0:
        classes.updateCategoryRenderState(place, True)
        _put_back(layer, renderer, classes)


def is_settled_only(layer: QgsVectorLayer, spec: LayerSpec) -> bool:
    """Say whether all cases are settled: then hiding settled ones would leave an empty map."""
    place = layer.fields().lookupField("state")
    return spec.id == "case" and place >= 0 and set(layer.uniqueValues(place, 2)) == {"settled"}


def _classes(renderer: QgsFeatureRenderer) -> QgsCategorizedSymbolRenderer | None:
    inner = renderer.embeddedRenderer().clone() if isinstance(renderer, QgsPointClusterRenderer) else renderer
    return inner if isinstance(inner, QgsCategorizedSymbolRenderer) else None


def _put_back(layer: QgsVectorLayer, renderer: QgsFeatureRenderer, classes: QgsCategorizedSymbolRenderer) -> None:
    if isinstance(renderer, QgsPointClusterRenderer):
        renderer.setEmbeddedRenderer(classes)
    layer.setRenderer(renderer)
