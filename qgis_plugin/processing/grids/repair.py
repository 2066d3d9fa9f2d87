"""Repair a coverage: narrow gaps and overlaps between cells are closed."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import AREAS, POINTS, Choice, Column, Input, Number
from ..layers import Layer
from ..outputs import AREA, NONE, Table, Written
from ..shared_inputs import allowed, cells, code, day, parent
from ..stages import Stage

RULES = ("longest_border", "smallest_code", "largest_cell", "smallest_cell")


class RepairAlgorithm(VerbAlgorithm):
    """`onemap repair`."""

    verb = "repair"
    stage = Stage.GRIDS
    told = ("ok", "places", "cells_changed", "refused")

    def title(self) -> str:
        return tr("Repair the grids")

    def shortHelpString(self) -> str:
        return tr(
            "Closes gaps and overlaps between cells that are narrower than the given width, and cuts off what reaches "
            "out of the area to cover. Every square metre that changes hands is told, with the people on it; no cell "
            "changes by more than the given share; what is left is listed with the reason. One row in, one row out. "
            "The repair can be undone with its record."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            cells(),
            code(),
            Number(
                name="MAX_WIDTH",
                title=tr("Closed up to this width (m)"),
                help=tr("Only gaps and overlaps narrower than this are closed; wider ones are for people to decide."),
                option="--max-width-m",
                default=1.0,
            ),
            parent(),
            allowed(),
            Number(
                name="MAX_CHANGE",
                title=tr("Most that a cell may change"),
                help=tr("As a share of its area: 0.001 is a thousandth."),
                option="--max-change",
                default=0.001,
                advanced=True,
            ),
            Choice(
                name="RULE",
                title=tr("Who gets the land"),
                help=tr("Which of the neighbours comes first where a gap or an overlap is divided."),
                option="--rule",
                words=RULES,
                titles=(tr("longest border"), tr("smallest code"), tr("largest cell"), tr("smallest cell")),
                advanced=True,
            ),
            Layer(
                name="WITHIN",
                title=tr("Communities"),
                help=tr("Land of a community goes to its own cells where one of them is a neighbour."),
                option="--within",
                kinds=AREAS,
                optional=True,
                advanced=True,
            ),
            Layer(
                name="PEOPLE",
                title=tr("People"),
                help=tr("Points of the people, to count who is affected."),
                option="--people",
                kinds=POINTS,
                optional=True,
                advanced=True,
            ),
            Column(
                name="WEIGHT",
                title=tr("Number of people"),
                help=tr("Column of the people to be summed; when left empty, points are counted."),
                option="--weight",
                of="PEOPLE",
                optional=True,
                advanced=True,
            ),
            day(),
        )

    def outputs(self) -> tuple[Table | Written, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Repaired cells"),
                help=tr("All cells with all their columns."),
                shape=AREA,
                style="grid_cell",
            ),
            Table(
                name="MOVES",
                title=tr("Land that changed hands"),
                help=tr("Each piece with the cell that had it and the cell that has it."),
                table="repair_move",
                shape=AREA,
                style="version_piece",
                asked=True,
            ),
            Table(
                name="LEFT",
                title=tr("Defects left"),
                help=tr("What was not closed, with the reason."),
                table="repair_refused",
                shape=AREA,
                style="defect",
                extra=True,
            ),
            Table(
                name="CHANGES",
                title=tr("Changed cells"),
                help=tr("Each changed cell with its area before and after."),
                table="repair_change",
                shape=NONE,
                asked=True,
            ),
            Written(
                name="RECORD",
                title=tr("Record"),
                help=tr("With this file the repair can be undone."),
                option="--record",
                filter=tr("Record (*.json)"),
                extra=True,
            ),
        )
