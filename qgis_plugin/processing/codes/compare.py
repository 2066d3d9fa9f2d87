"""Compare two lists of division codes."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import File, Input
from ..outputs import Table
from ..stages import Stage


class CompareCodesAlgorithm(VerbAlgorithm):
    """`onemap codes compare`."""

    verb = "codes compare"
    stage = Stage.CODES

    def title(self) -> str:
        return tr("Compare lists of codes")

    def shortHelpString(self) -> str:
        return tr(
            "Compares two lists of division codes: which were kept, renamed, are gone or new, and which new code may "
            "have taken the place of one that is gone."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            File(name="OLD", title=tr("Older list"), help=tr("A table with codes and names.")),
            File(name="NEW", title=tr("Newer list"), help=tr("A table with codes and names.")),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Codes kept, renamed, gone and new"),
                help=tr("One row a code and possible successor."),
            ),
        )
