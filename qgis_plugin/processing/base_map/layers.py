"""The layers that the one map may hold."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import Input
from ..outputs import Table
from ..stages import Stage


class LayersAlgorithm(VerbAlgorithm):
    """`onemap layers`."""

    verb = "layers"
    stage = Stage.BASE

    def title(self) -> str:
        return tr("List the layers of the catalogue")

    def shortHelpString(self) -> str:
        return tr("Lists every layer that the one map may hold: its id for the manifest, its class and its title.")

    def inputs(self) -> tuple[Input, ...]:
        return ()

    def outputs(self) -> tuple[Table, ...]:
        return (
            Table(name="OUTPUT", title=tr("Layers of the catalogue"), help=tr("One row a layer of the catalogue.")),
        )
