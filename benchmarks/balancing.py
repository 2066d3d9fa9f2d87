"""Balance of load beside spopt, pymetis, GerryChain and ortools CP-SAT, on the same graphs, judged by the same rule.

usage: python -m benchmarks.balancing [--small] [--seconds 60] [--out docs/balancing.md] [--no-install]
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.balancing_rivals import CONTESTANTS
from benchmarks.environments import ROOT
from benchmarks.report import put_into

ROOM: Final = ROOT / ".venv-bench-balancing"
PACKAGES: Final = ("spopt>=0.7", "pymetis>=2025.2", "gerrychain>=0.3", "ortools>=9.15")
MARK: Final = "measured balancing: written by benchmarks.balancing"
_LIMIT_S: Final = 200
_SLOW: Final = {"spopt Skater": 2_000, "spopt MaxP": 200, "GerryChain": 400, "ortools CP-SAT": 120}
"""Rivals with the most cells that they are given: beyond these they do not finish in minutes."""


@dataclass(frozen=True)
class Case:
    """A graph to be divided."""

    title: str
    graph: dict[str, Any]


@dataclass(frozen=True)
class Row:
    """What a contestant made of a case; ``reason`` says why it made nothing."""

    case: str
    contestant: str
    reason: str = ""
    groups: int = 0
    scattered: int = 0
    deviation: float = 0.0
    border_km: float = 0.0
    seconds: float = 0.0
    version: str = ""


def city_graph(count: int, groups: int, *, seed: int = 1) -> dict[str, Any]:
    """Return the graph of the benchmark's city with uneven loads."""
    from benchmarks.workload import make_city

    rng = np.random.default_rng([seed, count])
    load = np.maximum(1, np.rint(rng.lognormal(3, 0.6, count))).astype(int)
    return graph_of(make_city(count).cells, load.tolist(), groups, "EPSG:4548")


def graph_of(shapes: Any, load: Sequence[int], groups: int, crs: str) -> dict[str, Any]:
    """Return units, neighbours, borders in millimetres, and places of polygons."""
    import geopandas as gpd
    import shapely
    from pyproj import CRS

    from onemap.geo.crs import to_metric
    from onemap.grids.balance_borders import shared_borders

    borders = shared_borders(shapes, CRS(crs))
    neighbours: list[list[int]] = [[] for _ in load]
    border: list[list[int]] = [[] for _ in load]
    for (one, other), length in zip(borders.pairs.tolist(), borders.open_m.tolist(), strict=True):
        for unit, beside in ((one, other), (other, one)):
            neighbours[unit].append(beside)
            border[unit].append(max(round(length * 1000), 1))
    middle = shapely.centroid(to_metric(gpd.GeoSeries(shapes, crs=crs)).to_numpy())
    place = shapely.get_coordinates(middle).round(3).tolist()
    return {"groups": groups, "load": list(load), "neighbours": neighbours, "border": border, "place": place}


def ground_of(graph: dict[str, Any]) -> Any:
    """Return a graph as onemap takes it."""
    from onemap.grids.balance_plan import Ground

    free = [-1] * len(graph["load"])
    return Ground(
        graph["groups"], graph["load"], graph["load"], graph["neighbours"], graph["border"],
        np.asarray(graph["place"], dtype=float), free, free, even=int(graph.get("even", 0.0) * sum(graph["load"])),
    )  # fmt: skip


def ward_graphs(real: Path, wards: Sequence[str]) -> list[Case]:
    """Return the block groups of wards of Washington with their cases, in as many groups as the city's commissions."""
    import geopandas as gpd
    import pandas as pd

    from onemap import assign_cases, own_polygons

    folder = real / "washington_dc"
    layer = {
        name: gpd.read_file(folder / "dc_boundaries.gpkg", layer=name)
        for name in ("census_block_group_2010", "ward_2012", "anc_2013")
    }
    blocks = layer["census_block_group_2010"]
    rows = pd.read_csv(folder / "dc_service_requests_2016.csv.gz", dtype=str)
    where = gpd.points_from_xy(pd.to_numeric(rows["GEOM_LON"]), pd.to_numeric(rows["GEOM_LAT"]))
    table = assign_cases(gpd.GeoDataFrame(rows, geometry=where, crs="EPSG:4326"), blocks, code="GEOID").table
    held = blocks["GEOID"].map(table["cell"].value_counts()).fillna(0).astype(int)
    ward = own_polygons(blocks, layer["ward_2012"], code="WARD_ID")["cell"]
    commission = own_polygons(blocks, layer["anc_2013"], code="ANC_ID")["cell"]
    cases = []
    for name in wards:
        own = (ward == name).to_numpy()
        groups = int(commission[own].nunique())
        graph = graph_of(blocks.geometry.to_numpy()[own], held[own].tolist(), groups, "EPSG:4326")
        cases.append(Case(f"Washington, ward {name}: {own.sum()} block groups into {groups}", graph))
    return cases


def judge(case: Case, contestant: str, answers: Sequence[dict[str, Any]]) -> Row:
    """Measure a division by the graph alone; of several runs the time is the median, the division that of the last."""
    graph, label = case.graph, answers[-1]["label"]
    held: dict[int, int] = {}
    for load, group in zip(graph["load"], label, strict=True):
        held[group] = held.get(group, 0) + load
    mean = sum(held.values()) / len(held)
    cut = sum(
        length
        for unit, (others, lengths) in enumerate(zip(graph["neighbours"], graph["border"], strict=True))
        for other, length in zip(others, lengths, strict=True)
        if label[other] != label[unit]
    )
    return Row(
        case.title,
        contestant,
        groups=len(held),
        scattered=_pieces(graph, label) - len(held),
        deviation=max(abs(load - mean) for load in held.values()) / mean,
        border_km=cut / 2e6,
        seconds=statistics.median(answer["seconds"] for answer in answers),
        version=answers[-1]["version"],
    )


def _pieces(graph: dict[str, Any], label: Sequence[int]) -> int:
    left, count = set(range(len(label))), 0
    while left:
        count += 1
        queue = [left.pop()]
        for unit in queue:
            for other in graph["neighbours"][unit]:
                if other in left and label[other] == label[unit]:
                    left.discard(other)
                    queue.append(other)
    return count


def run(case: Case, contestant: str, python: str, *, seconds: float, runs: int) -> Row:
    """Let one contestant divide a case in a process of its own."""
    if len(case.graph["load"]) > _SLOW.get(contestant, len(case.graph["load"])):
        return Row(case.title, contestant, f"not asked: more than {_SLOW[contestant]:,} cells")
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "graph.json")
        path.write_text(json.dumps(case.graph), encoding="utf-8")
        command = [python, "-m", "benchmarks.balancing_rivals", contestant, str(path), str(seconds)]
        for _ in range(runs if contestant in ("onemap", "pymetis") else 1):
            try:
                done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
            except subprocess.TimeoutExpired:
                return Row(case.title, contestant, f"not finished in {_LIMIT_S} s")
            if done.returncode:
                return Row(case.title, contestant, (done.stderr.strip().splitlines() or ["failed"])[-1][:120])
            answers.append(json.loads(done.stdout.splitlines()[-1]))
    return judge(case, contestant, answers)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown, a table for each case."""
    lines = []
    for title in dict.fromkeys(row.case for row in rows):
        head = "| | groups | in pieces | largest deviation | border, km | processor time, s |"
        lines += ["", f"**{title}**", "", head, "|---|---:|---:|---:|---:|---:|"]
        for row in rows:
            if row.case != title:
                continue
            figures = f"{row.groups} | {row.scattered} | {row.deviation:.3%} | {row.border_km:,.1f} | {row.seconds:.2f}"
            lines.append(f"| {row.contestant} | {row.reason + ' | | | | ' if row.reason else figures} |")
        lines += ["", *beside_pymetis([row for row in rows if row.case == title and not row.reason])]
    versions = {CONTESTANTS[row.contestant][1]: row.version for row in rows if row.version}
    said = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return "\n".join(
        [*lines, "", f"Versions: {said}; Python {platform.python_version()}, {os.cpu_count()} processors."]
    )


def beside_pymetis(rows: Sequence[Row]) -> list[str]:
    """Return for each answer of pymetis the one of onemap that is at least as even and has the shortest border."""
    said = []
    for rival in (row for row in rows if row.contestant.startswith("pymetis")):
        even = [
            row
            for row in rows
            if row.contestant.startswith("onemap")
            and not row.scattered
            and round(row.deviation, 9) <= round(rival.deviation, 9)
        ]
        if even:
            best = min(even, key=lambda row: row.border_km)
            more = best.border_km / rival.border_km - 1
            found = f"{best.deviation:.3%} and {best.border_km:,.1f} km ({more:+.1%})"
        else:
            found = "nothing as even"
        said.append(f"{rival.contestant}, {rival.deviation:.3%} and {rival.border_km:,.1f} km: onemap has {found}.")
    return [" ".join(said)] if said else []


def interpreter(*, install: bool) -> str:
    """Return the rivals' own interpreter, installed where that is wanted."""
    python = ROOM / "bin" / "python"
    if install and not python.exists():
        subprocess.run([sys.executable, "-m", "venv", ROOM], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return str(python) if python.exists() else sys.executable


def cases_of(*, small: bool, real: Path) -> list[Case]:
    """Return the graphs, from small to large."""
    sizes = ((36, 6), (60, 6)) if small else ((36, 6), (100, 8), (400, 10), (2_500, 30), (25_000, 300))
    cities = [Case(f"City: {count:,} cells into {groups}", city_graph(count, groups)) for count, groups in sizes]
    wards = [] if small or not real.is_dir() else ward_graphs(real, ("1", "6"))
    return [*wards, *cities]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="two small graphs only")
    parser.add_argument("--seconds", type=float, default=60, help="what searches without an end are given")
    parser.add_argument("--runs", type=int, default=3, help="runs of the quick ones")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "balancing.md")
    real = os.environ.get("ONEMAP_REAL_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("--real", type=Path, default=Path(real), help="folder of the real data")
    parser.add_argument("--no-install", action="store_true")
    options = parser.parse_args()
    rivals = interpreter(install=not options.no_install)
    rows: list[Row] = []
    for case in cases_of(small=options.small, real=options.real.resolve()):
        for name in CONTESTANTS:
            graph = case.graph | ({"even": rows[-1].deviation} if name.startswith("onemap, as even") else {})
            python = sys.executable if name.startswith("onemap") else rivals
            rows.append(run(Case(case.title, graph), name, python, seconds=options.seconds, runs=options.runs))
            print(rows[-1], flush=True)
    page = options.out.read_text(encoding="utf-8") if options.out.exists() else "# Balancing\n"
    options.out.write_text(put_into(page, table(rows), mark=MARK), encoding="utf-8")


if __name__ == "__main__":
    main()
