"""Codes and shapes of cells, checked before anything is computed from them."""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pandas.api.types import infer_dtype

from onemap.errors import GeometryError, SchemaError, some

_POLYGONAL: Final = (3, 6)
_BEYOND: Final = 1e9
_PLAIN: Final = ("string", "integer")


def cell_codes(cells: gpd.GeoDataFrame, code: str) -> NDArray[np.object_]:
    """Return the codes of the cells, checked: present, strings or whole numbers, each once.

    Raises
    ------
    SchemaError
        The column is missing, or codes are missing, repeated or of mixed or unsuitable type.
    """
    if code not in cells.columns:
        raise SchemaError(
            "the cells have no column {code}; they have {columns}", code=code, columns=some(cells.columns)
        )
    column = cells[code]
    missing = column.isna() | (column.astype(str).str.strip() == "")
    if missing.any():
        raise SchemaError(
            "{count} cells have no {code}; rows {rows}",
            count=int(missing.sum()),
            code=code,
            rows=some(np.flatnonzero(missing.to_numpy())),
        )
    values: NDArray[np.object_] = column.to_numpy(dtype=object)
    plain = infer_dtype(values, skipna=False) in _PLAIN
    if not (plain or all(isinstance(v, str) for v in values) or all(isinstance(v, int | np.integer) for v in values)):
        raise SchemaError("{code} holds values that are not codes; codes are strings", code=code)
    repeated = column.duplicated(keep=False)
    if repeated.any():
        raise SchemaError(
            "{code} is not unique in the cells: {codes} (onemap check lists the places)",
            code=code,
            codes=some(sorted(set(column[repeated]))),
        )
    return values


def doubled_codes(cells: gpd.GeoDataFrame, key: str) -> list[Any]:
    """Return the codes that several rows have, sorted; none where there is no such column."""
    if key not in cells.columns:
        return []
    column = cells[key]
    if column.dtype != object and column.is_unique:  # in columns of objects anything can stand
        return []
    codes = column[[isinstance(value, str | int | np.integer) for value in column]]
    return sorted(set(codes[codes.duplicated()]), key=str)


def unique_codes(cells: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    """Return the cells with one row a code, the first: parts that claim the same code are taken together.

    The repeated code itself is a finding of the coverage check; a point in any of the parts belongs to that code.
    """
    doubled = doubled_codes(cells, key)
    if not doubled:
        return cells
    column = cells[key].reset_index(drop=True)
    shapes = cells.geometry.to_numpy().copy()
    rows = column[column.isin(doubled)]
    for parts in rows.groupby(rows).groups.values():
        sound = [shape if shape is None or shape.is_valid else shapely.make_valid(shape) for shape in shapes[parts]]
        shapes[parts[0]] = shapely.union_all(sound)
    first = ~(column.duplicated() & column.notna()).to_numpy()
    together: gpd.GeoDataFrame = cells.set_geometry(gpd.GeoSeries(shapes, cells.index, crs=cells.crs))
    return together[first].reset_index(drop=True)


def polygons_of(cells: gpd.GeoDataFrame) -> NDArray[Any]:
    """Return the cells' geometries, checked to be polygons; missing and empty ones hold nothing.

    Raises
    ------
    GeometryError
        A cell is a point or a line, or has coordinates that are no numbers or beyond 1e9.
    """
    geometry: NDArray[Any] = cells.geometry.to_numpy().copy()
    kinds = shapely.get_type_id(geometry)
    wrong = np.flatnonzero((kinds >= 0) & ~np.isin(kinds, _POLYGONAL) & ~shapely.is_empty(geometry))
    if len(wrong):
        raise GeometryError("cells must be polygons; rows {rows} are not", rows=some(wrong))
    numbers, owner = shapely.get_coordinates(geometry, return_index=True)
    broken = np.unique(owner[~(np.abs(numbers) <= _BEYOND).all(axis=1)])
    if len(broken):
        raise GeometryError("the coordinates of the cells in rows {rows} are impossible", rows=some(broken))
    return geometry
