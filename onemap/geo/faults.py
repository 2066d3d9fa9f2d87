"""Positions that lie in the wrong place: what is probably wrong with them, with evidence. Nothing is applied.

Two questions. `propose_positions` looks at a whole layer against the district: swapped axes, a lost zone prefix,
degrees where metres are declared. `suspect_gcj02` looks for the shift of web maps against a reference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from onemap.errors import CrsError, GeometryError
from onemap.geo.crs import WGS84, CrsLike, resolve_crs, transformer
from onemap.geo.gcj import conversion_allowed, convert_coordinates
from onemap.geo.shifts import GcjSuspicion, suspect_gcj02
from onemap.translation import say

__all__ = ["GcjSuspicion", "Proposal", "propose_positions", "suspect_gcj02"]

Floats = NDArray[np.float64]

_LOOKED_AT: Final = 2_000
_ENOUGH_INSIDE: Final = 0.5
_GAIN: Final = 0.3
_FOOT: Final = 0.3048
_SURVEY_FOOT: Final = 1200 / 3937
_DEGREES: Final = 360.0
_PREFIXED: Final = 10_000_000.0
# A shift of half a kilometre moves only points near the border in: so many must come in, and hardly one go out.
_FEWEST_IN: Final = 5
_MOST_OUT: Final = 0.1

_SENTENCES: Final = {
    "swapped_axes": "the two coordinates are probably swapped",
    "lost_zone_prefix": "the eastings lack the zone number and are probably in {system} as they stand",
    "extra_zone_prefix": "the eastings carry a zone number and are probably in {system} as they stand",
    "wrong_zone": "the coordinates are probably those of {system}, another zone",
    "degrees_in_metre_crs": "the coordinates are degrees, probably {system}, although {declared} is in metres",
    "metres_in_degree_crs": "the coordinates are metres, probably {system}, although {declared} is in degrees",
    "feet": "the coordinates are probably feet, not metres",
    "gcj02": "the coordinates are probably GCJ-02, though declared as {declared} without shift",
    "bd09": "the coordinates are probably BD-09, though declared as {declared} without shift",
}


@dataclass(frozen=True)
class Proposal:
    """What is probably wrong with the positions of a layer, and how they would have to be read.

    Attributes
    ----------
    fault
        ``swapped_axes lost_zone_prefix extra_zone_prefix wrong_zone degrees_in_metre_crs metres_in_degree_crs feet
        gcj02 bd09``.
    crs
        The coordinate system to declare.
    swapped
        Whether the two coordinates have to change places (also beside another fault).
    coordinates
        ``"GCJ02"`` or ``"BD09"`` where that is to be declared, else empty.
    unit_m
        Metres a unit: 1, or 0.3048 or 1200/3937 for feet.
    share_before, share_after
        Share of the points looked at that lie in the district, as declared and as proposed.
    points
        How many points were looked at.
    sentence
        All this in English (in the translations).
    """

    fault: str
    crs: pyproj.CRS
    swapped: bool = False
    coordinates: str = ""
    unit_m: float = 1.0
    share_before: float = 0.0
    share_after: float = 0.0
    points: int = 0
    sentence: str = ""


def propose_positions(x: ArrayLike, y: ArrayLike, *, crs: CrsLike, district: Any) -> list[Proposal]:
    """Propose how positions that miss the district would have to be read. Nothing is changed.

    Parameters
    ----------
    x, y
        Coordinates as they came, easting or longitude first; NaN and infinite ones are not looked at.
    crs
        The system they are declared to be in.
    district
        GeoDataFrame or GeoSeries of polygons with a CRS: where the points should be, roughly.

    Returns
    -------
    list of Proposal
        Best first; empty where the declaration fits, or where nothing fits better.

    Raises
    ------
    CrsError
        ``crs`` or the district's system is missing or unknown.
    GeometryError
        The district holds no polygon.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> district = gpd.GeoSeries([box(116.3, 39.8, 116.5, 40.0)], crs="EPSG:4490")
    >>> found = propose_positions([39.9, 39.95], [116.4, 116.45], crs="EPSG:4490", district=district)
    >>> found[0].fault, found[0].share_before, found[0].share_after
    ('swapped_axes', 0.0, 1.0)
    """
    declared = resolve_crs(crs).crs
    area = _Area(district)
    xs, ys = _sample(np.asarray(x, dtype=np.float64).reshape(-1), np.asarray(y, dtype=np.float64).reshape(-1))
    if not len(xs):
        return []
    before = area.holds(xs, ys, Proposal("", declared))
    found: list[Proposal] = []
    for idea in _ideas(xs, ys, declared, area):
        after = area.holds(xs, ys, idea)
        if _convinces(idea, before, after):
            evidence = {"share_before": float(before.mean()), "share_after": float(after.mean()), "points": len(xs)}
            found.append(replace(idea, **evidence, sentence=_sentence(idea, declared, before, after)))  # type: ignore[arg-type]
    found.sort(key=lambda proposal: -proposal.share_after)
    return _without_repetition(found)


def _sample(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Take at most some thousand positions, evenly from the whole file."""
    good = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    good = good[:: max(1, len(good) // _LOOKED_AT)]
    return x[good], y[good]


class _Area:
    """The district: which positions, read in some way, lie in it."""

    def __init__(self, district: Any) -> None:
        if district.crs is None:
            raise CrsError("the district has no coordinate system; declare it")
        shapes = district.geometry.to_numpy()
        shapes = shapes[shapely.get_dimensions(shapes) == 2]  # noqa: PLR2004 - polygons
        if not len(shapes):
            raise GeometryError("the district holds no polygon")
        self.crs = pyproj.CRS.from_user_input(district.crs)
        self.shapes = shapes
        shapely.prepare(self.shapes)
        self.tree = shapely.STRtree(self.shapes)
        west, south, east, north = shapely.total_bounds(shapes)
        degrees = transformer(self.crs, WGS84).transform_bounds(west, south, east, north)
        lon_west, lat_south, lon_east, lat_north = degrees
        self.lon, self.lat = (lon_west + lon_east) / 2, (lat_south + lat_north) / 2

    def holds(self, x: Floats, y: Floats, idea: Proposal) -> NDArray[np.bool_]:
        """Tell which positions lie in the district when they are read as ``idea`` says."""
        a, b = (y, x) if idea.swapped else (x, y)
        source: CrsLike = idea.coordinates or idea.crs
        east, north = convert_coordinates(a * idea.unit_m, b * idea.unit_m, source=source, target=self.crs)
        held = np.zeros(len(x), dtype=bool)
        places = np.flatnonzero(np.isfinite(east) & np.isfinite(north))
        point, shape = self.tree.query(shapely.points(east[places], north[places]))
        point = places[point]
        held[point[shapely.intersects_xy(self.shapes[shape], east[point], north[point])]] = True
        return held


def _ideas(x: Floats, y: Floats, declared: pyproj.CRS, area: _Area) -> Iterator[Proposal]:
    """Yield every reading worth a try, the simplest first, by the magnitude of the numbers."""
    yield Proposal("swapped_axes", declared, swapped=True)
    degrees = max(np.median(np.abs(x)), np.median(np.abs(y))) <= _DEGREES
    for swapped in (False, True):
        for idea in _degree_ideas(declared) if degrees else _metre_ideas(declared, area):
            yield replace(idea, swapped=swapped)


def _degree_ideas(declared: pyproj.CRS) -> Iterator[Proposal]:
    system = declared if declared.is_geographic else WGS84
    if not declared.is_geographic:
        yield Proposal("degrees_in_metre_crs", system)
    if conversion_allowed():
        yield Proposal("gcj02", system, coordinates="GCJ02")
        yield Proposal("bd09", system, coordinates="BD09")


def _metre_ideas(declared: pyproj.CRS, area: _Area) -> Iterator[Proposal]:
    for system in _zones(area.lon, area.lat):
        if system != declared:
            yield Proposal(_zone_fault(declared, system), system)
    if declared.is_projected:
        yield Proposal("feet", declared, unit_m=_FOOT)
        yield Proposal("feet", declared, unit_m=_SURVEY_FOOT)


def _zones(lon: float, lat: float) -> Iterator[pyproj.CRS]:
    """Yield the metre systems in which data of this place may be: zones around it, UTM, web Mercator."""
    for width, first, by_number, by_meridian in ((3, 25, 4488, 4534), (6, 13, 4478, 4502)):
        offset = 3 if width == 6 else 0  # noqa: PLR2004 - a 6-degree zone's meridian is 6 x zone - 3
        middle = round((lon + offset) / width)
        for zone in (middle, middle - 1, middle + 1):
            if first <= zone < first + (21 if width == 3 else 11):  # noqa: PLR2004
                yield pyproj.CRS.from_epsg(by_meridian + zone - first)
                yield pyproj.CRS.from_epsg(by_number + zone)
    yield pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + int((lon + 180) // 6) + 1)
    yield pyproj.CRS.from_epsg(3857)


def _zone_fault(declared: pyproj.CRS, system: pyproj.CRS) -> str:
    if not declared.is_projected:
        return "metres_in_degree_crs"
    ours, theirs = _meridian_and_easting(declared), _meridian_and_easting(system)
    if ours[0] == theirs[0] and ours[1] != theirs[1]:
        return "lost_zone_prefix" if ours[1] > theirs[1] else "extra_zone_prefix"
    return "wrong_zone"


def _meridian_and_easting(crs: pyproj.CRS) -> tuple[float, float]:
    operation = crs.coordinate_operation
    values = {p.name: float(p.value) for p in operation.params} if operation else {}
    return values.get("Longitude of natural origin", np.nan), values.get("False easting", 0.0)


def _convinces(idea: Proposal, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> bool:
    """Tell whether the evidence is strong: most points come to lie in the district, hardly one leaves it."""
    if after.mean() < _ENOUGH_INSIDE:
        return False
    if not idea.coordinates or idea.swapped:
        return bool(after.mean() - before.mean() >= _GAIN)
    came, went = int((after & ~before).sum()), int((before & ~after).sum())
    return came >= _FEWEST_IN and went <= _MOST_OUT * came


def _without_repetition(found: list[Proposal]) -> list[Proposal]:
    """Keep one proposal a fault; the shifts of web maps only where nothing simpler explains as much."""
    kept: dict[tuple[str, bool], Proposal] = {}
    for proposal in found:
        kept.setdefault((proposal.fault, proposal.swapped), proposal)
    best = list(kept.values())
    simple = max((p.share_after for p in best if not p.coordinates), default=0.0)
    return [p for p in best if not p.coordinates or p.share_after > simple or not p.swapped]


def _sentence(idea: Proposal, declared: pyproj.CRS, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> str:
    sentences = [say(_SENTENCES[idea.fault], declared=declared.name, system=idea.crs.name)]
    if idea.swapped and idea.fault != "swapped_axes":
        sentences.append(say("the two coordinates are swapped too"))
    evidence: dict[str, Any] = {"before": int(before.sum()), "after": int(after.sum()), "points": len(before)}
    sentences.append(say("points in the district: now {before} of {points}, then {after} of them", **evidence))
    return "; ".join(sentences)
