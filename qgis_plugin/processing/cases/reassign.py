"""Give cases the cells of a new version."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..grids.versions import sides
from ..inputs import Column, Input
from ..outputs import NONE, POINT, Table
from ..shared_inputs import cases, encoding, near, system_of_cases, tolerance
from ..stages import Stage


class ReassignAlgorithm(VerbAlgorithm):
    """`onemap reassign`."""

    verb = "reassign"
    stage = Stage.CASES
    told = ("rows", "kept", "moved", "left", "arrived")

    def title(self) -> str:
        return tr("Reassign cases to a new version")

    def shortHelpString(self) -> str:
        return tr(
            "Gives cases the cells of a new version, and says which of them moved, from where to where and why. A case "
            "without position goes by its recorded code."
        )

    def inputs(self) -> tuple[Input, ...]:
        points = cases()
        return (
            type(points)(**{**vars(points), "layer_option": ""}),  # the verb takes FILE|LAYER here
            *sides(),
            Column(
                name="RECORDED",
                title=tr("Recorded cell"),
                help=tr("The column of the cell codes recorded in the cases; found by its title when left empty."),
                option="--column",
                of="CASES",
                optional=True,
            ),
            near(),
            tolerance(),
            system_of_cases(),
            encoding(),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Reassigned cases"),
                help=tr("All cases with their old and their new cell."),
                table="case",
                shape=POINT,
                style="case",
            ),
            Table(
                name="MOVES",
                title=tr("Cases that moved"),
                help=tr("From which cell to which, how many and why."),
                table="moved",
                shape=NONE,
                extra=True,
            ),
        )
