"""How complete the base map is: each layer of the eight classes, for the district and for each street."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onemap.domain.catalogue import BASE_MAP_CLASSES, LayerSpec, load_catalogue
from onemap.manifest import Source
from onemap.translation import say

COLUMNS = ("class_id", "layer_id", "street_code", "street_name", "state", "rows", "share", "as_of", "reason")
_SPARSE = ("emap_water", "emap_waterline", "emap_green")
"""Layers of nature: a street may well have none, so that nothing is wanting where no row lies."""
_WHOLE = 1.0 - 1e-6
"""Share from which an area counts as covered: what is left is rounding of the projection."""


@dataclass(frozen=True)
class Streets:
    """The areas by which completeness is told, the whole district first."""

    codes: tuple[str | None, ...]
    names: tuple[str | None, ...]
    shapes: NDArray[Any]

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame, key: str, outline: BaseGeometry) -> "Streets":
        """Return the district and its streets, in the order of their codes."""
        frame = frame.sort_values(key, kind="stable")
        names = frame["name"].where(frame["name"].notna(), frame[key])
        shapes = np.array([outline, *frame.geometry.to_numpy()], dtype=object)
        return cls((None, *frame[key]), (None, *names), shapes)


@dataclass(frozen=True)
class Presence:
    """What one layer has: rows (or None for a raster) and share of each area, and the distance where it has nothing."""

    rows: NDArray[np.int64] | None
    share: NDArray[np.float64] | None
    distance_m: float = 0.0
    read: int = 0


def measure_frame(frame: gpd.GeoDataFrame, streets: Streets, *, beyond_m: float | None, read: int) -> Presence:
    """Count the rows of a vector layer in each area and, for polygons, the share of the area that they cover.

    ``beyond_m`` is the distance of the nearest row that was left out as outside, ``read`` the rows that were read.
    """
    shapes = frame.geometry.to_numpy() if len(frame) else np.array([], dtype=object)
    tree = shapely.STRtree(shapes)
    rows = np.zeros(len(streets.codes), dtype=np.int64)
    area, feature = tree.query(streets.shapes, predicate="intersects")
    np.add.at(rows, area, 1)
    share = None
    if len(shapes) and shapely.get_dimensions(shapes).max() == 2:  # noqa: PLR2004 - polygons
        share = _shares(shapes, streets.shapes, area, feature)
    return Presence(rows, share, distance_m=beyond_m or 0.0, read=read)


def _shares(
    shapes: NDArray[Any], areas: NDArray[Any], area: NDArray[np.int64], feature: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the share of each area that the shapes cover; where shapes overlap it is capped at the whole."""
    covered = np.zeros(len(areas))
    for number, shape in enumerate(areas):
        mine = feature[area == number]
        shapely.prepare(shape)
        whole = shapely.contains_properly(shape, shapes[mine])
        covered[number] = shapely.area(shapes[mine[whole]]).sum()
        covered[number] += shapely.area(shapely.intersection(shapes[mine[~whole]], shape)).sum()
    return np.minimum(covered / np.maximum(shapely.area(areas), 1e-9), 1.0)


def measure_footprint(footprint: BaseGeometry, streets: Streets) -> Presence:
    """Measure the share of each area that a raster covers, and how far away it lies where it covers none."""
    inside = shapely.area(shapely.intersection(streets.shapes, footprint))
    share = np.minimum(inside / shapely.area(streets.shapes), 1.0)
    return Presence(None, share, distance_m=float(shapely.distance(streets.shapes[0], footprint)), read=1)


def completeness_table(
    presences: Mapping[str, Presence],
    sources: Mapping[str, Sequence[Source]],
    streets: Streets,
    *,
    as_of: dt.date | None,
) -> pd.DataFrame:
    """Return one row for each layer that has a source, in the district and in each street; and for each class without.

    Parameters
    ----------
    presences
        What each layer has, by layer id.
    sources
        The sources of each layer, whose oldest date decides whether it is stale.
    streets
        The areas.
    as_of
        The day by which a layer counts as stale; None: none is.

    Returns
    -------
    pandas.DataFrame
        ``class_id layer_id street_code street_name state rows share as_of reason``; ``street_code`` is empty for the
        whole district, ``layer_id`` where the whole class has no source. ``state`` is ``missing`` (no source),
        ``outside`` (all of it lies beyond the district), ``empty`` (nothing in this area), ``stale`` (older than its
        update cycle), ``partial`` (a raster that does not cover the area; in the district: some streets are empty),
        ``present``.
    """
    catalogue = load_catalogue()
    rows: list[dict[str, Any]] = []
    for class_id in BASE_MAP_CLASSES:
        layers = [spec for spec in catalogue.of_class(class_id) if spec.id in presences]
        for spec in layers:
            rows += _layer_rows(spec, presences[spec.id], sources.get(spec.id, ()), streets, as_of)
        if not layers:
            reason = say("no source is named for this class", "en")
            rows += [
                {"class_id": class_id, "street_code": code, "street_name": name, "state": "missing", "reason": reason}
                for code, name in zip(streets.codes, streets.names, strict=True)
            ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["rows"] = table["rows"].astype("Int64")
    return table


def _layer_rows(
    spec: LayerSpec, presence: Presence, sources: Sequence[Source], streets: Streets, as_of: dt.date | None
) -> list[dict[str, Any]]:
    dates = [source.as_of for source in sources if source.as_of is not None]
    date = min(dates) if dates else None
    cycles = [source.update_cycle_days for source in sources if source.update_cycle_days is not None]
    cycle = min(cycles) if cycles else spec.update_cycle_days
    late = (as_of - date).days - cycle if as_of and date and cycle else 0
    states = [_state(presence, number, spec) for number in range(len(streets.codes))]
    if states[0][0] == "present" and any(state == "empty" for state, _ in states[1:]):
        without = [name for name, (state, _) in zip(streets.names[1:], states[1:], strict=True) if state == "empty"]
        states[0] = ("partial", say("nothing in {streets}", "en", streets=", ".join(map(str, without))))
    rows = []
    for number, (state, reason) in enumerate(states):
        if late > 0 and state in ("present", "partial"):
            old = say(
                "of {date}, {days} days past its update cycle of {cycle}", "en", date=date, days=late, cycle=cycle
            )
            state, reason = "stale", "; ".join(part for part in (reason, old) if part)  # noqa: PLW2901
        rows.append(
            {
                "class_id": spec.class_id,
                "layer_id": spec.id,
                "street_code": streets.codes[number],
                "street_name": streets.names[number],
                "state": state,
                "rows": None if presence.rows is None else int(presence.rows[number]),
                "share": None if presence.share is None else float(presence.share[number]),
                "as_of": date,
                "reason": reason,
            }
        )
    return rows


def _state(presence: Presence, number: int, spec: LayerSpec) -> tuple[str, str]:
    """Return state and reason of a layer in one area, its age left aside."""
    if presence.rows is not None:
        return _state_of_rows(presence, presence.rows[number], presence.rows[0], spec)
    assert presence.share is not None
    return _state_of_raster(presence, presence.share[number], presence.share[0], spec)


def _state_of_rows(presence: Presence, here: int, everywhere: int, spec: LayerSpec) -> tuple[str, str]:
    if here or (everywhere and spec.id in _SPARSE):
        return "present", ""
    if not everywhere and presence.distance_m > 0:
        return "outside", _outside(presence)
    return "empty", say("no row lies here" if presence.read else "the source has no rows", "en")


def _state_of_raster(presence: Presence, here: float, everywhere: float, spec: LayerSpec) -> tuple[str, str]:
    if everywhere <= 0:
        return "outside", _outside(presence)
    if here >= _WHOLE:
        return "present", ""
    if here <= 0:
        return "empty", say("{layer} does not reach here", "en", layer=spec.id)
    return "partial", say(
        "{layer} does not reach the border: it covers {percent} percent",
        "en",
        layer=spec.id,
        percent=f"{100 * here:.1f}",
    )


def _outside(presence: Presence) -> str:
    return say("lies wholly outside the district, {metres} m away", "en", metres=f"{presence.distance_m:.0f}")


def empty_relations(buildings: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> tuple[int, int]:
    """Return how many buildings touch no cell, and how many cells hold no building."""
    building, cell = shapely.STRtree(cells.geometry.to_numpy()).query(
        buildings.geometry.to_numpy(), predicate="intersects"
    )
    return len(buildings) - len(np.unique(building)), len(cells) - len(np.unique(cell))
