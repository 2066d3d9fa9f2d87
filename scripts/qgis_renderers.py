"""How each vector layer looks, of all rooms of the map together."""

from qgis_base_map import base, frame, underground
from qgis_cases import cases
from qgis_findings import findings
from qgis_grids import grids
from qgis_style import Style


def vector_styles() -> dict[str, Style]:
    """Return layer id -> style."""
    return {**base(), **underground(), **frame(), **grids(), **cases(), **findings()}
