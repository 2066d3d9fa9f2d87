"""What a roster lists: rows that are no appointment, and cells that are wrong, each of them once."""

from collections.abc import Iterable
from dataclasses import dataclass

from onemap.translation import say

from .rejects import shown
from .roster_cells import Cell, fold
from .roster_sheets import Sheet

Fault = tuple[int, str, str, str]
"""Column of a cell (-1: the whole row), kind, what was found there, and what is wrong with it."""


@dataclass(frozen=True)
class Listed:
    """A row or a cell that is listed, with the reason; ``cell`` is blank where the whole row is meant."""

    sheet: str
    row: int
    column: int
    cell: str
    kind: str
    found: str
    reason: str
    removed: bool


class Listing:
    """The list of a roster."""

    def __init__(self) -> None:
        self.listed: list[Listed] = []
        self._merged: set[tuple[str, str, str, str]] = set()

    def row(self, sheet: str, number: int, kind: str, found: str, reason: str, *, removed: bool = True) -> None:
        """List a whole row."""
        self.listed.append(Listed(sheet, number, -1, "", kind, found, reason, removed))

    def faults(self, sheet: Sheet, number: int, cells: list[Cell], faults: Iterable[Fault], *, lost: bool) -> None:
        """List what is wrong with the cells of a row; ``lost`` says that there is no appointment in it.

        A cell is of all people of its row, and a merged one of several rows: it is listed in the first of them. Of the
        others only those are listed in which there is nothing else.
        """
        before = len(self.listed)
        again = ""
        for at, kind, found, reason in dict.fromkeys(faults):
            cell = sheet.cell(number, at) if at >= 0 else ""
            if ":" in cell:
                key = sheet.name, cell, kind, reason
                if key in self._merged:
                    again = again or cell
                    continue
                self._merged.add(key)
            self.listed.append(Listed(sheet.name, number, at, cell, kind, found, reason, lost))
        if lost and len(self.listed) == before:
            reason = say("no appointment in it: {cell} is wrong", cell=again) if again else say("no appointment in it")
            self.row(sheet.name, number, "unreadable", text_of(cells), reason)


def text_of(cells: Iterable[Cell]) -> str:
    """Return what stands in a row, each text once."""
    return shown(" | ".join(dict.fromkeys(filter(None, map(fold, cells)))))
