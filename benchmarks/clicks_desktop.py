"""The part of `benchmarks.clicks` inside QGIS: clicks on the map until the card is there; grids opened and edited.

Run through scripts/screenshot.sh, which gives it `iface` and `plugin`.
"""

import json
import os
import random
import time
from pathlib import Path

from qgis.core import QgsGeometry, QgsProject
from qgis.PyQt.QtCore import QEventLoop, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest

TICK_MS, LIMIT_MS, CALM_MS = 5, 120_000, 1_500


class Clock:
    """Ticks in the window's own thread and keeps the longest time in which nothing was answered."""

    def __init__(self) -> None:
        self._last, self._longest = time.perf_counter(), 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self._longest, self._last = max(self._longest, now - self._last), now

    def longest_ms(self) -> float:
        """Return the longest gap since the last call."""
        self._tick()
        found, self._longest = self._longest, 0.0
        return round(1000 * found, 1)


class Round:
    """Asks and clicks in the console of the map that is shown."""

    def __init__(self, iface, plugin, plan: dict) -> None:
        self._canvas, self._controller, self._plan = iface.mapCanvas(), plugin.controller, plan
        self._dock = plugin.controller.dock
        self._random = random.Random(11)
        self._loop = QEventLoop()
        self._answers: list[dict] = []
        self._still_ms = 0.0

    def run(self) -> dict:
        """Return the figures of this map, in milliseconds."""
        self._until(lambda: "who" in self._controller.worker.verbs and self._dock.edit.grouping.count())
        self._until(lambda: not self._dock.cases.is_loading and not self._dock.cases.is_preparing)
        self._dock.tabs.setCurrentWidget(self._dock.who)
        self._canvas.setReferencedExtent(QgsProject.instance().viewSettings().defaultViewExtent())
        self._until(lambda: not self._canvas.isDrawing())
        self._rest(CALM_MS)
        clock = Clock()
        names_holders = bool(self._dock.who.asked())
        found = {"verb": "who" if names_holders else "locate", "asked": self._asks(), "clicked": self._clicks()}
        found |= {"held": sum(bool(answer.get("accountable")) for answer in self._answers)}
        found["standstill_ms"] = clock.longest_ms()
        if self._plan.get("grouping"):
            found["editing"] = self._edits(clock)
        return found

    def _asks(self) -> list[float]:
        """Ask the library by the plugin's client, one question after the other."""
        west, south, east, north = self._plan["bounds"]
        chosen = self._dock.who.asked()
        took = []
        for _ in range(self._plan["asks"]):
            x, y = self._random.uniform(west, east), self._random.uniform(south, north)
            began = time.perf_counter()
            verb = "who" if chosen else "locate"
            self._controller.worker.ask(verb, {"x": x, "y": y, **chosen}, lambda _: self._loop.quit())
            self._loop.exec()
            took.append(1000 * (time.perf_counter() - began))
        return took

    def _clicks(self) -> list[float]:
        """Click on the map with the mouse, until the card of the spot is set."""
        tab, took = self._dock.who, []
        for name in ("show_holder", "show_place"):
            shown = getattr(tab, name)

            def show(answer: dict, *, whole: bool = False, shown=shown) -> None:
                shown(answer, **({"whole": whole} if whole else {}))
                self._answers.append(answer)
                self._loop.quit()

            setattr(tab, name, show)
        tab.pick.click()
        view = self._canvas.viewport()
        for _ in range(self._plan["clicks"]):
            spot = QPoint(self._random.randrange(view.width()), self._random.randrange(view.height()))
            began = time.perf_counter()
            QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=spot)
            self._loop.exec()
            took.append(1000 * (time.perf_counter() - began))
        tab.pick.click()
        return took

    def _edits(self, clock: Clock) -> dict:
        """Open the grids, then move, merge and split cells by the buttons."""
        desk, tab = self._controller.edit, self._dock.edit
        self._dock.tabs.setCurrentWidget(tab)
        tab.grouping.setCurrentIndex(tab.grouping.findData(self._plan["grouping"]))
        self._rest(CALM_MS)
        clock.longest_ms()
        began, meanwhile = time.perf_counter(), []
        tab.begin.click()
        while desk.draft is None:
            meanwhile += self._clicks_while_opening()
        opened = time.perf_counter() - began
        self._until(lambda: not self._canvas.isDrawing())
        found = {"opened_s": round(opened, 1), "clicks_while_opening": meanwhile}
        found["standstill_while_opening_ms"] = clock.longest_ms()
        found |= {"cells": desk.draft.layer.featureCount(), "grids": tab.model.rowCount()}
        found |= {"steps": self._steps(desk, tab, clock), "standstill_while_editing_ms": self._still_ms}
        tab.end.click()
        return found

    def _clicks_while_opening(self) -> list[float]:
        """Ask who answers, as somebody else's question in between."""
        self._rest(50)
        west, south, east, north = self._plan["bounds"]
        asked = {"x": self._random.uniform(west, east), "y": self._random.uniform(south, north)}
        began = time.perf_counter()
        self._controller.worker.ask("locate", asked, lambda _: self._loop.quit(), lambda _: self._loop.quit())
        self._loop.exec()
        return [1000 * (time.perf_counter() - began)]

    def _steps(self, desk, tab, clock: Clock) -> dict[str, list[float]]:
        """Return the milliseconds from the button until totals, rules and draft are those of now."""
        took: dict[str, list[float]] = {"move": [], "split": [], "merge": [], "undo": []}
        shown, layer = tab.show_state, desk.draft.layer

        def show(state: dict, colours: dict) -> None:
            shown(state, colours)
            self._loop.quit()

        tab.show_state = show
        cells = sorted(feature["cell"] for feature in layer.getFeatures())
        for cell in self._random.sample(cells, self._plan["steps"]):
            feature = next(layer.getFeatures(f"\"cell\" = '{cell}'"), None)
            if feature is None:
                continue  # it was split or merged before
            land, spot = feature.geometry(), feature.geometry().pointOnSurface().asPoint()
            layer.removeSelection()
            desk.choose_at(spot)
            others = [row["grid"] for row in tab.model.rows if row["grid"] != feature["grid"]]
            tab.choose(self._random.choice(others))
            took["move"].append(self._one(tab.buttons["move"].click, clock))
            desk.choose_at(spot)
            box = land.boundingBox()
            line = f"LINESTRING ({spot.x()} {box.yMinimum() - 5}, {spot.x()} {box.yMaximum() + 5})"
            took["split"].append(self._one(lambda line=line: desk.split(QgsGeometry.fromWkt(line)), clock))
            around = [other["cell"] for other in layer.getFeatures(box) if other.geometry().intersects(land)]
            layer.selectByExpression(f'"cell" in ({", ".join(repr(str(code)) for code in around[:3])})')
            took["merge"].append(self._one(tab.buttons["merge"].click, clock))
            took["undo"].append(self._one(tab.buttons["undo"].click, clock))
        return took

    def _one(self, act, clock: Clock) -> float:
        """Do one step; keep the longest standstill of all of them, drawing included."""
        self._until(lambda: not self._canvas.isDrawing())
        clock.longest_ms()
        began = time.perf_counter()
        act()
        self._loop.exec()
        took = 1000 * (time.perf_counter() - began)
        self._until(lambda: not self._canvas.isDrawing())
        self._still_ms = max(self._still_ms, clock.longest_ms())
        return took

    def _until(self, ready) -> None:
        end = time.monotonic() + LIMIT_MS / 1000
        while not ready():
            assert time.monotonic() < end, "in vain"
            self._rest(50)

    @staticmethod
    def _rest(milliseconds: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()


told = Round(iface, plugin, json.loads(os.environ["ONEMAP_CLICKS"])).run()  # noqa: F821 - given by the script that runs this one
Path(os.environ["ONEMAP_FIGURES"]).write_text(json.dumps(told), encoding="utf-8")
