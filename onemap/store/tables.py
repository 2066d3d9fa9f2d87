"""Answer tables as CSV, GeoPackage, GeoParquet and Excel. A file appears whole or not at all."""

import importlib
import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from onemap.errors import StoreError

from .columns import free_names

# What a spreadsheet takes for the start of a formula (OWASP ASVS 1.2.10), full-width forms included.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_MOST_EXCEL_ROWS: Final = 1_048_575

Rows = TypeVar("Rows", bound=pd.DataFrame)

TABLE_FILES: Final = {
    "case": "cases",
    "near_border": "near_border",
    "decision": "decisions",
    "finding_decision": "finding_decisions",
    "defect": "defects",
    "defect_line": "defect_lines",
    "coverage_gap": "gaps",
    "object_gap": "object_gaps",
    "duty_gap": "duty_gaps",
    "duty_conflict": "duty_conflicts",
    "audit": "audit",
    "audit_finding": "audit_findings",
    "audit_exception": "audit_exceptions",
    "version_change": "version_changes",
    "version_piece": "version_pieces",
    "reject": "rejects",
    "repair": "repairs",
    "completeness": "completeness",
}
"""Layers of a run that are also written as tables, and the names of their files (``tables/NAME.csv``)."""


def write_tables(tables: Mapping[str, pd.DataFrame], path: Path) -> Path:
    """Write the first table to ``path`` and the others beside or inside it, by the suffix of ``path``.

    Tables with and without geometry; points become x and y in CSV and Excel, other geometries WKT.

    Raises
    ------
    StoreError
        The suffix is unknown, an extra is not installed, or the file cannot be written.
    """
    writers: dict[str, Callable[[Mapping[str, pd.DataFrame], Path], None]] = {
        ".csv": _write_csv,
        ".gpkg": _write_geopackage,
        ".parquet": _write_parquet,
        ".xlsx": _write_excel,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise StoreError(
            "{path}: cannot write this kind of file; use one of {known}", path=path, known=", ".join(writers)
        )
    if ";" in path.name:
        raise StoreError("{path}: a file name with ; cannot be opened; rename it", path=path)
    if not path.parent.is_dir():
        raise StoreError("{path}: there is no folder {folder}", path=path, folder=path.parent)
    try:
        writer(tables, path)
    except OSError as error:
        raise StoreError("{path}: cannot be written ({why})", path=path, why=error.strerror or error) from error
    except pyogrio.errors.DataSourceError as error:
        raise StoreError("{path}: cannot be written ({why})", path=path, why=error) from error
    return path


def harmless(value: Any) -> Any:
    """Return text that no spreadsheet takes for a formula: a quote is put before it; other values stay.

    Examples
    --------
    >>> harmless("=1+1"), harmless("青禾"), harmless(-3)
    ("'=1+1", '青禾', -3)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def with_answer(rows: Rows, answer: pd.DataFrame) -> Rows:
    """Return rows, with shapes or without, and the columns of their answer.

    Own columns of such a name get ``_source`` added.

    Examples
    --------
    >>> houses = gpd.GeoDataFrame({"cell": ["old"]}, geometry=[shapely.Point(1, 1)])
    >>> with_answer(houses, pd.DataFrame({"cell": ["01"]})).columns.tolist()
    ['cell_source', 'geometry', 'cell']
    """
    taken = {*rows.columns, *answer.columns}
    names: dict[Any, str] = {}
    for name in answer.columns.intersection(rows.columns):
        own = f"{name}_source"
        while own in taken:
            own += "_source"
        taken.add(own)
        names[name] = own
    joined = rows.rename(columns=names)
    if isinstance(rows, gpd.GeoDataFrame) and rows.geometry.name in names:
        joined = joined.set_geometry(names[rows.geometry.name])
    for name in answer.columns:
        joined[name] = answer[name].array
    return joined


def _replace(path: Path, write: Callable[[Path], None]) -> None:
    """Write to a temporary file in the same folder, then rename it: never half a file under the wanted name."""
    handle, name = tempfile.mkstemp(suffix=path.suffix, prefix=f".{path.stem}-", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        temporary.unlink()
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _beside(tables: Mapping[str, pd.DataFrame], path: Path) -> list[tuple[pd.DataFrame, Path]]:
    first, *others = tables.items()
    return [(first[1], path)] + [(frame, path.with_suffix(f".{name}{path.suffix}")) for name, frame in others]


def _geometry_name(frame: pd.DataFrame) -> Any:
    """Return the name of the geometry column, None where there is none."""
    return frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without geometry: x and y (or WKT) instead, tuples joined, formulas disarmed."""
    if _geometry_name(frame) is None:
        return _disarmed(_flat(frame))
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    shapes = frame.geometry.to_numpy()
    kinds = shapely.get_type_id(shapes)
    if (kinds > 0).any():
        table["wkt"] = shapely.to_wkt(shapes)
    elif (kinds == 0).any() or frame.empty:
        points = np.where(shapely.is_empty(shapes), None, shapes)
        for axis, values in (("x", shapely.get_x(points)), ("y", shapely.get_y(points))):
            table[axis if axis not in table.columns else f"{axis}_geometry"] = values
    return _disarmed(_flat(table))


def _disarmed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with every text that a spreadsheet would take for a formula made plain."""
    for name in table.columns:
        if _may_hold_formulas(table[name]):
            table[name] = table[name].map(harmless)
    return table.rename(columns=harmless)


def _may_hold_formulas(column: "pd.Series[Any]") -> bool:
    """Tell whether any text of a column begins like a formula; asked of the whole column, since hardly one does."""
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return False
    if pd.api.types.infer_dtype(column, skipna=True) not in ("string", "empty"):
        return True
    return bool(column.astype("str").str.startswith(_FORMULA, na=False).any())


def _flat(table: Any) -> Any:
    """Join tuples (candidates) by semicolons, which no format of ours keeps, and bring times to UTC; names are text."""
    flat = table.rename(columns=str)
    for name in flat.columns:
        if isinstance(flat[name].dtype, pd.DatetimeTZDtype):
            flat[name] = flat[name].dt.tz_convert("UTC")
        if flat[name].dtype == object and flat[name].map(lambda v: isinstance(v, tuple)).any():
            flat[name] = flat[name].map(lambda v: ";".join(map(str, v)) if isinstance(v, tuple) else v)
    return flat


def _write_csv(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    for frame, target in _beside(tables, path):
        table = _plain(frame)
        _replace(target, partial(table.to_csv, index=False, encoding="utf-8-sig", lineterminator="\r\n"))


def _write_geopackage(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    def write(temporary: Path) -> None:
        for name, frame in tables.items():
            flat = _flat(frame)
            pyogrio.write_dataframe(
                flat.rename(columns=free_names(name for name in flat.columns if name != _geometry_name(flat))),
                temporary,
                layer=name,
                driver="GPKG",
                append=temporary.exists(),
                geometry_type=_geometry_type(frame),
                dataset_options={"VERSION": "1.3"},
            )

    _replace(path, write)


def _geometry_type(frame: pd.DataFrame) -> str | None:
    """Return what a layer may hold: also an empty one has a type, and one of points stays one of points."""
    if _geometry_name(frame) is None:
        return None
    points = (shapely.get_type_id(frame.geometry.to_numpy()) <= 0).all()
    return "Point" if points else "Unknown"


def _write_parquet(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    _require("pyarrow", "parquet")
    for frame, target in _beside(tables, path):
        flat = _flat(frame)
        objects = [name for name in flat.columns if flat[name].dtype == object]
        for name in objects:  # a column of Parquet is of one type
            if pd.api.types.infer_dtype(flat[name], skipna=True).startswith("mixed"):
                flat[name] = flat[name].map(str, na_action="ignore")
        _replace(target, partial(flat.to_parquet, index=False))


def _write_excel(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    openpyxl = _require("openpyxl", "excel")
    for name, frame in tables.items():
        if len(frame) > _MOST_EXCEL_ROWS:
            raise StoreError(
                "{path}: {name} has {rows} rows and Excel takes {most}; write .csv or .gpkg",
                path=path,
                name=name,
                rows=len(frame),
                most=_MOST_EXCEL_ROWS,
            )
    book = openpyxl.Workbook(write_only=True)
    for name, frame in tables.items():
        sheet = book.create_sheet(name)
        table = _plain(frame)
        sheet.append([str(column) for column in table.columns])
        columns = [[_excel_value(v) for v in table[column].tolist()] for column in table.columns]
        for row in zip(*columns, strict=True):
            sheet.append(row)
    _replace(path, book.save)


def _excel_value(value: Any) -> Any:
    """Return what Excel can hold: no time zones, no missing-value markers, no control characters."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return None
    if isinstance(value, pd.Timestamp):
        return value.tz_convert("UTC").tz_localize(None).to_pydatetime() if value.tzinfo else value.to_pydatetime()
    if isinstance(value, str):
        return "".join(c for c in value if c in "\t\n\r" or ord(c) >= 32)  # noqa: PLR2004 - below it Excel's XML ends
    return value if isinstance(value, int | float | bool) else str(value)


def _require(module: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise StoreError.missing(module, extra) from error
