"""Compare two lists of division codes."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import File, Input, Words
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
            Words(
                name="CODE",
                title=tr("Column of the codes"),
                help=tr("In both lists; found by its title when left empty."),
                option="--code",
                optional=True,
                advanced=True,
            ),
            Words(
                name="NAME",
                title=tr("Column of the names"),
                help=tr("In both lists; found by its title when left empty."),
                option="--name",
                optional=True,
                advanced=True,
            ),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Codes kept, renamed, gone and new"),
                help=tr("One row a code and possible successor."),
            ),
        )
