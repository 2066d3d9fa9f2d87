"""Find the cell that owns each feature."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import SHAPES, Input
from ..layers import Layer
from ..outputs import Table
from ..shared_inputs import cells, code, day
from ..stages import Stage


class OwnAlgorithm(VerbAlgorithm):
    """`onemap own`."""

    verb = "own"
    stage = Stage.RESPONSIBILITY
    told = ("rows", "owned", "unowned")

    def title(self) -> str:
        return tr("Find the owning cells")

    def shortHelpString(self) -> str:
        return tr(
            "Finds the cell that owns each building, lot or road: the one with the largest share of it. The share, the "
            "runner-up and its share stand beside it."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            Layer(
                name="FEATURES",
                title=tr("Features"),
                help=tr("Buildings, lots, roads: each gets exactly one owner, if it lies in any cell."),
                kinds=SHAPES,
                shown="city3d_building",
                layer_option="--layer",
            ),
            cells(layer_option="--cells-layer"),
            code(),
            day(),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Features with their cell"),
                help=tr("All features with all their columns, and the answer."),
                table="owner",
                like="FEATURES",
            ),
        )
