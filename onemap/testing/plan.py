"""How large the sample city is, and the exact grid on which all its coordinates stand."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from onemap.errors import SchemaError

Size = Literal["full", "small"]

CRS = "EPSG:4548"
"""Working CRS: CGCS2000, 3-degree Gauss-Kruger, central meridian 117 E, no zone prefix; metres."""
ZONE_CRS = "EPSG:4527"
"""The same projection with the zone number 39 before the easting."""
CENTRE = (491_430.0, 4_401_776.0)
"""Centre of the district in `CRS`: 116.90 E, 39.75 N."""
MARGIN_M = 200.0
"""How far beyond the border of the district base layers are kept."""
DISTRICT_CODE = "110120"
DISTRICT_NAME = "青禾区"
STEP = 2.0**-10
"""Coordinates are multiples of this (about 1 mm): a power of two, so that shared vertices agree bit for bit."""


@dataclass(frozen=True)
class Plan:
    """Numbers that make a city of one size."""

    seed: int
    size: Size
    radius_m: float
    communities: int
    cells: int
    buildings: int
    cases: int
    hotline_cases: int
    river_m: float
    pixel_m: float
    post_m: float


def make_plan(seed: int, size: Size) -> Plan:
    """Return the numbers of a ``"full"`` or ``"small"`` city.

    Raises
    ------
    SchemaError
        For another size, or a negative seed.
    """
    if seed < 0:
        raise SchemaError("seed is {found}; it must be 0 or more", found=seed)
    if size == "full":
        return Plan(seed, size, 3000.0, 40, 1500, 20_000, 48_500, 1_500, 84.0, 3.0, 10.0)
    if size == "small":
        return Plan(seed, size, 640.0, 12, 60, 800, 950, 50, 26.0, 2.0, 10.0)
    raise SchemaError("size is {found}; it must be full or small", found=repr(size))


def snap(values: np.ndarray) -> np.ndarray:
    """Round coordinates to the exact grid."""
    return np.asarray(np.round(values / STEP) * STEP)
