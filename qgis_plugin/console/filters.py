"""What is shown: a small value that says which rows pass, and the proxy that asks it."""

from dataclasses import dataclass, replace

from qgis.PyQt.QtCore import QModelIndex, QObject, QSortFilterProxyModel, Qt

from .envelope import Box
from .rows import Row
from .table_model import RowModel


@dataclass(frozen=True)
class Filter:
    """Which rows pass. An empty text lets all pass; `view` is the map's extent when only it is asked for."""

    kind: str = ""
    group: str = ""
    state: str = ""
    street: str = ""
    text: str = ""
    view: Box | None = None

    def passes(self, row: Row) -> bool:
        """Say whether a row is shown."""
        return (
            (not self.kind or row.kind == self.kind)
            and (not self.group or row.group == self.group)
            and (not self.state or row.state == self.state)
            and (not self.street or row.street == self.street)
            and (not self.text or all(word in row.words for word in self.text.casefold().split()))
            and (self.view is None or _meets(row.box, self.view))
        )


def _meets(box: Box | None, view: Box) -> bool:
    if box is None:
        return False
    west, south, east, north = box
    return west <= view[2] and east >= view[0] and south <= view[3] and north >= view[1]


class FilterProxy(QSortFilterProxyModel):
    """Shows the rows that pass. Sorting is left to the model, which does it without asking Python per comparison."""

    def __init__(self, model: RowModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._filter = Filter()
        self._model = model
        self.setDynamicSortFilter(False)
        self.setSourceModel(model)

    @property
    def filter(self) -> Filter:
        """What passes now."""
        return self._filter

    def change(self, **changed: object) -> None:
        """Change parts of the filter and look at the rows again."""
        wanted = replace(self._filter, **changed)
        if wanted != self._filter:
            self._filter = wanted
            self.invalidateFilter()

    def look_again(self) -> None:
        """Ask the filter anew: a row has changed."""
        self.invalidateFilter()

    def filterAcceptsRow(self, number: int, parent: QModelIndex) -> bool:
        return self._filter.passes(self._model.rows[number])

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._model.sort(column, order)
