"""Who answers for many points at once.

Points that nothing in the matrix tells apart are decided once, by the very functions that decide a single one: first
which duties count (for each *signature*: what the duties of the matter can see of the spot), then who stands for
each post. So a batch gives the same answers as one question after the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.domain.duties import PARTS
from onemap.errors import CrsError, SchemaError
from onemap.geo.edges import Floats, Ints
from onemap.responsibility.answers import (
    NOBODY,
    NOTHING_SHOWN,
    OUTSIDE,
    SHOWN,
    Moment,
    PartAnswer,
    holder_code,
    judge,
    shown,
)
from onemap.responsibility.areas import Grid
from onemap.responsibility.deciding import post_of
from onemap.responsibility.land import as_floats
from onemap.responsibility.located import Claims, Located, locate_many
from onemap.responsibility.moments import Moments, read_moments
from onemap.responsibility.rules import Found, Matched
from onemap.responsibility.spots import converter

if TYPE_CHECKING:
    from onemap.responsibility.matrix import ResponsibilityMatrix

_CHUNK: Final = 1 << 20
_MOST_KINDS: Final = 256
COLUMNS: Final = ("state", "cell", *SHOWN, *PARTS)


def answer_many(
    matrix: "ResponsibilityMatrix", points: Any, matter: Any, at: Any, *, crs: Any = None, facts: Iterable[str] = ()
) -> pd.DataFrame:
    """Return a row for each point, as `ResponsibilityMatrix.who_batch` promises.

    Raises
    ------
    SchemaError
        There are not as many matters or times as points, or one makes no sense.
    CrsError
        The points have no coordinate system.
    """
    x, y, index = _positions(matrix, points, crs)
    kinds, matters = _matters(matrix, matter, len(x))
    moments = read_moments(matrix, at, len(x))
    writer = _Writer(matrix, len(x))
    stated = frozenset(facts)
    for start in range(0, len(x), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(x)))
        for land_rows in moments.split(rows, matrix.land.turns):
            day = int(moments.day[land_rows[0]])
            asked = [matrix.rules.matched(kinds[kind]) for kind in pd.unique(matters[land_rows])]
            located = locate_many(matrix, x[land_rows], y[land_rows], day, asked)
            for kind in pd.unique(matters[land_rows]):
                part = np.flatnonzero(matters[land_rows] == kind)
                writer.answer(
                    _Question(matrix.rules.matched(kinds[kind]), located, part, land_rows[part], moments, stated)
                )
    return writer.table(moments, index)


def _positions(matrix: "ResponsibilityMatrix", points: Any, crs: Any) -> tuple[Floats, Floats, Any]:
    if isinstance(points, gpd.GeoDataFrame | gpd.GeoSeries):
        shapes = points.geometry.to_numpy().copy()
        shapes[shapely.is_empty(shapes)] = None  # GEOS has no x of an empty point
        alone = shapely.get_num_geometries(shapes) == 1
        shapes[alone] = shapely.get_geometry(shapes[alone], 0)
        kinds = shapely.get_type_id(shapes)
        if (kinds > 0).any():
            raise SchemaError("who_batch answers for points; who_all answers for lines and areas")
        if (points.crs is None) != (matrix.crs is None):
            raise CrsError("the points and the cells must both have a coordinate system")
        source, index = points.crs if crs is None else crs, points.index
        x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    else:
        x, y = (as_floats(values) for values in points)
        source, index = crs, pd.RangeIndex(len(x))
        if len(x) != len(y):
            raise SchemaError("there are {x} eastings and {y} northings", x=len(x), y=len(y))
    if source is not None and len(x):
        x, y = (as_floats(values) for values in converter(source, matrix.crs)(x, y))
    found = np.isfinite(x) & np.isfinite(y)
    return np.where(found, x, np.nan), np.where(found, y, np.nan), index


def _matters(matrix: "ResponsibilityMatrix", matter: Any, count: int) -> tuple[list[Any], Ints]:
    """Return the matters asked for, and for each point which one; matters that no duty tells apart are one."""
    given = [matter] if matter is None or isinstance(matter, str) or hasattr(matter, "code") else None
    number = np.zeros(count, dtype=np.int64)
    if given is None:
        number, distinct = pd.factorize(pd.Series(list(matter), dtype=object), use_na_sentinel=False)
        given = [None if not isinstance(one, str) and pd.isna(one) else one for one in distinct]
        if len(number) != count:
            raise SchemaError("there are {found} matters and {points} points", found=len(number), points=count)
    kinds = [matrix.matter(one) for one in given]
    matched, distinct_matched = pd.factorize(pd.Series([matrix.rules.matched(kind) for kind in kinds], dtype=object))
    first = [int(np.flatnonzero(matched == place)[0]) for place in range(len(distinct_matched))]
    return [kinds[place] for place in first], matched[number].astype(np.int64)


@dataclass(frozen=True)
class _Question:
    """Points of one matter on land that does not change between them.

    Attributes
    ----------
    matched
        The matter.
    located
        Where some points lie; ``part`` are those of the question, ``rows`` their rows in the whole batch.
    """

    matched: Matched
    located: Located
    part: Ints
    rows: Ints
    moments: Moments
    stated: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Tie:
    """How a duty that counts is tied to the land: through which layer, and to which of the grids that claim a point."""

    found: Found
    claims: Claims


class _Writer:
    """Answers of one batch, gathered as numbers.

    For each part and point: which duty counts and how it is tied (``ties``), and the id of the grids that claim the
    point there; who stands for them is asked once for each distinct pair. Points for which several duties count are
    answered at once (``several``).
    """

    def __init__(self, matrix: "ResponsibilityMatrix", count: int) -> None:
        self._matrix = matrix
        self._order = matrix.precedence.parts
        self._ties: list[_Tie] = []
        self._tie_of: dict[tuple[int, ...], int] = {}
        self._tie = np.full((len(self._order), count), -1, dtype=np.int32)
        self._claim = np.full((len(self._order), count), -1, dtype=np.int32)
        self._answer = np.zeros((len(self._order), count), dtype=np.int32)
        self._answers: list[PartAnswer | None] = [None]
        self._reached = np.zeros(count, dtype=bool)
        self._cell = np.full(count, "", dtype=object)

    def answer(self, question: _Question) -> None:
        """Find the duties that count for all points of a question."""
        q, located = question, question.located
        channels = [c for c in located.claims if c in self._matrix.rules.channels(q.matched)]
        wanted = self._matrix.rules.facts(q.matched)
        seen = [located.claims[channel].classes(q.part, q.matched) for channel in channels]
        told = [layer.classes(q.part, wanted) for layer in located.facts] if wanted else []
        times = q.moments.rule_time[q.rows]
        signature, first = combine([times, *(codes for codes, _ in seen), *(codes for codes, _ in told)])
        winners: list[dict[str, list[Found]]] = []
        for point in first.tolist():
            moment = q.moments.moment(int(q.rows[point]))
            asked = [(channel, buckets[codes[point]]) for channel, (codes, buckets) in zip(channels, seen, strict=True)]
            facts = (wanted & q.stated).union(*(sets[codes[point]] for codes, sets in told))
            winners.append(self._matrix.rules.foremost(asked, q.matched, facts, moment.local.toordinal(), moment.on))
        for place, part in enumerate(self._order):
            found = [winner.get(part, []) for winner in winners]
            if any(found):
                self._tie_points(place, found, signature, channels, q)
        self._reached[q.rows], self._cell[q.rows] = located.reached[q.part], located.cell[q.part]

    def _tie_points(
        self, place: int, found: Sequence[list[Found]], signature: Ints, channels: Sequence[str], q: _Question
    ) -> None:
        """Note for each point the duty that counts for a part; answer the points for which several do."""
        ties = np.array([self._number(each[0], q.located) if len(each) == 1 else -1 for each in found])
        of = np.array([channels.index(each[0].channel) if len(each) == 1 else -1 for each in found])
        self._tie[place, q.rows] = ties[signature]
        for channel in np.unique(of[of >= 0]):
            points = np.flatnonzero(of[signature] == channel)
            self._claim[place, q.rows[points]] = q.located.claims[channels[channel]].ids[q.part[points]]
        points = np.flatnonzero(np.array([len(each) > 1 for each in found])[signature])
        if not len(points):
            return
        ids = [q.located.claims[channel].ids[q.part[points]] for channel in channels]
        key, first = combine([signature[points], q.moments.standing_time[q.rows[points]], *ids])
        made = []
        for one in first.tolist():
            several = found[signature[points[one]]]
            claim_of = {channel: int(column[one]) for channel, column in zip(channels, ids, strict=True)}
            grids = {f.channel: q.located.claims[f.channel].grids(claim_of[f.channel]) for f in several}
            made.append(self._judged(place, several, grids, q.moments.moment(int(q.rows[points[one]]))))
        self._answer[place, q.rows[points]] = np.array(made)[key]

    def _number(self, found: Found, located: Located) -> int:
        claims = located.claims[found.channel]
        key = id(found.rule), id(claims.layer), found.position  # both are kept as long as the matrix
        number = self._tie_of.setdefault(key, len(self._ties))
        if number == len(self._ties):
            self._ties.append(_Tie(found, claims))
        return number

    def _judged(self, place: int, found: list[Found], grids: Mapping[str, tuple[Grid, ...]], moment: Moment) -> int:
        """Return the number of a new answer."""
        self._answers.append(judge(self._order[place], self._matrix.decider.claims_of(found, grids, moment)))
        return len(self._answers) - 1

    def _stand(self, moments: Moments) -> None:
        """Find who stands for the posts of the duties that count alone."""
        for place in range(len(self._order)):
            points = np.flatnonzero(self._tie[place] >= 0)
            if not len(points):
                continue
            columns = [self._tie[place, points], self._claim[place, points]]
            columns.append(self._times(place, points, columns, moments))
            key, first = combine(columns)
            made = []
            for point in points[first].tolist():
                tie = self._ties[self._tie[place, point]]
                grids = {tie.found.channel: tie.claims.grids(int(self._claim[place, point]))}
                made.append(self._judged(place, [tie.found], grids, moments.moment(point)))
            self._answer[place, points] = np.array(made)[key]

    def _times(self, place: int, points: Ints, posts: Sequence[Ints], moments: Moments) -> Ints:
        """Return for each point a number of the times between which its own post does not change hands."""
        key, first = combine(posts)
        kinds: dict[tuple[tuple[int, ...], bool], int] = {}
        kind_of = []
        for point in points[first].tolist():
            tie = self._ties[self._tie[place, point]]
            grid = tie.claims.grids(int(self._claim[place, point]))[tie.found.position]
            changing = self._matrix.roster.changes(post_of(tie.found.rule.duty, grid))
            kind_of.append(kinds.setdefault(changing, len(kinds)))
        if len(kinds) > _MOST_KINDS:
            return moments.standing_time[points]
        numbers: Ints = np.array(kind_of, dtype=np.int64)[key]
        times = np.zeros(len(points), dtype=np.int64)
        for (turns, shifts), number in kinds.items():
            rows = np.flatnonzero(numbers == number)
            epoch = np.searchsorted(np.array(turns, dtype=np.int64), moments.day[points[rows]], side="right")
            times[rows] = epoch + (len(turns) + 1) * moments.state[points[rows]] if shifts else epoch
        return times

    def table(self, moments: Moments, index: Any) -> pd.DataFrame:
        """Return the answers of all points."""
        self._stand(moments)
        decisive = np.zeros(len(self._cell), dtype=np.int32)
        for answers in self._answer[::-1]:
            decisive = np.where(answers > 0, answers, decisive)
        rows = [NOTHING_SHOWN if answer is None else shown(answer) for answer in self._answers]
        states = [NOBODY if answer is None else answer.state for answer in self._answers]
        columns: dict[str, Any] = {"state": np.array(states, dtype=object)[decisive], "cell": self._cell}
        columns["state"][(decisive == 0) & ~self._reached] = OUTSIDE
        for name in SHOWN:
            columns[name] = np.array([row[name] for row in rows], dtype=_TYPES.get(name, object))[decisive]
        codes = np.array([holder_code(answer) for answer in self._answers], dtype=object)
        for part in PARTS:
            columns[part] = codes[self._answer[self._order.index(part)]]
        return pd.DataFrame(columns, index=index)


_TYPES: Final[dict[str, Any]] = {"claims": np.int64, "acting": np.bool_}


def combine(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Return a number for each distinct row of some columns of whole numbers, and the first row that has it."""
    codes: Ints = np.zeros(len(columns[0]), dtype=np.int64)
    many = 1
    for column in columns:
        own, values = pd.factorize(column)
        codes, distinct = pd.factorize(codes * len(values) + own) if len(values) > 1 else (codes, range(many))
        many = len(distinct)
    first = np.zeros(many if len(codes) else 0, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, first
