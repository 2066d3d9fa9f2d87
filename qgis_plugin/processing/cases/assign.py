"""Assign cases: each to exactly one cell, or listed with the reason."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import Choice, Column, Input, Number
from ..outputs import POINT, Table
from ..shared_inputs import cases, cells, code, day, encoding, near, system_of_cases
from ..stages import Stage


class AssignAlgorithm(VerbAlgorithm):
    """`onemap assign`."""

    verb = "assign"
    stage = Stage.CASES
    told = ("rows", "inside", "border", "near", "outside", "no_position", "near_border")

    def title(self) -> str:
        return tr("Assign cases to cells")

    def shortHelpString(self) -> str:
        return tr(
            "Gives each case exactly one cell, whatever the order of the rows, or lists it with the reason. "
            "A case on a shared border goes to the smallest cell code and is marked; cases nearer to another "
            "cell than the width of the border are put into a queue with both candidates and the distance. "
            "Rows in = rows out."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            cases(),
            cells(layer_option="--cells-layer"),
            code(),
            near(),
            Number(
                name="BORDER_WIDTH",
                title=tr("Width of the border (m)"),
                help=tr("A case nearer to another cell than this is put into the near-border queue."),
                option="--border-m",
                default=1.0,
            ),
            *self._positions(),
            encoding(),
            day(),
        )

    def _positions(self) -> tuple[Input, ...]:
        return (
            Column(
                name="X",
                title=tr("Longitude or easting"),
                help=tr("Column of a table without geometry; found by its title when left empty."),
                option="--x",
                of="CASES",
                optional=True,
                advanced=True,
            ),
            Column(
                name="Y",
                title=tr("Latitude or northing"),
                help=tr("Column of a table without geometry; found by its title when left empty."),
                option="--y",
                of="CASES",
                optional=True,
                advanced=True,
            ),
            system_of_cases(),
            Choice(
                name="SHIFT",
                title=tr("Shift of the coordinates"),
                help=tr("Positions taken from a web map are shifted; they are put right before the cells are asked."),
                option="--coordinates",
                words=("", "GCJ02", "BD09"),
                titles=(tr("none"), "GCJ-02", "BD-09"),
                optional=True,
                advanced=True,
            ),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Assigned cases"),
                help=tr("All cases with their cell, how it was found and why."),
                table="case",
                shape=POINT,
                style="case",
            ),
            Table(
                name="NEAR_BORDER_CASES",
                title=tr("Cases near a border"),
                help=tr("The queue of cases for a person to decide, with both candidates and the distance."),
                table="near_border",
                shape=POINT,
                style="near_border",
                extra=True,
            ),
        )
