"""What a one map holds, read from its GeoPackage without writing a byte beside it. Standard library only."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..onemap.domain.map_version import map_version

FACTS = "SELECT name, value FROM onemap_district"
CATALOGUE = "SELECT * FROM onemap_layer ORDER BY fid"


class NotAOneMap(Exception):  # noqa: N818 - reads as what it says
    """The file is missing, or is not a map that the library published."""


@dataclass(frozen=True)
class MapLayer:
    """One row of the map's own catalogue."""

    layer_id: str
    class_id: str
    title_zh: str
    title_en: str
    kind: str  # "vector" "table" "raster"
    rows: int | None
    path: str  # of a raster, relative to the map
    source: str
    as_of: str
    secrecy: str
    owner: str = ""
    content_sha256: str = ""


@dataclass(frozen=True)
class OneMapFile:
    """A published map: its layers in the order in which they are stored, and the facts of its district."""

    path: Path
    layers: tuple[MapLayer, ...]
    facts: dict[str, str]

    @property
    def levels(self) -> list[str]:
        """Grid levels, coarse to fine."""
        return [str(level) for level in json.loads(self.facts.get("levels") or "[]")]

    @property
    def version(self) -> str:
        """The version of the map, as reports and the printed atlas tell it."""
        return map_version({layer.layer_id: layer.content_sha256 for layer in self.layers})

    def title_of(self, layer: MapLayer, language: str) -> str:
        """Return the title of a layer; a grid level has the title that the district gives it (ward, street ...)."""
        own = json.loads(self.facts.get("level_titles") or "{}").get(layer.layer_id, {})
        return str(own.get(language) or (layer.title_zh if language == "zh" else layer.title_en))

    def layer(self, layer_id: str) -> MapLayer | None:
        """Return the layer of that id, or None where the map has none."""
        return next((layer for layer in self.layers if layer.layer_id == layer_id), None)

    def title(self, language: str) -> str:
        """Return the district's name."""
        zh, en = self.facts.get("name", ""), self.facts.get("name_en", "")
        return (zh or en) if language == "zh" else (en or zh)


def quoted(name: str) -> str:
    """Return an SQL identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage for reading only, leaving no -wal and no -shm beside it.

    A map is replaced as a whole and never written in place, so it may be opened as immutable; only while an
    editor's log lies beside it must SQLite look at that too.
    """
    has_log = path.with_name(path.name + "-wal").exists()
    mode = "mode=ro" if has_log else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, timeout=5.0)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA query_only=ON")
        yield connection


def tables_of(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the tables with rows for users: name, and its geometry column (empty where it has none)."""
    found = connection.execute(
        "SELECT c.table_name, coalesce(g.column_name, '') FROM gpkg_contents c "
        "LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name"
    )
    return {row[0]: row[1] for row in found}


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns of a table."""
    return [row[1] for row in connection.execute(f"PRAGMA table_info({quoted(table)})")]


def open_one_map(path: str | Path) -> OneMapFile:
    """Read the catalogue and the facts of a one map.

    Raises
    ------
    NotAOneMap
        No such file, or not a map that the library published.
    """
    file = Path(path).absolute()
    if not file.is_file():
        raise NotAOneMap(str(file))
    try:
        with reading(file) as connection:
            facts = dict(tuple(row) for row in connection.execute(FACTS))
            rows = connection.execute(CATALOGUE).fetchall()
    except sqlite3.Error as error:
        raise NotAOneMap(f"{file} ({error})") from error
    return OneMapFile(file, tuple(_layer(dict(row)) for row in rows), facts)


def _layer(row: dict) -> MapLayer:
    def text(name: str) -> str:
        return str(row.get(name) or "")

    return MapLayer(
        layer_id=text("layer_id"),
        class_id=text("class_id"),
        title_zh=text("title_zh"),
        title_en=text("title_en"),
        kind=text("kind"),
        rows=row.get("rows_out"),
        path=text("path"),
        source=text("source"),
        as_of=text("as_of"),
        secrecy=text("secrecy"),
        owner=text("owner"),
        content_sha256=text("content_sha256"),
    )
