"""The table of coverage defects: its columns, its sentences, its order, and what is allowed."""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from onemap.errors import CrsError, SchemaError
from onemap.geo.arrangement import inscribed_width
from onemap.geo.crs import metric_crs
from onemap.translation import say

KINDS = ("gap", "overlap", "outside", "mismatch", "nesting", "orphan", "invalid", "duplicate")
COLUMNS = (
    "kind",
    "area_m2",
    "width_m",
    "length_m",
    "cells",
    "touches_parent",
    "allowed",
    "allowed_until",
    "reason",
)
_STRAY = 1e-9
"""Share of a defect that may stick out of the polygon that allows it: rounding, not land."""


@dataclass(frozen=True)
class Defect:
    """One row before it is measured."""

    kind: str
    geometry: Any
    cells: tuple[Any, ...]
    template: str
    values: dict[str, Any] = field(default_factory=dict)
    touches_parent: bool = False
    area: Any = None
    """Polygon to measure where ``geometry`` is a line (the two sides of a sliver)."""


def sort_codes(codes: Iterable[Any]) -> tuple[Any, ...]:
    """Return codes in order, without repeats; codes that cannot be compared are ordered by their text."""
    unique = set(codes)
    try:
        return tuple(sorted(unique))
    except TypeError:
        return tuple(sorted(unique, key=str))


def defect_table(
    defects: Iterable[Defect],
    crs: CRS,
    *,
    allowed: gpd.GeoDataFrame | None = None,
    today: dt.date | None = None,
) -> gpd.GeoDataFrame:
    """Measure defects, put them in order and mark the allowed ones.

    Parameters
    ----------
    defects
        Rows to be.
    crs
        Coordinate system of their geometries.
    allowed
        Polygons with ``reason`` and ``until``, in the same system.
    today
        The date by which ``until`` is judged; by default that of the clock.

    Returns
    -------
    geopandas.GeoDataFrame
        `COLUMNS` and ``geometry`` in ``crs``; a fresh index, in order of kind, area (largest first) and position.
    """
    rows = list(defects)
    shapes = gpd.GeoSeries([d.geometry if d.area is None else d.area for d in rows], crs=crs)
    metric = shapes if not rows else shapes.to_crs(metric_crs(crs, shapes.total_bounds))
    measured = metric.to_numpy()
    polygonal = shapely.get_dimensions(measured) == 2  # noqa: PLR2004 - polygons
    width = np.full(len(rows), np.nan)
    sized = polygonal & np.isin([d.kind for d in rows], ("gap", "overlap", "outside", "nesting", "mismatch"))
    width[sized] = inscribed_width(measured[sized])
    sliver = np.array([d.area is not None for d in rows], dtype=bool)
    mismatch = np.array([d.kind == "mismatch" for d in rows], dtype=bool)
    length = np.where(mismatch, shapely.length(measured) / np.where(sliver, 2, 1), np.nan)
    frame = gpd.GeoDataFrame(
        {
            "kind": pd.Series([d.kind for d in rows], dtype=object),
            "area_m2": np.where(polygonal, shapely.area(measured), np.where(mismatch, 0.0, np.nan)),
            "width_m": np.where(mismatch & ~sliver, 0.0, width),
            "length_m": length,
            "cells": pd.Series([d.cells for d in rows], dtype=object),
            "touches_parent": np.array([d.touches_parent for d in rows], dtype=bool),
            "allowed": np.zeros(len(rows), dtype=bool),
            "allowed_until": pd.Series([None] * len(rows), dtype=object),
            "reason": pd.Series([""] * len(rows), dtype=object),
        },
        geometry=gpd.GeoSeries([d.geometry for d in rows], crs=crs),
        crs=crs,
    )
    frame["reason"] = [_sentence(d, row) for d, row in zip(rows, frame.itertuples(), strict=True)]
    frame = frame.iloc[_order(frame)].reset_index(drop=True)
    if allowed is not None and len(frame):
        mark_allowed(frame, allowed, today or dt.datetime.now(tz=dt.UTC).date())
    return frame


def _sentence(defect: Defect, row: Any) -> str:
    """Fill the template of a row with its measures and codes."""
    return say(
        defect.template,
        "en",
        area=write_number(row.area_m2),
        width=write_number(row.width_m),
        length=write_number(row.length_m),
        cells=", ".join(map(str, defect.cells)),
        count=len(defect.cells),
        **defect.values,
    )


def write_number(value: float) -> str:
    """Write a measure with what a reader needs: three digits where it is small, whole units where it is large.

    Examples
    --------
    >>> write_number(312109.4475), write_number(0.05678)
    ('312,109', '0.0568')
    >>> write_number(999.7), write_number(0.0000123)
    ('1,000', '0.0000123')
    """
    if not value or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def _order(frame: gpd.GeoDataFrame) -> Any:
    """Order by kind, area or length (largest first), position and cells."""
    boxes = shapely.bounds(frame.geometry.to_numpy())
    rank = frame["kind"].map(KINDS.index).to_numpy(dtype=np.int64)
    size = np.nan_to_num(frame["area_m2"].to_numpy(dtype=float))
    length = np.nan_to_num(frame["length_m"].to_numpy(dtype=float))
    cells = pd.factorize(frame["cells"].map(str), sort=True)[0]
    return np.lexsort((cells, *boxes.T[::-1], -length, -size, rank))


def mark_allowed(frame: gpd.GeoDataFrame, allowed: gpd.GeoDataFrame, today: dt.date) -> None:
    """Mark what an allowed polygon covers; say where such a polygon has expired."""
    if allowed.crs is None:
        raise CrsError("the allowed gaps have no coordinate system; declare it")
    if CRS(allowed.crs) != CRS(frame.crs):
        found, needed = CRS(allowed.crs).to_string(), CRS(frame.crs).to_string()
        raise CrsError("the allowed gaps are in {found}, the cells in {needed}", found=found, needed=needed)
    if "reason" not in allowed:
        raise SchemaError("the allowed gaps need a column reason (and may have until)")
    zones = allowed.geometry.to_numpy()
    until = _dates(allowed)
    kinds = allowed["kind"].to_numpy() if "kind" in allowed else np.full(len(allowed), "gap")
    shapes = frame.geometry.to_numpy()
    row, zone = shapely.STRtree(zones).query(shapes, predicate="intersects")
    fits = (frame["kind"].to_numpy()[row] == kinds[zone]) & _covered(shapes[row], zones[zone])
    # the zone that lasts longest speaks for a defect; ties go to the first reason
    ends = [u or dt.date.max for u in until]
    pairs = sorted(
        zip(row[fits].tolist(), zone[fits].tolist(), strict=True),
        key=lambda p: (p[0], -ends[p[1]].toordinal(), str(allowed["reason"].iloc[p[1]])),
    )
    done: set[int] = set()
    for r, z in pairs:
        if r in done:
            continue
        done.add(r)
        lasts = ends[z] >= today
        template = "allowed: {why}" if lasts else "was allowed until {until}: {why}"
        note = say(template, "en", why=allowed["reason"].iloc[z], until=until[z])
        frame.loc[r, "allowed"] = lasts
        frame.loc[r, "allowed_until"] = until[z]
        frame.loc[r, "reason"] = f"{frame.loc[r, 'reason']}; {note}"


def _covered(shapes: Any, zones: Any) -> Any:
    """Return where a zone covers a defect but for rounding."""
    rest = shapely.difference(shapes, zones)
    lines = shapely.get_dimensions(shapes) < 2  # noqa: PLR2004 - polygons
    size = np.where(lines, shapely.length(shapes), shapely.area(shapes))
    return np.where(lines, shapely.length(rest), shapely.area(rest)) <= _STRAY * size


def _dates(allowed: gpd.GeoDataFrame) -> list[dt.date | None]:
    """Read the column until; empty means for ever."""
    if "until" not in allowed:
        return [None] * len(allowed)
    found: list[dt.date | None] = []
    for value in allowed["until"]:
        if pd.isna(value) or value == "":
            found.append(None)
            continue
        try:
            found.append(pd.Timestamp(value).date())
        except (ValueError, TypeError) as error:
            raise SchemaError("the allowed gaps: {value} is not a date", value=repr(value)) from error
    return found
