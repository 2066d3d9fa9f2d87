"""Which cell holds each point, exactly: bounding-box tree first, then GEOS' robust orientation predicates.

A cell holds its interior and its border. A point that several cells hold belongs to the one with the smallest
code; so the answer does not depend on the order of rows or cells.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from onemap.errors import GeometryError, SchemaError, some

Ints = NDArray[np.int64]
_POLYGONAL: Final = (3, 6)
_BATCH: Final = 200_000
_BEYOND: Final = 1e9


@dataclass(frozen=True)
class Holders:
    """Pairs of a point and a cell that holds it, sorted by point, then by rank of the cell's code.

    Attributes
    ----------
    point, cell
        Positions (not index labels) of the point and of the cell.
    on_border
        Whether the point lies on the cell's border rather than in its interior.
    """

    point: Ints
    cell: Ints
    on_border: NDArray[np.bool_]


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
    if not (all(isinstance(v, str) for v in values) or all(isinstance(v, int | np.integer) for v in values)):
        raise SchemaError("{code} holds values that are not codes; codes are strings", code=code)
    repeated = column.duplicated(keep=False)
    if repeated.any():
        raise SchemaError(
            "{code} is not unique in the cells: {codes}", code=code, codes=some(sorted(set(column[repeated])))
        )
    return values


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


def batches(rows: Ints) -> Iterator[Ints]:
    """Cut ``rows`` into pieces, so that a million points need no more memory than some."""
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


class CellLocator:
    """Find the cell that holds each point.

    Parameters
    ----------
    cells
        Polygons and multipolygons, with holes, enclaves, overlaps and gaps as they come; any CRS.
    code
        Column of the codes: unique, never missing.

    Raises
    ------
    SchemaError
        Codes are missing or repeated.
    GeometryError
        A cell is not a polygon.

    Examples
    --------
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame({"cell_code": ["b", "a"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
    >>> CellLocator(cells).locate([0.5, 1.0, 3.0], [0.5, 0.5, 0.5])
    array([ 0,  1, -1])
    """

    def __init__(self, cells: gpd.GeoDataFrame, code: str = "cell_code") -> None:
        self.codes = cell_codes(cells, code)
        self.crs = cells.crs
        self.geometry = polygons_of(cells)
        self.rank: Ints = np.empty(len(self.codes), dtype=np.int64)
        self.rank[sorted(range(len(self.codes)), key=self.codes.__getitem__)] = np.arange(len(self.codes))
        shapely.prepare(self.geometry)
        self._tree = shapely.STRtree(self.geometry)

    def holders(self, x: ArrayLike, y: ArrayLike) -> Holders:
        """Return every pair of a point and a cell that holds it, border included."""
        xs, ys = np.asarray(x, dtype=np.float64).reshape(-1), np.asarray(y, dtype=np.float64).reshape(-1)
        found = [(np.empty(0, dtype=np.int64),) * 2 + (np.empty(0, dtype=bool),)]
        for rows in batches(np.flatnonzero(np.isfinite(xs) & np.isfinite(ys))):
            near, cell = self._tree.query(shapely.points(xs[rows], ys[rows]))
            point, polygons = rows[near], self.geometry[cell]
            held = shapely.intersects_xy(polygons, xs[point], ys[point])
            point, cell, polygons = point[held], cell[held], polygons[held]
            found.append((point, cell, ~shapely.contains_xy(polygons, xs[point], ys[point])))
        point, cell, on_border = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.lexsort((self.rank[cell], point))
        return Holders(point[order], cell[order], on_border[order])

    def locate(self, x: ArrayLike, y: ArrayLike) -> Ints:
        """Return for each point the position of its cell, -1 where none holds it.

        Parameters
        ----------
        x, y
            Coordinates in the cells' CRS, longitude or easting first. NaN and infinite ones are in no cell.

        Returns
        -------
        numpy.ndarray
            int64 positions in ``cells``, in the shape of ``x``.
        """
        found = np.full(np.size(x), -1, dtype=np.int64)
        holders = self.holders(x, y)
        first = np.flatnonzero(np.diff(holders.point, prepend=-1))
        found[holders.point[first]] = holders.cell[first]
        return found.reshape(np.shape(x))

    def codes_of(self, positions: ArrayLike) -> pd.Series:
        """Return the codes at ``positions``; missing where a position is -1."""
        where = np.asarray(positions, dtype=np.int64)
        table = np.empty(len(self.codes) + 1, dtype=object)
        table[:-1] = self.codes
        return pd.Series(table[where], dtype=object)
