"""Runs inside the QGIS desktop: follows the tutorials step by step and takes a picture of each.

`scripts/tutorial_pictures.py` starts it through `scripts/screenshot.sh`, which gives it `iface` and `plugin`.
"""

import csv
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

import processing
from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject, QgsRectangle, QgsSettings
from qgis.PyQt.QtCore import QEventLoop, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDialog, QDockWidget, QTreeView, QWidget

PICTURES = Path(os.environ["ONEMAP_TUTORIAL"])
LANGUAGE = "zh" if os.environ["LOCALE"].startswith("zh") else "en"
ONLY = set(filter(None, os.environ.get("ONEMAP_STEPS", "").split(",")))
SETTLED_MS, LONGEST_S = 700, 240
STREET = "110120001"
NARROW_M2 = 200  # a gap that somebody would close without a second thought
GOOD = "60"  # of JPEG: letters stay sharp, a screen takes about 150 kB

controller = plugin.controller  # noqa: F821 - given by screenshot_inside.py
canvas = iface.mapCanvas()  # noqa: F821
window = iface.mainWindow()  # noqa: F821
dock = controller.dock
DISTRICT = QgsProject.instance().viewSettings().defaultViewExtent()
OPENED: set[str] = set()  # the map's layers, those for print too, which come after the first picture


def say(zh: str, en: str) -> str:
    """Return the words of the picture's language."""
    return zh if LANGUAGE == "zh" else en


def pause(milliseconds: int) -> None:
    """Let the desktop live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def until(true, what: str) -> None:
    """Wait until something is so; that it never becomes so is a failure of the step."""
    end = time.monotonic() + LONGEST_S
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"in vain: {what}")
        pause(100)


def drawn() -> None:
    """Wait until lists are read and the map is drawn."""
    pause(SETTLED_MS)
    until(lambda: not canvas.isDrawing() and not dock.cases.is_loading and not dock.findings.is_loading, "drawing")
    pause(SETTLED_MS)


def picture(name: str, of: QWidget | None = None) -> None:
    """Take the screen, or one window of it."""
    canvas.refresh()
    drawn()
    canvas.waitWhileRendering()
    bar = iface.messageBar()  # noqa: F821
    for old in bar.items()[1:]:
        bar.popWidget(old)
    pause(200)
    taken = ["-window", "root"]
    if of is not None:
        taken = ["-screen", "-window", str(int(of.window().winId()))]
    target = PICTURES / f"tutorial-{name}.{LANGUAGE}.jpg"
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["import", *taken, "-strip", "-quality", GOOD]
    subprocess.run([*command, str(target)], check=True)


def key(widget: QWidget, which: Qt.Key) -> None:
    """Hit a key as the hand does."""
    widget.setFocus()
    QTest.keyClick(widget, which)
    pause(150)


def button(parent: QWidget, name: str) -> None:
    """Press the button of this object name."""
    found = parent.findChild(QWidget, name)
    assert found is not None, f"no button {name}"
    assert found.isEnabled(), f"{name} cannot be pressed"
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)
    pause(150)


def click_map(x: float, y: float) -> None:
    """Click the map at a position of its own coordinates."""
    pixel = canvas.getCoordinateTransform().transform(x, y)
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(pixel.x()), round(pixel.y())))
    pause(300)


def look_at(x: float, y: float, half_width: float) -> None:
    """Show the surroundings of a position."""
    canvas.setExtent(QgsRectangle(x - half_width, y - half_width / 2, x + half_width, y + half_width / 2))
    canvas.refresh()
    drawn()


def answer(bar, why: str, cell: str = "") -> None:
    """Fill the question under a list, and press Enter."""
    until(bar.isVisible, "the question")
    if cell:
        bar.cell.setText(cell)
    bar.why.setText(why)
    QTest.keyClick(bar.why, Qt.Key.Key_Return)
    pause(400)


def tidy() -> None:
    """Leave map, layers and dock; the tutorials need no other panel."""
    for panel in window.findChildren(QDockWidget):
        if panel.objectName() not in ("Layers", "onemapDock"):
            panel.hide()
    dock.show()
    iface.messageBar().clearWidgets()  # noqa: F821


steps = {}


def step(function):
    """Keep a step in the order of the text."""
    steps[function.__name__] = function
    return function


# --- ten minutes for an operator


@step
def opened() -> None:
    """The map as it opens, with its cases."""
    dock.tabs.setCurrentWidget(dock.cases)
    drawn()
    picture("open")


@step
def who() -> None:
    """Who answers for a spot: matter, click, card."""
    dock.tabs.setCurrentWidget(dock.who)
    district = DISTRICT.center()
    look_at(district.x(), district.y(), 500)
    button(dock.who, "onemapPick")
    click_map(district.x() + 30, district.y() - 20)
    until(lambda: "<h" in dock.who.card.toHtml(), "who answers")
    picture("who")
    button(dock.who, "onemapPick")


@step
def queue() -> None:
    """The queue: overdue cases, one chosen, its card."""
    tab = dock.cases
    dock.tabs.setCurrentWidget(tab)
    tab.chips.choose("overdue")
    pause(300)
    tab.select(0)
    key(tab.table, Qt.Key.Key_J)
    key(tab.table, Qt.Key.Key_Space)
    pause(1500)
    picture("queue")


@step
def menu() -> None:
    """All there is to do with a case."""
    tab = dock.cases
    index = tab.table.currentIndex()
    opened_menu = tab.table.menu()
    opened_menu.popup(tab.table.viewport().mapToGlobal(tab.table.visualRect(index).center()))
    pause(500)
    picture("menu")
    opened_menu.close()


@step
def border() -> None:
    """A case near a border, before and after the key."""
    tab = dock.cases
    dock.tabs.setCurrentWidget(tab)
    tab.chips.choose("near_border")
    pause(400)
    tab.select(0)
    key(tab.table, Qt.Key.Key_Space)
    pause(1500)
    look_at(canvas.center().x(), canvas.center().y(), 140)
    picture("border")
    case = tab.row.case
    key(tab.table, Qt.Key.Key_D)
    until(lambda: case in controller.desk.decided, "the decision")
    tab.chips.choose("all")
    tab.search.setText(case)
    pause(800)
    tab.select(0)
    pause(1200)
    picture("decided")
    tab.search.clear()
    pause(400)


@step
def reassign() -> None:
    """A case given to another cell, with the reason."""
    tab = dock.cases
    dock.tabs.setCurrentWidget(tab)
    tab.chips.choose("new")
    pause(400)
    tab.select(2)
    key(tab.table, Qt.Key.Key_Space)
    pause(1200)
    key(tab.table, Qt.Key.Key_A)
    bar = controller.cases.bar
    until(bar.isVisible, "the question")
    mine = tab.row.keys[4]
    cells = controller.cases.cells()
    bar.cell.setText(cells[cells.index(mine) + 1])
    bar.why.setText(say("现场查看：案件在路的另一侧", "seen on the spot: it lies across the road"))
    picture("reassign")
    QTest.keyClick(bar.why, Qt.Key.Key_Return)
    pause(500)


@step
def gap() -> None:
    """A gap of the cells: proposal, acceptance; another one allowed until a day."""
    tab = dock.findings
    dock.tabs.setCurrentWidget(tab)
    tab.chips.choose("gap")
    pause(400)
    open_gaps = [n for n, row in enumerate(tab.model.shown) if row.about == "gap|grid_cell" and row.state == "open"]
    narrow = next(n for n in open_gaps if tab.model.shown[n].keys[3] < NARROW_M2)
    tab.select(narrow)
    key(tab.table, Qt.Key.Key_Space)
    pause(800)
    key(tab.table, Qt.Key.Key_R)
    until(lambda: controller.findings.proposal is not None, "a proposal")
    picture("gap")
    key(tab.table, Qt.Key.Key_Y)
    answer(controller.findings.bar, say("两侧网格员已确认", "agreed with the workers of both cells"))
    tab.select(next(n for n in open_gaps if n != narrow))
    key(tab.table, Qt.Key.Key_Space)
    pause(800)
    key(tab.table, Qt.Key.Key_L)
    until(controller.findings.bar.isVisible, "the question")
    controller.findings.bar.why.setText(
        say("新小区正在划格，期间由街道负责", "new quarter, its cells are being drawn; the street answers")
    )
    picture("allow")
    QTest.keyClick(controller.findings.bar.why, Qt.Key.Key_Return)
    pause(400)


@step
def log() -> None:
    """The log, its latest step taken back."""
    dock.tabs.setCurrentWidget(dock.log)
    pause(300)
    dock.log.undo.click()
    pause(400)
    picture("log")


@step
def note() -> None:
    """The note with which the shift ends."""
    controller.windows.show_note()
    controller.windows.note.words.setPlainText(
        say(
            "三号泵站检修，今晚积水案件先报水务。",
            "Pumping station 3 is out; tonight flooding goes to the water office first.",
        )
    )
    pause(500)
    picture("note", controller.windows.note)
    controller.windows.note.close()


@step
def wall() -> None:
    """The wall view."""
    controller.windows.show_wall()
    pause(3500)
    picture("wall")
    controller.windows.wall.close()
    pause(500)


# --- thirty minutes for GIS staff


def layer(layer_id: str):
    """Return the layer of the project that shows a layer of the map."""
    found = (
        one for one in QgsProject.instance().mapLayers().values() if one.customProperty("onemap/layer_id") == layer_id
    )
    return next(found)


def modal(open_it, name: str, ready) -> None:
    """Take a dialog that stops everything else, and close it."""
    failures = []

    def take() -> None:
        dialog = QApplication.activeModalWidget()
        try:
            ready(dialog)
            pause(1500)
            picture(name, dialog)
        except Exception as error:  # noqa: BLE001 - told once the dialog is closed; inside it nobody would hear
            failures.append(error)
        dialog.close()

    QTimer.singleShot(2500, take)
    open_it()
    if failures:
        raise failures[0]


def tool(name: str, parameters: dict, shown: str) -> dict:
    """Open a tool as a user does, fill it, take it, run it, and return what it answered."""
    dialog = processing.createAlgorithmDialog(f"onemap:{name}", parameters)
    dialog.resize(980, 640)
    dialog.show()
    pause(1200)
    if shown:
        picture(shown, dialog)
    told = {}
    dialog.algorithmFinished.connect(lambda well, answer: told.update(answer, well=well))
    dialog.runAlgorithm()
    try:
        until(lambda: told, f"{name} to end")
        pause(1500)
    finally:
        dialog.close()
    assert told["well"], name
    iface.messageBar().clearWidgets()  # noqa: F821
    dialog.deleteLater()
    pause(800)
    return told


@step
def options() -> None:
    """The page of the engine."""

    def ready(dialog: QDialog) -> None:
        dialog.resize(1000, 720)

    modal(lambda: iface.showOptionsDialog(window, "onemapOptions"), "options", ready)  # noqa: F821


@step
def toolbox() -> None:
    """The toolbox, and the tool that writes the sample city."""
    panel = window.findChild(QDockWidget, "ProcessingToolbox")
    panel.setFloating(True)
    panel.resize(420, 760)
    panel.show()
    pause(800)
    tree = panel.findChild(QTreeView)
    model = tree.model()
    for number in range(model.rowCount()):
        index = model.index(number, 0)
        if index.data() in ("一张图", "onemap"):
            tree.expand(index)
            for group in range(model.rowCount(index)):
                tree.expand(model.index(group, 0, index))
            tree.scrollTo(index, QTreeView.ScrollHint.PositionAtTop)
    picture("toolbox", panel)
    panel.setFloating(False)
    panel.hide()
    room = Path(os.environ["ONEMAP_ROOM"])
    tool("sample", {"SIZE": 0, "OUTPUT": str(room / say("城市", "city"))}, "sample")


@step
def themes() -> None:
    """The map theme of duties."""
    dock.hide()
    collection = QgsProject.instance().mapThemeCollection()
    root, model = QgsProject.instance().layerTreeRoot(), iface.layerTreeView().layerTreeModel()  # noqa: F821
    collection.applyTheme(say("责任", "Responsibility"), root, model)
    canvas.setExtent(DISTRICT)
    picture("theme")
    collection.applyTheme(say("网格", "Grids"), root, model)
    dock.show()


@step
def check() -> None:
    """Cells checked against the district."""
    dock.hide()
    inputs = {"CELLS": layer("grid_cell"), "PARENT": layer("grid_district"), "OUTPUT": "TEMPORARY_OUTPUT"}
    tool("check", inputs, "check")
    canvas.setExtent(DISTRICT)
    picture("checked")
    inputs = {"CELLS": layer("grid_cell"), "PARENT": layer("grid_district"), "MAX_WIDTH": 5}
    outputs = {"OUTPUT": "TEMPORARY_OUTPUT", "MOVES": "TEMPORARY_OUTPUT"}
    repaired.append(tool("repair", inputs | outputs, "repair")["OUTPUT"])
    dock.show()


repaired: list[str] = []


@step
def balance() -> None:
    """Cells joined to grids of equal load."""
    dock.hide()
    counted = {"POLYGONS": repaired[0], "POINTS": layer("case"), "FIELD": "cases", "OUTPUT": "TEMPORARY_OUTPUT"}
    cells = processing.run("native:countpointsinpolygon", counted)["OUTPUT"]
    cells.setName(say("各网格案件数", "Cases in each cell"))
    QgsProject.instance().addMapLayer(cells)
    cells.selectByExpression(f"\"parent_code\" LIKE '{STREET}%'")
    inputs = {
        "CELLS": QgsProcessingFeatureSourceDefinition(cells.id(), True),
        "LOAD": ["cases"],
        "TARGET": 300,
        "WITHIN": "parent_code",
        "TOLERANCE": 0.05,
        "OUTPUT": "TEMPORARY_OUTPUT",
    }
    made = tool("balance", inputs, "balance")["OUTPUT"]
    for one in list(QgsProject.instance().mapLayers().values()):
        if one.id() not in OPENED and one.id() != made:
            QgsProject.instance().removeMapLayer(one)
    QgsProject.instance().removeMapLayer(made)
    dock.show()


@step
def edit() -> None:
    """A cell moved to the neighbouring grid, saved as a new version."""
    dock.tabs.setCurrentWidget(dock.edit)
    until(dock.edit.grouping.count, "the groupings")
    place = dock.edit.grouping.findData("duty_grid:城管执法局")
    dock.edit.grouping.setCurrentIndex(max(0, place))
    dock.edit.begin.click()
    until(lambda: controller.edit.draft, "the draft")
    shapes = {one["cell"]: one.geometry() for one in controller.edit.draft.layer.getFeatures()}
    grids = controller.edit._grids
    middle = DISTRICT.center()
    near = sorted(shapes, key=lambda cell: shapes[cell].centroid().asPoint().distance(middle))[:150]
    cell, other = next(
        (one, two)
        for one in near
        for two in near
        if grids[one] and grids[two] and grids[one] != grids[two] and shapes[one].touches(shapes[two])
    )
    spot = shapes[cell].pointOnSurface().asPoint()
    look_at(spot.x(), spot.y(), 900)
    button(dock.edit, "onemapEdit_pick")
    click_map(spot.x(), spot.y())
    dock.edit.choose(grids[other])
    picture("choose")
    button(dock.edit, "onemapEdit_move")
    until(lambda: controller.edit._grids[cell] == grids[other], "the move")
    button(dock.edit, "onemapEdit_save")
    until(dock.edit.bar.isVisible, "the question")
    dock.edit.bar.why.setText(say("均衡工作量", "to even the work out"))
    picture("edit")
    QTest.keyClick(dock.edit.bar.why, Qt.Key.Key_Return)
    pause(2500)
    dock.edit.end.click()


@step
def sheets() -> None:
    """The sheets of the streets and the posters, in the layout's own window."""
    for name, title in (
        ("street", say("街道图（A3）", "Streets (A3)")),
        ("poster", say("责任网格公示牌（A3）", "Duty grid posters (A3)")),
    ):
        layout = QgsProject.instance().layoutManager().layoutByName(title)
        designer = iface.openLayoutDesigner(layout)  # noqa: F821
        designer.window().showMaximized()
        designer.setAtlasPreviewEnabled(True)
        pause(1000)
        designer.view().zoomFull()
        pause(6000)
        picture(name, designer.window())
        designer.close()
        pause(500)


@step
def live() -> None:
    """New cases from a folder."""
    folder = Path(os.environ["ONEMAP_ROOM"]) / say("新案件", "new-cases")
    folder.mkdir(parents=True, exist_ok=True)
    package = type(controller.live).__module__.rpartition(".")[0]
    source_type = sys.modules[f"{package}.source"].Source
    controller.live.add(source_type("folder", str(folder), crs=QgsProject.instance().crs().authid()))
    pause(1500)
    middle = DISTRICT.center()
    with (folder / "hotline.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["案件编号", "小类名称", "上报时间", "地址", "X坐标", "Y坐标"])
        for number in range(1, 9):
            place = (middle.x() + 170 * number, middle.y() + 90 * number)
            writer.writerow([f"R{number:04d}", "暴露垃圾", "2026-07-01 08:30", "清河路", *place])
    rows = lambda: [row for row in dock.cases.model.rows if row.table == "live_case"]  # noqa: E731
    until(lambda: len(rows()) == 8, "the new cases")
    dock.tabs.setCurrentIndex(dock.tabs.indexOf(dock.cases) + 1)
    pause(1500)
    picture("live")


def follow() -> None:
    """Do every step that is wanted."""
    QgsSettings().setValue("onemap/person", say("陈岚", "Chen Lan"))
    tidy()
    until(lambda: not plugin.is_furnishing, "themes and sheets")  # noqa: F821
    OPENED.update(QgsProject.instance().mapLayers())
    drawn()
    failed = []
    for name, function in steps.items():
        if ONLY and name not in ONLY:
            continue
        began = time.monotonic()
        try:
            function()
        except Exception:  # noqa: BLE001 - the other steps are worth seeing too; it fails in the end
            traceback.print_exc()
            failed.append(name)
        tidy()
        print(f"ONEMAP step {name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    assert not failed, f"steps that failed: {failed}"


follow()
