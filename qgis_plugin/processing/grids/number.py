"""Give cells their codes by a profile."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import AREAS, Column, File, Input, Number, Words
from ..layers import Layer
from ..look import code_changes
from ..outputs import AREA, Table
from ..profiles import profile_choice
from ..shared_inputs import cells, day
from ..stages import Stage


class NumberAlgorithm(VerbAlgorithm):
    """`onemap number`."""

    verb = "number"
    stage = Stage.GRIDS
    told = ("new", "kept", "withdrawn")

    def title(self) -> str:
        return tr("Number cells")

    def shortHelpString(self) -> str:
        return tr(
            "Gives cells their codes by a code profile. Cells that are those of the division in force keep their "
            "codes, new ones get the next free number of their community, and a code once withdrawn is never given "
            "again."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            cells(),
            profile_choice(option="--profile"),
            Column(
                name="COMMUNITY",
                title=tr("Code of the community"),
                help=tr("The column that says to which community a cell belongs."),
                option="--community",
                of="CELLS",
            ),
            Words(
                name="CODE",
                title=tr("Column for the codes"),
                help=tr("The column into which the codes are written."),
                option="--code",
                default="cell_code",
                advanced=True,
            ),
            Layer(
                name="EXISTING",
                title=tr("Division in force"),
                help=tr("Its codes are kept where the land is the same; its code column must be named alike."),
                option="--existing",
                kinds=AREAS,
                optional=True,
            ),
            Column(
                name="KEEP",
                title=tr("Codes to keep"),
                help=tr("A column of codes that the cells have already, instead of the division in force."),
                option="--keep",
                of="CELLS",
                optional=True,
                advanced=True,
            ),
            File(
                name="OLD_CODES",
                title=tr("Withdrawn codes"),
                help=tr("A table of codes that were once given and are never given again."),
                option="--withdrawn",
                optional=True,
                advanced=True,
            ),
            Number(
                name="SAME_SHARE",
                title=tr("Share of common land"),
                help=tr("So much of their land must a cell and an old one have in common to be the same."),
                option="--same-share",
                default=0.5,
                advanced=True,
            ),
            day(),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Numbered cells"),
                help=tr("All cells with their codes."),
                table="grid_cell",
                shape=AREA,
                style="grid_cell",
            ),
            Table(
                name="CHANGES",
                title=tr("Codes kept, new and withdrawn"),
                help=tr("Each code with what became of it and why."),
                table="change",
                by="change",
                marks=code_changes(),
                shape=AREA,
                asked=True,
            ),
        )
