"""The results of a run in a file that is written after each row, so that a run that is cut off loses nothing."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.jobs import Job
from benchmarks.results import Record


@dataclass
class KeptResults:
    """Rows of the table by name.

    Attributes
    ----------
    path
        The file.
    size
        Name of the size; a file of another size is not gone on with.
    rows
        For each row ``contestants`` with their figures, ``minutes`` it took and ``load`` of the machine before.
    """

    path: Path
    size: str
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, size: str) -> "KeptResults":
        """Read what is there already; nothing where there is no file, or one of another size."""
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return cls(path, size, kept["rows"] if isinstance(kept, dict) and kept.get("size") == size else {})

    def has(self, job: Job) -> bool:
        """Say whether a row was measured with all its contestants."""
        found = {entry["contestant"] for entry in self.rows.get(job.row, {}).get("contestants", ())}
        return {"onemap", *job.rivals} <= found

    def add(self, job: Job, records: Iterable[Record], *, minutes: float, load: float) -> None:
        """Put a row in the place of what was measured before, and write the file."""
        contestants = [{"contestant": r.contestant, "reason": r.reason, "figures": r.figures} for r in records]
        ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        about = {
            "job": job.title,
            "kind": job.kind,
            "minutes": round(minutes, 2),
            "load": round(load, 2),
            "ended": ended,
        }
        self.rows[job.row] = {**about, "contestants": contestants}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".unfinished")
        text = json.dumps({"size": self.size, "rows": self.rows}, indent=1, ensure_ascii=False)
        unfinished.write_text(text + "\n", encoding="utf-8")
        unfinished.replace(self.path)

    def records(self, jobs: Iterable[Job]) -> list[Record]:
        """Return what was measured, in the order of the jobs."""
        return [
            Record(job, entry["contestant"], entry["figures"], entry["reason"])
            for job in jobs
            for entry in self.rows.get(job.row, {}).get("contestants", ())
        ]

    @property
    def circumstances(self) -> str:
        """How long all took, and how busy the machine was."""
        minutes = sum(row["minutes"] for row in self.rows.values())
        loads = [row["load"] for row in self.rows.values()]
        return f"{minutes:.0f} minutes, load {min(loads):.1f} to {max(loads):.1f} when rows began" if loads else ""
