"""One batch of rows in Arrow's memory: its positions out, its answers in."""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyproj
import shapely
from numpy.typing import NDArray

from onemap.cases import HOW
from onemap.cases.places import Floats, Places, place_numbers, read_places
from onemap.cases.points import PointAnswers, PointAssigner
from onemap.errors import SchemaError
from onemap.geo.edges import Ints
from onemap.scale.job import Job

# WKB of a plane point in little-endian order: one byte order mark, four bytes of kind, two numbers.
_POINT_BYTES: Final = 21
_POINT_HEAD: Final = np.frombuffer(b"\x01\x01\x00\x00\x00", dtype=np.uint8)
_KIND_OF_CODES: Final = {str: pa.string(), int: pa.int64()}


def answer_batch(batch: Any, job: Job, assigner: PointAssigner, crs: pyproj.CRS) -> tuple[Any, NDArray[np.int64]]:
    """Return a batch with its answers as columns, and how many rows have each of `HOW`.

    Parameters
    ----------
    batch
        A ``pyarrow.RecordBatch``.
    crs
        System of its positions.
    """
    places = _places(batch, job, crs, assigner.locator.crs)
    if job.measures:
        found = assigner.answer(places)
        cell, how = found.cell, found.how
    else:
        cell, how = assigner.hold(places)
        found = None
    columns = {"cell": _codes(cell, assigner), "how": pa.DictionaryArray.from_arrays(pa.array(how), pa.array(HOW))}
    if found is not None:
        columns["distance_m"] = pa.array(found.metres, mask=np.isnan(found.metres))
        columns["candidates"] = _joined(found, assigner)
    kept, names = kept_columns(batch.schema, job)
    arrays = [*(batch.column(batch.schema.get_field_index(name)) for name in kept), *(columns[n] for n in job.answers)]
    counts = np.bincount(how, minlength=len(HOW)).astype(np.int64)
    return pa.RecordBatch.from_arrays(arrays, names=[*names, *job.answers]), counts


def kept_columns(schema: Any, job: Job) -> tuple[list[str], list[str]]:
    """Return the columns taken over and their names afterwards: ``_source`` is added where an answer has the name.

    Raises
    ------
    SchemaError
        A column that is to be kept is not there.
    """
    kept = list(schema.names) if job.keep is None else list(job.keep)
    for name in kept:
        if name not in schema.names:
            raise SchemaError("the {name} have no column {column}", name="cases", column=name)
    return kept, [f"{name}_source" if name in job.answers else name for name in kept]


def _places(batch: Any, job: Job, source: pyproj.CRS, target: pyproj.CRS) -> Places:
    if job.x is not None and job.y is not None:
        return place_numbers(_numbers(batch, job.x), _numbers(batch, job.y), source, target)
    column = _column(batch, job.geometry or "geometry")
    points = _plain_points(column)
    if points is not None:
        return place_numbers(points[:, 0], points[:, 1], source, target)
    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False), on_invalid="ignore")
    return read_places(gpd.GeoDataFrame(geometry=shapes, crs=source), target)


def _column(batch: Any, name: str) -> Any:
    at = batch.schema.get_field_index(name)
    if at < 0:
        raise SchemaError("the {name} have no column {column}", name="cases", column=name)
    return batch.column(at)


def _numbers(batch: Any, name: str) -> Floats:
    """Return a column of numbers, NaN where there is none."""
    column = _column(batch, name)
    kind = column.type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        raise SchemaError("{column} holds {kind}, no numbers", column=name, kind=str(kind))
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)


def _plain_points(column: Any) -> Floats | None:
    """Return the numbers of a WKB column that holds plane points and nothing else; None for any other."""
    wide = pa.types.is_large_binary(column.type)
    if column.null_count or not len(column) or not (wide or pa.types.is_binary(column.type)):
        return None
    offsets = np.frombuffer(column.buffers()[1], dtype=np.int64 if wide else np.int32)
    offsets = offsets[column.offset : column.offset + len(column) + 1]
    if (np.diff(offsets) != _POINT_BYTES).any():
        return None
    size = _POINT_BYTES * len(column)
    table = np.frombuffer(column.buffers()[2], dtype=np.uint8, count=size, offset=int(offsets[0]))
    table = table.reshape(-1, _POINT_BYTES)
    if (table[:, : len(_POINT_HEAD)] != _POINT_HEAD).any():
        return None
    numbers: Floats = np.ascontiguousarray(table[:, len(_POINT_HEAD) :]).view("<f8")
    # an empty point is written as two NaN; the sentence of its reason differs, but no column tells it
    return numbers


def _codes(cell: Ints, assigner: PointAssigner) -> Any:
    """Return codes as a dictionary of those that occur, so that no batch carries the codes of a whole nation."""
    codes = assigner.locator.codes
    occurs = np.zeros(len(codes) + 1, dtype=bool)
    occurs[cell] = True  # -1 marks the entry behind the last
    occurs = occurs[:-1]
    number = np.append(np.cumsum(occurs, dtype=np.int32) - 1, 0).astype(np.int32)
    indices = pa.array(number[cell], mask=cell < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(codes[occurs].tolist(), type=code_type(assigner)))


def code_type(assigner: PointAssigner) -> Any:
    """Return Arrow's type of the codes: text, or whole numbers."""
    codes = assigner.locator.codes
    return _KIND_OF_CODES[str if not len(codes) or isinstance(codes[0], str) else int]


def _joined(found: PointAnswers, assigner: PointAssigner) -> Any:
    """Return the codes of all candidates of each row, joined by semicolons as in the files of `assign_cases`."""
    codes = np.array([str(code) for code in assigner.locator.codes], dtype=object)[found.candidate]
    texts = np.full(len(found.cell), "", dtype=object)
    start = np.searchsorted(found.point, np.arange(len(texts) + 1))
    many = np.diff(start)
    texts[many == 1] = codes[start[:-1][many == 1]]
    for row in np.flatnonzero(many > 1).tolist():
        texts[row] = ";".join(codes[start[row] : start[row + 1]])
    return pa.array(texts, type=pa.string())


def answer_schema(schema: Any, job: Job, assigner: PointAssigner) -> Any:
    """Return the schema of the answered batches of a source, its metadata with it where they still hold."""
    kept, names = kept_columns(schema, job)
    types = {
        "cell": pa.dictionary(pa.int32(), code_type(assigner)),
        "how": pa.dictionary(pa.int8(), pa.string()),
        "distance_m": pa.float64(),
        "candidates": pa.string(),
    }
    fields = [schema.field(name).with_name(new) for name, new in zip(kept, names, strict=True)]
    fields += [pa.field(name, types[name]) for name in job.answers]
    metadata = {key: value for key, value in (schema.metadata or {}).items() if key == b"geo" and kept == names}
    return pa.schema(fields, metadata=metadata if job.keep is None else None)
