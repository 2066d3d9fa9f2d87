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

BOUND: Final = (3 + 16 * 2.0**-53) * 2.0**-53
"""Largest error of the determinant, as a share of the sum of its two products' magnitudes."""

LEAST: Final = 1e-290
"""Determinants below this may have lost bits below the smallest double."""

# Factors from here on give products all of whose bits are doubles.
_SMALL: Final = 1e-130
_SPLIT: Final = 2.0**27 + 1


def orientation(ax: Floats, ay: Floats, bx: Floats, by: Floats, px: Floats, py: Floats) -> Signs:
    """Return 1 where p lies left of the line from a to b, -1 where right of it, 0 where exactly on it.

    Arrays of one length; finite, below 1e150.

    Examples
    --------
    >>> one = np.ones(3)
    >>> orientation(0 * one, 0 * one, 3 * one, one, 1.5 * one, np.array([0.5, np.nextafter(0.5, 1), 0.0])).tolist()
    [0, 1, -1]
    """
    along = (bx - ax) * (py - ay)
    across = (by - ay) * (px - ax)
    sign, unsure = signs(along, across)
    rows = np.flatnonzero(unsure)
    if len(rows):
        sign[rows] = exact_orientation(ax[rows], ay[rows], bx[rows], by[rows], px[rows], py[rows])
    return sign


def signs(along: Floats, across: Floats) -> tuple[Signs, Bools]:
    """Return the sign of ``along - across``, the two products of a determinant, and where it is not sure."""
    determinant = along - across
    unsure = np.abs(determinant) <= BOUND * (np.abs(along) + np.abs(across)) + LEAST
    return np.sign(determinant).astype(np.int8), unsure


def exact_orientation(ax: Floats, ay: Floats, bx: Floats, by: Floats, px: Floats, py: Floats) -> Signs:
    """Return the sides without looking at floating point determinants first."""
    factors = (_difference(bx, ax), _difference(py, ay), _difference(by, ay), _difference(px, ax))
    terms = np.stack([*_product(factors[0], factors[1]), *(-t for t in _product(factors[2], factors[3]))], axis=1)
    sign = np.array([(total > 0) - (total < 0) for total in map(fsum, terms.tolist())], dtype=np.int8)
    small = np.zeros(len(sign), dtype=bool)
    for part in (part for factor in factors for part in factor):
        small |= (np.abs(part) < _SMALL) & (part != 0)
    for row in np.flatnonzero(small).tolist():
        sign[row] = _by_fractions(*(float(v[row]) for v in (ax, ay, bx, by, px, py)))
    return sign


def _by_fractions(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    x, y = Fraction(ax), Fraction(ay)
    determinant = (Fraction(bx) - x) * (Fraction(py) - y) - (Fraction(by) - y) * (Fraction(px) - x)
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
