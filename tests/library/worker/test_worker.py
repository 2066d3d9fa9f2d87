"""The worker as a process: its answers, its speed and memory, long requests beside short ones, and its end."""

import gc
import io
import os
import shutil
import signal
import sqlite3
import time
import weakref
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import onemap
from onemap.cases import assign_cases
from onemap.worker.protocol import Request
from onemap.worker.session import Session
from onemap.worker.warm_map import WarmMap


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into /proc, which only Linux has")


def test_open_warms_the_map_and_layers_are_counted(worker, city):
    opened = worker.ask(1, "open", path=str(city / "out" / "onemap.gpkg"))
    assert opened["ok"], opened
    facts = opened["answer"]
    assert facts["district"] == {"zh": "青禾区", "en": "Qinghe"}
    assert [level["level"] for level in facts["levels"]] == [
        "grid_district",
        "grid_street",
        "grid_community",
        "grid_cell",
    ]
    assert facts["levels"][3]["title"] == {"en": "Unit grid cells", "zh": "单元网格"}
    one_map = onemap.open_map(city / "out" / "onemap.gpkg")
    assert facts["cells"] == one_map.read("grid_cell")["cell_code"].nunique()
    rows = {layer["layer"]: layer["rows"] for layer in worker.ask(2, "layers")["answer"]["layers"]}
    assert rows["grid_cell"] == len(one_map.read("grid_cell"))
    assert rows["terrain_dem"] is None
    assert set(rows) == set(one_map.layers.index)


def test_locate_answers_as_assign_cases_with_the_chain(worker, city):
    path = city / "out" / "onemap.gpkg"
    one_map = onemap.open_map(path)
    cells = one_map.read("grid_cell").dissolve("cell_code", as_index=False)
    cases = one_map.read("case")
    cases = cases[~cases.geometry.is_empty & cases.geometry.notna()].head(300)
    table = assign_cases(cases, cells).table
    communities = set(one_map.read("grid_community")["community_code"])
    parents = dict(zip(cells["cell_code"], cells["parent_code"], strict=True))
    worker.ask("open", "open", path=str(path))
    for k, (point, want) in enumerate(zip(cases.geometry, table.itertuples(), strict=True)):
        worker.send(k, "locate", x=point.x, y=point.y)
        answer = worker.wait_for(k)[0]["answer"]
        assert (answer["cell"], answer["how"]) == (want.cell if isinstance(want.cell, str) else None, want.how)
        assert tuple(answer["candidates"]) == want.candidates
        assert answer["distance_m"] == (None if np.isnan(want.distance_m) else want.distance_m)
        if answer["cell"]:
            codes = [link["code"] for link in answer["chain"]]
            assert codes[-1] == answer["cell"]
            assert codes[-2] == parents[answer["cell"]] or parents[answer["cell"]] not in communities
            assert codes[-2] in communities
            assert answer["cell"] in answer["sentence"]["zh"]
            assert answer["chain"][1]["name"] in answer["sentence"]["zh"]
            names = [link["name"] for link in answer["chain"][:-1]]
            assert "".join(names) in answer["sentence"]["zh"]
            assert answer["sentence"]["en"].endswith(f" of {', '.join(reversed(names))}") or answer["how"] != "inside"
    assert set(table["how"]) >= {"inside", "outside"}


def test_of_a_map_without_duties_the_agencies_grids_are_told(city, tmp_path):
    path = shutil.copy(city / "out" / "onemap.gpkg", tmp_path / "onemap.gpkg")
    grids, spot = onemap.open_map(city / "out" / "onemap.gpkg").read("duty_grid"), None
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM onemap_layer WHERE layer_id = 'duty'")
        connection.execute("DELETE FROM gpkg_contents WHERE table_name = 'duty'")
        connection.execute("DROP TABLE duty")
        connection.commit()
    warm = WarmMap(path, verify=False)
    assert warm.matrix is None
    for spot in grids.geometry.representative_point().iloc[::7]:
        holding = grids[grids.intersects(spot)]
        told = warm.locate(spot.x, spot.y)["duty_grids"]
        assert [(grid["agency"], grid["code"]) for grid in told] == sorted(
            zip(holding["agency"], holding["duty_code"], strict=True)
        )
        assert {"name", "holder"} < set(told[0])
    assert WarmMap(city / "out" / "onemap.gpkg", verify=False).locate(spot.x, spot.y)["duty_grids"] == []


def test_locate_takes_any_coordinate_system_and_near(worker, city):
    path = city / "out" / "onemap.gpkg"
    point = onemap.open_map(path).read("grid_cell").geometry.iloc[0].representative_point()
    worker.ask(0, "open", path=str(path))
    here = worker.ask(1, "locate", x=point.x, y=point.y)["answer"]
    for k, system in enumerate(("EPSG:4490", "GCJ02", "BD09"), start=2):
        x, y = onemap.convert_coordinates(point.x, point.y, source="EPSG:4548", target=system)
        there = worker.ask(k, "locate", x=float(x), y=float(y), crs=system)["answer"]
        assert there["cell"] == here["cell"]
        assert np.hypot(there["x"] - point.x, there["y"] - point.y) < 0.01
    west = onemap.open_map(path).read("grid_cell").total_bounds[0]
    out = worker.ask(10, "locate", x=west - 500, y=point.y)["answer"]
    assert (out["how"], out["cell"], out["chain"]) == ("outside", None, [])
    assert out["sentence"]["zh"] == "位于青禾区之外"
    near = worker.ask(11, "locate", x=west - 500, y=point.y, near_m=2000)["answer"]
    assert near["how"] == "near"
    assert near["distance_m"] == out["distance_m"] > 400
    nowhere = worker.ask(12, "locate", x=0, y=0)["answer"]
    assert (nowhere["how"], nowhere["distance_m"]) == ("no_position", None)
    assert worker.ask(13, "locate", x=1, y=1, crs="EPSG:99999")["error"]["code"] == "bad_input"


def test_a_map_published_again_is_noticed(worker, city, tmp_path):
    shutil.copytree(city / "out", tmp_path / "out")
    copy = tmp_path / "out" / "onemap.gpkg"
    assert worker.ask(1, "open", path=str(copy))["ok"]
    assert worker.ask(2, "layers")["answer"]["stale"] is False
    os.utime(copy, ns=(1, 1))
    assert worker.ask(3, "locate", x=1, y=1)["answer"]["stale"] is True
    damaged = bytearray(copy.read_bytes())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 4096] = bytes(4096)
    copy.write_bytes(damaged)
    assert worker.ask(4, "open", path=str(copy))["error"]["code"] == "bad_input"
    assert worker.ask(5, "locate", x=1, y=1)["ok"], "the map opened before is still there"


def test_cycles_are_not_looked_for_in_an_open_map_and_the_one_before_goes(city):
    session = Session(io.BytesIO(), io.BytesIO())
    request = Request(1, "open", {"path": str(city / "out" / "onemap.gpkg"), "verify": False})
    session._answer(request)
    try:
        first = weakref.ref(session._map)
        left = {id(thing) for thing in gc.get_objects()}
        assert id(session._map) not in left
        assert id(session._map.matrix.roster) not in left
        session._answer(request)
        assert first() is None
    finally:
        gc.unfreeze()


@linux
def test_locate_is_fast_and_ten_thousand_requests_leave_no_memory_behind(worker, city):
    path = city / "out" / "onemap.gpkg"
    west, south, east, north = onemap.open_map(path).read("grid_cell").total_bounds
    worker.ask("open", "open", path=str(path))
    rng = np.random.default_rng(1)

    def rounds(first: int, many: int) -> list[float]:
        times = []
        for k in range(first, first + many):
            x, y = rng.uniform(west - 100, east + 100), rng.uniform(south - 100, north + 100)
            start = time.perf_counter()
            worker.ask(k, "locate", x=x, y=y)
            times.append(1000 * (time.perf_counter() - start))
        return times

    def resident_kb() -> int:
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    rounds(0, 1000)
    before = resident_kb()
    for k in range(7000):
        worker.send(10_000 + k, "ping")
    worker.send_bytes(b"broken\n" * 1000)
    worker.send("end", "ping")
    worker.wait_for("end")
    times = rounds(1000, 3000)
    grown = resident_kb() - before
    median, most = np.percentile(times, [50, 99])
    print(f"worker: locate {median:.2f} ms median, {most:.2f} ms at the 99th percentile, there and back; "
          f"{grown} kB more after 11,000 requests")  # fmt: skip
    assert grown < 3000
    assert most < 100


def test_a_long_request_tells_progress_and_lets_short_ones_pass(worker, city):
    worker.ask(1, "open", path=str(city / "out" / "onemap.gpkg"))
    worker.send("long", "gaps", one_map=str(city / "out" / "onemap.gpkg"))
    worker.send("same", "ping")
    worker.send("long", "gaps", one_map="x")
    answer, before = worker.wait_for("long")
    refused = [message for message in before if message["id"] == "long" and not message.get("ok", True)]
    if not answer["ok"]:  # the refusal of the id in use was heard first
        refused.append(answer)
        answer, more = worker.wait_for("long")
        before += more
    assert [message["error"]["code"] for message in refused] == ["malformed"]
    assert answer["answer"]["counts"]["land"] > 0
    assert answer["answer"]["sentences"][0]["zh"].startswith("发现盲区")
    assert any(message["id"] == "same" for message in before)
    told = [message["progress"] for message in before if "progress" in message]
    assert told[0]["text"] == {"en": "finding the gaps", "zh": "正在查找盲区"}


def test_a_childs_refusal_is_the_librarys_sentence(worker, tmp_path):
    missing = tmp_path / "-- 没有.gpkg"
    error = worker.ask(1, "check", cells=str(missing))["error"]
    assert error == {
        "code": "bad_input",
        "text": {"en": f"{missing}: no such file", "zh": f"{missing}：文件不存在"},
    }


@linux
def test_cancel_stops_a_running_request_and_a_waiting_one_and_leaves_the_old_result(worker, city, tmp_path):
    out = tmp_path / "out"
    manifest = str(city / "city" / "onemap.toml")
    for name in ("one", "two", "waiting"):
        worker.send(name, "run", manifest=manifest, out=str(out / name))
    while "progress" not in worker.next():
        pass
    assert worker.ask("c0", "cancel", request="waiting")["answer"] == {"cancelled": True}
    assert worker.ask("c1", "cancel", request="one")["answer"] == {"cancelled": True}
    assert worker.ask("c3", "cancel", request="nobody")["answer"] == {"cancelled": False}
    worker.send("c2", "cancel", request="two")
    ended = {}
    while len(ended) < 3:
        message = worker.next()
        if "progress" not in message and message["id"] in ("one", "two", "waiting"):
            ended[message["id"]] = message["error"]["code"]
    assert ended == dict.fromkeys(("one", "two", "waiting"), "cancelled")
    assert not list(out.rglob("*.gpkg"))
    assert worker.ask("after", "ping")["ok"]
    assert children(worker.process.pid) == []


def test_the_end_of_the_stream_lets_running_requests_finish(worker, city):
    worker.send(1, "gaps", one_map=str(city / "out" / "onemap.gpkg"))
    worker.process.stdin.close()
    assert worker.wait_for(1)[0]["ok"]
    assert worker.end() == 0


@linux
@pytest.mark.parametrize("how", ["close", "terminate", "hang up"])
def test_no_child_outlives_the_worker(worker, city, tmp_path, how):
    worker.send(1, "run", manifest=str(city / "city" / "onemap.toml"), out=str(tmp_path / "out"))
    while "progress" not in worker.next():
        pass
    started = children(worker.process.pid)
    assert len(started) == 1
    if how == "close":
        worker.send(2, "close")
        assert worker.wait_for(2)[0]["ok"]
        assert worker.wait_for(1)[0]["error"]["code"] == "cancelled"
    elif how == "terminate":
        worker.process.send_signal(signal.SIGTERM)
    else:
        worker.process.stdin.close()
        worker.process.stdout.close()
    worker.process.wait(timeout=30)
    deadline = time.monotonic() + 10
    while is_alive(started[0]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(started[0])
