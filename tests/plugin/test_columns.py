"""Tables show what stands in them: nothing of the log is cut, and the draft's grids need no bar to be moved by."""

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QApplication, QStyleFactory


def test_the_log_is_as_wide_as_who_did_what(plugin, qtbot, english):
    made = plugin("console.log_tab").LogTab()
    qtbot.addWidget(made)
    made.resize(560, 400)
    made.show()
    journal = plugin("onemap.domain.journal")
    verbs = (journal.SAVE_VERSION, journal.REASSIGN_CASE, journal.SHOW_PHONE)
    entries = [
        journal.Entry(number, "2026-01-01T00:00:00+00:00", "Wang Xiaoming", verb, "c1", "", "", "")
        for number, verb in enumerate(verbs, start=1)
    ]
    made.show_entries(entries, set(), can_undo=True, can_redo=False)
    letters = made.table.fontMetrics()
    for column in (1, 2):
        for line in range(len(entries)):
            text = made.model.index(line, column).data(Qt.ItemDataRole.DisplayRole)
            assert made.table.columnWidth(column) >= letters.horizontalAdvance(text) + 8, text


def test_the_grids_of_a_draft_fit_beside_their_own_scroll_bar(plugin, qtbot, english):
    made = plugin("console.editing.tab").EditTab()
    made.setStyle(QStyleFactory.create("Fusion"))
    qtbot.addWidget(made)
    made.resize(560, 700)
    made.show()
    rows = [{"grid": f"{n}", "cells": 3, "area_m2": 1e6, "people": 0, "residents": 0, "parts": 1} for n in range(60)]
    made.model.show(rows, [], {})
    QApplication.processEvents()
    assert made.table.verticalScrollBar().maximum() > 0
    assert made.table.horizontalScrollBar().maximum() == 0
