"""What all algorithms share: the library is found, run and heard; its sentences become Processing's errors."""

from abc import abstractmethod
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
)
from qgis.PyQt.QtGui import QIcon

from ..engine.client import EngineCancelled, EngineError, candidates, missing_sentence, run_verb
from ..icons import icon_path
from ..translation import tr

OPEN = "OPEN"
OUTPUT = "OUTPUT"


class VerbAlgorithm(QgsProcessingAlgorithm):
    """An algorithm that runs one verb of the library.

    Children say how parameters become arguments (`arguments`), which counts of the answer are outputs (`counts`)
    and what is opened afterwards (`results`).
    """

    verb = ""
    counts: tuple[str, ...] = ()

    @abstractmethod
    def arguments(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> list[str]:
        """Return the verb's arguments."""

    @abstractmethod
    def results(
        self, parameters: dict[str, Any], context: QgsProcessingContext, answer: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the outputs besides the counts; layers to load are given to the context."""

    def name(self) -> str:
        return self.verb

    def icon(self) -> QIcon:
        return QIcon(icon_path(self.verb))

    def svgIconPath(self) -> str:
        return icon_path(self.verb)

    def createInstance(self) -> "VerbAlgorithm":
        return type(self)()

    def canExecute(self) -> tuple[bool, str]:
        """Say at once when there is no Python at all; whether it holds the library is seen on running."""
        return (True, "") if candidates() else (False, missing_sentence([]))

    def add(self, parameter: QgsProcessingParameterDefinition, help_text: str, *, advanced: bool = False) -> None:
        """Add a parameter together with its help."""
        parameter.setHelp(help_text)
        if advanced:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        self.addParameter(parameter)

    def add_open(self, help_text: str) -> None:
        """Add the switch that decides whether results are shown in the project."""
        self.add(QgsProcessingParameterBoolean(OPEN, tr("Open the result"), True), help_text)

    def add_counts(self, titles: dict[str, str]) -> None:
        """Add a number output for each count of the library's answer."""
        for name in self.counts:
            self.addOutput(QgsProcessingOutputNumber(name.upper(), titles[name]))

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
        for sentence in answer.get("sentences", []):
            feedback.pushInfo(sentence)
        told = {**answer, **answer.get("counts", {})}
        counted = {name.upper(): int(told.get(name) or 0) for name in self.counts}
        return {**counted, **self.results(parameters, context, answer)}

    def file(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
        """Return an output file's path, its folder made."""
        path = self.parameterAsFileOutput(parameters, name, context)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return path

    def number(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
        """Return a number parameter as text."""
        return repr(self.parameterAsDouble(parameters, name, context))
