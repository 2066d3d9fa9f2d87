"""Explain a code digit by digit."""

from typing import Any

from qgis.core import QgsProcessingOutputString

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..call import Call
from ..inputs import Input, Words
from ..profiles import profile_choice
from ..stages import Stage

EXPLANATION = "EXPLANATION"


def one_code() -> Words:
    """Return one code."""
    return Words(name="CODE", title=tr("Code"), help=tr("The code, digits only."))


class ExplainCodeAlgorithm(VerbAlgorithm):
    """`onemap codes explain`."""

    verb = "codes explain"
    stage = Stage.CODES

    def title(self) -> str:
        return tr("Explain a code")

    def shortHelpString(self) -> str:
        return tr(
            "Says what every digit group of a code means: district, street, community, cell, class, serial number."
        )

    def inputs(self) -> tuple[Input, ...]:
        return profile_choice(), one_code()

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        super().initAlgorithm(configuration)
        self.addOutput(QgsProcessingOutputString(EXPLANATION, tr("Explanation")))

    def results(self, call: Call, answer: dict[str, Any]) -> dict[str, Any]:
        return {EXPLANATION: "\n".join(answer.get("sentences", []))}
