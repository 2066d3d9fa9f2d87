"""Check a column of codes."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import ROWS, Column, Input
from ..layers import Layer
from ..open_map import FINEST
from ..outputs import Table
from ..profiles import profile_choice
from ..stages import Stage


class CheckCodesAlgorithm(VerbAlgorithm):
    """`onemap codes check`."""

    verb = "codes check"
    stage = Stage.CODES
    told = ("codes", "good", "wrong")

    def title(self) -> str:
        return tr("Check codes")

    def shortHelpString(self) -> str:
        return tr("Checks every code of a column by a code profile; each problem names the digit group that is wrong.")

    def inputs(self) -> tuple[Input, ...]:
        return (
            profile_choice(),
            Layer(
                name="LAYER",
                title=tr("Layer or table"),
                help=tr("The layer or table that holds the codes."),
                kinds=ROWS,
                formats=("csv",),
                shown=FINEST,
            ),
            Column(
                name="COLUMN",
                title=tr("Column of the codes"),
                help=tr("The column of text that holds them."),
                option="--column",
                of="LAYER",
                codes_of=FINEST,
            ),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(name="OUTPUT", title=tr("Wrong codes"), help=tr("Each wrong code with its row and what is wrong.")),
        )
