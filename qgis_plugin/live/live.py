"""New cases as they come: kept by the threads, assigned by the library, put into the queue and on the map."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain

from qgis.core import QgsProject
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal, pyqtSlot
from qgis.PyQt.QtWidgets import QApplication

from .. import settings
from ..console.queue.list_tab import ListTab
from ..console.rows import Row
from ..console.words import Words
from ..engine.worker import Worker
from ..project.one_map_file import OneMapFile
from .keeper import Answer, Kept
from .map_layer import LiveLayer
from .source import Source, keep_sources, sources_in
from .watch import Ledger, Place, Room, Watch, farewell

SHOW_MS = 100  # what came meanwhile is shown together
AT_A_TIME = 500  # rows are shown in one stroke, more would be a pause
AT_ONCE = 50  # so many questions wait at the library
PATIENCE_S = 0.7  # a case is shown without its cell when the library takes longer; the cell follows
BEGIN_MS = 100
BELL_S = 3.0
MakeRow = Callable[[dict], Row]


@dataclass
class State:
    """How one source is: what was taken, and why it cannot be looked at, where that is so."""

    source: Source
    taken: int = 0
    known: int = 0
    unread: int = 0
    latest: str = ""
    why: str = ""
    looked: bool = False
    before: tuple[int, int, int] = (0, 0, 0)  # counts of earlier turns, before a pause


@dataclass
class Waiting:
    """A case that has been asked about."""

    case: Kept
    asked: float
    shown: bool = False
    row: Row | None = None  # as it is shown; None where it is not, or where the list read it by itself


class Live(QObject):
    """Runs the sources of the project while its map is shown.

    `changed` tells that a state or a count is another one, `arrived` how many cases came, `unread` the rows that could
    not be read, and remarks on rows that were taken.
    """

    changed = pyqtSignal()
    arrived = pyqtSignal(int)
    shown = pyqtSignal(object)  # list[Row] that are in the queue now
    unread = pyqtSignal(object)
    refused = pyqtSignal(str)
    _answers = pyqtSignal(object)
    _look_unread = pyqtSignal()

    def __init__(
        self, tab: ListTab, worker: Worker, make_row: MakeRow, canvas: QgsMapCanvas, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tab, self._worker, self._make_row = tab, worker, make_row
        self.layer = LiveLayer(canvas, self)
        self.one_map: OneMapFile | None = None
        self.states: dict[str, State] = {}
        self.paused = False
        self.new = 0  # cases nobody has looked at yet
        self._rooms: list[Room] = []
        self._queue: deque[Waiting] = deque()
        self._waiting: dict[int, Waiting] = {}
        self._later: list[Waiting] = []  # no library was there to ask
        self._done: list[tuple[Answer, Waiting]] = []
        self._warm = False
        self._bell = 0.0
        self._generation = 0
        self._begin = self._timer(BEGIN_MS, self._begin_when_read)
        self._show = self._timer(SHOW_MS, self._flush)
        worker.opened.connect(self._opened)
        worker.changed.connect(self._engine_changed)

    def _timer(self, milliseconds: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    # --- sources

    @property
    def sources(self) -> list[Source]:
        """The sources, in the order in which they were added."""
        return [state.source for state in self.states.values()]

    def of_map(self, one_map: OneMapFile | None) -> None:
        """Take the map that is shown, with the sources that its project keeps; None: let go."""
        self.close()
        self.unread.emit([])  # those of the map before
        self._warm = False  # the library tells when it has this map
        self.one_map = one_map
        found: list[Source] = []
        self.paused = False
        if one_map is not None:
            found, self.paused = sources_in(QgsProject.instance(), one_map.path.parent)
        self.states = {source.name: State(source) for source in found}
        self.layer.of_map(one_map)
        if one_map is not None:
            self._begin.start()
        self.changed.emit()

    def add(self, source: Source) -> None:
        """Take cases from one more source, and keep it in the project."""
        if source.name not in self.states:
            self.states[source.name] = State(source)
            self._changed_by_hand()

    def remove(self, name: str) -> None:
        """Take no more cases from a source; what came stays."""
        if self.states.pop(name, None) is not None:
            self._changed_by_hand()

    def pause(self, *, paused: bool) -> None:
        """Stop looking, or look again: what came meanwhile is taken then."""
        if paused != self.paused:
            self.paused = paused
            self._changed_by_hand()

    def seen(self) -> None:
        """Somebody has looked at the queue."""
        if self.new:
            self.new = 0
            self.changed.emit()

    def close(self) -> None:
        """End all threads; what they still have to say is in the file, for the next time."""
        self._generation += 1
        self._show.stop()
        done, self._done = self._done, []
        self._answers.emit([answer for answer, _ in done if answer.values])
        self._end()
        self.layer.of_map(None)
        self._queue.clear()
        self._waiting.clear()
        self._later = []

    def leave(self) -> None:
        """End for good, with QGIS or with the plugin."""
        self.close()
        farewell()

    def _changed_by_hand(self) -> None:
        if self.one_map is None:
            return
        keep_sources(QgsProject.instance(), self.sources, self.one_map.path.parent, paused=self.paused)
        self._end()
        self.states = {
            name: replace(state, looked=False, why="", before=(state.taken, state.known, state.unread))
            for name, state in self.states.items()
        }
        self._begin.start()
        self.changed.emit()

    # --- threads

    def _begin_when_read(self) -> None:
        """Start once the list has read what is there: nothing is shown twice."""
        if self._tab.is_loading or self.one_map is None:
            return
        self._begin.stop()
        ledger = Ledger(self._generation, self.one_map.path, makes=bool(self.states))
        room = Room(ledger)
        ledger.ready.connect(self._ready)
        ledger.unread.connect(self._noted)
        ledger.failed.connect(self.refused)
        self._answers.connect(ledger.answer)
        self._look_unread.connect(ledger.look_unread)
        self._rooms.append(room)
        self._show.start()
        room.begin()

    @pyqtSlot(int, object, object)
    def _ready(self, generation: int, known: frozenset, left: list) -> None:
        if generation != self._generation or self.one_map is None:
            return
        self.layer.put()
        self._later += [Waiting(case, 0.0, shown=True) for case in left]
        if self._warm:
            self._ask_later()
        if self.paused:
            return
        words = Words(self.one_map.facts)
        for source in self.sources:
            watch = Watch(
                generation, source, Place(self.one_map.path, self.one_map.facts.get("crs", ""), words.zone, known)
            )
            room = Room(watch)
            watch.kept.connect(self._kept)
            watch.told.connect(self._told)
            self._rooms.append(room)
            room.begin()

    def _end(self) -> None:
        """Let the threads end, the file's own last: it writes what was answered."""
        self._begin.stop()
        rooms, self._rooms = self._rooms, []
        for room in reversed(rooms):
            room.end()

    def _is_ours(self, who: QObject | None) -> bool:
        """Tell whether a thread is one of now: one that is about to end has been counted."""
        return any(room.inhabitant is who for room in self._rooms)

    @pyqtSlot(int, object)
    def _told(self, generation: int, told: dict) -> None:
        state = self.states.get(told["source"].name)
        if generation != self._generation or state is None or not self._is_ours(self.sender()):
            return
        state.looked, state.why = True, told["why"]
        now = (told.get(name, 0) for name in ("taken", "known", "unread"))
        state.taken, state.known, state.unread = (old + new for old, new in zip(state.before, now, strict=True))
        state.latest = told.get("latest", state.latest)
        if told.get("has_flaws"):
            self._look_unread.emit()
        self.changed.emit()

    @pyqtSlot(object)
    def _noted(self, rows: list) -> None:
        if self._is_ours(self.sender()):
            self.unread.emit(rows)

    # --- cases

    @pyqtSlot(int, object)
    def _kept(self, generation: int, kept: list[Kept]) -> None:
        if generation != self._generation:
            return
        self.new += len(kept)
        self._ring(len(kept))
        now = time.monotonic()
        self._queue.extend(Waiting(case, now) for case in kept)
        self._ask_next()
        self.arrived.emit(len(kept))

    def _ring(self, count: int) -> None:
        now = time.monotonic()
        if count and now - self._bell >= BELL_S:
            self._bell = now
            if settings.text(settings.LIVE_SOUND):
                QApplication.beep()
            if settings.text(settings.LIVE_BADGE):
                QApplication.alert(self._tab.window())

    def _ask_next(self) -> None:
        """Ask the library about the next cases; without it they are shown as they are."""
        while self._queue and len(self._waiting) < AT_ONCE:
            waiting = self._queue.popleft()
            case = waiting.case
            if case.spot is None:
                self._done.append((Answer(case.fid, {"how": "no_position"}, None), waiting))
            elif not self._warm:
                self._put_off(waiting)
            else:
                self._ask(waiting)

    def _ask(self, waiting: Waiting) -> None:
        case, generation = waiting.case, self._generation
        if case.spot is None:
            return
        self._waiting[case.fid] = waiting
        asked = {"x": case.spot[0], "y": case.spot[1], **({"crs": case.crs} if case.crs else {})}
        self._worker.ask(
            "locate",
            asked,
            lambda answer: self._answered(generation, case.fid, answer),
            lambda why: self._refused(generation, case.fid, why),
        )

    def _answered(self, generation: int, fid: int, answer: dict) -> None:
        waiting = self._waiting.pop(fid, None)
        if generation == self._generation and waiting is not None:
            self._done.append((_answer_of(fid, answer), waiting))
            self._ask_next()

    def _refused(self, generation: int, fid: int, _: str) -> None:
        waiting = self._waiting.pop(fid, None)
        if generation == self._generation and waiting is not None:
            self._put_off(waiting)
            self._ask_next()

    def _put_off(self, waiting: Waiting) -> None:
        """Show a case without its cell; it is asked about when the library is there."""
        self._later.append(waiting)
        self._done.append((Answer(waiting.case.fid, {}, None), waiting))

    def _opened(self, _: dict) -> None:
        self._warm = True
        self._ask_later()

    def _engine_changed(self, *_: object) -> None:
        """Take a library that has ended, or is being started, for one that cannot be asked yet."""
        if not self._worker.running:
            self._warm = False
            waiting, self._waiting = self._waiting, {}
            for one in waiting.values():
                self._put_off(one)

    def _ask_later(self) -> None:
        later, self._later = self._later, []
        self._queue.extend(later)
        self._ask_next()

    def _late(self) -> list[Waiting]:
        """Return cases that wait too long for their answer to be kept back; those that wait in the queue came later."""
        limit, found = time.monotonic() - PATIENCE_S, []
        for waiting in chain(self._waiting.values(), self._queue):
            if len(found) == AT_A_TIME:
                break
            if not waiting.shown and waiting.asked < limit:
                found.append(waiting)
        return found

    def _flush(self) -> None:
        """Put into the queue what was answered, and what waits for its answer too long; write the answers."""
        done, self._done = self._done[:AT_A_TIME], self._done[AT_A_TIME:]
        fresh, again = [], []
        for answer, waiting in done:
            row = self._make_row(_shown(waiting.case, answer))
            if not waiting.shown:
                fresh.append(row)
            elif answer.values:
                again.append((waiting.row or self._make_row(_shown(waiting.case, None)), row))
            else:
                continue
            waiting.shown, waiting.row = True, row
        for waiting in self._late():
            waiting.shown, waiting.row = True, self._make_row(_shown(waiting.case, None))
            fresh.append(waiting.row)
        if not done and not fresh:
            return
        if fresh:
            self._tab.add(fresh)
        if again:
            self._tab.exchange(again)
        self._answers.emit([answer for answer, _ in done if answer.values])
        self.layer.came(fresh)
        self.shown.emit(fresh)
        self.changed.emit()


def _shown(case: Kept, answer: Answer | None) -> dict:
    """Return the columns of a case as its row wants them."""
    values = {**case.values, **(answer.values if answer else {}), "fid": case.fid}
    if answer is not None and answer.spot is not None:
        values["box"] = (*answer.spot, *answer.spot)
    return values


def _answer_of(fid: int, answer: dict) -> Answer:
    """Return the columns of a case that the library's answer fills, as a build would fill them."""
    chain = {part.get("level"): part.get("code") for part in answer.get("chain") or [] if answer.get("cell")}
    candidates = answer.get("candidates") or []
    reason = answer.get("reason") or {}
    values = {
        "cell_code": answer.get("cell"),
        "street_code": chain.get("grid_street"),
        "community_code": chain.get("grid_community"),
        "how": answer.get("how"),
        "distance_m": answer.get("distance_m"),
        "candidates": ";".join(candidates) or None,
        "near_border": len(candidates) > (1 if answer.get("cell") else 0),
        "reason": reason.get("en"),
        "reason_zh": reason.get("zh"),
    }
    x, y = answer.get("x"), answer.get("y")
    return Answer(fid, values, (x, y) if x is not None and y is not None else None)
