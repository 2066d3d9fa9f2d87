"""Runs inside the QGIS desktop: tools of the toolbox, again and again, at once and after a rest; results are shown.

`scripts/screenshot.sh` gives it `iface` and `plugin`; a result without its style ends QGIS with code 5.
"""

import os
import time

import processing
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QEventLoop, QTimer

LONGEST_S, IDLE_MS = 60, 33_000  # a thread of Qt's pools ends when it had nothing to do for half a minute
source = os.environ["ONEMAP_SHOWN"]
cells = {"CELLS": f"{source}|layername=grid_cell"}
asked = cells | {"PARENT": f"{source}|layername=grid_district", "MAX_WIDTH": 5, "MOVES": "TEMPORARY_OUTPUT"}


def pause(milliseconds):
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def by_dialog(name, parameters):
    """Run a tool as a user does, in the background, and close its dialog."""
    dialog = processing.createAlgorithmDialog(name, parameters)
    ended = []
    dialog.algorithmFinished.connect(lambda well, _: ended.append(well))
    dialog.show()
    dialog.runAlgorithm()
    end = time.monotonic() + LONGEST_S
    while not ended:
        assert time.monotonic() < end, f"in vain: {name}"
        pause(100)
    pause(300)
    dialog.close()
    dialog.deleteLater()
    assert ended == [True], name


def shown(run, name, parameters):
    """Run a tool; return the layers that it added, as the project shows them."""
    before = set(QgsProject.instance().mapLayers())
    run(name, parameters | {"OUTPUT": "TEMPORARY_OUTPUT"})
    pause(500)
    new = [one for key, one in QgsProject.instance().mapLayers().items() if key not in before]
    new = [one for one in new if not one.customProperty("onemap/layer_id")]  # the map's own, that came meanwhile
    assert all(QgsProject.instance().layerTreeRoot().findLayer(one) for one in new), name
    return {one.name(): one.renderer().type() for one in new}


for number, run in enumerate((processing.runAndLoadResults, by_dialog, by_dialog)):
    pause(IDLE_MS if number == 2 else 0)
    for _ in range(2 if number < 2 else 1):
        found = shown(run, "onemap:check", cells)
        assert "categorizedSymbol" in found.values(), found
        repaired = shown(run, "onemap:repair", asked)
        assert len(repaired) > 1, repaired
