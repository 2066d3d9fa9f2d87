"""One contestant at one job, in a process of its own: prepare once, run until the median is worth something.

usage: python -m benchmarks.contest TASK      TASK is a JSON object, see `Task`; a JSON object is printed
"""

import importlib
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Dataset


@dataclass(frozen=True)
class Task:
    """What is to be measured.

    Attributes
    ----------
    module, kind
        The contestant's module in `benchmarks.contestants` and the function in it.
    dataset, rows
        Folder of the data set, and how many points or buildings of it.
    answer
        Where to keep the answer, so that contestants can be compared.
    scratch
        An empty folder.
    runs, seconds
        No further run is started after so many runs or so many seconds.
    written
        How many points the file holds, where only the first ``rows`` of them are asked for.
    """

    module: str
    kind: str
    dataset: str
    rows: int
    answer: str
    scratch: str
    runs: int = 5
    seconds: float = 10.0
    written: int = 0

    @property
    def data(self) -> Dataset:
        """The data set."""
        return Dataset(Path(self.dataset))

    def xy(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the coordinates of the points."""
        x, y = self.data.xy(self.written or self.rows)
        return x[: self.rows], y[: self.rows]

    @property
    def room(self) -> Path:
        """The empty folder, as a path."""
        return Path(self.scratch)


@dataclass(frozen=True)
class Attempt:
    """How a contestant does a job. Reading the data is its own affair, before it returns this.

    Attributes
    ----------
    versions
        Of what counts: name -> version.
    prepare
        What can be kept between runs (an index); timed by itself.
    run
        The job, from what was prepared to the contestant's own kind of result.
    answer
        The result as numbers that contestants can be compared by: a position in the cells for each row (-1 none), or
        areas. None where it has none to show.
    figures
        Further figures of what was prepared and the last result.
    serves
        Whether another process does the work (a database server), so that this one's memory tells nothing.
    stack
        What must be closed in the end; filled before or while preparing.
    """

    versions: dict[str, str]
    prepare: Callable[[], Any]
    run: Callable[[Any], Any]
    answer: Callable[[Any], NDArray[Any]] | None = None
    figures: Callable[[Any, Any], dict[str, float]] = field(default=lambda _prepared, _result: {})
    serves: bool = False
    stack: ExitStack = field(default_factory=ExitStack)


def peak_mb() -> float:
    """Return the most memory that this process ever held, in megabytes (the kernel's own record where it keeps one)."""
    status = Path("/proc/self/status")
    if status.exists():
        # unlike getrusage, this does not count what the parent held when it started us
        line = next(row for row in status.read_text(encoding="ascii").splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def measure(task: Task) -> dict[str, Any]:
    """Let the contestant do the job; return its figures."""
    seconds: list[float] = []
    processor: list[float] = []
    module = importlib.import_module(f"benchmarks.contestants.{task.module}")
    attempt: Attempt = getattr(module, task.kind)(task)
    with attempt.stack:
        start = time.perf_counter()
        prepared = attempt.prepare()
        prepared_in = time.perf_counter() - start
        result = None
        while not seconds or (len(seconds) < task.runs and sum(seconds) < task.seconds):
            result = None  # the former result's memory is not held against the next
            start, used = time.perf_counter(), time.process_time()
            result = attempt.run(prepared)
            seconds.append(time.perf_counter() - start)
            processor.append(time.process_time() - used)
        memory = peak_mb()
        figures = attempt.figures(prepared, result)
        if attempt.answer:
            np.save(task.answer, attempt.answer(result))
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "versions": attempt.versions,
        "prepare_s": prepared_in,
        "seconds": statistics.median(seconds),
        "fastest_s": min(seconds),
        "cpu_s": statistics.median(processor),
        "runs": len(seconds),
        "peak_mb": None if attempt.serves else max(memory, children),
        "answered": attempt.answer is not None,
        **figures,
    }


def one_by_one(ask: Any, points: list[tuple[float, float]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ask for each point; return the answers and the nanoseconds that each took."""
    found, spent = [], []
    clock = time.perf_counter_ns
    for x, y in points:
        start = clock()
        cell = ask(x, y)
        spent.append(clock() - start)
        found.append(cell)
    return np.array(found), np.array(spent)


def single_figures(result: tuple[NDArray[np.int64], NDArray[np.int64]]) -> dict[str, float]:
    """Return the median and the 99th percentile in microseconds."""
    return {
        "median_us": float(np.median(result[1])) / 1000,
        "p99_us": float(np.percentile(result[1], 99)) / 1000,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Task(**json.loads(sys.argv[1])))))
