"""Read a roster of holders as an office keeps it."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import AREAS, File, Input, Switch, Words
from ..layers import Layer
from ..outputs import NONE, Table
from ..shared_inputs import day, encoding
from ..stages import Stage


class RosterAlgorithm(VerbAlgorithm):
    """`onemap roster`."""

    verb = "roster"
    stage = Stage.RESPONSIBILITY
    told = ("rows", "holders", "faults")

    def title(self) -> str:
        return tr("Read a roster")

    def shortHelpString(self) -> str:
        return tr(
            "Reads a roster as offices keep it: merged cells, several names in one, telephones as numbers, titles "
            "between the rows. Each appointment becomes a row; every row that is none is listed with the reason."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            File(
                name="ROSTER",
                title=tr("Roster"),
                help=tr("An Excel workbook or a CSV file."),
                filter=tr("Roster (*.xlsx *.xls *.csv)"),
            ),
            Words(
                name="SHEET",
                title=tr("Sheet"),
                help=tr("The only sheet to read; when left empty, all of them."),
                option="--sheet",
                optional=True,
            ),
            Layer(
                name="GRIDS",
                title=tr("Grids"),
                help=tr("For rosters that name the grids instead of giving their codes; codes are checked too."),
                option="--grids",
                kinds=AREAS,
                optional=True,
            ),
            Switch(
                name="FILL_DOWN",
                title=tr("A blank grid is the one above it"),
                help=tr("For rosters that write a grid only in the first of its rows."),
                option="--fill-down",
            ),
            Words(
                name="COLUMNS",
                title=tr("Unknown headings"),
                help=tr("One a line, as phone=联系方式: the field and the heading under which it stands."),
                option="--column",
                lines=True,
                optional=True,
                advanced=True,
            ),
            Words(
                name="CONSTANTS",
                title=tr("The same for all"),
                help=tr("One a line, as agency=城管执法局: the field and the value for every holder."),
                option="--constant",
                lines=True,
                optional=True,
                advanced=True,
            ),
            day(tr("Only appointments in force on this day; the others are listed with the reason.")),
            encoding(),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Holders"),
                help=tr("One row an appointment."),
                table="holder",
                shape=NONE,
                style="holder",
            ),
            Table(
                name="REJECTS",
                title=tr("Rows that are no appointment"),
                help=tr("Titles, notes and faults, each with its place and the reason."),
                table="reject",
                shape=NONE,
                style="reject",
                asked=True,
            ),
        )
