"""What is drawn to ask who answers there leaves the map when something else is asked."""

import pytest
from qgis.core import QgsPointXY, QgsProject
from qgis.gui import QgsMapToolPan, QgsRubberBand
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from .test_decisions import own_map
from .test_findings import answer, shown
from .test_worker import until

__all__ = ["answer", "own_map", "shown"]


@pytest.fixture
def middle(shown):
    """Turn to *Who?* and return the middle of the map."""
    shown.dock.tabs.setCurrentWidget(shown.dock.who)
    layers = QgsProject.instance().mapLayers().values()
    layer = next(layer for layer in layers if layer.customProperty("onemap/layer_id") == "grid_cell")
    shown._canvas.setDestinationCrs(layer.crs())
    return layer.extent().center()


@pytest.fixture
def drawn(shown, middle):
    """Draw an area around the middle, wait for its answer, and return what counts the bands that are seen."""

    def draw():
        shown.who.draw("area")
        for dx, dy in ((-200, -200), (200, -200), (200, 200), (-200, 200)):
            shown.who.drawers["area"].add(QgsPointXY(middle.x() + dx, middle.y() + dy))
        shown.who.drawers["area"].finish()
        until(lambda: " here" in shown.dock.who.card.toPlainText(), seen=shown.dock.who.card.toPlainText)
        assert bands(shown._canvas) == 1

    return draw


def bands(canvas):
    return sum(isinstance(item, QgsRubberBand) and item.isVisible() for item in canvas.scene().items())


def test_a_drawn_area_leaves_with_the_next_question(shown, drawn, middle):
    drawn()
    shown.dock.who.pick.click()
    assert bands(shown._canvas) == 0
    assert shown.dock.who.pick.isChecked()  # the drawing tool released the buttons as it went
    drawn()
    shown.who.ask(middle)
    assert bands(shown._canvas) == 0
    assert shown.who._mark is not None
    drawn()
    assert shown.who._mark is None  # the spot before is another question too
    shown.show_nothing()
    assert bands(shown._canvas) == 0


def test_escape_in_the_dock_takes_it_off_the_map(shown, drawn):
    drawn()
    QTest.keyClick(shown.dock.who.area, Qt.Key.Key_Escape)
    assert bands(shown._canvas) == 0
    assert shown._canvas.mapTool() is not shown.who.drawers["area"]
    assert not shown.dock.who.area.isChecked()


def test_it_is_seen_beside_its_answer_only(shown, drawn):
    drawn()
    shown.dock.tabs.setCurrentWidget(shown.dock.edit)
    assert bands(shown._canvas) == 0
    shown.dock.tabs.setCurrentWidget(shown.dock.who)
    assert bands(shown._canvas) == 1


def test_nothing_half_drawn_stays(shown, drawn, middle):
    pan = QgsMapToolPan(shown._canvas)
    drawn()
    shown._canvas.setMapTool(pan)  # who looks around in the area still sees it
    assert bands(shown._canvas) == 1
    shown.who.draw("line")
    assert bands(shown._canvas) == 0
    shown.who.drawers["line"].add(middle)
    assert bands(shown._canvas) == 1
    shown._canvas.setMapTool(pan)
    assert bands(shown._canvas) == 0
    shown._canvas.unsetMapTool(pan)
