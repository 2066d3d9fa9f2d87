"""Repair of single geometries: what was wrong, what was done, how much area changed, and what was refused.

A broken polygon can be read in more than one way: by its lines (a point is inside when an odd number of them lies
around it), by its rings (shells minus holes), or by winding (buffer 0). All three are tried and the result with the
area nearest to the drawn one is taken. Where even that differs by more than the limit, the drawing is ambiguous and a
person must decide.
`shapely.make_valid` may return invalid output (JTS issue 852), so each result is validated again.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from onemap.errors import CrsError, SchemaError
from onemap.geo.crs import metric_crs
from onemap.translation import say

Shapes = NDArray[Any]
Floats = NDArray[np.float64]

_BEYOND: Final = 1e9
_LINE, _POLYGON = 1, 2
_CHANGES: Final = ("why", "how", "area_before_m2", "area_after_m2", "area_changed_m2")
_WAYS: Final = ("rebuilt from its lines", "rebuilt from its rings", "buffered by 0")
# GEOS' findings in our words; the Chinese stands in the translations.
_FINDINGS: Final = {
    "Self-intersection": "the border crosses itself at {place}",
    "Ring Self-intersection": "a ring touches itself at {place}",
    "Too few points in geometry component": "a ring or line has too few different points at {place}",
    "Hole lies outside shell": "a hole lies outside at {place}",
    "Holes are nested": "a hole lies in a hole at {place}",
    "Nested shells": "a part lies in another part at {place}",
    "Duplicate Rings": "a ring stands twice at {place}",
    "Interior is disconnected": "holes cut the polygon apart at {place}",
    "Ring is not closed": "a ring is not closed at {place}",
    "Invalid Coordinate": "a coordinate is not a number at {place}",
}


@dataclass(frozen=True)
class GeometryRepair:
    """What `repair_geometries` made of a layer; rows in = rows in ``frame`` + rows in ``refused``.

    Attributes
    ----------
    frame
        The rows whose geometry is valid, in their order, with their index and columns: untouched or repaired.
    changes
        One row a repaired geometry, index of the frame: ``why`` (what was wrong and where), ``how`` (what was done),
        ``area_before_m2`` (as drawn), ``area_after_m2``, ``area_changed_m2``; 0 for lines.
    refused
        The rows that could not be repaired within the limit, as they came, with a column ``reason``.
    """

    frame: gpd.GeoDataFrame
    changes: pd.DataFrame
    refused: gpd.GeoDataFrame


def repair_geometries(frame: gpd.GeoDataFrame, *, max_change: float = 0.001) -> GeometryRepair:
    """Make the geometries of a layer valid, or list the rows where that would change too much.

    Valid rows stay bit for bit. Polygons stay polygons: parts that collapsed to lines or points are dropped, and that
    is said. Missing and empty geometries and impossible coordinates are refused.

    Parameters
    ----------
    frame
        Any geometries with a CRS; any index and geometry column name.
    max_change
        Largest share of the drawn area by which a repair may change it.

    Returns
    -------
    GeometryRepair
        ``frame``, ``changes`` and ``refused``.

    Raises
    ------
    CrsError
        The frame has no coordinate system: areas could not be told.
    SchemaError
        ``max_change`` is not a share from 0 to 1.

    Examples
    --------
    >>> from shapely import Polygon
    >>> spike = Polygon([(0, 0), (9, 0), (9, 9), (20, 9), (9, 9), (0, 9)])
    >>> layer = gpd.GeoDataFrame({"name": ["house"]}, geometry=[spike], crs="EPSG:4548")
    >>> repair = repair_geometries(layer)
    >>> repair.frame.geometry.area.tolist(), repair.changes["area_changed_m2"].tolist()
    ([81.0], [0.0])
    """
    if frame.crs is None:
        raise CrsError("the layer has no coordinate system; declare it")
    if not 0 <= max_change <= 1:
        raise SchemaError("max_change is {value}; it must be a share from 0 to 1", value=max_change)
    shapes: Shapes = frame.geometry.to_numpy().copy()
    reasons = _unworkable(shapes)
    bad = np.flatnonzero((reasons == "") & ~shapely.is_valid(shapes))
    fixed, changes, refusals = _repair(shapes[bad], frame.crs, max_change)
    reasons[bad] = refusals
    done = refusals == ""
    shapes[bad[done]] = fixed[done]
    keep = reasons == ""
    changes.index = frame.index[bad[done]]
    good = frame[keep].copy()
    if done.any():  # otherwise the column is the one that came, not rebuilt
        good = good.set_geometry(gpd.GeoSeries(shapes[keep], index=good.index, crs=frame.crs, name=frame.geometry.name))
    return GeometryRepair(good, changes, frame[~keep].assign(reason=reasons[~keep]))


def _unworkable(shapes: Shapes) -> NDArray[np.object_]:
    """Return why a geometry cannot even be looked at; empty where it can."""
    bounds = shapely.bounds(shapes)
    finite = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    numbers, owner = shapely.get_coordinates(shapes, return_index=True)
    broken = np.zeros(len(shapes), dtype=bool)
    broken[owner[~np.isfinite(numbers).all(axis=1)]] = True
    with np.errstate(invalid="ignore"):
        beyond = ~finite & ~broken & (np.abs(bounds) > _BEYOND).any(axis=1)
    reasons = np.full(len(shapes), "", dtype=object)
    reasons[shapely.is_empty(shapes)] = say("the geometry is empty")
    reasons[shapely.is_missing(shapes)] = say("there is no geometry")
    reasons[broken] = say("a coordinate is not a number")
    reasons[beyond] = say("a coordinate is beyond any coordinate system")
    return reasons


def _repair(shapes: Shapes, crs: Any, max_change: float) -> tuple[Shapes, pd.DataFrame, NDArray[np.object_]]:
    """Return repaired shapes, the changes of those that were accepted, and the refusals (empty where accepted)."""
    dimension = shapely.get_dimensions(shapes)
    readings = [_kept(shape, dimension, shapes) for shape in _readings(shapes)]
    before = _areas(shapes, crs)
    after = np.stack([_areas(shape, crs) for shape in readings])
    sound = np.stack([shapely.is_valid(shape) & ~shapely.is_empty(shape) for shape in readings])
    changed = np.where(sound, np.abs(after - before), np.inf)
    best = np.argmin(changed, axis=0) if len(shapes) else np.empty(0, dtype=np.int64)
    rows = np.arange(len(shapes))
    fixed, least, area = np.stack(readings)[best, rows], changed[best, rows], after[best, rows]
    why = [say_fault(reason) for reason in shapely.is_valid_reason(shapes)]
    refusals = np.full(len(shapes), "", dtype=object)
    for i in rows:
        if not np.isfinite(least[i]):
            refusals[i] = say("nothing is left of it: {why}", why=why[i])
        elif least[i] > max_change * before[i] + _rounding(before[i]):
            refusals[i] = say(
                "a repair would change {changed} m2 of {area} m2, more than allowed: {why}",
                changed=f"{least[i]:.2f}",
                area=f"{before[i]:.2f}",
                why=why[i],
            )
    how = [_how(shapes[i], fixed[i], int(best[i])) for i in rows]
    changes = pd.DataFrame(dict(zip(_CHANGES, (why, how, before, area, least), strict=True)))
    return fixed, changes[refusals == ""], refusals


def _readings(shapes: Shapes) -> list[Shapes]:
    """Return the three ways to read broken shapes, in the order in which they are preferred."""
    return [
        shapely.make_valid(shapes, method="linework"),
        shapely.make_valid(shapes, method="structure", keep_collapsed=False),
        np.where(shapely.get_dimensions(shapes) == _POLYGON, shapely.buffer(shapes, 0), shapes),
    ]


def _kept(shapes: Shapes, dimension: NDArray[np.int32], originals: Shapes) -> Shapes:
    """Drop what has fewer dimensions than the original; a multipart original stays multipart."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) > 3).any():  # noqa: PLR2004 - collections hold multipart geometries
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    whole = (shapely.get_dimensions(parts) == dimension[owner]) & (
        (dimension[owner] < _LINE) | (shapely.length(parts) > 0)
    )
    parts, owner = parts[whole], owner[whole]
    multi = {_LINE: shapely.multilinestrings, _POLYGON: shapely.multipolygons}
    kept = np.full(len(shapes), None, dtype=object)
    for i in np.unique(owner):
        own = parts[np.searchsorted(owner, i) : np.searchsorted(owner, i, "right")]
        single = len(own) == 1 and shapely.get_type_id(originals[i]) <= 3  # noqa: PLR2004
        kept[i] = own[0] if single or dimension[i] not in multi else multi[int(dimension[i])](own)
    kept[shapely.is_missing(kept)] = shapely.Polygon()
    return kept


def _areas(shapes: Shapes, crs: Any) -> Floats:
    """Return areas in square metres, as drawn: loops run the other way count against it."""
    series = gpd.GeoSeries(shapes, crs=crs)
    metric = metric_crs(crs, series.total_bounds)
    return np.asarray(series.to_crs(metric).area.to_numpy(), dtype=np.float64)


def _rounding(area: float) -> float:
    """Return the change that is arithmetic, not geometry."""
    return 1e-9 * area


def say_fault(reason: str) -> str:
    """Return in our words what `shapely.is_valid_reason` says.

    Examples
    --------
    >>> say_fault("Ring Self-intersection[1 2]")
    'a ring touches itself at 1 2'
    """
    match = re.fullmatch(r"(.*?)(?:\[(.*)\])?", reason)
    name, place = (match[1], match[2] or "?") if match else (reason, "?")
    template = _FINDINGS.get(name)
    return say(template, place=place) if template else say("{reason} at {place}", reason=name, place=place)


def _how(before: Any, after: Any, way: int) -> str:
    done = say(_WAYS[way])
    lost = shapely.get_num_geometries(before) - shapely.get_num_geometries(after)
    return "; ".join([done, say("{count} collapsed parts dropped", count=lost)]) if lost > 0 else done
