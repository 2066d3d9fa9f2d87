"""One Parquet file to one Parquet file, batch by batch; it appears whole or not at all, and is not done twice."""

import json
import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj

from onemap.cases import HOW
from onemap.cases.points import PointAssigner
from onemap.errors import CrsError, SourceError, StoreError
from onemap.progress import Progress, silent
from onemap.scale.batches import answer_batch, answer_schema
from onemap.scale.job import Job, crs_of, kept_assigner

_MARK: Final = b"onemap_assigned"
_SUFFIXES: Final = (".parquet", ".geoparquet", ".pq")
_DEFAULT_GEO_CRS: Final = "OGC:CRS84"


@dataclass(frozen=True)
class FileAnswer:
    """What became of one file: its counts by `HOW`, and whether it had been done before."""

    path: str
    counts: dict[str, int]
    done_before: bool


def list_files(source: str | Path, out: str | Path) -> list[tuple[Path, Path]]:
    """Return each source file with the file that answers it: same name, same place below ``out``.

    Raises
    ------
    SourceError
        There is no Parquet file.
    StoreError
        A file would answer itself.
    """
    start, target = Path(source), Path(out)
    if start.is_file():
        pairs = [(start, target / start.name if target.is_dir() else target)]
    else:
        found = sorted(path for path in start.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
        visible = [path for path in found if not any(p.startswith((".", "_")) for p in path.relative_to(start).parts)]
        pairs = [(path, target / path.relative_to(start)) for path in visible]
    if not pairs:
        raise SourceError("{path}: no Parquet file is there", path=source)
    for path, answer in pairs:
        if path.resolve() == answer.resolve():
            raise StoreError("{path}: is the source; name another place for the answer", path=path)
    return pairs


def count_rows(path: Path) -> int:
    """Return the rows of a file, from its footer.

    Raises
    ------
    SourceError
        It is no Parquet file.
    """
    with _opened(path) as file:
        return int(file.metadata.num_rows)


def assign_file(
    source: Path, target: Path, job: Job, assigner: PointAssigner, progress: Progress = silent
) -> FileAnswer:
    """Answer one file, unless its answer to this very job is there already.

    Raises
    ------
    SourceError
        The file is no Parquet file, or damaged.
    StoreError
        The answer cannot be written, or a file that is no answer stands in its place.
    """
    fingerprint = job.fingerprint(source)
    before = _done_before(target, fingerprint)
    if before is not None:
        return FileAnswer(str(target), before, done_before=True)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=".part", prefix=f".{target.stem}-", dir=target.parent)
    except OSError as error:
        raise StoreError("{path}: cannot be written ({why})", path=target, why=error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        counts = _write((source, temporary), job, assigner, fingerprint, progress)
        temporary.replace(target)
    except OSError as error:
        raise StoreError("{path}: cannot be written ({why})", path=target, why=error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return FileAnswer(str(target), counts, done_before=False)


def assign_file_by_index(source: str, target: str, job: Job, index: str) -> FileAnswer:
    """Answer one file in a worker that shares nothing but the kept index."""
    assigner = kept_assigner(index, job.cells, job.near_m, job.border_m)
    return assign_file(Path(source), Path(target), job, assigner)


def _opened(path: Path) -> Any:
    try:
        return pq.ParquetFile(path, pre_buffer=False)  # read ahead, a file would be in memory whole
    except (pa.ArrowException, OSError) as error:
        raise SourceError("{path}: cannot be read ({error})", path=path, error=_line(error)) from error


def _write(
    paths: tuple[Path, Path], job: Job, assigner: PointAssigner, fingerprint: str, progress: Progress
) -> dict[str, int]:
    """Answer the first file in the second and return the counts."""
    source, temporary = paths
    with _opened(source) as file:
        rows, schema = max(file.metadata.num_rows, 1), file.schema_arrow
        crs = _crs(schema, job, source)
        columns = None if job.keep is None else _needed(job)
        counts = np.zeros(len(HOW), dtype=np.int64)
        made = answer_schema(schema, job, assigner)
        with (
            pq.ParquetWriter(
                temporary, made, compression="zstd", compression_level=1, use_dictionary=_repeating(made)
            ) as writer,
            ThreadPoolExecutor(1) as behind,  # one batch is written while the next one is answered
        ):
            written: Future[None] | None = None
            for batch in _batches(file, job.batch_rows, columns, source):
                answered, of_batch = answer_batch(batch, job, assigner, crs)
                if written is not None:
                    written.result()
                written = behind.submit(writer.write_batch, pa.RecordBatch.from_arrays(answered.columns, schema=made))
                counts += of_batch
                progress(float(counts.sum() / rows), source.name)
            if written is not None:
                written.result()
            facts = {how: int(count) for how, count in zip(HOW, counts, strict=True)}
            writer.add_key_value_metadata({_MARK: json.dumps({"job": fingerprint, "counts": facts})})
    return facts


def _repeating(schema: Any) -> list[str] | bool:
    """Return the columns whose values repeat; a dictionary of coordinates costs more than all the rest of the job."""
    numbers = (pa.types.is_floating, pa.types.is_integer, pa.types.is_temporal, pa.types.is_decimal)
    return [field.name for field in schema if not any(is_kind(field.type) for is_kind in numbers)] or False


def _batches(file: Any, rows: int, columns: list[str] | None, path: Path) -> Iterable[Any]:
    """Yield the batches of a file; what Arrow says of a damaged one is said of that file."""
    batches = file.iter_batches(batch_size=rows, columns=columns)
    while True:
        try:
            batch = next(batches, None)
        except (pa.ArrowException, OSError) as error:
            raise SourceError("{path}: cannot be read ({error})", path=path, error=_line(error)) from error
        if batch is None:
            return
        yield batch


def _needed(job: Job) -> list[str]:
    positions = [name for name in (job.x, job.y) if name] or [job.geometry or "geometry"]
    return list(dict.fromkeys([*(job.keep or ()), *positions]))


def _crs(schema: Any, job: Job, path: Path) -> pyproj.CRS:
    """Return the system of the positions: the one declared, else the one that the GeoParquet file says."""
    if job.crs:
        return crs_of(job.crs)
    geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    about = geo.get("columns", {}).get(job.geometry or geo.get("primary_column"), {})
    found = about.get("crs", _DEFAULT_GEO_CRS) if about else None
    if found is None:
        raise CrsError("{path}: does not say its coordinate system; declare it", path=path)
    return crs_of(json.dumps(found) if isinstance(found, dict) else found)


def _done_before(target: Path, fingerprint: str) -> dict[str, int] | None:
    """Return the counts of the answer that is there, None where there is none or one to another question."""
    if not target.exists():
        return None
    try:
        metadata = pq.read_metadata(target).metadata or {}
    except (pa.ArrowException, OSError):
        metadata = {}
    if _MARK not in metadata:
        raise StoreError("{path}: stands where the answer belongs and is none; move it away", path=target)
    facts = json.loads(metadata[_MARK])
    return facts["counts"] if facts["job"] == fingerprint else None


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
