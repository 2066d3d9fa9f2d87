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
from onemap.geo.closing import TOO_MUCH, Limits, Place, Refusal
from onemap.geo.coverage import CoverageReport
from onemap.geo.crs import area_m2
from onemap.geo.defects import KINDS, write_number
from onemap.geo.edges import Floats
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
    lands: list[Land],
    people: Floats | None,
) -> pd.DataFrame:
    """Return a row for each row of the cells that changed."""
    count = len(ready.shapes)
    gained, lost, places = np.zeros(count), np.zeros(count), np.zeros(count, dtype=np.int64)
    crowd = np.zeros((2, count))
    for land, here in zip(lands, np.zeros(len(lands)) if people is None else people, strict=True):
        if land.winner is not None and land.gained > 0:
            gained[land.winner] += land.gained
            crowd[0, land.winner] += here
            places[land.winner] += 1
        for cell, area in land.lost.items():
            lost[cell] += area
            crowd[1, cell] += here
            places[cell] += 1
    cell_of = np.zeros(len(before), dtype=np.intp)
    for number, members in enumerate(ready.rows):
        cell_of[members] = number
    own = cell_of[rows]
    moved = gained[own] + lost[own]
    table = pd.DataFrame(
        {
            "cell": pd.Series(ready.codes[rows], index=before.index[rows], dtype=object),
            "area_before_m2": area_m2(before.iloc[rows]).to_numpy(),
            "area_after_m2": area_m2(after.iloc[rows]).to_numpy(),
            "gained_m2": gained[own],
            "lost_m2": lost[own],
            "moved_m2": moved + ready.mended[own],
            "share": (moved + ready.mended[own]) / ready.area[own],
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
    """Return a row for each defect that stays: places with why, and what the check finds wrong with single cells."""
    rows = [
        _refused(place, place.refusal, faces, ready, limits)
        for place in places
        if place.refusal is not None and not place.allowed
    ]
    other = after.defects[~after.defects["allowed"] & ~after.defects["kind"].isin(_PLACES)]
    rows += other[["kind", "area_m2", "width_m", "cells", "reason", other.geometry.name]].itertuples(
        index=False, name=None
    )
    rows.sort(key=lambda r: (KINDS.index(r[0]), -np.nan_to_num(r[1]), str(r[3])))
    kinds, areas, widths, cells, reasons, shapes = zip(*rows, strict=True) if rows else ((),) * 6
    return gpd.GeoDataFrame(
        {
            "kind": pd.Series(kinds, dtype=object),
            "area_m2": np.array(areas, dtype=np.float64),
            "width_m": np.array(widths, dtype=np.float64),
            "cells": pd.Series(cells, dtype=object),
            "reason": pd.Series(reasons, dtype=object),
        },
        geometry=gpd.GeoSeries(list(shapes), crs=after.defects.crs),
        crs=after.defects.crs,
    )


def _refused(place: Place, refusal: Refusal, faces: Faces, ready: Ready, limits: Limits) -> tuple[Any, ...]:
    """Return the row of a place that stays."""
    cells = place.cells if place.kind != "gap" else tuple(faces.borders(place.faces))
    by_share = refusal.template == TOO_MUCH
    reason = say(
        refusal.template,
        "en",
        kind=place.kind,
        area=write_number(place.area),
        width=write_number(place.width),
        most=write_number(100 * limits.max_change if by_share else limits.width_m),
        share=write_number(refusal.share),
        cell="" if refusal.cell is None else ", ".join(map(str, ready.names[refusal.cell])),
    )
    return place.kind, place.area, place.width, ready.named(cells), reason, faces.drawn(place.faces)
