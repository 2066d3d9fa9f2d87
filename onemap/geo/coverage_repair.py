"""Repair of a coverage: narrow gaps, overlaps and parts outside are closed, and every square metre moved is told.

How: the borders of all cells, taken apart where they touch or cross, divide the plane into faces. Faces that no cell or
that several cells hold, and that are narrow, are given to one of them whole; then every cell is put together from its
faces. So neighbours have their border in common point for point, and cells that nothing happens to stay bit for bit.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.domain.validity import as_day
from onemap.errors import CrsError, SchemaError
from onemap.geo.arrangement import Shapes
from onemap.geo.closing import RULES, Limits, Move, Place, Rule, close_places, find_places
from onemap.geo.coverage import CoverageReport, check_coverage, outline_of
from onemap.geo.dated import in_force
from onemap.geo.defects import mark_allowed, write_number
from onemap.geo.faces import Faces
from onemap.geo.home_areas import home_areas
from onemap.geo.partition import divide_plane
from onemap.geo.repair_intake import Ready, make_ready
from onemap.geo.repair_record import make_record
from onemap.geo.repair_tables import Land, Moved, change_table, count_people, move_table, refusal_table, take_people
from onemap.progress import Progress, silent
from onemap.translation import say

_ROUNDS = 5
"""More than one is needed only where rounding moved a corner."""
_WIDEST = 1000.0


@dataclass(frozen=True)
class RepairResult:
    """What `repair_coverage` did, and what it would not do.

    Attributes
    ----------
    cells
        The cells: rows, index, order, attributes and CRS as they came.
    changes
        One row a changed row of the cells, with its index, see `repair_coverage`.
    moves
        One row a place closed: ``kind`` (gap, overlap, outside, or crumb: cut off by closing one), ``area_m2``,
        ``from`` (tuple of codes), ``to`` (code, or None outside the parent), geometry; with people also ``people``.
    refused
        One row a defect that stays: ``kind area_m2 width_m cells reason`` and geometry.
    before, after
        The coverage before and after, as `check_coverage` finds it.
    record
        What `undo_repair` needs to undo the repair in another process.
    """

    cells: gpd.GeoDataFrame
    changes: pd.DataFrame
    moves: gpd.GeoDataFrame
    refused: gpd.GeoDataFrame
    before: CoverageReport
    after: CoverageReport
    record: pd.DataFrame
    _original: gpd.GeoSeries = field(repr=False)

    @property
    def ok(self) -> bool:
        """True where the cells now cover without any defect but allowed ones."""
        return self.after.ok

    @property
    def sentence(self) -> str:
        """The result in one English sentence."""
        return say(
            "places closed: {places} ({area} m2), cells changed: {cells}, defects left: {refused}",
            "en",
            places=len(self.moves),
            area=write_number(float(self.moves["area_m2"].sum())),
            cells=len(self.changes),
            refused=len(self.refused),
        )

    def undo(self) -> gpd.GeoDataFrame:
        """Return the cells with the geometries that came, to the last bit."""
        return self.cells.set_geometry(self._original.copy())


def repair_coverage(
    cells: gpd.GeoDataFrame,
    *,
    max_width_m: float,
    code: str = "cell_code",
    parent: Any = None,
    allowed: gpd.GeoDataFrame | None = None,
    max_change: float = 0.001,
    rule: Rule = "longest_border",
    within: gpd.GeoDataFrame | None = None,
    people: gpd.GeoDataFrame | None = None,
    weight: str | None = None,
    today: dt.date | None = None,
    as_of: Any = None,
    progress: Progress = silent,
) -> RepairResult:
    """Close gaps, overlaps and parts outside that are narrow; leave and list what is not.

    Parameters
    ----------
    cells
        Polygons; any index, any geometry column name, any CRS.
    max_width_m
        Only places into which no circle of this diameter fits are closed. Borders whose vertices differ are always
        given the same ones.
    code
        Column of the codes; where it is absent the index names the cells.
    parent
        The area that the cells shall cover, as in `check_coverage`; gaps at its border and parts outside are closed.
    allowed
        Allowed gaps, as in `check_coverage`; they stay open.
    max_change
        The most that a cell may gain and lose together, as a share of its area. A place that no cell may have within
        it stays.
    rule
        Who comes first: ``"longest_border"`` (of the cells beside a gap or claiming an overlap the one with the longest
        common border), ``"smallest_code"``, ``"largest_cell"`` or ``"smallest_cell"``; the smaller code where they
        are equal. Where the first may not have a place, the next one gets it. What lies outside goes to nobody.
    within
        Polygons of the level above, such as communities: where cells of the same one lie beside a place, no others
        come forward.
    people
        Points, such as households; who stands on land that moves is counted in ``changes``.
    weight
        Column of ``people`` to be summed, such as ``residents``; without it every point counts one.
    today
        The date by which ``until`` of ``allowed`` is judged; by default ``as_of``, else that of the clock.
    as_of
        Only cells and parents in force on this day, see `onemap.in_force`; by default all rows.

    Returns
    -------
    RepairResult
        ``changes`` has ``cell area_before_m2 area_after_m2 gained_m2 lost_m2 moved_m2 share places reason``, and
        with ``people`` also ``people_gained people_lost``; rows with nothing moved were given vertices of neighbours.

    Raises
    ------
    CrsError
        The cells have no CRS, or the parent, the allowed gaps, the areas or the people have none; the parent and the
        allowed gaps must have that of the cells.
    SchemaError
        There is no geometry column; width, share or rule is none; a column is missing.
    GeometryError
        The parent is no valid polygon.

    Notes
    -----
    A cell that is not valid takes part mended where that changes no more than ``max_change`` of it; otherwise it stays
    as it is, and only its neighbours give way. Cells with the same geometry stay so and are listed. A repair never
    splits a cell into wide parts nor makes one vanish.

    Examples
    --------
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_code": ["a", "b"]}, geometry=[box(0, 0, 10, 10), box(9.9, 0, 20, 10)], crs="EPSG:4548"
    ... )
    >>> repair = repair_coverage(cells, max_width_m=0.5, max_change=0.02)
    >>> repair.sentence
    'places closed: 1 (1 m2), cells changed: 1, defects left: 0'
    >>> repair.changes[["cell", "lost_m2"]].round(6).to_numpy().tolist(), repair.ok
    ([['b', 1.0]], True)
    >>> bool(repair.undo().geom_equals_exact(cells, 0).all())
    True
    """
    _check(cells, max_width_m, max_change, rule)
    cells, today = in_force(cells, as_of), today or as_day(as_of)
    parent = in_force(parent, as_of) if isinstance(parent, gpd.GeoDataFrame) else parent
    crs = CRS(cells.crs)
    outline = outline_of(parent, crs)
    standing = None if people is None else take_people(people, weight, crs)
    check: dict[str, Any] = {"code": code, "parent": parent, "allowed": allowed, "today": today}
    progress(0.02, "checking the coverage")
    before = check_coverage(cells, **check)
    progress(0.15, "closing gaps and overlaps")
    ready = make_ready(cells, code, max_change=max_change)
    homes = home_areas(None if within is None else in_force(within, as_of), ready.shapes, crs)
    limits = Limits(max_width_m, rule, max_change, ready.area, ready.fixed, ready.mended.copy(), homes)
    done = _Work(cells, ready, outline, limits, check).settle(progress)
    original = cells.geometry.copy()
    rows = done.rows
    affected = None if standing is None else count_people(done.moved.lands, standing)
    old, new = original.to_numpy(), done.cells.geometry.to_numpy()
    return RepairResult(
        done.cells,
        change_table(cells, done.cells, rows=rows, ready=ready, moved=done.moved, people=affected),
        move_table(done.moved.lands, ready, crs, people=affected),
        refusal_table(done.places, done.faces, ready=ready, limits=limits, after=done.after),
        before,
        done.after,
        make_record(ready.codes[rows].tolist(), old[rows], new[rows]),
        original,
    )


def _check(cells: Any, max_width_m: Any, max_change: Any, rule: Any) -> None:
    """Refuse what cannot be worked on."""
    if not isinstance(cells, gpd.GeoDataFrame) or cells.active_geometry_name is None:
        raise SchemaError("the {name} have no geometry column", name="cells")
    if cells.crs is None:
        raise CrsError("the cells have no coordinate system; declare it")
    if not isinstance(max_width_m, int | float | np.integer | np.floating) or not 0 <= max_width_m <= _WIDEST:
        raise SchemaError(
            "max_width_m is {value}; it must be a width from 0 to {most} m", value=max_width_m, most=int(_WIDEST)
        )
    if not isinstance(max_change, int | float | np.integer | np.floating) or not 0 <= max_change <= 1:
        raise SchemaError("max_change is {value}; it must be a share from 0 to 1", value=max_change)
    if rule not in RULES:
        raise SchemaError("rule is {value}; it must be one of {known}", value=rule, known=", ".join(RULES))


@dataclass(frozen=True)
class _Done:
    """The repaired cells with their proof, which rows changed, the land that moved, the places as last seen."""

    cells: gpd.GeoDataFrame
    rows: NDArray[np.intp]
    after: CoverageReport
    moved: Moved
    places: list[Place]
    faces: Faces


@dataclass(frozen=True)
class _Work:
    """Cells on the bench."""

    cells: gpd.GeoDataFrame
    ready: Ready
    outline: Any
    limits: Limits
    check: dict[str, Any]

    def settle(self, progress: Progress) -> _Done:
        """Close places until the proof finds those alone that were refused or are allowed."""
        count = len(self.ready.shapes)
        shapes, moved = self.ready.shapes.copy(), Moved([], np.zeros(count), np.zeros(count))
        changed = set(np.flatnonzero(self.ready.repaired).tolist())
        for turn in range(1, _ROUNDS + 1):
            plane = divide_plane(shapes, self.outline)
            faces = Faces(plane, count, CRS(self.cells.crs))
            places = find_places(faces)
            self._allow(places, faces)
            moves = close_places(faces, places, self.limits)
            moved.lands.extend(_land(move, faces) for move in moves)
            anew = {cell for move in moves for cell in _affected(move)}
            anew |= faces.lacking(set(plane.touched.tolist()) - anew - {count}, shapes)
            for cell in sorted(anew):
                shapes[cell] = faces.drawn(faces.held[cell])
                moved.gained[cell] += faces.gained(cell)
                moved.lost[cell] += faces.lost(cell)
            changed |= anew
            progress(0.15 + 0.8 * turn / (turn + 1), "checking the coverage")
            repaired, rows = self._put_back(shapes, changed)
            after = check_coverage(repaired, **self.check)
            if not anew or turn == _ROUNDS or _agree(after, places):
                break
        return _Done(repaired, rows, after, moved, places, faces)

    def _allow(self, places: list[Place], faces: Faces) -> None:
        """Mark the places that may stay open."""
        allowed, today = self.check["allowed"], self.check["today"]
        if allowed is None or not places:
            return
        shapes = gpd.GeoSeries([faces.drawn(place.faces) for place in places], crs=self.cells.crs)
        frame = gpd.GeoDataFrame({"kind": [place.kind for place in places]}, geometry=shapes)
        frame = frame.assign(allowed=False, allowed_until=pd.Series([None] * len(frame), dtype=object), reason="")
        mark_allowed(frame, allowed, today or dt.datetime.now(tz=dt.UTC).date())
        for place, lasts in zip(places, frame["allowed"], strict=True):
            place.allowed = bool(lasts)

    def _put_back(self, made: Shapes, changed: set[int]) -> tuple[gpd.GeoDataFrame, NDArray[np.intp]]:
        """Return the cells with their new geometries, and the positions of the rows that changed."""
        cells, ready = self.cells, self.ready
        shapes = cells.geometry.to_numpy().copy()
        kinds = shapely.get_type_id(shapes)
        rows = []
        for cell in sorted(changed):
            for row in [] if ready.fixed[cell] else ready.rows[cell].tolist():
                new = made[cell]
                many = kinds[row] == shapely.GeometryType.MULTIPOLYGON and new.geom_type == "Polygon"
                shapes[row] = shapely.multipolygons([new]) if many else new
                rows.append(row)
        column = gpd.GeoSeries(shapes, index=cells.index, crs=cells.crs, name=cells.geometry.name)
        return cells.copy().set_geometry(column), np.array(sorted(rows), dtype=np.intp)


def _affected(move: Move) -> set[int]:
    """Return the cells that a move changes: who claimed land and keeps it has changed in nothing."""
    return {*move.losers} | ({move.winner} if move.winner is not None and move.gained > 0 else set())


def _land(move: Move, faces: Faces) -> Land:
    return Land(move.kind, faces.drawn(move.faces), faces.size(move.faces), move.winner, move.lost, move.gained)


def _agree(after: CoverageReport, places: list[Place]) -> bool:
    """Return whether the proof finds as many places as were left, and no border drawn differently by neighbours."""
    counts = after.counts
    left = sum(place.allowed or place.refusal is not None for place in places)
    return not counts["mismatch"] and counts["gap"] + counts["overlap"] + counts["outside"] == left
