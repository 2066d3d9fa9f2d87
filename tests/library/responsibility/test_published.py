"""From a published map: Python, the command line and the worker say the same."""

import json
import time

import numpy as np
import pandas as pd
import pytest

import onemap
from onemap.responsibility import ResponsibilityMatrix
from onemap.responsibility.map_gaps import matrix_of
from tests.library.test_cli import onemap as command
from tests.library.worker.conftest import Client

SPOT = {"x": 491_430.0, "y": 4_401_776.0}


@pytest.fixture(scope="module")
def matrix(published):
    return ResponsibilityMatrix.from_map(onemap.open_map(published))


def test_every_case_of_the_city_is_answered_as_one_by_one(published, matrix):
    cases = onemap.open_map(published).read("case")
    table = matrix.who_batch(cases, cases["matter_code"], cases["reported_at"])
    assert len(matrix.problems) == 0
    assert table.index.equals(cases.index)
    for row in range(0, len(cases), 37):
        case = cases.iloc[row]
        if case.geometry is not None and not case.geometry.is_empty:
            single = matrix.who(case.geometry, matter=case["matter_code"], at=case["reported_at"]).row()
            assert {key: table.iloc[row][key] for key in single} == single


def test_the_command_line_answers_in_both_languages(published):
    asked = ["who", published, "--x", SPOT["x"], "--y", SPOT["y"], "--matter", "0505", "--at", "2026-06-30 14:05"]
    done = command(*asked, "--lang", "zh")
    assert (done.returncode, done.stderr) == (0, "")
    assert "0505 机动车乱停放" in done.stdout
    assert "依据：公安分局责任 GA-0505" in done.stdout
    answer = json.loads(command(*asked, "--json").stdout)
    assert (answer["state"], answer["duty_code"], answer["chain"][-1]["code"]) == ("held", "GA-0505", answer["cell"])
    night = command(
        "who",
        published,
        "--x",
        SPOT["x"],
        "--y",
        SPOT["y"],
        "--matter",
        "0501",
        "--at",
        "2026-06-30 23:00",
        "--fail-on-findings",
    )
    assert night.returncode == 1
    assert "vacant, nobody was ever appointed" in night.stdout
    assert command("who", published).returncode == 2


def test_the_command_line_answers_for_a_file_of_points(published, tmp_path):
    cases = onemap.open_map(published).read("case")
    cases[cases.geometry.notna()].head(50)[["case_code", "matter_code", "geometry"]].to_file(tmp_path / "points.gpkg")
    done = command(
        "who",
        published,
        "--points",
        tmp_path / "points.gpkg",
        "--at",
        "2026-06-30 10:00",
        "--out",
        tmp_path / "answers.csv",
        "--json",
    )
    assert json.loads(done.stdout)["counts"]["rows"] == 50
    assert len((tmp_path / "answers.csv").read_text(encoding="utf-8-sig").strip().splitlines()) == 51


def test_the_worker_answers_the_same_within_5_ms(published, matrix):
    worker = Client()
    try:
        opened = worker.ask(1, "open", path=str(published))
        assert opened["answer"]["duties"] is True
        asked = {**SPOT, "matter": "0505", "at": "2026-06-30 14:05"}
        heard = worker.ask(2, "who", **asked)["answer"]
        wanted = json.loads(json.dumps(matrix.who(**asked).to_dict()))
        assert {key: heard[key] for key in wanted} == wanted
        assert heard["stale"] is False
        times = []
        for number in range(500):
            begun = time.perf_counter()
            worker.ask(10 + number, "who", x=SPOT["x"] + number, y=SPOT["y"], matter="0501", at="2026-06-30 14:05")
            times.append((time.perf_counter() - begun) * 1000)
        print(f"who by the worker: median {np.median(times):.2f} ms, 99th percentile {np.percentile(times, 99):.2f} ms")
        assert np.median(times) < 5
        assert worker.ask(3, "who", cell="x")["error"]["code"] == "bad_input"
        assert worker.ask(4, "who", x=1.0, y=2.0, facts="a")["error"]["code"] == "bad_arguments"
        assert worker.ask(5, "who", x=1.0, y=2.0, night=True)["error"]["code"] == "bad_arguments"
    finally:
        worker.process.kill()
        worker.process.wait()


def test_gaps_from_python_are_those_of_the_map(published, matrix):
    one_map = onemap.open_map(published)
    columns = [
        "cause",
        "agency",
        "part",
        "matters",
        "cells",
        "from",
        "to",
        "hours",
        "area_m2",
        "buildings",
        "residents",
    ]
    columns += ["reason", "who_could_close"]
    for wanted in ({}, {"start": "2026-09-28", "end": "2026-10-04"}):
        table = onemap.find_gaps(one_map, kinds=["duty", "time"], window=tuple(wanted.values()) or None).table
        found = matrix.gaps(**wanted)
        assert len(found) > 3
        assert found["residents"].sum() > 0
        assert found[columns].to_numpy().tolist() == table[columns].to_numpy().tolist()
    counted = {"buildings": one_map.read("city3d_building"), "start": one_map.district["as_of"]}
    bare = matrix_of(one_map)
    bare.of_map = None
    width = float(one_map.district.get("agency_tolerance_m") or one_map.district.get("tolerance_m") or 0)
    pd.testing.assert_frame_equal(
        pd.DataFrame(matrix.conflicts()), pd.DataFrame(bare.conflicts(**counted, tolerance_m=width))
    )
