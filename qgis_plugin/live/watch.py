"""The threads behind the scenes: one for each source, one for the file. QGIS's own thread only hears what came."""

import math
import sqlite3
import traceback
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsPointXY,
)
from qgis.PyQt.QtCore import QFileSystemWatcher, QObject, QThread, QTimer, pyqtSignal, pyqtSlot

from .. import log
from ..console.card.photo import PHOTO, photo_of
from ..translation import tr
from .keeper import MOST_TOLD, Keeper
from .live_file import create, live_file_of, match_map
from .looks import Look, look_of
from .records import Batch, UnreachableError, stamp
from .source import FOLDER, POSTGIS, TABLE, Source

LOOK_MS = {FOLDER: 300, TABLE: 300, POSTGIS: 1_000}
HEARD_MS = 50  # what is said many times at once is one look
AGAIN_MS = 3_000  # after a source could not be reached
GOODBYE_MS = 2_000
_LEAVING: set[QThread] = set()  # threads that end by themselves


@dataclass(frozen=True)
class Place:
    """Where cases are kept and what they are measured by: the map, its system and time zone, its cases' numbers."""

    one_map: Path
    crs: str
    zone: tzinfo | None
    known: frozenset[str]


class Placer:
    """Puts positions into the map's system; those that only the library can convert are left to it."""

    def __init__(self, crs: str) -> None:
        self._crs = QgsCoordinateReferenceSystem(crs)
        self._ways: dict[str, QgsCoordinateTransform] = {}

    def places(self, batch: Batch) -> dict[int, tuple[float, float]]:
        """Return the positions of a batch that can be told, by their place in it."""
        found = {}
        for number, case in enumerate(batch.cases):
            if case.spot is None:
                continue
            way = self._ways.get(case.crs)
            if way is None:
                given = QgsCoordinateReferenceSystem(case.crs)
                way = QgsCoordinateTransform(given, self._crs, QgsCoordinateTransformContext())
                self._ways[case.crs] = way
            if not way.isValid():
                continue
            try:
                there = way.transform(QgsPointXY(*case.spot))
            except QgsCsException:
                continue
            if math.isfinite(there.x()) and math.isfinite(there.y()):
                found[number] = (there.x(), there.y())
        return found


class Watch(QObject):
    """Looks at one source, in a thread of its own, and keeps what comes.

    `kept` brings the new cases, `told` the state: how many were taken, known before, left out, since when, and why not.
    """

    kept = pyqtSignal(int, object)  # generation, list[Kept]
    told = pyqtSignal(int, object)  # generation, dict

    def __init__(self, generation: int, source: Source, place: Place) -> None:
        super().__init__()
        self.source = source
        self._generation, self._place = generation, place
        self._keeper: Keeper | None = None
        self._look: Look | None = None
        self._timer: QTimer | None = None
        self._soon: QTimer | None = None
        self._files: QFileSystemWatcher | None = None
        self._counts: Counter[str] = Counter()
        self._why = None

    @pyqtSlot()
    def start(self) -> None:
        """Begin: called in the thread."""
        self._timer, self._soon = QTimer(self), QTimer(self)
        self._timer.timeout.connect(self.look)
        self._soon.setSingleShot(True)
        self._soon.setInterval(HEARD_MS)
        self._soon.timeout.connect(self.look)
        self._placer = Placer(self._place.crs)
        try:
            self._keeper = Keeper(live_file_of(self._place.one_map), self._place.known)
            marks = self._keeper.marks(self.source.name)
        except sqlite3.Error as error:
            self._tell(tr("the live cases cannot be kept: {why}", why=str(error)))
            return
        self._look = look_of(self.source, marks, self._place.zone, self._soon.start)
        if self.source.kind != POSTGIS:
            place = Path(self.source.place)
            self._files = QFileSystemWatcher([str(p) for p in (place, place.parent) if p.is_dir()][:1], self)
            self._files.directoryChanged.connect(lambda _: self._soon.start())
        self._timer.start(LOOK_MS[self.source.kind])
        self.look()

    @pyqtSlot()
    def look(self) -> None:
        """Look at the source and keep what came."""
        if self._look is None or self._keeper is None or self._timer is None:
            return
        try:
            for batch in self._look.look():
                self._take(batch)
        except UnreachableError as why:
            self._timer.setInterval(AGAIN_MS)
            self._tell(str(why))
        except sqlite3.Error as error:
            self._timer.setInterval(AGAIN_MS)
            self._tell(tr("the live cases cannot be kept: {why}", why=str(error)))
        except Exception as error:  # noqa: BLE001 - the edge of a thread: a source is never given up in silence
            self._timer.setInterval(AGAIN_MS)
            trace = traceback.format_exc()
            self._tell(tr("an error; the log tells where: {why}", why=f"{type(error).__name__}: {error}"), trace)
        else:
            self._timer.setInterval(LOOK_MS[self.source.kind])
            if self._why != "":
                self._tell("")

    def _take(self, batch: Batch) -> None:
        for case in batch.cases:  # seen from the source: the map may lie elsewhere
            found = photo_of({PHOTO: case.values.get(PHOTO)}, self._folder()) if case.values.get(PHOTO) else None
            if found is not None:
                case.values[PHOTO] = str(found)
        kept, flaws = self._keeper.keep(self.source.name, batch, self._placer.places(batch))
        self._counts["taken"] += len(kept)
        self._counts["known"] += len(batch.cases) - len(kept)
        self._counts["unread"] += sum(flaw.removed for flaw in flaws)  # the others were taken
        if kept:
            self.kept.emit(self._generation, kept)
        if batch.cases or flaws:
            self._tell("", latest=stamp(datetime.now(UTC)), has_flaws=bool(flaws))

    def _folder(self) -> Path:
        """Return the folder from which a source names its photos; of a database, that of the map."""
        place = Path(self.source.place)
        return {FOLDER: place, TABLE: place.parent}.get(self.source.kind, self._place.one_map.parent)

    def _tell(self, why: str, trace: str = "", **more: object) -> None:
        if why and why != self._why:
            log.note(f"{self.source.name}: {why}")
            if trace:
                log.warn(trace)
        self._why = why
        self.told.emit(self._generation, {"source": self.source, "why": why, **self._counts, **more})

    @pyqtSlot()
    def stop(self) -> None:
        """End: called in the thread; a look that has begun is finished first."""
        for timer in (self._timer, self._soon):
            if timer is not None:
                timer.stop()
        if self._look is not None:
            self._look.close()
        if self._keeper is not None:
            self._keeper.close()
        self._look = self._keeper = self._files = None
        self.thread().quit()


class Ledger(QObject):
    """Keeps the file itself: makes it, matches it with the map, writes the answers, tells what could not be read."""

    ready = pyqtSignal(int, object, object)  # generation, frozenset of the map's cases, list[Kept] without a cell
    unread = pyqtSignal(object)  # list of rows
    failed = pyqtSignal(str)

    def __init__(self, generation: int, one_map: Path, *, makes: bool) -> None:
        super().__init__()
        self._generation = generation
        self._one_map, self._makes = one_map, makes
        self._keeper: Keeper | None = None

    @pyqtSlot()
    def start(self) -> None:
        """Make the file where sources want it, and match it with the map."""
        path = live_file_of(self._one_map)
        try:
            if self._makes:
                create(path, self._one_map)
            if not path.exists():
                return
            known = match_map(path, self._one_map)
            self._keeper = Keeper(path)
            self.ready.emit(self._generation, known, self._keeper.unassigned())
            self.look_unread()
        except (sqlite3.Error, OSError) as error:
            self.failed.emit(tr("the live cases cannot be kept: {why}", why=str(error)))

    @pyqtSlot(object)
    def answer(self, answers: list) -> None:
        """Write where cases belong."""
        if self._keeper is None:
            return
        try:
            self._keeper.answer(answers)
        except sqlite3.Error as error:
            self.failed.emit(tr("the live cases cannot be kept: {why}", why=str(error)))

    @pyqtSlot()
    def look_unread(self) -> None:
        """Tell what could not be read."""
        if self._keeper is not None:
            self.unread.emit(self._keeper.unread(MOST_TOLD))

    @pyqtSlot()
    def stop(self) -> None:
        """End: called in the thread."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None
        self.thread().quit()


class Room(QObject):
    """A thread with one of these objects living in it."""

    _start = pyqtSignal()
    _stop = pyqtSignal()

    def __init__(self, inhabitant: Watch | Ledger) -> None:
        super().__init__()
        self.inhabitant = inhabitant
        self._thread = QThread()
        inhabitant.moveToThread(self._thread)
        self._start.connect(inhabitant.start)
        self._stop.connect(inhabitant.stop)
        self._thread.start(QThread.Priority.LowPriority)

    def begin(self) -> None:
        """Let it start its work."""
        self._start.emit()

    def end(self) -> None:
        """Let it end by itself, after what it has begun; a database may keep it waiting, QGIS does not."""
        thread = self._thread
        thread.inhabitant = self.inhabitant
        _LEAVING.add(thread)
        thread.finished.connect(lambda: _LEAVING.discard(thread))
        self._stop.emit()


def farewell() -> None:
    """Wait a little for the threads that are about to end: the plugin leaves, and they would outlive it."""
    for thread in list(_LEAVING):
        if thread.wait(GOODBYE_MS):
            _LEAVING.discard(thread)
