"""The layer tree and the dock keep their widths between two sessions, and whoever changes them by hand is left alone."""

import pytest
from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QByteArray, Qt
from qgis.PyQt.QtWidgets import QDockWidget, QSizePolicy, QWidget

BEFORE_SIZE, AT_WORK = 950, 1534  # of the window: while QGIS restores its docks, and once it is shown
SQUEEZED = (100, 380)  # as QGIS gives both to a profile that is new
AREAS = Qt.DockWidgetArea


@pytest.fixture
def window(desktop):
    """Make a window as QGIS has it: a layer tree, and a middle that is never narrower than its welcome page."""
    window, tree, middle = desktop.window, QDockWidget("Layers", desktop.window), QWidget(desktop.window)
    tree.setObjectName("Layers")
    tree.setWidget(QWidget(tree))
    middle.setMinimumWidth(460)
    middle.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    window.addDockWidget(AREAS.LeftDockWidgetArea, tree)
    window.setCentralWidget(middle)
    return window


@pytest.fixture
def session(plugin, desktop, window, english, qtbot):
    """Return what begins a session with the window's state of the one before, and what ends it."""
    running, squeezed = [], []

    def begin(state=None):
        made = plugin("").classFactory(desktop)
        window.hide()
        window.resize(BEFORE_SIZE, 700)
        made.initGui()
        running.append(made)
        if state:
            window.restoreState(state)
        window.show()
        qtbot.wait(50)
        window.resize(AT_WORK, 800)
        qtbot.wait(50)
        if state is None:
            drag(window, made, *SQUEEZED, qtbot)
        squeezed.append(widths(window, made))
        desktop.completed.emit()
        qtbot.wait(50)
        return made

    def end():
        state = QByteArray(window.saveState())
        running.pop().unload()
        return state

    yield begin, end, squeezed
    while running:
        end()


def widths(window, made):
    return window.findChild(QDockWidget, "Layers").width(), made.controller.dock.width()


def drag(window, made, tree, dock, qtbot):
    both = [window.findChild(QDockWidget, "Layers"), made.controller.dock]
    window.resizeDocks(both, [tree, dock], Qt.Orientation.Horizontal)
    qtbot.wait(100)
    return widths(window, made)  # a dock is never narrower than what it holds, with whatever letters there are


def test_the_first_map_gives_room_and_the_next_session_has_it(session, window, one_map, qtbot):
    begin, end, squeezed = session
    made = begin()
    made.open_one_map(one_map)
    qtbot.waitUntil(lambda: widths(window, made) == (260, 540), timeout=10_000)
    made = begin(end())
    assert max(squeezed[-1]) < 400, "QGIS squeezes nothing here: the test shows nothing"
    assert widths(window, made) == (260, 540)


def test_widths_chosen_by_hand_are_those_of_the_next_session(session, window, one_map, qtbot):
    begin, end, _ = session
    made = begin()
    made.open_one_map(one_map)
    qtbot.waitUntil(lambda: widths(window, made) == (260, 540), timeout=10_000)
    chosen = drag(window, made, 120, 370, qtbot)
    assert chosen[0] < 260
    assert chosen[1] < 540
    made = begin(end())
    made.open_one_map(one_map)
    qtbot.wait(1500)  # nothing that comes later widens what was made narrow
    assert widths(window, made) == chosen


def test_who_was_squeezed_by_the_version_before_gets_room_once(session, window, qtbot):
    begin, end, _ = session
    QgsSettings().setValue("onemap/dock_seen", "yes")
    made = begin()
    assert widths(window, made) == (round(260 * AT_WORK / 1600), round(540 * AT_WORK / 1600))
    chosen = drag(window, made, 300, 400, qtbot)
    made = begin(end())
    assert widths(window, made) == chosen


def test_a_window_that_gets_its_size_late_has_the_widths_then(session, window, qtbot):
    begin, end, _ = session
    QgsSettings().setValue("onemap/dock_seen", "yes")
    made = begin()
    chosen = drag(window, made, 280, 560, qtbot)
    state = end()
    window.resize(BEFORE_SIZE, 700)
    made = begin(state)
    window.resize(BEFORE_SIZE, 700)
    qtbot.wait(50)
    window.resize(AT_WORK, 800)
    qtbot.waitUntil(lambda: widths(window, made) == chosen, timeout=5_000)


@pytest.mark.parametrize("broken", ["", "260", "a,b,c", "260,540,0", "-1,540,1600"])
def test_a_broken_setting_is_none(session, window, broken):
    begin, *_ = session
    QgsSettings().setValue("onemap/dock_seen", "yes")
    QgsSettings().setValue("onemap/dock_widths", broken)
    assert widths(window, begin())[0] > 200
