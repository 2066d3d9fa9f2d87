"""A build puts a new map in the place of the one that is shown: no row is asked for by its old number, nothing stuck."""

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest
from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from .test_decisions import own_map
from .test_findings import answer, choose, narrow, shown
from .test_worker import until

__all__ = ["own_map", "shown"]

OUTDATED = "The map was built anew since; show the new one first."


def build_anew(one_map):
    """Put another file in the place of a map; rows bear other numbers in it, as after a build."""
    other = one_map.with_name("being-built.gpkg")
    shutil.copy(one_map, other)
    with closing(sqlite3.connect(other)) as connection:
        for table in ("case", "defect", "coverage_gap"):
            triggers = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
            ).fetchall()
            for (name,) in triggers:
                connection.execute(f'DROP TRIGGER "{name}"')
            connection.execute(f'UPDATE "{table}" SET fid = fid + 1000000')
            connection.execute(f'UPDATE "{table}" SET fid = fid - 999999')
        connection.commit()
    other.replace(one_map)


def told_by(shown):
    told = []
    shown.told.connect(told.append)
    return told


def test_nothing_is_decided_about_rows_of_the_replaced_map(shown, own_map):
    """Rows have other numbers in the new file: a decision went to another case, an allowance to another gap."""
    tab = shown.dock.cases
    shown.dock.tabs.setCurrentWidget(tab)
    number = next(n for n, row in enumerate(tab.model.shown) if row.kind == "near_border" and row.case)
    tab.select(number)
    until(tab.decision.isVisible)
    case = tab.row.case
    told = told_by(shown)
    build_anew(own_map)
    tab.decision.decided.emit(case, "110120005002001", "")
    shown.act(tab, "reassign", tab.row)
    shown.act(tab, "zoom", tab.row)
    assert told == [OUTDATED, OUTDATED]
    assert not shown.desk.entries
    tab.select(number + 1)
    assert OUTDATED in tab.card.toPlainText()
    assert not tab.decision.isVisible()
    told.clear()
    shown.reload()
    until(lambda: tab.row is not None or tab.model.rows)
    tab.select(number)
    shown.act(tab, "reassign", tab.row)
    assert OUTDATED not in [*told, tab.card.toPlainText()]


def test_a_question_that_was_open_when_the_map_was_built_anew_is_about_its_own_place(shown, own_map, plugin):
    row = choose(shown.dock.findings, "gap", narrow)
    shape = shown.findings._shape(row)
    shown.act(shown.dock.findings, "allow", row)
    build_anew(own_map)
    answer(shown.findings.bar, "a pond")
    (entry,) = shown.desk.entries
    spot = plugin("onemap.domain.journal").FindingSpot.read(entry.subject)
    bounds = shape.boundingBox()
    assert bounds.xMinimum() <= spot.x <= bounds.xMaximum()
    assert bounds.yMinimum() <= spot.y <= bounds.yMaximum()
    shown.undo()  # no row is read by its old number
    assert shown.desk.undone


def test_a_map_that_was_only_written_into_keeps_its_rows(shown, own_map):
    with closing(sqlite3.connect(own_map)) as connection:
        connection.execute("CREATE TABLE somebodys (note TEXT)")
        connection.commit()
    told = told_by(shown)
    shown.act(shown.dock.cases, "reassign", shown.dock.cases.model.rows[0])
    assert OUTDATED not in told


def test_who_waits_hears_of_it_when_another_library_is_taken(shown, own_map):
    """A proposal that was asked for stayed "being worked out" until another map was opened."""
    choose(shown.dock.findings, "gap", narrow)
    QTest.keyClick(shown.dock.findings.table, Qt.Key.Key_R)
    assert shown.findings.proposals.asking
    shown.worker.use(shown.worker._engine)
    assert not shown.findings.proposals.asking
    assert "please ask once more" in shown.dock.findings.card.toPlainText()


def test_a_late_answer_about_another_map_frees_nobody(shown, own_map):
    choose(shown.dock.findings, "gap", narrow)
    QTest.keyClick(shown.dock.findings.table, Qt.Key.Key_R)
    first = shown.findings.proposals._number
    shown.findings.proposals.of_map(shown.one_map)
    choose(shown.dock.findings, "gap", narrow)
    QTest.keyClick(shown.dock.findings.table, Qt.Key.Key_R)
    second = shown.findings.proposals._number
    assert 0 < first < second
    until(lambda: first not in shown.worker._waiting, 60)
    assert shown.findings.proposals._number in (second, 0)
    until(lambda: not shown.findings.proposals.asking, 60)
    assert shown.findings.proposals._known


def test_a_wall_that_was_closed_draws_no_longer(shown):
    shown.windows.show_wall()
    wall = shown.windows.wall
    until(wall.map.renderFlag)
    QTest.keyClick(wall, Qt.Key.Key_Escape)
    assert not wall.map.renderFlag()


@pytest.mark.parametrize("ahead", [14, -12])
def test_days_are_asked_for_by_the_clocks_of_the_district(plugin, qgis_app, ahead):
    bars = plugin("console.card.ask_bar")
    bar = bars.AskBar(None)
    bar.zone = timezone(timedelta(hours=ahead))
    bar.ask(bars.Question("Until when?", lambda *_: None, day=True))
    before = datetime.now(bar.zone).date().isoformat()
    assert bar.day.minimumDate().toString("yyyy-MM-dd") in (before, datetime.now(bar.zone).date().isoformat())


def test_the_bars_of_the_dock_have_the_zone_of_the_map(shown):
    assert {str(bar.zone) for bar in (shown.findings.bar, shown.cases.bar, shown.dock.edit.bar)} == {"Asia/Shanghai"}


def test_a_map_that_is_shown_is_not_added_a_second_time(plugin, own_map, qgis_app):
    """Built anew with "Open the result", it stood in the project twice, with all its buildings."""
    project = QgsProject.instance()
    project.clear()
    algorithm = plugin("processing.base_map.build").BuildAlgorithm()
    algorithm._to_open = str(own_map)
    context = QgsProcessingContext()
    context.setProject(project)
    try:
        algorithm.postProcessAlgorithm(context, QgsProcessingFeedback())
        layers = set(project.mapLayers())
        assert layers
        algorithm.postProcessAlgorithm(context, QgsProcessingFeedback())
        assert set(project.mapLayers()) == layers
    finally:
        project.clear()
