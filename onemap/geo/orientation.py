"""On which side of a line a point lies: exactly, and almost always at the price of six roundings.

The sign of the determinant ``(bx - ax)(py - ay) - (by - ay)(px - ax)`` says it. In floating point the determinant is
off by a known bound at most; where it is larger than the bound its sign is right. The few others are computed again
without any rounding: each difference and each product as the unevaluated sum of two doubles, which hold it exactly,
and the sum of these sixteen numbers by `math.fsum`, which rounds once, at the end, and so keeps the sign. Numbers so
small that a product would lose bits below the smallest double go to whole-number arithmetic.

The bound and the splitting into two doubles are J. R. Shewchuk's ("Adaptive precision floating-point arithmetic and
fast robust geometric predicates", 1997, sections 2 and 4) and T. J. Dekker's (1971).
"""

from fractions import Fraction
from math import fsum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Signs = NDArray[np.int8]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

BOUND: Final = (3 + 16 * 2.0**-53) * 2.0**-53
"""Largest error of the determinant, as a share of the sum of its two products' magnitudes."""

LEAST: Final = 1e-290
"""Determinants below this may have lost bits below the smallest double."""

# Factors from here on give products all of whose bits are doubles.
_SMALL: Final = 1e-130
_SPLIT: Final = 2.0**27 + 1


def orientation(ends: Floats, px: Floats, py: Floats) -> Signs:
    """Return 1 where p lies left of the line from a to b, -1 where right of it, 0 where exactly on it.

    Parameters
    ----------
    ends
        One row a line: x and y of a, x and y of b; finite, below 1e150.
    px, py
        One point a line.

    Examples
    --------
    >>> ends = np.array([[0.0, 0.0, 3.0, 1.0]] * 3)
    >>> orientation(ends, np.full(3, 1.5), np.array([0.5, np.nextafter(0.5, 1), 0.0])).tolist()
    [0, 1, -1]
    """
    ax, ay, bx, by = ends.T
    along = (bx - ax) * (py - ay)
    across = (by - ay) * (px - ax)
    sign, unsure = signs(along, across)
    rows = np.flatnonzero(unsure)
    if len(rows):
        sign[rows] = exact_orientation(ends[rows], px[rows], py[rows])
    return sign


def left_of(ends: Floats, px: Floats, py: Floats) -> Bools:
    """Return whether points, moved a little north and much less east, lie left of lines from west to east."""
    side = orientation(ends, px, py)
    return np.asarray((side > 0) | ((side == 0) & (ends[:, 0] < ends[:, 2])))


def signs(along: Floats, across: Floats) -> tuple[Signs, Bools]:
    """Return the sign of ``along - across``, the two products of a determinant, and where it is not sure."""
    determinant = along - across
    unsure = np.abs(determinant) <= BOUND * (np.abs(along) + np.abs(across)) + LEAST
    return np.sign(determinant).astype(np.int8), unsure


def likely_left(along: Floats, across: Floats) -> tuple[Bools, Ints]:
    """Return where ``along - across``, the two products of a determinant, is positive, and the rows not sure of it."""
    determinant = along - across
    left = determinant > 0
    np.abs(determinant, out=determinant)
    # few are near enough to nothing by the largest of all products; only they need bounds of their own
    most = max(along.max(initial=0.0), -along.min(initial=0.0)) + max(across.max(initial=0.0), -across.min(initial=0.0))
    rows = np.flatnonzero(determinant <= BOUND * most + LEAST)
    bound = BOUND * (np.abs(along[rows]) + np.abs(across[rows])) + LEAST
    return left, rows[determinant[rows] <= bound]


def exact_orientation(ends: Floats, px: Floats, py: Floats) -> Signs:
    """Return the sides as `orientation` does, without looking at floating point determinants first."""
    ax, ay, bx, by = ends.T
    at_end = ((px == ax) & (py == ay)) | ((px == bx) & (py == by))
    if at_end.any():  # most often, since edges end where people survey; that needs no arithmetic
        sign = np.zeros(len(ends), dtype=np.int8)
        rows = np.flatnonzero(~at_end)
        if len(rows):
            sign[rows] = exact_orientation(ends[rows], px[rows], py[rows])
        return sign
    factors = (_difference(bx, ax), _difference(py, ay), _difference(by, ay), _difference(px, ax))
    terms = np.stack([*_product(factors[0], factors[1]), *(-t for t in _product(factors[2], factors[3]))], axis=1)
    sign = np.array([(total > 0) - (total < 0) for total in map(fsum, terms.tolist())], dtype=np.int8)
    small = np.zeros(len(sign), dtype=bool)
    for part in (part for factor in factors for part in factor):
        small |= (np.abs(part) < _SMALL) & (part != 0)
    for row in np.flatnonzero(small).tolist():
        sign[row] = _by_fractions(ends[row].tolist(), float(px[row]), float(py[row]))
    return sign


def _by_fractions(ends: list[float], px: float, py: float) -> int:
    ax, ay, bx, by = map(Fraction, ends)
    determinant = (bx - ax) * (Fraction(py) - ay) - (by - ay) * (Fraction(px) - ax)
    return (determinant > 0) - (determinant < 0)


def _difference(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return two doubles whose sum is exactly ``a - b``."""
    rounded = a - b
    taken = a - rounded
    return rounded, (a - (rounded + taken)) + (taken - b)


def _product(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> list[Floats]:
    """Return eight doubles whose sum is exactly ``(a[0] + a[1]) * (b[0] + b[1])``."""
    terms = []
    for one in a:
        for other in b:
            rounded = one * other
            (high, low), (top, rest) = _halves(one), _halves(other)
            terms += [rounded, low * rest - (((rounded - high * top) - low * top) - high * rest)]
    return terms


def _halves(a: Floats) -> tuple[Floats, Floats]:
    """Split doubles into two of half the digits each."""
    moved = _SPLIT * a
    high = moved - (moved - a)
    return high, a - high
