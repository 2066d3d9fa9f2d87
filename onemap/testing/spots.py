"""Places for faults along the edges of a coverage, so chosen that no two faults touch."""

from collections.abc import Callable, Iterable

import numpy as np
import shapely

from .seams import Seam, chains, find_seams, triangle

TOO_SMALL = "the city is too small for another fault"


class Spots:
    """Hands out edges and cells for faults: no cell is spoilt twice, and no two faults touch."""

    def __init__(self, lands: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> None:
        self.lands, self.groups = lands, groups
        self.seams = find_seams(lands)
        order = rng.permutation(len(self.seams))
        self.shuffled = [self.seams[i] for i in order]
        self.order = rng.permutation(len(lands))
        self.places: list[shapely.Geometry] = []
        self.taken = np.zeros(len(lands), dtype=bool)
        border = [seam for seam in self.seams if seam.right < 0]
        self.border = {seam.start for seam in border} | {seam.end for seam in border}

    def take(self, cells: Iterable[int], place: shapely.Geometry) -> None:
        """Keep these cells, and this place, for one fault."""
        self.taken[list(cells)] = True
        self.places.append(place)

    def free(self, cells: Iterable[int], place: shapely.Geometry) -> bool:
        """Say whether these cells are not spoilt yet and the place is apart from those of other faults."""
        return not self.taken[list(cells)].any() and not shapely.dwithin(place, np.array(self.places), 1.0).any()

    def inner(self, *, exact: bool = False) -> Seam:
        """Return an edge between two cells of one parent; ``exact``: its middle is on the grid."""

        def fits(seam: Seam) -> bool:
            inner = seam.right >= 0 and not {seam.start, seam.end} & self.border
            return inner and (not exact or seam.middle() is not None)

        return self._seam(fits, 14.0)

    def outer(self) -> Seam:
        """Return an edge on the border of the district."""
        return self._seam(lambda s: s.right < 0, 25.0)

    def landing(self) -> Seam:
        """Return an edge between two cells that ends on the border of the district."""
        return self._seam(lambda s: s.right >= 0 and len({s.start, s.end} & self.border) == 1, 14.0)

    def _seam(self, fits: Callable[[Seam], bool], least_m: float) -> Seam:
        for seam in self.shuffled:
            sides = [side for side in (seam.left, seam.right) if side >= 0]
            alike = len({self.groups[side] for side in sides}) == 1
            if alike and seam.length >= least_m and fits(seam) and self._room(seam) and self.free(sides, _around(seam)):
                self.take(sides, _around(seam))
                return seam
        raise ValueError(TOO_SMALL)

    def _room(self, seam: Seam) -> bool:
        """Say whether a cut of four metres on either side stays within the two cells."""
        deep = [(seam.left, 4.0)] + ([(seam.right, -4.0)] if seam.right >= 0 else [])
        return all(shapely.covers(self.lands[side], triangle(seam, seam.beside(depth))) for side, depth in deep)

    def pair(self) -> tuple[Seam, Seam]:
        """Return two edges that follow one another between the same two cells."""
        for first, second in chains(self.seams):
            sides = [first.left, first.right]
            inner = first.right >= 0 and not {first.start, first.end, second.end} & self.border
            alike = inner and self.groups[first.left] == self.groups[first.right]
            long = min(first.length, second.length) >= 8.0  # noqa: PLR2004
            place = shapely.union(_around(first), _around(second))
            if alike and long and self._room(first) and self._room(second) and self.free(sides, place):
                self.take(sides, place)
                return first, second
        raise ValueError(TOO_SMALL)

    def cell(self, fits: Callable[[int], bool]) -> int:
        """Return a cell away from the border of the district and from other faults."""
        for number in self.order.tolist():
            on_border = set(map(tuple, shapely.get_coordinates(self.lands[number]).tolist())) & self.border
            if not on_border and fits(number) and self.free([number], self.lands[number]):
                self.take([number], self.lands[number])
                return int(number)
        raise ValueError(TOO_SMALL)

    def named(self, fits: Callable[[int], bool]) -> int:
        """Return a cell that is not spoilt yet, for a fault of its codes alone."""
        number = next((n for n in self.order.tolist() if not self.taken[n] and fits(n)), None)
        if number is None:
            raise ValueError(TOO_SMALL)
        self.taken[number] = True
        return int(number)


def _around(seam: Seam) -> shapely.Geometry:
    """Return the ground on both sides of an edge that its fault may touch."""
    return shapely.union(triangle(seam, seam.beside(4.0)), triangle(seam, seam.beside(-4.0)))
