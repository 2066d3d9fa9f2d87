"""Which cell owns each building, lot or road: the one with the largest share of it."""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.errors import CrsError, SchemaError
from onemap.geo.cell_intake import are_valid
from onemap.geo.crs import metric_crs
from onemap.geo.dated import in_force
from onemap.geo.edges import Bools, Floats, Ints
from onemap.geo.locator import CellLocator
from onemap.geo.shares import line_shares, polygon_shares
from onemap.translation import say

Shapes = NDArray[Any]

# Shares closer than this are a tie: far above rounding, far below anything a surveyor could tell apart.
_TIE: Final = 1e-9
# What is missing from a full share by more than this lies outside all cells.
_UNCOVERED: Final = 1e-6
# Shares so close to a decision, or to the rounding of a written share, are taken from GEOS.
_CLOSE: Final = 1e-8
_LINE, _POLYGON = 1, 2
_COLLECTION: Final = 7


def own_polygons(
    features: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, *, code: str = "cell_code", as_of: Any = None
) -> pd.DataFrame:
    """Return for each feature the cell with the largest share of it.

    Polygons are shared by area, lines by length, points by the cell that holds them. Equal shares go to the smallest
    code.

    Parameters
    ----------
    features
        Buildings, lots, roads, points; any CRS, any index.
    cells
        Polygons with a unique code; any CRS. Whether a feature lies wholly in a cell is decided in their CRS.
    code
        Column of the codes.
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
        Codes are missing or repeated, or there is no geometry column.
    GeometryError
        A cell is not a polygon.

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
    cells = in_force(cells, as_of)
    locator = CellLocator(cells, code)
    shapes, mended = _sound(features.geometry.to_crs(cells.crs).to_numpy())
    measured = _measured(shapes, cells)
    size = _size(measured)
    pairs = _by_edges(shapes, locator) if measured is shapes else _Pairs.none(len(shapes))
    left = np.flatnonzero(~pairs.done & ~np.isnan(size))
    feature, cell, whole = _meetings(left, shapes, locator)
    share = np.ones(len(feature))
    share[~whole] = _shares(feature[~whole], cell[~whole], measured, size, cells)
    pairs = pairs.join(_Pairs(feature, cell, share, ~pairs.done))
    out = _ranked(pairs, locator, len(features))
    out["area_m2"] = np.where(shapely.get_dimensions(measured) == _POLYGON, size, np.nan)
    covered: Floats = np.bincount(pairs.feature, weights=pairs.share, minlength=len(features)).astype(np.float64)
    out["reason"] = _reasons(out, covered, shapes, mended)
    out.index = features.index
    return out


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


def _sound(shapes: Shapes) -> tuple[Shapes, Bools]:
    """Return measurable shapes: invalid ones mended, impossible ones emptied; and which were mended."""
    sound = shapes.copy()
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    sound[~finite] = None
    mended = finite & ~are_valid(shapes)
    sound[mended] = shapely.make_valid(shapes[mended], method="structure", keep_collapsed=False)
    sound[shapely.is_empty(sound)] = None
    return sound, mended


def _measured(shapes: Shapes, cells: gpd.GeoDataFrame) -> Shapes:
    """Return the shapes in metres; themselves where they are."""
    metric = metric_crs(cells.crs, cells.total_bounds if len(cells) else (np.nan,) * 4)
    if metric == cells.crs:
        return shapes
    return np.asarray(gpd.GeoSeries(shapes, crs=cells.crs).to_crs(metric).to_numpy())


def _size(shapes: Shapes) -> Floats:
    """Return area of polygons, length of lines, 1 of points, NaN of nothing."""
    kind = shapely.get_dimensions(shapes)
    size = np.where(kind == _POLYGON, shapely.area(shapes), np.where(kind == _LINE, shapely.length(shapes), 1.0))
    return np.where(kind < 0, np.nan, size)


def _by_edges(shapes: Shapes, locator: CellLocator) -> _Pairs:
    """Return the shares that follow from the edges near the features, but for those close to a decision."""
    kind = shapely.get_dimensions(shapes)
    pairs = _Pairs.none(len(shapes))
    for dimension, rule in ((_POLYGON, polygon_shares), (_LINE, line_shares)):
        rows = np.flatnonzero((kind == dimension) & ~_is_collection(shapes))
        found = rule(shapes[rows], locator)
        done = ~found.doubtful
        done[_undecided(found.shape, found.share, len(rows))] = False
        kept = done[found.shape]
        finished = np.zeros(len(shapes), dtype=bool)
        finished[rows[done]] = True
        pairs = pairs.join(_Pairs(rows[found.shape[kept]], found.cell[kept], found.share[kept], finished))
    return pairs


def _is_collection(shapes: Shapes) -> Bools:
    return np.asarray(shapely.get_type_id(shapes) == _COLLECTION)


def _undecided(feature: Ints, share: Floats, count: int) -> Ints:
    """Return the features whose shares are so close to one another or to a threshold that rounding might decide."""
    parted = np.flatnonzero(share != 1)
    feature, share = feature[parted], share[parted]
    order = np.lexsort((share, feature))
    feature, share = feature[order], share[order]
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


def _shares(feature: Ints, cell: Ints, measured: Shapes, size: Floats, cells: gpd.GeoDataFrame) -> Floats:
    """Return which share of the feature lies in the cell, for pairs that cross."""
    used, place = np.unique(cell, return_inverse=True)
    cut, _ = _sound(cells.geometry.to_numpy()[used])
    pieces = shapely.intersection(_measured(cut, cells)[place], measured[feature])
    kind = shapely.get_dimensions(measured[feature])
    amount = np.where(kind == _POLYGON, shapely.area(pieces), np.where(kind == _LINE, shapely.length(pieces), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(amount / size[feature], posinf=0.0)


def _ranked(pairs: _Pairs, locator: CellLocator, count: int) -> pd.DataFrame:
    """Return owner and runner-up of each feature: the largest share, of equal ones the smallest code."""
    kept = np.flatnonzero(pairs.share > _TIE)
    feature, cell, share = pairs.feature[kept], pairs.cell[kept], pairs.share[kept]
    count_of = np.bincount(feature, minlength=count)[feature]
    alone, several = np.flatnonzero(count_of == 1), np.flatnonzero(count_of > 1)
    order = several[_order_of(feature[several], share[several], locator.rank[cell[several]])]
    first = np.flatnonzero(np.diff(feature[order], prepend=-1))
    leading = np.concatenate([alone, order[first]])
    out = pd.DataFrame(index=pd.RangeIndex(count))
    places = (("cell", "share", leading), ("runner_up", "runner_up_share", order[first + 1]))
    for name, amount, chosen in places:
        where = np.full(count, -1, dtype=np.int64)
        where[feature[chosen]] = cell[chosen]
        out[name] = locator.codes_of(where).to_numpy()
        shares = np.zeros(count)
        shares[feature[chosen]] = np.minimum(share[chosen], 1.0)
        out[amount] = shares
    return out


def _order_of(feature: Ints, share: Floats, rank: Ints) -> NDArray[np.intp]:
    """Return the order of pairs by feature, then by share, but within a tie of the largest share by code alone."""
    order = np.lexsort((rank, -share, feature))
    start = np.diff(feature[order], prepend=-1) != 0
    most = share[order][np.flatnonzero(start)][np.cumsum(start) - 1]
    # Within a tie of the largest share the smallest code leads, whatever the last bits say.
    tied_rank = np.where(share[order] >= most - _TIE, rank[order], np.iinfo(np.int64).max)
    return np.asarray(order[np.lexsort((tied_rank, feature[order]))])


def _reasons(out: pd.DataFrame, covered: Floats, shapes: Shapes, mended: Bools) -> list[str]:
    """Say what is not plain: no geometry, no cell, a tie, several cells, a part outside, an invalid shape."""
    nothing = shapely.is_missing(shapes)
    nobody, single = out["cell"].isna().to_numpy(), out["runner_up"].isna().to_numpy()
    plain = ~nothing & ~nobody & single & (covered > 1 - _UNCOVERED) & ~mended
    reasons = [""] * len(out)
    rows = np.flatnonzero(~plain)
    columns = [out[name].to_numpy()[rows].tolist() for name in ("cell", "share", "runner_up", "runner_up_share")]
    facts = zip(rows.tolist(), *columns, covered[rows].tolist(), strict=True)
    for i, cell, share, second, second_share, held in facts:
        found = []
        if nothing[i]:
            found.append(say("no geometry that can be measured"))
        elif nobody[i]:
            found.append(say("lies in no cell at all"))
        elif not single[i]:
            if share - second_share <= _TIE:
                found.append(
                    say("{cell} and {second} hold equal shares, the smaller code owns it", cell=cell, second=second)
                )
            else:
                found.append(
                    say(
                        "{cell} holds {share} of it, {second} comes next",
                        cell=cell,
                        share=f"{share:.1%}",
                        second=second,
                    )
                )
        if 0 < held < 1 - _UNCOVERED:
            found.append(say("{share} of it in no cell", share=f"{1 - held:.1%}"))
        if mended[i]:
            found.append(say("measured after mending its invalid geometry"))
        reasons[i] = "; ".join(found)
    return reasons
