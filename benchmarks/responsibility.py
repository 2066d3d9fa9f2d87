"""Time the responsibility matrix on a synthetic city: build, one answer warm, a million in a batch.

usage: python -m benchmarks.responsibility [--cells 25000] [--agencies 30] [--holders 20000] [--points 1000000]
"""

import argparse
import resource
import time
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.domain.classes import class_table
from onemap.responsibility import MatrixOptions, ResponsibilityMatrix

CRS = "EPSG:4548"
WEST, SOUTH, CELL_M = 480_000.0, 4_390_000.0, 100.0
DAY = pd.Timestamp("2026-06-30 10:00")
MATTERS = 400


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


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("cells", 25_000), ("agencies", 30), ("holders", 20_000), ("points", 1_000_000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    rng = np.random.default_rng(7)
    side = max(2, -(-int(given.cells**0.5 * 1000) // 1000))
    levels = make_levels(side)
    tables = make_tables(levels, given.agencies, given.holders, rng)
    counts = {name: len(tables[name]) for name in ("duty_grids", "duties", "holders")}
    print(f"{side * side} cells, {given.agencies} agencies: {counts}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock, used = time.perf_counter(), time.process_time()
    matrix = ResponsibilityMatrix(
        levels, tables.pop("duties"), tables.pop("holders"), **tables, options=MatrixOptions()
    )
    matrix.warm(DAY)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"build: {spent(clock, used)}; memory {peak / 1024:.0f} MB, {(peak - before) / 1024:.0f} MB more than before")
    matters = np.array(
        [f"{e.scheme}/{e.kind}/{e.code}" for e in class_table("GBT47678.5", "matter")]
        + [f"CJT214/matter/{e.code}" for e in class_table("CJT214", "matter")]
    )
    x, y = WEST + rng.random(given.points) * side * CELL_M, SOUTH + rng.random(given.points) * side * CELL_M
    single(matrix, x, y, matters, rng)
    for title, matter, at in (
        ("one matter, one time", matters[0], DAY),
        ("any matter, one time", rng.choice(matters, given.points), DAY),
        (
            "any matter, any minute of a year",
            rng.choice(matters, given.points),
            pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 525_600, given.points), unit="min"),
        ),
    ):
        clock, used = time.perf_counter(), time.process_time()
        states = matrix.who_batch((x, y), matter, at)["state"].value_counts().to_dict()
        print(f"{given.points} points, {title}: {spent(clock, used)}; {states}")
    for title, asked in (
        ("gaps of a week", matrix.gaps),
        ("conflicts of a week, the land divided already", matrix.conflicts),
    ):
        clock, used = time.perf_counter(), time.process_time()
        found = asked(start=DAY.normalize())
        causes = found["cause"].value_counts().to_dict()
        print(
            f"{title}: {time.perf_counter() - clock:.2f} s, {time.process_time() - used:.2f} s of processor; {causes}"
        )
    print(f"memory at the end: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def spent(clock: float, used: float) -> str:
    """Return the seconds since two clocks were read."""
    return f"{time.perf_counter() - clock:.2f} s, {time.process_time() - used:.2f} s of processor"


def single(
    matrix: ResponsibilityMatrix, x: np.ndarray, y: np.ndarray, matters: np.ndarray, rng: np.random.Generator
) -> None:
    """Print how long one answer takes, without and with its sentence."""
    asked = [(float(x[n]), float(y[n]), str(rng.choice(matters))) for n in range(2000)]
    for label, also in (("answer", False), ("answer with its sentence", True)):
        times = []
        for px, py, matter in asked:
            clock = time.thread_time()  # a busy machine takes the processor away for longer than an answer lasts
            answer = matrix.who(x=px, y=py, matter=matter, at=DAY)
            if also:
                answer.say("zh")
            times.append((time.thread_time() - clock) * 1000)
        warm = times[200:]
        print(
            f"one {label}, processor: median {np.median(warm):.3f} ms, 99th percentile {np.percentile(warm, 99):.3f} ms"
        )


if __name__ == "__main__":
    main()
