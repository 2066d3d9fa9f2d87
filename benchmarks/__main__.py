"""Time onemap's jobs beside its rivals, each in a process of its own, and write tables and picture.

usage: python -m benchmarks [--size tiny|small|full] [--out FOLDER] [--only ROW ...] [--resume]
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from benchmarks import chart, report
from benchmarks.contest import Task
from benchmarks.datasets import REAL
from benchmarks.environments import ROOT, Place, place_of
from benchmarks.jobs import CONTESTANTS, SIZES, Job, Size, jobs
from benchmarks.kept_results import KeptResults
from benchmarks.results import Record, differences, growths, verdicts

Measure = Callable[[Task, Place], dict[str, Any]]
_LIMIT_S: Final = 1800
_PATIENCE_S: Final = {"onemap": 40.0}
"""No further run after so many seconds: medians of onemap are medians of several runs."""


class ContestantError(Exception):
    """A contestant gave up; the text says why."""


def measure_apart(task: Task, place: Place) -> dict[str, Any]:
    """Let a contestant do a job in a process of its own.

    Raises
    ------
    ContestantError
        It did not finish.
    """
    command = [place.python, "-m", "benchmarks.contest", json.dumps(asdict(task))]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise ContestantError(f"not finished within {_LIMIT_S} s") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        raise ContestantError(f"failed: {last}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def folder_of(folder: Path, size: Size, name: str) -> Path:
    """Return where a data set lies; another folder when what makes it has changed."""
    makers = [ROOT / "benchmarks" / maker for maker in ("workload.py", "datasets.py")]
    wanted = wanted_of([job for job in jobs(size) if job.dataset == name])
    made_by = b"".join(maker.read_bytes() for maker in makers) + " ".join(wanted).encode()
    return folder / f"{size.name}-{name}-{hashlib.sha256(made_by).hexdigest()[:8]}"


def write_data(folder: Path, size: Size, listed: Sequence[Job], real: Path) -> dict[str, str]:
    """Write every data set that the jobs need and that is not there; return why some cannot be."""
    missing = {}
    for name in dict.fromkeys(job.dataset for job in listed):
        if name in REAL and not real.is_dir():
            missing[name] = f"no real data at {real}"
            continue
        target = folder_of(folder, size, name)
        if target.is_dir():
            continue
        for outdated in folder.glob(f"{size.name}-{name}-*"):
            shutil.rmtree(outdated)
        wanted = wanted_of([job for job in jobs(size) if job.dataset == name])  # of all jobs: the next run may ask more
        with tempfile.TemporaryDirectory(dir=folder) as unfinished:
            command = [sys.executable, "-m", "benchmarks.datasets", f"{unfinished}/data", name, "--real", str(real)]
            subprocess.run([*command, *wanted], cwd=ROOT, check=True)
            Path(unfinished, "data").rename(target)
        print(f"{name}: written", flush=True)
    return missing


def wanted_of(listed: Sequence[Job]) -> list[str]:
    """Return the options that ask `benchmarks.datasets` for what the jobs need of one data set."""
    options = ["--damaged"] if any(job.kind == "coverage" for job in listed) else []
    asking = {
        "points": ("locate", "locate_cold", "assign", "assign_kept", "locate_one"),
        "buildings": ("own",),
        "parts": ("out_of_core",),
    }
    for option, kinds in asking.items():
        counts = sorted({job.rows for job in listed if job.kind in kinds})
        if counts:
            options += [f"--{option}", *map(str, counts)]
    return options


class Table:
    """One run over the table of jobs."""

    def __init__(self, size: Size, folder: Path, places: dict[str, Place], measure: Measure) -> None:
        self.size = size
        self.folder = folder
        self.places = places
        self.measure = measure

    def job(self, job: Job) -> list[Record]:
        """Let all contestants do a job, and compare their answers."""
        with tempfile.TemporaryDirectory(prefix="onemap-bench-") as scratch:
            Path(scratch).chmod(0o755)  # a database server runs as another user
            answers = {name: Path(scratch, f"{number}.npy") for number, name in enumerate(("onemap", *job.rivals))}
            records = [self._one(job, name, answer) for name, answer in answers.items()]
            differ = differences(answers)
        for record in records:
            if record.figures:
                record.figures["differ"] = differ[record.contestant]
        return records

    def _one(self, job: Job, name: str, answer: Path) -> Record:
        place = self.places[name]
        if place.reason:
            return Record(job, name, {}, place.reason)
        dataset = folder_of(self.folder, self.size, job.dataset)
        room = answer.with_suffix("")
        room.mkdir()
        task = Task(
            CONTESTANTS[name], job.kind, str(dataset), job.rows_for(name), str(answer), str(room),
            self.size.runs, _PATIENCE_S.get(name, 10.0), job.rows,
        )  # fmt: skip
        try:
            figures = self.measure(task, place)
        except ContestantError as error:
            return Record(job, name, {}, str(error))
        finally:
            shutil.rmtree(room, ignore_errors=True)
        if "index_bytes" in figures:
            figures["index_bytes_a_cell"] = figures["index_bytes"] / figures["cells"]
        return Record(job, name, figures)


def run_table(
    size: Size,
    folder: Path,
    listed: Sequence[Job],
    places: dict[str, Place],
    measure: Measure = measure_apart,
    *,
    kept: KeptResults | None = None,
    out: Path | None = None,
) -> list[Record]:
    """Do all jobs; say each figure as it comes, and keep each row as soon as it is there."""
    records: list[Record] = []
    run = Table(size, folder, places, measure)
    for job in listed:
        load, start = os.getloadavg()[0], time.perf_counter()
        row = run.job(job)
        records += row
        for record in row:
            told = report.seconds(record.seconds) if record.figures else record.reason
            if record.figures.get("differ") is not None:
                told += f" ({record.figures['differ']} differ)"
            print(f"{job.title} · {record.contestant}: {told}", flush=True)
        for verdict in verdicts(row):
            print(report.said(verdict), flush=True)
        if kept is not None and out is not None:
            kept.add(job, row, minutes=(time.perf_counter() - start) / 60, load=load)
            write(out, size, kept.records(jobs(size)), kept.circumstances)
    return records


def write(out: Path, size: Size, records: list[Record], load: str) -> None:
    """Write the page and the picture."""
    out.mkdir(parents=True, exist_ok=True)
    page = out / "performance.md"
    text = report.measured(size, records, verdicts(records), growths(records), load)
    before = page.read_text(encoding="utf-8") if page.exists() else "# Performance\n"
    page.write_text(report.put_into(before, text), encoding="utf-8")
    (out / "performance.svg").write_text(chart.draw(records), encoding="utf-8")


def chosen(listed: Sequence[Job], kinds: Sequence[str], rivals: Sequence[str], only: Sequence[str] = ()) -> list[Job]:
    """Return the jobs of the kinds or rows asked for with the rivals asked for; empty means all."""
    return [
        replace(job, rivals=tuple(name for name in job.rivals if not rivals or name in rivals))
        for job in listed
        if (not kinds or job.kind in kinds) and (not only or job.row in only)
    ]


def options(rows: Sequence[str]) -> argparse.ArgumentParser:
    """Return what the command line takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="small", help="small takes minutes, full about 25")
    parser.add_argument("--out", type=Path, help="folder of the page and the picture; docs for the full size")
    parser.add_argument("--data", type=Path, default=ROOT / ".cache" / "benchmarks", help="where data sets are kept")
    real = os.environ.get("ONEMAP_REAL_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("--real", type=Path, default=Path(real), help="folder of the real data")
    parser.add_argument("--only", nargs="+", default=[], choices=rows, metavar="ROW",
                        help=f"these rows only, the others stay as they were measured: {', '.join(rows)}")  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="go on where a run was cut off")
    parser.add_argument("--jobs", nargs="*", default=[], help="these kinds of jobs only")
    parser.add_argument("--rivals", nargs="*", default=[], help="these rivals only")
    parser.add_argument("--no-install", action="store_true", help="leave out rivals that are not installed")
    return parser


def say_result(records: list[Record]) -> None:
    """Print which limits held."""
    judged, found = verdicts(records), growths(records)
    print("\n".join(report.said(verdict) for verdict in judged))
    for growth in found:
        word = "held" if growth.exponent <= growth.must else "NOT held"
        print(f"{word}: {growth.cost} grows with {growth.driver} ** {growth.exponent:.2f}, must {growth.must:g}")


def skipped(missing: Mapping[str, str], listed: Sequence[Job], kept: KeptResults) -> list[Job]:
    """Keep the reason why rows cannot be measured; return the others."""
    for job in listed:
        if job.dataset in missing:
            print(f"{job.title}: skipped, {missing[job.dataset]}", flush=True)
            reason = f"skipped: {missing[job.dataset]}"
            kept.add(job, [Record(job, name, {}, reason) for name in ("onemap", *job.rivals)], minutes=0.0, load=0.0)
    return [job for job in listed if job.dataset not in missing]


def main() -> None:
    """Run the benchmark."""
    asked = options([job.row for job in jobs(SIZES["full"])]).parse_args()
    size = SIZES[asked.size]
    out = asked.out or (ROOT / "docs" if size.name == "full" else ROOT / "out" / "benchmark")
    kept = KeptResults.open(out / "performance.json", size.name)
    listed = chosen(jobs(size), asked.jobs, asked.rivals, asked.only)
    if asked.resume:
        listed = [job for job in listed if not kept.has(job)]
    elif not (asked.only or asked.jobs or asked.rivals):
        kept.rows.clear()
    names = dict.fromkeys(name for job in listed for name in ("onemap", *job.rivals))
    places = {name: place_of(name, install=not asked.no_install) for name in names}
    asked.data.mkdir(parents=True, exist_ok=True)
    missing = write_data(asked.data, size, listed, asked.real.resolve())
    run_table(size, asked.data, skipped(missing, listed, kept), places, kept=kept, out=out)
    records = kept.records(jobs(size))
    write(out, size, records, kept.circumstances)
    say_result(records)
    print(f"written: {out / 'performance.md'}")


if __name__ == "__main__":
    main()
