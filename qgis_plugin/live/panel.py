"""The tab of the live sources: each with its state in words, what could not be read, pause, sound and badge."""

from datetime import datetime

from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .. import settings
from ..console.tones import QuietLabel
from ..console.words import Words
from ..translation import language, tr
from .adding import ask_folder, ask_postgis, ask_table
from .keeper import MOST_TOLD
from .live import Live, State
from .source import FOLDER, POSTGIS, TABLE, Source, kind_of_source

SETTLE_MS = 200
LEAST_LINES = 8  # of the rows that could not be read, with their headings
_NAME = Qt.ItemDataRole.UserRole


class LivePanel(QWidget):
    """Shows how the sources are. `titled`: what the tab is to be called now."""

    titled = pyqtSignal(str)

    def __init__(self, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("onemapLive")
        self._live = live
        self._is_looked_at = False
        self._listed = 0, 0  # rows that could not be read, remarks on rows that were taken
        self._build()
        self._settle = QTimer(self)  # ten cases a second are no ten redrawings a second
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._tell)
        live.changed.connect(self._soon)
        live.unread.connect(self._tell_unread)
        self._tell()
        self._tell_unread([])

    def looked_at(self, is_looked_at: bool) -> None:
        """Hear whether the queue of cases is in front: then nothing in it is new any more."""
        self._is_looked_at = is_looked_at
        self._soon()

    def _soon(self) -> None:
        if not self._settle.isActive():
            self._settle.start()

    # --- what it says

    def _tell(self) -> None:
        live = self._live
        if self._is_looked_at and self.window().isActiveWindow():
            live.seen()
        states = list(live.states.values())
        self._tell_sources(states)
        self.unread_title.setText(self._read_words())
        self.unread_title.setVisible(bool(self.unread_title.text()))
        has_map, has_some = live.one_map is not None, bool(states)
        self.add.setEnabled(has_map)
        self.pause.setEnabled(has_map and has_some)
        self.pause.setText(tr("Resume") if live.paused else tr("Pause"))
        self.status.setText(_whole(live, states))
        badge = bool(settings.text(settings.LIVE_BADGE)) and live.new > 0
        self.titled.emit(f"{tr('Live')} +{live.new:,}" if badge else tr("Live"))

    def _tell_sources(self, states: list[State]) -> None:
        chosen = self._chosen()
        if self.sources.topLevelItemCount() != len(states):
            self.sources.clear()
            self.sources.addTopLevelItems([QTreeWidgetItem() for _ in states])
        for number, state in enumerate(states):
            item = self.sources.topLevelItem(number)
            source = state.source
            words, counts = state_words(state, paused=self._live.paused), (f"{state.taken:,}", f"{state.unread:,}")
            for column, text in enumerate((_short(source), words, *counts, self._clock(state.latest))):
                item.setText(column, text)
            item.setData(0, _NAME, source.name)
            item.setToolTip(0, f"{kind_of_source(source.kind)}\n{source.name}")
            item.setToolTip(1, state.why or words)
            item.setSelected(source.name == chosen)
        self.nothing.setVisible(not states)
        self.sources.setVisible(bool(states))
        self.remove.setEnabled(bool(self._chosen()))

    def _clock(self, moment: str) -> str:
        """Return when something came, as the district's clocks showed it."""
        if not moment or self._live.one_map is None:
            return ""
        zone = Words(self._live.one_map.facts).zone
        return datetime.fromisoformat(moment).astimezone(zone).strftime("%H:%M:%S")

    def _tell_unread(self, rows: list[tuple[str | int, ...]]) -> None:
        self.unread.clear()
        items = []
        for moment, place, row, english, chinese, _ in rows:
            told = (self._clock(moment), chinese if language() == "zh" else english, place, row)
            item = QTreeWidgetItem(list(told))
            item.setToolTip(1, told[1])
            item.setToolTip(2, place)
            items.append(item)
        self.unread.addTopLevelItems(items)
        lost = sum(bool(removed) for *_, removed in rows)
        self._listed = lost, len(rows) - lost
        self._soon()
        appears = bool(rows) and self.unread.isHidden()
        self.unread.setVisible(bool(rows))
        if appears:  # the sources are few, what is wrong with the rows is to be read
            half = self._parts.height() // 2
            self._parts.setSizes([half, half])

    def _read_words(self) -> str:
        """Return what the list below holds; nothing while nothing came that could be read or not."""
        lost, remarks = self._listed
        more = "+" if lost + remarks >= MOST_TOLD else ""  # the file keeps more than are listed
        if lost and remarks:
            return tr(
                "Could not be read, earlier rows included: {count}; taken with a remark: {remarks}",
                count=f"{lost:,}",
                remarks=f"{remarks:,}{more}",
            )
        if lost:
            return tr("Could not be read, earlier rows included: {count}", count=f"{lost:,}{more}")
        if remarks:
            return tr("Taken with a remark, earlier rows included: {count}", count=f"{remarks:,}{more}")
        came = any(state.taken or state.known for state in self._live.states.values())
        return tr("Every row could be read.") if came else ""

    # --- what the user does

    def _chosen(self) -> str:
        items = self.sources.selectedItems()
        return str(items[0].data(0, _NAME)) if items else ""

    def _ask(self, kind: str) -> None:
        asks = {FOLDER: ask_folder, TABLE: ask_table, POSTGIS: ask_postgis}
        found: Source | None = asks[kind](self)
        if found is not None:
            self._live.add(found)

    def _build(self) -> None:
        self.status = QLabel(self)
        self.status.setObjectName("onemapLiveStatus")
        self.status.setWordWrap(True)
        self.add, self.pause, self.remove = (QPushButton(text, self) for text in (tr("Add"), tr("Pause"), tr("Remove")))
        menu = QMenu(self.add)
        for kind in (FOLDER, TABLE, POSTGIS):
            menu.addAction(tr("{kind} ...", kind=kind_of_source(kind))).triggered.connect(
                lambda _=False, kind=kind: self._ask(kind)
            )
        self.add.setMenu(menu)
        self.add.setToolTip(tr("Where new cases shall be taken from; kept in the project"))
        self.pause.setToolTip(tr("Stops looking at all sources; what comes meanwhile is taken when it goes on"))
        self.remove.setToolTip(tr("Takes no more cases from the chosen source; those that came stay"))
        self.pause.clicked.connect(lambda: self._live.pause(paused=not self._live.paused))
        self.remove.clicked.connect(lambda: self._live.remove(self._chosen()))
        headings = (tr("Source"), tr("State"), tr("Taken"), tr("Unread"), tr("Latest"))
        self.sources = self._tree("onemapLiveSources", headings)
        self.sources.setAccessibleName(tr("Sources"))
        self.sources.setToolTip(tr("Where new cases come from, and how each source is; choose one to remove it"))
        self.sources.itemSelectionChanged.connect(lambda: self.remove.setEnabled(bool(self._chosen())))
        self.nothing = QuietLabel("", self)
        self.nothing.setText(
            tr("No source yet. Add a folder, a GeoPackage or a PostGIS table: new cases then come by themselves.")
        )
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setMargin(24)
        self.unread_title = QuietLabel("", self)
        self.unread = self._tree("onemapLiveUnread", (tr("At"), tr("Reason"), tr("Source"), tr("Row")))
        self.unread.setAccessibleName(tr("Rows with a fault"))
        self.unread.setToolTip(tr("Rows that could not be read or were taken with a remark: when, why, and where"))
        self.unread.setMinimumHeight(LEAST_LINES * self.unread.fontMetrics().lineSpacing())
        splitter = self._parts = QSplitter(Qt.Orientation.Vertical, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(_column(self.sources, self.nothing))
        splitter.addWidget(_column(self.unread_title, self.unread))
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        buttons = QHBoxLayout()
        for button in (self.add, self.pause, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for box in (self._switch(tr("Sound"), settings.LIVE_SOUND), self._switch(tr("Badge"), settings.LIVE_BADGE)):
            buttons.addWidget(box)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 4)
        column.setSpacing(6)
        column.addWidget(self.status)
        column.addLayout(buttons)
        column.addWidget(splitter, 1)

    def _tree(self, name: str, headings: tuple[str, ...]) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setObjectName(name)
        tree.setHeaderLabels(list(headings))
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setAlternatingRowColors(True)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        return tree

    def _switch(self, title: str, key: str) -> QCheckBox:
        box = QCheckBox(title, self)
        box.setObjectName(key.replace("/", "_"))
        box.setChecked(bool(settings.text(key)))
        hints = {
            settings.LIVE_SOUND: tr("A sound when cases come, at most every three seconds"),
            settings.LIVE_BADGE: tr("Counts new cases beside the title of this tab until somebody looks at the queue"),
        }
        box.setToolTip(hints[key])
        box.toggled.connect(lambda on: settings.remember(key, "yes" if on else ""))
        box.toggled.connect(lambda _: self._soon())
        return box


def state_words(state: State, *, paused: bool) -> str:
    """Return the state of a source in words."""
    if paused:
        return tr("paused")
    if state.why:
        return tr("not reached, trying again: {why}", why=state.why)
    return tr("watching") if state.looked else tr("starting ...")


def _whole(live: Live, states: list[State]) -> str:
    """Return in one sentence how the live cases are."""
    if live.one_map is None:
        return tr("No one map is open.")
    if not states:
        return tr("Live: no source")
    taken = f"{sum(state.taken for state in states):,}"
    if live.paused:
        return tr("Live: paused; cases taken: {count}", count=taken)
    return _watching(states, taken)


def _watching(states: list[State], taken: str) -> str:
    away, one = sum(bool(state.why) for state in states), len(states) == 1
    if away:
        several = tr("Live: {away} of {count} sources cannot be reached", away=away, count=len(states))
        return tr("Live: the source cannot be reached") if one else several
    if one:
        return tr("Live: watching 1 source; cases taken: {count}", count=taken)
    return tr("Live: watching {sources} sources; cases taken: {count}", sources=len(states), count=taken)


def _short(source: Source) -> str:
    """Return a source as it is known in the hall: the last part of its path."""
    last = source.place.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return f"{last} · {source.table}" if source.table else last


def _column(*widgets: QWidget) -> QWidget:
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    for widget in widgets:
        column.addWidget(widget, 0 if isinstance(widget, QLabel) else 1)
    return whole
