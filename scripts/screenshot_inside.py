"""Runs inside the QGIS desktop (`qgis --code`): opens a one map with the plugin, waits, takes the picture, leaves.

Exit codes: 0 done, 3 the picture failed, 4 the plugin is not loaded, 5 the script failed, 6 QGIS would not close.
"""

import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from types import CodeType

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface, plugins

PICTURE = os.environ["ONEMAP_PICTURE"]
SHOWN = os.environ["ONEMAP_SHOWN"]
SCRIPT = os.environ["ONEMAP_SCRIPT"]
STARTED = time.monotonic()
CALM_MS = 1500


def leave(code: int = 0) -> None:
    """Close QGIS as a user would; layers in a temporary folder make it ask, so the project is emptied first."""
    sys.stderr.flush()
    if code:
        os._exit(code)
    QgsProject.instance().clear()
    QgsProject.instance().setDirty(False)
    QTimer.singleShot(8000, lambda: os._exit(6))
    iface.actionExit().trigger()


def grab() -> None:
    """Take the whole screen, as a person sees it."""
    code = subprocess.call(["import", "-window", "root", PICTURE])
    print("ONEMAP picture after", round(time.monotonic() - STARTED, 1), "s", file=sys.stderr, flush=True)
    leave(3 if code else 0)


def wait() -> None:
    """Wait until the lists are read and the map is drawn."""
    controller = plugins["onemap_center"].controller
    busy = iface.mapCanvas().isDrawing() or controller.dock.findings.is_loading or controller.dock.cases.is_loading
    QTimer.singleShot(300, wait) if busy else QTimer.singleShot(CALM_MS, grab)


def show() -> None:
    """Give the window the whole screen."""
    window = iface.mainWindow()
    window.showMaximized()
    for panel in window.findChildren(QDockWidget, "Browser"):
        panel.hide()
    QTimer.singleShot(CALM_MS, open_map)  # the window has its size by then


def open_map() -> None:
    """Open the map and run the script."""
    plugin = plugins.get("onemap_center")
    if plugin is None:
        leave(4)
    try:
        if SHOWN != "-":
            plugin.open_one_map(SHOWN)
        if SCRIPT:
            code = compile(Path(SCRIPT).read_text(encoding="utf-8"), SCRIPT, "exec")
            QTimer.singleShot(CALM_MS, lambda: run(code, {"iface": iface, "plugin": plugin}))
            return
    except Exception:  # noqa: BLE001 - the picture script must tell and leave, whatever it was
        traceback.print_exc()
        leave(5)
    QTimer.singleShot(2 * CALM_MS, wait)


def run(code: CodeType, names: dict) -> None:
    """Run the user's script inside QGIS."""
    try:
        exec(code, names)
    except Exception:  # noqa: BLE001
        traceback.print_exc()
        leave(5)
    QTimer.singleShot(CALM_MS, wait)


QTimer.singleShot(500, show)
