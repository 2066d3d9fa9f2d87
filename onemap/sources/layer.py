"""`read_layer`: the public way to read one layer."""

from pathlib import Path
from typing import Any

import geopandas as gpd

from .reading import ReadRequest, read


def read_layer(
    path: str | Path,
    layer_id: str | None = None,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    crs: Any = None,
) -> gpd.GeoDataFrame:
    """Read one layer into a frame with canonical columns."""
    reading = read(ReadRequest(path, layer_id, layer=layer, encoding=encoding, crs=crs))
    frame = reading.frame
    frame.attrs["notes"] = reading.notes
    frame.attrs["rejects"] = reading.rejects.to_dict("records")
    return frame
