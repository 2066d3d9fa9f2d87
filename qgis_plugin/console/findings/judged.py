"""What people decided about findings, found again by the place: ids of findings change with every build."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from qgis.core import QgsGeometry, QgsPointXY

from ...onemap.domain.journal import Entry, FindingSpot
from ..envelope import Box, shape_of

NEAR_M = 0.011  # a spot is written to the centimetre


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


def as_one(about: str) -> str:
    """Return what a finding is about; a gap and the land that nobody covers there are one: both are decided at once."""
    kind, _, rest = about.partition("|")
    return f"gap|{rest}" if kind == "land" else about


def expired(entry: Entry, today: str) -> bool:
    """Return whether the last day of an allowed gap is past."""
    return bool(entry.value) and entry.value < today
