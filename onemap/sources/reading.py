"""One source into one frame with canonical columns, and everything that happened on the way."""

import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from onemap.domain.catalogue import LayerSpec, load_catalogue
from onemap.errors import OnemapError, SchemaError
from onemap.translation import say

from .archives import unpack
from .georeference import georeference
from .headings import match_headings, named_headings
from .parquets import read_parquet
from .positions import place_rows
from .raw import RawLayer
from .rejects import reject_table
from .safety import checked_path, content_hash, kind_of, reading_errors
from .shapefiles import read_shapefile, siblings
from .tables import read_table
from .values import as_text, typed
from .vectors import read_vector


@dataclass(frozen=True)
class ReadRequest:
    """What to read and how: every option that a manifest can set for one source.

    Attributes
    ----------
    path
        A file (or the folder of a file geodatabase); no address, no virtual path.
    layer_id
        Layer of the catalogue whose columns the headings are matched to; None keeps the headings.
    layer
        Layer in the file, or sheet of the workbook; needed only where there are several.
    encoding, crs
        Declared by the caller; a declaration that the file contradicts is an error.
    columns, constants, values
        Canonical name to heading; canonical name to a value for every row; for a canonical name, the source's own
        values and those they stand for.
    x, y, wkt
        Headings of the columns with positions of a table.
    coordinates
        ``"GCJ02"`` or ``"BD09"``: the coordinates are shifted ones and are converted to WGS 84.
    timezone
        Zone of the times that name none, in a column where others do.
    rebuild_shx
        Make the missing .shx of a shapefile anew.

    Examples
    --------
    >>> ReadRequest("cases.csv", "case", crs="EPSG:4326", columns={"case_code": "案卷编号"}).layer_id
    'case'
    """

    path: str | Path
    layer_id: str | None = None
    layer: str | None = None
    encoding: str | None = None
    crs: Any = None
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    x: str | None = None
    y: str | None = None
    wkt: str | None = None
    coordinates: str | None = None
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    timezone: str = "UTC"
    rebuild_shx: bool = False


@dataclass(frozen=True)
class Reading:
    """A source as it was read.

    Attributes
    ----------
    frame
        Canonical columns first, then the source's other columns, then ``geometry``; the index ``row`` counts the
        rows of data in the source from 1.
    rejects
        One line for each row left out and each value or position that does not fit: ``source row kind found
        reason removed``. ``rows_in`` is the length of ``frame`` plus the rejects with ``removed``.
    notes
        English sentences: encoding and its ground, CRS, where positions came from, what was cut.
    """

    frame: gpd.GeoDataFrame
    rejects: pd.DataFrame
    notes: list[str]
    encoding: str | None
    source_crs: str | None
    rows_in: int
    sha256: str


def read(request: ReadRequest) -> Reading:
    r"""Read one source.

    Returns
    -------
    Reading
        Rows in = rows of the frame + rejects that removed a row, always.

    Raises
    ------
    SourceError
        The file is missing, damaged, refused, of an unknown kind, or not in the encoding it should be in.
    SchemaError
        Columns are missing or ambiguous, or the layer is not in the catalogue.
    CrsError
        The CRS is missing, unknown, or the declared one is not the file's.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "cases.csv").write_text("案件编号,经度,纬度\n007,116.4,39.9\n", encoding="gbk")
    >>> reading = read(ReadRequest(folder / "cases.csv", "case", crs="EPSG:4490"))
    >>> reading.frame.case_code.tolist(), reading.encoding, reading.rows_in
    (['007'], 'GB18030', 1)
    """
    spec = _spec(request.layer_id)
    path = checked_path(request.path)
    with _heard() as said, reading_errors(path):
        sha256 = content_hash(_files(path))
        raw = _raw(request, path)
        raw.notes.extend(say("the reader says: {text}", text=text) for text in dict.fromkeys(said))
        frame, source_crs = _frame(raw, request, spec, path)
    assert raw.rows_in == len(frame) + len({reject.row for reject in raw.rejects} - set(frame.index)), path
    return Reading(
        frame=frame,
        rejects=reject_table(path.name, raw.rejects),
        notes=list(dict.fromkeys(raw.notes)),
        encoding=raw.encoding,
        source_crs=source_crs,
        rows_in=raw.rows_in,
        sha256=sha256,
    )


def read_attributes(path: str | Path) -> pd.DataFrame:
    r"""Read the attributes of a source alone: its own headings and values, where its rows lie is not asked.

    Raises
    ------
    SourceError
        As `read`.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp(), "codes.csv")
    >>> _ = file.write_text("code,name,lon,lat\n110101,东城区,116.4,39.9\n", encoding="utf-8")
    >>> read_attributes(file)["code"].tolist()
    ['110101']
    """
    file = checked_path(path)
    with reading_errors(file):
        return _raw(ReadRequest(file), file).table


def _spec(layer_id: str | None) -> LayerSpec | None:
    if layer_id is None:
        return None
    catalogue = load_catalogue()
    if layer_id not in catalogue:
        raise SchemaError("there is no layer {layer} in the catalogue", layer=layer_id)
    return catalogue[layer_id]


def _files(path: Path) -> list[Path]:
    """Return all files that a source is made of."""
    if path.is_dir():
        return [file for file in path.rglob("*") if file.is_file() and file.suffix.lower() != ".lock"]
    if path.suffix.lower() == ".shp":
        return [path, *(file for ending, file in siblings(path).items() if ending != ".shp")]
    wal = path.with_name(path.name + "-wal")
    return [path, wal] if path.suffix.lower() == ".gpkg" and wal.is_file() else [path]


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Collect what readers warn of in this thread; what others warn of meanwhile is not said of this source."""
    said: list[str] = []
    thread = threading.get_ident()
    with warnings.catch_warnings():
        before = warnings.showwarning

        def hear(message: Warning | str, *about: Any, **more: Any) -> None:
            if threading.get_ident() == thread:
                said.append(" ".join(str(message).split()))
            else:
                before(message, *about, **more)

        warnings.showwarning = hear
        warnings.simplefilter("always", RuntimeWarning)
        warnings.simplefilter("always", UserWarning)
        # what a raster being made in another thread is silent about by itself, which these filters would undo
        warnings.filterwarnings("ignore", "Dataset has no geotransform")
        yield said


def _raw(request: ReadRequest, path: Path) -> RawLayer:
    """Read the source by its kind."""
    kind = kind_of(path)
    if kind == "archive":
        with tempfile.TemporaryDirectory(prefix="onemap-") as folder:
            inside = unpack(path, Path(folder))
            try:
                raw = _raw(replace(request, path=inside), inside)
            except OnemapError as error:
                # the user knows the archive, not the folder that it was unpacked to
                known = {"path": f"{path}/{inside.name}"} if "path" in error.values else {}
                raise type(error)(error.template, **(error.values | known)) from error
        raw.notes.insert(0, say("read from {name} in the archive", name=inside.name))
        return raw
    if kind == "table":
        return read_table(path, sheet=request.layer, encoding=request.encoding)
    if kind == "parquet":
        return read_parquet(path)
    if kind == "ESRI Shapefile":
        return read_shapefile(path, encoding=request.encoding, rebuild_shx=request.rebuild_shx)
    return read_vector(path, kind, layer=request.layer, layer_id=request.layer_id)


def _frame(
    raw: RawLayer, request: ReadRequest, spec: LayerSpec | None, path: Path
) -> tuple[gpd.GeoDataFrame, str | None]:
    """Return the frame of a source: placed, with canonical columns, typed, in its CRS."""
    geometry, declared = raw.geometry, raw.crs
    if spec is not None and spec.is_table:
        geometry = np.full(len(raw.table), None, dtype=object)
    elif geometry is None:
        named = {"x": request.x, "y": request.y, "wkt": request.wkt} if len(raw.table.columns) else {}
        placed = place_rows(raw.table, path=path, projected=_is_projected(request.crs), **named)
        geometry, declared = placed.geometry, declared or placed.crs
        raw.rejects.extend(placed.rejects)
        raw.notes.extend(placed.notes)
    table = _typed(_canonical(raw, request, spec, path), raw, request, spec)
    georeferenced = georeference(
        geometry,
        found=declared,
        found_is_default=raw.crs_is_default,
        declared=request.crs,
        coordinates=request.coordinates,
        path=path,
    )
    raw.notes.extend(georeferenced.notes)
    name = "geometry"
    if name in table.columns:
        table = table.rename(columns={name: "geometry_text"})
    frame = gpd.GeoDataFrame(
        table, geometry=gpd.GeoSeries(georeferenced.geometry, index=table.index), crs=georeferenced.crs
    )
    return frame, georeferenced.source_crs


def _is_projected(crs: Any) -> bool | None:
    from onemap.geo.crs import resolve_crs

    return None if crs is None else bool(resolve_crs(crs).crs.is_projected)


def _canonical(raw: RawLayer, request: ReadRequest, spec: LayerSpec | None, path: Path) -> pd.DataFrame:
    """Return the table with canonical names, constants filled in, and the columns in the order of the layer."""
    table = raw.table
    table.columns = [str(column) for column in table.columns]
    empty = not len(table.columns) and raw.rows_in == 0
    if spec is not None and not empty:
        names = match_headings(
            table.columns,
            spec,
            path=path,
            columns=request.columns,
            constants=request.constants,
            cut=raw.cut_headings,
        )
    else:
        names = {} if empty else named_headings(list(table.columns), request.columns, path)
    clash = [c for c in table.columns if c not in names and c in {*names.values(), *request.constants}]
    table = table.rename(columns=names | {column: f"{column}_src" for column in clash})
    raw.declared_types = {names.get(name, name): kind for name, kind in raw.declared_types.items()}
    for name, value in request.constants.items():
        table[name] = pd.Series(
            [value] * len(table), index=table.index, dtype="str" if isinstance(value, str) else None
        )
    if spec is None:
        return table
    order = [f.name for f in spec.fields if f.name in table.columns]
    return table[[*order, *(column for column in table.columns if column not in order)]]


def _typed(table: pd.DataFrame, raw: RawLayer, request: ReadRequest, spec: LayerSpec | None) -> pd.DataFrame:
    """Return the table with every column of the layer in its type; other columns keep what the file declares."""
    kinds = {f.name: f.type for f in spec.fields} if spec is not None else {}
    columns: dict[str, Any] = {}
    for name in table.columns:
        column = _mapped(table[name], request.values.get(name))  # noqa: PD011 - a mapping of ours
        if name in kinds:
            columns[name], rejects = typed(column, kinds[name], name=name, timezone=request.timezone)
            raw.rejects.extend(rejects)
        elif name in raw.declared_types:
            columns[name] = _as_declared(column, raw.declared_types[name], name)
        else:
            columns[name] = column
    return pd.DataFrame(columns, index=table.index)


def _mapped(column: "pd.Series[Any]", values: Mapping[str, str] | None) -> "pd.Series[Any]":
    if not values:
        return column
    return as_text(column).map(lambda value: values.get(value, value), na_action="ignore").astype("str")


def _as_declared(column: "pd.Series[Any]", kind: str, name: str) -> "pd.Series[Any]":
    """Return a column of a .dbf in its declared type; as text where that would change a value."""
    result, rejects = typed(column, kind, name=name)
    return column if rejects else result
