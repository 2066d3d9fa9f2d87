"""Derive cells from communities, barriers, compounds and buildings."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import AREAS, Column, Input
from ..layers import Layer, Layers
from ..look import unmet
from ..outputs import AREA, LINE, Table
from ..shared_inputs import day
from ..stages import Stage
from .derive_wishes import bounds, classes, sizes, terms


class DeriveAlgorithm(VerbAlgorithm):
    """`onemap derive`."""

    verb = "derive"
    stage = Stage.GRIDS
    told = ("cells", "exclusive", "unmet")

    def title(self) -> str:
        return tr("Derive cells")

    def shortHelpString(self) -> str:
        return tr(
            "Divides communities into cells along roads, rivers and walls. The cells fill each community exactly, cut "
            "no building, keep compounds whole, and come near the wanted size; what could not be honoured is listed "
            "with the reason. Give them their codes with “Number cells”."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            Layer(
                name="COMMUNITIES",
                title=tr("Communities"),
                help=tr("The areas to be divided, each with a code."),
                kinds=AREAS,
                shown="grid_community",
                layer_option="--layer",
            ),
            Column(
                name="CODE",
                title=tr("Code of the communities"),
                help=tr("The column of the communities' codes; found by its title when left empty."),
                option="--code",
                of="COMMUNITIES",
                codes_of="grid_community",
                optional=True,
            ),
            Layers(
                name="BARRIERS",
                title=tr("Barriers"),
                help=tr("Roads, rivers, railways, walls: lines or areas along which the land is divided."),
                option="--barriers",
                optional=True,
            ),
            Layer(
                name="BUILDINGS",
                title=tr("Buildings"),
                help=tr("None of them is cut."),
                option="--buildings",
                kinds=AREAS,
                optional=True,
            ),
            Layer(
                name="COMPOUNDS",
                title=tr("Compounds"),
                help=tr("Compounds, lots or villagers' groups that stay whole."),
                option="--compounds",
                kinds=AREAS,
                optional=True,
            ),
            *sizes(),
            *bounds(),
            *terms(),
            *classes(),
            day(),
        )

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(
                name="OUTPUT",
                title=tr("Derived cells"),
                help=tr("The cells, each with its community, its kind and its size, without code as yet."),
                table="grid_cell",
                shape=AREA,
                style="grid_cell",
            ),
            Table(
                name="NOT_HONOURED",
                title=tr("Not honoured: areas"),
                help=tr("Areas where a wish could not be honoured, with the reason."),
                table="unmet",
                by="rule",
                marks=unmet(),
                shape=AREA,
                extra=True,
            ),
            Table(
                name="NOT_HONOURED_LINES",
                title=tr("Not honoured: barriers"),
                help=tr("Barriers that could not be followed, with the reason."),
                table="unmet",
                by="rule",
                marks=unmet(),
                shape=LINE,
                extra=True,
            ),
        )
