"""Assign cases: each to exactly one cell, or listed with the reason."""

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
)

from ..translation import tr
from .algorithm import OPEN, OUTPUT, VerbAlgorithm
from .inputs import as_file
from .outputs import load_layers

CASES, CELLS, CODE, NEAR, BORDER, X, Y, SHIFT = "CASES", "CELLS", "CODE", "NEAR", "BORDER", "X", "Y", "SHIFT"
SHIFTS = ("", "GCJ02", "BD09")


class AssignAlgorithm(VerbAlgorithm):
    """`onemap assign`."""

    verb = "assign"
    counts = ("rows", "inside", "border", "near", "outside", "no_position", "near_border")

    def displayName(self) -> str:
        return tr("Assign cases to cells")

    def shortHelpString(self) -> str:
        return tr(
            "Gives each case exactly one cell, whatever the order of the rows, or lists it with the reason. "
            "A case on a shared border goes to the smallest cell code and is marked; cases nearer to another "
            "cell than the width of the border are put into a queue with both candidates and the distance. "
            "Rows in = rows out."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add(
            QgsProcessingParameterFeatureSource(CASES, tr("Cases"), [QgsProcessing.SourceType.TypeVector]),
            tr("Points, or a table whose columns hold the position."),
        )
        self.add(
            QgsProcessingParameterFeatureSource(CELLS, tr("Cells"), [QgsProcessing.SourceType.TypeVectorPolygon]),
            tr("The polygons of the finest grid, each with a code."),
        )
        self.add(
            QgsProcessingParameterField(CODE, tr("Code of the cells"), parentLayerParameterName=CELLS, optional=True),
            tr("The column of the cell codes; found by its title when left empty."),
        )
        real = QgsProcessingParameterNumber.Type.Double
        self.add(
            QgsProcessingParameterNumber(NEAR, tr("Nearest cell within (m)"), real, 0.0, minValue=0.0),
            tr("A case outside all cells goes to the nearest one within this distance; 0: it stays outside."),
        )
        self.add(
            QgsProcessingParameterNumber(BORDER, tr("Width of the border (m)"), real, 1.0, minValue=0.0),
            tr("A case nearer to another cell than this is put into the near-border queue."),
        )
        for name, title in ((X, tr("Longitude or easting")), (Y, tr("Latitude or northing"))):
            self.add(
                QgsProcessingParameterField(name, title, parentLayerParameterName=CASES, optional=True),
                tr("Column of a table without geometry; found by its title when left empty."),
                advanced=True,
            )
        self.add(
            QgsProcessingParameterEnum(
                SHIFT, tr("Shift of the coordinates"), [tr("none"), "GCJ-02", "BD-09"], defaultValue=0, optional=True
            ),
            tr("Positions taken from a web map are shifted; they are put right before the cells are asked."),
            advanced=True,
        )
        self.add_open(tr("Add the cases and the near-border queue to the project, with their signs."))
        self.add(
            QgsProcessingParameterFileDestination(OUTPUT, tr("Assigned cases"), tr("GeoPackage (*.gpkg)")),
            tr("A GeoPackage with the layers case and near_border."),
        )
        self.add_counts(count_titles())

    def arguments(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> list[str]:
        cases, layer = as_file(self, parameters, CASES, context, feedback)
        cells, cells_layer = as_file(self, parameters, CELLS, context, feedback)
        made = [cases, cells, "--out", self.file(parameters, OUTPUT, context)]
        named = {
            "--layer": layer,
            "--cells-layer": cells_layer,
            "--code": self.parameterAsString(parameters, CODE, context),
            "--x": self.parameterAsString(parameters, X, context),
            "--y": self.parameterAsString(parameters, Y, context),
            "--coordinates": SHIFTS[self.parameterAsEnum(parameters, SHIFT, context)],
            "--near-m": self.number(parameters, NEAR, context),
            "--border-m": self.number(parameters, BORDER, context),
        }
        return made + [part for option, value in named.items() if value for part in (option, value)]

    def results(
        self, parameters: dict[str, Any], context: QgsProcessingContext, answer: dict[str, Any]
    ) -> dict[str, Any]:
        path = self.parameterAsFileOutput(parameters, OUTPUT, context)
        if self.parameterAsBool(parameters, OPEN, context):
            load_layers(path, context)
        return {OUTPUT: path}


def count_titles() -> dict[str, str]:
    """Return the titles of the counts."""
    return {
        "rows": tr("Cases"),
        "inside": tr("Inside one cell"),
        "border": tr("On a shared border"),
        "near": tr("Given to the nearest cell"),
        "outside": tr("Outside"),
        "no_position": tr("Without position"),
        "near_border": tr("Near a border"),
    }
