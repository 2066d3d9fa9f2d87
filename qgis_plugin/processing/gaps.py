"""Find gaps: land and objects of a published map that nobody answers for."""

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)

from ..translation import tr
from .algorithm import OPEN, OUTPUT, VerbAlgorithm
from .outputs import load_layers

ONE_MAP, KINDS = "ONEMAP", "KINDS"
KNOWN = ("land", "objects")


class GapsAlgorithm(VerbAlgorithm):
    """`onemap gaps`."""

    verb = "gaps"
    counts = ("gaps",)

    def displayName(self) -> str:
        return tr("Find what nobody covers")

    def shortHelpString(self) -> str:
        return tr(
            "Reads a published one map and lists what nobody answers for: land that no grid covers, with the "
            "buildings, cases and residents on it, and objects that belong to no cell."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add(
            QgsProcessingParameterFile(ONE_MAP, tr("One map"), fileFilter=tr("GeoPackage (*.gpkg)")),
            tr("The GeoPackage that building or running the whole line has made."),
        )
        self.add(
            QgsProcessingParameterEnum(
                KINDS, tr("What to look for"), [tr("land"), tr("objects")], allowMultiple=True, defaultValue=[0, 1]
            ),
            tr("Land outside all grids, objects outside all cells, or both."),
        )
        self.add_open(tr("Add the gaps to the project, hatched as on the one map."))
        self.add(
            QgsProcessingParameterFileDestination(OUTPUT, tr("Gaps"), tr("GeoPackage (*.gpkg)")),
            tr("A GeoPackage with the gaps."),
        )
        self.add_counts({"gaps": tr("Gaps")})

    def arguments(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> list[str]:
        kinds = ",".join(KNOWN[place] for place in self.parameterAsEnums(parameters, KINDS, context))
        one_map = self.parameterAsFile(parameters, ONE_MAP, context)
        return [one_map, "--kinds", kinds, "--out", self.file(parameters, OUTPUT, context)]

    def results(
        self, parameters: dict[str, Any], context: QgsProcessingContext, answer: dict[str, Any]
    ) -> dict[str, Any]:
        path = self.parameterAsFileOutput(parameters, OUTPUT, context)
        if self.parameterAsBool(parameters, OPEN, context):
            load_layers(path, context)
        return {OUTPUT: path}
