"""One list with its filters and the card of the chosen row. Knows rows, not maps: it tells what was chosen."""

from collections import Counter
from collections.abc import Callable, Iterator
from html import escape

from qgis.PyQt.QtCore import QModelIndex, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...translation import tr
from ..card.card_view import CardView
from ..card.decision_bar import DecisionBar
from ..envelope import Box
from ..rows import Row
from ..tones import QuietLabel, quiet
from ..words import begun
from .filter_bar import FilterBar
from .list_kind import ALL, ListKind
from .table import ROW_HEIGHT, RowTable
from .table_model import ROW, RowModel

VIEW_DELAY_MS = 250
PREPARE_MS = 100
LEAST_LINES = 8  # of the list, however large the card


class ListTab(QWidget):
    """Chips, search and combo boxes above a table, the card of the current row below."""

    chosen = pyqtSignal(object)  # Row: show it on the map
    current = pyqtSignal(object)  # Row or None: it is looked at
    went_on = pyqtSignal(object)  # Row: the next one, now that the one before it was settled
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
        self._step = QTimer(self)
        self._step.setInterval(0)
        self._step.timeout.connect(self._take_batch)
        self._columns_left: list[int] = []
        self._prepare = QTimer(self)
        self._prepare.setInterval(PREPARE_MS)
        self._prepare.timeout.connect(self._prepare_next)
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
        self._prepare.stop()
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
        looked_at, self._row = self._row, None
        self.model.clear()
        self._counted.clear()
        self._count([])
        self._sort_as_read()
        if looked_at is not None:
            self.current.emit(None)  # what was asked about it, a key could still decide in the map that comes

    @property
    def is_loading(self) -> bool:
        """Whether rows are still coming."""
        return self._source is not None

    @property
    def is_preparing(self) -> bool:
        """Whether orders of columns are still being made."""
        return self._prepare.isActive()

    def _prepare_next(self) -> None:
        """Make the order of one more column while nobody asks for anything."""
        if self._columns_left and not self.is_loading:
            self.model.prepare(self._columns_left.pop())
        if not self._columns_left:
            self._prepare.stop()

    def _take_batch(self) -> None:
        batch = next(self._source, None) if self._source is not None else None
        if batch is None:
            self.stop()
            self._rows_complete()
            self._columns_left = list(range(self.model.columnCount()))
            self._prepare.start()
        else:
            self.model.append(batch)
            self._count(batch)
        self._tell_state()

    def add(self, rows: list[Row]) -> None:
        """Show rows that have just come, each where it belongs; the current row stays the current one."""
        header = self.table.horizontalHeader()
        self.model.add(rows, header.sortIndicatorSection(), header.sortIndicatorOrder())
        self._count(rows)
        self.filters.offer(rows)
        self._tell_state()

    def exchange(self, pairs: list[tuple[Row, Row]]) -> None:
        """Show rows anew of which more is known now: the first of each pair is the row that is shown."""
        header = self.table.horizontalHeader()
        for old, new in pairs:
            is_current = self._row is not None and (self._row.table, self._row.fid) == (old.table, old.fid)
            replaced = self.model.exchange(old, new, header.sortIndicatorSection(), header.sortIndicatorOrder())
            if replaced is None:
                continue
            self._counted.subtract(self.kind.chips(replaced))
            self._counted.update(self.kind.chips(new))
            self.filters.offer([new])
            if is_current and self.find(new.table, new.fid) and self._row is not new:
                self._row = new
                self.current.emit(new)
        self.filters.count(+self._counted)
        self._tell_state()

    def _rows_complete(self) -> None:
        header = self.table.horizontalHeader()
        section, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
        as_read = (self.kind.newest_first, Qt.SortOrder.DescendingOrder)
        if 0 <= section < self.model.columnCount() and (section, order) != as_read:
            self.model.sort(section, order)
        self.filters.fill(self.model.rows)

    def _count(self, batch: list[Row]) -> None:
        for row in batch:
            self._counted.update(self.kind.chips(row))
        self._counted[ALL] += len(batch)
        self.filters.count(self._counted)
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
        self.filters.offer(changed.values())
        before = self._row
        self._goes_on = True
        self.model.put(changed)
        self._goes_on = False
        if (
            before is not None
            and self._row is not None
            and (self._row.table, self._row.fid) != (before.table, before.fid)
        ):
            self.went_on.emit(self._row)
        self.filters.count(+self._counted)
        self._tell_state()

    def _sort_as_read(self) -> None:
        """Show the order in which rows come, without sorting them again."""
        header = self.table.horizontalHeader()
        header.blockSignals(True)
        header.setSortIndicator(self.kind.newest_first, Qt.SortOrder.DescendingOrder)
        header.blockSignals(False)

    # --- filters

    def name_streets(self, name: str) -> None:
        """Head the column of the streets, and offer to choose among them, in the district's own word for one."""
        self.filters.name_streets(name)
        if self.kind.street_column >= 0:
            self.model.rename(self.kind.street_column, begun(name))

    def set_view(self, view: Box | None) -> None:
        """Show only rows that meet this extent; None: all."""
        self._change(view=view)

    def _change(self, **parts: object) -> None:
        self.model.change(**parts)
        self._tell_state()

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

    def _back_to_list(self) -> None:
        self.table.setFocus()
        if not self.table.currentIndex().isValid():
            self.table.go(0)

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
        self.card.verticalScrollBar().setValue(0)  # Qt looks for its cursor while the card has no height yet

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
            on = tr(", ").join(self.filters.at_work())
            self.nothing.setText(tr("Nothing passes these filters: {filters}.", filters=on))
        self.all_again.setVisible(bool(all_))
        self.stack.setCurrentIndex(0 if shown or self.is_loading else 1)

    def _build(self) -> None:
        self.filters = FilterBar(self.kind, self)
        self.chips, self.search, self.span = self.filters.chips, self.filters.search, self.filters.span
        self.mine, self.in_view, self.follow = self.filters.mine, self.filters.in_view, self.filters.follow
        self.status = QuietLabel("", self)
        words = tr("Keys: J K move, Enter or Space go there, F search, right click for all there is to do")
        self.status.setToolTip(words)
        self.table = RowTable(
            self.model, self.kind.widths, self.kind.acts, self, grows=self.kind.grows, ends=self.kind.ends
        )
        self.table.setObjectName(f"onemapTable_{self.kind.name}")
        self.table.setAccessibleName(self.kind.title)
        self.table.setToolTip(words)
        self.table.setMinimumHeight(LEAST_LINES * ROW_HEIGHT + self.table.horizontalHeader().sizeHint().height() + 4)
        self.nothing = QuietLabel("", self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.nothing.setMargin(24)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.table)
        self.all_again = QPushButton(tr("Show all"), self)
        self.all_again.setToolTip(tr("Takes all filters away"))
        self.all_again.clicked.connect(self.filters.clear)
        self.stack.addWidget(self._empty_page())
        self.card = CardView(f"onemapCard_{self.kind.name}", self.kind.card_title, self)
        self.card.hide()
        self.decision = DecisionBar(self.table, self)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.stack)
        splitter.addWidget(self.card)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        splitter.setChildrenCollapsible(False)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 4)
        self._column.setSpacing(6)
        self._column.addWidget(self.filters)
        self._column.addWidget(splitter, 1)
        self._column.addWidget(self.decision)
        self._column.addWidget(self.status)

    def _empty_page(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.addStretch(1)
        column.addWidget(self.nothing)
        column.addWidget(self.all_again, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        return page

    def _wire(self) -> None:
        self._goes_on = False
        self.filters.changed.connect(lambda parts: self._change(**parts))
        self.filters.view_wanted.connect(self.view_wanted)
        self.filters.left.connect(self._back_to_list)
        self.table.clicked.connect(self._activated)
        self.table.activated.connect(self._activated)
        self.table.find_wanted.connect(self.search.setFocus)
        self.table.acted.connect(lambda name: self.acted.emit(name, self._row) if self._row else None)
        self.table.selectionModel().currentChanged.connect(lambda now, _: self._moved(now))
        self.model.modelReset.connect(self._restore)
