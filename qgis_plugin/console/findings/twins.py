"""Land that nobody covers and the gap between cells: two tables of the map may tell of the same place; it counts once.

What is known of the land alone, as its residents, is said of the gap.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from ...project.one_map_file import columns_of, tables_of
from ..envelope import Box, box_of

GAPS, LANDS = "defect", "coverage_gap"
Twin = tuple[str, str, float, Box | None]
People = Mapping[tuple[str, str, float], int]
_SAME = ("layer_id", "agency", "area_m2")
_CENTIMETRE = 2


def twin_of(row: Mapping[str, Any], geometry: bytes | None) -> Twin:
    """Return by what a gap and the land that nobody covers there are known as one: layer, agency, area and place."""
    box = box_of(geometry)
    place = (*(round(value, _CENTIMETRE) for value in box),) if box is not None else None
    return str(row.get("layer_id") or ""), str(row.get("agency") or ""), round(row.get("area_m2") or 0.0, 3), place


class Twins:
    """Remembers the gaps of a list while it is read, and tells which lands are among them."""

    def __init__(self) -> None:
        self._gaps: set[Twin] = set()

    def of_batch(self, table: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows of a batch that are not listed already."""
        if table == GAPS:
            self._gaps.update(twin_of(row, row["geometry"]) for row in rows if row.get("kind") == "gap")
        if table != LANDS or not self._gaps:
            return rows
        return [row for row in rows if twin_of(row, row["geometry"]) not in self._gaps]


def people_in_gaps(connection: sqlite3.Connection) -> dict[tuple[str, str, float], int]:
    """Return the residents of each gap by its layer, its agency and its area: the map counts them in a table beside."""
    if LANDS not in tables_of(connection) or not {*_SAME, "residents"} <= set(columns_of(connection, LANDS)):
        return {}
    rows = connection.execute("SELECT layer_id, coalesce(agency, ''), area_m2, residents FROM coverage_gap")
    return {(layer, agency, area): people for layer, agency, area, people in rows if people is not None}


def with_people(row: dict[str, Any], people: People) -> dict[str, Any]:
    """Return a row of the grids' defects with the residents of the gap that it is."""
    found = people.get((row.get("layer_id", ""), row.get("agency") or "", row.get("area_m2")))
    return row if found is None or row.get("kind") != "gap" else {**row, "residents": found}


def land_of(connection: sqlite3.Connection, gap: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the map tells of the land of a gap beside the gap's own columns."""
    tables = tables_of(connection)
    if gap.get("kind") != "gap" or LANDS not in tables or not set(_SAME) <= set(columns_of(connection, LANDS)):
        return {}
    sql = "SELECT * FROM coverage_gap WHERE layer_id = ? AND coalesce(agency, '') = ? AND area_m2 = ?"
    wanted, shape = twin_of(gap, gap.get(tables[GAPS])), tables[LANDS]
    for row in map(dict, connection.execute(sql, (gap["layer_id"], gap.get("agency") or "", gap["area_m2"]))):
        if twin_of(row, row.get(shape)) == wanted:
            return {name: value for name, value in row.items() if name not in gap and name != shape}
    return {}
