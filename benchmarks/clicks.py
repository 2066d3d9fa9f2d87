"""Clicks on the map in the real QGIS desktop: from the mouse to the card; and editing the grids of a large map.

usage: python -m benchmarks.clicks [--big ONEMAP.gpkg] [--sample ONEMAP.gpkg] [--out FOLDER] [--no-docs]

With the sample city, and with a map of 25,000 cells and 1,000,000 houses (`benchmarks.hall_data`); both are made where
they are not named. A click must be answered within 30 ms at the 99th percentile. Needs QGIS and a virtual screen.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from benchmarks.report import put_into

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs" / "plugin.md"
MARK: Final = "measured clicks: written by benchmarks.clicks"
MUST_MS: Final = 30.0
ASKS, CLICKS, STEPS = 2_000, 1_000, 30
LIMIT_S: Final = 400
_FEW: Final = 2
TITLES: Final = {"sample": "sample city", "big": "large map"}
DONE: Final = {"move": "moved", "split": "split", "merge": "merged", "undo": "taken back"}


def measure(one_map: Path, folder: Path, *, grouping: str = "") -> dict[str, Any]:
    """Run the desktop with a map; return what was written down, with the number of its cells."""
    with closing(sqlite3.connect(f"file:{one_map}?mode=ro&immutable=1", uri=True)) as connection:
        facts = dict(connection.execute("SELECT name, value FROM onemap_district").fetchall())
        (cells,) = connection.execute("SELECT count(*) FROM grid_cell").fetchone()
    plan = {"bounds": json.loads(facts["bounds"]), "asks": ASKS, "clicks": CLICKS, "steps": STEPS, "grouping": grouping}
    figures = folder / f"{one_map.parent.name}.json"
    environment = os.environ | {
        "ONEMAP_CLICKS": json.dumps(plan),
        "ONEMAP_FIGURES": str(figures),
        "ONEMAP_PYTHON": os.environ.get("ONEMAP_PYTHON", sys.executable),
        "LIMIT": str(LIMIT_S),
        "ZIP": str(folder / "onemap_center.zip"),
    }
    command = ["sh", str(ROOT / "scripts" / "screenshot.sh"), str(one_map), str(folder / "clicks.png")]
    subprocess.run([*command, str(ROOT / "benchmarks" / "clicks_desktop.py")], env=environment, check=True)
    told: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    return told | {"map_cells": cells, "load": round(os.getloadavg()[0], 1)}


def spread(milliseconds: Sequence[float]) -> dict[str, float]:
    """Return how many, median, 99th percentile and longest."""
    if len(milliseconds) < _FEW:
        return {"count": len(milliseconds), "median": 0.0, "p99": 0.0, "longest": 0.0}
    return {
        "count": len(milliseconds),
        "median": round(statistics.median(milliseconds), 1),
        "p99": round(statistics.quantiles(milliseconds, n=100, method="inclusive")[98], 1),
        "longest": round(max(milliseconds), 1),
    }


def table(told: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the figures as the docs show them."""
    lines = ["| | cells | how many | median | 99 % | longest |", "|---|---|---|---|---|---|"]
    for name, found in told.items():
        words = {
            "asked": f"`{found['verb']}`, asked by the plugin's client",
            "clicked": "click with the mouse, until the card is set",
        }
        for kind, title in words.items():
            lines.append(_line(f"{TITLES[name]}: {title}", found["map_cells"], spread(found[kind])))
    for found in (found for found in told.values() if "editing" in found):
        edited = found["editing"]
        for kind, took in edited["steps"].items():
            title = f"grids edited: {DONE[kind]}, until draft and totals are those of now"
            lines.append(_line(title, edited["cells"], spread(took)))
        asked = spread(edited["clicks_while_opening"])
        lines.append(_line("grids edited: clicks while they are opened", edited["cells"], asked))
        lines += ["", _editing_words(edited)]
    loads = ", ".join(f"{found['load']}" for found in told.values())
    return "\n".join([*lines, "", f"Load of the machine (two cores) at the end of each: {loads}."])


def _line(title: str, cells: int, found: Mapping[str, float]) -> str:
    shown = " | ".join(f"{found[name]:.1f} ms" for name in ("median", "p99", "longest"))
    return f"| {title} | {cells:,} | {found['count']:,} | {shown} |"


def _editing_words(edited: Mapping[str, Any]) -> str:
    stood = [f"{edited[f'standstill_while_{what}_ms']:.0f} ms" for what in ("opening", "editing")]
    return (
        f"Opening {edited['cells']:,} cells in {edited['grids']:,} grids took {edited['opened_s']:g} s; meanwhile the "
        f"window stood still for {stood[0]} at most, while editing for {stood[1]}."
    )


def verdict(told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the names of the figures that are above the limit."""
    figures = {
        f"{name} {kind}": spread(found[kind])["p99"] for name, found in told.items() for kind in ("asked", "clicked")
    }
    return [f"{name}: {value} ms" for name, value in figures.items() if value > MUST_MS]


def main() -> None:
    """Make the maps that are not named, measure, print, and write the docs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=Path, help="a one map; left out: the sample city")
    parser.add_argument("--big", type=Path, help="a large one map; left out: benchmarks.hall_data")
    parser.add_argument("--out", type=Path, help="where the figures are put")
    parser.add_argument("--no-docs", action="store_true", help="print only")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        folder, sample, big = Path(room), given.sample, given.big
        if sample is None:
            command = [sys.executable, "-I", "-m", "onemap"]
            subprocess.run([*command, "sample", str(folder / "city")], check=True)
            manifest = str(folder / "city" / "onemap.toml")
            subprocess.run([*command, "run", manifest, "--out", str(folder / "sample")], check=True)
            sample = folder / "sample" / "onemap.gpkg"
        if big is None:
            subprocess.run([sys.executable, "-m", "benchmarks.hall_data", str(folder / "big")], check=True, cwd=ROOT)
            big = folder / "big" / "onemap.gpkg"
        told = {"sample": measure(sample.resolve(), folder)}
        told["big"] = measure(big.resolve(), folder, grouping="grid_community")
    if given.out is not None:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "clicks.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    print(table(told))
    if not given.no_docs:
        DOCS.write_text(put_into(DOCS.read_text(encoding="utf-8"), table(told), mark=MARK), encoding="utf-8")
    if above := verdict(told):
        raise SystemExit(f"above {MUST_MS:g} ms: {'; '.join(above)}")


if __name__ == "__main__":
    main()
