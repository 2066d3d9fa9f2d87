"""Compare two versions of the cells."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import AREAS, ROWS, Column, Day, Input
from ..layers import Layer
from ..open_map import FINEST, NEWER
from ..outputs import AREA, NONE, Table
from ..shared_inputs import code, tolerance
from ..stages import Stage


def sides() -> tuple[Input, ...]:
    """Return the two versions; the newer one may be a later day of the same cells."""
    return (
        Layer(
            name="OLD",
            title=tr("Older version"),
            help=tr("The cells as they were."),
            layer_option="--old-layer",
            kinds=AREAS,
            shown=FINEST,
        ),
        Layer(
            name="NEW",
            title=tr("Newer version"),
            help=tr("The cells as they are now, with the codes in a column of the same name."),
            layer_option="--new-layer",
            kinds=AREAS,
            shown=NEWER,
        ),
        code(of="OLD"),
        Day(
            name="OLD_DAY",
            title=tr("Day of the older version"),
            help=tr("Only cells in force on this day; so one layer with dates can be compared with itself."),
            option="--old-as-of",
            optional=True,
            advanced=True,
        ),
        Day(
            name="NEW_DAY",
            title=tr("Day of the newer version"),
            help=tr("Only cells in force on this day."),
            option="--new-as-of",
            optional=True,
            advanced=True,
        ),
    )


class VersionsAlgorithm(VerbAlgorithm):
    """`onemap versions`."""

    verb = "versions"
    stage = Stage.GRIDS

    def title(self) -> str:
        return tr("Compare versions")

    def shortHelpString(self) -> str:
        return tr(
            "Tells which cells were added, removed, redrawn and renamed between two versions, how much land, how many "
            "houses and cases moved with them, and from which cell each cell comes."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            *sides(),
            Column(
                name="NAME",
                title=tr("Name of the cells"),
                help=tr("The column of the names; found by its title when left empty."),
                option="--name",
                of="NEW",
                optional=True,
                advanced=True,
            ),
            Layer(
                name="HOUSES",
                title=tr("Houses"),
                help=tr("Those that moved are counted."),
                option="--houses",
                kinds=ROWS,
                optional=True,
            ),
            Layer(
                name="CASES",
                title=tr("Cases"),
                help=tr("Those that moved are counted."),
                option="--cases",
                kinds=ROWS,
                optional=True,
            ),
            tolerance(),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("What became of the cells"),
                help=tr("One row a cell of either version."),
                table="version",
                shape=NONE,
                style="version_change",
            ),
            Table(
                name="PIECES",
                title=tr("Land that moved"),
                help=tr("Each piece of land with its old and its new cell."),
                table="piece",
                shape=AREA,
                style="version_piece",
                extra=True,
            ),
            Table(
                name="LINEAGE",
                title=tr("Lineage"),
                help=tr("From which cell each cell comes."),
                table="lineage",
                shape=NONE,
                asked=True,
            ),
        )
