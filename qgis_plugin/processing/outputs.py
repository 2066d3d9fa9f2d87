"""Results into the project: every layer of a result file, styled and labelled like the layers of the one map."""

from pathlib import Path

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProviderRegistry,
    QgsProviderSublayerDetails,
    QgsWkbTypes,
)

from ..project.layers import dress, spec_of
from ..translation import language, title_of

# Names under which the library writes single results, and the definition whose style and titles they take.
_DEFINITION = {"gap": "coverage_gap"}
_BY_GEOMETRY = {
    ("defect", QgsWkbTypes.GeometryType.LineGeometry): "defect_line",
    ("gap", QgsWkbTypes.GeometryType.PointGeometry): "object_gap",
}
_kept: list[QgsProcessingLayerPostProcessorInterface] = []  # QGIS holds no reference to them


class Dresser(QgsProcessingLayerPostProcessorInterface):
    """Styles a result layer once it is loaded; runs in the main thread."""

    def __init__(self, layer_id: str) -> None:
        super().__init__()
        self._layer_id = layer_id

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        dress(layer, self._layer_id, language=language())
        layer.triggerRepaint()


def load_layers(path: str, context: QgsProcessingContext) -> None:
    """Let Processing open every layer of a result file when the algorithm is done."""
    if not Path(path).is_file() or context.project() is None:
        return
    for sublayer in _sublayers(path):
        layer_id = definition_of(sublayer)
        spec = spec_of(layer_id)
        title = title_of(spec) if spec else sublayer.name()
        details = QgsProcessingContext.LayerDetails(title, context.project(), title)
        details.forceName = True
        dresser = Dresser(layer_id)
        _kept.append(dresser)
        details.setPostProcessor(dresser)
        context.addLayerToLoadOnCompletion(sublayer.uri(), details)


def _sublayers(path: str) -> list[QgsProviderSublayerDetails]:
    registry = QgsProviderRegistry.instance()
    from qgis.core import Qgis

    found = registry.querySublayers(path, Qgis.SublayerQueryFlags(Qgis.SublayerQueryFlag.ResolveGeometryType))
    return [sublayer for sublayer in found if sublayer.name() != "layer_styles" and sublayer.featureCount() != 0]


def definition_of(sublayer: QgsProviderSublayerDetails) -> str:
    """Return the id of the definition that a result layer follows."""
    name = sublayer.name()
    by_geometry = _BY_GEOMETRY.get((name, QgsWkbTypes.geometryType(sublayer.wkbType())))
    return by_geometry or _DEFINITION.get(name, name)
