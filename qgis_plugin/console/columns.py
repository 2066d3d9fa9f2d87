"""Columns of a table: all of them in sight as long as there is room, and codes cut where nothing is lost."""

from collections.abc import Mapping

from qgis.PyQt.QtCore import QEvent, QModelIndex, QObject, Qt
from qgis.PyQt.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

LEAST_SHARE = 0.6  # of its width that a column gives up last
TOLD_APART = 4  # letters of a code that always stay
_SPARE = 10  # pixels on both sides of a text and its ellipsis


class FittedColumns(QObject):
    """Gives what room a table has to the columns that can use it, and takes it from them where it lacks.

    Once somebody drew a column wider or narrower, all widths are theirs.

    Parameters
    ----------
    widths
        Of all columns, in pixels, as long as the room is just that.
    grows
        Columns that grow and shrink, with their shares.
    """

    def __init__(self, table: QTableView, widths: tuple[int, ...], grows: Mapping[int, int]) -> None:
        super().__init__(table)
        self._table, self._widths, self._grows = table, widths, dict(grows)
        self._busy = self._is_users = False
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(False)
        header.sectionResized.connect(self._resized)
        table.viewport().installEventFilter(self)
        self.fit()

    def want(self, widths: tuple[int, ...]) -> None:
        """Take other widths: the contents are others."""
        self._widths = widths
        self.fit()

    def fit(self) -> None:
        """Set all widths for the room that there is."""
        if self._is_users:
            return
        found = fitted(self._widths, self._grows, self._table.viewport().width())
        self._busy = True
        for column, width in enumerate(found):
            self._table.setColumnWidth(column, width)
        self._busy = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.fit()
        return super().eventFilter(watched, event)

    def _resized(self, *_: int) -> None:
        if not self._busy:
            self._is_users = True
            self._table.horizontalHeader().setStretchLastSection(True)


def fitted(widths: tuple[int, ...], grows: Mapping[int, int], room: int) -> list[int]:
    """Return the widths that fill a room; below the least of what shrinks, they are wider than it."""
    found, shares = list(widths), sum(grows.values())
    spare = room - sum(widths)
    for column, share in grows.items():
        wanted = widths[column] + spare * share // shares
        found[column] = max(wanted, round(LEAST_SHARE * widths[column]))
    return found


class EndShown(QStyledItemDelegate):
    """Leaves out the beginning of a code that is too long; of several, what they have in common."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        is_list = ", " in option.text
        option.textElideMode = Qt.TextElideMode.ElideRight if is_list else Qt.TextElideMode.ElideLeft
        if is_list and option.fontMetrics.horizontalAdvance(option.text) > option.rect.width() - _SPARE:
            option.text = ends_of(option.text)


def end_of(code: str, letters: int) -> str:
    """Return the end of a code, behind an ellipsis where something is left off."""
    return code if len(code) <= letters + 1 else f"…{code[-letters:]}"


def ends_of(codes: str) -> str:
    """Return listed codes without what they begin with alike; names and what is short stay as they are."""
    parts = codes.split(", ")
    shortest = min(map(len, parts))
    differs = (place for place, letters in enumerate(zip(*parts, strict=False)) if len(set(letters)) > 1)
    alike = min(next(differs, shortest), shortest - TOLD_APART)
    if alike <= 1 or " " in codes.replace(", ", ""):
        return codes
    return ", ".join(f"…{part[alike:]}" for part in parts)
