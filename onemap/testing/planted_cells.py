"""Faults planted in grids: edges, vertices, codes and parents of cells; strips between the beats of the police."""

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .duties import POLICE
from .plan import CRS
from .seams import Seam, find_seams, triangle, with_vertex
from .spots import Spots

if TYPE_CHECKING:
    from collections.abc import Callable

    from .planted import Planter

_FEW = 12
_DIGITS = 15


def plant_cells(planter: "Planter") -> None:
    """Spoil the unit grid: lakes taken out, edges moved, vertices, codes and parents."""
    grid = _Grid(planter)
    grid.take_lakes()
    grid.move_edges()
    grid.spoil_codes()
    grid.spoil_parents()
    planter.frames["grid_cell"] = grid.frame()


class _Grid:
    """The unit grid while it is spoilt."""

    def __init__(self, planter: "Planter") -> None:
        self.planter = planter
        self.cells = planter.frames["grid_cell"]
        self.lands = self.cells.geometry.to_numpy().copy()
        self.codes = self.cells["cell_code"].to_numpy(dtype=object).copy()
        self.parents = self.cells["parent_code"].to_numpy(dtype=object).copy()
        self.gone = np.zeros(len(self.cells), dtype=bool)
        self.spots = Spots(self.lands, self.parents.copy(), planter.rng)
        self.large = planter.plan.size == "full"

    def frame(self) -> gpd.GeoDataFrame:
        """Return the spoilt grid."""
        spoilt = self.cells.assign(cell_code=self.codes, parent_code=self.parents)
        spoilt = spoilt.set_geometry(gpd.GeoSeries(self.lands, index=spoilt.index, crs=CRS))
        return spoilt[~self.gone]

    def note(self, kind: str, number: int, how: str, *, code: str = "") -> None:
        """Note a fault of a whole cell."""
        where = self.planter.city.frames["grid_cell"].geometry.iloc[number]
        self.planter.note(kind, "grid_cell", [code or self.codes[number]], how, where=where)

    def cut(self, seam: Seam, depth_m: float, *, kind: str, how: str) -> None:
        """Move the edge of one cell by way of a point beside it, and leave that of its neighbour."""
        point = seam.beside(depth_m)
        self.lands[seam.left] = with_vertex(self.lands[seam.left], seam, point)
        ids = sorted(self.codes[side] for side in (seam.left, seam.right) if side >= 0)
        self.planter.note(kind, "grid_cell", ids, how, where=triangle(seam, point))

    def take_lakes(self) -> None:
        """Take lakes out of their cells: one is an allowed gap, of another the permission has run out."""
        waters = self.planter.city.waters
        said = (("allowed_gap", "2027-12-31", "allowed"), ("gap", "2025-12-31", "allowed only"))
        for cell, lake, (kind, until, how) in zip(waters.lake_cells, waters.lakes, said, strict=False):
            self.spots.take([cell], lake)
            self.lands[cell] = shapely.difference(self.lands[cell], lake)
            self.planter.allowed.append(
                {"reason": "湖面由水务局统一管理", "until": pd.Timestamp(until), "geometry": lake}
            )
            text = f"a lake that belongs to no cell, {how} until {until}"
            self.planter.note(kind, "grid_cell", [self.codes[cell]], text, where=lake)

    def move_edges(self) -> None:
        """Plant gaps, overlaps, a part outside and vertices that a neighbour lacks."""
        spots, large = self.spots, self.large
        for depth in (3.2, 2.0, 0.02) if large else (3.2, 0.02):
            self.cut(spots.inner(), depth, kind="gap", how=f"an edge was drawn {depth} m into one cell only")
        self.cut(spots.landing(), 2.5, kind="gap", how="a gap that touches the border of the district in a point")
        for seam in spots.pair():
            self.cut(seam, 1.5, kind="gap", how="one of two gaps that meet in a point")
        for depth in (3.0, 1.2) if large else (3.0,):
            self.cut(spots.outer(), depth, kind="gap", how="an inlet, open to the border of the district")
        for depth in (3.0, 1.0, 0.05) if large else (3.0,):
            self.cut(spots.inner(), -depth, kind="overlap", how=f"an edge was drawn {depth} m into the neighbour")
        self.cut(spots.outer(), -3.5, kind="outside", how="an edge was drawn beyond the border of the district")
        for _ in range(2 if large else 1):
            self.add_vertex(spots.inner(exact=True))

    def add_vertex(self, seam: Seam) -> None:
        """Put a vertex into an edge of one cell that its neighbour does not have, exactly on the line."""
        middle = seam.middle()
        assert middle is not None
        self.lands[seam.left] = with_vertex(self.lands[seam.left], seam, middle)
        line = shapely.linestrings([seam.start, seam.end])
        ids = sorted([self.codes[seam.left], self.codes[seam.right]])
        how = "a vertex that the neighbour lacks, exactly on the line"
        self.planter.note("mismatch", "grid_cell", ids, how, where=line)

    def spoil_codes(self) -> None:
        """Take a cell away, damage the codes of others as spreadsheets do, and copy a code."""
        homes = self.planter.frames["city3d_building"]["building_code"].str[:_DIGITS].value_counts()
        missing = self.spots.cell(lambda n: 0 < homes.get(self.codes[n], 0) <= _FEW)
        self.note("gap", missing, "the cell is missing")
        self.gone[missing] = True
        damages: list[Callable[[str], str]] = [lambda code: f"{float(code):.5E}"]
        if self.large:
            damages.append(lambda code: code[:12] + str(int(code[12:])))
        for damage in damages:
            number = self.spots.cell(lambda n: self.codes[n][12:13] == "0" and 0 < homes.get(self.codes[n], 0) <= _FEW)
            whole, self.codes[number] = self.codes[number], damage(self.codes[number])
            row = number + (number < missing)
            how = f"{self.codes[number]} was {whole} before a spreadsheet had it"
            self.planter.note("bad_code", "grid_cell", [row], how)
            self.note("gap", number, "the cell has no code that can be trusted", code=whole)
        number = self.spots.named(lambda n: self.twin(n) is not None)
        twin = self.twin(number)
        assert twin is not None
        self.spots.taken[twin] = True
        self.note(
            "duplicate", number, f"the code of {self.codes[number]} was copied from another cell", code=self.codes[twin]
        )
        self.codes[number] = self.codes[twin]

    def twin(self, number: int) -> int | None:
        """Return another unspoilt cell of the same community."""
        alike = (self.parents == self.parents[number]) & ~self.spots.taken
        alike[number] = False
        return int(np.argmax(alike)) if alike.any() else None

    def spoil_parents(self) -> None:
        """Let one cell name a community that does not exist, and one a community in which it does not lie."""
        number = self.spots.named(lambda _: True)
        self.parents[number] = self.codes[number][:9] + "999"
        self.note("orphan", number, "names a community that does not exist")
        number = self.spots.named(lambda _: True)
        known = self.planter.frames["grid_community"]["community_code"]
        self.parents[number] = known[known != self.parents[number]].iloc[0]
        self.note("nesting", number, "names a community in which it does not lie")


def plant_beats(planter: "Planter") -> None:
    """Spoil the grids of the police: one gap and one overlap between beats."""
    duty = planter.frames["duty_grid"].copy()
    lands = duty.geometry.to_numpy().copy()
    mine = np.flatnonzero((duty["agency"] == POLICE).to_numpy())
    simple = mine[shapely.get_type_id(lands[mine]) == shapely.GeometryType.POLYGON]
    simple = simple[shapely.get_num_interior_rings(lands[simple]) == 0]
    seams = [s for s in find_seams(lands[simple]) if s.right >= 0 and s.length > 20]  # noqa: PLR2004
    order = planter.rng.permutation(len(seams))
    for kind, depth, how in (
        ("gap", 3.4, "a strip that no beat takes"),
        ("overlap", -3.0, "a strip that two beats take"),
    ):
        for seam in (seams[i] for i in order):
            cut = triangle(seam, seam.beside(depth))
            sides = simple[[seam.left, seam.right]]
            far = all(shapely.distance(cut, one.geometry) > 1 for one in planter.list if one.agency == POLICE)
            if far and shapely.covers(lands[sides[0 if depth > 0 else 1]], cut):
                lands[sides[0]] = with_vertex(lands[sides[0]], seam, seam.beside(depth))
                ids = sorted(duty["duty_code"].to_numpy()[sides])
                planter.note(kind, "duty_grid", ids, how, where=cut, agency=POLICE)
                break
    planter.frames["duty_grid"] = duty.set_geometry(gpd.GeoSeries(lands, index=duty.index, crs=CRS))
