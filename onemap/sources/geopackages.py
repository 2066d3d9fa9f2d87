"""GeoPackages as SQLite files, looked at before GDAL opens them: damage, leftovers of a writer, hostile schemas.

GDAL reads a GeoPackage with flipped bytes without a word, so its pages are checked first. A file that another
program has open holds its newest rows in a second file beside it (``-wal``): it is read through SQLite into a
temporary copy, never copied alone.
"""

import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from onemap.errors import SourceError

_MOST_ROWS = 5_000_000
_MOST_SECONDS = 10.0
_INSTRUCTIONS = 100_000  # of SQLite's machine, between two looks at the clock
_HARMLESS_MODULES = ("rtree", "fts3", "fts4", "fts5", "geopoly")


def companions(path: Path) -> list[Path]:
    """Return the ``-wal`` and ``-journal`` files with content that belong to a SQLite file."""
    beside = (path.with_name(path.name + ending) for ending in ("-wal", "-journal"))
    return [file for file in beside if file.is_file() and file.stat().st_size > 0]


@contextmanager
def sound_geopackage(path: Path, layer: str | None) -> Iterator[Path]:
    """Yield a file that GDAL may read: ``path`` itself, or a whole copy where a writer left rows beside it.

    Raises
    ------
    SourceError
        The file is damaged, locked, or its tables would run code or open other files.
    """
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"
    with tempfile.TemporaryDirectory(prefix="onemap-") as folder:
        source = path
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as database:
                database.execute("PRAGMA trusted_schema = OFF")
                database.execute("PRAGMA cell_size_check = ON")
                _refuse_hostile(database, path, layer)
                _check(database, path, layer)
                if companions(path):
                    source = Path(folder, path.name)
                    with closing(sqlite3.connect(source)) as copy:
                        database.backup(copy)
                        copy.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            beside = ", ".join(file.name for file in companions(path))
            if beside:
                raise SourceError(
                    "{path}: another program has it open ({beside}); close it there and read again",
                    path=path,
                    beside=beside,
                ) from error
            raise SourceError("{path}: damaged or no GeoPackage ({error})", path=path, error=error) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise SourceError("{path}: damaged or no GeoPackage ({error})", path=path, error=error) from error
        yield source


def _refuse_hostile(database: sqlite3.Connection, path: Path, layer: str | None) -> None:
    """Refuse tables that are programs: virtual tables of unknown modules, and views without end."""
    for name, sql in database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"):
        module = re.match(r"\s*CREATE\s+VIRTUAL\s+TABLE.*?\sUSING\s+\W?(\w+)", str(sql), re.IGNORECASE | re.DOTALL)
        if module and module[1].lower() not in _HARMLESS_MODULES:
            raise SourceError(
                "{path}: the table {name} is run by {module}, which is refused",
                path=path,
                name=name,
                module=module[1],
            )
        if re.match(r"\s*CREATE\s+(TEMP\w*\s+)?VIEW", str(sql), re.IGNORECASE) and layer in (None, name):
            _refuse_endless(database, path, str(name))


def _refuse_endless(database: sqlite3.Connection, path: Path, name: str) -> None:
    """Refuse a view that does not end: counted up to a limit, and no longer than a few seconds."""
    end = time.monotonic() + _MOST_SECONDS
    database.set_progress_handler(lambda: time.monotonic() > end, _INSTRUCTIONS)
    quoted = name.replace('"', '""')
    rows = _MOST_ROWS + 1
    try:
        found = database.execute(f'SELECT count(*) FROM (SELECT 1 FROM "{quoted}" LIMIT {rows})').fetchone()[0]  # noqa: S608 - quoted
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            return  # a view that cannot be run at all harms nobody; GDAL says what is wrong with it
        found = rows
    finally:
        database.set_progress_handler(None, 0)
    if found == rows:
        raise SourceError("{path}: the view {name} has no end in sight and is refused", path=path, name=name)


def _check(database: sqlite3.Connection, path: Path, layer: str | None) -> None:
    """Check the pages: of the layer asked for, else of the whole file."""
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if layer is not None and layer in tables:
        quoted = layer.replace("'", "''")
        found = database.execute(f"PRAGMA quick_check('{quoted}')").fetchone()
    else:
        found = database.execute("PRAGMA quick_check(1)").fetchone()
    if found is None or found[0] != "ok":
        raise SourceError(
            "{path}: damaged ({found}){layer}",
            path=path,
            found=" ".join(str(found[0]).split()) if found else "",
            layer=f" in {layer}" if layer in tables else "",
        )
