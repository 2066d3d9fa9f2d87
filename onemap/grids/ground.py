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
from .faces import OUTSIDE, Faces, Shapes, find_holders, find_homes, find_lines, make_faces, node
from .splitting import Obstacles, cut
from .trimming import GRID_M, pieces, straight, trim

# Land with less of it under roofs is not built up.
_BUILT_SHARE = 0.03
# What divides as the border of a compound does: it is a wall, or as good as one.
_YARD, _YARD_WEIGHT = "compound", 0.6
# A piece of border is told from its middle to be a community's: far above rounding; all else keeps a centimetre away.
_ON_BORDER_M = 1e-6


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
        Pieces of border between two communities.
    weight, barrier
        Weight and class of the barrier along each piece of border; 0 and empty where there is none.
    """

    faces: Faces
    home: Ints
    clump: Ints
    compound: Ints
    land_use: NDArray[np.object_]
    fence: Bools
    weight: Floats
    barrier: NDArray[np.object_]


class Surveyor:
    """Divides a district: first by its own lines, then by straight cuts where the faces are too large."""

    def __init__(self, land: Land, options: DeriveOptions) -> None:
        self._land = land
        self._options = options
        self.clumps = Clumps.of(land.buildings.shapes)
        self._outlines = shapely.get_rings(shapely.get_parts(land.communities.shapes))
        self._yards = shapely.get_rings(shapely.get_parts(land.compounds.shapes))
        self._crossed = np.zeros(len(self.clumps.shapes), dtype=bool)
        self.lines: Shapes = np.empty(0, dtype=object)
        self.closed = 0

    def survey(self) -> Ground:
        """Return the ground divided into faces, none of them too large unless something keeps it whole."""
        lines = node(np.concatenate([self._land.barriers.shapes, self._yards]), grid_m=GRID_M)
        links = close_gaps(lines, self._outlines, snap_m=self._options.snap_m)
        self.closed = len(links)
        self._add(lines, links)
        ground = self._ground()
        cuts = self._cuts(ground)
        if len(cuts):
            self._add(self.lines, cuts)
            ground = self._ground()
        return ground

    def _add(self, lines: Shapes, new: Shapes) -> None:
        """Add lines, and note which buildings they run through."""
        self.lines = node(np.concatenate([lines, new]), grid_m=GRID_M) if len(new) else lines
        self._crossed |= self.clumps.crossed(self.lines)

    def _ground(self) -> Ground:
        land = self._land
        walls = trim(pieces(self.clumps.rings(self._crossed)), pieces(node(self._outlines)))
        fixed = pieces(node(straight(np.concatenate([walls.borders, walls.lines]))))
        ways = trim(pieces(self.lines), fixed)
        faces = make_faces(node(straight(np.concatenate([ways.borders, ways.lines]))))
        fence = find_lines(faces.ends, self._outlines, np.ones(len(self._outlines)), within_m=_ON_BORDER_M) >= 0
        home = find_homes(faces, land.communities.shapes, fence)
        inside = np.flatnonzero(home >= 0)
        kept, home = faces.take(inside), home[inside]
        fence = kept.inner & (home[kept.left] != home[kept.right])
        crossed = np.flatnonzero(self._crossed)
        clump = find_holders(kept.shapes, self.clumps.shapes[crossed])
        clump[clump >= 0] = crossed[clump[clump >= 0]]
        compound = _with_buildings(find_holders(kept.shapes, land.compounds.shapes), clump, home, kept)
        weight, barrier = self._barriers(kept)
        return Ground(kept, home, clump, compound, self._uses(kept, clump, compound), fence, weight, barrier)

    def _barriers(self, faces: Faces) -> tuple[Floats, NDArray[np.object_]]:
        """Return weight and class of the barrier along each piece; the border of a compound counts as a wall."""
        barriers, weights = self._land.barriers, self._options.weights
        lines = np.concatenate([barriers.shapes, self._yards])
        names = np.concatenate([barriers.classes, np.full(len(self._yards), _YARD, dtype=object), [""]])
        weight = np.array([weights[n] for n in barriers.classes] + [_YARD_WEIGHT] * len(self._yards) + [0.0])
        line = find_lines(faces.ends, lines, weight, within_m=2 * GRID_M)
        return weight[line], names[line]

    def _uses(self, faces: Faces, clump: Ints, compound: Ints) -> NDArray[np.object_]:
        """Return what the land of each face is used for."""
        land = self._land
        uses = np.full(len(faces.shapes), "built", dtype=object)
        if land.knows_buildings:
            roofs = self._roofs(faces, clump)
            uses[(roofs < _BUILT_SHARE * shapely.area(faces.shapes)) & (clump == OUTSIDE)] = "open"
        if len(land.compounds.shapes):
            named = (compound >= 0) & (land.compounds.classes[compound] != "")
            uses[named] = land.compounds.classes[compound[named]]
        uses[find_holders(faces.shapes, land.water) >= 0] = "water"
        return uses

    def _roofs(self, faces: Faces, clump: Ints) -> Floats:
        """Return the area under roofs of each face; a building that is a face itself counts for the land around it."""
        buildings = self._land.buildings.shapes
        roofs = np.zeros(len(faces.shapes))
        at, face = shapely.STRtree(faces.shapes).query(shapely.point_on_surface(buildings), predicate="intersects")
        np.add.at(roofs, face, shapely.area(buildings[at]))
        own = shapely.area(faces.shapes) / np.maximum(shapely.length(faces.shapes), GRID_M)
        for wall, land in ((faces.left, faces.right), (faces.right, faces.left)):
            pair = faces.inner & (clump[wall] >= 0) & (clump[land] == OUTSIDE)
            np.add.at(roofs, land[pair], own[wall[pair]] * faces.length[pair])
        return roofs

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
