"""Who stands for the posts of a batch: asked once for the same people, at times that they do not tell apart.

Thousands of posts are held by the same people: a grid's holders that are of no agency alone answer to every agency. And
for most people few days and hours matter: those on which they begin, end, or go on or off shift.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from onemap.domain.appointments import Post, Roster, Standing
from onemap.domain.duties import Duty, Holder
from onemap.geo.edges import Bools, Ints
from onemap.responsibility.areas import Grid
from onemap.responsibility.deciding import post_of
from onemap.responsibility.grouping import group
from onemap.responsibility.moments import Moments

People = tuple[Holder, ...]


@dataclass(frozen=True)
class Offices:
    """The posts of some duties without their grids, and which posts are filled from the same list of people.

    Attributes
    ----------
    duties
        A duty of each office.
    whoever
        For each office the first one that differs from it in nothing but the agency.
    named
        Whether an office is that of one holder, whatever the grid.
    """

    duties: list[Duty]
    whoever: Ints
    named: Bools

    @classmethod
    def of(cls, duties: Sequence[Duty]) -> tuple["Offices", Ints]:
        """Return the offices of some duties, and which of them each duty has."""
        known: dict[tuple[str, str, str], int] = {}
        number = [known.setdefault((d.agency, d.role, d.holder_code), len(known)) for d in duties]
        first: dict[tuple[str, str], int] = {}
        whoever = [first.setdefault((role, code), place) for place, (_, role, code) in enumerate(known)]
        example = dict(zip(reversed(number), reversed(duties), strict=True))
        found = cls(
            [example[place] for place in range(len(known))],
            np.array(whoever, dtype=np.int64),
            np.array([code != "" for _, _, code in known], dtype=bool),
        )
        return found, np.array(number, dtype=np.int64)


class Standings:
    """Who stands for posts at the moments of a batch.

    Parameters
    ----------
    roster
        The appointments.
    offices
        The offices.
    grids
        All grids that posts are tied to.
    moments
        The moments.

    Attributes
    ----------
    found
        Every standing that was found.
    """

    def __init__(self, roster: Roster, offices: Offices, grids: Sequence[Grid], moments: Moments) -> None:
        self._roster, self._offices, self._grids, self._moments = roster, offices, grids, moments
        self._picky: Final[Bools] = np.array([roster.names_agencies(grid.code) for grid in grids], dtype=bool)
        self._people: dict[tuple[int, ...], int] = {}
        self._listed: list[People] = []
        self._number: dict[tuple[int, int], int] = {}
        self.found: Final[list[Standing]] = []

    def stand(self, office: Ints, grid: Ints, points: Ints) -> Ints:
        """Return for each of some points the number of the standing of its post, given by office and grid."""
        office = np.where(self._picky[grid], office, self._offices.whoever[office])
        grid = np.where(self._offices.named[office], 0, grid)
        post, first = group([office, grid])
        of = [self._filled(*one) for one in zip(office[first].tolist(), grid[first].tolist(), strict=True)]
        people: Ints = np.array(of, dtype=np.int64)[post]
        day, state = self._moments.day[points], self._moments.state[points]
        key, first = group([*self._stretches(people, day), self._told_apart(people, state)])
        asked = zip(people[first].tolist(), day[first].tolist(), state[first].tolist(), strict=True)
        start = len(self.found)
        dates = {number: dt.date.fromordinal(number) for number in np.unique(day[first]).tolist()}
        on = self._moments.on
        self.found.extend(self._roster.among(self._listed[who], dates[when], on[which]) for who, when, which in asked)
        return key + start

    def _filled(self, office: int, grid: int) -> int:
        """Return the number of the people who were, are or will be appointed to a post."""
        number = self._number.get((office, grid))
        if number is None:
            appointed = self._roster.appointed(self._post(office, grid))
            key = tuple(map(id, appointed))  # the roster keeps them; a code may stand in several rows
            number = self._number[office, grid] = self._people.setdefault(key, len(self._listed))
            if number == len(self._listed):
                self._listed.append(appointed)
        return number

    def _post(self, office: int, grid: int) -> Post:
        return post_of(self._offices.duties[office], self._grids[grid])

    def _stretches(self, people: Ints, day: Ints) -> list[Ints]:
        """Return a number of the days between which nobody of a post's people begins or ends."""
        first, last = (int(day.min()), int(day.max())) if len(day) else (0, 0)
        turns = []
        for place, appointed in enumerate(self._listed):
            days = {h.valid_from.toordinal() for h in appointed if h.valid_from}
            days |= {h.valid_to.toordinal() + 1 for h in appointed if h.valid_to}
            turns.append(place * (last - first + 1))
            turns += [turns[-1] + turn - first for turn in sorted(days) if first < turn <= last]
        return [np.searchsorted(np.array(turns), people * (last - first + 1) + day - first, side="right")]

    def _told_apart(self, people: Ints, state: Ints) -> Ints:
        """Return a number of the sets of shifts that a post's people tell apart."""
        uses: dict[frozenset[str], int] = {}
        use = [uses.setdefault(frozenset(h.shift for h in one if h.shift), len(uses)) for one in self._listed]
        sets: dict[frozenset[str], int] = {}
        table = [[sets.setdefault(used & on, len(sets)) for on in self._moments.on] for used in uses]
        told = np.array(table, dtype=np.int64).reshape(len(uses), len(self._moments.on))
        return told[np.array(use, dtype=np.int64)[people], state]
