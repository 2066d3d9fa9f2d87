"""Check a coverage: gaps, overlaps, parts outside the parent, mismatched edges, duplicates."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import Input
from ..outputs import AREA, LINE, Table
from ..shared_inputs import allowed, cells, code, day, parent, tolerance
from ..stages import Stage


class CheckAlgorithm(VerbAlgorithm):
    """`onemap check`."""

    verb = "check"
    stage = Stage.GRIDS
    told = ("ok",)

    def title(self) -> str:
        return tr("Check the grids")

    def shortHelpString(self) -> str:
        return tr(
            "Proves that the cells cover their area without gap and overlap, or lists every defect: gaps "
            "(also those that open to the parent's border), overlaps, parts outside the parent, edges whose "
            "vertices do not match, duplicate codes and invalid cells. Each defect has its area, its width "
            "and the cells concerned.\n\n"
            "The comparison is exact: edges are compared vertex by vertex, nothing is snapped."
        )

    def inputs(self) -> tuple[Input, ...]:
        return cells(), code(), parent(), allowed(), tolerance(), day()

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Defects"),
                help=tr("The gaps, overlaps and other defects as areas."),
                table="defect",
                shape=AREA,
                style="defect",
            ),
            Table(
                name="EDGES",
                title=tr("Mismatched edges"),
                help=tr("The borders whose vertices do not match, as lines."),
                table="defect",
                shape=LINE,
                style="defect_line",
                extra=True,
            ),
        )
