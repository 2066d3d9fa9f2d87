"""The one map in QGIS's search field: areas, codes explained digit by digit, addresses, holders, cases, positions."""

import json
import sqlite3
from collections.abc import Callable

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsFeedback,
    QgsLocatorContext,
    QgsLocatorFilter,
    QgsLocatorResult,
    QgsPointXY,
    QgsProject,
)

from ...project.one_map_file import NotAOneMap, OneMapFile
from ...translation import tr
from .coordinates import Position, parse
from .finding import Hit, find

PREFIX = "omap"  # QGIS keeps shorter ones for itself


class OneMapFilter(QgsLocatorFilter):
    """Searches the map that is shown; each thing chosen is shown on the map.

    Parameters
    ----------
    shown
        Returns the map that is shown, or None.
    go
        Called with the hit or the position that was chosen.
    """

    def __init__(self, shown: Callable[[], OneMapFile | None], go: Callable[[Hit | Position], None]) -> None:
        super().__init__()
        self._shown, self._go = shown, go
        self._ways = QgsCoordinateTransformContext()

    def clone(self) -> "OneMapFilter":
        """Return a filter for a search in another thread."""
        return OneMapFilter(self._shown, self._go)

    def name(self) -> str:
        return "onemap"

    def displayName(self) -> str:
        return tr("One map: area, code, address, holder, case, position")

    def prefix(self) -> str:
        return PREFIX

    def priority(self) -> QgsLocatorFilter.Priority:
        return QgsLocatorFilter.Priority.Highest

    def prepare(self, _text: str, _context: QgsLocatorContext) -> list[str]:
        """Take from the project how it goes between systems; QGIS calls this in the main thread, before a search."""
        self._ways = QgsProject.instance().transformContext()
        return []

    def fetchResults(self, text: str, context: QgsLocatorContext, feedback: QgsFeedback) -> None:
        """Search; QGIS calls this in a thread of its own and throws away what came too late."""
        one_map = self._shown()
        if one_map is None:
            return
        own = own_middle(one_map)
        position = parse(text, middle=middle_of(own, self._ways), own=own)
        if position is not None:
            self.resultFetched.emit(_position_result(self, position))
        groups: dict[str, float] = {}  # QGIS would show them by the alphabet
        try:
            for score, hit in enumerate(find(one_map, text)):
                if feedback.isCanceled():
                    return
                groups.setdefault(hit.group, 1.0 / (2 + len(groups)))
                self.resultFetched.emit(_hit_result(self, hit, score, groups[hit.group]))
        except (NotAOneMap, OSError, sqlite3.Error):
            return  # the map is being replaced; the next key asks again

    def triggerResult(self, result: QgsLocatorResult) -> None:
        """Show what was chosen."""
        chosen = result.userData  # a method before QGIS 3.36, a property since
        self._go(chosen() if callable(chosen) else chosen)


def own_middle(one_map: OneMapFile) -> Position | None:
    """Return the middle of a map in its own system; None where it does not tell its bounds."""
    try:
        west, south, east, north = json.loads(one_map.facts.get("bounds", ""))
        return Position((west + east) / 2, (south + north) / 2, one_map.facts.get("crs", ""))
    except (ValueError, TypeError):
        return None


def middle_of(middle: Position | None, ways: QgsCoordinateTransformContext) -> tuple[float, float] | None:
    """Return longitude and latitude of the middle of a map; None where there is none or no way to them.

    ``ways`` are the project's between systems: QGIS warns of a way that it would like better and cannot go.
    """
    if middle is None:
        return None
    own, degrees = (QgsCoordinateReferenceSystem(name) for name in (middle.crs, "EPSG:4326"))
    way = QgsCoordinateTransform(own, degrees, ways)
    way.setBallparkTransformsAreAppropriate(True)  # a hint is all that is wanted, and no word about missing grids
    way.disableFallbackOperationHandler(True)
    try:
        spot = way.transform(QgsPointXY(middle.x, middle.y)) if way.isValid() else None
    except QgsCsException:
        return None
    return None if spot is None else (spot.x(), spot.y())


def _hit_result(owner: OneMapFilter, hit: Hit, score: int, group: float) -> QgsLocatorResult:
    made = QgsLocatorResult(owner, hit.title, hit)
    made.description = hit.detail
    made.group = hit.group
    made.groupScore = group
    made.score = 1.0 / (2 + score)
    return made


def _position_result(owner: OneMapFilter, position: Position) -> QgsLocatorResult:
    made = QgsLocatorResult(owner, f"{position.x:.10g}, {position.y:.10g}", position)
    made.description = position.crs or tr("in the map's own system")
    made.group = tr("Position")
    made.groupScore = 1.0
    made.score = 1.0
    return made
