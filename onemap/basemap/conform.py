"""Rows against the layer's definition: allowed values, keys and codes. What does not fit is listed.

A row is left out only where it cannot stand in its layer at all: a grid without a code that can be trusted, or the
very same row twice. Every other fault empties the value and lists it. Cases are never left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.domain.catalogue import FieldSpec, LayerSpec
from onemap.domain.codes import CodeProfile
from onemap.store.columns import free_names
from onemap.translation import say

REJECT_COLUMNS = ("source", "row", "kind", "found", "reason", "removed")
_DTYPE = {
    "string": "str",
    "integer": "Int64",
    "real": "float64",
    "date": "object",
    "datetime": "datetime64[ms, UTC]",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Conformed:
    """The rows that stand in the layer, and the list of what did not fit (index ``row`` of the source kept)."""

    frame: gpd.GeoDataFrame
    rejects: pd.DataFrame


class Rejects:
    """Collects the listed rows of one source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.parts: list[pd.DataFrame] = []

    def add(
        self, rows: pd.Index, *, kind: str, found: Iterable[Any], reason: str | Iterable[str], removed: bool = False
    ) -> None:
        """List ``rows`` of the source, each with what was found there."""
        if len(rows) == 0:
            return
        part = pd.DataFrame({"row": pd.array(np.asarray(rows, dtype=np.int64), dtype="Int64")})
        part["source"] = self.source
        part["kind"] = kind
        part["found"] = [_shown(one) for one in found]
        part["reason"] = reason if isinstance(reason, str) else list(reason)
        part["removed"] = removed
        self.parts.append(part)

    def add_whole(self, *, kind: str, found: str, reasons: Iterable[str]) -> None:
        """List what is said of the source as a whole: no row is meant."""
        for reason in reasons:
            part = pd.DataFrame({"row": pd.Series([pd.NA], dtype="Int64"), "source": self.source, "kind": kind})
            self.parts.append(part.assign(found=found, reason=reason, removed=False))

    def table(self) -> pd.DataFrame:
        """Return all listed rows in the order of the source."""
        if not self.parts:
            return pd.DataFrame({name: pd.Series(dtype=_DTYPES[name]) for name in REJECT_COLUMNS})
        table = pd.concat(self.parts, ignore_index=True)[list(REJECT_COLUMNS)]
        return table.sort_values(["row", "kind"], kind="stable", ignore_index=True)


_DTYPES = {"source": "str", "row": "Int64", "kind": "str", "found": "str", "reason": "str", "removed": "bool"}


def conform(
    frame: gpd.GeoDataFrame,
    spec: LayerSpec,
    *,
    source: str,
    profile: CodeProfile | None = None,
    timezone: str = "UTC",
) -> Conformed:
    """Bring the rows of one source to the columns and values of their layer.

    Parameters
    ----------
    frame
        As read, with canonical columns in their types; its index is the source's row number.
    spec
        Definition of the layer.
    source
        How the source is named in the list of rejects.
    profile
        The code profile that the codes of a grid layer are checked by.
    timezone
        Zone of times that say none; stored are times in UTC.

    Returns
    -------
    Conformed
        ``frame`` has every column of ``spec`` first, then the source's own columns.
    """
    rejects = Rejects(source)
    columns: dict[str, Any] = {}
    for one in spec.fields:
        if one.name not in frame.columns:
            columns[one.name] = pd.Series([None] * len(frame), index=frame.index, dtype=_DTYPE[one.type])
            continue
        column = frame[one.name]
        if one.type == "datetime":
            column = _in_utc(column, timezone)
        columns[one.name] = _allowed(column, one, rejects) if one.values else column  # noqa: PD011 - a mapping of ours
    for name, safe in _safe_names(frame, spec).items():
        columns[safe] = frame[name]
    whole = gpd.GeoDataFrame(columns, geometry=frame.geometry.array, crs=frame.crs, index=frame.index)
    gone = _bad_keys(whole, spec, profile, rejects)
    return Conformed(whole[~gone] if gone.any() else whole, rejects.table())


def _safe_names(frame: gpd.GeoDataFrame, spec: LayerSpec) -> dict[str, str]:
    """Return the source's own columns with names that a GeoPackage can hold beside the layer's columns."""
    known = {one.name for one in spec.fields}
    extras = [name for name in frame.columns if name not in known and name != frame.geometry.name]
    return free_names(extras, known)


def _in_utc(times: pd.Series, timezone: str) -> pd.Series:
    """Return times in UTC, to the millisecond; those that name no zone are in ``timezone``."""
    if times.dt.tz is None:
        # an hour that the clock doubles is taken as winter time: the choice is always the same
        times = times.dt.tz_localize(timezone, ambiguous=False, nonexistent="shift_forward")
    return times.dt.tz_convert("UTC").dt.as_unit("ms")


def _allowed(column: pd.Series, field: FieldSpec, rejects: Rejects) -> pd.Series:
    """Return the allowed values that are meant by those found; what means none is listed and becomes empty."""
    texts = column.astype("str").mask(column.isna())
    meant = texts.map({one: field.value_of(one) for one in texts.dropna().unique()})
    wrong = texts.notna() & meant.isna()
    if wrong.any():
        allowed = ", ".join(map(str, field.values))
        reason = say("{field} must be one of {allowed}", "en", field=field.name, allowed=allowed)
        rejects.add(column.index[wrong], kind="bad_value", found=column[wrong], reason=reason)
    return meant if field.type == "string" else column.mask(wrong)


def _bad_keys(frame: gpd.GeoDataFrame, spec: LayerSpec, profile: CodeProfile | None, rejects: Rejects) -> pd.Series:
    """List missing, damaged and repeated keys; return which rows cannot stand in the layer."""
    gone = pd.Series(data=False, index=frame.index)
    if not spec.key or frame.empty:
        return gone
    keys = frame[spec.key]
    is_grid = spec.class_id in ("grid", "duty")
    if keys.isna().any() and (is_grid or spec.field(spec.key).required):
        missing = keys.isna()
        removed = is_grid
        reason = say("{field} is empty", "en", field=spec.key)
        rejects.add(
            frame.index[missing], kind="missing_code", found=[""] * int(missing.sum()), reason=reason, removed=removed
        )
        gone |= missing & removed
    if profile is not None and spec.class_id == "grid":
        wrong = {code: "; ".join(map(str, profile.validate(code))) for code in keys.dropna().unique()}
        bad = keys.map(wrong).fillna("") != ""
        rejects.add(frame.index[bad], kind="bad_code", found=keys[bad], reason=keys[bad].map(wrong), removed=True)
        gone |= bad
    _list_repeated(frame, spec, rejects, gone)
    return gone


def _list_repeated(frame: gpd.GeoDataFrame, spec: LayerSpec, rejects: Rejects, gone: pd.Series) -> None:
    """List rows whose key stands in an earlier row; the very same row again is left out, except of cases.

    Repeated codes of grids are found, and told with their place, by the coverage and nesting checks.
    """
    if spec.class_id in ("grid", "duty"):
        return
    live = frame[frame[spec.key].notna() & ~gone]
    repeated = live[live.duplicated(spec.key, keep=False)]
    if repeated.empty:
        return
    shapes = pd.Series(shapely.to_wkb(repeated.geometry.array), index=repeated.index)
    keyed = pd.DataFrame({"key": repeated[spec.key], "shape": shapes})
    again = repeated.duplicated(spec.key)
    same = keyed.duplicated() & (spec.id != "case")
    first = pd.Series(repeated.index, index=repeated.index).groupby(repeated[spec.key]).transform("first")
    for rows, removed in ((again & ~same, False), (same, True)):
        reasons = [
            say("{field} {code} stands in row {row} already", "en", field=spec.key, code=code, row=row)
            for code, row in zip(repeated[spec.key][rows], first[rows], strict=True)
        ]
        rejects.add(
            repeated.index[rows], kind="duplicate", found=repeated[spec.key][rows], reason=reasons, removed=removed
        )
    gone |= same.reindex(gone.index, fill_value=False)


def _shown(value: Any) -> str:
    """Return what was found as text, cut where it is very long."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    text = str(value)
    most = 200
    return text if len(text) <= most else text[: most - 1] + "…"
