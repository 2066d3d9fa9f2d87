"""Parquet files to cells on one machine, in constant memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onemap.cases import HOW
from onemap.cases.points import PointAssigner
from onemap.errors import StoreError
from onemap.progress import Progress, part, silent
from onemap.scale.job import Cells, locator_of, plan_job
from onemap.translation import say


@dataclass(frozen=True)
class ParquetAnswer:
    """What became of the files.

    Attributes
    ----------
    path
        The folder, or the file, of the answers.
    files
        Number of files.
    done_before
        So many of them were there already, from an earlier run that was stopped.
    counts
        ``rows``, then rows by ``how``; they add up.
    """

    path: Path
    files: int
    done_before: int
    counts: dict[str, int]


def assign_parquet(
    source: str | Path,
    cells: Cells,
    out: str | Path,
    *,
    x: str | None = None,
    y: str | None = None,
    geometry: str | None = None,
    crs: Any = None,
    code: str = "cell_code",
    near_m: float = 0.0,
    border_m: float = 1.0,
    answers: Sequence[str] = ("cell", "how"),
    keep: Sequence[str] | None = None,
    batch_rows: int = 500_000,
    progress: Progress = silent,
) -> ParquetAnswer:
    """Assign the cases in Parquet files to cells, in constant memory, with the answers of `assign_cases`.

    Each file of the source is answered by a file of the same name with the same rows in the same order. A file appears
    whole or not at all; run again after a stop, and files that are done are not done twice.

    Parameters
    ----------
    source
        A Parquet or GeoParquet file, or a folder of them.
    cells
        Polygons with a CRS and a code, a `CellLocator`, or the path of an index that `CellLocator.save` kept.
    out
        The file, or the folder, to write.
    x, y
        Columns of the position; their system must be given.
    geometry
        Column of the position as WKB; by default GeoParquet's own.
    crs
        System of the positions; by default what the GeoParquet files say.
    code
        Column of the cells' codes.
    near_m, border_m
        As in `assign_cases`.
    answers
        Columns to add: of ``cell``, ``how``, ``distance_m``, ``candidates``. The first two need a look-up only, the
        others measure, which costs several times as much. ``candidates`` are joined by semicolons.
    keep
        Columns to take over; by default all.
    batch_rows
        So many rows are in memory at once.
    progress
        Told the share of the rows; may raise `Cancelled`: the files that are done stay.

    Returns
    -------
    ParquetAnswer
        With counts that add up.

    Raises
    ------
    SourceError
        There is no Parquet file, or one is damaged.
    CrsError
        A coordinate system is missing.
    SchemaError
        A column is missing or holds no positions, or an option is not as it must be.
    StoreError
        An answer cannot be written, pyarrow is not installed, or a file that is no answer stands in the place of one.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd, pandas as pd
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame({"cell_code": ["01", "02"]}, geometry=[box(0, 0, 9, 9), box(9, 0, 18, 9)], crs=4548)
    >>> folder = Path(tempfile.mkdtemp())
    >>> pd.DataFrame({"id": [1, 2, 3], "east": [5.0, 9.0, 99.0], "north": 5.0}).to_parquet(folder / "cases.parquet")
    >>> done = assign_parquet(
    ...     folder / "cases.parquet", cells, folder / "assigned.parquet", x="east", y="north", crs="EPSG:4548"
    ... )
    >>> done.counts["rows"], done.counts["outside"]
    (3, 1)
    >>> pd.read_parquet(done.path)["cell"].tolist()
    ['01', '01', nan]
    """
    files = _files()
    pairs = files.list_files(source, out)
    locator = locator_of(cells, code)
    job = plan_job(
        locator,
        x=x,
        y=y,
        geometry=geometry,
        crs=crs,
        near_m=near_m,
        border_m=border_m,
        answers=answers,
        keep=keep,
        batch_rows=batch_rows,
    )
    assigner = PointAssigner(locator, near_m=near_m, border_m=border_m)
    rows = [files.count_rows(path) for path, _ in pairs]
    whole, before, done = max(sum(rows), 1), 0, []
    for (path, target), many in zip(pairs, rows, strict=True):
        step = part(progress, before / whole, (before + many) / whole)
        done.append(files.assign_file(path, target, job, assigner, step))
        before += many
    progress(1.0, say("cases: done"))
    return answer_of(Path(out), done)


def answer_of(out: Path, done: Iterable[Any]) -> ParquetAnswer:
    """Sum up what became of each file."""
    answers = list(done)
    counts = {how: sum(answer.counts[how] for answer in answers) for how in HOW}
    return ParquetAnswer(
        path=out,
        files=len(answers),
        done_before=sum(answer.done_before for answer in answers),
        counts={"rows": sum(counts.values()), **counts},
    )


def _files() -> Any:
    """Return the module that reads and writes Parquet; without pyarrow `onemap.scale` can be imported all the same."""
    try:
        from onemap.scale import files
    except ImportError as error:
        raise StoreError.missing("pyarrow", "parquet") from error
    return files
