"""Whether each limit holds in every one of several runs: their figures side by side, into ``docs/performance.md``.

usage: python -m benchmarks.repeated RUN/performance.json RUN/performance.json ... [--page docs/performance.md]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import report
from benchmarks.jobs import SIZES, jobs
from benchmarks.kept_results import KeptResults
from benchmarks.results import growths, verdicts

MARK: Final = "repeated: written by python -m benchmarks.repeated"


def table_of(runs: Sequence[KeptResults]) -> str:
    """Return the limits, one line each, with what every run found."""
    listed = jobs(SIZES[runs[0].size])
    head = ", ".join(["limit", *(f">run {number}" for number, _ in enumerate(runs, 1)), ">must, verdict"])
    judged = [verdicts(run.records(listed)) for run in runs]
    grown = [growths(run.records(listed)) for run in runs]
    rows = [report.repeated_row(same) for same in zip(*judged, strict=True)]
    rows += [report.repeated_growth_row(same) for same in zip(*grown, strict=True)]
    about = [f"- run {number}: {run.circumstances}" for number, run in enumerate(runs, 1)]
    return "\n".join([*about, "", report.table(head, rows)])


def main() -> None:
    """Read the runs and write the table."""
    parser = argparse.ArgumentParser(description="Put the limits of several runs side by side.")
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--size", choices=sorted(SIZES), default="full")
    parser.add_argument("--page", type=Path, default=Path("docs/performance.md"))
    asked = parser.parse_args()
    text = table_of([KeptResults.open(path, asked.size) for path in asked.runs])
    asked.page.write_text(report.put_into(asked.page.read_text("utf-8"), text, mark=MARK), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
