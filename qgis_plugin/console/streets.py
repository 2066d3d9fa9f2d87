"""The street of a row: by its code, by its cell's parents, else by where it lies."""

from pathlib import Path

from qgis.core import QgsGeometry, QgsPointXY, QgsVectorLayer

from ..project.one_map_file import OneMapFile, columns_of, quoted, reading, tables_of
from .envelope import Box

STREET_LEVEL = "grid_street"


class Streets:
    """Codes and names of the streets of a one map, and the way from a cell up to its street."""

    def __init__(self, names: dict[str, str], parents: dict[str, str], areas: list[tuple[str, QgsGeometry]]) -> None:
        self.names = names
        self._parents = parents
        self._areas = areas

    @classmethod
    def of(cls, one_map: OneMapFile) -> "Streets":
        """Read the streets of a map; a map without streets has none."""
        levels = one_map.levels
        if STREET_LEVEL not in levels:
            return cls({}, {}, [])
        below = levels[levels.index(STREET_LEVEL) + 1 :]
        names: dict[str, str] = {}
        parents: dict[str, str] = {}
        with reading(one_map.path) as connection:
            present = tables_of(connection)
            if STREET_LEVEL in present:
                names = dict(tuple(row) for row in _codes(connection, STREET_LEVEL, "name"))
            for level in below:
                if level in present:
                    parents |= dict(tuple(row) for row in _codes(connection, level, "parent_code"))
        return cls(names, parents, _areas(one_map.path) if names else [])

    def name(self, code: str) -> str:
        """Return the name of a street, or its code where it has none."""
        return self.names.get(code) or code

    def find(self, street: str, cell: str, box: Box | None) -> str:
        """Return the code of the street in which a row lies; empty where it lies in none."""
        if street in self.names:
            return street
        code = cell
        for _ in range(4):
            if code in self.names:
                return code
            code = self._parents.get(code, "")
        if box is None:
            return ""
        place = QgsPointXY((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        return next((found for found, area in self._areas if area.contains(place)), "")


def _codes(connection, level: str, wanted: str):
    key = level.removeprefix("grid_") + "_code"
    if not {key, wanted} <= set(columns_of(connection, level)):
        return []
    sql = f"SELECT {quoted(key)}, coalesce({quoted(wanted)}, '') FROM {quoted(level)}"  # noqa: S608 # nosec B608
    return connection.execute(sql).fetchall()


def _areas(path: Path) -> list[tuple[str, QgsGeometry]]:
    options = QgsVectorLayer.LayerOptions()
    options.forceReadOnly = True
    options.loadDefaultStyle = False
    layer = QgsVectorLayer(f"{path}|layername={STREET_LEVEL}", STREET_LEVEL, "ogr", options)
    return [(str(feature["street_code"]), QgsGeometry(feature.geometry())) for feature in layer.getFeatures()]
