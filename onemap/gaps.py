"""Gaps: land that no cell covers, objects that lie in none, and land and hours for which nobody answers."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.domain.duties import DUTY_GRID
from onemap.domain.moments import day_now
from onemap.domain.validity import as_day
from onemap.errors import SchemaError
from onemap.geo.arrangement import inside_points
from onemap.geo.coverage import check_coverage
from onemap.geo.defects import write_number
from onemap.responsibility.gap_closers import Closers
from onemap.responsibility.gaps import COLUMNS as DUTY_COLUMNS
from onemap.responsibility.gaps import PEOPLE, gap_intervals, tells_residents
from onemap.responsibility.map_gaps import duty_gaps
from onemap.responsibility.matrix import ResponsibilityMatrix
from onemap.store.dated_map import DatedMap
from onemap.translation import say

_UNCOVERED = {
    False: "no cell covers {area} m2 of the district",
    True: "no duty grid of {agency} covers {area} m2 of the district",
}
_WITH = {
    (True, True): ", with {buildings} {building}, {cases} {case} and {residents} {resident} in it",
    (True, False): ", with {buildings} {building} and {cases} {case} in it",
    (False, True): ", in which are {cases} {case} and {residents} {resident}",
    (False, False): ", with {cases} {case} in it",
}
"""By whether buildings and residents are known; a word is that for one or for many."""
KINDS = ("land", "duty", "objects", "time")
OF_LAND, OF_DUTIES = ("land", "objects"), ("duty", "time")
COLUMNS = (
    "gap_id",
    "kind",
    "layer_id",
    "agency",
    "object_id",
    "area_m2",
    "width_m",
    "buildings",
    "cases",
    "residents",
    "reason",
    *(name for name in DUTY_COLUMNS if name not in ("kind", "agency", "area_m2", "buildings", "residents", "reason")),
)
_OBJECTS = {
    "city3d_building": "building_code",
    "frame_component": "component_code",
    "place_address": "address_code",
    "econ_unit": "unit_code",
    "case": "case_code",
}


class Layers(Protocol):
    """What `find_gaps` needs of a one map: it may be open on disk or not yet written."""

    @property
    def levels(self) -> Sequence[str]:
        """Ids of the grid layers, from coarse to fine."""

    def has(self, layer_id: str) -> bool:
        """Tell whether there is such a layer."""

    def read(self, layer_id: str) -> Any:
        """Return the layer."""


@dataclass(frozen=True)
class GapReport:
    """What `find_gaps` found.

    Attributes
    ----------
    table
        One row a gap, see `find_gaps`.
    """

    table: gpd.GeoDataFrame

    @property
    def counts(self) -> dict[str, int]:
        """Number of gaps of each kind; of land and objects always, of duty and time where there are any."""
        found = self.table["kind"].value_counts()
        kinds = [kind for kind in KINDS if kind in OF_LAND or kind in found]
        return {kind: int(found.get(kind, 0)) for kind in kinds}

    @property
    def intervals(self) -> pd.DataFrame:
        """Hours of the gaps of duty and time, one row an interval: ``gap_id``, ``from`` and ``to`` in local time."""
        return gap_intervals(self.table.set_index("gap_id")).rename(columns={"gap": "gap_id"})


def find_gaps(
    one_map: Layers,
    *,
    kinds: Sequence[str] | None = None,
    tolerance_m: float | None = None,
    agency_tolerance_m: float | None = None,
    allowed: gpd.GeoDataFrame | None = None,
    today: dt.date | None = None,
    window: tuple[Any, Any] | None = None,
    as_of: Any = None,
    matrix: ResponsibilityMatrix | None = None,
) -> GapReport:
    """Find the land, the objects and the hours of a district that nobody is responsible for.

    Parameters
    ----------
    one_map
        An open one map, or anything with its ``levels``, ``has`` and ``read``.
    kinds
        ``land``: land of the district that no cell of the finest level covers, and for each agency land that none of
        its duty grids covers. ``objects``: buildings, components, addresses and units inside the district, and cases
        anywhere, that no cell of the finest level holds. ``duty``: land for which no duty covers a matter, or nobody is
        appointed. ``time``: hours in which nobody is on shift. By default all that the map can tell: the last two
        need its layer ``duty``.
    tolerance_m
        Land into which no circle of this diameter fits is no gap; by default what the map was built with, else 0.
        Where the map holds its coverage defects already, the gaps among them are taken, allowed ones left out, and
        the tolerance is the one they were found by; so are the next three.
    agency_tolerance_m
        The same for the agencies' duty grids; by default what the map was built with, else ``tolerance_m``.
    allowed
        Polygons of allowed gaps with columns ``reason`` and ``until``.
    today
        The date on which an allowance must still hold; by default the map's, else the clock's.
    window
        First moment and end, local time, of the hours that are looked through for ``duty`` and ``time``; from the
        map's date (else today), and for seven days, where a side is None.
    as_of
        Only rows in force on this day, of every layer, see `onemap.in_force`; it is also ``today`` and the first day of
        ``window`` where they are not given.
    matrix
        The `ResponsibilityMatrix` of this very map, where there is one already; by default it is made.

    Returns
    -------
    GapReport
        ``table`` in the CRS of the cells: ``gap_id kind layer_id agency object_id area_m2 width_m buildings cases
        residents reason``, then ``cause part matters scope cells holder from to hours intervals`` of duty and time (see
        `onemap.ResponsibilityMatrix.gaps`), ``who_could_close`` and ``geometry``; land first, the largest gap first,
        then objects by layer and id, then duty and time. ``buildings``, ``cases`` and ``residents`` count what lies
        inside.

    Raises
    ------
    SchemaError
        A kind is unknown, the one map has no grid level, or no duties where they are asked for.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from shapely import box
    >>> layers = {
    ...     "grid_district": gpd.GeoDataFrame({"district_code": ["d"]}, geometry=[box(0, 0, 9, 9)], crs="EPSG:4548"),
    ...     "grid_cell": gpd.GeoDataFrame({"cell_code": ["c"]}, geometry=[box(0, 0, 9, 8)], crs="EPSG:4548"),
    ... }
    >>> city = SimpleNamespace(levels=list(layers), has=layers.__contains__, read=layers.get)
    >>> find_gaps(city).table["reason"].tolist()
    ['no cell covers 9 m2 of the district, with 0 cases in it']
    """
    all_days = one_map  # appointments that ended or begin later are told as such
    if as_of is not None:
        one_map, today = DatedMap(one_map, as_of), today or as_day(as_of)
    if kinds is None:
        kinds = KINDS if one_map.has("duty") else OF_LAND
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise SchemaError("{kind} is no kind of gap; known are {known}", kind=unknown[0], known=", ".join(KINDS))
    if not one_map.levels:
        raise SchemaError("the one map has no grid level, so there is nothing to be covered by")
    district = one_map.read(one_map.levels[0])
    finest = one_map.read(one_map.levels[-1])
    rows: list[dict[str, Any]] = []
    facts = getattr(one_map, "district", {})
    width = _width(tolerance_m, facts.get("tolerance_m"), 0.0)
    widths = width, _width(agency_tolerance_m, facts.get("agency_tolerance_m"), width)
    day = today or (dt.date.fromisoformat(facts["as_of"]) if facts.get("as_of") else day_now(facts.get("timezone")))
    closers = Closers(one_map, finest, day=day, matrix=matrix)
    if "land" in kinds:
        rows += _land(one_map, finest, widths, {"parent": district, "allowed": allowed, "today": day}, closers)
    if "objects" in kinds:
        rows += _objects(one_map, district, finest, closers)
    wanted = [kind for kind in OF_DUTIES if kind in kinds]
    if wanted:
        start, end = window or (None, None)
        from_day = day if start is None else start
        found = duty_gaps(all_days, kinds=wanted, window=(from_day, end), tolerance_m=widths[1], matrix=matrix)
        rows += _duties(one_map, finest, found)
    table = gpd.GeoDataFrame(rows, columns=[*COLUMNS, "geometry"], geometry="geometry", crs=finest.crs)
    table["gap_id"] = [f"{kind}-{n:05d}" for n, kind in enumerate(table["kind"], start=1)]
    for column in ("buildings", "cases", "residents"):
        table[column] = table[column].astype("Int64")
    texts = [name for name in DUTY_COLUMNS if name not in ("hours", "area_m2", "buildings", "residents")]
    table[texts] = table[texts].astype("object").where(table[texts].notna(), "").astype("str")
    table["hours"] = table["hours"].astype("float64")
    return GapReport(table)


def _duties(one_map: Layers, finest: gpd.GeoDataFrame, found: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the gaps of duty and of time as rows, with the cases in them."""
    inside = _contents(one_map, found.geometry.to_numpy(), finest.crs)
    rows: list[dict[str, Any]] = found.to_dict("records")
    return [
        {**row, "layer_id": "duty", "object_id": "", "cases": counts["cases"]}
        for row, counts in zip(rows, inside, strict=True)
    ]


def _width(given: float | None, fact: str | None, otherwise: float) -> float:
    """Return the tolerance that the caller gives, else the map's own, else another."""
    if given is not None:
        return given
    return float(fact) if fact is not None else otherwise


def _land(
    one_map: Layers,
    finest: gpd.GeoDataFrame,
    widths: tuple[float, float],
    options: dict[str, Any],
    closers: Closers,
) -> list[dict[str, Any]]:
    """Return the gaps of the finest level and of each agency's duty grid, with what lies in them."""
    grids = [(one_map.levels[-1], "", finest, widths[0])]
    if one_map.has("duty_grid"):
        duties = one_map.read("duty_grid")
        agencies = duties["agency"].fillna("") if "agency" in duties else pd.Series("", index=duties.index)
        grids += [("duty_grid", str(name), part, widths[1]) for name, part in duties.groupby(agencies, sort=True)]
    known = one_map.read("defect") if one_map.has("defect") else None
    found = []
    for grid_id, agency, cells, width in grids:
        if known is not None:  # the coverage was checked already
            defects = known[(known["layer_id"] == grid_id) & (known["agency"].fillna("") == agency)]
        else:
            defects = check_coverage(cells, tolerance_m=width, **options).defects
        gaps = defects[(defects["kind"] == "gap") & ~defects["allowed"].astype(bool)]
        found += [
            (grid_id, agency, gap, closers.of_land(grid_id, agency, cells, gap.geometry)) for gap in gaps.itertuples()
        ]
    shapes = np.array([gap.geometry for _, _, gap, _ in found], dtype=object)
    contents = _contents(one_map, shapes, finest.crs)
    rows = []
    for (grid_id, agency, gap, closer), inside in zip(found, contents, strict=True):
        reason = _land_reason(grid_id, agency, gap.area_m2, inside)
        row = {"kind": "land", "layer_id": grid_id, "agency": agency, "object_id": "", "geometry": gap.geometry}
        rows.append({**row, "area_m2": gap.area_m2, "width_m": gap.width_m, **inside, "reason": reason})
        rows[-1]["who_could_close"] = closer
    return rows


def _land_reason(grid_id: str, agency: str, area_m2: float, inside: dict[str, int | None]) -> str:
    """Return the sentence of a gap of land: whose grids lack, how much land, and what is known to lie there."""
    known = {name: count for name, count in inside.items() if count is not None}
    words = {name.removesuffix("s"): name.removesuffix("s") if count == 1 else name for name, count in known.items()}
    template = _UNCOVERED[grid_id == DUTY_GRID] + _WITH["buildings" in known, "residents" in known]
    return say(template, "en", agency=agency, area=write_number(area_m2), **known, **words)


def _contents(one_map: Layers, shapes: Any, crs: Any) -> list[dict[str, int | None]]:
    """Count buildings, cases and residents in each shape; None where the map has no layer that tells of them."""
    counts: dict[str, Any] = {"buildings": None, "cases": np.zeros(len(shapes), dtype=np.int64), "residents": None}

    def add(name: str, frame: gpd.GeoDataFrame, weights: Any) -> None:
        # the shapes are asked, not the points: each is prepared once, and a gap may be half a district
        shape, item = shapely.STRtree(_places(frame, crs)).query(shapes, predicate="intersects")
        counts[name] = np.zeros(len(shapes), dtype=np.int64)
        np.add.at(counts[name], shape, weights[item])

    for name, layer_id in (("buildings", "city3d_building"), ("cases", "case")):
        if one_map.has(layer_id):
            frame = one_map.read(layer_id)
            add(name, frame, np.ones(len(frame), dtype=np.int64))
    layers = (one_map.read(layer_id) for layer_id in PEOPLE if one_map.has(layer_id))
    people = next((frame for frame in layers if tells_residents(frame)), None)
    if people is not None:
        add("residents", people, pd.to_numeric(people["residents"]).fillna(0).to_numpy(dtype=np.int64))
    return [
        {name: None if count is None else int(count[i]) for name, count in counts.items()} for i in range(len(shapes))
    ]


def _places(frame: gpd.GeoDataFrame, crs: Any) -> Any:
    """Return one point for each object: itself, or a point inside it."""
    return inside_points(frame.geometry.to_crs(crs).to_numpy())


def _objects(
    one_map: Layers, district: gpd.GeoDataFrame, finest: gpd.GeoDataFrame, closers: Closers
) -> Iterator[dict[str, Any]]:
    """Yield the objects that no cell holds."""
    for layer_id, key in _OBJECTS.items():
        if not one_map.has(layer_id):
            continue
        frame = one_map.read(layer_id)
        places = _places(frame, finest.crs)
        held = np.zeros(len(frame), dtype=bool)
        objects = shapely.STRtree(frame.geometry.to_crs(finest.crs).to_numpy())
        held[objects.query(finest.geometry.to_numpy(), predicate="intersects")[1]] = True
        inside = np.zeros(len(frame), dtype=bool)
        inside[shapely.STRtree(places).query(district.geometry.to_numpy(), predicate="intersects")[1]] = True
        if layer_id == "case" and _are_assigned(frame):
            held = frame["cell_code"].notna().to_numpy() & (frame["cell_code"] != "").to_numpy()
        listed = ~held if layer_id == "case" else ~held & inside
        names = frame[key] if key in frame else pd.Series(frame.index, index=frame.index)
        names = names.astype(object).where(names.notna(), "").map(str)  # one without a code is listed all the same
        order = names.reset_index(drop=True)[listed].sort_values(kind="stable").index
        for row in order:
            reason = _object_reason(missing=bool(shapely.is_missing(places[row])), inside=bool(inside[row]))
            yield {
                "kind": "objects",
                "layer_id": layer_id,
                "agency": "",
                "object_id": names.iloc[row],
                "reason": reason,
                "who_could_close": closers.of_object(layer_id, places[row], inside=bool(inside[row])),
                "geometry": places[row],
            }


def _are_assigned(cases: gpd.GeoDataFrame) -> bool:
    """Tell whether the cells of the cases are an answer; before the assignment they are what the sources claim."""
    return "cell_code" in cases and ("how" not in cases or bool(cases["how"].notna().any()))


def _object_reason(*, missing: bool, inside: bool) -> str:
    if missing:
        return say("it has no position", "en")
    return say("no cell holds it, though it lies in the district" if inside else "it lies outside the district", "en")
