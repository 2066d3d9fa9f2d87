"""Check a coverage: gaps, overlaps, parts outside the parent, mismatched edges, duplicates."""

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
)

from ..translation import tr
from .algorithm import OPEN, OUTPUT, VerbAlgorithm
from .inputs import as_file, as_single_layer_file
from .outputs import load_layers

CELLS, CODE, PARENT, ALLOWED, TOLERANCE = "CELLS", "CODE", "PARENT", "ALLOWED", "TOLERANCE"


class CheckAlgorithm(VerbAlgorithm):
    """`onemap check`."""

    verb = "check"

    def displayName(self) -> str:
        return tr("Check the grids")

    def shortHelpString(self) -> str:
        return tr(
            "Proves that the cells cover their area without gap and overlap, or lists every defect: gaps "
            "(also those that open to the parent's border), overlaps, parts outside the parent, edges whose "
            "vertices do not match, duplicate codes and invalid cells. Each defect has its area, its width "
            "and the cells concerned.\n\n"
            "The comparison is exact: edges are compared vertex by vertex, nothing is snapped."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.add(
            QgsProcessingParameterFeatureSource(CELLS, tr("Cells"), polygons),
            tr("The polygons that shall cover the area, each with a code."),
        )
        self.add(
            QgsProcessingParameterField(CODE, tr("Code of the cells"), parentLayerParameterName=CELLS, optional=True),
            tr("The column of the cell codes; found by its title when left empty."),
        )
        self.add(
            QgsProcessingParameterFeatureSource(PARENT, tr("Area to cover"), polygons, optional=True),
            tr(
                "The polygons that the cells shall cover exactly, as the streets or the district; without it "
                "only gaps enclosed by cells are found."
            ),
        )
        self.add(
            QgsProcessingParameterFeatureSource(ALLOWED, tr("Allowed gaps"), polygons, optional=True),
            tr("Lakes, barracks and the like: polygons with a column reason and, where it ends, a column until."),
        )
        self.add(
            QgsProcessingParameterNumber(
                TOLERANCE, tr("Tolerance (m)"), QgsProcessingParameterNumber.Type.Double, 0.0, minValue=0.0
            ),
            tr("Gaps and overlaps narrower than this are called mismatched edges. 0: every one is told."),
            advanced=True,
        )
        self.add_open(tr("Add the defects to the project, hatched as on the one map."))
        self.add(
            QgsProcessingParameterFileDestination(OUTPUT, tr("Defects"), tr("GeoPackage (*.gpkg)")),
            tr("A GeoPackage with the defects."),
        )
        self.addOutput(QgsProcessingOutputBoolean("OK", tr("The cells cover the area")))

    def arguments(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> list[str]:
        path, layer = as_file(self, parameters, CELLS, context, feedback)
        made = [path, "--out", self.file(parameters, OUTPUT, context)]
        made += ["--layer", layer] if layer else []
        code = self.parameterAsString(parameters, CODE, context)
        made += ["--code", code] if code else []
        for option, name in (("--parent", PARENT), ("--allowed", ALLOWED)):
            file = as_single_layer_file(self, parameters, name, context, feedback)
            made += [option, file] if file else []
        return [*made, "--tolerance-m", self.number(parameters, TOLERANCE, context)]

    def results(
        self, parameters: dict[str, Any], context: QgsProcessingContext, answer: dict[str, Any]
    ) -> dict[str, Any]:
        path = self.parameterAsFileOutput(parameters, OUTPUT, context)
        if self.parameterAsBool(parameters, OPEN, context):
            load_layers(path, context)
        return {OUTPUT: path, "OK": bool(answer.get("ok"))}
