"""Frames to the typed columns of the GeoPackage and back, as the catalogue defines them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onemap.domain.catalogue import FieldSpec, LayerSpec
from onemap.errors import SchemaError
from onemap.translation import translate

_RESERVED = ("fid", "geom", "geometry", "ogc_fid")

Column = tuple[NDArray[Any], NDArray[np.bool_]]  # values, and where they are missing


def _strings(series: pd.Series) -> Column:
    missing = series.isna().to_numpy()
    if pd.api.types.infer_dtype(series, skipna=True) in ("string", "empty"):  # nearly all columns: nothing to write out
        return series.to_numpy(dtype=object, na_value=None), missing
    values = series.astype(object).map(_text, na_action="ignore").to_numpy(dtype=object, na_value=None)
    return values, missing


def _text(value: Any) -> str:
    """Write one value as text; lists of codes are joined."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else str(value)


def _integers(series: pd.Series) -> Column:
    numbers = pd.to_numeric(series, errors="raise")
    missing = numbers.isna().to_numpy()
    return numbers.fillna(0).to_numpy(dtype="int64"), missing


def _reals(series: pd.Series) -> Column:
    values = pd.to_numeric(series, errors="raise").to_numpy(dtype="float64", na_value=np.nan)
    return values, np.isnan(values)


def _booleans(series: pd.Series) -> Column:
    missing = series.isna().to_numpy()
    return series.astype("boolean").fillna(False).to_numpy(dtype=bool), missing


def _moments(series: pd.Series) -> Column:
    """UTC is stored: a moment without zone is taken as UTC."""
    moments = pd.to_datetime(series, utc=True, errors="raise", format="ISO8601" if series.dtype == object else None)
    missing = moments.isna().to_numpy()
    return moments.dt.tz_localize(None).to_numpy(dtype="datetime64[ms]"), missing


def _days(series: pd.Series) -> Column:
    moments = pd.to_datetime(series, errors="raise", format="ISO8601" if series.dtype == object else None)
    return moments.to_numpy(dtype="datetime64[D]"), moments.isna().to_numpy()


_WRITERS: Mapping[str, Callable[[pd.Series], Column]] = {
    "string": _strings,
    "integer": _integers,
    "real": _reals,
    "boolean": _booleans,
    "datetime": _moments,
    "date": _days,
}


def _kind_of(series: pd.Series) -> str:
    """Return the type in which a column that no definition names is stored."""
    if pd.api.types.is_bool_dtype(series):
        return "boolean"
    if pd.api.types.is_integer_dtype(series):
        return "integer"
    if pd.api.types.is_float_dtype(series):
        return "real"
    if pd.api.types.is_datetime64_any_dtype(series):
        return "datetime"
    return "string"


def in_chinese(sentences: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return English sentences of a table (reasons) in Chinese; where there is none, nothing.

    Examples
    --------
    >>> in_chinese(pd.Series(["in no cell", None])).tolist()
    ['不在任何网格内', None]
    """
    said = [translate(text, "zh") if isinstance(text, str) else None for text in sentences]
    return pd.Series(said, index=sentences.index, dtype=object)


def free_names(names: Iterable[Any], taken: Iterable[str] = ()) -> dict[Any, str]:
    """Return names under which columns can stand in one GeoPackage table, where case tells no two apart.

    Parameters
    ----------
    names
        Of the columns; a clashing one gets ``_src`` added.
    taken
        Names that are used already, beside those that the format reserves.

    Examples
    --------
    >>> free_names(["name", "Name", "fid"])
    {'name': 'name', 'Name': 'Name_src', 'fid': 'fid_src'}
    """
    used = {name.lower() for name in (*_RESERVED, *taken)}
    free = {}
    for name in names:
        safe = str(name)
        while safe.lower() in used:
            safe += "_src"
        used.add(safe.lower())
        free[name] = safe
    return free


def stored_fields(frame: pd.DataFrame, spec: LayerSpec) -> list[FieldSpec]:
    """Return the fields of a definition that are stored with a frame: all but the rare ones that it lacks."""
    return [field for field in spec.fields if not field.rare or field.name in frame.columns]


def to_columns(frame: pd.DataFrame, spec: LayerSpec) -> dict[str, Column]:
    """Return the columns of ``frame`` as arrays: those of the definition first and in its order, then the others.

    Parameters
    ----------
    frame
        Attributes only, no geometry column.
    spec
        Definition of the layer; its fields that the frame lacks are stored empty, the rare ones not at all.

    Raises
    ------
    SchemaError
        A value does not fit the type of its field.
    """
    columns: dict[str, Column] = {}
    known: dict[str, FieldSpec] = {field.name: field for field in stored_fields(frame, spec)}
    extra = sorted(str(name) for name in frame.columns if name not in known)
    for name in [*known, *extra]:
        series = frame[name] if name in frame.columns else pd.Series([None] * len(frame), dtype=object)
        kind = known[name].type if name in known else _kind_of(series)
        try:
            columns[name] = _WRITERS[kind](series)
        except (ValueError, TypeError, OverflowError) as error:
            raise SchemaError(
                "layer {layer}, column {column}: holds values that are not {kind}: {found}",
                layer=spec.id,
                column=name,
                kind=kind,
                found=error,
            ) from error
    return columns


def restore(frame: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Give the columns of a frame just read the types of their definition (codes stay strings)."""
    made = {}
    for field in spec.fields:
        if field.name not in frame.columns:
            continue
        series = frame[field.name]
        if field.type == "string":
            made[field.name] = series.astype(object).where(series.notna(), None)
        elif field.type == "integer":
            made[field.name] = series.astype("Int64") if series.isna().any() else series.astype("int64")
        elif field.type == "real":
            made[field.name] = series.astype("float64")
        elif field.type == "boolean":
            made[field.name] = series.astype("boolean") if series.isna().any() else series.astype(bool)
        elif field.type == "datetime":
            made[field.name] = pd.to_datetime(series, utc=True)
        elif field.type == "date":
            made[field.name] = pd.to_datetime(series)
    return frame.assign(**made)
