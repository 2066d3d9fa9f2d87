"""Rows of whole numbers that are alike, numbered."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from onemap.geo.edges import Ints

_MOST: Final = 1 << 62
_SPARSE: Final = 8


def group(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Return a number for each distinct row of some columns of whole numbers, and a row that has it.

    Examples
    --------
    >>> number, row = group([np.array([5, 5, 7]), np.array([1, 1, 1])])
    >>> number.tolist(), row.tolist()
    ([0, 0, 1], [1, 2])
    """
    count = len(columns[0])
    if not count:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    codes: Ints = np.zeros(count, dtype=np.int64)
    width = 1
    for column in columns:
        low, high = int(column.min()), int(column.max())
        if high == low:
            continue
        if width * (high - low + 1) >= _MOST:
            codes, width = _dense(codes, width)
        own, span = (column, high - low + 1) if high - low < _MOST // width else _dense(column - low, _MOST)
        codes = codes * span + own - (low if own is column else 0)
        width *= span
    codes, many = _dense(codes, width)
    row = np.zeros(many, dtype=np.int64)
    row[codes] = np.arange(count)
    return codes, row


def _dense(codes: Ints, width: int) -> tuple[Ints, int]:
    """Return numbers without holes for numbers below a width, and how many there are."""
    if width > _SPARSE * len(codes):
        number, distinct = pd.factorize(codes)
        return number.astype(np.int64, copy=False), len(distinct)
    there = np.zeros(width, dtype=bool)
    there[codes] = True
    place = np.cumsum(there) - 1
    return place[codes], int(place[-1]) + 1


def split(numbers: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield each distinct number, and the rows that have it, ascending.

    Examples
    --------
    >>> [(number, rows.tolist()) for number, rows in split(np.array([4, 2, 4]))]
    [(2, [1]), (4, [0, 2])]
    """
    if not len(numbers):
        return
    order = np.argsort(numbers.astype(np.min_scalar_type(int(numbers.max()))), kind="stable")
    turn = np.flatnonzero(np.diff(numbers[order])) + 1
    for rows in np.split(order, turn):
        yield int(numbers[rows[0]]), rows
