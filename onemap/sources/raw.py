"""What the readers of single formats hand over: a table with the source's own headings, and what is known of it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .rejects import Reject


@dataclass
class RawLayer:
    """A layer as a format's reader found it, before headings, values and CRS are judged.

    ``table`` has the source's headings and the row number (1-based) as index; rows that were rejected are missing
    there, so that the numbers may have gaps. ``geometry`` is aligned with it, or None for a table whose positions
    stand in its columns.
    """

    table: pd.DataFrame
    geometry: "np.ndarray[Any, Any] | None"
    rows_in: int
    crs: Any = None
    crs_is_default: bool = False
    encoding: str | None = None
    notes: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    declared_types: dict[str, str] = field(default_factory=dict)
    cut_headings: frozenset[str] = frozenset()


def row_index(rows: Any) -> pd.Index:
    """Return row numbers as the index that every frame of this room has.

    Examples
    --------
    >>> row_index([1, 3]).name
    'row'
    """
    return pd.Index(np.asarray(rows, dtype="int64"), name="row")
