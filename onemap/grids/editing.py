"""A division of cells into grids, edited step by step: move, split, merge, each taken back exactly."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from onemap.domain.validity import as_day
from onemap.errors import GeometryError, SchemaError, some
from onemap.geo.dated import in_force
from onemap.progress import Progress, silent

from .cell_making import CellMaker, read_frames
from .cutting import added_corners, as_line, cut, joined, with_corners
from .division_frames import dated_cells
from .division_state import Cell, Change, State
from .edit_rules import Broken, EditRules, broken_rules, findings_table, in_order
from .fresh_codes import Numbering
from .lineage import LINEAGE, MERGE, MOVED, SPLIT, Link, lineage_table

LINEAGE_COLUMNS: Final = ("what", "cell", *LINEAGE[1:])


@dataclass(frozen=True)
class Operation:
    """One edit that was made.

    Attributes
    ----------
    what
        ``moved``, ``split`` or ``merge``.
    before, after
        Codes of the cells that it took and that it made.
    when, who, why
        The day from which it holds, who made it, the reason given.
    new_findings, gone_findings
        Rules that are broken since, and that are not broken any more, as sentences.
    """

    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    when: dt.date
    who: str
    why: str
    new_findings: tuple[str, ...] = ()
    gone_findings: tuple[str, ...] = ()
    links: tuple[tuple[str, Link], ...] = field(default=(), repr=False)
    change: Change = field(default=Change((), ()), repr=False)


class Division:
    """Cells and the grids that they form, open for editing.

    Nothing is refused because it breaks a rule: what is broken stands in `findings` and in the operation that broke it.
    Every operation can be taken back; with all of them taken back, `cells` and `groups` are the input, exactly.

    Parameters
    ----------
    cells
        Polygons with a unique code; any index, any CRS. Borders that neighbours share should have the same corners.
    groups
        The grid of each cell: a column of ``cells``, or a series on their index; missing for none.
    loads
        What is added up: columns of ``cells``, a series or a frame on their index; with ``places``, columns of those
        (or nothing: places are counted).
    code
        Column of the codes.
    community
        Column of the community that each cell lies in; where it is absent, communities are not looked at.
    places
        Points or houses that carry the loads: a split then counts them instead of sharing out by area.
    rules
        What the division shall keep, see `EditRules`.
    profile
        Code profile by which new cells are numbered; see `onemap.grids.fresh_codes.Numbering` for what holds without.
    withdrawn
        Codes given earlier that no cell has any more; they are never given again.
    clock
        Returns the day of an edit for which no ``when`` is given; by default the computer's.
    who
        Who edits, for the lineage.
    as_of
        Only cells in force on this day are taken.
    progress
        Called with the share done and what is being done while the cells are opened.

    Raises
    ------
    SchemaError
        Codes are missing or repeated, a column is absent, a load is no number, or a limit names no load.
    CrsError
        The cells have no coordinate system.
    GeometryError
        A cell is no polygon, or not valid.

    Examples
    --------
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_code": ["C01", "C02", "C03"], "grid": ["g1", "g1", "g2"], "households": [200, 150, 90]},
    ...     geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10), box(20, 0, 30, 10)],
    ...     crs="EPSG:4548",
    ... )
    >>> edit = Division(cells, "grid", loads="households", clock=lambda: dt.date(2026, 7, 1))
    >>> made = edit.move("C02", "g2")
    >>> edit.totals["households"].to_dict()
    {'g1': 200.0, 'g2': 240.0}
    >>> edit.split("C03", [(25, -5), (25, 15)]).after
    ('C04', 'C05')
    >>> undone = edit.undo(), edit.undo()
    >>> edit.cells.equals(cells)
    True
    """

    def __init__(
        self,
        cells: gpd.GeoDataFrame,
        groups: str | pd.Series | None = None,
        *,
        loads: Any = None,
        code: str = "cell_code",
        community: str = "parent_code",
        places: gpd.GeoDataFrame | None = None,
        rules: EditRules | None = None,
        profile: str | None = None,
        withdrawn: Iterable[str] = (),
        clock: Callable[[], dt.date] = dt.date.today,
        who: str = "",
        as_of: Any = None,
        progress: Progress = silent,
    ) -> None:
        self.rules = rules or EditRules()
        self._clock, self._who = clock, who
        self._frames = read_frames(in_force(cells, as_of), groups, code, community)
        progress(0.1, "counting what each cell holds")
        self._maker = CellMaker.of(self._frames, loads, places, Numbering(profile))
        self._names = self._maker.names
        self.rules.check(self._names)
        first = self._maker.first_cells()
        progress(0.5, "looking for the neighbours of each cell")
        self._state = State.of(first)
        progress(0.9, "adding up the grids")
        self._given = {*map(str, withdrawn), *self._state.cells}
        self._done: list[Operation] = []
        self._undone: list[Operation] = []
        self._totals: dict[str | None, dict[str, float]] = {}
        self._broken: dict[str | None, list[Broken]] = {}
        self._recount({cell.group for cell in self._state.cells.values()} | {None})

    # what it is now

    @property
    def cells(self) -> gpd.GeoDataFrame:
        """The cells as they are now: input rows first, in their order, then new ones; columns and CRS of the input."""
        return self._frames.cells_of(self._state.cells.values(), self._names, self._days())

    @property
    def codes(self) -> list[str]:
        """Codes of the cells as they are now."""
        return list(self._state.cells)

    def cell(self, code: str) -> Cell | None:
        """Return one cell as it is now, without a frame of all of them; None where there is no such cell."""
        return self._state.cells.get(code)

    @property
    def groups(self) -> pd.Series:
        """The grid of each cell, on the index of `cells`."""
        return self._frames.groups_of(self._state.cells.values())

    @property
    def totals(self) -> pd.DataFrame:
        """What each grid adds up to: ``cells area_m2 parts`` and the loads; the index holds the grids, in order."""
        rows = {g: total for g, total in self._totals.items() if g is not None}
        table = pd.DataFrame.from_dict(dict(sorted(rows.items())), orient="index")
        table = table.reindex(columns=["cells", "area_m2", "parts", *self._names])
        return table.astype({"cells": "int64", "parts": "int64"}).rename_axis("group")

    @property
    def findings(self) -> gpd.GeoDataFrame:
        """The rules that are broken now: ``rule group cells measure threshold reason geometry``."""
        return findings_table(self._all_broken(), self._state, self._frames.cells.crs)

    @property
    def broken(self) -> list[Broken]:
        """The rules that are broken now, in the order of `findings`, without the land concerned."""
        return in_order(self._all_broken())

    @property
    def lineage(self) -> pd.DataFrame:
        """What became of what: one row a line of descent, in the order of the edits; ``cell`` is the one that moved."""
        tables = []
        for made in self._done:
            table = lineage_table([link for _, link in made.links], when=made.when, who=made.who, why=made.why)
            table.insert(1, "cell", [cell for cell, _ in made.links])
            tables.append(table)
        empty = pd.DataFrame(columns=list(LINEAGE_COLUMNS))
        return pd.concat(tables, ignore_index=True) if tables else empty

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The edits made and not taken back, the first first."""
        return tuple(self._done)

    @property
    def history(self) -> gpd.GeoDataFrame:
        """The cells of now and those that edits withdrew, with ``valid_from`` and ``valid_to``; see `in_force`."""
        changes = [(made.when, made.change) for made in self._done]
        return dated_cells(self._frames, self._state.cells.values(), changes)

    # edits

    def move(
        self,
        cell: str,
        to: str | None,
        *,
        create: bool = False,
        when: Any = None,
        who: str | None = None,
        why: str = "",
    ) -> Operation:
        """Move a cell to another grid (None: to no grid); ``create`` allows a grid that is not there yet.

        Raises
        ------
        SchemaError
            There is no such cell or grid, or the cell is there already.
        """
        old = self._cell(cell)
        if to == old.group:
            raise SchemaError("{cell} is in {group} already", cell=cell, group=to if to is not None else "-")
        if to is not None and to not in self._totals and not create:
            known = some(sorted(g for g in self._totals if g is not None))
            raise SchemaError("there is no grid {group}; known are {known}", group=to, known=known)
        new = replace(old, group=to)
        link = Link(MOVED, old.group or "", to or "", old.area_m2, *self._shares(old, to))
        return self._do(MOVED, Change((old,), (new,)), [(cell, link)], when=when, who=who, why=why)

    def split(
        self,
        cell: str,
        line: Any,
        *,
        codes: Sequence[str] | None = None,
        when: Any = None,
        who: str | None = None,
        why: str = "",
    ) -> Operation:
        """Split a cell by a line (a geometry in the CRS of the cells, or its coordinates).

        The parts get new codes in reading order, or ``codes``; the old code is withdrawn. Where the line meets a
        border, the neighbour gets the same corner, so that the coverage stays free of mismatches.

        Raises
        ------
        SchemaError
            There is no such cell, or the codes do not do.
        GeometryError
            The line does not cut the cell through.
        """
        old = self._cell(cell)
        shapes = cut(old.geometry, as_line(line))
        if len(shapes) <= 1:
            raise GeometryError("the line does not cut {cell} through; it must enter and leave it", cell=cell)
        shapes, named = self._maker.named(old, shapes, codes, self._taken)
        parts = self._maker.made([old], dict(zip(named, shapes, strict=True)), old.group, len(self._done))
        corners = added_corners(old.geometry, shapes)
        around = [self._state.cells[code] for code in sorted(self._state.near[cell])]
        fitted = [(other, with_corners(other.geometry, corners)) for other in around]
        changed = [(other, replace(other, geometry=shape)) for other, shape in fitted if shape is not other.geometry]
        change = Change((old, *(a for a, _ in changed)), (*parts, *(b for _, b in changed)))
        links = [
            (
                "",
                Link(SPLIT, cell, p.code, p.area_m2, p.area_m2 / old.area_m2, 1.0, self._maker.how_shared),
            )
            for p in parts
        ]
        return self._do(SPLIT, change, links, when=when, who=who, why=why)

    def merge(
        self,
        cells: Iterable[str],
        *,
        to: str | None = None,
        code: str | None = None,
        when: Any = None,
        who: str | None = None,
        why: str = "",
    ) -> Operation:
        """Merge cells into one with a new code; it belongs to ``to``, else to the grid of the largest of them.

        Raises
        ------
        SchemaError
            There are fewer than two cells, one is not there, or the grid or the code does not do.
        """
        olds = sorted((self._cell(c) for c in dict.fromkeys(cells)), key=lambda c: (-c.area_m2, c.code))
        if len(olds) <= 1:
            raise SchemaError("at least two cells are needed to merge")
        if to is not None and to not in self._totals:
            known = some(sorted(g for g in self._totals if g is not None))
            raise SchemaError("there is no grid {group}; known are {known}", group=to, known=known)
        whole = [joined([c.geometry for c in olds])]
        _, (named,) = self._maker.named(olds[0], whole, None if code is None else [code], self._taken)
        group = to if to is not None else olds[0].group
        (new,) = self._maker.made(olds, {named: whole[0]}, group, len(self._done))
        links = [("", Link(MERGE, c.code, new.code, c.area_m2, 1.0, c.area_m2 / new.area_m2)) for c in olds]
        return self._do(
            MERGE, Change(tuple(olds), (new,)), sorted(links, key=lambda k: k[1].before), when=when, who=who, why=why
        )

    def undo(self) -> Operation | None:
        """Take the last edit back; return it, or None where there is none."""
        if not self._done:
            return None
        last = self._done.pop()
        self._undone.append(last)
        self._recount(self._state.apply(last.change.reverse))
        return last

    def redo(self) -> Operation | None:
        """Make the edit again that was taken back last; return it, or None where there is none."""
        if not self._undone:
            return None
        again = self._undone.pop()
        self._recount(self._state.apply(again.change))
        self._done.append(again)
        return again

    # how

    def _do(
        self, what: str, change: Change, links: list[tuple[str, Link]], *, when: Any, who: str | None, why: str
    ) -> Operation:
        day = as_day(when) or self._clock()
        before = {b.reason for b in self._all_broken()}
        self._recount(self._state.apply(change))
        after = {b.reason for b in self._all_broken()}
        out = tuple(dict.fromkeys(link.before if what != MOVED else cell for cell, link in links))
        into = tuple(dict.fromkeys(link.after if what != MOVED else cell for cell, link in links))
        self._done.append(
            Operation(
                what, out, into, day, self._who if who is None else who, why,
                tuple(sorted(after - before)), tuple(sorted(before - after)), tuple(links), change,
            )
        )  # fmt: skip
        self._undone.clear()
        return self._done[-1]

    def _recount(self, groups: set[str | None]) -> None:
        """Count the groups that an edit touched; one that an undone edit had created is forgotten."""
        kept = {*self._frames.known_groups, *(g for made in self._done for c in made.change.into for g in [c.group])}
        for group in groups:
            if group is not None and group not in kept and not self._state.members.get(group):
                self._totals.pop(group, None)
                self._broken.pop(group, None)
                continue
            total = self._state.total(group, self._names)
            self._totals[group] = total
            self._broken[group] = broken_rules(self._state, group, total, self.rules)

    def _all_broken(self) -> list[Broken]:
        without = {None} if not self._frames.known_groups and len(self._totals) <= 1 else set()
        return [b for g, rows in self._broken.items() for b in rows if not (g in without and b.rule == "unassigned")]

    def _cell(self, code: str) -> Cell:
        found = self._state.cells.get(str(code))
        if found is None:
            raise SchemaError("there is no cell {code}", code=code)
        return found

    def _shares(self, cell: Cell, to: str | None) -> tuple[float, float]:
        """Return the share of a cell in the grid that it leaves, and in the one that it comes to."""
        left = self._totals[cell.group]["area_m2"]
        there = self._totals.get(to, {"area_m2": 0.0})["area_m2"] + cell.area_m2
        return cell.area_m2 / left if left else 0.0, cell.area_m2 / there if there else 0.0

    @property
    def _taken(self) -> set[str]:
        """All codes ever given: of the input, withdrawn before, made by edits that stand."""
        return {*self._given, *(c.code for made in self._done for c in made.change.into)}

    def _days(self) -> dict[int, dt.date]:
        return {number: made.when for number, made in enumerate(self._done)}
