"""Findings: repairs proposed by the library, accepted, refused; gaps allowed until a day; all of it kept and undone."""

import shutil
import sqlite3
from contextlib import closing
from datetime import date, timedelta

import pytest
from qgis.core import QgsGeometry, QgsProject, QgsSettings, QgsVectorLayer
from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtTest import QTest

from .test_console import chips
from .test_decisions import open_controller, own_map
from .test_worker import until

__all__ = ["own_map"]


@pytest.fixture
def shown(plugin, library, desktop, own_map, qtbot, english):
    QgsSettings().setValue("onemap/person", "Wang")
    controller = open_controller(plugin, desktop, own_map, qtbot)
    controller.dock.tabs.setCurrentWidget(controller.dock.findings)
    opened = []
    controller.worker.opened.connect(opened.append)
    controller.worker.use(plugin("engine.client").find_engine())
    until(lambda: opened)
    yield controller
    controller.close()
    QgsSettings().remove("onemap/person")


def choose(tab, kind, wanted):
    """Make the first shown row of a kind the current one."""
    tab.chips.choose(kind)
    number = next(number for number, row in enumerate(tab.model.shown) if wanted(row))
    tab.select(number)
    tab.table.setFocus()
    return tab.row


def narrow(row):
    return row.about == "gap|grid_cell" and row.state == "open" and row.keys[3] < 100


def answer(bar, why, **fields):
    assert bar.isVisible()
    for name, value in fields.items():
        getattr(bar, name).setText(value)
    bar.why.setText(why)
    QTest.keyClick(bar.why, Qt.Key.Key_Return)


def propose(shown):
    told = []
    shown.findings.proposals.told.connect(lambda *_: told.append(1))
    QTest.keyClick(shown.dock.findings.table, Qt.Key.Key_R)
    until(lambda: not shown.findings.proposals.asking, seen=shown.dock.findings.card.toPlainText)
    return shown.dock.findings.card.toPlainText()


def test_the_proposal_says_who_gets_the_land_and_how_much(shown, own_map):
    row = choose(shown.dock.findings, "gap", narrow)
    words = propose(shown)
    proposal = shown.findings.proposal
    assert proposal is not None, words
    assert proposal.area_m2 == pytest.approx(row.keys[3], rel=1e-3)
    assert proposal.cell in row.cells[2]
    assert proposal.cell in words
    assert "People who live there: " in words
    assert shown.findings._preview is not None
    shown.dock.findings.select(0)
    assert shown.findings._preview is None


def test_land_of_a_community_is_proposed_to_one_of_its_own_cells(shown, own_map):
    """However long the border with the neighbouring street is; found on the map by overlaying communities."""
    with closing(sqlite3.connect(own_map)) as connection:
        parents = dict(connection.execute("SELECT cell_code, parent_code FROM grid_cell"))
    communities = QgsVectorLayer(f"{own_map}|layername=grid_community", "communities", "ogr")
    outlines = {one["community_code"]: one.geometry() for one in communities.getFeatures()}
    choose(shown.dock.findings, "gap", narrow)
    propose(shown)
    (proposals,) = shown.findings.proposals._known.values()
    given = [one for one in proposals if one.kind == "gap" and one.cell]
    assert given
    for one in given:
        home = max(outlines, key=lambda code: outlines[code].intersection(one.shape).area())
        if outlines[home].intersection(one.shape).area() > 0:
            assert parents[one.cell] == home


def test_accepted_it_stands_in_the_journal_with_a_point_inside(shown, own_map, plugin):
    tab = shown.dock.findings
    row = choose(tab, "gap", narrow)
    propose(shown)
    cell = shown.findings.proposal.cell
    shape = shown.findings._shape(row)
    before = chips(tab)["gap"]
    QTest.keyClick(tab.table, Qt.Key.Key_Y)
    answer(shown.findings.bar, "measured")
    journal = plugin("onemap.domain.journal")
    (entry,) = journal.Journal(journal.journal_of(own_map)).entries()
    assert (entry.verb, entry.value, entry.why, entry.who) == ("accept_repair", cell, "measured", "Wang")
    spot = journal.FindingSpot.read(entry.subject)
    assert (spot.kind, spot.about) == ("gap", "grid_cell")
    assert shape.distance(QgsGeometry.fromWkt(f"POINT ({spot.x} {spot.y})")) < 0.01
    (again,) = [other for other in tab.model.rows if (other.table, other.fid) == (row.table, row.fid)]
    assert again.state == "accepted"
    assert chips(tab)["gap"] == before - 1  # it needs nobody any longer, and is counted apart
    assert chips(tab)["accepted"] == 1  # the land there that nobody covers is the same land
    assert again.cells[0].endswith("accepted")
    assert again.sign == "accepted"
    assert shown.findings._preview is None
    tab.chips.choose("accepted")
    tab.select(0)
    assert "Wang" in tab.card.toPlainText()


def test_a_state_that_somebody_made_can_be_filtered_at_once(shown):
    tab = shown.dock.findings
    (box,) = [box for choice, box in zip(tab.kind.choices, tab.filters.boxes, strict=True) if choice.part == "state"]
    row = choose(tab, "gap", narrow)
    assert box.findData("refused") < 0
    box.setCurrentIndex(box.findData("open"))
    shown_before = len(tab.model.shown)
    QTest.keyClick(tab.table, Qt.Key.Key_N)
    answer(shown.findings.bar, "measure first")
    assert box.currentData() == "open"  # what was chosen stays so, wherever it stands now
    assert len(tab.model.shown) == shown_before - 1
    assert [box.itemText(n) for n in range(1, box.count())] == sorted(box.itemText(n) for n in range(1, box.count()))
    box.setCurrentIndex(box.findData("refused"))
    assert [(one.table, one.fid) for one in tab.model.shown] == [(row.table, row.fid)]


def test_what_was_decided_of_land_that_nobody_covers_holds_for_the_gap_there(shown, plugin):
    """Such a decision may stand in the journal, though the land is listed as the gap only."""
    tab = shown.dock.findings
    before = chips(tab)
    gap = choose(tab, "gap", narrow)
    kind, about, *place = shown.findings._subject(gap).split("|")
    assert kind == "gap"
    shown.desk.allow("|".join(("land", about, *place)), "", "being drawn")
    same = [row for row in tab.model.rows if row.box == gap.box and row.kind in ("gap", "land")]
    assert [(row.kind, row.state) for row in same] == [("gap", "allowed")]
    tab.chips.choose("all")
    assert tab.find(gap.table, gap.fid)
    QTest.keyClick(tab.table, Qt.Key.Key_U)
    assert {row.state for row in tab.model.rows if row.box == gap.box and row.kind in ("gap", "land")} == {"open"}
    assert chips(tab) == before


def test_where_no_repair_is_proposed_none_can_be_refused(shown):
    tab = shown.dock.findings
    for kind, offered in (("gap", True), ("conflict", False)):
        tab.chips.choose(kind)
        tab.select(0)
        items = {item.objectName(): item.isEnabled() for item in tab.table.menu().actions()}
        assert {items[name] for name in ("repair", "accept", "refuse")} == {offered}
        assert items["allow"]
        QTest.keyClick(tab.table, Qt.Key.Key_N)
        assert shown.findings.bar.isHidden() != offered
        shown.findings.bar.hide()
    assert "none to refuse" in tab.card.toPlainText()
    tab.chips.choose("near_border")
    tab.select(0)
    assert not next(item for item in tab.table.menu().actions() if item.objectName() == "allow").isEnabled()


def test_undo_redo_and_the_log(shown, own_map):
    tab = shown.dock.findings
    row = choose(tab, "gap", narrow)
    QTest.keyClick(tab.table, Qt.Key.Key_N)
    answer(shown.findings.bar, "measure first")

    def state():
        return next(r.state for r in tab.model.rows if (r.table, r.fid) == (row.table, row.fid))

    assert state() == "refused"
    log = shown.dock.log
    assert log.model.rowCount() == 1
    log.undo.click()
    assert state() == "open"
    assert log.model.rowCount() == 2
    assert not log.undo.isEnabled()
    log.redo.click()
    assert state() == "refused"
    assert [entry.verb for entry in shown.desk.entries] == ["refuse_repair", "undo", "refuse_repair"]
    assert not log.redo.isEnabled()
    log.table.setCurrentIndex(log.model.index(0, 0))
    log.back.click()
    assert state() == "open"


def test_an_allowed_gap_is_one_until_its_last_day(shown, own_map, plugin, desktop, qtbot):
    tab = shown.dock.findings
    row = choose(tab, "gap", lambda row: row.about == "gap|grid_cell" and row.state == "open" and row.keys[3] > 5_000)
    QTest.keyClick(tab.table, Qt.Key.Key_L)
    bar = shown.findings.bar
    last = date.today() + timedelta(days=30)  # noqa: DTZ011 - the desk's own day
    bar.day.setDate(QDate(last.year, last.month, last.day))
    assert not bar.ok.isEnabled()  # not without a reason
    answer(bar, "the lake is the water bureau's")
    entry = next(iter(shown.desk.entries))
    assert (entry.verb, entry.value) == ("allow_gap", last.isoformat())
    rows = plugin("console.rows")
    state = {}
    for day in (last, last + timedelta(days=1)):
        known = rows.Known(judged=shown.desk.judged, today=day.isoformat())
        state[day] = rows.read_again(shown.one_map, row, known).state
    assert list(state.values()) == ["allowed", "open"]
    later = open_controller(plugin, desktop, own_map, qtbot)
    try:
        (again,) = [r for r in later.dock.findings.model.rows if (r.table, r.fid) == (row.table, row.fid)]
        assert again.state == "allowed"
    finally:
        later.close()


def test_what_no_cell_could_mend_is_said(shown):
    choose(shown.dock.findings, "duty", lambda row: True)
    assert "who could close it" in propose(shown)


def test_a_case_near_a_border_is_decided_not_allowed(shown):
    tab, findings = shown.dock.findings, shown.findings
    near = next(row for row in tab.model.rows if row.kind == "near_border")
    findings.show(near)
    findings.allow(near)
    assert not findings.bar.isVisibleTo(tab)
    assert "is decided for one of its cells, not allowed" in tab.card.toPlainText()


def test_too_wide_a_gap_is_not_proposed_and_the_reason_is_given(shown):
    choose(shown.dock.findings, "gap", lambda row: row.about == "gap|grid_cell" and row.keys[3] > 30_000)
    words = propose(shown)
    assert "Not proposed" in words
    assert "50 percent is the most" in words


def test_duty_gaps_and_conflicts_are_listed_with_people(shown, own_map):
    with closing(sqlite3.connect(own_map)) as connection:
        wanted = connection.execute("SELECT count(*), sum(residents) FROM duty_conflict").fetchone()
    tab = shown.dock.findings
    tab.chips.choose("conflict")
    assert tab.model.rowCount() == wanted[0]
    assert sum(row.keys[4] for row in tab.model.shown) == wanted[1]
    assert {row.table for row in tab.model.shown} == {"duty_conflict"}
    assert QgsProject.instance().count() > 0


def test_the_grids_of_an_agency_are_repaired_among_themselves(shown, plugin):
    tab = shown.dock.findings
    row = choose(tab, "gap", lambda row: row.about.startswith("gap|duty_grid/") and row.keys[3] < 100)
    words = propose(shown)
    proposal = shown.findings.proposal
    assert proposal is not None, words
    assert proposal.cell in row.cells[2]
    QTest.keyClick(tab.table, Qt.Key.Key_Y)
    assert shown.findings.bar.cell.text() == proposal.cell
    answer(shown.findings.bar, "agreed")
    spot = plugin("onemap.domain.journal").FindingSpot.read(shown.desk.entries[0].subject)
    assert spot.about == f"duty_grid/{row.group}"


def test_what_a_build_allowed_is_open_again_once_that_is_taken_back(own_map, plugin):
    with closing(sqlite3.connect(own_map)) as connection:
        named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'defect'")
        for (trigger,) in named.fetchall():  # they call functions that only GDAL has; no geometry changes
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("ALTER TABLE defect ADD COLUMN entry INTEGER")
        connection.execute("UPDATE defect SET allowed = 1, entry = 2 WHERE kind = 'gap' AND allowed = 0")
        connection.execute("CREATE TABLE finding_decision (fid INTEGER PRIMARY KEY, number INTEGER, followed BOOLEAN)")
        connection.execute("INSERT INTO finding_decision (number, followed) VALUES (2, 1), (1, 0)")
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
            "VALUES ('finding_decision', 'attributes', 'finding_decision')"
        )
        connection.commit()
    rows, judged = plugin("console.rows"), plugin("console.findings.judged")
    journal = plugin("onemap.domain.journal")
    one_map = plugin("project.one_map_file").open_one_map(own_map)
    kept = journal.Journal(journal.journal_of(own_map))
    for x in range(2):
        kept.append("allow_gap", f"gap|grid_cell|{x}.00|0.00", "", who="Wang", why="a lake")

    def states():
        known = rows.Known(judged=judged.Judged.of(kept.standing(*journal.OF_FINDINGS).values()))
        found = [row for batch in rows.read_rows(one_map, ("defect",), known) for row in batch]
        return {row.state for row in found if row.kind == "gap"}

    assert rows.carried_out(one_map) == {2}
    assert states() == {"allowed"}
    kept.undo(2, who="Wang")
    assert states() == {"allowed", "open"}  # what the manifest allows stays so


def test_progress_stands_on_the_card_of_the_finding_that_asked_and_the_one_asked_last_is_answered(shown):
    tab, proposals = shown.dock.findings, shown.findings.proposals
    first = choose(tab, "gap", narrow)
    QTest.keyClick(tab.table, Qt.Key.Key_R)
    assert "working out" in tab.card.toPlainText()
    second = choose(tab, "gap", lambda row: row.about.startswith("gap|duty_grid/") and row.keys[3] < 100)
    proposals.told.emit(0.5, "half of it")
    assert "half of it" not in tab.card.toPlainText()
    assert tab.find(first.table, first.fid)
    proposals.told.emit(0.6, "more of it")
    assert "60% more of it" in tab.card.toPlainText()
    assert tab.find(second.table, second.fid)
    QTest.keyClick(tab.table, Qt.Key.Key_R)  # of other grids, while the library is still at the first
    until(lambda: shown.findings.proposal is not None, seen=tab.card.toPlainText)
    assert shown.findings.proposal.cell in second.cells[2]
    assert shown.findings.proposal.cell in tab.card.toPlainText()


def test_a_card_begins_at_its_top(shown):
    tab = shown.dock.findings
    for kind in ("gap", "overlap", "outside", "duplicate"):
        tab.chips.choose(kind)
        tab.select(0)
        assert tab.card.verticalScrollBar().value() == 0, kind


@pytest.mark.parametrize(
    ("agency", "cell", "people", "said"),
    [
        ("", "c1", None, "10 m² go to cell c1. How many people live there is not known. Y accepts"),
        ("police", "P1", 3.0, "10 m² go to grid P1. People who live there: 3. Y accepts"),
        ("police", "", None, "10 m² outside are cut off. How many people live there is not known."),
    ],
)
def test_a_proposal_tells_grid_or_cell_and_no_invented_people(plugin, english, agency, cell, people, said):
    made = plugin("console.findings.proposals")
    proposal = made.Proposal("gap", cell, 10.0, people, "", QgsGeometry())
    layer = "duty_grid" if agency else "grid_cell"
    assert said in plugin("console.findings.finding_desk")._told(proposal, made.Target(layer, agency))


def test_people_are_asked_for_where_the_map_counts_them(plugin, one_map, tmp_path):
    made, file = plugin("console.findings.proposals"), plugin("project.one_map_file")
    path = shutil.copy(one_map, tmp_path / "onemap.gpkg")
    assert made._layer_of_people(file.open_one_map(path)) == "econ_population"
    with closing(sqlite3.connect(path)) as connection:
        triggers = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in triggers:  # they call functions that only QGIS and GDAL know
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE econ_population SET residents = NULL")
        connection.execute("UPDATE city3d_building SET residents = NULL")
        connection.commit()
    assert made._layer_of_people(file.open_one_map(path)) == ""
