"""The tables of a repaired coverage: cells that changed, land that moved, people who stand on it, places that stay."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.errors import CrsError, SchemaError
from onemap.geo.arrangement import Shapes
from onemap.geo.closing import NO_NEIGHBOUR, TOO_MUCH, Limits, Place, Refusal
from onemap.geo.coverage import CoverageReport
from onemap.geo.crs import area_m2
from onemap.geo.defects import write_number
from onemap.geo.edges import Floats, resolution
from onemap.geo.faces import Faces
from onemap.geo.repair_intake import Ready
from onemap.translation import say

_PLACES: Final = ("gap", "overlap", "outside")
_MOVED: Final = "gained {gained} m2 and lost {lost} m2 (places: {places}), {share} percent of its area"
_VERTICES: Final = "given the vertices of its neighbours"
_MENDED: Final = "its geometry was made valid"


@dataclass(frozen=True)
class Land:
    """A piece of land that changed hands, in the coordinates of the cells."""

    kind: str
    shape: Any
    area: float
    winner: int | None
    lost: Mapping[int, float]
    gained: float


@dataclass(frozen=True)
class People:
    """Points where people are, and how many."""

    points: Shapes
    weights: Floats


@dataclass(frozen=True)
class Moved:
    """The land that changed hands, and for each cell the square metres that it has more and less in the end."""

    lands: list[Land]
    gained: Floats
    lost: Floats


def take_people(people: gpd.GeoDataFrame, weight: str | None, crs: CRS) -> People:
    """Return a point and a weight for each row that has a place."""
    if people.crs is None:
        raise CrsError("the people have no coordinate system; declare it")
    if weight is not None and weight not in people:
        raise SchemaError("the people have no column {column}", column=weight)
    if weight is None:
        weights = np.ones(len(people))
    else:
        weights = pd.to_numeric(people[weight], errors="coerce").fillna(0).to_numpy(dtype=np.float64)
    shapes = people.geometry.to_crs(crs).to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return People(shapely.point_on_surface(shapes[there]), weights[there])


def change_table(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    *,
    rows: NDArray[np.intp],
    ready: Ready,
    moved: Moved,
    people: Floats | None,
) -> pd.DataFrame:
    """Return a row for each row of the cells that changed."""
    count = len(ready.shapes)
    places, crowd = np.zeros(count, dtype=np.int64), np.zeros((2, count))
    counts = np.zeros(len(moved.lands)) if people is None else people
    for land, here in zip(moved.lands, counts.tolist(), strict=True):
        if land.winner is not None and land.gained > 0:
            crowd[0, land.winner] += here
            places[land.winner] += 1
        for cell in land.lost:
            crowd[1, cell] += here
            places[cell] += 1
    cell_of = np.zeros(len(before), dtype=np.intp)
    for number, members in enumerate(ready.rows):
        cell_of[members] = number
    own = cell_of[rows]
    area = moved.gained[own] + moved.lost[own] + ready.mended[own]
    table = pd.DataFrame(
        {
            "cell": pd.Series(ready.codes[rows], index=before.index[rows], dtype=object),
            "area_before_m2": area_m2(before.iloc[rows]).to_numpy(),
            "area_after_m2": area_m2(after.iloc[rows]).to_numpy(),
            "gained_m2": moved.gained[own],
            "lost_m2": moved.lost[own],
            "moved_m2": area,
            "share": area / ready.area[own],
            "places": places[own],
        },
        index=before.index[rows],
    )
    if people is not None:
        table["people_gained"], table["people_lost"] = crowd[0, own], crowd[1, own]
    said = [_told(row, mended=bool(m)) for row, m in zip(table.itertuples(), ready.repaired[own], strict=True)]
    table["reason"] = pd.Series(said, index=table.index, dtype=object)
    return table


def _told(row: Any, *, mended: bool) -> str:
    """Return what happened to a cell as a sentence."""
    if not row.places:
        return _MENDED if mended else _VERTICES
    return say(
        _MOVED,
        "en",
        gained=write_number(row.gained_m2),
        lost=write_number(row.lost_m2),
        places=row.places,
        share=write_number(100 * row.share),
    )


def count_people(lands: list[Land], people: People) -> Floats:
    """Return the weight of the people on each piece of land; on a border between two they count in the first."""
    here = np.zeros(len(lands))
    if not lands:
        return here
    shapes = np.empty(len(lands), dtype=object)
    shapes[:] = [land.shape for land in lands]
    point, land = shapely.STRtree(shapes).query(people.points, predicate="intersects")
    order = np.lexsort((land, point))
    point, land = point[order], land[order]
    first = np.ones(len(point), dtype=bool)
    first[1:] = point[1:] != point[:-1]
    np.add.at(here, land[first], people.weights[point[first]])
    return here


def move_table(lands: list[Land], ready: Ready, crs: CRS, *, people: Floats | None) -> gpd.GeoDataFrame:
    """Return a row for each piece of land that changed hands, the largest first."""
    counts = np.zeros(len(lands)) if people is None else people
    rows = sorted(
        zip(lands, counts.tolist(), strict=True),
        key=lambda row: (-round(row[0].area, 9), *shapely.bounds(row[0].shape).tolist(), row[0].kind),
    )
    lands = [land for land, _ in rows]
    frame = gpd.GeoDataFrame(
        {
            "kind": pd.Series([land.kind for land in lands], dtype=object),
            "area_m2": np.array([land.area for land in lands], dtype=np.float64),
            "from": pd.Series([ready.named(tuple(land.lost)) for land in lands], dtype=object),
            "to": pd.Series([_to(land, ready) for land in lands], dtype=object),
        },
        geometry=gpd.GeoSeries([land.shape for land in lands], crs=crs),
        crs=crs,
    )
    if people is not None:
        frame.insert(2, "people", np.array([here for _, here in rows], dtype=np.float64))
    return frame


def _to(land: Land, ready: Ready) -> Any:
    return None if land.winner is None else ", ".join(map(str, ready.named((land.winner,))))


def refusal_table(
    places: list[Place], faces: Faces, *, ready: Ready, limits: Limits, after: CoverageReport
) -> gpd.GeoDataFrame:
    """Return the defects that the proof still finds, each with the reason why it stays.

    Of places the reason is that of the refusal; where one cell alone is wrong it is what the check says.
    """
    found = after.defects[~after.defects["allowed"]].reset_index(drop=True)
    table = found[["kind", "area_m2", "width_m", "cells", "reason", found.geometry.name]].astype({"reason": object})
    refused = [place for place in places if place.refusal is not None and not place.allowed]
    rows = np.flatnonzero(table["kind"].isin(_PLACES))
    if not refused or not len(rows):
        return table
    shapes = np.array([faces.drawn(place.faces) for place in refused], dtype=object)
    inside = shapely.point_on_surface(table.geometry.to_numpy()[rows])
    here = shapely.STRtree(shapes).nearest(inside)
    near = shapely.distance(inside, shapes[here]) <= 2 * resolution(after.defects.total_bounds)
    reasons = table["reason"].to_numpy(dtype=object, copy=True)
    for row, number in zip(rows[near].tolist(), here[near].tolist(), strict=True):
        reasons[row] = say_refusal(refused[number], ready, limits)
    table["reason"] = reasons
    return table


def say_refusal(place: Place, ready: Ready, limits: Limits) -> str:
    """Return why a place stays, as a sentence."""
    refusal = place.refusal or Refusal(NO_NEIGHBOUR)
    by_share = refusal.template == TOO_MUCH
    return say(
        refusal.template,
        "en",
        kind=place.kind,
        area=write_number(place.area),
        width=write_number(place.width),
        most=write_number(100 * limits.max_change if by_share else limits.width_m),
        share=write_number(refusal.share),
        cell="" if refusal.cell is None else ", ".join(map(str, ready.names[refusal.cell])),
    )
