"""Spots for which an agency should answer by grids of its own, none of which is there: nobody of it answers."""

import datetime as dt
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from onemap.domain.duties import DUTY_GRID
from onemap.geo.dated import day_numbers
from onemap.responsibility.rules import channel_of
from onemap.translation import LANGUAGES, say

if TYPE_CHECKING:
    from onemap.responsibility.answers import Moment
    from onemap.responsibility.land import Spot
    from onemap.responsibility.matrix import ResponsibilityMatrix
    from onemap.responsibility.rules import Matched

NO_GRID: Final = "no_grid"
_WHY: Final = "nobody: no grid of {agency} covers this spot"
_ALLOWED: Final = "nobody: no grid of {agency} covers this spot; the gap is allowed"
_DEFECT: Final = "defect"
_ALWAYS: Final = dt.date.max.toordinal()
_CHANNEL: Final = channel_of(DUTY_GRID)


@dataclass(frozen=True, slots=True)
class Uncovered:
    """An agency of whose grids none covers the spot.

    Attributes
    ----------
    agency
        The agency.
    parts
        For which parts its duties would count here; empty where the map has no duties.
    allowed
        Whether somebody allowed this gap in its grids.
    """

    agency: str
    parts: tuple[str, ...] = ()
    allowed: bool = False

    def why(self, language: str) -> str:
        """Return the words for it."""
        return say(_ALLOWED if self.allowed else _WHY, language, agency=self.agency)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, in both languages; ``kind`` is ``no_grid``."""
        because = {language: self.why(language) for language in LANGUAGES}
        facts = {"agency": self.agency, "kind": NO_GRID, "parts": list(self.parts), "allowed": self.allowed}
        return {**facts, "because": because}


class AllowedGaps:
    """The gaps in agencies' grids that somebody allowed, as the defects of a map tell.

    Parameters
    ----------
    one_map
        The map; None, or one whose coverage was not checked, has none.
    crs
        System in which places are asked for.
    """

    def __init__(self, one_map: Any, crs: Any) -> None:
        self._map, self._crs = one_map, crs

    @cached_property
    def _gaps(self) -> gpd.GeoDataFrame | None:
        if self._map is None or not self._map.has(_DEFECT):
            return None
        found = self._map.read(_DEFECT)
        if not {"layer_id", "kind", "agency", "allowed"} <= set(found.columns):
            return None
        of_grids = (found["layer_id"] == DUTY_GRID) & (found["kind"] == "gap")
        gaps = found[of_grids & found["allowed"].fillna(False).astype(bool)]
        return gaps if gaps.crs == self._crs or self._crs is None or gaps.crs is None else gaps.to_crs(self._crs)

    def allow(self, agency: str, point: Any, day: int) -> bool:
        """Tell whether a point lies in an allowed gap of an agency on a day, by ordinal."""
        gaps = self._gaps
        if gaps is None or not len(gaps):
            return False
        lasts = day_numbers(gaps, "allowed_until", _ALWAYS) >= day
        own = (gaps["agency"].fillna("").astype(str) == agency).to_numpy() & lasts
        return bool(shapely.intersects(gaps.geometry.to_numpy()[own], point).any())


class GridGaps:
    """Finds the agencies that should answer for a spot by grids of their own and have none there.

    Parameters
    ----------
    matrix
        The matrix; allowed gaps are those of the map that it is of.
    """

    def __init__(self, matrix: "ResponsibilityMatrix") -> None:
        self._matrix = matrix

    @cached_property
    def _allowed(self) -> AllowedGaps:
        return AllowedGaps(self._matrix.of_map, self._matrix.crs)

    def at(
        self, spot: "Spot", matched: "Matched", facts: AbstractSet[str], moment: "Moment", xy: tuple[float, float]
    ) -> tuple[Uncovered, ...]:
        """Return the agencies without grid at a spot of the district, by name."""
        if not spot.chain or xy[0] != xy[0]:
            return ()
        empty = (channel for channel, grids in spot.claims if not grids)
        return tuple(self._lacking(empty, matched, facts, moment, shapely.Point(xy)))

    def _lacking(
        self,
        channels: Iterable[str],
        matched: "Matched",
        facts: AbstractSet[str],
        moment: "Moment",
        point: Any,
    ) -> Iterator[Uncovered]:
        day = moment.local.toordinal()
        for channel in sorted(channels):
            agency = channel.removeprefix(_CHANNEL)
            if not agency or agency == channel:
                continue  # grids of no agency; a level or the roads
            parts = self._matrix.rules.parts_by(channel, matched, facts, day, moment.on)
            if parts:
                told = tuple(part for part in self._matrix.precedence.parts if part in parts)
                yield Uncovered(agency, told, self._allowed.allow(agency, point, day))

    def of_pieces(
        self, points: NDArray[Any], sizes: NDArray[Any], matched: "Matched", facts: AbstractSet[str], moment: "Moment"
    ) -> list[dict[str, Any]]:
        """Return the agencies without grid on some pieces of a line or an area, with how much of it.

        Parameters
        ----------
        points
            One inside each piece; none of them outside the district.
        sizes
            Of the pieces.
        """
        land, day = self._matrix.land, moment.local.toordinal()
        every = self._matrix.rules.channels(matched)
        channels = [name for name in every if name.startswith(_CHANNEL) and name != _CHANNEL]
        x, y = shapely.get_x(points), shapely.get_y(points)
        open_: dict[str, NDArray[Any]] = {name: land.areas(name, day).many(x, y) < 0 for name in channels}
        found: dict[Uncovered, float] = {}
        wanted = self._matrix.rules.facts(matched)
        for row in np.flatnonzero(np.any(list(open_.values()), axis=0)) if open_ else ():
            here = land.spot(float(x[row]), float(y[row]), day, every, wanted)
            known = here.facts | (wanted & facts)
            empty = [name for name in channels if open_[name][row]]
            for one in self._lacking(empty, matched, known, moment, points[row]):
                found[one] = found.get(one, 0.0) + float(sizes[row])
        ranked = sorted(found.items(), key=lambda item: (-item[1], item[0].agency, item[0].allowed))
        return [{**one.to_dict(), "size": size} for one, size in ranked]
