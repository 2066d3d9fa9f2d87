"""The same job on Spark: Arrow batches to and fro, the index mapped once in each of its Python processes."""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from onemap.cases import HOW
from onemap.errors import CrsError, SourceError, StoreError
from onemap.progress import Progress, silent
from onemap.scale.job import Cells, Job, crs_of, kept_assigner, locator_of, plan_job
from onemap.scale.on_dask import kept_index
from onemap.scale.parquet import ParquetAnswer
from onemap.translation import say

_LOOK_SECONDS: Final = 0.2


def assign_spark(
    spark: Any,
    source: Any,
    cells: Cells,
    out: str | Path,
    *,
    code: str = "cell_code",
    progress: Progress = silent,
    **options: Any,
) -> ParquetAnswer:
    """Assign cases to cells with Spark, by ``mapInArrow``.

    The rows are those that `assign_parquet` answers, in files that Spark cuts and writes; Spark answers lost tasks
    again. Cells' index and answers lie where all executors see them.

    Parameters
    ----------
    spark
        A ``pyspark.sql.SparkSession``; onemap is installed where its executors run.
    source
        A Parquet file or folder, or a Spark ``DataFrame``.
    cells, code
        As in `assign_parquet`. Cells that are no kept index are kept beside ``out`` until the work is done.
    out
        Folder to write; it must not exist.
    progress
        Told the share of Spark's tasks; may raise `Cancelled`, which stops the job.
    **options
        ``x y geometry near_m border_m answers keep``, as in `assign_parquet`; ``crs`` must be given, since Spark does
        not read what GeoParquet files say. ``batch_rows`` is Spark's own ``maxRecordsPerBatch``.

    Returns
    -------
    ParquetAnswer
        With counts by ``how`` where that column is asked for.

    Raises
    ------
    CrsError, SchemaError, StoreError
        As `assign_parquet` does; ``out`` exists; or pyspark is not installed.
    """
    frame_of_file = _reader(spark)
    target = Path(out)
    if target.exists():
        raise StoreError("{path}: exists already; Spark's answers go to a new folder", path=target)
    locator = locator_of(cells, code)
    job = plan_job(locator, **options)
    if not job.crs:
        raise CrsError("the {name} have no coordinate system; declare it", name="cases")
    frame = frame_of_file(source) if isinstance(source, str | Path) else source
    with kept_index(cells, locator, target.parent) as index:
        assigner = kept_assigner(str(index), job.cells, job.near_m, job.border_m)
        answered = frame.mapInArrow(partial(answer_batches, job=job, index=str(index)), _schema(frame, job, assigner))
        _watched(spark, lambda: answered.write.parquet(str(target)), progress)
    return _counted(spark, target, job)


def answer_batches(batches: Iterable[Any], job: Job, index: str) -> Iterator[Any]:
    """Answer Spark's Arrow batches, in one of its Python processes."""
    import pyarrow as pa

    from onemap.scale.batches import answer_batch

    assigner = kept_assigner(index, job.cells, job.near_m, job.border_m)
    for batch in batches:
        answered, _ = answer_batch(batch, job, assigner, crs_of(job.crs))
        plain = [
            column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in answered.columns
        ]
        yield pa.RecordBatch.from_arrays(plain, names=answered.schema.names)


def _reader(spark: Any) -> Any:
    try:
        import pyarrow as pa  # noqa: F401 - it is needed in every executor
        import pyspark  # noqa: F401
    except ImportError as error:
        raise StoreError.missing("pyspark", "spark") from error

    def read(path: str | Path) -> Any:
        if not Path(path).exists():
            raise SourceError("{path}: no Parquet file is there", path=path)
        return spark.read.parquet(str(Path(path).resolve()))

    return read


def _schema(frame: Any, job: Job, assigner: Any) -> Any:
    """Return Spark's schema of the answer."""
    from pyspark.sql.types import DoubleType, LongType, StringType, StructField, StructType

    from onemap.scale.batches import code_type, kept_columns

    kept, names = kept_columns(frame.schema, job)
    fields = [StructField(new, frame.schema[name].dataType) for name, new in zip(kept, names, strict=True)]
    text = str(code_type(assigner)) == "string"
    types = {
        "cell": StringType() if text else LongType(),
        "how": StringType(),
        "distance_m": DoubleType(),
        "candidates": StringType(),
    }
    return StructType([*fields, *(StructField(name, types[name]) for name in job.answers)])


def _watched(spark: Any, work: Any, progress: Progress) -> None:
    """Do Spark's work in a thread, tell the share of its tasks, and stop it when the progress raises."""
    context, group = spark.sparkContext, f"onemap-{uuid4()}"

    def grouped() -> None:
        context.setJobGroup(group, "onemap", interruptOnCancel=True)
        work()

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(grouped)
        pause = threading.Event()
        try:
            while not running.done():
                pause.wait(_LOOK_SECONDS)
                progress(_share(context.statusTracker(), group), say("cases: which cell holds each"))
        except BaseException:
            while not running.done():  # a job that is only about to begin does not hear the first call
                context.cancelJobGroup(group)
                pause.wait(_LOOK_SECONDS)
            raise
        running.result()
    progress(1.0, say("cases: done"))


def _share(tracker: Any, group: str) -> float:
    """Return the share of the tasks that are done, of the stages that Spark has begun."""
    done = whole = 0
    for job_id in tracker.getJobIdsForGroup(group):
        about = tracker.getJobInfo(job_id)
        for stage_id in about.stageIds if about else ():
            stage = tracker.getStageInfo(stage_id)
            if stage:
                done, whole = done + stage.numCompletedTasks, whole + stage.numTasks
    return min(done / whole, 1.0) if whole else 0.0


def _counted(spark: Any, target: Path, job: Job) -> ParquetAnswer:
    """Return the counts of what Spark wrote."""
    written = spark.read.parquet(str(target.resolve()))
    if "how" in job.answers:
        found = {row["how"]: row["count"] for row in written.groupBy("how").count().collect()}
        counts = {how: int(found.get(how, 0)) for how in HOW}
        counts = {"rows": sum(counts.values()), **counts}
    else:
        counts = {"rows": written.count()}
    return ParquetAnswer(path=target, files=len(list(target.glob("*.parquet"))), done_before=0, counts=counts)
