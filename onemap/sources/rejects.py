"""What could not be read as it stood: rows that were left out, and values of rows that were kept."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd

COLUMNS = ("source", "row", "kind", "found", "reason", "removed")

UNREADABLE = "unreadable"
"""The row is not in the frame."""
VALUE = "bad_value"
"""The row is in the frame; one value of it does not fit its column and is empty there."""
POSITION = "bad_position"
"""The row is in the frame without geometry: its position says something, but no place."""

REMOVING = frozenset({UNREADABLE})
"""Kinds of rejects whose row is not in the frame: rows in = rows of the frame + rejects of these kinds."""


class Reject(NamedTuple):
    """One row, or one value of a row, that is listed; ``reason`` is a finished English sentence."""

    row: int
    kind: str
    found: str
    reason: str


def shown(value: Any, *, most: int = 80) -> str:
    """Return a value as text for the column ``found``, at most ``most`` characters.

    Examples
    --------
    >>> shown("1.2.3")
    '1.2.3'
    >>> len(shown("x" * 500))
    80
    """
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text if len(text) <= most else text[: most - 1] + "…"


def reject_table(source: str, rejects: Iterable[Reject]) -> pd.DataFrame:
    """Return rejects as a table with the columns of `COLUMNS`, by row.

    Examples
    --------
    >>> reject_table("a.csv", [Reject(3, VALUE, "many", "not a whole number")])["row"].tolist()
    [3]
    """
    rows: Sequence[Reject] = sorted(rejects)
    return pd.DataFrame(
        {
            "source": pd.Series([source] * len(rows), dtype="str"),
            "row": pd.Series([reject.row for reject in rows], dtype="int64"),
            "kind": pd.Series([reject.kind for reject in rows], dtype="str"),
            "found": pd.Series([reject.found for reject in rows], dtype="str"),
            "reason": pd.Series([reject.reason for reject in rows], dtype="str"),
            "removed": pd.Series([reject.kind in REMOVING for reject in rows], dtype="bool"),
        },
        columns=list(COLUMNS),
    )
