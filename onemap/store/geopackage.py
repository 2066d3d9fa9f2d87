"""Publish the one map: a GeoPackage (version 1.3) that appears whole or not at all.

The file is written beside the old one, checked, forced to disk and renamed over it, so that a reader sees the old
map or the new one and a failure at any moment leaves the old one as it was. Same content, same bytes.
"""

import hashlib
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely

from onemap.domain.catalogue import Catalogue, LayerSpec, load_catalogue
from onemap.errors import SchemaError, StoreError
from onemap.progress import Progress, silent

from .columns import Column, in_chinese, to_columns
from .content import GEOMETRY_TYPES, LayerContent
from .integrity import quoted, read_only
from .lock import writer
from .system_tables import write_system_tables

_WRITING_FAILED = (
    OSError,
    sqlite3.Error,
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.FieldError,
)
_UTC = 100  # GDAL's flag for a moment in UTC
_SENTENCES = ("reason", "who_could_close")  # English; the map also has them in Chinese


def publish(
    path: str | Path,
    contents: Sequence[LayerContent],
    *,
    facts: Mapping[str, str],
    now: datetime | None = None,
    catalogue: Catalogue | None = None,
    held: bool = False,
    progress: Progress = silent,
) -> Path:
    """Write all layers into one GeoPackage and put it in the place of the old one.

    Parameters
    ----------
    path
        The map's file; its folder must exist.
    contents
        The layers, in the order in which they are stored. Geometries are in the working CRS.
    facts
        What holds for the whole map (name, crs, as_of ...): rows of ``onemap_district``.
    now
        The moment written as the build's time (default: the clock).
    catalogue
        Definitions of the layers (default: those shipped).
    held
        The caller is the map's `onemap.store.lock.writer` already.
    progress
        Told the share done; may raise `Cancelled`, which leaves the old map untouched.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    StoreError
        The file cannot be written, another process writes it, or it is open for editing; the old map is untouched.
    SchemaError
        A layer is not in the catalogue or a value does not fit its field.
    """
    target = Path(path)
    catalogue = catalogue or load_catalogue()
    unknown = [content.layer_id for content in contents if content.layer_id not in catalogue]
    if unknown:
        raise SchemaError("layer {layers}: is not in the catalogue", layers=", ".join(unknown))
    if ";" in target.name:
        raise StoreError("{path}: a file name with ; cannot be opened; rename it", path=target)
    if not target.parent.is_dir():
        raise StoreError("{path}: its folder does not exist", path=target)
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    with nullcontext() if held else writer(target), _replacing(target) as draft:
        _write_layers(draft, contents, catalogue, moment=moment, progress=progress)
        write_system_tables(draft, contents, catalogue, facts=facts, moment=moment)
        _check(draft, contents)
        progress(1.0, "map written")
    return target


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Give the path of a draft; put it in the place of ``target`` when the block ends well, else remove it."""
    name = _plain_name(target.name)
    for left in target.parent.glob(f".{name}.*.part.gpkg*"):
        left.unlink(missing_ok=True)  # of a writer that was killed: we hold the lock, so nobody uses it
    draft = target.with_name(f".{name}.{secrets.token_hex(4)}.part.gpkg")
    try:
        yield draft
        _to_disk(draft)
        _settle_log(target)
        draft.replace(target)
        _to_disk(target.parent)
    except _WRITING_FAILED as error:
        raise StoreError(
            "{path}: cannot be written: {found} ({free} MB free in its folder, about {needed} MB needed); "
            "the old map is untouched",
            path=target,
            found=error,
            free=_free_megabytes(target.parent),
            needed=_size_megabytes(draft, target),
        ) from error
    finally:
        for left in draft.parent.glob(f"{draft.name}*"):
            left.unlink(missing_ok=True)


def _plain_name(name: str) -> str:
    """Return a name for drafts that is no pattern of files."""
    plain = re.sub(r"[^\w. -]", "_", name)
    return plain if plain == name else f"{plain}.{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _to_disk(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows has no handle on a folder to force to disk
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _free_megabytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free // 1_000_000


def _size_megabytes(*paths: Path) -> int:
    return 1 + max((path.stat().st_size for path in paths if path.exists()), default=0) // 1_000_000


def _settle_log(target: Path) -> None:
    """Bring a write-ahead log that an editor left into the old map, or refuse while the editor is at work.

    A log that stayed beside the new file would be replayed into it.
    """
    logs = [target.with_name(target.name + ending) for ending in ("-wal", "-shm", "-journal")]
    if not any(log.exists() for log in logs):
        return
    try:
        with closing(sqlite3.connect(target, timeout=1.0)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.Error:
        mode = "wal"
    left = [log.name for log in logs if log.exists()]
    if mode == "wal" or left:
        raise StoreError(
            "{path}: is open for editing in another program ({files}); close it there and publish again; "
            "the old map is untouched",
            path=target,
            files=", ".join(left),
        )


def _write_layers(
    draft: Path,
    contents: Sequence[LayerContent],
    catalogue: Catalogue,
    *,
    moment: datetime,
    progress: Progress,
) -> None:
    options = {
        "OGR_CURRENT_DATE": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "OGR_SQLITE_SYNCHRONOUS": "OFF",  # the draft is worth nothing before it is complete
        "OGR_SQLITE_JOURNAL": "OFF",
    }
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        stored = [content for content in contents if content.frame is not None]
        for number, content in enumerate(stored):
            progress(0.9 * number / len(stored), f"writing {content.layer_id}")
            _write_layer(draft, content, catalogue[content.layer_id], append=number > 0)
    finally:
        pyogrio.set_gdal_config_options(before)


def _write_layer(draft: Path, content: LayerContent, spec: LayerSpec, *, append: bool) -> None:
    frame = content.frame
    assert frame is not None
    geometry, crs, geometry_type = None, None, None
    attributes = frame
    if spec.geometry in GEOMETRY_TYPES:
        if not isinstance(frame, gpd.GeoDataFrame):
            raise SchemaError("layer {layer}: has no geometry column", layer=spec.id)
        if frame.crs is None:
            raise SchemaError("layer {layer}: has no CRS", layer=spec.id)
        attributes = frame.drop(columns=frame.geometry.name)
        geometry = _wkb(frame.geometry, spec)
        crs = frame.crs.to_string() if frame.crs.to_authority() else frame.crs.to_wkt()
        geometry_type = GEOMETRY_TYPES[spec.geometry]
    columns = to_columns(_with_chinese_sentences(attributes, spec), spec)
    _write_table(
        draft,
        spec.id,
        columns,
        geometry=geometry,
        geometry_type=geometry_type,
        crs=crs,
        append=append,
        title=spec.title_zh,
    )


def _wkb(geometry: gpd.GeoSeries, spec: LayerSpec) -> "np.ndarray[Any, Any]":
    """Return two-dimensional WKB, lines and polygons as multi-part ones, None where there is no geometry."""
    values = np.array(shapely.force_2d(geometry.to_numpy()), dtype=object)
    values[shapely.is_empty(values)] = None
    single = {"LineString": (1, shapely.multilinestrings), "Polygon": (3, shapely.multipolygons)}.get(spec.geometry)
    if single is not None:
        alone = shapely.get_type_id(values) == single[0]
        if alone.any():
            values[alone] = single[1](values[alone], indices=np.arange(int(alone.sum())))
    return np.asarray(shapely.to_wkb(values), dtype=object)


def _with_chinese_sentences(frame: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Return a layer with the Chinese of its English sentences, where the catalogue has columns for it."""
    wanted = {item.name for item in spec.fields}
    told = [name for name in _SENTENCES if f"{name}_zh" in wanted and name in frame.columns]
    return frame.assign(**{f"{name}_zh": in_chinese(frame[name]) for name in told}) if told else frame


def _write_table(
    draft: Path,
    table: str,
    columns: Mapping[str, Column],
    *,
    geometry: "np.ndarray[Any, Any] | None",
    geometry_type: str | None,
    crs: str | None,
    append: bool,
    title: str,
) -> None:
    options = {"FID": "fid", "IDENTIFIER": table, "DESCRIPTION": title}
    if geometry is not None:
        options |= {"GEOMETRY_NAME": "geometry", "SPATIAL_INDEX": "YES"}
    pyogrio.raw.write(
        str(draft),
        geometry=geometry,
        field_data=[values for values, _ in columns.values()],
        field_mask=[missing if missing.any() else None for _, missing in columns.values()],
        fields=np.array(list(columns), dtype=object),
        gdal_tz_offsets={
            name: np.full(len(values), _UTC, dtype="int64")
            for name, (values, _) in columns.items()
            if values.dtype == np.dtype("datetime64[ms]")
        },
        layer=table,
        driver="GPKG",
        geometry_type=geometry_type,
        crs=crs,
        append=append,
        dataset_options=None if append else {"VERSION": "1.3"},
        layer_options=options,
    )


def _check(draft: Path, contents: Sequence[LayerContent]) -> None:
    """Read the draft back: whole for SQLite, and as many rows as were given."""
    with read_only(draft) as connection:
        verdict = connection.execute("PRAGMA quick_check").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        for content in contents:
            if content.frame is None:
                continue
            count = connection.execute(f"SELECT count(*) FROM {quoted(content.layer_id)}").fetchone()[0]  # noqa: S608
            if count != len(content.frame):
                message = f"{content.layer_id}: {count} of {len(content.frame)} rows arrived"
                raise sqlite3.DatabaseError(message)
