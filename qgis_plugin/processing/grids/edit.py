"""Edit a division step by step."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import Column, Day, Input, Switch, Words
from ..outputs import AREA, NONE, Table
from ..profiles import profile_choice
from ..shared_inputs import cells, code, day, loads
from ..stages import Stage


class EditAlgorithm(VerbAlgorithm):
    """`onemap edit`."""

    verb = "edit"
    stage = Stage.GRIDS

    def title(self) -> str:
        return tr("Edit a division")

    def shortHelpString(self) -> str:
        return tr(
            "Moves cells between grids, splits and merges them, in the order written, and tells the totals, the rules "
            "that are broken, and from which cell each cell comes. The input stays as it is: the result is a new "
            "version."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            cells(),
            code(),
            Words(
                name="EDITS",
                title=tr("Edits"),
                help=tr(
                    "One a line: move CELL GRID, split CELL 'LINESTRING (...)' or merge CELL CELL. Lines are in the "
                    "coordinate system of the cells."
                ),
                option="--do",
                lines=True,
            ),
            Column(
                name="GROUPS",
                title=tr("Grid of the cells"),
                help=tr("The column of the responsibility grid of each cell; needed to move cells."),
                option="--groups",
                of="CELLS",
                optional=True,
            ),
            loads(needed=False),
            Column(
                name="COMMUNITY",
                title=tr("Code of the community"),
                help=tr("The column that says to which community a cell belongs."),
                option="--community",
                of="CELLS",
                optional=True,
                advanced=True,
            ),
            profile_choice(
                title=tr("Profile for new cells"),
                help_text=tr("The code profile by which new cells are numbered."),
                option="--profile",
                optional=True,
            ),
            *self._lineage(),
            day(),
        )

    def _lineage(self) -> tuple[Input, ...]:
        return (
            Day(
                name="WHEN",
                title=tr("First day of the change"),
                help=tr("From this day on the new cells are in force; when left empty, from today."),
                option="--when",
                optional=True,
            ),
            Words(
                name="WHO",
                title=tr("Who"),
                help=tr("Who makes the change; it stands in the lineage."),
                option="--who",
                optional=True,
            ),
            Words(
                name="WHY",
                title=tr("Why"),
                help=tr("The reason; it stands in the lineage."),
                option="--why",
                optional=True,
            ),
            Switch(
                name="HISTORY",
                title=tr("With the withdrawn cells"),
                help=tr("The withdrawn cells are given too, with their last day."),
                option="--history",
                advanced=True,
            ),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("New version"),
                help=tr("The cells after the edits."),
                table="cells",
                shape=AREA,
                style="grid_cell",
            ),
            Table(
                name="LINEAGE",
                title=tr("Lineage"),
                help=tr("From which cell each cell comes, when, by whom and why."),
                table="lineage",
                shape=NONE,
                asked=True,
            ),
            Table(
                name="FINDINGS",
                title=tr("Rules broken"),
                help=tr("What the edits break, as a grid in two pieces."),
                table="finding",
                shape=NONE,
                extra=True,
            ),
        )
