"""Cells as they came, made fit for comparing borders: what is no polygon, not valid or there twice is listed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.geo.arrangement import Shapes
from onemap.geo.defects import Defect, sort_codes
from onemap.geo.repair import say_fault

_FARTHEST = 1e9
"""No coordinate system of the earth has coordinates beyond this."""


@dataclass(frozen=True)
class Intake:
    """Cells whose borders can be compared.

    Attributes
    ----------
    shapes
        Valid polygons, each geometry once.
    names
        For each shape the codes of the rows that have it.
    defects
        The rows ``invalid`` and ``duplicate``.
    """

    shapes: Shapes
    names: tuple[tuple[Any, ...], ...]
    defects: tuple[Defect, ...]


def cell_codes(cells: gpd.GeoDataFrame, code: str) -> pd.Series:
    """Return what names each row: its code as text, or its index where there is no such column or no code."""
    index = pd.Series(cells.index.to_numpy(), dtype=object)
    if code not in cells:
        return index
    codes = cells[code].reset_index(drop=True).astype(object)
    return codes.where(codes.notna(), index.map("row {}".format)).map(str)


def take_cells(cells: gpd.GeoDataFrame, code: str, *, valid: NDArray[np.bool_] | None = None) -> Intake:
    """Sort out the cells; the index of the frame does not matter. ``valid``: which are, where that is known."""
    codes = cell_codes(cells, code)
    raw = cells.geometry.to_numpy()
    if shapely.has_z(raw).any():
        raw = shapely.force_2d(raw)
    shapes, defects = usable_shapes(raw, codes, valid=valid)
    defects += _without_code(cells, code, codes, raw)
    defects += repeated_codes(shapes, codes)
    labels = codes.to_numpy()
    alone, groups = _equal_shapes(shapes)
    named = {row: (labels[row],) for row in alone.tolist()}
    for rows in groups:
        named[rows[0]] = names = sort_codes(labels[rows])
        if len(names) > 1:  # one code alone is listed as a repeated code
            template = "{count} cells have the same geometry: {cells}"
            defects.append(Defect("duplicate", shapes[rows[0]], names, template))
    first = sorted(named)
    return Intake(shapes[first], tuple(map(named.__getitem__, first)), tuple(defects))


def usable_shapes(
    raw: Shapes, codes: pd.Series, *, valid: NDArray[np.bool_] | None = None
) -> tuple[Shapes, list[Defect]]:
    """Return a valid polygon for each row, or None, and a defect for each row that was not valid as it came."""
    shapes = np.full(len(raw), None, dtype=object)
    missing = shapely.is_missing(raw) | shapely.is_empty(raw)
    kind = shapely.get_type_id(raw)
    polygonal = np.isin(kind, (3, 6))  # polygon, multipolygon
    far = ~(np.abs(shapely.bounds(raw)).max(axis=1) <= _FARTHEST)
    sound = (
        ~missing & polygonal & ~far & (are_valid(raw) if valid is None else valid)
    )  # what is valid has numbers for coordinates
    far[~sound] |= ~_finite(raw[~sound])
    shapes[sound] = raw[sound]
    defects = []
    for row in np.flatnonzero(~sound):
        name = (codes.iloc[row],)
        if missing[row]:
            defects.append(Defect("invalid", None, name, "the geometry is missing"))
        elif not polygonal[row]:
            template = "the geometry is a {found}, not a polygon"
            defects.append(Defect("invalid", raw[row], name, template, {"found": raw[row].geom_type}))
        elif far[row]:
            defects.append(Defect("invalid", None, name, "the geometry has impossible coordinates"))
        else:
            shapes[row] = _repaired(raw[row])
            template = (
                "the geometry is not valid ({found}); it is left out"
                if shapes[row] is None
                else "the geometry is not valid ({found}); its repaired shape is used"
            )
            found = say_fault(shapely.is_valid_reason(raw[row]))
            defects.append(Defect("invalid", shapes[row], name, template, {"found": found}))
    return shapes, defects


def are_valid(shapes: Shapes) -> NDArray[np.bool_]:
    """Return which shapes are valid, asked on two processors: it is the dearest question about sound cells."""
    with ThreadPoolExecutor(2) as threads:
        return np.concatenate(list(threads.map(shapely.is_valid, np.array_split(shapes, 2))))


def _finite(raw: Shapes) -> Any:
    """Return where all coordinates are numbers."""
    points, index = shapely.get_coordinates(raw, return_index=True)
    finite = np.ones(len(raw), dtype=bool)
    finite[index[~np.isfinite(points).all(axis=1)]] = False
    return finite


def _repaired(shape: Any) -> Any:
    """Return the polygons of a repaired shape, or None; ``make_valid`` can give invalid output, so look at it."""
    for options in ({"method": "structure", "keep_collapsed": False}, {"method": "linework"}):
        parts = shapely.get_parts(shapely.make_valid(shape, **options))
        polygons = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])  # noqa: PLR2004
        if not polygons.is_empty and polygons.is_valid:
            return polygons
    return None


def _without_code(cells: gpd.GeoDataFrame, code: str, codes: pd.Series, raw: Shapes) -> list[Defect]:
    """List the rows whose code is missing."""
    if code not in cells:
        return []
    rows = np.flatnonzero(cells[code].isna().to_numpy())
    return [Defect("invalid", _drawable(raw[r]), (codes.iloc[r],), "the cell has no code") for r in rows]


def _drawable(shape: Any) -> Any:
    return shape if shape is not None and shape.is_valid else None


def repeated_codes(shapes: Shapes, codes: pd.Series) -> list[Defect]:
    """List each code that several rows have, with all their places."""
    defects = []
    again = codes[codes.duplicated(keep=False)]
    for name, rows in again.groupby(again, sort=True).groups.items():
        places = shapes[rows]
        places = places[~shapely.is_missing(places)]
        same = len(places) == len(rows) and bool(shapely.equals(places[0], places).all())
        template = (
            "{rows} rows have the code {code} and the same geometry" if same else "{rows} rows have the code {code}"
        )
        geometry = shapely.union_all(places) if len(places) else None
        defects.append(Defect("duplicate", geometry, (name,), template, {"rows": len(rows), "code": name}))
    return defects


def _equal_shapes(shapes: Shapes) -> tuple[NDArray[np.intp], list[list[int]]]:
    """Return the positions of shapes without equal, and groups of equal ones in the order of the rows; no None."""
    usable = np.flatnonzero(~shapely.is_missing(shapes))
    boxes = pd.DataFrame(shapely.bounds(shapes[usable]), index=usable)
    alone = ~boxes.duplicated(keep=False)
    groups: list[list[int]] = []
    for rows in boxes[~alone].groupby([0, 1, 2, 3]).groups.values():
        left = list(rows)
        while left:
            first, *others = left
            same = shapely.equals(shapes[first], shapes[others]) if others else np.zeros(0, dtype=bool)
            groups.append([int(first), *(int(o) for o, s in zip(others, same, strict=True) if s)])
            left = [o for o, s in zip(others, same, strict=True) if not s]
    return usable[alone.to_numpy()], sorted(groups)
