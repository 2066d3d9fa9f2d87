"""All who answer somewhere on a line or in an area: the shape cut along every border that may matter."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from onemap.domain.duties import ROAD
from onemap.errors import SchemaError
from onemap.geo.crs import area_m2, to_metric
from onemap.responsibility.gathered import COLUMNS
from onemap.responsibility.land import COMPOUND, Land, asks
from onemap.responsibility.spots import converter, refuse_degrees

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from onemap.responsibility.matrix import ResponsibilityMatrix

_LINE, _AREA = 1, 2
_MEASURES: Final = {_LINE: "length_m", _AREA: "area_m2"}


def answer_shape(
    matrix: "ResponsibilityMatrix", shape: Any, *, matter: Any, at: Any, crs: Any, facts: Iterable[str]
) -> gpd.GeoDataFrame:
    """Return a row for each answer that differs, as `ResponsibilityMatrix.who_all` promises.

    Raises
    ------
    SchemaError
        The shape is no line or area.
    CrsError
        No system is named, and its coordinates look like degrees.
    """
    kind = int(shapely.get_dimensions(shape))
    if kind not in _MEASURES or shape.is_empty:
        raise SchemaError("who_all answers for lines and areas, not for a {kind}", kind=shape.geom_type)
    if crs is None:
        _, _, east, north = shape.bounds
        refuse_degrees(east, north, matrix.crs, matrix.land.bounds)
    else:
        convert = converter(crs, matrix.crs)
        shape = shapely.transform(shape, lambda xy: np.column_stack(convert(xy[:, 0], xy[:, 1])))
    moment = matrix.moment(at)
    matched = matrix.rules.matched(matrix.matter(matter))
    day = moment.local.toordinal()
    channels, wanted = matrix.rules.channels(matched), matrix.rules.facts(matched)
    pieces = np.array(_of_kind(shape, kind), dtype=object)
    for shapes in _borders(matrix.land, day, channels, wanted, shape):
        pieces = _cut(pieces, shapes, kind)
    inside = (
        shapely.point_on_surface(pieces)
        if kind == _AREA
        else shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    )
    spots = gpd.GeoSeries(inside, crs=matrix.crs)
    stated = list(facts)
    rows = matrix.who_batch(spots, matter, moment.local, facts=stated)
    lands = gpd.GeoDataFrame(rows, geometry=pieces, crs=matrix.crs)
    measured = _measure(lands, kind, matrix.crs)
    there = (rows["cell"] != "").to_numpy()
    lacking = matrix.grid_gaps.of_pieces(inside[there], np.asarray(measured)[there], matched, frozenset(stated), moment)
    together = lands.assign(**{_MEASURES[kind]: measured}).dissolve(
        by=list(COLUMNS), as_index=False, sort=False, dropna=False, aggfunc={_MEASURES[kind]: "sum"}
    )
    order = [*COLUMNS, _MEASURES[kind], "geometry"]
    ranked = together[order].sort_values([_MEASURES[kind], *COLUMNS], ascending=[False] + [True] * len(COLUMNS))
    found = ranked.reset_index(drop=True)
    found.attrs["uncovered"] = lacking
    return found


def _borders(
    land: Land, day: int, channels: "AbstractSet[str]", wanted: "AbstractSet[str]", shape: Any
) -> Iterable[NDArray[Any]]:
    """Yield the areas of each layer that reach the shape; roads as wide as they claim points."""
    for channel in land.channels:
        if channel in land.levels or (channel in channels and channel != ROAD):
            areas = land.areas(channel, day)
            yield areas.locator.geometry[areas.tree.query(shape, predicate="intersects")]
    if land.roads is not None and (ROAD in channels or asks(wanted, ROAD)):
        zones = land.road_zones(day)
        yield zones[shapely.intersects(zones, shape)]
    if land.compounds is not None and asks(wanted, COMPOUND):
        areas = land.compounds.at(day)
        yield areas.locator.geometry[areas.tree.query(shape, predicate="intersects")]


def _cut(pieces: NDArray[Any], shapes: NDArray[Any], kind: int) -> NDArray[Any]:
    """Return the pieces cut along the borders of some shapes, what lies in none of them too."""
    if not len(shapes):
        return pieces
    parts: list[Any] = []
    tree = shapely.STRtree(shapes)
    for piece in pieces:
        rest = [piece]
        for shape in shapes[np.sort(tree.query(piece, predicate="intersects"))]:
            rest = [part for one in rest for part in (one.intersection(shape), one.difference(shape))]
            rest = [part for whole in rest for part in _of_kind(whole, kind)]
        parts += rest
    return np.array(parts, dtype=object)


def _of_kind(shape: Any, kind: int) -> list[Any]:
    """Return the lines or the areas of what a cut left; points and borders in common are nothing."""
    return [part for part in shapely.get_parts(shape) if shapely.get_dimensions(part) == kind and not part.is_empty]


def _measure(lands: gpd.GeoDataFrame, kind: int, crs: pyproj.CRS | None) -> Any:
    if crs is None:
        return lands.area if kind == _AREA else lands.length
    return area_m2(lands) if kind == _AREA else to_metric(lands).length
