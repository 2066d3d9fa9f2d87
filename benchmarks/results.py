"""What the measurements say: who was how much faster, which limits hold, whose answers differ, how costs grow."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.jobs import Job, Limit

_SAME_AREA: Final = 1e-6  # relative: crumbs of a union, not a difference of answers


@dataclass(frozen=True)
class Record:
    """One contestant at one job: its figures, or why there are none."""

    job: Job
    contestant: str
    figures: dict[str, Any]
    reason: str = ""

    @property
    def seconds(self) -> float | None:
        """Median of the runs; for single points that of one point."""
        if "median_us" in self.figures:
            return float(self.figures["median_us"]) / 1e6
        found = self.figures.get("seconds")
        return None if found is None else float(found) * self.scale

    @property
    def cpu_s(self) -> float | None:
        """Median of the processor time of the process; None where another process or a child does the work."""
        found = self.figures.get("cpu_s")
        return None if found is None or self.figures.get("peak_mb") is None else float(found) * self.scale

    @property
    def scale(self) -> float:
        """How many times the rows that were done make the rows of the job."""
        done = self.job.rows_for(self.contestant)
        return self.job.rows / done if done else 1.0

    @property
    def version(self) -> str:
        """The contestant's own library and its version."""
        return next((f"{name} {version}" for name, version in self.figures.get("versions", {}).items()), "")


@dataclass(frozen=True)
class Verdict:
    """A limit, what was measured, and whether it holds (None: could not be measured)."""

    job: Job
    limit: Limit
    value: float | None
    own: Record
    rival: Record | None
    left_out: tuple[str, ...]

    @property
    def holds(self) -> bool | None:
        """Whether the limit holds."""
        if self.value is None:
            return None
        return self.value >= self.limit.must if self.limit.rivals else self.value <= self.limit.must


def verdicts(records: list[Record]) -> list[Verdict]:
    """Judge every limit of every job."""
    return [_verdict(own, limit, records) for own in records if own.contestant == "onemap" for limit in own.job.limits]


def _verdict(own: Record, limit: Limit, records: list[Record]) -> Verdict:
    if not limit.rivals:
        figure = own.figures.get(limit.figure)
        return Verdict(own.job, limit, None if figure is None else float(figure), own, None, ())
    against = [record for record in records if record.job == own.job and record.contestant in limit.rivals]
    timed = [record for record in against if record.seconds is not None]
    fastest = min(timed, key=lambda record: record.seconds or math.inf, default=None)
    left_out = tuple(record.contestant for record in against if record.seconds is None)
    value = None if fastest is None or not own.seconds else (fastest.seconds or 0.0) / own.seconds
    return Verdict(own.job, limit, value, own, fastest, left_out)


def differences(answers: dict[str, Path]) -> dict[str, int | None]:
    """Compare every contestant's answer with the first rival's; return how many rows (or areas) differ."""
    kept = {name: np.load(path) for name, path in answers.items() if path.exists()}
    reference = next((answer for name, answer in kept.items() if name != "onemap"), None)
    if reference is None:
        return dict.fromkeys(answers)
    return {name: _differing(kept[name], reference) if name in kept else None for name in answers}


def _differing(answer: Any, reference: Any) -> int:
    if answer.dtype.kind == "f":
        return int((~np.isclose(answer, reference, rtol=_SAME_AREA, atol=1e-3)).sum())
    shared = min(len(answer), len(reference))  # one point at a time: the slow ones are asked for fewer
    return int((answer[:shared] != reference[:shared]).sum())


@dataclass(frozen=True)
class Growth:
    """How a cost grows: cost = constant * driver ** exponent, fitted through the measured pairs."""

    cost: str
    driver: str
    pairs: tuple[tuple[float, float], ...]
    must: float = 1.1

    @property
    def exponent(self) -> float:
        """Slope of the logarithms."""
        driver, cost = np.log(np.array(self.pairs)).T
        return float(np.polyfit(driver, cost, 1)[0])


def growths(records: list[Record]) -> list[Growth]:
    """Fit the costs of onemap's locator to the vertices and to the points."""
    located = [r for r in records if r.contestant == "onemap" and r.job.kind == "locate" and r.figures]
    located = [r for r in located if r.job.dataset.startswith("city-")]
    most = max((r.job.rows for r in located), default=0)
    by_cells = sorted((r for r in located if r.job.rows == most), key=lambda r: r.figures["vertices"])
    middle = by_cells[len(by_cells) // 2].job.dataset if by_cells else ""
    by_points = sorted((r for r in located if r.job.dataset == middle), key=lambda r: r.job.rows)
    wanted = [
        ("index, bytes", "vertices", [(r.figures["vertices"], r.figures["index_bytes"]) for r in by_cells]),
        ("time to build, s", "vertices", [(r.figures["vertices"], r.figures["prepare_s"]) for r in by_cells]),
        ("time to locate, s", "points", [(r.job.rows, r.figures["seconds"]) for r in by_points]),
        ("memory, MB", "points", [(r.job.rows, r.figures["peak_mb"]) for r in by_points]),
    ]
    return [Growth(cost, driver, tuple(pairs)) for cost, driver, pairs in wanted if len(pairs) > 1]
