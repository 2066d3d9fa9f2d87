"""The hall's project of a one map, written beside it: QGIS alone does this, the library is not asked."""

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProject,
)
from qgis.PyQt.QtGui import QIcon

from ...icons import icon_path
from ...project.hall import make_hall
from ...project.one_map_file import NotAOneMap, open_one_map
from ...project.writing import project_beside, write_project
from ...translation import language, tr
from ..algorithm import first_sentence
from ..inputs import Choice
from ..open_map import shown_map
from ..stages import Stage, numbered, stage_title

MAP, LANGUAGE, REPLACE, OUTPUT, LAYERS = "MAP", "LANGUAGE", "REPLACE", "OUTPUT", "LAYERS"


def tongue_of_project() -> Choice:
    """Return the choice of the project's language."""
    return Choice(
        name=LANGUAGE,
        title=tr("Language"),
        help=tr("Of the titles of layers, fields, themes and sheets."),
        words=("", "zh", "en"),
        titles=(tr("as QGIS speaks"), "中文", "English"),
    )


def understood(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return what was given, with the language as QGIS takes it."""
    return parameters | {LANGUAGE: tongue_of_project().understood(parameters.get(LANGUAGE))}


class ProjectAlgorithm(QgsProcessingAlgorithm):
    """Algorithm `onemap:project`."""

    def name(self) -> str:
        return "project"

    def displayName(self) -> str:
        return numbered(Stage.REPORT, self.name(), tr("Make the hall's project"))

    def group(self) -> str:
        return stage_title(Stage.REPORT)

    def groupId(self) -> str:
        return Stage.REPORT.value

    def shortDescription(self) -> str:
        return first_sentence(self.shortHelpString())

    def tags(self) -> list[str]:
        return ["onemap", "project", "qgz", "layout", "atlas", "3d"]

    def icon(self) -> QIcon:
        return QIcon(self.svgIconPath())

    def svgIconPath(self) -> str:
        return icon_path("open")

    def createInstance(self) -> "ProjectAlgorithm":
        return ProjectAlgorithm()

    def flags(self) -> QgsProcessingAlgorithm.Flag:
        """Layouts and layers belong to the thread that draws them."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def shortHelpString(self) -> str:
        return tr(
            "Makes a QGIS project of a one map: layers in their groups and styles, map themes, time on the cases, 3D "
            "views and print layouts of the district, the streets, the enforcement units, the duty grids and the "
            "cells. Its paths are relative: map and project are moved and copied together, and opening it takes "
            "neither this plugin nor the library. Its layouts are printed by the algorithms 'Export print layout' and "
            "'Export atlas layout' of QGIS."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        one_map = QgsProcessingParameterFile(MAP, tr("One map"), extension="gpkg")
        one_map.setHelp(tr("The GeoPackage that onemap published."))
        replace = QgsProcessingParameterBoolean(REPLACE, tr("Replace a project that is there"), False)
        replace.setHelp(tr("What somebody changed in the project there would be lost."))
        target = QgsProcessingParameterFileDestination(
            OUTPUT, tr("Project"), tr("QGIS project (*.qgz)"), optional=True, createByDefault=False
        )
        target.setHelp(tr("When left empty, beside the map, under its name."))
        opened = shown_map()
        if opened is not None:
            one_map.setGuiDefaultValueOverride(str(opened.path))
        for parameter in (one_map, tongue_of_project().definition(), replace, target):
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputNumber(LAYERS, tr("Layers")))

    def checkParameterValues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[bool, str]:
        return super().checkParameterValues(understood(parameters), context)

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        try:
            one_map = open_one_map(self.parameterAsFile(parameters, MAP, context))
        except NotAOneMap as error:
            raise QgsProcessingException(tr("{path}: not a map that onemap published", path=str(error))) from error
        wanted = self.parameterAsFileOutput(parameters, OUTPUT, context)
        target = Path(wanted) if wanted else project_beside(one_map.path)
        if target.exists() and not self.parameterAsBool(parameters, REPLACE, context):
            raise QgsProcessingException(tr("{path}: is there already; nothing was replaced", path=str(target)))
        chosen = self.parameterAsEnum(understood(parameters), LANGUAGE, context)
        spoken = tongue_of_project().words[chosen] or language()
        project = QgsProject()
        done = make_hall(project, one_map, language=spoken)
        if done.missing:
            feedback.pushWarning(tr("Not opened: {layers}", layers=", ".join(done.missing)))
        target.parent.mkdir(parents=True, exist_ok=True)
        written = write_project(project, target)
        project.clear()
        if not written:
            raise QgsProcessingException(tr("{path}: cannot be written", path=str(target)))
        return {OUTPUT: str(target), LAYERS: len(done.layers)}
