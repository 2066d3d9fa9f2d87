"""Geometry as bytes into shapely, one by one where the whole does not go; what cannot be made is listed."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError

from onemap.translation import say

from .rejects import UNREADABLE, Reject

FARTHEST = 1e9
"""No coordinate of any CRS in use is larger, in metres, feet or degrees."""

_RING = 4  # a triangle and its first point again

Array = np.ndarray[Any, Any]


def decode_wkb(values: Any, *, rows: Array) -> tuple[Array, list[Reject]]:
    """Return geometries of WKB values (None stays None, an empty geometry becomes None) and the unreadable ones.

    The geometry of a rejected row is None; ``rows`` gives the row number of each value.

    Examples
    --------
    >>> geometries, rejects = decode_wkb([shapely.to_wkb(shapely.Point(1, 2)), None], rows=np.array([1, 2]))
    >>> geometries[0].x, geometries[1], rejects
    (1.0, None, [])
    """
    array = np.empty(len(values), dtype=object)
    array[:] = values
    rejects: list[Reject] = []
    try:
        geometry = shapely.from_wkb(array, on_invalid="raise")
    except (ShapelyError, TypeError, ValueError):
        geometry = np.full(len(array), None, dtype=object)
        for at, value in enumerate(array):
            try:
                geometry[at] = shapely.from_wkb(value, on_invalid="raise")
            except (ShapelyError, TypeError, ValueError) as error:
                rejects.append(Reject(int(rows[at]), UNREADABLE, "", reason_of(error)))
    _list_short_rings(geometry, rows, rejects)
    return _bounded(geometry, rows, rejects)


def _list_short_rings(geometry: Array, rows: Array, rejects: list[Reject]) -> None:
    """Take out polygons with a ring of three points: GEOS makes them, but there and back is no ring."""
    polygonal = np.flatnonzero(np.isin(shapely.get_type_id(geometry), (3, 6)))
    parts, of_part = shapely.get_parts(geometry[polygonal], return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    counts = shapely.get_num_coordinates(rings)
    short = (counts > 0) & (counts < _RING)
    for at, count in zip(polygonal[of_part[of_ring[short]]], counts[short], strict=True):
        if geometry[at] is not None:
            reason = say("a ring of the polygon has {count} points; it needs 4", count=int(count))
            rejects.append(Reject(int(rows[at]), UNREADABLE, "", reason))
            geometry[at] = None


def _bounded(geometry: Array, rows: Array, rejects: list[Reject]) -> tuple[Array, list[Reject]]:
    """Take out empty geometries, and list those with coordinates that are no place."""
    geometry[shapely.is_empty(geometry)] = None
    bounds = shapely.bounds(geometry)
    there = ~shapely.is_missing(geometry)
    # all NaN is how an empty point of a shapefile reads: it is a row without a position, not a broken one
    nowhere = there & np.isnan(bounds).all(axis=1)
    geometry[nowhere] = None
    wrong = there & ~nowhere & ~(np.abs(np.nan_to_num(bounds, nan=np.inf)) <= FARTHEST).all(axis=1)
    for at in np.flatnonzero(wrong):
        found = ", ".join(f"{value:g}" for value in bounds[at])
        rejects.append(Reject(int(rows[at]), UNREADABLE, found, say("coordinates beyond any coordinate system")))
    geometry[wrong] = None
    return geometry, rejects


def reason_of(error: Exception) -> str:
    """Return the sentence for what a geometry reader says.

    Examples
    --------
    >>> reason_of(ValueError("Points of LinearRing do not form a closed linestring"))
    'a ring of the polygon is not closed'
    """
    text = " ".join(str(error).split())
    if "closed" in text:
        return say("a ring of the polygon is not closed")
    short = re.search(r"number of points in LinearRing found (\d+)", text)
    if short:
        return say("a ring of the polygon has {count} points; it needs 4", count=short[1])
    return say("the geometry cannot be read ({error})", error=text.replace("{", "(").replace("}", ")"))


def geometry_of_mapping(mapping: Mapping[str, Any] | None) -> Any:
    """Return the geometry of a GeoJSON-like mapping; unlike `shapely.geometry.shape` it closes no ring by itself.

    Raises
    ------
    ValueError
        A ring is not closed or too short, or the mapping is no geometry.
    """
    if mapping is None:
        return None
    kind = mapping["type"]
    if kind == "GeometryCollection":
        return shapely.GeometryCollection([geometry_of_mapping(part) for part in mapping["geometries"]])
    coordinates = mapping["coordinates"]
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind, [])
    for ring in (ring for polygon in polygons for ring in polygon):
        if len(ring) < _RING:
            message = f"Invalid number of points in LinearRing found {len(ring)}"
            raise ValueError(message)
        if tuple(ring[0]) != tuple(ring[-1]):
            message = "Points of LinearRing do not form a closed linestring"
            raise ValueError(message)
    return shapely.geometry.shape({"type": kind, "coordinates": coordinates})
