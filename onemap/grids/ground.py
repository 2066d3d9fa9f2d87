"""The ground of a district divided by all its lines: faces, and what stands on each of them."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.edges import Bools, Floats, Ints

from .barriers import close_gaps
from .clumps import Clumps
from .derive_intake import Land
from .derive_options import DeriveOptions
from .faces import OUTSIDE, Faces, Shapes, find_holders, find_homes, make_faces, node, weigh
from .splitting import Obstacles, cut

# Land with less of it under roofs is not built up.
_BUILT_SHARE = 0.03


@dataclass(frozen=True)
class Ground:
    """Faces of the district and what is known of each.

    Attributes
    ----------
    faces
        Faces inside a community.
    home, clump, compound
        Community, clump of buildings and compound of each face, `OUTSIDE` for none.
    land_use
        ``built``, ``open``, ``water`` or the class of the compound.
    fence
        Pieces of border that are a community's.
    weight
        Weight of the barrier along each piece of border.
    """

    faces: Faces
    home: Ints
    clump: Ints
    compound: Ints
    land_use: NDArray[np.object_]
    fence: Bools
    weight: Floats


class Surveyor:
    """Divides a district: first by its own lines, then by straight cuts where the faces are too large."""

    def __init__(self, land: Land, options: DeriveOptions) -> None:
        self._land = land
        self._options = options
        self.clumps = Clumps.of(land.buildings.shapes)
        self._crossed = np.zeros(len(self.clumps.shapes), dtype=bool)
        self._outlines = shapely.get_rings(shapely.get_parts(land.communities.shapes))
        self._yards = shapely.get_rings(shapely.get_parts(land.compounds.shapes))
        self.links: Shapes = np.empty(0, dtype=object)

    def survey(self) -> Ground:
        """Return the ground divided into faces, none of them too large unless something keeps it whole."""
        lines = np.concatenate([self._land.barriers.shapes, self._yards])
        noded = node(np.concatenate([self._outlines, lines]))
        self.links = close_gaps(noded, snap_m=self._options.snap_m)
        noded = self._with(noded, np.concatenate([lines, self.links]), self.links)
        ground = self._ground(noded)
        cuts = self._cuts(ground)
        return self._ground(self._with(noded, cuts, cuts)) if len(cuts) else ground

    def _with(self, noded: Shapes, lines: Shapes, new: Shapes) -> Shapes:
        """Return noded lines with new ones, and with the outlines of the buildings that lines run through."""
        crossed = self.clumps.crossed(lines) & ~self._crossed
        self._crossed |= crossed
        rings = self.clumps.rings(crossed)
        return node(np.concatenate([noded, new, rings])) if len(new) or len(rings) else noded

    def _ground(self, noded: Shapes) -> Ground:
        land, options = self._land, self._options
        faces = make_faces(noded)
        fence = weigh(faces.ends, self._outlines, np.ones(len(self._outlines))) > 0
        home = find_homes(faces, land.communities.shapes, fence)
        inside = np.flatnonzero(home >= 0)
        kept = faces.take(inside)
        shown = (home[faces.left] >= 0) & (faces.left >= 0) | (home[faces.right] >= 0) & (faces.right >= 0)
        fence, home = fence[shown], home[inside]
        crossed = np.flatnonzero(self._crossed)
        clump = find_holders(kept.shapes, self.clumps.shapes[crossed])
        clump[clump >= 0] = crossed[clump[clump >= 0]]
        compound = _with_buildings(find_holders(kept.shapes, land.compounds.shapes), clump, home, kept)
        return Ground(kept, home, clump, compound, self._uses(kept, compound), fence, self._weights(kept))

    def _weights(self, faces: Faces) -> Floats:
        barriers, options = self._land.barriers, self._options
        own = np.array([options.weights[c] for c in barriers.classes], dtype=np.float64)
        lines = np.concatenate([barriers.shapes, self._yards])
        return weigh(
            faces.ends, lines, np.concatenate([own, np.full(len(self._yards), options.weights.get("wall", 0.6))])
        )

    def _uses(self, faces: Faces, compound: Ints) -> NDArray[np.object_]:
        land = self._land
        uses = np.full(len(faces.shapes), "built", dtype=object)
        if land.knows_buildings:
            under = np.zeros(len(faces.shapes))
            spots = shapely.point_on_surface(land.buildings.shapes)
            at, face = shapely.STRtree(faces.shapes).query(spots, predicate="intersects")
            np.add.at(under, face, shapely.area(land.buildings.shapes[at]))
            uses[under < _BUILT_SHARE * shapely.area(faces.shapes)] = "open"
        if self._options.rule == "town":
            named = (
                (compound >= 0) & (land.compounds.classes[compound] != "")
                if len(land.compounds.shapes)
                else compound >= 0
            )
            uses[named] = land.compounds.classes[compound[named]]
        uses[find_holders(faces.shapes, land.water) >= 0] = "water"
        return uses

    def _cuts(self, ground: Ground) -> Shapes:
        """Return straight cuts through the faces that are too large and that nothing keeps whole."""
        options = self._options
        obstacles = Obstacles.of(self.clumps.shapes)
        lines = []
        area = shapely.area(ground.faces.shapes)
        for face in np.flatnonzero(ground.clump == OUTSIDE).tolist():
            size = self._size(ground, face)
            if size is not None and area[face] > options.largest * size:
                lines += cut(ground.faces.shapes[face], size, obstacles)
        made = np.empty(len(lines), dtype=object)
        made[:] = lines
        return made

    def _size(self, ground: Ground, face: int) -> float | None:
        """Return the size that a face aims at; None where it is kept whole."""
        if ground.compound[face] == OUTSIDE:
            return self._options.target(ground.land_use[face])
        country = self._land.communities.classes[ground.home[face]] == "country"
        return self._options.country_m2 if country else None


def _with_buildings(compound: Ints, clump: Ints, home: Ints, faces: Faces) -> Ints:
    """Give all faces of a building the compound that has the largest part of it."""
    built = np.flatnonzero(clump >= 0)
    area = shapely.area(faces.shapes)
    shares: dict[tuple[int, int], dict[int, float]] = {}
    for face in built.tolist():
        part = shares.setdefault((int(clump[face]), int(home[face])), {})
        part[int(compound[face])] = part.get(int(compound[face]), 0.0) + float(area[face])
    best = {key: min(part, key=lambda c: (-part[c], c)) for key, part in shares.items()}
    found = compound.copy()
    for face in built.tolist():
        found[face] = best[int(clump[face]), int(home[face])]
    return found
