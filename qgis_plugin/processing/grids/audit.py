"""Audit a division by the nine principles."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import AREAS, BARRIERS, ROWS, Column, Input, Number
from ..layers import Layer
from ..outputs import AREA, LINE, NONE, Table
from ..profiles import profile_choice
from ..shared_inputs import allowed, cells, code, day, loads, tolerance
from ..stages import Stage


class AuditAlgorithm(VerbAlgorithm):
    """`onemap audit`."""

    verb = "audit"
    stage = Stage.GRIDS
    told = ("kept", "broken", "not_measurable")

    def title(self) -> str:
        return tr("Audit a division")

    def shortHelpString(self) -> str:
        return tr(
            "Judges a division by the nine principles: legal base, territory, geography, size, existing management, "
            "convenience, equal load, no seams, stability. Each principle is kept, broken or cannot be told, with what "
            "was measured, the limit and the cells concerned; signed exceptions count until their day."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (cells(), code(), *self._land(), *self._evidence(), *self._limits(), day())

    def _land(self) -> tuple[Input, ...]:
        return (
            Layer(
                name="COMMUNITIES",
                title=tr("Communities"),
                help=tr("The legal areas that the cells divide."),
                option="--communities",
                layer_option="--communities-layer",
                kinds=AREAS,
                optional=True,
            ),
            Column(
                name="COMMUNITY_CODE",
                title=tr("Code of the communities"),
                help=tr("The column of the communities' codes; found by its title when left empty."),
                option="--community-code",
                of="COMMUNITIES",
                optional=True,
                advanced=True,
            ),
            Column(
                name="COMMUNITY",
                title=tr("Code of the community"),
                help=tr("The column that says to which community a cell belongs."),
                option="--community",
                of="CELLS",
                optional=True,
            ),
            allowed(),
        )

    def _evidence(self) -> tuple[Input, ...]:
        return (
            Layer(
                name="BUILDINGS",
                title=tr("Buildings"),
                help=tr("No border shall cut them."),
                option="--buildings",
                kinds=AREAS,
                optional=True,
            ),
            Layer(
                name="COMPOUNDS",
                title=tr("Compounds"),
                help=tr("They shall stay whole."),
                option="--compounds",
                kinds=AREAS,
                optional=True,
            ),
            Layer(
                name="BARRIERS",
                title=tr("Barriers"),
                help=tr("Borders shall follow them."),
                option="--barriers",
                kinds=BARRIERS,
                optional=True,
            ),
            Layer(
                name="ROADS",
                title=tr("Roads"),
                help=tr("By them the cells are reached."),
                option="--roads",
                kinds=BARRIERS,
                optional=True,
            ),
            loads(needed=False),
            Layer(
                name="PREVIOUS",
                title=tr("Last version"),
                help=tr("The last version of the cells, to see how stable the division is."),
                option="--previous",
                kinds=AREAS,
                optional=True,
            ),
            Layer(
                name="EXCEPTIONS",
                title=tr("Signed exceptions"),
                help=tr("A table with principle, cell, reason, who signed and until when."),
                option="--exceptions",
                kinds=ROWS,
                formats=("csv",),
                optional=True,
                advanced=True,
            ),
        )

    def _limits(self) -> tuple[Input, ...]:
        return (
            Number(
                name="SMALLEST",
                title=tr("Least size (m²)"),
                help=tr("Least size of a cell."),
                option="--smallest-m2",
                default=2_000.0,
                advanced=True,
            ),
            Number(
                name="LARGEST",
                title=tr("Largest size (m²)"),
                help=tr("Largest size of a cell."),
                option="--largest-m2",
                default=20_000.0,
                advanced=True,
            ),
            Number(
                name="LOAD_SPREAD",
                title=tr("Spread of the load"),
                help=tr("Share by which a load may differ from the mean."),
                option="--load-spread",
                default=0.5,
                advanced=True,
            ),
            Number(
                name="SURVEY_SCALE",
                title=tr("Scale of the survey"),
                help=tr("Such as 2000 for 1:2000; it says how exact borders can be."),
                option="--survey-scale",
                whole=True,
                optional=True,
                advanced=True,
            ),
            profile_choice(
                title=tr("Profile of the codes"),
                help_text=tr("The code profile that the codes must follow."),
                option="--profile",
                optional=True,
            ),
            tolerance(),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Principles"),
                help=tr("One row for each of the nine principles."),
                table="audit",
                shape=NONE,
                style="audit",
            ),
            Table(
                name="FINDINGS",
                title=tr("Findings of the audit"),
                help=tr("Where a principle is broken."),
                table="audit_finding",
                shape=AREA,
                style="audit_finding",
                renamed=(("id", "kind"),),
                extra=True,
            ),
            Table(
                name="EDGES",
                title=tr("Mismatched edges"),
                help=tr("The borders whose vertices do not match, as lines."),
                table="audit_finding",
                shape=LINE,
                style="defect_line",
                renamed=(("id", "kind"),),
                extra=True,
            ),
        )
