"""Open cases are overdue once their deadline has passed, whatever their source said of them last."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from .test_decisions import open_controller, own_map
from .test_worker import until

__all__ = ["own_map"]
YEARS_AGO = "2020-01-01T00:00:00.000Z"


def stored(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.fixture
def due(own_map):
    """Let three open cases and a settled one of a map have these deadlines; return the map and their numbers."""

    def give(*deadlines, as_of="2026-06-30"):
        with closing(sqlite3.connect(own_map)) as connection:
            named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'case'")
            for (trigger,) in named.fetchall():  # they call functions that only GDAL has; no geometry changes
                connection.execute(f'DROP TRIGGER "{trigger}"')
            codes = [row[0] for row in connection.execute('SELECT case_code FROM "case" ORDER BY case_code LIMIT 4')]
            for code, state in zip(codes, ("new", "in_hand", "new", "settled"), strict=True):
                connection.execute('UPDATE "case" SET state = ? WHERE case_code = ?', (state, code))
            for code, deadline in zip(codes, deadlines, strict=True):
                connection.execute('UPDATE "case" SET due_at = ? WHERE case_code = ?', (deadline, code))
            connection.execute("UPDATE onemap_district SET value = ? WHERE name = 'as_of'", (as_of,))
            connection.commit()
        return codes

    return give


@pytest.fixture
def opened(plugin, desktop, own_map, qtbot, english):
    made = []

    def open_it():
        made.append(open_controller(plugin, desktop, own_map, qtbot))
        return made[-1]

    yield open_it
    for controller in made:
        controller.close()


def states(controller, codes):
    found = {row.case: (row.state, row.sign) for row in controller.dock.cases.model.rows}
    return [found[code] for code in codes]


def overdue(controller):
    return controller.dock.cases._counted["overdue"]


def test_a_map_of_a_day_is_looked_at_at_the_end_of_that_day(due, opened, own_map):
    """30 June in Shanghai ends at four in the afternoon of UTC."""
    codes = due("2026-06-30T15:59:00.000Z", "2026-06-30T16:01:00.000Z", None, YEARS_AGO)
    with closing(sqlite3.connect(own_map)) as connection:
        said = dict(connection.execute('SELECT case_code, state FROM "case"'))
    shown = opened()
    late, early, without, settled = states(shown, codes)
    assert late == ("overdue", "overdue")
    assert early == (said[codes[1]], said[codes[1]])
    assert without == (said[codes[2]], said[codes[2]])
    assert settled == ("settled", "settled")
    assert overdue(shown) == [*said.values()].count("overdue") + 1


@pytest.mark.parametrize("as_of", ["", "2999-01-01", "9999-12-31", "nonsense"])
def test_a_deadline_passes_while_the_case_is_listed(due, opened, as_of):
    soon = datetime.now(UTC) + timedelta(hours=1)
    codes = due(stored(soon), None, None, YEARS_AGO, as_of=as_of)
    shown = opened()
    tab = shown.dock.cases
    before, count = states(shown, codes), overdue(shown)
    assert before[0][0] in ("new", "in_hand")
    tab.select(next(line for line, row in enumerate(tab.model.shown) if row.case == codes[0]))
    shown.deadlines.look()
    assert states(shown, codes) == before
    shown.deadlines.clock = lambda _: stored(soon + timedelta(seconds=1))
    shown.deadlines.look()
    assert states(shown, codes) == [("overdue", "overdue"), *before[1:]]
    assert overdue(shown) == count + 1
    assert (tab.row.case, tab.row.state) == (codes[0], "overdue")  # it stays the one that is looked at
    assert "<b>overdue</b>" in tab.card.toHtml() or "overdue" in tab.card.toPlainText()


def test_very_many_deadlines_at_one_moment_pass_in_strokes(plugin, due, opened, monkeypatch):
    monkeypatch.setattr(plugin("console.queue.deadlines"), "AT_A_TIME", 1)
    soon = datetime.now(UTC) + timedelta(hours=1)
    codes = due(stored(soon), stored(soon), stored(soon), None, as_of="")
    shown = opened()
    shown.deadlines.clock = lambda _: stored(soon + timedelta(seconds=1))
    shown.deadlines.look()
    assert [state for state, _ in states(shown, codes)].count("overdue") == 1
    until(lambda: [state for state, _ in states(shown, codes)].count("overdue") == 3)


def test_live_cases_are_of_now_also_beside_a_map_of_an_older_day(plugin, opened):
    shown = opened()
    later = stored(datetime.now(UTC) + timedelta(hours=1))
    for deadline, state in (
        (YEARS_AGO, "overdue"),
        ("2026-07-01T00:00:00.000Z", "overdue"),
        (later, "new"),
        (None, "new"),
    ):
        case = {"fid": 1, "case_code": "L1", "state": "new", "due_at": deadline, "box": None}
        row = shown._live_row(case)
        assert (row.state, row.due) == (state, (deadline or "") if state == "new" else "")


def test_a_case_that_is_decided_stays_overdue(due, opened):
    codes = due(YEARS_AGO, None, None, None)
    shown = opened()
    rows = plugin_rows(shown, codes[0])
    assert rows.state == "overdue"
    shown.desk.reassign(codes[0], shown.cases.cells()[0], "nearer")
    until(lambda: plugin_rows(shown, codes[0]).kind == "decided")
    assert plugin_rows(shown, codes[0]).state == "overdue"


def plugin_rows(controller, code):
    return next(row for row in controller.dock.cases.model.rows if row.case == code)


def test_the_last_24_hours_go_on_with_the_clock(opened, monkeypatch):
    shown = opened()
    tab = shown.dock.cases
    tab.span.box.setCurrentIndex(tab.span.box.findData("day"))
    late = replace(tab.model.rows[0], moment=stored(datetime.now(UTC) - timedelta(hours=23)), case="late", fid=10**6)
    tab.add([late])
    assert [row.case for row in tab.model.shown] == ["late"]
    real = type(tab.span).bounds
    monkeypatch.setattr(type(tab.span), "bounds", lambda self: real(self, datetime.now(UTC) + timedelta(hours=2)))
    shown.deadlines.look()
    assert tab.model.shown == []
