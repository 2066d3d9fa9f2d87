"""Who answers for a spot, and who for each point of a layer."""

from typing import Any

from qgis.core import QgsProcessingOutputString

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..call import Call
from ..inputs import ROWS, Day, Input, Matter, Number, Spot, Words
from ..layers import Layer
from ..look import answers
from ..outputs import POINT, Table
from ..shared_inputs import one_map
from ..stages import Stage

SENTENCE = "SENTENCE"


def matter_and_moment() -> tuple[Input, ...]:
    """Return for what and when somebody is wanted, and how roads and conditions count."""
    return (
        Matter(
            name="MATTER",
            title=tr("Matter"),
            help=tr("Class of the matter, as 0501 or CJT214/matter/0501; when left empty, any."),
            option="--matter",
            optional=True,
        ),
        Day(
            name="MOMENT",
            title=tr("Moment"),
            help=tr("Local time; when left empty, now."),
            option="--at",
            minutes=True,
            optional=True,
        ),
        Words(
            name="FACTS",
            title=tr("Facts"),
            help=tr("What holds there, for duties with conditions, as on_road; several with commas."),
            option="--fact",
            commas=True,
            optional=True,
            advanced=True,
        ),
        Number(
            name="ROAD_NEAR",
            title=tr("Nearest road within (m)"),
            help=tr("Where no road's width reaches, the nearest road within this distance counts."),
            option="--road-near-m",
            default=0.0,
            advanced=True,
        ),
    )


class WhoAlgorithm(VerbAlgorithm):
    """`onemap who` for one spot."""

    verb = "who"
    stage = Stage.RESPONSIBILITY
    told = ("state", "cell", "holder", "role", "phone")

    def title(self) -> str:
        return tr("Who answers for a spot")

    def shortHelpString(self) -> str:
        return tr(
            "Says who answers for a spot or a grid, for a matter, at a moment: the holder, the cell, and the sentence "
            "that proves it by the rule that applies; or that nobody does, and why."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            one_map(),
            Spot(name="POINT", title=tr("Spot"), help=tr("A point of the map."), optional=True),
            Words(
                name="GRID",
                title=tr("Code of a grid"),
                help=tr("A grid of any level, instead of a spot."),
                option="--cell",
                optional=True,
            ),
            Words(
                name="OBJECT",
                title=tr("Code of an object"),
                help=tr("A lamp, a manhole cover, a tree of the map, instead of a spot."),
                option="--object",
                optional=True,
            ),
            *matter_and_moment(),
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        super().initAlgorithm(configuration)
        self.addOutput(QgsProcessingOutputString(SENTENCE, tr("The answer and its proof")))

    def results(self, call: Call, answer: dict[str, Any]) -> dict[str, Any]:
        return {SENTENCE: "\n".join(answer.get("sentences", []))}


class WhoPointsAlgorithm(VerbAlgorithm):
    """`onemap who` for each point of a layer."""

    verb = "who"
    stage = Stage.RESPONSIBILITY
    told = ("rows", "held", "nobody", "vacant", "outside")

    def name(self) -> str:
        return "who_points"

    def title(self) -> str:
        return tr("Who answers for each point")

    def shortHelpString(self) -> str:
        return tr(
            "Says for each point of a layer who answers: holder, telephone, cell and duty stand beside it. Where no "
            "matter and no moment is named, a case's own matter and time count."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            one_map(),
            Layer(
                name="POINTS",
                title=tr("Points"),
                help=tr("Cases, trees, hydrants: anything that stands somewhere."),
                option="--points",
                kinds=ROWS,
                shown="case",
            ),
            *matter_and_moment(),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Points with who answers"),
                help=tr("All points with all their columns, and the answer."),
                table="who",
                shape=POINT,
                by="state",
                marks=answers(),
            ),
        )
