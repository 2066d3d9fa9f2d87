"""The same job on the workers of a Dask cluster: one file a task, the index mapped once in each process."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onemap.errors import StoreError
from onemap.geo.locator import CellLocator
from onemap.progress import Progress, silent
from onemap.scale.job import Cells, locator_of, plan_job
from onemap.scale.parquet import ParquetAnswer, answer_of
from onemap.translation import say


def assign_dask(
    client: Any,
    source: str | Path,
    cells: Cells,
    out: str | Path,
    *,
    code: str = "cell_code",
    progress: Progress = silent,
    **options: Any,
) -> ParquetAnswer:
    """Assign the cases in Parquet files to cells on the workers of a Dask cluster.

    The files are those that `assign_parquet` writes, byte for byte: each worker answers whole files. A worker that is
    lost costs the file it was at, which the scheduler gives to another one. Source, index and answers lie where all
    workers see them.

    Parameters
    ----------
    client
        A ``distributed.Client``.
    source, cells, out, code
        As in `assign_parquet`. Cells that are no kept index are kept in ``out`` until the work is done.
    progress
        Told the share of the files; may raise `Cancelled`: the files that are done stay.
    **options
        ``x y geometry crs near_m border_m answers keep batch_rows``, as in `assign_parquet`.

    Returns
    -------
    ParquetAnswer
        With counts that add up.

    Raises
    ------
    OnemapError
        As `assign_parquet` does.
    StoreError
        ``dask.distributed`` is not installed.
    """
    try:
        from distributed import as_completed

        from onemap.scale.files import assign_file_by_index, list_files
    except ImportError as error:
        raise StoreError.missing("dask.distributed", "dask") from error
    pairs = list_files(source, out)
    locator = locator_of(cells, code)
    job = plan_job(locator, **options)
    with kept_index(cells, locator, Path(out) if Path(source).is_dir() else Path(out).parent) as index:
        futures = [
            client.submit(
                assign_file_by_index,
                str(path.resolve()),
                str(target.resolve()),
                job,
                str(index),
                pure=False,
            )
            for path, target in pairs
        ]
        try:
            finished = as_completed(futures)  # type: ignore[no-untyped-call]
            for done, future in enumerate(finished, start=1):
                future.result()  # an error of a file is raised here, as soon as it is known
                progress(done / len(futures), say("cases: {done} of {files} files", done=done, files=len(futures)))
            return answer_of(Path(out), client.gather(futures))
        finally:
            client.cancel(futures)


@contextlib.contextmanager
def kept_index(cells: Cells, locator: CellLocator, folder: Path) -> Iterator[Path]:
    """Give the path of the kept index; where there is none yet, keep it in ``folder`` for the time being."""
    if isinstance(cells, str | Path):
        yield Path(cells).resolve()
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".cells-", dir=folder) as kept:
        yield locator.save(Path(kept).resolve() / "cells.index")
