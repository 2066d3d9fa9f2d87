"""Faces put together to pieces that stay whole (compounds, groups, buildings), then to cells."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.edges import Bools, Ints

from .derive_intake import Land
from .derive_options import DeriveOptions
from .faces import OUTSIDE, group
from .ground import Ground
from .merging import ALONE, Merger, Piece


@dataclass(frozen=True)
class Cells:
    """Which faces make up each cell, and what each cell is.

    Attributes
    ----------
    cell
        Cell of each face.
    home
        Community of each cell.
    kind, land_use
        ``basic`` or ``exclusive``; the land use with the largest area.
    pieces
        What is known of each.
    why_small
        For cells that are too small the reason (a template), empty for all others.
    """

    cell: Ints
    home: Ints
    kind: NDArray[np.object_]
    land_use: NDArray[np.object_]
    pieces: list[Piece]
    why_small: list[str]


def lay_pieces(ground: Ground, land: Land, options: DeriveOptions) -> Cells:
    """Return cells made of faces."""
    return _Layer(ground, land, options).cells()


class _Layer:
    """Lays faces together."""

    def __init__(self, ground: Ground, land: Land, options: DeriveOptions) -> None:
        self._ground = ground
        self._options = options
        self._inner = ground.faces.inner & ~ground.fence
        self._left = ground.faces.left[self._inner]
        self._right = ground.faces.right[self._inner]
        self._length = ground.faces.length[self._inner]
        self._weight = ground.weight[self._inner]
        self._classes = land.compounds.classes
        rules = land.communities.classes
        self._country: Bools = (
            np.array(rules[ground.home] == "country", dtype=bool) if len(ground.home) else np.zeros(0, dtype=bool)
        )

    def cells(self) -> Cells:
        """Return the cells."""
        labels = self._buildings_laid(self._whole())
        number = np.unique(labels, return_inverse=True)[1]
        merger = self._merger(self._pieces(number), number, strays=False)
        into = np.array(merger.run(), dtype=np.int64)
        small: dict[int, str] = {}
        if self._country.any():
            rows, number = np.unique(into[number], return_inverse=True)
            small = _small(merger, rows)
            merger = self._merger(self._pieces(number), number, strays=True)
            into = np.array(merger.run(), dtype=np.int64)
        kept, cell = np.unique(into[number], return_inverse=True)
        found = [merger.pieces[row] for row in kept.tolist()]
        return Cells(
            cell,
            np.array([p.region[0] for p in found], dtype=np.int64),
            np.array(["exclusive" if p.exclusive else "basic" for p in found], dtype=object),
            np.array([p.land_use for p in found], dtype=object),
            found,
            [self._why_small(merger, row, small) for row in kept.tolist()],
        )

    def _why_small(self, merger: Merger, row: int, before: Mapping[int, str]) -> str:
        """Return why a cell is too small, empty where it is not; ``before``: reasons found inside villagers' groups."""
        piece = merger.pieces[row]
        if row in before and piece.aim is not None and piece.area < self._options.smallest * piece.aim:
            return before[row]
        return merger.why_small(row) if merger.is_small(piece) else ""

    def _whole(self) -> Ints:
        """Return the same label for the faces of one compound, group or building that hang together."""
        ground = self._ground
        one, other = self._left, self._right
        kept_whole = ~self._country if self._options.country_m2 is not None else np.ones(len(ground.home), dtype=bool)
        same_yard = (ground.compound[one] == ground.compound[other]) & (ground.compound[one] >= 0) & kept_whole[one]
        same_house = (ground.clump[one] == ground.clump[other]) & (ground.clump[one] >= 0)
        same = same_yard | same_house
        return group(len(ground.home), one[same], other[same])

    def _buildings_laid(self, labels: Ints) -> Ints:
        """Give each building that is no compound to the neighbour that most of it would fall to."""
        ground = self._ground
        lone = (ground.clump >= 0) & (ground.compound == OUTSIDE)
        area = shapely.area(ground.faces.shapes)
        size = np.bincount(labels[lone], weights=area[lone], minlength=len(labels))
        lone &= size[labels] < self._options.smallest * self._options.target_m2
        touch: dict[int, dict[int, float]] = {}
        for a, b, length in zip(self._left.tolist(), self._right.tolist(), self._length.tolist(), strict=True):
            for face, other in ((a, b), (b, a)):
                if lone[face] and not lone[other]:
                    found = touch.setdefault(face, {})
                    found[int(labels[other])] = found.get(int(labels[other]), 0.0) + length
        credit: dict[int, dict[int, float]] = {}
        for face in sorted(touch):
            nearest = min(touch[face], key=lambda label: (-touch[face][label], label))
            given = credit.setdefault(int(labels[face]), {})
            given[nearest] = given.get(nearest, 0.0) + float(area[face])
        into = np.arange(len(labels), dtype=np.int64)
        for label, given in credit.items():
            into[label] = min(given, key=lambda other: (-given[other], other))
        return into[labels]

    def _pieces(self, number: Ints) -> list[Piece]:
        """Return what is known of each piece."""
        ground, options = self._ground, self._options
        area = shapely.area(ground.faces.shapes)
        perimeter = np.zeros(int(number.max(initial=-1)) + 1)
        faces = ground.faces
        for side, other in ((faces.left, faces.right), (faces.right, faces.left)):
            apart = (side >= 0) & ((other < 0) | (number[side] != number[other]))
            np.add.at(perimeter, number[side[apart]], faces.length[apart])
        found: list[Piece | None] = [None] * len(perimeter)
        yards = [dict[int, float]() for _ in perimeter]
        for face, piece in enumerate(number.tolist()):
            known = found[piece]
            if known is None:
                known = found[piece] = Piece((int(ground.home[face]), OUTSIDE), {}, float(perimeter[piece]))
            use = str(ground.land_use[face])
            known.areas[use] = known.areas.get(use, 0.0) + float(area[face])
            yard = int(ground.compound[face])
            yards[piece][yard] = yards[piece].get(yard, 0.0) + float(area[face])
        made = [piece for piece in found if piece is not None]
        country = {int(number[face]) for face in np.flatnonzero(self._country)}
        for row, (piece, share) in enumerate(zip(made, yards, strict=True)):
            yard = min(share, key=lambda y: (-share[y], y))
            if yard == OUTSIDE:
                continue
            if row in country:
                piece.region = (piece.region[0], yard)
                piece.whole = options.country_m2 is None
                piece.aim = options.country_m2 or math.inf
                continue
            piece.whole = True
            fits = options.exclusive_classes is None or self._classes[yard] in options.exclusive_classes
            piece.exclusive = fits and share[yard] >= options.exclusive_m2
        return made

    def _merger(self, pieces: list[Piece], number: Ints, *, strays: bool) -> Merger:
        """Return what joins the pieces; ``strays``: only scraps, into whatever is beside them."""
        targets = {}
        if self._options.country_m2 is not None:
            targets = {p.region: self._options.country_m2 for p in pieces if p.region[1] != OUTSIDE}
        if strays:
            for piece in pieces:
                piece.whole = piece.whole or piece.region[1] != OUTSIDE
                piece.region = (piece.region[0], OUTSIDE)
        merger = Merger(pieces, self._options, targets, scraps_only=strays)
        merger.add_borders(number[self._left], number[self._right], self._length, self._weight)
        return merger


def _small(merger: Merger, rows: Ints) -> dict[int, str]:
    """Return why parts of villagers' groups are too small, by the place of each among the rows; a group may be."""
    pieces = ((at, row, merger.pieces[row]) for at, row in enumerate(rows.tolist()))
    found = {at: merger.why_small(row) for at, row, p in pieces if p.aim is not None and merger.is_small(p)}
    return {at: why for at, why in found.items() if why != ALONE}
