"""Join cells into responsibility grids of equal load."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import AREAS, BARRIERS, Column, Input, Number, Words
from ..layers import Layer
from ..outputs import AREA, NONE, Table
from ..shared_inputs import cells, code, day, loads
from ..stages import Stage


class BalanceAlgorithm(VerbAlgorithm):
    """`onemap balance`."""

    verb = "balance"
    stage = Stage.GRIDS
    told = ("ok",)

    def title(self) -> str:
        return tr("Balance responsibility grids")

    def shortHelpString(self) -> str:
        return tr(
            "Joins cells into responsibility grids whose load is as equal as can be: each in one piece, none across a "
            "barrier or out of its area. Starting from an existing division, cells move only where it pays. What was "
            "impossible is listed, and the division before and after is compared."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (cells(), code(), loads(needed=True), *self._wanted(), *self._limits(), *self._existing(), day())

    def _wanted(self) -> tuple[Input, ...]:
        return (
            Words(
                name="GROUPS",
                title=tr("Number of grids"),
                help=tr("In all, or for each area, as 110120001=4, 110120002=3."),
                option="--groups",
                commas=True,
                optional=True,
            ),
            Number(
                name="TARGET",
                title=tr("Load of a grid"),
                help=tr("The load that a grid shall have, instead of a number of grids."),
                option="--target",
                optional=True,
            ),
            Column(
                name="WITHIN",
                title=tr("Inside the area"),
                help=tr("The column of the area, as the street, that no grid may leave."),
                option="--within",
                of="CELLS",
                optional=True,
            ),
        )

    def _limits(self) -> tuple[Input, ...]:
        return (
            Layer(
                name="BARRIERS",
                title=tr("Barriers"),
                help=tr("Lines or areas that no grid may reach across."),
                option="--barriers",
                kinds=BARRIERS,
                optional=True,
            ),
            Number(
                name="BARRIER_NEAR",
                title=tr("Barriers block within (m)"),
                help=tr("Borders between cells that lie nearer to a barrier than this are not crossed."),
                option="--barrier-m",
                default=1.0,
                advanced=True,
            ),
            Layer(
                name="BUILDINGS",
                title=tr("Buildings"),
                help=tr("The cells that one building stands in stay together."),
                option="--buildings",
                kinds=AREAS,
                optional=True,
                advanced=True,
            ),
            Number(
                name="MINIMUM",
                title=tr("Least load"),
                help=tr("The load that each grid must have."),
                option="--minimum",
                optional=True,
                advanced=True,
            ),
            Number(
                name="MAXIMUM",
                title=tr("Greatest load"),
                help=tr("The load that each grid may have."),
                option="--maximum",
                optional=True,
                advanced=True,
            ),
            Number(
                name="TOLERANCE",
                title=tr("Counts as equal"),
                help=tr("Share of the mean load up to which loads count as equal."),
                option="--tolerance",
                default=0.0,
                advanced=True,
            ),
        )

    def _existing(self) -> tuple[Input, ...]:
        return (
            Column(
                name="SEEDS",
                title=tr("Existing division"),
                help=tr("The column of the grids that are there, to start from."),
                option="--seeds",
                of="CELLS",
                optional=True,
            ),
            Column(
                name="BEFORE",
                title=tr("Division to compare with"),
                help=tr("The column of the grids that are there, only to compare with."),
                option="--before",
                of="CELLS",
                optional=True,
                advanced=True,
            ),
            Column(
                name="LOCKED",
                title=tr("Settled grids"),
                help=tr("The column of grids that must stay as they are, empty where a cell is free."),
                option="--locked",
                of="CELLS",
                optional=True,
                advanced=True,
            ),
            Column(
                name="PEOPLE",
                title=tr("People moved"),
                help=tr("The column of those who are counted as moved; when left empty, the load."),
                option="--people",
                of="CELLS",
                optional=True,
                advanced=True,
            ),
            Number(
                name="MOVE_PRICE",
                title=tr("Price of moving"),
                help=tr("By so much load must the largest deviation fall for each one who is moved."),
                option="--move-price",
                default=0.0,
                advanced=True,
            ),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Responsibility grids"),
                help=tr("The grids with their load."),
                table="responsibility_grid",
                shape=AREA,
                groups="\"group\" || coalesce('\\n' || round(\"load\"), '')",
            ),
            Table(
                name="CELLS_OUT",
                title=tr("Cells with their grid"),
                help=tr("All cells, each with the grid that it belongs to."),
                table="cell",
                shape=AREA,
                style="grid_cell",
                asked=True,
            ),
            Table(
                name="COMPARED",
                title=tr("Before and after"),
                help=tr("Loads, deviation and length of the borders of the division before and after."),
                table="balance",
                shape=NONE,
                asked=True,
            ),
            Table(
                name="IMPOSSIBLE",
                title=tr("Impossible"),
                help=tr("What could not be done, with the reason."),
                table="impossible",
                shape=NONE,
                extra=True,
            ),
        )
