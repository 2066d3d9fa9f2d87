"""What a look-up of points answers: arrays of positions, never index labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onemap.geo.edges import Floats, Ints


@dataclass(frozen=True)
class Holders:
    """Pairs of a point and a cell that holds it, sorted by point, then by rank of the cell's code.

    Attributes
    ----------
    point, cell
        Positions (not index labels) of the point and of the cell.
    on_border
        Whether the point lies on the cell's border rather than in its interior.
    """

    point: Ints
    cell: Ints
    on_border: NDArray[np.bool_]


@dataclass(frozen=True)
class Location:
    """The answer for each point, and all holders of the points that need a closer look.

    Attributes
    ----------
    cell
        For each point the position of the cell with the smallest code that holds it, -1 for none.
    special
        Every pair of a point and a cell that holds it, for the points on a border or in several cells.
    near
        Points that may be within reach of an edge, ascending; None where not asked for, or where any may be.
    """

    cell: Ints
    special: Holders
    near: Ints | None = None


@dataclass(frozen=True)
class Nearest:
    """For each point the nearest cell and how far it is: -1 and NaN where there is none within the distance."""

    cell: Ints
    metres: Floats
