"""Repair of single geometries: what was wrong, what was done, how much area changed, and what was refused."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.geo.crs import area_m2
from onemap.translation import say


@dataclass(frozen=True)
class GeometryRepair:
    """What `repair_geometries` made of a layer.

    Attributes
    ----------
    frame
        The rows whose geometry is valid, in their order, with their index: untouched or repaired.
    changes
        One row a repaired geometry, index of the frame: ``why how area_before_m2 area_after_m2 area_changed_m2``.
    refused
        The rows that could not be repaired within the limit, as they came, with a column ``reason``.
    """

    frame: gpd.GeoDataFrame
    changes: pd.DataFrame
    refused: gpd.GeoDataFrame


def repair_geometries(frame: gpd.GeoDataFrame, *, max_change: float = 0.001) -> GeometryRepair:
    """Make the geometries of a layer valid, or list the rows where that would change too much."""
    shapes = frame.geometry.to_numpy().copy()
    bad = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
    reasons = np.full(len(frame), "", dtype=object)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    reasons[missing] = say("no geometry")
    rows = []
    for i in bad:
        fixed = shapely.make_valid(shapes[i])
        if not shapely.is_valid(fixed) or shapely.get_dimensions(fixed) != shapely.get_dimensions(shapes[i]):
            reasons[i] = say("cannot be repaired")
            continue
        before, after = area_m2(gpd.GeoSeries([shapes[i], fixed], crs=frame.crs))
        if abs(after - before) > max_change * max(before, after):
            reasons[i] = say("a repair would change too much")
            continue
        rows.append((i, shapely.is_valid_reason(shapes[i]), "make_valid", before, after, abs(after - before)))
        shapes[i] = fixed
    keep = reasons == ""
    changes = pd.DataFrame(rows, columns=["row", "why", "how", "area_before_m2", "area_after_m2", "area_changed_m2"])
    changes.index = frame.index[changes.pop("row").to_numpy(dtype=int)]
    refused = frame[~keep].assign(reason=reasons[~keep])
    good = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))[keep]
    return GeometryRepair(good, changes, refused)
