"""Runs inside the QGIS desktop: an operator's round with mouse and keys; a picture of the screen after each step.

`scripts/screenshot.sh` gives it `iface` and `plugin`; a step that fails ends QGIS with code 5.
"""

import os
import subprocess
import time

from qgis.core import Qgis, QgsApplication
from qgis.PyQt.QtCore import QEventLoop, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QLineEdit, QTreeView, QWidget

ROOM, LOCALE = os.environ["ONEMAP_DAY"], os.environ["LOCALE"]
LONGEST_S = 60
controller, canvas, window = plugin.controller, iface.mapCanvas(), iface.mainWindow()  # noqa: F821 - given
dock = controller.dock
python_errors = []
QgsApplication.messageLog().messageReceived[str, str, Qgis.MessageLevel].connect(
    lambda text, tag, _level: python_errors.append(text) if "Traceback" in text else None
)


def pause(milliseconds):
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def until(ready, what):
    end = time.monotonic() + LONGEST_S
    while not ready():
        assert time.monotonic() < end, f"in vain: {what}"
        pause(50)


def picture(step):
    pause(500)
    until(lambda: not canvas.isDrawing(), "drawing")
    subprocess.run(["import", "-window", "root", f"{ROOM}/desktop_{LOCALE}_{step}.png"], check=True)


def at(x, y):
    """Return where a place of the map is on the canvas."""
    spot = canvas.mapSettings().mapToPixel().transform(x, y)
    return QPoint(round(spot.x()), round(spot.y()))


until(lambda: not dock.cases.is_loading and not dock.findings.is_loading, "lists")
until(lambda: controller.worker.running and "who" in controller.worker.verbs, "the library")

# filter, and decide a case near a border with one key
cases = dock.cases
dock.tabs.setCurrentWidget(cases)
cases.chips.choose("near_border")
assert {row.kind for row in cases.model.shown} == {"near_border"}
cases.select(0)
case = cases.row.case
x, y = cases.row.box[:2]  # decided, it gives way to the next one
cases.table.setFocus()
QTest.keyClick(cases.table, Qt.Key.Key_Space)
picture("filter")
QTest.keyClick(cases.table, Qt.Key.Key_D)
assert case in controller.desk.decided
picture("decide")

# who answers: the button, then a click on the map
dock.tabs.setCurrentWidget(dock.who)
assert canvas.rect().contains(at(x, y))
QTest.mouseClick(dock.who.pick, Qt.MouseButton.LeftButton)
assert canvas.mapTool() is not None
asked = dock.who.card.toPlainText()
pause(500)
QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(x, y))
until(lambda: dock.who.card.toPlainText() != asked, "who answers")
assert len(dock.who.card.toPlainText()) > 40
picture("who")

# gaps: the list, the place, the proposal
findings = dock.findings
dock.tabs.setCurrentWidget(findings)
findings.chips.choose("gap")
number = next(n for n, row in enumerate(findings.model.shown) if row.about == "gap|grid_cell" and row.keys[3] < 100)
findings.select(number)
findings.table.setFocus()
QTest.keyClick(findings.table, Qt.Key.Key_Space)
before = findings.card.toPlainText()
QTest.keyClick(findings.table, Qt.Key.Key_R)
until(lambda: not controller.findings.proposals.asking and controller.findings.proposal is not None, "a proposal")
picture("gap")


# search in QGIS's own field
def of_class(kind, name):
    """Return the widgets of a C++ class that Python does not know by name."""
    return [found for found in window.findChildren(kind) if found.metaObject().className() == name]


(locator,) = of_class(QWidget, "QgsLocatorWidget")
search = locator.findChild(QLineEdit)
search.setFocus()
QTest.keyClicks(search, case)
until(lambda: any(view.isVisible() for view in of_class(QTreeView, "QgsLocatorResultsView")), "search results")
(results,) = of_class(QTreeView, "QgsLocatorResultsView")
until(lambda: any(case in str(results.model().index(n, 0).data()) for n in range(results.model().rowCount())), case)
picture("search")
QTest.keyClick(search, Qt.Key.Key_Down)
QTest.keyClick(search, Qt.Key.Key_Return)
picture("found")
assert python_errors == []
