"""Rows in force on a day, of frames whose rows hold from one day to another."""

import datetime as dt
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.domain.validity import VALID_FROM, VALID_TO, as_day
from onemap.errors import SchemaError, some

Frame = TypeVar("Frame", bound=pd.DataFrame)
_EVER, _FOREVER = dt.date.min.toordinal(), dt.date.max.toordinal()


def in_force(frame: Frame, as_of: Any, *, valid_from: str = VALID_FROM, valid_to: str = VALID_TO) -> Frame:
    """Return the rows in force on a day.

    A row holds from ``valid_from`` to ``valid_to``, whole days, **both included**; an empty ``valid_from`` means from
    ever, an empty ``valid_to`` for ever, and a frame without such a column is in force on every day.

    Parameters
    ----------
    frame
        Cells, duties, holders: with or without geometry, any index.
    as_of
        The day: a date, a datetime (its day) or a text such as ``2026-06-30``; None for all rows.
    valid_from, valid_to
        Columns of the first and the last day.

    Returns
    -------
    pandas.DataFrame or geopandas.GeoDataFrame
        The rows in their order, with index, columns and CRS; ``frame`` itself where no row is left out.

    Raises
    ------
    SchemaError
        ``as_of`` or a value of the two columns names no day.

    Examples
    --------
    >>> cells = pd.DataFrame({"cell_code": ["a", "b"], "valid_from": ["", "2026-07-01"], "valid_to": ["20260630", ""]})
    >>> in_force(cells, "2026-06-30")["cell_code"].tolist(), in_force(cells, "2026-07-01")["cell_code"].tolist()
    (['a'], ['b'])
    """
    day = as_day(as_of)
    if day is None:
        return frame
    starts = day_numbers(frame, valid_from, _EVER)
    ends = day_numbers(frame, valid_to, _FOREVER)
    keep = (starts <= day.toordinal()) & (day.toordinal() <= ends)
    return frame if keep.all() else frame[keep]


def day_numbers(frame: pd.DataFrame, column: str, empty: int) -> NDArray[np.int64]:
    """Return the ordinals of a column of days, ``empty`` where there is none.

    Raises
    ------
    SchemaError
        A value names no day.
    """
    if column not in frame.columns:
        return np.full(len(frame), empty, dtype=np.int64)
    values = frame[column].to_numpy(dtype=object)
    known: dict[Any, int] = {}
    wrong: list[Any] = []
    for value in pd.unique(values):
        try:
            day = None if pd.isna(value) else as_day(value)
        except SchemaError:
            wrong.append(value)
            continue
        known[value] = empty if day is None else day.toordinal()
    if wrong:
        rows = np.flatnonzero(pd.Series(values).isin(wrong))
        raise SchemaError(
            "{column}: {count} values are no dates, for example {value}; rows {rows}",
            column=column,
            count=len(rows),
            value=repr(wrong[0]),
            rows=some(rows),
        )
    return np.fromiter((empty if pd.isna(v) else known[v] for v in values), dtype=np.int64, count=len(values))
