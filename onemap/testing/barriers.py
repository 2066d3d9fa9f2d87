"""What divides the land of the sample city besides roads and water: a railway and the walls of compounds."""

import geopandas as gpd
import numpy as np
import shapely

from .land import frame
from .plan import STEP

_TOWN = "100"


def make_barriers(streets: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return the railway, which the border of the town follows, and a wall around each compound."""
    town = streets["street_code"].str.endswith(_TOWN).to_numpy()
    lands = streets.geometry.to_numpy()
    border = shapely.intersection(
        shapely.boundary(shapely.union_all(lands[town])), shapely.boundary(shapely.union_all(lands[~town]))
    )
    lines = shapely.get_parts(shapely.line_merge(shapely.set_precision(border, STEP)))
    lines = lines[shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING]
    walls = shapely.boundary(compounds.geometry.to_numpy())
    return {
        "railway": frame({"name": np.full(len(lines), "青云铁路", dtype=object), "class": "railway"}, lines),
        "wall": frame({"name": compounds["name"].to_numpy(), "class": "wall"}, walls),
    }
