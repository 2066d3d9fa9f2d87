"""The promises of the store: R1 atomic, R2 full disk, R9 same bytes, R11 damage noticed, R13 readers and writers."""

import hashlib
import os
import random
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onemap.errors import StoreError
from onemap.store.geopackage import publish
from onemap.store.integrity import damage, quoted
from onemap.store.lock import lock_path
from onemap.store.one_map import open_map

from .conftest import NOON, full_dose, make_contents

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="killing a writer half-way needs fork")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def in_child(work) -> int:
    """Run ``work`` in a forked process and return its pid."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except StoreError as error:
            sys.stderr.write(f"{error}\n")
            code = 2
        finally:
            os._exit(code)
    return pid


@pytest.fixture
def old_and_new(tmp_path, facts):
    """Return the path of an old map and the digests of the old and of the new one."""
    path = tmp_path / "map.gpkg"
    publish(path, make_contents(2), facts=facts, now=NOON)
    new = digest(path)
    publish(path, make_contents(1), facts=facts, now=NOON)
    return path, digest(path), new


def test_r1_a_killed_build_leaves_the_old_map_or_the_new_one(old_and_new, facts):
    """R1: kill -9 at random moments of a build; 0 lost, 0 mixed."""
    path, old, new = old_and_new
    kills = 500 if full_dose() else 20
    chance = random.Random(11)
    contents = make_contents(2)
    start = time.perf_counter()
    os.waitpid(in_child(lambda: publish(path.with_name("measure.gpkg"), contents, facts=facts, now=NOON)), 0)
    took = time.perf_counter() - start
    seen = {old: 0, new: 0}
    for _ in range(kills):
        pid = in_child(lambda: publish(path, contents, facts=facts, now=NOON))
        time.sleep(chance.uniform(0.0, took * 1.5))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert digest(path) in seen, "neither the old map nor the new one"
        seen[digest(path)] += 1
        open_map(path)
        if digest(path) == new:
            publish(path, make_contents(1), facts=facts, now=NOON)
    assert not full_dose() or min(seen.values()) > 0, "the kills missed the moment of the switch"
    publish(path, contents, facts=facts, now=NOON)
    left = sorted(item.name for item in path.parent.iterdir())
    assert left == ["map.gpkg", "measure.gpkg"], "the next build removes what a killed one left"
    print(f"R1: {kills} kills, {seen[old]} left the old map, {seen[new]} the new one, 0 lost, 0 mixed")


@pytest.mark.parametrize("step", ["fsync file", "before rename", "after rename"])
def test_r1_killed_at_each_step_of_the_switch(old_and_new, facts, step, monkeypatch):
    path, old, new = old_and_new
    rename, fsync = Path.replace, os.fsync

    def die(*_args):
        os.kill(os.getpid(), signal.SIGKILL)

    def work():
        if step == "fsync file":
            monkeypatch.setattr(os, "fsync", die)
        elif step == "before rename":
            monkeypatch.setattr(Path, "replace", die)
        else:
            monkeypatch.setattr(Path, "replace", lambda own, other: (rename(own, other), die()))
        publish(path, make_contents(2), facts=facts, now=NOON)

    os.waitpid(in_child(work), 0)
    assert fsync is os.fsync
    assert digest(path) == (new if step == "after rename" else old)


def test_r2_a_full_disk_leaves_the_old_map(old_and_new, facts, capfd):
    """R2: the disk is full at many points of the write; clear error, old map untouched, no leftovers."""
    path, old, _ = old_and_new
    size = path.stat().st_size
    points = 50 if full_dose() else 12
    for number in range(points):
        limit = int(size * (number + 0.5) / points)

        def work(limit=limit):
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            publish(path, make_contents(2), facts=facts, now=NOON)

        _, status = os.waitpid(in_child(work), 0)
        assert os.waitstatus_to_exitcode(status) == 2, f"limit {limit}: {capfd.readouterr().err}"
        assert "the old map is untouched" in capfd.readouterr().err
        assert digest(path) == old
        assert [item.name for item in path.parent.iterdir()] == [path.name]
    print(f"R2: {points} of {points} points of a full disk: old map untouched, error named, nothing left over")


def test_r2_a_folder_that_cannot_be_written(contents, facts):
    with pytest.raises(StoreError, match="cannot be written"):
        publish(Path("/proc/self/map.gpkg"), contents, facts=facts)
    with pytest.raises(StoreError, match="its folder does not exist"):
        publish(Path("/no/such/folder/map.gpkg"), contents, facts=facts)


def test_r9_same_input_same_bytes(tmp_path, facts):
    """R9: another process with another hash seed writes the same bytes; another moment changes time fields only."""
    first = digest(publish(tmp_path / "a.gpkg", make_contents(), facts=facts, now=NOON))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from library_store_conftest import *; "
        "publish(sys.argv[2], make_contents(), facts={'levels': '[\"grid_cell\"]', 'crs': 'EPSG:4548', 'name': '青禾区'}, now=NOON)"
    )
    (tmp_path / "library_store_conftest.py").write_text(
        Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
        + "\nfrom onemap.store.geopackage import publish\n",
        encoding="utf-8",
    )
    root = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path), str(tmp_path / "b.gpkg")], env=environment, check=True)
    assert digest(tmp_path / "b.gpkg") == first
    later = publish(tmp_path / "c.gpkg", make_contents(), facts=facts, now=datetime(2027, 1, 1, tzinfo=UTC))
    ours, theirs = rows_of(tmp_path / "a.gpkg"), rows_of(later)
    changed = {table for table in ours if ours[table] != theirs[table]}
    assert changed == {"gpkg_contents", "layer_styles", "onemap_district"}
    print("R9: 2 of 2 builds byte-equal across processes; another moment changes the 3 tables with time fields only")


def rows_of(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {table: repr(connection.execute(f"SELECT * FROM {quoted(table)}").fetchall()) for table in tables}


def test_r11_damage_is_noticed_on_opening(tmp_path, facts):
    """R11: bytes flipped anywhere; every flip that changes what can be read is noticed."""
    path = publish(tmp_path / "map.gpkg", make_contents(side=12, cases=300), facts=facts, now=NOON)
    whole = path.read_bytes()
    content = published_rows(path)
    flips = 10_000 if full_dose() else 300
    chance = random.Random(5)
    harmless = noticed = 0
    broken = tmp_path / "broken.gpkg"
    for _ in range(flips):
        changed = bytearray(whole)
        for _ in range(chance.choice((1, 8))):
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        broken.write_bytes(changed)
        if damage(broken):
            noticed += 1
            continue
        seen = published_rows(broken)
        assert seen == content, [table for table in content if (seen or {}).get(table) != content[table]]
        harmless += 1
    print(f"R11: {flips} damaged files, {noticed} noticed, {harmless} flips changed nothing that is read, 0 missed")
    assert noticed > flips // 3


def test_r11_a_name_is_noticed_in_the_row_and_in_the_index(tmp_path, contents, facts):
    """An index keeps a copy of its column: reading the copy would hide a changed row."""
    path = publish(tmp_path / "map.gpkg", contents, facts=facts, now=NOON)
    whole = path.read_bytes()
    places = [match.start() for match in re.finditer(b"reject|EPSG|levels", whole)]
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert damage(path), f"byte {place}"
    assert len(places) > 20


def published_rows(path: Path) -> dict[str, str] | None:
    """Return what a reader would see, or None where reading fails."""
    try:
        rows = rows_of(path)
    except (sqlite3.Error, OverflowError, UnicodeDecodeError):
        return None
    kept = ("grid_cell", "case", "reject", "onemap_layer", "onemap_district", "layer_styles", "gpkg_geometry_columns")
    return {table: rows[table] for table in kept if table in rows}


def test_r11_truncated_files_are_noticed(tmp_path, contents, facts):
    path = publish(tmp_path / "map.gpkg", contents, facts=facts)
    whole = path.read_bytes()
    for share in (0.0, 0.01, 0.3, 0.9, 0.999):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(StoreError):
            open_map(path)


def test_a_map_of_another_version_is_not_called_damaged(tmp_path, contents, facts):
    path = publish(tmp_path / "map.gpkg", contents, facts=facts)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE onemap_district SET value = '0' WHERE name = 'seal_version'")
        connection.commit()
    with pytest.raises(StoreError, match="was published by another version of onemap"):
        open_map(path)


def test_r11_a_changed_value_names_its_layer(tmp_path, contents, facts):
    path = publish(tmp_path / "map.gpkg", contents, facts=facts)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE reject SET row = 4")
        connection.commit()
    with pytest.raises(StoreError, match="reject: its content is not what was published"):
        open_map(path)
    assert len(open_map(path, verify=False).read("grid_cell")) == 900


def test_r13_readers_never_see_half_a_build(old_and_new, facts):
    """R13: readers beside a writer see the old map or the new one, and never wait."""
    path, _, _ = old_and_new
    seconds = 60 if full_dose() else 3
    until = time.monotonic() + seconds

    def read():
        count = 0
        while time.monotonic() < until:
            one_map = open_map(path)
            assert one_map.layers.loc["case", "rows_out"] == 2_000
            count += 1
        assert count

    readers = [in_child(read) for _ in range(3)]
    builds = 0
    while time.monotonic() < until:
        publish(path, make_contents(builds % 2 + 1), facts=facts, now=NOON)
        builds += 1
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in readers]
    assert codes == [0, 0, 0]
    print(f"R13: 3 readers, {builds} builds in {seconds} s: 0 partial views, 0 lock errors")


def test_r13_a_second_writer_is_refused_by_name(tmp_path, contents, facts):
    path = tmp_path / "map.gpkg"
    said = []

    def compete(share: float, text: str) -> None:
        if not said:
            start = time.monotonic()
            with pytest.raises(StoreError, match=f"is being written by process {os.getpid()}") as refused:
                publish(path, contents, facts=facts)
            said.append((refused, time.monotonic() - start))

    publish(path, contents, facts=facts, progress=compete)
    assert said[0][1] < 5
    assert not lock_path(path).exists()


def test_r13_the_lock_of_a_dead_writer_is_taken_over(tmp_path, contents, facts):
    path = tmp_path / "map.gpkg"
    lock_path(path).write_text('{"pid": 1, "host": "gone"}', encoding="utf-8")
    publish(path, contents, facts=facts)
    assert [item.name for item in tmp_path.iterdir()] == ["map.gpkg"]


def test_r13_a_log_left_by_an_editor_is_settled_or_refused(tmp_path, contents, facts):
    path = publish(tmp_path / "map.gpkg", contents, facts=facts)
    editor = sqlite3.connect(path)
    editor.execute("PRAGMA journal_mode=WAL")
    editor.execute("CREATE TABLE note (text TEXT)")
    editor.commit()
    before = rows_of(path)
    with pytest.raises(StoreError, match=r"open for editing in another program \(map.gpkg-wal"):
        publish(path, make_contents(2), facts=facts)
    assert rows_of(path) == before
    editor.close()
    publish(path, make_contents(2), facts=facts)
    assert [item.name for item in tmp_path.iterdir()] == ["map.gpkg"]
    open_map(path)
