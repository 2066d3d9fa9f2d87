"""Find gaps: land, duties, objects and hours of a published map that nobody answers for."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import Choice, Day, Input
from ..outputs import AREA, POINT, Table
from ..shared_inputs import allowed, day, one_map
from ..stages import Stage

KINDS = ("land", "duty", "objects", "time")


def hours() -> tuple[Input, ...]:
    """Return the hours that are looked through."""
    return (
        Day(
            name="START",
            title=tr("From"),
            help=tr("First moment of the hours looked through; when left empty, the day of the map."),
            option="--start",
            minutes=True,
            optional=True,
            advanced=True,
        ),
        Day(
            name="END",
            title=tr("To"),
            help=tr("End of the hours looked through; when left empty, seven days later."),
            option="--end",
            minutes=True,
            optional=True,
            advanced=True,
        ),
    )


class GapsAlgorithm(VerbAlgorithm):
    """`onemap gaps`."""

    verb = "gaps"
    stage = Stage.RESPONSIBILITY
    told = ("gaps",)

    def title(self) -> str:
        return tr("Find what nobody covers")

    def shortHelpString(self) -> str:
        return tr(
            "Reads a published one map and lists what nobody answers for: land that no grid covers, matters and hours "
            "for which nobody is on duty, and objects that belong to no cell; each with the reason, the people "
            "concerned and who could close it."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            one_map(),
            Choice(
                name="KINDS",
                title=tr("What to look for"),
                help=tr(
                    "Land outside all grids, matters without duty, objects outside all cells, hours without holder."
                ),
                option="--kinds",
                words=KINDS,
                titles=(tr("land"), tr("duties"), tr("objects"), tr("hours")),
                several=True,
                default=(0, 1, 2, 3),
            ),
            allowed(),
            *hours(),
            day(),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Land nobody covers"),
                help=tr("Land that no grid covers."),
                table="gap",
                only=("kind", ("land",)),
                shape=AREA,
                style="coverage_gap",
            ),
            Table(
                name="DUTIES",
                title=tr("Gaps of duty and time"),
                help=tr("Matters and hours for which nobody answers."),
                table="gap",
                only=("kind", ("duty", "time")),
                shape=AREA,
                style="duty_gap",
                extra=True,
            ),
            Table(
                name="OBJECTS",
                title=tr("Objects without a cell"),
                help=tr("Objects that belong to no cell."),
                table="gap",
                only=("kind", ("objects",)),
                shape=POINT,
                style="object_gap",
                extra=True,
            ),
        )
