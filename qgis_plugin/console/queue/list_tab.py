"""One list with its filters and the card of the chosen row. Knows rows, not maps: it tells what was chosen."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from qgis.PyQt.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ...translation import tr
from ..card.decision_bar import DecisionBar
from ..envelope import Box
from ..rows import Row
from ..tones import QuietLabel, quiet
from .chips import Chips
from .span_box import SpanBox
from .table import Act, RowTable
from .table_model import ROW, RowModel

SEARCH_DELAY_MS = 200
VIEW_DELAY_MS = 250
ALL = "all"


@dataclass(frozen=True)
class Choice:
    """A combo box that filters: the part of a row it asks, its first entry, and the titles of its values."""

    part: str  # "kind" "group" "state" "street" "holder"
    all_of_them: str
    title: Callable[[str], str]


@dataclass(frozen=True)
class ListKind:
    """What a tab lists."""

    name: str
    columns: Callable[[], list[str]]
    widths: tuple[int, ...]
    chips: Callable[[Row], tuple[str, ...]]  # names of the chips under which a row is counted
    chip_order: tuple[str, ...]
    chip_filter: Callable[[str], dict[str, str]]
    chip_title: Callable[[str], str]
    choices: tuple[Choice, ...]
    empty: Callable[[], str]
    acts: tuple[Act, ...] = ()
    newest_first: int = -1  # column by which the list is sorted at first, latest on top
    in_time: bool = False  # rows have a moment and a holder: spans and *mine* make sense


class ListTab(QWidget):
    """Chips, search and combo boxes above a table, the card of the current row below."""

    chosen = pyqtSignal(object)  # Row: show it on the map
    current = pyqtSignal(object)  # Row or None: it is looked at
    acted = pyqtSignal(str, object)  # what is wanted with which row
    view_wanted = pyqtSignal(bool)  # only rows in the map's view
    counted = pyqtSignal(int)  # so many rows there are

    def __init__(self, kind: ListKind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"onemapTab_{kind.name}")
        self.kind = kind
        self.model = RowModel(kind.columns(), self)
        self._source: Iterator[list[Row]] | None = None
        self._counted: Counter[str] = Counter()
        self._row: Row | None = None  # the current one
        self._line = 0  # in which it was shown
        self._mine = ""
        self._step = QTimer(self)
        self._step.setInterval(0)
        self._step.timeout.connect(self._take_batch)
        self._build()
        self._wire()
        self._sort_as_read()
        self._tell_state()

    # --- rows

    def load(self, source: Iterator[list[Row]]) -> None:
        """Take rows batch by batch, one batch each time the event loop is free."""
        self._empty()
        self._source = source
        self._step.start()
        self._tell_state()

    def stop(self) -> None:
        """Stop reading and let go of the file."""
        self._step.stop()
        if self._source is not None:
            self._source.close()
            self._source = None

    def clear(self) -> None:
        """Show nothing."""
        self._empty()
        self.show_card([])
        self._tell_state()

    def _empty(self) -> None:
        self.stop()
        self._row = None
        self.model.clear()
        self._counted.clear()
        self._count([])
        self._sort_as_read()

    @property
    def is_loading(self) -> bool:
        """Whether rows are still coming."""
        return self._source is not None

    def _take_batch(self) -> None:
        batch = next(self._source, None) if self._source is not None else None
        if batch is None:
            self.stop()
            self._rows_complete()
        else:
            self.model.append(batch)
            self._count(batch)
        self._tell_state()

    def _rows_complete(self) -> None:
        header = self.table.horizontalHeader()
        section, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
        as_read = (self.kind.newest_first, Qt.SortOrder.DescendingOrder)
        if 0 <= section < self.model.columnCount() and (section, order) != as_read:
            self.model.sort(section, order)
        for choice, box in zip(self.kind.choices, self._boxes, strict=True):
            self._fill(box, choice)
        if self.kind.in_time and self.model.rows:
            moments = [row.moment for row in self.model.rows if row.moment]
            self.span.reach(min(moments, default=""), max(moments, default=""))

    def _count(self, batch: list[Row]) -> None:
        for row in batch:
            self._counted.update(self.kind.chips(row))
        self._counted[ALL] += len(batch)
        self.chips.show_counts(self._counted)
        self.counted.emit(len(self.model.rows))

    def put(self, concerned: Callable[[Row], bool], again: Callable[[Row], Row]) -> None:
        """Put what `again` makes of them in the place of the rows concerned; the current row stays the current one."""
        changed = {}
        for number, row in enumerate(self.model.rows):
            if concerned(row):
                changed[number] = again(row)
                self._counted.subtract(self.kind.chips(row))
                self._counted.update(self.kind.chips(changed[number]))
        if not changed:
            return
        self._goes_on = True
        self.model.put(changed)
        self._goes_on = False
        self.chips.show_counts(+self._counted)
        self._tell_state()

    def _sort_as_read(self) -> None:
        """Show the order in which rows come, without sorting them again."""
        header = self.table.horizontalHeader()
        header.blockSignals(True)
        header.setSortIndicator(self.kind.newest_first, Qt.SortOrder.DescendingOrder)
        header.blockSignals(False)

    def _fill(self, box: QComboBox, choice: Choice) -> None:
        found = sorted({getattr(row, choice.part) for row in self.model.rows} - {""}, key=choice.title)
        kept = box.currentData()
        box.blockSignals(True)
        box.clear()
        box.addItem(choice.all_of_them, "")
        for value in found:
            box.addItem(choice.title(value), value)
        box.setCurrentIndex(max(0, box.findData(kept)))
        box.blockSignals(False)
        box.setVisible(len(found) > 1)
        self.model.change(**{choice.part: box.currentData()})

    # --- filters

    def set_view(self, view: Box | None) -> None:
        """Show only rows that meet this extent; None: all."""
        self._change(view=view)

    def be(self, name: str) -> None:
        """Take the name of whose cases are *mine*."""
        self._mine = name
        self.mine.setToolTip(
            tr("Only cases in cells to which {name} is appointed; the name stands in the options", name=name)
        )
        self._change(ours=name if self.mine.isChecked() else "")

    def _change(self, **parts: object) -> None:
        self.model.change(**parts)
        self._tell_state()

    def _chip_chosen(self, name: str) -> None:
        self._change(**({"kind": "", "state": ""} | self.kind.chip_filter(name)))

    # --- what the user does

    def _activated(self, index: QModelIndex) -> None:
        row = index.data(ROW)
        if row is not None:
            self.chosen.emit(row)

    def _moved(self, index: QModelIndex) -> None:
        self._row = index.data(ROW) if index.isValid() else None
        self._line = max(0, index.row())
        self.current.emit(self._row)

    def _restore(self) -> None:
        """Find the current row again in rows shown anew; one that was settled gives way to the next."""
        if self._row is None:
            return
        place = self.model.place_of(self._row)
        if place is None and self._goes_on and self.model.shown:
            place = min(self._line, len(self.model.shown) - 1)
        if place is None:
            self._row = None
            self.current.emit(None)
        else:
            self.table.go(place)

    def select(self, number: int) -> None:
        """Make a shown row the current one."""
        self.table.go(number)

    def find(self, table: str, fid: int) -> bool:
        """Make the row of a feature the current one, where it is shown."""
        for number, row in enumerate(self.model.shown):
            if row.fid == fid and row.table == table:
                self.table.go(number)
                return True
        return False

    @property
    def row(self) -> Row | None:
        """The row that is looked at."""
        return self._row

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Esc and Enter lead from the search back to the list."""
        keys = (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if watched is self.search and event.type() == QEvent.Type.KeyPress and event.key() in keys:
            self.table.setFocus()
            if not self.table.currentIndex().isValid():
                self.table.go(0)
            return True
        return super().eventFilter(watched, event)

    def show_card(self, facts: list[tuple[str, str]]) -> None:
        """Show the attributes of the current row; text is shown as text, never as markup."""
        lines = [
            f"<tr><td style='color:{quiet()};padding-right:10px;white-space:nowrap'>{escape(title)}</td>"
            f"<td>{escape(text)}</td></tr>"
            for title, text in facts
        ]
        self.show_html(f"<table cellspacing='0' cellpadding='2'>{''.join(lines)}</table>" if facts else "")

    def show_html(self, html: str) -> None:
        """Show a card made elsewhere; empty: none."""
        self.card.setVisible(bool(html))
        self.card.setHtml(html)

    def add_below(self, widget: QWidget) -> None:
        """Put a bar under the card."""
        self._column.insertWidget(self._column.indexOf(self.status), widget)

    # --- appearance

    def _tell_state(self) -> None:
        shown, all_ = len(self.model.shown), len(self.model.rows)
        if self.is_loading:
            self.status.setText(tr("reading ... {count}", count=f"{all_:,}"))
        else:
            self.status.setText(tr("{shown} of {all} shown", shown=f"{shown:,}", all=f"{all_:,}") if all_ else "")
        if not all_ and not self.is_loading:
            self.nothing.setText(self.kind.empty())
        elif not shown and not self.is_loading:
            self.nothing.setText(tr("Nothing passes these filters. Choose “all”, empty the search or zoom out."))
        self.stack.setCurrentIndex(0 if shown or self.is_loading else 1)

    def _build(self) -> None:
        titles = {name: self.kind.chip_title(name) for name in self.kind.chip_order}
        self.chips = Chips([ALL, *self.kind.chip_order], {ALL: tr("all"), **titles}, self)
        self._build_filters()
        self.table = RowTable(self.model, self.kind.widths, self.kind.acts, self)
        self.table.setObjectName(f"onemapTable_{self.kind.name}")
        self.nothing = QuietLabel("", self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.nothing.setMargin(24)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.nothing)
        self.card = QTextBrowser(self)
        self.card.setObjectName(f"onemapCard_{self.kind.name}")
        self.card.setOpenLinks(False)
        self.card.hide()
        self.decision = DecisionBar(self.table, self)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.stack)
        splitter.addWidget(self.card)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setChildrenCollapsible(False)
        self._column.addWidget(splitter, 1)
        self._column.addWidget(self.decision)
        self._column.addWidget(self.status)

    def _build_filters(self) -> None:
        self.search = QLineEdit(self)
        self.search.setObjectName(f"onemapSearch_{self.kind.name}")
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(tr("search: number, address, cell, street ..."))
        self.search.setToolTip(tr("Key F leads here, Esc or Enter back to the list"))
        self.in_view = QCheckBox(tr("in view"), self)
        self.in_view.setToolTip(tr("Only what lies in the part of the map that is shown"))
        self.follow = QCheckBox(tr("map follows"), self)
        self.follow.setToolTip(tr("The map goes along when another row becomes the current one"))
        self.mine = QCheckBox(tr("mine"), self)
        self.mine.setObjectName("onemapMine")
        self.mine.setVisible(self.kind.in_time)
        self.span = SpanBox(self)
        self.span.setVisible(self.kind.in_time)
        self._boxes = [self._box(choice) for choice in self.kind.choices]
        self.status = QuietLabel("", self)
        self.status.setToolTip(
            tr("Keys: J K move, Enter or Space go there, F search, right click for all there is to do")
        )
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.search, 1)
        first.addWidget(self.mine)
        first.addWidget(self.in_view)
        first.addWidget(self.follow)
        for box in self._boxes:
            second.addWidget(box, 1)
        second.addStretch(0)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 4)
        self._column.setSpacing(6)
        self._column.addWidget(self.chips)
        self._column.addLayout(first)
        self._column.addLayout(second)
        self._column.addWidget(self.span)

    def _box(self, choice: Choice) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(f"onemapFilter_{self.kind.name}_{choice.part}")
        box.addItem(choice.all_of_them, "")
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(6)
        box.setToolTip(tr("Only rows of the one that is chosen here"))
        box.hide()
        return box

    def _wire(self) -> None:
        self._goes_on = False
        self.chips.chosen.connect(self._chip_chosen)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(SEARCH_DELAY_MS)
        self._typing.timeout.connect(lambda: self._change(text=self.search.text().strip()))
        self.search.textChanged.connect(self._typing.start)
        self.search.installEventFilter(self)
        self.in_view.toggled.connect(self.view_wanted)
        self.mine.toggled.connect(lambda on: self._change(ours=self._mine if on else ""))
        self.span.changed.connect(lambda since, until: self._change(since=since, until=until))
        for choice, box in zip(self.kind.choices, self._boxes, strict=True):
            box.currentIndexChanged.connect(
                lambda _, part=choice.part, box=box: self._change(**{part: box.currentData() or ""})
            )
        self.table.clicked.connect(self._activated)
        self.table.activated.connect(self._activated)
        self.table.find_wanted.connect(self.search.setFocus)
        self.table.acted.connect(lambda name: self.acted.emit(name, self._row) if self._row else None)
        self.table.selectionModel().currentChanged.connect(lambda now, _: self._moved(now))
        self.model.modelReset.connect(self._restore)
