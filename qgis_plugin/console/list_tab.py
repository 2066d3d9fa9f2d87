"""One list with its filters and the card of the chosen row. Knows rows, not maps: it tells what was chosen."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from qgis.PyQt.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QTableView,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ..translation import tr
from .chips import Chips
from .decision_bar import DecisionBar
from .envelope import Box
from .filters import FilterProxy
from .rows import Row
from .table_model import ROW, RowModel

ROW_HEIGHT = 22
SEARCH_DELAY_MS = 200
VIEW_DELAY_MS = 250
ALL = "all"


@dataclass(frozen=True)
class Choice:
    """A combo box that filters: the part of a row it asks, its first entry, and the titles of its values."""

    part: str  # "kind" "group" "state" "street"
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
    newest_first: int = -1  # column by which the list is sorted at first, latest on top


class ListTab(QWidget):
    """Chips, search and combo boxes above a table, the card of the current row below."""

    chosen = pyqtSignal(object)  # Row: show it on the map
    current = pyqtSignal(object)  # Row or None: it is looked at
    view_wanted = pyqtSignal(bool)  # only rows in the map's view

    def __init__(self, kind: ListKind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"onemapTab_{kind.name}")
        self.kind = kind
        self.model = RowModel(kind.columns(), self)
        self.proxy = FilterProxy(self.model, self)
        self._source: Iterator[list[Row]] | None = None
        self._counted: Counter[str] = Counter()
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

    def _count(self, batch: list[Row]) -> None:
        for row in batch:
            self._counted.update(self.kind.chips(row))
        self._counted[ALL] += len(batch)
        self.chips.show_counts(self._counted)

    def put(self, case: str, again: Callable[[Row], Row]) -> None:
        """Put what `again` makes of them in the place of the rows of a case; the current row stays the current one."""
        for number, row in enumerate(self.model.rows):
            if row.case == case:
                self._counted.subtract(self.kind.chips(row))
                self.model.put(number, again(row))
                self._counted.update(self.kind.chips(self.model.rows[number]))
        self.chips.show_counts(+self._counted)
        self.proxy.look_again()
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
        self.proxy.change(**{choice.part: box.currentData()})

    # --- filters

    def set_view(self, view: Box | None) -> None:
        """Show only rows that meet this extent; None: all."""
        self.proxy.change(view=view)
        self._tell_state()

    def _chip_chosen(self, name: str) -> None:
        self.proxy.change(**({"kind": "", "state": ""} | self.kind.chip_filter(name)))
        self._tell_state()

    def _search(self) -> None:
        self.proxy.change(text=self.search.text().strip())
        self._tell_state()

    # --- what the user does

    def _activated(self, index: QModelIndex) -> None:
        row = index.data(ROW)
        if row is not None:
            self.chosen.emit(row)

    def _moved(self, index: QModelIndex) -> None:
        self.current.emit(index.data(ROW) if index.isValid() else None)

    def select(self, number: int) -> None:
        """Make a shown row the current one."""
        index = self.proxy.index(number, 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.table.selectionModel().setCurrentIndex(index, flags)
        self.table.scrollTo(index)

    def show_card(self, facts: list[tuple[str, str]]) -> None:
        """Show the attributes of the current row; text is shown as text, never as markup."""
        self.card.setVisible(bool(facts))
        lines = [
            f"<tr><td style='color:#5B626B;padding-right:10px;white-space:nowrap'>{escape(title)}</td>"
            f"<td>{escape(text)}</td></tr>"
            for title, text in facts
        ]
        self.card.setHtml(f"<table cellspacing='0' cellpadding='2'>{''.join(lines)}</table>")

    # --- appearance

    def _tell_state(self) -> None:
        shown, all_ = self.proxy.rowCount(), len(self.model.rows)
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
        self.search = QLineEdit(self)
        self.search.setObjectName(f"onemapSearch_{self.kind.name}")
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(tr("search: number, address, cell, street ..."))
        self.in_view = QCheckBox(tr("in view"), self)
        self.in_view.setToolTip(tr("Only what lies in the part of the map that is shown"))
        self._boxes = [self._box(choice) for choice in self.kind.choices]
        self.status = QLabel(self)
        self.status.setStyleSheet("color: #5B626B")
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.search, 1)
        first.addWidget(self.in_view)
        for box in self._boxes:
            second.addWidget(box, 1)
        second.addStretch(0)
        self._build_table()
        self.card = QTextBrowser(self)
        self.card.setObjectName(f"onemapCard_{self.kind.name}")
        self.card.setOpenLinks(False)
        self.card.hide()
        self.decision = DecisionBar(self.table, self)
        splitter = QSplitter(Qt.Orientation.Vertical, self)
        splitter.addWidget(self.stack)
        splitter.addWidget(self.card)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 8, 8, 4)
        whole.setSpacing(6)
        whole.addWidget(self.chips)
        whole.addLayout(first)
        whole.addLayout(second)
        whole.addWidget(splitter, 1)
        whole.addWidget(self.decision)
        whole.addWidget(self.status)

    def _box(self, choice: Choice) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(f"onemapFilter_{self.kind.name}_{choice.part}")
        box.addItem(choice.all_of_them, "")
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(6)
        box.hide()
        return box

    def _build_table(self) -> None:
        self.table = QTableView(self)
        self.table.setObjectName(f"onemapTable_{self.kind.name}")
        self.table.setModel(self.proxy)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setSortingEnabled(True)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.table.horizontalHeader()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate(self.kind.widths):
            self.table.setColumnWidth(column, width)
        self.nothing = QLabel(self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.nothing.setMargin(24)
        self.nothing.setStyleSheet("color: #5B626B")
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.nothing)

    def _wire(self) -> None:
        self.chips.chosen.connect(self._chip_chosen)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(SEARCH_DELAY_MS)
        self._typing.timeout.connect(self._search)
        self.search.textChanged.connect(self._typing.start)
        self.in_view.toggled.connect(self.view_wanted)
        for choice, box in zip(self.kind.choices, self._boxes, strict=True):
            box.currentIndexChanged.connect(lambda _, part=choice.part, box=box: self._box_changed(part, box))
        self.table.clicked.connect(self._activated)
        self.table.activated.connect(self._activated)
        self.table.selectionModel().currentChanged.connect(lambda now, _: self._moved(now))

    def _box_changed(self, part: str, box: QComboBox) -> None:
        self.proxy.change(**{part: box.currentData() or ""})
        self._tell_state()
