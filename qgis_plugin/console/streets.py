"""The street of a row: by its code, by its cell's parents, else by where it lies; of land and lines by most of it."""

from collections.abc import Sequence
from functools import cached_property
from math import dist
from pathlib import Path

from qgis.core import QgsGeometry, QgsPoint, QgsVectorLayer, QgsWkbTypes

from ..project.one_map_file import OneMapFile, columns_of, quoted, reading, tables_of
from .envelope import Box, shape_of
from .tiles import Tiles, paths_of

STREET_LEVEL = "grid_street"
LONG_LINE = 2_000  # bytes: more vertices than that are not overlaid but followed in so many pieces
PIECES = 96
MANY_CORNERS = 1_000  # of land; it is cut down to the bounds of a street before it is laid over it
LEAST, LEAST_SHARE = 1.0, 0.0001  # of a finding, in m² or m: what lies less than so in a street is a sliver


class Area:
    """The land of a street, made ready to be asked for a hundred thousand spots: first its bounds, then itself."""

    def __init__(self, code: str, land: QgsGeometry) -> None:
        self.code = code
        self._land = QgsGeometry(land)  # the engine looks into it
        box = self._land.boundingBox()
        self._rectangle = box
        self.box = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
        self._engine = QgsGeometry.createGeometryEngine(self._land.constGet())
        self._engine.prepareGeometry()

    def may_hold(self, x: float, y: float) -> bool:
        """Return whether a spot lies within the bounds."""
        west, south, east, north = self.box
        return west <= x <= east and south <= y <= north

    def holds(self, spot: QgsPoint) -> bool:
        """Return whether a spot lies inside; on the border is not inside."""
        return self._engine.contains(spot)

    def holds_whole(self, shape: QgsGeometry) -> bool:
        """Return whether nothing of a shape lies outside."""
        return self._rectangle.contains(shape.boundingBox()) and self._engine.contains(shape.constGet())

    def holds_of(self, shape: QgsGeometry) -> float:
        """Return how much of a shape lies inside: area of land, length of a line."""
        if not self._engine.intersects(shape.constGet()):
            return 0.0
        near = shape.clipped(self._rectangle) if shape.constGet().nCoordinates() > MANY_CORNERS else shape
        return _size(self._land.clipped(near.boundingBox().buffered(1.0)).intersection(near))

    def holds_along(self, pieces: list[tuple[float, float, float]]) -> float:
        """Return how much of a long line lies inside; of its pieces, length and a spot are given."""
        return sum(length for length, x, y in pieces if self._engine.intersects(QgsPoint(x, y)))

    def raster_parts(self) -> tuple:
        """Return what `Tiles` ask of it."""
        return self.box, self._land.asWkb().data(), lambda x, y: self.holds(QgsPoint(x, y))


class Streets:
    """Codes and names of the streets of a one map, and the way from a cell up to its street."""

    def __init__(self, names: dict[str, str], parents: dict[str, str], areas: list[tuple[str, QgsGeometry]]) -> None:
        self.names = names
        self._parents = parents
        self._areas = [Area(code, land) for code, land in areas if not land.isEmpty()]

    @cached_property
    def _tiles(self) -> Tiles | None:
        return Tiles([area.raster_parts() for area in self._areas]) if self._areas else None

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

    def told(self, codes: Sequence[str]) -> str:
        """Return the street that has most of a finding, and into how many more it reaches."""
        first = self.name(codes[0]) if codes else ""
        return f"{first} +{len(codes) - 1}" if len(codes) > 1 else first  # short: a narrow column shows it

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

    def of_finding(self, cells: Sequence[str], box: Box | None, blob: bytes | None) -> tuple[str, ...]:
        """Return the codes of the streets in which a finding lies, the one that has most of it first.

        A point lies in the street of its cell; what lies in no street, in that of the first cell it concerns.
        """
        if box is not None and self._tiles is not None and (box[0], box[1]) != (box[2], box[3]):
            near = self._tiles.of(box)
            if len(near) == 1:
                return (self._areas[near[0]].code,)
            if near and (found := self._shares([self._areas[number] for number in near], blob, cells)):
                return found
        found = self.find("", cells[0] if cells else "", box)
        return (found,) if found else ()

    def _shares(self, near: list[Area], blob: bytes | None, cells: Sequence[str]) -> tuple[str, ...]:
        """Return the streets among these that hold more of a finding than a sliver; one holds it, however small.

        Of two that hold as much, as along their border, the one of the first cell comes first.
        """
        shape = QgsGeometry()
        shape.fromWkb(shape_of(blob))
        if shape.isEmpty():
            return ()
        if shape.type() == QgsWkbTypes.GeometryType.LineGeometry and len(blob or b"") > LONG_LINE:
            pieces = _pieces(shape_of(blob))
            held = [(area.holds_along(pieces), area.code) for area in near]
        else:
            for area in near:
                if area.holds_whole(shape):
                    return (area.code,)
            held = [(area.holds_of(shape), area.code) for area in near]
        own = self.find("", cells[0] if cells else "", None)
        held.sort(key=lambda part: (-part[0], part[1] != own))
        least = max(LEAST, LEAST_SHARE * _size(shape))
        told = (code for place, (size, code) in enumerate(held) if size >= least or (size > 0 and not place))
        return tuple(dict.fromkeys(told))


def _size(shape: QgsGeometry) -> float:
    """Return the area of land, the length of a line; nothing of what is empty."""
    return max(0.0, shape.area() or shape.length())


def _pieces(wkb: bytes) -> list[tuple[float, float, float]]:
    """Return length and a spot of some pieces of a line, together as long as it.

    The spot is a corner: a line that runs along a border meets it in its corners, between them only nearly.
    """
    paths = list(paths_of(wkb))
    step = max(1, sum(map(len, paths)) // PIECES)
    found, length, since = [], 0.0, 0
    for path in paths:
        for first in range(0, len(path) - 1, step):
            last = min(first + step, len(path) - 1)
            length += sum(map(dist, path[first:last], path[first + 1 : last + 1]))
            since += last - first
            if since >= step:
                found.append((length, *path[(first + last) // 2]))
                length, since = 0.0, 0
    return [*found, (length, *paths[-1][-1])] if length else found


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
