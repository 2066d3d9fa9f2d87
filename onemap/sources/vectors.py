"""Vector files through GDAL: one layer, whole where that goes, feature by feature where it does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors

from onemap.errors import SourceError, some
from onemap.translation import say

from .geometries import decode_wkb
from .geopackages import sound_geopackage
from .raw import RawLayer, row_index
from .salvage import read_piecewise

_MAGIC = {
    "GPKG": (b"SQLite format 3\0",),
    "FlatGeobuf": (b"fgb\x03",),
    "DXF": (b"AutoCAD Binary DXF", b"0", b"999"),
}
_BULK_ERRORS = (
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.FieldError,
    UnicodeDecodeError,
)
_SNIFFED = 100_000


def read_vector(path: Path, driver: str, *, layer: str | None = None, layer_id: str | None = None) -> RawLayer:
    """Read one layer of a vector file.

    Parameters
    ----------
    driver
        GDAL's name of the driver that the file must be opened by.
    layer
        Name of the layer; not needed where the file has one, or one called ``layer_id``.

    Raises
    ------
    SourceError
        The content is not what the ending says, the file is damaged, or the layer must be named.
    """
    _sniff(path, driver)
    with _opened(path, driver, layer) as source:
        name = _layer_name(source, path, layer=layer, layer_id=layer_id)
        notes: list[str] = []
        try:
            table, wkb, crs = _bulk(source, name)
        except _BULK_ERRORS as error:
            raw = read_piecewise(source, name)
            raw.notes.append(say("the file was read feature by feature ({error})", error=" ".join(str(error).split())))
            raw.crs_is_default = driver == "GeoJSON" and not _names_crs(path)
            return raw
    table.index = row_index(np.arange(1, len(table) + 1))
    geometry, rejects = (None, []) if wkb is None else decode_wkb(wkb, rows=table.index.to_numpy())
    gone = [reject.row for reject in rejects]
    kept = ~table.index.isin(gone)
    return RawLayer(
        table=table[kept] if gone else table,
        geometry=geometry[kept] if geometry is not None else None,
        rows_in=len(table),
        crs=crs,
        crs_is_default=driver == "GeoJSON" and not _names_crs(path),
        encoding="UTF-8" if driver in ("GPKG", "GeoJSON", "FlatGeobuf", "OSM", "OpenFileGDB") else None,
        notes=notes,
        rejects=rejects,
    )


@contextmanager
def _opened(path: Path, driver: str, layer: str | None) -> Iterator[Path]:
    """Yield the path to be given to GDAL."""
    if driver == "GPKG":
        with sound_geopackage(path, layer) as source:
            yield source
    else:
        yield path


def _sniff(path: Path, driver: str) -> None:
    """Check that the first bytes are those of the kind: GDAL would open by content, whatever the ending says."""
    if path.is_dir():
        if driver != "OpenFileGDB" or not (path / "gdb").is_file():
            raise SourceError("{path}: a folder, and no file geodatabase", path=path)
        return
    with path.open("rb") as file:
        head = file.read(_SNIFFED)
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if driver == "OpenFileGDB":
        raise SourceError("{path}: a file geodatabase is a folder", path=path)
    if not head:
        raise SourceError("{path}: the file is empty", path=path)
    good = any((head if driver != "DXF" else plain).startswith(magic) for magic in _MAGIC.get(driver, (b"",)))
    if driver == "GeoJSON":
        good = plain[:1] in (b"{", b"[") and b"gdal_streamed_alg" not in head and b"Topology" not in head[:300]
    if driver == "OSM":
        good = b"OSMHeader" in head[:32]
    if not good:
        raise SourceError("{path}: the content is not {kind}", path=path, kind=driver)


def _names_crs(path: Path) -> bool:
    """Tell whether a GeoJSON names its CRS (the member ``crs`` of the older standard)."""
    with path.open("rb") as file:
        head = file.read(_SNIFFED)
    before = head.split(b'"features"')[0]
    return b'"crs"' in before


def _layer_name(source: Path, path: Path, *, layer: str | None, layer_id: str | None) -> str:
    """Return the layer to read."""
    names = [str(name) for name, _ in pyogrio.list_layers(source)]
    if layer is not None:
        if layer not in names:
            raise SourceError(
                "{path}: there is no layer {layer}; it has {layers}",
                path=path,
                layer=layer,
                layers=some(names, most=20),
            )
        return layer
    if layer_id in names:
        return str(layer_id)
    if len(names) == 1:
        return names[0]
    if not names:
        raise SourceError("{path}: there is no layer in it", path=path)
    raise SourceError(
        "{path}: it has the layers {layers}; name one (--layer; in a manifest sublayer)",
        path=path,
        layers=some(names, most=20),
    )


def _bulk(source: Path, layer: str) -> tuple[pd.DataFrame, Any, str | None]:
    """Return attributes, geometry as WKB (None for a table), and CRS of a layer."""
    if find_spec("pyarrow") is not None:
        from pyarrow import ArrowException

        try:
            return _by_arrow(source, layer)
        except ArrowException as error:
            message = f"Arrow: {error}"
            raise pyogrio.errors.FeatureError(message) from error
    meta, _, geometry, fields = pyogrio.raw.read(source, layer=layer)
    table = pd.DataFrame(dict(zip(meta["fields"], fields, strict=True)))
    if not len(fields):
        table = pd.DataFrame(index=range(len(geometry) if geometry is not None else 0))
    return table, geometry, meta["crs"]


def _by_arrow(source: Path, layer: str) -> tuple[pd.DataFrame, Any, str | None]:
    """Read through Arrow: whole numbers beside empty values stay whole numbers."""
    import pyarrow as pa

    meta, arrow = pyogrio.read_arrow(source, layer=layer)
    name = meta["geometry_name"] or "wkb_geometry"
    geometry = None
    if name in arrow.column_names and meta["geometry_type"] is not None:
        geometry = arrow.column(name).to_numpy(zero_copy_only=False)
        arrow = arrow.drop_columns([name])
    whole = {pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}
    whole |= {pa.bool_(): pd.BooleanDtype()}
    table = arrow.to_pandas(types_mapper=whole.get, date_as_object=True)
    if not arrow.num_columns:
        table = pd.DataFrame(index=range(arrow.num_rows))
    return table, geometry, meta["crs"]
