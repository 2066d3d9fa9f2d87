"""Convert the coordinates of a layer, also the shifted ones of web maps."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..call import Call
from ..inputs import SHAPES, Choice, Input, System
from ..layers import Layer
from ..outputs import Table
from ..stages import Stage

SHIFTS = ("", "GCJ02", "BD09")


class Target(System):
    """The system wanted, said only where no shift is."""

    def say(self, call: Call) -> None:
        if not call.algorithm.parameterAsEnum(call.parameters, "SHIFT", call.context):
            super().say(call)


class ConvertAlgorithm(VerbAlgorithm):
    """`onemap convert`."""

    verb = "convert"
    stage = Stage.CODES
    told = ("rows",)

    def title(self) -> str:
        return tr("Convert coordinates")

    def shortHelpString(self) -> str:
        return tr(
            "Converts a layer between the shifted coordinates of web maps (GCJ-02, BD-09) and true ones in any "
            "coordinate system, good to a few metres. Shifted results have no coordinate system, since none describes "
            "them; they are longitude and latitude."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            Layer(
                name="FEATURES",
                title=tr("Features"),
                help=tr("Points, lines or areas; shifted ones must be longitude and latitude."),
                option="--file",
                layer_option="--layer",
                kinds=SHAPES,
            ),
            Choice(
                name="SOURCE",
                title=tr("The features are in"),
                help=tr("What the layer says, or shifted coordinates of a web map."),
                option="--from",
                words=SHIFTS,
                titles=(tr("what the layer says"), "GCJ-02", "BD-09"),
            ),
            Choice(
                name="SHIFT",
                title=tr("Wanted"),
                help=tr("True coordinates in the system below, or shifted ones for a web map."),
                option="--to",
                words=SHIFTS,
                titles=(tr("the system below"), "GCJ-02", "BD-09"),
            ),
            Target(
                name="TARGET",
                title=tr("Coordinate system"),
                help=tr("For true coordinates only."),
                option="--to",
                default="EPSG:4490",
                optional=True,
            ),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Converted features"),
                help=tr("All features with all their columns."),
                like="FEATURES",
            ),
        )
