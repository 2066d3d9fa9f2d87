"""What is shown: a small value that says which rows pass. It asks whole lists at once: 100,000 rows are no pause."""

from dataclasses import dataclass

from ..envelope import Box, meets
from ..rows import Row


@dataclass(frozen=True)
class Filter:
    """Which rows pass. An empty text lets all pass; `view` is the map's extent when only it is asked for.

    ``since`` and ``until`` are moments in UTC as they are stored, ``ours`` is the name of whose cases are wanted.
    """

    kind: str = ""
    chip: str = ""
    group: str = ""
    state: str = ""
    street: str = ""
    holder: str = ""
    ours: str = ""
    since: str = ""
    until: str = ""
    text: str = ""
    view: Box | None = None

    def of(self, rows: list[Row]) -> list[Row]:
        """Return the rows that pass, in their order; one condition after the other, each over what is left."""
        found = rows
        for part in ("kind", "chip", "group", "state", "holder"):
            wanted = getattr(self, part)
            if wanted:
                found = [row for row in found if getattr(row, part) == wanted]
        if self.street:
            found = [row for row in found if row.street == self.street or self.street in row.further]
        if self.ours:
            found = [row for row in found if row.holder == self.ours]
        if self.since:
            found = [row for row in found if row.moment >= self.since]
        if self.until:
            found = [row for row in found if row.moment and row.moment <= self.until]
        if self.view is not None:
            found = [row for row in found if meets(row.box, self.view)]
        for word in self.text.casefold().split():
            found = [row for row in found if word in row.words]
        return list(found)
