"""Cells made ready for the repair of their coverage, in an order that does not depend on the rows."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.geo.arrangement import Shapes
from onemap.geo.cell_intake import cell_codes, usable_shapes
from onemap.geo.crs import to_metric
from onemap.geo.defects import sort_codes
from onemap.geo.edges import Floats
from onemap.geo.repair import repair_geometries


@dataclass(frozen=True)
class Ready:
    """Cells by code, equal geometries once.

    Attributes
    ----------
    shapes
        Valid polygons.
    rows
        For each the positions of the rows that have it.
    names
        For each the codes of these rows.
    codes
        The code of each row.
    area
        Square metres of each shape.
    mended
        Square metres by which making the geometry valid changed it.
    repaired
        Shapes whose geometry was made valid.
    fixed
        Shapes that must not change: their geometry is not valid and no repair of it can be trusted.
    """

    shapes: Shapes
    rows: tuple[NDArray[np.intp], ...]
    names: tuple[tuple[object, ...], ...]
    codes: NDArray[np.object_]
    area: Floats
    mended: Floats
    repaired: NDArray[np.bool_]
    fixed: NDArray[np.bool_]

    def named(self, shapes: tuple[int, ...]) -> tuple[object, ...]:
        """Return the sorted codes of some shapes."""
        return sort_codes(name for shape in shapes for name in self.names[shape])


def make_ready(cells: gpd.GeoDataFrame, code: str, *, max_change: float) -> Ready:
    """Sort out the cells: rows without polygon take no part, invalid ones are mended where little changes."""
    codes = cell_codes(cells, code)
    raw = shapely.force_2d(cells.geometry.to_numpy())
    shapes, _ = usable_shapes(raw, codes)
    mended, repaired, fixed = np.zeros(len(raw)), np.zeros(len(raw), dtype=bool), np.zeros(len(raw), dtype=bool)
    broken = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_valid(raw))
    if len(broken):
        layer = gpd.GeoDataFrame(geometry=gpd.GeoSeries(raw[broken], index=broken, crs=cells.crs))
        repair = repair_geometries(layer, max_change=max_change)
        fixed[repair.refused.index] = True
        repaired[repair.changes.index] = True
        shapes[repair.frame.index] = repair.frame.geometry.to_numpy()
        mended[repair.changes.index] = repair.changes["area_changed_m2"].to_numpy()
    labels = codes.to_numpy()
    groups: dict[bytes, list[int]] = {}
    usable = np.flatnonzero(~shapely.is_missing(shapes))
    for row, key in zip(usable.tolist(), shapely.to_wkb(shapely.normalize(shapes[usable])).tolist(), strict=True):
        groups.setdefault(key, []).append(row)
    order = sorted(groups, key=lambda key: (sorted(map(str, labels[groups[key]])), key))
    rows = tuple(np.array(groups[key], dtype=np.intp) for key in order)
    first = np.array([group[0] for group in rows], dtype=np.intp)
    area = shapely.area(to_metric(gpd.GeoSeries(shapes[first], crs=cells.crs)).to_numpy()) if rows else []
    return Ready(
        shapes=shapes[first],
        rows=rows,
        names=tuple(sort_codes(labels[group]) for group in rows),
        codes=labels,
        area=np.asarray(area, dtype=np.float64),
        mended=np.array([mended[group].max() for group in rows], dtype=np.float64),
        repaired=np.array([repaired[group].any() for group in rows], dtype=bool),
        fixed=np.array([fixed[group].any() for group in rows], dtype=bool),
    )
