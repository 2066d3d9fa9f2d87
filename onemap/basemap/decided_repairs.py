"""Accepted repairs, carried out on the grids of a base map before anything is judged by them; sources stay."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd

from onemap.domain.catalogue import load_catalogue
from onemap.domain.journal import ACCEPT_REPAIR, REFUSE_REPAIR
from onemap.domain.judged import coverage_of
from onemap.geo.decided_repair import PLACES, Given, Wish, give_places
from onemap.translation import say

from .finding_decisions import FindingDecisions, Outcome, Standing

_KINDS: Final = {"land": "gap"} | {kind: kind for kind in PLACES}
"""Kinds of findings whose land can be given to a cell, and what they are in the coverage."""
DUTY: Final = "duty_grid"


@dataclass(frozen=True)
class DecidedRepairs:
    """Carries accepted repairs out, one coverage after the other, and notes what became of each."""

    decisions: FindingDecisions

    def of_level(self, layer_id: str, cells: gpd.GeoDataFrame, outline: Callable[[], Any]) -> gpd.GeoDataFrame:
        """Return a level with the accepted repairs of its places; the ``outline`` is asked where there are any."""
        return self._of_coverage(coverage_of(layer_id), layer_id, cells, outline)

    def of_agencies(self, cells: gpd.GeoDataFrame, outline: Any) -> gpd.GeoDataFrame:
        """Return the duty grids with the accepted repairs of the places of each agency's."""
        made = cells
        for agency in sorted(cells["agency"].dropna().unique()) if self._accepted() else ():
            rows = (cells["agency"] == agency).to_numpy()
            mine = cells[rows].reset_index(drop=True)
            repaired = self._of_coverage(coverage_of(DUTY, str(agency)), DUTY, mine, lambda: outline)
            if repaired is not mine:
                shapes = made.geometry.to_numpy().copy()
                shapes[rows] = repaired.geometry.to_numpy()
                column = gpd.GeoSeries(shapes, index=cells.index, crs=cells.crs, name=cells.geometry.name)
                made = made.set_geometry(column)
        return made

    def finish(self) -> None:
        """Note of the decisions that no coverage of the map is concerned by that they are not followed."""
        for one in self._accepted():
            text = "the map has no such grids"
            if one.spot.kind not in _KINDS:
                text = "for a finding of this kind no land can be given to a cell"
            self.decisions.outcomes.setdefault(one.entry.number, Outcome(followed=False, reason=say(text, "en")))

    def _accepted(self) -> list[Standing]:
        return self.decisions.of_verb(ACCEPT_REPAIR)

    def _of_coverage(
        self, about: str, layer_id: str, cells: gpd.GeoDataFrame, outline: Callable[[], Any]
    ) -> gpd.GeoDataFrame:
        """Return the cells of one coverage with its accepted repairs, the cells themselves where there are none."""
        mine = [one for one in self.decisions.standing if one.spot.about == about and one.spot.kind in _KINDS]
        wishes = [
            Wish(entry.number, _KINDS[spot.kind], spot.x, spot.y, entry.value, acts=entry.verb == ACCEPT_REPAIR)
            for entry, spot in mine
        ]
        if not any(wish.acts for wish in wishes):
            return cells
        made, given = give_places(cells, wishes, code=load_catalogue()[layer_id].key, parent=outline())
        for (entry, _), wish in zip(mine, wishes, strict=True):
            if wish.number in given and entry.verb != REFUSE_REPAIR:
                self.decisions.outcomes[wish.number] = _outcome(wish, given[wish.number])
        return made


def _outcome(wish: Wish, given: Given) -> Outcome:
    if given.later is not None:
        return Outcome(followed=False, reason=superseded(given.later))
    took = ";".join(given.took_from)
    return Outcome(given.followed, given.reason, given.area_m2, took, wish.to if given.followed else "")


def superseded(number: int) -> str:
    """Return why a decision does not count: somebody decided anew about the same finding."""
    return say("decided anew by entry {number}", "en", number=number)
