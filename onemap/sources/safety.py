"""What may be opened: plain files of known kinds, never a virtual path, an address or an indirection.

GDAL opens far more than a file: addresses, chains of virtual file systems, files that point to other files. A
source that is named in a manifest must be the bytes that are hashed, so only plain files of the kinds in
`KINDS` are opened, and only by the driver of that kind.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyogrio.errors
import shapely.errors

from onemap.errors import OnemapError, SourceError

KINDS = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".fgb": "FlatGeobuf",
    ".gdb": "OpenFileGDB",
    ".dxf": "DXF",
    ".pbf": "OSM",
    ".csv": "table",
    ".tsv": "table",
    ".txt": "table",
    ".dbf": "table",
    ".xls": "table",
    ".xlsx": "table",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".zip": "archive",
}
_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]+:", re.IGNORECASE)
_DRIVE = re.compile(r"^[a-zA-Z]:[\\/]")
_FOREIGN = (
    OSError, EOFError, ValueError, OverflowError, MemoryError, RecursionError,
    UnboundLocalError,  # from pyogrio 0.13, where a .prj is broken in a certain way
    pd.errors.ParserError, pyogrio.errors.DataSourceError, pyogrio.errors.CRSError, pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError, pyogrio.errors.FeatureError, shapely.errors.ShapelyError,
)  # fmt: skip


def kind_of(path: Path) -> str:
    """Return the driver of a file by its ending, ``"table"`` or ``"parquet"``.

    Raises
    ------
    SourceError
        The ending belongs to no kind that is read.

    Examples
    --------
    >>> kind_of(Path("cases.csv.gz"))
    'table'
    """
    name = path.name.lower()
    suffix = Path(name.removesuffix(".gz")).suffix if name.endswith(".csv.gz") else Path(name).suffix
    if suffix not in KINDS:
        raise SourceError(
            "{path}: files of this kind are not read; known are {known}",
            path=path,
            known=" ".join(sorted([*KINDS, ".csv.gz"])),
        )
    return KINDS[suffix]


def checked_path(path: str | Path) -> Path:
    """Return ``path`` as a plain existing file or folder.

    Raises
    ------
    SourceError
        It is an address, a virtual path, not there, or has a name that the readers below cut.
    """
    text = str(path)
    address = _ADDRESS.match(text) and not _DRIVE.match(text)
    if address or text.replace("\\", "/").lower().startswith("/vsi"):
        raise SourceError("{path}: addresses and virtual paths are refused; give a file", path=path)
    if not _is_there(text):
        raise SourceError("{path}: no such file", path=text.replace("\0", "?"))
    if ";" in Path(text).name:  # pyogrio and rasterio would open what stands before it
        raise SourceError("{path}: a file name with ; cannot be opened; rename it", path=text)
    return Path(text)


def _is_there(text: str) -> bool:
    """Tell whether a path is there; one that the system cannot even look for is not."""
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


def content_hash(paths: list[Path]) -> str:
    """Return the SHA-256 of the files of a source: one file's own, or that of the names and hashes of several."""
    hashes = []
    for path in sorted(paths):
        with path.open("rb") as file:
            hashes.append((path.suffix.lower(), hashlib.file_digest(file, "sha256").hexdigest()))
    if len(hashes) == 1:
        return hashes[0][1]
    return hashlib.sha256("\n".join(f"{name} {digest}" for name, digest in hashes).encode()).hexdigest()


@contextmanager
def reading_errors(path: Path) -> Iterator[None]:
    """Turn what readers below raise about ``path`` into a `SourceError` that names the file."""
    try:
        yield
    except OnemapError:
        raise
    except _FOREIGN as error:
        raise SourceError("{path}: cannot be read ({error})", path=path, error=" ".join(str(error).split())) from error
