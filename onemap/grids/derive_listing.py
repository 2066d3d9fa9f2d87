"""What derived cells could not honour, found by looking at the finished cells: nothing is taken for granted."""

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.errors import some
from onemap.geo.edges import Bools, Ints
from onemap.geo.ownership import own_polygons

from .carving import Cells
from .derive_intake import Land
from .derive_options import DeriveOptions
from .faces import OUTSIDE, find_holders, find_lines
from .ground import Ground
from .trimming import pieces, straight
from .unmet import Unmet

# What lies elsewhere by less than this is a wall drawn a hair off, not a building across a border.
_ACROSS_M2 = 0.01
# A share that rounding cannot explain; walls are exact.
_CUT = 1e-8
# Compounds may move by the grid of the movable lines.
_WHOLE = 1e-3
# Barriers from here on are worth a word where they end openly: a branch road, not a path.
_WORTH = 0.5
# Ends of lines led on to others stick out by less than this.
_STUB_M = 0.1


@dataclass(frozen=True)
class Listing:
    """Lists what is wrong with cells.

    Attributes
    ----------
    cells
        The finished cells.
    row
        Row of each cell of ``made``.
    """

    land: Land
    ground: Ground
    made: Cells
    cells: gpd.GeoDataFrame
    row: Ints
    options: DeriveOptions
    unmet: Unmet
    counts: dict[str, int] = field(default_factory=dict)

    def buildings(self, buildings: gpd.GeoDataFrame | None) -> Any:
        """List buildings across borders; return how many buildings each cell owns."""
        self.counts.update(buildings=0, buildings_across_border=0, buildings_cut=0)
        if buildings is None:
            return np.zeros(len(self.cells), dtype=np.int64)
        owners = self._owners(buildings)
        owned = owners["cell"].notna()
        self.counts["buildings"] = int(owned.sum())
        for label, one in owners[owned & (owners["share"] < 1 - _CUT)].iterrows():
            homes = self._homes_of(one["shape"])
            if len(homes) > 1 or not self._within(one["shape"], homes):
                self._building_across(label, one, homes)
            elif one["runner_up_share"] > _CUT:
                self._building_apart(label, one)
        return np.bincount(owners.loc[owned, "at"].astype(int), minlength=len(self.cells))

    def _building_across(self, label: Any, one: Any, homes: list[str]) -> None:
        """List a building across the border of a community: it is the owner's with the largest share."""
        self.counts["buildings_across_border"] += 1
        template = (
            "building {row} lies across the border of {communities}; {share} percent of it are in {home}"
            if len(homes) > 1
            else "building {row} lies across the outer border of {communities}; {share} percent of it are in {home}"
        )
        share = min(round(100 * one["share"], 1), 99.9)
        values = {"row": label, "communities": ", ".join(homes), "share": share, "home": one["home"]}
        self.unmet.add("building", template, one["shape"], community=one["home"], **values)

    def _building_apart(self, label: Any, one: Any) -> None:
        """List a building of several parts in several cells, and one that is cut, should there ever be one."""
        shapes = self.cells.geometry.to_numpy()
        parts = shapely.get_parts(one["shape"])
        at, on = shapely.STRtree(shapes).query(parts, predicate="intersects")
        share = shapely.area(shapely.intersection(parts[at], shapes[on])) / shapely.area(parts[at])
        cut = bool((np.bincount(at[share > _CUT]) > 1).any())
        self.counts["buildings_cut"] += cut
        template = "building {row} is cut by a border of cells" if cut else "building {row} has parts in several cells"
        self.unmet.add("building", template, one["shape"], community=one["home"], row=label)

    def compounds(self, compounds: gpd.GeoDataFrame | None) -> None:
        """List compounds that lie in several cells."""
        self.counts["compounds"] = 0
        if compounds is None:
            return
        owners = self._owners(compounds)
        owned = owners["cell"].notna()
        self.counts["compounds"] = int(owned.sum())
        apart = owners[owned & (owners["share"] < 1 - _WHOLE)]
        disturbed = self._disturbed(apart["shape"].to_numpy())
        for (label, one), shared in zip(apart.iterrows(), disturbed.tolist(), strict=True):
            homes, share = self._homes_of(one["shape"]), round(100 * one["share"], 1)
            parts = int(shapely.get_num_geometries(one["shape"]))
            if len(homes) > 1 or not self._within(one["shape"], homes):
                template = (
                    "compound {row} lies across the border of {communities}; {share} percent of it are in one cell"
                )
            elif shared:
                template = (
                    "compound {row} overlaps a building or another compound; {share} percent of it are in one cell"
                )
            elif self._may_be_split(one["home"]):
                continue
            elif parts > 1:
                template = "compound {row} is in {parts} parts apart; {share} percent of it are in one cell"
            else:
                template = "compound {row} is not whole: {share} percent of it are in one cell"
            values = {"row": label, "share": share, "communities": ", ".join(homes), "parts": parts}
            self.unmet.add("compound", template, one["shape"], community=one["home"], **values)

    def _disturbed(self, shapes: Any) -> Bools:
        """Return which compounds share land with another one, or have a building across their border."""
        inside = self.land.plane.enter(shapes)
        found = np.zeros(len(inside), dtype=np.int64)
        yards, houses = self.land.compounds.shapes, self.land.buildings.shapes
        at, on = shapely.STRtree(yards).query(inside, predicate="intersects")
        shared = shapely.area(shapely.intersection(inside[at], yards[on])) > _ACROSS_M2
        np.add.at(found, at[shared], 1)
        found = np.maximum(found - 1, 0)  # each shares its land with itself
        at, on = shapely.STRtree(houses).query(inside, predicate="intersects")
        held = shapely.area(shapely.intersection(inside[at], houses[on]))
        across = (held > _ACROSS_M2) & (shapely.area(houses[on]) - held > _ACROSS_M2)
        np.add.at(found, at[across], 1)
        return np.asarray(found > 0)

    def _owners(self, things: gpd.GeoDataFrame) -> pd.DataFrame:
        """Return the owner of each thing, its row and its community, and the thing in the system of the cells."""
        named = self.cells[[self.options.community, self.cells.geometry.name]]
        named = named.assign(row=[f"{n:09d}" for n in range(len(named))])
        owners = own_polygons(things, named, code="row")
        owners["at"] = pd.to_numeric(owners["cell"])
        owners["shape"] = shapely.make_valid(shapely.force_2d(things.geometry.to_crs(self.cells.crs).to_numpy()))
        homes = self.cells[self.options.community].astype(str).to_numpy()
        owners["home"] = [homes[int(at)] if pd.notna(at) else "" for at in owners["at"]]
        return owners

    def _homes_of(self, shape: Any) -> list[str]:
        """Return the communities that a thing lies in."""
        inside = self.land.plane.enter(np.array([shape], dtype=object))[0]
        near = shapely.STRtree(self.land.communities.shapes).query(inside, predicate="intersects")
        deep = shapely.area(shapely.intersection(self.land.communities.shapes[near], inside)) > _ACROSS_M2
        return sorted(str(name) for name in self.land.communities.labels[near[deep]])

    def _within(self, shape: Any, homes: list[str]) -> bool:
        inside = self.land.plane.enter(np.array([shape], dtype=object))[0]
        rows = [row for row, name in enumerate(self.land.communities.labels) if str(name) in homes]
        rest = shapely.difference(inside, shapely.union_all(self.land.communities.shapes[rows]))
        return bool(shapely.area(rest) <= _ACROSS_M2)

    def _may_be_split(self, home: str) -> bool:
        rules = {str(n): r for n, r in zip(self.land.communities.labels, self.land.communities.classes, strict=True)}
        return rules[home] == "country" and self.options.country_m2 is not None

    def barriers(self) -> None:
        """List strong barriers that run inside a cell."""
        ground, cell = self.ground, self.made.cell
        faces = ground.faces
        inside = faces.inner & (ground.weight >= self.options.hard) & (cell[faces.left] == cell[faces.right])
        yard = (ground.compound[faces.left] >= 0) & (ground.compound[faces.left] == ground.compound[faces.right])
        for kept_whole, template in (
            (True, "{length} m of {classes} run through a compound that stays whole"),
            (False, "{length} m of {classes} run inside a cell: the land beside is too small or too narrow for one"),
        ):
            rows = np.flatnonzero(inside & (yard == kept_whole))
            for number, mine in _by(cell[faces.left[rows]], rows):
                size = float(faces.length[mine].sum())
                if size < self.options.min_width_m:
                    continue
                line = shapely.line_merge(shapely.multilinestrings(straight(faces.ends[mine])))
                classes = ", ".join(sorted(set(ground.barrier[mine])))
                self._add("barrier", template, line, number, length=round(size), classes=classes)

    def open_ends(self, lines: Any) -> None:
        """List barriers that lead into a community and enclose nothing there; the weak ones are counted only."""
        faces, barriers = self.ground.faces, self.land.barriers
        ends = pieces(lines)
        middle = shapely.points((ends[:, :2] + ends[:, 2:]) / 2)
        tree = shapely.STRtree(straight(faces.ends))
        free = np.ones(len(ends), dtype=bool)
        free[tree.query(middle, predicate="dwithin", distance=_SAME_M)[0]] = False
        own = np.array([self.options.weights[c] for c in barriers.classes], dtype=np.float64)
        rows = np.flatnonzero(free)
        line = find_lines(ends[rows], barriers.shapes, own, within_m=_SAME_M)
        inside = (line >= 0) & (find_holders(straight(ends[rows]), faces.shapes) >= 0)
        rows, line = rows[inside], line[inside]
        self.counts["openings_left"] = 0
        for name in sorted(set(barriers.classes[line])):
            mine = rows[barriers.classes[line] == name]
            parts = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(straight(ends[mine]))))
            parts = parts[shapely.length(parts) > max(self.options.snap_m, _STUB_M)]
            place = find_holders(shapely.line_interpolate_point(parts, 0.5, normalized=True), faces.shapes)
            parts, place = parts[place != OUTSIDE], place[place != OUTSIDE]
            self.counts["openings_left"] += len(parts)
            if self.options.weights[name] < _WORTH:
                continue
            for part, at in zip(parts, place.tolist(), strict=True):
                self._add(
                    "open_end",
                    "{length} m of {class_} end openly inside a cell: nothing to close them lies within {snap} m",
                    part,
                    int(self.made.cell[at]),
                    length=round(part.length),
                    class_=name,
                    snap=self.options.snap_m,
                )

    def sizes(self) -> None:
        """List cells that are smaller or larger than they should be."""
        for number, (piece, why) in enumerate(zip(self.made.pieces, self.made.why_small, strict=True)):
            shape = self.cells.geometry.iloc[self.row[number]]
            home, area = str(self.land.communities.labels[piece.region[0]]), round(piece.area)
            if why:
                self.unmet.add("size", why, shape, community=home, area=area)
                continue
            most = self.options.largest * (piece.aim or self.options.target(piece.land_use))
            if piece.exclusive or piece.area <= most:
                continue
            template = (
                "{area} m2 are more than {most} m2, since what is in them stays whole"
                if piece.whole
                else "{area} m2 are more than {most} m2, with scraps that could be joined to nothing else"
            )
            self.unmet.add("size", template, shape, community=home, area=area, most=round(most))

    def overlaps(self) -> None:
        """List land that two communities claim."""
        shapes, labels = self.land.communities.shapes, self.land.communities.labels
        one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        one, other = one[one < other], other[one < other]
        shared = shapely.intersection(shapes[one], shapes[other])
        for a, b, shape in zip(one.tolist(), other.tolist(), shared, strict=True):
            if shape.area > _ACROSS_M2:
                names = some((labels[a], labels[b]))
                self.unmet.add(
                    "boundary",
                    "{communities} overlap over {area} m2; the land goes to the first",
                    self._out(shape),
                    community=str(labels[a]),
                    communities=names,
                    area=round(shape.area, 2),
                )

    def _add(self, rule: str, template: str, shape: Any, cell: int, **values: Any) -> None:
        home = str(self.land.communities.labels[self.made.home[cell]])
        self.unmet.add(rule, template, self._out(shape), community=home, **values)

    def _out(self, shape: Any) -> Any:
        return self.land.plane.leave(np.array([shape], dtype=object), self.land.vertices)[0]


_SAME_M = 0.002
"""Lines that may move have moved by less than this."""


def _by(labels: Ints, rows: Ints) -> Any:
    """Return the rows of each label, label by label."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    return [(int(labels[g[0]]), rows[g]) for g in np.split(order, starts[1:]) if len(g)]
