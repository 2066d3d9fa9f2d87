"""What a nation's year of cases would take: measured small, then computed.   usage: python benchmarks/scale_out.py

Measured, in processes of their own: the index per cell (build, bytes) and the points out of core (time, peak memory).
Computed: n cells and m points at these rates. Time is the processor's: other work on the machine
matters little.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CELLS = (2_500, 10_000, 40_000)
POINTS = 4_000_000
FILES = 4
NATION_CELLS, NATION_POINTS = 700_000, 100_000_000


def build(folder: Path, count: int) -> dict[str, Any]:
    import geopandas as gpd

    import onemap
    from benchmarks.workload import make_city

    city = make_city(count)
    cells = gpd.GeoDataFrame({"cell_code": [f"{k:07d}" for k in range(count)]}, geometry=city.cells, crs="EPSG:4549")
    onemap.CellLocator(cells.head(10))  # imports
    before, start = peak_mb(), time.process_time()
    locator = onemap.CellLocator(cells)
    seconds = time.process_time() - start
    index = locator.save(folder / f"{count}.index")
    start = time.perf_counter()
    onemap.CellLocator.load(index)
    opened = time.perf_counter() - start
    vertices = sum(len(shape.exterior.coords) - 1 for shape in city.cells[:1000]) / 1000
    return {
        "cells": count,
        "vertices_a_cell": round(vertices),
        "build_s": round(seconds, 2),
        "index_bytes_a_cell": index.stat().st_size // count,
        "open_ms": round(1000 * opened, 1),
        "build_mb": round(peak_mb() - before),
    }


def write_points(folder: Path, count: int) -> None:
    import numpy as np
    import pandas as pd

    import onemap

    locator = onemap.CellLocator.load(folder / f"{count}.index")
    import shapely

    west, south, east, north = shapely.total_bounds(locator.geometry)
    rng = np.random.default_rng(5)
    (folder / str(count)).mkdir()
    for k in range(FILES):
        rows = POINTS // FILES
        frame = pd.DataFrame(
            {"id": np.arange(rows) + k * rows, "x": rng.uniform(west, east, rows), "y": rng.uniform(south, north, rows)}
        )
        frame.to_parquet(folder / str(count) / f"{k}.parquet", index=False)


def assign(folder: Path, count: int, answers: str) -> dict[str, Any]:
    import onemap
    import onemap.scale.files  # what takes a second to import is no cost of a point

    start, wall = time.process_time(), time.perf_counter()
    done = onemap.assign_parquet(
        folder / str(count),
        folder / f"{count}.index",
        folder / f"{count}-{answers}",
        x="x",
        y="y",
        crs="EPSG:4549",
        answers=answers.split(","),
    )
    return {
        "cells": count,
        "answers": answers,
        "points": done.counts["rows"],
        "cpu_ns_a_point": round(1e9 * (time.process_time() - start) / done.counts["rows"]),
        "seconds": round(time.perf_counter() - wall, 2),
        "peak_mb": round(peak_mb()),
    }


def peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # getrusage counts the parent's peak too
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process(step: str, *arguments: object) -> dict[str, Any]:
    root = Path(__file__).resolve().parent.parent
    code = (
        f"import sys, json; sys.path.insert(0, {str(root)!r}); from pathlib import Path\n"
        f"from benchmarks import scale_out\n"
        f"print(json.dumps(scale_out.{step}(Path({str(arguments[0])!r}), *{list(arguments[1:])!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=root)
    return json.loads(done.stdout)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = [in_a_process("build", folder, count) for count in CELLS]
        for row in built:
            print(row)
        answered = []
        for count in CELLS:
            in_a_process("write_points", folder, count)
            for answers in ("cell,how", "cell,how,distance_m,candidates")[: 2 if count == CELLS[0] else 1]:
                answered.append(in_a_process("assign", folder, count, answers))
                print(answered[-1])
    largest, slowest = built[-1], max(row["cpu_ns_a_point"] for row in answered if row["answers"] == "cell,how")
    print(f"{NATION_CELLS:,} cells, {NATION_POINTS:,} points:")
    print(f"  index  = cells x bytes a cell  = {NATION_CELLS * largest['index_bytes_a_cell'] / 1e9:.1f} GB")
    print(
        f"  build  = cells x s a cell      = {NATION_CELLS * largest['build_s'] / largest['cells']:.0f} s of one core"
    )
    print(f"  memory to build = cells x MB   = {NATION_CELLS * largest['build_mb'] / largest['cells'] / 1000:.0f} GB")
    print(f"  points = points x ns a point   = {NATION_POINTS * slowest / 1e9:.0f} s of one core")


if __name__ == "__main__":
    main()
