"""A layer whose rows hold from one day to another: the layer as it is on a day, made once for all days alike."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import pandas as pd

from onemap.domain.validity import VALID_FROM, VALID_TO
from onemap.geo.dated import day_numbers

Made = TypeVar("Made")
_EVER: Final = dt.date.min.toordinal()
_FOREVER: Final = dt.date.max.toordinal()


class Dated(Generic[Made]):
    """What is made of the rows in force on a day.

    Parameters
    ----------
    frame
        The rows; without ``valid_from`` and ``valid_to`` they are in force on every day.
    make
        Makes what is wanted of the rows in force.
    """

    def __init__(self, frame: pd.DataFrame, make: Callable[[Any], Made]) -> None:
        self.frame: Final = frame
        self._make = make
        self._starts = day_numbers(frame, VALID_FROM, _EVER)
        self._ends = day_numbers(frame, VALID_TO, _FOREVER)
        turns = set(self._starts.tolist()) | {end + 1 for end in self._ends.tolist()}
        self.turns: Final[list[int]] = sorted(turns - {_EVER, _FOREVER + 1})
        self._made: dict[bytes, Made] = {}
        self._by_epoch: dict[int, Made] = {}

    def at(self, day: int) -> Made:
        """Return what is made of the rows in force on a day, given by its ordinal."""
        epoch = bisect_right(self.turns, day)
        found = self._by_epoch.get(epoch)
        if found is None:
            keep = (self._starts <= day) & (day <= self._ends)
            key = keep.tobytes()
            if key not in self._made:
                self._made[key] = self._make(self.frame if keep.all() else self.frame[keep])
            found = self._by_epoch[epoch] = self._made[key]
        return found
