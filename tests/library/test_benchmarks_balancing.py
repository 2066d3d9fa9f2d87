"""The benchmark of balancing: its limits can fail, its proofs are CP-SAT's own, its tables parse."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.library.test_benchmarks import parsed
from tests.presence import need

need(find_spec("ortools"), "ortools is not installed: pip install -e .[test]")

ROOT = Path(__file__).resolve().parents[2]


def rows_of(**changes):
    """Return rows of one case in which every limit is held; ``changes``: fields by contestant."""
    from benchmarks.balancing_limits import Row

    case = {"case": "City", "groups": 6, "cells": 36, "asked": 6}
    rows = {
        "onemap": Row(contestant="onemap", deviation=0.01, border_km=12.0, **case),
        "pymetis": Row(contestant="pymetis", deviation=0.05, border_km=10.0, **case),
        "even": Row(contestant="onemap, as even as pymetis", deviation=0.05, border_km=10.4, **case),
        "gerrychain": Row(contestant="GerryChain", deviation=0.01, border_km=15.0, **case),
    }
    return [replace(row, **changes.get(name, {})) for name, row in rows.items()]


def words(rows, proofs=(), *, with_largest=False):
    from benchmarks.balancing_limits import verdicts

    return [verdict.word for verdict in verdicts(rows, proofs, with_largest=with_largest)]


HELD, NOT, UNKNOWN = "held", "**NOT held**", "not measured"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, [HELD, HELD]),
        ({"gerrychain": {"deviation": 0.0099}}, [NOT, HELD]),  # one rival is more even
        ({"gerrychain": {"deviation": 0.0, "scattered": 1}}, [HELD, HELD]),  # but in pieces: not equal
        ({"gerrychain": {"deviation": 0.0, "groups": 5}}, [HELD, HELD]),  # or in other groups than were asked for
        ({"onemap": {"scattered": 1}}, [NOT, HELD]),
        ({"even": {"border_km": 10.6}}, [HELD, NOT]),  # more than five percent longer
        ({"even": {"deviation": 0.06}}, [HELD, NOT]),  # shorter, but less even; the other is too long
        ({"even": {"deviation": 0.06}, "onemap": {"border_km": 10.5}}, [HELD, HELD]),
        ({"pymetis": {"reason": "No module named 'pymetis'"}}, [HELD, UNKNOWN]),
        ({"pymetis": {"reason": "x"}, "gerrychain": {"reason": "x"}}, [UNKNOWN, UNKNOWN]),
    ],
)
def test_each_limit_beside_rivals_can_fail(changes, found):
    assert words(rows_of(**changes)) == found


def test_limits_of_time_and_proof_can_fail():
    from benchmarks.balancing_limits import LARGEST, Proof, Row, table, verdicts

    def last(**fields):
        large = Row("City", "onemap", groups=300, cells=LARGEST[0], asked=LARGEST[1], **fields)
        return words([large], with_largest=True)[-1]

    assert (last(seconds=19.9), last(seconds=20.0), last(seconds=1.0, scattered=2)) == (HELD, NOT, NOT)
    assert words(rows_of(), with_largest=True)[-1] == UNKNOWN
    proofs = [Proof(36, 6, *states, 1.0) for states in ((True, True), (True, False), (True, None), (False, None))]
    assert words([], proofs) == [HELD, NOT, UNKNOWN, NOT]
    (rows,) = parsed(table(verdicts(rows_of(), proofs, with_largest=False)))
    assert [row["verdict"] for row in rows] == [HELD, HELD, HELD, NOT, UNKNOWN, NOT]


def test_the_proof_betters_an_answer_that_is_not_the_best():
    """CP-SAT agrees with the answer of the search, and finds fault with a worse one."""
    from benchmarks.balancing import city_graph
    from benchmarks.balancing_rivals import onemap, proof

    graph = city_graph(12, 3)
    best = onemap(graph, 0.0)
    assert proof(graph | {"label": best}, 60.0) == [True, True]
    load = graph["load"]
    other = next(
        [group if unit != one else best[beside] for unit, group in enumerate(best)]
        for one in range(len(load)) for beside in graph["neighbours"][one] if best[beside] != best[one]
    )  # fmt: skip
    assert proof(graph | {"label": other}, 60.0)[0] is False


def test_the_rivals_that_are_missing_are_named(tmp_path):
    from benchmarks.balancing import PACKAGES, missing

    assert missing("/bin/false") == [package.partition(">=")[0] for package in PACKAGES]
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\n[ \"$2\" != 'import pymetis' ]\n")
    python.chmod(0o755)
    assert missing(str(python)) == ["pymetis"]


def test_the_page_shows_the_limits_and_both_marks():
    page = (ROOT / "docs" / "balancing.md").read_text(encoding="utf-8")
    from benchmarks.balancing import MARK, WASHINGTON

    for mark in (MARK, WASHINGTON):
        assert page.count(f"<!-- {mark} -->") == page.count(f"<!-- /{mark.partition(':')[0]} -->") == 1
