"""Live cases from PostGIS: a server of the test's own; heard, asked when it says nothing, lost and found again."""

import shutil
import tempfile
from pathlib import Path

import pytest
from qgis.core import QgsProject, QgsSettings

from benchmarks.postgis_server import find_programs, postgis
from tests.presence import need

from .test_decisions import own_map
from .test_live import await_cells, await_rows, folder, kept, live_rows, shown, source, spots
from .test_worker import until

__all__ = ["folder", "own_map", "shown", "spots"]
CONNECTION, SECRET = "PostgreSQL/connections/hall", "not-to-be-found"
NEVER_MS = 3_600_000
TELL = "$$BEGIN PERFORM pg_notify('qgis', 'desk'); RETURN NULL; END$$"
NOTIFY = (
    f"CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS {TELL}",
    "CREATE TRIGGER tell AFTER INSERT ON desk FOR EACH STATEMENT EXECUTE FUNCTION tell()",
)


@pytest.fixture(scope="module")
def running():
    need(find_programs(), "PostGIS is not installed (apt-get install postgresql-postgis)")
    room = Path(tempfile.mkdtemp(prefix="onemap_postgis_"))
    room.chmod(0o755)  # the server runs as another user
    with postgis(room) as server:
        yield server
    shutil.rmtree(room, ignore_errors=True)


@pytest.fixture
def server(running):
    """Return the server with an empty table, and let QGIS know it under a name, with a password."""
    running.ask(
        "DROP TABLE IF EXISTS desk",
        "DROP FUNCTION IF EXISTS tell",
        'CREATE TABLE desk (id bigserial PRIMARY KEY, "案件编号" text, matter_name text, reported_at timestamptz, '
        "geom geometry(Point, 4326))",
    )
    facts = {"host": "127.0.0.1", "port": str(running.port), "database": "postgres", "username": "postgres"}
    facts |= {"password": SECRET, "saveUsername": "true", "savePassword": "true"}
    for name, value in facts.items():
        QgsSettings().setValue(f"{CONNECTION}/{name}", value)
    yield running
    QgsSettings().remove(CONNECTION)


def insert(server, code, place, number="DEFAULT"):
    server.ask(
        f"INSERT INTO desk VALUES ({number}, '{code}', '占道经营', '2026-07-01 08:30+08', "
        f"ST_SetSRID(ST_MakePoint({place.x()}, {place.y()}), 4326))"
    )


def test_asked_again_and_again_where_it_says_nothing(plugin, shown, own_map, server, spots):
    insert(server, "P0", spots[0][2])
    shown.live.add(source(plugin, "postgis", "hall", "public.desk"))
    await_rows(shown, 1)
    for number in range(1, 6):
        insert(server, f"P{number}", spots[number][2])
    await_rows(shown, 6)
    await_cells(shown, own_map, 6)
    assert kept(own_map, "case_code, cell_code") == [(f"P{n}", spots[n][0]) for n in range(6)]
    assert live_rows(shown)["P0"].moment == "2026-07-01T00:30:00.000Z"
    assert live_rows(shown)["P0"].group == "占道经营"


def test_heard_at_once_where_it_notifies(plugin, shown, server, spots, monkeypatch):
    watch = plugin("live.watch")
    monkeypatch.setitem(watch.LOOK_MS, "postgis", NEVER_MS)  # so that only its own word brings a case
    server.ask(*NOTIFY)
    insert(server, "P0", spots[0][2])
    shown.live.add(source(plugin, "postgis", "hall", "public.desk"))
    await_rows(shown, 1)
    for number in range(1, 8):
        insert(server, f"P{number}", spots[number][2])
    await_rows(shown, 8)


def test_a_row_whose_transaction_ended_late_is_not_lost(plugin, shown, server, spots):
    insert(server, "P9", spots[1][2], number=9)
    shown.live.add(source(plugin, "postgis", "hall", "public.desk"))
    await_rows(shown, 1)
    insert(server, "P5", spots[2][2], number=5)
    await_rows(shown, 2)
    assert set(live_rows(shown)) == {"P5", "P9"}


def test_a_broken_connection_is_said_and_mended(plugin, shown, server, spots):
    shown.live.add(source(plugin, "postgis", "hall", "public.desk"))
    insert(server, "P1", spots[1][2])
    await_rows(shown, 1)
    others = "pid <> pg_backend_pid() AND backend_type = 'client backend'"
    server.ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    insert(server, "P2", spots[2][2])
    await_rows(shown, 2)
    state = next(iter(shown.live.states.values()))
    until(lambda: state.why == "", 30, lambda: state)


def test_what_is_not_there_is_said_in_words(plugin, shown, server):
    shown.live.add(source(plugin, "postgis", "nobody", "public.desk"))
    state = next(iter(shown.live.states.values()))
    until(lambda: shown.live.states[state.source.name].why == "QGIS knows no connection nobody", 30)


def test_the_project_holds_no_credentials(plugin, shown, own_map, server, spots):
    shown.live.add(source(plugin, "postgis", "hall", "public.desk"))
    insert(server, "P1", spots[1][2])
    await_rows(shown, 1)
    path = own_map.parent / "hall.qgs"
    assert QgsProject.instance().write(str(path))
    text = path.read_text(encoding="utf-8")
    assert '"place": "hall"' in text.replace("&quot;", '"')
    for file in (path, own_map.with_name("onemap.live.gpkg")):
        assert SECRET.encode() not in file.read_bytes()
        assert f"127.0.0.1:{server.port}".encode() not in file.read_bytes()
    assert str(server.port) not in text
