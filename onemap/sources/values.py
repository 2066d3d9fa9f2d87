"""Values to the type of their column; what does not fit becomes empty and is listed with what was found."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from onemap.domain.catalogue import fold_heading
from onemap.domain.moments import moment
from onemap.translation import say

from .rejects import VALUE, Reject, shown

_TRUE = frozenset(("1", "true", "t", "yes", "y", "是", "有", "对", "真"))
_FALSE = frozenset(("0", "false", "f", "no", "n", "否", "无", "错", "假", "没有"))
_EXACT = 2.0**53  # above, doubles skip whole numbers

Typed = tuple["pd.Series[Any]", list[Reject]]


def typed(column: "pd.Series[Any]", kind: str, *, name: str, timezone: str = "UTC") -> Typed:
    """Return a column in its type, and the values that do not fit.

    Parameters
    ----------
    column
        As read; its index is the row number.
    kind
        ``string`` (dtype str), ``integer`` (Int64), ``real`` (float64), ``boolean`` (boolean), ``date`` (objects),
        ``datetime`` (datetime64: in UTC where the values name their zone, without zone where none does).
    timezone
        Zone of the times that name none in a column where others do.

    Examples
    --------
    >>> column, rejects = typed(pd.Series(["12", "many"], index=[1, 2]), "integer", name="floors")
    >>> column.tolist(), rejects[0].found
    ([12, <NA>], 'many')
    """
    if kind == "string":
        return as_text(column), []
    if kind == "integer":
        return _numbers(column, name, whole=True)
    if kind == "real":
        return _numbers(column, name, whole=False)
    if kind == "boolean":
        return _flags(column, name)
    return _moments(column, name, kind, timezone)


def as_text(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column as text: trimmed, whole numbers without ``.0``, empty values missing.

    Examples
    --------
    >>> as_text(pd.Series([110101001.0, None])).tolist()
    ['110101001', nan]
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        column = column.map({True: "true", False: "false"})
    elif pd.api.types.is_float_dtype(column.dtype):
        values = column.to_numpy(dtype="float64", na_value=np.nan)
        text = [
            None if np.isnan(v) else str(int(v)) if v.is_integer() and abs(v) < _EXACT else repr(v)
            for v in values.tolist()
        ]
        column = pd.Series(text, index=column.index, dtype="str")
    text = column.astype("str")
    stripped = text.str.strip()
    return stripped.where(column.notna() & (stripped != ""), None).astype("str")


def _listed(column: "pd.Series[Any]", wrong: Any, reason: str) -> list[Reject]:
    return [Reject(int(column.index[at]), VALUE, shown(column.iloc[at]), reason) for at in np.flatnonzero(wrong)]


def _each(text: "pd.Series[Any]", at: Any, convert: Callable[[str], Any]) -> list[Any]:
    return [convert(value) for value in text[at]]


def _numbers(column: "pd.Series[Any]", name: str, *, whole: bool) -> Typed:
    if whole and pd.api.types.is_integer_dtype(column.dtype):
        return column.astype("Int64"), []
    text = as_text(column)
    there = text.notna().to_numpy()
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype="float64", na_value=np.nan).copy()
    odd = there & ~np.isfinite(values)
    values[odd] = _each(text, odd, _number)
    wrong = there & ~np.isfinite(values)
    if not whole:
        values[wrong] = np.nan
        reason = say("{field} must be a number", field=name)
        return pd.Series(values, index=column.index), _listed(column, wrong, reason)
    wrong |= there & ((np.floor(values) != values) | (np.abs(values) >= _EXACT))
    values[wrong] = np.nan
    result = pd.Series(values, index=column.index).astype("Int64")
    return result, _listed(column, wrong, say("{field} must be a whole number", field=name))


def _number(text: str) -> float:
    """Return a number with full-width digits or thousands' commas, NaN where it is none or infinite."""
    try:
        return float(fold_heading(text).replace(",", ""))
    except ValueError:
        return float("nan")


def _flags(column: "pd.Series[Any]", name: str) -> Typed:
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("boolean"), []
    text = as_text(column)
    known = {value: _flag(value) for value in text.dropna().unique()}
    flags = pd.array([known.get(value) for value in text], dtype="boolean")
    wrong = text.notna().to_numpy() & flags.isna()
    reason = say("{field} must be yes or no", field=name)
    return pd.Series(flags, index=column.index), _listed(column, wrong, reason)


def _flag(text: str) -> bool | None:
    folded = fold_heading(text).removesuffix(".0")
    return True if folded in _TRUE else False if folded in _FALSE else None


def _moments(column: "pd.Series[Any]", name: str, kind: str, timezone: str) -> Typed:
    reason = say("{field} must be a date", field=name) if kind == "date" else say("{field} must be a time", field=name)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return (_days(column) if kind == "date" else _utc(column)), []
    text = as_text(column)
    known = {value: moment(value) for value in text.dropna().unique()}
    found = [known.get(value) for value in text]
    wrong = text.notna().to_numpy() & np.array([value is None for value in found], dtype=bool)
    rejects = _listed(column, wrong, reason)
    if kind == "date":
        days = [None if value is None else value.date() for value in found]
        return pd.Series(days, index=column.index, dtype="object"), rejects
    zoned = any(value is not None and value.tzinfo is not None for value in found)
    if not zoned:
        return pd.Series(found, index=column.index, dtype="datetime64[us]"), rejects
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(timezone)
    whole = [value if value is None or value.tzinfo else value.replace(tzinfo=zone) for value in found]
    utc = [None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None) for value in whole]
    return pd.Series(utc, index=column.index, dtype="datetime64[us]").dt.tz_localize("UTC"), rejects


def _days(column: "pd.Series[Any]") -> "pd.Series[Any]":
    return column.dt.date.astype("object").where(column.notna(), None)


def _utc(column: "pd.Series[Any]") -> "pd.Series[Any]":
    return column.dt.tz_convert("UTC") if column.dt.tz is not None else column
