"""Time the real desktop with a big city: opening the map, then panning while a clock looks for moments of standstill.

Run by `benchmarks.hall` through scripts/screenshot.sh, which gives it `iface` and `plugin`. A standstill is the time
for which the window answered nothing: the longest gap between two ticks of a timer of 10 ms.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

from qgis.core import QgsPointXY
from qgis.PyQt.QtCore import QEventLoop, QTimer

TICK_MS, LIMIT_MS, STEPS = 10, 20_000, 8
SCALES = {"street": 50_000, "community": 20_000, "cell": 7_500, "house": 2_000}


class Clock:
    """Ticks in the window's own thread and keeps the longest gap."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.gaps: list[float] = []
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def longest(self) -> float:
        """Return the longest gap since the last call."""
        self._tick()
        found, self.gaps = max(self.gaps, default=0.0), []
        return found


def wait_for_picture(canvas, limit_ms: int = LIMIT_MS) -> float:
    """Let the window live until the picture is there; return the seconds."""
    started = time.perf_counter()
    loop = QEventLoop()
    canvas.mapCanvasRefreshed.connect(loop.quit)
    QTimer.singleShot(limit_ms, loop.quit)
    loop.exec()
    return time.perf_counter() - started


def measure(iface, plugin) -> dict:
    """Open, pan at each scale, and return the figures."""
    canvas, clock = iface.mapCanvas(), Clock()
    started = time.perf_counter()
    plugin.open_one_map(os.environ["ONEMAP_BIG"])
    opened = time.perf_counter() - started
    wait_for_picture(canvas)
    figures = {
        "open_s": round(opened, 2),
        "first_picture_s": round(time.perf_counter() - started, 2),
        "standstill_while_opening_s": round(clock.longest(), 2),
        "pan": {},
    }
    rest = {  # themes and sheets come after the picture, the queue of all cases is read meanwhile
        "furnished_s": lambda: plugin.is_furnishing,
        "queue_s": lambda: plugin.controller.dock.cases.is_loading,
    }
    while rest:
        for name in [name for name, busy in rest.items() if not busy()]:
            figures[name] = round(time.perf_counter() - started, 2)
            del rest[name]
        wait_for_picture(canvas, 50)
    figures["standstill_after_picture_s"] = round(clock.longest(), 2)
    middle = canvas.center()
    for name, scale in SCALES.items():
        canvas.setCenter(middle)
        canvas.zoomScale(scale)
        wait_for_picture(canvas)
        clock.longest()
        taken = []
        for step in range(STEPS):
            across = canvas.extent().width() / 3
            canvas.setCenter(QgsPointXY(canvas.center().x() + (across if step % 4 < 2 else -across), middle.y()))
            canvas.refresh()
            taken.append(wait_for_picture(canvas))
        figures["pan"][name] = {
            "scale": scale,
            "median_s": round(statistics.median(taken), 2),
            "worst_s": round(max(taken), 2),
            "standstill_s": round(clock.longest(), 3),
        }
    return figures


found = measure(iface, plugin)  # noqa: F821 - given by the script that runs this one
Path(os.environ["ONEMAP_FIGURES"]).write_text(json.dumps(found, indent=1), encoding="utf-8")
print("ONEMAP", json.dumps(found), file=sys.stderr, flush=True)
