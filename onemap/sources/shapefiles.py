"""Shapefiles: the siblings that belong together, shapes by GDAL, attributes by `dbf`."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio

from onemap.errors import SourceError
from onemap.translation import say

from .dbf import DbfTable, read_dbf
from .geometries import Array, decode_wkb
from .raw import RawLayer, row_index

_NEEDED = (".shp", ".shx", ".dbf")
_SHX_HEADER = 100
_SHX_RECORD = 8  # bytes: offset and length of one shape


def siblings(path: Path) -> dict[str, Path]:
    """Return the files of a shapefile by ending (lower case), as they are spelt on disk.

    Examples
    --------
    >>> siblings(Path("nowhere/cells.shp"))
    {}
    """
    if not path.parent.is_dir():
        return {}
    stem = path.stem.casefold()
    found = (file for file in sorted(path.parent.iterdir()) if file.stem.casefold() == stem and file.is_file())
    known = (*_NEEDED, ".prj", ".cpg")
    return {file.suffix.lower(): file for file in found if file.suffix.lower() in known}


def read_shapefile(path: Path, *, encoding: str | None = None, rebuild_shx: bool = False) -> RawLayer:
    """Read a shapefile.

    Parameters
    ----------
    rebuild_shx
        Make the missing .shx anew from the .shp, in a temporary folder; the source is never written to.

    Raises
    ------
    SourceError
        A sibling is missing (all that are missing are named), damaged, or of another length.
    """
    files = siblings(path)
    missing = [ending for ending in _NEEDED if ending not in files]
    if rebuild_shx and missing == [".shx"]:
        with tempfile.TemporaryDirectory(prefix="onemap-") as folder:
            for ending, file in files.items():
                shutil.copyfile(file, Path(folder, f"layer{ending}"))
            raw = _read({e: Path(folder, f"layer{e}") for e in files}, path, encoding=encoding, restore=True)
        raw.notes.append(say("the missing .shx was rebuilt from the .shp"))
        return raw
    if missing:
        also = [ending for ending in (".prj", ".cpg") if ending not in files]
        raise SourceError(
            "{path}: {missing} missing beside it{also}; a .shx is rebuilt only on request (rebuild_shx)",
            path=path,
            missing=" ".join(missing),
            also=f" ({' '.join(also)} too)" if also else "",
        )
    return _read(files, path, encoding=encoding, restore=False)


def _read(files: dict[str, Path], path: Path, *, encoding: str | None, restore: bool) -> RawLayer:
    cpg = files[".cpg"].read_text(encoding="latin-1").strip() if ".cpg" in files else None
    attributes = read_dbf(files[".dbf"], encoding=encoding, cpg=cpg)
    options = {"SHAPE_RESTORE_SHX": "YES"} if restore else {}
    shapes, records, crs = _shapes(files[".shp"], options)
    table, geometry = _joined(
        attributes, shapes, records, shx=files[".shp"].with_suffix(".shx") if restore else files[".shx"], path=path
    )
    decoded, rejects = decode_wkb(geometry, rows=table.index.to_numpy())
    kept = np.ones(len(table), dtype=bool)
    if rejects:
        kept = ~np.isin(table.index.to_numpy(), [reject.row for reject in rejects])
    notes = list(attributes.notes)
    if ".prj" not in files:
        notes.append(say("there is no .prj: the file declares no coordinate system"))
    return RawLayer(
        table=table[kept],
        geometry=decoded[kept],
        rows_in=len(table),
        crs=crs,
        encoding=attributes.judged.encoding,
        notes=notes,
        rejects=rejects,
        declared_types=attributes.declared_types,
        cut_headings=attributes.cut_headings,
    )


def _shapes(shp: Path, options: dict[str, str]) -> tuple[Array, Array, str | None]:
    """Return the shapes as WKB with their record numbers, and the CRS of the .prj."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        # names of fields are decoded elsewhere; here any encoding that takes every byte will do
        meta, fids, geometry, _ = pyogrio.raw.read(shp, columns=[], return_fids=True, encoding="ISO-8859-1")
    finally:
        pyogrio.set_gdal_config_options(before)
    return geometry, fids, meta["crs"]


def _joined(
    attributes: DbfTable, shapes: Array, records: Array, *, shx: Path, path: Path
) -> tuple[pd.DataFrame, Array]:
    """Return attributes and shapes of the records that are alive, in the order of the file."""
    there = (shx.stat().st_size - _SHX_HEADER) // _SHX_RECORD
    if there != attributes.count:
        raise SourceError(
            "{path}: the .shp holds {shapes} shapes, the .dbf {records} records; they do not belong together",
            path=path,
            shapes=there,
            records=attributes.count,
        )
    by_record = np.full(attributes.count, None, dtype=object)
    by_record[records] = shapes
    table = attributes.table.set_axis(row_index(np.arange(1, len(attributes.table) + 1)))
    return table, by_record[attributes.records]
