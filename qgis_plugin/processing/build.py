"""Build the one map's layers from the raw files that a manifest names."""

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProject,
)

from ..project.fill import fill_project
from ..project.one_map_file import NotAOneMap, open_one_map
from ..translation import language, tr
from .algorithm import OPEN, OUTPUT, VerbAlgorithm

MANIFEST, ROOT, ONE_MAP = "MANIFEST", "ROOT", "ONEMAP"


class BuildAlgorithm(VerbAlgorithm):
    """`onemap build`."""

    verb = "build"
    counts: tuple[str, ...] = ("layers", "rejects")

    def __init__(self) -> None:
        super().__init__()
        self._to_open = ""

    def displayName(self) -> str:
        return tr("Build the one map")

    def shortHelpString(self) -> str:
        return tr(
            "Reads the raw files that the manifest names, brings them into one coordinate system, repairs "
            "and clips them, checks them against the catalogue and publishes one GeoPackage with the eight "
            "classes of the base map and the grids. The new map takes the place of the old one as a whole, "
            "or not at all."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add(
            QgsProcessingParameterFile(MANIFEST, tr("Manifest"), fileFilter=tr("Manifest (*.toml)")),
            tr("The file onemap.toml that names the district and the raw file of each layer."),
        )
        self.add(
            QgsProcessingParameterFile(
                ROOT, tr("Folder of the raw files"), QgsProcessingParameterFile.Behavior.Folder, optional=True
            ),
            tr("Where the paths in the manifest begin; when left empty, where the manifest says."),
            advanced=True,
        )
        self.add_open(tr("Open the finished map in the project, in its groups and styles."))
        self.add(
            QgsProcessingParameterFolderDestination(OUTPUT, tr("Folder of the map")),
            tr("Here onemap.gpkg and the rasters are written; an older map is replaced."),
        )
        self.addOutput(QgsProcessingOutputFile(ONE_MAP, tr("One map")))
        self.add_counts(self.titles())

    def titles(self) -> dict[str, str]:
        """Return the titles of the counts."""
        return {"layers": tr("Layers"), "rejects": tr("Rejected rows")}

    def arguments(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> list[str]:
        made = [self.parameterAsFile(parameters, MANIFEST, context), "--out", self.folder(parameters, context)]
        root = self.parameterAsFile(parameters, ROOT, context)
        return made + (["--root", root] if root else [])

    def folder(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """Return the folder of the outputs."""
        return self.parameterAsString(parameters, OUTPUT, context)

    def results(
        self, parameters: dict[str, Any], context: QgsProcessingContext, answer: dict[str, Any]
    ) -> dict[str, Any]:
        path = str(answer.get("map", ""))
        self._to_open = path if self.parameterAsBool(parameters, OPEN, context) else ""
        return {OUTPUT: self.folder(parameters, context), ONE_MAP: path}

    def postProcessAlgorithm(self, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Fill the user's project; Processing calls this in the main thread."""
        if self._to_open and context.project() is QgsProject.instance():
            try:
                fill_project(context.project(), open_one_map(self._to_open), language=language())
            except NotAOneMap as error:
                feedback.reportError(tr("{path}: not a map that onemap published", path=str(error)))
        return {}
