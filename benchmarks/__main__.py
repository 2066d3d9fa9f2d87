"""Time onemap's jobs beside its rivals, each in a process of its own, and write tables and picture.

usage: python -m benchmarks [--size tiny|small|full] [--out FOLDER]
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
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks import chart, report
from benchmarks.contest import Task
from benchmarks.datasets import REAL
from benchmarks.environments import ROOT, Place, place_of
from benchmarks.jobs import CONTESTANTS, SIZES, Job, Size, jobs
from benchmarks.results import Record, differences, growths, verdicts

Measure = Callable[[Task, Place], dict[str, Any]]
_LIMIT_S: Final = 1800


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
    for option, kinds in (("points", ("locate", "locate_cold", "assign", "locate_one")), ("buildings", ("own",)),
                          ("parts", ("out_of_core",))):  # fmt: skip
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
        task = Task(CONTESTANTS[name], job.kind, str(dataset), job.rows, str(answer), str(room), self.size.runs)
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
    size: Size, folder: Path, listed: Sequence[Job], places: dict[str, Place], measure: Measure = measure_apart
) -> list[Record]:
    """Do all jobs; say each figure as it comes."""
    records: list[Record] = []
    run = Table(size, folder, places, measure)
    for job in listed:
        for record in run.job(job):
            records.append(record)
            said = report.seconds(record.seconds) if record.figures else record.reason
            if record.figures.get("differ") is not None:
                said += f" ({record.figures['differ']} differ)"
            print(f"{job.title} · {record.contestant}: {said}", flush=True)
    return records


def write(out: Path, size: Size, records: list[Record], load: str) -> None:
    """Write the page, the picture and the figures."""
    out.mkdir(parents=True, exist_ok=True)
    page = out / "performance.md"
    text = report.measured(size, records, verdicts(records), growths(records), load)
    before = page.read_text(encoding="utf-8") if page.exists() else "# Performance\n"
    page.write_text(report.put_into(before, text), encoding="utf-8")
    (out / "performance.svg").write_text(chart.draw(records), encoding="utf-8")
    figures = [
        {"job": r.job.title, "kind": r.job.kind, "contestant": r.contestant, "reason": r.reason, **r.figures}
        for r in records
    ]
    (out / "performance.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def chosen(listed: Sequence[Job], kinds: Sequence[str], rivals: Sequence[str]) -> list[Job]:
    """Return the jobs of the kinds asked for with the rivals asked for; empty means all."""
    return [
        Job(job.kind, job.title, job.dataset, job.rows,
            tuple(name for name in job.rivals if not rivals or name in rivals), job.limits)
        for job in listed
        if not kinds or job.kind in kinds
    ]  # fmt: skip


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="small", help="small takes minutes, full most of an hour")
    parser.add_argument("--out", type=Path, help="folder of the page and the picture; docs for the full size")
    parser.add_argument("--data", type=Path, default=ROOT / ".cache" / "benchmarks", help="where data sets are kept")
    real = os.environ.get("ONEMAP_REAL_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("--real", type=Path, default=Path(real), help="folder of the real data")
    parser.add_argument("--jobs", nargs="*", default=[], help="these kinds of jobs only")
    parser.add_argument("--rivals", nargs="*", default=[], help="these rivals only")
    parser.add_argument("--no-install", action="store_true", help="leave out rivals that are not installed")
    options = parser.parse_args()
    size = SIZES[options.size]
    out = options.out or (ROOT / "docs" if size.name == "full" else ROOT / "out" / "benchmark")
    listed = chosen(jobs(size), options.jobs, options.rivals)
    names = dict.fromkeys(name for job in listed for name in ("onemap", *job.rivals))
    places = {name: place_of(name, install=not options.no_install) for name in names}
    options.data.mkdir(parents=True, exist_ok=True)
    missing = write_data(options.data, size, listed, options.real.resolve())
    for name, reason in missing.items():
        print(f"{name}: left out, {reason}", flush=True)
    start, busy = time.perf_counter(), os.getloadavg()[0]
    records = run_table(size, options.data, [job for job in listed if job.dataset not in missing], places)
    minutes = (time.perf_counter() - start) / 60
    write(out, size, records, f"{minutes:.0f} minutes, load {busy:.1f} when it began")
    print(f"written: {out / 'performance.md'}")


if __name__ == "__main__":
    main()
