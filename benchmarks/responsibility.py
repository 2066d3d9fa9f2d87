"""Time the responsibility matrix on a synthetic city: build, one answer warm, a million in a batch, gaps, conflicts.

usage: python -m benchmarks.responsibility [--cells 25000] [--agencies 30] [--holders 20000] [--points 1000000]
       [--out docs/responsibility.md]
"""

import argparse
import os
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.environments import ROOT
from benchmarks.report import put_into
from onemap.domain.classes import class_table
from onemap.responsibility import MatrixOptions, ResponsibilityMatrix

CRS = "EPSG:4548"
WEST, SOUTH, CELL_M = 480_000.0, 4_390_000.0, 100.0
DAY = pd.Timestamp("2026-06-30 10:00")
MATTERS = 400
MARK: Final = "measured responsibility: written by benchmarks.responsibility"


def blocks(side: int, size: int, start: float = 0.0) -> np.ndarray:
    """Return the squares of a city, ``size`` cells wide; the last ones reach to its edge."""
    edges = np.unique(np.append(np.arange(start, side, size), [0, side])) * CELL_M
    x1, y1 = np.meshgrid(edges[:-1], edges[:-1])
    x2, y2 = np.meshgrid(edges[1:], edges[1:])
    return shapely.box(WEST + x1.ravel(), SOUTH + y1.ravel(), WEST + x2.ravel(), SOUTH + y2.ravel())


def frame(columns: dict[str, Any], lands: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=lands, crs=CRS)


def make_levels(side: int) -> dict[str, gpd.GeoDataFrame]:
    """Return streets of 32 x 32 cells, communities of 8 x 8, cells."""
    place = np.arange(side)
    row, column = (v.ravel() for v in np.meshgrid(place, place, indexing="ij"))
    wide, narrow = -(-side // 32), -(-side // 8)
    street = (row // 32) * wide + column // 32
    community = (row // 8) * narrow + column // 8
    inside = np.zeros(community.max() + 1, dtype=int)
    inside[community] = street
    streets = [f"110120{n + 1:03d}" for n in range(street.max() + 1)]
    communities = [f"{streets[inside[n]]}{n % 1000:03d}x{n:04d}" for n in range(len(inside))]
    cells = [f"{communities[c]}{n:06d}" for n, c in enumerate(community)]
    return {
        "grid_street": frame({"street_code": streets, "name": streets}, blocks(side, 32)),
        "grid_community": frame(
            {"community_code": communities, "name": communities, "parent_code": [c[:9] for c in communities]},
            blocks(side, 8),
        ),
        "grid_cell": frame(
            {"cell_code": cells, "name": "", "parent_code": [communities[c] for c in community]}, blocks(side, 1)
        ),
    }


def make_tables(
    levels: dict[str, gpd.GeoDataFrame], agencies: int, holders: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Return duties for 400 classes of matters, every agency's own grids, roads and the roster."""
    side = round(len(levels["grid_cell"]) ** 0.5)
    grids = []
    for agency in range(agencies):
        lands = blocks(side, 9 + agency % 12, start=float(rng.integers(1, 9)))
        codes = [f"A{agency:02d}{n:04d}" for n in range(len(lands))]
        grids.append(frame({"duty_code": codes, "agency": f"agency {agency}", "name": codes, "holder": ""}, lands))
    duty_grid = pd.concat(grids, ignore_index=True)
    tables = (("CJT214", "matter"), ("CJT214", "component"), ("GBT47678.5", "matter"), ("GBT47678.5", "component"))
    classes = [f"{scheme}/{kind}/{entry.code}" for scheme, kind in tables for entry in class_table(scheme, kind)][
        :MATTERS
    ]
    duties = []
    for n, name in enumerate(classes):
        agency = f"agency {n % agencies}"
        scope = ("duty_grid", "duty_grid", "grid_community", "road")[n % 4]
        duties.append(
            {
                "agency": agency,
                "matters": name,
                "scope": scope,
                "part": "in_charge",
                "condition": "on_road" * (n % 7 == 0),
            }
        )
        duties.append(
            {"agency": f"agency {(n + 1) % agencies}", "matters": name, "scope": "duty_grid", "part": "maintainer"}
        )
        duties.append(
            {"agency": agency, "matters": name, "scope": "grid_cell", "part": "in_charge", "shift": "night", "rank": 1}
        )
    duties += [{"matters": "*", "scope": scope, "part": "territorial"} for scope in ("grid_cell", "grid_street")]
    roads = make_roads(side)
    codes = [
        levels["grid_street"]["street_code"],
        levels["grid_community"]["community_code"],
        duty_grid["duty_code"],
        roads["road_code"],
    ]
    first = np.concatenate([column.to_numpy() for column in codes])
    held = np.concatenate([first, levels["grid_cell"]["cell_code"].to_numpy()])[:holders]
    roster = pd.DataFrame(
        {
            "holder_code": [f"H{n:05d}" for n in range(len(held))],
            "name": [f"name {n}" for n in range(len(held))],
            "role": "grid_worker",
            "grid_code": held,
            "phone": "10000000000",
            "shift": np.where(rng.random(len(held)) < 0.1, "day", ""),
            "valid_from": pd.Timestamp("2026-01-01"),
            "valid_to": np.where(rng.random(len(held)) < 0.05, np.datetime64("2026-05-31"), np.datetime64("NaT")),
        }
    )
    return {
        "duties": pd.DataFrame(duties, dtype=object)
        .fillna("")
        .assign(duty_code=[f"D{n:05d}" for n in range(len(duties))], rank=0),
        "holders": roster,
        "duty_grids": duty_grid,
        "roads": roads,
        "shifts": pd.DataFrame(
            {
                "shift_code": ["day", "night"],
                "name": ["day", "night"],
                "days": "*",
                "start": ["08:00", "18:00"],
                "end": ["18:00", "08:00"],
            }
        ),
        "calendar": pd.DataFrame({"date": ["2026-10-01"], "kind": ["holiday"]}),
    }


def make_roads(side: int) -> gpd.GeoDataFrame:
    """Return a road along every fourth line of cells, 12 m wide."""
    at = np.arange(0, side + 1, 4) * CELL_M
    end = side * CELL_M
    lines = [shapely.LineString([(WEST, SOUTH + v), (WEST + end, SOUTH + v)]) for v in at]
    lines += [shapely.LineString([(WEST + v, SOUTH), (WEST + v, SOUTH + end)]) for v in at]
    return frame(
        {"road_code": [f"R{n:04d}" for n in range(len(lines))], "name": "", "class": "arterial", "width_m": 12.0},
        np.array(lines),
    )


@dataclass
class Figures:
    """What was measured: a row each with seconds by the clock and of the processor; told as soon as it is there."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, what: str, clock: str, processor: str) -> None:
        """Note a row, and print it."""
        self.rows.append((what, clock, processor))
        print(f"{what}: {clock or '-'} by the clock, {processor} of the processor", flush=True)

    def time(self, what: str, work: Callable[[], Any], told: Callable[[Any], str] = lambda _: "") -> Any:
        """Note how long some work takes; what came of it is told with its name."""
        clock, used = time.perf_counter(), time.process_time()
        done = work()
        clock, used = time.perf_counter() - clock, time.process_time() - used
        self.add(what + told(done), f"{clock:.1f} s", f"{used:.1f} s")
        return done

    def table(self, title: str) -> str:
        """Return the rows as Markdown."""
        load = " ".join(f"{part:.1f}" for part in os.getloadavg())
        where = f"Python {platform.python_version()}, {os.cpu_count()} processors, load at the end {load}."
        rows = [f"| {' | '.join(row)} |" for row in self.rows]
        return "\n".join(["", title, "", "| | clock | processor |", "|---|---:|---:|", *rows, "", where])


def main() -> None:
    """Measure, and write the figures into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("cells", 25_000), ("agencies", 30), ("holders", 20_000), ("points", 1_000_000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "responsibility.md")
    given = parser.parse_args()
    rng = np.random.default_rng(7)
    side = max(2, -(-int(given.cells**0.5 * 1000) // 1000))
    levels = make_levels(side)
    tables = make_tables(levels, given.agencies, given.holders, rng)
    title = (
        f"{side * side:,} cells, {given.agencies} agencies with {len(tables['duty_grids']):,} duty grids, "
        f"{len(tables['duties']):,} duties for {MATTERS} classes of matters, {len(tables['holders']):,} holders."
    )
    print(title)
    figures = Figures()
    before = peak_mb()
    matrix = figures.time(
        "build, all indexes made",
        lambda: ResponsibilityMatrix(
            levels, tables.pop("duties"), tables.pop("holders"), **tables, options=MatrixOptions()
        ).warm(DAY),
        lambda _: f" ({peak_mb() - before:.0f} MB)",
    )
    ask(matrix, figures, given.points, side * CELL_M, rng)
    for name, asked in (
        ("all gaps of a week, the land divided first", matrix.gaps),
        ("all conflicts of a week, the land divided already", matrix.conflicts),
    ):
        figures.time(name, lambda asked=asked: asked(start=DAY.normalize()), lambda found: f" ({len(found):,} rows)")
    figures.add(f"most memory of the process: {peak_mb():,.0f} MB", "", "")
    page = given.out.read_text(encoding="utf-8") if given.out.exists() else "# Who answers\n"
    given.out.write_text(put_into(page, figures.table(title), mark=MARK), encoding="utf-8")


def ask(matrix: ResponsibilityMatrix, figures: Figures, points: int, reach: float, rng: np.random.Generator) -> None:
    """Measure single answers and batches at random spots."""
    matters = np.array(
        [f"{e.scheme}/{e.kind}/{e.code}" for e in class_table("GBT47678.5", "matter")]
        + [f"CJT214/matter/{e.code}" for e in class_table("CJT214", "matter")]
    )
    x, y = WEST + rng.random(points) * reach, SOUTH + rng.random(points) * reach
    single(matrix, figures, x, y, rng.choice(matters, 2000))
    minutes = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 525_600, points), unit="min")
    for name, matter, at in (
        ("one matter, one time", matters[0], DAY),
        (f"each any of {len(matters)} matters, one time", rng.choice(matters, points), DAY),
        ("each any matter and any minute of a year", rng.choice(matters, points), minutes),
    ):
        figures.time(
            f"{points:,} points, {name}",
            lambda matter=matter, at=at: matrix.who_batch((x, y), matter, at),
        )


def single(matrix: ResponsibilityMatrix, figures: Figures, x: np.ndarray, y: np.ndarray, matters: np.ndarray) -> None:
    """Measure one answer, without and with its sentence."""
    asked = list(zip(x.tolist(), y.tolist(), matters.tolist(), strict=False))
    for label, also in (("one answer", False), ("one answer with its sentence", True)):
        times = []
        for px, py, matter in asked:
            clock = time.thread_time()  # a busy machine takes the processor away for longer than an answer lasts
            answer = matrix.who(x=px, y=py, matter=matter, at=DAY)
            if also:
                answer.say("zh")
            times.append((time.thread_time() - clock) * 1000)
        median, most = np.percentile(times[200:], [50, 99])
        figures.add(f"{label}: median, 99th percentile", "", f"{median:.2f} ms, {most:.2f} ms")


def peak_mb() -> float:
    """Return the most memory that the process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
