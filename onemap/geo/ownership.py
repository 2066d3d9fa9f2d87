"""Which cell owns each building, lot or road: the one with the largest share of it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.errors import CrsError
from onemap.geo.crs import metric_crs
from onemap.geo.locator import CellLocator
from onemap.translation import say

# Shares closer than this are a tie: far above rounding, far below anything a surveyor could tell apart.
_TIE = 1e-9


def own_polygons(features: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, *, code: str = "cell_code") -> pd.DataFrame:
    """Return for each feature the cell with the largest share of it.

    Polygons are shared by area, lines by length, points by the cell that holds them. Equal shares go to the
    smallest code.

    Parameters
    ----------
    features
        Buildings, lots, roads, points; any CRS, any index.
    cells
        Polygons with a unique code; any CRS.
    code
        Column of the codes.

    Returns
    -------
    pandas.DataFrame
        Index of ``features``; ``cell``, ``share`` (0 to 1), ``runner_up``, ``runner_up_share``, ``area_m2`` (of the
        feature; NaN for lines and points), ``reason`` (empty where the feature lies in one cell alone).

    Raises
    ------
    CrsError
        One of the two has no coordinate system.
    SchemaError
        Codes are missing or repeated.

    Examples
    --------
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_code": ["a", "b"]}, geometry=[box(0, 0, 9, 9), box(9, 0, 18, 9)], crs="EPSG:4548"
    ... )
    >>> houses = gpd.GeoDataFrame(geometry=[box(8, 1, 12, 2)], crs="EPSG:4548")
    >>> own_polygons(houses, cells).loc[0, "cell":"runner_up"].astype(str).tolist()
    ['b', '0.75', 'a']
    """
    if features.crs is None or cells.crs is None:
        raise CrsError("features and cells must both have a coordinate system")
    locator = CellLocator(cells, code)
    metric = metric_crs(cells.crs, cells.total_bounds)
    shapes = features.geometry.to_crs(cells.crs).to_numpy()
    measured = features.geometry.to_crs(metric).to_numpy()
    cell_shapes = cells.geometry.to_crs(metric).to_numpy()
    tree = shapely.STRtree(locator.geometry)
    feature, cell = tree.query(shapes)
    whole = shapely.covers(locator.geometry[cell], shapes[feature])
    kind = shapely.get_dimensions(measured)
    size = np.where(kind == 2, shapely.area(measured), np.where(kind == 1, shapely.length(measured), 1.0))  # noqa: PLR2004
    share = np.ones(len(feature))
    cut = ~whole
    pieces = shapely.intersection(cell_shapes[cell[cut]], measured[feature[cut]])
    amount = np.where(
        kind[feature[cut]] == 2,  # noqa: PLR2004
        shapely.area(pieces),
        np.where(kind[feature[cut]] == 1, shapely.length(pieces), 0.0),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        share[cut] = amount / size[feature[cut]]
    table = pd.DataFrame({"feature": feature, "cell": cell, "share": share, "rank": locator.rank[cell]})
    table = table[table["share"] > 0]
    table["rounded"] = (table["share"] / _TIE).round()
    table = table.sort_values(["feature", "rounded", "rank"], ascending=[True, False, True])
    first = table.drop_duplicates("feature")
    second = table[table.duplicated("feature")].drop_duplicates("feature")
    out = pd.DataFrame(index=pd.RangeIndex(len(features)))
    out["cell"] = pd.Series(locator.codes[first["cell"]], index=first["feature"], dtype=object)
    out["share"] = pd.Series(first["share"].to_numpy(), index=first["feature"])
    out["runner_up"] = pd.Series(locator.codes[second["cell"]], index=second["feature"], dtype=object)
    out["runner_up_share"] = pd.Series(second["share"].to_numpy(), index=second["feature"])
    out[["share", "runner_up_share"]] = out[["share", "runner_up_share"]].fillna(0.0)
    out["area_m2"] = np.where(kind == 2, shapely.area(measured), np.nan)  # noqa: PLR2004
    out["reason"] = np.where(out["cell"].isna(), say("lies in no cell"), "")
    out.index = features.index
    return out
