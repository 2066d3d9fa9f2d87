"""What is done with the finding that is looked at: a repair proposed and shown, accepted, refused; a gap allowed."""

from html import escape

from qgis.core import QgsGeometry, QgsPointXY, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QApplication

from ...engine.worker import Worker
from ...onemap.domain.journal import ACCEPT_REPAIR, ALLOW_GAP, Entry, FindingSpot
from ...project.one_map_file import OneMapFile
from ...translation import language, spoken, tr
from ..card.ask_bar import AskBar, Question
from ..desk import Desk
from ..envelope import shape_of
from ..highlight import geometry_to_map
from ..queue.list_tab import ListTab
from ..rows import Row, codes_in, details, shape_at
from ..tones import on_map, quiet
from ..words import number
from .mendable import Target, no_repair_for
from .proposals import Proposal, Proposals

PREVIEW_WIDTH = 3


class FindingDesk(QObject):
    """Keeps the card of the current finding and shows what is proposed on the map."""

    told = pyqtSignal(str)
    pick_wanted = pyqtSignal()

    def __init__(
        self, tab: ListTab, worker: Worker, desk: Desk, canvas: QgsMapCanvas, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tab, self._desk, self._canvas = tab, desk, canvas
        self.one_map: OneMapFile | None = None
        self.crs = None
        self.proposals = Proposals(worker, self)
        self.proposals.told.connect(lambda share, text: self._say_of_wanted(f"{share:.0%} {text}"))
        self.proposal: Proposal | None = None
        self._row: Row | None = None
        self._wanted: Row | None = None  # for which a proposal was asked last
        self._preview: QgsRubberBand | None = None
        self._words = ""
        self.bar = AskBar(tab)
        self.bar.closed.connect(tab.table.setFocus)
        self.bar.pick_wanted.connect(self.pick_wanted)
        tab.add_below(self.bar)

    def of_map(self, one_map: OneMapFile | None, crs) -> None:
        """Take the map whose findings are listed."""
        self.one_map, self.crs = one_map, crs
        self._wanted = None
        self.proposals.of_map(one_map)
        self.show(None)

    def show(self, row: Row | None) -> None:
        """Show the card of a finding; what was proposed for another one leaves the map."""
        if not _same(self._row, row):
            self.bar.hide()
            self.clear_preview()
            self._words, self.proposal = "", None
        self._row = row
        self._draw()

    def repair(self, row: Row) -> None:
        """Show who would get the land, or say why nothing is proposed."""
        lacking = no_repair_for(row.kind, row.about)
        if lacking:
            self._say(lacking)
            return
        self._wanted = row
        self._say(tr("The library is working out a proposal ..."))
        self._ask(row)

    def accept(self, row: Row) -> None:
        """Ask for a word and keep that the proposal shall be done; the cell may be another one."""
        if self.one_map is None:
            return
        cell = self.proposal.cell if self.proposal is not None and not self.proposal.reason else ""
        if row.kind == "outside":
            words, subject = tr("Cut off what lies outside? The reason is kept."), self._subject(row)
            self.bar.ask(Question(words, lambda _, why: self._desk.accept(subject, "", why)))
        elif no_repair_for(row.kind, row.about):
            self._say(no_repair_for(row.kind, row.about))
        else:
            words = tr("Which cell gets the land, and why?")
            known, subject = self._codes(row), self._subject(row)
            accepted = lambda cell, why: self._desk.accept(subject, cell, why)  # noqa: E731
            self.bar.ask(Question(words, accepted, cells=known, cell=cell))

    def refuse(self, row: Row) -> None:
        """Ask for the reason and keep that the repair is not wanted."""
        if no_repair_for(row.kind, row.about):
            self._say(tr("For this kind no repair is proposed, so there is none to refuse."))
            return
        words, subject = tr("Why is the repair refused?"), self._subject(row)
        self.bar.ask(Question(words, lambda _, why: self._desk.refuse(subject, why)))

    def allow(self, row: Row) -> None:
        """Ask for a last day and a reason, and keep that the gap is allowed."""
        if row.kind == "near_border":
            self._say(tr("A case near a border is decided for one of its cells, not allowed: D or 1 to 4."))
            return
        words, subject = tr("Until when may this be so, and why?"), self._subject(row)
        self.bar.ask(Question(words, lambda day, why: self._desk.allow(subject, day, why), day=True))

    def take_back(self, row: Row) -> None:
        """Let the decision about a finding count no longer."""
        entry = self.entry_of(row)
        if entry is None:
            self.told.emit(tr("Nothing was decided about this finding."))
        else:
            self._desk.take_back(entry.number)

    def copy(self, row: Row) -> None:
        """Put what the finding concerns on the clipboard."""
        QApplication.clipboard().setText(row.keys[2])
        self.told.emit(tr("{text} is on the clipboard", text=row.cells[2]))

    def settled(self) -> None:
        """Take the proposal off the map and off the card: it was answered."""
        self.clear_preview()
        self._words, self.proposal = "", None

    def entry_of(self, row: Row) -> Entry | None:
        """Return the decision that holds for a finding."""
        blob = shape_at(self.one_map, row) if self.one_map is not None else None
        return self._desk.judged.find(row.about, row.box, blob)

    def clear_preview(self) -> None:
        """Take the proposal off the map."""
        if self._preview is not None:
            self._canvas.scene().removeItem(self._preview)
            self._preview = None

    # --- inside

    def _codes(self, row: Row) -> list[str]:
        """Return the codes among which somebody may get the land: of the cells, or of the agency's grids."""
        if self.one_map is None:
            return []
        target = Target.of(row.about)
        return codes_in(self.one_map, target.layer, target.code, target.agency)

    def _ask(self, row: Row) -> None:
        target = Target.of(row.about)
        self.proposals.ask(target, lambda: self._worked_out(target), lambda why: self._failed(target, why))

    def _worked_out(self, target: Target) -> None:
        """Propose for the finding that is wanted now; grids of another agency are worked out in their turn."""
        if self._wanted is None:
            return
        if Target.of(self._wanted.about) == target:
            self._propose(self._wanted)
        else:
            self._ask(self._wanted)

    def _failed(self, target: Target, why: str) -> None:
        if self._wanted is not None and Target.of(self._wanted.about) != target:
            self._ask(self._wanted)
        else:
            self._say_of_wanted(why)

    def _say_of_wanted(self, words: str) -> None:
        """Say how far a proposal is on the card of the finding for which it was asked, on no other."""
        if _same(self._row, self._wanted):
            self._say(words)

    def _propose(self, row: Row) -> None:
        self._wanted = None
        if not _same(self._row, row):
            return
        self.proposal = self.proposals.find(Target.of(row.about), row.kind, self._shape(row))
        if self.proposal is None:
            self._say(tr("The library finds nothing to repair here."))
            return
        self._show_preview(self.proposal)
        self._say(_told(self.proposal, Target.of(row.about)))

    def _shape(self, row: Row) -> QgsGeometry:
        shape = QgsGeometry()
        if self.one_map is not None:
            shape.fromWkb(shape_of(shape_at(self.one_map, row)))
        return shape

    def _subject(self, row: Row) -> str:
        """Return the finding as the journal names it: kind, what it is about, and a point in it.

        It is asked for before the question: until the answer a build may have put another map in the place of this one.
        """
        spot = self._shape(row).pointOnSurface()
        where = spot.asPoint() if not spot.isEmpty() else QgsPointXY(0.0, 0.0)
        kind, _, about = row.about.partition("|")
        return FindingSpot(kind, about, where.x(), where.y()).text()

    def _show_preview(self, proposal: Proposal) -> None:
        self.clear_preview()
        band = QgsRubberBand(self._canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        line = on_map("good") if not proposal.reason else on_map("bad")
        area = QColor(line)
        area.setAlpha(90)
        band.setStrokeColor(line)
        band.setFillColor(area)
        band.setWidth(PREVIEW_WIDTH)
        band.setBrushStyle(Qt.BrushStyle.Dense4Pattern if proposal.reason else Qt.BrushStyle.SolidPattern)
        shape = geometry_to_map(proposal.shape, self.crs, self._canvas)
        if shape is not None:
            band.setToGeometry(shape)
        self._preview = band

    def _say(self, words: str) -> None:
        self._words = words
        self._draw()

    def _draw(self) -> None:
        if self._row is None or self.one_map is None:
            self._tab.show_html("")
            return
        entry = self.entry_of(self._row)
        told = [words for words in (_decided(entry) if entry else "", self._words) if words]
        head = "".join(f"<p><b>{escape(words)}</b></p>" for words in told)
        lines = "".join(
            f"<tr><td style='color:{quiet()};padding-right:10px;white-space:nowrap'>{escape(title)}</td>"
            f"<td>{escape(text)}</td></tr>"
            for title, text in details(self.one_map, self._row)
        )
        self._tab.show_html(f"{head}<table cellspacing='0' cellpadding='2'>{lines}</table>")


def _same(one: Row | None, other: Row | None) -> bool:
    return one is not None and other is not None and (one.table, one.fid) == (other.table, other.fid)


def _told(proposal: Proposal, target: Target) -> str:
    if proposal.reason:
        return tr("Not proposed: {why}", why=spoken(proposal.reason))
    values = {"area": number(proposal.area_m2), "code": proposal.cell}
    if not proposal.cell:
        what = tr("Proposed: {area} m² outside are cut off.", **values)
    elif target.agency:
        what = tr("Proposed: {area} m² go to grid {code}.", **values)
    else:
        what = tr("Proposed: {area} m² go to cell {code}.", **values)
    if proposal.people is None:
        who = tr("How many people live there is not known.")
    else:
        who = tr("People who live there: {people}.", people=f"{proposal.people:,.0f}")
    return ("" if language() == "zh" else " ").join((what, who, tr("Y accepts, N refuses.")))


def _decided(entry: Entry) -> str:
    values = {"who": entry.who, "why": entry.why, "value": entry.value}
    if entry.verb == ALLOW_GAP:
        if not entry.value:
            return tr("Allowed by {who}: {why}", **values)
        return tr("Allowed until {value} by {who}: {why}", **values)
    if entry.verb == ACCEPT_REPAIR:
        if not entry.value:
            return tr("Repair accepted by {who}, the land outside is cut off: {why}", **values)
        return tr("Repair accepted by {who}, cell {value} gets the land: {why}", **values)
    return tr("Repair refused by {who}: {why}", **values)
