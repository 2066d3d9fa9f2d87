"""What people decided about findings, from the journal beside the map, and what became of each decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import pandas as pd

from onemap.domain.journal import ALLOW_GAP, OF_FINDINGS, Entry, FindingSpot

LAYER: Final = "finding_decision"
_COLUMNS: Final = (
    "number",
    "verb",
    "kind",
    "layer_id",
    "agency",
    "x",
    "y",
    "area_m2",
    "from",
    "to",
    "allowed_until",
    "decided_by",
    "decided_at",
    "decided_why",
    "followed",
    "reason",
)
_OF_LAND: Final = ("grid_", "duty_grid", "case")
"""How what a spot is about begins where it names a layer; else it names an agency and its duty."""


class Outcome(NamedTuple):
    """What became of a decision: whether it is followed, why or why not, and the land that it concerned."""

    followed: bool
    reason: str
    area_m2: float | None = None
    took_from: str = ""
    gave_to: str = ""


class Standing(NamedTuple):
    """An entry that counts, and the spot that it names."""

    entry: Entry
    spot: FindingSpot


@dataclass
class FindingDecisions:
    """The decisions about findings that count, by number; outcomes are added as they are followed."""

    standing: tuple[Standing, ...] = ()
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    @classmethod
    def of(cls, decisions: Mapping[tuple[str, str], Entry]) -> "FindingDecisions":
        """Take what counts in a journal: entries by verb and subject. Of those with one subject the latest counts."""
        latest = {
            entry.subject: entry
            for entry in sorted(decisions.values(), key=lambda entry: entry.number)
            if entry.verb in OF_FINDINGS
        }
        found = ((entry, FindingSpot.read(entry.subject)) for entry in latest.values())
        standing = [Standing(entry, spot) for entry, spot in found if spot is not None]
        return cls(tuple(sorted(standing, key=lambda one: one.entry.number)))

    def of_verb(self, verb: str) -> list[Standing]:
        """Return the decisions of one kind."""
        return [one for one in self.standing if one.entry.verb == verb]

    def table(self) -> pd.DataFrame:
        """Return a row for each decision of which something became, in the order of the journal."""
        rows = [
            _row(one, self.outcomes[one.entry.number]) for one in self.standing if one.entry.number in self.outcomes
        ]
        return pd.DataFrame(rows, columns=list(_COLUMNS))


def _row(one: Standing, outcome: Outcome) -> dict[str, Any]:
    entry, spot = one
    first, _, rest = spot.about.partition("/")
    of_land = first.startswith(_OF_LAND)
    return {
        "number": entry.number,
        "verb": entry.verb,
        "kind": spot.kind,
        "layer_id": first if of_land else "duty",
        "agency": (rest if of_land else first) or None,
        "x": spot.x,
        "y": spot.y,
        "area_m2": outcome.area_m2,
        "from": outcome.took_from or None,
        "to": outcome.gave_to or None,
        "allowed_until": (entry.value or None) if entry.verb == ALLOW_GAP else None,
        "decided_by": entry.who,
        "decided_at": pd.Timestamp(entry.at),
        "decided_why": entry.why,
        "followed": outcome.followed,
        "reason": outcome.reason,
    }
