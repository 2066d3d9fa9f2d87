"""Each case to exactly one cell, whatever the order of rows, cells or threads."""

from typing import Any

import geopandas as gpd

from onemap.cases.answer import Answer
from onemap.cases.decisions import Decisions, decided
from onemap.cases.places import BEYOND, read_places
from onemap.cases.result import AssignmentResult
from onemap.errors import CrsError, GeometryError, SchemaError, some
from onemap.geo.cell_codes import doubled_codes, unique_codes
from onemap.geo.dated import in_force
from onemap.geo.locator import CellLocator
from onemap.progress import Progress, silent
from onemap.translation import say

_DOUBLED = "several rows of the cells have the same code, {codes}, and count as one cell: onemap check lists them"


def assign_cases(
    cases: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    *,
    code: str = "cell_code",
    near_m: float = 0.0,
    border_m: float = 1.0,
    locator: CellLocator | None = None,
    as_of: Any = None,
    decisions: Decisions | None = None,
    case_code: str = "case_code",
    progress: Progress = silent,
) -> AssignmentResult:
    """Assign each case to exactly one cell.

    A cell holds its interior and its border. A case on a shared border, or where cells overlap, goes to the cell with
    the smallest code and is flagged. Inside and border are decided exactly, in the cells' own CRS; distances are in
    metres also where the cells are in degrees.

    Parameters
    ----------
    cases
        Points with a CRS; any index, also one that is not unique.
    cells
        Polygons with a CRS and a code; they may have holes, gaps and overlaps. Rows with the same code count as one
        cell, as in `onemap.run`; ``notes`` names the codes, and the cases there have a reason.
    code
        Column of the cells' codes.
    near_m
        A case in no cell goes to the nearest cell up to this distance (metres); 0: never.
    border_m
        Cases within this distance (metres) of another cell are queued for a look.
    locator
        A `CellLocator` of these very cells, when there is one already; by default it is made.
    as_of
        Only cells in force on this day, see `in_force`; by default all rows.
    decisions
        What people decided: `onemap.domain.journal.Journal.in_force`. A decided case gets the cell that was chosen,
        ``how`` "decided", and leaves the queue; a decision that cannot be followed is listed with its reason.
    case_code
        Column of the cases' codes, by which decisions name them.
    progress
        Called with the share done and a text.

    Returns
    -------
    AssignmentResult
        ``table`` has one row a case in the cases' order: ``cell`` (missing where none), ``how`` (inside, border,
        near, outside, no_position, decided), ``distance_m`` (0 inside), ``candidates`` (codes of all cells in question,
        sorted), ``reason`` (empty where all is plain).

    Raises
    ------
    CrsError
        Cases or cells have no coordinate system.
    SchemaError
        Codes are missing, or a distance is negative or not a number.
    GeometryError
        A cell is not a polygon, or the locator was made of other cells.

    Examples
    --------
    >>> from shapely import Point, box
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_code": ["02", "01"]}, geometry=[box(1, 1, 2, 2), box(2, 1, 3, 2)], crs="EPSG:4548"
    ... )
    >>> cases = gpd.GeoDataFrame(geometry=[Point(1.5, 1.5), Point(2, 1.5), Point(9, 9), None], crs="EPSG:4548")
    >>> assign_cases(cases, cells).table[["cell", "how"]].to_numpy(dtype=object, na_value=None).tolist()
    [['02', 'inside'], ['01', 'border'], [None, 'outside'], [None, 'no_position']]
    """
    _check_arguments(cases, cells, near_m, border_m)
    progress(0.0, say("cases: reading positions"))
    cells = in_force(cells, as_of)
    doubled = doubled_codes(cells, code)
    locator = _locator(unique_codes(cells, code), code, locator)
    places = read_places(cases, cells.crs)
    progress(0.2, say("cases: which cell holds each"))
    location = locator.look_up(places.x, places.y, reach=locator.distances.reach(border_m))
    answer = Answer(location, locator)
    answer.take_special(location.special)
    progress(0.6, say("cases: distances to cells"))
    distances = locator.distances
    east, north = distances.positions(places.x, places.y)
    answer.take_outside(distances, east, north, near_m)
    answer.take_beyond(places, distances)
    answer.take_far(places, distances.diagonal)
    answer.take_unplaced(places)
    answer.queue_near_border(location, distances, east, north, border_m)
    progress(1.0, say("cases: done"))
    notes = places.notes
    if doubled:
        answer.take_doubled(doubled)
        notes = (*notes, say(_DOUBLED, codes=some(doubled)))
    return decided(answer.result(cases, notes), cells, decisions or {}, code=code, case_code=case_code)


def _locator(cells: gpd.GeoDataFrame, code: str, ready: CellLocator | None) -> CellLocator:
    """Return the locator that is there already, or a new one."""
    if ready is None:
        return CellLocator(cells, code)
    if not ready.is_of(cells, code):
        raise GeometryError("the locator was made of other cells")
    return ready


def _check_arguments(cases: Any, cells: Any, near_m: float, border_m: float) -> None:
    for name, frame in (("cases", cases), ("cells", cells)):
        if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
            raise SchemaError("the {name} have no geometry column", name=name)
        if frame.crs is None:
            raise CrsError("the {name} have no coordinate system; declare it", name=name)
    for name, value in (("near_m", near_m), ("border_m", border_m)):
        if not 0 <= value < BEYOND:
            raise SchemaError("{name} is {value}; it must be a distance in metres, 0 or more", name=name, value=value)
