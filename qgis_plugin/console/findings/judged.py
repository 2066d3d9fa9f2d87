"""What people decided about findings, found again by the place: ids of findings change with every build."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from qgis.core import QgsGeometry, QgsPointXY

from ...onemap.domain.journal import Entry, FindingSpot
from ...onemap.domain.judged import NEAR_M, as_one
from ..envelope import Box, shape_of


@dataclass(frozen=True)
class Judged:
    """Decisions by what they are about; `find` tells which one holds for a finding."""

    spots: dict[str, list[tuple[float, float, Entry]]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Judged":
        """Take the entries that stand; those whose subject names no spot are passed over."""
        spots = defaultdict(list)
        for entry in entries:
            spot = FindingSpot.read(entry.subject)
            if spot is not None:
                spots[as_one(f"{spot.kind}|{spot.about}")].append((spot.x, spot.y, entry))
        return cls(dict(spots))

    def find(self, about: str, box: Box | None, blob: bytes | None) -> Entry | None:
        """Return the latest decision about a finding: kind and what it is about, its bounds and its geometry."""
        known = self.spots.get(as_one(about))
        if not known or box is None:
            return None
        west, south, east, north = box
        near = [
            (x, y, entry)
            for x, y, entry in known
            if west - NEAR_M <= x <= east + NEAR_M and south - NEAR_M <= y <= north + NEAR_M
        ]
        if not near:
            return None
        shape = QgsGeometry()
        shape.fromWkb(shape_of(blob))
        held = [e for x, y, e in near if shape.distance(QgsGeometry.fromPointXY(QgsPointXY(x, y))) <= NEAR_M]
        return max(held, key=lambda entry: entry.number, default=None)

    def stands(self, number: int) -> bool:
        """Return whether an entry still counts."""
        return any(entry.number == number for known in self.spots.values() for _, _, entry in known)
