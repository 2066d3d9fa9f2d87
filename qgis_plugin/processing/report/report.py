"""Write the report of a published map."""

from typing import Any

from qgis.core import QgsProcessingOutputHtml

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..call import Call
from ..inputs import Choice, Input
from ..outputs import Written
from ..shared_inputs import day, one_map
from ..stages import Stage

SHOWN = "REPORT"


def tongue(option: str) -> Choice:
    """Return the language in which something is written."""
    return Choice(
        name="LANGUAGE",
        title=tr("Language"),
        help=tr("The language in which it is written; else that of QGIS."),
        option=option,
        words=("", "zh", "en"),
        titles=(tr("as QGIS speaks"), "中文", "English"),
    )


class ReportAlgorithm(VerbAlgorithm):
    """`onemap report`."""

    verb = "report"
    stage = Stage.REPORT

    def title(self) -> str:
        return tr("Write the report")

    def shortHelpString(self) -> str:
        return tr(
            "Writes the report of a published one map: one HTML file with pictures and tables that needs no network "
            "and can be printed."
        )

    def inputs(self) -> tuple[Input, ...]:
        of_day = tr(
            "The day that the report shall be of: the map must have been made for that day, or it is refused; when "
            "left empty, the report of the map as it is."
        )
        return one_map(), tongue("--report-lang"), day(of_day)

    def outputs(self) -> tuple[Written, ...]:
        return (
            Written(name="OUTPUT", title=tr("Report"), help=tr("The HTML file to write."), filter=tr("HTML (*.html)")),
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        super().initAlgorithm(configuration)
        self.addOutput(QgsProcessingOutputHtml(SHOWN, tr("Report")))

    def results(self, call: Call, answer: dict[str, Any]) -> dict[str, Any]:
        return {SHOWN: str(answer.get("report", ""))}
