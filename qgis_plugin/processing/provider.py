"""The provider: the plain list of algorithms."""

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..icons import icon_path
from .assign import AssignAlgorithm
from .build import BuildAlgorithm
from .check import CheckAlgorithm
from .gaps import GapsAlgorithm
from .run import RunAlgorithm

ALGORITHMS = (BuildAlgorithm, RunAlgorithm, CheckAlgorithm, AssignAlgorithm, GapsAlgorithm)


class OnemapProvider(QgsProcessingProvider):
    """Provider `onemap`."""

    def id(self) -> str:
        return "onemap"

    def name(self) -> str:
        return "onemap"

    def icon(self) -> QIcon:
        return QIcon(icon_path("onemap"))

    def svgIconPath(self) -> str:
        return icon_path("onemap")

    def supportedOutputVectorLayerExtensions(self) -> list[str]:
        """Return what the library writes: GeoPackage only."""
        return ["gpkg"]

    def loadAlgorithms(self) -> None:
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
