"""What `balance_cells` is given, checked and put into an order that depends on the cells alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.errors import CrsError, SchemaError, some
from onemap.geo.cell_intake import cell_codes, usable_shapes
from onemap.geo.crs import area_m2

from .balance_borders import Shapes
from .balance_findings import Finding

Load = str | Sequence[str] | Mapping[str, float]
Division = str | Mapping[Any, Any]
"""A column, or the group of each cell by its code (a dictionary or a series)."""

AREA = "area"
_WHOLE = 2.0**40
"""Loads that are no whole numbers are counted in this many parts of all of them."""


@dataclass(frozen=True)
class Intake:
    """Cells that take part, in an order of their own.

    Attributes
    ----------
    rows
        The row of the frame of each cell.
    codes
        Names of the cells.
    shapes
        Valid polygons.
    crs
        Their coordinate system.
    area
        Name of the area of each cell (None where there is one only).
    load, people
        Of each cell, as given.
    locked, before
        Names of groups, None where there is none.
    findings
        Rows that cannot take part.
    """

    rows: NDArray[np.int64]
    codes: list[Any]
    shapes: Shapes
    crs: CRS
    area: list[Any]
    load: NDArray[np.float64]
    people: NDArray[np.float64]
    locked: list[Any]
    before: list[Any]
    findings: list[Finding]


def take_in(
    cells: gpd.GeoDataFrame,
    *,
    code: str,
    load: Load,
    people: str | None,
    within: str | None,
    locked: Division | None,
    before: Division | None,
) -> Intake:
    """Check the cells and bring them into order.

    Raises
    ------
    SchemaError
        There is no geometry column, a column is missing, or loads are no numbers from 0.
    CrsError
        The cells have no coordinate system.
    """
    if not isinstance(cells, gpd.GeoDataFrame) or cells.active_geometry_name is None:
        raise SchemaError("the {name} have no geometry column", name="cells")
    if cells.crs is None:
        raise CrsError("the cells have no coordinate system; declare it")
    codes = cell_codes(cells, code)
    _refuse_repeated(codes, code)
    loads = _load(cells, load, codes)
    moved = loads if people is None else _numbers(cells, people, codes)
    areas = None if within is None else _column(cells, within).reset_index(drop=True).astype(object)
    shapes, _ = usable_shapes(shapely.force_2d(cells.geometry.to_numpy()), codes)
    bare = shapely.is_missing(shapes)
    findings = [
        _left_out("no_geometry", "{cells} has no usable geometry", codes.iloc[row]) for row in np.flatnonzero(bare)
    ]
    homeless = np.zeros(len(cells), dtype=bool) if areas is None else areas.isna().to_numpy()
    findings += [
        _left_out("no_area", "{cells} names no area to lie in", codes.iloc[row])
        for row in np.flatnonzero(homeless & ~bare)
    ]
    used = np.flatnonzero(~bare & ~homeless)
    rows = used[_order(shapes[used], codes.iloc[used])]
    fixed, old = _division(cells, locked, codes, "locked"), _division(cells, before, codes, "seeds")
    return Intake(
        rows=rows.astype(np.int64),
        codes=codes.iloc[rows].tolist(),
        shapes=shapes[rows],
        crs=CRS(cells.crs),
        area=[None] * len(rows) if areas is None else areas.iloc[rows].tolist(),
        load=loads[rows],
        people=moved[rows],
        locked=[fixed[row] for row in rows],
        before=[old[row] for row in rows],
        findings=findings,
    )


def in_whole_numbers(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], float]:
    """Return values as whole numbers, and how many of these make one."""
    if bool((values == np.rint(values)).all()) and values.sum() < _WHOLE:
        return values.astype(np.int64), 1.0
    scale = _WHOLE / float(values.sum())
    return np.rint(values * scale).astype(np.int64), scale


def _left_out(kind: str, template: str, code: Any) -> Finding:
    return Finding(kind, template, cells=(code,))


def _refuse_repeated(codes: pd.Series, code: str) -> None:
    again = codes[codes.duplicated(keep=False)]
    if len(again):
        raise SchemaError(
            "{code} is not unique in the cells: {codes} (onemap check lists the places)",
            code=code,
            codes=some(sorted(set(map(str, again)))),
        )


def _column(cells: gpd.GeoDataFrame, name: str) -> pd.Series:
    if name not in cells.columns or name == cells.active_geometry_name:
        columns = some(c for c in cells.columns if c != cells.active_geometry_name)
        raise SchemaError("the cells have no column {code}; they have {columns}", code=name, columns=columns)
    return cells[name]


def _numbers(cells: gpd.GeoDataFrame, name: str, codes: pd.Series) -> NDArray[np.float64]:
    values = pd.to_numeric(_column(cells, name), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise SchemaError(
            "{column} must be a number from 0 in every cell; it is not in {cells}",
            column=name,
            cells=some(sorted(map(str, codes[wrong]))),
        )
    return values


def _load(cells: gpd.GeoDataFrame, load: Load, codes: pd.Series) -> NDArray[np.float64]:
    weights = {load: 1.0} if isinstance(load, str) else load
    weights = weights if isinstance(weights, Mapping) else dict.fromkeys(weights, 1.0)
    if not weights or not all(np.isfinite(weight) and weight >= 0 for weight in weights.values()):
        raise SchemaError("load names no column, or a weight below 0: {found}", found=str(dict(weights)))
    total = np.zeros(len(cells))
    for name, weight in weights.items():
        if name == AREA and AREA not in cells.columns:
            total += weight * area_m2(cells).fillna(0.0).to_numpy(dtype=np.float64)
        else:
            total += weight * _numbers(cells, name, codes)
    return total


def _division(cells: gpd.GeoDataFrame, given: Division | None, codes: pd.Series, what: str) -> list[Any]:
    """Return the name of the group of each row, None where there is none."""
    if given is None:
        return [None] * len(cells)
    if isinstance(given, str):
        values = _column(cells, given).tolist()
    else:
        table = dict(given)
        known = set(codes)
        strange = [key for key in table if key not in known and str(key) not in known]
        if strange:
            raise SchemaError(
                "{what} names cells that do not exist: {cells}", what=what, cells=some(sorted(map(str, strange)))
            )
        values = [table.get(code, table.get(str(code))) for code in codes]
    return [None if pd.isna(value) else str(value) for value in values]


def _order(shapes: Shapes, codes: pd.Series) -> NDArray[np.intp]:
    """Return an order by place; the names decide between cells with the same bounds."""
    bounds = shapely.bounds(shapes)
    names = codes.map(str).to_numpy()
    return np.lexsort((names, *bounds.T[::-1])) if len(shapes) else np.zeros(0, dtype=np.intp)
