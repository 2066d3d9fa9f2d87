"""Layers of QGIS as files that the library can read, whatever their provider, filter or selection."""

from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext, QgsProcessingException, QgsProcessingFeedback

from ..translation import tr

# Read as they are; everything else (memory layers, databases, delimited text, filters) is first put into a file.
READ_AS_THEY_ARE = ["gpkg", "shp", "geojson", "fgb", "parquet", "csv", "xlsx", "xls"]


def as_file(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> tuple[str, str]:
    """Return the file of a layer parameter and the name of the layer inside it (empty where it has only one)."""
    path, layer = algorithm.parameterAsCompatibleSourceLayerPathAndLayerName(
        parameters, name, context, READ_AS_THEY_ARE, "gpkg", feedback
    )
    if not path:
        raise QgsProcessingException(tr("{name}: the layer cannot be read", name=name))
    return path, layer


def as_single_layer_file(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
    feedback: QgsProcessingFeedback,
) -> str:
    """Return a file that holds nothing but the layer of a parameter; empty where none is given."""
    if parameters.get(name) in (None, ""):
        return ""
    path, layer = as_file(algorithm, parameters, name, context, feedback)
    if not layer:
        return path
    return algorithm.parameterAsCompatibleSourceLayerPath(parameters, name, context, ["fgb"], "fgb", feedback)
