"""A map of New York answers by the clocks of New York: in Python, on the command line and in the worker."""

import datetime as dt
import json
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import onemap
from onemap.responsibility import MatrixOptions, ResponsibilityMatrix, gap_closers, matrix
from onemap.responsibility.map_gaps import matrix_of
from tests.library.test_cli import onemap as command
from tests.library.town import town_manifest
from tests.library.worker.conftest import Client

SPOT = {"x": 400_050.0, "y": 140_050.0}
MANIFEST = town_manifest(crs="EPSG:26985", more='timezone = "America/New_York"')
PEOPLE = [
    {"holder_code": "H1", "name": "Dora Day", "grid_code": "c1", "shift": "day"},
    {"holder_code": "H2", "name": "Nick Night", "grid_code": "c1", "shift": "night"},
]
SHIFTS = [
    {"shift_code": "day", "name": "Day", "days": "*", "start": "08:00", "end": "20:00"},
    {"shift_code": "night", "name": "Night", "days": "*", "start": "20:00", "end": "08:00"},
]
MOMENTS = [
    ("2026-11-23 12:58", "Dora Day", "2026-11-23T12:58:00"),
    ("2026-11-23T12:58:00-05:00", "Dora Day", "2026-11-23T12:58:00"),
    ("2026-11-23T17:58:00Z", "Dora Day", "2026-11-23T12:58:00"),
    ("2026-11-24T01:58:00+08:00", "Dora Day", "2026-11-23T12:58:00"),
    ("2026-11-24T01:58:00Z", "Nick Night", "2026-11-23T20:58:00"),
    ("2026-10-31T12:30:00Z", "Dora Day", "2026-10-31T08:30:00"),  # summer time: 4 hours behind
    ("2026-11-01T12:30:00Z", "Nick Night", "2026-11-01T07:30:00"),  # it ended in the night: 5 hours
    ("2026-11-01T05:30:00Z", "Nick Night", "2026-11-01T01:30:00"),  # the hour that comes twice
    ("2026-11-01T06:30:00Z", "Nick Night", "2026-11-01T01:30:00"),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    x, y = 400_000, 140_000
    cells = gpd.GeoDataFrame({"cell_code": ["c1"]}, geometry=[box(x, y, x + 100, y + 100)], crs="EPSG:26985")
    cells.to_file(folder / "cells.gpkg")
    duties = [{"duty_code": "D1", "agency": "", "matters": "*", "scope": "grid_cell", "part": "in_charge"}]
    text = MANIFEST
    for layer, rows in (("holder", PEOPLE), ("shift", SHIFTS), ("duty", duties)):
        pd.DataFrame(rows).to_csv(folder / f"{layer}.csv", index=False)
        text += f'\n[[source]]\nlayer = "{layer}"\npath = "{layer}.csv"\n'
    (folder / "onemap.toml").write_text(text, encoding="utf-8")
    return onemap.run(folder, out=folder / "out", language="en").path


class Clock(dt.datetime):
    """A clock that stands at 12:58 of New York, when it is 01:58 of the next day in Shanghai."""

    @classmethod
    def now(cls, tz=None):
        return dt.datetime(2026, 11, 23, 17, 58, tzinfo=dt.UTC).astimezone(tz)


def test_every_moment_is_one_of_the_maps_own_clocks(published):
    one_map = onemap.open_map(published)
    for made in (ResponsibilityMatrix.from_map(one_map), matrix_of(one_map)):
        for at, name, local in MOMENTS:
            answer = made.who(**SPOT, at=at)
            assert (answer.accountable.name, answer.moment.local.isoformat()) == (name, local), at
        spots = ([SPOT["x"]] * len(MOMENTS), [SPOT["y"]] * len(MOMENTS))
        times = [pd.Timestamp(at) for at, *_ in MOMENTS]
        assert made.who_batch(spots, at=times)["holder"].tolist() == [name for _, name, _ in MOMENTS]
        aware = pd.to_datetime(pd.Series([at for at, *_ in MOMENTS[1:]]), utc=True, format="ISO8601")
        spots = ([SPOT["x"]] * len(aware), [SPOT["y"]] * len(aware))
        assert made.who_batch(spots, at=aware)["holder"].tolist() == [name for _, name, _ in MOMENTS[1:]]


def test_who_asks_for_another_zone_gets_it(published):
    one_map, options = onemap.open_map(published), MatrixOptions(timezone="Asia/Shanghai")
    for made in (ResponsibilityMatrix.from_map(one_map, options=options), matrix_of(one_map, options=options)):
        assert made.moment("2026-11-23T17:58:00Z").local.isoformat() == "2026-11-24T01:58:00"


def test_now_and_today_are_those_of_the_map(published, monkeypatch):
    monkeypatch.setattr(matrix.dt, "datetime", Clock)
    one_map = onemap.open_map(published)
    made = ResponsibilityMatrix.from_map(one_map)
    assert made.zone == ZoneInfo("America/New_York")
    assert made.who(**SPOT).accountable.name == "Dora Day"
    assert made.gaps()["from"].tolist() == []
    assert made.moment().local.isoformat() == "2026-11-23T12:58:00"
    closers = gap_closers.Closers(one_map, one_map.read("grid_cell"), day=None, matrix=None)
    assert closers._day == dt.date(2026, 11, 23)


@pytest.mark.parametrize(("at", "name", "local"), MOMENTS[1:5])
def test_the_command_line_and_the_worker_say_the_same(published, at, name, local):
    done = command("who", published, "--x", SPOT["x"], "--y", SPOT["y"], "--at", at, "--json")
    answer = json.loads(done.stdout)
    assert (answer["holder"], answer["at"]) == (name, local)
    worker = Client()
    try:
        assert worker.ask(1, "open", path=str(published))["ok"]
        told = worker.ask(2, "who", **SPOT, at=at)["answer"]
        assert (told["holder"], told["at"]) == (name, local)
        assert f"At {local[:10]} {local[11:16]}" in told["sentence"]["en"]
        now = worker.ask(3, "who", **SPOT)["answer"]["at"]
        here = dt.datetime.now(ZoneInfo("America/New_York")).replace(tzinfo=None)
        assert abs((here - dt.datetime.fromisoformat(now)).total_seconds()) < 600
    finally:
        worker.end()
