"""Which findings a repair can be proposed for, and of what: the cells, or one agency's grids."""

from dataclasses import dataclass

from ...translation import tr

KINDS = ("gap", "overlap", "outside", "land")
DUTY = "duty_grid"


@dataclass(frozen=True)
class Target:
    """What would be repaired: the cells of the finest level, or the grids of one agency.

    Attributes
    ----------
    layer, agency
        ``grid_cell`` and nothing, or ``duty_grid`` and whose.
    """

    layer: str
    agency: str = ""

    @classmethod
    def of(cls, about: str) -> "Target":
        """Return the target of a finding: ``gap|grid_cell``, ``overlap|duty_grid/AGENCY``."""
        layer, _, agency = about.partition("|")[2].partition("/")
        return cls(layer, agency)

    @property
    def code(self) -> str:
        """Column of the codes."""
        return "duty_code" if self.layer == DUTY else self.layer.removeprefix("grid_") + "_code"


def no_repair_for(kind: str, about: str) -> str:
    """Return why nothing can be proposed for a finding; empty where it can."""
    if kind in KINDS and Target.of(about).layer:
        return ""
    return tr("For this kind the library proposes no repair of cells; the card says who could close it.")
