"""The answers of a batch, gathered as numbers; texts are looked up once for each distinct duty, grid and standing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from onemap.domain.appointments import Standing
from onemap.domain.duties import PARTS, Duty
from onemap.geo.edges import Ints
from onemap.responsibility.answers import (
    NOBODY,
    NOTHING_SHOWN,
    OUTSIDE,
    SHOWN,
    Moment,
    PartAnswer,
    holder_of,
    judge,
    shown_holder,
)
from onemap.responsibility.areas import Grid
from onemap.responsibility.located import Claims, Located
from onemap.responsibility.moments import Moments
from onemap.responsibility.rules import Found
from onemap.responsibility.standings import Offices, Standings

if TYPE_CHECKING:
    from onemap.responsibility.matrix import ResponsibilityMatrix

Small = np.ndarray[tuple[int, ...], np.dtype[np.int32]]
Columns = dict[str, Any]
COLUMNS: Final = ("state", "cell", *SHOWN, *PARTS)


@dataclass(frozen=True, slots=True)
class _Tie:
    """How a duty that counts is tied to the land: through which layer, and to which of the grids that claim a point."""

    found: Found
    claims: Claims


class Gathered:
    """Answers of one batch.

    For each part and point there is the number of the duty that counts alone and how it is tied to the land (`tie`),
    with the id of the grids that claim the point there; or, where several duties count, the number of the answer, below
    0. Nothing is 0.

    Parameters
    ----------
    matrix
        The matrix.
    count
        How many points.
    """

    def __init__(self, matrix: "ResponsibilityMatrix", count: int) -> None:
        self._matrix = matrix
        self._order: Final = matrix.precedence.parts
        self._tie: Final[Small] = np.zeros((len(self._order), count), dtype=np.int32)
        self._claim: Final[Small] = np.zeros((len(self._order), count), dtype=np.int32)
        self._ties: Final[list[_Tie]] = []
        self._tie_of: Final[dict[tuple[int, ...], int]] = {}
        self._several: Final[list[PartAnswer]] = []
        self._cell: Final[Small] = np.zeros(count, dtype=np.int32)
        self._cells: Final[dict[str, int]] = {"": 0}
        self._outside: Final = np.ones(count, dtype=bool)

    def place(self, rows: Ints, located: Located) -> None:
        """Note in which cells some points lie."""
        known = self._cells
        number = [known.setdefault(code, len(known)) for code in located.cells]
        self._cell[rows] = np.array(number, dtype=np.int32)[located.cell]
        self._outside[rows] = ~located.reached

    def tie(self, found: Found, claims: Claims) -> int:
        """Return the number of a duty that counts alone."""
        key = id(found.rule), id(claims.layer), found.position  # both are kept as long as the matrix
        number = self._tie_of.setdefault(key, len(self._ties) + 1)
        if number > len(self._ties):
            self._ties.append(_Tie(found, claims))
        return number

    def judged(self, place: int, found: list[Found], grids: Mapping[str, tuple[Grid, ...]], moment: Moment) -> int:
        """Return the number of the answer of several duties that count equally."""
        claims = self._matrix.decider.claims_of(found, grids, moment)
        self._several.append(judge(self._order[place], claims))
        return -len(self._several)

    def note(self, place: int, rows: Ints, numbers: Ints, claims: Ints | None = None) -> None:
        """Note for a part and some points what counts, and the ids of the grids that claim them there."""
        self._tie[place, rows] = numbers
        if claims is not None:
            self._claim[place, rows] = claims

    def table(self, moments: Moments, index: Any) -> pd.DataFrame:
        """Return the answers of all points."""
        grids, start, row = self._grids()
        offices, office = Offices.of([tie.found.rule.duty for tie in self._ties])
        standings = Standings(self._matrix.roster, offices, grids, moments)
        standing: Small = np.minimum(self._tie, 0)
        grid: Small = np.minimum(self._tie, 0)
        for place in range(len(self._order)):
            points = np.flatnonzero(self._tie[place] > 0)
            if len(points):
                tie = self._tie[place, points] - 1
                held = row[start[tie] + self._claim[place, points]]
                grid[place, points] = held + 1
                standing[place, points] = standings.stand(office[tie], held, points) + 1
        duties = [tie.found.rule.duty for tie in self._ties]
        first = [answer.claims[0] for answer in self._several]
        texts = {
            "duty": _of_duties([*duties, *(claim.duty for claim in first)]),
            "grid": _of_grids([*grids, *(claim.grid for claim in first)]),
            "standing": _of_standings(standings.found, self._several),
        }
        numbers = {
            "duty": _several_last(self._tie, len(duties)),
            "grid": _several_last(grid, len(grids)),
            "standing": _several_last(standing, len(standings.found)),
        }
        return pd.DataFrame(self._columns(texts, numbers), index=index, columns=COLUMNS)

    def _grids(self) -> tuple[list[Grid], Ints, Ints]:
        """Return the grids that duties are tied to; for each tie where its ids begin, and the grid of each id."""
        grids: list[Grid] = []
        base: dict[int, int] = {}
        begin: dict[tuple[int, int], int] = {}
        rows: list[Ints] = [np.zeros(0, dtype=np.int64)]
        count = 0
        for tie in self._ties:
            layer, position = tie.claims.layer, tie.found.position
            if id(layer) not in base:
                base[id(layer)] = len(grids)
                grids += layer.grids
            if (id(layer), position) not in begin:
                begin[id(layer), position] = count
                rows.append(layer.rows_at(position) + base[id(layer)])
                count += len(rows[-1])
        start = [begin[id(tie.claims.layer), tie.found.position] for tie in self._ties]
        return grids, np.array(start, dtype=np.int64), np.concatenate(rows)

    def _columns(self, texts: Mapping[str, Columns], numbers: Mapping[str, Small]) -> Columns:
        """Return the columns of the table: of the first part for which anything counts, and the holder of each."""
        found: Columns = {"cell": _texts(list(self._cells), self._cell)}
        decisive = np.zeros(len(self._cell), dtype=np.int8)
        for place in range(len(self._order) - 1, 0, -1):
            decisive[self._tie[place] != 0] = place
        decisive[self._tie[0] != 0] = 0
        for name, columns in texts.items():
            chosen = numbers[name][decisive, np.arange(len(decisive))]
            if name == "standing":
                chosen[(chosen == 0) & self._outside] = len(columns["state"]) - 1
            for column, values in columns.items():
                found[column] = values[chosen] if isinstance(values, np.ndarray) else _texts(values, chosen)
        for part in PARTS:
            of_part = numbers["standing"][self._order.index(part)]
            found[part] = _texts(texts["standing"]["holder_code"], of_part)
        return found


def _texts(values: list[str], numbers: Small) -> Any:
    """Return a column of texts, each of which many rows share."""
    return pd.array(values, dtype="str").take(numbers)


def _several_last(numbers: Small, count: int) -> Small:
    """Return numbers of which those below 0, of answers of several, come after all others."""
    return np.where(numbers < 0, count - numbers, numbers)


def _of_duties(duties: Sequence[Duty]) -> Columns:
    """Return what a table shows of duties; first of none."""
    return {
        "part": ["", *(duty.part for duty in duties)],
        "agency": ["", *(duty.agency for duty in duties)],
        "duty_code": ["", *(duty.duty_code for duty in duties)],
    }


def _of_grids(grids: Sequence[Grid]) -> Columns:
    """Return what a table shows of grids; first of none."""
    return {"scope": ["", *(grid.scope for grid in grids)], "grid_code": ["", *(grid.code for grid in grids)]}


def _of_standings(alone: Sequence[Standing], several: Sequence[PartAnswer]) -> Columns:
    """Return what a table shows of who stands for posts; first of nobody, last of a spot outside."""
    people = [shown_holder(holder_of(one.state, one), acting=one.acting) for one in alone]
    people += [shown_holder(answer.holder, acting=answer.claims[0].standing.acting) for answer in several]
    rows = [NOTHING_SHOWN, *people, NOTHING_SHOWN]
    columns: Columns = {name: [row[name] for row in rows] for name in ("holder_code", "holder", "role", "phone")}
    claims = [0, *[1] * len(alone), *(len(answer.claims) for answer in several), 0]
    return {
        "state": [NOBODY, *(one.state for one in alone), *(answer.state for answer in several), OUTSIDE],
        "claims": np.array(claims, dtype=np.int64),
        **columns,
        "acting": np.array([row["acting"] for row in rows], dtype=np.bool_),
    }
