"""Closing narrow gaps and overlaps: which cell gets the land, and what forbids it.

The places are taken from the smallest to the largest. For each the cells come forward in the order of a rule, and the
first one that may have it gets it whole. A cell may not if any cell would change by more than its share, would be
cut into wide parts, or would vanish.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import numpy as np
import shapely

from onemap.geo.arrangement import Shapes, inscribed_width, is_narrow
from onemap.geo.edges import Bools, Floats
from onemap.geo.faces import Faces
from onemap.geo.home_areas import HomeAreas

Rule = Literal["longest_border", "smallest_code", "largest_cell", "smallest_cell"]
RULES: Final = ("longest_border", "smallest_code", "largest_cell", "smallest_cell")

TOO_WIDE: Final = "{kind} of {area} m2, {width} m wide: only what is narrower than {most} m is closed"
TOO_MUCH: Final = (
    "{kind} of {area} m2: closing it would change {cell} by {share} percent, and {most} percent is the most"
)
TOO_MANY: Final = "{kind} of {area} m2: closing it would cut {cell} into parts"
NOTHING_LEFT: Final = "{kind} of {area} m2: closing it would leave nothing of {cell}"
NOT_TO_CHANGE: Final = "{kind} of {area} m2: closing it would change {cell}, whose geometry is not valid"
NO_NEIGHBOUR: Final = "{kind} of {area} m2: no cell lies beside it"

_TRIFLE: Final = 1e-6
"""Metres below which two borders are equally long: then the smaller code comes first."""


@dataclass(frozen=True)
class Refusal:
    """Why a place stays as it is: a sentence's template and the cell that it speaks of."""

    template: str
    cell: int | None = None
    share: float = 0.0


@dataclass
class Place:
    """A gap, an overlap or a part outside: connected faces with the same cells above."""

    kind: str
    faces: frozenset[int]
    cells: tuple[int, ...]
    area: float
    shape: Any
    """In the metric system."""
    allowed: bool = False
    width: float = float("nan")
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Move:
    """Land that changed hands: a place closed, or a crumb that was cut off by closing one."""

    kind: str
    faces: frozenset[int]
    losers: tuple[int, ...]
    winner: int | None
    lost: Mapping[int, float] = field(default_factory=dict)
    """Square metres that each loser held and holds no longer."""
    gained: float = 0.0
    """Square metres that the winner did not hold before."""


@dataclass
class Limits:
    """What the repair may do, and how much of it is used up.

    Attributes
    ----------
    width_m
        Places into which a circle of this diameter fits stay.
    rule
        The order in which cells come forward.
    max_change
        The most that a cell may gain and lose together, as a share of its area.
    area
        Square metres of each cell as it came.
    fixed
        Cells that must not change.
    moved
        Square metres that each has gained and lost.
    homes
        Areas of the level above: where cells of the same one lie beside a place, no others come forward.
    """

    width_m: float
    rule: Rule
    max_change: float
    area: Floats
    fixed: Bools
    moved: Floats
    homes: HomeAreas | None = None

    def refuses(self, changes: dict[int, float]) -> Refusal | None:
        """Return why cells must not change by so many square metres, or None."""
        for cell, change in sorted(changes.items()):
            if self.fixed[cell]:
                return Refusal(NOT_TO_CHANGE, cell)
            if self.moved[cell] + change > self.max_change * self.area[cell]:
                return Refusal(TOO_MUCH, cell, 100 * (self.moved[cell] + change) / self.area[cell])
        return None


def find_places(faces: Faces) -> list[Place]:
    """Return all gaps, overlaps and parts outside, the smallest first."""
    kinds = [_kind(cells, outside=out) for cells, out in zip(faces.holders, faces.outside, strict=True)]
    left = {face for face, kind in enumerate(kinds) if kind}
    found = []
    while left:
        first = min(left)
        region, edge = set[int](), [first]
        while edge:
            face = edge.pop()
            if face not in left or kinds[face] != kinds[first] or faces.holders[face] != faces.holders[first]:
                continue
            left.discard(face)
            region.add(face)
            edge.extend(faces.beside[face])
        shape = faces.measured(region)
        cells = tuple(sorted(faces.holders[first]))
        found.append(Place(kinds[first], frozenset(region), cells, faces.size(region), shape))
    return sorted(found, key=lambda p: (round(p.area, 9), *shapely.bounds(p.shape).tolist(), p.cells))


def _kind(cells: frozenset[int], *, outside: bool) -> str:
    if outside:
        return "outside" if cells else ""
    return "gap" if not cells else "overlap" if len(cells) > 1 else ""


def close_places(faces: Faces, places: Sequence[Place], limits: Limits) -> list[Move]:
    """Close what may be closed; what may not keeps its refusal.

    Closing one place can free another that was not to be closed because it would have cut a cell: so they are gone
    through again until nothing changes.
    """
    shapes = np.empty(len(places), dtype=object)
    shapes[:] = [p.shape for p in places]
    for place, narrow, width in zip(places, is_narrow(shapes, limits.width_m), _widths(shapes), strict=True):
        place.width = width
        place.refusal = None if narrow else Refusal(TOO_WIDE)
    todo = [place for place in places if place.refusal is None and not place.allowed]
    moves: list[Move] = []
    while todo:
        left = []
        for place in todo:
            done = _close(faces, place, limits)
            moves += done
            if not done:
                left.append(place)
        if len(left) == len(todo):
            break
        todo = left
    return moves


def _widths(shapes: Shapes) -> Floats:
    return inscribed_width(shapes) if len(shapes) else np.zeros(0)


def _close(faces: Faces, place: Place, limits: Limits) -> list[Move]:
    """Give a place to the first cell that may have it; return what moved, nothing where none may."""
    place.refusal = None
    for winner in _candidates(faces, place, limits):
        moves, changes, refusal = plan_move(faces, place, winner, limits)
        if refusal is None:
            for move in moves:
                apply_move(faces, move)
            for cell, area in changes.items():
                limits.moved[cell] += area
            place.refusal = None
            return moves
        place.refusal = place.refusal or refusal
    place.refusal = place.refusal or Refusal(NO_NEIGHBOUR)
    return []


def _candidates(faces: Faces, place: Place, limits: Limits) -> list[int | None]:
    """Return who may get a place, in the order of the rule; what lies outside goes to nobody."""
    if place.kind == "outside":
        return [None]
    metres = faces.borders(place.faces)
    claimants = set().union(*(faces.holders[face] for face in place.faces))
    cells = claimants or set(metres)
    border = {cell: -round(metres.get(cell, 0.0) / _TRIFLE) for cell in cells}
    order: dict[str, Any] = {
        "longest_border": lambda c: (border[c], c),
        "smallest_code": lambda c: c,
        "largest_cell": lambda c: (-limits.area[c], c),
        "smallest_cell": lambda c: (limits.area[c], c),
    }
    rule, homes = order[limits.rule], limits.homes
    if homes is None:
        return sorted(cells, key=rule)
    own = homes.own(faces.drawn(place.faces), cells)
    return sorted(own or cells, key=rule)


def plan_move(
    faces: Faces, place: Place, winner: int | None, limits: Limits
) -> tuple[list[Move], dict[int, float], Refusal | None]:
    """Return what would move if a cell got a place, by how much cells would change, and what forbids it."""
    losers = set().union(*(faces.holders[face] for face in place.faces)) - {winner}
    moves = [Move(place.kind, place.faces, tuple(sorted(losers)), winner)]
    taken: set[int] = set(place.faces)
    for cell in sorted(losers):
        crumbs, refusal = _cut_off(faces, cell, taken, limits)
        if refusal is None and crumbs and winner is None:
            refusal = Refusal(TOO_MANY, cell)
        if refusal is not None:
            return [], {}, refusal
        moves += [Move("crumb", frozenset(crumb), (cell,), winner) for crumb in crumbs]
    moves = [_measured(faces, move) for move in moves]
    changes: dict[int, float] = {} if winner is None else {winner: sum(move.gained for move in moves)}
    for move in moves:
        for cell, area in move.lost.items():
            changes[cell] = changes.get(cell, 0.0) + area
    return moves, changes, limits.refuses({cell: area for cell, area in changes.items() if area})


def _measured(faces: Faces, move: Move) -> Move:
    """Return a move with what it takes and gives."""
    lost = {cell: faces.size(f for f in move.faces if cell in faces.holders[f]) for cell in move.losers}
    gained = faces.size(f for f in move.faces if move.winner is not None and move.winner not in faces.holders[f])
    return replace(move, lost=lost, gained=gained)


def _cut_off(faces: Faces, cell: int, taken: set[int], limits: Limits) -> tuple[list[set[int]], Refusal | None]:
    """Return the crumbs that would be cut off a cell with the land taken; none may be wide, and something must stay."""
    rest = faces.held[cell] - taken
    if not rest:
        return [], Refusal(NOTHING_LEFT, cell)
    before, after = faces.parts(faces.held[cell]), faces.parts(rest)
    if len(after) <= len(before) - sum(part <= taken for part in before):
        return [], None
    crumbs = []
    for whole in before:
        pieces = [part for part in after if part <= whole]
        crumbs += pieces[1:]  # the largest comes first, and stays
    shapes = np.empty(len(crumbs), dtype=object)
    shapes[:] = [faces.measured(crumb) for crumb in crumbs]
    if not is_narrow(shapes, limits.width_m).all():
        return [], Refusal(TOO_MANY, cell)
    return crumbs, None


def apply_move(faces: Faces, move: Move) -> None:
    """Let land change hands."""
    winner = set() if move.winner is None else {move.winner}
    for face in sorted(move.faces):
        faces.give(face, faces.holders[face].difference(move.losers) | winner)
