"""The file beside a map that keeps live cases: a GeoPackage of its own, with a spatial index. Standard library only."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ..console.card.photo import PHOTO
from ..console.envelope import box_of
from ..console.rows import LIVE, file_of

GEOMETRY, UNREAD, MARKS = "geometry", "live_unread", "live_mark"
TEXTS = (
    "case_code", "matter_code", "matter_name", "reported_at", "state", "settled_at", "due_at", "address",
    "in_charge_code", "in_charge_name", "description", "source", PHOTO,
)  # fmt: skip
FOUND = (
    "street_code", "community_code", "cell_code", "how", "distance_m", "candidates", "near_border", "reason",
    "reason_zh",
)  # fmt: skip
_TYPES = {"distance_m": "REAL", "near_border": "BOOLEAN"} | dict.fromkeys(
    ("reported_at", "settled_at", "due_at"), "DATETIME"
)
_WAIT_S = 10.0
_APPLICATION, _VERSION = 0x47504B47, 10300  # "GPKG", 1.3

# OGC GeoPackage 1.3: C.1 to C.4, C.8 and annex F.3 (spatial index); one statement a paragraph
_SCHEMA = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)

INSERT INTO gpkg_spatial_ref_sys
  SELECT srs_name, srs_id, organization, organization_coordsys_id, definition, description
  FROM map.gpkg_spatial_ref_sys

CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))

CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id))

CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))

CREATE TABLE live_case (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geometry POINT, $fields, given_x REAL, given_y REAL, given_crs TEXT,
  live_source TEXT, live_row TEXT, arrived_at DATETIME, in_map BOOLEAN NOT NULL DEFAULT 0,
  CONSTRAINT once UNIQUE (case_code))

CREATE TABLE live_unread (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, source TEXT NOT NULL, place TEXT NOT NULL, row TEXT NOT NULL,
  kind TEXT NOT NULL, found TEXT NOT NULL, reason TEXT, reason_zh TEXT, removed BOOLEAN, noted_at DATETIME,
  CONSTRAINT noted_once UNIQUE (source, place, row, kind, found))

CREATE TABLE live_mark (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, source TEXT NOT NULL, place TEXT NOT NULL, mark TEXT NOT NULL,
  CONSTRAINT marked_once UNIQUE (source, place))

INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)
  SELECT 'live_case', 'features', 'live_case', srs_id FROM map.gpkg_geometry_columns
  ORDER BY table_name = 'case' DESC LIMIT 1

INSERT INTO gpkg_contents (table_name, data_type, identifier)
  VALUES ('live_unread', 'attributes', 'live_unread'), ('live_mark', 'attributes', 'live_mark')

INSERT INTO gpkg_geometry_columns
  SELECT 'live_case', 'geometry', 'POINT', srs_id, 0, 0 FROM gpkg_contents WHERE table_name = 'live_case'

INSERT INTO gpkg_extensions VALUES ('live_case', 'geometry', 'gpkg_rtree_index',
  'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')

CREATE VIRTUAL TABLE rtree_live_case_geometry USING rtree(id, minx, maxx, miny, maxy)

CREATE TRIGGER rtree_live_case_geometry_insert AFTER INSERT ON live_case
  WHEN (NEW.geometry NOT NULL AND NOT ST_IsEmpty(NEW.geometry)) BEGIN $put; END

CREATE TRIGGER rtree_live_case_geometry_update1 AFTER UPDATE OF geometry ON live_case
  WHEN OLD.fid = NEW.fid AND (NEW.geometry NOTNULL AND NOT ST_IsEmpty(NEW.geometry)) BEGIN $put; END

CREATE TRIGGER rtree_live_case_geometry_update2 AFTER UPDATE OF geometry ON live_case
  WHEN OLD.fid = NEW.fid AND (NEW.geometry ISNULL OR ST_IsEmpty(NEW.geometry)) BEGIN $drop OLD.fid; END

CREATE TRIGGER rtree_live_case_geometry_update3 AFTER UPDATE ON live_case
  WHEN OLD.fid != NEW.fid AND (NEW.geometry NOTNULL AND NOT ST_IsEmpty(NEW.geometry)) BEGIN $drop OLD.fid; $put; END

CREATE TRIGGER rtree_live_case_geometry_update4 AFTER UPDATE ON live_case
  WHEN OLD.fid != NEW.fid AND (NEW.geometry ISNULL OR ST_IsEmpty(NEW.geometry))
  BEGIN $drop OLD.fid; $drop NEW.fid; END

CREATE TRIGGER rtree_live_case_geometry_delete AFTER DELETE ON live_case
  WHEN OLD.geometry NOT NULL BEGIN $drop OLD.fid; END
"""
_PUT = (
    "INSERT OR REPLACE INTO rtree_live_case_geometry VALUES (NEW.fid, ST_MinX(NEW.geometry), ST_MaxX(NEW.geometry), "
    "ST_MinY(NEW.geometry), ST_MaxY(NEW.geometry))"
)
_DROP = "DELETE FROM rtree_live_case_geometry WHERE id ="


def live_file_of(one_map: Path) -> Path:
    """Return the file beside a map that keeps its live cases."""
    return file_of(one_map, LIVE)


def create(path: Path, one_map: Path) -> None:
    """Make the file beside a map, in its coordinate system, whole or not at all; one that is there stays.

    One that an older plugin made gets the columns that it lacks.
    """
    if path.exists():
        with closing(opened(path)) as connection:
            there = {row[1] for row in connection.execute(f"PRAGMA table_info({LIVE})")}
            for name in [name for name in TEXTS if name not in there]:
                connection.execute(f"ALTER TABLE {LIVE} ADD COLUMN {name} TEXT")
        return
    fields = ", ".join(f"{name} {_TYPES.get(name, 'TEXT')}" for name in (*TEXTS, *FOUND))
    schema = _SCHEMA.replace("$fields", fields).replace("$put", _PUT).replace("$drop", _DROP)
    made = path.with_name(f"{path.name}.{os.getpid()}.part")
    made.unlink(missing_ok=True)
    with closing(sqlite3.connect(made, isolation_level=None, uri=True)) as connection:
        connection.execute(f"PRAGMA application_id={_APPLICATION}")
        connection.execute(f"PRAGMA user_version={_VERSION}")
        connection.execute("ATTACH ? AS map", (f"file:{quote(str(one_map))}?mode=ro&immutable=1",))
        connection.execute("BEGIN")
        for statement in schema.strip().split("\n\n"):
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("DETACH map")
        connection.execute("PRAGMA journal_mode=WAL")
    made.replace(path)


def opened(path: Path) -> sqlite3.Connection:
    """Open the file for writing, with the functions that the spatial index asks for."""
    connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")  # in WAL mode the file is whole after any crash
    for name, corner in (("ST_MinX", 0), ("ST_MinY", 1), ("ST_MaxX", 2), ("ST_MaxY", 3)):
        connection.create_function(name, 1, lambda blob, corner=corner: _corner(blob, corner))
    connection.create_function("ST_IsEmpty", 1, lambda blob: box_of(blob) is None)
    return connection


def match_map(path: Path, one_map: Path) -> frozenset[str]:
    """Mark which kept cases the map itself now has, and return the numbers of the map's cases."""
    with closing(sqlite3.connect(f"file:{quote(str(one_map))}?mode=ro&immutable=1", uri=True)) as connection:
        has_cases = connection.execute("SELECT 1 FROM gpkg_contents WHERE table_name = 'case'").fetchone()
        rows = connection.execute('SELECT case_code FROM "case"').fetchall() if has_cases else []
    codes = frozenset(str(row[0]) for row in rows)
    with closing(opened(path)) as connection:
        connection.create_function("is_in_map", 1, lambda code: code in codes)
        connection.execute(
            f"UPDATE {LIVE} SET in_map = is_in_map(case_code) WHERE in_map <> is_in_map(case_code)"  # noqa: S608 # nosec B608
        )
    return codes


def _corner(blob: bytes | None, corner: int) -> float | None:
    box = box_of(blob)
    return None if box is None else box[corner]
