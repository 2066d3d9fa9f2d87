"""The provider: the plain list of algorithms."""

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..icons import icon_path
from ..translation import tr
from .base_map.build import BuildAlgorithm
from .base_map.layers import LayersAlgorithm
from .base_map.run import RunAlgorithm
from .base_map.sample import SampleAlgorithm
from .cases.assign import AssignAlgorithm
from .cases.reassign import ReassignAlgorithm
from .codes.check import CheckCodesAlgorithm
from .codes.compare import CompareCodesAlgorithm
from .codes.convert import ConvertCodeAlgorithm
from .codes.coordinates import ConvertAlgorithm
from .codes.explain import ExplainCodeAlgorithm
from .grids.audit import AuditAlgorithm
from .grids.balance import BalanceAlgorithm
from .grids.check import CheckAlgorithm
from .grids.derive import DeriveAlgorithm
from .grids.edit import EditAlgorithm
from .grids.number import NumberAlgorithm
from .grids.repair import RepairAlgorithm
from .grids.undo_repair import UndoRepairAlgorithm
from .grids.versions import VersionsAlgorithm
from .report.atlas import AtlasAlgorithm
from .report.project import ProjectAlgorithm
from .report.report import ReportAlgorithm
from .responsibility.conflicts import ConflictsAlgorithm
from .responsibility.gaps import GapsAlgorithm
from .responsibility.own import OwnAlgorithm
from .responsibility.roster import RosterAlgorithm
from .responsibility.who import WhoAlgorithm, WhoPointsAlgorithm

ALGORITHMS = (
    SampleAlgorithm,
    LayersAlgorithm,
    BuildAlgorithm,
    RunAlgorithm,
    DeriveAlgorithm,
    NumberAlgorithm,
    CheckAlgorithm,
    RepairAlgorithm,
    UndoRepairAlgorithm,
    BalanceAlgorithm,
    EditAlgorithm,
    AuditAlgorithm,
    VersionsAlgorithm,
    RosterAlgorithm,
    OwnAlgorithm,
    WhoAlgorithm,
    WhoPointsAlgorithm,
    GapsAlgorithm,
    ConflictsAlgorithm,
    AssignAlgorithm,
    ReassignAlgorithm,
    ReportAlgorithm,
    AtlasAlgorithm,
    ProjectAlgorithm,
    ExplainCodeAlgorithm,
    CheckCodesAlgorithm,
    ConvertCodeAlgorithm,
    CompareCodesAlgorithm,
    ConvertAlgorithm,
)


class OnemapProvider(QgsProcessingProvider):
    """Provider `onemap`."""

    def id(self) -> str:
        return "onemap"

    def name(self) -> str:
        return tr("onemap")

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
