"""One contestant divides one graph into groups, in a process of its own; the groups are printed as JSON.

usage: python -m benchmarks.balancing_rivals CONTESTANT GRAPH SECONDS (GRAPH: a JSON file, see `benchmarks.balancing`)
"""

import importlib.metadata
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any


def onemap(graph: dict[str, Any], _seconds: float) -> list[int]:
    from benchmarks.balancing import ground_of
    from onemap.grids.balance_solve import solve

    return solve(ground_of(graph)).label


def _metis(graph: dict[str, Any], **options: Any) -> list[int]:
    import pymetis

    starts, targets, weights = [0], [], []
    for others, lengths in zip(graph["neighbours"], graph["border"], strict=True):
        targets += others
        weights += lengths
        starts.append(len(targets))
    kind = pymetis.Options(contig=1, **options) if hasattr(pymetis.Options(), "contig") else pymetis.Options(**options)
    _, label = pymetis.part_graph(
        graph["groups"], xadj=starts, adjncy=targets, eweights=weights, vweights=graph["load"], options=kind,
        contiguous=None if hasattr(kind, "contig") else True, recursive=False,
    )  # fmt: skip
    return list(label)


def pymetis(graph: dict[str, Any], _seconds: float) -> list[int]:
    return _metis(graph)


def pymetis_tight(graph: dict[str, Any], _seconds: float) -> list[int]:
    """Of several tightnesses of balance the one that balances best."""
    found = [_metis(graph, ufactor=u, ncuts=10, niter=50, seed=s) for u in (1, 3, 5, 10, 20) for s in (1, 2, 3)]
    return min(found, key=lambda label: _deviation(graph, label))


def _deviation(graph: dict[str, Any], label: list[int]) -> float:
    held = [0] * graph["groups"]
    for load, group in zip(graph["load"], label, strict=True):
        held[group] += load
    mean = sum(held) / len(held)
    return max(abs(load - mean) for load in held)


def _frame(graph: dict[str, Any]) -> tuple[Any, Any]:
    import geopandas as gpd
    from libpysal import weights

    place = graph["place"]
    frame = gpd.GeoDataFrame(
        {"load": graph["load"], "one": 1}, geometry=gpd.points_from_xy(*zip(*place, strict=True)), crs=None
    )
    return frame, weights.W(dict(enumerate(graph["neighbours"])), silence_warnings=True)


def spopt_skater(graph: dict[str, Any], _seconds: float) -> list[int]:
    from spopt.region import Skater

    frame, near = _frame(graph)
    floor = max(1, len(frame) // (2 * graph["groups"]))
    model = Skater(frame, near, ["load"], n_clusters=graph["groups"], floor=floor, islands="ignore")
    model.solve()
    return [int(group) for group in model.labels_]


def spopt_maxp(graph: dict[str, Any], _seconds: float) -> list[int]:
    """As many groups of at least 90 percent of the mean load as go; it does not promise their number."""
    from spopt.region import MaxPHeuristic

    frame, near = _frame(graph)
    threshold = 0.9 * sum(graph["load"]) / graph["groups"]
    model = MaxPHeuristic(frame, near, ["one"], "load", threshold, top_n=2, max_iterations_construction=20)
    model.solve()
    return [int(group) - 1 for group in model.labels_]


def gerrychain(graph: dict[str, Any], seconds: float) -> list[int]:
    """The best of recursive tree partitions of falling tolerance, then recombination of two groups at a time."""
    import functools
    import random

    from gerrychain import Graph, Partition, updaters
    from gerrychain.tree import recursive_tree_part

    random.seed(1)
    import networkx as nx

    plain = nx.Graph()
    for unit, load in enumerate(graph["load"]):
        plain.add_node(unit, load=load)
    plain.add_edges_from((u, v) for u, others in enumerate(graph["neighbours"]) for v in others if u < v)
    start, best = time.perf_counter(), None
    ideal = sum(graph["load"]) / graph["groups"]
    chain_graph = Graph.from_networkx(plain)
    for epsilon in (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002):
        if time.perf_counter() - start > seconds / 3:
            break
        try:
            found = recursive_tree_part(chain_graph, range(graph["groups"]), ideal, "load", epsilon)
        except Exception as why:  # noqa: BLE001 - it gives up by errors of many kinds
            print(f"epsilon {epsilon}: {type(why).__name__} {why}", file=sys.stderr)
            break
        label = [found[unit] for unit in range(len(graph["load"]))]
        if best is None or _deviation(graph, label) < _deviation(graph, best):
            best = label
    assert best is not None
    return _recombined(graph, chain_graph, best, ideal, end=start + seconds, tools=(functools, Partition, updaters))


def _recombined(
    graph: dict[str, Any], chain_graph: Any, best: list[int], ideal: float, *, end: float, tools: tuple[Any, ...]
) -> list[int]:
    from gerrychain.proposals import recom

    functools, partition_class, updaters = tools
    tally = {"load": updaters.Tally("load", alias="load")}
    now = partition_class(chain_graph, dict(enumerate(best)), tally)
    while time.perf_counter() < end:
        worst = _deviation(graph, best) / ideal
        step = functools.partial(recom, pop_col="load", pop_target=ideal, epsilon=max(worst, 1e-3), node_repeats=1)
        try:
            now = step(now)
        except Exception as why:  # noqa: BLE001
            print(f"recom: {type(why).__name__} {why}", file=sys.stderr)
            break
        label = [now.assignment[unit] for unit in range(len(graph["load"]))]
        if _deviation(graph, label) < _deviation(graph, best):
            best = label
    return best


def cp_sat(graph: dict[str, Any], seconds: float) -> list[int]:
    """The largest deviation made as small as the time allows; contiguity by a way of each cell to its group's root."""
    from tests.library.grids.balance_oracle import best_division

    found = best_division(graph["load"], _edges(graph), graph["groups"], seconds=seconds, border_seconds=seconds / 4)
    if found is None:
        message = "no division found in time"
        raise RuntimeError(message)
    names = {root: group for group, root in enumerate(sorted(set(found.label)))}
    return [names[root] for root in found.label]


def proof(graph: dict[str, Any], seconds: float) -> list[bool | None]:
    """Whether nothing is more even than the answer given, and nothing as even has a shorter border."""
    from tests.library.grids.balance_oracle import nothing_better

    load, label, groups = graph["load"], graph["label"], graph["groups"]
    held = [0] * groups
    for weight, group in zip(load, label, strict=True):
        held[group] += weight
    deviation = max(abs(groups * one - sum(load)) for one in held)
    edges = _edges(graph)
    cut = sum(length for one, other, length in edges if label[one] != label[other])
    return list(nothing_better(load, edges, groups, deviation=deviation, cut=cut, seconds=seconds))


def _edges(graph: dict[str, Any]) -> list[tuple[int, int, int]]:
    return [
        (unit, other, length)
        for unit, (others, lengths) in enumerate(zip(graph["neighbours"], graph["border"], strict=True))
        for other, length in zip(others, lengths, strict=True)
        if unit < other
    ]


CONTESTANTS = {
    "onemap": (onemap, "onemap"),
    "pymetis": (pymetis, "pymetis"),
    "onemap, as even as pymetis": (onemap, "onemap"),
    "pymetis, tightest": (pymetis_tight, "pymetis"),
    "onemap, as even as the tightest": (onemap, "onemap"),
    "spopt Skater": (spopt_skater, "spopt"),
    "spopt MaxP": (spopt_maxp, "spopt"),
    "GerryChain": (gerrychain, "gerrychain"),
    "ortools CP-SAT": (cp_sat, "ortools"),
}


def main() -> None:
    warnings.simplefilter("ignore")
    name, path, seconds = sys.argv[1:]
    graph = json.loads(Path(path).read_text(encoding="utf-8"))
    divide, package = {**CONTESTANTS, "proof": (proof, "ortools")}[name]
    start = time.process_time()
    label = divide(graph, float(seconds))
    taken = time.process_time() - start
    if package == "onemap":
        import onemap as library

        version = library.__version__
    else:
        version = importlib.metadata.version(package)
    print(json.dumps({"label": label, "seconds": taken, "version": version}))


if __name__ == "__main__":
    main()
