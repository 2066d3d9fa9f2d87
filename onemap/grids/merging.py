"""Small pieces of land joined to a neighbour over the weakest barrier, until each is of a size to be a cell."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from onemap.geo.edges import Floats, Ints

from .derive_options import DeriveOptions
from .faces import OUTSIDE

ALONE = "{area} m2 stand alone: no other land of the community borders on them"
BESIDE_EXCLUSIVE = "{area} m2 are too small for a cell, but all that borders on them is exclusive"
BEHIND = "{area} m2 are too small for a cell, but all that borders on them lies behind a strong barrier"
WOULD_BE_LARGE = "{area} m2 are too small for a cell, but joined to any neighbour they would be too large"

# Below this share of the target a piece is a scrap: it never stands alone where it has any neighbour.
SCRAP = 0.1


@dataclass
class Piece:
    """Land that is not divided any more.

    Attributes
    ----------
    region
        Pieces of different regions (communities, villagers' groups) are never joined.
    areas
        Area by land use.
    perimeter
        Length of its border.
    whole
        A compound, group or building: what it aims at is itself.
    exclusive
        A cell of its own.
    aim
        Size to aim at inside a villagers' group, infinite where the group is one cell; None where the land use says it.
    """

    region: tuple[int, int]
    areas: dict[str, float]
    perimeter: float
    whole: bool = False
    exclusive: bool = False
    aim: float | None = None

    @property
    def area(self) -> float:
        """Area in square metres."""
        return sum(self.areas.values())

    @property
    def land_use(self) -> str:
        """The land use with the largest area."""
        return min(self.areas, key=lambda use: (-self.areas[use], use))

    @property
    def mean_width(self) -> float:
        """Twice the area by the border: about the width of a strip, half the side of a square."""
        return 2 * self.area / self.perimeter if self.perimeter else 0.0


def _together(one: Piece, other: Piece) -> Piece:
    """Return two pieces as one, as far as its land goes."""
    areas = dict(other.areas)
    for use, area in one.areas.items():
        areas[use] = areas.get(use, 0.0) + area
    return Piece(other.region, areas, 0.0)


@dataclass
class _Border:
    """What two pieces share: length, and length times weight of the barrier there."""

    length: float = 0.0
    weighted: float = 0.0

    @property
    def strength(self) -> float:
        return self.weighted / self.length if self.length else 0.0


class Merger:
    """Pieces and their borders; joins the smallest first, the same way whatever order they came in."""

    def __init__(
        self,
        pieces: list[Piece],
        options: DeriveOptions,
        targets: dict[tuple[int, int], float],
        *,
        scraps_only: bool = False,
    ) -> None:
        self.pieces = pieces
        self._scraps_only = scraps_only
        self._options = options
        self._targets = targets
        self._borders: list[dict[int, _Border]] = [{} for _ in pieces]
        self._into = list(range(len(pieces)))

    def add_borders(self, one: Ints, other: Ints, length: Floats, weight: Floats) -> None:
        """Add what pairs of pieces share; between regions nothing is joined, so nothing is kept."""
        for a, b, size, strength in zip(one.tolist(), other.tolist(), length.tolist(), weight.tolist(), strict=True):
            if a != b and self.pieces[a].region == self.pieces[b].region:
                border = self._borders[a].setdefault(b, _Border())
                self._borders[b][a] = border
                border.length += size
                border.weighted += size * strength

    def target(self, piece: Piece) -> float:
        """Return the size that a piece aims at."""
        return self._targets.get(piece.region) or self._options.target(piece.land_use)

    def floor(self, piece: Piece) -> float:
        """Return the size below which a piece is too small: what is not built up may be larger, it need not be."""
        return self._options.smallest * (self._targets.get(piece.region) or self._options.target_m2)

    def is_scrap(self, piece: Piece) -> bool:
        """Tell whether land cannot be a cell: tiny, or a mere strip."""
        tiny = piece.area < SCRAP * (self._targets.get(piece.region) or self._options.target_m2)
        return not piece.exclusive and (tiny or self._is_strip(piece))

    def _is_strip(self, piece: Piece) -> bool:
        return piece.mean_width < self._options.min_width_m

    def run(self) -> list[int]:
        """Join pieces; return for each the number of the piece that it became part of."""
        queue = [(p.area, number) for number, p in enumerate(self.pieces) if self.is_small(p)]
        heapq.heapify(queue)
        while queue:
            area, number = heapq.heappop(queue)
            piece = self.pieces[number]
            if self._into[number] != number or piece.area != area:
                continue
            best = min(self._offers(number), default=None)
            if best is None:
                continue
            self._join(number, best[-1])
            joined = self.pieces[best[-1]]
            if self.is_small(joined):
                heapq.heappush(queue, (joined.area, best[-1]))
        return [self._root(number) for number in range(len(self.pieces))]

    def is_small(self, piece: Piece) -> bool:
        """Tell whether a piece is too small to be a cell; a villagers' group is one whatever its size."""
        group = piece.region[1] != OUTSIDE and piece.region not in self._targets
        if piece.exclusive or group or (self._scraps_only and piece.whole):
            return False
        return self.is_scrap(piece) or (not self._scraps_only and piece.area < self.floor(piece))

    def _offers(self, number: int) -> Iterator[tuple[float, float, int]]:
        """Yield what each neighbour costs: the barrier between, less the share of the border, more what is too large.

        A strip joins the land along its long side, not the next strip: there the share of the border decides.
        """
        piece = self.pieces[number]
        scrap = self.is_scrap(piece)
        wall, share = (1.0, 3.0) if self._is_strip(piece) else (2.0, 1.0)
        for other, border in self._borders[number].items():
            neighbour = self.pieces[other]
            target = self.target(_together(piece, neighbour))
            size = (piece.area + neighbour.area) / target
            fits = border.strength < self._options.hard and size <= self._options.largest
            if not scrap and (not fits or neighbour.exclusive):
                continue
            cost = wall * border.strength - share * border.length / piece.perimeter
            cost += 0.25 * (piece.land_use != neighbour.land_use) + 0.5 * neighbour.exclusive
            cost += min(max(0.0, size - self._options.largest), piece.area / target) + 0.25 * min(size, 2.0)
            yield cost, neighbour.area, other

    def why_small(self, number: int) -> str:
        """Return why a piece that is too small could not be joined to any neighbour."""
        around = [(self.pieces[other], border) for other, border in self._borders[number].items()]
        if not around:
            return ALONE
        if all(neighbour.exclusive for neighbour, _ in around):
            return BESIDE_EXCLUSIVE
        fit = [n for n, b in around if not n.exclusive and b.strength < self._options.hard]
        return WOULD_BE_LARGE if fit else BEHIND

    def _join(self, number: int, other: int) -> None:
        piece, into = self.pieces[number], self.pieces[other]
        between = self._borders[number].pop(other)
        del self._borders[other][number]
        into.perimeter += piece.perimeter - 2 * between.length
        into.areas = _together(piece, into).areas
        into.whole = into.whole or piece.whole
        for third, border in self._borders[number].items():
            del self._borders[third][number]
            known = self._borders[other].setdefault(third, _Border())
            self._borders[third][other] = known
            known.length += border.length
            known.weighted += border.weighted
        self._borders[number] = {}
        self._into[number] = other

    def _root(self, number: int) -> int:
        while self._into[number] != number:
            number = self._into[number]
        return number
