"""Parquet and GeoParquet, through pyarrow (the extra ``onemap[parquet]``)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from onemap.errors import SourceError

from .geometries import decode_wkb
from .raw import RawLayer, row_index

_MOST_ROWS = 50_000_000


def read_parquet(path: Path) -> RawLayer:
    """Read a Parquet file; where it says that it is GeoParquet, with its geometry and CRS.

    Raises
    ------
    SourceError
        pyarrow is not there, or the file is damaged.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise SourceError(
            "{path}: cannot be read, since {found}", path=path, found=SourceError.missing("pyarrow", "parquet")
        ) from error
    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows > _MOST_ROWS:
                raise SourceError("{path}: more than {most} rows; split it", path=path, most=_MOST_ROWS)
            arrow = file.read()
        geo = json.loads((arrow.schema.metadata or {}).get(b"geo", b"null"))
        arrow = arrow.replace_schema_metadata(None)
        whole = {pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}
        whole |= {pa.bool_(): pd.BooleanDtype()}
        table = arrow.to_pandas(types_mapper=whole.get, date_as_object=True)
    except (pa.ArrowException, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise SourceError("{path}: cannot be read ({error})", path=path, error=" ".join(str(error).split())) from error
    table.index = row_index(np.arange(1, len(table) + 1))
    if not isinstance(geo, dict):
        return RawLayer(table, None, len(table))
    return _with_geometry(table, geo, path)


def _with_geometry(table: pd.DataFrame, geo: dict[str, Any], path: Path) -> RawLayer:
    name = geo.get("primary_column")
    about = geo.get("columns", {}).get(name, {}) if isinstance(geo.get("columns"), dict) else {}
    if name not in table.columns or about.get("encoding") != "WKB":
        raise SourceError("{path}: the GeoParquet geometry {name} is not there as WKB", path=path, name=name)
    geometry, rejects = decode_wkb(table[name].to_numpy(), rows=table.index.to_numpy())
    others = [column for column in geo["columns"] if column != name and column in table.columns]
    gone = [reject.row for reject in rejects]
    kept = ~table.index.isin(gone)
    # the standard's default, where the member is absent; null there means that it is unknown
    crs = about.get("crs", "OGC:CRS84")
    return RawLayer(
        table=table.drop(columns=[name, *others])[kept],
        geometry=geometry[kept],
        rows_in=len(table),
        crs=json.dumps(crs) if isinstance(crs, dict) else crs,
        crs_is_default="crs" not in about,
        rejects=rejects,
    )
