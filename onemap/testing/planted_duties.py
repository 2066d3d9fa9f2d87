"""Faults planted in who answers: duty grids, rosters, hours; and what follows from faults of cells and duty grids."""

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .agencies import COMMAND, MARKET, SANITATION, WORKS
from .duties import MANAGEMENT, POLICE
from .plan import CRS
from .rosters import CLEANERS, ENDED, LATER, PATROLS, VACANT, WORKERS, make_cleaners, make_patrols, make_workers
from .seams import Seam, find_seams, triangle, with_vertex
from .spots import TOO_SMALL

if TYPE_CHECKING:
    from .planted import Planter

AS_OF = "2026-06-30"
WEEK = "2026-06-30T00:00:00/2026-07-07T00:00:00"
NIGHTS = (
    "2026-06-30T00:00:00/2026-06-30T08:00:00 2026-06-30T20:00:00/2026-07-01T08:00:00 "
    "2026-07-01T20:00:00/2026-07-02T08:00:00 2026-07-02T20:00:00/2026-07-03T08:00:00 "
    "2026-07-04T20:00:00/2026-07-05T08:00:00 2026-07-05T20:00:00/2026-07-06T08:00:00 "
    "2026-07-06T20:00:00/2026-07-07T00:00:00"
)
"""The hours of the night shift in the week after the map's date: 3 July is a holiday, and has its own shift."""
HOLIDAY = "2026-07-03T08:00:00/2026-07-04T08:00:00"
_NOBODYS = "0302"
_NAME, _PHONE, _TERM, _NIGHT, _HOLIDAY = 3, 4, 5, 4, 6  # columns of the rosters
_LEAST_M = 20.0


def plant_duties(planter: "Planter") -> None:
    """Spoil duty grids and rosters, and note what follows."""
    rng = np.random.default_rng([planter.plan.seed, 5])
    _plant_grids(planter, rng)
    _plant_workers(planter, rng)
    _plant_patrols(planter, rng)
    _plant_cleaners(planter, rng)
    how = "no duty covers the matter anywhere"
    planter.note("nobody", "duty", [_NOBODYS], how, where=planter.city.skeleton.outline, when=WEEK)
    _follow_overlaps(planter)
    _follow_gaps(planter)
    _follow_cuts(planter)


def _plant_grids(planter: "Planter", rng: np.random.Generator) -> None:
    """Move one edge of a grid of three agencies: a gap, an overlap, a part beyond the border of the district."""
    duty = planter.frames["duty_grid"].copy()
    lands = duty.geometry.to_numpy().copy()
    border = shapely.boundary(planter.city.skeleton.outline)
    beyond = [one.geometry for one in planter.list if one.kind == "outside" and one.wkt]
    for agency, kind, depth, how in (
        (SANITATION, "gap", 3.4, "a strip that no grid takes"),
        (WORKS, "overlap", -3.0, "a strip that two grids take"),
        (MARKET, "outside", -3.6, "a grid leaves the district"),
    ):
        mine = np.flatnonzero((duty["agency"] == agency).to_numpy())
        parts, home = shapely.get_parts(lands[mine], return_index=True)
        whole = shapely.get_num_interior_rings(parts) == 0
        parts, home = parts[whole], mine[home[whole]]
        seam = _edge(parts, home, rng, kind=kind, depth_m=depth, border=border, taken=shapely.union_all(beyond))
        cut = triangle(seam, seam.beside(depth))
        at = home[seam.left]
        others = [part for part in shapely.get_parts(lands[at]) if not shapely.equals_exact(part, parts[seam.left])]
        moved = with_vertex(parts[seam.left], seam, seam.beside(depth))
        lands[at] = shapely.multipolygons([*others, moved]) if others else moved
        sides = [home[side] for side in (seam.left, seam.right) if side >= 0]
        ids = sorted(duty["duty_code"].to_numpy()[sides])
        planter.note(kind, "duty_grid", ids, how, where=cut, agency=agency)
    planter.frames["duty_grid"] = duty.set_geometry(gpd.GeoSeries(lands, index=duty.index, crs=CRS))


def _edge(
    parts: np.ndarray, home: np.ndarray, rng: np.random.Generator, *, kind: str, depth_m: float, border: Any, taken: Any
) -> Seam:
    """Return an edge between two grids, or on the border of the district, with room for the cut."""
    seams = find_seams(parts)
    outline = {tuple(point) for point in shapely.get_coordinates(border).tolist()}
    land = shapely.polygonize([border])
    for seam in (seams[number] for number in rng.permutation(len(seams))):
        if seam.length < _LEAST_M:
            continue
        cut = triangle(seam, seam.beside(depth_m))
        if kind == "outside":
            on_border = seam.right < 0 and {seam.start, seam.end} <= outline
            apart = not shapely.dwithin(cut, taken, 1.0)
            fits = on_border and apart and shapely.area(shapely.intersection(cut, land)) == 0
        elif seam.right < 0 or home[seam.left] == home[seam.right]:
            fits = False
        else:
            room = parts[seam.left if depth_m > 0 else seam.right]
            fits = bool(shapely.covers(room, cut) and shapely.distance(cut, border) > 1)
        if fits:
            return seam
    raise ValueError(TOO_SMALL)


def _plant_workers(planter: "Planter", rng: np.random.Generator) -> None:
    """Leave cells without worker, with one whose term is over or has not begun, and with two at once."""
    cells = planter.city.frames["grid_cell"]
    sheet, first = make_workers(cells, planter.city.frames["grid_community"], rng)
    count = 4 if planter.plan.size == "full" else 1
    free = iter(rng.permutation(_sound(planter)).tolist())

    def spoil(kind: str, how: str) -> tuple[int, list[Any]]:
        number = next(free, None)
        if number is None:
            raise ValueError(TOO_SMALL)
        cell = cells.iloc[number]
        planter.note(kind, "duty", [cell["cell_code"]], how, where=cell.geometry, agency=COMMAND, when=WEEK)
        return first + number, sheet.rows[first + number - 1]

    for _ in range(count):
        row, values = spoil("vacant", "nobody was appointed to the cell")
        values[_NAME], values[_PHONE] = VACANT, None
        planter.note("vacancy", "holder", [row], f"the roster says {VACANT}")
        _, values = spoil("expired", "the term of the worker is over")
        values[_TERM] = ENDED
        _, values = spoil("two_holders", "two workers claim the cell")
        values[_NAME], values[_PHONE] = "方同权、郑同责", "10000000001 10000000002"
    _, values = spoil("not_yet", "the term of the worker has not begun")
    values[_TERM] = LATER
    planter.rosters[WORKERS] = sheet


def _sound(planter: "Planter") -> np.ndarray:
    """Return the cells that no other fault touches."""
    clean, spoilt = planter.city.frames["grid_cell"], planter.frames["grid_cell"]
    places = np.array([one.geometry for one in planter.list if one.layer_id == "grid_cell" and one.wkt], dtype=object)
    named = {one for fault in planter.list if fault.layer_id == "grid_cell" for one in fault.ids}
    touched = shapely.STRtree(places).query(clean.geometry.to_numpy(), predicate="dwithin", distance=1.0)[0]
    sound = ~clean["cell_code"].isin(named).to_numpy() & clean["cell_code"].isin(spoilt["cell_code"]).to_numpy()
    sound[touched] = False
    return np.flatnonzero(sound)


def _plant_patrols(planter: "Planter", rng: np.random.Generator) -> None:
    """Leave one grid of the urban management without night shift and one without holiday shift."""
    grids = planter.frames["duty_grid"]
    mine = grids[grids["agency"] == MANAGEMENT]
    sheet, first = make_patrols(grids, rng)
    night, holiday = rng.choice(len(mine), size=2, replace=False)
    for number, column, when, how in (
        (night, _NIGHT, NIGHTS, "nobody is on the night shift"),
        (holiday, _HOLIDAY, HOLIDAY, "nobody is on duty on holidays"),
    ):
        grid, row = mine.iloc[number], first + int(number)
        sheet.rows[row - 1][column : column + 2] = [VACANT, None]
        planter.note("off_shift", "duty", [grid["duty_code"]], how, where=grid.geometry, agency=MANAGEMENT, when=when)
        planter.note("vacancy", "holder", [row], f"the roster says {VACANT}")
    planter.rosters[PATROLS] = sheet


def _plant_cleaners(planter: "Planter", rng: np.random.Generator) -> None:
    """Let the term of one who answers for a grid of the street cleaning be over."""
    grids = planter.frames["duty_grid"]
    mine = grids[grids["agency"] == SANITATION]
    sheet, first = make_cleaners(grids, rng)
    number = int(rng.integers(len(mine)))
    grid = mine.iloc[number]
    sheet.rows[first + number - 1][4] = ENDED
    how = "the term of the one who answers is over"
    planter.note("expired", "duty", [grid["duty_code"]], how, where=grid.geometry, agency=SANITATION, when=WEEK)
    planter.rosters[CLEANERS] = sheet


def _follow_overlaps(planter: "Planter") -> None:
    """Note that two answer with equal right where cells or duty grids overlap."""
    for one in list(planter.list):
        if one.kind == "overlap":
            agency = one.agency if one.layer_id == "duty_grid" else COMMAND
            how = "two answer with equal right where the grids overlap"
            planter.note("tie", "duty", one.ids, how, where=one.geometry, agency=agency, when=WEEK)


def _follow_gaps(planter: "Planter") -> None:
    """Note that nobody answers where an agency has no grid: in its gaps, and in cells drawn beyond the border.

    The urban management is left out: where it has no grid the workers of the cells answer for its matters.
    """
    faults = [one for one in planter.list if one.wkt]
    beyond = [one for one in faults if one.kind == "outside" and one.layer_id == "grid_cell"]
    for agency in (POLICE, SANITATION, WORKS, MARKET):
        own = [one for one in faults if one.layer_id == "duty_grid" and one.agency == agency]
        gaps = [one for one in own if one.kind == "gap"]
        taken = shapely.union_all([one.geometry for one in own if one.kind == "outside"])
        land = shapely.difference(shapely.union_all([one.geometry for one in [*gaps, *beyond]]), taken)
        ids = sorted({code for one in [*gaps, *beyond] for code in one.ids})
        if not shapely.is_empty(land):
            how = "no duty of the agency where it has no grid"
            planter.note("nobody", "duty", ids, how, where=land, agency=agency, when=WEEK)


def _follow_cuts(planter: "Planter") -> None:
    """Note the cells that lie in several grids of one agency: by faults of the cells, or of the duty grids."""
    cells = _claimed(planter, "grid_cell", "cell_code", "")
    duty = planter.frames["duty_grid"]
    faults = [one for one in planter.list if one.layer_id in ("grid_cell", "duty_grid") and one.wkt]
    named = {one for fault in faults if fault.layer_id == "grid_cell" for one in fault.ids}
    places = shapely.union_all([fault.geometry for fault in faults if fault.layer_id == "duty_grid"])
    for agency in sorted(duty["agency"].unique()):
        grids = _claimed(planter, "duty_grid", "duty_code", agency)
        for code, land in cells.items():
            if code in named or shapely.intersects(land, places):
                shared = shapely.intersection(np.array(list(grids.values()), dtype=object), land)
                parts = shared[shapely.area(shared) > 0]
                if len(parts) > 1:
                    rest = np.delete(parts, np.argmax(shapely.area(parts)))
                    how = "the cell lies in several grids of the agency"
                    planter.note("cut", "duty_grid", [code], how, where=shapely.union_all(rest), agency=agency)


def _claimed(planter: "Planter", layer: str, key: str, agency: str) -> dict[str, Any]:
    """Return the land of each grid by code: rows of one code joined, what overlaps the smallest code's."""
    frame = planter.frames[layer]
    if agency:
        frame = frame[frame["agency"] == agency]
    frame = frame[frame[key].str.fullmatch(r"\d{15}" if layer == "grid_cell" else r".+")]
    lands: dict[str, Any] = {}
    for code, shape in zip(frame[key], frame.geometry, strict=True):
        lands[code] = shapely.union(lands[code], shape) if code in lands else shape
    for one in planter.list:
        if one.kind == "overlap" and one.layer_id == layer and one.agency == agency:
            loser = max(one.ids)
            lands[loser] = shapely.difference(lands[loser], one.geometry)
    return dict(sorted(lands.items()))


def rows_of_heads(holders: pd.DataFrame) -> pd.DataFrame:
    """Return the appointments that stand in the plain list of the command centre: all but the workers'."""
    return holders[holders["role"] != "grid_worker"]
