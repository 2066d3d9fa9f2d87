"""The whole line: build the map, check the grids, assign the cases, find the gaps, write the report."""

from typing import Any

from qgis.core import QgsProcessingOutputHtml

from ...translation import language, tr
from ..call import Call
from .build import BuildAlgorithm

REPORT = "REPORT"


class RunAlgorithm(BuildAlgorithm):
    """`onemap run`."""

    verb = "run"
    told = ("cases", "findings", "rows_rejected")

    def title(self) -> str:
        return tr("Run the whole line")

    def shortHelpString(self) -> str:
        return tr(
            "From the raw files to the report in one go: builds the one map, checks the grids, gives each "
            "case its cell, finds what nobody covers, and writes a report in Chinese and English that needs "
            "no network."
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        super().initAlgorithm(configuration)
        self.addOutput(QgsProcessingOutputHtml(REPORT, tr("Report")))

    def results(self, call: Call, answer: dict[str, Any]) -> dict[str, Any]:
        made = super().results(call, answer)
        return {**made, REPORT: str(answer.get("reports", {}).get(language(), ""))}
