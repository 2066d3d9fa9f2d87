"""Undo a repair: the cells get their old shapes back."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import File, Input
from ..outputs import AREA, Table
from ..shared_inputs import cells, code
from ..stages import Stage


class UndoRepairAlgorithm(VerbAlgorithm):
    """`onemap repair --undo`."""

    verb = "repair"
    stage = Stage.GRIDS
    told = ("restored",)

    def name(self) -> str:
        return "undo_repair"

    def title(self) -> str:
        return tr("Undo a repair")

    def shortHelpString(self) -> str:
        return tr(
            "Gives the repaired cells the shapes that they had before, to the last bit, from the repair's record."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            cells(),
            code(),
            File(
                name="RECORD",
                title=tr("Record"),
                help=tr("The record that the repair has written."),
                option="--undo",
                filter=tr("Record (*.json *.gpkg)"),
            ),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Cells as they were"),
                help=tr("All cells with all their columns."),
                shape=AREA,
                style="grid_cell",
            ),
        )
