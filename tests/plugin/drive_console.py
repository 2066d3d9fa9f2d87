"""Runs inside the real desktop: an operator's half hour in the console, with a picture of each step.

Filter, decide, reassign, see and repair a gap, allow one, move a cell and save it, ask for an area, hand over, wall.
`test_desktop.py` starts it; `ONEMAP_PICTURES` names the folder of the pictures.
"""

import os
import subprocess
import time
from pathlib import Path

from qgis.core import QgsPointXY, QgsProject, QgsSettings
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

PICTURES = Path(os.environ["ONEMAP_PICTURES"])
controller = plugin.controller  # noqa: F821 - `iface` and `plugin` are given
dock, canvas = controller.dock, iface.mapCanvas()  # noqa: F821


def until(test, what, seconds=60):
    end = time.monotonic() + seconds
    while not test():
        QApplication.processEvents()
        time.sleep(0.02)
        assert time.monotonic() < end, f"waited too long for {what}"


def picture(name):
    end = time.monotonic() + 1.0
    until(lambda: time.monotonic() > end and not canvas.isDrawing(), "the map")
    subprocess.call(["import", "-window", "root", str(PICTURES / f"{name}.png")])


def answer(bar, why):
    assert bar.isVisible()
    bar.why.setText(why)
    QTest.keyClick(bar.why, Qt.Key.Key_Return)


def verbs():
    return [entry.verb for entry in controller.desk.entries]


QgsSettings().setValue("onemap/person", "王建国")
until(lambda: not dock.cases.is_loading and not dock.findings.is_loading, "the rows")
until(dock.edit.grouping.count, "the library")

cases = dock.cases
dock.tabs.setCurrentWidget(cases)
cases.chips.choose("near_border")
cases.select(0)
cases.table.setFocus()
QTest.keyClick(cases.table, Qt.Key.Key_Space)
until(lambda: controller.cases._facts.answer, "who answers")
picture("case")
other = controller.cases.cells()[0]
QTest.keyClick(cases.table, Qt.Key.Key_D)
cases.chips.choose("in_hand")
cases.select(0)
QTest.keyClick(cases.table, Qt.Key.Key_Space)  # nothing is reassigned that the map does not show
QTest.keyClick(cases.table, Qt.Key.Key_A)
cases_bar = controller.cases.bar
cases_bar.cell.setText(other)
answer(cases_bar, "现场在路对面")
assert verbs() == ["decide_case", "reassign_case"]

findings = dock.findings
dock.tabs.setCurrentWidget(findings)
findings.chips.choose("gap")
narrow = (n for n, row in enumerate(findings.model.shown) if row.about == "gap|grid_cell" and row.keys[3] < 100)
findings.select(next(narrow))
controller.guide.show_row(findings.row)
QTest.keyClick(findings.table, Qt.Key.Key_R)
until(lambda: controller.findings.proposal, "a proposal")
picture("repair")
QTest.keyClick(findings.table, Qt.Key.Key_Y)
answer(controller.findings.bar, "按建议")
findings.select(0)
QTest.keyClick(findings.table, Qt.Key.Key_L)
answer(controller.findings.bar, "水面由水务局管理")
assert verbs()[2:] == ["accept_repair", "allow_gap"]

edit = dock.edit
dock.tabs.setCurrentWidget(edit)
edit.grouping.setCurrentIndex(edit.grouping.findData("duty_grid:城管执法局"))
edit.begin.click()
until(lambda: controller.edit.draft, "the draft")
canvas.setReferencedExtent(QgsProject.instance().viewSettings().defaultViewExtent())
cell, home = next((cell, grid) for cell, grid in sorted(controller.edit._grids.items()) if grid)
land = next(f.geometry() for f in controller.edit.draft.layer.getFeatures() if f["cell"] == cell)
spot = land.pointOnSurface().asPoint()
controller.edit.choose_at(spot)
target = next(row["grid"] for row in edit.model.rows if row["grid"] != home)
edit.choose(target)
edit.buttons["move"].click()
until(lambda: controller.edit._grids[cell] == target, "the move")
picture("editing")
edit.buttons["save"].click()
answer(edit.bar, "均衡负担")
until(lambda: verbs()[-1] == "save_version", "the version")
edit.end.click()
edit.buttons["show"].click()
picture("version")

dock.tabs.setCurrentWidget(dock.who)
controller.who.draw("area")
tool = controller.who.drawers["area"]
for dx, dy in ((-250, -250), (250, -250), (250, 200), (-250, 200)):
    tool.add(QgsPointXY(spot.x() + dx, spot.y() + dy))
tool.finish()
until(lambda: "%)" in dock.who.card.toPlainText(), "the holders")
picture("area")
controller.who.draw("")

dock.tabs.setCurrentWidget(dock.log)
picture("log")
controller.windows.show_note()
controller.windows.note.save_html(PICTURES / "handover.html")
controller.windows.note.save_pdf(PICTURES / "handover.pdf")
picture("handover")
controller.windows.show_wall()
drawn = []
controller.windows.wall.map.mapCanvasRefreshed.connect(lambda: drawn.append(True))
until(lambda: drawn, "the wall's map")
picture("wall")
controller.windows.close()
