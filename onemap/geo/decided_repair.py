"""Land of a gap, an overlap or a part outside given to the cell that a person chose; nothing else moves.

How: as in `onemap.geo.coverage_repair` the borders of all cells divide the plane into faces, and the faces around a
spot that are held alike are its place. Only the cells that give or take are drawn anew, each from its own border and
that of the place; a neighbour of the place that lacks one of its vertices is given it. No width and no share limits
what a person decided, but no cell is cut into parts or vanishes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from onemap.domain.judged import NEAR_M
from onemap.geo.arrangement import Shapes
from onemap.geo.closing import Limits, Move, Place, apply_move, plan_move
from onemap.geo.coverage import outline_of
from onemap.geo.defects import write_number
from onemap.geo.faces import Faces
from onemap.geo.partition import divide_plane
from onemap.geo.repair_intake import Ready, make_ready
from onemap.geo.repair_tables import say_refusal
from onemap.translation import say

PLACES: Final = ("gap", "overlap", "outside")
NOT_BESIDE: Final = "{kind} of {area} m2: {cell} does not lie beside it, and would have two parts"
_MENDED: Final = 0.001
"""The most by which a geometry that is not valid may be mended, as a share of its area."""
_CRUMB_M: Final = 1e-6
"""Crumbs narrower than this are rounding, not land that a cell is cut into."""

Role = Literal["takes", "yields", "shares"]


@dataclass(frozen=True)
class Wish:
    """A decision: the place of this kind at a spot goes to a cell, or to none; without ``acts`` it stays as it is."""

    number: int
    kind: str
    x: float
    y: float
    to: str
    acts: bool = True


@dataclass(frozen=True)
class Given:
    """What became of a wish.

    Attributes
    ----------
    followed
        Whether the land is where the wish wants it.
    reason
        Why it is not, or that nothing was left to do; a sentence, or empty.
    later
        Number of the wish about the same place that counts instead.
    area_m2, took_from
        The land, and the codes of the cells that gave it.
    """

    followed: bool
    reason: str = ""
    later: int | None = None
    area_m2: float | None = None
    took_from: tuple[str, ...] = ()


def give_places(
    cells: gpd.GeoDataFrame, wishes: Sequence[Wish], *, code: str, parent: Any = None
) -> tuple[gpd.GeoDataFrame, dict[int, Given]]:
    """Give places of a coverage to the cells that people chose.

    Parameters
    ----------
    cells
        Polygons with a coordinate system.
    wishes
        In the order in which they were decided. Of several about one place the last counts, whether it acts or not.
    code
        Column of the codes.
    parent
        The area that the cells shall cover, as in `onemap.check_coverage`.

    Returns
    -------
    tuple
        The cells, rows, index and order as they came, and by number what became of each wish.

    Examples
    --------
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_code": ["a", "b"]}, geometry=[box(0, 0, 10, 10), box(8, 0, 20, 10)], crs="EPSG:4548"
    ... )
    >>> made, given = give_places(cells, [Wish(1, "overlap", 9, 5, "b")], code="cell_code")
    >>> made.area.tolist(), given[1].took_from
    ([80.0, 120.0], ('a',))
    """
    ready = make_ready(cells, code, max_change=_MENDED)
    faces = Faces(divide_plane(ready.shapes, outline_of(parent, CRS(cells.crs))), len(ready.shapes), CRS(cells.crs))
    bench = _Bench(ready, faces, CRS(cells.crs), ready.shapes.copy())
    regions = {wish.number: bench.region(wish) for wish in wishes}
    given = {}
    for place, wish in enumerate(wishes):
        region = regions[wish.number]
        later = [one.number for one in wishes[place + 1 :] if region and regions[one.number] == region]
        if later:
            given[wish.number] = Given(followed=False, later=later[-1])
        elif wish.acts:
            given[wish.number] = bench.give(wish, region)
    return _put_back(cells, bench), given


@dataclass
class _Bench:
    """Cells on the bench, with those drawn anew."""

    ready: Ready
    faces: Faces
    crs: CRS
    shapes: Shapes
    changed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._tree = shapely.STRtree(self.faces.plane.faces)
        self._limits = Limits(
            _CRUMB_M,
            "smallest_code",
            np.inf,
            self.ready.area,
            self.ready.fixed,
            np.zeros(len(self.shapes)),
        )

    def region(self, wish: Wish) -> frozenset[int]:
        """Return the faces of the place of a wish, as the check of a coverage joins them; none where there is none."""
        faces = self.faces
        for first in self._around(wish):
            if self._is(wish.kind, first):
                found, edge = set[int](), [first]
                while edge:
                    face = edge.pop()
                    if face not in found and faces.holders[face] == faces.holders[first] and self._is(wish.kind, face):
                        found.add(face)
                        edge.extend(faces.beside[face])
                return frozenset(found)
        return frozenset()

    def _is(self, kind: str, face: int) -> bool:
        """Return whether a face is wrong in this way; what several cells claim outside is so in two."""
        cells, outside = self.faces.holders[face], self.faces.outside[face]
        return {"gap": not cells and not outside, "overlap": len(cells) > 1, "outside": outside and bool(cells)}[kind]

    def _around(self, wish: Wish) -> list[int]:
        """Return the faces at a spot, the nearest first."""
        spot = shapely.Point(wish.x, wish.y)
        near = self._tree.query(spot, predicate="dwithin", distance=NEAR_M).tolist()
        far = shapely.distance(self.faces.plane.faces[near], spot).tolist() if near else []
        return [face for _, face in sorted(zip(far, near, strict=True))]

    def _named(self, code: str) -> list[int]:
        return [cell for cell, names in enumerate(self.ready.names) if code in map(str, names)] if code else []

    def _nothing_there(self, wish: Wish) -> Given:
        """Return that the land is where it shall be already, or that the place is no more."""
        wanted = frozenset(self._named(wish.to))
        around = [self.faces.holders[face] for face in self._around(wish)]
        spot = shapely.Point(wish.x, wish.y)
        if not self._tree.query(spot, predicate="intersects").size:
            around.append(frozenset())  # beyond all borders
        if wanted in around and bool(wanted) == bool(wish.to):
            text = "done already: {cell} has this land in the source" if wish.to else "done already in the source"
            return Given(followed=True, reason=say(text, "en", cell=wish.to))
        return Given(followed=False, reason=say("there is no such place any more", "en"))

    def give(self, wish: Wish, region: frozenset[int]) -> Given:
        """Carry a wish out, or say what forbids it."""
        left = frozenset(face for face in region if self._is(wish.kind, face))
        if not left:
            return self._nothing_there(wish)
        place = self._place(wish.kind, left)
        winners = self._named(wish.to)
        why = self._obstacle(wish, place, winners)
        moves: list[Move] = []
        if not why:
            moves, _, place.refusal = plan_move(self.faces, place, winners[0] if winners else None, self._limits)
            why = say_refusal(place, self.ready, self._limits) if place.refusal else ""
        if why:
            return Given(followed=False, reason=why, area_m2=place.area)
        self._carry_out(moves, winners[0] if winners else None)
        took = tuple(str(name) for name in self.ready.named(moves[0].losers))
        return Given(followed=True, area_m2=place.area, took_from=took)

    def _place(self, kind: str, region: frozenset[int]) -> Place:
        holders = frozenset().union(*(self.faces.holders[face] for face in region))
        return Place(kind, region, tuple(sorted(holders)), self.faces.size(region), self.faces.measured(region))

    def _obstacle(self, wish: Wish, place: Place, winners: list[int]) -> str:
        """Return why a cell cannot have a place; empty where nothing speaks against it."""
        if wish.to and wish.kind == "outside":
            return say("what lies outside can go to no cell", "en")
        if not wish.to:
            return say("no cell is named that gets the land", "en") if wish.kind == "gap" else ""
        if not winners:
            return say("there is no cell {cell} any more", "en", cell=wish.to)
        if len(winners) > 1:
            return say("several rows have the code {cell}", "en", cell=wish.to)
        beside = self.faces.borders(place.faces).get(winners[0], 0.0) > _CRUMB_M
        if winners[0] not in place.cells and not beside:
            return say(NOT_BESIDE, "en", kind=wish.kind, area=write_number(place.area), cell=wish.to)
        return ""

    def _carry_out(self, moves: list[Move], winner: int | None) -> None:
        """Let the land of a plan change hands, and draw whom it concerns."""
        land = frozenset().union(*(move.faces for move in moves))
        for move in moves:
            apply_move(self.faces, move)
        drawn = self.faces.drawn(land)
        anew: dict[int, Role] = {cell: "yields" for move in moves for cell in move.losers}
        if winner is not None:
            if any(move.gained > 0 for move in moves):
                anew[winner] = "takes"
            anew |= {cell: "shares" for cell in self._lacking(land, winner) if cell not in anew}
        for cell, role in sorted(anew.items()):
            self.shapes[cell] = self._drawn(cell, drawn, role)
            self.changed.add(cell)

    def _lacking(self, land: frozenset[int], winner: int) -> list[int]:
        """Return the cells at the rim of land that lack a vertex of a border with its new holder."""
        plane, among = self.faces.plane, np.array(sorted(land), dtype=np.int64)
        edges = plane.edges_of(among)
        inner = np.isin(plane.left[edges], among)
        rim = inner != np.isin(plane.right[edges], among)
        beyond = np.where(inner, plane.right[edges], plane.left[edges])[rim]
        needed: dict[int, set[tuple[float, ...]]] = {}
        for face, (west, south, east, north) in zip(beyond.tolist(), plane.ends[edges[rim]].tolist(), strict=True):
            holders = self.faces.holders[face] if face >= 0 else frozenset()
            if len(holders) == 1 and winner not in holders:
                for cell in (*holders, winner):
                    needed.setdefault(cell, set()).update([(west, south), (east, north)])
        return [
            cell
            for cell, corners in sorted(needed.items())
            if not self.ready.fixed[cell]
            and not corners <= set(map(tuple, shapely.get_coordinates(self.shapes[cell]).tolist()))
        ]

    def _drawn(self, cell: int, land: Any, role: Role) -> Any:
        """Return a cell with land, without it, or with the land's vertices on its border; its other border stays."""
        plane = divide_plane(np.array([self.shapes[cell], land], dtype=object))
        wanted = [
            face
            for face, cover in enumerate(plane.covers)
            if (0 in cover or (role == "takes" and cover)) and not (role == "yields" and 1 in cover)
        ]
        shape = Faces(plane, 2, self.crs).drawn(wanted)
        parts = len(self.faces.parts(self.faces.held[cell]))
        if shapely.get_num_geometries(shape) != parts:  # rounding left a crumb: the faces of all cells leave none
            return self.faces.drawn(self.faces.held[cell])
        return shape


def _put_back(cells: gpd.GeoDataFrame, bench: _Bench) -> gpd.GeoDataFrame:
    """Return the cells, those drawn anew with their new geometry."""
    if not bench.changed:
        return cells
    shapes: Shapes = cells.geometry.to_numpy().copy()
    for cell in sorted(bench.changed):
        new = bench.shapes[cell]
        for row in bench.ready.rows[cell].tolist():
            many = shapes[row].geom_type == "MultiPolygon" and new.geom_type == "Polygon"
            shapes[row] = shapely.multipolygons([new]) if many else new
    return cells.set_geometry(gpd.GeoSeries(shapes, index=cells.index, crs=cells.crs, name=cells.geometry.name))
