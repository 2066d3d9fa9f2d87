"""Faults planted on purpose in the raw files of the sample city, and the list of them."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .duties import POLICE
from .plan import CENTRE, CRS, Plan, snap
from .sample import City
from .seams import Seam, chains, find_seams, triangle, with_vertex


@dataclass(frozen=True)
class Planted:
    """One planted fault: what onemap shall call it, in which layer, whose ids, where, and how it was made."""

    kind: str
    layer_id: str
    ids: tuple[str, ...]
    how: str
    agency: str = ""
    wkt: str = ""
    area_m2: float = 0.0

    @property
    def geometry(self) -> shapely.Geometry | None:
        """Where it is, in the working CRS; None for a fault of a row."""
        return shapely.from_wkt(self.wkt) if self.wkt else None


def write_planted(path: Path, planted: Iterable[Planted]) -> None:
    """Write the list as JSON, one fault a line."""
    lines = ",\n".join("  " + json.dumps(asdict(one), ensure_ascii=False) for one in planted)
    path.write_text('{"crs": "' + CRS + '", "planted": [\n' + lines + "\n]}\n", encoding="utf-8")


def read_planted(path: str | Path) -> list[Planted]:
    """Read the list again.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "planted.json"
    >>> write_planted(file, [Planted("gap", "grid_cell", ("a", "b"), "a corner was cut off")])
    >>> read_planted(file)[0].ids
    ('a', 'b')
    """
    entries = json.loads(Path(path).read_text(encoding="utf-8"))["planted"]
    return [Planted(**{**entry, "ids": tuple(entry["ids"])}) for entry in entries]


_TOO_SMALL = "the city is too small for another fault"


class Planter:
    """Spoils copies of the city's frames and keeps the list of what it did."""

    def __init__(self, city: City, rng: np.random.Generator) -> None:
        self.city, self.plan, self.rng = city, city.plan, rng
        self.frames: dict[str, pd.DataFrame] = dict(city.frames)
        self.list: list[Planted] = []
        self.allowed: list[dict[str, Any]] = []

    def note(self, kind: str, layer: str, ids: Iterable[Any], how: str, *, where: Any = None, agency: str = "") -> None:
        """Add a fault to the list."""
        wkt = "" if where is None else shapely.to_wkt(where, rounding_precision=10)
        area = 0.0 if where is None else round(float(shapely.area(where)), 6)
        self.list.append(Planted(kind, layer, tuple(map(str, ids)), how, agency, wkt, area))


def plant(city: City, rng: np.random.Generator) -> Planter:
    """Return spoilt copies of the city's frames, the allowed gaps, and the list of all planted faults."""
    from .planted_rows import plant_rows

    planter = Planter(city, rng)
    _plant_cells(planter)
    _plant_beats(planter)
    plant_rows(planter)
    return planter


class _Spots:
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
        """Return an edge between two cells of one parent, away from the border; ``exact``: its middle is on the grid."""

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
        raise ValueError(_TOO_SMALL)

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
        raise ValueError(_TOO_SMALL)

    def cell(self, fits: Callable[[int], bool]) -> int:
        """Return a cell away from the border of the district and from other faults."""
        for number in self.order.tolist():
            on_border = set(map(tuple, shapely.get_coordinates(self.lands[number]).tolist())) & self.border
            if not on_border and fits(number) and self.free([number], self.lands[number]):
                self.take([number], self.lands[number])
                return int(number)
        raise ValueError(_TOO_SMALL)

    def named(self, fits: Callable[[int], bool]) -> int:
        """Return a cell that is not spoilt yet, for a fault of its codes alone."""
        number = next((n for n in self.order.tolist() if not self.taken[n] and fits(n)), None)
        if number is None:
            raise ValueError(_TOO_SMALL)
        self.taken[number] = True
        return int(number)


def _around(seam: Seam) -> shapely.Geometry:
    """Return the ground on both sides of an edge that its fault may touch."""
    return shapely.union(triangle(seam, seam.beside(4.0)), triangle(seam, seam.beside(-4.0)))


def _plant_cells(planter: Planter) -> None:
    """Spoil the unit grid: gaps, overlaps, parts outside, vertices, codes, parents."""
    cells = planter.frames["grid_cell"].copy()
    lands = cells.geometry.to_numpy().copy()
    codes = cells["cell_code"].to_numpy(dtype=object)
    spots = _Spots(lands, cells["parent_code"].to_numpy(), planter.rng)
    _plant_lakes(planter, lands, codes, spots)
    large = planter.plan.size == "full"
    for depth in (3.2, 2.0, 0.02) if large else (3.2, 0.02):
        seam = spots.inner()
        _cut(planter, lands, codes, seam, seam.beside(depth), "gap", f"an edge was drawn {depth} m into one cell only")
    seam = spots.landing()
    _cut(
        planter, lands, codes, seam, seam.beside(2.5), "gap", "a gap that touches the border of the district in a point"
    )
    first, second = spots.pair()
    for one in (first, second):
        _cut(planter, lands, codes, one, one.beside(1.5), "gap", "one of two gaps that meet in a point")
    for depth in (3.0, 1.2) if large else (3.0,):
        seam = spots.outer()
        _cut(planter, lands, codes, seam, seam.beside(depth), "gap", "an inlet, open to the border of the district")
    for depth in (3.0, 1.0, 0.05) if large else (3.0,):
        seam = spots.inner()
        _cut(
            planter,
            lands,
            codes,
            seam,
            seam.beside(-depth),
            "overlap",
            f"an edge was drawn {depth} m into the neighbour",
        )
    seam = spots.outer()
    _cut(
        planter, lands, codes, seam, seam.beside(-3.5), "outside", "an edge was drawn beyond the border of the district"
    )
    for _ in range(2 if large else 1):
        _loose_vertex(planter, lands, codes, spots)
    cells = cells.set_geometry(gpd.GeoSeries(lands, index=cells.index, crs=CRS))
    planter.frames["grid_cell"] = _spoil_codes(planter, cells, spots)


def _cut(
    planter: Planter, lands: np.ndarray, codes: np.ndarray, seam: Seam, point: tuple[float, float], kind: str, how: str
) -> None:
    """Move the edge of one cell by way of ``point`` and leave that of its neighbour."""
    lands[seam.left] = with_vertex(lands[seam.left], seam, point)
    ids = [codes[side] for side in (seam.left, seam.right) if side >= 0]
    planter.note(kind, "grid_cell", sorted(ids), how, where=triangle(seam, point))


def _loose_vertex(planter: Planter, lands: np.ndarray, codes: np.ndarray, spots: _Spots) -> None:
    """Put a vertex into an edge of one cell that its neighbour does not have, exactly on the line."""
    seam = spots.inner(exact=True)
    middle = seam.middle()
    assert middle is not None
    lands[seam.left] = with_vertex(lands[seam.left], seam, middle)
    ids = sorted([codes[seam.left], codes[seam.right]])
    line = shapely.linestrings([seam.start, seam.end])
    planter.note("mismatch", "grid_cell", ids, "a vertex that the neighbour lacks, exactly on the line", where=line)


def _spoil_codes(planter: Planter, cells: gpd.GeoDataFrame, spots: _Spots) -> gpd.GeoDataFrame:
    """Spoil codes and parents, and take cells away."""
    codes = cells["cell_code"].to_numpy(dtype=object).copy()
    parents = cells["parent_code"].to_numpy(dtype=object).copy()
    lands = cells.geometry.to_numpy()
    homes = planter.frames["city3d_building"]["building_code"].str[:15].value_counts()

    def few_homes(number: int) -> bool:
        return 0 < homes.get(codes[number], 0) <= 12  # noqa: PLR2004

    missing = spots.cell(few_homes)
    planter.note("gap", "grid_cell", [codes[missing]], "the cell is missing", where=lands[missing])
    gone = [missing]
    lost = [lambda code: f"{float(code):.5E}"] + (
        [lambda code: code[:12] + str(int(code[12:]))] if planter.plan.size == "full" else []
    )
    for damage in lost:
        number = spots.cell(lambda n: few_homes(n) and codes[n][12] == "0")
        whole, codes[number] = codes[number], damage(codes[number])
        row = number + (number < missing)
        planter.note("bad_code", "grid_cell", [row], f"{codes[number]} was {whole} before a spreadsheet had it")
        planter.note("gap", "grid_cell", [whole], "the cell has no code that can be trusted", where=lands[number])
    number = spots.named(lambda _: True)
    twin = next(
        n
        for n in range(len(codes))
        if parents[n] == parents[number] and n != number and n != missing and not _odd(codes[n])
    )
    planter.note(
        "duplicate",
        "grid_cell",
        [codes[twin]],
        f"the code of {codes[number]} was copied from another cell",
        where=lands[number],
    )
    codes[number] = codes[twin]
    number = spots.named(lambda _: True)
    parents[number] = codes[number][:9] + "999"
    planter.note("orphan", "grid_cell", [codes[number]], "names a community that does not exist", where=lands[number])
    number = spots.named(lambda _: True)
    other = [
        c
        for c in planter.frames["grid_community"]["community_code"]
        if c != parents[number] and c[:9] == codes[number][:9]
    ]
    parents[number] = other[0] if other else next(c for c in sorted(set(parents)) if c != parents[number])
    planter.note(
        "nesting", "grid_cell", [codes[number]], "names a community in which it does not lie", where=lands[number]
    )
    cells = cells.assign(cell_code=codes, parent_code=parents)
    return cells.drop(index=cells.index[gone])


def _odd(code: str) -> bool:
    return len(code) != 15 or not code.isdigit()  # noqa: PLR2004


def _plant_lakes(planter: Planter, lands: np.ndarray, codes: np.ndarray, spots: _Spots) -> None:
    """Take lakes out of their cells: one is an allowed gap, of another the permission has run out."""
    waters = planter.city.waters
    said = (("allowed_gap", "2027-12-31", "allowed"), ("gap", "2025-12-31", "allowed only"))
    for cell, lake, (kind, until, how) in zip(waters.lake_cells, waters.lakes, said, strict=False):
        spots.take([cell], lake)
        lands[cell] = shapely.difference(lands[cell], lake)
        planter.allowed.append({"reason": "湖面由水务局统一管理", "until": pd.Timestamp(until), "geometry": lake})
        planter.note(
            kind, "grid_cell", [codes[cell]], f"a lake that belongs to no cell, {how} until {until}", where=lake
        )


def _plant_beats(planter: Planter) -> None:
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


def away(plan: Plan, angle: float, times: float) -> tuple[float, float]:
    """Return a place in a direction from the centre, in radii of the district."""
    radius = plan.radius_m * times
    x, y = snap(np.array([CENTRE[0] + radius * np.cos(angle), CENTRE[1] + radius * np.sin(angle)]))
    return float(x), float(y)
