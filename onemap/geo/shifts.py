"""Data that claim to be true coordinates and are shifted as web maps are: suspected from a reference, with figures."""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from onemap.errors import CrsError, SchemaError
from onemap.geo.crs import WGS84
from onemap.geo.gcj import conversion_allowed, convert_coordinates
from onemap.translation import say

Floats = NDArray[np.float64]
Shapes = NDArray[Any]

_NAMES: Final = {"GCJ02": "GCJ-02", "BD09": "BD-09"}
_SENTENCES: Final = {
    "inside": "probably {system}: {before} of the features lie where they belong, {after} after conversion, "
    "shifted {metres} m",
    "overlap": "probably {system}: overlap with the reference {before}, {after} after conversion, shifted {metres} m",
    "distance_m": "probably {system}: {before} m from the reference, {after} m after conversion, shifted {metres} m",
}
_LOOKED_AT: Final = 2_000
_POLYGONS_LOOKED_AT: Final = 300
_POLYGONAL: Final = 2
# How much better the converted positions have to fit. A true layer fits worse after conversion, never better.
_FEWEST_KEYED: Final = 3
_FEWEST_ANY: Final = 5
_MOST_LOST: Final = 0.1
_SAME_THING: Final = 0.5
_REMAINING_ERROR: Final = 0.5
_REMAINING_DISTANCE: Final = 0.3
_IMPROVED: Final = 0.8
_LEAST_M, _MOST_M = 50.0, 2_000.0


@dataclass(frozen=True)
class GcjSuspicion:
    """The suspicion that a layer is in GCJ-02 or BD-09 although it says otherwise.

    Attributes
    ----------
    coordinates
        ``"GCJ02"`` or ``"BD09"``.
    features
        How many features bear witness.
    offset_m, bearing
        Median shift of these features in metres, and its direction in degrees from north, clockwise.
    before, after
        How well they fit the reference now and after conversion: share in the right polygon, median overlap
        (intersection over union), or, for points against points, median distance in metres.
    measure
        Which of the three: ``inside``, ``overlap`` or ``distance_m``.
    sentence
        All this in English (in the translations).
    """

    coordinates: str
    features: int
    offset_m: float
    bearing: float
    before: float
    after: float
    measure: str
    sentence: str


@dataclass(frozen=True)
class _Goal:
    """The reference: its shapes in degrees, and their keys."""

    shapes: Shapes
    keys: NDArray[np.object_]


def suspect_gcj02(
    features: gpd.GeoDataFrame, reference: gpd.GeoDataFrame, *, key: str | None = None
) -> GcjSuspicion | None:
    """Tell whether a layer is systematically shifted against a reference as GCJ-02 or BD-09 are.

    Polygons are compared with reference polygons by overlap; points and lines with reference polygons by lying in
    them (with ``key``: in the one of the same key), or with reference points of the same key by distance. Nothing is
    changed.

    Parameters
    ----------
    features
        The layer under suspicion, with the CRS that it claims.
    reference
        Features known to be true, with a CRS.
    key
        Column of both that says what belongs together; without it polygons are matched by overlap.

    Returns
    -------
    GcjSuspicion or None
        None where the layer fits as it is, fits no better after conversion, or bears too little evidence.

    Raises
    ------
    CrsError
        One of the two has no coordinate system.
    SchemaError
        The key is missing in one of the two, or points are compared with points without a key.

    Examples
    --------
    >>> from shapely import Point
    >>> true = gpd.GeoDataFrame(
    ...     {"name": list("abc")}, geometry=[Point(116.3 + i / 50, 39.9) for i in range(3)], crs="EPSG:4490"
    ... )
    >>> x, y = convert_coordinates(true.geometry.x, true.geometry.y, source="EPSG:4490", target="GCJ02")
    >>> shifted = true.set_geometry(gpd.points_from_xy(x, y, crs="EPSG:4490"))
    >>> suspect_gcj02(shifted, true, key="name").coordinates
    'GCJ02'
    >>> suspect_gcj02(true, true, key="name") is None
    True
    """
    for frame in (features, reference):
        if frame.crs is None:
            raise CrsError("features and reference must both have a coordinate system")
        if key is not None and key not in frame.columns:
            raise SchemaError("the {name} have no column {column}", name="features", column=key)
    shapes, keys = _filled(features, key)
    goal = _Goal(*_filled(reference, key))
    if not len(shapes) or not len(goal.shapes) or not conversion_allowed():
        return None
    polygons = (shapely.get_dimensions(shapes) == _POLYGONAL).all()
    if not (shapely.get_dimensions(goal.shapes) == _POLYGONAL).all() and key is None:
        raise SchemaError("points can be compared with points by a key only; name the column")
    step = max(1, len(shapes) // (_POLYGONS_LOOKED_AT if polygons else _LOOKED_AT))
    shapes, keys = shapes[::step], keys[::step]
    compare = (
        _overlap if polygons else _inside if shapely.get_dimensions(goal.shapes).max() == _POLYGONAL else _distance
    )
    found = [
        suspicion
        for name in _NAMES
        if (suspicion := compare(name, shapes, _unshift(shapes, name), keys, goal)) is not None
    ]
    return min(found, key=lambda s: s.after if s.measure == "distance_m" else -s.after) if found else None


def _filled(frame: gpd.GeoDataFrame, key: str | None) -> tuple[Shapes, NDArray[np.object_]]:
    """Return the geometries that there are, in longitude and latitude, and their keys."""
    shapes = frame.geometry.to_crs(WGS84).to_numpy()
    keys = frame[key].astype(str).to_numpy(dtype=object) if key else np.full(len(frame), "", dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes)) & np.isfinite(shapely.bounds(shapes)).all(axis=1)
    return shapely.make_valid(shapes[there]), keys[there]


def _unshift(shapes: Shapes, name: str) -> Shapes:
    moved = shapely.transform(
        shapes, lambda x, y: convert_coordinates(x, y, source=name, target=WGS84), interleaved=False
    )
    return shapely.make_valid(moved)


def _points(shapes: Shapes) -> Shapes:
    return shapely.point_on_surface(shapes)


def _inside(name: str, shapes: Shapes, moved: Shapes, keys: Shapes, goal: _Goal) -> GcjSuspicion | None:
    """Compare how many lie in the polygon of their key (or in any), before and after."""
    known = np.isin(keys, goal.keys)
    shapes, moved, keys = shapes[known], moved[known], keys[known]
    before, after = (_held(_points(s), keys, goal) for s in (shapes, moved))
    came, went = int((after & ~before).sum()), int((before & ~after).sum())
    fewest = _FEWEST_ANY if (goal.keys == "").all() else _FEWEST_KEYED
    if came < fewest or went > _MOST_LOST * came or after.mean() < _SAME_THING:
        return None
    return _suspicion(name, shapes, moved, (before.mean(), after.mean()), "inside")


def _held(points: Shapes, keys: Shapes, goal: _Goal) -> NDArray[np.bool_]:
    shapely.prepare(goal.shapes)
    point, polygon = shapely.STRtree(goal.shapes).query(points)
    same = keys[point] == goal.keys[polygon]
    point, polygon = point[same], polygon[same]
    held = np.zeros(len(points), dtype=bool)
    held[point[shapely.intersects(goal.shapes[polygon], points[point])]] = True
    return held


def _overlap(name: str, shapes: Shapes, moved: Shapes, keys: Shapes, goal: _Goal) -> GcjSuspicion | None:
    """Compare how well polygons cover their counterparts, before and after."""
    before, after = (_best_overlap(s, keys, goal) for s in (shapes, moved))
    same = after >= _SAME_THING
    if same.mean() < _SAME_THING:
        return None
    before, after = before[same], after[same]
    better = (1 - after) <= _REMAINING_ERROR * (1 - before)
    if better.mean() < _IMPROVED or np.median(1 - after) > _REMAINING_ERROR * np.median(1 - before):
        return None
    return _suspicion(name, shapes[same], moved[same], (np.median(before), np.median(after)), "overlap")


def _best_overlap(shapes: Shapes, keys: Shapes, goal: _Goal) -> Floats:
    """Return for each polygon its best intersection over union with a reference polygon of its key."""
    one, other = shapely.STRtree(goal.shapes).query(shapes, predicate="intersects")
    same = keys[one] == goal.keys[other]
    one, other = one[same], other[same]
    common = shapely.area(shapely.intersection(shapes[one], goal.shapes[other]))
    union = shapely.area(shapes[one]) + shapely.area(goal.shapes[other]) - common
    best = pd.Series(common / union).groupby(one).max()
    return best.reindex(range(len(shapes)), fill_value=0.0).to_numpy(dtype=np.float64)


def _distance(name: str, shapes: Shapes, moved: Shapes, keys: Shapes, goal: _Goal) -> GcjSuspicion | None:
    """Compare the distances from points to the reference point of their key, before and after."""
    place = pd.Series(range(len(goal.keys)), index=goal.keys)
    place = place[~place.index.duplicated()]
    known = np.isin(keys, goal.keys)
    shapes, moved = shapes[known], moved[known]
    partners = goal.shapes[place.reindex(keys[known]).to_numpy(dtype=np.int64)]
    if len(shapes) < _FEWEST_KEYED:
        return None
    before, after = (_metres(s, partners)[0] for s in (shapes, moved))
    median = float(np.median(before))
    close = np.median(after) <= _REMAINING_DISTANCE * median
    if not _LEAST_M <= median <= _MOST_M or not close or (after < before).mean() < _IMPROVED:
        return None
    return _suspicion(name, shapes, moved, (median, np.median(after)), "distance_m")


def _metres(shapes: Shapes, others: Shapes) -> tuple[Floats, Floats]:
    """Return geodesic distances and bearings from the first to the second points."""
    a, b = _points(shapes), _points(others)
    geod = pyproj.Geod(ellps="WGS84")
    bearing, _, metres = geod.inv(shapely.get_x(a), shapely.get_y(a), shapely.get_x(b), shapely.get_y(b))
    return np.asarray(metres), np.asarray(bearing)


def _suspicion(name: str, shapes: Shapes, moved: Shapes, fit: tuple[float, float], measure: str) -> GcjSuspicion:
    before, after = fit
    metres, bearing = _metres(moved, shapes)
    offset, direction = float(np.median(metres)), float(np.median(bearing) % 360)
    template = _SENTENCES[measure]
    shown = "{:.1f}" if measure == "distance_m" else "{:.2%}" if measure == "inside" else "{:.4f}"
    sentence = say(
        template, system=_NAMES[name], before=shown.format(before), after=shown.format(after), metres=f"{offset:.0f}"
    )
    return GcjSuspicion(name, len(shapes), offset, direction, float(before), float(after), measure, sentence)
