"""What all algorithms share: the library is found, run and heard; its sentences become Processing's errors."""

from abc import abstractmethod
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
)
from qgis.PyQt.QtGui import QIcon

from ..engine.client import EngineCancelled, EngineError, candidates, missing_sentence, run_verb
from ..icons import icon_path
from ..translation import tr


class VerbAlgorithm(QgsProcessingAlgorithm):
    """An algorithm that runs one verb of the library.

    Children say how parameters become arguments (`arguments`) and how the answer becomes outputs (`outputs`).
    """

    verb = ""
    icon_name = "onemap"

    @abstractmethod
    def arguments(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> list[str]:
        """Return the verb's arguments."""

    @abstractmethod
    def outputs(
        self, parameters: dict[str, Any], context: QgsProcessingContext, answer: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the values of the outputs; layers to load are given to the context."""

    def name(self) -> str:
        return self.verb

    def icon(self) -> QIcon:
        return QIcon(icon_path(self.icon_name))

    def svgIconPath(self) -> str:
        return icon_path(self.icon_name)

    def createInstance(self) -> "VerbAlgorithm":
        return type(self)()

    def canExecute(self) -> tuple[bool, str]:
        """Say at once when there is no Python to run the library; whether it holds the library is seen on running."""
        return (True, "") if candidates() else (False, missing_sentence([]))

    def add(self, parameter: QgsProcessingParameterDefinition, help_text: str, *, advanced: bool = False) -> None:
        """Add a parameter together with its help."""
        parameter.setHelp(help_text)
        if advanced:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        self.addParameter(parameter)

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        arguments = self.arguments(parameters, context, feedback)
        try:
            answer = run_verb(self.verb, arguments, feedback)
        except EngineCancelled as stopped:
            feedback.pushInfo(str(stopped))
            return {}
        except EngineError as error:
            raise QgsProcessingException(str(error)) from error
        for line in answer.get("summary", "").splitlines():
            feedback.pushInfo(line)
        return self.outputs(parameters, context, answer)


def number_sentence(name: str, count: int) -> str:
    """Return a count with its name, for the log of an algorithm."""
    return tr("{name}: {count}", name=name, count=f"{count:,}")
