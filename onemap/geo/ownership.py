"""Which cell owns each building, lot or road: the one with the largest share of it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.errors import CrsError, GeometryError, SchemaError
from onemap.geo.cell_codes import unique_codes
from onemap.geo.dated import in_force
from onemap.geo.edges import Bools, Floats, Ints
from onemap.geo.features import LINE, POLYGON, Features, Shapes, in_metres, sound_shapes, take_features
from onemap.geo.locator import CellLocator
from onemap.geo.shares import line_shares, polygon_shares
from onemap.translation import say, say_each

# Shares closer than this are a tie: far above rounding, far below anything a surveyor could tell apart.
_TIE: Final = 1e-9
# What is missing from a full share by more than this lies outside all cells.
_UNCOVERED: Final = 1e-6
# Shares so close to a decision, or to the rounding of a written share, are taken from GEOS.
_CLOSE: Final = 1e-8
_TWO: Final = 2


def own_polygons(
    features: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    *,
    code: str = "cell_code",
    locator: CellLocator | None = None,
    as_of: Any = None,
) -> pd.DataFrame:
    """Return for each feature the cell with the largest share of it.

    Polygons are shared by area, lines by length, points by the cell that holds them. Equal shares go to the smallest
    code.

    Parameters
    ----------
    features
        Buildings, lots, roads, points; any CRS, any index.
    cells
        Polygons with a code; any CRS. Rows with the same code count as one cell. Whether a feature lies wholly in a
        cell is decided in their CRS.
    code
        Column of the codes.
    locator
        The kept locator of these very cells, which then need no indexing.
    as_of
        Only cells in force on this day, see `in_force`; by default all rows.

    Returns
    -------
    pandas.DataFrame
        Index and order of ``features``: ``cell`` (missing where none), ``share`` (0 to 1), ``runner_up`` and
        ``runner_up_share`` (missing and 0 where there is none), ``area_m2`` (of the feature; NaN for lines and points),
        ``reason`` (empty where the feature lies in one cell alone).

    Raises
    ------
    CrsError
        One of the two has no coordinate system.
    SchemaError
        Codes are missing, or there is no geometry column.
    GeometryError
        A cell is not a polygon, or the locator was made of other cells.

    Examples
    --------
    >>> from shapely import box
    >>> cells = gpd.GeoDataFrame(
    ...     {"cell_code": ["a", "b"]}, geometry=[box(0, 0, 9, 9), box(9, 0, 18, 9)], crs="EPSG:4548"
    ... )
    >>> houses = gpd.GeoDataFrame(geometry=[box(8, 1, 12, 2)], crs="EPSG:4548")
    >>> own_polygons(houses, cells).loc[0, "cell":"runner_up"].astype(str).tolist()
    ['b', '0.75', 'a']
    """
    for name, frame in (("features", features), ("cells", cells)):
        if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
            raise SchemaError("the {name} have no geometry column", name=name)
        if frame.crs is None:
            raise CrsError("features and cells must both have a coordinate system")
    cells = unique_codes(in_force(cells, as_of), code)
    given = features.geometry.to_crs(cells.crs).to_numpy()
    with ThreadPoolExecutor(1) as aside:  # looking at features and at cells are both long, and do not need each other
        looked_at = aside.submit(take_features, given, cells)
        locator = _locator_of(cells, code, locator)
        taken = looked_at.result()
    as_given = taken.measured is taken.shapes
    pairs = _by_edges(taken, locator) if as_given else _Pairs.none(len(given))
    left = np.flatnonzero(~pairs.done & (taken.kind >= 0))
    feature, cell, whole = _meetings(left, taken.shapes, locator)
    share = np.ones(len(feature))
    share[~whole] = _shares(feature[~whole], cell[~whole], taken, cells)
    pairs = pairs.join(_Pairs(feature, cell, share, ~pairs.done))
    ranks = _ranked(pairs, locator, len(features))
    covered: Floats = np.bincount(pairs.feature, weights=pairs.share, minlength=len(features)).astype(np.float64)
    out = pd.DataFrame(
        {
            "cell": _codes_of(locator, ranks.cell),
            "share": ranks.share,
            "runner_up": _codes_of(locator, ranks.runner_up),
            "runner_up_share": ranks.runner_up_share,
            "area_m2": np.where(taken.kind == POLYGON, taken.size, np.nan),
            "reason": _reasons(ranks, locator, covered, taken.kind < 0, taken.mended),
        }
    )
    out.index = features.index
    return out


def _locator_of(cells: gpd.GeoDataFrame, code: str, locator: CellLocator | None) -> CellLocator:
    """Return the locator of these cells: the one at hand, if it is, or a new one."""
    if locator is None:
        return CellLocator(cells, code)
    if not locator.is_of(cells, code):
        raise GeometryError("the locator was made of other cells")
    return locator


@dataclass(frozen=True)
class _Pairs:
    """Pairs of a feature and a cell with a share of it, and the features of which all pairs are there."""

    feature: Ints
    cell: Ints
    share: Floats
    done: Bools

    @classmethod
    def none(cls, count: int) -> "_Pairs":
        """Return no pairs."""
        nothing = np.empty(0, dtype=np.int64)
        return cls(nothing, nothing, np.empty(0), np.zeros(count, dtype=bool))

    def join(self, other: "_Pairs") -> "_Pairs":
        """Return the pairs of both."""
        return _Pairs(
            np.concatenate([self.feature, other.feature]),
            np.concatenate([self.cell, other.cell]),
            np.concatenate([self.share, other.share]),
            self.done | other.done,
        )


def _by_edges(taken: Features, locator: CellLocator) -> _Pairs:
    """Return the shares that follow from the edges near the features, but for those close to a decision."""
    pairs = _Pairs.none(len(taken.shapes))
    for dimension in (POLYGON, LINE):
        rows = np.flatnonzero((taken.kind == dimension) & ~taken.mixed)
        if not len(rows):
            continue
        shapes, size = taken.shapes.take(rows), taken.size.take(rows)
        if dimension == POLYGON:
            found = polygon_shares(shapes, taken.boxes.take(rows, axis=0), size, locator)
        else:
            found = line_shares(shapes, size, locator)
        done = ~found.doubtful
        done[_undecided(found.shape, found.share, len(rows))] = False
        kept = np.flatnonzero(done.take(found.shape))
        finished = np.zeros(len(pairs.done), dtype=bool)
        finished[rows[done]] = True
        found_pairs = _Pairs(rows.take(found.shape.take(kept)), found.cell.take(kept), found.share.take(kept), finished)
        pairs = pairs.join(found_pairs)
    return pairs


def _undecided(feature: Ints, share: Floats, count: int) -> Ints:
    """Return the features whose shares are so close to one another or to a threshold that rounding might decide."""
    parted = np.flatnonzero(share != 1)
    feature, share = feature[parted], share[parted]
    order, first, many = _grouped(feature)
    order[many] = order[many][np.lexsort((share[order[many]], feature[order[many]]))]
    feature, share = feature[order], share[order]
    low = np.minimum(share[first], share[first + 1])
    share[first + 1] = np.maximum(share[first], share[first + 1])
    share[first] = low
    covered = np.bincount(feature, weights=share, minlength=count)[feature]
    unsure = (share < _CLOSE) | (np.abs(covered - (1 - _UNCOVERED)) < _CLOSE)
    unsure |= np.abs((share * 1000) % 1 - 0.5) < 1000 * _CLOSE
    unsure |= np.abs((covered * 1000) % 1 - 0.5) < 1000 * _CLOSE
    unsure[1:] |= (feature[1:] == feature[:-1]) & (share[1:] - share[:-1] < _CLOSE)
    return np.unique(feature[unsure])


def _meetings(rows: Ints, shapes: Shapes, locator: CellLocator) -> tuple[Ints, Ints, Bools]:
    """Return the pairs of one of these features and a cell that touch, and whether the cell covers it wholly."""
    if not len(rows):
        return rows, rows, np.empty(0, dtype=bool)
    row, cell = shapely.STRtree(locator.geometry).query(shapes[rows])
    feature = rows[row]
    shapely.prepare(locator.geometry[np.unique(cell)])
    whole = shapely.covers(locator.geometry[cell], shapes[feature])
    meets = whole | shapely.intersects(locator.geometry[cell], shapes[feature])
    return feature[meets], cell[meets], whole[meets]


def _shares(feature: Ints, cell: Ints, taken: Features, cells: gpd.GeoDataFrame) -> Floats:
    """Return which share of the feature lies in the cell, for pairs that cross."""
    used, place = np.unique(cell, return_inverse=True)
    cut, *_ = sound_shapes(cells.geometry.to_numpy()[used])
    pieces = shapely.intersection(in_metres(cut, cells)[place], taken.measured[feature])
    kind = taken.kind[feature]
    amount = np.where(kind == POLYGON, shapely.area(pieces), np.where(kind == LINE, shapely.length(pieces), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(amount / taken.size[feature], posinf=0.0)


@dataclass(frozen=True)
class _Ranks:
    """Owner and runner-up of each feature as positions, -1 where there is none, and their shares."""

    cell: Ints
    share: Floats
    runner_up: Ints
    runner_up_share: Floats


def _ranked(pairs: _Pairs, locator: CellLocator, count: int) -> _Ranks:
    """Return owner and runner-up of each feature: the largest share, of equal ones the smallest code."""
    kept = np.flatnonzero(pairs.share > _TIE)
    feature, cell, share = pairs.feature[kept], pairs.cell[kept], pairs.share[kept]
    count_of = np.bincount(feature, minlength=count)[feature]
    alone, several = np.flatnonzero(count_of == 1), np.flatnonzero(count_of > 1)
    order = several[_order_of(feature[several], share[several], locator.rank[cell[several]])]
    first = np.flatnonzero(np.diff(feature[order], prepend=-1))
    ranks = _Ranks(np.full(count, -1), np.zeros(count), np.full(count, -1), np.zeros(count))
    for chosen, cells, shares in (
        (np.concatenate([alone, order[first]]), ranks.cell, ranks.share),
        (order[first + 1], ranks.runner_up, ranks.runner_up_share),
    ):
        cells[feature[chosen]] = cell[chosen]
        shares[feature[chosen]] = np.minimum(share[chosen], 1.0)
    return ranks


def _codes_of(locator: CellLocator, positions: Ints) -> Any:
    """Return the codes of cells as a column, missing where there is none; a thousand features of one code share it."""
    used = np.bincount(positions + 1) > 0
    codes = locator.codes_of(np.flatnonzero(used) - 1).to_numpy()
    return pd.DataFrame({"code": codes})["code"].array.take((np.cumsum(used) - 1).take(positions + 1))


def _grouped(feature: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the rows by feature; the places where features of two rows begin; and those of features of more rows."""
    order = np.argsort(feature, kind="stable")  # swift where they nearly are in order, as pairs are
    start = np.flatnonzero(np.diff(feature[order], prepend=-1, append=-1))
    count = np.diff(start)
    return order, start[:-1][count == _TWO], np.flatnonzero(np.repeat(count > _TWO, count))


def _order_of(feature: Ints, share: Floats, rank: Ints) -> Ints:
    """Return the order of pairs by feature, then by share, but within a tie of the largest share by code alone."""
    order, first, many = _grouped(feature)
    order[many] = order[many][_order_of_many(feature[order[many]], share[order[many]], rank[order[many]])]
    one, other = order[first], order[first + 1]
    smaller, larger = np.minimum(share[one], share[other]), np.maximum(share[one], share[other])
    tied = smaller >= larger - _TIE
    turn = np.where(tied, rank[other] < rank[one], share[other] > share[one])
    order[first], order[first + 1] = np.where(turn, other, one), np.where(turn, one, other)
    return order


def _order_of_many(feature: Ints, share: Floats, rank: Ints) -> NDArray[np.intp]:
    order = np.lexsort((rank, -share, feature))
    start = np.diff(feature[order], prepend=-1) != 0
    most = share[order][np.flatnonzero(start)][np.cumsum(start) - 1]
    # Within a tie of the largest share the smallest code leads, whatever the last bits say.
    tied_rank = np.where(share[order] >= most - _TIE, rank[order], np.iinfo(np.int64).max)
    return np.asarray(order[np.lexsort((tied_rank, feature[order]))])


def _reasons(ranks: _Ranks, locator: CellLocator, covered: Floats, nothing: Bools, mended: Bools) -> list[str]:
    """Say what is not plain: no geometry, no cell, a tie, several cells, a part outside, an invalid shape."""
    reasons: NDArray[Any] = np.full(len(nothing), "", dtype=object)
    nobody = ranks.cell < 0
    several = ranks.runner_up >= 0
    tied = several & (ranks.share - ranks.runner_up_share <= _TIE)
    reasons[nobody] = say("lies in no cell at all")
    reasons[nothing] = say("no geometry that can be measured")
    for rows, template in (
        (np.flatnonzero(tied), "{cell} and {second} hold equal shares, the smaller code owns it"),
        (np.flatnonzero(several & ~tied), "{cell} holds {share} of it, {second} comes next"),
    ):
        cell, second = locator.codes_of(ranks.cell[rows]).tolist(), locator.codes_of(ranks.runner_up[rows]).tolist()
        reasons[rows] = say_each(template, cell=cell, share=_percent(ranks.share[rows]), second=second)
    partly = np.flatnonzero((covered > 0) & (covered < 1 - _UNCOVERED))
    _add(reasons, partly, say_each("{share} of it in no cell", share=_percent(1 - covered[partly])))
    _add(reasons, np.flatnonzero(mended), [say("measured after mending its invalid geometry")] * int(mended.sum()))
    return list(reasons)


def _percent(shares: Floats) -> list[str]:
    return list(map("{:.1%}".format, shares.tolist()))


def _add(reasons: NDArray[Any], rows: Ints, sentences: list[str]) -> None:
    """Put sentences behind what is said of rows already."""
    for row, sentence in zip(rows.tolist(), sentences, strict=True):
        reasons[row] = f"{reasons[row]}; {sentence}" if reasons[row] else sentence
