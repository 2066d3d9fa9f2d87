"""The land of a district in pieces on which nothing differs: which grids, roads and compounds claim each.

The plane is divided by the borders of everything that duties are tied to (`onemap.geo.partition`), so a piece lies
wholly inside or wholly outside of each of them; what holds for a point inside holds for the piece.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.domain.conditions import IN_COMPOUND, ON_ROAD
from onemap.domain.duties import ROAD
from onemap.geo.edges import Floats, Ints, bundle_edges, polygon_edges, resolution, ringed
from onemap.geo.line_faces import polygons_between
from onemap.geo.noding import node_edges
from onemap.responsibility.areas import Areas, Grid, Roads, Rows
from onemap.responsibility.land import COMPOUND, Land, asks

Shapes = NDArray[Any]


@dataclass(frozen=True)
class Claims:
    """Which grids of one channel claim each piece.

    Attributes
    ----------
    grids
        All grids of the channel.
    of
        For each piece the place of its claimants in ``several``.
    several
        The distinct sets of claimants, none first.
    """

    grids: list[Grid]
    of: Ints
    several: list[Rows]
    _at: dict[int, Ints] = field(default_factory=dict, repr=False)

    def rows(self, piece: int) -> Rows:
        """Return the grids that claim a piece."""
        return self.several[self.of[piece]]

    def at(self, position: int) -> Ints:
        """Return for each of ``several`` the claimant at a position, -1 where there is none."""
        if position not in self._at:
            rows = [rows[position] if len(rows) > position else -1 for rows in self.several]
            self._at[position] = np.array(rows, dtype=np.int64)
        return self._at[position]

    @cached_property
    def first(self) -> Ints:
        """For each piece its first claimant, -1 where there is none."""
        return self.at(0)[self.of]

    @cached_property
    def rank(self) -> Ints:
        """For each grid the place of its code among all codes in their order."""
        codes = [grid.code for grid in self.grids]
        place = {code: number for number, code in enumerate(sorted(set(codes)))}
        return np.array([place[code] for code in codes], dtype=np.int64)


class Ground:
    """The pieces of land on one day.

    Parameters
    ----------
    land
        The layers.
    day
        Ordinal of the day.
    channels
        Channels that duties come by, besides the levels.
    facts
        Facts that conditions ask about.
    """

    def __init__(self, land: Land, day: int, *, channels: AbstractSet[str], facts: AbstractSet[str]) -> None:
        self.day: Final = day
        names = [name for name in land.channels if name != ROAD and (name in channels or name in land.levels)]
        layers: dict[str, Areas | Roads] = {name: land.areas(name, day) for name in names}
        if land.roads is not None and (ROAD in channels or asks(facts, ROAD)):
            layers[ROAD] = land.roads.at(day)
        if land.compounds is not None and asks(facts, COMPOUND):
            layers[COMPOUND] = land.compounds.at(day)
        shapes = {name: _shapes(layer) for name, layer in layers.items()}
        if ROAD in shapes:
            shapes[ROAD] = _in_system_of_cells(land, shapes[ROAD])
        self.shapes, self.claims = _divided(shapes, {name: layer.grids for name, layer in layers.items()})
        self._take_chain(land, layers)
        self.levels: Final = land.levels

    def _take_chain(self, land: Land, layers: dict[str, Any]) -> None:
        """Let the grids of the levels be those named by the codes of the parents, where they name any."""
        for fine, coarse in zip(land.levels[:0:-1], land.levels[-2::-1], strict=True):
            below, here = self.claims[fine], self.claims[coarse]
            above = [land.above(layers[fine], rows, layers[coarse]) for rows in below.several]
            by_code = np.array([bool(rows) for rows in above], dtype=bool)[below.of]
            self.claims[coarse] = _interned(
                here.grids,
                [above[below.of[n]] if by_code[n] else here.rows(n) for n in range(len(self.shapes))],
            )

    @cached_property
    def area(self) -> Floats:
        """Area of each piece in the units of the cells' system."""
        return np.asarray(shapely.area(self.shapes), dtype=np.float64)

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Whether a grid of any level holds a piece."""
        held = np.zeros(len(self.shapes), dtype=bool)
        for level in self.levels:
            held |= self.claims[level].first >= 0
        return held

    @cached_property
    def points(self) -> Shapes:
        """A point inside each piece."""
        return np.asarray(shapely.point_on_surface(self.shapes), dtype=object)

    def facts(self, channel: str, rows: Rows) -> frozenset[str]:
        """Return the facts that hold where these grids of a channel claim a piece."""
        grids = self.claims[channel].grids
        found = {fact for row in rows for fact in grids[row].facts}
        word = {ROAD: ON_ROAD, COMPOUND: IN_COMPOUND}.get(channel)
        return frozenset(found | {word} if word and rows else found)

    def union(self, pieces: Ints) -> Any:
        """Return pieces as one shape."""
        if len(pieces) == 1:
            return self.shapes[pieces[0]]
        return shapely.coverage_union_all(self.shapes[pieces])

    def holding(self, points: Shapes, *, finest: str) -> Ints:
        """Return for each point the piece that holds it, -1 for none; on a border that of the smallest code."""
        tree = shapely.STRtree(points)
        piece, point = tree.query(self.shapes, predicate="intersects")
        order = np.lexsort((self.claims[finest].first[piece], point))[::-1]
        found = np.full(len(points), -1, dtype=np.int64)
        found[point[order]] = piece[order]
        return found


def _shapes(layer: Areas | Roads) -> Shapes:
    """Return the shape of each grid of a layer: polygons, valid ones."""
    found = layer.zones if isinstance(layer, Roads) else layer.locator.geometry
    shapes = np.array(found, dtype=object)
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return shapes


def _in_system_of_cells(land: Land, shapes: Shapes) -> Shapes:
    back = land.from_metric
    if back is None:
        return shapes
    return np.asarray(
        shapely.transform(shapes, lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1]))), dtype=object
    )


def _divided(shapes: dict[str, Shapes], grids: dict[str, list[Grid]]) -> tuple[Shapes, dict[str, Claims]]:
    """Return the pieces, and for each channel which of its grids claim each."""
    channel = np.concatenate([np.full(len(found), at) for at, found in enumerate(shapes.values())] or [np.empty(0)])
    row = np.concatenate([np.arange(len(found)) for found in shapes.values()] or [np.empty(0, dtype=np.int64)])
    every = np.concatenate(list(shapes.values())) if shapes else np.empty(0, dtype=object)
    there = ~(shapely.is_empty(every) | shapely.is_missing(every))
    channel, row, every = channel[there], row[there], every[there]
    pieces = _faces(every)
    inside = shapely.STRtree(shapely.point_on_surface(pieces))
    shape, piece = inside.query(every, predicate="intersects")  # the shapes are prepared, each once
    covered = np.unique(piece)
    place = np.full(len(pieces), -1, dtype=np.int64)
    place[covered] = np.arange(len(covered))
    claims = {}
    for at, name in enumerate(shapes):
        mine = channel[shape] == at
        claims[name] = _claims(grids[name], len(covered), place[piece[mine]], row[shape[mine]])
    return pieces[covered], claims


def _faces(shapes: Shapes) -> Shapes:
    """Return the plane divided by the borders of polygons."""
    if not len(shapes):
        return shapes
    reach = resolution(shapely.total_bounds(shapes))
    noded = node_edges(polygon_edges(shapes), reach=reach, ringed=ringed(shapes))
    return polygons_between(bundle_edges(noded.edges).ends)


def _claims(grids: list[Grid], count: int, piece: Ints, row: Ints) -> Claims:
    """Return claims from pairs of piece and grid; the smallest code first."""
    place = np.empty(len(grids), dtype=np.int64)
    place[sorted(range(len(grids)), key=lambda at: grids[at].code)] = np.arange(len(grids))
    order = np.lexsort((place[row], piece)) if len(row) else np.empty(0, dtype=np.int64)
    piece, row = piece[order], row[order]
    found, start, times = np.unique(piece, return_index=True, return_counts=True)
    several: list[Rows] = [(), *((at,) for at in range(len(grids)))]
    of = np.zeros(count, dtype=np.int64)
    of[found] = row[start] + 1
    known: dict[Rows, int] = {}
    for which in np.flatnonzero(times > 1):
        rows = tuple(row[start[which] : start[which] + times[which]].tolist())
        if rows not in known:
            known[rows] = len(several)
            several.append(rows)
        of[found[which]] = known[rows]
    return Claims(grids, of, several)


def _interned(grids: list[Grid], rows_of: Iterable[Rows]) -> Claims:
    """Return claims from the claimants of each piece."""
    known: dict[Rows, int] = {(): 0}
    of = [known.setdefault(rows, len(known)) for rows in rows_of]
    return Claims(grids, np.array(of, dtype=np.int64), list(known))
