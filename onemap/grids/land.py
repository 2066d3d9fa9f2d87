"""Land that changed hands between two versions of cells: who had it, who has it now, how much, where."""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from onemap.errors import CrsError, SchemaError
from onemap.geo.arrangement import inscribed_width
from onemap.geo.cell_codes import cell_codes, polygons_of
from onemap.geo.crs import metric_crs

Shapes = NDArray[Any]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Coordinates are double numbers: borders nearer than this cannot be told apart.
BLUR_M: Final = 1e-8
_POLYGON: Final = 2
NOBODY: Final = -1


@dataclass(frozen=True)
class Version:
    """One version of the cells, ready to compare: codes as text, valid shapes in one coordinate system."""

    codes: NDArray[np.object_]
    shapes: Shapes
    crs: CRS
    area_m2: Floats


def read_version(cells: gpd.GeoDataFrame, code: str, crs: CRS | None = None) -> Version:
    """Return cells as a version, in ``crs`` or their own.

    Raises
    ------
    CrsError
        The cells have no coordinate system.
    SchemaError
        There is no geometry column, or codes are missing or repeated.
    GeometryError
        A cell is no polygon.
    """
    if not isinstance(cells, gpd.GeoDataFrame) or cells.active_geometry_name is None:
        raise SchemaError("the {name} have no geometry column", name="cells")
    if cells.crs is None:
        raise CrsError("the cells have no coordinate system; declare it")
    codes = np.array([str(c) for c in cell_codes(cells, code)], dtype=object)
    polygons_of(cells)
    own = CRS(cells.crs)
    there = cells if crs is None or own == crs else cells.to_crs(crs)
    shapes = shapely.force_2d(there.geometry.to_numpy())
    wrong = ~shapely.is_valid(shapes)
    shapes[wrong] = shapely.make_valid(shapes[wrong], method="structure", keep_collapsed=False)
    shapes[shapely.is_missing(shapes)] = shapely.Polygon()
    target = own if crs is None else crs
    return Version(codes, shapes, target, shapely.area(in_metres(shapes, target)).astype(np.float64))


def in_metres(shapes: Shapes, crs: CRS) -> Shapes:
    """Return shapes in a metric system of their place."""
    series = gpd.GeoSeries(shapes, crs=crs)
    if not len(shapes) or not np.isfinite(series.total_bounds).all():
        return shapes
    target = metric_crs(crs, series.total_bounds)
    return shapes if target == crs else np.asarray(series.to_crs(target).to_numpy())


def moved_land(old: Version, new: Version, *, tolerance_m: float) -> gpd.GeoDataFrame:
    """Return the land that has another code in the new version, or has one in one version only.

    Parameters
    ----------
    old, new
        The versions, both in one coordinate system. What is said of land is true of clean coverages; where cells of
        one version overlap, the land stands once for each pair.
    tolerance_m
        Connected land into which no circle of this diameter fits was not moved but drawn anew, and is left out.

    Returns
    -------
    geopandas.GeoDataFrame
        ``before`` and ``after`` (positions of the cells, -1 for none), ``area_m2``, ``width_m``, ``geometry``; one row
        a pair, in order of the positions.
    """
    changed_old, changed_new = _changed(old, new)
    before, after = _pairs(old, new, changed_old, changed_new)
    shapes = [shapely.intersection(old.shapes[before], new.shapes[after])]
    shapes += [_alone(old.shapes, new.shapes, changed_old), _alone(new.shapes, old.shapes, changed_new)]
    nobody_after = np.full(len(changed_old), NOBODY, dtype=np.int64)
    nobody_before = np.full(len(changed_new), NOBODY, dtype=np.int64)
    before = np.concatenate([before, changed_old, nobody_before])
    after = np.concatenate([after, nobody_after, changed_new])
    land = gpd.GeoDataFrame({"before": before, "after": after}, geometry=np.concatenate(shapes), crs=new.crs)
    return gather(wide_parts(land, max(tolerance_m, BLUR_M)))


def wide_parts(land: gpd.GeoDataFrame, narrowest: float) -> gpd.GeoDataFrame:
    """Return the connected parts of land with their area and width, those that are narrower left out."""
    parts = land.explode(ignore_index=True)
    parts = parts[shapely.get_dimensions(parts.geometry.to_numpy()) == _POLYGON]
    measured = in_metres(parts.geometry.to_numpy(), parts.crs)
    area = shapely.area(measured)
    width = np.zeros(len(parts))
    maybe = 2 * np.sqrt(area / np.pi) >= narrowest  # no circle inside is larger than the one of the same area
    width[maybe] = inscribed_width(measured[maybe])
    wide: gpd.GeoDataFrame = parts.assign(area_m2=area, width_m=width)[width >= narrowest]
    return wide


def _changed(old: Version, new: Version) -> tuple[Ints, Ints]:
    """Return the positions of the cells that are not, corner for corner, what they are in the other version."""
    place = {code: row for row, code in enumerate(new.codes)}
    other = np.array([place.get(code, NOBODY) for code in old.codes], dtype=np.int64)
    both = np.flatnonzero(other != NOBODY)
    same = shapely.equals_exact(_plain(old.shapes[both]), _plain(new.shapes[other[both]]), tolerance=0.0)
    kept_old, kept_new = both[same], other[both[same]]
    return (
        np.setdiff1d(np.arange(len(old.codes), dtype=np.int64), kept_old),
        np.setdiff1d(np.arange(len(new.codes), dtype=np.int64), kept_new),
    )


def _plain(shapes: Shapes) -> Shapes:
    """Return shapes as they compare: whatever their first corner, and whether one part is written as several."""
    made = shapely.normalize(shapes)
    lone = (shapely.get_type_id(made) == shapely.GeometryType.MULTIPOLYGON) & (shapely.get_num_geometries(made) == 1)
    made[lone] = shapely.get_geometry(made[lone], 0)
    return made


def _pairs(old: Version, new: Version, changed_old: Ints, changed_new: Ints) -> tuple[Ints, Ints]:
    """Return the pairs of cells with other codes that meet, one of them changed."""
    first = shapely.STRtree(new.shapes).query(old.shapes[changed_old], predicate="intersects")
    second = shapely.STRtree(old.shapes).query(new.shapes[changed_new], predicate="intersects")
    pairs = pd.DataFrame(
        {
            "before": np.concatenate([changed_old[first[0]], second[1]]),
            "after": np.concatenate([first[1], changed_new[second[0]]]),
        }
    ).drop_duplicates()
    pairs = pairs[old.codes[pairs["before"]] != new.codes[pairs["after"]]].sort_values(["before", "after"])
    return pairs["before"].to_numpy(dtype=np.int64), pairs["after"].to_numpy(dtype=np.int64)


def _alone(shapes: Shapes, others: Shapes, rows: Ints) -> Shapes:
    """Return what of some shapes none of the others covers."""
    row, other = shapely.STRtree(others).query(shapes[rows], predicate="intersects")
    order = np.argsort(row, kind="stable")
    row, other = row[order], other[order]
    start = np.searchsorted(row, np.arange(len(rows)))
    end = np.searchsorted(row, np.arange(len(rows)), side="right")
    covers = [shapely.union_all(others[other[a:b]]) for a, b in zip(start.tolist(), end.tolist(), strict=True)]
    return shapely.difference(shapes[rows], np.array(covers, dtype=object)) if len(rows) else np.empty(0, dtype=object)


def gather(parts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row for each pair that has land, its parts together."""
    pairs = parts.groupby(["before", "after"], sort=True)
    table = pairs.agg(area_m2=("area_m2", "sum"), width_m=("width_m", "max")).reset_index()
    owner = pairs.ngroup().to_numpy()
    order = np.argsort(owner, kind="stable")
    flat = parts.geometry.to_numpy()
    shapes = shapely.multipolygons(flat[order], indices=owner[order]) if len(parts) else flat
    single = shapely.get_num_geometries(shapes) == 1
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=parts.crs), crs=parts.crs)
