"""The filters above a list: counters, search, combo boxes, span of time, mine, in view."""

from collections import Counter
from collections.abc import Collection

from qgis.PyQt.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ...translation import tr
from ..rows import Row
from .chips import Chips
from .choice_box import ChoiceBox
from .list_kind import ALL, Choice, ListKind, any_of
from .span_box import SpanBox

SEARCH_DELAY_MS = 200
_LEAVE = (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FilterBar(QWidget):
    """Widgets; `changed` tells the parts of the filter that are other ones now, `left` that the list is wanted."""

    changed = pyqtSignal(object)  # dict: part of the filter -> value
    view_wanted = pyqtSignal(bool)
    left = pyqtSignal()

    def __init__(self, kind: ListKind, parent: QWidget) -> None:
        super().__init__(parent)
        self.kind = kind
        self._mine = ""
        titles = {name: kind.chip_title(name) for name in kind.chip_order}
        self.chips = Chips([ALL, *kind.chip_order], {ALL: tr("all"), **titles}, self)
        self.search = QLineEdit(self)
        self.search.setObjectName(f"onemapSearch_{kind.name}")
        self.search.setClearButtonEnabled(True)
        self._hint_search(tr("street"))
        self.search.setAccessibleName(tr("Search"))
        self.search.setToolTip(tr("Key F leads here, Esc or Enter back to the list"))
        self.in_view = self._check(tr("in view"), tr("Only what lies in the part of the map that is shown"))
        self.follow = self._check(tr("map follows"), tr("The map goes along when another row becomes the current one"))
        self.mine = self._check(tr("mine"), "")
        self.mine.setObjectName("onemapMine")
        self.mine.setVisible(kind.in_time)
        self.span = SpanBox(self)
        self.span.box.setVisible(kind.in_time)
        self.boxes = [self._box(choice) for choice in kind.choices]
        self._lay_out()
        self._wire()

    def count(self, counted: Counter[str]) -> None:
        """Show the counters."""
        self.chips.show_counts(counted)

    def fill(self, rows: list[Row]) -> None:
        """Offer what the rows hold."""
        for choice, box in zip(self.kind.choices, self.boxes, strict=True):
            self._fill(box, choice, rows)
        if self.kind.in_time and rows:
            moments = [row.moment for row in rows if row.moment]
            self.span.reach(min(moments, default=""), max(moments, default=""))

    def offer(self, rows: Collection[Row]) -> None:
        """Offer what these rows hold beside what is offered already; what is chosen stays chosen."""
        for choice, box in zip(self.kind.choices, self.boxes, strict=True):
            known = {box.itemData(place) for place in range(1, box.count())}
            found = _values(choice, rows) - known
            if found:
                self._list(box, choice, known | found)

    def be(self, name: str) -> None:
        """Take the name of whose cases are *mine*."""
        self._mine = name
        words = tr("Only cases in cells to which {name} is appointed; the name stands in the options", name=name)
        self.mine.setToolTip(words)
        self.changed.emit({"ours": name if self.mine.isChecked() else ""})

    def name_streets(self, name: str) -> None:
        """Say of streets what the district calls them."""
        self._hint_search(name)
        for choice, box in zip(self.kind.choices, self.boxes, strict=True):
            if choice.part == "street":
                box.setItemText(0, any_of(name))

    def _hint_search(self, name: str) -> None:
        self.search.setPlaceholderText(tr("search: number, address, cell, {street} ...", street=name))

    def at_work(self) -> list[str]:
        """Return in words which filters are on."""
        words = [self.kind.chip_title(self.chips.pressed)] if self.chips.pressed != ALL else []
        words += [f"“{self.search.text().strip()}”"] if self.search.text().strip() else []
        words += [f"{self.mine.text()} ({self._mine})"] if self.mine.isChecked() else []
        words += [self.in_view.text()] if self.in_view.isChecked() else []
        return words + [box.currentText() for box in (*self.boxes, self.span.box) if box.currentData()]

    def clear(self) -> None:
        """Let every row through."""
        self.chips.choose(ALL)
        self.search.clear()
        self._typing.stop()  # nobody types
        self.changed.emit({"text": ""})
        for check in (self.mine, self.in_view):
            check.setChecked(False)
        for box in (*self.boxes, self.span.box):
            box.setCurrentIndex(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Esc and Enter lead from the search back to the list."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress and event.key() in _LEAVE:
            self.left.emit()
            return True
        return super().eventFilter(watched, event)

    def _list(self, box: ChoiceBox, choice: Choice, values: Collection[str]) -> None:
        box.offer([(choice.title(value), value) for value in sorted(values, key=choice.title)])
        box.setVisible(len(values) > 1)  # with a single one there is nothing to choose

    def _fill(self, box: ChoiceBox, choice: Choice, rows: list[Row]) -> None:
        self._list(box, choice, _values(choice, rows))
        box.setToolTip(_hint(box))
        self.changed.emit({choice.part: box.currentData()})

    def _check(self, title: str, hint: str) -> QCheckBox:
        check = QCheckBox(title, self)
        check.setToolTip(hint)
        return check

    def _box(self, choice: Choice) -> ChoiceBox:
        box = ChoiceBox(choice.all_of_them, self)
        box.setObjectName(f"onemapFilter_{self.kind.name}_{choice.part}")
        box.setAccessibleName(choice.name)
        box.setToolTip(tr("Only rows of the one that is chosen here"))
        box.hide()
        return box

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.search, 1)
        for check in (self.mine, self.in_view, self.follow):
            first.addWidget(check)
        for box in self.boxes:
            second.addWidget(box, 1)
        second.addWidget(self.span.box, 1)
        second.addStretch(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.chips)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.span)

    def _wire(self) -> None:
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(SEARCH_DELAY_MS)
        self._typing.timeout.connect(lambda: self.changed.emit({"text": self.search.text().strip()}))
        self.search.textChanged.connect(self._typing.start)
        self.search.installEventFilter(self)
        self.chips.chosen.connect(
            lambda name: self.changed.emit({"kind": "", "chip": "", "state": ""} | self.kind.chip_filter(name))
        )
        self.in_view.toggled.connect(self.view_wanted)
        self.mine.toggled.connect(lambda on: self.changed.emit({"ours": self._mine if on else ""}))
        self.span.changed.connect(lambda since, until: self.changed.emit({"since": since, "until": until}))
        for choice, box in zip(self.kind.choices, self.boxes, strict=True):
            box.currentIndexChanged.connect(lambda _, box=box: box.setToolTip(_hint(box)))
            box.currentIndexChanged.connect(
                lambda _, part=choice.part, box=box: self.changed.emit({part: box.currentData() or ""})
            )


def _values(choice: Choice, rows: Collection[Row]) -> set[str]:
    """Return what the rows hold of what a box asks; a finding may reach into several streets."""
    found = {getattr(row, choice.part) for row in rows}
    if choice.part == "street":
        found.update(street for row in rows for street in row.further)
    return found - {""}


def _hint(box: QComboBox) -> str:
    """Return what a box that is too narrow for its text tells when the mouse rests on it."""
    return f"{box.currentText()}\n{tr('Only rows of the one that is chosen here')}"
