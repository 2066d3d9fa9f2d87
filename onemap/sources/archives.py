"""Zip archives from outside: counted while they are unpacked, and refused where a name or a size is a trap."""

import re
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from onemap.errors import SourceError, some

from .encodings import judge_encoding

MOST_BYTES = 1024**3
MOST_RATIO = 100
MOST_ENTRIES = 10_000
_CHUNK = 1024 * 1024
_SMALL = 10 * 1024 * 1024  # a few blank megabytes pack better than any ratio allows, and harm nobody
_LAYERS = (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".csv", ".xlsx", ".xls", ".parquet", ".dxf")
_DRIVE = re.compile(r"^[A-Za-z]:")


def check_office_file(path: Path) -> None:
    """Refuse an .xlsx that unpacks to more than a workbook can be.

    Raises
    ------
    SourceError
        It is no zip, or a bomb.
    """
    with _opened(path) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_ENTRIES:
            raise SourceError("{path}: refused, it holds {count} entries", path=path, count=len(entries))
        total = 0
        for entry in entries:
            total = _counted(archive, entry, path, total, into=None)


def unpack(path: Path, folder: Path) -> Path:
    """Unpack an archive into ``folder`` and return its one layer file.

    Raises
    ------
    SourceError
        A name leads out of the folder, is a link, or stands twice; the archive unpacks to more than 1 GB or a
        hundredfold; an archive is inside; or not exactly one layer is in it.
    """
    with _opened(path) as archive:
        names = _checked_names(archive, path)
        total = 0
        for entry, name in names.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            total = _counted(archive, entry, path, total, into=target)
    layers = [name for name in names.values() if PurePosixPath(name).suffix.lower() in _LAYERS]
    if len(layers) != 1:
        raise SourceError(
            "{path}: the archive must hold one layer; it holds {found}",
            path=path,
            found=some(sorted(layers)) or "none",
        )
    return folder / layers[0]


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SourceError("{path}: damaged or no archive ({error})", path=path, error=error) from error


def _checked_names(archive: zipfile.ZipFile, path: Path) -> dict[zipfile.ZipInfo, str]:
    """Return the files of an archive with their names, after refusing every name that is a trap."""
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise SourceError("{path}: refused, it holds {count} entries", path=path, count=len(entries))
    names: dict[zipfile.ZipInfo, str] = {}
    seen: set[str] = set()
    for entry in entries:
        name = _name(entry, path)
        parts = PurePosixPath(name).parts
        mode = entry.external_attr >> 16
        trap = (
            "\0" in entry.orig_filename or "\\" in name or name.startswith("/") or ".." in parts
            or _DRIVE.match(name) or stat.S_ISLNK(mode) or entry.flag_bits & 0x1
            or name.casefold() in seen or name.lower().endswith((".zip", ".gz", ".7z", ".rar", ".kmz"))
        )  # fmt: skip
        if trap:
            raise SourceError("{path}: refused, the entry {name} is not a plain new file", path=path, name=name)
        seen.add(name.casefold())
        if not entry.is_dir():
            names[entry] = name
    return names


def _name(entry: zipfile.ZipInfo, path: Path) -> str:
    """Return the name of an entry; names without the UTF-8 flag are judged, as Chinese tools write GBK there."""
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename
    try:
        stored = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    return stored.decode(judge_encoding([stored], path=path, weak="cp437").codec)


def _counted(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, total: int, *, into: Path | None) -> int:
    """Unpack one entry (to nowhere without ``into``), counting what really comes out; return the new total."""
    try:
        with archive.open(entry) as packed:
            out = into.open("wb") if into is not None else None
            try:
                here = 0
                while chunk := packed.read(_CHUNK):
                    here += len(chunk)
                    total += len(chunk)
                    if total > MOST_BYTES or (here > _SMALL and here > MOST_RATIO * max(entry.compress_size, 1)):
                        raise SourceError("{path}: refused, {name} unpacks to too much", path=path, name=entry.filename)
                    if out is not None:
                        out.write(chunk)
            finally:
                if out is not None:
                    out.close()
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise SourceError("{path}: damaged or no archive ({error})", path=path, error=error) from error
    return total
