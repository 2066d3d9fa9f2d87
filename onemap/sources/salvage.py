"""Files that a bulk reader gives up on: read feature by feature, so that one broken feature costs itself only.

By fiona, which hands over single features; where fiona has no wheel by pyogrio, halving the range that fails
until the failing feature stands alone.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
from shapely.errors import ShapelyError

from onemap.translation import say

from .geometries import decode_wkb, geometry_of_mapping, reason_of
from .raw import RawLayer, row_index
from .rejects import UNREADABLE, Reject

_FEATURE_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.FieldError,
    UnicodeDecodeError,
    ValueError,
)


def read_piecewise(source: Path, layer: str) -> RawLayer:
    """Read a layer feature by feature; every feature that cannot be read is listed with its row and reason."""
    if find_spec("fiona") is not None:
        raw = by_fiona(source, layer)
        if raw is not None:
            return raw
    return by_halving(source, layer)


def by_fiona(source: Path, layer: str) -> RawLayer | None:
    """Read feature by feature with fiona; None where fiona cannot open the file at all."""
    import fiona
    import fiona.errors

    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    geometries: list[Any] = []
    rejects: list[Reject] = []
    try:
        collection = fiona.open(source, layer=layer)
    except (fiona.errors.FionaError, fiona.errors.FionaValueError, OSError):
        return None
    with collection:
        crs = collection.crs_wkt or None
        features = iter(collection)
        row = 0
        while True:
            row += 1
            try:
                feature = next(features)
                geometry = geometry_of_mapping(feature.geometry)
            except StopIteration:
                break
            except (
                ShapelyError,
                fiona.errors.FionaError,
                ValueError,
                TypeError,
                KeyError,
                UnicodeDecodeError,
            ) as error:
                rejects.append(Reject(row, UNREADABLE, "", reason_of(error)))
                continue
            rows.append(dict(feature.properties))
            numbers.append(row)
            geometries.append(geometry)
    return _layer(pd.DataFrame(rows), numbers, geometries, rejects, crs=crs)


def by_halving(source: Path, layer: str) -> RawLayer:
    """Read with pyogrio, halving each range of features that fails."""
    count = pyogrio.read_info(source, layer=layer, force_feature_count=True)["features"]
    tables: list[pd.DataFrame] = []
    numbers: list[int] = []
    geometries: list[Any] = []
    rejects: list[Reject] = []
    crs = None
    for start, size, got in _ranges(source, layer, 0, count):
        if isinstance(got, Exception):
            rejects.append(Reject(start + 1, UNREADABLE, "", reason_of(got)))
            continue
        meta, geometry, fields = got
        crs = meta["crs"]
        tables.append(pd.DataFrame(dict(zip(meta["fields"], fields, strict=True)), index=range(size)))
        numbers.extend(range(start + 1, start + size + 1))
        geometries.extend([None] * size if geometry is None else geometry)
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    decoded, broken = decode_wkb(geometries, rows=np.asarray(numbers, dtype="int64"))
    gone = {reject.row for reject in broken}
    kept = [at for at, number in enumerate(numbers) if number not in gone]
    return _layer(
        table.iloc[kept],
        [numbers[at] for at in kept],
        [decoded[at] for at in kept],
        rejects + broken,
        crs=crs,
    )


def _ranges(source: Path, layer: str, start: int, size: int) -> Iterator[tuple[int, int, Any]]:
    """Yield what is read of each range, or the error of a range of one feature."""
    if size <= 0:
        return
    try:
        meta, _, geometry, fields = pyogrio.raw.read(source, layer=layer, skip_features=start, max_features=size)
        there = len(geometry) if geometry is not None else len(fields[0]) if len(fields) else size
        yield start, there, (meta, geometry, fields)
    except _FEATURE_ERRORS as error:
        if size == 1:
            yield start, 1, error
            return
        half = size // 2
        yield from _ranges(source, layer, start, half)
        yield from _ranges(source, layer, start + half, size - half)


def _layer(table: pd.DataFrame, rows: list[int], geometries: list[Any], rejects: list[Reject], *, crs: Any) -> RawLayer:
    geometry = np.empty(len(geometries), dtype=object)
    geometry[:] = geometries
    return RawLayer(
        table=table.set_axis(row_index(rows)),
        geometry=geometry,
        rows_in=len(rows) + len(rejects),
        crs=crs,
        notes=[say("{count} features could not be read", count=len(rejects))] if rejects else [],
        rejects=rejects,
    )
