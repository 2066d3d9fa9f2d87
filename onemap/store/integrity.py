"""Is the file whole, and does each layer still hold what was published? Standard library only.

SQLite alone does not notice a changed byte inside a value, so every layer's rows are hashed when the map is
published and hashed again when it is opened.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

CATALOGUE = "onemap_layer"
FACTS = "onemap_district"
SEAL = "seal_sha256"
SEAL_VERSION = ("seal_version", "1")
"""Fact that tells how a map was sealed; another way of hashing is another version, not damage."""
_CHUNK = 2_000


def quoted(name: str) -> str:
    """Return an SQL identifier, quoted: the only way in which names reach SQL here."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage for reading, trusting nothing that its schema holds."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5.0)) as connection:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        connection.execute("PRAGMA query_only=ON")
        yield connection


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT CAST(name AS TEXT) FROM sqlite_master WHERE type='table' ORDER BY 1")
    return [row[0] for row in rows]


def _hash_rows(connection: sqlite3.Connection, table: str, into: "hashlib._Hash") -> None:
    # NOT INDEXED: an index holds copies of its columns, and SQLite would read those instead of the rows
    cursor = connection.execute(f"SELECT * FROM {quoted(table)} NOT INDEXED ORDER BY rowid")  # noqa: S608 - quoted()
    into.update(repr([column[0] for column in cursor.description]).encode())
    while rows := cursor.fetchmany(_CHUNK):
        into.update(repr(rows).encode())


def layer_hash(connection: sqlite3.Connection, layer_id: str) -> str:
    """Return the SHA-256 of all rows of a layer, its spatial index included."""
    digest = hashlib.sha256()
    _hash_rows(connection, layer_id, digest)
    present = _tables(connection)
    for part in ("node", "parent", "rowid"):
        index = f"rtree_{layer_id}_geometry_{part}"
        if index in present:
            _hash_rows(connection, index, digest)
    return digest.hexdigest()


def seal(connection: sqlite3.Connection, layer_ids: Iterable[str]) -> str:
    """Return the SHA-256 of all that is no layer: schema, catalogue, facts, reference systems, styles, aliases."""
    layers = set(layer_ids)
    digest = hashlib.sha256()
    digest.update(repr(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()).encode())
    for table in _tables(connection):
        if table in layers or table == FACTS or table.startswith("rtree_"):
            continue
        _hash_rows(connection, table, digest)
    facts = connection.execute(
        f"SELECT * FROM {FACTS} NOT INDEXED WHERE name <> ? ORDER BY rowid",  # noqa: S608 - a constant
        (SEAL,),
    )
    digest.update(repr(facts.fetchall()).encode())
    return digest.hexdigest()


def damage(path: Path) -> list[tuple[str, str]]:
    """Return what is wrong with a published map: pairs of layer (or ``""`` for the file) and finding.

    An empty list means: SQLite finds the file whole, and every layer holds what was published.
    """
    while True:
        before = path.stat()
        found = _damage(path, before.st_size)
        after = path.stat()
        if (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns):
            return found  # else a new map was published meanwhile: look at that one


def _damage(path: Path, size: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    try:
        with read_only(path) as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            if size != pages * connection.execute("PRAGMA page_size").fetchone()[0]:
                found.append(("", "the file is cut short"))
            check = connection.execute("PRAGMA integrity_check").fetchone()[0]  # quick_check trusts the indexes
            if check != "ok":
                found.append(("", check.replace("\n", " ")))
            published = connection.execute(
                f"SELECT layer_id, content_sha256, kind, path FROM {CATALOGUE} "  # noqa: S608 - a constant
                "WHERE content_sha256 IS NOT NULL"
            ).fetchall()
            if not all(isinstance(value, str) for row in published for value in row[:3]):
                return [*found, (CATALOGUE, "the catalogue or the schema is not what was published")]
            hashes = {layer_id: expected for layer_id, expected, kind, _ in published if kind != "raster"}
            rasters = {
                layer_id: (expected, str(beside)) for layer_id, expected, kind, beside in published if kind == "raster"
            }
            sealed = connection.execute(
                f"SELECT value FROM {FACTS} WHERE name = ?",  # noqa: S608 - a constant
                (SEAL,),
            ).fetchone()
            if sealed is None or sealed[0] != seal(connection, hashes):
                found.append((CATALOGUE, "the catalogue or the schema is not what was published"))
            found.extend(_changed_layers(connection, hashes))
            found.extend(_changed_rasters(path.parent, rasters))
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        found.append(("", str(error)))
    return found


def _changed_layers(connection: sqlite3.Connection, hashes: dict[str, str]) -> list[tuple[str, str]]:
    """Return the layers whose rows are not those that were published; the others remain readable."""
    found = []
    for layer_id, expected in sorted(hashes.items()):
        try:
            if layer_hash(connection, layer_id) != expected:
                found.append((layer_id, "its content is not what was published"))
        except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
            found.append((layer_id, str(error)))
    return found


def _changed_rasters(folder: Path, rasters: dict[str, tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the rasters whose file beside the map is not the one that was published with it."""
    found = []
    for layer_id, (expected, beside) in sorted(rasters.items()):
        try:
            with (folder / beside).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                    found.append((layer_id, "its content is not what was published"))
        except OSError:
            found.append((layer_id, f"its file {beside} is not there"))
    return found
