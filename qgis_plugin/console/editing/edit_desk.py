"""Grids edited from the desktop: the library divides and counts, the draft shows it, a new version is saved."""

import time
from collections.abc import Iterator
from pathlib import Path

from qgis.core import Qgis, QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY, QgsProject
from qgis.gui import QgsMapCanvas, QgsMapToolEmitPoint
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ...engine.worker import Worker, said
from ...project.one_map_file import OneMapFile
from ...project.version_layers import NotAVersion, add_version, versions_of
from ...translation import language, tr
from ..card.ask_bar import Question
from ..desk import Desk, person
from ..highlight import geometry_to_layer, point_to_layer
from ..picking import ShapeTool
from .draft_layer import DraftLayer
from .lost import Deed, Lost
from .tab import EditTab

MOMENT_S = 0.015  # so long cells are drawn before the window is asked again
_SOME, _SHOWN = 2, 3
_LIBRARY = 0.8  # share of the opening that the library does


class EditDesk(QObject):
    """What the buttons of the tab do."""

    told = pyqtSignal(str)

    def __init__(
        self, tab: EditTab, worker: Worker, desk: Desk, canvas: QgsMapCanvas, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tab, self._worker, self._desk, self._canvas = tab, worker, desk, canvas
        self._one_map: OneMapFile | None = None
        self._crs = QgsCoordinateReferenceSystem()
        self.draft: DraftLayer | None = None
        self._grids: dict[str, str] = {}
        self.unsaved = False
        self._grouping = ""
        self._deeds: list[Deed] = []  # steps since the opening
        self._lost: Lost | None = None
        self._coming_back: Lost | None = None  # until its last step is made again
        self._opening = 0  # number of the question that opens, to cancel it
        self._steps: Iterator[float] | None = None
        self._filling = QTimer(self)
        self._filling.setInterval(0)
        self._acts = {
            "end": self._ask_to_end,
            "pick": self._pick,
            "move": self.move,
            "split": self._draw,
            "merge": self.merge,
            "undo": self.undo,
            "redo": self.redo,
            "save": self._ask_to_save,
            "show": self.show_version,
        }
        self.tool = QgsMapToolEmitPoint(canvas)
        self.tool.canvasClicked.connect(lambda spot, _: self.choose_at(spot))
        self.tool.deactivated.connect(lambda: tab.buttons["pick"].setChecked(False))
        self.knife = ShapeTool(canvas, Qgis.GeometryType.Line)
        self.knife.drawn.connect(self.split)
        self.knife.deactivated.connect(lambda: tab.buttons["split"].setChecked(False))
        self._filling.timeout.connect(self._fill)
        QgsProject.instance().writeProject.connect(self._hide_draft)
        tab.begin_wanted.connect(self.begin)
        tab.wanted.connect(lambda name: self._acts[name]())
        worker.opened.connect(lambda _: self._offer())
        worker.changed.connect(self._engine_changed)

    def of_map(self, one_map: OneMapFile | None, crs: QgsCoordinateReferenceSystem) -> None:
        """Take the map whose grids may be edited."""
        self.end()
        self._lost = None
        self._one_map, self._crs = one_map, crs
        self._tab.offer([])
        self._list_versions()
        self._engine_changed()

    def begin(self, grouping: str) -> None:
        """Open the grids of one grouping for editing."""
        if self._one_map is not None and grouping:
            if self._lost is not None and self._lost.grouping != grouping:
                self._lost = None
            self._grouping = grouping
            self._tab.wait(0.0, tr("The library reads the cells ..."))
            asked = {"grouping": grouping, "who": person()}
            self._opening = self._worker.ask("edit.open", asked, self._opened, self._not_opened, self._told)

    def end(self) -> None:
        """Take the draft off the map, or stop its opening; what was not saved is gone."""
        for tool in (self.tool, self.knife):
            self._canvas.unsetMapTool(tool)
        self.knife.clear()
        if self._opening:
            self._worker.cancel(self._opening)
        was_open = self.draft is not None or self._steps is not None
        self._opening, self._steps = 0, None
        self._deeds, self.unsaved, self._coming_back = [], False, None
        self._filling.stop()
        draft, self.draft = self.draft, None
        if draft is not None:
            draft.remove()
            self._canvas.refreshAllLayers()
        if was_open:
            self._worker.ask("edit.close", {}, lambda _: None)
        self._tab.work(False)

    def lets_go(self) -> bool:
        """Return whether another map may take the place of this one; say so where edits would be lost."""
        if self._is_at_risk:
            self.told.emit(tr("Grids are being edited: save them as a version, or end that first."))
        return not self._is_at_risk

    @property
    def _is_at_risk(self) -> bool:
        """Whether steps are not saved, of the draft or of one that went and can be brought back."""
        return self.unsaved or (self._lost is not None and self._lost.unsaved)

    def close(self) -> None:
        """Let go of the canvas and of the draft."""
        self.end()
        QgsProject.instance().writeProject.disconnect(self._hide_draft)
        self.tool.deleteLater()
        self.knife.deleteLater()

    def choose_at(self, spot: QgsPointXY) -> None:
        """Choose the cell at a spot of the canvas, or let go of it."""
        there = point_to_layer(spot, self._crs, self._canvas)
        if self.draft is None or there is None:
            return
        self.draft.toggle(there.x(), there.y())
        chosen = self.draft.chosen()
        shown = ", ".join(chosen[:_SHOWN]) + (" ..." if len(chosen) > _SHOWN else "")
        if len(chosen) == 1:
            self._tab.say(tr("1 cell chosen: {cell}", cell=shown))
        else:
            self._tab.say(tr("{count} cells chosen: {cells}", count=len(chosen), cells=shown) if chosen else "")

    def move(self) -> None:
        """Move the chosen cells to the grid that is chosen in the table."""
        cells, grid = self._chosen(), self._tab.chosen
        if cells and not grid:
            self._tab.say(tr("Choose the grid in the table first."))
        elif cells:
            staying = [cell for cell in cells if self._grids.get(cell) == grid]
            if len(staying) == len(cells):
                self._tab.say(tr("They are in this grid already."))
                return
            self._ask("edit.move", {"cells": [cell for cell in cells if cell not in staying], "to": grid})

    def split(self, line: QgsGeometry) -> None:
        """Split the chosen cell by a line drawn on the canvas."""
        there = geometry_to_layer(line, self._crs, self._canvas)
        self.knife.clear()
        cells = self._chosen()
        if there is not None and cells:
            if len(cells) > 1:
                self._tab.say(tr("Choose one cell to split."))
            else:
                self._ask("edit.split", {"cell": cells[0], "wkt": there.asWkt(4)})

    def merge(self) -> None:
        """Make one cell of the chosen ones."""
        cells = self._chosen()
        if len(cells) >= _SOME:
            self._ask("edit.merge", {"cells": cells})
        elif cells:
            self._tab.say(tr("Choose at least two cells to merge."))

    def undo(self) -> None:
        """Take the last step back."""
        if self.draft is not None:
            self._ask("edit.undo", {})

    def redo(self) -> None:
        """Make the step again."""
        if self.draft is not None:
            self._ask("edit.redo", {})

    def save(self, first_day: str, why: str) -> None:
        """Save the edited division as a new version beside the map, in a file that was not there."""
        if self._one_map is None:
            return
        path = free_path(self._one_map.path, first_day)

        steps = len(self._deeds)

        def answered(answer: dict) -> None:
            self.unsaved = self.unsaved and len(self._deeds) > steps
            self._desk.saved(path.name, first_day, why)
            self._tab.say(tr("Saved as {file}; cells: {cells}, grids: {grids}.", file=path.name, **_counts(answer)))
            self.told.emit(tr("New version of the grids: {file}", file=path.name))
            self._list_versions(path)

        self._tab.say(tr("The version is written ..."))
        self._worker.ask("edit.save", {"path": str(path), "when": first_day, "why": why}, answered, self._tab.say)

    def show_version(self) -> None:
        """Add the chosen saved version to the project, beside the grids of the map."""
        path = self._tab.version
        if self._one_map is None or path is None:
            return
        try:
            group = add_version(QgsProject.instance(), self._one_map, path, language=language())
        except NotAVersion as error:
            self._tab.say(tr("{file}: not a version of grids that was saved here", file=str(error)))
            self._list_versions()
            return
        self._tab.say(tr("In the project: {group}. Switch it on and off to compare.", group=group.name()))

    # --- inside

    def _engine_changed(self, *_: object) -> None:
        """Say what is missing; the division that a library kept open ended with it, and is made anew by the next."""
        if self._worker.running or self._one_map is None or self._opening:
            return
        if self.draft is not None:
            self._lost = self._as_lost()
        self.end()
        if self._lost is not None:
            self._tab.end.setEnabled(True)
            self._tab.say(tr("The engine stopped. The draft comes back with all its steps once it runs again."))
        else:
            self._tab.say(tr("Editing needs the library; the foot of this panel says how it is."))

    def _list_versions(self, chosen: Path | None = None) -> None:
        self._tab.offer_versions(versions_of(self._one_map.path) if self._one_map is not None else [], chosen)

    def _offer(self) -> None:
        if "edit.groupings" in self._worker.verbs:
            self._worker.ask("edit.groupings", {}, self._offered)

    def _offered(self, answer: dict) -> None:
        self._tab.offer(answer["groupings"])
        if self._lost is not None:
            self._tab.choose_grouping(self._lost.grouping)
            self.begin(self._lost.grouping)

    def _told(self, share: float, words: str) -> None:
        if self._opening:
            self._tab.wait(_LIBRARY * share, words)

    def _not_opened(self, why: str) -> None:
        if self._opening:  # else it was stopped, and the buttons say so already
            self._opening = 0
            self._tab.work(False)
        self._tab.say(why)

    def _opened(self, answer: dict) -> None:
        """Begin to draw what the library has opened, a few cells at a time."""
        if self._one_map is None or not self._opening:  # the answer was under way when it was stopped
            self._worker.ask("edit.close", {}, lambda _: None)
            return
        self._opening = 0
        draft, self.draft = self.draft, None
        if draft is not None:
            draft.remove()
        self._steps = self._draw_draft(self._one_map, answer)
        self._filling.start()

    def _draw_draft(self, one_map: OneMapFile, answer: dict) -> Iterator[float]:
        draft = DraftLayer(one_map, answer["cells"], self._crs, names=answer["names"])
        yield from draft.steps()
        self.draft = draft
        draft.layer.willBeDeleted.connect(self._draft_went)
        self._grids = dict(answer["cells"])
        self._tab.model.names = answer["names"]
        self._tab.work(True)
        self._show(answer)
        self._tab.say(" ".join(said(note) for note in answer["notes"]) or tr("Choose cells on the map."))
        self._do_again()

    def _do_again(self) -> None:
        """Make the steps again that a draft had when its engine stopped or its layer was removed."""
        lost, self._lost = self._lost, None
        if lost is None or not lost.deeds:
            return
        self._coming_back = lost
        for verb, arguments in lost.deeds:
            self._ask(verb, arguments)
        self.told.emit(tr("The draft is back, and its steps were made again."))

    def _draft_went(self) -> None:
        """End what is edited: its layer goes, with the project or because somebody removes it."""
        if self.draft is None:
            return  # it was ended here
        self._lost = self._as_lost() if self.unsaved or self._coming_back is not None else None
        self.draft = None
        self._worker.ask("edit.close", {}, lambda _: None)
        self.end()
        words = tr("The draft was removed from the map. Begin brings it back with its steps.")
        self._tab.say(words if self._lost is not None else tr("The draft was removed from the map."))
        self._tab.end.setEnabled(self._lost is not None)

    def _as_lost(self) -> Lost:
        """Return what is edited as what can be brought back; steps that are just being made again count."""
        return self._coming_back or Lost(self._grouping, self._deeds, self.unsaved)

    def _hide_draft(self, *_: object) -> None:
        """Let a project that is written keep the draft out of sight: it is empty when it is read."""
        if self.draft is not None:
            self.draft.hide(True)
            QTimer.singleShot(0, lambda: self.draft.hide(False) if self.draft is not None else None)

    def _fill(self) -> None:
        """Draw for a moment, then let the window live."""
        until, share = time.perf_counter() + MOMENT_S, None
        while self._steps is not None:
            share = next(self._steps, None)
            if share is None:
                self._steps = None
                self._filling.stop()
            if time.perf_counter() >= until:
                break
        if share is not None:
            self._tab.wait(_LIBRARY + (1.0 - _LIBRARY) * share, tr("The cells are drawn ..."))

    def _ask(self, verb: str, arguments: dict) -> None:
        self._worker.ask(verb, arguments, lambda state: self._changed(state, (verb, arguments)), self._tab.say)

    def _changed(self, state: dict, deed: Deed) -> None:
        if self.draft is None:
            return
        self._deeds.append(deed)
        self.unsaved = state["made"] > 0
        if self._coming_back is not None and len(self._deeds) == len(self._coming_back.deeds):
            self.unsaved, self._coming_back = self._coming_back.unsaved, None
        self.draft.apply(state)
        for cell in state["gone"]:
            self._grids.pop(cell, None)
        self._grids |= {row["cell"]: row["grid"] for row in state["changed"]}
        self._show(state)
        words = [said(step["words"]) for step in state["steps"]]
        back = any(step["back"] for step in state["steps"])
        line = tr("; ").join(words)
        self._tab.say(
            tr("taken back: {what}", what=line) if back and line else line
        )  # broken rules stand in their list
        self.draft.layer.removeSelection()

    def _show(self, state: dict) -> None:
        if self.draft is not None:
            self._tab.show_state(state, self.draft.colours)

    def _chosen(self) -> list[str]:
        chosen = self.draft.chosen() if self.draft is not None else []
        if not chosen:
            self._tab.say(tr("Choose cells on the map first."))
        return chosen

    def _pick(self) -> None:
        if self._tab.buttons["pick"].isChecked():
            self._canvas.setMapTool(self.tool)
        else:
            self._canvas.unsetMapTool(self.tool)

    def _draw(self) -> None:
        if self._tab.buttons["split"].isChecked() and self._chosen():
            self._canvas.setMapTool(self.knife)
            self._tab.buttons["split"].setChecked(True)
        else:
            self._tab.buttons["split"].setChecked(False)
            self._canvas.unsetMapTool(self.knife)

    def _ask_to_end(self) -> None:
        """End, or ask first where something would be lost."""
        if self._is_at_risk:
            words = tr("What was edited is not saved as a version. End all the same?")
            self._tab.bar.ask(Question(words, lambda *_: self._give_up(), final=True))
        else:
            self._give_up()

    def _give_up(self) -> None:
        self._lost = None
        self.end()

    def _ask_to_save(self) -> None:
        words = tr("From which day does it hold, and why was it done?")
        self._tab.bar.ask(Question(words, self.save, day=True, soon=True))


def _counts(answer: dict) -> dict[str, str]:
    return {name: f"{answer[name]:,}" for name in ("cells", "grids")}


def free_path(one_map: Path, first_day: str) -> Path:
    """Return a name beside the map that no file has yet."""
    for number in range(1, 1_000):
        more = f"-{number}" if number > 1 else ""
        path = one_map.with_name(f"{one_map.stem}.grids-{first_day}{more}.gpkg")
        if not path.exists():
            return path
    return path
