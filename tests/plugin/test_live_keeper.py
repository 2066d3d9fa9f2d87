"""The file of the live cases: a batch, or its answers, is written whole or not at all, whatever breaks in between."""

import shutil
import sqlite3
import time
from contextlib import closing

import pytest

BREAK = "CREATE TRIGGER broken BEFORE UPDATE ON {table} {when} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"


@pytest.fixture
def path(plugin, one_map, tmp_path):
    """Return a file with three cases that nobody has found a cell for."""
    live_file, keeper, records = plugin("live.live_file"), plugin("live.keeper"), plugin("live.records")
    own = shutil.copy(one_map, tmp_path / "onemap.gpkg")
    made = live_file.live_file_of(own)
    live_file.create(made, own)
    with closing(keeper.Keeper(made)) as writer:
        cases = [records.NewCase(str(n), {"case_code": f"L{n}"}, (1.0, 2.0), "EPSG:4326") for n in range(3)]
        kept, _ = writer.keep("desk", records.Batch("t", "3", cases), {0: (10.0, 20.0)})
        assert [case.fid for case in kept] == [1, 2, 3]
    return made


def whole(path):
    """Return everything that the answers may change: cases, spatial index, bounds."""
    asked = (
        "SELECT * FROM live_case ORDER BY fid",
        "SELECT * FROM rtree_live_case_geometry ORDER BY id",
        "SELECT * FROM gpkg_contents ORDER BY table_name",
    )
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(sql).fetchall() for sql in asked]


def answers(plugin, last="C3"):
    """Return where the three cases belong."""
    answer = plugin("live.keeper").Answer
    cells = ("C1", "C2", last)
    return [
        answer(fid, {"cell_code": cell, "how": "inside"}, (10.0 * fid, 20.0)) for fid, cell in enumerate(cells, start=1)
    ]


def break_at(path, table, when=""):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(BREAK.format(table=table, when=when))


@pytest.mark.parametrize("broken", ["value", "case", "bounds"])
def test_answers_that_fail_leave_nothing_half_written(plugin, path, broken):
    """The third answer cannot be written, or its row, or, after all of them, the bounds."""
    if broken == "case":
        break_at(path, "live_case", "WHEN NEW.fid = 3")
    if broken == "bounds":
        break_at(path, "gpkg_contents")
    before = whole(path)
    with closing(plugin("live.keeper").Keeper(path)) as keeper:
        with pytest.raises(sqlite3.Error):
            keeper.answer(answers(plugin, object() if broken == "value" else "C3"))
        assert whole(path) == before
        assert [case.fid for case in keeper.unassigned()] == [1, 2, 3]
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TRIGGER IF EXISTS broken")
        keeper.answer(answers(plugin))  # the same keeper goes on
        assert keeper.unassigned() == []
    cases, index, _ = whole(path)
    assert len(index) == len(cases) == 3


def test_a_commit_that_fails_is_taken_back(plugin, path, monkeypatch):
    keeper = plugin("live.keeper").Keeper(path)
    true = keeper._connection

    class Failing:
        def __getattr__(self, name):
            return getattr(true, name)

        def execute(self, sql, *values):
            if sql == "COMMIT":
                message = "database or disk is full"
                raise sqlite3.OperationalError(message)
            return true.execute(sql, *values)

    before = whole(path)
    monkeypatch.setattr(keeper, "_connection", Failing())
    with pytest.raises(sqlite3.OperationalError, match="disk is full"):
        keeper.answer(answers(plugin))
    monkeypatch.setattr(keeper, "_connection", true)
    assert whole(path) == before
    keeper.answer(answers(plugin))
    assert keeper.unassigned() == []
    keeper.close()


def test_the_ledger_says_why_and_goes_on(plugin, path, english, qgis_app):
    watch = plugin("live.watch")
    ledger = watch.Ledger(1, path.with_name("onemap.gpkg"), makes=False)
    told = []
    ledger.failed.connect(told.append)
    ledger.start()
    break_at(path, "live_case", "WHEN NEW.fid = 3")
    before = whole(path)
    ledger.answer(answers(plugin))
    assert told == ["the live cases cannot be kept: the disk is full"]
    assert whole(path) == before
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER broken")
    ledger.answer(answers(plugin))
    assert [row[1:] for row in whole(path)[1]] == [(10.0 * n, 10.0 * n, 20.0, 20.0) for n in (1, 2, 3)]
    ledger._keeper.close()
    assert len(told) == 1


def test_a_folder_of_many_files_is_looked_at_in_turn(plugin, tmp_path, monkeypatch):
    """New files are read at once; files that were read before are looked at again a few at a time, none left out."""
    looks, source = plugin("live.looks"), plugin("live.source").Source
    monkeypatch.setattr(looks, "READ_BEFORE", 7)
    monkeypatch.setattr(looks, "CALM_S", 0.0)
    for n in range(20):
        (tmp_path / f"{n:02d}.csv").write_text(f"case_code\nA{n}\n", encoding="utf-8")
    look = looks.FolderLook(source("folder", str(tmp_path)), {}, None)
    assert list(look.look()) == []  # a file is looked into when it rests
    assert len(list(look.look())) == 20
    stamped = []
    stamp_of = looks.stamp_of
    monkeypatch.setattr(looks, "stamp_of", lambda path: stamped.append(path.name) or stamp_of(path))
    for _ in range(3):
        stamped.clear()
        assert list(look.look()) == []
        assert len(stamped) == 7
    (tmp_path / "new.csv").write_text("case_code\nnew\n", encoding="utf-8")
    (tmp_path / "13.csv").write_text("case_code\nA13\nB13\n", encoding="utf-8")
    found = []
    for _ in range(5):
        found += [case.values["case_code"] for batch in look.look() for case in batch.cases]
        time.sleep(0.001)
    assert found[0] == "new"
    assert sorted(found) == ["A13", "B13", "new"]
