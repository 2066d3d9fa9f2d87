"""The street of a row: by its code, by its cell's parents, else by where it lies."""

from pathlib import Path

from qgis.core import QgsGeometry, QgsPoint, QgsVectorLayer

from ..project.one_map_file import OneMapFile, columns_of, quoted, reading, tables_of
from .envelope import Box

STREET_LEVEL = "grid_street"


class Area:
    """The land of a street, made ready to be asked for a hundred thousand spots: first its bounds, then itself."""

    def __init__(self, code: str, land: QgsGeometry) -> None:
        self.code = code
        self._land = QgsGeometry(land)  # the engine looks into it
        box = self._land.boundingBox()
        self._box = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
        self._engine = QgsGeometry.createGeometryEngine(self._land.constGet())
        self._engine.prepareGeometry()

    def may_hold(self, x: float, y: float) -> bool:
        """Return whether a spot lies within the bounds."""
        west, south, east, north = self._box
        return west <= x <= east and south <= y <= north

    def holds(self, spot: QgsPoint) -> bool:
        """Return whether a spot lies inside; on the border is not inside."""
        return self._engine.contains(spot)


class Streets:
    """Codes and names of the streets of a one map, and the way from a cell up to its street."""

    def __init__(self, names: dict[str, str], parents: dict[str, str], areas: list[tuple[str, QgsGeometry]]) -> None:
        self.names = names
        self._parents = parents
        self._areas = [Area(code, land) for code, land in areas if not land.isEmpty()]

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
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        near = [area for area in self._areas if area.may_hold(x, y)]
        if not near:
            return ""
        spot = QgsPoint(x, y)
        return next((area.code for area in near if area.holds(spot)), "")


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
