"""The part of the live soak inside QGIS: cases come for hours while a clock looks for standstill and growth.

Run by `benchmarks.live_soak` through scripts/screenshot.sh, which gives it `iface` and `plugin`.
"""

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QEvent, QEventLoop, QObject, QProcess, QTimer

TICK_MS, SAMPLE_MS, MOVE_MS, OPEN_S = 10, 10_000, 15_000, 240


def memory_mb(process: int | str) -> float:
    """Return the resident memory of a process."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


class Painted(QObject):
    """Tells when the map on the screen is painted."""

    def __init__(self, canvas, slot) -> None:
        super().__init__()
        self._slot = slot
        canvas.viewport().installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's own name
        if event.type() == QEvent.Type.Paint:
            self._slot()
        return False


class Soak:
    """Writes down when each case was shown, marked and drawn, how long the window stood still, and the memory."""

    def __init__(self, iface, plugin, plan: dict) -> None:
        self._canvas, self._plugin, self._plan = iface.mapCanvas(), plugin, plan
        self.shown: dict[str, float] = {}
        self.marked: dict[str, float] = {}
        self.drawn: dict[str, float] = {}
        self._unmarked: list[str] = []
        self._undrawn: list[str] = []
        self._being_drawn: list[str] = []
        self.gaps: Counter[int] = Counter()  # by milliseconds
        self.samples: list[tuple[float, float, float, int]] = []
        self._last = time.perf_counter()
        self._started = time.monotonic()
        self._moves = 0
        self._timers = [
            self._timer(TICK_MS, self._tick),
            self._timer(SAMPLE_MS, self._sample),
            self._timer(MOVE_MS, self._move),
        ]

    def run(self) -> None:
        """Take the sources into the project and wait until the time is over."""
        controller = self._plugin.controller
        live = controller.live
        live.shown.connect(self._shown)
        self._painted = Painted(self._canvas, self._paint)
        self._canvas.renderStarting.connect(self._drawing)
        self._canvas.mapCanvasRefreshed.connect(self._refreshed)
        for key, value in self._plan["connection"].items():
            QgsSettings().setValue(f"PostgreSQL/connections/soak/{key}", value)
        source = sys.modules[f"{type(live).__module__.rpartition('.')[0]}.source"].Source
        for row in self._plan["sources"]:
            live.add(source(**row))
        controller.dock.tabs.setCurrentWidget(controller.dock.cases)
        self._sample()
        Path(self._plan["ready"]).touch()
        loop = QEventLoop()
        QTimer.singleShot(int(1000 * self._plan["seconds"]), loop.quit)
        loop.exec()
        for timer in self._timers:
            timer.stop()
        self._sample()
        controller.dock.tabs.setCurrentIndex(controller.dock.tabs.indexOf(controller.dock.cases) + 1)
        told = {
            "shown": self.shown,
            "marked": self.marked,
            "drawn": self.drawn,
            "gaps": self.gaps,
            "samples": self.samples,
            "states": {name: [state.taken, state.known, state.unread] for name, state in live.states.items()},
        }
        Path(self._plan["figures"]).write_text(json.dumps(told), encoding="utf-8")

    def _timer(self, milliseconds: int, slot) -> QTimer:
        timer = QTimer()
        timer.timeout.connect(slot)
        timer.start(milliseconds)
        return timer

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps[round(1000 * (now - self._last))] += 1
        self._last = now

    def _sample(self) -> None:
        children = self._plugin.controller.worker.findChildren(QProcess)
        lent = sum(memory_mb(int(child.processId())) for child in children)
        self.samples.append((round(time.monotonic() - self._started, 1), memory_mb("self"), lent, len(self.shown)))

    def _move(self) -> None:
        """Do what an operator does meanwhile: look at another part of the map, choose a case."""
        self._moves += 1
        tab = self._plugin.controller.dock.cases
        if self._moves % 2:
            tab.select(self._moves % max(1, tab.model.rowCount()))
        else:
            self._canvas.zoomByFactor(0.5 if self._moves % 4 else 2.0)

    def _shown(self, rows: list) -> None:
        now = time.time()
        for row in rows:
            self.shown[row.case] = now
            self._undrawn.append(row.case)
        arrivals = self._plugin.controller.live.layer.arrivals
        if arrivals is not None and arrivals.isVisible():  # their signs are there when the screen is next painted
            self._unmarked += [row.case for row in rows if row.box is not None]

    def _paint(self) -> None:
        now = time.time()
        self.marked.update(dict.fromkeys(self._unmarked, now))
        self._unmarked = []

    def _drawing(self) -> None:
        self._being_drawn += self._undrawn
        self._undrawn = []

    def _refreshed(self) -> None:
        now = time.time()
        for case in self._being_drawn:
            self.drawn[case] = now
            self.marked.setdefault(case, now)
        self._being_drawn = []


def wait_for_map(iface, plugin) -> None:
    """Let the map open first: lists read, map drawn, library warm. How long that takes is told elsewhere."""
    controller, end = plugin.controller, time.monotonic() + OPEN_S
    lists = (controller.dock.cases, controller.dock.findings)
    while (
        any(tab.is_loading or tab.is_preparing for tab in lists)
        or iface.mapCanvas().isDrawing()
        or not controller.dock.edit.grouping.count()
    ):
        assert time.monotonic() < end, "the map did not open"
        loop = QEventLoop()
        QTimer.singleShot(200, loop.quit)
        loop.exec()


wait_for_map(iface, plugin)  # noqa: F821 - given by the script that runs this one
Soak(iface, plugin, json.loads(os.environ["ONEMAP_SOAK"])).run()  # noqa: F821
