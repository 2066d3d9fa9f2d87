"""The file of the live cases: a batch, or its answers, is written whole or not at all, whatever breaks in between."""

import os
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

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


@pytest.fixture
def folder_look(plugin, tmp_path, monkeypatch):
    """Return a look that waits for nothing, and its folder."""
    looks, source = plugin("live.looks"), plugin("live.source").Source
    monkeypatch.setattr(looks, "CALM_S", 0.0)
    monkeypatch.setattr(looks, "PATIENCE_S", 0.0)
    place = tmp_path / "dropped"
    place.mkdir()
    look = looks.FolderLook(source("folder", str(place)), {}, None)
    return look, place


def batches(look):
    """Return what two looks bring: a file is read when it rested between them."""
    return [*look.look(), *look.look()]


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"\n \n"])
def test_a_table_of_a_byte_order_mark_alone_is_empty_and_keeps_no_file_out(folder_look, data):
    look, place = folder_look
    (place / "a.csv").write_bytes(data)
    (place / "b.csv").write_text("case_code\nB1\n", encoding="utf-8")
    first, second = batches(look)
    assert [(flaw.row, flaw.reason, flaw.reason_zh) for flaw in first.flaws] == [
        ("a.csv", "the file is empty", "文件为空")
    ]
    assert [case.values["case_code"] for case in second.cases] == ["B1"]


def test_a_file_on_which_reading_breaks_is_a_flaw_and_the_next_ones_are_read(plugin, folder_look, monkeypatch):
    look, place = folder_look
    (place / "a.geojson").write_text("[" * 100_000, encoding="utf-8")  # no JSON reader goes so deep
    (place / "b.csv").write_text("case_code\nB1\n", encoding="utf-8")
    warned = []
    monkeypatch.setattr(plugin("log"), "warn", warned.append)
    first, second = batches(look)
    ((flaw,),) = (first.flaws,)
    assert (flaw.row, flaw.kind, flaw.removed) == ("a.geojson", "file", True)
    assert flaw.reason.startswith("it cannot be read: RecursionError: ")
    assert flaw.reason_zh.startswith("无法读取：RecursionError: ")
    assert [case.values["case_code"] for case in second.cases] == ["B1"]
    assert len(warned) == 1
    assert "Traceback" in warned[0]
    assert batches(look) == []  # it is told once, until the file changes


def test_a_file_that_could_not_be_kept_is_read_again(folder_look):
    look, place = folder_look
    (place / "a.csv").write_text("case_code\nA1\n", encoding="utf-8")
    assert list(look.look()) == []
    broken = look.look()
    assert next(broken).cases
    broken.close()  # as a full disk ends it: whoever keeps the batch raises
    (batch,) = look.look()
    assert [case.values["case_code"] for case in batch.cases] == ["A1"]
    assert list(look.look()) == []


def test_a_file_whose_name_is_no_utf_8_is_read_and_kept(plugin, path, folder_look):
    look, place = folder_look
    name = "案件.csv".encode("gb18030")
    try:
        (place / os.fsdecode(name)).write_text("case_code\nA1\n", encoding="utf-8")
    except (OSError, UnicodeError):
        pytest.skip("names are UTF-8 here")
    (batch,) = batches(look)
    with closing(plugin("live.keeper").Keeper(path)) as keeper:
        kept, _ = keeper.keep("desk", batch, {})
        assert [case.values["case_code"] for case in kept] == ["A1"]
        marks = keeper.marks("desk")
    looks, source = plugin("live.looks"), plugin("live.source").Source
    anew = looks.FolderLook(source("folder", str(place)), marks, None)
    assert batches(anew) == []  # known by its mark after a restart, too


def read_rows(plugin, zone, rows):
    records = plugin("live.records")
    raws = [records.Raw(str(n), row) for n, row in enumerate(rows, start=1)]
    return records.Reader("EPSG:4326", zone).read(records.Batch("t", "1"), raws)


@pytest.mark.parametrize("column", ["reported_at", "settled_at", "due_at"])
@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Shanghai", "0001-01-01 00:00:00"),
        ("America/New_York", "9999-12-31 23:59:59"),
        ("Asia/Shanghai", "9999-12-31T23:59:59Z"),  # can be kept, but not be shown by the district's clocks
        ("Asia/Shanghai", "9999-12-31T23:59:59-05:00"),
        (None, "0001-01-01T00:00:00+08:00"),
    ],
)
def test_a_moment_outside_the_calendar_is_no_time(plugin, qgis_app, column, zone, text):
    rows = [{"case_code": "A", column: text}, {"case_code": "B", column: "2026-07-01 08:30"}]
    batch = read_rows(plugin, zone and ZoneInfo(zone), rows)
    assert batch.cases[0].values[column] == ""
    assert batch.cases[1].values[column].startswith("2026-0")
    assert [(flaw.row, flaw.kind, flaw.removed) for flaw in batch.flaws] == [("1", "time", False)]
    assert batch.flaws[0].reason == f"case A: taken; {text} is no time"


def test_the_first_and_the_last_days_that_can_be_told_are_kept_as_they_are_read(plugin, qgis_app):
    rows = [{"case_code": "A", "reported_at": "0001-01-02 00:00", "due_at": "9999-12-31 23:59:59.1239"}]
    batch = read_rows(plugin, ZoneInfo("Asia/Shanghai"), rows)
    values = batch.cases[0].values
    assert values["due_at"] == "9999-12-31T15:59:59.123Z"
    assert datetime.fromisoformat(values["reported_at"]).year == 1  # four digits: else nobody could read it again
    assert batch.flaws == []


def test_a_row_without_a_moment_in_any_zone_is_no_time_for_this_computer_either(plugin, qgis_app, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        batch = read_rows(plugin, None, [{"case_code": "A", "due_at": "0001-01-01 00:00:00"}])
    finally:
        monkeypatch.undo()
        time.tzset()
    assert batch.cases[0].values["due_at"] == ""
    assert [flaw.kind for flaw in batch.flaws] == ["time"]


def test_a_row_on_which_reading_breaks_is_a_flaw_and_the_others_are_taken(plugin, qgis_app, monkeypatch):
    class Odd:
        def __str__(self):
            message = "no text"
            raise ArithmeticError(message)

    warned = []
    monkeypatch.setattr(plugin("log"), "warn", warned.append)
    rows = [{"case_code": "A"}, {"case_code": Odd()}, {"case_code": Odd()}, {"case_code": "half \ud83d"}]
    batch = read_rows(plugin, None, rows)
    assert [case.values["case_code"] for case in batch.cases] == ["A", "half ?"]
    assert [(flaw.row, flaw.kind, flaw.reason, flaw.removed) for flaw in batch.flaws] == [
        (row, "row", "it cannot be read: ArithmeticError: no text", True) for row in ("2", "3")
    ]
    assert len(warned) == 1  # with its trace; thousands of such rows are no news
    assert "Traceback" in warned[0]


def test_a_geometry_that_is_cut_off_is_told_and_its_case_taken(plugin, qgis_app, path):
    files, records = plugin("live.files"), plugin("live.records")
    with closing(sqlite3.connect(path)) as connection:
        (blob,) = connection.execute("SELECT geometry FROM live_case WHERE fid = 1").fetchone()
    assert files._middle(blob) == (10.0, 20.0)
    assert files._middle(None) is None
    for cut in (blob[:2], blob[:12], blob[:-1]):
        raw = records.Raw("1", {"case_code": "A"}, files._middle(cut), "EPSG:4326")
        batch = records.Reader("", None).read(records.Batch("t", "1"), [raw])
        assert batch.cases[0].spot is None
        assert [flaw.kind for flaw in batch.flaws] == ["position"]


def test_an_error_nobody_thought_of_is_told_logged_with_its_trace_and_tried_again(
    plugin, path, english, qgis_app, monkeypatch
):
    module, records = plugin("live.watch"), plugin("live.records")
    looked, warned, told, kept = [], [], [], []

    class Odd:
        def look(self):
            looked.append(1)
            if len(looked) < 3:
                raise ZeroDivisionError
            yield records.Batch("t", "9", [records.NewCase("9", {"case_code": "L9"}, None, "")])

        def close(self):
            pass

    monkeypatch.setattr(module, "look_of", lambda *_: Odd())
    monkeypatch.setattr(plugin("log"), "warn", warned.append)
    one_map = path.with_name("onemap.gpkg")
    source = plugin("live.source").Source("folder", str(path.parent))
    watch = module.Watch(1, source, module.Place(one_map, "EPSG:4548", None, frozenset()))
    watch.told.connect(lambda _, what: told.append(what["why"]))
    watch.kept.connect(lambda _, cases: kept.extend(case.values["case_code"] for case in cases))
    try:
        watch.start()
        assert told == ["an error; the log tells where: ZeroDivisionError: "]
        assert watch._timer.interval() == module.AGAIN_MS
        assert watch._timer.isActive()
        watch.look()
        assert len(warned) == 1  # the same one is logged once
        assert "ZeroDivisionError" in warned[0]
        assert "Traceback" in warned[0]
        watch.look()
        assert kept == ["L9"]
        assert told[-1] == ""
        assert watch._timer.interval() == module.LOOK_MS["folder"]
    finally:
        watch._timer.stop()
        watch._soon.stop()
        watch._keeper.close()
