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
    r"""Read one layer into a frame with canonical columns.

    Reads GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, file geodatabase, DXF, OSM PBF; CSV, Excel, dBASE
    and Parquet with positions in columns or as WKT; and archives (.zip) of one of these.

    Parameters
    ----------
    path
        The file.
    layer_id
        Layer of the catalogue: headings are matched to its columns by their aliases, and values brought to their
        types. Without it headings and values stay as they are.
    layer
        Layer of the file, or sheet of the workbook, where it has several.
    encoding
        Encoding of a .dbf or CSV, where it is neither declared by the file nor can be told.
    crs
        Coordinate system, where the file declares none: EPSG code, name or `pyproj.CRS`.

    Returns
    -------
    geopandas.GeoDataFrame
        In the CRS of the source; the index ``row`` counts the rows of the source from 1. ``frame.attrs`` holds
        ``notes`` (encoding and its ground, and the like) and ``rejects`` (rows and values that could not be read, each
        with its reason).

    Raises
    ------
    SourceError, SchemaError, CrsError
        As `onemap.sources.reading.read`, which also takes column mappings, constants and shifted coordinates.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "names.csv")
    >>> _ = file.write_text("名称,lat,lon\n白塔寺,39.92,116.36\n", encoding="utf-8")
    >>> frame = read_layer(file, "place_name", crs="EPSG:4326")
    >>> frame.name[1], frame.geometry[1].wkt
    ('白塔寺', 'POINT (116.36 39.92)')
    """
    reading = read(ReadRequest(path, layer_id, layer=layer, encoding=encoding, crs=crs))
    frame = reading.frame
    frame.attrs["notes"] = reading.notes
    frame.attrs["rejects"] = reading.rejects.to_dict("records")
    return frame
