"""What an operator does with the case that is looked at: see who answers, reassign it, open its photo."""

from collections.abc import Sequence
from dataclasses import replace

from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY
from qgis.PyQt.QtCore import QObject, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QApplication

from ...engine.worker import Worker
from ...project.one_map_file import OneMapFile
from ...translation import tr
from ..desk import Desk
from ..queue.list_tab import ListTab
from ..rows import Row, attributes, candidates, codes_of, details
from ..who.asking import show_phone
from ..who.card import DETAILS, system_name
from ..who.matters import code_named, codes_by_name
from ..words import Words
from .ask_bar import AskBar, Question
from .case_card import PHOTO, CaseFacts, case_html
from .photo import photo_of


class CaseDesk(QObject):
    """Keeps the card of the current case; its `bar` asks for reasons. `pick_wanted`: a click shall name the cell."""

    pick_wanted = pyqtSignal()
    told = pyqtSignal(str)  # a short word for the message bar

    def __init__(self, tab: ListTab, worker: Worker, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tab, self._worker, self._desk = tab, worker, desk
        self.one_map: OneMapFile | None = None
        self._matters: dict[str, str] | None = None
        self._facts: CaseFacts | None = None
        self._values: dict = {}
        self._latest = 0
        self.bar = AskBar(tab)
        self.bar.closed.connect(tab.table.setFocus)
        self.bar.pick_wanted.connect(self.pick_wanted)
        tab.add_below(self.bar)
        tab.card.anchorClicked.connect(self._followed)

    def of_map(self, one_map: OneMapFile | None, matters: Sequence[tuple[str, str]]) -> None:
        """Take the map whose cases are listed, and the matters for which it names holders, if any."""
        self.one_map = one_map
        self._matters = codes_by_name(matters) if matters else None
        self.show(None)

    def show(self, row: Row | None) -> None:
        """Show the card of a case, and ask who answers for it."""
        self._latest += 1
        if self._facts is None or row is None or row.case != self._facts.row.case:
            self.bar.hide()
        self._facts = None
        if row is None or self.one_map is None:
            self._tab.show_html("")
            return
        self._values = attributes(self.one_map.path, row)
        photo = photo_of(self._values, self.one_map.path.parent)
        decision = self._desk.decided.get(row.case)
        self._facts = CaseFacts(row, details(self.one_map, row), decision, photo=photo)
        self._draw()
        self._ask(row)

    def reassign(self, row: Row) -> None:
        """Ask to which cell the case shall go, and why."""
        if self.one_map is None:
            return
        if not row.case:
            self.told.emit(tr("A case without a number cannot be reassigned: nothing would tell which one is meant."))
            return
        known = candidates(self.one_map, row)
        words = tr("Give case {case} to which cell, and why?", case=row.case)
        given = lambda cell, why: self._desk.reassign(row.case, cell, why)  # noqa: E731
        self.bar.ask(Question(words, given, cells=self.cells(), cell=known[1] if len(known) > 1 else ""))

    def cells(self) -> list[str]:
        """Return the codes of all cells."""
        return codes_of(self.one_map) if self.one_map is not None else []

    def copy(self, row: Row) -> None:
        """Put the number on the clipboard."""
        QApplication.clipboard().setText(row.case)
        self.told.emit(tr("{text} is on the clipboard", text=row.case))

    def open_photo(self, _: Row) -> None:
        """Open the photo with the computer's own program."""
        if self._facts is None or self._facts.photo is None:
            self.told.emit(tr("This case has no photo."))
        else:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._facts.photo)))

    def _ask(self, row: Row) -> None:
        """Ask the library: for the decided cell, else for the position; what is settled, as it was when reported."""
        number = self._latest
        asked: dict = {}
        decision = self._desk.decided.get(row.case)
        if self._matters is not None and decision is not None:
            asked["cell"] = decision.value
        elif row.box is not None:
            asked |= {"x": row.box[0], "y": row.box[1]}
        else:
            self._answered(number, {}, tr("The case has no position, so nobody can be named."))
            return
        if self._matters is not None:
            named = code_named(self._matters, self._values.get("matter_name"))
            if matter := self._values.get("matter_code") or named:
                asked["matter"] = str(matter)
            if row.state == "settled" and row.moment and self.one_map is not None:
                asked["at"] = Words(self.one_map.facts).moment(row.moment).replace(" ", "T")
        self._worker.ask(
            "locate" if self._matters is None else "who",
            asked,
            lambda answer: self._answered(number, answer, ""),
            lambda why: self._answered(number, {}, why),
        )

    def _answered(self, number: int, answer: dict, lacking: str) -> None:
        if number == self._latest and self._facts is not None:
            if answer and self.one_map is not None:
                crs = QgsCoordinateReferenceSystem(self.one_map.facts.get("crs", ""))
                answer = {**answer, "system": system_name(crs)}
                if (spot := spot_of(self._facts.row)) is not None:  # of a decided cell a point inside it was asked
                    answer |= {"x": spot.x(), "y": spot.y()}
            self._facts = replace(self._facts, answer=answer, lacking=lacking)
            self._draw()

    def _draw(self) -> None:
        if self._facts is not None:
            self._tab.show_html(case_html(self._facts))

    def _followed(self, link: QUrl) -> None:
        if self._facts is None:
            return
        if link.toString() == PHOTO:
            self.open_photo(self._facts.row)
        elif link.toString() == DETAILS:
            self._facts = replace(self._facts, details=True)
            self._draw()
        else:
            show_phone(self._facts.answer, self.bar, self._desk, self._show_whole)

    def _show_whole(self, _: dict, *, whole: bool) -> None:
        if self._facts is not None:
            self._facts = replace(self._facts, whole=whole)
            self._draw()


def spot_of(row: Row) -> QgsPointXY | None:
    """Return the middle of where a row lies."""
    if row.box is None:
        return None
    return QgsPointXY((row.box[0] + row.box[2]) / 2, (row.box[1] + row.box[3]) / 2)
