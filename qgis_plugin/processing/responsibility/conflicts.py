"""Find conflicts: where several answer for the same with equal right."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import Input, Number
from ..outputs import AREA, Table
from ..shared_inputs import day, one_map
from ..stages import Stage
from .gaps import hours


class ConflictsAlgorithm(VerbAlgorithm):
    """`onemap conflicts`."""

    verb = "conflicts"
    stage = Stage.RESPONSIBILITY
    told = ("conflicts",)

    def title(self) -> str:
        return tr("Find who clashes with whom")

    def shortHelpString(self) -> str:
        return tr(
            "Reads a published one map and lists where several answer for the same with equal right: duties, posts and "
            "duty grids over one another, and cells whose duties are unlike those of their peers."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            one_map(),
            *hours(),
            Number(
                name="TOLERANCE",
                title=tr("Least width (m)"),
                help=tr("Land narrower than this is left out; when left empty, as the map was built."),
                option="--tolerance-m",
                optional=True,
                advanced=True,
            ),
            day(),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Conflicts"),
                help=tr("The land concerned, with who claims it and by which duties."),
                table="conflict",
                shape=AREA,
                style="duty_conflict",
            ),
        )
