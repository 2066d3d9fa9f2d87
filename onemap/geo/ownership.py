"""Which cell owns each building, lot or road: the one with the largest share of it."""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.errors import CrsError, SchemaError
from onemap.geo.crs import metric_crs
from onemap.geo.locator import CellLocator, Ints
from onemap.translation import say

Shapes = NDArray[Any]
Floats = NDArray[np.float64]

# Shares closer than this are a tie: far above rounding, far below anything a surveyor could tell apart.
_TIE: Final = 1e-9
# What is missing from a full share by more than this lies outside all cells.
_UNCOVERED: Final = 1e-6
_LINE, _POLYGON = 1, 2


def own_polygons(features: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, *, code: str = "cell_code") -> pd.DataFrame:
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
    locator = CellLocator(cells, code)
    shapes, mended = _sound(features.geometry.to_crs(cells.crs).to_numpy())
    measured = _measured(shapes, cells)
    size = _size(measured)
    feature, cell, whole = _meetings(shapes, locator)
    share = np.ones(len(feature))
    share[~whole] = _shares(feature[~whole], cell[~whole], measured, size, cells)
    out = _ranked(feature, cell, share, locator, len(features))
    out["area_m2"] = np.where(shapely.get_dimensions(measured) == _POLYGON, size, np.nan)
    covered: Floats = np.bincount(feature, weights=share, minlength=len(features)).astype(np.float64)
    out["reason"] = _reasons(out, covered, shapes, mended)
    out.index = features.index
    return out


def _sound(shapes: Shapes) -> tuple[Shapes, NDArray[np.bool_]]:
    """Return measurable shapes: invalid ones mended, impossible ones emptied; and which were mended."""
    sound = shapes.copy()
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    sound[~finite] = None
    mended = finite & ~shapely.is_valid(shapes)
    sound[mended] = shapely.make_valid(shapes[mended], method="structure", keep_collapsed=False)
    sound[shapely.is_empty(sound)] = None
    return sound, mended


def _measured(shapes: Shapes, cells: gpd.GeoDataFrame) -> Shapes:
    metric = metric_crs(cells.crs, cells.total_bounds if len(cells) else (np.nan,) * 4)
    return np.asarray(gpd.GeoSeries(shapes, crs=cells.crs).to_crs(metric).to_numpy())


def _size(shapes: Shapes) -> Floats:
    """Return area of polygons, length of lines, 1 of points, NaN of nothing."""
    kind = shapely.get_dimensions(shapes)
    size = np.where(kind == _POLYGON, shapely.area(shapes), np.where(kind == _LINE, shapely.length(shapes), 1.0))
    return np.where(kind < 0, np.nan, size)


def _meetings(shapes: Shapes, locator: CellLocator) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return the pairs of feature and cell that touch, and whether the cell covers the whole feature."""
    tree = shapely.STRtree(locator.geometry)
    feature, cell = tree.query(shapes)
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


def _ranked(feature: Ints, cell: Ints, share: Floats, locator: CellLocator, count: int) -> pd.DataFrame:
    """Return owner and runner-up of each feature: the largest share, of equal ones the smallest code."""
    pairs = pd.DataFrame({"feature": feature, "cell": cell, "share": share, "rank": locator.rank[cell]})
    pairs = pairs[pairs["share"] > _TIE].sort_values(["feature", "share", "rank"], ascending=[True, False, True])
    # Within a tie of the largest share the smallest code leads, whatever the last bits say.
    most = pairs.groupby("feature")["share"].transform("max")
    pairs["tied"] = pairs["share"] >= most - _TIE
    pairs["tie_rank"] = np.where(pairs["tied"], pairs["rank"], np.iinfo(np.int64).max)
    pairs = pairs.sort_values(["feature", "tie_rank", "share", "rank"], ascending=[True, True, False, True])
    place = pairs.groupby("feature").cumcount()
    out = pd.DataFrame(index=pd.RangeIndex(count))
    for number, (name, amount) in enumerate((("cell", "share"), ("runner_up", "runner_up_share"))):
        chosen = pairs[place == number]
        where = np.full(count, -1, dtype=np.int64)
        where[chosen["feature"]] = chosen["cell"]
        out[name] = locator.codes_of(where).to_numpy()
        shares = np.zeros(count)
        shares[chosen["feature"]] = chosen["share"].clip(upper=1.0)
        out[amount] = shares
    return out


def _reasons(out: pd.DataFrame, covered: Floats, shapes: Shapes, mended: NDArray[np.bool_]) -> list[str]:
    """Say what is not plain: no geometry, no cell, a tie, several cells, a part outside, an invalid shape."""
    nothing = shapely.is_missing(shapes)
    alone = ~nothing & out["cell"].notna() & out["runner_up"].isna() & (covered > 1 - _UNCOVERED) & ~mended
    reasons = [""] * len(out)
    columns = (out["cell"], out["share"], out["runner_up"], out["runner_up_share"])
    for i in np.flatnonzero(~alone.to_numpy()):
        cell, share, second, second_share = (column[i] for column in columns)
        found = []
        if nothing[i]:
            found.append(say("no geometry that can be measured"))
        elif cell is None or pd.isna(cell):
            found.append(say("lies in no cell at all"))
        elif second is not None and not pd.isna(second):
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
        if 0 < covered[i] < 1 - _UNCOVERED:
            found.append(say("{share} of it in no cell", share=f"{1 - covered[i]:.1%}"))
        if mended[i]:
            found.append(say("measured after mending its invalid geometry"))
        reasons[i] = "; ".join(found)
    return reasons
