"""Is a source where it says it is? Misplaced positions are proposed and listed, never moved."""

from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from onemap.domain.catalogue import LayerSpec, load_catalogue
from onemap.geo.faults import propose_positions
from onemap.geo.shifts import suspect_gcj02

_LOOKED_AT = 2_000
_MOST_INSIDE = 0.98
"""Share of positions inside the district from which nothing is asked about them."""


def misplaced(frame: gpd.GeoDataFrame, district: BaseGeometry, crs: pyproj.CRS) -> Iterator[str]:
    """Yield how the positions of a source would have to be read, where many miss the district.

    Parameters
    ----------
    frame
        As it was read, in its own CRS.
    district, crs
        The district and its CRS.

    Yields
    ------
    str
        The best proposal as a sentence.
    """
    west, south, east, north = shapely.bounds(frame.geometry.to_numpy()).T
    x, y = (west + east) / 2, (south + north) / 2
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    sample = known[:: max(1, len(known) // _LOOKED_AT)]
    if not len(sample):
        return
    move = pyproj.Transformer.from_crs(frame.crs, crs, always_xy=True)
    shapely.prepare(district)
    if shapely.intersects_xy(district, *move.transform(x[sample], y[sample])).mean() > _MOST_INSIDE:
        return
    proposals = propose_positions(x, y, crs=frame.crs, district=gpd.GeoSeries([district], crs=crs))
    yield from (proposal.sentence for proposal in proposals[:1])


def shifted(frame: gpd.GeoDataFrame, spec: LayerSpec, levels: Mapping[str, gpd.GeoDataFrame]) -> Iterator[str]:
    """Yield the suspicion that a source is in GCJ-02 or BD-09 although it says otherwise.

    The evidence are rows that name the grid they belong to, by its code, or boundaries that have the name of a grid.

    Parameters
    ----------
    frame
        Rows with canonical columns and a CRS.
    spec
        Definition of their layer.
    levels
        The grids by layer id, coarse to fine.

    Yields
    ------
    str
        The suspicion as a sentence.
    """
    for layer_id, grids in reversed(list(levels.items())):
        key = "name" if spec.id == "frame_boundary" else load_catalogue()[layer_id].key
        if key not in frame.columns or key not in grids.columns:
            continue
        witnesses = frame[frame[key].isin(grids[key].dropna()) & frame.geometry.notna()]
        if witnesses.empty:
            continue
        step = max(1, len(witnesses) // _LOOKED_AT)
        suspicion = suspect_gcj02(witnesses.iloc[::step], grids.drop_duplicates(key), key=key)
        if suspicion is not None:
            yield suspicion.sentence
        return
