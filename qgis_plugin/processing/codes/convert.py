"""Convert a code to another profile."""

from typing import Any

from qgis.core import QgsProcessingOutputString

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..call import Call
from ..inputs import Input
from ..profiles import NEW, OLD, profile_choice
from ..stages import Stage
from .explain import one_code

CONVERTED = "CONVERTED"


class ConvertCodeAlgorithm(VerbAlgorithm):
    """`onemap codes convert`."""

    verb = "codes convert"
    stage = Stage.CODES

    def title(self) -> str:
        return tr("Convert a code")

    def shortHelpString(self) -> str:
        return tr(
            "Converts a code to another profile where nothing is lost, and says what would be lost where something is."
        )

    def inputs(self) -> tuple[Input, ...]:
        target = profile_choice(
            name="TARGET",
            title=tr("Profile wanted"),
            help_text=tr("The rule by which the new code is made up."),
            default=NEW,
        )
        return profile_choice(suggested=OLD), target, one_code()

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        super().initAlgorithm(configuration)
        self.addOutput(QgsProcessingOutputString(CONVERTED, tr("Converted code")))

    def results(self, call: Call, answer: dict[str, Any]) -> dict[str, Any]:
        return {CONVERTED: str(answer.get("code", ""))}
