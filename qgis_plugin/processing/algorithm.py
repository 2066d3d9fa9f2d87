"""What all algorithms share: the library is found, run and heard; its sentences become Processing's errors."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingUtils,
)
from qgis.PyQt.QtGui import QIcon

from ..engine.client import EngineCancelled, EngineError, candidates, missing_sentence, run_verb
from ..icons import icon_path
from .call import Call
from .figures import Figure, figures
from .inputs import Input
from .outputs import Table, Written
from .stages import Stage, numbered, stage_title


class VerbAlgorithm(QgsProcessingAlgorithm):
    """An algorithm that runs one verb of the library.

    Children say what they are called (`title`), which inputs they ask for (`inputs`), what they give (`outputs`), and
    which figures of the library's answer are outputs too (`told`).
    """

    verb = ""
    stage = Stage.BASE
    told: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, str] = {}  # the layer that each table of the latest run became
        self._given: dict[str, Any] = {}  # its parameters

    def title(self) -> str:
        """Return what the user reads, without its number."""
        raise NotImplementedError

    def inputs(self) -> tuple[Input, ...]:
        """Return what is asked for, in the order of the dialog."""
        raise NotImplementedError

    def outputs(self) -> tuple[Table | Written, ...]:
        """Return what is given besides the figures."""
        return ()

    def name(self) -> str:
        return self.verb.replace(" ", "_")

    def displayName(self) -> str:
        return numbered(self.stage, self.name(), self.title())

    def group(self) -> str:
        return stage_title(self.stage)

    def groupId(self) -> str:
        return self.stage.value

    def shortDescription(self) -> str:
        return first_sentence(self.shortHelpString())

    def tags(self) -> list[str]:
        return ["onemap", *self.verb.split()]

    def icon(self) -> QIcon:
        return QIcon(self.svgIconPath())

    def svgIconPath(self) -> str:
        return icon_path(self.name())

    def createInstance(self) -> "VerbAlgorithm":
        return type(self)()

    def canExecute(self) -> tuple[bool, str]:
        """Say at once when there is no Python at all; whether it holds the library is seen on running."""
        return (True, "") if candidates() else (False, missing_sentence([]))

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        for one in (*self.inputs(), *self.outputs()):
            self.addParameter(one.definition())
        for figure in figures(self.told):
            kinds = {int: QgsProcessingOutputNumber, bool: QgsProcessingOutputBoolean, str: QgsProcessingOutputString}
            self.addOutput(kinds[figure.kind](figure.output, figure.title))

    def checkParameterValues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[bool, str]:
        """Let QGIS check what was given, once words of choices are what QGIS takes."""
        known = {one.name: one for one in self.inputs()}
        understood = {
            name: known[name].understood(value) if name in known else value for name, value in parameters.items()
        }
        return super().checkParameterValues(understood, context)

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        call = Call(self, parameters, context, feedback)
        self._made, self._given = {}, parameters
        tables = [output for output in self.outputs() if isinstance(output, Table)]
        file = QgsProcessingUtils.generateTempFilename(f"{self.name()}.gpkg", context) if tables else ""
        try:
            answer = self._ask(call, file)
            if answer is None:
                return {}
            made = {table.name: name for table in tables if (name := table.fill(call, file))}
            self._made = dict(made)
        finally:
            with suppress(OSError):  # where it is still held, QGIS removes it with its folder
                Path(file).unlink()
        files = [output for output in self.outputs() if isinstance(output, Written)]
        made |= {output.name: path for output in files if (path := output.path(call))}
        return {**_told(answer, figures(self.told)), **made, **self.results(call, answer)}

    def postProcessAlgorithm(self, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Style what will be shown; Processing calls this in the main thread, a model in its own."""
        for output in self.outputs():
            if output.name in self._made and isinstance(output, Table):
                like = self.parameterAsVectorLayer(self._given, output.like, context) if output.like else None
                output.show(self._made[output.name], context, like)
        return {}

    def results(self, call: Call, answer: dict[str, Any]) -> dict[str, Any]:
        """Return outputs of this algorithm alone; most have none."""
        return {}

    def _ask(self, call: Call, file: str) -> dict[str, Any] | None:
        """Run the verb; None when the user stopped it."""
        for one in self.inputs():
            one.say(call)
        for output in self.outputs():
            if isinstance(output, Written):
                output.say(call)
        if file:
            call.say("--out", file)
        try:
            answer = run_verb(self.verb, call.arguments, call.feedback)
        except EngineCancelled as stopped:
            call.feedback.pushInfo(str(stopped))
            return None
        except EngineError as error:
            raise QgsProcessingException(str(error)) from error
        for sentence in answer.get("sentences", []):
            if not (file and sentence.endswith(file)):  # a file that nobody will find
                call.feedback.pushInfo(sentence)
        return answer


def first_sentence(text: str) -> str:
    """Return the first sentence of a help: what tooltips and `qgis_process` tell."""
    return re.split(r"(?<=[.。])(?:\s|$)|(?<=。)", text.strip(), maxsplit=1)[0]


def _told(answer: dict[str, Any], wanted: list[Figure]) -> dict[str, Any]:
    """Return the figures of the answer; what was not counted is none."""
    known = {**answer, **answer.get("counts", {})}
    return {figure.output: figure.kind(known.get(figure.key) or figure.kind()) for figure in wanted}
