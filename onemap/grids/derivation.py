"""Cells derived from what divides the land: communities, barriers, compounds, buildings."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from onemap.geo.crs import area_m2
from onemap.geo.edges import Ints
from onemap.geo.ownership import own_polygons
from onemap.progress import Progress, silent

from .carving import lay_pieces
from .derive_intake import Barriers, Land, take_land
from .derive_options import DeriveOptions, with_changes
from .ground import Ground, Surveyor
from .outline_vertices import without_needless_vertices
from .unmet import Unmet


@dataclass(frozen=True)
class DerivedCells:
    """What `derive_cells` made.

    Attributes
    ----------
    cells
        One row a cell, see `derive_cells`.
    unmet
        What could not be honoured: ``rule``, ``community``, ``reason`` (a sentence), geometry.
    counts
        Communities, cells, exclusive cells, buildings, buildings across a border, buildings cut, rows unmet.
    """

    cells: gpd.GeoDataFrame
    unmet: gpd.GeoDataFrame
    counts: dict[str, int]


def derive_cells(
    boundary: gpd.GeoDataFrame,
    *,
    barriers: Barriers = None,
    buildings: gpd.GeoDataFrame | None = None,
    compounds: gpd.GeoDataFrame | None = None,
    options: DeriveOptions | None = None,
    progress: Progress = silent,
    **changes: Any,
) -> DerivedCells:
    """Divide communities into cells that follow barriers, cut no building and keep compounds whole.

    Examples
    --------
    >>> from shapely import LineString, box
    >>> community = gpd.GeoDataFrame({"community_code": ["a"]}, geometry=[box(0, 0, 200, 100)], crs="EPSG:4548")
    >>> road = gpd.GeoDataFrame({"class": ["branch"]}, geometry=[LineString([(90, 0), (90, 100)])], crs="EPSG:4548")
    >>> derive_cells(community, barriers=road).cells["area_m2"].tolist()
    [9000.0, 11000.0]
    """
    chosen = with_changes(options, changes)
    unmet = Unmet()
    progress(0.0, "reading the land")
    land = take_land(boundary, barriers, buildings, compounds, options=chosen, unmet=unmet)
    progress(0.1, "dividing the land along its barriers")
    surveyor = Surveyor(land, chosen)
    ground = surveyor.survey()
    progress(0.6, "joining small pieces")
    pieces = lay_pieces(ground, land, chosen)
    progress(0.8, "drawing the cells")
    cells = _draw(ground, pieces.cell, land, CRS(boundary.crs))
    cells.insert(0, chosen.community, land.communities.labels[pieces.home])
    cells.insert(1, "kind", pieces.kind)
    cells.insert(2, "land_use", pieces.land_use)
    cells = _in_reading_order(cells, chosen.community)
    cells.insert(3, "area_m2", area_m2(cells).round(2))
    cells.insert(4, "buildings", _count_buildings(cells, buildings))
    listed = unmet.table(CRS(boundary.crs), lambda shapes: land.plane.leave(shapes, land.vertices))
    counts = {"communities": len(boundary), "cells": len(cells), "unmet": len(listed)}
    progress(1.0, "done")
    return DerivedCells(cells, listed, counts)


def _draw(ground: Ground, cell: Ints, land: Land, crs: CRS) -> gpd.GeoDataFrame:
    """Return the cells as polygons in the district's system, each the union of its faces."""
    order = np.argsort(cell, kind="stable")
    starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    sets = np.split(ground.faces.shapes[order], starts[1:]) if len(starts) else []
    drawn = np.empty(len(sets), dtype=object)
    drawn[:] = [s[0] if len(s) == 1 else shapely.coverage_union_all(s) for s in sets]
    drawn = shapely.normalize(land.plane.leave(without_needless_vertices(drawn, land.vertices), land.vertices))
    return gpd.GeoDataFrame(geometry=drawn, crs=crs)


def _in_reading_order(cells: gpd.GeoDataFrame, community: str) -> gpd.GeoDataFrame:
    bounds = shapely.bounds(cells.geometry.to_numpy())
    place = pd.DataFrame({"c": cells[community].astype(str), "y": -bounds[:, 3], "x": bounds[:, 0], "e": bounds[:, 2]})
    return cells.iloc[np.lexsort((place["e"], place["x"], place["y"], place["c"]))].reset_index(drop=True)


def _count_buildings(cells: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None) -> Any:
    if buildings is None:
        return 0
    owners = own_polygons(buildings, cells.assign(row=[f"{n:07d}" for n in range(len(cells))]), code="row")
    number = owners["cell"].dropna().astype(int)
    return np.bincount(number, minlength=len(cells))
