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
from onemap.responsibility.answers import NOBODY, OUTSIDE, Answer, Moment, PartAnswer, judge
from onemap.responsibility.land import as_floats
from onemap.responsibility.located import Located, locate_many
from onemap.responsibility.moments import Moments, read_moments
from onemap.responsibility.rules import Found, Matched

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from onemap.responsibility.matrix import ResponsibilityMatrix

_CHUNK: Final = 1 << 18
COLUMNS: Final = (
    *("state", "cell", "part", "agency", "duty_code", "scope", "grid_code", "claims"),
    *("holder_code", "holder", "role", "phone", "acting"),
    *PARTS,
)


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
    writer = _Writer(matrix)
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
    return writer.table(len(x), index)


def _positions(matrix: "ResponsibilityMatrix", points: Any, crs: Any) -> tuple[Floats, Floats, Any]:
    if isinstance(points, gpd.GeoDataFrame | gpd.GeoSeries):
        shapes = points.geometry.to_numpy()
        kinds = shapely.get_type_id(shapes)
        if ((kinds > 0) & ~shapely.is_empty(shapes)).any():
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
        x, y = (as_floats(values) for values in matrix.converter(source)(x, y))
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


class _Writer:
    """Answers of one batch, gathered as numbers of distinct outcomes."""

    def __init__(self, matrix: "ResponsibilityMatrix") -> None:
        self._matrix = matrix
        self._answers: list[PartAnswer | None] = [None]
        self._known: dict[tuple[Any, ...], int] = {}
        self._pieces: list[tuple[Ints, Ints, NDArray[np.bool_], NDArray[np.object_]]] = []
        self._outcomes: list[tuple[int, ...]] = []
        self._numbers: dict[tuple[int, ...], int] = {}
        self._order = matrix.precedence.parts

    def answer(self, question: _Question) -> None:
        """Decide all points of a question."""
        q, located = question, question.located
        channels = [c for c in located.claims if c in self._matrix.rules.channels(q.matched)]
        wanted = self._matrix.rules.facts(q.matched)
        ids = {channel: located.claims[channel].ids[q.part] for channel in channels}
        seen = [located.claims[channel].classes(ids[channel], q.matched) for channel in channels]
        told = [layer.classes(layer.ids[q.part], wanted) for layer in located.facts] if wanted else []
        times = q.moments.rule_time[q.rows]
        signature, first = combine([times, *(codes for codes, _ in seen), *(codes for codes, _ in told)])
        winners: list[dict[str, list[Found]]] = []
        for point in first.tolist():
            moment = q.moments.moment(int(q.rows[point]))
            asked = [(channel, buckets[codes[point]]) for channel, (codes, buckets) in zip(channels, seen, strict=True)]
            facts = (wanted & q.stated).union(*(sets[codes[point]] for codes, sets in told))
            winners.append(self._matrix.rules.foremost(asked, q.matched, facts, moment.local.toordinal(), moment.on))
        decided = np.zeros((len(self._order), len(q.part)), dtype=np.int64)
        for place, part in enumerate(self._order):
            found = [winner.get(part, []) for winner in winners]
            if any(found):
                decided[place] = self._stand(part, found, signature, ids, q)
        outcome, first = combine(list(decided))
        numbers = np.array([self._number(tuple(decided[:, point].tolist())) for point in first], dtype=np.int64)
        self._pieces.append((q.rows, numbers[outcome], located.reached[q.part], located.cell[q.part]))

    def _number(self, outcome: tuple[int, ...]) -> int:
        if outcome not in self._numbers:
            self._numbers[outcome] = len(self._outcomes)
            self._outcomes.append(outcome)
        return self._numbers[outcome]

    def _stand(
        self, part: str, found: Sequence[list[Found]], signature: Ints, ids: Mapping[str, Ints], q: _Question
    ) -> Ints:
        """Return for each point the number of the answer of a part, 0 for none."""
        channels = list(ids)
        counts = np.array([len(each) for each in found])[signature]
        alone = np.array([channels.index(each[0].channel) if len(each) == 1 else -1 for each in found])
        stack = np.stack([ids[channel] for channel in channels])
        times = q.moments.standing_time[q.rows]
        numbers = np.zeros(len(signature), dtype=np.int64)
        for several in (False, True):
            points = np.flatnonzero(counts > 1 if several else counts == 1)
            if not len(points):
                continue
            decisive = list(stack[:, points]) if several else [stack[alone[signature[points]], points]]
            key, first = combine([signature[points], times[points], *decisive])
            made = []
            for point in points[first].tolist():
                claim_of = dict(zip(channels, stack[:, point].tolist(), strict=True))
                made.append(self._made(part, found[signature[point]], claim_of, q, point))
            numbers[points] = np.array(made)[key]
        return numbers

    def _made(self, part: str, found: list[Found], claim_of: Mapping[str, int], q: _Question, point: int) -> int:
        """Return the number of the answer of one part at one point."""
        row = int(q.rows[point])
        layers = {f.channel: id(q.located.claims[f.channel].layer) for f in found}  # kept as long as the matrix
        tied = tuple((id(f.rule), layers[f.channel], claim_of[f.channel], f.position) for f in found)
        key = part, int(q.moments.standing_time[row]), tied
        number = self._known.get(key)
        if number is None:
            grids = {f.channel: q.located.claims[f.channel].grids(claim_of[f.channel]) for f in found}
            answer = judge(part, self._matrix.claims_of(found, grids, q.moments.moment(row)))
            number = self._known[key] = len(self._answers)
            self._answers.append(answer)
        return number

    def table(self, count: int, index: Any) -> pd.DataFrame:
        """Return the answers of all points."""
        outcome, reached = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool)
        cell = np.full(count, "", dtype=object)
        for rows, numbers, chained, codes in self._pieces:
            outcome[rows], reached[rows], cell[rows] = numbers, chained, codes
        shown = [self._row(numbers) for numbers in self._outcomes]
        columns: dict[str, Any] = {}
        for name in COLUMNS:
            if name == "cell":
                columns[name] = cell
                continue
            values: NDArray[Any] = np.array([row[name] for row in shown], dtype=_TYPES.get(name, object))
            columns[name] = values[outcome] if count else values[:0]
        state: NDArray[np.object_] = columns["state"]
        state[(state == NOBODY) & ~reached] = OUTSIDE
        return pd.DataFrame(columns, index=index)

    def _row(self, numbers: tuple[int, ...]) -> dict[str, Any]:
        """Return what is shown of the answers of the parts."""
        parts = {
            part: answer
            for part, number in zip(self._order, numbers, strict=True)
            if (answer := self._answers[number]) is not None
        }
        state = next(iter(parts.values())).state if parts else NOBODY
        nothing = Moment(_LONG_AGO, "", frozenset())
        matrix = self._matrix
        return Answer(
            state, matrix.matter(None), nothing, np.nan, np.nan, parts, (), frozenset(), "en", matrix.wording
        ).row()


_TYPES: Final[dict[str, Any]] = {"claims": np.int64, "acting": np.bool_}
_LONG_AGO: Final = pd.Timestamp(0).to_pydatetime()


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
