"""For those who work by keyboard, and those who hear the screen: hints, names, Tab, Enter and Esc everywhere."""

import pytest
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QCalendarWidget,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QTableView,
    QTextEdit,
    QWidget,
)

from .test_decisions import own_map
from .test_findings import shown
from .test_wall_and_note import case, with_telephone

__all__ = ["case", "own_map", "shown"]

WORKED = (QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit, QTextEdit, QPlainTextEdit, QAbstractItemView)
# Qt makes these of several widgets, of which the whole has the hint: the line and the list of a box, the buttons of a
# calendar, the cross of a line, headings and corner of a table, the arrows of a bar of tabs
MADE_OF_PARTS = (QAbstractSpinBox, QCalendarWidget, QComboBox, QLineEdit, QAbstractItemView, QTabBar)


def worked_with(window):
    """Return what somebody presses, fills in or reads in a window, in hidden tabs too; not what Qt made inside it."""
    found = []
    for widget in window.findChildren(QWidget):
        above = []
        while (above[-1] if above else widget) is not window:
            above.append((above[-1] if above else widget).parentWidget())
        part = widget.objectName().startswith("qt_") or any(isinstance(one, MADE_OF_PARTS) for one in above)
        if isinstance(widget, WORKED) and not part:
            found.append(widget)
    return found


@pytest.fixture
def all_windows(shown):
    """Return the dock, the wall and the note."""
    shown.windows.show_wall()
    shown.windows.show_note()
    return shown.dock, shown.windows.wall, shown.windows.note


def named(widget):
    return widget.objectName() or type(widget).__name__, widget.parentWidget().objectName()


def test_whatever_is_worked_with_has_a_hint(all_windows):
    every = [widget for window in all_windows for widget in worked_with(window)]
    names = {widget.objectName() for widget in every}
    assert names >= {"onemapTable_cases", "onemapCard_cases", "onemapWhoCard", "onemapTable_grids", "onemapRules"}
    assert names >= {"onemapTable_log", "onemapLiveSources", "onemapLiveUnread", "onemapSpan", "onemapOpen"}
    assert len(every) > 90
    assert [named(widget) for widget in every if not widget.toolTip()] == []


def test_whatever_is_worked_with_has_a_name_for_those_who_hear_it(all_windows):
    for window in all_windows:
        buddies = [label.buddy() for label in window.findChildren(QLabel)]
        told = lambda one: one.accessibleName() or (one.text() if isinstance(one, QAbstractButton) else "")  # noqa: E731
        lacking = [one for one in worked_with(window) if not told(one) and one not in buddies]
        of_later = ("QPushButton", "onemapDecision")  # those of candidates bear the cell once there is one
        assert [named(one) for one in lacking if named(one) != of_later] == []


def test_offers_in_the_message_bar_have_a_hint(plugin, desktop, own_map, english, qtbot):
    made = plugin("plugin").OnemapPlugin(desktop)
    made.initGui()
    try:
        plugin("project.writing").project_beside(own_map).touch()
        made._keep_project(own_map)
        made._offer_reload("The one map was built anew.")
        made._tell_done("decided")
        buttons = [one for message in desktop.bar.items() for one in message.findChildren(QPushButton)]
        assert {one.text() for one in buttons} == {"Open it", "Show the new one", "Undo"}
        assert all(one.toolTip() for one in buttons)
    finally:
        made.unload()


def leaves(widget):
    """Press Tab until the keyboard is elsewhere; return whether it ever is."""
    window = widget.window()
    widget.setFocus()
    for _ in range(60):  # a card has links to go through first
        QTest.keyClick(widget, Qt.Key.Key_Tab)
        if window.focusWidget() is not widget:
            return True
    return False


def test_the_tab_key_leaves_whatever_it_comes_to(shown, case):
    shown.desk.reassign(case.case, "110120005002002", "seen on the spot")
    shown.desk.undo_last()
    shown.windows.show_note()
    shown.windows.note.words.setPlainText("Mind the lake.")
    held = []
    for tab in (shown.dock.tabs.widget(number) for number in range(shown.dock.tabs.count())):
        shown.dock.tabs.setCurrentWidget(tab)
        held += [named(one) for one in worked_with(tab) if one.isVisible() and one.isEnabled() and not leaves(one)]
    note = shown.windows.note
    held += [named(one) for one in worked_with(note) if not leaves(one)]
    assert held == []
    assert note.words.toPlainText() == "Mind the lake."
    tables = [*shown.dock.findChildren(QTableView), *note.findChildren(QTableView)]
    inner = [table for table in tables if table.objectName().startswith("onemapTable")]
    assert len(inner) == 4
    assert not any(table.tabKeyNavigation() for table in inner)  # one without rows lets go all the same


def test_esc_closes_the_note_from_wherever_the_keyboard_is(shown):
    for name in ("words", "since", "view"):
        shown.windows.show_note()
        note = shown.windows.note
        getattr(note, name).setFocus()
        QTest.keyClick(getattr(note, name), Qt.Key.Key_Escape)
        assert not note.isVisible(), name


def test_links_of_a_card_are_followed_by_keyboard(shown):
    tab, who = shown.dock.cases, shown.dock.who
    answered = with_telephone(shown)
    for card, front in ((tab.card, tab), (who.card, who)):
        shown.dock.tabs.setCurrentWidget(front)
        who.show_holder(answered)
        told = []
        card.anchorClicked.disconnect()
        card.anchorClicked.connect(lambda link, told=told: told.append(link.toString()))
        card.setFocus()
        for _ in range(2):
            QTest.keyClick(card, Qt.Key.Key_Tab)
            QTest.keyClick(card, Qt.Key.Key_Return)
        assert told == ["onemap:phone", "onemap:details"]


def test_the_state_of_a_case_is_told_in_words_to_those_who_hear_it(shown):
    model = shown.dock.cases.model
    place = next(n for n, row in enumerate(model.shown) if row.case and row.state == "overdue")
    heard = model.index(place, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert heard == f"{model.shown[place].cells[0]} · overdue"
    shown.desk.reassign(model.shown[place].case, "110120005002002", "seen on the spot")
    shown.desk.undo_last()
    log = shown.dock.log.model
    heard = [log.index(n, 0).data(Qt.ItemDataRole.AccessibleTextRole) or "" for n in range(log.rowCount())]
    assert [("No longer counts" in words) for words in heard] == [
        not log.counts(entry) and entry.verb != "undo" for entry in log.entries
    ]
