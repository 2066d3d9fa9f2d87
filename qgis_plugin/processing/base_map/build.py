"""Build the one map's layers from the raw files that a manifest names."""

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingParameterBoolean,
    QgsProject,
)

from ...project.fill import fill_project, map_in
from ...project.one_map_file import NotAOneMap, open_one_map
from ...translation import language, tr
from ..algorithm import VerbAlgorithm
from ..call import Call
from ..inputs import File, Input
from ..outputs import Written
from ..shared_inputs import day
from ..stages import Stage

OPEN, ONE_MAP = "OPEN", "ONEMAP"


class BuildAlgorithm(VerbAlgorithm):
    """`onemap build`."""

    verb = "build"
    stage = Stage.BASE
    told: tuple[str, ...] = ("layers", "rejects")

    def __init__(self) -> None:
        super().__init__()
        self._to_open = ""

    def title(self) -> str:
        return tr("Build the one map")

    def shortHelpString(self) -> str:
        return tr(
            "Reads the raw files that the manifest names, brings them into one coordinate system, repairs "
            "and clips them, checks them against the catalogue and publishes one GeoPackage with the eight "
            "classes of the base map and the grids. The new map takes the place of the old one as a whole, "
            "or not at all."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            File(
                name="MANIFEST",
                title=tr("Manifest"),
                help=tr("The file onemap.toml that names the district and the raw file of each layer."),
                filter=tr("Manifest (*.toml)"),
            ),
            File(
                name="ROOT",
                title=tr("Folder of the raw files"),
                help=tr("Where the paths in the manifest begin; when left empty, where the manifest says."),
                option="--root",
                folder=True,
                optional=True,
                advanced=True,
            ),
            day(
                tr(
                    "The map of this day: without what is not in force on it, and layers are judged stale by it; when "
                    "left empty, everything, and the day that the manifest names."
                )
            ),
        )

    def outputs(self) -> tuple[Written, ...]:
        return (
            Written(
                name="OUTPUT",
                title=tr("Folder of the map"),
                help=tr("Here onemap.gpkg and the rasters are written; an older map is replaced."),
                folder=True,
            ),
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        super().initAlgorithm(configuration)
        opened = QgsProcessingParameterBoolean(OPEN, tr("Open the result"), True)
        opened.setHelp(tr("Open the finished map in the project, in its groups and styles."))
        self.addParameter(opened)
        self.addOutput(QgsProcessingOutputFile(ONE_MAP, tr("One map")))

    def results(self, call: Call, answer: dict[str, Any]) -> dict[str, Any]:
        path = str(answer.get("map", ""))
        self._to_open = path if self.parameterAsBool(call.parameters, OPEN, call.context) else ""
        return {ONE_MAP: path}

    def postProcessAlgorithm(self, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Fill the user's project; Processing calls this in the main thread."""
        if self._to_open and context.project() is QgsProject.instance() and not _is_shown(Path(self._to_open)):
            try:
                fill_project(context.project(), open_one_map(self._to_open), language=language())
            except NotAOneMap as error:
                feedback.reportError(tr("{path}: not a map that onemap published", path=str(error)))
        return {}


def _is_shown(path: Path) -> bool:
    """Return whether the project shows this map already: the dock offers the new one, no layer is added twice."""
    shown = map_in(QgsProject.instance())
    return shown is not None and shown.exists() and shown.samefile(path)
