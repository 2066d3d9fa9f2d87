"""The tables of the GeoPackage that are no layer: catalogue with hashes, facts, styles, aliases, and the seal."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from onemap.domain.catalogue import Catalogue, LayerSpec, styles_folder

from .columns import stored_fields
from .content import GEOMETRY_TYPES, LayerContent
from .integrity import CATALOGUE, FACTS, SEAL, SEAL_VERSION, layer_hash, quoted, seal


def write_system_tables(
    draft: Path,
    contents: Sequence[LayerContent],
    catalogue: Catalogue,
    *,
    facts: Mapping[str, str],
    moment: datetime,
) -> None:
    """Add what is no layer: catalogue with hashes, facts, styles, aliases, and the seal over them."""
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    with closing(sqlite3.connect(draft)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        hashes = {item.layer_id: layer_hash(connection, item.layer_id) for item in contents if item.frame is not None}
        _fill_catalogue(connection, contents, catalogue, hashes, stamp)
        _fill_facts(connection, {**facts, "built_at": stamp, SEAL: "", SEAL_VERSION[0]: SEAL_VERSION[1]}, stamp)
        _fill_styles(connection, contents, catalogue, stamp)
        _fill_aliases(connection, contents, catalogue)
        connection.execute(
            f"UPDATE {FACTS} SET value = ? WHERE name = ?",  # noqa: S608 - a constant
            (seal(connection, hashes), SEAL),
        )
        connection.commit()
        connection.execute("PRAGMA journal_mode=DELETE")
    _forget_sqlite_version(draft)


def _attributes_table(connection: sqlite3.Connection, table: str, columns: str, stamp: str) -> None:
    connection.execute(f"CREATE TABLE {table} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {columns})")
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES (?, 'attributes', ?, '', ?)",
        (table, table, stamp.replace("Z", ".000Z")),
    )
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name='gpkg_ogr_contents'").fetchone():
        connection.execute("INSERT INTO gpkg_ogr_contents (table_name, feature_count) VALUES (?, NULL)", (table,))


_OFFICES = ("provider", "owner", "checker", "updater")
_SQL_TYPES = {
    "string": "TEXT",
    "integer": "INTEGER",
    "real": "REAL",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "DATETIME",
}


def _fill_catalogue(
    connection: sqlite3.Connection,
    contents: Sequence[LayerContent],
    catalogue: Catalogue,
    hashes: Mapping[str, str],
    stamp: str,
) -> None:
    fields = catalogue[CATALOGUE].fields
    columns = ", ".join(f"{quoted(item.name)} {_SQL_TYPES[item.type]}" for item in fields)
    _attributes_table(connection, CATALOGUE, columns, stamp)
    for content in contents:
        spec = catalogue[content.layer_id]
        row = {
            "layer_id": spec.id,
            "class_id": spec.class_id,
            "title_zh": spec.title_zh,
            "title_en": spec.title_en,
            "kind": {"Raster": "raster", "None": "table"}.get(spec.geometry, "vector"),
            "rows_out": None if content.frame is None else len(content.frame),
            **_own_offices(spec),
            "update_cycle_days": spec.update_cycle_days,
            "secrecy": spec.secrecy,
            "content_sha256": hashes.get(spec.id),
            **content.provenance,
        }
        values = [_sql_value(row.get(item.name)) for item in fields]
        names = ", ".join(quoted(item.name) for item in fields)
        marks = ", ".join("?" * len(fields))
        connection.execute(f"INSERT INTO {CATALOGUE} ({names}) VALUES ({marks})", values)  # noqa: S608 - quoted()


def _own_offices(spec: LayerSpec) -> dict[str, str]:
    """Return who answers for what onemap itself finds; of a source's data only the manifest can say that."""
    return {name: getattr(spec, name) for name in _OFFICES} if spec.class_id in ("finding", "system") else {}


def _sql_value(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return "; ".join(map(str, value))
    return str(value)


def _fill_facts(connection: sqlite3.Connection, facts: Mapping[str, str], stamp: str) -> None:
    _attributes_table(connection, FACTS, "name TEXT NOT NULL UNIQUE, value TEXT", stamp)
    connection.executemany(
        f"INSERT INTO {FACTS} (name, value) VALUES (?, ?)",  # noqa: S608 - a constant
        sorted((name, str(value)) for name, value in facts.items() if value is not None),
    )


def _fill_styles(
    connection: sqlite3.Connection, contents: Sequence[LayerContent], catalogue: Catalogue, stamp: str
) -> None:
    """Embed each layer's QML as QGIS does, so that a layer is styled wherever it is added."""
    columns = (
        "f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, "
        "styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT, "
        "update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))"
    )
    connection.execute(f"CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {columns})")
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (stamp.replace("Z", ".000Z"),),
    )
    for content in contents:
        spec = catalogue[content.layer_id]
        style = styles_folder() / f"{spec.style}.qml"
        if content.frame is None or not spec.style or not style.is_file():
            continue
        geometry = "geometry" if spec.geometry in GEOMETRY_TYPES else None
        connection.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) "
            "VALUES ('', '', ?, ?, ?, ?, '', 1, '', '', NULL, ?)",
            (spec.id, geometry, spec.id, style.read_text(encoding="utf-8"), stamp.replace("Z", ".000Z")),
        )


def _fill_aliases(connection: sqlite3.Connection, contents: Sequence[LayerContent], catalogue: Catalogue) -> None:
    """Write the Chinese titles of fields as the schema extension has it; GDAL and QGIS show them as aliases."""
    connection.execute(
        "CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, "
        "description TEXT, mime_type TEXT, constraint_name TEXT, "
        "CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), "
        "CONSTRAINT gdc_tn UNIQUE (table_name, name))"
    )
    connection.execute(
        "CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, "
        "value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, "
        "description TEXT, CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"
    )
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name='gpkg_extensions'").fetchone():
        connection.execute(
            "CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, "
            "definition TEXT NOT NULL, scope TEXT NOT NULL, "
            "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
        )
    connection.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', "
        "'http://www.geopackage.org/spec121/#extension_schema', 'read-write')",
        [("gpkg_data_columns",), ("gpkg_data_column_constraints",)],
    )
    for content in contents:
        spec = catalogue[content.layer_id]
        if content.frame is None:
            continue
        connection.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title) VALUES (?, ?, ?, ?)",
            [(spec.id, item.name, item.title_zh, item.title_en) for item in _distinct_titles(content.frame, spec)],
        )


def _distinct_titles(frame: pd.DataFrame, spec: LayerSpec) -> list[Any]:
    """Return the fields whose Chinese title is their own: the extension wants it unique within a table."""
    seen: set[str] = set()
    kept = []
    for item in stored_fields(frame, spec):
        if item.title_zh not in seen:
            kept.append(item)
            seen.add(item.title_zh)
    return kept


def _forget_sqlite_version(draft: Path) -> None:
    """Blank the writer's SQLite version in the file header: the same map must be the same bytes everywhere.

    Bytes 96-99 are for information only (SQLite file format, 1.3.15).
    """
    with draft.open("r+b") as file:
        file.seek(96)
        file.write(b"\0\0\0\0")
