"""Layers of QGIS as files that the library can read, whatever their provider, filter, selection or unsaved edits."""

from dataclasses import dataclass

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingUtils,
    QgsProviderRegistry,
    QgsVectorLayer,
)

from ..translation import tr
from .call import Call
from .inputs import Input
from .open_map import shown_layer

# Read as they are; everything else (memory layers, databases, delimited text, filters) is first put into a file.
READ_AS_THEY_ARE = ("gpkg", "shp", "geojson", "fgb", "parquet", "csv", "xlsx", "xls")


@dataclass(frozen=True, kw_only=True)
class Layer(Input):
    """A layer or a table.

    Attributes
    ----------
    kinds
        The shapes it may have.
    layer_option
        The option that names the layer inside the file; without one, ``FILE|LAYER`` is said.
    formats
        The kinds of files that the verb reads; the last one is written where the layer is none of them.
    shown
        Id of the layer of the open map that is suggested.
    """

    kinds: tuple[QgsProcessing.SourceType, ...]
    layer_option: str = ""
    formats: tuple[str, ...] = READ_AS_THEY_ARE
    shown: str = ""

    def suggestion(self) -> object:
        layer = shown_layer(self.shown) if self.shown else None
        return layer.id() if layer is not None else None

    def parameter(self) -> QgsProcessingParameterDefinition:
        return QgsProcessingParameterFeatureSource(self.name, self.title, list(self.kinds), optional=self.optional)

    def say(self, call: Call) -> None:
        if self.optional and not call.is_given(self.name):
            return
        path, layer = self._file(call)
        if layer and not self.layer_option:
            path = f"{path}|{layer}"
        call.say(self.option, path)
        if layer and self.layer_option:
            call.say(self.layer_option, layer)

    def _file(self, call: Call) -> tuple[str, str]:
        asked = (call.parameters, self.name, call.context)
        shown = call.algorithm.parameterAsVectorLayer(*asked)
        formats = [] if shown is not None and is_more_than_its_file(shown) else list(self.formats)
        written = "gpkg" if "gpkg" in self.formats else self.formats[-1]
        path, layer = call.algorithm.parameterAsCompatibleSourceLayerPathAndLayerName(
            *asked, formats, written, call.feedback
        )
        if not path:
            raise QgsProcessingException(tr("{name}: the layer cannot be read", name=self.title))
        return path, layer if shown is None else inside(shown, path, layer)


@dataclass(frozen=True, kw_only=True)
class Layers(Input):
    """Several layers, each said as ``FILE|LAYER``."""

    kind: QgsProcessing.SourceType = QgsProcessing.SourceType.TypeVectorAnyGeometry

    def parameter(self) -> QgsProcessingParameterDefinition:
        return QgsProcessingParameterMultipleLayers(self.name, self.title, self.kind, optional=self.optional)

    def say(self, call: Call) -> None:
        for layer in call.algorithm.parameterAsLayerList(call.parameters, self.name, call.context):
            if not isinstance(layer, QgsVectorLayer):
                raise QgsProcessingException(tr("{name}: the layer cannot be read", name=layer.name()))
            formats = [] if is_more_than_its_file(layer) else list(READ_AS_THEY_ARE)
            path, name = QgsProcessingUtils.convertToCompatibleFormatAndLayerName(
                layer, False, self.name.lower(), formats, "gpkg", call.context, call.feedback
            )
            name = inside(layer, path, name)
            call.say(self.option, f"{path}|{name}" if name else path)


def inside(layer: QgsVectorLayer, path: str, name: str) -> str:
    """Return the name of the layer inside the file; QGIS tells the old name also of the file that it has just made."""
    source = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    return name if source.get("path") == path else ""


def is_more_than_its_file(layer: QgsVectorLayer) -> bool:
    """Tell whether QGIS shows more than stands in the file: unsaved edits, joins, virtual fields, another system."""
    provider = layer.dataProvider()
    return (
        layer.isModified()
        or bool(layer.vectorJoins())
        or layer.fields().count() != provider.fields().count()
        or (layer.isSpatial() and layer.crs() != provider.crs())
    )
