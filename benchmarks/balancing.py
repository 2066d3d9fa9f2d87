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

from benchmarks import balancing_limits, balancing_washington
from benchmarks.balancing_limits import MOST_PROVED, OWN, Proof, Row
from benchmarks.balancing_rivals import CONTESTANTS
from benchmarks.environments import ROOT
from benchmarks.report import put_into

ROOM: Final = ROOT / ".venv-bench-balancing"
PACKAGES: Final = ("spopt>=0.7", "pymetis>=2025.2", "gerrychain>=0.3", "ortools>=9.15")
MARK: Final = "measured balancing: written by benchmarks.balancing"
WASHINGTON: Final = "measured Washington: written by benchmarks.balancing"
_PROVED: Final = ((12, 3), (20, 4), (28, 5), (36, 6))
"""Cells and groups of the graphs whose answer CP-SAT is asked to better."""
_LIMIT_S: Final = 200
_SLOW: Final = {"spopt Skater": 2_000, "spopt MaxP": 200, "GerryChain": 400, "ortools CP-SAT": 120}
"""Rivals with the most cells that they are given: beyond these they do not finish in minutes."""


@dataclass(frozen=True)
class Case:
    """A graph to be divided."""

    title: str
    graph: dict[str, Any]


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
    blocks = balancing_washington.blocks_of(real)
    cases = []
    for name in wards:
        own = blocks[blocks["ward"] == name]
        groups = int(own["commission"].nunique())
        graph = graph_of(own.geometry.to_numpy(), own["cases"].tolist(), groups, "EPSG:4326")
        cases.append(Case(f"Washington, ward {name}: {len(own)} block groups into {groups}", graph))
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
        cells=len(graph["load"]),
        asked=graph["groups"],
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

    def nothing(reason: str) -> Row:
        return Row(case.title, contestant, reason, cells=len(case.graph["load"]), asked=case.graph["groups"])

    if len(case.graph["load"]) > _SLOW.get(contestant, len(case.graph["load"])):
        return nothing(f"not asked: more than {_SLOW[contestant]:,} cells")
    answers = []
    for _ in range(runs if contestant in ("onemap", "pymetis") else 1):
        try:
            answers.append(_asked(python, contestant, case.graph, seconds))
        except RivalError as why:
            return nothing(str(why))
    return judge(case, contestant, answers)


class RivalError(Exception):
    """A contestant did not answer; says why."""


def _asked(python: str, contestant: str, graph: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Return the answer of one contestant, from a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "graph.json")
        path.write_text(json.dumps(graph), encoding="utf-8")
        command = [python, "-m", "benchmarks.balancing_rivals", contestant, str(path), str(seconds)]
        limit = max(_LIMIT_S, 3 * seconds)
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit, check=False)
        except subprocess.TimeoutExpired as error:
            message = f"not finished in {limit:.0f} s"
            raise RivalError(message) from error
    if done.returncode:
        raise RivalError((done.stderr.strip().splitlines() or ["failed"])[-1][:120])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def prove(graph: dict[str, Any], rivals: str, *, seconds: float) -> Proof:
    """Let onemap divide a small graph, and CP-SAT look for anything better."""
    cells, groups = len(graph["load"]), graph["groups"]
    label = _asked(sys.executable, OWN, graph, seconds)["label"]
    try:
        found = _asked(rivals, "proof", graph | {"label": label}, seconds)
    except RivalError as why:
        print(f"{cells} cells into {groups}: no proof: {why}", file=sys.stderr)
        return Proof(cells, groups, None, None, 0.0)
    return Proof(cells, groups, *found["label"], found["seconds"])


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
    """Return the rivals' own interpreter, with all of them installed where that is wanted."""
    python = ROOM / "bin" / "python"
    if install and not python.exists():
        subprocess.run([sys.executable, "-m", "venv", ROOM], check=True)
    chosen = str(python) if python.exists() else sys.executable
    if install and missing(chosen):
        subprocess.run([chosen, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    for name in missing(chosen):
        print(f"{name} is not installed: its limits are not measured", file=sys.stderr)
    return chosen


def missing(python: str) -> list[str]:
    """Return the rivals that an interpreter cannot import."""

    def fails(name: str) -> bool:
        return subprocess.run([python, "-c", f"import {name}"], capture_output=True, check=False).returncode != 0

    return [name for name in (package.partition(">=")[0] for package in PACKAGES) if fails(name)]


def cases_of(*, small: bool, real: Path) -> list[Case]:
    """Return the graphs, from small to large."""
    sizes = ((36, 6), (60, 6)) if small else ((36, 6), (100, 8), (400, 10), (2_500, 30), balancing_limits.LARGEST)
    cities = [Case(f"City: {count:,} cells into {groups}", city_graph(count, groups)) for count, groups in sizes]
    wards = [] if small or not real.is_dir() else ward_graphs(real, ("1", "6"))
    return [*wards, *cities]


def measure(cases: Sequence[Case], rivals: str, *, seconds: float, runs: int) -> list[Row]:
    """Let all contestants divide all cases; those of onemap that follow one of pymetis get its evenness."""
    rows: list[Row] = []
    for case in cases:
        for name in CONTESTANTS:
            graph = case.graph | ({"even": rows[-1].deviation} if name.startswith("onemap, as even") else {})
            python = sys.executable if name.startswith(OWN) else rivals
            rows.append(run(Case(case.title, graph), name, python, seconds=seconds, runs=runs))
            print(rows[-1], flush=True)
    return rows


def options() -> argparse.ArgumentParser:
    """Return what the command line takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="two small graphs only, without the real ones")
    parser.add_argument("--seconds", type=float, default=60, help="what searches without an end are given")
    parser.add_argument("--runs", type=int, default=3, help="runs of the quick ones")
    page = ROOT / "docs" / "balancing.md"
    parser.add_argument("--out", type=Path, default=page, help="page; the picture goes beside it")
    real = os.environ.get("ONEMAP_REAL_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("--real", type=Path, default=Path(real), help="folder of the real data")
    parser.add_argument("--no-install", action="store_true")
    return parser


def main() -> int:
    """Run the benchmark; 1 where a limit does not hold."""
    asked = options().parse_args()
    rivals, real = interpreter(install=not asked.no_install), asked.real.resolve()
    sizes = [size for size in _PROVED if size[0] <= (MOST_PROVED if not asked.small else 20)]
    proofs = [prove(city_graph(*size), rivals, seconds=5 * asked.seconds) for size in sizes]
    rows = measure(cases_of(small=asked.small, real=real), rivals, seconds=asked.seconds, runs=asked.runs)
    judged = balancing_limits.verdicts(rows, proofs, with_largest=not asked.small)
    page = asked.out.read_text(encoding="utf-8") if asked.out.exists() else "# Balancing\n"
    page = put_into(page, f"{balancing_limits.table(judged)}\n{table(rows)}", mark=MARK)
    if real.is_dir() and not asked.small:
        told = balancing_washington.measure(real, picture=asked.out.with_suffix(".png"))
        page = put_into(page, told, mark=WASHINGTON)
    asked.out.write_text(page, encoding="utf-8")
    print(balancing_limits.table(judged))
    return int(any(verdict.holds is False for verdict in judged))


if __name__ == "__main__":
    raise SystemExit(main())
