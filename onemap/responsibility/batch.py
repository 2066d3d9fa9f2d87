"""Who answers for many points at once.

Points that nothing in the matrix tells apart are decided once, by the very functions that decide a single one: first
which duties count (for each *signature*: what the duties of the matter can see of the spot), then who stands for
each post. So a batch gives the same answers as one question after the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from onemap.errors import CrsError, SchemaError
from onemap.geo.edges import Floats, Ints
from onemap.responsibility.gathered import Gathered
from onemap.responsibility.grouping import group, split
from onemap.responsibility.land import as_floats
from onemap.responsibility.located import Located, locate_many
from onemap.responsibility.moments import Moments, read_moments
from onemap.responsibility.rules import Found, Matched
from onemap.responsibility.spots import are_degrees, converter, degrees_wanted, refuse_degrees
from onemap.translation import say

if TYPE_CHECKING:
    from onemap.responsibility.matrix import ResponsibilityMatrix

_CHUNK: Final = 1 << 20
_SOME_DEGREES: Final = "{count} of {points} points look like degrees and are outside: they need crs={system}"


def answer_many(
    matrix: "ResponsibilityMatrix", points: Any, matter: Any, at: Any, *, crs: Any = None, facts: Iterable[str] = ()
) -> pd.DataFrame:
    """Return a row for each point, as `ResponsibilityMatrix.who_batch` promises.

    Raises
    ------
    SchemaError
        There are not as many matters or times as points, or one makes no sense.
    CrsError
        The points have no coordinate system, or none is named and all look like degrees.
    """
    x, y, index = _positions(matrix, points, crs)
    notes = _degrees(matrix, x, y) if crs is None and not hasattr(points, "crs") else []
    kinds, matters = _matters(matrix, matter, len(x))
    moments = read_moments(matrix, at, len(x))
    gathered = Gathered(matrix, len(x))
    stated = frozenset(facts)
    for start in range(0, len(x), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(x)))
        for land_rows in moments.split(rows, matrix.land.turns):
            day = int(moments.day[land_rows[0]])
            parts = list(split(matters[land_rows]))
            matched = [matrix.rules.matched(kinds[kind]) for kind, _ in parts]
            located = locate_many(matrix, x[land_rows], y[land_rows], day, matched)
            gathered.place(land_rows, located)
            for asked, (_, part) in zip(matched, parts, strict=True):
                _answer(gathered, matrix, _Question(asked, located, part, land_rows[part], moments, stated))
    table = gathered.table(moments, index)
    if notes:
        table.attrs["notes"] = notes
    return table


def _degrees(matrix: "ResponsibilityMatrix", x: Floats, y: Floats) -> list[str]:
    """Return a note on pairs that look like degrees where the others are metres; where all do, they are refused."""
    alike = np.flatnonzero(are_degrees(x, y))
    system = degrees_wanted(matrix.crs, matrix.land.bounds) if len(alike) else ""
    if not system:
        return []
    if len(alike) == np.isfinite(x).sum():
        refuse_degrees(float(x[alike[0]]), float(y[alike[0]]), matrix.crs, matrix.land.bounds)
    return [say(_SOME_DEGREES, "en", count=len(alike), points=len(x), system=system)]


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


def _answer(gathered: Gathered, matrix: "ResponsibilityMatrix", q: _Question) -> None:
    """Find the duties that count for all points of a question."""
    located = q.located
    channels = [c for c in located.claims if c in matrix.rules.channels(q.matched)]
    wanted = matrix.rules.facts(q.matched)
    seen = [located.claims[channel].classes(q.part, q.matched) for channel in channels]
    told = [layer.classes(q.part, wanted) for layer in located.facts] if wanted else []
    times = q.moments.rule_time[q.rows]
    signature, first = group([times, *(codes for codes, _ in seen), *(codes for codes, _ in told)])
    winners: list[dict[str, list[Found]]] = []
    for point in first.tolist():
        asked = [(channel, buckets[codes[point]]) for channel, (codes, buckets) in zip(channels, seen, strict=True)]
        facts = (wanted & q.stated).union(*(sets[codes[point]] for codes, sets in told))
        day, on = q.moments.when(int(q.rows[point]))
        winners.append(matrix.rules.foremost(asked, q.matched, facts, day, on))
    for place, part in enumerate(matrix.precedence.parts):
        found = [winner.get(part, []) for winner in winners]
        if any(found):
            _note(gathered, q, place, found, signature=signature, channels=channels)


def _note(
    gathered: Gathered, q: _Question, place: int, found: Sequence[list[Found]], *, signature: Ints, channels: list[str]
) -> None:
    """Note for each point the duty that counts for a part; answer the points for which several do."""
    claims = q.located.claims
    ties = [gathered.tie(each[0], claims[each[0].channel]) if len(each) == 1 else 0 for each in found]
    of = np.array([channels.index(each[0].channel) if len(each) == 1 else -1 for each in found])
    chosen, used = of[signature], np.unique(of[of >= 0]).tolist()
    ids = np.zeros(len(signature), dtype=np.int64)
    for channel in used:
        here = slice(None) if len(used) == 1 else chosen == channel
        ids[here] = claims[channels[channel]].ids[q.part[here]]
    gathered.note(place, q.rows, np.array(ties)[signature], ids)
    points = np.flatnonzero(np.array([len(each) > 1 for each in found])[signature])
    if not len(points):
        return
    every = [claims[channel].ids[q.part[points]] for channel in channels]
    key, first = group([signature[points], q.moments.standing_time[q.rows[points]], *every])
    made = []
    for one in first.tolist():
        several = found[signature[points[one]]]
        claim_of = {channel: int(column[one]) for channel, column in zip(channels, every, strict=True)}
        grids = {f.channel: claims[f.channel].grids(claim_of[f.channel]) for f in several}
        made.append(gathered.judged(place, several, grids, q.moments.moment(int(q.rows[points[one]]))))
    gathered.note(place, q.rows[points], np.array(made)[key])
