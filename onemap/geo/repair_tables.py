"""The tables of a repaired coverage: cells that changed, land that moved, people who stand on it, places that stay."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from onemap.errors import CrsError, SchemaError
from onemap.geo.arrangement import Shapes
from onemap.geo.closing import Limits, Place
from onemap.geo.coverage import CoverageReport
from onemap.geo.crs import area_m2
from onemap.geo.defects import KINDS, write_number
from onemap.geo.edges import Floats
from onemap.geo.faces import Faces
from onemap.geo.repair_intake import Ready
from onemap.translation import say

_PLACES: Final = ("gap", "overlap", "outside")
_MOVED: Final = "gained {gained} m2 and lost {lost} m2 in {places} places, {share} percent of its area"
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


def people_points(people: gpd.GeoDataFrame | None, weight: str | None, crs: CRS) -> tuple[Shapes | None, Floats]:
    """Return a point and a weight for each row of people, or None where there are none given."""
    if people is None:
        return None, np.zeros(0)
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
    return shapely.point_on_surface(shapes[there]), weights[there]


def change_table(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    rows: Any,
    ready: Ready,
    lands: list[Land],
    points: Shapes | None,
    weights: Floats,
) -> pd.DataFrame:
    """Return a row for each row of the cells that changed."""
    count = len(ready.shapes)
    gained, lost, places = np.zeros(count), np.zeros(count), np.zeros(count, dtype=np.int64)
    people = np.zeros((2, count))
    standing = _standing(lands, points, weights)
    for land, here in zip(lands, standing, strict=True):
        if land.winner is not None and land.gained > 0:
            gained[land.winner] += land.gained
            people[0, land.winner] += here
            places[land.winner] += 1
        for cell, area in land.lost.items():
            lost[cell] += area
            people[1, cell] += here
            places[cell] += 1
    cell_of = np.zeros(len(before), dtype=np.intp)
    for cell, members in enumerate(ready.rows):
        cell_of[members] = cell
    cell = cell_of[rows]
    moved = gained[cell] + lost[cell]
    table = pd.DataFrame(
        {
            "cell": pd.Series(ready.codes[rows], index=before.index[rows], dtype=object),
            "area_before_m2": area_m2(before.iloc[rows]).to_numpy(),
            "area_after_m2": area_m2(after.iloc[rows]).to_numpy(),
            "gained_m2": gained[cell],
            "lost_m2": lost[cell],
            "moved_m2": moved + ready.mended[cell],
            "share": (moved + ready.mended[cell]) / ready.area[cell],
            "places": places[cell],
        },
        index=before.index[rows],
    )
    if points is not None:
        table["people_gained"], table["people_lost"] = people[0, cell], people[1, cell]
    table["reason"] = pd.Series([_told(row) for row in table.itertuples()], index=table.index, dtype=object)
    return table


def _told(row: Any) -> str:
    """Return what happened to a cell as a sentence."""
    if not row.places:
        return _MENDED if row.moved_m2 else _VERTICES
    return say(
        _MOVED,
        "en",
        gained=write_number(row.gained_m2),
        lost=write_number(row.lost_m2),
        places=row.places,
        share=write_number(100 * row.share),
    )


def _standing(lands: list[Land], points: Shapes | None, weights: Floats) -> Floats:
    """Return the weight of the people on each piece of land; on a border between two they count in the first."""
    here = np.zeros(len(lands))
    if points is None or not lands:
        return here
    shapes = np.empty(len(lands), dtype=object)
    shapes[:] = [land.shape for land in lands]
    point, land = shapely.STRtree(shapes).query(points, predicate="intersects")
    order = np.lexsort((land, point))
    point, land = point[order], land[order]
    first = np.ones(len(point), dtype=bool)
    first[1:] = point[1:] != point[:-1]
    np.add.at(here, land[first], weights[point[first]])
    return here


def move_table(lands: list[Land], ready: Ready, crs: CRS) -> gpd.GeoDataFrame:
    """Return a row for each piece of land that changed hands, the largest first."""
    lands = sorted(lands, key=lambda land: (-round(land.area, 9), *shapely.bounds(land.shape).tolist(), land.kind))
    return gpd.GeoDataFrame(
        {
            "kind": pd.Series([land.kind for land in lands], dtype=object),
            "area_m2": np.array([land.area for land in lands], dtype=np.float64),
            "from": pd.Series([ready.named(tuple(land.lost)) for land in lands], dtype=object),
            "to": pd.Series([_to(land, ready) for land in lands], dtype=object),
        },
        geometry=gpd.GeoSeries([land.shape for land in lands], crs=crs),
        crs=crs,
    )


def _to(land: Land, ready: Ready) -> Any:
    return None if land.winner is None else ", ".join(map(str, ready.named((land.winner,))))


def refusal_table(
    places: list[Place],
    faces: Faces,
    ready: Ready,
    limits: Limits,
    max_change: float,
    after: CoverageReport,
    crs: CRS,
) -> gpd.GeoDataFrame:
    """Return a row for each defect that stays: places with why, and what the check finds wrong with single cells."""
    rows = []
    for place in places:
        if place.allowed or place.refusal is None:
            continue
        cells = place.cells if place.kind != "gap" else tuple(faces.borders(place.faces))
        reason = say(
            place.refusal.template,
            "en",
            kind=place.kind,
            area=write_number(place.area),
            width=write_number(place.width),
            most=write_number(100 * max_change if "{share}" in place.refusal.template else limits.width_m),
            share=write_number(place.refusal.share),
            cell="" if place.refusal.cell is None else ", ".join(map(str, ready.named((place.refusal.cell,)))),
        )
        shape = faces.drawn(place.faces)
        rows.append((place.kind, place.area, place.width, ready.named(cells), reason, shape))
    other = after.defects[~after.defects["allowed"] & ~after.defects["kind"].isin(_PLACES)]
    for defect in other.itertuples():
        rows.append((defect.kind, defect.area_m2, defect.width_m, defect.cells, defect.reason, defect.geometry))
    rows.sort(key=lambda r: (KINDS.index(r[0]), -np.nan_to_num(r[1]), str(r[3])))
    columns = list(zip(*rows, strict=True)) or [()] * 6
    return gpd.GeoDataFrame(
        {
            "kind": pd.Series(columns[0], dtype=object),
            "area_m2": np.array(columns[1], dtype=np.float64),
            "width_m": np.array(columns[2], dtype=np.float64),
            "cells": pd.Series(columns[3], dtype=object),
            "reason": pd.Series(columns[4], dtype=object),
        },
        geometry=gpd.GeoSeries(list(columns[5]), crs=crs),
        crs=crs,
    )
