"""Which cell holds each point, exactly, at tens of millions of points a second.

A cell holds its interior and its border. A point that several cells hold belongs to the one with the smallest
code; so the answer does not depend on the order of rows or cells.

Valid cells are looked up in a `CellIndex`. Cells that are not valid have no interior that all would agree on; they
are asked one by one, and what GEOS says of them holds.
"""

import json
import operator
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from onemap.errors import StoreError
from onemap.geo.cell_codes import cell_codes, polygons_of
from onemap.geo.cell_content import cell_content
from onemap.geo.cell_index import CellIndex, build_index
from onemap.geo.edges import Floats, Ints, in_threads
from onemap.geo.index_file import read_arrays, write_arrays
from onemap.geo.located import Holders, Location, Nearest
from onemap.geo.nearness import CellDistances
from onemap.geo.point_rules import Held, hold_points
from onemap.geo.raster import Raster
from onemap.geo.single_point import single_point_rule

__all__ = ["CellLocator"]

_CHUNK: Final = 1 << 17
_VERSION: Final = 1


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

    _stored: dict[str, NDArray[Any]]

    def __init__(self, cells: gpd.GeoDataFrame, code: str = "cell_code") -> None:
        self.codes = cell_codes(cells, code)
        self.crs = cells.crs
        self.geometry = polygons_of(cells)
        self.rank: Ints = np.empty(len(self.codes), dtype=np.int64)
        self.rank[sorted(range(len(self.codes)), key=self.codes.__getitem__)] = np.arange(len(self.codes))
        usable = ~(shapely.is_missing(self.geometry) | shapely.is_empty(self.geometry))
        valid = _are_valid(self.geometry)
        self.invalid: Ints = np.flatnonzero(usable & ~valid)
        sound = np.flatnonzero(usable & valid)
        shapes = self.geometry[sound]
        self.index = build_index(shapely.force_2d(shapes) if shapely.has_z(shapes).any() else shapes, sound)

    @cached_property
    def codes(self) -> NDArray[np.object_]:
        """Codes of the cells."""
        codes: NDArray[np.object_] = np.empty(len(self.rank), dtype=object)
        codes[:] = json.loads(self._stored["codes"].tobytes())
        return codes

    @cached_property
    def content_hash(self) -> str:
        """Hash of all that an answer depends on: geometries, codes and coordinate system of the cells."""
        return cell_content(self.geometry, self.codes, self.crs)[2]

    @cached_property
    def geometry(self) -> NDArray[Any]:
        """Geometries of the cells."""
        start, text = self._stored["wkb_start"].tolist(), self._stored["wkb"].tobytes()
        parts = [text[a:b] or None for a, b in pairwise(start)]
        return np.asarray(shapely.from_wkb(np.array(parts, dtype=object)), dtype=object)

    def is_of(self, cells: gpd.GeoDataFrame, code: str = "cell_code") -> bool:
        """Say whether an index was made of these cells: their shapes, codes and coordinate system.

        Shapes that are the very objects it was made of need no comparing; of others the hash of the content decides.

        Examples
        --------
        >>> from shapely import box
        >>> cells = gpd.GeoDataFrame({"cell_code": ["b", "a"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
        >>> CellLocator(cells).is_of(cells), CellLocator(cells).is_of(cells.iloc[:1])
        (True, False)
        """
        codes, shapes = cell_codes(cells, code), cells.geometry.to_numpy()
        if len(codes) != len(self.rank):
            return False
        if "geometry" in self.__dict__ and all(map(operator.is_, self.geometry, shapes)):
            return bool(self.crs == cells.crs and (codes == self.codes).all())
        return cell_content(shapes, codes, cells.crs)[2] == self.content_hash

    def look_up(self, x: ArrayLike, y: ArrayLike, *, reach: float | None = None) -> Location:
        """Return for each point its cell, and for points on a border or in several cells all of them.

        Parameters
        ----------
        x, y
            Coordinates in the cells' CRS.
        reach
            Say also which points may be this near to an edge, in units of the cells' CRS.
        """
        xs, ys = np.asarray(x, dtype=np.float64).reshape(-1), np.asarray(y, dtype=np.float64).reshape(-1)
        starts = range(0, max(len(xs), 1), _CHUNK)
        cell: Ints = np.empty(len(xs), dtype=np.int64)
        if reach is not None:
            reach = reach if reach < self.index.raster.size / 2 else None
            _ = self.index.beside_edges  # made once, before the threads

        def chunk(a: int) -> Held:
            rows = slice(a, a + _CHUNK)
            return hold_points(self.index, xs[rows], ys[rows], cell[rows], reach=reach)

        chunks = in_threads(chunk, starts)
        near = [held.near + a for a, held in zip(starts, chunks, strict=True) if held.near is not None]
        parts = [
            (held.listing.point + a, held.listing.cell, held.listing.on_border)
            for a, held in zip(starts, chunks, strict=True)
        ]
        if len(self.invalid):
            parts.append(self._held_by_invalid(cell, parts, xs, ys))
        point, holder, on_border = (np.concatenate(values) for values in zip(*parts, strict=True))
        order = np.lexsort((self.rank[holder], point))
        special = Holders(point[order], holder[order], on_border[order])
        first = np.flatnonzero(np.diff(special.point, prepend=-1))
        cell[special.point[first]] = special.cell[first]
        return Location(cell, special, np.concatenate(near) if near else None)

    def _held_by_invalid(
        self, cell: Ints, listed: list[tuple[Ints, Ints, NDArray[np.bool_]]], x: Floats, y: Floats
    ) -> tuple[Ints, Ints, NDArray[np.bool_]]:
        """Return the pairs of points and cells that are not valid, and the valid cells that alone held these points."""
        west, south, east, north = shapely.total_bounds(self.geometry[self.invalid])
        rows = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        near, which = self._invalid_tree.query(shapely.points(x[rows], y[rows]))
        point, holder = rows[near], self.invalid[which]
        held = shapely.intersects_xy(self.geometry[holder], x[point], y[point])
        point, holder = point[held], holder[held]
        on_border = ~shapely.contains_xy(self.geometry[holder], x[point], y[point])
        alone = np.setdiff1d(point, np.concatenate([part[0] for part in listed]))
        alone = alone[cell[alone] >= 0]
        inner = np.zeros(len(alone), dtype=bool)
        return (
            np.concatenate([point, alone]),
            np.concatenate([holder, cell[alone]]),
            np.concatenate([on_border, inner]),
        )

    @cached_property
    def _invalid_tree(self) -> shapely.STRtree:
        shapely.prepare(self.geometry[self.invalid])
        return shapely.STRtree(self.geometry[self.invalid])

    def holders(self, x: ArrayLike, y: ArrayLike) -> Holders:
        """Return every pair of a point and a cell that holds it, border included."""
        location = self.look_up(x, y)
        special = location.special
        plain = location.cell >= 0
        plain[special.point] = False
        point = np.concatenate([np.flatnonzero(plain), special.point])
        order = np.argsort(point, kind="stable")
        cell = np.concatenate([location.cell[plain], special.cell])
        on_border = np.zeros(len(point), dtype=bool)
        on_border[len(point) - len(special.point) :] = special.on_border
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
        return self.look_up(x, y).cell.reshape(np.shape(x))

    def locate_one(self, x: float, y: float) -> int:
        """Return the position of the cell that holds one point, -1 for none: in a microsecond or two.

        Examples
        --------
        >>> from shapely import box
        >>> cells = gpd.GeoDataFrame({"cell_code": ["b", "a"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
        >>> CellLocator(cells).locate_one(0.5, 0.5)
        0
        """
        return self._locate_one(x, y)

    @cached_property
    def _locate_one(self) -> Callable[[float, float], int]:
        def slowly(x: float, y: float) -> int:
            return int(self.locate(x, y))

        return slowly if len(self.invalid) else single_point_rule(self.index, slowly)

    @cached_property
    def distances(self) -> CellDistances:
        """The borders of the cells, ready to be measured from; made when first needed."""
        return CellDistances(self)

    def nearest(self, x: ArrayLike, y: ArrayLike, within_m: float) -> Nearest:
        """Return for each point its cell or else the nearest one within a distance.

        Parameters
        ----------
        x, y
            Coordinates in the cells' CRS.
        within_m
            Largest distance in metres.

        Raises
        ------
        CrsError
            The cells have no coordinate system.

        Examples
        --------
        >>> from shapely import box
        >>> cells = gpd.GeoDataFrame({"cell_code": ["b"]}, geometry=[box(0, 0, 9, 9)], crs="EPSG:4548")
        >>> CellLocator(cells).nearest([5, 12, 99], [5, 5, 5], within_m=10).metres
        array([ 0.,  3., nan])
        """
        xs, ys = np.asarray(x, dtype=np.float64).reshape(-1), np.asarray(y, dtype=np.float64).reshape(-1)
        cell = self.locate(xs, ys)
        metres = np.where(cell >= 0, 0.0, np.nan)
        rows = np.flatnonzero(cell < 0)
        found = self.distances.nearest(*self.distances.positions(xs[rows], ys[rows]))
        close = found.metres <= within_m
        cell[rows[found.point[close]]] = found.cell[close]
        metres[rows[found.point[close]]] = found.metres[close]
        return Nearest(cell.reshape(np.shape(x)), metres.reshape(np.shape(x)))

    def border_distance(self, x: ArrayLike, y: ArrayLike, within_m: float) -> Floats:
        """Return how far each point is from the nearest border of a cell in metres, NaN beyond ``within_m``.

        Raises
        ------
        CrsError
            The cells have no coordinate system.

        Examples
        --------
        >>> from shapely import box
        >>> cells = gpd.GeoDataFrame({"cell_code": ["b"]}, geometry=[box(0, 0, 9, 9)], crs="EPSG:4548")
        >>> CellLocator(cells).border_distance([8, 11, 99], [5, 5, 5], within_m=3)
        array([ 1.,  2., nan])
        """
        xs, ys = np.asarray(x, dtype=np.float64).reshape(-1), np.asarray(y, dtype=np.float64).reshape(-1)
        metres = np.full(len(xs), np.inf)
        pairs = self.distances.within(*self.distances.positions(xs, ys), within_m, skip=np.full(len(xs), -1))
        np.minimum.at(metres, pairs.point, pairs.metres)
        metres[np.isinf(metres)] = np.nan
        return metres.reshape(np.shape(x))

    def codes_of(self, positions: ArrayLike) -> pd.Series:
        """Return the codes at ``positions``; missing where a position is -1."""
        where = np.asarray(positions, dtype=np.int64)
        table = np.empty(len(self.codes) + 1, dtype=object)
        table[:-1] = self.codes
        return pd.Series(table[where], dtype=object)

    def save(self, path: str | Path, *, source: str = "") -> Path:
        """Keep the index in a file that any number of processes map into memory and share.

        Parameters
        ----------
        path
            The file; replaced whole if it is there.
        source
            What the cells were taken from, a hash of it for example; `load` can ask for it.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        StoreError
            The file cannot be written.
        """
        wkb, codes, digest = cell_content(self.geometry, self.codes, self.crs)
        sizes = [len(part or b"") for part in wkb]
        stored: dict[str, NDArray[Any]] = {
            "rank": self.rank,
            "invalid": self.invalid,
            "codes": np.frombuffer(codes, dtype=np.uint8),
            "wkb_start": np.cumsum([0, *sizes]),
            "wkb": np.frombuffer(b"".join(part or b"" for part in wkb), dtype=np.uint8),
        }
        raster = self.index.raster
        facts = {
            "version": _VERSION,
            "cells": digest,
            "source": source,
            "crs": self.crs.to_wkt() if self.crs else None,
            "raster": [raster.west, raster.south, raster.size, raster.columns, raster.rows, raster.margin],
        }
        target = Path(path)
        write_arrays(target, facts, {**stored, **self.index.arrays})
        return target

    @classmethod
    def load(
        cls,
        path: str | Path,
        cells: gpd.GeoDataFrame | None = None,
        *,
        code: str = "cell_code",
        source: str | None = None,
        verify: bool = True,
    ) -> Self:
        """Open a kept index.

        Parameters
        ----------
        path
            A file that `save` wrote.
        cells
            The cells as they are now: an index of others is stale. Left out: whatever the index was made of.
        code
            Column of the codes.
        source
            What the cells must have been taken from: an index of another source is stale.
        verify
            Compare the checksums of the whole file (about a millisecond for 5 MB).

        Raises
        ------
        StoreError
            The index is missing, damaged, of another version, or not of these cells.
        """
        facts, arrays = read_arrays(Path(path), verify=verify)
        if facts.get("version") != _VERSION:
            raise StoreError("{path}: the index was written by another version", path=path)
        self = cls.__new__(cls)
        stale = StoreError("{path}: the index is stale: it was made of other cells", path=path)
        if source is not None and source != facts.get("source"):
            raise stale
        if cells is not None:
            shapes = cells.geometry.to_numpy().copy()
            if cell_content(shapes, cell_codes(cells, code), cells.crs)[2] != facts["cells"]:
                raise stale
            self.geometry = shapes
        self._stored = {name: arrays.pop(name) for name in ("codes", "wkb_start", "wkb")}
        self.rank, self.invalid = arrays.pop("rank"), arrays.pop("invalid")
        self.crs = pyproj.CRS(facts["crs"]) if facts["crs"] else None
        self.content_hash = facts["cells"]
        self.index = CellIndex(raster=Raster(*facts["raster"]), **arrays)
        return self

    @classmethod
    def kept(cls, path: str | Path, cells: gpd.GeoDataFrame, *, code: str = "cell_code") -> Self:
        """Open the index kept at ``path`` if it is sound and of these cells; else build it and keep it there.

        Raises
        ------
        StoreError
            The index cannot be written.
        """
        try:
            return cls.load(path, cells, code=code)
        except StoreError:
            self = cls(cells, code)
            self.save(path)
            return self


def _are_valid(shapes: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which shapes are valid; asked in threads, since it is the dearest question of all."""
    portions = np.array_split(shapes, 2)
    return np.concatenate(in_threads(lambda number: shapely.is_valid(portions[number]), range(2)))
